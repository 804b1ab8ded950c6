//! The name somebody probably meant.

/// Characters of a name that are looked at: no name there is has more.
const LONGEST: usize = 64;

/// The candidate that is nearest to `name`, where one is near: at most a third of its letters are to be changed, or
/// one contains the other.
pub(crate) fn nearest(
    name: &str,
    candidates: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let name: String = name.chars().take(LONGEST).collect::<String>().to_ascii_lowercase();
    let ranked = candidates.map(|candidate| (score(&name, candidate), candidate));
    let (score, candidate) = ranked.min_by_key(|&(score, candidate)| (score, candidate.len()))?;
    (score <= candidate.len().max(3) / 3).then_some(candidate)
}

/// How far a candidate is: its edit distance, or 1 where one is a part of the other.
fn score(name: &str, candidate: &str) -> usize {
    let distance = strsim::levenshtein(name, candidate);
    let part = name.len() >= 3 && (candidate.contains(name) || name.contains(candidate));
    if part { distance.min(1) } else { distance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name_and_a_stranger_finds_none() {
        let names = || ["clock", "clock-pro", "lru", "second-chance"].into_iter();
        for (name, expected) in [
            ("clok", Some("clock")),
            ("CLOCK-PRO", Some("clock-pro")),
            ("secondchance", Some("second-chance")),
            ("lur", None),
            ("lru2", Some("lru")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names()), expected, "{name}");
        }
    }
}
