// Very many points: counts in each pixel on a logarithmic scale, coloured by what most of its points are.

const DENSE_FROM = 200_000; // points in view
const MOST_COUNTED_GROUPS = 24; // beyond, a vote in one pass stands in for counts of every group
const FAINTEST = 0.38; // of one point in a pixel: still seen
const MOST_TOLD_APART = 4095; // counts in a pixel

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
 * @param nGroups 0 of numbers: a pixel then has the colour of their mean. @param layers which layers have points.
 */
function paintDensity({ pixels, width, height, grid, look, view, theme, palette, stride, nGroups, hasDoubt, sheets, layers }) {
  const isCounted = nGroups > 0 && nGroups <= MOST_COUNTED_GROUPS;
  const nSlots = isCounted ? nGroups + 1 : 0;
  sheets.prepare(width * height, nSlots);
  const scale = view.scale(width);
  const place = { grid, look, view, scale, shiftX: width / 2 - view.x * scale, shiftY: height / 2 + view.y * scale, width, height, stride };
  let colourOf;
  if (isCounted) {
    countGroups(place, sheets, nSlots, hasDoubt);
    colourOf = majorityColour(sheets, nSlots, palette);
  } else if (nGroups) {
    voteGroups(place, sheets, hasDoubt);
    colourOf = (at) => palette[sheets.leader[at]];
  } else {
    sumNumbers(place, sheets, hasDoubt);
    colourOf = meanColour(sheets, palette);
  }
  tone({ pixels, sheets, theme, colourOf, stride, layers });
}

/** Calls `count(at, look)` for each point in view; the loop every way of counting shares. */
function eachInView({ grid, look, view, scale, shiftX, shiftY, width, height, stride }, count) {
  const { x, y } = grid;
  grid.eachRange(view.box(width), (from, to) => {
    for (let k = from; k < to; k += stride) {
      const px = x[k] * scale + shiftX;
      const py = shiftY - y[k] * scale;
      if (px >= 0 && py >= 0 && px < width && py < height) count((px | 0) + width * (py | 0), look[k]);
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
  const histogram = new Uint32Array(MOST_TOLD_APART + 1);
  let filled = 0;
  for (let at = 0; at < counts.length; at++) {
    const count = counts[at];
    if (count === 0) continue;
    histogram[count < MOST_TOLD_APART ? count : MOST_TOLD_APART]++;
    filled++;
  }
  let above = filled * 0.01;
  for (let count = MOST_TOLD_APART; count > 0; count--) {
    above -= histogram[count];
    if (above < 0) return count;
  }
  return 1;
}

/** Parts of 256 by count: FAINTEST for one point, everything from the high count on; at least `least`. */
function toneTable(counts, stride, least = 0) {
  const high = Math.max(2, highCount(counts) * stride);
  const table = new Uint16Array(MOST_TOLD_APART + 1);
  for (let count = 1; count < table.length; count++) {
    const share = FAINTEST + (1 - FAINTEST) * (Math.log(count * stride) / Math.log(high));
    table[count] = Math.round(256 * Math.min(1, Math.max(least, share)));
  }
  return table;
}

function tone({ pixels, sheets, theme, colourOf, stride, layers }) {
  const { counts: [outside, rest, shown], doubtful } = sheets;
  const most = MOST_TOLD_APART;
  pixels.fill(theme.ground);
  for (const [layer, counts, colour] of [[OUTSIDE, outside, theme.outside], [REST, rest, theme.rest]]) {
    if (!layers[layer]) continue;
    const table = toneTable(counts, stride, 0.6);
    for (let at = 0; at < pixels.length; at++) {
      const count = counts[at];
      if (count) pixels[at] = blend(pixels[at], colour, table[count < most ? count : most]);
    }
  }
  if (!layers[SHOWN]) return;
  const table = toneTable(shown, stride);
  for (let at = 0; at < pixels.length; at++) {
    const count = shown[at];
    if (!count) continue;
    let colour = colourOf(at);
    if (doubtful[at]) colour = blend(colour, theme.rest, ((174 * doubtful[at]) / count) | 0);
    pixels[at] = blend(pixels[at], colour, table[count < most ? count : most]);
  }
}
