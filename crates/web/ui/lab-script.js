// A text with a command a line, in which the word that the server could not read is pointed at.

import { html } from "./html.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** How long typing must rest before the answer follows it, milliseconds. */
const REST_MS = 350;

/**
 * @param {{id: string, label: string, text: string, rows: number, most: number, placeholder?: string, note: any,
 *   refusal: string | null, onText: (text: string) => void}} props `refusal` names line and column where it is of this
 *   text
 */
export function Script({ id, label, most, note, onText, placeholder = "", refusal, rows, text }) {
  const [draft, setDraft] = useState(text);
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const rest = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(text);
  }, [text]);
  const place = placeOf(draft, draft === text ? refusal : null);
  /** @param {Event} event */
  const take = (event) => {
    const next = /** @type {HTMLTextAreaElement} */ (event.target).value;
    setDraft(next);
    clearTimeout(rest.current);
    rest.current = setTimeout(() => onText(next), REST_MS);
  };
  return html`<div class="field"><div class="field-head"><label for=${id}>${label}</label></div>
    <div class="field-marked" data-wrong=${place !== null}>
      ${place !== null && html`<div class="field-marks" aria-hidden="true">${draft.slice(0, place.from)}<mark>${draft.slice(place.from, place.to)}</mark>${draft.slice(place.to)}</div>`}
      <textarea id=${id} class="script" rows=${rows} spellcheck=${false} autocomplete="off" ref=${field} value=${draft} maxlength=${most} aria-invalid=${place !== null}
        aria-describedby=${`${id}-note`} placeholder=${placeholder} onInput=${take}></textarea>
    </div>
    <p id=${`${id}-note`} class="field-note">${note}</p>
  </div>`;
}

/**
 * The word that a refusal names by line and column.
 * @param {string} text
 * @param {string | null} refusal
 * @returns {{from: number, to: number} | null}
 */
function placeOf(text, refusal) {
  const named = /line (\d+), column (\d+)/.exec(refusal ?? "");
  if (named === null) return null;
  const before = text
    .split("\n")
    .slice(0, Number(named[1]) - 1)
    .reduce((sum, line) => sum + line.length + 1, 0);
  const from = Math.min(text.length, before + Number(named[2]) - 1);
  const length = /^[^\s,]*/.exec(text.slice(from))?.[0].length ?? 0;
  return { from, to: from + Math.max(1, length) };
}
