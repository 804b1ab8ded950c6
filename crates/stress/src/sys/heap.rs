//! Blocks from malloc, strung together by their own first words, so that keeping them costs nothing beside them.

use std::ptr;

/// The first word of every block: where the next one is.
#[repr(C)]
struct Block {
    next: *mut Block,
}

/// Blocks in the order in which they were allocated. Dropping frees them.
#[derive(Debug)]
pub(crate) struct Chain {
    oldest: *mut Block,
    newest: *mut Block,
    bytes: u64,
}

/// What malloc keeps before each block, in bytes: the size of its chunk.
const HEADER_BYTES: u64 = size_of::<usize>() as u64;

impl Chain {
    pub(crate) fn new() -> Chain {
        Chain { oldest: ptr::null_mut(), newest: ptr::null_mut(), bytes: 0 }
    }

    /// What the blocks take, what malloc keeps of each included, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Allocates a block of `size` bytes, of which the first is written. False where malloc has none.
    #[must_use]
    pub(crate) fn push(&mut self, size: usize) -> bool {
        // SAFETY: malloc may be called with any size.
        let block = unsafe { libc::malloc(size.max(size_of::<Block>())) }.cast::<Block>();
        if block.is_null() {
            return false;
        }
        // SAFETY: malloc gave at least a `Block`, aligned for any type, and nobody else has it.
        unsafe { block.write(Block { next: ptr::null_mut() }) };
        if self.newest.is_null() {
            self.oldest = block;
        } else {
            // SAFETY: the newest block is in the chain, so it was allocated here and is not freed.
            unsafe { (*self.newest).next = block };
        }
        self.newest = block;
        self.bytes += taken_bytes(block);
        true
    }

    /// Frees the oldest block, and says what that gives back. `None` where there is none.
    pub(crate) fn pop(&mut self) -> Option<u64> {
        let block = self.oldest;
        if block.is_null() {
            return None;
        }
        // SAFETY: the oldest block is in the chain, so it was allocated here and is not freed.
        self.oldest = unsafe { (*block).next };
        if self.oldest.is_null() {
            self.newest = ptr::null_mut();
        }
        let taken = taken_bytes(block);
        self.bytes -= taken;
        // SAFETY: the block came from malloc, and since it left the chain nobody has it any more.
        unsafe { libc::free(block.cast()) };
        Some(taken)
    }

    /// Frees the second block, the fourth, and so on; says what that gives back.
    pub(crate) fn free_every_other(&mut self) -> u64 {
        let (mut kept, mut freed) = (self.oldest, 0);
        while !kept.is_null() {
            // SAFETY: `kept` is in the chain, so it was allocated here and is not freed.
            let other = unsafe { (*kept).next };
            if other.is_null() {
                break;
            }
            freed += taken_bytes(other);
            // SAFETY: `other` is in the chain, so it was allocated here and is not freed.
            let next = unsafe { (*other).next };
            // SAFETY: as above; from here on `other` is out of the chain.
            unsafe { (*kept).next = next };
            // SAFETY: the block came from malloc, and since it left the chain nobody has it any more.
            unsafe { libc::free(other.cast()) };
            self.newest = kept;
            kept = next;
            if !kept.is_null() {
                self.newest = kept;
            }
        }
        self.bytes -= freed;
        freed
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        while self.pop().is_some() {}
        trim();
    }
}

/// What a block takes, its header included.
fn taken_bytes(block: *mut Block) -> u64 {
    // SAFETY: only blocks that came from malloc and are not freed are asked about.
    let usable = unsafe { libc::malloc_usable_size(block.cast()) };
    usable as u64 + HEADER_BYTES
}

/// Returns the free pages of the heap to the kernel, where the C library can.
pub(crate) fn trim() {
    // SAFETY: trimming may be asked for at any time; nothing that is allocated moves.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(blocks: usize) -> Chain {
        let mut chain = Chain::new();
        (0..blocks).for_each(|size| assert!(chain.push(size)));
        chain
    }

    #[test]
    fn what_is_pushed_is_popped_to_the_last_byte() {
        let mut chain = chain(100);
        let bytes = chain.bytes();
        assert!(bytes >= 100 * 99 / 2);
        assert_eq!(std::iter::from_fn(|| chain.pop()).sum::<u64>(), bytes);
        assert_eq!(chain.bytes(), 0);
        assert!(chain.push(1), "an emptied chain goes on");
    }

    #[test]
    fn every_other_block_is_freed_and_the_rest_stays_in_order() {
        for blocks in 0..10 {
            let mut chain = chain(blocks);
            let before = chain.bytes();
            let freed = chain.free_every_other();
            assert_eq!(chain.bytes(), before - freed);
            assert!(chain.push(8), "the newest block is still known");
            assert_eq!(std::iter::from_fn(|| chain.pop()).count(), blocks.div_ceil(2) + 1);
        }
    }
}
