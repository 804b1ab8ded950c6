//! The machine once more, slow and obvious, written from the module's documentation: memory is a list of pages, first to
//! leave first, and every question is answered by looking through everything.

use ramscope_sim::demand::{Process, Workload};

/// A page: its process, and its number.
pub(crate) type Page = (usize, u64);

/// What a run costs and how it is set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lru: bool,
    /// The frames of all, or, under local replacement, of each process.
    pub(crate) frames: usize,
    pub(crate) local: bool,
    pub(crate) quantum: u64,
    pub(crate) switch_ns: u64,
    pub(crate) readahead: u64,
}

pub(crate) const MEMORY_NS: u64 = 10;
pub(crate) const FAULT_NS: u64 = 7;
pub(crate) const READ_NS: u64 = 100;
pub(crate) const WRITE_NS: u64 = 60;
pub(crate) const TRANSFER_NS: u64 = 11;

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) faults: u64,
    pub(crate) writebacks: u64,
    pub(crate) prefetched: u64,
    pub(crate) prefetched_used: u64,
    pub(crate) elapsed_ns: u64,
    pub(crate) idle_ns: u64,
    pub(crate) switch_ns: u64,
    pub(crate) finished_ns: Vec<u64>,
}

struct Held {
    page: Page,
    dirty: bool,
    ahead: bool,
}

struct Twin<'a> {
    rules: Rules,
    processes: &'a [Process],
    memory: Vec<Held>,
    slots: Vec<Option<Page>>,
    position: Vec<usize>,
    served: Vec<bool>,
    ready: Vec<usize>,
    disk: Vec<usize>,
    done_at: Option<u64>,
    now: u64,
    found: Found,
}

pub(crate) fn run(workload: &Workload, rules: Rules) -> Found {
    let processes = workload.processes();
    let count = processes.len();
    let mut twin = Twin {
        rules,
        processes,
        memory: Vec::new(),
        slots: Vec::new(),
        position: vec![0; count],
        served: vec![false; count],
        ready: (0..count).collect(),
        disk: Vec::new(),
        done_at: None,
        now: 0,
        found: Found { finished_ns: vec![0; count], ..Found::default() },
    };
    twin.live();
    twin.found.elapsed_ns = twin.now;
    twin.found
}

impl Twin<'_> {
    fn live(&mut self) {
        let mut last = None;
        loop {
            self.disk_until_now();
            if self.ready.is_empty() {
                let Some(done) = self.done_at else { return };
                self.found.idle_ns += done - self.now;
                self.now = done;
                continue;
            }
            let process = self.ready.remove(0);
            if last.is_some_and(|last| last != process) {
                self.now += self.rules.switch_ns;
                self.found.switch_ns += self.rules.switch_ns;
            }
            last = Some(process);
            self.turn(process);
        }
    }

    fn turn(&mut self, process: usize) {
        for _ in 0..self.rules.quantum {
            self.disk_until_now();
            let (page, write) = self.reference(process);
            if !self.served[process] {
                let Some(at) = self.memory.iter().position(|held| held.page == page) else {
                    self.now += FAULT_NS;
                    self.disk_until_now();
                    self.disk.push(process);
                    self.start();
                    return;
                };
                let held = &mut self.memory[at];
                held.dirty |= write;
                self.found.prefetched_used += u64::from(std::mem::take(&mut held.ahead));
                if self.rules.lru {
                    let held = self.memory.remove(at);
                    self.memory.push(held);
                }
            }
            self.served[process] = false;
            self.now += MEMORY_NS;
            self.position[process] += 1;
            if self.position[process] == self.processes[process].references.len() {
                self.memory.retain(|held| held.page.0 != process);
                let slots = self.slots.iter_mut();
                slots
                    .filter(|slot| slot.is_some_and(|(owner, _)| owner == process))
                    .for_each(|slot| *slot = None);
                self.found.finished_ns[process] = self.now;
                return;
            }
        }
        self.disk_until_now();
        self.ready.push(process);
    }

    fn reference(&self, process: usize) -> (Page, bool) {
        let references = &self.processes[process].references;
        let (page, write) = references.get(self.position[process]).unwrap();
        ((process, references.name(page)), write)
    }

    fn disk_until_now(&mut self) {
        while let Some(done) = self.done_at.filter(|&done| done <= self.now) {
            let process = self.disk.remove(0);
            self.served[process] = true;
            self.ready.push(process);
            self.done_at = None;
            self.start_at(done);
        }
    }

    fn start(&mut self) {
        if self.done_at.is_none() {
            self.start_at(self.now);
        }
    }

    fn start_at(&mut self, at: u64) {
        let Some(&process) = self.disk.first() else { return };
        let (page, write) = self.reference(process);
        let ahead = self.next_on_disk(page);
        let before = self.found.writebacks;
        self.found.faults += 1;
        self.bring(Held { page, dirty: write, ahead: false });
        for &next in &ahead {
            self.found.prefetched += 1;
            self.bring(Held { page: next, dirty: false, ahead: true });
        }
        let written = self.found.writebacks - before;
        let service = READ_NS + written * WRITE_NS + ahead.len() as u64 * TRANSFER_NS;
        self.done_at = Some(at + service);
    }

    fn next_on_disk(&self, (process, number): Page) -> Vec<Page> {
        let references = &self.processes[process].references;
        let slot = |page: Page| self.slots.iter().position(|&slot| slot == Some(page));
        let mut found = Vec::new();
        for ahead in 1..=self.rules.readahead {
            let next = (process, number + ahead);
            let named = references.iter().any(|(page, _)| references.name(page) == next.1);
            let resident = self.memory.iter().any(|held| held.page == next);
            let steps = usize::try_from(ahead).unwrap();
            let beside = slot(next) == slot((process, number)).map(|slot| slot + steps);
            if !named || resident || !beside {
                break;
            }
            found.push(next);
        }
        found
    }

    fn bring(&mut self, held: Held) {
        let rival = |other: &Held| !self.rules.local || other.page.0 == held.page.0;
        if self.memory.iter().filter(|other| rival(other)).count() == self.rules.frames {
            let first = self.memory.iter().position(rival).unwrap();
            let gone = self.memory.remove(first);
            if gone.dirty {
                self.found.writebacks += 1;
                if !self.slots.contains(&Some(gone.page)) {
                    let free = self.slots.iter().position(Option::is_none);
                    let slot = free.unwrap_or(self.slots.len());
                    self.slots.resize(self.slots.len().max(slot + 1), None);
                    self.slots[slot] = Some(gone.page);
                }
            }
        }
        self.memory.push(held);
    }
}
