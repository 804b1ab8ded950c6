//! Processes as they are recorded: a frame a look, in the roster `processes` of the store.
//!
//! ```text
//! columns   memory in units of 4 KiB (proportional sets in KiB, −1 where not known), faults, threads, the parent's id
//! group     application, unit separator, cgroup: what short lives are counted by
//! detail    p(rocess) or k(ernel thread), command, user's number, user, command line, between unit separators
//! ```

use std::sync::Arc;

use ramscope_store::{Frame, FrameMember, Key, Member, RosterSpec};

use crate::TimeMs;
use crate::processes::{Folded, Identity, Process, ProcessTable, Pss, PssAmounts, PssMissing};

/// The roster's name in the store.
pub(super) const ROSTER: &str = "processes";
/// How long processes are kept at the most, in milliseconds: a week.
const KEEP_MS: i64 = 7 * 86_400_000;
/// Looks are not closer together than this, in milliseconds.
const LEAST_STEP_MS: u64 = 1000;
/// Characters of a command line that are kept.
const WORDS_MAX: usize = 160;
/// What stands between the parts of a label; no text that is safe to show holds it.
const SEPARATOR: char = '\u{1f}';
/// Most memory moves by pages.
const UNIT_BYTES: u64 = 4096;

/// The resident set stands first, as short lives are summed up by it. Anonymous memory is what neither files nor shared memory
/// are of it: it moves most, and so only one number does.
const COLUMNS: [&str; 12] = [
    "rss",
    "minor_faults",
    "peak",
    "virtual",
    "file",
    "shared",
    "swap",
    "pss",
    "uss",
    "major_faults",
    "threads",
    "parent",
];
/// Where each of them stands.
const RSS: usize = 0;
const MINOR_FAULTS: usize = 1;
const PEAK: usize = 2;
const VIRTUAL: usize = 3;
const FILE: usize = 4;
const SHARED: usize = 5;
const SWAP: usize = 6;
const PSS: usize = 7;
const USS: usize = 8;
const MAJOR_FAULTS: usize = 9;
const THREADS: usize = 10;
const PARENT: usize = 11;

/// The roster of what is told of all processes together: one member, whose numbers are these.
pub(super) const COUNTS: &str = "process_counts";
const COUNT_COLUMNS: [&str; 2] = ["forks", "hidden"];

/// What the store is told of that roster.
pub(super) fn counts_spec() -> RosterSpec {
    let columns = COUNT_COLUMNS.map(str::to_owned).into();
    RosterSpec { name: COUNTS.to_owned(), columns, keep_ms: KEEP_MS }
}

/// Hands over what is told of all processes together. Forks are how many lives there were, those included that fell between
/// two looks; −1 where the kernel does not say.
pub(super) fn visit_counts(table: &ProcessTable, each: &mut dyn FnMut(Member<'_>)) {
    let forks = table.forks.and_then(|forks| i64::try_from(forks).ok()).unwrap_or(-1);
    let values = [forks, table.hidden.into()];
    let (slot, stamp, key) = (0, 0, Key::default());
    each(Member { slot, key, stamp, group: "", detail: "", values: &values });
}

/// Adds what was told of all processes together.
pub(super) fn add_counts(table: &mut ProcessTable, frame: &Frame) {
    if let Some(counts) = frame.members.first() {
        let value = |column: usize| counts.values.get(column).copied().unwrap_or(-1);
        table.forks = u64::try_from(value(0)).ok();
        table.hidden = u32::try_from(value(1)).unwrap_or(0);
    }
}

/// What the store is told of the roster.
pub(super) fn spec() -> RosterSpec {
    let columns = COLUMNS.map(str::to_owned).into();
    RosterSpec { name: ROSTER.to_owned(), columns, keep_ms: KEEP_MS }
}

/// The labels of those who are there, made once a process and not once a look.
#[derive(Debug, Default)]
pub(super) struct Labels(Vec<Label>);

/// The label of whoever has a slot.
#[derive(Debug, Default)]
struct Label {
    key: Key,
    revision: u32,
    group: String,
    detail: String,
}

impl Labels {
    /// Makes the labels of those who came or changed.
    pub(super) fn refresh(&mut self, table: &ProcessTable) {
        for process in &table.processes {
            let identity = &process.identity;
            let slot = process.slot as usize;
            if slot >= self.0.len() {
                self.0.resize_with(slot + 1, Label::default);
            }
            let label = &mut self.0[slot];
            let key = key(identity.pid, identity.start_ms);
            if label.key != key || label.revision != identity.revision || label.group.is_empty() {
                (label.key, label.revision) = (key, identity.revision);
                fill(identity, &mut label.group, &mut label.detail);
            }
        }
    }

    /// Hands over every process of the table that the labels were made for.
    pub(super) fn visit(&self, table: &ProcessTable, each: &mut dyn FnMut(Member<'_>)) {
        for process in &table.processes {
            let Some(label) = self.0.get(process.slot as usize) else { continue };
            each(Member {
                slot: process.slot,
                key: label.key,
                stamp: label.revision.into(),
                group: &label.group,
                detail: &label.detail,
                values: &values(process),
            });
        }
    }
}

/// A process's key in the store.
pub(super) fn key(pid: u32, start_ms: TimeMs) -> Key {
    Key { id: pid.into(), born_ms: start_ms }
}

/// Fills both texts of a label.
fn fill(identity: &Identity, group: &mut String, detail: &mut String) {
    group.clear();
    group.push_str(identity.application());
    group.push(SEPARATOR);
    group.push_str(&identity.cgroup);
    detail.clear();
    let (kind, command) = match identity.is_kernel {
        // What a worker of the kernel works at is in its name, which changes all the time.
        true => ("k", identity.application()),
        false => ("p", &*identity.command),
    };
    let uid = identity.uid.to_string();
    for part in [kind, command, &uid, &identity.user] {
        detail.push_str(part);
        detail.push(SEPARATOR);
    }
    if let Some(words) = &identity.command_line {
        let end = words.char_indices().nth(WORDS_MAX).map_or(words.len(), |(end, _)| end);
        detail.push_str(&words[..end]);
    }
}

fn values(process: &Process) -> [i64; COLUMNS.len()] {
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let units = |bytes: u64| whole(bytes / UNIT_BYTES);
    let kib = |amount: fn(PssAmounts) -> u64| {
        process.pss.known.map_or(-1, |known| whole(amount(known) / 1024))
    };
    [
        units(process.rss_bytes),
        whole(process.minor_faults),
        units(process.peak_bytes),
        units(process.virtual_bytes),
        units(process.file_bytes),
        units(process.shared_bytes),
        units(process.swap_bytes),
        kib(|known| known.pss_bytes),
        kib(|known| known.uss_bytes),
        whole(process.major_faults),
        process.threads.into(),
        process.parent.into(),
    ]
}

/// The table that a frame tells of.
pub(super) fn table(frame: &Frame) -> ProcessTable {
    let step_ms = u64::try_from(frame.step_ms).unwrap_or(0).max(LEAST_STEP_MS);
    let folded = frame.folded.iter().map(|folded| {
        let (application, cgroup) =
            folded.group.split_once(SEPARATOR).unwrap_or((&folded.group, ""));
        let rss_bytes = bytes(folded.sum);
        Folded {
            application: application.into(),
            cgroup: cgroup.into(),
            lives: folded.lives,
            rss_bytes,
        }
    });
    ProcessTable {
        time_ms: frame.time_ms,
        step_ms,
        processes: frame.members.iter().map(process).collect(),
        folded: folded.collect(),
        ..ProcessTable::default()
    }
}

fn bytes(units: i64) -> u64 {
    u64::try_from(units).unwrap_or(0).saturating_mul(UNIT_BYTES)
}

fn process(member: &FrameMember) -> Process {
    let value = |column: usize| member.values.get(column).copied().unwrap_or(0);
    let count = |column: usize| u64::try_from(value(column)).unwrap_or(0);
    let small = |column: usize| u32::try_from(value(column)).unwrap_or(0);
    let kib = |column: usize| u64::try_from(value(column)).ok().map(|kib| kib.saturating_mul(1024));
    let identity = identity(member);
    let missing = if identity.is_kernel { PssMissing::None } else { PssMissing::Waiting };
    let known = kib(PSS).zip(kib(USS)).map(|(pss_bytes, uss_bytes)| PssAmounts {
        pss_bytes,
        uss_bytes,
        swap_pss_bytes: 0,
        age_ms: 0,
    });
    let [rss_bytes, file_bytes, shared_bytes] =
        [RSS, FILE, SHARED].map(|column| bytes(value(column)));
    Process {
        identity: Arc::new(identity),
        slot: member.slot,
        parent: small(PARENT),
        state: b' ',
        threads: small(THREADS),
        virtual_bytes: bytes(value(VIRTUAL)),
        rss_bytes,
        anon_bytes: rss_bytes.saturating_sub(file_bytes).saturating_sub(shared_bytes),
        file_bytes,
        shared_bytes,
        swap_bytes: bytes(value(SWAP)),
        peak_bytes: bytes(value(PEAK)),
        minor_faults: count(MINOR_FAULTS),
        major_faults: count(MAJOR_FAULTS),
        pss: Pss { known, missing },
        ..Process::default()
    }
}

fn identity(member: &FrameMember) -> Identity {
    let (_, cgroup) = member.group.split_once(SEPARATOR).unwrap_or_default();
    let mut parts = member.detail.splitn(5, SEPARATOR);
    let mut next = || parts.next().unwrap_or_default();
    let (kind, command, uid, user, words) = (next(), next(), next(), next(), next());
    Identity {
        pid: u32::try_from(member.key.id).unwrap_or(0),
        start_ms: member.key.born_ms,
        is_kernel: kind == "k",
        command: command.into(),
        command_line: (!words.is_empty()).then(|| words.into()),
        uid: uid.parse().unwrap_or(0),
        user: user.into(),
        cgroup: cgroup.into(),
        revision: 0,
    }
}

/// What one process held at a moment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackPoint {
    /// When, UTC milliseconds.
    pub time_ms: TimeMs,
    /// Resident set.
    pub rss_bytes: u64,
    /// Resident anonymous memory.
    pub anon_bytes: u64,
    /// Resident shared memory.
    pub shared_bytes: u64,
    /// Swap.
    pub swap_bytes: u64,
    /// Proportional set, where it was known.
    pub pss_bytes: Option<u64>,
}

impl TrackPoint {
    pub(super) fn of(time_ms: TimeMs, values: &[i64]) -> TrackPoint {
        let value = |column: usize| values.get(column).copied().unwrap_or(0);
        let [rss_bytes, file_bytes, shared_bytes] =
            [RSS, FILE, SHARED].map(|column| bytes(value(column)));
        TrackPoint {
            time_ms,
            rss_bytes,
            anon_bytes: rss_bytes.saturating_sub(file_bytes).saturating_sub(shared_bytes),
            shared_bytes,
            swap_bytes: bytes(value(SWAP)),
            pss_bytes: u64::try_from(value(PSS)).ok().map(|kib| kib.saturating_mul(1024)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::testing;

    /// A frame with what a table hands over.
    fn frame(table: &ProcessTable) -> Frame {
        let mut frame = Frame { time_ms: table.time_ms, ..Frame::default() };
        let mut labels = Labels::default();
        labels.refresh(table);
        labels.visit(table, &mut |member| {
            frame.members.push(FrameMember {
                slot: member.slot,
                key: member.key,
                group: member.group.into(),
                detail: member.detail.into(),
                values: member.values.to_vec(),
            });
        });
        frame
    }

    #[test]
    fn a_table_comes_back_from_its_frame() {
        let mut process = testing::process(7, "postgres", 40 << 12);
        process.state = b' ';
        (process.anon_bytes, process.file_bytes, process.shared_bytes) =
            (9 << 12, 30 << 12, 1 << 12);
        (process.swap_bytes, process.parent, process.threads) = (3 << 12, 1, 4);
        (process.peak_bytes, process.virtual_bytes) = (50 << 12, 99 << 12);
        (process.minor_faults, process.major_faults) = (5, 6);
        let amounts =
            PssAmounts { pss_bytes: 3 << 10, uss_bytes: 2 << 10, ..PssAmounts::default() };
        process.pss.known = Some(amounts);
        let identity = Arc::make_mut(&mut process.identity);
        (identity.start_ms, identity.uid, identity.user) =
            (1_700_000_000_010, 26, "someone".into());
        (identity.cgroup, identity.command_line) = ("/a b".into(), Some("postgres -D x".into()));
        let expected = ProcessTable {
            time_ms: 1_700_000_009_000,
            step_ms: 1000,
            processes: vec![process, testing::process(9, "b", 0)],
            ..ProcessTable::default()
        };
        let mut found = table(&frame(&expected));
        found.processes[1].state = b'S';
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }

    #[test]
    fn a_long_command_line_is_cut_at_a_character() {
        let mut process = testing::process(7, "x", 0);
        Arc::make_mut(&mut process.identity).command_line = Some("é".repeat(999).into());
        let found =
            table(&frame(&ProcessTable { processes: vec![process], ..ProcessTable::default() }));
        let words = found.processes[0].identity.command_line.clone().unwrap();
        assert_eq!(&*words, "é".repeat(WORDS_MAX));
    }
}
