// The form of "Demand paging": a named problem or one's own.

import { html } from "./html.js";
import { roster } from "./paging-ask.js";
import { ALLOCATIONS, CONTROLS, MOST_WORKLOAD, NAMED, nameOf } from "./paging-demand-problem.js";
import { Script } from "./lab-script.js";

/** @typedef {import("./paging-demand-problem.js").Problem} Problem */
/** @typedef {(changes: Partial<Problem>, how?: "navigate" | "adjust") => void} Change */

/** @param {{now: Problem, refusal: string | null, change: Change}} props */
export function DemandForm({ change, now, refusal }) {
  const named = nameOf(now);
  /** @param {string} id */
  const choose = (id) => {
    const { id: _, label: __, ...problem } = NAMED.find((each) => each.id === id) ?? { id, label: "", ...now };
    change(problem, "navigate");
  };
  const own = now.allocation === "working-set" || now.allocation === "pff";
  const policies = (roster.value?.policies ?? [{ name: now.policy, title: now.policy.toUpperCase() }]).map(
    ({ name, title }) => ({ name, label: title }),
  );
  const problems = NAMED.map(({ id, label }) => ({ name: id, label }));
  return html`<form class="problem-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${Choice} label="Problem" name="problem" value=${named?.id ?? ""} options=${named === undefined ? [{ name: "", label: "Your own" }, ...problems] : problems} onValue=${choose} />
    <${Whole} label="Frames" name="frames" least=${1} value=${now.frames} onValue=${(/** @type {number} */ frames) => change({ frames })} />
    <${Choice} label="Frames go" name="allocation" value=${now.allocation} options=${ALLOCATIONS} onValue=${(/** @type {string} */ allocation) => change({ allocation })} />
    ${!own && html`<${Choice} label="Policy" name="policy" value=${now.policy} options=${policies} onValue=${(/** @type {string} */ policy) => change({ policy })} />`}
    <${Choice} label="Load control" name="control" value=${now.control} options=${CONTROLS} onValue=${(/** @type {string} */ control) => change({ control })} />
    <${Whole} label="Quantum, references" name="quantum" least=${1} value=${now.quantum} onValue=${(/** @type {number} */ quantum) => change({ quantum })} />
    <${Whole} label="Read ahead, pages" name="readahead" least=${0} value=${now.readahead} onValue=${(/** @type {number} */ readahead) => change({ readahead })} />
    <${Script} id="workload" label="What they refer to" rows=${7} text=${now.workload} most=${MOST_WORKLOAD} refusal=${refusal}
      placeholder=${"p1: 1 2 3w 1 2\np2: 1 1 2 4w"} onText=${(/** @type {string} */ workload) => change({ workload })}
      note=${now.workload.trim() === "" ? "Empty: sixteen processes, each moving through localities of 8 pages." : "A line a process; 3w writes page 3."} />
  </form>`;
}

/** @param {{label: string, name: string, value: string, options: {name: string, label: string}[], onValue: (value: string) => void}} props */
function Choice({ label, name, onValue, options, value }) {
  return html`<label class="field"><span>${label}</span><select name=${name} value=${value}
    onChange=${(/** @type {Event} */ event) => onValue(/** @type {HTMLSelectElement} */ (event.target).value)}>
    ${options.map((option) => html`<option key=${option.name} value=${option.name}>${option.label}</option>`)}
  </select></label>`;
}

/** @param {{label: string, name: string, least: number, value: number, onValue: (value: number) => void}} props */
function Whole({ label, least, name, onValue, value }) {
  /** @param {Event} event */
  const take = (event) => {
    const next = Number(/** @type {HTMLInputElement} */ (event.target).value);
    if (Number.isSafeInteger(next) && next >= least) onValue(next);
  };
  return html`<label class="field field-row"><span>${label}</span>
    <input type="number" name=${name} min=${least} step="1" inputmode="numeric" value=${value} onInput=${take} /></label>`;
}
