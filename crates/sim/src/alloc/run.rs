//! A whole list under one policy: its numbers, and, where wanted, every step.

use serde::Serialize;

use super::convention::{Convention, Rules};
use super::error::Error;
use super::lives::Lives;
use super::machine::{Counts, Machine, Outcome};
use super::metrics::{Gauges, Metrics};
use super::policy::{Policy, Setup};
use super::registry;
use super::requests::{Op, Requests};
use super::span::Span;
use super::stepper::Before;
use super::telling::{Move, Teller};
use super::view::View;
use super::{MAX_ADDRESS, MAX_ENTRIES};
use crate::convention::Used;
use crate::prose::many;

/// What a step counts for beside the entries of its free list.
const STEP_ENTRIES: usize = 32;

/// What a run is to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The metrics alone.
    Metrics,
    /// The metrics and every step with its sentence.
    Steps,
    /// The same, and with each step the state that the policy decides by.
    Views,
}

/// A policy's account of a list of requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The policy's name.
    pub policy: &'static str,
    /// Every parameter the numbers depend on.
    pub convention: Used,
    /// Bytes of memory.
    pub capacity: u64,
    /// Its first address.
    pub base: u64,
    /// The memory before the first step of a stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// Every step, or those of a stretch, where they were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops: Option<Vec<OpStep>>,
    /// Blocks as rectangles of operations and addresses, where they were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lives: Option<Lives>,
    /// The measures.
    pub metrics: Metrics,
}

/// What one operation did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpStep {
    /// Its number in the list, from 1, as its sentence counts.
    pub index: u64,
    /// `alloc`, `free` or `compact`.
    pub op: &'static str,
    /// The request; `None` for a compaction.
    pub id: Option<u64>,
    /// The bytes that the request asks or asked for.
    pub size: Option<u64>,
    /// The address that the program has, behind the header; `None` where the request got nothing.
    pub address: Option<u64>,
    /// Bytes of the raw block, header and padding included.
    pub block: Option<Span>,
    /// Entries of free lists, bitmaps or trees that were looked at.
    pub searched: u32,
    /// The raw holes afterwards, in the list's own order.
    pub free_list: Vec<Span>,
    /// Bytes that are then neither free nor in a block; left out where that is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub overhead_bytes: u64,
    /// The first holes that were looked at, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looked: Vec<Span>,
    /// Holes that several became.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Span>,
    /// Blocks that compaction moved: what has to be rewritten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Move>,
    /// What was looked at and why it came out so.
    pub explain: String,
    /// The state that the policy decides by, after this step; only under [`Want::Views`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// Runs the policy of this name over a list, in a memory of `memory.size` bytes from `memory.address`.
///
/// # Errors
/// [`Error::UnknownPolicy`], [`Error::Memory`], [`Error::Align`], [`Error::LargerThanMemory`]; [`Error::TooManySteps`]
/// when the steps wanted would not fit memory.
pub fn run(
    policy: &str,
    memory: Span,
    requests: &Requests,
    convention: &Convention,
    want: Want,
) -> Result<Run, Error> {
    let entry = registry::policy(policy)?;
    entry.run(&setup(memory, requests, convention)?, want)
}

/// A problem whose bounds were checked.
///
/// # Errors
/// [`Error::Memory`], [`Error::Align`], [`Error::LargerThanMemory`].
pub fn setup<'a>(
    memory: Span,
    requests: &'a Requests,
    convention: &'a Convention,
) -> Result<Setup<'a>, Error> {
    let Span { address: base, size } = memory;
    if size == 0 || base.checked_add(size).is_none_or(|end| end > MAX_ADDRESS) {
        return Err(Error::Memory { base, size });
    }
    requests.check(size)?;
    Ok(Setup { memory, rules: Rules::of(convention)?, requests, convention, index: true })
}

/// Runs `P`; the caller has checked the bounds.
pub(crate) fn run_policy<P: Policy>(setup: &Setup<'_>, want: Want) -> Result<Run, Error> {
    let mut machine = Machine::<P>::new(setup);
    let mut gauges = Gauges::new(setup.requests.len());
    let mut ops = (want != Want::Metrics).then(Vec::new);
    let mut kept = 0;
    for op in setup.requests.iter() {
        let outcome = match &mut ops {
            None => machine.step(op),
            Some(ops) => {
                let (step, outcome) = told(&mut machine, op, setup.requests, want == Want::Views);
                kept += STEP_ENTRIES + step.free_list.len();
                if kept > MAX_ENTRIES {
                    return Err(Error::TooManySteps { ops: setup.requests.len(), kept: ops.len() });
                }
                ops.push(step);
                outcome
            }
        };
        gauges.note(outcome, &machine);
    }
    Ok(run_of::<P>(setup, ops, gauges.finish(&machine)))
}

/// The account of a run with these steps and measures.
pub(super) fn run_of<P: Policy>(
    setup: &Setup<'_>,
    ops: Option<Vec<OpStep>>,
    metrics: Metrics,
) -> Run {
    Run {
        policy: P::NAME,
        convention: setup.convention.of(P::PARAMETERS),
        capacity: setup.memory.size,
        base: setup.memory.address,
        before: None,
        ops,
        lives: None,
        metrics,
    }
}

/// Runs `P` at full speed and measures nothing that the machine does not count anyway; the caller has checked the
/// bounds.
pub(crate) fn count_policy<P: Policy>(setup: &Setup<'_>) -> Counts {
    let mut machine = Machine::<P>::new(setup);
    for op in setup.requests.iter() {
        machine.step(op);
    }
    machine.counts()
}

/// Makes one operation and tells of it.
pub(crate) fn told<P: Policy>(
    machine: &mut Machine<P>,
    op: Op,
    requests: &Requests,
    with_view: bool,
) -> (OpStep, Outcome) {
    let index = machine.counts().ops + 1;
    let mut teller = Teller::new(requests, opening(index, op, requests, machine));
    let outcome = machine.witnessed(op, &mut teller);
    if let Some(closing) = closing(outcome, machine) {
        teller.add(closing);
    }
    let (word, id) = match op {
        Op::Alloc { id, .. } => ("alloc", Some(id)),
        Op::Free { id } => ("free", Some(id)),
        Op::Compact => ("compact", None),
    };
    let (block, searched) = match outcome {
        Outcome::Placed { block, searched } => (Some(block), searched),
        Outcome::Failed { searched, .. } => (None, searched),
        Outcome::Freed { block } => (Some(block), 0),
        Outcome::Nothing | Outcome::Compacted { .. } => (None, 0),
    };
    let explain = teller.prose();
    let step = OpStep {
        index,
        op: word,
        id: id.map(|id| requests.name(id)),
        size: id.map(|id| requests.size(id)),
        address: block.map(|block| block.address + machine.rules().header),
        block: block.map(|block| block.span()),
        searched,
        free_list: machine.policy().holes().collect(),
        overhead_bytes: machine.policy().overhead_bytes(),
        looked: teller.looked,
        merged: teller.merged,
        moved: teller.moved,
        explain,
        view: with_view.then(|| machine.policy().view()),
    };
    (step, outcome)
}

/// What is asked.
fn opening<P: Policy>(index: u64, op: Op, requests: &Requests, machine: &Machine<P>) -> String {
    match op {
        Op::Alloc { id, size } => {
            let bytes = machine.rules().raw_bytes(size);
            let block = if bytes == size {
                String::new()
            } else {
                format!(", in a block of {bytes} ({})", machine.rules().why())
            };
            format!(
                "Operation {index}: request {} asks for {}{block}",
                requests.name(id),
                many(size, "byte")
            )
        }
        Op::Free { id } => {
            let name = requests.name(id);
            machine.block(id).map_or_else(
                || format!("Operation {index}: request {name} holds nothing, so nothing is freed"),
                |block| {
                    let bytes = many(block.size, "byte");
                    format!(
                        "Operation {index}: request {name} gives back {bytes} at {}",
                        block.address
                    )
                },
            )
        }
        Op::Compact => format!("Operation {index}: compaction is asked for"),
    }
}

/// What came of it, where the policy's own sentences do not say.
fn closing<P: Policy>(outcome: Outcome, machine: &Machine<P>) -> Option<String> {
    match outcome {
        Outcome::Placed { block, .. } if machine.rules().header > 0 => {
            let address = block.address + machine.rules().header;
            Some(format!("Behind the header the program gets {address}"))
        }
        Outcome::Placed { block, .. } => Some(format!("The program gets {}", block.address)),
        Outcome::Failed { compactable, .. } => {
            let free = many(machine.policy().free_bytes(), "byte");
            let largest = machine.policy().largest_hole();
            Some(if compactable {
                format!(
                    "The request fails, although {free} are free: the largest hole has {largest}"
                )
            } else {
                format!("The request fails: {free} are free")
            })
        }
        Outcome::Freed { .. } | Outcome::Nothing | Outcome::Compacted { .. } => None,
    }
}
