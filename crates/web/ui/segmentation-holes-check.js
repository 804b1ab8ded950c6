// "Check my table" for given holes: the hole that each request gets, by its size as it is then.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { Check } from "./segmentation-check.js";
import { firstWrongAddress } from "./segmentation-checked.js";
import { bodyOf, FITS } from "./segmentation-holes-problem.js";
import { RULES } from "./segmentation-rules.js";
import { useMemo } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-holes-moment.js").Run} Run */
/** @typedef {import("./segmentation-holes-problem.js").Problem} Problem */

const PATH = "/api/v1/sim/holes";

/** @param {{run: Run, problem: Problem, titleOf: (policy: string) => string, choice: any}} props `choice` of the fit */
export function HolesCheck({ choice, problem, run, titleOf }) {
  const title = titleOf(run.policy);
  const items = useMemo(() => run.steps.map(({ explain, index, placement, request }) => ({ key: index, what: html`Request <b>${index}</b>, ${grouped(request)} bytes`, name: `Hole of request ${index}`, place: `Request ${index}`, address: placement, explain })), [run]);
  return html`<div class="told-head">${choice}</div>
    <${Check} of=${run} items=${items} title=${title} rule=${RULES[run.policy] ?? ""} note=${`The size of the hole that ${title} takes for each request, as it is then.`}
      explaining=${(/** @type {string[]} */ given) => explaining(problem, given, run, titleOf)} />`;
}

/**
 * Which other fits, or the other fate of a hole's rest, give exactly these holes.
 * @param {Problem} problem
 * @param {string[]} given
 * @param {Run} mine
 * @param {(policy: string) => string} titleOf
 */
async function explaining(problem, given, mine, titleOf) {
  const ways = /** @type {const} */ (["split", "fixed"]);
  const answers = await Promise.all(ways.map((partitions) => postJson(PATH, bodyOf({ ...problem, partitions, policies: FITS.map(([name]) => name) }))));
  const runs = /** @type {Run[]} */ (answers.flatMap((answer) => answer.runs));
  const others = runs.filter(({ partitions, policy }) => policy !== mine.policy || partitions !== mine.partitions);
  const right = others.filter(({ steps }) => firstWrongAddress(given, steps.map(({ placement }) => ({ address: placement }))) === null);
  return right.map(({ partitions, policy }) => `${titleOf(policy)} with ${partitions === "fixed" ? "fixed partitions" : "holes that are split"}`);
}
