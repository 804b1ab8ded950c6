// The problem of "Processes in frames": sizes, a policy, and processes by number or by script.

import { exact } from "./format.js";
import { html } from "./html.js";
import { roster } from "./paging-ask.js";
import { Script } from "./lab-script.js";
import { adjust, navigate, state } from "./state.js";

/** @typedef {{memory: number, page: number, processes: number, script: string, policy: string}} Lives `script` instead of the number, where it is not empty */

const MOST_SCRIPT = 60_000;
const LIFE = `arrive editor 3
write editor 0
touch editor 1
arrive shell 2
touch shell 0
write shell 1
touch editor 2
arrive build 4
touch build 0
write build 1
touch editor 0
end shell
write build 2
touch build 3
touch editor 1
end build
touch editor 2`;

/** @type {(Lives & {id: string, label: string})[]} */
export const EXAMPLES = [
  { id: "twenty", label: "20 processes, 16 frames", memory: 1024, page: 64, processes: 20, script: "", policy: "fifo" },
  { id: "lives", label: "Processes come and go", memory: 256, page: 64, processes: 20, script: LIFE, policy: "lru" },
];
const [OPENING] = EXAMPLES;

/**
 * The problem that an address holds; what is missing or cannot be is as in the opening problem.
 * @param {Record<string, string>} state_
 * @returns {Lives}
 */
export function problemOf(state_) {
  const whole = (/** @type {string | undefined} */ text, /** @type {number} */ usual) => {
    const value = Number(text);
    return text !== undefined && Number.isSafeInteger(value) && value >= 1 ? value : usual;
  };
  return {
    memory: whole(state_.memory, OPENING.memory),
    page: whole(state_.page, OPENING.page),
    processes: whole(state_.processes, OPENING.processes),
    script: (state_.script ?? "").slice(0, MOST_SCRIPT),
    policy: /^[a-z0-9-]{1,40}$/.test(state_.policy ?? "") ? state_.policy : OPENING.policy,
  };
}

/**
 * A problem as the server takes it.
 * @param {Lives} lives
 */
export function bodyOf({ memory, page, policy, processes, script }) {
  const who = script.trim() === "" ? { processes } : { script };
  return { memory_bytes: memory, page_bytes: page, policy, ...who };
}

/**
 * Puts another problem into the address.
 * @param {Lives} next
 * @param {"navigate" | "adjust"} how whether Back returns from it
 */
export function change({ memory, page, policy, processes, script }, how = "navigate") {
  const differing = (/** @type {number | string} */ value, /** @type {number | string} */ usual) =>
    value === usual ? undefined : String(value);
  const keys = {
    tab: undefined,
    step: undefined,
    memory: differing(memory, OPENING.memory),
    page: differing(page, OPENING.page),
    processes: differing(processes, OPENING.processes),
    script: differing(script, ""),
    policy: differing(policy, OPENING.policy),
  };
  (how === "navigate" ? navigate : adjust)({ ...state.peek(), ...keys });
}

/** @param {{now: Lives, refusal: string | null}} props */
export function ProcessesForm({ now, refusal }) {
  const example = EXAMPLES.find((each) => JSON.stringify(bodyOf(each)) === JSON.stringify(bodyOf(now)));
  /** @param {Event} event */
  const choose = (event) => {
    const next = EXAMPLES.find(({ id }) => id === /** @type {HTMLSelectElement} */ (event.target).value);
    if (next !== undefined) change(next);
  };
  const policies = roster.value?.policies ?? [{ name: now.policy, title: now.policy.toUpperCase() }];
  return html`<form class="problem-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <label class="field"><span>Problem</span><select value=${example?.id ?? ""} onChange=${choose}>
      ${example === undefined && html`<option value="">Your own</option>`}
      ${EXAMPLES.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
    </select></label>
    <${Whole} label="Memory, bytes" value=${now.memory} onValue=${(/** @type {number} */ memory) => change({ ...now, memory }, "adjust")} />
    <${Whole} label="Page, bytes" value=${now.page} onValue=${(/** @type {number} */ page) => change({ ...now, page }, "adjust")} />
    ${now.script === "" && html`<${Whole} label="Processes" value=${now.processes} onValue=${(/** @type {number} */ processes) => change({ ...now, processes }, "adjust")} />`}
    <label class="field"><span>Policy</span><select value=${now.policy}
      onChange=${(/** @type {Event} */ event) => change({ ...now, policy: /** @type {HTMLSelectElement} */ (event.target).value })}>
      ${policies.map(({ name, title }) => html`<option key=${name} value=${name}>${title}</option>`)}
    </select></label>
    <${Life} now=${now} refusal=${refusal} />
  </form>`;
}

/** @param {{label: string, value: number, onValue: (value: number) => void}} props */
function Whole({ label, onValue, value }) {
  /** @param {Event} event */
  const take = (event) => {
    const next = Number(/** @type {HTMLInputElement} */ (event.target).value);
    if (Number.isSafeInteger(next) && next >= 1) onValue(next);
  };
  return html`<label class="field field-row" data-tip=${`${label}\n${label.endsWith("bytes") ? exact(value) : value}`}><span>${label}</span>
    <input type="number" min="1" step="1" inputmode="numeric" value=${value} onInput=${take} /></label>`;
}

/** What the processes do. @param {{now: Lives, refusal: string | null}} props */
function Life({ now, refusal }) {
  const empty = "Empty: processes of one page arrive one after the other, and each writes it.";
  return html`<${Script} id="script" label="Script" rows=${8} text=${now.script} most=${MOST_SCRIPT} refusal=${refusal}
    placeholder=${"arrive p1 3\nwrite p1 0\ntouch p1 2\nend p1"} onText=${(/** @type {string} */ script) => change({ ...now, script }, "adjust")}
    note=${now.script === "" ? empty : "arrive NAME PAGES, touch, write, end; an event a line."} />`;
}
