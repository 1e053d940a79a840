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
    "?": () => grid.help.toggle(),
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
    const list = make("dl", "", this.card);
    for (const [keys, meaning] of [...POINTER_HELP, ...KEY_HELP]) {
      makeText("dt", "", list, keys);
      makeText("dd", "", list, meaning);
    }
    this.shut = makeButton(this.card, "", "Close", () => this.close());
  }

  toggle() {
    if (this.close()) return;
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
