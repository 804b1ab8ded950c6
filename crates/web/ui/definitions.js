// Every term opens its one sentence, its formula and the kernel's fields.

import { getJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { memory } from "./live.js";
import { computed, signal } from "./vendor/signals.js";

/** @typedef {import("./api.js").Term} Term */

/** The glossary in the server's order: the ledger's parts first. */
export const terms = signal(/** @type {Term[]} */ ([]));
/** The glossary by key. */
export const termOf = computed(() => new Map(terms.value.map((term) => [term.key, term])));

const open = signal(/** @type {Term | null} */ (null));

/** Reads the glossary; without it terms are plain words. */
export async function loadTerms() {
  const answer = await getJson("/api/v1/glossary").catch(() => ({ terms: [] }));
  terms.value = answer.terms;
}

/**
 * A word that opens its definition, or just the word where there is none.
 * @param {{term: string, children?: any}} props
 */
export function Term({ term, children }) {
  const known = termOf.value.get(term);
  const word = children ?? known?.label ?? term;
  return html`<button
    type="button"
    class="term"
    aria-haspopup="dialog"
    disabled=${known === undefined}
    onClick=${(/** @type {MouseEvent} */ event) => {
      event.stopPropagation();
      show(known, /** @type {Element} */ (event.currentTarget));
    }}
  >${word}</button>`;
}

/**
 * Opens a term's definition beside an element, or in the middle of the page.
 * @param {Term | undefined} term
 * @param {Element | null} beside
 */
export function show(term, beside) {
  const panel = document.getElementById("definition");
  if (term === undefined || panel === null) return;
  open.value = term;
  panel.showPopover();
  requestAnimationFrame(() => {
    place(panel, beside?.getBoundingClientRect() ?? null);
    panel.focus();
  });
}

/**
 * @param {HTMLElement} panel
 * @param {DOMRect | null} box
 */
function place(panel, box) {
  const { width, height } = panel.getBoundingClientRect();
  const left = box === null ? (innerWidth - width) / 2 : box.left;
  const below = box === null ? innerHeight / 4 : box.bottom + 6;
  const top = box !== null && below + height > innerHeight - 8 ? box.top - height - 6 : below;
  panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  panel.style.top = `${Math.max(8, top)}px`;
}

/** The one panel in which definitions open. */
export function Definition() {
  const term = open.value;
  return html`<div id="definition" class="popover definition" popover role="dialog" aria-label=${term?.label ?? "Definition"} tabindex="-1">
    ${term !== null && html`<h2>${term.label}</h2><${Explained} term=${term} />`}
  </div>`;
}

/**
 * A term's definition, formula, fields and what hides there.
 * @param {{term: Term}} props
 */
export function Explained({ term }) {
  const fields = term.kernel_fields ?? [];
  return html`<div class="explained">
    <p>${term.definition}</p>
    ${term.formula && html`<p class="formula"><code>${term.formula}</code></p>`}
    ${term.hides && html`<p class="hides">${term.hides}</p>`}
    ${
      fields.length > 0 &&
      html`<ul class="fields" aria-label="Kernel fields">
      ${fields.map((field) => html`<li key=${field}><code>${field}</code> <span class="number">${fieldValue(field)}</span></li>`)}
    </ul>`
    }
  </div>`;
}

/**
 * What the kernel says in a field now: `MemFree`, `vmstat nr_zspages`, `/proc/meminfo MemFree`.
 * @param {string} field
 */
function fieldValue(field) {
  const name = field.split(/[\s:.]+/).at(-1) ?? field;
  const now = memory.value;
  const bytes = now?.meminfo?.[name];
  if (bytes !== undefined) return name.startsWith("HugePages_") ? grouped(bytes) : `${grouped(bytes)} B`;
  const count = now?.vmstat?.[name];
  return count === undefined ? "" : grouped(count);
}
