//! `GET /api/v1/processes/{pid}/command`: how a process was started, as a line for a shell, so that it can be started anew under
//! `ramscope track`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::TimeMs;
use ramscope_observe::parse::process::cmdline::{for_shell, words};
use ramscope_observe::printable::printable;
use ramscope_observe::source::processes::{Started, started};
use serde::Serialize;
use utoipa::ToSchema;

use super::inside::refusal;
use super::one::id;
use super::{live_table, sight};
use crate::app::App;
use crate::problem::{Problem, ProblemDocument};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// How a process was started.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProcessCommand)]
pub(crate) struct CommandDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// The process.
    pid: u32,
    /// When it started, UTC milliseconds.
    start_time_ms: TimeMs,
    /// Its words, safe to show.
    words: Vec<String>,
    /// All of them as one line for a shell, quoted; null where there are none, or more than fit on a line (128 KiB).
    shell: Option<String>,
    /// Whether the process wrote over its words, so that they are a title and not what it was started with.
    is_title: bool,
    /// The folder that it works in now; null where this server may not know.
    folder: Option<String>,
}

impl CommandDocument {
    fn of((pid, start_time_ms): (u32, TimeMs), started: &Started) -> CommandDocument {
        let all: Vec<&[u8]> = words(&started.words).collect();
        let shell = (started.is_whole && !all.is_empty()).then(|| for_shell(all.iter().copied()));
        // Whoever sets a title has one word left, with blanks in it: `nginx: master process /usr/sbin/nginx`.
        let is_title = matches!(all.as_slice(), [only] if only.contains(&b' '));
        CommandDocument {
            schema_version: SCHEMA_VERSION,
            pid,
            start_time_ms,
            words: all.iter().map(|word| printable(word).into_owned()).collect(),
            shell,
            is_title,
            folder: started
                .folder
                .as_ref()
                .map(|folder| printable(folder.as_os_str().as_encoded_bytes()).into_owned()),
        }
    }
}

/// Tell how a process was started, as a line for a shell.
#[utoipa::path(
    get,
    path = "/api/v1/processes/{pid}/command",
    tag = "live",
    params(("pid" = u32, Path, description = "Its id")),
    responses(
        (status = 200, description = "Its words", body = CommandDocument),
        (status = 401, description = "It is another user's, and the token is missing or wrong", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "There is no such process", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "No look was taken yet, or too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn command(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(pid): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::parse(&uri, &[])?;
    let pid = id(&pid)?;
    let table = live_table(&app)?;
    let found = table.processes.iter().find(|process| process.identity.pid == pid);
    let gone = || Problem::no_such_path(format!("there is no process {pid} now"));
    let (uid, key) = found.map(|found| (found.identity.uid, found.key())).ok_or_else(gone)?;
    if !sight(&app, caller).sees(uid) {
        return Err(Problem::unauthorized(
            "the command lines of other users are shown with the token only: run `ramscope open`, or send \
             `Authorization: Bearer TOKEN`",
        ));
    }
    let root = app.settings.processes.as_ref().map(|settings| settings.root.clone());
    let root = root.ok_or_else(gone)?;
    let ask = move || {
        let started = started(&root, pid).map_err(|error| refusal(&error))?;
        // Its id may be another user's process by now.
        if started.uid != uid {
            return Err(Problem::no_such_path(format!("there is no process {pid} any more")));
        }
        Ok(json_bytes(&CommandDocument::of(key, &started)))
    };
    Ok(json_response(app.insides.ask(ask).await?))
}
