//! A run, from the side of whoever started it: launches the worker, follows it, changes it, stops it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::announce::{self, Finished};
use crate::cgroup;
use crate::clock::wall_ms;
use crate::plan::Plan;
use crate::report::Report;
use crate::wire::{Ending, LINE_MAX_BYTES, Line, Order, Progress, Reason, Start, Started, line};

/// How a worker is started, and where it finds things.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program that holds the worker: the running one, as `std::env::current_exe` names it.
    pub program: PathBuf,
    /// The arguments with which it becomes one; its command line begins with `ramscope` and these.
    pub arguments: Vec<OsString>,
    /// Where the machine's `proc` and `sys` are: `/`.
    pub root: PathBuf,
    /// Where runs are announced: a directory that belongs to this user and is there.
    pub runtime_dir: PathBuf,
}

impl Launch {
    /// The worker of `program`, on the running machine.
    pub fn new(program: PathBuf, runtime_dir: PathBuf) -> Launch {
        Launch { program, arguments: vec!["stress-worker".into()], root: "/".into(), runtime_dir }
    }
}

/// Why there is no run, or why it cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The worker's process could not be started.
    #[error("cannot start {}: {cause}", .program.display())]
    Launch {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The worker ended before it took anything; its own words.
    #[error("{0}")]
    Refused(Reason),
    /// The worker is gone, or does not listen.
    #[error("the worker does not listen any more: {0}; the run is over")]
    Gone(io::Error),
    /// The cgroup of a run is made at its beginning.
    #[error("the cgroup limit of a run cannot change while it runs: stop it, and start another")]
    CgroupChange,
    /// Another run holds the lock.
    #[error("a run is going on already (its lock is {}): change it or stop it first", .path.display())]
    Busy {
        /// The lock's file.
        path: PathBuf,
    },
    /// The lock cannot be taken at all.
    #[error("cannot lock {}: {cause}; look who owns it", .path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// What a run tells those who follow it.
#[derive(Debug)]
pub enum Event<'a> {
    /// How it goes, about four times a second.
    Progress(&'a Progress),
    /// That it is over: the last event.
    Ended(&'a Report),
}

/// A run that goes on. Dropping it ends it.
#[derive(Debug)]
pub struct Run {
    started: Started,
    orders: Option<ChildStdin>,
    shared: Arc<Shared>,
    follower: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    child: Mutex<Child>,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    plan: Plan,
    latest: Progress,
    report: Option<Report>,
}

impl Run {
    /// Starts a worker and follows it from a thread of its own, which calls `follow` with every event.
    ///
    /// # Errors
    /// Where the worker does not start, or finds that it cannot carry the plan out.
    pub fn start(
        launch: &Launch,
        plan: &Plan,
        follow: impl FnMut(Event<'_>) + Send + 'static,
    ) -> Result<Run, RunError> {
        let failed = |cause| RunError::Launch { program: launch.program.clone(), cause };
        let mut child = spawn(launch).map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(mut orders), Some(output)) = pipes else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let start = Start {
            plan: plan.clone(),
            root: launch.root.clone(),
            runtime_dir: launch.runtime_dir.clone(),
        };
        let mut lines = Lines(BufReader::new(output));
        let first = match orders.write_all(&line(&Order::Start(Box::new(start)))) {
            Ok(()) => lines.next(),
            Err(_) => None,
        };
        let Some(Line::Started(started)) = first else {
            return Err(RunError::Refused(refusal(first, &mut child)));
        };
        let latest = Progress::default();
        let now = Mutex::new(Now { plan: plan.clone(), latest, report: None });
        let shared = Arc::new(Shared { child: Mutex::new(child), now });
        let follower = Follower {
            shared: Arc::clone(&shared),
            started: started.clone(),
            runtime_dir: launch.runtime_dir.clone(),
            samples: Samples::default(),
        };
        let follower = std::thread::Builder::new()
            .name("stress-run".to_owned())
            .spawn(move || follower.follow(lines, follow))
            .map_err(failed)?;
        Ok(Run { started, orders: Some(orders), shared, follower: Some(follower) })
    }

    /// Who carries it out.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// What it does now.
    pub fn plan(&self) -> Plan {
        self.shared.now().plan.clone()
    }

    /// How it stood last.
    pub fn latest(&self) -> Progress {
        self.shared.now().latest.clone()
    }

    /// The report, once it is over.
    pub fn report(&self) -> Option<Report> {
        self.shared.now().report.clone()
    }

    /// From now on another plan, from its beginning. Memory of the same kind is kept as far as the new plan wants it.
    ///
    /// # Errors
    /// Where the run is over, or the plan wants another cgroup.
    pub fn change(&mut self, plan: Plan) -> Result<(), RunError> {
        if plan.cgroup_limit_bytes != self.plan().cgroup_limit_bytes {
            return Err(RunError::CgroupChange);
        }
        self.tell(&Order::Change(Box::new(plan.clone())))?;
        self.shared.now().plan = plan;
        Ok(())
    }

    /// Asks for the end; the report follows when everything was given back. A run that is over stays over.
    pub fn stop(&mut self) {
        // Whoever is gone has stopped.
        let _ = self.tell(&Order::Stop);
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Report {
        self.join();
        let report = self.shared.now().report.take();
        // The follower writes it before it ends, unless it panicked in the caller's own code.
        report.unwrap_or_else(|| {
            let reason = Reason::Failed("the run's follower is gone".to_owned());
            Report::new(
                self.plan(),
                self.started.clone(),
                ending(reason, self.latest()),
                Vec::new(),
            )
        })
    }

    fn tell(&mut self, order: &Order) -> Result<(), RunError> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe);
        orders
            .map_err(io::Error::from)
            .and_then(|pipe| pipe.write_all(&line(order)))
            .map_err(RunError::Gone)
    }

    fn join(&mut self) {
        if let Some(follower) = self.follower.take() {
            // A panic there was the caller's, and was told where it happened.
            let _ = follower.join();
        }
    }
}

/// How long a worker has to end after its pipe did, before it is killed.
const PATIENCE: Duration = Duration::from_secs(3);

impl Drop for Run {
    fn drop(&mut self) {
        self.orders = None;
        let tick = Duration::from_millis(10);
        let is_over = |run: &Run| run.follower.as_ref().is_none_or(JoinHandle::is_finished);
        for _ in 0..PATIENCE.as_millis() / tick.as_millis() {
            if is_over(self) {
                break;
            }
            std::thread::sleep(tick);
        }
        if !is_over(self) {
            // It may have ended this very moment.
            let _ = self.shared.child().kill();
        }
        self.join();
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(launch: &Launch) -> io::Result<Child> {
    Command::new(&launch.program)
        .arg0("ramscope")
        .args(&launch.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// Why a worker did not say that it started.
fn refusal(first: Option<Line>, child: &mut Child) -> Reason {
    let status = child.wait();
    match (first, status) {
        (Some(Line::Ended(ending)), _) => ending.reason,
        (_, Ok(status)) if status.signal().is_some() => killed(status, None),
        (_, status) => {
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            Reason::Failed(format!(
                "the worker ended before it began ({status}): is it of the same version?"
            ))
        }
    }
}

/// The lines of a worker; over at the end of its output, and at a line that it would not write.
struct Lines(BufReader<ChildStdout>);

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.0).take(LINE_MAX_BYTES as u64);
        bounded.read_until(b'\n', &mut line).ok()?;
        serde_json::from_slice(&line).ok()
    }
}

/// What happens on the thread that follows a worker.
struct Follower {
    shared: Arc<Shared>,
    started: Started,
    runtime_dir: PathBuf,
    samples: Samples,
}

impl Follower {
    fn follow(mut self, lines: Lines, mut follow: impl FnMut(Event<'_>)) {
        let mut ended = None;
        for line in lines {
            match line {
                Line::Progress(progress) => {
                    self.samples.push(progress.clone());
                    follow(Event::Progress(&progress));
                    self.shared.now().latest = progress;
                }
                Line::Ended(ending) => ended = Some(*ending),
                Line::Started(_) => {}
            }
        }
        let ending = ended.unwrap_or_else(|| self.find_out());
        // Collected, so that no dead process stays behind; how it ended is known.
        let _ = self.shared.child().wait();
        self.clear_up();
        let plan = self.shared.now().plan.clone();
        let report = Report::new(plan, self.started, ending, self.samples.kept);
        let finished = Finished::of(&report, wall_ms());
        // Where nobody can be told, the caller still has the report.
        let _ = announce::tell_end(&self.runtime_dir, &finished);
        follow(Event::Ended(&report));
        self.shared.now().report = Some(report);
    }

    /// Why a worker ended without a word.
    fn find_out(&self) -> Ending {
        let status = self.shared.child().wait();
        let reason = match status {
            Ok(status) if status.signal().is_some() => {
                killed(status, self.started.cgroup.as_deref())
            }
            Ok(status) => Reason::Failed(format!("the worker ended without a word ({status})")),
            Err(error) => Reason::Failed(format!("cannot learn how the worker ended: {error}")),
        };
        ending(reason, self.shared.now().latest.clone())
    }

    /// Removes what a worker that was killed could not.
    fn clear_up(&self) {
        announce::forget(&self.runtime_dir, self.started.pid);
        if let Some(folder) = &self.started.cgroup {
            cgroup::remove(folder);
        }
    }
}

/// The end of a worker that could not tell of it: all it held is back when it is gone.
fn ending(reason: Reason, last: Progress) -> Ending {
    let returned_bytes = last.held_bytes;
    Ending { reason, returned_bytes, returned_ms: 0, last, mismatches: Vec::new(), lines_lost: 0 }
}

fn killed(status: ExitStatus, cgroup: Option<&Path>) -> Reason {
    let in_its_cgroup = cgroup.is_some_and(|folder| cgroup::oom_kills(folder) > 0);
    Reason::Killed { signal: status.signal().unwrap_or(0), in_its_cgroup }
}

/// The most samples that a report has.
const SAMPLES_MAX: usize = 1200;

/// Samples of a run, evenly thinned when they become too many.
#[derive(Debug)]
struct Samples {
    kept: Vec<Progress>,
    /// Every how manyth is kept.
    every: u64,
    seen: u64,
}

impl Default for Samples {
    fn default() -> Samples {
        Samples { kept: Vec::new(), every: 1, seen: 0 }
    }
}

impl Samples {
    fn push(&mut self, progress: Progress) {
        if self.seen.is_multiple_of(self.every) {
            self.kept.push(progress);
        }
        self.seen += 1;
        if self.kept.len() > SAMPLES_MAX {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every *= 2;
        }
    }
}

/// The right to be the one run of a runtime directory, until it is dropped: even if its holder is killed.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of `runtime_dir`.
    ///
    /// # Errors
    /// [`RunError::Busy`] where somebody has it.
    pub fn take(runtime_dir: &Path) -> Result<RunLock, RunError> {
        let path = runtime_dir.join("stress.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = match file {
            Ok(file) => file,
            Err(cause) => return Err(RunError::Lock { path, cause }),
        };
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(RunError::Busy { path }),
            Err(std::fs::TryLockError::Error(cause)) => Err(RunError::Lock { path, cause }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_run_at_most_and_then_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let lock = RunLock::take(directory.path()).unwrap();
        let error = RunLock::take(directory.path()).unwrap_err();
        assert!(matches!(error, RunError::Busy { .. }), "{error}");
        drop(lock);
        assert!(RunLock::take(directory.path()).is_ok());
        let nowhere = directory.path().join("absent");
        assert!(matches!(RunLock::take(&nowhere), Err(RunError::Lock { .. })));
    }

    #[test]
    fn a_long_run_is_thinned_evenly() {
        let mut samples = Samples::default();
        for elapsed_ms in 0..10_000 {
            samples.push(Progress { elapsed_ms, ..Progress::default() });
        }
        assert!((SAMPLES_MAX / 2..=SAMPLES_MAX).contains(&samples.kept.len()));
        let steps = samples.kept.windows(2).map(|pair| pair[1].elapsed_ms - pair[0].elapsed_ms);
        assert!(steps.min() == Some(samples.every), "{}", samples.every);
    }

    #[test]
    fn a_program_that_is_no_worker_is_an_error_that_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let plan = crate::plan::tests::plan(|_| ());
        let start = |program: &str| {
            let launch = Launch::new(program.into(), directory.path().to_owned());
            Run::start(&launch, &plan, |_| ()).unwrap_err().to_string()
        };
        assert!(start("/nowhere/ramscope").starts_with("cannot start /nowhere/ramscope: "));
        assert!(start("/bin/true").contains("ended before it began"));
    }
}
