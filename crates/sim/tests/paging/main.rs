//! The paging machines against published answers, slow twins, and what must hold whatever the policy.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

mod conventions;
mod goldens;
mod inputs;
mod invariants;
mod steps;
mod tables;
mod twins;
mod views;
mod windows;

use ramscope_sim::paging::{Convention, References, Run, Want, run};

/// Silberschatz's string.
const A: &[u64] = &[7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
/// Belady's string, on which FIFO has more faults with 4 frames than with 3.
const B: &[u64] = &[1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];
/// The string of Silberschatz's exercise 9.8.
const C: &[u64] = &[1, 2, 3, 4, 2, 1, 5, 6, 2, 1, 2, 3, 7, 6, 3, 2, 1, 2, 3, 6];

/// The convention of these settings, in which every policy counts all its faults.
fn honest(settings: &[&str]) -> Convention {
    let mut convention = convention(settings);
    convention.set("lirs-libcachesim.uncounted=fault").unwrap();
    convention
}

/// The convention of these settings.
fn convention(settings: &[&str]) -> Convention {
    let mut convention = Convention::default();
    for setting in settings {
        convention.set(setting).unwrap();
    }
    convention
}

/// The counts of a policy.
fn counts(policy: &str, settings: &[&str], frames: usize, references: &References) -> Run {
    run(policy, frames, references, &convention(settings), Want::Counts).unwrap()
}

/// The faults of a policy.
fn faults(policy: &str, settings: &[&str], frames: usize, references: &References) -> u64 {
    counts(policy, settings, frames, references).faults
}

/// A policy with its steps.
fn steps(policy: &str, settings: &[&str], frames: usize, references: &References) -> Run {
    run(policy, frames, references, &honest(settings), Want::Steps).unwrap()
}
