// A TLB as drawings: the address in tag, index and offset on the screen, the sets and ways for export.
// Everything here is a pure function of its arguments.

import { levelAt, indexBits } from "./paging-tlb-problem.js";
import { bitsOf, fieldPiece, frame, OFFSET_TONE, text, widthsOf } from "./figure-pieces.js";

/** @typedef {import("./paging-tlb-problem.js").Answer} Answer */
/** @typedef {import("./paging-tlb-problem.js").Step} Step */
/** @typedef {import("./paging-tlb-problem.js").Unit} Unit */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/** @typedef {import("./figure-pieces.js").Piece} Piece */

const TAG_TONE = "text";
const INDEX_TONE = "owner-5";
const CELL = { width: 150, height: 46, gap: 6 };
/** Sets and ways that an exported picture holds. */
const MOST = { sets: 32, ways: 8 };

/**
 * An access's address in tag, index and offset; where sets or pages are no powers of two, by division.
 * @param {Answer} answer
 * @param {Unit} unit
 * @param {Step} step
 * @param {number} width
 * @returns {Figure}
 */
export function accessFigure(answer, unit, step, width) {
  const [index, offset] = [indexBits(unit.sets), indexBits(answer.page_bytes)];
  const page = BigInt(step.address) / BigInt(answer.page_bytes);
  if (index === null || offset === null) {
    const words = `${step.address} ÷ ${answer.page_bytes} = page ${page}; ${page} mod ${unit.sets} sets = set ${page % BigInt(unit.sets)}, tag ${page / BigInt(unit.sets)}`;
    return { width, height: 24, pieces: [text(words, 0, 16, 13, "text", { mono: true })] };
  }
  const address = BigInt(step.address);
  const longest = Math.max(...(answer.steps ?? [step]).map((each) => BigInt(each.address).toString(2).length));
  const tag = Math.max(4, Math.ceil((longest - index - offset) / 4) * 4);
  const total = tag + index + offset;
  const bit = Math.min(16, (width - 24 - (index > 0 ? 10 : 0)) / total);
  const fields = [
    { name: "tag", low: index + offset, bits: bitsOf(address, index + offset, tag), tone: TAG_TONE, index: true },
    ...(index > 0 ? [{ name: "set", low: offset, bits: bitsOf(address, offset, index), tone: INDEX_TONE, index: true }] : []),
    ...(offset > 0 ? [{ name: "offset", low: 0, bits: bitsOf(address, 0, offset), tone: OFFSET_TONE, index: false }] : []),
  ];
  let x = 0;
  const widths = widthsOf(fields, bit);
  const pieces = fields.map((field, place) => {
    const piece = fieldPiece(field, { x, y: 34, width: widths[place], bit, strong: field.name !== "offset" });
    x += widths[place] + 10;
    return piece;
  });
  return { width: Math.max(x, 40), height: 80, pieces };
}

/**
 * Every level after a number of accesses.
 * @param {Answer} answer
 * @param {number} at
 * @returns {Figure}
 */
export function tlbFigure(answer, at) {
  /** @type {Piece[]} */
  const pieces = [];
  let [y, width] = [0, 0];
  for (const unit of answer.units) {
    const [sets, ways] = [Math.min(unit.sets, MOST.sets), Math.min(unit.ways, MOST.ways)];
    const title = `${unit.name} level, ${unit.sets} sets × ${unit.ways} ways`;
    pieces.push(text(title, 0, y + 16, 13, "text", { bold: true }), ...levelPieces(answer, unit, at, y + 28, { sets, ways }));
    y += 28 + sets * (CELL.height + CELL.gap) + 20;
    width = Math.max(width, 60 + ways * (CELL.width + CELL.gap));
  }
  return { width, height: y, pieces };
}

/**
 * @param {Answer} answer
 * @param {Unit} unit
 * @param {number} at
 * @param {number} top
 * @param {{sets: number, ways: number}} shown
 * @returns {Piece[]}
 */
function levelPieces(answer, unit, at, top, { sets, ways }) {
  const { held, now } = levelAt(answer, unit, at);
  return Array.from({ length: sets }, (_, set) => {
    const y = top + set * (CELL.height + CELL.gap);
    const cells = Array.from({ length: ways }, (_way, way) => {
      const lookup = now.find((each) => each.set === set && each.way === way);
      return cellPieces(held[set * unit.ways + way], lookup, 60 + way * (CELL.width + CELL.gap), y);
    });
    return [text(`set ${set}`, 0, y + 27, 12, "muted"), ...cells.flat()];
  }).flat();
}

/**
 * @param {import("./paging-tlb-problem.js").Held | null} held
 * @param {import("./paging-tlb-problem.js").Lookup | undefined} lookup
 * @param {number} x
 * @param {number} y
 * @returns {Piece[]}
 */
function cellPieces(held, lookup, x, y) {
  const tone = lookup === undefined ? "edge" : lookup.hit ? "hit" : "fault";
  const width = lookup === undefined ? 1 : 2;
  const outline = { d: frame(x, y, CELL.width, CELL.height), stroke: tone, width, dash: held === null };
  if (held === null) return [outline];
  const letter = lookup === undefined ? "" : lookup.hit ? "H" : "M";
  return [
    outline,
    text(`${held.asid} : 0x${held.page.toString(16)}`, x + 10, y + 20, 14, "text", { bold: true, mono: true }),
    text(`used at ${held.used}`, x + 10, y + 37, 11, "muted"),
    text(letter, x + CELL.width - 10, y + 20, 14, tone, { bold: true, anchor: "end" }),
  ];
}
