// Faults against frames: a line a policy, Belady's anomaly marked where more frames fault more.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { useWidth } from "./lab.js";
import { anomaliesOf } from "./paging-run.js";
import { tableShown } from "./state.js";

/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {{x: (frames: number) => number, y: (faults: number) => number, bottom: number, left: number, right: number}} Scale */

const HEIGHT = 216;
const TOP = 12;
const BOTTOM = 28;
const LEFT = 36;
/** Beyond so many frames equal distances are equal ratios. */
const LINEAR = 64;
const LINE_COLORS = 8;
/** Marks of the lines, so that no line is told by its colour alone. */
const MARKS = ["M-4 0a4 4 0 108 0a4 4 0 10-8 0", "M-3.5-3.5h7v7h-7z", "M0-5L4.5 3.5h-9z", "M0-5L5 0L0 5L-5 0z"];

/**
 * The runs by policy, in the order of their first.
 * @param {Run[]} runs
 * @returns {{policy: string, runs: Run[]}[]}
 */
export function linesOf(runs) {
  return [...new Set(runs.map(({ policy }) => policy))].map((policy) => ({
    policy,
    runs: runs.filter((run) => run.policy === policy),
  }));
}

/**
 * @param {{runs: Run[], frames: number, titleOf: (policy: string) => string, onFrames: (frames: number) => void}} props
 *   `frames` are those of the problem; a click on others asks for them
 */
export function Curve({ frames, onFrames, runs, titleOf }) {
  const lines = linesOf(runs);
  return html`<section class="curve" aria-label="Faults against frames">
    <h2>Faults against frames</h2>
    ${
      tableShown.value
        ? html`<${CurveTable} lines=${lines} titleOf=${titleOf} />`
        : html`<${Plot} lines=${lines} frames=${frames} titleOf=${titleOf} onFrames=${onFrames} />`
    }
    <${Anomalies} lines=${lines} titleOf=${titleOf} />
  </section>`;
}

/** @param {{lines: {policy: string, runs: Run[]}[], frames: number, titleOf: (policy: string) => string, onFrames: (frames: number) => void}} props */
function Plot({ frames, lines, onFrames, titleOf }) {
  const [host, width] = useWidth();
  const all = lines.flatMap(({ runs }) => runs);
  const gutter = 14 + Math.max(0, ...lines.map(({ policy }) => titleOf(policy).length)) * 9;
  const scale = scaleOf(all, width - gutter);
  const named = apart(lines.map(({ runs }) => scale.y(runs.at(-1)?.faults ?? 0)));
  /** @param {MouseEvent} event */
  const choose = (event) => {
    const mark = event.target instanceof Element ? event.target.closest("[data-frames]") : null;
    if (mark !== null) onFrames(Number(mark.getAttribute("data-frames")));
  };
  return html`<div class="curve-plot" ref=${host} onClick=${choose}>
    ${
      width > 0 &&
      all.length > 0 &&
      html`<svg width=${width} height=${HEIGHT} viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${spoken(lines, titleOf)}>
      <${Axes} runs=${all} scale=${scale} frames=${frames} />
      ${lines.map(
        ({ policy, runs }, index) => html`<${Line} key=${policy} runs=${runs} scale=${scale} index=${index}
        title=${titleOf(policy)} labelY=${named[index]} />`,
      )}
    </svg>`
    }
  </div>`;
}

/**
 * @param {Run[]} runs
 * @param {number} right where the plot ends
 * @returns {Scale}
 */
function scaleOf(runs, right) {
  const most = Math.max(1, ...runs.map(({ faults }) => faults));
  const last = Math.max(2, ...runs.map(({ frames }) => frames));
  const bottom = HEIGHT - BOTTOM;
  const left = Math.max(LEFT, 12 + grouped(most).length * 7);
  const part = (/** @type {number} */ frames) =>
    last > LINEAR ? Math.log(frames) / Math.log(last) : (frames - 1) / (last - 1);
  return {
    x: (frames) => left + 12 + part(frames) * (right - left - 12),
    y: (faults) => bottom - (faults / most) * (bottom - TOP),
    bottom,
    left,
    right,
  };
}

/** Heights moved apart where labels would lie on one another. @param {number[]} heights @returns {number[]} */
function apart(heights) {
  const order = heights.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  const placed = [...heights];
  let floor = -Infinity;
  for (const { height, index } of order) {
    placed[index] = Math.max(height, floor);
    floor = placed[index] + 14;
  }
  const over = Math.max(0, floor - 14 - (HEIGHT - BOTTOM));
  return placed.map((height) => height - over);
}

/** @param {{runs: Run[], scale: Scale, frames: number}} props */
function Axes({ frames, runs, scale }) {
  const sizes = [...new Set(runs.map((run) => run.frames))];
  const most = Math.max(...runs.map(({ faults }) => faults));
  const labelled = apartBy(sizes, (size) => scale.x(size));
  return html`<g class="curve-axes">
    ${[0, Math.round(most / 2), most].map(
      (faults) => html`<path key=${faults} d=${`M${scale.left} ${scale.y(faults)}H${scale.right}`} />
      <text x=${scale.left - 8} y=${scale.y(faults)} dy="0.35em" class="curve-faults">${grouped(faults)}</text>`,
    )}
    ${sizes.map(
      (size) => html`<g key=${size} data-frames=${size} data-now=${size === frames} data-tip=${tipOf(runs, size)}>
      <rect x=${scale.x(size) - 10} y=${TOP - 8} width="20" height=${HEIGHT - TOP} />
      ${size === frames && html`<path class="curve-now" d=${`M${scale.x(size)} ${TOP - 8}V${scale.bottom}`} />`}
      ${labelled.has(size) && html`<text x=${scale.x(size)} y=${HEIGHT - 8}>${size}</text>`}
    </g>`,
    )}
  </g>`;
}

/**
 * The numbers that have room for their label.
 * @param {number[]} sizes ascending
 * @param {(size: number) => number} x
 */
function apartBy(sizes, x) {
  const labelled = new Set();
  let end = -Infinity;
  for (const size of sizes) {
    const half = String(size).length * 3.5 + 5;
    if (x(size) - half < end) continue;
    labelled.add(size);
    end = x(size) + half;
  }
  return labelled;
}

/**
 * @param {Run[]} runs
 * @param {number} size
 */
function tipOf(runs, size) {
  const faults = runs
    .filter(({ frames }) => frames === size)
    .map((run) => `${run.policy}: ${grouped(run.faults)} faults`);
  return `${size} ${size === 1 ? "frame" : "frames"}\n${faults.join("\n")}`;
}

/** @param {{runs: Run[], scale: Scale, index: number, title: string, labelY: number}} props */
function Line({ index, labelY, runs, scale, title }) {
  const points = runs.map(({ faults, frames }) => `${scale.x(frames)} ${scale.y(faults)}`);
  const paint = { "--line": `var(--owner-${(index % LINE_COLORS) + 1})` };
  return html`<g class="curve-line" style=${paint}>
    <path d=${`M${points.join("L")}`} />
    ${anomaliesOf(runs).map(
      ({ fewer, more }) => html`<path key=${more.frames} class="curve-anomaly"
      d=${`M${scale.x(fewer.frames)} ${scale.y(fewer.faults)}L${scale.x(more.frames)} ${scale.y(more.faults)}`} />`,
    )}
    ${runs.map(
      ({ faults, frames }) => html`<path key=${frames} class="curve-mark" d=${MARKS[index % MARKS.length]}
      transform=${`translate(${scale.x(frames)} ${scale.y(faults)})`} />`,
    )}
    <text x=${scale.right + 10} y=${labelY} dy="0.35em">${title}</text>
  </g>`;
}

/** @param {{lines: {policy: string, runs: Run[]}[], titleOf: (policy: string) => string}} props */
function Anomalies({ lines, titleOf }) {
  const found = lines.flatMap(({ policy, runs }) =>
    anomaliesOf(runs).map(({ fewer, more }) => ({ policy, fewer, more })),
  );
  const [first] = found;
  return html`<p class="curve-note">${
    first !== undefined &&
    html`<b class="fault">Belady’s anomaly.</b> ${titleOf(first.policy)} has
    ${` ${grouped(first.fewer.faults)}`} faults with ${first.fewer.frames} ${first.fewer.frames === 1 ? "frame" : "frames"} and
    ${` ${grouped(first.more.faults)}`} with ${first.more.frames}.${found.length > 1 && ` So it is in ${found.length} places.`}`
  }</p>`;
}

/** The curve as its table. @param {{lines: {policy: string, runs: Run[]}[], titleOf: (policy: string) => string}} props */
function CurveTable({ lines, titleOf }) {
  const sizes = lines[0]?.runs.map(({ frames }) => frames) ?? [];
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Faults by frames"><table class="twin">
    <thead><tr><th scope="col">Frames</th>${lines.map(({ policy }) => html`<th scope="col" key=${policy}>${titleOf(policy)}</th>`)}</tr></thead>
    <tbody>${sizes.map(
      (size, row) => html`<tr key=${size}><th scope="row">${size}</th>
      ${lines.map(({ policy, runs }) => html`<td key=${policy}>${grouped(runs[row]?.faults ?? 0)}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

/**
 * @param {{policy: string, runs: Run[]}[]} lines
 * @param {(policy: string) => string} titleOf
 */
function spoken(lines, titleOf) {
  return lines
    .map(
      ({ policy, runs }) =>
        `${titleOf(policy)}: ${runs.map(({ faults, frames }) => `${faults} faults with ${frames}`).join(", ")}`,
    )
    .join(". ");
}
