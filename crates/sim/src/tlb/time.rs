//! Effective access time: what an access takes on average, with the convention of the formula named.
//!
//! With `t` for a look-up of the TLB, `m` for an access to memory, `h` for the hit ratio and `L` levels of page table:
//!
//! | convention | time | with t 5, m 100, h 0.8, L 1 |
//! |---|---|---|
//! | look-up counted | h (t + m) + (1 − h) (t + (L + 1) m) | 125 |
//! | look-up not counted | h m + (1 − h) (L + 1) m | 120 |
//!
//! Sources: Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Translation Look-Aside Buffer": the ninth edition counts
//! the look-up, the tenth leaves it out. A second level with `t₂` and `h₂` adds its look-up after a miss of the first;
//! page faults weigh in as (1 − p) time + p fault, ibid., "Performance of Demand Paging".

use serde::Serialize;

use super::error::Error;

/// Whether a look-up of the TLB takes time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// Every access pays for the look-up.
    LookupCounted,
    /// The look-up happens at once with something else.
    LookupNotCounted,
}

/// What an access costs. All times have one unit, which is the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timing {
    /// Whether the look-up is counted.
    pub convention: Convention,
    /// A look-up of the first level.
    pub tlb: f64,
    /// An access to memory.
    pub memory: f64,
    /// Hits of the first level over its look-ups, 0..1.
    pub hit_ratio: f64,
    /// Levels of the page table: accesses to memory that a walk makes.
    pub levels: u32,
    /// A second level: its look-up, and its hits over its look-ups.
    pub second: Option<(f64, f64)>,
    /// Page faults: faults over accesses, and the time that one takes.
    pub fault: Option<(f64, f64)>,
}

/// An effective access time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effective {
    /// Whether the look-up is counted.
    pub convention: Convention,
    /// The time.
    pub time: f64,
    /// The formula in symbols.
    pub formula: &'static str,
    /// The formula with its numbers.
    pub explain: String,
}

impl Timing {
    /// The effective access time.
    ///
    /// # Errors
    /// [`Error::Ratio`], [`Error::Time`].
    pub fn effective(&self) -> Result<Effective, Error> {
        self.check()?;
        let counted = self.convention == Convention::LookupCounted;
        let walk = f64::from(self.levels) * self.memory;
        let (tlb, hit) = (if counted { self.tlb } else { 0.0 }, self.hit_ratio);
        let found = tlb + self.memory;
        let (formula, time, terms) = match self.second {
            None => {
                let missed = found + walk;
                let formula = if counted {
                    "h (t + m) + (1 - h) (t + (L + 1) m)"
                } else {
                    "h m + (1 - h) (L + 1) m"
                };
                let time = hit * found + (1.0 - hit) * missed;
                (formula, time, format!("{hit} × {found} + (1 - {hit}) × {missed}"))
            }
            Some((lookup, again)) => {
                let late = found + if counted { lookup } else { 0.0 };
                let missed = late + walk;
                let formula = if counted {
                    "h (t + m) + (1 - h) (h2 (t + t2 + m) + (1 - h2) (t + t2 + (L + 1) m))"
                } else {
                    "h m + (1 - h) (h2 m + (1 - h2) (L + 1) m)"
                };
                let rest = again * late + (1.0 - again) * missed;
                let time = hit * found + (1.0 - hit) * rest;
                let inner = format!("{again} × {late} + (1 - {again}) × {missed}");
                (formula, time, format!("{hit} × {found} + (1 - {hit}) × ({inner})"))
            }
        };
        Ok(self.faulted(formula, time, terms))
    }

    fn faulted(&self, formula: &'static str, time: f64, terms: String) -> Effective {
        let how = match self.convention {
            Convention::LookupCounted => "the look-up counted",
            Convention::LookupNotCounted => "the look-up not counted",
        };
        let (time, terms) = match self.fault {
            None => (time, terms),
            Some((ratio, fault)) => {
                let terms = format!("(1 - {ratio}) × ({terms}) + {ratio} × {fault}");
                ((1.0 - ratio) * time + ratio * fault, terms)
            }
        };
        let explain = format!("With {how}: {formula} = {terms} = {}.", rounded(time));
        Effective { convention: self.convention, time, formula, explain }
    }

    fn check(&self) -> Result<(), Error> {
        let (second_time, second_ratio) = self.second.unwrap_or((0.0, 0.0));
        let (fault_ratio, fault_time) = self.fault.unwrap_or((0.0, 0.0));
        for (what, value) in [
            ("the hit ratio", self.hit_ratio),
            ("the hit ratio of the second level", second_ratio),
            ("the ratio of page faults", fault_ratio),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::Ratio { what, value });
            }
        }
        for (what, value) in [
            ("the time of a look-up", self.tlb),
            ("the time of an access to memory", self.memory),
            ("the time of a look-up of the second level", second_time),
            ("the time of a page fault", fault_time),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::Time { what, value });
            }
        }
        Ok(())
    }
}

/// A time as a sentence shows it: without the last digits of binary fractions.
fn rounded(time: f64) -> f64 {
    (time * 1e6).round() / 1e6
}
