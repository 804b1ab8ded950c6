// The keys: what each does, and the sheet that lists them.

import { html } from "./html.js";
import { view } from "./view.js";

/** @typedef {{keys: string[], label: string}} Key */

/** @type {Key[]} */
const SHEET = [
  { keys: ["Ctrl", "K"], label: "Find a view, a term, a command" },
  { keys: ["?"], label: "These keys" },
  { keys: ["P"], label: "Present: only the view, larger" },
  { keys: ["T"], label: "Pictures as tables" },
  { keys: ["Esc"], label: "Close, let go, end presenting" },
];

/** What further keys do where there is a window of time. @type {Key[]} */
const TIME_SHEET = [
  { keys: ["Space"], label: "Hold the charts, or follow again" },
  { keys: ["1–9"], label: "A minute, up to all there is" },
  { keys: ["←", "→"], label: "On a chart: move through time" },
  { keys: ["Shift", "←", "→"], label: "On a chart: choose a stretch" },
  { keys: ["Enter"], label: "On a chart: zoom into the stretch, or show the moment" },
  { keys: ["Alt", "←"], label: "Back to the window before" },
];

/** The sheet. */
export function KeySheet() {
  return html`<dialog id="keys" class="dialog" aria-label="Keys" onClick=${closeOutside}>
    <div class="dialog-body">
      <h2>Keys</h2>
      <dl class="key-list">${[...(view.value?.keySheet ?? TIME_SHEET), ...SHEET].map(
        ({ keys, label }) => html`<div key=${label}>
        <dt>${keys.map((key) => html`<kbd key=${key}>${key}</kbd> `)}</dt><dd>${label}</dd>
      </div>`,
      )}</dl>
      <form method="dialog"><button>Close</button></form>
    </div>
  </dialog>`;
}

/** A click beside a dialog's content closes it. @param {MouseEvent} event */
export function closeOutside(event) {
  if (event.target === event.currentTarget) /** @type {HTMLDialogElement} */ (event.currentTarget).close();
}

/** Opens the sheet. */
export function openKeys() {
  const sheet = document.getElementById("keys");
  if (sheet instanceof HTMLDialogElement && !sheet.open) sheet.showModal();
}

/**
 * Listens for single keys; none of them works while one types or a dialog is open.
 * @param {Record<string, () => void>} bindings by `KeyboardEvent.key`, lower case
 * @param {() => void} openPalette
 */
export function followKeys(bindings, openPalette) {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    const act = bindings[event.key.toLowerCase()];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || meantFor(event)) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  });
}

/**
 * Whether a key means something where the focus is: letters in a field, Space on a button, anything in a dialog.
 * @param {KeyboardEvent} event
 */
function meantFor({ key, target }) {
  if (document.querySelector("dialog[open]") !== null) return true;
  const takes = key === " " ? "input, select, textarea, button, a" : "input, select, textarea";
  return target instanceof Element && target.closest(takes) !== null;
}
