// The view on show: what the shell asks of it, so that actions stand in the same place on each.

import { signal } from "./vendor/signals.js";

/**
 * What a view tells the shell.
 * `timeless`: it has no window of time. `keys` are bindings on top of the shell's and
 * `keySheet` says what they do. `links` are the lines of Share, `commands` what the palette offers, `files` what Export
 * saves, where that is not of the live window; `recording` is what one HTML file of it holds, null where there is
 * nothing to save, its `refusal` in words where it cannot be saved.
 * @typedef {{name: string, path: string, body?: object}} Endpoint
 * @typedef {{label: string, text: string}} Link
 * @typedef {{name: string, picture: () => import("./drawing.js").Drawing, csv: () => string, json: () => object,
 *   notes: Record<string, string>}} Files
 * @typedef {{module: string, name: string, title: string, questions: Endpoint[], refusal: string | null}} Recording
 * @typedef {{title: string, View: () => any, endpoints: () => Endpoint[], start: () => void, timeless?: boolean,
 *   keys?: Record<string, () => void>, keySheet?: import("./keys.js").Key[], links?: () => Link[],
 *   commands?: () => import("./palette.js").Command[], files?: () => Files | null,
 *   recording?: () => Recording | null}} View
 */

/** The view; null until it has been loaded. */
export const view = signal(/** @type {View | null} */ (null));
