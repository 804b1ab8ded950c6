//! How much memory may be taken: pure functions of what the kernel's files said.
//!
//! ```text
//! headroom = min( MemAvailable,  limit − (used − inactive file)  of every ancestor cgroup )
//!            − reserve − what other runs still promise to take
//! ```
//! Inactive file pages of a cgroup count as free, as the kernel drops them before it kills anything there, and as
//! Kubernetes' "working set" counts them; active ones do not, as dropping them makes somebody read them again. Swap
//! never counts: what fits only by swapping does not fit.

pub(crate) mod parse;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;

/// What a machine and the cgroups around a process allow, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// `MemTotal`, in bytes.
    pub total_bytes: u64,
    /// `MemAvailable`, in bytes; on kernels before 3.14 `MemFree` and the inactive file pages.
    pub available_bytes: u64,
    /// `SwapFree`, in bytes.
    pub swap_free_bytes: u64,
    /// The memory cgroups from the process's own up to the root, those without a limit too.
    pub cgroups: Vec<Group>,
    /// What other runs have announced and not yet taken, in bytes; see
    /// [`announce::promised_bytes`](crate::announce::promised_bytes).
    #[serde(default)]
    pub promised_bytes: u64,
}

/// A memory cgroup at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its path below the root of the hierarchy, as `/proc/PID/cgroup` writes it.
    pub path: String,
    /// The lesser of its hard limit and the mark above which it is throttled, in bytes; `None` without either.
    pub limit_bytes: Option<u64>,
    /// What it and the cgroups below it use, in bytes.
    pub used_bytes: u64,
    /// Inactive file pages among that, in bytes.
    pub inactive_file_bytes: u64,
}

/// How much more memory may be taken, and what says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headroom {
    /// What may be taken, in bytes.
    pub bytes: u64,
    /// The least of what the host and the cgroups have left, before anything is held back, in bytes.
    pub left_bytes: u64,
    /// What is to stay free, in bytes.
    pub reserve_bytes: u64,
    /// What other runs will take, in bytes.
    pub promised_bytes: u64,
    /// The cgroup that has the least left; `None` where that is the host.
    pub cgroup: Option<String>,
}

/// The least reserve: enough for a desktop or a server to go on breathing.
const RESERVE_MIN_BYTES: u64 = 512 << 20;
/// The part of all memory that the reserve is at least: 5 %.
const RESERVE_PART: u64 = 20;

impl Group {
    /// What the cgroup has left under its limit, in bytes.
    pub fn left_bytes(&self) -> Option<u64> {
        let kept = self.used_bytes.saturating_sub(self.inactive_file_bytes);
        self.limit_bytes.map(|limit| limit.saturating_sub(kept))
    }
}

impl Limits {
    /// The memory there is for a process here: the least of `MemTotal` and the cgroups' limits, in bytes.
    pub fn whole_bytes(&self) -> u64 {
        let limits = self.cgroups.iter().filter_map(|group| group.limit_bytes);
        limits.fold(self.total_bytes, u64::min)
    }

    /// What stays free unless it is said otherwise: the larger of 5 % of the memory there is and 512 MiB.
    pub fn default_reserve_bytes(&self) -> u64 {
        (self.whole_bytes() / RESERVE_PART).max(RESERVE_MIN_BYTES)
    }

    /// The least of what the host and every cgroup have left, and which cgroup that is, if it is one.
    pub fn left(&self) -> (u64, Option<&Group>) {
        let groups =
            self.cgroups.iter().filter_map(|group| Some((group.left_bytes()?, Some(group))));
        let host = (self.available_bytes, None);
        groups.fold(host, |least, next| if next.0 < least.0 { next } else { least })
    }

    /// The limits as they would be if `bytes` that a run holds were given back: what counts for the plan that it is to
    /// change to.
    #[must_use]
    pub fn with_returned(mut self, bytes: u64) -> Limits {
        self.available_bytes = self.available_bytes.saturating_add(bytes).min(self.total_bytes);
        for group in &mut self.cgroups {
            group.used_bytes = group.used_bytes.saturating_sub(bytes);
        }
        self
    }

    /// What may be taken if `reserve_bytes` are to stay free.
    pub fn headroom(&self, reserve_bytes: u64) -> Headroom {
        let (left_bytes, group) = self.left();
        let kept = reserve_bytes.saturating_add(self.promised_bytes);
        Headroom {
            bytes: left_bytes.saturating_sub(kept),
            left_bytes,
            reserve_bytes,
            promised_bytes: self.promised_bytes,
            cgroup: group.map(|group| group.path.clone()),
        }
    }
}

impl fmt::Display for Headroom {
    /// The sum in words: `1.5 GiB = 2 GiB available − 512 MiB reserve`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ", Bytes(self.bytes), Bytes(self.left_bytes))?;
        match &self.cgroup {
            Some(path) => write!(f, "left in the cgroup {path}")?,
            None => write!(f, "available")?,
        }
        write!(f, " − {} reserve", Bytes(self.reserve_bytes))?;
        if self.promised_bytes > 0 {
            write!(f, " − {} that another run will take", Bytes(self.promised_bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIB: u64 = 1 << 20;

    fn limits(available_mib: u64, groups: &[(Option<u64>, u64, u64)]) -> Limits {
        let groups = groups.iter().enumerate().map(|(index, &(limit, used, inactive))| Group {
            path: format!("/{index}"),
            limit_bytes: limit.map(|limit| limit * MIB),
            used_bytes: used * MIB,
            inactive_file_bytes: inactive * MIB,
        });
        Limits {
            total_bytes: 16_384 * MIB,
            available_bytes: available_mib * MIB,
            cgroups: groups.collect(),
            ..Limits::default()
        }
    }

    #[test]
    fn the_least_of_host_and_every_ancestor_counts() {
        let table: [(Limits, u64, Option<&str>); 6] = [
            (limits(8000, &[]), 7000, None),
            (limits(8000, &[(None, 900, 0), (None, 9000, 0)]), 7000, None),
            (limits(8000, &[(Some(4096), 1096, 0)]), 2000, Some("/0")),
            (limits(8000, &[(Some(4096), 1096, 100)]), 2100, Some("/0")),
            (limits(8000, &[(Some(4096), 96, 0), (Some(6000), 4500, 0)]), 500, Some("/1")),
            (limits(8000, &[(Some(100), 400, 0)]), 0, Some("/0")),
        ];
        for (limits, expected, bound) in table {
            let headroom = limits.headroom(1000 * MIB);
            assert_eq!(headroom.bytes, expected * MIB, "{limits:?}");
            assert_eq!(headroom.cgroup.as_deref(), bound);
        }
    }

    #[test]
    fn what_a_run_gives_back_is_there_for_its_next_plan() {
        let limits = limits(4000, &[(Some(4096), 3096, 0)]).with_returned(2000 * MIB);
        assert_eq!(limits.available_bytes, 6000 * MIB);
        assert_eq!(limits.headroom(0).bytes, 3000 * MIB);
    }

    #[test]
    fn the_reserve_is_the_larger_of_a_twentieth_and_half_a_gibibyte() {
        assert_eq!(limits(1, &[]).default_reserve_bytes(), 16_384 * MIB / 20);
        assert_eq!(limits(1, &[(Some(2048), 0, 0)]).default_reserve_bytes(), 512 * MIB);
    }

    #[test]
    fn the_sum_is_shown_with_all_its_parts() {
        let mut limits = limits(8192, &[(Some(2048), 0, 0)]);
        assert_eq!(
            limits.headroom(512 * MIB).to_string(),
            "1.5 GiB = 2 GiB left in the cgroup /0 − 512 MiB reserve"
        );
        limits.cgroups.clear();
        limits.promised_bytes = 1024 * MIB;
        assert_eq!(
            limits.headroom(512 * MIB).to_string(),
            "6.5 GiB = 8 GiB available − 512 MiB reserve − 1 GiB that another run will take"
        );
    }

    proptest! {
        #[test]
        fn taking_the_headroom_leaves_the_reserve_everywhere(
            available in 0u64..20_000,
            groups in prop::collection::vec((prop::option::of(0u64..20_000), 0u64..20_000, 0u64..5_000), 0..5),
            reserve in 0u64..2_000,
        ) {
            let limits = limits(available, &groups);
            let bytes = limits.headroom(reserve * MIB).bytes;
            let rooms = limits.cgroups.iter().filter_map(Group::left_bytes);
            for left in rooms.chain([limits.available_bytes]) {
                prop_assert!(bytes == 0 || left - bytes >= reserve * MIB);
            }
        }
    }
}
