// Lists by size as a figure: segregated fits' classes, quick fit's lists of exact sizes with the general list behind
// them, each chain from its head; where the request looked, in which order, and what it took. Everything here is a pure
// function of its arguments.

import { arrow, text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { chainPieces, entriesOf, LINE, linesOf, rawBytes, same, takenOf, widthOf } from "./segmentation-pieces.js";
import { classOf, leastOf } from "./segmentation-tlsf.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Entry} Entry */
/** @typedef {import("./segmentation-pieces.js").FreeList} FreeList */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/**
 * A list, or a run of lists that are empty. `least` orders them; `own` is the request's own, `source` the one that it
 * took a block from.
 * @typedef {{least: number, label: string, len: number, entries: Entry[], own: boolean, source: boolean, empty: number}} Row
 */

const TOP = 30;
const ROW = 34;
const GAP = 20;
/** Lines that the chain of a list fills at most. */
const MOST_LINES = 5;
const HEAD = 26;

/**
 * @param {Moment} moment
 * @param {number} width
 * @returns {Figure}
 */
export function classesFigure(moment, width) {
  const [words, rowsOf] = KINDS[moment.policy] ?? KINDS.other;
  const rows = rowsOf(moment);
  const high = rows.length > 12 ? ROW - 4 : ROW;
  const label = Math.max(70, ...rows.map((row) => widthOf(row.label, 12, true))) + 8;
  const place = { lane: 18, label, x: 18 + label + HEAD + 22, width: width - label - HEAD - 40 };
  let y = TOP;
  const tops = rows.map(({ empty, entries }) => {
    const top = y;
    y += empty > 0 ? GAP : high + (Math.min(MOST_LINES, linesOf(entries, place.width, true)) - 1) * LINE;
    return top;
  });
  return {
    width,
    height: y + 4,
    pieces: [
      text(words, place.lane, 16, 12, "muted", { bold: true }),
      ...rows.flatMap((row, index) => rowPieces(row, tops[index], place)),
      ...wayPieces(rows, tops),
    ],
  };
}

/** The lists by name, with what the step changed in them. @param {Moment} moment */
function listsOf(moment) {
  const named = (/** @type {FreeList[] | undefined} */ lists) => new Map((lists ?? []).map((list) => [list.name, list]));
  const [now, was] = [named(moment.view.lists), named(moment.before?.lists)];
  const taken = takenOf(moment);
  return [...new Set([...now.keys(), ...was.keys()])].map((name) => {
    const [list, old] = [now.get(name), was.get(name)];
    const entries = entriesOf(list, old, moment);
    const source = taken !== undefined && (old ?? list)?.holes.some((hole) => same(hole, taken)) === true;
    return { name, size: (list ?? old)?.holes[0]?.[1] ?? 0, len: list?.len ?? 0, entries, source };
  });
}

/** The bytes of the block that the request of this step needs; null for other steps. @param {Moment} moment */
function neededOf({ convention, step }) {
  return step?.op === "alloc" && step.size !== null ? rawBytes(convention, step.size) : null;
}

/** Classes with a block and the request's own, and between them how many are empty. @param {Moment} moment @returns {Row[]} */
function segregatedRows(moment) {
  const bits = Math.log2(Number(moment.convention["segregated.classes"] ?? 4));
  const rank = (/** @type {number} */ size) => {
    const { level, second } = classOf(size, bits);
    return level * 2 ** bits + second;
  };
  const least = (/** @type {number} */ number) => leastOf({ level: Math.floor(number / 2 ** bits), second: number % 2 ** bits }, bits);
  const needed = neededOf(moment);
  const lists = new Map(listsOf(moment).map((list) => [rank(list.size), list]));
  const own = needed === null ? null : rank(needed);
  const shown = [...new Set([...lists.keys(), ...(own === null ? [] : [own])])].sort((a, b) => a - b);
  return shown.flatMap((number, index) => {
    const before = number - (index === 0 ? rank(1) : shown[index - 1] + 1);
    const [from, to] = [least(number), least(number + 1) - 1];
    const { entries = [], len = 0, source = false } = lists.get(number) ?? {};
    const row = { least: from, label: from === to ? String(from) : `${from}–${to}`, len, entries, own: number === own, source, empty: 0 };
    return before === 0 ? [row] : [emptyRow(from - 0.5, before), row];
  });
}

/** @param {number} least @param {number} empty @returns {Row} */
function emptyRow(least, empty) {
  return { least, label: "", len: 0, entries: [], own: false, source: false, empty };
}

/** Quick lists with a block and the request's own, and the general list. @param {Moment} moment @returns {Row[]} */
function quickRows(moment) {
  const largest = Number(moment.convention["quick.largest"] ?? 32);
  const needed = neededOf(moment);
  const all = listsOf(moment);
  const general = all.find(({ name }) => name === "general list");
  const quick = new Map(all.filter((list) => list !== general).map((list) => [list.size, list]));
  const own = needed !== null && needed <= largest ? needed : null;
  const sizes = [...new Set([...quick.keys(), ...(own === null ? [] : [own])])].sort((a, b) => a - b);
  const rows = sizes.map((size) => {
    const { entries = [], len = 0, source = false } = quick.get(size) ?? {};
    return { least: size, label: `exactly ${size}`, len, entries, own: size === own, source, empty: 0 };
  });
  const rest = largest - sizes.length;
  const { entries = [], len = 0, source = false } = general ?? {};
  const last = { least: Infinity, label: "general", len, entries, own: needed !== null && own === null, source, empty: 0 };
  return [...rows, ...(rest > 0 ? [emptyRow(largest, rest)] : []), last];
}

/** Every list by its name: policies that keep one. @param {Moment} moment @returns {Row[]} */
function namedRows(moment) {
  const needed = neededOf(moment);
  return listsOf(moment).map(({ entries, len, name, source }, index) => ({ least: index, label: name, len, entries, own: needed !== null, source, empty: 0 }));
}

/** The heading of a policy's lists, and its rows. @type {Record<string, [string, (moment: Moment) => Row[]]>} */
const KINDS = {
  quick: ["Quick lists by exact size, and the general list", quickRows],
  segregated: ["Free lists by size class, head first", segregatedRows],
  other: ["Free list, in its own order", namedRows],
};

/** @param {Row} row @param {number} y @param {{lane: number, label: number, x: number, width: number}} place @returns {Piece[]} */
function rowPieces({ empty, entries, label, least, len, own, source }, y, place) {
  if (empty > 0) return [text(`⋮  ${empty} empty ${empty === 1 ? "list" : "lists"}`, place.lane + 2, y + 13, 11, "muted")];
  const tone = source ? "hit" : own ? "focus" : "muted";
  const head = place.lane + place.label;
  const filled = len > 0;
  /** @type {Piece[]} */
  const pieces = [
    text(label, head - 8, y + 17, 12, own || source || filled ? "text" : "muted", { mono: true, bold: own || source, anchor: "end" }),
    { d: rectangle(head + 0.5, y + 0.5, HEAD, 26), fill: filled ? "used" : undefined, veil: 0.16, stroke: own || source ? tone : "edge", width: own || source ? 2.25 : 1, dash: own && !source },
    text(String(len), head + HEAD / 2 + 0.5, y + 18, 12, filled ? "text" : "muted", { mono: true, bold: filled, anchor: "middle" }),
  ];
  if (entries.length > 0) {
    pieces.push(...arrow([[head + HEAD + 2, y + 13], [place.x - 2, y + 13]], "muted", false), ...chainPieces(entries, len, { x: place.x, y: y + 2, width: place.width, sized: true, lines: MOST_LINES }));
  } else {
    pieces.push(text("empty", place.x - 14, y + 17, 11, "muted"));
  }
  return [{ name: "list", data: { least: Number.isFinite(least) ? least : "general", len, own: String(own), source: String(source) }, pieces }];
}

/** From the request's own list to the one that a block was taken from. @param {Row[]} rows @param {number[]} tops @returns {Piece[]} */
function wayPieces(rows, tops) {
  const [own, source] = [rows.findIndex((row) => row.own), rows.findIndex((row) => row.source)];
  if (own < 0 && source < 0) return [];
  const from = tops[own < 0 ? source : own] + 13;
  if (source < 0) return [{ name: "way", data: { found: "false" }, pieces: [text("✕", 6, from + 5, 14, "fault", { bold: true, anchor: "middle" })] }];
  const to = tops[source] + 13;
  const points = /** @type {[number, number][]} */ (from === to ? [[0, to], [15, to]] : [[15, from], [4, from], [4, to], [15, to]]);
  return [{ name: "way", data: { found: "true" }, tip: from === to ? "The request’s own list has a block" : "The request’s own list has none that fits", pieces: arrow(points, "focus", true) }];
}

