//! Looks at what is beside the machine's own numbers, once a second, on a thread of its own: control groups, and what follows
//! from ticks over time: forecasts, events, alerts.
//!
//! ```text
//!   sampler ─▶ offer(tick) ─▶ the newest tick ─┐          ┌─▶ the newest control groups, the newest forecasts
//!                 ▲                            ├─▶ watch ──┤
//!                 └──── what happened ◀────────┘          └─▶ whoever is told of alerts
//! ```
//!
//! The sampler never waits for it: a tick that is offered replaces the one before, and what happened meanwhile is handed
//! back with the next. Between two looks the thread sleeps until the kernel wakes it: tasks wait for memory, or a group nears
//! its limit.

mod kills;
mod lives;
mod outlook;
mod stalls;

pub use outlook::{Ahead, CgroupName, Follower, Outlook, ProcessName};

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::TimeMs;
use crate::alert::{Alerts, Change, Facts, Rule};
use crate::cgroups::{CgroupTable, Container};
use crate::clock::{Clock, Now};
use crate::format::iec;
use crate::history::Event;
use crate::memory::Memory;
use crate::pace::{Interval, Pace};
use crate::processes::ProcessTable;
use crate::sampler::Tick;
use crate::source::cgroups::Cgroups;
use crate::source::kmsg::KernelLog;
use crate::source::triggers::{Triggers, Woken, stop_pipe};
use kills::Kills;
use lives::Lives;
use stalls::Stalls;

/// Events that wait for the next tick; what is beyond is counted in one that says so.
const EVENTS_WAITING_MAX: usize = 256;
/// Groups that are read at once where a kill was counted.
const READ_AT_A_KILL: usize = 1024;
/// Groups with a limit whose numbers are read at every few looks, for their forecast.
const READ_LIMITED: usize = 64;
const LOOKS_BETWEEN_READING: u32 = 5;
/// A warning of the kernel is told at most this often.
const WARNING_PERIOD: Duration = Duration::from_secs(60);

/// What is newest; copies look at the same.
#[derive(Clone, Debug, Default)]
pub struct Watched(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    tick: Mutex<Option<Arc<Tick>>>,
    cgroups: Mutex<Option<Arc<CgroupTable>>>,
    outlook: Mutex<Option<Arc<Outlook>>>,
    events: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: Vec<Event>,
    lost: usize,
}

impl Watched {
    /// Hands over the newest tick, and takes what happened since the last one. Never waits; to be called where ticks are
    /// published.
    #[must_use = "events that are not recorded are lost"]
    pub fn offer(&self, tick: &Arc<Tick>) -> Vec<Event> {
        *lock(&self.0.tick) = Some(Arc::clone(tick));
        let Waiting { mut events, lost } = std::mem::take(&mut *lock(&self.0.events));
        if lost > 0 {
            let detail = format!("{lost} events were not kept: too many at once");
            events.push(event(tick.snapshot.time_ms, "events.lost", "recorder", detail));
        }
        events
    }

    /// The newest control groups; `None` before the first look, and where nobody looks.
    #[must_use]
    pub fn cgroups(&self) -> Option<Arc<CgroupTable>> {
        lock(&self.0.cgroups).clone()
    }

    /// The newest forecasts; `None` before the first, and where nobody looks.
    #[must_use]
    pub fn outlook(&self) -> Option<Arc<Outlook>> {
        lock(&self.0.outlook).clone()
    }

    /// Makes a table the newest one.
    pub fn set_cgroups(&self, table: Arc<CgroupTable>) {
        *lock(&self.0.cgroups) = Some(table);
    }

    /// Makes forecasts the newest ones.
    pub fn set_outlook(&self, outlook: Arc<Outlook>) {
        *lock(&self.0.outlook) = Some(outlook);
    }

    /// Adds what happened, to be recorded with the next tick.
    pub fn tell(&self, events: Vec<Event>) {
        let mut waiting = lock(&self.0.events);
        let room = EVENTS_WAITING_MAX.saturating_sub(waiting.events.len());
        waiting.lost += events.len().saturating_sub(room);
        waiting.events.extend(events.into_iter().take(room));
    }

    /// The container that this process is in, where its limit is less than the machine's memory at `tick`.
    #[must_use]
    pub fn container(&self, tick: &Tick) -> Option<Container> {
        let table = self.cgroups()?;
        table.container(Memory::of(&tick.snapshot).total_bytes)
    }

    fn tick(&self) -> Option<Arc<Tick>> {
        lock(&self.0.tick).take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who is told when an alert fires and when it is over; must not wait.
pub type Tell = Box<dyn FnMut(&Change) + Send>;

/// What is looked for, and who is told.
pub struct Orders {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Who is told.
    pub tell: Tell,
}

impl Default for Orders {
    fn default() -> Orders {
        Orders { rules: Vec::new(), tell: Box::new(|_| {}) }
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orders").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// The thread that looks; it ends when this is dropped.
#[derive(Debug)]
pub struct Watch {
    /// Closed to tell the thread to end.
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to look at the machine below `root`, at once and then each second, and puts what it sees into `watched`.
    ///
    /// # Errors
    /// The system gives no thread or no pipe.
    pub fn start(root: &Path, watched: Watched, orders: Orders) -> io::Result<Watch> {
        let (stopped, stop) = stop_pipe()?;
        let clock = Clock::system();
        let watcher = Watcher::new(root, watched, orders);
        let work = move || look_all(watcher, &clock, &stopped);
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(work)?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the watch thread panicked; its message is above");
        }
    }
}

fn look_all(mut watcher: Watcher, clock: &Clock, stopped: &OwnedFd) {
    let mut pace = Pace::new(clock.monotonic(), Interval::default());
    loop {
        let now = clock.now();
        let wait = pace.deadline().saturating_sub(now.monotonic);
        if wait.is_zero() {
            pace.arrive(now.monotonic);
            watcher.look(now);
            continue;
        }
        match watcher.triggers.wait(stopped, wait) {
            Woken::Stop => return,
            Woken::Time => {}
            woken => watcher.warn(clock.now(), woken),
        }
    }
}

/// The thread's work, one look at a time.
#[derive(Debug)]
struct Watcher {
    watched: Watched,
    cgroups: Cgroups,
    log: KernelLog,
    triggers: Triggers,
    follower: Follower,
    kills: Kills,
    stalls: Stalls,
    lives: Lives,
    alerts: Alerts,
    orders: Orders,
    /// The newest tick that was looked at.
    tick: Option<Arc<Tick>>,
    warned: Option<Duration>,
    looks: u32,
}

impl Watcher {
    fn new(root: &Path, watched: Watched, orders: Orders) -> Watcher {
        Watcher {
            watched,
            cgroups: Cgroups::new(root),
            log: KernelLog::open(root),
            triggers: Triggers::new(root),
            follower: Follower::default(),
            kills: Kills::default(),
            stalls: Stalls::default(),
            lives: Lives::default(),
            alerts: Alerts::new(orders.rules.clone()),
            orders,
            tick: None,
            warned: None,
            looks: 0,
        }
    }

    fn look(&mut self, now: Now) {
        let fresh = self.watched.tick();
        let killed = fresh
            .as_deref()
            .is_some_and(|tick| self.kills.count(tick.snapshot.vmstat.get("oom_kill")));
        self.tick = fresh.clone().or(self.tick.take());
        if killed {
            self.cgroups.read_limited(READ_AT_A_KILL);
        } else if self.looks.is_multiple_of(LOOKS_BETWEEN_READING) {
            self.cgroups.read_limited(READ_LIMITED);
        }
        self.looks = self.looks.wrapping_add(1);
        let groups = self.cgroups.look(now.wall, now.monotonic);
        self.triggers.follow(&self.cgroups, &groups);
        self.watched.set_cgroups(Arc::clone(&groups));
        let mut events = self.kills.tell(now.wall, &self.log.kills(), &groups);
        if let Some(tick) = fresh.as_deref() {
            let pressure = tick.snapshot.pressure.as_ref();
            events.extend(self.stalls.look(now.wall, now.monotonic, pressure));
            let total = Memory::of(&tick.snapshot).total_bytes;
            if let Some(table) = tick.processes.as_deref() {
                events.extend(self.lives.look(table.monotonic, table, total));
            }
        }
        self.look_ahead(now, fresh.as_deref(), &groups);
        self.alert(now, &groups, &mut events);
        self.watched.tell(events);
    }

    fn look_ahead(&mut self, now: Now, fresh: Option<&Tick>, groups: &CgroupTable) {
        let snapshot = fresh.map(|tick| &tick.snapshot);
        let processes: Option<&ProcessTable> = fresh.and_then(|tick| tick.processes.as_deref());
        let outlook = self.follower.look(now.monotonic, snapshot, groups, processes);
        // A tick that came late would leave a forecast without the machine.
        if let Some(outlook) = outlook.filter(|outlook| outlook.system.is_some()) {
            self.watched.set_outlook(Arc::new(outlook));
        }
    }

    /// Looks at the rules, tells of those that changed, and adds that to what happened.
    fn alert(&mut self, now: Now, groups: &CgroupTable, events: &mut Vec<Event>) {
        if self.alerts.is_empty() {
            return;
        }
        let memory = self.tick.as_deref().map(|tick| Memory::of(&tick.snapshot));
        let outlook = self.watched.outlook();
        let facts = Facts {
            memory: memory.as_ref(),
            pressure: self.tick.as_deref().and_then(|tick| tick.snapshot.pressure.as_ref()),
            cgroups: groups,
            outlook: outlook.as_deref(),
            events,
        };
        let changes = self.alerts.look(now.wall, now.monotonic, &facts);
        for change in changes {
            (self.orders.tell)(&change);
            events.push(change.event());
        }
    }

    /// The kernel woke us: tells that at once, but not over and over.
    fn warn(&mut self, now: Now, woken: Woken) {
        let lately = |warned: Duration| now.monotonic.saturating_sub(warned) < WARNING_PERIOD;
        if self.warned.is_some_and(lately) {
            return;
        }
        let told = match woken {
            Woken::Pressure => {
                let detail = "tasks begin to wait for memory: 0.15 s within 2 s".to_owned();
                Some(event(now.wall, "warning.pressure", "machine", detail))
            }
            Woken::Threshold(slot) => self.nears_limit(now.wall, slot),
            Woken::Time | Woken::Stop => None,
        };
        if let Some(told) = told {
            self.warned = Some(now.monotonic);
            self.watched.tell(vec![told]);
        }
    }

    /// A group crossed 90 % of its limit; downwards is no warning.
    fn nears_limit(&mut self, time_ms: TimeMs, slot: crate::cgroups::Slot) -> Option<Event> {
        let (used, limit) = self.cgroups.use_and_limit(slot)?;
        if used < limit / 100 * 90 {
            return None;
        }
        let table = self.watched.cgroups()?;
        let path = table.path(slot);
        let detail =
            format!("{} nears its limit: {} of {}", table.label(slot).name, iec(used), iec(limit));
        Some(event(time_ms, "warning.limit", &path, detail))
    }
}

fn event(time_ms: TimeMs, kind: &str, subject: &str, detail: String) -> Event {
    Event { time_ms, kind: kind.to_owned(), subject: subject.to_owned(), detail, facts: None }
}
