//! The string: pages by their popularity, drawn from a fixed seed.

use crate::{PAGES, REFERENCES};

/// References whose page of rank r, from 1, has a chance in proportion to 1/r.
pub(crate) fn pages() -> Vec<u32> {
    let mut sum = 0.0;
    let cumulated: Vec<f64> = (1..=PAGES)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    let mut state = 1u64;
    let page = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (state >> 11) as f64 / (1u64 << 53) as f64;
        cumulated.partition_point(|&below| below < chance * sum) as u32
    };
    (0..REFERENCES).map(page).collect()
}
