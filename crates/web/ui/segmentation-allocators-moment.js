// What an answer says of an allocator after an operation. Everything here is a pure function of its arguments.

import { courseOf, courseOfSeries } from "./segmentation-measures.js";

/** @typedef {import("./segmentation-pieces.js").Step} Step */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/**
 * `ops` are all operations, or those of a stretch; `before` is memory before the first of them.
 * @typedef {{ops: number, blocks: [id: number, address: number, bytes: number, asked: number][], free_list: [number, number][],
 *   view?: import("./segmentation-pieces.js").View}} Before
 * @typedef {{policy: string, convention: Record<string, string | number>, capacity: number, base: number, ops: Step[],
 *   before?: Before, metrics: Record<string, any>}} Run
 */

/** Policies that leave bytes which are neither free nor in a block. */
const LOSSY = ["slab", "bump"];

/** Blocks are noted after so many operations each, so that none is looked for from the beginning. */
const EVERY = 256;

/** The measures of a run, made once: stretches of one run have the same. @type {WeakMap<object, import("./segmentation-measures.js").Course>} */
const courses = new WeakMap();
/** The blocks that were noted along the operations of a run, made once. @type {WeakMap<Run, Map<number, Held>[]>} */
const notes = new WeakMap();
/** The blocks after the operation that was asked about last. @type {WeakMap<Run, {at: number, held: Held[]}>} */
const latest = new WeakMap();

/**
 * What is known of something, made once.
 * @template {object} K
 * @template T
 * @param {WeakMap<K, T>} known
 * @param {K} key
 * @param {() => T} make
 */
function once(known, key, make) {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Operations before the stretch that a run holds. @param {Run} run */
function skipped({ before }) {
  return before?.ops ?? 0;
}

/** Whether a run holds an operation and what was after it; before the first there is nothing but memory. @param {Run} run @param {number} at */
export function holds(run, at) {
  return (at > skipped(run) || at === 0) && at >= skipped(run) && at <= skipped(run) + run.ops.length;
}

/** Measures of a run after each operation. @param {Run} run */
export function courseOfRun(run) {
  const { metrics, ops } = run;
  const whole = () => (ops.length === metrics.ops ? courseOf(ops) : courseOfSeries(metrics.series, metrics.ops, LOSSY.includes(run.policy) ? run.capacity : null));
  return once(courses, metrics, whole);
}

/** @param {Run} run @returns {Map<number, Held>[]} */
function notedIn({ before, ops }) {
  /** @type {Map<number, Held>} */
  const held = new Map((before?.blocks ?? []).map(([id, address, size, asked]) => [id, { id, address, size, asked }]));
  const noted = [new Map(held)];
  for (const [place, step] of ops.entries()) {
    make(held, step);
    if ((place + 1) % EVERY === 0) noted.push(new Map(held));
  }
  return noted;
}

/** @param {Map<number, Held>} held @param {Step} step */
function make(held, { block, id, moved = [], op, size }) {
  for (const { id: mover, to } of moved) {
    const was = held.get(mover);
    if (was !== undefined) held.set(mover, { ...was, address: to });
  }
  if (op === "alloc" && block !== null && id !== null) {
    const [address, bytes] = block;
    held.set(id, { id, address, size: bytes, asked: size ?? bytes });
  }
  if (op === "free" && id !== null) held.delete(id);
}

/** The blocks that requests hold after an operation. @param {Run} run @param {number} at from 1; 0 is before the first @returns {Held[]} */
export function heldAt(run, at) {
  const known = latest.get(run);
  if (known?.at === at) return known.held;
  const noted = once(notes, run, () => notedIn(run));
  const made = at - skipped(run);
  const nearest = Math.min(noted.length - 1, Math.floor(made / EVERY));
  const held = new Map(noted[nearest]);
  for (const step of run.ops.slice(nearest * EVERY, made)) make(held, step);
  const found = [...held.values()];
  latest.set(run, { at, held: found });
  return found;
}

/** The step of an operation. @param {Run} run @param {number} at @returns {Step | undefined} */
export function stepAt(run, at) {
  return run.ops[at - skipped(run) - 1];
}

/** The holes after an operation. @param {Run} run @param {number} at @returns {import("./segmentation-pieces.js").Span[]} */
export function holesAt(run, at) {
  const { base, before, capacity } = run;
  return stepAt(run, at)?.free_list ?? before?.free_list ?? [[base, capacity]];
}

/** Free blocks of a list that a view shows. */
const SHOWN = 4096;

/**
 * The policy's own state after an operation; where no views were asked for, the free list that a fit goes by.
 * @param {Run} run
 * @param {number} at
 * @returns {import("./segmentation-pieces.js").View | undefined}
 */
function viewAt(run, at) {
  const view = at === skipped(run) ? run.before?.view : stepAt(run, at)?.view;
  if (view !== undefined || at < skipped(run)) return view;
  const holes = at === skipped(run) ? run.before?.free_list : stepAt(run, at)?.free_list;
  return holes === undefined ? undefined : { lists: [{ name: "free list", len: holes.length, holes: holes.slice(0, SHOWN) }] };
}

/**
 * What a run's allocator has after an operation.
 * @param {Run} run
 * @param {number} at
 * @param {number | null} selected
 * @returns {Moment}
 */
export function momentAt(run, at, selected) {
  const { base, capacity, convention, policy } = run;
  return { policy, base, capacity, convention, view: viewAt(run, at) ?? {}, before: viewAt(run, at - 1), step: stepAt(run, at), held: heldAt(run, at), selected };
}

/** The steps that a run holds, with the measures after each. @param {Run} run */
export function measured(run) {
  const { ops, policy } = run;
  return { policy, ops, course: courseOf(ops, heldAt(run, skipped(run))) };
}

/** Requests that failed up to an operation; null where only stretches are known. @param {Run} run @param {number} at */
export function failedAt(run, at) {
  const { failed } = courseOfRun(run);
  return run.ops.length === run.metrics.ops ? failed.filter((op) => op <= at).length : null;
}
