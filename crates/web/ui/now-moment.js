// A moment of the past on "Now": who held the memory then, what each grew since, and the ledger as it was. Loaded once a
// moment was picked on a chart.

import { age, exact, iec, moment, signedIec } from "./format.js";
import { lastMs } from "./history.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { loadSheets } from "./lab.js";
import { ledgerAt } from "./ledger-past.js";

import { cgroupName, SPLIT } from "./processes-answer.js";
import { Asked } from "./processes-asked.js";
import { listPath, wishOf } from "./processes-wish.js";
import { formatFragment } from "./fragment.js";
import { navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./processes-answer.js").List} List */

/** Processes that are told. */
const MOST_ROWS = 8;
/** A bar of this width stands for the largest process. */
const PARTS = SPLIT.filter(({ key }) => key !== "swap_bytes");

await loadSheets("./now-moment.css");

/** The moment that was picked. */
const atMs = computed(() => wishOf(state.value).atMs);
/** The largest processes of it, and those that are the largest now by how much they grew since. @type {Asked<List>} */
const then = new Asked(() => (atMs.value === null ? null : listPath({ ...wishOf({}), atMs: atMs.value }, 0, MOST_ROWS)), () => false);
/** @type {Asked<List>} */
const since = new Asked(() => (atMs.value === null ? null : listPath({ ...wishOf({}), sort: "growth", compareMs: atMs.value }, 0, MOST_ROWS)), () => true, 2000);

/** The ledger of the moment, as "Now" draws it; null for now's own. @type {import("./vendor/signals.js").Signal<{ledger: import("./api.js").Memory["ledger"]} | null>} */
export const past = signal(null);
const refusal = signal("");

let follows = false;

/** Begins to ask; again does nothing. */
export function follow() {
  if (follows) return;
  follows = true;
  then.follow();
  since.follow();
  effect(() => {
    const at = atMs.value;
    past.value = null;
    refusal.value = "";
    if (at === null) return undefined;
    const left = new AbortController();
    ledgerAt(at, left.signal).then(
      ({ overlap = 0, unaccounted = 0, ...parts }) => {
        const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) + unaccounted - overlap;
        past.value = { ledger: { total_bytes: total, parts, unaccounted_bytes: unaccounted, overlap_bytes: overlap } };
      },
      (error) => {
        if (!left.signal.aborted) refusal.value = error.message;
      },
    );
    return () => left.abort();
  });
}

/** What stands at the foot of "Now" while a moment is on show. */
export function Moment() {
  const at = atMs.value;
  if (at === null) return null;
  const before = formatFragment({ at: String(at) });
  const compared = formatFragment({ compare: String(at) });
  return html`<section class="dock" aria-label="The moment that was picked" data-at=${at}>
    <header class="dock-head">
      <h2><span class="number">${moment(at, lastMs.value)}</span> <span class="note">${age(lastMs.value - at)} ago</span></h2>
      <button type="button" class="dock-live" onClick=${() => navigate({ at: undefined })}><${Icon} name="play" />Live</button>
      <a class="quiet" href=${`/processes${before}`}>All processes of this moment</a>
      <a class="quiet" href=${`/processes${compared}`}>Compare with now</a>
    </header>
    <div class="dock-body">
      <section aria-label="The largest processes then"><h3>The largest then</h3><${Largest} /></section>
      <section aria-label="What grew since"><h3>What grew since</h3><${Grown} /></section>
    </div>
    ${refusal.value !== "" && html`<p class="note">Ledger: ${refusal.value}</p>`}
  </section>`;
}

function Largest() {
  const rows = then.answer.value?.value.processes ?? [];
  const most = rows.reduce((largest, { rss_bytes: bytes }) => Math.max(largest, bytes), 1);
  if (then.refusal.value !== null) return html`<p class="note">${then.refusal.value}</p>`;
  return html`<table class="dock-table"><tbody>${rows.map((row) => html`<tr key=${`${row.pid} ${row.start_time_ms}`} data-then=${row.pid}>
    <th scope="row" data-tip=${`${row.command} ${row.pid}\n${row.user}, ${cgroupName(row.cgroup)}`}>${row.command} <code>${row.pid}</code></th>
    <td class="dock-bar"><span class="dock-split" data-tip=${["Made of", ...SPLIT.map(({ key, label }) => `${label} ${iec(row[key])}`)].join("\n")}>${PARTS.map(({ key, tone }) => html`<i key=${key} class=${`tone-${tone}`} style=${{ width: `${(row[key] / most) * 100}%` }}></i>`)}</span></td>
    <td class="number" data-tip=${`RSS + swap\n${exact(row.memory_bytes)}`}>${iec(row.memory_bytes)}</td></tr>`)}</tbody></table>`;
}

function Grown() {
  const rows = (since.answer.value?.value.processes ?? []).filter(({ growth_bytes: bytes }) => (bytes ?? 0) > 0);
  const most = rows.reduce((largest, { growth_bytes: bytes }) => Math.max(largest, bytes ?? 0), 1);
  if (since.refusal.value !== null) return html`<p class="note">${since.refusal.value}</p>`;
  if (since.answer.value !== null && rows.length === 0) return html`<p class="note">No process holds more than then.</p>`;
  return html`<table class="dock-table"><tbody>${rows.map((row) => html`<tr key=${`${row.pid} ${row.start_time_ms}`}>
    <th scope="row" data-tip=${`${row.command} ${row.pid}`}>${row.command} <code>${row.pid}</code></th>
    <td class="dock-bar"><span class="dock-split"><i class="dock-grew" style=${{ width: `${((row.growth_bytes ?? 0) / most) * 100}%` }}></i></span></td>
    <td class="number" data-tip=${exact(row.growth_bytes ?? 0)}>${signedIec(row.growth_bytes)}</td></tr>`)}</tbody></table>`;
}

/** The live document with the ledger of the moment in its place, for the ledger's bar. @param {import("./api.js").Memory | null} now */
export function asThen(now) {
  return past.value === null || now === null ? now : { ...now, ...past.value };
}

