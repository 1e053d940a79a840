// What tiles of signals share: the time in view, the channels, the crosshair. Time is zoomed, channels are not.

const MOST_LANES = 8; // more are chosen from: the strongest, eight after eight, or all of them
const LEAST_IN_VIEW = 8; // samples

class TraceView extends View {
  open(picture) {
    if (this.picture !== picture.digest) this.choice = picture.height > MOST_LANES ? "strongest" : "all";
    this.nSamples = picture.width;
    this.nChannels = picture.height;
    this.ranked ??= [];
    super.open(picture);
  }

  /** Channels in view, in their own order; never none. */
  get lanes() {
    const all = [...Array(this.nChannels).keys()];
    if (this.choice === "all") return all;
    if (this.choice === "strongest") {
      const first = this.ranked.length === this.nChannels ? this.ranked : all;
      return first.slice(0, MOST_LANES).sort((a, b) => a - b);
    }
    const from = Number(this.choice) * MOST_LANES;
    return all.slice(from, from + MOST_LANES);
  }

  /** [value, words] of what can be chosen. */
  choices() {
    const pages = Math.ceil(this.nChannels / MOST_LANES);
    const span = (k) => `${k * MOST_LANES + 1}\u2013${Math.min(this.nChannels, (k + 1) * MOST_LANES)}`;
    return [
      ["strongest", `the ${MOST_LANES} strongest of ${this.nChannels}`],
      ...[...Array(pages).keys()].map((k) => [String(k), span(k)]),
      ["all", `all ${this.nChannels}`],
    ];
  }

  /** The next eight channels, or the ones before. */
  turn(by) {
    const pages = Math.ceil(this.nChannels / MOST_LANES);
    if (pages < 2) return;
    const at = /^\d+$/.test(this.choice) ? Number(this.choice) + by : by > 0 ? 0 : pages - 1;
    this.set({ choice: String((at + pages) % pages) }, "place");
  }

  get mostZoom() {
    return Math.max(1, this.nSamples / LEAST_IN_VIEW);
  }

  pixelAt({ x, y }, { width }) {
    const { lanes } = this;
    const [column, lane] = [Math.floor((x / this.zoom - this.x) * width), Math.floor(y * lanes.length)];
    return column >= 0 && column < width && lane >= 0 && lane < lanes.length ? [column, lanes[lane]] : null;
  }

  zoomAt(px, py, factor) {
    const zoom = Math.min(this.mostZoom, Math.max(1, this.zoom * factor));
    this.x += px / zoom - px / this.zoom;
    this.zoom = zoom;
    this.panBy(0, 0);
  }

  panBy(dx) {
    this.set({ x: Math.min(0, Math.max(1 / this.zoom - 1, this.x + dx / this.zoom)), y: 0 }, "place");
  }

  windowBy() {}

  /** Moves the pinned crosshair by samples, or to the channel above or below, and the time with it. */
  stepBy(dx, dy, { width }) {
    const { lanes } = this;
    const from = this.pixel ?? [Math.floor((0.5 / this.zoom - this.x) * width), lanes[0]];
    const lane = Math.min(lanes.length - 1, Math.max(0, Math.max(0, lanes.indexOf(from[1])) + Math.sign(dy)));
    const column = Math.min(width - 1, Math.max(0, from[0] + dx));
    const at = (column + 0.5) / width;
    if (this.isZoomed) this.x = Math.min(-at + 0.9 / this.zoom, Math.max(-at + 0.1 / this.zoom, this.x));
    Object.assign(this, { pinned: [column, lanes[lane]], hovered: null });
    this.panBy(0);
  }
}
