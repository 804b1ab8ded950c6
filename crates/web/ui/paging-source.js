// Reference strings that are sent to the server once: a file, or what was pasted and is too long to be typed. Loaded
// when there is one.

import { postBytes } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { change, kept, refusal } from "./paging-ask.js";

const PATH = "/api/v1/sim/references";
/** The largest file that the server takes, bytes. */
const MAX_BYTES = 16 * 2 ** 20;

/** How a file may name pages. */
const FORMS = ["pages", "flagged", "processes", "addresses", "lackey", "trc", "csv", "oracle-general", "lcs", "champsim"];

/** What was sent, as long as the page is open: it is sent again when the server has no room for it any longer. */
let sent = { name: "", form: "auto", bytes: new Blob() };

/**
 * Sends a string and asks about it.
 * @param {Blob} bytes
 * @param {string} name
 * @param {string} form `auto` lets the server find it
 */
export async function send(bytes, name, form = "auto") {
  if (bytes.size > MAX_BYTES)
    throw new Error(
      `${name} has ${bytes.size} bytes: the page takes ${MAX_BYTES}; “ramscope sim paging --file” takes any number.`,
    );
  const next = { name, form, bytes };
  const query = new URLSearchParams({ form, name });
  const found = await postBytes(`${PATH}?${query}`, bytes);
  sent = next;
  kept.value = { ...found, name };
  return /** @type {import("./paging-ask.js").Kept} */ (kept.value);
}

/**
 * Opens a file: its problem keeps policies and frames.
 * @param {Blob} bytes
 * @param {string} name
 */
export async function open(bytes, name) {
  const { id } = await send(bytes, name);
  refusal.value = null;
  change({ from: id });
}

/**
 * Reads what was sent once more, in another form.
 * @param {string} form
 */
export async function readAs(form) {
  const { id } = await send(sent.bytes, sent.name, form);
  change({ from: id });
}

/**
 * Sends a string again that the server has no longer.
 * @param {string} id
 */
export async function sendAgain(id) {
  if (kept.peek()?.id !== id)
    throw new Error("The server keeps this reference string no longer: read its file again.");
  await send(sent.bytes, sent.name, sent.form);
}

/**
 * Where a string comes from that is not typed.
 * @param {{now: import("./paging-problem.js").Problem, refuse: (message: string) => void}} props
 */
export function Source({ now, refuse }) {
  const facts = kept.value?.id === now.from ? kept.value : null;
  const [words, count, pages] = now.from.split(":");
  const made = words === "zipf" ? { name: "Zipf", references: Number(count), pages: Number(pages) } : null;
  const known = facts ?? made;
  /** @param {Event} event */
  const choose = (event) =>
    void readAs(/** @type {HTMLSelectElement} */ (event.target).value).catch((/** @type {Error} */ { message }) => refuse(message));
  return html`<p id="refs"><b>${known?.name ?? "A string that was sent"}</b><br />
      ${known !== null && `${grouped(known.references)} references to ${grouped(known.pages)} pages`}</p>
    ${
      facts !== null &&
      html`<label class="field-row"><span>Read as</span><select value=${facts.form} onChange=${choose}
        data-tip=${facts.detected && `Found by itself\n${facts.detected}`}>
        ${FORMS.map((form) => html`<option key=${form} value=${form}>${form}</option>`)}</select></label>`
    }
    <button type="button" class="quiet" onClick=${() => change({ from: "" })}>Type one instead</button>`;
}
