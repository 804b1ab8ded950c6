//! The sentences of a translation: what the address says, what was compared, and what was added.

use super::check::{Compare, Sum, Translation, Trap};
use super::request::{Request, Selector};
use super::table::{Growth, Location, Segment, Table};
use crate::translate::Access;

/// All of a translation.
pub(super) fn told(table: &Table, request: Request, found: &Translation) -> String {
    let mut said = vec![named(table, request, found)];
    match table.find(found.segment) {
        None => said.push(missing(table, found.segment)),
        Some(entry) if found.trap == Some(Trap::NotPresent) => {
            let number = entry.number;
            said.push(format!(
                "Segment {number} is not present. Trap: the operating system brings it into memory, and the access is \
                 made again."
            ));
        }
        Some(entry) => said.extend(entered(table, entry, found)),
    }
    said.join(" ")
}

/// How the address names its segment.
fn named(table: &Table, request: Request, found: &Translation) -> String {
    let Translation { segment, offset, .. } = found;
    match (request.selector, table.shape().split) {
        (Selector::Number(_), _) => format!("Segment {segment}, offset {offset}."),
        (Selector::Kind(kind), _) => format!(
            "An address of the {kind} is implicitly one of segment {segment}; its offset is {offset}."
        ),
        (Selector::TopBits, Some(split)) if split.segment_bits > 0 => {
            let address = request.offset;
            let offset_bits = split.offset_bits;
            match &found.bits {
                Some(bits) => format!(
                    "Address {address} is {}|{} in binary: the top bits are segment {segment}, the other {offset_bits} are \
                     offset {offset}.",
                    bits.segment, bits.offset
                ),
                None => format!(
                    "Address {address} has more than the {} bits of an address: above its {offset_bits} offset bits stands \
                     {segment}.",
                    split.segment_bits + offset_bits
                ),
            }
        }
        (Selector::TopBits, _) => format!("Address {offset} is relocated by base and limit."),
    }
}

fn missing(table: &Table, number: u64) -> String {
    let numbers: Vec<u64> = table.segments().iter().map(|segment| segment.number).collect();
    let last = numbers.iter().max().copied().unwrap_or(0);
    let why = if number > last {
        format!("its last is {last}, which is {} less", number - last)
    } else {
        "that number is not in use".to_owned()
    };
    format!("The table has no segment {number}: {why}. Trap: no such segment.")
}

/// From the entry on: the limit, the protection and the address.
fn entered(table: &Table, entry: &Segment, found: &Translation) -> Vec<String> {
    let Some(compare) = found.compare else { return Vec::new() };
    let mut said = Vec::new();
    said.extend(rewritten(table, entry, found.offset));
    said.push(match found.excess_bytes {
        None => inside(entry, compare),
        Some(excess) => outside(entry, compare, excess),
    });
    if found.trap == Some(Trap::Limit) {
        return said;
    }
    if found.trap == Some(Trap::Protection) {
        let (done, protection) = (participle(found.access), entry.protection);
        said.push(format!(
            "Its protection is {protection}: it may not be {done}. Trap: protection."
        ));
        return said;
    }
    let (done, protection) = (participle(found.access), entry.protection);
    said.push(format!("Its protection {protection} lets it be {done}."));
    if let Some(walk) = &found.walk {
        said.push("Its base leads to its page table.".to_owned());
        said.push(walk.explain.clone());
    }
    match found.add {
        Some(sum) => said.push(added(entry, sum)),
        None => said.push("Trap: page fault.".to_owned()),
    }
    said
}

/// What is done to an offset before it is compared.
fn rewritten(table: &Table, entry: &Segment, offset: i64) -> Option<String> {
    let split = table.shape().split?;
    let (largest, number) = (split.largest_bytes(), entry.number);
    match entry.growth {
        Growth::Up => None,
        Growth::Down if offset < 0 => None,
        Growth::Down => {
            let below = offset.saturating_sub_unsigned(largest);
            Some(format!(
                "Segment {number} grows down, and its largest size is {largest}: {offset} - {largest} = {below} from its \
                 base."
            ))
        }
        Growth::ExpandDown => Some(format!(
            "Segment {number} expands down: valid are the offsets above its limit, up to {}.",
            largest - 1
        )),
    }
}

fn inside(entry: &Segment, compare: Compare) -> String {
    let Compare { left, relation, right, .. } = compare;
    let has = match entry.location {
        Location::Whole { base } => format!("Base {base}, limit {}", entry.limit),
        Location::Paged { .. } => format!("Limit {}", entry.limit),
    };
    format!("{has}: {left} {relation} {right}, so it is inside.")
}

fn outside(entry: &Segment, compare: Compare, excess: u64) -> String {
    let Compare { left, relation, right, .. } = compare;
    let (limit, bytes) = (entry.limit, if excess == 1 { "byte" } else { "bytes" });
    format!(
        "Limit {limit}: {left} {relation} {right} does not hold, by {excess} {bytes}. Trap: beyond the limit."
    )
}

fn added(entry: &Segment, sum: Sum) -> String {
    let Sum { base, addend, sum } = sum;
    let sign = if addend < 0 { '-' } else { '+' };
    let amount = addend.unsigned_abs();
    match entry.location {
        Location::Whole { .. } => format!("{base} {sign} {amount} = {sum}."),
        Location::Paged { .. } => format!("In decimal {base} {sign} {amount} = {sum}."),
    }
}

fn participle(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "written",
        Access::Execute => "executed",
    }
}
