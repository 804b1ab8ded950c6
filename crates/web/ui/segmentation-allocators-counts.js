// What became of memory under each allocator: a row an allocator, after the operation on show.

import { grouped, percent } from "./format.js";
import { html } from "./html.js";
import { courseOfRun, failedAt, heldAt, holesAt } from "./segmentation-allocators-moment.js";
import { measuresOf, PAGE_BYTES, pagesAt } from "./segmentation-measures.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */

/** @type {{label: string, tip: string}[]} */
const COLUMNS = [
  { label: "Failed", tip: "Failed requests\nso far, and in all" },
  { label: "Asked for", tip: "Asked for\nbytes of the requests that hold a block" },
  { label: "Allocated", tip: "Allocated\nbytes of their blocks, headers and padding included" },
  { label: "Internal", tip: "Internal fragmentation\nallocated and not asked for, of what is allocated" },
  { label: "Free", tip: "Free\nbytes that a block could hold" },
  { label: "External", tip: "External fragmentation\n1 − largest hole / free bytes" },
  { label: "Looked at", tip: "Search length\nentries that a request looks at, in the mean over all; the most of one" },
  { label: "Pages", tip: `Pages of ${grouped(PAGE_BYTES)} bytes\ntouched so far; of those that could be returned to the system` },
];

/** @param {{given: {runs: Run[]}, focus: Run, at: number, titleOf: (policy: string) => string}} props */
export function Counts({ at, focus, given, titleOf }) {
  return html`<section class="counts allocators-counts" aria-label="Counts"><h2>After this operation</h2>
    <div class="counts-scroll" tabindex="0" role="region" aria-label="Counts of each allocator"><table>
    <thead><tr><th scope="col">Allocator</th>${COLUMNS.map(({ label, tip }) => html`<th scope="col" key=${label} data-tip=${tip}>${label}</th>`)}</tr></thead>
    <tbody>${given.runs.map((run) => html`<${CountRow} key=${run.policy} run=${run} at=${at} title=${titleOf(run.policy)} focused=${run === focus && given.runs.length > 1} />`)}</tbody>
  </table></div></section>`;
}

/** Pages after an operation; of a long list those at its end. @param {Run} run @param {number} at */
function pagesOf(run, at) {
  const { metrics, ops } = run;
  if (ops.length === metrics.ops) return pagesAt(courseOfRun(run), at, holesAt(run, at));
  return { touched: metrics.pages_touched, returnable: metrics.pages_returnable };
}

/** @param {{run: Run, at: number, title: string, focused: boolean}} props */
function CountRow({ at, focused, run, title }) {
  const { metrics } = run;
  const now = measuresOf(heldAt(run, at), holesAt(run, at));
  const failed = failedAt(run, at);
  const { returnable, touched } = pagesOf(run, at);
  const cell = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ note = "") => html`<td class="number" data-count=${name}>${value}${note !== "" && html`<span class="note"> ${note}</span>`}</td>`;
  return html`<tr data-focus=${focused} data-policy=${run.policy}><th scope="row">${title}</th>
    ${cell("failed", failed === null ? grouped(metrics.failed) : grouped(failed), failed === null ? "in all" : `/ ${grouped(metrics.failed)}`)}${cell("requested", grouped(now.requested))}${cell("allocated", grouped(now.allocated))}
    ${cell("internal", percent(now.internal))}${cell("free", grouped(now.free))}${cell("external", percent(now.external))}
    ${cell("searched", metrics.searched_mean.toFixed(1), `≤ ${grouped(metrics.searched_max)}`)}${cell("pages", grouped(touched), `, ${grouped(returnable)} back`)}</tr>`;
}
