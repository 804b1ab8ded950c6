//! Running other programs: never through a shell, never with a standard input.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long the output of an ended program may stay open: a server it left behind would hold it for
/// ever, and with it the whole run.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

/// What a program did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether its exit code was 0.
    pub(crate) ok: bool,
    /// All lines of its two outputs, in the order in which they came, without colours.
    pub(crate) lines: Vec<String>,
}

/// The `cargo` that runs this task, so that a `+toolchain` is kept in all that it starts.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` to its end, showing its output as it comes and keeping it.
///
/// # Errors
/// When the program cannot be started. That it fails is an [`Outcome`].
pub(crate) fn show(command: &mut Command) -> Result<Outcome> {
    let mut child = command
        .env("CARGO_TERM_COLOR", "never")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be started", describe(command)))?;
    let (sender, events) = channel();
    if let Some(output) = child.stdout.take() {
        forward(output, std::io::stdout(), sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        forward(output, std::io::stderr(), sender.clone());
    }
    std::thread::spawn(move || sender.send(Event::Ended(child.wait())));
    let mut lines = Vec::new();
    let status = loop {
        match events.recv().context("the threads that watch the program are gone")? {
            Event::Line(line) => lines.push(line),
            Event::Ended(status) => break status?,
        }
    };
    drain(&events, &mut lines);
    Ok(Outcome { ok: status.success(), lines })
}

/// Runs `command` to its end in silence and returns its standard output.
///
/// # Errors
/// When it cannot be started or fails; the error then holds what it wrote to standard error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} could not be started", describe(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", describe(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something that is not UTF-8", describe(command)))
}

/// The first of `names` that stands in a folder of `PATH` and can be run.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| is_executable(candidate))
}

/// The command as a person would type it, without the folders of this machine.
pub(crate) fn describe(command: &Command) -> String {
    let name = |part: &OsStr| part.to_string_lossy().into_owned();
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().map_or_else(|| name(program.as_os_str()), name)];
    words.extend(command.get_args().map(name));
    format!("`{}`", words.join(" "))
}

/// `line` without terminal colours (the `ESC [ … letter` sequences).
pub(crate) fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let letter = sequence.find(|c: char| c.is_ascii_alphabetic());
        let end = letter.map_or(sequence.len(), |at| at + 1);
        rest = &sequence[end..];
    }
    plain.push_str(rest);
    plain
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// What the threads that watch a program tell.
enum Event {
    Line(String),
    Ended(std::io::Result<ExitStatus>),
}

/// Copies `from` to `to` line by line on a thread of its own, and hands each line on.
fn forward(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    events: Sender<Event>,
) {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            // A closed terminal must not end the run: the exit code still counts.
            let _ = to.write_all(&line).and_then(|()| to.flush());
            let text = String::from_utf8_lossy(&line);
            if events.send(Event::Line(without_colours(text.trim_end()))).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Takes the lines that were still on their way when the program ended.
fn drain(events: &Receiver<Event>, lines: &mut Vec<String>) {
    loop {
        match events.recv_timeout(OUTPUT_GRACE) {
            Ok(Event::Line(line)) => lines.push(line),
            Ok(Event::Ended(_)) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("note: something that the program started still holds its output");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        for (line, plain) in [
            ("no colour at all", "no colour at all"),
            ("\u{1b}[32;1m Summary\u{1b}[0m [ 1.2s]", " Summary [ 1.2s]"),
            ("cut off \u{1b}[3", "cut off "),
        ] {
            assert_eq!(without_colours(line), plain);
        }
    }

    #[test]
    fn a_command_is_described_without_its_folder() {
        assert_eq!(describe(Command::new("/opt/bin/tool").arg("--check")), "`tool --check`");
    }

    #[test]
    fn the_output_of_a_program_is_kept_and_its_failure_is_an_outcome() {
        let outcome = show(Command::new("ls").arg("/nowhere at all")).expect("ls is everywhere");
        assert!(!outcome.ok);
        assert!(outcome.lines.iter().any(|line| line.contains("nowhere at all")));
    }
}
