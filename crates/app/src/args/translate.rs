//! Options of the simulators of addresses: `ramscope sim translate` and `ramscope sim tlb`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `ramscope sim translate`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim translate --levels 10,10 --offset 12 --map 0x12345:7:rw 0x12345678
  ramscope sim translate --preset x86-64 --map 0x7f0012345:any:rwx --access write 0x7f0012345678
  ramscope sim translate --preset sv39 --script space.txt --format json
  ramscope sim translate --table hashed --buckets 8 --offset 12 --map 0x12:5 --map 0x1a:6 0x12004

Presets: 10/10/12, x86-64, x86-64-5, sv39, ostep-linear, ostep-multilevel.

Scripts (--script), an event a line:
  map 0x12 5 rw        page 0x12 in frame 5 (or any); r read, w write, x execute, k privileged only
  share 0x14 6 rw      as map, and it stays shared when the space forks
  swap 0x15 2 rw       valid, not present: in slot 2 of the swap area
  huge 1 0x200 512 rw  a huge page, its entry one level above the last
  unmap 0x12           fork b  (a copy by copy on write)        space b  (go on in b)
  read 0x12004         an access; also write, fetch; with the word kernel for privileged code

An inverted or hashed table is one for all processes: `space 2` goes on in process 2, and map, unmap and accesses
are all that it knows.")]
pub(crate) struct TranslateArgs {
    /// Virtual addresses, decimal or after 0x hexadecimal
    #[arg(value_name = "ADDR", required_unless_present = "script", allow_negative_numbers = true)]
    pub addresses: Vec<String>,
    /// A table of levels, or one that all processes share and that is searched
    #[arg(long, value_enum, default_value_t = TableName::Levels)]
    pub table: TableName,
    /// The frames of an inverted table [default: 16]
    #[arg(long, value_name = "N")]
    pub frames: Option<u32>,
    /// The buckets of a hashed table [default: 16]
    #[arg(long, value_name = "N")]
    pub buckets: Option<u32>,
    /// The bits of each level's index from the top, between commas
    #[arg(long, value_name = "BITS[,BITS]", value_delimiter = ',', requires = "offset")]
    pub levels: Vec<u32>,
    /// The bits of the offset in a page
    #[arg(long, value_name = "BITS")]
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

/// What kind of page table translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableName {
    /// Each index leads to the next table
    Levels,
    /// An entry a frame, searched from the first
    Inverted,
    /// A chain a bucket
    Hashed,
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
    /// Times of a look-up, of memory, and of a look-up of the second level [default: as the first], in any unit: prints the effective access time
    #[arg(long, value_name = "TLB,MEMORY[,SECOND]", value_delimiter = ',')]
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
