// What is drawn of demand paging: the curve of thrashing, working sets against memory, and who had the CPU and the disk.
// Everything here is a pure function of its arguments.

import { timeOf } from "./paging-demand-problem.js";
import { group, text } from "./figure-pieces.js";

/** @typedef {import("./paging-demand-problem.js").Answer} Answer */
/** @typedef {import("./paging-demand-problem.js").Curve} Curve */
/** @typedef {import("./paging-demand-problem.js").Point} Point */
/** @typedef {import("./figure-pieces.js").Figure} Figure */
/** @typedef {import("./figure-pieces.js").Piece} Piece */

const HEIGHT = 232;
const TOP = 14;
const FOOT = 40;
const LEFT = 46;
/** The most processes whose lanes are drawn. */
const MOST_LANES = 16;
const LANE = 20;

/** @param {number} share 0..1 */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/**
 * CPU utilisation against the degree of multiprogramming.
 * @param {{free: Curve, controlled: Curve | null}} curve
 * @param {number} width
 * @returns {Figure}
 */
export function curveFigure({ controlled, free }, width) {
  const right = controlled === null ? 16 : 92;
  const most = free.points.length;
  const x = (/** @type {number} */ degree) => LEFT + ((degree - 1) / Math.max(1, most - 1)) * (width - LEFT - right);
  const y = (/** @type {number} */ share) => TOP + (1 - share) * (HEIGHT - TOP - FOOT);
  const every = Math.ceil((most * 22) / (width - LEFT - right));
  const degrees = free.points.filter(({ degree }) => (degree - 1) % every === 0);
  const knee = x(free.knee);
  const kneeLeft = knee > (LEFT + width - right) / 2;
  return {
    width,
    height: HEIGHT,
    pieces: [
      ...rulesOf([0, 0.25, 0.5, 0.75, 1], percent, y, width - right),
      ...degrees.map(({ degree }) => text(String(degree), x(degree), HEIGHT - 24, 12, "muted", { anchor: "middle" })),
      text("processes that run together", (LEFT + width - right) / 2, HEIGHT - 6, 12, "muted", { anchor: "middle" }),
      { d: `M${knee} ${TOP}V${y(0)}`, stroke: "fault", dash: true },
      group(
        [text(`the knee: ${free.knee}`, knee + (kneeLeft ? -6 : 6), TOP + 4, 12, "fault", { bold: true, anchor: kneeLeft ? "end" : "start" })],
        "knee",
        { degree: free.knee },
      ),
      ...(controlled === null ? [] : [lineOf(controlled.points, "hit", "controlled", "controlled", x, y)]),
      lineOf(free.points, "used", "free", controlled === null ? "" : "no control", x, y),
    ],
  };
}

/**
 * @param {Point[]} points
 * @param {string} tone
 * @param {string} name
 * @param {string} label at the line's end; empty for none
 * @param {(degree: number) => number} x
 * @param {(share: number) => number} y
 * @returns {Piece}
 */
function lineOf(points, tone, name, label, x, y) {
  const last = points[points.length - 1];
  const path = points.map(({ cpu_utilisation: share, degree }) => `${x(degree)} ${y(share)}`).join("L");
  const dots = points.map((point) =>
    group(
      [{ d: `M${x(point.degree) - 3} ${y(point.cpu_utilisation)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z`, fill: tone }],
      "degree",
      { degree: point.degree },
      `${point.degree} ${point.degree === 1 ? "process" : "processes"}, ${name === "free" ? "no load control" : "load control"}\n${percent(point.cpu_utilisation)} of the CPU\nfault rate ${point.fault_rate.toFixed(3)}`,
    ),
  );
  const end = text(label, x(last.degree) + 8, y(last.cpu_utilisation) + 4, 12, tone, { bold: true });
  return group([{ d: `M${path}`, stroke: tone, width: 2, dash: name !== "free" }, ...dots, end], "curve", { name });
}

/**
 * Horizontal rules with their numbers.
 * @param {number[]} values
 * @param {(value: number) => string} words
 * @param {(value: number) => number} y
 * @param {number} right
 * @returns {Piece[]}
 */
function rulesOf(values, words, y, right) {
  return values.flatMap((value) => [
    { d: `M${LEFT} ${y(value)}H${right}`, stroke: "hairline" },
    text(words(value), LEFT - 6, y(value) + 4, 12, "muted", { anchor: "end" }),
  ]);
}

/**
 * The working sets of the processes together against the frames there are, over the whole run.
 * @param {Answer} answer
 * @param {number} now nanoseconds
 * @param {number} width
 * @returns {Figure}
 */
export function setsFigure({ elapsed_ns: elapsed, frames, samples }, now, width) {
  const right = width - 16;
  const sum = (/** @type {number[]} */ pages) => pages.reduce((all, each) => all + each, 0);
  const wanted = samples.map((sample) => ({ at: sample.time_ns, pages: sum(sample.working_set_pages) }));
  const held = samples.map((sample) => ({ at: sample.time_ns, pages: sum(sample.resident_pages) }));
  const most = niceAbove(Math.max(frames, ...wanted.map(({ pages }) => pages)));
  const x = (/** @type {number} */ ns) => LEFT + (ns / Math.max(1, elapsed)) * (right - LEFT);
  const y = (/** @type {number} */ pages) => TOP + (1 - pages / most) * (HEIGHT - TOP - FOOT);
  const line = (/** @type {{at: number, pages: number}[]} */ points) =>
    `M${points.map(({ at, pages }) => `${x(at).toFixed(1)} ${y(pages).toFixed(1)}`).join("L")}`;
  const filled = held.length === 0 ? "" : `${line(held)}L${x(held[held.length - 1].at)} ${y(0)}L${x(held[0].at)} ${y(0)}Z`;
  return {
    width,
    height: HEIGHT,
    pieces: [
      ...rulesOf([0, most / 2, most], String, y, right),
      { d: filled, fill: "used", veil: 0.16 },
      { d: `M${LEFT} ${y(frames)}H${right}`, stroke: "text", dash: true },
      text(`${frames} frames`, right, y(frames) - 5, 12, "text", { anchor: "end", bold: true }),
      ...(wanted.length === 0 ? [] : [group([{ d: line(wanted), stroke: "fault", width: 1.75 }], "wanted", {})]),
      { d: `M${x(now)} ${TOP}V${y(0)}`, stroke: "focus", width: 1.5 },
      text("0", LEFT, HEIGHT - 24, 12, "muted"),
      text(timeOf(elapsed), right, HEIGHT - 24, 12, "muted", { anchor: "end" }),
      text("working sets together", LEFT, HEIGHT - 6, 12, "fault", { bold: true }),
      text("resident pages", LEFT + 172, HEIGHT - 6, 12, "used", { bold: true }),
    ],
  };
}

/** The next number above that is easy to read. @param {number} value */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

/**
 * What each process did about a step: a lane a process over the time of one block of steps.
 * @param {Answer} block
 * @param {number} at the step
 * @param {number} width
 * @returns {Figure}
 */
export function lanesFigure(block, at, width) {
  const { processes, steps } = block;
  const shown = processes.slice(0, MOST_LANES);
  const label = Math.min(96, 16 + 7.4 * Math.max(...shown.map(({ process }) => process.length)));
  const begin = steps[0]?.time_ns ?? 0;
  const span = Math.max(1, (steps.at(-1)?.time_ns ?? 0) - begin);
  const x = (/** @type {number} */ ns) => label + ((ns - begin) / span) * (width - label - 8);
  const bottom = shown.length * LANE;
  const now = steps[at - block.steps_before - 1]?.time_ns ?? begin;
  return {
    width,
    height: bottom + 26,
    pieces: [
      ...shown.flatMap((process, rank) => laneOf(process.process, rank, stretchesOf(block, rank), label, x)),
      { d: `M${x(now)} 0V${bottom}`, stroke: "focus", width: 1.5 },
      text(timeOf(begin), label, bottom + 18, 12, "muted"),
      text(timeOf(begin + span), width - 8, bottom + 18, 12, "muted", { anchor: "end" }),
    ],
  };
}

/**
 * @typedef {"cpu" | "ready" | "disk" | "outside" | "away"} State
 * @typedef {{state: State, from: number, to: number}} Stretch times in nanoseconds
 */

const STATE_WORDS = { cpu: "has the CPU", ready: "is ready", disk: "waits for the disk", outside: "is out of memory", away: "" };

/**
 * A process's states over a block, equal neighbours joined.
 * @param {Answer} block
 * @param {number} rank
 */
export function stretchesOf({ steps }, rank) {
  /** @type {Stretch[]} */
  const stretches = [];
  for (const [index, step] of steps.entries()) {
    const state = stateOf(step, rank);
    const to = steps[index + 1]?.time_ns ?? step.time_ns;
    const last = stretches.at(-1);
    if (last?.state === state) last.to = to;
    else stretches.push({ state, from: step.time_ns, to });
  }
  return stretches.filter(({ from, state, to }) => state !== "away" && to > from);
}

/** @param {import("./paging-demand-problem.js").Step} step @param {number} rank @returns {State} */
function stateOf({ disk, outside, ready, running }, rank) {
  if (running === rank) return "cpu";
  if (disk.includes(rank)) return "disk";
  if (ready.includes(rank)) return "ready";
  return outside.includes(rank) ? "outside" : "away";
}

/**
 * @param {string} process
 * @param {number} rank
 * @param {Stretch[]} stretches
 * @param {number} label where the lane begins
 * @param {(ns: number) => number} x
 * @returns {Piece[]}
 */
function laneOf(process, rank, stretches, label, x) {
  const middle = rank * LANE + LANE / 2;
  const tone = `owner-${(rank % 8) + 1}`;
  const bar = (/** @type {Stretch} */ { from, state, to }) => {
    const [left, right] = [x(from), Math.max(x(to), x(from) + 0.75)];
    const tip = `${process} ${STATE_WORDS[state]}\n${timeOf(from)} to ${timeOf(to)}`;
    const box = (/** @type {number} */ half) => `M${left} ${middle - half}H${right}V${middle + half}H${left}Z`;
    /** @type {Record<string, Piece>} */
    const drawn = {
      cpu: { d: box(7), fill: tone },
      ready: { d: box(2), fill: tone, veil: 0.55 },
      disk: { d: box(5), fill: "fault", veil: 0.18, stroke: "fault", width: 0.75 },
      outside: { d: `M${left} ${middle}H${right}`, stroke: "free", dash: true },
    };
    return group([drawn[state]], "stretch", { state }, tip);
  };
  return [text(process, label - 8, middle + 4, 12, "text", { anchor: "end" }), ...stretches.map(bar)];
}
