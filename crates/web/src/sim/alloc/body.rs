//! What `POST /api/v1/sim/alloc` and `/holes` take and answer, described. The engine makes the answers; a test holds the
//! one to the other.
#![expect(dead_code, reason = "describes what the engine writes and `alloc` reads")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// A list of requests and who is to place them. It is read member by member, so that a refusal names the member; this is
/// its description.
#[derive(ToSchema)]
#[schema(as = AllocQuestion)]
pub(crate) struct AllocBody {
    /// Names between commas, or a list of them; `all` is every one, `first` where nothing is said.
    #[schema(example = "first,best")]
    policies: Option<String>,
    /// Bytes of memory; where nothing is said 1000, and for a kept list twice what is held at once, to a power of two.
    capacity: Option<u64>,
    /// Its first address; 0 where nothing is said.
    base: Option<u64>,
    /// `+10` asks for 10 bytes and gets the next id from 0, `-0` frees id 0, `compact` slides blocks together; or the text
    /// of a script, of glibc's mtrace, or of an alloc trace; or the id of a list that was sent to /api/v1/sim/requests.
    #[schema(example = "+10,+20,-0")]
    ops: OpsBody,
    /// The convention of a book or program.
    preset: Option<String>,
    /// Parameters over it, by name.
    #[schema(value_type = Option<BTreeMap<String, Object>>)]
    set: Option<BTreeMap<String, String>>,
    /// Short for `list.order`: `address`, `size`, `size-desc`, `front` or `back`.
    order: Option<String>,
    /// Short for `list.coalesce`: `on` or true merges at once, `off` or false never; or the parameter's own words.
    coalesce: Option<String>,
    /// Short for `block.align`, in bytes.
    align: Option<u64>,
    /// Short for `block.header`, in bytes.
    header: Option<u64>,
    /// Short for `compaction.when`: `never`, `on-failure` or `on-threshold`.
    compact: Option<String>,
    /// Whether every step is wanted; where nothing is said, when all runs together have 10,000 at most.
    steps: Option<bool>,
    /// Whether each step is to hold the policy's own lists, tree and bitmaps.
    views: Option<bool>,
    /// The steps that each run holds, in place of all of them; with it each run has the memory before them. It ends
    /// early where free lists are long.
    window: Option<AllocWindowBody>,
    /// The operations whose blocks each run tells as rectangles.
    lives: Option<LivesBody>,
    /// False with a `window`: each run then holds its `policy`, `before` and `ops` alone, and the list is read from the
    /// nearest place that is kept of an earlier question. It is for further windows of a list whose numbers are known.
    metrics: Option<bool>,
}

/// A list of requests.
#[derive(ToSchema)]
#[schema(as = AllocOps)]
#[serde(untagged)]
pub(crate) enum OpsBody {
    /// The list itself.
    Text(String),
    /// A list that /api/v1/sim/requests keeps.
    Kept {
        /// The id that it answered.
        id: String,
    },
}

/// A stretch of the operations.
#[derive(ToSchema)]
#[schema(as = AllocWindow)]
pub(crate) struct AllocWindowBody {
    /// The first operation, from 1.
    from: u64,
    /// How many; what lies beyond the end is left out.
    count: u64,
}

/// A stretch of the operations, and how many rectangles.
#[derive(ToSchema)]
#[schema(as = AllocLivesQuestion)]
pub(crate) struct LivesBody {
    /// The first operation, from 1.
    from: u64,
    /// How many.
    count: u64,
    /// The most rectangles, up to 20000; those of the greatest area are told.
    most: u64,
}

/// What allocation policies did with a list of requests.
#[derive(ToSchema)]
#[schema(as = Alloc)]
pub(crate) struct AllocAnswerBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// Operations in the list.
    operations: u64,
    /// A run a policy.
    runs: Vec<AllocRunBody>,
    /// The first operation that two runs answer differently; null where there is none.
    divergence: Option<AllocDivergenceBody>,
}

/// Where two runs give a request different addresses, or one of them none.
#[derive(ToSchema)]
#[schema(as = AllocDivergence)]
pub(crate) struct AllocDivergenceBody {
    /// The operation, from 1.
    index: u64,
    /// The place in `runs` of the one, from 0.
    one: u64,
    /// The place in `runs` of the other.
    other: u64,
}

/// One policy over the list.
#[derive(ToSchema)]
#[schema(as = AllocRun)]
pub(crate) struct AllocRunBody {
    /// The policy's name.
    policy: String,
    /// Every parameter that the numbers depend on, with its value.
    #[schema(value_type = BTreeMap<String, Object>)]
    convention: BTreeMap<String, String>,
    /// Bytes of memory.
    capacity: u64,
    /// Its first address.
    base: u64,
    /// The memory before the first step of a window; absent without one.
    before: Option<AllocBeforeBody>,
    /// Every step, or those of the window; absent where steps were not wanted.
    ops: Option<Vec<AllocOpBody>>,
    /// Blocks as rectangles; absent where they were not wanted.
    lives: Option<AllocLivesBody>,
    /// Counts, bytes, fragmentation, searches, moves, pages, and their course over the operations.
    #[schema(value_type = Object)]
    metrics: String,
}

/// Memory at a place of the list.
#[derive(ToSchema)]
#[schema(as = AllocBefore)]
pub(crate) struct AllocBeforeBody {
    /// Operations made.
    ops: u64,
    /// The blocks that are held, by address, each as `[id, address, size, asked]`: the raw block, and the bytes that its
    /// request asked for.
    #[schema(value_type = Vec<Vec<u64>>)]
    blocks: Vec<(u64, u64, u64, u64)>,
    /// The raw holes as `[address, size]`, in the list's own order.
    #[schema(value_type = Vec<Vec<u64>>)]
    free_list: Vec<(u64, u64)>,
    /// The policy's own state; only where `views` was asked for.
    #[schema(value_type = Option<Object>)]
    view: Option<String>,
}

/// The blocks of a stretch of the list.
#[derive(ToSchema)]
#[schema(as = AllocLives)]
pub(crate) struct AllocLivesBody {
    /// Rectangles by their first operation.
    blocks: Vec<AllocLifeBody>,
    /// Rectangles of the stretch that are not among them, those of the least area.
    left_out: u64,
}

/// A block in one place.
#[derive(ToSchema)]
#[schema(as = AllocLife)]
pub(crate) struct AllocLifeBody {
    /// The request.
    id: u64,
    /// The operation that put the block there, from 1.
    from: u64,
    /// The operation that freed or moved it; null where it stands there at the end of the list.
    until: Option<u64>,
    /// The raw block as `[address, size]`.
    #[schema(value_type = Vec<u64>)]
    block: (u64, u64),
}

/// What one operation did.
#[derive(ToSchema)]
#[schema(as = AllocOp)]
pub(crate) struct AllocOpBody {
    /// Its number in the list, from 1.
    index: u64,
    /// `alloc`, `free` or `compact`.
    op: String,
    /// The request; null for a compaction.
    id: Option<u64>,
    /// The bytes that the request asks or asked for.
    size: Option<u64>,
    /// The address that the program has, behind the header; null where the request got nothing.
    address: Option<u64>,
    /// The raw block as `[address, size]`, header and padding included.
    #[schema(value_type = Option<Vec<u64>>)]
    block: Option<(u64, u64)>,
    /// Entries of free lists, bitmaps or trees that were looked at.
    searched: u32,
    /// The raw holes afterwards as `[address, size]`, in the list's own order.
    #[schema(value_type = Vec<Vec<u64>>)]
    free_list: Vec<(u64, u64)>,
    /// Bytes that are then neither free nor in a block; absent where that is none.
    overhead_bytes: Option<u64>,
    /// The first holes that were looked at, in order; absent where that is none.
    #[schema(value_type = Option<Vec<Vec<u64>>>)]
    looked: Option<Vec<(u64, u64)>>,
    /// Holes that several became; absent where that is none.
    #[schema(value_type = Option<Vec<Vec<u64>>>)]
    merged: Option<Vec<(u64, u64)>>,
    /// Blocks that compaction moved, `{id, from, to}`; absent where that is none.
    #[schema(value_type = Option<Vec<Object>>)]
    moved: Option<Vec<String>>,
    /// What was looked at and why it came out so.
    explain: String,
    /// The policy's own lists, tree, bitmaps and caches after this step; only where `views` was asked for.
    #[schema(value_type = Option<Object>)]
    view: Option<String>,
}

/// Holes and requests.
#[derive(ToSchema)]
#[schema(as = HolesQuestion)]
pub(crate) struct HolesBody {
    /// Sizes of the holes by address: a text with commas, or a list of numbers.
    #[schema(example = "100,500,200,300,600")]
    holes: String,
    /// Sizes of the requests, in their order.
    #[schema(example = "212,417,112,426")]
    requests: String,
    /// `first`, `next`, `best`, `worst` between commas or in a list; `all` where nothing is said.
    policies: Option<String>,
    /// What becomes of the rest of a hole: `split` keeps it as a hole, `fixed` gives the hole away whole; `split` where
    /// nothing is said.
    partitions: Option<String>,
    /// Parameters by name.
    #[schema(value_type = Option<BTreeMap<String, Object>>)]
    set: Option<BTreeMap<String, String>>,
}

/// Where fits put requests in given holes.
#[derive(ToSchema)]
#[schema(as = Holes)]
pub(crate) struct HolesAnswerBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// A run a fit.
    runs: Vec<HolesRunBody>,
}

/// One fit.
#[derive(ToSchema)]
#[schema(as = HolesRun)]
pub(crate) struct HolesRunBody {
    /// The fit.
    policy: String,
    /// Every parameter that the placements depend on, with its value.
    #[schema(value_type = BTreeMap<String, Object>)]
    convention: BTreeMap<String, String>,
    /// `fixed` or `split`.
    partitions: String,
    /// For each request the size of the hole that took it, as it was then; null where none did.
    placements: Vec<Option<u64>>,
    /// Each request with its sentence.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<String>,
}

/// Processes over fixed partitions.
#[derive(ToSchema)]
#[schema(as = PartitionsQuestion)]
pub(crate) struct PartitionsBody {
    /// Sizes of the partitions by address: a text with commas, or a list of numbers.
    #[schema(example = "100,400,200")]
    sizes: String,
    /// Arrivals and ends: `+90` is a process of 90 bytes, which gets the next number from 0, and `-0` its end.
    #[schema(example = "+90,+80,+150,-0")]
    ops: String,
    /// `one` queue for all, or `several`, one for each partition; `one` where nothing is said.
    queues: Option<String>,
    /// Which free partition a process of the one queue takes: the `first` that holds it or the `best`, the smallest;
    /// `first` where nothing is said.
    choice: Option<String>,
    /// Which process of the one queue a partition takes that becomes free: the `first` that fits or the `largest`;
    /// `first` where nothing is said.
    pick: Option<String>,
}

/// What fixed partitions did.
#[derive(ToSchema)]
#[schema(as = Partitions)]
pub(crate) struct PartitionsAnswerBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// The partitions and the scheme, as they were asked for.
    #[schema(value_type = Object)]
    scheme: String,
    /// Each operation: `started` (process and partition from 0), `refused`, `partitions` (`size`, `process`, `lost_bytes`),
    /// `queues`, `internal_fragmentation_bytes` and its sentence.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<String>,
}
