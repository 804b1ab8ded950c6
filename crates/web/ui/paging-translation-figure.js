// A walk as a figure: the address bit by bit, each level's table, and the arrows between them; on a narrow screen a band
// a level. Everything here is a pure function of its arguments.

import { arrow, BIT_ROW, bitsOf, fieldPiece, group, OFFSET_TONE, placed, text, toneOf, widthsOf } from "./figure-pieces.js";
import { HIGH_WIDTH, highPiece, physicalPiece, ROW, tableHeight, tablePiece } from "./paging-translation-table.js";

/** @typedef {import("./figure-pieces.js").Field} Field */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./paging-translation-problem.js").Step} Step */
/** @typedef {import("./paging-translation-table.js").Scene} Scene */

/** Columns from this width on; narrower, a band a level. */
const LEAST_COLUMN = 110;
const MOST_COLUMN = 236;
/** Between columns, and before the first: room for arrows. */
const GAP = 30;
const INSET = 15;
const FIELDS_TOP = 34;

/** Margins of a band with room for the arrows, and its heights. */
const BAND = { left: 18, right: 22, head: 37, gap: 40, offset: 100 };

/**
 * The address in its fields, the offset last. Below a huge page's entry all bits are its offset.
 * @param {Scene} scene
 * @returns {Field[]}
 */
export function fieldsOf({ answer, names, step, walk }) {
  const address = BigInt(walk.virtual_address);
  let low = answer.address_bits;
  const leaf = walk.levels.findIndex(({ leaf: last }) => last);
  const early = leaf >= 0 && leaf < step.shown ? leaf : answer.levels.length;
  const fields = answer.levels.map((bits, level) => {
    low -= bits;
    const index = level <= early;
    return { name: names[level], low, bits: bitsOf(address, low, bits), tone: index ? toneOf(level) : OFFSET_TONE, index };
  });
  return [
    ...fields,
    { name: "offset", low: 0, bits: bitsOf(address, 0, answer.offset_bits), tone: OFFSET_TONE, index: false },
  ];
}

/**
 * @param {Scene} scene
 * @param {number} width
 * @returns {Figure}
 */
export function figureOf(scene, width) {
  const { length } = scene.answer.levels;
  const column = Math.floor((width - INSET - GAP * length) / length);
  return column >= LEAST_COLUMN && width >= 520
    ? columnsFigure(scene, width, Math.min(column, MOST_COLUMN))
    : bandsFigure(scene, width);
}

/**
 * Which level is being read: the last that was, until the address is out.
 * @param {Step} step
 */
function currentOf({ deed, shown }) {
  return deed === "arrived" ? -1 : shown - 1;
}

/**
 * Where everything stands when a level has a column.
 * @typedef {{fields: Field[], places: number[], widths: number[], bit: number, columns: number[], column: number,
 *   right: number, lanes: number, tables: number, bottom: number, physical: number, now: number}} Plan
 *   `lanes`, `tables`, `bottom` and `physical` are heights; `now` is the level that is being read
 */

/**
 * @param {Scene} scene
 * @param {number} width
 * @param {number} column
 * @returns {Plan}
 */
function planOf(scene, width, column) {
  const count = scene.answer.levels.length;
  const fields = fieldsOf(scene);
  const begin = highPiece(scene, 0, FIELDS_TOP) === null ? 0 : HIGH_WIDTH + 10;
  const total = fields.reduce((sum, { bits }) => sum + bits.length, 0);
  const room = width - 16 - begin - (fields.length - 1) * 10;
  const bit = Math.max(7, Math.min(20, Math.floor((room / total) * 4) / 4));
  const widths = widthsOf(fields, bit);
  const places = placed(widths, begin, 10);
  const across = INSET + count * column + (count - 1) * GAP + 28;
  const lanes = FIELDS_TOP + BIT_ROW + 24;
  const tables = lanes + 5 * (count + 1) + 16;
  const bottom = tables + tableHeight(scene, column);
  return {
    fields,
    places,
    widths,
    bit,
    columns: fields.slice(0, count).map((_, level) => INSET + level * (column + GAP)),
    column,
    right: Math.max(across, places[count] + widths[count] + 12),
    lanes,
    tables,
    bottom,
    physical: bottom + 54,
    now: currentOf(scene.step),
  };
}

/**
 * The lane of a line from a field: lines that go left stand lower the later they begin, lines that go right higher, so
 * that none crosses another.
 * @param {Plan} plan
 * @param {number} index of the field; that of the offset is the last
 * @param {number} from
 * @param {number} to
 */
function laneOf({ columns, lanes }, index, from, to) {
  return lanes + 5 * (to > from ? columns.length - index : index);
}

/**
 * @param {Scene} scene
 * @param {number} width
 * @param {number} column
 * @returns {Figure}
 */
function columnsFigure(scene, width, column) {
  const plan = planOf(scene, width, column);
  const { bit, columns, fields, now, physical, places, right, tables: top, widths } = plan;
  const high = highPiece(scene, 0, FIELDS_TOP);
  const tables = columns.map((x, level) => tablePiece(scene, level, { x, y: top, width: column }, true, true));
  const entries = tables.map(({ entryY }) => entryY);
  const end = physicalPiece(scene, { x: 0, y: physical, right, bit: Math.min(bit, 15) });
  const pieces = [
    ...(high === null ? [] : [high]),
    ...fields.map((field, index) =>
      fieldPiece(field, { x: places[index], y: FIELDS_TOP, width: widths[index], bit, strong: index === now }),
    ),
    ...indexArrows(scene, plan, entries),
    ...tables.map(({ piece }) => piece),
    ...tableArrows(scene, plan, entries),
    end.piece,
    ...(scene.step.deed === "arrived" ? endArrows(scene, plan, entries, end) : []),
  ];
  return { width: Math.max(right, 320), height: physical + BIT_ROW + 24, pieces };
}

/** From each index to its entry. @param {Scene} scene @param {Plan} plan @param {number[]} entries @returns {Piece[]} */
function indexArrows({ step }, plan, entries) {
  return plan.columns.slice(0, step.shown).map((x, level) => {
    const from = plan.places[level] + plan.widths[level] / 2;
    const lane = laneOf(plan, level, from, x - 11);
    const points = /** @type {[number, number][]} */ ([
      [from, plan.lanes - 8],
      [from, lane],
      [x - 11, lane],
      [x - 11, entries[level]],
      [x - 1, entries[level]],
    ]);
    return group(arrow(points, toneOf(level), level === plan.now), "index-arrow", { level: level + 1 });
  });
}

/** From each entry to the next table. @param {Scene} scene @param {Plan} plan @param {number[]} entries @returns {Piece[]} */
function tableArrows({ step }, { column, columns, now, tables }, entries) {
  return columns.slice(0, Math.max(0, step.shown - 1)).map((x, level) => {
    const points = /** @type {[number, number][]} */ ([
      [x + column, entries[level]],
      [x + column + 9, entries[level]],
      [x + column + 9, tables + 15],
      [columns[level + 1] - 2, tables + 15],
    ]);
    return group(arrow(points, toneOf(level), level + 1 === now), "table-arrow", { level: level + 1 });
  });
}

/**
 * From the page's entry to the frame, and from the offset to the offset.
 * @param {Scene} scene
 * @param {Plan} plan
 * @param {number[]} entries
 * @param {{frameX: number, offsetX: number}} end
 * @returns {Piece[]}
 */
function endArrows({ step }, plan, entries, { frameX, offsetX }) {
  const { bottom, column, columns, lanes, physical, places, right, widths } = plan;
  const leaf = step.shown - 1;
  const from = columns[leaf] + column;
  const last = columns.length;
  const offset = (places[step.shown] + places[last] + widths[last]) / 2;
  const lane = laneOf(plan, last, offset, right - 4);
  return [
    ...arrow(
      [
        [from, entries[leaf]],
        [from + 9, entries[leaf]],
        [from + 9, bottom + 6],
        [frameX, bottom + 6],
        [frameX, physical - 33],
      ],
      toneOf(leaf),
      true,
    ),
    ...arrow(
      [
        [offset, lanes - 8],
        [offset, lane],
        [right - 4, lane],
        [right - 4, bottom + 14],
        [offsetX, bottom + 14],
        [offsetX, physical - 33],
      ],
      OFFSET_TONE,
      true,
    ),
  ];
}

/**
 * A band a level: its field, the entry, and for the level that is read the whole window.
 * @param {Scene} scene
 * @param {number} width
 * @returns {Figure}
 */
function bandsFigure(scene, width) {
  const { answer, step } = scene;
  const fields = fieldsOf(scene);
  const now = Math.max(0, step.shown - 1);
  const bit = Math.min(15, (width - 24) / (Math.max(...fields.map(({ bits }) => bits.length)) + 9));
  const inner = width - BAND.left - BAND.right;
  const high = highPiece(scene, BAND.left + inner - HIGH_WIDTH, FIELDS_TOP);
  const pieces = high === null ? [] : [high];
  const expanded = BAND.head + tableHeight(scene, inner) + BAND.gap;
  const closed = BAND.head + 24 + ROW + BAND.gap;
  let y = FIELDS_TOP;
  let before = 0;
  answer.levels.forEach((_, level) => {
    const strong = level === now && step.shown > 0;
    const band = bandPieces(scene, fields[level], { level, y, inner, width, bit, before, strong });
    pieces.push(...band.pieces);
    before = band.entryY;
    y += strong ? expanded : closed;
  });
  const offset = fields[fields.length - 1];
  pieces.push(fieldPiece(offset, { x: BAND.left, y, width: offset.bits.length * bit, bit }));
  y += BAND.offset;
  const end = physicalPiece(scene, { x: 0, y, right: width, bit });
  pieces.push(end.piece, text(`Physical address ${end.words}`, 0, y - 38, 13, "text", { bold: true }));
  // one level is open at a time, or none yet: the room is that of one
  const tall = FIELDS_TOP + (answer.levels.length - 1) * closed + expanded + BAND.offset;
  return { width, height: tall + BIT_ROW + 24, pieces };
}

/**
 * @param {Scene} scene
 * @param {Field} field
 * @param {{level: number, y: number, inner: number, width: number, bit: number, before: number, strong: boolean}} place
 *   `before` is where the entry of the level above stands
 * @returns {{pieces: Piece[], entryY: number}}
 */
function bandPieces(scene, field, { before, bit, inner, level, strong, width, y }) {
  const { left } = BAND;
  const [span] = widthsOf([field], bit);
  const top = y + BAND.head;
  const { entryY, piece } = tablePiece(scene, level, { x: left, y: top, width: inner }, strong, false);
  const pieces = [fieldPiece(field, { x: left, y, width: span, bit, strong }), piece];
  if (level >= scene.step.shown) return { pieces, entryY };
  const middle = y + BIT_ROW / 2;
  const toEntry = /** @type {[number, number][]} */ ([
    [left, middle],
    [5, middle],
    [5, entryY],
    [left - 1, entryY],
  ]);
  pieces.push(group(arrow(toEntry, toneOf(level), strong), "index-arrow", { level: level + 1 }));
  if (level > 0) {
    const toTable = /** @type {[number, number][]} */ ([
      [left + inner, before],
      [width - 8, before],
      [width - 8, top],
      [left + inner + 2, top],
    ]);
    pieces.push(group(arrow(toTable, toneOf(level - 1), strong), "table-arrow", { level }));
  }
  return { pieces, entryY };
}
