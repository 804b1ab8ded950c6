// What is drawn of a long string's whole: its faults over time, and the way to any reference.

import { grouped, percent } from "./format.js";
import { html } from "./html.js";
import { useWidth } from "./lab.js";
import { memo } from "./memo.js";
import { tableShown } from "./state.js";
import { useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./lab-walk.js").Walk} Walk */

const HEIGHT = 132;
const TOP = 8;
const BOTTOM = 24;
const LEFT = 44;
const LINE_COLORS = 8;
/** Places that are drawn: more of them would be noise. */
const PLACES = 125;
/** Rows of the table that stands for the picture. */
const ROWS = 25;

/**
 * How many of the references fault between one place and the next.
 * @param {Run} run with its overview
 * @param {number} most places
 * @returns {{at: number[], share: number[]}} `at` the ends, in references; `share` 0..1
 */
export function faultsOverTime({ overview }, most = Infinity) {
  const { faults, references } = overview?.so_far ?? { faults: [0], references: [0] };
  const every = Math.max(1, Math.ceil((references.length - 1) / most));
  const last = references.length - 1;
  const ends = references.map((_, place) => place).filter((place) => place % every === 0 || place === last);
  const share = ends
    .slice(1)
    .map((end, place) => (faults[end] - faults[ends[place]]) / Math.max(1, references[end] - references[ends[place]]));
  return { at: ends.slice(1).map((end) => references[end]), share };
}

/** @param {{runs: Run[], walk: Walk, length: number, titleOf: (policy: string) => string}} props */
export function OverTime({ length, runs, titleOf, walk }) {
  const [host, width] = useWidth();
  const right = width - 8;
  /** @param {number} at */
  const x = (at) => LEFT + (at / length) * (right - LEFT);
  /** @param {MouseEvent} event */
  const choose = (event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    walk.pause();
    walk.go(((event.clientX - box.left - LEFT) / (right - LEFT)) * length);
  };
  return html`<section class="curve overtime" aria-label="Faults over time">
    <h2>Faults over time <span class="note">of each ${grouped(faultsOverTime(runs[0], PLACES).at[0])} references</span></h2>
    ${
      tableShown.value
        ? html`<${OverTimeTable} runs=${runs} titleOf=${titleOf} />`
        : html`<div class="curve-plot overtime-plot" ref=${host} onClick=${choose} data-tip="Faults over time\nA click goes there">
          ${width > 0 && html`<${Still} runs=${runs} width=${width} length=${length} titleOf=${titleOf} /><${Here} walk=${walk} x=${x} />`}
        </div>
        <p class="legend">${runs.map(
          ({ policy }, index) => html`<span key=${policy} style=${{ "--line": colorOf(index) }}><i></i>${titleOf(policy)}</span>`,
        )}</p>`
    }
  </section>`;
}

/** @param {number} index */
const colorOf = (index) => `var(--owner-${(index % LINE_COLORS) + 1})`;

/** The lines: drawn once for an answer and a width. */
const Still = memo(
  /** @param {{runs: Run[], width: number, length: number, titleOf: (policy: string) => string}} props */
  ({ length, runs, titleOf, width }) => {
    const lines = runs.map((run) => faultsOverTime(run, PLACES));
    const most = Math.max(0.01, ...lines.flatMap(({ share }) => share));
    const bottom = HEIGHT - BOTTOM;
    const x = (/** @type {number} */ at) => LEFT + (at / length) * (width - 8 - LEFT);
    const y = (/** @type {number} */ share) => bottom - (share / most) * (bottom - TOP);
    const spoken = runs.map((run) => `${titleOf(run.policy)}: ${percent(1 - run.hit_ratio)} of all references fault`);
    return html`<svg width=${width} height=${HEIGHT} role="img" aria-label=${spoken.join(". ")}>
      <g class="curve-axes">${[0, most].map(
        (share) => html`<path key=${share} d=${`M${LEFT} ${y(share)}H${width - 8}`} />
          <text x=${LEFT - 8} y=${y(share)} dy="0.35em" class="curve-faults">${percent(share)}</text>`,
      )}
      ${[0, 0.5, 1].map(
        (part) => html`<text key=${part} x=${x(part * length)} y=${HEIGHT - 6} class=${`overtime-${part * 2}`}>${grouped(Math.round(part * length))}</text>`,
      )}</g>
      ${lines.map(
        ({ at, share }, index) => html`<g key=${runs[index].policy} class="curve-line" style=${{ "--line": colorOf(index) }}>
        <path d=${`M${share.map((part, place) => `${x(at[place]).toFixed(1)} ${y(part).toFixed(1)}`).join("L")}`} /></g>`,
      )}
    </svg>`;
  },
);

/** Where the walk stands. @param {{walk: Walk, x: (at: number) => number}} props */
function Here({ walk, x }) {
  return html`<i class="overtime-here" style=${{ translate: `${x(walk.at.value)}px 0` }}></i>`;
}

/** @param {{runs: Run[], titleOf: (policy: string) => string}} props */
function OverTimeTable({ runs, titleOf }) {
  const lines = runs.map((run) => faultsOverTime(run, ROWS));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Faults by stretch"><table class="twin">
    <thead><tr><th scope="col">Up to</th>${runs.map(({ policy }) => html`<th scope="col" key=${policy}>${titleOf(policy)}</th>`)}</tr></thead>
    <tbody>${lines[0].at.map(
      (_, row) => html`<tr key=${row}><th scope="row">${grouped(lines[0].at[row])}</th>
      ${lines.map(({ share }, index) => html`<td key=${index}>${percent(share[row])}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** A field for the number of a reference. @param {{walk: Walk, length: number}} props */
export function GoTo({ length, walk }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @param {Event} event */
  const go = (event) => {
    event.preventDefault();
    const to = Number(field.current?.value);
    if (field.current?.value === "" || !Number.isFinite(to)) return;
    walk.pause();
    walk.go(to);
  };
  return html`<form class="go-to" onSubmit=${go}><label>Go to reference
    <input ref=${field} type="number" min="0" max=${length} step="1" inputmode="numeric" placeholder=${grouped(length)} /></label>
    <button type="submit" class="quiet">Go</button></form>`;
}
