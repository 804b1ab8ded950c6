//! A program that runs: starts it with the preload library, reads its rings, and hands what they say to a session.
//!
//! ```text
//!  Launch ──▶ Tracking: the program, its mapping and, with children, theirs
//!                 │ poll: every ring is emptied, records are merged by time
//!                 ▼
//!              Process { Intake, … } ── one a process
//! ```
//!
//! The only part of this crate that opens, starts or waits for anything.

mod clock;
mod map;
mod outside;
mod process;
mod rings;
pub mod target;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use ramscope_events::ring::wire::{CHILDREN, MOST_CHILDREN, WAIT_WHEN_FULL};

use self::map::Mapping;
pub use self::process::Process;

/// What to track, and how.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program's file, as [`target::resolve`] found it.
    pub program: PathBuf,
    /// Its arguments, the name it is called by first.
    pub arguments: Vec<OsString>,
    /// The preload library.
    pub library: PathBuf,
    /// Libraries that are preloaded already; ours goes before them, so that an allocator among them is heard too.
    pub preloaded: Option<OsString>,
    /// Mean bytes between samples; 0 records everything.
    pub sample_bytes: u64,
    /// Whether recordings are made.
    pub records: bool,
    /// Whether nothing may be lost: the program waits while its rings are full.
    pub waits: bool,
    /// Whether forked and executed programs are tracked too.
    pub children: bool,
    /// Seed of the samples.
    pub seed: u64,
    /// The allocator that answers the program, as far as its file tells.
    pub allocator: String,
}

/// Longest sleep between two looks at the rings, in milliseconds; a ring that fills wakes earlier.
const SLEEP_MS: u32 = 40;
/// The same with one that may wake nobody: its rings must not fill meanwhile.
const SLEEP_BESIDE_MUTE_MS: u32 = 1;
/// A program that is being tracked.
#[derive(Debug)]
pub struct Tracking {
    launch: Launch,
    /// The program's own mapping, by which children find theirs.
    first: Arc<Mapping>,
    /// The first is the program itself.
    processes: Vec<Process>,
    /// How many there were.
    count: usize,
    /// A mapping that waits for the next child.
    spare: Option<Arc<Mapping>>,
    pid: u32,
    ended: Receiver<io::Result<ExitStatus>>,
    status: Option<ExitStatus>,
    begun: clock::Calibration,
    /// This process's processor time before.
    cpu_before: Duration,
    /// What went into children that were handed over.
    cpu_of_gone: Duration,
    /// When its cost was told last, in ticks of the first mapping.
    told_cost: u64,
}

impl Tracking {
    /// Starts the program.
    ///
    /// # Errors
    /// The mapping cannot be made, or the program cannot be started.
    pub fn start(launch: Launch) -> io::Result<Self> {
        let begun = clock::Calibration::begin();
        let first = Arc::new(new_mapping(&launch)?);
        let mut command = Command::new(&launch.program);
        let mut preload = launch.library.clone().into_os_string();
        if let Some(others) = launch.preloaded.as_ref().filter(|others| !others.is_empty()) {
            preload.push(":");
            preload.push(others);
        }
        let place = format!("{}:{}", std::process::id(), first.descriptor());
        command.env("LD_PRELOAD", preload).env("RAMSCOPE_TRACK", place);
        if let Some((name, arguments)) = launch.arguments.split_first() {
            std::os::unix::process::CommandExt::arg0(&mut command, name);
            command.args(arguments);
        }
        let mut tracking = Self {
            first,
            processes: Vec::new(),
            count: 0,
            spare: None,
            pid: 0,
            ended: mpsc::channel().1,
            status: None,
            begun,
            cpu_before: clock::process_cpu(),
            cpu_of_gone: Duration::ZERO,
            told_cost: 0,
            launch,
        };
        if tracking.launch.children {
            tracking.lay_out_spare()?;
        }
        let mut child = command.spawn()?;
        tracking.pid = child.id();
        let (tell, ended) = mpsc::channel();
        tracking.ended = ended;
        let bell = Arc::clone(&tracking.first);
        thread::Builder::new().name("heap-wait".into()).spawn(move || {
            // Where the receiver is gone, so is the tracking.
            let _ = tell.send(child.wait());
            bell.wake();
        })?;
        tracking.welcome(Arc::clone(&tracking.first), tracking.pid);
        Ok(tracking)
    }

    /// The program's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The program, and the children that were not handed over yet.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// The same, to take their recordings' bytes.
    pub fn processes_mut(&mut self) -> &mut [Process] {
        &mut self.processes
    }

    /// How the program ended, once it has and all it said was heard.
    #[must_use]
    pub fn status(&self) -> Option<ExitStatus> {
        self.status
    }

    /// Sleeps until there is something to hear, or for a short time.
    pub fn wait(&self) {
        let is_mute = self.processes.iter().any(Process::is_mute);
        let sleep = if is_mute { SLEEP_BESIDE_MUTE_MS } else { SLEEP_MS };
        self.first.sleep(sleep, || {
            self.spare.as_ref().is_some_and(|spare| spare.is_claimed())
                || self.processes.iter().any(Process::has_backlog)
        });
    }

    /// Hears all that was said until now.
    ///
    /// # Errors
    /// The program cannot be waited for.
    pub fn poll(&mut self) -> io::Result<()> {
        // Asked before the rings are read: what was said before the end is in them.
        let ended = match self.ended.try_recv() {
            Ok(status) => Some(status?),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        };
        for process in &mut self.processes {
            process.hear();
        }
        if self.launch.children {
            self.welcome_child();
        }
        if ended.is_none() {
            self.tell_costs_in_time();
        }
        self.end_children(ended.is_some());
        if let (Some(status), Some(first)) = (ended, self.processes.first_mut()) {
            first.end(status.into_raw());
            self.status = Some(status);
        }
        Ok(())
    }

    /// This process's processor time since the program was started.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        clock::process_cpu().saturating_sub(self.cpu_before)
    }

    /// Tells the sessions what tracking has cost: each child's its own part of this process's time, and the program's all that is left.
    pub fn tell_costs(&mut self) {
        let of_children: Duration = self.processes.iter().skip(1).map(Process::cpu).sum();
        let rest = self.cpu().saturating_sub(of_children + self.cpu_of_gone);
        for (at, process) in self.processes.iter_mut().enumerate() {
            process.tell_cost(if at == 0 { rest } else { process.cpu() });
        }
    }

    /// The same, once a second.
    fn tell_costs_in_time(&mut self) {
        let now = self.processes.first().map_or(0, Process::ticks);
        let second = self.processes.first().map_or(u64::MAX, Process::ticks_per_second);
        if now.saturating_sub(self.told_cost) >= second {
            self.told_cost = now;
            self.tell_costs();
        }
    }

    /// Hands over the children that are over and that nothing is left to be said of. What nobody takes stays in memory.
    pub fn take_children(&mut self, mut is_done: impl FnMut(&Process) -> bool) -> Vec<Process> {
        let is_taken =
            |process: &mut Process| process.number() > 0 && process.is_over() && is_done(process);
        let taken: Vec<Process> = self.processes.extract_if(.., is_taken).collect();
        self.cpu_of_gone += taken.iter().map(Process::cpu).sum::<Duration>();
        taken
    }

    /// Children that were not tracked, because too many ran at one time.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.first.header().left_out.load(Ordering::Relaxed)
    }

    /// Ends the children that are no more, how, nobody told us; with `all`, also those that run on.
    fn end_children(&mut self, all: bool) {
        for child in self.processes.iter_mut().skip(1) {
            let Some(descriptor) = child.descriptor().filter(|_| all || child.is_gone()) else {
                continue;
            };
            // Before its number can be another process's, and its descriptor another mapping's.
            self.first.header().remove_child(descriptor);
            child.end(0);
            child.tell_cost(child.cpu());
        }
    }

    /// Takes up the child that has claimed the spare mapping, if one has, and lays out the next.
    fn welcome_child(&mut self) {
        let claimed = self.spare.take_if(|spare| spare.is_claimed());
        if let Some(mapping) = claimed {
            let owner = mapping.owner();
            self.welcome(mapping, owner);
        }
        let is_room =
            self.processes.iter().filter(|process| !process.is_over()).count() <= MOST_CHILDREN;
        // Where one cannot be made now, it can when another child has ended; until then children are left out, and counted.
        if self.spare.is_none() && !(is_room && self.lay_out_spare().is_ok()) {
            self.first.set_spare(0);
        }
    }

    fn welcome(&mut self, mapping: Arc<Mapping>, pid: u32) {
        let ticks_per_second = self.begun.ticks_per_second();
        let which = (self.count, pid);
        self.count += 1;
        self.processes.push(Process::new(mapping, &self.launch, which, ticks_per_second));
    }

    /// Makes a mapping for the next child, and says where it is.
    fn lay_out_spare(&mut self) -> io::Result<()> {
        let spare = Arc::new(new_mapping(&self.launch)?);
        self.first.set_spare(spare.descriptor());
        self.spare = Some(spare);
        Ok(())
    }
}

fn new_mapping(launch: &Launch) -> io::Result<Mapping> {
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let flags = flag(launch.waits, WAIT_WHEN_FULL) | flag(launch.children, CHILDREN);
    Mapping::new(flags, launch.sample_bytes, launch.seed)
}
