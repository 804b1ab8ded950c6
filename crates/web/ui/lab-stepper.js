// The stepper of every lab: back, play, forward, the scrubber, and the pace.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { PACES } from "./lab-walk.js";

/** @typedef {import("./lab-walk.js").Walk} Walk */

/** The most marks that are drawn on the scrubber. */
const MOST_MARKS = 2000;

/**
 * Where something happened: steps, or, of a long way, how often it did up to each of these steps, 0..1.
 * @typedef {number[] | {at: number[], share: number[]}} Marked
 */

/** @param {{walk: Walk, marks: Marked, noun: string}} props */
export function Stepper({ marks, noun, walk }) {
  const at = walk.at.value;
  const length = walk.length.value;
  const playing = walk.playing.value;
  return html`<div class="stepper" role="group" aria-label="Steps">
    <div class="stepper-buttons">
      <${Move} icon="first" label="To the beginning" hint="Home" off=${at === 0} act=${() => walk.move(-Infinity)} />
      <${Move} icon="back" label="A step back" hint="←" off=${at === 0} act=${() => walk.move(-1)} />
      <button type="button" class="stepper-play" disabled=${length === 0} aria-label=${playing ? "Stop" : "Play"}
        data-tip=${`${playing ? "Stop" : "Play"}\nSpace`} onClick=${() => walk.toggle()}>
        <${Icon} name=${playing ? "pause" : "play"} />
      </button>
      <${Move} icon="forward" label="A step forward" hint="→" off=${at >= length} act=${() => walk.move(1)} />
      <${Move} icon="last" label="To the end" hint="End" off=${at >= length} act=${() => walk.move(Infinity)} />
    </div>
    <div class="scrubber">
      <${Marks} marks=${marks} length=${length} />
      <input type="range" min="0" max=${length} step="1" value=${at} disabled=${length === 0} aria-label=${noun}
        aria-valuetext=${`${noun} ${at} of ${length}`}
        onInput=${(/** @type {Event} */ event) => scrub(walk, /** @type {HTMLInputElement} */ (event.target))} />
    </div>
    <output class="stepper-place number" data-empty=${length === 0}><span class="stepper-noun">${noun}</span> <b style=${{ "--digits": grouped(length).length }}>${grouped(at)}</b> of ${grouped(length)}</output>
    <select class="stepper-pace" aria-label="Pace" value=${walk.pace.value}
      onChange=${(/** @type {Event} */ event) => walk.setPace(Number(/** @type {HTMLSelectElement} */ (event.target).value))}>
      ${PACES.map((pace) => html`<option key=${pace} value=${pace}>${pace} a second</option>`)}
    </select>
  </div>`;
}

/** @param {{icon: import("./icons.js").IconName, label: string, hint: string, off: boolean, act: () => void}} props */
function Move({ act, hint, icon, label, off }) {
  return html`<button type="button" aria-disabled=${off} aria-label=${label} data-tip=${`${label}\n${hint}`}
    onClick=${() => off || act()}><${Icon} name=${icon} /></button>`;
}

/**
 * @param {Walk} walk
 * @param {HTMLInputElement} input
 */
function scrub(walk, input) {
  walk.pause();
  walk.go(Number(input.value));
}

/** Where something happened, along the whole way. @param {{marks: Marked, length: number}} props */
function Marks({ length, marks }) {
  const x = (/** @type {number} */ step) => (step / length) * 1000;
  if (!Array.isArray(marks)) {
    const { at, share } = marks;
    const top = at.map((end, place) => `V${4 - 4 * share[place]}H${x(end).toFixed(1)}`).join("");
    return html`<svg class="scrubber-marks" data-dense viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true"><path d=${`M0 4${top}V4Z`} /></svg>`;
  }
  if (marks.length === 0 || marks.length > MOST_MARKS) return null;
  const path = marks.map((step) => `M${x(step)} 0v4`).join("");
  return html`<svg class="scrubber-marks" viewBox="0 0 1000 4" preserveAspectRatio="none" aria-hidden="true">
    <path d=${path} vector-effect="non-scaling-stroke" />
  </svg>`;
}
