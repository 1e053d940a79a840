// Values to lines. Where a pixel holds several values, the line spans them all: no peak is lost.

const MOST_A_PIXEL = 1.5; // values a column of pixels may hold before columns are drawn instead of values

/** Where the values of one lane lie on a canvas; times and values to pixels. */
class Lane {
  /** `top`, `height`, `width` in CSS pixels, `low` and `high` the scale, `from` and `to` the time in view. */
  constructor({ path, view, top, height, width, scale: [low, high], ratio }) {
    Object.assign(this, { top, height, width, low, high, ratio });
    const whole = path.seconds;
    this.first = Math.max(0, path.pointAt(view.from * whole) - 2);
    this.last = Math.min(path.nPoints - 1, path.pointAt(view.to * whole) + 3);
    const scale = width / ((view.to - view.from) * whole);
    const begin = view.from * whole;
    this.xs = new Float32Array(this.last - this.first + 1);
    for (let i = this.first; i <= this.last; i++) this.xs[i - this.first] = (path.secondsOf(i) - begin) * scale;
    this.isDense = (this.last - this.first) / (width * ratio) > MOST_A_PIXEL;
  }

  y(value) {
    return this.top + this.height * (1 - (value - this.low) / (this.high - this.low));
  }
}

function strokeLine(context, lane, values) {
  context.beginPath();
  if (lane.isDense) denseLine(context, lane, values);
  else {
    for (let i = lane.first; i <= lane.last; i++) context.lineTo(lane.xs[i - lane.first], lane.y(values[i]));
  }
  context.stroke();
}

/** Down and up through each column of pixels. */
function denseLine(context, lane, values) {
  let [column, least, most] = [-Infinity, 0, 0];
  const flush = () => {
    if (column === -Infinity) return;
    const x = (column + 0.5) / lane.ratio;
    context.lineTo(x, lane.y(least));
    context.lineTo(x, lane.y(most));
  };
  for (let i = lane.first; i <= lane.last; i++) {
    const at = Math.floor(lane.xs[i - lane.first] * lane.ratio);
    const value = values[i];
    if (at !== column) {
      flush();
      [column, least, most] = [at, value, value];
    } else if (value < least) least = value;
    else if (value > most) most = value;
  }
  flush();
}

/** Fills what lies between two lines where `sign * (step - base)` is above 0. */
function fillBand(context, lane, step, base, sign) {
  context.beginPath();
  if (lane.isDense) denseBand(context, lane, step, base, sign);
  else {
    for (let i = lane.first; i < lane.last; i++) {
      const before = sign * (step[i] - base[i]);
      const after = sign * (step[i + 1] - base[i + 1]);
      if (before <= 0 && after <= 0) continue;
      piece(context, lane, [i, before], step, base, after);
    }
  }
  context.fill();
}

/** The part of the band between two neighbouring values; where the lines cross it ends in a point. */
function piece(context, lane, [i, before], step, base, after) {
  const x = lane.xs[i - lane.first];
  const width = lane.xs[i + 1 - lane.first] - x;
  const crossing = before / (before - after);
  const at = (share, values) => lane.y(values[i] + share * (values[i + 1] - values[i]));
  const from = before > 0 ? 0 : crossing;
  const to = after > 0 ? 1 : crossing;
  context.moveTo(x + from * width, at(from, base));
  context.lineTo(x + from * width, at(from, step));
  context.lineTo(x + to * width, at(to, step));
  context.lineTo(x + to * width, at(to, base));
  context.closePath();
}

function denseBand(context, lane, step, base, sign) {
  let [column, far, near] = [-Infinity, -Infinity, Infinity];
  const flush = () => {
    if (!Number.isFinite(far)) return; // nothing in this column, or no column yet
    const [a, b] = [lane.y(near), lane.y(far)];
    context.rect(column / lane.ratio, Math.min(a, b), 1 / lane.ratio, Math.abs(b - a));
  };
  for (let i = lane.first; i <= lane.last; i++) {
    const at = Math.floor(lane.xs[i - lane.first] * lane.ratio);
    if (at !== column) {
      flush();
      [column, far, near] = [at, sign * -Infinity, sign * Infinity];
    }
    if (sign * (step[i] - base[i]) <= 0) continue;
    if (sign * (step[i] - far) > 0) far = step[i];
    if (sign * (base[i] - near) < 0) near = base[i];
  }
  flush();
}

/** Round numbers within a range, about `wanted` of them. */
function roundTicks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.7);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    ticks.push(Number((n * step).toPrecision(12)));
  }
  return ticks;
}
