// Fragmentation as figures: memory by use over the operations, a measure of several allocators in one picture, and the
// free bytes that are of no use to a request, for every size. Everything here is a pure function of its arguments.

import { grouped, percent } from "./format.js";
import { text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { lineOf, MEASURES, uselessOf } from "./segmentation-measures.js";
import { widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-measures.js").Course} Course */
/** @typedef {import("./segmentation-measures.js").Measure} Measure */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/** @typedef {{title: string, course: Course, tone: string}} Line */
/** @typedef {{left: number, right: number, top: number, bottom: number, x: (op: number) => number, y: (value: number) => number}} Scale */

const HEIGHT = 196;
const TOP = 10;
const BOTTOM = 24;
/** The least distance of two labels at the ends of lines. */
const APART = 14;
/** Steps of a curve that are nearer to each other are drawn as one, in units of the picture. */
const APART_STEPS = 0.5;
/** The most failed requests that are marked one by one. */
const MOST_MARKS = 200;

/** What memory is used for, from below; `veil` is how much of the hue shows. */
export const BANDS = /** @type {const} */ ([
  { id: "requested", label: "asked for", note: "bytes that requests asked for and hold", tone: "used", veil: 0.42 },
  { id: "internal", label: "rounded up", note: "allocated, and not asked for: internal fragmentation", tone: "fault", veil: 0.5 },
  { id: "overhead", label: "overhead", note: "neither free nor in a block", tone: "muted", veil: 0.5 },
  { id: "elsewhere", label: "free elsewhere", note: "free bytes that are not in the largest hole: external fragmentation", tone: "free", veil: 0.26 },
  { id: "largest", label: "largest hole", note: "the largest block that a request could get", tone: "free", veil: 0 },
]);

/** How the memory of a run lies in a picture. @param {Course} course @param {number} capacity @param {number} width */
const memoryScale = (course, capacity, width) => scaleOf(course.length, capacity, width, 4, grouped(capacity));

/**
 * Memory by use after every operation, whichever of them is on show: asked for, rounded up, overhead, free beside the largest
 * hole, the largest hole.
 * @param {Course} course
 * @param {number} capacity
 * @param {number} width
 * @returns {Figure}
 */
export function memoryCourseFigure(course, capacity, width) {
  const scale = memoryScale(course, capacity, width);
  const places = placesOf(course, scale);
  const asked = (/** @type {number} */ place) => course.requested[place];
  const blocks = (/** @type {number} */ place) => course.allocated[place];
  const lost = (/** @type {number} */ place) => course.allocated[place] + course.overhead[place];
  const useful = (/** @type {number} */ place) => capacity - course.largest[place];
  const edges = [() => 0, asked, blocks, lost, useful, () => capacity];
  const bands = BANDS.map(({ id, label, note, tone, veil }, index) => ({ name: "band", data: { band: id }, tip: `${label}\n${note}`, pieces: [{ d: areaOf(places, edges[index], edges[index + 1], scale), fill: tone, veil }] }));
  return {
    width,
    height: HEIGHT,
    pieces: [
      plotPiece(scale, course.length),
      ...axisPieces(scale, [0, capacity / 2, capacity], (value) => grouped(Math.round(value)), course.length),
      ...bands,
      { d: edgeOf(places, asked, scale), stroke: "used", width: 1.25 },
      { d: edgeOf(places, useful, scale), stroke: "free", width: 1.25 },
      { d: rectangle(scale.left, scale.top, scale.right - scale.left, scale.bottom - scale.top), stroke: "edge" },
      ...failedPieces(course, scale, scale.top + 7),
    ],
  };
}

/** The operation on show, above that figure. @param {Course} course @param {number} capacity @param {number} at @param {number} width */
export function memoryCourseHere(course, capacity, at, width) {
  return herePieces(at, memoryScale(course, capacity, width));
}

/** The values of a measure, and how they lie in a picture. @param {Line[]} lines @param {Measure} measure @param {number} width */
function measureScale(lines, measure, width) {
  const { ratio } = MEASURES.find(({ id }) => id === measure) ?? MEASURES[0];
  const values = lines.map(({ course }) => lineOf(course, measure));
  const peak = Math.max(ratio ? 0.02 : 1, ...values.map((all) => all.reduce((most, value) => Math.max(most, value), 0)));
  const most = ratio ? Math.min(1, Math.ceil(peak * 10) / 10) : peak;
  const words = (/** @type {number} */ value) => (ratio ? percent(value) : grouped(Math.round(value)));
  const length = lines[0]?.course.length ?? 0;
  const gutter = Math.max(...lines.map(({ title }) => widthOf(title, 12))) + 18;
  return { length, most, ratio, scale: scaleOf(length, most, width, gutter, words(most)), values, words };
}

/**
 * One measure of several allocators, whichever operation is on show.
 * @param {Line[]} lines
 * @param {Measure} measure
 * @param {number} width
 * @returns {Figure & {scale: Scale}}
 */
export function measureFigure(lines, measure, width) {
  const { length, most, ratio, scale, values, words } = measureScale(lines, measure, width);
  const places = placesOf(lines[0].course, scale);
  const ends = apart(values.map((all) => scale.y(all.at(-1) ?? 0)), scale);
  const drawn = lines.map(({ course, title, tone }, index) => linePiece({ title, tone, course }, values[index], { scale, places, index, end: ends[index], words }));
  const ticks = most / 2 === Math.round(most / 2) || ratio ? [0, most / 2, most] : [0, most];
  return {
    width,
    height: HEIGHT,
    pieces: [plotPiece(scale, length), ...axisPieces(scale, ticks, words, length), ...drawn],
    scale,
  };
}

/**
 * @param {Line} line
 * @param {number[]} values
 * @param {{scale: Scale, places: {place: number, op: number}[], index: number, end: number, words: (value: number) => string}} look
 * @returns {Piece}
 */
function linePiece({ course, title, tone }, values, { end, index, places, scale, words }) {
  const marks = course.failed.length <= MOST_MARKS ? course.failed : [];
  return {
    name: "line",
    data: { line: title, last: values.at(-1) ?? 0 },
    tip: `${title}\n${words(values.at(-1) ?? 0)} at the end\n${grouped(course.failed.length)} failed`,
    pieces: [
      { d: edgeOf(places, (place) => values[place], scale), stroke: tone, width: 1.75, dash: index % 2 === 1 },
      ...marks.map((op) => cross(scale.x(op - 0.5), scale.y(values[course.op.indexOf(op)]), 3.5)),
      text(title, scale.right + 9, end + 4, 12, tone, { bold: true }),
    ],
  };
}

/**
 * Free, but of no use to a block of n bytes, for every n.
 * @param {{title: string, tone: string, holes: Span[]}[]} runs
 * @param {number | null} asked the bytes of the block that the request on show needs
 * @param {number} width
 * @returns {Figure}
 */
export function uselessFigure(runs, asked, width) {
  const curves = runs.map(({ holes }) => uselessOf(holes));
  const most = Math.max(1, ...curves.map((curve) => curve.at(-1)?.[1] ?? 0));
  const largest = Math.max(2, asked ?? 0, ...curves.map((curve) => curve.at(-1)?.[0] ?? 1));
  const gutter = Math.max(...runs.map(({ title }) => widthOf(title, 12))) + 18;
  const linear = largest <= 512;
  const base = scaleOf(1, most, width, gutter, grouped(most));
  const span = base.right - base.left;
  const x = (/** @type {number} */ n) => base.left + (linear ? (n - 1) / (largest - 1) : Math.log(n) / Math.log(largest)) * span;
  const scale = { ...base, x };
  const path = (/** @type {[number, number][]} */ curve) => {
    let [at, high] = [x(curve[0][0]), scale.y(curve[0][1])];
    let drawn = `M${fine(at)} ${fine(high)}`;
    for (const [place, [n, bytes]] of curve.entries()) {
      // steps that lie in one place are one
      if (x(n) - at < APART_STEPS && place < curve.length - 1) continue;
      at = x(n);
      drawn += `L${fine(at)} ${fine(high)}L${fine(at)} ${fine(scale.y(bytes))}`;
      high = scale.y(bytes);
    }
    return `${drawn}L${fine(scale.right)} ${fine(high)}`;
  };
  const ends = apart(curves.map((curve) => scale.y(curve.at(-1)?.[1] ?? 0)), scale);
  const lines = runs.map(({ title, tone }, index) => /** @type {Piece} */ ({
    name: "useless",
    data: { line: title, free: curves[index].at(-1)?.[1] ?? 0 },
    tip: `${title}\n${grouped(curves[index].at(-1)?.[1] ?? 0)} bytes free`,
    pieces: [
      { d: path(curves[index]), stroke: tone, width: 1.75, dash: index % 2 === 1 },
      text(title, scale.right + 9, ends[index] + 4, 12, tone, { bold: true }),
    ],
  }));
  const sizes = ticksOf(largest, linear).filter((n) => linear || x(largest) - x(n) > widthOf(grouped(largest), 11) || n === largest);
  return {
    width,
    height: HEIGHT + 12,
    pieces: [
      ...[0, most].flatMap((bytes) => /** @type {Piece[]} */ ([{ d: `M${scale.left} ${scale.y(bytes)}h${span}`, stroke: "hairline" }, text(grouped(bytes), scale.left - 7, scale.y(bytes) + 4, 11, "muted", { anchor: "end" })])),
      ...sizes.map((n) => text(grouped(n), Math.min(x(n), scale.right - 2), scale.bottom + 15, 11, "muted", { anchor: n === largest ? "end" : "middle" })),
      text("n, bytes", (scale.left + scale.right) / 2, scale.bottom + 31, 11, "muted", { anchor: "middle" }),
      ...(asked === null ? [] : askedPieces(asked, x(Math.min(asked, largest)), scale)),
      ...lines,
    ],
  };
}

/** The size that the request on show asks for. @param {number} asked @param {number} x @param {Scale} scale @returns {Piece[]} */
function askedPieces(asked, x, scale) {
  const words = `n = ${grouped(asked)}`;
  const left = x + widthOf(words, 11) + 8 > scale.right;
  return [{ d: `M${x} ${scale.top}v${scale.bottom - scale.top}`, stroke: "focus", width: 1.5, dash: true }, text(words, x + (left ? -6 : 6), scale.top + 8, 11, "focus", { bold: true, anchor: left ? "end" : "start" })];
}

/** Sizes under the axis. @param {number} largest @param {boolean} linear */
function ticksOf(largest, linear) {
  if (linear) return [1, Math.round(largest / 2), largest];
  const powers = [];
  for (let n = 1; n < largest / 2; n *= 8) powers.push(n);
  return [...powers, largest];
}

/** @param {number} length @param {number} most @param {number} width @param {number} gutter @param {string} widest label of the axis @returns {Scale} */
function scaleOf(length, most, width, gutter, widest) {
  const [left, right, bottom] = [widthOf(widest, 11) + 14, width - gutter, HEIGHT - BOTTOM];
  return {
    left,
    right,
    top: TOP,
    bottom,
    x: (op) => left + (op / Math.max(1, length)) * (right - left),
    y: (value) => bottom - (value / most) * (bottom - TOP),
  };
}

/** Two digits after the point are more than a screen shows. @param {number} value */
function fine(value) {
  return Math.round(value * 100) / 100;
}

/** The places that are drawn: at most one a pixel. @param {Course} course @param {Scale} scale */
function placesOf({ op }, { left, right }) {
  const every = Math.max(1, Math.ceil(op.length / Math.max(1, right - left)));
  return op.map((end, place) => ({ place, op: end })).filter(({ place }) => (place + 1) % every === 0 || place === op.length - 1);
}

/** A line of steps. @param {{place: number, op: number}[]} places @param {(place: number) => number} value @param {Scale} scale */
function edgeOf(places, value, { left, x, y }) {
  let from = left;
  return places
    .map(({ op, place }, index) => {
      const [to, height] = [fine(x(op)), fine(y(value(place)))];
      const piece = `${index === 0 ? "M" : "L"}${fine(from)} ${height}L${to} ${height}`;
      from = to;
      return piece;
    })
    .join("");
}

/** What lies between two lines of steps. @param {{place: number, op: number}[]} places @param {(place: number) => number} low @param {(place: number) => number} high @param {Scale} scale */
function areaOf(places, low, high, scale) {
  const { left, x, y } = scale;
  const ends = places.map(({ op }) => fine(x(op)));
  const back = places.map(({ place }, index) => `L${ends[index]} ${fine(y(low(place)))}L${index === 0 ? fine(left) : ends[index - 1]} ${fine(y(low(place)))}`);
  return `${edgeOf(places, high, scale)}${back.reverse().join("")}Z`;
}

/** @param {Scale} scale @param {number[]} ticks @param {(value: number) => string} words @param {number} length @returns {Piece[]} */
function axisPieces({ bottom, left, right, x, y }, ticks, words, length) {
  const lines = ticks.flatMap((value) => /** @type {Piece[]} */ ([{ d: `M${left} ${y(value)}h${right - left}`, stroke: "hairline" }, text(words(value), left - 7, y(value) + 4, 11, "muted", { anchor: "end" })]));
  const ops = [...new Set([1, Math.ceil(length / 2), length])].filter((op) => op > 0);
  return [...lines, ...ops.map((op) => text(grouped(op), op === length ? right : x(op - 0.5), bottom + 16, 11, "muted", { anchor: op === length ? "end" : "middle" }))];
}

/** Requests that got nothing. @param {Course} course @param {Scale} scale @param {number} y @returns {Piece[]} */
function failedPieces({ failed }, { bottom, top, x }, y) {
  const shown = failed.length <= MOST_MARKS ? failed : failed.filter((_, place) => place % Math.ceil(failed.length / MOST_MARKS) === 0);
  return shown.map((op) => ({
    name: "failed",
    data: { op },
    tip: `Operation ${op}\nthe request got nothing`,
    pieces: [{ d: `M${x(op - 0.5)} ${top}v${bottom - top}`, stroke: "fault", width: 0.75 }, cross(x(op - 0.5), y, 4)],
  }));
}

/** @param {number} x @param {number} y @param {number} half @returns {Piece} */
function cross(x, y, half) {
  return { d: `M${fine(x - half)} ${fine(y - half)}l${2 * half} ${2 * half}M${fine(x + half)} ${fine(y - half)}l${-2 * half} ${2 * half}`, stroke: "fault", width: 2 };
}

/** The operation on show. @param {number} at @param {Scale} scale @returns {Piece[]} */
export function herePieces(at, { bottom, top, x }) {
  const here = at === 0 ? x(0) : x(at - 0.5);
  return [{ name: "here", data: { at }, pieces: [{ d: `M${here} ${top - 4}v${bottom - top + 8}`, stroke: "focus", width: 2 }, { d: `M${here} ${bottom + 4}l-4.5 7h9Z`, fill: "focus" }] }];
}

/** Where a press goes to the operation under it. @param {Scale} scale @param {number} length @returns {Piece} */
function plotPiece({ bottom, left, right, top }, length) {
  return { name: "plot", data: { length }, tip: "A press goes to this operation", pieces: [{ d: rectangle(left, top, right - left, bottom - top), fill: "ground", veil: 0 }] };
}

/** Heights moved apart where labels would lie on one another. @param {number[]} heights @param {Scale} scale @returns {number[]} */
function apart(heights, { bottom, top }) {
  const order = heights.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  const placed = [...heights];
  let floor = top;
  for (const { height, index } of order) {
    placed[index] = Math.max(height, floor);
    floor = placed[index] + APART;
  }
  const over = Math.max(0, floor - APART - bottom);
  return placed.map((height) => height - over);
}
