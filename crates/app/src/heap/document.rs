//! A report as one JSON document. Its members are promised to scripts.

use ramscope_heap::export::stack_names;
use ramscope_heap::{Named, Names, Session, StackRow};
use serde::Serialize;

/// Version of the documents.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// What a recorded program held.
#[derive(Debug, Serialize)]
pub(super) struct ReportDocument {
    schema_version: u32,
    program: String,
    arguments: Vec<String>,
    pid: u32,
    start_time_ms: u64,
    duration_ms: u64,
    /// Null where the end was not recorded.
    exit_status: Option<i32>,
    /// Bytes between two samples; 0 where every allocation was told.
    sample_bytes: u64,
    /// One standard error of the live bytes; 0 where every allocation was told.
    live_error_bytes: u64,
    allocations: u64,
    frees: u64,
    bytes_allocated: u64,
    live_bytes: u64,
    live_blocks: u64,
    peak_live_bytes: u64,
    peak_time_ms: u64,
    leaked_bytes: u64,
    leaked_blocks: u64,
    temporary: u64,
    mapped_bytes: u64,
    lost_events: u64,
    unmatched_frees: u64,
    /// Processor time of whoever read the events; null where that was not recorded.
    host_cpu_ms: Option<u64>,
    /// Time that the program's threads waited because their rings were full, all together.
    waited_ms: Option<u64>,
    stacks: Vec<StackDocument>,
}

/// One call stack.
#[derive(Debug, Serialize)]
pub(super) struct StackDocument {
    /// The innermost first.
    frames: Vec<FrameDocument>,
    live_bytes: u64,
    live_blocks: u64,
    peak_bytes: u64,
    peak_blocks: u64,
    leaked_bytes: u64,
    leaked_blocks: u64,
    allocations: u64,
    bytes_allocated: u64,
    temporary: u64,
}

/// One frame of a stack.
#[derive(Debug, Serialize)]
pub(super) struct FrameDocument {
    function: String,
    file: Option<String>,
    line: Option<u32>,
    module: Option<String>,
    inlined: bool,
}

impl From<&Named> for FrameDocument {
    fn from(named: &Named) -> Self {
        FrameDocument {
            function: named.function.clone(),
            file: named.file.clone(),
            line: named.line,
            module: Some(named.module.clone()).filter(|module| !module.is_empty()),
            inlined: named.inlined,
        }
    }
}

impl StackDocument {
    fn of(session: &Session, row: &StackRow, names: &mut Names) -> StackDocument {
        let frames = frames(session, row, names);
        StackDocument {
            frames,
            live_bytes: row.live_bytes,
            live_blocks: row.live_blocks,
            peak_bytes: row.peak_bytes,
            peak_blocks: row.peak_blocks,
            leaked_bytes: row.live_bytes,
            leaked_blocks: row.live_blocks,
            allocations: row.allocations,
            bytes_allocated: row.bytes_allocated,
            temporary: row.temporary,
        }
    }
}

/// The frames of a stack, the innermost first.
pub(super) fn frames(session: &Session, row: &StackRow, names: &mut Names) -> Vec<FrameDocument> {
    let ids = stack_names(session, row.node, names);
    ids.iter().map(|id| FrameDocument::from(names.name(*id))).collect()
}

impl ReportDocument {
    /// The report of a session, with these of its stacks.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an error is not negative, and a cast from f64 saturates"
    )]
    pub(super) fn of(session: &Session, rows: &[StackRow], names: &mut Names) -> ReportDocument {
        let (totals, start) = (session.totals(), session.start());
        ReportDocument {
            schema_version: SCHEMA_VERSION,
            program: start.program.clone(),
            arguments: start.arguments.clone(),
            pid: start.pid,
            start_time_ms: start.wall_ms,
            duration_ms: totals.end_us / 1000,
            exit_status: session.ending().map(|ending| ending.status),
            sample_bytes: start.sample_bytes,
            live_error_bytes: session.live_error_bytes() as u64,
            allocations: totals.allocations,
            frees: totals.frees,
            bytes_allocated: totals.bytes_allocated,
            live_bytes: totals.live_bytes,
            live_blocks: totals.live_blocks,
            peak_live_bytes: totals.peak_live_bytes,
            peak_time_ms: totals.peak_us / 1000,
            leaked_bytes: totals.live_bytes,
            leaked_blocks: totals.live_blocks,
            temporary: totals.temporary,
            mapped_bytes: totals.mapped_bytes,
            lost_events: totals.lost_events,
            unmatched_frees: totals.unmatched_frees,
            host_cpu_ms: session.cost().map(|cost| cost.host_cpu_us / 1000),
            waited_ms: session.cost().map(|cost| cost.waited_us / 1000),
            stacks: rows.iter().map(|row| StackDocument::of(session, row, names)).collect(),
        }
    }
}
