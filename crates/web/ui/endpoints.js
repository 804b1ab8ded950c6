// The questions behind the view "Now", as scripts would ask them.

import { historyPath } from "./api.js";
import { SERIES } from "./frame.js";
import { shown } from "./history.js";

/**
 * @returns {{name: string, path: string}[]}
 */
export function endpoints() {
  const { fromMs, toMs } = shown.peek();
  const series = Object.keys(SERIES);
  return [
    { name: "Memory now, the ledger, the verdict", path: "/api/v1/memory" },
    { name: "The charts", path: historyPath(series, fromMs, toMs, 600) },
    { name: "The events", path: `/api/v1/events?from=${Math.round(fromMs)}&to=${Math.round(toMs)}` },
    { name: "Every change, as it happens", path: "/api/v1/stream" },
  ];
}
