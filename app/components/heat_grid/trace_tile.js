// One map of a signal: a lane for each channel in view, the map along time behind its trace. The same interface as Tile.

const LANE_GAP = 0.06;
const LEAST_NAMED = 24; // CSS pixels of a lane that has room for its name
const LEAST_SCALED = 44; // and for the ends of its scale

class TraceTile extends Tile {
  constructor(parent, grid, options) {
    super(parent, grid, options);
    if (this.isMain) {
      this.heads = new TraceHeads(this.figure);
      this.times = new TraceTimes(this.figure);
    }
    this.figure.addEventListener("transitionrun", () => { this.isDirty = true; grid.changed("theme"); }); // the theme has changed, see traces.css
    this.observer = new ResizeObserver(() => this.repaint());
    this.observer.observe(this.stage);
  }

  makeMarks() {
    return new TraceMarks(this.stage);
  }

  get hintText() {
    return "click the trace, or hold Ctrl, to zoom in time with the wheel";
  }

  update(entry, heat, row) {
    this.spread = entry.spread;
    super.update(entry, heat, row);
  }

  /** The canvas has the screen's pixels, whatever the signal's length. */
  fit() {
    const n = this.grid.view.lanes.length;
    const lane = this.isMain ? Math.max(40, Math.min(150, 272 / n)) : Math.max(18, Math.min(84, 112 / n));
    this.stage.style.height = `${Math.round(n * lane)}px`;
    const { clientWidth, clientHeight } = this.stage;
    const [width, height] = [clientWidth, clientHeight].map((size) => Math.max(1, Math.round(size * devicePixelRatio)));
    if (this.canvas.width === width && this.canvas.height === height) return;
    Object.assign(this.canvas, { width, height });
    this.isDirty = true;
  }

  repaint() {
    this.isDirty = true;
    this.grid.changed("mark");
  }

  paint({ isForced = false } = {}) {
    const { view, picture } = this.grid;
    if (this.isOutlined !== view.hasOutline) this.isDirty = true;
    if (!this.isDirty || !picture || !(this.isSeen || isForced)) return;
    this.isDirty = false;
    this.isOutlined = view.hasOutline;
    this.fit();
    this.isDirty = false;
    this.scale();
    const { width, height } = this.canvas;
    const palette = this.grid.palette;
    this.context.fillStyle = css(palette.ground);
    this.context.fillRect(0, 0, width, height);
    const { lanes } = view;
    this.frames = lanes.map((channel, k) => {
      const room = height / lanes.length;
      const gap = lanes.length > 1 ? room * LANE_GAP : 0;
      return new Frame({ width, top: k * room + gap / 2, height: room - gap, nSamples: picture.width, view });
    });
    if (this.heat) this.drawLanes(lanes, palette);
    this.writeWords(lanes);
  }

  drawLanes(lanes, palette) {
    const { view, picture, outline } = this.grid;
    const { context } = this;
    const look = { palette, ratio: devicePixelRatio };
    if (view.mode !== "picture" && !this.spread) this.drawBands(lanes, palette);
    lanes.forEach((channel, k) => {
      const frame = this.frames[k];
      context.save();
      context.beginPath();
      context.rect(0, frame.top, frame.width, frame.height);
      context.clip();
      const offset = channel * picture.width;
      const trace = (i) => picture.values[offset + i];
      if (this.spread && view.mode !== "picture") {
        if (view.mode === "overlay") strokeTrace(context, frame, trace, picture.ranges[channel], { ...look, alpha: 0.35 });
        const spread = (i) => this.spread.numbers[offset + i] * this.spread.scale;
        drawCurve(context, frame, (i) => this.heat.numbers[offset + i] * this.heat.scale, spread, this.curveRange, look);
      } else if (view.mode !== "map") strokeTrace(context, frame, trace, picture.ranges[channel], look);
      if (view.hasOutline && outline?.[channel]) drawBrackets(context, frame, outline[channel], look);
      context.restore();
    });
  }

  /** All lanes' colours as rows of one small picture, each drawn as high as its lane. */
  drawBands(lanes, palette) {
    const { view, picture } = this.grid;
    const { width } = this.canvas;
    const image = new ImageData(width, lanes.length);
    const pixels = new Uint32Array(image.data.buffer);
    const isOverlay = view.mode === "overlay";
    const rule = {
      gain: this.heat.scale / this.limit,
      threshold: hiddenBelow(this.heat, view.hiddenShare),
      palette,
      hidden: isOverlay ? palette.ground : mix(palette.ground, palette.ink, 0.18).map(Math.round),
      weight: isOverlay ? view.opacity : 1, // zero has the ground's colour, or nearly: nothing need fade twice
    };
    lanes.forEach((channel, k) => {
      const columns = columnsOf(this.frames[k], this.heat.numbers, channel * picture.width, view.isSmooth);
      bandRow(pixels, k * width, columns, rule);
    });
    const rows = new OffscreenCanvas(width, lanes.length);
    rows.getContext("2d").putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = false;
    this.frames.forEach((frame, k) => this.context.drawImage(rows, 0, k, width, 1, 0, frame.top, width, frame.height));
  }

  /** Least and greatest number of the curve with its spread, around 0. */
  get curveRange() {
    const { numbers, scale } = this.heat;
    let most = 0;
    numbers.forEach((number, i) => { most = Math.max(most, Math.abs(number * scale) + this.spread.numbers[i] * this.spread.scale); });
    return [this.kind === "signed" ? -most : 0, most || 1];
  }

  writeWords(lanes) {
    const { picture, view } = this.grid;
    const { names, units, rate } = picture.form;
    if (!this.isMain) {
      const isRoom = lanes.length > 1 && this.stage.clientHeight / lanes.length >= LEAST_NAMED;
      this.marks.writeNames(isRoom ? lanes.map((c) => names[c]) : []);
      return;
    }
    const isCurve = this.spread && this.heat && view.mode !== "picture";
    const range = isCurve ? this.curveRange : null;
    const lane = this.stage.clientHeight / lanes.length;
    this.heads.element.style.setProperty("--lane", lane);
    this.heads.write(lanes.map((c, k) => {
      const [low, high] = range ?? picture.ranges[c];
      const ends = lane < LEAST_SCALED || !(high > low) ? [] : [high, ...(isCurve && low < 0 && lane > 60 ? [0] : []), low];
      const frame = this.frames[k];
      const at = (value) => (frame.y(value, [low, high]) - (k * this.canvas.height) / lanes.length) / (this.canvas.height / lanes.length);
      return { name: names[c], unit: isCurve ? "" : units[c], ticks: ends.map((value) => [at(value), shortNumber(Number(value.toPrecision(2)))]) };
    }));
    this.times.write(view, { width: picture.width, rate });
  }

  place() {
    this.isDirty = true;
    this.paint();
    this.mark();
  }

  mark() {
    const { view, picture } = this.grid;
    if (this.isOutlined !== view.hasOutline || this.isDirty) this.paint();
    if (!this.heat || !this.frames) return;
    const pixel = view.pixel;
    const lane = pixel ? view.lanes.indexOf(pixel[1]) : -1;
    const x = pixel ? ((pixel[0] + 0.5) / picture.width + view.x) * view.zoom : -1;
    const isIn = lane >= 0 && x >= 0 && x <= 1;
    this.value.hidden = !isIn;
    if (!isIn) return this.marks.point(null);
    const value = picture.values[pixel[1] * picture.width + pixel[0]];
    const isOnTrace = view.mode !== "map" && !this.spread;
    const y = isOnTrace ? this.frames[lane].y(value, picture.ranges[pixel[1]]) / this.canvas.height : null;
    this.marks.point({ x, y });
    const number = signedNumber(this.numberAt(pixel), this.kind);
    const off = this.spread ? ` \u00b1 ${shortNumber(this.spread.numbers[pixel[1] * picture.width + pixel[0]] * this.spread.scale)}` : "";
    setText(this.value, this.isMain ? `${withUnit(number + off, this.unit)} \u00b7 ${this.momentWords(pixel, value)}` : number);
    this.value.classList.toggle("hg-at-left", x > 0.5);
    this.value.classList.toggle("hg-at-top", (lane + 0.5) / view.lanes.length > 0.5);
  }

  momentWords([column, channel], value) {
    const { names, units, rate } = this.grid.picture.form;
    return `${names[channel]} ${withUnit(shortNumber(value), units[channel])} at ${clockTime(column / rate, rate)}`;
  }

  remove() {
    this.observer.disconnect();
    super.remove();
  }
}

/** Seconds, with the digits that tell two samples apart. */
function clockTime(seconds, rate) {
  return `${seconds.toFixed(Math.max(0, Math.ceil(Math.log10(rate))))} s`;
}
