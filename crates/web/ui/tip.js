// One tooltip for the page: whatever carries `data-tip` says it on hover and on focus.
// Lines are separated by a newline; the first is set strong.

const DISTANCE = 14;

/** Begins to listen. */
export function followTips() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  /** @type {Element | null} */
  let owner = null;

  /** @param {Event} event */
  const find = (event) => (event.target instanceof Element ? event.target.closest("[data-tip]") : null);
  /**
   * @param {Element | null} next
   * @param {number} x
   * @param {number} y
   */
  const show = (next, x, y) => {
    const text = next?.getAttribute("data-tip") ?? "";
    tip.hidden = text === "";
    if (tip.hidden) return;
    owner = next;
    tip.replaceChildren(...text.split("\n").map(lineOf));
    place(tip, x, y);
  };
  const hide = () => {
    owner = null;
    tip.hidden = true;
  };

  addEventListener("pointermove", (event) => {
    const next = find(event);
    if (next === null) hide();
    else show(next, event.clientX, event.clientY);
  });
  addEventListener("focusin", (event) => {
    const next = find(event);
    if (next === null || !next.matches(":focus-visible")) return hide();
    const box = next.getBoundingClientRect();
    show(next, box.left, box.bottom - DISTANCE / 2);
  });
  addEventListener("focusout", hide);
  addEventListener("pointerdown", hide);
  addEventListener("scroll", hide, { capture: true, passive: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && owner !== null) hide();
  });
}

/**
 * @param {string} text
 * @param {number} index
 */
function lineOf(text, index) {
  const line = document.createElement(index === 0 ? "strong" : "span");
  line.textContent = text;
  return line;
}

/**
 * Below and right of a point, turned to where there is room.
 * @param {HTMLElement} tip
 * @param {number} x
 * @param {number} y
 */
function place(tip, x, y) {
  const { width, height } = tip.getBoundingClientRect();
  const left = x + DISTANCE + width > innerWidth ? x - DISTANCE - width : x + DISTANCE;
  const top = y + DISTANCE + height > innerHeight ? y - DISTANCE - height : y + DISTANCE;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}
