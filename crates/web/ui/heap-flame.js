// The call tree as a picture: callers above what they call (an icicle), or below (a flame). Only the rows on show are drawn, and
// what is narrower than a pixel is drawn together, so that a hundred thousand frames stay smooth.

import { html } from "./html.js";
import { boxesOf, pathOf, placeOf, rowsOf } from "./heap-tree.js";
import { colorOf, veil } from "./paint.js";
import { presenting } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./heap-tree.js").Node} Node */
/** @typedef {import("./heap-tree.js").Box} Box */
/** @typedef {import("./heap-tree.js").Frame} Frame */
/**
 * `hue` gives a module its owner's number 1..8; `meant` says what was searched for; `said` is a node in words, a line each.
 * @typedef {{root: Node, focus: Node, selected: Node | null, upwards: boolean, meant: ((frame: Frame) => boolean) | null,
 *   hue: (module: string) => number, said: (node: Node) => string, onSelect: (node: Node | null) => void,
 *   onFocus: (node: Node) => void, label: string, name: string}} Scene
 */

/** Height of a row in CSS pixels, and the size of its text. */
const ROW = 20;
const TEXT = 12;
/** A name is written where there is room for a few letters of it. */
const LEAST_TEXT = 28;

/** Widths of names, as the canvas measures them. @type {Map<string, number>} */
const widths = new Map();

/**
 * As much of a name as there is room for.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} name
 * @param {number} room
 */
function fitted(pen, name, room) {
  let width = widths.get(name);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    width = pen.measureText(name).width;
    widths.set(name, width);
  }
  if (width <= room) return name;
  const letters = Math.floor((name.length * room) / width) - 1;
  return letters < 2 ? "" : `${name.slice(0, letters)}…`;
}

/** How much of its module's hue a function shows: neighbours of one module are told apart. @param {Frame} frame */
function shadeOf({ function: name }) {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 7 + name.charCodeAt(at)) % 5;
  return 0.27 + sum * 0.045;
}

/** The picture in its scrolling frame. @param {{scene: Scene}} props */
export function Flame({ scene }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const picture = useRef(/** @type {Picture | null} */ (null));
  useEffect(() => {
    if (host.current === null) return undefined;
    const made = new Picture(host.current, scene);
    picture.current = made;
    return () => made.destroy();
  }, []);
  void dark.value;
  void presenting.value;
  useEffect(() => picture.current?.show(scene));
  const rows = rowsOf(scene.focus);
  const { label, name, root, selected, said } = scene;
  return html`<div class="heap-flame" ref=${host} data-flame=${name} data-rows=${rows} style=${{ "--tall": `${rowsOf(root) * ROW + 2}px` }} tabindex="0" role="application"
    aria-roledescription="call tree" aria-label=${label}>
    <div class="heap-flame-space" style=${{ height: `${rows * ROW}px` }}></div>
    <canvas aria-hidden="true"></canvas>
    <p class="sr-only" role="status">${selected === null ? "" : said(selected).replaceAll("\n", ", ")}</p>
  </div>`;
}

/** What is drawn into the frame, and what pointer and keys do there. */
class Picture {
  /** @param {HTMLDivElement} host @param {Scene} scene */
  constructor(host, scene) {
    this.host = host;
    this.scene = scene;
    this.canvas = /** @type {HTMLCanvasElement} */ (host.querySelector("canvas"));
    /** @type {Box[]} */
    this.boxes = [];
    this.asked = 0;
    /** @type {Node | null} */
    this.under = null;
    this.observer = new ResizeObserver(this.ask);
    this.observer.observe(host);
    host.addEventListener("scroll", this.ask, { passive: true });
    host.addEventListener("pointermove", this.onMove);
    host.addEventListener("pointerleave", this.onLeave);
    host.addEventListener("click", this.onClick);
    host.addEventListener("dblclick", this.onDouble);
    host.addEventListener("keydown", this.onKey);
    if (scene.upwards) host.scrollTop = host.scrollHeight;
  }

  destroy() {
    cancelAnimationFrame(this.asked);
    this.observer.disconnect();
  }

  /** @param {Scene} scene */
  show(scene) {
    const before = this.scene;
    this.scene = scene;
    if (scene.selected !== null && scene.selected.key !== before.selected?.key) this.reveal(scene.selected);
    if (scene.upwards !== before.upwards) this.host.scrollTop = scene.upwards ? this.host.scrollHeight : 0;
    this.ask();
  }

  ask = () => {
    cancelAnimationFrame(this.asked);
    this.asked = requestAnimationFrame(() => this.draw());
  };

  get rows() {
    return rowsOf(this.scene.focus);
  }

  /** Where a row begins, from the top of everything. @param {number} row */
  topOf(row) {
    return (this.scene.upwards ? Math.max(this.rows, Math.floor(this.host.clientHeight / ROW)) - 1 - row : row) * ROW;
  }

  /** Brings a node's row into sight. @param {Node} node */
  reveal(node) {
    const top = this.topOf(node.depth);
    const { clientHeight, scrollTop } = this.host;
    if (top < scrollTop) this.host.scrollTop = top - ROW;
    else if (top + ROW > scrollTop + clientHeight) this.host.scrollTop = top + 2 * ROW - clientHeight;
  }

  draw() {
    const { canvas, host, scene } = this;
    const [width, height] = [host.clientWidth, host.clientHeight];
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.style.top = `${host.scrollTop}px`;
    const pen = canvas.getContext("2d");
    if (pen === null || width === 0) return;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `${TEXT}px ${getComputedStyle(host).fontFamily}`;
    pen.textBaseline = "middle";
    const first = Math.floor(host.scrollTop / ROW);
    const last = Math.ceil((host.scrollTop + height) / ROW);
    const all = Math.max(this.rows, Math.floor(height / ROW));
    const rows = scene.upwards ? { from: all - last, to: all - first } : { from: first, to: last };
    this.boxes = boxesOf(scene.root, scene.focus, width, rows);
    const above = new Set(pathOf(scene.focus));
    for (const box of this.boxes) this.drawBox(pen, box, above);
    host.dataset.boxes = String(this.boxes.length);
  }

  /** @param {CanvasRenderingContext2D} pen @param {Box} box @param {Set<Node>} above */
  drawBox(pen, { node, row, width, x }, above) {
    const { focus, hue, meant, selected } = this.scene;
    const y = this.topOf(row) - this.host.scrollTop;
    const wide = Math.max(0.5, width - (width > 3 ? 1 : 0));
    if (node === null) {
      pen.fillStyle = veil(colorOf("--muted"), 0.28);
      pen.fillRect(x, y, wide, ROW - 1);
      return;
    }
    const root = node.parent === null;
    const faint = (above.has(node) && node !== focus) || (root && node !== focus);
    const meaning = meant !== null && !root;
    const hit = meaning && meant(node.frame);
    const owner = colorOf(root || node.frame.internal ? "--free" : `--owner-${hue(node.frame.module)}`);
    const shade = hit ? 0.5 : faint || (meaning && !hit) ? 0.14 : root ? 0.22 : shadeOf(node.frame);
    pen.fillStyle = veil(hit ? colorOf("--fault") : owner, shade);
    pen.fillRect(x, y, wide, ROW - 1);
    if (selected !== null && node.key === selected.key) {
      pen.strokeStyle = colorOf("--text");
      pen.lineWidth = 1.5;
      pen.strokeRect(x + 0.75, y + 0.75, Math.max(0, wide - 1.5), ROW - 2.5);
    }
    if (wide < LEAST_TEXT) return;
    pen.fillStyle = colorOf(faint || (meaning && !hit) ? "--muted" : "--text");
    pen.fillText(fitted(pen, node.frame.function, wide - 10), x + 5, y + ROW / 2);
  }

  /** What is at a point. @param {MouseEvent} event @returns {Box | null} */
  at(event) {
    const { left, top } = this.host.getBoundingClientRect();
    const x = event.clientX - left;
    const y = event.clientY - top + this.host.scrollTop;
    return this.boxes.find((box) => x >= box.x && x < box.x + box.width && y >= this.topOf(box.row) && y < this.topOf(box.row) + ROW) ?? null;
  }

  /** @param {PointerEvent} event */
  onMove = (event) => {
    const box = this.at(event);
    const words = box === null ? "" : box.node === null ? `${box.more} frames\ntoo narrow to be told apart: zoom in` : this.scene.said(box.node);
    this.host.style.cursor = box?.node ? "pointer" : "";
    this.host.setAttribute("data-tip", words);
  };

  onLeave = () => this.host.removeAttribute("data-tip");

  /** @param {MouseEvent} event */
  onClick = (event) => {
    const node = this.at(event)?.node ?? null;
    if (node === null) return;
    if (node.parent === null || pathOf(this.scene.focus).includes(node)) this.scene.onFocus(node);
    else this.scene.onSelect(node);
  };

  /** @param {MouseEvent} event */
  onDouble = (event) => {
    const node = this.at(event)?.node ?? null;
    if (node !== null) this.scene.onFocus(node);
  };

  /** Arrows walk the tree, Enter zooms in, Escape out. @param {KeyboardEvent} event */
  onKey = (event) => {
    const { focus, onFocus, onSelect, root, selected, upwards } = this.scene;
    const at = selected ?? focus;
    const among = at.parent?.children ?? [];
    const place = among.indexOf(at);
    const inward = upwards ? "ArrowUp" : "ArrowDown";
    const outward = upwards ? "ArrowDown" : "ArrowUp";
    const next = { [inward]: at.children[0], [outward]: at.parent, ArrowLeft: among[place - 1], ArrowRight: among[place + 1], Home: root }[event.key];
    if (next !== undefined && next !== null) onSelect(next);
    else if (event.key === "Enter") onFocus(at);
    else if (event.key === "Escape" && focus !== root) onFocus(focus.parent ?? root);
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/**
 * The picture as marks, for export: the rows from the root, at most `most` of them.
 * @param {Scene} scene
 * @param {number} width
 * @param {number} most rows
 * @returns {{height: number, marks: import("./drawing.js").Mark[]}}
 */
export function flameMarks({ focus, hue, root, upwards }, width, most) {
  const rows = Math.min(most, rowsOf(focus));
  const text = colorOf("--text");
  const marks = boxesOf(root, focus, width, { from: 0, to: rows }).flatMap(({ node, row, width: wide, x }) => {
    const y = (upwards ? rows - 1 - row : row) * ROW;
    const owner = node === null || node.frame.internal || node.parent === null ? "--free" : `--owner-${hue(node.frame.module)}`;
    /** @type {import("./drawing.js").Mark[]} */
    const made = [{ path: `M${x.toFixed(1)} ${y}h${Math.max(0.5, wide - (wide > 3 ? 1 : 0)).toFixed(1)}v${ROW - 1}H${x.toFixed(1)}Z`, fill: veil(colorOf(owner), node === null ? 0.28 : shadeOf(node.frame)) }];
    if (node !== null && wide >= LEAST_TEXT) {
      const letters = Math.floor((wide - 10) / 6.4);
      const name = node.frame.function;
      made.push({ text: name.length <= letters ? name : `${name.slice(0, Math.max(1, letters - 1))}…`, x: x + 5, y: y + 14, size: TEXT, fill: text });
    }
    return made;
  });
  return { height: rows * ROW, marks };
}

/** Where a node stands, for a table: its place in a line. @param {Node} node */
export function whereOf(node) {
  return `${node.frame.function}${node.frame.inlined ? " (inlined)" : ""} · ${placeOf(node.frame)}`;
}
