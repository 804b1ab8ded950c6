//! Conventions: the named parameters in which published tables of one policy differ.
//!
//! A policy declares its [`Parameter`]s beside the code that reads them. A [`Convention`] holds the values that
//! somebody chose, by a preset or one by one; everything else is at its default. Whoever prints a table prints
//! [`Convention::of`] with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::error::Error;
use super::nearest::nearest;
use super::presets::PRESETS;
use super::registry;

/// A parameter of a policy.
#[derive(Debug)]
pub struct Parameter {
    /// `policy.parameter`.
    pub name: &'static str,
    /// What it decides, one sentence.
    pub about: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// Its value where nothing else is said.
    pub default: Value,
}

/// The values that a parameter takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number between these, both allowed.
    Whole(u64, u64),
    /// A number between these, both allowed.
    Ratio(f64, f64),
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A word of [`Kind::Word`].
    Word(&'static str),
    /// A number of [`Kind::Whole`].
    Whole(u64),
    /// A number of [`Kind::Ratio`].
    Ratio(f64),
}

/// `frames.order`: whether memory is shown as frames or as the policy's list.
pub static FRAMES_ORDER: Parameter = Parameter {
    name: "frames.order",
    about: "How memory is shown: `slots` by frame number, `list` as the policy's own list of pages (OSTEP).",
    kind: Kind::Word(&["slots", "list"]),
    default: Value::Word("slots"),
};

/// The values somebody chose. Two conventions are equal when they choose the same values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Convention {
    chosen: BTreeMap<&'static str, Value>,
}

impl Convention {
    /// The convention of a book or program: one of [`PRESETS`].
    ///
    /// # Errors
    /// [`Error::UnknownPreset`] with the nearest name.
    pub fn preset(name: &str) -> Result<Convention, Error> {
        let names = || PRESETS.iter().map(|preset| preset.name);
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else {
            let nearest = nearest(name, names());
            return Err(Error::UnknownPreset { name: name.to_owned(), nearest });
        };
        Ok(Convention { chosen: preset.values.iter().copied().collect() })
    }

    /// Sets one parameter from `name=value`; what a preset said of it is replaced.
    ///
    /// # Errors
    /// [`Error::NotASetting`], [`Error::UnknownParameter`], [`Error::BadValue`].
    pub fn set(&mut self, setting: &str) -> Result<(), Error> {
        self.set_among(&[], setting)
    }

    /// The same where a machine has parameters of its own beside those of the policies.
    pub(crate) fn set_among(
        &mut self,
        own: &[&'static Parameter],
        setting: &str,
    ) -> Result<(), Error> {
        let Some((name, value)) = setting.split_once('=') else {
            return Err(Error::NotASetting { setting: setting.to_owned() });
        };
        let parameter = find(own, name.trim())?;
        let value = parameter.parse(value.trim())?;
        self.chosen.insert(parameter.name, value);
        Ok(())
    }

    /// The value of a parameter.
    pub fn value(&self, parameter: &Parameter) -> Value {
        self.chosen.get(parameter.name).copied().unwrap_or(parameter.default)
    }

    /// The value of a parameter that takes words.
    pub fn word(&self, parameter: &Parameter) -> &'static str {
        match self.value(parameter) {
            Value::Word(word) => word,
            Value::Whole(_) | Value::Ratio(_) => "",
        }
    }

    /// The value of a parameter that takes whole numbers.
    pub fn whole(&self, parameter: &Parameter) -> u64 {
        match self.value(parameter) {
            Value::Whole(number) => number,
            Value::Word(_) | Value::Ratio(_) => 0,
        }
    }

    /// The value of a parameter that takes ratios.
    pub fn ratio(&self, parameter: &Parameter) -> f64 {
        match self.value(parameter) {
            Value::Ratio(ratio) => ratio,
            Value::Word(_) | Value::Whole(_) => 0.0,
        }
    }

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

    /// Every parameter of a policy with its value: what stands beside a table.
    pub fn of(&self, parameters: &[&'static Parameter]) -> Used {
        let shared = std::iter::once(&FRAMES_ORDER);
        let all = parameters.iter().copied().chain(shared);
        Used(all.map(|parameter| (parameter.name, self.value(parameter))).collect())
    }
}

/// The parameters that a run depends on, with their values. In JSON an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Used(pub Vec<(&'static str, Value)>);

impl Serialize for Used {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Word(word) => f.write_str(word),
            Value::Whole(number) => number.fmt(f),
            Value::Ratio(ratio) => ratio.fmt(f),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Word(words) => write!(f, "{}", words.join(" or ")),
            Kind::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
            Kind::Ratio(least, most) => write!(f, "a number from {least} to {most}"),
        }
    }
}

impl Parameter {
    /// Reads a value of this parameter.
    fn parse(&self, text: &str) -> Result<Value, Error> {
        let value = match self.kind {
            Kind::Word(words) => {
                words.iter().find(|&&word| word == text).map(|word| Value::Word(word))
            }
            Kind::Whole(least, most) => {
                text.parse().ok().filter(|n| (least..=most).contains(n)).map(Value::Whole)
            }
            Kind::Ratio(least, most) => {
                text.parse().ok().filter(|n| (least..=most).contains(n)).map(Value::Ratio)
            }
        };
        value.ok_or_else(|| Error::BadValue {
            parameter: self.name,
            value: text.chars().take(40).collect(),
            takes: self.kind.to_string(),
        })
    }
}

/// The parameter of this name, among a machine's own and those of the policies.
fn find(own: &[&'static Parameter], name: &str) -> Result<&'static Parameter, Error> {
    let all = || own.iter().copied().chain(registry::parameters());
    all().find(|parameter| parameter.name == name).ok_or_else(|| {
        let nearest = nearest(name, all().map(|parameter| parameter.name));
        Error::UnknownParameter { name: name.to_owned(), nearest }
    })
}
