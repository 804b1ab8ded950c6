//! `GET /api/v1/cgroups`: the control groups, each with the limit that binds it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use bytes::Bytes;
use ramscope_observe::cgroups::{
    Binding, Cgroup, CgroupTable, Container, Events, Question, Slot, Sort, past,
};
use ramscope_observe::history::History;
use ramscope_observe::{Memory, TimeMs};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::memory::{Fields, PressureDocument};
use crate::past::refusal;
use crate::problem::{Problem, ProblemDocument, WrongParameter, echo};
use crate::query::Query;
use crate::wire::{SCHEMA_VERSION, json_bytes, json_response, json_tree};

/// Groups of an answer where the caller does not say how many.
const LIMIT_USUAL: u32 = 200;

/// Most groups of an answer.
const LIMIT_MAX: u32 = 10_000;

/// Deepest level that may be asked for.
const DEPTH_MAX: u32 = 1000;

/// The control groups at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CgroupList)]
pub(crate) struct CgroupsDocument<'a> {
    /// Version of this document's shape.
    schema_version: u32,
    /// When the look was, UTC milliseconds.
    time_ms: i64,
    /// Whether this is the newest look.
    live: bool,
    /// In a comparison: the other moment, UTC milliseconds; `growth_bytes` is since then.
    compare_ms: Option<i64>,
    /// What is mounted: `v1`, `v2`, `hybrid` or `none`.
    hierarchy: &'static str,
    /// Which of them controls memory: `v1`, `v2`, or null.
    controller: Option<&'static str>,
    /// Why there is nothing to list, in words; null where there is.
    note: Option<&'static str>,
    /// The group of ramscope itself; null where it is not in the tree.
    own_path: Option<String>,
    /// The container that ramscope is in, where its limit is less than the machine's memory.
    container: Option<ContainerDocument>,
    /// Groups that were found.
    seen: usize,
    /// Groups beyond the most that are kept.
    left_out: u64,
    /// Groups that the question asks for, those cut off included.
    matched: usize,
    /// How long reading all of them in full takes by rotation, milliseconds.
    full_pass_ms: u64,
    /// The groups.
    cgroups: Vec<CgroupDocument<'a>>,
}

/// A container, and the limit that counts as total inside.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Container)]
pub(crate) struct ContainerDocument {
    /// The group whose limit binds.
    path: String,
    /// What the container is called.
    name: String,
    /// The limit, in bytes: what counts as total.
    limit_bytes: u64,
    /// `max` for a hard limit, `high` for the mark above which everything is slowed down.
    kind: &'static str,
    /// What is used less the cache that goes first, in bytes.
    used_bytes: u64,
    /// Limit less use, in bytes.
    available_bytes: u64,
    /// Limit less all that is charged, cache included, in bytes.
    free_bytes: u64,
    /// MemTotal of the machine around it, in bytes.
    machine_bytes: u64,
    /// All this in a sentence.
    sentence: String,
}

impl From<Container> for ContainerDocument {
    fn from(container: Container) -> ContainerDocument {
        let sentence = container.sentence();
        let Container {
            name,
            path,
            limit_bytes,
            kind,
            used_bytes,
            available_bytes,
            free_bytes,
            machine_bytes,
        } = container;
        let kind = kind.key();
        ContainerDocument {
            path,
            name,
            limit_bytes,
            kind,
            used_bytes,
            available_bytes,
            free_bytes,
            machine_bytes,
            sentence,
        }
    }
}

/// One control group. What its hierarchy does not tell is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cgroup)]
struct CgroupDocument<'a> {
    /// Its path, safe to show.
    path: String,
    /// The path of the group that it is in; null at the top.
    parent: Option<String>,
    /// Groups above it.
    depth: u32,
    /// What to call it.
    name: String,
    /// What it is: `root`, `docker`, `containerd`, `crio`, `podman`, `lxc`, `container`, `machine`, `pod`, `service`, `scope`,
    /// `slice`, `user`, `session`, `socket`, `mount` or `other`.
    kind: &'static str,
    /// The whole id of a container.
    container_id: Option<String>,
    /// Groups directly below it.
    children: u32,
    /// Time since it was read in full, milliseconds; null before. Of the past, to a second.
    age_ms: Option<u64>,
    /// Time since `current_bytes` was read, milliseconds; 0 for a moment of the past, where that is not kept.
    current_age_ms: u64,
    /// Bytes charged to it and all below; null at the top of v2, whose use is the machine's.
    current_bytes: Option<u64>,
    /// Most that was ever charged, in bytes.
    peak_bytes: Option<u64>,
    /// Its own hard limit, in bytes; null for none.
    limit_bytes: Option<u64>,
    /// Its own mark above which it is slowed down, in bytes; null for none.
    high_bytes: Option<u64>,
    /// Below this it is spared while others have more, in bytes.
    low_bytes: Option<u64>,
    /// Below this nothing is taken from it, in bytes.
    min_bytes: Option<u64>,
    /// The least limit of it and all above it; null where nothing is limited.
    binding: Option<BindingDocument>,
    /// The least that is left below a limit of it and all above it.
    room: Option<RoomDocument>,
    /// What it has in swap, in bytes.
    swap_bytes: Option<u64>,
    /// Most that it may have in swap, in bytes (v2).
    swap_limit_bytes: Option<u64>,
    /// Most that it may have in memory and swap together, in bytes (v1).
    memsw_limit_bytes: Option<u64>,
    /// Memory that its compressed swap cache takes, in bytes.
    zswap_bytes: Option<u64>,
    /// What that cache holds, uncompressed, in bytes.
    zswapped_bytes: Option<u64>,
    /// Anonymous memory, in bytes.
    anon_bytes: Option<u64>,
    /// Page cache, shared memory included, in bytes.
    file_bytes: Option<u64>,
    /// Shared memory and tmpfs, in bytes.
    shmem_bytes: Option<u64>,
    /// The kernel's own memory for it, in bytes.
    kernel_bytes: Option<u64>,
    /// Kernel objects, in bytes.
    slab_bytes: Option<u64>,
    /// Cache that goes first, in bytes.
    inactive_file_bytes: Option<u64>,
    /// Time lost waiting for memory.
    pressure: Option<PressureDocument>,
    /// What happened to it since it was made.
    events: CgroupEventsDocument,
    /// Change of `current_bytes` over `growth_window_ms`.
    growth_bytes: i64,
    /// About a minute, as long as the group has been watched, or the time since the other moment of a comparison, in
    /// milliseconds; 0 where nothing was recorded before.
    growth_window_ms: u64,
    /// All of memory.stat, by name; only with `stat=true`, and not of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, u64>>)]
    stat: Option<Fields<'a>>,
}

/// A limit that binds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CgroupBinding)]
struct BindingDocument {
    /// The limit, in bytes.
    limit_bytes: u64,
    /// `max` or `high`.
    kind: &'static str,
    /// Whose limit it is.
    path: String,
    /// What that group is called.
    name: String,
    /// What that group uses, in bytes.
    used_bytes: u64,
}

/// What is left below a limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CgroupRoom)]
struct RoomDocument {
    /// What is left, in bytes.
    bytes: u64,
    /// Below whose limit.
    path: String,
    /// What that group is called.
    name: String,
}

/// How often something happened to a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CgroupEvents)]
struct CgroupEventsDocument {
    /// Times that it was slowed down above `high_bytes`.
    high: Option<u64>,
    /// Times that it was about to go beyond its limit.
    max: Option<u64>,
    /// Times that the limit was reached and nothing could be reclaimed.
    oom: Option<u64>,
    /// Processes killed for want of memory.
    oom_kill: Option<u64>,
}

impl From<Events> for CgroupEventsDocument {
    fn from(events: Events) -> CgroupEventsDocument {
        let Events { high, max, oom, oom_kill } = events;
        CgroupEventsDocument { high, max, oom, oom_kill }
    }
}

impl<'a> CgroupsDocument<'a> {
    /// The groups that `question` asks for; `None` where the group to look under is not there.
    fn of(
        table: &'a CgroupTable,
        question: &Question,
        stat: bool,
        scene: Scene,
    ) -> Option<CgroupsDocument<'a>> {
        let Scene { total_bytes, is_live, compare_ms } = scene;
        let selection = question.select(table)?;
        let groups = selection.slots.iter();
        let groups = groups
            .filter_map(|slot| Some(CgroupDocument::of(table, *slot, table.get(*slot)?, stat)));
        Some(CgroupsDocument {
            schema_version: SCHEMA_VERSION,
            time_ms: table.time_ms,
            live: is_live,
            compare_ms,
            hierarchy: table.hierarchy.key(),
            controller: table.hierarchy.controller(),
            note: table.hierarchy.note(),
            own_path: table.own.map(|slot| table.path(slot)),
            container: total_bytes.and_then(|total| table.container(total)).map(Into::into),
            seen: table.len(),
            left_out: table.left_out,
            matched: selection.matched,
            full_pass_ms: ms(table.full_pass),
            cgroups: groups.collect(),
        })
    }
}

impl<'a> CgroupDocument<'a> {
    fn of(table: &'a CgroupTable, slot: Slot, group: &'a Cgroup, stat: bool) -> CgroupDocument<'a> {
        let label = table.label(slot);
        let reading = group.reading.as_deref();
        let number =
            |field: fn(&ramscope_observe::cgroups::Reading) -> Option<u64>| reading.and_then(field);
        let since = |then: Duration| ms(table.now.saturating_sub(then));
        let room = table.room(slot).map(|room| RoomDocument {
            bytes: room.bytes,
            path: table.path(room.slot),
            name: table.label(room.slot).name,
        });
        CgroupDocument {
            path: table.path(slot),
            parent: group.parent.map(|parent| table.path(parent)),
            depth: group.depth,
            name: label.name,
            kind: label.kind.key(),
            container_id: label.container_id,
            children: group.children,
            age_ms: reading.map(|_| since(group.read_at)),
            current_age_ms: since(group.current_at),
            current_bytes: group.current_bytes,
            peak_bytes: number(|r| r.peak_bytes),
            limit_bytes: number(|r| r.limit_bytes),
            high_bytes: number(|r| r.high_bytes),
            low_bytes: number(|r| r.low_bytes),
            min_bytes: number(|r| r.min_bytes),
            binding: table.binding(slot).map(|binding| BindingDocument::of(table, binding)),
            room,
            swap_bytes: number(|r| r.swap_bytes),
            swap_limit_bytes: number(|r| r.swap_limit_bytes),
            memsw_limit_bytes: number(|r| r.memsw_limit_bytes),
            zswap_bytes: number(|r| r.zswap_bytes),
            zswapped_bytes: number(|r| r.zswapped_bytes),
            anon_bytes: number(|r| r.anon_bytes),
            file_bytes: number(|r| r.file_bytes),
            shmem_bytes: number(|r| r.shmem_bytes),
            kernel_bytes: number(|r| r.kernel_bytes),
            slab_bytes: number(|r| r.slab_bytes),
            inactive_file_bytes: number(|r| r.inactive_file_bytes),
            pressure: reading.and_then(|r| r.pressure).map(Into::into),
            events: reading.map(|r| r.events).unwrap_or_default().into(),
            growth_bytes: group.growth_bytes,
            growth_window_ms: ms(group.growth_window),
            stat: reading.filter(|r| stat && !r.stat.is_empty()).map(|r| Fields(&r.stat)),
        }
    }
}

impl BindingDocument {
    fn of(table: &CgroupTable, binding: Binding) -> BindingDocument {
        BindingDocument {
            limit_bytes: binding.limit_bytes,
            kind: binding.kind.key(),
            path: table.path(binding.slot),
            name: table.label(binding.slot).name,
            used_bytes: binding.used_bytes,
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a table of groups is told beside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    /// MemTotal of the machine, in bytes: a container's limit is less.
    pub total_bytes: Option<u64>,
    /// Whether the table is the newest look, and not a moment of the past.
    pub is_live: bool,
    /// The moment that its growth is measured from, where one was named, UTC milliseconds.
    pub compare_ms: Option<TimeMs>,
}

/// The document that `GET /api/v1/cgroups` would give for a table; `None` where the group to look under is not there.
#[must_use]
pub fn cgroups_json(
    table: &CgroupTable,
    question: &Question,
    stat: bool,
    scene: Scene,
) -> Option<serde_json::Value> {
    CgroupsDocument::of(table, question, stat, scene).map(|document| json_tree(&document))
}

/// List the control groups, each with the limit that binds it.
///
/// With `at` it is those of a moment of the past. Growth is over a minute, or since `compare`.
#[utoipa::path(
    get,
    path = "/api/v1/cgroups",
    tag = "live",
    params(
        ("at" = Option<String>, Query, description = "A moment of the past: UTC milliseconds, RFC 3339, or how long ago; now where nothing is said", example = "1h"),
        ("compare" = Option<String>, Query, description = "Another moment, in the same forms: growth is since then"),
        ("sort" = Option<String>, Query, description = "current, path, limit, room, pressure, swap, anon, growth or oom; current where nothing is said"),
        ("order" = Option<String>, Query, description = "asc or desc, to turn the order around"),
        ("under" = Option<String>, Query, description = "Only this group and those below it", example = "/system.slice"),
        ("depth" = Option<u32>, Query, description = "Only so many levels below `under`, or below the top", maximum = 1000),
        ("filter" = Option<String>, Query, description = "Only those whose path or name holds this text"),
        ("limited" = Option<bool>, Query, description = "true: only those that have a limit of their own"),
        ("stat" = Option<bool>, Query, description = "true: all of memory.stat too"),
        ("offset" = Option<u32>, Query, description = "Groups to pass over"),
        ("limit" = Option<u32>, Query, description = "Most groups, 1 to 10000; 200 where nothing is said", minimum = 1, maximum = 10000),
    ),
    responses(
        (status = 200, description = "The groups", body = CgroupsDocument),
        WrongParameter,
        (status = 404, description = "No such group, or none recorded at that moment", content_type = "application/problem+json", body = ProblemDocument),
        (status = 503, description = "There was no look yet, or too many questions at once", content_type = "application/problem+json", body = ProblemDocument),
    )
)]
pub(crate) async fn cgroups(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let query = Query::parse(&uri, &KNOWN)?;
    let (question, stat) = question(&query)?;
    let now = app.clock.wall_ms();
    let (at, compare) = (query.moment("at", now)?, query.moment("compare", now)?);
    let total = app.live.frame().ok().map(|frame| Memory::of(&frame.tick().snapshot).total_bytes);
    let scene = Scene { total_bytes: total, is_live: at.is_none(), compare_ms: compare };
    let live = match at {
        Some(_) => None,
        None => Some(app.live.watched().cgroups().ok_or_else(Problem::no_sample)?),
    };
    if let (Some(table), None) = (&live, compare) {
        return Ok(json_response(tell(table, &question, stat, scene)?));
    }
    let ask = move |history: &History| {
        let table = past::find(history, live.as_deref(), at, compare).map_err(refusal)?;
        tell(&table, &question, stat, scene)
    };
    Ok(json_response(app.past()?.ask(ask).await?))
}

fn tell(
    table: &CgroupTable,
    question: &Question,
    stat: bool,
    scene: Scene,
) -> Result<Bytes, Problem> {
    let document = CgroupsDocument::of(table, question, stat, scene).ok_or_else(|| {
        let path = question.under.as_deref().unwrap_or_default();
        let then = if scene.is_live { "now" } else { "at that moment" };
        Problem::no_such_group(format!(
            "there is no control group `{}` {then}: the list without `under` has those that there are",
            echo(path)
        ))
    })?;
    Ok(json_bytes(&document))
}

/// What may be asked.
const KNOWN: [&str; 11] = [
    "at", "compare", "sort", "order", "under", "depth", "filter", "limited", "stat", "offset",
    "limit",
];

/// What the parameters ask for, and whether all of memory.stat is wanted.
fn question(query: &Query) -> Result<(Question, bool), Problem> {
    let sort = match query.get("sort") {
        None => Sort::default(),
        Some(text) => Sort::of(text).ok_or_else(|| {
            let known = Sort::ALL.map(Sort::key).join(", ");
            Problem::parameter(format!("`sort` is `{}`: expected one of {known}", echo(text)))
        })?,
    };
    let number = |name, allowed, default| -> Result<usize, Problem> {
        Ok(usize::try_from(query.number(name, allowed, default)?).unwrap_or(usize::MAX))
    };
    let depth = query.get("depth").map(|_| query.number("depth", 0..=DEPTH_MAX, 0)).transpose()?;
    let question = Question {
        sort,
        reversed: is_reversed(query.choice("order", &["asc", "desc"])?, sort),
        under: query.get("under").map(str::to_owned),
        depth,
        filter: query.get("filter").filter(|text| !text.is_empty()).map(str::to_owned),
        limited: query.choice("limited", &["true", "false"])? == Some("true"),
        offset: number("offset", 0..=u32::MAX, 0)?,
        limit: number("limit", 1..=LIMIT_MAX, LIMIT_USUAL)?,
    };
    let stat = query.choice("stat", &["true", "false"])? == Some("true");
    Ok((question, stat))
}

/// Whether the order that was asked for is not the usual one: paths, limits and what is left rise, all else falls.
fn is_reversed(order: Option<&str>, sort: Sort) -> bool {
    let rises = matches!(sort, Sort::Path | Sort::Limit | Sort::Room);
    order.is_some_and(|order| (order == "asc") != rises)
}
