// What is foretold of the process or cgroup at the side: when it reaches its limit, and whether it looks like a leak.

import { html } from "./html.js";
import { Asked } from "./processes-asked.js";
import { useEffect } from "./vendor/preact-hooks.js";

/**
 * @typedef {{trend: string, sentence: string,
 *   leak: {likely: boolean, verdict: string, sentence: string, evidence: string[]} | null}} Told
 * @typedef {{cgroups: (Told & {path: string})[], processes: (Told & {pid: number, start_time_ms: number})[]}} Answer
 */

const PACE_MS = 10_000;

/** @type {Asked<Answer>} */
const asked = new Asked(() => "/api/v1/forecast", () => true, PACE_MS);

/** @param {{find: (answer: Answer) => Told | undefined}} props nothing where nothing is foretold of it */
export function Outlook({ find }) {
  useEffect(() => asked.follow(), []);
  const answer = asked.answer.value?.value;
  const told = answer === undefined ? undefined : find(answer);
  if (told === undefined || (told.trend === "none" && told.leak === null)) return null;
  const { leak, sentence } = told;
  return html`<section class="outlook" aria-label="Outlook" data-trend=${told.trend}><h3>Outlook</h3>
    ${sentence !== "" && html`<p>${sentence[0].toUpperCase() + sentence.slice(1)}.</p>`}
    ${leak !== null && html`<p data-likely=${leak.likely}>${leak.sentence}</p>
      <ul>${leak.evidence.map((each) => html`<li class="note" key=${each}>${each}</li>`)}</ul>`}
  </section>`;
}
