// The command palette: every view, command and term by a few letters of its name.

import { html } from "./html.js";
import { closeOutside } from "./keys.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {{group: string, label: string, hint?: string, act: () => void}} Command */

const MOST = 60;

/**
 * Commands whose label holds the letters in order; those that hold them together, and early, first.
 * @param {Command[]} commands
 * @param {string} query
 * @returns {Command[]}
 */
export function matching(commands, query) {
  const letters = query.trim().toLowerCase();
  if (letters === "") return commands.slice(0, MOST);
  return commands
    .map((command, index) => ({
      command,
      index,
      rank: rankOf(`${command.label} ${command.hint ?? ""}`.toLowerCase(), letters),
    }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, MOST)
    .map(({ command }) => command);
}

/**
 * @param {string} label
 * @param {string} letters
 */
function rankOf(label, letters) {
  const together = label.indexOf(letters);
  if (together >= 0) return together;
  let at = -1;
  for (const letter of letters) {
    at = label.indexOf(letter, at + 1);
    if (at < 0) return Infinity;
  }
  return 1000 + at;
}

/** @param {{commands: () => Command[], onClose: () => void}} props */
export function Palette({ commands, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [query, setQuery] = useState("");
  const [chosen, choose] = useState(0);
  const found = matching(commands(), query);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`command-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  /** @param {Command | undefined} command */
  const run = (command) => {
    dialog.current?.close();
    command?.act();
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) choose((chosen + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  const optionOf = (/** @type {Command} */ command, /** @type {number} */ index) => html`<li
    key=${`${command.group} ${command.label}`}
    id=${`command-${index}`}
    role="option"
    aria-selected=${index === chosen}
    onClick=${() => run(command)}
    onPointerMove=${() => choose(index)}
  >
    <span class="command-group">${command.group}</span>
    <span>${command.label}</span>
    <span class="note">${command.hint ?? ""}</span>
  </li>`;
  return html`<dialog ref=${dialog} class="dialog palette" aria-label="Find" onClose=${onClose} onClick=${closeOutside}>
    <div class="dialog-body">
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="commands"
        aria-label="Find a view, a command, a term"
        aria-activedescendant=${found.length > 0 ? `command-${chosen}` : undefined}
        placeholder="Find a view, a command, a term"
        autocomplete="off"
        spellcheck=${false}
        value=${query}
        onKeyDown=${onKey}
        onInput=${(/** @type {InputEvent} */ event) => {
          setQuery(/** @type {HTMLInputElement} */ (event.target).value);
          choose(0);
        }} />
      <ul id="commands" role="listbox" aria-label="Found">
        ${found.map(optionOf)}
        ${found.length === 0 && html`<li role="option" aria-disabled="true" class="note">Nothing has this name.</li>`}
      </ul>
    </div>
  </dialog>`;
}
