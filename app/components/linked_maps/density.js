// Very many points: counts in each pixel on a logarithmic scale, coloured by what most of its points are.

const DENSE_FROM = 200_000; // points in view
const MOST_COUNTED_GROUPS = 24; // beyond, a vote in one pass stands in for counts of every group
const FAINTEST = 0.38; // of one point in a pixel: still seen

/** Scratch sheets, kept between frames: a panel at a million points draws sixty times a second. */
class DensitySheets {
  prepare(cells, nSlots) {
    if (this.cells !== cells || this.nSlots !== nSlots) {
      this.cells = cells;
      this.nSlots = nSlots;
      this.counts = [0, 1, 2].map(() => new Uint32Array(cells));
      this.doubtful = new Uint32Array(cells);
      this.slots = nSlots ? new Uint16Array(cells * nSlots) : null;
      this.sums = nSlots ? null : new Float32Array(cells);
      this.known = nSlots ? null : new Uint32Array(cells);
      this.votes = new Int32Array(cells);
      this.leader = new Uint8Array(cells);
    } else {
      for (const sheet of [...this.counts, this.doubtful, this.slots, this.sums, this.known, this.votes]) sheet?.fill(0);
    }
  }
}

/**
 * Writes the density of one panel into `pixels`.
 * @param nGroups 0 of numbers: a pixel then has the colour of their mean.
 */
function paintDensity({ pixels, width, height, grid, look, view, theme, palette, stride, ratio, nGroups, hasDoubt, sheets }) {
  const cell = Math.max(1, Math.round(ratio)); // device pixels of one square
  const across = Math.ceil(width / cell);
  const down = Math.ceil(height / cell);
  const isCounted = nGroups > 0 && nGroups <= MOST_COUNTED_GROUPS;
  const nSlots = isCounted ? nGroups + 1 : 0;
  sheets.prepare(across * down, nSlots);
  const scale = view.scale(width) / cell;
  const shift = [width / cell / 2 - view.x * scale, height / cell / 2 + view.y * scale];
  const place = { grid, look, view, width, scale, shift, across, down, stride };
  if (isCounted) countGroups(place, sheets, nSlots, hasDoubt);
  else if (nGroups) voteGroups(place, sheets, hasDoubt);
  else sumNumbers(place, sheets, hasDoubt);
  const colourOf = isCounted ? majorityColour(sheets, nSlots, palette) : nGroups ? (at) => palette[sheets.leader[at]] : meanColour(sheets, palette);
  tone({ pixels, width, height, cell, across, down, sheets, theme, colourOf, stride });
}

/** Calls `count(at, look)` for each point in view; the loop every way of counting shares. */
function eachInView({ grid, look, view, width, scale, shift: [shiftX, shiftY], across, down, stride }, count) {
  const { x, y } = grid;
  grid.eachRange(view.box(width), (from, to) => {
    for (let k = from; k < to; k += stride) {
      const px = x[k] * scale + shiftX;
      const py = shiftY - y[k] * scale;
      if (px < 0 || py < 0 || px >= across || py >= down) continue;
      count((px | 0) + across * (py | 0), look[k]);
    }
  });
}

function countGroups(place, { counts: [outside, rest, shown], doubtful, slots }, nSlots, hasDoubt) {
  eachInView(place, (at, l) => {
    const layer = (l >> LAYER_SHIFT) & 3;
    if (layer === SHOWN) {
      const index = l & 255;
      shown[at]++;
      slots[at * nSlots + (index === 255 ? nSlots - 1 : index)]++;
      if (hasDoubt && l & DOUBTFUL_BIT) doubtful[at]++;
    } else if (layer === REST) rest[at]++;
    else outside[at]++;
  });
}

/** Boyer and Moore's vote: the group that more than half the points of a pixel have, where there is one. */
function voteGroups(place, { counts, doubtful, votes, leader }, hasDoubt) {
  eachInView(place, (at, l) => {
    const layer = (l >> LAYER_SHIFT) & 3;
    counts[layer][at]++;
    if (layer !== SHOWN) return;
    const index = l & 255;
    if (votes[at] === 0) leader[at] = index;
    votes[at] += leader[at] === index ? 1 : -1;
    if (hasDoubt && l & DOUBTFUL_BIT) doubtful[at]++;
  });
}

function sumNumbers(place, { counts, doubtful, sums, known }, hasDoubt) {
  eachInView(place, (at, l) => {
    const layer = (l >> LAYER_SHIFT) & 3;
    counts[layer][at]++;
    if (layer !== SHOWN) return;
    if ((l & 255) !== 255) {
      sums[at] += l & 255;
      known[at]++;
    }
    if (hasDoubt && l & DOUBTFUL_BIT) doubtful[at]++;
  });
}

function majorityColour({ slots }, nSlots, palette) {
  return (at) => {
    let [best, most] = [nSlots - 1, 0];
    for (let slot = 0; slot < nSlots; slot++) {
      const count = slots[at * nSlots + slot];
      if (count > most) [best, most] = [slot, count];
    }
    return palette[best === nSlots - 1 ? 255 : best];
  };
}

function meanColour({ sums, known }, palette) {
  return (at) => palette[known[at] ? Math.round(sums[at] / known[at]) : 255];
}

/** The count that 99 of 100 filled pixels stay below: a few heaps must not make all else faint. */
function highCount(counts) {
  const histogram = new Uint32Array(4096);
  let filled = 0;
  for (let at = 0; at < counts.length; at++) {
    if (!counts[at]) continue;
    histogram[Math.min(4095, counts[at])]++;
    filled++;
  }
  let above = filled * 0.01;
  for (let count = 4095; count > 0; count--) {
    above -= histogram[count];
    if (above < 0) return count;
  }
  return 1;
}

/** Shares of colour for counts up to 4095, FAINTEST for one point, 1 from the high count on. */
function toneTable(counts, stride) {
  const high = Math.max(2, highCount(counts) * stride);
  const table = new Float32Array(4096);
  for (let count = 1; count < 4096; count++) {
    table[count] = Math.min(1, FAINTEST + (1 - FAINTEST) * (Math.log(count * stride) / Math.log(high)));
  }
  return table;
}

function tone({ pixels, width, height, cell, across, down, sheets, theme, colourOf, stride }) {
  const { counts: [outside, rest, shown], doubtful } = sheets;
  const [toneOutside, toneRest, toneShown] = [outside, rest, shown].map((counts) => toneTable(counts, stride));
  for (let at = 0; at < across * down; at++) {
    let colour = theme.ground;
    if (outside[at]) colour = mix(colour, theme.outside, toneOutside[Math.min(4095, outside[at])]);
    if (rest[at]) colour = mix(colour, theme.rest, Math.max(0.6, toneRest[Math.min(4095, rest[at])]));
    if (shown[at]) {
      let top = colourOf(at);
      if (doubtful[at]) top = mix(top, theme.rest, 0.68 * (doubtful[at] / shown[at]));
      colour = mix(colour, top, toneShown[Math.min(4095, shown[at])]);
    }
    fillSquare(pixels, width, height, cell, at % across, Math.floor(at / across), colour);
  }
}

function fillSquare(pixels, width, height, cell, column, line, colour) {
  if (cell === 1) {
    pixels[line * width + column] = colour;
    return;
  }
  const [right, bottom] = [Math.min(width, (column + 1) * cell), Math.min(height, (line + 1) * cell)];
  for (let y = line * cell; y < bottom; y++) pixels.fill(colour, y * width + column * cell, y * width + right);
}
