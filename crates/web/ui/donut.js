// The donut: where memory is now, with its labels outside and the headline number in the middle.

import { Term } from "./definitions.js";
import { exact, iec, iecParts } from "./format.js";
import { html } from "./html.js";
import { labelPlaces, ringPiece, slicesOf, turnsOf } from "./slices.js";
import { adjust, state } from "./state.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./api.js").Memory} Memory */

const WIDTH = 368;
const HEIGHT = 224;
const OUTER = 100;
const INNER = 76;
const GAP = 2;
const LABEL_HEIGHT = 42;
const TWEEN_MS = 180;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {{now: Memory | null}} props */
export function Donut({ now }) {
  const plain = state.value.slices === "2";
  const inside = now?.container ?? null;
  const slices = now === null ? [] : inside === null ? slicesOf(now, plain) : slicesInside(inside, plain);
  const amounts = ["used", "reclaimable", "free"].map((key) => slices.find((slice) => slice.key === key)?.bytes ?? 0);
  const drawn = useTween(amounts, plain);
  return html`<figure class="donut" aria-label="Memory now">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${spoken(slices)}>
      <${Hatch} />
      <circle class="donut-ground" cx=${WIDTH / 2} cy=${HEIGHT / 2} r=${(OUTER + INNER) / 2} hidden=${now !== null} />
      <${Pieces} amounts=${drawn} slices=${slices} />
    </svg>
    <div class="donut-middle">
      <${Headline} bytes=${inside?.used_bytes ?? now?.used_bytes} total=${inside?.limit_bytes ?? now?.total_bytes} />
    </div>
    <${Labels} slices=${slices} />
    ${inside !== null && html`<figcaption class="donut-inside note">${inside.sentence}</figcaption>`}
  </figure>`;
}

/**
 * Inside a container its limit is the total; what is reclaimable there is the cache that has not been used for long.
 * @param {NonNullable<Memory["container"]>} inside
 * @param {boolean} plain
 * @returns {import("./slices.js").Slice[]}
 */
function slicesInside(inside, plain) {
  /** @type {Record<string, string>} */
  const formulas = {
    used: "use of the group − inactive file cache",
    reclaimable: "inactive file cache of the group",
    free: plain ? "limit − used" : "limit − use of the group",
  };
  const amounts = { ...inside, total_bytes: inside.limit_bytes };
  return slicesOf(amounts, plain).map((slice) => ({ ...slice, formula: formulas[slice.key] }));
}

/** The plain switch: two slices for those who want two. */
export function PlainSwitch() {
  const plain = state.value.slices === "2";
  return html`<button type="button" class="switch" role="switch" aria-checked=${plain}
    data-tip=${"Plain\nCounts everything that programs could get as free"}
    onClick=${() => adjust({ slices: plain ? undefined : "2" })}>
    <span class="switch-track"><span class="switch-knob"></span></span>Plain
  </button>`;
}

/** Stripes: what the kernel can take back. */
function Hatch() {
  return html`<defs>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-ground" width="6" height="6" />
      <rect class="hatch-stripe" width="2" height="6" />
    </pattern>
  </defs>`;
}

/** @param {{amounts: number[], slices: import("./slices.js").Slice[]}} props */
function Pieces({ amounts, slices }) {
  const keys = /** @type {const} */ (["used", "reclaimable", "free"]);
  return turnsOf(amounts).map((turns, index) => {
    const slice = slices.find(({ key }) => key === keys[index]);
    const inset = keys[index] === "free" ? 0.5 : 0;
    const path = ringPiece(0, INNER + inset, OUTER - inset, turns, GAP + inset * 2);
    return html`<path key=${keys[index]} class="slice slice-${keys[index]}" d=${path}
      transform="translate(${WIDTH / 2} ${HEIGHT / 2})" data-tip=${slice && tipOf(slice)} />`;
  });
}

/** @param {{bytes: number | undefined, total: number | undefined}} props */
function Headline({ bytes, total }) {
  if (bytes === undefined) return null;
  const { digits, unit } = iecParts(bytes);
  return html`<p class="headline-number" data-tip=${`Used\n${exact(bytes)}`}>
      <span class="number" data-number="used">${digits}</span> <small>${unit}</small>
    </p>
    <p class="headline-of">used of ${iec(total)}</p>`;
}

/** @param {{slices: import("./slices.js").Slice[]}} props */
function Labels({ slices }) {
  const places = labelPlaces(
    turnsOf(slices.map(({ bytes }) => bytes)),
    OUTER + 6,
    LABEL_HEIGHT,
    HEIGHT / 2 - LABEL_HEIGHT / 2,
  );
  return slices.map((slice, index) => {
    const { x, y } = places[index];
    const across = ((WIDTH / 2 + x) / WIDTH) * 100;
    const style = {
      top: `${((HEIGHT / 2 + y) / HEIGHT) * 100}%`,
      left: x > 0 ? `${across}%` : "auto",
      right: x > 0 ? "auto" : `${100 - across}%`,
    };
    return html`<div key=${slice.key} class="donut-label" data-side=${x > 0 ? "right" : "left"} style=${style}>
      <${Term} term=${slice.key}>${slice.label}<//>
      <span class="number" data-slice=${slice.key} data-bytes=${slice.bytes} data-tip=${tipOf(slice)}>
        ${iec(slice.bytes)}
      </span>
    </div>`;
  });
}

/** @param {import("./slices.js").Slice} slice */
function tipOf(slice) {
  return `${slice.label}\n${slice.formula}\n${exact(slice.bytes)}`;
}

/** @param {import("./slices.js").Slice[]} slices */
function spoken(slices) {
  if (slices.length === 0) return "Memory: waiting for the first sample";
  return `Memory: ${slices.map(({ bytes, label }) => `${label} ${iec(bytes)}`).join(", ")}`;
}

/**
 * Amounts on their way to others, for the moment after the switch; samples themselves are drawn at once.
 * @param {number[]} target
 * @param {boolean} trigger
 * @returns {number[]}
 */
function useTween(target, trigger) {
  const from = useRef(target);
  const latest = useRef(target);
  const seen = useRef(trigger);
  const [progress, setProgress] = useState(1);
  latest.current = target;
  useEffect(() => {
    if (seen.current === trigger) return undefined;
    seen.current = trigger;
    if (still.matches) return undefined;
    const began = performance.now();
    let request = requestAnimationFrame(function step(at) {
      const part = Math.min(1, (at - began) / TWEEN_MS);
      setProgress(part);
      if (part < 1) request = requestAnimationFrame(step);
      else from.current = latest.current;
    });
    return () => cancelAnimationFrame(request);
  }, [trigger]);
  const moving = (seen.current !== trigger && !still.matches) || progress < 1;
  if (!moving) {
    from.current = target;
    return target;
  }
  const part = seen.current !== trigger ? 0 : 1 - (1 - progress) ** 3;
  return target.map((amount, index) => from.current[index] + (amount - from.current[index]) * part);
}
