//! What a step changes: frames, page tables and the swap area, by small changes that can be made again.

use serde::Serialize;

use super::script::{Page, ProcessId, Script};

/// Where a page of a process is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) frame: Option<u32>,
    pub(crate) dirty: bool,
    pub(crate) slot: Option<u32>,
}

/// One change of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A process begins; no page of it is in memory.
    Arrive(ProcessId),
    /// A page is put into an empty frame.
    Load(Page, u32),
    /// A page in memory is written.
    Dirty(Page),
    /// A page leaves its frame.
    Leave(Page),
    /// A copy of a page is written to a slot of the swap area.
    SwapOut(Page, u32),
    /// A process is done: its frames and slots are free.
    End(ProcessId),
}

/// Frames, page tables and swap area.
#[derive(Debug, Clone)]
pub(crate) struct State {
    frames: Vec<Option<Page>>,
    /// By process; empty before it arrives and after its end.
    tables: Vec<Vec<Place>>,
    slots: Vec<Option<Page>>,
}

impl State {
    pub(crate) fn new(frames: usize, script: &Script) -> State {
        let tables = vec![Vec::new(); script.processes().len()];
        State { frames: vec![None; frames], tables, slots: Vec::new() }
    }

    pub(crate) fn apply(&mut self, change: Change, script: &Script) {
        match change {
            Change::Arrive(process) => {
                let pages = script.process(process).pages as usize;
                self.tables[process.0 as usize] = vec![Place::default(); pages];
            }
            Change::Load(page, frame) => {
                self.frames[frame as usize] = Some(page);
                let slot = self.place(page).slot;
                *self.place_mut(page) = Place { frame: Some(frame), dirty: false, slot };
            }
            Change::Dirty(page) => self.place_mut(page).dirty = true,
            Change::Leave(page) => {
                let place = self.place_mut(page);
                place.dirty = false;
                if let Some(frame) = place.frame.take() {
                    self.frames[frame as usize] = None;
                }
            }
            Change::SwapOut(page, slot) => {
                let slots = self.slots.len().max(slot as usize + 1);
                self.slots.resize(slots, None);
                self.slots[slot as usize] = Some(page);
                self.place_mut(page).slot = Some(slot);
            }
            Change::End(process) => {
                for place in std::mem::take(&mut self.tables[process.0 as usize]) {
                    place.frame.inspect(|&frame| self.frames[frame as usize] = None);
                    place.slot.inspect(|&slot| self.slots[slot as usize] = None);
                }
            }
        }
    }

    /// Where a page of a living process is.
    pub(crate) fn place(&self, page: Page) -> Place {
        self.tables[page.process.0 as usize][page.number as usize]
    }

    fn place_mut(&mut self, page: Page) -> &mut Place {
        &mut self.tables[page.process.0 as usize][page.number as usize]
    }

    /// The frames that hold nothing, lowest first.
    pub(crate) fn free_frames(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.frames).filter(|(_, held)| held.is_none()).map(|(frame, _)| frame)
    }

    /// The slot that a page's copy goes to: its own, else the lowest free one.
    pub(crate) fn slot_for(&self, page: Page) -> u32 {
        let free = || self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        self.place(page).slot.unwrap_or_else(|| u32::try_from(free()).unwrap_or(u32::MAX))
    }

    /// The frames a process has, and the slots, lowest first.
    pub(crate) fn holdings(&self, process: ProcessId) -> (Vec<u32>, Vec<u32>) {
        let table = &self.tables[process.0 as usize];
        let mut frames: Vec<u32> = table.iter().filter_map(|place| place.frame).collect();
        let mut slots: Vec<u32> = table.iter().filter_map(|place| place.slot).collect();
        frames.sort_unstable();
        slots.sort_unstable();
        (frames, slots)
    }

    pub(crate) fn frame(&self, number: u32, script: &Script) -> FrameSlot {
        let held = self.frames[number as usize];
        let process = held.map(|page| script.process(page.process).name.clone());
        FrameSlot { frame: number, process, page: held.map(|page| page.number) }
    }

    pub(crate) fn slot(&self, number: u32, script: &Script) -> SwapSlot {
        let held = self.slots.get(number as usize).copied().flatten();
        let process = held.map(|page| script.process(page.process).name.clone());
        SwapSlot { slot: number, process, page: held.map(|page| page.number) }
    }

    /// All of it as data.
    pub(crate) fn scene(&self, script: &Script) -> Scene {
        let numbers = |len: usize| 0..u32::try_from(len).unwrap_or(u32::MAX);
        let frames = numbers(self.frames.len()).map(|frame| self.frame(frame, script)).collect();
        let swap = numbers(self.slots.len()).map(|slot| self.slot(slot, script)).collect();
        let tables = self.tables.iter().zip(script.processes());
        let living = tables.filter(|(table, _)| !table.is_empty());
        let page_tables = living.map(|(table, process)| PageTable {
            process: process.name.clone(),
            pages: table.iter().enumerate().map(|(page, place)| entry(page, *place)).collect(),
        });
        Scene { frames, page_tables: page_tables.collect(), swap }
    }
}

fn entry(page: usize, place: Place) -> TableEntry {
    TableEntry {
        page: u32::try_from(page).unwrap_or(u32::MAX),
        present: place.frame.is_some(),
        frame: place.frame,
        dirty: place.dirty,
        swap_slot: place.slot,
    }
}

/// Memory at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// The physical frames, lowest first.
    pub frames: Vec<FrameSlot>,
    /// The page tables of the living processes, in order of arrival.
    pub page_tables: Vec<PageTable>,
    /// The swap area's slots, lowest first. It grows by need; the last slot ever used is the last here.
    pub swap: Vec<SwapSlot>,
}

/// A physical frame and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameSlot {
    /// Its number, from 0.
    pub frame: u32,
    /// The owner's name; `None` where the frame is free.
    pub process: Option<String>,
    /// The number of the owner's page.
    pub page: Option<u32>,
}

/// A slot of the swap area, one page large, and whose copy it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwapSlot {
    /// Its number, from 0.
    pub slot: u32,
    /// The owner's name; `None` where the slot is free.
    pub process: Option<String>,
    /// The number of the owner's page.
    pub page: Option<u32>,
}

/// The page table of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageTable {
    /// The process.
    pub process: String,
    /// An entry a page.
    pub pages: Vec<TableEntry>,
}

/// One entry of a page table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TableEntry {
    /// The page's number, from 0.
    pub page: u32,
    /// Whether it is in memory.
    pub present: bool,
    /// The frame it is in.
    pub frame: Option<u32>,
    /// Whether it was written since it was loaded.
    pub dirty: bool,
    /// The slot of the swap area that holds a copy, which is stale while the page is dirty.
    pub swap_slot: Option<u32>,
}
