// Blocks over the operations, of one policy: a press goes to an operation and selects the block that stood there.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Drawn } from "./figure-draw.js";
import { courseOfRun } from "./segmentation-allocators-moment.js";
import { ganttFigure, ganttHere, lifeAt, pointAt } from "./segmentation-gantt.js";
import { tableShown } from "./state.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run & {lives?: {blocks: import("./segmentation-gantt.js").Life[], left_out: number}}} Run */

/** Rows of the table that stands for the picture. */
const ROWS = 200;
/** Of a run that was not asked for its blocks over time. */
const NO_LIVES = { blocks: [], left_out: 0 };

/**
 * @param {{run: Run, title: string, at: number, selected: number | null, go: (at: number) => void,
 *   onMark: (id: number | null, hole: number | null) => void}} props
 */
export function Gantt({ at, go, onMark, run, selected, title }) {
  const { base, capacity, lives: { blocks, left_out: left } = NO_LIVES, metrics } = run;
  const scene = { lives: blocks, length: metrics.ops, base, capacity, selected, failed: courseOfRun(run).failed };
  const press = (/** @type {MouseEvent} */ event) => {
    const svg = /** @type {HTMLElement} */ (event.currentTarget).querySelector("svg");
    if (svg === null) return;
    const box = svg.getBoundingClientRect();
    const width = svg.viewBox.baseVal.width;
    const scale = width / box.width;
    const point = pointAt(scene, width, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    if (point === null) return;
    const life = lifeAt(blocks, point.op, point.address);
    if (life !== null && life.id !== selected) onMark(life.id, null);
    go(point.op);
  };
  return html`<section class="course gantt" aria-label=${`Blocks over the operations, ${title}`}>
    <h2>Blocks over the operations <span class="note">${title}</span></h2>
    ${
      tableShown.value
        ? html`<${Table} blocks=${blocks} />`
        : html`<div class="course-plot" onClick=${press}><${Drawn} name="gantt" spoken=${`${title}: ${blocks.length} blocks over ${metrics.ops} operations. The table has each.`} still=${[blocks, metrics, selected]}
          make=${(/** @type {number} */ width) => ganttFigure(scene, width)} over=${(/** @type {number} */ width) => ganttHere(scene, at, width)} /></div>`
    }
    <p class="note">${left > 0 ? `${grouped(left)} blocks of the least bytes and lives are not drawn.` : "Memory downwards, operations to the right; a block that is moved is two rectangles."}</p>
  </section>`;
}

/** @param {{blocks: import("./segmentation-gantt.js").Life[]}} props */
function Table({ blocks }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Blocks by operation"><table class="twin">
    <thead><tr>${["Request", "Address", "Bytes", "From operation", "Until"].map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${blocks.slice(0, ROWS).map(({ block, from, id, until }) => html`<tr key=${`${id}-${from}`}><th scope="row">${id}</th><td>${grouped(block[0])}</td><td>${grouped(block[1])}</td><td>${grouped(from)}</td><td>${until === null ? "the end" : grouped(until)}</td></tr>`)}</tbody>
  </table></div>
  ${blocks.length > ROWS && html`<p class="note">${grouped(blocks.length - ROWS)} more are in the JSON export.</p>`}`;
}
