// What an answer says of an allocator after an operation. Everything here is a pure function of its arguments.

import { courseOf, courseOfSeries } from "./segmentation-measures.js";

/** @typedef {import("./segmentation-pieces.js").Step} Step */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/**
 * `ops` are all operations, or those of a stretch; `before` is memory before the first of them.
 * @typedef {{ops: number, blocks: {id: number, block: [number, number], size: number}[], free_list: [number, number][],
 *   view?: import("./segmentation-pieces.js").View}} Before
 * @typedef {{policy: string, convention: Record<string, string | number>, capacity: number, base: number, ops: Step[],
 *   before?: Before, metrics: Record<string, any>}} Run
 */

/** Policies that leave bytes which are neither free nor in a block. */
const LOSSY = ["slab", "bump"];

/** Blocks are noted after so many operations each, so that none is looked for from the beginning. */
const EVERY = 256;

/** What was read off a run, made once. @type {WeakMap<Run, {course: import("./segmentation-measures.js").Course, noted: Map<number, Held>[]}>} */
const read = new WeakMap();

/** @param {Run} run */
function readOff(run) {
  const known = read.get(run);
  if (known !== undefined) return known;
  const { metrics, ops } = run;
  const course = ops.length === metrics.ops ? courseOf(ops) : courseOfSeries(metrics.series, metrics.ops, LOSSY.includes(run.policy) ? run.capacity : null);
  const made = { course, noted: notedIn(run) };
  read.set(run, made);
  return made;
}

/** Operations before the stretch that a run holds. @param {Run} run */
function skipped({ before }) {
  return before?.ops ?? 0;
}

/** Whether a run holds what was after an operation. @param {Run} run @param {number} at */
export function holds(run, at) {
  return at >= skipped(run) && at <= skipped(run) + run.ops.length;
}

/** Measures of a run after each operation. @param {Run} run */
export function courseOfRun(run) {
  return readOff(run).course;
}

/** @param {Run} run @returns {Map<number, Held>[]} */
function notedIn({ before, ops }) {
  /** @type {Map<number, Held>} */
  const held = new Map((before?.blocks ?? []).map(({ block, id, size }) => [id, { id, address: block[0], size: block[1], asked: size }]));
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
  const { noted } = readOff(run);
  const made = at - skipped(run);
  const nearest = Math.min(noted.length - 1, Math.floor(made / EVERY));
  const held = new Map(noted[nearest]);
  for (const step of run.ops.slice(nearest * EVERY, made)) make(held, step);
  return [...held.values()];
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
  const { failed } = readOff(run).course;
  return run.ops.length === run.metrics.ops ? failed.filter((op) => op <= at).length : null;
}
