// An arena as a figure: its blocks in the order of their addresses, bytes that are dead until nothing is held, and where
// the next block begins. Everything here is a pure function of its arguments.

import { text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { hatch, heldPiece, rulerPieces, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */

const TOP = 58;
const HIGH = 44;

/**
 * @param {Moment} moment
 * @param {number} width
 * @returns {Figure}
 */
export function bumpFigure(moment, width) {
  const { base, capacity, held, step, view } = moment;
  const next = nextOf(view) ?? base;
  const was = nextOf(moment.before ?? {});
  const x = (/** @type {number} */ address) => 4 + ((address - base) / capacity) * (width - 8);
  const blocks = [...held].sort((a, b) => a.address - b.address);
  const free = base + capacity - next;
  const starts = [base, ...blocks.flatMap(({ address, size }) => [address, address + size]), next, base + capacity];
  return {
    width,
    height: TOP + HIGH + 26,
    pieces: [
      { d: rectangle(4, TOP, width - 8, HIGH), stroke: "muted" },
      ...deadPieces(moment, next, x),
      ...blocks.map((block) => heldPiece(block, { x: x(block.address), y: TOP, width: Math.max(2, x(block.address + block.size) - x(block.address)), height: HIGH }, step?.op === "alloc" && step.block?.[0] === block.address, block.id === moment.selected)),
      ...(free > 0 ? freePieces(free, next, x, base + capacity) : []),
      ...(was !== undefined && was !== next ? [pointer(was, x, "muted", width, "")] : []),
      pointer(next, x, was !== undefined && was !== next ? "hit" : "focus", width, "next block"),
      ...rulerPieces([...new Set(starts)].sort((a, b) => a - b), x, TOP + HIGH + 16, width - 2),
    ],
  };
}

/** Where the next block begins. @param {import("./segmentation-pieces.js").View} view */
function nextOf({ marks = [] }) {
  return marks.find(({ name }) => name === "next block")?.address;
}

/** Bytes before the next block that no request holds. @param {Moment} moment @param {number} next @param {(address: number) => number} x @returns {Piece[]} */
function deadPieces({ base, held }, next, x) {
  const blocks = [...held].sort((a, b) => a.address - b.address);
  /** @type {Piece[]} */
  const pieces = [];
  let at = base;
  for (const { address, size } of [...blocks, { address: next, size: 0 }]) {
    if (address > at) pieces.push(deadPiece(at, address - at, x));
    at = Math.max(at, address + size);
  }
  return pieces;
}

/** @param {number} address @param {number} bytes @param {(address: number) => number} x @returns {Piece} */
function deadPiece(address, bytes, x) {
  const [from, wide] = [x(address), x(address + bytes) - x(address)];
  const words = [`${bytes} dead`, String(bytes)].find((each) => widthOf(each, 11) + 12 < wide);
  return {
    name: "dead",
    data: { address, bytes },
    tip: `${bytes} dead bytes at ${address}\nuntil nothing is held any more`,
    pieces: [
      { d: hatch(from, TOP, wide, HIGH), stroke: "muted", width: 1 },
      { d: rectangle(from + 0.5, TOP + 0.5, Math.max(1, wide - 1), HIGH - 1), stroke: "muted" },
      ...(words === undefined ? [] : [{ d: rectangle(from + wide / 2 - widthOf(words, 11) / 2 - 5, TOP + 13, widthOf(words, 11) + 10, 18), fill: "ground" }, text(words, from + wide / 2, TOP + 26, 11, "text", { anchor: "middle" })]),
    ],
  };
}

/** @param {number} free @param {number} next @param {(address: number) => number} x @param {number} end @returns {Piece[]} */
function freePieces(free, next, x, end) {
  const wide = x(end) - x(next);
  const words = `${free} free`;
  return [
    { d: rectangle(x(next) + 1.5, TOP + 1.5, Math.max(1, wide - 3), HIGH - 3), stroke: "free", dash: true },
    ...(wide > widthOf(words, 12) + 10 ? [text(words, x(next) + wide / 2, TOP + 26, 12, "muted", { anchor: "middle" })] : []),
  ];
}

/** @param {number} address @param {(address: number) => number} x @param {string} tone @param {number} width @param {string} words @returns {Piece} */
function pointer(address, x, tone, width, words) {
  const at = x(address);
  const wide = widthOf(`${words} at ${address}`, 12);
  return {
    name: words === "" ? "before" : "next",
    data: { address },
    tip: words === "" ? `The next block began at ${address}` : `The next block begins at ${address}`,
    pieces: [
      { d: `M${at} ${TOP - 3}l-6 -10h12Z`, fill: tone },
      { d: `M${at} ${TOP - 12}v-12`, stroke: tone, width: 2 },
      ...(words === "" ? [] : [text(`${words} at ${address}`, Math.min(Math.max(4, at - wide / 2), width - wide - 4), TOP - 32, 12, tone === "hit" ? "hit" : "text", { bold: true })]),
    ],
  };
}
