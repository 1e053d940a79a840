// What lies over the points and changes with the pointer: the frame's ticks, rings, the line of a lasso.

const TICK_LENGTH = 5;

/** Draws the layer over the points of one panel; the context is scaled to CSS pixels. */
function drawOverlay(context, { side, view, theme, header, ring, drag, fonts }) {
  context.clearRect(0, 0, side, side);
  context.font = fonts;
  for (const mark of header.flow) drawFlow(context, mark, view, side, theme);
  for (const arrow of header.arrows) drawArrow(context, arrow, view, side, theme);
  if (header.has_units) drawTicks(context, { side, view, theme, axes: header.axes });
  if (drag) drawDrag(context, drag, theme);
  if (ring) drawRing(context, view.toPixel(ring, side), theme);
}

function drawTicks(context, { side, view, theme, axes }) {
  const { x0, x1, y0, y1 } = view.box(side);
  const wanted = side / 90;
  context.strokeStyle = cssOf(theme.soft);
  context.lineWidth = 1;
  context.textBaseline = "alphabetic";
  for (const x of niceTicks(x0, x1, wanted)) {
    const [px] = view.toPixel([x, 0], side);
    if (px < 34 || px > side - 20) continue;
    strokeLine(context, px, side, px, side - TICK_LENGTH);
    context.textAlign = "center";
    haloText(context, tickNumber(x), px, side - TICK_LENGTH - 3, theme);
  }
  for (const y of niceTicks(y0, y1, wanted)) {
    const [, py] = view.toPixel([0, y], side);
    if (py < 26 || py > side - 30) continue;
    strokeLine(context, 0, py, TICK_LENGTH, py);
    context.textAlign = "left";
    haloText(context, tickNumber(y), TICK_LENGTH + 6, py + 4, theme); // apart from the tick: no second minus
  }
  context.textAlign = "right";
  haloText(context, axes[0], side - 6, side - TICK_LENGTH - 17, theme);
  context.textAlign = "left";
  haloText(context, axes[1], 6, 15, theme);
}

/** A tick may be 1e-17 where 0 is meant. */
const tickNumber = (value) => shortNumber(Math.abs(value) < 1e-12 ? 0 : value);

function strokeLine(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  context.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  context.stroke();
}

/** Words that can be read over points. */
function haloText(context, text, x, y, theme, colour = theme.soft) {
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = cssOf(theme.ground);
  context.strokeText(text, x, y);
  context.fillStyle = cssOf(colour);
  context.fillText(text, x, y);
  context.lineWidth = 1;
  context.strokeStyle = cssOf(theme.soft);
}

function drawRing(context, [x, y], theme) {
  for (const [width, colour] of [[5, theme.ground], [2, theme.text]]) {
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = cssOf(colour);
    context.stroke();
  }
}

function drawDrag(context, { corners }, theme) {
  if (corners.length < 2) return;
  context.beginPath();
  corners.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = cssOf(theme.text);
  context.fill();
  context.globalAlpha = 1;
  for (const [width, colour, dash] of [[3, theme.ground, []], [1.5, theme.text, [5, 3]]]) {
    context.lineWidth = width;
    context.setLineDash(dash);
    context.strokeStyle = cssOf(colour);
    context.stroke();
  }
  context.setLineDash([]);
}
