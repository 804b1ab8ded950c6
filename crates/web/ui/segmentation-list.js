// Lists of requests in a memory under some policies: their form in the address of the page, and as the server takes them.
// Everything here is a pure function of its arguments.

/**
 * `kept` is the id of a list that was sent to the server, in place of `ops`; empty where they are typed. `preset` names a
 * convention, empty for the defaults; `set` are values over it.
 * @typedef {{policies: string[], capacity: number, base: number, ops: string, kept: string, preset: string, set: Record<string, string>}} Problem
 * @typedef {{id: string, label: string, policies: string[], capacity: number, ops: string, base?: number, set?: Record<string, string>,
 *   step?: number}} Named `step` is where it opens; else where the policies part
 * @typedef {Record<keyof Problem, string>} Keys how the address calls each member
 */

/** The longest list of requests that an address can carry, characters. */
export const MAX_TEXT = 60_000;
/** The most policies side by side. */
export const MOST_POLICIES = 6;
const NAME = /^[a-z][a-z_.]{0,40}$/;
const ID = /^[0-9a-z-]{1,80}$/;

/** @param {string | undefined} text @param {number} least @param {number} usual */
function whole(text, least, usual) {
  const value = Number(text);
  return text !== undefined && text !== "" && Number.isSafeInteger(value) && value >= least ? value : usual;
}

/** Values as `name=value` between commas. @param {Record<string, string>} set */
const textOf = (set) => Object.entries(set).map((pair) => pair.join("=")).join(",");

/** @param {string} text @returns {Record<string, string>} */
export function settingsOf(text) {
  const pairs = text.split(",").map((pair) => pair.split("=").map((part) => part.trim()));
  return Object.fromEntries(pairs.filter(([name, value]) => NAME.test(name) && /^[a-z0-9.-]{1,20}$/.test(value ?? "")));
}

/** A named problem with all its members. @param {Named} named @returns {Problem} */
function wholeOf({ base = 0, capacity, ops, policies, set = {} }) {
  return { base, capacity, ops, kept: "", policies, preset: "", set };
}

/**
 * How a tab's problems stand in the address.
 * @param {Keys} keys
 * @param {Named[]} named of which the first is meant where the address says nothing
 * @param {(policy: string) => boolean} [knows] the policies of the tab
 */
export function problemsIn(keys, named, knows = (policy) => NAME.test(policy)) {
  const opening = wholeOf(named[0]);
  const same = (/** @type {Record<string, string>} */ settings) => JSON.stringify(Object.entries(settings).sort());
  return {
    /**
     * The problem that an address holds; what is missing or cannot be is as in the opening problem.
     * @param {Record<string, string>} state
     * @returns {Problem}
     */
    problemOf(state) {
      const policies = (state[keys.policies] ?? "").split(",").filter(knows);
      const preset = state[keys.preset] ?? "";
      return {
        policies: policies.length > 0 ? [...new Set(policies)].slice(0, MOST_POLICIES) : opening.policies,
        capacity: whole(state[keys.capacity], 1, opening.capacity),
        base: whole(state[keys.base], 0, opening.base),
        ops: (state[keys.ops] ?? opening.ops).slice(0, MAX_TEXT),
        kept: ID.test(state[keys.kept] ?? "") ? state[keys.kept] : "",
        preset: NAME.test(preset) ? preset : "",
        set: settingsOf(state[keys.set] ?? textOf(opening.set)),
      };
    },
    /**
     * Keys of the page's address; what is as in the opening problem needs none.
     * @param {Problem} problem
     * @returns {Record<string, string | undefined>}
     */
    stateOf({ base, capacity, kept, ops, policies, preset, set }) {
      const unless = (/** @type {string} */ value, /** @type {string} */ usual) => (value === usual ? undefined : value);
      return {
        [keys.policies]: unless(policies.join(","), opening.policies.join(",")),
        [keys.capacity]: unless(String(capacity), String(opening.capacity)),
        [keys.base]: unless(String(base), String(opening.base)),
        [keys.ops]: kept !== "" ? undefined : unless(ops, opening.ops),
        [keys.kept]: unless(kept, ""),
        [keys.preset]: unless(preset, ""),
        [keys.set]: unless(textOf(set), textOf(opening.set)),
        step: undefined,
        request: undefined,
        hole: undefined,
        focus: undefined,
      };
    },
    /** The named problem that this one is, if it is one. @param {Problem} problem */
    named({ preset, set, ...problem }) {
      return named.find((each) => {
        const known = wholeOf(each);
        const numbers = problem.base === known.base && problem.capacity === known.capacity;
        return preset === "" && problem.kept === "" && numbers && problem.ops === known.ops && problem.policies.join() === known.policies.join() && same(set) === same(known.set);
      });
    },
    /** A named problem with all its members. */
    wholeOf,
  };
}

/** The problem as the server takes it. @param {Problem} problem */
export function bodyOf({ base, capacity, kept, ops, policies, preset, set }) {
  return { policies, capacity, ops: kept === "" ? ops : { id: kept }, views: true, ...(base === 0 ? {} : { base }), ...(preset === "" ? {} : { preset }), ...(Object.keys(set).length === 0 ? {} : { set }) };
}

/**
 * The operations up to one, and another behind them, as they are typed.
 * @param {{op: string, id: number | null, size: number | null}[]} ops all of them
 * @param {number} at
 * @param {{op: "alloc", size: number} | {op: "free", id: number} | {op: "compact"}} next
 */
export function opsAfter(ops, at, next) {
  /** The number of each request, from 0: a trace has other names for them. @type {Map<number, number>} */
  const numbers = new Map();
  const words = ops.slice(0, at).map(({ id, op, size }) => {
    if (op === "compact" || id === null) return "compact";
    if (op === "free") return `-${numbers.get(id)}`;
    numbers.set(id, numbers.size);
    return `+${size}`;
  });
  const word = next.op === "compact" ? "compact" : next.op === "free" ? `-${numbers.get(next.id)}` : `+${next.size}`;
  return [...words, word].join(",");
}
