//! Exercises for a class: problems found by chance under a teacher's wishes, a variant a student, a blank and its key.
//!
//! ```text
//!   course key, student, seed ──▶ Variant ──▶ Dice ─┐
//!                                                   ▼
//!   options, wishes ──▶ Topic ──▶ find: draw until every wish is granted ──▶ Problem ──▶ Sheet ──▶ export: text, HTML,
//!                                                                                                  GIFT, Moodle, QTI, CSV
//! ```
//!
//! A topic is one file here, which implements [`Topic`]; the [`Sheet`] that it lays a problem out on is all that the
//! formats know. The same request gives the same problem, on every machine and next year: the [`Variant`]'s
//! construction, the [`Dice`] and each topic's way to draw are promises, and tests hold their first results.

mod dice;
mod error;
pub mod export;
pub mod memory;
pub mod paging;
mod sheet;
mod variant;

pub use dice::Dice;
pub use error::Error;
pub use sheet::{Answer, BLANK, NoSuchName, Question, Reveal, Sheet, Show, Step, Table};
pub use variant::{CourseKey, KEY_MAX_BYTES, STUDENT_MAX_BYTES, Student, Variant, classmates};

/// The most problems that are drawn for one exercise: Belady's anomaly is in one of some thousand.
pub const DRAWS_MAX: u32 = 200_000;

/// The most work for one exercise, in references that machines make: about a second of one processor.
const WORK_MAX: u64 = 20_000_000;

/// The topics there are, by their names.
pub const TOPICS: [&str; 5] = [
    paging::Paging::NAME,
    memory::alloc::Alloc::NAME,
    memory::holes::Holes::NAME,
    memory::translation::Segments::NAME,
    memory::translation::Relocation::NAME,
];

/// A kind of exercise. The type that implements it holds what the teacher asked for.
pub trait Topic {
    /// How the command line and the API call it. It is part of what a variant is hashed from.
    const NAME: &'static str;
    /// One problem.
    type Problem;

    /// Draws a problem; `None` where what was drawn is no exercise.
    fn draw(&self, dice: &mut Dice) -> Option<Self::Problem>;
    /// What drawing and measuring one problem costs, in references that machines make.
    fn work(&self) -> u64;
    /// What the problem must have, as it was asked for.
    fn wishes(&self) -> Vec<String>;
    /// Whether a problem grants each wish, in their order.
    ///
    /// # Errors
    /// What the machines refuse.
    fn grants(&self, problem: &Self::Problem) -> Result<Vec<bool>, Error>;
    /// Lays a problem out with its key.
    ///
    /// # Errors
    /// What the machines refuse.
    fn sheet(&self, problem: &Self::Problem, student: Option<&Student>) -> Result<Sheet, Error>;
}

/// A number that is within its bounds.
fn within(what: &'static str, asked: u64, (least, most): (usize, usize)) -> Result<usize, Error> {
    usize::try_from(asked)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or(Error::OutOfBounds { what, asked, least: least as u64, most: most as u64 })
}

/// The first problem of a variant that grants every wish.
///
/// # Errors
/// [`Error::Ungranted`] when none of [`DRAWS_MAX`] does, or of fewer where each is much work, with the wish that stands
/// in the way.
pub fn find<T: Topic>(topic: &T, variant: &Variant<'_>) -> Result<T::Problem, Error> {
    found(topic, variant).map(|(problem, _)| problem)
}

/// The problems of a class, each the one that [`find`] gives, while all together are at most `work_max` references that
/// machines make.
///
/// # Errors
/// Those of [`find`]; [`Error::ClassTooLarge`] with how many students the work was enough for.
pub fn find_class<T: Topic>(
    topic: &T,
    variants: &[Variant<'_>],
    work_max: u64,
) -> Result<Vec<T::Problem>, Error> {
    let mut left = work_max;
    let mut problems = Vec::with_capacity(variants.len());
    for variant in variants {
        let (problem, draws) = found(topic, variant)?;
        problems.push(problem);
        let work = u64::from(draws).saturating_mul(topic.work());
        left = left.checked_sub(work).ok_or(Error::ClassTooLarge {
            students: variants.len(),
            enough_for: problems.len() - 1,
        })?;
    }
    Ok(problems)
}

/// What [`find`] finds, and how many problems were drawn for it.
fn found<T: Topic>(topic: &T, variant: &Variant<'_>) -> Result<(T::Problem, u32), Error> {
    let mut dice = Dice::new(variant.dice_seed(T::NAME));
    let wishes = topic.wishes();
    let mut counts = vec![0_u32; wishes.len()];
    let mut is_any = false;
    let affordable = u32::try_from(WORK_MAX / topic.work().max(1)).unwrap_or(DRAWS_MAX);
    let draws = affordable.clamp(1, DRAWS_MAX);
    for drawn in 1..=draws {
        let Some(problem) = topic.draw(&mut dice) else { continue };
        is_any = true;
        let granted = topic.grants(&problem)?;
        if granted.iter().all(|&is_granted| is_granted) {
            return Ok((problem, drawn));
        }
        for (count, is_granted) in counts.iter_mut().zip(granted) {
            *count += u32::from(is_granted);
        }
    }
    let granted = if is_any { wishes.into_iter().zip(counts).collect() } else { Vec::new() };
    Err(Error::Ungranted { draws, granted })
}
