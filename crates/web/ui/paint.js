// Colours of tokens.css as canvas paints, and the hatch that marks what the kernel can take back.

import { presenting, printing } from "./state.js";
import { dark } from "./theme.js";
import { effect } from "./vendor/signals.js";

/** Colours that were looked up, until the theme changes. @type {Map<string, string>} */
const known = new Map();

/**
 * A token's colour as it is in the theme on show.
 * @param {string} token such as `--used`
 * @returns {string} `rgb(…)`
 */
export function colorOf(token) {
  const color = known.get(token) ?? lookUp(token);
  known.set(token, color);
  return color;
}

/** Charts keep colours: a change of theme (or presenting, which deepens some) makes them look again. */
export function followColors() {
  effect(() => {
    void dark.value;
    void presenting.value;
    void printing.value;
    known.clear();
  });
}

/** @param {string} token */
function lookUp(token) {
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/**
 * The same colour, let through.
 * @param {string} color `rgb(r, g, b)`
 * @param {number} alpha 0..1
 */
export function veil(color, alpha) {
  return color.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, `rgba($1,$2,$3, ${alpha})`);
}

/**
 * Diagonal stripes of a colour.
 * @param {CanvasRenderingContext2D} context
 * @param {string} color
 * @param {number} ratio device pixels in a CSS pixel
 * @returns {CanvasPattern | string}
 */
export function hatch(context, color, ratio) {
  const size = Math.round(6 * ratio);
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  if (pen === null) return color;
  pen.fillStyle = veil(color, 0.14);
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = veil(color, 0.62);
  pen.lineWidth = 1.1 * ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") ?? color;
}
