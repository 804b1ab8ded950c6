//! A call tree by names, of a size that people and browsers can take.
//!
//! Two steps, so that a session that runs on is held only for the first: an [`Outline`] is a copy of the stacks that count,
//! and [`Outline::named`] looks their names up, joins stacks that only differ in where within a function they call, and
//! leaves a [`NamedTree`], which can be cut down to so many nodes.

use std::collections::{BTreeMap, HashMap};

use crate::labels::Labels;
use crate::names::{NameId, Named, Names};
use crate::session::Session;
use crate::space::Kind;
use crate::stacks::By;
use crate::tree::{Frame, FrameId, Mapped, NodeId};

/// What of a stack counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Bytes, or allocations.
    pub value: u64,
    /// Blocks or allocations that stand beside it.
    pub blocks: u64,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    parent: usize,
    node: NodeId,
    frame_id: FrameId,
    frame: Frame,
    count: Count,
}

/// The stacks that count, copied out of a session.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The program whose stacks these are ([`Session::image`]).
    image: u32,
    /// The root first, parents before their children.
    points: Vec<Point>,
    modules: Vec<Mapped>,
    labels: Labels,
}

impl Session {
    /// The stacks by one of their sums.
    pub fn outline(&self, by: By) -> Outline {
        let counts = self
            .stacks()
            .map(|row| (row.node, Count { value: row.value(by), blocks: row.blocks(by) }));
        self.outline_of(counts)
    }

    /// The stacks by what grew between two moments, and the moments of which that is true. Stacks that shrank are left out.
    pub fn outline_of_growth(&self, from_us: u64, to_us: u64) -> (Outline, u64, u64) {
        let grown = self.growth(from_us, to_us);
        let counts = grown.stacks.iter().map(|(node, growth)| {
            let value = growth.after_bytes.saturating_sub(growth.before_bytes);
            (*node, Count { value, blocks: 0 })
        });
        (self.outline_of(counts), grown.from_us, grown.to_us)
    }

    /// The stacks by what was asked for between two moments and still lives.
    pub fn outline_of_kept(&self, from_us: u64, to_us: u64) -> Outline {
        let kept = self.kept(from_us, to_us).into_iter();
        self.outline_of(kept.map(|(node, (value, blocks))| (node, Count { value, blocks })))
    }

    /// The stacks by the bytes that they hold now: of blocks, or of what the program mapped itself.
    pub fn outline_of_held(&self, kind: Kind) -> Outline {
        if kind == Kind::Blocks {
            return self.outline(By::Live);
        }
        let mut held: BTreeMap<NodeId, Count> = BTreeMap::new();
        for (_, bytes, node) in self.mappings() {
            let count = held.entry(node).or_default();
            (count.value, count.blocks) = (count.value + bytes, count.blocks + 1);
        }
        self.outline_of(held.into_iter())
    }

    fn outline_of(&self, counts: impl Iterator<Item = (NodeId, Count)>) -> Outline {
        let tree = self.tree();
        let mut of_node: Vec<Option<Count>> = vec![None; tree.len()];
        of_node[0] = Some(Count::default());
        for (node, count) in counts.filter(|(_, count)| count.value != 0) {
            of_node[node.index()] = Some(count);
            // Those around it that were marked already have marked theirs.
            let mut at = tree.parent(node);
            while of_node[at.index()].is_none() {
                of_node[at.index()] = Some(Count::default());
                at = tree.parent(at);
            }
        }
        let mut place = vec![0; tree.len()];
        let mut points = Vec::new();
        for (node, count) in (0..).map(NodeId).zip(of_node) {
            let Some(count) = count else { continue };
            place[node.index()] = points.len();
            let parent = place[tree.parent(node).index()];
            points.push(Point {
                parent,
                node,
                frame_id: tree.frame_id(node),
                frame: tree.frame(node),
                count,
            });
        }
        Outline {
            image: self.image(),
            points,
            modules: tree.modules().to_vec(),
            labels: tree.labels().clone(),
        }
    }
}

/// A node of a tree by names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedNode {
    /// Its parent's place; its own for the root.
    pub parent: usize,
    /// Its frame's place among the tree's frames; of no meaning for the root.
    pub frame: usize,
    /// What counts of its subtree.
    pub total: Count,
    /// What counts of it alone.
    pub own: Count,
}

/// A call tree by names: the root first, parents before their children, who stand behind each other, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedTree {
    /// The frames; where stacks call from several lines of a function, its line is left out.
    pub frames: Vec<Named>,
    /// The nodes, the root first, each before those that it calls, in the order in which a tree is walked.
    pub nodes: Vec<NamedNode>,
    /// How many there were before it was cut down, the root among them.
    pub nodes_in_all: usize,
    /// How many were folded into nodes that say so.
    pub left_off: usize,
    /// What these nodes held themselves.
    pub left_off_value: u64,
}

/// Functions that are the same for a tree.
type Key = (String, String, bool);

/// Makes a tree of names while it is read outward to inward.
#[derive(Debug, Default)]
struct Grower {
    frames: Vec<Named>,
    by_key: HashMap<Key, usize>,
    /// The place of each name among the frames.
    by_name: HashMap<NameId, usize>,
    nodes: Vec<NamedNode>,
    children: HashMap<(usize, usize), usize>,
}

impl Grower {
    fn frame(&mut self, id: NameId, names: &Names) -> usize {
        if let Some(&known) = self.by_name.get(&id) {
            return known;
        }
        let named = names.name(id);
        let key = (named.function.clone(), named.module.clone(), named.inlined);
        let frames = &mut self.frames;
        let frame = *self.by_key.entry(key).or_insert_with(|| {
            frames.push(named.clone());
            frames.len() - 1
        });
        let first = &mut self.frames[frame];
        if (&first.file, first.line) != (&named.file, named.line) {
            first.line = None;
        }
        self.by_name.insert(id, frame);
        frame
    }

    fn child(&mut self, parent: usize, frame: usize) -> usize {
        let nodes = &mut self.nodes;
        *self.children.entry((parent, frame)).or_insert_with(|| {
            nodes.push(NamedNode { parent, frame, total: Count::default(), own: Count::default() });
            nodes.len() - 1
        })
    }
}

impl Outline {
    /// The sum of all that counts.
    pub fn total(&self) -> u64 {
        self.points.iter().map(|point| point.count.value).sum()
    }

    /// What counts of each module: a stack counts for its innermost frame that is not part of how programs allocate.
    pub fn by_module(&self, names: &mut Names) -> Vec<(Mapped, u64)> {
        names.turn_to(self.image);
        let mut sums = vec![0; self.modules.len()];
        for (at, point) in
            self.points.iter().enumerate().filter(|(_, point)| point.count.value != 0)
        {
            let place = self.own_place(at, names);
            sums[self.points[place].frame.module.index()] += point.count.value;
        }
        let held = self.modules.iter().zip(sums).filter(|(_, sum)| *sum != 0);
        held.map(|(module, sum)| (module.clone(), sum)).collect()
    }

    /// The innermost frame of a stack that is not part of how programs allocate; where all are, the innermost one.
    fn own_place(&self, at: usize, names: &mut Names) -> usize {
        let mut place = at;
        while place != 0 && self.ids(place, names).iter().all(|id| names.name(*id).internal) {
            place = self.points[place].parent;
        }
        if place == 0 { at } else { place }
    }

    /// The innermost function of a stack that is neither part of how programs allocate nor of a language's containers; where all
    /// are, the innermost that does not allocate, or the innermost one.
    pub(crate) fn own_name(&self, at: usize, names: &mut Names) -> Named {
        let (mut place, mut other) = (at, None);
        loop {
            for &id in &self.ids(place, names) {
                let named = names.name(id);
                if !named.internal && !named.is_container() {
                    return named.clone();
                }
                if other.is_none_or(|other| names.name(other).internal && !named.internal) {
                    other = Some(id);
                }
            }
            place = self.points[place].parent;
            if place == 0 {
                return other.map(|id| names.name(id).clone()).unwrap_or_default();
            }
        }
    }

    fn ids(&self, place: usize, names: &mut Names) -> Box<[NameId]> {
        let point = self.points[place];
        let module = &self.modules[point.frame.module.index()];
        names.of(point.frame_id, point.frame, module, &self.labels)
    }

    /// The program whose stacks these are.
    pub(crate) fn image(&self) -> u32 {
        self.image
    }

    /// The stacks that count themselves: the place of each, its number in the session, and what counts.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (usize, NodeId, Count)> {
        let points = self.points.iter().enumerate();
        points
            .filter(|(_, point)| point.count.value != 0)
            .map(|(at, point)| (at, point.node, point.count))
    }

    /// The tree by names.
    pub fn named(&self, names: &mut Names) -> NamedTree {
        names.turn_to(self.image);
        let mut grower = Grower::default();
        grower.nodes.push(NamedNode {
            parent: 0,
            frame: 0,
            total: Count::default(),
            own: Count::default(),
        });
        let mut places = vec![0; self.points.len()];
        for (at, point) in self.points.iter().enumerate().skip(1) {
            let module = &self.modules[point.frame.module.index()];
            let mut node = places[point.parent];
            let ids = names.of(point.frame_id, point.frame, module, &self.labels);
            for id in ids.iter().rev() {
                let frame = grower.frame(*id, names);
                node = grower.child(node, frame);
            }
            places[at] = node;
            let own = &mut grower.nodes[node].own;
            own.value += point.count.value;
            own.blocks += point.count.blocks;
        }
        let own = &mut grower.nodes[0].own;
        (own.value, own.blocks) = (self.points[0].count.value, self.points[0].count.blocks);
        let nodes_in_all = grower.nodes.len();
        let tree = NamedTree {
            frames: grower.frames,
            nodes: grower.nodes,
            nodes_in_all,
            left_off: 0,
            left_off_value: 0,
        };
        tree.summed().walked()
    }
}

impl NamedTree {
    /// The sum of all that counts.
    pub fn total(&self) -> Count {
        self.nodes.first().map(|root| root.total).unwrap_or_default()
    }

    /// With the totals of all subtrees.
    fn summed(mut self) -> NamedTree {
        for node in &mut self.nodes {
            node.total = node.own;
        }
        for at in (1..self.nodes.len()).rev() {
            let node = self.nodes[at];
            let parent = &mut self.nodes[node.parent].total;
            parent.value += node.total.value;
            parent.blocks += node.total.blocks;
        }
        self
    }

    /// In the order in which a tree is walked, siblings by their totals.
    fn walked(self) -> NamedTree {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().skip(1) {
            children[node.parent].push(at);
        }
        let name = |at: usize| &self.frames[self.nodes[at].frame].function;
        for siblings in &mut children {
            siblings.sort_by(|a, b| {
                let (x, y) = (&self.nodes[*a], &self.nodes[*b]);
                y.total.value.cmp(&x.total.value).then_with(|| name(*a).cmp(name(*b)))
            });
        }
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut waiting = vec![(0, 0)];
        while let Some((at, parent)) = waiting.pop() {
            let place = nodes.len();
            nodes.push(NamedNode { parent, ..self.nodes[at] });
            waiting.extend(children[at].iter().rev().map(|child| (*child, place)));
        }
        NamedTree { nodes, ..self }
    }

    /// With `max_nodes` nodes at most, if that is one or more: the largest stay, and what the others held stands in nodes
    /// that say how many they were, so that children and what a node holds itself still add up to it.
    pub fn cut_down(self, max_nodes: usize) -> NamedTree {
        if self.nodes.len() <= max_nodes {
            return self;
        }
        let kept = self.largest(max_nodes);
        let mut place = vec![usize::MAX; self.nodes.len()];
        let mut frames = self.frames.clone();
        let mut nodes: Vec<NamedNode> = Vec::new();
        // Where what is left off of a node's children is gathered: how many subtrees, nodes, and their sums.
        let mut folded: HashMap<usize, (usize, Count)> = HashMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if kept[at] {
                place[at] = nodes.len();
                nodes.push(NamedNode { parent: place[node.parent].min(at), ..*node });
            } else if kept[node.parent] {
                let sums = folded.entry(place[node.parent]).or_default();
                sums.0 += 1;
                sums.1.value += node.total.value;
                sums.1.blocks += node.total.blocks;
            }
        }
        let left_off = self.nodes.len() - nodes.len();
        let left_off_value = folded.values().map(|(_, count)| count.value).sum();
        for (parent, (subtrees, count)) in folded {
            let function = format!("({subtrees} more)");
            frames.push(Named { function, internal: true, ..Named::default() });
            nodes.push(NamedNode { parent, frame: frames.len() - 1, total: count, own: count });
        }
        NamedTree { frames, nodes, nodes_in_all: self.nodes_in_all, left_off, left_off_value }
            .walked()
    }

    /// The nodes that stay: half of them, since each may need one that gathers what is left off of its children.
    fn largest(&self, max_nodes: usize) -> Vec<bool> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        // A parent's total is no smaller than its child's, and it stands before it: so parents of those that stay do stay.
        order.sort_by(|a, b| {
            self.nodes[*b].total.value.cmp(&self.nodes[*a].total.value).then(a.cmp(b))
        });
        let mut kept = vec![false; self.nodes.len()];
        order.into_iter().take((max_nodes / 2).max(1)).for_each(|at| kept[at] = true);
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{Event, Stack, Start, ThreadId};
    use crate::intake::Intake;

    fn session(stacks: &[(Vec<u64>, u64)]) -> Intake {
        let mut intake = Intake::new(Start { ticks_per_second: 1, ..Start::default() });
        for (at, (stack, size)) in (1..).zip(stacks) {
            let (thread, stack) = (ThreadId(0), Stack { keep: 0, fresh: stack });
            intake.hear(at, &Event::Alloc { thread, address: at * 64, size: *size, stack });
        }
        intake
    }

    fn paths(tree: &NamedTree) -> BTreeMap<Vec<String>, (u64, u64)> {
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        let mut found = BTreeMap::new();
        for node in tree.nodes.iter().skip(1) {
            let mut path = paths[node.parent].clone();
            path.push(tree.frames[node.frame].function.clone());
            found.insert(path.clone(), (node.total.value, node.own.value));
            paths.push(path);
        }
        found
    }

    proptest! {
        #[test]
        fn a_tree_of_names_says_what_its_stacks_say(
            stacks in prop::collection::vec((prop::collection::vec(16_u64..22, 1..5), 1_u64..50), 0..40)
        ) {
            let tree = session(&stacks).session().outline(By::Live).named(&mut Names::default());
            let mut expected: BTreeMap<Vec<String>, (u64, u64)> = BTreeMap::new();
            for (stack, size) in &stacks {
                for depth in 1..=stack.len() {
                    let path = stack[..depth].iter().map(|address| format!("{address:#x}")).collect();
                    let sums = expected.entry(path).or_default();
                    sums.0 += size;
                    sums.1 += if depth == stack.len() { *size } else { 0 };
                }
            }
            prop_assert_eq!(paths(&tree), expected);
        }

        #[test]
        fn a_tree_that_is_cut_down_is_small_and_adds_up(
            stacks in prop::collection::vec((prop::collection::vec(16_u64..30, 1..6), 1_u64..50), 0..60),
            max_nodes in 1_usize..60
        ) {
            let whole = session(&stacks).session().outline(By::Live).named(&mut Names::default());
            let cut = whole.clone().cut_down(max_nodes);
            prop_assert!(cut.nodes.len() <= max_nodes.max(2));
            prop_assert_eq!(cut.total(), whole.total());
            let mut sums: Vec<u64> = cut.nodes.iter().map(|node| node.own.value).collect();
            for (at, node) in cut.nodes.iter().enumerate().skip(1) {
                prop_assert!(node.parent < at);
                sums[node.parent] += node.total.value;
            }
            let totals: Vec<u64> = cut.nodes.iter().map(|node| node.total.value).collect();
            prop_assert_eq!(sums, totals);
        }
    }
}
