//! Whole screens of captured machines, at the sizes that people have.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ramscope_observe::cgroups::{Cgroup, CgroupTable, Events, Hierarchy, Reading, Slot};
use ramscope_observe::forecast::{Consequence, End, Forecast, Leak, Trend};
use ramscope_observe::processes::{Growth, Identity, Process, Pss, PssAmounts};
use ramscope_observe::watch::{Ahead, CgroupName, Outlook, ProcessName};
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use super::draw;
use crate::look::{Depth, Look, Symbols};
use crate::moment::{Mark, Moment, Point};
use crate::state::{Place, State};
use crate::testing::{NOW, captured, process, table};
use crate::update::Event;
use crate::{Answer, Recorded};

const MIB: u64 = 1 << 20;
const LOADED: &str = "linux-6.6-two-nodes-under-pressure";

fn place() -> Place {
    Place {
        host: "otter".into(),
        interval_ms: 1000,
        recorded: true,
        source: "past: the server with pid 4242".into(),
    }
}

fn look(depth: Depth, symbols: Symbols) -> Look {
    Look { depth, symbols, ..Look::default() }
}

/// A machine with a database, a browser and its children, something that leaks, and names that mean harm.
fn processes() -> Vec<Process> {
    let hostile = "\\x1b[2J\\x1b]0;owned\\x07 \\x0a \\xff";
    let rows = [
        (812, 1, "postgres", "postgres", "/system.slice/postgresql.service", 6100, 220, 4),
        (
            2044,
            1,
            "firefox",
            "ada",
            "/user.slice/user-1000.slice/app.slice/firefox.scope",
            1800,
            310,
            12,
        ),
        (
            2101,
            2044,
            "Web Content",
            "ada",
            "/user.slice/user-1000.slice/app.slice/firefox.scope",
            640,
            0,
            -20,
        ),
        (
            2102,
            2044,
            "Isolated Web Co",
            "ada",
            "/user.slice/user-1000.slice/app.slice/firefox.scope",
            512,
            0,
            3,
        ),
        (3000, 1, "leaky --for-ever", "eve", "/system.slice/leaky.service", 960, 0, 96),
        (1, 0, "systemd", "root", "/init.scope", 12, 1, 0),
        (77, 2, "kswapd0", "root", "/", 0, 0, 0),
        (4000, 1, hostile, "mallory", "/user.slice", 8, 0, 0),
        (
            4001,
            1,
            "日本語のプロセス名がとても長いときにはどうなるのか",
            "ada",
            "/user.slice",
            7,
            0,
            0,
        ),
    ];
    rows.map(|(pid, parent, command, user, cgroup, rss_mib, swap_mib, grown_mib)| {
        let identity = Identity {
            pid,
            start_ms: i64::from(pid),
            is_kernel: pid == 77,
            command: command.into(),
            user: user.into(),
            cgroup: cgroup.into(),
            ..Identity::default()
        };
        let pss = PssAmounts {
            pss_bytes: rss_mib * MIB * 9 / 10,
            uss_bytes: rss_mib * MIB * 8 / 10,
            swap_pss_bytes: 0,
            age_ms: 12_000,
        };
        Process {
            identity: Arc::new(identity),
            parent,
            swap_bytes: swap_mib * MIB,
            peak_bytes: (rss_mib + 100) * MIB,
            pss: Pss { known: (pid != 3000).then_some(pss), ..Pss::default() },
            growth: [
                Some(Growth { bytes: grown_mib * 1_048_576, over_ms: 60_000 }),
                None,
                None,
                None,
            ],
            ..process(pid, command, rss_mib * MIB)
        }
    })
    .to_vec()
}

/// An hour of a machine whose use rises from a third to nearly all, with a stall and a kill near the end.
fn state(size: Size, look: Look) -> State {
    let mut state = State::new(place(), look, TimeZone::UTC, size);
    state.update(Event::Resize(size));
    let total: u64 = 67_441_807_360;
    let points = (0..3600u64).map(|second| {
        let used = total / 3 + total / 2 * second / 3600;
        let free = (total - used) / 5;
        let wave = if second % 600 < 300 { 0 } else { 1500 * MIB };
        Point {
            time_ms: NOW - 3_600_000 + i64::try_from(second * 1000).unwrap(),
            used_bytes: used + wave,
            available_bytes: total - used - wave,
            free_bytes: free.saturating_sub(wave),
            swap_bytes: 0,
            stalled: if (3000..3100).contains(&second) { 0.12 } else { 0.0 },
        }
    });
    let mark = |seconds: i64, kind: &str, detail: &str| Mark {
        time_ms: NOW - seconds * 1000,
        kind: kind.into(),
        detail: detail.into(),
    };
    let recorded = Recorded {
        from_ms: NOW - 3_600_000,
        to_ms: NOW,
        step_ms: 1000,
        points: points.collect(),
        marks: vec![
            mark(2400, "stress.run", "a load of 2 GiB began: hold, 30 s"),
            mark(540, "oom.kill", "1 process was killed because memory ran out"),
        ],
    };
    let moment = Moment::of(&captured(LOADED), None, Some(Arc::new(table(&processes()))));
    state.update(Event::Tick(Arc::new(moment)));
    state.update(Event::Answer(Answer::Course(recorded)));
    state
}

fn press(state: &mut State, keys: &[KeyCode]) {
    for &code in keys {
        state.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

/// The screen as lines, without its colours.
fn drawn(state: &State) -> String {
    let backend = TestBackend::new(state.size.width, state.size.height);
    let mut terminal = ratatui::Terminal::new(backend).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    terminal.backend().to_string()
}

const SMALL: Size = Size { width: 80, height: 24 };
const MIDDLE: Size = Size { width: 120, height: 40 };
const LARGE: Size = Size { width: 400, height: 100 };

#[test]
fn the_screen_of_a_loaded_machine_at_three_sizes() {
    for size in [SMALL, MIDDLE, LARGE] {
        let name = format!("loaded_{}x{}", size.width, size.height);
        insta::assert_snapshot!(name, drawn(&state(size, look(Depth::True, Symbols::Braille))));
    }
}

#[test]
fn the_screen_in_ascii_holds_nothing_else() {
    let screen = drawn(&state(SMALL, look(Depth::None, Symbols::Ascii)));
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("loaded_ascii_80x24", screen);
}

#[test]
fn lists_sums_and_overlays_at_the_smallest_size() {
    for (name, keys) in [
        ("tree", &[KeyCode::Char('t')][..]),
        ("by_application", &[KeyCode::Char('g')]),
        ("by_cgroup", &[KeyCode::Char('g'), KeyCode::Char('g')]),
        ("ledger", &[KeyCode::Tab]),
        ("events", &[KeyCode::Tab, KeyCode::Tab]),
        ("help", &[KeyCode::Char('?')]),
        ("details", &[KeyCode::Down, KeyCode::Enter]),
        ("filter", &[KeyCode::Char('/'), KeyCode::Char('f'), KeyCode::Char('i')]),
        ("ten_minutes", &[KeyCode::Char('w')]),
        ("zoom", &[KeyCode::Char('z')]),
    ] {
        let mut state = state(SMALL, look(Depth::True, Symbols::Braille));
        press(&mut state, keys);
        insta::assert_snapshot!(format!("{name}_80x24"), drawn(&state));
    }
    let mut state = state(MIDDLE, look(Depth::True, Symbols::Braille));
    press(&mut state, &[KeyCode::Char('?')]);
    insta::assert_snapshot!("help_120x40", drawn(&state));
}

#[test]
fn the_past_is_told_from_now() {
    let mut state = state(SMALL, look(Depth::True, Symbols::Braille));
    press(&mut state, &[KeyCode::Char('['), KeyCode::Char('[')]);
    let at = state.replay.as_ref().unwrap().at;
    let mut snapshot = captured(LOADED);
    snapshot.time_ms = at - 400;
    let then = Moment::of(&snapshot, None, None);
    state.update(Event::Answer(Answer::Moment(at, Some(Arc::new(then)))));
    insta::assert_snapshot!("past_80x24", drawn(&state));
}

#[test]
fn machines_without_swap_pressure_or_processes_have_their_screens() {
    for name in ["linux-6.18-no-swap", "linux-3.10-no-mem-available"] {
        let mut state = State::new(place(), Look::default(), TimeZone::UTC, SMALL);
        state.update(Event::Tick(Arc::new(Moment::of(&captured(name), None, None))));
        insta::assert_snapshot!(format!("{name}_80x24"), drawn(&state));
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so_in_one_line() {
    let screen = drawn(&state(Size { width: 60, height: 8 }, Look::default()));
    assert!(screen.contains("60×8 is too small"), "{screen}");
    for (width, height) in [(1, 1), (3, 40), (200, 2), (50, 14)] {
        drawn(&state(Size { width, height }, Look::default()));
    }
}

#[test]
fn nothing_of_a_hostile_name_reaches_the_terminal_as_a_control() {
    let screen = drawn(&state(MIDDLE, look(Depth::True, Symbols::Braille)));
    assert!(screen.contains("\\x1b[2J"), "it is spelled out");
    assert!(screen.chars().all(|character| character == '\n' || !character.is_control()));
}

/// A slice with a limit, a container in it that is nearly full, and a service without one.
fn cgroups() -> CgroupTable {
    let group = |parent: Option<u32>, name: &[u8], mib: u64, reading: Reading| Cgroup {
        parent: parent.map(Slot),
        name: name.into(),
        current_bytes: Some(mib * MIB),
        reading: Some(Box::new(reading)),
        growth_bytes: 64 << 20,
        growth_window: Duration::from_secs(60),
        ..Cgroup::default()
    };
    let limited = |mib: u64, kills| Reading {
        limit_bytes: Some(mib * MIB),
        swap_bytes: Some(0),
        events: Events { oom_kill: Some(kills), ..Events::default() },
        ..Reading::default()
    };
    let id = b"docker-3f1c0a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a.scope";
    let groups = vec![
        group(None, b"", 9000, Reading::default()),
        group(Some(0), b"system.slice", 8000, limited(10_240, 0)),
        group(Some(1), id, 980, limited(1024, 2)),
        group(Some(1), b"evil\x1b[2J.service", 300, Reading::default()),
    ];
    let groups = groups.into_iter().map(|group| Some(Arc::new(group))).collect();
    CgroupTable { hierarchy: Hierarchy::V2, groups, ..CgroupTable::default() }
}

#[test]
fn control_groups_are_told_with_the_limit_that_binds_each() {
    let mut state = state(SMALL, look(Depth::True, Symbols::Braille));
    let mut moment = Moment::clone(state.live.as_ref().unwrap());
    moment.cgroups = Some(Arc::new(cgroups()));
    moment.time_ms += 1000;
    state.update(Event::Tick(Arc::new(moment)));
    press(&mut state, &[KeyCode::Tab]);
    insta::assert_snapshot!("cgroups_80x24", drawn(&state));
}

/// A forecast of what grows by a MiB a second; where it is to have an `end`, in an hour and a half, whatever is left.
fn growing(used: u64, limit: u64, end: bool) -> Forecast {
    let pace = MIB as f64;
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    Forecast {
        used_bytes: used * MIB,
        limit_bytes: Some(limit * MIB),
        consequence: Consequence::OutOfMemory,
        trend: Some(Trend {
            bytes_per_s: pace,
            low_bytes_per_s: pace * 0.9,
            high_bytes_per_s: pace * 1.1,
            window: minutes(30),
            level_bytes: used as f64 * pace,
            peaks_rise: true,
            floors_rise: true,
        }),
        end: end.then(|| End { after: minutes(90), earliest: minutes(82), latest: minutes(100) }),
        watched: minutes(40),
    }
}

/// The machine and its leaking process run out, one group does, one is far from it, and one is still.
fn outlook(table: &CgroupTable) -> Outlook {
    let ahead = |forecast| Ahead { forecast, leak: None };
    let group = |slot, forecast| {
        let name = CgroupName { path: table.path(Slot(slot)), name: table.label(Slot(slot)).name };
        (name, ahead(forecast))
    };
    let leaky = processes().into_iter().find(|process| process.identity.pid == 3000).unwrap();
    let leaky = ProcessName {
        pid: 3000,
        start_ms: leaky.identity.start_ms,
        command: leaky.identity.command.clone(),
        cgroup: leaky.identity.cgroup.clone(),
    };
    let leak = Leak {
        likely: true,
        cache_grows: false,
        sentence: "looks like a leak".into(),
        evidence: Vec::new(),
    };
    Outlook {
        system: Some(ahead(growing(40_000, 64_000, true))),
        cgroups: vec![
            group(2, growing(980, 1024, true)),
            group(1, growing(8000, 10_240, false)),
            group(3, Forecast { trend: None, ..growing(300, 1024, false) }),
        ],
        processes: vec![(leaky, Ahead { forecast: growing(960, 64_000, true), leak: Some(leak) })],
        ..Outlook::default()
    }
}

#[test]
fn where_memory_is_heading_stands_beside_what_is_heading_there() {
    let mut state = state(MIDDLE, look(Depth::True, Symbols::Braille));
    let mut moment = Moment::clone(state.live.as_ref().unwrap());
    let outlook = outlook(&cgroups());
    moment.cgroups = Some(Arc::new(cgroups()));
    moment.outlook = outlook.system.as_ref().map(|ahead| ahead.forecast);
    moment.ahead = Some(Arc::new(outlook));
    moment.time_ms += 1000;
    state.update(Event::Tick(Arc::new(moment)));
    press(&mut state, &[KeyCode::Tab]);
    insta::assert_snapshot!("forecasts_120x40", drawn(&state));
    press(&mut state, &[KeyCode::BackTab, KeyCode::Char('/')]);
    press(&mut state, &"leaky".chars().map(KeyCode::Char).collect::<Vec<_>>());
    press(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    insta::assert_snapshot!("forecast_of_a_process_120x40", drawn(&state));
}

#[test]
fn the_control_groups_of_the_past_are_those_of_then() {
    let mut state = state(MIDDLE, look(Depth::True, Symbols::Braille));
    press(&mut state, &[KeyCode::Tab, KeyCode::Char('[')]);
    let at = state.replay.as_ref().unwrap().at;
    let mut snapshot = captured(LOADED);
    snapshot.time_ms = at;
    let bare = Moment::of(&snapshot, None, None);
    let with = Moment { cgroups: Some(Arc::new(cgroups())), ..bare.clone() };
    state.update(Event::Answer(Answer::Moment(at, Some(Arc::new(with)))));
    insta::assert_snapshot!("past_cgroups_120x40", drawn(&state));
    state.update(Event::Answer(Answer::Moment(at, Some(Arc::new(bare)))));
    assert!(drawn(&state).contains("no control groups are recorded of this moment"));
}
