// The steps of a long list that are known: stretches about the operations that were on show, and those beside them, so that a
// walk goes on without waiting.

import { holds } from "./segmentation-allocators-moment.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {{from: number, count: number}} Window operations that are asked for, the first from 1 */

/** Stretches that are kept, the one that was added last at the end, and the blocks and entries that they may hold together. */
const [MOST, MOST_KEPT] = [12, 1_000_000];
/** Steps of a stretch. */
const [LEAST_STEPS, MOST_STEPS] = [4, 64];
/** Entries of lists, trees and bitmaps that a stretch may hold: few where somebody waits for it, about 100 kB, more beside it. */
const [MOST_ENTRIES, MOST_BESIDE] = [8_000, 32_000];

/** Operations about one, of which a quarter lies before it. @param {number} at @param {number} count @returns {Window} */
export function windowAt(at, count) {
  return { from: Math.max(1, at - Math.floor(count / 4)), count };
}

/** The steps that are known of a list. */
export class Stretches {
  /** @param {Run[]} runs each with its first stretch, or all its steps */
  constructor(runs) {
    this.first = runs;
    /** The runs with one stretch each. */
    this.known = runs.length === 0 ? [] : [runs];
    /** The operation that was asked about last: a stretch of long steps may end before it. */
    this.tried = 0;
  }

  /** The runs with the steps about an operation; null where they are not known. @param {number} at */
  at(at) {
    return this.known.findLast((runs) => runs.every((run) => holds(run, at))) ?? null;
  }

  /**
   * Adds a stretch of each run.
   * @param {Partial<Run>[]} stretches in the order of the runs
   */
  add(stretches) {
    this.known.push(this.first.map((run, index) => ({ ...run, ...stretches[index] })));
    const kept = () => this.known.reduce((sum, runs) => sum + weightOf(runs), 0);
    while (this.known.length > 2 && (this.known.length > MOST || kept() > MOST_KEPT)) this.known.shift();
  }

  /** How many steps a stretch is to have: each has all its holes, and what its policy decides by. @param {number} entries */
  count(entries) {
    const each = (this.known.at(-1) ?? []).reduce((sum, { ops }) => sum + (ops.length === 0 ? 0 : entriesIn(ops[0])), 0);
    return Math.max(LEAST_STEPS, Math.min(MOST_STEPS, Math.floor(entries / Math.max(1, each))));
  }

  /**
   * The steps to be asked for next: those about an operation, else those beside the stretch that holds it, where it is near
   * its end; null where nothing is to be asked.
   * @param {number} at
   * @param {boolean} ahead whether steps beside it are wanted
   * @returns {Window | null}
   */
  wanted(at, ahead) {
    const length = this.first.at(0)?.metrics.ops ?? 0;
    const here = this.at(at);
    if (length === 0) return null;
    if (here === null) {
      const again = this.tried === at;
      this.tried = at;
      return again ? { from: Math.max(1, at), count: 1 } : windowAt(at, this.count(MOST_ENTRIES));
    }
    if (!ahead) return null;
    const [first, last] = [Math.max(...here.map((run) => run.before?.ops ?? 0)), Math.min(...here.map((run) => (run.before?.ops ?? 0) + run.ops.length))];
    const count = this.count(MOST_BESIDE);
    const near = Math.ceil(count / 2);
    if (last < length && at + near > last && this.at(last + 1) === null) return { from: last + 1, count };
    if (first > 0 && at - near <= first && this.at(first) === null) return { from: Math.max(1, first - count + 1), count: Math.min(count, first) };
    return null;
  }
}

/** Blocks and entries that runs hold with a stretch, about. @param {Run[]} runs */
function weightOf(runs) {
  return runs.reduce((sum, { before, ops }) => sum + (before?.blocks.length ?? 0) + (ops.length === 0 ? 0 : ops.length * entriesIn(ops[0])), 0);
}

/** Entries of a step. @param {Run["ops"][number]} step */
function entriesIn({ free_list: free, view = {} }) {
  const slabs = (view.caches ?? []).flatMap(({ empty, full, partial }) => [...partial, ...full, ...empty]);
  const inner = [...(view.lists ?? []).map(({ holes }) => holes), ...(view.bitmaps ?? []).map(({ bits }) => bits), ...slabs.map(({ held }) => held), view.tree ?? []];
  return inner.reduce((sum, { length }) => sum + length, free.length);
}
