//! What one stack asked for and holds.

use crate::tree::NodeId;

/// The sums of one stack. Blocks are counted in the session's parts ([`crate::weight`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Bytes that live.
    pub(crate) live_bytes: u64,
    /// Blocks that live.
    pub(crate) live_blocks: u64,
    /// Allocations.
    pub(crate) allocations: u64,
    /// Bytes of all allocations.
    pub(crate) bytes_allocated: u64,
    /// Allocations that were temporary.
    pub(crate) temporary: u64,
    /// What lived at the peak of number `peak`, if that is the session's last one.
    peak_bytes: u64,
    peak_blocks: u64,
    peak: u64,
}

impl Tally {
    /// Keeps what lives for the peak, before that changes for the first time since.
    ///
    /// A peak is passed on with its number alone: stacks that did not change since hold what they held then. So a new peak
    /// costs nothing, and a change one comparison.
    #[inline]
    pub(crate) fn keep_peak(&mut self, peak: u64) {
        if self.peak != peak {
            (self.peak_bytes, self.peak_blocks, self.peak) =
                (self.live_bytes, self.live_blocks, peak);
        }
    }

    /// Bytes and blocks that lived at the session's last peak, of number `peak`.
    pub(crate) fn at_peak(&self, peak: u64) -> (u64, u64) {
        if self.peak == peak {
            (self.peak_bytes, self.peak_blocks)
        } else {
            (self.live_bytes, self.live_blocks)
        }
    }
}

/// The tallies of all stacks that asked for something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    tallies: Vec<Tally>,
    /// The stack of each tally.
    nodes: Vec<NodeId>,
    /// The tally of each node, counted from 1; 0 and what is missing have none.
    of_node: Vec<u32>,
}

impl Tallies {
    /// The tally of a stack.
    #[inline]
    pub(crate) fn of(&mut self, node: NodeId) -> u32 {
        match self.of_node.get(node.index()) {
            Some(&known) if known != 0 => known - 1,
            _ => self.begin(node),
        }
    }

    #[cold]
    fn begin(&mut self, node: NodeId) -> u32 {
        if self.of_node.len() <= node.index() {
            self.of_node.resize(node.index() + 1, 0);
        }
        let new = u32::try_from(self.tallies.len()).unwrap_or(u32::MAX - 1);
        self.tallies.push(Tally::default());
        self.nodes.push(node);
        self.of_node[node.index()] = new + 1;
        new
    }

    /// The tally of that number.
    #[inline]
    pub(crate) fn at(&mut self, tally: u32) -> &mut Tally {
        &mut self.tallies[tally as usize]
    }

    /// The stack of that tally.
    #[inline]
    pub(crate) fn node(&self, tally: u32) -> NodeId {
        self.nodes[tally as usize]
    }

    /// Every stack with its tally.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (NodeId, &Tally)> {
        self.nodes.iter().copied().zip(&self.tallies)
    }
}
