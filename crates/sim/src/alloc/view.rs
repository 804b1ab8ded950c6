//! A policy's own state as data: what the page draws beside the map.

use serde::Serialize;

use super::span::Span;

/// Items of one list, tree or bitmap that a view holds at most; the list's length says how many there are.
pub const SHOWN: usize = 4096;

/// The state a policy decides by, in the parts it has. Parts that a policy has not are empty, and not in the JSON.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct View {
    /// Its free lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<FreeList>,
    /// Its tree, each node before its children, the lower address first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tree: Vec<Node>,
    /// Its bitmaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bitmaps: Vec<Bitmap>,
    /// Its caches of slabs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
    /// Addresses that it keeps: where next fit goes on, the end of an arena.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Numbers that steer it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<Gauge>,
}

/// A free list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreeList {
    /// What it holds: "free list", "16 to 31 bytes".
    pub name: String,
    /// How many holes it has.
    pub len: usize,
    /// The holes from its front, the first [`SHOWN`].
    pub holes: Vec<Span>,
}

/// A node of a tree over addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its first byte.
    pub address: u64,
    /// Its bytes.
    pub size: u64,
    /// Its distance from the root.
    pub depth: u32,
    /// What it is.
    pub state: NodeState,
}

/// What a node of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It has two children.
    Split,
    /// It is free as a whole.
    Free,
    /// A request holds it.
    Held,
}

/// A bitmap that says which lists have a hole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bitmap {
    /// What its source calls it.
    pub name: String,
    /// Its bits, the lowest first.
    pub bits: Vec<ClassBit>,
}

/// A bit of a [`Bitmap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassBit {
    /// The smallest size of its class, in bytes.
    pub from: u64,
    /// Whether the class has a hole.
    pub set: bool,
}

/// A cache of objects of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cache {
    /// Its name.
    pub name: String,
    /// Bytes of an object.
    pub object_bytes: u64,
    /// Slabs of which some objects are held, in the list's order.
    pub partial: Vec<Slab>,
    /// Slabs of which all objects are held.
    pub full: Vec<Slab>,
    /// Slabs of which no object is held.
    pub empty: Vec<Slab>,
}

/// A slab.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slab {
    /// Its first byte.
    pub address: u64,
    /// Its bytes.
    pub size: u64,
    /// Whether each of its objects is held, the lowest address first.
    pub held: Vec<bool>,
}

/// An address that a policy keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// What it is.
    pub name: &'static str,
    /// Where it points.
    pub address: u64,
}

/// A number that steers a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gauge {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
}

impl View {
    /// How many entries it holds: what it takes to send it.
    pub(crate) fn entries(&self) -> usize {
        let slabs = |cache: &Cache| {
            let all = cache.partial.iter().chain(&cache.full).chain(&cache.empty);
            all.map(|slab| slab.held.len()).sum::<usize>()
        };
        let lists = self.lists.iter().map(|list| list.holes.len()).sum::<usize>();
        let bits = self.bitmaps.iter().map(|map| map.bits.len()).sum::<usize>();
        lists + bits + self.tree.len() + self.caches.iter().map(slabs).sum::<usize>()
    }
}

impl FreeList {
    /// A list from its front.
    pub fn new(name: impl Into<String>, len: usize, holes: impl Iterator<Item = Span>) -> FreeList {
        FreeList { name: name.into(), len, holes: holes.take(SHOWN).collect() }
    }
}
