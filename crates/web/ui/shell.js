// The shell around every view: rail, bar, banner, and the recorder at the foot.

import { Actions } from "./actions.js";
import { Definition } from "./definitions.js";
import { age, exact, grouped, iec, NONE } from "./format.js";
import { html } from "./html.js";
import { Icon, Mark } from "./icons.js";
import { arrivedAt, link, memory } from "./live.js";
import { session } from "./session.js";
import { labsOnly, pageClock } from "./state.js";
import { cycleTheme, theme } from "./theme.js";
import { TimeRange } from "./timerange.js";
import { computed } from "./vendor/signals.js";
import { GROUPS } from "./views.js";

/** Milliseconds since the newest sample was taken, as far as this page can know. */
export const sampleAgeMs = computed(() => {
  const since = Math.max(0, pageClock.value - arrivedAt.value);
  const now = memory.value;
  if (now === null || now.recorder.interval_ms < 5000) return since;
  return Math.max(since, Date.now() - now.time_ms);
});

/** Whether the numbers on the page are old, with what is to be said about it. */
const trouble = computed(() => {
  const now = memory.value;
  if (link.value === "gone") return `The server is gone; last sample ${age(sampleAgeMs.value)} ago. Trying again.`;
  if (now !== null && link.value === "live" && sampleAgeMs.value > Math.max(20_000, now.recorder.interval_ms * 3)) {
    return `No sample for ${age(sampleAgeMs.value)}.`;
  }
  return null;
});

/** @param {{view: import("./view.js").View, openKeys: () => void, openPalette: () => void}} props */
export function Shell({ openKeys, openPalette, view }) {
  const stale = trouble.value !== null;
  return html`<div class="shell" data-stale=${stale}>
    <a class="skip" href="#view" onClick=${skip}>Skip to the view</a>
    <${Rail} openKeys=${openKeys} openPalette=${openPalette} />
    <header class="bar">
      <p class="bar-title"><b>${view.title}</b> <span class="host">${view.timeless ? "" : session.value?.hostname}</span></p>
      ${!view.timeless && html`<${TimeRange} />`}
      <${Actions} endpoints=${view.endpoints} />
    </header>
    <main id="view" tabindex="-1"><${view.View} /></main>
    <div class="banner" role="status" hidden=${!stale && !unrecorded()}>
      ${stale ? trouble.value : unrecorded()}
    </div>
    <${Definition} />
  </div>`;
}

/** The address's fragment is state: the skip link moves the focus, not the address. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("view")?.focus();
}

/** Why nothing is being recorded, or an empty text. */
function unrecorded() {
  const recorder = memory.value?.recorder;
  if (!recorder?.error) return "";
  return `Live, but not recorded: ${recorder.error}`;
}

/** @param {{openKeys: () => void, openPalette: () => void}} props */
function Rail({ openKeys, openPalette }) {
  return html`<nav class="rail" aria-label="Views">
    <a class="brand" href="/" aria-label="ramscope"><${Mark} /><span>ramscope</span></a>
    <button type="button" class="find" onClick=${openPalette} data-tip="Find\nViews, terms, commands">
      <${Icon} name="search" /><span>Find</span><kbd>Ctrl K</kbd>
    </button>
    ${GROUPS.map(
      ({ group, views }) => html`<p class="rail-group" key=${group}>${group}</p>
      ${views.map(
        ({ icon, label, path }) => html`<a class="rail-view" key=${path} href=${path} data-tip=${label}
        aria-current=${path === location.pathname ? "page" : undefined}><${Icon} name=${icon} /><span>${label}</span></a>`,
      )}`,
    )}
    <${Foot} openKeys=${openKeys} />
  </nav>`;
}

/** The recorder, the theme, the keys. @param {{openKeys: () => void}} props */
function Foot({ openKeys }) {
  return html`<footer class="foot">
    ${!labsOnly && html`<${Recorder} />`}
    <div class="foot-buttons">
      <button type="button" onClick=${cycleTheme} aria-label=${`Theme: ${theme.value}`} data-tip=${`Theme: ${theme.value}`}>
        <${Icon} name=${theme.value} />
      </button>
      <button type="button" onClick=${openKeys} aria-label="Keys" data-tip="Keys\n?"><${Icon} name="keys" /></button>
    </div>
  </footer>`;
}

/** The age of the newest sample, and what the recorder counts. */
function Recorder() {
  const recorder = memory.value?.recorder;
  const tone = link.value === "gone" ? "gone" : recorder?.error ? "fault" : memory.value === null ? "waiting" : "live";
  return html`<dl class="recorder" data-tip=${recorder && tipOf(recorder)}>
    <div class="recorder-age">
      <dt><i class="pulse" data-tone=${tone}></i><span>Sample</span></dt>
      <dd class="number">${recorder ? age(sampleAgeMs.value) : NONE}</dd>
    </div>
    <div>
      <dt>Ticks</dt>
      <dd class="number" data-ticks=${recorder?.ticks}>${recorder ? grouped(recorder.ticks) : NONE}</dd>
    </div>
    <div>
      <dt>Missed</dt>
      <dd class="number" data-bad=${(recorder?.missed ?? 0) > 0}>${recorder ? grouped(recorder.missed) : NONE}</dd>
    </div>
    <div>
      <dt>On disk</dt>
      <dd class="number">${recorder ? iec(recorder.disk_bytes) : NONE}</dd>
    </div>
  </dl>`;
}

/** @param {import("./api.js").Recorder} recorder */
function tipOf({ disk_bytes: bytes, late, missed, ticks }) {
  const counts = `${grouped(ticks)} ticks, ${grouped(late)} late, ${grouped(missed)} missed`;
  return `Recorder\n${counts}\n${exact(bytes)} on disk`;
}
