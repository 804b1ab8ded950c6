//! `GET /api/v1/processes/{pid}/inside`: an address space, mapping by mapping, and what grew in it between two looks.
//!
//! It needs the token, as it tells which files a process maps; and the kernel lets nobody look but the owner of the process
//! and root.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use ramscope_observe::TimeMs;
use ramscope_observe::parse::process::maps::Mapping;
use ramscope_observe::printable::printable;
use ramscope_observe::source::processes::{Inside, InsideError, inside as look_inside};
use serde::Serialize;
use utoipa::ToSchema;

use super::one::id;
use crate::app::App;
use crate::problem::{NoToken, Problem, ProblemDocument, WrongParameter};
use crate::query::Query;
use crate::session::Caller;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response};

/// Parts of the strip; neighbours are put together beyond.
const STRIP_MAX: usize = 512;

/// Mappings that are listed where the caller does not say how many.
const LARGEST_USUAL: u32 = 50;

/// Most mappings that are listed.
const LARGEST_MAX: u32 = 1000;

/// Looks that are remembered, so that a later one can be compared with them.
const LOOKS_MAX: usize = 16;

/// Looks that others can be compared with.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    last: u64,
    looks: VecDeque<Look>,
}

/// What every mapping held at one look.
#[derive(Debug)]
struct Look {
    revision: u64,
    pid: u32,
    start_ticks: u64,
    /// By first address, and by the address after the last: a heap grows at its end, a stack at its start.
    held: HashMap<(bool, u64), u64>,
}

/// An address space.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddressSpace)]
pub(crate) struct InsideDocument {
    /// Version of this document's shape.
    schema_version: u32,
    /// When the look was taken, UTC milliseconds.
    time_ms: TimeMs,
    /// The process.
    pid: u32,
    /// This look: `since` of a later one compares with it.
    revision: String,
    /// Whether it was compared with the look that `since` names; false where that is forgotten, or of another process.
    compared: bool,
    /// How many mappings there are.
    mappings: usize,
    /// The sums over all of them.
    sums: HeldDocument,
    /// The whole address space in the order of addresses; where there are many mappings, neighbours are put together.
    strip: Vec<MappingDocument>,
    /// The mappings that hold most.
    largest: Vec<MappingDocument>,
    /// The mappings that grew most since the look that `since` names.
    grew: Vec<MappingDocument>,
}

/// What mappings hold, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = Held)]
pub(crate) struct HeldDocument {
    /// Address space.
    size_bytes: u64,
    /// Resident pages.
    rss_bytes: u64,
    /// Resident pages, each divided by how many processes map it.
    pss_bytes: u64,
    /// Pages that were written.
    dirty_bytes: u64,
    /// Pages in swap.
    swap_bytes: u64,
    /// Resident huge pages.
    huge_bytes: u64,
    /// Pages that several processes map.
    shared_bytes: u64,
}

/// One mapping, or some neighbours.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Mapping)]
pub(crate) struct MappingDocument {
    /// Its first address.
    start: String,
    /// The first address after it.
    end: String,
    /// What it is: text, data, file, heap, stack, anon, shared or vdso.
    kind: &'static str,
    /// What it maps; empty for anonymous memory.
    name: String,
    /// r, w, x, and s(hared) or p(rivate).
    permissions: String,
    /// What it holds.
    #[serde(flatten)]
    held: HeldDocument,
    /// How many mappings are put together here.
    merged: usize,
    /// How much it grew, resident and in swap, since the look that `since` names; null without one.
    grew_bytes: Option<i64>,
}

/// Look into a process: its address space, mapping by mapping.
#[utoipa::path(
    get,
    path = "/api/v1/processes/{pid}/inside",
    tag = "live",
    security(("token" = [])),
    params(
        ("pid" = u32, Path, description = "Its id"),
        ("largest" = Option<u32>, Query, description = "Mappings to list, the largest first, 1 to 1000; 50 where nothing is said", minimum = 1, maximum = 1000),
        ("since" = Option<String>, Query, description = "The revision of an earlier look, to tell what grew since"),
    ),
    responses(
        (status = 200, description = "The address space", body = InsideDocument),
        WrongParameter,
        NoToken,
        (status = 403, description = "The kernel lets only its owner and root look", content_type = "application/problem+json", body = ProblemDocument),
        (status = 404, description = "There is no such process", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn inside(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(pid): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &["largest", "since"])?;
    let pid = id(&pid)?;
    let largest = query.number("largest", 1..=LARGEST_MAX, LARGEST_USUAL)?;
    let since = query.get("since").and_then(|text| text.parse().ok());
    let settings = app.settings.processes.as_ref().ok_or_else(|| {
        Problem::switched_off(
            "this server does not look at processes: start it without `--processes off`",
        )
    })?;
    if caller == Caller::Anyone {
        return Err(Problem::unauthorized(
            "the inside of a process is shown with the token only: run `ramscope open`, or send \
             `Authorization: Bearer TOKEN`",
        ));
    }
    let (root, time_ms, shared) = (settings.root.clone(), app.clock.wall_ms(), Arc::clone(&app));
    let ask = move || {
        let seen = look_inside(&root, pid).map_err(|error| refusal(&error))?;
        let (revision, before) = shared.looks.remember(pid, &seen, since);
        let largest = usize::try_from(largest).unwrap_or(usize::MAX);
        Ok(json_bytes(&document(&seen, pid, time_ms, revision, before.as_ref(), largest)))
    };
    Ok(json_response(app.insides.ask(ask).await?))
}

pub(super) fn refusal(error: &InsideError) -> Problem {
    let words = error.to_string();
    match error {
        InsideError::Gone { .. } => Problem::no_such_path(words),
        InsideError::Denied { .. } => Problem::not_permitted(words),
        InsideError::Unreadable { .. } | InsideError::NotUnderstood { .. } => Problem::fault(words),
    }
}

/// What a mapping held at an earlier look, by either of its ends.
type Held = HashMap<(bool, u64), u64>;

impl Looks {
    /// Remembers a look; gives its number, and what was held at the look `since` if that was of the same process.
    fn remember(&self, pid: u32, seen: &Inside, since: Option<u64>) -> (u64, Option<Held>) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |look: &&Look| {
            Some(look.revision) == since && look.pid == pid && look.start_ticks == seen.start_ticks
        };
        let before = shelf.looks.iter().find(is_meant).map(|look| look.held.clone());
        shelf.last += 1;
        let mut held = Held::with_capacity(2 * seen.mappings.len());
        for mapping in &seen.mappings {
            held.insert((false, mapping.start), amount(mapping));
            held.insert((true, mapping.end), amount(mapping));
        }
        let look = Look { revision: shelf.last, pid, start_ticks: seen.start_ticks, held };
        if shelf.looks.len() == LOOKS_MAX {
            shelf.looks.pop_front();
        }
        shelf.looks.push_back(look);
        (shelf.last, before)
    }
}

/// What growth of a mapping is measured in: resident and in swap.
fn amount(mapping: &Mapping) -> u64 {
    mapping.held.rss_bytes.saturating_add(mapping.held.swap_bytes)
}

fn document(
    seen: &Inside,
    pid: u32,
    time_ms: TimeMs,
    revision: u64,
    before: Option<&Held>,
    largest: usize,
) -> InsideDocument {
    let all: Vec<MappingDocument> =
        seen.mappings.iter().map(|mapping| MappingDocument::of(mapping, before)).collect();
    let top = |key: &dyn Fn(&MappingDocument) -> i128| {
        let mut order: Vec<&MappingDocument> =
            all.iter().filter(|mapping| key(mapping) > 0).collect();
        order.sort_by_key(|mapping| std::cmp::Reverse(key(mapping)));
        order.into_iter().take(largest).cloned().collect::<Vec<_>>()
    };
    let held = |mapping: &MappingDocument| {
        i128::from(mapping.held.rss_bytes) + i128::from(mapping.held.swap_bytes)
    };
    InsideDocument {
        schema_version: SCHEMA_VERSION,
        time_ms,
        pid,
        revision: revision.to_string(),
        compared: before.is_some(),
        mappings: all.len(),
        sums: HeldDocument::sum(all.iter().map(|mapping| &mapping.held)),
        largest: top(&held),
        grew: top(&|mapping| mapping.grew_bytes.unwrap_or(0).into()),
        strip: strip(&all),
    }
}

/// All mappings, or neighbours put together so that there are no more than [`STRIP_MAX`].
fn strip(all: &[MappingDocument]) -> Vec<MappingDocument> {
    let together = all.len().div_ceil(STRIP_MAX).max(1);
    all.chunks(together).filter_map(MappingDocument::merged).collect()
}

impl HeldDocument {
    fn of(mapping: &Mapping) -> HeldDocument {
        let held = &mapping.held;
        HeldDocument {
            size_bytes: mapping.size_bytes(),
            rss_bytes: held.rss_bytes,
            pss_bytes: held.pss_bytes,
            dirty_bytes: held.dirty_bytes,
            swap_bytes: held.swap_bytes,
            huge_bytes: held.huge_bytes,
            shared_bytes: held.shared_bytes,
        }
    }

    fn sum<'a>(parts: impl Iterator<Item = &'a HeldDocument>) -> HeldDocument {
        parts.fold(HeldDocument::default(), |sum, part| HeldDocument {
            size_bytes: sum.size_bytes.saturating_add(part.size_bytes),
            rss_bytes: sum.rss_bytes.saturating_add(part.rss_bytes),
            pss_bytes: sum.pss_bytes.saturating_add(part.pss_bytes),
            dirty_bytes: sum.dirty_bytes.saturating_add(part.dirty_bytes),
            swap_bytes: sum.swap_bytes.saturating_add(part.swap_bytes),
            huge_bytes: sum.huge_bytes.saturating_add(part.huge_bytes),
            shared_bytes: sum.shared_bytes.saturating_add(part.shared_bytes),
        })
    }
}

impl MappingDocument {
    fn of(mapping: &Mapping, before: Option<&Held>) -> MappingDocument {
        let grew_bytes = before.map(|before| {
            let then = before.get(&(false, mapping.start)).or(before.get(&(true, mapping.end)));
            let (now, then) = (amount(mapping), then.copied().unwrap_or(0));
            let size = i64::try_from(now.abs_diff(then)).unwrap_or(i64::MAX);
            if now >= then { size } else { -size }
        });
        MappingDocument {
            start: format!("{:#x}", mapping.start),
            end: format!("{:#x}", mapping.end),
            kind: kind(mapping),
            name: printable(&mapping.name).into_owned(),
            permissions: String::from_utf8_lossy(&mapping.permissions).into_owned(),
            held: HeldDocument::of(mapping),
            merged: 1,
            grew_bytes,
        }
    }

    /// Neighbours as one, called after the one that holds most.
    fn merged(parts: &[MappingDocument]) -> Option<MappingDocument> {
        let largest = parts.iter().max_by_key(|part| part.held.rss_bytes)?;
        Some(MappingDocument {
            start: parts.first()?.start.clone(),
            end: parts.last()?.end.clone(),
            held: HeldDocument::sum(parts.iter().map(|part| &part.held)),
            merged: parts.len(),
            grew_bytes: parts.iter().map(|part| part.grew_bytes).sum(),
            ..largest.clone()
        })
    }
}

/// What a mapping is, by its name and what may be done with it (proc_pid_maps(5)).
fn kind(mapping: &Mapping) -> &'static str {
    let [_, write, execute, sharing] = mapping.permissions;
    let begins = |text: &str| mapping.name.starts_with(text.as_bytes());
    match () {
        () if begins("[heap]") => "heap",
        () if begins("[stack") || begins("[anon:stack") => "stack",
        () if begins("[v") => "vdso",
        () if begins("/dev/shm/") || begins("/memfd:") || begins("/SYSV") => "shared",
        () if sharing == b's' && !begins("/") => "shared",
        () if !begins("/") => "anon",
        () if execute == b'x' => "text",
        () if write == b'w' => "data",
        () => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ramscope_observe::parse::process::maps;

    fn seen(text: &str) -> Inside {
        let mappings = maps::parse(text.as_bytes()).unwrap();
        Inside { start_ticks: 7, mappings, ..Inside::default() }
    }

    #[test]
    fn mappings_are_told_by_what_they_are() {
        for (line, expected) in [
            ("1000-2000 r-xp 0 fe:00 7 /bin/x", "text"),
            ("1000-2000 rw-p 0 fe:00 7 /bin/x", "data"),
            ("1000-2000 r--p 0 fe:00 7 /bin/x (deleted)", "file"),
            ("1000-2000 rw-p 0 00:00 0 [heap]", "heap"),
            ("1000-2000 rw-p 0 00:00 0 [stack]", "stack"),
            ("1000-2000 r-xp 0 00:00 0 [vdso]", "vdso"),
            ("1000-2000 rw-p 0 00:00 0 ", "anon"),
            ("1000-2000 rw-p 0 00:00 0 [anon:glibc: malloc]", "anon"),
            ("1000-2000 rw-s 0 00:01 9 /dev/shm/x", "shared"),
            ("1000-2000 rw-s 0 00:01 9 /memfd:x (deleted)", "shared"),
        ] {
            assert_eq!(kind(&seen(line).mappings[0]), expected, "{line}");
        }
    }

    #[test]
    fn what_grew_is_found_by_either_end_and_only_for_the_same_process() {
        let before = "1000-2000 rw-p 0 00:00 0 [heap]\nRss: 4 kB\n8000-9000 rw-p 0 00:00 0 [stack]\nRss: 4 kB\n";
        let after = "1000-3000 rw-p 0 00:00 0 [heap]\nRss: 8 kB\n7000-9000 rw-p 0 00:00 0 [stack]\nRss: 8 kB\nSwap: 4 kB\n";
        let looks = Looks::default();
        let (first, none) = looks.remember(42, &seen(before), None);
        assert!(none.is_none());
        let (_, held) = looks.remember(42, &seen(after), Some(first));
        let document = document(&seen(after), 42, 0, 2, held.as_ref(), 50);
        let grew: Vec<_> = document.grew.iter().map(|m| (m.kind, m.grew_bytes)).collect();
        assert_eq!(grew, [("stack", Some(8192)), ("heap", Some(4096))]);
        assert!(looks.remember(43, &seen(after), Some(first)).1.is_none());
        let other = Inside { start_ticks: 8, ..seen(after) };
        assert!(looks.remember(42, &other, Some(first)).1.is_none());
    }

    #[test]
    fn a_strip_is_bounded_and_loses_nothing() {
        let lines: String = (1..3000_u64)
            .map(|n| {
                format!(
                    "{:x}-{:x} rw-p 0 00:00 0 \nRss: {} kB\n",
                    n << 13,
                    (n << 13) + 4096,
                    n % 4 * 4
                )
            })
            .collect();
        let seen = seen(&lines);
        let document = document(&seen, 1, 0, 1, None, 10);
        assert!(document.strip.len() <= STRIP_MAX);
        assert_eq!(document.strip.iter().map(|part| part.merged).sum::<usize>(), 2999);
        let rss: u64 = document.strip.iter().map(|part| part.held.rss_bytes).sum();
        assert_eq!((rss, document.largest.len()), (document.sums.rss_bytes, 10));
    }
}
