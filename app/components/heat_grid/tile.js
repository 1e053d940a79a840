// One map on its dark ground: a canvas of one pixel per picture element, scaled by CSS, and the marks above it.

class Tile {
  constructor(parent, grid, { isMain }) {
    this.grid = grid;
    this.isMain = isMain;
    this.isDirty = true;
    this.figure = make("figure", isMain ? "hg-tile hg-main" : "hg-tile", parent);
    const caption = make("figcaption", "hg-label", this.figure);
    this.label = make("span", "hg-name", caption);
    this.ends = make("span", "hg-ends", caption);
    this.stage = make("div", "hg-stage", this.figure);
    this.stage.tabIndex = isMain ? 0 : -1;
    this.stage.setAttribute("role", "img");
    this.stage.setAttribute("aria-roledescription", "attribution map");
    this.canvas = make("canvas", "hg-canvas", this.stage);
    this.context = this.canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    this.marks = this.makeMarks();
    this.note = make("div", "hg-note", this.stage);
    this.value = make("div", "hg-value", this.stage);
    this.stale = makeText("div", "hg-stale", this.stage, "settings changed");
    this.hint = makeText("div", "hg-hint", this.stage, this.hintText);
    this.hint.hidden = true;
    attachGestures(this.stage, () => grid.view, { size: () => grid.picture, onHint: () => this.showHint() });
    grid.seen.observe(this.stage);
    this.stage.tile = this;
  }

  makeMarks() {
    return new Marks(this.stage);
  }

  get hintText() {
    return "click the picture, or hold Ctrl, to zoom with the wheel";
  }

  /** Takes what Python says of this tile; paints again only what is new. */
  update(entry, heat, row) {
    Object.assign(this, { kind: entry.kind, hasOwnScale: entry.has_own_scale, unit: row.unit || this.grid.header.unit, row });
    if (this.heat?.digest !== heat?.digest) {
      this.heat = heat;
      this.isDirty = true;
    }
    this.fit();
    setText(this.label, entry.label);
    this.label.title = entry.label;
    setText(this.note, heat ? "" : entry.note || "no map");
    this.note.hidden = Boolean(heat);
    this.stale.hidden = !entry.is_stale;
    this.figure.classList.toggle("hg-is-stale", entry.is_stale);
    this.figure.classList.toggle("hg-is-empty", !heat);
    this.stage.setAttribute("aria-label", `${row.title}: ${entry.label}${entry.is_stale ? ", settings changed" : ""}`);
    this.marks.setOutline(this.grid.outline);
  }

  /** The canvas has the picture's own pixels; CSS makes it as large as the tile. */
  fit() {
    const { picture } = this.grid;
    if (this.canvas.width === picture.width && this.canvas.height === picture.height && this.image) return;
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    this.image = this.context.createImageData(picture.width, picture.height);
    this.isDirty = true;
  }

  /** Says beside a small map where its colours end; the large one has a colour bar. */
  scale() {
    const sign = this.kind === "signed" ? "\u00b1" : "\u2264 ";
    setText(this.ends, this.heat && !this.isMain ? sign + shortNumber(this.limit) : "");
    this.ends.title = this.ends.textContent ? `the colours end at ${withUnit(this.ends.textContent, this.unit)}` : "";
  }

  /** The size of attribution at the colours' ends. */
  get limit() {
    const { main } = this.row;
    return this.grid.view.isSameScale && !this.hasOwnScale && main.heat ? main.heat.limit : this.heat.limit;
  }

  paint({ isForced = false } = {}) {
    if (!this.isDirty || !this.image || !(this.isSeen || isForced)) return;
    this.isDirty = false;
    this.scale();
    const { view, picture, colours } = this.grid;
    const pixels = new Uint32Array(this.image.data.buffer);
    if (!this.heat) pixels.fill(pack(0, 0, 0));
    else if (view.mode === "picture") paintPicture(pixels, picture, view);
    else {
      const threshold = hiddenBelow(this.heat, view.hiddenShare);
      if (view.mode === "map") paintMap(pixels, this.heat, this.limit, colours, threshold);
      else paintOverlay(pixels, this.heat, this.limit, colours, threshold, picture, view, view.opacity);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  place() {
    this.canvas.style.transform = this.grid.view.transform;
    this.marks.place(this.grid.view, this.grid.picture);
    this.mark();
  }

  /** The crosshair and the map's number there. */
  mark() {
    const { view, picture } = this.grid;
    if (!this.heat) return;
    this.marks.point(view, picture);
    const pixel = view.pixel;
    this.value.hidden = !pixel;
    if (!pixel) return;
    const text = signedNumber(this.numberAt(pixel), this.kind);
    setText(this.value, this.isMain ? withUnit(text, this.unit) : text);
    this.value.classList.toggle("hg-at-top", (pixel[1] / picture.height + view.y) * view.zoom > 0.8);
  }

  numberAt([column, row]) {
    return this.heat.numbers[row * this.grid.picture.width + column] * this.heat.scale;
  }

  showHint() {
    this.hint.hidden = false;
    clearTimeout(this.hintTimer);
    this.hintTimer = setTimeout(() => { this.hint.hidden = true; }, 1400);
  }

  remove() {
    clearTimeout(this.hintTimer);
    this.grid.seen.unobserve(this.stage);
    this.figure.remove();
  }
}
