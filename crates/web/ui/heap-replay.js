// A recording's requests under other allocators: they are sent to the simulators once, and the lab "Segmentation" opens on them.

import { Refused } from "./api.js";
import { formatFragment } from "./fragment.js";
import { pathOf } from "./heap-source.js";
import { problemOf, stateOf } from "./segmentation-allocators-problem.js";
import { memoryFor, send } from "./segmentation-source.js";

/**
 * Opens the lab on what a session asked its allocator for; throws, in words, where nothing of that was kept.
 * @param {string} id of the session
 * @param {string} name of the program
 */
export async function replay(id, name) {
  const path = pathOf(id, "/alloc-trace");
  const answer = await fetch(path);
  if (!answer.ok) {
    const problem = await answer.json().catch(() => null);
    throw new Refused(answer.status, problem?.detail ?? problem?.title ?? `${path} answered ${answer.status}`);
  }
  const found = await send(await answer.blob(), name);
  const problem = { ...problemOf({}), kept: found.id, capacity: memoryFor(found), base: 0 };
  location.assign(`/segmentation${formatFragment({ tab: "allocators", ...stateOf(problem) })}`);
}
