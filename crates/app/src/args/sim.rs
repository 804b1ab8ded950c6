//! What was typed after `ramscope sim`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ramscope_sim::paging::Zipf;
use ramscope_web::sim::Sizes;

use super::alloc::{AllocArgs, HolesArgs};
use super::demand::DemandArgs;

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

/// Options of `ramscope sim exercise`.
#[derive(Args, Debug)]
pub(crate) struct ExerciseArgs {
    /// What it is about
    #[command(subcommand)]
    pub topic: ExerciseTopic,
}

/// What exercises are about.
#[derive(Debug, Subcommand)]
pub(crate) enum ExerciseTopic {
    /// Replacement policies over a reference string
    Paging(Box<PagingExerciseArgs>),
}

/// Options of `ramscope sim exercise paging`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim exercise paging --seed 1
  ramscope sim exercise paging --seed 1 --reveal key
  ramscope sim exercise paging --seed 2 --student Ada --wish 'fifo!=lru!=opt' --reveal hint --done 6
  ramscope sim exercise paging --seed 3 --policy fifo --wish belady --format html
  ramscope sim exercise paging --seed 4 --students class.txt --course-key-file key.txt --format moodle

Wishes (--wish, in quotes):
  fifo!=lru!=opt   these have different numbers of faults, each from each
  lru<fifo         LRU has fewer faults than FIFO
  belady           with a frame more some policy has more faults; belady=fifo names it
  ties=1           so many choices are left to a tie rule, in all tables together; also ties=1..3
  faults=8..12     each policy has so many faults; faults.lru=9 says it of one

The same options give the same problem, always. With --student it is a variant of their own: the hash of course key,
exercise and name. The course key comes from --course-key-file or from RAMSCOPE_COURSE_KEY, never from the command
line, which everyone on this machine can read while it runs and which the shell writes down. Without a key anyone
can compute a variant. A key protects which variant is whose, not the answers: ramscope solves any known problem.

A blank in text can be filled in with an editor and checked by `ramscope sim check`. Formats for platforms (gift,
moodle, qti) always hold the key. Everything goes to stdout: add > sheet.html, or > quiz.xml.")]
pub(crate) struct PagingExerciseArgs {
    /// Policies between commas [default: fifo,lru,opt]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Frames of physical memory: a number, or a range with both ends, as in 3..4 [default: 3]
    #[arg(long, value_name = "N|N..M", allow_negative_numbers = true)]
    pub frames: Option<Sizes>,
    /// References in the string
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub length: u64,
    /// Different pages in it
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub pages: u64,
    /// The convention of a book or program: silberschatz, tanenbaum, stallings, ostep, libcachesim
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Set a parameter, over the preset; repeatable
    #[arg(long, value_name = "PARAMETER=VALUE", value_delimiter = ',')]
    pub set: Vec<String>,
    /// What the problem must have; repeatable
    #[arg(long, value_name = "WISH", value_delimiter = ',')]
    pub wish: Vec<String>,
    /// Who gets it, and how
    #[command(flatten)]
    pub handout: HandoutArgs,
}

/// Options of every exercise: whose it is, what of it is shown, and how.
#[derive(Args, Debug)]
pub(crate) struct HandoutArgs {
    /// The number of the exercise
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Make the variant of this student
    #[arg(long, value_name = "NAME", conflicts_with = "students")]
    pub student: Option<String>,
    /// Make the variants of all students in this file, one a line; - is stdin
    #[arg(long, value_name = "FILE")]
    pub students: Option<PathBuf>,
    /// The secret of the course, in a file that only you can read [default: $RAMSCOPE_COURSE_KEY]
    #[arg(long, value_name = "FILE")]
    pub course_key_file: Option<PathBuf>,
    /// How much of the key to give away; each holds what those before it hold
    #[arg(long, value_enum)]
    pub reveal: Option<RevealName>,
    /// How many steps of each table are done: hint and step are about what follows
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub done: usize,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ExerciseFormat::Text)]
    pub format: ExerciseFormat,
}

/// How much of a key is given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RevealName {
    /// Nothing: the blank
    None,
    /// The rule of the next step at which something is decided
    Hint,
    /// The next step
    Step,
    /// Everything
    Key,
}

/// How an exercise is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExerciseFormat {
    /// For people, and for `ramscope sim check`
    Text,
    /// To be printed: one page of A4, black on white
    Html,
    /// Moodle's GIFT
    Gift,
    /// Moodle's XML, with whole grids to fill in
    Moodle,
    /// QTI 1.2, as Canvas imports it
    Qti,
    /// A row a step, for spreadsheets
    Csv,
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
