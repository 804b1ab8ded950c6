//! What the tests of the whole binary share: a scratch home, a running server, a tiny HTTP client.

#![allow(dead_code, reason = "each test binary uses its own part of this module")]

pub(crate) mod programs;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Says loudly that a test, or a part of one, cannot run on this machine, and has it counted.
#[expect(clippy::print_stdout, reason = "the line is what is looked for in the output of tests")]
pub(crate) fn skipped(why: &str) {
    println!("skipped: {why}");
    if let Some(list) = std::env::var_os("RAMSCOPE_SKIPPED") {
        let file = File::options().append(true).create(true).open(list);
        let _ = file.and_then(|mut file| writeln!(file, "skipped: {why}"));
    }
}

/// A captured machine: 16 GiB, two nodes, swap and pressure.
pub(crate) fn captured_machine() -> PathBuf {
    machine(CAPTURED)
}

/// A machine or a part of one, captured or made up, by the name of its folder.
pub(crate) fn machine(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../observe/tests/data").join(name)
}

const CAPTURED: &str = "linux-6.6-two-nodes-under-pressure";

/// A home directory of its own, in which ramscope finds nothing of the person who runs the tests.
pub(crate) struct Home(pub(crate) TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a scratch directory"))
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.0.path().join(".local/share/ramscope")
    }

    /// The binary with this home and nothing else in its environment.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ramscope"));
        command.env_clear().env("HOME", self.0.path()).env("TZ", "UTC").args(words);
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::of(&self.command(words).output().expect("the binary runs"))
    }

    /// Starts a server on a free port, looking at the captured machine.
    pub(crate) fn serve(&self, words: &[&str]) -> Server {
        let machine = captured_machine();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--source-root"];
        all.push(machine.to_str().expect("a UTF-8 path"));
        all.extend(words);
        Server::start(self.command(&all))
    }
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Lines of stdout after the first.
    pub(crate) lines: BufReader<std::process::ChildStdout>,
    /// The first line of stdout.
    pub(crate) greeting: String,
}

impl Server {
    /// Starts the command and waits for its first line.
    pub(crate) fn start(mut command: Command) -> Self {
        let log = tempfile::tempfile().expect("a scratch file");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log.try_clone().expect("a second handle"))
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut greeting = String::new();
        lines.read_line(&mut greeting).expect("a first line");
        if greeting.is_empty() {
            let status = child.wait().expect("an end");
            panic!("the server ended with {status}: {}", read_back(log));
        }
        Self { child, lines, greeting: greeting.trim_end().to_owned() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn authority(&self) -> String {
        let (_, rest) = self.greeting.split_once("http://").expect("an address in the greeting");
        rest.split('/').next().expect("an authority").to_owned()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        request(
            &self.authority(),
            &format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", self.authority()),
        )
    }

    pub(crate) fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path);
        serde_json::from_str(&answer.body)
            .unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"))
    }

    /// Asks until the answer is as wanted; every question waits for the server, so this never spins for long.
    pub(crate) fn wait_for(
        &self,
        path: &str,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        for _ in 0..30_000 {
            let answer = self.get(path);
            if let Ok(value) = serde_json::from_str(&answer.body)
                && answer.status == 200
                && wanted(&value)
            {
                return value;
            }
            thread::park_timeout(Duration::from_millis(1));
        }
        panic!("{path} never became what was waited for");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a signal to our own child");
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_back(mut file: File) -> String {
    use std::io::Seek as _;
    let mut text = String::new();
    file.rewind().expect("the start");
    file.read_to_string(&mut text).expect("the log");
    text
}

/// An HTTP answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends a request with a token and a body, and reads the answer to its end.
pub(crate) fn order(authority: &str, line: &str, token: &str, body: &str) -> Answer {
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n",
        body.len()
    );
    exchange(authority, &head, body)
}

/// Sends a request head (lines ended, without the empty line) and reads the answer to its end.
pub(crate) fn request(authority: &str, head: &str) -> Answer {
    exchange(authority, head, "")
}

fn exchange(authority: &str, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(authority).expect("a connection");
    write!(stream, "{head}Connection: close\r\n\r\n{body}").expect("a sent request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
        dechunked(body)
    } else {
        body.to_owned()
    };
    Answer { status, head: head.to_owned(), body }
}

/// Joins the chunks of a chunked body (RFC 9112, 7.1).
fn dechunked(body: &str) -> String {
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || size > after.len() {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}
