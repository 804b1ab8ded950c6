//! Looks at the machine at its own pace: one thread samples and publishes, another writes.
//!
//! ```text
//!   clock ─▶ observer ─▶ publish (the latest tick, at once)
//!               │
//!               └─ bounded queue ─▶ writer ─▶ recorder ─▶ disk
//! ```
//!
//! A disk that stalls fills the queue and delays no sample; what no longer fits is counted as lost, shown in every
//! tick's [`RecorderStatus`], and written down as a gap once writing goes on. Everything that decides stands in
//! `observer`, `writer` and `books`, which are given the time and never wait; this file has the threads.

mod books;
mod clockwatch;
mod companion;
mod observer;
mod queue;
mod writer;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use books::RecorderStatus;

use crate::cgroups::CgroupTable;
use crate::clock::Clock;
use crate::history::{Event, Recorder};
use crate::pace::Interval;
use crate::processes::ProcessTable;
use crate::rates::Rates;
use crate::snapshot::Snapshot;
use crate::source::Source;
use books::Books;
use companion::Companion;
use observer::{Observer, Probe};
use queue::{Job, Queue};
use writer::{Journal, Writer};

/// What a run of the sampler is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The time between two samples.
    pub interval: Interval,
    /// Whether processes are looked at too, once a second at the most.
    pub processes: bool,
}

/// One sample, as everyone gets it.
#[derive(Clone, Debug, Default)]
pub struct Tick {
    /// When this run of the sampler began, UTC milliseconds: tells the runs apart.
    pub epoch: u64,
    /// Number of the tick in this run, from 1, without holes.
    pub sequence: u64,
    /// What the kernel said.
    pub snapshot: Snapshot,
    /// Changes a second since the tick before; `None` at the first tick.
    pub rates: Option<Rates>,
    /// How the recorder stood when the tick was taken.
    pub recorder: RecorderStatus,
    /// All processes, as they were at this tick or lately; `None` where nobody looks at them.
    pub processes: Option<Arc<ProcessTable>>,
}

/// What is recorded with a tick and was seen beside it.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What happened and the kernel does not know of.
    pub events: Vec<Event>,
    /// The newest control groups; `None` where nobody looks at them.
    pub cgroups: Option<Arc<CgroupTable>>,
}

impl From<Vec<Event>> for Told {
    fn from(events: Vec<Event>) -> Told {
        Told { events, cgroups: None }
    }
}

/// Who gets each tick; see [`Sampler::start`].
pub type Publish = Box<dyn FnMut(Arc<Tick>) -> Told + Send>;

/// A running sampler; it stops when told to, or when dropped.
#[derive(Debug)]
pub struct Sampler {
    stop: Sender<()>,
    threads: Vec<JoinHandle<()>>,
    books: Arc<Books>,
}

impl Sampler {
    /// Starts sampling. The first tick is taken at once.
    ///
    /// `publish` is called with each tick on the sampling thread and must not wait: keep the tick, wake whoever
    /// cares, return. What it returns is recorded with the tick. A tick that everyone has let go of is filled again, so holding many costs memory.
    /// Without a `recorder`, ticks are only published.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        settings: Settings,
        source: Source,
        recorder: Option<Recorder>,
        publish: Publish,
    ) -> io::Result<Sampler> {
        let clock = Clock::system();
        let writers_clock = clock.clone();
        let start = clock.now();
        let books = Arc::new(Books::new(settings.interval, start.wall, recorder.is_some()));
        let mut threads = Vec::new();
        let mut sender = None;
        if let Some(recorder) = recorder {
            let (jobs, inbox) = mpsc::sync_channel(Queue::capacity(settings.interval));
            let writer = Writer::new(recorder, settings.interval, start.wall, Arc::clone(&books));
            threads.push(spawn("recorder", move || write_all(writer, &inbox, &writers_clock))?);
            sender = Some(jobs);
        }
        let companion = match settings.processes {
            true => Some(Companion::start(source.processes(), settings.interval.duration())?),
            false => None,
        };
        let mut observer = Observer::new(source, settings.interval, start, Arc::clone(&books));
        observer.accompany(companion);
        let queue = sender.map(|jobs: SyncSender<Job>| Queue::new(jobs, Arc::clone(&books)));
        let (stop, stopped) = mpsc::channel();
        // Joined before the recorder, whose inbox ends with it.
        threads.insert(
            0,
            spawn("sampler", move || {
                sample_all(observer, queue, publish, &clock, &stopped);
            })?,
        );
        Ok(Sampler { stop, threads, books })
    }

    /// Stops at once, whatever the interval; returns when every queued sample is written and the history is closed.
    /// The status says how the run ended.
    pub fn stop(mut self) -> RecorderStatus {
        self.finish();
        self.books.status()
    }

    fn finish(&mut self) {
        // The thread may have ended already: then nobody listens, and that is as well.
        let _ = self.stop.send(());
        for thread in self.threads.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!("the {name} thread panicked; its message is above");
            }
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.finish();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// The sampling thread.
fn sample_all(
    mut observer: Observer<impl Probe>,
    mut queue: Option<Queue>,
    mut publish: Publish,
    clock: &Clock,
    stopped: &Receiver<()>,
) {
    loop {
        let now = clock.now();
        let wait = observer.deadline().saturating_sub(now.monotonic);
        match (stopped.recv_timeout(wait), wait) {
            (Err(RecvTimeoutError::Timeout), Duration::ZERO) => {}
            // The time has come only now: read the clock again.
            (Err(RecvTimeoutError::Timeout), _) => continue,
            (Ok(()) | Err(RecvTimeoutError::Disconnected), _) => return,
        }
        let Some((tick, mut events)) = observer.tick(now) else { continue };
        let told = publish(Arc::clone(&tick));
        events.extend(told.events);
        if let Some(queue) = &mut queue {
            queue.offer(tick, Told { events, ..told });
        }
    }
}

/// The writing thread: until the sampling thread has ended and the queue is empty.
fn write_all(mut writer: Writer<impl Journal>, inbox: &Receiver<Job>, clock: &Clock) {
    for job in inbox {
        writer.write(job);
    }
    writer.finish(clock.now().wall);
}
