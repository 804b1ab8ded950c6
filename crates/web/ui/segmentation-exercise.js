// What the tabs of the view "Segmentation" offer as exercises, and how one of them is shown there.

import { html } from "./html.js";
import { loadSheets } from "./lab.js";
import { Exercise } from "./lab-exercise.js";
import { useMemo, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./lab-exercise.js").Topic} Topic */
/** @typedef {{onClose: () => void}} Props */
/** @typedef {Record<string, any>} Problem as the answer to an exercise has it */

await loadSheets("./lab-exercise.css");

/** What may be wished of requests under these policies. @param {string[]} policies */
function wishesOf(policies) {
  const apart = policies.length > 1 ? [{ wish: policies.slice(0, 3).join("!="), label: "Each of the first three places the requests differently" }] : [];
  const better = policies.includes("best") && policies.includes("first") ? [{ wish: "best<first", label: "Best fit fails fewer requests than first fit" }] : [];
  return [...apart, ...better, { wish: "failed=0", label: "No request fails" }, { wish: "failed=1..9", label: "Under each a request fails" }];
}

/**
 * The panel of a tab of lists.
 * @param {import("./segmentation-asking.js").Asking} asking
 */
export function listExercise(asking) {
  return (/** @type {Props} */ { onClose }) => {
    const topic = useMemo(() => {
      const { policies, set } = asking.problem.peek();
      return {
        topic: "alloc",
        wishes: wishesOf(policies),
        numbers: [
          { name: "length", label: "Operations", usual: 12 },
          { name: "capacity", label: "Memory, bytes", usual: 200 },
        ],
        further: { policies, set },
      };
    }, []);
    const open = (/** @type {Problem} */ { capacity, ops, policies, set }) => {
      const settings = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, String(value)]));
      asking.change({ policies, capacity, ops, kept: "", base: 0, preset: "", set: settings });
    };
    return html`<${Exercise} topic=${topic} open=${open} onClose=${onClose} />`;
  };
}

/**
 * The panel of given holes.
 * @param {() => import("./segmentation-holes-problem.js").Problem} now
 * @param {(changes: Partial<import("./segmentation-holes-problem.js").Problem>) => void} change
 */
export function holesExercise(now, change) {
  return (/** @type {Props} */ { onClose }) => {
    const topic = useMemo(() => {
      const { partitions, policies } = now();
      return {
        topic: "holes",
        wishes: wishesOf(policies),
        numbers: [
          { name: "holes", label: "Holes", usual: 5 },
          { name: "requests", label: "Requests", usual: 4 },
        ],
        further: { policies, partitions },
      };
    }, []);
    const open = (/** @type {Problem} */ { holes, partitions, policies, requests }) => change({ holes: holes.join(","), requests: requests.join(","), partitions, policies });
    return html`<${Exercise} topic=${topic} open=${open} onClose=${onClose} />`;
  };
}

const TRAPS = [
  { wish: "traps=2..3", label: "Two or three addresses trap" },
  { wish: "traps=4..9", label: "Four or more trap" },
];
const ADDRESSES = { name: "addresses", label: "Addresses", usual: 8 };

/** Topics of translation with what they are called. @type {[string, Topic][]} */
const TRANSLATIONS = [
  ["A segment table", { topic: "segments", wishes: TRAPS, numbers: [{ name: "segments", label: "Segments", usual: 4 }, ADDRESSES] }],
  ["Base and limit", { topic: "relocation", wishes: TRAPS, numbers: [ADDRESSES] }],
];

/**
 * The panel of translation.
 * @param {(table: string, addresses: string) => void} show
 */
export function translationExercise(show) {
  return (/** @type {Props} */ { onClose }) => {
    const [chosen, choose] = useState(0);
    const choice = html`<div class="ranges" role="group" aria-label="What it is about">${TRANSLATIONS.map(
      ([label], index) => html`<button type="button" key=${label} aria-pressed=${index === chosen} onClick=${() => choose(index)}>${label}</button>`,
    )}</div>`;
    const open = (/** @type {Problem} */ { table, translate }) => show(table, translate);
    return html`<${Exercise} topic=${TRANSLATIONS[chosen][1]} open=${open} onClose=${onClose} choice=${choice} />`;
  };
}
