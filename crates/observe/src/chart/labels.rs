//! Texts that do not collide.

/// Places for a column of labels, each as near as can be to where it wants to be, at least `pitch` apart, in the
/// given order, between `low` and `high` (all in px).
///
/// The least squares of the shifts: taking `i × pitch` off the `i`-th wish turns the demand into "never
/// descending", and pooling neighbours that violate it gives the optimum (Ayer et al., 1955). Where the room is too
/// small for all, the pitch is kept and the column starts at `low`.
pub(super) fn spread(wanted: &[f64], pitch: f64, low: f64, high: f64) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    let mut offset = 0.0;
    for wish in wanted {
        let mut pool = (wish - offset, 1);
        while let Some(last) = pools.pop_if(|last| last.0 > pool.0) {
            let weights = (weight(last.1), weight(pool.1));
            let mean = (last.0 * weights.0 + pool.0 * weights.1) / (weights.0 + weights.1);
            pool = (mean, last.1 + pool.1);
        }
        pools.push(pool);
        offset += pitch;
    }
    let last_start = (high - (offset - pitch)).max(low);
    let mut places = Vec::with_capacity(wanted.len());
    let mut offset = 0.0;
    for (start, count) in pools {
        for _ in 0..count {
            places.push(start.clamp(low, last_start) + offset);
            offset += pitch;
        }
    }
    places
}

fn weight(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// `text`, or as much of its start as fits `width` px at `size` px with an ellipsis.
///
/// No font is at hand: a character counts as [`width`] says.
pub(super) fn fit(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for char in text.chars() {
        kept.push(char);
        if width(&kept, size) + width("…", size) > room {
            kept.pop();
            break;
        }
    }
    kept.trim_end().to_owned() + "…"
}

/// About how wide a text is at a font size, in px, a little on the wide side: no font is known here.
///
/// The mean of system-ui fonts is 0.5 to 0.55 em for mixed Latin text and digits; beyond Latin, Greek and Cyrillic
/// a character counts as a full square.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|char| if char < '\u{600}' || char == '…' { 0.55 } else { 1.0 }).sum::<f64>()
        * size
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_move_no_further_than_they_must() {
        for (wanted, expected) in [
            (vec![], vec![]),
            (vec![50.0], vec![50.0]),
            (vec![-5.0], vec![0.0]),
            (vec![500.0], vec![100.0]),
            (vec![10.0, 60.0], vec![10.0, 60.0]),
            (vec![50.0, 50.0], vec![40.0, 60.0]),
            (vec![50.0, 50.0, 50.0], vec![30.0, 50.0, 70.0]),
            (vec![0.0, 0.0, 90.0], vec![0.0, 20.0, 90.0]),
            (vec![100.0, 100.0], vec![80.0, 100.0]),
        ] {
            assert_eq!(spread(&wanted, 20.0, 0.0, 100.0), expected);
        }
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        for (text, room, expected) in [
            ("host", 100.0, "host"),
            ("a-long-host-name", 55.0, "a-long-ho…"),
            ("ab cdefgh", 24.0, "ab…"),
            ("記憶記憶", 35.0, "記憶…"),
            ("", 0.0, ""),
        ] {
            assert_eq!(fit(text, room, 10.0), expected);
        }
    }

    proptest! {
        #[test]
        fn labels_never_touch_and_stay_inside(wanted in prop::collection::vec(-50.0..250.0, 0..6)) {
            let mut wanted = wanted;
            wanted.sort_by(f64::total_cmp);
            let places = spread(&wanted, 30.0, 0.0, 200.0);
            prop_assert_eq!(places.len(), wanted.len());
            for pair in places.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 30.0 - 1e-9);
            }
            for place in places {
                prop_assert!((-1e-9..=200.0 + 1e-9).contains(&place));
            }
        }
    }
}
