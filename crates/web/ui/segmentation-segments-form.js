// The problems at the left of the tab "Segments": processes with a script, or a segment table with addresses.

import { html } from "./html.js";
import { Script } from "./lab-script.js";
import { FITS, LIVES, MAX_TEXT, namedAs, TABLES } from "./segmentation-segments-problem.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-segments-problem.js").Lives} Lives */
/** @typedef {import("./segmentation-segments-problem.js").Asked} Asked */

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;
/** @param {Event} event */
const stay = (event) => event.preventDefault();

/**
 * Which named problem it is.
 * @param {{named: {id: string, label: string}[], now: string | undefined, onName: (id: string) => void}} props
 */
function Names({ named, now, onName }) {
  return html`<label class="field"><span>Problem</span><select value=${now ?? ""} onChange=${(/** @type {Event} */ event) => onName(valueOf(event))}>
    ${now === undefined && html`<option value="">Your own</option>`}
    ${named.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
  </select></label>`;
}

/**
 * Processes, and what they do.
 * @param {{now: Lives, refusal: string | null, onChange: (changes: Partial<Lives>, how?: "navigate" | "adjust") => void}} props
 */
export function LivesForm({ now, onChange, refusal }) {
  const choose = (/** @type {string} */ id) => {
    const next = LIVES.find((known) => known.id === id);
    if (next !== undefined) onChange(next);
  };
  return html`<form class="problem-form" onSubmit=${stay}>
    <${Names} named=${LIVES} now=${namedAs(LIVES, now)?.id} onName=${choose} />
    <${Short} label="Memory, bytes" value=${String(now.memory)} pattern=${/^[1-9]\d{0,14}$/} onValue=${(/** @type {string} */ text) => onChange({ memory: Number(text) }, "adjust")} />
    <label class="field field-row"><span>Placement</span><select value=${now.fit} onChange=${(/** @type {Event} */ event) => onChange({ fit: valueOf(event) })}>
      ${FITS.map(([fit, words]) => html`<option key=${fit} value=${fit}>${words}</option>`)}</select></label>
    <${Short} label="Swap, bytes" value=${now.swap} pattern=${/^\d{0,15}$/} hint="as needed" onValue=${(/** @type {string} */ swap) => onChange({ swap }, "adjust")} />
    <${Script} id="script" label="Events" rows=${16} text=${now.script} most=${MAX_TEXT} refusal=${refusal} placeholder=${"arrive p1 code=100 heap=50\ngrow p1 heap 20\nend p1"}
      onText=${(/** @type {string} */ script) => onChange({ script }, "adjust")}
      note="arrive NAME code=N data=N heap=N stack=N, grow, access, swap-out, swap-in, end; compact." />
  </form>`;
}

/**
 * A table, and addresses.
 * @param {{now: Asked, refusal: string | null, onChange: (changes: Partial<Asked>, how?: "navigate" | "adjust") => void}} props
 */
export function TableForm({ now, onChange, refusal }) {
  const choose = (/** @type {string} */ id) => {
    const next = TABLES.find((known) => known.id === id);
    if (next !== undefined) onChange(next);
  };
  const of = (/** @type {string} */ member) => (refusal?.startsWith(`\`${member}\``) ? refusal : null);
  return html`<form class="problem-form" onSubmit=${stay}>
    <${Names} named=${TABLES} now=${namedAs(TABLES, now)?.id} onName=${choose} />
    <${Script} id="table" label="Segment table" rows=${5} text=${now.table} most=${MAX_TEXT} refusal=${of("table")} placeholder=${"0:219/600\n1:2300/14"}
      onText=${(/** @type {string} */ table) => onChange({ table }, "adjust")}
      note=${now.page === "" ? "number:base/limit, then /heap, /rw, /down, /shared, /absent." : "number:frame+frame+-/limit: the frame of each page."} />
    <${Script} id="addresses" label="Addresses" rows=${8} text=${now.addresses} most=${MAX_TEXT} refusal=${of("translate")} placeholder=${"0:430\n1:10"}
      onText=${(/** @type {string} */ addresses) => onChange({ addresses }, "adjust")}
      note="0:430, stack:-20, or one number with its segment in the top bits; /w writes, /x fetches." />
    <${Short} label="Bits, segment+offset" value=${now.bits} pattern=${/^(\d{1,2}\+\d{1,2})?$/} hint="2+12" onValue=${(/** @type {string} */ bits) => onChange({ bits }, "adjust")} />
    <${Short} label="Page, bytes" value=${now.page} pattern=${/^\d{0,15}$/} hint="not paged" onValue=${(/** @type {string} */ page) => onChange({ page }, "adjust")} />
    <${Short} label="Memory, bytes" value=${now.physical} pattern=${/^\d{0,15}$/} hint="any" onValue=${(/** @type {string} */ physical) => onChange({ physical }, "adjust")} />
  </form>`;
}

/**
 * A short text that is taken over once it can be read.
 * @param {{label: string, value: string, pattern: RegExp, hint?: string, onValue: (value: string) => void}} props
 */
function Short({ hint = "", label, onValue, pattern, value }) {
  const [draft, setDraft] = useState(value);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(value);
  }, [value]);
  const take = (/** @type {Event} */ event) => {
    const text = valueOf(event).trim();
    setDraft(text);
    if (pattern.test(text)) onValue(text);
  };
  return html`<label class="field field-row"><span>${label}</span>
    <input type="text" ref=${field} value=${draft} placeholder=${hint} maxlength="15" autocomplete="off" spellcheck=${false} aria-invalid=${!pattern.test(draft)} onInput=${take} /></label>`;
}
