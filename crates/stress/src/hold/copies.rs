//! Copy-on-write: half of the memory here, and as much again in a child that writes to what it inherited.

use rustix::mm::Advice;

use super::mapped::touch;
use super::{HoldError, Holding, length};
use crate::bytes::Bytes;
use crate::plan::{PAGE, PAGE_BYTES, Plan};
use crate::source::{Own, private_dirty_bytes};
use crate::sys::copier::Copier;
use crate::sys::mapping::Mapping;

const ON_FORK: &str = "look at the limit of processes (ulimit -u), or choose another --kind";
const ON_COPY: &str = "its child is gone, perhaps killed for want of memory: ask for less";

/// A mapping, and the child that copies it once all of it is there.
#[derive(Debug)]
pub(super) struct Copies {
    mapping: Mapping,
    /// How much of the mapping is there, in bytes.
    base: usize,
    child: Option<Copier>,
    /// How much of it the child has copied, in bytes.
    copied: usize,
    own: Own,
    /// What this process had before, in bytes.
    before: u64,
}

impl Copies {
    pub(super) fn prepare(plan: &Plan) -> Result<Copies, HoldError> {
        let half = plan.size_bytes.div_ceil(2).next_multiple_of(PAGE_BYTES);
        let length = length(half)?;
        let what = format!("map {}", Bytes(half));
        let act = "ask for less, or look at vm.overcommit_memory";
        let mut mapping = Mapping::anonymous(length).map_err(HoldError::new(what, act))?;
        // Kernels without huge pages refuse it, and have none to keep away.
        let _ = mapping.advise(0, length, Advice::LinuxNoHugepage);
        let mut own = Own::new();
        let before = own.used().anonymous_bytes;
        Ok(Copies { mapping, base: 0, child: None, copied: 0, own, before })
    }

    /// How `to` bytes are shared out: what is to be here, and what the child is to copy.
    fn shares(&self, to: u64) -> (usize, usize) {
        let to = usize::try_from(to).unwrap_or(usize::MAX);
        let to = to - to % PAGE;
        let base = to.min(self.mapping.len());
        (base, (to - base).min(base))
    }
}

impl Holding for Copies {
    fn held_bytes(&self) -> u64 {
        (self.base + self.copied) as u64
    }

    fn grow(&mut self, to: u64) -> Result<(), HoldError> {
        let (base, copied) = self.shares(to);
        if base > self.base {
            touch(&mut self.mapping.bytes()[self.base..base]);
            self.base = base;
        }
        if copied <= self.copied {
            return Ok(());
        }
        let child = match &mut self.child {
            Some(child) => child,
            none => {
                let what = "start a child to copy memory";
                let child =
                    Copier::start(&mut self.mapping).map_err(HoldError::new(what, ON_FORK))?;
                none.insert(child)
            }
        };
        let what = format!("have {} copied", Bytes((copied - self.copied) as u64));
        child.copy_to(copied as u64).map_err(HoldError::new(what, ON_COPY))?;
        self.copied = copied;
        Ok(())
    }

    fn shrink(&mut self, to: u64) -> Result<(), HoldError> {
        // A child cannot hand single copies back: it ends, and the next one copies what is still wanted.
        self.child = None;
        self.copied = 0;
        let (base, copied) = self.shares(to);
        let what = format!("give back {}", Bytes((self.base - base) as u64));
        let result = self.mapping.advise(base, self.base, Advice::LinuxDontNeed);
        result.map_err(HoldError::new(what, "the run ends instead"))?;
        self.base = base;
        if copied > 0 { self.grow(to) } else { Ok(()) }
    }

    fn resident_bytes(&mut self) -> Option<u64> {
        let here = self.own.used().anonymous_bytes.saturating_sub(self.before);
        let there =
            self.child.as_ref().map_or(Some(0), |child| private_dirty_bytes(child.pid()))?;
        Some(here + there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Kind;
    use crate::plan::tests::plan;

    const MIB: u64 = 1 << 20;

    #[test]
    fn machine_half_is_here_and_half_is_copied() {
        let plan = plan(|plan| {
            plan.kind = Kind::Fork;
            plan.size_bytes = 32 * MIB;
        });
        let mut held = Copies::prepare(&plan).unwrap();
        for (to, copied) in [(8, 0), (16, 0), (24, 8), (32, 16)] {
            held.grow(to * MIB).unwrap();
            assert_eq!((held.held_bytes(), held.copied as u64), (to * MIB, copied * MIB));
        }
        let resident = held.resident_bytes().unwrap();
        assert!(resident.abs_diff(32 * MIB) < 2 * MIB, "{resident}");
        held.shrink(20 * MIB).unwrap();
        assert_eq!((held.held_bytes(), held.copied as u64), (20 * MIB, 4 * MIB));
        held.shrink(0).unwrap();
        assert_eq!(held.held_bytes(), 0);
    }
}
