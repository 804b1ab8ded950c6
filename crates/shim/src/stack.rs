//! Call stacks without allocation: rules from .eh_frame, kept in a cache, and walks that go only as far as something changed.
//!
//! `rules` says how to get from a frame to its caller; `walk` takes one such step; `Shadow` keeps
//! a thread's last stack and finds how much of it still stands.

mod bounds;
mod rules;
mod shadow;
mod walk;

pub(crate) use bounds::Bounds;
pub(crate) use rules::forget as forget_rules;
pub(crate) use shadow::{Frame, Shadow};
pub(crate) use walk::{Cursor, step};
