//! What other tools read: folded stacks, pprof, speedscope, CSV, a page for a browser, and the requests alone.

mod alloc_trace;
mod csv;
mod folded;
mod html;
mod pprof;
mod speedscope;

pub use alloc_trace::AllocTrace;
pub use csv::csv;
pub use folded::folded;
pub use html::html;
pub use pprof::pprof;
pub use speedscope::speedscope;

use crate::names::{NameId, Named, Names};
use crate::session::Session;
use crate::stacks::StackRow;
use crate::tree::NodeId;

/// The names of a stack, the innermost first.
pub fn stack_names(session: &Session, node: NodeId, names: &mut Names) -> Vec<NameId> {
    let tree = session.tree();
    names.turn_to(session.image());
    let mut found = Vec::new();
    for id in tree.stack(node) {
        let frame = tree.frames()[id.index()];
        let module = &tree.modules()[frame.module.index()];
        found.extend_from_slice(&names.of(id, frame, module, tree.labels()));
    }
    found
}

/// Every stack with its names, the innermost first, in the order in which the stacks were first seen.
fn named_stacks(session: &Session, names: &mut Names) -> Vec<(StackRow, Vec<NameId>)> {
    session.stacks().map(|row| (row, stack_names(session, row.node, names))).collect()
}

/// What a stack without a frame is called.
fn unknown() -> Named {
    Named { function: "(no stack)".to_owned(), ..Named::default() }
}
