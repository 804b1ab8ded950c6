// Several policies on one list of requests: their memories at one scale, the sentence of one of them, where they part, and
// the request that is shown strong in every picture.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Sentence } from "./lab.js";
import { memo } from "./memo.js";
import { Drawn } from "./figure-draw.js";
import { momentAt } from "./segmentation-allocators-moment.js";
import { stripsFigure } from "./segmentation-strips.js";
import { adjust, tableShown } from "./state.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("./segmentation-asking.js").Answer} Answer */
/** @typedef {import("./segmentation-asking.js").Asking} Asking */
/** @typedef {import("./segmentation-pieces.js").Moment} Moment */

/** The memories of all policies at one scale. @param {{asking: Asking, given: Answer, run: Run, at: number}} props */
export function Memories({ asking, at, given, run }) {
  const { selected, titleOf } = asking;
  const rows = given.runs.map((each) => ({ moment: momentAt(each, at, selected.value), title: titleOf(each.policy), focused: each === run && given.runs.length > 1 }));
  const focus = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    const row = target?.closest("[data-part=memory]");
    if (row instanceof SVGElement && target?.closest("[data-part=held]") === null) adjust({ focus: row.dataset.policy });
  };
  const spoken = rows.map(({ moment, title }) => `${title}: ${moment.held.map(({ address, id, size }) => `request ${id} at ${address}, ${size} bytes`).slice(0, 40).join("; ") || "empty"}`);
  if (tableShown.value) return html`<${MemoriesTable} rows=${rows} />`;
  return html`<section class="memories" aria-label="Memories side by side" onClick=${focus}>
    <${Drawn} name="memories" spoken=${spoken.join(". ")} make=${(/** @type {number} */ width) => stripsFigure(rows, width)} /></section>`;
}

/** @param {{rows: {moment: Moment, title: string}[]}} props */
function MemoriesTable({ rows }) {
  const ids = [...new Set(rows.flatMap(({ moment }) => moment.held.map(({ id }) => id)))].sort((a, b) => a - b);
  const at = rows.map(({ moment }) => new Map(moment.held.map((block) => [block.id, block])));
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Blocks of each memory"><table class="twin">
    <thead><tr><th scope="col">Request</th>${rows.map(({ title }) => html`<th scope="col" key=${title}>${title}, address</th>`)}</tr></thead>
    <tbody>${ids.slice(0, 200).map((id) => html`<tr key=${id}><th scope="row">${id}</th>${at.map((held, index) => html`<td key=${index}>${held.has(id) ? grouped(held.get(id)?.address ?? 0) : "–"}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/**
 * The sentence of the step, of one policy at a time.
 * @param {{asking: Asking, given: Answer, run: Run, moment: Moment, go: (at: number) => void}} props
 */
export function Told({ asking, given, go, moment, run }) {
  const { longest, titleOf } = asking;
  const { divergence, runs } = given;
  const waiting = "Memory is one hole. The right arrow key makes the first operation.";
  const part = divergence === null ? null : { index: divergence.index, one: runs[divergence.one], other: runs[divergence.other] };
  return html`<div class="told">
    <div class="told-head">
      ${runs.length > 1 && html`<div class="ranges" role="group" aria-label="Explain">${runs.map(
        ({ policy }) => html`<button type="button" key=${policy} aria-pressed=${policy === run.policy} onClick=${() => adjust({ focus: policy })}>${titleOf(policy)}</button>`,
      )}</div>`}
      ${part !== null && html`<p class="parting"><button type="button" class="quiet" onClick=${() => go(part.index)}>
        <b aria-hidden="true">≠</b> ${titleOf(part.one.policy)} and ${titleOf(part.other.policy)} part at operation ${grouped(part.index)}</button></p>`}
      <${Marked} asking=${asking} moment=${moment} />
    </div>
    <${Sentence} explain=${moment.step?.explain ?? waiting} longest=${longest.value} />
  </div>`;
}

/** Requests that can be chosen by name; a press in a picture reaches every one. */
const MOST_NAMED = 200;

/** Which request is shown strong in every picture. @param {{asking: Asking, moment: Moment}} props */
function Marked({ asking, moment: { held } }) {
  const now = asking.selected.value;
  const ids = [...new Set([...held.map(({ id }) => id).slice(0, MOST_NAMED), ...(now === null ? [] : [now])])].sort((a, b) => a - b);
  const choose = (/** @type {Event} */ event) => adjust({ request: /** @type {HTMLSelectElement} */ (event.target).value || undefined, hole: undefined });
  return html`<label class="marked"><span>Mark request</span><select value=${now === null ? "" : String(now)} onChange=${choose}>
    <option value="">none</option><${Ids} ids=${ids.join(" ")} /></select></label>`;
}

const Ids = memo((/** @type {{ids: string}} */ { ids }) => ids.split(" ").filter(Boolean).map((id) => html`<option key=${id} value=${id}>${id}</option>`));
