//! What happened between two snapshots, a second.

use std::time::Duration;

use crate::parse::pressure::Stall;
use crate::parse::table::Table;
use crate::snapshot::Snapshot;

/// How often things happened between two snapshots of one machine, and how long it stood still.
///
/// A rate is `None` where this kernel does not count the event, and where the counter ran backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// The time between the snapshots.
    pub elapsed: Duration,
    /// Page faults a second that needed a page table entry, the major ones included (`pgfault`).
    pub pgfault_per_s: Option<f64>,
    /// Page faults a second that waited for a disk (`pgmajfault`).
    pub pgmajfault_per_s: Option<f64>,
    /// Pages read from swap a second (`pswpin`).
    pub pswpin_per_s: Option<f64>,
    /// Pages written to swap a second (`pswpout`).
    pub pswpout_per_s: Option<f64>,
    /// Pages looked at by reclaim a second (`pgscan_*`, of all reclaimers and zones).
    pub pgscan_per_s: Option<f64>,
    /// Pages freed by reclaim a second (`pgsteal_*`, of all reclaimers and zones).
    pub pgsteal_per_s: Option<f64>,
    /// Pages a second that were needed again soon after they had been reclaimed (`workingset_refault*`).
    pub workingset_refault_per_s: Option<f64>,
    /// Processes killed by the OOM killer between the snapshots (`oom_kill`, Linux 4.13).
    pub oom_kills: Option<u64>,
    /// Share of the time in which at least one task waited for memory, 0..=1 (Linux 4.20).
    pub some_stalled: Option<f64>,
    /// Share of the time in which all tasks waited for memory at once, 0..=1 (Linux 4.20).
    pub full_stalled: Option<f64>,
}

impl Rates {
    /// What happened from `before` to `after`; `None` where no time went by between them.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Option<Rates> {
        let elapsed =
            after.monotonic.checked_sub(before.monotonic).filter(|time| !time.is_zero())?;
        let counters = |counted: fn(&str) -> bool| {
            let (before, after) = (sum(&before.vmstat, counted)?, sum(&after.vmstat, counted)?);
            after.checked_sub(before)
        };
        let rate = |counted| counters(counted).map(|events| per_second(events, elapsed));
        let stalls = before.pressure.zip(after.pressure);
        let full = stalls.and_then(|(before, after)| before.full.zip(after.full));
        Some(Rates {
            elapsed,
            pgfault_per_s: rate(|name| name == "pgfault"),
            pgmajfault_per_s: rate(|name| name == "pgmajfault"),
            pswpin_per_s: rate(|name| name == "pswpin"),
            pswpout_per_s: rate(|name| name == "pswpout"),
            pgscan_per_s: rate(|name| by_reclaimer(name, "pgscan_")),
            pgsteal_per_s: rate(|name| by_reclaimer(name, "pgsteal_")),
            workingset_refault_per_s: rate(|name| name.starts_with("workingset_refault")),
            oom_kills: counters(|name| name == "oom_kill"),
            some_stalled: stalls.and_then(|(a, b)| stalled(a.some, b.some, elapsed)),
            full_stalled: full.and_then(|(before, after)| stalled(before, after, elapsed)),
        })
    }
}

/// Whether `name` counts pages by who reclaimed them: `pgscan_kswapd`, and before Linux 4.8 also by
/// zone, `pgscan_kswapd_dma32`.
///
/// `pgscan_anon` and `pgscan_file` (Linux 5.8) count the same pages a second time, and
/// `pgscan_direct_throttle` counts tasks.
fn by_reclaimer(name: &str, prefix: &str) -> bool {
    const RECLAIMERS: [&str; 4] = ["kswapd", "direct", "khugepaged", "proactive"];
    let Some(rest) = name.strip_prefix(prefix) else { return false };
    rest != "direct_throttle" && RECLAIMERS.iter().any(|reclaimer| rest.starts_with(reclaimer))
}

/// The sum of all counters that `counted` accepts; `None` where there is none of them.
fn sum(table: &Table, counted: fn(&str) -> bool) -> Option<u64> {
    table
        .iter()
        .filter(|(name, _)| counted(name))
        .map(|(_, value)| value)
        .reduce(u64::saturating_add)
}

/// A kernel updates its stall total as it is read, at most a moment after the clock was read here:
/// so the share may come out a little above 1, and is then 1.
fn stalled(before: Stall, after: Stall, elapsed: Duration) -> Option<f64> {
    let us = after.total_us.checked_sub(before.total_us)?;
    Some((per_second(us, elapsed) / 1e6).min(1.0))
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs three digits of a double's fifteen")]
fn per_second(events: u64, elapsed: Duration) -> f64 {
    events as f64 / elapsed.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::pressure::Pressure;

    fn at(ms: u64, vmstat: &[(&str, u64)], stalled_us: Option<u64>) -> Snapshot {
        let stall = |total_us| Stall { total_us, ..Stall::default() };
        Snapshot {
            monotonic: Duration::from_millis(ms),
            vmstat: Table::from_pairs(vmstat.iter().copied()),
            pressure: stalled_us.map(|us| Pressure { some: stall(us), full: Some(stall(us / 2)) }),
            ..Snapshot::default()
        }
    }

    #[test]
    fn counters_become_events_a_second() {
        let before = at(1000, &[("pgfault", 100), ("pgmajfault", 1)], Some(0));
        let after = at(1500, &[("pgfault", 150), ("pgmajfault", 1)], Some(100_000));
        let rates = Rates::between(&before, &after).unwrap();
        assert_eq!(rates.pgfault_per_s, Some(100.0));
        assert_eq!(rates.pgmajfault_per_s, Some(0.0));
        assert_eq!(rates.pswpin_per_s, None, "a field that this kernel lacks");
        assert_eq!(rates.some_stalled, Some(0.2));
        assert_eq!(rates.full_stalled, Some(0.1));
    }

    #[test]
    fn reclaim_is_added_up_over_reclaimers_and_zones_but_not_twice() {
        let new = [
            ("pgscan_kswapd", 1),
            ("pgscan_direct", 2),
            ("pgscan_khugepaged", 4),
            ("pgscan_proactive", 8),
            ("pgscan_direct_throttle", 100),
            ("pgscan_anon", 7),
            ("pgscan_file", 8),
        ];
        let old =
            [("pgscan_kswapd_dma", 1), ("pgscan_kswapd_normal", 2), ("pgscan_direct_movable", 4)];
        for (fields, expected) in [(&new[..], 15.0), (&old[..], 7.0)] {
            let zero: Vec<_> = fields.iter().map(|(name, _)| (*name, 0)).collect();
            let rates = Rates::between(&at(0, &zero, None), &at(1000, fields, None)).unwrap();
            assert_eq!(rates.pgscan_per_s, Some(expected));
        }
    }

    #[test]
    fn refaults_are_one_number_on_old_and_new_kernels() {
        let new = [("workingset_refault_anon", 3), ("workingset_refault_file", 4)];
        for (fields, expected) in [(&new[..], 7.0), (&[("workingset_refault", 5)][..], 5.0)] {
            let zero: Vec<_> = fields.iter().map(|(name, _)| (*name, 0)).collect();
            let rates = Rates::between(&at(0, &zero, None), &at(1000, fields, None)).unwrap();
            assert_eq!(rates.workingset_refault_per_s, Some(expected));
        }
    }

    #[test]
    fn a_counter_that_runs_backwards_has_no_rate() {
        let before = at(0, &[("pgfault", 100), ("pswpin", 5)], Some(500));
        let after = at(1000, &[("pgfault", 10), ("pswpin", 6)], Some(100));
        let rates = Rates::between(&before, &after).unwrap();
        assert_eq!((rates.pgfault_per_s, rates.pswpin_per_s), (None, Some(1.0)));
        assert_eq!((rates.some_stalled, rates.full_stalled), (None, None));
    }

    #[test]
    fn without_time_between_there_is_no_rate() {
        let snapshot = at(1000, &[("pgfault", 100)], None);
        assert_eq!(Rates::between(&snapshot, &snapshot), None);
        assert_eq!(Rates::between(&snapshot, &at(999, &[("pgfault", 100)], None)), None);
    }

    #[test]
    fn a_stall_longer_than_the_time_between_is_all_of_it() {
        let rates = Rates::between(&at(0, &[], Some(0)), &at(10, &[], Some(11_000))).unwrap();
        assert_eq!(rates.some_stalled, Some(1.0));
    }
}
