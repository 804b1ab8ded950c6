//! TLSF: two bitmaps find a list of blocks that are certainly large enough, in constant time.
//!
//! Source: Masmano, Ripoll, Crespo, Real, "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", ECRTS 2004. The
//! size is rounded up to the next class, so that the first block of any list found holds it ("good fit"): a block of
//! the size's own class that would hold it is passed over. Lists are last in, first out; neighbours merge at once.
//! Choices: classes begin at 1 byte, and the smallest block is `block.minimum`.

use super::classed::{Class, Classed, Classes};
use super::list::Sized;
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::View;
use crate::convention::{Kind, Parameter, Value};
use crate::prose::many;

/// `tlsf.second_level`: how fine the classes are.
pub static SECOND_LEVEL: Parameter = Parameter {
    name: "tlsf.second_level",
    about: "Bits of the second level: 2 to their power classes a doubling. The paper advises 4 or 5.",
    kind: Kind::Whole(1, 5),
    default: Value::Whole(4),
};

/// Two-level segregated fit.
#[derive(Debug, Clone)]
pub struct Tlsf {
    free: Classed,
}

impl Policy for Tlsf {
    const NAME: &'static str = "tlsf";
    const TITLE: &'static str = "TLSF";
    const ABOUT: &'static str = "Two bitmaps find in constant time a list whose blocks are all large enough (Masmano et al., ECRTS 2004).";
    const PARAMETERS: &'static [&'static Parameter] = &[&SECOND_LEVEL];

    fn new(setup: &Setup<'_>) -> Tlsf {
        let bits = u32::try_from(setup.convention.whole(&SECOND_LEVEL)).unwrap_or(4);
        Tlsf { free: Classed::new(setup, Classes { bits }) }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        let free = &self.free;
        let wanted = free.classes.of(free.classes.rounded(request.bytes));
        let (class, words) = free.find(wanted);
        tell.say(|| from(free.classes, request.bytes, wanted));
        let Some((class, number)) = class.and_then(|class| Some((class, free.lists.front(class)?)))
        else {
            tell.say(|| format!("After {} of the bitmaps no bit is set", many(words, "word")));
            return Err(Refusal { searched: words });
        };
        let hole = free.blocks.span(number);
        tell.looked(std::iter::once(hole));
        tell.say(|| {
            let bits =
                if words == 1 { "Its second-level bitmap" } else { "The first-level bitmap" };
            format!("{bits} leads to the list of {}", free.classes.told(class))
        });
        tell.say(|| {
            format!("Its first block is {}; {}", Sized(hole), free.rest(hole, request.bytes))
        });
        Ok(Grant { block: self.free.take(number, request.bytes), searched: words + 1 })
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

/// Where the search begins: at the class whose least size is the request rounded up.
fn from(classes: Classes, bytes: u64, wanted: Class) -> String {
    let (rounded, class) = (classes.least(wanted), classes.told(wanted));
    if rounded == bytes {
        return format!("TLSF looks from the class of {class} on");
    }
    let bytes = many(bytes, "byte");
    format!(
        "TLSF rounds {bytes} up to {rounded}, so that every block found will do, and looks from the class of {class} on"
    )
}
