//! Query parameters: read strictly, refused in words.
//!
//! A parameter that a route does not know is refused too, with the nearest name it does know: a mistyped
//! `point=600` must not silently mean the default.

use std::ops::RangeInclusive;

use axum::extract::Query as Pairs;
use axum::http::Uri;
use jiff::tz::TimeZone;
use ramscope_observe::{TimeMs, when};

use crate::problem::{Problem, echo};

/// The parameters of one request, each at most once, all of them known to the route.
#[derive(Debug)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// The parameters of `uri`, which may be those in `known` and no others.
    ///
    /// # Errors
    /// 400 for a parameter that is unknown or stands twice.
    pub(crate) fn parse(uri: &Uri, known: &[&'static str]) -> Result<Query, Problem> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Problem::parameter(format!("the query cannot be read: {error}")))?;
        for (index, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known));
            }
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::parameter(format!("`{name}` stands twice: give it once")));
            }
        }
        Ok(Query { pairs })
    }

    /// The value of `name`, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The whole number in `name`, or `default`.
    ///
    /// # Errors
    /// 400 when it is no whole number in `allowed`.
    pub(crate) fn number(
        &self,
        name: &str,
        allowed: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
            Problem::parameter(format!(
                "`{name}` is `{}`: expected a whole number from {} to {}",
                echo(text),
                allowed.start(),
                allowed.end()
            ))
        })
    }

    /// The word in `name`, if it was given.
    ///
    /// # Errors
    /// 400 when it is none of `allowed`.
    pub(crate) fn choice(
        &self,
        name: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let found = allowed.iter().find(|word| **word == text).copied();
        found.map(Some).ok_or_else(|| {
            Problem::parameter(format!(
                "`{name}` is `{}`: expected one of {}",
                echo(text),
                allowed.join(", ")
            ))
        })
    }

    /// The stretch of time in `from` and `to`, or in `since`; the last hour where nothing is said.
    ///
    /// # Errors
    /// 400 when one of them is no time, when both `from` and `since` are given, or when `from` is not before `to`.
    pub(crate) fn span(&self, now: TimeMs) -> Result<Span, Problem> {
        if self.get("from").is_some() && self.get("since").is_some() {
            return Err(Problem::parameter(
                "`from` and `since` say the same thing in two ways: give one of them",
            ));
        }
        let start = if self.get("from").is_some() { "from" } else { "since" };
        if self.get("to").is_some() && self.get("until").is_some() {
            return Err(Problem::parameter(
                "`to` and `until` say the same thing in two ways: give one of them",
            ));
        }
        let end = if self.get("until").is_some() { "until" } else { "to" };
        let to = self.moment(end, now)?.unwrap_or(now);
        let from = self.moment(start, now)?.unwrap_or(to.saturating_sub(DEFAULT_SPAN_MS));
        if from < to {
            Ok(Span { from, to })
        } else {
            Err(Problem::parameter(format!(
                "`{start}` is {from} and `{end}` is {to}: `{start}` must be before `{end}`"
            )))
        }
    }

    /// The moment in `name`, if one was given.
    ///
    /// # Errors
    /// 400 when it is no time.
    pub(crate) fn moment(&self, name: &str, now: TimeMs) -> Result<Option<TimeMs>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match when::parse(text, now, &TimeZone::UTC) {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(Problem::parameter(format!(
                "`{name}` is `{}`: expected UTC milliseconds (1795317120000), RFC 3339 \
                 (2026-11-22T03:12:00Z), or how long ago (90s, 1h, 7d)",
                echo(text)
            ))),
        }
    }
}

/// How far back a query looks that does not say it.
const DEFAULT_SPAN_MS: TimeMs = 3_600_000;

/// A stretch of time in UTC milliseconds: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first moment of it.
    pub(crate) from: TimeMs,
    /// The first moment after it; later than `from`.
    pub(crate) to: TimeMs,
}

fn unknown(name: &str, known: &[&'static str]) -> Problem {
    let name = echo(name);
    let Some(nearest) = known.iter().min_by_key(|candidate| strsim::levenshtein(&name, candidate))
    else {
        return Problem::parameter(format!("`{name}` is unknown: this path takes no parameters"));
    };
    Problem::parameter(format!(
        "`{name}` is unknown: the nearest is `{nearest}`; this path takes {}",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimeMs = 1_795_317_120_000;

    fn query(text: &str) -> Result<Query, Problem> {
        let uri = format!("/x?{text}").parse().unwrap();
        Query::parse(&uri, &["series", "from", "to", "since", "points"])
    }

    #[track_caller]
    fn check_span(text: &str, expected: Result<Span, &str>) {
        let found = query(text).and_then(|query| query.span(NOW));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
            (Err(problem), Err(part)) => {
                assert!(problem.detail().contains(part), "{text}: {}", problem.detail());
            }
            (found, expected) => panic!("{text}: found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn a_span_is_read_in_every_form_it_can_have() {
        check_span("", Ok(Span { from: NOW - 3_600_000, to: NOW }));
        check_span("since=1m", Ok(Span { from: NOW - 60_000, to: NOW }));
        check_span(
            "from=1795317000000&to=1795317060000",
            Ok(Span { from: NOW - 120_000, to: NOW - 60_000 }),
        );
        check_span("from=2026-11-22T03:11:00Z", Ok(Span { from: NOW - 60_000, to: NOW }));
        check_span("from=2026-11-22T04:11:00%2B01:00", Ok(Span { from: NOW - 60_000, to: NOW }));
    }

    #[test]
    fn a_span_that_is_none_is_refused_with_the_name_the_value_and_the_form() {
        check_span("from=yesterday", Err("`from` is `yesterday`: expected UTC milliseconds"));
        check_span("to=", Err("`to` is ``: expected"));
        check_span("since=5", Err("`since` is `5`: expected"));
        check_span("since=1h&from=0", Err("give one of them"));
        check_span("from=1795317060000&to=1795317060000", Err("`from` must be before `to`"));
        check_span("from=now", Err("must be before"));
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_the_nearest() {
        check_span("point=4", Err("`point` is unknown: the nearest is `points`"));
        check_span("since=1h&since=2h", Err("`since` stands twice"));
        let bare = Query::parse(&"/x?a=1".parse().unwrap(), &[]).unwrap_err();
        assert!(bare.detail().contains("takes no parameters"));
    }

    #[test]
    fn a_word_that_is_none_of_the_allowed_is_refused() {
        assert_eq!(query("to=asc").unwrap().choice("to", &["asc", "desc"]).unwrap(), Some("asc"));
        assert_eq!(query("").unwrap().choice("to", &["asc", "desc"]).unwrap(), None);
        let problem = query("to=up").unwrap().choice("to", &["asc", "desc"]).unwrap_err();
        assert!(problem.detail().contains("`to` is `up`: expected one of asc, desc"));
    }

    #[test]
    fn a_number_outside_its_bounds_is_refused() {
        assert_eq!(query("").unwrap().number("points", 1..=10, 6).unwrap(), 6);
        assert_eq!(query("points=10").unwrap().number("points", 1..=10, 6).unwrap(), 10);
        for text in ["0", "11", "-1", "", "1.5", "1000000", "99999999999999999999", "ä"] {
            let problem = query(&format!("points={text}")).unwrap().number("points", 1..=10, 6);
            let detail = problem.unwrap_err().detail().to_owned();
            assert!(detail.contains("expected a whole number from 1 to 10"), "{detail}");
        }
    }
}
