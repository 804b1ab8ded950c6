//! The worker: carries a plan out in a process of its own, and gives everything back when that ends, however it ends.
//!
//! ```text
//! main thread:   look (headroom, strain, progress) ─▶ step (grow, shrink, turn over, access) ─▶ pause ─▶ …
//! watch thread:  the parent's pipe, signals, the time limit ─▶ stop; and the end of the process if that takes too long
//! ```

mod pace;
mod voice;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::access::Accessor;
use crate::access::verify::Verifier;
use crate::announce::{Announced, Announcement, Baseline, SCHEMA_VERSION};
use crate::cgroup::OwnGroup;
use crate::clock::{ms, since_boot, wall_ms};
use crate::hold::{self, Holding};
use crate::marks::Marks;
use crate::plan::{Kind, Plan};
use crate::source::{Own, Source, Strain, Used, start_ticks};
use crate::wire::{Ending, Line, Progress, Reason, Start, Started, State};
use pace::{Pace, Step};
use voice::Voice;
use watch::Watch;

/// How many looks make an announcement.
const LOOKS_ANNOUNCED: u64 = 2;
/// How much less polite than others.
const NICE: i32 = 10;

/// Carries out what the first line of standard input says, and tells how it goes on standard output.
///
/// To be called by a process that does nothing else and has one thread: what people see as `ramscope stress-worker`.
pub fn run() -> ExitCode {
    let mut voice = Voice::new();
    match begin(&mut voice) {
        Ok(mut worker) => {
            let reason = worker.carry_out(&mut voice);
            worker.end(reason, &mut voice);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            voice.say_last(&Line::Ended(Box::new(Ending {
                reason,
                returned_bytes: 0,
                returned_ms: 0,
                last: Progress::default(),
                mismatches: Vec::new(),
                lines_lost: 0,
            })));
            ExitCode::FAILURE
        }
    }
}

/// A run, from its first look to its end.
struct Worker {
    plan: Plan,
    pace: Pace,
    /// `None` while one is exchanged for another, and after the end.
    holding: Option<Box<dyn Holding>>,
    accessor: Option<Accessor>,
    verifier: Option<Verifier>,
    source: Source,
    marks: Marks,
    own: Own,
    /// What this process and the machine had before.
    before: (Used, Strain),
    baseline: Baseline,
    began: Duration,
    began_ms: i64,
    next_look: Duration,
    looks: u64,
    progress: Progress,
    watch: Watch,
    announced: Announced,
    start_ticks: u64,
    /// Left last, when nothing is held any more.
    group: Option<OwnGroup>,
}

/// Reads what to do, makes this process the first one to die, and prepares to take memory.
fn begin(voice: &mut Voice) -> Result<Worker, Reason> {
    let (watch, start) = Watch::start().map_err(|error| Reason::Failed(error.to_string()))?;
    let Start { plan, root, runtime_dir } = start;
    humble();
    let failed = |error: &dyn std::fmt::Display| Reason::Failed(error.to_string());
    // Opened from where it is at home: its own cgroup's limit is its plan's affair, not its neighbours'.
    let mut source = Source::open(&root);
    let limits = source.limits().map_err(|error| failed(&error))?;
    let enter = |limit| OwnGroup::enter(&root, limit);
    let group = plan.cgroup_limit_bytes.map(enter).transpose().map_err(|error| failed(&error))?;
    let holding = hold::prepare(&plan).map_err(|error| failed(&error))?;
    let pid = std::process::id();
    voice.say(&Line::Started(Started {
        pid,
        cgroup: group.as_ref().map(|g| g.folder().to_owned()),
    }));
    let mut own = Own::new();
    let before = (own.used(), source.strain());
    let (total_bytes, available_bytes) = (limits.total_bytes, limits.available_bytes);
    let mut worker = Worker {
        pace: Pace::new(&plan),
        holding: Some(holding),
        accessor: None,
        verifier: None,
        source,
        marks: Marks::default(),
        own,
        before,
        baseline: Baseline { total_bytes, available_bytes },
        began: since_boot(),
        began_ms: wall_ms(),
        next_look: Duration::ZERO,
        looks: 0,
        progress: Progress::default(),
        watch,
        announced: Announced::new(&runtime_dir, pid),
        start_ticks: start_ticks(pid).unwrap_or(0),
        group,
        plan,
    };
    worker.set_out();
    Ok(worker)
}

/// The kernel kills this process before any other, and lets others run before it.
fn humble() {
    // A system that refuses either still has the other safeguards.
    let _ = std::fs::write(Path::new("/proc/self/oom_score_adj"), "1000");
    let _ = rustix::process::setpriority_process(None, NICE);
}

impl Worker {
    /// The beginning of a plan.
    fn set_out(&mut self) {
        let seed = self.plan.seed;
        self.accessor = self.plan.access.map(|access| Accessor::new(access, seed));
        self.verifier = self.plan.verify.then(|| Verifier::new(seed));
        self.pace = Pace::new(&self.plan);
        self.began = since_boot();
        self.began_ms = wall_ms();
        self.watch.ends_at(self.began + self.plan.duration());
    }

    /// Follows the plan until there is a reason to end.
    fn carry_out(&mut self, voice: &mut Voice) -> Reason {
        loop {
            if let Some(reason) = self.watch.stop() {
                return reason;
            }
            if let Some(plan) = self.watch.changed()
                && let Err(reason) = self.change(plan)
            {
                return reason;
            }
            let now = since_boot();
            let elapsed = now.saturating_sub(self.began);
            if elapsed >= self.plan.duration() {
                return Reason::Finished;
            }
            // First the step, so that the look finds the plan followed as far as it is.
            let is_up_to_date = match self.step(elapsed) {
                Ok(is_up_to_date) => is_up_to_date,
                Err(reason) => return reason,
            };
            if now >= self.next_look
                && let Err(reason) = self.look(now, elapsed, voice)
            {
                return reason;
            }
            if is_up_to_date {
                self.rest(now, elapsed);
            }
        }
    }

    fn change(&mut self, plan: Plan) -> Result<(), Reason> {
        let adapts = self.holding.as_mut().is_some_and(|holding| holding.adapt(&plan));
        if !adapts {
            // First given back, then prepared again: never both.
            self.holding = None;
            self.holding =
                Some(hold::prepare(&plan).map_err(|error| Reason::Failed(error.to_string()))?);
        }
        self.plan = plan;
        self.set_out();
        Ok(())
    }

    /// Looks whether it may go on, and says how it goes.
    fn look(&mut self, now: Duration, elapsed: Duration, voice: &mut Voice) -> Result<(), Reason> {
        let limits = self.source.limits().map_err(|error| Reason::Failed(error.to_string()))?;
        let headroom = limits.headroom(self.plan.reserve_bytes);
        let strain = self.source.strain();
        self.tell(elapsed, headroom.bytes, strain);
        voice.say(&Line::Progress(self.progress.clone()));
        if self.looks.is_multiple_of(LOOKS_ANNOUNCED) {
            self.announce();
        }
        self.looks += 1;
        let is_busy = self.accessor.is_some() || self.verifier.is_some();
        self.next_look = now + self.pace.look_in(elapsed, is_busy);
        // Growing ends at the reserve; half of it is for the ups and downs of others.
        if self.plan.keeps_headroom && headroom.left_bytes < self.plan.reserve_bytes / 2 {
            return Err(Reason::Short(headroom));
        }
        match self.marks.look(now, strain).filter(|_| self.plan.keeps_marks) {
            Some(mark) => Err(Reason::Strained(mark)),
            None => Ok(()),
        }
    }

    /// Brings the progress up to date.
    fn tell(&mut self, elapsed: Duration, headroom_bytes: u64, strain: Strain) {
        let (used_before, strain_before) = self.before;
        let used = self.own.used();
        let accessed_bytes = self.accessed_bytes();
        let last = &self.progress;
        let span_ms = ms(elapsed).saturating_sub(last.elapsed_ms).max(1);
        let access = accessed_bytes.saturating_sub(last.accessed_bytes);
        self.progress = Progress {
            elapsed_ms: ms(elapsed),
            state: self.pace.state(),
            planned_bytes: self.pace.curve.at(elapsed),
            held_bytes: self.holding.as_ref().map_or(0, |holding| holding.held_bytes()),
            reached_bytes: self.reached_bytes(used),
            live_bytes: self.holding.as_ref().map_or(0, |holding| holding.live_bytes()),
            filled_bytes: self.pace.filled_bytes,
            filling_us: u64::try_from(self.pace.filling.as_micros()).unwrap_or(u64::MAX),
            accessed_bytes,
            access_bytes_per_s: access.saturating_mul(1000) / span_ms,
            minor_faults: used.minor_faults.saturating_sub(used_before.minor_faults),
            major_faults: used.major_faults.saturating_sub(used_before.major_faults),
            stall_us: strain.stall_us.saturating_sub(strain_before.stall_us),
            swap_in_bytes: strain.swap_in_bytes.saturating_sub(strain_before.swap_in_bytes),
            headroom_bytes,
            mismatches: self.verifier.as_ref().map_or(0, Verifier::mismatches),
        };
    }

    fn accessed_bytes(&self) -> u64 {
        let verified = self.verifier.as_ref().map_or(0, Verifier::done_bytes);
        self.accessor.as_ref().map_or(verified, Accessor::done_bytes)
    }

    /// What the kernel says is held, less what was there before.
    fn reached_bytes(&mut self, used: Used) -> u64 {
        if let Some(resident) = self.holding.as_mut().and_then(|holding| holding.resident_bytes()) {
            return resident;
        }
        let count = |used: Used| match self.plan.kind {
            Kind::Shared => used.shared_bytes,
            _ => used.anonymous_bytes + used.swapped_bytes,
        };
        count(used).saturating_sub(count(self.before.0))
    }

    fn announce(&self) {
        // A directory that takes no file costs the run its place in the page, and nothing else.
        let _ = self.announced.write(&Announcement {
            schema_version: SCHEMA_VERSION,
            pid: std::process::id(),
            start_ticks: self.start_ticks,
            began_ms: self.began_ms,
            plan: self.plan.clone(),
            baseline: self.baseline,
            progress: self.progress.clone(),
        });
    }

    /// Does the next piece of what the plan asks for. True where there is no more to be done now.
    fn step(&mut self, elapsed: Duration) -> Result<bool, Reason> {
        let Some(holding) = &mut self.holding else { return Ok(true) };
        let failed = |error: hold::HoldError| Reason::Failed(error.to_string());
        match self.pace.next(elapsed, &**holding) {
            Step::Grow(to) => {
                let grown = self.pace.grow(&mut **holding, to, &self.plan, &mut self.source)?;
                if let (Some(verifier), Some(bytes)) = (&mut self.verifier, holding.bytes()) {
                    verifier.follow(bytes);
                }
                return Ok(!grown);
            }
            Step::Shrink(to) => holding.shrink(to).map_err(failed)?,
            Step::TurnOver(bytes) => holding.turn_over(bytes).map_err(failed)?,
            Step::MakeHoles => holding.make_holes(),
            Step::Nothing => {}
        }
        Ok(true)
    }

    /// Accesses what is held for as long as nothing else is due, or waits for so long.
    fn rest(&mut self, now: Duration, elapsed: Duration) {
        let pause = self.pace.pause(elapsed).min(self.next_look.saturating_sub(now));
        let bytes = self.holding.as_mut().and_then(|holding| holding.bytes());
        match (bytes.filter(|bytes| !bytes.is_empty()), &mut self.accessor, &mut self.verifier) {
            (Some(bytes), Some(accessor), _) => match accessor.wait(now) {
                Some(wait) => self.watch.wait(wait.min(pause)),
                None => accessor.run(bytes, accessor.piece_bytes()),
            },
            (Some(bytes), _, Some(verifier)) => verifier.run(bytes, VERIFY_BYTES),
            _ => self.watch.wait(pause),
        }
    }

    /// Gives everything back, and says so.
    fn end(mut self, reason: Reason, voice: &mut Voice) {
        self.watch.is_ending(&reason);
        let elapsed = since_boot().saturating_sub(self.began);
        let strain = self.source.strain();
        let headroom =
            self.source.limits().map_or(0, |l| l.headroom(self.plan.reserve_bytes).bytes);
        self.tell(elapsed, headroom, strain);
        let returned_bytes = self.progress.held_bytes;
        let before = since_boot();
        self.holding = None;
        let returned_ms = ms(since_boot().saturating_sub(before));
        let state = State::Ended;
        let mismatches = self.verifier.as_ref().map_or(Vec::new(), |v| v.told().to_vec());
        let (last, lines_lost) = (Progress { state, ..self.progress.clone() }, voice.lost());
        // Out of the cgroup and out of sight before the last word, so that whoever reads it finds nothing left.
        drop(self.group.take());
        drop(self);
        let ending = Ending { reason, returned_bytes, returned_ms, last, mismatches, lines_lost };
        voice.say_last(&Line::Ended(Box::new(ending)));
    }
}

/// How much is verified between two looks at what is due: below a millisecond.
const VERIFY_BYTES: usize = 1 << 20;
