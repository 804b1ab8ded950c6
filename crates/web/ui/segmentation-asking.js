// The question about a list of requests and its answer, what is chosen in it, and where it stands: what the tabs
// "Free space" and "Allocators" have in common.

import { postJson, Refused } from "./api.js";
import { settled } from "./lab-question.js";
import { courseOfRun, holds } from "./segmentation-allocators-moment.js";
import { bodyOf } from "./segmentation-list.js";
import { adjust, navigate, state } from "./state.js";
import { computed, effect, signal } from "./vendor/signals.js";

/** @typedef {import("./segmentation-list.js").Problem} Problem */
/** @typedef {import("./segmentation-list.js").Named} Named */
/** @typedef {import("./segmentation-allocators-moment.js").Run} Run */
/**
 * Of a long list `runs` hold the steps about the one on show.
 * @typedef {{problem: Problem, runs: Run[], divergence: {index: number, one: number, other: number} | null}} Answer
 */
/**
 * How a tab asks. `ready` loads what draws a problem's policies; `further` are more members of a question,
 * `views` is whether the steps hold what each policy decides by.
 * @typedef {{address: ReturnType<typeof import("./segmentation-list.js").problemsIn>, policies: [string, string][],
 *   ready?: (policies: string[]) => Promise<unknown>, further?: (asked: Problem) => object,
 *   views?: (asked: Problem) => boolean}} Asks
 */

/** The most steps, of all policies together, that come in one answer; of more those about the one on show. */
const MOST_STEPS = 1600;
/** Steps of a stretch, of which a quarter lies before the one on show: few, as each has all its holes. */
const STRETCH = 32;
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
  constructor({ address, further = () => ({}), policies, ready = async () => {}, views = () => true }) {
    this.address = address;
    this.further = further;
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
    const body = { ...bodyOf(asked), views: this.views(asked), ...this.further(asked) };
    return isShort(asked) ? body : { ...body, window: { from: Math.max(1, at - STRETCH / 4), count: STRETCH } };
  }

  /**
   * Begins to ask, while the tab is on show, for what the address holds.
   * @param {import("./lab-walk.js").Walk} walk
   * @param {() => boolean} active
   */
  begin(walk, active) {
    effect(() => (active() ? this.ask(walk) : undefined));
    effect(() => {
      const runs = this.answer.value?.runs ?? [];
      const at = walk.at.value;
      if (!active() || runs.length === 0) return;
      if (runs.every((run) => holds(run, at))) this.shownAt.value = at;
      else void this.reach(() => walk.at.peek());
    });
  }

  /** @param {import("./lab-walk.js").Walk} walk */
  ask(walk) {
    const asked = this.problem.value;
    const left = new AbortController();
    const question = this.questionOf(asked, Number(state.peek().step ?? 1) || 1);
    Promise.all([this.answerTo(asked, question, left.signal), this.ready(asked.policies)]).then(
      ([given]) => {
        this.refusal.value = null;
        this.answer.value = { ...given, problem: asked };
        this.stand(walk, asked, given);
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
   * @param {AbortSignal} signal
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

  /** Whether the steps of a stretch are on their way. */
  reaching = false;

  /**
   * Asks for the steps about another operation, of a long list; one question after the other, each about where the walk
   * then is. What is on show stays until they are there.
   * @param {() => number} place
   */
  async reach(place) {
    if (this.reaching) return;
    this.reaching = true;
    try {
      for (let at = -1; at !== place(); ) {
        at = place();
        const now = this.answer.peek();
        if (now === null || now.runs.every((run) => holds(run, at))) break;
        const { lives: _, ...question } = /** @type {Record<string, any>} */ (this.questionOf(now.problem, at));
        const { runs } = await postJson(PATH, { ...question, metrics: false });
        if (this.answer.peek()?.problem !== now.problem) break;
        this.shownAt.value = at;
        this.answer.value = { ...now, runs: now.runs.map((run, index) => ({ ...run, ...runs[index] })) };
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
