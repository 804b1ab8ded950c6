// The view "Processes": who has the memory, since when, and who grew; cgroups with their limits; what happened.

import { csvOf } from "./csv.js";
import { followEvents } from "./events.js";
import { formatFragment } from "./fragment.js";
import { followHistory } from "./history.js";
import { html } from "./html.js";
import { loadSheets, Tabs } from "./lab.js";
import { Comparison } from "./processes-compare.js";
import { SPLIT } from "./processes-answer.js";
import { barsDrawing } from "./processes-export.js";
import { follow, list, offset, tab, wish } from "./processes-ask.js";
import { Moment } from "./processes-moment.js";
import { Side } from "./processes-side.js";
import { Table } from "./processes-table.js";
import { Counts, Tools } from "./processes-tools.js";
import { commandOf, GROUPS, listPath, SORTS } from "./processes-wish.js";
import { adjust, state } from "./state.js";
import { effect, signal } from "./vendor/signals.js";

/**
 * What the module of a tab gives; it is loaded when the tab is opened.
 * @typedef {{begin: () => void, Tab: () => any, endpoints: () => import("./view.js").Endpoint[],
 *   files: () => import("./view.js").Files | null, command: () => string}} Opened
 */

await loadSheets("./lab.css", "./processes.css", "./processes-side.css");

const TABS = [
  { id: "processes", label: "Processes" },
  { id: "cgroups", label: "Cgroups" },
  { id: "events", label: "Events" },
];
/** @type {Record<string, () => Promise<Opened>>} */
const LOADS = {
  cgroups: () => import("./processes-cgroups.js"),
  events: () => import("./processes-events.js"),
};
const opened = signal(/** @type {Record<string, Opened>} */ ({}));
const missing = signal(/** @type {string | null} */ (null));

/** Rows of the picture that Export saves. */
const PICTURE_ROWS = 30;
const AMOUNTS = ["memory_bytes", "rss_bytes", "anon_bytes", "file_bytes", "shared_bytes", "swap_bytes", "pss_bytes", "uss_bytes", "growth_bytes", "growth_window_ms", "threads"];
const PROCESS_FIELDS = ["pid", "start_time_ms", "parent_pid", "command", "command_line", "user", "cgroup", ...AMOUNTS, "pss_age_ms", "peak_bytes", "major_faults", "minor_faults"];
const GROUP_FIELDS = ["key", "name", "processes", ...AMOUNTS];

/** What the shell needs to know about the view. */
export const title = "Processes";
export const timeless = true;
export const keySheet = [
  { keys: ["↑", "↓"], label: "The process above or below the chosen one" },
  { keys: ["←", "→"], label: "On the strip: move through time" },
  { keys: ["Enter"], label: "On the strip: go to that moment" },
  { keys: ["Esc"], label: "Let go of the process, or go back to now" },
  { keys: ["/"], label: "Filter" },
];
export const keys = {
  "/": () => document.querySelector(/** @type {"input"} */ (".tools-filter"))?.focus(),
};

/** Begins to read what the view shows. */
export function start() {
  followHistory();
  followEvents();
  follow();
  effect(() => {
    const id = tab.value;
    if (id in LOADS && !(id in opened.peek())) void load(id);
  });
}

/** @param {string} id */
async function load(id) {
  try {
    const module = await LOADS[id]();
    if (id in opened.peek()) return;
    module.begin();
    opened.value = { ...opened.peek(), [id]: module };
  } catch (error) {
    missing.value = `The tab could not be loaded: ${error instanceof Error ? error.message : error}. Load the page again.`;
  }
}

/** The view. */
export function View() {
  const id = tab.value;
  return html`<div class="proc">
    <h1 class="sr-only">${TABS.find((each) => each.id === id)?.label}</h1>
    <${Tabs} label="Processes, cgroups, events" tabs=${TABS} tab=${id} />
    <${Moment} />
    ${id === "processes" ? html`<${Processes} />` : opened.value[id] !== undefined && html`<${opened.value[id].Tab} />`}
    ${missing.value !== null && html`<p class="refusal" role="alert">${missing.value}</p>`}
  </div>`;
}

function Processes() {
  return html`<${Tools} />
    ${wish.value.compareMs !== null && html`<${Comparison} />`}
    <div class="proc-body" data-side=${wish.value.chosen !== null}>
      <div class="proc-main"><${Table} /><${Counts} /></div>
      ${wish.value.chosen !== null && html`<${Side} />`}
    </div>`;
}

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const other = opened.peek()[tab.peek()];
  if (other !== undefined) return other.endpoints();
  const asked = [{ name: "The processes", path: listPath(wish.peek(), offset.peek(), 100) }];
  const { chosen } = wish.peek();
  return chosen === null ? asked : [...asked, { name: "The chosen process", path: `/api/v1/processes/${chosen.pid}?start=${chosen.startMs}` }];
}

/** The lines of Share. */
export function links() {
  const here = location.origin + location.pathname;
  const { time_ms: at } = list.answer.value?.value ?? {};
  const fixed = at === undefined ? [] : [{ label: "At this moment", text: here + formatFragment({ ...state.value, at: String(at) }) }];
  const command = opened.value[tab.value]?.command() ?? commandOf(wish.value);
  return [{ label: "This view", text: location.href }, ...(wish.value.atMs === null ? fixed : []), { label: "The same in a terminal", text: command }];
}

/** What the palette offers. */
export function commands() {
  return [
    ...TABS.map(({ id, label }) => ({ group: "Tab", label, act: () => adjust({ tab: id === "processes" ? undefined : id }) })),
    ...SORTS.map(({ id, label }) => ({ group: "Sort", label: `By ${label.toLowerCase()}`, act: () => adjust({ sort: id }) })),
    ...GROUPS.map(({ id, label }) => ({ group: "Rows", label: `Rows are: ${label}`, act: () => adjust({ group: id === "none" ? undefined : id }) })),
  ];
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const other = opened.value[tab.value];
  if (other !== undefined) return other.files();
  const answer = list.answer.value?.value;
  if (answer === undefined) return null;
  const rows = answer.groups ?? answer.processes;
  const names = answer.groups === undefined ? PROCESS_FIELDS : GROUP_FIELDS;
  const bars = rows.slice(0, PICTURE_ROWS).map((row) => ({
    label: "command" in row ? `${row.command} ${row.pid}` : row.name,
    parts: SPLIT.map(({ key, token }) => ({ bytes: row[key], token, hatch: key === "file_bytes" })),
  }));
  return {
    name: `ramscope-processes-${new Date(answer.time_ms).toISOString().slice(0, 19).replace(/:/g, "-")}`,
    picture: () => barsDrawing("Memory of processes: anonymous, shared, file, swap", answer.time_ms, bars),
    csv: () => csvOf(names, rows),
    json: () => answer,
    notes: { csv: "a row for each that was read for the screen", json: "the server’s answer" },
  };
}
