//! Who starts, changes and stops the one run of this server. Everything here may wait for a worker: it is asked through
//! [`Turns`](crate::turns::Turns).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ramscope_stress::announce::{self, Announcement};
use ramscope_stress::source::Source;
use ramscope_stress::{
    Bytes, Event, Launch, Limits, Plan, Refusal, Request, Run, RunError, RunLock,
};

use crate::problem::Problem;

/// How long a run that was told to stop may take to give everything back, before the answer says so.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a run may take to announce itself, before the answer goes without it.
const STARTING: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The desk at which runs are ordered.
#[derive(Debug)]
pub(crate) struct Desk {
    launch: Launch,
    own: Mutex<Option<Own>>,
}

/// The run of this server, and the right to be the only one, which ends with it.
#[derive(Debug)]
struct Own {
    run: Run,
    lock: Arc<Mutex<Option<RunLock>>>,
}

impl Own {
    fn is_over(&self) -> bool {
        self.run.report().is_some()
    }
}

impl Desk {
    /// A desk whose runs are started so.
    pub(crate) fn new(launch: Launch) -> Desk {
        Desk { launch, own: Mutex::new(None) }
    }

    /// What may be taken now. `changing` is the worker that is to get another plan.
    ///
    /// # Errors
    /// 503 where the kernel's files cannot be read.
    pub(crate) fn limits(&self, changing: Option<u32>) -> Result<Limits, Problem> {
        let limits = Source::open(&self.launch.root).limits();
        let mut limits = limits.map_err(|error| Problem::unavailable(error.to_string()))?;
        limits.promised_bytes = announce::promised_bytes(&self.launch.runtime_dir, changing);
        Ok(limits)
    }

    /// The plan that a request would be, under the limits that it was decided by.
    ///
    /// # Errors
    /// 422 with the reason and the numbers.
    pub(crate) fn plan(&self, request: &Request) -> Result<(Plan, Limits), Problem> {
        let limits = self.limits(None)?;
        let plan = Plan::decide(request, &limits).map_err(|refusal| refused(&refusal))?;
        Ok((plan, limits))
    }

    /// Starts a run.
    ///
    /// # Errors
    /// 409 where one goes on, whoever started it; 422 for a plan that cannot be.
    pub(crate) fn start(&self, request: &Request) -> Result<(), Problem> {
        let mut own = self.own();
        if let Some(run) = self.living().first() {
            return Err(busy(run));
        }
        let (plan, _) = self.plan(request)?;
        let lock = RunLock::take(&self.launch.runtime_dir).map_err(|error| failed(&error))?;
        let lock = Arc::new(Mutex::new(Some(lock)));
        let ends = Arc::clone(&lock);
        let follow = move |event: Event<'_>| {
            if let Event::Ended(_) = event {
                ends.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        };
        let run = Run::start(&self.launch, &plan, follow).map_err(|error| failed(&error))?;
        // The answer shows the run as it announces itself; one that is over by then is shown as that.
        let pid = run.started().pid;
        self.wait_until(STARTING, |living| {
            run.report().is_some() || living.iter().any(|other| other.pid == pid)
        });
        *own = Some(Own { run, lock });
        Ok(())
    }

    /// Gives the run of this server another plan, from its beginning.
    ///
    /// # Errors
    /// 404 where this server runs none, 409 where the plan wants another cgroup, 422 for a plan that cannot be.
    pub(crate) fn change(&self, request: &Request) -> Result<(), Problem> {
        let mut own = self.own();
        let Some(own) = own.as_mut().filter(|own| !own.is_over()) else {
            return Err(Problem::no_run("this server runs no load that could change: start one"));
        };
        let limits = self.limits(Some(own.run.started().pid))?;
        let limits = limits.with_returned(own.run.latest().reached_bytes);
        let plan = Plan::decide(request, &limits).map_err(|refusal| refused(&refusal))?;
        own.run.change(plan).map_err(|error| failed(&error))
    }

    /// Ends every run of this user, whoever started it, and waits until everything was given back.
    ///
    /// # Errors
    /// 404 where there is none, 503 where one does not end.
    pub(crate) fn stop(&self) -> Result<(), Problem> {
        let mut own = self.own();
        let living = self.living();
        if living.is_empty() && own.as_ref().is_none_or(Own::is_over) {
            return Err(Problem::no_run("no load on memory runs: there is nothing to stop"));
        }
        if let Some(mut own) = own.take() {
            own.run.stop();
            own.run.wait();
            drop(own.lock);
        }
        for run in &living {
            announce::stop(run).map_err(|error| {
                Problem::fault(format!("cannot stop the run of pid {}: {error}", run.pid))
            })?;
        }
        if self.wait_until(PATIENCE, <[Announcement]>::is_empty) {
            return Ok(());
        }
        Err(Problem::unavailable(format!(
            "the run was told to stop and still gives back after {} s: look again in a second",
            PATIENCE.as_secs()
        )))
    }

    /// Waits until it is so of the living runs; says whether it came to that.
    fn wait_until(&self, patience: Duration, is_so: impl Fn(&[Announcement]) -> bool) -> bool {
        for _ in 0..patience.as_millis() / LOOK_EVERY.as_millis() {
            if is_so(&self.living()) {
                return true;
            }
            thread::sleep(LOOK_EVERY);
        }
        false
    }

    fn living(&self) -> Vec<Announcement> {
        announce::list(&self.launch.runtime_dir)
    }

    fn own(&self) -> MutexGuard<'_, Option<Own>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn busy(run: &Announcement) -> Problem {
    Problem::conflict(format!(
        "a load runs already (pid {}, {} of {}): change it or stop it first",
        run.pid,
        run.plan.pattern,
        Bytes(run.plan.size_bytes)
    ))
}

/// What became of an order that no worker took.
fn failed(error: &RunError) -> Problem {
    match error {
        RunError::Busy { .. } | RunError::CgroupChange => Problem::conflict(error.to_string()),
        RunError::Refused(_) | RunError::Gone(_) => Problem::unavailable(error.to_string()),
        RunError::Launch { .. } | RunError::Lock { .. } => Problem::fault(error.to_string()),
    }
}

/// Why a request is no plan. The engine names options as the command line does; here they are members.
fn refused(refusal: &Refusal) -> Problem {
    Problem::member(as_members(&refusal.to_string()))
}

/// `--cgroup-limit` as `` `cgroup_limit` ``.
fn as_members(text: &str) -> String {
    let mut parts = text.split("--");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-');
        let (option, rest) = part.split_at(end.unwrap_or(part.len()));
        let member = match option {
            "for" => "for_ms".to_owned(),
            option => option.replace('-', "_"),
        };
        told.push_str(&format!("`{member}`{rest}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_named_as_members() {
        let text = "--size `2Gib` is unknown: raise --rate or --for, or say --i-know";
        let told = "`size` `2Gib` is unknown: raise `rate` or `for_ms`, or say `i_know`";
        assert_eq!(as_members(text), told);
        assert_eq!(as_members("nothing named"), "nothing named");
        assert_eq!(as_members("--cgroup-limit"), "`cgroup_limit`");
    }
}
