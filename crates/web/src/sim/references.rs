//! `POST /api/v1/sim/references`: a reference string that is sent once, so that many questions can be asked about it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::Uri;
use axum::response::Response;
use ramscope_sim::paging::{Form, References, detect, parse, unpack};
use serde::Serialize;
use utoipa::ToSchema;

use super::answered;
use super::shelf::{Shelf, id_of};
use crate::app::App;
use crate::problem::{Problem, SimulatorRefusals, echo};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes};

/// The path, which may carry a larger body than others.
pub(crate) const PATH: &str = "/api/v1/sim/references";

/// Most bytes that a packed string may have unpacked.
const UNPACKED_MAX_BYTES: usize = 64 << 20;

/// Most references of a string that is kept.
const REFERENCES_MAX: usize = 10_000_000;

/// A kept reference string.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptReferences)]
struct ReferencesDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// What questions name it by: `{"id": …}` in `refs`. The same bytes, read in the same way, have the same id.
    id: String,
    /// The form in which it was read.
    form: &'static str,
    /// How the form showed, where none was asked for and it was certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    detected: Option<&'static str>,
    /// References in it.
    references: usize,
    /// Distinct pages that they name.
    pages: usize,
    /// References that write.
    writes: usize,
}

/// How bytes are to be read.
#[derive(Debug)]
struct Reading {
    form: Option<Form>,
    name: String,
    page_bytes: u64,
}

impl Reading {
    fn of(uri: &Uri) -> Result<Reading, Problem> {
        let query = Query::parse(uri, &["form", "name", "page_bytes", "column"])?;
        let page_bytes = u64::from(query.number("page_bytes", 1..=1 << 30, 4096)?);
        let column = query.number("column", 0..=10_000, 0)?;
        let column = usize::try_from(column).ok().and_then(NonZeroUsize::new);
        let forms = Form::all(page_bytes, column);
        let named = |name: &str| forms.into_iter().find(|form| form.name() == name);
        let form = match query.get("form") {
            None | Some("auto") => None,
            Some(name) => Some(named(name).ok_or_else(|| unknown(name, &forms))?),
        };
        let name = query.get("name").unwrap_or_default().to_owned();
        Ok(Reading { form, name, page_bytes })
    }

    /// The form of these bytes: the one asked for, else the one that is certain, else pages.
    fn form(&self, bytes: &[u8]) -> (Form, Option<&'static str>) {
        match self.form {
            Some(form) => (form, None),
            None => detect(&self.name, bytes, self.page_bytes)
                .map_or((Form::Pages, None), |(form, why)| (form, Some(why))),
        }
    }
}

fn unknown(name: &str, forms: &[Form]) -> Problem {
    let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
    Problem::parameter(format!("`form` is `{}`: expected auto, {}", echo(name), names.join(", ")))
}

/// Keep a reference string, to ask about it by its id.
///
/// The body is the string itself, in any form that `ramscope sim paging --form` reads, plain or packed by gzip or
/// zstd: 16 MiB at most, 64 MiB unpacked, 10,000,000 references. It is kept while there is room: the strings asked about
/// the longest ago make room for new ones, and a question about one that is gone is answered 404, so that it can be
/// sent again.
#[utoipa::path(
    post,
    path = "/api/v1/sim/references",
    tag = "sim",
    params(
        ("form" = Option<String>, Query, description = "How it names pages: pages, flagged, processes, addresses, lackey, trc, csv, oracle-general, lcs, champsim; auto finds it where it is certain, and else reads pages", example = "lackey"),
        ("name" = Option<String>, Query, description = "The file's name, which may tell the form"),
        ("page_bytes" = Option<u32>, Query, description = "The page size of addresses; 4096 where nothing is said", minimum = 1, maximum = 1073741824),
        ("column" = Option<u32>, Query, description = "The column of a csv's ids, from 1; where nothing is said the header names it"),
    ),
    request_body(content = [u8], description = "The string", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The string is kept", body = ReferencesDocument),
        SimulatorRefusals,
    )
)]
pub(crate) async fn references(
    State(app): State<Arc<App>>,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let reading = Reading::of(&uri)?;
    let shelf = Arc::clone(&app.strings);
    answered(&app, body, move |body| keep(&shelf, &reading, body)).await
}

fn keep(shelf: &Shelf<References>, reading: &Reading, body: &[u8]) -> Result<Bytes, Problem> {
    let bytes =
        unpack(body, UNPACKED_MAX_BYTES).map_err(|error| Problem::member(error.to_string()))?;
    let (form, detected) = reading.form(&bytes);
    let id = id_of(&format!("{form:?}"), &bytes);
    let references = match shelf.get(&id) {
        Some(references) => references,
        None => {
            let read = Arc::new(read(&bytes, form)?);
            shelf.put(id.clone(), Arc::clone(&read));
            read
        }
    };
    Ok(json_bytes(&ReferencesDocument {
        schema_version: SCHEMA_VERSION,
        id,
        form: form.name(),
        detected,
        references: references.len(),
        pages: references.distinct(),
        writes: references.writes(),
    }))
}

fn read(bytes: &[u8], form: Form) -> Result<References, Problem> {
    let references = parse(bytes, form).map_err(|error| Problem::member(error.to_string()))?;
    if references.len() > REFERENCES_MAX {
        return Err(Problem::too_much(format!(
            "these are {} references: this server keeps {REFERENCES_MAX} at most; `ramscope sim paging --file` has no \
             such bound",
            references.len()
        )));
    }
    Ok(references)
}

/// The string that a question names by its id.
///
/// # Errors
/// 404 when it is not kept.
pub(super) fn kept(shelf: &Shelf<References>, id: &str) -> Result<Arc<References>, Problem> {
    shelf.get(id).ok_or_else(|| {
        Problem::not_kept(format!(
            "no reference string of id `{}` is kept here, or no longer: send it to {PATH} again",
            echo(id)
        ))
    })
}
