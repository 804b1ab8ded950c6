//! Whether a table that is wrong as it stands is right for somebody else: another convention, memory shown in another
//! order, another policy.

use std::fmt;

use super::table::{Answer, Column, Content};
use super::{compare, first_wrong_of};
use crate::paging::registry::{Entry, POLICIES};
use crate::paging::{Convention, Error, FRAMES_ORDER, Kind, PRESETS, Parameter, Step};

/// Most whole numbers of one parameter that are tried as another convention.
const WHOLES_TRIED: u64 = 8;

/// Under what else the whole table is right. As text it is a sentence.
#[derive(Clone, Debug)]
pub enum Explanation {
    /// Under another convention of the same policy: "clock.load_bit=0", "preset ostep".
    Convention(String),
    /// Its pages are right, and stand in other frames.
    Order(&'static Entry),
    /// For another policy.
    Policy(&'static Entry),
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Explanation::Convention(name) => write!(f, "With {name} the whole table is right."),
            Explanation::Order(policy) => write!(
                f,
                "Its pages are those of {} after every reference: only the frames they stand in differ.",
                policy.title
            ),
            Explanation::Policy(policy) => {
                write!(f, "The whole table is right for another policy: {}.", policy.name)
            }
        }
    }
}

/// The first other reading under which the whole table is right: conventions first, then the order, then policies.
///
/// # Errors
/// [`Error::Frames`].
pub fn explanation(answer: &Answer) -> Result<Option<Explanation>, Error> {
    for (name, convention) in conventions(answer) {
        if first_wrong_of(answer, answer.policy, &convention)?.is_none() {
            return Ok(Some(Explanation::Convention(name)));
        }
    }
    if compare(answer, answer.policy, &answer.convention, differs_as_set)?.is_none() {
        return Ok(Some(Explanation::Order(answer.policy)));
    }
    for policy in POLICIES.iter().filter(|policy| policy.name != answer.policy.name) {
        if first_wrong_of(answer, policy, &answer.convention)?.is_none() {
            return Ok(Some(Explanation::Policy(policy)));
        }
    }
    Ok(None)
}

/// Found where the table's pages, in any order, or its mark differ from the policy's. A column with cells that are not
/// filled in is passed over.
fn differs_as_set(column: &Column, step: Step) -> Option<()> {
    let mut said = Vec::new();
    for cell in &column.cells {
        match cell.value {
            Content::Open => return None,
            Content::Empty => {}
            Content::Page(page) => said.push(page),
        }
    }
    let mut is: Vec<u64> = step.frames.into_iter().flatten().collect();
    said.sort_unstable();
    is.sort_unstable();
    let is_hit_wrong = column.hit.and_then(|cell| cell.value).is_some_and(|hit| hit != step.hit);
    (said != is || is_hit_wrong).then_some(())
}

/// The table's own convention with one value changed, also with memory shown as a list; then the presets.
fn conventions(answer: &Answer) -> Vec<(String, Convention)> {
    let mut named = Vec::new();
    let list = with(&answer.convention, "frames.order=list");
    for parameter in answer.policy.parameters.iter().copied().chain([&FRAMES_ORDER]) {
        for value in values(parameter) {
            let setting = format!("{}={value}", parameter.name);
            let alone = with(&answer.convention, &setting);
            named.extend(alone.map(|changed| (setting.clone(), changed)));
            let both = list.as_ref().and_then(|list| with(list, &setting));
            named.extend(both.map(|changed| (format!("{setting} and frames.order=list"), changed)));
        }
    }
    let presets = PRESETS.iter().filter_map(|preset| {
        let convention = Convention::preset(preset.name).ok()?;
        Some((format!("preset {}", preset.name), convention))
    });
    named.extend(presets);
    named
}

fn with(convention: &Convention, setting: &str) -> Option<Convention> {
    let mut changed = convention.clone();
    changed.set(setting).ok()?;
    Some(changed)
}

/// The values of a parameter, where they can be counted.
fn values(parameter: &Parameter) -> Vec<String> {
    match parameter.kind {
        Kind::Word(words) => words.iter().map(|&word| word.to_owned()).collect(),
        Kind::Whole(least, most) if most - least < WHOLES_TRIED => {
            (least..=most).map(|number| number.to_string()).collect()
        }
        Kind::Whole(..) | Kind::Ratio(..) => Vec::new(),
    }
}
