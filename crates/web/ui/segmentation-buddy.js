// The binary buddy tree as a figure: a row a size, each node over its addresses, the path that this step split and the
// halves that it joined, the free list of each size at its row, and memory below. Everything here is a pure function of
// its arguments.

import { arrow, frame, text } from "./figure-pieces.js";
import { rectangle } from "./segmentation-map.js";
import { chainPieces, ENTRY, entriesOf, heldPiece, holdersOf, rawBytes, rulerPieces, takenOf, toneOf, widthOf } from "./segmentation-pieces.js";

/** @typedef {import("./segmentation-pieces.js").Moment} Moment */
/** @typedef {import("./segmentation-pieces.js").Span} Span */
/** @typedef {import("./segmentation-pieces.js").Held} Held */
/** @typedef {import("./segmentation-pieces.js").Piece} Piece */
/** @typedef {import("./segmentation-pieces.js").Figure} Figure */
/**
 * A node with what is below it; without halves it is a leaf, or a tree that the answer cuts off.
 * @typedef {{address: number, size: number, state: "split" | "free" | "held", halves: Branch[], held: number, free: number,
 *   heldBytes: number}} Branch
 * @typedef {{x: (address: number) => number, y: (size: number) => number, left: number, right: number, strip: number,
 *   sizes: number[], window: Span}} Layout `strip` is where memory is drawn
 */

const BOX = 28;
const PILL = 20;
const TOP = 26;
const STRIP = 24;
/** Halves narrower than this are drawn as one box that counts them. */
const LEAST = 15;
/** From this width on the free lists stand at the right of their rows. */
const WIDE = 640;

/**
 * The nodes as trees, a root each.
 * @param {import("./segmentation-pieces.js").Node[]} nodes each before its halves, the lower address first
 * @returns {Branch[]}
 */
export function treesOf(nodes) {
  let next = 0;
  const grow = () => {
    const { address, size, state } = nodes[next];
    next += 1;
    /** @type {Branch} */
    const branch = { address, size, state, halves: [], held: 0, free: 0, heldBytes: 0 };
    if (state === "split") {
      while (branch.halves.length < 2 && next < nodes.length) branch.halves.push(grow());
      for (const half of branch.halves) {
        branch.held += half.held;
        branch.free += half.free;
        branch.heldBytes += half.heldBytes;
      }
    } else if (state === "held") {
      [branch.held, branch.heldBytes] = [1, size];
    } else {
      branch.free = 1;
    }
    return branch;
  };
  /** @type {Branch[]} */
  const roots = [];
  while (next < nodes.length) roots.push(grow());
  return roots;
}

/** The part of the trees that lies over some addresses. @param {Branch[]} roots @param {Span | null} window @returns {Branch[]} */
function within(roots, window) {
  if (window === null) return roots;
  const [from, bytes] = window;
  for (const root of roots) {
    if (root.address === from && root.size === bytes) return [root];
    if (root.address <= from && from + bytes <= root.address + root.size && root.halves.length > 0) return within(root.halves, window);
  }
  return [];
}

/**
 * @param {Moment} moment
 * @param {number} width
 * @param {Span | null} window the node that is looked into; null for all memory
 * @returns {Figure}
 */
export function buddyFigure(moment, width, window = null) {
  const inside = within(treesOf(moment.view.tree ?? []), window);
  const roots = inside.length > 0 ? inside : treesOf(moment.view.tree ?? []);
  const span = /** @type {Span} */ (inside.length > 0 && window !== null ? window : [moment.base, moment.capacity]);
  const layout = layoutOf(moment, roots, span, width);
  const blocks = holdersOf(moment);
  const lists = width >= WIDE ? listPieces(moment, layout, width) : { pieces: [], bottom: 0 };
  const strip = stripPieces(moment, roots, layout, blocks);
  const below = width >= WIDE ? { pieces: [], bottom: 0 } : listsBelow(moment, width, layout.strip + STRIP + 40);
  return {
    width,
    height: Math.max(layout.strip + STRIP + 24, below.bottom),
    pieces: [
      ...rowPieces(moment, layout),
      ...roots.flatMap((root) => dropPieces(root, layout)),
      ...joinPieces(moment, layout),
      ...roots.flatMap((root) => branchPieces(root, moment, layout, blocks)),
      ...strip,
      ...lists.pieces,
      ...below.pieces,
    ],
  };
}

/** Whether the halves of a node are too narrow to be drawn one by one. @param {Branch} branch @param {number} scale */
function isFolded({ halves, size, state }, scale) {
  return state === "split" && (halves.length < 2 || (size / 2) * scale < LEAST);
}

/** The sizes of the nodes that are drawn. @param {Branch} branch @param {number} scale @returns {number[]} */
function sizesOf(branch, scale) {
  if (isFolded(branch, scale)) return [branch.size];
  return [branch.size, ...branch.halves.flatMap((half) => sizesOf(half, scale))];
}

/** @param {Moment} moment @param {Branch[]} roots @param {Span} window @param {number} width @returns {Layout} */
function layoutOf(moment, roots, window, width) {
  const largest = Math.max(...roots.map(({ size }) => size), 1);
  const left = Math.max(40, widthOf(String(largest), 12, true) + 22);
  const right = width >= WIDE ? width - Math.min(230, width * 0.25) - 22 : width - 2;
  const scale = (right - left) / window[1];
  const drawn = roots.flatMap((root) => sizesOf(root, scale));
  const joined = joinedOf(moment).filter(([, size]) => size * scale >= LEAST).map(([, size]) => size);
  const sizes = [...new Set([...drawn, ...joined])].sort((a, b) => b - a);
  const pitch = sizes.length > 7 ? 42 : 46;
  return {
    x: (address) => left + (address - window[0]) * scale,
    y: (size) => TOP + Math.max(0, sizes.indexOf(size)) * pitch,
    left,
    right,
    strip: TOP + (sizes.length - 1) * pitch + BOX + 26,
    sizes,
    window,
  };
}

/** The blocks that became one in this step: the freed one and each buddy, the smallest first. @param {Moment} moment @returns {Span[]} */
function joinedOf({ base, step }) {
  const whole = step?.op === "free" ? step.merged?.[0] : undefined;
  if (whole === undefined || step?.block === null || step === undefined) return [];
  /** @type {Span[]} */
  const spans = [];
  for (let [address, size] = step.block; size < whole[1]; size *= 2) {
    const lower = address - ((address - whole[0]) % (2 * size));
    spans.push([lower, size], [lower + size, size]);
    address = lower;
  }
  return base <= whole[0] ? spans : [];
}

/** The size that the request of this step was rounded up to. @param {Moment} moment */
function neededOf({ convention, step }) {
  if (step?.op !== "alloc" || step.size === null) return null;
  return step.block?.[1] ?? 2 ** Math.ceil(Math.log2(rawBytes(convention, step.size)));
}

/** A row a size; the one that the request needs is marked. @param {Moment} moment @param {Layout} layout @returns {Piece[]} */
function rowPieces(moment, { left, right, sizes, y }) {
  const needed = neededOf(moment);
  const failed = moment.step?.op === "alloc" && moment.step.block === null;
  return sizes.flatMap((size) => {
    const mine = size === needed;
    const [tone, middle] = [mine ? (failed ? "fault" : "hit") : "muted", y(size) + BOX / 2];
    /** @type {Piece[]} */
    const pieces = [text(String(size), left - 16, middle + 4, 12, mine ? tone : "muted", { mono: true, bold: mine, anchor: "end" })];
    if (mine) pieces.push(...arrow([[left - 13, middle], [left - 2, middle]], tone, false), { d: `M${left} ${middle}h${right - left}`, stroke: tone, dash: true });
    return [{ name: "row", data: { size, needed: String(mine) }, tip: mine ? `Blocks of ${size}\nwhat this request needs` : `Blocks of ${size} bytes`, pieces }];
  });
}

/** Lines from each leaf down to its addresses. @param {Branch} branch @param {Layout} layout @returns {Piece[]} */
function dropPieces(branch, layout) {
  const scale = (layout.right - layout.left) / layout.window[1];
  if (branch.halves.length > 0 && !isFolded(branch, scale)) return branch.halves.flatMap((half) => dropPieces(half, layout));
  const [from, to] = [layout.x(branch.address), layout.x(branch.address + branch.size)];
  const top = layout.y(branch.size) + BOX;
  const depth = layout.strip - top;
  return [{ d: `M${from + 1} ${top}v${depth}M${to - 1} ${top}v${depth}`, stroke: "hairline" }];
}

/** @param {Branch} branch @param {Moment} moment @param {Layout} layout @param {Map<number, Held>} blocks @returns {Piece[]} */
function branchPieces(branch, moment, layout, blocks) {
  const scale = (layout.right - layout.left) / layout.window[1];
  if (isFolded(branch, scale)) return [foldedPiece(branch, moment.step?.block ?? null, layout)];
  if (branch.state !== "split") return [leafPiece(branch, moment, layout, blocks)];
  const now = isSplitNow(branch, moment);
  return [
    ...branch.halves.flatMap((half) => edgePieces(branch, half, now, layout, moment)),
    splitPiece(branch, now, layout),
    ...branch.halves.flatMap((half) => branchPieces(half, moment, layout, blocks)),
  ];
}

/** Whether this step split a node. @param {Branch} branch @param {Moment} moment */
function isSplitNow({ address, size }, moment) {
  const [from, block] = [takenOf(moment), moment.step?.block];
  if (from === undefined || block === null || block === undefined) return false;
  return size <= from[1] && address >= from[0] && address < from[0] + from[1] && address <= block[0] && block[0] < address + size && size > block[1];
}

/** @param {Branch} branch @param {Branch} half @param {boolean} now @param {Layout} layout @param {Moment} moment @returns {Piece[]} */
function edgePieces(branch, half, now, { x, y }, { step }) {
  const middle = (/** @type {Branch} */ { address, size }) => Math.round((x(address) + x(address + size)) / 2);
  const [from, to, top] = [middle(branch), middle(half), y(branch.size) + (BOX + PILL) / 2];
  const bottom = y(half.size) + (half.state === "split" ? (BOX - PILL) / 2 : 0);
  const bend = y(branch.size) + BOX + 8;
  const lies = now && step?.block !== null && step?.block !== undefined && half.address <= step.block[0] && step.block[0] < half.address + half.size;
  const points = /** @type {[number, number][]} */ ([[from, top], [from, bend], [to, bend], [to, bottom]]);
  if (lies) return arrow(points, "hit", true);
  return [{ d: `M${points.map((point) => point.join(" ")).join("L")}`, stroke: now ? "hit" : "edge", width: now ? 1.5 : 1.25 }];
}

/** @param {Branch} branch @param {boolean} now @param {Layout} layout @returns {Piece} */
function splitPiece({ address, free, held, size }, now, { x, y }) {
  const words = now ? `${size} split` : String(size);
  const width = widthOf(words, 11.5) + 18;
  const [middle, top] = [(x(address) + x(address + size)) / 2, y(size) + (BOX - PILL) / 2];
  const room = x(address + size) - x(address);
  return {
    name: "split",
    data: { address, size, now: String(now) },
    tip: `${size} bytes at ${address}, split${now ? " by this request" : ""}\n${held} held and ${free} free below`,
    pieces:
      room < width
        ? [{ d: `M${middle - 4} ${top + PILL / 2}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z`, fill: now ? "hit" : "ground", stroke: now ? "hit" : "edge", width: 1.25 }]
        : [
            { d: frame(middle - width / 2, top, width, PILL, PILL / 2 - 0.1), fill: "ground" },
            { d: frame(middle - width / 2, top, width, PILL, PILL / 2 - 0.1), fill: now ? "hit" : undefined, veil: 0.14, stroke: now ? "hit" : "edge", width: now ? 1.75 : 1 },
            text(words, middle, top + 14, 11.5, now ? "text" : "muted", { anchor: "middle", bold: now }),
          ],
  };
}

/** @param {Branch} branch @param {Moment} moment @param {Layout} layout @param {Map<number, Held>} blocks @returns {Piece} */
function leafPiece({ address, size, state }, moment, layout, blocks) {
  const place = { x: layout.x(address) + 1, y: layout.y(size), width: layout.x(address + size) - layout.x(address) - 2, height: BOX };
  const block = blocks.get(address);
  const mine = moment.step?.op !== "free" && moment.step?.block?.[0] === address;
  if (state === "held" && block !== undefined) return heldPiece(block, place, mine, block.id === moment.selected);
  return freePiece(address, size, place, isLeftNow(address, size, moment), moment.step?.merged?.some(([at, bytes]) => at === address && bytes === size) ?? false);
}

/** Whether a block is free since this step: a half that the split left, or what was given back. @param {number} address @param {number} size @param {Moment} moment */
function isLeftNow(address, size, moment) {
  const [from, block] = [takenOf(moment), moment.step?.block];
  if (moment.step?.op === "free") return block?.[0] === address && block[1] === size;
  return from !== undefined && size < from[1] && address >= from[0] && address + size <= from[0] + from[1];
}

/** @param {number} address @param {number} size @param {{x: number, y: number, width: number, height: number}} place @param {boolean} left @param {boolean} joined @returns {Piece} */
function freePiece(address, size, { height, width, x, y }, left, joined) {
  const marked = left || joined;
  const words = joined && width > 96 ? `${size} joined` : String(size);
  return {
    name: "free",
    data: { address, size, state: joined ? "joined" : left ? "left" : "free" },
    tip: `${size} bytes free at ${address}${left ? "\nfree since this step" : ""}${joined ? "\njoined in this step" : ""}`,
    pieces: [
      { d: rectangle(x, y, width, height), fill: "ground" },
      ...(marked ? [{ d: rectangle(x, y, width, height), fill: "hit", veil: 0.08 }] : []),
      { d: rectangle(x + 0.5, y + 0.5, Math.max(1, width - 1), height - 1), stroke: marked ? "hit" : "free", dash: true, width: joined ? 2.25 : marked ? 1.75 : 1 },
      ...(width > widthOf(words, 12) + 6 ? [text(words, x + width / 2, y + height / 2 + 4, 12, marked ? "text" : "muted", { anchor: "middle", bold: joined })] : []),
    ],
  };
}

/** A tree that is too narrow: how much of it is held, and how many blocks it has. @param {Branch} branch @param {Span | null} block that of the step @param {Layout} layout @returns {Piece} */
function foldedPiece({ address, free, held, heldBytes, size }, block, { x, y }) {
  const here = block !== null && address <= block[0] && block[0] < address + size;
  const [left, width, top] = [x(address) + 1, x(address + size) - x(address) - 2, y(size)];
  const full = Math.round((heldBytes / size) * BOX);
  const words = [`${held} held, ${free} free`, `${held + free}`].find((each) => widthOf(each, 11) < width - 4);
  return {
    name: "folded",
    data: { address, size, held, free, now: String(here) },
    tip: `${size} bytes at ${address}, split\n${held} held and ${free} free blocks\na click looks into them`,
    pieces: [
      { d: rectangle(left, top, width, BOX), fill: "ground" },
      { d: rectangle(left, top + BOX - full, width, full), fill: "used", veil: 0.3 },
      { d: rectangle(left + 0.5, top + 0.5, Math.max(1, width - 1), BOX - 1), stroke: here ? "hit" : "used", width: here ? 2.25 : 1 },
      { d: `M${left} ${top + BOX + 3}h${width}M${left + 2} ${top + BOX + 6}h${Math.max(1, width - 4)}`, stroke: here ? "hit" : "used" },
      ...(words === undefined ? [] : [text(words, left + width / 2, top + BOX / 2 + 4, 11, "text", { anchor: "middle" })]),
    ],
  };
}

/** What this step joined, from the halves up. @param {Moment} moment @param {Layout} layout @returns {Piece[]} */
function joinPieces(moment, { left, right, window, x, y }) {
  const freed = moment.step?.block ?? null;
  const scale = (right - left) / window[1];
  const inside = joinedOf(moment).filter(([address, size]) => address >= window[0] && address + size <= window[0] + window[1] && size * scale >= LEAST);
  return inside.map(([address, size]) => {
    const mine = freed !== null && freed[0] === address && freed[1] === size;
    const [from, width, top] = [x(address) + 1, size * scale - 2, y(size)];
    const whole = address - ((address - moment.base) % (2 * size));
    const upper = (x(whole) + x(whole + 2 * size)) / 2;
    const words = [mine ? `${moment.step?.id} freed` : `buddy ${size}`, String(mine ? moment.step?.id : size)].find((each) => widthOf(each, 11) < width - 6);
    const middle = from + width / 2;
    return {
      name: "joined",
      data: { address, size, freed: String(mine) },
      tip: mine ? `Request ${moment.step?.id} gave back ${size} bytes at ${address}` : `The buddy at ${address} with ${size}\nwas free as a whole`,
      pieces: [
        ...arrow([[middle, top], [middle, top - 12], [upper, top - 12], [upper, y(2 * size) + BOX]], "hit", false),
        { d: rectangle(from + 0.5, top + 0.5, Math.max(1, width - 1), BOX - 1), fill: mine ? toneOf(moment.step?.id ?? 0) : "hit", veil: mine ? 0.14 : 0.05, stroke: "hit", dash: true, width: 1.25 },
        ...(words === undefined ? [] : [text(words, middle, top + BOX / 2 + 4, 11, "text", { anchor: "middle", bold: mine })]),
      ],
    };
  });
}

/** Memory below the tree, at the same addresses. @param {Moment} moment @param {Branch[]} roots @param {Layout} layout @param {Map<number, Held>} blocks @returns {Piece[]} */
function stripPieces(moment, roots, { left, right, strip, window, x }, blocks) {
  /** @type {Map<string, string>} */
  const paths = new Map();
  /** @type {number[]} */
  const edges = [];
  const walk = (/** @type {Branch} */ branch) => {
    if (branch.halves.length > 0) return branch.halves.forEach(walk);
    const block = branch.state === "held" ? blocks.get(branch.address) : undefined;
    const tone = branch.state === "free" ? "free" : block === undefined ? "used" : toneOf(block.id);
    const [from, to] = [x(branch.address), x(branch.address + branch.size)];
    edges.push(branch.address);
    paths.set(tone, `${paths.get(tone) ?? ""}${rectangle(Math.round(from * 2) / 2, strip, Math.max(1, Math.round((to - from) * 2) / 2), STRIP)}`);
  };
  for (const root of roots) walk(root);
  const selected = moment.held.find(({ id }) => id === moment.selected);
  const inside = selected !== undefined && selected.address >= window[0] && selected.address < window[0] + window[1];
  return [
    ...[...paths].map(([tone, d]) => /** @type {Piece} */ ({ d, fill: tone === "free" ? undefined : tone, veil: 0.34, stroke: tone === "free" ? "free" : tone, width: 0.75 })),
    { d: rectangle(left, strip, right - left, STRIP), stroke: "muted" },
    ...(inside ? [{ d: rectangle(x(selected.address), strip, Math.max(2, x(selected.address + selected.size) - x(selected.address)), STRIP), stroke: "text", width: 2.5 }] : []),
    ...rulerPieces([...edges, window[0] + window[1]], x, strip + STRIP + 15, right),
  ];
}

/** The lists by the bytes of their blocks, those before the step too. @param {Moment} moment */
function listsOf(moment) {
  const sized = (/** @type {import("./segmentation-pieces.js").FreeList[]} */ lists) => new Map(lists.map((list) => [list.holes[0]?.[1] ?? 0, list]));
  const [now, was] = [sized(moment.view.lists ?? []), sized(moment.before?.lists ?? [])];
  const sizes = [...new Set([...now.keys(), ...was.keys()])].sort((a, b) => b - a);
  return sizes.map((size) => ({ size, len: now.get(size)?.len ?? 0, entries: entriesOf(now.get(size), was.get(size), moment) }));
}

/** The free list of each size at its row. @param {Moment} moment @param {Layout} layout @param {number} width */
function listPieces(moment, { right, sizes, strip, y }, width) {
  const x = right + 34;
  const lists = listsOf(moment);
  const shown = lists.filter(({ size }) => sizes.includes(size));
  const small = lists.filter(({ size }) => !sizes.includes(size)).reduce((sum, { len }) => sum + len, 0);
  const rest = small === 0 ? [] : [text(`and ${small} of other sizes`, x, strip + STRIP / 2 + 4, 11, "muted")];
  const pieces = shown.flatMap(({ entries, len, size }) => {
    const top = y(size) + (BOX - ENTRY) / 2;
    return /** @type {Piece[]} */ ([
      { d: `M${right + 6} ${top + ENTRY / 2}h${x - right - 12}`, stroke: "edge", dash: true },
      { name: "list", data: { size, len }, pieces: chainPieces(entries, len, { x, y: top, width: width - x, sized: false }) },
    ]);
  });
  return { pieces: [text("Free lists, head first", x, 14, 12, "muted", { bold: true }), text("Bytes", 0, 14, 12, "muted", { bold: true }), ...pieces, ...rest], bottom: 0 };
}

/** The same below memory, where there is no room beside. @param {Moment} moment @param {number} width @param {number} top */
function listsBelow(moment, width, top) {
  const shown = listsOf(moment);
  const label = Math.max(44, ...shown.map(({ size }) => widthOf(String(size), 12, true) + 12));
  const pieces = shown.flatMap(({ entries, len, size }, place) => {
    const y = top + 12 + place * (ENTRY + 6);
    return [text(String(size), label - 10, y + 15, 12, "muted", { mono: true, anchor: "end" }), /** @type {Piece} */ ({ name: "list", data: { size, len }, pieces: chainPieces(entries, len, { x: label, y, width: width - label, sized: false }) })];
  });
  return { pieces: [text("Free lists, head first", 0, top, 12, "muted", { bold: true }), ...pieces], bottom: top + 16 + shown.length * (ENTRY + 6) };
}
