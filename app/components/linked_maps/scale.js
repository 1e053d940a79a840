// The legend of numbers: the bar of colours, its ticks, and how the numbers are distributed. Dragging selects a range.

const SCALE_BINS = 51; // 255 levels, five to a bin

class NumberScale {
  constructor(parent, maps, { name, low, high, unit }) {
    Object.assign(this, { maps, low, high });
    this.element = make("div", "lm-scale", parent);
    this.element.title = `${name}: drag along the bar to select a range. Above it how many cases have each value; in grey all, in colour the selected, each against its own highest.`;
    this.histogram = make("canvas", "lm-histogram", this.element);
    this.bar = make("canvas", "lm-bar", this.element);
    for (const canvas of [this.histogram, this.bar]) canvas.setAttribute("aria-hidden", "true");
    const ticks = make("div", "lm-ticks", this.element);
    for (const value of niceTicks(low, high, 4)) {
      makeText("span", "lm-tick", ticks, tickNumber(value)).style.setProperty("--at", (value - low) / (high - low));
    }
    if (unit) makeText("span", "lm-unit", parent, unit);
    this.listen();
  }

  listen() {
    const levelOf = ({ clientX }) => {
      const { left, width } = this.element.getBoundingClientRect();
      return Math.round(254 * Math.min(1, Math.max(0, (clientX - left) / width)));
    };
    let start = null;
    const range = (event) => [start, levelOf(event)].sort((a, b) => a - b);
    this.element.addEventListener("pointerdown", (event) => {
      start = levelOf(event);
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const [from, to] = range(event);
      this.maps.liftWhere((level) => level >= from && level <= to);
    });
    this.element.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const [from, to] = range(event);
      start = null;
      this.maps.liftWhere(null);
      if (to > from) this.maps.choosing.where((level) => level >= from && level <= to, joinOf(event));
    });
    this.element.addEventListener("pointercancel", () => {
      start = null;
      this.maps.liftWhere(null);
    });
  }

  show({ all, selected }, hasSelection, { theme, palette }) {
    this.bar.width = 255;
    this.bar.height = 1;
    const context = this.bar.getContext("2d");
    const image = context.createImageData(255, 1);
    new Uint32Array(image.data.buffer).set(palette.subarray(0, 255));
    context.putImageData(image, 0, 0);
    this.drawHistogram({ all, selected }, hasSelection, { theme, palette });
  }

  drawHistogram({ all, selected }, hasSelection, { theme, palette }) {
    const [width, height] = [255 * 2, 40];
    Object.assign(this.histogram, { width, height });
    const context = this.histogram.getContext("2d");
    const bins = (counts) => Array.from({ length: SCALE_BINS }, (_, k) => counts.subarray(5 * k, 5 * k + 5).reduce((a, b) => a + b, 0));
    const draw = (counts, colourOf) => {
      const heights = bins(counts);
      const highest = Math.max(1, ...heights);
      heights.forEach((count, k) => {
        const bar = count ? Math.max(1.5, (count / highest) * height) : 0;
        context.fillStyle = cssOf(colourOf(k));
        context.fillRect((k * width) / SCALE_BINS, height - bar, width / SCALE_BINS - 1, bar);
      });
    };
    draw(all, (k) => (hasSelection ? theme.rest : palette[5 * k + 2]));
    if (!hasSelection) return;
    context.globalAlpha = 0.85;
    draw(selected, (k) => palette[5 * k + 2]);
    context.globalAlpha = 1;
  }
}
