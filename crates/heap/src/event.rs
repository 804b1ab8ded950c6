//! What happens to the heap of a program, as a session hears of it: the same for a program that runs and for a recording.
//!
//! Times are microseconds since the session began and never go back: whoever reads the rings of several threads brings
//! their events into one order first.

pub use ramscope_events::record::Loss;

/// A thread, by the number that the session gave it: from 0 up, and never given twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadId(pub u32);

/// The return address that stands for outer frames which were too many to keep.
pub const FRAMES_CUT: u64 = 0;

/// The return address that stands for outer frames which could not be found.
pub const FRAMES_UNKNOWN: u64 = 1;

/// The call stack of a request, told as what changed since the same thread's stack before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack<'a> {
    /// How many frames, from the outermost, are those of the stack before.
    pub keep: u32,
    /// The return addresses that follow them, from outer to inner: the last is where the request returns to.
    pub fresh: &'a [u64],
}

/// A file that is mapped into the program, with code in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// What was added to the addresses in the file: an address less this is the file's own.
    pub bias: u64,
    /// The first address of its mappings.
    pub start: u64,
    /// The address behind its mappings.
    pub end: u64,
    /// Where the file was when it was mapped.
    pub path: &'a str,
    /// The file's build id, empty where it has none.
    pub build_id: &'a [u8],
}

/// What is being tracked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The program's process id.
    pub pid: u32,
    /// The process id of its parent.
    pub parent_pid: u32,
    /// When it began, in UTC milliseconds.
    pub wall_ms: u64,
    /// The program's file.
    pub program: String,
    /// Its arguments, the program's name first.
    pub arguments: Vec<String>,
    /// Bytes between two sampled allocations on average; 0 where every allocation is told.
    pub sample_bytes: u64,
    /// Ticks of the program's clock in a second.
    pub ticks_per_second: u64,
    /// The allocator that answers it: `glibc`, `musl`, or what was found in the program.
    pub allocator: String,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A block was given out.
    Alloc {
        /// The thread that asked.
        thread: ThreadId,
        /// Where the block is.
        address: u64,
        /// Bytes asked for.
        size: u64,
        /// Who asked.
        stack: Stack<'a>,
    },
    /// A block was given back.
    Free {
        /// The thread that gave it back.
        thread: ThreadId,
        /// Where it was.
        address: u64,
    },
    /// A block was moved or resized: one free and one allocation at one time.
    Realloc {
        /// The thread that asked.
        thread: ThreadId,
        /// Where the block was.
        old: u64,
        /// Where it is now.
        address: u64,
        /// Bytes asked for.
        size: u64,
        /// Who asked.
        stack: Stack<'a>,
    },
    /// The program mapped memory itself.
    Map {
        /// The thread that asked.
        thread: ThreadId,
        /// Where it is.
        address: u64,
        /// How long it is in bytes.
        length: u64,
        /// Who asked.
        stack: Stack<'a>,
    },
    /// The program unmapped memory itself, or a part of it.
    Unmap {
        /// The thread that asked.
        thread: ThreadId,
        /// Where it was.
        address: u64,
        /// How long it was in bytes.
        length: u64,
    },
    /// A program begins; where one began before, it was replaced (`execve`), and what it held has gone with it.
    Begin {
        /// The program's file, empty where it is not known.
        program: &'a str,
    },
    /// A thread began, or has another name now.
    Thread {
        /// Which thread.
        thread: ThreadId,
        /// The number that the kernel gave it, which may come again when it has ended.
        tid: u32,
        /// Its name.
        name: &'a str,
    },
    /// A thread ended.
    ThreadEnd {
        /// Which thread.
        thread: ThreadId,
    },
    /// A file with code was mapped.
    Module(Module<'a>),
    /// The file that began here was unmapped.
    ModuleGone {
        /// The first address of its mappings.
        start: u64,
    },
    /// Events that could not be told.
    Lost {
        /// How many.
        events: u64,
        /// Why.
        why: Loss,
    },
    /// What the process holds, seen from outside.
    Resident {
        /// Resident bytes of the whole process.
        rss_bytes: u64,
        /// Resident bytes of the allocator's own mappings.
        heap_bytes: u64,
    },
    /// What tracking has cost until now.
    Cost {
        /// Processor time of whoever reads the events, in microseconds.
        host_cpu_us: u64,
        /// Time that the program's threads waited because their rings were full, all together, in microseconds.
        waited_us: u64,
    },
    /// The program ended; what is live now was never given back.
    End {
        /// How it ended, as `waitpid` tells it.
        status: i32,
    },
}
