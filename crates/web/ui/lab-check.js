// A student's table against the machine's: where it first goes wrong, and reading one out of a spreadsheet.
// Everything here is a pure function of its arguments.

/** @typedef {import("./paging-run.js").Step} Step */
/** A table as typed: a row a frame, then the row of letters; a column a reference. @typedef {string[][]} Table */
/** @typedef {{row: number, column: number, given: string, expected: string}} Wrong rows and columns from 0 */

/**
 * An empty table.
 * @param {number} frames
 * @param {number} columns
 * @returns {Table}
 */
export function blankTable(frames, columns) {
  return Array.from({ length: frames + 1 }, () => Array.from({ length: columns }, () => ""));
}

/**
 * What should stand in the cells of a column: the page of each frame, then H or F.
 * @param {Step} step
 * @param {number} frames
 * @returns {string[]}
 */
export function rightColumn(step, frames) {
  const pages = Array.from({ length: frames }, (_, frame) => String(step.frames[frame] ?? ""));
  return [...pages, step.hit ? "H" : "F"];
}

/**
 * The first wrong cell: by columns, each from the top. A column without any entry was not answered, and is passed
 * over; in the others an empty cell is an empty frame. Letters are checked where they were written.
 * @param {Table} table
 * @param {Step[]} steps
 * @returns {Wrong | null}
 */
export function firstWrong(table, steps) {
  const letters = table.length - 1;
  for (const [column, step] of steps.entries()) {
    const given = table.map((row) => tidy(row[column] ?? ""));
    const expected = rightColumn(step, letters);
    const answered = given.slice(0, letters).some((cell) => cell !== "");
    for (const [row, cell] of given.entries()) {
      const counts = row === letters ? cell !== "" : answered;
      const right = row === letters ? letterOf(cell) === expected[row] : cell === expected[row];
      if (counts && !right) return { row, column, given: cell, expected: expected[row] };
    }
  }
  return null;
}

/** Whether anything was written. @param {Table} table */
export function isBlank(table) {
  return table.every((row) => row.every((cell) => tidy(cell) === ""));
}

/** A page number without what people write around it: `-`, `–` and `.` stand for an empty frame. @param {string} cell */
function tidy(cell) {
  const text = cell.trim();
  if (/^[-–—.·]$/.test(text)) return "";
  return /^\d+$/.test(text) ? String(BigInt(text)) : text;
}

/** H, F, or what it was: a tick and “hit” are H, a cross, “M” and “miss” are F. @param {string} cell */
function letterOf(cell) {
  if (/^(h|hit|✓|✔|1)$/i.test(cell)) return "H";
  return /^(f|fault|m|miss|page fault|pf|x|✕|✗|\*|0)$/i.test(cell) ? "F" : cell;
}

/**
 * Puts pasted rows into a table from a cell on; what would be outside is dropped. A pasted table may bring its own
 * head (a row with the very references) and its own labels (a first column of words): both are left out.
 * @param {Table} table
 * @param {string} text tabs between cells, or commas, or spaces; lines between rows
 * @param {number} row
 * @param {number} column
 * @param {string[]} references
 * @returns {Table}
 */
export function pasted(table, text, row, column, references) {
  const rows = cellsOf(text, references);
  return table.map((cells, y) => cells.map((cell, x) => rows[y - row]?.[x - column] ?? cell));
}

/**
 * @param {string} text
 * @param {string[]} references
 * @returns {string[][]}
 */
function cellsOf(text, references) {
  const lines = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n");
  const sign = text.includes("\t") ? "\t" : text.includes(",") ? /\s*,\s*/ : /\s+/;
  const rows = lines.map((line) =>
    (sign === "\t" ? line : line.trim()).split(sign).map((cell) => cell.trim().slice(0, 20)),
  );
  const labelled =
    rows.length > 1 &&
    rows.every(([first]) => /^$|[a-z]{2,}|^frame|^f\d/i.test(first ?? "")) &&
    rows.some(([first]) => first !== "");
  const bare = labelled ? rows.map((cells) => cells.slice(1)) : rows;
  const headed = bare.length > 1 && bare[0].join(" ").replace(/w\b/gi, "") === references.join(" ");
  return headed ? bare.slice(1) : bare;
}
