//! What goes into the store and what comes out of it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A moment: milliseconds since 1970-01-01 00:00 UTC.
pub type TimeMs = i64;

/// A series to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeriesSpec {
    /// The name it is asked for by; unique in a store.
    pub name: String,
    /// How its values relate to one another.
    pub kind: Kind,
    /// The unit of its values, in the caller's words; the store only keeps it.
    pub unit: String,
}

/// How the values of a series relate to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A level that goes up and down.
    Gauge,
    /// A count since some start, which only grows until it begins anew.
    Counter,
}

/// A handle of an ordered list of declared series, from [`Store::declare`](crate::Store::declare).
///
/// It is valid for the store that gave it, for as long as that store is open, even if the file was
/// set aside meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape(pub(crate) u32);

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whole hours older than this, in milliseconds, are dropped, events too.
    pub max_age_ms: i64,
    /// The size of the file, in bytes, that dropping keeps it under: the oldest samples go first,
    /// then the oldest 10 s buckets, then those of 60 s, then those of an hour. The present hour is
    /// always kept, so a file is seldom under 4 MiB.
    pub max_bytes: u64,
}

/// Something that happened at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub time_ms: TimeMs,
    /// What sort of thing it was, such as `recorder.started`.
    pub kind: String,
    /// Whom it happened to.
    pub subject: String,
    /// The rest, in words.
    pub detail: String,
    /// The same for programs, in a form of the caller's own; `None` where there is no more than words.
    pub facts: Option<String>,
}

/// A stretch of time: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment of it.
    pub from: TimeMs,
    /// The first moment after it.
    pub to: TimeMs,
}

/// A series that has values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesInfo {
    /// Its name.
    pub name: String,
    /// How its values relate to one another, as it was declared last.
    pub kind: Kind,
    /// The unit of its values, as it was declared last.
    pub unit: String,
    /// The time of its oldest value that is still kept.
    pub first_ms: TimeMs,
    /// The time of its newest value.
    pub last_ms: TimeMs,
}

/// The answer to a range query: columns over a common time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The width of a pixel in milliseconds; 0 where every sample was asked for.
    pub step_ms: i64,
    /// The start of each pixel, ascending; with every sample, the time of each.
    pub time_ms: Vec<TimeMs>,
    /// One column a name that was asked for, in the order of the names.
    pub series: Vec<Column>,
}

/// One series of a [`Range`]; each list is as long as [`Range::time_ms`], with `None` where it has
/// no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name of the series.
    pub name: String,
    /// How its values relate to one another.
    pub kind: Kind,
    /// The unit of its values.
    pub unit: String,
    /// The least value of each pixel.
    pub min: Vec<Option<i64>>,
    /// The greatest value of each pixel.
    pub max: Vec<Option<i64>>,
    /// The mean of each pixel's values, rounded to the nearest integer, halves upwards.
    pub mean: Vec<Option<i64>>,
}

/// What [`Store::maintain`](crate::Store::maintain) did, and how things stand after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Rows that were moved from the tail into blocks.
    pub sealed_rows: u64,
    /// Blocks that were counted into the tiers.
    pub rolled_blocks: u64,
    /// Hours of which a level of detail was dropped.
    pub dropped_hours: u64,
    /// Whether the log was written back into the file.
    pub checkpointed: bool,
    /// The size of the database with its log, in bytes.
    pub disk_bytes: u64,
    /// The time of the oldest value that is kept.
    pub oldest_ms: Option<TimeMs>,
}

/// Something that the store did by itself and that a person should hear of; its `Display` is a
/// sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The file was damaged: it was kept under another name, and a new one was begun.
    SetAside {
        /// Where the file was.
        path: PathBuf,
        /// Where it is now, with its log beside it.
        kept_as: PathBuf,
        /// What was found in it.
        why: String,
    },
    /// The file was removed or replaced while it was written: another one was begun.
    Vanished {
        /// Where the file was.
        path: PathBuf,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { path, kept_as, why } => write!(
                f,
                "{} was damaged ({why}): it is kept as {}, and a new history was begun",
                path.display(),
                kept_as.display()
            ),
            Self::Vanished { path } => write!(
                f,
                "{} was removed or replaced while it was written: the history was begun anew there",
                path.display()
            ),
        }
    }
}

/// A roster to be recorded: members that come and go, with numbers each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RosterSpec {
    /// The name it is asked for by; unique in a store.
    pub name: String,
    /// What its numbers are called, 1 to 63 of them.
    pub columns: Vec<String>,
    /// Whole hours older than this, in milliseconds, are dropped, if the limits of the store do not drop them before.
    pub keep_ms: i64,
}

/// A handle of a declared roster, from [`Store::roster`](crate::Store::roster); valid as a [`Shape`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Roster(pub(crate) u32);

/// Who a member is: an id, and when it came, since ids are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its id, in the caller's words.
    pub id: u64,
    /// When it came into being.
    pub born_ms: TimeMs,
}

/// One member of a roster at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// A small number that the caller keeps for it while it is there, below 262,144.
    pub slot: u32,
    /// Who it is.
    pub key: Key,
    /// Changes whenever `group` or `detail` do; these are looked at only then.
    pub stamp: u64,
    /// What short lives are counted by.
    pub group: &'a str,
    /// The rest of what is told about it, in the caller's words.
    pub detail: &'a str,
    /// One number a column.
    pub values: &'a [i64],
}

/// Hands every member of a moment over, one after another; it may be asked to do so twice.
pub type Visit<'a> = dyn Fn(&mut dyn FnMut(Member<'_>)) + 'a;

/// All members of a roster at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// When it was.
    pub time_ms: TimeMs,
    /// How far apart the frames around it are kept, in milliseconds; 0 for every one that was taken.
    pub step_ms: i64,
    /// What the numbers are called.
    pub columns: Vec<String>,
    /// Everyone that was there.
    pub members: Vec<FrameMember>,
    /// Lives since the frame that is kept before it, which no frame holds.
    pub folded: Vec<Folded>,
}

/// One member of a [`Frame`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameMember {
    /// Its place, which nobody else has in this frame.
    pub slot: u32,
    /// Who it is.
    pub key: Key,
    /// What short lives are counted by.
    pub group: Arc<str>,
    /// The rest.
    pub detail: Arc<str>,
    /// One number a column.
    pub values: Vec<i64>,
}

/// Short lives of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The group.
    pub group: Arc<str>,
    /// How many there were.
    pub lives: u64,
    /// The sum of the greatest that each was seen with in the first column.
    pub sum: i64,
}
