//! Steps: what happened, when, who waits for what, and why it came out so.

use serde::Serialize;

use super::frames::{Frames, Moved, Rank};
use super::{MAX_STEPS, Problem, Window};
use crate::paging::PageId;
use crate::prose::time;

/// Samples of the sizes of sets that one simulation keeps at most, about.
const SAMPLES: u64 = 256;

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A process is let in.
    Admit,
    /// The CPU goes to another process.
    Dispatch,
    /// A process makes a reference to a page in memory.
    Reference,
    /// A process refers to a page that is not in memory, and waits for the disk.
    Fault,
    /// The disk takes a request up: a victim is chosen, and the page is on its way.
    Load,
    /// The page has come in.
    Ready,
    /// A process is taken out of memory for a while.
    Suspend,
    /// A process has made its last reference.
    End,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub index: u64,
    /// When it began, in nanoseconds from the start.
    pub time_ns: u64,
    /// What it is.
    pub kind: Kind,
    /// Whose.
    pub process: String,
    /// The page it is about; `None` where it is about the process alone.
    pub page: Option<u64>,
    /// Whether that page is written.
    pub write: Option<bool>,
    /// The frame that page is in after the step.
    pub frame: Option<u32>,
    /// The pages that left memory.
    pub left: Vec<Gone>,
    /// The process's pages that were read ahead.
    pub read_ahead: Vec<u64>,
    /// The process on the CPU after the step, as its place in the list of processes, from 0.
    pub running: Option<usize>,
    /// The ready queue, the next first.
    pub ready: Vec<usize>,
    /// The processes that wait for the disk, the one it serves first.
    pub disk: Vec<usize>,
    /// The processes that are suspended or were not let in yet.
    pub outside: Vec<usize>,
    /// The frames that hold something else than before, or differ in a bit, as they are now.
    pub frames_changed: Vec<FrameSlot>,
    /// What happened and why, in sentences.
    pub explain: String,
}

/// A page that left memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Its owner.
    pub process: String,
    /// Its number.
    pub page: u64,
    /// The slot of the swap area that it was written to; `None` where it was clean.
    pub slot: Option<u32>,
}

/// A physical frame and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameSlot {
    /// Its number, from 0.
    pub frame: u32,
    /// The owner's name; `None` where the frame is free.
    pub process: Option<String>,
    /// The owner's page.
    pub page: Option<u64>,
    /// Whether it was written since it was loaded.
    pub dirty: bool,
    /// Whether it was read ahead and not referenced since.
    pub read_ahead: bool,
    /// The number, from 1, of the owner's reference that used it last.
    pub used_at: Option<u64>,
}

/// The sizes of sets at one moment, an item a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// When, in nanoseconds from the start.
    pub time_ns: u64,
    /// Pages that the last `load.window` references of the process used.
    pub working_set_pages: Vec<u32>,
    /// Pages of the process in memory.
    pub resident_pages: Vec<u64>,
}

/// Who waits for what.
pub(super) struct Queues {
    pub(super) running: Option<usize>,
    pub(super) ready: Vec<usize>,
    pub(super) disk: Vec<usize>,
    pub(super) outside: Vec<usize>,
}

/// The steps and samples so far, and what is known of the next step.
pub(super) struct Log<'p> {
    problem: &'p Problem,
    pub(super) steps: Vec<Step>,
    window: Window,
    /// Steps so far that stand before the window, the frames after them, and steps after the window.
    pub(super) before: u64,
    pub(super) frames_before: Vec<FrameSlot>,
    pub(super) after: u64,
    pub(super) samples: Vec<Sample>,
    spacing: u64,
    said: Vec<String>,
    left: Vec<Gone>,
    read_ahead: Vec<u64>,
}

impl<'p> Log<'p> {
    pub(super) fn new(problem: &'p Problem, degree: usize, window: Window) -> Log<'p> {
        let processes = problem.workload.processes()[..degree].iter();
        let references: u64 = processes.map(|process| process.references.len() as u64).sum();
        Log {
            problem,
            steps: Vec::new(),
            window: Window { steps: window.steps.min(MAX_STEPS), ..window },
            before: 0,
            frames_before: FrameSlot::all(problem.frames),
            after: 0,
            samples: Vec::new(),
            spacing: references.div_ceil(SAMPLES).max(1),
            said: Vec::new(),
            left: Vec::new(),
            read_ahead: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.before < self.window.before || self.steps.len() < self.window.steps
    }

    pub(super) fn is_sample(&self, made: u64) -> bool {
        made.is_multiple_of(self.spacing)
    }

    pub(super) fn sample(&mut self, time_ns: u64, sets: Vec<u32>, resident: Vec<u64>) {
        self.samples.push(Sample { time_ns, working_set_pages: sets, resident_pages: resident });
    }

    fn name(&self, process: usize) -> &'p str {
        &self.problem.workload.processes()[process].name
    }

    fn page(&self, process: usize, page: PageId) -> u64 {
        self.problem.workload.processes()[process].references.name(page)
    }

    fn say(&mut self, sentence: String) {
        self.said.push(sentence);
    }

    pub(super) fn admitted(
        &mut self,
        process: usize,
        active: usize,
        sets: Option<(u64, u64, u64)>,
    ) {
        let name = self.name(process);
        let others = match active - 1 {
            0 => "no other".to_owned(),
            1 => "1 other".to_owned(),
            others => format!("{others} others"),
        };
        self.say(match sets {
            None => format!("{name} is let into memory, beside {others}, and is ready."),
            Some((before, need, frames)) => format!(
                "{name} is let into memory, beside {others}: their working sets have {before} pages, it is taken to need \
                 {need}, and there are {frames} frames."
            ),
        });
    }

    pub(super) fn dispatched(&mut self, process: usize) {
        let name = self.name(process);
        self.say(format!("The CPU goes to {name}, the first of the ready queue."));
    }

    pub(super) fn hit(
        &mut self,
        frames: &Frames<'_>,
        process: usize,
        (page, write): (PageId, bool),
        moved: &Moved,
    ) {
        let (name, number) = (self.name(process), self.page(process, page));
        let verb = if write { "writes" } else { "reads" };
        let place = frames.place(frames.rank(process, page));
        let frame = place.frame().map_or_else(String::new, |frame| format!(" {frame}"));
        self.say(format!("{name} {verb} its page {number}, which is in frame{frame}: a hit."));
        self.moved(frames, moved);
    }

    pub(super) fn made_late(&mut self, process: usize, page: PageId) {
        let (name, number) = (self.name(process), self.page(process, page));
        self.say(format!("{name} makes the reference to page {number} that it has waited for."));
    }

    pub(super) fn faulted(&mut self, process: usize, page: PageId, write: bool, place: usize) {
        let (name, number) = (self.name(process), self.page(process, page));
        let verb = if write { "writes" } else { "reads" };
        let queue = match place {
            0 | 1 => "no other process waits for the disk".to_owned(),
            2 => "1 process waits for the disk before it".to_owned(),
            place => format!("{} processes wait for the disk before it", place - 1),
        };
        self.say(format!(
            "{name} {verb} its page {number}, which is not in memory: a page fault; {queue}."
        ));
    }

    pub(super) fn loaded(
        &mut self,
        frames: &Frames<'_>,
        process: usize,
        page: PageId,
        moved: &Moved,
    ) {
        let (name, number) = (self.name(process), self.page(process, page));
        self.say(format!("The disk takes up the request of {name} for page {number}."));
        self.moved(frames, moved);
        let source = match frames.place(frames.rank(process, page)).slot() {
            Some(slot) => format!("slot {slot} of the swap area"),
            None => "the program's file".to_owned(),
        };
        self.say(format!("Page {number} of {name} is read from {source}."));
        if !moved.ahead.is_empty() {
            self.read_ahead =
                moved.ahead.iter().map(|&rank| self.page(process, frames.owner(rank).1)).collect();
            let pages: Vec<String> = self.read_ahead.iter().map(u64::to_string).collect();
            self.say(format!("Read ahead, as they lie next to it: {}.", pages.join(", ")));
        }
    }

    pub(super) fn until(&mut self, done: u64) {
        self.say(format!("The disk is done with it at {}.", time(done)));
    }

    pub(super) fn arrived(&mut self, process: usize, page: PageId, ahead: usize) {
        let (name, number) = (self.name(process), self.page(process, page));
        let queue = match ahead {
            0 => "first in the ready queue".to_owned(),
            ahead => format!("behind {ahead} in the ready queue"),
        };
        self.say(format!("Page {number} of {name} has come in; {name} is {queue}."));
    }

    pub(super) fn suspended(
        &mut self,
        frames: &Frames<'_>,
        process: usize,
        why: &str,
        moved: &Moved,
    ) {
        let name = self.name(process);
        let (pages, written) = (moved.gone.len(), moved.written());
        self.say(format!(
            "{why}: {name}, let in last, is suspended. Pages of it that leave memory: {pages}; dirty ones to write: {written}."
        ));
        self.left = moved.gone.iter().map(|&gone| self.gone(frames, gone)).collect();
    }

    pub(super) fn ended(&mut self, process: usize, pages: usize) {
        let name = self.name(process);
        let freed = match pages {
            0 => "it has no page in memory any more".to_owned(),
            1 => "1 frame is free again".to_owned(),
            pages => format!("{pages} frames are free again"),
        };
        self.say(format!("{name} has made its last reference and ends: {freed}."));
    }

    /// What the policy said, and where the pages went that left.
    fn moved(&mut self, frames: &Frames<'_>, moved: &Moved) {
        self.said.extend(moved.said.iter().filter(|said| !said.is_empty()).cloned());
        for &gone in &moved.gone {
            let (label, copy) = (frames.label(gone.0), frames.place(gone.0).slot());
            let gone = self.gone(frames, gone);
            self.say(match (gone.slot, copy) {
                (Some(slot), _) => format!("{label} goes to slot {slot} of the swap area."),
                (None, Some(slot)) => format!("{label} is as slot {slot} has it, and is dropped."),
                (None, None) => format!("{label} is as its program's file has it, and is dropped."),
            });
            self.left.push(gone);
        }
    }

    fn gone(&self, frames: &Frames<'_>, (rank, dirty): (Rank, bool)) -> Gone {
        let (process, page) = frames.owner(rank);
        let slot = frames.place(rank).slot().filter(|_| dirty);
        Gone { process: self.name(process).to_owned(), page: self.page(process, page), slot }
    }

    /// Writes the step down, or counts it where there are enough of them.
    pub(super) fn write(
        &mut self,
        frames: &mut Frames<'_>,
        (time_ns, kind, process): (u64, Kind, usize),
        next: Option<(PageId, bool)>,
        queues: Queues,
    ) {
        let (left, read_ahead) =
            (std::mem::take(&mut self.left), std::mem::take(&mut self.read_ahead));
        let said = std::mem::take(&mut self.said);
        let mut changed = std::mem::take(&mut frames.changed);
        changed.sort_unstable();
        changed.dedup();
        let frames_changed: Vec<FrameSlot> =
            changed.into_iter().map(|frame| self.slot(frames, frame)).collect();
        if self.before < self.window.before {
            self.before += 1;
            FrameSlot::change(&mut self.frames_before, &frames_changed);
            return;
        }
        let next = next
            .filter(|_| matches!(kind, Kind::Reference | Kind::Fault | Kind::Load | Kind::Ready));
        let place = next.map(|(page, _)| frames.place(frames.rank(process, page)));
        let step = Step {
            index: self.before + self.steps.len() as u64 + 1,
            time_ns,
            kind,
            process: self.name(process).to_owned(),
            page: next.map(|(page, _)| self.page(process, page)),
            write: next.map(|(_, write)| write),
            frame: place.and_then(super::frames::Place::frame),
            left,
            read_ahead,
            running: queues.running,
            ready: queues.ready,
            disk: queues.disk,
            outside: queues.outside,
            frames_changed,
            explain: said.join(" "),
        };
        self.steps.push(step);
    }

    fn slot(&self, frames: &Frames<'_>, frame: u32) -> FrameSlot {
        let Some(rank) = frames.holder(frame) else { return FrameSlot::empty(frame) };
        let (process, page) = frames.owner(rank);
        let place = frames.place(rank);
        FrameSlot {
            frame,
            process: Some(self.name(process).to_owned()),
            page: Some(self.page(process, page)),
            dirty: place.dirty,
            read_ahead: place.ahead,
            used_at: Some(place.used).filter(|&used| used > 0),
        }
    }
}

impl FrameSlot {
    /// Empty memory.
    pub(super) fn all(frames: usize) -> Vec<FrameSlot> {
        (0..).take(frames).map(FrameSlot::empty).collect()
    }

    /// Brings frames to where a step leaves them.
    pub(super) fn change(frames: &mut [FrameSlot], changed: &[FrameSlot]) {
        changed.iter().for_each(|slot| frames[slot.frame as usize] = slot.clone());
    }

    /// A frame that holds nothing.
    fn empty(frame: u32) -> FrameSlot {
        FrameSlot {
            frame,
            process: None,
            page: None,
            dirty: false,
            read_ahead: false,
            used_at: None,
        }
    }
}
