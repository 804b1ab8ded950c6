//! `ramscope chart`: memory as a picture in a file.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use ramscope_observe::history::RangeRequest;
use ramscope_observe::{Memory, chart};

use crate::args::{ChartArgs, Picture, ThemeName};
use crate::config::{self, Environment};
use crate::failure::Usage;
use crate::files::{self, Readers};
use crate::output::Output;
use crate::{history, look, png};

/// Pixels of time that are asked for; the drawing is about this wide.
const POINTS: u32 = 800;

/// What the ending of the file's name asks for.
#[derive(Clone, Copy)]
enum FileFormat {
    Svg,
    Png,
}

/// Draws what was asked for into the file.
pub(crate) fn run(args: &ChartArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let format = file_format(&args.out)?;
    let svg = match args.picture {
        Picture::Pie => pie(args)?,
        Picture::Memory => memory_over_time(args, environment)?,
    };
    let bytes = match format {
        FileFormat::Svg => svg.into_bytes(),
        FileFormat::Png => {
            png::render(&svg, f32::from(args.scale)).context("the drawing could not be rendered")?
        }
    };
    files::replace(&args.out, &bytes, Readers::Umask)?;
    out.hint(&format!("drawn: {}", args.out.display()))
}

fn file_format(path: &Path) -> Result<FileFormat, Usage> {
    match path.extension().and_then(OsStr::to_str) {
        Some("svg") => Ok(FileFormat::Svg),
        Some("png") => Ok(FileFormat::Png),
        _ => Err(Usage(format!("--out {}: the name must end in .svg or .png", path.display()))),
    }
}

fn theme(name: ThemeName) -> chart::Theme {
    match name {
        ThemeName::Light => chart::Theme::Light,
        ThemeName::Dark => chart::Theme::Dark,
    }
}

fn pie(args: &ChartArgs) -> Result<String> {
    let snapshot = look::snapshot(&args.source)?;
    let options = chart::PieOptions {
        plain: args.plain,
        theme: theme(args.theme),
        time_label: chart::moment(snapshot.time_ms, &TimeZone::system()),
        ..chart::PieOptions::default()
    };
    Ok(chart::pie(&Memory::of(&snapshot), &options))
}

fn memory_over_time(args: &ChartArgs, environment: &Environment) -> Result<String> {
    let data_dir = config::data_dir(&args.place, environment)?;
    let names = chart::SERIES.map(str::to_owned).into();
    let request =
        RangeRequest { names, points: Some(POINTS), ..history::span(&args.since, &args.until)? };
    let range =
        history::open(&data_dir)?.range(&request).map_err(history::usage_where_asked_wrongly)?;
    let options = chart::MemoryOptions {
        theme: theme(args.theme),
        zone: TimeZone::system(),
        ..chart::MemoryOptions::default()
    };
    Ok(chart::memory(&range, &options))
}
