// Values to lines of the canvas, for as few values as it draws within a frame; trace_raster.js draws many.

/** Where the values of one lane lie on a canvas; times and values to pixels. */
class Lane {
  /** `top`, `height`, `width` in CSS pixels, `low` and `high` the scale, `room` the canvas's height. */
  constructor({ path, view, top, height, width, scale: [low, high], ratio, room = Infinity }) {
    Object.assign(this, { top, height, width, low, high, ratio, room: room * ratio });
    const whole = path.seconds;
    this.first = Math.max(0, path.pointAt(view.from * whole) - 2);
    this.last = Math.min(path.nPoints - 1, path.pointAt(view.to * whole) + 3);
    const scale = width / ((view.to - view.from) * whole);
    const begin = view.from * whole;
    this.xs = new Float32Array(this.last - this.first + 1);
    for (let i = this.first; i <= this.last; i++) this.xs[i - this.first] = (path.secondsOf(i) - begin) * scale;
  }

  y(value) {
    return this.top + this.height * (1 - (value - this.low) / (this.high - this.low));
  }
}

function strokeLine(context, lane, values) {
  context.beginPath();
  for (let i = lane.first; i <= lane.last; i++) context.lineTo(lane.xs[i - lane.first], lane.y(values[i]));
  context.stroke();
}

/** Fills what lies between two lines where `sign * (step - base)` is above 0. */
function fillBand(context, lane, step, base, sign) {
  context.beginPath();
  for (let i = lane.first; i < lane.last; i++) {
    const before = sign * (step[i] - base[i]);
    const after = sign * (step[i + 1] - base[i + 1]);
    if (before <= 0 && after <= 0) continue;
    piece(context, lane, [i, before], step, base, after);
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
