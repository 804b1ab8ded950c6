// Problems of the tab "Allocators" in the address of the page. Everything here is a pure function of its arguments.

import { PROBLEMS } from "./segmentation-allocators-presets.js";
import { problemsIn } from "./segmentation-list.js";

const KEYS = { policies: "allocators", capacity: "capacity", base: "base", ops: "ops", kept: "kept", preset: "preset", set: "set" };

export const { named, problemOf, stateOf, wholeOf } = problemsIn(KEYS, PROBLEMS);
