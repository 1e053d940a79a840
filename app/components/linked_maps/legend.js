// The legend of groups: the shape and colour of each, and how many are selected of how many.

const UNKNOWN_LEVEL = 255;

class Legend {
  constructor(parent, maps) {
    this.maps = maps;
    this.element = make("div", "lm-legend", parent);
    this.element.setAttribute("role", "group");
  }

  open(colours) {
    const { maps } = this;
    this.element.replaceChildren();
    this.element.setAttribute("aria-label", `Colours: ${colours.name}`);
    makeText("span", "lm-legend-name", this.element, colours.name);
    this.entries = [];
    if (colours.kind === "numbers") {
      this.scale = new NumberScale(this.element, maps, colours);
    } else {
      this.scale = null;
      colours.groups.forEach((name, level) => this.add(name, level));
    }
    this.add("not known", UNKNOWN_LEVEL);
  }

  add(name, level) {
    const entry = make("button", "lm-entry", this.element);
    entry.type = "button";
    entry.dataset.level = level;
    const swatch = make("canvas", "lm-swatch", entry);
    makeText("span", "lm-entry-name", entry, name);
    const count = make("span", "lm-entry-count", entry);
    const { maps } = this;
    entry.addEventListener("click", (event) => maps.choosing.level(level, event.ctrlKey || event.metaKey ? "toggle" : joinOf(event)));
    entry.addEventListener("pointerenter", () => maps.lift(level));
    entry.addEventListener("pointerleave", () => maps.lift(null));
    entry.addEventListener("focus", () => entry.matches(":focus-visible") && maps.lift(level));
    entry.addEventListener("blur", () => maps.lift(null));
    this.entries.push({ entry, swatch, count, name, level });
  }

  /** Counts, and the swatches as the points look now. */
  show({ all, selected }, hasSelection, { theme, palette, style }) {
    for (const { entry, swatch, count, name, level } of this.entries) {
      const [n, k] = [all[level], selected[level]];
      entry.hidden = level === UNKNOWN_LEVEL && !n;
      count.textContent = hasSelection ? `${counted(k)} / ${counted(n)}` : counted(n);
      const words = hasSelection ? `${counted(k)} of ${counted(n)} selected` : counted(n);
      entry.setAttribute("aria-label", `Select all of ${name}: ${words}`);
      entry.title = `${name}: ${words}. Click selects all of them; with Shift in addition, with Alt takes them away.`;
      entry.disabled = !n;
      const shape = SHAPES[shapeOf(level, style)];
      drawSwatch(swatch, { shape, colour: palette[level], ground: theme.ground });
    }
    this.scale?.show({ all, selected }, hasSelection, { theme, palette });
  }
}
