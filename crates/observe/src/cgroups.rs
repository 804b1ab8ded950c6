//! Control groups: what each holds, which limit of the chain above binds it, and what it is called.
//!
//! The kernel's files are read by [`source::cgroups`](crate::source::cgroups); this module has the values and what follows
//! from them alone. The two hierarchies name everything differently; here there is one name for each thing, and what a
//! hierarchy does not tell is `None`.

mod container;
mod label;
pub mod past;
mod question;
mod table;

pub use container::Container;
pub use label::{Kind, Label, label};
pub use question::{Question, Selection, Sort};
pub use table::{Binding, CgroupTable, LimitKind, Room, Slot};

#[cfg(test)]
pub(crate) use table::tests;

use std::time::Duration;

use crate::parse::pressure::Pressure;
use crate::parse::table::Table;

/// One control group.
#[derive(Clone, Debug, Default)]
pub struct Cgroup {
    /// The number of its folder, which names it for good: a group made anew under the same path has another.
    pub id: u64,
    /// The group that it is in; `None` at the top.
    pub parent: Option<Slot>,
    /// Groups above it.
    pub depth: u32,
    /// The last part of its path, as the kernel has it; empty at the top.
    pub name: Box<[u8]>,
    /// Groups directly below it.
    pub children: u32,
    /// Bytes charged to it and all below (`memory.current`, `memory.usage_in_bytes`); `None` at the top of v2, whose use is
    /// that of the machine.
    pub current_bytes: Option<u64>,
    /// When `current_bytes` was read, in monotonic time.
    pub current_at: Duration,
    /// Everything else; `None` before the first full reading.
    pub reading: Option<Box<Reading>>,
    /// When `reading` was taken, in monotonic time.
    pub read_at: Duration,
    /// Change of `current_bytes` over `growth_window`.
    pub growth_bytes: i64,
    /// The stretch that `growth_bytes` is of: about a minute, or as long as the group has been watched.
    pub growth_window: Duration,
}

/// What one full reading of a group told. Amounts are bytes, of the group and all below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Most that was ever charged (`memory.peak`, `memory.max_usage_in_bytes`).
    pub peak_bytes: Option<u64>,
    /// Above this, something in it is killed (`memory.max`, `memory.limit_in_bytes`).
    pub limit_bytes: Option<u64>,
    /// Above this, it is slowed down and reclaimed from (`memory.high`; v2 only).
    pub high_bytes: Option<u64>,
    /// Below this, it is spared while others have more (`memory.low`; v2 only).
    pub low_bytes: Option<u64>,
    /// Below this, nothing is ever taken from it (`memory.min`; v2 only).
    pub min_bytes: Option<u64>,
    /// What it has in swap (`memory.swap.current`; `total_swap` of `memory.stat` in v1).
    pub swap_bytes: Option<u64>,
    /// Most that it may have in swap (`memory.swap.max`; v2 only, as v1 limits memory and swap together).
    pub swap_limit_bytes: Option<u64>,
    /// Most that it may have in memory and swap together (`memory.memsw.limit_in_bytes`; v1 only).
    pub memsw_limit_bytes: Option<u64>,
    /// Memory that its compressed swap cache takes (`memory.zswap.current`; v2 only).
    pub zswap_bytes: Option<u64>,
    /// What that cache holds, uncompressed (`zswapped` of `memory.stat`; v2 only).
    pub zswapped_bytes: Option<u64>,
    /// Anonymous memory (`anon`; `total_rss` in v1, which leaves out what is in the swap cache).
    pub anon_bytes: Option<u64>,
    /// Page cache (`file`; `total_cache` in v1), shared memory included.
    pub file_bytes: Option<u64>,
    /// Shared memory and tmpfs (`shmem`, `total_shmem`).
    pub shmem_bytes: Option<u64>,
    /// The kernel's own memory for it (`kernel`; `memory.kmem.usage_in_bytes` in v1).
    pub kernel_bytes: Option<u64>,
    /// Kernel objects, a part of `kernel_bytes` (`slab`; v2 only).
    pub slab_bytes: Option<u64>,
    /// Cache that has not been used for long (`inactive_file`, `total_inactive_file`): the first to be dropped.
    pub inactive_file_bytes: Option<u64>,
    /// Time lost waiting for memory (`memory.pressure`); on a hybrid machine from the v2 group of the same path.
    pub pressure: Option<Pressure>,
    /// What happened to it.
    pub events: Events,
    /// All of `memory.stat`, in the kernel's names.
    pub stat: Table,
}

/// How often something happened to a group since it was made; `None` where its hierarchy does not count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Times that it was slowed down for being above `high_bytes`.
    pub high: Option<u64>,
    /// Times that its use was about to go beyond the limit (`max`; `memory.failcnt` in v1).
    pub max: Option<u64>,
    /// Times that the limit was reached and nothing could be reclaimed (`oom`).
    pub oom: Option<u64>,
    /// Processes of it that were killed for want of memory (`oom_kill`).
    pub oom_kill: Option<u64>,
}

/// Which hierarchies are mounted, and which of them controls memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// None, or none that could be seen.
    #[default]
    None,
    /// v1 alone.
    V1,
    /// v2 alone.
    V2,
    /// Both, and memory is controlled by v1.
    HybridV1,
    /// Both, and memory is controlled by v2.
    HybridV2,
    /// v1 is mounted, but no hierarchy controls memory (`cgroup_disable=memory`).
    Uncontrolled,
}

impl Hierarchy {
    /// What is mounted, in a word: `v1`, `v2`, `hybrid` or `none`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Hierarchy::None => "none",
            Hierarchy::V1 | Hierarchy::Uncontrolled => "v1",
            Hierarchy::V2 => "v2",
            Hierarchy::HybridV1 | Hierarchy::HybridV2 => "hybrid",
        }
    }

    /// The hierarchy that controls memory: `v1` or `v2`.
    #[must_use]
    pub fn controller(self) -> Option<&'static str> {
        match self {
            Hierarchy::V1 | Hierarchy::HybridV1 => Some("v1"),
            Hierarchy::V2 | Hierarchy::HybridV2 => Some("v2"),
            Hierarchy::None | Hierarchy::Uncontrolled => None,
        }
    }

    /// Why there is nothing to see, in a sentence; `None` where there is.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Hierarchy::None => {
                Some("no cgroup hierarchy is mounted here, so there is nothing to list")
            }
            Hierarchy::Uncontrolled => Some(
                "no hierarchy controls memory here: the kernel was started with cgroup_disable=memory, or the \
                 controller is not mounted",
            ),
            _ => None,
        }
    }
}
