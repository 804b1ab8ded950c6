//! A session that keeps everything and thinks about it afterwards.

use std::collections::BTreeMap;

use super::inputs::{Step, Timed, address};

/// A block that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) stack: Vec<u64>,
    pub(crate) size: u64,
    pub(crate) from_us: u64,
    thread: u32,
    is_last: bool,
}

/// What is known of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) live_bytes: u64,
    pub(crate) live_blocks: u64,
    pub(crate) peak_bytes: u64,
    pub(crate) peak_blocks: u64,
    pub(crate) allocations: u64,
    pub(crate) bytes_allocated: u64,
    pub(crate) temporary: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Twin {
    pub(crate) live: BTreeMap<u64, Given>,
    pub(crate) peak: Vec<Given>,
    pub(crate) peak_bytes: u64,
    pub(crate) peak_us: u64,
    pub(crate) all: Vec<Given>,
    pub(crate) temporary: Vec<Given>,
    pub(crate) frees: u64,
    pub(crate) unmatched: u64,
    pub(crate) unseen: u64,
    pub(crate) lost: u64,
    pub(crate) lifetimes_us: Vec<u64>,
    pub(crate) now_us: u64,
}

impl Twin {
    pub(crate) fn of(program: &[Timed]) -> Twin {
        let mut twin = Twin::default();
        for (later_us, step) in program {
            twin.now_us += later_us;
            twin.step(step);
        }
        twin
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Alloc { thread, place, size, stack } => {
                self.alloc(*thread, address(*place), *size, stack);
            }
            Step::Free { thread, place } => self.free(*thread, address(*place)),
            Step::Realloc { thread, old, place, size, stack } => {
                self.free(*thread, address(*old));
                self.alloc(*thread, address(*place), *size, stack);
            }
            Step::Lost(events) => self.lost += events,
            _ => {}
        }
    }

    fn alloc(&mut self, thread: u32, address: u64, size: u64, stack: &[u64]) {
        self.live
            .values_mut()
            .filter(|given| given.thread == thread)
            .for_each(|given| given.is_last = false);
        let given =
            Given { stack: stack.to_vec(), size, from_us: self.now_us, thread, is_last: true };
        self.all.push(given.clone());
        self.unseen += u64::from(self.live.insert(address, given).is_some());
        let bytes = self.live.values().map(|given| given.size).sum();
        if bytes > self.peak_bytes {
            (self.peak_bytes, self.peak_us) = (bytes, self.now_us);
            self.peak = self.live.values().cloned().collect();
        }
    }

    fn free(&mut self, thread: u32, address: u64) {
        let Some(given) = self.live.remove(&address) else {
            self.unmatched += 1;
            return;
        };
        self.frees += 1;
        self.lifetimes_us.push(self.now_us - given.from_us);
        if given.is_last && given.thread == thread {
            self.temporary.push(given);
        }
    }

    /// The sums of every stack that asked for something.
    pub(crate) fn sums(&self) -> BTreeMap<Vec<u64>, Sums> {
        let mut sums: BTreeMap<Vec<u64>, Sums> = BTreeMap::new();
        for given in &self.all {
            let sum = sums.entry(given.stack.clone()).or_default();
            sum.allocations += 1;
            sum.bytes_allocated += given.size;
        }
        for given in self.live.values() {
            let sum = sums.entry(given.stack.clone()).or_default();
            sum.live_blocks += 1;
            sum.live_bytes += given.size;
        }
        for given in &self.peak {
            let sum = sums.entry(given.stack.clone()).or_default();
            sum.peak_blocks += 1;
            sum.peak_bytes += given.size;
        }
        for given in &self.temporary {
            sums.entry(given.stack.clone()).or_default().temporary += 1;
        }
        sums
    }
}
