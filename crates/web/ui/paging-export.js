// The replacement lab as a file: the grid as a drawing in the colours on show, its steps as CSV and JSON.

import { box } from "./drawing.js";
import { leftIn } from "./paging-run.js";
import { colorOf } from "./paint.js";

/** @typedef {import("./drawing.js").Mark} Mark */
/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./paging-run.js").Step} Step */
/** @typedef {import("./paging-ask.js").Answer} Answer */

const CELL = 36;
const ROW = 28;
const EDGE = 24;
const LABEL = 76;
/** Columns that a picture holds; a longer string is cut off there, and says so. */
const MOST_COLUMNS = 200;
const COLORS = /** @type {const} */ (["ground", "text", "muted", "hairline", "hit", "fault"]);
/** @typedef {Record<typeof COLORS[number], string>} Palette */

/**
 * @param {Pick<Answer, "problem" | "references" | "runs">} answer
 * @param {(policy: string) => string} titleOf
 * @param {string} convention in words
 * @returns {import("./drawing.js").Drawing}
 */
export function pictureOf({ problem, references, runs }, titleOf, convention) {
  const palette = /** @type {Palette} */ (Object.fromEntries(COLORS.map((name) => [name, colorOf(`--${name}`)])));
  const columns = Math.min(references.length, MOST_COLUMNS);
  const cut = columns < references.length ? `, the first ${columns} of ${references.length} references` : "";
  const title = `${problem.policies.map(titleOf).join(", ")} with ${problem.frames} frames${cut}`;
  /** @type {Mark[]} */
  const marks = [
    text(title, EDGE, EDGE + 14, 16, palette.text, "start", true),
    text(convention, EDGE, EDGE + 34, 12, palette.muted, "start"),
    ...references
      .slice(0, columns)
      .map(({ page, write }, column) =>
        text(
          `${page}${write ? "w" : ""}`,
          EDGE + LABEL + (column + 0.5) * CELL,
          EDGE + 68,
          14,
          palette.text,
          "middle",
          true,
        ),
      ),
  ];
  let y = EDGE + 80;
  for (const run of runs) {
    marks.push(...groupMarks(run, columns, y, palette, runs.length > 1 ? titleOf(run.policy) : ""));
    y += (run.frames + 2) * ROW + (runs.length > 1 ? ROW : 0);
  }
  const width = EDGE * 2 + LABEL + columns * CELL;
  return {
    width: Math.max(width, 480),
    height: y + EDGE,
    ground: palette.ground,
    font: getComputedStyle(document.body).fontFamily,
    marks,
  };
}

/**
 * @param {Run} run
 * @param {number} columns
 * @param {number} top
 * @param {Palette} palette
 * @param {string} title
 * @returns {Mark[]}
 */
function groupMarks(run, columns, top, palette, title) {
  const head = title === "" ? 0 : ROW;
  const counts = `${title}: ${run.faults} faults, ${run.hits} hits`;
  const labels = [...Array.from({ length: run.frames }, (_, frame) => `Frame ${frame}`), "Hit, fault", "Out"];
  const marks = labels.map((label, row) => text(label, EDGE, top + head + row * ROW + 18, 12, palette.muted, "start"));
  if (title !== "") marks.push(text(counts, EDGE, top + 19, 13, palette.text, "start", true));
  for (const step of (run.steps ?? []).slice(0, columns)) {
    marks.push(...columnMarks(step, run.frames, EDGE + LABEL + (step.index - 1) * CELL, top + head, palette));
  }
  return marks;
}

/**
 * @param {Step} step
 * @param {number} frames
 * @param {number} x
 * @param {number} top
 * @param {Palette} palette
 * @returns {Mark[]}
 */
function columnMarks(step, frames, x, top, palette) {
  const middle = x + CELL / 2;
  const color = step.hit ? palette.hit : palette.fault;
  /** @type {Mark[]} */
  const marks = [];
  for (let frame = 0; frame < frames; frame += 1) {
    const page = step.frames[frame] ?? null;
    const touched = page !== null && page === step.page;
    const y = top + frame * ROW;
    marks.push({ path: box(x, y, CELL, ROW), stroke: touched ? color : palette.hairline, width: touched ? 1.5 : 1 });
    if (page !== null)
      marks.push(text(String(page), middle, y + 19, 14, touched ? color : palette.text, "middle", touched));
  }
  marks.push(text(step.hit ? "H" : "F", middle, top + frames * ROW + 19, 13, color, "middle", true));
  marks.push(text(leftIn(step).join(" "), middle, top + (frames + 1) * ROW + 18, 12, palette.muted, "middle"));
  return marks;
}

/**
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} fill
 * @param {"start" | "middle"} anchor
 * @param {boolean} bold
 * @returns {Mark}
 */
function text(words, x, y, size, fill, anchor, bold = false) {
  return { text: words, x, y, size, fill, anchor, bold };
}

/**
 * A row a policy and step.
 * @param {Run[]} runs
 * @returns {string}
 */
export function csvOf(runs) {
  const most = Math.max(...runs.map(({ frames }) => frames));
  const slots = Array.from({ length: most }, (_, frame) => `frame_${frame}`);
  const head = ["policy", "step", "page", "write", "hit", "frame", "left", ...slots];
  const rows = runs.flatMap(({ policy, steps = [] }) =>
    steps.map((step) => [
      policy,
      step.index,
      step.page,
      step.write,
      step.hit,
      step.frame ?? "",
      leftIn(step).join(" "),
      ...slots.map((_, frame) => step.frames[frame] ?? ""),
    ]),
  );
  return `${[head, ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}
