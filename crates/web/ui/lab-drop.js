// A picture onto which something may be dropped.

/**
 * The listeners of a picture that takes what is dragged under a type; `data-over` marks it while that is above it.
 * @param {string} type the type under which it travels
 * @param {(text: string) => void} take what was dropped
 */
export function dropTarget(type, take) {
  const holds = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes(type) === true;
  const mark = (/** @type {DragEvent} */ event, /** @type {boolean} */ over) =>
    /** @type {HTMLElement} */ (event.currentTarget).toggleAttribute("data-over", over);
  return {
    onDragOver: (/** @type {DragEvent} */ event) => {
      if (!holds(event)) return;
      event.preventDefault();
      mark(event, true);
    },
    onDragLeave: (/** @type {DragEvent} */ event) => mark(event, false),
    onDrop: (/** @type {DragEvent} */ event) => {
      if (!holds(event)) return;
      event.preventDefault();
      mark(event, false);
      take(event.dataTransfer?.getData(type) ?? "");
    },
  };
}
