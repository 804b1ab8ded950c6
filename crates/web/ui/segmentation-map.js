// Blocks of memory as a figure: to scale, with an address ruler; an owner's hue, and a pattern for what a block holds.
// Everything here is a pure function of its arguments.

/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/**
 * Bytes with one use. `tone` is a token; null where they are free. `pattern` is what they hold.
 * @typedef {{base: number, size: number, tone: string | null, pattern: string, label: string, note: string, tip: string,
 *   data: Record<string, string | number>, strong: boolean}} Block
 * @typedef {{x: number, width: number, top: number, height: number, bytes: number}} Column memory of so many bytes
 */

/** The least distance of two addresses of a ruler, and the least height of a block with a label. */
const RULER_GAP = 13;
const LABELLED = 12;
/** How wide the pattern of a block is. */
const BAND = 12;

/** Where an address is. @param {Column} column @param {number} address */
export function yOf({ bytes, height, top }, address) {
  return Math.round((top + (address / bytes) * height) * 2) / 2;
}

/** A rectangle as a path. @param {number} x @param {number} y @param {number} width @param {number} height */
export function rectangle(x, y, width, height) {
  return `M${x} ${y}h${width}v${height}h${-width}Z`;
}

/**
 * The lines of a pattern inside a rectangle: code lies, data is dotted, a heap rises, a stack falls.
 * @param {string} pattern
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function patternOf(pattern, x, y, width, height) {
  const step = 4;
  const lines = [];
  if (pattern === "code") {
    for (let at = y + step / 2 + 1; at < y + height; at += step) lines.push(`M${x} ${at}h${width}`);
  } else if (pattern === "data") {
    for (let at = y + 3; at < y + height - 1; at += step) {
      for (let across = x + 2; across < x + width; across += step) lines.push(`M${across} ${at}h1.5`);
    }
  } else if (pattern === "heap" || pattern === "stack") {
    const rises = pattern === "heap";
    for (let at = step; at < width + height; at += step + 1) {
      const [from, to] = [Math.min(at, height), Math.max(0, at - width)];
      const [left, right] = [Math.max(0, at - height), Math.min(at, width)];
      lines.push(
        rises
          ? `M${x + left} ${y + from}L${x + right} ${y + to}`
          : `M${x + left} ${y + height - from}L${x + right} ${y + height - to}`,
      );
    }
  }
  return lines.join("");
}

/**
 * A block in a column.
 * @param {Block} block
 * @param {Column} column
 * @param {boolean} narrow whether there is no room for its size beside its label
 * @returns {Piece}
 */
export function blockPiece(block, column, narrow) {
  const { base, data, label, note, pattern, size, strong, tip, tone } = block;
  const { width, x } = column;
  const [top, bottom] = [yOf(column, base), yOf(column, base + size)];
  const height = Math.max(2, bottom - top);
  const middle = top + height / 2 + 4;
  const letters = height < 15 ? 10.5 : 12;
  const tall = height >= LABELLED;
  const words = tall && width >= 40;
  /** @type {Piece[]} */
  const pieces = [];
  if (tone === null) {
    pieces.push({ d: rectangle(x + 0.5, top + 0.5, width - 1, Math.max(1, height - 1)), stroke: "free", dash: true });
    if (words) pieces.push({ text: label, x: x + 8, y: middle, size: letters, tone: "muted" });
  } else {
    pieces.push(
      { d: rectangle(x, top, width, height), fill: tone, veil: strong ? 0.26 : 0.12 },
      { d: patternOf(pattern, x, top, BAND, height), stroke: tone, width: 1.25 },
      { d: rectangle(x + 0.5, top + 0.5, width - 1, Math.max(1, height - 1)), stroke: tone, width: strong ? 2.25 : 1 },
    );
    if (words) pieces.push({ text: label, x: x + BAND + 6, y: middle, size: letters, tone: "text", bold: true });
  }
  if (words && !narrow) {
    pieces.push({ text: note, x: x + width - 7, y: middle, size: letters, tone: "muted", anchor: "end" });
  }
  return { name: tone === null ? "hole" : "block", data, tip, pieces };
}

/**
 * The addresses of a column's boundaries, those that have room.
 * @param {Column} column
 * @param {number[]} addresses
 * @param {{x: number, anchor: "start" | "end"}} side
 * @returns {Piece[]}
 */
export function rulerPieces(column, addresses, { anchor, x }) {
  const last = column.top + column.height;
  let free = -Infinity;
  const sorted = [...new Set(addresses)].sort((a, b) => a - b);
  return sorted.flatMap((address) => {
    const y = yOf(column, address);
    if (y < free || (address < column.bytes && last - y < RULER_GAP)) return [];
    free = y + RULER_GAP;
    return [/** @type {Piece} */ ({ text: String(address), x, y: y + 4, size: 11, tone: "muted", mono: true, anchor })];
  });
}
