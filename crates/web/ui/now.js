// The view "Now": is the machine short, where is its memory, how did it get there.

import { Donut, PlainSwitch } from "./donut.js";
import { followEvents } from "./events.js";
import { HeadlineSentence } from "./headline.js";
import { followHistory } from "./history.js";
import { html } from "./html.js";
import { Ledger } from "./ledger.js";
import { memory } from "./live.js";
import { Numbers, StallAverages, SwapBar } from "./numbers.js";
import { tableShown } from "./state.js";
import { Timeline } from "./timeline.js";

/** What the shell needs to know about a view. */
export const title = "Now";

/** The view's questions to the server, as scripts would ask them. */
export { endpoints } from "./endpoints.js";

/** Begins to read what the view shows. */
export function start() {
  followHistory();
  followEvents();
}

/** The view. */
export function View() {
  const now = memory.value;
  return html`<div class="now">
    <${HeadlineSentence} now=${now} />
    <div class="now-top">
      <section class="now-side" aria-label="Memory now">
        ${!tableShown.value && html`<div class="donut-space"><${PlainSwitch} /><${Donut} now=${now} /></div>`}
        <${Numbers} now=${now} />
        <${SwapBar} now=${now} />
        <${StallAverages} now=${now} />
      </section>
      <${Timeline} />
    </div>
    <${Ledger} now=${now} />
  </div>`;
}
