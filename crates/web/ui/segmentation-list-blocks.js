// Memory as a table by address: every block with its header and padding, every hole; a press selects a row's in all pictures.

import { grouped } from "./format.js";
import { html } from "./html.js";
import { memo } from "./memo.js";
import { partsOf } from "./segmentation-memory-rows.js";
import { useLayoutEffect, useRef } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-memory-rows.js").Use} Use */
/** @typedef {import("./segmentation-pieces.js").Moment & {hole: number | null}} Moment */

/** Rows that are shown at once: those about the one that is selected. */
const MOST_ROWS = 120;

/** @param {{moment: Moment, uses: Use[]}} props */
export function Blocks({ moment, uses }) {
  const { convention, hole, selected } = moment;
  const header = Number(convention["block.header"] ?? 0);
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  const mine = uses.findIndex(({ block, free, from }) => (block === null ? free && from === hole : block.id === selected));
  const first = Math.max(0, Math.min(uses.length - MOST_ROWS, mine - MOST_ROWS / 2));
  const rows = uses.slice(first, first + MOST_ROWS);
  useLayoutEffect(() => {
    const [box, row] = [host.current, host.current?.querySelector("[data-selected=true]")];
    if (box === null || !(row instanceof HTMLElement)) return;
    if (row.offsetTop < box.scrollTop + 32 || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }, [mine]);
  return html`<section class="counts blocks" aria-label="Blocks and holes"><h2>Blocks and holes</h2>
    <div class="counts-scroll blocks-scroll" tabindex="0" role="region" aria-label="Blocks and holes by address" ref=${host}><table>
    <thead><tr>${["Address", "Bytes", "What", "Asked for", "Header", "Padding"].map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${rows.map((use) => html`<${Row} key=${use.from} ...${rowOf(use, header)} selected=${uses[mine] === use} />`)}</tbody>
  </table></div>
  <p class="note">${uses.length > MOST_ROWS ? `${grouped(rows.length)} of ${grouped(uses.length)} rows, about the one that is selected.` : "A press selects a row in every picture."}</p></section>`;
}

/** What a row says, in values that are the same where a step changed nothing in it. @param {Use} use @param {number} header */
function rowOf({ block, free, from, size }, header) {
  const { asked, header: head, padding } = block === null ? { asked: 0, header: 0, padding: 0 } : partsOf(block, header);
  return { asked, free, from, head, id: block?.id ?? null, padding, size };
}

const Row = memo((/** @type {ReturnType<typeof rowOf> & {selected: boolean}} */ { asked, free, from, head, id, padding, selected, size }) => {
  if (id === null) {
    return html`<tr data-hole=${free ? from : undefined} data-selected=${selected}><td class="number">${grouped(from)}</td><td class="number">${grouped(size)}</td><td class="note">${free ? "free" : "overhead"}</td><td></td><td></td><td></td></tr>`;
  }
  return html`<tr data-id=${id} data-selected=${selected}><td class="number">${grouped(from)}</td><td class="number">${grouped(size)}</td>
    <th scope="row"><button type="button" class="quiet">request ${id}</button></th><td class="number">${grouped(asked)}</td><td class="number">${head === 0 ? "–" : grouped(head)}</td><td class="number">${padding === 0 ? "–" : grouped(padding)}</td></tr>`;
});
