//! Call stacks as one number each: frames are interned, and a stack is a node of a tree that knows its parent.
//!
//! ```text
//!   nodes   0 (root) ─ 1 main ─┬─ 2 parse ─ 3 grow        a stack is the number of its innermost frame's node:
//!                              └─ 4 run                    3 is main → parse → grow
//! ```
//!
//! A parent's number is always below its children's, so that one pass forward carries something down the tree, and one pass
//! backward carries sums up.

use crate::event::Module;
use crate::labels::{Label, Labels};
use crate::table::Index;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// Its place in a table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

handle! {
    /// A stack: a node of the tree.
    NodeId
}
handle! {
    /// A return address in a module.
    FrameId
}
handle! {
    /// A module as it was mapped at one time.
    ModuleId
}

/// Most nodes of a tree; further stacks end at the frame where the room did.
pub const MAX_NODES: u32 = 4 << 20;

/// Most modules that are remembered.
const MAX_MODULES: u32 = 1 << 16;

/// The node of no frame at all.
pub const ROOT: NodeId = NodeId(0);

/// The module of addresses that are in none.
pub const NO_MODULE: ModuleId = ModuleId(0);

/// A return address, and the module that it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The address.
    pub address: u64,
    /// The module.
    pub module: ModuleId,
}

/// A module that was mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// What was added to the addresses in the file.
    pub bias: u64,
    /// The first address.
    pub start: u64,
    /// The address behind the last.
    pub end: u64,
    /// Where the file was.
    pub path: String,
    /// The file's build id.
    pub build_id: Vec<u8>,
}

impl From<&Module<'_>> for Mapped {
    fn from(module: &Module<'_>) -> Self {
        Mapped {
            bias: module.bias,
            start: module.start,
            end: module.end,
            path: module.path.to_owned(),
            build_id: module.build_id.to_vec(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: NodeId,
    frame: FrameId,
    /// The callee that was last called from here, which most often is the next one too and lies near in memory, where
    /// the index is all over the place; the root, which nobody calls, where that is not known.
    last_callee: NodeId,
}

/// All stacks of a session.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    children: Index<u64>,
    frames: Vec<Frame>,
    by_address: Index<(u64, u64)>,
    modules: Vec<Mapped>,
    /// The modules that are mapped now.
    mapped: Vec<ModuleId>,
    /// Frames that were not told apart for want of room.
    cut: u64,
    max_nodes: u32,
    labels: Labels,
}

impl Tree {
    /// A tree of no stacks, of `max_nodes` nodes at most.
    pub(crate) fn new(max_nodes: u32) -> Tree {
        let nowhere = Frame { address: 0, module: NO_MODULE };
        Tree {
            nodes: vec![Node { parent: ROOT, frame: FrameId(0), last_callee: ROOT }],
            children: Index::new(),
            frames: vec![nowhere],
            by_address: Index::new(),
            modules: vec![Mapped::default()],
            mapped: Vec::new(),
            cut: 0,
            max_nodes,
            labels: Labels::default(),
        }
    }

    /// How many nodes there are, the root among them.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no stack was seen.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// The stack without its innermost frame; the root's is the root.
    #[inline]
    pub fn parent(&self, node: NodeId) -> NodeId {
        self.nodes[node.index()].parent
    }

    /// The innermost frame of a stack; of no meaning for the root.
    #[inline]
    pub fn frame_id(&self, node: NodeId) -> FrameId {
        self.nodes[node.index()].frame
    }

    /// The innermost frame of a stack.
    pub fn frame(&self, node: NodeId) -> Frame {
        self.frames[self.frame_id(node).index()]
    }

    /// Every frame.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Every module that was ever mapped; the first stands for none.
    pub fn modules(&self) -> &[Mapped] {
        &self.modules
    }

    /// The names of frames that came with the session.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Names a frame that there is; false where it has names, where there are none, or where there is no room.
    pub(crate) fn label(&mut self, frame: FrameId, labels: &[Label]) -> bool {
        (1..self.frames.len()).contains(&frame.index()) && self.labels.put(frame, labels)
    }

    /// The modules that are mapped now.
    pub fn mapped(&self) -> &[ModuleId] {
        &self.mapped
    }

    /// Frames that were not told apart because the tree was full.
    pub fn frames_cut(&self) -> u64 {
        self.cut
    }

    /// The frames of a stack, the innermost first.
    pub fn stack(&self, node: NodeId) -> impl Iterator<Item = FrameId> {
        let mut at = node;
        std::iter::from_fn(move || {
            (at != ROOT).then(|| {
                let frame = self.frame_id(at);
                at = self.parent(at);
                frame
            })
        })
    }

    /// The stack that calls from `parent` into the frame that returns to `address`.
    #[inline]
    pub(crate) fn call(&mut self, parent: NodeId, address: u64) -> NodeId {
        let guess = self.nodes[parent.index()].last_callee;
        if guess != ROOT && self.frame(guess).address == address {
            return guess;
        }
        self.call_another(parent, address)
    }

    #[inline(never)]
    fn call_another(&mut self, parent: NodeId, address: u64) -> NodeId {
        let frame = self.frame_at(address);
        let callee = self.child(parent, frame);
        // A tree without room gives the parent back.
        if callee != parent {
            self.nodes[parent.index()].last_callee = callee;
        }
        callee
    }

    /// Addresses mean something else from now on: nothing is guessed from what they meant.
    fn forget_last_callees(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.last_callee = ROOT);
    }

    /// The stack of `parent` with one frame more.
    #[inline]
    pub(crate) fn child(&mut self, parent: NodeId, frame: FrameId) -> NodeId {
        let Tree { nodes, children, max_nodes, .. } = self;
        let found = children.get_or(u64::from(parent.0) << 32 | u64::from(frame.0), || {
            let new = u32::try_from(nodes.len()).ok().filter(|new| new < max_nodes)?;
            nodes.push(Node { parent, frame, last_callee: ROOT });
            Some(new)
        });
        found.map_or_else(
            || {
                self.cut += 1;
                parent
            },
            NodeId,
        )
    }

    #[inline]
    fn frame_at(&mut self, address: u64) -> FrameId {
        let Tree { frames, by_address, mapped, modules, .. } = self;
        let found = by_address.get_or((address, 0), || {
            let new = u32::try_from(frames.len()).ok().filter(|new| *new < MAX_NODES)?;
            // A return address is that of the next instruction, which may be the first one behind a function or a module.
            let call = address.saturating_sub(1);
            let here = |id: &&ModuleId| {
                let module = &modules[id.index()];
                (module.start..module.end).contains(&call)
            };
            let module = mapped.iter().rev().find(here).copied().unwrap_or(NO_MODULE);
            frames.push(Frame { address, module });
            Some(new)
        });
        FrameId(found.unwrap_or(0))
    }

    /// A module is mapped from now on; what stood at its addresses has gone.
    pub(crate) fn map(&mut self, module: &Module<'_>) {
        let overlaps = |old: &Mapped| old.start < module.end && module.start < old.end;
        let same = |old: &Mapped| {
            (old.bias, old.start, old.end) == (module.bias, module.start, module.end)
                && old.path == module.path
        };
        if self.mapped.iter().any(|id| same(&self.modules[id.index()])) {
            return;
        }
        let gone = |old: &Mapped| overlaps(old);
        self.forget(gone);
        // Addresses that were looked at before their module was told of are looked at again.
        let lies_there = |address| (module.start..=module.end).contains(&address);
        if self.by_address.retain(|(address, _), _| !lies_there(address)) {
            self.forget_last_callees();
        }
        let Some(id) = u32::try_from(self.modules.len()).ok().filter(|id| *id < MAX_MODULES) else {
            return;
        };
        self.modules.push(Mapped::from(module));
        self.mapped.push(ModuleId(id));
    }

    /// A module as a recording tells of it.
    pub(crate) fn module_told(&mut self, module: &Module<'_>) -> ModuleId {
        let same = |old: &Mapped| {
            (old.bias, old.start, old.end) == (module.bias, module.start, module.end)
                && old.path == module.path
                && old.build_id == module.build_id
        };
        let found = self.modules.iter().skip(1).position(same).map(|at| at + 1);
        let id = found.unwrap_or_else(|| {
            self.modules.push(Mapped::from(module));
            self.modules.len() - 1
        });
        // A recording that names more modules than could ever be mapped loses the names of the rest.
        u32::try_from(id).ok().filter(|id| *id < MAX_MODULES).map_or(NO_MODULE, ModuleId)
    }

    /// A frame as a recording tells of it.
    pub(crate) fn frame_told(&mut self, address: u64, module: ModuleId) -> FrameId {
        let Tree { frames, by_address, .. } = self;
        let found = by_address.get_or((address, 1 + u64::from(module.0)), || {
            let new = u32::try_from(frames.len()).ok().filter(|new| *new < MAX_NODES)?;
            frames.push(Frame { address, module });
            Some(new)
        });
        FrameId(found.unwrap_or(0))
    }

    /// The module that begins at `start` has gone: its addresses may mean something else from now on.
    pub(crate) fn unmap(&mut self, start: u64) {
        self.forget(|module| module.start == start);
    }

    fn forget(&mut self, gone: impl Fn(&Mapped) -> bool) {
        let Tree { mapped, modules, by_address, .. } = self;
        let dropped: Vec<ModuleId> =
            mapped.iter().copied().filter(|id| gone(&modules[id.index()])).collect();
        if dropped.is_empty() {
            return;
        }
        mapped.retain(|id| !dropped.contains(id));
        let has_changed = by_address.retain(|(address, _), _| {
            !dropped.iter().any(|id| {
                let module = &modules[id.index()];
                (module.start..=module.end).contains(&address)
            })
        });
        if has_changed {
            self.forget_last_callees();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses(tree: &Tree, node: NodeId) -> Vec<u64> {
        let mut stack: Vec<u64> =
            tree.stack(node).map(|frame| tree.frames()[frame.index()].address).collect();
        stack.reverse();
        stack
    }

    proptest! {
        #[test]
        fn a_stack_is_told_back_frame_by_frame_and_the_same_stack_is_the_same_number(
            stacks in prop::collection::vec(prop::collection::vec(2_u64..9, 1..8), 1..60)
        ) {
            let mut tree = Tree::new(MAX_NODES);
            let nodes: Vec<NodeId> = stacks
                .iter()
                .map(|stack| stack.iter().fold(ROOT, |node, &address| tree.call(node, address)))
                .collect();
            for (a, &node) in stacks.iter().zip(&nodes) {
                prop_assert_eq!(&addresses(&tree, node), a);
                prop_assert!(node == ROOT || tree.parent(node) < node);
                for (b, other) in stacks.iter().zip(&nodes) {
                    prop_assert_eq!(a == b, node == *other);
                }
            }
        }
    }

    #[test]
    fn an_address_means_the_module_that_is_mapped_when_it_is_seen() {
        let module =
            |start, path| Module { bias: start, start, end: start + 100, path, build_id: b"" };
        let mut tree = Tree::new(MAX_NODES);
        let early = tree.call(ROOT, 1050);
        tree.map(&module(1000, "a.so"));
        let a = tree.call(ROOT, 1050);
        tree.unmap(1000);
        let between = tree.call(ROOT, 1050);
        tree.map(&module(1000, "b.so"));
        let b = tree.call(ROOT, 1050);
        let path = |node| tree.modules()[tree.frame(node).module.index()].path.as_str();
        assert_eq!([early, a, between, b].map(path), ["", "a.so", "", "b.so"]);
    }

    #[test]
    fn a_full_tree_ends_stacks_where_the_room_did_and_counts() {
        let mut tree = Tree::new(3);
        let full = [5, 6, 7, 8].iter().fold(ROOT, |node, &address| tree.call(node, address));
        assert_eq!((addresses(&tree, full), tree.frames_cut()), (vec![5, 6], 2));
    }
}
