//! One reader of one session: what it holds, and what it must read to hold what is so now.
//!
//! A call tree changes in its numbers and seldom in its shape, and siblings change places: so its nodes have numbers of their own
//! for one reader, and a change names those that are new, differ or have gone. What the reader holds is bounded by what it asked for.

use std::collections::HashMap;

use ramscope_heap::{NamedNode, NamedTree};
use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{DetailDocument, TimelineDocument};
use super::shelf::Held;
use super::tree::{self, FrameDocument, TreeHead, TreeWish};
use crate::patch::merge_patch;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_tree};

/// A reader's nodes may be so many times those of its tree, those that have gone among them, before it is told everything anew.
const SLACK: usize = 4;

/// What a reader wants to see.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// The call tree.
    pub(super) tree: TreeWish,
    /// Most points of the timeline.
    pub(super) points: usize,
}

/// What a reader is told.
#[derive(Debug)]
pub(super) struct Told {
    /// `state`, or `change` of what was told before.
    pub(super) name: &'static str,
    /// Counts what was told, from 1.
    pub(super) sequence: u64,
    /// The JSON.
    pub(super) data: bytes::Bytes,
}

/// A reader.
#[derive(Debug)]
pub(super) struct Feed {
    wish: Wish,
    sequence: u64,
    held: Option<State>,
}

/// What a reader holds.
#[derive(Debug)]
struct State {
    detail: Map<String, Value>,
    timeline: TimelineDocument,
    tree: Tree,
}

/// A call tree as a reader holds it.
#[derive(Debug, Default)]
struct Tree {
    head: Option<TreeHead>,
    frames: Vec<FrameDocument>,
    frame_ids: HashMap<(String, String, bool), usize>,
    node_ids: HashMap<(i64, i64), usize>,
    nodes: Vec<Node>,
    round: u64,
}

/// A node as a reader holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    parent: i64,
    frame: i64,
    value: u64,
    own: u64,
    blocks: u64,
    /// When it was in the tree last; it has gone where that was not this time.
    round: u64,
}

/// What of a tree is new, differs or has gone.
#[derive(Debug, Serialize)]
struct TreeChange {
    #[serde(flatten)]
    head: TreeHead,
    frames: Vec<NumberedFrame>,
    nodes: NodeChanges,
    gone: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct NumberedFrame {
    id: usize,
    #[serde(flatten)]
    frame: FrameDocument,
}

#[derive(Debug, Default, Serialize)]
struct NodeChanges {
    id: Vec<usize>,
    parent: Vec<i64>,
    frame: Vec<i64>,
    value: Vec<u64>,
    #[serde(rename = "self")]
    own: Vec<u64>,
    blocks: Vec<u64>,
}

/// What changed of a timeline: its columns from a row on.
#[derive(Debug, Serialize)]
struct TimelineChange {
    from: usize,
    #[serde(flatten)]
    columns: TimelineDocument,
}

#[derive(Debug, Serialize)]
struct Everything<'a> {
    schema_version: u32,
    detail: &'a Map<String, Value>,
    timeline: &'a TimelineDocument,
    tree: TreeChange,
}

impl Feed {
    /// Nothing was told yet.
    pub(super) fn new(wish: Wish) -> Feed {
        Feed { wish, sequence: 0, held: None }
    }

    /// What must be read now; `None` where nothing changed.
    pub(super) fn look(&mut self, held: &Held) -> Option<Told> {
        let detail = match json_tree(&DetailDocument::of(held)) {
            Value::Object(detail) => detail,
            _ => Map::new(),
        };
        let timeline = TimelineDocument::of(held, self.wish.points);
        let (head, tree) = tree::tree(held, &self.wish.tree);
        self.tell(detail, timeline, head, &tree)
    }

    fn tell(
        &mut self,
        detail: Map<String, Value>,
        timeline: TimelineDocument,
        head: TreeHead,
        named: &NamedTree,
    ) -> Option<Told> {
        let before = self
            .held
            .take()
            .filter(|state| state.tree.nodes.len() <= (named.nodes.len() + 250) * SLACK);
        let patch = before.as_ref().and_then(|state| merge_patch(&state.detail, &detail));
        let (Some(before), Some(patch)) = (before, patch) else {
            let mut state = State { detail, timeline, tree: Tree::default() };
            let change = state.tree.take(head, named);
            let everything = Everything {
                schema_version: SCHEMA_VERSION,
                detail: &state.detail,
                timeline: &state.timeline,
                tree: change.unwrap_or_else(|| TreeChange::none(TreeHead::default())),
            };
            let data = json_bytes(&everything);
            self.held = Some(state);
            return Some(self.told("state", data));
        };
        let mut tree = before.tree;
        let mut change = Map::new();
        if !patch.is_empty() {
            change.insert("detail".to_owned(), Value::Object(patch));
        }
        if let Some(columns) = TimelineChange::between(&before.timeline, &timeline) {
            change.insert("timeline".to_owned(), json_tree(&columns));
        }
        if let Some(nodes) = tree.take(head, named) {
            change.insert("tree".to_owned(), json_tree(&nodes));
        }
        self.held = Some(State { detail, timeline, tree });
        (!change.is_empty()).then(|| self.told("change", json_bytes(&change)))
    }

    fn told(&mut self, name: &'static str, data: bytes::Bytes) -> Told {
        self.sequence += 1;
        Told { name, sequence: self.sequence, data }
    }
}

impl TreeChange {
    fn none(head: TreeHead) -> TreeChange {
        TreeChange { head, frames: Vec::new(), nodes: NodeChanges::default(), gone: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.nodes.id.is_empty() && self.gone.is_empty()
    }
}

impl NodeChanges {
    fn push(&mut self, id: usize, node: &Node) {
        self.id.push(id);
        self.parent.push(node.parent);
        self.frame.push(node.frame);
        self.value.push(node.value);
        self.own.push(node.own);
        self.blocks.push(node.blocks);
    }
}

impl Tree {
    /// Takes a tree over; what of it the reader must be told, if anything.
    fn take(&mut self, head: TreeHead, named: &NamedTree) -> Option<TreeChange> {
        self.round += 1;
        let is_new_head = self.head.replace(head).is_none_or(|before| before != head);
        let mut change = TreeChange::none(head);
        let frames: Vec<usize> = named
            .frames
            .iter()
            .map(|named| self.frame(FrameDocument::of(named), &mut change))
            .collect();
        let mut ids: Vec<usize> = Vec::with_capacity(named.nodes.len());
        for (at, node) in named.nodes.iter().enumerate() {
            let place = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            let (parent, frame) = if at == 0 {
                (-1, -1)
            } else {
                (place(ids[node.parent]), place(frames[node.frame]))
            };
            ids.push(self.node(parent, frame, node, &mut change));
        }
        for (id, node) in self.nodes.iter().enumerate() {
            if node.round == self.round - 1 {
                change.gone.push(id);
            }
        }
        self.node_ids.retain(|_, id| self.nodes[*id].round == self.round);
        (is_new_head || !change.is_empty()).then_some(change)
    }

    fn frame(&mut self, frame: FrameDocument, change: &mut TreeChange) -> usize {
        let next = self.frames.len();
        let id = *self.frame_ids.entry(frame.key()).or_insert(next);
        if self.frames.get(id) != Some(&frame) {
            change.frames.push(NumberedFrame { id, frame: frame.clone() });
            if id == next { self.frames.push(frame) } else { self.frames[id] = frame }
        }
        id
    }

    fn node(
        &mut self,
        parent: i64,
        frame: i64,
        node: &NamedNode,
        change: &mut TreeChange,
    ) -> usize {
        let (value, own, blocks) = (node.total.value, node.own.value, node.total.blocks);
        let node = Node { parent, frame, value, own, blocks, round: self.round };
        let next = self.nodes.len();
        let id = *self.node_ids.entry((parent, frame)).or_insert(next);
        if id == next {
            self.nodes.push(node);
            change.nodes.push(id, &node);
            return id;
        }
        let before = std::mem::replace(&mut self.nodes[id], node);
        if (before.value, before.own, before.blocks) != (value, own, blocks) {
            change.nodes.push(id, &node);
        }
        id
    }
}

impl TimelineChange {
    /// The columns from the first row that differs; `None` where none does.
    fn between(before: &TimelineDocument, after: &TimelineDocument) -> Option<TimelineChange> {
        (before != after).then(|| {
            let from = before.common(after);
            TimelineChange { from, columns: after.from(from) }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use ramscope_heap::{Count, Named};

    use super::*;

    /// A tree of names out of stacks of letters.
    fn named(stacks: &BTreeMap<String, u64>) -> NamedTree {
        let root =
            NamedNode { parent: 0, frame: 0, total: Count::default(), own: Count::default() };
        let mut tree = NamedTree { nodes: vec![root], ..NamedTree::default() };
        let (mut frames, mut children) = (HashMap::new(), HashMap::new());
        for (stack, &value) in stacks {
            let mut at = 0;
            tree.nodes[0].total.value += value;
            for letter in stack.chars() {
                let frame = *frames.entry(letter).or_insert_with(|| {
                    tree.frames.push(Named { function: letter.to_string(), ..Named::default() });
                    tree.frames.len() - 1
                });
                at = *children.entry((at, frame)).or_insert_with(|| {
                    tree.nodes.push(NamedNode { parent: at, frame, ..root });
                    tree.nodes.len() - 1
                });
                tree.nodes[at].total.value += value;
            }
            tree.nodes[at].own.value += value;
        }
        tree
    }

    /// What a reader does with what it is told.
    #[derive(Default)]
    struct Reader {
        frames: BTreeMap<usize, String>,
        nodes: BTreeMap<usize, (i64, i64, u64, u64)>,
    }

    impl Reader {
        fn take(&mut self, change: &TreeChange) {
            for id in &change.gone {
                assert!(self.nodes.remove(id).is_some(), "{id} had not gone before");
            }
            for frame in &change.frames {
                self.frames.insert(frame.id, frame.frame.function.clone());
            }
            let NodeChanges { id, parent, frame, value, own, .. } = &change.nodes;
            for at in 0..id.len() {
                assert!(parent[at] < i64::try_from(id[at]).unwrap(), "parents stand first");
                self.nodes.insert(id[at], (parent[at], frame[at], value[at], own[at]));
            }
        }

        fn stacks(&self) -> BTreeMap<String, (u64, u64)> {
            let mut names: BTreeMap<i64, String> = BTreeMap::new();
            let mut stacks = BTreeMap::new();
            for (id, (parent, frame, value, own)) in &self.nodes {
                let mut name = names.get(parent).cloned().unwrap_or_default();
                name.push_str(
                    usize::try_from(*frame).ok().map_or("", |frame| &self.frames[&frame]),
                );
                stacks.insert(name.clone(), (*value, *own));
                names.insert(i64::try_from(*id).unwrap(), name);
            }
            stacks
        }
    }

    proptest! {
        #[test]
        fn changes_add_up_to_the_tree_as_it_is(
            rounds in prop::collection::vec(prop::collection::btree_map("[a-d]{1,4}", 1_u64..9, 0..12), 1..12)
        ) {
            let (mut tree, mut reader) = (Tree::default(), Reader::default());
            for stacks in &rounds {
                let now = named(stacks);
                let before = reader.stacks();
                if let Some(change) = tree.take(TreeHead::default(), &now) {
                    let told: BTreeSet<usize> = change.nodes.id.iter().copied().collect();
                    reader.take(&change);
                    let same = reader.nodes.iter().filter(|(id, _)| !told.contains(id)).count();
                    prop_assert!(before.len() >= same);
                }
                let mut whole = Reader::default();
                whole.take(&Tree::default().take(TreeHead::default(), &now).unwrap());
                prop_assert_eq!(reader.stacks(), whole.stacks());
            }
        }
    }

    #[test]
    fn what_stays_the_same_is_not_told_again() {
        let stacks: BTreeMap<String, u64> = [("ab".to_owned(), 3), ("ac".to_owned(), 2)].into();
        let mut tree = Tree::default();
        assert!(tree.take(TreeHead::default(), &named(&stacks)).is_some());
        assert!(tree.take(TreeHead::default(), &named(&stacks)).is_none());
        let more: BTreeMap<String, u64> = [("ab".to_owned(), 3), ("ac".to_owned(), 5)].into();
        let change = tree.take(TreeHead::default(), &named(&more)).unwrap();
        assert_eq!((change.nodes.value.as_slice(), change.frames.len()), (&[8, 8, 5][..], 0));
    }
}
