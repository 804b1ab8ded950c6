//! What was typed after `ramscope sim`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ramscope_web::sim::Sizes;

/// Options of `ramscope sim`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim paging --policy lru,clock,opt --frames 3 --refs 7,0,1,2,0,3,0,4 --steps
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
    /// Translate virtual addresses by page tables, level by level
    Translate(TranslateArgs),
    /// Look translations up in a TLB, and what that does to the time of an access
    Tlb(TlbArgs),
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

Without a reference string, processes share the frames of a memory that is too small for all of them.

Scripts (--script), an event a line:
  arrive p1 3   p1 begins, with pages 0, 1 and 2; none is in memory yet
  touch p1 2    p1 reads its page 2
  write p1 0    p1 writes its page 0
  end p1        p1 is done: its frames and swap slots are free

Reference strings (--form):
  pages      integers between commas, semicolons, spaces or newlines; 3w writes page 3
  flagged    a page and 0 or 1 a line; 1: modified
  addresses  a hexadecimal address and R or W a line; pages of --page bytes
  lackey     what `valgrind --tool=lackey --trace-mem=yes` prints; pages of --page bytes
  trc        a page number a line, lines with * skipped
Everywhere # begins a comment.")]
pub(crate) struct PagingArgs {
    /// Policies between commas, or all [default: fifo,lru,opt; fifo for processes]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Frames of physical memory: a number, or a range with both ends, as in 1..7
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
    #[arg(long, value_enum, default_value_t = FormName::Pages, requires = "file", conflicts_with = "refs")]
    pub form: FormName,
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

/// Options of `ramscope sim translate`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim translate --levels 10,10 --offset 12 --map 0x12345:7:rw 0x12345678
  ramscope sim translate --preset x86-64 --map 0x7f0012345:any:rwx --access write 0x7f0012345678
  ramscope sim translate --preset sv39 --script space.txt --format json

Presets: 10/10/12, x86-64, x86-64-5, sv39, ostep-linear, ostep-multilevel.

Scripts (--script), an event a line:
  map 0x12 5 rw        page 0x12 in frame 5 (or any); r read, w write, x execute, k privileged only
  share 0x14 6 rw      as map, and it stays shared when the space forks
  swap 0x15 2 rw       valid, not present: in slot 2 of the swap area
  huge 1 0x200 512 rw  a huge page, its entry one level above the last
  unmap 0x12           fork b  (a copy by copy on write)        space b  (go on in b)
  read 0x12004         an access; also write, fetch; with the word kernel for privileged code")]
pub(crate) struct TranslateArgs {
    /// Virtual addresses, decimal or after 0x hexadecimal
    #[arg(value_name = "ADDR", required_unless_present = "script", allow_negative_numbers = true)]
    pub addresses: Vec<String>,
    /// The bits of each level's index from the top, between commas
    #[arg(long, value_name = "BITS[,BITS]", value_delimiter = ',', requires = "offset")]
    pub levels: Vec<u32>,
    /// The bits of the offset in a page
    #[arg(long, value_name = "BITS", requires = "levels")]
    pub offset: Option<u32>,
    /// What all bits must add up to
    #[arg(long, value_name = "BITS", requires = "levels")]
    pub address_bits: Option<u32>,
    /// A machine's way to split addresses, instead of --levels and --offset
    #[arg(long, value_name = "NAME", conflicts_with_all = ["levels", "offset", "address_bits"])]
    pub preset: Option<String>,
    /// Map a page before the accesses; repeatable
    #[arg(long, value_name = "PAGE:FRAME[:rwxk]")]
    pub map: Vec<String>,
    /// Mappings and accesses from a file, before those of the command line; - is stdin
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// What is done at the addresses
    #[arg(long, value_enum, default_value_t = AccessName::Read)]
    pub access: AccessName,
    /// Privileged code asks
    #[arg(long)]
    pub kernel: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = TranslateFormat::Table)]
    pub format: TranslateFormat,
}

/// What is done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessName {
    /// Read data
    Read,
    /// Write data
    Write,
    /// Fetch an instruction
    Fetch,
}

impl AccessName {
    /// Its word in a script.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Fetch => "fetch",
        }
    }
}

/// How walks are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TranslateFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
}

/// Options of `ramscope sim tlb`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim tlb --entries 4 --ways 2 --steps 0x1000 0x2000 0x3000 0x5000 0x1000
  ramscope sim tlb --entries 64 --ways 4 --second-entries 512 --times 5,100 --levels 4 --file trace.txt --form lackey
  ramscope sim tlb --entries 2 --ways 2 --flush 1:0x1000 2:0x1000 1:0x1000

Addresses are decimal, or hexadecimal after 0x; 2:0x1000 is of address space 2; w after an address writes, x executes.")]
pub(crate) struct TlbArgs {
    /// Virtual addresses in their order
    #[arg(value_name = "ADDR", required_unless_present = "file", allow_negative_numbers = true)]
    pub addresses: Vec<String>,
    /// Read the addresses from this file; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "addresses")]
    pub file: Option<PathBuf>,
    /// How the file names addresses
    #[arg(long, value_enum, default_value_t = AccessForm::Typed, requires = "file", conflicts_with = "addresses")]
    pub form: AccessForm,
    /// Translations that the first level holds
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub entries: u32,
    /// Ways of a set; as many as entries is fully associative
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub ways: u32,
    /// Who leaves a full set: lru, fifo, random or plru
    #[arg(long, value_name = "NAME", default_value = "lru")]
    pub replacement: String,
    /// One first level for code and one for data, both of this shape
    #[arg(long)]
    pub split: bool,
    /// Translations of a second level
    #[arg(long, value_name = "N")]
    pub second_entries: Option<u32>,
    /// Ways of the second level's sets [default: those of the first]
    #[arg(long, value_name = "N", requires = "second_entries")]
    pub second_ways: Option<u32>,
    /// Bytes of a page
    #[arg(long, value_name = "SIZE", default_value = "4KiB")]
    pub page: String,
    /// Flush when another address space runs, instead of tagging entries with it
    #[arg(long)]
    pub flush: bool,
    /// The seed of random replacement
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Times of a look-up and of memory, in any unit: prints the effective access time
    #[arg(long, value_name = "TLB,MEMORY", value_delimiter = ',')]
    pub times: Vec<f64>,
    /// Levels of the page table that a miss walks
    #[arg(long, value_name = "N", default_value_t = 1, requires = "times")]
    pub levels: u32,
    /// Show every step, a sentence an access
    #[arg(long)]
    pub steps: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = TlbFormat::Table)]
    pub format: TlbFormat,
}

/// How a file names addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessForm {
    /// As on the command line
    Typed,
    /// Valgrind's lackey
    Lackey,
}

/// How a TLB's answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlbFormat {
    /// For people
    Table,
    /// One indented document, as the API answers
    Json,
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
between tabs, commas, semicolons or |, where nothing is. A wide table may go on in further parts after an empty
line. What `ramscope sim paging --steps` prints is such a table.

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
    /// Integers, any number a line
    Pages,
    /// A page and a modified flag a line
    Flagged,
    /// An address and R or W a line
    Addresses,
    /// Valgrind's lackey
    Lackey,
    /// A page number a line, lines with * skipped
    Trc,
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
