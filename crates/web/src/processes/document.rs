//! Processes as JSON.

use std::sync::Arc;

use ramscope_observe::processes::groups::{Group, Sums};
use ramscope_observe::processes::question::{Answer, Base, Question, Row};
use ramscope_observe::processes::{Folded, Process, ProcessTable};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::SCHEMA_VERSION;

/// Whose command lines may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everyone's.
    All,
    /// Those of one user.
    Own(u32),
    /// Nobody's.
    Names,
}

impl Sight {
    pub(super) fn sees(self, uid: u32) -> bool {
        match self {
            Sight::All => true,
            Sight::Own(own) => own == uid,
            Sight::Names => false,
        }
    }
}

/// The processes of a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Processes)]
pub(crate) struct ProcessesDocument<'a> {
    /// Version of this document's shape.
    schema_version: u32,
    /// When the look was taken, UTC milliseconds; for the past the last that is kept at or before the moment asked for.
    time_ms: i64,
    /// Whether this is the newest look.
    live: bool,
    /// When the look was taken that it is compared with, UTC milliseconds; null where no comparison was asked for.
    compare_ms: Option<i64>,
    /// How far apart looks are, in milliseconds; for the past, how far apart those that are kept of that time.
    step_ms: u64,
    /// Over how long growth was asked for, in milliseconds.
    window_ms: u64,
    /// The order.
    sort: &'static str,
    /// Processes there are, threads of the kernel left out.
    seen: usize,
    /// Threads of the kernel.
    kernel_threads: usize,
    /// Processes that this server may not read.
    hidden: u32,
    /// Threads of all processes.
    threads: u64,
    /// Processes that the filter let through; where groups are listed, the groups of these.
    matched: usize,
    /// Processes and threads started since the machine did; null where the kernel does not say.
    forks: Option<u64>,
    /// In a comparison: processes and threads started between the two moments, those included that no look saw.
    forks_since: Option<u64>,
    /// The sums over all that the filter let through.
    sums: SumsDocument,
    /// The processes, in order; none where groups are listed.
    processes: Vec<ProcessDocument<'a>>,
    /// The groups, in order, where some were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupDocument<'a>>>,
    /// Lives between the kept looks, which no look holds; only for the past.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folded: Vec<FoldedDocument<'a>>,
}

/// One process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Process)]
pub(crate) struct ProcessDocument<'a> {
    /// Its id.
    pid: u32,
    /// When it started, UTC milliseconds; with the id it is who this is.
    start_time_ms: i64,
    /// Its parent's id.
    parent_pid: u32,
    /// `process` or `kernel`.
    kind: &'static str,
    /// One letter, as ps(1) has it.
    state: char,
    /// Its name, safe to show.
    command: &'a str,
    /// What sums by application go by.
    application: &'a str,
    /// Its words; null where there are none, or where they are masked.
    command_line: Option<&'a str>,
    /// Whether its words are another user's, and shown with the token only.
    masked: bool,
    /// Whose rights it has.
    user: &'a str,
    /// The number of that user.
    uid: u32,
    /// The cgroup that its memory is charged to; empty where there is none.
    cgroup: &'a str,
    /// Its threads.
    threads: u32,
    /// Resident set, in bytes: `anon + file + shared`.
    rss_bytes: u64,
    /// Resident anonymous memory, in bytes.
    anon_bytes: u64,
    /// Resident pages of files, in bytes.
    file_bytes: u64,
    /// Resident shared memory, in bytes.
    shared_bytes: u64,
    /// Anonymous memory in swap, in bytes.
    swap_bytes: u64,
    /// Resident set and swap as one number, in bytes.
    memory_bytes: u64,
    /// Address space, in bytes.
    virtual_bytes: u64,
    /// The most that was ever resident, in bytes.
    peak_bytes: u64,
    /// Page faults without a disk since it started.
    minor_faults: u64,
    /// Page faults that waited for a disk since it started.
    major_faults: u64,
    /// How old state, threads, swap, peak and faults are, in milliseconds.
    detail_age_ms: u64,
    /// Proportional set, in bytes; null where it is not known.
    pss_bytes: Option<u64>,
    /// What ending it would free, in bytes.
    uss_bytes: Option<u64>,
    /// Swap, divided among those who map it, in bytes.
    swap_pss_bytes: Option<u64>,
    /// How old these three are, in milliseconds.
    pss_age_ms: Option<u64>,
    /// Why they are not known: `waiting`, `denied`, `too large` or `off`.
    pss_why: Option<&'static str>,
    /// How much resident set and swap grew over `growth_window_ms`, in bytes; null before a second look.
    growth_bytes: Option<i64>,
    /// The window that was asked for, or the shorter time that it was watched, in milliseconds.
    growth_window_ms: Option<u64>,
    /// How long it has been watched, in milliseconds.
    watched_ms: u64,
    /// In a comparison: whether it was not there at the other moment.
    started: bool,
    /// In a comparison: whether it was there at the other moment only.
    ended: bool,
}

/// Sums over processes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessSums)]
pub(crate) struct SumsDocument {
    /// How many processes.
    processes: u64,
    /// Their threads.
    threads: u64,
    /// Resident sets, in bytes; pages that several share are counted several times.
    rss_bytes: u64,
    /// Resident anonymous memory, in bytes.
    anon_bytes: u64,
    /// Resident pages of files, in bytes.
    file_bytes: u64,
    /// Resident shared memory, in bytes.
    shared_bytes: u64,
    /// Swap, in bytes.
    swap_bytes: u64,
    /// Resident sets and swap, in bytes.
    memory_bytes: u64,
    /// Proportional sets of those of whom they are known, in bytes; null where of none.
    pss_bytes: Option<u64>,
    /// What ending them would free at least, in bytes.
    uss_bytes: Option<u64>,
    /// Of how many the proportional set is known.
    pss_known: u64,
    /// How much they grew, in bytes; null where it is known of none.
    growth_bytes: Option<i64>,
    /// The shortest time that this is over, in milliseconds.
    growth_window_ms: Option<u64>,
}

/// Processes that belong together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessGroup)]
pub(crate) struct GroupDocument<'a> {
    /// Which group: an application, a user, a cgroup, or the id of a tree's root.
    key: String,
    /// What it is called.
    name: &'a str,
    /// Its sums; those of a tree are of all below its root too.
    #[serde(flatten)]
    sums: SumsDocument,
    /// The root's id, for a tree.
    pid: Option<u32>,
    /// How many ancestors stand above it, for a tree.
    depth: Option<u32>,
    /// The root's parent, for a tree.
    parent_pid: Option<u32>,
}

/// Short lives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoldedLives)]
pub(crate) struct FoldedDocument<'a> {
    /// Their application.
    application: &'a str,
    /// Their cgroup.
    cgroup: &'a str,
    /// How many there were.
    lives: u64,
    /// The sum of the most that each was seen to hold, in bytes.
    rss_bytes: u64,
}

impl<'a> ProcessesDocument<'a> {
    pub(crate) fn of(
        table: &'a ProcessTable,
        answer: &'a Answer<'a>,
        question: &Question,
        base: Option<&Base>,
        is_live: bool,
        sight: Sight,
    ) -> ProcessesDocument<'a> {
        let groups = answer.groups.as_ref();
        let rows = if groups.is_some() { &[] } else { answer.rows.as_slice() };
        let compared = base.filter(|base| base.is_compared);
        ProcessesDocument {
            schema_version: SCHEMA_VERSION,
            time_ms: table.time_ms,
            live: is_live,
            compare_ms: compared.map(|base| base.time_ms),
            step_ms: table.step_ms,
            window_ms: question.window_ms,
            sort: question.sort.key(),
            seen: table.seen(),
            kernel_threads: table.kernel_threads(),
            hidden: table.hidden,
            threads: table.threads(),
            matched: if groups.is_some() { answer.groups_matched } else { answer.matched },
            forks: table.forks,
            forks_since: table
                .forks
                .zip(compared.and_then(|base| base.forks))
                .and_then(|(now, then)| now.checked_sub(then)),
            sums: SumsDocument::of(&answer.sums),
            processes: rows.iter().map(|row| ProcessDocument::of(row, sight)).collect(),
            groups: groups.map(|groups| groups.iter().map(GroupDocument::of).collect()),
            folded: table.folded.iter().map(FoldedDocument::of).collect(),
        }
    }
}

impl<'a> ProcessDocument<'a> {
    pub(crate) fn of(row: &Row<'a>, sight: Sight) -> ProcessDocument<'a> {
        let process: &Process = row.process;
        let identity = &row.process.identity;
        let pss = process.pss.known;
        let masked = identity.command_line.is_some() && !sight.sees(identity.uid);
        ProcessDocument {
            pid: identity.pid,
            start_time_ms: identity.start_ms,
            parent_pid: process.parent,
            kind: if identity.is_kernel { "kernel" } else { "process" },
            state: char::from(process.state),
            command: &identity.command,
            application: identity.application(),
            command_line: identity.command_line.as_deref().filter(|_| !masked),
            masked,
            user: &identity.user,
            uid: identity.uid,
            cgroup: &identity.cgroup,
            threads: process.threads,
            rss_bytes: process.rss_bytes,
            anon_bytes: process.anon_bytes,
            file_bytes: process.file_bytes,
            shared_bytes: process.shared_bytes,
            swap_bytes: process.swap_bytes,
            memory_bytes: process.memory_bytes(),
            virtual_bytes: process.virtual_bytes,
            peak_bytes: process.peak_bytes,
            minor_faults: process.minor_faults,
            major_faults: process.major_faults,
            detail_age_ms: process.detail_age_ms,
            pss_bytes: pss.map(|pss| pss.pss_bytes),
            uss_bytes: pss.map(|pss| pss.uss_bytes),
            swap_pss_bytes: pss.map(|pss| pss.swap_pss_bytes),
            pss_age_ms: pss.map(|pss| pss.age_ms),
            pss_why: pss.is_none().then(|| process.pss.missing.key()),
            growth_bytes: row.growth.map(|growth| growth.bytes),
            growth_window_ms: row.growth.map(|growth| growth.over_ms),
            watched_ms: process.watched_ms,
            started: row.is_new,
            ended: process.has_ended(),
        }
    }
}

impl SumsDocument {
    fn of(sums: &Sums) -> SumsDocument {
        let is_known = sums.pss_known > 0;
        SumsDocument {
            processes: sums.processes,
            threads: sums.threads,
            rss_bytes: sums.rss_bytes,
            anon_bytes: sums.anon_bytes,
            file_bytes: sums.file_bytes,
            shared_bytes: sums.shared_bytes,
            swap_bytes: sums.swap_bytes,
            memory_bytes: sums.rss_bytes.saturating_add(sums.swap_bytes),
            pss_bytes: is_known.then_some(sums.pss_bytes),
            uss_bytes: is_known.then_some(sums.uss_bytes),
            pss_known: sums.pss_known,
            growth_bytes: sums.growth_over_ms.map(|_| sums.growth_bytes),
            growth_window_ms: sums.growth_over_ms,
        }
    }
}

impl<'a> GroupDocument<'a> {
    fn of(group: &'a Group<'a>) -> GroupDocument<'a> {
        let key = group.node.map_or_else(|| group.name.to_owned(), |node| node.pid.to_string());
        GroupDocument {
            key,
            name: group.name,
            sums: SumsDocument::of(&group.sums),
            pid: group.node.map(|node| node.pid),
            depth: group.node.map(|node| node.depth),
            parent_pid: group.node.map(|node| node.parent),
        }
    }
}

impl<'a> FoldedDocument<'a> {
    fn of(folded: &'a Folded) -> FoldedDocument<'a> {
        let Folded { application, cgroup, lives, rss_bytes } = folded;
        let (application, cgroup): (&Arc<str>, &Arc<str>) = (application, cgroup);
        FoldedDocument { application, cgroup, lives: *lives, rss_bytes: *rss_bytes }
    }
}
