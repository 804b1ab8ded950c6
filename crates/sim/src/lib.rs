//! Paging, segmentation and allocation machines: what a strategy would have done with the same requests, and why.
//!
//! Everything here is a pure function of its arguments: nothing is opened, no clock is asked, and all chance comes
//! from a seed. The same machine serves a learner, who steps through it and reads a sentence a step, and an engineer,
//! who replays millions of references a second.

pub mod alloc;
pub mod check;
pub mod convention;
pub mod demand;
pub mod exercise;
mod lines;
mod nearest;
pub mod paging;
pub mod processes;
mod prose;
pub mod segments;
mod table;
pub mod tlb;
pub mod translate;
pub mod window;
