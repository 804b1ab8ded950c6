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

/// A time in the largest unit that leaves something before the point, and exactly: "51 ns", "4.901 ms".
pub(crate) fn time(ns: u64) -> String {
    let (unit, name): (u64, &str) = match ns {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let digits = unit.ilog10() as usize;
    let number = format!("{}.{:0digits$}", ns / unit, ns % unit);
    format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_exact_in_a_unit_that_people_read() {
        for (ns, told) in [
            (0, "0 ns"),
            (51, "51 ns"),
            (1_000, "1 µs"),
            (1_050, "1.05 µs"),
            (4_901_000, "4.901 ms"),
            (100_000_000, "100 ms"),
            (238_721_000, "238.721 ms"),
            (60_000_000_000, "60 s"),
            (1_000_000_001, "1.000000001 s"),
        ] {
            assert_eq!(time(ns), told);
        }
    }
}
