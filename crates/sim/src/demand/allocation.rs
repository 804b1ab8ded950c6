//! How frames are divided among processes, and whose pages may be replaced.
//!
//! Source: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Allocation of Frames"; the combinations that make
//! sense are those of Stallings, *Operating Systems*, "Resident Set Management": a fixed allocation with global
//! replacement does not exist, since replacing another's page changes the allocation.

use serde::Serialize;

use super::error::Error;
use crate::nearest::nearest;

/// How many frames a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocation {
    /// As many as it can get: the policy chooses among the pages of all processes.
    Global,
    /// The same share for each, fixed; the policy chooses among the process's own pages.
    Equal,
    /// A fixed share in proportion to the number of its pages; the policy chooses among its own pages.
    Proportional,
    /// Its working set, which grows and shrinks; the policy is `working-set`.
    WorkingSet,
    /// A resident set that its faults let grow and shrink; the policy is `pff`.
    Pff,
}

const ALLOCATIONS: [Allocation; 5] = [
    Allocation::Global,
    Allocation::Equal,
    Allocation::Proportional,
    Allocation::WorkingSet,
    Allocation::Pff,
];

const SCOPES: [&str; 2] = ["global", "local"];

impl Allocation {
    /// The allocation of these names. Without either it is global; `local` alone is `equal`.
    ///
    /// # Errors
    /// [`Error::UnknownAllocation`], [`Error::UnknownReplacement`], and [`Error::Scope`] where the two exclude each other.
    pub fn named(allocation: Option<&str>, replacement: Option<&str>) -> Result<Allocation, Error> {
        let scope = replacement.map(scope).transpose()?;
        let Some(name) = allocation else {
            return Ok(if scope == Some("local") { Allocation::Equal } else { Allocation::Global });
        };
        let found = ALLOCATIONS.into_iter().find(|allocation| allocation.name() == name);
        let allocation = found.ok_or_else(|| Error::UnknownAllocation {
            name: name.to_owned(),
            nearest: nearest(name, ALLOCATIONS.into_iter().map(Allocation::name)),
        })?;
        match scope {
            Some(scope) if scope != allocation.replacement() => Err(Error::Scope {
                allocation: allocation.name(),
                replacement: scope,
                why: allocation.why_its_scope(),
            }),
            _ => Ok(allocation),
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Allocation::Global => "global",
            Allocation::Equal => "equal",
            Allocation::Proportional => "proportional",
            Allocation::WorkingSet => "working-set",
            Allocation::Pff => "pff",
        }
    }

    /// Whose pages a fault may replace: `global` those of all processes, `local` the process's own.
    pub fn replacement(self) -> &'static str {
        if self == Allocation::Global { "global" } else { "local" }
    }

    /// Whether a process's share stays as it is.
    pub fn is_fixed(self) -> bool {
        matches!(self, Allocation::Equal | Allocation::Proportional)
    }

    fn why_its_scope(self) -> &'static str {
        match self {
            Allocation::Global => {
                "it divides nothing, so name equal or proportional for local replacement"
            }
            Allocation::Equal | Allocation::Proportional => {
                "replacing another's page would change its fixed share, so replace locally or divide nothing"
            }
            Allocation::WorkingSet | Allocation::Pff => {
                "it decides by each process's own references which of its pages leave, so replace locally"
            }
        }
    }
}

fn scope(name: &str) -> Result<&'static str, Error> {
    SCOPES.into_iter().find(|&scope| scope == name).ok_or_else(|| Error::UnknownReplacement {
        name: name.to_owned(),
        nearest: nearest(name, SCOPES.into_iter()),
    })
}

/// What becomes of the frames that rounding down leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spare {
    /// They belong to nobody, as in the textbook.
    Free,
    /// They go, one each, to the processes with the largest remainders; of equal ones to the first.
    LargestRemainder,
}

/// The shares of processes of these sizes, in frames. With `equal` all sizes count as the same.
///
/// A share is frames × size / sum of the sizes, rounded down, and at least 1; what the processes that were raised to 1 got
/// is taken, one by one, from the largest share. Where only `places` processes are in memory at a time, the sum is that
/// of the `places` largest, so that any of them fit together. There are at least as many frames as places.
pub fn shares(
    frames: usize,
    sizes: &[u64],
    places: usize,
    equal: bool,
    spare: Spare,
) -> Vec<usize> {
    let size = |size: &u64| if equal { 1 } else { u128::from(*size) };
    let sizes: Vec<u128> = sizes.iter().map(size).collect();
    let mut largest = sizes.clone();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let sum: u128 = largest.iter().take(places).sum();
    let exact = |size: u128| (frames as u128 * size / sum, frames as u128 * size % sum);
    let whole = |&size: &u128| usize::try_from(exact(size).0).unwrap_or(frames).max(1);
    let mut shares: Vec<usize> = sizes.iter().map(whole).collect();
    while over(&shares, places) > frames {
        let most = (0..shares.len()).rev().max_by_key(|&at| shares[at]);
        most.into_iter().for_each(|at| shares[at] -= 1);
    }
    if spare == Spare::LargestRemainder && places >= sizes.len() {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(exact(sizes[at]).1));
        let left = frames - over(&shares, places);
        order.into_iter().take(left).for_each(|at| shares[at] += 1);
    }
    shares
}

/// The frames that the `places` largest shares need.
fn over(shares: &[usize], places: usize) -> usize {
    let mut largest = shares.to_vec();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    largest.iter().take(places).sum()
}
