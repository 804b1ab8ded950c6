//! A TLB over a list of accesses: the counts, and the steps for those who want them.

use serde::Serialize;

use super::MAX_STEPS;
use super::cache::{Cache, Found, Geometry, Key, Replacement};
use super::error::Error;
use super::machine::{Access, Kind, Listener, Machine, Setup, Switch, Which};
use crate::paging::Want;
use crate::translate::Address;

/// Ways that a sentence spells out before it says how many more there are.
const SPELLED_OUT: usize = 12;

/// What came of a list of accesses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The page size in bytes.
    pub page_bytes: u64,
    /// What happens when another address space runs.
    pub switch: Switch,
    /// The levels there are, the first ones first.
    pub units: Vec<Unit>,
    /// Accesses in the list.
    pub references: u64,
    /// Accesses that the first level held all of.
    pub hits: u64,
    /// Accesses that it did not.
    pub misses: u64,
    /// Hits over references, 0..1.
    pub hit_ratio: f64,
    /// Page walks: pages that no level held.
    pub walks: u64,
    /// Flushes.
    pub flushes: u64,
    /// Every step, where they were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Step>>,
}

/// One level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Unit {
    /// `first`, `data`, `code` or `second`.
    pub name: &'static str,
    /// Its shape.
    #[serde(flatten)]
    pub geometry: Geometry,
    /// Its sets.
    pub sets: u32,
    /// Accesses that looked something up in it.
    pub accesses: u64,
    /// Of those, the ones that missed; one that crosses a page and misses twice counts once.
    pub misses: u64,
    /// The others over all, 0..1; `None` where there was no access.
    pub hit_ratio: Option<f64>,
}

/// What one access did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number in the list, from 1.
    pub index: u64,
    /// The address space.
    pub asid: u32,
    /// The virtual address.
    pub address: Address,
    /// What it is.
    pub kind: Kind,
    /// Whether the first level held all of it.
    pub hit: bool,
    /// Pages whose table had to be walked.
    pub walks: u64,
    /// Whether the levels were flushed before it.
    pub flushed: bool,
    /// The look-ups in order.
    pub lookups: Vec<Lookup>,
    /// What was compared and why it came out so.
    pub explain: String,
}

/// One look-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lookup {
    /// The level.
    pub unit: &'static str,
    /// The page that was looked up.
    pub page: u64,
    /// Its set.
    pub set: u32,
    /// The way where it stands now.
    pub way: u32,
    /// Whether it was there before.
    pub hit: bool,
    /// The translation that left this way for it.
    pub victim: Option<Victim>,
    /// Under PLRU the set's tree after the look-up, root first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// A translation that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Victim {
    /// The address space.
    pub asid: u32,
    /// The page.
    pub page: u64,
}

/// Makes the accesses of a list.
///
/// # Errors
/// Those of [`Machine::new`], [`Error::Empty`], [`Error::TooManySteps`].
pub fn run(setup: Setup, accesses: &[Access], want: Want) -> Result<Report, Error> {
    let mut machine = Machine::new(setup)?;
    if accesses.is_empty() {
        return Err(Error::Empty);
    }
    if want != Want::Counts && accesses.len() > MAX_STEPS {
        return Err(Error::TooManySteps { references: accesses.len() });
    }
    let mut hits = 0;
    let steps = match want {
        Want::Counts => {
            hits = accesses.iter().map(|&access| u64::from(machine.access(access))).sum();
            None
        }
        Want::Steps | Want::Views => {
            let mut steps = Vec::with_capacity(accesses.len());
            for (index, &access) in (1..).zip(accesses) {
                let step = step(&mut machine, index, access, setup.code.is_some());
                hits += u64::from(step.hit);
                steps.push(step);
            }
            Some(steps)
        }
    };
    let references = accesses.len() as u64;
    Ok(Report {
        page_bytes: setup.page_bytes,
        switch: setup.switch,
        units: units(&machine, setup.code.is_some()),
        references,
        hits,
        misses: references - hits,
        hit_ratio: ratio(hits, references).unwrap_or(0.0),
        walks: machine.walks(),
        flushes: machine.flushes(),
        steps,
    })
}

fn units(machine: &Machine, split: bool) -> Vec<Unit> {
    let unit = |which| {
        let (geometry, tally) = machine.tally(which)?;
        let hits = tally.accesses - tally.misses;
        Some(Unit {
            name: name(which, split),
            geometry,
            sets: geometry.sets(),
            accesses: tally.accesses,
            misses: tally.misses,
            hit_ratio: ratio(hits, tally.accesses),
        })
    };
    [Which::Code, Which::Data, Which::Second].into_iter().filter_map(unit).collect()
}

fn name(which: Which, split: bool) -> &'static str {
    match which {
        Which::Data if split => "data",
        Which::Data => "first",
        Which::Code => "code",
        Which::Second => "second",
    }
}

/// The level at the beginning of a sentence.
fn level_name(which: Which, split: bool) -> &'static str {
    match which {
        Which::Data if split => "Data level",
        Which::Data => "First level",
        Which::Code => "Code level",
        Which::Second => "Second level",
    }
}

/// A page as a sentence names it beside one of `asid`: that of another address space with its number, as it is typed.
fn tagged(key: Key, asid: u32) -> String {
    let Key { asid: own, page } = key;
    if own == asid { format!("{page:#x}") } else { format!("{own}:{page:#x}") }
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn step(machine: &mut Machine, index: u64, access: Access, split: bool) -> Step {
    let mut teller = Teller { split, lookups: Vec::new(), said: Vec::new(), page: 0, asid: 0 };
    let done = machine.heard(access, &mut teller);
    let Access { asid, address, kind, .. } = access;
    let address = Address(address);
    let mut said = vec![format!("Reference {index}: {address} of address space {asid}.")];
    if done.flushed {
        said.push("Another address space ran before, so the TLB was flushed.".to_owned());
    }
    said.append(&mut teller.said);
    match done.walks {
        0 => {}
        1 => said.push("The page table is walked.".to_owned()),
        walks => said.push(format!("The page table is walked {walks} times.")),
    }
    let (hit, walks, flushed) = (done.hit, done.walks, done.flushed);
    let explain = said.join(" ");
    Step { index, asid, address, kind, hit, walks, flushed, lookups: teller.lookups, explain }
}

/// The listener of the steps: it writes down what it hears.
struct Teller {
    split: bool,
    lookups: Vec<Lookup>,
    said: Vec<String>,
    page: u64,
    asid: u32,
}

impl Listener for Teller {
    fn before(&mut self, which: Which, cache: &Cache, key: Key) {
        let Key { asid, page } = key;
        (self.page, self.asid) = (page, asid);
        let (unit, set) = (level_name(which, self.split), cache.set_of(page));
        let ways = cache.set(set);
        self.said.push(match cache.geometry.sets() {
            1 => format!("{unit}: its one set is searched for page {page:#x}."),
            sets => format!("{unit}: page {page:#x} mod {sets} sets is set {set}."),
        });
        let of_other = |key: Key| key.page == page && key.asid != asid;
        if let Some(other) = ways.iter().filter_map(|way| way.key).find(|&key| of_other(key)) {
            let other = other.asid;
            self.said.push(format!(
                "The set has page {page:#x} of address space {other}, whose tag is another."
            ));
        }
        if ways.iter().any(|way| way.key == Some(key)) || ways.iter().any(|way| way.key.is_none()) {
            return;
        }
        let items: Vec<String> = ways
            .iter()
            .filter_map(|way| Some((way.key?, way.stamp)))
            .map(|(key, stamp)| format!("{} at {stamp}", tagged(key, asid)))
            .collect();
        let more = items.len().saturating_sub(SPELLED_OUT);
        let mut listed = items[..items.len().min(SPELLED_OUT)].join(", ");
        if more > 0 {
            listed.push_str(&format!(" and {more} more"));
        }
        self.said.push(match cache.geometry.replacement {
            Replacement::Lru => format!("LRU compares last uses: {listed}."),
            Replacement::Fifo => format!("FIFO compares when ways were filled: {listed}."),
            Replacement::Random => format!("RANDOM draws one of {} ways.", ways.len()),
            Replacement::Plru => format!("PLRU follows its tree {}.", cache.tree(set)),
        });
    }

    fn after(&mut self, which: Which, cache: &Cache, found: Found) {
        let Found { set, way, hit, victim } = found;
        let (page, asid) = (self.page, self.asid);
        self.said.push(match victim {
            _ if hit => format!("Way {way} holds it: a hit."),
            None => format!("No way holds it: a miss; it goes into way {way}, which is empty."),
            Some(gone) => {
                let gone = tagged(gone, asid);
                format!("No way holds it: a miss; page {gone} leaves way {way} for it.")
            }
        });
        let victim = victim.map(|Key { asid, page }| Victim { asid, page });
        let unit = name(which, self.split);
        let plru = cache.geometry.replacement == Replacement::Plru;
        let tree = plru.then(|| cache.tree(set));
        self.lookups.push(Lookup { unit, page, set, way, hit, victim, tree });
    }
}
