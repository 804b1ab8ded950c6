//! Every term on screen, in one sentence, with the kernel's own names.

mod terms;

use crate::ledger::PARTS;
use terms::{OTHERS, REMAINDERS};

/// What one term means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its name in JSON; no two terms share one.
    pub key: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// What it is, in one sentence.
    pub definition: &'static str,
    /// How it is computed or read, in the kernel's names.
    pub formula: &'static str,
    /// The kernel's names that stand in the formula.
    pub kernel_fields: &'static [&'static str],
    /// What the number misses, or what usually hides in it.
    pub hides: Option<&'static str>,
    /// What it belongs to: [`LEDGER`], `memory`, `swap`, `pressure`, `faults`, `reclaim`, `pages` or
    /// `machine`.
    pub group: &'static str,
}

/// The group of the ledger's parts.
pub const LEDGER: &str = "ledger";

/// All terms: the parts of the ledger in their order, what they leave over, then the others.
pub const TERMS: &[Term] = &ALL;

const COUNT: usize = PARTS.len() + REMAINDERS.len() + OTHERS.len();

const ALL: [Term; COUNT] = {
    let mut all = [REMAINDERS[0]; COUNT];
    let mut at = 0;
    while at < COUNT {
        all[at] = nth(at);
        at += 1;
    }
    all
};

const fn nth(at: usize) -> Term {
    if at >= PARTS.len() + REMAINDERS.len() {
        return OTHERS[at - PARTS.len() - REMAINDERS.len()];
    }
    if at >= PARTS.len() {
        return REMAINDERS[at - PARTS.len()];
    }
    let part = &PARTS[at];
    Term {
        key: part.key,
        label: part.label,
        definition: part.definition,
        formula: part.formula,
        kernel_fields: part.kernel_fields,
        hides: part.hides,
        group: LEDGER,
    }
}

/// The term named `key`.
pub fn term(key: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_ledgers_parts_come_first_and_in_their_order() {
        let keys: Vec<_> = TERMS.iter().map(|term| term.key).collect();
        let parts: Vec<_> = PARTS.iter().map(|part| part.key).collect();
        assert_eq!(keys[..parts.len()], parts);
        assert_eq!(keys[parts.len()..][..2], ["unaccounted", "overlap"]);
        assert!(TERMS[..parts.len() + 2].iter().all(|term| term.group == LEDGER));
    }

    #[test]
    fn no_two_terms_share_a_key() {
        let keys: BTreeSet<_> = TERMS.iter().map(|term| term.key).collect();
        assert_eq!(keys.len(), TERMS.len());
        assert!(term("used").is_some());
        assert!(term("nothing of the kind").is_none());
    }

    #[test]
    fn a_definition_is_one_sentence() {
        for term in TERMS {
            let text = term.definition;
            assert!(text.ends_with('.') && !text[..text.len() - 1].contains(". "), "{}", term.key);
            assert!(text.starts_with(char::is_uppercase), "{}", term.key);
        }
    }

    #[test]
    fn every_kernel_field_stands_in_its_formula() {
        for term in TERMS {
            for field in term.kernel_fields {
                assert!(term.formula.contains(field), "{}: {field}", term.key);
            }
        }
    }
}
