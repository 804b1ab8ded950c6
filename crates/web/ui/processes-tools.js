// What stands over the list: what to find, how to put rows together, over which window growth is told, how they are sorted.

import { html } from "./html.js";
import { grouped, iec } from "./format.js";
import { change, list, wish } from "./processes-ask.js";
import { GROUPS, sortedBy, SORTS, WINDOWS } from "./processes-wish.js";
import { session } from "./session.js";
import { useRef } from "./vendor/preact-hooks.js";

/** Time without a key after which what was typed is asked, milliseconds. */
const TYPED_MS = 200;

export function Tools() {
  return html`<div class="tools" role="search">
    <${Filter} />
    <${Choice} label="Rows are" all=${GROUPS} chosen=${wish.value.group} onChoose=${(/** @type {string} */ id) => change({ group: id === "none" ? undefined : id })} />
    ${wish.value.compareMs === null && html`<${Choice} label="Growth over" shown="Growth in" all=${WINDOWS} chosen=${wish.value.window} onChoose=${(/** @type {string} */ id) => change({ window: id === "1m" ? undefined : id })} />`}
    <label class="tools-sort"><span>Sort</span><select name="sort" value=${wish.value.sort} onChange=${chooseSort}>
      ${SORTS.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
    </select></label>
  </div>`;
}

/** @param {Event} event */
function chooseSort(event) {
  const id = /** @type {HTMLSelectElement} */ (event.target).value;
  if (id !== wish.peek().sort) change({ sort: sortedBy(wish.peek(), id) });
}

/** What was typed is asked a moment later. */
function Filter() {
  const waiting = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const onInput = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => change({ filter: value.trim() === "" ? undefined : value }), TYPED_MS);
  };
  return html`<input type="search" name="filter" class="tools-filter" value=${wish.value.filter} onInput=${onInput} placeholder="Filter: text, user:root, app:nginx"
    aria-label="Filter" autocomplete="off" spellcheck="false"
    data-tip=${"Filter\nwords that must all match\nuser:root app:postgres cgroup:/system.slice pid:4242 tree:1"} />`;
}

/**
 * One of a few, as a row of buttons.
 * @param {{label: string, shown?: string, all: {id: string, label: string}[], chosen: string, onChoose: (id: string) => void}} props
 */
export function Choice({ all, chosen, label, onChoose, shown }) {
  return html`<div class="choice">${shown !== undefined && html`<span class="note">${shown}</span>`}<div class="ranges" role="group" aria-label=${label}>
    ${all.map((each) => html`<button type="button" key=${each.id} aria-pressed=${each.id === chosen} onClick=${() => onChoose(each.id)}>${each.label}</button>`)}
  </div></div>`;
}

/** @param {NonNullable<import("./processes-answer.js").List["folded"]>} folded */
function foldedTip(folded) {
  const most = [...folded].sort((one, other) => other.lives - one.lives).slice(0, 8);
  return ["Short lives", ...most.map(({ application, lives, rss_bytes: bytes }) => `${grouped(lives)} of ${application}: at most ${iec(bytes)} together`)].join("\n");
}

/** How many there are, and what is not shown to this reader. */
export function Counts() {
  const value = list.answer.value?.value;
  const masked = value?.processes.some((row) => row.masked) ?? false;
  return html`<p class="note counts">
    ${value !== undefined && html`<span><b class="number" data-seen=${value.seen}>${grouped(value.seen)}</b> processes</span> <span><b class="number">${grouped(value.threads)}</b> threads</span>
      <span><b class="number">${grouped(value.kernel_threads)}</b> kernel threads</span>
      <button type="button" class="switch" role="switch" aria-checked=${wish.value.kernel} onClick=${() => change({ kernel: wish.peek().kernel ? undefined : "1" })}>
        <span>Show them</span><span class="switch-track"><span class="switch-knob"></span></span></button>
      ${value.forks !== null && html`<span data-tip=${"Started\nprocesses and threads since the machine started: those that live between two looks are counted here"}><b class="number">${grouped(value.forks)}</b> started since boot</span>`}
      ${(value.hidden ?? 0) > 0 && html`<span class="fault" data-tip=${"Hidden\nthe kernel hides these from the user that ramscope runs as (hidepid)"}><b class="number">${grouped(value.hidden ?? 0)}</b> hidden</span>`}
      ${(value.folded ?? []).length > 0 && html`<span data-tip=${foldedTip(value.folded ?? [])}><b class="number">${grouped((value.folded ?? []).reduce((sum, { lives }) => sum + lives, 0))}</b> short lives between the kept looks</span>`}
      <span>PSS of all <b class="number">${iec(value.sums.pss_bytes)}</b></span>`}
    ${masked && session.value?.may_change === false && html`<span class="view-only">Command lines are hidden. View only: run <code>ramscope open</code></span>`}
  </p>`;
}
