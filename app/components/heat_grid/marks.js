// What is drawn on a tile and is not the map: the mask's border and the crosshair, light on a dark edge, so that they
// show on black and on white. Their lines are as thick at every zoom.

/** The mask's border as an SVG path in pixels of the picture; "" without a mask. */
function outlinePath(outline) {
  if (!outline) return "";
  if (outline.spans) return outline.spans; // of a signal: for each channel, [first sample, samples] each
  const pieces = (flat, letter) => {
    const parts = [];
    for (let i = 0; i < flat.length; i += 3) parts.push(`M${flat[i]} ${flat[i + 1]}${letter}${flat[i + 2]}`);
    return parts.join("");
  };
  return pieces(outline.upright, "v") + pieces(outline.level, "h");
}

class Marks {
  constructor(stage) {
    this.svg = makeShape("svg", "hg-marks", stage, { preserveAspectRatio: "none", "aria-hidden": "true" });
    this.outline = this.pair("hg-outline");
    this.cross = this.pair("hg-cross");
  }

  /** A dark line below a light one. */
  pair(name) {
    return ["dark", "light"].map((tone) => makeShape("path", `${name} hg-${tone}`, this.svg));
  }

  setOutline(path) {
    for (const line of this.outline) line.setAttribute("d", path);
  }

  place(view, size) {
    this.svg.setAttribute("viewBox", view.box(size));
  }

  /** Lines to the pixel from all sides, and the pixel itself left free. */
  point(view, { width, height }) {
    const pixel = view.pixel;
    if (!pixel) return this.draw("");
    const [x, y] = pixel;
    const gap = Math.max(1, (0.03 * Math.max(width, height)) / view.zoom);
    const lines = `M0 ${y + 0.5}H${x + 0.5 - gap}M${x + 0.5 + gap} ${y + 0.5}H${width}`
      + `M${x + 0.5} 0V${y + 0.5 - gap}M${x + 0.5} ${y + 0.5 + gap}V${height}`;
    const isSeen = width / view.zoom < 64; // a pixel is large enough for a frame
    this.draw(isSeen ? `${lines}M${x} ${y}h1v1h-1z` : lines);
  }

  draw(path) {
    for (const line of this.cross) line.setAttribute("d", path);
  }
}
