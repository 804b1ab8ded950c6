// Where this is, and what this reader may do.

import { getJson } from "./api.js";
import { signal } from "./vendor/signals.js";

/** The server's word on it; null until it has answered. */
export const session = signal(/** @type {import("./api.js").Session | null} */ (null));

/** Asks the server. */
export async function loadSession() {
  session.value = await getJson("/api/v1/session").catch(() => null);
}
