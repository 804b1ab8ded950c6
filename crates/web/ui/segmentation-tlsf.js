// TLSF's two bitmaps as a figure: a row a first level, its second level beside it, the class of the request, the way to
// the bit that was found, and the lists behind the bits. Everything here is a pure function of its arguments.

import { arrow, frame, text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { chainPieces, ENTRY, entriesOf, rawBytes, takenOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").View} View */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/** @typedef {{level: number, second: number}} Class */
/**
 * `wanted` is the class of the request rounded up, `found` that of the block it got; `set` and `was` are the bits after
 * the step and before it.
 * @typedef {{bits: number, levels: number, set: Set<number>, was: Set<number> | null, wanted: Class | null,
 *   found: Class | null}} Bits
 * @typedef {{first: number, second: number, cell: number, row: number, top: number, left: number}} Layout
 */

const ROW = 35;
/** How high a bit is. */
const BIT = 26;
const TOP = 44;
/** From this width on the lists stand at the right of their rows. */
const WIDE = 700;

/** The smallest size of a class. @param {Class} place @param {number} bits of the second level */
export function leastOf({ level, second }, bits) {
  return level === 0 ? second : (2 ** bits + second) * 2 ** (level - 1);
}

/** The class of a size. @param {number} size @param {number} bits @returns {Class} */
export function classOf(size, bits) {
  const high = Math.floor(Math.log2(Math.max(1, size)));
  if (high < bits) return { level: 0, second: size };
  const level = high - bits + 1;
  return { level, second: Math.floor(size / 2 ** (level - 1)) - 2 ** bits };
}

/** The class whose every block holds a size. @param {number} size @param {number} bits @returns {Class} */
export function wantedOf(size, bits) {
  const high = Math.floor(Math.log2(size));
  return classOf(high > bits ? size + 2 ** (high - bits) - 1 : size, bits);
}

/** The bits that are set, each as the smallest size of its class. @param {View | undefined} view */
function setIn(view) {
  const second = (view?.bitmaps ?? []).slice(1);
  return new Set(second.flatMap(({ bits }) => bits.filter(({ set }) => set).map(({ from }) => from)));
}

/** What the bitmaps say, and what the step looked for. @param {Moment} moment @returns {Bits} */
export function bitsOf(moment) {
  const { before, convention, step, view } = moment;
  const bits = Number(convention["tlsf.second_level"] ?? 4);
  const taken = takenOf(moment);
  const wanted = step?.op === "alloc" && step.size !== null ? wantedOf(rawBytes(convention, step.size), bits) : null;
  const known = [view, before].map((each) => each?.bitmaps?.[0].bits.length ?? 0);
  return {
    bits,
    levels: Math.max(...known, (wanted?.level ?? 0) + 1, classOf(moment.capacity, bits).level + 1),
    set: setIn(view),
    was: before === undefined ? null : setIn(before),
    wanted,
    found: taken === undefined ? null : classOf(taken[1], bits),
  };
}

/**
 * @param {Moment} moment
 * @param {number} width
 * @returns {Figure}
 */
export function tlsfFigure(moment, width) {
  const bits = bitsOf(moment);
  const layout = layoutOf(moment, bits, width);
  const bottom = layout.top + bits.levels * layout.row;
  const wide = width >= WIDE;
  const lists = wide ? listsBeside(moment, bits, layout, width) : listsBelow(moment, bits, bottom + 34, width);
  return {
    width,
    height: Math.max(bottom + 8, lists.bottom),
    pieces: [
      ...headPieces(bits, layout),
      ...Array.from({ length: bits.levels }, (_, level) => rowPieces(level, bits, layout)).flat(),
      ...wayPieces(bits, layout),
      ...lists.pieces,
    ],
  };
}

/** @param {Moment} moment @param {Bits} bits @param {number} width @returns {Layout} */
function layoutOf({ capacity }, { bits }, width) {
  const wide = width >= WIDE;
  const sizes = Math.max(48, widthOf(wide ? `${capacity}–${capacity}` : String(capacity), 12, true) + 10);
  const first = sizes;
  const cell = Math.max(10, Math.min(wide ? 24 : 34, ((wide ? width * 0.66 : width) - sizes - 62) / 2 ** bits));
  return { first, second: first + 62, cell, row: ROW, top: TOP, left: sizes - 10 };
}

/** Where the cell of a class is. @param {Class} place @param {Layout} layout */
function cellAt({ level, second }, { cell, row, second: left, top }) {
  return { x: left + second * cell, y: top + level * row + 2 };
}

/** @param {Bits} bits @param {Layout} layout @returns {Piece[]} */
function headPieces({ bits }, { cell, first, left, second }) {
  const many = 2 ** bits;
  const every = cell >= 15 ? 1 : cell >= 8 ? 4 : 8;
  return [
    text("Bytes", left, 16, 12, "muted", { bold: true, anchor: "end" }),
    text("First", first, 16, 12, "muted", { bold: true }),
    text(cell * many > 250 ? `Second level, ${many} classes a doubling` : "Second level", second, 16, 12, "muted", { bold: true }),
    ...Array.from({ length: many }, (_, index) => index)
      .filter((index) => index % every === 0)
      .map((index) => text(String(index), second + (index + 0.5) * cell, TOP - 7, 10.5, "muted", { mono: true, anchor: "middle" })),
  ];
}

/** A first level: its sizes, its bit, and its classes. @param {number} level @param {Bits} bits @param {Layout} layout @returns {Piece[]} */
function rowPieces(level, bits, layout) {
  const many = 2 ** bits.bits;
  const [from, to] = [leastOf({ level, second: 0 }, bits.bits), leastOf({ level: level + 1, second: 0 }, bits.bits) - 1];
  const classes = Array.from({ length: many }, (_, second) => ({ level, second }));
  const isSet = (/** @type {Set<number>} */ set) => classes.some((place) => set.has(leastOf(place, bits.bits)));
  const y = layout.top + level * layout.row + 2;
  const [now, was] = [isSet(bits.set), bits.was === null ? null : isSet(bits.was)];
  const named = level === bits.wanted?.level || level === bits.found?.level;
  const words = layout.left > widthOf(`${from}–${to}`, 12, true) ? `${from}–${to}` : String(from);
  return [
    text(words, layout.left, y + 17, 12, named || now ? "text" : "muted", { mono: true, anchor: "end", bold: named }),
    bitPiece({ x: layout.first, y, width: 30, now, was, data: { level }, tip: `First level ${level}\n${from} to ${to} bytes` }),
    ...(now || was ? [{ d: `M${layout.first + 30} ${y + 13}h${layout.second - layout.first - 30}`, stroke: "edge" }] : []),
    ...classes.map((place) => secondPiece(place, bits, layout)),
  ];
}

/** @param {Class} place @param {Bits} bits @param {Layout} layout @returns {Piece} */
function secondPiece(place, { bits, set, wanted, was }, layout) {
  const from = leastOf(place, bits);
  const to = leastOf(place.second === 2 ** bits - 1 ? { level: place.level + 1, second: 0 } : { level: place.level, second: place.second + 1 }, bits) - 1;
  const { x, y } = cellAt(place, layout);
  const masked = wanted !== null && (place.level < wanted.level || (place.level === wanted.level && place.second < wanted.second));
  const data = { level: place.level, second: place.second, from };
  const sizes = from === to ? `${from} ${from === 1 ? "byte" : "bytes"}` : `${from} to ${to} bytes`;
  return bitPiece({ x, y, width: layout.cell, now: set.has(from), was: was === null ? null : was.has(from), data, masked, tip: `Class ${place.level}, ${place.second}\n${sizes}${masked ? "\ntoo small for this request" : ""}` });
}

/**
 * A bit; one that the step changed says what it was.
 * @param {{x: number, y: number, width: number, now: boolean, was: boolean | null, data: Record<string, number>, tip: string,
 *   masked?: boolean}} bit
 * @returns {Piece}
 */
function bitPiece({ data, masked = false, now, tip, was, width, x, y }) {
  const changed = was !== null && was !== now;
  const roomy = width >= 21;
  const words = changed && roomy ? `${was ? 1 : 0}→${now ? 1 : 0}` : now ? "1" : width >= 12 ? "0" : "";
  return {
    name: "second" in data ? "bit" : "level",
    data: { ...data, set: String(now), changed: String(changed) },
    tip: `${tip}\n${changed ? (now ? "set in this step" : "cleared in this step") : now ? "a block is in its list" : "its list is empty"}`,
    pieces: [
      { d: rectangle(x + 0.5, y + 0.5, width, BIT - 1), fill: now ? "used" : changed ? "hit" : masked ? "muted" : undefined, veil: now ? 0.2 : changed ? 0.1 : 0.08, stroke: "edge" },
      ...(changed ? [{ d: rectangle(x + 1.5, y + 1.5, width - 2, BIT - 3), stroke: "hit", width: 2 }] : []),
      text(words, x + width / 2 + 0.5, y + 17, words.length > 1 ? 10.5 : width >= 16 ? 13 : 10.5, now || changed ? "text" : "muted", { mono: true, bold: now, anchor: "middle" }),
    ],
  };
}

/** From the class of the request to the bit that was found. @param {Bits} bits @param {Layout} layout @returns {Piece[]} */
function wayPieces({ bits, found, wanted }, layout) {
  if (wanted === null) return [];
  const { cell } = layout;
  const from = cellAt(wanted, layout);
  const tone = found === null ? "fault" : "focus";
  const box = (/** @type {{x: number, y: number}} */ { x, y }, /** @type {string} */ hue, /** @type {boolean} */ dash) => ({ d: frame(x - 1, y - 1, cell + 3, BIT + 2, 3), stroke: hue, width: 2.5, dash });
  const data = { level: wanted.level, second: wanted.second, least: leastOf(wanted, bits), found: found === null ? "" : `${found.level} ${found.second}` };
  /** @type {Piece[]} */
  const pieces = [box(from, tone, true)];
  if (found !== null) {
    const to = cellAt(found, layout);
    pieces.push(...hops(from, to, wanted.level === found.level, layout), box(to, "hit", false));
  }
  const outcome = found === null ? "no bit from here on is set" : "the first set bit from here on is ringed";
  return [{ name: "way", data, tip: `The request’s class, rounded up\nfrom ${leastOf(wanted, bits)} bytes on\n${outcome}`, pieces }];
}

/**
 * Between the rows: along the second level, or by way of the first.
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @param {boolean} level whether both are of one first level
 * @param {Layout} layout
 * @returns {Piece[]}
 */
function hops(from, to, level, { cell, first, row, second }) {
  const [start, end] = [from.x + cell / 2, to.x + cell / 2];
  const below = from.y + BIT + 4.5;
  if (level) return from.x === to.x ? [] : arrow([[start, from.y + BIT + 2], [start, below], [end, below], [end, to.y + BIT + 2]], "focus", true);
  const lane = second - 16;
  const above = to.y - row + BIT + 4.5;
  return [
    ...arrow([[start, from.y + BIT + 2], [start, below], [lane, below], [lane, to.y + 7], [first + 32, to.y + 7]], "focus", true),
    ...arrow([[first + 32, to.y + 19], [second - 8, to.y + 19], [second - 8, above], [end, above], [end, to.y - 2]], "focus", true),
  ];
}

/** The lists that have a block, or had one before the step, the smallest class first. @param {Moment} moment @param {Bits} bits */
function listsOf(moment, { bits }) {
  const named = (/** @type {import("./segmentation-pieces.js").FreeList[] | undefined} */ lists) => new Map((lists ?? []).map((list) => [list.name, list]));
  const [now, was] = [named(moment.view.lists), named(moment.before?.lists)];
  const names = [...new Set([...now.keys(), ...was.keys()])];
  return names
    .map((name) => {
      const [list, old] = [now.get(name), was.get(name)];
      const place = classOf((list ?? old)?.holes[0]?.[1] ?? 0, bits);
      return { name, place, least: leastOf(place, bits), len: list?.len ?? 0, entries: entriesOf(list, old, moment) };
    })
    .sort((a, b) => a.least - b.least);
}

/** The lists of each first level at its row, the classes one after the other. @param {Moment} moment @param {Bits} bits @param {Layout} layout @param {number} width */
function listsBeside(moment, bits, layout, width) {
  const x = layout.second + layout.cell * 2 ** bits.bits + 30;
  const lists = listsOf(moment, bits);
  /** @type {Piece[]} */
  const pieces = [text("Lists behind the bits, head first", x, 16, 12, "muted", { bold: true })];
  for (let level = 0; level < bits.levels; level += 1) {
    const mine = lists.filter(({ place }) => place.level === level);
    if (mine.length === 0) continue;
    const y = layout.top + level * layout.row + 4;
    const fits = mine.slice(0, mine.length > 1 ? 2 : 1);
    pieces.push({ d: `M${x - 26} ${y + ENTRY / 2}h20`, stroke: "edge", dash: true });
    const part = (width - x) / fits.length;
    for (const [rank, { entries, least, len, name }] of fits.entries()) {
      const last = rank === fits.length - 1 && mine.length > fits.length;
      pieces.push({ name: "list", data: { least, len, level }, tip: name, pieces: chainPieces(entries, len, { x: x + rank * part, y, width: part - (last ? 34 : 8), sized: true }) });
      if (last) pieces.push(text(`+${mine.length - fits.length}`, width - 26, y + 15, 11, "muted"));
    }
  }
  return { pieces, bottom: 0 };
}

/** The same one under the other, where there is no room beside. @param {Moment} moment @param {Bits} bits @param {number} top @param {number} width */
function listsBelow(moment, bits, top, width) {
  const lists = listsOf(moment, bits);
  const label = Math.max(60, ...lists.map(({ least }) => widthOf(`from ${least}`, 12) + 14));
  const pieces = lists.flatMap(({ entries, least, len, name, place }, index) => {
    const y = top + 12 + index * (ENTRY + 6);
    return [text(`from ${least}`, 0, y + 15, 12, "muted"), /** @type {Piece} */ ({ name: "list", data: { least, len, level: place.level }, tip: name, pieces: chainPieces(entries, len, { x: label, y, width: width - label, sized: true }) })];
  });
  return { pieces: [text("Lists behind the bits, head first", 0, top, 12, "muted", { bold: true }), ...pieces], bottom: top + 16 + lists.length * (ENTRY + 6) };
}
