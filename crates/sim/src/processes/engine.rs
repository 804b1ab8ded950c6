//! The lab's machine: events in, steps out. The policy's own stepper decides; the engine keeps tables and swap.

use std::collections::HashSet;

use super::script::{Action, Event, Page, ProcessId, Script};
use super::simulation::{Counts, Owned, Past, Simulation, Step};
use super::state::{Change, State};
use super::telling::{few, freed, opening, retold, tagged, untagged};
use super::{Error, Problem};
use crate::paging::policies::opt::TIE;
use crate::paging::registry::{self, Entry};
use crate::paging::{self, Convention, References, Steps, Used};

/// The machine.
pub(crate) struct Engine<'a> {
    problem: &'a Problem,
    script: &'a Script,
    entry: &'static Entry,
    /// The problem's, but memory is listed in the policy's own order: the order in which pages outlive an end.
    convention: Convention,
    frames: usize,
    state: State,
    counts: Counts,
    steps: Vec<Step>,
    past: Past,
}

/// The policy between two ends: its stepper, and the lab's frame for each of its frames.
struct Epoch<'r> {
    stepper: Box<dyn Steps + Send + 'r>,
    frames: Vec<u32>,
    /// Survivors that the policy did not keep when it began anew; told with the next step.
    dropped: Vec<Page>,
}

/// What a step adds up while it is made.
#[derive(Default)]
struct Draft {
    changes: Vec<Change>,
    said: Vec<String>,
    hit: Option<bool>,
    frame: Option<u32>,
    victim: Option<Page>,
    released: Vec<Page>,
    swapped_in: Option<u32>,
    swapped_out: Vec<u32>,
    /// Frames and slots whose holder may differ afterwards.
    frames: Vec<u32>,
    slots: Vec<u32>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(problem: &'a Problem) -> Result<Engine<'a>, Error> {
        let frames = problem.frames()?;
        let script = &problem.script;
        if script.events().is_empty() {
            return Err(Error::Empty);
        }
        let entry = registry::policy(&problem.policy)?;
        let mut convention = problem.convention.clone();
        convention.set("frames.order=list").map_err(paging::Error::from)?;
        Ok(Engine {
            problem,
            script,
            entry,
            convention,
            frames,
            state: State::new(frames, script),
            counts: Counts::default(),
            steps: Vec::new(),
            past: Past::new(frames, script),
        })
    }

    pub(crate) fn run(mut self) -> Result<Simulation, Error> {
        let mut survivors = Vec::new();
        while self.steps.len() < self.script.events().len() {
            survivors = self.epoch(&survivors)?;
        }
        let convention: Used = self.problem.convention.of(self.entry.parameters);
        let sizes = (self.problem.memory_bytes, self.problem.page_bytes);
        let name = self.entry.name;
        Ok(Simulation::new((name, convention), sizes, self.counts, self.steps, self.past))
    }

    /// Makes the steps up to and including the next end that frees a frame. `survivors` are the resident pages in the
    /// policy's order; so is what is returned.
    fn epoch(&mut self, survivors: &[Page]) -> Result<Vec<Page>, Error> {
        let events = &self.script.events()[self.steps.len()..];
        let Some(references) = self.references(survivors, events)? else {
            events.iter().for_each(|&event| self.quiet(event, &[]));
            return Ok(Vec::new());
        };
        let stepper = self.entry.stepper(self.frames, &references, &self.convention)?;
        let mut epoch = Epoch { stepper, frames: Vec::new(), dropped: Vec::new() };
        self.begin(&mut epoch, survivors);
        for &event in events {
            let (Action::Touch(number) | Action::Write(number)) = event.action else {
                if event.action == Action::End && self.holds_frames(event.process) {
                    let survivors = self.survivors(&epoch, event.process);
                    self.quiet(event, &survivors);
                    return Ok(survivors);
                }
                self.quiet(event, &[]);
                continue;
            };
            self.touch(&mut epoch, event, Page { process: event.process, number });
        }
        Ok(Vec::new())
    }

    /// The survivors, dirty ones as writes, and every touch that is still to come; `None` where there is neither.
    fn references(
        &self,
        survivors: &[Page],
        events: &[Event],
    ) -> Result<Option<References>, Error> {
        let held = survivors.iter().map(|&page| (page, self.state.place(page).dirty));
        let touches = events.iter().filter_map(|event| {
            let process = event.process;
            match event.action {
                Action::Touch(number) => Some((Page { process, number }, false)),
                Action::Write(number) => Some((Page { process, number }, true)),
                Action::Arrive | Action::End => None,
            }
        });
        let all: Vec<(u64, bool)> =
            held.chain(touches).map(|(page, write)| (tagged(self.script, page), write)).collect();
        if all.is_empty() { Ok(None) } else { Ok(Some(References::new(all)?)) }
    }

    /// Shows the survivors to a new policy, and gives its frames the lab's numbers: those of the survivors first.
    fn begin(&self, epoch: &mut Epoch<'_>, survivors: &[Page]) {
        epoch.stepper.seek(survivors.len());
        let frame = |page: &Page| self.state.place(*page).frame;
        let held: Vec<u32> = survivors.iter().filter_map(frame).collect();
        epoch.frames = held.iter().copied().chain(self.state.free_frames()).collect();
        let kept: HashSet<Page> =
            resident(self.script, epoch.stepper.as_ref()).into_iter().collect();
        epoch.dropped = survivors.iter().copied().filter(|page| !kept.contains(page)).collect();
    }

    /// The resident pages of all other processes, in the policy's order.
    fn survivors(&self, epoch: &Epoch<'_>, ended: ProcessId) -> Vec<Page> {
        let mut pages = epoch.dropped.clone();
        pages.extend(resident(self.script, epoch.stepper.as_ref()));
        pages.retain(|page| page.process != ended);
        pages
    }

    fn holds_frames(&self, process: ProcessId) -> bool {
        !self.state.holdings(process).0.is_empty()
    }

    /// An arrival or an end. `survivors` are those that the policy keeps when it begins anew.
    fn quiet(&mut self, event: Event, survivors: &[Page]) {
        let mut draft = Draft::default();
        draft.said.push(opening(self.script, event));
        if event.action == Action::Arrive {
            self.change(&mut draft, Change::Arrive(event.process));
        } else {
            let (frames, slots) = self.state.holdings(event.process);
            draft.said =
                vec![format!("{}: {}.", opening(self.script, event), freed(&frames, &slots))];
            draft.said.extend(self.anew(survivors));
            self.change(&mut draft, Change::End(event.process));
            (draft.frames, draft.slots) = (frames, slots);
        }
        self.finish(event, draft);
    }

    /// "FIFO goes on with the pages that stay …": how the policy counts from here on.
    fn anew(&self, survivors: &[Page]) -> Option<String> {
        if survivors.is_empty() {
            return None;
        }
        let title = self.entry.title;
        let pages = few(survivors.iter().map(|&page| self.script.label(page)));
        let what = match self.entry.name {
            "fifo" | "lru" | "mru" => "goes on",
            "opt" if self.convention.word(&TIE) != "lowest-frame" => "goes on",
            _ => "begins anew, without what it had noted,",
        };
        let numbers = match survivors.len() {
            1 => "reference 1".to_owned(),
            last => format!("references 1 to {last}"),
        };
        Some(format!(
            "{title} {what} with the pages that stay, and counts them as {numbers}: {pages}."
        ))
    }

    fn touch(&mut self, epoch: &mut Epoch<'_>, event: Event, page: Page) {
        let mut draft = Draft::default();
        for dropped in std::mem::take(&mut epoch.dropped) {
            let label = self.script.label(dropped);
            draft.said.push(format!("Beginning anew, the policy gives {label} up."));
            draft.released.push(dropped);
        }
        let before = epoch.stepper.counts().writebacks;
        let Some(told) = epoch.stepper.forward() else { return };
        let written = epoch.stepper.counts().writebacks - before;
        let write = event.action != Action::Touch(page.number);
        // Not what the policy counts: one of them forgives loads that its source does not count as faults.
        let held = self.state.place(page).frame;
        draft.hit = Some(held.is_some());
        draft.frame = told.frame.and_then(|frame| epoch.frames.get(frame as usize)).copied();
        draft.victim = told.victim.and_then(|name| untagged(self.script, name));
        draft.released.extend(told.released.iter().filter_map(|&name| untagged(self.script, name)));
        let found = match held {
            Some(frame) => format!("its page table says frame {frame}: a hit"),
            None => "its page table has no frame for it: a page fault".to_owned(),
        };
        let opening = opening(self.script, event);
        draft.said.push(format!("Reference {}: {opening}; {found}.", told.index));
        let label = |name| untagged(self.script, name).map(|page| self.script.label(page));
        let frame = |number| epoch.frames.get(usize::try_from(number).ok()?).copied();
        draft.said.push(retold(&told.explain, label, frame));
        self.leave(&mut draft, page, write, written);
        self.come(&mut draft, page, write);
        self.count(&draft);
        self.finish(event, draft);
    }

    /// Pages leave: dirty ones to the swap area. `written` is how many the policy wrote back in this step.
    fn leave(&mut self, draft: &mut Draft, page: Page, write: bool, written: u64) {
        let leaving: Vec<Page> = draft.victim.iter().chain(&draft.released).copied().collect();
        let is_dirty = |gone: Page| self.state.place(gone).dirty || (gone == page && write);
        let dirty: Vec<bool> = leaving.iter().map(|&gone| is_dirty(gone)).collect();
        let early = written < dirty.iter().filter(|&&dirty| dirty).count() as u64;
        for (gone, dirty) in leaving.into_iter().zip(dirty) {
            let place = self.state.place(gone);
            let label = self.script.label(gone);
            draft.frames.extend(place.frame);
            if dirty {
                let slot = self.state.slot_for(gone);
                draft.swapped_out.push(slot);
                draft.slots.push(slot);
                self.change(draft, Change::SwapOut(gone, slot));
                let when = if early { "was swapped out before" } else { "is swapped out" };
                draft.said.push(format!("{label} {when}, to slot {slot}."));
            } else if let Some(slot) = place.slot {
                draft.said.push(format!("{label} is as slot {slot} has it, and is dropped."));
            } else {
                let why = "was never written: its program's file has it, and it is dropped";
                draft.said.push(format!("{label} {why}."));
            }
            self.change(draft, Change::Leave(gone));
        }
    }

    /// The page is where the policy put it, and is written.
    fn come(&mut self, draft: &mut Draft, page: Page, write: bool) {
        let Some(frame) = draft.frame else { return };
        if draft.hit == Some(false) {
            let label = self.script.label(page);
            draft.swapped_in = self.state.place(page).slot;
            draft.said.push(match draft.swapped_in {
                Some(slot) => format!("{label} is swapped in from slot {slot}."),
                None => format!("{label} comes from its program's file."),
            });
            draft.frames.push(frame);
            self.change(draft, Change::Load(page, frame));
        }
        if write {
            self.change(draft, Change::Dirty(page));
        }
    }

    fn change(&mut self, draft: &mut Draft, change: Change) {
        self.state.apply(change, self.script);
        draft.changes.push(change);
    }

    fn count(&mut self, draft: &Draft) {
        let fault = draft.hit == Some(false);
        let counts = &mut self.counts;
        counts.references += 1;
        counts.hits += u64::from(!fault);
        counts.faults += u64::from(fault);
        counts.placed += u64::from(fault && draft.victim.is_none());
        counts.replaced += u64::from(fault && draft.victim.is_some());
        counts.swap_ins += u64::from(draft.swapped_in.is_some());
        counts.swap_outs += draft.swapped_out.len() as u64;
    }

    /// Writes the step down; its changes are made already.
    fn finish(&mut self, event: Event, draft: Draft) {
        let script = self.script;
        self.past.push(draft.changes, &self.state);
        let slot = |&slot: &u32| self.state.slot(slot, script);
        let (action, page) = match event.action {
            Action::Arrive => ("arrive", None),
            Action::Touch(page) => ("touch", Some(page)),
            Action::Write(page) => ("write", Some(page)),
            Action::End => ("end", None),
        };
        let owned = |page: &Page| Owned::of(script, *page);
        self.steps.push(Step {
            index: self.steps.len() as u64 + 1,
            event: script.line(event),
            process: script.process(event.process).name.clone(),
            action,
            page,
            hit: draft.hit,
            frame: draft.frame,
            victim: draft.victim.as_ref().map(owned),
            released: draft.released.iter().map(owned).collect(),
            swapped_in: draft.swapped_in,
            swapped_out: draft.swapped_out.iter().map(slot).collect(),
            frames_changed: once_each(draft.frames, |frame| self.state.frame(frame, script)),
            swap_changed: once_each(draft.slots, |number| slot(&number)),
            explain: draft.said.join(" "),
        });
    }
}

/// What is resident in the policy's memory, in its own order.
fn resident(script: &Script, stepper: &(dyn Steps + Send)) -> Vec<Page> {
    stepper.frames().into_iter().flatten().filter_map(|name| untagged(script, name)).collect()
}

fn once_each<T>(mut numbers: Vec<u32>, show: impl FnMut(u32) -> T) -> Vec<T> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(show).collect()
}
