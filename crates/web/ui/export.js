// The view as a file: a picture (PNG, SVG) or its numbers (CSV, JSON). Loaded when somebody asks for it.

import { SERIES } from "./frame.js";
import { frame, lastMs, shown } from "./history.js";
import { memory } from "./live.js";
import { canvasOf, svgOf } from "./drawing.js";
import { pictureOf } from "./picture.js";
import { session } from "./session.js";
import { view } from "./view.js";

const PNG_SCALE = 2;

/** @param {"png" | "svg" | "csv" | "json"} format */
export async function exportView(format) {
  const { files } = view.peek() ?? {};
  const own = files === undefined ? liveFiles() : files();
  if (own !== null) save(await blobOf(format, own), `${own.name}.${format}`);
}

/** What a view of the live window saves. @returns {import("./view.js").Files | null} */
function liveFiles() {
  const now = memory.peek();
  if (now === null) return null;
  const host = session.peek()?.hostname ?? "";
  return {
    name: `ramscope-${host || "now"}-${new Date(lastMs.peek()).toISOString().slice(0, 19).replace(/:/g, "-")}`,
    picture: () => pictureOf(now, frame.peek(), shown.peek(), host),
    csv: () => csvOf(windowOfFrame()),
    json: () => ({ schema_version: 1, memory: now, history: windowOfFrame() }),
    notes: {},
  };
}

/**
 * @param {"png" | "svg" | "csv" | "json"} format
 * @param {import("./view.js").Files} files
 * @returns {Promise<Blob>}
 */
async function blobOf(format, { csv, json, picture: draw }) {
  if (format === "csv") return new Blob([csv()], { type: "text/csv" });
  if (format === "json") return new Blob([JSON.stringify(json(), null, 1)], { type: "application/json" });
  const picture = draw();
  if (format === "svg") return new Blob([svgOf(picture)], { type: "image/svg+xml" });
  const canvas = canvasOf(picture, PNG_SCALE);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("the picture is too large")) : resolve(blob)),
      "image/png",
    );
  });
}

/** The rows of the frame that are inside the window. */
function windowOfFrame() {
  const { series, time } = frame.peek();
  const { fromMs, toMs } = shown.peek();
  const rows = time.map((_, row) => row).filter((row) => time[row] >= fromMs && time[row] <= toMs);
  const pick = (/** @type {(number | null)[]} */ values) => rows.map((row) => values[row]);
  return {
    time_ms: rows.map((row) => time[row]),
    series: Object.fromEntries(
      Object.keys(SERIES).map((name) => {
        const { max, mean, min } = series[name];
        return [name, { min: pick(min), max: pick(max), mean: pick(mean) }];
      }),
    ),
  };
}

/**
 * A row a time, three columns a series; a missing value is an empty field.
 * @param {{time_ms: number[], series: Record<string, import("./frame.js").Values>}} columns
 * @returns {string}
 */
export function csvOf(columns) {
  const names = Object.keys(columns.series);
  const head = ["time_ms", ...names.flatMap((name) => [`${name}.min`, `${name}.max`, `${name}.mean`])];
  const rows = columns.time_ms.map((time, row) => {
    const values = names.flatMap((name) => {
      const { max, mean, min } = columns.series[name];
      return [min[row], max[row], mean[row]];
    });
    return [time, ...values.map((value) => value ?? "")].join(",");
  });
  return `${[head.join(","), ...rows].join("\n")}\n`;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
