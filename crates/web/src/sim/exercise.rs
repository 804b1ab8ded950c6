//! `POST /api/v1/sim/exercise`: a problem for a class, its blank, and as much of its key as is asked for.
//!
//! The answer never holds the seed or the course key, and no refusal repeats the key: what leaves this file is the
//! problem, from which a link can be made.

mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ramscope_sim::exercise::export::{Format, export};
use ramscope_sim::exercise::{
    self, Answer, CourseKey, Reveal, Sheet, Show, Student, TOPICS, Variant, classmates,
};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::topics::Posed;
use self::topics::{Asked, ExerciseProblem};
use super::answered;
use super::members::{Members, at, unexpected};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals, echo};
use crate::wire::{SCHEMA_VERSION, json_bytes};

const MEMBERS: &[&str] = &[
    "topic",
    "seed",
    "student",
    "students",
    "course_key",
    "policies",
    "frames",
    "length",
    "pages",
    "preset",
    "set",
    "capacity",
    "holes",
    "requests",
    "partitions",
    "segments",
    "addresses",
    "wishes",
    "reveal",
    "done",
    "format",
];

/// Most students of one class.
const STUDENTS_MAX: usize = 300;

/// Most work for the problems of one class, in references that machines make: about two seconds.
const CLASS_WORK_MAX: u64 = 40_000_000;

const TOPIC: &str = "a kind of exercise: paging, alloc, holes, segments or relocation";
const REVEAL: &str = "none, hint, step or key";
const FORMAT: &str = "text, html, gift, moodle, qti or csv";

/// What an exercise is to be. It is read member by member, so that a refusal names the member; this is its description.
#[derive(ToSchema)]
#[schema(as = ExerciseQuestion)]
#[expect(dead_code, reason = "describes the body; `request` reads it")]
pub(crate) struct ExerciseBody {
    /// The kind of exercise: `paging`, `alloc`, `holes`, `segments` or `relocation`. Members that a kind does not name below
    /// are refused with it.
    #[schema(example = json!("paging"))]
    topic: String,
    /// The number of the exercise; 1 where nothing is said.
    seed: Option<u64>,
    /// Whose variant; without one the problem is the one that all share.
    student: Option<String>,
    /// The students of a class, instead of one: the answer shows the first one's variant, its file holds all of them.
    students: Option<Vec<String>>,
    /// The secret of the course, which makes variants that nobody else can compute. It is not kept, logged or sent back.
    course_key: Option<String>,
    /// Of paging, alloc and holes: names of policies; fifo, lru and opt, or first, best and worst where nothing is said.
    policies: Option<Vec<String>>,
    /// Of paging: frames of physical memory, a number or a range as a text; 3 where nothing is said.
    #[schema(example = json!("3..4"))]
    frames: Option<String>,
    /// Of paging: references in the string, 4 to 100; 16 where nothing is said. Of alloc: operations, 5 to 40; 12 where
    /// nothing is said.
    length: Option<u64>,
    /// Of paging: different pages in it, 2 to 50; 6 where nothing is said.
    pages: Option<u64>,
    /// Of paging and alloc: the convention of a book or program.
    preset: Option<String>,
    /// Of paging and alloc: parameters and their values, on top of the preset.
    set: Option<BTreeMap<String, String>>,
    /// Of alloc: bytes of memory, 16 to 1048576; 200 where nothing is said.
    capacity: Option<u64>,
    /// Of holes: how many, 2 to 10; 5 where nothing is said.
    holes: Option<u64>,
    /// Of holes: how many requests, 2 to 12; 4 where nothing is said.
    requests: Option<u64>,
    /// Of holes: whether the rest of a hole stays one: split, or fixed; split where nothing is said.
    partitions: Option<String>,
    /// Of segments: how many, 2 to 8; 4 where nothing is said.
    segments: Option<u64>,
    /// Of segments and relocation: how many addresses, 4 to 16; 8 where nothing is said.
    addresses: Option<u64>,
    /// What the problem must have: `fifo!=lru!=opt`, `lru<fifo`, `belady`, `belady=fifo`, `ties=1`, `faults=8..12`,
    /// `faults.lru=9`; of alloc and holes `first!=best`, `best<first`, `failed=0..1`, `failed.best=0`; of segments and
    /// relocation `traps=2..3`.
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
    /// How many students the class has, of whom this is the first; absent where no class was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    students: Option<usize>,
    /// Whether anyone who knows the exercise's number and the student's name can compute this variant.
    is_open: bool,
    /// The problem, as a body of /api/v1/sim/paging, alloc, holes or segments takes it: what a link holds.
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
    responses((status = 200, description = "The exercise", body = ExerciseDocument), SimulatorRefusals)
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
    /// Whose variants; none is the one that all share.
    students: Vec<Student>,
    /// Whether a class was given, and not one student.
    is_class: bool,
    key: Option<CourseKey>,
    show: Show,
    format: Option<Format>,
}

fn answer(body: &[u8]) -> Result<Bytes, Problem> {
    let members = Members::parse(body, MEMBERS)?;
    let request = request(&members)?;
    match Asked::read(&members)? {
        Asked::Paging(topic) => request.answer(&topic),
        Asked::Alloc(topic) => request.answer(&topic),
        Asked::Holes(topic) => request.answer(&topic),
        Asked::Segments(topic) => request.answer(&topic),
        Asked::Relocation(topic) => request.answer(&topic),
    }
}

impl Request {
    /// The exercise of a topic.
    fn answer<T: Posed>(&self, topic: &T) -> Result<Bytes, Problem> {
        let refused = |error: exercise::Error| Problem::member(error.to_string());
        let students: Vec<Option<&Student>> = match self.students.as_slice() {
            [] => vec![None],
            students => students.iter().map(Some).collect(),
        };
        let key = self.key.as_ref();
        let variants: Vec<Variant<'_>> =
            students.iter().map(|&student| Variant { seed: self.seed, student, key }).collect();
        let problems = exercise::find_class(topic, &variants, CLASS_WORK_MAX).map_err(refused)?;
        let sheets =
            problems.iter().zip(&students).map(|(problem, &student)| topic.sheet(problem, student));
        let sheets = sheets.collect::<Result<Vec<Sheet>, _>>().map_err(refused)?;
        let file = self.format.map(|format| ExerciseFile {
            name: format!("exercise-{}.{}", T::NAME, format.extension()),
            media_type: format.media_type(),
            text: export(format, &sheets, self.show),
        });
        let of = self.is_class.then_some(sheets.len());
        let first = (problems.first(), sheets.into_iter().next(), variants.first());
        let (Some(problem), Some(sheet), Some(variant)) = first else {
            return Err(Problem::member("`students` is empty: name one"));
        };
        let document = ExerciseDocument::new(topic, problem, sheet, variant.is_open(), self.show);
        Ok(json_bytes(&ExerciseDocument { file, students: of, ..document }))
    }
}

fn request(members: &Members) -> Result<Request, Problem> {
    let topic = members.needed("topic", TOPIC)?;
    if !topic.as_str().is_some_and(|topic| TOPICS.contains(&topic)) {
        return Err(unexpected("topic", topic, &TOPICS.join(" or ")));
    }
    let (students, is_class) = students(members)?;
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
        students,
        is_class,
        key: course_key(members)?,
        show: Show { reveal, done: usize::try_from(done).unwrap_or(usize::MAX) },
        format,
    })
}

/// Whose variants are asked for, and whether as a class.
fn students(members: &Members) -> Result<(Vec<Student>, bool), Problem> {
    let one = members.text("student", "a student's name")?;
    let Some(value) = members.get("students") else {
        let student = one.map(Student::new).transpose().map_err(|error| at("student", &error))?;
        return Ok((student.into_iter().collect(), false));
    };
    if one.is_some() {
        return Err(Problem::member("`student` and `students` are both given: leave one out"));
    }
    let wanted = "a list of names";
    let list = value.as_array().ok_or_else(|| unexpected("students", value, wanted))?;
    if list.is_empty() || list.len() > STUDENTS_MAX {
        return Err(Problem::member(format!(
            "`students` has {} names: this server takes 1 to {STUDENTS_MAX}; `ramscope sim exercise` takes more in \
             --students",
            list.len()
        )));
    }
    let name = |(index, value): (usize, &'_ serde_json::Value)| {
        let wrong = || unexpected(&format!("students[{index}]"), value, "a student's name");
        value.as_str().map(str::to_owned).ok_or_else(wrong)
    };
    let names = list.iter().enumerate().map(name).collect::<Result<Vec<String>, Problem>>()?;
    let class = classmates(names.iter().map(String::as_str));
    let class = class.map_err(|(index, error)| at(&format!("students[{index}]"), &error))?;
    Ok((class, true))
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

impl ExerciseDocument {
    /// What `show` lets be seen of an exercise; `is_open` is [`Variant::is_open`].
    pub fn new<T: Posed>(
        topic: &T,
        problem: &T::Problem,
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
            students: None,
            is_open,
            problem: topic.posed(problem),
            task: sheet.task,
            given,
            tables,
            questions: is_key.then_some(questions),
            summary: is_key.then_some(sheet.summary),
            file: None,
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
