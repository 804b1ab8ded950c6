//! The rows of the process table: filtered, summed, put into a tree, sorted. Pure, and the same for every moment.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use ramscope_observe::TimeMs;
use ramscope_observe::processes::groups::{self, GroupBy, Sums};
use ramscope_observe::processes::question::{self, Base, Question};
use ramscope_observe::processes::{Growth, Process, ProcessTable, WINDOWS};

/// What growth is measured over, in the order of [`WINDOWS`].
pub(crate) const WINDOW_NAMES: [&str; WINDOWS.len()] = ["1 min", "10 min", "1 h", "1 d"];

/// Levels of the tree that are drawn; deeper ones stand at the last.
const MAX_DEPTH: usize = 24;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Resident memory and swap together: what a process takes of both.
    #[default]
    Total,
    /// Resident memory.
    Rss,
    /// Growth over the chosen window.
    Growth,
    /// Swap.
    Swap,
    /// Proportional set size.
    Pss,
    /// Anonymous resident memory.
    Anon,
    /// The highest that the kernel ever saw.
    Peak,
    /// Number of the process.
    Pid,
    /// Who runs it.
    User,
    /// What it is.
    Command,
}

impl Sort {
    /// All orders, as the keys step through them.
    pub(crate) const ALL: [Sort; 10] = [
        Sort::Total,
        Sort::Rss,
        Sort::Growth,
        Sort::Swap,
        Sort::Pss,
        Sort::Anon,
        Sort::Peak,
        Sort::Pid,
        Sort::User,
        Sort::Command,
    ];

    /// The order `step` places on.
    pub(crate) fn stepped(self, step: isize) -> Sort {
        let at = Sort::ALL.iter().position(|&sort| sort == self).unwrap_or(0);
        Sort::ALL
            [(at.cast_signed() + step).rem_euclid(Sort::ALL.len().cast_signed()).cast_unsigned()]
    }

    /// Its name in words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Sort::Total => "RSS + swap",
            Sort::Rss => "RSS",
            Sort::Growth => "growth",
            Sort::Swap => "swap",
            Sort::Pss => "PSS",
            Sort::Anon => "anonymous",
            Sort::Peak => "peak",
            Sort::Pid => "PID",
            Sort::User => "user",
            Sort::Command => "command",
        }
    }
}

/// What rows are summed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// Nothing: a row a process.
    #[default]
    None,
    /// The program.
    Application,
    /// The control group.
    Cgroup,
    /// Who runs it.
    User,
}

impl Group {
    /// The next one.
    pub(crate) fn next(self) -> Group {
        match self {
            Group::None => Group::Application,
            Group::Application => Group::Cgroup,
            Group::Cgroup => Group::User,
            Group::User => Group::None,
        }
    }

    /// Its name in words; empty where nothing is summed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Group::None => "",
            Group::Application => "application",
            Group::Cgroup => "cgroup",
            Group::User => "user",
        }
    }

    fn by(self) -> Option<GroupBy> {
        match self {
            Group::None => None,
            Group::Application => Some(GroupBy::Application),
            Group::Cgroup => Some(GroupBy::Cgroup),
            Group::User => Some(GroupBy::User),
        }
    }
}

/// A process for good: a pid that is used again is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProcessId {
    pub(crate) pid: u32,
    pub(crate) start_ms: TimeMs,
}

impl ProcessId {
    pub(crate) fn of(process: &Process) -> ProcessId {
        let (pid, start_ms) = process.key();
        ProcessId { pid, start_ms }
    }
}

/// What makes a row the same one in the next moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Process(ProcessId),
    Group(Arc<str>),
}

/// How the rows are made; everything the keys change about the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrangement {
    pub(crate) sort: Sort,
    pub(crate) reversed: bool,
    pub(crate) filter: String,
    pub(crate) tree: bool,
    pub(crate) group: Group,
    /// Whether threads of the kernel, which have no memory of their own, are shown too.
    pub(crate) kernel: bool,
    /// The window of growth: an index into [`WINDOW_NAMES`].
    pub(crate) window: usize,
}

/// One row: a process, or several summed.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: RowKey,
    /// How deep it stands in the tree, and whether it is the last child on each level above.
    pub(crate) branch: Vec<bool>,
    pub(crate) name: Arc<str>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) cgroup: Option<Arc<str>>,
    /// Whether it is a thread of the kernel.
    pub(crate) kernel: bool,
    /// How many processes it stands for.
    pub(crate) count: u64,
    pub(crate) amounts: Amounts,
}

/// What is summed; in bytes unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) rss: u64,
    pub(crate) swap: u64,
    pub(crate) anon: u64,
    pub(crate) file: u64,
    pub(crate) shared: u64,
    pub(crate) peak: u64,
    /// Of those whose PSS is known.
    pub(crate) pss: Option<u64>,
    pub(crate) uss: Option<u64>,
    /// The age of the oldest PSS inside, in milliseconds.
    pub(crate) pss_age_ms: u64,
    /// `None` where none was watched for so long.
    pub(crate) growth: Option<i64>,
    /// The longest that any was watched, in milliseconds.
    pub(crate) watched_ms: u64,
}

impl Amounts {
    /// Resident memory and swap as one number.
    pub(crate) fn total(&self) -> u64 {
        self.rss.saturating_add(self.swap)
    }

    fn of(process: &Process, growth: Option<Growth>, window_ms: u64) -> Amounts {
        let pss = process.pss.known;
        Amounts {
            rss: process.rss_bytes,
            swap: process.swap_bytes,
            anon: process.anon_bytes,
            file: process.file_bytes,
            shared: process.shared_bytes,
            peak: process.peak_bytes,
            pss: pss.map(|pss| pss.pss_bytes),
            uss: pss.map(|pss| pss.uss_bytes),
            pss_age_ms: pss.map_or(0, |pss| pss.age_ms),
            growth: growth.filter(|growth| growth.over_ms >= window_ms).map(|growth| growth.bytes),
            watched_ms: process.watched_ms,
        }
    }

    fn of_sums(sums: &Sums, window_ms: u64) -> Amounts {
        let over_ms = sums.growth_over_ms.unwrap_or(0);
        Amounts {
            rss: sums.rss_bytes,
            swap: sums.swap_bytes,
            anon: sums.anon_bytes,
            file: sums.file_bytes,
            shared: sums.shared_bytes,
            peak: sums.peak_bytes,
            // A sum of some is no sum of all.
            pss: (sums.pss_known == sums.processes).then_some(sums.pss_bytes),
            uss: (sums.pss_known == sums.processes).then_some(sums.uss_bytes),
            pss_age_ms: 0,
            growth: (over_ms >= window_ms).then_some(sums.growth_bytes),
            watched_ms: over_ms,
        }
    }
}

/// The rows of a table. With a base, growth is what was added since that moment, all of it for a process that was not there.
pub(crate) fn rows(table: &ProcessTable, how: &Arrangement, base: Option<&Base>) -> Vec<Row> {
    // From a mark, growth is over whatever time lies between; no watched window may stand in for it.
    let window_ms = if base.is_some() { 0 } else { WINDOWS[how.window.min(WINDOWS.len() - 1)] };
    let asked = Question {
        window_ms,
        limit: usize::MAX,
        filter: (!how.filter.is_empty()).then(|| how.filter.clone()),
        kernel: how.kernel,
        group: how.group.by(),
        ..Question::default()
    };
    let question::Answer { rows: found, groups, .. } = question::answer(table, base, &asked);
    if let Some(groups) = groups {
        return grouped(groups, how, window_ms);
    }
    let row = |found: &question::Row<'_>| {
        row(found.process, Amounts::of(found.process, found.growth, window_ms))
    };
    let mut rows: Vec<Row> = found.iter().map(row).collect();
    if how.tree {
        let processes: Vec<&Process> = found.iter().map(|row| row.process).collect();
        return tree(&processes, rows, how);
    }
    rows.sort_by(|a, b| order(a, b, how));
    rows
}

fn row(process: &Process, amounts: Amounts) -> Row {
    let identity = &process.identity;
    let line = identity.command_line.as_ref().filter(|line| !line.is_empty());
    Row {
        key: RowKey::Process(ProcessId::of(process)),
        branch: Vec::new(),
        name: Arc::clone(line.unwrap_or(&identity.command)),
        user: Some(Arc::clone(&identity.user)),
        cgroup: Some(Arc::clone(&identity.cgroup)),
        kernel: identity.is_kernel,
        count: 1,
        amounts,
    }
}

fn grouped(groups: Vec<groups::Group<'_>>, how: &Arrangement, window_ms: u64) -> Vec<Row> {
    let row = |group: groups::Group<'_>| Row {
        key: RowKey::Group(group.name.into()),
        branch: Vec::new(),
        name: if group.name.is_empty() { "(none)".into() } else { group.name.into() },
        user: None,
        cgroup: None,
        kernel: false,
        count: group.sums.processes,
        amounts: Amounts::of_sums(&group.sums, window_ms),
    };
    let mut rows: Vec<Row> = groups.into_iter().map(row).collect();
    rows.sort_by(|a, b| order(a, b, how));
    rows
}

/// Children under their parents, siblings in the order of the table; a process whose parent is not shown stands at the top.
fn tree(processes: &[&Process], rows: Vec<Row>, how: &Arrangement) -> Vec<Row> {
    let index: HashMap<u32, usize> =
        processes.iter().enumerate().map(|(at, process)| (process.identity.pid, at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut tops = Vec::new();
    for (at, process) in processes.iter().enumerate() {
        // A parent began before its child, so that no circle can close.
        let older = |&parent: &usize| {
            let (parent, child) = (&processes[parent].identity, &process.identity);
            (parent.start_ms, parent.pid) < (child.start_ms, child.pid)
        };
        match index.get(&process.parent).copied().filter(older) {
            Some(parent) => children[parent].push(at),
            None => tops.push(at),
        }
    }
    let sorted = |mut siblings: Vec<usize>| {
        siblings.sort_by(|&a, &b| order(&rows[a], &rows[b], how));
        siblings
    };
    let mut placed = Vec::with_capacity(rows.len());
    let mut waiting: Vec<(usize, Vec<bool>)> =
        sorted(tops).into_iter().rev().map(|top| (top, Vec::new())).collect();
    while let Some((at, branch)) = waiting.pop() {
        let below = sorted(std::mem::take(&mut children[at]));
        let last = below.len();
        for (place, child) in below.into_iter().enumerate().rev() {
            let mut deeper = branch.clone();
            if deeper.len() < MAX_DEPTH {
                deeper.push(place + 1 == last);
            }
            waiting.push((child, deeper));
        }
        placed.push((at, branch));
    }
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let take = |(at, branch): (usize, Vec<bool>)| rows[at].take().map(|row| Row { branch, ..row });
    placed.into_iter().filter_map(take).collect()
}

/// Amounts fall, names and pids rise; equal rows stand by key, so that nothing flickers.
fn order(a: &Row, b: &Row, how: &Arrangement) -> Ordering {
    let falls = |amount: fn(&Amounts) -> u64| amount(&b.amounts).cmp(&amount(&a.amounts));
    let by = match how.sort {
        Sort::Total => falls(Amounts::total),
        Sort::Rss => falls(|amounts| amounts.rss),
        Sort::Swap => falls(|amounts| amounts.swap),
        Sort::Anon => falls(|amounts| amounts.anon),
        Sort::Peak => falls(|amounts| amounts.peak),
        Sort::Pss => b.amounts.pss.cmp(&a.amounts.pss),
        Sort::Growth => b.amounts.growth.cmp(&a.amounts.growth),
        Sort::Pid => by_key(a, b),
        Sort::User => a.user.cmp(&b.user),
        Sort::Command => a.name.cmp(&b.name),
    };
    let by = if how.reversed { by.reverse() } else { by };
    by.then_with(|| falls(Amounts::total)).then_with(|| by_key(a, b))
}

fn by_key(a: &Row, b: &Row) -> Ordering {
    match (&a.key, &b.key) {
        (RowKey::Process(a), RowKey::Process(b)) => (a.pid, a.start_ms).cmp(&(b.pid, b.start_ms)),
        (RowKey::Group(a), RowKey::Group(b)) => a.cmp(b),
        (RowKey::Process(_), RowKey::Group(_)) => Ordering::Less,
        (RowKey::Group(_), RowKey::Process(_)) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests;
