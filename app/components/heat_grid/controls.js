// One line of controls for all rows, which stays in sight while the page scrolls.

const MODE_WORDS = { map: "Map alone", overlay: "On the picture", picture: "Picture alone" };
const TRACE_MODE_WORDS = { map: "Map alone", overlay: "On the trace", picture: "Trace alone" };
const OPACITY_HELP = "How strongly the map covers the picture where it is strongest.";
const HIDE_HELP = "Hides this share of each map's pixels, the weakest by size. What is left is not more true, only easier to see.";

class Controls {
  constructor(parent, grid) {
    this.grid = grid;
    this.element = make("div", "hg-controls", parent);
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", "How the maps are shown");
    const set = (changes, what) => grid.view.set(changes, what);
    this.modes = this.buildModes(set);
    this.opacity = makeSlider(this.element, "Opacity", OPACITY_HELP, 100, (value) => set({ opacity: value / 100 }));
    this.hide = makeSlider(this.element, "Hide weakest", HIDE_HELP, 99, (value) => set({ hiddenShare: value / 100 }));
    this.outline = makeSwitch(this.element, "", "Key M", (isOn) => set({ hasOutline: isOn }, "mark"));
    this.scale = makeSwitch(this.element, "Same scale in a row", "Off: each map has the whole range of colours, so that "
      + "shapes can be compared. On: the small maps have the scale of the large one, so that strengths can.",
      (isOn) => set({ isSameScale: isOn }));
    this.channels = this.buildChannels();
    const line = make("div", "hg-line", parent);
    this.caption = makeText("p", "hg-caption", line, "");
    const tools = make("div", "hg-tools", line);
    this.place = makeText("span", "hg-place", tools, "");
    this.windowReset = makeButton(tools, "", "", () => grid.view.resetWindow());
    this.zoomReset = makeButton(tools, "", "", () => grid.view.resetZoom());
    this.smooth = makeButton(tools, "", "", () => set({ isSmooth: !grid.view.isSmooth }, "place"));
    this.help = makeButton(tools, "", "?", () => grid.help.toggle(Boolean(grid.header.form)));
    this.help.setAttribute("aria-label", "Keys and gestures");
  }

  buildModes(set) {
    const group = make("div", "hg-modes", this.element);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "What the tiles show");
    return Object.fromEntries(MODES.map((mode) => [
      mode, makeButton(group, "hg-mode", MODE_WORDS[mode], () => set({ mode })),
    ]));
  }

  buildChannels() {
    const label = make("label", "hg-switch hg-channels", this.element);
    label.title = "Which channels are in view; the strongest are those that hold most of the first map. Page up, page down";
    makeText("span", "", label, "Channels");
    const select = make("select", "", label);
    select.addEventListener("change", () => this.grid.view.set({ choice: select.value }, "place"));
    return { label, select };
  }

  /** What is said of pictures or of signals. */
  name(view, isSignal) {
    if (this.isSignal !== isSignal) {
      this.isSignal = isSignal;
      for (const mode of MODES) setText(this.modes[mode], (isSignal ? TRACE_MODE_WORDS : MODE_WORDS)[mode]);
      this.opacity.label.title = isSignal ? OPACITY_HELP.replace("picture", "ground") : OPACITY_HELP;
      this.hide.label.title = isSignal ? HIDE_HELP.replace("pixels", "samples") : HIDE_HELP;
    }
    const choices = isSignal && view.nChannels > MOST_LANES ? view.choices() : [];
    this.channels.label.hidden = !choices.length;
    if (this.offered !== String(choices)) {
      this.offered = String(choices);
      this.channels.select.replaceChildren(...choices.map(([value, words]) => Object.assign(document.createElement("option"), { value, textContent: words })));
    }
    if (choices.length) this.channels.select.value = view.choice;
  }

  show(view, header) {
    this.name(view, Boolean(header.form));
    for (const mode of MODES) this.modes[mode].setAttribute("aria-pressed", String(view.mode === mode));
    this.set(this.opacity, Math.round(view.opacity * 100), view.mode !== "overlay");
    this.set(this.hide, Math.round(view.hiddenShare * 100), view.mode === "picture");
    setText(this.caption, header.caption);
    this.outline.label.hidden = !header.outline;
    setText(this.outline.words, `Outline of ${header.mask_name}`);
    this.outline.input.checked = view.hasOutline;
    this.scale.input.checked = view.isSameScale;
    setText(this.smooth, `${header.form ? "samples" : "pixels"}: ${view.isSmooth ? "smooth" : "exact"}`);
    this.zoomReset.hidden = !view.isZoomed;
    setText(this.zoomReset, `${view.zoom.toFixed(1)}\u00d7, reset`);
    this.windowReset.hidden = !view.isWindowed;
    setText(this.windowReset, `window ${Math.round(view.window.width)} level ${Math.round(view.window.level)}, reset`);
  }

  set({ input, number, label }, value, isOff) {
    input.value = value;
    input.disabled = isOff;
    label.classList.toggle("hg-off", isOff);
    setText(number, `${value} %`);
  }

  /** Where the crosshair is. */
  point(pixel, { form }) {
    const place = ([x, y]) => (form ? `${form.names[y]}, ${clockTime(x / form.rate, form.rate)}` : `x ${x}, y ${y}`);
    setText(this.place, pixel ? place(pixel) : "");
  }
}
