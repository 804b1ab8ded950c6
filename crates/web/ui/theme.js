// Light, dark, or as the system has it; the choice is kept in this browser.

import { printing } from "./state.js";
import { computed, signal } from "./vendor/signals.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const ORDER = /** @type {Theme[]} */ (["system", "light", "dark"]);
const systemDark = matchMedia("(prefers-color-scheme: dark)");

/** The reader's choice. */
export const theme = signal(readTheme());
const systemIsDark = signal(systemDark.matches);
/** Whether the page is dark now, whoever decided it. */
export const dark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));

systemDark.addEventListener("change", () => {
  systemIsDark.value = systemDark.matches;
});

/** What `early.js` found kept. @returns {Theme} */
function readTheme() {
  const kept = document.documentElement.dataset.theme;
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** @param {Theme} next */
export function setTheme(next) {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  theme.value = next;
  keep(next);
}

/** @param {Theme} next */
function keep(next) {
  try {
    if (next === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch {
    // A frame on another site's page may have no storage: the choice lasts as long as the page.
  }
}

/** System, light, dark, and again. */
export function cycleTheme() {
  setTheme(ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]);
}

/** Paper is light, whatever the screen is. */
export function followPrinting() {
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    printing.value = true;
  });
  addEventListener("afterprint", () => {
    setTheme(theme.value);
    printing.value = false;
  });
}
