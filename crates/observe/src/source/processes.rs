//! Reads `/proc/PID` of every process, at a price that is bounded whatever the machine runs.
//!
//! ```text
//! each look      who came (by the last id given, or the folder)    statm of everyone, by descriptors that stay open
//! where it moved, and of everyone within 30 s                      stat, status; by rotation alone cgroup
//! at a thousandth of a core, oldest first                          smaps_rollup, where the resident set moved
//! ```
//!
//! A process may end between any two readings, hide itself, or stand still: that is a value, and never an error. Names
//! and paths come in as bytes and leave safe to show.

mod budget;
mod files;
mod inside;
mod people;
mod slot;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

pub use inside::{Inside, InsideError, MOST_WORDS, Started, inside, started};

use crate::TimeMs;
use crate::clock::{Now, thread_cpu};
use crate::parse::process::rollup;
use crate::parse::system;
use crate::processes::names::Names;
use crate::processes::rings::Rings;
use crate::processes::{ProcessTable, PssAmounts, PssMissing};
use budget::Budget;
use files::{Bytes, Missing, ProcFolder};
use people::People;
use slot::Slot;

/// Every process's stat and status are read at least so often.
const ROTATION: Duration = Duration::from_secs(30);
/// The whole folder is listed at least so often; in between, new processes are found by the ids that were given.
const LISTING: Duration = Duration::from_secs(5);
/// More new ids than this are not tried one by one.
const MOST_TRIED: u32 = 256;
/// Descriptors that are left to everything else in this program.
const SPARE_DESCRIPTORS: u64 = 2048;
/// More processes than this are not looked at.
const MOST_PROCESSES: usize = 200_000;
/// Tables that are kept for filling again.
const POOL: usize = 4;
/// The proportional set of a larger process is read only when somebody asks: the kernel holds its memory lock meanwhile,
/// 5 ms a GiB.
const PSS_MOST_BYTES: u64 = 4 << 30;
/// So many proportional sets are read in one look at the most.
const PSS_A_LOOK: usize = 64;
/// A refused reading is tried again after so long: the process may have changed its user.
const DENIED_AGAIN: Duration = Duration::from_secs(600);

/// The processes of one machine, looked at again and again.
#[derive(Debug)]
pub struct Processes {
    reader: Reader,
    slots: Vec<Slot>,
    /// Slots that nobody has.
    free: Vec<u32>,
    by_pid: HashMap<u32, u32>,
    rings: Rings,
    budget: Budget,
    last_pid: Option<u32>,
    listing: u64,
    listing_due: Duration,
    hidden: u32,
    /// Where the rotation goes on.
    cursor: usize,
    last_look: Option<Duration>,
    forks: Option<u64>,
    /// New ids of this look.
    newcomers: Vec<u32>,
    /// Whose proportional set is due: when it was read last, the resident set in pages, the slot.
    due: Vec<(Option<Duration>, u64, u32)>,
    pool: Vec<Arc<ProcessTable>>,
}

/// What all readings share.
#[derive(Debug)]
struct Reader {
    folder: ProcFolder,
    people: People,
    names: Names,
    bytes: Bytes,
    /// A second one, for what is needed while another file is read.
    more_bytes: Bytes,
    page_bytes: u64,
    boot_ms: TimeMs,
    /// Descriptors that may still be kept.
    descriptors: u64,
}

impl Processes {
    /// The processes whose `proc` stands below `root`. Opens nothing yet. It keeps a descriptor a process, as far as this
    /// program's limit of open files allows.
    #[must_use]
    pub fn new(root: &Path) -> Processes {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Processes::keeping(root, limit.saturating_sub(SPARE_DESCRIPTORS))
    }

    /// The same for a single look, which keeps nothing open.
    #[must_use]
    pub fn glance(root: &Path) -> Processes {
        Processes::keeping(root, 0)
    }

    fn keeping(root: &Path, descriptors: u64) -> Processes {
        let is_running = root == Path::new("/");
        let reader = Reader {
            folder: ProcFolder::new(root),
            people: People::new(root),
            names: Names::default(),
            bytes: Bytes::default(),
            more_bytes: Bytes::default(),
            page_bytes: if is_running { super::running_page_bytes() } else { 4096 },
            boot_ms: 0,
            descriptors,
        };
        Processes {
            reader,
            slots: Vec::new(),
            free: Vec::new(),
            by_pid: HashMap::new(),
            rings: Rings::default(),
            budget: Budget::default(),
            last_pid: None,
            listing: 0,
            listing_due: Duration::ZERO,
            hidden: 0,
            cursor: 0,
            last_look: None,
            forks: None,
            newcomers: Vec::new(),
            due: Vec::new(),
            pool: Vec::with_capacity(POOL),
        }
    }

    /// Takes a look at `now`, whose monotonic time must never run back. `None` where there is no `/proc` to be read.
    pub fn look(&mut self, now: Now) -> Option<Arc<ProcessTable>> {
        let at = now.monotonic;
        if !self.reader.folder.ready() {
            return None;
        }
        self.discover(at);
        self.scan(at);
        self.rotate(at);
        self.budget.accrue(at);
        while self.budget.is_open() && self.read_due_pss(at) {}
        let step =
            self.last_look.replace(at).map_or(Duration::ZERO, |last| at.saturating_sub(last));
        let memory = |(index, slot): (usize, &Slot)| (slot_number(index), slot.memory_bytes());
        let taken = self.slots.iter().enumerate().filter(|(_, slot)| slot.is_taken()).map(memory);
        self.rings.note(millis(at), self.slots.len(), &taken);
        Some(self.table(now, millis(step)))
    }

    /// Processor time that proportional sets have cost so far.
    #[must_use]
    pub fn pss_spent(&self) -> Duration {
        self.budget.spent()
    }

    /// Reads the proportional sets of all that may be read and are not too large, whatever that costs.
    pub fn read_every_pss(&mut self, now: Now) -> Option<Arc<ProcessTable>> {
        for index in 0..self.slots.len() {
            if self.slots[index].wants_pss(now.monotonic) {
                self.read_pss(index, now.monotonic);
            }
        }
        Some(self.table(now, 0))
    }

    /// Finds who came, and by a listing who went.
    fn discover(&mut self, at: Duration) {
        let last = self.reader.folder.read_system("loadavg", &mut self.reader.bytes);
        let last = last.and_then(system::last_pid);
        let before = std::mem::replace(&mut self.last_pid, last);
        let given = match (before, last) {
            (Some(before), Some(last)) if last >= before && last - before <= MOST_TRIED => {
                Some(before + 1..=last)
            }
            _ => None,
        };
        match given {
            Some(given) if at < self.listing_due => self.newcomers.extend(given),
            _ => self.list(at),
        }
        let mut newcomers = std::mem::take(&mut self.newcomers);
        for pid in newcomers.drain(..) {
            self.admit(pid, at);
        }
        self.newcomers = newcomers;
    }

    fn list(&mut self, at: Duration) {
        if let Some(bytes) = self.reader.folder.read_system("stat", &mut self.reader.bytes) {
            let stat = system::stat(bytes);
            self.forks = stat.forks;
            let boot_s = stat.boot_s.and_then(|s| TimeMs::try_from(s).ok());
            self.reader.boot_ms = boot_s.unwrap_or(0).saturating_mul(1000);
        }
        self.listing += 1;
        self.hidden = 0;
        let Processes { reader, slots, by_pid, newcomers, listing, .. } = self;
        let is_whole = reader.folder.pids(|pid| match by_pid.get(&pid) {
            Some(slot) => slots[*slot as usize].listing = *listing,
            None => newcomers.push(pid),
        });
        if is_whole {
            self.listing_due = at + LISTING;
            for index in 0..self.slots.len() {
                if self.slots[index].is_taken() && self.slots[index].listing != self.listing {
                    self.dismiss(index);
                }
            }
        }
    }

    /// Takes a new process in, if it is one.
    fn admit(&mut self, pid: u32, at: Duration) {
        if self.by_pid.contains_key(&pid) || self.by_pid.len() >= MOST_PROCESSES {
            return;
        }
        let mut slot = match Slot::of(pid, at, &mut self.reader) {
            Ok(Some(slot)) => slot,
            // A thread's own folder can be opened by its id, though no listing has it.
            Ok(None) | Err(Missing::Gone) => return,
            Err(Missing::Denied | Missing::Other) => {
                self.hidden += 1;
                return;
            }
        };
        slot.listing = self.listing;
        let index = match self.free.pop() {
            Some(free) => free as usize,
            None => {
                self.slots.push(Slot::default());
                self.slots.len() - 1
            }
        };
        self.slots[index] = slot;
        self.by_pid.insert(pid, slot_number(index));
    }

    /// Lets a process go.
    fn dismiss(&mut self, index: usize) {
        let slot = std::mem::take(&mut self.slots[index]);
        self.by_pid.remove(&slot.identity.pid);
        self.reader.descriptors += u64::from(slot.keeps_file());
        self.rings.clear(slot_number(index));
        self.free.push(slot_number(index));
    }

    /// Reads everyone's statm, and more where it moved.
    fn scan(&mut self, at: Duration) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if !slot.is_taken() || slot.identity.is_kernel || slot.is_new(at) {
                continue;
            }
            match slot.read_statm(&mut self.reader) {
                Ok(false) => {}
                Ok(true) => self.read_detail(index, at, false),
                Err(Missing::Gone) => self.dismiss(index),
                Err(Missing::Denied | Missing::Other) => {}
            }
        }
    }

    /// Reads stat and status of the next few, so that all have had their turn within [`ROTATION`].
    fn rotate(&mut self, at: Duration) {
        let since = self.last_look.map_or(Duration::ZERO, |last| at.saturating_sub(last));
        let share = since.as_secs_f64() / ROTATION.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of some thousands, rounded up"
        )]
        let turns = (self.slots.len() as f64 * share.min(1.0)).ceil() as usize;
        for _ in 0..turns {
            self.cursor = (self.cursor + 1) % self.slots.len().max(1);
            if self.slots.get(self.cursor).is_some_and(Slot::is_taken) {
                self.read_detail(self.cursor, at, true);
            }
        }
    }

    fn read_detail(&mut self, index: usize, at: Duration, in_full: bool) {
        let pid = self.slots[index].identity.pid;
        match self.slots[index].read_detail(&mut self.reader, at, in_full) {
            Ok(true) => {}
            // The id is used again.
            Ok(false) => {
                self.dismiss(index);
                self.admit(pid, at);
            }
            Err(Missing::Gone) => self.dismiss(index),
            Err(Missing::Denied | Missing::Other) => {}
        }
    }

    /// Reads the proportional sets that are due, oldest first and of those the smallest, which cost least, until the budget
    /// is spent; whether any was read.
    fn read_due_pss(&mut self, at: Duration) -> bool {
        self.due.clear();
        let due = self.slots.iter().enumerate().filter(|(_, slot)| slot.wants_pss(at));
        self.due.extend(
            due.map(|(index, slot)| (slot.pss.read, slot.statm.resident_pages, slot_number(index))),
        );
        if self.due.len() > PSS_A_LOOK {
            self.due.select_nth_unstable(PSS_A_LOOK);
            self.due.truncate(PSS_A_LOOK);
        }
        self.due.sort_unstable();
        let due = std::mem::take(&mut self.due);
        let mut is_any = false;
        for &(_, _, slot) in &due {
            if !self.budget.is_open() {
                break;
            }
            self.read_pss(slot as usize, at);
            is_any = true;
        }
        self.due = due;
        is_any
    }

    fn read_pss(&mut self, index: usize, at: Duration) {
        let before = thread_cpu();
        let pid = self.slots[index].identity.pid;
        let read = self.reader.folder.read(pid, "smaps_rollup", &mut self.reader.bytes);
        let read = read.map(rollup::parse);
        let spacing = self.budget.spend(thread_cpu().saturating_sub(before));
        let slot = &mut self.slots[index];
        slot.pss.read = Some(at);
        slot.pss.resident_pages = slot.statm.resident_pages;
        slot.pss.due = at + spacing;
        match read {
            Ok(Ok(rollup)) => {
                slot.pss.missing = PssMissing::Waiting;
                slot.pss.known = Some(PssAmounts {
                    pss_bytes: rollup.pss_bytes,
                    uss_bytes: rollup.uss_bytes,
                    swap_pss_bytes: rollup.swap_pss_bytes,
                    age_ms: 0,
                });
            }
            Err(Missing::Denied) => {
                slot.pss.known = None;
                slot.pss.missing = PssMissing::Denied;
                slot.pss.due = at + DENIED_AGAIN;
            }
            // It has ended, or is ending: the next statm tells.
            Ok(Err(_)) | Err(Missing::Gone | Missing::Other) => {}
        }
    }

    fn table(&mut self, now: Now, step_ms: u64) -> Arc<ProcessTable> {
        let mut shared = self.spare();
        let table = Arc::make_mut(&mut shared);
        let bases = self.rings.bases(millis(now.monotonic));
        table.time_ms = now.wall;
        table.monotonic = now.monotonic;
        table.step_ms = step_ms;
        table.forks = self.forks;
        table.hidden = self.hidden;
        let rings = &self.rings;
        let taken = self.slots.iter().enumerate().filter(|(_, slot)| slot.is_taken());
        let rows = taken.map(|(index, slot)| slot.row(slot_number(index), now, rings, &bases));
        let mut filled = 0;
        for row in rows {
            match table.processes.get_mut(filled) {
                Some(place) => *place = row,
                None => table.processes.push(row),
            }
            filled += 1;
        }
        table.processes.truncate(filled);
        if self.pool.len() == POOL {
            self.pool.remove(0);
        }
        self.pool.push(Arc::clone(&shared));
        shared
    }

    /// A table that nobody holds any more, or a new one.
    fn spare(&mut self) -> Arc<ProcessTable> {
        let free = self.pool.iter_mut().position(|table| Arc::get_mut(table).is_some());
        free.map_or_else(Arc::default, |free| self.pool.remove(free))
    }
}

/// The number of a slot; there are never more than [`MOST_PROCESSES`].
fn slot_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
