//! Early warning: the kernel wakes us when tasks begin to wait for memory, or when a group nears its limit.
//!
//! Pressure triggers are described in Documentation/accounting/psi.rst: a share of a window is written into the file, which is
//! then polled for POLLPRI. A window of 2 s, or a multiple of it, is allowed to everyone. A file whose trigger was refused must
//! not be polled: it would always be ready. Usage thresholds of v1 (cgroup-v1/memory.rst, section 9) need the right to write
//! `cgroup.event_control`, and fire in time where the pressure notifications of v1 come after the kill.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{Mode, OFlags, open};

use crate::cgroups::{CgroupTable, Slot};
use crate::source::cgroups::Cgroups;

/// Some task waited for memory for 150 ms within 2 s.
const TRIGGER: &[u8] = b"some 150000 2000000\0";
/// Groups of v1 whose use is watched by threshold.
const THRESHOLDS_MAX: usize = 64;
/// The part of the limit that is the threshold: 90 %.
const THRESHOLD_PERCENT: u64 = 90;

/// What woke us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Nothing: the time was up.
    Time,
    /// Whoever was waited for told us to stop.
    Stop,
    /// Tasks wait for memory.
    Pressure,
    /// A group of v1 crossed the threshold below its limit, up or down.
    Threshold(Slot),
}

/// What the kernel was asked to wake us for.
#[derive(Debug)]
pub struct Triggers {
    /// Open only where the trigger was taken.
    pressure: Option<OwnedFd>,
    thresholds: HashMap<u64, Threshold>,
    /// Whether thresholds may be set: the first refusal ends it.
    may_set: bool,
}

#[derive(Debug)]
struct Threshold {
    slot: Slot,
    limit_bytes: u64,
    event: OwnedFd,
}

impl Triggers {
    /// Asks the kernel of the machine below `root`; another than the running one wakes nobody.
    #[must_use]
    pub fn new(root: &Path) -> Triggers {
        let running = root == Path::new("/");
        let pressure = running.then(|| trigger(Path::new("/proc/pressure/memory")).ok()).flatten();
        Triggers { pressure, thresholds: HashMap::new(), may_set: running }
    }

    /// Whether the kernel wakes us when tasks begin to wait.
    #[must_use]
    pub fn watches_pressure(&self) -> bool {
        self.pressure.is_some()
    }

    /// Groups of v1 whose use is watched.
    #[must_use]
    pub fn thresholds(&self) -> usize {
        self.thresholds.len()
    }

    /// Sets thresholds for the groups that have a limit now, and lets go of those that have none.
    pub fn follow(&mut self, groups: &Cgroups, table: &CgroupTable) {
        if !self.may_set || table.hierarchy.controller() != Some("v1") {
            return;
        }
        let mut limited: HashMap<u64, (Slot, u64)> = HashMap::new();
        for (slot, group) in table.iter() {
            let limit = group.reading.as_deref().and_then(|reading| reading.limit_bytes);
            if let (Some(limit), true) = (limit, limited.len() < THRESHOLDS_MAX) {
                limited.insert(group.id, (slot, limit));
            }
        }
        self.thresholds.retain(|id, threshold| {
            limited.get(id).is_some_and(|(slot, limit)| {
                (*slot, *limit) == (threshold.slot, threshold.limit_bytes)
            })
        });
        for (id, (slot, limit_bytes)) in limited {
            if self.thresholds.contains_key(&id) {
                continue;
            }
            match threshold(groups, slot, limit_bytes) {
                Ok(event) => {
                    self.thresholds.insert(id, Threshold { slot, limit_bytes, event });
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.may_set = false;
                    return;
                }
                // The group has gone, or its kernel has no thresholds: the look of each second is there still.
                Err(_) => {}
            }
        }
    }

    /// Waits for at most `time`, or until `stop` is closed.
    pub fn wait(&mut self, stop: &OwnedFd, time: Duration) -> Woken {
        let mut files = vec![PollFd::new(stop, PollFlags::IN)];
        let mut woken = vec![Woken::Stop];
        if let Some(pressure) = &self.pressure {
            files.push(PollFd::new(pressure, PollFlags::PRI));
            woken.push(Woken::Pressure);
        }
        for threshold in self.thresholds.values() {
            files.push(PollFd::new(&threshold.event, PollFlags::IN));
            woken.push(Woken::Threshold(threshold.slot));
        }
        let timeout = Timespec::try_from(time).ok();
        if poll(&mut files, timeout.as_ref()).is_err() {
            return Woken::Time;
        }
        let ready: Vec<(usize, PollFlags)> = files
            .iter()
            .enumerate()
            .map(|(at, file)| (at, file.revents()))
            .filter(|(_, events)| !events.is_empty())
            .collect();
        drop(files);
        let mut first = Woken::Time;
        for (at, events) in ready {
            let what = self.acknowledge(woken[at], events);
            if first == Woken::Time || what == Woken::Stop {
                first = what;
            }
        }
        first
    }

    /// Takes what a file had to tell, so that it does not tell it again; a file that failed is let go of, as polling it on would
    /// spin.
    fn acknowledge(&mut self, woken: Woken, events: PollFlags) -> Woken {
        let failed = events.intersects(PollFlags::ERR | PollFlags::NVAL | PollFlags::HUP);
        match woken {
            Woken::Pressure if failed => {
                self.pressure = None;
                Woken::Time
            }
            Woken::Threshold(slot) => {
                let mut count = [0; 8];
                let found = self.thresholds.values().find(|threshold| threshold.slot == slot);
                let read = found.map(|threshold| rustix::io::read(&threshold.event, &mut count));
                if failed || !matches!(read, Some(Ok(_))) {
                    self.thresholds.retain(|_, threshold| threshold.slot != slot);
                    return Woken::Time;
                }
                woken
            }
            other => other,
        }
    }
}

/// A pressure file that took our trigger.
fn trigger(path: &Path) -> io::Result<OwnedFd> {
    let file = open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, TRIGGER)?;
    Ok(file)
}

/// An event file that the kernel counts up when the use of a group crosses its threshold.
fn threshold(groups: &Cgroups, slot: Slot, limit_bytes: u64) -> io::Result<OwnedFd> {
    let (usage, mut control) = groups.threshold_files(slot)?;
    let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let bytes = limit_bytes / 100 * THRESHOLD_PERCENT;
    let order = format!("{} {} {bytes}", event.as_fd().as_raw_fd(), usage.as_fd().as_raw_fd());
    control.write_all(order.as_bytes())?;
    Ok(event)
}

/// A pipe of which one end tells the other to stop by being closed.
///
/// # Errors
/// The system gives no pipe.
pub fn stop_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_trigger_is_not_polled() {
        let folder = tempfile::tempdir().unwrap();
        let error = trigger(&folder.path().join("memory")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let mut triggers = Triggers::new(folder.path());
        assert!(!triggers.watches_pressure());
        let (stop, keep) = stop_pipe().unwrap();
        assert_eq!(triggers.wait(&stop, Duration::ZERO), Woken::Time);
        drop(keep);
        assert_eq!(triggers.wait(&stop, Duration::from_secs(60)), Woken::Stop);
    }

    #[test]
    fn a_file_that_failed_is_let_go_of_so_that_nothing_spins() {
        let (read, write) = stop_pipe().unwrap();
        drop(write);
        let (stop, _keep) = stop_pipe().unwrap();
        let mut triggers =
            Triggers { pressure: Some(read), thresholds: HashMap::new(), may_set: false };
        assert_eq!(triggers.wait(&stop, Duration::from_secs(60)), Woken::Time);
        assert!(!triggers.watches_pressure());
    }
}
