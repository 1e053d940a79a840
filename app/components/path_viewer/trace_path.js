// One path of signals: every step's traces as numbers in their channels' units.

const UNSEEN = 2e-4; // of a channel's scale: what is smaller may come of the 16-bit levels

class TracePath extends Path {
  describeFrames(header) {
    this.form = header.form;
    this.scale = header.scale; // [low, high] of each channel, the same in every step
    this.each = header.samples_a_stretch; // 1, or how many samples two points stand for: their least and greatest value
    this.seconds = Math.max(1, this.form.length - 1) / this.form.rate;
  }

  get look() {
    return this.scale.join();
  }

  get nChannels() {
    return this.height;
  }

  get nPoints() {
    return this.width;
  }

  /** 16-bit levels to values; the layout is that of trace_encoding.py. */
  decode(bytes) {
    const { nChannels, nPoints } = this;
    const buffer = bytes.slice().buffer; // a copy begins where numbers may begin
    const bases = new Float32Array(buffer, 0, nChannels);
    const steps = new Float32Array(buffer, 4 * nChannels, nChannels);
    const levels = new Int16Array(buffer, 8 * nChannels, nChannels * nPoints);
    const values = new Float32Array(nChannels * nPoints);
    for (let c = 0, i = 0; c < nChannels; c++) {
      for (const end = i + nPoints; i < end; i++) values[i] = bases[c] + steps[c] * levels[i];
    }
    return values;
  }

  isReady(k) {
    return Boolean(this.computed[k] && this.original && this.decoded(this.origin) && this.decoded(k));
  }

  /** The lines of channel c in step k: what moves, what it is compared with, and the original. */
  lines(k, c, isEdit) {
    const of = (values) => values.subarray(c * this.nPoints, (c + 1) * this.nPoints);
    const [original, base, step] = [of(this.original), of(this.decoded(this.origin)), of(this.decoded(k))];
    if (!isEdit) return { step, base, original };
    return { step: original.map((value, i) => value + step[i] - base[i]), base: original, original: null };
  }

  /** When point i was taken, in seconds from the first sample. */
  secondsOf(i) {
    const { rate, length } = this.form;
    if (this.each === 1) return i / rate;
    const start = Math.floor(i / 2) * this.each;
    const stretch = Math.min(this.each, length - start);
    return (start + (stretch - 1) * (i % 2 ? 0.75 : 0.25)) / rate;
  }

  /** The point nearest to a time. */
  pointAt(seconds) {
    const sample = seconds * this.form.rate;
    const point = this.each === 1 ? Math.round(sample) : 2 * Math.floor(sample / this.each);
    return Math.min(this.nPoints - 1, Math.max(0, point));
  }

  /** What step k changes in channel c against the step at 0: greatest rise and fall, when, and the mean size. */
  changeOf(k, c) {
    const { step, base } = this.lines(k, c, false);
    const [low, high] = this.scale[c];
    const least = (high - low) * UNSEEN;
    const found = { rise: 0, riseAt: 0, fall: 0, fallAt: 0, mean: 0 };
    for (let i = 0; i < step.length; i++) {
      const change = step[i] - base[i];
      found.mean += Math.abs(change) / step.length;
      if (Math.abs(change) < least) continue;
      if (change > found.rise) Object.assign(found, { rise: change, riseAt: i });
      else if (change < found.fall) Object.assign(found, { fall: change, fallAt: i });
    }
    return found;
  }

  /** All channels, those whose traces change most along the path (for their scale) first. */
  get byChange() {
    const ready = this.steps.map((_, k) => k).filter((k) => this.isReady(k));
    const ends = [ready[0], ready.at(-1)];
    const size = this.scale.map(([low, high], c) => Math.max(...ends.map((k) => this.changeOf(k, c).mean)) / (high - low));
    return size.map((_, c) => c).sort((a, b) => size[b] - size[a] || a - b);
  }
}

/** "−0.213 mV": three digits, as much as a trace can be read to. */
function amount(value, unit, { isSigned = false } = {}) {
  const number = Number(Math.abs(value).toPrecision(3));
  const sign = value < 0 && number ? MINUS : isSigned && number ? "+" : "";
  return `${sign}${number}${unit ? `\u00a0${unit}` : ""}`;
}

/** A time with as many decimals as the sampling allows to tell. */
function clock(seconds, rate) {
  return `${seconds.toFixed(Math.min(3, Math.max(1, Math.ceil(Math.log10(rate)))))}\u00a0s`;
}
