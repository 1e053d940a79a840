// What is written around the traces: the key, the channels with their scales, the time.

const TRACE_KEYS = ["step", "base", "original", "higher", "lower"];

/** The key also holds the colours: what is drawn has the colour that its word has. */
class TraceKey {
  constructor(parent) {
    const row = make("div", "pv-trace-key", parent);
    this.entries = Object.fromEntries(TRACE_KEYS.map((name) => {
      const item = make("span", `pv-key pv-key-${name}`, row);
      return [name, { item, text: make("span", name === "step" ? "pv-title" : "", item) }];
    }));
  }

  /** The colour of the strongest line: it changes with the theme. */
  get ink() {
    return getComputedStyle(this.entries.step.item).color;
  }

  colours() {
    return Object.fromEntries(TRACE_KEYS.map((name) => [name, getComputedStyle(this.entries[name].item).color]));
  }

  show(path, k, { isEdit, isOriginalShown }) {
    const { step, base, original, higher, lower } = this.entries;
    const at = stepName(path, k);
    step.text.textContent = isEdit ? `Edit at ${at} on the original` : `Decoded at ${at}`;
    base.text.textContent = isEdit ? "original" : "decoded at 0";
    original.text.textContent = "original";
    original.item.hidden = isEdit || !isOriginalShown;
    higher.text.textContent = isEdit ? "higher than the original" : "higher than at 0";
    lower.text.textContent = "lower";
  }
}

/** Names, units and scales beside the lanes. */
function writeHeads(parent, path, lanes, { scroll, ticksOf }) {
  parent.replaceChildren(...lanes.map(({ c, frame }) => {
    const head = make("div", "pv-trace-head");
    Object.assign(head.style, { top: `${frame.top + scroll}px`, height: `${frame.height}px` });
    const name = make("span", "pv-trace-name", head);
    make("strong", "", name).textContent = path.form.names[c];
    name.append(path.form.units[c] ? ` ${path.form.units[c]}` : "");
    name.title = name.textContent;
    for (const value of ticksOf(c)) {
      const tick = make("span", "pv-trace-tick", head);
      tick.style.top = `${frame.y(value) - frame.top}px`;
      tick.textContent = amount(value, "");
    }
    return head;
  }));
}

/** Times below the lanes; `x` says where each lies, 0 to 1. */
function writeTimes(parent, times, x) {
  parent.replaceChildren(...times.map((seconds, i) => {
    const tick = make("span", "pv-time");
    tick.style.setProperty("--at", x(seconds));
    tick.textContent = `${amount(seconds, "")}${i === times.length - 1 ? " s" : ""}`;
    return tick;
  }));
}
