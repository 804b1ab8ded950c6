//! The allocation machines against published answers, slow twins, and what must hold whatever the policy.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

mod allocators;
mod conventions;
mod goldens;
mod inputs;
mod invariants;
mod ostep;
mod textbooks;
mod twins;

use ramscope_sim::alloc::{
    Convention, OpStep, RequestId, Requests, RequestsBuilder, Span, Want, run,
};

/// The convention of these settings.
fn convention(settings: &[&str]) -> Convention {
    let mut convention = Convention::default();
    for setting in settings {
        convention.set(setting).unwrap();
    }
    convention
}

/// The list of `+n` (a request, which gets the next id) and `-k` (a free of id k).
fn requests(list: impl IntoIterator<Item = (char, u64)>) -> Requests {
    let mut builder = RequestsBuilder::new();
    for (op, number) in list {
        match op {
            '+' => drop(builder.alloc(number).unwrap()),
            '-' => builder.free(RequestId::new(number.try_into().unwrap())).unwrap(),
            _ => builder.compact().unwrap(),
        }
    }
    builder.finish().unwrap()
}

/// The steps of a policy.
fn steps(policy: &str, settings: &[&str], memory: Span, requests: &Requests) -> Vec<OpStep> {
    run(policy, memory, requests, &convention(settings), Want::Steps).unwrap().ops.unwrap()
}
