// One map: its canvases, its view, and the lines of words below it.

const REST_MS = 140; // after the last movement everything is drawn again
const FRAME_MS = 11; // of drawing in one frame while something moves
const MARKS = [
  [RING, "its neighbours here are not its real ones"],
  [CROSS, "lands elsewhere when the map is made again"],
  [RING_CROSS, "both"],
];

class Panel {
  constructor(parent, maps, index) {
    Object.assign(this, { maps, index, isMoving: false, cost: 0, sheets: new DensitySheets(), drag: null });
    this.element = make("figure", "lm-panel", parent);
    this.title = make("figcaption", "lm-title", this.element);
    this.stage = make("div", "lm-stage", this.element);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.dataset.panel = index;
    this.points = make("canvas", "lm-points", this.stage);
    this.over = make("canvas", "lm-over", this.stage);
    for (const canvas of [this.points, this.over]) canvas.setAttribute("aria-hidden", "true");
    this.notes = make("div", "lm-notes", this.element);
    this.words = make("p", "lm-words", this.element);
    attachGestures(this, maps);
    attachPanelKeys(this, maps);
  }

  /** Takes another map or the same; the view of a map that is known is kept. */
  open(loaded, header) {
    const isOther = this.header?.key !== loaded.header.key || this.grid !== loaded.grid;
    Object.assign(this, { header: loaded.header, grid: loaded.grid, placed: loaded.placed, doubtful: loaded.doubtful });
    if (isOther) {
      this.view = this.maps.viewOf(this.index, this.header.key, this.grid);
      this.look = new Uint16Array(this.grid.n);
      this.cost = 0;
    }
    this.showDoubtful = header.show_doubtful && this.doubtful !== null;
    this.title.textContent = this.header.title;
    this.words.textContent = this.header.words;
    this.words.hidden = !this.header.words;
    this.stage.dataset.key = this.header.key;
    this.stage.setAttribute("aria-label", `${this.header.title}, a map of ${counted(this.grid.n)} ${header.n_label}. `
      + "Arrow keys move from case to case, Space selects, Enter opens, ? lists the keys. A table on the page has the same cases.");
  }

  mark(row) {
    const isPlaced = this.placed?.[row];
    if (!this.showDoubtful) return isPlaced ? RING : SOLID;
    return this.doubtful[row] || (isPlaced ? RING_DOT : SOLID);
  }

  /** Writes down how each point looks; `levels` and `layers` are by row. */
  dress(levels, layers) {
    const { grid: { order, n }, look, showDoubtful, doubtful } = this;
    const hasMarks = showDoubtful || this.placed;
    this.hasMarks = Boolean(hasMarks);
    for (let k = 0; k < n; k++) {
      const row = order[k];
      look[k] = levels[row] | (layers[row] << LAYER_SHIFT);
      if (!hasMarks) continue;
      look[k] |= this.mark(row) << MARK_SHIFT;
      if (showDoubtful && doubtful[row]) look[k] |= DOUBTFUL_BIT;
    }
    this.refresh();
  }

  /** Says below the map what its marks mean, and how many there are in the cohort. */
  showNotes(cohort) {
    this.notes.replaceChildren();
    const counts = [0, 0, 0, 0, 0];
    if (this.hasMarks) for (let row = 0; row < this.grid.n; row++) if (!cohort || cohort[row]) counts[this.mark(row)]++;
    const lines = this.showDoubtful
      ? [[SOLID, "nothing speaks against it"], ...MARKS, [RING_DOT, "placed afterwards, nothing speaks against it"]]
      : [[RING, "placed on the finished map afterwards"]];
    for (const [mark, words] of lines) {
      if (!counts[mark] || (!this.showDoubtful && mark === SOLID)) continue;
      const note = make("span", "lm-note", this.notes);
      drawSwatch(make("canvas", "lm-swatch", note), { mark, colour: this.maps.theme.text, ground: this.maps.theme.ground });
      makeText("span", "", note, `${words}: ${counted(counts[mark])}`);
    }
    for (const { name, words } of this.header.arrows) if (words) makeText("span", "lm-note", this.notes, `\u2197 ${name}: ${words}`);
    if (this.showDoubtful) this.faint = makeText("span", "lm-note", this.notes, "paler points must not be read; zoom in to see why");
    else this.faint = null;
    this.notes.hidden = !this.notes.children.length;
  }

  get side() {
    return this.stage.clientWidth;
  }

  /** Draws the points again, soon. */
  refresh() {
    this.isStale = true;
    this.maps.requestFrame();
  }

  refreshOver() {
    this.isOverStale = true;
    this.maps.requestFrame();
  }

  /** The view has changed. */
  moved() {
    this.isMoving = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.isMoving = false;
      if (this.isRough) this.refresh();
    }, REST_MS);
    this.refresh();
  }

  frame() {
    if (!this.grid || !this.side) return;
    if (this.isStale) this.drawPoints();
    if (this.isStale || this.isOverStale) this.drawOver();
    this.isStale = this.isOverStale = false;
  }

  drawPoints() {
    const started = performance.now();
    const { maps, grid, look, view } = this;
    const nInView = grid.countIn(view.box(1));
    const isDense = maps.isDense ?? nInView > DENSE_FROM;
    const { ratio, stride } = this.detail(nInView, isDense);
    const size = Math.max(1, Math.round(this.side * ratio));
    if (this.points.width !== size || !this.image) {
      this.points.width = this.points.height = size;
      this.context = this.points.getContext("2d", { alpha: false });
      this.image = this.context.createImageData(size, size);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const { theme, palette, nGroups, layersUsed: layers } = maps;
    const task = { pixels: this.pixels, width: size, height: size, grid, look, view, theme, palette, stride, layers };
    const style = styleFor({ nInView, ratio, nGroups, hasMarks: this.hasMarks });
    if (isDense) paintDensity({ ...task, nGroups, hasDoubt: this.showDoubtful, sheets: this.sheets });
    else paintPoints({ ...task, style, nChosen: maps.lifted ? 0 : maps.selection.count });
    this.context.putImageData(this.image, 0, 0);
    if (this.faint) this.faint.hidden = !isDense && style.isMarked;
    const took = performance.now() - started;
    this.isRough = stride > 1 || ratio < this.detail(0, isDense).ratio;
    if (stride === 1) this.cost = took / Math.max(1, nInView * ratio ** 2);
    this.stage.dataset.mode = isDense ? "density" : "points";
    this.stage.dataset.view = [view.x, view.y, view.scale(this.side)].join(" ");
    this.stage.dataset.shaped = isDense ? "" : `${style.isShaped ? "shapes" : ""} ${style.isFine ? "fine" : ""}`.trim();
    this.maps.drewPoints();
  }

  /** How finely to draw: while something moves, as finely as a frame has time for. */
  detail(nInView, isDense) {
    const full = window.devicePixelRatio || 1;
    const whole = isDense ? full / Math.round(full) : full; // densities have the size of CSS pixels
    const cost = this.cost * nInView;
    if (!this.isMoving || cost * whole ** 2 <= FRAME_MS) return { ratio: whole, stride: 1 };
    const ratio = Math.min(1, whole);
    return { ratio, stride: Math.max(1, Math.ceil((cost * ratio ** 2) / FRAME_MS)) };
  }

  drawOver() {
    const { side, view, header, drag } = this;
    const ratio = window.devicePixelRatio || 1;
    const size = Math.max(1, Math.round(side * ratio));
    if (this.over.width !== size) this.over.width = this.over.height = size;
    const context = this.over.getContext("2d");
    context.setTransform(size / side, 0, 0, size / side, 0, 0);
    const row = this.maps.pointing.row;
    const ring = row === null ? null : this.grid.position(row);
    this.stage.dataset.ring = row ?? "";
    const fonts = `12px ${getComputedStyle(this.element).fontFamily}`;
    drawOverlay(context, { side, view, theme: this.maps.theme, header, ring, drag, fonts });
  }

  /** The case under the pointer, in CSS pixels of the stage; −1: none. */
  rowAt([px, py], reach) {
    const [x, y] = this.view.toMap([px, py], this.side);
    return this.grid.nearest(x, y, reach / this.view.scale(this.side), this.maps.isReachable);
  }

  zoomBy(factor, place = [this.side / 2, this.side / 2]) {
    this.view.zoomAt(place, this.side, factor);
    this.moved();
  }

  resetView() {
    this.view.reset();
    this.moved();
  }

  destroy() {
    clearTimeout(this.rest);
    this.element.remove();
  }
}

/** A small picture of a mark, drawn as on the map. */
function drawSwatch(canvas, { shape = "circle", mark = SOLID, colour, ground, side = 14 }) {
  const ratio = window.devicePixelRatio || 1;
  const size = Math.round(side * ratio);
  canvas.width = canvas.height = size;
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer).fill(ground);
  printStamp(pixels, size, size, stamps.of(shape, mark, 4.4 * ratio, 10, 1), size >> 1, size >> 1, colour);
  context.putImageData(image, 0, 0);
}
