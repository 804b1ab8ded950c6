//! Machines, processes and moments for the tests of this crate.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ramscope_observe::processes::{Growth, Identity, Process, ProcessTable};
use ramscope_observe::source::Source;
use ramscope_observe::{Snapshot, TimeMs};

/// 2026-11-22 03:12:00 UTC.
pub(crate) const NOW: TimeMs = 1_795_317_120_000;

/// A captured machine of the crate `observe`.
pub(crate) fn captured(name: &str) -> Snapshot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../observe/tests/data").join(name);
    let mut snapshot = Snapshot::default();
    Source::new(&root).sample(NOW, Duration::from_secs(60), &mut snapshot).unwrap();
    snapshot
}

/// A process of user `ada`, started at 1970, watched for four minutes.
pub(crate) fn process(pid: u32, command: &str, rss_bytes: u64) -> Process {
    let identity = Identity {
        pid,
        command: command.into(),
        user: "ada".into(),
        cgroup: "/user.slice".into(),
        ..Identity::default()
    };
    Process {
        identity: Arc::new(identity),
        slot: pid,
        parent: 1,
        rss_bytes,
        anon_bytes: rss_bytes / 2,
        file_bytes: rss_bytes / 2,
        virtual_bytes: 4 * rss_bytes,
        peak_bytes: rss_bytes,
        watched_ms: 240_000,
        growth: [Some(Growth { bytes: 0, over_ms: 60_000 }), None, None, None],
        ..Process::default()
    }
}

pub(crate) fn table(processes: &[Process]) -> ProcessTable {
    ProcessTable { time_ms: NOW, processes: processes.to_vec(), ..ProcessTable::default() }
}
