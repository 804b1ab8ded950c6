// The tab "Cgroups": who is limited to what, by whom, and how near each is to it.

import { csvOf } from "./csv.js";
import { exact, grouped, iec, moment, NONE, percent } from "./format.js";
import { lastMs } from "./history.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Refusal } from "./lab-question.js";
import { loadSheets } from "./lab.js";
import { memory } from "./live.js";
import { growthOf } from "./processes-answer.js";
import { live, wish as moments } from "./processes-ask.js";
import { chosen, flat, follow, more, rowsOf, SORTS, toggle, top, topPath, unlisted, wish, FOUND } from "./processes-cgroups-ask.js";
import { barsDrawing } from "./processes-export.js";
import { Outlook } from "./processes-outlook.js";
import { filteredBy } from "./processes-wish.js";
import { adjust, navigate, tableShown } from "./state.js";

/** @typedef {import("./processes-cgroups-ask.js").Cgroup} Cgroup */

const sheet = loadSheets("./processes-cgroups.css");
const TYPED_MS = 200;
const GROWTH_MS = 60_000;
const NOT_WATCHED = { text: NONE, tip: "Growth\nnothing was seen of it a minute before", bytes: null };
/** Rows of the picture that Export saves. */
const PICTURE_ROWS = 30;
/** What a cgroup's memory is, as far as the kernel tells. */
const MINUTE_FIELDS = /** @type {const} */ (["anon_bytes", "file_bytes", "shmem_bytes", "kernel_bytes", "slab_bytes", "inactive_file_bytes", "swap_bytes", "zswap_bytes"]);

await sheet;

/** Begins to ask. */
export const begin = follow;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Event} event */
function onFind(event) {
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  clearTimeout(waiting);
  waiting = setTimeout(() => adjust({ find: value.trim() === "" ? undefined : value }), TYPED_MS);
}

/** The tab. */
export function Tab() {
  const answer = top.answer.value?.value;
  return html`<div class="tools" role="search">
      <input type="search" class="tools-filter" name="find" value=${wish.value.find} onInput=${onFind} placeholder="Filter: part of a path or name" aria-label="Filter" autocomplete="off" spellcheck="false" />
      <label class="tools-sort"><span>Sort</span><select name="cgroups" value=${wish.value.sort} onChange=${(/** @type {Event} */ event) => adjust({ cgroups: /** @type {HTMLSelectElement} */ (event.target).value })}>
        ${SORTS.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}</select></label>
      <${Crumbs} />
      <button type="button" class="switch" role="switch" aria-checked=${wish.value.limited} onClick=${() => adjust({ limited: wish.peek().limited ? undefined : "1" })}>
        <span>Only limited ones</span><span class="switch-track"><span class="switch-knob"></span></span></button>
    </div>
    ${answer?.container != null && html`<p class="cgroup-said">${answer.container.sentence}</p>`}
    ${answer?.note != null && html`<p class="cgroup-said">${answer.note}</p>`}
    <div class="proc-body" data-side=${wish.value.chosen !== null}>
      <div class="proc-main"><${Tree} />
        <p class="note counts">${answer !== undefined && html`<span><b class="number" data-cgroups=${answer.seen}>${grouped(answer.seen)}</b> cgroups</span> <span>memory is controlled by ${answer.controller ?? "none of them"}${answer.hierarchy === "hybrid" ? ", hybrid" : ""}</span>
          ${answer.left_out > 0 && html`<span class="fault">${grouped(answer.left_out)} more are not looked at</span>`}`}</p>
      </div>
      ${wish.value.chosen !== null && html`<${Side} />`}
    </div>`;
}

/** The way up, where the tree begins lower. */
function Crumbs() {
  const { under } = wish.value;
  if (under === "/") return null;
  const parts = under.split("/").filter(Boolean);
  return html`<nav class="crumbs" aria-label="Begins at"><button type="button" class="row-button" onClick=${() => navigate({ under: undefined })}>/</button>
    ${parts.map((part, index) => html`<span key=${index}>›</span><button type="button" class="row-button" onClick=${() => navigate({ under: `/${parts.slice(0, index + 1).join("/")}` })}>${part}</button>`)}</nav>`;
}

const HEADS = [
  ["name", "Cgroup", "", "words"],
  ["current", "Memory", "Memory\nwhat is charged to the cgroup and all below it", ""],
  ["fill", "Of its limit", "Of its limit\nthe least limit from here to the root is the one that binds", "words"],
  ["limit", "Limit", "Limit that binds\nand whose it is", ""],
  ["whose", "Whose", "Whose limit it is", "words"],
  ["growth", "Last minute", "Growth in the last minute", ""],
  ["swap", "Swap", "Swap", ""],
  ["pressure", "Pressure", "Pressure\nshare of the last 10 s in which some task of it waited for memory", ""],
  ["kills", "OOM", "OOM kills\nsince the cgroup was made", ""],
  ["peak", "Peak", "Peak\nthe kernel’s own high-water mark", ""],
];

function Tree() {
  const rows = rowsOf();
  const left = unlisted();
  const total = memory.value?.total_bytes ?? 1;
  const compared = moments.value.compareMs !== null;
  return html`<div class="rows cgroup-rows" tabindex="0" role="region" aria-label="Cgroups">
    <table class="rows-table" data-flat=${flat.value}>
      <caption class="sr-only">Cgroups</caption>
      <thead><tr>${HEADS.map(([id, label, tip, words]) => html`<th scope="col" key=${id} class=${`g-${id} ${words}`}><span data-tip=${tip || undefined}>${id === "growth" && compared ? "Growth" : label}</span></th>`)}</tr></thead>
      <tbody>${rows.map(({ indent, opened, row }) => html`<${Row} key=${row.path} row=${row} indent=${indent} opened=${opened} total=${total} />`)}</tbody>
    </table>
    ${left.map(({ count, level }) => html`<p class="rows-none" key=${level}><button type="button" class="quiet" onClick=${() => more(level)}>${grouped(count)} more${level === FOUND ? "" : ` in ${level}`}</button></p>`)}
    ${top.refusal.value !== null && html`<${Refusal} message=${top.refusal.value} kept=${false} />`}
    ${top.answer.value === null && top.refusal.value === null && html`<p class="note rows-none">Reading…</p>`}
    ${top.answer.value !== null && rows.length === 0 && top.answer.value.value.note === null && html`<p class="note rows-none">Nothing matches.</p>`}
  </div>`;
}

/** @param {{row: Cgroup, indent: number, opened: boolean, total: number}} props */
function Row({ indent, opened, row, total }) {
  const { binding, children, current_bytes: current, events, kind, name, path, peak_bytes: peak, pressure, swap_bytes: swap } = row;
  const own = binding !== null && binding.path === path;
  const isChosen = wish.value.chosen === path;
  const choose = () => adjust({ cgroup: isChosen ? undefined : path });
  const growth = row.growth_window_ms === 0 ? NOT_WATCHED : growthOf(row, moments.value.compareMs === null ? GROWTH_MS : 0);
  const foldable = !flat.value && indent > 0 && children > 0;
  const turn = (/** @type {Event} */ event) => {
    event.stopPropagation();
    toggle(path);
  };
  return html`<tr class=${isChosen ? "chosen" : ""} aria-selected=${isChosen} data-row=${path} onClick=${choose}>
    <td class="words g-name"><span class="indent" style=${{ "--depth": Math.min(24, indent) }}></span>
      ${foldable ? html`<button type="button" class="turn" aria-expanded=${opened} aria-label=${`${grouped(children)} below ${name}`} onClick=${turn}><${Icon} name="down" /></button>` : html`<span class="turn"></span>`}
      <button type="button" class="row-button" data-tip=${`${KINDS[kind] ?? "Cgroup"}\n${path}`}>${flat.value ? path : path === "/" ? "/ (all)" : name}</button>${kind in KINDS && html` <i class="mark">${KINDS[kind]}</i>`}</td>
    <td class="number g-current" data-tip=${exact(current)}>${iec(current)}</td>
    <td class="g-fill"><${Fill} row=${row} total=${total} /></td>
    <td class="number g-limit" data-tip=${binding === null ? undefined : `Limit that binds (${binding.kind})\n${exact(binding.limit_bytes)}`}>${binding === null ? NONE : iec(binding.limit_bytes)}</td>
    <td class="words g-whose" data-tip=${binding === null || own ? undefined : `Set on\n${binding.path}`}>${binding === null ? html`<span class="note">none</span>` : own ? "its own" : html`<span class="note">${binding.name}</span>`}</td>
    <td class="number g-growth" data-tip=${growth.tip}><span class=${growth.bytes === null ? "note" : ""}>${growth.text}</span></td>
    <td class="number g-swap">${iec(swap)}</td>
    <td class="number g-pressure" data-tip=${pressure === null ? undefined : `Pressure, some\n${percent(pressure.some.avg10)} of 10 s, ${percent(pressure.some.avg60)} of 1 min, ${percent(pressure.some.avg300)} of 5 min`} data-bad=${(pressure?.some.avg10 ?? 0) >= 0.1}>${pressure === null ? NONE : percent(pressure.some.avg10)}</td>
    <td class="number g-kills" data-bad=${(events.oom_kill ?? 0) > 0} data-tip=${eventsTip(events)}>${events.oom_kill === null ? NONE : `${events.oom_kill > 0 ? "✕ " : ""}${grouped(events.oom_kill)}`}</td>
    <td class="number g-peak">${iec(peak)}</td>
  </tr>`;
}

/** What kinds are called beside their names. @type {Record<string, string>} */
const KINDS = { docker: "Docker", containerd: "containerd", crio: "CRI-O", podman: "Podman", lxc: "LXC", machine: "machine", pod: "pod" };

/** @param {Cgroup["events"]} events */
function eventsTip({ high, max, oom, oom_kill: kills }) {
  const said = [["over its high mark", high], ["at its limit", max], ["out of memory", oom], ["killed", kills]].filter(([, count]) => count !== null);
  return ["Events since it was made", ...said.map(([name, count]) => `${name}: ${grouped(Number(count))}`)].join("\n");
}

/** How full it is: of the limit that binds, or, drawn as an outline, of the machine. @param {{row: Cgroup, total: number}} props */
function Fill({ row, total }) {
  const { binding, current_bytes: current } = row;
  const limit = binding?.limit_bytes ?? total;
  const used = binding === null ? current : binding.used_bytes;
  const others = Math.max(0, used - current);
  const part = Math.min(1, current / limit);
  const full = used / limit;
  if (tableShown.value) return html`<span class="number">${percent(current / limit)}</span>`;
  const tip = binding === null ? `No limit\n${percent(part)} of the machine’s memory` : `${percent(full)} of the limit is used\n${iec(current)} by this one, ${iec(others)} by others below ${binding.name}`;
  return html`<span class="fill" data-tip=${tip} data-bound=${binding !== null} data-near=${binding !== null && full > 0.9} role="img" aria-label=${tip.replace("\n", ": ")}>
    <i class="fill-own" style=${{ width: `${part * 100}%` }}></i><i class="fill-others" style=${{ width: `${Math.min(1 - part, others / limit) * 100}%` }}></i></span>`;
}

/** One cgroup with all that the kernel says of it. */
function Side() {
  const path = wish.value.chosen;
  const row = chosen.answer.value?.value.cgroups.find((each) => each.path === path) ?? null;
  if (path === null) return null;
  return html`<aside class="side" aria-label="The chosen cgroup" data-side=${path}>
    <header class="side-head"><h2>${row?.name ?? path}</h2>
      <button type="button" class="quiet" onClick=${() => navigate({ tab: undefined, filter: filteredBy("", "cgroup", path) })}>Its processes</button>
      <button type="button" class="side-close" aria-label="Close" onClick=${() => adjust({ cgroup: undefined })}><${Icon} name="close" /></button></header>
    <p class="side-line"><code tabindex="0">${path}</code></p>
    ${chosen.refusal.value !== null && html`<p class="note">${chosen.refusal.value}</p>`}
    ${row !== null && html`<${Detail} row=${row} shownMs=${chosen.answer.value?.value.time_ms ?? 0} />`}
    ${live.value && html`<${Outlook} find=${(/** @type {import("./processes-outlook.js").Answer} */ { cgroups }) => cgroups.find((each) => each.path === path)} />`}
  </aside>`;
}

/** @param {{row: Cgroup, shownMs: number}} props */
function Detail({ row, shownMs }) {
  const limits = /** @type {[string, number | null][]} */ ([["Limit", row.limit_bytes], ["High mark", row.high_bytes], ["Protected, low", row.low_bytes], ["Protected, min", row.min_bytes], ["Swap limit", row.swap_limit_bytes]]);
  const rows = /** @type {[string, number | null][]} */ ([["Memory", row.current_bytes], ["Peak", row.peak_bytes], ...MINUTE_FIELDS.map((name) => [FIELDS[name], row[name]])]);
  return html`${row.binding !== null && html`<p>At most ${iec(row.binding.limit_bytes)}, ${row.binding.path === row.path ? "its own limit" : html`the limit of <code>${row.binding.path}</code>`}${row.room !== null && `; ${iec(row.room.bytes)} left`}.</p>`}
    ${row.binding === null && html`<p>No limit from here to the root.</p>`}
    <table class="side-numbers"><tbody>${[...rows, ...limits].filter(([, bytes]) => bytes !== null).map(([name, bytes]) => html`<tr key=${name}><th scope="row">${name}</th><td class="number" data-tip=${exact(Number(bytes))}>${iec(bytes)}</td></tr>`)}</tbody></table>
    ${row.pressure !== null && html`<${Pressure} pressure=${row.pressure} />`}
    <dl class="side-growth">${Object.entries(row.events).map(([name, count]) => html`<div key=${name}><dt>${name.replace("_", " ")}</dt><dd class="number">${count === null ? NONE : grouped(count)}</dd></div>`)}</dl>
    ${row.container_id !== null && html`<p class="note">Container <code>${row.container_id}</code></p>`}
    ${row.stat !== undefined && html`<details class="stat"><summary>memory.stat</summary><table class="side-numbers"><tbody>${Object.entries(row.stat).map(([name, value]) => html`<tr key=${name}><th scope="row"><code>${name}</code></th><td class="number">${grouped(value)}</td></tr>`)}</tbody></table></details>`}
    ${row.age_ms !== null && html`<p class="note">Read at ${moment(shownMs - row.age_ms, lastMs.value)}.</p>`}`;
}

/** @type {Record<typeof MINUTE_FIELDS[number], string>} */
const FIELDS = { anon_bytes: "Anonymous", file_bytes: "File cache", shmem_bytes: "Shared memory", kernel_bytes: "Kernel", slab_bytes: "Slab", inactive_file_bytes: "Cache, not used lately", swap_bytes: "Swap", zswap_bytes: "zswap" };

/** @param {{pressure: NonNullable<Cgroup["pressure"]>}} props */
function Pressure({ pressure }) {
  return html`<table class="numbers stalls"><thead><tr><th scope="col">Pressure</th>${["10 s", "1 min", "5 min"].map((name) => html`<th scope="col" class="note" key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${/** @type {const} */ (["some", "full"]).map((name) => html`<tr key=${name}><th scope="row">${name}</th>${/** @type {const} */ (["avg10", "avg60", "avg300"]).map((over) => html`<td class="number" key=${over}>${percent(pressure[name]?.[over])}</td>`)}</tr>`)}</tbody></table>`;
}

/** The tab's questions to the server, as scripts would ask them. */
export function endpoints() {
  return [{ name: "The cgroups", path: topPath.peek() }];
}

/** The same in a terminal. */
export function command() {
  const { atMs, compareMs } = moments.value;
  const when = compareMs !== null ? ` --between ${compareMs},${atMs ?? "now"}` : atMs !== null ? ` --at ${atMs}` : "";
  return `ramscope cgroups --sort ${wish.value.sort}${when}`;
}

/** What Export saves. @returns {import("./view.js").Files | null} */
export function files() {
  const answer = top.answer.peek()?.value;
  if (answer === undefined) return null;
  const rows = rowsOf().map(({ row }) => row);
  const names = ["path", "name", "kind", "current_bytes", "limit_bytes", "peak_bytes", "swap_bytes", "anon_bytes", "file_bytes", "growth_bytes"];
  const bars = rows.slice(0, PICTURE_ROWS).map((row) => ({ label: row.path, parts: [{ bytes: row.current_bytes, token: "--used" }], text: row.binding === null ? undefined : `${iec(row.current_bytes)}, at most ${iec(row.binding.limit_bytes)}` }));
  return {
    name: `ramscope-cgroups-${new Date(answer.time_ms).toISOString().slice(0, 19).replace(/:/g, "-")}`,
    picture: () => barsDrawing("Memory of cgroups", answer.time_ms, bars),
    csv: () => csvOf(names, rows),
    json: () => answer,
    notes: { csv: "a row a cgroup on show", json: "the server’s answer" },
  };
}
