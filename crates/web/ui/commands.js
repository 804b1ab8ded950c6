// What the palette offers: views, ranges, exports, themes, and every term of the glossary.

import { exportAs, FORMATS, togglePanel } from "./actions.js";
import { show, terms } from "./definitions.js";
import { openKeys } from "./keys.js";
import { RANGES } from "./ranges.js";
import { togglePresenting, toggleTable } from "./state.js";
import { setTheme } from "./theme.js";
import { chooseRange, toggleLive } from "./timerange.js";
import { view } from "./view.js";
import { VIEWS } from "./views.js";

/** @returns {import("./palette.js").Command[]} */
export function commands() {
  return [
    ...VIEWS.map(({ label, path }) => ({ group: "View", label, act: () => goTo(path) })),
    ...(view.value?.commands?.() ?? timeCommands()),
    { group: "Do", label: "Share a link", act: () => togglePanel("share") },
    { group: "Do", label: "JSON and curl", act: () => togglePanel("json") },
    ...FORMATS.map(({ id, label }) => ({ group: "Do", label: `Export ${label}`, act: () => void exportAs(id) })),
    { group: "Do", label: "Pictures as tables", hint: "T", act: toggleTable },
    { group: "Do", label: "Print", act: () => print() },
    { group: "Do", label: "Present", hint: "P", act: togglePresenting },
    { group: "Theme", label: "Light", act: () => setTheme("light") },
    { group: "Theme", label: "Dark", act: () => setTheme("dark") },
    { group: "Theme", label: "As the system", act: () => setTheme("system") },
    { group: "Help", label: "Keys", hint: "?", act: openKeys },
    ...terms.value.map((term) => ({ group: "Term", label: term.label, hint: "", act: () => show(term, null) })),
  ];
}

/** What a view with a window of time offers. @returns {import("./palette.js").Command[]} */
function timeCommands() {
  const ranges = RANGES.map(({ id, label }, index) => ({
    group: "Time",
    label: `Last ${label}`.replace("Last All", "All there is"),
    hint: String(index + 1),
    act: () => chooseRange(id),
  }));
  return [{ group: "Time", label: "Live or paused", hint: "Space", act: toggleLive }, ...ranges];
}

/** Opens a view; where it is on show already, the focus goes there. @param {string} path */
function goTo(path) {
  if (path === location.pathname) document.getElementById("view")?.focus();
  else location.assign(path);
}
