// Lanes of a signal: the map as a band behind the trace, or the map itself as a curve. Where a column of pixels holds
// several samples, the trace spans them all and the band shows the strongest: no peak is lost.

/** Where time and samples lie in a lane, in device pixels. */
class Frame {
  constructor({ width, top, height, nSamples, view, pad = 0.1 }) {
    Object.assign(this, { width, top, height, nSamples, pad });
    this.from = -view.x * nSamples; // samples; sample i covers i to i + 1
    this.each = nSamples / view.zoom / width; // samples a column
    this.first = Math.max(0, Math.floor(this.from) - 1);
    this.last = Math.min(nSamples - 1, Math.ceil(this.from + nSamples / view.zoom) + 1);
  }

  x(sample) {
    return (sample + 0.5 - this.from) / this.each;
  }

  y(value, [low, high]) {
    const room = this.height * (1 - 2 * this.pad);
    return this.top + this.height * this.pad + room * (high > low ? 1 - (value - low) / (high - low) : 0.5);
  }

  /** The samples that a column of pixels shows: [first, last]. */
  within(column) {
    const at = (x) => Math.min(this.nSamples - 1, Math.max(0, Math.floor(this.from + x * this.each)));
    const first = at(column);
    return [first, this.each > 1 ? Math.max(first, at(column + 1) - 1) : first];
  }
}

/** The strongest number of each column [width]; between two samples, where there is room, their blend. */
function columnsOf(frame, numbers, offset, isSmooth) {
  const found = new Float32Array(frame.width);
  for (let column = 0; column < frame.width; column++) {
    const [first, last] = frame.within(column);
    let best = numbers[offset + first];
    for (let i = first + 1; i <= last; i++) if (Math.abs(numbers[offset + i]) > Math.abs(best)) best = numbers[offset + i];
    if (isSmooth && frame.each < 0.5) {
      const at = Math.min(frame.nSamples - 1, Math.max(0, frame.from + (column + 0.5) * frame.each - 0.5));
      const [before, share] = [Math.floor(at), at % 1];
      const after = Math.min(frame.nSamples - 1, before + 1);
      best = numbers[offset + before] * (1 - share) + numbers[offset + after] * share;
    }
    found[column] = best;
  }
  return found;
}

/** One row of pixels, the colours of a lane; `weight` says how far they cover the ground. */
function bandRow(pixels, start, columns, { gain, threshold, palette, hidden, weight }) {
  const { colours, ground } = palette;
  const n = colours.length / 3;
  for (let k = 0; k < columns.length; k++) {
    const share = Math.max(-1, Math.min(1, columns[k] * gain));
    if (Math.abs(columns[k]) < threshold) {
      pixels[start + k] = pack(...hidden);
      continue;
    }
    const c = 3 * colourAt(share, n);
    const part = (j) => Math.round(colours[c + j] * weight + ground[j] * (1 - weight));
    pixels[start + k] = pack(part(0), part(1), part(2));
  }
}

/** Goes along a line of values; through the least and greatest of each column where samples are dense. */
function tracePath(context, frame, valueAt, range) {
  context.beginPath();
  if (frame.each <= 1) {
    for (let i = frame.first; i <= frame.last; i++) context.lineTo(frame.x(i), frame.y(valueAt(i), range));
    return;
  }
  for (let column = 0; column < frame.width; column++) {
    const [first, last] = frame.within(column);
    let [least, most] = [Infinity, -Infinity];
    for (let i = first; i <= last; i++) {
      const value = valueAt(i);
      if (value < least) least = value;
      if (value > most) most = value;
    }
    context.lineTo(column + 0.5, frame.y(least, range));
    context.lineTo(column + 0.5, frame.y(most, range));
  }
}

/** The trace, light or dark, with an edge of the ground so that it shows on every colour. */
function strokeTrace(context, frame, valueAt, range, { palette, ratio, alpha = 1 }) {
  tracePath(context, frame, valueAt, range);
  context.lineJoin = "round";
  const isDense = frame.each > 2; // a thick line would cover the map
  const thin = Math.min(1, frame.height / (32 * ratio));
  if (alpha === 1 && !isDense) {
    context.strokeStyle = css(palette.ground, 0.75);
    context.lineWidth = 3.25 * thin * ratio;
    context.stroke();
  }
  context.strokeStyle = css(palette.ink, isDense ? 0.75 * alpha : alpha);
  context.lineWidth = (isDense ? 0.75 : 1.25) * Math.max(0.5, thin) * ratio;
  context.stroke();
}

/** The map as a curve around 0 with what cases differ by: filled towards 0 in its colour, the spread as a band. */
function drawCurve(context, frame, meanAt, spreadAt, range, { palette, ratio }) {
  const zero = frame.y(0, range);
  context.fillStyle = css(palette.ink, 0.3);
  context.fillRect(0, zero, frame.width, ratio);
  for (const sign of [-1, 1]) {
    context.beginPath();
    context.moveTo(frame.x(frame.first), zero);
    for (let i = frame.first; i <= frame.last; i++) {
      context.lineTo(frame.x(i), frame.y(sign * Math.max(0, sign * meanAt(i)), range));
    }
    context.lineTo(frame.x(frame.last), zero);
    context.fillStyle = css(palette.pole[sign < 0 ? 0 : 1], 0.85);
    context.fill();
  }
  if (spreadAt) {
    context.beginPath();
    for (let i = frame.first; i <= frame.last; i++) context.lineTo(frame.x(i), frame.y(meanAt(i) + spreadAt(i), range));
    for (let i = frame.last; i >= frame.first; i--) context.lineTo(frame.x(i), frame.y(meanAt(i) - spreadAt(i), range));
    context.fillStyle = css(palette.ink, 0.16);
    context.fill();
  }
  tracePath(context, frame, meanAt, range);
  context.strokeStyle = css(palette.ink);
  context.lineWidth = 1.25 * ratio;
  context.stroke();
}

/** A bracket above each span of the mask: [channel, first sample, samples] each. */
function drawBrackets(context, frame, spans, { palette, ratio }) {
  const size = Math.min(6 * ratio, frame.height * 0.16);
  const top = frame.top + 2.5 * ratio;
  context.beginPath();
  for (const [start, length] of spans) {
    const [left, right] = [frame.x(start - 0.5), frame.x(start + length - 0.5)];
    context.moveTo(left, top + size);
    context.lineTo(left, top);
    context.lineTo(right, top);
    context.lineTo(right, top + size);
  }
  for (const [colour, width] of [[palette.ground, 4], [palette.ink, 1.75]]) {
    context.strokeStyle = css(colour);
    context.lineWidth = width * ratio;
    context.stroke();
  }
}
