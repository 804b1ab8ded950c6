// Numbers and times in words: IEC units to three digits, exact bytes, ages, clock times.
// Everything here is a pure function of its arguments (and of the reader's time zone).

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
/** Keeps a number and its unit on one line. */
const NBSP = "\u00a0";
const MINUS = "\u2212";
/** What stands where there is no value. */
export const NONE = "\u2014";

/**
 * An amount split into its digits and its unit, so that they can be set in different sizes.
 * Three significant digits; the next unit begins at 1000, so that no amount has four.
 * @param {number} bytes
 * @returns {{digits: string, unit: string}}
 */
export function iecParts(bytes) {
  let value = Math.abs(bytes);
  let step = 0;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1024;
    step += 1;
  }
  const digits = step === 0 ? String(Math.round(value)) : threeDigits(value);
  return { digits: bytes < 0 ? MINUS + digits : digits, unit: UNITS[step] };
}

/**
 * Bytes in IEC units to three digits: `9.12 GiB`.
 * @param {number | null | undefined} bytes
 */
export function iec(bytes) {
  if (bytes === null || bytes === undefined) return NONE;
  const { digits, unit } = iecParts(bytes);
  return `${digits}${NBSP}${unit}`;
}

/**
 * Bytes on an axis: as `iec`, without noughts that say nothing.
 * @param {number} bytes
 */
export function iecShort(bytes) {
  const { digits, unit } = iecParts(bytes);
  return `${trimmed(digits)}${NBSP}${unit}`;
}

/**
 * A change in bytes with its sign: `+120 MiB`.
 * @param {number | null} bytes
 */
export function signedIec(bytes) {
  if (bytes === null) return NONE;
  return bytes > 0 ? `+${iec(bytes)}` : iec(bytes);
}

/**
 * Bytes to the byte: `9,792,192,512 bytes`.
 * @param {number} bytes
 */
export function exact(bytes) {
  return `${grouped(bytes)}${NBSP}${Math.abs(bytes) === 1 ? "byte" : "bytes"}`;
}

/**
 * An integer with its thousands grouped.
 * @param {number} value
 */
export function grouped(value) {
  const digits = String(Math.abs(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? MINUS + digits : digits;
}

/**
 * A ratio 0..1 in percent: one digit after the point below ten, none above.
 * @param {number | null | undefined} ratio
 */
export function percent(ratio) {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NONE;
  const value = ratio * 100;
  if (value === 0) return `0${NBSP}%`;
  if (value < 0.05) return `<0.1${NBSP}%`;
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}${NBSP}%`;
}

/**
 * Events a second: `12.5k/s`.
 * @param {number | null | undefined} value
 */
export function perSecond(value) {
  if (value === null || value === undefined) return NONE;
  return `${compact(value)}/s`;
}

/**
 * A count to three digits with a decimal prefix: `12.5k`.
 * @param {number} value
 */
export function compact(value) {
  if (value === 0) return "0";
  if (value < 999.5) return value < 10 ? trimmed(value.toFixed(1)) : value.toFixed(0);
  if (value < 999_500) return `${trimmed(threeDigits(value / 1e3))}k`;
  return `${trimmed(threeDigits(value / 1e6))}M`;
}

/**
 * How long something lasted, in its largest sensible unit: `12 s`, `4 min`, `3.5 h`, `12 d`.
 * @param {number} ms
 */
export function duration(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${trimmed(s.toFixed(1))}${NBSP}s`;
  if (s < 90) return `${Math.round(s)}${NBSP}s`;
  if (s < 90 * 60) return `${Math.round(s / 60)}${NBSP}min`;
  if (s < 36 * 3600) return `${trimmed((s / 3600).toFixed(1))}${NBSP}h`;
  return `${trimmed((s / 86400).toFixed(1))}${NBSP}d`;
}

/**
 * How long ago, in whole seconds while it is short: an age that changes once a second does not flicker.
 * @param {number} ms
 */
export function age(ms) {
  const s = Math.floor(Math.max(0, ms) / 1000);
  if (s < 120) return `${s}${NBSP}s`;
  return duration(ms);
}

/**
 * The time of day, with the day where it is not today's.
 * @param {number} timeMs UTC milliseconds
 * @param {number} nowMs what counts as today
 */
export function moment(timeMs, nowMs) {
  const time = new Date(timeMs);
  const sameDay = time.toDateString() === new Date(nowMs).toDateString();
  return sameDay ? clock(time) : `${isoDay(time)} ${clock(time)}`;
}

/**
 * A label on a time axis whose labels are `stepMs` apart.
 * @param {number} timeMs UTC milliseconds
 * @param {number} stepMs
 */
export function tick(timeMs, stepMs) {
  const time = new Date(timeMs);
  const midnight = time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0;
  if (stepMs >= 86_400_000 || midnight) {
    return time.toLocaleDateString("en", { month: "short", day: "numeric" });
  }
  return stepMs < 60_000 ? clock(time) : clock(time).slice(0, 5);
}

/** @param {Date} time */
function clock(time) {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(":");
}

/** @param {Date} time */
function isoDay(time) {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(pad).join("-");
}

/** @param {number} value */
function pad(value) {
  return String(value).padStart(2, "0");
}

/** @param {number} value */
function threeDigits(value) {
  if (value < 0.9995) return value.toFixed(3);
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** @param {string} digits */
function trimmed(digits) {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
