// A figure on the screen, as SVG in the page's own colours, and as a drawing for export.

import { html } from "./html.js";
import { colorOf, veil } from "./paint.js";
import { presenting } from "./state.js";
import { useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./figure-pieces.js").Figure} Figure */
/** @typedef {import("./figure-pieces.js").Piece} Piece */

/** Never twice the same: a figure of which nothing is known to stay is made anew each time. @returns {unknown[]} */
const anew = () => [{}];

/**
 * A figure as wide as there is room; what it says in words is its label. With `still` it is made again only when one of these
 * values is another, or the room; `over` are the pieces that lie above it and change with every step.
 * @param {{make: (width: number) => Figure, spoken: string, name: string, still?: unknown[], over?: (width: number) => Piece[]}} props
 */
export function Drawn({ make, name, over, spoken, still = anew() }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  // measured before the first paint, so that nothing below is seen to move
  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const scale = presenting.value ? 1.5 : 1;
  const room = Math.round(width / scale);
  const figure = useMemo(() => {
    if (room === 0) return null;
    const { height, pieces, width: wide } = make(room);
    return { height, width: wide, drawn: drawnOf(pieces) };
  }, [room, ...still]);
  return html`<div class="figure" ref=${host} data-figure=${name}>
    ${
      figure !== null &&
      html`<svg viewBox=${`0 0 ${figure.width} ${figure.height}`} role="img" aria-label=${spoken}
      style=${{ maxWidth: `${figure.width * scale}px` }}>${figure.drawn}${over !== undefined && drawnOf(over(room), "over-")}</svg>`
    }
  </div>`;
}

/** @param {Piece[]} pieces @param {string} [mark] what sets the keys of these pieces apart @returns {any[]} */
function drawnOf(pieces, mark = "") {
  return pieces.map((piece, index) => drawing(piece, `${mark}${index}`));
}

/** A piece as an element. There are many of them, so none is a component of its own, and its look is one text. @param {Piece} piece @param {string} key */
function drawing(piece, key) {
  if ("pieces" in piece) {
    const data = Object.fromEntries(Object.entries(piece.data).map(([name, value]) => [`data-${name}`, value]));
    return html`<g key=${key} data-part=${piece.name} data-tip=${piece.tip} ...${data}>${drawnOf(piece.pieces)}</g>`;
  }
  if ("d" in piece) {
    const { d, dash = false, fill, stroke, veil: shows = 1, width = 1 } = piece;
    const [inside, line] = [fill, stroke].map((tone) => (tone === undefined ? "none" : `var(--${tone})`));
    return html`<path key=${key} d=${d} style=${`fill:${inside};fill-opacity:${shows};stroke:${line};stroke-width:${width}${dash ? ";stroke-dasharray:4 4" : ""}`} />`;
  }
  const { anchor = "start", bold = false, mono = false, size, text, tone, x, y } = piece;
  if (text === "") return null;
  return html`<text key=${key} x=${x} y=${y} class=${mono ? "mono" : ""} style=${`fill:var(--${tone});font-size:${size}px;font-weight:${bold ? 600 : 400};text-anchor:${anchor}`}>${text}</text>`;
}

const EDGE = 24;
const TITLE = 40;
const LINE = 17;

/**
 * A figure as a drawing with its title.
 * @param {Figure} figure
 * @param {string} title
 * @param {string} note its parts between " · "
 * @returns {import("./drawing.js").Drawing}
 */
export function drawingOf(figure, title, note) {
  const width = Math.max(figure.width + 2 * EDGE, 480);
  const lines = linesOf(note.split(" · "), (width - 2 * EDGE) / 6.6);
  const head = TITLE + lines.length * LINE + 14;
  const muted = colorOf("--muted");
  return {
    width,
    height: figure.height + head + EDGE,
    ground: colorOf("--ground"),
    font: getComputedStyle(document.body).fontFamily,
    marks: [
      { text: title, x: EDGE, y: EDGE + 12, size: 16, fill: colorOf("--text"), bold: true },
      ...lines.map((text, line) => ({ text, x: EDGE, y: TITLE + (line + 1) * LINE - 2, size: 12, fill: muted })),
      ...figure.pieces.flatMap((piece) => marksOf(piece, head)),
    ],
  };
}

/** Words in lines of at most so many letters. @param {string[]} parts @param {number} most @returns {string[]} */
function linesOf(parts, most) {
  /** @type {string[]} */
  const lines = [];
  for (const part of parts) {
    const joined = `${lines.at(-1)} · ${part}`;
    if (lines.length > 0 && joined.length <= most) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

/** @param {Piece} piece @param {number} head @returns {import("./drawing.js").Mark[]} */
function marksOf(piece, head) {
  if ("pieces" in piece) return piece.pieces.flatMap((inner) => marksOf(inner, head));
  if ("d" in piece) {
    const { d, fill, stroke, veil: shows = 1, width } = piece;
    const painted = fill === undefined ? undefined : veil(colorOf(`--${fill}`), shows);
    return [{ path: moved(d, head), fill: painted, stroke: stroke === undefined ? undefined : colorOf(`--${stroke}`), width }];
  }
  const { anchor, bold, size, text, tone, x, y } = piece;
  return text === "" ? [] : [{ text, x: x + EDGE, y: y + head, size, fill: colorOf(`--${tone}`), bold, anchor }];
}

/** A path whose absolute moves and lines stand at another place; all other commands are relative. @param {string} path @param {number} down */
function moved(path, down) {
  return path.replace(
    /([ML])(-?[\d.]+) (-?[\d.]+)/g,
    (_, letter, x, y) => `${letter}${Number(x) + EDGE} ${Number(y) + down}`,
  );
}
