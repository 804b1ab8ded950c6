//! Demand paging with several processes: against the textbooks, a slow twin, and what must hold whatever the policy.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

mod curves;
mod inputs;
mod machine;
mod tables;
mod twin;

use proptest::prelude::*;
use ramscope_sim::demand::{
    Allocation, Problem, Process, Simulation, Window, Workload, set, simulate,
};
use ramscope_sim::paging::{Convention, References};

fn problem(policy: &str, allocation: Allocation, frames: usize, workload: Workload) -> Problem {
    let convention = Convention::default();
    Problem { frames, policy: policy.to_owned(), allocation, convention, workload }
}

fn with(mut problem: Problem, settings: &[&str]) -> Problem {
    settings.iter().for_each(|setting| set(&mut problem.convention, setting).unwrap());
    problem
}

fn parse(text: &str) -> Workload {
    Workload::parse(text.as_bytes()).unwrap()
}

fn live(problem: &Problem) -> Simulation {
    simulate(problem, Window::default()).unwrap()
}

/// Up to `processes` processes with short strings over a few pages, a third of the references writes.
fn workload(processes: usize) -> impl Strategy<Value = Workload> {
    let string = prop::collection::vec((0u64..9, 0u32..3), 1..40);
    prop::collection::vec(string, 1..=processes).prop_map(|strings| {
        let numbered = strings.into_iter().enumerate();
        let process = |(number, string): (usize, Vec<(u64, u32)>)| {
            let string = string.into_iter().map(|(page, chance)| (page, chance == 0));
            Process { name: format!("p{number}"), references: References::new(string).unwrap() }
        };
        Workload::new(numbered.map(process).collect()).unwrap()
    })
}
