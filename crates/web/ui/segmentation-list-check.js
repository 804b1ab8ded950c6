// "Check my table" for a list of requests: the address that each request gets.

import { postJson } from "./api.js";
import { grouped } from "./format.js";
import { html } from "./html.js";
import { PATH } from "./segmentation-asking.js";
import { Check } from "./segmentation-check.js";
import { firstWrongAddress } from "./segmentation-checked.js";
import { bodyOf } from "./segmentation-list.js";
import { RULES } from "./segmentation-rules.js";
import { useMemo } from "./vendor/preact-hooks.js";

/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/** @typedef {import("./segmentation-asking.js").Asking} Asking */

/** @param {Run} run */
const requestsOf = ({ ops }) => ops.filter(({ op }) => op === "alloc");

/** @param {{asking: Asking, run: Run}} props */
export function ListCheck({ asking, run }) {
  const title = asking.titleOf(run.policy);
  const items = useMemo(
    () =>
      requestsOf(run).map(({ address, explain, id, index, size }) => ({
        key: index,
        what: html`<b>${id}</b> asks for ${grouped(size ?? 0)}`,
        name: `Address of request ${id}`,
        place: `Operation ${grouped(index)}, request ${id}`,
        address,
        explain,
      })),
    [run],
  );
  return html`<${Check} of=${run} items=${items} title=${title} rule=${RULES[run.policy] ?? ""} note=${`The address that ${title} gives to each request.`}
    explaining=${(/** @type {string[]} */ given) => explaining(asking, given, run.policy)} />`;
}

/**
 * Which other policies give exactly these addresses.
 * @param {Asking} asking
 * @param {string[]} given
 * @param {string} policy
 */
async function explaining(asking, given, policy) {
  const policies = asking.policies.map(([name]) => name).filter((name) => name !== policy);
  const { runs } = await postJson(PATH, { ...bodyOf(asking.problem.peek()), policies, views: false });
  const right = /** @type {Run[]} */ (runs).filter((run) => firstWrongAddress(given, requestsOf(run)) === null);
  return right.map((run) => asking.titleOf(run.policy));
}
