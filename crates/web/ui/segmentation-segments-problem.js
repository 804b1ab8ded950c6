// Problems of the tab "Segments": processes in memory, and addresses with a segment table; named ones, their form in the
// address of the page, and as the server takes them. Everything here is a pure function of its arguments.

/**
 * @typedef {"code" | "data" | "heap" | "stack"} Kind
 * @typedef {{segment: number, process: string, kind: Kind, base: number, limit: number}} Resident
 * @typedef {{segment: number, process: string, kind: Kind, limit: number}} Swapped
 * @typedef {{base: number, size_bytes: number}} Hole
 * @typedef {{segments: Resident[], holes: Hole[], swap: Swapped[], free_bytes: number, largest_hole_bytes: number}} Map_
 * @typedef {{segment: number, kind: Kind, size_bytes: number, looked: Hole[], chosen: Hole | null,
 *   left_bytes: number | null}} Search
 * @typedef {{segment: number, from: number, to: number, size_bytes: number}} Move
 * @typedef {{number: number, kind: Kind | null, base?: number, frames?: (number | null)[], limit: number,
 *   growth: "up" | "down" | "expand_down", protection: string, shared: boolean, present: boolean}} Entry
 * @typedef {"no_segment" | "not_present" | "limit" | "protection" | "page"} Trap
 * @typedef {{index: number, segment: number, kind: Kind | null, offset: number, access: string, physical: number | null,
 *   trap: Trap | null, excess_bytes: number | null, virtual_address: number | null,
 *   bits: {segment: string, offset: string} | null, row: number | null, checked: {what: string, holds: boolean}[],
 *   compare: {left: number, relation: string, right: number, holds: boolean} | null,
 *   add: {base: number, addend: number, sum: number} | null,
 *   walk: {page: number, offset: number, levels: {index: number, bits: string, frame: number}[]} | null, explain: string}} Found
 * @typedef {{index: number, event: string, process: string | null, action: string,
 *   outcome: "done" | "refused" | "trap" | "nothing", searches: Search[], moves: Move[], moved_bytes: number,
 *   table?: Entry[], translation: Found | null, map: Map_, explain: string}} Step
 * @typedef {{memory_bytes: number, swap_bytes: number | null, fit: string, placements: (Swapped & {state: string})[],
 *   steps: Step[]}} Life
 * @typedef {{segment_bits?: number, offset_bits?: number, memory_bytes: number | null, page_bytes: number | null,
 *   table: Entry[], translations: Found[]}} Report
 * @typedef {{memory: number, fit: string, swap: string, script: string}} Lives `swap` in bytes; empty where it is as large as
 *   it need be
 * @typedef {{table: string, addresses: string, bits: string, page: string, physical: string}} Asked `bits` as in `2+12`;
 *   `page` and `physical` in bytes; each empty where it is not given
 * @typedef {{number: string, place: string, limit: string, kind: string, growth: string, protection: string, shared: boolean,
 *   present: boolean}} Row a row of a table as it is typed
 */

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/segments";
/** The longest script, table or list that one question can carry, characters. */
export const MAX_TEXT = 60_000;

/** @type {Kind[]} */
export const KINDS = ["code", "data", "heap", "stack"];
/** The fits, and what each takes. */
export const FITS = [
  ["first", "First fit"],
  ["next", "Next fit"],
  ["best", "Best fit"],
  ["worst", "Worst fit"],
];

const FOUR = `arrive p1 code=100 data=80 heap=60 stack=40
arrive p2 code=190 data=80 heap=30 stack=50
grow p1 heap 60
access p1 heap 90 write
arrive p3 code=120 data=60 stack=40
access p2 code 10 write
arrive p4 code=180 data=90
swap-out p2
arrive p4 code=180 data=90
end p1
grow p4 data 30
swap-in p2
compact
swap-in p2
access p2 stack -50 write
end p3`;

const HOLES = `# holes of 100, 500, 200, 300 and 600 bytes
arrive a data=100
arrive os1 data=40
arrive b data=500
arrive os2 data=40
arrive c data=200
arrive os3 data=40
arrive d data=300
arrive os4 data=40
arrive e data=600
end a
end b
end c
end d
end e
arrive p1 data=212
arrive p2 data=417
arrive p3 data=112
arrive p4 data=426
compact
arrive p5 data=426`;

const GROWTH = `arrive p1 code=80 heap=60
arrive p2 heap=60 stack=60
grow p1 heap 40
grow p2 stack 50
grow p2 heap 120
end p1
grow p2 stack 80
grow p2 heap 200
compact
grow p2 heap 200
access p2 heap 250 write
access p2 heap 260 write
access p2 stack -130
access p2 stack -200`;

/** Lives that people hold in their hands. @type {(Lives & {id: string, label: string})[]} */
export const LIVES = [
  { id: "four", label: "Four processes, one refused", memory: 1024, fit: "first", swap: "", script: FOUR },
  {
    id: "sizes",
    label: "Five segments one after the other",
    memory: 1024,
    fit: "first",
    swap: "",
    script: [100, 200, 150, 300, 50].map((size, index) => `arrive s${index} data=${size}`).join("\n"),
  },
  { id: "holes", label: "Four requests for the holes of a textbook", memory: 1860, fit: "first", swap: "", script: HOLES },
  { id: "growth", label: "Heaps and stacks grow", memory: 640, fit: "first", swap: "", script: GROWTH },
];

const CHAPTER_16 = "0:32k/2k/code/rx\n1:34k/3k/heap/rw\n3:28k/2k/stack/down/rw";
const TRAPS = "0:0/100/code/rx\n1:200/100/data/absent\n2:300/50/heap/rw\n3:480/80/stack/down/rw";

/** Tables that people hold in their hands. @type {(Asked & {id: string, label: string})[]} */
export const TABLES = [
  asked(
    "silberschatz",
    "Silberschatz: five segments",
    "0:219/600\n1:2300/14\n2:90/100\n3:1327/580\n4:1952/96",
    "0:430\n1:10\n2:500\n3:400\n4:112",
  ),
  asked("ostep", "OSTEP: two segments, one grows down", "0:215/59\n1:188/56/down", "65\n51\n100\n61\n74\n64\n116", {
    bits: "1+6",
    physical: "512",
  }),
  asked("chapter", "OSTEP: code, heap and stack", CHAPTER_16, "100\n4200\n15k\n7k\ncode:100/w\nstack:-20", {
    bits: "2+12",
    physical: "65536",
  }),
  asked("relocation", "Base and limit: one segment", "12418/472", "430\n265\n523\n414\n802"),
  asked("traps", "Every trap", TRAPS, "0:99/x\n7:5\n1:50\n0:100\n0:20/w\nstack:-81\nstack:-80/w"),
  asked("paged", "Paged segments", "0:5+6+-+2/3500/code/rx\n1:7+9/1600/data/rw", "0:1030\n0:2100\n0:3499\n0:3500\n1:1200/w\n0:0/w", {
    page: "1024",
    physical: "16384",
  }),
];

/**
 * @param {string} id
 * @param {string} label
 * @param {string} table
 * @param {string} addresses
 * @param {Partial<Asked>} shape
 */
function asked(id, label, table, addresses, shape = {}) {
  return { id, label, table, addresses, bits: "", page: "", physical: "", ...shape };
}

const [LIFE] = LIVES;
const [TABLE] = TABLES;

/** @param {string | undefined} text @param {number} usual */
function whole(text, usual) {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value >= 1 ? value : usual;
}

/** @param {string | undefined} text a number of bytes, or nothing */
function digits(text, usual = "") {
  return text !== undefined && /^\d{0,15}$/.test(text) ? text : usual;
}

/**
 * The processes that an address holds; what is missing or cannot be is as in the opening problem.
 * @param {Record<string, string>} state
 * @returns {Lives}
 */
export function livesOf(state) {
  return {
    memory: whole(state.memory, LIFE.memory),
    fit: FITS.some(([fit]) => fit === state.fit) ? state.fit : LIFE.fit,
    swap: digits(state.swap),
    script: (state.life ?? LIFE.script).slice(0, MAX_TEXT),
  };
}

/**
 * The table that an address holds.
 * @param {Record<string, string>} state
 * @returns {Asked}
 */
export function askedOf(state) {
  return {
    table: (state.table ?? TABLE.table).slice(0, MAX_TEXT),
    addresses: (state.addresses ?? TABLE.addresses).slice(0, MAX_TEXT),
    bits: /^\d{1,2}\+\d{1,2}$/.test(state.bits ?? "") ? state.bits : "",
    page: digits(state.page),
    physical: digits(state.physical),
  };
}

/**
 * Keys of the page's address; what is as in the opening problem needs none.
 * @param {Lives} lives
 * @returns {Record<string, string | undefined>}
 */
export function stateOfLives({ fit, memory, script, swap }) {
  return {
    memory: unless(String(memory), String(LIFE.memory)),
    fit: unless(fit, LIFE.fit),
    swap: unless(swap, ""),
    life: unless(script, LIFE.script),
    step: undefined,
  };
}

/**
 * @param {Asked} problem
 * @returns {Record<string, string | undefined>}
 */
export function stateOfAsked({ addresses, bits, page, physical, table }) {
  return {
    table: unless(table, TABLE.table),
    addresses: unless(addresses, TABLE.addresses),
    bits: unless(bits, ""),
    page: unless(page, ""),
    physical: unless(physical, ""),
    step: undefined,
  };
}

/** @param {string} value @param {string} usual */
function unless(value, usual) {
  return value === usual ? undefined : value;
}

/** Processes as the server takes them. @param {Lives} lives */
export function bodyOfLives({ fit, memory, script, swap }) {
  return { memory_bytes: memory, fit, script, ...(swap === "" ? {} : { swap_bytes: Number(swap) }) };
}

/** A table as the server takes it. @param {Asked} problem */
export function bodyOfAsked({ addresses, bits, page, physical, table }) {
  const [segment_bits, offset_bits] = bits.split("+").map(Number);
  return {
    table,
    translate: addresses,
    ...(bits === "" ? {} : { segment_bits, offset_bits }),
    ...(page === "" ? {} : { page_bytes: Number(page) }),
    ...(physical === "" ? {} : { memory_bytes: Number(physical) }),
  };
}

/** The named problem that this one is, if it is one. @template T @param {(T & {id: string, label: string})[]} named @param {T} problem */
export function namedAs(named, problem) {
  const keys = /** @type {(keyof T)[]} */ (Object.keys(/** @type {object} */ (problem)));
  const tidy = (/** @type {unknown} */ value) => String(value).trim().replace(/[ \t]+/g, " ");
  return named.find((known) => keys.every((key) => tidy(known[key]) === tidy(problem[key])));
}

/**
 * Memory after the first `at` steps; before the first one it is one hole.
 * @param {Life} life
 * @param {number} at
 * @returns {Map_}
 */
export function mapAt({ memory_bytes, steps }, at) {
  if (at > 0) return steps[Math.min(at, steps.length) - 1].map;
  return {
    segments: [],
    holes: [{ base: 0, size_bytes: memory_bytes }],
    swap: [],
    free_bytes: memory_bytes,
    largest_hole_bytes: memory_bytes,
  };
}

/**
 * The order of arrival of each process's name, from 0: its hue.
 * @param {Life} life
 * @returns {(process: string) => number}
 */
export function ranksOf({ placements }) {
  const names = [...new Set(placements.map(({ process }) => process))];
  const ranks = new Map(names.map((name, rank) => [name, rank]));
  return (process) => ranks.get(process) ?? 0;
}

/**
 * What happened in the first `at` steps.
 * @param {Life} life
 * @param {number} at
 */
export function countsAt({ steps }, at) {
  const made = steps.slice(0, at);
  const some = (/** @type {(step: Step) => boolean} */ is) => made.filter(is).length;
  return {
    arrivals: some(({ action }) => action === "arrive"),
    refused: some(({ outcome }) => outcome === "refused"),
    traps: some(({ outcome }) => outcome === "trap"),
    swapped: some(({ action, outcome }) => action.startsWith("swap") && outcome === "done"),
    compactions: some(({ action }) => action === "compact"),
    moved: made.reduce((sum, { moved_bytes }) => sum + moved_bytes, 0),
  };
}

/**
 * The script of the first `at` steps with one more event: what acts on the state on show.
 * @param {Life} life
 * @param {number} at
 * @param {string} event
 */
export function scriptAfter({ steps }, at, event) {
  return [...steps.slice(0, at).map((step) => step.event), event].join("\n");
}

/**
 * A table's text as rows to be edited; null where it is more than such a row can say.
 * @param {string} text
 * @returns {Row[] | null}
 */
export function rowsOf(text) {
  const words = text.replace(/#.*/g, "").split(/[\s,]+/).filter((word) => word !== "");
  const rows = words.map(rowOf);
  return rows.every((row) => row !== null) ? rows : null;
}

/** @param {string} word @param {number} index @returns {Row | null} */
function rowOf(word, index) {
  const [place, limit, ...flags] = word.split("/");
  if (limit === undefined) return null;
  const [number, where] = place.includes(":") ? place.split(":") : [String(index), place];
  const row = { number, place: where, limit, kind: "", growth: "up", protection: "rwx", shared: false, present: true };
  for (const flag of flags) {
    if (KINDS.some((kind) => kind === flag)) row.kind = flag;
    else if (["up", "down", "expand-down"].includes(flag)) row.growth = flag;
    else if (flag === "shared") row.shared = true;
    else if (flag === "absent") row.present = false;
    else if (/^[rwx-]+$/.test(flag)) row.protection = flag;
    else return null;
  }
  return row;
}

/** Rows as a table's text. @param {Row[]} rows */
export function textOfRows(rows) {
  const line = (/** @type {Row} */ { growth, kind, limit, number, place, present, protection, shared }) =>
    [
      `${number}:${place}`,
      limit,
      kind,
      growth === "up" ? "" : growth,
      protection === "rwx" ? "" : protection,
      shared ? "shared" : "",
      present ? "" : "absent",
    ]
      .filter((part, index) => index < 2 || part !== "")
      .join("/");
  return rows.map(line).join("\n");
}

/** What a trap is called. @param {Trap} trap */
export function trapName(trap) {
  return {
    no_segment: "No such segment",
    not_present: "Segment not present",
    limit: "Beyond the limit",
    protection: "Protection",
    page: "Page fault",
  }[trap];
}
