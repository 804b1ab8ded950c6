//! What a run holds: one file a kind of memory, behind one small trait.

mod blocks;
mod copies;
mod file;
mod leak;
mod mapped;

use std::io;

use crate::bytes::Bytes;
use crate::plan::{Kind, Plan};

/// Memory that a run has taken. Dropping gives it back.
pub(crate) trait Holding {
    /// How much of the plan is taken, in bytes: as far as it was grown, less what was shrunk.
    fn held_bytes(&self) -> u64;

    /// Takes memory until `to` bytes are held, or as near to it as its units come. `to` is not less than what is held.
    fn grow(&mut self, to: u64) -> Result<(), HoldError>;

    /// Gives memory back until `to` bytes are held, or as near to it as its units come.
    fn shrink(&mut self, to: u64) -> Result<(), HoldError>;

    /// What is in use of what is held: less than it after blocks between others were freed.
    fn live_bytes(&self) -> u64 {
        self.held_bytes()
    }

    /// The held memory as one piece, where it is one.
    fn bytes(&mut self) -> Option<&mut [u8]> {
        None
    }

    /// What the kernel says is in memory, where the process's own numbers do not tell.
    fn resident_bytes(&mut self) -> Option<u64> {
        None
    }

    /// Frees `bytes` bytes of the oldest and allocates as many anew.
    fn turn_over(&mut self, _bytes: u64) -> Result<(), HoldError> {
        Ok(())
    }

    /// Frees every other block, once.
    fn make_holes(&mut self) {}

    /// Makes room for a plan of the same kind and another size. False where that needs a fresh start.
    fn adapt(&mut self, _plan: &Plan) -> bool {
        false
    }
}

/// Memory that could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}: {cause}; {act}")]
pub(crate) struct HoldError {
    what: String,
    cause: io::Error,
    act: &'static str,
}

impl HoldError {
    fn new(what: impl Into<String>, act: &'static str) -> impl FnOnce(io::Error) -> HoldError {
        let what = what.into();
        move |cause| HoldError { what, cause, act }
    }
}

/// Prepares to hold what a plan asks for; nothing of it is taken yet.
pub(crate) fn prepare(plan: &Plan) -> Result<Box<dyn Holding>, HoldError> {
    Ok(match plan.kind {
        Kind::Anon | Kind::Thp | Kind::Populated | Kind::Shared | Kind::Swap => {
            Box::new(mapped::Mapped::prepare(plan)?)
        }
        Kind::FileRead | Kind::FileDirty => Box::new(file::Cached::prepare(plan)?),
        Kind::Malloc => Box::new(blocks::Blocks::new(plan)),
        Kind::Fork => Box::new(copies::Copies::prepare(plan)?),
    })
}

/// A size as the machine counts its addresses.
fn length(bytes: u64) -> Result<usize, HoldError> {
    let cause = |_| io::ErrorKind::OutOfMemory.into();
    let what = format!("map {}", Bytes(bytes));
    usize::try_from(bytes).map_err(cause).map_err(HoldError::new(what, "ask for less"))
}
