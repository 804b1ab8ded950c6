//! Turning a decision into sentences: the names of the pages, and when each frame was loaded and used.

use super::index::{Frame, PageId, Table};
use super::machine::Outcome;
use super::memory::Memory;
use super::policy::Witness;
use super::references::References;
pub(crate) use crate::prose::{listed, many};

/// Sentences of one step; beyond them those before the last few are only counted.
const SENTENCES: usize = 40;
const LAST: usize = 4;

/// When each frame was loaded and last used, in references counted from 1.
#[derive(Debug, Clone)]
pub(crate) struct Stamps {
    loaded: Table<Frame, u64>,
    used: Table<Frame, u64>,
}

impl Stamps {
    pub(crate) fn new(frames: usize) -> Stamps {
        Stamps { loaded: Table::new(frames, 0), used: Table::new(frames, 0) }
    }

    /// Notes what reference `number` did.
    pub(crate) fn note(&mut self, number: u64, outcome: Outcome) {
        let frame = match outcome {
            Outcome::Hit(frame) => frame,
            Outcome::Fault { frame, .. } => {
                self.loaded[frame] = number;
                frame
            }
        };
        self.used[frame] = number;
    }
}

/// What a sentence may name: it stands for the moment before the reference it tells of.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    references: &'a References,
    stamps: &'a Stamps,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(references: &'a References, stamps: &'a Stamps) -> Telling<'a> {
        Telling { references, stamps }
    }

    /// The user's number of a page.
    pub fn page(&self, page: PageId) -> u64 {
        self.references.name(page)
    }

    /// The user's number of the page in a frame, as a word.
    pub(crate) fn resident(&self, memory: &Memory, frame: Frame) -> String {
        memory.page_in(frame).map_or_else(String::new, |page| self.page(page).to_string())
    }

    /// The reference, from 1, that loaded the page now in a frame.
    pub fn loaded(&self, frame: Frame) -> u64 {
        self.stamps.loaded[frame]
    }

    /// The reference, from 1, that used the page now in a frame last.
    pub fn used(&self, frame: Frame) -> u64 {
        self.stamps.used[frame]
    }
}

/// The witness of the stepper: it writes down what it hears.
#[derive(Debug)]
pub(crate) struct Teller<'a> {
    telling: Telling<'a>,
    said: Vec<String>,
    skipped: usize,
    /// The page that left for the one that was loaded.
    pub(crate) victim: Option<PageId>,
    /// Pages that left without being replaced, in order.
    pub(crate) released: Vec<PageId>,
}

impl<'a> Teller<'a> {
    /// A teller who opens with a sentence.
    pub(crate) fn new(telling: Telling<'a>, opening: String) -> Teller<'a> {
        Teller { telling, said: vec![opening], skipped: 0, victim: None, released: Vec::new() }
    }

    /// All that was said, as prose.
    pub(crate) fn prose(mut self) -> String {
        if self.skipped > 0 {
            let note = format!("So it goes on for {} sentences more", self.skipped);
            self.said.insert(SENTENCES - LAST, note);
        }
        let mut prose = self.said.join(". ");
        prose.push('.');
        prose
    }

    fn add(&mut self, sentence: String) {
        if self.said.len() == SENTENCES {
            self.said.remove(SENTENCES - LAST);
            self.skipped += 1;
        }
        self.said.push(sentence);
    }
}

impl Witness for Teller<'_> {
    fn say(&mut self, sentence: impl FnOnce(&Telling<'_>) -> String) {
        let sentence = sentence(&self.telling);
        self.add(sentence);
    }

    fn released(&mut self, page: PageId, frame: Frame, dirty: bool) {
        self.released.push(page);
        let name = self.telling.page(page);
        let back = if dirty { ", written back" } else { "" };
        self.add(format!("Page {name} leaves frame {frame}{back}"));
    }

    fn placed(&mut self, page: PageId, frame: Frame, victim: Option<(PageId, bool)>) {
        let name = self.telling.page(page);
        self.victim = victim.map(|(gone, _)| gone);
        match (victim, self.said.last_mut()) {
            (Some(_), Some(last)) => {
                *last = format!("{last}; page {name} goes into frame {frame}");
            }
            _ => self.add(format!("Frame {frame} is free; page {name} goes into it")),
        }
        if let Some((gone, true)) = victim {
            let gone = self.telling.page(gone);
            self.add(format!("Page {gone} was modified and is written back"));
        }
    }
}
