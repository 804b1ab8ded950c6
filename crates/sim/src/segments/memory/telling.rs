//! The sentences of the lab: which holes were looked at, why this one, what was left, what joined, what moved.

use super::fit::{Fit, Hole};
use super::map::Held;
use super::script::Part;
use super::simulation::{Move, Search};
use crate::segments::Kind;
use crate::translate::Access;

/// Items that a sentence spells out before it says how many more there are.
const SPELLED_OUT: usize = 12;

/// "p1 arrives with code 100, heap 50: 150 bytes."
pub(super) fn arrival(name: &str, parts: &[Part]) -> String {
    let each: Vec<String> =
        parts.iter().map(|part| format!("{} {}", part.kind, part.bytes)).collect();
    let all: u64 = parts.iter().map(|part| part.bytes).sum();
    format!("{name} arrives with {}: {} in all.", each.join(", "), count(all))
}

/// A search for a hole.
pub(super) fn searched(fit: Fit, search: &Search) -> String {
    let Search { kind, size_bytes, ref looked, chosen, .. } = *search;
    let what = format!("For the {kind}, {}", count(size_bytes));
    let seen = listed(looked.iter().map(told));
    let Some(hole) = chosen else {
        return match looked.len() {
            0 => format!("{what}, there is no hole."),
            _ => format!("{what}, {fit} looks at {seen}: none is large enough."),
        };
    };
    let why = match fit {
        Fit::First | Fit::Next => "the first that is large enough",
        Fit::Best => "the smallest that is large enough",
        Fit::Worst => "the largest",
    };
    let left = match hole.size_bytes - size_bytes {
        0 => "and nothing is left".to_owned(),
        1 => "and 1 byte is left".to_owned(),
        left => format!("and {left} bytes are left"),
    };
    let (taken, hole) = (bytes(hole.base, size_bytes), told(&hole));
    match looked.len() {
        1 => format!("{what}, {fit} takes the hole of {hole}: {taken}, {left}."),
        _ => format!("{what}, {fit} looks at {seen}: {why} is {hole}. It takes {taken}, {left}."),
    }
}

/// Why there was no room for `wanted` bytes, and whether compaction `helps`.
pub(super) fn no_room(what: &str, wanted: u64, holes: &[Hole], helps: bool) -> String {
    let free: u64 = holes.iter().map(|hole| hole.size_bytes).sum();
    let largest = holes.iter().map(|hole| hole.size_bytes).max().unwrap_or(0);
    let compaction = if helps { "Compaction would make" } else { "Compaction would not make" };
    format!(
        "{what}: {} wanted, {free} free in all, the largest hole {largest}. {compaction} room.",
        count(wanted)
    )
}

/// What a segment asks for, and what is free beside it.
pub(super) fn growth(name: &str, part: &Part, held: Held, beside: u64) -> String {
    let Part { kind, bytes: more, .. } = *part;
    let now = bytes(held.base, held.bytes);
    let (way, side) = if kind == Kind::Stack { ("down", "below") } else { ("up", "above") };
    let free = match beside {
        0 => format!("nothing is free right {side} it"),
        1 => format!("1 byte is free right {side} it"),
        free => format!("{free} bytes are free right {side} it"),
    };
    format!("The {kind} of {name}, {now}, is to grow {way} by {more}: {free}.")
}

/// A growth that moved nothing.
pub(super) fn in_place(kind: Kind, base: u64, size: u64) -> String {
    format!("It grows where it is: the {kind} has {} now, and nothing moves.", bytes(base, size))
}

/// "p1 writes its heap at 30."
pub(super) fn access(name: &str, kind: Kind, offset: i64, access: Access) -> String {
    let verb = match access {
        Access::Read => "reads",
        Access::Write => "writes",
        Access::Execute => "executes",
    };
    format!("{name} {verb} its {kind} at {offset}.")
}

/// What was freed, and the holes it is part of now.
pub(super) fn freed(freed: u64, holes: &[Hole]) -> String {
    let what = if holes.len() == 1 { "hole" } else { "holes" };
    format!(
        "Its {} are free again; with what is free beside them they make the {what} {}.",
        count(freed),
        listed(holes.iter().map(told))
    )
}

/// A compaction. `labels` are the segments of the moves.
pub(super) fn compaction(
    labels: impl ExactSizeIterator<Item = String>,
    moves: &[Move],
    holes: &[Hole],
) -> String {
    let free = match holes {
        [] => "Nothing is free.".to_owned(),
        [hole, ..] => format!("All that is free is one hole: {}.", told(hole)),
    };
    if moves.is_empty() {
        return format!("Compaction has nothing to move: there is no hole below a segment. {free}");
    }
    let moved: u64 = moves.iter().map(|moved| moved.size_bytes).sum();
    let each = labels
        .zip(moves)
        .map(|(label, Move { from, to, .. })| format!("{label} from {from} to {to}"));
    let each: Vec<String> = each.collect();
    let segments = if moves.len() == 1 { "segment" } else { "segments" };
    format!(
        "Compaction slides {} {segments} down, {} in all: {}. {free}",
        moves.len(),
        count(moved),
        listed(each.into_iter())
    )
}

/// "200 bytes at 300".
fn told(hole: &Hole) -> String {
    format!("{} at {}", count(hole.size_bytes), hole.base)
}

/// "bytes 300 to 499".
fn bytes(base: u64, size: u64) -> String {
    format!("bytes {base} to {}", base + size - 1)
}

fn count(bytes: u64) -> String {
    let plural = if bytes == 1 { "" } else { "s" };
    format!("{bytes} byte{plural}")
}

/// The first dozen of a list, and how many more there are.
fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(SPELLED_OUT);
    let spelled: Vec<String> = items.take(SPELLED_OUT).collect();
    match more {
        0 => spelled.join(", "),
        more => format!("{} and {more} more", spelled.join(", ")),
    }
}
