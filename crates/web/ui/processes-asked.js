// A question that is asked again with the ticks of the live document: one at a time, the newest first, and never so
// often that the server spends more than a share of its time on it.

import { getJson } from "./api.js";
import { memory, returns } from "./live.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** Least time between two of the same question, milliseconds. */
const PACE_MS = 1000;
/** So many times as long as the last answer took, the next question waits. */
const REST = 3;

/**
 * @template T
 * @typedef {{path: string, value: T}} Answered the answer, with the question that it is for
 */

/**
 * A question and its latest answer. The last answer stays while another is on its way.
 * @template T
 */
export class Asked {
  /**
   * @param {() => string | null} pathOf the question, null for none; read as a signal
   * @param {() => boolean} moves whether its answer changes by itself
   * @param {number} [paceMs]
   */
  constructor(pathOf, moves, paceMs = PACE_MS) {
    this.path = computed(pathOf);
    this.moves = moves;
    this.paceMs = paceMs;
  }

  answer = signal(/** @type {Answered<T> | null} */ (null));
  /** Why there is no answer, in the server's words. */
  refusal = signal(/** @type {string | null} */ (null));
  /** @type {AbortController | null} */
  asking = null;
  dueMs = 0;

  /** Begins to ask. @returns {() => void} ends it */
  follow() {
    const ends = [
      effect(() => {
        void returns.value;
        const path = this.path.value;
        this.asking?.abort();
        this.asking = null;
        this.dueMs = Infinity;
        // several signals of the address change at once
        if (path !== null) queueMicrotask(() => path === this.path.peek() && this.asking === null && void this.ask(path));
      }),
      effect(() => {
        if (memory.value !== null) this.again();
      }),
    ];
    return () => {
      for (const end of ends) end();
      this.asking?.abort();
    };
  }

  /** Asks once more where the answer may be another by now. */
  again() {
    const path = this.path.peek();
    if (path !== null && this.moves() && this.asking === null && performance.now() >= this.dueMs && !document.hidden) void this.ask(path);
  }

  /** @param {string} path */
  async ask(path) {
    const left = new AbortController();
    this.asking = left;
    const began = performance.now();
    try {
      const value = await getJson(path, left.signal);
      if (left.signal.aborted) return;
      this.refusal.value = null;
      this.answer.value = { path, value };
    } catch (error) {
      if (left.signal.aborted) return;
      this.refusal.value = error instanceof Error ? error.message : String(error);
    }
    const took = performance.now() - began;
    // a tick that comes a little early is taken
    this.dueMs = began + Math.max(this.paceMs - 100, took * REST);
    if (this.asking === left) this.asking = null;
  }
}
