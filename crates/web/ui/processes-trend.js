// Trends of the rows on show: what this page saw of each, drawn as a line of a few pixels.

import { html } from "./html.js";
import { trendPath } from "./processes-trend-path.js";

/** Looks that are kept of a row. */
const MOST_LOOKS = 60;
/** Rows of which looks are kept; the one seen the longest ago makes room. */
const MOST_ROWS = 1500;
/** @type {Map<string, {times: number[], bytes: number[]}>} by the row's name, the one seen the longest ago first */
const seen = new Map();

/**
 * Keeps what was seen of rows.
 * @param {number} timeMs
 * @param {{name: string, bytes: number}[]} rows
 */
export function note(timeMs, rows) {
  for (const { bytes, name } of rows) {
    const kept = seen.get(name) ?? { times: [], bytes: [] };
    seen.delete(name);
    seen.set(name, kept);
    if ((kept.times.at(-1) ?? 0) >= timeMs) continue;
    kept.times.push(timeMs);
    kept.bytes.push(bytes);
    if (kept.times.length > MOST_LOOKS) {
      kept.times.shift();
      kept.bytes.shift();
    }
  }
  for (const oldest of [...seen.keys()].slice(0, Math.max(0, seen.size - MOST_ROWS))) seen.delete(oldest);
}

/** A row's trend, from what was seen of it. @param {{name: string}} props */
export function Trend({ name }) {
  const kept = seen.get(name);
  return html`<svg class="trend" viewBox="0 0 72 18" preserveAspectRatio="none" aria-hidden="true">
    ${kept !== undefined && html`<path d=${trendPath(kept.times, kept.bytes, 72, 18)} />`}
  </svg>`;
}
