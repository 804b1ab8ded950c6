// What every lab is made of: tabs, the problem at the left, the picture in the middle, the step's sentence under it,
// and the stepper at the bottom.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { Stepper } from "./lab-stepper.js";
import { adjust, offline, state } from "./state.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";
import { signal } from "./vendor/signals.js";

/** @typedef {{id: string, label: string}} Tab */

const wideQuery = matchMedia("(min-width: 1100px)");
const wide = signal(wideQuery.matches);
wideQuery.addEventListener("change", () => {
  wide.value = wideQuery.matches;
});

/** Loads the sheets of a view, beside its modules; resolves when they apply. @param {...string} names */
export function loadSheets(...names) {
  if (offline) return Promise.resolve([]);
  return Promise.all(
    names.map((name) => {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = new URL(name, import.meta.url).href;
      const loaded = new Promise((resolve) => {
        sheet.addEventListener("load", resolve);
        sheet.addEventListener("error", resolve);
      });
      document.head.append(sheet);
      return loaded;
    }),
  );
}

/**
 * The frame of a lab.
 * @param {{tabs: Tab[], tab: string, summary: string, form: any, walk: import("./lab-walk.js").Walk,
 *   marks: import("./lab-stepper.js").Marked,
 *   noun: string, children?: any}} props `summary` is the problem in a few words; `marks` are the steps to be marked
 *   on the scrubber
 */
export function Lab({ children, form, marks, noun, summary, tab, tabs, walk }) {
  return html`<div class="lab">
    ${tabs.length > 1 && html`<${Tabs} label="Labs" tabs=${tabs} tab=${tab} />`}
    <div class="lab-body">
      <${Problem} summary=${summary}><fieldset class="plain" disabled=${offline}>${form}</fieldset><//>
      <div class="lab-stage">${children}</div>
    </div>
    <${Stepper} walk=${walk} marks=${marks} noun=${noun} />
  </div>`;
}

/** The tabs of a view. @param {{label: string, tabs: Tab[], tab: string}} props */
export function Tabs({ label, tab, tabs }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  // on a narrow screen the tabs are wider than it
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" }), [tab]);
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs[(tabs.findIndex(({ id }) => id === tab) + step + tabs.length) % tabs.length];
    open(next.id, tabs);
    requestAnimationFrame(() => {
      const chosen = list.current?.querySelector("[aria-selected=true]");
      if (chosen instanceof HTMLElement) chosen.focus();
    });
  };
  return html`<div class="lab-tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKey}>
    ${tabs.map(
      (each) => html`<button type="button" role="tab" key=${each.id} id=${`tab-${each.id}`} aria-selected=${each.id === tab}
        tabindex=${each.id === tab ? 0 : -1} onClick=${() => open(each.id, tabs)}>${each.label}</button>`,
    )}
  </div>`;
}

/**
 * @param {string} id
 * @param {Tab[]} tabs the first is open where the address names none
 */
function open(id, tabs) {
  adjust({ tab: id === tabs[0].id ? undefined : id, step: undefined });
}

/** The tab that the address names. @param {Tab[]} tabs */
export function tabOf(tabs) {
  return tabs.find(({ id }) => id === state.value.tab)?.id ?? tabs[0].id;
}

/** The most steps that an HTML file holds. */
const MOST_STEPS = 10_000;

/**
 * The lab on show as one HTML file.
 * @param {string} module the view's own
 * @param {{ID: string, label: string, summary: () => string, endpoints: () => import("./view.js").Endpoint[],
 *   walk: import("./lab-walk.js").Walk, isWhole?: () => boolean}} lab `isWhole` is false where steps come in pieces
 * @returns {import("./view.js").Recording}
 */
export function recordingOf(module, { ID, endpoints, isWhole = () => true, label, summary, walk }) {
  const steps = walk.length.value;
  const refusal = isWhole()
    ? `A file holds at most ${grouped(MOST_STEPS)} steps; this problem has ${grouped(steps)}.`
    : `This problem's ${grouped(steps)} steps come in pieces, and a file holds those of one answer.`;
  return {
    module,
    name: `ramscope-${ID}`,
    title: `${label}: ${summary()}`,
    questions: endpoints(),
    refusal: steps > MOST_STEPS || !isWhole() ? refusal : null,
  };
}

/**
 * Opens a panel over the lab, which is loaded then. A file has no server to ask, and no panels.
 * @param {{label: string, load: () => Promise<any>}} props
 */
export function PanelButton({ label, load }) {
  const [Panel, show] = useState(/** @type {any} */ (null));
  if (offline) return null;
  const open = () => void load().then((panel) => show(() => panel));
  return html`<button type="button" class="quiet open-panel" onClick=${open}>${label}</button>
    ${Panel !== null && html`<${Panel} onClose=${() => show(null)} />`}`;
}

/** The problem: always open where there is room, else to be opened. @param {{summary: string, children?: any}} props */
function Problem({ children, summary }) {
  const [opened, setOpened] = useState(false);
  const shown = wide.value || opened;
  /** @param {MouseEvent} event */
  const onClick = (event) => {
    event.preventDefault();
    setOpened(!opened);
  };
  return html`<details class="lab-problem" open=${shown}>
    <summary hidden=${wide.value} onClick=${onClick}><b>Problem</b> <span>${summary}</span></summary>
    ${children}
  </details>`;
}

/**
 * The step's sentence. It is read out as it changes; its room is that of the longest, so that no step moves anything.
 * @param {{explain: string, longest: number}} props `longest` in characters
 */
export function Sentence({ explain, longest }) {
  const end = explain.indexOf(". ") + 1;
  const [first, rest] = end === 0 ? [explain, ""] : [explain.slice(0, end), explain.slice(end)];
  return html`<p class="lab-sentence" tabindex="0" aria-live="polite" aria-atomic="true" style=${{ "--longest": longest }}><b>${first}</b>${rest}</p>`;
}

/**
 * How wide an element is, CSS pixels; 0 before it is there.
 * @returns {[import("./vendor/preact.js").RefObject<HTMLElement>, number]}
 */
export function useWidth() {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [host, width];
}
