//! From events to blocks of bytes.

use std::collections::HashMap;
use std::sync::Arc;

use super::columns::{
    COLUMNS, Column, Guess, SITE, THREAD, TIME, join, kind, place, put_address, rare,
};
use super::frame;
use crate::blocks::Block;
use crate::event::{Loss, ThreadId};
use crate::labels::Label;
use crate::session::Session;
use crate::table::Index;
use crate::tree::{FrameId, ModuleId, NodeId, ROOT};
use crate::varint::{put, put_delta, put_text};

/// A block is closed when it has that many events,
const EVENTS: u32 = 1 << 18;

/// or when its columns hold that many bytes,
const BYTES: usize = 8 << 20;

/// (looked at each time these bits of the number of events are set: between two looks 64 stacks of the deepest sort fit)
const LOOK: u32 = 63;

/// or when this time has passed since its first event, in microseconds.
pub(crate) const DUE_US: u64 = 450_000;

/// Numbers of things in the block that is being made, by their numbers in the session.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The block's serial number when the thing was told, and its number there.
    told: Vec<(u32, u32)>,
    count: u32,
}

impl Known {
    /// The number of a thing in block `serial`, if it was told.
    #[inline]
    fn get(&self, index: usize, serial: u32) -> Option<u32> {
        self.told.get(index).filter(|told| told.0 == serial).map(|told| told.1)
    }

    /// Numbers a thing in block `serial`.
    fn tell(&mut self, index: usize, serial: u32) -> u32 {
        if self.told.len() <= index {
            self.told.resize(index + 1, (0, 0));
        }
        let number = self.count;
        self.told[index] = (serial, number);
        self.count += 1;
        number
    }
}

/// Makes blocks of events.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    /// Whole blocks that nobody took yet.
    ready: Vec<u8>,
    columns: [Vec<u8>; COLUMNS],
    /// The number of the block that is being made, from 1.
    serial: u32,
    events: u32,
    first_us: u64,
    last_us: u64,
    thread: u32,
    threads: Known,
    guesses: Vec<Guess>,
    modules: Known,
    frames: Known,
    frame_address: u64,
    nodes: Known,
    sites: Index<(u64, u64)>,
    /// The site that followed each site last.
    follows: Vec<u32>,
    /// Address and size of the block's allocations, and the session's number of the first of them.
    given: Vec<(u64, u64)>,
    first_sequence: u32,
    freed_address: u64,
    fresh: Vec<FrameId>,
    /// Texts by their numbers in the block.
    texts: HashMap<Arc<str>, u32>,
}

impl Recorder {
    /// Begins the first block.
    pub(crate) fn new() -> Recorder {
        let mut recorder = Recorder {
            ready: Vec::new(),
            columns: Default::default(),
            serial: 0,
            events: 0,
            first_us: 0,
            last_us: 0,
            thread: 0,
            threads: Known::default(),
            guesses: Vec::new(),
            modules: Known::default(),
            frames: Known::default(),
            frame_address: 0,
            nodes: Known::default(),
            sites: Index::new(),
            follows: Vec::new(),
            given: Vec::new(),
            first_sequence: 0,
            freed_address: 0,
            fresh: Vec::new(),
            texts: HashMap::new(),
        };
        recorder.begin();
        recorder
    }

    /// Begins a block: nothing was told in it yet but the module, frame and stack of number 0.
    fn begin(&mut self) {
        self.serial = self.serial.wrapping_add(1).max(1);
        self.columns.iter_mut().for_each(Vec::clear);
        (self.events, self.thread, self.frame_address, self.freed_address) = (0, u32::MAX, 0, 0);
        for known in [&mut self.threads, &mut self.modules, &mut self.frames, &mut self.nodes] {
            known.count = 0;
        }
        for known in [&mut self.modules, &mut self.frames, &mut self.nodes] {
            known.tell(0, self.serial);
        }
        self.guesses.clear();
        self.sites.clear();
        self.follows.clear();
        self.given.clear();
        self.texts.clear();
    }

    /// The blocks that are whole; the one that is being made as well where it is due at `now_us`, or is wanted.
    pub(crate) fn take(&mut self, now_us: u64, wanted: bool) -> Vec<u8> {
        if self.events != 0 && (wanted || now_us >= self.first_us + DUE_US) {
            self.close();
        }
        std::mem::take(&mut self.ready)
    }

    #[cold]
    fn is_full(&self) -> bool {
        self.events >= EVENTS || self.columns.iter().map(Vec::len).sum::<usize>() > BYTES
    }

    fn close(&mut self) {
        let payload = join(&self.columns);
        frame::encode(&mut self.ready, &payload, self.events, self.first_us, self.last_us);
        self.begin();
    }

    #[inline]
    fn column(&mut self, column: Column) -> &mut Vec<u8> {
        &mut self.columns[column as usize]
    }

    /// Begins an event: the bits that tell when.
    #[inline]
    fn moment(&mut self, time_us: u64) -> u8 {
        if self.events & LOOK == LOOK && self.is_full() {
            self.close();
        }
        if self.events == 0 {
            (self.first_us, self.last_us) = (time_us, time_us);
        }
        self.events += 1;
        if time_us <= self.last_us {
            return 0;
        }
        let passed = time_us - self.last_us;
        put(self.column(Column::Times), passed);
        self.last_us = time_us;
        TIME
    }

    /// Begins an event of a thread: the bits that tell when and whose, and the thread's number in the block.
    #[inline]
    fn event(&mut self, time_us: u64, thread: ThreadId, session: &Session) -> (u8, usize) {
        let mut op = self.moment(time_us);
        let number = self.threads.get(thread.0 as usize, self.serial);
        if number != Some(self.thread) {
            op |= THREAD;
            self.thread = number.unwrap_or(self.threads.count);
            let told = self.thread;
            put(self.column(Column::Threads), u64::from(told));
            if number.is_none() {
                self.tell_thread(thread, session);
            }
        }
        (op, self.thread as usize)
    }

    fn tell_thread(&mut self, thread: ThreadId, session: &Session) {
        self.threads.tell(thread.0 as usize, self.serial);
        self.guesses.push(Guess::new());
        let (tid, name) =
            session.threads.row_of(thread).map_or((0, ""), |row| (row.tid, &row.name));
        let column = self.column(Column::Threads);
        put(column, u64::from(thread.0));
        put(column, u64::from(tid));
        put_text(column, name.as_bytes());
    }

    /// A block was given out.
    #[inline]
    pub(crate) fn alloc(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        node: NodeId,
        sequence: u32,
        block: (u64, u64),
        session: &Session,
    ) {
        let (op, thread) = self.event(time_us, thread, session);
        let op = op | kind::ALLOC | self.given(thread, node, sequence, block, session);
        self.column(Column::Ops).push(op);
    }

    /// A block was given back.
    #[inline]
    pub(crate) fn free(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        address: u64,
        freed: Option<&Block>,
        session: &Session,
    ) {
        let (op, thread) = self.event(time_us, thread, session);
        let by_age = self.freed(thread, address, freed);
        let kind = if by_age { kind::FREE_AGE } else { kind::FREE_ADDRESS };
        self.column(Column::Ops).push(op | kind);
    }

    /// A block was moved: `freed` is what it was.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "a free and an allocation in one")]
    pub(crate) fn realloc(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        freed: &Block,
        node: NodeId,
        sequence: u32,
        block: (u64, u64),
        session: &Session,
    ) {
        let (op, thread) = self.event(time_us, thread, session);
        let by_age = self.freed(thread, freed.address(), Some(freed));
        let kind = if by_age { kind::REALLOC_AGE } else { kind::REALLOC_ADDRESS };
        let op = op | kind | self.given(thread, node, sequence, block, session);
        self.column(Column::Ops).push(op);
    }

    /// Tells which block is freed; whether by its age.
    #[inline]
    fn freed(&mut self, thread: usize, address: u64, freed: Option<&Block>) -> bool {
        let found = freed.and_then(|block| {
            let at = block.sequence.wrapping_sub(self.first_sequence) as usize;
            let known = self.given.get(at).filter(|given| given.0 == address);
            known.map(|given| (self.given.len() - 1 - at, given.1))
        });
        if let Some((age, size)) = found {
            self.guesses[thread].taken(address, size);
            put(self.column(Column::Ages), age as u64);
            return true;
        }
        let before = std::mem::replace(&mut self.freed_address, address);
        put_address(self.column(Column::Addresses), before, address);
        false
    }

    /// Tells where a block is and who asked; the bits that say how.
    #[inline]
    fn given(
        &mut self,
        thread: usize,
        node: NodeId,
        sequence: u32,
        (address, size): (u64, u64),
        session: &Session,
    ) -> u8 {
        let mut op = self.site(thread, node, size, session);
        let guess = &self.guesses[thread];
        op |= if guess.again(size) == Some(address) {
            place::AGAIN
        } else if guess.behind() == address {
            place::BEHIND
        } else {
            let last = guess.last;
            put_address(self.column(Column::Addresses), last, address);
            place::TOLD
        };
        self.guesses[thread].given(address, size);
        if self.given.is_empty() {
            self.first_sequence = sequence;
        }
        self.given.push((address, size));
        op
    }

    #[inline]
    fn site(&mut self, thread: usize, node: NodeId, size: u64, session: &Session) -> u8 {
        let new = u32::try_from(self.follows.len()).unwrap_or(u32::MAX);
        let site = self.sites.get_or((u64::from(node.0), size), || Some(new)).unwrap_or(new);
        let before = std::mem::replace(&mut self.guesses[thread].site, site);
        let follows = self.follows.get_mut(before as usize);
        let guessed = site != new && follows.as_deref() == Some(&site);
        if let Some(follows) = follows {
            *follows = site;
        }
        if guessed {
            return SITE;
        }
        put(self.column(Column::Sites), u64::from(site));
        if site == new {
            self.follows.push(u32::MAX);
            let node = self.node(node, session);
            let column = self.column(Column::SiteDefs);
            put(column, u64::from(node));
            put(column, size);
        }
        0
    }

    /// The number of a stack in this block; what is new of it is told.
    fn node(&mut self, node: NodeId, session: &Session) -> u32 {
        if let Some(known) = self.nodes.get(node.index(), self.serial) {
            return known;
        }
        let mut fresh = std::mem::take(&mut self.fresh);
        let mut ids = Vec::new();
        let mut at = node;
        let from = loop {
            if let Some(known) = self.nodes.get(at.index(), self.serial) {
                break known;
            }
            ids.push(at);
            fresh.push(session.tree.frame_id(at));
            at = session.tree.parent(at);
        };
        put(self.column(Column::Nodes), ids.len() as u64);
        put(self.column(Column::Nodes), u64::from(from));
        let mut number = from;
        for (id, frame) in ids.into_iter().rev().zip(fresh.drain(..).rev()) {
            let frame = self.frame(frame, session);
            put(self.column(Column::Nodes), u64::from(frame));
            number = self.nodes.tell(id.index(), self.serial);
        }
        self.fresh = fresh;
        debug_assert!(node != ROOT, "the root is known from the beginning");
        number
    }

    fn frame(&mut self, frame: FrameId, session: &Session) -> u32 {
        if let Some(known) = self.frames.get(frame.index(), self.serial) {
            return known;
        }
        let told = session.tree.frames()[frame.index()];
        let module = self.module(told.module, session);
        let before = std::mem::replace(&mut self.frame_address, told.address);
        let column = self.column(Column::Frames);
        put(column, u64::from(module));
        put_delta(column, before, told.address);
        self.frames.tell(frame.index(), self.serial)
    }

    fn module(&mut self, module: ModuleId, session: &Session) -> u32 {
        if let Some(known) = self.modules.get(module.index(), self.serial) {
            return known;
        }
        let told = &session.tree.modules()[module.index()];
        let column = self.column(Column::Modules);
        put(column, told.bias);
        put(column, told.start);
        put(column, told.end.saturating_sub(told.start));
        put_text(column, told.path.as_bytes());
        put_text(column, &told.build_id);
        self.modules.tell(module.index(), self.serial)
    }

    /// Something rare: its tag, and what `tell` adds to the column. `op` is the event's beginning.
    fn rare(&mut self, op: u8, tag: u8, tell: impl FnOnce(&mut Vec<u8>)) {
        self.column(Column::Ops).push(op | kind::RARE);
        let column = self.column(Column::Rare);
        column.push(tag);
        tell(column);
    }

    /// The program mapped memory itself.
    pub(crate) fn map(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        node: NodeId,
        (address, length): (u64, u64),
        session: &Session,
    ) {
        let (op, _) = self.event(time_us, thread, session);
        self.column(Column::Ops).push(op | kind::RARE);
        let node = self.node(node, session);
        let column = self.column(Column::Rare);
        column.push(rare::MAP);
        [address, length, u64::from(node)].iter().for_each(|number| put(column, *number));
    }

    /// The program unmapped memory itself.
    pub(crate) fn unmap(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        (address, length): (u64, u64),
        session: &Session,
    ) {
        let (op, _) = self.event(time_us, thread, session);
        self.rare(op, rare::UNMAP, |column| {
            put(column, address);
            put(column, length);
        });
    }

    /// A thread has another name.
    pub(crate) fn name(
        &mut self,
        time_us: u64,
        thread: ThreadId,
        (tid, name): (u32, &str),
        session: &Session,
    ) {
        let (op, _) = self.event(time_us, thread, session);
        self.rare(op, rare::NAME, |column| {
            put(column, u64::from(tid));
            put_text(column, name.as_bytes());
        });
    }

    /// A thread ended.
    pub(crate) fn thread_end(&mut self, time_us: u64, thread: ThreadId, session: &Session) {
        let (op, _) = self.event(time_us, thread, session);
        self.rare(op, rare::THREAD_END, |_| {});
    }

    /// What a frame is called.
    pub(crate) fn labels(
        &mut self,
        time_us: u64,
        frame: FrameId,
        labels: &[Label],
        session: &Session,
    ) {
        let op = self.moment(time_us);
        let frame = self.frame(frame, session);
        self.column(Column::Ops).push(op | kind::RARE);
        let Recorder { texts, columns, .. } = self;
        let column = &mut columns[Column::Rare as usize];
        column.push(rare::LABELS);
        put(column, u64::from(frame));
        put(column, labels.len() as u64);
        for label in labels {
            put_known(column, 0, &label.function, texts);
            match &label.file {
                Some(file) => put_known(column, 1, file, texts),
                None => put(column, 0),
            }
            put(column, label.line.map_or(0, |line| u64::from(line) + 1));
            put(column, u64::from(label.inlined));
        }
    }

    /// Events could not be told.
    pub(crate) fn lost(&mut self, time_us: u64, events: u64, why: Loss) {
        let op = self.moment(time_us);
        self.rare(op, rare::LOST, |column| {
            column.push(why as u8);
            put(column, events);
        });
    }

    /// What was seen from outside.
    pub(crate) fn resident(&mut self, time_us: u64, rss_bytes: u64, heap_bytes: u64) {
        let op = self.moment(time_us);
        self.rare(op, rare::RESIDENT, |column| {
            put(column, rss_bytes);
            put(column, heap_bytes);
        });
    }

    /// What tracking cost until now.
    pub(crate) fn cost(&mut self, time_us: u64, host_cpu_us: u64, waited_us: u64) {
        let op = self.moment(time_us);
        self.rare(op, rare::COST, |column| {
            put(column, host_cpu_us);
            put(column, waited_us);
        });
    }

    /// The program ended.
    pub(crate) fn end(&mut self, time_us: u64, status: i32) {
        let op = self.moment(time_us);
        let status = u64::from(status.cast_unsigned());
        self.rare(op, rare::END, |column| put(column, status));
    }

    /// A program began. Where it replaced another, numbers of stacks mean others from here on, so a block begins.
    pub(crate) fn program(&mut self, time_us: u64, program: &str, replaced: bool) {
        if replaced && self.events != 0 {
            self.close();
        }
        let op = self.moment(time_us);
        self.rare(op, rare::BEGIN, |column| put_text(column, program.as_bytes()));
        if replaced {
            self.close();
        }
    }
}

/// Writes a text by its number and `more`, and itself where it is new.
fn put_known(column: &mut Vec<u8>, more: u64, text: &Arc<str>, texts: &mut HashMap<Arc<str>, u32>) {
    let new = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    let number = *texts.entry(Arc::clone(text)).or_insert(new);
    put(column, u64::from(number) + more);
    if number == new {
        put_text(column, text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Stack, Start};

    #[test]
    fn the_example_of_the_format_is_what_is_written() {
        let (mut session, mut recorder) = (Session::new(Start::default()), Recorder::new());
        let thread = ThreadId(0);
        session.threads.call(thread, 9, "x");
        let node = session.stack(thread, Stack { keep: 0, fresh: &[0x40_1005] });
        let sequence = session.alloc(7, thread, 0x5010, 24, node);
        recorder.alloc(7, thread, node, sequence, (0x5010, 24), &session);
        let freed = session.free(7, thread, 0x5010);
        recorder.free(7, thread, 0x5010, freed.as_ref().map(|freed| &freed.block), &session);
        let expected: [(Column, &[u8]); COLUMNS] = [
            (Column::Ops, &[0x50, 0x01]),
            (Column::Times, &[]),
            (Column::Threads, &[0x00, 0x00, 0x09, 0x01, b'x']),
            (Column::Sites, &[0x00]),
            (Column::SiteDefs, &[0x01, 0x18]),
            (Column::Nodes, &[0x01, 0x00, 0x01]),
            (Column::Frames, &[0x00, 0x8a, 0xc0, 0x80, 0x04]),
            (Column::Modules, &[]),
            (Column::Addresses, &[0x84, 0x28]),
            (Column::Ages, &[0x00]),
            (Column::Rare, &[]),
        ];
        for (column, bytes) in expected {
            assert_eq!(recorder.columns[column as usize], bytes, "{column:?}");
        }
    }

    #[test]
    fn the_example_of_names_is_what_is_written() {
        let (mut session, mut recorder) = (Session::new(Start::default()), Recorder::new());
        session.stack(ThreadId(0), Stack { keep: 0, fresh: &[0x40_1005] });
        let label =
            |line, inlined| Label { function: "f".into(), file: Some("f.c".into()), line, inlined };
        recorder.labels(7, FrameId(1), &[label(Some(4), true), label(None, false)], &session);
        assert_eq!(recorder.columns[Column::Ops as usize], [0x05]);
        assert_eq!(recorder.columns[Column::Frames as usize], [0x00, 0x8a, 0xc0, 0x80, 0x04]);
        let first = [8, 1, 2, 0, 1, b'f', 2, 3, b'f', b'.', b'c', 5, 1];
        let second = [0, 2, 0, 0];
        assert_eq!(recorder.columns[Column::Rare as usize], [&first[..], &second].concat());
    }
}
