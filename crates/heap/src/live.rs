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
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use ramscope_events::ring::wire::{CHILDREN, WAIT_WHEN_FULL};

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
/// The same with several processes, of which only the first can wake us.
const SLEEP_AMONG_MANY_MS: u32 = 5;
/// The same with one that may wake nobody: its rings must not fill meanwhile.
const SLEEP_BESIDE_MUTE_MS: u32 = 1;
/// Most children that are tracked at one time.
const MOST_PROCESSES: usize = 512;

/// A program that is being tracked.
#[derive(Debug)]
pub struct Tracking {
    launch: Launch,
    /// The first is the program itself.
    processes: Vec<Process>,
    /// A mapping that waits for the next child.
    spare: Option<Arc<Mapping>>,
    pid: u32,
    ended: Receiver<io::Result<ExitStatus>>,
    status: Option<ExitStatus>,
    begun: clock::Calibration,
    /// This process's processor time before.
    cpu_before: Duration,
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
            processes: Vec::new(),
            spare: None,
            pid: 0,
            ended: mpsc::channel().1,
            status: None,
            begun,
            cpu_before: clock::process_cpu(),
            told_cost: 0,
            launch,
        };
        if tracking.launch.children {
            tracking.lay_out_spare(Some(&first))?;
        }
        let mut child = command.spawn()?;
        tracking.pid = child.id();
        let (tell, ended) = mpsc::channel();
        tracking.ended = ended;
        let bell = Arc::clone(&first);
        thread::Builder::new().name("heap-wait".into()).spawn(move || {
            // Where the receiver is gone, so is the tracking.
            let _ = tell.send(child.wait());
            bell.wake();
        })?;
        let ticks_per_second = tracking.begun.ticks_per_second();
        let process = Process::new(first, &tracking.launch, tracking.pid, ticks_per_second);
        tracking.processes.push(process);
        Ok(tracking)
    }

    /// The program's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The processes so far, the program first.
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
        let sleep = if self.processes.iter().any(Process::is_mute) {
            SLEEP_BESIDE_MUTE_MS
        } else if self.processes.len() > 1 {
            SLEEP_AMONG_MANY_MS
        } else {
            SLEEP_MS
        };
        if let Some(first) = self.processes.first() {
            first.sleep(sleep);
        }
    }

    /// Hears all that was said until now.
    ///
    /// # Errors
    /// The program cannot be waited for, or a mapping for the next child cannot be made.
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
            self.welcome_child()?;
        }
        if ended.is_none() {
            self.tell_costs_in_time();
        }
        let is_over = ended.is_some();
        for child in self.processes.iter_mut().skip(1) {
            child.end_if_gone(is_over);
        }
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
        let of_children = self.processes.iter().skip(1).map(Process::cpu).sum();
        let rest = self.cpu().saturating_sub(of_children);
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

    /// Takes up the child that has claimed the spare mapping, if one has, and lays out the next.
    fn welcome_child(&mut self) -> io::Result<()> {
        let owner = self.spare.as_ref().map_or(0, |spare| spare.owner());
        if owner == 0 {
            return Ok(());
        }
        if let Some(mapping) = self.spare.take() {
            let ticks_per_second = self.begun.ticks_per_second();
            self.processes.push(Process::new(mapping, &self.launch, owner, ticks_per_second));
        }
        if self.processes.len() < MOST_PROCESSES { self.lay_out_spare(None) } else { Ok(()) }
    }

    /// Makes a mapping for the next child and tells all processes of it.
    fn lay_out_spare(&mut self, first: Option<&Mapping>) -> io::Result<()> {
        let spare = Arc::new(new_mapping(&self.launch)?);
        let descriptor = spare.descriptor();
        if let Some(first) = first {
            first.set_spare(descriptor);
        }
        spare.set_spare(descriptor);
        for process in &self.processes {
            process.set_spare(descriptor);
        }
        self.spare = Some(spare);
        Ok(())
    }
}

fn new_mapping(launch: &Launch) -> io::Result<Mapping> {
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let flags = flag(launch.waits, WAIT_WHEN_FULL) | flag(launch.children, CHILDREN);
    Mapping::new(flags, launch.sample_bytes, launch.seed)
}
