//! The fits over one free list: what they share. Which hole is chosen stands in the file of each.

use super::holes::Holes;
use super::index::HoleIndex;
use super::list::{COALESCE, Coalesce, Manner, NEIGHBOURS, ORDER, SPLIT, Sized};
use crate::alloc::convention::{COMPACTION, THRESHOLD};
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Variant, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{FreeList, Mark, View};
use crate::convention::Parameter;
use crate::prose::{listed_of, many};

/// A fit that has no tie to break and keeps no place reads these parameters.
pub(crate) const OF_A_LIST: &[&Parameter] =
    &[&ORDER, &COALESCE, &NEIGHBOURS, &SPLIT, &COMPACTION, &THRESHOLD];

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The chosen hole.
    pub(crate) hole: Option<Span>,
    /// How many holes the plain list looks at for it.
    pub(crate) searched: usize,
    /// The rank of the first of them in the list; after the back the search goes on at the front.
    pub(crate) from: usize,
}

/// What sets a fit apart.
pub(crate) trait Rule: Variant {
    /// Whether the next search goes on where the last one ended.
    const ROVES: bool = false;
    /// Whether its search needs an index by size.
    const BY_SIZE: bool = false;
    /// What the chosen hole is among those that are large enough: "first", "smallest".
    const CHOSEN: &'static str;

    /// The rule of a convention.
    fn new(setup: &Setup<'_>) -> Self;

    /// Chooses a hole of at least `bytes` by looking at one after the other, from the rank `from` on. This is the
    /// definition of the fit.
    fn look(&self, holes: &[Span], bytes: u64, from: usize) -> Found;

    /// Chooses the same hole through the index. The search begins in the hole that holds `rover`.
    fn seek(&self, index: &HoleIndex, bytes: u64, rover: Option<u64>) -> Found;

    /// How a tie was broken, in words, where there was one: ", the first of 2 such".
    fn tie(&self, _holes: &Holes, _chosen: Span) -> String {
        String::new()
    }
}

/// A fit.
#[derive(Debug, Clone)]
#[expect(private_bounds, reason = "the rules are those of the files beside this one")]
pub struct Fit<R: Rule> {
    holes: Holes,
    rule: R,
    manner: Manner,
    /// The address in whose hole the next search begins, for fits that rove; `None` is the front.
    rover: Option<u64>,
}

#[expect(private_bounds, reason = "the rules are those of the files beside this one")]
impl<R: Rule> Fit<R> {
    /// The fit over these holes of a memory.
    pub(crate) fn over(setup: &Setup<'_>, holes: &[Span]) -> Fit<R> {
        let (holes, manner) = (Holes::new::<R>(setup, holes), Manner::of(setup));
        Fit { holes, rule: R::new(setup), manner, rover: None }
    }

    #[inline]
    fn search<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let found = self.holes.find(&self.rule, request.bytes, self.rover);
        let searched = u32::try_from(found.searched).unwrap_or(u32::MAX);
        tell.looked(looked(&self.holes, found));
        tell.say(|| opening::<R>(&self.holes, found));
        let Some(hole) = found.hole else {
            if searched > 0 {
                tell.say(|| format!("None holds {}", many(request.bytes, "byte")));
            }
            return Err(Refusal { searched });
        };
        tell.say(|| {
            let rest = self.manner.rest(hole, request.bytes);
            format!("{}; {rest}", because(&self.rule, &self.holes, hole, request.bytes))
        });
        let taken = self.holes.take(hole, request.bytes);
        if R::ROVES {
            self.rover = taken.next;
        }
        Ok(Grant { block: Block::of(taken.block), searched })
    }
}

/// Why this hole: "The first that holds 10 bytes is 1000 with 20".
pub(crate) fn because<R: Rule>(rule: &R, holes: &Holes, chosen: Span, bytes: u64) -> String {
    let (bytes, tie) = (many(bytes, "byte"), rule.tie(holes, chosen));
    format!("The {} that holds {bytes} is {}{tie}", R::CHOSEN, Sized(chosen))
}

/// The holes that a search looked at.
fn looked(holes: &Holes, found: Found) -> impl Iterator<Item = Span> {
    let len = holes.len();
    (0..found.searched).filter_map(move |step| holes.nth((found.from + step) % len))
}

fn opening<R: Rule>(holes: &Holes, found: Found) -> String {
    if found.searched == 0 {
        return format!("{} finds the free list empty", R::TITLE);
    }
    let from = if found.from == 0 { "" } else { ", from where it last stood" };
    let list = listed_of(found.searched, looked(holes, found).map(Sized));
    format!("{} looks at {}{from}: {list}", R::TITLE, many(found.searched as u64, "hole"))
}

impl<R: Rule> Policy for Fit<R> {
    const NAME: &'static str = R::NAME;
    const TITLE: &'static str = R::TITLE;
    const ABOUT: &'static str = R::ABOUT;
    const PARAMETERS: &'static [&'static Parameter] = R::PARAMETERS;
    const MOVES: bool = true;

    fn new(setup: &Setup<'_>) -> Fit<R> {
        Fit::over(setup, &[setup.memory])
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let first = self.search(request, tell);
        if self.manner.coalesce != Coalesce::Deferred || first.is_ok() {
            return first;
        }
        let before = first.map_or_else(|refusal| refusal.searched, |grant| grant.searched);
        if !self.holes.merge_all(tell) {
            return first;
        }
        match self.search(request, tell) {
            Ok(grant) => Ok(Grant { searched: grant.searched + before, ..grant }),
            Err(refusal) => Err(Refusal { searched: refusal.searched + before }),
        }
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        tell.say(|| format!("It goes into the list {}", self.manner.place()));
        self.holes.give(block.span(), tell);
    }

    fn compacted(&mut self, hole: Option<Span>) {
        self.holes.reset(hole);
        self.rover = None;
    }

    fn free_bytes(&self) -> u64 {
        self.holes.free_bytes()
    }

    fn largest_hole(&self) -> u64 {
        self.holes.largest()
    }

    fn effort(&self) -> u64 {
        self.holes.effort()
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        self.holes.iter()
    }

    fn view(&self) -> View {
        View {
            lists: vec![FreeList::new("free list", self.holes.len(), self.holes())],
            marks: self
                .rover
                .map(|address| Mark { name: "next search", address })
                .into_iter()
                .collect(),
            ..View::default()
        }
    }
}
