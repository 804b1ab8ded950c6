//! The conventions of the paging machines.

pub use crate::convention::{Kind, Parameter, Used, Value};

use super::presets::PRESETS;
use super::registry;
use crate::convention::{Preset, Vocabulary};

/// `frames.order`: whether memory is shown as frames or as the policy's list.
pub static FRAMES_ORDER: Parameter = Parameter {
    name: "frames.order",
    about: "How memory is shown: `slots` by frame number, `list` as the policy's own list of pages (OSTEP).",
    kind: Kind::Word(&["slots", "list"]),
    default: Value::Word("slots"),
};

/// The parameters and presets of the replacement policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging;

impl Vocabulary for Paging {
    const SHARED: &'static [&'static Parameter] = &[&FRAMES_ORDER];
    const PRESETS: &'static [Preset] = PRESETS;
    const EXAMPLE: &'static str = "clock.load_bit=0";

    fn parameters() -> impl Iterator<Item = &'static Parameter> {
        registry::parameters()
    }
}

/// The values that somebody chose for the replacement policies.
pub type Convention = crate::convention::Convention<Paging>;

impl Convention {
    /// The part of a number of frames that a ratio gives, rounded down.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "ratios are not negative and frames are at most a million"
    )]
    pub(crate) fn part(&self, parameter: &Parameter, frames: usize) -> u32 {
        (self.ratio(parameter) * frames as f64) as u32
    }
}
