//! Physical memory and the swap area: whose page is in which frame, which are dirty, and where their copies are.
//!
//! Under global replacement one governor knows the pages of all processes; under local replacement each process has its
//! own, which counts frames by itself: `map` says which physical frame each of them is.

use std::collections::{BTreeSet, HashMap};

use super::Problem;
use super::allocation::{self, Allocation, Spare};
use super::error::Error;
use super::free::FreeFrames;
use super::settings::{self, Settings};
use super::workload::Process;
use crate::paging::registry::Entry;
use crate::paging::{Act, Govern, Left, PageId, References, Setup};
use crate::processes::telling::{TAG, retold};

/// No frame, no slot.
const NONE: u32 = u32::MAX;

/// Where a page is, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    frame: u32,
    slot: u32,
    pub(super) dirty: bool,
    /// Read ahead, and not referenced since.
    pub(super) ahead: bool,
    /// The number, from 1, of its process's reference that used it last; 0 where none did since it was loaded. Kept
    /// only while steps are told.
    pub(super) used: u64,
}

const NOWHERE: Place = Place { frame: NONE, slot: NONE, dirty: false, ahead: false, used: 0 };

impl Place {
    pub(super) fn frame(&self) -> Option<u32> {
        (self.frame != NONE).then_some(self.frame)
    }

    pub(super) fn slot(&self) -> Option<u32> {
        (self.slot != NONE).then_some(self.slot)
    }
}

/// A page among those of all processes: the ranks of the first process's pages come first.
pub(super) type Rank = usize;

/// What a process's pages did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) resident: u64,
    pub(super) most_resident: u64,
    pub(super) writebacks: u64,
    pub(super) prefetched: u64,
    pub(super) prefetched_used: u64,
}

/// What came of an act of the disk.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Pages that were in memory before and are not any more, each with whether it was written back.
    pub(super) gone: Vec<(Rank, bool)>,
    /// Pages that were read ahead.
    pub(super) ahead: Vec<Rank>,
    /// What the policy said, where it was asked to.
    pub(super) said: Vec<String>,
}

impl Moved {
    pub(super) fn written(&self) -> u64 {
        self.gone.iter().filter(|(_, dirty)| *dirty).count() as u64
    }
}

struct Domain {
    governor: Box<dyn Govern>,
    map: Vec<u32>,
}

/// Frames, page tables and swap area.
pub(super) struct Frames<'p> {
    problem: &'p Problem,
    processes: &'p [Process],
    entry: &'static Entry,
    /// One for all, or one a process.
    domains: Vec<Domain>,
    /// The names of all pages under global replacement.
    names: Option<References>,
    /// The rank of each process's first page, and the number of all pages.
    first: Vec<Rank>,
    /// The page of the same process with the next number, for each page; empty where nothing is read ahead.
    after: Vec<Option<Rank>>,
    places: Vec<Place>,
    held: Vec<Option<Rank>>,
    free: FreeFrames,
    slots: Slots,
    shares: Option<Vec<usize>>,
    left: Left,
    pub(super) tallies: Vec<Tally>,
    /// Frames that hold something else, or differ in a bit, since this was emptied; only while steps are told.
    pub(super) changed: Vec<u32>,
    pub(super) tells: bool,
}

#[derive(Default)]
struct Slots {
    taken: u32,
    most: u64,
    given_back: BTreeSet<u32>,
}

impl Slots {
    fn take(&mut self) -> Option<u32> {
        if let Some(slot) = self.given_back.pop_first() {
            return Some(slot);
        }
        if u64::from(self.taken) >= self.most {
            return None;
        }
        self.taken += 1;
        Some(self.taken - 1)
    }
}

impl<'p> Frames<'p> {
    /// Empty memory for the first `degree` processes. The problem is checked.
    pub(super) fn new(
        problem: &'p Problem,
        entry: &'static Entry,
        degree: usize,
        settings: &Settings,
    ) -> Result<Frames<'p>, Error> {
        let processes = &problem.workload.processes()[..degree];
        let mut first = vec![0];
        for process in processes {
            first.push(first[first.len() - 1] + process.references.distinct());
        }
        let pages = first[degree];
        let is_global = problem.allocation == Allocation::Global;
        let tagged = || (0..pages as u64).map(|rank| (TAG + rank, false));
        let mut frames = Frames {
            problem,
            processes,
            entry,
            domains: Vec::new(),
            names: if is_global { Some(References::new(tagged())?) } else { None },
            after: if settings.readahead > 0 { after(processes) } else { Vec::new() },
            first,
            places: vec![NOWHERE; pages],
            held: vec![None; problem.frames],
            free: FreeFrames::all(problem.frames),
            slots: Slots { most: settings.swap_slots, ..Slots::default() },
            shares: shares(problem, processes, settings),
            left: Left::default(),
            tallies: vec![Tally::default(); degree],
            changed: Vec::new(),
            tells: false,
        };
        let domains = if is_global { 1 } else { degree };
        frames.domains = (0..domains).map(|domain| frames.empty_domain(domain)).collect();
        Ok(frames)
    }

    fn empty_domain(&self, domain: usize) -> Domain {
        let shares = self.shares.as_ref();
        let frames = shares.map_or(self.problem.frames, |shares| shares[domain]);
        let references = self.names.as_ref().unwrap_or(&self.processes[domain].references);
        let convention = &self.problem.convention;
        let governor = self.entry.governor(&Setup { frames, references, convention });
        Domain { governor, map: vec![NONE; frames] }
    }

    /// The fixed share of a process, where shares are fixed.
    pub(super) fn share(&self, process: usize) -> Option<u64> {
        self.shares.as_ref().map(|shares| shares[process] as u64)
    }

    pub(super) fn rank(&self, process: usize, page: PageId) -> Rank {
        self.first[process] + page.rank() as usize
    }

    /// The process that owns a page, and the page's number in its string.
    pub(super) fn owner(&self, rank: Rank) -> (usize, PageId) {
        let process = self.first.partition_point(|&first| first <= rank) - 1;
        (process, PageId::new(u32::try_from(rank - self.first[process]).unwrap_or(NONE)))
    }

    pub(super) fn place(&self, rank: Rank) -> &Place {
        &self.places[rank]
    }

    pub(super) fn holder(&self, frame: u32) -> Option<Rank> {
        self.held[frame as usize]
    }

    /// How many frames there are.
    pub(super) fn total(&self) -> u64 {
        self.held.len() as u64
    }

    /// The most slots that were taken at the same time.
    pub(super) fn slots_used(&self) -> u64 {
        u64::from(self.slots.taken)
    }

    /// A page as its governor knows it.
    fn governed(&self, rank: Rank) -> (usize, PageId) {
        match self.names {
            Some(_) => (0, PageId::new(u32::try_from(rank).unwrap_or(NONE))),
            None => self.owner(rank),
        }
    }

    /// Makes a reference if its page is resident. `None` if it is not; else what left, which is nothing but for policies
    /// that give frames back.
    #[inline]
    pub(super) fn touch(
        &mut self,
        process: usize,
        page: PageId,
        write: bool,
    ) -> Option<Result<Moved, Error>> {
        let rank = self.rank(process, page);
        let place = &mut self.places[rank];
        if place.frame == NONE {
            return None;
        }
        place.dirty |= write;
        if place.ahead {
            place.ahead = false;
            self.tallies[process].prefetched_used += 1;
        }
        if self.tells {
            return Some(self.act(Act::Reference(page, write), rank));
        }
        let (domain, page) =
            if self.names.is_some() { self.governed(rank) } else { (process, page) };
        self.domains[domain].governor.touch(page, write, &mut self.left);
        if self.left.pages.is_empty() {
            Some(Ok(Moved::default()))
        } else {
            Some(self.settle(rank))
        }
    }

    /// Makes a reference whose page is not resident: somebody's page may leave for it, and the next may be read ahead.
    pub(super) fn load(
        &mut self,
        process: usize,
        page: PageId,
        write: bool,
        readahead: u64,
    ) -> Result<Moved, Error> {
        let rank = self.rank(process, page);
        let ahead = self.next_on_disk(process, page, readahead);
        let mut moved = self.make_room(rank)?;
        moved.add(self.act(Act::Reference(page, write), rank)?);
        self.places[rank].dirty = write && self.places[rank].frame != NONE;
        for next in ahead {
            moved.add(self.make_room(next)?);
            let (_, page) = self.owner(next);
            moved.add(self.act(Act::ReadAhead(page), next)?);
            self.places[next].ahead = self.places[next].frame != NONE;
            self.tallies[process].prefetched += 1;
            moved.ahead.push(next);
        }
        Ok(moved)
    }

    /// The pages that are read with `page`: the next of its process that are not resident, while they lie next to it on disk,
    /// in neighbouring slots or both in the program's file.
    fn next_on_disk(&self, process: usize, page: PageId, readahead: u64) -> Vec<Rank> {
        let first = self.rank(process, page);
        let slot = self.places[first].slot;
        let follow = std::iter::successors(Some(first), |&rank| self.after.get(rank).copied()?);
        let beside = |&(rank, ahead): &(Rank, u64)| {
            let place = self.places[rank];
            let is_next = match slot {
                NONE => place.slot == NONE,
                slot => u64::from(place.slot) == u64::from(slot) + ahead,
            };
            place.frame == NONE && is_next
        };
        let ranks = follow.skip(1).zip(1..=readahead).take_while(beside);
        ranks.map(|(rank, _)| rank).collect()
    }

    /// Where a process may have more frames than are free, one of its own pages leaves, or, where it has none, one of the
    /// process with the most.
    fn make_room(&mut self, rank: Rank) -> Result<Moved, Error> {
        let is_variable = self.names.is_none() && self.shares.is_none();
        if !is_variable || !self.free.is_empty() {
            return Ok(Moved::default());
        }
        let (own, _) = self.owner(rank);
        let most = || {
            let resident = |&process: &usize| self.tallies[process].resident;
            (0..self.tallies.len()).rev().max_by_key(resident).unwrap_or(own)
        };
        let giver = if self.tallies[own].resident > 0 { own } else { most() };
        self.act(Act::Surrender, self.first[giver])
    }

    /// Lets the governor of the page `rank` act on it, and follows what it did.
    fn act(&mut self, act: Act, rank: Rank) -> Result<Moved, Error> {
        let (domain, page) = self.governed(rank);
        let act = match act {
            Act::Reference(_, write) => Act::Reference(page, write),
            Act::ReadAhead(_) => Act::ReadAhead(page),
            Act::Surrender => Act::Surrender,
        };
        let governor = &mut self.domains[domain].governor;
        if !self.tells {
            governor.act(act, &mut self.left);
            return self.settle(rank);
        }
        let references = self.names.as_ref().unwrap_or(&self.processes[domain].references);
        let said = governor.told(act, references, &mut self.left);
        let mut moved = self.settle(rank)?;
        moved.said.push(self.retold(domain, &said));
        Ok(moved)
    }

    fn retold(&self, domain: usize, said: &str) -> String {
        let label = |number: u64| {
            let rank = usize::try_from(number.checked_sub(TAG)?).ok()?;
            (rank < self.places.len()).then(|| self.label(rank))
        };
        let frame = |number: u64| {
            let frame = self.domains[domain].map.get(usize::try_from(number).ok()?).copied();
            frame.filter(|&frame| frame != NONE)
        };
        retold(said, label, frame)
    }

    /// A page as sentences call it: `p1:2`.
    pub(super) fn label(&self, rank: Rank) -> String {
        let (process, page) = self.owner(rank);
        let Process { name, references } = &self.processes[process];
        format!("{name}:{}", references.name(page))
    }

    /// Brings frames and tables to where the governor of `rank` has its pages.
    fn settle(&mut self, rank: Rank) -> Result<Moved, Error> {
        let (domain, page) = self.governed(rank);
        let mut moved = Moved::default();
        let mut pages = std::mem::take(&mut self.left.pages);
        for page in pages.drain(..) {
            let gone =
                if self.names.is_some() { page.rank() as usize } else { self.rank(domain, page) };
            moved.gone.push((gone, self.detach(gone)?));
        }
        self.left.pages = pages;
        let local = self.domains[domain].governor.memory().frame_of(page);
        if let Some(local) = local.filter(|_| self.places[rank].frame == NONE) {
            self.attach(domain, local.number(), rank);
        }
        Ok(moved)
    }

    fn attach(&mut self, domain: usize, local: u32, rank: Rank) {
        let before = self.domains[domain].map[local as usize];
        let Some(frame) = self.free.take(Some(before).filter(|&before| before != NONE)) else {
            return;
        };
        self.domains[domain].map[local as usize] = frame;
        self.held[frame as usize] = Some(rank);
        self.places[rank] = Place { frame, slot: self.places[rank].slot, ..NOWHERE };
        let (process, _) = self.owner(rank);
        let tally = &mut self.tallies[process];
        tally.resident += 1;
        tally.most_resident = tally.most_resident.max(tally.resident);
        self.note(frame);
    }

    /// Takes a page out of its frame, and returns whether it goes to its slot.
    fn detach(&mut self, rank: Rank) -> Result<bool, Error> {
        let Place { frame, mut slot, dirty, .. } = self.places[rank];
        if frame == NONE {
            return Ok(false);
        }
        let (process, page) = self.owner(rank);
        if dirty && slot == NONE {
            slot = self.slots.take().ok_or_else(|| Error::SwapFull {
                slots: self.slots.most,
                process: self.processes[process].name.clone(),
                page: self.processes[process].references.name(page),
                references: 0,
            })?;
        }
        self.tallies[process].writebacks += u64::from(dirty);
        self.tallies[process].resident -= 1;
        self.places[rank] = Place { slot, ..NOWHERE };
        self.held[frame as usize] = None;
        self.free.insert(frame);
        self.note(frame);
        Ok(dirty)
    }

    /// Takes all pages of a process out of memory. Where it `ends`, nothing of it is worth a write, and its slots are free.
    pub(super) fn empty(&mut self, process: usize, ends: bool) -> Result<Moved, Error> {
        let mut moved = Moved::default();
        for rank in self.first[process]..self.first[process + 1] {
            if ends {
                self.places[rank].dirty = false;
            }
            if self.places[rank].frame != NONE {
                let (domain, page) = self.governed(rank);
                if self.names.is_some() {
                    self.domains[domain].governor.forget(page);
                }
                moved.gone.push((rank, self.detach(rank)?));
            }
            if let (true, Some(slot)) = (ends, self.places[rank].slot()) {
                self.slots.given_back.insert(slot);
                self.places[rank].slot = NONE;
            }
        }
        if self.names.is_none() {
            self.domains[process] = self.empty_domain(process);
        }
        Ok(moved)
    }

    /// Notes which of its process's references used a page last; only while steps are told.
    pub(super) fn used(&mut self, rank: Rank, number: u64) {
        self.places[rank].used = number;
        if let Some(frame) = self.places[rank].frame() {
            self.note(frame);
        }
    }

    fn note(&mut self, frame: u32) {
        if self.tells {
            self.changed.push(frame);
        }
    }
}

impl Moved {
    fn add(&mut self, other: Moved) {
        if self.gone.is_empty() {
            self.gone = other.gone;
        } else {
            self.gone.extend(other.gone);
        }
        self.said.extend(other.said);
    }
}

/// The rank of the page with the next number, for each page of these processes.
fn after(processes: &[Process]) -> Vec<Option<Rank>> {
    let mut after = Vec::new();
    for Process { references, .. } in processes {
        let first = after.len();
        let pages = (0..).map(PageId::new).take(references.distinct());
        let names: Vec<u64> = pages.map(|page| references.name(page)).collect();
        let ranks: HashMap<u64, Rank> = names.iter().copied().zip(first..).collect();
        after.extend(names.iter().map(|name| ranks.get(&(name + 1)).copied()));
    }
    after
}

/// The fixed shares of processes; `None` where shares are not fixed.
fn shares(problem: &Problem, processes: &[Process], settings: &Settings) -> Option<Vec<usize>> {
    if !problem.allocation.is_fixed() {
        return None;
    }
    let sizes: Vec<u64> =
        processes.iter().map(|process| process.references.distinct() as u64).collect();
    let spare = match problem.convention.word(&settings::SPARE) {
        "remainder" => Spare::LargestRemainder,
        _ => Spare::Free,
    };
    let places = settings.limit.min(processes.len());
    let equal = problem.allocation == Allocation::Equal;
    Some(allocation::shares(problem.frames, &sizes, places, equal, spare))
}
