// Runs before the first paint, while the modules are still on their way: a theme that the reader chose must not
// flash in the other one, and the first sample need not wait for the code that draws it.
{
  const { dataset } = document.documentElement;
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") dataset.theme = theme;
  } catch {
    // A frame on another site's page may have no storage: the system's theme it is.
  }
  if (self !== top) dataset.embedded = "";

  if (!document.hidden && dataset.labsOnly === undefined) {
    const source = new EventSource("/api/v1/stream");
    /** @type {MessageEvent[]} */
    const events = [];
    const keep = (/** @type {MessageEvent} */ event) => events.push(event);
    source.addEventListener("state", keep);
    source.addEventListener("change", keep);
    const stop = () => {
      source.removeEventListener("state", keep);
      source.removeEventListener("change", keep);
    };
    /** @type {any} */ (globalThis).earlyStream = { source, events, stop };
  }
}
