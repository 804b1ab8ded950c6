// Slab caches as a figure: the partial, full and empty slabs of each, an object a cell, what no object fits into hatched;
// the pages that have no slab, and memory below. Everything here is a pure function of its arguments.

import { text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { chainPieces, entriesOf, hatch, heldPiece, holdersOf, LINE, rawBytes, rulerPieces, toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Cache} Cache */
/** @typedef {import("./segmentation-pieces.js").Slab} Slab */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/**
 * @typedef {{pieces: Piece[], bottom: number}} Part
 * @typedef {{label: number, strip: number, wide: boolean, width: number}} Layout `strip` is how wide a slab is drawn
 */

const CELL = 26;
/** A slab with the line that says where it is. */
const SLAB = CELL + 20;
/** The least width of an object with a frame; of narrower ones only those that are held are drawn. */
const LEAST = 5;
const GAP = 14;
/** Slabs of one list that are drawn. */
const MOST = 4;
const STRIP = 24;
/** How wide the names of pages are, and a block that has pages of its own. */
const LABEL = 122;
const OWN = 132;
/** From this width on the three lists of a cache stand side by side. */
const WIDE = 560;
const LISTS = /** @type {const} */ (["partial", "full", "empty"]);

/**
 * @param {Moment} moment
 * @param {number} width
 * @returns {Figure}
 */
export function slabFigure(moment, width) {
  const caches = moment.view.caches ?? [];
  const blocks = holdersOf(moment);
  const layout = layoutOf(width);
  const pieces = headPieces(layout);
  let y = 24;
  for (const cache of caches) {
    const part = cachePart(cache, moment, blocks, y, layout);
    pieces.push(...part.pieces);
    y = part.bottom;
  }
  if (caches.length === 0) {
    pieces.push(text("No cache has a slab yet.", 0, y + 18, 12, "muted"));
    y += 34;
  }
  const pages = pagesPart(moment, y, layout);
  const strip = stripPart(moment, blocks, pages.bottom + 10, width);
  return { width, height: strip.bottom, pieces: [...pieces, ...pages.pieces, ...strip.pieces] };
}

/** @param {number} width @returns {Layout} */
function layoutOf(width) {
  const wide = width >= WIDE;
  const label = wide ? LABEL : 64;
  return { label, strip: wide ? (width - label - 2 * GAP - 4) / 3 : width - label - 4, wide, width };
}

/** @param {Layout} layout @returns {Piece[]} */
function headPieces({ label, strip, wide }) {
  const first = text("Caches", 0, 14, 12, "muted", { bold: true });
  if (!wide) return [first];
  return [first, ...LISTS.map((list, place) => text(`${list[0].toUpperCase()}${list.slice(1)} slabs`, label + place * (strip + GAP), 14, 12, "muted", { bold: true }))];
}

/** All slabs of a cache. @param {Cache} cache */
function slabsOf(cache) {
  return LISTS.flatMap((list) => cache[list]);
}

/** @param {Cache} cache @param {Moment} moment @param {Map<number, Held>} blocks @param {number} top @param {Layout} layout @returns {Part} */
function cachePart(cache, moment, blocks, top, layout) {
  const slabs = slabsOf(cache);
  const objects = slabs.reduce((sum, { held }) => sum + held.length, 0);
  const used = slabs.reduce((sum, { held }) => sum + held.filter(Boolean).length, 0);
  const mine = isMine(cache, moment);
  const failed = mine && moment.step?.block === null;
  const lists = layout.wide ? listsBeside(cache, moment, blocks, top + 4, layout) : listsBelow(cache, moment, blocks, top + 44, layout);
  const notes = [`${used} of ${objects} held`, ...(tailOf(cache) > 0 ? [`${tailOf(cache)} of a slab unused`] : [])];
  const words = layout.wide ? notes : [notes.join(", ")];
  const tone = failed ? "fault" : "focus";
  const data = { object: cache.object_bytes, used, objects, mine: String(mine), partial: cache.partial.length, full: cache.full.length, empty: cache.empty.length };
  const bottom = Math.max(lists.bottom, top + 26 + words.length * 16) + 8;
  return {
    pieces: [
      {
        name: "cache",
        data,
        pieces: [
          { d: `M0 ${top + 0.5}h${layout.width}`, stroke: "hairline" },
          ...(mine ? [{ d: rectangle(0, top + 6, 3, bottom - top - 12), fill: tone }] : []),
          text(`${failed ? "✕ " : ""}Objects of ${cache.object_bytes}`, mine ? 9 : 0, top + 21, 13, failed ? "fault" : "text", { bold: true }),
          ...words.map((note, line) => text(note, mine ? 9 : 0, top + 38 + line * 16, 11, "muted")),
          ...lists.pieces,
        ],
      },
    ],
    bottom,
  };
}

/** Whether the request of this step is one of the cache's. @param {Cache} cache @param {Moment} moment */
function isMine({ object_bytes }, { convention, step, view }) {
  if (step === undefined || step.op === "compact" || step.size === null) return false;
  if (step.block !== null) return step.block[1] === object_bytes;
  const bytes = rawBytes(convention, step.size);
  return step.op === "alloc" && object_bytes >= bytes && (view.caches ?? []).every((other) => other.object_bytes < bytes || other.object_bytes >= object_bytes);
}

/** Bytes at the end of a slab that no object fits into. @param {Cache} cache */
function tailOf(cache) {
  const slab = slabsOf(cache)[0];
  return slab === undefined ? 0 : slab.size - slab.held.length * cache.object_bytes;
}

/** The three lists side by side. @param {Cache} cache @param {Moment} moment @param {Map<number, Held>} blocks @param {number} top @param {Layout} layout @returns {Part} */
function listsBeside(cache, moment, blocks, top, layout) {
  const parts = LISTS.map((list, place) => listPart(cache, list, { moment, blocks, layout, x: layout.label + place * (layout.strip + GAP), y: top }));
  return { pieces: parts.flatMap(({ pieces }) => pieces), bottom: Math.max(...parts.map(({ bottom }) => bottom)) };
}

/** The lists that have a slab one under the other. @param {Cache} cache @param {Moment} moment @param {Map<number, Held>} blocks @param {number} top @param {Layout} layout @returns {Part} */
function listsBelow(cache, moment, blocks, top, layout) {
  /** @type {Piece[]} */
  const pieces = [];
  let y = top;
  for (const list of LISTS.filter((each) => cache[each].length > 0)) {
    const part = listPart(cache, list, { moment, blocks, layout, x: layout.label, y });
    pieces.push(text(list, 0, y + 30, 12, "text"), ...part.pieces);
    y = part.bottom;
  }
  return { pieces, bottom: y };
}

/**
 * The slabs of a list, from its front.
 * @param {Cache} cache
 * @param {typeof LISTS[number]} list
 * @param {{moment: Moment, blocks: Map<number, Held>, layout: Layout, x: number, y: number}} place
 * @returns {Part}
 */
function listPart(cache, list, { blocks, layout, moment, x, y }) {
  const slabs = cache[list];
  if (slabs.length === 0) return { pieces: [text("–", x, y + 30, 12, "muted")], bottom: y + SLAB };
  const { block } = moment.step ?? {};
  const now = slabs.findIndex(({ address, size }) => block !== null && block !== undefined && address <= block[0] && block[0] < address + size);
  const first = Math.max(0, Math.min(now - MOST + 1, slabs.length - MOST));
  const shown = slabs.slice(first, first + MOST);
  const pieces = shown.map((slab, place) => slabPiece(slab, cache, { blocks, moment, strip: layout.strip, x, y: y + place * SLAB }));
  const bottom = y + shown.length * SLAB;
  if (slabs.length === shown.length) return { pieces, bottom };
  return { pieces: [...pieces, text(`and ${slabs.length - shown.length} more`, x, bottom + 11, 11, "muted")], bottom: bottom + 16 };
}

/**
 * @param {Slab} slab
 * @param {Cache} cache
 * @param {{moment: Moment, blocks: Map<number, Held>, strip: number, x: number, y: number}} place
 * @returns {Piece}
 */
function slabPiece(slab, cache, { blocks, moment, strip, x, y }) {
  const { address, held, size } = slab;
  const block = moment.step?.block ?? null;
  const top = y + 15;
  const used = held.filter(Boolean).length;
  const now = block !== null && address <= block[0] && block[0] < address + size;
  const scale = strip / size;
  const waste = size - held.length * cache.object_bytes;
  const end = { x: x + held.length * cache.object_bytes * scale, wide: waste * scale };
  return {
    name: "slab",
    data: { address, used, now: String(now) },
    tip: `A slab of ${size} bytes at ${address}
${used} of ${held.length} objects held${waste > 0 ? `
${waste} bytes at its end fit no object` : ""}`,
    pieces: [
      text(`at ${address}`, x, y + 11, 11, now ? "text" : "muted", { mono: true, bold: now }),
      text(`${used}/${held.length}`, x + strip, y + 11, 11, "muted", { anchor: "end" }),
      ...objectPieces(slab, cache, { blocks, moment, scale, top, x }),
      ...(waste > 0 ? [{ name: "waste", data: { bytes: waste }, tip: `${waste} bytes to no use
no object of ${cache.object_bytes} fits into the end of the slab`, pieces: [{ d: hatch(end.x, top, end.wide, CELL), stroke: "muted", width: 1 }] }] : []),
      { d: rectangle(x - 1, top - 1, strip + 2, CELL + 2), stroke: now ? "focus" : "muted", width: now ? 2.5 : 1 },
    ],
  };
}

/**
 * The objects of a slab.
 * @param {Slab} slab
 * @param {Cache} cache
 * @param {{moment: Moment, blocks: Map<number, Held>, scale: number, top: number, x: number}} place
 * @returns {Piece[]}
 */
function objectPieces({ address, held }, { object_bytes: bytes }, { blocks, moment, scale, top, x }) {
  const { selected, step } = moment;
  const wide = bytes * scale;
  return held.flatMap((isHeld, index) => {
    const at = address + index * bytes;
    const place = { x: x + index * wide + 0.5, y: top, width: Math.max(1, wide - 1), height: CELL };
    const now = step?.block?.[0] === at;
    const block = isHeld ? blocks.get(at) : undefined;
    if (block !== undefined && wide > 12) return [heldPiece(block, place, now, block.id === selected)];
    if (wide < LEAST && !isHeld && !now) return [];
    return [smallPiece({ at, bytes, block, isHeld }, place, now, block !== undefined && block.id === selected)];
  });
}

/**
 * An object that is free, or too narrow for its number.
 * @param {{at: number, bytes: number, block: Held | undefined, isHeld: boolean}} object
 * @param {{x: number, y: number, width: number, height: number}} place
 * @param {boolean} now whether the step took it or gave it back
 * @param {boolean} selected
 * @returns {Piece}
 */
function smallPiece({ at, block, bytes, isHeld }, { height, width, x, y }, now, selected) {
  const tone = block === undefined ? "used" : toneOf(block.id);
  const box = rectangle(x + 0.5, y + 0.5, Math.max(1, width - 1), height - 1);
  const words = now ? "freed" : "free";
  return {
    name: isHeld ? "held" : "object",
    data: { address: at, bytes, ...(block === undefined ? {} : { id: block.id }), now: String(now) },
    tip: block === undefined ? `A free object\n${bytes} bytes at ${at}` : `Request ${block.id}\n${bytes} bytes at ${at}\n${block.asked} asked for`,
    pieces: [
      { d: box, fill: isHeld ? tone : now ? "hit" : undefined, veil: isHeld ? (selected ? 0.9 : 0.5) : 0.12, stroke: now ? "hit" : isHeld ? (selected ? "text" : tone) : "free", width: now || selected ? 2 : 1, dash: !isHeld },
      ...(!isHeld && width > 34 ? [text(words, x + width / 2, y + 17, 11, now ? "text" : "muted", { anchor: "middle" })] : []),
    ],
  };
}

/** Pages that no slab has: held as a whole by a request, or free. @param {Moment} moment @param {number} top @param {Layout} layout @returns {Part} */
function pagesPart(moment, top, { width }) {
  const own = ownPart(moment, top + 10, width);
  const named = (/** @type {import("./segmentation-pieces.js").FreeList[] | undefined} */ lists) => new Map((lists ?? []).map((list) => [list.name, list]));
  const [now, was] = [named(moment.view.lists), named(moment.before?.lists)];
  const bytes = (/** @type {string} */ name) => Number(name.split(" ").at(-1));
  const names = [...new Set([...now.keys(), ...was.keys()])].sort((a, b) => bytes(a) - bytes(b));
  const chains = names.flatMap((name, place) => {
    const y = own.bottom + place * LINE;
    const entries = entriesOf(now.get(name), was.get(name), moment);
    return [text(`Free ${name}`, 0, y + 15, 12, "text"), ...chainPieces(entries, now.get(name)?.len ?? 0, { x: LABEL, y, width: width - LABEL, sized: false })];
  });
  return { pieces: [{ d: `M0 ${top + 0.5}h${width}`, stroke: "hairline" }, ...own.pieces, ...chains], bottom: own.bottom + names.length * LINE };
}

/** What is larger than any object. @param {Moment} moment @param {number} top @param {number} width @returns {Part} */
function ownPart(moment, top, width) {
  const slabs = (moment.view.caches ?? []).flatMap(slabsOf);
  const own = moment.held.filter(({ address }) => !slabs.some((slab) => slab.address <= address && address < slab.address + slab.size));
  if (own.length === 0) return { pieces: [], bottom: top };
  const a_row = Math.max(1, Math.floor((width - LABEL + 8) / (OWN + 8)));
  const shown = own.slice(0, 2 * a_row);
  const pieces = shown.map((block, place) => {
    const [x, y] = [LABEL + (place % a_row) * (OWN + 8), top + Math.floor(place / a_row) * (CELL + 6)];
    return heldPiece(block, { x, y, width: OWN, height: CELL }, moment.step?.op === "alloc" && moment.step.block?.[0] === block.address, block.id === moment.selected);
  });
  const bottom = top + Math.ceil(shown.length / a_row) * (CELL + 6) + 4;
  const more = own.length - shown.length;
  const note = more > 0 ? [text(`and ${more} more`, LABEL, bottom + 8, 11, "muted")] : [];
  return { pieces: [text("Pages of its own", 0, top + 17, 12, "text"), ...pieces, ...note], bottom: bottom + (more > 0 ? 18 : 0) };
}

/** Memory: slabs with the size of their objects, own pages, free pages. @param {Moment} moment @param {Map<number, Held>} blocks @param {number} top @param {number} width @returns {Part} */
function stripPart(moment, blocks, top, width) {
  const { base, capacity } = moment;
  const x = (/** @type {number} */ address) => 1 + ((address - base) / capacity) * (width - 2);
  const slabs = (moment.view.caches ?? []).flatMap((cache) => slabsOf(cache).map((slab) => ({ slab, cache })));
  const starts = new Set(slabs.map(({ slab }) => slab.address));
  const within = (/** @type {number} */ address) => slabs.some(({ slab }) => slab.address <= address && address < slab.address + slab.size);
  const own = [...blocks.values()].filter(({ address }) => !starts.has(address) && !within(address));
  const shares = slabs.map(({ cache, slab: { address, held, size } }) => {
    const [from, wide] = [x(address), Math.max(1, x(address + size) - x(address))];
    const full = (held.filter(Boolean).length / Math.max(1, held.length)) * STRIP;
    const words = String(cache.object_bytes);
    return /** @type {Piece} */ ({
      name: "page",
      data: { address, object: cache.object_bytes },
      tip: `The slab at ${address}\nobjects of ${cache.object_bytes}`,
      pieces: [
        { d: rectangle(from, top + STRIP - full, wide, full), fill: "used", veil: 0.28 },
        { d: rectangle(from + 0.5, top + 0.5, Math.max(1, wide - 1), STRIP - 1), stroke: "used" },
        ...(wide > widthOf(words, 11) + 4 ? [text(words, from + wide / 2, top + 16, 11, "text", { anchor: "middle" })] : []),
      ],
    });
  });
  const ends = [...slabs.map(({ slab }) => slab.address), ...own.map(({ address }) => address), base].sort((a, b) => a - b);
  return {
    pieces: [
      { d: rectangle(1, top, width - 2, STRIP), stroke: "muted" },
      ...shares,
      ...own.map((block) => heldPiece(block, { x: x(block.address), y: top, width: Math.max(2, x(block.address + block.size) - x(block.address)), height: STRIP }, false, block.id === moment.selected)),
      ...rulerPieces([...new Set(ends), base + capacity], x, top + STRIP + 15, width),
    ],
    bottom: top + STRIP + 24,
  };
}
