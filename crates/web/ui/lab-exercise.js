// Exercises: drawn from a seed, solved on the sheet with a hint, the next step or the key, and saved for print or a course.
// The seed, the student and the course key stay in this panel: neither the address nor a link ever holds them.

import { postJson } from "./api.js";
import { save } from "./export.js";
import { html } from "./html.js";
import { closeOutside } from "./keys.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

const PATH = "/api/v1/sim/exercise";

/** How a sheet is saved. */
const FORMATS = [
  { id: "html", label: "Sheet to print", ending: "html" },
  { id: "text", label: "Text", ending: "txt" },
  { id: "csv", label: "CSV", ending: "csv" },
  { id: "gift", label: "GIFT (Moodle)", ending: "gift", keyed: true },
  { id: "moodle", label: "Moodle XML", ending: "xml", keyed: true },
  { id: "qti", label: "QTI 1.2 (Canvas)", ending: "qti.xml", keyed: true },
];

/**
 * @typedef {{heading: string, cells?: string[], explain?: string}} Column
 * @typedef {{name: string, title: string, notes: string[], heading: string, rows: string[], steps: Column[], hint?: string}} Table
 * @typedef {{title: string, student?: string, students?: number, task: string[], is_open: boolean, given: {label: string, value: string}[],
 *   problem: Record<string, any>, tables: Table[], file?: {name: string, media_type: string, text: string}}} Sheet
 * @typedef {"none" | "hint" | "step" | "key"} Reveal
 * @typedef {{wish: string, label: string}} Wish
 * @typedef {{topic: string, wishes: Wish[], numbers: {name: string, label: string, usual: number}[],
 *   further?: object}} Topic what the lab offers: wishes as choices, and the numbers of a problem; `further` is asked with them
 */

/**
 * The panel.
 * @param {{topic: Topic, open: (problem: Record<string, any>) => void, onClose: () => void, choice?: any}} props `open` shows a problem in
 *   the lab; `choice` is between topics
 */
export function Exercise({ choice, onClose, open, topic }) {
  const host = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [sheet, setSheet] = useState(/** @type {Sheet | null} */ (null));
  const [refusal, refuse] = useState("");
  const [reveal, setReveal] = useState(/** @type {Reveal} */ ("none"));
  const [done, setDone] = useState(0);
  useEffect(() => host.current?.showModal(), []);
  useEffect(() => void draw("none", 0), [topic]);

  /**
   * @param {Reveal} next
   * @param {number} steps
   */
  const draw = async (next, steps) => {
    if (form.current === null) return;
    const asked = { ...bodyOf(topic, new FormData(form.current)), reveal: next, ...(stepwise(next) ? { done: steps } : {}) };
    const answer = await postJson(PATH, asked).catch((error) => error);
    refuse(answer instanceof Error ? answer.message : "");
    if (answer instanceof Error) return;
    setSheet((before) => (next === "step" && before !== null ? withEarlier(before, answer) : answer));
    setReveal(next);
    setDone(steps);
  };

  /** @param {typeof FORMATS[number]} format */
  const saveAs = async (format) => {
    if (form.current === null) return;
    const kept = format.keyed ? "key" : reveal;
    const asked = { ...bodyOf(topic, new FormData(form.current)), format: format.id, reveal: kept, ...(stepwise(kept) ? { done } : {}) };
    const answer = await postJson(PATH, asked).catch((error) => error);
    if (answer instanceof Error || answer.file === undefined) return refuse(answer.message ?? "The server sent no file.");
    save(new Blob([answer.file.text], { type: answer.file.media_type }), answer.file.name);
  };

  return html`<dialog ref=${host} class="dialog exercise" aria-label="Exercise" onClick=${closeOutside} onClose=${onClose}>
    <div class="dialog-body">
      <header class="exercise-head"><h2>Exercise</h2>${choice}<button type="button" class="quiet" onClick=${() => host.current?.close()}>Close</button></header>
      <form ref=${form} key=${topic.topic} class="exercise-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()} onInput=${() => void draw("none", 0)}>
        <${Wishes} topic=${topic} />
        <fieldset class="field"><legend>For whom</legend>
          <${Entry} name="seed" label="Exercise number (seed)" type="number" usual="1" />
          <label class="field exercise-students"><span>Students</span>
            <textarea name="students" rows="2" spellcheck="false" placeholder="One a line: each gets a variant of their own"></textarea></label>
          <${Entry} name="course_key" label="Course key" type="password" usual="" />
          <p class="note">The key stays in this panel and is never part of a link. Anyone can solve a known problem with ramscope: a key protects which variant is whose, not the answers.</p>
        </fieldset>
      </form>
      <p class="refusal" role="alert" hidden=${refusal === ""}>${refusal}</p>
      ${sheet !== null && html`<${Solved} sheet=${sheet} reveal=${reveal} done=${done} draw=${draw} open=${() => leave(host.current, () => open(sheet.problem))} />`}
      <p class="exercise-files"><span class="note">Save ${sheet?.students === undefined ? "" : `all ${sheet.students} sheets `}${reveal === "key" ? "with the key" : "as it stands"}:</span>
        ${FORMATS.map(
          (format) =>
            html`<button type="button" class="quiet" key=${format.id} disabled=${sheet === null} onClick=${() => void saveAs(format)} data-tip=${format.keyed ? "Always with the key" : undefined}>${format.label}</button>`,
        )}
      </p>
    </div>
  </dialog>`;
}

/**
 * @param {HTMLDialogElement | null} dialog
 * @param {() => void} then
 */
function leave(dialog, then) {
  dialog?.close();
  then();
}

/**
 * A sheet with the steps that another showed before.
 * @param {Sheet} before
 * @param {Sheet} now
 */
function withEarlier(before, now) {
  const column = (/** @type {Column} */ step, /** @type {Column | undefined} */ earlier) =>
    step.cells === undefined && earlier?.cells !== undefined ? { ...step, cells: earlier.cells } : step;
  const tables = now.tables.map((table, at) => ({
    ...table,
    steps: table.steps.map((step, index) => column(step, before.tables[at]?.steps[index])),
  }));
  return { ...now, tables };
}

/** @param {Reveal} reveal */
function stepwise(reveal) {
  return reveal === "hint" || reveal === "step";
}

/**
 * The question in the form's fields.
 * @param {Topic} topic
 * @param {FormData} fields
 */
function bodyOf({ further = {}, numbers, topic }, fields) {
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "").trim();
  const given = numbers.map(({ name, usual }) => [name, Number(text(name) || usual)]);
  /** @type {Record<string, any>} */
  const body = { topic, ...further, ...Object.fromEntries(given), seed: Number(text("seed") || 1), wishes: fields.getAll("wish") };
  const students = studentsOf(text("students"));
  if (students.length === 1) body.student = students[0];
  if (students.length > 1) body.students = students;
  if (text("course_key") !== "") body.course_key = text("course_key");
  return body;
}

/** The names of a class, one a line. @param {string} text */
export function studentsOf(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** @param {{topic: Topic}} props */
function Wishes({ topic }) {
  return html`<fieldset class="field"><legend>Wishes</legend>
    ${topic.wishes.map(
      ({ label, wish }, index) => html`<label class="exercise-wish" key=${wish}>
      <input type="checkbox" name="wish" value=${wish} defaultChecked=${index === 0} /> ${label}</label>`,
    )}
    ${topic.numbers.map(({ label, name, usual }) => html`<${Entry} key=${name} name=${name} label=${label} type="number" usual=${String(usual)} />`)}
  </fieldset>`;
}

/** @param {{name: string, label: string, type: string, usual: string}} props */
function Entry({ label, name, type, usual }) {
  return html`<label class="field field-row"><span>${label}</span>
    <input type=${type} name=${name} defaultValue=${usual} min=${type === "number" ? 1 : undefined} autocomplete="off" /></label>`;
}

/**
 * The sheet, with as much of it solved as was asked for.
 * @param {{sheet: Sheet, reveal: Reveal, done: number, draw: (reveal: Reveal, done: number) => void, open: () => void}} props
 */
function Solved({ done, draw, open, reveal, sheet }) {
  const steps = sheet.tables[0]?.steps.length ?? 0;
  return html`<section class="exercise-sheet" aria-label="Sheet">
    <header class="exercise-head"><h3>${sheet.title}</h3>
      <div class="ranges" role="group" aria-label="How much is shown">
        <button type="button" aria-pressed=${reveal === "none"} onClick=${() => draw("none", 0)}>Blank</button>
        <button type="button" aria-pressed=${reveal === "hint"} onClick=${() => draw("hint", done)}>Hint</button>
        <button type="button" aria-pressed=${reveal === "step"} disabled=${done >= steps} onClick=${() => draw("step", reveal === "step" ? done + 1 : done)}>Next step</button>
        <button type="button" aria-pressed=${reveal === "key"} onClick=${() => draw("key", steps)}>Key</button>
      </div>
      <button type="button" class="quiet" onClick=${open}>Open in the lab</button>
    </header>
    ${sheet.student !== undefined && html`<p class="exercise-whose"><b>${sheet.student}</b>${sheet.students !== undefined && html` <span class="note">the first of ${sheet.students} students; what you save holds every one’s sheet, each on its own page</span>`}</p>`}
    ${sheet.is_open && html`<p class="note">Without a course key anyone can compute this variant from its number and the student's name.</p>`}
    ${sheet.task.map((words) => html`<p key=${words}>${words}</p>`)}
    <dl class="exercise-given">${sheet.given.map(({ label, value }) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
    ${sheet.tables.map((table) => html`<${Grid} key=${table.name} table=${table} />`)}
  </section>`;
}

/** @param {{table: Table}} props */
function Grid({ table }) {
  const told = table.steps.filter(({ explain }) => explain !== undefined).at(-1);
  return html`<figure class="exercise-grid">
    <figcaption><b>${table.title}</b> <span class="note">${table.notes.join(" ")}</span></figcaption>
    <div class="table-scroll" tabindex="0" role="region" aria-label=${table.title}><table>
      <thead><tr><th scope="row">${table.heading}</th>${table.steps.map(({ heading }, index) => html`<th scope="col" key=${index}>${heading}</th>`)}</tr></thead>
      <tbody>${table.rows.map(
        (row, at) => html`<tr key=${row}><th scope="row">${row}</th>
        ${table.steps.map(({ cells }, index) => html`<td key=${index}>${cells?.[at] ?? ""}</td>`)}</tr>`,
      )}</tbody>
    </table></div>
    <p class="note" aria-live="polite">${[table.hint, told?.explain].filter(Boolean).join(" ")}</p>
  </figure>`;
}
