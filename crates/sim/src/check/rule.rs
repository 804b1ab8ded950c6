//! The rule that decides a cell, without its value: what a learner needs who asks for a hint and not for the answer.

use crate::paging::registry::Entry;
use crate::paging::{Convention, FRAMES_ORDER, Step};

/// What decides whether a reference is a hit.
pub const OF_MARKS: &str =
    "A reference is a hit (H) where its page stood in a frame before it, else a fault (F).";

/// The rule by which the frames after a step come about.
pub fn of_frames(step: &Step, policy: &'static Entry, convention: &Convention) -> &'static str {
    let is_list = convention.word(&FRAMES_ORDER) == "list";
    match step {
        _ if is_list => "This convention lists the pages in the policy's own order, not by frame.",
        Step { released, .. } if !released.is_empty() => policy.about,
        Step { hit: true, .. } => "A hit moves no page from its frame.",
        Step { victim: None, .. } => "While a frame is free, a fault takes the lowest free one.",
        Step { .. } => policy.about,
    }
}
