//! The machine: a CPU, a disk, and memory between them, in exact time.
//!
//! Between two references everything is looked at whose time has come: first what the disk has finished, in order, each
//! time with the next request taken up at that very moment. A page's victim is chosen when the disk takes the request
//! up, not when the fault occurs; the policy counts the reference then. So no other page is replaced while it is on its
//! way, and its process makes the reference for certain as soon as it runs again.

use std::collections::VecDeque;

use super::control::Governing;
use super::disk::{Disk, Request};
use super::error::Error;
use super::frames::{Frames, Moved};
use super::log::{Kind, Log, Queues};
use super::settings::{Control, Settings};
use super::working_set::Meter;
use super::{Problem, Window, report};
use crate::paging::registry::Entry;
use crate::paging::{PageId, References};

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not let in yet, or suspended.
    Outside,
    Ready,
    Running,
    /// For the disk.
    Waiting,
    Done,
}

/// A process while it lives.
pub(super) struct Running<'p> {
    pub(super) references: &'p References,
    pub(super) position: usize,
    pub(super) state: State,
    /// Whether the reference at `position` faulted and its page has come in.
    served: bool,
    /// Since when it has been in its state.
    since: u64,
    /// The time spent in each state before.
    pub(super) spent_ns: [u64; 4],
    pub(super) hits: u64,
    pub(super) faults: u64,
    /// What the CPU spent on its references and faults.
    pub(super) cpu_ns: u64,
    pub(super) suspensions: u64,
    pub(super) finished_ns: u64,
    pub(super) meter: Option<Meter>,
}

/// The machine. `TOLD` says whether steps are written down: without it, what tells them is not compiled.
pub(super) struct Engine<'p, const TOLD: bool> {
    problem: &'p Problem,
    pub(super) settings: Settings,
    pub(super) now: u64,
    pub(super) idle_ns: u64,
    pub(super) switch_ns: u64,
    pub(super) read_busy_ns: u64,
    pub(super) frames: Frames<'p>,
    pub(super) disk: Disk,
    pub(super) ready: VecDeque<usize>,
    pub(super) processes: Vec<Running<'p>>,
    pub(super) governing: Governing,
    pub(super) made: u64,
    last: Option<usize>,
    pub(super) log: Log<'p>,
}

impl<'p, const TOLD: bool> Engine<'p, TOLD> {
    /// The machine at time 0 with the first `degree` processes of a problem that is checked.
    pub(super) fn new(
        problem: &'p Problem,
        entry: &'static Entry,
        degree: usize,
        window: Window,
    ) -> Result<Engine<'p, TOLD>, Error> {
        let settings = Settings::of(&problem.convention);
        let mut frames = Frames::new(problem, entry, degree, &settings)?;
        frames.tells = TOLD;
        let measured = TOLD || settings.control == Control::WorkingSet;
        let all = problem.workload.processes()[..degree].iter();
        let processes: Vec<Running<'p>> = all
            .map(|process| {
                let meter = || Meter::new(&process.references, settings.window);
                Running::new(&process.references, measured.then(meter))
            })
            .collect();
        Ok(Engine {
            problem,
            now: 0,
            idle_ns: 0,
            switch_ns: 0,
            read_busy_ns: 0,
            disk: Disk::default(),
            ready: VecDeque::new(),
            governing: Governing::new(degree),
            made: 0,
            last: None,
            log: Log::new(problem, degree, window),
            settings,
            frames,
            processes,
        })
    }

    /// Lets all processes run to their ends.
    pub(super) fn run(mut self) -> Result<report::Outcome, Error> {
        self.live().map_err(|error| match error {
            Error::SwapFull { slots, process, page, .. } => {
                Error::SwapFull { slots, process, page, references: self.made }
            }
            other => other,
        })?;
        let problem = self.problem;
        Ok(report::Outcome::of(self, problem))
    }

    fn live(&mut self) -> Result<(), Error> {
        self.admit_at_start();
        loop {
            self.settle()?;
            if let Some(process) = self.ready.pop_front() {
                self.dispatch(process)?;
            } else if !self.admit_to_an_idle_cpu() {
                let done = self.disk.done_at();
                if self.governing.is_over() || done == u64::MAX {
                    return Ok(());
                }
                self.idle_ns += done - self.now;
                self.now = done;
            }
        }
    }

    /// Finishes what the disk has done by now.
    #[inline(always)]
    fn settle(&mut self) -> Result<(), Error> {
        while self.disk.done_at() <= self.now {
            self.finish_request()?;
        }
        Ok(())
    }

    fn finish_request(&mut self) -> Result<(), Error> {
        let at = self.disk.done_at();
        if let Some(Request::Read(process)) = self.disk.finish() {
            self.processes[process].served = true;
            self.turn(process, State::Ready, at);
            self.ready.push_back(process);
            self.tell(at, Kind::Ready, process, |engine| {
                let page = engine.processes[process].next();
                let ahead = engine.ready.len() - 1;
                page.into_iter().for_each(|(page, _)| engine.log.arrived(process, page, ahead));
            });
        }
        self.start_disk(at)
    }

    /// Hands the next request to the disk, where it is free.
    pub(super) fn start_disk(&mut self, at: u64) -> Result<(), Error> {
        let Some(request) = self.disk.next() else { return Ok(()) };
        let service_ns = match request {
            Request::Write(pages) => pages * self.settings.write_ns,
            Request::Read(process) => self.load(process)?,
        };
        self.disk.serve(request, at, service_ns);
        if let Request::Read(process) = request {
            self.read_busy_ns += service_ns;
            self.note_load(process, at);
        }
        Ok(())
    }

    /// Brings in the page that a process waits for, and returns how long the disk needs for it.
    fn load(&mut self, process: usize) -> Result<u64, Error> {
        let Some((page, write)) = self.processes[process].next() else { return Ok(0) };
        self.processes[process].faults += 1;
        self.governing.faults += 1;
        let Settings { read_ns, write_ns, transfer_ns, readahead, .. } = self.settings;
        let moved = self.frames.load(process, page, write, readahead)?;
        let (written, ahead) = (moved.written(), moved.ahead.len() as u64);
        if TOLD && self.log.is_open() {
            let number = self.processes[process].position as u64 + 1;
            self.frames.used(self.frames.rank(process, page), number);
            self.log.loaded(&self.frames, process, page, &moved);
        }
        Ok(read_ns + written * write_ns + ahead * transfer_ns)
    }

    /// Tells of the load that [`Engine::load`] has made, now that the disk serves it.
    fn note_load(&mut self, process: usize, at: u64) {
        let done = self.disk.done_at();
        self.tell(at, Kind::Load, process, |engine| engine.log.until(done));
    }

    /// Lets a process run until it faults, ends, is suspended, or has used up its quantum.
    fn dispatch(&mut self, process: usize) -> Result<(), Error> {
        self.turn(process, State::Running, self.now);
        if self.last.replace(process) != Some(process) {
            self.switch(process);
        }
        for _ in 0..self.settings.quantum {
            self.settle()?;
            if !self.refer(process)? || self.processes[process].state != State::Running {
                return Ok(());
            }
        }
        self.settle()?;
        self.turn(process, State::Ready, self.now);
        self.ready.push_back(process);
        Ok(())
    }

    fn switch(&mut self, process: usize) {
        let started = self.now;
        if self.made > 0 || self.now > 0 {
            self.now += self.settings.switch_ns;
            self.switch_ns += self.settings.switch_ns;
        }
        self.tell(started, Kind::Dispatch, process, |engine| engine.log.dispatched(process));
    }

    /// Makes the next reference of the running process; false where it does not go on.
    #[inline(always)]
    fn refer(&mut self, process: usize) -> Result<bool, Error> {
        let Some((page, write)) = self.processes[process].next() else { return Ok(false) };
        let started = self.now;
        if std::mem::take(&mut self.processes[process].served) {
            self.tell(started, Kind::Reference, process, |engine| {
                engine.log.made_late(process, page);
            });
        } else {
            let Some(moved) = self.frames.touch(process, page, write) else {
                return self.fault(process, page, write);
            };
            self.hit(process, (page, write), &moved?)?;
        }
        self.now += self.settings.memory_ns;
        self.made += 1;
        let Running { references, position, meter, cpu_ns, .. } = &mut self.processes[process];
        *cpu_ns += self.settings.memory_ns;
        if let Some(meter) = meter {
            let before = meter.pages;
            meter.refer(*position, page, references);
            self.governing.set_changed(before, meter.pages);
        }
        *position += 1;
        if TOLD {
            self.sample();
        }
        if self.processes[process].next().is_none() {
            self.end(process)?;
            return Ok(false);
        }
        self.watch()?;
        Ok(true)
    }

    /// What follows a reference to a resident page. Pages that its policy gave back are written, where they are dirty.
    #[inline(always)]
    fn hit(
        &mut self,
        process: usize,
        (page, write): (PageId, bool),
        moved: &Moved,
    ) -> Result<(), Error> {
        self.processes[process].hits += 1;
        if TOLD && self.log.is_open() {
            let number = self.processes[process].position as u64 + 1;
            self.frames.used(self.frames.rank(process, page), number);
            self.log.hit(&self.frames, process, (page, write), moved);
        }
        if !moved.gone.is_empty() {
            self.write_back(moved)?;
        }
        self.tell(self.now, Kind::Reference, process, |_| ());
        Ok(())
    }

    /// Asks the disk to write the dirty ones of pages that have left.
    pub(super) fn write_back(&mut self, moved: &Moved) -> Result<(), Error> {
        if moved.written() > 0 {
            self.disk.ask(Request::Write(moved.written()));
            self.start_disk(self.now)?;
        }
        Ok(())
    }

    fn fault(&mut self, process: usize, page: PageId, write: bool) -> Result<bool, Error> {
        let started = self.now;
        self.now += self.settings.fault_ns;
        self.processes[process].cpu_ns += self.settings.fault_ns;
        // What the disk finishes while the CPU sees to the fault comes before the new request.
        self.settle()?;
        self.turn(process, State::Waiting, self.now);
        self.disk.ask(Request::Read(process));
        self.tell(started, Kind::Fault, process, |engine| {
            engine.log.faulted(process, page, write, engine.disk.waiting().count());
        });
        self.start_disk(self.now)?;
        Ok(false)
    }

    fn end(&mut self, process: usize) -> Result<(), Error> {
        self.turn(process, State::Done, self.now);
        self.processes[process].finished_ns = self.now;
        let moved = self.frames.empty(process, true)?;
        self.governing.ended(process, self.processes[process].set_pages());
        self.tell(self.now, Kind::End, process, |engine| {
            engine.log.ended(process, moved.gone.len());
        });
        self.admit_after_an_end();
        Ok(())
    }

    /// A process goes over to another state.
    pub(super) fn turn(&mut self, process: usize, state: State, at: u64) {
        let process = &mut self.processes[process];
        if let Some(spent) = process.spent_ns.get_mut(process.state as usize) {
            *spent += at - process.since;
        }
        (process.state, process.since) = (state, at);
    }

    /// Writes a step down, after `say` has given its sentence.
    #[inline(always)]
    pub(super) fn tell(
        &mut self,
        at: u64,
        kind: Kind,
        process: usize,
        say: impl FnOnce(&mut Self),
    ) {
        if !TOLD {
            return;
        }
        if self.log.is_open() {
            say(self);
            self.write_step(at, kind, process);
        } else {
            self.log.after += 1;
            self.frames.tells = false;
        }
    }

    fn write_step(&mut self, at: u64, kind: Kind, process: usize) {
        let running = self.processes.iter().position(|process| process.state == State::Running);
        let outside = |&process: &usize| self.processes[process].state == State::Outside;
        let queues = Queues {
            running,
            ready: self.ready.iter().copied().collect(),
            disk: self.disk.waiting().collect(),
            outside: (0..self.processes.len()).filter(outside).collect(),
        };
        let next = self.processes[process].next();
        self.log.write(&mut self.frames, (at, kind, process), next, queues);
    }

    fn sample(&mut self) {
        if self.log.is_sample(self.made) {
            let sets = self
                .processes
                .iter()
                .map(|process| process.meter.as_ref().map_or(0, |meter| meter.pages));
            let sets = sets.collect();
            let resident = self.frames.tallies.iter().map(|tally| tally.resident).collect();
            self.log.sample(self.now, sets, resident);
        }
    }
}

impl<'p> Running<'p> {
    fn new(references: &'p References, meter: Option<Meter>) -> Running<'p> {
        Running {
            references,
            position: 0,
            state: State::Outside,
            served: false,
            since: 0,
            spent_ns: [0; 4],
            hits: 0,
            faults: 0,
            cpu_ns: 0,
            suspensions: 0,
            finished_ns: 0,
            meter,
        }
    }

    /// The pages of its working set, where it is measured.
    pub(super) fn set_pages(&self) -> u64 {
        self.meter.as_ref().map_or(0, |meter| u64::from(meter.pages))
    }

    /// The reference that it makes next.
    #[inline(always)]
    fn next(&self) -> Option<(PageId, bool)> {
        self.references.get(self.position)
    }
}
