//! Watches for the end from a thread of its own: the parent's pipe, signals, and the time limit.
//!
//! The thread that takes memory may be stuck in the kernel, waiting for a page that is slow to come. So this one does not
//! only ask it to stop: after a grace it ends the process, and the kernel takes everything back.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock::since_boot;
use crate::plan::Plan;
use crate::sys::signals::{EndSignals, end_now};
use crate::wire::{LINE_MAX_BYTES, Order, Reason, Start};

/// How long giving back may take when nobody is left to be told: "within a second".
const GRACE_ALONE: Duration = Duration::from_millis(700);
/// How long it may take otherwise: the kernel unmaps some gigabytes a second.
const GRACE: Duration = Duration::from_secs(10);
/// How much later than the plan the watch ends it, should the plan not have.
const LATE: Duration = Duration::from_secs(1);
/// The exit code of a process that was ended by its watch.
const OVERDUE: i32 = 3;

/// What the watch has seen, for the thread that works.
#[derive(Debug)]
pub(super) struct Watch(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    told: Mutex<Told>,
    worker: Thread,
}

#[derive(Debug, Default)]
struct Told {
    stop: Option<Reason>,
    change: Option<Plan>,
    /// When the plan is over, on the clock of [`since_boot`].
    ends_at: Option<Duration>,
    /// When the process is ended, whatever it does.
    overdue_at: Option<Duration>,
}

impl Watch {
    /// Waits for the first line of standard input, and begins to watch. To be called while there is one thread.
    pub(super) fn start() -> io::Result<(Watch, Start)> {
        let signals = EndSignals::block()?;
        let mut input = Input::default();
        let start = loop {
            match input.next() {
                Some(Ok(Order::Start(start))) => break *start,
                Some(Ok(_)) => return Err(io::Error::other("the first line must be a start")),
                Some(Err(error)) => return Err(error),
                None if input.read()? == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => {}
            }
        };
        let seen = Arc::new(Seen { told: Mutex::default(), worker: std::thread::current() });
        let watched = Arc::clone(&seen);
        std::thread::Builder::new()
            .name("watch".to_owned())
            .stack_size(64 << 10)
            .spawn(move || watched.watch(input, signals))?;
        Ok((Watch(seen), start))
    }

    /// When the plan will be over.
    pub(super) fn ends_at(&self, at: Duration) {
        self.0.told().ends_at = Some(at);
    }

    /// Why to stop, if there is a reason.
    pub(super) fn stop(&self) -> Option<Reason> {
        self.0.told().stop.clone()
    }

    /// Another plan, if there is one that was not asked for yet.
    pub(super) fn changed(&self) -> Option<Plan> {
        self.0.told().change.take()
    }

    /// From here on, giving back has its grace.
    pub(super) fn is_ending(&self, reason: &Reason) {
        self.0.told().end(reason.clone());
    }

    /// Waits for a while, or until there is something to be seen.
    pub(super) fn wait(&self, time: Duration) {
        if !time.is_zero() {
            std::thread::park_timeout(time);
        }
    }
}

impl Told {
    /// Takes the first reason, and gives it its grace. When nobody is left to be told, the short one holds.
    fn end(&mut self, reason: Reason) {
        let grace = if reason == Reason::ParentGone { GRACE_ALONE } else { GRACE };
        let overdue_at = since_boot() + grace;
        self.overdue_at = Some(self.overdue_at.map_or(overdue_at, |at| at.min(overdue_at)));
        self.stop.get_or_insert(reason);
    }

    /// When to look next at the latest.
    fn next(&self) -> Option<Duration> {
        self.overdue_at.or(self.ends_at.map(|at| at + LATE))
    }
}

impl Seen {
    fn told(&self) -> MutexGuard<'_, Told> {
        // Nobody panics with it; if somebody did, ending would be all the more urgent.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, mut input: Input, mut signals: EndSignals) {
        let mut is_open = true;
        loop {
            self.wait_for(is_open, &signals);
            if let Some(number) = signals.next() {
                self.told().end(Reason::Signal(number));
            }
            if is_open {
                is_open = self.listen(&mut input);
            }
            self.mind_the_time();
            self.worker.unpark();
        }
    }

    /// Waits until there is a signal, a line from a pipe that is open, or until it is time.
    fn wait_for(&self, is_open: bool, signals: &EndSignals) {
        let stdin = io::stdin();
        let mut files = vec![PollFd::new(signals, PollFlags::IN)];
        if is_open {
            files.push(PollFd::new(&stdin, PollFlags::IN));
        }
        let next = self.told().next();
        let wait = next.map(|at| at.saturating_sub(since_boot()));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        // Interrupted or refused, the files are looked at all the same.
        let _ = poll(&mut files, wait.as_ref());
    }

    /// Takes what stands in the pipe, without waiting for more. False where it is at its end.
    fn listen(&self, input: &mut Input) -> bool {
        let stdin = io::stdin();
        let mut file = [PollFd::new(&stdin, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        if !matches!(poll(&mut file, Some(&now)), Ok(1..)) {
            return true;
        }
        let is_open = matches!(input.read(), Ok(1..));
        while let Some(order) = input.next() {
            match order {
                Ok(Order::Stop) => self.told().end(Reason::Stopped),
                Ok(Order::Change(plan)) => self.told().change = Some(*plan),
                Ok(Order::Start(_)) => {}
                Err(error) => self.told().end(Reason::Failed(error.to_string())),
            }
        }
        if !is_open {
            self.told().end(Reason::ParentGone);
        }
        is_open
    }

    fn mind_the_time(&self) {
        let mut told = self.told();
        let now = since_boot();
        if told.overdue_at.is_some_and(|at| now >= at) {
            end_now(OVERDUE);
        }
        if told.overdue_at.is_none() && told.next().is_some_and(|at| now >= at) {
            told.end(Reason::Finished);
        }
    }
}

/// Lines from standard input.
#[derive(Debug, Default)]
struct Input(Vec<u8>);

impl Input {
    /// Reads what there is, and waits for it. 0 is the end.
    fn read(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 4096];
        let read = rustix::io::retry_on_intr(|| rustix::io::read(io::stdin(), &mut bytes))?;
        self.0.extend_from_slice(&bytes[..read]);
        Ok(read)
    }

    /// The next whole line, as an order.
    fn next(&mut self) -> Option<io::Result<Order>> {
        let Some(end) = self.0.iter().position(|byte| *byte == b'\n') else {
            let is_too_long = self.0.len() > LINE_MAX_BYTES;
            return is_too_long.then(|| Err(io::Error::other("a line is too long")));
        };
        let line: Vec<u8> = self.0.drain(..=end).collect();
        Some(serde_json::from_slice(&line).map_err(io::Error::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_wherever_they_were_cut() {
        let mut input = Input(b"\"sto".to_vec());
        assert!(input.next().is_none());
        input.0.extend_from_slice(b"p\"\n\"stop\"\n{");
        assert_eq!(input.next().unwrap().unwrap(), Order::Stop);
        assert_eq!(input.next().unwrap().unwrap(), Order::Stop);
        assert!(input.next().is_none());
        input.0.extend_from_slice(b"}\n");
        assert!(input.next().unwrap().is_err());
        input.0 = vec![b' '; LINE_MAX_BYTES + 1];
        assert!(input.next().unwrap().is_err());
    }

    #[test]
    fn the_first_reason_counts_and_the_shortest_grace() {
        let mut told = Told::default();
        told.end(Reason::Stopped);
        told.end(Reason::ParentGone);
        assert_eq!(told.stop, Some(Reason::Stopped));
        assert!(told.overdue_at.unwrap() <= since_boot() + GRACE_ALONE);
        told.end(Reason::Finished);
        assert!(told.overdue_at.unwrap() <= since_boot() + GRACE_ALONE);
    }
}
