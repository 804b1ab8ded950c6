// The view "Now": is the machine short, where is its memory, how did it get there.

import { Donut, PlainSwitch } from "./donut.js";
import { followEvents } from "./events.js";
import { followForecast, forecast } from "./forecast.js";
import { HeadlineSentence } from "./headline.js";
import { followHistory } from "./history.js";
import { html } from "./html.js";
import { Ledger } from "./ledger.js";
import { memory } from "./live.js";
import { Numbers, StallAverages, SwapBar } from "./numbers.js";
import { state, tableShown } from "./state.js";
import { Timeline } from "./timeline.js";
import { effect, signal } from "./vendor/signals.js";

/** What the shell needs to know about a view. */
export const title = "Now";

/** The view's questions to the server, as scripts would ask them. */
export { endpoints } from "./endpoints.js";

/** The module that shows a moment of the past, once one was picked. */
const replay = signal(/** @type {typeof import("./now-moment.js") | null} */ (null));

/** Begins to read what the view shows. */
export function start() {
  followHistory();
  followEvents();
  followForecast();
  effect(() => {
    if (state.value.at !== undefined && replay.value === null) void import("./now-moment.js").then(begin);
  });
}

/** @param {typeof import("./now-moment.js")} module */
function begin(module) {
  module.follow();
  replay.value = module;
}

/** The view. */
export function View() {
  const now = memory.value;
  return html`<div class="now">
    <${HeadlineSentence} now=${now} foretold=${forecast.value?.sentence ?? ""} />
    <div class="now-top">
      <section class="now-side" aria-label="Memory now">
        ${!tableShown.value && html`<div class="donut-space"><${PlainSwitch} /><${Donut} now=${now} /></div>`}
        <${Numbers} now=${now} />
        <${SwapBar} now=${now} />
        <${StallAverages} now=${now} />
      </section>
      <${Timeline} />
    </div>
    <${Ledger} now=${replay.value?.asThen(now) ?? now} title=${replay.value?.past.value ? "Where it all was then" : undefined} />
    ${state.value.at !== undefined && replay.value !== null && html`<${replay.value.Moment} />`}
  </div>`;
}
