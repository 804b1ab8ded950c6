// "Check my table": a grid to fill in by hand or from a spreadsheet, its first wrong cell, the rule that it breaks,
// and whether another convention or another policy explains all of it.

import { html } from "./html.js";
import { blankTable, firstWrong, isBlank, pasted } from "./lab-check.js";
import { bodyOf, roster, runsOf } from "./paging-ask.js";
import { presetTitle } from "./paging-form.js";
import { useEffect, useMemo, useRef, useState } from "./vendor/preact-hooks.js";

/** @typedef {import("./paging-ask.js").Answer} Answer */
/** @typedef {import("./paging-run.js").Run} Run */
/** @typedef {import("./lab-check.js").Table} Table */
/** @typedef {import("./lab-check.js").Wrong} Wrong */
/** @typedef {{wrong: Wrong | null, revealed: boolean, others: string[] | null}} Verdict `others` is null until they were asked */

/** @param {{answer: Answer, run: Run, title: string}} props */
export function Check({ answer, run, title }) {
  const { references } = answer;
  const [table, setTable] = useState(() => blankTable(run.frames, references.length));
  const [verdict, setVerdict] = useState(/** @type {Verdict | null} */ (null));
  useEffect(() => {
    setTable(blankTable(run.frames, references.length));
    setVerdict(null);
  }, [run]);
  /** @param {Table} next */
  const edit = (next) => {
    setTable(next);
    setVerdict(null);
  };
  const check = async () => {
    const wrong = firstWrong(table, run.steps ?? []);
    setVerdict({ wrong, revealed: false, others: wrong === null ? [] : null });
    if (wrong === null) return;
    const others = await explanations(answer, run, table).catch(() => []);
    setVerdict((now) => (now === null || now.wrong !== wrong ? now : { ...now, others }));
  };
  return html`<section class="check" aria-label="Check my table">
    <p class="note">Type with the arrow keys, or paste from a spreadsheet. A column left empty is passed over; “–” is an empty frame; H or F below is optional.</p>
    <${Sheet} table=${table} references=${references} wrong=${verdict?.wrong ?? null} onEdit=${edit} />
    <div class="check-acts">
      <button type="button" class="primary" disabled=${isBlank(table)} onClick=${() => void check()}>Check</button>
      <button type="button" disabled=${isBlank(table)} onClick=${() => edit(blankTable(run.frames, references.length))}>Clear</button>
    </div>
    <div class="check-verdict" role="status">${
      verdict !== null &&
      html`<${Said} verdict=${verdict} run=${run} title=${title}
      onReveal=${() => setVerdict({ ...verdict, revealed: true })} />`
    }</div>
  </section>`;
}

/** The cells. @param {{table: Table, references: import("./paging-problem.js").Reference[], wrong: Wrong | null, onEdit: (table: Table) => void}} props */
function Sheet({ onEdit, references, table, wrong }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const pages = useMemo(() => references.map(({ page }) => String(page)), [references]);
  const letters = table.length - 1;
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const move = moveOf(event, input);
    if (move === null) return;
    event.preventDefault();
    const next = host.current?.querySelector(
      `[data-cell="${Number(input.dataset.row) + move[0]},${Number(input.dataset.column) + move[1]}"]`,
    );
    if (next instanceof HTMLInputElement) {
      next.focus();
      next.select();
    }
  };
  /** @param {Event} event */
  const onInput = (event) => {
    const { dataset, value } = /** @type {HTMLInputElement} */ (event.target);
    onEdit(
      table.map((cells, row) =>
        row === Number(dataset.row)
          ? cells.map((cell, column) => (column === Number(dataset.column) ? value : cell))
          : cells,
      ),
    );
  };
  /** @param {ClipboardEvent} event */
  const onPaste = (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    const { dataset } = /** @type {HTMLInputElement} */ (event.target);
    if (!/[\t\n ,]/.test(text.trim())) return;
    event.preventDefault();
    onEdit(pasted(table, text, Number(dataset.row), Number(dataset.column), pages));
  };
  return html`<div class="grid-scroll" tabindex="0" role="region" aria-label="Your table"><div class="grid-stage" style=${{ "--n": references.length }}>
    <table class="frame-grid check-grid" ref=${host} onKeyDown=${onKey} onInput=${onInput} onPaste=${onPaste}>
      <caption class="sr-only">Your table</caption>
      <thead><tr class="grid-references"><th scope="row">Page</th>${pages.map((page, column) => html`<th scope="col" key=${column}>${page}</th>`)}</tr></thead>
      <tbody>${table.map(
        (
          cells,
          row,
        ) => html`<tr key=${row}><th scope="row">${row === letters ? html`<span class="wide-word">Hit, fault</span><span class="narrow-word">H, F</span>` : html`<span class="wide-word">Frame </span>${row}`}</th>
        ${cells.map(
          (
            cell,
            column,
          ) => html`<td key=${column} data-wrong=${(wrong?.row === row && wrong.column === column) || undefined}><input type="text"
          inputmode=${row === letters ? "text" : "numeric"} maxlength="20" autocomplete="off" value=${cell} data-row=${row} data-column=${column} data-cell=${`${row},${column}`}
          aria-label=${`${row === letters ? "H or F" : `Frame ${row}`}, reference ${column + 1}`}
          aria-invalid=${wrong?.row === row && wrong.column === column} /></td>`,
        )}</tr>`,
      )}</tbody>
    </table></div>
  </div>`;
}

/**
 * Where a key leads, in rows and columns; null where it edits.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} input
 * @returns {[number, number] | null}
 */
function moveOf({ key }, { selectionEnd, selectionStart, value }) {
  const whole = selectionStart === 0 && selectionEnd === value.length;
  if (key === "ArrowUp") return [-1, 0];
  if (key === "ArrowDown" || key === "Enter") return [1, 0];
  if (key === "ArrowLeft" && (whole || selectionStart === 0)) return [0, -1];
  return key === "ArrowRight" && (whole || selectionEnd === value.length) ? [0, 1] : null;
}

/** @param {{verdict: Verdict, run: Run, title: string, onReveal: () => void}} props */
function Said({ onReveal, run, title, verdict }) {
  const { others, revealed, wrong } = verdict;
  if (wrong === null)
    return html`<p><b class="right">✓ Nothing is wrong.</b> Every column that you filled in is what ${title} does.</p>`;
  const step = run.steps?.[wrong.column];
  const place = wrong.row === run.frames ? "the letter" : `frame ${wrong.row}`;
  return html`<p><b class="fault">✕ Reference ${wrong.column + 1}, ${place}:</b> “${wrong.given || "empty"}” is not what ${title} does here.</p>
    <p>${ruleOf(wrong, run)}</p>
    ${
      revealed
        ? html`<p>Expected: <b>${wrong.expected || "empty"}</b>. ${step?.explain}</p>`
        : html`<p><button type="button" class="why" onClick=${onReveal}>Show what is expected</button></p>`
    }
    <p class="note">${
      others === null
        ? "Asking whether another convention explains it …"
        : others.length === 0
          ? "No other named convention and no other policy explains the whole table."
          : `The whole table is right for ${others.join(", or ")}.`
    }</p>`;
}

/**
 * The rule that decides the cell, without its value.
 * @param {Wrong} wrong
 * @param {Run} run
 */
function ruleOf({ column, row }, run) {
  const step = run.steps?.[column];
  if (row === run.frames)
    return "The rule: a reference is a hit (H) if its page stood in a frame before it, else a fault (F).";
  if (run.convention["frames.order"] === "list")
    return "The rule: this convention lists the pages in the policy’s own order, not by frame.";
  if (step?.hit) return "The rule: a hit moves no page from its frame.";
  if (step?.victim === null) return "The rule: while a frame is free, a fault takes the lowest free one.";
  return `The rule: ${roster.value?.policies.find(({ name }) => name === run.policy)?.about ?? ""}`;
}

/**
 * Which named conventions of the same policy, then which other policies, make exactly this table.
 * @param {Answer} answer
 * @param {Run} run
 * @param {Table} table
 * @returns {Promise<string[]>}
 */
async function explanations({ problem, references }, run, table) {
  const known = roster.peek();
  if (known === null) return [];
  const body = { ...bodyOf(problem, references), steps: true };
  const presets = [...known.presets.filter(({ name }) => name !== problem.preset)];
  const conventions = await Promise.all(
    presets.map(async (preset) => {
      const [made] = await runsOf({ ...body, policies: [run.policy], preset: preset.name, set: {} });
      return firstWrong(table, made.steps ?? []) === null ? [`${presetTitle(preset)}’s convention`] : [];
    }),
  );
  const others = known.policies.filter(({ name }) => name !== run.policy).map(({ name }) => name);
  const made = await runsOf({ ...body, policies: others });
  const policies = made.filter(({ steps }) => firstWrong(table, steps ?? []) === null);
  return [
    ...conventions.flat(),
    ...policies.map(({ policy }) => known.policies.find(({ name }) => name === policy)?.title ?? policy),
  ];
}
