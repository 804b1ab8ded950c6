//! The names of a recording's frames, told while its program runs and at its end, so that it is read the same on another machine,
//! after a new build, and when its recorder was killed.
//!
//! ```text
//!   frames without names ──▶ a thread with the symbols ──▶ names ──▶ recording
//!       a batch at a time       the program's own first      a bounded number each time the rings are read
//! ```

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use ramscope_heap::live::Process;
use ramscope_heap::symbols::Symbols;
use ramscope_heap::{FrameId, Label, Unnamed};
use ramscope_observe::clock::Clock;

/// How long names are looked for when the program has ended. What has none by then is looked up where the recording is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a program runs before its names are looked for: one that ends or is replaced before is named at its end, or never.
const EARLIEST_US: u64 = 400_000;

/// Most frames of a batch.
const BATCH: usize = 1024;

/// Names that wait to be written down.
const WAITING: usize = 1024;

/// Most names that are written down between two looks at the rings.
const AT_ONCE: usize = 256;

/// What the thread tells.
enum Word {
    /// What the functions at a frame of one of the programs are called.
    Found(Place, FrameId, Vec<Label>),
    /// The batch is done.
    Done,
}

/// A program: the process's number, and how many it had before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    process: usize,
    image: u32,
}

/// How far a process's frames were asked about.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    image: u32,
    next: usize,
}

/// Looks up what frames are called, and has recordings tell it.
///
/// A file with much to say about its lines may take longer to read than anybody waits: it is read on a thread of its own, which is
/// left behind then.
pub(super) struct Naming {
    /// Empty where there is no thread, and so no names.
    batches: Option<SyncSender<(Place, Unnamed)>>,
    words: Receiver<Word>,
    /// Whether a batch is out.
    is_out: bool,
    /// By the numbers of processes.
    asked: BTreeMap<usize, Asked>,
}

impl Naming {
    /// Begins a thread that waits for frames.
    pub(super) fn begin() -> Self {
        let (batches, frames) = sync_channel(1);
        let (found, words) = sync_channel(WAITING);
        let begun = thread::Builder::new()
            .name("heap-names".into())
            .spawn(move || look_up(&frames, &found))
            .is_ok();
        Self { batches: begun.then_some(batches), words, is_out: false, asked: BTreeMap::new() }
    }

    /// Has what was found since written down, and asks for more; waits for nothing.
    pub(super) fn go_on(&mut self, processes: &mut [Process]) {
        for _ in 0..AT_ONCE {
            let Ok(word) = self.words.try_recv() else { break };
            self.take(word, processes);
        }
        self.ask(processes, EARLIEST_US);
    }

    /// Has all names written down that are found in the time that there is.
    pub(super) fn finish(mut self, processes: &mut [Process]) {
        let clock = Clock::system();
        loop {
            self.ask(processes, 0);
            if !self.is_out {
                return;
            }
            let left = PATIENCE.saturating_sub(clock.monotonic());
            match self.words.recv_timeout(left) {
                Ok(word) => self.take(word, processes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, word: Word, processes: &mut [Process]) {
        let Word::Found(place, frame, labels) = word else {
            self.is_out = false;
            return;
        };
        let by_number = |process: &&mut Process| process.number() == place.process;
        let Some(process) = processes.iter_mut().find(by_number) else { return };
        let session = process.intake().session();
        // What was replaced meanwhile is told of no more.
        if session.image() == place.image {
            let end_us = session.totals().end_us;
            process.intake_mut().label(end_us, frame, &labels);
        }
    }

    /// Whether nothing is left to be found of a process that is over.
    pub(super) fn is_done(&self, process: &Process) -> bool {
        let session = process.intake().session();
        let asked = self.asked.get(&process.number());
        let asked = asked.filter(|asked| asked.image == session.image());
        let is_asked = asked.map_or(0, |asked| asked.next) >= session.tree().frames().len();
        self.batches.is_none() || (!self.is_out && is_asked)
    }

    /// A process that nobody asks about any more.
    pub(super) fn forget(&mut self, process: &Process) {
        self.asked.remove(&process.number());
    }

    /// Sends the next frames off, if none are out: those of the first process that has some, and is over or runs since `earliest_us`.
    fn ask(&mut self, processes: &[Process], earliest_us: u64) {
        let Some(batches) = self.batches.as_ref().filter(|_| !self.is_out) else { return };
        for process in processes {
            let session = process.intake().session();
            let image = session.image();
            let asked = self.asked.entry(process.number()).or_default();
            if image != asked.image {
                *asked = Asked { image, next: 0 };
            }
            let is_new = session.tree().frames().len() > asked.next;
            let is_due = process.is_over() || session.totals().end_us >= earliest_us;
            if !(is_new && is_due) {
                continue;
            }
            let unnamed = session.unnamed(asked.next, BATCH);
            asked.next = unnamed.next();
            if !unnamed.is_empty() {
                let place = Place { process: process.number(), image };
                self.is_out = batches.send((place, unnamed)).is_ok();
                return;
            }
        }
    }
}

fn look_up(batches: &Receiver<(Place, Unnamed)>, found: &SyncSender<Word>) {
    let mut symbols = Symbols::new();
    for (place, unnamed) in batches {
        unnamed.look_up(&mut symbols, |frame, labels| {
            found.send(Word::Found(place, frame, labels)).is_ok()
        });
        if found.send(Word::Done).is_err() {
            return;
        }
    }
}
