// A process from inside: its address space as a strip, the largest mappings, and which of them grew since the first look.
// It is read on demand and only for whom the token allows: reading it holds the process up for a moment.

import { getJson } from "./api.js";
import { exact, grouped, iec, signedIec } from "./format.js";
import { html } from "./html.js";
import { session } from "./session.js";
import { useState } from "./vendor/preact-hooks.js";

/**
 * @typedef {{start: string, end: string, kind: string, name: string, permissions: string, size_bytes: number,
 *   rss_bytes: number, pss_bytes: number, dirty_bytes: number, swap_bytes: number, huge_bytes: number,
 *   shared_bytes: number, merged?: number, grew_bytes?: number | null}} Mapping
 * @typedef {{revision: string, mappings: number, sums: Record<string, number>, strip: Mapping[], largest: Mapping[]}} Answer
 */

/** Colours of kinds, beside their names. @type {Record<string, string>} */
const TONES = { heap: "used", anon: "used", stack: "used-2", data: "owner-2", text: "owner-1", file: "reclaimable", shared: "owner-5", vdso: "kernel" };

/** @param {{pid: number}} props */
export function Inside({ pid }) {
  const [answer, show] = useState(/** @type {Answer | null} */ (null));
  const [first, keep] = useState(/** @type {string | null} */ (null));
  const [said, say] = useState("");
  const may = session.value?.may_change === true;
  const look = async () => {
    say("Reading…");
    try {
      const since = first === null ? "" : `&since=${encodeURIComponent(first)}`;
      const next = /** @type {Answer} */ (await getJson(`/api/v1/processes/${pid}/inside?largest=40${since}`));
      if (first === null) keep(next.revision);
      show(next);
      say("");
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return html`<section class="inside" aria-label="From inside"><h3>From inside</h3>
    ${may
      ? html`<p class="inside-act"><button type="button" class="quiet" onClick=${() => void look()}>${answer === null ? "Look inside" : "Look again: what grew"}</button> <span class="note" role="status">${said || (answer === null && "Reading its mappings holds it up for a moment.")}</span></p>`
      : html`<p class="note">view only: run <code>ramscope open</code></p>`}
    ${answer !== null && html`<${Space} answer=${answer} /><${Largest} mappings=${answer.largest} grew=${first !== null && answer.revision !== first} />`}
  </section>`;
}

/** The address space in address order: a mapping is as wide as what it holds, and at least a sliver. @param {{answer: Answer}} props */
function Space({ answer: { mappings, strip, sums } }) {
  return html`<p class="note">${grouped(mappings)} mappings, ${iec(sums.size_bytes)} of addresses: ${iec(sums.rss_bytes)} resident, ${iec(sums.dirty_bytes)} dirty, ${iec(sums.swap_bytes)} swapped, ${iec(sums.huge_bytes)} in huge pages, ${iec(sums.shared_bytes)} shared</p>
    <div class="space" role="img" aria-label="The address space, lowest address first">
      ${strip.map((part) => html`<i key=${part.start} style=${{ flexGrow: Math.max(part.rss_bytes + part.swap_bytes, sums.rss_bytes / 400) }} data-tip=${tipOf(part)}>
        <b class=${`tone-${TONES[part.kind] ?? "kernel-2"}`} style=${{ height: `${share(part.rss_bytes, part.size_bytes)}%` }}></b>
        ${part.swap_bytes > 0 && html`<b class="tone-swap" style=${{ height: `${share(part.swap_bytes, part.size_bytes)}%` }}></b>`}</i>`)}
    </div>
    <p class="legend">${[...new Set(strip.map(({ kind }) => kind))].map((kind) => html`<span key=${kind}><i class=${`swatch tone-${TONES[kind] ?? "kernel-2"}`}></i>${kind}</span> `)}</p>`;
}

/** @param {number} part @param {number} whole in percent, but never nothing of something */
function share(part, whole) {
  return part === 0 ? 0 : Math.max(4, Math.min(100, (part / Math.max(1, whole)) * 100));
}

/** @param {Mapping} part */
function tipOf(part) {
  const { end, kind, merged = 1, name, permissions, start } = part;
  const amounts = [`${iec(part.size_bytes)} of addresses`, `${iec(part.rss_bytes)} resident`, `${iec(part.dirty_bytes)} dirty`, `${iec(part.swap_bytes)} swapped`, `${iec(part.huge_bytes)} huge`, `${iec(part.shared_bytes)} shared`];
  return [name || kind, `${start}–${end} ${permissions}`, ...(merged > 1 ? [`${grouped(merged)} neighbours together`] : []), ...amounts].join("\n");
}

/** @param {{mappings: Mapping[], grew: boolean}} props */
function Largest({ grew, mappings }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The largest mappings"><table class="twin">
    <thead><tr><th scope="col">Mapping</th><th scope="col">RSS</th><th scope="col">Swap</th>${grew && html`<th scope="col">Grew</th>`}</tr></thead>
    <tbody>${mappings.map((part) => html`<tr key=${part.start} data-tip=${tipOf(part)}><th scope="row" class="words">${part.name || part.kind} <code class="note">${part.start}</code></th>
      <td class="number" data-tip=${exact(part.rss_bytes)}>${iec(part.rss_bytes)}</td><td class="number">${iec(part.swap_bytes)}</td>
      ${grew && html`<td class="number">${part.grew_bytes === null || part.grew_bytes === undefined ? "new" : signedIec(part.grew_bytes)}</td>`}</tr>`)}</tbody></table></div>`;
}
