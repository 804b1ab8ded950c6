//! The textbook's grid: a column a reference, a row a frame, and whether it was a hit or a fault.
//!
//! It is written in the form that [`check::read`](ramscope_sim::check::read) reads, so that what is printed can be changed and checked.

use ramscope_sim::paging::{Run, Step};

use crate::output::Table;

/// Most characters of a line; a longer string goes on in a further part.
const LINE_CHARS: usize = 100;

/// Characters of the longest label.
const LABEL_CHARS: usize = 10;

/// The problem, its grid, its counts, and a sentence a step.
pub(super) fn render(run: &Run) -> String {
    let steps = run.steps.as_deref().unwrap_or_default();
    let mut text =
        format!("policy: {}\nframes: {}\nset: {}\n", run.policy, run.frames, run.convention);
    for part in steps.chunks(columns(steps)) {
        text.push('\n');
        text.push_str(&grid(part, run.frames));
    }
    text.push_str(&format!(
        "\ncounts: {} faults, {} of them cold, {} hits ({:.1} %), {} written back\n\n",
        run.faults,
        run.cold_faults,
        run.hits,
        run.hit_ratio * 100.0,
        run.writebacks
    ));
    for step in steps {
        text.push_str(&step.explain);
        text.push('\n');
    }
    text
}

/// A frame's content as it is printed.
pub(super) fn cell(page: Option<u64>) -> String {
    page.map_or_else(|| "-".to_owned(), |page| page.to_string())
}

/// How many references fit a line.
fn columns(steps: &[Step]) -> usize {
    let longest = steps.iter().map(|step| reference(step).len()).max().unwrap_or(1);
    ((LINE_CHARS - LABEL_CHARS) / (longest + 2)).max(1)
}

fn grid(part: &[Step], frames: usize) -> String {
    let mut table = Table::default();
    let mut row = |label: String, cell: &dyn Fn(&Step) -> String| {
        table.row(std::iter::once(label).chain(part.iter().map(cell)));
    };
    row("reference".to_owned(), &reference);
    for frame in 0..frames {
        // A policy's own list is shorter than memory until memory is full.
        row(format!("frame {frame}"), &|step| cell(step.frames.get(frame).copied().flatten()));
    }
    row("H/F".to_owned(), &|step| if step.hit { "H" } else { "F" }.to_owned());
    row("victim".to_owned(), &|step| cell(step.victim));
    if part.iter().any(|step| !step.released.is_empty()) {
        row("released".to_owned(), &released);
    }
    table.render(&[0])
}

fn reference(step: &Step) -> String {
    format!("{}{}", step.page, if step.write { "w" } else { "" })
}

fn released(step: &Step) -> String {
    match step.released.as_slice() {
        [] => cell(None),
        pages => pages.iter().map(u64::to_string).collect::<Vec<_>>().join("+"),
    }
}
