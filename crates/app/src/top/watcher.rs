//! Looks at processes and control groups beside each tick, on a thread of its own, so that a slow look delays no sample.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ramscope_observe::Memory;
use ramscope_observe::cgroups::CgroupTable;
use ramscope_observe::clock::Now;
use ramscope_observe::forecast::{Consequence, Forecast, Series};
use ramscope_observe::history::History;
use ramscope_observe::processes::ProcessTable;
use ramscope_observe::sampler::Tick;
use ramscope_observe::source::cgroups::Cgroups;
use ramscope_observe::source::processes::Processes;
use ramscope_observe::watch::{self, Follower};
use ramscope_tui::{Inlet, Moment};

use super::growth::Lately;
use super::past;

/// Processes and groups are looked at no more often than this, whatever the interval.
const PERIOD: Duration = Duration::from_secs(1);
/// A tick that comes this much before a look is due takes it all the same.
const TOLERANCE: Duration = Duration::from_millis(50);
/// How often the forecast is told anew.
const FORECAST_PERIOD: Duration = Duration::from_secs(5);
/// Where monotonic time begins for the forecast, so that what was recorded lies after zero.
const EPOCH: Duration = Duration::from_secs(7 * 86_400);

/// The way of ticks to the watching thread.
#[derive(Clone, Debug)]
pub(super) struct Watcher(SyncSender<Arc<Tick>>);

impl Watcher {
    /// Starts watching the machine below `root`; each tick that is offered goes on to `inlet` as a whole moment.
    /// What a history knows of the time before is seen as well.
    pub(super) fn start(root: &Path, history: Option<History>, inlet: Inlet) -> Result<Watcher> {
        let (sender, ticks) = sync_channel(1);
        let eyes = Eyes {
            processes: Processes::new(root),
            cgroups: Cgroups::new(root),
            due: Duration::ZERO,
            seen: (None, None),
            follower: Follower::default(),
            ahead: None,
            outlook: Outlook::new(&history.as_ref().map(past::used_lately).unwrap_or_default()),
            lately: history.map(Lately::new),
        };
        thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || watch_all(eyes, &ticks, &inlet))
            .context("cannot start the thread that watches processes")?;
        Ok(Watcher(sender))
    }

    /// Hands a tick over; where a look takes longer than a tick, that one is left out.
    pub(super) fn offer(&self, tick: Arc<Tick>) {
        // A full channel means that the tick before is still being looked at.
        let _ = self.0.try_send(tick);
    }
}

#[derive(Debug)]
struct Eyes {
    processes: Processes,
    cgroups: Cgroups,
    due: Duration,
    seen: (Option<Arc<ProcessTable>>, Option<Arc<CgroupTable>>),
    /// Where groups and processes are heading, and what was told of that last.
    follower: Follower,
    ahead: Option<Arc<watch::Outlook>>,
    outlook: Outlook,
    lately: Option<Lately>,
}

/// Where used memory is heading, told anew every now and then.
#[derive(Debug)]
struct Outlook {
    used: Series,
    told: Option<Forecast>,
    due: Duration,
}

impl Outlook {
    fn new(past: &[(Duration, u64)]) -> Outlook {
        let mut outlook = Outlook { used: Series::default(), told: None, due: Duration::ZERO };
        for (ago, bytes) in past {
            outlook.push(EPOCH.saturating_sub(*ago), *bytes);
        }
        outlook
    }

    #[expect(clippy::cast_precision_loss, reason = "a forecast needs three digits of fifteen")]
    fn push(&mut self, now: Duration, used_bytes: u64) {
        self.used.push(now, used_bytes as f64);
    }

    fn tell(&mut self, now: Duration, memory: &Memory) -> Option<Forecast> {
        self.push(EPOCH + now, memory.used_bytes);
        if now >= self.due {
            self.due = now + FORECAST_PERIOD;
            let all = Some(memory.total_bytes);
            self.told = Some(Forecast::of(&self.used, all, Consequence::OutOfMemory));
        }
        self.told
    }
}

fn watch_all(mut eyes: Eyes, ticks: &Receiver<Arc<Tick>>, inlet: &Inlet) {
    for tick in ticks {
        let snapshot = &tick.snapshot;
        let now = Now { wall: snapshot.time_ms, monotonic: snapshot.monotonic };
        if now.monotonic + TOLERANCE >= eyes.due {
            eyes.due = now.monotonic + PERIOD;
            let cgroups = eyes.cgroups.look(now.wall, now.monotonic);
            let mut processes = eyes.processes.look(now);
            let seen = (Some(snapshot), processes.as_deref());
            let ahead = eyes.follower.look(now.monotonic, seen.0, &cgroups, seen.1);
            eyes.ahead = ahead.map(Arc::new).or(eyes.ahead.take());
            if let (Some(lately), Some(table)) = (&mut eyes.lately, &mut processes) {
                lately.fill(Arc::make_mut(table), now.monotonic);
            }
            eyes.seen = (processes, (!cgroups.is_empty()).then_some(cgroups));
        }
        let (processes, cgroups) = eyes.seen.clone();
        let mut moment = Moment::of(snapshot, tick.rates, processes).with_cgroups(cgroups);
        moment.outlook = eyes.outlook.tell(now.monotonic, &moment.memory);
        moment.ahead.clone_from(&eyes.ahead);
        inlet.offer(Arc::new(moment));
    }
}
