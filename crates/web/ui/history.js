// The past, as far as the charts of a view need it: one window loaded at once, then a sample a tick.

import { getHistory } from "./api.js";
import { append, emptyFrame, frameOf, MOST_POINTS, SERIES, trim } from "./frame.js";
import { arrivedAt, memory, returns } from "./live.js";
import { windowOf } from "./ranges.js";
import { state } from "./state.js";
import { batch, computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").Memory} Memory */
/** @typedef {import("./frame.js").Frame} Frame */

const HOUR_MS = 3_600_000;
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
/**
 * The names of the series that this machine has, with commas between: a kernel without pressure, or a first
 * sample without rates, has fewer.
 */
const names = computed(() => {
  const now = memory.value;
  return now === null
    ? ""
    : Object.keys(SERIES)
        .filter((name) => (SERIES[name](now) ?? null) !== null)
        .join();
});
/** The stretch of time on show. */
export const shown = computed(() => windowOf(state.value, lastMs.value, oldestMs.value));

/** How far beyond the newest sample the charts reach, milliseconds: what is foretold is drawn there. */
export const aheadMs = signal(0);
/** The stretch of time that the charts span. */
export const charted = computed(() => ({ ...shown.value, toMs: shown.value.toMs + (shown.value.live ? aheadMs.value : 0) }));

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
  effect(() => {
    void wanted.value;
    void returns.value;
    if (names.value !== "") void load();
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
  loadedUntilMs = toMs;
  try {
    const end = live ? toMs + 1000 : toMs;
    const answer = await getHistory(names.peek().split(","), fromMs, end, long ? pixels : MOST_POINTS, aborted);
    show(frameOf(answer, long ? (toMs - fromMs) / pixels : 0), live);
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
  const due = sample.time_ms - loadedUntilMs >= Math.max(SHORTEST_RELOAD_MS, length / pixels);
  if (due && (length >= HOUR_MS || historyError.peek() !== null)) void load();
}
