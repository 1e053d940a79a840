// The four linked pictures on their dark ground. Canvases hold one pixel per picture element; CSS does the scaling.

const PANELS = ["original", "decoded", "edit", "change"];
const PICTURE_HELP = [
  ["+  \u2212  ,  .", "zoom in, zoom out, move left, move right"],
  ["Wheel, pinch", "zoom all pictures"],
  ["Drag", "move the zoomed pictures"],
  ["Shift-drag, right-drag", "window and level"],
  ["Double click", "whole picture again"],
];

class Panels {
  constructor(parent, onChange) {
    this.view = new View(onChange);
    this.table = windowTable(this.view.window);
    this.help = PICTURE_HELP;
    this.element = make("div", "pv-panels", parent);
    this.items = Object.fromEntries(PANELS.map((kind) => [kind, this.build(kind)]));
    const bar = make("span", "pv-bar", this.items.change.caption);
    this.bar = {
      low: make("span", "pv-bar-end", bar),
      ramp: make("span", "pv-bar-ramp", bar),
      high: make("span", "pv-bar-end", bar),
      unit: make("span", "pv-bar-unit", bar),
    };
    this.items.edit.caption.textContent = "original + change, not a decode";
  }

  build(kind) {
    const figure = make("figure", `pv-panel pv-panel-${kind}`, this.element);
    const title = make("div", "pv-title", figure);
    const stage = make("div", "pv-stage", figure);
    const canvas = make("canvas", "pv-canvas", stage);
    canvas.setAttribute("role", "img");
    canvas.dataset.panel = kind;
    const badge = make("div", "pv-badge", stage);
    badge.hidden = true;
    const caption = make("figcaption", "pv-caption", figure);
    attachGestures(stage, this.view);
    const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    return { figure, title, stage, canvas, badge, caption, context, image: null };
  }

  /** Sets what stays the same along a path. */
  open(path) {
    this.colours = packColours(path.changeColours);
    this.element.style.setProperty("--aspect", path.width / path.height);
    for (const item of Object.values(this.items)) {
      if (item.canvas.width === path.width && item.canvas.height === path.height && item.image) continue;
      item.canvas.width = path.width;
      item.canvas.height = path.height;
      item.image = item.context.createImageData(path.width, path.height);
    }
    const { limit, isClipped, unit } = path.change;
    this.bar.low.textContent = `${isClipped ? "\u2264 " : ""}${signed(-limit, 0)}`;
    this.bar.high.textContent = `${isClipped ? "\u2265 " : ""}${signed(limit, 0)}`;
    this.bar.ramp.style.background = colourBar(path.changeColours);
    this.bar.unit.textContent = unit;
    this.bar.ramp.title = `difference of two decoded pictures in ${unit}; the scale is the same along the path`
      + (isClipped ? "; larger changes have the end colour" : "");
    this.items.original.title.textContent = "Original";
    this.items.original.caption.textContent = path.caption || `${path.width} × ${path.height}, as the model is given it`;
    this.items.decoded.caption.textContent = "drawn by the model from z";
  }

  /** Draws step `shown`; `wanted` differs from it while that step is still being computed. */
  draw(path, shown, wanted) {
    const { table } = this;
    const at = signed(path.steps[shown], path.decimals);
    const sd = at === "0" ? "0" : `${at} SD`;
    this.paint("original", (image) => paintLevels(image, path.original, path.channels, table));
    this.paint("decoded", (image) => paintLevels(image, path.decoded(shown), path.channels, table));
    this.paint("edit", (image) => paintLevels(image, path.edit(shown), path.channels, table));
    this.paint("change", (image) => {
      const base = path.decoded(path.origin);
      paintChange(image, path.decoded(shown), base, path.channels, path.change.limit, this.colours);
    });
    this.items.decoded.title.textContent = `Decoded at ${sd}`;
    this.items.edit.title.textContent = `Edit at ${sd} on the original`;
    this.items.change.title.textContent = shown === path.origin ? "Change, none at 0" : `Change from 0 to ${sd}`;
    this.items.change.title.title = `decoded at ${sd} ${MINUS} decoded at 0`;
    this.mark(path, shown, wanted);
    for (const item of Object.values(this.items)) {
      item.canvas.setAttribute("aria-label", `${item.title.textContent}. ${item.caption.textContent}`);
      item.canvas.dataset.step = shown;
    }
  }

  paint(kind, fill) {
    const item = this.items[kind];
    fill(item.image);
    item.context.putImageData(item.image, 0, 0);
  }

  mark(path, shown, wanted) {
    const text = shown === wanted ? ""
      : `showing ${signed(path.steps[shown], path.decimals)}, ${signed(path.steps[wanted], path.decimals)} is being computed`;
    for (const kind of ["decoded", "edit", "change"]) {
      this.items[kind].badge.textContent = text;
      this.items[kind].badge.hidden = !text;
    }
  }

  /** Changes with what the reader has set, as far as pictures must be painted again for it. */
  get signature() {
    return [this.view.window.level, this.view.window.width].join();
  }

  /** The quiet buttons of this view: what each says, and does. */
  tools() {
    const { view } = this;
    const { width, level } = view.window;
    return [
      { text: `window ${Math.round(width)} level ${Math.round(level)}, reset`, isHidden: !view.isWindowed, press: () => view.resetWindow() },
      { text: `${view.zoom.toFixed(1)}\u00d7, reset`, isHidden: !view.isZoomed, press: () => view.resetZoom() },
      {
        text: view.isSmooth ? "pixels: smooth" : "pixels: exact",
        title: view.isSmooth ? "Show the picture's own pixels" : "Smooth between pixels",
        press: () => view.toggleSmooth(),
      },
    ];
  }

  thumbAspect(path) {
    return path.width / path.height;
  }

  /** Draws step k small, on a canvas of the right shape. */
  paintThumb(canvas, path, k) {
    this.sheet ??= new OffscreenCanvas(1, 1);
    if (this.sheet.width !== path.width || this.sheet.height !== path.height) {
      Object.assign(this.sheet, { width: path.width, height: path.height });
    }
    const context = this.sheet.getContext("2d");
    const image = context.createImageData(path.width, path.height);
    paintLevels(image, path.decoded(k), path.channels, this.table);
    context.putImageData(image, 0, 0);
    const target = canvas.getContext("2d");
    target.imageSmoothingQuality = "high";
    target.drawImage(this.sheet, 0, 0, canvas.width, canvas.height);
  }

  destroy() {
    this.element.remove();
  }

  applyView() {
    this.table = windowTable(this.view.window);
    this.element.classList.toggle("pv-pixels", !this.view.isSmooth);
    this.element.classList.toggle("pv-zoomed", this.view.isZoomed);
    for (const item of Object.values(this.items)) item.canvas.style.transform = this.view.transform;
  }
}
