//! A policy's own state as data: what the page draws beside the frames.

use serde::Serialize;

use super::index::{Frame, PageId};
use super::memory::Memory;
use super::telling::Telling;

/// Items of one list or ring that a view holds at most; its length says how many there are.
pub(crate) const SHOWN: usize = 4096;

/// The state a policy decides by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum View {
    /// Frames in a circle, with bits and hands.
    Ring {
        /// The slots, in the order in which a hand passes them.
        slots: Vec<Slot>,
        /// The hands, each at a slot.
        hands: Vec<Hand>,
    },
    /// Lists of pages, each with the end first at which pages enter.
    Queues {
        /// The lists.
        queues: Vec<Queue>,
        /// Numbers that steer them.
        gauges: Vec<Gauge>,
    },
    /// One compared value a frame.
    Values {
        /// What the values are: "next use", "references".
        label: &'static str,
        /// A row a frame that holds a page.
        rows: Vec<Row>,
    },
}

/// A place in a ring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slot {
    /// The page there; `None` where the frame is empty.
    pub page: Option<u64>,
    /// Its frame; `None` for a page that is remembered and not resident.
    pub frame: Option<u32>,
    /// Its bits.
    pub bits: Vec<Bit>,
}

/// A named bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bit {
    /// "referenced", "modified", "hot", "test".
    pub name: &'static str,
    /// Whether it is set.
    pub set: bool,
}

/// A hand of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hand {
    /// "hand", or which of several.
    pub name: &'static str,
    /// The slot it points at.
    pub slot: usize,
}

/// A list of pages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queue {
    /// What the policy's paper calls it.
    pub name: &'static str,
    /// How many pages stand in it.
    pub len: u32,
    /// The most it may hold, where it has a bound.
    pub limit: Option<u32>,
    /// The pages from the end where they enter, the first 4096.
    pub entries: Vec<QueueEntry>,
}

/// A page in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueueEntry {
    /// The page.
    pub page: u64,
    /// Its frame; `None` for a page that is remembered and not resident.
    pub frame: Option<u32>,
    /// What the list knows of it: "referenced", "2 references".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A number that steers a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gauge {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
}

/// A frame's compared value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The frame.
    pub frame: u32,
    /// The page in it.
    pub page: u64,
    /// The value; `None` is "never".
    pub value: Option<u64>,
    /// A second value that breaks ties, or a form that is easier to read, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl View {
    /// A ring of all frames in their order, with one hand.
    pub(crate) fn ring(
        memory: &Memory,
        telling: &Telling<'_>,
        hand: Frame,
        bits: impl Fn(Frame) -> Vec<Bit>,
    ) -> View {
        let slots = (0..memory.frames())
            .take(SHOWN)
            .map(|number| {
                let frame = Frame::new(number);
                let page = memory.page_in(frame).map(|page| telling.page(page));
                Slot { page, frame: Some(number), bits: bits(frame) }
            })
            .collect();
        View::Ring { slots, hands: vec![Hand { name: "hand", slot: hand.number() as usize }] }
    }

    /// A value for each frame that holds a page.
    pub(crate) fn values(
        label: &'static str,
        memory: &Memory,
        telling: &Telling<'_>,
        value: impl Fn(Frame) -> (Option<u64>, Option<String>),
    ) -> View {
        let rows = memory
            .pages()
            .take(SHOWN)
            .map(|(frame, page)| {
                let (value, note) = value(frame);
                Row { frame: frame.number(), page: telling.page(page), value, note }
            })
            .collect();
        View::Values { label, rows }
    }
}

impl Queue {
    /// A list of resident pages by their frames, from the end where they enter.
    pub(crate) fn of_frames(
        name: &'static str,
        len: u32,
        limit: Option<u32>,
        frames: impl Iterator<Item = Frame>,
        memory: &Memory,
        telling: &Telling<'_>,
        note: impl Fn(Frame) -> Option<String>,
    ) -> Queue {
        let entries = frames
            .take(SHOWN)
            .filter_map(|frame| {
                let page = telling.page(memory.page_in(frame)?);
                Some(QueueEntry { page, frame: Some(frame.number()), note: note(frame) })
            })
            .collect();
        Queue { name, len, limit, entries }
    }

    /// A list of pages, resident or remembered, from the end where they enter.
    pub(crate) fn of_pages(
        name: &'static str,
        len: u32,
        limit: Option<u32>,
        pages: impl Iterator<Item = PageId>,
        memory: &Memory,
        telling: &Telling<'_>,
        note: impl Fn(PageId) -> Option<String>,
    ) -> Queue {
        let entries = pages
            .take(SHOWN)
            .map(|page| {
                let frame = memory.frame_of(page).map(Frame::number);
                QueueEntry { page: telling.page(page), frame, note: note(page) }
            })
            .collect();
        Queue { name, len, limit, entries }
    }
}
