// The panel of one process: who it is, what it holds and of what, how it grew, how it went, and what it started.

import { age, duration, exact, grouped, iec, moment } from "./format.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { lastMs } from "./history.js";
import { growthOf, pssOf, SPLIT, stateInWords } from "./processes-answer.js";
import { change, detail, live, list, nameOf, wish } from "./processes-ask.js";
import { Inside } from "./processes-inside.js";
import { Outlook } from "./processes-outlook.js";
import { PastChart } from "./processes-past.js";
import { Track } from "./processes-track.js";
import { filteredBy, textOf, WINDOWS } from "./processes-wish.js";
import { session } from "./session.js";
import { navigate } from "./state.js";
import { computed } from "./vendor/signals.js";

/** @typedef {import("./processes-answer.js").Process} Process */

/** Children that are listed. */
const MOST_CHILDREN = 24;

/** The row of the list that is chosen, where it is on the screen: the newest look, or that of the moment on show. */
const row = computed(() => {
  const { chosen } = wish.value;
  return list.answer.value?.value.processes.find((each) => chosen !== null && nameOf(each) === textOf(chosen)) ?? null;
});

/** What is known of the chosen process. */
const known = computed(() => {
  const { chosen } = wish.value;
  const answer = detail.answer.value?.value ?? null;
  return answer !== null && answer.process.pid === chosen?.pid ? answer : null;
});

/** The panel. */
export function Side() {
  const process = /** @type {Process | null} */ (live.value ? known.value?.process ?? row.value : row.value ?? known.value?.process ?? null);
  const { chosen } = wish.value;
  if (chosen === null) return null;
  const close = () => change({ process: undefined });
  return html`<aside class="side" aria-label="The chosen process" data-side=${textOf(chosen)}>
    <header class="side-head">
      <h2>${process?.command ?? "Process"} <code>${chosen.pid}</code></h2>
      <${Follow} />
      <button type="button" class="side-close" aria-label="Close" data-tip="Close\nEsc" onClick=${close}><${Icon} name="close" /></button>
    </header>
    ${detail.refusal.value !== null && html`<p class="note">${detail.refusal.value}</p>`}
    ${process !== null && html`<${Who} process=${process} />
      <${Amounts} process=${process} />`}
    ${known.value !== null && html`<${Grown} growths=${known.value.growth} />
      <${PastChart} past=${known.value.history} />
      <${Children} pids=${known.value.children} />`}
    ${live.value && html`<${Outlook} find=${(/** @type {import("./processes-outlook.js").Answer} */ { processes }) => processes.find(({ pid, start_time_ms: startMs }) => pid === chosen.pid && startMs === chosen.startMs)} />`}
    ${known.value !== null && process?.kind === "process" && live.value && html`<${Inside} key=${textOf(chosen)} pid=${chosen.pid} />
      ${!process.masked && known.value.live && html`<${Track} key=${`track ${textOf(chosen)}`} pid=${chosen.pid} />`}`}
  </aside>`;
}

/** Keeps the process under the list's heading, wherever it is in the order. */
function Follow() {
  const { chosen, followed } = wish.value;
  if (chosen === null) return null;
  const on = followed !== null && textOf(followed) === textOf(chosen);
  return html`<button type="button" class="quiet" aria-pressed=${on} onClick=${() => change({ follow: on ? undefined : textOf(chosen) })}
    data-tip=${"Follow\nits row stays under the heading, wherever it is in the order"}>${on ? "Followed" : "Follow"}</button>`;
}

/** @param {{process: Process}} props */
function Who({ process }) {
  const { cgroup, command_line: line, kind, masked, parent_pid: parent, start_time_ms: startMs, state, threads, user } = process;
  const filter = (/** @type {string} */ name, /** @type {string} */ value) => navigate({ filter: filteredBy(wish.peek().filter, name, value), group: undefined });
  const facts = /** @type {[string, any][]} */ ([
    ["User", html`<button type="button" class="row-button" onClick=${() => filter("user", user)}>${user}</button>`],
    ["Started", html`<span data-tip=${moment(startMs, 0)}>${moment(startMs, lastMs.value)} <span class="note">${duration(Math.max(0, lastMs.value - startMs))} ago</span></span>`],
    ["Parent", html`<button type="button" class="row-button" onClick=${() => filter("pid", String(parent))}><code>${parent}</code></button>`],
    ["State", stateInWords(state)],
    ["Threads", grouped(threads)],
    ["Cgroup", html`<button type="button" class="row-button path" data-tip=${`Cgroup\n${cgroup}`} onClick=${() => navigate({ tab: "cgroups", under: cgroup })}>${cgroup}</button>`],
  ]);
  return html`<dl class="side-facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${line !== null && html`<p class="side-line"><code tabindex="0">${line}</code></p>`}
    ${masked && html`<p class="note">Its command line is hidden.${session.value?.may_change === true ? "" : html` View only: run <code>ramscope open</code>`}</p>`}
    ${kind === "kernel" && html`<p class="note">A kernel thread: it has no memory of its own.</p>`}`;
}

/** @param {{process: Process}} props */
function Amounts({ process }) {
  const pss = pssOf(process);
  const rows = /** @type {[string, number | null, string][]} */ ([
    ["Memory", process.memory_bytes, "RSS + swap"],
    ["RSS", process.rss_bytes, "resident"],
    ...SPLIT.filter(({ key }) => key !== "swap_bytes").map(({ key, label }) => [label, process[key], key]),
    ["Swap", process.swap_bytes, ""],
    ["PSS", process.pss_bytes, pss.age === "" ? pss.tip.split("\n")[1] : `${pss.age} ago`],
    ["USS", process.uss_bytes, "free if it ended"],
    ["Peak", process.peak_bytes, "highest RSS"],
    ["Virtual", process.virtual_bytes, "address space"],
  ]);
  const parts = /** @type {Record<string, string>} */ (Object.fromEntries(SPLIT.map(({ label, tone }) => [label, tone])));
  return html`<table class="side-numbers"><caption class="sr-only">What it holds</caption><tbody>
    ${rows.map(([name, bytes, note]) => html`<tr key=${name} class=${name in parts ? "part-of" : ""}><th scope="row">${name in parts && html`<i class=${`swatch tone-${parts[name]}`}></i>`}${name} ${!(name in parts) && html`<span class="note">${note}</span>`}</th>
      <td class="number" data-tip=${bytes === null ? undefined : exact(bytes)}>${iec(bytes)}</td></tr>`)}
    <tr><th scope="row">Faults <span class="note">minor, major</span></th><td class="number">${grouped(process.minor_faults)}, ${grouped(process.major_faults)}</td></tr>
  </tbody></table>
  <p class="note">Swap, peak and faults were read ${age(process.detail_age_ms)} ago.</p>`;
}

/** @param {{growths: import("./processes-answer.js").Growth[]}} props */
function Grown({ growths }) {
  return html`<section aria-label="Growth"><h3>Growth</h3><dl class="side-growth">
    ${growths.map((growth) => {
      const { text, tip } = growthOf(growth, growth.window_ms);
      const label = WINDOWS.find(({ ms }) => ms === growth.window_ms)?.label ?? duration(growth.window_ms);
      return html`<div key=${growth.window_ms}><dt>${label}</dt><dd class="number" data-tip=${tip}>${text}</dd></div>`;
    })}
  </dl></section>`;
}

/** @param {{pids: number[]}} props */
function Children({ pids }) {
  if (pids.length === 0) return null;
  const go = (/** @type {number} */ pid) => navigate({ filter: `pid:${pid}`, group: undefined });
  return html`<section aria-label="Children"><h3>Started <span class="note">${grouped(pids.length)} that run</span></h3>
    <p class="side-children">${pids.slice(0, MOST_CHILDREN).map((pid) => html`<button type="button" class="row-button" key=${pid} onClick=${() => go(pid)}><code>${pid}</code></button> `)}
      ${pids.length > MOST_CHILDREN && html`<button type="button" class="quiet" onClick=${() => navigate({ group: undefined, filter: `tree:${wish.peek().chosen?.pid}` })}>All</button>`}</p></section>`;
}

