// What the pictures of allocators have in common: a moment of a run, owners' hues, hatching, chains of free blocks.
// Everything here is a pure function of its arguments.

import { arrow, frame, text } from "./figure-pieces.js";
import { patternOf, rectangle } from "./segmentation-map.js";

/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/**
 * A span is its first byte and its bytes. A view is what a policy decides by, in the parts that it has.
 * @typedef {[number, number]} Span
 * @typedef {{name: string, len: number, holes: Span[]}} FreeList
 * @typedef {{address: number, size: number, depth: number, state: "split" | "free" | "held"}} Node
 * @typedef {{name: string, bits: {from: number, set: boolean}[]}} Bitmap
 * @typedef {{address: number, size: number, held: boolean[]}} Slab
 * @typedef {{name: string, object_bytes: number, partial: Slab[], full: Slab[], empty: Slab[]}} Cache
 * @typedef {{lists?: FreeList[], tree?: Node[], bitmaps?: Bitmap[], caches?: Cache[],
 *   marks?: {name: string, address: number}[], gauges?: {name: string, value: number}[]}} View
 * @typedef {{index: number, op: "alloc" | "free" | "compact", id: number | null, size: number | null,
 *   address: number | null, block: Span | null, searched: number, free_list: Span[], overhead_bytes?: number,
 *   looked?: Span[], merged?: Span[], moved?: {id: number, from: number, to: number}[], explain: string, view?: View}} Step
 * @typedef {Record<string, string | number>} Convention every parameter of a run with its value
 * @typedef {{id: number, address: number, size: number, asked: number}} Held a block that a request holds, its raw bytes,
 *   and those that were asked for
 */
/**
 * What an allocator has after a step, beside what it had before it. `before` and `step` are undefined where there is no
 * step yet. `selected` is the request that is shown strong in every picture, `hole` the address of such a hole.
 * @typedef {{policy: string, base: number, capacity: number, convention: Convention, view: View, before: View | undefined,
 *   step: Step | undefined, held: Held[], selected: number | null, hole?: number | null}} Moment
 */
/**
 * An entry of a chain: a hole that the step took or joined to another is `gone`, one that it put there is `fresh`.
 * `order` is the place in which it was looked at, from 1; 0 where it was not.
 * @typedef {{hole: Span, state: "free" | "gone" | "fresh", order: number, taken: boolean, selected: boolean}} Entry
 */

const OWNERS = 8;
/** How high an entry of a chain is, and how far entries are apart. */
export const ENTRY = 22;
const LINK = 18;

/** From here on ids are addresses, which are multiples of the same power of two. */
const ADDRESSES = 2 ** 20;

/** A request's hue; those of addresses are spread (Knuth, volume 3, 6.4, multiplicative hashing). @param {number} id */
export function toneOf(id) {
  const number = id < ADDRESSES ? id % OWNERS : Math.imul(id % 2 ** 32, 0x9e3779b1) >>> 29;
  return `owner-${number + 1}`;
}

/** About how wide words are drawn. @param {string} words @param {number} size @param {boolean} [mono] */
export function widthOf(words, size, mono = false) {
  return words.length * size * (mono ? 0.61 : 0.56);
}

/** Rising lines inside a rectangle: bytes that nobody asked for. @param {number} x @param {number} y @param {number} width @param {number} height */
export function hatch(x, y, width, height) {
  return width < 1 || height < 1 ? "" : patternOf("heap", x, y, width, height);
}

/**
 * The bytes of the block that a request needs at the least: aligned, with its header.
 * @param {Convention} convention
 * @param {number} size
 */
export function rawBytes(convention, size) {
  const [align, header, minimum] = ["align", "header", "minimum"].map((name) => Number(convention[`block.${name}`] ?? 0));
  const unit = Math.max(1, align);
  return Math.max(Math.ceil(size / unit) * unit + header, minimum);
}

/** The blocks by their first bytes. @param {Moment} moment */
export function holdersOf({ held }) {
  return new Map(held.map((block) => [block.address, block]));
}

/** Whether two spans are the same. @param {Span} one @param {Span | null | undefined} other */
export function same(one, other) {
  return other !== null && other !== undefined && one[0] === other[0] && one[1] === other[1];
}

/**
 * The free block that the request of this step was cut from; undefined where the step took none.
 * @param {Moment} moment
 * @returns {Span | undefined}
 */
export function takenOf({ before, step }) {
  if (step?.op !== "alloc" || step.block === null) return undefined;
  const [address] = step.block;
  const among = (/** @type {Span[]} */ holes) => holes.find(([from, bytes]) => from <= address && address < from + bytes);
  return among(step.looked ?? []) ?? among((before?.lists ?? []).flatMap(({ holes }) => holes));
}

/**
 * A list after the step with what the step took from it and put into it.
 * @param {FreeList | undefined} now
 * @param {FreeList | undefined} was
 * @param {Moment} moment
 * @returns {Entry[]}
 */
export function entriesOf(now, was, moment) {
  const taken = takenOf(moment);
  const looked = moment.step?.looked ?? [];
  const known = new Map(was?.holes ?? []);
  const left = new Map(now?.holes ?? []);
  const orders = new Map(looked.map(([address, bytes], place) => [address, { bytes, order: place + 1 }]));
  const entry = (/** @type {Span} */ hole, /** @type {Entry["state"]} */ state) => ({
    hole,
    state,
    order: orders.get(hole[0])?.bytes === hole[1] ? (orders.get(hole[0])?.order ?? 0) : 0,
    taken: state === "gone" && same(hole, taken),
    selected: state !== "gone" && hole[0] === moment.hole,
  });
  const entries = (now?.holes ?? []).map((hole) => entry(hole, moment.before === undefined || known.get(hole[0]) === hole[1] ? "free" : "fresh"));
  for (const [place, hole] of (was?.holes ?? []).entries()) {
    if (left.get(hole[0]) !== hole[1]) entries.splice(Math.min(place, entries.length), 0, entry(hole, "gone"));
  }
  return entries;
}

/** How far the lines of a chain are apart. */
export const LINE = ENTRY + 6;

/**
 * A chain of free blocks from its head, as far as there is room; the rest is counted.
 * @param {Entry[]} entries
 * @param {number} len how many blocks the list has
 * @param {{x: number, y: number, width: number, sized: boolean, lines?: number}} place `sized`: with the bytes of each block
 * @returns {Piece[]}
 */
export function chainPieces(entries, len, { lines = 1, sized, width, x, y: top }) {
  /** @type {Piece[]} */
  const pieces = [];
  const all = len + entries.filter(({ state }) => state === "gone").length;
  let [left, line] = [x, 0];
  for (const [place, entry] of entries.entries()) {
    const box = entryWidth(entry, sized);
    const link = place === 0 ? 0 : LINK;
    const rest = line < lines - 1 || place === all - 1 ? 0 : 34;
    if (place > 0 && left + link + box + rest > x + width) {
      if (line === lines - 1) return [...pieces, text(`+${all - place}`, left + 6, top + line * LINE + 15, 11, "muted")];
      [left, line] = [x, line + 1];
    }
    const y = top + line * LINE;
    if (link > 0) pieces.push(...arrow([[left + 1, y + ENTRY / 2], [left + LINK - 1, y + ENTRY / 2]], "muted", false));
    pieces.push(entryPiece(entry, left + link, y, box, sized));
    left += link + box;
  }
  return pieces;
}

/** How many lines a chain fills. @param {Entry[]} entries @param {number} width @param {boolean} sized */
export function linesOf(entries, width, sized) {
  let [left, lines] = [0, 1];
  for (const [place, entry] of entries.entries()) {
    const step = entryWidth(entry, sized) + (place === 0 ? 0 : LINK);
    if (place > 0 && left + step > width) [left, lines] = [0, lines + 1];
    left += step;
  }
  return lines;
}

/** @param {Entry} entry @param {boolean} sized */
function entryWidth({ hole, order }, sized) {
  const words = sized ? `${hole[0]}+${hole[1]}` : String(hole[0]);
  return Math.max(30, widthOf(words, 11.5, true) + (order > 0 && sized ? 30 : 14));
}

/** @param {Entry} entry @param {number} x @param {number} y @param {number} width @param {boolean} sized @returns {Piece} */
function entryPiece({ hole: [address, bytes], order, selected, state, taken }, x, y, width, sized) {
  const tone = selected ? "text" : taken || state === "fresh" ? "hit" : state === "gone" ? "muted" : "free";
  const middle = y + 15;
  const fate = taken ? "\ntaken by this request" : { free: "", gone: "\nleft the list", fresh: "\nnew in the list" }[state];
  const words = sized ? [text(String(address), x + 7, middle, 11.5, "text", { mono: true, bold: state !== "gone" }), text(`+${bytes}`, x + 7 + widthOf(String(address), 11.5, true), middle, 11.5, "muted", { mono: true })] : [text(String(address), x + width / 2, middle, 11.5, state === "gone" && !taken ? "muted" : "text", { mono: true, anchor: "middle", bold: state !== "gone" })];
  return {
    name: "hole",
    data: { address, bytes, state, taken: String(taken), order, selected: String(selected) },
    tip: `${bytes} bytes free at ${address}${fate}`,
    pieces: [
      { d: frame(x + 0.5, y + 0.5, width - 1, ENTRY - 1), stroke: tone, fill: state === "free" ? undefined : tone, veil: state === "gone" && !taken ? 0.04 : 0.12, width: selected ? 2.5 : state === "free" ? 1 : 1.75, dash: state === "gone" },
      ...words,
      ...(order > 0 && sized ? [text(taken ? "✓" : `${order}`, x + width - 6, middle, 11, tone === "free" ? "muted" : tone, { bold: true, anchor: "end" })] : []),
    ],
  };
}

/**
 * A block of memory in a row of memory: its hue, and what of it nobody asked for is hatched.
 * @param {Held} block
 * @param {{x: number, y: number, width: number, height: number}} place
 * @param {boolean} strong whether this step placed it
 * @param {boolean} selected
 * @returns {Piece}
 */
export function heldPiece(block, { height, width, x, y }, strong, selected) {
  const tone = toneOf(block.id);
  const waste = Math.max(0, Math.min(width, width * (1 - block.asked / block.size)));
  const words = String(block.id);
  const note = block.asked === block.size ? String(block.size) : `${block.asked} of ${block.size}`;
  const beside = width - waste > widthOf(words, 13) + 6;
  const named = width > widthOf(words, 13) + 4;
  const noted = width - waste > widthOf(words, 13) + widthOf(note, 11) + 26;
  return {
    name: "held",
    data: { id: block.id, address: block.address, bytes: block.size, selected: String(selected) },
    tip: `Request ${block.id}\n${block.size} bytes at ${block.address}\n${block.asked} asked for${block.asked < block.size ? `, ${block.size - block.asked} to no use` : ""}`,
    pieces: [
      { d: rectangle(x, y, width, height), fill: "ground" },
      { d: rectangle(x, y, width, height), fill: tone, veil: strong || selected ? 0.3 : 0.16 },
      { d: hatch(x + width - waste, y, waste, height), stroke: tone, width: 1 },
      { d: rectangle(x + 0.5, y + 0.5, Math.max(1, width - 1), height - 1), stroke: selected ? "text" : tone, width: selected ? 2.5 : strong ? 2.25 : 1 },
      ...(named && !beside ? [{ d: rectangle(x + width / 2 - widthOf(words, 13) / 2 - 2, y + height / 2 - 8, widthOf(words, 13) + 4, 16), fill: "ground", veil: 0.8 }] : []),
      ...(named ? [text(words, noted ? x + 7 : x + (beside ? width - waste : width) / 2, y + height / 2 + 4.5, 13, "text", { bold: true, anchor: noted ? "start" : "middle" })] : []),
      ...(noted ? [text(note, x + width - waste - 6, y + height / 2 + 4, 11, "text", { anchor: "end" })] : []),
    ],
  };
}

/**
 * Addresses under a row of memory, those that have room; the last always has.
 * @param {number[]} addresses in order
 * @param {(address: number) => number} x
 * @param {number} y
 * @param {number} right where the row ends
 * @returns {Piece[]}
 */
export function rulerPieces(addresses, x, y, right) {
  let free = -Infinity;
  const last = addresses.length - 1;
  const reserved = right - widthOf(String(addresses[last]), 11, true) - 6;
  return addresses.flatMap((address, place) => {
    const half = widthOf(String(address), 11, true) / 2;
    const at = Math.max(half, Math.min(x(address), right - half));
    if (at - half < free || (place < last && at + half > reserved)) return [];
    free = at + half + 7;
    return [text(String(address), at, y, 11, "muted", { mono: true, anchor: "middle" })];
  });
}
