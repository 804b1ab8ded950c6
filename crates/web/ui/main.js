// Where the page begins: the view of this path, the shell around it, and what both follow.

import { loadTerms } from "./definitions.js";
import { html } from "./html.js";
import { followKeys, KeySheet, openKeys } from "./keys.js";
import { connect, memory } from "./live.js";
import { followColors } from "./paint.js";
import { RANGES } from "./ranges.js";
import { loadSession, session } from "./session.js";
import { Shell } from "./shell.js";
import { followAddress, labsOnly, presenting, togglePresenting, toggleTable } from "./state.js";
import { followPrinting } from "./theme.js";
import { chooseRange, toggleLive } from "./timerange.js";
import { followTips } from "./tip.js";
import { render } from "./vendor/preact.js";
import { effect, signal } from "./vendor/signals.js";
import { view } from "./view.js";
import { VIEWS } from "./views.js";

const palette = signal(/** @type {typeof import("./palette.js").Palette | null} */ (null));
const commands = signal(/** @type {typeof import("./commands.js").commands} */ (() => []));

async function openPalette() {
  const [drawn, offered] = await Promise.all([import("./palette.js"), import("./commands.js")]);
  commands.value = offered.commands;
  palette.value = drawn.Palette;
}

/** @param {{shown: import("./view.js").View}} props */
function Page({ shown }) {
  return html`<${Shell} view=${shown} openKeys=${openKeys} openPalette=${openPalette} />
    <${KeySheet} />
    ${palette.value !== null && html`<${palette.value} commands=${commands.value} onClose=${() => (palette.value = null)} />`}`;
}

/** The tab's title says what the headline says, so that one tab among many can be read. */
function followTitle() {
  const words = { ok: "", tight: "tight: ", short: "short: ", critical: "critical: " };
  effect(() => {
    const state = memory.value?.explain.state ?? "ok";
    const place = view.value?.timeless ? view.value.title : session.value?.hostname;
    document.title = `${words[state] ?? ""}${place ? `${place} · ` : ""}ramscope`;
  });
}

async function begin() {
  const { load } = VIEWS.find(({ path }) => path === location.pathname) ?? VIEWS[0];
  if (!labsOnly) connect();
  void loadSession();
  void loadTerms();
  const shown = await load();
  view.value = shown;
  followAddress();
  followTips();
  followTitle();
  followColors();
  followPrinting();
  const ranges = shown.timeless ? [] : RANGES.map(({ id }, index) => [String(index + 1), () => chooseRange(id)]);
  const leave = () => presenting.value && togglePresenting();
  const keys = {
    ...Object.fromEntries(ranges),
    "?": openKeys,
    p: togglePresenting,
    t: toggleTable,
    " ": toggleLive,
    escape: leave,
    ...shown.keys,
  };
  followKeys(keys, openPalette);
  shown.start();
  const host = document.getElementById("page");
  if (host !== null) render(html`<${Page} shown=${shown} />`, host);
}

void begin();
