//! What was typed after `ramscope sim exercise`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ramscope_web::sim::Sizes;

use super::alloc::PartitionsName;

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
    /// Requests and frees under allocation policies
    Alloc(Box<AllocExerciseArgs>),
    /// Requests placed in given holes
    Holes(Box<HolesExerciseArgs>),
    /// Addresses through a segment table, and their traps
    Segments(Box<SegmentsExerciseArgs>),
    /// Addresses by base and limit, and their traps
    Relocation(Box<RelocationExerciseArgs>),
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

/// Options of `ramscope sim exercise alloc`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim exercise alloc --seed 1
  ramscope sim exercise alloc --seed 1 --reveal key
  ramscope sim exercise alloc --seed 2 --policy best,buddy --size 256 --wish 'buddy<best' --format html
  ramscope sim exercise alloc --seed 3 --students class.txt --course-key-file key.txt --format moodle

Wishes (--wish, in quotes):
  first!=best    these give different addresses, each from each
  best<first     best fit fails fewer requests than first fit
  failed=0..1    each policy fails so many requests; failed.best=0 says it of one

Policies: first, next, best, worst, quick, buddy, segregated, tlsf, slab, bump.")]
pub(crate) struct AllocExerciseArgs {
    /// Policies between commas [default: first,best,worst]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Memory [default: 200]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// Requests and frees in the list
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub length: u64,
    /// The convention of a book or program: ostep, silberschatz
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

/// Options of `ramscope sim exercise holes`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim exercise holes --seed 1
  ramscope sim exercise holes --seed 2 --policy all --wish failed.best=0 --wish 'best<worst' --reveal key
  ramscope sim exercise holes --seed 3 --partitions fixed --student Ada --format html

Wishes (--wish, in quotes):
  first!=best    these place the requests differently, each from each
  best<first     best fit fails fewer requests than first fit
  failed=0..1    each fit fails so many requests; failed.best=0 says it of one")]
pub(crate) struct HolesExerciseArgs {
    /// Fits between commas, or all [default: first,best,worst]
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub policy: Vec<String>,
    /// How many holes
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub holes: u64,
    /// How many requests
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub requests: u64,
    /// What becomes of the rest of a hole
    #[arg(long, value_enum, default_value_t = PartitionsName::Split)]
    pub partitions: PartitionsName,
    /// What the problem must have; repeatable
    #[arg(long, value_name = "WISH", value_delimiter = ',')]
    pub wish: Vec<String>,
    /// Who gets it, and how
    #[command(flatten)]
    pub handout: HandoutArgs,
}

/// Options of `ramscope sim exercise segments`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim exercise segments --seed 1
  ramscope sim exercise segments --seed 2 --segments 5 --addresses 10 --wish traps=3 --reveal key
  ramscope sim exercise segments --seed 3 --students class.txt --format csv

Wishes (--wish):
  traps=3        so many addresses trap; also traps=2..4")]
pub(crate) struct SegmentsExerciseArgs {
    /// How many segments the table has
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub segments: u64,
    /// The addresses, and who gets it
    #[command(flatten)]
    pub addresses: AddressesArgs,
}

/// Options of `ramscope sim exercise relocation`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ramscope sim exercise relocation --seed 1
  ramscope sim exercise relocation --seed 2 --addresses 5 --wish traps=2 --reveal key
  ramscope sim exercise relocation --seed 3 --student Ada --reveal hint --done 2

Wishes (--wish):
  traps=2        so many addresses trap; also traps=2..4")]
pub(crate) struct RelocationExerciseArgs {
    /// The addresses, and who gets it
    #[command(flatten)]
    pub addresses: AddressesArgs,
}

/// What the exercises of translation share.
#[derive(Args, Debug)]
pub(crate) struct AddressesArgs {
    /// How many addresses
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub addresses: u64,
    /// What the problem must have; repeatable
    #[arg(long, value_name = "WISH", value_delimiter = ',')]
    pub wish: Vec<String>,
    /// Who gets it, and how
    #[command(flatten)]
    pub handout: HandoutArgs,
}
