// A problem of translation: named ones, its form in the address, and its answer as steps, a level a step.
// Everything here is a pure function of its arguments.

/**
 * @typedef {{kind: "preset", preset: string} | {kind: "levels", levels: number[], offset: number}
 *   | {kind: "inverted" | "hashed", size: number, offset: number}} Table
 * @typedef {{table: Table, script: string}} Problem
 * @typedef {{id: string, label: string, table: Table, script: string}} Named
 * @typedef {{valid: boolean, present: boolean, read: boolean, write: boolean, execute: boolean, user: boolean,
 *   referenced: boolean, dirty: boolean, copy_on_write: boolean}} Flags
 * @typedef {{index: number, address: string, bytes: string, entry: string, frame: number, flags: Flags, leaf: boolean}} Row
 * @typedef {{level: number, name: string, high_bit: number, low_bit: number, bits: string, index: number,
 *   table_address: string, entry_address: string, bytes: string, entry: string, frame: number, flags: Flags,
 *   leaf: boolean, checked: {what: string, holds: boolean}[], window?: Row[], explain: string}} Level
 * @typedef {{level: number | null, kind: string, explain: string}} Fault
 * @typedef {{virtual_address: string, access: string, page: number, offset: number, levels: Level[],
 *   physical_address: string | null, page_bytes: number | null, fault: Fault | null, conclusion: string,
 *   explain: string}} Walked
 * @typedef {{index: number, space: string, walks: Walked[],
 *   copied: {from_frame: number, to_frame: number, explain: string} | null, explain: string}} Access
 * @typedef {{frame_low: number, frame_bits: number, flags: {name: string, bit: number}[]}} Layout
 * @typedef {{levels: number[], offset_bits: number, address_bits: number, page_bytes: number, entry_format: string,
 *   entry_bytes: number, entry_layout: Layout, steps: Access[], tables: {level: number, name: string}[]}} Walks
 * @typedef {{entry: number, bytes: string, process: number | null, page: number | null, frame: number | null,
 *   next: number | null, matches: boolean}} Probe
 * @typedef {{index: number, process: number, virtual_address: string, access: string, page: number, offset: number,
 *   bucket: number | null, probes: Probe[], rest: Probe[], frame: number | null, physical_address: string | null,
 *   explain: string}} Search
 * @typedef {{table: "inverted" | "hashed", offset_bits: number, page_bytes: number, size: number, entry_bytes: number,
 *   steps: Search[]}} Searches
 * @typedef {"level" | "fault" | "copied" | "arrived"} Deed
 * @typedef {{access: number, walk: number, shown: number, deed: Deed, explain: string}} Step
 *   `access` and `walk` from 0; `shown` levels have been read
 */

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/translate";
/** The longest script that one question can carry, characters. */
export const MAX_SCRIPT = 60_000;

/** Presets with their words. @type {[string, string][]} */
export const PRESETS = [
  ["x86-64", "x86-64, 4 levels"],
  ["x86-64-5", "x86-64, 5 levels"],
  ["10/10/12", "x86, 10 / 10 / 12"],
  ["sv39", "RISC-V Sv39"],
  ["ostep-linear", "OSTEP, linear"],
  ["ostep-multilevel", "OSTEP, two levels"],
];

const FOUR = `# page 0x7f0012345 stands in frame 0x1a2b3
map 0x7f0012345 0x1a2b3 rw
map 0x7f0012344 0x1a2b2 r
map 0x7f0012347 0x3c r
swap 0x7f0012346 5 rw
map 0x7f0012544 0x77 rwx
map 0x400 0x40 x
write 0x7f0012345678
read 0x7f0012345ff8
read 0x7f0012346010
write 0x7f0012347abc
fetch 0x400123
read 0x7f0090000000
read 0x800000000000`;

const FAULTS = `map 0x12345 7 rw
map 0x12346 8 r
swap 0x12347 2 rw
map 0xc0001 9 rwk
read 0x12347abc
write 0x12346004
read 0x80000000
read 0x12348000
read 0xc0001000
read 0xc0001000 kernel
write 0x12345678`;

const FORK = `map 0x10 5 rw
map 0x11 6 r
share 0x12 7 rw
fork child
space child
read 0x10004
write 0x10004
write 0x12008
space main
write 0x10004`;

const HUGE = `# a page of 2 MiB: its entry stands one level above the last
huge 1 0x200 0x400 rw
map 0x1 0x33 r
map 0x404 0x21 rwx
read 0x3abcde
write 0x200000
read 0x1008
read 0x600000`;

const OSTEP = `map 0x308 0x35
map 0x30a 0x1d
map 0x0f1 0x4b
read 0x611c
read 0x3e3f
read 0x6140
read 0x6100`;

const CHAINS = `map 0x12 0x5
map 0x1a 0x3
map 0x7 0x9
space 1
map 0x11 0x2
map 0x12 0x6
space 0
read 0x12004
read 0x1abcd
space 1
read 0x12004
read 0x13000
space 0
read 0x22000`;

/** Problems that people hold in their hands. @type {Named[]} */
export const NAMED = [
  named("four", "x86-64: a four-level walk", preset("x86-64"), FOUR),
  named("faults", "10/10/12: which level faults?", preset("10/10/12"), FAULTS),
  named("fork", "Copy on write after a fork", preset("10/10/12"), FORK),
  named("huge", "Sv39: a huge page ends early", preset("sv39"), HUGE),
  named(
    "five",
    "x86-64: five levels",
    preset("x86-64-5"),
    "map 0xff7f0012345 0x1a2b3 rw\nmap 0xff7f0012346 any r\nread 0xff7f0012345678\nread 0xff7f0012346000",
  ),
  named(
    "linear",
    "OSTEP: a linear table",
    preset("ostep-linear"),
    "map 0 0xd\nmap 1 0x4\nmap 3 0x7\nread 0x309f\nread 0x17e1\nread 0x2eb5\nread 0x0c59",
  ),
  named("ostep", "OSTEP: two levels of bytes", preset("ostep-multilevel"), OSTEP),
  named(
    "silberschatz",
    "Silberschatz: pages of 4 bytes",
    { kind: "levels", levels: [2], offset: 2 },
    "map 0 5\nmap 1 6\nmap 2 1\nmap 3 2\nread 0\nread 3\nread 4\nread 13",
  ),
  named("inverted", "An inverted table", { kind: "inverted", size: 12, offset: 12 }, CHAINS),
  named("hashed", "A hashed table with chains", { kind: "hashed", size: 8, offset: 12 }, CHAINS),
];

/**
 * @param {string} id
 * @param {string} label
 * @param {Table} table
 * @param {string} script
 * @returns {Named}
 */
function named(id, label, table, script) {
  return { id, label, table, script };
}

/** @param {string} name @returns {Table} */
function preset(name) {
  return { kind: "preset", preset: name };
}

const [OPENING] = NAMED;

/**
 * The named problem that this one is, if it is one.
 * @param {Problem} problem
 */
export function nameOf({ script, table }) {
  const key = textOfTable(table);
  return NAMED.find((known) => textOfTable(known.table) === key && tidy(known.script) === tidy(script));
}

/** @param {string} script */
function tidy(script) {
  return script.trim().replace(/[ \t]+/g, " ");
}

/**
 * A table in the address: `x86-64`, `10,10+12`, `inverted:12+12`.
 * @param {Table} table
 */
export function textOfTable(table) {
  if (table.kind === "preset") return table.preset;
  if (table.kind === "levels") return `${table.levels.join(",")}+${table.offset}`;
  return `${table.kind}:${table.size}+${table.offset}`;
}

/**
 * The table that such a text is; null where it is none.
 * @param {string} text
 * @returns {Table | null}
 */
export function tableOf(text) {
  const named = PRESETS.find(([name]) => name === text);
  if (named !== undefined) return preset(named[0]);
  const shared = /^(inverted|hashed):(\d{1,9})\+(\d{1,9})$/.exec(text);
  if (shared !== null) {
    return { kind: /** @type {"inverted" | "hashed"} */ (shared[1]), size: Number(shared[2]), offset: Number(shared[3]) };
  }
  const split = /^(\d{1,3}(?:,\d{1,3}){0,7})\+(\d{1,3})$/.exec(text);
  return split === null
    ? null
    : { kind: "levels", levels: split[1].split(",").map(Number), offset: Number(split[2]) };
}

/**
 * The problem that an address holds; what is missing or cannot be is as in the opening problem.
 * @param {Record<string, string>} state
 * @returns {Problem}
 */
export function problemOf(state) {
  return {
    table: tableOf(state.split ?? "") ?? OPENING.table,
    script: (state.events ?? OPENING.script).slice(0, MAX_SCRIPT),
  };
}

/**
 * A problem's keys in the address; what is as in the opening problem needs none.
 * @param {Problem} problem
 * @returns {Record<string, string | undefined>}
 */
export function stateOf({ script, table }) {
  const text = textOfTable(table);
  return {
    split: text === textOfTable(OPENING.table) ? undefined : text,
    // an empty value would leave the key out, which is the opening problem
    events: script === OPENING.script ? undefined : script || " ",
    step: undefined,
  };
}

/**
 * A problem as the server takes it.
 * @param {Problem} problem
 */
export function bodyOf({ script, table }) {
  if (table.kind === "preset") return { preset: table.preset, script, windows: true };
  if (table.kind === "levels") return { levels: table.levels, offset_bits: table.offset, script, windows: true };
  const size = table.kind === "inverted" ? { frames: table.size } : { buckets: table.size };
  return { table: table.kind, ...size, offset_bits: table.offset, script };
}

/**
 * The steps of an answer: each level that is read, a copy, and where the address comes out.
 * @param {Walks | Searches} answer
 * @returns {Step[]}
 */
export function stepsOf(answer) {
  if ("table" in answer) {
    return answer.steps.flatMap(({ explain, physical_address, probes }, access) => {
      const looked = probes.map((probe, index) => ({
        ...at(access, 0, index + 1, "level"),
        explain: probeTold(probe, answer.table),
      }));
      const deed = /** @type {Deed} */ (physical_address === null ? "fault" : "arrived");
      return [...looked, { ...at(access, 0, probes.length, deed), explain }];
    });
  }
  return answer.steps.flatMap((access, index) =>
    access.walks.flatMap((walk, number) => {
      const steps = walkSteps(walk, index, number);
      if (access.copied !== null && number === 0) {
        steps.push({ ...at(index, 0, walk.levels.length, "copied"), explain: access.copied.explain });
      }
      return steps;
    }),
  );
}

/**
 * @param {number} access
 * @param {number} walk
 * @param {number} shown
 * @param {Deed} deed
 */
function at(access, walk, shown, deed) {
  return { access, walk, shown, deed, explain: "" };
}

/**
 * @param {Walked} walk
 * @param {number} access
 * @param {number} number
 * @returns {Step[]}
 */
function walkSteps({ conclusion, fault, levels }, access, number) {
  /** @type {Step[]} */
  const steps = levels.map(({ explain, level }, index) => {
    const faults = fault?.level === level;
    const told = faults ? `${explain} ${conclusion}` : explain;
    return { ...at(access, number, index + 1, faults ? "fault" : "level"), explain: told };
  });
  if (fault === null) steps.push({ ...at(access, number, levels.length, "arrived"), explain: conclusion });
  else if (levels.length === 0) steps.push({ ...at(access, number, 0, "fault"), explain: conclusion });
  return steps;
}

/**
 * @param {Probe} probe
 * @param {string} table
 */
function probeTold({ entry, matches, page, process }, table) {
  const place = table === "inverted" ? `Frame ${entry}` : `Entry ${entry}`;
  if (process === null || page === null) return `${place} is read. It holds nothing.`;
  const owner = `page ${hexOf(page)} of process ${process}`;
  return `${place} is read. It holds ${owner}, ${matches ? "which is the one that is searched." : "which is another."}`;
}

/**
 * The steps after which an access is over, by access.
 * @param {Step[]} steps
 * @returns {number[]} the number of the last step of each, from 1
 */
export function endsOf(steps) {
  /** @type {number[]} */
  const ends = [];
  for (const [index, { access }] of steps.entries()) ends[access] = index + 1;
  return ends;
}

/** @param {number | bigint} value */
export function hexOf(value) {
  return `0x${value.toString(16)}`;
}
