//! The topics of exercises as they are asked for and as their problems are answered: which members a topic takes, and the
//! body by which the lab shows what was drawn.

use std::collections::BTreeMap;

use ramscope_sim::alloc;
use ramscope_sim::exercise::Topic;
use ramscope_sim::exercise::memory::alloc::{self as allocation, Alloc};
use ramscope_sim::exercise::memory::holes::{self, Holes};
use ramscope_sim::exercise::memory::translation::{self, Relocation, Segments};
use ramscope_sim::exercise::paging::{self as topic, Options, Paging};
use ramscope_sim::paging::question::policies_named;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::document::ParameterValue;
use super::super::members::{Members, at, unexpected};
use super::super::{paging, settings};
use crate::problem::Problem;

const WISHES: &str =
    "a list of wishes such as [\"fifo!=lru\", \"belady\", \"ties=1\", \"faults.lru=8..12\"]";
const PARTITIONS: &str = "fixed or split";

/// Members that each topic takes beside those of all.
const OWN: &[(&str, &[&str])] = &[
    (Paging::NAME, &["policies", "frames", "length", "pages", "preset", "set"]),
    (Alloc::NAME, &["policies", "length", "preset", "set", "capacity"]),
    (Holes::NAME, &["policies", "holes", "requests", "partitions"]),
    (Segments::NAME, &["segments", "addresses"]),
    (Relocation::NAME, &["addresses"]),
];

/// A problem as the lab's own question takes it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ExerciseProblem {
    /// Of /api/v1/sim/paging.
    Paging {
        /// The policies.
        policies: Vec<&'static str>,
        /// The numbers of frames, ascending.
        frames: Vec<usize>,
        /// The reference string.
        refs: String,
        /// Every parameter that the tables depend on, with its value.
        #[schema(value_type = BTreeMap<String, ParameterValue>)]
        set: BTreeMap<&'static str, ParameterValue>,
    },
    /// Of /api/v1/sim/alloc.
    Alloc {
        /// The policies.
        policies: Vec<&'static str>,
        /// Bytes of memory.
        capacity: u64,
        /// Requests and frees.
        ops: String,
        /// Every parameter that the tables depend on, with its value.
        #[schema(value_type = BTreeMap<String, ParameterValue>)]
        set: BTreeMap<&'static str, ParameterValue>,
    },
    /// Of /api/v1/sim/holes.
    Holes {
        /// The fits.
        policies: Vec<&'static str>,
        /// The sizes of the holes.
        holes: Vec<u64>,
        /// The sizes of the requests.
        requests: Vec<u64>,
        /// Whether the rest of a hole stays one: split, or fixed.
        partitions: &'static str,
    },
    /// Of /api/v1/sim/segments.
    Segments {
        /// The segment table: base and limit of each segment.
        table: String,
        /// The addresses.
        translate: String,
    },
}

/// A topic whose problems the lab can show.
pub trait Posed: Topic {
    /// A problem as the lab's own question takes it.
    fn posed(&self, problem: &Self::Problem) -> ExerciseProblem;
}

/// What is asked for.
pub(super) enum Asked {
    Paging(Paging),
    Alloc(Alloc),
    Holes(Holes),
    Segments(Segments),
    Relocation(Relocation),
}

impl Asked {
    /// Reads the members of the topic that `topic` names, which was looked at before.
    ///
    /// # Errors
    /// 422 for a member that is wrong, or that is another topic's.
    pub(super) fn read(members: &Members) -> Result<Asked, Problem> {
        let name = members.text("topic", "a kind of exercise")?.unwrap_or(Paging::NAME);
        check_own(members, name)?;
        match name {
            Alloc::NAME => alloc_of(members).map(Asked::Alloc),
            Holes::NAME => holes_of(members).map(Asked::Holes),
            Segments::NAME => {
                let segments =
                    members.number("segments", "how many segments", translation::USUAL_SEGMENTS)?;
                Segments::new(&addresses(members, segments)?).map(Asked::Segments).map_err(refused)
            }
            Relocation::NAME => {
                Relocation::new(&addresses(members, 1)?).map(Asked::Relocation).map_err(refused)
            }
            _ => paging_of(members).map(Asked::Paging),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands on")]
fn refused(error: ramscope_sim::exercise::Error) -> Problem {
    Problem::member(error.to_string())
}

/// Refuses a member that is another topic's: it would change nothing, and nobody would know.
fn check_own(members: &Members, topic: &str) -> Result<(), Problem> {
    let own = OWN.iter().find(|(name, _)| *name == topic).map_or(&[][..], |(_, own)| own);
    let others = OWN.iter().flat_map(|(_, names)| names.iter());
    match others.copied().find(|name| !own.contains(name) && members.get(name).is_some()) {
        None => Ok(()),
        Some(name) => Err(Problem::member(format!(
            "`{name}` is no part of an exercise on {topic}: it takes {}",
            own.join(", ")
        ))),
    }
}

fn paging_of(members: &Members) -> Result<Paging, Problem> {
    let policies = match members.get("policies") {
        Some(_) => paging::policies(members)?,
        None => policies_named(topic::USUAL_POLICIES).map_err(|error| at("policies", &error))?,
    };
    let usual = serde_json::Value::from(topic::USUAL_FRAMES);
    let options = Options {
        policies,
        sizes: paging::sizes(members.get("frames").unwrap_or(&usual))?,
        length: members.number("length", "how many references", topic::USUAL_LENGTH as u64)?,
        pages: members.number("pages", "how many different pages", topic::USUAL_PAGES as u64)?,
        preset: members.text("preset", "the name of a preset")?,
        convention: paging::settings(members)?,
        wishes: wishes(members)?,
    };
    Paging::new(&options).map_err(refused)
}

fn alloc_of(members: &Members) -> Result<Alloc, Problem> {
    let policies = names(members, &allocation::USUAL_POLICIES)?;
    let policies = alloc::question::policies_named(policies.iter().map(String::as_str));
    let options = allocation::Options {
        policies: policies.map_err(|error| at("policies", &error))?,
        capacity: members.number("capacity", "bytes of memory", allocation::USUAL_CAPACITY)?,
        length: members.number("length", "how many operations", allocation::USUAL_LENGTH)?,
        convention: settings::settings(members)?,
        wishes: wishes(members)?,
    };
    Alloc::new(&options).map_err(refused)
}

fn holes_of(members: &Members) -> Result<Holes, Problem> {
    let fits = names(members, &holes::USUAL_FITS)?;
    let options = holes::Options {
        fits: fits.iter().map(String::as_str).collect(),
        holes: members.number("holes", "how many holes", holes::USUAL_HOLES)?,
        requests: members.number("requests", "how many requests", holes::USUAL_REQUESTS)?,
        partitions: match members.text("partitions", PARTITIONS)? {
            None | Some("split") => alloc::Partitions::Split,
            Some("fixed") => alloc::Partitions::Fixed,
            Some(other) => return Err(unexpected("partitions", &other.into(), PARTITIONS)),
        },
        wishes: wishes(members)?,
    };
    Holes::new(&options).map_err(refused)
}

/// What both topics of translation take.
fn addresses(members: &Members, segments: u64) -> Result<translation::Options<'_>, Problem> {
    let usual = translation::USUAL_ADDRESSES;
    let addresses = members.number("addresses", "how many addresses", usual)?;
    Ok(translation::Options { segments, addresses, wishes: wishes(members)? })
}

/// Names of policies, or those that are usual.
fn names(members: &Members, usual: &[&str]) -> Result<Vec<String>, Problem> {
    match members.get("policies") {
        Some(value) => settings::named("policies", value),
        None => Ok(usual.iter().map(|&name| name.to_owned()).collect()),
    }
}

fn wishes(members: &Members) -> Result<Vec<&str>, Problem> {
    let Some(value) = members.get("wishes") else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(|| unexpected("wishes", value, WISHES))?;
    let mut wishes = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let wanted = "a wish such as \"fifo!=lru\"";
        let wish = value.as_str();
        wishes.push(wish.ok_or_else(|| unexpected(&format!("wishes[{index}]"), value, wanted))?);
    }
    Ok(wishes)
}

impl Posed for Paging {
    fn posed(&self, problem: &topic::Problem) -> ExerciseProblem {
        let used = self.policies().iter().map(|policy| self.convention().of(policy.parameters));
        ExerciseProblem::Paging {
            policies: self.policies().iter().map(|policy| policy.name).collect(),
            frames: self.sizes().iter().collect(),
            refs: problem.string(),
            set: used.flat_map(|used| used.0).map(|(name, value)| (name, value.into())).collect(),
        }
    }
}

impl Posed for Alloc {
    fn posed(&self, problem: &allocation::Problem) -> ExerciseProblem {
        let used = self.policies().iter().map(|policy| self.convention().of(policy.parameters));
        ExerciseProblem::Alloc {
            policies: self.policies().iter().map(|policy| policy.name).collect(),
            capacity: self.capacity(),
            ops: problem.ops.clone(),
            set: used.flat_map(|used| used.0).map(|(name, value)| (name, value.into())).collect(),
        }
    }
}

impl Posed for Holes {
    fn posed(&self, problem: &holes::Problem) -> ExerciseProblem {
        ExerciseProblem::Holes {
            policies: self.fits().to_vec(),
            holes: problem.holes.clone(),
            requests: problem.requests.clone(),
            partitions: match self.partitions() {
                alloc::Partitions::Fixed => "fixed",
                alloc::Partitions::Split => "split",
            },
        }
    }
}

impl Posed for Segments {
    fn posed(&self, problem: &translation::Problem) -> ExerciseProblem {
        ExerciseProblem::Segments { table: problem.table(), translate: problem.translate() }
    }
}

impl Posed for Relocation {
    fn posed(&self, problem: &translation::Problem) -> ExerciseProblem {
        ExerciseProblem::Segments { table: problem.table(), translate: problem.translate() }
    }
}
