//! The names of a recording's frames, told at its end, so that it is read the same on another machine and after a new build.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use ramscope_heap::live::Process;
use ramscope_heap::symbols::Symbols;
use ramscope_heap::{FrameId, Label, Unnamed};

/// How long names are looked for. What has none by then is looked up where the recording is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// Names that wait to be written down.
const WAITING: usize = 1024;

/// What is heard while names are looked for.
enum Word {
    /// What the functions at a frame of one of the processes are called.
    Found(usize, FrameId, Vec<Label>),
    /// The time is up.
    Enough,
}

/// Looks up what the frames of all processes are called, and has their recordings tell it.
///
/// A file with much to say about its lines may take longer to read than anybody waits: it is read on a thread of its own, which is
/// left behind then.
pub(super) fn tell(processes: &mut [Process]) {
    let unnamed: Vec<Unnamed> =
        processes.iter().map(|process| process.intake().session().unnamed()).collect();
    let (found, words) = sync_channel(WAITING);
    let enough = found.clone();
    let begun =
        thread::Builder::new().name("heap-names".into()).spawn(move || look_up(&unnamed, &found));
    let timed = thread::Builder::new().name("heap-names-end".into()).spawn(move || {
        thread::sleep(PATIENCE);
        // Nobody waits where all were found before.
        let _ = enough.send(Word::Enough);
    });
    if begun.is_err() || timed.is_err() {
        return;
    }
    for word in words {
        let Word::Found(at, frame, labels) = word else { return };
        let process = &mut processes[at];
        let end_us = process.intake().session().totals().end_us;
        process.intake_mut().label(end_us, frame, &labels);
    }
}

fn look_up(unnamed: &[Unnamed], found: &SyncSender<Word>) {
    let mut symbols = Symbols::new();
    for (at, unnamed) in unnamed.iter().enumerate() {
        unnamed.look_up(&mut symbols, |frame, labels| {
            found.send(Word::Found(at, frame, labels)).is_ok()
        });
    }
    let _ = found.send(Word::Enough);
}
