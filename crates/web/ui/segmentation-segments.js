// The tab "Segments": its two parts, processes in memory and translation, and which of them the address names.

import { loadSheets } from "./lab.js";
import { tabOfParts } from "./segmentation-parts.js";
import * as life from "./segmentation-segments-life.js";
import * as translation from "./segmentation-segments-translation.js";

const tab = tabOfParts([
  { id: undefined, label: "In memory", noun: "Event", part: life },
  { id: "translation", label: "Translation", noun: "Address", part: translation },
]);

export const { endpoints, files, Form, marks, noun, offers, Stage, summary } = tab;

/**
 * Begins to ask; resolves when the sheet applies.
 * @param {import("./lab-walk.js").Walk} walk
 * @param {() => boolean} active
 */
export async function begin(walk, active) {
  await loadSheets("./segmentation-list.css", "./segmentation-segments.css");
  await tab.begin(walk, active);
}
