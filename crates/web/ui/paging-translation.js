// The tab "Translation & TLB": what the lab needs to name it; all else is loaded when it is opened.

import { html } from "./html.js";
import { Walk } from "./lab-walk.js";
import { state } from "./state.js";
import { effect, signal } from "./vendor/signals.js";

/** @typedef {typeof import("./paging-translation-lab.js")} Opened */

/** The tab. */
export const ID = "translation";
export const label = "Translation & TLB";
/** What the scrubber counts. */
export const noun = "Step";
/** The walk along levels and look-ups. */
export const walk = new Walk(() => state.value.tab === ID);

const opened = signal(/** @type {Opened | null} */ (null));
const missing = signal(/** @type {string | null} */ (null));

/** The steps that are marked on the scrubber: faults and misses. */
export const marks = {
  /** @returns {number[]} */
  get value() {
    return opened.value?.marks.value ?? [];
  },
};

/** Loads the tab once the address names it. */
export function begin() {
  const stop = effect(() => {
    if (state.value.tab === ID) queueMicrotask(load);
  });
  let asked = false;
  async function load() {
    stop();
    if (asked) return;
    asked = true;
    try {
      const tab = await import("./paging-translation-lab.js");
      await tab.begin(walk);
      opened.value = tab;
    } catch (error) {
      missing.value = `The tab could not be loaded: ${error instanceof Error ? error.message : error}. Load the page again.`;
    }
  }
}

/** The tab's questions to the server. */
export function endpoints() {
  return opened.peek()?.endpoints() ?? [];
}

/** What the palette offers; the named problems once the tab was opened. */
export function offers() {
  return opened.value?.offers() ?? [];
}

/** The problem in a few words. */
export function summary() {
  return opened.value?.summary() ?? "";
}

/** What Export saves. */
export function files() {
  return opened.value?.files() ?? null;
}

/** The problem, to be changed. */
export function Form() {
  const tab = opened.value;
  return tab !== null && html`<${tab.Form} />`;
}

/** The picture, and what is told of it. */
export function Stage() {
  const tab = opened.value;
  if (tab !== null) return html`<${tab.Stage} />`;
  return missing.value !== null && html`<p class="refusal" role="alert">${missing.value}</p>`;
}
