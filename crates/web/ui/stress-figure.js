// A load over time as a figure: what is planned, what was reached, and what may be taken. Everything here is a pure function
// of its arguments.

import { iecShort } from "./format.js";
import { text } from "./figure-pieces.js";

/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/**
 * `curve` are corners [ms, bytes], `samples` looks [ms, planned, reached]; `at` is where a run stands, null for one that
 * does not go on; `limit` is what may be taken, null where that is not known.
 * @typedef {{curve: [number, number][], samples: [number, number, number][], at: number | null, limit: number | null}} Shown
 */

const HEIGHT = 320;
const TOP = 14;
const BOTTOM = 26;
const LEFT = 62;
const RIGHT = 14;

/** The next size that an axis may end at: a power of two, or three quarters of one. @param {number} bytes */
export function topOf(bytes) {
  const power = 2 ** Math.ceil(Math.log2(Math.max(bytes, 4096) * 1.04));
  return bytes * 1.04 <= power * 0.75 ? power * 0.75 : power;
}

/** Sizes at which an axis that ends at `top` is labelled: quarters of a power of two, thirds of three quarters of one. @param {number} top */
export function sizesOf(top) {
  const parts = Number.isInteger(Math.log2(top)) ? 4 : 3;
  return Array.from({ length: parts + 1 }, (_, place) => (top / parts) * place);
}

/** Times at which an axis is labelled, ms: at most `most` of them, as people count. @param {number} end @param {number} most */
export function timesOf(end, most) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];
  const step = steps.find((each) => end / each <= most) ?? 21_600_000;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, place) => place * step);
}

/** A time on the axis: seconds, else minutes and seconds, else hours and minutes. @param {number} ms @param {number} end */
export function timeOf(ms, end) {
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  if (ms === 0) return "0";
  if (end <= 120_000) return `${ms / 1000} s`;
  const [minutes, hours] = [ms / 60_000, ms / 3_600_000];
  return end <= 7_200_000 ? `${Math.floor(minutes)}:${two((ms / 1000) % 60)}` : `${Math.floor(hours)}:${two(minutes % 60)} h`;
}

/**
 * @param {Shown} shown
 * @param {number} width
 * @returns {Figure}
 */
export function stressFigure({ at, curve, limit, samples }, width) {
  const end = Math.max(1, curve.at(-1)?.[0] ?? 1, samples.at(-1)?.[0] ?? 0);
  const most = Math.max(...curve.map(([, bytes]) => bytes), ...samples.map(([, , reached]) => reached));
  const near = limit !== null && limit <= most * 2;
  const top = topOf(near ? Math.max(most, limit) : most);
  const x = (/** @type {number} */ ms) => round(LEFT + (ms / end) * (width - LEFT - RIGHT));
  const y = (/** @type {number} */ bytes) => round(HEIGHT - BOTTOM - (bytes / top) * (HEIGHT - BOTTOM - TOP));
  const line = (/** @type {[number, number][]} */ points) => points.map(([ms, bytes], place) => `${place === 0 ? "M" : "L"}${x(ms)} ${y(bytes)}`).join("");
  const reached = /** @type {[number, number][]} */ (samples.map(([ms, , bytes]) => [ms, bytes]));
  const from = reached[0]?.[0] ?? 0;
  const to = reached.at(-1)?.[0] ?? 0;
  /** @type {Piece[]} */
  const measured = reached.length === 0 ? [] : [
    { name: "reached", data: { last: reached.at(-1)?.[1] ?? 0 }, pieces: [
      { d: `${line(reached)}L${x(to)} ${y(0)}L${x(from)} ${y(0)}Z`, fill: "used", veil: 0.24 },
      { d: line(reached), stroke: "used", width: 1.75 },
    ] },
  ];
  return {
    width,
    height: HEIGHT,
    pieces: [
      ...sizesOf(top).flatMap((bytes) => [
        /** @type {Piece} */ ({ d: `M${LEFT} ${y(bytes)}H${width - RIGHT}`, stroke: "hairline" }),
        text(bytes === 0 ? "0" : iecShort(bytes), LEFT - 8, y(bytes) + 4, 12, "muted", { anchor: "end" }),
      ]),
      ...timesOf(end, width < 560 ? 4 : 8).map((ms) => text(timeOf(ms, end), Math.min(x(ms), width - RIGHT - 16), HEIGHT - 8, 12, "muted", { anchor: ms === 0 ? "start" : "middle" })),
      ...measured,
      { name: "planned", data: { most: Math.max(...curve.map(([, bytes]) => bytes)), end }, pieces: [{ d: line(curve), stroke: "text", width: 1.5, dash: true }] },
      ...limitPieces(limit, near, width, y),
      ...(at === null ? [] : [/** @type {Piece} */ ({ d: `M${x(Math.min(at, end))} ${TOP}V${HEIGHT - BOTTOM}`, stroke: "muted" })]),
    ],
  };
}

/** @param {number | null} limit @param {boolean} near @param {number} width @param {(bytes: number) => number} y @returns {Piece[]} */
function limitPieces(limit, near, width, y) {
  if (limit === null) return [];
  const words = `at most ${iecShort(limit)} may be taken`;
  if (!near) return [text(`${words} ↑`, width - RIGHT, TOP - 3, 12, "muted", { anchor: "end" })];
  return [
    { name: "limit", data: { bytes: limit }, pieces: [
      { d: `M${LEFT} ${y(limit)}H${width - RIGHT}`, stroke: "fault", width: 1.25 },
      text(words, width - RIGHT, y(limit) - 5, 12, "fault", { anchor: "end" }),
    ] },
  ];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
