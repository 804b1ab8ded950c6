//! What each stack held at a few moments, so that growth between any two of them can be told later.
//!
//! ```text
//! a checkpoint: for each stack that asked for anything: the distance of its tally's number from the one before, live bytes,
//! bytes allocated so far, as varints; stacks that hold nothing and allocated nothing since the checkpoint before are told of
//! all the same, for each checkpoint can be let go
//! ```
//!
//! Bounded: when there are too many, or they hold too many bytes, every other one is let go, and the next ones come half as
//! often.

use std::collections::BTreeMap;

use crate::tally::{Tallies, Tally};
use crate::tree::NodeId;
use crate::varint::{Cursor, put};

/// Most checkpoints.
const CHECKPOINTS: usize = 33;

/// Most bytes that they hold.
const BYTES: usize = 24 << 20;

/// How long to the second checkpoint, in microseconds.
const FIRST_US: u64 = 250_000;

/// What the stacks held at one moment.
#[derive(Clone, Debug)]
struct Checkpoint {
    time_us: u64,
    packed: Vec<u8>,
}

/// What a stack held, and had allocated so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Bytes that lived.
    pub(crate) live_bytes: u64,
    /// Bytes of all its allocations before.
    pub(crate) bytes_allocated: u64,
}

/// The checkpoints of a session.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints {
    kept: Vec<Checkpoint>,
    every_us: u64,
    due_us: u64,
}

impl Checkpoints {
    /// None yet.
    pub(crate) fn new() -> Checkpoints {
        Checkpoints { kept: Vec::new(), every_us: FIRST_US, due_us: FIRST_US }
    }

    /// Whether a checkpoint should be taken before what happens at `time_us`.
    #[inline]
    pub(crate) fn is_due(&self, time_us: u64) -> bool {
        time_us >= self.due_us
    }

    /// When the checkpoints were taken, in microseconds.
    pub(crate) fn times_us(&self) -> impl Iterator<Item = u64> {
        self.kept.iter().map(|checkpoint| checkpoint.time_us)
    }

    /// Takes a checkpoint of what was held when `time_us` began.
    pub(crate) fn take(&mut self, time_us: u64, tallies: &Tallies) {
        let mut packed = Vec::new();
        let mut before = 0;
        for (number, (_, tally)) in (0_u64..).zip(tallies.iter()) {
            if tally.bytes_allocated == 0 && tally.live_bytes == 0 {
                continue;
            }
            put(&mut packed, number - before);
            put(&mut packed, tally.live_bytes);
            put(&mut packed, tally.bytes_allocated);
            before = number;
        }
        packed.shrink_to_fit();
        self.kept.push(Checkpoint { time_us, packed });
        let bytes = |kept: &[Checkpoint]| kept.iter().map(|one| one.packed.len()).sum::<usize>();
        while self.kept.len() > CHECKPOINTS || (self.kept.len() > 2 && bytes(&self.kept) > BYTES) {
            let mut keep = false;
            self.kept.retain(|_| {
                keep = !keep;
                keep
            });
            self.every_us *= 2;
        }
        self.due_us = (time_us / self.every_us + 1) * self.every_us;
    }

    /// The last checkpoint at or before `time_us`: when it was, and what each stack held. Before the first one nothing was.
    pub(crate) fn at(&self, time_us: u64, tallies: &Tallies) -> (u64, BTreeMap<NodeId, Held>) {
        let behind = self.kept.partition_point(|checkpoint| checkpoint.time_us <= time_us);
        let Some(found) = behind.checked_sub(1).map(|at| &self.kept[at]) else {
            return (0, BTreeMap::new());
        };
        let mut held = BTreeMap::new();
        let (mut cursor, mut tally) = (Cursor::new(&found.packed), 0);
        while let (Ok(distance), Ok(live_bytes), Ok(bytes_allocated)) =
            (cursor.small(), cursor.number(), cursor.number())
        {
            tally += distance;
            held.insert(tallies.node(tally), Held { live_bytes, bytes_allocated });
        }
        (found.time_us, held)
    }
}

impl From<&Tally> for Held {
    fn from(tally: &Tally) -> Self {
        Held { live_bytes: tally.live_bytes, bytes_allocated: tally.bytes_allocated }
    }
}
