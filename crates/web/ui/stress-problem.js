// A load that somebody wants: its form in the address of the page, as the server takes it, and as a command. Everything
// here is a pure function of its arguments.

/**
 * Every value as it was typed; empty where the server decides.
 * @typedef {{pattern: string, size: string, lasts: string, cycles: string, rate: string, kind: string, access: string,
 *   bandwidth: string, set: string, writes: string, verify: string, reserve: string, limit: string, known: string}} Wish
 */

/** The shapes over time, and what each does. @type {[string, string, string][]} */
export const PATTERNS = [
  ["ramp", "Ramp", "grows evenly for a third of the time, then holds"],
  ["hold", "Hold", "all of it at once, kept to the end"],
  ["sawtooth", "Sawtooth", "grows evenly and is given back at once, again and again"],
  ["spike", "Spike", "a quarter of the size, and all of it for a fifth of each cycle"],
  ["staircase", "Staircase", "even stairs"],
  ["leak", "Leak", "small blocks at a steady slope, never freed"],
  ["churn", "Churn", "blocks freed and allocated again at a rate; the size stays"],
  ["fragment", "Fragment", "every other small block freed after a third of the time: resident memory stays"],
];

/** The kinds of memory. @type {[string, string][]} */
export const KINDS = [
  ["anon", "Anonymous, 4 KiB pages"],
  ["thp", "Transparent huge pages"],
  ["populated", "Anonymous, populated at once"],
  ["shared", "Shared"],
  ["file-read", "Page cache, read"],
  ["file-dirty", "Page cache, dirty"],
  ["malloc", "Small blocks through malloc"],
  ["fork", "Fork with copy-on-write"],
  ["swap", "Swap pressure in a cgroup"],
];

/** The orders of access. @type {[string, string][]} */
export const ORDERS = [
  ["sequential", "Sequential"],
  ["random", "Random"],
  ["strided", "Strided"],
  ["zipf", "Zipf over pages"],
];

/** Keys of the address, in the order of a wish's members. @type {(keyof Wish)[]} */
const KEYS = ["pattern", "size", "lasts", "cycles", "rate", "kind", "access", "bandwidth", "set", "writes", "verify", "reserve", "limit", "known"];
const MOST_LETTERS = 40;

/** Patterns that repeat. */
export const CYCLIC = ["sawtooth", "spike", "staircase"];

/** The wish that an address holds. @param {Record<string, string>} state @returns {Wish} */
export function wishOf(state) {
  const entries = KEYS.map((key) => [key, (state[key] ?? "").slice(0, MOST_LETTERS)]);
  return /** @type {Wish} */ (Object.fromEntries(entries));
}

/** Keys of the page's address. @param {Partial<Wish>} changes @returns {Record<string, string | undefined>} */
export function stateOf(changes) {
  return Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value === "" ? undefined : value]));
}

const UNITS = /** @type {Record<string, number>} */ ({ ms: 1, "": 1000, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 });

/**
 * A time such as `30s`, `1min 30s` or `2h`, in milliseconds; null where it is none.
 * @param {string} text
 */
export function msOf(text) {
  const parts = [...text.trim().toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|s|m|h)?\s*/gy)];
  const read = parts.map(([all]) => all).join("");
  if (parts.length === 0 || read.length !== text.trim().length) return null;
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit ?? ""], 0));
}

/**
 * The question to the server.
 * @param {Wish} wish
 * @returns {{body: Record<string, unknown>} | {refusal: string}}
 */
export function bodyOf(wish) {
  const lasts = wish.lasts === "" ? undefined : msOf(wish.lasts);
  if (lasts === null) return { refusal: `\`${wish.lasts}\` is no time: expected one such as 30s, 5min or 1h` };
  const whole = (/** @type {string} */ text) => (text === "" ? undefined : /^\d{1,9}$/.test(text) ? Number(text) : text);
  const given = (/** @type {string} */ text) => (text === "" ? undefined : text);
  const body = {
    pattern: given(wish.pattern),
    kind: given(wish.kind),
    size: given(wish.size),
    for_ms: lasts,
    cycles: CYCLIC.includes(wish.pattern) ? whole(wish.cycles) : undefined,
    rate: given(wish.rate),
    access: given(wish.access),
    ...(wish.access === "" ? {} : { bandwidth: given(wish.bandwidth), working_set: given(wish.set), write_percent: whole(wish.writes) }),
    verify: wish.verify === "1" ? true : undefined,
    reserve: given(wish.reserve),
    cgroup_limit: given(wish.limit),
    i_know: wish.known === "1" ? true : undefined,
  };
  return { body: JSON.parse(JSON.stringify(body)) };
}

/** The same run from a terminal. @param {Wish} wish */
export function commandOf(wish) {
  const accesses = wish.access !== "";
  /** @type {[string, string][]} */
  const options = [
    ["size", wish.size],
    ["pattern", wish.pattern],
    ["for", wish.lasts],
    ["cycles", CYCLIC.includes(wish.pattern) ? wish.cycles : ""],
    ["rate", wish.rate],
    ["kind", wish.kind],
    ["access", wish.access],
    ["bandwidth", accesses ? wish.bandwidth : ""],
    ["working-set", accesses ? wish.set : ""],
    ["write-percent", accesses ? wish.writes : ""],
    ["reserve", wish.reserve],
    ["cgroup-limit", wish.limit],
  ];
  const words = options.filter(([, value]) => value !== "").map(([name, value]) => `--${name} ${/^[\w.%/-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`);
  const switches = [wish.verify === "1" ? "--verify" : "", wish.known === "1" ? "--i-know" : ""].filter((word) => word !== "");
  return ["ramscope stress", ...words, ...switches].join(" ");
}

/**
 * Bytes planned at a time, on a curve of corners; two corners at one time are a jump.
 * @param {[number, number][]} curve
 * @param {number} ms
 */
export function plannedAt(curve, ms) {
  const after = curve.findIndex(([at]) => at > ms);
  if (after <= 0) return after === 0 ? curve[0][1] : (curve.at(-1)?.[1] ?? 0);
  const [[from, low], [to, high]] = [curve[after - 1], curve[after]];
  return low + ((high - low) * (ms - from)) / (to - from);
}
