//! A row a stack, for tables (RFC 4180).

use std::fmt::Write as _;

use super::named_stacks;
use crate::names::{Named, Names};
use crate::session::Session;

/// Every stack with all its sums; frames stand in one cell, the innermost first.
pub fn csv(session: &Session, names: &mut Names) -> String {
    let mut text =
        "live_bytes,live_blocks,peak_bytes,peak_blocks,leaked_bytes,leaked_blocks,allocations,\
                    bytes_allocated,temporary,stack\r\n"
            .to_owned();
    for (row, stack) in named_stacks(session, names) {
        let frames: Vec<String> = stack.iter().map(|id| told(names.name(*id))).collect();
        let frames = frames.join(" < ").replace('"', "\"\"");
        let ended = session.ending().is_some();
        let leaked = if ended { (row.live_bytes, row.live_blocks) } else { (0, 0) };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},\"{frames}\"\r\n",
            row.live_bytes,
            row.live_blocks,
            row.peak_bytes,
            row.peak_blocks,
            leaked.0,
            leaked.1,
            row.allocations,
            row.bytes_allocated,
            row.temporary,
        );
    }
    text
}

fn told(named: &Named) -> String {
    match (&named.file, named.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", named.function),
        _ => format!("{} ({})", named.function, named.module_name()),
    }
}
