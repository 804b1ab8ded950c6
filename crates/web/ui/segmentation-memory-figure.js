// Memory as rows of addresses, drawn: blocks in the hue of their request with header and padding, holes in the order in which
// this step looked at them, single bytes where there is room. Everything here is a pure function of its arguments.

import { frame, text } from "./figure-pieces.js";
import { patternOf, rectangle } from "./segmentation-map.js";
import { HIGH, MOST_ROWS, partsOf, PITCH, placeOf, TOP } from "./segmentation-memory-rows.js";
import { hatch, same, takenOf, toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-memory-rows.js").Look} Look */
/** @typedef {import("./segmentation-memory-rows.js").Rows} Rows */
/** @typedef {import("./segmentation-memory-rows.js").Use} Use */
/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/** @typedef {{moment: Moment, uses: Use[], look: Look, hole: number | null}} Scene `hole` is the address of the one selected */
/**
 * @typedef {{address: number, x: number, y: number, width: number, begins: boolean, ends: boolean, first: boolean}} Place a part of a use
 *   in one row, from this address on
 */

/** Below these widths a use has no frame of its own, or is merged with its neighbours. */
const FRAMED = 5;
const SEEN = 2;
/** From this width on a byte is drawn by itself. */
const BYTE = 16;
/** Holes that are numbered in the order they were looked at. */
const MOST_ORDERED = 30;

/** How the rows lie in a picture. @param {Moment} moment @param {Look} look @param {number} width @returns {Rows} */
export function rowsOf({ base, capacity }, look, width) {
  const end = base + capacity;
  const left = widthOf(String(end), 11, true) + 14;
  const rows = Math.max(1, Math.min(MOST_ROWS, Math.ceil((end - look.from) / look.perRow)));
  return { left, width: width - left - 2, look, rows, base, end };
}

/**
 * @param {Scene} scene
 * @param {number} width
 * @returns {Figure}
 */
export function memoryRowsFigure(scene, width) {
  const rows = rowsOf(scene.moment, scene.look, width);
  const { left, look, rows: count } = rows;
  const order = ordersOf(scene.moment);
  const placed = Array.from({ length: count }, (_, row) => rowPieces(scene, rows, row, order));
  return {
    width,
    height: TOP + (count - 1) * PITCH + HIGH + 6,
    pieces: [
      ...offsetPieces(rows),
      ...Array.from({ length: count }, (_, row) => text(String(look.from + row * look.perRow), left - 8, TOP + row * PITCH + 20, 11, "muted", { mono: true, anchor: "end" })),
      ...placed.flat(),
      ...gonePieces(scene.moment, rows),
    ],
  };
}

/** In which place this step looked at each hole. @param {Moment} moment */
function ordersOf({ step }) {
  return new Map((step?.looked ?? []).slice(0, MOST_ORDERED).map(([address], place) => [address, place + 1]));
}

/** How far along a row each mark is. @param {Rows} rows @returns {Piece[]} */
function offsetPieces({ left, look: { perRow }, rows, width }) {
  const room = widthOf(`+${perRow}`, 10.5, true) + 10;
  let step = 1;
  while ((step / perRow) * width < room) step *= 2;
  const count = Math.floor(perRow / step);
  const bottom = TOP + (rows - 1) * PITCH + HIGH;
  return Array.from({ length: count }, (_, index) => {
    const x = left + ((index * step) / perRow) * width;
    return /** @type {Piece[]} */ ([text(`+${index * step}`, x + 2, 12, 10.5, "muted", { mono: true }), { d: `M${x} 16V${bottom}`, stroke: "hairline", width: 1 }]);
  }).flat();
}

/** The uses of a row, and of bytes that lie across its borders their part. @param {Scene} scene @param {Rows} rows @param {number} row @param {Map<number, number>} order @returns {Piece[]} */
function rowPieces(scene, rows, row, order) {
  const { left, look, width } = rows;
  const [from, to] = [look.from + row * look.perRow, Math.min(rows.end, look.from + (row + 1) * look.perRow)];
  const y = TOP + row * PITCH;
  const perByte = width / look.perRow;
  /** @type {Map<string, string>} */
  const narrow = new Map();
  /** @type {Use[]} */
  let merged = [];
  /** @type {Piece[]} */
  const pieces = [{ d: rectangle(left, y, (to - from) * perByte, HIGH), fill: "ground" }];
  const flush = () => {
    if (merged.length > 0) pieces.push(mergedPiece(merged, left, from, to, y, perByte));
    merged = [];
  };
  for (const use of scene.uses) {
    if (use.from + use.size <= from || use.from >= to) continue;
    const [begin, end] = [Math.max(use.from, from), Math.min(use.from + use.size, to)];
    const place = { address: begin, x: left + (begin - from) * perByte, y, width: (end - begin) * perByte, begins: begin === use.from, ends: end === use.from + use.size, first: begin === use.from || row === 0 };
    const strong = isStrong(use, scene);
    if (place.width < SEEN && !strong) {
      merged.push(use);
      continue;
    }
    flush();
    if (place.width < FRAMED && !strong) {
      const tone = use.block === null ? (use.free ? "" : "muted") : toneOf(use.block.id);
      if (tone !== "") narrow.set(tone, `${narrow.get(tone) ?? ""}${rectangle(place.x, y, place.width, HIGH)}`);
    } else if (use.block !== null) pieces.push(blockPiece(use, scene, place, perByte));
    else if (use.free) pieces.push(holePiece(use, scene, place, order.get(use.from) ?? 0));
    else pieces.push(otherPiece(use, place));
  }
  flush();
  return [...pieces, ...[...narrow].map(([tone, d]) => /** @type {Piece} */ ({ d, fill: tone, veil: 0.5 })), { d: rectangle(left + 0.5, y + 0.5, (to - from) * perByte - 1, HIGH - 1), stroke: "edge" }];
}

/** Whether a use is to be seen however small it is. @param {Use} use @param {Scene} scene */
function isStrong({ block, from }, { hole, moment: { selected, step } }) {
  return block === null ? from === hole : block.id === selected || (step?.op === "alloc" && step.block?.[0] === block.address);
}

/** Uses that are too small to be seen by themselves. @param {Use[]} uses @param {number} left @param {number} from @param {number} to @param {number} y @param {number} perByte @returns {Piece} */
function mergedPiece(uses, left, from, to, y, perByte) {
  const last = uses[uses.length - 1];
  const [begin, end] = [Math.max(from, uses[0].from), Math.min(to, last.from + last.size)];
  const blocks = uses.filter(({ block }) => block !== null);
  const held = blocks.reduce((sum, { size }) => sum + size, 0);
  const wide = Math.max(SEEN, (end - begin) * perByte);
  const words = `${uses.length}`;
  return {
    name: "merged",
    data: { count: uses.length, from: begin, bytes: end - begin },
    tip: `${blocks.length} blocks and ${uses.length - blocks.length} holes\nin ${end - begin} bytes at ${begin}\nthe wheel looks into them`,
    pieces: [
      { d: rectangle(left + (begin - from) * perByte, y, wide, HIGH), fill: "muted", veil: 0.12 + 0.5 * Math.min(1, held / Math.max(1, end - begin)) },
      ...(wide > widthOf(words, 10) + 6 ? [text(words, left + (begin - from) * perByte + wide / 2, y + 19, 10, "text", { anchor: "middle" })] : []),
    ],
  };
}

/** The outline of a part of a use: open where it goes on in another row. @param {Place} place @param {number} inset */
function outline({ begins, ends, width, x, y }, inset) {
  const [left, right, top, bottom] = [x + (begins ? inset : 0), x + width - (ends ? inset : 0), y + inset, y + HIGH - inset];
  const sides = `M${left} ${top}L${right} ${top}M${left} ${bottom}L${right} ${bottom}`;
  return `${sides}${begins ? `M${left} ${top}L${left} ${bottom}` : ""}${ends ? `M${right} ${top}L${right} ${bottom}` : ""}`;
}

/** A block: its header solid, what was asked for in its hue, its padding hatched. @param {Use} use @param {Scene} scene @param {Place} place @param {number} perByte @returns {Piece} */
function blockPiece({ block, from, size }, { moment }, place, perByte) {
  if (block === null) return { name: "none", data: {}, pieces: [] };
  const tone = toneOf(block.id);
  const { asked, begins, header, padding } = partsOf(block, Number(moment.convention["block.header"] ?? 0));
  const clip = (/** @type {number} */ low, /** @type {number} */ high) => {
    const left = Math.max(place.x, place.x + (low - place.address) * perByte);
    const right = Math.min(place.x + place.width, place.x + (high - place.address) * perByte);
    return { x: left, width: Math.max(0, right - left) };
  };
  const [head, pad] = [clip(from, begins), clip(begins + asked, from + size)];
  const now = moment.step?.op === "alloc" && moment.step.block?.[0] === block.address;
  const chosen = block.id === moment.selected;
  const body = { x: place.x + head.width, width: place.width - head.width - pad.width };
  return {
    name: "held",
    data: { id: block.id, address: block.address, bytes: block.size, selected: String(chosen) },
    tip: `Request ${block.id}\n${asked} bytes at ${begins}${header > 0 ? `\nbehind a header of ${header} at ${from}` : ""}${padding > 0 ? `\n${padding} of padding` : ""}`,
    pieces: [
      { d: rectangle(place.x, place.y, place.width, HIGH), fill: tone, veil: now || chosen ? 0.3 : 0.16 },
      ...(head.width > 0 ? [{ d: rectangle(head.x, place.y, head.width, HIGH), fill: tone, veil: 0.75 }] : []),
      { d: hatch(pad.x, place.y, pad.width, HIGH), stroke: tone, width: 1 },
      ...(perByte >= BYTE ? [{ d: bytesOf(place, perByte), stroke: tone, width: 0.5 }] : []),
      { d: outline(place, chosen ? 1.25 : 0.5), stroke: chosen ? "text" : tone, width: chosen ? 2.5 : now ? 2.25 : 1 },
      ...wordsOf(String(block.id), padding > 0 || header > 0 ? `${asked} of ${size}` : `${size}`, body, place),
    ],
  };
}

/** Lines between single bytes. @param {Place} place @param {number} perByte */
function bytesOf({ width, x, y }, perByte) {
  const count = Math.round(width / perByte);
  return Array.from({ length: Math.max(0, count - 1) }, (_, index) => `M${Math.round((x + (index + 1) * perByte) * 10) / 10} ${y + 4}v${HIGH - 8}`).join("");
}

/** A block's name and bytes, as far as there is room. @param {string} name @param {string} note @param {{x: number, width: number}} body @param {Place} place @returns {Piece[]} */
function wordsOf(name, note, body, place) {
  if (body.width < widthOf(name, 13) + 5) return [];
  const noted = place.first && body.width > widthOf(name, 13) + widthOf(note, 11) + 24;
  const under = /** @type {Piece} */ ({ d: rectangle(body.x + (noted ? 4 : body.width / 2 - widthOf(name, 13) / 2 - 2), place.y + 7, widthOf(name, 13) + 4, 16), fill: "ground", veil: 0.7 });
  return [
    under,
    text(name, noted ? body.x + 6 : body.x + body.width / 2, place.y + 19.5, 13, "text", { bold: true, anchor: noted ? "start" : "middle" }),
    ...(noted ? [text(note, body.x + body.width - 6, place.y + 19.5, 11, "text", { anchor: "end" })] : []),
  ];
}

/** @param {Use} use @param {Scene} scene @param {Place} place @param {number} order @returns {Piece} */
function holePiece({ from, size }, { hole, moment }, place, order) {
  const chosen = from === hole;
  const step = moment.step;
  const merged = (step?.merged ?? []).some((each) => each[0] >= from && each[0] + each[1] <= from + size) && step?.op === "free";
  const fresh = step?.op === "free" && step.block !== null && from <= step.block[0] && step.block[0] < from + size;
  const tone = chosen ? "text" : fresh ? "hit" : "free";
  const words = [`${size} free`, String(size)].find((each) => widthOf(each, 11) + 12 + (order > 0 ? 20 : 0) < place.width);
  return {
    name: "hole",
    data: { address: from, bytes: size, order, selected: String(chosen), fresh: String(fresh) },
    tip: `${size} bytes free at ${from}${order > 0 ? `\nlooked at as number ${order}` : ""}${merged ? "\njoined from neighbours" : ""}`,
    pieces: [
      { d: rectangle(place.x, place.y, place.width, HIGH), fill: fresh ? "hit" : "ground", veil: fresh ? 0.1 : 0 },
      { d: outline(place, 2), stroke: tone, dash: !chosen, width: chosen ? 2.5 : 1 },
      ...(order > 0 && place.begins && place.width > 18 ? orderPieces(order, place.x + 12, place.y + HIGH / 2, false) : []),
      ...(words !== undefined && place.first ? [text(words, place.x + place.width / 2 + (order > 0 ? 8 : 0), place.y + 19, 11, chosen ? "text" : "muted", { anchor: "middle" })] : []),
    ],
  };
}

/** @param {number} order @param {number} x @param {number} y @param {boolean} taken @returns {Piece[]} */
function orderPieces(order, x, y, taken) {
  const tone = taken ? "hit" : "muted";
  return [{ d: frame(x - 8, y - 8, 16, 16, 7.5), fill: "ground", stroke: tone, width: taken ? 1.75 : 1 }, text(String(order), x, y + 4, 10.5, tone, { anchor: "middle", bold: taken })];
}

/** Bytes that are neither free nor in a block. @param {Use} use @param {Place} place @returns {Piece} */
function otherPiece({ from, size }, place) {
  return {
    name: "overhead",
    data: { address: from, bytes: size },
    tip: `${size} bytes at ${from}\nneither free nor in a block`,
    pieces: [{ d: rectangle(place.x, place.y, place.width, HIGH), fill: "muted", veil: 0.14 }, { d: patternOf("code", place.x, place.y, place.width, HIGH), stroke: "muted", width: 0.5 }],
  };
}

/**
 * Where the block of this step came from, or what it gave back: the number of the hole that was taken stands on the block.
 * @param {Moment} moment
 * @param {Rows} rows
 * @returns {Piece[]}
 */
function gonePieces(moment, rows) {
  const taken = takenOf(moment);
  const { step } = moment;
  if (taken === undefined || step?.op !== "alloc" || step.block === null) return [];
  const order = (step.looked ?? []).findIndex((each) => same(each, taken)) + 1;
  const { row, x, y } = placeOf(rows, step.block[0]);
  if (order === 0 || row < 0 || row >= rows.rows) return [];
  return [{ name: "looked", data: { order, address: taken[0], taken: "true" }, tip: `Looked at as number ${order}\nand taken: ${taken[1]} bytes at ${taken[0]}`, pieces: orderPieces(order, x + 8, y - 1, true) }];
}
