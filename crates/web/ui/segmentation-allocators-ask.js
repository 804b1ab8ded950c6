// What the tab "Allocators" asks.

import { loadPictures } from "./segmentation-allocators-picture.js";
import * as address from "./segmentation-allocators-problem.js";
import { Asking } from "./segmentation-asking.js";

/** The allocators in the order in which they are offered. @type {[string, string][]} */
const POLICIES = [
  ["buddy", "Buddy"],
  ["tlsf", "TLSF"],
  ["slab", "Slab"],
  ["segregated", "Segregated fits"],
  ["quick", "Quick fit"],
  ["bump", "Bump"],
  ["first", "First fit"],
  ["next", "Next fit"],
  ["best", "Best fit"],
  ["worst", "Worst fit"],
];

/** A list under allocators, as the address says it. */
export const asking = new Asking({ address, policies: POLICIES, ready: loadPictures });
