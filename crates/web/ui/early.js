// Runs before the first paint, while the modules are still on their way: a theme that the reader chose must not
// flash in the other one, and the first sample need not wait for the code that draws it.
{
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  if (!document.hidden) {
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
