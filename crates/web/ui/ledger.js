// The ledger: one bar that adds up to MemTotal, its table, and for each part what it is and its last day.

import { getHistory } from "./api.js";
import { Chart } from "./chart.js";
import { Explained, Term, termOf } from "./definitions.js";
import { duration, exact, iec, iecShort, NONE, percent } from "./format.js";
import { html } from "./html.js";
import { lastMs, oldestMs } from "./history.js";
import { memory } from "./live.js";
import { GROUPS, groupsOf, partsOf } from "./parts.js";
import { columns } from "./panels.js";
import { adjust, presenting, state } from "./state.js";
import { dark } from "./theme.js";
import { useEffect, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./api.js").Memory} Memory */
/** @typedef {import("./parts.js").Part} Part */

const DAY_MS = 86_400_000;
const DAY_POINTS = 360;

/** @param {{now: Memory | null, title?: string}} props */
export function Ledger({ now, title = "Where it all went" }) {
  const parts = now === null ? [] : partsOf(now.ledger);
  const total = now?.ledger.total_bytes ?? 0;
  const chosen = state.value.part;
  const shownPart = parts.find(({ key }) => key === chosen) ?? parts[0];
  return html`<section class="ledger" aria-labelledby="ledger-title">
    <header class="section-head">
      <h2 id="ledger-title">${title}</h2>
      <p class="note">every byte of MemTotal, once</p>
    </header>
    <${Bar} parts=${parts} total=${total} />
    <div class="ledger-body">
      <${LedgerTable} parts=${parts} total=${total} shown=${shownPart?.key} opened=${chosen !== undefined} />
      ${
        shownPart !== undefined &&
        html`<aside class="part" aria-label="The chosen part">
        <${PartDetail} key=${shownPart.key} part=${shownPart} />
      </aside>`
      }
    </div>
  </section>`;
}

/** @param {{parts: Part[], total: number}} props */
function Bar({ parts, total }) {
  const spoken = parts.map(({ bytes, label }) => `${label} ${iec(bytes)}`).join(", ");
  return html`<figure class="ledger-bar">
    <div class="ledger-groups" aria-hidden="true">
      ${groupsOf(parts).map(
        ({ bytes, group }, index) => html`<span key=${`${group}${index}`} style=${{ flexGrow: bytes }}>
        <i></i><b>${GROUPS[group]}</b><span class="number">${iec(bytes)}</span>
      </span>`,
      )}
    </div>
    <div class="ledger-parts" role="img" aria-label=${`Ledger: ${spoken}`}>
      ${parts
        .filter(({ bytes }) => bytes > 0)
        .map(
          (part) => html`<div key=${part.key} class="ledger-part tone-${part.tone}"
        style=${{ flexGrow: part.bytes }} data-tip=${tipOf(part, total)} data-part=${part.key}
        onClick=${() => adjust({ part: part.key })}></div>`,
        )}
    </div>
  </figure>`;
}

/**
 * @param {Part} part
 * @param {number} total
 */
function tipOf(part, total) {
  return `${part.label}\n${exact(part.bytes)} · ${percent(part.bytes / total)}`;
}

/** @param {{parts: Part[], total: number, shown: string | undefined, opened: boolean}} props */
function LedgerTable({ opened, parts, shown, total }) {
  return html`<table class="ledger-table">
    <caption class="sr-only">The ledger: parts of MemTotal that do not overlap and add up to it</caption>
    <thead><tr>
      <th scope="col">Part</th><th scope="col">Bytes</th><th scope="col">Share</th><th scope="col" class="formula-column">Formula</th>
    </tr></thead>
    <tbody>${parts.map(
      (part) => html`<${Row} key=${part.key} part=${part} total=${total}
      open=${part.key === shown} inline=${opened && part.key === shown} />`,
    )}</tbody>
    <tfoot><tr>
      <th scope="row">Total</th>
      <td class="number" data-ledger="total" data-bytes=${total} data-tip=${exact(total)}>${iec(total || null)}</td>
      <td class="number share">${parts.length > 0 ? percent(1) : NONE}</td>
      <td class="formula-column"><code>MemTotal</code></td>
    </tr></tfoot>
  </table>`;
}

/** @param {{part: Part, total: number, open: boolean, inline: boolean}} props */
function Row({ inline, open, part, total }) {
  const formula = termOf.value.get(part.key)?.formula ?? "";
  const choose = () => adjust({ part: part.key });
  return html`
    <tr aria-selected=${open} class=${open ? "chosen" : ""} onClick=${choose}>
      <th scope="row">
        <i class="swatch tone-${part.tone}"></i>
        <button type="button" class="row-button" aria-expanded=${open} onClick=${choose}>${part.label}</button>
      </th>
      <td class="number" data-ledger=${part.key} data-bytes=${part.bytes} data-tip=${exact(part.bytes)}>${iec(part.bytes)}</td>
      <td class="number share">${percent(part.bytes / total)}</td>
      <td class="formula-column"><code>${formula}</code></td>
    </tr>
    ${inline && html`<tr class="part-row"><td colspan="4"><${PartDetail} part=${part} /></td></tr>`}
  `;
}

/** What a part is, what the kernel says, and how it went in the last day. @param {{part: Part}} props */
function PartDetail({ part }) {
  const term = termOf.value.get(part.key);
  const watched = lastMs.value - oldestMs.value;
  return html`<div class="part-detail">
    <h3><${Term} term=${part.key}>${part.label}<//> <span class="number">${iec(part.bytes)}</span></h3>
    ${term !== undefined && html`<${Explained} term=${term} />`}
    <h4>Last 24 hours${watched < DAY_MS && ` ${NONE} (watched ${duration(watched)})`}</h4>
    <${DayChart} part=${part} />
  </div>`;
}

/** @param {{part: Part}} props */
function DayChart({ part }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [error, setError] = useState("");
  const name = `ledger.${part.key}`;
  useEffect(() => {
    if (host.current === null) return undefined;
    const asking = new AbortController();
    const chart = new Chart(
      host.current,
      panelOf(part),
      { timeAxis: true, gutter: 60, synced: false },
      {
        onCursor: () => {},
        onZoom: () => {},
        onReset: () => {},
      },
    );
    const to = lastMs.peek();
    const from = Math.max(to - DAY_MS, Math.min(oldestMs.peek(), to - 60_000));
    getHistory([name], from, to, DAY_POINTS, asking.signal)
      .then((answer) => {
        const frame = { time: answer.time_ms, series: answer.series, stepMs: answer.step_ms };
        chart.update(columns(panelOf(part), frame, memory.peek()?.recorder.interval_ms ?? 1000), from, to);
      })
      .catch((reason) => {
        if (!asking.signal.aborted) setError(String(reason.message ?? reason));
      });
    return () => {
      asking.abort();
      chart.destroy();
    };
  }, [name, dark.value, presenting.value]);
  return html`<div class="day-chart" ref=${host} role="img" aria-label=${`${part.label} over the last 24 hours`}></div>
    ${error !== "" && html`<p class="note">${error}</p>`}`;
}

/**
 * @param {Part} part
 * @returns {import("./panels.js").Panel}
 */
function panelOf(part) {
  return {
    id: part.key,
    title: part.label,
    note: "",
    stacked: false,
    unit: "binary",
    floor: 65536,
    top: null,
    format: iec,
    axis: iecShort,
    lines: [
      {
        label: part.label,
        term: part.key,
        color: "--used",
        paint: "wash",
        series: [`ledger.${part.key}`],
        mix: (value) => value,
      },
    ],
  };
}
