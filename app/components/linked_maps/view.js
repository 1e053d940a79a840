// Where a panel looks: a middle and a scale, the same for x and y, so that distances keep their meaning.

const MARGIN = 0.06; // of the panel, around the points
const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 4000;

class View {
  constructor({ x0, x1, y0, y1 }, span) {
    this.whole = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, span: span / (1 - 2 * MARGIN) };
    this.reset();
  }

  reset() {
    Object.assign(this, { x: this.whole.x, y: this.whole.y, zoom: 1 });
  }

  get isWhole() {
    return this.zoom === 1 && this.x === this.whole.x && this.y === this.whole.y;
  }

  /** Pixels for one unit of the map, in a panel of `side` pixels. */
  scale(side) {
    return (side * this.zoom) / this.whole.span;
  }

  toPixel([x, y], side) {
    const scale = this.scale(side);
    return [(x - this.x) * scale + side / 2, side / 2 - (y - this.y) * scale];
  }

  toMap([px, py], side) {
    const scale = this.scale(side);
    return [(px - side / 2) / scale + this.x, (side / 2 - py) / scale + this.y];
  }

  /** What is in view, and `margin` pixels around it. */
  box(side, margin = 0) {
    const half = (side / 2 + margin) / this.scale(side);
    return { x0: this.x - half, x1: this.x + half, y0: this.y - half, y1: this.y + half };
  }

  /** Zooms; what is under (px, py) stays there. */
  zoomAt([px, py], side, factor) {
    const [x, y] = this.toMap([px, py], side);
    const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.zoom * factor));
    const ratio = this.zoom / zoom;
    Object.assign(this, { x: x + (this.x - x) * ratio, y: y + (this.y - y) * ratio, zoom });
    this.stay();
  }

  panBy(dx, dy, side) {
    const scale = this.scale(side);
    this.x -= dx / scale;
    this.y += dy / scale;
    this.stay();
  }

  /** Brings a point into view if it is not. */
  reveal([x, y], side) {
    const [px, py] = this.toPixel([x, y], side);
    const edge = side * 0.08;
    if (px < edge || px > side - edge) this.x = x;
    if (py < edge || py > side - edge) this.y = y;
  }

  /** Never so far that no point could be in view. */
  stay() {
    const { x, y, span } = this.whole;
    this.x = Math.min(x + span / 2, Math.max(x - span / 2, this.x));
    this.y = Math.min(y + span / 2, Math.max(y - span / 2, this.y));
  }
}
