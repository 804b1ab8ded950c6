//! Which events are wanted.

use super::Event;

/// Kinds and a text that events are to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    /// Kinds, whole (`oom.kill`) or by their beginning up to a dot (`process.`); none means all.
    pub kinds: Vec<String>,
    /// A text that kind, subject or detail holds, whatever its case.
    pub text: Option<String>,
}

impl Sieve {
    /// The kinds between commas, and a text.
    #[must_use]
    pub fn new(kinds: Option<&str>, text: Option<&str>) -> Sieve {
        let kinds = kinds.into_iter().flat_map(|kinds| kinds.split(','));
        let kinds = kinds.map(str::trim).filter(|kind| !kind.is_empty()).map(str::to_owned);
        let text = text.filter(|text| !text.is_empty()).map(str::to_lowercase);
        Sieve { kinds: kinds.collect(), text }
    }

    /// Whether an event is wanted.
    #[must_use]
    pub fn takes(&self, event: &Event) -> bool {
        let is_kind = |kind: &String| {
            event.kind == *kind || kind.ends_with('.') && event.kind.starts_with(kind.as_str())
        };
        let holds = |text: &String| {
            [&event.kind, &event.subject, &event.detail]
                .into_iter()
                .any(|part| part.to_lowercase().contains(text))
        };
        (self.kinds.is_empty() || self.kinds.iter().any(is_kind))
            && self.text.as_ref().is_none_or(holds)
    }

    /// Whether every event is wanted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.kinds.is_empty() && self.text.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_whole_or_end_in_a_dot_and_texts_match_whatever_their_case() {
        let event = Event {
            time_ms: 1,
            kind: "process.ended".into(),
            subject: "Java (pid 7)".into(),
            detail: "it held much".into(),
            facts: None,
        };
        let takes = |kinds, text| Sieve::new(kinds, text).takes(&event);
        assert!(takes(None, None) && takes(Some("oom.kill, process."), None));
        assert!(takes(Some("process.ended"), Some("java")) && takes(None, Some("HELD")));
        assert!(
            !takes(Some("process"), None)
                && !takes(Some("oom."), None)
                && !takes(None, Some("nginx"))
        );
    }
}
