//! Folded stacks, a line each, as flamegraph.pl and all that followed it read them.
//!
//! `outermost;…;innermost value`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::named_stacks;
use crate::names::Names;
use crate::session::Session;
use crate::stacks::By;

/// The stacks that hold any of a sum, in the order of their names.
pub fn folded(session: &Session, by: By, names: &mut Names) -> String {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for (row, stack) in named_stacks(session, names) {
        let value = row.value(by);
        if value == 0 {
            continue;
        }
        // A semicolon parts frames; within a name, where no language has one, it would part another.
        let frames: Vec<String> = stack
            .iter()
            .rev()
            .map(|id| names.name(*id).function.replace([';', '\n'], ":"))
            .collect();
        let line = if frames.is_empty() { "(no stack)".to_owned() } else { frames.join(";") };
        *lines.entry(line).or_default() += value;
    }
    let mut text = String::new();
    for (line, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line} {value}");
    }
    text
}
