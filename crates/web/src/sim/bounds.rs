//! How much one question may ask of a server: measured before anything runs, so that no clock decides an answer.

use super::question::PagingQuestion;
use crate::problem::Problem;

/// Most steps of one answer, over all its runs: about 4 MB of JSON.
pub const STEPS_MAX: usize = 10_000;

/// Most cells of one answer that holds steps; each is a number in it.
const STEP_CELLS_MAX: usize = 500_000;

/// Most cells of one answer whose steps hold the policy's state, which is several entries a cell.
const VIEW_CELLS_MAX: usize = 50_000;

/// Most cells of one answer: a second's work for the slowest policy.
const CELLS_MAX: usize = 100_000_000;

/// Whether the answer holds its steps: as it was asked, else when they are few enough.
///
/// # Errors
/// 422 with the bound, when the runs or the steps asked for are beyond it.
pub(crate) fn decide(question: &PagingQuestion, asked: Option<bool>) -> Result<bool, Problem> {
    let (runs, steps, cells) = (question.runs(), question.steps(), question.cells());
    if cells > CELLS_MAX {
        return Err(Problem::too_much(format!(
            "{runs} runs over {} references make {cells} cells (references × frames, summed over the runs): \
             this server computes {CELLS_MAX} at most; ask for fewer policies, `frames` or `refs`, or run \
             `ramscope sim paging`, which has no such bound",
            question.references.len()
        )));
    }
    let fits = steps <= STEPS_MAX && cells <= STEP_CELLS_MAX;
    if asked == Some(true) && !fits {
        return Err(Problem::too_much(format!(
            "`steps` would be {steps} steps of {cells} cells: this server sends {STEPS_MAX} steps and \
             {STEP_CELLS_MAX} cells at most; ask for fewer policies, `frames` or `refs`, or for `steps`: false"
        )));
    }
    Ok(asked.unwrap_or(fits))
}

/// Whether the states of the policies are small enough to be sent with the steps.
pub(crate) fn views_fit(question: &PagingQuestion) -> bool {
    question.cells() <= VIEW_CELLS_MAX
}

#[cfg(test)]
mod tests {
    use ramscope_sim::paging::{Convention, References};

    use super::super::question::policies_named;
    use super::*;

    #[track_caller]
    fn check(references: u64, sizes: &str, asked: Option<bool>, expected: Result<bool, &str>) {
        let question = PagingQuestion {
            policies: policies_named(["lru"]).unwrap(),
            sizes: sizes.parse().unwrap(),
            references: References::reads((0..references).map(|index| index % 1000)).unwrap(),
            convention: Convention::default(),
        };
        match (decide(&question, asked), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(problem), Err(part)) => {
                assert!(problem.detail().contains(part), "{}", problem.detail());
            }
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn steps_come_when_they_are_few_and_are_refused_when_they_are_many() {
        check(20, "3", None, Ok(true));
        check(20, "3", Some(false), Ok(false));
        check(10_000, "3", Some(true), Ok(true));
        check(10_001, "3", None, Ok(false));
        check(10_001, "3", Some(true), Err("10001 steps"));
        check(10_000, "60", Some(true), Err("600060 cells"));
    }

    #[test]
    fn work_beyond_a_second_is_refused_with_the_bound() {
        check(30_000, "1..80", None, Ok(false));
        check(30_000, "1..100", None, Err("100000000 at most"));
        check(1, "1000000", Some(false), Ok(false));
        check(1, "999900..1000000", Some(false), Err("101 runs"));
    }
}
