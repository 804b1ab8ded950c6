//! What was asked for, as it was asked: the raw first stage of a run. [`Plan::decide`](crate::Plan::decide) is the second.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::amount::Quantity;

/// A run that somebody wants: the options of the command line and the members of `POST /api/v1/stress`.
///
/// Everything may be left out. A quantity is a number of bytes, or a text such as `"2GiB"`; both spellings of a member
/// (`size` and `size_bytes`) take both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The shape over time: a name of [`Pattern`](crate::Pattern). `hold` where a size is given, else `ramp`.
    pub pattern: Option<String>,
    /// What kind of memory: a name of [`Kind`](crate::Kind). `malloc` for the patterns that need it, else `anon`.
    pub kind: Option<String>,
    /// How much, at the most: `2GiB`, `50%`, `25%available`. A quarter of what is available.
    #[serde(alias = "size_bytes")]
    pub size: Option<Quantity>,
    /// How long the run lasts, in milliseconds: 60,000; 30,000 where nothing at all is asked for.
    pub for_ms: Option<u64>,
    /// How many times the pattern repeats, or how many stairs it has.
    pub cycles: Option<u32>,
    /// How fast memory grows; for `churn`, how fast it is freed and allocated again. Bytes a second.
    #[serde(alias = "rate_bytes_per_s")]
    pub rate: Option<Quantity>,
    /// In which order what is held is read and written: a name of [`Order`](crate::Order). Not at all unless said.
    pub access: Option<String>,
    /// How much of it is read and written, at the most, in bytes a second. Unbounded.
    #[serde(alias = "bandwidth_bytes_per_s")]
    pub bandwidth: Option<Quantity>,
    /// How much of what is held is ever accessed. All of it.
    #[serde(alias = "working_set_bytes")]
    pub working_set: Option<Quantity>,
    /// How far apart the accesses of `strided` lie. A page and a cache line.
    #[serde(alias = "stride_bytes")]
    pub stride: Option<Quantity>,
    /// How many of a hundred accesses write. None.
    pub write_percent: Option<u8>,
    /// Writes patterns, checks them, and locates what differs.
    pub verify: bool,
    /// What stays free, whatever is asked for: the larger of 5 % of memory and 512 MiB.
    #[serde(alias = "reserve_bytes")]
    pub reserve: Option<Quantity>,
    /// The limit of a memory cgroup of its own, in which the run is held. None is made.
    #[serde(alias = "cgroup_limit_bytes")]
    pub cgroup_limit: Option<Quantity>,
    /// Where the file of a page-cache run is made, and unlinked at once.
    pub directory: Option<PathBuf>,
    /// Whoever asks knows that this may swap, or have processes killed.
    pub i_know: bool,
    /// The seed of all chance in the run.
    pub seed: Option<u64>,
}

impl Request {
    /// Whether nothing at all is asked for, which means the run that is shown first.
    pub(crate) fn is_bare(&self) -> bool {
        self.pattern.is_none() && self.size.is_none() && self.for_ms.is_none()
    }
}
