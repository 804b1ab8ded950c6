//! `ramscope heap`: what recordings of tracked programs tell.

mod diff;
mod document;
pub(crate) mod report;
pub(crate) mod view;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use ramscope_heap::export::{self, AllocTrace};
use ramscope_heap::recording::{Damage, read_all};
use ramscope_heap::{Intake, Names, Session};
use ramscope_observe::format;

use crate::args::{ExportArgs, ExportForm, HeapCommand};
use crate::config::Environment;
use crate::failure::Usage;
use crate::output::Output;

/// Reports, compares or exports.
pub(crate) fn run(
    command: &HeapCommand,
    environment: &Environment,
    out: &mut Output,
) -> Result<()> {
    match command {
        HeapCommand::Report(args) => report::run(args, environment, out),
        HeapCommand::View(args) => view::view(args, environment, out),
        HeapCommand::Diff(args) => diff::run(args, environment, out),
        HeapCommand::Export(args) => export(args, out),
    }
}

/// Reads a recording, and says on stderr what of it could not be read.
fn read(path: &Path, out: &mut Output) -> Result<Session> {
    let mut intake = None;
    let begin = |start: &ramscope_heap::event::Start| Intake::new(start.clone());
    let cell = std::cell::RefCell::new(&mut intake);
    let damage = read_all(
        open(path)?,
        |start| **cell.borrow_mut() = Some(begin(start)),
        |time_us, said| {
            if let Some(intake) = cell.borrow_mut().as_mut() {
                intake.replay(time_us, &said);
            }
        },
    );
    let damage = damage.with_context(|| path.display().to_string())?;
    let session = intake.map(Intake::into_session).context("a recording without a header")?;
    tell_damage(path, &session, damage, out)?;
    Ok(session)
}

fn open(path: &Path) -> Result<File> {
    let file = File::open(path).with_context(|| {
        format!(
            "cannot open {}: name a file that `ramscope track -o FILE -- CMD` has written",
            path.display()
        )
    })?;
    let is_file = file.metadata().map(|about| about.is_dir()).is_ok_and(|is_dir| !is_dir);
    anyhow::ensure!(is_file, "{} is a folder and no recording", path.display());
    Ok(file)
}

fn tell_damage(path: &Path, session: &Session, damage: Damage, out: &mut Output) -> Result<()> {
    let path = path.display();
    if damage.bytes != 0 || damage.blocks != 0 {
        let bytes = format::iec(damage.bytes);
        out.hint(&format!(
            "{path}: damaged: {bytes} and {} further blocks were passed over; what follows counts without them",
            damage.blocks
        ))?;
    }
    if damage.torn_bytes != 0 {
        let bytes = format::iec(damage.torn_bytes);
        out.hint(&format!("{path}: its last block was not written to its end ({bytes} left off)"))?;
    }
    if session.ending().is_none() {
        out.hint(&format!(
            "{path}: the program's end was not recorded: what is told is how it stood when the recording stopped"
        ))?;
    }
    Ok(())
}

fn export(args: &ExportArgs, out: &mut Output) -> Result<()> {
    match &args.out {
        Some(path) => {
            let cannot = || format!("cannot write {}", path.display());
            let file = File::create(path).with_context(cannot)?;
            let mut file = BufWriter::new(file);
            write(args, &mut file, out)?;
            file.flush().with_context(cannot)
        }
        None if args.form == ExportForm::Pprof && out.is_terminal() => Err(Usage(
            "a packed profile is no text for a terminal: give --out FILE, or a pipe".into(),
        )
        .into()),
        None => {
            let mut bytes = Vec::new();
            // A trace is as long as the program ran: it goes out as it is read.
            if args.form == ExportForm::AllocTrace {
                return alloc_trace(&args.file, BufWriter::new(out.data()));
            }
            write(args, &mut bytes, out)?;
            Ok(out.data().write_all(&bytes)?)
        }
    }
}

fn write(args: &ExportArgs, file: &mut impl Write, out: &mut Output) -> Result<()> {
    if args.form == ExportForm::AllocTrace {
        return alloc_trace(&args.file, file);
    }
    let session = read(&args.file, out)?;
    let (names, by) = (&mut Names::default(), args.by.into());
    let bytes = match args.form {
        ExportForm::Collapsed => export::folded(&session, by, names).into_bytes(),
        ExportForm::Pprof => export::pprof(&session, by, names),
        ExportForm::Speedscope => export::speedscope(&session, by, names).into_bytes(),
        ExportForm::Html => {
            let (about, sums) = report::in_words(&session);
            export::html(&session, by, &about, &sums, names).into_bytes()
        }
        ExportForm::Csv | ExportForm::AllocTrace => export::csv(&session, names).into_bytes(),
    };
    Ok(file.write_all(&bytes)?)
}

fn alloc_trace(path: &Path, out: impl Write) -> Result<()> {
    let mut trace = AllocTrace::begin(out)?;
    let heard = read_all(open(path)?, |_| {}, |time_us, said| trace.hear(time_us, &said));
    heard.with_context(|| path.display().to_string())?;
    trace.finish()?;
    Ok(())
}
