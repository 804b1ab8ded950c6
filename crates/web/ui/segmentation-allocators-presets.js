// Lists of requests that show allocators at their best and at their worst. Everything here is a pure function of its
// arguments.

import { programOf } from "./segmentation-program.js";

/** @typedef {import("./segmentation-list.js").Named} Named */

/** So many blocks, each with a small one behind it, of which the large ones go again. @param {number} count */
function smallHoles(count) {
  const blocks = Array.from({ length: count }, () => "+24,+8");
  const frees = Array.from({ length: count }, (_, index) => `-${2 * index}`);
  return [...blocks, ...frees, "+40,+36,+24,+48"].join(",");
}

/** The seed, the requests and the largest size of the list that stands for a program. */
export const PROGRAM = { seed: 4, requests: 90, most: 500 };

/** Problems that people hold in their hands. @type {Named[]} */
export const PROBLEMS = [
  {
    id: "buddies",
    label: "Buddies split and join",
    policies: ["buddy", "tlsf", "first"],
    capacity: 1024,
    ops: "+200,+100,+120,+250,-1,+30,+60,-2,-4,-5,+300,-0,-3",
    step: 6,
  },
  { id: "above", label: "Buddy at its worst: a byte above a power of two", policies: ["buddy", "first"], capacity: 1024, ops: "+65,+129,+257,+33,+17,+65,-2,+260", step: 6 },
  { id: "beside", label: "Buddy: free side by side, and no buddies", policies: ["buddy", "first"], capacity: 1024, ops: "+256,+256,+256,+256,-1,-2,+512,-0,+512" },
  { id: "good-fit", label: "TLSF: a good fit is not the best", policies: ["tlsf", "best", "segregated"], capacity: 242, ops: "+57,+10,+60,+10,+95,+10,-0,-2,-4,+57,+58,+90" },
  { id: "constant", label: "TLSF at its best: many small holes", policies: ["tlsf", "first", "best"], capacity: 1024, ops: smallHoles(20), step: 61 },
  {
    id: "objects",
    label: "Slab at its best: objects come and go",
    policies: ["slab", "first", "buddy"],
    capacity: 2048,
    ops: "+30,+28,+31,+30,+60,+25,+30,+29,+32,+30,+58,+90,-1,-3,-6,+30,+27,-4,-10,+61,-7,-8,-9,+30,+300,-11",
    set: { "slab.bytes": "256" },
    step: 16,
  },
  {
    id: "one-each",
    label: "Slab at its worst: one object of each size",
    policies: ["slab", "first", "buddy"],
    capacity: 2048,
    ops: "+5,+12,+20,+40,+70,+100,+300,+300,-1,-2,+300",
    set: { "slab.bytes": "256" },
    step: 8,
  },
  { id: "again", label: "Quick fit: the same sizes again", policies: ["quick", "first", "segregated"], capacity: 220, ops: "+10,+20,+10,+40,+10,+20,+60,-0,-2,-1,-4,+20,+10,-3,+10,-6,-8,-5,+150" },
  { id: "arena", label: "An arena that one block keeps", policies: ["bump", "first"], capacity: 256, ops: "+20,+60,+60,+30,-1,-2,+60,+60,-3,-4,-5,-0,+200", step: 8 },
  {
    id: "program",
    label: "A program: small and short-lived, some stay",
    policies: ["buddy", "tlsf", "slab", "first"],
    capacity: 2048,
    ops: programOf(PROGRAM.seed, PROGRAM.requests, PROGRAM.most),
    step: 116,
  },
];
