// What may be done to memory as it stands on show: a request, by a press or dragged onto memory; one that is freed; compaction.

import { html } from "./html.js";
import { dropTarget } from "./lab-drop.js";
import { offline } from "./state.js";
import { useState } from "./vendor/preact-hooks.js";

/** @typedef {Parameters<typeof import("./segmentation-list.js").opsAfter>[2]} Next */

/** The type under which a dragged request travels. */
const DRAGGED = "application/x-ramscope-request";

/** What a picture needs onto which a request may be dropped. @param {(next: Next) => void} act */
export function takeDrop(act) {
  return dropTarget(DRAGGED, (text) => act({ op: "alloc", size: Number(text) }));
}

/** @param {{moment: import("./segmentation-pieces.js").Moment, title: string, act: (next: Next) => void}} props */
export function Acts({ act, moment: { capacity, convention, held, selected }, title }) {
  const [size, setSize] = useState("40");
  if (offline) return null;
  const bytes = /^[1-9]\d{0,14}$/.test(size) && Number(size) <= capacity ? Number(size) : null;
  const mine = held.find(({ id }) => id === selected);
  const onDragStart = (/** @type {DragEvent} */ { dataTransfer }) => {
    dataTransfer?.setData(DRAGGED, size);
    if (dataTransfer !== null) dataTransfer.effectAllowed = "copy";
  };
  return html`<section class="acts" aria-label="What happens next">
    <div class="arrival" draggable=${bytes !== null} onDragStart=${onDragStart}>
      <span class="grip" aria-hidden="true">⠿</span>
      <label><span>bytes</span><input type="text" inputmode="numeric" maxlength="15" value=${size} aria-invalid=${bytes === null} onInput=${(/** @type {Event} */ { target }) => setSize(/** @type {HTMLInputElement} */ (target).value.trim())} /></label>
      <button type="button" class="chip" disabled=${bytes === null} data-tip="Press, or drag the card onto memory" onClick=${() => bytes !== null && act({ op: "alloc", size: bytes })}>Ask for them</button>
    </div>
    <button type="button" class="chip" disabled=${mine === undefined} data-tip=${mine === undefined ? "Press a block first" : undefined} onClick=${() => mine !== undefined && act({ op: "free", id: mine.id })}>${mine === undefined ? "Free a block" : `Free request ${mine.id}`}</button>
    <button type="button" class="chip" disabled=${!("compaction.when" in convention)} data-tip=${"compaction.when" in convention ? undefined : `${title} cannot move blocks`} onClick=${() => act({ op: "compact" })}>Compact</button>
    <p class="note">Happens after the operation on show, in place of those that follow; Back brings them back.</p>
  </section>`;
}
