//! How much one question may ask of a server: measured before anything runs, so that no clock decides an answer.

use ramscope_sim::paging::registry::Entry;
use ramscope_sim::paging::{Convention, Kind, Window};

use super::question::PagingQuestion;
use crate::problem::Problem;

/// Most steps of one answer, over all its runs: about 4 MB of JSON.
pub const STEPS_MAX: usize = 10_000;

/// Most cells of one answer that holds steps; each is a number in it.
const STEP_CELLS_MAX: usize = 500_000;

/// Most cells of one answer whose steps hold the policy's state, which is several entries a cell.
const VIEW_CELLS_MAX: usize = 50_000;

/// Most references that one question makes, over all its runs: two seconds' work for the slowest policies, which make
/// ten million a second.
const WORK_MAX: usize = 20_000_000;

/// The steps that an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// None.
    Without,
    /// All of them.
    All,
    /// A stretch of them.
    Within(Window),
}

/// The steps that the answer holds: those of the window; else all or none, as it was asked; else all where they are
/// few enough.
///
/// # Errors
/// 422 with the bound, when the runs or the steps asked for are beyond it.
pub(super) fn decide(
    question: &PagingQuestion,
    asked: Option<bool>,
    window: Option<Window>,
) -> Result<Steps, Problem> {
    check_work(question)?;
    let steps = window.map_or(Steps::All, Steps::Within);
    let (count, cells) = (count(question, steps), cells(question, steps, usize::MAX));
    let fits = count <= STEPS_MAX && cells <= STEP_CELLS_MAX;
    match (window.is_some() || asked == Some(true), fits) {
        (true, false) => Err(Problem::too_much(format!(
            "`steps` would be {count} steps of {cells} cells: this server sends {STEPS_MAX} steps and {STEP_CELLS_MAX} \
             cells at most; ask for a `window` of them, for fewer policies or `frames`, or for `steps`: false"
        ))),
        (true, true) => Ok(steps),
        (false, fits) => Ok(if asked.unwrap_or(fits) { steps } else { Steps::Without }),
    }
}

/// Whether the states of the policies are small enough to be sent with these steps.
pub(super) fn views_fit(question: &PagingQuestion, steps: Steps) -> bool {
    // A frame that no page can fill has nothing to show.
    cells(question, steps, question.references.distinct()) <= VIEW_CELLS_MAX
}

/// Refuses more work than a question may be.
fn check_work(question: &PagingQuestion) -> Result<(), Problem> {
    let a_policy = |policy: &Entry| {
        question.sizes.iter().map(|frames| work(question, policy, frames)).sum::<usize>()
    };
    let work: usize = question.policies.iter().map(|policy| a_policy(policy)).sum();
    if work <= WORK_MAX {
        return Ok(());
    }
    Err(Problem::too_much(format!(
        "{} runs over {} references are the work of {work} references: this server makes {WORK_MAX} at most for one \
         question; ask for fewer policies or `frames`, for some of them at a time, or run `ramscope sim paging`, which \
         has no such bound",
        question.runs(),
        question.references.len()
    )))
}

/// The work of one run, in references: those of the string, and what setting up its tables costs. A policy whose clock
/// `set` has set may look at every frame at each tick.
fn work(question: &PagingQuestion, policy: &Entry, frames: usize) -> usize {
    let (references, pages) = (question.references.len(), question.references.distinct());
    let looks = if ticks(policy, &question.convention) { frames.min(pages) } else { 1 };
    references.saturating_mul(looks).saturating_add(frames.saturating_add(pages) / 8)
}

/// Whether a span of a policy, in references, is another than its own.
fn ticks(policy: &Entry, convention: &Convention) -> bool {
    policy.parameters.iter().any(|parameter| {
        matches!(parameter.kind, Kind::Whole(_, u64::MAX))
            && convention.value(parameter) != parameter.default
    })
}

/// How many steps the answer holds, over all runs.
fn count(question: &PagingQuestion, steps: Steps) -> usize {
    question.runs().saturating_mul(columns(question, steps))
}

/// The cells of these steps, of which frames beyond `most` hold none: steps × frames, summed over the runs.
fn cells(question: &PagingQuestion, steps: Steps, most: usize) -> usize {
    let frames: usize = question.sizes.iter().map(|frames| frames.min(most)).sum();
    columns(question, steps).saturating_mul(frames).saturating_mul(question.policies.len())
}

/// The steps of each run.
fn columns(question: &PagingQuestion, steps: Steps) -> usize {
    match steps {
        Steps::Without => 0,
        Steps::All => question.references.len(),
        Steps::Within(window) => window.count.min(question.references.len()),
    }
}

#[cfg(test)]
mod tests {
    use ramscope_sim::paging::References;

    use super::super::question::policies_named;
    use super::*;

    fn question(policy: &str, references: u64, sizes: &str) -> PagingQuestion {
        let string = References::reads((0..references).map(|index| index % 1000)).unwrap();
        PagingQuestion {
            policies: policies_named([policy]).unwrap(),
            sizes: sizes.parse().unwrap(),
            references: string.into(),
            convention: Convention::default(),
        }
    }

    #[track_caller]
    fn check(
        question: &PagingQuestion,
        asked: Option<bool>,
        window: Option<usize>,
        expected: Result<Steps, &str>,
    ) {
        let window = window.map(|count| Window { from: 1, count });
        match (decide(question, asked, window), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(problem), Err(part)) => {
                assert!(problem.detail().contains(part), "{}", problem.detail());
            }
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn steps_come_when_they_are_few_and_are_refused_when_they_are_many() {
        let lru = |references, sizes| question("lru", references, sizes);
        check(&lru(20, "3"), None, None, Ok(Steps::All));
        check(&lru(20, "3"), Some(false), None, Ok(Steps::Without));
        check(&lru(10_000, "3"), Some(true), None, Ok(Steps::All));
        check(&lru(10_001, "3"), None, None, Ok(Steps::Without));
        check(&lru(10_001, "3"), Some(true), None, Err("10001 steps"));
        check(&lru(10_000, "60"), Some(true), None, Err("600000 cells"));
    }

    #[test]
    fn a_window_of_any_string_comes_while_it_is_small() {
        let long = question("lru", 300_000, "100");
        let window = Window { from: 1, count: 500 };
        check(&long, None, Some(500), Ok(Steps::Within(window)));
        check(&long, None, Some(10_001), Err("10001 steps of 1000100 cells"));
        check(&long, None, Some(6_000), Err("600000 cells"));
        assert!(views_fit(&long, Steps::Within(window)));
        assert!(!views_fit(&long, Steps::All));
    }

    #[test]
    fn work_beyond_its_bound_is_refused_with_the_bound() {
        check(&question("lru", 30_000, "1..600"), None, None, Ok(Steps::Without));
        check(&question("lru", 30_000, "1..700"), None, None, Err("20000000 at most"));
        check(&question("lru", 1, "1000000"), Some(false), None, Ok(Steps::Without));
        check(&question("lru", 1, "999001..1000000"), None, None, Err("1000 runs"));
    }

    #[test]
    fn a_clock_that_was_set_by_hand_costs_every_frame_at_each_reference() {
        let mut aging = question("aging", 30_000, "900");
        check(&aging, Some(false), None, Ok(Steps::Without));
        aging.convention.set("aging.tick=1").unwrap();
        check(&aging, Some(false), None, Err("27000"));
    }
}
