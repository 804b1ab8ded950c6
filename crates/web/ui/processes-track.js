// How to see what a process allocates: the command that starts it anew under `ramscope track`, with its own words.

import { getJson } from "./api.js";
import { html } from "./html.js";
import { useState } from "./vendor/preact-hooks.js";

/** @typedef {{words: string[], shell: string | null, is_title: boolean, folder: string | null}} Command */

/** @param {{pid: number}} props */
export function Track({ pid }) {
  const [command, show] = useState(/** @type {Command | null} */ (null));
  const [said, say] = useState("");
  const ask = async () => {
    say("Reading…");
    try {
      show(/** @type {Command} */ (await getJson(`/api/v1/processes/${pid}/command`)));
      say("");
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return html`<section class="track" aria-label="Track"><h3>Track</h3>
    ${command === null
      ? html`<p class="inside-act"><button type="button" class="quiet" onClick=${() => void ask()}>Track it…</button> <span class="note" role="status">${said || "Every allocation with its call stack, from its start on."}</span></p>`
      : html`<${Told} command=${command} />`}
  </section>`;
}

/** @param {{command: Command}} props */
function Told({ command: { folder, is_title: isTitle, shell } }) {
  const [copied, setCopied] = useState(false);
  if (shell === null) return html`<p class="note">It has no command line that fits on a line.</p>`;
  const line = `ramscope track -- ${shell}`;
  const copy = async (/** @type {MouseEvent} */ event) => {
    const text = /** @type {Element} */ (event.currentTarget).previousElementSibling;
    await navigator.clipboard?.writeText(line).catch(() => {});
    if (text !== null) getSelection()?.selectAllChildren(text);
    setCopied(true);
  };
  return html`<div class="copy"><code tabindex="0">${line}</code><button type="button" onClick=${copy} onBlur=${() => setCopied(false)}>${copied ? "Copied" : "Copy"}</button></div>
    ${isTitle && html`<p class="note fault">It wrote over its command line: put its own command behind the two dashes.</p>`}
    <p class="note">This starts it anew and records from there: one that runs already cannot be joined.${folder !== null && html` It works in <code>${folder}</code>.`}</p>`;
}
