//! Conventions: the named parameters in which published tables of one policy differ.
//!
//! A policy declares its [`Parameter`]s beside the code that reads them. A [`Convention`] holds the values that
//! somebody chose, by a preset or one by one; everything else is at its default. Whoever prints a table prints
//! [`Convention::of`] with it. Which parameters and presets there are, the [`Vocabulary`] of each simulator says.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::nearest::nearest;

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

/// The values that a source uses where they differ from the defaults, or where it states them.
#[derive(Debug)]
pub struct Preset {
    /// How it is asked for.
    pub name: &'static str,
    /// The book or program.
    pub source: &'static str,
    /// Its values.
    pub values: &'static [(&'static str, Value)],
}

/// The parameters and presets of one simulator's policies.
pub trait Vocabulary: Copy + fmt::Debug {
    /// The parameters that every policy reads.
    const SHARED: &'static [&'static Parameter];
    /// The presets.
    const PRESETS: &'static [Preset];
    /// A setting as it should be written, for who writes none.
    const EXAMPLE: &'static str;
    /// Every parameter of every policy, and the shared ones.
    fn parameters() -> impl Iterator<Item = &'static Parameter>;
}

/// A choice that a convention cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// No policy has this parameter.
    #[error("no policy has a parameter `{name}`{}", did_you_mean(.nearest.as_ref()))]
    UnknownParameter {
        /// The name that was set.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// No preset has this name.
    #[error("there is no preset `{name}`{}", did_you_mean(.nearest.as_ref()))]
    UnknownPreset {
        /// The name that was asked for.
        name: String,
        /// The nearest name there is, where one is near.
        nearest: Option<&'static str>,
    },
    /// A parameter cannot have this value.
    #[error("`{parameter}` cannot be `{value}`: it takes {takes}")]
    BadValue {
        /// The parameter.
        parameter: &'static str,
        /// The value that was given.
        value: String,
        /// What it takes, in words.
        takes: String,
    },
    /// A setting that is not `name=value`.
    #[error("`{setting}` sets nothing: write parameter=value, for instance {example}")]
    NotASetting {
        /// The text that was given.
        setting: String,
        /// One that sets something.
        example: &'static str,
    },
}

/// "; did you mean `clock`?", or nothing.
pub(crate) fn did_you_mean(nearest: Option<&&'static str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// The values somebody chose. Two conventions are equal when they choose the same values.
#[derive(Debug, Clone, PartialEq)]
pub struct Convention<V> {
    chosen: BTreeMap<&'static str, Value>,
    vocabulary: PhantomData<V>,
}

impl<V> Default for Convention<V> {
    fn default() -> Convention<V> {
        Convention { chosen: BTreeMap::new(), vocabulary: PhantomData }
    }
}

impl<V: Vocabulary> Convention<V> {
    /// The convention of a book or program: one of [`Vocabulary::PRESETS`].
    ///
    /// # Errors
    /// [`SettingError::UnknownPreset`] with the nearest name.
    pub fn preset(name: &str) -> Result<Convention<V>, SettingError> {
        let names = || V::PRESETS.iter().map(|preset| preset.name);
        let Some(preset) = V::PRESETS.iter().find(|preset| preset.name == name) else {
            let nearest = nearest(name, names());
            return Err(SettingError::UnknownPreset { name: name.to_owned(), nearest });
        };
        let chosen = preset.values.iter().copied().collect();
        Ok(Convention { chosen, ..Convention::default() })
    }

    /// Sets one parameter from `name=value`; what a preset said of it is replaced.
    ///
    /// # Errors
    /// [`SettingError::NotASetting`], [`SettingError::UnknownParameter`], [`SettingError::BadValue`].
    pub fn set(&mut self, setting: &str) -> Result<(), SettingError> {
        self.set_among(&[], setting)
    }

    /// The same where a machine has parameters of its own beside those of the policies.
    pub(crate) fn set_among(
        &mut self,
        own: &[&'static Parameter],
        setting: &str,
    ) -> Result<(), SettingError> {
        let Some((name, value)) = setting.split_once('=') else {
            let setting = setting.to_owned();
            return Err(SettingError::NotASetting { setting, example: V::EXAMPLE });
        };
        let parameter = find::<V>(own, name.trim())?;
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

    /// Every parameter of a policy with its value: what stands beside a table.
    pub fn of(&self, parameters: &[&'static Parameter]) -> Used {
        let all = parameters.iter().chain(V::SHARED).copied();
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
    fn parse(&self, text: &str) -> Result<Value, SettingError> {
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
        value.ok_or_else(|| SettingError::BadValue {
            parameter: self.name,
            value: text.chars().take(40).collect(),
            takes: self.kind.to_string(),
        })
    }
}

/// The parameter of this name, among a machine's own and those of the policies.
fn find<V: Vocabulary>(
    own: &[&'static Parameter],
    name: &str,
) -> Result<&'static Parameter, SettingError> {
    let all = || own.iter().copied().chain(V::parameters());
    all().find(|parameter| parameter.name == name).ok_or_else(|| {
        let nearest = nearest(name, all().map(|parameter| parameter.name));
        SettingError::UnknownParameter { name: name.to_owned(), nearest }
    })
}
