// What one point looks like: a small sheet of coverage, computed once for each shape, mark, size and place in its pixel.

const SHAPES = ["circle", "square", "triangle", "diamond", "down", "plus", "hexagon", "bar", "dash"];
const DASH = 8; // of cases of which it is not known
const SOLID = 0;
const RING = 1; // placed afterwards, or: neighbours not preserved
const CROSS = 2; // moves between seeds
const RING_CROSS = 3; // both
const RING_DOT = 4; // placed afterwards, and nothing speaks against it
const PLACES = 4; // within a pixel, along each axis
const FINE = 5; // samples of a pixel along each axis

/** Whether (u, v) lies in a shape; all have the area of the circle with radius 1. */
const INSIDE = {
  circle: (u, v) => u * u + v * v <= 1,
  square: (u, v) => Math.abs(u) <= 0.886 && Math.abs(v) <= 0.886,
  triangle: (u, v) => v <= 0.778 && 1.732 * Math.abs(u) <= v + 1.556,
  diamond: (u, v) => Math.abs(u) + Math.abs(v) <= 1.253,
  down: (u, v) => -v <= 0.778 && 1.732 * Math.abs(u) <= -v + 1.556,
  plus: (u, v) => Math.max(Math.abs(u), Math.abs(v)) <= 1.19 && Math.min(Math.abs(u), Math.abs(v)) <= 0.40,
  hexagon: (u, v) => Math.abs(v) <= 0.952 && Math.abs(v) + 1.732 * Math.abs(u) <= 1.905,
  bar: (u, v) => Math.abs(u) <= 1.4 && Math.abs(v) <= 0.561,
  dash: (u, v) => Math.abs(u) <= 1 && Math.abs(v) <= 0.36, // smaller than the others
};

/** Whether (x, y) pixels from the middle belong to a mark of radius r. */
function isMarked(shape, mark, r, x, y) {
  const inside = INSIDE[shape];
  if (mark === SOLID) return inside(x / r, y / r);
  const line = Math.max(1, r * 0.34);
  const isRing = inside(x / r, y / r) && !inside(x / Math.max(0.1, r - line), y / Math.max(0.1, r - line));
  const isCross = Math.min(Math.abs(x - y), Math.abs(x + y)) <= line * 0.62 && x * x + y * y <= r * r * 1.35;
  if (mark === RING) return isRing;
  if (mark === CROSS) return isCross;
  if (mark === RING_CROSS) return isRing || (isCross && inside(x / r, y / r));
  return isRing || x * x + y * y <= Math.max(0.9, r * 0.3) ** 2;
}

class Stamps {
  constructor() {
    this.known = new Map();
  }

  /** `place`: 0 to 15, where in its pixel the point lies; opacity 0 to 1. */
  of(shape, mark, radius, place, opacity) {
    const key = `${shape} ${mark} ${radius.toFixed(2)} ${place} ${opacity.toFixed(2)}`;
    let stamp = this.known.get(key);
    if (!stamp) {
      if (this.known.size > 4000) this.known.clear();
      stamp = makeStamp(shape, mark, radius, place, opacity);
      this.known.set(key, stamp);
    }
    return stamp;
  }
}

function makeStamp(shape, mark, radius, place, opacity) {
  const shift = (k) => (k + 0.5) / PLACES - 0.5;
  const [cx, cy] = [shift(place % PLACES), shift(Math.floor(place / PLACES))];
  const reach = Math.ceil(radius * 1.6 + 1);
  const [dx, dy, cover] = [[], [], []];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let hits = 0;
      for (let k = 0; k < FINE * FINE; k++) {
        const u = x + ((k % FINE) + 0.5) / FINE - 0.5 - cx;
        const v = y + (Math.floor(k / FINE) + 0.5) / FINE - 0.5 - cy;
        if (isMarked(shape, mark, radius, u, v)) hits++;
      }
      const alpha = Math.round((256 * opacity * hits) / (FINE * FINE));
      if (alpha) {
        dx.push(x);
        dy.push(y);
        cover.push(alpha);
      }
    }
  }
  const size = Math.max(1, ...dx.map(Math.abs), ...dy.map(Math.abs));
  return { dx: Int16Array.from(dx), dy: Int16Array.from(dy), cover: Uint16Array.from(cover), reach: size, width: 0, offsets: null };
}

/** `under` with `cover` of 256 parts of another colour over it. */
function blend(under, over, cover) {
  const rest = 256 - cover;
  const redBlue = ((Math.imul(over & 0xff00ff, cover) + Math.imul(under & 0xff00ff, rest)) >>> 8) & 0xff00ff;
  const green = (((over >>> 8) & 0xff) * cover + ((under >>> 8) & 0xff) * rest) & 0xff00;
  return 0xff000000 | redBlue | green;
}

/** Lays a stamp of one colour over the pixels, its middle at (ix, iy). Written plainly: it runs for every point. */
function printStamp(pixels, width, height, stamp, ix, iy, colour) {
  if (stamp.width !== width) {
    stamp.offsets = Int32Array.from(stamp.dx, (x, k) => x + stamp.dy[k] * width);
    stamp.width = width;
  }
  const offsets = stamp.offsets;
  const cover = stamp.cover;
  const reach = stamp.reach;
  const n = cover.length;
  const middle = iy * width + ix;
  if (ix >= reach && iy >= reach && ix < width - reach && iy < height - reach) {
    for (let k = 0; k < n; k++) {
      const at = middle + offsets[k];
      pixels[at] = blend(pixels[at], colour, cover[k]);
    }
    return;
  }
  for (let k = 0; k < n; k++) {
    const x = ix + stamp.dx[k];
    const y = iy + stamp.dy[k];
    if (x < 0 || x >= width || y < 0 || y >= height) continue;
    const at = middle + offsets[k];
    pixels[at] = blend(pixels[at], colour, cover[k]);
  }
}
