// A policy's own state after a step: CLOCK's ring with bits and hand, LRU's stack, ARC's lists with its target, what
// OPT compares; every other policy in queues. The room is that of the whole run, so that no step moves it.

import { html } from "./html.js";
import { tableShown } from "./state.js";

/** @typedef {import("./paging-run.js").View} PolicyView */
/** @typedef {import("./paging-run.js").Step} Step */
/** @typedef {import("./paging-run.js").Queue} Queue */

/** Slots of a ring, boxes of a list and rows that are drawn; beyond them they are counted. */
const MOST_SLOTS = 24;
const MOST_BOXES = 16;
const MOST_ROWS = 8;

/** @param {{view: PolicyView, policy: string, step: Step, frames: number, length: number}} props `length` in references */
export function PolicyState({ frames, length, policy, step, view }) {
  if (tableShown.value && view.shape !== "values") return html`<${StateTable} view=${view} />`;
  if (view.shape === "ring") return html`<${Ring} ring=${view} page=${step.page} />`;
  if (view.shape === "values") return html`<${Values} values=${view} step=${step} frames=${frames} length=${length} />`;
  if (policy === "arc") return html`<${Arc} queues=${view} frames=${frames} page=${step.page} />`;
  if (view.queues.length === 1 && view.queues[0].name === "stack") {
    return html`<${Stack} queue=${view.queues[0]} frames=${frames} page=${step.page} policy=${policy} />`;
  }
  return html`<${Queues} queues=${view} page=${step.page} />`;
}

/** Frames in a circle. @param {{ring: import("./paging-run.js").Ring, page: number}} props */
function Ring({ page, ring }) {
  const slots = ring.slots.slice(0, MOST_SLOTS);
  const more = ring.slots.length - slots.length;
  const size = 224;
  const middle = size / 2;
  const radius = slots.length > 12 ? 12 : 18;
  const orbit = middle - radius - 22;
  const at = (/** @type {number} */ slot, /** @type {number} */ distance) => {
    const turn = (slot / Math.max(1, slots.length)) * 2 * Math.PI - Math.PI / 2;
    return { x: middle + Math.cos(turn) * distance, y: middle + Math.sin(turn) * distance };
  };
  return html`<figure class="ring">
    <svg viewBox="0 0 ${size} ${size}" role="img" aria-label=${spokenRing(ring)}>
      <circle class="ring-orbit" cx=${middle} cy=${middle} r=${orbit} />
      ${ring.hands.map(
        ({ name, slot }) => html`<${Hand} key=${name} name=${ring.hands.length > 1 ? name : ""}
        from=${{ x: middle, y: middle }} to=${at(slot, orbit - radius - 5)} />`,
      )}
      ${slots.map(
        (
          slot,
          index,
        ) => html`<${Slot} key=${index} slot=${slot} center=${at(index, orbit)} outside=${at(index, orbit + radius + 11)}
        radius=${radius} now=${slot.page === page} />`,
      )}
    </svg>
    <figcaption class="note">${bitsOf(ring)}${more > 0 && ` ${more} more slots are not drawn.`}</figcaption>
  </figure>`;
}

/** @param {{slot: import("./paging-run.js").Slot, center: {x: number, y: number}, outside: {x: number, y: number}, radius: number, now: boolean}} props */
function Slot({ center, now, outside, radius, slot }) {
  const state = slot.page === null ? "empty" : slot.frame === null ? "ghost" : now ? "now" : "held";
  const bits = slot.page === null ? "" : slot.bits.map(({ set }) => (set ? "1" : "0")).join("");
  return html`<g class="ring-slot" data-state=${state}>
    <circle cx=${center.x} cy=${center.y} r=${radius} />
    <text x=${center.x} y=${center.y} dy="0.35em">${slot.page ?? ""}</text>
    <text class="ring-bits" data-set=${bits.includes("1")} x=${outside.x} y=${outside.y} dy="0.35em">${bits}</text>
  </g>`;
}

/** @param {{name: string, from: {x: number, y: number}, to: {x: number, y: number}}} props */
function Hand({ from, name, to }) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [x, y] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const head = `M${to.x} ${to.y}l${-x * 9 - y * 4.5} ${-y * 9 + x * 4.5}l${y * 9} ${-x * 9}Z`;
  return html`<g class="ring-hand">
    <path d="M${from.x} ${from.y}L${to.x - x * 7} ${to.y - y * 7}" /><path class="ring-head" d=${head} />
    <circle cx=${from.x} cy=${from.y} r="3" />
    ${name !== "" && html`<text x=${from.x + (to.x - from.x) * 0.55} y=${from.y + (to.y - from.y) * 0.55 - 4}>${name}</text>`}
  </g>`;
}

/** @param {import("./paging-run.js").Ring} ring */
function bitsOf({ slots }) {
  const names = (slots.find(({ bits }) => bits.length > 0)?.bits ?? []).map(({ name }) => name);
  return names.length === 0
    ? ""
    : `Outside each page: ${names.length > 1 ? "the bits" : "the bit"} ${names.join(", ")}.`;
}

/** @param {import("./paging-run.js").Ring} ring */
function spokenRing({ hands, slots }) {
  const places = slots.map(({ bits, frame, page }) => {
    const set = bits.filter((bit) => bit.set).map(({ name }) => name);
    return `${frame === null ? "remembered" : `frame ${frame}`}: ${page === null ? "empty" : `page ${page}`}${set.length > 0 ? ` ${set.join(" and ")}` : ""}`;
  });
  return `${places.join("; ")}. ${hands.map(({ name, slot }) => `${name === "hand" ? "The hand" : `Hand ${name}`} is at ${places[slot]?.split(":")[0] ?? slot}`).join(". ")}`;
}

/** The stack: the last used on top, the next to leave below. @param {{queue: Queue, frames: number, page: number, policy: string}} props */
function Stack({ frames, page, policy, queue }) {
  const rows = queue.entries.slice(0, MOST_ROWS);
  const room = Math.min(frames, MOST_ROWS);
  const last = policy === "mru" ? 0 : queue.entries.length - 1;
  return html`<div class="stack">
    <p class="note">Most recently used</p>
    <ol style=${{ "--rows": room }}>
      ${rows.map(
        (
          entry,
          index,
        ) => html`<li key=${entry.page} data-now=${entry.page === page} data-next=${queue.len === frames && index === last}>
        <b>${entry.page}</b><span class="note">frame ${entry.frame}</span><span class="note">${entry.note}</span>
      </li>`,
      )}
      ${Array.from({ length: Math.max(0, room - rows.length) }, (_, index) => html`<li key=${`empty-${index}`} class="stack-empty"></li>`)}
    </ol>
    <p class="note">${queue.len > rows.length ? `${queue.len - rows.length} more below; ` : ""}Least recently used</p>
  </div>`;
}

/** What a policy compares, a row a frame. @param {{values: import("./paging-run.js").Values, step: Step, frames: number, length: number}} props */
function Values({ frames, length, step, values }) {
  const ahead = values.label === "next use";
  const rows = values.rows.slice(0, MOST_ROWS);
  const most = ahead ? length + 1 : Math.max(1, ...values.rows.map(({ value }) => value ?? 0));
  return html`<div class="values" style=${{ "--rows": Math.min(frames, MOST_ROWS) + 1 }}>
    <table>
      <thead><tr><th scope="col">Frame</th><th scope="col">Page</th><th scope="col" colspan="2">${upper(values.label)}</th></tr></thead>
      <tbody>${rows.map(
        ({ frame, note, page, value }) => html`<tr key=${frame} data-now=${page === step.page}>
        <th scope="row">${frame}</th><td><b>${page}</b></td>
        <td class="number">${value === null ? "never" : ahead ? `at ${value}` : value}${note !== undefined && html` <span class="note">${note}</span>`}</td>
        <td class="values-bar"><i data-never=${value === null} style=${{ width: `${share(value, step.index, most, ahead) * 100}%` }}></i></td>
      </tr>`,
      )}</tbody>
    </table>
    ${values.rows.length > rows.length && html`<p class="note">${values.rows.length - rows.length} more frames</p>`}
  </div>`;
}

/**
 * The length of a value's bar, 0..1.
 * @param {number | null} value null is never
 * @param {number} now
 * @param {number} most
 * @param {boolean} ahead whether the value is a place in the string still to come
 */
function share(value, now, most, ahead) {
  if (value === null) return 1;
  return ahead ? Math.max(0, (value - now) / Math.max(1, most - now)) : value / most;
}

/** Lists, the end at which pages enter at the left. @param {{queues: import("./paging-run.js").Queues, page: number}} props */
function Queues({ page, queues }) {
  return html`<div class="queues">
    ${queues.queues.map((queue) => html`<${List} key=${queue.name} queue=${queue} page=${page} />`)}
    <${Gauges} gauges=${queues.gauges} />
  </div>`;
}

/** @param {{queue: Queue, page: number}} props */
function List({ page, queue }) {
  const shown = queue.entries.slice(0, MOST_BOXES);
  const more = queue.len - shown.length;
  return html`<section class="queue">
    <h3>${upper(queue.name)} <span class="note number">${queue.len}${queue.limit !== null && ` of ${queue.limit}`}</span></h3>
    <ol>
      <li class="note" aria-hidden="true">in →</li>
      ${shown.map((entry) => html`<${Box} key=${entry.page} entry=${entry} now=${entry.page === page} />`)}
      ${more > 0 && html`<li class="note">and ${more} more</li>`}
      ${queue.len === 0 && html`<li class="note">empty</li>`}
    </ol>
  </section>`;
}

/** @param {{entry: import("./paging-run.js").Entry, now: boolean}} props */
function Box({ entry, now }) {
  const place = entry.frame === null ? "remembered" : `frame ${entry.frame}`;
  return html`<li class="box" data-ghost=${entry.frame === null} data-now=${now}
    data-tip=${`Page ${entry.page}\n${place}${entry.note === undefined ? "" : `\n${entry.note}`}`}>
    <b>${entry.page}</b><span class="note">${entry.note ?? ""}</span>
  </li>`;
}

/** @param {{gauges: {name: string, value: number}[]}} props */
function Gauges({ gauges }) {
  return gauges.map(
    ({ name, value }) => html`<p class="gauge" key=${name}><span class="note">${upper(name)}</span>
    <b class="number">${Number.isInteger(value) ? value : value.toFixed(2)}</b></p>`,
  );
}

/**
 * ARC's four lists about one middle: pages seen once to the left, seen again to the right, the newest of each at the
 * middle; what left is remembered outside. The target is how far T1 may reach.
 * @param {{queues: import("./paging-run.js").Queues, frames: number, page: number}} props
 */
function Arc({ frames, page, queues }) {
  const [t1, t2, b1, b2] = ["T1", "T2", "B1", "B2"].map(
    (name) => queues.queues.find((queue) => queue.name === name) ?? { name, len: 0, limit: null, entries: [] },
  );
  const target = queues.gauges[0]?.value ?? 0;
  return html`<div class="arc" style=${{ "--frames": frames, "--target": target }}>
    <div class="arc-heads"><h3>Seen once</h3><h3>Seen again</h3></div>
    <div class="arc-lists">
      <${Half} side="once" resident=${t1} remembered=${b1} frames=${frames} page=${page} />
      <${Half} side="again" resident=${t2} remembered=${b2} frames=${frames} page=${page} />
      <i class="arc-target"></i>
    </div>
    <p class="gauge"><span class="note">Target of T1</span> <b class="number">${target.toFixed(2)}</b> <span class="note">of ${frames} frames; T1 holds ${t1.len}</span></p>
  </div>`;
}

/** @param {{side: string, resident: Queue, remembered: Queue, frames: number, page: number}} props */
function Half({ frames, page, remembered, resident, side }) {
  const most = Math.max(2, Math.min(MOST_BOXES / 2, frames));
  const part = (
    /** @type {Queue} */ queue,
  ) => html`<div class="arc-part"><ol class="arc-list" aria-label=${`${queue.name}, ${queue.len} pages, newest first`}>
      ${queue.entries.slice(0, most).map((entry) => html`<${Box} key=${entry.page} entry=${entry} now=${entry.page === page} />`)}
      ${queue.len > most && html`<li class="note">+${queue.len - most}</li>`}
    </ol><p class="note"><b>${queue.name}</b> ${queue.len}</p></div>`;
  return html`<div class="arc-half" data-side=${side}>${part(resident)}${part(remembered)}</div>`;
}

/** The same as a table. @param {{view: import("./paging-run.js").Ring | import("./paging-run.js").Queues}} props */
function StateTable({ view }) {
  const rows = view.shape === "ring" ? ringRows(view) : queueRows(view);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="State"><table class="twin">
    <thead><tr><th scope="col">Place</th><th scope="col">Page</th><th scope="col">Frame</th><th scope="col" class="words">Known</th></tr></thead>
    <tbody>${rows.slice(0, 200).map(
      ({ frame, known, page, place }) => html`<tr key=${place}><th scope="row">${place}</th>
      <td>${page ?? "–"}</td><td>${frame ?? "–"}</td><td class="words">${known}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {import("./paging-run.js").Ring} ring */
function ringRows({ hands, slots }) {
  return slots.map(({ bits, frame, page }, index) => {
    const here = hands
      .filter(({ slot }) => slot === index)
      .map(({ name }) => (name === "hand" ? "the hand" : `hand ${name}`));
    return {
      place: `Slot ${index}`,
      page,
      frame,
      known: [...bits.map(({ name, set }) => `${name} ${set ? 1 : 0}`), ...here].join(", "),
    };
  });
}

/** @param {import("./paging-run.js").Queues} queues */
function queueRows({ queues }) {
  return queues.flatMap(({ entries, name }) =>
    entries.map(({ frame, note, page }, index) => ({
      place: `${upper(name)} ${index + 1}`,
      page,
      frame,
      known: note ?? "",
    })),
  );
}

/** @param {string} text */
function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
