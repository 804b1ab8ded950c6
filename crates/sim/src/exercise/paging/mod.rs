//! The topic `paging`: replacement policies over a reference string, a table a policy and number of frames.
//!
//! How a string is drawn, which is a promise: as many page numbers as the teacher asked for are the first of 0 to 9 (to 99
//! where ten are too few) in an order of chance. Then, reference by reference: with a chance of one in four a page among
//! the last `frames + 1` different ones, else any page; one that was just referenced is drawn again. So there is
//! locality, as in programs, and no reference repeats the one before it. What is drawn is an exercise when every page
//! occurs, and every table has a hit and an eviction.

mod layout;
mod wish;

use crate::paging::question::Sizes;
use crate::paging::registry::Entry;
use crate::paging::{Convention, References, Want, run};

use super::{Dice, Error, Sheet, Student, Topic, within};
use wish::{Measured, Wish};

/// The most tables of one sheet: a policy at a number of frames each.
pub const TABLES_MAX: usize = 12;

/// The most frames of a table that somebody fills in.
pub const FRAMES_MAX: usize = 12;

/// The least and the most references of a string.
pub const LENGTH: (usize, usize) = (4, 100);

/// The least and the most different pages.
pub const PAGES: (usize, usize) = (2, 50);

/// What drawing a reference costs, in references that are only counted.
const DRAWN_WORK: u64 = 4;

/// What a step with its state costs, in references that are only counted.
const TOLD_WORK: u64 = 100;

/// Policies where nothing is said.
pub const USUAL_POLICIES: [&str; 3] = ["fifo", "lru", "opt"];

/// Frames where nothing is said.
pub const USUAL_FRAMES: u64 = 3;

/// References where nothing is said.
pub const USUAL_LENGTH: usize = 16;

/// Different pages where nothing is said.
pub const USUAL_PAGES: usize = 6;

/// What a teacher asks for.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The policies to compare, each once.
    pub policies: Vec<&'static Entry>,
    /// The numbers of frames.
    pub sizes: Sizes,
    /// References in the string.
    pub length: u64,
    /// Different pages in it.
    pub pages: u64,
    /// The convention of a book or program, by name.
    pub preset: Option<&'a str>,
    /// The values of the policies' parameters, the preset's among them.
    pub convention: Convention,
    /// What the problem must have, each as it was written.
    pub wishes: Vec<&'a str>,
}

/// What a teacher asks for, decided.
#[derive(Debug, Clone)]
pub struct Paging {
    policies: Vec<&'static Entry>,
    sizes: Sizes,
    length: usize,
    pages: usize,
    preset: Option<String>,
    convention: Convention,
    wishes: Vec<Wish>,
}

/// A reference string that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The pages, in order.
    pub pages: Vec<u64>,
    /// The same for the machines.
    references: References,
}

impl Paging {
    /// Decides an exercise. A wish for Belady's anomaly at a single number of frames adds the next one.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NotAWish`], and [`Error::Contradiction`] for what makes no exercise.
    pub fn new(options: &Options<'_>) -> Result<Paging, Error> {
        let policies = options.policies.clone();
        let wishes: Vec<Wish> = options
            .wishes
            .iter()
            .map(|wish| Wish::read(wish, &policies))
            .collect::<Result<_, _>>()?;
        let mut sizes = options.sizes.clone();
        if sizes.len() == 1 && wishes.iter().any(Wish::compares_sizes) {
            let all = sizes.iter().flat_map(|frames| [frames as u64, frames as u64 + 1]);
            sizes = Sizes::these(all).unwrap_or(sizes);
        }
        let length = within("the references of an exercise", options.length, LENGTH)?;
        let pages = within("the pages of an exercise", options.pages, PAGES)?;
        let most = sizes.iter().next_back().unwrap_or(1);
        within("the frames of an exercise", most as u64, (1, FRAMES_MAX))?;
        within(
            "the tables of an exercise",
            (policies.len() * sizes.len()) as u64,
            (1, TABLES_MAX),
        )?;
        check_sense(&policies, most, pages, length)?;
        let (preset, convention) = (options.preset.map(str::to_owned), options.convention.clone());
        Ok(Paging { policies, sizes, length, pages, preset, convention, wishes })
    }

    /// The policies to compare.
    pub fn policies(&self) -> &[&'static Entry] {
        &self.policies
    }

    /// The numbers of frames, a table a policy and number.
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// The values of the policies' parameters.
    pub fn convention(&self) -> &Convention {
        &self.convention
    }

    /// What the policies do with a problem, as far as the wishes ask.
    fn measure(&self, references: &References) -> Result<Measured<'_>, Error> {
        let faults = |policy: &&'static Entry| {
            let each = self.sizes.iter().map(|frames| {
                Ok(run(policy.name, frames, references, &self.convention, Want::Counts)?.faults)
            });
            each.collect::<Result<Vec<u64>, Error>>()
        };
        let faults = self.policies.iter().map(faults).collect::<Result<_, _>>()?;
        let ties = match self.wishes.iter().any(Wish::counts_ties) {
            true => self.ties(references)?.len() as u64,
            false => 0,
        };
        Ok(Measured { policies: &self.policies, faults, ties })
    }

    /// Every choice that is left to a tie rule: policy, frames, and the reference from 1.
    fn ties(&self, references: &References) -> Result<Vec<(&'static Entry, usize, u64)>, Error> {
        let mut all = Vec::new();
        for &policy in &self.policies {
            for frames in self.sizes.iter() {
                let tied = wish::ties(policy, frames, references, &self.convention)?;
                all.extend(tied.into_iter().map(|reference| (policy, frames, reference)));
            }
        }
        Ok(all)
    }
}

/// Refuses what could be drawn and would be no exercise.
fn check_sense(
    policies: &[&'static Entry],
    frames: usize,
    pages: usize,
    length: usize,
) -> Result<(), Error> {
    if policies.iter().any(|policy| policy.name == "random") {
        return Err(Error::Contradiction(
            "random is no exercise: nobody can know what it draws; leave it out".to_owned(),
        ));
    }
    if pages <= frames {
        return Err(Error::Contradiction(format!(
            "{pages} pages in {frames} frames: nothing is ever replaced; ask for more pages than frames"
        )));
    }
    if length <= pages {
        return Err(Error::Contradiction(format!(
            "{length} references to {pages} pages: no page can come back; ask for more references than pages"
        )));
    }
    Ok(())
}

impl Problem {
    /// The problem of these pages.
    ///
    /// # Errors
    /// [`crate::paging::Error::Empty`].
    fn new(pages: Vec<u64>) -> Result<Problem, Error> {
        let references = References::reads(pages.iter().copied())?;
        Ok(Problem { pages, references })
    }

    /// The reference string as it is written: "7 0 1 2".
    pub fn string(&self) -> String {
        self.pages.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
    }
}

impl Topic for Paging {
    const NAME: &'static str = "paging";
    type Problem = Problem;

    fn draw(&self, dice: &mut Dice) -> Option<Problem> {
        let mut names: Vec<u64> = (0..if self.pages <= 10 { 10 } else { 100 }).collect();
        dice.shuffle(&mut names);
        names.truncate(self.pages);
        let near = self.sizes.iter().next_back()? + 1;
        let mut recent: Vec<u64> = Vec::new();
        let mut pages = Vec::new();
        while pages.len() < self.length {
            let is_near = dice.one_in(4) && recent.len() > 1;
            let from = if is_near { &recent[..near.min(recent.len())] } else { &names[..] };
            let page = from[dice.below(from.len())];
            if recent.first() != Some(&page) {
                recent.retain(|&other| other != page);
                recent.insert(0, page);
                pages.push(page);
            }
        }
        (recent.len() == self.pages).then(|| Problem::new(pages).ok())?
    }

    fn work(&self) -> u64 {
        let sizes = self.sizes.len() as u64;
        let mut reference = DRAWN_WORK + self.policies.len() as u64 * sizes;
        if self.wishes.iter().any(Wish::counts_ties) {
            let tying = self.policies.iter().filter(|policy| wish::has_ties(policy)).count();
            reference += tying as u64 * sizes * TOLD_WORK;
        }
        reference * self.length as u64
    }

    fn wishes(&self) -> Vec<String> {
        let own = ["every table has a hit and an eviction".to_owned()];
        own.into_iter().chain(self.wishes.iter().map(|wish| wish.text().to_owned())).collect()
    }

    fn grants(&self, problem: &Problem) -> Result<Vec<bool>, Error> {
        let measured = self.measure(&problem.references)?;
        let is_exercise = measured.faults.iter().all(|row| {
            let mut each = row.iter().zip(self.sizes.iter());
            each.all(|(&faults, frames)| faults > frames as u64 && faults < self.length as u64)
        });
        let granted = self.wishes.iter().map(|wish| wish.is_granted(&measured));
        Ok(std::iter::once(is_exercise).chain(granted).collect())
    }

    fn sheet(&self, problem: &Problem, student: Option<&Student>) -> Result<Sheet, Error> {
        layout::sheet(self, problem, student)
    }
}
