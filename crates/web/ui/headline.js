// The headline: whether the machine is short of memory, in one sentence, and why.

import { html } from "./html.js";
import { signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").Memory} Memory */

/** A letter or sign beside the colour: nobody has to see colours to read a state. */
const SIGNS = { ok: "✓", tight: "!", short: "!!", critical: "✕" };
/** Letters above which the sentence is set smaller, so that the page below it stays where it is. */
const LONG = 78;
const open = signal(false);

/** The verdict that the server wrote into the page: it stands until the first sample has come. */
const firstLook = readFirstLook();

/** @returns {Memory["explain"] | null} */
function readFirstLook() {
  const verdict = /** @type {HTMLElement | null} */ (document.querySelector("#page .verdict"));
  const words = [...(verdict?.querySelector(".verdict-sentence")?.childNodes ?? [])];
  const text = words.filter((node) => node.nodeName !== "BUTTON").map((node) => node.textContent);
  const headline = text.join("").trim();
  if (headline === "") return null;
  return { headline, reasons: [], state: /** @type {Memory["explain"]["state"]} */ (verdict?.dataset.state ?? "ok") };
}

/** @param {{now: Memory | null, foretold?: string}} props `foretold` is when memory runs out, empty where it does not */
export function HeadlineSentence({ foretold = "", now }) {
  const explain = now?.explain ?? firstLook;
  if (explain === null) {
    return html`<section class="verdict" aria-label="Verdict">
      <h1 class="verdict-sentence"><span class="verdict-sign" aria-hidden="true"></span> Waiting for the first sample…</h1>
    </section>`;
  }
  return html`<${Verdict} explain=${explain} foretold=${foretold} />`;
}

/** @param {{explain: Memory["explain"], foretold: string}} props */
function Verdict({ explain, foretold }) {
  const { headline, reasons, state } = explain;
  const colon = headline.indexOf(":");
  const word = colon > 0 ? headline.slice(0, colon) : headline;
  const rest = colon > 0 ? headline.slice(colon) : "";
  return html`<section class="verdict" data-state=${state} data-long=${headline.length > LONG} aria-label="Verdict">
    <h1 class="verdict-sentence">
      <span class="verdict-sign" aria-hidden="true">${SIGNS[state] ?? ""}</span>
      <span class="verdict-word">${word}</span>${rest}
      <button type="button" class="why" disabled=${reasons.length === 0} aria-expanded=${open.value}
        aria-controls="reasons" onClick=${() => (open.value = !open.value)}>Why</button>
    </h1>
    ${foretold !== "" && html`<p class="foretold" data-foretold><span aria-hidden="true">↗</span> ${foretold[0].toUpperCase() + foretold.slice(1)}</p>`}
    <ul id="reasons" class="reasons" hidden=${!open.value}>
      ${reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}
    </ul>
  </section>`;
}
