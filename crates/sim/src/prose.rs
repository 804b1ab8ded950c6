//! Pieces of sentences that the simulators share.

/// Items of a comparison that a sentence spells out before it says how many more there are.
const SPELLED_OUT: usize = 12;

/// "7 at 1, 0 at 2, 1 at 3": the items of a comparison, the first dozen spelled out.
pub(crate) fn listed<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    let mut items = items.map(|item| item.to_string());
    let spelled: Vec<String> = items.by_ref().take(SPELLED_OUT).collect();
    with_more(&spelled, items.count())
}

/// The same of `total` items, of which no more are made than are spelled out.
pub(crate) fn listed_of<T: std::fmt::Display>(
    total: usize,
    items: impl Iterator<Item = T>,
) -> String {
    let spelled: Vec<String> = items.take(SPELLED_OUT).map(|item| item.to_string()).collect();
    with_more(&spelled, total - spelled.len())
}

fn with_more(spelled: &[String], more: usize) -> String {
    match more {
        0 => spelled.join(", "),
        more => format!("{} and {more} more", spelled.join(", ")),
    }
}

/// "1 page", "2 pages".
pub(crate) fn many(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
