//! A server for a look at heaps: for as long as a program is tracked, or until a person has seen enough of a recording.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, anyhow};
use ramscope_observe::sampler::{self, Sampler};
use ramscope_observe::source::Source;
use ramscope_web::{Heaps, Live, Server, Settings, Token};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::open as open_recording;
use crate::args::ViewArgs;
use crate::config::Environment;
use crate::failure::Interrupted;
use crate::open;
use crate::output::Output;

/// The port that is tried first, and how many behind it; then the kernel chooses.
const FIRST_PORT: u16 = 7070;
const PORTS: u16 = 20;

/// A server on a thread of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Serving {
    link: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Serves these heaps, and the machine's memory now, on loopback. Nothing is recorded.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) fn start(heaps: Heaps, data_dir: &Path) -> Result<Serving> {
        let token = Token::generate()?;
        let (data_dir, (tell, told)) = (data_dir.to_owned(), mpsc::channel());
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    // Whoever started this waits for the word.
                    let _ = tell.send(Err(anyhow!(error)));
                    return;
                }
            };
            runtime.block_on(run(&heaps, &data_dir, &token, &tell, stopped));
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("heap view".to_owned()).spawn(serve)?;
        let link = told.recv().context("the server ended before it began")??;
        Ok(Serving { link, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of one session, with a code that opens it once.
    pub(crate) fn link(&self, session: &str) -> String {
        let link = self.link.replacen("/?token=", "/heap?token=", 1);
        format!("{link}{}", fragment(session))
    }
}

/// What of an address chooses a session.
pub(crate) fn fragment(session: &str) -> String {
    // What the page would escape itself stands as it is; nothing else does.
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    format!("#v1;session={}", session.bytes().map(escape).collect::<String>())
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It has ended already where nobody listens.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic has been told of by the thread itself.
            let _ = thread.join();
        }
    }
}

async fn run(
    heaps: &Heaps,
    data_dir: &Path,
    token: &Token,
    tell: &mpsc::Sender<Result<String>>,
    stopped: oneshot::Receiver<()>,
) {
    let live = Live::new();
    let server = match bind(heaps, data_dir, token, &live).await {
        Ok(server) => server,
        Err(error) => {
            // Whoever started this waits for the word.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let sampler = watch(live);
    let _ = tell.send(Ok(server.link()));
    server
        .run(async {
            // A sender that is gone means the end too.
            let _ = stopped.await;
        })
        .await;
    if let Some(sampler) = sampler {
        sampler.stop();
    }
}

/// The machine's memory beside the heaps; without it these are worth having all the same.
fn watch(live: Live) -> Option<Sampler> {
    let publish = move |tick| live.publish(tick);
    let source = Source::new(Path::new("/"));
    Sampler::start(sampler::Settings::default(), source, None, Box::new(publish)).ok()
}

async fn bind(heaps: &Heaps, data_dir: &Path, token: &Token, live: &Live) -> Result<Server> {
    let ports = (FIRST_PORT..FIRST_PORT + PORTS).chain([0]);
    let mut failed = None;
    for port in ports {
        let settings = Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            allow_hosts: Vec::new(),
            allow_embed: false,
            read_only: true,
            labs_only: false,
            stress: None,
            processes: None,
            heaps: heaps.clone(),
            data_dir: data_dir.to_owned(),
            token: token.clone(),
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        match Server::bind(settings, live.clone(), None).await {
            Ok(server) => return Ok(server),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(|| anyhow!("no port was tried"), anyhow::Error::from))
}

/// Serves one recording until Ctrl-C.
pub(super) fn view(args: &ViewArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    drop(open_recording(&args.file)?);
    let file = std::path::absolute(&args.file)?;
    let (heaps, data_dir) = (Heaps::default(), crate::config::data_dir(&args.place, environment)?);
    let id = heaps.add(file);
    heaps.check(&id).map_err(|why| anyhow!("{}: {why}", args.file.display()))?;
    // Whoever reads the link may end it at once.
    let endings = Endings::listen()?;
    let serving = Serving::start(heaps, &data_dir)?;
    let link = serving.link(&id);
    out.line(&format!("{} is shown at {link}", args.file.display()))?;
    out.hint("Ctrl-C ends it")?;
    if args.open {
        open::start_browser(&link, out)?;
    }
    endings.wait();
    drop(serving);
    Err(Interrupted.into())
}

/// What ends a view, listened for from the moment it is made.
struct Endings {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Endings {
    fn listen() -> Result<Endings> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        drop(inside);
        Ok(Endings { runtime, interrupt, terminate })
    }

    /// Waits for Ctrl-C or SIGTERM.
    fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
    }
}

/// Where recordings are kept that were made without a place of their own.
pub(crate) fn kept(data_dir: &Path) -> PathBuf {
    data_dir.join("heap")
}
