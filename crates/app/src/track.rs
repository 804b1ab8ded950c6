//! `ramscope track`: runs a program, hears of its allocations, and says at its end what it held.

mod names;
mod recordings;

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ramscope_heap::Session;
use ramscope_heap::live::{Launch, Process, Tracking, target};
use ramscope_observe::format;
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
    while tracking.status().is_none() {
        tracking.wait();
        tracking.poll()?;
        if let Some(naming) = &mut naming {
            naming.go_on(tracking.processes_mut());
        }
        recordings.write(tracking.processes_mut());
    }
    signals.end();
    drop(page);
    if let Some(naming) = naming {
        naming.finish(tracking.processes_mut());
    }
    tracking.tell_costs();
    recordings.write(tracking.processes_mut());
    for process in tracking.processes() {
        out.hint(&summary(process, args.children))?;
    }
    out.hint(&format!(
        "ramscope: tracking cost {} of processor time beside the program",
        brief(tracking.cpu())
    ))?;
    recordings.tell(out)?;
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

fn summary(process: &Process, with_pid: bool) -> String {
    let session = process.intake().session();
    let totals = session.totals();
    let who = if with_pid { format!(" (process {})", process.pid()) } else { String::new() };
    let at_least = if totals.lost_events > 0 { "at least " } else { "" };
    let mut text = format!(
        "ramscope:{who} {} allocations of {} in {}; at most {} at one time, after {}\n\
         ramscope:{who} {at_least}{} in {} blocks never given back; {} temporary",
        grouped(totals.allocations),
        format::iec(totals.bytes_allocated),
        seconds(totals.end_us),
        format::iec(totals.peak_live_bytes),
        seconds(totals.peak_us),
        format::iec(totals.live_bytes),
        grouped(totals.live_blocks),
        grouped(totals.temporary),
    );
    if totals.lost_events > 0 {
        text.push_str(&format!(
            "\nramscope:{who} {} events lost{}",
            grouped(totals.lost_events),
            why(session)
        ));
    }
    let [compared, differ, less, at, ours, theirs, caller, ..] = process.compared();
    if compared > 0 {
        text.push_str(&format!(
            "\nramscope:{who} {compared} stacks compared, {differ} differ, {less} end earlier elsewhere; first: frame {at}, \
             {ours:#x} for {theirs:#x}, below {caller:#x}"
        ));
    }
    if process.waited_ms() > 0 {
        text.push_str(&format!(
            "\nramscope:{who} its threads waited {} ms in all for the recording",
            process.waited_ms()
        ));
    }
    text
}

/// A short time: milliseconds below a second.
fn brief(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms => format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
    }
}

fn why(session: &Session) -> String {
    let reasons = session.losses().filter(|(_, events)| *events > 0);
    let reasons: Vec<String> =
        reasons.map(|(why, events)| format!("{} {why:?}", grouped(events))).collect();
    format!(" ({})", reasons.join(", "))
}

/// A time in microseconds, in seconds.
fn seconds(us: u64) -> String {
    format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000)
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
