//! A leak with a call tree that a heap profile can show: a server that remembers what it should forget.
//!
//! ```text
//! serve_request ─┬─ open_session ──── remember_session      three of four blocks
//!                └─ render_answer ─── cache_answer          one of four
//! ```
//! Every function stays a frame of its own in an optimised program too: none is inlined, none ends in a call, and no two
//! are alike, which the compiler would make one.

use std::hint::black_box;

use crate::sys::heap::Chain;

/// Every so many requests, an answer is cached instead of a session remembered; sizes decide, so that it is the same
/// in every run.
const CACHED_EVERY: usize = 4;

/// Answers a request, and forgets nothing of it. False where malloc has no more.
#[inline(never)]
pub(super) fn serve_request(memory: &mut Chain, size: usize) -> bool {
    let is_cached = (size / 16).is_multiple_of(CACHED_EVERY);
    let served = if is_cached { render_answer(memory, size) } else { open_session(memory, size) };
    black_box(served)
}

#[inline(never)]
fn open_session(sessions: &mut Chain, size: usize) -> bool {
    let path = black_box("/session");
    remember_session(sessions, size) && path.starts_with('/')
}

#[inline(never)]
fn remember_session(sessions: &mut Chain, size: usize) -> bool {
    let is_secure = black_box(true);
    sessions.push(size) && is_secure
}

#[inline(never)]
fn render_answer(answers: &mut Chain, size: usize) -> bool {
    let status = black_box(200);
    cache_answer(answers, size) && status < 400
}

#[inline(never)]
fn cache_answer(answers: &mut Chain, size: usize) -> bool {
    let max_age_s = black_box(u64::MAX);
    answers.push(size) && max_age_s > 0
}
