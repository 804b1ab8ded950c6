//! Holes and requests: the textbook problem of placing requests, one after the other, in holes that are given.
//!
//! Published answers differ by whether what is left of a hole stays a hole. Both are right under a name:
//! [`Partitions::Split`] and [`Partitions::Fixed`].

use serde::Serialize;

use super::convention::{Convention, Rules};
use super::error::Error;
use super::policies::best::Best;
use super::policies::first::First;
use super::policies::fit::{Fit, Rule};
use super::policies::next::Next;
use super::policies::worst::Worst;
use super::policy::{Policy, Request, Setup, Variant};
use super::requests::{RequestId, Requests};
use super::span::Span;
use super::telling::Teller;
use super::{MAX_ADDRESS, MAX_ENTRIES, MAX_HOLES};
use crate::convention::Used;
use crate::nearest::nearest;
use crate::prose::listed_of;

/// The fits that can be asked, in the order in which lists show them.
pub const FITS: &[&str] = &[First::NAME, Next::NAME, Best::NAME, Worst::NAME];

/// What becomes of the rest of a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Partitions {
    /// Nothing: a hole is a partition, and takes one request.
    Fixed,
    /// It stays a hole.
    Split,
}

/// Where a fit puts the requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placements {
    /// The fit.
    pub policy: &'static str,
    /// Every parameter that the placements depend on.
    pub convention: Used,
    /// What becomes of the rest of a hole.
    pub partitions: Partitions,
    /// For each request the size of the hole that took it, as it was then; `None` where none did.
    pub placements: Vec<Option<u64>>,
    /// Each request with its sentence.
    pub steps: Vec<Placement>,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Its number, from 1, as its sentence counts.
    pub index: usize,
    /// Its bytes.
    pub request: u64,
    /// The size of the hole that took it, as it was then.
    pub placement: Option<u64>,
    /// Which of the given holes that was, or was a part of, from 1.
    pub hole: Option<usize>,
    /// What is left of it: free where holes are split, lost within it where they are fixed.
    pub left: Option<u64>,
    /// Holes that were looked at.
    pub searched: u32,
    /// The sizes of the holes afterwards, in their order.
    pub holes: Vec<u64>,
    /// What was looked at and why it came out so.
    pub explain: String,
}

/// Places requests in holes by the fit of this name.
///
/// # Errors
/// [`Error::UnknownFit`]; [`Error::Size`] for a hole or request of 0 bytes, and for holes that are too large or too many;
/// [`Error::TooManySteps`] when the steps would not fit memory.
pub fn place(
    fit: &str,
    holes: &[u64],
    requests: &[u64],
    partitions: Partitions,
    convention: &Convention,
) -> Result<Placements, Error> {
    let (ops, each) = (requests.len(), 2 * holes.len().max(1));
    if ops.saturating_mul(each) > MAX_ENTRIES {
        return Err(Error::TooManySteps { ops, kept: MAX_ENTRIES / each });
    }
    let question = Question { holes: laid_out(holes)?, requests, partitions, convention };
    match fit {
        "first" => question.answer::<First>(),
        "next" => question.answer::<Next>(),
        "best" => question.answer::<Best>(),
        "worst" => question.answer::<Worst>(),
        name => {
            let nearest = nearest(name, FITS.iter().copied());
            Err(Error::UnknownFit { name: name.to_owned(), nearest })
        }
    }
}

/// Holes of these sizes, each a byte away from the next, so that none touch.
fn laid_out(sizes: &[u64]) -> Result<Vec<Span>, Error> {
    let mut end: u64 = 0;
    let mut lay = |(index, &size): (usize, &u64)| {
        let hole = Span::new(end, size);
        let next = end.checked_add(size).and_then(|end| end.checked_add(1));
        end = next
            .filter(|&end| size > 0 && end <= MAX_ADDRESS && index < MAX_HOLES)
            .ok_or(Error::Size { what: "hole", number: index + 1, size })?;
        Ok(hole)
    };
    sizes.iter().enumerate().map(&mut lay).collect()
}

struct Question<'a> {
    holes: Vec<Span>,
    requests: &'a [u64],
    partitions: Partitions,
    convention: &'a Convention,
}

impl Question<'_> {
    fn answer<R: Rule>(&self) -> Result<Placements, Error> {
        let mut convention = self.convention.clone();
        let whole = self.partitions == Partitions::Fixed;
        convention.set(if whole { "list.split=whole" } else { "list.split=split" })?;
        let (rules, list) = (Rules::of(&convention)?, Requests::default());
        let memory = Span::new(0, self.holes.last().map_or(1, |hole| hole.end()));
        let setup = Setup { memory, rules, requests: &list, convention: &convention, index: true };
        let mut fit = Fit::<R>::over(&setup, &self.holes);
        let mut steps = Vec::with_capacity(self.requests.len());
        for (index, &size) in (0u32..).zip(self.requests) {
            if size == 0 || size > MAX_ADDRESS {
                let number = index as usize + 1;
                return Err(Error::Size { what: "request", number, size });
            }
            let request = Request { id: RequestId::new(index), size, bytes: rules.raw_bytes(size) };
            steps.push(self.step(request, &mut fit));
        }
        Ok(Placements {
            policy: Fit::<R>::NAME,
            convention: convention.of(Fit::<R>::PARAMETERS),
            partitions: self.partitions,
            placements: steps.iter().map(|step| step.placement).collect(),
            steps,
        })
    }

    fn step<R: Rule>(&self, request: Request, fit: &mut Fit<R>) -> Placement {
        let before: Vec<Span> = fit.holes().collect();
        let nobody = Requests::default();
        let mut teller = Teller::new(&nobody, String::new());
        let answer = fit.allocate(request, &mut teller);
        let searched = answer.map_or_else(|refusal| refusal.searched, |grant| grant.searched);
        let address = answer.ok().map(|grant| grant.block.address);
        let holds = |hole: &Span, address| hole.address <= address && address < hole.end();
        let taken = address.and_then(|address| before.iter().find(|hole| holds(hole, address)));
        let given =
            address.and_then(|address| self.holes.iter().position(|hole| holds(hole, address)));
        let placement = taken.map(|hole| hole.size);
        let left = placement.map(|size| size - request.bytes);
        Placement {
            index: request.id.rank() as usize + 1,
            request: request.size,
            placement,
            hole: given.map(|index| index + 1),
            left,
            searched,
            holes: fit.holes().map(|hole| hole.size).collect(),
            explain: self.explain::<R>(request, &teller.looked, searched, placement.zip(left)),
        }
    }

    fn explain<R: Rule>(
        &self,
        request: Request,
        looked: &[Span],
        searched: u32,
        taken: Option<(u64, u64)>,
    ) -> String {
        let (number, size) = (request.id.rank() + 1, request.size);
        let fit = R::TITLE.to_lowercase();
        let sizes = looked.iter().map(|hole| hole.size);
        let looks = match looked.len() {
            0 => format!("{fit} finds no hole left"),
            _ => format!("{fit} looks at {}", listed_of(searched as usize, sizes)),
        };
        let came_out = match (taken, self.partitions) {
            (None, _) => "None holds it".to_owned(),
            (Some((hole, 0)), _) => {
                format!("The {} that holds it has {hole}, and nothing is left", R::CHOSEN)
            }
            (Some((hole, left)), Partitions::Split) => {
                format!("The {} that holds it has {hole}; {left} stay a hole", R::CHOSEN)
            }
            (Some((hole, left)), Partitions::Fixed) => {
                format!("The {} that holds it has {hole}; {left} are lost in it", R::CHOSEN)
            }
        };
        format!("Request {number} of {size}: {looks}. {came_out}.")
    }
}
