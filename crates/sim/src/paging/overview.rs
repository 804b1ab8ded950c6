//! A long string seen from afar and from near: counts at even distances, where runs part, and a window of the steps.
//!
//! ```text
//!   reference   1 ─────────────────┬─ window ─┬──────────────────────────── n
//!   overview    │     │     │     │     │     │     │     │     │     │     │     counts so far, at even distances
//!   steps                          ▓▓▓▓▓▓▓▓▓▓▓▓                                   each explained, with counts so far
//! ```
//!
//! Both run the one machine from the beginning: what is shown of a part is what the whole has there.

use serde::Serialize;

use super::error::Error;
use super::machine::Counts;
use super::references::References;
use super::registry::{self, Entry};
use super::run::{Run, Step};
use super::stepper::{Deed, Steps};
use super::{Convention, MAX_CELLS};
use crate::window::Window;

/// References that runs go on by before they are compared: enough to keep each machine's tables near.
const STRIDE: usize = 4096;

/// Counts so far, after some numbers of references: a column a count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// References made.
    pub references: Vec<u64>,
    /// Of those, references to pages that were not resident.
    pub faults: Vec<u64>,
    /// Of those, first loads of a page.
    pub cold_faults: Vec<u64>,
    /// Dirty pages written back.
    pub writebacks: Vec<u64>,
}

impl Tally {
    fn push(&mut self, counts: Counts) {
        self.references.push(counts.references);
        self.faults.push(counts.faults);
        self.cold_faults.push(counts.cold_faults);
        self.writebacks.push(counts.writebacks);
    }
}

/// One run from afar.
#[derive(Debug, Clone, PartialEq)]
pub struct Far {
    /// The counts of the whole, without steps.
    pub run: Run,
    /// The counts so far, from no reference to all of them, at even distances.
    pub tally: Tally,
    /// The first reference, from 1, for which a page left memory.
    pub first_eviction: Option<u64>,
}

/// Where two runs stop holding the same pages, or one hits where the other faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The reference, from 1.
    pub index: u64,
    /// The run that is compared, from 0: always the first.
    pub one: usize,
    /// The first of the others that does something else there, from 0.
    pub other: usize,
}

/// Several runs over one string, from afar.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The runs, in the order in which they were asked for.
    pub runs: Vec<Far>,
    /// Where the first of them and any other part, if they do.
    pub divergence: Option<Divergence>,
}

/// Runs policies, each with its number of frames, over a string; gives their counts at about `points` places.
///
/// # Errors
/// [`Error::Frames`].
pub fn overview(
    asked: &[(&'static Entry, usize)],
    references: &References,
    convention: &Convention,
    points: usize,
) -> Result<Overview, Error> {
    let every = references.len().div_ceil(points.max(1)).max(1);
    let mut tracks = Vec::with_capacity(asked.len());
    for &(entry, frames) in asked {
        let mut tally = Tally::default();
        tally.push(Counts::default());
        let steps = entry.stepper(frames, references, convention)?;
        tracks.push(Track { steps, deeds: Vec::new(), tally, first_eviction: None });
    }
    let mut divergence = None;
    let mut at = 0;
    while at < references.len() {
        // As far as the stride goes, but never past the next place where counts are due.
        let next = (at + STRIDE).min((at / every + 1) * every).min(references.len());
        for track in &mut tracks {
            track.go(at, next);
            if next.is_multiple_of(every) || next == references.len() {
                track.tally.push(track.steps.counts());
            }
        }
        divergence = divergence.or_else(|| parting(&tracks, at));
        at = next;
    }
    let runs = asked.iter().zip(tracks).map(|(&(entry, frames), track)| Far {
        run: Run::of(entry, frames, convention, track.steps.counts(), None),
        tally: track.tally,
        first_eviction: track.first_eviction,
    });
    Ok(Overview { runs: runs.collect(), divergence })
}

/// A run on its way.
struct Track<'a> {
    steps: Box<dyn Steps + Send + 'a>,
    /// What it did on the last stretch.
    deeds: Vec<Deed>,
    tally: Tally,
    first_eviction: Option<u64>,
}

impl Track<'_> {
    fn go(&mut self, from: usize, to: usize) {
        self.deeds.clear();
        self.steps.advance(to, Some(&mut self.deeds));
        if self.first_eviction.is_none() {
            let evicts = self.deeds.iter().position(|deed| deed.evicts());
            self.first_eviction = evicts.map(|index| (from + index) as u64 + 1);
        }
    }
}

/// Where the first run and another did not do the same, on a stretch that begins after `from` references.
fn parting(tracks: &[Track<'_>], from: usize) -> Option<Divergence> {
    let (one, others) = tracks.split_first()?;
    let first = others.iter().enumerate().filter_map(|(rank, other)| {
        let index = one.deeds.iter().zip(&other.deeds).position(|(one, other)| one != other)?;
        Some((index, rank))
    });
    let (index, rank) = first.min()?;
    Some(Divergence { index: (from + index) as u64 + 1, one: 0, other: rank + 1 })
}

/// A run with the steps of a window, and the counts so far: before its first step and after each.
///
/// # Errors
/// [`Error::UnknownPolicy`], [`Error::Frames`]; [`Error::TooManySteps`] when the window's steps would not fit memory.
pub fn window(
    policy: &str,
    frames: usize,
    references: &References,
    convention: &Convention,
    Window { from, count }: Window,
    views: bool,
) -> Result<(Run, Tally), Error> {
    let entry = registry::policy(policy)?;
    let mut stepper = entry.stepper(frames, references, convention)?;
    let from = from.clamp(1, references.len());
    let count = count.min(references.len() + 1 - from);
    if count.saturating_mul(frames) > MAX_CELLS {
        return Err(Error::TooManySteps { references: count, frames });
    }
    stepper.advance(from - 1, None);
    let mut tally = Tally::default();
    tally.push(stepper.counts());
    let steps: Vec<Step> = (0..count)
        .map_while(|_| {
            let mut step = stepper.forward()?;
            step.view = views.then(|| stepper.view());
            tally.push(stepper.counts());
            Some(step)
        })
        .collect();
    stepper.advance(references.len(), None);
    Ok((Run::of(entry, frames, convention, stepper.counts(), Some(steps)), tally))
}
