// Where a saved file begins: one lab with one problem, whose answers stand in the file. There is no server to ask.

import { answerFrom, keyOf } from "./api.js";
import { html } from "./html.js";
import { Icon, Mark } from "./icons.js";
import { followKeys, KeySheet, openKeys } from "./keys.js";
import { followColors } from "./paint.js";
import { followAddress, presenting, state, tableShown, togglePresenting, toggleTable } from "./state.js";
import { cycleTheme, followPrinting, theme } from "./theme.js";
import { followTips } from "./tip.js";
import { render } from "./vendor/preact.js";
import { view } from "./view.js";

/**
 * What the file holds: the lab's module, the state that it opens with, and the server's answers by question.
 * @typedef {{module: string, state: Record<string, string>, answers: Record<string, any>}} Recording
 */

/** @param {{shown: import("./view.js").View}} props */
function File({ shown }) {
  return html`<div class="shell" data-offline>
    <header class="bar">
      <span class="brand"><${Mark} /><span>ramscope</span></span>
      <p class="bar-title"><b>${shown.title}</b></p>
      <div class="actions" role="group" aria-label="This page">
        <button type="button" aria-pressed=${tableShown.value} onClick=${toggleTable} data-tip="Table\nEach picture as its table"><${Icon} name="table" /><span>Table</span></button>
        <button type="button" onClick=${() => print()} data-tip="Print"><${Icon} name="print" /><span>Print</span></button>
        <button type="button" onClick=${cycleTheme} data-tip=${`Theme: ${theme.value}`}><${Icon} name=${theme.value} /><span>Theme</span></button>
        <button type="button" onClick=${openKeys} data-tip="Keys\n?"><${Icon} name="keys" /><span>Keys</span></button>
      </div>
    </header>
    <main id="view" tabindex="-1"><${shown.View} /></main>
    <${KeySheet} />
  </div>`;
}

async function begin() {
  const text = document.getElementById("recording")?.textContent ?? "{}";
  const recording = /** @type {Recording} */ (JSON.parse(text));
  answerFrom(async (path, body) => {
    const answer = recording.answers[keyOf(path, body)];
    if (answer === undefined) throw new Error("This file holds one problem. Open ramscope to change it.");
    return answer;
  });
  state.value = { ...recording.state, ...(state.value.step === undefined ? {} : { step: state.value.step }) };
  const shown = /** @type {import("./view.js").View} */ (await import(recording.module));
  view.value = shown;
  followAddress();
  followTips();
  followColors();
  followPrinting();
  const leave = () => presenting.value && togglePresenting();
  followKeys({ "?": openKeys, p: togglePresenting, t: toggleTable, escape: leave, ...shown.keys }, () => {});
  shown.start();
  const host = document.getElementById("page");
  if (host !== null) render(html`<${File} shown=${shown} />`, host);
}

void begin();
