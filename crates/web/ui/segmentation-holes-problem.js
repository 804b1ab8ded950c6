// Problems of the tab "Free space", part "Holes": requests that are placed in given holes by the four fits; their form in
// the address of the page, and as the server takes them. Everything here is a pure function of its arguments.

/**
 * @typedef {"split" | "fixed"} Partitions whether the rest of a hole stays a hole, or the hole is given away whole
 * @typedef {{holes: string, requests: string, partitions: Partitions, policies: string[]}} Problem
 * @typedef {Problem & {id: string, label: string}} Named
 */

/** The fits in the order in which they are offered. @type {[string, string][]} */
export const FITS = [
  ["first", "First fit"],
  ["next", "Next fit"],
  ["best", "Best fit"],
  ["worst", "Worst fit"],
];
const ALL = FITS.map(([name]) => name);

/** The longest list of holes or of requests that an address can carry, characters. */
export const MAX_TEXT = 2000;

/** @param {string} id @param {string} label @param {string} holes @param {string} requests @param {Partitions} [partitions] @returns {Named} */
const problem = (id, label, holes, requests, partitions = "split") => ({ id, label, holes, requests, partitions, policies: ALL });

/** Problems that people know, or should. The two of 1300 and 1200 are Knuth's, "The Art of Computer Programming", 2.5. */
export const PROBLEMS = [
  problem("four", "Four requests, and only best fit holds all", "100,500,200,300,600", "212,417,112,426"),
  problem("fixed", "The same in fixed partitions", "100,500,200,300,600", "212,417,112,426", "fixed"),
  problem("six", "Six holes, five processes", "300,600,350,200,750,125", "115,500,358,200,375"),
  problem("eight", "Eight holes: where next fit goes on", "10,4,20,18,7,9,12,15", "12,10,9"),
  problem("first-wins", "First fit holds what best fit cannot", "1300,1200", "1000,1100,250"),
  problem("best-wins", "Best fit holds what first fit cannot", "1300,1200", "1100,1050,250"),
  problem("worst-wins", "Worst fit leaves rests that are of use", "100,120", "50,60,70,30"),
  problem("exact", "Exact holes, and nothing left", "50,20,40,10,30", "10,20,30,40,50"),
];
const OPENING = PROBLEMS[0];

/**
 * The problem that an address holds; what is missing is as in the opening problem.
 * @param {Record<string, string>} state
 * @returns {Problem}
 */
export function problemOf(state) {
  const policies = (state.among ?? "").split(",").filter((name) => ALL.includes(name));
  return {
    holes: (state.holes ?? OPENING.holes).slice(0, MAX_TEXT),
    requests: (state.requests ?? OPENING.requests).slice(0, MAX_TEXT),
    partitions: state.partitions === "fixed" ? "fixed" : "split",
    policies: policies.length > 0 ? ALL.filter((name) => policies.includes(name)) : ALL,
  };
}

/**
 * Keys of the page's address; what is as in the opening problem needs none.
 * @param {Problem} problem
 * @returns {Record<string, string | undefined>}
 */
export function stateOf({ holes, partitions, policies, requests }) {
  return {
    holes: holes === OPENING.holes ? undefined : holes,
    requests: requests === OPENING.requests ? undefined : requests,
    partitions: partitions === "fixed" ? partitions : undefined,
    among: policies.length === ALL.length ? undefined : policies.join(","),
    step: undefined,
    focus: undefined,
  };
}

/** The problem as the server takes it. @param {Problem} problem */
export function bodyOf({ holes, partitions, policies, requests }) {
  return { holes, requests, policies, partitions };
}

/** The named problem that this one is, if it is one. @param {Problem} problem */
export function named({ holes, partitions, policies, requests }) {
  return PROBLEMS.find((known) => known.holes === holes && known.requests === requests && known.partitions === partitions && policies.length === ALL.length);
}
