// What the view shows, as signals: the fragment of the address, and what pointer and clock say.
// Navigation (another window of time) makes an entry in the browser's history; a switch replaces it.

import { formatFragment, parseFragment } from "./fragment.js";
import { signal } from "./vendor/signals.js";

/** The fragment, read. */
export const state = signal(parseFragment(location.hash));

/** Whether the server runs labs only: there is no machine to follow. */
export const labsOnly = document.documentElement.dataset.labsOnly !== undefined;

/** Whether the server puts loads on memory. */
export const stresses = document.documentElement.dataset.noStress === undefined;

/** Whether the page is a file that holds one problem with its answers. */
export const offline = document.documentElement.dataset.offline !== undefined;

/** Where the pointer is in time on any chart, UTC milliseconds; null when it is on none. */
export const cursorMs = signal(/** @type {number | null} */ (null));

/** Ticks once a second, for ages: milliseconds of the page's own clock. */
export const pageClock = signal(performance.now());

/** Whether the pictures are shown as their tables. */
export const tableShown = signal(false);

/** Whether `P` has hidden everything but the view. */
export const presenting = signal(false);

/** Whether the page is being put on paper. */
export const printing = signal(false);

/**
 * Goes to another state: Back returns from it.
 * @param {Record<string, string | undefined>} changes
 */
export function navigate(changes) {
  write(changes, "pushState");
}

/**
 * Changes the state in place: Back does not stop here.
 * @param {Record<string, string | undefined>} changes
 */
export function adjust(changes) {
  write(changes, "replaceState");
}

/**
 * @param {Record<string, string | undefined>} changes
 * @param {"pushState" | "replaceState"} how
 */
function write(changes, how) {
  const hash = formatFragment({ ...state.value, ...changes });
  if (hash === location.hash) return;
  history[how](null, "", location.pathname + location.search + hash);
  state.value = parseFragment(hash);
}

/** Begins to follow the address and the clock. */
export function followAddress() {
  const read = () => {
    state.value = parseFragment(location.hash);
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  setInterval(() => {
    if (!document.hidden) pageClock.value = performance.now();
  }, 1000);
}

/** Shows the pictures as tables, or as pictures again. */
export function toggleTable() {
  tableShown.value = !tableShown.value;
}

/** Hides everything but the view, or brings it back. */
export function togglePresenting() {
  const next = !presenting.value;
  document.documentElement.toggleAttribute("data-presenting", next);
  presenting.value = next;
}
