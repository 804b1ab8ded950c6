// The view "Segmentation": its tabs, each loaded when it is opened, and what the shell asks of the one on show.

import { formatFragment } from "./fragment.js";
import { html } from "./html.js";
import { Lab, loadSheets, recordingOf, tabOf } from "./lab.js";
import { WALK_KEYS, Walk } from "./lab-walk.js";
import { offline, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/**
 * What a tab's module gives. `begin` resolves when its sheets apply; it asks while `active`. `isWhole` is false where steps
 * come in pieces.
 * @typedef {{begin: (walk: Walk, active: () => boolean) => Promise<void>, endpoints: () => import("./view.js").Endpoint[],
 *   offers: () => import("./palette.js").Command[], summary: () => string,
 *   marks: import("./vendor/signals.js").ReadonlySignal<number[]>, noun: () => string,
 *   isWhole?: () => boolean, files: () => import("./view.js").Files | null, Form: () => any, Stage: () => any}} Opened
 * @typedef {{id: string, label: string, load: () => Promise<Opened>}} Row
 */

/** The tabs; the first is open where the address names none. @type {Row[]} */
const ALL = [
  { id: "segments", label: "Segments", load: () => import("./segmentation-segments.js") },
  { id: "free", label: "Free space", load: () => import("./segmentation-free.js") },
  { id: "allocators", label: "Allocators", load: () => import("./segmentation-allocators.js") },
];

await loadSheets("./lab.css", "./lab-compare.css", "./lab-processes.css", "./lab-translation.css", "./segmentation.css");

/** A file holds the tab that was saved. */
const ROWS = offline ? ALL.filter(({ id }) => id === (state.peek().tab ?? ALL[0].id)) : ALL;
const TABS = ROWS.map(({ id, label }) => ({ id, label }));

/** A tab: its walk, and its module once the address named it. */
class Tab {
  /** @param {Row} row */
  constructor(row) {
    this.row = row;
    this.walk = new Walk(this.active);
  }

  /** Whether the address names the tab: not the address itself, which changes with every step. */
  named = computed(() => tabOf(TABS) === this.row.id);
  active = () => this.named.value;
  opened = signal(/** @type {Opened | null} */ (null));
  missing = signal(/** @type {string | null} */ (null));

  /** Loads the module as soon as the address names the tab. */
  follow() {
    let asked = false;
    const stop = effect(() => {
      if (!this.active() || asked) return;
      asked = true;
      queueMicrotask(() => {
        stop();
        void this.load();
      });
    });
    this.walk.followAddress();
  }

  async load() {
    try {
      const module = await this.row.load();
      await module.begin(this.walk, this.active);
      this.opened.value = module;
    } catch (error) {
      this.missing.value = `The tab could not be loaded: ${error instanceof Error ? error.message : error}. Load the page again.`;
    }
  }
}

const all = ROWS.map((row) => new Tab(row));
const lab = computed(() => all.find(({ active }) => active()) ?? all[0]);

/** What the shell needs to know about the view. */
export const title = "Segmentation";
export const timeless = true;
export const keySheet = WALK_KEYS;

/** The keys of the walk on show. */
export const keys = Object.fromEntries(
  Object.keys(all[0].walk.keys()).map((key) => [key, () => lab.peek().walk.keys()[key]()]),
);

/** Begins to read what the view shows. */
export function start() {
  for (const tab of all) tab.follow();
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  return lab.peek().opened.peek()?.endpoints() ?? [];
}

/** The lines of Share. */
export function links() {
  const { opened, walk } = lab.value;
  const here = location.origin + location.pathname;
  const bare = { ...state.value, step: undefined };
  const noun = opened.value?.noun() ?? "Step";
  return [
    {
      label: `This problem, at ${noun.toLowerCase()} ${walk.at.value}`,
      text: here + formatFragment({ ...bare, step: String(walk.at.value) }),
    },
    { label: "This problem", text: here + formatFragment(bare) },
  ];
}

/** What the palette offers; a tab's own once it was opened. */
export function commands() {
  return all.flatMap(({ opened }) => opened.value?.offers() ?? []);
}

/** What Export saves. */
export function files() {
  return lab.value.opened.value?.files() ?? null;
}

/** The problem on show as one HTML file. */
export function recording() {
  const { opened, row, walk } = lab.value;
  if (opened.value === null) return null;
  const { endpoints: asks, isWhole, summary } = opened.value;
  return recordingOf("segmentation.js", { ID: row.id, label: row.label, endpoints: asks, summary, walk, isWhole });
}

/** The view. */
export function View() {
  const { missing, opened, row, walk } = lab.value;
  const tab = opened.value;
  const form = tab !== null && html`<${tab.Form} />`;
  return html`<${Lab} key=${row.id} tabs=${TABS} tab=${row.id} summary=${tab?.summary() ?? ""} form=${form} walk=${walk}
    marks=${tab?.marks.value ?? []} noun=${tab?.noun() ?? "Step"}>
    ${tab !== null && html`<${tab.Stage} />`}
    ${missing.value !== null && html`<p class="refusal" role="alert">${missing.value}</p>`}
  <//>`;
}
