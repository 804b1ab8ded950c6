//! Bump: the next bytes of an arena, which comes back as a whole.
//!
//! Source: Hanson, "Fast Allocation and Deallocation of Memory Based on Object Lifetimes", Software: Practice and
//! Experience 20 (1), 1990. Choice: the last block comes back at once, as in an obstack; the bytes of any other block
//! are dead until nothing is held any more.

use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{Gauge, Mark, View};
use crate::convention::{Kind, Parameter, Value};
use crate::prose::many;

/// `bump.rewind`: what brings bytes back.
pub static REWIND: Parameter = Parameter {
    name: "bump.rewind",
    about: "What brings bytes back: the free of the `last` block, and that of all; or only that of `all`.",
    kind: Kind::Word(&["last", "all"]),
    default: Value::Word("last"),
};

/// A bump allocator.
#[derive(Debug, Clone)]
pub struct Bump {
    memory: Span,
    /// Where the next block begins.
    next: u64,
    /// Bytes of the blocks that are held.
    held_bytes: u64,
    rewinds_last: bool,
}

impl Bump {
    /// What no block has had yet.
    fn rest(&self) -> Span {
        Span::new(self.next, self.memory.end() - self.next)
    }
}

impl Policy for Bump {
    const NAME: &'static str = "bump";
    const TITLE: &'static str = "Bump";
    const ABOUT: &'static str = "Takes the next bytes of an arena, which comes back when nothing is held any more (Hanson 1990).";
    const PARAMETERS: &'static [&'static Parameter] = &[&REWIND];

    fn new(setup: &Setup<'_>) -> Bump {
        Bump {
            memory: setup.memory,
            next: setup.memory.address,
            held_bytes: 0,
            rewinds_last: setup.convention.word(&REWIND) == "last",
        }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let rest = self.rest();
        tell.looked(std::iter::once(rest).filter(|rest| rest.size > 0));
        if rest.size < request.bytes {
            tell.say(|| {
                let dead = many(self.overhead_bytes(), "byte");
                format!(
                    "Behind {} the arena has {}; {dead} before it are dead",
                    self.next, rest.size
                )
            });
            return Err(Refusal { searched: 1 });
        }
        self.next += request.bytes;
        self.held_bytes += request.bytes;
        tell.say(|| {
            let (at, left) = (rest.address, many(self.rest().size, "byte"));
            format!("Bump takes the next {} at {at}; {left} are left", many(request.bytes, "byte"))
        });
        Ok(Grant { block: Block::of(Span::new(rest.address, request.bytes)), searched: 1 })
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        self.held_bytes -= block.size;
        if self.held_bytes == 0 {
            self.next = self.memory.address;
            tell.say(|| "Nothing is held any more: the whole arena is free".to_owned());
        } else if self.rewinds_last && block.span().end() == self.next {
            self.next = block.address;
            tell.say(|| format!("It was the last block: the next one begins at {}", self.next));
        } else {
            tell.say(|| "Its bytes are dead until nothing is held any more".to_owned());
        }
    }

    fn free_bytes(&self) -> u64 {
        self.rest().size
    }

    fn overhead_bytes(&self) -> u64 {
        self.next - self.memory.address - self.held_bytes
    }

    fn largest_hole(&self) -> u64 {
        self.rest().size
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.rest()).filter(|rest| rest.size > 0)
    }

    #[expect(clippy::cast_precision_loss, reason = "addresses are below 2^53")]
    fn view(&self) -> View {
        View {
            marks: vec![Mark { name: "next block", address: self.next }],
            gauges: vec![Gauge { name: "dead bytes", value: self.overhead_bytes() as f64 }],
            ..View::default()
        }
    }
}
