// The tab "Allocators": buddies, TLSF, slabs, size classes and arenas as they are, side by side on one list of requests.

import { loadSheets } from "./lab.js";
import { asking } from "./segmentation-allocators-ask.js";
import { pictureOf } from "./segmentation-allocators-picture.js";
import { PROBLEMS, PROGRAM } from "./segmentation-allocators-presets.js";
import { listStage } from "./segmentation-list-stage.js";

const PICTURE_WIDTH = 900;

const stage = listStage({
  asking,
  problems: PROBLEMS,
  program: PROGRAM,
  label: "These requests, with what each allocator has after each",
  noun: "Allocators",
  about: "Allocators",
  place: { tab: "allocators", part: undefined },
  order: ["memories", "told", "shape", "map", "acts"],
  empty: "Memory is one hole. The right arrow key makes the first operation.",
  picture: (moment, _run, _look, window) => pictureOf(moment.policy).make(moment, PICTURE_WIDTH, window),
  notes: { svg: "the structure on show, to any size", row: "a row an allocator and operation", json: "every operation with what each allocator has after it" },
});

export const { endpoints, files, Form, isWhole, marks, offers, Stage, summary } = stage;

/** What the scrubber counts. */
export const noun = () => "Operation";

/**
 * Begins to ask; resolves when the sheets apply.
 * @param {import("./lab-walk.js").Walk} walk
 * @param {() => boolean} active
 */
export async function begin(walk, active) {
  await loadSheets("./segmentation-list.css", "./segmentation-allocators.css", "./segmentation-free.css");
  stage.begin(walk, active);
}
