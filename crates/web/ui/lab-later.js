// A tab of a lab that is loaded when it is opened: until then the lab knows its name and its walk.

import { html } from "./html.js";
import { Walk } from "./lab-walk.js";
import { state } from "./state.js";
import { effect, signal } from "./vendor/signals.js";

/**
 * What such a tab's module gives.
 * @typedef {{begin: (walk: Walk) => void | Promise<void>, endpoints: () => import("./view.js").Endpoint[],
 *   offers: () => any[], summary: () => string, files: () => import("./view.js").Files | null, Form: any, Stage: any,
 *   marks: {value: import("./lab-stepper.js").Marked}, isWhole?: () => boolean}} Tab
 */

/**
 * A tab that loads its module once the address names it.
 * @param {{ID: string, label: string, noun: string, load: () => Promise<Tab>}} props `noun` is what the scrubber counts
 */
export function laterTab({ ID, label, load, noun }) {
  const walk = new Walk(() => state.value.tab === ID);
  const opened = signal(/** @type {Tab | null} */ (null));
  const missing = signal(/** @type {string | null} */ (null));
  let asked = false;

  async function open() {
    if (asked) return;
    asked = true;
    try {
      const tab = await load();
      await tab.begin(walk);
      opened.value = tab;
    } catch (error) {
      missing.value = `The tab could not be loaded: ${error instanceof Error ? error.message : error}. Load the page again.`;
    }
  }

  return {
    ID,
    label,
    noun,
    walk,
    marks: {
      get value() {
        return opened.value?.marks.value ?? [];
      },
    },
    begin() {
      effect(() => {
        if (state.value.tab === ID) queueMicrotask(open);
      });
    },
    endpoints: () => opened.peek()?.endpoints() ?? [],
    // the named problems are offered once the tab was opened
    offers: () => opened.value?.offers() ?? [],
    summary: () => opened.value?.summary() ?? "",
    files: () => opened.value?.files() ?? null,
    isWhole: () => opened.value?.isWhole?.() ?? true,
    Form() {
      const tab = opened.value;
      return tab !== null && html`<${tab.Form} />`;
    },
    Stage() {
      const tab = opened.value;
      if (tab !== null) return html`<${tab.Stage} />`;
      return missing.value !== null && html`<p class="refusal" role="alert">${missing.value}</p>`;
    },
  };
}
