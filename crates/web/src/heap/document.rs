//! The documents about heaps.

use std::collections::BTreeMap;

use ramscope_heap::event::Loss;
use ramscope_heap::{By, Names, Outline, Session, Stretch};
use serde::Serialize;
use utoipa::ToSchema;

use super::demo;
use super::shelf::Held;
use crate::wire::SCHEMA_VERSION;

/// Microseconds in a millisecond.
const MS: u64 = 1000;

/// Most threads of an answer: those that hold the most.
const THREADS_MAX: usize = 1000;

/// The sessions there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapSessions)]
pub(crate) struct SessionsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// Differs when anything in it may differ.
    revision: u64,
    /// Those that go on first, then the newest.
    sessions: Vec<Summary>,
    /// A recording of a small program that every server has; null where it cannot be read.
    demo: Option<Summary>,
}

impl SessionsDocument {
    pub(super) fn of(sessions: &[Summary]) -> SessionsDocument {
        let revision = sessions.iter().fold(0, |sum: u64, session| {
            sum.wrapping_mul(31).wrapping_add(session.allocations).wrapping_add(session.duration_ms)
        });
        // A page reads numbers up to 2^53.
        let revision = revision >> 12;
        SessionsDocument {
            schema_version: SCHEMA_VERSION,
            revision,
            sessions: sessions.to_vec(),
            demo: demo::held().ok().map(|held| Summary::of(&held)),
        }
    }
}

/// One session in numbers. Bytes are as asked for; a realloc is one free and one allocation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HeapSession)]
pub(crate) struct Summary {
    /// What other paths call it.
    id: String,
    /// live, ended, or interrupted: a recording that stops before the program did.
    state: &'static str,
    /// live or recording.
    source: &'static str,
    /// The program's file.
    program: String,
    /// Its arguments, its own name first.
    arguments: Vec<String>,
    pid: u32,
    /// When it began, UTC milliseconds.
    start_time_ms: u64,
    /// How long it was watched, in milliseconds.
    duration_ms: u64,
    /// How it ended; null while it runs, and where that is not known.
    exit: Option<Exit>,
    /// Bytes between two sampled allocations on average; 0 where every allocation is told.
    sample_bytes: u64,
    /// One standard error of the live bytes; 0 where every allocation is told.
    live_error_bytes: u64,
    /// Which allocator answers the program.
    allocator: String,
    /// Threads that asked for something.
    threads: usize,
    allocations: u64,
    frees: u64,
    bytes_allocated: u64,
    live_bytes: u64,
    live_blocks: u64,
    peak_live_bytes: u64,
    /// Milliseconds since it began.
    peak_at_ms: u64,
    /// What was never given back; null while it runs.
    leaked_bytes: Option<u64>,
    leaked_blocks: Option<u64>,
    /// Allocations that their thread gave back before it asked for the next one.
    temporary: u64,
    /// Bytes that the program mapped itself and holds.
    mapped_bytes: u64,
    /// Events that could not be told: with some, leaks are "at least".
    lost_events: u64,
    /// Frees of blocks whose allocation was not seen.
    unmatched_frees: u64,
    /// Resident bytes of the process when it was last looked at from outside.
    rss_bytes: Option<u64>,
    /// Resident bytes of the allocator's mappings then.
    heap_resident_bytes: Option<u64>,
    /// Of these, what no live block used.
    gap_bytes: Option<u64>,
    /// Processor time of whoever reads the events, up to a second ago; null where that is not known.
    host_cpu_ms: Option<u64>,
    /// Time that the program's threads waited because their rings were full, all together; null where that is not known.
    waited_ms: Option<u64>,
    /// Where it is recorded.
    file: Option<String>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = HeapExit)]
pub(crate) struct Exit {
    /// Its exit code, unless a signal ended it.
    code: Option<i32>,
    /// The signal that ended it.
    signal: Option<i32>,
}

impl Exit {
    /// As wait(2) tells it: the exit code in the second byte, or the signal in the lowest seven bits.
    fn of(status: i32) -> Exit {
        match status & 0x7f {
            0 => Exit { code: Some((status >> 8) & 0xff), signal: None },
            signal => Exit { code: None, signal: Some(signal) },
        }
    }
}

impl Summary {
    /// What a list tells of a session.
    pub(super) fn of(held: &Held) -> Summary {
        let intake = held.intake();
        Summary::of_session(held, intake.session())
    }

    /// Where it stands in a list: those that go on first, then the newest.
    pub(super) fn place(&self) -> (bool, std::cmp::Reverse<u64>, String) {
        (self.state != "live", std::cmp::Reverse(self.start_time_ms), self.id.clone())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an error is not negative, and a cast from f64 saturates"
    )]
    fn of_session(held: &Held, session: &Session) -> Summary {
        let (start, totals, resident) = (session.start(), session.totals(), session.resident());
        let ending = session.ending();
        let state = match (ending, held.is_live) {
            (Some(_), _) => "ended",
            (None, true) => "live",
            (None, false) => "interrupted",
        };
        let is_over = state != "live";
        Summary {
            id: held.id.clone(),
            state,
            source: if held.is_live { "live" } else { "recording" },
            program: start.program.clone(),
            arguments: start.arguments.clone(),
            pid: start.pid,
            start_time_ms: start.wall_ms,
            duration_ms: totals.end_us / MS,
            exit: ending.map(|ending| Exit::of(ending.status)),
            sample_bytes: start.sample_bytes,
            live_error_bytes: session.live_error_bytes() as u64,
            allocator: start.allocator.clone(),
            threads: session.threads().iter().filter(|row| row.allocations != 0).count(),
            allocations: totals.allocations,
            frees: totals.frees,
            bytes_allocated: totals.bytes_allocated,
            live_bytes: totals.live_bytes,
            live_blocks: totals.live_blocks,
            peak_live_bytes: totals.peak_live_bytes,
            peak_at_ms: totals.peak_us / MS,
            leaked_bytes: is_over.then_some(totals.live_bytes),
            leaked_blocks: is_over.then_some(totals.live_blocks),
            temporary: totals.temporary,
            mapped_bytes: totals.mapped_bytes,
            lost_events: totals.lost_events,
            unmatched_frees: totals.unmatched_frees,
            rss_bytes: resident.map(|resident| resident.rss_bytes),
            heap_resident_bytes: resident.map(|resident| resident.heap_bytes),
            gap_bytes: resident.map(|resident| resident.gap_bytes),
            host_cpu_ms: session.cost().map(|cost| cost.host_cpu_us / MS),
            waited_ms: session.cost().map(|cost| cost.waited_us / MS),
            file: held.file.as_ref().map(|file| file.display().to_string()),
        }
    }
}

/// One session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapDetail)]
pub(crate) struct DetailDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// Grows with every event.
    revision: u64,
    /// The session in numbers.
    session: Summary,
    /// How large its blocks were, in classes that double.
    sizes: Vec<SizeDocument>,
    /// How long the blocks lived that were given back, in classes that double.
    lifetimes: Vec<LifetimeDocument>,
    /// How long the blocks live already that live, in classes that double.
    ages: Vec<LifetimeDocument>,
    /// The threads that asked for something, the largest holder first, 1000 at most.
    thread_list: Vec<ThreadDocument>,
    /// The files whose code asked: each stack counts for its innermost file that is not the C or C++ library.
    modules: Vec<ModuleDocument>,
    /// Events that could not be told, by the reason.
    losses: Vec<LossDocument>,
}

/// Blocks of sizes in a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapSize)]
pub(crate) struct SizeDocument {
    from_bytes: u64,
    /// The largest size of the class.
    to_bytes: u64,
    allocations: u64,
    live_blocks: u64,
    live_bytes: u64,
}

/// Blocks of lifetimes in a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapLifetime)]
pub(crate) struct LifetimeDocument {
    from_us: u64,
    /// The longest of the class.
    to_us: u64,
    blocks: u64,
    bytes: u64,
}

/// One thread.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapThread)]
pub(crate) struct ThreadDocument {
    /// Its number in the session; 0 stands for all that came when there was no room for more.
    thread: usize,
    /// The kernel's number.
    tid: u32,
    name: String,
    allocations: u64,
    live_bytes: u64,
    bytes_allocated: u64,
    temporary: u64,
    ended: bool,
}

/// One file with code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapModule)]
pub(crate) struct ModuleDocument {
    path: String,
    live_bytes: u64,
    allocations: u64,
    /// Whether any of its functions has a name.
    has_symbols: bool,
}

/// Events that could not be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapLoss)]
pub(crate) struct LossDocument {
    /// full: the reader was too slow; signal: within a request; no_ring: too many threads at once.
    why: &'static str,
    events: u64,
}

impl DetailDocument {
    pub(super) fn of(held: &Held) -> DetailDocument {
        let (mut document, outlines) = {
            let intake = held.intake();
            let session = intake.session();
            let outlines = [session.outline(By::Live), session.outline(By::Allocations)];
            (DetailDocument::of_session(held, session), outlines)
        };
        // Names are looked up while the program's events go on.
        document.modules = modules(outlines, &mut held.names());
        document
    }

    fn of_session(held: &Held, session: &Session) -> DetailDocument {
        let totals = session.totals();
        DetailDocument {
            schema_version: SCHEMA_VERSION,
            revision: totals.allocations + totals.frees + totals.end_us / MS,
            session: Summary::of_session(held, session),
            sizes: sizes(session),
            lifetimes: lifetimes(session, session.lifetimes()),
            ages: lifetimes(session, &session.ages(totals.end_us)),
            thread_list: threads(session),
            modules: Vec::new(),
            losses: session
                .losses()
                .map(|(why, events)| LossDocument { why: loss(why), events })
                .collect(),
        }
    }
}

fn loss(why: Loss) -> &'static str {
    match why {
        Loss::Full => "full",
        Loss::Signal => "signal",
        Loss::NoRing => "no_ring",
    }
}

fn sizes(session: &Session) -> Vec<SizeDocument> {
    let live: BTreeMap<u64, _> =
        session.live_sizes().classes().map(|(low, _, class)| (low, class)).collect();
    let classes = session.sizes().classes().map(|(from_bytes, to_bytes, class)| {
        let live = live.get(&from_bytes).copied().unwrap_or_default();
        SizeDocument {
            from_bytes,
            to_bytes,
            allocations: session.whole_blocks(class.blocks),
            live_blocks: session.whole_blocks(live.blocks),
            live_bytes: live.bytes,
        }
    });
    classes.collect()
}

fn lifetimes(session: &Session, histogram: &ramscope_heap::Histogram) -> Vec<LifetimeDocument> {
    let classes = histogram.classes().map(|(from_us, to_us, class)| LifetimeDocument {
        from_us,
        to_us,
        blocks: session.whole_blocks(class.blocks),
        bytes: class.bytes,
    });
    classes.collect()
}

fn threads(session: &Session) -> Vec<ThreadDocument> {
    let rows = session.threads().iter().enumerate().filter(|(_, row)| row.allocations != 0);
    let threads = rows.map(|(thread, row)| ThreadDocument {
        thread,
        tid: row.tid,
        name: row.name.clone(),
        allocations: session.whole_blocks(row.allocations),
        live_bytes: row.live_bytes,
        bytes_allocated: row.bytes_allocated,
        temporary: session.whole_blocks(row.temporary),
        ended: row.ended,
    });
    let mut threads: Vec<ThreadDocument> = threads.collect();
    threads.sort_by_key(|thread| {
        (std::cmp::Reverse((thread.live_bytes, thread.bytes_allocated)), thread.thread)
    });
    threads.truncate(THREADS_MAX);
    threads
}

fn modules(outlines: [Outline; 2], names: &mut Names) -> Vec<ModuleDocument> {
    let mut modules: BTreeMap<String, ModuleDocument> = BTreeMap::new();
    let mut add = |outline: &Outline,
                   names: &mut Names,
                   sum: fn(&mut ModuleDocument) -> &mut u64| {
        for (module, value) in outline.by_module(names) {
            let has_symbols = names.knows(&module);
            let document = modules.entry(module.path.clone()).or_insert_with(|| ModuleDocument {
                path: module.path.clone(),
                live_bytes: 0,
                allocations: 0,
                has_symbols,
            });
            *sum(document) += value;
        }
    };
    let [live, allocations] = outlines;
    add(&live, names, |document| &mut document.live_bytes);
    add(&allocations, names, |document| &mut document.allocations);
    let mut modules: Vec<ModuleDocument> = modules.into_values().collect();
    modules.sort_by_key(|module| std::cmp::Reverse((module.live_bytes, module.allocations)));
    modules
}

/// What was held over time: columns of one length.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = HeapTimeline)]
pub(crate) struct TimelineDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// Where each stretch of time begins, in milliseconds since the session did.
    at_ms: Vec<f64>,
    /// Live bytes in each.
    live_bytes: RangeColumns,
    /// Bytes that the program mapped itself, at the end of each.
    mapped_bytes: Vec<u64>,
    /// Bytes asked for in each.
    bytes_allocated: Vec<u64>,
    /// Allocations in each.
    allocations: Vec<u64>,
    /// Resident bytes of the process, where it was looked at.
    rss_bytes: Vec<Option<u64>>,
    /// Resident bytes of the allocator's mappings.
    heap_resident_bytes: Vec<Option<u64>>,
    /// Of these, what no live block used.
    gap_bytes: Vec<Option<u64>>,
}

/// The least and the most of each stretch.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = HeapRange)]
pub(crate) struct RangeColumns {
    min: Vec<u64>,
    max: Vec<u64>,
}

impl TimelineDocument {
    pub(super) fn of(held: &Held, points: usize) -> TimelineDocument {
        let intake = held.intake();
        let session = intake.session();
        let timeline = session.timeline();
        let stretches = timeline.stretches();
        // As many of the session's own stretches to a point as it takes.
        let each = stretches.len().div_ceil(points).max(1);
        let joined: Vec<Stretch> = stretches
            .chunks(each)
            .filter_map(|stretches| stretches.iter().copied().reduce(Stretch::and))
            .collect();
        let step_ms = timeline.stretch_us() as f64 * each as f64 / MS as f64;
        let column = |of: fn(&Stretch) -> u64| joined.iter().map(of).collect::<Vec<u64>>();
        let seen = |of: fn(&ramscope_heap::Resident) -> u64| {
            joined.iter().map(|stretch| stretch.resident.as_ref().map(of)).collect()
        };
        TimelineDocument {
            schema_version: SCHEMA_VERSION,
            at_ms: (0..joined.len()).map(|number| number as f64 * step_ms).collect(),
            live_bytes: RangeColumns {
                min: column(|stretch| stretch.min_bytes),
                max: column(|stretch| stretch.max_bytes),
            },
            mapped_bytes: column(|stretch| stretch.mapped_bytes),
            bytes_allocated: column(|stretch| stretch.bytes_allocated),
            allocations: joined
                .iter()
                .map(|stretch| session.whole_blocks(stretch.allocations))
                .collect(),
            rss_bytes: seen(|resident| resident.rss_bytes),
            heap_resident_bytes: seen(|resident| resident.heap_bytes),
            gap_bytes: seen(|resident| resident.gap_bytes),
        }
    }
    /// How many rows are the same here and there.
    pub(super) fn common(&self, other: &TimelineDocument) -> usize {
        fn same<T: PartialEq>(a: &[T], b: &[T]) -> usize {
            a.iter().zip(b).take_while(|(a, b)| a == b).count()
        }
        let columns = [
            same(&self.at_ms, &other.at_ms),
            same(&self.live_bytes.min, &other.live_bytes.min),
            same(&self.live_bytes.max, &other.live_bytes.max),
            same(&self.mapped_bytes, &other.mapped_bytes),
            same(&self.bytes_allocated, &other.bytes_allocated),
            same(&self.allocations, &other.allocations),
            same(&self.rss_bytes, &other.rss_bytes),
            same(&self.heap_resident_bytes, &other.heap_resident_bytes),
            same(&self.gap_bytes, &other.gap_bytes),
        ];
        columns.into_iter().min().unwrap_or(0)
    }

    /// The rows from one on.
    pub(super) fn from(&self, row: usize) -> TimelineDocument {
        fn rest<T: Clone>(column: &[T], row: usize) -> Vec<T> {
            column.get(row..).unwrap_or_default().to_vec()
        }
        TimelineDocument {
            schema_version: self.schema_version,
            at_ms: rest(&self.at_ms, row),
            live_bytes: RangeColumns {
                min: rest(&self.live_bytes.min, row),
                max: rest(&self.live_bytes.max, row),
            },
            mapped_bytes: rest(&self.mapped_bytes, row),
            bytes_allocated: rest(&self.bytes_allocated, row),
            allocations: rest(&self.allocations, row),
            rss_bytes: rest(&self.rss_bytes, row),
            heap_resident_bytes: rest(&self.heap_resident_bytes, row),
            gap_bytes: rest(&self.gap_bytes, row),
        }
    }
}
