//! The process table of each tick, taken on a thread of its own: a process that stands still in the kernel may hold up
//! whoever reads its command line, and must not hold up the sampler.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use crate::clock::Now;
use crate::processes::ProcessTable;
use crate::source::processes::Processes;

/// Processes are looked at this often at the most, whatever the interval.
const LEAST_PERIOD: Duration = Duration::from_secs(1);
/// A tick may come this much before the next look is due and bring it all the same.
const TOLERANCE: Duration = Duration::from_millis(5);
/// A tick waits for its table so long at the most; later it comes with the next tick.
const PATIENCE: Duration = Duration::from_millis(250);

/// The sampling thread's end of the companion.
#[derive(Debug)]
pub(super) struct Companion {
    ask: SyncSender<Now>,
    told: Receiver<Arc<ProcessTable>>,
    /// Whether a look was asked for and has not come back.
    is_asked: bool,
    due: Duration,
    period: Duration,
    latest: Option<Arc<ProcessTable>>,
}

impl Companion {
    /// Starts the thread, which ends with this.
    pub(super) fn start(processes: Processes, interval: Duration) -> io::Result<Companion> {
        let (ask, asked) = mpsc::sync_channel(1);
        let (tell, told) = mpsc::sync_channel(2);
        // Never joined: where a process stands still in the kernel, so does whoever reads it, and the end must come.
        thread::Builder::new()
            .name("processes".to_owned())
            .spawn(move || look_when_asked(processes, &asked, &tell))?;
        let period = interval.max(LEAST_PERIOD);
        Ok(Companion { ask, told, is_asked: false, due: Duration::ZERO, period, latest: None })
    }

    /// The newest table, which is of this very moment where a look is due and comes back in time.
    pub(super) fn at(&mut self, now: Now) -> Option<Arc<ProcessTable>> {
        while let Ok(table) = self.told.try_recv() {
            self.take(table);
        }
        if !self.is_asked && now.monotonic + TOLERANCE >= self.due {
            self.is_asked = self.ask.try_send(now).is_ok();
            let next = self.due + self.period;
            self.due = if next > now.monotonic { next } else { now.monotonic + self.period };
            if let Ok(table) = self.told.recv_timeout(PATIENCE.min(self.period / 4)) {
                self.take(table);
            }
        }
        self.latest.clone()
    }

    fn take(&mut self, table: Arc<ProcessTable>) {
        self.is_asked = false;
        self.latest = Some(table);
    }
}

fn look_when_asked(
    mut processes: Processes,
    asked: &Receiver<Now>,
    tell: &SyncSender<Arc<ProcessTable>>,
) {
    for now in asked {
        // Without a `/proc` there is an empty table, so that the next look is asked for.
        let empty = || {
            let (time_ms, monotonic) = (now.wall, now.monotonic);
            Arc::new(ProcessTable { time_ms, monotonic, ..ProcessTable::default() })
        };
        let table = processes.look(now).unwrap_or_else(empty);
        if tell.send(table).is_err() {
            return;
        }
    }
}
