// Problems of the tab "Free space", part "Over time": lists of requests under the fits. Everything here is a pure function of
// its arguments.

import { problemsIn } from "./segmentation-list.js";
import { programOf } from "./segmentation-program.js";

/** @typedef {import("./segmentation-list.js").Named} Named */

/** The policies in the order in which they are offered. @type {[string, string][]} */
export const FITS = [
  ["first", "First fit"],
  ["next", "Next fit"],
  ["best", "Best fit"],
  ["worst", "Worst fit"],
  ["quick", "Quick fit"],
];
const FOUR = ["first", "next", "best", "worst"];

/** The seed, the requests and the largest size of the list that stands for a program. */
export const PROGRAM = { seed: 3, requests: 100, most: 500 };

/** Requests that leave holes on both sides of what stays. */
const HOLES = "+50,+60,+70,-0,+90,-2,+40,+200";

/** Problems that people hold in their hands. @type {Named[]} */
export const PROBLEMS = [
  { id: "part", label: "Four fits, and where they part", policies: FOUR, capacity: 1000, ops: "+100,+200,+150,+300,+50,-1,-3,+120,+60,-4,+400", step: 8 },
  { id: "compact", label: "Free, and of no use until memory is compacted", policies: ["first", "best"], capacity: 400, ops: `${HOLES},compact,+200`, step: 9 },
  { id: "on-failure", label: "Compaction when a request fails", policies: ["first", "worst"], capacity: 400, ops: `${HOLES},-1,+60`, set: { "compaction.when": "on-failure" }, step: 8 },
  { id: "headers", label: "Headers and padding", policies: ["first", "best"], capacity: 256, ops: "+5,+10,+20,+31,-1,+7,-0,+30,+3", set: { "block.align": "8", "block.header": "8" }, step: 6 },
  { id: "apart", label: "Without coalescing memory crumbles", policies: ["best", "worst"], capacity: 100, base: 1000, ops: "+30,+30,+30,-0,-1,-2,+50,+20,+25", set: { "list.coalesce": "none" }, step: 7 },
  { id: "front", label: "A list with the last freed in front", policies: ["first", "next"], capacity: 400, ops: "+80,+10,+60,+10,+40,+10,-0,-2,-4,+35,+50,+70", set: { "list.order": "front" }, step: 10 },
  { id: "again", label: "Quick fit: the same sizes again", policies: ["quick", "first"], capacity: 220, ops: "+10,+20,+10,+40,+10,+20,+60,-0,-2,-1,-4,+20,+10,-3,+10,-6,-8,-5,+150", step: 12 },
  { id: "program", label: "A program: small and short-lived, some stay", policies: FOUR, capacity: 2048, ops: programOf(PROGRAM.seed, PROGRAM.requests, PROGRAM.most), step: 120 },
];

const KEYS = { policies: "fits", capacity: "bytes", base: "from", ops: "list", kept: "sent", preset: "rule", set: "with" };

export const { named, problemOf, stateOf, wholeOf } = problemsIn(KEYS, PROBLEMS, (policy) => FITS.some(([name]) => name === policy));
