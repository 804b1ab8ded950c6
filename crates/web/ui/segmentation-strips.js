// The memories of several allocators one under the other at one scale, so that equal addresses stand below each other: who
// holds what, and which of them answers this request differently. Everything here is a pure function of its arguments.

import { text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { hatch, rulerPieces, toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/** @typedef {{moment: Moment, title: string, focused: boolean}} Row */
/** @typedef {{left: number, right: number, x: (address: number) => number, stacked: boolean}} Layout */

const HIGH = 26;
const PITCH = 34;
/** How far a title is above its memory where there is no room beside it. */
const TITLE = 18;
/** From this width on the titles stand beside the memories. */
const WIDE = 560;

/**
 * @param {Row[]} rows of the same memory
 * @param {number} width
 * @returns {Figure}
 */
export function stripsFigure(rows, width) {
  const { base, capacity } = rows[0].moment;
  const stacked = width < WIDE;
  const left = stacked ? 1 : Math.max(...rows.map(({ title }) => widthOf(title, 13))) + 26;
  const right = width - (stacked ? 1 : widthOf(`≠ at ${base + capacity}`, 12, true) + 12);
  const layout = { left, right, x: (/** @type {number} */ address) => left + ((address - base) / capacity) * (right - left), stacked };
  const pitch = PITCH + (stacked ? TITLE : 0);
  const top = (/** @type {number} */ index) => index * pitch + (stacked ? TITLE : 4);
  const edges = [...new Set(rows.flatMap(({ focused, moment }) => (focused ? moment.held.map(({ address }) => address) : [])))];
  const ruled = [...new Set([base, ...edges])].sort((a, b) => a - b);
  const bottom = top(rows.length - 1) + HIGH;
  return {
    width,
    height: bottom + 22,
    pieces: [
      ...rows.map((row, index) => rowPiece(row, rows[0], top(index), layout)),
      ...rulerPieces([...ruled, base + capacity], layout.x, bottom + 16, right + 1),
    ],
  };
}

/** @param {Row} row @param {Row} first @param {number} y @param {Layout} layout @returns {Piece} */
function rowPiece({ focused, moment, title }, first, y, layout) {
  const { left, right, stacked } = layout;
  const { policy, step } = moment;
  const failed = step?.op === "alloc" && step.block === null;
  const differs = step?.op === "alloc" && step.address !== first.moment.step?.address;
  const words = step?.op !== "alloc" ? "" : failed ? "✕ none" : `at ${step.address}`;
  const tone = failed ? "fault" : differs ? "text" : "muted";
  const told = differs ? `≠ ${words}` : words;
  return {
    name: "memory",
    data: { policy, focused: String(focused), differs: String(differs), failed: String(failed) },
    tip: `${title}${step?.op === "alloc" ? `\nrequest ${step.id} ${failed ? "gets nothing" : `gets ${step.address}`}${differs ? `, and not as ${first.title}` : ""}` : ""}`,
    pieces: [
      ...(focused ? [{ d: rectangle(stacked ? 0 : 0, stacked ? y - 15 : y + 4, 3, stacked ? 12 : HIGH - 8), fill: "used" }] : []),
      text(title, 10, stacked ? y - 5 : y + 18, 13, focused ? "text" : "muted", { bold: focused }),
      text(told, stacked ? right : right + 8, stacked ? y - 5 : y + 18, 12, tone, { mono: !failed, bold: differs || failed, anchor: stacked ? "end" : "start" }),
      { d: rectangle(left, y, right - left, HIGH), stroke: focused ? "text" : "muted" },
      ...blockPieces(moment, y, layout),
    ],
  };
}

/** A narrow block is drawn where it reaches so far beyond what was drawn before it, in units of the picture. */
const NEWS = 0.25;

/** @param {number} at */
const fine = (at) => Math.round(at * 10) / 10;

/**
 * Blocks that are too narrow for a frame of their own are one path a hue; of those that share what can be seen, the first is
 * drawn.
 * @param {Moment} moment
 * @param {number} y
 * @param {Layout} layout
 * @returns {Piece[]}
 */
function blockPieces({ held, selected, step }, y, { x }) {
  /** @type {Map<string, string>} */
  const narrow = new Map();
  /** @type {Piece[]} */
  const pieces = [];
  let drawn = Number.NEGATIVE_INFINITY;
  for (const block of [...held].sort((a, b) => a.address - b.address)) {
    const [from, wide] = [x(block.address), x(block.address + block.size) - x(block.address)];
    const strong = (step?.op === "alloc" && step.block?.[0] === block.address) || block.id === selected;
    if (wide < 6 && !strong) {
      const end = from + Math.max(1, wide);
      if (end < drawn + NEWS) continue;
      drawn = end;
      narrow.set(toneOf(block.id), `${narrow.get(toneOf(block.id)) ?? ""}${rectangle(fine(from), y, fine(end - from), HIGH)}`);
    } else pieces.push(blockPiece(block, from, y, Math.max(2, wide), strong, block.id === selected));
  }
  const given = step?.op === "free" && step.block !== null ? [goneAt(step.block, y, x)] : [];
  return [...[...narrow].map(([tone, d]) => ({ d, fill: tone, veil: 0.55 })), ...pieces, ...given];
}

/** @param {Held} block @param {number} x @param {number} y @param {number} width @param {boolean} strong @param {boolean} selected @returns {Piece} */
function blockPiece(block, x, y, width, strong, selected) {
  const tone = toneOf(block.id);
  const waste = width * (1 - block.asked / block.size);
  const words = String(block.id);
  return {
    name: "held",
    data: { id: block.id, address: block.address, bytes: block.size, selected: String(selected) },
    tip: `Request ${block.id}\n${block.size} bytes at ${block.address}\n${block.asked} asked for`,
    pieces: [
      { d: rectangle(x, y, width, HIGH), fill: tone, veil: strong ? 0.34 : 0.18 },
      { d: hatch(x + width - waste, y, waste, HIGH), stroke: tone, width: 1 },
      { d: rectangle(x + 0.5, y + 0.5, Math.max(1, width - 1), HIGH - 1), stroke: selected ? "text" : tone, width: strong ? 2.25 : 1 },
      ...(width - waste > widthOf(words, 12) + 5 ? [text(words, x + (width - waste) / 2, y + 17.5, 12, "text", { bold: true, anchor: "middle" })] : []),
    ],
  };
}

/** What was given back. @param {[number, number]} block @param {number} y @param {(address: number) => number} x @returns {Piece} */
function goneAt([address, bytes], y, x) {
  const wide = Math.max(2, x(address + bytes) - x(address));
  return { name: "given", data: { address, bytes }, tip: `${bytes} bytes given back at ${address}`, pieces: [{ d: rectangle(x(address) + 0.5, y + 0.5, Math.max(1, wide - 1), HIGH - 1), fill: "hit", veil: 0.1, stroke: "hit", dash: true, width: 1.75 }] };
}
