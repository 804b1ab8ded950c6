//! `ramscope sim exercise`: a problem for a class, its blank and its key, for one student or for all of them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use ramscope_sim::alloc;
use ramscope_sim::exercise::export::{Format, export};
use ramscope_sim::exercise::memory::alloc::{self as allocation, Alloc};
use ramscope_sim::exercise::memory::holes::{self, Holes};
use ramscope_sim::exercise::memory::translation::{self, Relocation, Segments};
use ramscope_sim::exercise::paging::{Options, Paging, USUAL_FRAMES, USUAL_POLICIES};
use ramscope_sim::exercise::{
    CourseKey, KEY_MAX_BYTES, Reveal, Sheet, Show, Student, Topic, Variant, classmates, find,
};
use ramscope_sim::paging::question::{Sizes, convention, policies_named};
use ramscope_web::sim::{ExerciseDocument, Posed};

use super::input::{self, TABLE_MAX_BYTES, Text};
use super::usage;
use crate::args::{
    AddressesArgs, AllocExerciseArgs, ExerciseArgs, ExerciseFormat, ExerciseTopic, HandoutArgs,
    HolesExerciseArgs, PagingExerciseArgs, PartitionsName, RevealName,
};
use crate::config::Environment;
use crate::failure::Usage;
use crate::output::Output;

/// The variable that may hold the course key.
const KEY_VARIABLE: &str = "RAMSCOPE_COURSE_KEY";

/// Most students of one file.
const STUDENTS_MAX: usize = 2000;

/// What a handout is, decided.
struct Handout {
    seed: u64,
    /// Whose variants; none is the one that all share.
    students: Vec<Student>,
    key: Option<CourseKey>,
    show: Show,
    format: ExerciseFormat,
}

/// Makes the exercise and prints it.
pub(super) fn run(args: &ExerciseArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let mut hand = |topic: &dyn Fn(&Handout, &mut Output) -> Result<()>, args: &HandoutArgs| {
        topic(&Handout::decide(args, environment, out)?, out)
    };
    match &args.topic {
        ExerciseTopic::Paging(args) => {
            let topic = paging(args)?;
            hand(&|handout, out| handout.print(&topic, out), &args.handout)
        }
        ExerciseTopic::Alloc(args) => {
            let topic = alloc_of(args)?;
            hand(&|handout, out| handout.print(&topic, out), &args.handout)
        }
        ExerciseTopic::Holes(args) => {
            let topic = holes_of(args)?;
            hand(&|handout, out| handout.print(&topic, out), &args.handout)
        }
        ExerciseTopic::Segments(args) => {
            let asked = translation(&args.addresses, args.segments);
            let topic = Segments::new(&asked).map_err(usage)?;
            hand(&|handout, out| handout.print(&topic, out), &args.addresses.handout)
        }
        ExerciseTopic::Relocation(args) => {
            let topic = Relocation::new(&translation(&args.addresses, 1)).map_err(usage)?;
            hand(&|handout, out| handout.print(&topic, out), &args.addresses.handout)
        }
    }
}

fn alloc_of(args: &AllocExerciseArgs) -> Result<Alloc> {
    let named: Vec<&str> = args.policy.iter().map(|name| name.trim()).collect();
    let names = if named.is_empty() { allocation::USUAL_POLICIES.to_vec() } else { named };
    let policies = alloc::question::policies_named(names);
    let settings = args.set.iter().map(String::as_str);
    let capacity = match &args.size {
        Some(size) => input::bytes("--size", size)?,
        None => allocation::USUAL_CAPACITY,
    };
    let options = allocation::Options {
        policies: policies.map_err(|error| Usage(format!("--policy: {error}")))?,
        capacity,
        length: args.length,
        convention: alloc::question::convention(args.preset.as_deref(), settings).map_err(usage)?,
        wishes: args.wish.iter().map(String::as_str).collect(),
    };
    Ok(Alloc::new(&options).map_err(usage)?)
}

fn holes_of(args: &HolesExerciseArgs) -> Result<Holes, Usage> {
    let named: Vec<&str> = args.policy.iter().map(|name| name.trim()).collect();
    let options = holes::Options {
        fits: if named.is_empty() { holes::USUAL_FITS.to_vec() } else { named },
        holes: args.holes,
        requests: args.requests,
        partitions: match args.partitions {
            PartitionsName::Fixed => alloc::Partitions::Fixed,
            PartitionsName::Split => alloc::Partitions::Split,
        },
        wishes: args.wish.iter().map(String::as_str).collect(),
    };
    Holes::new(&options).map_err(usage)
}

fn translation(args: &AddressesArgs, segments: u64) -> translation::Options<'_> {
    let wishes = args.wish.iter().map(String::as_str).collect();
    translation::Options { segments, addresses: args.addresses, wishes }
}

fn paging(args: &PagingExerciseArgs) -> Result<Paging, Usage> {
    let named: Vec<&str> = args.policy.iter().map(|name| name.trim()).collect();
    let names = if named.is_empty() { USUAL_POLICIES.to_vec() } else { named };
    let settings = args.set.iter().map(String::as_str);
    let options = Options {
        policies: policies_named(names).map_err(|error| Usage(format!("--policy: {error}")))?,
        sizes: args.frames.clone().map_or_else(|| Sizes::one(USUAL_FRAMES), Ok).map_err(usage)?,
        length: args.length,
        pages: args.pages,
        preset: args.preset.as_deref(),
        convention: convention(args.preset.as_deref(), settings).map_err(usage)?,
        wishes: args.wish.iter().map(String::as_str).collect(),
    };
    Paging::new(&options).map_err(usage)
}

impl Handout {
    fn decide(args: &HandoutArgs, environment: &Environment, out: &mut Output) -> Result<Handout> {
        let students = match (&args.student, &args.students) {
            (Some(name), _) => vec![Student::new(name).map_err(usage)?],
            (None, Some(file)) => students(&Text::read(file, TABLE_MAX_BYTES)?)?,
            (None, None) => Vec::new(),
        };
        let key = course_key(args.course_key_file.as_deref(), environment, out)?;
        let handout =
            Handout { seed: args.seed, students, key, show: show(args)?, format: args.format };
        if handout.variant(handout.students.first()).is_open() {
            out.hint(&format!(
                "without a course key anyone can compute this variant: give --course-key-file, or set {KEY_VARIABLE}"
            ))?;
        }
        Ok(handout)
    }

    fn variant<'a>(&'a self, student: Option<&'a Student>) -> Variant<'a> {
        Variant { seed: self.seed, student, key: self.key.as_ref() }
    }

    /// Makes the exercise of a topic and prints it.
    fn print<T: Posed>(&self, topic: &T, out: &mut Output) -> Result<()> {
        let format = match self.format {
            ExerciseFormat::Text => Format::Text,
            ExerciseFormat::Html => Format::Html,
            ExerciseFormat::Gift => Format::Gift,
            ExerciseFormat::Moodle => Format::Moodle,
            ExerciseFormat::Qti => Format::Qti,
            ExerciseFormat::Csv => Format::Csv,
            ExerciseFormat::Json => return self.document(topic, out),
        };
        out.text(&export(format, &self.sheets(topic)?, self.show))
    }

    /// One exercise as the API answers.
    fn document<T: Posed>(&self, topic: &T, out: &mut Output) -> Result<()> {
        if self.students.len() > 1 {
            let why = "--format json is of one exercise: give --student, or another format";
            return Err(Usage(why.to_owned()).into());
        }
        let variant = self.variant(self.students.first());
        let problem = find(topic, &variant).map_err(usage)?;
        let sheet = topic.sheet(&problem, variant.student).map_err(usage)?;
        let document = ExerciseDocument::new(topic, &problem, sheet, variant.is_open(), self.show);
        out.line(&serde_json::to_string_pretty(&document)?)
    }

    /// A sheet a student, or the one that all share.
    fn sheets<T: Topic>(&self, topic: &T) -> Result<Vec<Sheet>, Usage> {
        let sheet = |student: Option<&Student>| {
            let problem = find(topic, &self.variant(student)).map_err(usage)?;
            topic.sheet(&problem, student).map_err(usage)
        };
        if self.students.is_empty() {
            return Ok(vec![sheet(None)?]);
        }
        self.students.iter().map(|student| sheet(Some(student))).collect()
    }
}

/// What is shown. The formats for platforms hold the key anyway, and take no other wish.
fn show(args: &HandoutArgs) -> Result<Show, Usage> {
    use ExerciseFormat::{Gift, Moodle, Qti};
    let reveal = args.reveal.map(|name| match name {
        RevealName::None => Reveal::None,
        RevealName::Hint => Reveal::Hint,
        RevealName::Step => Reveal::Step,
        RevealName::Key => Reveal::Key,
    });
    if matches!(args.format, Gift | Moodle | Qti) && reveal.is_some_and(|it| it != Reveal::Key) {
        return Err(Usage(
            "--format gift, moodle and qti always hold the key, by which the platform marks: leave --reveal out"
                .to_owned(),
        ));
    }
    Ok(Show { reveal: reveal.unwrap_or(Reveal::None), done: args.done })
}

/// The students of a file, one a line; empty lines and comments are passed over.
fn students(text: &Text) -> Result<Vec<Student>, Usage> {
    let name = &text.name;
    let content = std::str::from_utf8(&text.bytes)
        .map_err(|_| Usage(format!("{name}: this is not text: save the names as UTF-8")))?;
    let named = |(index, line): (usize, &str)| {
        let student = line.split('#').next().unwrap_or_default().trim();
        (!student.is_empty()).then(|| (index + 1, student.to_owned()))
    };
    let lines: Vec<(usize, String)> = content.lines().enumerate().filter_map(named).collect();
    let at = |line: usize, why: &dyn std::fmt::Display| Usage(format!("{name}:{line}: {why}"));
    match lines.get(STUDENTS_MAX) {
        Some((line, _)) => {
            Err(at(*line, &format!("more than {STUDENTS_MAX} students: split the file")))
        }
        None if lines.is_empty() => {
            Err(Usage(format!("{name} names no student: write one a line")))
        }
        None => classmates(lines.iter().map(|(_, student)| student.as_str()))
            .map_err(|(index, error)| at(lines[index].0, &error)),
    }
}

/// The course key of the file, else of the environment.
fn course_key(
    file: Option<&Path>,
    environment: &Environment,
    out: &mut Output,
) -> Result<Option<CourseKey>> {
    let Some(path) = file else {
        let key = environment.get(KEY_VARIABLE).map(|key| CourseKey::new(key.as_bytes()));
        return Ok(key.transpose().map_err(|error| Usage(format!("{KEY_VARIABLE}: {error}")))?);
    };
    let name = path.display();
    let mode =
        fs::metadata(path).with_context(|| format!("cannot read {name}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        out.hint(&format!("{name} can be read by others (mode {:o}): chmod 600 it", mode & 0o777))?;
    }
    let text = Text::read(path, 2 * KEY_MAX_BYTES as u64)?;
    let key = CourseKey::new(&text.bytes).map_err(|error| Usage(format!("{name}: {error}")))?;
    Ok(Some(key))
}
