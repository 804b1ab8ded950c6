// The few icons of the shell: 16 px, one stroke width, the colour of their text.

import { html } from "./html.js";

const PATHS = {
  now: "M2 9h2.5l2-5.5 3 9 2-3.5H14",
  processes: "M2.5 3.5h2M7 3.5h6.5M2.5 8h2M7 8h4.5M2.5 12.5h2M7 12.5h2.5",
  heap: "M2.5 2.5h11v3h-11zM2.5 6.5h7v3h-7zM2.5 10.5h4v3h-4z",
  stress: "M2.5 12.5h11M2.5 12.5l4-6h3l4-4M11 2.5h2.5V5",
  paging: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6.2 3v10M9.8 3v10",
  segmentation: "M2.5 2.5h11v3.5h-11zM2.5 6v3M13.5 6v3M2.5 9h11v4.5h-11zM6.5 9v4.5",
  first: "M4 4v8M12 4L7.5 8l4.5 4",
  back: "M10 4L5.5 8l4.5 4",
  forward: "M6 4l4.5 4L6 12",
  last: "M12 4v8M4 4l4.5 4L4 12",
  share: "M6.5 9.5l3-3M7 4.5l1.6-1.6a2.6 2.6 0 013.7 3.7L10.6 8.2M9 11.5l-1.6 1.6a2.6 2.6 0 01-3.7-3.7l1.7-1.6",
  export: "M8 2.5v7.5M5 7l3 3 3-3M3 13h10",
  json: "M6 3H5a1.5 1.5 0 00-1.5 1.5v2L2.5 8l1 1.5v2A1.5 1.5 0 005 13h1M10 3h1a1.5 1.5 0 011.5 1.5v2l1 1.5-1 1.5v2A1.5 1.5 0 0111 13h-1",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z",
  system: "M2.5 3.5h11v7h-11zM6 13h4M8 10.5V13",
  light:
    "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  dark: "M13.2 9.6A5.6 5.6 0 016.4 2.8a5.6 5.6 0 106.8 6.8z",
  keys: "M6.2 6.1a1.9 1.9 0 113 1.6c-.8.5-1.2.9-1.2 1.8M8 12v.2",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 4v8M10.5 4v8",
  close: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.8a4.2 4.2 0 100 8.4 4.2 4.2 0 000-8.4zM10.2 10.2l3.3 3.3",
  down: "M4.5 6.5L8 10l3.5-3.5",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {{name: IconName}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** Three shares of a bar: the mark of the program. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 20 20" aria-hidden="true">
    <rect class="mark-used" x="2" y="3" width="16" height="6" rx="1" />
    <rect class="mark-reclaimable" x="2" y="11" width="9" height="6" rx="1" />
    <rect class="mark-free" x="13.5" y="11.5" width="4" height="5" rx="0.75" />
  </svg>`;
}
