//! A measured number beside its goal.

use serde::Deserialize;

/// The columns of a table of measures.
pub(super) const HEAD: [&str; 5] = ["what", "measured", "goal", "ratio", "ok"];

/// The columns that hold numbers.
pub(super) const NUMBERS: [usize; 3] = [1, 2, 3];

/// Which side of the goal is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GoalKind {
    /// The goal or less.
    AtMost,
    /// The goal or more.
    AtLeast,
}

/// One number. As JSON it is the line that a crate's bench prints:
/// `{"name":"…","value":0.5,"unit":"byte","goal":1.0,"goal_kind":"at_most"}`; without a goal it is
/// only told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Measure {
    /// What was measured, in words.
    name: String,
    /// How much it is, in `unit`; `None` where it could not be measured.
    value: Option<f64>,
    /// The unit of both numbers.
    unit: String,
    /// What was promised.
    #[serde(default)]
    goal: Option<f64>,
    /// Which side of it is good.
    #[serde(default = "at_most")]
    goal_kind: GoalKind,
}

fn at_most() -> GoalKind {
    GoalKind::AtMost
}

impl Measure {
    /// A number that must not be above `goal`.
    pub(super) fn at_most(name: &str, value: f64, unit: &str, goal: f64) -> Measure {
        Measure { goal: Some(goal), ..Measure::told(name, value, unit) }
    }

    /// A number without a goal.
    pub(super) fn told(name: &str, value: f64, unit: &str) -> Measure {
        let goal_kind = GoalKind::AtMost;
        Measure {
            name: name.to_owned(),
            value: Some(value),
            unit: unit.to_owned(),
            goal: None,
            goal_kind,
        }
    }

    /// The number in a line of output, if the line is one.
    pub(super) fn parse(line: &str) -> Option<Measure> {
        serde_json::from_str(line).ok()
    }

    /// Whether the goal was met; one without a goal always is, and one that was not measured is not.
    pub(super) fn is_met(&self) -> bool {
        self.goal.is_none() || self.ratio().is_some_and(|ratio| ratio <= 1.0)
    }

    /// How far from the goal: at most 1 meets it, whichever side is the good one.
    fn ratio(&self) -> Option<f64> {
        let (goal, value) = (self.goal?, self.value?);
        let (part, whole) = match self.goal_kind {
            GoalKind::AtMost => (value, goal),
            GoalKind::AtLeast => (goal, value),
        };
        // Nothing of a goal of nothing meets it.
        Some(if part == 0.0 { 0.0 } else { part / whole })
    }

    /// The measure as a row of a table.
    pub(super) fn row(&self) -> Vec<String> {
        let sign = if self.goal_kind == GoalKind::AtMost { "≤" } else { "≥" };
        let is_met = if self.is_met() { "yes" } else { "NO" };
        vec![
            self.name.clone(),
            self.value.map_or_else(
                || "not measured".into(),
                |value| format!("{} {}", digits(value), self.unit),
            ),
            self.goal.map_or_else(
                || "-".into(),
                |goal| format!("{sign} {} {}", digits(goal), self.unit),
            ),
            self.ratio().map_or_else(|| "-".into(), digits),
            self.goal.map_or("-", |_| is_met).to_owned(),
        ]
    }
}

/// Three significant digits, and never fewer than stand before the point.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_bench_is_read_and_other_lines_are_not() {
        let line = r#"{"name":"a","value":0.5,"unit":"byte","goal":1,"goal_kind":"at_most"}"#;
        assert_eq!(Measure::parse(line), Some(Measure::at_most("a", 0.5, "byte", 1.0)));
        let line = r#"{"name":"a","value":5,"unit":"ms","goal":null}"#;
        assert_eq!(Measure::parse(line), Some(Measure::told("a", 5.0, "ms")));
        let line = r#"{"name":"a","value":null,"unit":"×","goal":2.5,"goal_kind":"at_least"}"#;
        let row = Measure::parse(line).map(|measure| measure.row());
        let cells = ["a", "not measured", "≥ 2.50 ×", "-", "NO"].map(str::to_owned);
        assert_eq!(row, Some(cells.to_vec()));
        assert_eq!(Measure::parse("Finished `bench` profile"), None);
    }

    #[test]
    fn a_ratio_of_one_meets_the_goal_from_either_side() {
        let least = |value| Measure {
            goal_kind: GoalKind::AtLeast,
            ..Measure::at_most("", value, "", 10.0)
        };
        let unknown = Measure { value: None, ..least(0.0) };
        for (measure, is_met) in [
            (Measure::at_most("", 10.0, "", 10.0), true),
            (Measure::at_most("", 11.0, "", 10.0), false),
            (Measure::at_most("", 0.0, "", 0.0), true),
            (Measure::at_most("", 1.0, "", 0.0), false),
            (least(10.0), true),
            (least(20.0), true),
            (least(5.0), false),
            (least(0.0), false),
            (Measure::told("", 1e9, ""), true),
            (Measure { goal: None, ..unknown.clone() }, true),
            (unknown, false),
        ] {
            assert_eq!(measure.is_met(), is_met, "{measure:?}");
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in
            [(0.0, "0"), (0.01234, "0.0123"), (0.5, "0.500"), (4.567, "4.57"), (12345.6, "12346")]
        {
            assert_eq!(digits(value), text);
        }
    }
}
