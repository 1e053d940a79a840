// Numbers to pixels, as analysis/figures/attribution_map.py lays a map on a picture: the stronger, the less of the
// picture shows through; where the map is zero the picture shows alone.

const HIDDEN = 58; // grey of what the threshold hides where the map is shown alone: neither a colour nor zero's white

// Canvas pixels are bytes r, g, b, a; every browser we meet is little endian.
const pack = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Grey level after window/level; the full window is the identity. */
function windowed(level, { level: middle, width }) {
  const value = ((level - (middle - width / 2)) / width) * 255;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Place of a share of the limit, −1 to 1, among n colours. */
const colourAt = (share, n) => Math.min(n - 1, Math.floor((share / 2 + 0.5) * n));

/** The size below which a pixel is hidden, so that `share` of them are; equal pixels are hidden together or not. */
function hiddenBelow(heat, share) {
  const count = Math.floor(share * heat.numbers.length);
  if (!count) return 0;
  heat.sorted ??= heat.numbers.map(Math.abs).sort();
  return heat.sorted[Math.min(count, heat.sorted.length - 1)];
}

function paintPicture(pixels, picture, view) {
  const { levels } = picture;
  const table = new Uint8ClampedArray(256);
  for (let v = 0; v < 256; v++) table[v] = windowed(v, view.window);
  for (let i = 0, j = 0; i < pixels.length; i++, j += 4) {
    pixels[i] = pack(table[levels[j]], table[levels[j + 1]], table[levels[j + 2]]);
  }
}

function paintMap(pixels, heat, limit, colours, threshold) {
  const n = colours.length / 3;
  const gain = heat.scale / limit;
  const hidden = pack(HIDDEN, HIDDEN, HIDDEN);
  for (let i = 0; i < pixels.length; i++) {
    const number = heat.numbers[i];
    if (Math.abs(number) < threshold) {
      pixels[i] = hidden;
      continue;
    }
    const share = Math.max(-1, Math.min(1, number * gain));
    const c = 3 * colourAt(share, n);
    pixels[i] = pack(colours[c], colours[c + 1], colours[c + 2]);
  }
}

function paintOverlay(pixels, heat, limit, colours, threshold, picture, view, opacity) {
  const n = colours.length / 3;
  const gain = heat.scale / limit;
  for (let i = 0; i < pixels.length; i++) {
    const grey = windowed(picture.grey[i], view.window);
    const number = heat.numbers[i];
    const share = Math.max(-1, Math.min(1, number * gain));
    const weight = Math.abs(number) < threshold ? 0 : opacity * Math.abs(share);
    const c = 3 * colourAt(share, n);
    const rest = grey * (1 - weight) + 0.5; // rounded, not cut
    pixels[i] = pack(colours[c] * weight + rest, colours[c + 1] * weight + rest, colours[c + 2] * weight + rest);
  }
}
