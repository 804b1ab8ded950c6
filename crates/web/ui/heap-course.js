// Live bytes of a program over its time as a figure, with what the process and its allocator hold. Everything here is a pure
// function of its arguments.

import { iecShort } from "./format.js";
import { text } from "./figure-pieces.js";
import { timeOf, timesOf, topOf } from "./stress-figure.js";

/** @typedef {import("./heap-source.js").Course} Course */
/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/**
 * `end` is the last time of the axis, `span` the stretch that is marked, `at` the cursor: all in ms since the program began.
 * @typedef {{course: Course, end: number, peak: {at: number, bytes: number}, span: {from: number, to: number} | null, at: number | null}} Shown
 */

const HEIGHT = 148;
const TOP = 16;
const BOTTOM = 22;
/** Where the plot begins and what it leaves free at its end, pixels. */
export const LEFT = 62;
export const RIGHT = 10;

/**
 * The row of a course that a time falls into: the last one that begins at or before it.
 * @param {Course} course
 * @param {number} at
 */
export function rowAt({ at_ms: times }, at) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/**
 * The last value that was known at a row.
 * @param {(number | null)[]} values
 * @param {number} row
 */
export function knownAt(values, row) {
  for (let at = Math.min(row, values.length - 1); at >= 0; at -= 1) if (values[at] !== null) return values[at];
  return null;
}

/**
 * @param {Shown} shown
 * @param {number} width
 * @returns {Figure}
 */
export function courseFigure({ at, course, end, peak, span }, width) {
  const { at_ms: times, heap_resident_bytes: resident, live_bytes: live, rss_bytes: rss } = course;
  const known = (/** @type {(number | null)[]} */ values) => values.reduce((/** @type {number} */ most, value) => Math.max(most, value ?? 0), 0);
  const top = topOf(Math.max(peak.bytes, known(live.max), known(rss), known(resident)));
  const x = (/** @type {number} */ ms) => Math.round((LEFT + (ms / end) * (width - LEFT - RIGHT)) * 10) / 10;
  const y = (/** @type {number} */ bytes) => Math.round((HEIGHT - BOTTOM - (bytes / top) * (HEIGHT - BOTTOM - TOP)) * 10) / 10;
  // What is looked at from outside comes once a second at most: its line goes from look to look.
  const line = (/** @type {(number | null)[]} */ values) => values
    .flatMap((value, row) => (value === null ? [] : [`${x(times[row])} ${y(value)}`]))
    .map((point, place) => `${place === 0 ? "M" : "L"}${point}`)
    .join("");
  const area = times.length === 0 ? "" : `${line(live.max)}L${x(times[times.length - 1])} ${y(0)}L${x(times[0])} ${y(0)}Z`;
  return {
    width,
    height: HEIGHT,
    pieces: [
      ...[0, top / 2, top].flatMap((bytes) => [
        /** @type {Piece} */ ({ d: `M${LEFT} ${y(bytes)}H${width - RIGHT}`, stroke: "hairline" }),
        text(bytes === 0 ? "0" : iecShort(bytes), LEFT - 8, y(bytes) + 4, 12, "muted", { anchor: "end" }),
      ]),
      ...timesOf(end, width < 560 ? 4 : 8).map((ms) => text(timeOf(ms, end), Math.min(x(ms), width - RIGHT - 12), HEIGHT - 6, 12, "muted", { anchor: ms === 0 ? "start" : "middle" })),
      { name: "live", data: { points: times.length }, pieces: [{ d: area, fill: "used", veil: 0.3 }, { d: line(live.max), stroke: "used", width: 1.5 }] },
      { d: line(resident), stroke: "owner-2", width: 1.25 },
      { d: line(rss), stroke: "muted", width: 1.25, dash: true },
      ...(span === null ? [] : [/** @type {Piece} */ ({ name: "stretch", data: { from: span.from, to: span.to }, pieces: [
        { d: `M${x(span.from)} ${TOP}H${x(Math.min(span.to, end))}V${HEIGHT - BOTTOM}H${x(span.from)}Z`, fill: "used", veil: 0.16 },
        { d: `M${x(span.from)} ${TOP}V${HEIGHT - BOTTOM}M${x(Math.min(span.to, end))} ${TOP}V${HEIGHT - BOTTOM}`, stroke: "used" },
        text("A", x(span.from), TOP - 4, 12, "text", { anchor: "middle", bold: true }),
        text("B", x(Math.min(span.to, end)), TOP - 4, 12, "text", { anchor: "middle", bold: true }),
      ] })]),
      { name: "peak", data: { bytes: peak.bytes }, pieces: [
        { d: `M${x(peak.at)} ${y(peak.bytes) - 4}l3.5 -6h-7Z`, fill: "text" },
      ] },
      ...(at === null ? [] : [/** @type {Piece} */ ({ d: `M${x(at)} ${TOP}V${HEIGHT - BOTTOM}`, stroke: "muted" })]),
    ],
  };
}
