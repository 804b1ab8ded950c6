// Processes in memory as a figure: memory before the event and after it, what moved between them, the holes that were
// looked at, the swap area, and what was refused. Everything here is a pure function of its arguments.

import { blockPiece, patternOf, rectangle, rulerPieces, yOf } from "./segmentation-map.js";

/** @typedef {import("./segmentation-segments-problem.js").Life} Life */
/** @typedef {import("./segmentation-segments-problem.js").Step} Step */
/** @typedef {import("./segmentation-segments-problem.js").Map_} Map_ */
/** @typedef {import("./segmentation-segments-problem.js").Search} Search */
/** @typedef {import("./segmentation-map.js").Block} Block */
/** @typedef {import("./segmentation-map.js").Column} Column */
/** @typedef {import("./segmentation-map.js").Piece} Piece */
/** @typedef {import("./segmentation-map.js").Figure} Figure */
/**
 * `step` is the event that led from `before` to `now`; undefined before the first. `search` is the one that is shown.
 * @typedef {{life: Life, before: Map_, now: Map_, step: Step | undefined, search: number,
 *   toneOf: (process: string) => string}} Scene
 */

const TOP = 34;
/** From this width on both columns have labels. */
const WIDE = 520;

/** How high memory is drawn on most screens. */
const HEIGHT = 440;

/**
 * @param {Scene} scene
 * @param {number} width
 * @param {number} height how high memory is drawn
 * @returns {Figure}
 */
export function memoryFigure(scene, width, height = HEIGHT) {
  const { before, life, now, step } = scene;
  const layout = layoutOf(width, height, life.memory_bytes);
  const changed = changedBy(scene);
  const past = { blocks: blocksOf(before, scene, new Set()), column: layout.past };
  const present = { blocks: blocksOf(now, scene, changed), column: layout.present };
  const edges = (/** @type {Block[]} */ blocks) => [...blocks.map(({ base }) => base), life.memory_bytes];
  const narrow = layout.past.width < 110;
  const heads = [
    head(narrow ? "Before" : "Before the event", layout.past.x),
    head(step === undefined ? "Memory" : "After it", layout.present.x),
    head(narrow ? "Swap" : "Swap area", layout.side.x),
  ];
  return {
    width,
    height: TOP + layout.past.height + 14,
    pieces: [
      ...heads,
      ...past.blocks.map((block) => blockPiece(block, past.column, narrow)),
      ...rulerPieces(past.column, edges(past.blocks), { x: layout.past.x - 5, anchor: "end" }),
      ...movePieces(scene, layout),
      ...present.blocks.map((block) => blockPiece(block, present.column, layout.present.width < 100)),
      ...rulerPieces(present.column, edges(present.blocks), { x: layout.present.x + layout.present.width + 5, anchor: "start" }),
      ...searchPieces(scene, layout),
      ...accessPieces(scene, layout),
      ...sidePieces(scene, layout),
    ],
  };
}

/**
 * Where the columns are.
 * @param {number} width
 * @param {number} height
 * @param {number} bytes
 * @returns {{past: Column, present: Column, side: Column, lane: {x: number, width: number}}}
 */
function layoutOf(width, height, bytes) {
  const wide = width >= WIDE;
  const ruler = Math.max(26, String(bytes).length * 6.8 + 8);
  const side = wide ? Math.min(190, width * 0.2) : width * 0.16;
  const lane = wide ? Math.min(150, width * 0.15) : 44;
  const room = width - 2 * ruler - side - lane - (wide ? 30 : 14);
  const past = wide ? room / 2 : room * 0.28;
  const columns = { top: TOP, height, bytes };
  const presentX = ruler + past + lane;
  const present = room - past;
  return {
    past: { ...columns, x: ruler, width: past },
    present: { ...columns, x: presentX, width: present },
    side: { ...columns, x: width - side, width: side },
    lane: { x: ruler + past, width: lane },
  };
}

/** @param {string} words @param {number} x @returns {Piece} */
function head(words, x) {
  return { text: words, x, y: 16, size: 12, tone: "muted", bold: true };
}

/** The segments that this event placed, moved or let grow. @param {Scene} scene */
function changedBy({ before, now }) {
  const was = new Map(before.segments.map((held) => [held.segment, held]));
  const is = now.segments.filter(({ base, limit, segment }) => {
    const old = was.get(segment);
    return old === undefined || old.base !== base || old.limit !== limit;
  });
  return new Set(is.map(({ segment }) => segment));
}

/**
 * Segments and holes, lowest first.
 * @param {Map_} map
 * @param {Scene} scene
 * @param {Set<number>} strong
 * @returns {Block[]}
 */
function blocksOf({ holes, segments }, { toneOf }, strong) {
  const held = segments.map(({ base, kind, limit, process, segment }) => ({
    base,
    size: limit,
    tone: toneOf(process),
    pattern: kind,
    label: `${process} ${kind}`,
    note: String(limit),
    tip: `${process} ${kind}\nbytes ${base} to ${base + limit - 1}\nlimit ${limit}`,
    data: { segment, process, base, limit },
    strong: strong.has(segment),
  }));
  const free = holes.map(({ base, size_bytes }) => ({
    base,
    size: size_bytes,
    tone: null,
    pattern: "",
    label: "free",
    note: String(size_bytes),
    tip: `A hole\nbytes ${base} to ${base + size_bytes - 1}\n${size_bytes} bytes`,
    data: { base, size: size_bytes },
    strong: false,
  }));
  return [...held, ...free].sort((a, b) => a.base - b.base);
}

/**
 * What moved, from its old place to its new one.
 * @param {Scene} scene
 * @param {ReturnType<typeof layoutOf>} layout
 * @returns {Piece[]}
 */
function movePieces({ life, now, step, toneOf }, { lane, past, present }) {
  return (step?.moves ?? []).map(({ from, segment, size_bytes, to }) => {
    const owner = life.placements[segment].process;
    const tone = toneOf(owner);
    const size = now.segments.find((held) => held.segment === segment)?.limit ?? size_bytes;
    const [left, right] = [lane.x + 2, lane.x + lane.width - 2];
    const old = [yOf(past, from), yOf(past, from + size_bytes)];
    const next = [yOf(present, to), yOf(present, to + Math.min(size, size_bytes))];
    const middle = [(old[0] + old[1]) / 2, (next[0] + next[1]) / 2];
    const bend = (left + right) / 2;
    const ribbon = `M${left} ${old[0]}C${bend} ${old[0]} ${bend} ${next[0]} ${right} ${next[0]}V${next[1]}C${bend} ${next[1]} ${bend} ${old[1]} ${left} ${old[1]}Z`;
    return /** @type {Piece} */ ({
      name: "move",
      data: { segment, from, to, bytes: size_bytes },
      tip: `${owner} ${life.placements[segment].kind}\nfrom ${from} to ${to}\n${size_bytes} bytes are copied`,
      pieces: [
        { d: ribbon, fill: tone, veil: 0.16 },
        { d: `M${left} ${middle[0]}C${bend} ${middle[0]} ${bend} ${middle[1]} ${right - 7} ${middle[1]}`, stroke: tone, width: 1.75 },
        { d: `M${right} ${middle[1]}l-8 -4.5v9Z`, fill: tone },
      ],
    });
  });
}

/** The search that is shown of a step. @param {Step | undefined} step @param {number} index @returns {Search | undefined} */
export function searchOf(step, index) {
  return step?.searches[Math.min(index, step.searches.length - 1)];
}

/**
 * The holes that were looked at, numbered in that order, at their addresses.
 * @param {Scene} scene
 * @param {ReturnType<typeof layoutOf>} layout
 * @returns {Piece[]}
 */
function searchPieces({ search, step, life }, { lane, present }) {
  const shown = searchOf(step, search);
  if (shown === undefined) return [];
  const crowded = (step?.moves.length ?? 0) > 0;
  const center = lane.x + (crowded ? 16 : lane.width / 2);
  const refused = shown.chosen === null;
  return shown.looked.map(({ base, size_bytes }, index) => {
    const taken = shown.chosen?.base === base;
    const tone = taken ? "hit" : refused ? "fault" : "muted";
    const [from, to] = [yOf(present, base) + 1, yOf(present, base + size_bytes) - 1];
    const [y, edge] = [(from + to) / 2, lane.x + lane.width - 3];
    /** @type {Piece[]} */
    const pieces = [
      { d: `M${edge - 6} ${from}h6V${Math.max(to, from + 1)}h-6`, stroke: tone, width: taken ? 2 : 1.25 },
      { d: `M${center + 9} ${y}H${edge}`, stroke: tone, width: taken ? 2 : 1.25 },
      { d: circle(center, y, 9.5), fill: taken ? "hit" : "ground", stroke: tone, width: 1.5 },
      { text: String(index + 1), x: center, y: y + 4, size: 12, tone: taken ? "ground" : tone, bold: true, anchor: "middle" },
    ];
    const roomy = lane.width > 60 && !crowded;
    if (!taken && roomy) {
      pieces.push({ text: size_bytes < shown.size_bytes ? "✕" : "–", x: center - 14, y: y + 4, size: 12, tone, anchor: "end", bold: true });
    } else if (taken && roomy) {
      pieces.push({ text: "✓", x: center - 14, y: y + 4, size: 13, tone, anchor: "end", bold: true });
    }
    const left = taken ? `\ntaken; ${shown.left_bytes} left` : "";
    return {
      name: "looked",
      data: { order: index + 1, base, taken: String(taken) },
      tip: `Hole ${index + 1} of ${shown.looked.length} looked at\n${size_bytes} bytes at ${base}\nfor the ${shown.kind} of ${life.placements[shown.segment].process}, ${shown.size_bytes}${left}`,
      pieces,
    };
  });
}

/** @param {number} x @param {number} y @param {number} radius */
function circle(x, y, radius) {
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
}

/**
 * Where an access went, or that it trapped.
 * @param {Scene} scene
 * @param {ReturnType<typeof layoutOf>} layout
 * @returns {Piece[]}
 */
function accessPieces({ now, step }, { present }) {
  const found = step?.translation;
  if (step === undefined || found === null || found === undefined) return [];
  const held = now.segments.find(({ kind, process }) => process === step.process && kind === found.kind);
  if (found.physical !== null) {
    const y = yOf(present, found.physical);
    return [
      {
        name: "access",
        data: { physical: found.physical },
        tip: `Physical address ${found.physical}`,
        pieces: [
          { d: `M${present.x - 1} ${y}h15`, stroke: "hit", width: 2.5 },
          { d: `M${present.x - 1} ${y}l-8 -5v10Z`, fill: "hit" },
          { text: String(found.physical), x: present.x - 13, y: y + 4, size: 12, tone: "hit", mono: true, bold: true, anchor: "end" },
        ],
      },
    ];
  }
  const y = held === undefined ? present.top + 12 : (yOf(present, held.base) + yOf(present, held.base + held.limit)) / 2;
  return [
    {
      name: "trap",
      data: { trap: found.trap ?? "" },
      tip: `Trap\n${found.trap ?? ""}`,
      pieces: [
        { d: circle(present.x - 13, y, 10), fill: "fault" },
        { text: "✕", x: present.x - 13, y: y + 4.5, size: 13, tone: "ground", bold: true, anchor: "middle" },
        ...(held === undefined
          ? []
          : [{ d: rectangle(present.x - 1, yOf(present, held.base) - 1, present.width + 2, yOf(present, held.base + held.limit) - yOf(present, held.base) + 2), stroke: "fault", width: 2.25 }]),
      ],
    },
  ];
}

/** What found no room in this event: its segments, or the one that was to grow. @param {Step | undefined} step */
function refusedOf(step) {
  if (step?.outcome !== "refused") return [];
  if (step.action === "arrive") {
    return step.event
      .split(" ")
      .slice(2)
      .map((word) => {
        const [kind, bytes] = word.split("=");
        return { kind, bytes: Number(bytes) };
      });
  }
  const last = step.searches.at(-1);
  return last === undefined || step.action !== "grow" ? [] : [{ kind: last.kind, bytes: last.size_bytes }];
}

/**
 * The swap area, and under it what was refused: as large as in memory.
 * @param {Scene} scene
 * @param {ReturnType<typeof layoutOf>} layout
 * @returns {Piece[]}
 */
function sidePieces({ before, life, now, step, toneOf }, { side }) {
  const scale = side.height / life.memory_bytes;
  const narrow = side.width < 90;
  /** @type {Piece[]} */
  const pieces = [];
  let y = TOP;
  const arrived = new Set(before.swap.map(({ segment }) => segment));
  for (const { kind, limit, process, segment } of now.swap) {
    const height = Math.max(16, limit * scale);
    if (y + height > TOP + side.height - 20) {
      pieces.push({ text: "and more", x: side.x, y: y + 12, size: 11, tone: "muted" });
      break;
    }
    const strong = !arrived.has(segment);
    const tone = toneOf(process);
    pieces.push({
      name: "swapped",
      data: { segment, process },
      tip: `${process} ${kind}\nin the swap area\nlimit ${limit}`,
      pieces: [
        { d: rectangle(side.x + 0.5, y + 0.5, side.width - 1, height - 2), fill: "swap", veil: strong ? 0.2 : 0.08, stroke: "swap", width: strong ? 2.25 : 1 },
        { d: patternOf(kind, side.x + 1, y + 1, 10, height - 3), stroke: tone, width: 1.25 },
        { text: narrow ? process : `${process} ${kind}`, x: side.x + 16, y: y + height / 2 + 4, size: 12, tone: "text", bold: true },
        ...(narrow ? [] : [/** @type {Piece} */ ({ text: String(limit), x: side.x + side.width - 7, y: y + height / 2 + 4, size: 12, tone: "muted", anchor: "end" })]),
      ],
    });
    y += height;
  }
  if (now.swap.length === 0) {
    pieces.push({ d: rectangle(side.x + 0.5, y + 0.5, side.width - 1, 27), stroke: "swap", dash: true });
    pieces.push({ text: life.swap_bytes === 0 ? "none" : "empty", x: side.x + side.width / 2, y: y + 18, size: 12, tone: "muted", anchor: "middle" });
    y += 28;
  }
  if (life.swap_bytes !== null && !narrow) {
    pieces.push({ text: `of ${life.swap_bytes} bytes`, x: side.x, y: y + 15, size: 11, tone: "muted" });
    y += 16;
  }
  return [...pieces, ...refusedPieces(step, side, y + 34, scale)];
}

/**
 * @param {Step | undefined} step
 * @param {Column} side
 * @param {number} from
 * @param {number} scale pixels a byte
 * @returns {Piece[]}
 */
function refusedPieces(step, side, from, scale) {
  const parts = refusedOf(step);
  if (parts.length === 0 || step === undefined) return [];
  const narrow = side.width < 90;
  let y = from;
  const boxes = parts.map(({ bytes, kind }) => {
    const height = Math.max(18, bytes * scale);
    const top = y;
    y += height;
    return /** @type {Piece[]} */ ([
      { d: rectangle(side.x + 0.5, top + 0.5, side.width - 1, height - 2), fill: "fault", veil: 0.1, stroke: "fault", width: 1.5, dash: true },
      { text: narrow ? kind : `✕ ${kind}`, x: side.x + 8, y: top + height / 2 + 4, size: 12, tone: "fault", bold: true },
      ...(narrow ? [] : [{ text: String(bytes), x: side.x + side.width - 7, y: top + height / 2 + 4, size: 12, tone: "fault", anchor: "end" }]),
    ]);
  });
  const words = narrow ? `✕ ${step.process}` : `✕ ${step.process} refused`;
  return [
    {
      name: "refused",
      data: { process: step.process ?? "" },
      tip: `${step.event}\nrefused: there is no room`,
      pieces: [{ text: words, x: side.x, y: from - 8, size: 12, tone: "fault", bold: true }, ...boxes.flat()],
    },
  ];
}
