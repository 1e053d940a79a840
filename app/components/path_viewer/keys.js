// The keyboard: works wherever the focus is inside the viewer.

const KEY_HELP = [
  ["\u2190  \u2192", "one step away, one step towards"],
  ["Page Down  Page Up", "one standard deviation"],
  ["Home  End", "the two ends"],
  ["0", "back to the original"],
  ["Space", "play, pause"],
  ["[  ]", "previous case, next case"],
  ["?", "this list"],
];

function attachKeys(element, viewer) {
  const actions = {
    ArrowLeft: () => viewer.stepBy(-1),
    ArrowRight: () => viewer.stepBy(1),
    ArrowDown: () => viewer.stepBy(-1),
    ArrowUp: () => viewer.stepBy(1),
    PageDown: () => viewer.moveTo(viewer.sd - 1),
    PageUp: () => viewer.moveTo(viewer.sd + 1),
    Home: () => viewer.moveTo(-Infinity),
    End: () => viewer.moveTo(Infinity),
    0: () => viewer.moveTo(0),
    " ": () => viewer.togglePlay(),
    "[": () => viewer.askForCase("previous"),
    "]": () => viewer.askForCase("next"),
    "+": () => viewer.panels.view.zoomAt(0.5, 0.5, 1.5),
    "-": () => viewer.panels.view.zoomAt(0.5, 0.5, 1 / 1.5),
    ",": () => viewer.panels.view.panBy(0.2, 0),
    ".": () => viewer.panels.view.panBy(-0.2, 0),
    "?": () => viewer.help.toggle(),
    Escape: () => viewer.closeCards(),
  };
  element.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest?.("button")) return; // a focused button does its own thing
    event.preventDefault();
    event.stopPropagation(); // Streamlit's own shortcuts must not fire as well
    action();
  });
}

class HelpCard {
  constructor(parent) {
    this.card = make("div", "pv-help", parent);
    this.card.setAttribute("role", "dialog");
    this.card.setAttribute("aria-label", "Keys and gestures");
    this.card.hidden = true;
    this.list = make("dl", "", this.card);
    this.shut = make("button", "pv-text-button", this.card);
    Object.assign(this.shut, { type: "button", textContent: "Close" });
    this.shut.addEventListener("click", () => this.close());
  }

  /** Lists the keys, and what else can be done with what is shown. */
  describe(more) {
    this.list.replaceChildren();
    for (const [keys, meaning] of [...KEY_HELP, ...more]) {
      make("dt", "", this.list).textContent = keys;
      make("dd", "", this.list).textContent = meaning;
    }
  }

  toggle() {
    if (!this.card.hidden) return this.close();
    this.before = this.card.getRootNode().activeElement;
    this.card.hidden = false;
    this.shut.focus({ preventScroll: true });
  }

  close() {
    if (this.card.hidden) return;
    this.card.hidden = true;
    this.before?.focus({ preventScroll: true });
  }
}
