//! Reads the kernel's files: the only opener of `/proc` and `/sys`.
//!
//! Files stay open and are read again from their beginning, into buffers that are kept, so that a tick
//! opens, allocates and formats nothing. What changes fast is read at every tick; what changes slowly,
//! or costs the kernel much, at most once a second, and held in between.
//!
//! ```text
//!                  every tick                    at most once a second            every 30 s
//! sample ──▶ meminfo, vmstat, pressure ──▶ swaps, buddyinfo, zoneinfo, nodes, ──▶ which of these exist
//!                                          hugepages, thp, zswap, zram, ksm
//! ```

pub mod cgroups;
mod file;
pub mod kmsg;
pub mod processes;
mod slow;
pub mod triggers;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::TimeMs;
use crate::parse::table::Change;
use crate::parse::{ParseError, meminfo, pressure, vmstat};
use crate::snapshot::Snapshot;
use file::{Buffer, KernelFile, Reading};
use slow::Slow;

/// How often the slow files are read.
const SLOW_PERIOD: Duration = Duration::from_secs(1);

/// A tick may come this much before the slow files are due and read them all the same: a tick of one
/// second that arrives a hair early must not wait for the next.
const SLOW_TOLERANCE: Duration = Duration::from_millis(5);

/// How often to look which files, nodes and devices exist. A change of shape anywhere, and a file that
/// went away, bring the next look forward.
const LOOK_PERIOD: Duration = Duration::from_secs(30);

/// The kernel's files of one machine, open and ready to be read again and again.
#[derive(Debug)]
pub struct Source {
    root: PathBuf,
    buffer: Buffer,
    meminfo: KernelFile,
    vmstat: KernelFile,
    pressure: KernelFile,
    slow: Slow,
    /// What was read last; the slow parts stay here between their readings.
    current: Snapshot,
    slow_due: Duration,
    look_due: Duration,
    /// Page size of a running machine; a captured one does not say, see [`captured_page_bytes`].
    page_bytes: Option<u64>,
}

/// Why there is no snapshot. Only `/proc/meminfo` is needed; any other file may be missing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error(
        "cannot read {path}: {cause}; mount the proc filesystem there, or name another folder \
         that holds a machine's proc and sys"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file holds something else than a kernel writes.
    #[error("cannot understand {path}: {cause}; please report this with the file's content")]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Where, and what was expected.
        cause: ParseError,
    },
}

impl Source {
    /// The machine whose `proc` and `sys` stand below `root`: `/` is the running one, a folder is one
    /// that was captured. Opens nothing yet.
    pub fn new(root: &Path) -> Source {
        let proc = root.join("proc");
        let running = root == Path::new("/");
        Source {
            root: root.to_owned(),
            buffer: Buffer::default(),
            meminfo: KernelFile::new(proc.join("meminfo"), Reading::Once),
            vmstat: KernelFile::new(proc.join("vmstat"), Reading::ToEnd),
            pressure: KernelFile::new(proc.join("pressure/memory"), Reading::Once),
            slow: Slow::new(root),
            current: Snapshot::default(),
            slow_due: Duration::ZERO,
            look_due: Duration::ZERO,
            page_bytes: running.then(running_page_bytes),
        }
    }

    /// The processes of the same machine.
    #[must_use]
    pub fn processes(&self) -> processes::Processes {
        processes::Processes::new(&self.root)
    }

    /// Reads everything that is due into `into`, whose earlier content does not matter, but whose
    /// memory is used again.
    ///
    /// `now` is the time of day that the snapshot gets. `monotonic` paces the slow files: it must
    /// never run backwards from call to call.
    ///
    /// # Errors
    /// Where `/proc/meminfo` cannot be read or understood; `into` is as it was. The next call tries again.
    pub fn sample(
        &mut self,
        now: TimeMs,
        monotonic: Duration,
        into: &mut Snapshot,
    ) -> Result<(), SourceError> {
        if monotonic >= self.look_due {
            self.look(monotonic);
        }
        let mut change = self.read_meminfo()?;
        change |= self.read_fast();
        if monotonic + SLOW_TOLERANCE >= self.slow_due {
            change |= self.slow.read(&mut self.buffer, &mut self.current);
            self.slow_due = following(self.slow_due, SLOW_PERIOD, monotonic);
        }
        if change {
            self.current.shape += 1;
            self.look_due = self.look_due.min(monotonic + SLOW_PERIOD);
        }
        self.current.time_ms = now;
        self.current.monotonic = monotonic;
        self.current.page_bytes = match self.page_bytes {
            Some(bytes) => bytes,
            None => captured_page_bytes(&self.current),
        };
        into.clone_from(&self.current);
        Ok(())
    }

    /// Opens what exists by now and is not open.
    fn look(&mut self, monotonic: Duration) {
        self.vmstat.open_if_closed();
        self.pressure.open_if_closed();
        self.slow.look(&mut self.buffer);
        self.look_due = monotonic + LOOK_PERIOD;
    }

    /// Whether the shape of `meminfo` changed.
    fn read_meminfo(&mut self) -> Result<bool, SourceError> {
        let Source { meminfo: file, buffer, current, .. } = self;
        let path = |file: &KernelFile| file.path().to_owned();
        let bytes = match file.try_read(buffer) {
            Ok(bytes) => bytes,
            Err(cause) => return Err(SourceError::Unreadable { path: path(file), cause }),
        };
        match meminfo::update(&mut current.meminfo, bytes) {
            Ok(change) => Ok(change == Change::Names),
            Err(cause) => Err(SourceError::NotUnderstood { path: path(file), cause }),
        }
    }

    /// Whether the shape of `vmstat` or `pressure` changed.
    fn read_fast(&mut self) -> bool {
        let Source { buffer, current, .. } = self;
        let mut change = self.vmstat.update(buffer, &mut current.vmstat, vmstat::update);
        change |= self.pressure.update(buffer, &mut current.pressure, |pressure, bytes| {
            let read = pressure::parse(bytes)?;
            let before = pressure.replace(read);
            let same = before.is_some_and(|before| before.full.is_some() == read.full.is_some());
            Ok(if same { Change::Values } else { Change::Names })
        });
        change
    }
}

/// When something of this period is due again: one period on, or a period from now after a long gap.
fn following(due: Duration, period: Duration, now: Duration) -> Duration {
    let next = due + period;
    if next > now { next } else { now + period }
}

fn running_page_bytes() -> u64 {
    u64::try_from(rustix::param::page_size()).unwrap_or(4096)
}

/// The page size of a captured machine, found by comparing one amount that the kernel tells twice:
/// `SUnreclaim` in bytes and `nr_slab_unreclaimable` in pages. Both move while they are read, so the
/// nearest power of two counts; 4 KiB where they are missing.
pub(crate) fn captured_page_bytes(snapshot: &Snapshot) -> u64 {
    let bytes = snapshot.meminfo.get("SUnreclaim").unwrap_or(0);
    let pages = snapshot.vmstat.get("nr_slab_unreclaimable").unwrap_or(0);
    let candidates = (12..=16).map(|shift| 1u64 << shift);
    let distance = |page: &u64| bytes.abs_diff(pages.saturating_mul(*page));
    if bytes == 0 || pages == 0 { 4096 } else { candidates.min_by_key(distance).unwrap_or(4096) }
}
