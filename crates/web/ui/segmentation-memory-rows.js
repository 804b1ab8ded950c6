// Memory as rows of addresses that can be looked into down to a byte: what stands where, which part of it is on show, and
// where an address is in the picture. Everything here is a pure function of its arguments.

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/**
 * Bytes with one use: a block, a hole, or bytes that are neither.
 * @typedef {{from: number, size: number, block: Held | null, free: boolean}} Use
 * @typedef {{from: number, perRow: number}} Look the first address on show, and the bytes of a row
 * @typedef {{left: number, width: number, look: Look, rows: number, base: number, end: number}} Rows
 */

/** Rows of a picture at most, and the fewest bytes of one. */
export const MOST_ROWS = 8;
export const LEAST_BYTES = 16;
export const TOP = 22;
export const HIGH = 30;
export const PITCH = 40;

/** @param {number} bytes */
const powerFrom = (bytes) => 2 ** Math.ceil(Math.log2(Math.max(LEAST_BYTES, bytes)));

/** All of memory. @param {{base: number, capacity: number}} memory @returns {Look} */
export function wholeOf({ base, capacity }) {
  return { from: base, perRow: powerFrom(capacity / MOST_ROWS) };
}

/**
 * A look that keeps an address where it is while it shows twice or half as much of memory a row.
 * @param {Look} look
 * @param {{base: number, capacity: number}} memory
 * @param {number} address
 * @param {number} by how many doublings nearer, negative away
 * @returns {Look}
 */
export function nearer(look, memory, address, by) {
  const whole = wholeOf(memory);
  const perRow = Math.min(whole.perRow, Math.max(LEAST_BYTES, look.perRow / 2 ** by));
  const share = (address - look.from) / look.perRow;
  return within({ from: address - share * perRow, perRow }, memory);
}

/** A look so many rows further on. @param {Look} look @param {{base: number, capacity: number}} memory @param {number} rows @returns {Look} */
export function further(look, memory, rows) {
  return within({ ...look, from: look.from + rows * look.perRow }, memory);
}

/** A look around an address, if it is not on show. @param {Look} look @param {{base: number, capacity: number}} memory @param {number} address */
export function showing(look, memory, address) {
  const shown = address >= look.from && address < look.from + look.perRow * MOST_ROWS;
  return shown ? look : within({ ...look, from: address - (look.perRow * MOST_ROWS) / 2 }, memory);
}

/** Inside memory, on a border of rows. @param {Look} look @param {{base: number, capacity: number}} memory @returns {Look} */
function within({ from, perRow }, { base, capacity }) {
  const rows = Math.ceil(capacity / perRow);
  const first = Math.round((from - base) / perRow);
  return { from: base + Math.max(0, Math.min(first, rows - MOST_ROWS)) * perRow, perRow };
}

/** What every byte of memory is used for, by address. @param {Moment} moment @param {[number, number][]} holes @returns {Use[]} */
export function usesOf({ base, capacity, held }, holes) {
  const known = [
    ...held.map((block) => ({ from: block.address, size: block.size, block, free: false })),
    ...holes.map(([from, size]) => ({ from, size, block: null, free: true })),
  ].sort((a, b) => a.from - b.from);
  /** @type {Use[]} */
  const uses = [];
  let at = base;
  for (const use of known) {
    if (use.from > at) uses.push({ from: at, size: use.from - at, block: null, free: false });
    uses.push(use);
    at = Math.max(at, use.from + use.size);
  }
  if (at < base + capacity) uses.push({ from: at, size: base + capacity - at, block: null, free: false });
  return uses;
}

/** What stands at an address. @param {Use[]} uses @param {number} address */
export function useAt(uses, address) {
  return uses.find(({ from, size }) => from <= address && address < from + size) ?? null;
}

/** Header, what the program has, and padding of a block. @param {Held} block @param {number} header */
export function partsOf({ address, asked, size }, header) {
  const head = Math.min(header, size);
  return { header: head, begins: address + head, asked: Math.min(asked, size - head), padding: Math.max(0, size - head - asked) };
}

/** Where an address is: its row, and how far along. @param {Rows} rows @param {number} address */
export function placeOf({ left, look, width }, address) {
  const row = Math.floor((address - look.from) / look.perRow);
  return { row, x: left + ((address - look.from - row * look.perRow) / look.perRow) * width, y: TOP + row * PITCH };
}

/** The address under a point of the picture; null beside memory. @param {Rows} rows @param {number} x @param {number} y */
export function addressAt({ base, end, left, look, rows, width }, x, y) {
  const row = Math.floor((y - TOP + (PITCH - HIGH) / 2) / PITCH);
  if (row < 0 || row >= rows || x < left || x >= left + width) return null;
  const address = Math.floor(look.from + (row + (x - left) / width) * look.perRow);
  return address >= base && address < end ? address : null;
}
