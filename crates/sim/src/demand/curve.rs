//! The thrashing curve: what the machine does with 1, 2, … processes.

use serde::Serialize;

use super::engine::Engine;
use super::report::Totals;
use super::settings::{self, CONTROL, LIMIT};
use super::{Error, Problem, Window};
use crate::paging::Used;

/// The machine with the first processes of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// How many processes there are: the degree of multiprogramming.
    pub degree: usize,
    /// Busy over elapsed, 0..1.
    pub cpu_utilisation: f64,
    /// The disk's busy time over elapsed, 0..1.
    pub disk_utilisation: f64,
    /// Faults over references, 0..1.
    pub fault_rate: f64,
    /// References a second of elapsed time.
    pub throughput_references_per_s: f64,
    /// How often load control suspended a process.
    pub suspensions: u64,
}

/// Points for 1 process up to all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The points, lowest degree first.
    pub points: Vec<Point>,
    /// The degree with the highest CPU utilisation, the lowest of equal ones: beyond it the machine thrashes.
    pub knee: usize,
}

/// The curve of a problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thrashing {
    /// The replacement policy.
    pub policy: &'static str,
    /// How frames are divided.
    pub allocation: &'static str,
    /// Every parameter the numbers depend on.
    pub convention: Used,
    /// Physical frames.
    pub frames: usize,
    /// Without load control: every process is in memory from the start.
    pub free: Curve,
    /// With the load control that the problem asks for, where it does.
    pub controlled: Option<Curve>,
    /// What the curve shows, in sentences.
    pub explain: String,
}

/// Runs the first process of the workload, the first two, and so on up to all, without steps.
///
/// # Errors
/// As [`simulate`](super::simulate).
pub fn curve(problem: &Problem) -> Result<Thrashing, Error> {
    let entry = problem.check()?;
    let mut free = problem.clone();
    settings::set(&mut free.convention, "load.control=none")?;
    settings::set(&mut free.convention, "load.limit=0")?;
    let asks = problem.convention.word(&CONTROL) != "none" || problem.convention.whole(&LIMIT) > 0;
    let controlled = if asks { Some(Curve::of(problem)?) } else { None };
    free.check()?;
    let free = Curve::of(&free)?;
    let explain = explain(&free, controlled.as_ref());
    Ok(Thrashing {
        policy: entry.name,
        allocation: problem.allocation.name(),
        convention: settings::used(&problem.convention, entry.parameters),
        frames: problem.frames,
        free,
        controlled,
        explain,
    })
}

impl Curve {
    fn of(problem: &Problem) -> Result<Curve, Error> {
        let entry = problem.entry()?;
        let point = |degree| {
            let outcome = Engine::<false>::new(problem, entry, degree, Window::default())?.run()?;
            Ok(Point::of(degree, &outcome.totals))
        };
        let degrees = 1..=problem.workload.processes().len();
        let points: Vec<Point> = degrees.map(point).collect::<Result<_, Error>>()?;
        let best = points.iter().rev();
        let best = best.max_by(|a, b| a.cpu_utilisation.total_cmp(&b.cpu_utilisation));
        Ok(Curve { knee: best.map_or(1, |point| point.degree), points })
    }

    fn at(&self, degree: usize) -> f64 {
        self.points[degree - 1].cpu_utilisation
    }
}

impl Point {
    fn of(degree: usize, totals: &Totals) -> Point {
        Point {
            degree,
            cpu_utilisation: totals.cpu_utilisation,
            disk_utilisation: totals.disk_utilisation,
            fault_rate: totals.fault_rate,
            throughput_references_per_s: totals.throughput_references_per_s,
            suspensions: totals.suspensions,
        }
    }
}

fn explain(free: &Curve, controlled: Option<&Curve>) -> String {
    let (knee, all) = (free.knee, free.points.len());
    let percent = |ratio: f64| format!("{:.0} %", 100.0 * ratio);
    let processes =
        |degree| if degree == 1 { "1 process".to_owned() } else { format!("{degree} processes") };
    let (best, last) = (percent(free.at(knee)), percent(free.at(all)));
    let mut said = format!("CPU utilisation is highest, {best}, with {}", processes(knee));
    said += &match knee {
        knee if knee == all => "; more were not tried.".to_owned(),
        _ => format!(", and falls to {last} with {all}."),
    };
    if let Some(controlled) = controlled {
        let held = percent(controlled.at(all));
        said += &format!(" With load control it is {held} with {}.", processes(all));
    }
    said
}
