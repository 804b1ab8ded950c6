//! One process as it is followed from look to look.

use std::sync::Arc;
use std::time::Duration;

use rustix::fd::OwnedFd;

use super::files::{self, Missing};
use super::{PSS_MOST_BYTES, Reader, millis};
use crate::TimeMs;
use crate::clock::Now;
use crate::parse::process::stat::Stat;
use crate::parse::process::{cmdline, membership, stat, statm, status};
use crate::printable::printable;
use crate::processes::rings::Rings;
use crate::processes::{Growth, Identity, Process, Pss, PssAmounts, PssMissing, WINDOWS};

/// Bytes of a name before it is made safe to show.
const NAME_MAX: usize = 64;
/// Bytes of a command line.
const COMMAND_LINE_MAX: usize = 4096;

/// One process, or the place of one.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Whether somebody has it.
    taken: bool,
    pub(super) identity: Arc<Identity>,
    start_ticks: u64,
    /// Its short name as the kernel has it.
    name: Vec<u8>,
    /// Its statm, where there was a descriptor to spare.
    statm_file: Option<OwnedFd>,
    pub(super) statm: statm::Statm,
    page_bytes: u64,
    detail: Detail,
    /// When it was seen first, and what it held then.
    first: (Duration, u64),
    pub(super) pss: PssState,
    /// The listing that had it last.
    pub(super) listing: u64,
}

/// What stat and status told.
#[derive(Clone, Copy, Debug, Default)]
struct Detail {
    read: Duration,
    state: u8,
    parent: u32,
    threads: u32,
    minor_faults: u64,
    major_faults: u64,
    shmem_bytes: u64,
    swap_bytes: u64,
    peak_bytes: u64,
}

/// What smaps_rollup told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PssState {
    pub(super) known: Option<PssAmounts>,
    /// When it was read last, whatever came of it.
    pub(super) read: Option<Duration>,
    /// The resident set as it was then, in pages.
    pub(super) resident_pages: u64,
    /// Not again before this.
    pub(super) due: Duration,
    pub(super) missing: PssMissing,
}

impl Slot {
    /// Looks at a new process; `None` where the id is that of a thread.
    pub(super) fn of(pid: u32, at: Duration, reader: &mut Reader) -> Result<Option<Slot>, Missing> {
        let bytes = reader.folder.read(pid, "status", &mut reader.bytes)?;
        let status = status::parse(bytes).map_err(|_| Missing::Other)?;
        if status.thread_group != pid {
            return Ok(None);
        }
        let bytes = reader.folder.read(pid, "stat", &mut reader.bytes)?;
        let stat = stat::parse(bytes).map_err(|_| Missing::Other)?;
        let (start_ticks, is_kernel) = (stat.start_ticks, stat.is_kernel);
        let (detail, name) = (Detail::of(&stat, &status, at), stat.command.to_vec());
        let mut slot = Slot { taken: true, start_ticks, detail, name, ..Slot::default() };
        slot.page_bytes = reader.page_bytes;
        let (command, command_line) = read_names(pid, &slot.name, is_kernel, reader);
        slot.identity = Arc::new(Identity {
            pid,
            start_ms: start_ms(start_ticks, reader.boot_ms),
            is_kernel,
            command,
            command_line,
            uid: status.uid,
            user: reader.people.name(status.uid, at),
            cgroup: read_cgroup(pid, reader),
            revision: 0,
        });
        if is_kernel {
            slot.pss.missing = PssMissing::None;
        } else {
            slot.keep_file(reader);
            slot.read_statm(reader)?;
        }
        slot.first = (at, slot.memory_bytes());
        Ok(Some(slot))
    }

    pub(super) fn is_taken(&self) -> bool {
        self.taken
    }

    /// Whether it came at this very look.
    pub(super) fn is_new(&self, at: Duration) -> bool {
        self.first.0 == at
    }

    pub(super) fn keeps_file(&self) -> bool {
        self.statm_file.is_some()
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let resident = self.statm.resident_pages.saturating_mul(self.page_bytes);
        resident.saturating_add(self.detail.swap_bytes)
    }

    fn keep_file(&mut self, reader: &mut Reader) {
        if reader.descriptors > 0
            && let Ok(file) = reader.folder.open(self.identity.pid, "statm")
        {
            reader.descriptors -= 1;
            self.statm_file = Some(file);
        }
    }

    /// Whether it moved.
    pub(super) fn read_statm(&mut self, reader: &mut Reader) -> Result<bool, Missing> {
        let bytes = match &self.statm_file {
            Some(file) => files::read(file, &mut reader.bytes)?,
            None => reader.folder.read(self.identity.pid, "statm", &mut reader.bytes)?,
        };
        let statm = statm::parse(bytes).map_err(|_| Missing::Other)?;
        Ok(std::mem::replace(&mut self.statm, statm) != statm)
    }

    /// Reads stat and status, and with `in_full` the cgroup; false where another process has the id by now.
    pub(super) fn read_detail(
        &mut self,
        reader: &mut Reader,
        at: Duration,
        in_full: bool,
    ) -> Result<bool, Missing> {
        let pid = self.identity.pid;
        let bytes = reader.folder.read(pid, "stat", &mut reader.bytes)?;
        let stat = stat::parse(bytes).map_err(|_| Missing::Other)?;
        if stat.start_ticks != self.start_ticks {
            return Ok(false);
        }
        let is_renamed = stat.command != self.name.as_slice();
        if is_renamed {
            self.name = stat.command.to_vec();
        }
        let bytes = reader.folder.read(pid, "status", &mut reader.more_bytes)?;
        let status = status::parse(bytes).map_err(|_| Missing::Other)?;
        self.detail = Detail::of(&stat, &status, at);
        self.identify(reader, &status, at, is_renamed, in_full);
        Ok(true)
    }

    /// Makes its identity anew where its name, user or cgroup changed.
    fn identify(
        &mut self,
        reader: &mut Reader,
        status: &status::Status,
        at: Duration,
        is_renamed: bool,
        in_full: bool,
    ) {
        let Identity { pid, is_kernel, .. } = *self.identity;
        if is_renamed {
            let (command, command_line) = read_names(pid, &self.name, is_kernel, reader);
            let identity = Arc::make_mut(&mut self.identity);
            (identity.command, identity.command_line) = (command, command_line);
            identity.revision += 1;
        }
        if status.uid != self.identity.uid {
            let identity = Arc::make_mut(&mut self.identity);
            (identity.uid, identity.user) = (status.uid, reader.people.name(status.uid, at));
            identity.revision += 1;
        }
        if in_full {
            let cgroup = read_cgroup(pid, reader);
            if cgroup != self.identity.cgroup {
                let identity = Arc::make_mut(&mut self.identity);
                identity.cgroup = cgroup;
                identity.revision += 1;
            }
        }
    }

    /// Whether its proportional set is to be read: it is due, something is resident, and that has moved.
    pub(super) fn wants_pss(&self, at: Duration) -> bool {
        self.taken
            && !self.identity.is_kernel
            && self.pss.due <= at
            && self.statm.resident_pages != self.pss.resident_pages
            && !self.is_too_large()
    }

    fn is_too_large(&self) -> bool {
        self.statm.resident_pages.saturating_mul(self.page_bytes) > PSS_MOST_BYTES
    }

    /// The process as others see it.
    pub(super) fn row(
        &self,
        slot: u32,
        now: Now,
        rings: &Rings,
        bases: &[Option<usize>; WINDOWS.len()],
    ) -> Process {
        let at = now.monotonic;
        let pages = |pages: u64| pages.saturating_mul(self.page_bytes);
        let rss_bytes = pages(self.statm.resident_pages);
        let cached_bytes = pages(self.statm.shared_pages).min(rss_bytes);
        let shared_bytes = self.detail.shmem_bytes.min(cached_bytes);
        let watched_ms = millis(at.saturating_sub(self.first.0));
        let memory_bytes = self.memory_bytes();
        let mut growth = rings.growth(bases, slot, memory_bytes, (self.first.1, watched_ms));
        let life_ms = now.wall.saturating_sub(self.identity.start_ms);
        for (growth, window_ms) in growth.iter_mut().zip(WINDOWS) {
            *growth = Growth::since_start(*growth, window_ms, life_ms, memory_bytes);
        }
        Process {
            identity: Arc::clone(&self.identity),
            slot,
            parent: self.detail.parent,
            state: self.detail.state,
            threads: self.detail.threads,
            virtual_bytes: pages(self.statm.size_pages),
            rss_bytes,
            anon_bytes: rss_bytes - cached_bytes,
            file_bytes: cached_bytes - shared_bytes,
            shared_bytes,
            swap_bytes: self.detail.swap_bytes,
            peak_bytes: self.detail.peak_bytes.max(rss_bytes),
            minor_faults: self.detail.minor_faults,
            major_faults: self.detail.major_faults,
            detail_age_ms: millis(at.saturating_sub(self.detail.read)),
            pss: self.pss(at),
            watched_ms,
            growth,
        }
    }

    fn pss(&self, at: Duration) -> Pss {
        let age_ms = self.pss.read.map_or(0, |read| millis(at.saturating_sub(read)));
        let known = self.pss.known.map(|known| PssAmounts { age_ms, ..known });
        let missing = match self.pss.missing {
            PssMissing::Waiting if self.is_too_large() => PssMissing::TooLarge,
            missing => missing,
        };
        Pss { known, missing }
    }
}

impl Detail {
    fn of(stat: &Stat<'_>, status: &status::Status, at: Duration) -> Detail {
        Detail {
            read: at,
            state: stat.state,
            parent: stat.parent,
            threads: stat.threads,
            minor_faults: stat.minor_faults,
            major_faults: stat.major_faults,
            shmem_bytes: status.shmem_bytes.unwrap_or(0),
            swap_bytes: status.swap_bytes.unwrap_or(0),
            peak_bytes: status.peak_bytes.unwrap_or(0),
        }
    }
}

/// When a process started: ticks of `USER_HZ` after the machine did.
fn start_ms(start_ticks: u64, boot_ms: TimeMs) -> TimeMs {
    let hertz = rustix::param::clock_ticks_per_second().max(1);
    let since = u128::from(start_ticks) * 1000 / u128::from(hertz);
    boot_ms.saturating_add(TimeMs::try_from(since).unwrap_or(TimeMs::MAX))
}

/// What a process is called, and its words.
fn read_names(
    pid: u32,
    name: &[u8],
    is_kernel: bool,
    reader: &mut Reader,
) -> (Arc<str>, Option<Arc<str>>) {
    let Reader { folder, names, more_bytes, .. } = reader;
    let bytes = match is_kernel {
        true => &[][..],
        false => folder.read(pid, "cmdline", more_bytes).unwrap_or_default(),
    };
    let command = cmdline::name(name, bytes);
    let command = names.intern(&printable(&command[..command.len().min(NAME_MAX)]));
    let words = cmdline::words(&bytes[..bytes.len().min(COMMAND_LINE_MAX)]);
    let line = words.map(printable).collect::<Vec<_>>().join(" ");
    (command, (!line.is_empty()).then(|| names.intern(&line)))
}

/// Where a process's memory is charged to; empty where that is not known.
fn read_cgroup(pid: u32, reader: &mut Reader) -> Arc<str> {
    let Reader { folder, names, bytes, .. } = reader;
    let read = folder.read(pid, "cgroup", bytes).ok();
    let path = read.and_then(membership::memory_path).unwrap_or_default();
    names.intern(&printable(path))
}
