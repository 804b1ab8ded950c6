// Blocks over time as a figure: from which operation to which each stood where in memory. Everything here is a pure function
// of its arguments.

import { grouped } from "./format.js";
import { text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/**
 * A block in one place, from the operation that put it there to the one that took it away; null where it stays.
 * @typedef {{id: number, from: number, until: number | null, block: [number, number]}} Life
 * @typedef {{lives: Life[], length: number, base: number, capacity: number, selected: number | null, failed: number[]}} Scene
 * @typedef {{left: number, right: number, x: (op: number) => number, y: (address: number) => number}} Scale
 */

const TOP = 8;
const HEIGHT = 250;
const BOTTOM = 22;
const LEAST = 3;
const MOST_MARKS = 200;

/** @param {Scene} scene @param {number} width @returns {Scale & {bottom: number}} */
export function scaleOf({ base, capacity, length }, width) {
  const left = widthOf(String(base + capacity), 11, true) + 14;
  const [right, bottom] = [width - 2, HEIGHT - BOTTOM];
  return {
    left,
    right,
    bottom,
    x: (op) => left + ((op - 1) / Math.max(1, length)) * (right - left),
    y: (address) => TOP + ((address - base) / capacity) * (bottom - TOP),
  };
}

/** Memory downwards, operations to the right, whichever of them is on show. @param {Scene} scene @param {number} width @returns {Figure} */
export function ganttFigure(scene, width) {
  const { base, capacity, failed, length, lives, selected } = scene;
  const scale = scaleOf(scene, width);
  const { bottom, left, right, x } = scale;
  /** @type {Map<string, string>} */
  const small = new Map();
  /** @type {Piece[]} */
  const pieces = [];
  for (const life of lives) {
    const box = boxOf(life, scale, length);
    if ((box.width < LEAST || box.height < LEAST) && life.id !== selected) small.set(toneOf(life.id), `${small.get(toneOf(life.id)) ?? ""}${rectangle(box.x, box.y, box.width, box.height)}`);
    else pieces.push(lifePiece(life, box, life.id === selected));
  }
  const ops = [...new Set([1, Math.ceil(length / 2), length])].filter((op) => op > 0);
  const marks = failed.length > MOST_MARKS ? failed.filter((_, place) => place % Math.ceil(failed.length / MOST_MARKS) === 0) : failed;
  return {
    width,
    height: HEIGHT,
    pieces: [
      { name: "plot", data: { length }, tip: "A press goes to this operation, and selects the block under it", pieces: [{ d: rectangle(left, TOP, right - left, bottom - TOP), fill: "ground" }] },
      ...[...small].map(([tone, d]) => /** @type {Piece} */ ({ d, fill: tone, veil: 0.5 })),
      ...pieces.sort((a, b) => Number("data" in a && a.data.selected === "true") - Number("data" in b && b.data.selected === "true")),
      { d: rectangle(left + 0.5, TOP + 0.5, right - left - 1, bottom - TOP - 1), stroke: "edge" },
      ...[base, base + capacity].map((address, place) => text(String(address), left - 7, place === 0 ? TOP + 9 : bottom, 11, "muted", { mono: true, anchor: "end" })),
      ...ops.map((op) => text(grouped(op), op === length ? right : x(op), bottom + 16, 11, "muted", { anchor: op === length && op > 1 ? "end" : "start" })),
      ...marks.map((op) => /** @type {Piece} */ ({ name: "failed", data: { op }, tip: `Operation ${op}\nthe request got nothing`, pieces: [{ d: crossAt(x(op) + (right - left) / Math.max(1, length) / 2, bottom + 6), stroke: "fault", width: 1.75 }] })),
    ],
  };
}

/** The operation on show, above the figure. @param {Scene} scene @param {number} at @param {number} width @returns {Piece[]} */
export function ganttHere(scene, at, width) {
  const { bottom, left, right, x } = scaleOf(scene, width);
  const here = x(Math.max(1, at)) + (at === 0 ? 0 : (right - left) / Math.max(1, scene.length) / 2);
  return [{ name: "here", data: { at }, pieces: [{ d: `M${here} ${TOP - 4}V${bottom + 4}`, stroke: "focus", width: 2 }] }];
}

/** @param {number} x @param {number} y */
function crossAt(x, y) {
  return `M${x - 3} ${y - 3}l6 6M${x + 3} ${y - 3}l-6 6`;
}

/** @param {Life} life @param {Scale} scale @param {number} length */
function boxOf({ block, from, until }, { x, y }, length) {
  const [left, top] = [x(from), y(block[0])];
  return { x: left, y: top, width: Math.max(1, x(until ?? length + 1) - left), height: Math.max(1, y(block[0] + block[1]) - top) };
}

/** @param {Life} life @param {{x: number, y: number, width: number, height: number}} box @param {boolean} selected @returns {Piece} */
function lifePiece({ block, from, id, until }, { height, width, x, y }, selected) {
  const tone = toneOf(id);
  const words = String(id);
  const named = height > 12 && width > widthOf(words, 11) + 5;
  return {
    name: "life",
    data: { id, from, until: until ?? "", selected: String(selected) },
    tip: `Request ${id}\n${block[1]} bytes at ${block[0]}\nfrom operation ${from}${until === null ? " to the end" : ` to ${until}`}`,
    pieces: [
      { d: rectangle(x, y, width, height), fill: tone, veil: selected ? 0.45 : 0.22 },
      { d: rectangle(x + 0.5, y + 0.5, Math.max(0.5, width - 1), Math.max(0.5, height - 1)), stroke: selected ? "text" : tone, width: selected ? 2.25 : 0.75 },
      ...(named ? [text(words, x + 4, y + Math.min(height / 2 + 4, 14), 11, "text", { bold: selected })] : []),
    ],
  };
}

/** The block that stood at an address after an operation. @param {Life[]} lives @param {number} op @param {number} address */
export function lifeAt(lives, op, address) {
  return lives.find(({ block, from, until }) => from <= op && (until === null || op < until) && block[0] <= address && address < block[0] + block[1]) ?? null;
}

/** The operation and the address under a point of the picture; null beside it. @param {Scene} scene @param {number} width @param {number} x @param {number} y */
export function pointAt(scene, width, x, y) {
  const { bottom, left, right } = scaleOf(scene, width);
  if (x < left || x > right || y < TOP || y > bottom) return null;
  const op = Math.min(scene.length, Math.floor(((x - left) / (right - left)) * scene.length) + 1);
  return { op, address: Math.floor(scene.base + ((y - TOP) / (bottom - TOP)) * scene.capacity) };
}
