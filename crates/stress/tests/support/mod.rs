//! What the tests of whole runs share.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ramscope_stress::source::Source;
use ramscope_stress::{Event, Launch, Limits, Plan, Progress, Request, Run, RunError};

/// The worker's program.
pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_stress-worker");

/// How a worker is started here.
pub(crate) fn launch(place: &Path) -> Launch {
    Launch::new(WORKER.into(), place.to_owned())
}

/// What the running machine allows.
pub(crate) fn limits() -> Limits {
    Source::open(Path::new("/")).limits().unwrap()
}

/// The plan that a request comes to on a machine with enough of everything. What else strains the running machine,
/// such as the builds beside a test, does not end it; [`Machine`]'s runs do keep the marks.
pub(crate) fn plan(json: &str) -> Plan {
    let request: Request = serde_json::from_str(json).unwrap();
    let (total_bytes, available_bytes) = (16 << 30, 8 << 30);
    let limits = Limits { total_bytes, available_bytes, ..Limits::default() };
    // The reserve of a test is the least that a machine of any size can keep.
    let decided = Plan::decide(&request, &limits).unwrap();
    Plan { reserve_bytes: 64 << 20, keeps_marks: false, ..decided }
}

/// How a run stood last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks(Arc<Mutex<Option<Progress>>>);

impl Looks {
    /// The last one, if there was any.
    pub(crate) fn last(&self) -> Option<Progress> {
        self.0.lock().unwrap().clone()
    }

    fn follow(&self) -> impl FnMut(Event<'_>) + Send + 'static {
        let last = Arc::clone(&self.0);
        move |event| {
            if let Event::Progress(progress) = event {
                *last.lock().unwrap() = Some(progress.clone());
            }
        }
    }
}

/// A run on the running machine, and its looks.
pub(crate) fn followed(place: &Path, plan: &Plan) -> (Run, Looks) {
    let looks = Looks::default();
    (Run::start(&launch(place), plan, looks.follow()).unwrap(), looks)
}

/// A run in a cgroup of its own; where this machine does not allow that, a note that the test is skipped.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was skipped")]
pub(crate) fn in_a_cgroup(name: &str, place: &Path, plan: &Plan) -> Option<Run> {
    let why = match Run::start(&launch(place), plan, |_| ()) {
        Ok(run) => return Some(run),
        Err(RunError::Refused(reason)) => reason,
        Err(error) => panic!("{error}"),
    };
    eprintln!("skipped: {name}: {why}");
    if let Some(list) = std::env::var_os("RAMSCOPE_SKIPPED") {
        let mut list = std::fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "skipped: {name}: {why}").unwrap();
    }
    None
}

/// Waits for `condition`, and gives up with its name after half a minute. It leaves the processor between two looks: a
/// worker is nice, and on a machine of one processor it would hardly run beside somebody who never waits.
pub(crate) fn until(name: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came about: {name}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// Whether a process runs: one that is dead and not collected does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
}

/// A machine of 8 GiB whose files say what a test wants them to.
#[derive(Debug)]
pub(crate) struct Machine(tempfile::TempDir);

impl Machine {
    /// A machine with so much available, in MiB.
    pub(crate) fn new(available_mib: u64) -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(machine.0.path().join("proc/pressure")).unwrap();
        machine.set_available(available_mib);
        machine.set_stalled_us(0);
        machine
    }

    /// From now on so much is available, in MiB.
    pub(crate) fn set_available(&self, mib: u64) {
        self.write(
            "meminfo",
            &format!("MemTotal: {:>8} kB\nMemAvailable: {:>8} kB\n", 8 << 20, mib << 10),
        );
    }

    /// From now on tasks have waited for so long, in microseconds.
    pub(crate) fn set_stalled_us(&self, us: u64) {
        self.write(
            "pressure/memory",
            &format!("some avg10=0.00 avg60=0.00 avg300=0.00 total={us:<8}\n"),
        );
    }

    /// In one write of a constant length to the file that is there: a reader never sees half of it.
    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join("proc").join(name);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// A run on this machine, with the usual reserve, and its looks.
    pub(crate) fn followed(&self, place: &Path, json: &str) -> (Run, Looks) {
        let plan = Plan { reserve_bytes: 512 << 20, keeps_marks: true, ..plan(json) };
        let launch = Launch { root: self.0.path().to_owned(), ..launch(place) };
        let looks = Looks::default();
        (Run::start(&launch, &plan, looks.follow()).unwrap(), looks)
    }
}
