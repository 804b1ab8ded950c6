// Fits side by side as columns of memory: given holes to scale, the requests in them, and in which order this request
// looked at them. Everything here is a pure function of its arguments.

import { frame, text } from "./figure-pieces.js";
import { holesAfter, lookedAt } from "./segmentation-holes-moment.js";
import { patternOf, rectangle } from "./segmentation-map.js";
import { toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-holes-moment.js").Run} Run */
/** @typedef {import("./segmentation-holes-moment.js").Hole} Hole */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/**
 * Fits at a request; `titleOf` names them, `focus` is the one whose sentence is told.
 * @typedef {{sizes: number[], runs: Run[], at: number, focus: Run, titleOf: (policy: string) => string}} Scene
 * @typedef {{x: number, width: number, tops: number[], heights: number[], bottom: number}} Column
 */

const TOP = 30;
const FOOT = 26;
/** How high memory between holes is drawn; its size is not known. */
const BETWEEN = 9;
const LEAST = 4;
const HEIGHT = 420;
/** From this height on there is room for words. */
const WORDED = 13;

/**
 * Where holes stand, the same in each column.
 * @param {number[]} sizes
 * @param {number} height of all of them with what is between
 */
export function placesOf(sizes, height) {
  const sum = sizes.reduce((total, size) => total + size, 0);
  const room = Math.max(LEAST * sizes.length, height - BETWEEN * (sizes.length + 1));
  const heights = sizes.map((size) => Math.max(LEAST, (size / sum) * room));
  let y = TOP + BETWEEN;
  const tops = heights.map((high) => {
    const top = y;
    y += high + BETWEEN;
    return top;
  });
  return { tops, heights, bottom: y };
}

/**
 * @param {Scene} scene
 * @param {number} width
 * @param {number} [height] of the columns
 * @returns {Figure}
 */
export function holesFigure({ at, focus, runs, sizes, titleOf }, width, height = HEIGHT) {
  const places = placesOf(sizes, Math.max(height, sizes.length * (BETWEEN + WORDED)));
  const gutter = Math.max(...sizes.map((size) => widthOf(String(size), 11, true))) + 10;
  const gap = width < 560 ? 17 : 30;
  const wide = Math.min(230, (width - gutter - gap * runs.length) / runs.length);
  const columns = runs.map((_, index) => ({ ...places, x: gutter + index * (wide + gap), width: wide }));
  const labels = sizes.map((size, index) => text(String(size), gutter - 8, places.tops[index] + places.heights[index] / 2 + 4, 11, "muted", { mono: true, anchor: "end" }));
  return {
    width: Math.min(width, gutter + runs.length * (wide + gap)),
    height: places.bottom + FOOT,
    pieces: [...labels, ...runs.map((run, index) => columnPiece(run, { at, sizes, title: titleOf(run.policy), focused: run === focus && runs.length > 1 }, columns[index]))],
  };
}

/** @param {Run} run @param {{at: number, sizes: number[], title: string, focused: boolean}} look @param {Column} column @returns {Piece} */
function columnPiece(run, { at, focused, sizes, title }, column) {
  const { bottom, width, x } = column;
  const step = run.steps[at - 1];
  const [name] = [title, title.split(" ")[0]].filter((words) => widthOf(words, 13) < width).concat("");
  return {
    name: "fit",
    data: { policy: run.policy, focused: String(focused), hole: step?.hole ?? "none" },
    tip: `${title}\na press explains it`,
    pieces: [
      { d: rectangle(x, 0, width, bottom + FOOT), fill: "ground", veil: 0 },
      { d: rectangle(x, TOP, width, bottom - TOP), fill: "muted", veil: 0.16 },
      { d: patternOf("stack", x, TOP, width, bottom - TOP), stroke: "free", width: 0.5 },
      { d: rectangle(x + 0.5, TOP + 0.5, width - 1, bottom - TOP - 1), stroke: focused ? "text" : "edge", width: focused ? 1.75 : 1 },
      text(name, x + width / 2, 18, 13, "text", { anchor: "middle", bold: focused }),
      ...(focused ? [{ d: rectangle(x, TOP - 6, width, 3), fill: "used" }] : []),
      ...holesAfter(sizes, run, at).flatMap((hole) => holePieces(hole, at, column)),
      ...lookedPieces(lookedAt(sizes, run, at), step?.hole ?? null, column),
      ...resultPieces(step, column),
    ],
  };
}

/** A hole with what stands in it. @param {Hole} hole @param {number} at @param {Column} column @returns {Piece[]} */
function holePieces(hole, at, { heights, tops, width, x }) {
  const { free, lost, number, placed, size } = hole;
  const [top, high] = [tops[number - 1], heights[number - 1]];
  const y = (/** @type {number} */ offset) => top + (offset / size) * high;
  const inside = { x, width };
  const used = size - free - lost;
  return [
    { d: rectangle(x, top, width, high), fill: "ground" },
    ...(free > 0 ? [freePiece(hole, { ...inside, y: y(used), height: y(size) - y(used) })] : []),
    ...(lost > 0 ? [lostPiece(hole, { ...inside, y: y(used), height: y(size) - y(used) })] : []),
    ...placed.map((each) => placedPiece(each, number, each.request === at, { ...inside, y: y(each.offset), height: y(each.offset + each.size) - y(each.offset) })),
  ];
}

/** @typedef {{x: number, y: number, width: number, height: number}} Place */

/** The first of these words that has room in a place, in its middle. @param {string[]} all @param {Place} place @param {string} tone @param {boolean} bold @returns {Piece[]} */
function wordsIn(all, { height, width, x, y }, tone, bold) {
  const words = all.find((each) => widthOf(each, 12) + 6 < width);
  return height < WORDED || words === undefined ? [] : [text(words, x + width / 2, y + height / 2 + 4, Math.min(12, height - 2), tone, { anchor: "middle", bold })];
}

/** @param {Hole} hole @param {Place} place @returns {Piece} */
function freePiece({ free, number, size }, place) {
  const { height, width, x, y } = place;
  return {
    name: "hole",
    data: { number, bytes: free },
    tip: `Hole ${number}\n${free} of ${size} bytes free`,
    pieces: [{ d: rectangle(x + 0.5, y + 0.5, width - 1, Math.max(1, height - 1)), stroke: "free", dash: true }, ...wordsIn([`${free} free`, String(free)], place, "muted", false)],
  };
}

/** What nobody can have of a partition that was given away. @param {Hole} hole @param {Place} place @returns {Piece} */
function lostPiece({ lost, number }, place) {
  const { height, width, x, y } = place;
  const words = wordsIn([`${lost} lost`, String(lost)], place, "text", false);
  const under = widthOf(`${lost} lost`, 12) + 10;
  return {
    name: "lost",
    data: { number, bytes: lost },
    tip: `${lost} bytes lost in partition ${number}\ninternal fragmentation`,
    pieces: [
      { d: patternOf("heap", x, y, width, height), stroke: "fault", width: 1 },
      { d: rectangle(x + 0.5, y + 0.5, width - 1, Math.max(1, height - 1)), stroke: "fault" },
      ...(words.length > 0 ? [{ d: rectangle(x + width / 2 - Math.min(width - 4, under) / 2, y + height / 2 - 7, Math.min(width - 4, under), 15), fill: "ground" }] : []),
      ...words,
    ],
  };
}

/** @param {import("./segmentation-holes-moment.js").Placed} placed @param {number} number @param {boolean} now @param {Place} place @returns {Piece} */
function placedPiece({ request, size }, number, now, place) {
  const { height, width, x, y } = place;
  const tone = toneOf(request - 1);
  return {
    name: "placed",
    data: { request, bytes: size, number, now: String(now) },
    tip: `Request ${request}\n${size} bytes in hole ${number}`,
    pieces: [
      { d: rectangle(x, y, width, Math.max(2, height)), fill: tone, veil: now ? 0.34 : 0.16 },
      { d: rectangle(x + 0.5, y + 0.5, width - 1, Math.max(1, height - 1)), stroke: tone, width: now ? 2.5 : 1 },
      ...wordsIn([`request ${request}: ${size}`, `${request}: ${size}`, String(size)], place, "text", now),
    ],
  };
}

/** The order in which holes were looked at, beside them; a tick at the one that was taken. @param {number[]} looked @param {number | null} taken @param {Column} column @returns {Piece[]} */
function lookedPieces(looked, taken, { heights, tops, width, x }) {
  return looked.map((number, place) => {
    const chosen = number === taken;
    const [cx, cy] = [x + width + 9, tops[number - 1] + heights[number - 1] / 2];
    const tone = chosen ? "hit" : "muted";
    return {
      name: "looked",
      data: { number, order: place + 1, taken: String(chosen) },
      tip: `Looked at as number ${place + 1}${chosen ? "\nand taken" : ""}`,
      pieces: [{ d: frame(cx - 7.5, cy - 7.5, 15, 15, 7), stroke: tone, fill: chosen ? "hit" : undefined, veil: 0.14, width: chosen ? 1.75 : 1 }, text(String(place + 1), cx, cy + 3.5, 10.5, tone, { anchor: "middle", bold: chosen })],
    };
  });
}

/** What became of the request. @param {import("./segmentation-holes-moment.js").Step | undefined} step @param {Column} column @returns {Piece[]} */
function resultPieces(step, { bottom, width, x }) {
  if (step === undefined) return [];
  const failed = step.hole === null;
  const words = failed ? ["✕ no hole holds it", "✕ none"] : [`takes ${step.placement}, leaves ${step.left}`, `${step.placement} → ${step.left}`];
  const shown = words.find((each) => widthOf(each, 12) < width + 12) ?? words[1];
  return [text(shown, x + width / 2, bottom + 18, 12, failed ? "fault" : "hit", { anchor: "middle", bold: true })];
}
