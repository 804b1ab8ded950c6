//! The topics about contiguous memory: requests in given holes ([`holes`]), lists of requests under allocation policies
//! ([`alloc`]), and addresses through base and limit or a segment table ([`translation`]).

pub mod alloc;
pub mod holes;
pub mod translation;
mod wish;

use super::sheet::{Answer, Question};

/// What no address, no hole and no trap is written as.
const NOTHING: &str = "-";

/// Most pairs of a question that is answered by matching.
const PAIRS_MAX: usize = 6;

/// Fewest pairs of one: GIFT takes no less.
const PAIRS_MIN: usize = 3;

/// A cell of a table.
fn cell(number: Option<u64>) -> String {
    number.map_or_else(|| NOTHING.to_owned(), |number| number.to_string())
}

/// A question that is answered by matching, where there is enough to match and no right side stands twice.
fn matching(
    table: usize,
    name: String,
    prompt: String,
    pairs: Vec<(String, String)>,
    why: &[&str],
) -> Option<Question> {
    let mut different: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        if different.len() < PAIRS_MAX && different.iter().all(|(_, right)| *right != pair.1) {
            different.push(pair);
        }
    }
    (different.len() >= PAIRS_MIN).then(|| Question {
        name,
        table,
        prompt,
        answer: Answer::Pairs(different),
        why: why.join(" "),
    })
}
