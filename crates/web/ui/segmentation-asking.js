// The question about a list of requests and its answer, what is chosen in it, and where it stands: what the tabs
// "Free space" and "Allocators" have in common.

import { postJson, Refused } from "./api.js";
import { settled } from "./lab-question.js";
import { courseOfRun } from "./segmentation-allocators-moment.js";
import { bodyOf } from "./segmentation-list.js";
import { Stretches, windowAt } from "./segmentation-stretches.js";
import { adjust, navigate, state } from "./state.js";
import { batch, computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-list.js").Problem} Problem */
/** @typedef {import("./segmentation-list.js").Named} Named */
/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/**
 * Of a long list `runs` hold the steps about the one on show.
 * @typedef {{problem: Problem, runs: Run[], divergence: {index: number, one: number, other: number} | null}} Answer
 */
/**
 * How a tab asks. `ready` loads what draws a problem's policies; `views` is whether the steps hold what each policy decides
 * by.
 * @typedef {{address: ReturnType<typeof import("./segmentation-list.js").problemsIn>, policies: [string, string][],
 *   ready?: (policies: string[]) => Promise<unknown>, views?: (asked: Problem) => boolean}} Asks
 */

/** The most steps, of all policies together, that come in one answer; of more those about the one on show. */
const MOST_STEPS = 1600;
/** Steps of the first stretch, before it is known how long they are; a quarter of them lies before the one on show. */
const STRETCH = 8;
/** How long a walk must stand before it rests, milliseconds: then what is beside it is asked for, and all of it is drawn. */
const REST_MS = 150;
/** Rectangles of blocks over time, of each policy, and an end that no list reaches. */
const LIVES = { from: 1, count: 2 ** 31, most: 3000 };
/** The longest sentence for which room is kept, characters; a longer one scrolls. */
const MOST_RESERVED = 330;

/** Where the machines are asked. */
export const PATH = "/api/v1/sim/alloc";

/** How many operations a list that is typed has. @param {Problem} asked */
export function lengthOf({ ops }) {
  return ops.split(/[\s,]+/).filter((op) => op !== "").length;
}

/** Whether the steps of a problem come in one answer. @param {Problem} asked */
export function isShort(asked) {
  return asked.kept === "" && lengthOf(asked) * asked.policies.length <= MOST_STEPS;
}

/** A list under policies, as the address says it. */
export class Asking {
  /** @param {Asks} asks */
  constructor({ address, policies, ready = async () => {}, views = () => true }) {
    this.address = address;
    /** The policies in the order in which they are offered, with their names. */
    this.policies = policies;
    this.ready = ready;
    this.views = views;
    /** The problem that the address holds. */
    this.problem = settled(() => address.problemOf(state.value));
  }

  /** The last answer; it stays while another is on its way. */
  answer = signal(/** @type {Answer | null} */ (null));
  /** Why there is no answer to what the address holds. */
  refusal = signal(/** @type {string | null} */ (null));
  /** The operation that is shown: that of the walk as soon as its steps are there. */
  shownAt = signal(0);

  /**
   * What figures draw that are not looked at while a walk moves: of a long list the operation at which it rests.
   * @type {import("./vendor/signals.js").Signal<{given: Answer | null, at: number}>}
   */
  rested = signal(/** @type {{given: Answer | null, at: number}} */ ({ given: null, at: 0 }));

  /** The run whose structure and sentence are shown: the named one, or the first. */
  focused = computed(() => {
    const runs = this.answer.value?.runs ?? [];
    return runs.find(({ policy }) => policy === state.value.focus) ?? runs.at(0) ?? null;
  });

  /** The request that is shown strong in every picture; null where none is. */
  selected = computed(() => (/^\d{1,15}$/.test(state.value.request ?? "") ? Number(state.value.request) : null));

  /** The characters of the longest sentence of the run on show. */
  longest = computed(() => {
    if (!isShort(this.problem.value)) return MOST_RESERVED;
    return (this.focused.value?.ops ?? []).reduce((most, { explain }) => Math.min(MOST_RESERVED, Math.max(most, explain.length)), 0);
  });

  /** The steps that are marked on the scrubber: failed requests of the run whose sentence is shown. */
  marks = computed(() => (this.focused.value === null ? [] : courseOfRun(this.focused.value).failed));

  /** A policy's name as people read it. @param {string} policy */
  titleOf = (policy) => this.policies.find(([name]) => name === policy)?.[1] ?? policy;

  /** The question about a problem: all its steps, or those about one. @param {Problem} asked @param {number} at */
  questionOf(asked, at) {
    const body = { ...bodyOf(asked), views: this.views(asked), lives: LIVES };
    return isShort(asked) ? body : { ...body, window: windowAt(at, STRETCH) };
  }

  /**
   * Begins to ask, while the tab is on show, for what the address holds.
   * @param {import("./lab-walk.js").Walk} walk
   * @param {() => boolean} active
   */
  begin(walk, active) {
    effect(() => (active() ? this.ask(walk) : undefined));
    effect(() => {
      if (active() && this.answer.value !== null) this.come(walk, walk.at.value);
    });
    effect(() => this.settleDown(this.answer.value, this.shownAt.value));
  }

  /** @param {Answer | null} given @param {number} at */
  settleDown(given, at) {
    const same = given !== null && given.problem === this.rested.peek().given?.problem;
    if (!same || isShort(given.problem)) {
      this.rested.value = { given, at };
      return undefined;
    }
    const timer = setTimeout(() => (this.rested.value = { given, at }), REST_MS);
    return () => clearTimeout(timer);
  }

  /** Where the walk was seen last, and whether it goes from step to step or rests: then the steps beside it are worth asking for. */
  seenAt = 0;
  ahead = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  rest;

  /**
   * The walk has come to an operation: it is shown as soon as its steps are there.
   * @param {import("./lab-walk.js").Walk} walk
   * @param {number} at
   */
  come(walk, at) {
    this.ahead = Math.abs(at - this.seenAt) <= 1;
    this.seenAt = at;
    this.show(at);
    const now = this.answer.peek();
    if (now === null || isShort(now.problem)) return;
    void this.reach(walk);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.ahead = true;
      void this.reach(walk);
    }, REST_MS);
  }

  /** Shows an operation if its steps are there. @param {number} at */
  show(at) {
    const now = this.answer.peek();
    const runs = this.stretches.at(at);
    if (now === null || runs === null) return;
    batch(() => {
      this.shownAt.value = at;
      if (runs !== now.runs) this.answer.value = { ...now, runs };
    });
  }

  /** @param {import("./lab-walk.js").Walk} walk */
  ask(walk) {
    const asked = this.problem.value;
    const left = new AbortController();
    const question = this.questionOf(asked, Number(state.peek().step ?? 1) || 1);
    Promise.all([this.answerTo(asked, question, left.signal), this.ready(asked.policies)]).then(
      ([given]) => {
        this.stretches = new Stretches(given.runs);
        batch(() => {
          this.refusal.value = null;
          this.answer.value = { ...given, problem: asked };
          this.stand(walk, asked, given);
        });
      },
      (error) => {
        if (!left.signal.aborted) this.refusal.value = String(error.message ?? error);
      },
    );
    return () => left.abort();
  }

  /**
   * The server's answer; a list that it keeps no longer is sent again.
   * @param {Problem} asked
   * @param {object} question
   * @param {AbortSignal} [signal]
   */
  async answerTo(asked, question, signal) {
    try {
      return await postJson(PATH, question, signal);
    } catch (error) {
      if (asked.kept === "" || !(error instanceof Refused) || error.status !== 404) throw error;
      const { sendAgain } = await import("./segmentation-source.js");
      await sendAgain(asked.kept);
      return postJson(PATH, question, signal);
    }
  }

  /** The steps that are known of the list. */
  stretches = new Stretches([]);
  /** Whether steps are on their way. */
  reaching = false;

  /**
   * Asks for the steps about where the walk is, then for those beside them, one question after the other. What is on show
   * stays until they are there.
   * @param {import("./lab-walk.js").Walk} walk
   */
  async reach(walk) {
    if (this.reaching) return;
    this.reaching = true;
    try {
      for (;;) {
        const at = walk.at.peek();
        const window = this.stretches.wanted(at, this.ahead);
        if (window === null) break;
        const { problem, stretches } = { problem: this.answer.peek()?.problem, stretches: this.stretches };
        if (problem === undefined) break;
        const { lives: _, ...question } = /** @type {Record<string, any>} */ (this.questionOf(problem, at));
        const { runs } = await this.answerTo(problem, { ...question, window, metrics: false });
        if (this.stretches !== stretches) break;
        stretches.add(runs);
        this.show(walk.at.peek());
      }
    } catch {
      // what is on show stays
    } finally {
      this.reaching = false;
    }
  }

  /**
   * Stands where the problem says, else where the policies part, if the address says nothing.
   * @param {import("./lab-walk.js").Walk} walk
   * @param {Problem} asked
   * @param {Answer} given
   */
  stand(walk, asked, { divergence, runs }) {
    const length = runs[0].metrics.ops;
    walk.begin(length, this.address.named(asked)?.step ?? divergence?.index ?? length);
  }

  /**
   * Puts another problem into the address.
   * @param {Partial<Problem> | Named} changes a named problem brings everything
   * @param {"navigate" | "adjust"} how whether Back returns from it
   * @param {Record<string, string | undefined>} further keys of the address
   */
  change = (changes, how = "navigate", further = {}) => {
    const next = "id" in changes ? this.address.wholeOf(changes) : { ...this.problem.peek(), ...changes };
    (how === "navigate" ? navigate : adjust)({ ...this.address.stateOf(next), ...further });
  };

  /** Sets a value of the convention; an empty one brings the default back. @param {string} name @param {string} value */
  settle(name, value) {
    const { [name]: _, ...rest } = this.problem.peek().set;
    this.change({ set: value === "" ? rest : { ...rest, [name]: value } });
  }
}
