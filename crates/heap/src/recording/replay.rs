//! A recording as a stream: bytes in, in pieces of any size, events out.

use std::io::Read;

use super::Error;
use super::frame::{FIXED, Head, SYNC, head};
use super::header;
use super::read::{Said, read};
use crate::event::{Start, ThreadId};
use crate::tree::{FrameId, ModuleId, NO_MODULE, NodeId, ROOT, Tree};

/// How much is read at a time.
const PIECE: usize = 1 << 18;

/// What of a recording could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes that belong to no whole block, the torn end apart.
    pub bytes: u64,
    /// Blocks that were whole and still not what a recorder writes.
    pub blocks: u64,
    /// Bytes of a block that was begun and not written to its end: how a recording ends whose recorder was killed.
    pub torn_bytes: u64,
}

/// Reads a recording piece by piece.
#[derive(Debug, Default)]
pub struct Stream {
    start: Option<Start>,
    /// What was not read yet, from `at` on.
    held: Vec<u8>,
    at: usize,
    raw: Vec<u8>,
    damage: Damage,
}

impl Stream {
    /// Nothing was read yet.
    pub fn new() -> Stream {
        Stream::default()
    }

    /// What was tracked, once the header was read.
    pub fn start(&self) -> Option<&Start> {
        self.start.as_ref()
    }

    /// The next bytes of a recording; what they complete is handed on.
    ///
    /// # Errors
    /// [`Error`] where this is no recording, or none that can be read.
    pub fn push(
        &mut self,
        bytes: &[u8],
        hear: &mut impl FnMut(u64, Said<'_>),
    ) -> Result<(), Error> {
        self.push_header(bytes)?;
        while self.start.is_some() && self.step(false, hear) {}
        Ok(())
    }

    /// The next bytes, of which no more than the header is read: what they hold behind it is read with the next ones.
    ///
    /// # Errors
    /// [`Error`] where this is no recording, or none that can be read.
    pub fn push_header(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.held.drain(..self.at);
        self.at = 0;
        self.held.extend_from_slice(bytes);
        if self.start.is_none()
            && let Some((start, length)) = header::decode(&self.held)?
        {
            (self.start, self.at) = (Some(start), length);
        }
        Ok(())
    }

    /// No more bytes come.
    ///
    /// # Errors
    /// [`Error::Header`] where they ended before the header did.
    pub fn finish(mut self, hear: &mut impl FnMut(u64, Said<'_>)) -> Result<Damage, Error> {
        if self.start.is_none() {
            return Err(if self.held.is_empty() { Error::Magic } else { Error::Header });
        }
        while self.step(true, hear) {}
        Ok(self.damage)
    }

    /// Reads one block or passes over what is none; false when more bytes are needed, or none are left.
    fn step(&mut self, is_end: bool, hear: &mut impl FnMut(u64, Said<'_>)) -> bool {
        let rest = &self.held[self.at..];
        let Some(fixed) = rest.first_chunk::<FIXED>() else { return is_end && self.end() };
        let Some(head) = head(fixed) else { return self.pass_over() };
        let Some(payload) = rest[FIXED..].get(..head.packed as usize) else {
            return is_end && self.torn();
        };
        if !head.is_whole(payload) {
            return self.pass_over();
        }
        let unpacked = head.unpack(payload, &mut self.raw);
        self.at += FIXED + head.packed as usize;
        if unpacked.is_none() || !reads(&self.raw, &head, hear) {
            self.damage.blocks += 1;
        }
        true
    }

    /// Passes over what is no block, to where the next one may begin.
    fn pass_over(&mut self) -> bool {
        let rest = &self.held[self.at..];
        let next =
            rest.windows(SYNC.len()).skip(1).position(|bytes| bytes == SYNC).map(|at| at + 1);
        // The last bytes may be the first ones of a sync.
        let passed = next.unwrap_or_else(|| rest.len().saturating_sub(SYNC.len() - 1).max(1));
        self.at += passed;
        self.damage.bytes += passed as u64;
        true
    }

    /// A block whose end is missing: torn off here, unless another block follows in what should be its payload.
    fn torn(&mut self) -> bool {
        let rest = &self.held[self.at..];
        if rest.windows(SYNC.len()).skip(1).any(|bytes| bytes == SYNC) {
            return self.pass_over();
        }
        self.end()
    }

    /// What is left is the beginning of a block.
    fn end(&mut self) -> bool {
        self.damage.torn_bytes += (self.held.len() - self.at) as u64;
        self.at = self.held.len();
        false
    }
}

fn reads(raw: &[u8], head: &Head, hear: &mut impl FnMut(u64, Said<'_>)) -> bool {
    read(raw, head.first_us, hear) == Ok(head.events)
}

/// Why a recording was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes did not come.
    #[error("it cannot be read")]
    Io(#[from] std::io::Error),
    /// They are no recording.
    #[error(transparent)]
    Recording(#[from] Error),
}

/// Reads all of a recording, in bounded memory: `begin` is told what was tracked, before `hear` is told what happened.
///
/// # Errors
/// [`ReadError`]. A recording whose end is missing is read up to there.
pub fn read_all(
    mut bytes: impl Read,
    begin: impl FnOnce(&Start),
    mut hear: impl FnMut(u64, Said<'_>),
) -> Result<Damage, ReadError> {
    let (mut stream, mut begin) = (Stream::new(), Some(begin));
    let mut piece = vec![0; PIECE];
    loop {
        let read = match bytes.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(stream.finish(&mut hear)?);
        }
        if stream.start.is_none() {
            stream.push_header(&piece[..read])?;
        } else {
            stream.push(&piece[..read], &mut hear)?;
        }
        if let Some(start) = stream.start.as_ref()
            && let Some(begin) = begin.take()
        {
            begin(start);
            stream.push(&[], &mut hear)?;
        }
    }
}

/// What the numbers of a block mean in a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meanings {
    threads: Vec<ThreadId>,
    modules: Vec<ModuleId>,
    frames: Vec<FrameId>,
    nodes: Vec<NodeId>,
}

impl Meanings {
    /// A block begins.
    pub(crate) fn begin(&mut self) {
        self.threads.clear();
        self.modules.clear();
        self.frames.clear();
        self.nodes.clear();
        self.modules.push(NO_MODULE);
        self.frames.push(FrameId(0));
        self.nodes.push(ROOT);
    }

    /// The next thread is that one.
    pub(crate) fn thread(&mut self, thread: ThreadId) {
        self.threads.push(thread);
    }

    /// The next module is that one.
    pub(crate) fn module(&mut self, module: ModuleId) {
        self.modules.push(module);
    }

    /// The next frame.
    pub(crate) fn frame(&mut self, module: u32, address: u64, tree: &mut Tree) {
        let module = self.modules.get(module as usize).copied().unwrap_or(NO_MODULE);
        self.frames.push(tree.frame_told(address, module));
    }

    /// The next stack.
    pub(crate) fn node(&mut self, parent: u32, frame: u32, tree: &mut Tree) {
        let frame = self.frame_of(frame);
        let parent = self.node_of(parent);
        self.nodes.push(tree.child(parent, frame));
    }

    /// The frame of that number; the first stands for none.
    pub(crate) fn frame_of(&self, frame: u32) -> FrameId {
        self.frames.get(frame as usize).copied().unwrap_or(FrameId(0))
    }

    /// The stack of that number.
    #[inline]
    pub(crate) fn node_of(&self, node: u32) -> NodeId {
        self.nodes.get(node as usize).copied().unwrap_or(ROOT)
    }

    /// The thread of that number.
    #[inline]
    pub(crate) fn thread_of(&self, thread: u32) -> ThreadId {
        self.threads.get(thread as usize).copied().unwrap_or_default()
    }
}
