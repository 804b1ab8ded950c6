// The address space of a program: live blocks in their owners' colours and the holes between, in rows with an address ruler. The
// wheel looks nearer, down to single blocks, and away again.

import { getJson } from "./api.js";
import { duration, grouped, iec, percent } from "./format.js";
import { chosen, detail, pathOf, repeat } from "./heap-source.js";
import { addressAt, beside, blockAt, hex, layoutOf, nearer, piecesOf, placeOf, spanOf, wordOf } from "./heap-space-layout.js";
import { baseOf } from "./heap-tree.js";
import { html } from "./html.js";
import { colorOf, veil } from "./paint.js";
import { adjust, presenting, state, tableShown } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./heap-space-layout.js").Space} Space */
/** @typedef {import("./heap-space-layout.js").Layout} Layout */
/** @typedef {import("./heap-space-layout.js").Owner} Owner */
/** @typedef {{from: number, to: number}} Span */

/** Pixels: a row with its gap, a cell at the least, and the ruler. */
const ROW = 16;
const GAP = 3;
const LEAST_CELL = 6;
const RULER = 112;
/** Rows that are asked for; breaks between regions add some. */
const ROWS = 22;
/** A block is never narrower, pixels. */
const LEAST_BLOCK = 2;
/** How far the wheel turns for a step. */
const WHEEL_STEP = 60;
const OWNERS = 8;

/** The address space; null until the server has answered. */
const space = signal(/** @type {Space | null} */ (null));
/** How many columns there is room for; 0 before that is known. */
const columns = signal(0);
/** The stretches that were looked at on the way to this one. @type {(Span | null)[]} */
let way = [];

/** The stretch that is looked at; null for all. @type {import("./vendor/signals.js").ReadonlySignal<Span | null>} */
const span = computed(() => spanOf(state.value.span));
const kind = computed(() => (state.value.of === "mapped" ? "mapped" : "blocks"));
const owning = computed(() => (state.value.own === "module" ? "module" : "function"));

/** The picture's question. @param {string} id */
export function spacePath(id) {
  const { from, to } = span.value ?? {};
  const stretch = from === undefined ? "" : `&from=${hex(from)}&to=${hex(Number(to))}`;
  return pathOf(id, `/space?of=${kind.value}&by=${owning.value}&cells=${Math.max(1, columns.value) * ROWS}${stretch}`);
}

/** @param {Span | null} next @param {boolean} [back] whether it is one that was left before */
function lookAt(next, back = false) {
  if (!back) way = [...way.slice(-63), span.peek()];
  adjust({ span: wordOf(next) });
}

function away() {
  lookAt(way.at(-1) ?? null, true);
  way = way.slice(0, -1);
}

/** The hue of an owner, by its place. @param {Space} known @param {number} owner */
function hueOf(known, owner) {
  return owner === known.owners.length - 1 ? OWNERS : (owner % (OWNERS - 1)) + 1;
}

/** @param {Owner} owner */
function nameOf({ function: name, module }) {
  return name ?? (module === null ? "all others" : baseOf(module));
}

/** @param {{onOwner: (owner: Owner) => void}} props */
export function AddressSpace({ onOwner }) {
  useEffect(() => effect(() => {
    const id = chosen.value;
    if (id === null || columns.value === 0) return undefined;
    const path = spacePath(id);
    return repeat(async (left) => {
      const answer = await getJson(path, left);
      if (!left.aborted) space.value = answer;
    });
  }), []);
  useEffect(() => () => {
    space.value = null;
    columns.value = 0;
    way = [];
  }, []);
  const known = space.value;
  return html`<section class="heap-space" aria-label="Address space">
    <${Head} known=${known} />
    <${Legend} known=${known} onOwner=${onOwner} />
    ${tableShown.value && known !== null ? html`<${Twin} known=${known} />` : html`<${Picture} known=${known} onOwner=${onOwner} />`}
  </section>`;
}

/** What is drawn, and in whose colours: they stand beside the choice of the picture. */
export function SpaceTools() {
  const choice = (/** @type {string} */ label, /** @type {boolean} */ on, /** @type {Record<string, string | undefined>} */ to, /** @type {string} */ tip) =>
    html`<button type="button" aria-pressed=${on} data-tip=${`${label}\n${tip}`} onClick=${() => adjust({ ...to })}>${label}</button>`;
  return html`<div class="ranges" role="group" aria-label="What is drawn">${choice("Blocks", kind.value === "blocks", { of: undefined, span: undefined }, "what the allocator gave out")}${choice("Mapped", kind.value === "mapped", { of: "mapped", span: undefined }, "what the program mapped itself")}</div>
    <div class="ranges" role="group" aria-label="Coloured by">${choice("By function", owning.value === "function", { own: undefined }, "the innermost function that is not the allocator's or a container's")}${choice("By module", owning.value === "module", { own: "module" }, "the file with that function's code")}</div>`;
}

/** What is looked at, and how one moves. @param {{known: Space | null}} props */
function Head({ known }) {
  const extent = known?.extent ?? null;
  const at = span.value;
  const layout = known === null ? null : layoutOf(known, Math.max(1, columns.value));
  const middle = layout === null ? null : middleOf(layout);
  const step = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {boolean} */ off, /** @type {() => void} */ act) =>
    html`<button type="button" class="chip" aria-label=${label} data-tip=${label} disabled=${off} onClick=${act}>${sign}</button>`;
  const near = layout === null || middle === null ? null : nearer(layout, middle);
  return html`<div class="heap-space-head">
    <p class="note number heap-space-words">${known === null ? "" : wordsOf(known, at)}</p>
    <div class="chips" role="group" aria-label="Zoom">${step("Away", "−", at === null, away)}${step("Nearer", "+", near === null, () => lookAt(near))}
      ${step("Lower addresses", "←", at === null || extent === null || at.from <= extent.from, () => at !== null && extent !== null && lookAt(beside(at, extent, -1), true))}
      ${step("Higher addresses", "→", at === null || extent === null || at.to >= extent.to, () => at !== null && extent !== null && lookAt(beside(at, extent, 1), true))}
      ${step("All of it", "All", at === null, () => {
        way = [];
        lookAt(null, true);
      })}</div>
  </div>`;
}

/** @param {Layout} layout */
function middleOf({ bytes, cells, runs }) {
  const cell = Math.floor(cells / 2);
  const run = runs.findLast((each) => each.cell <= cell);
  return run === undefined ? null : run.address + (cell - run.cell) * bytes;
}

/** @param {Space} known @param {Span | null} at */
function wordsOf({ cell_bytes: bytes, holes, live_blocks: count, live_bytes: live }, at) {
  const where = at === null ? "" : `${iec(at.to - at.from)} from ${hex(at.from)}: `;
  const free = holes === null || holes.count === 0 ? "" : `, ${grouped(holes.count)} ${holes.count === 1 ? "hole" : "holes"} of ${iec(holes.bytes)}${holes.count > 1 ? `, the largest ${iec(holes.largest_bytes)}` : ""}`;
  return `${where}${iec(live)} in ${grouped(count)} ${count === 1 ? "block" : "blocks"}${free}; a column is ${iec(bytes)}`;
}

/** The picture in its frame. @param {{known: Space | null, onOwner: (owner: Owner) => void}} props */
function Picture({ known, onOwner }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const ruler = width < 560 ? 92 : RULER;
  // A power of two, so that rows begin at round addresses.
  const fit = width === 0 ? 0 : 2 ** Math.max(4, Math.floor(Math.log2((width - ruler) / LEAST_CELL)));
  useEffect(() => {
    if (fit > 0) columns.value = fit;
  }, [fit]);
  const layout = known === null || fit === 0 ? null : layoutOf(known, fit);
  const cell = fit === 0 ? 0 : (width - ruler) / fit;
  void dark.value;
  void presenting.value;
  useEffect(() => {
    if (host.current !== null && known !== null && layout !== null) paint(host.current, known, layout, { ruler, cell, width, cursor });
  });
  const pointed = (/** @type {MouseEvent} */ event) => {
    if (layout === null || host.current === null) return null;
    const { left, top } = host.current.getBoundingClientRect();
    return addressAt(layout, Math.floor((event.clientY - top + host.current.scrollTop) / ROW), (event.clientX - left - ruler) / cell);
  };
  useWheel(host, pointed, layout);
  const move = (/** @type {PointerEvent} */ event) => {
    const at = pointed(event);
    host.current?.setAttribute("data-tip", at === null || known === null || layout === null ? "" : saidOf(known, layout, at));
  };
  const press = (/** @type {MouseEvent} */ event) => {
    const at = pointed(event);
    setCursor(at);
    const owner = at === null || known === null || layout === null ? null : ownerAt(known, layout, at);
    if (owner !== null && known !== null && owner < known.owners.length - 1) onOwner(known.owners[owner]);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (layout === null || known === null) return;
    if (!walk(event, layout, cursor, setCursor)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const said = cursor === null || known === null || layout === null ? "" : saidOf(known, layout, cursor);
  return html`<div class="heap-space-map" ref=${host} tabindex="0" role="application" aria-roledescription="map of addresses" data-rows=${layout?.rows ?? 0} data-cells=${known?.cells.number.length ?? 0}
      data-blocks=${known?.blocks?.address.length ?? ""} aria-label="Address space: arrows move, plus looks nearer, minus away"
      onPointerMove=${move} onPointerLeave=${() => host.current?.removeAttribute("data-tip")} onClick=${press} onDblClick=${(/** @type {MouseEvent} */ event) => {
        const at = pointed(event);
        const next = at === null || layout === null ? null : nearer(layout, at);
        if (next !== null) lookAt(next);
      }} onKeyDown=${keys}>
    <div style=${{ height: `${(layout?.rows ?? 1) * ROW + 2}px` }}></div><canvas aria-hidden="true"></canvas>
    ${known === null && html`<p class="note heap-space-none">Reading…</p>`}
    ${known !== null && known.extent === null && html`<p class="note heap-space-none">${kind.value === "mapped" ? "The program maps nothing itself now." : "Nothing lives now."}</p>`}
    <p class="sr-only" role="status">${said.replaceAll("\n", ", ")}</p>
  </div>
  <p class="note heap-space-at">${cursor === null ? "The wheel looks nearer and away; a click tells who asked." : said.replaceAll("\n", " · ")}</p>`;
}

/** What keys do; whether they did anything. @param {KeyboardEvent} event @param {Layout} layout @param {number | null} cursor @param {(at: number) => void} setCursor */
function walk({ key }, layout, cursor, setCursor) {
  const at = cursor ?? layout.runs[0]?.address;
  if (at === undefined) return false;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -layout.columns, ArrowDown: layout.columns }[key];
  if (by !== undefined) {
    const moved = at + by * layout.bytes;
    const inside = layout.runs.some((run) => moved >= run.address && moved < run.address + run.count * layout.bytes);
    const next = layout.runs.filter((run) => (by > 0 ? run.address > at : run.address < at));
    const other = by > 0 ? next[0]?.address : next.at(-1)?.address;
    setCursor(inside ? moved : other ?? at);
    return true;
  }
  if (key === "+" || key === "=" || key === "Enter") {
    const next = nearer(layout, at);
    if (next !== null) lookAt(next);
    return true;
  }
  if (key === "-" || key === "Escape") {
    if (span.peek() === null) return false;
    away();
    return true;
  }
  return false;
}

/**
 * Lets the wheel look nearer and away; where it can go no further the page scrolls.
 * @param {import("./vendor/preact.js").RefObject<HTMLDivElement>} host
 * @param {(event: MouseEvent) => number | null} pointed
 * @param {Layout | null} layout
 */
function useWheel(host, pointed, layout) {
  const now = useRef({ pointed, layout });
  now.current = { pointed, layout };
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let turned = 0;
    const wheel = (/** @type {WheelEvent} */ event) => {
      const found = now.current;
      const at = found?.pointed(event) ?? null;
      if (found === null || found.layout === null || at === null || event.deltaY === 0) return;
      const next = event.deltaY < 0 ? nearer(found.layout, at) : span.peek();
      if (next === null) return;
      event.preventDefault();
      turned = Math.sign(turned) === Math.sign(event.deltaY) ? turned + event.deltaY : event.deltaY;
      if (Math.abs(turned) < WHEEL_STEP) return;
      turned = 0;
      if (event.deltaY < 0) lookAt(next);
      else away();
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
}

/** The number of the cell at an address. @param {Layout} layout @param {number} address */
function cellAt({ bytes, runs }, address) {
  const run = runs.find((each) => address >= each.address && address < each.address + each.count * bytes);
  return run === undefined ? -1 : run.cell + Math.floor((address - run.address) / bytes);
}

/** Whose memory is at an address; null where nothing lives. @param {Space} known @param {Layout} layout @param {number} address */
function ownerAt(known, layout, address) {
  const block = blockAt(known, address);
  if (block !== null) return known.blocks?.owner[block] ?? null;
  const at = known.cells.number.indexOf(cellAt(layout, address));
  return at < 0 ? null : known.cells.owner[at];
}

/** A time since the program began. @param {number} ms */
function spent(ms) {
  return ms < 1000 ? `${Math.round(ms)}\u00a0ms` : duration(ms);
}

/** What is at an address, a line each. @param {Space} known @param {Layout} layout @param {number} address */
function saidOf(known, layout, address) {
  const block = blockAt(known, address);
  if (block !== null && known.blocks !== null) {
    const { address: from, born_ms: born, bytes, owner } = known.blocks;
    const age = known.of === "mapped" ? [] : [`asked for after ${spent(born[block])}`];
    return [nameOf(known.owners[owner[block]]), `${iec(bytes[block])} at ${hex(from[block])}`, ...age].join("\n");
  }
  const cell = cellAt(layout, address);
  const at = known.cells.number.indexOf(cell);
  const start = Math.floor(address / known.cell_bytes) * known.cell_bytes;
  if (at < 0 || known.blocks !== null) return [hex(known.blocks === null ? start : address), known.blocks === null ? `${iec(known.cell_bytes)} in which nothing lives` : "nothing lives here"].join("\n");
  const { blocks, bytes, owner } = known.cells;
  return [nameOf(known.owners[owner[at]]), `${hex(start)}: ${iec(bytes[at])} of ${iec(known.cell_bytes)}, ${grouped(blocks[at])} ${blocks[at] === 1 ? "block begins" : "blocks begin"} here`].join("\n");
}

/**
 * @param {HTMLDivElement} host
 * @param {Space} known
 * @param {Layout} layout
 * @param {{ruler: number, cell: number, width: number, cursor: number | null}} size
 */
function paint(host, known, layout, { cell, cursor, ruler, width }) {
  const canvas = /** @type {HTMLCanvasElement} */ (host.querySelector("canvas"));
  const height = Math.max(1, layout.rows) * ROW + 2;
  const ratio = devicePixelRatio;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const tall = ROW - GAP;
  const x = (/** @type {number} */ column) => ruler + column * cell;
  pen.fillStyle = veil(colorOf("--free"), 0.16);
  for (const run of layout.runs) pen.fillRect(x(run.column), run.row * ROW + 1, run.count * cell, tall);
  drawRuler(pen, layout, tall, ruler);
  if (known.blocks === null) drawCells(pen, known, layout, { x, cell, tall });
  else drawBlocks(pen, known, layout, { x, tall });
  if (cursor === null) return;
  pen.strokeStyle = colorOf("--text");
  pen.lineWidth = 1.5;
  for (const piece of piecesOf(layout, ...extentAt(known, layout, cursor))) {
    pen.strokeRect(x(piece.from) - 0.5, piece.row * ROW + 0.5, Math.max(LEAST_BLOCK, x(piece.to) - x(piece.from)) + 1, tall + 1);
  }
}

/** What is marked: the block at the address, else its cell. @param {Space} known @param {Layout} layout @param {number} at @returns {[number, number]} */
function extentAt(known, layout, at) {
  const block = blockAt(known, at);
  if (block !== null && known.blocks !== null) return [known.blocks.address[block], known.blocks.address[block] + Math.max(1, known.blocks.bytes[block])];
  const start = Math.floor(at / layout.bytes) * layout.bytes;
  return [start, start + layout.bytes];
}

/** The address of each row, and the breaks between regions. @param {CanvasRenderingContext2D} pen @param {Layout} layout @param {number} tall @param {number} ruler */
function drawRuler(pen, { rulers }, tall, ruler) {
  pen.font = `11px ${getComputedStyle(document.documentElement).getPropertyValue("--mono") || "monospace"}`;
  pen.textBaseline = "middle";
  pen.textAlign = "end";
  pen.fillStyle = colorOf("--muted");
  rulers.forEach((address, row) => {
    if (address !== null) pen.fillText(address.toString(16), ruler - 8, row * ROW + 1 + tall / 2);
  });
}

/** @param {CanvasRenderingContext2D} pen @param {Space} known @param {Layout} layout @param {{x: (column: number) => number, cell: number, tall: number}} size */
function drawCells(pen, known, layout, { cell, tall, x }) {
  const { bytes, number, owner } = known.cells;
  number.forEach((each, at) => {
    const place = placeOf(layout, each);
    if (place === null) return;
    const full = bytes[at] / known.cell_bytes;
    pen.fillStyle = veil(colorOf(`--owner-${hueOf(known, owner[at])}`), 0.3 + 0.6 * Math.sqrt(Math.min(1, full)));
    pen.fillRect(x(place.column), place.row * ROW + 1, Math.max(1, cell - 0.5), tall);
  });
}

/** @param {CanvasRenderingContext2D} pen @param {Space} known @param {Layout} layout @param {{x: (column: number) => number, tall: number}} size */
function drawBlocks(pen, known, layout, { tall, x }) {
  if (known.blocks === null) return;
  const { address, bytes, owner } = known.blocks;
  address.forEach((from, at) => {
    pen.fillStyle = veil(colorOf(`--owner-${hueOf(known, owner[at])}`), 0.82);
    for (const piece of piecesOf(layout, from, from + Math.max(1, bytes[at]))) {
      const wide = x(piece.to) - x(piece.from);
      pen.fillRect(x(piece.from), piece.row * ROW + 1, Math.max(LEAST_BLOCK, wide > 4 ? wide - 1 : wide), tall);
    }
  });
}

/** Whose colours these are: it keeps its room. @param {{known: Space | null, onOwner: (owner: Owner) => void}} props */
function Legend({ known, onOwner }) {
  if (known === null) return html`<ul class="heap-space-legend"></ul>`;
  const all = Math.max(1, known.owners.reduce((sum, { bytes }) => sum + bytes, 0));
  return html`<ul class="heap-space-legend">${known.owners.map((owner, at) => owner.bytes > 0 && html`<li key=${at}>
    <button type="button" disabled=${owner.module === null && owner.function === null} data-tip=${[owner.function ?? "", owner.file ?? owner.module ?? "", `${grouped(owner.blocks)} blocks`].filter(Boolean).join("\n")} onClick=${() => onOwner(owner)}>
      <i class="heap-space-key" style=${{ "--paint": `var(--owner-${hueOf(known, at)})` }}></i><span class="heap-space-name">${nameOf(owner)}</span> <span class="note number">${iec(owner.bytes)} ${percent(owner.bytes / all)}</span></button></li>`)}
    <li class="note"><i class="heap-space-key heap-space-hole"></i>free between blocks</li></ul>`;
}

/** The map as a table: its blocks where they are few, else its owners and stretches. @param {{known: Space}} props */
function Twin({ known }) {
  const { blocks } = known;
  if (blocks !== null) {
    return html`<div class="table-scroll heap-twin" tabindex="0" role="region" aria-label="Blocks"><table class="twin"><thead><tr><th scope="col" class="words">Address</th><th scope="col">Bytes</th><th scope="col">Asked for after</th><th scope="col" class="words">By</th></tr></thead>
      <tbody>${blocks.address.slice(0, 500).map((address, at) => html`<tr key=${address}><th scope="row" class="words number">${hex(address)}</th><td class="number">${grouped(blocks.bytes[at])}</td><td class="number">${known.of === "mapped" ? "—" : spent(blocks.born_ms[at])}</td><td class="words">${nameOf(known.owners[blocks.owner[at]])}</td></tr>`)}</tbody></table></div>`;
  }
  return html`<div class="table-scroll heap-twin" tabindex="0" role="region" aria-label="Stretches of addresses"><table class="twin"><thead><tr><th scope="col" class="words">From</th><th scope="col" class="words">To</th><th scope="col">Length</th></tr></thead>
    <tbody>${known.regions.map(({ from, to }) => html`<tr key=${from}><th scope="row" class="words number">${hex(from)}</th><td class="words number">${hex(to)}</td><td class="number">${iec(to - from)}</td></tr>`)}</tbody></table></div>`;
}

/** What Export adds of the map. */
export function spaceJson() {
  return detail.peek() === null ? null : space.peek();
}
