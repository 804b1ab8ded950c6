// What every lab's question has: a problem that stays the same while the address says the same, and the words of a refusal.

import { html } from "./html.js";
import { computed } from "./vendor/signals.js";

/**
 * A value made from the address that stays the same object while it says the same: a step taken does not change it.
 * @template T
 * @param {() => T} make
 * @returns {import("./vendor/signals.js").ReadonlySignal<T>}
 */
export function settled(make) {
  const text = computed(() => JSON.stringify(make()));
  return computed(() => JSON.parse(text.value));
}

/**
 * Why there is no answer; what the server set between backticks is set as code.
 * @param {{message: string, kept: boolean}} props `kept`: the last picture still stands below
 */
export function Refusal({ kept, message }) {
  const words = message.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
  return html`<p class="refusal" role="alert"><b class="fault">✕</b> ${words} ${kept && html`<span class="note">The picture shows the last problem that could be solved.</span>`}</p>`;
}
