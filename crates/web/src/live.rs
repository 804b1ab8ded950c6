//! The latest sample, and what all who watch it share.
//!
//! The sampler publishes a tick; whoever asks first makes its JSON, everyone else gets the same bytes. With
//! nobody watching, a tick costs an allocation and no JSON at all. Only the latest frame is kept, so no reader,
//! however slow, makes anything grow.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use ramscope_observe::Verdict;
use ramscope_observe::sampler::{Tick, Told};
use ramscope_observe::watch::Watched;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::memory::{Beside, MemoryDocument};
use crate::patch::merge_patch;
use crate::problem::Problem;
use crate::stress::{Board, Runs};
use crate::wire::{json_bytes, json_tree};

/// Where the sampler hands over its ticks. Clones share one latest value.
#[derive(Clone)]
pub struct Live {
    latest: watch::Sender<Option<Arc<Frame>>>,
    board: Arc<Board>,
    watched: Watched,
}

impl Live {
    /// A place without a tick yet, which looks for no loads on memory.
    pub fn new() -> Live {
        Live {
            latest: watch::Sender::new(None),
            board: Arc::default(),
            watched: Watched::default(),
        }
    }

    /// A place without a tick yet, which tells with each of the loads on memory that are announced in `directory`.
    pub fn watching(directory: PathBuf) -> Live {
        Live { board: Arc::new(Board::of(directory)), ..Live::new() }
    }

    /// The same place, which tells of what is `watched` too.
    #[must_use]
    pub fn beside(self, watched: Watched) -> Live {
        Live { watched, ..self }
    }

    /// Makes `tick` the latest one and wakes whoever watches; gives back what is to be recorded with it.
    /// Waits for nothing but the runtime directory, from any thread.
    pub fn publish(&self, tick: Arc<Tick>) -> Told {
        let received = Instant::now();
        let runs = self.board.look(tick.snapshot.time_ms);
        let mut events = self.watched.offer(&tick);
        let beside = Beside::of(&self.watched, &tick);
        self.latest.send_modify(|latest| {
            let previous = latest.take().map(|frame| Arc::clone(&frame.document));
            *latest = Some(Arc::new(Frame::new(tick, runs, beside, previous, received)));
        });
        events.extend(self.board.events());
        Told { events, cgroups: self.watched.cgroups() }
    }

    /// What is known of loads on memory.
    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    /// What is watched beside the ticks.
    pub(crate) fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The latest frame.
    ///
    /// # Errors
    /// 503 before the first tick.
    pub(crate) fn frame(&self) -> Result<Arc<Frame>, Problem> {
        self.latest.borrow().clone().ok_or_else(Problem::no_sample)
    }

    /// An eye on the latest frame, which counts as unseen.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        let mut watch = self.latest.subscribe();
        watch.mark_changed();
        watch
    }
}

impl Default for Live {
    fn default() -> Live {
        Live::new()
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = self.latest.borrow().as_ref().map(|frame| frame.revision());
        f.debug_struct("Live").field("latest", &revision).finish()
    }
}

/// Which state of the document a client holds: `epoch-sequence`, so that it survives a restart of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// Differs from start to start.
    pub(crate) epoch: u64,
    /// Counts the ticks of one epoch.
    pub(crate) sequence: u64,
}

impl Revision {
    /// The revision that `tick`'s document has.
    pub(crate) fn of(tick: &Tick) -> Revision {
        Revision { epoch: tick.epoch, sequence: tick.sequence }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

/// A text that is no revision.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRevision;

impl FromStr for Revision {
    type Err = NoRevision;

    fn from_str(text: &str) -> Result<Revision, NoRevision> {
        let (epoch, sequence) = text.split_once('-').ok_or(NoRevision)?;
        Ok(Revision {
            epoch: epoch.parse().map_err(|_| NoRevision)?,
            sequence: sequence.parse().map_err(|_| NoRevision)?,
        })
    }
}

/// A tick, and its document once somebody asked for it as a tree.
#[derive(Debug)]
struct Document {
    tick: Arc<Tick>,
    runs: Runs,
    beside: Beside,
    tree: OnceLock<Value>,
}

impl Document {
    fn view(&self) -> MemoryDocument<'_> {
        MemoryDocument::of(&self.tick, &self.runs, &self.beside)
    }

    fn tree(&self) -> &Value {
        self.tree.get_or_init(|| json_tree(&self.view()))
    }
}

/// One tick as every client sees it: the whole document, and what changed since the tick before.
#[derive(Debug)]
pub(crate) struct Frame {
    document: Arc<Document>,
    previous: Option<Arc<Document>>,
    received: Instant,
    state: OnceLock<Event>,
    change: OnceLock<Option<Event>>,
}

impl Frame {
    fn new(
        tick: Arc<Tick>,
        runs: Runs,
        beside: Beside,
        previous: Option<Arc<Document>>,
        received: Instant,
    ) -> Frame {
        Frame {
            document: Arc::new(Document { tick, runs, beside, tree: OnceLock::new() }),
            previous,
            received,
            state: OnceLock::new(),
            change: OnceLock::new(),
        }
    }

    /// The tick itself.
    pub(crate) fn tick(&self) -> &Tick {
        &self.document.tick
    }

    /// Whether memory was short at this tick, for whoever is where ramscope is.
    pub(crate) fn verdict(&self) -> Verdict {
        self.document.beside.verdict(self.tick())
    }

    /// The revision of this frame's document.
    pub(crate) fn revision(&self) -> Revision {
        Revision::of(self.tick())
    }

    /// How long ago the sampler handed this tick over; no step of the wall clock changes it.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.received)
    }

    /// The document as JSON.
    pub(crate) fn json(&self) -> Bytes {
        self.state().data()
    }

    /// What a client that holds `held` must read to hold this frame's document; `None` if it does already.
    ///
    /// A client that holds the previous revision gets the change, any other the whole state.
    pub(crate) fn event_for(&self, held: Option<Revision>) -> Option<Bytes> {
        if held == Some(self.revision()) {
            return None;
        }
        let previous = self.previous.as_ref().map(|document| Revision::of(&document.tick));
        let change = if held.is_some() && held == previous { self.change() } else { None };
        Some(change.unwrap_or_else(|| self.state()).text.clone())
    }

    fn state(&self) -> &Event {
        self.state.get_or_init(|| {
            Event::new("state", self.revision(), &json_bytes(&self.document.view()))
        })
    }

    /// The change since the previous frame; `None` if there is no previous one, or if no merge patch can say it.
    fn change(&self) -> Option<&Event> {
        self.change.get_or_init(|| self.make_change()).as_ref()
    }

    fn make_change(&self) -> Option<Event> {
        let before = self.previous.as_ref()?.tree().as_object()?;
        let after = self.document.tree().as_object()?;
        let mut patch = merge_patch(before, after)?;
        for always in ["revision", "time_ms"] {
            patch.insert(always.to_owned(), after.get(always)?.clone());
        }
        Some(Event::new("change", self.revision(), &json_bytes(&patch)))
    }
}

/// One server-sent event, written out; `data` is where its JSON stands in `text`.
#[derive(Debug)]
struct Event {
    text: Bytes,
    data: Range<usize>,
}

impl Event {
    fn new(name: &str, id: Revision, json: &[u8]) -> Event {
        let mut text = format!("event: {name}\nid: {id}\ndata: ").into_bytes();
        let data = text.len()..text.len() + json.len();
        text.extend_from_slice(json);
        text.extend_from_slice(b"\n\n");
        Event { text: Bytes::from(text), data }
    }

    fn data(&self) -> Bytes {
        self.text.slice(self.data.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_read_as_it_is_written() {
        let revision = Revision { epoch: 17, sequence: 4 };
        assert_eq!(revision.to_string().parse(), Ok(revision));
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "a-b", "1-99999999999999999999"] {
            assert_eq!(bad.parse::<Revision>(), Err(NoRevision), "{bad:?}");
        }
    }

    #[test]
    fn an_event_holds_its_json_once() {
        let event = Event::new("state", Revision { epoch: 1, sequence: 2 }, b"{\"a\":1}");
        assert_eq!(&event.text[..], b"event: state\nid: 1-2\ndata: {\"a\":1}\n\n");
        assert_eq!(&event.data()[..], b"{\"a\":1}");
    }
}
