// A drawing as a list of marks, and its two forms: SVG text and a canvas. One list serves both.

/**
 * A path or a text. `hatch` fills a path with stripes of its fill.
 * @typedef {{path: string, fill?: string, stroke?: string, width?: number, hatch?: boolean}
 *   | {text: string, x: number, y: number, fill: string, size: number, bold?: boolean, anchor?: "start" | "middle" | "end"}} Mark
 * @typedef {{width: number, height: number, ground: string, font: string, marks: Mark[]}} Drawing
 */

const STRIPE = 6;

/**
 * A rectangle as a path.
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function box(x, y, width, height) {
  return `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;
}

/** @param {number} value */
export function round(value) {
  return Math.round(value * 100) / 100;
}

/**
 * The drawing as a document that stands for itself.
 * @param {Drawing} drawing
 * @returns {string}
 */
export function svgOf(drawing) {
  const hatched = [
    ...new Set(drawing.marks.flatMap((mark) => ("path" in mark && mark.hatch ? [mark.fill ?? ""] : []))),
  ];
  const patterns = hatched.map(
    (color, index) =>
      `<pattern id="h${index}" width="${STRIPE}" height="${STRIPE}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
      `<rect width="${STRIPE}" height="${STRIPE}" fill="${color}" fill-opacity=".16"/><rect width="1.6" height="${STRIPE}" fill="${color}"/></pattern>`,
  );
  const marks = drawing.marks.map((mark) => ("path" in mark ? svgPath(mark, hatched) : svgText(mark)));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${drawing.width}" height="${drawing.height}" ` +
    `viewBox="0 0 ${drawing.width} ${drawing.height}" font-family="${escaped(drawing.font)}">\n` +
    `<defs>${patterns.join("")}</defs>\n<rect width="100%" height="100%" fill="${drawing.ground}"/>\n${marks.join("\n")}\n</svg>\n`
  );
}

/**
 * @param {Extract<Mark, {path: string}>} mark
 * @param {string[]} hatched
 */
function svgPath(mark, hatched) {
  const fill = mark.hatch ? `url(#h${hatched.indexOf(mark.fill ?? "")})` : (mark.fill ?? "none");
  const stroke =
    mark.stroke === undefined
      ? ""
      : ` stroke="${mark.stroke}" stroke-width="${mark.width ?? 1}" stroke-linejoin="round"`;
  return `<path d="${mark.path}" fill="${fill}"${stroke}/>`;
}

/** @param {Extract<Mark, {text: string}>} mark */
function svgText(mark) {
  const weight = mark.bold ? ' font-weight="600"' : "";
  return (
    `<text x="${round(mark.x)}" y="${round(mark.y)}" font-size="${mark.size}"${weight} fill="${mark.fill}" ` +
    `text-anchor="${mark.anchor ?? "start"}">${escaped(mark.text)}</text>`
  );
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * The drawing in pixels.
 * @param {Drawing} drawing
 * @param {number} scale pixels in a unit
 * @returns {HTMLCanvasElement}
 */
export function canvasOf(drawing, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = drawing.width * scale;
  canvas.height = drawing.height * scale;
  const pen = canvas.getContext("2d");
  if (pen === null) return canvas;
  pen.scale(scale, scale);
  pen.fillStyle = drawing.ground;
  pen.fillRect(0, 0, drawing.width, drawing.height);
  for (const mark of drawing.marks) {
    if ("path" in mark) paintPath(pen, mark);
    else paintText(pen, mark, drawing.font);
  }
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Extract<Mark, {path: string}>} mark
 */
function paintPath(pen, mark) {
  const path = new Path2D(mark.path);
  if (mark.fill !== undefined) {
    pen.save();
    pen.fillStyle = mark.fill;
    if (mark.hatch) pen.globalAlpha = 0.16;
    pen.fill(path, "evenodd");
    pen.restore();
    if (mark.hatch) stripe(pen, path, mark.fill);
  }
  if (mark.stroke !== undefined) {
    pen.strokeStyle = mark.stroke;
    pen.lineWidth = mark.width ?? 1;
    pen.lineJoin = "round";
    pen.stroke(path);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Path2D} path
 * @param {string} color
 */
function stripe(pen, path, color) {
  const { height, width } = pen.canvas;
  pen.save();
  pen.clip(path, "evenodd");
  pen.strokeStyle = color;
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (let x = -height; x < width; x += STRIPE * Math.SQRT2) {
    pen.moveTo(x, height);
    pen.lineTo(x + height, 0);
  }
  pen.stroke();
  pen.restore();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Extract<Mark, {text: string}>} mark
 * @param {string} font
 */
function paintText(pen, mark, font) {
  pen.fillStyle = mark.fill;
  pen.font = `${mark.bold ? "600 " : ""}${mark.size}px ${font}`;
  pen.textAlign = mark.anchor === "middle" ? "center" : mark.anchor === "end" ? "right" : "left";
  pen.fillText(mark.text, mark.x, mark.y);
}
