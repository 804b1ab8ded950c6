//! The runs that are announced, whoever started them: looked at with each tick, and kept for a while when they are over.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ramscope_observe::TimeMs;
use ramscope_observe::history::Event;
use ramscope_stress::announce::{self, Announcement, Finished};

use super::document::{FinishedDocument, RunDocument, Sample};

/// Most looks at one run that are kept; when there are more, every other one is let go.
const SAMPLES_MAX: usize = 1200;

/// Most runs that are over and still told of.
const FINISHED_MAX: usize = 20;

/// Looks after which a run that vanished without a word is told of: its starter may be about to say more.
const PATIENCE: u8 = 3;

/// The living runs by the worker's process id, as every reader of a tick shares them.
pub(crate) type Runs = Arc<BTreeMap<u32, RunDocument>>;

/// What is known of runs.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// Where runs are announced; nobody looks where there is none.
    directory: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the first look was: what ended before it was told of by others.
    since_ms: Option<TimeMs>,
    followed: Vec<Followed>,
    vanished: Vec<(Followed, u8)>,
    finished: VecDeque<FinishedDocument>,
    untold: Vec<Event>,
}

/// A run, and how it stood at each look.
#[derive(Debug)]
struct Followed {
    said: Announcement,
    samples: Vec<Sample>,
}

impl Board {
    /// A board of the runs that are announced in `directory`.
    pub(crate) fn of(directory: PathBuf) -> Board {
        Board { directory: Some(directory), state: Mutex::default() }
    }

    /// The runs that live now.
    pub(crate) fn look(&self, now_ms: TimeMs) -> Runs {
        let Some(directory) = &self.directory else { return Runs::default() };
        let mut state = self.state();
        state.follow(announce::list(directory));
        state.end(directory, now_ms);
        let runs = state.followed.iter();
        Arc::new(runs.map(|run| (run.said.pid, RunDocument::of(&run.said))).collect())
    }

    /// What ended and was not told of yet.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.state().untold)
    }

    /// The samples of the runs that live, by their worker.
    pub(crate) fn samples(&self) -> BTreeMap<u32, Vec<Sample>> {
        let state = self.state();
        state.followed.iter().map(|run| (run.said.pid, run.samples.clone())).collect()
    }

    /// The runs that ended lately, the latest first.
    pub(crate) fn finished(&self) -> Vec<FinishedDocument> {
        self.state().finished.iter().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes how the living runs stand; those that are not among them any more have vanished.
    fn follow(&mut self, living: Vec<Announcement>) {
        let mut before = std::mem::take(&mut self.followed);
        for said in living {
            let known = before.iter().position(|run| run.said.pid == said.pid);
            let mut samples = match known.map(|place| before.swap_remove(place)) {
                Some(run) if run.said.began_ms == said.began_ms => run.samples,
                _ => Vec::new(),
            };
            let sample = said.progress.sample();
            if samples.last().is_none_or(|last| last.0 < sample.0) {
                samples.push(sample);
            }
            if samples.len() > SAMPLES_MAX {
                let mut place = 0;
                samples.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
            }
            self.followed.push(Followed { said, samples });
        }
        self.vanished.extend(before.into_iter().map(|run| (run, 0)));
    }

    /// Keeps the runs that are over and were not known to be.
    fn end(&mut self, directory: &Path, now_ms: TimeMs) {
        let since_ms = *self.since_ms.get_or_insert(now_ms);
        let told = |state: &State, ended: &Finished| {
            let same = |known: &FinishedDocument| known.is(ended.pid, ended.ended_ms);
            ended.ended_ms < since_ms || state.finished.iter().any(same)
        };
        for ended in announce::finished(directory, now_ms) {
            if told(self, &ended) {
                continue;
            }
            let place = self.vanished.iter().position(|(run, _)| run.said.pid == ended.pid);
            let run = place.map(|place| self.vanished.swap_remove(place).0);
            self.keep(&ended, run);
        }
        for (_, looks) in &mut self.vanished {
            *looks += 1;
        }
        let silent: Vec<(Followed, u8)> =
            self.vanished.extract_if(.., |(_, looks)| *looks > PATIENCE).collect();
        for (run, _) in silent {
            self.keep(&word_for(&run, now_ms), Some(run));
        }
    }

    fn keep(&mut self, ended: &Finished, run: Option<Followed>) {
        self.untold.push(Event {
            time_ms: ended.ended_ms,
            kind: "stress.run".to_owned(),
            subject: format!("pid {}", ended.pid),
            detail: ended.to_string(),
            facts: None,
        });
        let baseline = run.map(|run| run.said.baseline);
        self.finished.push_front(FinishedDocument::of(ended, baseline));
        self.finished.truncate(FINISHED_MAX);
    }
}

/// What is said of a run whose starter died with it.
fn word_for(run: &Followed, now_ms: TimeMs) -> Finished {
    let Announcement { schema_version, pid, began_ms, plan, progress, .. } = &run.said;
    Finished {
        schema_version: *schema_version,
        pid: *pid,
        began_ms: *began_ms,
        ended_ms: now_ms,
        plan: plan.clone(),
        returned_bytes: progress.held_bytes,
        returned_ms: 0,
        peak_bytes: run.samples.iter().map(|sample| sample.2).max().unwrap_or(0),
        reason: "the process that started it died with it".to_owned(),
        samples: run.samples.clone(),
    }
}
