//! The threads of a program: what each has on its stack now, and what it asked for.

use crate::event::{Stack, ThreadId};
use crate::tree::{NodeId, ROOT, Tree};
use crate::weight::Weight;

/// Most threads that are told apart; the rest share a row.
const MAX_ROWS: usize = 1 << 14;

/// Most threads that are followed, ended ones too; what the rest ask for has no stack.
const MAX_THREADS: usize = 1 << 22;

/// What one thread asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadRow {
    /// The kernel's number of it; 0 in the first row, which is shared by all threads that came when the rows were full.
    pub tid: u32,
    /// Its name, empty where none was told.
    pub name: String,
    /// Whether it has ended.
    pub ended: bool,
    /// Allocations, in the session's parts.
    pub allocations: u64,
    /// Bytes of all its allocations.
    pub bytes_allocated: u64,
    /// Allocations that were temporary.
    pub temporary: u64,
    /// Bytes that live and that it asked for.
    pub live_bytes: u64,
    /// Blocks that live and that it asked for.
    pub live_blocks: u64,
}

/// A thread.
#[derive(Clone, Debug, Default)]
struct Running {
    /// Its row; 0 before it asked for anything.
    row: u16,
    /// Its stack when it last told one: the node of every depth, from the outermost frame on.
    path: Vec<NodeId>,
    /// The block that it asked for last, unless it gave that back.
    last: u64,
}

/// All threads.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    rows: Vec<ThreadRow>,
    running: Vec<Running>,
}

impl Threads {
    /// None yet.
    pub(crate) fn new() -> Threads {
        Threads { rows: vec![ThreadRow::default()], running: Vec::new() }
    }

    /// The rows; the first is that of all threads that have none of their own.
    pub(crate) fn rows(&self) -> &[ThreadRow] {
        &self.rows
    }

    /// What a row's thread asked for.
    #[inline]
    pub(crate) fn row(&mut self, row: usize) -> &mut ThreadRow {
        &mut self.rows[row]
    }

    /// The row of a thread.
    pub(crate) fn row_of(&self, id: ThreadId) -> Option<&ThreadRow> {
        let running = self.running.get(id.0 as usize)?;
        self.rows.get(usize::from(running.row)).filter(|_| running.row != 0)
    }

    #[inline]
    fn of(&mut self, id: ThreadId) -> &mut Running {
        let at = (id.0 as usize).min(MAX_THREADS);
        if at >= self.running.len() {
            self.running.resize_with(at + 1, Running::default);
        }
        if self.running[at].row == 0 {
            self.begin(at);
        }
        &mut self.running[at]
    }

    #[cold]
    fn begin(&mut self, at: usize) {
        if self.rows.len() < MAX_ROWS {
            self.running[at].row = u16::try_from(self.rows.len()).unwrap_or(0);
            self.rows.push(ThreadRow::default());
        }
    }

    /// A thread tells its stack.
    #[inline]
    pub(crate) fn stack(&mut self, id: ThreadId, stack: Stack<'_>, tree: &mut Tree) -> NodeId {
        let running = self.of(id);
        running.path.truncate(stack.keep as usize);
        let mut node = running.path.last().copied().unwrap_or(ROOT);
        for &address in stack.fresh {
            node = tree.call(node, address);
            running.path.push(node);
        }
        node
    }

    /// A thread asked for a block; its row.
    #[inline]
    pub(crate) fn asked(&mut self, id: ThreadId, address: u64, weight: Weight) -> u16 {
        let running = self.of(id);
        running.last = address;
        let number = running.row;
        let row = &mut self.rows[usize::from(number)];
        row.allocations += weight.blocks;
        row.bytes_allocated += weight.bytes;
        row.live_bytes += weight.bytes;
        row.live_blocks += weight.blocks;
        number
    }

    /// A thread gives a block back: its row, if that is where the block is that it asked for last.
    #[inline]
    pub(crate) fn gave_back(&mut self, id: ThreadId, address: u64) -> Option<usize> {
        let running = self.of(id);
        let is_last = running.last == address;
        if is_last {
            running.last = 0;
        }
        is_last.then_some(usize::from(running.row))
    }

    /// A thread has that number and name.
    pub(crate) fn call(&mut self, id: ThreadId, tid: u32, name: &str) {
        let row = usize::from(self.of(id).row);
        if row != 0 {
            self.rows[row].tid = tid;
            name.clone_into(&mut self.rows[row].name);
        }
    }

    /// A thread ended.
    pub(crate) fn end(&mut self, id: ThreadId) {
        let running = self.of(id);
        running.path = Vec::new();
        let row = usize::from(running.row);
        self.rows[row].ended = row != 0;
    }
}
