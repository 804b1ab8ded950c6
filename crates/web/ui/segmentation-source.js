// Lists of requests that are sent to the server once: a recorded trace, or what is too long to be typed. Loaded when there is
// one.

import { postBytes } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { signal } from "./vendor/signals.js";

/** @typedef {{id: string, form: string, operations: number, requests: number, peak_bytes: number, name: string}} Kept */

const PATH = "/api/v1/sim/requests";
/** The largest file that the server takes, bytes. */
const MAX_BYTES = 16 * 2 ** 20;

/** How a list was written, in words. @type {Record<string, string>} */
const FORMS = { list: "+n and -k", script: "malloc and free a line", mtrace: "glibc’s mtrace", trace: "an alloc trace of ramscope" };

/** What was sent last, as long as the page is open. */
let sent = { name: "", bytes: new Blob() };
/** What the server keeps of it. */
const kept = signal(/** @type {Kept | null} */ (null));

/**
 * Sends a list.
 * @param {Blob} bytes
 * @param {string} name
 * @returns {Promise<Kept>}
 */
export async function send(bytes, name) {
  if (bytes.size === 0) throw new Error(`${name} is empty: it asks for nothing.`);
  if (bytes.size > MAX_BYTES)
    throw new Error(`${name} has ${bytes.size} bytes: the page takes ${MAX_BYTES}; “ramscope sim alloc --file” takes any number. Packed by gzip or zstd it may be small enough.`);
  const found = await postBytes(PATH, bytes);
  sent = { name, bytes };
  kept.value = { ...found, name };
  return { ...found, name };
}

/**
 * Sends a list again that the server has no longer.
 * @param {string} id
 */
export async function sendAgain(id) {
  if (kept.peek()?.id !== id) throw new Error("The server keeps this list of requests no longer: read its file again.");
  await send(sent.bytes, sent.name);
}

/** Memory for a list that says nothing of it: twice what is held at once, to a power of two. @param {Kept} found */
export function memoryFor({ peak_bytes }) {
  return 2 ** Math.ceil(Math.log2(Math.max(2, 2 * peak_bytes)));
}

/**
 * Where a list comes from that is not typed.
 * @param {{id: string, onType: () => void}} props
 */
export function Source({ id, onType }) {
  const known = kept.value?.id === id ? kept.value : null;
  return html`<p id="ops"><b>${known?.name ?? "A list that was sent"}</b><br />
      ${known !== null && `${grouped(known.operations)} operations, ${grouped(known.requests)} requests, ${grouped(known.peak_bytes)} bytes held at once at most. Read as ${FORMS[known.form] ?? known.form}.`}</p>
    <button type="button" class="quiet" onClick=${onType}>Type one instead</button>`;
}
