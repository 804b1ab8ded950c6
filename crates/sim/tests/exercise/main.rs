//! Exercises: what a wish grants, what a variant promises, and that no sheet gives away more than it should.
#![expect(clippy::unwrap_used, reason = "what fails in a shared function fails its test")]

mod formats;
mod memory;
mod problems;

use ramscope_sim::exercise::paging::{Options, Paging, Problem, USUAL_POLICIES};
use ramscope_sim::exercise::{Error, Sheet, Student, Topic as _, Variant, find};
use ramscope_sim::paging::Convention;
use ramscope_sim::paging::question::policies_named;

/// The exercise of these policies, frames, references and pages.
fn options<'a>(policies: &[&str], frames: &str, (length, pages): (u64, u64)) -> Options<'a> {
    Options {
        policies: policies_named(policies.iter().copied()).unwrap(),
        sizes: frames.parse().unwrap(),
        length,
        pages,
        preset: None,
        convention: Convention::default(),
        wishes: Vec::new(),
    }
}

/// The usual exercise with these wishes.
fn wished<'a>(wishes: &[&'a str]) -> Options<'a> {
    Options { wishes: wishes.to_vec(), ..options(&USUAL_POLICIES, "3", (16, 6)) }
}

/// The exercise of a number without students.
fn shared(options: &Options<'_>, seed: u64) -> Result<(Paging, Problem), Error> {
    let paging = Paging::new(options)?;
    let problem = find(&paging, &Variant { seed, student: None, key: None })?;
    Ok((paging, problem))
}

/// The usual exercise as it is laid out.
fn sheet(student: Option<&str>) -> Sheet {
    let (paging, problem) = shared(&wished(&["fifo!=lru!=opt"]), 1).unwrap();
    let student = student.map(|name| Student::new(name).unwrap());
    paging.sheet(&problem, student.as_ref()).unwrap()
}
