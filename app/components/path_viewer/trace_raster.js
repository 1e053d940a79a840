// Many values to pixels, column by column: what the canvas takes ten times longer for with lines of its own.

const FINE_FROM = 3000; // values in view; fewer are drawn with the canvas's own lines

/** The pixels of a canvas, written one column of a lane at a time. */
class Raster {
  constructor(context) {
    const { width, height } = context.canvas;
    this.context = context;
    this.image = context.createImageData(width, height);
    this.bytes = this.image.data;
    this.words = new Uint32Array(this.bytes.buffer);
    this.width = width;
    this.height = height;
  }

  clear() {
    this.words.fill(0);
  }

  show() {
    this.context.putImageData(this.image, 0, 0);
  }

  /** Fills a column from y0 to y1 in pixels, its ends by the share of the pixel that they cover. */
  column(x, y0, y1, colour, top, bottom) {
    const from = y0 > top ? y0 : top;
    const to = y1 < bottom ? y1 : bottom;
    if (!(to > from)) return;
    const { words, width } = this;
    const isOpaque = colour.share === 1;
    const end = Math.ceil(to);
    for (let row = Math.floor(from), i = row * width + x; row < end; row++, i += width) {
      const share = (row + 1 < to ? row + 1 : to) - (row > from ? row : from);
      if (share > 0.996 && (isOpaque || words[i] === 0)) words[i] = colour.word;
      else this.blend(4 * i, colour, colour.share * share);
    }
  }

  /** A colour over what is there. */
  blend(i, { red, green, blue }, share) {
    const { bytes } = this;
    const under = (bytes[i + 3] / 255) * (1 - share);
    const alpha = share + under;
    bytes[i] = (red * share + bytes[i] * under) / alpha;
    bytes[i + 1] = (green * share + bytes[i + 1] * under) / alpha;
    bytes[i + 2] = (blue * share + bytes[i + 2] * under) / alpha;
    bytes[i + 3] = alpha * 255;
  }
}

/** Least and greatest height of something in each column of pixels. */
class Spans {
  constructor(width) {
    this.least = new Float32Array(width);
    this.most = new Float32Array(width);
    this.clear();
  }

  clear() {
    this.least.fill(Infinity);
    this.most.fill(-Infinity);
  }

  add(x, a, b) {
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    if (low < this.least[x]) this.least[x] = low;
    if (high > this.most[x]) this.most[x] = high;
  }
}

/** Calls back for each column that the line between two neighbouring values crosses, with the shares where it does. */
function eachColumn(lane, width, visit) {
  const { xs, ratio } = lane;
  for (let i = 0; i < xs.length - 1; i++) {
    const x0 = xs[i] * ratio;
    const x1 = xs[i + 1] * ratio;
    const run = Math.max(1e-9, x1 - x0);
    const last = Math.min(width - 1, Math.floor(x1));
    for (let x = Math.max(0, Math.floor(x0)); x <= last; x++) {
      visit(x, lane.first + i, Math.max(0, (x - x0) / run), Math.min(1, (x + 1 - x0) / run));
    }
  }
}

function rasterLine(raster, lane, values, colour, width) {
  const spans = (lane.spans ??= [0, 1, 2].map(() => new Spans(raster.width)))[0];
  spans.clear();
  const height = heights(lane);
  eachColumn(lane, raster.width, (x, i, from, to) => {
    const a = height(values[i]);
    const rise = height(values[i + 1]) - a;
    spans.add(x, a + from * rise, a + to * rise);
  });
  const [top, bottom] = edges(lane);
  const half = 0.5 * width * lane.ratio;
  for (let x = 0; x < raster.width; x++) {
    const least = spans.least[x];
    const rise = spans.most[x] - least;
    if (!(rise >= 0)) continue;
    // A steep line is as thick across as a level one.
    const extra = Math.max(half, half * Math.min(3, Math.sqrt(1 + rise * rise)) - 0.5 * rise);
    raster.column(x, least - extra, least + rise + extra, colour, top, bottom);
  }
}

/** Both halves of the band: where the step is higher than what it is compared with, and where it is lower. */
function rasterBand(raster, lane, step, base, [higher, lower]) {
  const [, above, below] = (lane.spans ??= [0, 1, 2].map(() => new Spans(raster.width)));
  above.clear();
  below.clear();
  const height = heights(lane);
  const mark = (x, y, yBase) => {
    if (y < yBase) above.add(x, y, yBase); // upwards is less
    else if (y > yBase) below.add(x, yBase, y);
  };
  eachColumn(lane, raster.width, (x, i, from, to) => {
    const s = height(step[i]);
    const b = height(base[i]);
    const ds = height(step[i + 1]) - s;
    const db = height(base[i + 1]) - b;
    mark(x, s + from * ds, b + from * db);
    mark(x, s + to * ds, b + to * db);
  });
  const [top, bottom] = edges(lane);
  for (const [spans, colour] of [[above, higher], [below, lower]]) {
    for (let x = 0; x < raster.width; x++) raster.column(x, spans.least[x], spans.most[x], colour, top, bottom);
  }
}

/** Values to pixels of the screen. */
function heights({ top, height, low, high, ratio }) {
  const scale = (-height * ratio) / (high - low);
  const offset = (top + height) * ratio - low * scale;
  return (value) => offset + value * scale;
}

function edges({ top, height, ratio, room }) {
  return [Math.max(0, Math.floor((top - LANE_GAP / 2) * ratio)), Math.min(room, Math.ceil((top + height + LANE_GAP / 2) * ratio))];
}

const knownInks = new Map();

/** Any CSS colour as numbers, read back from a pixel, and how much of what is under it it covers. */
function inkOf(colour, share = 1) {
  const name = `${colour} ${share}`;
  if (!knownInks.has(name)) {
    const sheet = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    sheet.fillStyle = colour;
    sheet.fillRect(0, 0, 1, 1);
    const [red, green, blue] = sheet.getImageData(0, 0, 1, 1).data;
    knownInks.set(name, { red, green, blue, share, word: pack(red, green, blue, Math.round(share * 255)) });
  }
  return knownInks.get(name);
}
