//! Moments and the hours that they are in.

use crate::TimeMs;
use crate::codec::Torn;

/// Times beyond this are refused, in milliseconds: 142 thousand years either way, so that no sum
/// overflows.
pub(crate) const FAR_MS: i64 = 1 << 52;
/// An hour in milliseconds; blocks and the finer tiers keep within one.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// The hour that a moment is in.
pub(crate) fn hour_of(time: TimeMs) -> i64 {
    time.div_euclid(HOUR_MS)
}

/// A moment as it was read back; none of those that were written is further off than [`FAR_MS`].
pub(crate) fn checked_time(time: TimeMs) -> Result<TimeMs, Torn> {
    if time.unsigned_abs() <= FAR_MS.unsigned_abs() {
        Ok(time)
    } else {
        Err(Torn("a time is impossible"))
    }
}

/// An hour as it was read back, likewise.
pub(crate) fn checked_hour(hour: i64) -> Result<i64, Torn> {
    hour.checked_mul(HOUR_MS)
        .map(checked_time)
        .transpose()?
        .ok_or(Torn("an hour is impossible"))?;
    Ok(hour)
}
