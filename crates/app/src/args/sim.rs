//! What was typed after `ramscope sim`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ramscope_sim::paging::Zipf;
use ramscope_web::sim::Sizes;

use super::alloc::{AllocArgs, HolesArgs, PartitionsArgs};
use super::demand::DemandArgs;
use super::exercise::ExerciseArgs;
use super::translate::{TlbArgs, TranslateArgs};

/// Options of `ramscope sim`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim paging --policy lru,clock,opt --frames 3 --refs 7,0,1,2,0,3,0,4 --steps
  ramscope sim alloc --policy all --size 200 --ops +20,+30,-0,+10
  ramscope sim holes --holes 100,500,200,300,600 --requests 212,417,112,426
  ramscope sim segments --memory 1024 --sizes 100,200,150,300,50
  ramscope sim exercise paging --seed 1 --wish 'fifo!=lru!=opt'
  ramscope sim check --file table.txt
  ramscope sim verify")]
pub(crate) struct SimArgs {
    /// Which machine, or what to do with its answers
    #[command(subcommand)]
    pub machine: SimCommand,
}

/// The simulators.
#[derive(Debug, Subcommand)]
pub(crate) enum SimCommand {
    /// Processes in frames; with a reference string: faults of each policy, and why each page left
    Paging(Box<PagingArgs>),
    /// Several processes, a CPU and a disk: demand paging, and the curve of thrashing
    Demand(DemandArgs),
    /// Translate virtual addresses by page tables, level by level
    Translate(TranslateArgs),
    /// Look translations up in a TLB, and what that does to the time of an access
    Tlb(TlbArgs),
    /// Segments in holes of memory; with a table: addresses through its checks, or the trap
    Segments(SegmentsArgs),
    /// Requests in holes that are given, by the four fits
    Holes(HolesArgs),
    /// Processes that wait for fixed partitions, in one queue or in several
    Partitions(PartitionsArgs),
    /// Requests and frees under allocation policies: what they leave behind, and why
    Alloc(Box<AllocArgs>),
    /// Make an exercise: a blank for each student, and its key
    Exercise(ExerciseArgs),
    /// Check a table of frames: right, or the first wrong cell
    Check(CheckArgs),
    /// Run the published cases, each with its source
    Verify(VerifyArgs),
}

/// Options of `ramscope sim paging`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim paging
  ramscope sim paging --memory 4KiB --page 512 --processes 12 --policy lru
  ramscope sim paging --script life.txt
  ramscope sim paging --policy lru,clock,opt --frames 3 --refs 7,0,1,2,0,3,0,4,2,3
  ramscope sim paging --policy all --frames 1..7 --refs 1,2,3,4,1,2,5,1,2,3,4,5
  ramscope sim paging --policy clock --set clock.load_bit=0 --frames 3 --file string.txt --steps
  ramscope sim paging --policy lru --frames 64 --file trace.txt --form lackey --page 4KiB --format json
  ramscope sim paging --policy lru,s3-fifo --frames 100,1000,10000 --file w.oracleGeneral.zst
  ramscope sim paging --policy arc --frames 1000 --generate zipf:1000000:50000

Without a reference string, processes share the frames of a memory that is too small for all of them.

Scripts (--script), an event a line:
  arrive p1 3   p1 begins, with pages 0, 1 and 2; none is in memory yet
  touch p1 2    p1 reads its page 2
  write p1 0    p1 writes its page 0
  end p1        p1 is done: its frames and swap slots are free

Reference strings (--form; auto finds it by name and content where it is certain, and else reads pages):
  pages           integers between commas, semicolons, spaces or newlines; 3w writes page 3
  flagged         a page and 0 or 1 a line; 1: modified
  processes       a process and its page a line; page 12 of process 7 is numbered 712, 7012, …
  addresses       a hexadecimal address and R or W a line, or `l 0x… n` and `s 0x… n`; pages of --page bytes
  lackey          what `valgrind --tool=lackey --trace-mem=yes` prints; pages of --page bytes
  trc             a page number a line, lines with * skipped
  csv             libCacheSim's csv: the header names the column of the id, or --column does
  oracle-general  libCacheSim's records of 24 bytes
  lcs             libCacheSim's records behind a header
  champsim        ChampSim's instructions of 64 bytes; pages of --page bytes
In text but csv # begins a comment. A file packed by gzip or zstd is unpacked as it is read.

Made strings (--generate): zipf:REFERENCES:PAGES[:SEED[:EXPONENT]], exponents 0 to 3 in quarters; 1 where nothing is
said. The same words make the same string everywhere.")]
pub(crate) struct PagingArgs {
    /// Policies between commas, or all [default: fifo,lru,opt; fifo for processes]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Frames of physical memory: a number, a range with both ends, as in 1..7, or several between commas
    #[arg(long, value_name = "N|N..M", allow_negative_numbers = true, requires = "string")]
    pub frames: Option<Sizes>,
    /// The reference string itself
    #[arg(
        long,
        value_name = "PAGES",
        allow_hyphen_values = true,
        group = "string",
        requires = "frames"
    )]
    pub refs: Option<String>,
    /// Read the reference string from this file; - is stdin
    #[arg(long, value_name = "FILE", group = "string", requires = "frames")]
    pub file: Option<PathBuf>,
    /// How the file names pages
    #[arg(long, value_enum, default_value_t = FormName::Auto, requires = "file", conflicts_with = "refs")]
    pub form: FormName,
    /// The column of a csv's ids, from 1 [default: the one that the header names]
    #[arg(long, value_name = "N", requires = "file", conflicts_with = "refs")]
    pub column: Option<NonZeroUsize>,
    /// Make the reference string: zipf:REFERENCES:PAGES, then :SEED and :EXPONENT
    #[arg(long, value_name = "WORDS", group = "string", requires = "frames")]
    pub generate: Option<Zipf>,
    /// Physical memory of the processes, a whole number of pages [default: 1024]
    #[arg(long, value_name = "SIZE", conflicts_with = "string")]
    pub memory: Option<String>,
    /// Bytes of a page [default: 64 for processes, 4KiB where a file names addresses]
    #[arg(long, value_name = "SIZE", conflicts_with = "refs")]
    pub page: Option<String>,
    /// How many processes of one page arrive, one after the other, and write it [default: 20]
    #[arg(long, value_name = "N", conflicts_with_all = ["string", "script"])]
    pub processes: Option<u64>,
    /// What the processes do instead; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "string")]
    pub script: Option<PathBuf>,
    /// The convention of a book or program: silberschatz, tanenbaum, stallings, ostep, libcachesim
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Set a parameter, over the preset; repeatable
    #[arg(long, value_name = "PARAMETER=VALUE", value_delimiter = ',')]
    pub set: Vec<String>,
    /// Show every step: the grid and a sentence a reference (processes always do, JSON does up to 10000)
    #[arg(long)]
    pub steps: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = PagingFormat::Table)]
    pub format: PagingFormat,
}

/// Options of `ramscope sim segments`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim segments
  ramscope sim segments --memory 1024 --sizes 100,200,150,300,50
  ramscope sim segments --memory 4KiB --script life.txt --fit best --swap 2KiB
  ramscope sim segments --table 0:219/600,1:2300/14,2:90/100 --translate 0:430,1:10,2:500
  ramscope sim segments --split 1,6 --table 0:215/59,1:188/56/down --translate 65,51,100
  ramscope sim segments --split 2,12 --table 0:32k/2k/code/rx,3:28k/2k/stack/down --translate 100,code:100,stack:-20
  ramscope sim segments --page 1KiB --table 0:5+6+-+2/3500,1:7/1000/rx --translate 0:1030,0:2100,1:0/w
  ramscope sim segments --table 12418/472 --translate 430,523

Without --sizes, --script or --table: four processes in 1024 bytes, of which one is refused.

Scripts (--script), an event a line:
  arrive p1 code=100 heap=50   each segment goes into a hole, or the process is refused; also data, stack
  grow p1 heap 20              data and heap grow up, a stack down; moved where there is no room beside it
  access p1 heap 30 write      or read, fetch; a stack's offsets count down from its top, as in -8
  swap-out p1                  to the swap area, whole
  swap-in p1                   back, wherever there is room
  compact                      all segments slide to the low end
  end p1                       its memory is free

Tables (--table), number:base/limit of each segment; without numbers they count from 0. Then, between slashes:
  code, data, heap, stack      what it holds, by which an address may name it
  rw, rx, ...                  what may be done with it [default: everything]
  down                         it grows down from its base, as OSTEP writes it
  expand-down                  it grows down, as Intel's manual writes it: valid are the offsets above the limit
  shared, absent               others may have the same memory; it is not in memory
Paged segments (--page) have the frame of each page for a base, - where it is not in memory: 0:5+-+7/2500.

Addresses (--translate): 0:430 or '(0, 430)' is segment 0, offset 430; stack:-20 names its segment by what it holds; a
single number holds the segment in its top bits (--split). /w after it writes, /x fetches. Sizes may end in k, m, g.")]
pub(crate) struct SegmentsArgs {
    /// Physical memory [default: 1024 for processes, without bound for a table]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Segments of these sizes arrive, one after the other
    #[arg(long, value_name = "SIZE[,SIZE]", conflicts_with_all = ["script", "table"])]
    pub sizes: Option<String>,
    /// What the processes do; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    pub script: Option<PathBuf>,
    /// Which hole a segment goes into: first, next, best or worst [default: first]
    #[arg(long, value_name = "NAME", conflicts_with = "table")]
    pub fit: Option<String>,
    /// The swap area [default: as large as it need be]
    #[arg(long, value_name = "SIZE", conflicts_with = "table")]
    pub swap: Option<String>,
    /// A segment table: base and limit of each segment
    #[arg(long, value_name = "N:BASE/LIMIT[,...]", requires = "translate")]
    pub table: Option<String>,
    /// Addresses to translate by it
    #[arg(long, value_name = "N:OFFSET[,...]", requires = "table", allow_hyphen_values = true)]
    pub translate: Option<String>,
    /// How an address is split: the bits of the segment number, and those of the offset
    #[arg(long, value_name = "BITS,BITS", value_delimiter = ',', requires = "table")]
    pub split: Vec<u32>,
    /// Segments are in pages of this size
    #[arg(long, value_name = "SIZE", requires = "table")]
    pub page: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = SegmentsFormat::Table)]
    pub format: SegmentsFormat,
}

/// How segments are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SegmentsFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
    /// A header and a line a step, or an address
    Csv,
}

/// Options of `ramscope sim check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim check --file table.txt
  ramscope sim check --file table.csv --reveal

A table names its problem, then has a column a reference and a row a frame:

  policy: lru
  frames: 3
  set: clock.load_bit=1      (optional, as is preset: NAME)

  reference  7 0 1 2 0 3
  frame 0    7 7 7 2 2 2
  frame 1    - 0 0 0 0 0
  frame 2    - - 1 1 1 3
  H/F        F F F F H F     (optional)

Labels of rows may be left out but for `reference`. Cells stand between spaces, where - is an empty frame, or
between tabs, commas, semicolons or |, where nothing is; __ is a cell that is not filled in yet. A wide table may go
on in further parts after an empty line. A further `policy` begins a further table. What `ramscope sim paging --steps`
and `ramscope sim exercise paging` print are such tables.

Exit codes: 0 right, 1 wrong, 2 not a table.")]
pub(crate) struct CheckArgs {
    /// The table; - is stdin
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Say what belongs into the first wrong cell, and why
    #[arg(long)]
    pub reveal: bool,
}

/// Options of `ramscope sim verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = VerifyFormat::Table)]
    pub format: VerifyFormat,
}

/// How a file names pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormName {
    /// What its name and content say, where that is certain; else pages
    Auto,
    /// Integers, any number a line
    Pages,
    /// A page and a modified flag a line
    Flagged,
    /// A process and its page a line
    Processes,
    /// An address and R or W a line
    Addresses,
    /// Valgrind's lackey
    Lackey,
    /// A page number a line, lines with * skipped
    Trc,
    /// libCacheSim's csv
    Csv,
    /// libCacheSim's oracleGeneral
    OracleGeneral,
    /// libCacheSim's lcs
    Lcs,
    /// ChampSim's input_instr, unpacked
    Champsim,
}

/// How runs are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PagingFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
    /// A header and a line a run, or a step with --steps
    Csv,
}

/// How the published cases are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
    /// For people
    Table,
    /// One indented document
    Json,
}
