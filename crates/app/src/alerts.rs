//! Tells programs of alerts: one after the other, never through a shell, never for longer than allowed.
//!
//! A program gets one JSON object on its standard input. One that is missing, fails, or hangs is an event (`alert.failed`), and
//! the others are told all the same; so many wait at most, and what is beyond is counted.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, TrySendError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ramscope_observe::alert::Change;
use ramscope_observe::clock::Clock;
use ramscope_observe::history::Event;
use ramscope_observe::watch::{Orders, Watched};
use serde_json::json;

use crate::config::Alert;

/// Changes that wait for their program.
const WAITING_MAX: usize = 64;
/// How often a running program is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// A program to be told of a change.
#[derive(Debug)]
struct Order {
    words: Vec<String>,
    timeout: Duration,
    change: Change,
}

/// The rules, and a thread that tells their programs; it ends with the watch.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn orders(alerts: &[Alert], watched: Watched) -> Result<Orders> {
    let rules = alerts.iter().map(|alert| alert.rule.clone()).collect();
    let alerts = alerts.to_vec();
    let (orders, inbox) = mpsc::sync_channel(WAITING_MAX);
    let told = watched.clone();
    // Never joined: a program that hangs must not keep the server from ending.
    thread::Builder::new()
        .name("alerts".to_owned())
        .spawn(move || tell_all(&inbox, &told))
        .context("cannot start a thread for alerts")?;
    let tell = move |change: &Change| {
        let found = alerts.iter().find(|alert| alert.rule.name == change.rule);
        let Some(Alert { run, timeout, .. }) = found.filter(|alert| !alert.run.is_empty()) else {
            return;
        };
        let order = Order { words: run.clone(), timeout: *timeout, change: change.clone() };
        if let Err(TrySendError::Full(order)) = orders.try_send(order) {
            let why =
                format!("{WAITING_MAX} programs wait already; `{}` was not told", order.words[0]);
            watched.tell(vec![failure(&order.change, why)]);
        }
    };
    Ok(Orders { rules, tell: Box::new(tell) })
}

fn tell_all(inbox: &Receiver<Order>, watched: &Watched) {
    for order in inbox {
        if let Err(why) = run(&order) {
            tracing::warn!("alert {}: {why}", order.change.rule);
            watched.tell(vec![failure(&order.change, why)]);
        }
    }
}

/// Runs one program to its end, or to the end of its time.
fn run(order: &Order) -> Result<(), String> {
    let Some((program, arguments)) = order.words.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| {
        format!("`{program}` cannot be run: {error}; name it by its whole path")
    })?;
    if let Some(mut input) = child.stdin.take() {
        // Less than a pipe holds, so this waits for nobody; a program that closes its input wants nothing.
        let _ = input.write_all(document(&order.change).as_bytes());
    }
    wait(&mut child, order.timeout).map_err(|why| format!("`{program}` {why}"))
}

fn wait(child: &mut Child, timeout: Duration) -> Result<(), String> {
    let clock = Clock::system();
    let end = clock.monotonic().saturating_add(timeout);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if clock.monotonic() < end => thread::sleep(LOOK),
            outcome => {
                // It may have ended at this very moment: then there is nothing to kill, and the wait returns at once.
                let _ = child.kill();
                let _ = child.wait();
                return Err(match outcome {
                    Err(error) => format!("cannot be waited for: {error}"),
                    Ok(_) => format!("was killed: it took longer than {} s", timeout.as_secs_f64()),
                });
            }
        }
    }
}

/// What the program reads.
fn document(change: &Change) -> String {
    let state = if change.firing { "firing" } else { "over" };
    let mut text = json!({
        "schema_version": 1,
        "alert": change.rule,
        "state": state,
        "time_ms": change.time_ms,
        "sentence": change.sentence,
    })
    .to_string();
    text.push('\n');
    text
}

fn failure(change: &Change, detail: String) -> Event {
    Event {
        time_ms: change.time_ms,
        kind: "alert.failed".to_owned(),
        subject: change.rule.clone(),
        detail,
        facts: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(words: &[&str], timeout_ms: u64) -> Order {
        let change = Change {
            rule: "short".to_owned(),
            firing: true,
            time_ms: 5,
            sentence: "1 of 16 GiB is available".to_owned(),
        };
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Order { words, timeout: Duration::from_millis(timeout_ms), change }
    }

    #[test]
    fn a_program_gets_json_on_its_input_and_its_arguments_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told; $(touch x)");
        run(&order(&["tee", path.to_str().unwrap()], 10_000)).unwrap();
        let told: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!((&told["alert"], &told["state"]), (&"short".into(), &"firing".into()));
        assert_eq!(told["sentence"], "1 of 16 GiB is available");
    }

    #[test]
    fn a_program_that_is_missing_fails_or_hangs_is_told_as_that() {
        let missing = run(&order(&["/nowhere/notify"], 1000)).unwrap_err();
        assert!(missing.contains("`/nowhere/notify` cannot be run"), "{missing}");
        let failed = run(&order(&["false"], 10_000)).unwrap_err();
        assert!(failed.contains("exit status: 1"), "{failed}");
        let hung = run(&order(&["sleep", "1000"], 50)).unwrap_err();
        assert!(hung.contains("was killed: it took longer than 0.05 s"), "{hung}");
    }

    #[test]
    fn a_flood_of_changes_is_bounded_and_what_is_beyond_is_told() {
        let watched = Watched::default();
        let alert = Alert {
            rule: ramscope_observe::alert::Rule {
                name: "short".to_owned(),
                condition: ramscope_observe::alert::Condition::OomKill,
                hold: Duration::ZERO,
            },
            run: vec!["sleep".to_owned(), "5".to_owned()],
            timeout: Duration::from_secs(1000),
            origin: String::new(),
        };
        let mut orders = orders(&[alert], watched.clone()).unwrap();
        let change = order(&[], 0).change;
        (0..WAITING_MAX + 10).for_each(|_| (orders.tell)(&change));
        let events = watched.offer(&std::sync::Arc::default());
        assert!((9..=10).contains(&events.len()), "{} events", events.len());
        assert!(events.iter().all(|event| event.kind == "alert.failed"));
    }
}
