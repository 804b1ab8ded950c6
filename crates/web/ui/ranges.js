// Windows of time: the ranges that can be chosen, and which stretch the state of the view means.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What one can choose, shortest first; `all` is everything that was ever watched. */
export const RANGES = [
  { id: "1m", label: "1 min", ms: MINUTE },
  { id: "5m", label: "5 min", ms: 5 * MINUTE },
  { id: "15m", label: "15 min", ms: 15 * MINUTE },
  { id: "1h", label: "1 h", ms: HOUR },
  { id: "6h", label: "6 h", ms: 6 * HOUR },
  { id: "24h", label: "24 h", ms: DAY },
  { id: "7d", label: "7 d", ms: 7 * DAY },
  { id: "30d", label: "30 d", ms: 30 * DAY },
  { id: "all", label: "All", ms: Infinity },
];

/** The ranges of a view that chose none: the first that holds all that was watched, else the last. */
const FRESH = RANGES.slice(0, 3);

/** The shortest stretch a zoom shows. */
const SHORTEST_MS = 2000;

/**
 * A stretch of time. `live` moves on with every sample; `watchedFromMs` is where watching began, if
 * that is inside the stretch.
 * @typedef {{fromMs: number, toMs: number, live: boolean, rangeId: string | null}} Window
 */

/**
 * The stretch that a state means.
 * @param {Record<string, string>} state
 * @param {number} lastMs time of the newest sample
 * @param {number} oldestMs time of the oldest sample kept
 * @returns {Window}
 */
export function windowOf(state, lastMs, oldestMs) {
  const from = Number(state.from);
  const to = Number(state.to);
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) {
    return { fromMs: from, toMs: Math.max(to, from + SHORTEST_MS), live: false, rangeId: null };
  }
  const range = RANGES.find(({ id }) => id === state.range) ?? fresh(lastMs - oldestMs);
  const length = range.ms === Infinity ? Math.max(lastMs - oldestMs, MINUTE) : range.ms;
  return { fromMs: lastMs - length, toMs: lastMs, live: true, rangeId: range.id };
}

/** @param {number} watchedMs */
const fresh = (watchedMs) => FRESH.find(({ ms }) => watchedMs <= ms) ?? FRESH[FRESH.length - 1];

/**
 * How long there were samples, where that is shorter than the window; else null.
 * @param {Window} window
 * @param {number} oldestMs
 * @returns {number | null} milliseconds
 */
export function watchedMs(window, oldestMs) {
  const slack = Math.max(1500, (window.toMs - window.fromMs) * 0.005);
  return oldestMs > window.fromMs + slack ? Math.max(0, window.toMs - oldestMs) : null;
}
