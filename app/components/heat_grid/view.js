// What all tiles share: zoom, window, sliders, the crosshair. Kept by the grid's key, so that a rerun, a row that
// arrives or a grid that Streamlit puts elsewhere on the page goes on where the reader was.

const MAX_ZOOM = 16;
const FULL_WINDOW = { level: 127.5, width: 255 };
const MODES = ["map", "overlay", "picture"];
const views = new Map();

class View {
  constructor() {
    Object.assign(this, { mode: "overlay", opacity: 0.85, hiddenShare: 0, hasOutline: true, isSameScale: false, isSmooth: true });
    Object.assign(this, { pinned: null, hovered: null, picture: null, listener: () => {} });
    this.resetAll();
  }

  /** The view of a grid; a grid that has become one of signals, or of pictures, has a new one. */
  static of(key, Kind) {
    if (views.get(key)?.constructor !== Kind) views.set(key, new Kind());
    return views.get(key);
  }

  /** Another picture has its own zoom and window; the sliders stay. */
  open(picture) {
    if (this.picture === picture.digest) return;
    this.picture = picture.digest;
    Object.assign(this, { pinned: null, hovered: null });
    this.resetAll();
  }

  resetAll() {
    Object.assign(this, { zoom: 1, x: 0, y: 0 }); // x, y: the picture's offset in its own size
    this.window = { ...FULL_WINDOW };
  }

  get isZoomed() {
    return this.zoom > 1;
  }

  get isWindowed() {
    return this.window.level !== FULL_WINDOW.level || this.window.width !== FULL_WINDOW.width;
  }

  get pixel() {
    return this.hovered ?? this.pinned;
  }

  get transform() {
    return `scale(${this.zoom}) translate(${this.x * 100}%, ${this.y * 100}%)`;
  }

  /** The visible part of a picture, as an SVG's viewBox. */
  box({ width, height }) {
    return `${-this.x * width} ${-this.y * height} ${width / this.zoom} ${height / this.zoom}`;
  }

  /** The pixel [column, row] at a place in a tile (fractions of it); null beside the picture. */
  pixelAt({ x, y }, { width, height }) {
    const [column, row] = [Math.floor((x / this.zoom - this.x) * width), Math.floor((y / this.zoom - this.y) * height)];
    return column >= 0 && row >= 0 && column < width && row < height ? [column, row] : null;
  }

  /** @param what changed: "paint" (colours), "place" (zoom), "mark" (crosshair, outline). */
  set(changes, what = "paint") {
    Object.assign(this, changes);
    this.listener(what);
  }

  /** Zooms so that the point (fractions of the tile) stays where it is. */
  zoomAt(px, py, factor) {
    const zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
    this.x += px / zoom - px / this.zoom;
    this.y += py / zoom - py / this.zoom;
    this.zoom = zoom;
    this.panBy(0, 0);
  }

  /** Moves by fractions of the tile, never past the picture's edge. */
  panBy(dx, dy) {
    const clamp = (value) => Math.min(0, Math.max(1 / this.zoom - 1, value));
    this.set({ x: clamp(this.x + dx / this.zoom), y: clamp(this.y + dy / this.zoom) }, "place");
  }

  resetZoom() {
    this.set({ zoom: 1, x: 0, y: 0 }, "place");
  }

  /** Right and left change the width of the window, up and down its level, in grey levels. */
  windowBy(dx, dy) {
    const width = Math.min(510, Math.max(2, this.window.width + dx * 255));
    const level = Math.min(255, Math.max(0, this.window.level + dy * 255));
    this.set({ window: { level, width } });
  }

  resetWindow() {
    this.set({ window: { ...FULL_WINDOW } });
  }

  /** Moves the pinned crosshair by pixels, and the picture with it where it would leave the tile. */
  stepBy(dx, dy, { width, height }) {
    const from = this.pixel ?? [Math.floor(width / 2), Math.floor(height / 2)];
    const clamp = (value, most) => Math.min(most - 1, Math.max(0, value));
    const [column, row] = [clamp(from[0] + dx, width), clamp(from[1] + dy, height)];
    const follow = (at, offset) => Math.min(-at + 0.9 / this.zoom, Math.max(-at + 0.1 / this.zoom, offset));
    Object.assign(this, { pinned: [column, row], hovered: null });
    if (this.isZoomed) Object.assign(this, { x: follow(column / width, this.x), y: follow(row / height, this.y) });
    this.panBy(0, 0);
  }
}
