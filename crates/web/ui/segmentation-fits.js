// The part "Over time" of the tab "Free space": a list of requests under the fits, with the free list as it is.

import { holesAt } from "./segmentation-allocators-moment.js";
import { loadPictures } from "./segmentation-allocators-picture.js";
import { Asking } from "./segmentation-asking.js";
import * as address from "./segmentation-fits-problem.js";
import { listStage } from "./segmentation-list-stage.js";
import { memoryRowsFigure } from "./segmentation-memory-figure.js";

import { usesOf } from "./segmentation-memory-rows.js";

const PICTURE_WIDTH = 900;

/** A list under fits, as the address says it. */
const asking = new Asking({ address, policies: address.FITS, ready: loadPictures, views: ({ policies }) => policies.includes("quick") });

export const { begin, endpoints, files, Form, isWhole, marks, offers, Stage, summary } = listStage({
  asking,
  problems: address.PROBLEMS,
  program: address.PROGRAM,
  label: "These requests, with memory after each",
  noun: "Fits",
  about: "Requests over time",
  place: { tab: "free", part: "time" },
  order: ["map", "told", "acts", "memories", "shape"],
  empty: "The free list is one hole: all of memory.",
  picture: (moment, run, look) => memoryRowsFigure({ moment, uses: usesOf(moment, holesAt(run, moment.step?.index ?? 0)), look, hole: moment.hole }, PICTURE_WIDTH),
  notes: { svg: "memory as it is on show, to any size", row: "a row a fit and operation", json: "every operation with the free list after it" },
});
