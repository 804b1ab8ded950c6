//! Paged segments: each has a page table of its own in a simulated memory, and the segment's base leads to it.

use std::collections::HashMap;

use super::error::Error;
use super::table::Table;
use crate::translate::{Access, Flags, Mapping, Request, Scheme, SpaceId, System, Target, Walk};

/// The page tables of a segment table. Protection is the segments' business: pages allow everything.
pub(super) struct Pages {
    system: System,
    /// The page table of a segment's number.
    tables: HashMap<u64, SpaceId>,
}

impl Pages {
    /// Writes the page tables; `None` where the segments are not paged.
    pub(super) fn new(table: &Table) -> Result<Option<Pages>, Error> {
        let Some(page_bytes) = table.shape().page_bytes else { return Ok(None) };
        let offset_bits = page_bytes.ilog2();
        let most = table.segments().iter().map(|segment| segment.frames().len()).max();
        let index_bits = match table.shape().split {
            Some(split) => split.offset_bits - offset_bits,
            None => most.unwrap_or(1).max(2).next_power_of_two().ilog2(),
        };
        let mut system = System::new(Scheme::new(&[index_bits], offset_bits, None)?);
        let mut tables = HashMap::new();
        for segment in table.segments() {
            let space = system.space()?;
            for (page, &frame) in (0..).zip(segment.frames()) {
                let target = frame.map_or(Target::Swap(0), Target::Frame);
                let flags = Flags { write: true, execute: true, ..Flags::READ };
                system.map(space, Mapping { page, target, flags, huge: 0 })?;
            }
            tables.insert(segment.number, space);
        }
        Ok(Some(Pages { system, tables }))
    }

    /// Goes through the page table of a segment. The offset is within its limit.
    pub(super) fn walk(&mut self, number: u64, offset: u64, access: Access) -> Result<Walk, Error> {
        let space = self.tables.get(&number).copied().unwrap_or(SpaceId(u32::MAX));
        let request = Request { address: offset, access, privileged: false };
        Ok(self.system.access(space, request)?.walks.remove(0))
    }
}
