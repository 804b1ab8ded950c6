//! The lab's machine: events in, steps out. Every decision about holes is [`choose`]'s.

use std::collections::HashMap;

use super::error::Error;
use super::fit::{Hole, choose};
use super::map::{Held, Map, Resident, Scene, Swapped};
use super::script::{Action, Event, Part, Place};
use super::simulation::{Counts, Move, Outcome, Placement, Search, Simulation, State, Step};
use super::telling;
use super::{MAX_ROWS, Problem};
use crate::processes::text::did_you_mean;
use crate::segments::Kind;
use crate::segments::translation::{
    self, Growth, Location, Request, Selector, Shape, Table, translate,
};
use crate::translate::Access;

/// The machine.
pub(super) struct Engine<'a> {
    problem: &'a Problem,
    map: Map,
    segments: Vec<Segment>,
    processes: Vec<Process<'a>>,
    /// The latest process of each name.
    named: HashMap<&'a str, usize>,
    /// Where next fit goes on: the end of what was placed last; the low end after a compaction.
    from: u64,
    counts: Counts,
    steps: Vec<Step>,
    rows: usize,
}

/// A segment that asked for memory.
struct Segment {
    process: usize,
    kind: Kind,
    bytes: u64,
}

/// A process that arrived.
struct Process<'a> {
    name: &'a str,
    segments: Vec<u32>,
    state: State,
}

/// What a step adds up while it is made.
struct Draft {
    outcome: Outcome,
    searches: Vec<Search>,
    moves: Vec<Move>,
    table: Vec<translation::Segment>,
    translation: Option<translation::Translation>,
    said: Vec<String>,
}

impl Draft {
    fn new(outcome: Outcome, said: String) -> Draft {
        let (searches, moves, table) = (Vec::new(), Vec::new(), Vec::new());
        Draft { outcome, searches, moves, table, translation: None, said: vec![said] }
    }
}

impl<'a> Engine<'a> {
    pub(super) fn new(problem: &'a Problem) -> Engine<'a> {
        Engine {
            problem,
            map: Map::new(problem.memory_bytes),
            segments: Vec::new(),
            processes: Vec::new(),
            named: HashMap::new(),
            from: 0,
            counts: Counts::default(),
            steps: Vec::new(),
            rows: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Simulation, Error> {
        let problem = self.problem;
        if problem.script.events().is_empty() {
            return Err(Error::Empty);
        }
        for event in problem.script.events() {
            let draft = self.event(event)?;
            self.finish(event, draft)?;
        }
        Ok(Simulation {
            memory_bytes: problem.memory_bytes,
            swap_bytes: problem.swap_bytes,
            fit: problem.fit,
            placements: self.placements(),
            counts: self.counts,
            scene: self.scene(),
            steps: self.steps,
        })
    }

    fn event(&mut self, event: &'a Event) -> Result<Draft, Error> {
        match &event.action {
            Action::Arrive(parts) => self.arrive(event, parts),
            Action::Grow(part) => self.of(event, |engine, process| engine.grow(process, part)),
            &Action::Access { kind, offset, access, place } => self.of(event, |engine, process| {
                engine.segment(process, kind, place)?;
                engine.access(process, (kind, offset, access))
            }),
            Action::SwapOut => self.of(event, |engine, process| Ok(engine.swap_out(process))),
            Action::SwapIn => self.of(event, |engine, process| Ok(engine.swap_in(process))),
            Action::End => self.of(event, |engine, process| Ok(engine.end(process))),
            Action::Compact => Ok(self.compact()),
        }
    }

    /// What the process of an event does; nothing, where it was refused.
    fn of(
        &mut self,
        event: &Event,
        act: impl FnOnce(&mut Engine<'a>, usize) -> Result<Draft, Error>,
    ) -> Result<Draft, Error> {
        let process = self.who(event)?;
        if self.processes[process].state == State::Refused {
            let name = self.processes[process].name;
            let said = format!("{name} was refused when it arrived: nothing happens.");
            return Ok(Draft::new(Outcome::Nothing, said));
        }
        act(self, process)
    }

    fn arrive(&mut self, event: &'a Event, parts: &[Part]) -> Result<Draft, Error> {
        let name = event.process.as_str();
        let memory_bytes = self.problem.memory_bytes;
        let living =
            |process: &usize| matches!(self.processes[*process].state, State::Memory | State::Swap);
        if self.named.get(name).is_some_and(living) {
            let act = "end it first, or take another name";
            return Err(event
                .place
                .error(format!("process `{name}` has arrived already: {act}"))
                .into());
        }
        if let Some(part) = parts.iter().find(|part| part.bytes > memory_bytes) {
            let Part { kind, bytes, .. } = part;
            let problem = format!("{kind} of {bytes} bytes never fits {memory_bytes} of memory");
            return Err(part.place.error(problem).into());
        }
        let process = self.processes.len();
        let segments: Vec<u32> = parts.iter().map(|part| self.declare(process, part)).collect();
        self.named.insert(name, process);
        self.processes.push(Process { name, segments: segments.clone(), state: State::Memory });
        self.counts.arrivals += 1;
        let mut draft = Draft::new(Outcome::Done, telling::arrival(name, parts));
        if !self.place(&segments, &mut draft) {
            self.processes[process].state = State::Refused;
            self.counts.arrivals_refused += 1;
            draft.said.push(self.no_room(&segments, &format!("{name} is refused")));
        }
        Ok(draft)
    }

    fn declare(&mut self, process: usize, part: &Part) -> u32 {
        self.segments.push(Segment { process, kind: part.kind, bytes: part.bytes });
        u32::try_from(self.segments.len() - 1).unwrap_or(u32::MAX)
    }

    /// Places segments in holes, all of them or none.
    fn place(&mut self, segments: &[u32], draft: &mut Draft) -> bool {
        let from = self.from;
        for (placed, &segment) in segments.iter().enumerate() {
            let bytes = self.segments[segment as usize].bytes;
            let Some(hole) = self.search(segment, bytes, draft) else {
                for &segment in &segments[..placed] {
                    self.map.take(segment);
                }
                if placed > 0 {
                    draft.said.push("What was placed of it before is free again.".to_owned());
                }
                self.from = from;
                draft.outcome = Outcome::Refused;
                return false;
            };
            self.map.put(Held { segment, base: hole.base, bytes });
            self.from = hole.base + bytes;
        }
        true
    }

    /// Looks for a hole for a segment of a size, and tells of it.
    fn search(&self, segment: u32, bytes: u64, draft: &mut Draft) -> Option<Hole> {
        let choice = choose(&self.map.holes(), bytes, self.problem.fit, self.from);
        let search = Search {
            segment,
            kind: self.segments[segment as usize].kind,
            size_bytes: bytes,
            looked: choice.looked,
            chosen: choice.chosen,
            left_bytes: choice.chosen.map(|hole| hole.size_bytes - bytes),
        };
        draft.said.push(telling::searched(self.problem.fit, &search));
        draft.searches.push(search);
        choice.chosen
    }

    /// Why segments were not placed, and whether compaction would have made room.
    fn no_room(&self, segments: &[u32], what: &str) -> String {
        let wanted = segments.iter().map(|&segment| self.segments[segment as usize].bytes).sum();
        telling::no_room(what, wanted, &self.map.holes(), wanted <= self.map.free_bytes())
    }

    fn grow(&mut self, process: usize, part: &Part) -> Result<Draft, Error> {
        let Part { kind, bytes, .. } = *part;
        let segment = self.segment(process, kind, part.place)?;
        let name = self.processes[process].name;
        let Some(held) = self.map.find(segment) else {
            let said = format!("{name} is in the swap area: it must come back before it grows.");
            return Ok(Draft::new(Outcome::Nothing, said));
        };
        let end = held.base + held.bytes;
        let beside = self.map.holes().into_iter().find(|hole| match kind {
            Kind::Stack => hole.base + hole.size_bytes == held.base,
            Kind::Code | Kind::Data | Kind::Heap => hole.base == end,
        });
        let beside = beside.map_or(0, |hole| hole.size_bytes);
        let mut draft = Draft::new(Outcome::Done, telling::growth(name, part, held, beside));
        let grown = held.bytes + bytes;
        if beside >= bytes {
            let base = if kind == Kind::Stack { held.base - bytes } else { held.base };
            self.settle(Held { base, bytes: grown, ..held });
            self.counts.grown_in_place += 1;
            draft.said.push(telling::in_place(kind, base, grown));
        } else if let Some(hole) = self.search(segment, grown, &mut draft) {
            let (from, to, size_bytes) = (held.base, hole.base, held.bytes);
            self.settle(Held { base: to, bytes: grown, ..held });
            self.from = to + grown;
            self.counts.grown_by_move += 1;
            draft.said.push(format!("Its {size_bytes} bytes are moved from {from} to {to}."));
            draft.moves.push(Move { segment, from, to, size_bytes });
        } else {
            draft.outcome = Outcome::Refused;
            self.counts.growths_refused += 1;
            let free = self.map.free_bytes();
            let last = self.map.held().last().is_some_and(|last| last.segment == segment);
            let helps = grown <= free || (last && kind != Kind::Stack && bytes <= free);
            let what = format!("The {kind} of {name} does not grow");
            draft.said.push(telling::no_room(&what, grown, &self.map.holes(), helps));
        }
        Ok(draft)
    }

    /// Gives a segment in memory another place or size.
    fn settle(&mut self, held: Held) {
        self.map.take(held.segment);
        self.map.put(held);
        self.segments[held.segment as usize].bytes = held.bytes;
    }

    fn access(
        &mut self,
        process: usize,
        (kind, offset, access): (Kind, i64, Access),
    ) -> Result<Draft, Error> {
        let table = self.table(process)?;
        let request = Request { selector: Selector::Kind(kind), offset, access };
        let found = translate(&table, &[request])?.translations.pop();
        let trapped = found.as_ref().is_some_and(|found| found.trap.is_some());
        let outcome = if trapped { Outcome::Trap } else { Outcome::Done };
        self.counts.accesses += 1;
        self.counts.traps += u64::from(trapped);
        let name = self.processes[process].name;
        let mut draft = Draft::new(outcome, telling::access(name, kind, offset, access));
        draft.said.extend(found.as_ref().map(|found| found.explain.clone()));
        draft.table = table.segments().to_vec();
        draft.translation = found;
        Ok(draft)
    }

    /// The segment table of a process: its segments count from 0, and a stack grows down from its top.
    fn table(&self, process: usize) -> Result<Table, Error> {
        let mut table = Table::new(Shape::default())?;
        for (number, &segment) in (0..).zip(&self.processes[process].segments) {
            let Segment { kind, bytes, .. } = self.segments[segment as usize];
            let held = self.map.find(segment);
            let mut entry =
                translation::Segment::new(number, held.map_or(0, |held| held.base), bytes);
            if kind == Kind::Stack {
                entry.growth = Growth::Down;
                entry.location = Location::Whole { base: held.map_or(0, |held| held.base) + bytes };
            }
            entry.kind = Some(kind);
            entry.protection = kind.usual_protection();
            entry.present = held.is_some();
            table.push(entry)?;
        }
        Ok(table)
    }

    fn swap_out(&mut self, process: usize) -> Draft {
        let Process { name, ref segments, state } = self.processes[process];
        if state == State::Swap {
            let said = format!("{name} is in the swap area already: nothing happens.");
            return Draft::new(Outcome::Nothing, said);
        }
        let segments = segments.clone();
        let bytes = self.bytes(process);
        if let Some(swap_bytes) = self.problem.swap_bytes {
            let living = self.processes.iter().enumerate();
            let swapped = living.filter(|(_, process)| process.state == State::Swap);
            let used: u64 = swapped.map(|(process, _)| self.bytes(process)).sum();
            if used + bytes > swap_bytes {
                self.counts.swaps_refused += 1;
                let free = swap_bytes.saturating_sub(used);
                let said = format!(
                    "{name} does not go to the swap area: it has {bytes} bytes, and {free} of the area's {swap_bytes} are \
                     free."
                );
                return Draft::new(Outcome::Refused, said);
            }
        }
        self.processes[process].state = State::Swap;
        self.counts.swap_outs += 1;
        let freed = self.free(&segments);
        let said = format!("{name} goes to the swap area with {bytes} bytes. {freed}");
        Draft::new(Outcome::Done, said)
    }

    fn swap_in(&mut self, process: usize) -> Draft {
        let Process { name, ref segments, state } = self.processes[process];
        if state == State::Memory {
            let said = format!("{name} is in memory already: nothing happens.");
            return Draft::new(Outcome::Nothing, said);
        }
        let segments = segments.clone();
        let bytes = self.bytes(process);
        let said = format!("{name} is to come back from the swap area with {bytes} bytes.");
        let mut draft = Draft::new(Outcome::Done, said);
        if self.place(&segments, &mut draft) {
            self.processes[process].state = State::Memory;
            self.counts.swap_ins += 1;
            draft.said.push("Only the bases in its segment table are new.".to_owned());
        } else {
            self.counts.swaps_refused += 1;
            draft.said.push(self.no_room(&segments, &format!("{name} stays in the swap area")));
        }
        draft
    }

    fn end(&mut self, process: usize) -> Draft {
        let Process { name, ref segments, state } = self.processes[process];
        let segments = segments.clone();
        self.processes[process].state = State::Ended;
        self.counts.ends += 1;
        let freed = match state {
            State::Swap => format!("Its {} bytes of swap are free again.", self.bytes(process)),
            State::Memory | State::Ended | State::Refused => self.free(&segments),
        };
        Draft::new(Outcome::Done, format!("{name} ends. {freed}"))
    }

    /// Takes segments out of memory, and says what is free now.
    fn free(&mut self, segments: &[u32]) -> String {
        let freed: Vec<Held> =
            segments.iter().filter_map(|&segment| self.map.take(segment)).collect();
        let touched = |hole: &Hole| {
            freed.iter().any(|held| (hole.base..hole.base + hole.size_bytes).contains(&held.base))
        };
        let holes: Vec<Hole> = self.map.holes().into_iter().filter(touched).collect();
        telling::freed(freed.iter().map(|held| held.bytes).sum(), &holes)
    }

    fn compact(&mut self) -> Draft {
        let moves: Vec<Move> = self
            .map
            .compact()
            .into_iter()
            .map(|(Held { segment, base, bytes }, to)| Move {
                segment,
                from: base,
                to,
                size_bytes: bytes,
            })
            .collect();
        self.from = 0;
        self.counts.compactions += 1;
        let labels = moves.iter().map(|moved| self.label(moved.segment));
        let said = telling::compaction(labels, &moves, &self.map.holes());
        let mut draft = Draft::new(Outcome::Done, said);
        draft.moves = moves;
        draft
    }

    /// The process that an event names.
    fn who(&self, event: &Event) -> Result<usize, Error> {
        let name = event.process.as_str();
        let there = |process: &usize| self.processes[*process].state != State::Ended;
        if let Some(process) = self.named.get(name).copied().filter(there) {
            return Ok(process);
        }
        let mut names: Vec<&str> = self.named.keys().copied().collect();
        names.retain(|name| self.named.get(name).is_some_and(there));
        names.sort_unstable();
        let nearest = did_you_mean(name, names.into_iter());
        let problem = format!("no process `{name}` is there: it must arrive first{nearest}");
        Err(event.place.error(problem).into())
    }

    /// The segment of a kind of a process; the error is at the place of the word that asked for it.
    fn segment(&self, process: usize, kind: Kind, place: Place) -> Result<u32, Error> {
        let Process { name, ref segments, .. } = self.processes[process];
        let kinds = |&segment: &u32| self.segments[segment as usize].kind;
        let found = segments.iter().find(|segment| kinds(segment) == kind).copied();
        found.ok_or_else(|| {
            let has: Vec<&str> = segments.iter().map(|segment| kinds(segment).name()).collect();
            place.error(format!("{name} has no {kind}: it arrived with {}", has.join(", "))).into()
        })
    }

    fn bytes(&self, process: usize) -> u64 {
        let segments = self.processes[process].segments.iter();
        segments.map(|&segment| self.segments[segment as usize].bytes).sum()
    }

    /// A segment as sentences call it: "p1's heap".
    fn label(&self, segment: u32) -> String {
        let Segment { process, kind, .. } = self.segments[segment as usize];
        format!("{}'s {kind}", self.processes[process].name)
    }

    /// Writes the step down.
    fn finish(&mut self, event: &Event, draft: Draft) -> Result<(), Error> {
        let map = self.scene();
        let searched: usize = draft.searches.iter().map(|search| search.looked.len()).sum();
        let shown = map.segments.len() + map.holes.len() + map.swap.len();
        self.rows += 1 + shown + searched + draft.moves.len();
        if self.rows > MAX_ROWS {
            return Err(Error::TooMuch);
        }
        let moved_bytes = draft.moves.iter().map(|moved| moved.size_bytes).sum();
        self.counts.moved_bytes += moved_bytes;
        self.steps.push(Step {
            index: self.steps.len() as u64 + 1,
            event: event.line(),
            process: (event.action != Action::Compact).then(|| event.process.clone()),
            action: event.verb(),
            outcome: draft.outcome,
            searches: draft.searches,
            moves: draft.moves,
            moved_bytes,
            table: draft.table,
            translation: draft.translation,
            map,
            explain: draft.said.join(" "),
        });
        Ok(())
    }

    fn scene(&self) -> Scene {
        let owner = |segment: u32| {
            let Segment { process, kind, .. } = self.segments[segment as usize];
            (self.processes[process].name.to_owned(), kind)
        };
        let resident = |held: &Held| {
            let Held { segment, base, bytes } = *held;
            let (process, kind) = owner(segment);
            Resident { segment, process, kind, base, limit: bytes }
        };
        let swapped = |segment: u32| {
            let (process, kind) = owner(segment);
            Swapped { segment, process, kind, limit: self.segments[segment as usize].bytes }
        };
        let outside = self.processes.iter().filter(|process| process.state == State::Swap);
        let holes = self.map.holes();
        Scene {
            segments: self.map.held().iter().map(resident).collect(),
            swap: outside.flat_map(|process| &process.segments).map(|&id| swapped(id)).collect(),
            free_bytes: self.map.free_bytes(),
            largest_hole_bytes: holes.iter().map(|hole| hole.size_bytes).max().unwrap_or(0),
            holes,
        }
    }

    fn placements(&self) -> Vec<Placement> {
        let placement = |(number, segment): (u32, &Segment)| {
            let process = &self.processes[segment.process];
            Placement {
                segment: number,
                process: process.name.to_owned(),
                kind: segment.kind,
                base: self.map.find(number).map(|held| held.base),
                limit: segment.bytes,
                refused: process.state == State::Refused,
                state: process.state,
            }
        };
        (0..).zip(&self.segments).map(placement).collect()
    }
}
