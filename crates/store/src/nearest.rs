//! The name that somebody who mistyped one may have meant.

/// The one of `names` that is nearest to `name` by edits (Levenshtein), unless more than half of it
/// would have to change.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let best = names.map(|other| (strsim::levenshtein(name, other), other)).min()?;
    (best.0 * 2 <= name.chars().count().max(2)).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["memory.used", "memory.free", "swap.used", "vmstat.pgfault"];
        for (name, expected) in [
            ("memory.usd", Some("memory.used")),
            ("memroy.free", Some("memory.free")),
            ("swap_used", Some("swap.used")),
            ("zzzzzzzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()), expected, "{name}");
        }
        assert_eq!(nearest("any", [].into_iter()), None);
    }
}
