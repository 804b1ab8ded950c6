// The view "Paging": its tabs, and what the shell asks of the one on show.

import { formatFragment } from "./fragment.js";
import { html } from "./html.js";
import { Lab, loadSheets, recordingOf, tabOf } from "./lab.js";
import { laterTab } from "./lab-later.js";
import { WALK_KEYS } from "./lab-walk.js";
import { loadRoster, ROSTER } from "./paging-ask.js";
import * as processes from "./paging-processes.js";
import * as replacement from "./paging-replacement.js";
import { offline, state } from "./state.js";
import { computed } from "./vendor/signals.js";

await Promise.all([
  loadSheets("./lab.css", "./paging-grid.css", "./paging-view.css", "./lab-processes.css", "./lab-compare.css", "./paging.css"),
  loadRoster(),
]);

const translation = laterTab({
  ID: "translation",
  label: "Translation & TLB",
  noun: "Step",
  load: () => import("./paging-translation.js"),
});
const demand = laterTab({
  ID: "demand",
  label: "Demand paging",
  noun: "Event",
  load: () => import("./paging-demand.js"),
});

const ALL = [processes, replacement, translation, demand];
/** The tabs; the first is open where the address names none. A file holds the one that was saved. */
const LABS = offline ? ALL.filter(({ ID }) => ID === (state.peek().tab ?? ALL[0].ID)) : ALL;
const TABS = LABS.map(({ ID, label }) => ({ id: ID, label }));

const lab = computed(() => LABS.find(({ ID }) => ID === tabOf(TABS)) ?? LABS[0]);

/** What the shell needs to know about the view. */
export const title = "Paging";
export const timeless = true;
export const keySheet = WALK_KEYS;

/** The keys of the walk on show. */
export const keys = Object.fromEntries(
  Object.keys(LABS[0].walk.keys()).map((key) => [key, () => lab.peek().walk.keys()[key]()]),
);

/** Begins to read what the view shows. */
export function start() {
  for (const { begin } of LABS) begin();
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  return lab.peek().endpoints();
}

/** The lines of Share. */
export function links() {
  const { noun, walk } = lab.value;
  const here = location.origin + location.pathname;
  const bare = { ...state.value, step: undefined };
  return [
    {
      label: `This problem, at ${noun.toLowerCase()} ${walk.at.value}`,
      text: here + formatFragment({ ...bare, step: String(walk.at.value) }),
    },
    { label: "This problem", text: here + formatFragment(bare) },
  ];
}

/** What the palette offers. */
export function commands() {
  return LABS.flatMap(({ offers }) => offers());
}

/** What Export saves. */
export function files() {
  return lab.value.files();
}

/** The problem on show as one HTML file, with the names of its policies. */
export function recording() {
  const recorded = recordingOf("paging.js", lab.value);
  return { ...recorded, questions: [...recorded.questions, ROSTER] };
}

/** The view. */
export function View() {
  const { Form, ID, marks, noun, Stage, summary, walk } = lab.value;
  return html`<${Lab} key=${ID} tabs=${TABS} tab=${ID} summary=${summary()} form=${html`<${Form} />`} walk=${walk} marks=${marks.value} noun=${noun}>
    <${Stage} />
  <//>`;
}
