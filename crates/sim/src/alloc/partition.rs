//! Fixed partitions: processes that wait for a part of memory whose bounds never move.
//!
//! Source: Tanenbaum, Modern Operating Systems, 2nd edition, section 4.1.2, Multiprogramming with Fixed Partitions;
//! Stallings, Operating Systems, section 7.2. With a queue for each partition a process waits for the smallest one that
//! holds it, even while larger ones are free. With one queue a partition that becomes free goes to the first process of
//! the queue that fits, or to the largest that fits.

use serde::Serialize;

use super::error::Error;
use super::requests::{Op, RequestId, Requests};
use super::{MAX_ADDRESS, MAX_ENTRIES, MAX_HOLES};
use crate::prose::{listed, many};

/// Who waits where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Queues {
    /// All processes in one queue.
    One,
    /// Each partition has its own.
    Several,
}

/// Which free partition a process takes from one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The first that holds it.
    First,
    /// The smallest that holds it.
    Best,
}

/// Which process of one queue a partition takes that becomes free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The first that fits.
    First,
    /// The largest that fits, so that little is lost.
    Largest,
}

/// Partitions, and how processes come to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scheme {
    /// Bytes of each partition, by address. Equal ones have equal sizes.
    pub sizes: Vec<u64>,
    /// Who waits where.
    pub queues: Queues,
    /// Which free partition a process takes; with [`Queues::Several`] it is always its own.
    pub choice: Choice,
    /// Which process a free partition takes; with [`Queues::Several`] always the first.
    pub pick: Pick,
}

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// Its bytes.
    pub size: u64,
    /// The process in it.
    pub process: Option<u64>,
    /// Bytes that the process does not use: internal fragmentation.
    pub lost_bytes: u64,
}

/// What one operation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionStep {
    /// Its number, from 1, as its sentence counts.
    pub index: usize,
    /// `arrive`, `end`, or `compact`, which partitions do not know.
    pub op: &'static str,
    /// The process.
    pub process: Option<u64>,
    /// Its bytes.
    pub size: Option<u64>,
    /// Processes that came into a partition: the process, and the partition from 0.
    pub started: Vec<(u64, usize)>,
    /// Whether the process is too large for every partition.
    pub refused: bool,
    /// The partitions afterwards.
    pub partitions: Vec<Partition>,
    /// Who waits, the first first: one queue, or one for each partition.
    pub queues: Vec<Vec<u64>>,
    /// Bytes lost in all partitions together.
    pub internal_fragmentation_bytes: u64,
    /// What was looked at and why it came out so.
    pub explain: String,
}

/// Lets processes arrive (allocations) and end (frees) over fixed partitions.
///
/// # Errors
/// [`Error::Size`] for a partition of 0 bytes, and for partitions that are too large or too many;
/// [`Error::TooManySteps`] when the steps would not fit memory.
pub fn partition(scheme: &Scheme, requests: &Requests) -> Result<Vec<PartitionStep>, Error> {
    let mut end: u64 = 0;
    for (index, &size) in scheme.sizes.iter().enumerate() {
        end = end.saturating_add(size);
        if size == 0 || end > MAX_ADDRESS || index >= MAX_HOLES {
            return Err(Error::Size { what: "partition", number: index + 1, size });
        }
    }
    let (ops, each) = (requests.len(), scheme.sizes.len() + requests.most_live());
    if ops.saturating_mul(each) > MAX_ENTRIES {
        return Err(Error::TooManySteps { ops, kept: MAX_ENTRIES / each });
    }
    let queues = if scheme.queues == Queues::One { 1 } else { scheme.sizes.len() };
    let mut state = State {
        scheme,
        requests,
        holds: vec![None; scheme.sizes.len()],
        queues: vec![Vec::new(); queues],
    };
    Ok(requests.iter().enumerate().map(|(at, op)| state.step(at + 1, op)).collect())
}

#[derive(Debug)]
struct State<'a> {
    scheme: &'a Scheme,
    requests: &'a Requests,
    /// The process in each partition.
    holds: Vec<Option<RequestId>>,
    queues: Vec<Vec<RequestId>>,
}

impl State<'_> {
    fn step(&mut self, index: usize, op: Op) -> PartitionStep {
        let (mut started, mut refused) = (Vec::new(), false);
        let (word, id, told) = match op {
            Op::Alloc { id, .. } => {
                let told = self.arrive(id, &mut started);
                refused = !self.scheme.sizes.iter().any(|&size| size >= self.requests.size(id));
                ("arrive", Some(id), told)
            }
            Op::Free { id } => ("end", Some(id), self.end(id, &mut started)),
            Op::Compact => ("compact", None, "fixed partitions do not move".to_owned()),
        };
        let partitions: Vec<Partition> =
            (0..self.holds.len()).map(|at| self.partition(at)).collect();
        let names =
            |queue: &Vec<RequestId>| queue.iter().map(|&id| self.requests.name(id)).collect();
        PartitionStep {
            index,
            op: word,
            process: id.map(|id| self.requests.name(id)),
            size: id.map(|id| self.requests.size(id)),
            started,
            refused,
            internal_fragmentation_bytes: partitions.iter().map(|part| part.lost_bytes).sum(),
            partitions,
            queues: self.queues.iter().map(names).collect(),
            explain: format!("Operation {index}: {told}."),
        }
    }

    /// A process comes, and starts where it can.
    fn arrive(&mut self, id: RequestId, started: &mut Vec<(u64, usize)>) -> String {
        let (name, size) = (self.requests.name(id), self.requests.size(id));
        let comes = format!("process {name} of {} arrives", many(size, "byte"));
        let fits: Vec<usize> =
            (0..self.holds.len()).filter(|&at| self.scheme.sizes[at] >= size).collect();
        let Some(&own) = fits.iter().min_by_key(|&&at| self.scheme.sizes[at]) else {
            return format!("{comes}. No partition holds it, so it is refused");
        };
        if self.scheme.queues == Queues::Several {
            return self.arrive_at(id, own, &comes, started);
        }
        let free: Vec<usize> = fits.into_iter().filter(|&at| self.holds[at].is_none()).collect();
        let chosen = match self.scheme.choice {
            Choice::First => free.first(),
            Choice::Best => free.iter().min_by_key(|&&at| self.scheme.sizes[at]),
        };
        let Some(&at) = chosen else {
            self.queues[0].push(id);
            let place = self.queues[0].len();
            return format!(
                "{comes}. No free partition holds it, so it waits, at place {place} of the queue"
            );
        };
        let list = listed(free.iter().map(|&at| self.shown(at)));
        let which = if self.scheme.choice == Choice::First { "first" } else { "smallest" };
        let lost = self.start(id, at, started);
        format!(
            "{comes}. Free and large enough: {list}. It takes the {which}, partition {at}; {lost}"
        )
    }

    /// A process comes to the queue of its own partition.
    fn arrive_at(
        &mut self,
        id: RequestId,
        own: usize,
        comes: &str,
        started: &mut Vec<(u64, usize)>,
    ) -> String {
        let shown = self.shown(own);
        let comes = format!("{comes}. The smallest partition that holds it is {shown}");
        match self.holds[own] {
            None => {
                let lost = self.start(id, own, started);
                format!("{comes}, which is free; {lost}")
            }
            Some(other) => {
                self.queues[own].push(id);
                let other = self.requests.name(other);
                format!("{comes}, which process {other} holds, so it waits in that one's queue")
            }
        }
    }

    /// A process ends, and its partition takes who waits.
    fn end(&mut self, id: RequestId, started: &mut Vec<(u64, usize)>) -> String {
        let name = self.requests.name(id);
        let Some(at) = self.holds.iter().position(|holder| *holder == Some(id)) else {
            let waited = self.queues.iter().map(Vec::len).sum::<usize>();
            self.queues.iter_mut().for_each(|queue| queue.retain(|&other| other != id));
            return if self.queues.iter().map(Vec::len).sum::<usize>() < waited {
                format!("process {name} ends while it waits, and leaves its queue")
            } else {
                format!("process {name} was refused, so nothing ends")
            };
        };
        self.holds[at] = None;
        let ends = format!("process {name} ends, and partition {} is free", self.shown(at));
        let queue = if self.scheme.queues == Queues::One { 0 } else { at };
        let Some(place) = self.picked(queue, at) else {
            return format!("{ends}. Nobody who fits waits for it");
        };
        let next = self.queues[queue].remove(place);
        let (name, size) = (self.requests.name(next), self.requests.size(next));
        let which = match (self.scheme.queues, self.scheme.pick) {
            (Queues::One, Pick::Largest) => "largest that fits",
            _ => "first that fits",
        };
        let lost = self.start(next, at, started);
        format!(
            "{ends}. The {which} of the queue is process {name} of {}; {lost}",
            many(size, "byte")
        )
    }

    /// The place in a queue of who comes into a partition that became free.
    fn picked(&self, queue: usize, at: usize) -> Option<usize> {
        let fits = |id: &RequestId| self.requests.size(*id) <= self.scheme.sizes[at];
        let mut waiting = self.queues[queue].iter().enumerate().filter(|(_, id)| fits(id));
        match (self.scheme.queues, self.scheme.pick) {
            (Queues::One, Pick::Largest) => {
                waiting.min_by_key(|(_, id)| u64::MAX - self.requests.size(**id))
            }
            _ => waiting.next(),
        }
        .map(|(place, _)| place)
    }

    /// Puts a process into a free partition; says what that loses.
    fn start(&mut self, id: RequestId, at: usize, started: &mut Vec<(u64, usize)>) -> String {
        self.holds[at] = Some(id);
        started.push((self.requests.name(id), at));
        let lost = self.scheme.sizes[at] - self.requests.size(id);
        format!("{} of it are lost", many(lost, "byte"))
    }

    fn partition(&self, at: usize) -> Partition {
        let size = self.scheme.sizes[at];
        let held = self.holds[at];
        Partition {
            size,
            process: held.map(|id| self.requests.name(id)),
            lost_bytes: held.map_or(0, |id| size - self.requests.size(id)),
        }
    }

    /// "2 of 100".
    fn shown(&self, at: usize) -> String {
        format!("{at} of {}", self.scheme.sizes[at])
    }
}
