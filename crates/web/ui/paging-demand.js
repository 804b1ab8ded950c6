// Demand paging with several processes: CPU utilisation against the degree of multiprogramming, where thrashing is seen.

import { postJson } from "./api.js";
import { html } from "./html.js";
import { closeOutside } from "./keys.js";
import { loadSheets } from "./lab.js";
import { roster } from "./paging-ask.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

await loadSheets("./paging-demand.css");

const PATH = "/api/v1/sim/demand";
const ALLOCATIONS = ["global", "equal", "proportional", "working-set", "pff"];
const CONTROLS = [
  { control: "working-set", label: "By working sets" },
  { control: "fault-rate", label: "By fault rate" },
  { control: "none", label: "None" },
];

/** The picture, in its own units. */
const WIDTH = 720;
const HEIGHT = 300;
const EDGE = { left: 48, right: 112, top: 16, bottom: 36 };

/**
 * @typedef {{degree: number, cpu_utilisation: number, disk_utilisation: number, fault_rate: number,
 *   throughput_references_per_s: number, suspensions: number}} Point
 * @typedef {{points: Point[], knee: number}} Curve
 * @typedef {{curve: {free: Curve, controlled: Curve | null, explain: string}}} Answer
 */

/** The panel. @param {{onClose: () => void}} props */
export function Demand({ onClose }) {
  const host = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [answer, setAnswer] = useState(/** @type {Answer | null} */ (null));
  const [refusal, refuse] = useState("");
  const ask = async () => {
    if (form.current === null) return;
    const found = await postJson(PATH, bodyOf(new FormData(form.current))).catch((error) => error);
    refuse(found instanceof Error ? found.message : "");
    if (!(found instanceof Error)) setAnswer(found);
  };
  useEffect(() => {
    host.current?.showModal();
    void ask();
  }, []);
  return html`<dialog ref=${host} class="dialog demand" aria-label="Demand paging" onClick=${closeOutside} onClose=${onClose}>
    <div class="dialog-body">
      <header class="demand-head"><h2>Thrashing <span class="note">sixteen processes, each moving through localities of 8 pages</span></h2>
        <button type="button" class="quiet" onClick=${() => host.current?.close()}>Close</button></header>
      <form ref=${form} class="demand-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()} onInput=${() => void ask()}>
        <label class="field"><span>Frames</span><input type="number" name="frames" min="16" max="1024" defaultValue="48" /></label>
        <label class="field"><span>Policy</span><select name="policy">${(roster.value?.policies ?? []).map(
          ({ name, title }) => html`<option key=${name} value=${name} selected=${name === "lru"}>${title}</option>`,
        )}</select></label>
        <label class="field"><span>Frames go</span><select name="allocation">${ALLOCATIONS.map((name) => html`<option key=${name}>${name}</option>`)}</select></label>
        <label class="field"><span>Load control</span><select name="control">${CONTROLS.map(({ control, label }) => html`<option key=${control} value=${control}>${label}</option>`)}</select></label>
      </form>
      <p class="refusal" role="alert" hidden=${refusal === ""}>${refusal}</p>
      ${answer !== null && html`<${Picture} curve=${answer.curve} /><p aria-live="polite">${answer.curve.explain}</p><${Twin} curve=${answer.curve} />`}
    </div>
  </dialog>`;
}

/** @param {FormData} fields */
function bodyOf(fields) {
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "");
  return {
    frames: Number(text("frames")),
    policy: text("policy") || "lru",
    allocation: text("allocation"),
    set: { "load.control": text("control") },
    steps: 0,
  };
}

/** The curves, each named at its end, the knee marked. @param {{curve: Answer["curve"]}} props */
function Picture({ curve: { controlled, free } }) {
  const most = free.points.length;
  const x = (/** @type {number} */ degree) => EDGE.left + ((degree - 1) / Math.max(1, most - 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (/** @type {number} */ share) => EDGE.top + (1 - share) * (HEIGHT - EDGE.top - EDGE.bottom);
  const said = `CPU utilisation is highest with ${free.knee} processes, and ${percent(free.points[most - 1].cpu_utilisation)} with ${most}.`;
  return html`<svg class="demand-picture" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${said}>
    ${[0, 0.25, 0.5, 0.75, 1].map(
      (share) => html`<g key=${share}><path class="demand-rule" d="M${EDGE.left} ${y(share)}H${WIDTH - EDGE.right}" />
      <text x=${EDGE.left - 8} y=${y(share)} dy="0.35em" text-anchor="end">${percent(share)}</text></g>`,
    )}
    ${free.points.map(({ degree }) => html`<text key=${degree} x=${x(degree)} y=${HEIGHT - 18} text-anchor="middle">${degree}</text>`)}
    <text class="demand-axis" x=${(EDGE.left + WIDTH - EDGE.right) / 2} y=${HEIGHT - 2} text-anchor="middle">processes in memory</text>
    <path class="demand-knee" d="M${x(free.knee)} ${EDGE.top}V${HEIGHT - EDGE.bottom}" />
    <text class="demand-knee-word" x=${x(free.knee) + 6} y=${EDGE.top + 10}>the knee: ${free.knee}</text>
    ${controlled !== null && html`<${Line} kind="controlled" label="load control" points=${controlled.points} x=${x} y=${y} />`}
    <${Line} kind="free" label="no control" points=${free.points} x=${x} y=${y} />
  </svg>`;
}

/**
 * @param {{kind: string, label: string, points: Point[], x: (degree: number) => number, y: (share: number) => number}} props
 */
function Line({ kind, label, points, x, y }) {
  const last = points[points.length - 1];
  const path = points.map(({ cpu_utilisation: share, degree }, index) => `${index === 0 ? "M" : "L"}${x(degree)} ${y(share)}`);
  return html`<g class="demand-line" data-kind=${kind}><path d=${path.join("")} />
    ${points.map(
      ({ cpu_utilisation: share, degree, fault_rate: rate }) =>
        html`<circle key=${degree} cx=${x(degree)} cy=${y(share)} r="3.5" data-tip=${`${degree} processes, ${label}\n${percent(share)} of the CPU\nfault rate ${rate.toFixed(3)}`} />`,
    )}
    <text x=${x(last.degree) + 10} y=${y(last.cpu_utilisation)} dy="0.35em">${label}</text></g>`;
}

/** The same as a table. @param {{curve: Answer["curve"]}} props */
function Twin({ curve: { controlled, free } }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="The curve as a table"><table class="twin">
    <thead><tr><th scope="col">Processes</th><th scope="col">CPU</th><th scope="col">Disk</th><th scope="col">Fault rate</th>
      ${controlled !== null && html`<th scope="col">CPU, controlled</th><th scope="col">Suspensions</th>`}</tr></thead>
    <tbody>${free.points.map((point, index) => {
      const held = controlled?.points[index];
      return html`<tr key=${point.degree}><th scope="row">${point.degree}</th><td>${percent(point.cpu_utilisation)}</td>
        <td>${percent(point.disk_utilisation)}</td><td>${point.fault_rate.toFixed(3)}</td>
        ${held !== undefined && html`<td>${percent(held.cpu_utilisation)}</td><td>${held.suspensions}</td>`}</tr>`;
    })}</tbody>
  </table></div>`;
}

/** @param {number} share 0..1 */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}
