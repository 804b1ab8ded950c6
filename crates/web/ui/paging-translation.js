// The tab "Translation & TLB": its two parts, and which of them the address names.

import { html } from "./html.js";
import { loadSheets } from "./lab.js";
import * as tlb from "./paging-tlb.js";
import { TlbForm, WalksForm } from "./paging-translation-form.js";
import * as walks from "./paging-translation-walks.js";
import { adjust, state } from "./state.js";
import { computed } from "./vendor/signals.js";

const shown = computed(() => state.value.tab === "translation");
const isTlb = computed(() => state.value.part === "tlb");
const part = computed(() => (isTlb.value ? tlb : walks));

/**
 * Begins to ask; resolves when the sheet applies.
 * @param {import("./lab-walk.js").Walk} walk
 */
export async function begin(walk) {
  await loadSheets("./lab-translation.css");
  walks.begin(walk, () => shown.value && !isTlb.value);
  tlb.begin(walk, () => shown.value && isTlb.value);
  walk.followAddress();
}

/** The questions of the part on show. */
export function endpoints() {
  return part.peek().endpoints();
}

/** What the palette offers. */
export function offers() {
  return [...walks.offers(), ...tlb.offers()];
}

/** The problem in a few words. */
export function summary() {
  return part.value.summary();
}

/** The steps that are marked on the scrubber. */
export const marks = computed(() => part.value.marks.value);

/** What Export saves. */
export function files() {
  return part.value.files();
}

/** The problem, to be changed. */
export function Form() {
  return isTlb.value ? html`<${TlbForm} />` : html`<${WalksForm} />`;
}

/** The picture, and what is told of it. */
export function Stage() {
  const { Stage: Shown } = part.value;
  return html`<${Shown} choice=${html`<${Choice} />`} />`;
}

/** Which part is on show. */
function Choice() {
  const open = (/** @type {string | undefined} */ name) => adjust({ part: name, step: undefined });
  return html`<div class="ranges part-choice" role="group" aria-label="Part">
    <button type="button" aria-pressed=${!isTlb.value} onClick=${() => open(undefined)}>Translation</button>
    <button type="button" aria-pressed=${isTlb.value} onClick=${() => open("tlb")}>TLB</button>
  </div>`;
}
