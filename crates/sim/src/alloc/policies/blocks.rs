//! Blocks as they lie in memory, each with its neighbours: what boundary tags tell an allocator.
//!
//! Source: Knuth, The Art of Computer Programming, volume 1, section 2.5, algorithm C: a block that is freed finds
//! its neighbours without a search.

use crate::alloc::span::Span;

/// No block.
const NONE: u32 = u32::MAX;

/// The number of a block; it stays the same while the block is split from its end or grows.
pub(crate) type Number = u32;

/// A block, free or held.
#[derive(Debug, Clone, Copy)]
struct Neighbour {
    span: Span,
    /// The one that ends where this one begins.
    before: Number,
    /// The one that begins where this one ends.
    after: Number,
    free: bool,
}

/// All blocks of a memory. Every operation is `O(1)`; the table grows by doubling.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    blocks: Vec<Neighbour>,
    /// Numbers that no block has now.
    spare: Vec<Number>,
}

impl Blocks {
    /// The memory as one free block, which gets the number 0.
    pub(crate) fn new(memory: Span) -> Blocks {
        let whole = Neighbour { span: memory, before: NONE, after: NONE, free: true };
        Blocks { blocks: vec![whole], spare: Vec::new() }
    }

    /// Where a block lies.
    #[inline(always)]
    pub(crate) fn span(&self, number: Number) -> Span {
        self.blocks[number as usize].span
    }

    /// Says whether a block is free.
    #[inline(always)]
    pub(crate) fn set_free(&mut self, number: Number, free: bool) {
        self.blocks[number as usize].free = free;
    }

    /// The free block that ends where this one begins.
    #[inline(always)]
    pub(crate) fn free_before(&self, number: Number) -> Option<Number> {
        self.free(self.blocks[number as usize].before)
    }

    /// The free block that begins where this one ends.
    #[inline(always)]
    pub(crate) fn free_after(&self, number: Number) -> Option<Number> {
        self.free(self.blocks[number as usize].after)
    }

    #[inline(always)]
    fn free(&self, number: Number) -> Option<Number> {
        Some(number).filter(|&number| number != NONE && self.blocks[number as usize].free)
    }

    /// Cuts a block to its first `bytes`, which are fewer than it has; returns the rest, which is free.
    #[inline(always)]
    pub(crate) fn split(&mut self, number: Number, bytes: u64) -> Number {
        let whole = self.blocks[number as usize];
        let rest = Neighbour {
            span: Span::new(whole.span.address + bytes, whole.span.size - bytes),
            before: number,
            after: whole.after,
            free: true,
        };
        let added = self.add(rest);
        if whole.after != NONE {
            self.blocks[whole.after as usize].before = added;
        }
        let cut = &mut self.blocks[number as usize];
        cut.span.size = bytes;
        cut.after = added;
        added
    }

    #[inline(always)]
    fn add(&mut self, block: Neighbour) -> Number {
        if let Some(number) = self.spare.pop() {
            self.blocks[number as usize] = block;
            return number;
        }
        // More blocks than u32 can number would need more requests than a list may hold.
        let number = u32::try_from(self.blocks.len()).unwrap_or(NONE);
        self.blocks.push(block);
        number
    }

    /// Adds the block behind `number` to it; the number of the other one is free again.
    #[inline(always)]
    pub(crate) fn absorb_after(&mut self, number: Number) {
        let gone = self.blocks[number as usize].after;
        let absorbed = self.blocks[gone as usize];
        let grown = &mut self.blocks[number as usize];
        grown.span.size += absorbed.span.size;
        grown.after = absorbed.after;
        if absorbed.after != NONE {
            self.blocks[absorbed.after as usize].before = number;
        }
        self.spare.push(gone);
    }
}
