//! Texts that many processes share, each kept once.

use std::collections::HashSet;
use std::sync::Arc;

/// Texts are looked through for those that nobody uses any more when there are so many more than then.
const SLACK: usize = 1024;

/// Every text once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashSet<Arc<str>>,
    /// How many were left after the last clearing.
    left: usize,
}

impl Names {
    /// The one copy of `text`.
    pub(crate) fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.left + SLACK {
            self.known.retain(|name| Arc::strong_count(name) > 1);
            self.left = self.known.len();
        }
        let name: Arc<str> = text.into();
        self.known.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_unused_ones_go() {
        let mut names = Names::default();
        let held = names.intern("held");
        assert!(Arc::ptr_eq(&held, &names.intern("held")));
        for number in 0..10 * SLACK {
            names.intern(&number.to_string());
        }
        assert!(names.known.len() <= SLACK + 2);
        assert!(Arc::ptr_eq(&held, &names.intern("held")));
    }
}
