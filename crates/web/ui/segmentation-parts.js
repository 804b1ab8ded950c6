// A tab of two parts, of which the address names one: what the lab asks of the tab, each part answers.

import { html } from "./html.js";
import { adjust, state } from "./state.js";
import { computed } from "./vendor/signals.js";

/**
 * What a part's module gives; `choice` is what switches between the parts.
 * @typedef {{begin: (walk: import("./lab-walk.js").Walk, active: () => boolean) => void | Promise<void>,
 *   endpoints: () => import("./view.js").Endpoint[], offers: () => import("./palette.js").Command[], summary: () => string,
 *   marks: import("./vendor/signals.js").ReadonlySignal<number[]>, isWhole?: () => boolean,
 *   files: () => import("./view.js").Files | null, Form: () => any, Stage: (props: {choice: any}) => any}} Part
 * @typedef {{id: string | undefined, label: string, noun: string, part: Part}} Row `id` is undefined for the one that is
 *   open where the address names none; `noun` is what the scrubber counts
 */

/**
 * The tab.
 * @param {Row[]} rows
 */
export function tabOfParts(rows) {
  const row = computed(() => rows.find(({ id }) => id === state.value.part) ?? rows[0]);
  const open = (/** @type {string | undefined} */ id) => adjust({ part: id, step: undefined });
  const choice = () => html`<div class="ranges part-choice" role="group" aria-label="Part">
    ${rows.map((each) => html`<button type="button" key=${each.label} aria-pressed=${each === row.value} onClick=${() => open(each.id)}>${each.label}</button>`)}
  </div>`;
  return {
    /**
     * Each part asks while the tab is on show and the address names it.
     * @param {import("./lab-walk.js").Walk} walk
     * @param {() => boolean} active
     */
    begin: async (walk, active) => {
      await Promise.all(
        rows.map((each) => {
          const shown = computed(() => active() && row.value === each);
          return each.part.begin(walk, () => shown.value);
        }),
      );
    },
    endpoints: () => row.peek().part.endpoints(),
    offers: () => rows.flatMap(({ part }) => part.offers()),
    summary: () => row.value.part.summary(),
    noun: () => row.value.noun,
    marks: computed(() => row.value.part.marks.value),
    isWhole: () => row.peek().part.isWhole?.() ?? true,
    files: () => row.value.part.files(),
    Form: () => html`<${row.value.part.Form} />`,
    Stage: () => html`<${row.value.part.Stage} choice=${html`<${choice} />`} />`,
  };
}
