//! The address space of a program, drawn in so many cells: what lives there, whose it is, and the holes between.
//!
//! ```text
//!   addresses  ─█─█▒──░█────────────────▒▒──────────────────█─
//!   regions     │█─█▒──░█│             │▒▒│                │█│      stretches with something in them; what is empty for FOLD
//!   cells       0 1 2 3 4               5                   6       bytes and more is left out
//! ```
//!
//! Cells are of a power of two of bytes, each region's from a multiple of it. Three steps, so that a session that runs on is held
//! for the middle one alone: who owns which stack ([`Owners`], by names), a [`Survey`] of what lives, and the [`Space`] it makes.

mod grid;

pub use grid::Region;

use crate::owners::Owners;
use crate::session::Session;
use crate::stacks::LiveBlock;
use grid::{Grid, Ground};

/// Most blocks that are told one by one.
const SPOTS_MAX: usize = 2000;

/// Most blocks of which holes are told: to find them they are put in order.
const ORDERED_MAX: usize = 1 << 20;

/// What of an address space is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The blocks that the allocator gave out.
    Blocks,
    /// The stretches that the program mapped itself.
    Mapped,
}

/// What is wanted of an address space.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Which things.
    pub kind: Kind,
    /// The first address that is looked at.
    pub from: u64,
    /// The address behind the last.
    pub to: u64,
    /// Most cells.
    pub cells: usize,
}

/// What lies in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its number: regions one behind the other, and in each its cells.
    pub number: usize,
    /// Bytes that live in it.
    pub bytes: u64,
    /// Blocks that begin in it, or that reach into it from before all that is looked at.
    pub blocks: u64,
    /// Who holds the most of it: a place among the owners.
    pub owner: usize,
}

/// A block that is told by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Where it is.
    pub address: u64,
    /// Bytes asked for.
    pub size: u64,
    /// When it was asked for, in microseconds; 0 for what was mapped.
    pub born_us: u64,
    /// Whose it is: a place among the owners.
    pub owner: usize,
}

/// What is free between blocks of a region, beyond what an allocator rounds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holes {
    /// How many there are.
    pub count: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes of the largest.
    pub largest_bytes: u64,
    /// Where the largest begins.
    pub largest_at: u64,
}

/// A picture of an address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// From the first byte of everything to behind the last, whatever was looked at; `None` where nothing lives.
    pub extent: Option<Region>,
    /// The stretches that are drawn.
    pub regions: Vec<Region>,
    /// Bytes of a cell: a power of two.
    pub cell_bytes: u64,
    /// The cells that hold something, by their numbers.
    pub cells: Vec<Cell>,
    /// Bytes that live in what is looked at.
    pub live_bytes: u64,
    /// Blocks that lie in it, at least with a part.
    pub live_blocks: u64,
    /// All of them by their addresses, where they are few.
    pub spots: Option<Vec<Spot>>,
    /// The holes; `None` where there are too many blocks to put them in order.
    pub holes: Option<Holes>,
}

/// What lives in a stretch of addresses, copied out of a session.
#[derive(Debug)]
pub struct Survey {
    wish: Wish,
    extent: Option<Region>,
    grid: Grid,
    /// Bytes of each owner in each cell.
    held: Vec<u64>,
    /// Blocks of each cell.
    begun: Vec<u64>,
    owners: usize,
    live_bytes: u64,
    live_blocks: u64,
    spots: Vec<Spot>,
    /// Where each block begins, and where the next may.
    edges: Vec<(u64, u64)>,
}

impl Session {
    /// What lives in a stretch of addresses.
    pub fn survey(&self, wish: Wish, owners: &Owners) -> Survey {
        let mapped = |(address, size, node)| LiveBlock { address, size, born_us: 0, node };
        let image = self.image();
        match wish.kind {
            Kind::Blocks => Survey::of(wish, owners, image, || self.live_blocks()),
            Kind::Mapped => Survey::of(wish, owners, image, || self.mappings().map(mapped)),
        }
    }
}

/// The address behind a block; one that was asked for with no bytes takes one.
fn end_of(block: &LiveBlock) -> u64 {
    block.address.saturating_add(block.size.max(1))
}

/// Bytes from a block's address to where the next one may begin: glibc's chunk of it, which is a little more than was asked for
/// (malloc/malloc.c, `request2size`).
fn footprint(kind: Kind, size: u64) -> u64 {
    match kind {
        Kind::Blocks => (size.saturating_add(8 + 15) & !15).max(32),
        Kind::Mapped => size,
    }
}

impl Survey {
    fn of<I: Iterator<Item = LiveBlock>>(
        wish: Wish,
        owners: &Owners,
        image: u32,
        blocks: impl Fn() -> I,
    ) -> Survey {
        let (mut ground, mut extent) = (Ground::default(), None::<Region>);
        for block in blocks() {
            let region = Region { from: block.address, to: end_of(&block) };
            ground.add(region);
            extent = Some(extent.map_or(region, |extent| extent.with(region)));
        }
        let grid = Grid::of(ground.regions(wish.from, wish.to), wish.cells);
        let (cells, kinds) = (grid.cells(), owners.list().len().max(1));
        let mut survey = Survey {
            wish,
            extent,
            grid,
            held: vec![0; cells * kinds],
            begun: vec![0; cells],
            owners: kinds,
            live_bytes: 0,
            live_blocks: 0,
            spots: Vec::new(),
            edges: Vec::new(),
        };
        for block in blocks().filter(|block| block.address < wish.to && end_of(block) > wish.from) {
            survey.add(&block, owners.of(image, block.node));
        }
        survey
    }

    fn add(&mut self, block: &LiveBlock, owner: usize) {
        let (from, to) = (block.address.max(self.wish.from), end_of(block).min(self.wish.to));
        let Some(first) = self.grid.cell_of(from) else { return };
        self.begun[first] += 1;
        self.live_blocks += 1;
        let bytes = if block.size == 0 { 0 } else { to - from };
        self.live_bytes += bytes;
        let mut at = from;
        for cell in first.. {
            let end = self.grid.end_of(at).min(to);
            self.held[cell * self.owners + owner] += if bytes == 0 { 0 } else { end - at };
            at = end;
            if at >= to {
                break;
            }
        }
        if self.spots.len() <= SPOTS_MAX {
            let LiveBlock { address, size, born_us, .. } = *block;
            self.spots.push(Spot { address, size, born_us, owner });
        }
        if self.edges.len() <= ORDERED_MAX {
            let next = block.address.saturating_add(footprint(self.wish.kind, block.size));
            self.edges.push((block.address, next));
        }
    }

    /// The picture.
    pub fn space(mut self) -> Space {
        self.spots.sort_by_key(|spot| spot.address);
        self.edges.sort_unstable();
        Space {
            extent: self.extent,
            cell_bytes: self.grid.cell_bytes(),
            cells: self.cells(),
            live_bytes: self.live_bytes,
            live_blocks: self.live_blocks,
            holes: (self.edges.len() <= ORDERED_MAX).then(|| self.holes()),
            spots: (self.spots.len() <= SPOTS_MAX).then_some(self.spots),
            regions: self.grid.into_regions(),
        }
    }

    /// The cells that hold something.
    fn cells(&self) -> Vec<Cell> {
        let rows = self.held.chunks(self.owners).zip(&self.begun).enumerate();
        let cells = rows.filter_map(|(number, (held, &blocks))| {
            let bytes = held.iter().sum();
            // Of owners that hold as much, the larger one, who stands first.
            let most = held
                .iter()
                .enumerate()
                .max_by_key(|(owner, held)| (**held, std::cmp::Reverse(*owner)));
            let owner = most.map_or(0, |(owner, _)| owner);
            (bytes != 0 || blocks != 0).then_some(Cell { number, bytes, blocks, owner })
        });
        cells.collect()
    }

    /// What is free between two blocks of one region.
    fn holes(&self) -> Holes {
        let mut holes = Holes::default();
        for region in self.grid.regions() {
            let first = self.edges.partition_point(|(_, next)| *next <= region.from);
            let mut free = region.from;
            for &(from, next) in &self.edges[first..] {
                if from >= region.to {
                    break;
                }
                holes.add(free, from.min(region.to));
                free = free.max(next);
            }
            holes.add(free, region.to);
        }
        holes
    }
}

impl Holes {
    fn add(&mut self, from: u64, to: u64) {
        let Some(bytes) = to.checked_sub(from).filter(|bytes| *bytes != 0) else { return };
        self.count += 1;
        self.bytes += bytes;
        if bytes > self.largest_bytes {
            (self.largest_bytes, self.largest_at) = (bytes, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{Event, Stack, Start, ThreadId};
    use crate::intake::Intake;
    use crate::names::Names;
    use crate::owners::OwnedBy;

    /// Blocks on places of 256 bytes in four far regions, each by one of twelve functions.
    fn session(blocks: &BTreeMap<(u64, u64), (u64, u64)>) -> Intake {
        let mut intake = Intake::new(Start { ticks_per_second: 1, ..Start::default() });
        for (&(region, place), &(size, function)) in blocks {
            let address = 0x10_0000 + region * 0x4000_0000 + place * 256;
            let stack = Stack { keep: 0, fresh: &[function] };
            intake.hear(1, &Event::Alloc { thread: ThreadId(0), address, size, stack });
        }
        intake
    }

    fn drawn(intake: &Intake, from: u64, to: u64, cells: usize) -> (Space, Owners) {
        let session = intake.session();
        let owners =
            session.outline_of_held(Kind::Blocks).owners(&mut Names::default(), OwnedBy::Function);
        (session.survey(Wish { kind: Kind::Blocks, from, to, cells }, &owners).space(), owners)
    }

    proptest! {
        #[test]
        fn every_live_byte_stands_in_its_cell_and_with_its_owner(
            blocks in prop::collection::btree_map((0_u64..4, 0_u64..300), (0_u64..240, 0x1000_u64..0x100c), 1..80),
            window in prop::option::of((0_u64..80_000, 1_u64..80_000)),
            cells in 1_usize..600
        ) {
            let intake = session(&blocks);
            let (from, to) = window.map_or((0, u64::MAX), |(from, length)| (0x10_0000 + from, 0x10_0000 + from + length));
            let (space, owners) = drawn(&intake, from, to, cells);
            prop_assert!(space.cell_bytes.is_power_of_two());
            let shift = space.cell_bytes.trailing_zeros();
            // The address of each cell, region by region.
            let places: Vec<u64> = space.regions.iter().flat_map(|region| (region.from >> shift)..=((region.to - 1) >> shift)).collect();
            prop_assert!(places.len() <= cells.max(space.regions.len()));
            let mut held: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
            let (mut bytes, mut count) = (0, 0);
            for block in intake.session().live_blocks().filter(|block| block.address < to && end_of(block) > from) {
                count += 1;
                for byte in block.address.max(from)..(block.address + block.size).min(to) {
                    let cell = places.iter().position(|place| *place == byte >> shift).unwrap();
                    *held.entry(cell).or_default().entry(owners.of(0, block.node)).or_default() += 1;
                    bytes += 1;
                }
            }
            prop_assert_eq!((space.live_bytes, space.live_blocks), (bytes, count));
            prop_assert_eq!(space.cells.iter().map(|cell| cell.blocks).sum::<u64>(), count);
            for cell in &space.cells {
                let of = held.remove(&cell.number).unwrap_or_default();
                prop_assert_eq!(of.values().sum::<u64>(), cell.bytes);
                prop_assert_eq!(of.get(&cell.owner).copied().unwrap_or(0), of.values().copied().max().unwrap_or(0));
            }
            prop_assert!(held.is_empty());
            prop_assert_eq!(space.spots.map_or(0, |spots| spots.len() as u64), count);
        }

        #[test]
        fn holes_are_the_bytes_of_a_region_that_no_chunk_takes(
            blocks in prop::collection::btree_map((0_u64..1, 0_u64..40), (0_u64..240, 0x1000_u64..0x1003), 1..30)
        ) {
            let intake = session(&blocks);
            let (space, _) = drawn(&intake, 0, u64::MAX, 64);
            prop_assert_eq!(space.regions.len(), 1);
            let region = space.regions[0];
            let mut free: Vec<bool> = vec![true; usize::try_from(region.to - region.from).unwrap()];
            for block in intake.session().live_blocks() {
                let from = usize::try_from(block.address - region.from).unwrap();
                let to = from + usize::try_from(footprint(Kind::Blocks, block.size)).unwrap();
                let to = to.min(free.len());
                free[from..to].fill(false);
            }
            let mut lengths: Vec<u64> = Vec::new();
            for (at, is_free) in free.iter().enumerate().filter(|(_, is_free)| **is_free) {
                match lengths.last_mut().filter(|_| at > 0 && free[at - 1] == *is_free) {
                    Some(last) => *last += 1,
                    None => lengths.push(1),
                }
            }
            let holes = space.holes.unwrap();
            prop_assert_eq!(holes.count, lengths.len() as u64);
            prop_assert_eq!(holes.bytes, lengths.iter().sum::<u64>());
            prop_assert_eq!(holes.largest_bytes, lengths.into_iter().max().unwrap_or(0));
        }
    }

    #[test]
    fn what_a_container_holds_is_its_callers_and_what_nobody_else_asked_for_is_its_own() {
        let mut intake = Intake::new(Start { ticks_per_second: 1, ..Start::default() });
        let module = crate::event::Module {
            bias: 0,
            start: 0x1000,
            end: 0x9000,
            path: "/nowhere/it",
            build_id: b"",
        };
        intake.hear(0, &Event::Module(module));
        for (at, stack) in
            (1..).zip([&[0x1001_u64, 0x2001, 0x3001][..], &[0x2001, 0x3001], &[0x1001]])
        {
            let stack = Stack { keep: 0, fresh: stack };
            intake.hear(
                1,
                &Event::Alloc { thread: ThreadId(0), address: at * 4096, size: at * 100, stack },
            );
        }
        let call = |function: &str| crate::labels::Label {
            function: function.into(),
            file: None,
            line: None,
            inlined: false,
        };
        let frames = intake.session().tree().frames().to_vec();
        for (frame, id) in frames.iter().zip((0..).map(crate::tree::FrameId)).skip(1) {
            let names = match frame.address {
                0x1001 => vec![call("std::allocator<int>::deallocate"), call("load")],
                0x2001 => vec![call("std::vector<int>::push_back")],
                _ => vec![call("operator new(unsigned long)")],
            };
            intake.label(1, id, &names);
        }
        let owners = intake
            .session()
            .outline_of_held(Kind::Blocks)
            .owners(&mut Names::default(), OwnedBy::Function);
        let told: Vec<(&str, u64)> =
            owners.list().iter().map(|owner| (owner.function.as_str(), owner.bytes)).collect();
        assert_eq!(told, [("load", 400), ("std::vector<int>::push_back", 200), ("", 0)]);
        let by_module = intake
            .session()
            .outline_of_held(Kind::Blocks)
            .owners(&mut Names::default(), OwnedBy::Module);
        assert_eq!(
            (by_module.list()[0].module.as_str(), by_module.list()[0].bytes),
            ("/nowhere/it", 600)
        );
    }

    #[test]
    fn what_is_far_from_everything_else_is_a_region_of_its_own_and_zooming_keeps_the_holes_at_the_edges()
     {
        let intake = session(
            &[((0, 0), (100, 0x1000)), ((0, 16), (100, 0x1000)), ((3, 0), (8, 0x1001))].into(),
        );
        let (space, owners) = drawn(&intake, 0, u64::MAX, 1000);
        let end = 0x10_0000 + 16 * 256 + 100;
        let far = 0x10_0000 + 3 * 0x4000_0000;
        assert_eq!(
            space.regions,
            [Region { from: 0x10_0000, to: end }, Region { from: far, to: far + 8 }]
        );
        assert_eq!(space.extent, Some(Region { from: 0x10_0000, to: far + 8 }));
        assert_eq!(owners.list()[0].bytes, 200);
        let (near, _) = drawn(&intake, 0x10_0040, 0x10_0400, 1000);
        assert_eq!(near.regions, [Region { from: 0x10_0040, to: 0x10_0400 }]);
        assert_eq!((near.cell_bytes, near.live_bytes), (1, 100 - 64));
        let (none, _) = drawn(&intake, 0x9000_0000, 0x9000_1000, 10);
        assert_eq!((none.regions.len(), none.cells.len(), none.extent), (0, 0, space.extent));
    }
}
