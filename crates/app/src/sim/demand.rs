//! `ramscope sim demand`: several processes, a CPU and a disk above one memory, and how it comes to thrashing.

use std::io::{BufWriter, Write};

use anyhow::Result;
use ramscope_sim::demand::{
    Allocation, Curve, Error, Point, Problem, Simulation, Thrashing, Window, Workload, curve, set,
    simulate,
};
use ramscope_web::sim::DemandDocument;

use super::input::{TRACE_MAX_BYTES, Text};
use super::usage;
use crate::args::{DemandArgs, DemandFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Letters of a bar that stands for all of the CPU's time.
const BAR: u32 = 40;

/// Simulates the processes and prints what each got and what the degree of multiprogramming does.
pub(super) fn run(args: &DemandArgs, out: &mut Output) -> Result<()> {
    let problem = problem(args)?;
    let window = Window { before: 0, steps: args.steps };
    let life = simulate(&problem, window).map_err(usage)?;
    let thrashing = curve(&problem).map_err(usage)?;
    match args.format {
        DemandFormat::Table => out.text(&told(&life, &thrashing)),
        DemandFormat::Json => {
            let document = DemandDocument::new(life, Some(thrashing));
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        DemandFormat::Csv => csv(&thrashing, out.data()),
    }
}

fn problem(args: &DemandArgs) -> Result<Problem> {
    let mut problem = Problem::thrashing()?;
    if let Some(frames) = args.frames {
        problem.frames = frames;
    }
    if let Some(policy) = &args.policy {
        problem.policy.clone_from(policy);
    }
    problem.allocation = Allocation::named(args.allocation.as_deref(), args.replacement.as_deref())
        .map_err(usage)?;
    for setting in &args.set {
        set(&mut problem.convention, setting).map_err(|error| Usage(format!("--set: {error}")))?;
    }
    if let Some(path) = &args.workload {
        let text = Text::read(path, TRACE_MAX_BYTES)?;
        let name = &text.name;
        problem.workload = Workload::parse(&text.bytes).map_err(|error| match error {
            Error::Workload(error) => {
                Usage(format!("{name}:{}:{}: {}", error.line, error.column, error.problem))
            }
            error => Usage(format!("{name}: {error}")),
        })?;
    }
    Ok(problem)
}

fn told(life: &Simulation, thrashing: &Thrashing) -> String {
    let mut text = format!(
        "{} frames, {} allocation, {} replacement by {}\n\n{}\n{}\n",
        life.frames,
        life.allocation,
        life.replacement,
        life.policy,
        processes(life),
        life.explain
    );
    for step in &life.steps {
        text.push_str(&format!("{}\n", step.explain));
    }
    text.push_str(&format!("\nCPU utilisation with so many processes\n{}", bars(&thrashing.free)));
    if let Some(controlled) = &thrashing.controlled {
        text.push_str(&format!("\nwith load control\n{}", bars(controlled)));
    }
    text + &format!("\n{}\n", thrashing.explain)
}

fn processes(life: &Simulation) -> String {
    let mut table = Table::default();
    table.row([
        "PROCESS",
        "PAGES",
        "SHARE",
        "REFERENCES",
        "FAULTS",
        "RATE",
        "WRITTEN",
        "RESIDENT",
        "SUSPENDED",
        "CPU MS",
        "DISK MS",
        "ENDED AT MS",
    ]);
    let ms = |ns: u64| format!("{:.1}", std::time::Duration::from_nanos(ns).as_secs_f64() * 1e3);
    for process in &life.processes {
        table.row([
            process.process.clone(),
            process.pages.to_string(),
            process.share_frames.map_or_else(|| "-".to_owned(), |share| share.to_string()),
            process.references.to_string(),
            process.faults.to_string(),
            format!("{:.3}", process.fault_rate),
            process.writebacks.to_string(),
            process.most_resident_pages.to_string(),
            process.suspensions.to_string(),
            ms(process.cpu_ns),
            ms(process.disk_wait_ns),
            ms(process.finished_ns),
        ]);
    }
    table.render(&[0])
}

/// A bar a degree of multiprogramming, the knee marked.
fn bars(curve: &Curve) -> String {
    let line = |point: &Point| {
        let letters = (0..BAR).filter(|&at| f64::from(at) < point.cpu_utilisation * f64::from(BAR));
        let knee = if point.degree == curve.knee { "  the knee" } else { "" };
        format!(
            "{:>4} |{:width$}| {:>3.0} %, fault rate {:.3}{knee}\n",
            point.degree,
            "#".repeat(letters.count()),
            point.cpu_utilisation * 100.0,
            point.fault_rate,
            width = BAR as usize
        )
    };
    curve.points.iter().map(line).collect()
}

fn csv(thrashing: &Thrashing, into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(
        into,
        "load_control,degree,cpu_utilisation,disk_utilisation,fault_rate,throughput_references_per_s,suspensions"
    )?;
    let curves = [Some((false, &thrashing.free)), thrashing.controlled.as_ref().map(|c| (true, c))];
    for (controlled, curve) in curves.into_iter().flatten() {
        for point in &curve.points {
            writeln!(
                into,
                "{controlled},{},{},{},{},{},{}",
                point.degree,
                point.cpu_utilisation,
                point.disk_utilisation,
                point.fault_rate,
                point.throughput_references_per_s,
                point.suspensions
            )?;
        }
    }
    Ok(into.flush()?)
}
