// The window of time, shared by the live views: a range from a minute to all there is, live or paused.

import { Icon } from "./icons.js";
import { lastMs, shown } from "./history.js";
import { html } from "./html.js";
import { moment } from "./format.js";
import { RANGES } from "./ranges.js";
import { navigate } from "./state.js";

/** @param {string} id one of RANGES */
export function chooseRange(id) {
  navigate({ range: id, from: undefined, to: undefined });
}

/** Stops the charts where they are, or lets them go on. */
export function toggleLive() {
  const { fromMs, live, toMs } = shown.peek();
  if (live) navigate({ from: String(fromMs), to: String(toMs) });
  else navigate({ from: undefined, to: undefined });
}

/** The ranges as one row of choices, or a list where there is no room; then live or paused. */
export function TimeRange() {
  const { fromMs, live, rangeId, toMs } = shown.value;
  const now = lastMs.value;
  const fixed = `${moment(fromMs, now)} to ${moment(toMs, now)}`;
  return html`<div class="time-range">
    <div class="ranges" role="group" aria-label="Range of time">
      ${RANGES.map(
        ({ id, label }) => html`<button type="button" key=${id} aria-pressed=${id === rangeId}
        onClick=${() => chooseRange(id)}>${label}</button>`,
      )}
    </div>
    <select class="range-list" aria-label="Range of time" value=${rangeId ?? ""}
      onChange=${(/** @type {Event} */ event) => chooseRange(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${rangeId === null && html`<option value="">Chosen</option>`}
      ${RANGES.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
    </select>
    <button type="button" class="live" aria-pressed=${live} onClick=${toggleLive}
      data-tip=${live ? "Live\nThe charts follow each sample. Press to hold them." : `Paused\n${fixed}\nPress to follow again.`}>
      <${Icon} name=${live ? "pause" : "play"} /><span>${live ? "Live" : "Paused"}</span>
    </button>
  </div>`;
}
