//! A call tree by names, as it is sent: whole, or told piece by piece by a feed.

use std::ops::Range;

use ramscope_heap::{By, Named, NamedTree};
use serde::Serialize;
use utoipa::ToSchema;

use super::shelf::Held;
use crate::problem::{Problem, echo};
use crate::query::Query;
use crate::wire::SCHEMA_VERSION;

/// Microseconds in a millisecond.
const MS: u64 = 1000;

/// Nodes of a tree where the caller does not say how many, and at the most: about 3 MB of JSON.
const NODES_USUAL: u32 = 20_000;
const NODES_MAX: u32 = 100_000;

/// What is wanted of a call tree.
#[derive(Clone, Debug)]
pub(super) struct TreeWish {
    by: TreeBy,
    span_ms: Range<u64>,
    max_nodes: usize,
}

impl TreeWish {
    /// The parameters that say it.
    pub(super) const PARAMETERS: [&'static str; 4] = ["by", "from_ms", "to_ms", "max_nodes"];

    /// As a request says it.
    pub(super) fn read(query: &Query) -> Result<TreeWish, Problem> {
        let name = query.get("by").unwrap_or("live");
        let by = TreeBy::named(name).ok_or_else(|| {
            Problem::parameter(format!(
                "`by` is `{}`: expected live, peak, leaked, temporary, allocations, bytes, grown or kept",
                echo(name)
            ))
        })?;
        let from_ms = query.number("from_ms", 0..=u32::MAX, 0)?;
        let to_ms = query.number("to_ms", 0..=u32::MAX, u32::MAX)?;
        if from_ms >= to_ms {
            return Err(Problem::parameter(format!(
                "`from_ms` is {from_ms} and `to_ms` is {to_ms}: `from_ms` must be before `to_ms`"
            )));
        }
        let max_nodes = query.number("max_nodes", 2..=NODES_MAX, NODES_USUAL)?;
        let span_ms = u64::from(from_ms)..u64::from(to_ms);
        Ok(TreeWish { by, span_ms, max_nodes: max_nodes as usize })
    }
}

/// What a tree is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreeBy {
    /// One of the sums of each stack.
    Sum(By),
    /// What grew between two moments.
    Grown,
    /// What was asked for between two moments and lives.
    Kept,
}

impl TreeBy {
    pub(super) fn named(name: &str) -> Option<TreeBy> {
        match name {
            "grown" => Some(TreeBy::Grown),
            "kept" => Some(TreeBy::Kept),
            _ => By::named(name).map(TreeBy::Sum),
        }
    }

    fn name(self) -> &'static str {
        match self {
            TreeBy::Sum(by) => by.name(),
            TreeBy::Grown => "grown",
            TreeBy::Kept => "kept",
        }
    }
}

/// A call tree by names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeapTree)]
pub(crate) struct TreeDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// What it is by.
    by: &'static str,
    /// bytes or count.
    unit: &'static str,
    /// The stretch of time that it is really of; null where it is of no stretch.
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    /// The root's value.
    total: u64,
    /// How many nodes the whole tree has.
    nodes_in_all: usize,
    /// What was folded.
    left_off: LeftOff,
    /// The frames that nodes name.
    frames: Vec<FrameDocument>,
    /// The nodes in columns of one length, in the order in which a tree is walked, siblings by their values.
    nodes: NodeColumns,
}

/// What was folded into nodes `(N more)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HeapLeftOff)]
pub(crate) struct LeftOff {
    nodes: usize,
    value: u64,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HeapFrame)]
pub(crate) struct FrameDocument {
    pub(super) function: String,
    /// The source file, where lines are known.
    file: Option<String>,
    /// The line, where all calls are in one.
    line: Option<u32>,
    /// The file that holds the code.
    module: String,
    inlined: bool,
    /// Part of how programs start and allocate: may be hidden.
    internal: bool,
}

/// The nodes.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = HeapNodes)]
pub(crate) struct NodeColumns {
    /// The parent's place; -1 for the root.
    parent: Vec<i64>,
    /// The frame's place; -1 for the root.
    frame: Vec<i64>,
    /// What counts of the subtree.
    value: Vec<u64>,
    /// What counts of the node alone.
    #[serde(rename = "self")]
    own: Vec<u64>,
    /// Blocks of the subtree; for trees by a number, that number.
    blocks: Vec<u64>,
}

/// What a tree is, without its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TreeHead {
    by: &'static str,
    unit: &'static str,
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    total: u64,
    nodes_in_all: usize,
    left_off: LeftOff,
}

/// The tree of a session.
pub(super) fn tree(held: &Held, wish: &TreeWish) -> (TreeHead, NamedTree) {
    let (outline, times) = {
        let intake = held.intake();
        let session = intake.session();
        let (from_us, to_us) = (wish.span_ms.start * MS, wish.span_ms.end.saturating_mul(MS));
        match wish.by {
            TreeBy::Sum(by) => (session.outline(by), None),
            TreeBy::Grown => {
                let (outline, from_us, to_us) = session.outline_of_growth(from_us, to_us);
                (outline, Some((from_us / MS, to_us / MS)))
            }
            TreeBy::Kept => {
                let end_us = session.totals().end_us;
                let outline = session.outline_of_kept(from_us, to_us);
                (outline, Some((wish.span_ms.start, to_us.min(end_us) / MS)))
            }
        }
    };
    // Names are looked up while the program's events go on.
    let tree = outline.named(&mut held.names()).cut_down(wish.max_nodes);
    let is_bytes = match wish.by {
        TreeBy::Sum(by) => by.is_bytes(),
        TreeBy::Grown | TreeBy::Kept => true,
    };
    let head = TreeHead {
        by: wish.by.name(),
        unit: if is_bytes { "bytes" } else { "count" },
        from_ms: times.map(|times| times.0),
        to_ms: times.map(|times| times.1),
        total: tree.total().value,
        nodes_in_all: tree.nodes_in_all,
        left_off: LeftOff { nodes: tree.left_off, value: tree.left_off_value },
    };
    (head, tree)
}

impl FrameDocument {
    pub(super) fn of(named: &Named) -> FrameDocument {
        FrameDocument {
            function: named.function.clone(),
            file: named.file.clone(),
            line: named.line,
            module: named.module.clone(),
            inlined: named.inlined,
            internal: named.internal,
        }
    }

    /// What makes two frames of a tree one.
    pub(super) fn key(&self) -> (String, String, bool) {
        (self.function.clone(), self.module.clone(), self.inlined)
    }
}

impl TreeDocument {
    pub(super) fn of(held: &Held, wish: &TreeWish) -> TreeDocument {
        let (head, tree) = tree(held, wish);
        let mut nodes = NodeColumns::default();
        let place = |at: usize, number: usize| {
            if at == 0 { -1 } else { i64::try_from(number).unwrap_or(i64::MAX) }
        };
        for (at, node) in tree.nodes.iter().enumerate() {
            nodes.parent.push(place(at, node.parent));
            nodes.frame.push(place(at, node.frame));
            nodes.value.push(node.total.value);
            nodes.own.push(node.own.value);
            nodes.blocks.push(node.total.blocks);
        }
        TreeDocument {
            schema_version: SCHEMA_VERSION,
            by: head.by,
            unit: head.unit,
            from_ms: head.from_ms,
            to_ms: head.to_ms,
            total: head.total,
            nodes_in_all: head.nodes_in_all,
            left_off: head.left_off,
            frames: tree.frames.iter().map(FrameDocument::of).collect(),
            nodes,
        }
    }
}
