//! The door: events of a program that runs, or of a recording, become a session, and where that is wanted a recording.

use ramscope_events::record::Record;

use crate::blocks::Block;
use crate::event::{Event, Module, Start, ThreadId};
use crate::labels::Label;
use crate::recording::{Meanings, Recorder, Said, encode_header};
use crate::session::{Cost, Session};
use crate::tree::{FrameId, NodeId};

/// Bits behind the point of a tick's microseconds: a tick of 0.3 ns is then exact to a part in 10^8.
const US_BITS: u32 = 40;

/// Takes events in, in the order of their times.
#[derive(Clone, Debug)]
pub struct Intake {
    session: Session,
    recorder: Option<Recorder>,
    /// The recording's header, until somebody takes it.
    header: Vec<u8>,
    now_us: u64,
    /// In 2^-[`US_BITS`].
    us_per_tick: u64,
    /// Reallocs that have begun and not ended.
    lifted: Vec<Lifted>,
    meanings: Meanings,
}

/// A block whose realloc has begun.
#[derive(Clone, Copy, Debug)]
struct Lifted {
    thread: ThreadId,
    address: u64,
    block: Option<Block>,
}

impl Intake {
    /// A session in which nothing happened yet.
    pub fn new(start: Start) -> Intake {
        let us_per_tick = (1_000_000 << US_BITS) / start.ticks_per_second.max(1);
        Intake {
            session: Session::new(start),
            recorder: None,
            header: Vec::new(),
            now_us: 0,
            us_per_tick,
            lifted: Vec::new(),
            meanings: Meanings::default(),
        }
    }

    /// Makes a recording of what comes from now on.
    pub fn record(&mut self) {
        self.header = encode_header(self.session.start());
        self.recorder = Some(Recorder::new());
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session alone.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// The bytes of the recording that are whole and that nobody took yet; what waits longer than half a second is among them.
    pub fn take_bytes(&mut self, ticks: u64) -> Vec<u8> {
        let now_us = self.us(ticks);
        let is_over = self.session.ending().is_some();
        self.take(now_us, is_over)
    }

    /// The bytes of the recording up to now.
    pub fn take_bytes_now(&mut self, ticks: u64) -> Vec<u8> {
        let now_us = self.us(ticks);
        self.take(now_us, true)
    }

    fn take(&mut self, now_us: u64, wanted: bool) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.header);
        if let Some(recorder) = &mut self.recorder {
            bytes.append(&mut recorder.take(now_us, wanted));
        }
        bytes
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "2^64 microseconds are half a million years"
    )]
    fn us(&self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.us_per_tick)) >> US_BITS) as u64
    }

    /// A record of the thread with that serial number.
    #[inline]
    pub fn accept(&mut self, thread: u32, record: &Record<'_>) {
        let (time_us, thread) = (self.us(record.ticks()), ThreadId(thread));
        match *record {
            Record::Alloc { ticks, address, size, via, stack } => {
                self.accept_alloc(thread.0, ticks, address, size, via, stack);
            }
            Record::Free { address, moving: false, .. } => self.free(time_us, thread, address),
            Record::Free { address, moving: true, .. } => self.lift(time_us, thread, address),
            _ => self.accept_rare(time_us, thread, record),
        }
    }

    /// A block at that address is soon to be given out or back.
    #[inline]
    pub(crate) fn expect(&self, address: u64) {
        std::hint::black_box(self.session.blocks.touch(address));
    }

    /// A [`Record::Alloc`] of the thread with that serial number, by its parts.
    #[inline]
    pub fn accept_alloc(
        &mut self,
        thread: u32,
        ticks: u64,
        address: u64,
        size: u64,
        via: ramscope_events::Via,
        stack: ramscope_events::Delta<'_>,
    ) {
        let (time_us, thread) = (self.us(ticks), ThreadId(thread));
        let node = self.session.stack(thread, stack.into());
        let moved = via == ramscope_events::Via::Realloc;
        self.alloc(time_us, thread, address, size, node, moved);
    }

    /// A [`Record::Free`] that begins no `realloc`, of the thread with that serial number, by its parts.
    #[inline]
    pub fn accept_free(&mut self, thread: u32, ticks: u64, address: u64) {
        self.free(self.us(ticks), ThreadId(thread), address);
    }

    fn accept_rare(&mut self, time_us: u64, thread: ThreadId, record: &Record<'_>) {
        match *record {
            Record::Kept { .. } => self.kept(thread),
            Record::Stack { stack, .. } => {
                self.session.stack(thread, stack.into());
            }
            Record::Map { address, size, stack, .. } => {
                let node = self.session.stack(thread, stack.into());
                self.map(time_us, thread, (address, size), node);
            }
            Record::Unmap { address, size: length, .. } => {
                self.hear(time_us, &Event::Unmap { thread, address, length });
            }
            Record::Module { start, end, bias, build_id, path, .. } => {
                let path = String::from_utf8_lossy(path);
                self.session.module(&Module { bias, start, end, path: &path, build_id });
            }
            Record::ModuleGone { start, .. } => self.session.module_gone(start),
            Record::ThreadStart { tid, name, .. } => {
                let name = String::from_utf8_lossy(name);
                self.hear(time_us, &Event::Thread { thread, tid, name: &name });
            }
            Record::ThreadEnd { .. } => self.hear(time_us, &Event::ThreadEnd { thread }),
            Record::Begin { program, .. } => {
                let program = String::from_utf8_lossy(program);
                self.hear(time_us, &Event::Begin { program: &program });
            }
            Record::Lost { events, why, .. } => {
                self.settle(time_us, thread);
                self.hear(time_us, &Event::Lost { events, why });
            }
            Record::Alloc { .. } | Record::Free { .. } => {}
        }
    }

    /// What was seen from outside.
    pub fn outside(&mut self, ticks: u64, rss_bytes: u64, heap_bytes: u64) {
        self.hear(self.us(ticks), &Event::Resident { rss_bytes, heap_bytes });
    }

    /// What tracking has cost until now; at the end's own time where `ticks` lie before it.
    pub fn cost(&mut self, ticks: u64, host_cpu_us: u64, waited_us: u64) {
        self.hear(self.us(ticks), &Event::Cost { host_cpu_us, waited_us });
    }

    /// The program ended, as `waitpid` tells it.
    pub fn end(&mut self, ticks: u64, status: i32) {
        self.hear(self.us(ticks), &Event::End { status });
    }

    /// An event, at `time_us`.
    pub fn hear(&mut self, time_us: u64, event: &Event<'_>) {
        let time_us = self.at(time_us);
        let (session, recorder) = (&mut self.session, &mut self.recorder);
        match *event {
            Event::Alloc { thread, address, size, stack } => {
                let node = session.stack(thread, stack);
                self.alloc(time_us, thread, address, size, node, false);
            }
            Event::Free { thread, address } => self.free(time_us, thread, address),
            Event::Realloc { thread, old, address, size, stack } => {
                let node = session.stack(thread, stack);
                self.lift(time_us, thread, old);
                self.alloc(time_us, thread, address, size, node, true);
            }
            Event::Map { thread, address, length, stack } => {
                let node = session.stack(thread, stack);
                self.map(time_us, thread, (address, length), node);
            }
            Event::Unmap { thread, address, length } => {
                session.unmap(time_us, address, length);
                if let Some(recorder) = recorder {
                    recorder.unmap(time_us, thread, (address, length), session);
                }
            }
            Event::Thread { thread, tid, name } => {
                session.threads.call(thread, tid, name);
                if let Some(recorder) = recorder {
                    recorder.name(time_us, thread, (tid, name), session);
                }
            }
            Event::ThreadEnd { thread } => {
                self.settle(time_us, thread);
                self.session.threads.end(thread);
                if let Some(recorder) = &mut self.recorder {
                    recorder.thread_end(time_us, thread, &self.session);
                }
            }
            Event::Module(ref module) => session.module(module),
            Event::ModuleGone { start } => session.module_gone(start),
            Event::Begin { .. }
            | Event::Lost { .. }
            | Event::Resident { .. }
            | Event::Cost { .. }
            | Event::End { .. } => {
                self.hear_of_all(time_us, event);
            }
        }
    }

    /// What belongs to no thread.
    fn hear_of_all(&mut self, time_us: u64, event: &Event<'_>) {
        if let Event::End { .. } | Event::Begin { .. } = event {
            while let Some(lifted) = self.lifted.last().copied() {
                self.settle(time_us, lifted.thread);
            }
        }
        let (session, recorder) = (&mut self.session, self.recorder.as_mut());
        match *event {
            Event::Begin { program } => {
                let replaced = session.begin(program);
                if let Some(recorder) = recorder {
                    recorder.program(time_us, program, replaced);
                }
            }
            Event::Lost { events, why } => {
                session.lost(time_us, events, why);
                if let Some(recorder) = recorder {
                    recorder.lost(time_us, events, why);
                }
            }
            Event::Resident { rss_bytes, heap_bytes } => {
                session.see_resident(time_us, rss_bytes, heap_bytes);
                if let Some(recorder) = recorder {
                    recorder.resident(time_us, rss_bytes, heap_bytes);
                }
            }
            Event::Cost { host_cpu_us, waited_us } => {
                session.see_cost(time_us, Cost { host_cpu_us, waited_us });
                if let Some(recorder) = recorder {
                    recorder.cost(time_us, host_cpu_us, waited_us);
                }
            }
            Event::End { status } => {
                session.end(time_us, status);
                if let Some(recorder) = recorder {
                    recorder.end(time_us, status);
                }
            }
            _ => {}
        }
    }

    /// What a recording says, at `time_us`.
    pub fn replay(&mut self, time_us: u64, said: &Said<'_>) {
        let thread_of = |intake: &Intake, thread| intake.meanings.thread_of(thread);
        match *said {
            Said::Alloc { thread, address, size, node } => {
                let (thread, node) = (thread_of(self, thread), self.meanings.node_of(node));
                self.alloc(time_us, thread, address, size, node, false);
            }
            Said::Free { thread, address } => self.free(time_us, thread_of(self, thread), address),
            Said::Realloc { thread, old, address, size, node } => {
                let (thread, node) = (thread_of(self, thread), self.meanings.node_of(node));
                self.lift(time_us, thread, old);
                self.alloc(time_us, thread, address, size, node, true);
            }
            Said::Map { thread, address, length, node } => {
                let (thread, node) = (thread_of(self, thread), self.meanings.node_of(node));
                self.map(time_us, thread, (address, length), node);
            }
            Said::Block => self.meanings.begin(),
            Said::Thread { serial, tid, name } => {
                self.meanings.thread(ThreadId(serial));
                self.session.threads.call(ThreadId(serial), tid, name);
            }
            Said::Module(ref module) => {
                self.meanings.module(self.session.tree.module_told(module));
            }
            Said::Frame { module, address } => {
                self.meanings.frame(module, address, &mut self.session.tree);
            }
            Said::Node { parent, frame } => {
                self.meanings.node(parent, frame, &mut self.session.tree);
            }
            Said::Unmap { thread, address, length } => {
                self.hear(
                    time_us,
                    &Event::Unmap { thread: thread_of(self, thread), address, length },
                );
            }
            Said::Name { thread, tid, name } => {
                self.hear(time_us, &Event::Thread { thread: thread_of(self, thread), tid, name });
            }
            Said::ThreadEnd { thread } => {
                self.hear(time_us, &Event::ThreadEnd { thread: thread_of(self, thread) });
            }
            Said::Lost { events, why } => self.hear(time_us, &Event::Lost { events, why }),
            Said::Resident { rss_bytes, heap_bytes } => {
                self.hear(time_us, &Event::Resident { rss_bytes, heap_bytes });
            }
            Said::Cost { host_cpu_us, waited_us } => {
                self.hear(time_us, &Event::Cost { host_cpu_us, waited_us });
            }
            Said::End { status } => self.hear(time_us, &Event::End { status }),
            Said::Begin { program } => self.hear(time_us, &Event::Begin { program }),
            Said::Labels { frame, labels } => {
                let frame = self.meanings.frame_of(frame);
                self.label(time_us, frame, labels);
            }
        }
    }

    /// What the functions at a frame of the session are called; a frame that has names keeps them.
    pub fn label(&mut self, time_us: u64, frame: FrameId, labels: &[Label]) {
        let time_us = self.at(time_us);
        if !self.session.tree.label(frame, labels) {
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            let labels = self.session.tree.labels().of(frame);
            recorder.labels(time_us, frame, labels, &self.session);
        }
    }

    /// Time never goes back: clocks of two processors may differ by a little.
    #[inline]
    fn at(&mut self, time_us: u64) -> u64 {
        self.now_us = self.now_us.max(time_us);
        self.now_us
    }

    #[inline]
    fn alloc(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        address: u64,
        size: u64,
        node: NodeId,
        moved: bool,
    ) {
        let time_us = self.at(time_us);
        let lifted =
            if self.lifted.is_empty() { None } else { self.land(time_us, thread, address, moved) };
        if let Some(Lifted { block: Some(block), .. }) = lifted {
            self.session.free_lifted(time_us, thread, &block);
            let sequence = self.session.alloc(time_us, thread, address, size, node);
            if let Some(recorder) = &mut self.recorder {
                recorder.realloc(
                    time_us,
                    thread,
                    &block,
                    node,
                    sequence,
                    (address, size),
                    &self.session,
                );
            }
            return;
        }
        if let Some(Lifted { address: old, .. }) = lifted {
            self.free(time_us, thread, old);
        }
        let sequence = self.session.alloc(time_us, thread, address, size, node);
        if let Some(recorder) = &mut self.recorder {
            recorder.alloc(time_us, thread, node, sequence, (address, size), &self.session);
        }
    }

    /// What a new block means for the reallocs that have begun: the one that it ends, if it ends one.
    #[cold]
    fn land(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        address: u64,
        moved: bool,
    ) -> Option<Lifted> {
        let own = self.lifted.iter().position(|lifted| lifted.thread == thread);
        let landed = own.filter(|_| moved).map(|at| self.lifted.swap_remove(at));
        if !moved {
            self.settle(time_us, thread);
        }
        // A place that another thread gets was given back by the realloc that has begun on it.
        let taken = |lifted: &Lifted| lifted.address == address && lifted.block.is_some();
        if let Some(at) = self.lifted.iter().position(taken) {
            let lifted = self.lifted.swap_remove(at);
            self.give_back(time_us, lifted);
        }
        landed
    }

    #[inline]
    fn free(&mut self, time_us: u64, thread: ThreadId, address: u64) {
        let time_us = self.at(time_us);
        if !self.lifted.is_empty() {
            self.settle(time_us, thread);
        }
        let freed = self.session.free(time_us, thread, address);
        if let Some(recorder) = &mut self.recorder {
            let block = freed.as_ref().map(|freed| &freed.block);
            recorder.free(time_us, thread, address, block, &self.session);
        }
    }

    fn map(&mut self, time_us: u64, thread: ThreadId, (address, length): (u64, u64), node: NodeId) {
        let time_us = self.at(time_us);
        self.session.map(time_us, address, length, node);
        if let Some(recorder) = &mut self.recorder {
            recorder.map(time_us, thread, node, (address, length), &self.session);
        }
    }

    fn lift(&mut self, time_us: u64, thread: ThreadId, address: u64) {
        let time_us = self.at(time_us);
        self.settle(time_us, thread);
        let block = self.session.lift(address);
        self.lifted.push(Lifted { thread, address, block });
    }

    fn kept(&mut self, thread: ThreadId) {
        let own = self.lifted.iter().position(|lifted| lifted.thread == thread);
        if let Some(Lifted { block: Some(block), .. }) = own.map(|at| self.lifted.swap_remove(at)) {
            self.session.put_down(block);
        }
    }

    /// A realloc of that thread whose end was lost: the block has most likely gone.
    #[cold]
    fn settle(&mut self, time_us: u64, thread: ThreadId) {
        if let Some(at) = self.lifted.iter().position(|lifted| lifted.thread == thread) {
            let lifted = self.lifted.swap_remove(at);
            self.give_back(time_us, lifted);
        }
    }

    fn give_back(&mut self, time_us: u64, lifted: Lifted) {
        let Lifted { thread, address, block } = lifted;
        match &block {
            Some(block) => self.session.free_lifted(time_us, thread, block),
            None => self.session.free_unseen(),
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.free(time_us, thread, address, block.as_ref(), &self.session);
        }
    }
}

impl<'a> From<ramscope_events::record::Delta<'a>> for crate::event::Stack<'a> {
    fn from(delta: ramscope_events::record::Delta<'a>) -> Self {
        let keep = u32::try_from(delta.keep).unwrap_or(u32::MAX);
        crate::event::Stack { keep, fresh: delta.fresh }
    }
}
