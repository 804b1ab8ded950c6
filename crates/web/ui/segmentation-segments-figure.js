// A translation by segments as a figure: the address, the entry that it selects, the checks in their order with their
// numbers, the addition, and where the physical address lies. Everything here is a pure function of its arguments.

import { arrow, BIT_ROW, fieldPiece, frame, OFFSET_TONE, text } from "./figure-pieces.js";
import { blockPiece, rectangle, rulerPieces, yOf } from "./segmentation-map.js";
import { trapName } from "./segmentation-segments-problem.js";

/** @typedef {import("./segmentation-segments-problem.js").Report} Report */
/** @typedef {import("./segmentation-segments-problem.js").Found} Found */
/** @typedef {import("./segmentation-segments-problem.js").Entry} Entry */
/** @typedef {import("./segmentation-map.js").Block} Block */
/** @typedef {import("./segmentation-map.js").Piece} Piece */
/** @typedef {import("./segmentation-map.js").Figure} Figure */
/** @typedef {{words: string, numbers: string, state: "holds" | "fails" | "unreached"}} Gate */

const ROW = 24;
const GATE = 40;
/** Where the lines from the address turn aside. */
const TURN = 88;
const OWNERS = 8;
const MOST_ROWS = 8;
const MOST_PAGES = 6;
/** From this width on table, checks and memory stand side by side. */
const WIDE = 640;

/** A segment's hue. @param {number} row which entry of the table, from 0 */
export function toneOf(row) {
  return `owner-${(row % (OWNERS - 1)) + 1}`;
}

/**
 * @param {Report} report
 * @param {Found} found
 * @param {number} width
 * @returns {Figure}
 */
export function translationFigure(report, found, width) {
  const wide = width >= WIDE;
  const inset = 16;
  const memoryWidth = wide ? Math.min(250, width * 0.26) : width;
  const gap = wide ? 54 : 0;
  const room = wide ? width - memoryWidth - gap - 36 - inset : width - inset;
  const tableWidth = wide ? Math.min(310, room * 0.48) : room;
  const fields = addressPieces(report, found, inset, room);
  const tableTop = 120;
  const table = tablePieces(report, found, { x: inset, y: tableTop, width: tableWidth });
  const flow = wide
    ? { x: inset + tableWidth + gap, y: tableTop - 12, width: room - tableWidth }
    : { x: inset, y: table.bottom + 34, width: room };
  const gates = gatePieces(report, found, flow);
  const memory = wide
    ? { x: width - memoryWidth, y: 34, width: memoryWidth, height: Math.max(gates.bottom, table.bottom, 470) - 44 }
    : { x: 0, y: gates.bottom + 34, width, height: 320 };
  const bottom = Math.max(gates.bottom, table.bottom, memory.y + memory.height);
  return {
    width,
    height: bottom + 14,
    pieces: [
      ...fields.pieces,
      ...selectPieces(found, fields, table),
      ...table.pieces,
      ...(wide ? carryPieces(found, fields, table, gates, flow) : []),
      ...gates.pieces,
      ...memoryPieces(report, found, memory),
    ],
  };
}

/**
 * The address as its bits where they are known, and else as the pair.
 * @param {Report} report
 * @param {Found} found
 * @param {number} x
 * @param {number} room
 * @returns {{pieces: Piece[], segment: number, offset: number, bottom: number}} the middles of the two parts, and where they end
 */
function addressPieces({ offset_bits = 0 }, found, x, room) {
  const tone = found.row === null ? "fault" : toneOf(found.row);
  if (found.bits === null) {
    const [first, second] = [found.kind ?? String(found.segment), String(found.offset)];
    const widths = [Math.max(76, first.length * 9 + 20), Math.max(104, second.length * 9 + 20)];
    const boxes = /** @type {[string, string, string, number][]} */ ([
      ["segment", first, tone, x],
      ["offset", second, OFFSET_TONE, x + widths[0] + 10],
    ]);
    return {
      pieces: boxes.map(([name, words, hue, left], index) => ({
        name: "field",
        data: { field: name, value: words },
        tip: `${name}\n${words}`,
        pieces: [
          text(name, left, 15, 12, hue, { bold: true }),
          { d: frame(left, 24, widths[index], BIT_ROW + 6), fill: hue, veil: 0.12, stroke: hue, width: 1 },
          text(words, left + widths[index] / 2, 46, 16, "text", { mono: true, anchor: "middle", bold: true }),
        ],
      })),
      segment: x + widths[0] / 2,
      offset: x + widths[0] + 10 + widths[1] / 2,
      bottom: 58,
    };
  }
  const { offset, segment } = found.bits;
  const bit = Math.max(9, Math.min(20, (room - 80) / (offset.length + segment.length)));
  const named = segment === "" ? [] : [{ name: "segment", low: offset_bits, bits: segment, tone, index: true }];
  const parts = [...named, { name: "offset", low: 0, bits: offset, tone: OFFSET_TONE, index: true }];
  let left = x;
  const middles = /** @type {Record<string, number>} */ ({});
  const pieces = parts.map((part) => {
    const width = Math.max(part.bits.length * bit, 74);
    const piece = fieldPiece(part, { x: left, y: 34, width, bit });
    middles[part.name] = left + width / 2;
    left += width + 12;
    return piece;
  });
  if (found.virtual_address !== null) {
    pieces.push(text(`address ${found.virtual_address}`, left + 4, 52, 12, "muted", { mono: true }));
  }
  return { pieces, segment: middles.segment ?? x, offset: middles.offset, bottom: 78 };
}

/**
 * How the segment number selects its row.
 * @param {Found} found
 * @param {{segment: number, bottom: number}} from
 * @param {{rowY: number | null, left: number}} table
 * @returns {Piece[]}
 */
function selectPieces({ row }, { bottom, segment }, { left, rowY }) {
  if (row === null || rowY === null) return [];
  const points = /** @type {[number, number][]} */ ([
    [segment, bottom],
    [segment, TURN],
    [left - 10, TURN],
    [left - 10, rowY],
    [left, rowY],
  ]);
  return [{ name: "select", data: { row }, pieces: arrow(points, toneOf(row), true) }];
}

/** The rows around the selected one. @param {Entry[]} table @param {number | null} row */
function windowOf(table, row) {
  const first = Math.max(0, Math.min((row ?? 0) - 3, table.length - MOST_ROWS));
  return { first, rows: table.slice(first, first + MOST_ROWS) };
}

/** @param {Entry} entry */
function growthOf({ growth }) {
  return { up: "↑", down: "↓", expand_down: "⤓" }[growth];
}

/**
 * The segment table, and of a paged segment its page table.
 * @param {Report} report
 * @param {Found} found
 * @param {{x: number, y: number, width: number}} place
 */
function tablePieces({ page_bytes, table }, found, { width, x, y }) {
  const { first, rows } = windowOf(table, found.row);
  const paged = page_bytes !== null;
  const columns = [0.1, 0.42, 0.62, 0.69, 0.98].map((share) => x + share * width);
  const heads = ["", paged ? "frames" : "base", "limit", "", "may"];
  /** @type {Piece[]} */
  const pieces = [text("Segment table", x, y - 16, 12, "muted", { bold: true })];
  heads.forEach((words, index) =>
    pieces.push(text(words, columns[index], y + 6, 11, "muted", { anchor: index === 3 ? "start" : "end" })),
  );
  /** @type {number | null} */
  let rowY = null;
  rows.forEach((entry, index) => {
    const top = y + 12 + index * ROW;
    const mine = first + index === found.row;
    if (mine) rowY = top + ROW / 2;
    pieces.push(rowPiece(entry, { top, x, width, columns, mine, tone: toneOf(first + index), trap: found.trap }));
  });
  let bottom = y + 12 + rows.length * ROW;
  if (found.row === null) {
    pieces.push({
      name: "row",
      data: { number: found.segment, missing: "true" },
      pieces: [
        { d: rectangle(x + 0.5, bottom + 4.5, width - 1, ROW - 1), stroke: "fault", dash: true, width: 1.5 },
        text(`✕ no segment ${found.segment}`, x + 10, bottom + 20, 12, "fault", { bold: true }),
      ],
    });
    bottom += ROW + 4;
  }
  if (table.length > rows.length) {
    pieces.push(text(`${rows.length} of ${table.length} segments`, x, bottom + 15, 11, "muted"));
    bottom += 18;
  }
  const pages = paged ? pagePieces(table, found, { x, y: bottom + 34, width }) : null;
  return { pieces: [...pieces, ...(pages?.pieces ?? [])], rowY, left: x, right: x + width, bottom: pages?.bottom ?? bottom, pageY: pages?.rowY ?? null };
}

/**
 * @param {Entry} entry
 * @param {{top: number, x: number, width: number, columns: number[], mine: boolean, tone: string, trap: string | null}} look
 * @returns {Piece}
 */
function rowPiece(entry, { columns, mine, tone, top, trap, width, x }) {
  const { base, frames, kind, limit, number, present, protection, shared } = entry;
  const base_ = top + 16;
  const place = frames === undefined ? String(base) : frames.map((at) => at ?? "–").join(" ");
  const faulty = mine && trap !== null;
  const ink = mine ? "text" : "muted";
  const wrong = (/** @type {string} */ check) => (faulty && trap === check ? "fault" : ink);
  const cells = [
    text(String(number), columns[0], base_, 12, mine ? tone : "muted", { mono: true, bold: mine, anchor: "end" }),
    text(place.length > 13 ? `${place.slice(0, 12)}…` : place, columns[1], base_, 12, ink, { mono: true, anchor: "end" }),
    text(String(limit), columns[2], base_, 12, wrong("limit"), { mono: true, anchor: "end", bold: faulty && trap === "limit" }),
    text(growthOf(entry), columns[3], base_, 12, ink),
    text(present ? protection : "absent", columns[4], base_, 12, present ? wrong("protection") : wrong("not_present"), { mono: present, anchor: "end" }),
  ];
  if (kind !== null && width > 250) cells.push(text(kind, columns[3] + 16, base_, 11, "muted"));
  return {
    name: "row",
    data: { number, mine: String(mine) },
    tip: `Segment ${number}${kind === null ? "" : `, ${kind}`}\n${frames === undefined ? `base ${base}` : `frames ${place}`}\nlimit ${limit}\ngrows ${entry.growth.replace("_", " ")}\n${protection}${shared ? ", shared" : ""}${present ? "" : ", not present"}`,
    pieces: [
      mine
        ? { d: rectangle(x, top, width, ROW), fill: tone, veil: 0.16, stroke: tone, width: 2 }
        : { d: rectangle(x + 0.5, top, width - 1, ROW), stroke: "edge" },
      ...cells,
    ],
  };
}

/** The page table of the segment. @param {Entry[]} table @param {Found} found @param {{x: number, y: number, width: number}} place */
function pagePieces(table, found, { width, x, y }) {
  const frames = found.row === null ? [] : (table[found.row].frames ?? []);
  const at = found.walk?.levels[0]?.index ?? null;
  const first = Math.max(0, Math.min((at ?? 0) - 2, frames.length - MOST_PAGES));
  const tone = toneOf(found.row ?? 0);
  /** @type {Piece[]} */
  const pieces = [text(`Page table of segment ${found.segment}`, x, y - 8, 12, "muted", { bold: true })];
  /** @type {number | null} */
  let rowY = null;
  const shown = frames.slice(first, first + MOST_PAGES);
  shown.forEach((held, index) => {
    const [page, top] = [first + index, y + index * (ROW - 2)];
    const mine = page === at;
    if (mine) rowY = top + ROW / 2 - 1;
    const hue = mine && held === null ? "fault" : tone;
    pieces.push({
      name: "page",
      data: { page, mine: String(mine) },
      pieces: [
        mine
          ? { d: rectangle(x, top, width, ROW - 2), fill: hue, veil: 0.16, stroke: hue, width: 2 }
          : { d: rectangle(x + 0.5, top, width - 1, ROW - 2), stroke: "edge" },
        text(`page ${page}`, x + 8, top + 15, 12, mine ? hue : "muted", { bold: mine }),
        text(held === null ? "not in memory" : `frame ${held}`, x + width - 8, top + 15, 12, mine ? (held === null ? "fault" : "text") : "muted", { anchor: "end" }),
      ],
    });
  });
  return { pieces, rowY, bottom: y + shown.length * (ROW - 2) };
}

/**
 * The checks in their order with their numbers.
 * @param {Report} report
 * @param {Found} found
 * @returns {Gate[]}
 */
export function gatesOf({ page_bytes, table }, found) {
  const entry = found.row === null ? null : table[found.row];
  const { compare, walk } = found;
  const level = walk?.levels[0];
  const all = [
    ["in the table", "Number", entry === null ? `no segment ${found.segment}` : `segment ${found.segment}`],
    ["present", "Presence", entry?.present === false ? "not in memory" : "in memory"],
    ["within the limit", "Limit", compare === null ? "" : `${compare.left} ${compare.relation} ${compare.right}${found.excess_bytes === null ? "" : `, by ${found.excess_bytes}`}`],
    ["allowed", "Protection", entry === null ? "" : `${found.access}, ${entry.protection}`],
  ];
  if (page_bytes !== null) {
    const frame_ = level === undefined || found.trap === "page" ? "not in memory" : `frame ${level.frame}`;
    all.push(["page present", "Page", level === undefined ? "" : `page ${level.index}: ${frame_}`]);
  }
  return all.map(([what, words, numbers]) => {
    const check = found.checked.find((made) => made.what === what);
    return { words, numbers: check === undefined ? "" : numbers, state: check === undefined ? "unreached" : check.holds ? "holds" : "fails" };
  });
}

/**
 * The checks as gates one under the other, then the addition, then where it came out.
 * @param {Report} report
 * @param {Found} found
 * @param {{x: number, y: number, width: number}} place
 */
function gatePieces(report, found, { width, x, y }) {
  const gates = gatesOf(report, found);
  const step = GATE + 12;
  /** @type {Piece[]} */
  const pieces = [text("Checks, in this order", x, y - 4, 12, "muted", { bold: true })];
  const top = y + 8;
  gates.forEach((gate, index) => pieces.push(gatePiece(gate, { x, y: top + index * step, width })));
  gates.slice(1).forEach((gate, index) => pieces.push(...linkPieces(x + 19, top + index * step + GATE, gate.state !== "unreached")));
  const sumY = top + gates.length * step;
  pieces.push(...linkPieces(x + 19, sumY - 12, found.add !== null));
  pieces.push(sumPiece(found, { x, y: sumY, width }));
  const endY = sumY + step;
  pieces.push(...linkPieces(x + 19, endY - 12, found.physical !== null));
  pieces.push(endPiece(found, { x, y: endY, width }));
  return { pieces, bottom: endY + GATE, limitY: top + 2 * step + GATE / 2, pageY: top + 4 * step + GATE / 2, sumY: sumY + GATE / 2 };
}

/** @param {number} x @param {number} y @param {boolean} reached @returns {Piece[]} */
function linkPieces(x, y, reached) {
  return reached ? arrow([[x, y], [x, y + 12]], "hit", false) : [{ d: `M${x} ${y}v12`, stroke: "edge", dash: true }];
}

/** @param {Gate} gate @param {{x: number, y: number, width: number}} place @returns {Piece} */
function gatePiece({ numbers, state, words }, { width, x, y }) {
  const tone = { holds: "hit", fails: "fault", unreached: "edge" }[state];
  const reached = state !== "unreached";
  return {
    name: "gate",
    data: { gate: words, state },
    pieces: [
      { d: frame(x, y, width, GATE), fill: reached ? tone : undefined, veil: state === "fails" ? 0.14 : 0.06, stroke: tone, width: state === "fails" ? 2 : 1, dash: !reached },
      text({ holds: "✓", fails: "✕", unreached: "" }[state], x + 19, y + 26, 16, tone, { bold: true, anchor: "middle" }),
      text(words, x + 36, y + 17, 12, reached ? "text" : "muted", { bold: state === "fails" }),
      text(reached ? numbers : "not reached", x + 36, y + 33, 12, state === "fails" ? "fault" : reached ? "text" : "muted", { mono: reached, bold: state === "fails" }),
    ],
  };
}

/** The addition. @param {Found} found @param {{x: number, y: number, width: number}} place @returns {Piece} */
function sumPiece({ add, walk }, { width, x, y }) {
  const words = add === null ? "not reached" : `${add.base} ${add.addend < 0 ? "−" : "+"} ${Math.abs(add.addend)}`;
  const name = walk === null ? "Base and offset" : "Frame’s address and offset";
  return {
    name: "sum",
    data: { sum: add?.sum ?? "" },
    pieces: [
      { d: frame(x, y, width, GATE), stroke: add === null ? "edge" : "text", dash: add === null },
      text("+", x + 19, y + 27, 18, add === null ? "edge" : "text", { bold: true, anchor: "middle" }),
      text(name, x + 36, y + 17, 12, add === null ? "muted" : "text"),
      text(words, x + 36, y + 33, 12, add === null ? "muted" : "text", { mono: add !== null }),
    ],
  };
}

/** The physical address, or the trap and by how much. @param {Found} found @param {{x: number, y: number, width: number}} place @returns {Piece} */
function endPiece({ excess_bytes, physical, trap }, { width, x, y }) {
  const tone = trap === null ? "hit" : "fault";
  const past = excess_bytes === null ? "" : ` by ${excess_bytes}`;
  return {
    name: trap === null ? "physical" : "trap",
    data: { physical: physical ?? "", trap: trap ?? "", excess: excess_bytes ?? "" },
    pieces: [
      { d: frame(x, y, width, GATE), fill: tone, veil: 0.18, stroke: tone, width: 2 },
      text(trap === null ? "=" : "✕", x + 19, y + 26, 16, tone, { bold: true, anchor: "middle" }),
      text(trap === null ? "Physical address" : "Trap", x + 36, y + 17, 12, "text"),
      text(trap === null ? String(physical) : `${trapName(trap)}${past}`, x + 36, y + 34, 13, tone, { bold: true, mono: trap === null }),
    ],
  };
}

/**
 * Where the limit and the base go, and the offset with them: as far as the checks came.
 * @param {Found} found
 * @param {{offset: number, bottom: number}} from
 * @param {{rowY: number | null, right: number, pageY: number | null}} table
 * @param {{limitY: number, sumY: number, pageY: number}} gates
 * @param {{x: number, width: number}} flow
 * @returns {Piece[]}
 */
function carryPieces({ add, compare }, { bottom, offset }, table, gates, { width, x }) {
  const { right, rowY } = table;
  if (rowY === null || compare === null) return [];
  const [lane, far, end] = [x - 34, x + width + 12, x + width];
  /** @type {Piece[]} */
  const pieces = [
    carried("limit", [[right, rowY], [lane, rowY], [lane, gates.limitY], [x, gates.limitY]], "text", x),
    carried("offset", [[offset, bottom], [offset, TURN], [far, TURN], [far, gates.limitY], [end, gates.limitY]], OFFSET_TONE, null),
  ];
  if (table.pageY !== null) {
    pieces.push(carried("frame", [[right, table.pageY], [lane, table.pageY], [lane, gates.pageY], [x, gates.pageY]], "text", x));
  }
  if (add === null) return pieces;
  if (table.pageY === null) {
    const low = lane - 9;
    pieces.push(carried("base", [[right, rowY + 7], [low, rowY + 7], [low, gates.sumY], [x, gates.sumY]], "text", x));
  }
  pieces.push(carried("offset", [[far, gates.limitY], [far, gates.sumY], [end, gates.sumY]], OFFSET_TONE, null));
  return pieces;
}

/**
 * A value on its way. Its name stands before `at`, where it is given.
 * @param {string} carries
 * @param {[number, number][]} points
 * @param {string} tone
 * @param {number | null} at
 * @returns {Piece}
 */
function carried(carries, points, tone, at) {
  const named = at === null ? [] : [text(carries, at - 8, points[points.length - 1][1] - 6, 10.5, "muted", { anchor: "end" })];
  return { name: "carry", data: { carries }, pieces: [...arrow(points, tone, at === null), ...named] };
}

/**
 * The segments in physical memory, lowest first, with what is between them.
 * @param {Report} report
 * @param {Found} found
 * @returns {{blocks: Block[], end: number}}
 */
function blocksOf({ memory_bytes, offset_bits = 0, page_bytes, table }, found) {
  /** @type {Block[]} */
  const held = table.flatMap((entry, row) => {
    const strong = row === found.row;
    const name = entry.kind ?? `segment ${entry.number}`;
    const block = (/** @type {number} */ base, /** @type {number} */ size, /** @type {string} */ label) => ({
      base,
      size,
      tone: toneOf(row),
      pattern: entry.kind ?? "",
      label,
      note: String(size),
      tip: `Segment ${entry.number}\nbytes ${base} to ${base + size - 1}`,
      data: { number: entry.number, base },
      strong,
    });
    if (!entry.present) return [];
    if (entry.frames !== undefined && page_bytes !== null) {
      return entry.frames.flatMap((at, page) => (at === null ? [] : [block(at * page_bytes, page_bytes, `${entry.number}, page ${page}`)]));
    }
    const base = entry.base ?? 0;
    if (entry.growth === "down") return entry.limit === 0 ? [] : [block(base - entry.limit, entry.limit, name)];
    if (entry.growth === "expand_down") return [block(base + entry.limit + 1, 2 ** offset_bits - entry.limit - 1, name)];
    return entry.limit === 0 ? [] : [block(base, entry.limit, name)];
  });
  const last = Math.max(1, ...held.map(({ base, size }) => base + size));
  return { blocks: held.sort((a, b) => a.base - b.base), end: memory_bytes ?? last };
}

/**
 * Physical memory, and the address in it. Where segments stand far up, memory is shown from a little below the lowest.
 * @param {Report} report
 * @param {Found} found
 * @param {{x: number, y: number, width: number, height: number}} place
 * @returns {Piece[]}
 */
function memoryPieces(report, found, { height, width, x, y }) {
  const { blocks, end } = blocksOf(report, found);
  const lowest = blocks[0]?.base ?? 0;
  const highest = Math.max(...blocks.map(({ base, size }) => base + size), 1);
  const spread = highest - lowest;
  const from = lowest > 4 * spread ? Math.max(0, lowest - spread) : 0;
  const to = end > highest + 4 * spread ? highest + spread : end;
  const ruler = Math.max(36, String(to).length * 6.8 + 8);
  const pointer = 8 + String(found.physical ?? end).length * 7.4 + 12;
  const shift = (/** @type {Block} */ block) => ({ ...block, base: block.base - from });
  const column = { x: x + ruler, width: width - ruler - pointer, top: y, height, bytes: to - from };
  const whole = rectangle(column.x + 0.5, y + 0.5, column.width - 1, height - 1);
  const edges = [...blocks.flatMap(({ base, size }) => [base, base + size])].map((at) => at - from);
  /** @type {Piece[]} */
  const pieces = [
    text("Physical memory", column.x, y - 14, 12, "muted", { bold: true }),
    { d: whole, stroke: "edge" },
    ...blocks.map((block) => blockPiece(shift(block), column, column.width < 120)),
    ...rulerPieces(column, [0, column.bytes, ...edges], { x: column.x - 5, anchor: "end" }).map((piece) => relabelled(piece, from)),
  ];
  if (found.physical !== null) {
    const at = yOf(column, found.physical - from);
    const edge = column.x + column.width;
    pieces.push({
      name: "lies",
      data: { physical: found.physical },
      tip: `Physical address ${found.physical}`,
      pieces: [
        { d: `M${edge - 22} ${at}H${edge + 2}`, stroke: "hit", width: 2 },
        { d: `M${edge} ${at}l9 -5v10Z`, fill: "hit" },
        text(String(found.physical), edge + 12, at + 4, 12, "hit", { mono: true, bold: true }),
      ],
    });
  }
  return pieces;
}

/** A ruler's address, where memory is shown from another one on. @param {Piece} piece @param {number} from @returns {Piece} */
function relabelled(piece, from) {
  return "text" in piece ? { ...piece, text: String(Number(piece.text) + from) } : piece;
}
