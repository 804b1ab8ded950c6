//! A stretch of the steps of a long run.

/// A stretch of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first step, from 1.
    pub from: usize,
    /// How many steps it has; what lies beyond the end is left out.
    pub count: usize,
}
