// A walk's tables as pieces: each level around the entry that is read, what was checked of it, and the physical address.
// Everything here is a pure function of its arguments.

import { BIT_ROW, bitsOf, fieldPiece, frame, group, OFFSET_TONE, placed, text, toneOf, widthsOf } from "./figure-pieces.js";
import { hexOf } from "./paging-translation-problem.js";

/** @typedef {import("./figure-pieces.js").Field} Field */
/** @typedef {import("./figure-pieces.js").Piece} Piece */
/** @typedef {import("./paging-translation-problem.js").Level} Level */
/** @typedef {import("./paging-translation-problem.js").Layout} Layout */
/** @typedef {import("./paging-translation-problem.js").Row} Row */
/** @typedef {import("./paging-translation-problem.js").Walks} Walks */
/**
 * @typedef {{answer: Walks, names: string[], physicalBits: number, walk: import("./paging-translation-problem.js").Walked,
 *   step: import("./paging-translation-problem.js").Step, signed: boolean, mostChecks: number, faults: boolean}} Scene
 *   `names` are those of the levels; `physicalBits` of a physical address are shown; the room of every step is that
 *   of the most checks of an entry, and of a fault where there is one
 */

/** How high a row of a table is. */
export const ROW = 21;
/** Columns from this width on have an entry's eight bytes on one line, and its checks two a line. */
const WIDE = 152;
/** Columns from this width on have an entry's letters beside its frame; narrower, under its bytes. */
const LETTERED = 140;
/** How wide the bits above the translated ones are drawn. */
export const HIGH_WIDTH = 52;

/** Letters of an entry's bits, as `ls` writes them. @type {[string, string, (flags: import("./paging-translation-problem.js").Flags) => boolean][]} */
export const LETTERS = [
  ["valid", "V", ({ valid }) => valid],
  ["present", "P", ({ present }) => present],
  ["read", "r", ({ read }) => read],
  ["write", "w", ({ write }) => write],
  ["execute", "x", ({ execute }) => execute],
  ["no_execute", "x", ({ execute }) => execute],
  ["user", "U", ({ user }) => user],
  ["referenced", "R", ({ referenced }) => referenced],
  ["dirty", "D", ({ dirty }) => dirty],
  ["copy_on_write", "C", ({ copy_on_write }) => copy_on_write],
];
const FAULTS = /** @type {Record<string, string>} */ ({
  invalid: "Segmentation fault",
  not_present: "Page fault",
  protection: "Protection fault",
  copy_on_write: "Copy-on-write fault",
  reserved: "Reserved bits",
  not_canonical: "Not canonical",
});

/** What a fault is called. @param {{kind: string}} fault */
export function faultName({ kind }) {
  return FAULTS[kind] ?? kind;
}

/**
 * An entry's bits as letters; a bit that is not set is a dash.
 * @param {Row | Level} row
 * @param {Layout} layout
 */
export function lettersOf({ flags }, layout) {
  const known = new Set(layout.flags.map(({ name }) => name));
  const shown = known.has("valid") ? LETTERS : [LETTERS[0], ...LETTERS.slice(2)];
  if (!known.has("valid")) known.add("valid");
  return shown
    .filter(([name]) => known.has(name))
    .map(([, letter, set]) => (set(flags) ? letter : "–"))
    .join("");
}

/** What the picture says of a level that has not been read. @param {Scene} scene @param {number} level */
function unread({ step, walk }, level) {
  const leaf = walk.levels.findIndex(({ leaf: last }) => last);
  if (leaf >= 0 && leaf < step.shown && level > leaf && walk.fault === null) return "no table: a huge page";
  return step.deed === "fault" || step.deed === "copied" ? "not reached" : "";
}

/** The bits above the translated ones, where there are such. @param {Scene} scene @param {number} x @param {number} y @returns {Piece | null} */
export function highPiece({ answer, signed, walk }, x, y) {
  const high = BigInt(walk.virtual_address) >> BigInt(answer.address_bits);
  if (!signed && high === 0n) return null;
  const wrong = walk.fault?.kind === "not_canonical";
  const bits = 64 - answer.address_bits;
  const range = `63–${answer.address_bits}`;
  const words = high === 0n ? "0 … 0" : high === (1n << BigInt(bits)) - 1n ? "1 … 1" : hexOf(high);
  return group(
    [
      text(wrong ? "✕" : "sign", x, y - 19, 12, wrong ? "fault" : "muted", { bold: wrong }),
      text(range, x, y - 6, 11, "muted", { mono: true }),
      { d: frame(x, y, HIGH_WIDTH, BIT_ROW), stroke: wrong ? "fault" : "edge", width: wrong ? 2 : 1 },
      text(words, x + HIGH_WIDTH / 2, y + 17, 11, wrong ? "fault" : "muted", { mono: true, anchor: "middle" }),
    ],
    "high",
    { wrong: String(wrong) },
    signed ? `bits ${range}\nMust repeat bit ${answer.address_bits - 1}.` : `bits ${range}\nMust be 0.`,
  );
}

/** How many rows a table's window has. @param {Walks} answer */
function rowsOf({ levels }) {
  return Math.min(5, 2 ** Math.max(...levels));
}

/** How high a column is: head, window, bytes, checks, the fault. @param {Scene} scene @param {number} width */
export function tableHeight({ answer, faults, mostChecks }, width) {
  const checks = Math.ceil(mostChecks / (width >= WIDE ? 2 : 1));
  return 36 + rowsOf(answer) * ROW + 20 + (bytesLines(answer, width) + (width < LETTERED ? 1 : 0)) * 15 + checks * 16 + (faults ? 18 : 0);
}

/** @param {Walks} answer @param {number} width */
function bytesLines({ entry_bytes }, width) {
  return entry_bytes > 4 && width < WIDE ? 2 : 1;
}

/**
 * The table of a level around the entry that is read; an outline before it is.
 * @param {Scene} scene
 * @param {number} level from 0
 * @param {{x: number, y: number, width: number}} place
 * @param {boolean} all every row of the window, and the checks
 * @param {boolean} named whether it stands under its name
 * @returns {{piece: Piece, entryY: number}}
 */
export function tablePiece(scene, level, place, all, named) {
  const { answer, names, step, walk } = scene;
  const { width, x, y } = place;
  const read = level < step.shown ? walk.levels[level] : null;
  const tone = toneOf(level);
  const head = named ? [text(names[level], x, y + 4, 13, read === null ? "muted" : tone, { bold: true })] : [];
  if (read === null) {
    const height = all ? rowsOf(answer) * ROW + 24 : ROW;
    const outline = unreadPieces(unread(scene, level), { x, y: y + 24, width, height });
    return { piece: group([...head, ...outline], "table", { level: level + 1, state: "unread" }), entryY: y };
  }
  const faulty = walk.fault?.level === read.level && step.shown === read.level && step.deed !== "arrived";
  const shown = (read.window ?? [rowOf(read)]).filter(({ index }) => all || index === read.index);
  const indexWidth = Math.max(...shown.map(({ index }) => String(index).length)) * 6.8 + 8;
  const top = y + 24 + (all ? 12 : 0);
  const below = top + shown.length * ROW;
  const more = shown[shown.length - 1].index < 2 ** answer.levels[level] - 1;
  const dots = (/** @type {number} */ at) => text("⋮", x + indexWidth + 12, at, 12, "muted");
  const pieces = [
    ...head,
    text(read.table_address, x + width, y + 4, 11, "muted", { mono: true, anchor: "end" }),
    ...(all && shown[0].index > 0 ? [dots(top - 2)] : []),
    ...shown.flatMap((row, index) =>
      rowPieces(row, { x, y: top + index * ROW, width, indexWidth }, answer.entry_layout, {
        mine: row.index === read.index,
        tone: faulty ? "fault" : tone,
        faulty,
      }),
    ),
    ...(all && more ? [dots(below + 11)] : []),
    ...(all ? detailPieces(scene, read, { x, y: below + 26, width }, faulty) : []),
  ];
  const data = { level: read.level, state: faulty ? "fault" : "read", index: read.index, frame: read.frame };
  return {
    piece: group(pieces, "table", data, tipOf(read)),
    entryY: top + shown.findIndex(({ index }) => index === read.index) * ROW + ROW / 2,
  };
}

/** @param {Level} read */
function tipOf({ bytes, entry, entry_address, index, name }) {
  return `${name}, entry ${index}\nat ${entry_address}\nbytes in memory: ${bytes}\nlittle endian, so ${entry}`;
}

/**
 * The outline of a table that was not read.
 * @param {string} words why
 * @param {{x: number, y: number, width: number, height: number}} place
 * @returns {Piece[]}
 */
function unreadPieces(words, { height, width, x, y }) {
  return [
    { d: frame(x, y, width, height), stroke: "edge", dash: true },
    text(words, x + width / 2, y + height / 2 + 4, 12, "muted", { anchor: "middle" }),
  ];
}

/** @param {Level} level @returns {Row} */
function rowOf({ bytes, entry, entry_address, flags, frame: number, index, leaf }) {
  return { index, address: entry_address, bytes, entry, frame: number, flags, leaf };
}

/**
 * @param {Row} row
 * @param {{x: number, y: number, width: number, indexWidth: number}} place
 * @param {Layout} layout
 * @param {{mine: boolean, tone: string, faulty: boolean}} look
 * @returns {Piece[]}
 */
function rowPieces(row, { indexWidth, width, x, y }, layout, { faulty, mine, tone }) {
  const box = { x: x + indexWidth, width: width - indexWidth };
  const words = row.flags.valid ? (row.flags.present ? hexOf(row.frame) : `slot ${row.frame}`) : "–";
  const letters = lettersOf(row, layout);
  const room = width >= LETTERED;
  const base = y + 15;
  const ink = row.flags.valid || mine ? "text" : "muted";
  return [
    mine
      ? { d: frame(box.x, y, box.width, ROW, 2), fill: tone, veil: 0.16, stroke: tone, width: 2 }
      : { d: `M${box.x} ${y}h${box.width}v${ROW}h${-box.width}Z`, stroke: "edge", width: 1 },
    text(String(row.index), box.x - 5, base, 11, mine ? tone : "muted", { mono: true, anchor: "end", bold: mine }),
    text(words, box.x + 6, base, 12, ink, { mono: true, bold: mine }),
    ...(faulty && mine
      ? [
          { d: frame(box.x + box.width - 9, y - 9, 18, 18, 9), fill: "fault" },
          text("✕", box.x + box.width, y + 4, 12, "ground", { anchor: "middle", bold: true }),
        ]
      : []),
    ...(room && row.flags.valid
      ? [text(letters, box.x + box.width - (faulty && mine ? 12 : 5), base, 11, ink, { mono: true, anchor: "end" })]
      : []),
  ];
}

/**
 * Under a window: the raw bytes of the entry, what was checked of it, and the fault.
 * @param {Scene} scene
 * @param {Level} read
 * @param {{x: number, y: number, width: number}} place
 * @param {boolean} faulty
 * @returns {Piece[]}
 */
function detailPieces({ answer, walk }, read, { width, x, y }, faulty) {
  const bytes = read.bytes.split(" ");
  const split = bytesLines(answer, width);
  const each = bytes.length / split;
  const lines = Array.from({ length: split }, (_, line) => bytes.slice(line * each, (line + 1) * each).join(" "));
  if (width < LETTERED) lines.push(lettersOf(read, answer.entry_layout));
  const pieces = lines.map((words, line) => text(words, x, y + line * 15, 11, "text", { mono: true }));
  const top = y + lines.length * 15 + 3;
  const across = width >= WIDE ? 2 : 1;
  read.checked.forEach(({ holds, what }, index) => {
    const [left, base] = [x + (index % across) * (width / across), top + Math.floor(index / across) * 16];
    pieces.push(text(`${holds ? "✓" : "✕"} ${what}`, left, base, 12, holds ? "hit" : "fault", { bold: !holds }));
  });
  if (faulty && walk.fault !== null) {
    const base = top + Math.ceil(read.checked.length / across) * 16;
    pieces.push(
      group([text(`✕ ${faultName(walk.fault)}`, x, base + 2, 13, "fault", { bold: true })], "fault", {
        kind: walk.fault.kind,
      }),
    );
  }
  return pieces;
}

/**
 * The physical address, bit by bit: the frame, then the offset.
 * @param {Scene} scene
 * @param {{x: number, y: number, right: number, bit: number}} place
 * @returns {{piece: Piece, words: string, frameX: number, offsetX: number}}
 */
export function physicalPiece(scene, { bit, right, x, y }) {
  const { answer, physicalBits, step, walk } = scene;
  const leaf = walk.levels[step.shown - 1];
  const out = step.deed === "arrived" ? walk.physical_address : null;
  const offsetBits = Math.round(Math.log2(walk.page_bytes ?? answer.page_bytes));
  const frameBits = Math.max(1, physicalBits - offsetBits);
  const value = BigInt(out ?? 0);
  const fields = [
    { name: walk.page_bytes === null || walk.page_bytes === answer.page_bytes ? "frame" : "huge frame", low: offsetBits, bits: bitsOf(value, offsetBits, frameBits), tone: leaf === undefined ? "muted" : toneOf(leaf.level - 1), index: true },
    { name: "offset", low: 0, bits: bitsOf(value, 0, offsetBits), tone: OFFSET_TONE, index: false },
  ];
  const size = Math.min(bit, (right - x - 20) / (frameBits + offsetBits));
  const widths = widthsOf(fields, size);
  const places = placed(widths, right - 12 - widths[0] - widths[1] - 8, 8);
  const middles = places.map((place, index) => place + widths[index] / 2);
  const fault = step.shown > 0 && step.deed !== "level" && step.deed !== "arrived" ? walk.fault : null;
  const early = places[0] - x > 190;
  const words = out ?? (fault === null && walk.fault?.kind !== "not_canonical" ? "–" : "none: a fault");
  const label = early
    ? [
        text("Physical address", x, y - 6, 12, "muted"),
        text(words, x, y + 17, 16, out === null && fault !== null ? "fault" : "text", { mono: true, bold: true }),
      ]
    : [];
  const boxes = fields.map((field, index) =>
    out === null
      ? { d: frame(places[index], y, widths[index], BIT_ROW), stroke: "edge", dash: true }
      : fieldPiece(field, { x: places[index], y, width: widths[index], bit: size }),
  );
  return {
    piece: group([...label, ...boxes], "physical", { address: out ?? "" }),
    words,
    frameX: middles[0],
    offsetX: middles[1],
  };
}
