// The actions at the top right, in the same place on each view: Share, Export, JSON, Table, Print; and `P`.

import { shown } from "./history.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { formatFragment } from "./fragment.js";
import { state, tableShown, toggleTable } from "./state.js";
import { useState } from "./vendor/preact-hooks.js";
import { view } from "./view.js";

/** @typedef {import("./view.js").Endpoint} Endpoint */

/** What can be exported. */
export const FORMATS = /** @type {const} */ ([
  { id: "png", label: "PNG", note: "the picture, twice as fine as the screen" },
  { id: "svg", label: "SVG", note: "the picture, to any size" },
  { id: "csv", label: "CSV", note: "the window's rows: least, greatest, mean" },
  { id: "json", label: "JSON", note: "the state now and the window's columns" },
]);

/** @param {typeof FORMATS[number]["id"]} format */
export async function exportAs(format) {
  const { exportView } = await import("./export.js");
  await exportView(format);
}

/**
 * Closes the other panels and opens (or closes) one.
 * @param {string} id
 */
export function togglePanel(id) {
  document.getElementById(id)?.togglePopover();
}

/** Saves the view as one HTML file. */
async function saveFile() {
  const { saveLab } = await import("./lab-file.js");
  await saveLab();
}

/** @param {{endpoints: () => Endpoint[]}} props */
export function Actions({ endpoints }) {
  return html`<div class="actions" role="group" aria-label="This view">
    <button type="button" popovertarget="share" data-tip="Share\nA link to this view">
      <${Icon} name="share" /><span>Share</span>
    </button>
    <button type="button" popovertarget="export" data-tip="Export\nPNG, SVG, CSV, JSON">
      <${Icon} name="export" /><span>Export</span>
    </button>
    <button type="button" popovertarget="json" data-tip="JSON\nThe same from a script">
      <${Icon} name="json" /><span>JSON</span>
    </button>
    <button type="button" aria-pressed=${tableShown.value} onClick=${toggleTable} data-tip="Table\nEach picture as its table">
      <${Icon} name="table" /><span>Table</span>
    </button>
    <button type="button" onClick=${() => print()} data-tip="Print"><${Icon} name="print" /><span>Print</span></button>
    <${SharePanel} />
    <${ExportPanel} />
    <${JsonPanel} endpoints=${endpoints} />
  </div>`;
}

function SharePanel() {
  const lines = view.value?.links?.() ?? timeLinks();
  return html`<div id="share" popover class="popover action-panel" role="dialog" aria-label="Share">
    <h2>Share</h2>
    ${lines.map(({ label, text }) => html`<${CopyLine} key=${label} label=${label} text=${text} />`)}
    <p class="note">Whoever can reach this address sees what you see. Nobody can change anything by a link.</p>
    <${FileLine} />
  </div>`;
}

/** One HTML file, where the view can be one. */
function FileLine() {
  const [said, say] = useState("");
  const file = view.value?.recording?.() ?? null;
  if (file === null) return null;
  const save = () => {
    say("Saving…");
    saveFile().then(
      () => say("Saved."),
      (error) => say(error instanceof Error ? error.message : String(error)),
    );
  };
  return html`<p class="copy-label">One HTML file</p>
    <p class="note">It steps without a server, and can be put on a course page.</p>
    <p class="file-line"><button type="button" class="quiet" disabled=${file.refusal !== null} onClick=${save}>Save the file</button>
      <span class="note" role="status">${file.refusal ?? said}</span></p>`;
}

/** The links of a view that follows time. @returns {import("./view.js").Link[]} */
function timeLinks() {
  const { fromMs, live, toMs } = shown.value;
  const times = { ...state.value, from: String(Math.round(fromMs)), to: String(Math.round(toMs)), range: undefined };
  const here = location.origin + location.pathname;
  const fixed = { label: "This view, at these times", text: here + formatFragment(times) };
  return live ? [{ label: "This view, live", text: here + formatFragment(state.value) }, fixed] : [fixed];
}

function ExportPanel() {
  const notes = view.value?.files?.()?.notes ?? {};
  return html`<div id="export" popover class="popover action-panel" role="dialog" aria-label="Export">
    <h2>Export</h2>
    <ul class="choices">${FORMATS.map(
      ({ id, label, note }) => html`<li key=${id}>
      <button type="button" popovertarget="export" popovertargetaction="hide" onClick=${() => exportAs(id)}>
        <b>${label}</b> <span class="note">${notes[id] ?? note}</span>
      </button>
    </li>`,
    )}</ul>
  </div>`;
}

/** @param {{endpoints: () => Endpoint[]}} props */
function JsonPanel({ endpoints }) {
  const [asked, ask] = useState(/** @type {Endpoint[]} */ ([]));
  return html`<div id="json" popover class="popover action-panel wide" role="dialog" aria-label="JSON"
    onBeforeToggle=${() => ask(endpoints())}>
    <h2>JSON</h2>
    ${asked.map(
      ({ body, name, path }) => html`<div key=${name}>
      <p class="copy-label">${body === undefined ? html`<a href=${path} target="_blank" rel="noreferrer">${name}</a>` : name}</p>
      <${CopyLine} label="" text=${curlOf(path, body)} />
    </div>`,
    )}
    <p class="note"><a href="/api">All routes</a>, and <a href="/api/v1/openapi.json">openapi.json</a>.</p>
  </div>`;
}

/**
 * @param {string} path
 * @param {object} [body]
 */
function curlOf(path, body) {
  const data = body === undefined ? "" : ` -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
  return `curl -s${path.endsWith("/stream") ? "N" : ""} '${location.origin}${path}'${data}`;
}

/** A line of text with a button that copies it. @param {{label: string, text: string}} props */
function CopyLine({ label, text }) {
  const [copied, setCopied] = useState(false);
  const copy = async (/** @type {MouseEvent} */ event) => {
    const line = /** @type {Element} */ (event.currentTarget).previousElementSibling;
    await navigator.clipboard?.writeText(text).catch(() => {});
    if (line !== null) getSelection()?.selectAllChildren(line);
    setCopied(true);
  };
  return html`${label !== "" && html`<p class="copy-label">${label}</p>`}
    <div class="copy"><code tabindex="0">${text}</code>
      <button type="button" onClick=${copy} onBlur=${() => setCopied(false)}>${copied ? "Copied" : "Copy"}</button>
    </div>`;
}
