// A stretch of the past in columns, and the little arithmetic on it: append, trim, find.

/** @typedef {import("./api.js").Memory} Memory */
/** @typedef {{min: (number | null)[], max: (number | null)[], mean: (number | null)[]}} Values */
/**
 * A row a time, and for each series its least, greatest and mean value there. `stepMs` is what a row stands
 * for; 0 where each row is a sample.
 * @typedef {{time: number[], series: Record<string, Values>, stepMs: number}} Frame
 */

/** The most rows that are wanted at once. */
export const MOST_POINTS = 2000;

/**
 * The series that "Now" draws, and where the live document holds the same value.
 * @type {Record<string, (now: Memory) => number | null | undefined>}
 */
export const SERIES = {
  "memory.used": (now) => now.used_bytes,
  "memory.available": (now) => now.available_bytes,
  "memory.free": (now) => now.free_bytes,
  "memory.total": (now) => now.total_bytes,
  "memory.buffers": (now) => now.buffers_bytes,
  "memory.cached": (now) => now.cached_bytes,
  "memory.shared": (now) => now.shared_bytes,
  "swap.used": (now) => now.swap_used_bytes,
  "rate.pswpin": (now) => now.rates?.pswpin_per_s,
  "rate.pswpout": (now) => now.rates?.pswpout_per_s,
  "rate.pgmajfault": (now) => now.rates?.pgmajfault_per_s,
  "rate.pgfault": (now) => now.rates?.pgfault_per_s,
  "pressure.memory.some.stalled": (now) => now.rates?.some_stalled,
  "pressure.memory.full.stalled": (now) => now.rates?.full_stalled,
};

/**
 * A frame without rows.
 * @returns {Frame}
 */
export function emptyFrame() {
  /** @type {Frame} */
  const empty = { time: [], series: {}, stepMs: 0 };
  for (const name of Object.keys(SERIES)) empty.series[name] = { min: [], max: [], mean: [] };
  return empty;
}

/**
 * The server's answer as a frame; series that it lacks are without values.
 * @param {import("./api.js").HistoryAnswer} answer
 * @param {number} stepMs what a row stands for, where the server does not say
 * @returns {Frame}
 */
export function frameOf(answer, stepMs) {
  const made = emptyFrame();
  made.time = answer.time_ms;
  made.stepMs = Math.max(answer.step_ms ?? 0, stepMs);
  const nothing = answer.time_ms.map(() => null);
  for (const name of Object.keys(SERIES)) {
    const { min, max, mean } = answer.series[name] ?? { min: nothing, max: nothing, mean: nothing };
    made.series[name] = { min: [...min], max: [...max], mean: [...mean] };
  }
  return made;
}

/**
 * Adds a live sample behind the last row.
 * @param {Frame} into
 * @param {Memory} sample
 * @returns {boolean} whether it was newer than what stood there
 */
export function append(into, sample) {
  const last = into.time.at(-1);
  if (last !== undefined && sample.time_ms <= last) return false;
  into.time.push(sample.time_ms);
  for (const [name, read] of Object.entries(SERIES)) {
    const value = read(sample) ?? null;
    const { min, max, mean } = into.series[name];
    min.push(value);
    max.push(value);
    mean.push(value);
  }
  return true;
}

/**
 * Drops what has left the window, a batch at a time: one row before the edge stays, so that lines reach it.
 * @param {Frame} from
 * @param {number} fromMs
 */
export function trim(from, fromMs) {
  const inside = from.time.findIndex((time) => time >= fromMs);
  const surplus = Math.max(inside - 1, from.time.length - MOST_POINTS * 2);
  if (surplus < 32) return;
  from.time.splice(0, surplus);
  for (const values of Object.values(from.series)) {
    values.min.splice(0, surplus);
    values.max.splice(0, surplus);
    values.mean.splice(0, surplus);
  }
}

/**
 * The row nearest to a time, by bisection; -1 where there is none.
 * @param {number[]} time ascending
 * @param {number} timeMs
 */
export function nearest(time, timeMs) {
  let low = 0;
  let high = time.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (time[middle] < timeMs) low = middle;
    else high = middle;
  }
  return timeMs - time[low] <= time[high] - timeMs ? low : high;
}
