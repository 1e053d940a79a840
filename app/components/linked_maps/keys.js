// The keyboard: everything the pointer can do but draw.

const KEY_HELP = [
  ["\u2190 \u2191 \u2192 \u2193", "to the nearest case that way"],
  ["Enter", "open this case"],
  ["Space", "select it, or no longer"],
  ["Escape", "select nothing"],
  ["Ctrl Z", "the selection before"],
  ["+  \u2212  0", "zoom in, zoom out, whole map"],
  ["L  R  H", "lasso, rectangle, move"],
  ["D", "density or points"],
  ["?", "this list"],
];
const POINTER_HELP = [
  ["Click", "select one case; with Shift more, with Alt fewer"],
  ["Drag", "lasso or rectangle; with Shift more, with Alt fewer"],
  ["Double click", "open the case; on empty ground the whole map"],
  ["Wheel, pinch", "zoom"],
  ["Right-drag, Space-drag", "move the map"],
  ["Legend entry", "select all of this class"],
];
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function attachPanelKeys(panel, maps) {
  const actions = {
    Enter: () => maps.open(maps.pointing.row),
    "+": () => panel.zoomBy(1.5),
    "=": () => panel.zoomBy(1.5),
    "-": () => panel.zoomBy(1 / 1.5),
    0: () => panel.resetView(),
  };
  for (const [key, direction] of Object.entries(DIRECTIONS)) actions[key] = () => maps.pointing.step(panel, direction);
  panel.stage.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      if (!event.repeat) Object.assign(maps, { isSpaceHeld: true, isSpaceUsed: false });
      return;
    }
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || !panel.grid) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  panel.stage.addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    if (maps.isSpaceHeld && !maps.isSpaceUsed && maps.pointing.row !== null) maps.choosing.toggleRow(maps.pointing.row);
    Object.assign(maps, { isSpaceHeld: false, isSpaceUsed: false });
  });
  panel.stage.addEventListener("blur", () => Object.assign(maps, { isSpaceHeld: false, isSpaceUsed: false }));
}

/** Keys that work wherever the focus is inside the component. */
function attachKeys(element, maps) {
  const actions = {
    Escape: () => maps.escape(),
    l: () => maps.setTool("lasso"),
    r: () => maps.setTool("rectangle"),
    h: () => maps.setTool("pan"),
    d: () => maps.toggleDensity(),
    "?": () => maps.help.toggle(),
  };
  element.addEventListener("keydown", (event) => {
    const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    const action = isUndo ? () => maps.choosing.undo() : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (!isUndo && (event.ctrlKey || event.metaKey || event.altKey))) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit's own shortcuts must not fire as well
    action();
  });
}

class HelpCard {
  constructor(parent) {
    this.card = make("div", "lm-help", parent);
    this.card.setAttribute("role", "dialog");
    this.card.setAttribute("aria-label", "Keys and gestures");
    this.card.hidden = true;
    const list = make("dl", "", this.card);
    for (const [keys, meaning] of [...POINTER_HELP, ...KEY_HELP]) {
      makeText("dt", "", list, keys);
      makeText("dd", "", list, meaning);
    }
    this.shut = makeButton(this.card, "lm-shut", { text: "Close", onPress: () => this.close() });
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
