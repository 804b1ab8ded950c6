//! Runs of bytes: holes, and the blocks that requests hold.

use serde::ser::{Serialize, Serializer};

/// A run of bytes: a hole, a block, a memory. In JSON `[address, size]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first byte.
    pub address: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl Span {
    /// The run of `size` bytes from `address`.
    pub const fn new(address: u64, size: u64) -> Span {
        Span { address, size }
    }

    /// The first address after it.
    pub const fn end(self) -> u64 {
        self.address + self.size
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.address, self.size).serialize(serializer)
    }
}

/// The raw block that a request holds: header, payload and padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its first byte, where the header begins.
    pub address: u64,
    /// Its length in bytes, header and padding included.
    pub size: u64,
    /// Whatever the policy wants to know again when the block is freed: a slot, a class, a node. 0 where it wants
    /// nothing.
    pub tag: u32,
}

impl Block {
    /// The block that takes these bytes, without a tag.
    pub const fn of(span: Span) -> Block {
        Block { address: span.address, size: span.size, tag: 0 }
    }

    /// Its bytes.
    pub const fn span(self) -> Span {
        Span::new(self.address, self.size)
    }
}
