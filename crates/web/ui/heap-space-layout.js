// The address space of a program in rows of cells: where each cell stands, which address is under a point, and what is seen when
// one looks nearer. Everything here is a pure function of its arguments.

/**
 * Cells are numbered region by region; those that hold nothing are left out of the columns.
 * @typedef {{of: "blocks" | "mapped", at_ms: number, extent: {from: number, to: number} | null, regions: {from: number, to: number}[],
 *   cell_bytes: number, cells: {number: number[], bytes: number[], blocks: number[], owner: number[]}, owners: Owner[],
 *   live_bytes: number, live_blocks: number, blocks: {address: number[], bytes: number[], born_ms: number[], owner: number[]} | null,
 *   holes: {count: number, bytes: number, largest_bytes: number, largest_at: number | null} | null}} Space
 * @typedef {{function: string | null, file: string | null, module: string | null, bytes: number, blocks: number}} Owner
 * @typedef {{row: number, column: number, cell: number, count: number, address: number}} Run cells beside each other in a row
 * @typedef {{columns: number, rows: number, runs: Run[], cells: number, rulers: (number | null)[], bytes: number}} Layout
 */

/** Columns between two regions of one row: where their break stands. */
export const BREAK = 2;
/** The least that is looked at, bytes. */
const LEAST_BYTES = 64;

/** The number of the cell that an address lies in, from address 0. @param {number} address @param {number} bytes */
function gridOf(address, bytes) {
  return Math.floor(address / bytes);
}

/** The cells of a region. @param {{from: number, to: number}} region @param {number} bytes */
function cellsOf({ from, to }, bytes) {
  return gridOf(to - 1, bytes) - gridOf(from, bytes) + 1;
}

/**
 * Where the cells stand. A large region begins in a row of its own, at the column of its address, so that rows begin at round
 * addresses; small ones follow each other with a break between.
 * @param {Pick<Space, "regions" | "cell_bytes">} space
 * @param {number} columns
 * @returns {Layout}
 */
export function layoutOf({ cell_bytes: bytes, regions }, columns) {
  /** @type {Run[]} */
  const runs = [];
  let [row, column, cell] = [0, 0, 0];
  let used = false;
  for (const region of regions) {
    const all = cellsOf(region, bytes);
    const large = all * 2 > columns;
    if (used && (large || column + BREAK >= columns)) [row, column] = [row + 1, 0];
    else if (used) column += BREAK;
    if (large) column = gridOf(region.from, bytes) % columns;
    for (let done = 0; done < all; ) {
      const count = Math.min(all - done, columns - column);
      runs.push({ row, column, cell: cell + done, count, address: (gridOf(region.from, bytes) + done) * bytes });
      done += count;
      column += count;
      if (done < all) [row, column] = [row + 1, 0];
    }
    cell += all;
    used = true;
    // What follows a large region does not begin in its last row.
    if (large) column = columns;
  }
  const rows = used ? row + 1 : 0;
  /** @type {(number | null)[]} */
  const rulers = Array.from({ length: rows }, () => null);
  for (const run of runs) rulers[run.row] ??= run.address;
  return { columns, rows, runs, cells: cell, rulers, bytes };
}

/** The run of a cell. @param {Layout} layout @param {number} cell */
function runOf({ runs }, cell) {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle].cell <= cell) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : runs[low - 1];
}

/** Row and column of a cell. @param {Layout} layout @param {number} cell */
export function placeOf(layout, cell) {
  const run = runOf(layout, cell);
  if (run === null || cell >= run.cell + run.count) return null;
  return { row: run.row, column: run.column + cell - run.cell };
}

/** The address at a point of the cells, which may lie within one. @param {Layout} layout @param {number} row @param {number} column */
export function addressAt({ bytes, runs }, row, column) {
  const run = runs.find((each) => each.row === row && column >= each.column && column < each.column + each.count);
  return run === undefined ? null : run.address + Math.floor((column - run.column) * bytes);
}

/**
 * The pieces of a stretch of addresses: rows, and columns with parts of one.
 * @param {Layout} layout
 * @param {number} from
 * @param {number} to
 * @returns {{row: number, from: number, to: number}[]}
 */
export function piecesOf({ bytes, runs }, from, to) {
  return runs.flatMap(({ address, column, count, row }) => {
    const [low, high] = [Math.max(from, address), Math.min(to, address + count * bytes)];
    return low >= high ? [] : [{ row, from: column + (low - address) / bytes, to: column + (high - address) / bytes }];
  });
}

/**
 * The stretch that is seen when one looks nearer by half at an address, which stays about where it is; null where it is as near as
 * can be.
 * @param {Layout} layout
 * @param {number} address
 * @returns {{from: number, to: number} | null}
 */
export function nearer(layout, address) {
  const { bytes, cells, runs } = layout;
  const run = runs.find((each) => address >= each.address && address < each.address + each.count * bytes);
  if (run === undefined || cells * bytes <= LEAST_BYTES) return null;
  const at = run.cell + (address - run.address) / bytes;
  const first = Math.max(0, at - at / 2);
  const last = Math.min(cells, first + Math.max(cells / 2, LEAST_BYTES / bytes));
  const addressOf = (/** @type {number} */ cell) => {
    const whole = Math.min(Math.floor(cell), cells - 1);
    const of = runOf(layout, whole);
    return of === null ? 0 : Math.round(of.address + (cell - of.cell) * bytes);
  };
  const [from, to] = [addressOf(first), addressOf(last)];
  return to - from < 1 ? null : { from, to };
}

/** The stretch as wide as this one beside it, within everything. @param {{from: number, to: number}} span @param {{from: number, to: number}} extent @param {1 | -1} way */
export function beside({ from, to }, extent, way) {
  const half = Math.max(1, Math.floor((to - from) / 2));
  const by = way > 0 ? Math.min(half, extent.to - to) : -Math.min(half, from - extent.from);
  return { from: from + by, to: to + by };
}

/** The block at an address: its place in the columns. @param {Space} space @param {number} address */
export function blockAt({ blocks }, address) {
  if (blocks === null) return null;
  let [low, high] = [0, blocks.address.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks.address[middle] <= address) low = middle + 1;
    else high = middle;
  }
  const at = low - 1;
  return at >= 0 && address < blocks.address[at] + Math.max(1, blocks.bytes[at]) ? at : null;
}

/** An address as it is written. @param {number} address */
export function hex(address) {
  return `0x${address.toString(16)}`;
}

/** A stretch as the address of the page names it. @param {{from: number, to: number} | null} span */
export function wordOf(span) {
  return span === null ? undefined : `${span.from.toString(16)}-${span.to.toString(16)}`;
}

/** The stretch of such a word; null where it is none. @param {string | undefined} word */
export function spanOf(word) {
  const found = /^([0-9a-f]{1,13})-([0-9a-f]{1,13})$/.exec(word ?? "");
  if (found === null) return null;
  const [from, to] = [Number.parseInt(found[1], 16), Number.parseInt(found[2], 16)];
  return to > from ? { from, to } : null;
}
