// The view "Heap": what a tracked program holds. Its time over its call tree over its tables, with one selection.

import { duration, grouped, iec, percent, signedIec } from "./format.js";
import { html } from "./html.js";
import { Flame, flameMarks, whereOf } from "./heap-flame.js";
import { Barred, commandOf, Sessions, stateOf } from "./heap-list.js";
import { barred, choose, chooseMeasure, chosen, course, detail, endpoints as asked, follow, held, measure, MEASURES, refusal, stretch, tree } from "./heap-source.js";
import { amount, Tables } from "./heap-tables.js";
import { AddressSpace, spaceJson, spacePath, SpaceTools } from "./heap-space.js";
import { HeapTimeline } from "./heap-timeline.js";
import { around, baseOf, find, matched, matcherOf, nameOf, pathOf, seen, treeOf, walk } from "./heap-tree.js";
import { loadSheets } from "./lab.js";
import { Refusal } from "./lab-question.js";
import { colorOf } from "./paint.js";
import { adjust, navigate, state, tableShown } from "./state.js";
import { computed, signal } from "./vendor/signals.js";

/** @typedef {import("./heap-source.js").Detail} Detail */
/** @typedef {import("./heap-tree.js").Node} Node */
/** @typedef {import("./heap-tree.js").Entry} Entry */
/** @typedef {import("./heap-flame.js").Scene} Scene */

await loadSheets("./lab.css", "./charts.css", "./heap.css");

/** What the shell needs to know about the view. */
export const title = "Heap";
export const timeless = true;

/** The view's questions to the server, as scripts would ask them. */
export function endpoints() {
  const id = chosen.peek();
  const map = id === null || state.peek().way !== "map" ? [] : [{ name: "The address space", path: spacePath(id) }];
  return [...asked(), ...map];
}

/** What is drawn: what the address calls it, its label, and what it is. */
const PICTURES = /** @type {const} */ ([
  ["", "Icicle", "the call tree, callers above"],
  ["up", "Flame", "the call tree, callers below"],
  ["map", "Addresses", "the address space: where the blocks lie, and the holes between them"],
]);
const OWNERS = 8;
/** Rows of the call tree as a table, and in a saved picture. */
const MOST_ROWS = 200;
const MOST_SAVED = 48;
const PICTURE_WIDTH = 1200;

export const keySheet = [
  { keys: ["←", "→", "↑", "↓"], label: "In the picture: walk the call tree" },
  { keys: ["Enter"], label: "Zoom into what is selected" },
  { keys: ["Esc"], label: "Zoom out by one" },
  { keys: ["/"], label: "Search functions, files, modules" },
  { keys: ["I"], label: "Upside down: who asked, innermost first" },
  { keys: ["Space"], label: "Hold the picture, or follow again" },
];

export const keys = {
  "/": () => document.querySelector(".heap-search")?.dispatchEvent(new Event("wanted")),
  i: () => toggle("invert"),
  " ": () => (held.value = !held.value),
};

/** Begins to read what the view shows. */
export function start() {
  follow();
}

/** The tree as the server sent it. */
const whole = computed(() => (tree.value === null ? null : treeOf(tree.value)));

const look = computed(() => {
  const { fixed, fold, hide, invert } = state.value;
  return JSON.stringify({ fixed: fixed === "1", fold: fold === "1", hide: hide === "1", invert: invert === "1" });
});

/** The tree as the reader wants to see it. */
const root = computed(() => (whole.value === null ? null : seen(whole.value, JSON.parse(look.value))));
const focus = computed(() => (root.value === null ? null : find(root.value, state.value.focus) ?? root.value));
const selected = computed(() => (root.value === null ? null : find(root.value, state.value.pick)));
const meant = computed(() => matcherOf(state.value.q ?? ""));
const unit = computed(() => tree.value?.unit ?? "bytes");

/** The number of each module's hue: the same for as long as the session is looked at. */
const hues = computed(() => {
  /** @type {Map<string, number>} */
  const known = new Map();
  for (const { path } of detail.value?.modules ?? []) known.set(path, (known.size % (OWNERS - 1)) + 1);
  return known;
});

/** @param {"invert" | "fold" | "hide" | "fixed"} name */
function toggle(name) {
  adjust({ [name]: state.peek()[name] === "1" ? undefined : "1", focus: undefined, pick: undefined });
}

/** A node in words, a line each. @param {Node} node @param {Node} of */
function said(node, of) {
  const kind = unit.peek();
  const share = percent(of.value === 0 ? 0 : node.value / of.value);
  const blocks = kind === "bytes" ? [`${grouped(node.blocks)} ${node.blocks === 1 ? "block" : "blocks"}`] : [];
  const own = node.self > 0 && node.self !== node.value ? [`${amount(node.self, kind)} of it itself`] : [];
  return [node.frame.function, ...(node.parent === null ? [] : [whereOf(node).split(" · ")[1]]), `${amount(node.value, kind)}, ${share}`, ...own, ...blocks].join("\n");
}

/** @param {Node} top @param {Partial<Scene>} [other] @returns {Scene} */
function sceneOf(top, other = {}) {
  return {
    root: top,
    focus: focus.value ?? top,
    selected: selected.value,
    upwards: state.value.way === "up",
    meant: meant.value,
    hue: (module) => hues.value.get(module) ?? OWNERS,
    said: (node) => said(node, top),
    onSelect: (node) => adjust({ pick: node === null || node.parent === null ? undefined : node.key }),
    onFocus: (node) => navigate({ focus: node.parent === null ? undefined : node.key, pick: node.parent === null ? undefined : node.key }),
    label: `Call tree by ${measure.value}: arrows walk it, Enter zooms in, Escape out`,
    name: "tree",
    ...other,
  };
}

/** What the palette offers. */
export function commands() {
  const back = chosen.peek() === null ? [] : [{ group: "Heap", label: "All tracked programs", act: () => choose(undefined) }];
  return [...back, ...MEASURES.filter(({ stretch: needs }) => !needs).map(({ by, label, says }) => ({ group: "Heap", label: `${label}: ${says}`, act: () => chooseMeasure(by) }))];
}

/** The lines of Share. */
export function links() {
  const file = detail.peek()?.session.file;
  return [{ label: "This picture, for whoever has the token", text: location.href }, ...(file ? [{ label: "The same in a terminal", text: `ramscope heap report ${file}` }] : [])];
}

/** The view. */
export function View() {
  if (chosen.value === null) return html`<${Sessions} />`;
  if (barred.value) return html`<${Barred} />`;
  const about = detail.value;
  const top = root.value;
  if (about === null) return html`<div class="heap">${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${false} />`}${refusal.value === null && html`<p class="note">Reading…</p>`}</div>`;
  const { session } = about;
  const end = Math.max(1, session.duration_ms, course.value?.at_ms.at(-1) ?? 0);
  return html`<div class="heap" data-session=${session.id}>
    <${Head} about=${about} />
    ${refusal.value !== null && html`<${Refusal} message=${refusal.value} kept=${true} />`}
    ${course.value !== null && html`<${HeapTimeline} course=${course.value} end=${end} live=${session.state === "live"} peak=${{ at: session.peak_at_ms, bytes: session.peak_live_bytes }} />`}
    <${Tools} live=${session.state === "live"} />
    ${state.value.way === "map" ? html`<${AddressSpace} onOwner=${pickOwner} />` : top !== null && (tableShown.value ? html`<${Twin} top=${top} />` : html`<${Pictures} top=${top} />`)}
    ${top !== null && (state.value.way !== "map" || selected.value !== null) && html`<${Chosen} top=${top} />`}
    ${whole.value !== null && html`<${Tables} detail=${about} root=${whole.value} unit=${unit.value} picked=${pickedName()} onPick=${pickEntry} onAround=${lookAround} />`}
  </div>`;
}

/** The function that is selected, by its name. */
function pickedName() {
  if (state.value.around !== undefined) return state.value.around;
  return selected.value === null ? null : nameOf(selected.value.frame);
}

/** Selects a function's largest node. @param {{name: string}} entry */
function pickEntry({ name }) {
  if (root.value === null) return;
  /** @type {Node | null} */
  let largest = null;
  walk(root.value, (node) => {
    if (nameOf(node.frame) === name && node.parent !== null && node.value > (largest?.value ?? -1)) largest = node;
  });
  adjust({ pick: /** @type {Node | null} */ (largest)?.key });
}

/** Selects the largest node of who owns a block: the call tree and the tables show it. @param {import("./heap-space-layout.js").Owner} owner */
function pickOwner({ function: name, module }) {
  if (name !== null) pickEntry({ name: nameOf({ function: name, module: module ?? "" }) });
}

/** @param {{name: string}} entry */
function lookAround({ name }) {
  navigate({ around: name, focus: undefined });
}

/** How it stands with a replay: null for none, empty while it is sent, else why there is none. */
const replaying = signal(/** @type {string | null} */ (null));

/** Opens the lab on what the program asked for. @param {import("./heap-source.js").Summary} session */
async function openLab(session) {
  replaying.value = "";
  try {
    const { replay } = await import("./heap-replay.js");
    await replay(session.id, baseOf(session.program));
  } catch (error) {
    replaying.value = error instanceof Error ? error.message : String(error);
  }
}

/** @param {{about: Detail}} props */
function Head({ about: { session } }) {
  const live = session.state === "live";
  const leaks = session.leaked_bytes !== null && session.leaked_blocks !== null;
  const least = session.lost_events > 0 ? "at least " : "";
  const facts = /** @type {[string, string, string][]} */ ([
    ["peak", iec(session.peak_live_bytes), `the most that was live at one moment, after ${duration(session.peak_at_ms)}`],
    ["allocated", iec(session.bytes_allocated), "all bytes ever asked for"],
    ["allocations", grouped(session.allocations), `${grouped(session.frees)} frees`],
    ["temporary", percent(session.allocations === 0 ? 0 : session.temporary / session.allocations), `${grouped(session.temporary)} blocks given back before their thread asked for another`],
    ["threads", grouped(session.threads), "threads that asked for memory"],
    ["lost", grouped(session.lost_events), session.lost_events === 0 ? `no event was lost${session.sample_bytes === 0 ? ": the numbers are exact" : ""}` : "events that could not be told, and are in no other number"],
  ]);
  const error = session.sample_bytes === 0 ? "" : html` <span class="note number" data-tip=${"sampled\nout of 20 such numbers 19 are no further from the truth (two standard errors)"}>± ${iec(2 * session.live_error_bytes)}</span>`;
  const words = live
    ? html`<b class="number">${iec(session.live_bytes)}</b>${error} live in <b class="number">${grouped(session.live_blocks)}</b> blocks`
    : leaks
      ? html`<b class="number">${least}${iec(session.leaked_bytes)}</b>${error} never given back, in <b class="number">${grouped(Number(session.leaked_blocks))}</b> blocks`
      : html`<b class="number">${iec(session.live_bytes)}</b> live where it breaks off`;
  return html`<header class="heap-head">
    <p class="heap-where"><button type="button" class="quiet" onClick=${() => choose(undefined)}>All programs</button>
      <code class="heap-program" data-tip=${[session.program, ...session.arguments.slice(1)].join("\n")}>${commandOf(session)}</code>
      <span class="note number">pid ${session.pid}</span>
      <span class="heap-state">${live && html`<i class="pulse" data-tone=${held.value ? "waiting" : "live"}></i> `}${stateOf(session)}, ${duration(session.duration_ms)}</span>
      ${!live && html`<button type="button" class="chip" disabled=${replaying.value === ""} data-tip=${"Replay under other allocators\nits requests in the lab Segmentation: what buddy, TLSF and slabs would have made of them"} onClick=${() => void openLab(session)}>Replay under other allocators</button>`}
      ${replaying.value !== null && html`<span class="note" role="status">${replaying.value === "" ? "Sending its requests…" : replaying.value}</span>`}
      ${live && html`<button type="button" class="chip" aria-pressed=${held.value} onClick=${() => (held.value = !held.value)}>${held.value ? "Follow" : "Hold"}</button>`}</p>
    <h1>${words}</h1>
    <dl class="heap-facts">${facts.map(([name, value, tip]) => html`<div key=${name} data-tip=${`${name}\n${tip}`} data-bad=${name === "lost" && session.lost_events > 0}><dt>${name}</dt><dd class="number">${value}</dd></div>`)}</dl>
  </header>`;
}

/** @param {{live: boolean}} props */
function Tools({ live }) {
  const now = measure.value;
  const offered = MEASURES.filter(({ by, stretch: needs }) => (!needs || stretch.value !== null) && (by !== "leaked" || !live));
  const shown = meant.value === null || root.value === null ? null : matched(root.value, meant.value);
  const { way } = state.value;
  const map = way === "map";
  const switches = /** @type {const} */ ([
    ["invert", "Invert", "who asked, innermost first, put together"],
    ["fold", "Fold", "recursion: a function that calls itself stands once"],
    ["hide", "Own code", "without frames of the allocator, the loader and the language"],
    ["fixed", "By name", "in a fixed order, so that two pictures can be compared"],
  ]);
  return html`<div class="heap-tools" role="group" aria-label="What is shown">
    ${!map && html`<div class="ranges" role="group" aria-label="By">${offered.map(({ by, label, says }) => html`<button type="button" key=${by} aria-pressed=${by === now} data-tip=${`${label}\n${says}`} onClick=${() => chooseMeasure(by)}>${label}</button>`)}</div>`}
    <div class="ranges" role="group" aria-label="Picture">${PICTURES.map(([id, label, tip]) => html`<button type="button" key=${label} aria-pressed=${(way ?? "") === id} data-tip=${`${label}\n${tip}`} onClick=${() => adjust({ way: id === "" ? undefined : id })}>${label}</button>`)}</div>
    ${!map && html`<div class="chips heap-switches">${switches.map(([name, label, tip]) => html`<button type="button" class="chip" key=${name} aria-pressed=${state.value[name] === "1"} data-tip=${`${label}\n${tip}`} onClick=${() => toggle(name)}>${label}</button>`)}</div>`}
    ${!map && html`<label class="heap-find"><span class="sr-only">Search functions, files, modules</span><input class="heap-search" type="search" placeholder="Search" value=${state.value.q ?? ""}
      ref=${(/** @type {HTMLInputElement | null} */ input) => input?.addEventListener("wanted", () => input.focus(), { once: true })}
      onInput=${(/** @type {Event} */ event) => adjust({ q: /** @type {HTMLInputElement} */ (event.target).value || undefined })} />
      <span class="note number" role="status">${shown === null ? "" : `${grouped(shown.nodes)} frames, ${percent(root.value === null || root.value.value === 0 ? 0 : shown.value / root.value.value)}`}</span></label>`}
    ${map && html`<${SpaceTools} />`}
  </div>`;
}

/** The tree, or what stands around one function. @param {{top: Node}} props */
function Pictures({ top }) {
  const name = state.value.around;
  if (name === undefined || whole.value === null) {
    if (top.value === 0) return html`<div class="heap-flame heap-flame-none"><p class="note">${measure.value === "leaked" ? "Everything was given back." : measure.value === "grown" ? "Nothing more was live at B than at A." : "Nothing yet."}</p></div>`;
    return html`<${Flame} key="tree" scene=${sceneOf(top)} />`;
  }
  const { callees, callers } = around(whole.value, name);
  const [label] = name.split("\n");
  const part = (/** @type {Node} */ of, /** @type {boolean} */ upwards, /** @type {string} */ words) => sceneOf(of, {
    focus: find(of, state.value.focus) ?? of, selected: find(of, state.value.pick), upwards, name: words, label: `${words} of ${label}` });
  return html`<div class="heap-around">
    <p class="heap-around-head"><b class="number">${amount(callees.value, unit.value)}</b> through <code>${label}</code>, ${percent(whole.value.value === 0 ? 0 : callees.value / whole.value.value)}
      <button type="button" class="quiet" onClick=${() => navigate({ around: undefined, focus: undefined, pick: undefined })}>Back to the whole tree</button></p>
    <h2>Callers</h2><${Flame} key="callers" scene=${part(callers, true, "callers")} />
    <h2>Callees</h2><${Flame} key="callees" scene=${part(callees, false, "callees")} />
  </div>`;
}

/** What is selected, in words, and what can be done with it. @param {{top: Node}} props */
function Chosen({ top }) {
  const node = selected.value;
  if (node === null) {
    const left = tree.value?.left_off;
    return html`<p class="heap-chosen note">Click a frame to select it, twice to zoom in.${left !== undefined && left.nodes > 0 && ` ${grouped(left.nodes)} frames with ${amount(left.value, unit.value)} together are too small to be sent.`}</p>`;
  }
  const { file, line, module } = node.frame;
  const place = file === null ? module : `${file}${line === null ? "" : `:${line}`}`;
  const stack = pathOf(node).map((each) => `${each.frame.function} (${each.frame.file === null ? each.frame.module : `${each.frame.file}:${each.frame.line ?? "?"}`})`).reverse().join("\n");
  return html`<div class="heap-chosen">
    <p class="heap-chosen-name"><code>${node.frame.function}</code>${node.frame.inlined && html` <span class="note">inlined</span>`}</p>
    <p class="heap-chosen-place note"><code>${place}</code></p>
    <p class="number"><b>${amount(node.value, unit.value)}</b> ${percent(top.value === 0 ? 0 : node.value / top.value)}${node.self > 0 && html`, itself <b>${amount(node.self, unit.value)}</b>`}${unit.value === "bytes" && `, ${grouped(node.blocks)} ${node.blocks === 1 ? "block" : "blocks"}`}</p>
    <p class="heap-chosen-acts"><button type="button" class="quiet" onClick=${() => navigate({ focus: node.key })}>Zoom in</button>
      <button type="button" class="quiet" onClick=${() => lookAround({ name: nameOf(node.frame) })}>Callers and callees</button>
      <button type="button" class="quiet" onClick=${() => void navigator.clipboard?.writeText(stack).catch(() => {})}>Copy the stack</button></p>
  </div>`;
}

/** The call tree as a table: the largest nodes under their callers. @param {{top: Node}} props */
function Twin({ top }) {
  const rows = rowsOf(top);
  const kind = unit.value;
  return html`<div class="table-scroll heap-twin" tabindex="0" role="region" aria-label="Call tree as a table"><table class="twin">
    <thead><tr><th scope="col" class="words">Function</th><th scope="col" class="words">Where</th><th scope="col">Total</th><th scope="col">Share</th><th scope="col">Self</th></tr></thead>
    <tbody>${rows.map((node) => html`<tr key=${node.key}><th scope="row" class="words"><span class="heap-depth number">${node.depth}</span> ${node.frame.function}</th><td class="words note">${whereOf(node).split(" · ")[1]}</td>
      <td class="number">${amount(node.value, kind)}</td><td class="number">${percent(top.value === 0 ? 0 : node.value / top.value)}</td><td class="number">${amount(node.self, kind)}</td></tr>`)}</tbody></table></div>`;
}

/** The nodes of a table: those that are worth a row, in the tree's order. @param {Node} top */
function rowsOf(top) {
  /** @type {Node[]} */
  const all = [];
  walk(top, (node) => void all.push(node));
  const least = [...all].sort((a, b) => b.value - a.value)[MOST_ROWS]?.value ?? 0;
  return all.filter(({ parent, value }) => parent !== null && value >= least).slice(0, MOST_ROWS);
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const [about, top] = [detail.peek(), root.peek()];
  if (about === null || top === null || tree.peek() === null) return null;
  const { session } = about;
  const kind = unit.peek();
  const name = MEASURES.find(({ by }) => by === measure.peek())?.label ?? "";
  return {
    name: `ramscope-heap-${session.pid}-${measure.peek()}`,
    picture: () => {
      const { height, marks } = flameMarks(sceneOf(top), PICTURE_WIDTH, MOST_SAVED);
      const shifted = marks.map((mark) => ("path" in mark ? { ...mark, path: mark.path.replace(/^M(\S+) (\S+?)h/, (_, x, y) => `M${Number(x) + 24} ${Number(y) + 72}h`).replace(/H(\S+?)Z$/, (_, x) => `H${Number(x) + 24}Z`) } : { ...mark, x: mark.x + 24, y: mark.y + 72 }));
      return {
        width: PICTURE_WIDTH + 48,
        height: height + 96,
        ground: colorOf("--ground"),
        font: getComputedStyle(document.body).fontFamily,
        marks: [
          { text: `${commandOf(session)}: ${name.toLowerCase()} ${kind === "bytes" ? signedIec(top.value).replace("+", "") : grouped(top.value)}`, x: 24, y: 36, size: 16, fill: colorOf("--text"), bold: true },
          { text: `pid ${session.pid} · ${stateOf(session)} · ${duration(session.duration_ms)} · ${grouped(session.allocations)} allocations, ${grouped(session.lost_events)} events lost`, x: 24, y: 56, size: 12, fill: colorOf("--muted") },
          ...shifted,
        ],
      };
    },
    csv: () => csvOf(top, kind),
    json: () => ({ schema_version: 1, address: state.peek(), session, timeline: course.peek(), tree: tree.peek(), space: spaceJson() }),
    notes: { csv: "a row a stack with something of its own, in collapsed form", json: "the session, its course and its call tree" },
  };
}

/** The stacks with what they hold themselves, outermost first. @param {Node} top @param {string} kind */
function csvOf(top, kind) {
  const lines = [`stack,${kind === "bytes" ? "bytes" : "count"}`];
  walk(top, (node) => {
    if (node.self === 0) return;
    const stack = pathOf(node).map(({ frame }) => frame.function).join(";");
    lines.push(`"${stack.replaceAll('"', '""')}",${node.self}`);
  });
  return `${lines.join("\n")}\n`;
}
