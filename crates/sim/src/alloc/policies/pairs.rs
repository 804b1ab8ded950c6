//! The binary tree of buddies: free blocks by order, and who is whose other half.
//!
//! ```text
//!   order 4   [        root         ]
//!   order 3   [   2k    |   2k + 1  ]     the two halves of a block are one pair of nodes,
//!   order 2   [ a | a^1 ]                 so the buddy of node n is n ^ 1
//! ```
//!
//! A memory that is no power of two is several roots, the largest first: each lies at a multiple of its size, counted
//! from the beginning of the memory. What is smaller than the smallest block is of no use.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::lists::Lists;
use crate::alloc::span::Span;
use crate::alloc::view::{Node, NodeState, SHOWN};

/// No node.
const NONE: u32 = u32::MAX;

/// A block: a root, or one half of a block that was split.
#[derive(Debug, Clone, Copy)]
struct Buddy {
    address: u64,
    parent: u32,
    /// The first of its halves, where it is split.
    halves: u32,
    /// How often it became free: an entry of a heap is of one of these times.
    times_free: u32,
    order: u8,
    state: NodeState,
}

/// All blocks of a memory.
#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    /// Bytes of the smallest block, a power of two.
    unit: u64,
    nodes: Vec<Buddy>,
    roots: Vec<u32>,
    /// Pairs of nodes that no block uses, by their first.
    spare: Vec<u32>,
    /// For each order its free blocks.
    free: Free,
    /// How many orders there can be.
    levels: u32,
    /// Which orders have a free block.
    orders: u64,
    free_bytes: u64,
}

/// Which free block of an order is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// That of the lowest address.
    Lowest,
    /// That which became free last.
    Recent,
}

/// The free blocks of each order.
#[derive(Debug, Clone)]
enum Free {
    Lowest(Vec<ByAddress>),
    Recent(Lists),
}

/// Address and node of a block that became free, and the node's [`Buddy::times_free`] then.
type Entry = (u64, u32, u32);

/// The free blocks of one order by address. A block that is joined to its buddy stays in the heap until it comes to the
/// top or until such entries are more than half of it.
#[derive(Debug, Clone, Default)]
struct ByAddress {
    /// The lowest address on top.
    heap: BinaryHeap<Reverse<Entry>>,
    /// How many blocks are free.
    len: usize,
}

impl ByAddress {
    fn push(&mut self, entry: Entry, nodes: &[Buddy]) {
        self.len += 1;
        self.heap.push(Reverse(entry));
        if self.heap.len() > 2 * self.len + 16 {
            self.heap.retain(|&Reverse(entry)| counts(nodes, entry));
        }
    }

    /// The lowest node, whose entry goes.
    fn pop(&mut self, nodes: &[Buddy]) -> Option<u32> {
        while let Some(Reverse(entry)) = self.heap.pop() {
            if counts(nodes, entry) {
                return Some(entry.1);
            }
        }
        None
    }

    /// One block less is free, whose entry may still stand there. Whether none is left.
    fn leave(&mut self) -> bool {
        self.len -= 1;
        if self.len == 0 {
            self.heap.clear();
        }
        self.len == 0
    }
}

/// Whether the block of an entry is free since then.
fn counts(nodes: &[Buddy], (_, node, times_free): Entry) -> bool {
    let buddy = nodes[node as usize];
    buddy.state == NodeState::Free && buddy.times_free == times_free
}

/// A block that was taken, and how it was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// Its node, to give it back by.
    pub(crate) node: u32,
    pub(crate) block: Span,
    /// The free block that it was cut from.
    pub(crate) from: Span,
    /// Orders that were looked at.
    pub(crate) looked: u32,
}

impl Pairs {
    /// A free memory whose smallest block has `unit` bytes, a power of two.
    pub(crate) fn new(memory: Span, unit: u64, take: Take) -> Pairs {
        let orders = 64 - unit.ilog2();
        let mut pairs = Pairs {
            unit,
            nodes: Vec::new(),
            roots: Vec::new(),
            spare: Vec::new(),
            free: match take {
                Take::Lowest => Free::Lowest(vec![ByAddress::default(); orders as usize]),
                Take::Recent => Free::Recent(Lists::new(orders as usize)),
            },
            levels: orders,
            orders: 0,
            free_bytes: 0,
        };
        let mut address = memory.address;
        for order in (0..u8::try_from(orders).unwrap_or(64)).rev() {
            let size = pairs.size(order);
            if memory.end() - address >= size {
                let root = pairs.pair(address, NONE, order);
                pairs.roots.push(root);
                pairs.push(root);
                pairs.free_bytes += size;
                address += size;
            }
        }
        pairs
    }

    /// Bytes of a block of this order.
    pub(crate) fn size(&self, order: u8) -> u64 {
        self.unit << order
    }

    /// The least order that holds so many bytes; `None` beyond the largest there can be.
    pub(crate) fn order_of(&self, bytes: u64) -> Option<u8> {
        let units = bytes.div_ceil(self.unit).checked_next_power_of_two()?;
        u8::try_from(units.ilog2()).ok().filter(|&order| u32::from(order) < self.levels)
    }

    /// Takes a block of an order: the first free block of the least order that has one is split until it fits, its
    /// lower half each time. Where there is none, how many orders were looked at.
    pub(crate) fn take(&mut self, order: u8) -> Result<Taken, u32> {
        let above = self.orders & (u64::MAX << order);
        if above == 0 {
            return Err(self.levels_from(order));
        }
        let found = above.trailing_zeros();
        let mut node = self.pop(found as usize);
        let from = self.span(node);
        while self.nodes[node as usize].order > order {
            node = self.split(node);
        }
        self.nodes[node as usize].state = NodeState::Held;
        let block = self.span(node);
        self.free_bytes -= block.size;
        Ok(Taken { node, block, from, looked: found - u32::from(order) + 1 })
    }

    /// Orders from this one to that of the largest root.
    fn levels_from(&self, order: u8) -> u32 {
        let largest = self.roots.first().map_or(0, |&root| self.nodes[root as usize].order);
        u32::from((largest + 1).saturating_sub(order))
    }

    /// Splits a block that is in no heap; its upper half is free. Returns the lower one.
    fn split(&mut self, node: u32) -> u32 {
        let Buddy { address, order, .. } = self.nodes[node as usize];
        let lower = self.pair(address, node, order - 1);
        let whole = &mut self.nodes[node as usize];
        (whole.state, whole.halves) = (NodeState::Split, lower);
        self.push(lower + 1);
        lower
    }

    /// Gives a block back; it joins its buddy as long as that is free as a whole. `joined` hears of each larger block.
    pub(crate) fn give(&mut self, mut node: u32, mut joined: impl FnMut(Span, Span)) {
        self.free_bytes += self.span(node).size;
        loop {
            let parent = self.nodes[node as usize].parent;
            let buddy = node ^ 1;
            if parent == NONE || self.nodes[buddy as usize].state != NodeState::Free {
                break;
            }
            let other = self.span(buddy);
            self.remove(buddy);
            self.spare.push(node & !1);
            node = parent;
            joined(other, self.span(node));
        }
        self.push(node);
    }

    /// A new pair of halves; the first is the node returned. A root has no buddy.
    fn pair(&mut self, address: u64, parent: u32, order: u8) -> u32 {
        let half = |address, times_free| Buddy {
            address,
            parent,
            halves: NONE,
            times_free,
            order,
            state: NodeState::Held,
        };
        let upper = address + self.size(order);
        if let Some(first) = self.spare.pop() {
            // Entries of the blocks that these nodes were may still stand in heaps.
            for (node, address) in self.nodes[first as usize..].iter_mut().zip([address, upper]) {
                *node = half(address, node.times_free);
            }
            return first;
        }
        // More nodes than u32 can number would need more requests than a list may hold.
        let first = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.extend([half(address, 0), half(upper, 0)]);
        first
    }

    /// Where a node lies.
    fn span(&self, node: u32) -> Span {
        let Buddy { address, order, .. } = self.nodes[node as usize];
        Span::new(address, self.size(order))
    }

    /// Puts a node among the free ones of its order.
    fn push(&mut self, node: u32) {
        let buddy = &mut self.nodes[node as usize];
        buddy.state = NodeState::Free;
        buddy.times_free = buddy.times_free.wrapping_add(1);
        let Buddy { address, order, times_free, .. } = *buddy;
        self.orders |= 1 << order;
        let order = usize::from(order);
        match &mut self.free {
            Free::Lowest(free) => free[order].push((address, node, times_free), &self.nodes),
            Free::Recent(lists) => lists.push_front(order, node),
        }
    }

    /// Takes the first free node of an order that has one.
    fn pop(&mut self, order: usize) -> u32 {
        let first = match &mut self.free {
            Free::Lowest(free) => free[order].pop(&self.nodes),
            Free::Recent(lists) => lists.front(order),
        };
        // The order's bit says that there is one.
        let node = first.unwrap_or(0);
        self.remove(node);
        node
    }

    /// Takes a node from the free ones of its order.
    fn remove(&mut self, node: u32) {
        let buddy = &mut self.nodes[node as usize];
        buddy.state = NodeState::Held;
        let order = usize::from(buddy.order);
        let empty = match &mut self.free {
            Free::Lowest(free) => free[order].leave(),
            Free::Recent(lists) => {
                lists.remove(order, node);
                lists.is_empty(order)
            }
        };
        if empty {
            self.orders &= !(1 << order);
        }
    }

    /// Bytes of all free blocks.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.free_bytes
    }

    /// Bytes of the largest free block, 0 where there is none.
    pub(crate) fn largest(&self) -> u64 {
        self.orders.checked_ilog2().map_or(0, |order| self.unit << order)
    }

    /// The bytes of the roots, which is what blocks can hold.
    pub(crate) fn bytes(&self) -> u64 {
        self.roots.iter().map(|&root| self.span(root).size).sum()
    }

    /// The orders that have a free block, the smallest first.
    pub(crate) fn orders(&self) -> impl Iterator<Item = u8> {
        let orders = self.orders;
        (0..64).filter(move |order| orders >> order & 1 == 1)
    }

    /// The free blocks of an order, the next to be taken first.
    pub(crate) fn of_order(&self, order: u8) -> Vec<Span> {
        let order = usize::from(order);
        match &self.free {
            Free::Lowest(free) => {
                let entries = free[order].heap.iter().map(|&Reverse(entry)| entry);
                let mut nodes: Vec<Entry> =
                    entries.filter(|&entry| counts(&self.nodes, entry)).collect();
                nodes.sort_unstable();
                nodes.into_iter().map(|(_, node, _)| self.span(node)).collect()
            }
            Free::Recent(lists) => lists.iter(order).map(|node| self.span(node)).collect(),
        }
    }

    /// The tree, each node before its halves, the first [`SHOWN`].
    pub(crate) fn tree(&self) -> Vec<Node> {
        let mut stack: Vec<(u32, u32)> = self.roots.iter().rev().map(|&root| (root, 0)).collect();
        let mut nodes = Vec::new();
        while let Some((node, depth)) = stack.pop()
            && nodes.len() < SHOWN
        {
            let Buddy { halves, state, .. } = self.nodes[node as usize];
            let Span { address, size } = self.span(node);
            nodes.push(Node { address, size, depth, state });
            if state == NodeState::Split {
                stack.extend([(halves + 1, depth + 1), (halves, depth + 1)]);
            }
        }
        nodes
    }
}
