//! What stands on the page before its code has loaded: the verdict's sentence, and whether there are only labs.
//!
//! `index.html` holds the frame of the view Now between two marks, with the places of the verdict's words. The
//! page's own code takes the same elements over once it runs, so nothing moves.

use ramscope_observe::Verdict;

use crate::problem::escape;

const BEGIN: &str = "<!-- first look -->";
const END: &str = "<!-- /first look -->";

/// Letters above which the page sets the sentence smaller; the same number stands in `headline.js`.
const LONG: usize = 78;

/// `index` with the verdict in its place, or, where there is none to tell, without the frame.
pub(crate) fn with_verdict(index: &str, verdict: Option<&Verdict>) -> String {
    let Some((head, rest)) = index.split_once(BEGIN) else { return index.to_owned() };
    let Some((frame, tail)) = rest.split_once(END) else { return index.to_owned() };
    let frame = verdict.map(|verdict| filled(frame, verdict)).unwrap_or_default();
    format!("{head}{frame}{tail}")
}

/// `index` as a server of labs sends it: the page's code sees at once that there is no machine to follow.
pub(crate) fn of_labs(index: &str) -> String {
    index.replacen("<html ", "<html data-labs-only ", 1)
}

/// `index` as a server sends it that puts no load on memory, and so has no view for it.
pub(crate) fn without_stress(index: &str) -> String {
    index.replacen("<html ", "<html data-no-stress ", 1)
}

fn filled(frame: &str, verdict: &Verdict) -> String {
    let headline = &verdict.headline;
    let (word, rest) = headline.split_at(headline.find(':').unwrap_or(headline.len()));
    let long = headline.chars().count() > LONG;
    frame
        .replace("{state}", verdict.state.key())
        .replace("{long}", if long { "true" } else { "false" })
        .replace("{word}", &escape(word))
        .replace("{rest}", &escape(rest))
}

#[cfg(test)]
mod tests {
    use ramscope_observe::explain::State;

    use super::*;

    const INDEX: &str = "<p><!-- first look --><b data-state=\"{state}\" data-long=\"{long}\">{word}</b>{rest}<!-- /first look --></p>";

    fn check(headline: &str, expected: &str) {
        let verdict =
            Verdict { state: State::Ok, headline: headline.to_owned(), reasons: Vec::new() };
        assert_eq!(with_verdict(INDEX, Some(&verdict)), expected);
    }

    #[test]
    fn the_verdict_stands_where_the_page_will_write_it() {
        check(
            "Not short: 1 GiB used.",
            "<p><b data-state=\"ok\" data-long=\"false\">Not short</b>: 1 GiB used.</p>",
        );
        check("<b>", "<p><b data-state=\"ok\" data-long=\"false\">&lt;b&gt;</b></p>");
    }

    #[test]
    fn without_a_verdict_there_is_no_frame() {
        assert_eq!(with_verdict(INDEX, None), "<p></p>");
        assert_eq!(with_verdict("<p></p>", None), "<p></p>");
    }

    #[test]
    fn the_page_has_a_place_for_every_word() {
        let index = include_str!("../ui/index.html");
        for place in [BEGIN, "{state}", "{long}", "{word}", "{rest}", END] {
            assert_eq!(index.matches(place).count(), 1, "{place}");
        }
    }

    #[test]
    fn a_page_of_labs_says_so_where_its_code_looks() {
        let index = of_labs(include_str!("../ui/index.html"));
        assert_eq!(index.matches("<html data-labs-only lang=").count(), 1);
    }
}
