// What figures of addresses are made of: paths, texts, fields of bits, arrows. One list of pieces serves the screen, SVG
// and PNG. Everything here is a pure function of its arguments.

import { hexOf } from "./paging-translation-problem.js";

/**
 * A path, a text, or several of them under a name. Colours are names of tokens; `veil` is how much of the fill shows.
 * @typedef {{d: string, fill?: string, stroke?: string, width?: number, dash?: boolean, veil?: number}
 *   | {text: string, x: number, y: number, size: number, tone: string, mono?: boolean, bold?: boolean,
 *   anchor?: "start" | "middle" | "end"}
 *   | {name: string, data: Record<string, string | number>, tip?: string, pieces: Piece[]}} Piece
 * @typedef {{width: number, height: number, pieces: Piece[]}} Figure
 * @typedef {{name: string, low: number, bits: string, tone: string, index: boolean}} Field `low` is its lowest bit
 */

/** Hues of the levels from the top; the offset is grey. */
const TONES = ["owner-5", "owner-1", "owner-2", "owner-3", "owner-4"];
export const OFFSET_TONE = "owner-8";

/** How high the box of a field is. */
export const BIT_ROW = 26;

/** The hue of a level, from 0 at the top. @param {number} level */
export function toneOf(level) {
  return TONES[level % TONES.length];
}

/**
 * Binary digits of a part of a number.
 * @param {bigint} value
 * @param {number} low the lowest bit of the part
 * @param {number} bits how many
 */
export function bitsOf(value, low, bits) {
  return ((value >> BigInt(low)) & ((1n << BigInt(bits)) - 1n)).toString(2).padStart(bits, "0");
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} [radius] */
export function frame(x, y, width, height, radius = 3) {
  return `M${x + radius} ${y}h${width - 2 * radius}q${radius} 0 ${radius} ${radius}v${height - 2 * radius}q0 ${radius} ${-radius} ${radius}h${2 * radius - width}q${-radius} 0 ${-radius} ${-radius}v${2 * radius - height}q0 ${-radius} ${radius} ${-radius}Z`;
}

/**
 * A text.
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} tone
 * @param {{mono?: boolean, bold?: boolean, anchor?: "start" | "middle" | "end"}} [style]
 * @returns {Piece}
 */
export function text(words, x, y, size, tone, style = {}) {
  return { text: words, x, y, size, tone, ...style };
}

/** A field's value in words: an index is a number, an offset is part of an address. @param {{bits: string, index: boolean}} field */
function valueOf({ bits, index }) {
  const value = BigInt(`0b${bits}`);
  return index ? `${hexOf(value)} = ${value}` : hexOf(value);
}

/**
 * How wide fields are drawn: room for the bits, the name and the value.
 * @param {Field[]} fields
 * @param {number} bit the width of a bit
 */
export function widthsOf(fields, bit) {
  return fields.map((field) =>
    Math.max(field.bits.length * bit, field.name.length * 7.4 + 4, valueOf(field).length * 7.3),
  );
}

/** Where things stand that follow one another. @param {number[]} widths @param {number} from @param {number} gap */
export function placed(widths, from, gap) {
  let x = from;
  return widths.map((width) => {
    const place = x;
    x += width + gap;
    return place;
  });
}

/**
 * A field of an address: its box, a digit a bit, its name and bits above, its value below.
 * @param {Field} field
 * @param {{x: number, y: number, width: number, bit: number, strong?: boolean}} place `y` is the top of the box
 * @returns {Piece}
 */
export function fieldPiece({ bits, index, low, name, tone }, { bit, strong = false, width, x, y }) {
  const high = low + bits.length - 1;
  const range = bits.length === 1 ? `bit ${low}` : `${high}–${low}`;
  const begin = x + (width - bits.length * bit) / 2;
  const value = BigInt(`0b${bits}`);
  const words = valueOf({ bits, index });
  return {
    name: "field",
    data: { field: name, bits },
    tip: `${name}\nbits ${high} to ${low}\n${bits}\n${hexOf(value)}, decimal ${value}`,
    pieces: [
      text(name, x, y - 19, 12, tone, { bold: true }),
      text(range, x, y - 6, 11, "muted", { mono: true }),
      { d: frame(x, y, width, BIT_ROW), fill: tone, veil: strong ? 0.22 : 0.1, stroke: tone, width: strong ? 2 : 1 },
      ...[...bits].map((digit, place) =>
        text(digit, begin + (place + 0.5) * bit, y + 18, Math.min(14, bit * 1.05), "text", {
          mono: true,
          anchor: "middle",
        }),
      ),
      text(words, x + width / 2, y + BIT_ROW + 15, 12, "text", { mono: true, anchor: "middle" }),
    ],
  };
}

/** @param {Piece[]} pieces @param {string} name @param {Record<string, string | number>} data @param {string} [tip] @returns {Piece} */
export function group(pieces, name, data, tip) {
  return { name, data, tip, pieces };
}

/**
 * A line through points, with an arrow at its end.
 * @param {[number, number][]} points
 * @param {string} tone
 * @param {boolean} strong
 * @returns {Piece[]}
 */
export function arrow(points, tone, strong) {
  const [[x, y], [fromX, fromY]] = [points[points.length - 1], points[points.length - 2]];
  const [dx, dy] = [Math.sign(x - fromX), Math.sign(y - fromY)];
  const head = `M${x} ${y}l${-dx * 7 - dy * 4} ${-dy * 7 - dx * 4}l${dy * 8} ${dx * 8}Z`;
  const line = points.map(([px, py]) => `${px} ${py}`);
  line[line.length - 1] = `${x - dx * 6} ${y - dy * 6}`;
  return [
    { d: `M${line.join("L")}`, stroke: tone, width: strong ? 2.25 : 1.25 },
    { d: head, fill: tone },
  ];
}
