// The problem at the left of the tabs that run a list of requests: a named one, or one's own list, memory, policies and
// convention.

import { getJson } from "./api.js";
import { exact } from "./format.js";
import { html } from "./html.js";
import { Script } from "./lab-script.js";
import { MAX_TEXT, MOST_POLICIES } from "./segmentation-list.js";
import { programOf } from "./segmentation-program.js";
import { offline } from "./state.js";
import { useEffect, useState } from "./vendor/preact-hooks.js";
import { signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-asking.js").Asking} Asking */
/** @typedef {import("./segmentation-list.js").Named} Named */
/** @typedef {{seed: number, requests: number, most: number}} Program the seed, the requests and the largest size of a list */

/** Where the parameters are listed. */
const PARAMETERS = "/api/v1/sim/alloc/policies";
/** The most requests of a list that is made from a seed: its operations under several allocators are one answer. */
const MOST_MADE = 400;
const MOST_SEED = 999_999;

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/**
 * The form.
 * @param {{asking: Asking, problems: Named[], program: Program, label: string, children?: any}} props `label` is what the
 *   policies are called; `children` stand before the convention
 */
export function ListForm({ asking, children, label, problems, program }) {
  const { change } = asking;
  const now = asking.problem.value;
  const known = asking.address.named(now);
  const choose = (/** @type {Event} */ event) => {
    const next = problems.find(({ id }) => id === valueOf(event));
    if (next !== undefined) change(next);
  };
  return html`<form class="problem-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <label class="field"><span>Problem</span><select value=${known?.id ?? ""} onChange=${choose}>
      ${known === undefined && html`<option value="">Your own</option>`}
      ${problems.map(({ id, label: name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select></label>
    <${List} asking=${asking} program=${program} />
    <${Whole} label="Memory, bytes" least=${1} value=${now.capacity} onValue=${(/** @type {number} */ capacity) => change({ capacity }, "adjust")} />
    <${Whole} label="First address" least=${0} value=${now.base} onValue=${(/** @type {number} */ base) => change({ base }, "adjust")} />
    <${Policies} asking=${asking} label=${label} />
    ${children}
    <${Convention} asking=${asking} />
  </form>`;
}

/** What shows where a list comes from that is not typed, once it has been loaded. */
const source = signal(/** @type {typeof import("./segmentation-source.js").Source | null} */ (null));

/** The requests: typed, made, or a file, which can be dropped here. @param {{asking: Asking, program: Program}} props */
function List({ asking, program }) {
  const { change, refusal } = asking;
  const now = asking.problem.value;
  const [over, setOver] = useState(false);
  const [refused, refuse] = useState("");
  useEffect(() => refuse(""), [now.kept, now.ops]);
  useEffect(() => {
    if (now.kept !== "") void import("./segmentation-source.js").then(({ Source }) => (source.value = Source));
  }, [now.kept]);
  const open = (/** @type {File | undefined} */ file) => {
    if (file !== undefined) void openFile(asking, file).catch((/** @type {Error} */ { message }) => refuse(message));
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if ((event.dataTransfer?.files.length ?? 0) === 0) return;
    event.preventDefault();
    setOver(false);
    open(event.dataTransfer?.files[0]);
  };
  const hover = (/** @type {DragEvent} */ event) => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    setOver(true);
  };
  const choose = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    open(input.files?.[0]);
    input.value = "";
  };
  return html`<div class="field list-field" data-over=${over} onDrop=${drop} onDragLeave=${() => setOver(false)} onDragOver=${hover}>
    <label class="file-button">Read a file<input type="file" class="sr-only" aria-label="Read the requests from a file" onChange=${choose} /></label>
    ${
      now.kept === ""
        ? html`<${Script} id="ops" label="Requests" rows=${5} text=${now.ops} most=${MAX_TEXT} refusal=${refusal.value} placeholder="+10,+20,-0"
          onText=${(/** @type {string} */ ops) => change({ ops }, "adjust")} note="+n asks for n bytes and gets the next number from 0; -k gives request k back. A file may be an mtrace or an alloc trace." />`
        : html`<div class="field-head"><span>Requests</span></div><div class="source">${source.value !== null && html`<${source.value} id=${now.kept} onType=${() => change({ kept: "" })} />`}</div>`
    }
    ${refused !== "" && html`<p class="field-note" role="status"><span class="fault">✕ ${refused}</span></p>`}
    <${Seed} asking=${asking} program=${program} />
  </div>`;
}

/**
 * Sends a file and asks about it, in a memory that gives every policy a choice.
 * @param {Asking} asking
 * @param {File} file
 */
async function openFile(asking, file) {
  const { memoryFor, send } = await import("./segmentation-source.js");
  const found = await send(file, file.name);
  asking.change({ kept: found.id, capacity: memoryFor(found), base: 0 });
}

/** A list as a program makes it. @param {{asking: Asking, program: Program}} props */
function Seed({ asking, program }) {
  const [seed, setSeed] = useState(program.seed);
  const [requests, setRequests] = useState(program.requests);
  const made = (/** @type {number} */ from) => asking.change({ kept: "", ops: programOf(from, requests, Math.min(program.most, asking.problem.peek().capacity)) });
  const number = (/** @type {Event} */ event, /** @type {number} */ most) => Math.min(most, Math.max(1, Math.round(Number(valueOf(event))) || 1));
  return html`<details class="seed"><summary>A list as a program makes it</summary>
    <label class="field field-row"><span>Seed</span><input type="number" min="1" max=${MOST_SEED} step="1" value=${seed} onInput=${(/** @type {Event} */ event) => setSeed(number(event, MOST_SEED))} /></label>
    <label class="field field-row"><span>Requests</span><input type="number" min="1" max=${MOST_MADE} step="1" value=${requests} onInput=${(/** @type {Event} */ event) => setRequests(number(event, MOST_MADE))} /></label>
    <button type="button" class="quiet" onClick=${() => made(seed)}>Make the list</button>
  </details>`;
}

/** A whole number of the problem. @param {{label: string, least: number, value: number, onValue: (value: number) => void}} props */
function Whole({ label, least, onValue, value }) {
  const take = (/** @type {Event} */ event) => {
    const next = Number(valueOf(event));
    if (valueOf(event) !== "" && Number.isSafeInteger(next) && next >= least) onValue(next);
  };
  return html`<label class="field field-row" data-tip=${`${label}\n${exact(value)}`}><span>${label}</span>
    <input type="number" min=${least} step="1" inputmode="numeric" value=${value} onInput=${take} /></label>`;
}

/** @param {{asking: Asking, label: string}} props */
function Policies({ asking, label }) {
  const { policies } = asking.problem.value;
  const press = (/** @type {string} */ name) => {
    const next = policies.includes(name) ? policies.filter((each) => each !== name) : [...policies, name];
    if (next.length > 0 && next.length <= MOST_POLICIES) asking.change({ policies: next });
  };
  return html`<fieldset class="field"><legend>${label}</legend><div class="chips">${asking.policies.map(
    ([name, title]) => html`<button type="button" class="chip" key=${name} aria-pressed=${policies.includes(name)} onClick=${() => press(name)}>${title}</button>`,
  )}</div></fieldset>`;
}

/** What every parameter decides, and the words that it takes where it takes words; once the server was asked. */
const parameters = signal(/** @type {Map<string, {about: string, words?: string[]}>} */ (new Map()));

/** Asks for the parameters; where nobody answers their values are typed. */
async function loadParameters() {
  if (offline || parameters.peek().size > 0) return;
  const { parameters: shared, policies } = await getJson(PARAMETERS).catch(() => ({ parameters: [], policies: [] }));
  const all = [...shared, ...policies.flatMap((/** @type {any} */ policy) => policy.parameters)];
  parameters.value = new Map(all.map(({ about, name, words }) => [name, { about, words }]));
}

/** A value of the convention: chosen where it is one of some words. @param {{name: string, value: string, changed: boolean, settle: (name: string, value: string) => void}} props */
function Setting({ changed, name, settle, value }) {
  const { about, words } = parameters.value.get(name) ?? {};
  const change = (/** @type {Event} */ event) => settle(name, valueOf(event).trim());
  return html`<label class="field field-row setting" data-tip=${about === undefined ? undefined : `${name}\n${about.replaceAll("`", "")}`}><code>${name}</code>
    ${
      words === undefined
        ? html`<input type="text" autocomplete="off" spellcheck=${false} value=${value} data-changed=${changed || undefined} onChange=${change} />`
        : html`<select value=${value} data-changed=${changed || undefined} onChange=${change}>${words.map((word) => html`<option key=${word} value=${word}>${word}</option>`)}</select>`
    }</label>`;
}

/** Every value that the answer depends on. @param {{asking: Asking}} props */
function Convention({ asking }) {
  const { set } = asking.problem.value;
  useEffect(() => void loadParameters(), []);
  const used = Object.entries(Object.assign({}, ...(asking.answer.value?.runs ?? []).map(({ convention }) => convention)));
  if (used.length === 0) return null;
  return html`<fieldset class="field"><legend>Convention</legend>
    ${used.map(([name, value]) => html`<${Setting} key=${name} name=${name} value=${set[name] ?? String(value)} changed=${name in set} settle=${(/** @type {string} */ of, /** @type {string} */ to) => asking.settle(of, to)} />`)}
    <p class="field-note">An empty field brings the default back.</p>
  </fieldset>`;
}
