// The tab "Free space": its two parts, requests in given holes and a list over time, and which of them the address names.

import { loadSheets } from "./lab.js";
import * as fits from "./segmentation-fits.js";
import * as holes from "./segmentation-holes.js";
import { tabOfParts } from "./segmentation-parts.js";

const tab = tabOfParts([
  { id: undefined, label: "Given holes", noun: "Request", part: holes },
  { id: "time", label: "Over time", noun: "Operation", part: fits },
]);

export const { endpoints, files, Form, isWhole, marks, noun, offers, Stage, summary } = tab;

/**
 * Begins to ask; resolves when the sheets apply.
 * @param {import("./lab-walk.js").Walk} walk
 * @param {() => boolean} active
 */
export async function begin(walk, active) {
  await loadSheets("./segmentation-list.css", "./segmentation-allocators.css", "./segmentation-free.css");
  await tab.begin(walk, active);
}
