// What draws the lines and bands of a layer, and the layer's own housekeeping.

const BAND_ALPHA = 0.5;

function clearLayer({ canvas, context }) {
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineJoin = "round";
  return context;
}

function strokeIn(context, colour, width, stroke) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  stroke();
}

/** Draws with the canvas's own lines. */
class Pen {
  constructor({ context }) {
    this.context = context;
  }

  line(frame, values, colour, width) {
    clipLane(this.context, frame, () => strokeIn(this.context, colour, width, () => strokeLine(this.context, frame, values)));
  }

  band(frame, step, base, { higher, lower }) {
    const { context } = this;
    context.globalAlpha = BAND_ALPHA;
    clipLane(context, frame, () => {
      context.fillStyle = higher;
      fillBand(context, frame, step, base, 1);
      context.fillStyle = lower;
      fillBand(context, frame, step, base, -1);
    });
    context.globalAlpha = 1;
  }

  done() {}
}

/** Draws pixels, which are shown all at once. */
class FinePen {
  constructor(layer) {
    const { canvas, context } = layer;
    const { width, height } = layer.raster ?? {};
    if (width !== canvas.width || height !== canvas.height) layer.raster = new Raster(context);
    this.raster = layer.raster;
    this.raster.clear();
  }

  line(frame, values, colour, width) {
    rasterLine(this.raster, frame, values, inkOf(colour), width);
  }

  band(frame, step, base, { higher, lower }) {
    rasterBand(this.raster, frame, step, base, [inkOf(higher, BAND_ALPHA), inkOf(lower, BAND_ALPHA)]);
  }

  done() {
    this.raster.show();
  }
}

function clipLane(context, { top, height, width }, draw) {
  context.save();
  context.beginPath();
  context.rect(0, top - LANE_GAP / 2, width, height + LANE_GAP);
  context.clip();
  draw();
  context.restore();
}

function drawRules(context, frame, colour, xs, values) {
  context.fillStyle = colour;
  const thin = 1 / frame.ratio;
  for (const x of xs) context.fillRect(Math.round(x), frame.top, thin, frame.height);
  for (const value of values) context.fillRect(0, Math.round(frame.y(value)), frame.width, thin);
}
