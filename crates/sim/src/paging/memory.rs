//! Physical memory: which page stands in which frame, which frames are dirty, which are free.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::index::{Frame, Key, PageId, Table};

/// Where a page is. Two values above every frame say that it is nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(u32);

impl Place {
    const NEVER_LOADED: Place = Place(u32::MAX);
    const GONE: Place = Place(u32::MAX - 1);

    #[inline(always)]
    fn frame(self) -> Option<Frame> {
        (self.0 < Self::GONE.0).then(|| Frame::new(self.0))
    }
}

/// What an empty frame holds: no page has this rank, as references are fewer.
const NOBODY: PageId = PageId::new(u32::MAX);

/// The frames and the pages in them. The [`Machine`](super::Machine) fills and empties it; a policy reads it, and
/// may clean a dirty frame.
#[derive(Debug, Clone)]
pub struct Memory {
    place_of: Table<PageId, Place>,
    page_in: Table<Frame, PageId>,
    dirty: Table<Frame, bool>,
    /// Frames from here on were never filled.
    untouched: u32,
    /// Frames below `untouched` that were emptied: only policies that give frames back make any.
    emptied: BinaryHeap<Reverse<u32>>,
    writebacks: u64,
}

impl Memory {
    pub(crate) fn new(frames: usize, pages: usize) -> Memory {
        Memory {
            place_of: Table::new(pages, Place::NEVER_LOADED),
            page_in: Table::new(frames, NOBODY),
            dirty: Table::new(frames, false),
            untouched: 0,
            emptied: BinaryHeap::new(),
            writebacks: 0,
        }
    }

    /// How many frames there are.
    pub fn frames(&self) -> u32 {
        self.page_in.len()
    }

    /// How many frames hold a page.
    pub fn resident(&self) -> u32 {
        self.untouched - u32::try_from(self.emptied.len()).unwrap_or(0)
    }

    /// The frame that holds a page.
    #[inline(always)]
    pub fn frame_of(&self, page: PageId) -> Option<Frame> {
        self.place_of[page].frame()
    }

    /// The page in a frame.
    #[inline(always)]
    pub fn page_in(&self, frame: Frame) -> Option<PageId> {
        Some(self.page_in[frame]).filter(|&page| page != NOBODY)
    }

    /// The frames that hold a page, with it, lowest first.
    pub fn pages(&self) -> impl Iterator<Item = (Frame, PageId)> {
        self.page_in.iter().filter_map(|(frame, &page)| (page != NOBODY).then_some((frame, page)))
    }

    /// Whether the page in a frame was written since it was loaded or cleaned.
    #[inline(always)]
    pub fn is_dirty(&self, frame: Frame) -> bool {
        self.dirty[frame]
    }

    /// How many dirty pages were written back, by eviction or by [`Memory::clean`].
    pub fn writebacks(&self) -> u64 {
        self.writebacks
    }

    /// Writes a frame's page back where it is dirty; the page stays.
    pub fn clean(&mut self, frame: Frame) {
        self.writebacks += u64::from(self.dirty[frame]);
        self.dirty[frame] = false;
    }

    /// A reference to the page in a frame.
    #[inline(always)]
    pub(crate) fn touch(&mut self, frame: Frame, write: bool) {
        if write {
            self.dirty[frame] = true;
        }
    }

    /// The lowest free frame, taken.
    #[inline]
    pub(crate) fn take_free(&mut self) -> Option<Frame> {
        if let Some(Reverse(frame)) = self.emptied.pop() {
            return Some(Frame::new(frame));
        }
        let frame = (self.untouched < self.frames()).then(|| Frame::new(self.untouched))?;
        self.untouched += 1;
        Some(frame)
    }

    /// Puts a page into a frame that is taken and empty; true when the page was never loaded before.
    #[inline(always)]
    pub(crate) fn place(&mut self, page: PageId, frame: Frame, write: bool) -> bool {
        let cold = self.place_of[page] == Place::NEVER_LOADED;
        self.place_of[page] = Place(frame.rank());
        self.page_in[frame] = page;
        self.dirty[frame] = write;
        cold
    }

    /// Takes the page out of a frame, writing it back where it is dirty. The frame stays taken.
    #[inline(always)]
    pub(crate) fn vacate(&mut self, frame: Frame) -> Option<PageId> {
        self.clean(frame);
        self.drop_page(frame)
    }

    /// Takes the page out of a frame as it is, without writing it back. The frame stays taken.
    #[inline(always)]
    pub(crate) fn drop_page(&mut self, frame: Frame) -> Option<PageId> {
        let page = self.page_in(frame)?;
        self.page_in[frame] = NOBODY;
        self.place_of[page] = Place::GONE;
        self.dirty[frame] = false;
        Some(page)
    }

    /// Gives an emptied frame back to the free ones.
    pub(crate) fn give_back(&mut self, frame: Frame) {
        self.emptied.push(Reverse(frame.rank()));
    }
}
