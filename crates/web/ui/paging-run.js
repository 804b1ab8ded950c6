// What can be read off the steps of a run: counts so far, where runs part, where more frames fault more.
// Everything here is a pure function of its arguments.

/**
 * @typedef {{index: number, page: number, write: boolean, hit: boolean, frame: number | null, victim: number | null,
 *   released?: number[], frames: (number | null)[], explain: string, view?: View}} Step
 * @typedef {{policy: string, convention: Record<string, string | number>, frames: number, references: number,
 *   faults: number, hits: number, hit_ratio: number, cold_faults: number, writebacks: number, steps?: Step[],
 *   so_far?: Tally, overview?: {first_eviction: number | null, so_far: Tally}}} Run
 * @typedef {{references: number[], faults: number[], cold_faults: number[], writebacks: number[]}} Tally counts so far
 * @typedef {{name: string, set: boolean}} Bit
 * @typedef {{page: number | null, frame: number | null, bits: Bit[]}} Slot
 * @typedef {{page: number, frame: number | null, note?: string}} Entry
 * @typedef {{name: string, len: number, limit: number | null, entries: Entry[]}} Queue
 * @typedef {{frame: number, page: number, value: number | null, note?: string}} Row
 * @typedef {{shape: "ring", slots: Slot[], hands: {name: string, slot: number}[]}} Ring
 * @typedef {{shape: "queues", queues: Queue[], gauges: {name: string, value: number}[]}} Queues
 * @typedef {{shape: "values", label: string, rows: Row[]}} Values
 * @typedef {Ring | Queues | Values} View a policy's own state after a step
 */

/**
 * Faults, and first loads among them, after each number of steps from 0.
 * @param {Step[]} steps
 * @returns {{faults: number[], cold: number[]}}
 */
export function countsOf(steps) {
  const seen = new Set();
  const faults = [0];
  const cold = [0];
  for (const { hit, page } of steps) {
    faults.push((faults.at(-1) ?? 0) + (hit ? 0 : 1));
    cold.push((cold.at(-1) ?? 0) + (seen.has(page) ? 0 : 1));
    seen.add(page);
  }
  return { faults, cold };
}

/**
 * The first step after which two runs do not hold the same pages, or in which one hits and the other faults.
 * @param {Run[]} runs
 * @returns {{index: number, one: Run, other: Run} | null} null where they are the same to the end
 */
export function firstDivergence(runs) {
  const [one, ...others] = runs;
  /** @type {{index: number, one: Run, other: Run} | null} */
  let first = null;
  for (const other of others) {
    const at = (one.steps ?? []).findIndex((step, index) => differs(step, other.steps?.[index]));
    if (at >= 0 && (first === null || at + 1 < first.index)) first = { index: at + 1, one, other };
  }
  return first;
}

/**
 * @param {Step} step
 * @param {Step | undefined} other
 */
function differs(step, other) {
  if (other === undefined || step.hit !== other.hit) return true;
  const pages = new Set(other.frames);
  return step.frames.some((page) => !pages.has(page)) || new Set(step.frames).size !== pages.size;
}

/**
 * Where a run with more frames has more faults than the one before it: Belady's anomaly.
 * @param {Run[]} runs of one policy, frames ascending
 * @returns {{fewer: Run, more: Run}[]}
 */
export function anomaliesOf(runs) {
  return runs
    .slice(1)
    .flatMap((more, index) => (more.faults > runs[index].faults ? [{ fewer: runs[index], more }] : []));
}

/**
 * The frame that a hand points at after a step, in rings whose slots are frames.
 * @param {Step} step
 * @returns {number | null}
 */
export function handOf({ view }) {
  if (view?.shape !== "ring" || view.hands.length !== 1) return null;
  return view.slots[view.hands[0].slot]?.frame ?? null;
}

/**
 * What left memory in a step.
 * @param {Step} step
 * @returns {number[]}
 */
export function leftIn({ released = [], victim }) {
  return victim === null ? released : [victim, ...released];
}
