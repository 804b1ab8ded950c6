// Markup in template literals: `html` makes Preact elements without a build step.

import htm from "./vendor/htm.js";
import { h } from "./vendor/preact.js";

/** @type {(strings: TemplateStringsArray, ...values: any[]) => import("./vendor/preact.js").VNode<any>} */
export const html = /** @type {any} */ (htm.bind(h));
