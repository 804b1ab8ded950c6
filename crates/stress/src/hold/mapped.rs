//! Memory in one mapping: anonymous in base or huge pages, populated by the kernel, or shared.

use std::fs::File;
use std::io;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::Advice;

use super::{HoldError, Holding, length};
use crate::bytes::Bytes;
use crate::plan::{Kind, PAGE, Plan};
use crate::source::huge_pages_off;
use crate::sys::mapping::Mapping;

const ON_MAPPING: &str =
    "ask for less, or look at the limits of the process (ulimit -v) and at vm.overcommit_memory";
const ON_HUGE: &str = "write madvise there as root, or choose another --kind";
const ON_TAKING: &str = "ask for less: the kernel has no such memory";

/// One mapping, of which the first part is held.
#[derive(Debug)]
pub(super) struct Mapped {
    mapping: Mapping,
    /// The file behind shared memory.
    file: Option<File>,
    kind: Kind,
    grain: usize,
    held: usize,
}

impl Mapped {
    pub(super) fn prepare(plan: &Plan) -> Result<Mapped, HoldError> {
        if let (Kind::Thp, Some(setting)) = (plan.kind, huge_pages_off()) {
            let cause = io::Error::other(format!("{setting} does not allow them"));
            return Err(HoldError::new("take huge pages", ON_HUGE)(cause));
        }
        let length = length(plan.size_bytes)?;
        let what = format!("map {}", Bytes(plan.size_bytes));
        let (mut mapping, file) =
            map(plan.kind, length).map_err(HoldError::new(what, ON_MAPPING))?;
        let end = mapping.len();
        let advice =
            if plan.kind == Kind::Thp { Advice::LinuxHugepage } else { Advice::LinuxNoHugepage };
        // Kernels without huge pages refuse both; what is then taken is what was asked for, or shows in the faults.
        let _ = mapping.advise(0, end, advice);
        let grain = super::length(plan.grain_bytes())?;
        Ok(Mapped { mapping, file, kind: plan.kind, grain, held: 0 })
    }

    /// The end of the units that `to` bytes fill.
    fn end(&self, to: u64) -> usize {
        let to = usize::try_from(to).unwrap_or(usize::MAX).min(self.mapping.len());
        to - to % self.grain
    }

    /// Has the kernel put the pages in place without a fault each, where it can (Linux 5.14).
    fn populate(&mut self, from: usize, to: usize) -> io::Result<()> {
        match self.mapping.advise(from, to, Advice::LinuxPopulateWrite) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                touch(&mut self.mapping.bytes()[from..to]);
                Ok(())
            }
            result => result,
        }
    }
}

/// Maps `length` bytes of a kind, none of them there yet.
fn map(kind: Kind, length: usize) -> io::Result<(Mapping, Option<File>)> {
    match kind {
        Kind::Shared => {
            let file = memfd_create("ramscope-stress", MemfdFlags::CLOEXEC)?;
            ftruncate(&file, length as u64)?;
            Ok((Mapping::of_file(&file, length)?, Some(file.into())))
        }
        Kind::Thp => Ok((Mapping::huge(length)?, None)),
        _ => Ok((Mapping::anonymous(length)?, None)),
    }
}

/// Writes to every page, which makes it there.
pub(super) fn touch(bytes: &mut [u8]) {
    for page in bytes.chunks_mut(PAGE) {
        page[0] = 1;
    }
}

impl Holding for Mapped {
    fn held_bytes(&self) -> u64 {
        self.held as u64
    }

    fn grow(&mut self, to: u64) -> Result<(), HoldError> {
        let (from, to) = (self.held, self.end(to).max(self.held));
        if self.kind == Kind::Populated {
            let what = format!("populate {}", Bytes((to - from) as u64));
            self.populate(from, to).map_err(HoldError::new(what, ON_TAKING))?;
        } else {
            touch(&mut self.mapping.bytes()[from..to]);
        }
        self.held = to;
        Ok(())
    }

    fn shrink(&mut self, to: u64) -> Result<(), HoldError> {
        let (from, to) = (self.end(to).min(self.held), self.held);
        let advice =
            if self.kind == Kind::Shared { Advice::LinuxRemove } else { Advice::LinuxDontNeed };
        let what = format!("give back {}", Bytes((to - from) as u64));
        self.mapping
            .advise(from, to, advice)
            .map_err(HoldError::new(what, "the run ends instead"))?;
        self.held = from;
        Ok(())
    }

    fn bytes(&mut self) -> Option<&mut [u8]> {
        Some(&mut self.mapping.bytes()[..self.held])
    }

    fn adapt(&mut self, plan: &Plan) -> bool {
        // A mapping that moves need not begin at a huge page again.
        let Ok(length) = length(plan.size_bytes) else { return false };
        if plan.kind != self.kind || (self.kind == Kind::Thp && length > self.mapping.len()) {
            return false;
        }
        let grown = length.max(self.mapping.len());
        let file = self.file.as_ref().map_or(Ok(()), |file| ftruncate(file, grown as u64));
        file.is_ok() && self.mapping.resize(grown).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;
    use crate::source::Own;

    const MIB: u64 = 1 << 20;

    fn prepared(kind: Kind, mib: u64) -> Mapped {
        Mapped::prepare(&plan(|plan| {
            plan.kind = kind;
            plan.size_bytes = mib * MIB;
        }))
        .unwrap()
    }

    fn used() -> u64 {
        let used = Own::new().used();
        used.anonymous_bytes + used.shared_bytes
    }

    #[test]
    fn machine_every_kind_takes_what_it_says_and_gives_it_back() {
        let kinds = [Kind::Anon, Kind::Populated, Kind::Shared, Kind::Swap, Kind::Thp];
        // A kernel that gives no huge pages is refused, which is not what this is about.
        let kinds = &kinds[..if huge_pages_off().is_some() { 4 } else { 5 }];
        for &kind in kinds {
            let before = used();
            let mut held = prepared(kind, 32);
            let taken = || (used().saturating_sub(before)).div_ceil(MIB);
            assert!(taken() <= 1, "{kind}: nothing yet, {} MiB", taken());
            held.grow(32 * MIB).unwrap();
            assert!((32..=33).contains(&taken()), "{kind}: all, {} MiB", taken());
            held.shrink(8 * MIB).unwrap();
            assert!((8..=9).contains(&taken()), "{kind}: a quarter, {} MiB", taken());
            assert_eq!(held.held_bytes(), 8 * MIB);
            drop(held);
            assert!(taken() <= 1, "{kind}: given back, {} MiB", taken());
        }
    }

    #[test]
    fn machine_huge_pages_are_held_whole() {
        if huge_pages_off().is_some() {
            return;
        }
        let mut held = prepared(Kind::Thp, 8);
        held.grow(5 * MIB).unwrap();
        assert_eq!(held.held_bytes(), 4 * MIB);
        held.shrink(3 * MIB).unwrap();
        assert_eq!(held.held_bytes(), 2 * MIB);
    }

    #[test]
    fn a_larger_plan_goes_on_with_what_is_held() {
        for kind in [Kind::Anon, Kind::Shared] {
            let mut held = prepared(kind, 4);
            held.grow(4 * MIB).unwrap();
            held.bytes().unwrap()[1 << 20] = 9;
            assert!(held.adapt(&plan(|plan| plan.kind = kind)));
            held.grow(16 * MIB).unwrap();
            assert_eq!(held.bytes().unwrap()[1 << 20], 9, "{kind}");
            assert!(!held.adapt(&plan(|plan| plan.kind = Kind::Thp)));
        }
    }

    #[test]
    fn a_mapping_that_is_refused_says_what_to_look_at() {
        let plan = plan(|plan| plan.size_bytes = (usize::MAX / 2) as u64 & !4095);
        let error = Mapped::prepare(&plan).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot map 7.99 EiB: ") && error.contains("ulimit -v"),
            "{error}"
        );
    }
}
