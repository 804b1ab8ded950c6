//! `ramscope top` in a terminal of its own: what it draws, what keys do, and how it leaves.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use pty_process::{Size, blocking};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Termios, tcgetattr};
use support::{Home, Server, captured_machine};

/// A screen that does not come in this time never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `ramscope top` and the terminal that it is in.
struct Top {
    child: Child,
    pty: Arc<blocking::Pty>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    before: Termios,
}

impl Top {
    /// Starts it in a terminal of `rows` × `columns`, looking at a captured machine.
    fn start(home: &Home, machine: &Path, rows: u16, columns: u16, words: &[&str]) -> Top {
        let (pty, pts) = blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let before = tcgetattr(&pty).unwrap();
        let machine = machine.to_str().unwrap();
        let all = [&["top", "--source-root", machine, "--interval", "100ms"], words].concat();
        let mut command = home.command(&all);
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        let child = blocking::Command::from(command).spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let (sender, output) = channel();
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut bytes = [0; 65536];
            // Reading fails when the other end is closed.
            while let Ok(read @ 1..) = (&*reader).read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Top { child, pty, output, parser: parser(rows, columns), before }
    }

    /// Waits until the screen is what is wanted.
    fn until(&mut self, wanted: impl Fn(&vt100::Screen) -> bool) -> &vt100::Screen {
        while !wanted(self.parser.screen()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(error) => panic!("{error}:\n{}", self.parser.screen().contents()),
            }
        }
        self.parser.screen()
    }

    fn until_it_says(&mut self, words: &str) -> String {
        self.until(|screen| screen.contents().contains(words)).contents()
    }

    fn press(&self, keys: &[u8]) {
        (&*self.pty).write_all(keys).unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for its end: the exit code, after a look at the terminal that it left.
    fn ended(mut self) -> Option<i32> {
        let status = self.child.wait().unwrap();
        // Ends when the last one who had the terminal open is gone.
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.parser.process(&bytes);
        }
        let after = tcgetattr(&*self.pty).unwrap();
        assert_eq!(modes(&after), modes(&self.before), "lines are edited and echoed as before");
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the screen before is back");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        status.code()
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn parser(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(cells(rows), cells(columns), 0)
}

/// How a line is edited, echoed and turned into signals.
fn modes(termios: &Termios) -> [u64; 3] {
    [
        termios.input_modes.bits().into(),
        termios.output_modes.bits().into(),
        termios.local_modes.bits().into(),
    ]
}

impl Drop for Top {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_draws_the_machine_and_leaves_the_terminal_as_it_was_however_it_ends() {
    let home = Home::new();
    let quit: fn(&Top) = |top| top.press(b"q");
    let interrupt: fn(&Top) = |top| top.press(b"\x03");
    let terminate: fn(&Top) = |top| top.signal(Signal::TERM);
    let hang_up: fn(&Top) = |top| top.signal(Signal::HUP);
    for (name, end, code) in [
        ("q", quit, 0),
        ("Ctrl-C", interrupt, 130),
        ("SIGTERM", terminate, 0),
        ("SIGHUP", hang_up, 0),
    ] {
        let mut top = Top::start(&home, &captured_machine(), 24, 80, &[]);
        let screen = top.until(|screen| screen.contents().contains("GiB used"));
        assert!(screen.alternate_screen() && screen.hide_cursor(), "{name}");
        let words = screen.contents();
        assert!(words.contains("of 62.8 GiB used"), "{words}");
        end(&top);
        assert_eq!(top.ended(), Some(code), "{name}");
    }
}

#[test]
fn keys_and_the_mouse_reach_it_and_a_new_size_is_drawn() {
    let home = Home::new();
    let mut top = Top::start(&home, &captured_machine(), 24, 80, &[]);
    top.until_it_says("GiB used");
    top.press(b"?");
    top.until_it_says("any key closes");
    top.press(b"x");
    top.until(|screen| !screen.contents().contains("any key closes"));
    top.press(b"/nobody\r");
    top.until_it_says("filter: nobody");
    top.press(b"\x1b");
    top.until(|screen| !screen.contents().contains("filter:"));
    // The first key of the last line, by a click on it: SGR mouse, button 0, column and row from 1.
    top.press(b"\x1b[<0;1;24M\x1b[<0;1;24m");
    top.until_it_says("any key closes");
    top.press(b" ");
    top.pty.resize(Size::new(40, 120)).unwrap();
    top.parser.screen_mut().set_size(cells(40), cells(120));
    let corner =
        |screen: &vt100::Screen| screen.cell(1, 119).is_some_and(|c| c.contents() == "\u{256e}");
    top.until(corner);
    top.press(b"q");
    assert_eq!(top.ended(), Some(0));
}

#[test]
fn the_past_of_a_running_server_is_stepped_through_with_the_arrows() {
    let home = Home::new();
    let machine = hostile_machine(&home);
    let source = ["--source-root", machine.to_str().unwrap()];
    let words = ["serve", "--listen", "127.0.0.1:0", "--interval", "100ms"];
    let server = Server::start(home.command(&[&words[..], &source[..]].concat()));
    let data_dir = home.data_dir();
    while server.json("/api/v1/memory")["recorder"]["ticks"].as_u64() < Some(35) {
        thread::yield_now();
    }
    let words = ["--data-dir", data_dir.to_str().unwrap()];
    let mut top = Top::start(&home, &machine, 24, 80, &words);
    top.until_it_says("GiB used");
    // From an hour down to a minute, and three steps of less than a second.
    top.press(b"+++\x1b[D\x1b[D\x1b[D");
    let then = |screen: &vt100::Screen| {
        let words = screen.contents();
        ["PAST", " ago", "of 62.8 GiB used", "4000"].iter().all(|part| words.contains(part))
    };
    top.until(then);
    top.press(b"n");
    top.until(|screen| !screen.contents().contains("PAST") && screen.contents().contains("live"));
    top.press(b"q");
    assert_eq!(top.ended(), Some(0));
}

/// A machine with one process more, whose name and words would move the cursor, set the title and end the line.
fn hostile_machine(home: &Home) -> std::path::PathBuf {
    let root = home.0.path().join("machine");
    let copied =
        std::process::Command::new("cp").arg("-r").arg(captured_machine()).arg(&root).status();
    assert!(copied.unwrap().success());
    let process = root.join("proc/4000");
    fs::create_dir(&process).unwrap();
    let name = b"\x1b[2J\nx)";
    let stat = [b"4000 (", &name[..], b") S 1 4000 4000 0 -1 4194304 9 0 0 0 0 0 0 0 20 0 1 0 50 8192000 500 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"].concat();
    fs::write(process.join("stat"), stat).unwrap();
    fs::write(process.join("statm"), "2000 500 100 1 0 300 0\n").unwrap();
    fs::write(process.join("cmdline"), b"\x1b]0;owned\x07\0\xff\xfe\0\x1b[31mred\0").unwrap();
    let status = "Name:\t\\033[2J\\nx)\nState:\tS (sleeping)\nTgid:\t4000\nPid:\t4000\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\n\
                  VmHWM:\t    2100 kB\nVmRSS:\t    2000 kB\nRssAnon:\t    1600 kB\nRssFile:\t     400 kB\nRssShmem:\t       0 kB\n\
                  VmSwap:\t       0 kB\nThreads:\t1\n";
    fs::write(process.join("status"), status).unwrap();
    root
}

#[test]
fn names_that_would_move_the_cursor_or_set_the_title_are_spelled_out() {
    let home = Home::new();
    let machine = hostile_machine(&home);
    let mut top = Top::start(&home, &machine, 40, 120, &[]);
    let screen = top.until_it_says("\\x1b]0;owned\\x07 \\xff\\xfe \\x1b[31mred");
    assert!(screen.contains("Memory over time"), "nothing was erased: {screen}");
    top.press(b"q");
    assert_eq!(top.ended(), Some(0));
}

#[test]
fn without_a_terminal_it_says_what_scripts_can_use() {
    let ended = Home::new().run(&["top"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("a terminal is needed"), "{}", ended.stderr);
    assert!(ended.stderr.contains("ramscope memory --watch"), "{}", ended.stderr);
}
