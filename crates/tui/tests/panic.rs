//! A panic in any thread leaves the terminal as it was, with its words on a screen that shows them.

use std::io::Read as _;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use pty_process::{Size, blocking};
use ramscope_observe::Snapshot;
use ramscope_observe::source::Source;
use ramscope_tui::{Answer, Look, Moment, Past, Place, Question, Setup, Start};

/// A history that fails as no history should.
struct Broken;

impl Past for Broken {
    fn answer(&mut self, question: Question) -> Answer {
        panic!("no answer to {question:?}");
    }
}

/// Not a test by itself: what the test below runs in a terminal.
#[test]
#[ignore = "needs the terminal that its parent gives it"]
fn child_that_panics() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../observe/tests/data/linux-6.18-no-swap");
    let mut snapshot = Snapshot::default();
    Source::new(&root).sample(1_795_317_120_000, Duration::ZERO, &mut snapshot).unwrap();
    let (inlet, outlet) = ramscope_tui::channel();
    inlet.offer(Arc::new(Moment::of(&snapshot, None, None)));
    let place = Place { recorded: true, interval_ms: 1000, ..Place::default() };
    let setup = Setup {
        place,
        look: Look::default(),
        zone: TimeZone::UTC,
        mouse: true,
        start: Start::default(),
    };
    // As the binary does.
    let _held = std::io::stdout().lock();
    ramscope_tui::run(setup, outlet, Some(Box::new(Broken))).unwrap();
}

#[test]
fn a_panic_in_another_thread_gives_the_terminal_back_before_its_words_appear() {
    let (mut pty, pts) = blocking::open().unwrap();
    pty.resize(Size::new(24, 80)).unwrap();
    let mut child = blocking::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_panics", "--ignored", "--nocapture"])
        .env("TERM", "xterm")
        .env("RUST_BACKTRACE", "0")
        .spawn(pts)
        .unwrap();
    let cells = |count| NonZero::new(count).unwrap();
    let mut parser = vt100::Parser::new(cells(24), cells(80), 0);
    let mut bytes = [0; 4096];
    let mut all = Vec::new();
    // The last reading fails: the other end is closed.
    while let Ok(read @ 1..) = pty.read(&mut bytes) {
        parser.process(&bytes[..read]);
        all.extend_from_slice(&bytes[..read]);
    }
    let screen = parser.screen();
    // The alternate screen of xterm; one reading may hold the whole life of it.
    assert!(all.windows(8).any(|seen| seen == b"\x1b[?1049h"), "it drew before it failed");
    assert!(!screen.alternate_screen() && !screen.hide_cursor(), "the terminal is as it was");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    let words = screen.contents();
    assert!(words.contains("no answer to"), "{words}");
    assert!(!child.wait().unwrap().success());
}
