// Levels to pixels. Every frame passes the same table, so frames of a path can be compared by eye.

const FULL_WINDOW = { level: 127.5, width: 255 };

/** 256 grey levels after window/level; the full window is the identity. */
function windowTable({ level, width }) {
  const table = new Uint8ClampedArray(256);
  for (let v = 0; v < 256; v++) table[v] = ((v - (level - width / 2)) / width) * 255;
  return table;
}

function paintLevels(image, levels, channels, table) {
  const pixels = new Uint32Array(image.data.buffer);
  if (channels === 1) {
    const packed = new Uint32Array(256);
    for (let v = 0; v < 256; v++) packed[v] = pack(table[v], table[v], table[v]);
    for (let i = 0; i < pixels.length; i++) pixels[i] = packed[levels[i]];
    return;
  }
  for (let i = 0, j = 0; i < pixels.length; i++, j += 3) {
    pixels[i] = pack(table[levels[j]], table[levels[j + 1]], table[levels[j + 2]]);
  }
}

/** Difference of two decoded frames in grey levels; for colour the mean of the channels. */
function paintChange(image, levels, base, channels, limit, colours) {
  const pixels = new Uint32Array(image.data.buffer);
  const middle = (colours.length - 1) / 2;
  const scale = middle / limit;
  for (let i = 0, j = 0; i < pixels.length; i++, j += channels) {
    const change = channels === 1
      ? levels[j] - base[j]
      : (levels[j] - base[j] + levels[j + 1] - base[j + 1] + levels[j + 2] - base[j + 2]) / 3;
    const place = Math.round(Math.abs(change) * scale);
    pixels[i] = colours[middle + Math.sign(change) * Math.min(middle, place)];
  }
}

/** [r, g, b, r, g, b, …] to one 32-bit colour each. */
function packColours(flat) {
  const colours = new Uint32Array(flat.length / 3);
  for (let i = 0; i < colours.length; i++) colours[i] = pack(flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]);
  return colours;
}

// Canvas pixels are bytes r, g, b, a; every browser we meet is little endian.
function pack(red, green, blue, alpha = 255) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** A CSS gradient of the colour bar, from most negative to most positive. */
function colourBar(flat) {
  const stops = [];
  for (let i = 0; i < flat.length; i += 3 * 14) stops.push(`rgb(${flat[i]} ${flat[i + 1]} ${flat[i + 2]})`);
  stops.push(`rgb(${flat.at(-3)} ${flat.at(-2)} ${flat.at(-1)})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
