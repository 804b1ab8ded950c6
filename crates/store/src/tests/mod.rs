//! Tests of the store as a whole: against a slow twin, under damage, and at its limits.

mod faults;
mod limits;
mod rosters;
mod twin;

use std::path::Path;

use crate::db::Pace;
use crate::{Kind, Limits, SeriesSpec, Shape, Store, TimeMs};

/// Some moment in November 2023, a little before a full hour.
const START_MS: TimeMs = 1_700_002_790_000;

/// Nothing is ever dropped.
const ENDLESS: Limits = Limits { max_age_ms: i64::MAX, max_bytes: u64::MAX };

/// Seals and rolls up after a few rows, so that a short test goes through everything, and seldom
/// waits for a disk.
const QUICK: Pace = Pace {
    seal_rows: 12,
    seal_hour_rows: 4,
    roll_blocks: 2,
    checkpoint_ms: 36_000_000,
    checkpoint_bytes: 1 << 30,
};

fn open(dir: &Path, limits: Limits) -> Store {
    Store::open_paced(dir, limits, "the test", START_MS, QUICK).unwrap().0
}

fn spec(name: &str) -> SeriesSpec {
    SeriesSpec { name: name.to_owned(), kind: Kind::Gauge, unit: "bytes".to_owned() }
}

fn declare(store: &mut Store, names: &[&str]) -> Shape {
    store.declare(&names.iter().map(|name| spec(name)).collect::<Vec<_>>()).unwrap()
}

/// Deleting what was dropped takes some calls of which nothing is told.
const IDLE: u32 = 30;

/// Maintains until nothing is due any more.
fn settle(store: &mut Store, now: TimeMs) {
    let mut idle = 0;
    for _ in 0..10_000 {
        let upkeep = store.maintain(now).unwrap();
        let is_idle = upkeep.sealed_rows + upkeep.rolled_blocks + upkeep.dropped_hours == 0;
        idle = if is_idle { idle + 1 } else { 0 };
        if idle > IDLE {
            return;
        }
    }
    panic!("something is always due");
}
