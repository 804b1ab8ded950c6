//! Segregated fits: a free list a size class; first fit in the request's own class, then any block of a larger one.
//!
//! Source: Wilson, Johnstone, Neely, Boles, "Dynamic Storage Allocation: A Survey and Critical Review", IWMM 1995,
//! section 3.6, "segregated fits". Lists are last in, first out; neighbours merge at once, by boundary tags. Choice: only
//! the first few blocks of the own class are looked at before a larger class is taken, and the others when no larger
//! class has a block, as Doug Lea's allocator bounds its search too; so a request fails only where no block holds it.

use super::blocks::Number;
use super::classed::{Class, Classed, Classes};
use super::list::Sized;
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::View;
use crate::convention::{Kind, Parameter, Value};
use crate::prose::{listed, many};

/// `segregated.classes`: how fine the classes are.
pub static CLASSES: Parameter = Parameter {
    name: "segregated.classes",
    about: "Size classes a doubling: 1 is the powers of two.",
    kind: Kind::Word(&["1", "2", "4", "8", "16"]),
    default: Value::Word("4"),
};

/// `segregated.look`: how long the first search is.
pub static LOOK: Parameter = Parameter {
    name: "segregated.look",
    about: "Blocks of the request's own class that are looked at before a larger class is taken.",
    kind: Kind::Whole(0, 1 << 20),
    default: Value::Whole(8),
};

/// Segregated fits.
#[derive(Debug, Clone)]
pub struct Segregated {
    free: Classed,
    look: usize,
}

/// What a search found.
#[derive(Debug, Clone, Copy)]
struct Found {
    number: Option<Number>,
    searched: u32,
    /// How many blocks of the own class were looked at before a larger class was tried.
    own: usize,
    /// The class of the block.
    class: Class,
}

impl Segregated {
    fn search(&self, bytes: u64) -> Found {
        let Classed { classes, blocks, lists, .. } = &self.free;
        let class = classes.of(bytes);
        let (mut searched, mut own) = (0, 0);
        let holds = |number: &Number| blocks.span(*number).size >= bytes;
        for number in lists.iter(class).take(self.look) {
            (searched, own) = (searched + 1, own + 1);
            if holds(&number) {
                return Found { number: Some(number), searched, own, class };
            }
        }
        if let (Some(larger), words) = self.free.find(class + 1)
            && let Some(number) = lists.front(larger)
        {
            return Found {
                number: Some(number),
                searched: searched + words + 1,
                own,
                class: larger,
            };
        }
        let late = lists.iter(class).skip(self.look).inspect(|_| searched += 1).find(holds);
        Found { number: late, searched, own, class }
    }

    fn told(&self, bytes: u64, found: Found) -> String {
        let own = self.free.classes.of(bytes);
        let class = self.free.classes.told(own);
        let looked = listed(self.free.of_class(own).take(found.own).map(Sized));
        let some = many(found.own as u64, "block");
        match found.own {
            0 => format!("The list of {class} is empty"),
            _ => format!("Segregated fits looks at {some} of the list of {class}: {looked}"),
        }
    }

    fn because(&self, bytes: u64, found: Found, hole: Span) -> String {
        let class = self.free.classes.told(found.class);
        match found.class == self.free.classes.of(bytes) {
            true => format!("The first that holds {} is {}", many(bytes, "byte"), Sized(hole)),
            false => {
                format!("The next class with a block is {class}; its first is {}", Sized(hole))
            }
        }
    }
}

impl Policy for Segregated {
    const NAME: &'static str = "segregated";
    const TITLE: &'static str = "Segregated fits";
    const ABOUT: &'static str = "A free list a size class: first fit in the request's class, then any block of a larger one (Wilson et al., IWMM 1995).";
    const PARAMETERS: &'static [&'static Parameter] = &[&CLASSES, &LOOK];

    fn new(setup: &Setup<'_>) -> Segregated {
        let a_doubling: u32 = setup.convention.word(&CLASSES).parse().unwrap_or(4);
        let look = usize::try_from(setup.convention.whole(&LOOK)).unwrap_or(usize::MAX);
        Segregated { free: Classed::new(setup, Classes { bits: a_doubling.ilog2() }), look }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let bytes = request.bytes;
        let found = self.search(bytes);
        tell.say(|| self.told(bytes, found));
        tell.looked(self.free.of_class(self.free.classes.of(bytes)).take(found.own));
        let Some(number) = found.number else {
            tell.say(|| format!("No list has a block of {}", many(bytes, "byte")));
            return Err(Refusal { searched: found.searched });
        };
        let hole = self.free.blocks.span(number);
        tell.say(|| {
            format!("{}; {}", self.because(bytes, found, hole), self.free.rest(hole, bytes))
        });
        Ok(Grant { block: self.free.take(number, bytes), searched: found.searched })
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        self.free.give(block, tell);
    }

    fn free_bytes(&self) -> u64 {
        self.free.free_bytes()
    }

    fn largest_hole(&self) -> u64 {
        self.free.largest()
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        self.free.occupied().flat_map(|class| self.free.of_class(class))
    }

    fn view(&self) -> View {
        self.free.view()
    }
}
