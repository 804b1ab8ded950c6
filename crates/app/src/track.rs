//! `ramscope track`: runs a program, hears of its allocations, and says at its end what it held.

mod names;
mod recordings;
mod summary;

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::{Context as _, Result};
use ramscope_heap::live::{Launch, Process, Tracking, target};
use ramscope_observe::when::{self, Size};
use ramscope_web::Heaps;
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::announce;
use crate::args::TrackArgs;
use crate::config::{self, Environment};
use crate::failure::{Ended, Usage};
use crate::heap::view::{self, Serving};
use crate::library;
use crate::output::Output;

use names::Naming;
use recordings::Recordings;
use summary::Summaries;

/// Processes that are held at one time before children that are over are let go with names still to be told.
const MOST_KEPT: usize = 400;

/// Tracks the program to its end. The error, where there is none, is its exit code.
pub(crate) fn run(args: &TrackArgs, environment: &Environment, out: &mut Output) -> Result<()> {
    let data_dir = config::data_dir(&args.place, environment)?;
    let launch = launch(args, environment, &data_dir, out)?;
    let shelf = (!args.no_ui).then(|| view::kept(&data_dir));
    let mut recordings = Recordings::create(args.output.clone(), shelf)?;
    let mut tracking = Tracking::start(launch)
        .with_context(|| format!("cannot start {}", args.command[0].to_string_lossy()))?;
    let signals = Signals::forward(tracking.pid())?;
    recordings.write(tracking.processes_mut());
    let page = if args.no_ui { None } else { show(&data_dir, &recordings, out)? };
    let mut naming = recordings.are_made().then(Naming::begin);
    let mut summaries = Summaries::default();
    while tracking.status().is_none() {
        tracking.wait();
        tracking.poll()?;
        if let Some(naming) = &mut naming {
            naming.go_on(tracking.processes_mut());
        }
        recordings.write(tracking.processes_mut());
        // What its last look has said is written by now.
        let is_crowd = tracking.processes().len() > MOST_KEPT;
        let is_named = |child: &Process| naming.as_ref().is_none_or(|naming| naming.is_done(child));
        for child in tracking.take_children(|child| is_crowd || is_named(child)) {
            recordings.close(&child);
            if let Some(naming) = &mut naming {
                naming.forget(&child);
            }
            summaries.add(&child, args.children);
        }
    }
    signals.end();
    drop(page);
    if let Some(naming) = naming {
        naming.finish(tracking.processes_mut());
    }
    tracking.tell_costs();
    recordings.write(tracking.processes_mut());
    for process in tracking.processes() {
        summaries.add(process, args.children);
    }
    let told = summaries.tell(tracking.left_out(), out)?;
    out.hint(&format!(
        "ramscope: tracking cost {} of processor time beside the program",
        summary::brief(tracking.cpu())
    ))?;
    recordings.tell(&told, out)?;
    if tracking.processes().first().is_some_and(|process| !process.has_come()) {
        out.hint(&format!(
            "ramscope: {} never loaded the preload library, so nothing was heard of it",
            args.command[0].to_string_lossy()
        ))?;
    }
    match tracking.status().map_or(1, exit_code) {
        0 => Ok(()),
        code => Err(Ended(code).into()),
    }
}

/// Says where the session can be seen: on the server that runs, or on one of its own until the program ends.
fn show(data_dir: &Path, recordings: &Recordings, out: &mut Output) -> Result<Option<Serving>> {
    let Some(session) = recordings.first_session() else { return Ok(None) };
    if let Some(address) = announce::running(data_dir)?.and_then(|server| server.address) {
        let address = address.trim_end_matches('/');
        out.hint(&format!("to watch it live: {address}/heap{}", view::fragment(&session)))?;
        return Ok(None);
    }
    match Serving::start(Heaps::of(view::kept(data_dir)), data_dir) {
        Ok(serving) => {
            out.hint(&format!("to watch it live: {}", serving.link(&session)))?;
            Ok(Some(serving))
        }
        // The program is what was asked for; it runs without the page as well.
        Err(error) => {
            out.hint(&format!("ramscope: no page meanwhile: {error:#}"))?;
            Ok(None)
        }
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn launch(
    args: &TrackArgs,
    environment: &Environment,
    data_dir: &Path,
    out: &mut Output,
) -> Result<Launch> {
    let sample_bytes = args.sample.as_deref().map(sample_bytes).transpose()?.unwrap_or(0);
    let path = std::env::var_os("PATH");
    let target = match target::resolve(&args.command[0], path.as_ref()) {
        Ok(target) => target,
        Err(refusal) => {
            out.hint(&format!("ramscope: cannot track {refusal}"))?;
            return Err(Ended(refusal.exit_code()).into());
        }
    };
    if target.is_linked_in {
        out.hint(&format!(
            "ramscope: {} is linked with {}: blocks that it takes from there without the C library's names pass unseen",
            target.program.display(),
            target.allocator
        ))?;
    }
    let library = match &args.library {
        Some(library) => std::path::absolute(library)?,
        None => library::place(environment, data_dir)?,
    };
    Ok(Launch {
        program: target.program,
        arguments: args.command.clone(),
        library,
        preloaded: std::env::var_os("LD_PRELOAD"),
        sample_bytes,
        records: args.output.is_some() || !args.no_ui,
        waits: args.output.is_some(),
        children: args.children,
        seed: u64::from(std::process::id()),
        allocator: target.allocator,
    })
}

fn sample_bytes(text: &str) -> Result<u64, Usage> {
    match when::size(text) {
        Ok(Size::Bytes(bytes)) if bytes > 0 => Ok(bytes),
        Ok(_) => Err(Usage(format!("--sample {text}: a size in bytes, as 512KiB"))),
        Err(error) => Err(Usage(format!("--sample: {error}"))),
    }
}

/// Passes on the signals that ask for an end; the terminal's own reach the program by themselves.
struct Signals {
    is_over: Arc<AtomicBool>,
}

impl Signals {
    fn forward(pid: u32) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let (ready, is_ready) = mpsc::channel();
        thread::Builder::new().name("heap-signals".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(forward(pid, &over, &ready));
            }
        })?;
        // Where they cannot be listened to, the program runs all the same.
        let _ = is_ready.recv();
        Ok(Self { is_over })
    }

    /// The program's number may soon be another's.
    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

async fn forward(pid: u32, is_over: &AtomicBool, ready: &mpsc::Sender<()>) {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut interrupt), Ok(mut quit), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal)
    else {
        return;
    };
    let _ = ready.send(());
    loop {
        let wanted = tokio::select! {
            _ = interrupt.recv() => None,
            _ = quit.recv() => None,
            _ = terminate.recv() => Some(Signal::TERM),
            _ = hangup.recv() => Some(Signal::HUP),
        };
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        if let (Some(wanted), Some(pid), false) = (wanted, pid, is_over.load(Ordering::Relaxed)) {
            // Gone already is as good.
            let _ = kill_process(pid, wanted);
        }
    }
}
