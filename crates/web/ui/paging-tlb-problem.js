// A problem of the TLB: named ones, its form in the address, and what every level holds after each look-up.
// Everything here is a pure function of its arguments.

/**
 * @typedef {{entries: number, ways: number, replacement: string, split: boolean, second: number, secondWays: number,
 *   page: number, flush: boolean, accesses: string, lackey: boolean, times: string, walk: number, counted: boolean}} Problem
 *   `second` entries of a second level, 0 for none; `times` of a look-up, of memory and of the second level; `walk`
 *   levels of the page table
 * @typedef {{id: string, label: string, problem: Problem}} Named
 * @typedef {{unit: string, page: number, set: number, way: number, hit: boolean,
 *   victim: {asid: number, page: number} | null, tree?: string}} Lookup
 * @typedef {{index: number, asid: number, address: string, kind: string, hit: boolean, walks: number, flushed: boolean,
 *   lookups: Lookup[], explain: string}} Step
 * @typedef {{name: string, entries: number, ways: number, sets: number, replacement: string, accesses: number,
 *   misses: number, hit_ratio: number | null}} Unit
 * @typedef {{convention: string, time: number, formula: string, explain: string}} Effective
 * @typedef {{page_bytes: number, switch: string, units: Unit[], references: number, hits: number, misses: number,
 *   hit_ratio: number, walks: number, flushes: number, effective: Effective[], steps?: Step[]}} Answer
 * @typedef {{asid: number, page: number, used: number}} Held `used` counts the level's look-ups
 * @typedef {{held: (Held | null)[], trees: string[], looked: number, now: Lookup[]}} Level `held` by set, then way;
 *   `now` are the look-ups of this step
 */

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/tlb";
/** The longest text of accesses that one question can carry, characters. */
export const MAX_TEXT = 60_000;

/** @type {Problem} */
const PLAIN = {
  entries: 8,
  ways: 2,
  replacement: "lru",
  split: false,
  second: 0,
  secondWays: 4,
  page: 4096,
  flush: false,
  accesses: "",
  lackey: false,
  times: "1, 100, 10",
  walk: 4,
  counted: true,
};

const TWO_SPACES = `1:0x41000 1:0x42000 w 1:0x45000
1:0x41008 2:0x41000 2:0x43000 w
2:0x49000 2:0x41010 1:0x41ff8
1:0x45004 1:0x42000 1:0x49000
2:0x43abc 2:0x41000 2:0x49000
1:0x41000`;
const ARRAY = "100 104 108 112 116 120 124 128 132 136";
const LOOP = Array.from({ length: 25 }, (_, index) => `0x${(index % 5) + 1}000`).join(" ");
const LEVELS = Array.from({ length: 36 }, (_, index) => `0x${((index * 7) % 12) + 1}0${index % 10}0`).join(" ");

/** Problems that people hold in their hands. @type {Named[]} */
export const NAMED = [
  named("asids", "Two processes: tagged by ASID", { accesses: TWO_SPACES }),
  named("flush", "The same, flushed on a switch", { accesses: TWO_SPACES, flush: true }),
  named("array", "OSTEP: an array of ten", { accesses: ARRAY, entries: 4, ways: 4, page: 16, walk: 1 }),
  named("loop", "A loop one page too long: LRU", { accesses: LOOP, entries: 4, ways: 4 }),
  named("random", "The same loop: RANDOM", { accesses: LOOP, entries: 4, ways: 4, replacement: "random" }),
  named("levels", "Two levels, PLRU", { accesses: LEVELS, entries: 4, ways: 4, replacement: "plru", second: 16 }),
];

/**
 * @param {string} id
 * @param {string} label
 * @param {Partial<Problem>} own
 * @returns {Named}
 */
function named(id, label, own) {
  return { id, label, problem: { ...PLAIN, ...own } };
}

const OPENING = NAMED[0].problem;

/** The named problem that this one is, if it is one. @param {Problem} problem */
export function nameOf(problem) {
  const key = (/** @type {Problem} */ { counted: _, ...rest }) => JSON.stringify(rest);
  return NAMED.find((known) => key(known.problem) === key(problem));
}

/** Keys of the address for the numbers of a problem. */
const NUMBERS = /** @type {const} */ ({
  entries: "entries",
  ways: "ways",
  second: "second",
  secondWays: "second_ways",
  page: "page_bytes",
  walk: "walk",
});
const SWITCHES = /** @type {const} */ (["split", "flush", "lackey", "counted"]);

/**
 * The problem that an address holds; what is missing or cannot be is as in the opening problem.
 * @param {Record<string, string>} state
 * @returns {Problem}
 */
export function problemOf(state) {
  const problem = { ...OPENING };
  for (const [name, key] of Object.entries(NUMBERS)) {
    const text = state[`tlb.${key}`];
    const value = Number(text);
    const least = name === "second" ? 0 : 1;
    if (text !== undefined && Number.isSafeInteger(value) && value >= least) Object.assign(problem, { [name]: value });
  }
  for (const name of SWITCHES) if (state[`tlb.${name}`] !== undefined) problem[name] = state[`tlb.${name}`] === "1";
  if (/^[a-z]{1,12}$/.test(state["tlb.replacement"] ?? "")) problem.replacement = state["tlb.replacement"];
  problem.accesses = (state["tlb.accesses"] ?? OPENING.accesses).slice(0, MAX_TEXT);
  problem.times = (state["tlb.times"] ?? OPENING.times).slice(0, 60);
  return problem;
}

/**
 * A problem's keys in the address; what is as in the opening problem needs none.
 * @param {Problem} problem
 * @returns {Record<string, string | undefined>}
 */
export function stateOf(problem) {
  const numbers = Object.entries(NUMBERS).map(([name, key]) => {
    const own = /** @type {keyof typeof NUMBERS} */ (name);
    return [`tlb.${key}`, problem[own] === OPENING[own] ? undefined : String(problem[own])];
  });
  const switches = SWITCHES.map((name) => [
    `tlb.${name}`,
    problem[name] === OPENING[name] ? undefined : problem[name] ? "1" : "0",
  ]);
  const texts = /** @type {const} */ (["replacement", "accesses", "times"]).map((name) => [
    `tlb.${name}`,
    // an empty value would leave the key out, which is the opening problem
    problem[name] === OPENING[name] ? undefined : problem[name] || " ",
  ]);
  return { ...Object.fromEntries([...numbers, ...switches, ...texts]), step: undefined };
}

/**
 * The times as numbers: of a look-up, of memory, of the second level; null where they are none.
 * @param {string} text
 * @returns {number[] | null}
 */
export function timesOf(text) {
  const times = text.split(/[\s,;]+/).filter((word) => word !== "").map(Number);
  return times.length >= 2 && times.length <= 3 && times.every((time) => Number.isFinite(time) && time >= 0) ? times : null;
}

/**
 * A problem as the server takes it.
 * @param {Problem} problem
 */
export function bodyOf({ accesses, entries, flush, lackey, page, replacement, second, secondWays, split, times, walk, ways }) {
  const read = timesOf(times);
  const [tlb, memory, next] = read ?? [];
  const two = second > 0;
  return {
    entries,
    ways,
    replacement,
    page_bytes: page,
    switch: flush ? "flush" : "tagged",
    accesses,
    ...(lackey && { form: "lackey" }),
    ...(split && { split }),
    ...(two && { second_entries: second, second_ways: secondWays }),
    ...(read !== null && { tlb_time: tlb, memory_time: memory, levels: walk }),
    ...(read !== null && two && next !== undefined && { second_time: next }),
  };
}

/**
 * What a level holds after the first `at` accesses.
 * @param {Answer} answer
 * @param {Unit} unit
 * @param {number} at
 * @returns {Level}
 */
export function levelAt(answer, unit, at) {
  /** @type {Level} */
  const level = {
    held: Array.from({ length: unit.entries }, () => null),
    trees: Array.from({ length: unit.sets }, () => "0".repeat(Math.max(0, unit.ways - 1))),
    looked: 0,
    now: [],
  };
  for (const step of (answer.steps ?? []).slice(0, at)) {
    if (step.flushed) {
      level.held.fill(null);
      level.trees.fill("0".repeat(Math.max(0, unit.ways - 1)));
    }
    level.now = step.lookups.filter((lookup) => lookup.unit === unit.name);
    for (const lookup of level.now) fill(level, unit, lookup, step.asid);
  }
  return level;
}

/**
 * @param {Level} level
 * @param {Unit} unit
 * @param {Lookup} lookup
 * @param {number} asid
 */
function fill(level, unit, { hit, page, set, tree, way }, asid) {
  level.looked += 1;
  const at = set * unit.ways + way;
  const held = level.held[at];
  const used = hit && unit.replacement === "fifo" && held !== null ? held.used : level.looked;
  level.held[at] = { asid, page, used };
  if (tree !== undefined) level.trees[set] = tree;
}

/**
 * Hits and misses, walks and flushes after the first `at` accesses.
 * @param {Answer} answer
 * @param {number} at
 */
export function countsAt({ steps = [] }, at) {
  const made = steps.slice(0, at);
  const hits = made.filter(({ hit }) => hit).length;
  return {
    hits,
    misses: made.length - hits,
    walks: made.reduce((sum, { walks }) => sum + walks, 0),
    flushes: made.filter(({ flushed }) => flushed).length,
  };
}

/**
 * How many bits the sets' index has; null where the sets are no power of two.
 * @param {number} sets
 */
export function indexBits(sets) {
  const bits = Math.log2(sets);
  return Number.isInteger(bits) ? bits : null;
}

/** The entries that the curve compares: half and double, at the ways there are. @param {Problem} problem */
export function sizesOf({ entries, ways }) {
  const sizes = new Set([entries]);
  for (let more = ways; more <= 4096 && sizes.size < 9; more *= 2) sizes.add(more);
  return [...sizes].sort((a, b) => a - b);
}
