//! Alert rules in a configuration file: tables `[[alert]]`, read with their place and decided.

use std::ops::Range;
use std::time::Duration;

use ramscope_observe::alert::{Amount, Condition, Rule, Subjects};
use ramscope_observe::when::{self, Size};
use toml::de::{DeTable, DeValue};

use super::layers::FileText;
use crate::failure::Usage;

/// A rule, and the program that is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    /// What it looks for.
    pub rule: Rule,
    /// The program and its arguments; it gets JSON on its standard input. None: the event is recorded, and that is all.
    pub run: Vec<String>,
    /// How long the program may take.
    pub timeout: Duration,
    /// Where it stands, for people.
    pub origin: String,
}

/// How long a program may take where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most rules of a configuration.
const RULES_MAX: usize = 100;

/// Every key of an alert.
const KEYS: [&str; 11] =
    ["name", "when", "below", "above", "clear", "within", "cgroup", "of", "for", "run", "timeout"];

/// What an alert can look for.
const CONDITIONS: &str = "available (below), swap (above), cgroup (cgroup, above), grows (above, a second), time_to_limit (within, \
     of), pressure (above), full_pressure (above), oom_kill";

/// Reads all alerts of a file.
pub(super) fn read(
    source: &FileText<'_>,
    value: &DeValue<'_>,
    span: Range<usize>,
) -> Result<Vec<Alert>, Usage> {
    let DeValue::Array(tables) = value else {
        return Err(source.complaint(
            "alerts are written as [[alert]]",
            Some(span),
            Some("two brackets begin one of several tables".to_owned()),
        ));
    };
    if tables.len() > RULES_MAX {
        let why = format!("{} alerts are more than {RULES_MAX}", tables.len());
        return Err(source.complaint(&why, Some(span), None));
    }
    let alerts = tables.iter().map(|table| match table.get_ref() {
        DeValue::Table(keys) => Entry { source, keys, span: table.span() }.alert(),
        _ => Err(source.complaint("an alert is a table", Some(table.span()), None)),
    });
    alerts.collect()
}

/// One table of a file.
struct Entry<'a> {
    source: &'a FileText<'a>,
    keys: &'a DeTable<'a>,
    span: Range<usize>,
}

impl Entry<'_> {
    fn alert(&self) -> Result<Alert, Usage> {
        for (key, _) in self.keys {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                let why = format!("an alert has no `{}`", key.get_ref());
                let help = format!("an alert has {}", KEYS.join(", "));
                return Err(self.source.complaint(&why, Some(key.span()), Some(help)));
            }
        }
        let name = self.text("name")?.ok_or_else(|| self.missing("name", "what it is called"))?;
        let hold = self.duration("for")?.unwrap_or_default();
        let condition = self.condition()?;
        self.refuse_unused(&condition)?;
        let run = self.words("run")?;
        if run.first().is_some_and(String::is_empty) {
            return Err(self.wrong("run", "the program's name is empty"));
        }
        let timeout = self.duration("timeout")?.unwrap_or(TIMEOUT);
        let line = self.source.line_of(self.span.start);
        let origin = format!("{}:{line}", self.source.path.display());
        Ok(Alert { rule: Rule { name, condition, hold }, run, timeout, origin })
    }

    fn condition(&self) -> Result<Condition, Usage> {
        let when = self.text("when")?.ok_or_else(|| self.missing("when", CONDITIONS))?;
        let condition = match when.as_str() {
            "available" => {
                let mark =
                    self.amount("below")?.ok_or_else(|| self.missing("below", "10% or 2GiB"))?;
                let clear = self.amount("clear")?.unwrap_or_else(|| further(mark, 1.1));
                Condition::AvailableBelow { mark, clear }
            }
            "swap" => {
                let (mark, clear) = self.above()?;
                Condition::SwapAbove { mark, clear }
            }
            "cgroup" => {
                let path =
                    self.text("cgroup")?.ok_or_else(|| self.missing("cgroup", "its path"))?;
                let (mark, clear) = self.above()?;
                Condition::CgroupAbove { path, mark, clear }
            }
            "grows" => {
                let (mark, clear) = (self.bytes("above")?, self.bytes("clear")?);
                let mark = mark.ok_or_else(|| self.missing("above", "1MiB, a second"))?;
                Condition::Grows {
                    bytes_per_s: mark,
                    clear_bytes_per_s: clear.unwrap_or(mark * 0.9),
                }
            }
            "time_to_limit" => {
                let within =
                    self.duration("within")?.ok_or_else(|| self.missing("within", "30m"))?;
                let clear = self.duration("clear")?.unwrap_or(within.mul_f64(1.1));
                Condition::EndsWithin { subjects: self.subjects()?, within, clear }
            }
            "pressure" | "full_pressure" => {
                let share = self.share("above")?.ok_or_else(|| self.missing("above", "10%"))?;
                let clear = self.share("clear")?.unwrap_or(share * 0.5);
                Condition::Pressure { share, clear, full: when == "full_pressure" }
            }
            "oom_kill" => Condition::OomKill,
            other => {
                let why = format!("`{other}` is nothing that an alert can look for");
                return Err(self.complaint(
                    "when",
                    &why,
                    Some(format!("it can look for {CONDITIONS}")),
                ));
            }
        };
        self.check_order(&condition)?;
        Ok(condition)
    }

    /// A key that this condition does not look at would silently mean nothing.
    fn refuse_unused(&self, condition: &Condition) -> Result<(), Usage> {
        let used: &[&str] = match condition {
            Condition::AvailableBelow { .. } => &["below", "clear"],
            Condition::SwapAbove { .. } | Condition::Grows { .. } | Condition::Pressure { .. } => {
                &["above", "clear"]
            }
            Condition::CgroupAbove { .. } => &["cgroup", "above", "clear"],
            Condition::EndsWithin { .. } => &["within", "of", "clear"],
            Condition::OomKill => &[],
        };
        let others = ["below", "above", "clear", "within", "cgroup", "of"];
        let unused =
            others.into_iter().find(|key| self.keys.get(*key).is_some() && !used.contains(key));
        match unused {
            Some(key) => Err(self.wrong(key, "this condition does not look at it")),
            None => Ok(()),
        }
    }

    /// A rule whose end lies on the wrong side of its mark would never be over, or flutter.
    fn check_order(&self, condition: &Condition) -> Result<(), Usage> {
        let in_order = match condition {
            Condition::AvailableBelow { mark, clear } => is_at_least(*clear, *mark),
            Condition::SwapAbove { mark, clear } | Condition::CgroupAbove { mark, clear, .. } => {
                is_at_least(*mark, *clear)
            }
            Condition::Grows { bytes_per_s, clear_bytes_per_s } => clear_bytes_per_s <= bytes_per_s,
            Condition::EndsWithin { within, clear, .. } => clear >= within,
            Condition::Pressure { share, clear, .. } => clear <= share,
            Condition::OomKill => true,
        };
        if in_order {
            return Ok(());
        }
        Err(self.wrong("clear", "it is over before it begins: choose a value on the safe side of the mark, in the same unit"))
    }

    fn above(&self) -> Result<(Amount, Amount), Usage> {
        let mark = self.amount("above")?.ok_or_else(|| self.missing("above", "90% or 2GiB"))?;
        Ok((mark, self.amount("clear")?.unwrap_or_else(|| further(mark, 0.9))))
    }

    fn subjects(&self) -> Result<Subjects, Usage> {
        match self.text("of")?.as_deref() {
            None | Some("system") => Ok(Subjects::System),
            Some("cgroups") => Ok(Subjects::Cgroups),
            Some("processes") => Ok(Subjects::Processes),
            Some(_) => Err(self.wrong("of", "it is system, cgroups or processes")),
        }
    }

    fn amount(&self, key: &str) -> Result<Option<Amount>, Usage> {
        self.parsed(key, |text| match when::size(text).map_err(|error| error.to_string())? {
            Size::Bytes(bytes) => Ok(Amount::Bytes(bytes)),
            Size::Share(parts) => Ok(Amount::Share(f64::from(parts) / 10_000.0)),
        })
    }

    fn share(&self, key: &str) -> Result<Option<f64>, Usage> {
        self.parsed(key, |text| match when::size(text).map_err(|error| error.to_string())? {
            Size::Share(parts) => Ok(f64::from(parts) / 10_000.0),
            Size::Bytes(_) => Err("a share of the time is wanted, such as 10%".to_owned()),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a pace needs three digits of fifteen")]
    fn bytes(&self, key: &str) -> Result<Option<f64>, Usage> {
        self.parsed(key, |text| match when::size(text).map_err(|error| error.to_string())? {
            Size::Bytes(bytes) => Ok(bytes as f64),
            Size::Share(_) => Err("an amount a second is wanted, such as 1MiB".to_owned()),
        })
    }

    fn duration(&self, key: &str) -> Result<Option<Duration>, Usage> {
        self.parsed(key, |text| when::duration(text).map_err(|error| error.to_string()))
    }

    fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Usage> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        parse(&text).map(Some).map_err(|why| self.wrong(key, &why))
    }

    fn text(&self, key: &str) -> Result<Option<String>, Usage> {
        match self.keys.get(key).map(toml::Spanned::get_ref) {
            None => Ok(None),
            Some(DeValue::String(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(self.wrong(key, "a text in quotes is wanted here")),
        }
    }

    fn words(&self, key: &str) -> Result<Vec<String>, Usage> {
        let wrong = || {
            let help = "the program and each of its arguments, as in run = [\"/usr/bin/logger\", \"-t\", \"memory\"]; no shell reads them";
            self.complaint(key, "a list of texts is wanted here", Some(help.to_owned()))
        };
        match self.keys.get(key).map(toml::Spanned::get_ref) {
            None => Ok(Vec::new()),
            Some(DeValue::Array(words)) => {
                let words = words.iter().map(|word| match word.get_ref() {
                    DeValue::String(text) => Ok(text.to_string()),
                    _ => Err(wrong()),
                });
                words.collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    fn missing(&self, key: &str, example: &str) -> Usage {
        let why = format!("this alert lacks `{key}`");
        self.source.complaint(&why, Some(self.span.clone()), Some(format!("{key}: {example}")))
    }

    fn wrong(&self, key: &str, why: &str) -> Usage {
        self.complaint(key, &format!("`{key}` is wrong: {why}"), None)
    }

    fn complaint(&self, key: &str, why: &str, help: Option<String>) -> Usage {
        let span = self.keys.get(key).map_or_else(|| self.span.clone(), toml::Spanned::span);
        self.source.complaint(why, Some(span), help)
    }
}

/// A mark moved by a part of itself.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mark needs three digits of fifteen"
)]
fn further(mark: Amount, part: f64) -> Amount {
    match mark {
        Amount::Bytes(bytes) => Amount::Bytes((bytes as f64 * part) as u64),
        Amount::Share(share) => Amount::Share((share * part).min(1.0)),
    }
}

/// Whether an amount is at least another; amounts of two kinds cannot be compared.
fn is_at_least(a: Amount, b: Amount) -> bool {
    match (a, b) {
        (Amount::Bytes(a), Amount::Bytes(b)) => a >= b,
        (Amount::Share(a), Amount::Share(b)) => a >= b,
        _ => false,
    }
}
