//! A reference string with dense page ids, and the table back to what the user called the pages.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::Error;
use super::index::PageId;
use super::{MAX_FRAMES, MAX_REFERENCES};

/// A reference string. Pages are numbered once, in order of first reference, so that every machine and every policy
/// runs on arrays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Shared with the policies that look a page up by the position of its use.
    pages: Arc<Vec<u32>>,
    /// Empty while nothing is written.
    writes: Vec<bool>,
    names: Vec<u64>,
}

impl References {
    /// The string of these pages, each with whether it is written.
    ///
    /// # Errors
    /// [`Error::Empty`] for no reference, [`Error::TooLong`] beyond [`MAX_REFERENCES`].
    pub fn new(accesses: impl IntoIterator<Item = (u64, bool)>) -> Result<References, Error> {
        let mut numbering = Numbering::default();
        for (name, write) in accesses {
            numbering.push(name, write)?;
        }
        numbering.finish()
    }

    /// The string that reads these pages.
    ///
    /// # Errors
    /// As [`References::new`].
    pub fn reads(pages: impl IntoIterator<Item = u64>) -> Result<References, Error> {
        References::new(pages.into_iter().map(|page| (page, false)))
    }

    /// How many references there are, at least 1.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether there is none: never so in a string that was made by [`References::new`].
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The memory that the string takes, in bytes, roughly.
    pub fn bytes(&self) -> usize {
        4 * self.pages.len() + self.writes.len() + 8 * self.names.len()
    }

    /// How many of the references write.
    pub fn writes(&self) -> usize {
        self.writes.iter().filter(|&&write| write).count()
    }

    /// How many distinct pages they name.
    pub fn distinct(&self) -> usize {
        self.names.len()
    }

    /// The user's number of a page.
    pub fn name(&self, page: PageId) -> u64 {
        self.names[page.rank() as usize]
    }

    /// The reference at a position from 0, and whether it writes.
    pub fn get(&self, position: usize) -> Option<(PageId, bool)> {
        let page = PageId::new(*self.pages.get(position)?);
        Some((page, self.writes.get(position).copied().unwrap_or(false)))
    }

    /// The references in order, each with whether it writes.
    pub fn iter(&self) -> impl Iterator<Item = (PageId, bool)> {
        let writes = self.writes.iter().copied().chain(std::iter::repeat(false));
        self.pages.iter().map(|&page| PageId::new(page)).zip(writes)
    }

    /// The pages in order, when nothing is written.
    pub(crate) fn unwritten(&self) -> Option<impl Iterator<Item = PageId>> {
        self.writes.is_empty().then(|| self.pages.iter().map(|&page| PageId::new(page)))
    }

    /// The ranks of the pages in order, shared.
    pub(crate) fn ranks(&self) -> Arc<Vec<u32>> {
        Arc::clone(&self.pages)
    }

    /// For each reference the position of the next one to the same page, `u32::MAX` where there is none: what OPT
    /// knows.
    pub(crate) fn next_uses(&self) -> Vec<u32> {
        let mut next_of_page = vec![u32::MAX; self.names.len()];
        let mut next_uses = vec![u32::MAX; self.pages.len()];
        for (position, &page) in self.pages.iter().enumerate().rev() {
            let here = u32::try_from(position).unwrap_or(u32::MAX);
            next_uses[position] = std::mem::replace(&mut next_of_page[page as usize], here);
        }
        next_uses
    }
}

/// Checks a number of frames.
///
/// # Errors
/// [`Error::Frames`] outside `1..=`[`MAX_FRAMES`].
pub(crate) fn check_frames(frames: usize) -> Result<(), Error> {
    match frames {
        1..=MAX_FRAMES => Ok(()),
        _ => Err(Error::Frames { asked: frames }),
    }
}

/// Gives pages their dense ids as they come.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    ids: HashMap<u64, u32>,
    pages: Vec<u32>,
    writes: Vec<bool>,
    names: Vec<u64>,
}

impl Numbering {
    /// Appends a reference.
    pub(crate) fn push(&mut self, name: u64, write: bool) -> Result<(), Error> {
        let Numbering { ids, pages, writes, names } = self;
        if pages.len() >= MAX_REFERENCES {
            return Err(Error::TooLong);
        }
        let next = u32::try_from(names.len()).map_err(|_| Error::TooLong)?;
        let id = *ids.entry(name).or_insert_with(|| {
            names.push(name);
            next
        });
        if write && writes.is_empty() {
            writes.resize(pages.len(), false);
        }
        pages.push(id);
        if write || !writes.is_empty() {
            writes.push(write);
        }
        Ok(())
    }

    /// The string.
    pub(crate) fn finish(self) -> Result<References, Error> {
        if self.pages.is_empty() {
            return Err(Error::Empty);
        }
        let Numbering { pages, writes, names, .. } = self;
        Ok(References { pages: Arc::new(pages), writes, names })
    }
}
