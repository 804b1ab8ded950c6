//! `POST /api/v1/sim/exercise`: a problem for a class, its blank, and as much of its key as is asked for.
//!
//! The answer never holds the seed or the course key, and no refusal repeats the key: what leaves this file is the
//! problem, from which a link can be made.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::exercise::export::{Format, export};
use ramscope_sim::exercise::paging::{self as topic, Options, Paging, Problem as Drawn};
use ramscope_sim::exercise::{
    self, Answer, CourseKey, Reveal, Sheet, Show, Student, TOPICS, Topic as _, Variant,
};
use ramscope_sim::paging::question::policies_named;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::ParameterValue;
use super::members::{Members, unexpected};
use super::refusals::Refusals;
use super::{answered, paging};
use crate::app::App;
use crate::problem::{Problem, echo};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &[
    "topic",
    "seed",
    "student",
    "course_key",
    "policies",
    "frames",
    "length",
    "pages",
    "preset",
    "set",
    "wishes",
    "reveal",
    "done",
    "format",
];

const WISHES: &str =
    "a list of wishes such as [\"fifo!=lru\", \"belady\", \"ties=1\", \"faults.lru=8..12\"]";
const REVEAL: &str = "none, hint, step or key";
const FORMAT: &str = "text, html, gift, moodle, qti or csv";

/// What an exercise is to be. It is read member by member, so that a refusal names the member; this is its description.
#[derive(ToSchema)]
#[schema(as = ExerciseQuestion)]
#[expect(dead_code, reason = "describes the body; `request` reads it")]
pub(crate) struct ExerciseBody {
    /// The kind of exercise: `paging`.
    #[schema(example = json!("paging"))]
    topic: String,
    /// The number of the exercise; 1 where nothing is said.
    seed: Option<u64>,
    /// Whose variant; without one the problem is the one that all share.
    student: Option<String>,
    /// The secret of the course, which makes variants that nobody else can compute. It is not kept, logged or sent back.
    course_key: Option<String>,
    /// Names of policies; fifo, lru and opt where nothing is said.
    policies: Option<Vec<String>>,
    /// Frames of physical memory, a number or a range as a text; 3 where nothing is said.
    #[schema(example = json!("3..4"))]
    frames: Option<String>,
    /// References in the string, 4 to 100; 16 where nothing is said.
    length: Option<u64>,
    /// Different pages in it, 2 to 50; 6 where nothing is said.
    pages: Option<u64>,
    /// The convention of a book or program.
    preset: Option<String>,
    /// Parameters and their values, on top of the preset.
    set: Option<BTreeMap<String, String>>,
    /// What the problem must have: `fifo!=lru!=opt`, `lru<fifo`, `belady`, `belady=fifo`, `ties=1`, `faults=8..12`,
    /// `faults.lru=9`.
    #[schema(example = json!(["fifo!=lru!=opt"]))]
    wishes: Option<Vec<String>>,
    /// How much of the key is given away: none, hint, step or key; each holds what those before it hold.
    reveal: Option<String>,
    /// How many steps of each table are done: hint and step are about what follows.
    done: Option<u64>,
    /// Also write the sheet as a file: text, html, gift, moodle, qti or csv. The three for platforms always hold the
    /// key, and so want `reveal` at key.
    format: Option<String>,
}

/// An exercise, and as much of its key as was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Exercise)]
pub struct ExerciseDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The kind of exercise.
    topic: &'static str,
    /// Its heading.
    title: String,
    /// Whose variant it is; absent where all share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    student: Option<String>,
    /// Whether anyone who knows the exercise's number and the student's name can compute this variant.
    is_open: bool,
    /// The problem, as a body of /api/v1/sim/paging takes it: what a link holds.
    problem: ExerciseProblem,
    /// What is to be done, a paragraph each.
    task: Vec<String>,
    /// The problem in words.
    given: Vec<Given>,
    /// The tables to fill in.
    tables: Vec<ExerciseTable>,
    /// Questions with one answer each; only with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    questions: Option<Vec<ExerciseQuestion>>,
    /// The result in short; only with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Vec<String>>,
    /// The sheet as a file; only where a format was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<ExerciseFile>,
}

/// A replacement problem.
#[derive(Debug, Serialize, ToSchema)]
struct ExerciseProblem {
    /// The policies.
    policies: Vec<&'static str>,
    /// The numbers of frames, ascending.
    frames: Vec<usize>,
    /// The reference string.
    refs: String,
    /// Every parameter that the tables depend on, with its value.
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    set: BTreeMap<&'static str, ParameterValue>,
}

/// A part of the problem in words.
#[derive(Debug, Serialize, ToSchema)]
struct Given {
    /// What it is.
    label: &'static str,
    /// Its value.
    value: String,
}

/// A table to fill in.
#[derive(Debug, Serialize, ToSchema)]
struct ExerciseTable {
    /// A name that is unique in the exercise: `lru-3`.
    name: String,
    /// Its heading.
    title: String,
    /// What the policy does, and what the convention says where published tables differ.
    notes: Vec<String>,
    /// The lines that make it a table of `ramscope sim check`: policy, frames and set.
    #[schema(value_type = BTreeMap<String, String>)]
    headers: BTreeMap<&'static str, String>,
    /// What a step is called.
    heading: &'static str,
    /// What each cell of a step is called.
    rows: Vec<String>,
    /// The steps, in order.
    steps: Vec<ExerciseStep>,
    /// The rule that matters next; from `reveal` at hint on.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// A step of a table.
#[derive(Debug, Serialize, ToSchema)]
struct ExerciseStep {
    /// What is given: the page that is referenced.
    heading: String,
    /// What belongs into each cell; only where it is revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<Vec<String>>,
    /// What was compared, and why it came out so; only where it is revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<String>,
}

/// A question that a learning platform can mark by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExerciseQuiz)]
struct ExerciseQuestion {
    /// A name that is unique in the exercise.
    name: String,
    /// The table that it is about, from 0.
    table: usize,
    /// The question; `____` is where a blank is.
    prompt: String,
    /// The number that is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// Each left side with its right one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<Vec<(String, String)>>,
    /// Why, told after the attempt.
    why: String,
}

/// A file to keep.
#[derive(Debug, Serialize, ToSchema)]
struct ExerciseFile {
    /// A name for it.
    name: String,
    /// What a browser calls its kind.
    media_type: &'static str,
    /// What is in it.
    text: String,
}

/// Make an exercise.
///
/// The same question has the same answer, always. A problem is drawn by the seed, for a student by a keyed hash of course
/// key, exercise and student, until it grants every wish; after 20,000 draws the refusal says which wish stood in the
/// way. The key of a course protects which variant is whose, not the answers: anyone can have a known problem solved.
#[utoipa::path(
    post,
    path = "/api/v1/sim/exercise",
    tag = "sim",
    request_body = ExerciseBody,
    responses((status = 200, description = "The exercise", body = ExerciseDocument), Refusals)
)]
pub(crate) async fn exercise(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    answered(&app, body, answer).await
}

/// What was asked for, apart from the topic's own.
struct Request {
    seed: u64,
    student: Option<Student>,
    key: Option<CourseKey>,
    show: Show,
    format: Option<Format>,
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let request = request(&members)?;
    let paging = paging_of(&members)?;
    let variant = Variant {
        seed: request.seed,
        student: request.student.as_ref(),
        key: request.key.as_ref(),
    };
    let refused = |error: exercise::Error| Problem::member(error.to_string());
    let problem = exercise::find(&paging, &variant).map_err(refused)?;
    let sheet = paging.sheet(&problem, variant.student).map_err(refused)?;
    let file = request.format.map(|format| ExerciseFile {
        name: format!("exercise-{}.{}", sheet.topic, format.extension()),
        media_type: format.media_type(),
        text: export(format, std::slice::from_ref(&sheet), request.show),
    });
    let open = variant.is_open();
    let document = ExerciseDocument::new(&paging, &problem, sheet, open, request.show);
    Ok(json_bytes(&ExerciseDocument { file, ..document }))
}

fn request(members: &Members) -> Result<Request, Problem> {
    let topic = members.needed("topic", "a kind of exercise: paging")?;
    if !topic.as_str().is_some_and(|topic| TOPICS.contains(&topic)) {
        return Err(unexpected("topic", topic, &TOPICS.join(" or ")));
    }
    let identity =
        |name: &str, error: exercise::Error| Problem::member(format!("`{name}`: {error}"));
    let student = members.text("student", "a student's name")?.map(Student::new).transpose();
    let reveal = named(members, "reveal", REVEAL)?.unwrap_or(Reveal::None);
    let format: Option<Format> = named(members, "format", FORMAT)?;
    if format.is_some_and(Format::holds_key) && reveal != Reveal::Key {
        return Err(Problem::member(
            "`format`: gift, moodle and qti always hold the key: ask for them with `reveal` at key",
        ));
    }
    let done = members.number("done", "how many steps are done", 0)?;
    Ok(Request {
        seed: members.number("seed", "the number of the exercise, from 0", 1)?,
        student: student.map_err(|error| identity("student", error))?,
        key: course_key(members)?,
        show: Show { reveal, done: usize::try_from(done).unwrap_or(usize::MAX) },
        format,
    })
}

/// The course key. Whatever is wrong with it, the refusal does not repeat it.
fn course_key(members: &Members) -> Result<Option<CourseKey>, Problem> {
    let Some(value) = members.get("course_key") else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| Problem::member("`course_key` is not a text"))?;
    let key = CourseKey::new(text.as_bytes());
    key.map(Some).map_err(|error| Problem::member(format!("`course_key`: {error}")))
}

/// The value that a member names.
fn named<T: std::str::FromStr>(
    members: &Members,
    name: &'static str,
    wanted: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = members.text(name, wanted)? else { return Ok(None) };
    let wrong = |_| Problem::member(format!("`{name}` is `{}`: expected {wanted}", echo(text)));
    text.parse().map(Some).map_err(wrong)
}

fn paging_of(members: &Members) -> Result<Paging, Problem> {
    let policies = match members.get("policies") {
        Some(_) => paging::policies(members)?,
        None => {
            policies_named(topic::USUAL_POLICIES).map_err(|error| paging::at("policies", &error))?
        }
    };
    let usual = serde_json::Value::from(topic::USUAL_FRAMES);
    let options = Options {
        policies,
        sizes: paging::sizes(members.get("frames").unwrap_or(&usual))?,
        length: members.number("length", "how many references", topic::USUAL_LENGTH as u64)?,
        pages: members.number("pages", "how many different pages", topic::USUAL_PAGES as u64)?,
        preset: members.text("preset", "the name of a preset")?,
        convention: paging::settings(members)?,
        wishes: wishes(members)?,
    };
    Paging::new(&options).map_err(|error| Problem::member(error.to_string()))
}

fn wishes(members: &Members) -> Result<Vec<&str>, Problem> {
    let Some(value) = members.get("wishes") else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(|| unexpected("wishes", value, WISHES))?;
    let mut wishes = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let wanted = "a wish such as \"fifo!=lru\"";
        let wish = value.as_str();
        wishes.push(wish.ok_or_else(|| unexpected(&format!("wishes[{index}]"), value, wanted))?);
    }
    Ok(wishes)
}

impl ExerciseDocument {
    /// What `show` lets be seen of an exercise; `is_open` is [`Variant::is_open`].
    pub fn new(
        paging: &Paging,
        problem: &Drawn,
        sheet: Sheet,
        is_open: bool,
        show: Show,
    ) -> ExerciseDocument {
        let is_key = show.reveal == Reveal::Key;
        let tables = sheet.tables.iter().map(|table| ExerciseTable::new(table, show)).collect();
        let given = sheet.given.into_iter().map(|(label, value)| Given { label, value }).collect();
        let questions = sheet.questions.into_iter().map(ExerciseQuestion::from).collect();
        ExerciseDocument {
            schema_version: SCHEMA_VERSION,
            topic: sheet.topic,
            title: sheet.title,
            student: sheet.student,
            is_open,
            problem: ExerciseProblem::new(paging, problem),
            task: sheet.task,
            given,
            tables,
            questions: is_key.then_some(questions),
            summary: is_key.then_some(sheet.summary),
            file: None,
        }
    }
}

impl ExerciseProblem {
    fn new(paging: &Paging, problem: &Drawn) -> ExerciseProblem {
        let used = paging.policies().iter().map(|policy| paging.convention().of(policy.parameters));
        let set = used.flat_map(|used| used.0).map(|(name, value)| (name, value.into())).collect();
        ExerciseProblem {
            policies: paging.policies().iter().map(|policy| policy.name).collect(),
            frames: paging.sizes().iter().collect(),
            refs: problem.string(),
            set,
        }
    }
}

impl ExerciseTable {
    fn new(table: &exercise::Table, show: Show) -> ExerciseTable {
        let step = |(index, step): (usize, &exercise::Step)| {
            let is_shown = show.shows(index);
            ExerciseStep {
                heading: step.heading.clone(),
                cells: is_shown.then(|| step.cells.clone()),
                explain: is_shown.then(|| step.explain.clone()),
            }
        };
        ExerciseTable {
            name: table.name.clone(),
            title: table.title.clone(),
            notes: table.notes.clone(),
            headers: table.headers.iter().cloned().collect(),
            heading: table.heading,
            rows: table.rows.clone(),
            steps: table.steps.iter().enumerate().map(step).collect(),
            hint: show.hint(table),
        }
    }
}

impl From<exercise::Question> for ExerciseQuestion {
    fn from(question: exercise::Question) -> ExerciseQuestion {
        let exercise::Question { name, table, prompt, answer, why } = question;
        let (number, pairs) = match answer {
            Answer::Number(number) => (Some(number), None),
            Answer::Pairs(pairs) => (None, Some(pairs)),
        };
        ExerciseQuestion { name, table, prompt, number, pairs, why }
    }
}
