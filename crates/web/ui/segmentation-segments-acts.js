// What may be done to memory as it stands on show: a process arrives, by a press or dragged onto the picture; others swap
// or end; memory is compacted.

import { html } from "./html.js";
import { dropTarget } from "./lab-drop.js";
import { KINDS } from "./segmentation-segments-problem.js";
import { offline } from "./state.js";
import { useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-segments-map.js").Scene} Scene */
/** @typedef {(event: string) => void} Act */

/** The type under which a dragged event travels. */
const DRAGGED = "application/x-ramscope-event";

/** What a picture needs onto which an event may be dropped. @param {Act} act */
export function takeDrop(act) {
  return dropTarget(DRAGGED, act);
}

/** A name that no process has: p and a number. @param {Scene} scene */
function freshName({ life }) {
  const taken = new Set(life.placements.map(({ process }) => process));
  let number = 1;
  while (taken.has(`p${number}`)) number += 1;
  return `p${number}`;
}

/** A process that may arrive, and a compaction. @param {{scene: Scene, act: Act}} props */
export function Acts({ act, scene }) {
  const [sizes, setSizes] = useState(/** @type {Record<string, string>} */ ({ code: "60", data: "40", heap: "30", stack: "20" }));
  if (offline) return null;
  const name = freshName(scene);
  const parts = KINDS.filter((kind) => /^[1-9]\d{0,12}$/.test(sizes[kind])).map((kind) => `${kind}=${sizes[kind]}`);
  const event = `arrive ${name} ${parts.join(" ")}`;
  const ready = parts.length > 0;
  const onDragStart = (/** @type {DragEvent} */ { dataTransfer }) => {
    dataTransfer?.setData(DRAGGED, event);
    if (dataTransfer !== null) dataTransfer.effectAllowed = "copy";
  };
  return html`<section class="acts" aria-label="What happens next">
    <div class="arrival" draggable=${ready} onDragStart=${onDragStart}>
      <span class="grip" aria-hidden="true">⠿</span><b>${name}</b>
      ${KINDS.map(
        (kind) => html`<label key=${kind}><span><i class="kind" data-kind=${kind}></i>${kind}</span>
        <input type="text" inputmode="numeric" maxlength="13" value=${sizes[kind]} onInput=${(/** @type {Event} */ { target }) => setSizes({ ...sizes, [kind]: /** @type {HTMLInputElement} */ (target).value.trim() })} /></label>`,
      )}
      <button type="button" class="chip" disabled=${!ready} data-tip="Press, or drag the card onto memory" onClick=${() => act(event)}>Arrive</button>
    </div>
    <button type="button" class="chip" onClick=${() => act("compact")}>Compact</button>
    <p class="note">Happens after the event on show, in place of those that follow; Back brings them back.</p>
  </section>`;
}

/** What may be done with a process. @param {{process: string, swapped: boolean, act: Act}} props */
export function EndOrSwap({ act, process, swapped }) {
  if (offline) return null;
  const swap = swapped ? "swap-in" : "swap-out";
  return html`<div class="process-acts">
    <button type="button" class="chip" aria-label=${`${swapped ? "Swap in" : "Swap out"} ${process}`} onClick=${() => act(`${swap} ${process}`)}>${swapped ? "Swap in" : "Swap out"}</button>
    <button type="button" class="chip" aria-label=${`End ${process}`} onClick=${() => act(`end ${process}`)}>End</button>
  </div>`;
}
