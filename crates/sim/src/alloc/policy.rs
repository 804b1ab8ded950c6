//! What an allocation policy is: the trait that each file of [`policies`](super::policies) implements.

use super::convention::{Convention, Rules};
use super::requests::{RequestId, Requests};
use super::span::{Block, Span};
use super::view::View;
use crate::convention::Parameter;

/// Everything a policy may know before the first request.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The memory: its first address and its bytes, at least 1, ending at [`MAX_ADDRESS`](super::MAX_ADDRESS) or
    /// before.
    pub memory: Span,
    /// How sizes become blocks.
    pub rules: Rules,
    /// The whole list: how many allocations it has and how many are live at once sizes the tables.
    pub requests: &'a Requests,
    /// The values of the policy's parameters.
    pub convention: &'a Convention,
    /// Whether fits by address keep an index beside their list, as they do unless somebody wants to see what the plain
    /// list costs. The answers and what was searched are the same.
    pub index: bool,
}

/// An allocation, as a policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// The request.
    pub id: RequestId,
    /// The bytes asked for.
    pub size: u64,
    /// The least bytes of its block, by [`Rules::raw_bytes`]: the size aligned, the header added, at least the
    /// smallest block.
    pub bytes: u64,
}

/// The block that a request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The block, of at least [`Request::bytes`].
    pub block: Block,
    /// Entries of free lists, bitmaps or trees that were looked at, the last one included.
    pub searched: u32,
}

/// A request that got nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Entries that were looked at.
    pub searched: u32,
}

/// An allocation policy.
///
/// The [`Machine`](super::Machine) keeps who holds which block and calls [`Policy::allocate`] and [`Policy::free`];
/// the policy keeps what is free. Blocks that are held never overlap, lie within [`Setup::memory`], and
/// held bytes + [`Policy::free_bytes`] + [`Policy::overhead_bytes`] are the memory, to the byte, after every operation.
///
/// Every method that decides takes the [`Witness`] to tell what it looked at, in sentences without their full stop.
/// The last sentence of a successful [`Policy::allocate`] names the hole and what is left of it; the machine adds the
/// address that the program gets. No method allocates memory of the host's on each call: tables grow by doubling.
pub trait Policy: Clone + Send {
    /// How the command line, the API and the page call it: lower case with hyphens.
    const NAME: &'static str;
    /// How sentences and headings call it.
    const TITLE: &'static str;
    /// What it is and where that is written down: one sentence.
    const ABOUT: &'static str;
    /// The parameters it reads from its convention, beside the shared ones.
    const PARAMETERS: &'static [&'static Parameter] = &[];
    /// Whether its blocks may be moved ([`Policy::compacted`]); false compiles compaction away.
    const MOVES: bool = false;

    /// The policy with all memory free.
    fn new(setup: &Setup<'_>) -> Self;

    /// Takes a block for a request.
    ///
    /// # Errors
    /// A [`Refusal`] where no block is found; the policy's state may differ only in what it merged on the way.
    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal>;

    /// Takes a block back, as [`Policy::allocate`] gave it.
    fn free<W: Witness>(&mut self, block: Block, tell: &mut W);

    /// The blocks were slid together, and only `hole` is free (`None`: nothing is). Called only where
    /// [`Policy::MOVES`]; blocks keep size and tag.
    fn compacted(&mut self, _hole: Option<Span>) {}

    /// Bytes of memory that no block holds and that a block could hold.
    fn free_bytes(&self) -> u64;

    /// Bytes of memory that are neither free nor in a block: tables, slab headers, what rounding cut off.
    fn overhead_bytes(&self) -> u64 {
        0
    }

    /// The largest run of free bytes that one block could take; 0 where none is free.
    fn largest_hole(&self) -> u64;

    /// Entries that the host visits one after the other for an operation, where that is more than a few: what bounds of
    /// compute go by. It changes no answer.
    fn effort(&self) -> u64 {
        0
    }

    /// What is free, in the policy's own order: the free list, or its lists one after the other. The spans add up to
    /// [`Policy::free_bytes`].
    fn holes(&self) -> impl Iterator<Item = Span>;

    /// Its own lists, trees and bitmaps as data.
    fn view(&self) -> View;
}

/// What a policy is called and what it takes, where several policies are one generic type.
pub trait Variant: Clone + Copy + Send + std::fmt::Debug {
    /// [`Policy::NAME`].
    const NAME: &'static str;
    /// [`Policy::TITLE`].
    const TITLE: &'static str;
    /// [`Policy::ABOUT`].
    const ABOUT: &'static str;
    /// [`Policy::PARAMETERS`].
    const PARAMETERS: &'static [&'static Parameter] = &[];
}

/// A block that compaction moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slide {
    /// Who holds it.
    pub id: RequestId,
    /// Where its raw block began.
    pub from: u64,
    /// Where it begins now.
    pub to: u64,
}

/// Who listens to a policy deciding. [`Silent`] is the one for speed: its methods are empty, so neither the
/// closures nor what they would read survive compilation.
pub trait Witness {
    /// A sentence about what is compared or done, without its full stop.
    fn say(&mut self, sentence: impl FnOnce() -> String);
    /// Free runs were looked at, in this order, the last one chosen where one was. Told once a search; only the first
    /// few are taken from the iterator.
    fn looked(&mut self, holes: impl Iterator<Item = Span>);
    /// A run that is freed, or was free before, became one with its neighbours.
    fn merged(&mut self, into: Span);
    /// Compaction slid blocks, each from one address to another, `bytes` together, and left one hole or none.
    fn slid(&mut self, moves: &[Slide], bytes: u64, hole: Option<Span>);
}

/// The witness that hears nothing and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Witness for Silent {
    #[inline(always)]
    fn say(&mut self, _: impl FnOnce() -> String) {}
    #[inline(always)]
    fn looked(&mut self, _: impl Iterator<Item = Span>) {}
    #[inline(always)]
    fn merged(&mut self, _: Span) {}
    #[inline(always)]
    fn slid(&mut self, _: &[Slide], _: u64, _: Option<Span>) {}
}
