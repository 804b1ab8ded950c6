//! One level: sets of ways, and who leaves a full set.
//!
//! | replacement | source |
//! |---|---|
//! | `lru` | the way used the longest ago leaves: Hennessy, Patterson, *Computer Architecture*, appendix B |
//! | `fifo` | the way filled the longest ago leaves: the same |
//! | `random` | a way by chance: the same; the generator is Marsaglia's 64-bit xorshift with the shifts 13, 7, 17 (2003) |
//! | `plru` | a binary tree of bits, each pointing at the half used longer ago: So, Rechtschaffen, IEEE Trans. Computers 37(7), 1988 |
//!
//! A way that holds nothing is filled first, the lowest of them, whatever the replacement.

use serde::Serialize;

use super::error::Error;
use super::{MAX_ENTRIES, MAX_PLRU_WAYS};
use crate::processes::text::did_you_mean;

/// Who leaves a full set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// The way used the longest ago.
    Lru,
    /// The way filled the longest ago.
    Fifo,
    /// A way by chance.
    Random,
    /// The way that the tree of bits points at.
    Plru,
}

impl Replacement {
    /// The replacement of this name.
    ///
    /// # Errors
    /// [`Error::UnknownReplacement`] with the nearest name.
    pub fn parse(name: &str) -> Result<Replacement, Error> {
        Ok(match name {
            "lru" => Replacement::Lru,
            "fifo" => Replacement::Fifo,
            "random" => Replacement::Random,
            "plru" => Replacement::Plru,
            _ => {
                let nearest = did_you_mean(name, ["lru", "fifo", "random", "plru"].into_iter());
                let name = name.chars().take(40).collect();
                return Err(Error::UnknownReplacement { name, nearest });
            }
        })
    }
}

/// The shape of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Geometry {
    /// How many translations it holds.
    pub entries: u32,
    /// How many of them make a set: 1 is direct mapped, `entries` is fully associative.
    pub ways: u32,
    /// Who leaves a full set.
    pub replacement: Replacement,
}

impl Geometry {
    /// How many sets there are.
    pub fn sets(&self) -> u32 {
        self.entries / self.ways.max(1)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let Geometry { entries, ways, replacement } = *self;
        if entries == 0 || entries > MAX_ENTRIES {
            return Err(Error::Entries { asked: entries });
        }
        if ways == 0 || !entries.is_multiple_of(ways) {
            return Err(Error::Ways { entries, ways });
        }
        let tree = ways.is_power_of_two() && ways <= MAX_PLRU_WAYS;
        if replacement == Replacement::Plru && !tree { Err(Error::Tree { ways }) } else { Ok(()) }
    }
}

/// A translation's name: the address space and the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) asid: u32,
    pub(crate) page: u64,
}

/// One way of one set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) key: Option<Key>,
    /// When it was used last; with FIFO when it was filled. In look-ups of this level, from 1.
    pub(crate) stamp: u64,
}

/// What a look-up found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) set: u32,
    pub(crate) way: u32,
    pub(crate) hit: bool,
    pub(crate) victim: Option<Key>,
}

/// One level.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) geometry: Geometry,
    ways: Vec<Way>,
    /// Of each set the tree of PLRU: bit 1 is the root, bits 2n and 2n + 1 are below n; set points to the upper half.
    trees: Vec<u64>,
    now: u64,
    chance: u64,
}

impl Cache {
    /// An empty level; the geometry is checked.
    pub(crate) fn new(geometry: Geometry, seed: u64) -> Cache {
        let sets = geometry.sets() as usize;
        Cache {
            geometry,
            ways: vec![Way { key: None, stamp: 0 }; geometry.entries as usize],
            trees: vec![0; sets],
            now: 0,
            // xorshift never leaves 0, so a seed of 0 begins elsewhere
            chance: if seed == 0 { 0x9E37_79B9_7F4A_7C15 } else { seed },
        }
    }

    /// Looks a translation up, and fills it in where it is missing.
    #[inline]
    pub(crate) fn look_up(&mut self, key: Key) -> Found {
        self.now += 1;
        let set = self.set_of(key.page);
        let found = self.set(set).iter().position(|way| way.key == Some(key));
        let (way, hit) = match found {
            Some(way) => (u32::try_from(way).unwrap_or(0), true),
            None => (self.victim(set), false),
        };
        let at = (set * self.geometry.ways + way) as usize;
        let victim = if hit { None } else { self.ways[at].key.replace(key) };
        if !hit || self.geometry.replacement != Replacement::Fifo {
            self.ways[at].stamp = self.now;
        }
        if self.geometry.replacement == Replacement::Plru {
            self.point_away(set, way);
        }
        Found { set, way, hit, victim }
    }

    /// Forgets every translation.
    pub(crate) fn flush(&mut self) {
        self.ways.iter_mut().for_each(|way| way.key = None);
        self.trees.fill(0);
    }

    /// The set of a page.
    pub(crate) fn set_of(&self, page: u64) -> u32 {
        u32::try_from(page % u64::from(self.geometry.sets())).unwrap_or(0)
    }

    /// The ways of a set.
    pub(crate) fn set(&self, set: u32) -> &[Way] {
        let ways = self.geometry.ways as usize;
        let first = set as usize * ways;
        &self.ways[first..first + ways]
    }

    /// The way that is filled next: the lowest empty one, else the one that leaves.
    fn victim(&mut self, set: u32) -> u32 {
        let ways = self.set(set);
        let chosen = match ways.iter().position(|way| way.key.is_none()) {
            Some(empty) => Some(empty),
            None => match self.geometry.replacement {
                Replacement::Lru | Replacement::Fifo => {
                    (0..ways.len()).min_by_key(|&way| ways[way].stamp)
                }
                Replacement::Random => return self.draw(),
                Replacement::Plru => return self.pointed_at(set),
            },
        };
        u32::try_from(chosen.unwrap_or(0)).unwrap_or(0)
    }

    fn draw(&mut self) -> u32 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        u32::try_from(self.chance % u64::from(self.geometry.ways)).unwrap_or(0)
    }

    fn pointed_at(&self, set: u32) -> u32 {
        let (tree, ways) = (self.trees[set as usize], self.geometry.ways);
        let mut node = 1;
        while node < ways {
            node = 2 * node + u32::from(tree >> node & 1 == 1);
        }
        node - ways
    }

    fn point_away(&mut self, set: u32, way: u32) {
        let tree = &mut self.trees[set as usize];
        let mut node = self.geometry.ways + way;
        while node > 1 {
            let upper = node & 1 == 1;
            node /= 2;
            *tree = if upper { *tree & !(1 << node) } else { *tree | 1 << node };
        }
    }

    /// The tree of a set as text, root first: what PLRU compares.
    pub(crate) fn tree(&self, set: u32) -> String {
        let tree = self.trees[set as usize];
        (1..self.geometry.ways).map(|node| if tree >> node & 1 == 1 { '1' } else { '0' }).collect()
    }
}
