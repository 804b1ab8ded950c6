//! Recordings: the events of a session as bytes, in blocks that can each be read without the others.
//!
//! ```text
//! file    │ header │ block │ block │ …
//!
//! header  │ magic "RAMSHEAP" 8 │ version u16 │ 0 u16 │ length u32 │ crc u32 │ start: `length` bytes │
//!         start: pid, parent pid, wall ms, sample bytes, ticks per second as varints; program, allocator, the number of
//!         arguments and each of them as texts behind their lengths. The crc is that of the start.
//!
//! block   │ sync 89 "RSBLK" 0d 0a 8 │ packed u32 │ raw u32 │ events u32 │ crc u32 │ first µs u64 │ last µs u64 │ payload │
//!         payload: `packed` bytes, which zstd (RFC 8878) unpacks to `raw` bytes: the columns of `columns`. The crc is that of
//!         everything of the block behind it and of the three numbers before it.
//!
//! all numbers with the least byte first; crc is CRC-32 as in gzip (RFC 1952)
//! ```
//!
//! A block holds the definitions of all that its events name (modules, frames, stacks, threads), so that what follows a damaged
//! or missing one is read all the same. Names of frames stand among the events as they were found, the last of them behind
//! the program's end; so a recording is read the same on another machine, up to where its recorder was killed. Limits: a block unpacks to 64 MiB at most, and a header is 1 MiB at most.

mod columns;
mod frame;
mod header;
mod read;
mod replay;
mod write;

pub use frame::MAX_RAW_BYTES;
pub use header::{MAGIC, VERSION};
pub use read::Said;
pub use replay::{Damage, ReadError, Stream, read_all};

pub(crate) use header::encode as encode_header;
pub(crate) use replay::Meanings;
pub(crate) use write::Recorder;

/// Why bytes are not a recording that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It begins with something else.
    #[error(
        "this is no recording of a heap: it does not begin with RAMSHEAP; `ramscope track -o FILE -- CMD` makes one"
    )]
    Magic,
    /// It was made by a newer ramscope.
    #[error(
        "this recording is of format {found}, and this ramscope reads up to {VERSION}: it was made by a newer one; update ramscope"
    )]
    Newer {
        /// Its format.
        found: u16,
    },
    /// Its beginning is damaged, and nothing behind it has a meaning without.
    #[error(
        "the recording's header is damaged or cut off: what was tracked cannot be told; record again"
    )]
    Header,
}
