//! A plan as a table: what happens when, in words and numbers that agree with its curve.

use serde::Serialize;

use super::{Curve, Pattern, Plan, Point};
use crate::bytes::Bytes;

/// One stretch of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// When it begins, in milliseconds since the run began.
    pub at_ms: u64,
    /// Bytes planned as it begins.
    pub from_bytes: u64,
    /// Bytes planned as it ends.
    pub to_bytes: u64,
    /// What happens, in words.
    pub what: String,
}

impl Plan {
    /// The stretches of the plan in order, its end as the last one.
    pub fn table(&self) -> Vec<Row> {
        let curve = self.curve();
        let stretches = curve.points().windows(2).filter(|pair| pair[0].at_ms < pair[1].at_ms);
        let mut rows: Vec<Row> = stretches.map(|pair| self.row(pair[0], pair[1])).collect();
        let held = curve.points().last().map_or(0, |point| point.bytes);
        rows.push(Row {
            at_ms: self.duration_ms,
            from_bytes: held,
            to_bytes: 0,
            what: format!("give back {}", Bytes(held)),
        });
        rows
    }

    fn row(&self, from: Point, to: Point) -> Row {
        let seconds = |ms: u64| format!("{}.{} s", ms / 1000, ms % 1000 / 100);
        let lasting = seconds(to.at_ms - from.at_ms);
        let what = if from.bytes == to.bytes {
            format!("{} {} for {lasting}", self.holds(), Bytes(to.bytes))
        } else {
            format!("grow to {} in {lasting}", Bytes(to.bytes))
        };
        Row { at_ms: from.at_ms, from_bytes: from.bytes, to_bytes: to.bytes, what }
    }

    fn holds(&self) -> String {
        match (self.pattern, self.rate_bytes_per_s, &self.access) {
            (Pattern::Churn, Some(rate), _) => {
                format!("free and allocate {} a second of", Bytes(rate))
            }
            (Pattern::Fragment, ..) => {
                "free every other block after a third of the run of".to_owned()
            }
            (_, _, Some(access)) => format!("access ({}) and hold", access.order),
            _ if self.verify => "verify and hold".to_owned(),
            _ => "hold".to_owned(),
        }
    }
}

impl Curve {
    /// The curve at `columns` times evenly apart, from its beginning to just before its end: what a text picture
    /// draws.
    pub fn sampled(&self, columns: u32) -> Vec<u64> {
        let end_us = self.points().last().map_or(0, |point| point.at_ms.saturating_mul(1000));
        let at = |column| super::curve::fraction(end_us, u64::from(column), u64::from(columns));
        (0..columns).map(|column| self.at(std::time::Duration::from_micros(at(column)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    fn told(plan: &Plan) -> Vec<(u64, String)> {
        plan.table().into_iter().map(|row| (row.at_ms, row.what)).collect()
    }

    #[test]
    fn a_ramp_is_told_in_three_rows() {
        let plan = plan(|plan| {
            plan.pattern = Pattern::Ramp;
            plan.duration_ms = 30_000;
        });
        let expected = [
            (0, "grow to 64 MiB in 10.0 s".to_owned()),
            (10_000, "hold 64 MiB for 20.0 s".to_owned()),
            (30_000, "give back 64 MiB".to_owned()),
        ];
        assert_eq!(told(&plan), expected);
    }

    #[test]
    fn churn_and_fragment_say_what_they_do_while_they_hold() {
        let churn = plan(|plan| {
            plan.pattern = Pattern::Churn;
            plan.rate_bytes_per_s = Some(1 << 20);
        });
        assert_eq!(told(&churn)[0].1, "free and allocate 1 MiB a second of 64 MiB for 60.0 s");
        let fragment = plan(|plan| plan.pattern = Pattern::Fragment);
        assert!(told(&fragment)[0].1.starts_with("free every other block"));
    }

    #[test]
    fn every_row_begins_and_ends_where_the_curve_is() {
        for pattern in Pattern::ALL {
            let plan = plan(|plan| {
                plan.pattern = *pattern;
                plan.cycles = 3;
            });
            let curve = plan.curve();
            for row in plan.table() {
                let at = std::time::Duration::from_millis(row.at_ms);
                let expected = if row.at_ms == plan.duration_ms { 0 } else { row.from_bytes };
                assert_eq!(curve.at(at), expected, "{pattern} {row:?}");
                assert!(row.what.contains(&Bytes(row.to_bytes).to_string()) || row.to_bytes == 0);
            }
        }
    }

    #[test]
    fn a_picture_has_as_many_columns_as_it_was_asked_for() {
        let plan = plan(|plan| plan.pattern = Pattern::Staircase);
        assert_eq!(plan.curve().sampled(4).len(), 4);
        assert!(plan.curve().sampled(0).is_empty());
    }
}
