// The tab "Segments": its two parts, processes in memory and translation, and which of them the address names.

import { html } from "./html.js";
import { loadSheets } from "./lab.js";
import * as life from "./segmentation-segments-life.js";
import * as translation from "./segmentation-segments-translation.js";
import { adjust, state } from "./state.js";
import { computed } from "./vendor/signals.js";

const translating = computed(() => state.value.part === "translation");
const part = computed(() => (translating.value ? translation : life));

/**
 * Begins to ask; resolves when the sheet applies.
 * @param {import("./lab-walk.js").Walk} walk
 * @param {() => boolean} active
 */
export async function begin(walk, active) {
  await loadSheets("./segmentation-segments.css");
  life.begin(walk, () => active() && !translating.value);
  translation.begin(walk, () => active() && translating.value);
}

/** The questions of the part on show. */
export function endpoints() {
  return part.peek().endpoints();
}

/** What the palette offers. */
export function offers() {
  return [...life.offers(), ...translation.offers()];
}

/** The problem in a few words. */
export function summary() {
  return part.value.summary();
}

/** What the scrubber counts. */
export function noun() {
  return translating.value ? "Address" : "Event";
}

/** The steps that are marked on the scrubber: refusals and traps. */
export const marks = computed(() => part.value.marks.value);

/** What Export saves. */
export function files() {
  return part.value.files();
}

/** The problem, to be changed. */
export function Form() {
  const { Form: Shown } = part.value;
  return html`<${Shown} />`;
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
    <button type="button" aria-pressed=${!translating.value} onClick=${() => open(undefined)}>In memory</button>
    <button type="button" aria-pressed=${translating.value} onClick=${() => open("translation")}>Translation</button>
  </div>`;
}
