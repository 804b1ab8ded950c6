//! The levels together: an access in, hits and misses out.

use serde::Serialize;

use super::cache::{Cache, Found, Geometry, Key};
use super::error::Error;

/// What an access is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An instruction is fetched.
    Fetch,
    /// Data is read.
    Read,
    /// Data is written, or read and written.
    Write,
}

/// An access to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The address space.
    pub asid: u32,
    /// The virtual address of the first byte.
    pub address: u64,
    /// How many bytes, from 1 to 4096; more are taken as 4096.
    pub bytes: u32,
    /// What it is.
    pub kind: Kind,
}

/// What happens when another address space runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Entries carry the address space's number (ASID), and stay.
    Tagged,
    /// Every level is flushed.
    Flush,
}

/// A TLB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// The page size in bytes, at least 1.
    pub page_bytes: u64,
    /// The first level; of data alone where there is one for code.
    pub first: Geometry,
    /// A first level for code.
    pub code: Option<Geometry>,
    /// The second level, which code and data share.
    pub second: Option<Geometry>,
    /// What happens when another address space runs.
    pub switch: Switch,
    /// The seed of random replacement.
    pub seed: u64,
}

/// Look-ups of one level. An access that looks up two pages counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accesses: u64,
    pub(crate) misses: u64,
}

/// Which level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Data = 0,
    Code = 1,
    Second = 2,
}

/// The levels, and what happened in them.
#[derive(Debug, Clone)]
pub struct Machine {
    setup: Setup,
    caches: [Option<Cache>; 3],
    tallies: [Tally; 3],
    walks: u64,
    flushes: u64,
    running: Option<u32>,
}

/// Who hears of each look-up of an access.
pub(crate) trait Listener {
    /// A level is about to look a page up.
    fn before(&mut self, which: Which, cache: &Cache, key: Key);
    /// It did.
    fn after(&mut self, which: Which, cache: &Cache, found: Found);
}

/// The listener that hears nothing and costs nothing.
struct Deaf;

impl Listener for Deaf {
    #[inline(always)]
    fn before(&mut self, _: Which, _: &Cache, _: Key) {}
    #[inline(always)]
    fn after(&mut self, _: Which, _: &Cache, _: Found) {}
}

/// What an access did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Whether every page was found in the first level.
    pub(crate) hit: bool,
    /// Pages whose table had to be walked.
    pub(crate) walks: u64,
    /// Whether the levels were flushed before it.
    pub(crate) flushed: bool,
}

impl Machine {
    /// A TLB that holds nothing.
    ///
    /// # Errors
    /// [`Error::PageSize`], [`Error::Entries`], [`Error::Ways`], [`Error::Tree`].
    pub fn new(setup: Setup) -> Result<Machine, Error> {
        if setup.page_bytes == 0 {
            return Err(Error::PageSize);
        }
        let geometries = [Some(setup.first), setup.code, setup.second];
        geometries.iter().flatten().try_for_each(Geometry::check)?;
        let cache = |geometry: Option<Geometry>| geometry.map(|g| Cache::new(g, setup.seed));
        Ok(Machine {
            setup,
            caches: geometries.map(cache),
            tallies: [Tally::default(); 3],
            walks: 0,
            flushes: 0,
            running: None,
        })
    }

    /// Makes one access; true when the first level held all of it.
    #[inline]
    pub fn access(&mut self, access: Access) -> bool {
        self.heard(access, &mut Deaf).hit
    }

    /// Accesses and misses of the first level: of the one for code when `kind` is a fetch and there is one.
    pub fn first_level(&self, kind: Kind) -> (u64, u64) {
        let tally = self.tallies[self.first(kind) as usize];
        (tally.accesses, tally.misses)
    }

    /// Page walks so far.
    pub fn walks(&self) -> u64 {
        self.walks
    }

    /// Flushes so far.
    pub fn flushes(&self) -> u64 {
        self.flushes
    }

    pub(crate) fn tally(&self, which: Which) -> Option<(Geometry, Tally)> {
        let cache = self.caches[which as usize].as_ref()?;
        Some((cache.geometry, self.tallies[which as usize]))
    }

    #[inline(always)]
    pub(crate) fn heard<L: Listener>(&mut self, access: Access, listener: &mut L) -> Done {
        let flushed = self.switch_to(access.asid);
        let first = self.first(access.kind);
        let last = access.address.saturating_add(u64::from(access.bytes.clamp(1, 4096)) - 1);
        let (mut missed, mut second_missed, mut walks) = (false, false, 0);
        for page in access.address / self.setup.page_bytes..=last / self.setup.page_bytes {
            let key = Key { asid: access.asid, page };
            if self.look_up(first, key, listener) == Some(true) {
                continue;
            }
            missed = true;
            if self.look_up(Which::Second, key, listener) != Some(true) {
                second_missed = true;
                walks += 1;
            }
        }
        self.tally_up(first, missed);
        if missed {
            self.tally_up(Which::Second, second_missed);
        }
        self.walks += walks;
        Done { hit: !missed, walks, flushed }
    }

    fn tally_up(&mut self, which: Which, missed: bool) {
        let tally = &mut self.tallies[which as usize];
        tally.accesses += 1;
        tally.misses += u64::from(missed);
    }

    #[inline(always)]
    fn look_up<L: Listener>(&mut self, which: Which, key: Key, listener: &mut L) -> Option<bool> {
        let cache = self.caches[which as usize].as_mut()?;
        listener.before(which, cache, key);
        let found = cache.look_up(key);
        listener.after(which, cache, found);
        Some(found.hit)
    }

    fn first(&self, kind: Kind) -> Which {
        match kind {
            Kind::Fetch if self.setup.code.is_some() => Which::Code,
            _ => Which::Data,
        }
    }

    fn switch_to(&mut self, asid: u32) -> bool {
        let before = self.running.replace(asid);
        let other = before.is_some_and(|before| before != asid);
        let flushes = other && self.setup.switch == Switch::Flush;
        if flushes {
            self.flushes += 1;
            self.caches.iter_mut().flatten().for_each(Cache::flush);
        }
        flushes
    }
}
