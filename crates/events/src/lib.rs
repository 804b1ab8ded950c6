//! One allocation record, and the ring it travels in, between a tracked program and the process that watches it.
//!
//! The writing side lives inside other people's programs: nothing here allocates, locks, panics on
//! what it is given, or needs an operating system. The reading side trusts nothing that it reads.

#![cfg_attr(not(loom), no_std)]

pub mod record;
pub mod ring;

pub use record::{Damaged, Delta, Loss, Record, Via};
