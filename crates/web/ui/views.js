// The views there are: their paths, how rail and palette call them, and what loads them. A view's row comes with its work.

import { labsOnly, stresses } from "./state.js";

/**
 * @typedef {{path: string, label: string, icon: string, load: () => Promise<import("./view.js").View>}} Row
 * @typedef {{group: string, views: Row[]}} Group
 */

/** @type {Group[]} */
const ALL = [
  {
    group: "Live",
    views: [
      { path: "/", label: "Now", icon: "now", load: () => import("./now.js") },
      { path: "/processes", label: "Processes", icon: "processes", load: () => import("./processes.js") },
      { path: "/heap", label: "Heap", icon: "heap", load: () => import("./heap.js") },
      ...(stresses ? [{ path: "/stress", label: "Stress", icon: "stress", load: () => import("./stress.js") }] : []),
    ],
  },
  {
    group: "Labs",
    views: [
      { path: "/paging", label: "Paging", icon: "paging", load: () => import("./paging.js") },
      { path: "/segmentation", label: "Segmentation", icon: "segmentation", load: () => import("./segmentation.js") },
    ],
  },
];

/** The groups that this server offers: one of labs has no others. */
export const GROUPS = labsOnly ? ALL.filter(({ group }) => group === "Labs") : ALL;

/** The views in the rail's order. */
export const VIEWS = GROUPS.flatMap(({ views }) => views);
