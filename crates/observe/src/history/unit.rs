//! What a recorded integer stands for.

use std::fmt;

use ramscope_store as store;

/// Steps of a recorded ratio in one: the kernel gives pressure to a hundredth of a percent.
const RATIO_SCALE: i64 = 10_000;

/// How the values of a series follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A level that goes up and down.
    Gauge,
    /// A count since some start, such as the machine's; it only grows until it begins anew.
    Counter,
}

impl Kind {
    /// The name of the kind in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        }
    }
}

impl From<store::Kind> for Kind {
    fn from(kind: store::Kind) -> Kind {
        match kind {
            store::Kind::Gauge => Kind::Gauge,
            store::Kind::Counter => Kind::Counter,
        }
    }
}

impl From<Kind> for store::Kind {
    fn from(kind: Kind) -> store::Kind {
        match kind {
            Kind::Gauge => store::Kind::Gauge,
            Kind::Counter => store::Kind::Counter,
        }
    }
}

/// What the integers of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Pages of the machine's page size.
    Pages,
    /// A plain count.
    Count,
    /// Events a second, rounded.
    PerSecond,
    /// Microseconds.
    Microseconds,
    /// A part of a whole, recorded in ten-thousandths; leaves as 0..1.
    Ratio,
}

/// A value on its way out: as [`fmt::Display`] writes it, it is valid in JSON and CSV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A part of a whole, 0..1.
    Ratio(f64),
}

impl Unit {
    /// All units.
    pub const ALL: [Unit; 6] =
        [Unit::Bytes, Unit::Pages, Unit::Count, Unit::PerSecond, Unit::Microseconds, Unit::Ratio];

    /// The name of the unit in the store, in answers and in exports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Bytes => "bytes",
            Unit::Pages => "pages",
            Unit::Count => "count",
            Unit::PerSecond => "per_second",
            Unit::Microseconds => "microseconds",
            Unit::Ratio => "ratio",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| unit.as_str() == name)
    }

    /// The unit of a recorded series; a name that another version wrote is a plain count.
    pub(super) fn of_recorded(name: &str) -> Unit {
        Unit::parse(name).unwrap_or(Unit::Count)
    }

    /// How many recorded steps make one: 10,000 for a ratio, 1 for everything else.
    #[must_use]
    pub fn scale(self) -> i64 {
        if self == Unit::Ratio { RATIO_SCALE } else { 1 }
    }

    /// A recorded integer as it leaves: whole, or 0..1 for a ratio.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "ratios are small integers, exact in an f64")]
    pub fn number(self, recorded: i64) -> Number {
        match self {
            Unit::Ratio => Number::Ratio(recorded as f64 / RATIO_SCALE as f64),
            _ => Number::Integer(recorded),
        }
    }

    /// A ratio of 0..1 as it is recorded, rounded to a ten-thousandth; `None` for what is not a number.
    #[must_use]
    pub fn recorded_ratio(ratio: f64) -> Option<i64> {
        rounded(ratio * 1e4)
    }
}

/// The nearest integer; `None` where there is none (not a number, or far beyond any counter).
#[expect(clippy::cast_possible_truncation, reason = "the bound above is far inside an i64")]
pub(super) fn rounded(value: f64) -> Option<i64> {
    (value.abs() < 9e15).then(|| value.round() as i64)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(value) => value.fmt(f),
            Number::Ratio(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found_by_its_name() {
        for unit in Unit::ALL {
            assert_eq!(Unit::parse(unit.as_str()), Some(unit));
        }
        assert_eq!(Unit::parse("furlongs"), None);
        assert_eq!(Unit::of_recorded("furlongs"), Unit::Count);
    }

    #[test]
    fn ratios_leave_between_0_and_1_and_all_else_as_it_is() {
        let check = |unit: Unit, recorded, text| {
            assert_eq!(unit.number(recorded).to_string(), text);
        };
        check(Unit::Ratio, 123, "0.0123");
        check(Unit::Ratio, 10_000, "1");
        check(Unit::Ratio, 0, "0");
        check(Unit::Bytes, 9_007_199_254_740_993, "9007199254740993");
        check(Unit::PerSecond, -1, "-1");
        assert_eq!(Unit::recorded_ratio(0.012_349), Some(123));
        assert_eq!(Unit::recorded_ratio(f64::NAN), None);
    }
}
