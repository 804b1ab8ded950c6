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
    number: usize,
    pid: u32,
    /// `None` when its end was heard.
    line: Option<Line>,
    intake: Intake,
    outside: Outside,
    ticks_per_second: u64,
    looked_at: u64,
    without_ring: u64,
    /// What its header said last.
    last: Account,
    /// Processor time that went into this process's records, beside what all processes share.
    cpu: Duration,
}

/// What ties us to a process that runs.
#[derive(Debug)]
struct Line {
    mapping: Arc<Mapping>,
    rings: Rings,
}

/// What a process's header says beside its rings.
#[derive(Debug, Clone, Copy, Default)]
struct Account {
    ticks: u64,
    waited_ticks: u64,
    has_come: bool,
    compared: [u64; 8],
}

impl Account {
    fn of(mapping: &Mapping) -> Self {
        let header = mapping.header();
        Self {
            ticks: mapping.ticks(),
            waited_ticks: header.waited_ticks.load(Ordering::Relaxed),
            has_come: mapping.owner() != 0,
            compared: std::array::from_fn(|at| header.compared[at].load(Ordering::Relaxed)),
        }
    }
}

impl Process {
    pub(super) fn new(
        mapping: Arc<Mapping>,
        launch: &Launch,
        (number, pid): (usize, u32),
        ticks_per_second: u64,
    ) -> Self {
        let outside = Outside::new(Path::new("/proc"), pid);
        let arguments = match number {
            0 => launch.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            _ => outside.arguments(),
        };
        let running_ms = u128::from(mapping.ticks()) * 1000 / u128::from(ticks_per_second);
        let start = Start {
            pid,
            parent_pid: if number == 0 { std::process::id() } else { outside.parent() },
            wall_ms: clock::wall_ms().saturating_sub(u64::try_from(running_ms).unwrap_or(0)),
            program: launch.program.to_string_lossy().into_owned(),
            arguments,
            sample_bytes: launch.sample_bytes,
            ticks_per_second,
            allocator: launch.allocator.clone(),
        };
        let mut intake = Intake::new(start);
        if launch.records {
            intake.record();
        }
        Self {
            number,
            pid,
            line: Some(Line { rings: Rings::new(mapping.wire()), mapping }),
            intake,
            outside,
            ticks_per_second,
            looked_at: 0,
            without_ring: 0,
            last: Account::default(),
            cpu: Duration::ZERO,
        }
    }

    /// Which of the tracking's processes it is: 0 is the program, and the children follow as they come.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
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
        self.line.is_none()
    }

    fn account(&self) -> Account {
        self.line.as_ref().map_or(self.last, |line| Account::of(&line.mapping))
    }

    /// Whether the preload library has come up in it.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.account().has_come
    }

    /// Whether it runs, and may wake nobody: its own filter of system calls does not allow that.
    pub(super) fn is_mute(&self) -> bool {
        let header = self.line.as_ref().map(|line| line.mapping.header());
        header.is_some_and(|header| header.is_mute.load(Ordering::Relaxed) != 0)
    }

    /// Time that its threads have waited because their rings were full, in milliseconds.
    #[must_use]
    pub fn waited_ms(&self) -> u64 {
        self.waited_us() / 1000
    }

    fn waited_us(&self) -> u64 {
        let ticks = u128::from(self.account().waited_ticks);
        u64::try_from(ticks * 1_000_000 / u128::from(self.ticks_per_second)).unwrap_or(u64::MAX)
    }

    /// Processor time that went into this process's records, beside what all processes share.
    pub(super) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Tells its session what tracking it has cost.
    pub(super) fn tell_cost(&mut self, host_cpu: Duration) {
        let host_cpu_us = u64::try_from(host_cpu.as_micros()).unwrap_or(u64::MAX);
        self.intake.cost(self.ticks(), host_cpu_us, self.waited_us());
    }

    pub(super) fn ticks_per_second(&self) -> u64 {
        self.ticks_per_second
    }

    /// Ticks of its clock until now, or until its end.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.account().ticks
    }

    /// What a library built to compare has counted: stacks, stacks that differ, and what else `check` says.
    #[must_use]
    pub fn compared(&self) -> [u64; 8] {
        self.account().compared
    }

    /// The bytes of its recording that are due.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        let begun = clock::thread_cpu();
        let bytes = self.intake.take_bytes(self.ticks());
        self.cpu += clock::thread_cpu().saturating_sub(begun);
        bytes
    }

    /// Whether one of its rings has much to tell.
    pub(super) fn has_backlog(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.rings.have_backlog())
    }

    /// Hears what was said until now.
    pub(super) fn hear(&mut self) {
        let Some(line) = &self.line else { return };
        let begun = clock::thread_cpu();
        line.mapping.header().heartbeat.fetch_add(1, Ordering::Relaxed);
        let until = line.mapping.ticks();
        self.read(until);
        if until.saturating_sub(self.looked_at) > self.ticks_per_second {
            self.looked_at = until;
            self.look(until);
        }
        self.cpu += clock::thread_cpu().saturating_sub(begun);
    }

    fn read(&mut self, until: u64) {
        let mut ears = Ears { intake: &mut self.intake, outside: &mut self.outside };
        if let Some(line) = &mut self.line {
            line.rings.read(until, &mut ears);
        }
    }

    /// Once a second: what the kernel says of its memory, and which threads are gone without a word.
    fn look(&mut self, ticks: u64) {
        if let Some(seen) = self.outside.look() {
            self.intake.outside(ticks, seen.rss_bytes, seen.heap_bytes);
        }
        if let Some(line) = &mut self.line {
            let threads = line.rings.threads();
            let gone: Vec<u32> = threads.filter(|&tid| !self.outside.has_thread(tid)).collect();
            if self.outside.is_there() {
                for tid in gone {
                    line.rings.end_thread(tid);
                }
            }
        }
        self.tell_without_ring(ticks);
    }

    fn tell_without_ring(&mut self, ticks: u64) {
        let Some(line) = &self.line else { return };
        let total = line.mapping.header().without_ring.load(Ordering::Relaxed);
        let events = total - self.without_ring;
        if events > 0 {
            self.without_ring = total;
            let record = Record::Lost { ticks, events, why: Loss::NoRing };
            self.intake.accept(u32::MAX, &record);
        }
    }

    /// Hears the last of it and lets its mapping go. `status` is that of wait(2).
    pub(super) fn end(&mut self, status: i32) {
        if self.is_over() {
            return;
        }
        self.last = self.account();
        let ticks = self.last.ticks;
        self.read(u64::MAX);
        self.tell_without_ring(ticks);
        self.intake.end(ticks, status);
        self.line = None;
    }

    /// Whether there is no process of its number any more.
    pub(super) fn is_gone(&self) -> bool {
        !self.outside.is_there()
    }

    /// The descriptor of its mapping, as long as it has one.
    pub(super) fn descriptor(&self) -> Option<u32> {
        self.line.as_ref().map(|line| line.mapping.descriptor())
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
