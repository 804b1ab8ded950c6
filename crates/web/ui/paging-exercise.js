// What the replacement lab offers as exercises, and how one of them is shown in the lab.

import { html } from "./html.js";
import { loadSheets } from "./lab.js";
import { Exercise } from "./lab-exercise.js";
import { change } from "./paging-ask.js";

await loadSheets("./lab-exercise.css");

/** @type {import("./lab-exercise.js").Topic} */
const TOPIC = {
  topic: "paging",
  wishes: [
    { wish: "fifo!=lru!=opt", label: "FIFO, LRU and OPT have different faults" },
    { wish: "belady=fifo", label: "Belady's anomaly occurs under FIFO" },
    { wish: "ties=1", label: "Exactly one tie" },
  ],
  numbers: [
    { name: "frames", label: "Frames", usual: 3 },
    { name: "length", label: "References", usual: 16 },
    { name: "pages", label: "Pages", usual: 6 },
  ],
};

/** The panel. @param {{onClose: () => void}} props */
export function PagingExercise({ onClose }) {
  return html`<${Exercise} topic=${TOPIC} open=${show} onClose=${onClose} />`;
}

/** Shows a problem in the lab: it alone goes into the address. @param {Record<string, any>} problem */
function show({ frames, policies, refs, set }) {
  const settings = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, String(value)]));
  change({ policies, frames: frames[0], refs, from: "", preset: "", set: settings });
}
