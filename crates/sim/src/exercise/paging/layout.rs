//! A replacement problem as a sheet: its tables with their key, and questions about them.

use super::{Paging, Problem, wish};
use crate::check::rule;
use crate::exercise::sheet::{Answer, BLANK, Question, Sheet, Step, Table};
use crate::exercise::{Error, Student, Topic as _};
use crate::paging::registry::Entry;
use crate::paging::{self, Convention, FRAMES_ORDER, PRESETS, Run, Want, run};

/// What an empty frame, or no victim, is written as.
const NOTHING: &str = "-";

/// Most pairs of a question that is answered by matching.
const PAIRS_MAX: usize = 6;

/// Fewest pairs of one: GIFT takes no less.
const PAIRS_MIN: usize = 3;

/// Lays the problem out.
pub(super) fn sheet(
    paging: &Paging,
    problem: &Problem,
    student: Option<&Student>,
) -> Result<Sheet, Error> {
    let mut made = Vec::new();
    for &policy in &paging.policies {
        for frames in paging.sizes.iter() {
            let run =
                run(policy.name, frames, &problem.references, &paging.convention, Want::Steps)?;
            made.push((policy, run));
        }
    }
    let titles: Vec<&str> = paging.policies.iter().map(|policy| policy.title).collect();
    Ok(Sheet {
        topic: Paging::NAME,
        title: format!("Page replacement: {}", titles.join(", ")),
        student: student.map(|student| student.name().to_owned()),
        task: task(paging),
        given: given(paging, problem),
        tables: made.iter().map(|(policy, run)| table(policy, run, &paging.convention)).collect(),
        questions: made
            .iter()
            .enumerate()
            .flat_map(|(table, (policy, run))| questions(table, policy, run))
            .collect(),
        summary: summary(paging, problem, &made)?,
    })
}

fn task(paging: &Paging) -> Vec<String> {
    let is_list = paging.convention.word(&FRAMES_ORDER) == "list";
    let place = if is_list {
        "Each table lists the resident pages in the policy's own order after the reference."
    } else {
        "A page stays in its frame until it leaves; a free frame is taken before any page leaves, the lowest first."
    };
    vec![
        "For each reference fill in which page each frame holds afterwards, H for a hit or F for a fault, and the \
         page that leaves as the victim. Memory is empty before the first reference."
            .to_owned(),
        format!("{place} Write {NOTHING} for an empty frame, and where nothing leaves."),
    ]
}

fn given(paging: &Paging, problem: &Problem) -> Vec<(&'static str, String)> {
    let sizes: Vec<String> = paging.sizes.iter().map(|frames| frames.to_string()).collect();
    let mut given = vec![("Reference string", problem.string()), ("Frames", sizes.join(" and "))];
    let preset = PRESETS.iter().find(|preset| Some(preset.name) == paging.preset.as_deref());
    given.extend(preset.map(|preset| ("Convention", preset.source.to_owned())));
    given
}

fn table(policy: &'static Entry, run: &Run, convention: &Convention) -> Table {
    let steps = run.steps.as_deref().unwrap_or_default();
    let releases = steps.iter().any(|step| !step.released.is_empty());
    let mut rows: Vec<String> = (0..run.frames).map(|frame| format!("frame {frame}")).collect();
    rows.extend(["H/F", "victim"].map(str::to_owned));
    rows.extend(releases.then(|| "released".to_owned()));
    Table {
        name: format!("{}-{}", policy.name, run.frames),
        title: titled(policy, run),
        notes: notes(policy, convention),
        headers: vec![
            ("policy", policy.name.to_owned()),
            ("frames", run.frames.to_string()),
            ("set", run.convention.to_string()),
        ],
        heading: "reference",
        rows,
        steps: steps
            .iter()
            .map(|step| laid_out(step, run.frames, releases, policy, convention))
            .collect(),
    }
}

/// "LRU with 3 frames".
fn titled(policy: &Entry, run: &Run) -> String {
    let noun = if run.frames == 1 { "frame" } else { "frames" };
    format!("{} with {} {noun}", policy.title, run.frames)
}

/// What the policy does, and what its convention says where tables differ.
fn notes(policy: &Entry, convention: &Convention) -> Vec<String> {
    let mut notes = vec![policy.about.to_owned()];
    let own = policy.parameters.iter().copied();
    notes.extend(own.map(|parameter| {
        format!(
            "{} = {}: {}",
            parameter.name,
            convention.value(parameter),
            parameter.about.replace('`', "")
        )
    }));
    notes
}

fn laid_out(
    step: &paging::Step,
    frames: usize,
    releases: bool,
    policy: &'static Entry,
    convention: &Convention,
) -> Step {
    let cell = |page: Option<u64>| page.map_or_else(|| NOTHING.to_owned(), |page| page.to_string());
    let mut cells: Vec<String> =
        (0..frames).map(|frame| cell(step.frames.get(frame).copied().flatten())).collect();
    cells.push(if step.hit { "H" } else { "F" }.to_owned());
    cells.push(cell(step.victim));
    let released: Vec<String> = step.released.iter().map(u64::to_string).collect();
    cells.extend(
        releases.then(|| if released.is_empty() { NOTHING.to_owned() } else { released.join("+") }),
    );
    Step {
        heading: step.page.to_string(),
        cells,
        explain: step.explain.clone(),
        rule: rule::of_frames(step, policy, convention),
        is_trivial: step.victim.is_none() && step.released.is_empty(),
    }
}

/// How many faults, which page leaves, and which leaves when.
fn questions(table: usize, policy: &'static Entry, run: &Run) -> Vec<Question> {
    let steps = run.steps.as_deref().unwrap_or_default();
    let title = titled(policy, run);
    let faulted = steps.iter().filter(|step| !step.hit).map(|step| step.index.to_string());
    let mut questions = vec![Question {
        name: format!("{title}: faults"),
        table,
        prompt: format!("How many page faults does {title} have?"),
        answer: Answer::Number(run.faults),
        why: format!("Faults are at the references {}.", faulted.collect::<Vec<_>>().join(", ")),
    }];
    let evictions: Vec<(&paging::Step, u64)> =
        steps.iter().filter_map(|step| Some((step, step.victim?))).collect();
    if let Some((step, victim)) = evictions.get(evictions.len() / 2) {
        questions.push(Question {
            name: format!("{title}: victim at reference {}", step.index),
            table,
            prompt: format!(
                "{title}: reference {} is to page {}, for which page {BLANK} leaves.",
                step.index, step.page
            ),
            answer: Answer::Number(*victim),
            why: step.explain.clone(),
        });
    }
    if evictions.len() >= PAIRS_MIN {
        questions.push(matching(table, &title, &evictions[..evictions.len().min(PAIRS_MAX)]));
    }
    questions
}

fn matching(table: usize, title: &str, evictions: &[(&paging::Step, u64)]) -> Question {
    let pair = |(step, victim): &(&paging::Step, u64)| {
        (format!("Reference {}, to page {}", step.index, step.page), format!("Page {victim}"))
    };
    let why: Vec<&str> = evictions.iter().map(|(step, _)| step.explain.as_str()).collect();
    Question {
        name: format!("{title}: victims"),
        table,
        prompt: format!("{title}: match each reference with the page that leaves for it."),
        answer: Answer::Pairs(evictions.iter().map(pair).collect()),
        why: why.join(" "),
    }
}

/// The counts, and what is worth talking about.
fn summary(
    paging: &Paging,
    problem: &Problem,
    made: &[(&'static Entry, Run)],
) -> Result<Vec<String>, Error> {
    let mut lines: Vec<String> = Vec::new();
    for (policy, run) in made {
        let Run { faults, cold_faults, hits, .. } = run;
        let title = titled(policy, run);
        lines.push(format!("{title}: {faults} faults, {cold_faults} of them cold, {hits} hits."));
    }
    for runs in made.chunks(paging.sizes.len()) {
        let faults: Vec<u64> = runs.iter().map(|(_, run)| run.faults).collect();
        if wish::is_anomalous(&faults) {
            lines.push(format!(
                "Belady's anomaly: with more frames {} has more faults.",
                runs[0].0.title
            ));
        }
    }
    for (policy, frames, reference) in paging.ties(&problem.references)? {
        lines.push(format!(
            "Tie: {} with {frames} frames leaves the choice at reference {reference} to its tie rule.",
            policy.title
        ));
    }
    Ok(lines)
}
