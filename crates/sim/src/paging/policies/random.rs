//! RANDOM: any page leaves, each with the same chance.
//!
//! Source: Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966
//! (RAND). The numbers come from SplitMix64 with `random.seed`; the victim is the frame `number × frames / 2⁶⁴`.

use crate::paging::convention::{Kind, Parameter, Value};
use crate::paging::index::Frame;
use crate::paging::memory::Memory;
use crate::paging::policy::{Policy, Reference, Setup, Witness};
use crate::paging::random::SplitMix64;
use crate::paging::telling::Telling;
use crate::paging::view::View;

/// `random.seed`.
pub static SEED: Parameter = Parameter {
    name: "random.seed",
    about: "The seed of the generator: the same seed, the same victims.",
    kind: Kind::Whole(0, u64::MAX),
    default: Value::Whole(1),
};

/// The policy.
#[derive(Debug, Clone)]
pub struct Random {
    generator: SplitMix64,
}

impl Policy for Random {
    const NAME: &'static str = "random";
    const TITLE: &'static str = "RANDOM";
    const ABOUT: &'static str = "Any page leaves, each with the same chance, from a seed.";
    const PARAMETERS: &'static [&'static Parameter] = &[&SEED];
    const FORGETS: bool = true;

    fn new(setup: &Setup<'_>) -> Random {
        Random { generator: SplitMix64::new(setup.convention.whole(&SEED)) }
    }

    #[inline(always)]
    fn hit<W: Witness>(&mut self, _: Reference, _: Frame, _: &mut Memory, tell: &mut W) {
        tell.say(|_| "RANDOM does not look at uses".to_owned());
    }

    #[inline(always)]
    fn evict<W: Witness>(&mut self, _: Reference, memory: &mut Memory, tell: &mut W) -> Frame {
        let frames = memory.frames();
        let victim = Frame::new(self.generator.below(frames));
        tell.say(|telling| {
            let page = telling.resident(memory, victim);
            format!("RANDOM draws frame {victim} of {frames}, which holds page {page}")
        });
        victim
    }

    #[inline(always)]
    fn load<W: Witness>(&mut self, _: Reference, _: Frame, _: &mut Memory, _: &mut W) {}

    fn view(&self, memory: &Memory, telling: &Telling<'_>) -> View {
        View::values("loaded at", memory, telling, |frame| (Some(telling.loaded(frame)), None))
    }
}
