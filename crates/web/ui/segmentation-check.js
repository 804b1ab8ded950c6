// "Check my table" in every tab of the view: a field a question, the first that is wrong, the rule that it breaks, and
// whether another rule explains all of them.

import { html } from "./html.js";
import { firstWrongAddress, pastedAddresses } from "./segmentation-checked.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/**
 * A field. `what` stands before it, `name` says it in words, `place` says where in the problem it is, `explain` why
 * `address` is right; null is nothing.
 * @typedef {{key: number | string, what: any, name: string, place: string, address: number | null, explain: string}} Item
 * @typedef {{wrong: Item | null, revealed: boolean, others: string[] | null}} Verdict `others` is null until they were asked
 * @typedef {(given: string[]) => Promise<string[]>} Explaining which other rules give exactly what was filled in
 */

/** Fields that can be filled in by hand. */
const MOST = 200;

/**
 * @param {{of: object, items: Item[], title: string, note: string, rule: string, explaining: Explaining}} props `of` is what is
 *   checked: of another one the fields begin empty
 */
export function Check({ explaining, items: all, note, of, rule, title }) {
  const items = all.slice(0, MOST);
  const [given, setGiven] = useState(/** @type {string[]} */ ([]));
  const [verdict, setVerdict] = useState(/** @type {Verdict | null} */ (null));
  useEffect(() => {
    setGiven([]);
    setVerdict(null);
  }, [of]);
  const edit = (/** @type {string[]} */ next) => {
    setGiven(next);
    setVerdict(null);
  };
  const check = async () => {
    const wrong = firstWrongAddress(given, items);
    setVerdict({ wrong, revealed: false, others: wrong === null ? [] : null });
    if (wrong === null) return;
    const others = await explaining(given).catch(() => []);
    setVerdict((now) => (now?.wrong === wrong ? { ...now, others } : now));
  };
  const blank = given.every((cell) => (cell ?? "").trim() === "");
  return html`<section class="check" aria-label="Check my table">
    <p class="note">${note} “–” is nothing. A field left empty is passed over; a column of a spreadsheet can be pasted.</p>
    <${Fields} items=${items} given=${given} wrong=${verdict?.wrong ?? null} onEdit=${edit} />
    <div class="check-acts">
      <button type="button" class="primary" disabled=${blank} onClick=${() => void check()}>Check</button>
      <button type="button" disabled=${blank} onClick=${() => edit([])}>Clear</button>
    </div>
    <div class="check-verdict" role="status">${verdict !== null && html`<${Said} verdict=${verdict} title=${title} rule=${rule} onReveal=${() => setVerdict({ ...verdict, revealed: true })} />`}</div>
  </section>`;
}

/** @param {{items: Item[], given: string[], wrong: Item | null, onEdit: (given: string[]) => void}} props */
function Fields({ given, items, onEdit, wrong }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const put = (/** @type {number} */ place, /** @type {string[]} */ cells) => onEdit(items.map((_, index) => cells[index - place] ?? given[index] ?? ""));
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const fields = [...(host.current?.querySelectorAll("input") ?? [])];
    fields[fields.indexOf(/** @type {HTMLInputElement} */ (event.target)) + step]?.focus();
  };
  const onPaste = (/** @type {ClipboardEvent} */ event, /** @type {number} */ place) => {
    const cells = pastedAddresses(event.clipboardData?.getData("text") ?? "");
    if (cells.length < 2) return;
    event.preventDefault();
    put(place, cells);
  };
  return html`<ol class="check-requests" ref=${host} onKeyDown=${onKey}>${items.map(
    (item, place) => html`<li key=${item.key} data-wrong=${item === wrong || undefined}><label><span>${item.what}</span>
      <input type="text" inputmode="numeric" maxlength="20" autocomplete="off" value=${given[place] ?? ""} aria-label=${item.name} aria-invalid=${item === wrong}
        onInput=${(/** @type {Event} */ event) => put(place, [/** @type {HTMLInputElement} */ (event.target).value])} onPaste=${(/** @type {ClipboardEvent} */ event) => onPaste(event, place)} /></label></li>`,
  )}</ol>`;
}

/** @param {{verdict: Verdict, title: string, rule: string, onReveal: () => void}} props */
function Said({ onReveal, rule, title, verdict: { others, revealed, wrong } }) {
  if (wrong === null) return html`<p><b class="right">✓ Nothing is wrong.</b> Everything that you filled in is as ${title} has it.</p>`;
  return html`<p><b class="fault">✕ ${wrong.place}:</b> this is not what ${title} does here.</p>
    <p>The rule: ${rule}</p>
    ${revealed ? html`<p>Expected: <b>${wrong.address ?? "nothing"}</b>. ${wrong.explain}</p>` : html`<p><button type="button" class="why" onClick=${onReveal}>Show what is expected</button></p>`}
    <p class="note">${others === null ? "Asking whether another rule explains it …" : others.length === 0 ? "No other rule that was tried explains all of it." : `All of it is right for ${others.join(", or ")}.`}</p>`;
}
