//! `ramscope serve`: the parts wired together, from the kernel's files to the page, until a signal ends it.

use std::future::Future;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ramscope_observe::clock::Clock;
use ramscope_observe::history::{History, Limits, Recorder};
use ramscope_observe::sampler::{self, Sampler, Tick};
use ramscope_observe::source::Source;
use ramscope_observe::watch::{Watch, Watched};
use ramscope_observe::{Memory, format};
use ramscope_stress::Launch;
use ramscope_web::{Heaps, Live, ProcessSettings, Server, Token};
use tokio::signal::unix::{SignalKind, signal};

use crate::alerts;
use crate::announce::{self, Announced, Announcement};
use crate::args::ServeArgs;
use crate::config::{Config, Environment, Settings};
use crate::failure::Interrupted;
use crate::heap::view::kept;
use crate::latest::LatestFile;
use crate::output::Output;
use crate::{open, open_files, runtime_dir, token};

/// How the server was asked to end.
enum End {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, as a service manager sends it.
    Terminate,
}

/// Samples, records and serves until SIGINT or SIGTERM.
pub(crate) fn run(args: &ServeArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let config = Config::decide(&Settings::gather(args, environment)?)?;
    log_to_stderr(environment);
    open_files::raise();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(serve(&config, args, environment, out));
    // A query that still reads the disk for a client that has gone would otherwise delay the end.
    runtime.shutdown_background();
    match end? {
        End::Interrupt => Err(Interrupted.into()),
        End::Terminate => Ok(()),
    }
}

async fn serve(
    config: &Config,
    args: &ServeArgs,
    environment: &Environment,
    out: &mut Output,
) -> Result<End> {
    let ended = ended()?;
    if config.labs_only {
        let server = bind(config, args, Token::generate()?, Live::new(), None, None).await?;
        greet_class(config, args, &server, out)?;
        return Ok(run_ready(Some(server), ended).await);
    }
    let mut recorder = open_recorder(config)?;
    let launch = launch(config, args, environment);
    let runs = launch.as_ref().map(|launch| launch.runtime_dir.clone());
    let watched = Watched::default();
    let live = runs.map_or_else(Live::new, Live::watching).beside(watched.clone());
    let server = match config.web {
        true => Some(bind_recorded(config, args, live.clone(), launch).await?),
        false => None,
    };
    let announced = announce_all(config, &mut recorder, server.as_ref())?;
    let watch = start_watch(config, args, watched)?;
    let sampler = start_sampler(config, args, recorder, live)?;
    greet(config, args, environment, server.as_ref(), out)?;
    let end = run_ready(server, ended).await;
    sampler.stop();
    drop(watch);
    drop(announced);
    Ok(end)
}

fn open_recorder(config: &Config) -> Result<Recorder> {
    let limits = Limits {
        max_age_ms: i64::try_from(config.keep.as_millis()).unwrap_or(i64::MAX),
        max_bytes: config.max_size_bytes,
    };
    let about = format!("pid {}, which is starting", process::id());
    let (recorder, notices) =
        Recorder::open(&config.data_dir, limits, &about, Clock::system().wall_ms())?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    Ok(recorder)
}

/// How loads on memory are started; none where nobody could announce them, nor of another machine than this.
fn launch(config: &Config, args: &ServeArgs, environment: &Environment) -> Option<Launch> {
    if args.source.source_root.is_some() {
        return None;
    }
    let program = std::env::current_exe().context("cannot find this very program");
    let found = program.and_then(|program| {
        Ok(Launch::new(program, runtime_dir::create(environment, &config.data_dir)?))
    });
    // The server is worth having without them.
    found.inspect_err(|error| tracing::warn!("no load on memory can be started: {error:#}")).ok()
}

async fn bind_recorded(
    config: &Config,
    args: &ServeArgs,
    live: Live,
    launch: Option<Launch>,
) -> Result<Server> {
    let token = token::read_or_create(&config.data_dir)?;
    let history = History::open(&config.data_dir)?;
    bind(config, args, token, live, Some(history), launch).await
}

async fn bind(
    config: &Config,
    args: &ServeArgs,
    token: Token,
    live: Live,
    history: Option<History>,
    stress: Option<Launch>,
) -> Result<Server> {
    let root = args.source.source_root.as_deref().unwrap_or(Path::new("/"));
    let settings = ramscope_web::Settings {
        listen: config.listen,
        allow_hosts: config.allow_hosts.clone(),
        allow_embed: config.allow_embed,
        read_only: config.read_only,
        labs_only: config.labs_only,
        processes: (config.processes && !config.labs_only).then(|| ProcessSettings {
            root: root.to_owned(),
            owner_uid: rustix::process::geteuid().as_raw(),
            metrics_top: config.metrics_top,
        }),
        stress,
        heaps: Heaps::of(kept(&config.data_dir)),
        data_dir: config.data_dir.clone(),
        token,
        hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Server::bind(settings, live, history).await?)
}

/// Tells the user's other commands, and a second `serve`, who writes this data directory.
fn announce_all(
    config: &Config,
    recorder: &mut Recorder,
    server: Option<&Server>,
) -> Result<Announced> {
    let address = server.map(Server::origin);
    let announcement = Announcement { pid: process::id(), address };
    recorder.set_about(&announcement.sentence());
    announce::announce(&config.data_dir, &announcement)
}

fn start_sampler(
    config: &Config,
    args: &ServeArgs,
    recorder: Recorder,
    live: Live,
) -> Result<Sampler> {
    let root = args.source.source_root.as_deref().unwrap_or(Path::new("/"));
    let latest = config.latest_json.clone().map(LatestFile::start).transpose()?;
    let publish = move |tick: Arc<Tick>| {
        if let Some(latest) = &latest {
            latest.offer(Memory::of(&tick.snapshot));
        }
        live.publish(tick)
    };
    let settings = sampler::Settings { interval: config.interval, processes: config.processes };
    Sampler::start(settings, Source::new(root), Some(recorder), Box::new(publish))
        .context("cannot start sampling")
}

fn start_watch(config: &Config, args: &ServeArgs, watched: Watched) -> Result<Watch> {
    let root = args.source.source_root.as_deref().unwrap_or(Path::new("/"));
    let orders = alerts::orders(&config.alerts, watched.clone())?;
    Watch::start(root, watched, orders).context("cannot start watching")
}

fn greet(
    config: &Config,
    args: &ServeArgs,
    environment: &Environment,
    server: Option<&Server>,
    out: &mut Output,
) -> Result<()> {
    match server {
        None => out.line("ramscope is recording this machine; nothing is served")?,
        Some(server) => {
            let link = server.link();
            out.line(&format!("ramscope is watching this machine: {link}"))?;
            if let Some(line) = ssh_line(server.address().port(), environment) {
                out.line(&line)?;
            }
            if args.open {
                open::start_browser(&link, out)?;
            }
        }
    }
    out.hint(&format!(
        "history: {}, kept {}, at most {}; Ctrl-C ends it",
        config.data_dir.display(),
        ramscope_observe::when::DurationText(config.keep),
        format::iec(config.max_size_bytes),
    ))
}

/// What a class server says: its page needs no token, and nothing is kept.
fn greet_class(config: &Config, args: &ServeArgs, server: &Server, out: &mut Output) -> Result<()> {
    let origin = server.origin();
    out.line(&format!("ramscope serves its labs: {origin}"))?;
    if args.open {
        open::start_browser(&origin, out)?;
    }
    let named = match config.allow_hosts.as_slice() {
        [] if !server.address().ip().is_loopback() => {
            "; others reach it by its IP address, or by a name given with --allow-host"
        }
        _ => "",
    };
    out.hint(&format!("nothing is sampled or recorded{named}; Ctrl-C ends it"))
}

/// For those who came by ssh: the line to run on their own machine. `SSH_CONNECTION` is the client's address and
/// port and the server's address and port (sshd(8)).
fn ssh_line(port: u16, environment: &Environment) -> Option<String> {
    let host = environment.get("SSH_CONNECTION")?.split(' ').nth(2)?.to_owned();
    let user = environment.get("USER").map(|user| format!("{user}@")).unwrap_or_default();
    Some(format!("from your own machine: ssh -L {port}:127.0.0.1:{port} {user}{host}"))
}

/// Tells the service manager, if there is one, and waits for the end.
async fn run_ready(server: Option<Server>, ended: impl Future<Output = End>) -> End {
    // Without a service manager there is no socket to notify, and nothing is lost.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    run_until(server, ended).await
}

/// Waits for the end: the server serves meanwhile, or nothing but the sampler's threads runs.
async fn run_until(server: Option<Server>, ended: impl Future<Output = End>) -> End {
    let Some(server) = server else { return ended.await };
    let (tell, told) = tokio::sync::oneshot::channel();
    let ending = async {
        let end = ended.await;
        // The server has gone already if it no longer listens for this.
        let _ = tell.send(());
        end
    };
    let shutdown = async {
        // The sender lives until it has sent; both outcomes mean the end.
        let _ = told.await;
    };
    let (end, ()) = tokio::join!(ending, server.run(shutdown));
    end
}

/// Listens for the two signals from now on, and tells which came first.
fn ended() -> Result<impl Future<Output = End>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => End::Interrupt,
            _ = terminate.recv() => End::Terminate,
        }
    })
}

fn log_to_stderr(environment: &Environment) {
    let filter = environment.get("RAMSCOPE_LOG").unwrap_or("info");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_came_by_ssh_reads_the_line_that_brings_the_page_home() {
        let by_ssh = Environment::of([
            ("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.9 22"),
            ("USER", "someone"),
        ]);
        let line = ssh_line(7070, &by_ssh).unwrap();
        assert_eq!(line, "from your own machine: ssh -L 7070:127.0.0.1:7070 someone@192.0.2.9");
        assert_eq!(ssh_line(7070, &Environment::default()), None);
    }
}
