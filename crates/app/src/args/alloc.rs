//! What was typed after `ramscope sim alloc`, `ramscope sim holes` and `ramscope sim partitions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `ramscope sim alloc`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim alloc
  ramscope sim alloc --policy first,best,worst --size 100 --ops +20,+30,-0,+10 --steps
  ramscope sim alloc --policy best --size 100 --base 1000 --header 4 --order size --coalesce off --ops +3,-0,+5
  ramscope sim alloc --policy all --file trace.txt --align 16 --set block.minimum=32
  ramscope sim alloc --policy first --compact on-failure --size 100 --ops +40,+40,-0,+50 --steps

Lists (--ops, --file): +10 asks for 10 bytes and gets the next id from 0, failed ones counted; -0 frees id 0; compact
slides blocks together. --file also reads `malloc 10` and `free 0` a line, glibc's mtrace text, and ramscope's alloc
traces; its form is found by its first words, and gzip or zstd is unpacked.

Policies: first, next, best, worst, quick, buddy, segregated, tlsf, slab, bump.")]
pub(crate) struct AllocArgs {
    /// Policies between commas, or all [default: first,next,best,worst]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Memory [default: 1000; for a file, twice what is held at once, to a power of two]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// Its first address
    #[arg(long, value_name = "ADDRESS", default_value_t = 0)]
    pub base: u64,
    /// The requests and frees themselves
    #[arg(long, value_name = "OPS", allow_hyphen_values = true, conflicts_with = "file")]
    pub ops: Option<String>,
    /// Read them from this file; - is stdin
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The order of a free list [default: address]
    #[arg(long, value_enum)]
    pub order: Option<Order>,
    /// Whether free neighbours become one hole when a block is freed [default: on]
    #[arg(long, value_enum)]
    pub coalesce: Option<Switch>,
    /// Round sizes up to a multiple of this power of two
    #[arg(long, value_name = "BYTES")]
    pub align: Option<u64>,
    /// Bytes that a block keeps before the address that the program gets, added after the size is aligned
    #[arg(long, value_name = "BYTES")]
    pub header: Option<u64>,
    /// When blocks are slid together without being asked [default: never]
    #[arg(long, value_enum)]
    pub compact: Option<Compact>,
    /// The convention of a book or program: ostep, silberschatz
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Set a parameter, over all of these; repeatable
    #[arg(long, value_name = "PARAMETER=VALUE", value_delimiter = ',')]
    pub set: Vec<String>,
    /// Show every step with its sentence (JSON does up to 10000)
    #[arg(long)]
    pub steps: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = AllocFormat::Table)]
    pub format: AllocFormat,
}

/// Options of `ramscope sim holes`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim holes
  ramscope sim holes --holes 100,500,200,300,600 --requests 212,417,112,426 --policy all
  ramscope sim holes --holes 100,500,200,300,600 --requests 212,417,112,426 --partitions fixed --format json")]
pub(crate) struct HolesArgs {
    /// Sizes of the holes, by address
    #[arg(long, value_name = "SIZE[,SIZE]", default_value = "100,500,200,300,600")]
    pub holes: String,
    /// Sizes of the requests, in their order
    #[arg(long, value_name = "SIZE[,SIZE]", default_value = "212,417,112,426")]
    pub requests: String,
    /// first, next, best, worst between commas, or all
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',', default_value = "all")]
    pub policy: Vec<String>,
    /// What becomes of the rest of a hole: split keeps it as a hole, fixed gives the hole away whole
    #[arg(long, value_enum, default_value_t = PartitionsName::Split)]
    pub partitions: PartitionsName,
    /// How to print it
    #[arg(long, value_enum, default_value_t = AllocFormat::Table)]
    pub format: AllocFormat,
}

/// Options of `ramscope sim partitions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim partitions
  ramscope sim partitions --sizes 100,400,200 --queues several --ops +90,+80,+150,-0
  ramscope sim partitions --sizes 256,256,256,256 --ops +100,+256,+40 --format json

Lists (--ops): +90 is a process of 90 bytes, which gets the next number from 0; -0 is the end of process 0.")]
pub(crate) struct PartitionsArgs {
    /// Sizes of the partitions, by address; equal ones for equal partitions
    #[arg(long, value_name = "SIZE[,SIZE]", default_value = "100,400,200")]
    pub sizes: String,
    /// Who arrives and who ends
    #[arg(
        long,
        value_name = "OPS",
        allow_hyphen_values = true,
        default_value = "+90,+80,+150,-0,+60,-2"
    )]
    pub ops: String,
    /// One queue for all, or one for each partition: then a process waits for the smallest that holds it
    #[arg(long, value_enum, default_value_t = QueuesName::One)]
    pub queues: QueuesName,
    /// With one queue: the free partition that a process takes
    #[arg(long, value_enum, default_value_t = ChoiceName::First)]
    pub choice: ChoiceName,
    /// With one queue: the process that a partition takes which becomes free
    #[arg(long, value_enum, default_value_t = PickName::First)]
    pub pick: PickName,
    /// How to print it
    #[arg(long, value_enum, default_value_t = AllocFormat::Table)]
    pub format: AllocFormat,
}

/// Who waits where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueuesName {
    /// All in one queue
    One,
    /// Each partition has its own
    Several,
}

/// Which free partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChoiceName {
    /// The first that holds it
    First,
    /// The smallest that holds it
    Best,
}

/// Which process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PickName {
    /// The first that fits
    First,
    /// The largest that fits
    Largest,
}

/// Where a freed block goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By address
    Address,
    /// The smallest first
    Size,
    /// The largest first
    SizeDesc,
    /// To the front
    Front,
    /// To the back
    Back,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// When a block is freed
    On,
    /// Never
    Off,
}

/// When blocks are slid together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compact {
    /// Only where the list says so
    Never,
    /// When a request fails that the free bytes would hold
    OnFailure,
    /// After a free that leaves more fragmentation than compaction.threshold
    OnThreshold,
}

/// What becomes of the rest of a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartitionsName {
    /// Nothing: it is lost within it
    Fixed,
    /// It stays a hole
    Split,
}

/// How allocations are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AllocFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
    /// A header and a line a run, or a step
    Csv,
}
