//! Load control: which processes are in memory.
//!
//! Source: Denning, "Thrashing: its causes and prevention", AFIPS Fall Joint Computer Conference 1968 (a process runs only
//! while its working set fits); Silberschatz, Galvin, Gagne, *Operating System Concepts*, "Page-Fault Frequency" (too many
//! faults suspend a process, few let one in). What they leave open: the process that was let in last is suspended, unless
//! the disk is reading its page; those who were suspended come back in that order, before those who never ran.

use std::collections::VecDeque;

use super::engine::{Engine, State};
use super::error::Error;
use super::log::Kind;
use super::settings::Control;

/// Who is in memory and who is not.
#[derive(Debug)]
pub(super) struct Governing {
    /// In memory, in the order in which they were let in.
    active: Vec<usize>,
    suspended: VecDeque<usize>,
    fresh: VecDeque<usize>,
    /// Pages in the working sets of the active processes together; only where they are measured.
    pub(super) set_pages: u64,
    /// The largest working set of any process so far.
    largest_set: u64,
    /// References and faults of the running period.
    references: u64,
    pub(super) faults: u64,
    pub(super) admissions: u64,
    pub(super) suspensions: u64,
}

impl Governing {
    pub(super) fn new(processes: usize) -> Governing {
        Governing {
            active: Vec::new(),
            suspended: VecDeque::new(),
            fresh: (0..processes).collect(),
            set_pages: 0,
            largest_set: 0,
            references: 0,
            faults: 0,
            admissions: 0,
            suspensions: 0,
        }
    }

    /// Whether every process has ended.
    pub(super) fn is_over(&self) -> bool {
        self.active.is_empty() && self.candidate().is_none()
    }

    /// Notes that a process has ended.
    pub(super) fn ended(&mut self, process: usize, set_pages: u64) {
        self.set_pages -= set_pages;
        self.active.retain(|&active| active != process);
    }

    /// The process that is let in next.
    fn candidate(&self) -> Option<usize> {
        self.suspended.front().or(self.fresh.front()).copied()
    }

    /// The working set of a process has changed by a reference.
    #[inline(always)]
    pub(super) fn set_changed(&mut self, before: u32, after: u32) {
        self.set_pages = self.set_pages + u64::from(after) - u64::from(before);
        self.largest_set = self.largest_set.max(u64::from(after));
    }
}

impl<const TOLD: bool> Engine<'_, TOLD> {
    pub(super) fn admit_at_start(&mut self) {
        match self.settings.control {
            Control::WorkingSet => self.admit_one(),
            Control::None | Control::FaultRate { .. } => {
                while self.has_room() {
                    self.admit_one();
                }
            }
        }
    }

    pub(super) fn admit_after_an_end(&mut self) {
        match self.settings.control {
            Control::WorkingSet => while self.admit_fitting() {},
            Control::None | Control::FaultRate { .. } if self.has_room() => self.admit_one(),
            Control::None | Control::FaultRate { .. } => {}
        }
    }

    /// Lets a process in when no other can run, if it may; true where it did.
    pub(super) fn admit_to_an_idle_cpu(&mut self) -> bool {
        match self.settings.control {
            Control::WorkingSet => self.admit_fitting(),
            _ if self.governing.active.is_empty() && self.has_room() => {
                self.admit_one();
                true
            }
            _ => false,
        }
    }

    fn has_room(&self) -> bool {
        let Governing { active, .. } = &self.governing;
        active.len() < self.settings.limit && self.governing.candidate().is_some()
    }

    fn admit_fitting(&mut self) -> bool {
        let fits = self.has_room() && (self.governing.active.is_empty() || self.candidate_fits());
        if fits {
            self.admit_one();
        }
        fits
    }

    fn candidate_fits(&self) -> bool {
        let need = self.governing.candidate().map_or(0, |process| self.need(process));
        self.governing.set_pages + need <= self.frames.total()
    }

    /// The frames that a process outside is taken to need: its working set when it was suspended; before it has made a
    /// window of references, the largest working set of any process so far.
    fn need(&self, process: usize) -> u64 {
        let process = &self.processes[process];
        let own = process.set_pages().max(1);
        let is_known = process.position as u64 >= self.settings.window;
        if is_known { own } else { own.max(self.governing.largest_set) }
    }

    fn admit_one(&mut self) {
        let Some(process) = self.governing.candidate() else { return };
        if self.governing.suspended.pop_front().is_none() {
            self.governing.fresh.pop_front();
        }
        let before = self.governing.set_pages;
        let need = self.need(process);
        self.governing.active.push(process);
        self.governing.admissions += 1;
        self.governing.set_pages += self.processes[process].set_pages();
        self.turn(process, State::Ready, self.now);
        self.ready.push_back(process);
        let measured = self.settings.control == Control::WorkingSet;
        self.tell(self.now, Kind::Admit, process, |engine| {
            let (active, frames) = (engine.governing.active.len(), engine.frames.total());
            let sets = measured.then_some((before, need, frames));
            engine.log.admitted(process, active, sets);
        });
    }

    /// Looks, after a reference, whether too much is going on.
    #[inline(always)]
    pub(super) fn watch(&mut self) -> Result<(), Error> {
        match self.settings.control {
            Control::None => Ok(()),
            Control::WorkingSet if self.governing.set_pages <= self.frames.total() => Ok(()),
            Control::WorkingSet => {
                let (pages, frames) = (self.governing.set_pages, self.frames.total());
                self.suspend_one(|| {
                    format!("The working sets in memory have {pages} pages together, more than the {frames} frames")
                })
            }
            Control::FaultRate { period, upper, lower } => self.watch_rate(period, upper, lower),
        }
    }

    fn watch_rate(&mut self, period: u64, upper: f64, lower: f64) -> Result<(), Error> {
        self.governing.references += 1;
        if self.governing.references < period {
            return Ok(());
        }
        let faults = std::mem::take(&mut self.governing.faults);
        self.governing.references = 0;
        let rate = super::report::ratio(faults, period);
        if rate > upper {
            return self.suspend_one(|| {
                format!(
                    "Of the last {period} references {faults} faulted: {rate:.3} is above {upper}"
                )
            });
        }
        if rate < lower && self.has_room() {
            self.admit_one();
        }
        Ok(())
    }

    /// Suspends the process that was let in last, where another stays.
    fn suspend_one(&mut self, why: impl FnOnce() -> String) -> Result<(), Error> {
        let movable = |&&process: &&usize| !self.disk.serves(process);
        let Some(&process) = self.governing.active.iter().rev().find(movable) else {
            return Ok(());
        };
        if self.governing.active.len() < 2 {
            return Ok(());
        }
        self.governing.active.retain(|&active| active != process);
        self.governing.suspended.push_back(process);
        self.governing.suspensions += 1;
        self.governing.set_pages -= self.processes[process].set_pages();
        self.processes[process].suspensions += 1;
        self.ready.retain(|&ready| ready != process);
        self.disk.withdraw(process);
        self.turn(process, State::Outside, self.now);
        let moved = self.frames.empty(process, false)?;
        self.write_back(&moved)?;
        self.tell(self.now, Kind::Suspend, process, |engine| {
            engine.log.suspended(&engine.frames, process, &why(), &moved);
        });
        Ok(())
    }
}
