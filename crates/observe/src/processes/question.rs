//! What people ask of a table: the largest, the fastest growing, those of one name; now, or between two moments.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::filter::Filter;
use super::groups::{Group, GroupBy};
use super::{ENDED, Growth, Process, ProcessTable, WINDOWS, groups};
use crate::TimeMs;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The order of the answer.
    pub sort: Sort,
    /// Over how long growth is told, in milliseconds.
    pub window_ms: u64,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// How many processes, and how many groups, are passed over.
    pub offset: usize,
    /// How many processes, and how many groups, are told at the most.
    pub limit: usize,
    /// Sums by what, if any.
    pub group: Option<GroupBy>,
    /// Only processes that all these words are true of, see [`Filter`].
    pub filter: Option<String>,
    /// Whether threads of the kernel are told too.
    pub kernel: bool,
}

impl Default for Question {
    fn default() -> Question {
        let sort = Sort::Rss;
        Question {
            sort,
            window_ms: WINDOWS[0],
            reversed: false,
            offset: 0,
            limit: 100,
            group: None,
            filter: None,
            kernel: false,
        }
    }
}

/// The order of an answer: the largest first; names, users, paths and ids ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it is named after, see `Process`")]
pub enum Sort {
    #[default]
    Rss,
    Growth,
    Swap,
    Pss,
    Uss,
    Anon,
    FileBacked,
    Shared,
    Peak,
    Faults,
    Memory,
    Threads,
    Command,
    User,
    Cgroup,
    Pid,
}

impl Sort {
    /// Every order, by the name it is asked for with.
    pub const ALL: [(&'static str, Sort); 16] = [
        ("rss", Sort::Rss),
        ("growth", Sort::Growth),
        ("swap", Sort::Swap),
        ("pss", Sort::Pss),
        ("uss", Sort::Uss),
        ("anon", Sort::Anon),
        ("file", Sort::FileBacked),
        ("shared", Sort::Shared),
        ("peak", Sort::Peak),
        ("faults", Sort::Faults),
        ("memory", Sort::Memory),
        ("threads", Sort::Threads),
        ("command", Sort::Command),
        ("user", Sort::User),
        ("cgroup", Sort::Cgroup),
        ("pid", Sort::Pid),
    ];

    /// The name it is asked for with.
    #[must_use]
    pub fn key(self) -> &'static str {
        Sort::ALL.iter().find(|(_, sort)| *sort == self).map_or("", |(key, _)| key)
    }

    /// Whether it begins with the least: what is read as a word or an id does, amounts do not.
    #[must_use]
    pub fn ascends(self) -> bool {
        matches!(self, Sort::Command | Sort::User | Sort::Cgroup | Sort::Pid)
    }
}

/// An answer out of one table.
#[derive(Clone, Debug, Default)]
pub struct Answer<'a> {
    /// The processes, in order, as many as were wanted.
    pub rows: Vec<Row<'a>>,
    /// How many there were before the limit.
    pub matched: usize,
    /// How many groups there were before the limit.
    pub groups_matched: usize,
    /// The sums over all that matched.
    pub sums: groups::Sums,
    /// The groups, where some were asked for.
    pub groups: Option<Vec<Group<'a>>>,
}

/// One process of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The process.
    pub process: &'a Process,
    /// How much its memory grew over the window, or over the shorter time that it was watched.
    pub growth: Option<Growth>,
    /// Whether it was not there at the moment that was compared with.
    pub is_new: bool,
}

/// Another moment that growth is measured from.
#[derive(Debug)]
pub struct Base {
    /// When that was.
    pub time_ms: TimeMs,
    /// Whether somebody asked to compare with this very moment; otherwise it stands in where nobody watched.
    pub is_compared: bool,
    /// Processes and threads started by then since the machine did.
    pub forks: Option<u64>,
    memory: HashMap<(u32, TimeMs), u64>,
}

impl Base {
    /// What everyone held in `table`.
    #[must_use]
    pub fn of(table: &ProcessTable) -> Base {
        let memory = table.processes.iter().map(|process| (process.key(), process.memory_bytes()));
        Base {
            time_ms: table.time_ms,
            is_compared: false,
            forks: table.forks,
            memory: memory.collect(),
        }
    }

    /// The same, for a comparison with that very moment.
    #[must_use]
    pub fn compared(table: &ProcessTable) -> Base {
        Base { is_compared: true, ..Base::of(table) }
    }

    fn has(&self, process: &Process) -> bool {
        self.memory.contains_key(&process.key())
    }

    /// How much a process grew since then; one that is not in the other table held nothing, unless it was there unseen.
    fn growth(&self, process: &Process, time_ms: TimeMs) -> Option<Growth> {
        let over_ms = u64::try_from(time_ms.saturating_sub(self.time_ms)).ok()?;
        let then = match self.memory.get(&process.key()) {
            Some(then) => *then,
            // The start is told to a second.
            None if self.is_compared || process.identity.start_ms + 1000 >= self.time_ms => 0,
            None => return None,
        };
        let size = i64::try_from(process.memory_bytes().abs_diff(then)).unwrap_or(i64::MAX);
        let bytes = if process.memory_bytes() >= then { size } else { -size };
        Some(Growth { bytes, over_ms })
    }
}

/// Puts those into `table` who were there at `then` and are not any more: they hold nothing, and lost what they had.
pub fn add_ended(table: &mut ProcessTable, then: &ProcessTable) {
    let there: HashSet<_> = table.processes.iter().map(Process::key).collect();
    let ended = then.processes.iter().filter(|process| !there.contains(&process.key()));
    let ended = ended.map(|process| Process {
        identity: Arc::clone(&process.identity),
        parent: process.parent,
        state: ENDED,
        ..Process::default()
    });
    table.processes.extend(ended.collect::<Vec<_>>());
}

/// How much a process of a table of `time_ms` grew over a window: measured from `base` where that was asked to be compared
/// with, and where nobody watched for so long.
#[must_use]
pub fn growth(
    process: &Process,
    time_ms: TimeMs,
    base: Option<&Base>,
    window_ms: u64,
) -> Option<Growth> {
    let window = WINDOWS.iter().position(|window| *window == window_ms);
    let watched = window.and_then(|window| process.growth[window]);
    let is_compared = base.is_some_and(|base| base.is_compared);
    match watched {
        Some(watched) if !is_compared && watched.over_ms >= window_ms => Some(watched),
        watched => {
            let measured = base.and_then(|base| base.growth(process, time_ms));
            if is_compared { measured } else { measured.or(watched) }
        }
    }
}

/// Answers a question out of `table`. Growth is measured from `base` where there is one, and otherwise from what was
/// watched all the time, where the window is one of [`WINDOWS`].
#[must_use]
pub fn answer<'a>(table: &'a ProcessTable, base: Option<&Base>, question: &Question) -> Answer<'a> {
    let filter = Filter::parse(question.filter.as_deref().unwrap_or_default());
    let is_meant = filter.on(table);
    let growth = |process: &Process| growth(process, table.time_ms, base, question.window_ms);
    let mut rows: Vec<Row<'a>> = table
        .processes
        .iter()
        .filter(|process| question.kernel || !process.identity.is_kernel)
        .filter(|process| is_meant(process))
        .map(|process| {
            let is_new = base.is_some_and(|base| base.is_compared && !base.has(process));
            Row { process, growth: growth(process), is_new }
        })
        .collect();
    let all = question.group.map(|by| groups::sum_up(&rows, by, question.sort, question.reversed));
    let groups_matched = all.as_ref().map_or(0, Vec::len);
    let groups =
        all.map(|all| all.into_iter().skip(question.offset).take(question.limit).collect());
    let sums = groups::Sums::of(&rows);
    let matched = rows.len();
    let order = |a: &Row<'_>, b: &Row<'_>| compare(a, b, question.sort, question.reversed);
    let end = question.offset.saturating_add(question.limit);
    if matched > end && end > 0 {
        rows.select_nth_unstable_by(end - 1, order);
        rows.truncate(end);
    }
    rows.sort_unstable_by(order);
    rows.drain(..question.offset.min(rows.len()));
    Answer { rows, matched, groups_matched, sums, groups }
}

/// The order of two rows; equal ones go by their ids, so that an answer never shimmers. What is not known comes last,
/// whichever way round.
fn compare(a: &Row<'_>, b: &Row<'_>, sort: Sort, reversed: bool) -> Ordering {
    let turned = |order: Ordering| if reversed { order.reverse() } else { order };
    let (one, other) = (&a.process.identity, &b.process.identity);
    let order = match sort {
        Sort::Command => turned(one.command.cmp(&other.command)),
        Sort::User => turned(one.user.cmp(&other.user)),
        Sort::Cgroup => turned(one.cgroup.cmp(&other.cgroup)),
        Sort::Pid => return turned(a.process.key().cmp(&b.process.key())),
        _ => match (measure(a, sort), measure(b, sort)) {
            (Some(one), Some(other)) => turned(other.cmp(&one)),
            (one, other) => other.cmp(&one),
        },
    };
    order.then_with(|| a.process.key().cmp(&b.process.key()))
}

/// The number that a row is sorted by; `None`, which sorts last, where it is not known.
fn measure(row: &Row<'_>, sort: Sort) -> Option<i128> {
    let process = row.process;
    let pss = process.pss.known;
    let amount = match sort {
        Sort::Growth => return row.growth.map(|growth| growth.bytes.into()),
        Sort::Pss => pss?.pss_bytes,
        Sort::Uss => pss?.uss_bytes,
        Sort::Swap => process.swap_bytes,
        Sort::Anon => process.anon_bytes,
        Sort::FileBacked => process.file_bytes,
        Sort::Shared => process.shared_bytes,
        Sort::Peak => process.peak_bytes,
        Sort::Faults => process.major_faults,
        Sort::Memory => process.memory_bytes(),
        Sort::Threads => process.threads.into(),
        Sort::Rss | Sort::Command | Sort::User | Sort::Cgroup | Sort::Pid => process.rss_bytes,
    };
    Some(amount.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::testing::process;

    fn table() -> ProcessTable {
        let processes = vec![process(1, "init", 10), process(7, "a", 30), process(9, "b", 20)];
        ProcessTable { time_ms: 100_000, processes, ..ProcessTable::default() }
    }

    fn ids(answer: &Answer<'_>) -> Vec<u32> {
        answer.rows.iter().map(|row| row.process.identity.pid).collect()
    }

    #[test]
    fn the_largest_come_first_and_names_ascend() {
        let table = table();
        for (sort, expected) in
            [(Sort::Rss, [7, 9, 1]), (Sort::Command, [7, 9, 1]), (Sort::Pid, [1, 7, 9])]
        {
            let answer = answer(&table, None, &Question { sort, ..Question::default() });
            assert_eq!(ids(&answer), expected, "{sort:?}");
        }
        let two = answer(&table, None, &Question { limit: 2, ..Question::default() });
        assert_eq!((ids(&two), two.matched, two.sums.rss_bytes), (vec![7, 9], 3, 60));
    }

    #[test]
    fn a_window_is_a_part_of_the_whole_order_whichever_way_round() {
        let table = table();
        for reversed in [false, true] {
            let whole = Question { reversed, ..Question::default() };
            let all = ids(&answer(&table, None, &whole));
            assert_eq!(all, if reversed { [1, 9, 7] } else { [7, 9, 1] });
            for offset in 0..5 {
                for limit in 1..4 {
                    let part = answer(&table, None, &Question { offset, limit, ..whole.clone() });
                    let expected: Vec<_> = all.iter().skip(offset).take(limit).copied().collect();
                    assert_eq!((ids(&part), part.matched), (expected, 3), "{offset} {limit}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_comes_last_whichever_way_round() {
        let mut table = table();
        table.processes[2].pss.known = Some(crate::processes::PssAmounts::default());
        for reversed in [false, true] {
            let question = Question { sort: Sort::Pss, reversed, ..Question::default() };
            assert_eq!(ids(&answer(&table, None, &question)), [9, 1, 7]);
        }
    }

    #[test]
    fn a_filter_looks_at_names_users_cgroups_and_whole_ids() {
        let mut table = table();
        Arc::make_mut(&mut table.processes[1].identity).cgroup = "/Docker/x".into();
        for (text, expected) in
            [("INIT", vec![1]), ("docker", vec![7]), ("9", vec![9]), ("zz", vec![])]
        {
            let filter = Some(text.to_owned());
            let answer = answer(&table, None, &Question { filter, ..Question::default() });
            assert_eq!(ids(&answer), expected, "{text}");
        }
    }

    #[test]
    fn between_two_moments_whoever_came_grew_from_nothing_and_a_reused_id_is_another() {
        let mut then = table();
        then.time_ms = 40_000;
        then.processes[0].rss_bytes = 4;
        then.processes.remove(1);
        let mut now = table();
        for (index, start_ms) in [(0, 0), (1, 50_000), (2, 45_000)] {
            Arc::make_mut(&mut now.processes[index].identity).start_ms = start_ms;
        }
        let base = Base::of(&then);
        let question = Question { sort: Sort::Growth, ..Question::default() };
        let answer = answer(&now, Some(&base), &question);
        let grown: Vec<_> = answer.rows.iter().map(|row| row.growth.map(|g| g.bytes)).collect();
        assert_eq!(ids(&answer), [7, 9, 1]);
        assert_eq!(grown, [Some(30), Some(20), Some(6)]);
    }
}
