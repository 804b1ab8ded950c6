// What grew between two moments: the machine's memory by part, and processes by application, as bars that share a scale.

import { duration, exact, iec, moment, signedIec } from "./format.js";
import { lastMs } from "./history.js";
import { html } from "./html.js";
import { ledgerAt } from "./ledger-past.js";
import { partsOf } from "./parts.js";
import { Asked } from "./processes-asked.js";
import { live, wish } from "./processes-ask.js";
import { filteredBy, listPath } from "./processes-wish.js";
import { memory } from "./live.js";
import { navigate, tableShown } from "./state.js";
import { useEffect, useState } from "./vendor/preact-hooks.js";
import { computed, signal } from "./vendor/signals.js";

/** @typedef {import("./processes-answer.js").List} List */
/** @typedef {{key: string, label: string, bytes: number}} Bar */

/** Bars of each kind that are drawn; what is below this share of the longest is left to the table. */
const MOST_BARS = 6;
const LEAST_SHARE = 0.004;
const PACE_MS = 2000;

/** @param {boolean} ascending @param {number} limit */
const grown = (ascending, limit) => new Asked(
  () => (wish.value.compareMs === null ? null : listPath({ ...wish.value, group: by.value, sort: "growth", ascending }, 0, limit)),
  () => live.peek(),
  PACE_MS,
);
/** What processes are put together by. */
const by = computed(() => (wish.value.group === "user" || wish.value.group === "cgroup" ? wish.value.group : "app"));
/** Those that grew the most, and those that shrank the most. @type {Asked<List>[]} */
const sides = [grown(false, MOST_BARS), grown(true, MOST_BARS)];

/** @type {import("./vendor/signals.js").Signal<Record<string, number> | null>} */
const before = signal(null);
/** @type {import("./vendor/signals.js").Signal<Record<string, number> | null>} */
const after = signal(null);

/** The picture of a comparison. */
export function Comparison() {
  const { atMs, compareMs } = wish.value;
  const [refused, refuse] = useState("");
  useEffect(() => {
    const ends = sides.map((side) => side.follow());
    return () => ends.forEach((end) => end());
  }, []);
  useEffect(() => {
    const left = new AbortController();
    before.value = null;
    after.value = null;
    const read = async () => {
      if (compareMs === null) return;
      const then = await ledgerAt(compareMs, left.signal);
      const until = atMs === null ? null : await ledgerAt(atMs, left.signal);
      before.value = then;
      after.value = until;
    };
    read().catch((error) => !left.signal.aborted && refuse(String(error.message ?? error)));
    return () => left.abort();
  }, [atMs, compareMs]);
  if (compareMs === null) return null;
  const words = { app: "application", user: "user", cgroup: "cgroup" }[by.value];
  const [up, down] = sides.map(({ answer }) => answer.value?.value.groups ?? []);
  const groups = [...up.filter(({ growth_bytes: bytes }) => (bytes ?? 0) > 0), ...down.filter(({ growth_bytes: bytes }) => (bytes ?? 0) < 0).reverse()];
  const bars = groups.map(({ growth_bytes: bytes, key, name }) => ({ key, label: name, bytes: bytes ?? 0 }));
  const total = sides[0].answer.value?.value.sums.growth_bytes ?? null;
  return html`<section class="grew" aria-label="What grew">
    <h2 class="grew-sentence" data-total=${total}>${sentenceOf(total, bars)} <span class="note number">${moment(compareMs, lastMs.value)} to ${atMs === null ? "now" : moment(atMs, lastMs.value)}, ${duration(Math.abs((atMs ?? lastMs.value) - compareMs))}</span></h2>
    <div class="grew-bars">
      <${Bars} title=${`Processes by ${words}`} bars=${bars} onChoose=${open} />
      <${Bars} title="All memory by part" bars=${ledgerBars()} none=${refused} />
    </div>
  </section>`;
}

/** @param {number | null} total @param {Bar[]} bars */
function sentenceOf(total, bars) {
  if (total === null) return "What grew…";
  const [first] = bars;
  const whole = total === 0 ? "Processes hold as much as before" : total > 0 ? `Processes grew by ${iec(total)}` : `Processes shrank by ${iec(-total)}`;
  return first === undefined || first.bytes <= 0 ? `${whole}.` : `${whole}; most grew ${first.label}: ${signedIec(first.bytes)}.`;
}

/** A bar opens the processes it is made of. @param {string} key */
function open(key) {
  navigate({ group: undefined, filter: filteredBy(wish.peek().filter, by.peek(), key) });
}

/** Differences of the ledger's parts, the largest first. @returns {Bar[]} */
function ledgerBars() {
  const then = before.value;
  const now = /** @type {Record<string, number> | null} */ (wish.value.atMs === null ? ledgerNow.value : after.value);
  if (then === null || now === null) return [];
  return partsOf({ parts: now, unaccounted_bytes: now.unaccounted ?? 0, overlap_bytes: 0 })
    .filter(({ key }) => key !== "unaccounted" || then.unaccounted !== undefined)
    .map(({ key, label }) => ({ key, label, bytes: (now[key] ?? 0) - (then[key] ?? 0) }))
    .sort((one, other) => other.bytes - one.bytes);
}

/** The ledger of now as flat amounts. */
const ledgerNow = computed(() => {
  const ledger = memory.value?.ledger;
  return ledger === undefined ? null : { ...ledger.parts, unaccounted: ledger.unaccounted_bytes, overlap: ledger.overlap_bytes };
});

/**
 * Amounts to both sides of a line.
 * @param {{title: string, bars: Bar[], none?: string, onChoose?: (key: string) => void}} props
 */
function Bars({ bars, none = "", onChoose, title }) {
  const most = bars.reduce((largest, { bytes }) => Math.max(largest, Math.abs(bytes)), 0);
  const kept = tableShown.value ? bars : bars.filter(({ bytes }) => Math.abs(bytes) > most * LEAST_SHARE);
  const shown = kept.length <= MOST_BARS * 2 ? kept : [...kept.slice(0, MOST_BARS), ...kept.slice(-MOST_BARS)];
  return html`<div class="grew-part"><h3>${title}</h3>
    <table class=${tableShown.value ? "twin" : "grew-table"}><tbody>${shown.map(({ bytes, key, label }) => html`<tr key=${key} data-grew=${key} data-bytes=${bytes}>
      <th scope="row" class="words">${onChoose === undefined ? label : html`<button type="button" class="row-button" onClick=${() => onChoose(key)}>${label}</button>`}</th>
      ${!tableShown.value && html`<td class="grew-bar" aria-hidden="true"><i data-sign=${Math.sign(bytes)} style=${{ "--part": most === 0 ? 0 : Math.abs(bytes) / most }}></i></td>`}
      <td class="number" data-tip=${exact(bytes)}>${signedIec(bytes)}</td></tr>`)}</tbody></table>
    ${shown.length === 0 && html`<p class="note">${none || "Nothing moved, or it is still being read."}</p>`}
  </div>`;
}
