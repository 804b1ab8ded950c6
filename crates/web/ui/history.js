// The past, as far as the charts of a view need it: one window loaded at once, then a sample a tick.

import { getHistory } from "./api.js";
import { arrivedAt, memory, returns } from "./live.js";
import { windowOf } from "./ranges.js";
import { state } from "./state.js";
import { batch, computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").Memory} Memory */
/** @typedef {{min: (number | null)[], max: (number | null)[], mean: (number | null)[]}} Values */
/**
 * What is loaded: a row a time, and for each series its least, greatest and mean value there.
 * @typedef {{time: number[], series: Record<string, Values>, stepMs: number}} Frame
 */

/**
 * The series that the view draws, and where the live document holds the same value.
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

const HOUR_MS = 3_600_000;
/** Under an hour every sample is wanted, and this many are the most that are kept. */
const MOST_POINTS = 2000;
const SHORTEST_RELOAD_MS = 5000;

/** The loaded frame; `changes` says when it has grown. */
export const frame = signal(/** @type {Frame} */ (emptyFrame()));
/** Counts appended samples: the frame's arrays grow in place. */
export const changes = signal(0);
/** Why the history could not be read, in the server's words; null when it was. */
export const historyError = signal(/** @type {string | null} */ (null));
/** Whether the first window has been read. */
export const loaded = signal(false);

/** Time of the newest sample, UTC milliseconds. */
export const lastMs = computed(() => memory.value?.time_ms ?? Date.now());
/** Time of the oldest sample that is kept. */
export const oldestMs = computed(() => {
  const recorder = memory.value?.recorder;
  return recorder?.oldest_ms ?? recorder?.started_ms ?? lastMs.value;
});
/** The stretch of time on show. */
export const shown = computed(() => windowOf(state.value, lastMs.value, oldestMs.value));

/** @type {AbortController | null} */
let asking = null;
let loadedUntilMs = 0;
let pixels = 800;
/** The newest documents: they fill in what happened while a window was being read. @type {Memory[]} */
const recent = [];

/** Loads the window on show, and keeps it current. */
export function followHistory() {
  const wanted = computed(() => {
    const { fromMs, toMs, live, rangeId } = shown.value;
    return live ? `live ${rangeId}` : `${fromMs}-${toMs}`;
  });
  const ready = computed(() => memory.value !== null);
  effect(() => {
    void wanted.value;
    void returns.value;
    if (ready.value) void load();
  });
  effect(() => {
    if (memory.value !== null && arrivedAt.value > 0) take(memory.value);
  });
}

/**
 * Says how wide the charts are: longer windows are read at a value a pixel.
 * @param {number} width CSS pixels
 */
export function setPixels(width) {
  pixels = Math.min(MOST_POINTS, Math.max(200, Math.round(width)));
}

async function load() {
  asking?.abort();
  asking = new AbortController();
  const { signal: aborted } = asking;
  const { fromMs, toMs, live } = shown.peek();
  const long = toMs - fromMs >= HOUR_MS;
  const step = (toMs - fromMs) / pixels;
  loadedUntilMs = toMs;
  try {
    const names = Object.keys(SERIES);
    const end = live ? toMs + 1000 : toMs;
    const answer = await getHistory(names, fromMs, end, long ? pixels : MOST_POINTS, aborted);
    show(frameOf(answer, long ? step : 0), live);
  } catch (error) {
    if (!aborted.aborted) fail(error);
  }
}

/**
 * @param {Frame} next
 * @param {boolean} live
 */
function show(next, live) {
  if (live) for (const sample of recent) append(next, sample);
  batch(() => {
    frame.value = next;
    historyError.value = null;
    loaded.value = true;
  });
}

/** @param {unknown} error */
function fail(error) {
  batch(() => {
    historyError.value = error instanceof Error ? error.message : String(error);
    loaded.value = true;
  });
}

/** @param {Memory} sample */
function take(sample) {
  recent.push(sample);
  if (recent.length > 30) recent.shift();
  const { fromMs, toMs, live } = shown.peek();
  if (!live || !loaded.peek()) return;
  const current = frame.peek();
  if (!append(current, sample)) return;
  trim(current, fromMs);
  changes.value += 1;
  const length = toMs - fromMs;
  const reload = Math.max(SHORTEST_RELOAD_MS, length / pixels);
  if (length >= HOUR_MS && sample.time_ms - loadedUntilMs >= reload) void load();
}

/** @returns {Frame} */
function emptyFrame() {
  /** @type {Frame} */
  const empty = { time: [], series: {}, stepMs: 0 };
  for (const name of Object.keys(SERIES)) empty.series[name] = { min: [], max: [], mean: [] };
  return empty;
}

/**
 * @param {import("./api.js").HistoryAnswer} answer
 * @param {number} stepMs what a row stands for, where the server does not say
 * @returns {Frame}
 */
function frameOf(answer, stepMs) {
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
