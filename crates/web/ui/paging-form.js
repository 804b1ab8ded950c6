// The problem at the left: a named one, or one's own; typed, pasted, or read from a file.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { change, problem, roster } from "./paging-ask.js";
import { chosen, MAX_FRAMES, MAX_TEXT, NAMED, nameOf, readReferences } from "./paging-problem.js";
import { useEffect, useMemo, useRef, useState } from "./vendor/preact-hooks.js";
import { signal } from "./vendor/signals.js";

export { Refusal } from "./lab-question.js";

/** @typedef {import("./paging-problem.js").Problem} Problem */

/** How long typing must rest before the answer follows it, milliseconds. */
const REST_MS = 350;
/** The policies in the first row; the others are under "All". */
const COMMON = ["fifo", "lru", "opt", "clock"];

/** The form. */
export function Form() {
  const now = problem.value;
  return html`<form class="problem-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${NamedProblems} now=${now} />
    <${References} now=${now} />
    <${Frames} now=${now} />
    <${Policies} now=${now} />
    <${Convention} now=${now} />
  </form>`;
}

/** @param {{now: Problem}} props */
function NamedProblems({ now }) {
  const name = nameOf(now);
  /** @param {Event} event */
  const choose = (event) => {
    const named = NAMED.find(({ id }) => id === /** @type {HTMLSelectElement} */ (event.target).value);
    if (named !== undefined) change(chosen(named));
  };
  return html`<label class="field"><span>Problem</span>
    <select value=${name?.id ?? ""} onChange=${choose}>
      ${name === undefined && html`<option value="">Your own</option>`}
      ${NAMED.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}
    </select>
  </label>`;
}

/** The reference string: typed, or where it comes from; a file can be dropped on either. @param {{now: Problem}} props */
function References({ now }) {
  const [fileError, setFileError] = useState("");
  const [over, setOver] = useState(false);
  useEffect(() => setFileError(""), [now.from, now.refs]);
  /** @param {Blob} bytes @param {string} name */
  const open = (bytes, name) => void openFile(bytes, name).catch((/** @type {Error} */ error) => setFileError(error.message));
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) open(file, file.name);
  };
  return html`<div class="field" data-over=${over} onDrop=${drop} onDragLeave=${() => setOver(false)}
      onDragOver=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(true);
      }}>
    <div class="field-head"><label for="refs">Reference string</label>
      <label class="file-button">Read a file<input type="file" class="sr-only" aria-label="Read the reference string from a file"
        onChange=${(/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.target);
          const [file] = input.files ?? [];
          input.value = "";
          if (file !== undefined) open(file, file.name);
        }} /></label></div>
    ${now.from === "" ? html`<${Typed} now=${now} fileError=${fileError} open=${open} />` : html`<${Source} now=${now} fileError=${fileError} refuse=${setFileError} />`}
  </div>`;
}

/** The string as it is typed, with the place that cannot be read pointed at. @param {{now: Problem, fileError: string, open: (bytes: Blob, name: string) => void}} props */
function Typed({ fileError, now, open }) {
  const [draft, setDraft] = useState(now.refs);
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const rest = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(now.refs);
  }, [now.refs]);
  const { error, references } = useMemo(() => readReferences(draft), [draft]);
  const message = fileError || error?.message || "";
  /** @param {string} text */
  const take = (text) => {
    clearTimeout(rest.current);
    if (text.length > MAX_TEXT) return open(new Blob([text]), "What was pasted");
    setDraft(text);
    rest.current = setTimeout(() => readReferences(text).error === null && change({ refs: text }, "adjust"), REST_MS);
  };
  return html`<div class="field-marked" data-wrong=${message !== ""}>
      ${error !== null && error.to > error.from && html`<div class="field-marks" aria-hidden="true">${draft.slice(0, error.from)}<mark>${draft.slice(error.from, error.to)}</mark>${draft.slice(error.to)}</div>`}
      <textarea id="refs" rows="3" spellcheck=${false} autocomplete="off" ref=${field} value=${draft} aria-invalid=${message !== ""}
        aria-describedby="refs-note" onInput=${(/** @type {Event} */ event) => take(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>
    </div>
    <p id="refs-note" class="field-note" role="status">${message === "" ? `${grouped(references?.length ?? 0)} references; 3w writes page 3.` : html`<span class="fault">✕ ${message}</span>`}</p>`;
}

/** What shows where a string comes from, once it has been loaded. */
const source = signal(/** @type {typeof import("./paging-source.js").Source | null} */ (null));

/** Where a string comes from that is not typed. @param {{now: Problem, fileError: string, refuse: (message: string) => void}} props */
function Source(props) {
  useEffect(() => void import("./paging-source.js").then((loaded) => (source.value = loaded.Source)), []);
  return html`<div class="source">${source.value !== null && html`<${source.value} ...${props} />`}</div>
    <p id="refs-note" class="field-note" role="status">${props.fileError !== "" && html`<span class="fault">✕ ${props.fileError}</span>`}</p>`;
}

/**
 * A short text of page numbers is as if it were typed; all else is sent to the server.
 * @param {Blob} bytes
 * @param {string} name
 */
async function openFile(bytes, name) {
  if (bytes.size === 0) throw new Error(`${name} is empty: it names no page.`);
  if (bytes.size <= MAX_TEXT && !/\.(trc|csv)$/i.test(name)) {
    const text = new TextDecoder().decode(await bytes.arrayBuffer()).trim();
    if (readReferences(text).error === null) return change({ refs: text, from: "" });
  }
  await (await import("./paging-source.js")).open(bytes, name);
}

/** @param {{now: Problem}} props */
function Frames({ now }) {
  /** @param {Event} event */
  const take = (event) => {
    const frames = Number(/** @type {HTMLInputElement} */ (event.target).value);
    if (Number.isInteger(frames) && frames >= 1 && frames <= MAX_FRAMES) change({ frames }, "adjust");
  };
  return html`<label class="field field-row"><span>Frames</span>
    <input type="number" min="1" max=${MAX_FRAMES} step="1" inputmode="numeric" value=${now.frames} onInput=${take} />
  </label>`;
}

/** @param {{now: Problem}} props */
function Policies({ now }) {
  const all = roster.value?.policies ?? [];
  const near = [...new Set([...COMMON, ...now.policies])].map(
    (name) => all.find((policy) => policy.name === name) ?? { name, title: name.toUpperCase(), about: "" },
  );
  const others = all.filter(({ name }) => !near.some((policy) => policy.name === name));
  /** @param {string} name */
  const toggle = (name) => {
    const policies = now.policies.includes(name)
      ? now.policies.filter((other) => other !== name)
      : [...now.policies, name];
    if (policies.length > 0) change({ policies });
  };
  return html`<fieldset class="field"><legend>Policies</legend>
    <div class="chips">${near.map(
      (
        policy,
      ) => html`<button type="button" class="chip" key=${policy.name} aria-pressed=${now.policies.includes(policy.name)}
      data-tip=${`${policy.title}\n${policy.about}`} onClick=${() => toggle(policy.name)}>${policy.title}</button>`,
    )}</div>
    ${
      others.length > 0 &&
      html`<select aria-label="Another policy" value="" onChange=${(/** @type {Event} */ event) => {
        const select = /** @type {HTMLSelectElement} */ (event.target);
        toggle(select.value);
        select.value = "";
      }}>
      <option value="">Compare with …</option>
      ${others.map(({ name, title }) => html`<option key=${name} value=${name}>${title}</option>`)}
    </select>`
    }
  </fieldset>`;
}

/** The preset, and each parameter that these policies have. @param {{now: Problem}} props */
function Convention({ now }) {
  const known = roster.value;
  if (known === null) return null;
  const preset = known.presets.find(({ name }) => name === now.preset);
  const own = known.policies.filter(({ name }) => now.policies.includes(name)).flatMap(({ parameters }) => parameters);
  /** @param {Event} event */
  const choose = (event) => change({ preset: /** @type {HTMLSelectElement} */ (event.target).value, set: {} });
  return html`<fieldset class="field"><legend>Convention</legend>
    <select aria-label="Convention" value=${preset?.name ?? ""} data-tip=${preset && `${presetTitle(preset)}\n${preset.source}`} onChange=${choose}>
      <option value="">Defaults</option>
      ${known.presets.map((each) => html`<option key=${each.name} value=${each.name}>${presetTitle(each)}</option>`)}
    </select>
    ${[...own, ...known.parameters].map(
      (parameter) => html`<${Setting} key=${parameter.name} parameter=${parameter} now=${now}
      preset=${preset?.values[parameter.name]} />`,
    )}
  </fieldset>`;
}

/** A preset's name as people write it. @param {import("./paging-ask.js").Preset} preset */
export function presetTitle({ name, source }) {
  return source.split(/[:, ]/).find((word) => word.toLowerCase() === name) ?? (name === "ostep" ? "OSTEP" : name);
}

/** @param {{parameter: import("./paging-ask.js").Parameter, now: Problem, preset: string | number | undefined}} props */
function Setting({ now, parameter, preset }) {
  const { about, default: usual, greatest, least, name, takes, words } = parameter;
  const set = now.set[name];
  const standing = String(preset ?? usual);
  const choices = words ?? (least === 0 && greatest === 1 && Number.isInteger(usual) ? ["0", "1"] : null);
  /** @param {Event} event */
  const take = (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    const { [name]: _, ...rest } = now.set;
    if (value !== "") change({ set: value === standing ? rest : { ...rest, [name]: value } });
  };
  const tip = `${name}\n${about.replaceAll("`", "")}\nTakes ${takes}`;
  return html`<label class="field field-row setting" data-tip=${tip}><code>${name}</code>
    ${
      choices !== null
        ? html`<select value=${set ?? standing} onChange=${take}>${choices.map((word) => html`<option key=${word} value=${word}>${word}</option>`)}</select>`
        : html`<input type="text" inputmode="decimal" value=${set ?? standing} onChange=${take} />`
    }
  </label>`;
}
