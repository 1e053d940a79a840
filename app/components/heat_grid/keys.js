// The keyboard: works wherever the focus is inside the grid; the arrows, on a picture.

const KEY_HELP = [
  ["\u2190 \u2191 \u2192 \u2193", "move the crosshair one pixel, with Shift ten"],
  ["+  \u2212  0", "zoom in, zoom out, whole picture"],
  ["O", "map on the picture, picture alone"],
  ["M", "outline on, off"],
  ["Escape", "no crosshair"],
  ["?", "this list"],
];
const POINTER_HELP = [
  ["Point", "the maps' numbers at this pixel; click to keep the crosshair"],
  ["Ctrl-wheel, pinch", "zoom all pictures; the wheel alone once a picture was clicked"],
  ["Drag", "move the zoomed pictures"],
  ["Shift-drag, right-drag", "window and level of the picture"],
  ["Double click", "whole picture again"],
];
const TRACE_HELP = {
  "move the crosshair one pixel, with Shift ten": "move the crosshair one sample, with Shift ten; to another channel",
  "zoom in, zoom out, whole picture": "zoom in time, zoom out, whole time",
  "map on the picture, picture alone": "map on the trace, trace alone",
  "the maps' numbers at this pixel; click to keep the crosshair": "the maps' numbers at this moment; click to keep the crosshair",
  "zoom all pictures; the wheel alone once a picture was clicked": "zoom all in time; the wheel alone once a trace was clicked",
  "move the zoomed pictures": "move the zoomed time",
  "whole picture again": "whole time again",
};
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function attachKeys(element, grid) {
  const zoom = (factor) => {
    const { view, picture } = grid;
    const [column, row] = view.pixel ?? [(0.5 / view.zoom - view.x) * picture.width, (0.5 / view.zoom - view.y) * picture.height];
    const at = (value, size, offset) => ((value + 0.5) / size + offset) * view.zoom;
    view.zoomAt(at(column, picture.width, view.x), at(row, picture.height, view.y), factor);
  };
  const actions = {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: () => grid.view.resetZoom(),
    o: () => grid.view.set({ mode: grid.view.mode === "overlay" ? "picture" : "overlay" }),
    m: () => grid.view.set({ hasOutline: !grid.view.hasOutline }, "mark"),
    PageDown: () => grid.view.turn?.(1),
    PageUp: () => grid.view.turn?.(-1),
    "?": () => grid.help.toggle(Boolean(grid.header.form)),
    Escape: () => grid.help.close() || grid.view.set({ pinned: null, hovered: null }, "mark"),
  };
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !grid.picture) return;
    const step = event.target.tile && STEPS[event.key];
    const action = step
      ? () => { const by = event.shiftKey ? 10 : 1; grid.view.stepBy(step[0] * by, step[1] * by, grid.picture); grid.speak(event.target.tile); }
      : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit's own shortcuts must not fire as well
    action();
  });
}

class HelpCard {
  constructor(parent) {
    this.card = make("div", "hg-help", parent);
    this.card.setAttribute("role", "dialog");
    this.card.setAttribute("aria-label", "Keys and gestures");
    this.card.hidden = true;
    this.list = make("dl", "", this.card);
    this.shut = makeButton(this.card, "", "Close", () => this.close());
  }

  write(isSignal) {
    const entries = [...POINTER_HELP, ...KEY_HELP].filter(([keys]) => !isSignal || !keys.startsWith("Shift-drag"));
    if (isSignal) entries.push(["Page up, page down", "other channels, where there are many"]);
    this.list.replaceChildren(...entries.flatMap(([keys, meaning]) => [
      makeText("dt", "", null, keys), makeText("dd", "", null, (isSignal && TRACE_HELP[meaning]) || meaning),
    ]));
  }

  toggle(isSignal) {
    if (this.close()) return;
    this.write(isSignal);
    this.before = this.card.getRootNode().activeElement;
    this.card.hidden = false;
    this.shut.focus({ preventScroll: true });
  }

  /** Whether it was open. */
  close() {
    if (this.card.hidden) return false;
    this.card.hidden = true;
    this.before?.focus({ preventScroll: true });
    return true;
  }
}
