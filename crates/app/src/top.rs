//! `ramscope top`: the terminal screen, alone or beside the server that writes the history.

mod growth;
mod past;
mod terminal;
mod watcher;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use ramscope_observe::history::History;
use ramscope_observe::pace::Interval;
use ramscope_observe::sampler::{self, Sampler, Tick};
use ramscope_observe::source::Source;
use ramscope_tui::{End, Group, Inlet, Past, Place, Setup, Sort, Start};

use crate::args::{GroupName, SortName, TopArgs};
use crate::config::{self, Environment};
use crate::failure::{Interrupted, Usage};
use crate::output::Output;
use crate::{announce, look, open_files};
use past::Recorded;
use watcher::Watcher;

/// Shows the screen until it is ended.
pub(crate) fn run(args: &TopArgs, environment: &Environment, out: &Output) -> Result<()> {
    let interval: Interval = args
        .interval
        .parse()
        .map_err(|error| Usage(format!("--interval {}: {error}", args.interval)))?;
    if !out.is_terminal() || !terminal::stdin_is_one() {
        let words = "a terminal is needed on stdin and stdout: scripts find the same numbers in \
                     `ramscope memory --watch --format ndjson`";
        return Err(Usage(words.to_owned()).into());
    }
    // What cannot be read is told before the screen is another.
    look::snapshot(&args.source)?;
    let (history, source) = history(args, environment)?;
    open_files::raise();
    let setup = Setup {
        place: Place {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            interval_ms: i64::try_from(interval.as_millis()).unwrap_or(i64::MAX),
            recorded: history.is_some(),
            source,
        },
        look: terminal::look(args, environment),
        zone: TimeZone::system(),
        mouse: !args.no_mouse,
        start: start(args),
    };
    let (inlet, outlet) = ramscope_tui::channel();
    let sampler = sample(args, interval, history.clone(), inlet)?;
    let past = history.map(|history| Box::new(Recorded::new(history)) as Box<dyn Past>);
    let end = ramscope_tui::run(setup, outlet, past).context("the terminal failed")?;
    sampler.stop();
    match end {
        End::Done => Ok(()),
        End::Interrupted => Err(Interrupted.into()),
    }
}

fn sample(
    args: &TopArgs,
    interval: Interval,
    history: Option<History>,
    inlet: Inlet,
) -> Result<Sampler> {
    let root = args.source.source_root.as_deref().unwrap_or(Path::new("/"));
    let watcher = Watcher::start(root, history, inlet)?;
    let publish = move |tick: Arc<Tick>| {
        watcher.offer(tick);
        sampler::Told::default()
    };
    let settings = sampler::Settings { interval, ..sampler::Settings::default() };
    Sampler::start(settings, Source::new(root), None, Box::new(publish))
        .context("cannot start sampling")
}

/// The history to look back into, where there is one of this machine; and in words, where the past comes from.
fn history(args: &TopArgs, environment: &Environment) -> Result<(Option<History>, String)> {
    let alone = || (None, "nothing recorded: the past begins now".to_owned());
    if args.source.source_root.is_some() && args.place.data_dir.is_none() {
        return Ok(alone());
    }
    let data_dir = config::data_dir(&args.place, environment)?;
    let history = match History::open(&data_dir) {
        Ok(history) => history,
        // A history that was asked for must be there; any other is a help that may be missing.
        Err(error) if args.place.data_dir.is_some() => return Err(error.into()),
        Err(_) => return Ok(alone()),
    };
    if history.extent().ok().flatten().is_none() {
        return Ok(alone());
    }
    let source = match announce::running(&data_dir).ok().flatten() {
        Some(server) => format!("past: the server with pid {}", server.pid),
        None => "past: what was recorded; no server runs".to_owned(),
    };
    Ok((Some(history), source))
}

fn start(args: &TopArgs) -> Start {
    Start {
        sort: match args.sort {
            SortName::Memory => Sort::Total,
            SortName::Rss => Sort::Rss,
            SortName::Growth => Sort::Growth,
            SortName::Swap => Sort::Swap,
            SortName::Pss => Sort::Pss,
            SortName::Anon => Sort::Anon,
            SortName::Peak => Sort::Peak,
            SortName::Pid => Sort::Pid,
            SortName::User => Sort::User,
            SortName::Command => Sort::Command,
        },
        filter: args.filter.clone().unwrap_or_default(),
        group: match args.group {
            None => Group::None,
            Some(GroupName::App) => Group::Application,
            Some(GroupName::Cgroup) => Group::Cgroup,
            Some(GroupName::User) => Group::User,
        },
        tree: args.tree,
    }
}
