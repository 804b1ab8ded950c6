//! Blocks as rectangles: from which operation to which they stood where in memory. It is what a picture of memory over
//! time is made of.

use serde::Serialize;

use super::machine::{Machine, Outcome};
use super::policy::{Policy, Setup};
use super::requests::{Op, RequestId, Requests};
use super::span::Span;
use crate::table::Table;
use crate::window::Window;

/// A block in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Life {
    /// The request.
    pub id: u64,
    /// The operation that put the block there, from 1.
    pub from: u64,
    /// The operation that freed or moved it; `None` where it stands there at the end of the list.
    pub until: Option<u64>,
    /// The raw block.
    pub block: Span,
}

/// The blocks of a stretch of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lives {
    /// The rectangles that reach into the stretch, by their first operation.
    pub blocks: Vec<Life>,
    /// Rectangles that are not among them: those of the least area, bytes × operations in the stretch.
    pub left_out: u64,
}

/// Where a block stands, and since which operation.
#[derive(Debug, Clone, Copy)]
struct Standing {
    since: u64,
    block: Span,
}

const NOWHERE: Standing = Standing { since: 0, block: Span::new(0, 0) };

/// Rectangles beyond those wanted that are kept until the least of them are left out.
const SPARE: usize = 4096;

/// Gathers the rectangles of a stretch while a machine runs, of the greatest areas.
pub(super) struct Gathering<'a> {
    requests: &'a Requests,
    window: Window,
    most: usize,
    standing: Table<RequestId, Standing>,
    found: Vec<Life>,
    left_out: u64,
    /// Blocks that had been moved after the operation before.
    moved: u64,
}

impl<'a> Gathering<'a> {
    /// Nothing gathered yet of a stretch, of which at most `most` rectangles are wanted.
    pub(super) fn new(requests: &'a Requests, window: Window, most: usize) -> Gathering<'a> {
        let standing = Table::new(requests.ids(), NOWHERE);
        Gathering { requests, window, most, standing, found: Vec::new(), left_out: 0, moved: 0 }
    }

    /// Notes what the operation of this number, from 1, did.
    #[inline(always)]
    pub(super) fn note<P: Policy>(
        &mut self,
        at: u64,
        op: Op,
        outcome: Outcome,
        machine: &Machine<P>,
    ) {
        let moved = machine.counts().moved_blocks;
        if std::mem::replace(&mut self.moved, moved) != moved {
            self.slide(machine, at);
        }
        match (op, outcome) {
            (Op::Alloc { id, .. }, Outcome::Placed { block, .. }) => {
                self.rise(id, at, block.span());
            }
            (Op::Free { id }, Outcome::Freed { .. }) => self.end(id, Some(at)),
            _ => {}
        }
    }

    /// A block stands at its first place.
    fn rise(&mut self, id: RequestId, since: u64, block: Span) {
        self.standing[id] = Standing { since, block };
    }

    /// It stands there no longer.
    fn end(&mut self, id: RequestId, until: Option<u64>) {
        let Standing { since, block } = self.standing[id];
        if since == 0 {
            return;
        }
        self.standing[id] = NOWHERE;
        let life = Life { id: self.requests.name(id), from: since, until, block };
        if self.operations(&life) > 0 {
            self.found.push(life);
        }
        if self.found.len() >= self.most.saturating_mul(2).saturating_add(SPARE) {
            self.leave_out();
        }
    }

    /// The operations of the stretch after which the block stands there.
    fn operations(&self, life: &Life) -> u64 {
        let first = self.window.from as u64;
        let behind = first.saturating_add(self.window.count as u64);
        life.until.unwrap_or(u64::MAX).min(behind).saturating_sub(life.from.max(first))
    }

    /// Blocks that a compaction moved stand elsewhere from then on.
    fn slide<P: Policy>(&mut self, machine: &Machine<P>, at: u64) {
        let moved: Vec<(RequestId, Span)> = machine
            .blocks()
            .map(|(id, block)| (id, block.span()))
            .filter(|&(id, block)| self.standing[id].since > 0 && self.standing[id].block != block)
            .collect();
        for (id, block) in moved {
            self.end(id, Some(at));
            self.rise(id, at, block);
        }
    }

    /// Leaves out all but those of the greatest areas.
    fn leave_out(&mut self) {
        if self.found.len() <= self.most {
            return;
        }
        self.left_out += (self.found.len() - self.most) as u64;
        let mut found = std::mem::take(&mut self.found);
        let area = |life: &Life| u128::from(life.block.size) * u128::from(self.operations(life));
        // No two stand at one place from one operation on, so that there is one answer.
        let key = |life: &Life| (std::cmp::Reverse(area(life)), life.from, life.block);
        found.select_nth_unstable_by_key(self.most, key);
        found.truncate(self.most);
        self.found = found;
    }

    /// The rectangles, with those of the blocks that are held at the end.
    pub(super) fn finish<P: Policy>(mut self, machine: &Machine<P>) -> Lives {
        for (id, _) in machine.blocks() {
            self.end(id, None);
        }
        self.leave_out();
        self.found.sort_unstable_by_key(|life| (life.from, life.block));
        Lives { blocks: self.found, left_out: self.left_out }
    }
}

/// The blocks of a stretch of the list, at most `most` of them.
pub(super) fn lives_of<P: Policy>(setup: &Setup<'_>, window: Window, most: usize) -> Lives {
    let mut machine = Machine::<P>::new(setup);
    let mut gathering = Gathering::new(setup.requests, window, most);
    for (at, op) in (1..).zip(setup.requests.iter()) {
        let outcome = machine.step(op);
        gathering.note(at, op, outcome, &machine);
    }
    gathering.finish(&machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloc::question::{convention, policies_named};
    use crate::alloc::{Form, read, setup};

    fn lives(list: &str, settings: &[&str], window: Window, most: usize) -> Lives {
        let requests = read(list.as_bytes(), Form::List).unwrap();
        let convention = convention(None, settings.iter().copied()).unwrap();
        let setup = setup(Span::new(0, 100), &requests, &convention).unwrap();
        policies_named(["first"]).unwrap()[0].lives(&setup, window, most)
    }

    fn life(id: u64, from: u64, until: Option<u64>, address: u64, size: u64) -> Life {
        Life { id, from, until, block: Span::new(address, size) }
    }

    const ALL: Window = Window { from: 1, count: usize::MAX };

    #[test]
    fn a_failed_request_stands_nowhere_and_the_last_ones_to_the_end() {
        let found = lives("+10,+20,-0,+5,+90", &[], ALL, 10);
        let expected =
            vec![life(0, 1, Some(3), 0, 10), life(1, 2, None, 10, 20), life(2, 4, None, 0, 5)];
        assert_eq!(found, Lives { blocks: expected, left_out: 0 });
    }

    #[test]
    fn a_block_that_is_moved_is_two_rectangles() {
        let found = lives("+40,+40,-0,+50", &["compaction.when=on-failure"], ALL, 10);
        let expected = vec![
            life(0, 1, Some(3), 0, 40),
            life(1, 2, Some(4), 40, 40),
            life(1, 4, None, 0, 40),
            life(2, 4, None, 40, 50),
        ];
        assert_eq!(found.blocks, expected);
    }

    #[test]
    fn of_a_stretch_there_is_what_reaches_into_it_and_the_largest_areas_first() {
        let stretch = Window { from: 4, count: 2 };
        let list = "+10,+20,-0,+5,+7,-1,-2";
        assert_eq!(lives(list, &[], stretch, 10).blocks.len(), 3);
        let fewer = lives(list, &[], stretch, 1);
        assert_eq!(fewer, Lives { blocks: vec![life(1, 2, Some(6), 10, 20)], left_out: 2 });
    }
}
