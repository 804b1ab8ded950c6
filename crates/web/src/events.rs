//! `GET /api/v1/events`: what happened, and when.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::history::{Event, Sieve};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::history::refusal;
use crate::problem::{Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Events of an answer where the caller does not say how many.
const LIMIT_USUAL: u32 = 1000;

/// Most events of an answer.
const LIMIT_MAX: u32 = 10_000;

/// What happened in a stretch of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventList)]
pub(crate) struct EventsDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The events.
    events: Vec<EventEntry>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventEntry {
    /// When it happened, UTC milliseconds.
    time_ms: i64,
    /// What sort of thing it was: `recorder.started`, `recorder.stopped`, `recorder.gap`, `clock.stepped`, `oom.kill`,
    /// `pressure.began`, `pressure.ended`, `warning.pressure`, `warning.limit`, `process.started`, `process.ended`,
    /// `process.jumped`, `process.many`, `process.flood`, `alert.firing`, `alert.over`, `alert.failed`, `events.lost`,
    /// `stress.run`.
    kind: String,
    /// Whom it happened to.
    subject: String,
    /// The rest, in words.
    detail: String,
    /// The same for programs: of an `oom.kill` who was killed, and why; null where there is no more than words.
    #[schema(value_type = Option<KillFacts>)]
    facts: Option<Value>,
}

/// What is known of a process, or of several, killed for want of memory; what nobody told is absent or null.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is recorded, and is never made")]
struct KillFacts {
    /// How many were killed.
    kills: u64,
    /// The name of the one that was killed, by the kernel's log.
    victim: Option<String>,
    /// Its id.
    victim_pid: Option<u32>,
    /// What it held, in bytes: anonymous memory, files and shared memory.
    held_bytes: Option<u64>,
    /// Its anonymous memory, in bytes.
    anon_bytes: Option<u64>,
    /// Its mapped files, in bytes.
    file_bytes: Option<u64>,
    /// Its shared memory, in bytes.
    shared_bytes: Option<u64>,
    /// The cgroup that counted the kill, where only that is known.
    cgroup: Option<String>,
    /// The cgroup whose limit was reached; null where the machine itself ran out.
    limit_cgroup: Option<String>,
    /// That limit, in bytes.
    limit_bytes: Option<u64>,
    /// Who asked for memory at that moment, which is not the culprit.
    asked_by: Option<String>,
    /// Its id.
    asked_pid: Option<u32>,
}

impl From<Event> for EventEntry {
    fn from(event: Event) -> EventEntry {
        let Event { time_ms, kind, subject, detail, facts } = event;
        let facts = facts.and_then(|facts| serde_json::from_str(&facts).ok());
        EventEntry { time_ms, kind, subject, detail, facts }
    }
}

/// List what happened in a stretch of time.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "history",
    params(
        ("from" = Option<String>, Query, description = "First moment; an hour before `to` where nothing is said"),
        ("to" = Option<String>, Query, description = "First moment after the range; now where nothing is said"),
        ("since" = Option<String>, Query, description = "Another word for `from`", example = "1h"),
        ("until" = Option<String>, Query, description = "Another word for `to`"),
        ("kind" = Option<String>, Query, description = "Only these kinds, between commas; one that ends in a dot means all that begin so", example = "oom.kill,process."),
        ("filter" = Option<String>, Query, description = "Only those whose kind, subject or detail holds this text"),
        ("order" = Option<String>, Query, description = "asc (the oldest first, as usual) or desc"),
        ("limit" = Option<u32>, Query, description = "Most events, 1 to 10000; 1000 where nothing is said", minimum = 1, maximum = 10000),
    ),
    responses(
        (status = 200, description = "The events", body = EventsDocument),
        WrongParameter,
        (status = 404, description = "Nothing is recorded", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "Too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn events(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let query =
        Query::parse(&uri, &["from", "to", "since", "until", "kind", "filter", "order", "limit"])?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let span = query.span(app.clock.wall_ms())?;
    let sieve = Sieve::new(query.get("kind"), query.get("filter"));
    let newest_first = query.choice("order", &["asc", "desc"])? == Some("desc");
    let answer = app
        .past()?
        .ask(move |history| {
            let found = history.events_sifted(span.from, span.to, limit, &sieve);
            let mut events = found.map_err(refusal)?;
            if newest_first {
                events.reverse();
            }
            let events = events.into_iter().map(EventEntry::from).collect();
            Ok(json_bytes(&EventsDocument { schema_version: SCHEMA_VERSION, events }))
        })
        .await?;
    Ok(json_response(answer))
}
