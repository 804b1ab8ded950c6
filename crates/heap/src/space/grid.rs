//! Which addresses are drawn, and in which cells.

use std::collections::BTreeMap;

/// An empty stretch of so many bytes is not drawn.
const FOLD: u64 = 1 << 20;

/// Most regions: beyond, those that are nearest to each other are one.
const REGIONS_MAX: usize = 256;

/// A block of more grains than this is kept as it is: one stretch can be as large as the address space.
const GRAINS_MAX: u64 = 1 << 10;

/// Bits of a grain: stretches are gathered by it.
const GRAIN_BITS: u32 = FOLD.trailing_zeros();

/// A stretch of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// The first.
    pub from: u64,
    /// The one behind the last.
    pub to: u64,
}

impl Region {
    /// What reaches over this and another.
    pub(super) fn with(self, other: Region) -> Region {
        Region { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// Where anything lies, as far as it matters for what is drawn: memory grows with the bytes that live, not with blocks.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// By grain: from the first byte in it to behind the last.
    grains: BTreeMap<u64, Region>,
    large: Vec<Region>,
}

impl Ground {
    /// Something lies here.
    pub(super) fn add(&mut self, region: Region) {
        let (first, last) = (region.from >> GRAIN_BITS, (region.to - 1) >> GRAIN_BITS);
        if last - first > GRAINS_MAX {
            self.large.push(region);
            return;
        }
        for grain in first..=last {
            let (start, end) = (grain << GRAIN_BITS, (grain + 1) << GRAIN_BITS);
            let part = Region { from: region.from.max(start), to: region.to.min(end) };
            self.grains.entry(grain).and_modify(|known| *known = known.with(part)).or_insert(part);
        }
    }

    /// The stretches with something in them, as far as they lie between two addresses.
    pub(super) fn regions(self, from: u64, to: u64) -> Vec<Region> {
        let mut parts: Vec<Region> = self.grains.into_values().chain(self.large).collect();
        parts.sort_unstable();
        let all = join(parts, FOLD);
        let within = all.into_iter().filter(|region| region.from < to && region.to > from);
        let clipped =
            within.map(|region| Region { from: region.from.max(from), to: region.to.min(to) });
        at_most(clipped.collect(), REGIONS_MAX)
    }
}

/// Joins what lies nearer to each other than `fold`.
fn join(parts: Vec<Region>, fold: u64) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for part in parts {
        match regions.last_mut().filter(|last| part.from < last.to.saturating_add(fold)) {
            Some(last) => *last = last.with(part),
            None => regions.push(part),
        }
    }
    regions
}

/// Joins those that are nearest to each other, until they are so many at most.
fn at_most(regions: Vec<Region>, most: usize) -> Vec<Region> {
    if regions.len() <= most {
        return regions;
    }
    let mut gaps: Vec<u64> = regions.windows(2).map(|pair| pair[1].from - pair[0].to).collect();
    gaps.sort_unstable_by_key(|gap| std::cmp::Reverse(*gap));
    // Gaps that are as large as the last one that may stay are joined too: fewer regions, and never more.
    join(regions, gaps[most - 1].saturating_add(1))
}

/// Regions in cells.
#[derive(Debug)]
pub(super) struct Grid {
    regions: Vec<Region>,
    /// The number of each region's first cell, and how many there are in all.
    firsts: Vec<usize>,
    shift: u32,
}

impl Grid {
    /// The smallest cells with which there are `most` of them at most; a region has one at least.
    pub(super) fn of(regions: Vec<Region>, most: usize) -> Grid {
        let cells =
            |shift: u32| -> u64 { regions.iter().map(|region| cells_of(*region, shift)).sum() };
        let most = u64::try_from(most.max(regions.len())).unwrap_or(u64::MAX);
        let shift = (0..63).find(|shift| cells(*shift) <= most).unwrap_or(63);
        let mut firsts = vec![0];
        for region in &regions {
            let last = firsts[firsts.len() - 1];
            firsts.push(last + usize::try_from(cells_of(*region, shift)).unwrap_or(usize::MAX));
        }
        Grid { regions, firsts, shift }
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.firsts[self.firsts.len() - 1]
    }

    /// Bytes of a cell.
    pub(super) fn cell_bytes(&self) -> u64 {
        1 << self.shift
    }

    /// The regions.
    pub(super) fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The regions alone.
    pub(super) fn into_regions(self) -> Vec<Region> {
        self.regions
    }

    /// The number of the cell at an address; `None` in no region.
    pub(super) fn cell_of(&self, address: u64) -> Option<usize> {
        let at = self.regions.partition_point(|region| region.from <= address).checked_sub(1)?;
        let region = self.regions[at];
        let within = (address >> self.shift) - (region.from >> self.shift);
        (address < region.to).then(|| self.firsts[at] + usize::try_from(within).unwrap_or(0))
    }

    /// The address behind the cell that `address` lies in.
    pub(super) fn end_of(&self, address: u64) -> u64 {
        ((address >> self.shift) + 1) << self.shift
    }
}

fn cells_of(region: Region, shift: u32) -> u64 {
    ((region.to - 1) >> shift) - (region.from >> shift) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_as_large_as_the_address_space_is_one_region_and_takes_no_more_than_it_should() {
        let mut ground = Ground::default();
        ground.add(Region { from: 0x1000, to: 1 << 47 });
        ground.add(Region { from: 0x2000, to: 0x3000 });
        assert!(ground.grains.len() <= 1);
        let regions = ground.regions(0, u64::MAX);
        assert_eq!(regions, [Region { from: 0x1000, to: 1 << 47 }]);
        assert!(Grid::of(regions, 4096).cells() <= 4096);
    }

    #[test]
    fn of_too_many_regions_the_nearest_are_one() {
        let mut ground = Ground::default();
        for number in 0..REGIONS_MAX as u64 + 50 {
            let from = number * 16 * FOLD + if number % 2 == 0 { 0 } else { 4 * FOLD };
            ground.add(Region { from, to: from + 1 });
        }
        let regions = ground.regions(0, u64::MAX);
        assert!((REGIONS_MAX / 2..=REGIONS_MAX).contains(&regions.len()), "{}", regions.len());
        assert!(regions.windows(2).all(|pair| pair[0].to < pair[1].from));
    }
}
