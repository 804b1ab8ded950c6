//! Many small blocks from malloc: held, turned over, pierced, or leaked.

use std::io;

use super::{HoldError, Holding, leak};
use crate::plan::{Pattern, Plan};
use crate::random::Random;
use crate::sys::heap::{Chain, trim};

/// The largest block, in bytes: with four or more to a page, writing the first word of each touches every page.
const BLOCK_MAX_BYTES: u64 = 1008;
/// The smallest block, in bytes.
const BLOCK_MIN_BYTES: u64 = 16;
const ON_MALLOC: &str = "ask for less, or look at the limits of the process (ulimit -d, ulimit -v)";

/// Blocks of sizes drawn by chance.
#[derive(Debug)]
pub(super) struct Blocks {
    chain: Chain,
    /// What was freed between blocks that are kept: resident still, and no longer in use.
    holes_bytes: u64,
    pattern: Pattern,
    random: Random,
}

impl Blocks {
    pub(super) fn new(plan: &Plan) -> Blocks {
        let random = Random::new(plan.seed);
        Blocks { chain: Chain::new(), holes_bytes: 0, pattern: plan.pattern, random }
    }

    fn allocate(&mut self) -> Result<(), HoldError> {
        let size = BLOCK_MIN_BYTES + self.random.below(BLOCK_MAX_BYTES - BLOCK_MIN_BYTES + 1);
        let size = super::length(size)?;
        let is_there = match self.pattern {
            Pattern::Leak => leak::serve_request(&mut self.chain, size),
            _ => self.chain.push(size),
        };
        let refused = || io::Error::from(io::ErrorKind::OutOfMemory);
        let what = format!("allocate a block of {size} bytes");
        if is_there { Ok(()) } else { Err(HoldError::new(what, ON_MALLOC)(refused())) }
    }
}

impl Holding for Blocks {
    fn held_bytes(&self) -> u64 {
        self.chain.bytes() + self.holes_bytes
    }

    fn live_bytes(&self) -> u64 {
        self.chain.bytes()
    }

    fn grow(&mut self, to: u64) -> Result<(), HoldError> {
        // The last block may pass the mark by its own length at most.
        while self.held_bytes() < to {
            self.allocate()?;
        }
        Ok(())
    }

    fn shrink(&mut self, to: u64) -> Result<(), HoldError> {
        let before = self.held_bytes();
        if before <= to + BLOCK_MAX_BYTES {
            return Ok(());
        }
        self.holes_bytes = self.holes_bytes.min(to);
        while self.held_bytes() > to && self.chain.pop().is_some() {}
        trim();
        Ok(())
    }

    fn turn_over(&mut self, bytes: u64) -> Result<(), HoldError> {
        let target = self.held_bytes();
        let mut freed = 0;
        while freed < bytes {
            let Some(block) = self.chain.pop() else { break };
            freed += block;
            // In turn, so that the size never leaves the plan by more than a few blocks.
            self.grow(target)?;
        }
        Ok(())
    }

    fn make_holes(&mut self) {
        if self.holes_bytes == 0 {
            self.holes_bytes = self.chain.free_every_other();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;
    use crate::source::Own;

    const MIB: u64 = 1 << 20;

    fn blocks(pattern: Pattern) -> Blocks {
        let mut blocks = Blocks::new(&plan(|plan| plan.pattern = pattern));
        blocks.grow(16 * MIB).unwrap();
        blocks
    }

    #[test]
    fn machine_blocks_take_what_they_say_and_resident_memory_stays_over_holes() {
        let before = Own::new().used().anonymous_bytes;
        let mut blocks = blocks(Pattern::Fragment);
        let resident = || Own::new().used().anonymous_bytes - before;
        let full = resident();
        assert!(full.abs_diff(16 * MIB) < MIB, "{full}");
        blocks.make_holes();
        assert!(blocks.live_bytes().abs_diff(8 * MIB) < MIB, "{}", blocks.live_bytes());
        assert!(blocks.held_bytes().abs_diff(16 * MIB) < MIB);
        assert!(resident().abs_diff(full) < MIB, "pages with one live block stay");
    }

    #[test]
    fn turning_over_keeps_the_size() {
        let mut blocks = blocks(Pattern::Churn);
        blocks.turn_over(4 * MIB).unwrap();
        assert!(blocks.held_bytes().abs_diff(16 * MIB) <= 2 * BLOCK_MAX_BYTES);
        blocks.shrink(4 * MIB).unwrap();
        assert!(blocks.held_bytes().abs_diff(4 * MIB) <= BLOCK_MAX_BYTES);
    }
}
