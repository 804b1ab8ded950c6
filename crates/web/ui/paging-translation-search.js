// A search of an inverted or hashed table as a drawing: the address, the entries in the order they are looked at, and
// what stands behind them. Everything here is a pure function of its arguments.

import { arrow, bitsOf, fieldPiece, frame, OFFSET_TONE, text } from "./figure-pieces.js";
import { hexOf } from "./paging-translation-problem.js";

/** @typedef {import("./figure-pieces.js").Figure} Figure */
/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./paging-translation-problem.js").Probe} Probe */
/** @typedef {import("./paging-translation-problem.js").Search} Search */
/** @typedef {import("./paging-translation-problem.js").Searches} Searches */
/** @typedef {import("./paging-translation-problem.js").Step} Step */
/** @typedef {{answer: Searches, search: Search, step: Step, addressBits: number, chain: number}} SearchScene
 *   `addressBits` of an address are shown; `chain` is the longest that is drawn in the answer */

const PAGE_TONE = "owner-5";
const FRAME_TONE = "owner-3";
const BOX = { width: 132, height: 66, gap: 34 };
const ROW = 24;
/** Buckets that are drawn, and entries of an inverted table. */
const MOST_BUCKETS = 9;
const MOST_ENTRIES = 16;

/**
 * @param {SearchScene} scene
 * @param {number} width
 * @returns {Figure}
 */
export function searchFigure(scene, width) {
  const { addressBits, answer, search } = scene;
  const bit = Math.min(16, (width - 20) / addressBits);
  const pageBits = addressBits - answer.offset_bits;
  const address = BigInt(search.virtual_address);
  const fields = [
    { name: "page", low: answer.offset_bits, bits: bitsOf(address, answer.offset_bits, pageBits), tone: PAGE_TONE, index: true },
    { name: "offset", low: 0, bits: bitsOf(address, 0, answer.offset_bits), tone: OFFSET_TONE, index: false },
  ];
  const offsetX = pageBits * bit + 10;
  const pieces = [
    fieldPiece(fields[0], { x: 0, y: 34, width: pageBits * bit, bit, strong: true }),
    fieldPiece(fields[1], { x: offsetX, y: 34, width: answer.offset_bits * bit, bit }),
  ];
  const body = answer.table === "hashed" ? chainPieces(scene, width) : entriesPieces(scene, width);
  pieces.push(...body.pieces, ...physical(scene, body.height + 46));
  return { width, height: body.height + 100, pieces };
}

/** How an entry looks at this step. @param {SearchScene} scene @param {number} place among the probes */
function lookOf({ search, step }, place) {
  const probe = search.probes[place];
  if (probe === undefined || place >= step.shown) return { tone: "edge", ink: "muted", dash: true, mark: "" };
  if (probe.matches) return { tone: "hit", ink: "text", dash: false, mark: "✓" };
  return { tone: "fault", ink: "text", dash: false, mark: "✕" };
}

/** @param {Probe} probe */
function ownerOf({ page, process }) {
  return process === null || page === null ? "empty" : `${process} : ${hexOf(page)}`;
}

/** Buckets at the left, the chain of the one that is hashed to at the right. @param {SearchScene} scene @param {number} width */
function chainPieces(scene, width) {
  const { answer, search, step } = scene;
  const bucket = search.bucket ?? 0;
  const count = Math.min(answer.size, MOST_BUCKETS);
  const first = Math.max(0, Math.min(bucket - Math.floor(count / 2), answer.size - count));
  const top = 128;
  const formula = `(${hexOf(search.page)} + ${search.process}) mod ${answer.size} = ${bucket}`;
  /** @type {Piece[]} */
  const pieces = [text(formula, 0, top - 18, 13, "text", { mono: true, bold: true })];
  const middle = top + (bucket - first) * ROW + ROW / 2;
  for (let index = first; index < first + count; index += 1) {
    const y = top + (index - first) * ROW;
    const mine = index === bucket;
    pieces.push(
      { d: `M26 ${y}h44v${ROW}h-44Z`, stroke: mine ? PAGE_TONE : "edge", fill: mine ? PAGE_TONE : undefined, veil: 0.16, width: mine ? 2 : 1 },
      text(String(index), 20, y + 16, 12, mine ? PAGE_TONE : "muted", { mono: true, anchor: "end", bold: mine }),
    );
  }
  const chain = [...search.probes, ...search.rest];
  const across = Math.max(1, Math.floor((width - 104 + BOX.gap) / (BOX.width + BOX.gap)));
  let from = { x: 70, y: middle };
  chain.forEach((probe, place) => {
    const x = 104 + (place % across) * (BOX.width + BOX.gap);
    const y = Math.max(top, middle - BOX.height / 2) + Math.floor(place / across) * (BOX.height + 28);
    const look = lookOf(scene, place);
    const target = { x, y: y + (place < across ? middle - Math.max(top, middle - BOX.height / 2) : BOX.height / 2) };
    const bend = place > 0 && place % across === 0;
    pieces.push(
      ...arrow(
        bend
          ? [[from.x, from.y], [from.x + 10, from.y], [from.x + 10, y - 13], [x - 16, y - 13], [x - 16, target.y], [x - 1, target.y]]
          : [[from.x, from.y], [x - 1, target.y]],
        place < step.shown ? "text" : "muted",
        place < step.shown,
      ),
      entryBox(probe, x, y, look, place),
    );
    from = { x: x + BOX.width, y: target.y };
  });
  if (chain.length === 0) pieces.push(text("∅ the chain is empty", 88, middle + 5, 13, step.deed === "fault" ? "fault" : "muted"));
  const lines = Math.ceil(Math.max(1, scene.chain) / across);
  const height = top + count * ROW + BOX.height / 2 + (lines - 1) * (BOX.height + 28);
  return { pieces, height };
}

/**
 * @param {Probe} probe
 * @param {number} x
 * @param {number} y
 * @param {ReturnType<typeof lookOf>} look
 * @param {number} place
 * @returns {Piece}
 */
function entryBox(probe, x, y, { dash, ink, mark, tone }, place) {
  return {
    name: "probe",
    data: { entry: probe.entry, place: place + 1, state: mark === "" ? "unread" : probe.matches ? "match" : "other" },
    tip: `Entry ${probe.entry}\n${ownerOf(probe)}\n${probe.bytes}`,
    pieces: [
      { d: frame(x, y, BOX.width, BOX.height), stroke: tone, dash, width: dash ? 1 : 2, fill: dash ? undefined : tone, veil: 0.1 },
      text(`entry ${probe.entry}`, x + 8, y + 17, 11, "muted"),
      text(mark, x + BOX.width - 8, y + 18, 14, tone === "edge" ? "muted" : tone, { anchor: "end", bold: true }),
      text(ownerOf(probe), x + 8, y + 37, 14, ink, { mono: true, bold: true }),
      text(probe.frame === null ? "" : `frame ${hexOf(probe.frame)}`, x + 8, y + 56, 12, ink, { mono: true }),
    ],
  };
}

/** An inverted table: an entry a frame, in two columns where it is long. @param {SearchScene} scene @param {number} width */
function entriesPieces(scene, width) {
  const { search } = scene;
  const all = [...search.probes, ...search.rest];
  const last = Math.max(0, scene.step.shown - 1);
  const begin = Math.max(0, Math.min(last - Math.floor(MOST_ENTRIES / 2), all.length - MOST_ENTRIES));
  const shown = all.slice(begin, begin + MOST_ENTRIES);
  const top = 132;
  const columns = width >= 560 && shown.length > 8 ? 2 : 1;
  const rows = Math.ceil(shown.length / columns);
  const span = Math.min(300, (width - 60 * columns) / columns);
  /** @type {Piece[]} */
  const pieces = [
    text(`Searched: ${search.process} : ${hexOf(search.page)}`, 0, top - 18, 13, PAGE_TONE, { mono: true, bold: true }),
  ];
  shown.forEach((probe, index) => {
    const place = begin + index;
    const [x, y] = [34 + Math.floor(index / rows) * (span + 60), top + (index % rows) * ROW];
    const look = lookOf(scene, place);
    const current = place === scene.step.shown - 1;
    pieces.push({
      name: "probe",
      data: { entry: probe.entry, place: place + 1, state: look.mark === "" ? "unread" : probe.matches ? "match" : "other" },
      tip: `Frame ${probe.entry}\n${ownerOf(probe)}\n${probe.bytes}`,
      pieces: [
        { d: `M${x} ${y}h${span}v${ROW}h${-span}Z`, stroke: "edge", fill: current || (probe.matches && !look.dash) ? look.tone : undefined, veil: 0.14 },
        text(String(probe.entry), x - 8, y + 16, 12, "muted", { mono: true, anchor: "end" }),
        text(ownerOf(probe), x + 10, y + 16, 13, look.ink, { mono: true, bold: current }),
        text(look.mark, x + span - 10, y + 17, 13, look.tone === "edge" ? "muted" : look.tone, { anchor: "end", bold: true }),
      ],
    });
  });
  return { pieces, height: top + Math.ceil(Math.min(MOST_ENTRIES, Math.max(rows, scene.chain / columns)) ) * ROW + 12 };
}

/** @param {SearchScene} scene @param {number} y @returns {Piece[]} */
function physical({ answer, search, step }, y) {
  if (step.deed === "level") return [text("Physical address", 0, y, 12, "muted"), text("–", 0, y + 24, 16, "muted", { mono: true })];
  if (search.physical_address === null) {
    return [
      text("Physical address", 0, y, 12, "muted"),
      { name: "fault", data: { kind: "not_present" }, pieces: [text("✕ Page fault: no entry matches", 0, y + 24, 16, "fault", { bold: true })] },
    ];
  }
  const sum = `frame ${hexOf(search.frame ?? 0)} × ${answer.page_bytes} + ${hexOf(search.offset)}`;
  return [
    text("Physical address", 0, y, 12, "muted"),
    {
      name: "physical",
      data: { address: search.physical_address },
      pieces: [
        text(search.physical_address, 0, y + 24, 16, "text", { mono: true, bold: true }),
        text(`= ${sum}`, search.physical_address.length * 10 + 14, y + 24, 13, FRAME_TONE, { mono: true }),
      ],
    },
  ];
}
