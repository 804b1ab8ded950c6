// What somebody wants of a load: its shape at the left of the view, the rest in two drawers.

import { html } from "./html.js";
import { change, wish } from "./stress-ask.js";
import { CYCLIC, KINDS, ORDERS, PATTERNS } from "./stress-problem.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./stress-problem.js").Wish} Wish */

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;
/** @param {Event} event */
const stay = (event) => event.preventDefault();

/** The form. */
export function StressForm() {
  const now = wish.value;
  const pattern = now.pattern || (now.size === "" ? "ramp" : "hold");
  const [, , about] = PATTERNS.find(([name]) => name === pattern) ?? PATTERNS[0];
  return html`<form class="problem-form stress-form" onSubmit=${stay}>
    <fieldset class="field"><legend>Shape over time</legend>
      <div class="chips">${PATTERNS.map(([name, label]) => html`<button type="button" class="chip" key=${name} aria-pressed=${name === pattern} onClick=${() => change({ pattern: name })}>${label}</button>`)}</div>
      <p class="note stress-about">${about}</p></fieldset>
    <${Short} member="size" label="Size, at the most" hint="¼ of available" />
    <${Short} member="lasts" label="For" hint=${now.size === "" && now.pattern === "" ? "30s" : "60s"} />
    ${CYCLIC.includes(pattern) && html`<${Short} member="cycles" label=${pattern === "staircase" ? "Stairs" : "Cycles"} hint="4" />`}
    <${Short} member="rate" label=${pattern === "churn" ? "Turnover" : "Growth"} hint=${pattern === "churn" ? "a tenth a second" : "by the shape"} />
    <${Choice} member="kind" label="Kind of memory" options=${KINDS} none=${["leak", "churn", "fragment"].includes(pattern) ? "Small blocks through malloc" : "Anonymous, 4 KiB pages"} />
    <${Choice} member="access" label="Access" options=${ORDERS} none="None: it is only held" />
    ${now.access !== "" && html`<div class="stress-more">
      <${Short} member="bandwidth" label="Bandwidth" hint="unbounded" />
      <${Short} member="set" label="Working set" hint="all of it" />
      <${Short} member="writes" label="Writes of 100" hint="0" />
    </div>`}
    <${Check} member="verify" label="Write patterns and check them" />
    <details class="stress-limits"><summary>Limits</summary>
      <${Short} member="reserve" label="Stays free" hint="5 %, ≥ 512 MiB" />
      <${Short} member="limit" label="Own cgroup, limit" hint="none" />
      <${Check} member="known" label="I know that this may swap, or have processes killed" />
    </details>
    <p class="note">Sizes as 2GiB, 50% or 25%available; times as 30s or 5min; rates as 1GB/s.</p>
  </form>`;
}

/**
 * A short text, taken over as it is typed: the server says what is wrong with it.
 * @param {{member: keyof Wish, label: string, hint: string}} props
 */
function Short({ hint, label, member }) {
  const value = wish.value[member];
  const [draft, setDraft] = useState(value);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(value);
  }, [value]);
  const take = (/** @type {Event} */ event) => {
    setDraft(valueOf(event));
    change({ [member]: valueOf(event).trim() }, "adjust");
  };
  return html`<label class="field field-row"><span>${label}</span>
    <input type="text" name=${member} ref=${field} value=${draft} placeholder=${hint} maxlength="24" autocomplete="off" spellcheck=${false} onInput=${take} /></label>`;
}

/** @param {{member: keyof Wish, label: string, options: [string, string][], none: string}} props */
function Choice({ label, member, none, options }) {
  return html`<label class="field"><span>${label}</span><select name=${member} value=${wish.value[member]} onChange=${(/** @type {Event} */ event) => change({ [member]: valueOf(event) })}>
    <option value="">${none}</option>
    ${options.filter(([, words]) => words !== none).map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}
  </select></label>`;
}

/** @param {{member: keyof Wish, label: string}} props */
function Check({ label, member }) {
  return html`<label class="check"><input type="checkbox" name=${member} checked=${wish.value[member] === "1"}
    onChange=${(/** @type {Event} */ { target }) => change({ [member]: /** @type {HTMLInputElement} */ (target).checked ? "1" : "" })} /> ${label}</label>`;
}
