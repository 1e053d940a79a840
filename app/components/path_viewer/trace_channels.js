// Which channels are in view, and what each has changed, in a card beside the traces.

const MOST_CHANGED = 6;

/** A card over the traces that a tool opens and Escape closes. */
class Card {
  constructor(parent, label, onClose) {
    this.element = make("div", "pv-card", parent);
    Object.assign(this.element, { hidden: true, tabIndex: -1 });
    this.element.setAttribute("role", "dialog");
    this.element.setAttribute("aria-label", label);
    this.body = make("div", "pv-card-body", this.element);
    const foot = make("div", "pv-card-foot", this.element);
    this.foot = foot;
    textButton(foot, () => this.close()).textContent = "Close";
    this.onClose = onClose;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  toggle() {
    if (this.isOpen) return this.close();
    this.before = this.element.getRootNode().activeElement;
    this.element.hidden = false;
    this.element.focus({ preventScroll: true });
    this.onClose();
  }

  close() {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.before?.focus({ preventScroll: true });
    this.onClose();
  }
}

class ChannelCard extends Card {
  constructor(parent, view, onClose) {
    super(parent, "Channels in view", onClose);
    this.view = view;
    for (const [text, press] of [
      ["All", () => view.showChannels(this.names, this.names)],
      [`The ${MOST_CHANGED} that change most`, () => view.showChannels(this.ranked().slice(0, MOST_CHANGED), this.names)],
    ]) {
      const button = textButton(this.foot, press);
      button.textContent = text;
      this.foot.prepend(button);
    }
  }

  open(path) {
    this.names = path.form.names;
    this.ranked = () => path.byChange.map((c) => this.names[c]);
    this.boxes = this.names.map((name) => {
      const label = make("label", "pv-channel");
      const box = make("input", "", label);
      box.type = "checkbox";
      label.append(name);
      box.addEventListener("change", () => this.take());
      return { label, box, name };
    });
    this.body.replaceChildren(...this.boxes.map(({ label }) => label));
    this.show();
  }

  take() {
    const chosen = this.boxes.filter(({ box }) => box.checked).map(({ name }) => name);
    this.view.showChannels(chosen.length ? chosen : this.names, this.names);
  }

  show() {
    for (const { box, name } of this.boxes ?? []) box.checked = !this.view.hidden.has(name);
  }
}
