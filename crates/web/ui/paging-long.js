// A string of too many steps to be sent at once: its counts from afar, windows of its steps about the place that is
// looked at, and what is drawn of the whole. Loaded when there is one.

import { loadSheets } from "./lab.js";
import { answerTo, curve, runsOf } from "./paging-ask.js";
import { faultsOverTime, GoTo, OverTime } from "./paging-overtime.js";
import { signal } from "./vendor/signals.js";

/** @typedef {import("./paging-ask.js").Answer} Answer */
/** @typedef {import("./paging-ask.js").Body} Body */
/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-run.js").Step} Step */
/** @typedef {import("./paging-run.js").Tally} Tally */
/** @typedef {{runs: {steps: Step[], so_far: Tally}[]}} Block steps of each run, with counts before the first and after each */

const sheet = loadSheets("./paging-long.css");

/** Places at which the whole is counted. */
const POINTS = 500;
/** Steps of a block: more than a wide screen shows at once, and few enough to come in a moment. */
const BLOCK_STEPS = 256;
/** What the server sends of frames, and of policies' states, in one answer: frames × steps, over all runs. */
const MOST_CELLS = 400_000;
const MOST_VIEW_CELLS = 50_000;
/** Blocks that are kept; the one looked at the longest ago makes room. */
const MOST_BLOCKS = 48;
/** Steps about the current one that are saved. */
const NEAR = 120;
/** Numbers of frames on the curve, and the references that one question for some of them may make. */
const CURVE_SIZES = 18;
const CURVE_WORK = 4_000_000;

/**
 * Looks a string over, then asks for its curve.
 * @param {Answer} given counts alone
 * @param {Body} body
 * @param {AbortSignal} signal
 * @param {(answer: Answer) => void} show
 */
export async function lookOver(given, body, signal, show) {
  await sheet;
  const { divergence, runs } = await answerTo({ ...body, steps: false, overview: POINTS }, signal);
  curve.value = [];
  show({ ...given, runs, long: new Long(body, runs, divergence, signal) });
  await askCurve(given, body, runs, signal);
}

/** The steps of a string as they are needed. */
export class Long {
  /**
   * @param {Body} body
   * @param {Run[]} runs
   * @param {{index: number, one: number, other: number} | null} divergence
   * @param {AbortSignal} signal ends its questions
   */
  constructor(body, runs, divergence, signal) {
    this.body = body;
    this.runs = runs;
    this.length = runs[0].references;
    this.parts =
      divergence && { index: divergence.index, one: runs[divergence.one], other: runs[divergence.other] };
    this.signal = signal;
    const frames = runs.reduce((sum, run) => sum + run.frames, 0);
    const fitting = Math.floor(MOST_VIEW_CELLS / frames);
    /** Whether the policies' states come with the steps. */
    this.views = fitting >= 16;
    /** Steps of a block; 0 where memory is too large for one. */
    this.size = Math.min(BLOCK_STEPS, this.views ? fitting : Math.floor(MOST_CELLS / frames));
  }

  /** What is drawn of the whole. */
  drawn = { GoTo, OverTime };
  /** What the scrubber marks of a run. */
  marksOf = faultsOverTime;
  /** Grows when steps have come: what was drawn without them is drawn again. */
  revision = signal(0);
  /** @type {Map<number, Block>} by number, the one looked at the longest ago first */
  blocks = new Map();
  /** @type {number[]} numbers of blocks, the most urgent first */
  wanted = [];
  asking = false;

  /**
   * A step of a run, once it is there.
   * @param {Run} run
   * @param {number} index from 1
   * @returns {Step | undefined}
   */
  stepAt(run, index) {
    return this.partOf(run, index)?.steps[(index - 1) % this.size];
  }

  /**
   * The counts of a run after so many references, once they are there.
   * @param {Run} run
   * @param {number} at
   * @returns {{faults: number, cold: number} | null}
   */
  countsAt(run, at) {
    if (at === 0) return { faults: 0, cold: 0 };
    if (at === this.length) return { faults: run.faults, cold: run.cold_faults };
    const tally = this.partOf(run, at)?.so_far;
    const row = ((at - 1) % this.size) + 1;
    return tally === undefined ? null : { faults: tally.faults[row], cold: tally.cold_faults[row] };
  }

  /**
   * The reference at a place, once it is there.
   * @param {number} index from 1
   */
  referenceAt(index) {
    return this.stepAt(this.runs[0], index);
  }

  /**
   * The steps about a place that are there, as what one saves: the runs with their own numbers, and numbered from 1 for
   * a picture.
   * @param {number} at
   */
  near(at) {
    const places = Array.from({ length: NEAR }, (_, place) => Math.max(1, at - NEAR / 2) + place);
    const stepsOf = (/** @type {Run} */ run) =>
      places.map((index) => this.stepAt(run, index)).filter((step) => step !== undefined);
    const runs = this.runs.map((run) => ({ ...run, steps: stepsOf(run) }));
    const [{ steps }] = runs;
    return {
      runs,
      references: steps.map(({ page, write }) => ({ page, write })),
      renumbered: runs.map((run) => ({
        ...run,
        steps: run.steps.map((step, place) => ({ ...step, index: place + 1 })),
      })),
      note: [`references ${steps[0]?.index ?? 0} to ${steps.at(-1)?.index ?? 0} of ${this.length}`],
    };
  }

  /**
   * The questions that the page asks, as scripts would ask them.
   * @param {string} path
   * @param {number} at
   */
  endpoints(path, at) {
    const window = { from: Math.max(1, at), count: Math.max(1, this.size) };
    return [
      { name: "A window of its steps", path, body: { ...this.body, window } },
      { name: "The whole from afar", path, body: { ...this.body, steps: false, overview: POINTS } },
    ];
  }

  /**
   * @param {Run} run
   * @param {number} index from 1
   */
  partOf(run, index) {
    return this.blocks.get(Math.floor((index - 1) / this.size))?.runs[this.runs.indexOf(run)];
  }

  /**
   * Steps that are looked at, from 1; those beside them are fetched after them.
   * @param {number} from
   * @param {number} to
   */
  look(from, to) {
    if (this.size === 0) return;
    const last = Math.floor((this.length - 1) / this.size);
    const [first, end] = [from, to].map((index) => Math.min(last, Math.max(0, Math.floor((index - 1) / this.size))));
    const seen = Array.from({ length: end - first + 1 }, (_, place) => first + place);
    for (const number of seen) this.touch(number);
    const beside = [end + 1, first - 1].filter((number) => number >= 0 && number <= last);
    this.wanted = [...seen, ...beside];
    void this.fetch();
  }

  /** A block that is looked at is the last to make room. @param {number} number */
  touch(number) {
    const block = this.blocks.get(number);
    if (block === undefined) return;
    this.blocks.delete(number);
    this.blocks.set(number, block);
  }

  /** Fetches what is wanted and not there, one block after the other; what was passed by is not fetched. */
  async fetch() {
    if (this.asking) return;
    this.asking = true;
    try {
      for (let number = this.next(); number !== undefined; number = this.next()) await this.fetchOne(number);
    } catch {
      // The next look asks again; what was refused for good is told by the overview's own question.
      this.wanted = [];
    }
    this.asking = false;
  }

  next() {
    return this.signal.aborted ? undefined : this.wanted.find((number) => !this.blocks.has(number));
  }

  /** @param {number} number */
  async fetchOne(number) {
    const part = { from: number * this.size + 1, count: this.size };
    const { runs } = await answerTo({ ...this.body, views: this.views, window: part }, this.signal);
    this.blocks.set(number, { runs });
    for (const oldest of [...this.blocks.keys()].slice(0, Math.max(0, this.blocks.size - MOST_BLOCKS)))
      this.blocks.delete(oldest);
    this.revision.value += 1;
  }
}

/**
 * The curve, some numbers of frames at a time: others are not kept waiting, and it grows as it comes.
 * @param {Answer} given
 * @param {Body} body
 * @param {Run[]} runs
 * @param {AbortSignal} signal
 */
async function askCurve({ problem }, body, runs, signal) {
  const sizes = sizesOf(problem.frames, runs[0].cold_faults);
  const each = Math.max(1, Math.floor(CURVE_WORK / (runs[0].references * runs.length)));
  // Every other size first, so that the shape shows before its details.
  const order = [...sizes.filter((_, index) => index % 2 === 0), ...sizes.filter((_, index) => index % 2 === 1)];
  /** @type {Run[]} */
  let found = [];
  while (order.length > 0) {
    const more = await runsOf({ ...body, frames: order.splice(0, each), steps: false }, signal);
    found = [...found, ...more].sort((one, other) => one.frames - other.frames);
    curve.value = body.policies.flatMap((policy) => found.filter((run) => run.policy === policy));
  }
}

/**
 * Numbers of frames from one to all pages, each so many times the one before, and the problem's own.
 * @param {number} frames
 * @param {number} pages
 * @returns {number[]} ascending
 */
export function sizesOf(frames, pages) {
  const most = Math.max(2, Math.min(pages, 1_000_000), Math.min(frames, 1_000_000));
  const even = Array.from({ length: CURVE_SIZES }, (_, place) => Math.round(most ** (place / (CURVE_SIZES - 1))));
  return [...new Set([...even, frames])].sort((one, other) => one - other);
}
