//! Whether the machine is short of memory, and why, in plain sentences.
//!
//! Each check (`checks`) looks at one thing and says how bad it is, with numbers; the worst of them
//! is the state. The same snapshot and rates give the same words, always.

mod checks;
mod inside;

use std::fmt;
use std::time::Duration;

use crate::format;
use crate::ledger::Ledger;
use crate::memory::Memory;
use crate::rates::Rates;
use crate::snapshot::Snapshot;

/// How short of memory the machine is. The order is that of badness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing suffers.
    #[default]
    Ok,
    /// Nothing suffers much yet; a little more load and it will.
    Tight,
    /// Programs run slower for want of memory, or are about to.
    Short,
    /// Programs stand still, or are being killed.
    Critical,
}

impl State {
    /// Its name in JSON: `ok`, `tight`, `short` or `critical`.
    pub fn key(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Tight => "tight",
            State::Short => "short",
            State::Critical => "critical",
        }
    }

    /// How a headline begins.
    fn opening(self) -> &'static str {
        match self {
            State::Ok => "Not short",
            State::Tight => "Tight",
            State::Short => "Short of memory",
            State::Critical => "Critically short of memory",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Whether the machine is short of memory, or the container that one is in ([`Verdict::inside`]), and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The worst that any check found.
    pub state: State,
    /// One sentence with the numbers that matter most.
    pub headline: String,
    /// What was found, a sentence each, the worst first.
    pub reasons: Vec<String>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    state: State,
    sentence: String,
}

/// All that the checks look at.
#[derive(Clone, Debug)]
struct Facts<'a> {
    snapshot: &'a Snapshot,
    memory: Memory,
    ledger: Ledger,
    /// Rates over a time that is long enough to say something.
    rates: Option<&'a Rates>,
    stalls: Option<Stalls>,
    /// OOM kills since the snapshot before this one, however short ago that was.
    oom_kills: u64,
}

/// Shares of time lost to waiting for memory, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stalls {
    some: f64,
    full: f64,
    /// The time that the shares are of, as the end of a sentence.
    over: &'static str,
}

/// Rates over less than this are noise: one page fault more in 10 ms is a hundred a second.
const STEADY: Duration = Duration::from_millis(500);

/// Less than this share of time is shown as no stall at all.
const NOTICED: f64 = 0.0005;

impl Verdict {
    /// Judges one snapshot.
    ///
    /// With `rates`, moving swap, refaults and the stalls since the snapshot before are judged too;
    /// without, or over less than half a second, the kernel's own average of the last 10 s stands in.
    pub fn of(snapshot: &Snapshot, rates: Option<&Rates>) -> Verdict {
        let facts = Facts::of(snapshot, rates);
        let mut findings: Vec<Finding> =
            checks::ALL.iter().filter_map(|check| check(&facts)).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.state));
        let state = findings.first().map_or(State::Ok, |worst| worst.state);
        let headline = facts.headline(state);
        let reasons = findings.into_iter().map(|finding| finding.sentence).collect();
        Verdict { state, headline, reasons }
    }
}

impl<'a> Facts<'a> {
    fn of(snapshot: &'a Snapshot, rates: Option<&'a Rates>) -> Facts<'a> {
        let steady = rates.filter(|rates| rates.elapsed >= STEADY);
        Facts {
            snapshot,
            memory: Memory::of(snapshot),
            ledger: Ledger::of(snapshot),
            rates: steady,
            stalls: steady.and_then(Stalls::measured).or_else(|| Stalls::averaged(snapshot)),
            oom_kills: rates.and_then(|rates| rates.oom_kills).unwrap_or(0),
        }
    }

    /// The sentence for everyone: `Not short: 9.1 of 16 GiB used; 5.2 GiB can be reclaimed; no stalls.`
    fn headline(&self, state: State) -> String {
        let Memory { used_bytes, total_bytes, available_bytes, .. } = self.memory;
        let used = format::iec_of(used_bytes, total_bytes);
        let room = match state {
            State::Ok => {
                format!("{} can be reclaimed", format::iec(self.memory.reclaimable_bytes()))
            }
            _ => format!("{} available", format::iec(available_bytes)),
        };
        let stalls = match self.stalls {
            None => "stalls are not measured here".to_owned(),
            Some(stalls) if stalls.some < NOTICED => "no stalls".to_owned(),
            Some(stalls) => {
                format!("tasks waited for memory {} of the time", format::percent(stalls.some))
            }
        };
        format!("{}: {used} used; {room}; {stalls}.", state.opening())
    }

    /// A part of the total, 0..=1.
    fn share(&self, bytes: u64) -> f64 {
        share(bytes, self.memory.total_bytes)
    }

    /// Bytes a second of a rate in pages a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate needs three digits of a double's fifteen"
    )]
    fn bytes_per_s(&self, pages_per_s: Option<f64>) -> f64 {
        pages_per_s.unwrap_or(0.0) * self.snapshot.page_bytes as f64
    }
}

/// A part of a total, 0..=1.
#[expect(clippy::cast_precision_loss, reason = "a share needs two digits of a double's fifteen")]
fn share(bytes: u64, total_bytes: u64) -> f64 {
    bytes as f64 / total_bytes.max(1) as f64
}

impl Stalls {
    /// From the totals of two snapshots: what really happened between them.
    fn measured(rates: &Rates) -> Option<Stalls> {
        let some = rates.some_stalled?;
        Some(Stalls {
            some,
            full: rates.full_stalled.unwrap_or(0.0),
            over: "since the last sample",
        })
    }

    /// From the kernel's average.
    fn averaged(snapshot: &Snapshot) -> Option<Stalls> {
        let pressure = snapshot.pressure?;
        let ratio = |ten_thousandths: u32| f64::from(ten_thousandths) / 10_000.0;
        let full = pressure.full.map_or(0.0, |full| ratio(full.avg10));
        Some(Stalls { some: ratio(pressure.some.avg10), full, over: "over the last 10 s" })
    }
}
