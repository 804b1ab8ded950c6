//! One tracked process: its mapping, its rings, its session.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ramscope_events::record::Record;
use ramscope_events::{Delta, Loss, Via};

use super::map::Mapping;
use super::outside::Outside;
use super::rings::{Hear, Rings};
use super::{Launch, clock};
use crate::Intake;
use crate::event::Start;

/// A tracked process and what it has said.
#[derive(Debug)]
pub struct Process {
    mapping: Arc<Mapping>,
    rings: Rings,
    intake: Intake,
    pid: u32,
    outside: Outside,
    ticks_per_second: u64,
    looked_at: u64,
    without_ring: u64,
    is_over: bool,
    /// Processor time that went into this process's records, beside what all processes share.
    cpu: Duration,
}

impl Process {
    pub(super) fn new(
        mapping: Arc<Mapping>,
        launch: &Launch,
        pid: u32,
        ticks_per_second: u64,
    ) -> Self {
        let arguments = launch.arguments.iter().map(|word| word.to_string_lossy().into_owned());
        let start = Start {
            pid,
            parent_pid: std::process::id(),
            wall_ms: clock::wall_ms(),
            program: launch.program.to_string_lossy().into_owned(),
            arguments: arguments.collect(),
            sample_bytes: launch.sample_bytes,
            ticks_per_second,
            allocator: launch.allocator.clone(),
        };
        let rings = Rings::new(mapping.wire());
        let mut intake = Intake::new(start);
        if launch.records {
            intake.record();
        }
        Self {
            mapping,
            rings,
            intake,
            pid,
            outside: Outside::new(Path::new("/proc"), pid),
            ticks_per_second,
            looked_at: 0,
            without_ring: 0,
            is_over: false,
            cpu: Duration::ZERO,
        }
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its session and recording.
    #[must_use]
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The same, to be recorded.
    pub fn intake_mut(&mut self) -> &mut Intake {
        &mut self.intake
    }

    /// Whether its end was heard.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the preload library has come up in it.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.mapping.owner() != 0
    }

    /// Whether it runs, and may wake nobody: its own filter of system calls does not allow that.
    pub(super) fn is_mute(&self) -> bool {
        !self.is_over && self.mapping.header().is_mute.load(Ordering::Relaxed) != 0
    }

    /// Time that its threads have waited because their rings were full, in milliseconds.
    #[must_use]
    pub fn waited_ms(&self) -> u64 {
        self.waited_us() / 1000
    }

    fn waited_us(&self) -> u64 {
        let ticks = self.mapping.header().waited_ticks.load(Ordering::Relaxed);
        let us = u128::from(ticks) * 1_000_000 / u128::from(self.ticks_per_second);
        u64::try_from(us).unwrap_or(u64::MAX)
    }

    /// Processor time that went into this process's records, beside what all processes share.
    pub(super) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Tells its session what tracking it has cost.
    pub(super) fn tell_cost(&mut self, host_cpu: Duration) {
        let host_cpu_us = u64::try_from(host_cpu.as_micros()).unwrap_or(u64::MAX);
        let ticks = if self.is_over { 0 } else { self.mapping.ticks() };
        self.intake.cost(ticks, host_cpu_us, self.waited_us());
    }

    pub(super) fn ticks_per_second(&self) -> u64 {
        self.ticks_per_second
    }

    /// Ticks of its clock until now.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.mapping.ticks()
    }

    /// What a library built to compare has counted: stacks, stacks that differ, and what else `check` says.
    #[must_use]
    pub fn compared(&self) -> [u64; 8] {
        let compared = &self.mapping.header().compared;
        std::array::from_fn(|at| compared[at].load(Ordering::Relaxed))
    }

    /// The bytes of its recording that are due.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        let begun = clock::thread_cpu();
        let ticks = self.mapping.ticks();
        let bytes = self.intake.take_bytes(ticks);
        self.cpu += clock::thread_cpu().saturating_sub(begun);
        bytes
    }

    pub(super) fn set_spare(&self, descriptor: u32) {
        self.mapping.set_spare(descriptor);
    }

    /// Sleeps for so long at the most; not at all where one of its rings has much to tell.
    pub(super) fn sleep(&self, milliseconds: u32) {
        self.mapping.sleep(milliseconds, || self.rings.have_backlog());
    }

    /// Hears what was said until now.
    pub(super) fn hear(&mut self) {
        if self.is_over {
            return;
        }
        let begun = clock::thread_cpu();
        self.mapping.header().heartbeat.fetch_add(1, Ordering::Relaxed);
        let until = self.mapping.ticks();
        self.read(until);
        if until.saturating_sub(self.looked_at) > self.ticks_per_second {
            self.looked_at = until;
            self.look(until);
        }
        self.cpu += clock::thread_cpu().saturating_sub(begun);
    }

    fn read(&mut self, until: u64) {
        let mut ears = Ears { intake: &mut self.intake, outside: &mut self.outside };
        self.rings.read(until, &mut ears);
    }

    /// Once a second: what the kernel says of its memory, and which threads are gone without a word.
    fn look(&mut self, ticks: u64) {
        if let Some(seen) = self.outside.look() {
            self.intake.outside(ticks, seen.rss_bytes, seen.heap_bytes);
        }
        let gone: Vec<u32> =
            self.rings.threads().filter(|&tid| !self.outside.has_thread(tid)).collect();
        if self.outside.is_there() {
            for tid in gone {
                self.rings.end_thread(tid);
            }
        }
        self.tell_without_ring(ticks);
    }

    fn tell_without_ring(&mut self, ticks: u64) {
        let total = self.mapping.header().without_ring.load(Ordering::Relaxed);
        let events = total - self.without_ring;
        if events > 0 {
            self.without_ring = total;
            let record = Record::Lost { ticks, events, why: Loss::NoRing };
            self.intake.accept(u32::MAX, &record);
        }
    }

    /// Hears the last of it. `status` is that of wait(2).
    pub(super) fn end(&mut self, status: i32) {
        if !self.is_over {
            let ticks = self.mapping.ticks();
            self.read(u64::MAX);
            self.tell_without_ring(ticks);
            self.intake.end(ticks, status);
            self.is_over = true;
        }
    }

    /// Ends a child that is no more; nobody told us how. With `all`, also one that runs on.
    pub(super) fn end_if_gone(&mut self, all: bool) {
        if !self.is_over && (all || !self.outside.is_there()) {
            self.end(0);
        }
    }
}

/// Tells the session what threads say, and the look from outside which mappings are not the allocator's.
struct Ears<'a> {
    intake: &'a mut Intake,
    outside: &'a mut Outside,
}

impl Hear for Ears<'_> {
    #[inline(always)]
    fn expect(&self, address: u64) {
        self.intake.expect(address);
    }

    #[inline(always)]
    fn alloc(
        &mut self,
        thread: u32,
        ticks: u64,
        address: u64,
        size: u64,
        via: Via,
        stack: Delta<'_>,
    ) {
        self.intake.accept_alloc(thread, ticks, address, size, via, stack);
    }

    #[inline(always)]
    fn free(&mut self, thread: u32, ticks: u64, address: u64) {
        self.intake.accept_free(thread, ticks, address);
    }

    fn other(&mut self, thread: u32, record: &Record<'_>) {
        match *record {
            Record::Map { address, size, via: Via::Mmap | Via::Mremap, .. } => {
                self.outside.mapped(address, size);
            }
            Record::Unmap { address, size, .. } => self.outside.unmapped(address, size),
            Record::Module { start, end, .. } => self.outside.module(start, end),
            Record::Begin { .. } => self.outside.forget(),
            _ => {}
        }
        self.intake.accept(thread, record);
    }
}
