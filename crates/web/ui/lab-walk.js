// A walk along the steps of a lab: where it stands, both ways, played, and kept in the address.

import { adjust, state } from "./state.js";
import { effect, signal } from "./vendor/signals.js";

/** How long the walk must rest before the address takes its step over, milliseconds. */
const REST_MS = 200;

/** Steps a second that can be played. */
export const PACES = [0.5, 1, 2, 4, 8, 16, 60];

/** A walk over `length` steps; it stands at 0 before the first and at `length` after the last. */
export class Walk {
  /** @param {() => boolean} active whether the address's step is this walk's */
  constructor(active) {
    this.active = active;
  }

  at = signal(0);
  length = signal(0);
  playing = signal(false);
  pace = signal(2);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  rest;

  /**
   * Begins anew, where the address says.
   * @param {number} length
   * @param {number} at where it stands if the address says nothing
   */
  begin(length, at) {
    this.pause();
    this.length.value = length;
    const named = Number(state.peek().step ?? Number.NaN);
    this.stand(this.active() && Number.isInteger(named) ? named : at);
  }

  /** Goes to a step; one outside is the nearest inside. @param {number} to */
  go(to) {
    this.stand(to);
    this.keep();
  }

  /** @param {number} to */
  stand(to) {
    this.at.value = Math.min(this.length.peek(), Math.max(0, Math.round(to)));
  }

  /** @param {number} by */
  move(by) {
    this.pause();
    this.go(this.at.peek() + by);
  }

  /** Plays to the end, from the beginning if it stands there already; or stops. */
  toggle() {
    if (this.playing.peek()) return this.pause();
    if (this.at.peek() >= this.length.peek()) this.go(0);
    this.playing.value = this.length.peek() > 0;
    this.schedule();
  }

  pause() {
    clearInterval(this.timer);
    this.playing.value = false;
  }

  /** @param {number} pace steps a second */
  setPace(pace) {
    this.pace.value = pace;
    if (this.playing.peek()) this.schedule();
  }

  schedule() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      this.go(this.at.peek() + 1);
      if (this.at.peek() >= this.length.peek()) this.pause();
    }, 1000 / this.pace.peek());
  }

  /** Tells the address, once the walk rests: a step is no entry of the browser's history. */
  keep() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.active() && adjust({ step: String(this.at.peek()) }), REST_MS);
  }

  /** Begins to follow the address: Back to another problem brings its step. */
  followAddress() {
    effect(() => {
      const step = Number(state.value.step);
      if (this.active() && state.value.step !== undefined && Number.isInteger(step)) this.stand(step);
    });
  }

  /** Keys of every lab. @returns {Record<string, () => void>} */
  keys() {
    return {
      arrowleft: () => this.move(-1),
      arrowright: () => this.move(1),
      home: () => this.move(-Infinity),
      end: () => this.move(Infinity),
      " ": () => this.toggle(),
    };
  }
}

/** What the sheet of keys says about them. */
export const WALK_KEYS = [
  { keys: ["←", "→"], label: "A step back, a step forward" },
  { keys: ["Home", "End"], label: "To the beginning, to the end" },
  { keys: ["Space"], label: "Play, or stop" },
];
