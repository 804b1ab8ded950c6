//! `GET /healthz` and `GET /readyz`: whether the server lives, and whether its numbers are fresh.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use tokio::time::Instant;

use crate::app::App;
use crate::problem::{Problem, ProblemDocument};

/// A sample is fresh for so many intervals…
const FRESH_INTERVALS: u32 = 3;

/// …and so much longer, for a machine that is busy.
const FRESH_GRACE: Duration = Duration::from_secs(2);

/// Ask whether the server is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "health",
    responses((status = 200, description = "It is", content_type = "text/plain", body = String))
)]
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// Ask whether the numbers are fresh: there is a sample, not older than three intervals and two seconds.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "They are", content_type = "text/plain", body = String),
        (status = 503, description = "No sample yet, or an old one", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    if app.settings.labs_only {
        return Ok("ready: labs only\n");
    }
    let frame = app.live.frame()?;
    let interval = Duration::from_millis(frame.tick().recorder.interval_ms);
    check_age(frame.age(Instant::now()), interval)?;
    Ok("ready\n")
}

fn check_age(age: Duration, interval: Duration) -> Result<(), Problem> {
    let allowed = interval * FRESH_INTERVALS + FRESH_GRACE;
    if age <= allowed {
        return Ok(());
    }
    Err(Problem::unavailable(format!(
        "the newest sample is {:.1} s old, and there should be one every {:.2} s: the sampler is stuck, see the log",
        age.as_secs_f64(),
        interval.as_secs_f64()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_fresh_for_three_intervals_and_two_seconds() {
        let interval = Duration::from_secs(1);
        assert!(check_age(Duration::from_secs(5), interval).is_ok());
        let detail =
            check_age(Duration::from_millis(5100), interval).unwrap_err().detail().to_owned();
        assert!(detail.contains("5.1 s old"), "{detail}");
        assert!(check_age(Duration::from_secs(10_000), Duration::from_secs(3600)).is_ok());
    }
}
