// The live state: the full document once, then what changed since its revision.
// The stream is closed while nobody looks, and comes back by itself when the server was away.

import { mergePatch } from "./merge.js";
import { signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").Memory} Memory */

/** The newest sample; null until the first has come. */
export const memory = signal(/** @type {Memory | null} */ (null));

/**
 * How it stands with the server: `connecting` before the first sample, `live`, `gone` when the stream
 * broke, `hidden` while the tab is in the background.
 * @type {import("./vendor/signals.js").Signal<"connecting" | "live" | "gone" | "hidden">}
 */
export const link = signal(/** @type {"connecting" | "live" | "gone" | "hidden"} */ ("connecting"));

/** When the newest sample arrived, in milliseconds of the page's own clock. */
export const arrivedAt = signal(0);

/** Counts returns to a stream that had been away: what was missed must be read again. */
export const returns = signal(0);

const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];
/** @type {EventSource | null} */
let source = null;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

/** Opens the stream, and keeps it open while the page is visible. */
export function connect() {
  document.addEventListener("visibilitychange", () => (document.hidden ? pause() : resume()));
  if (document.hidden) link.value = "hidden";
  else if (!adopt()) open();
}

/**
 * Takes over the stream that `early.js` opened, with what it has brought so far.
 * @returns {boolean} whether there was one that still runs
 */
function adopt() {
  /** @type {{source: EventSource, events: MessageEvent[], stop: () => void} | undefined} */
  const early = /** @type {any} */ (globalThis).earlyStream;
  if (early === undefined || early.source.readyState === EventSource.CLOSED) return false;
  early.stop();
  listen(early.source);
  for (const event of early.events) take(event);
  return true;
}

function open() {
  clearTimeout(retry);
  source?.close();
  listen(new EventSource("/api/v1/stream"));
}

/** @param {EventSource} next */
function listen(next) {
  source = next;
  next.addEventListener("state", take);
  next.addEventListener("change", take);
  next.addEventListener("error", lose);
}

/** @param {MessageEvent} event */
function take({ data, type }) {
  if (type === "state") receive(JSON.parse(data));
  else if (memory.value !== null) receive(mergePatch(memory.value, JSON.parse(data)));
}

/** @param {Memory} next */
function receive(next) {
  const wasAway = memory.value !== null && link.value !== "live";
  failures = 0;
  arrivedAt.value = performance.now();
  memory.value = next;
  link.value = "live";
  if (wasAway) returns.value += 1;
}

/** The browser's own retry waits seconds and gives up on a refused answer; this one does neither. */
function lose() {
  source?.close();
  source = null;
  if (memory.value !== null) link.value = "gone";
  const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)];
  failures += 1;
  retry = setTimeout(open, wait);
}

function pause() {
  clearTimeout(retry);
  source?.close();
  source = null;
  if (link.value === "live") link.value = "hidden";
}

function resume() {
  if (source === null) open();
}
