// Directions over a map, with the cone in which they may as well lie; and the flow of a score.

const HEAD = 9; // CSS pixels
const FLOW_HEAD = 3.5;

function drawArrow(context, { name, start, end, cone }, view, side, theme) {
  if (cone) {
    context.beginPath();
    cone.forEach((corner, k) => context[k ? "lineTo" : "moveTo"](...view.toPixel(corner, side)));
    context.closePath();
    context.globalAlpha = 0.16;
    context.fillStyle = cssOf(theme.text);
    context.fill();
    context.globalAlpha = 1;
  }
  const [from, to] = [view.toPixel(start, side), view.toPixel(end, side)];
  for (const [width, colour] of [[5, theme.ground], [2.2, theme.text]]) {
    context.lineWidth = width;
    context.strokeStyle = context.fillStyle = cssOf(colour);
    strokeArrow(context, from, to, HEAD);
  }
  const isLeft = to[0] < from[0];
  context.textAlign = isLeft ? "right" : "left";
  const x = Math.min(side - 8, Math.max(8, to[0] + (isLeft ? -8 : 8)));
  const width = context.measureText(name).width;
  const inside = isLeft ? Math.max(x, width + 6) : Math.min(x, side - width - 6);
  haloText(context, name, inside, Math.min(side - 8, Math.max(14, to[1] + 4)), theme, theme.text);
}

function strokeArrow(context, [x0, y0], [x1, y1], head) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const reach = Math.min(head, length);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1 - ux * reach * 0.6, y1 - uy * reach * 0.6);
  context.stroke();
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - ux * reach - uy * reach * 0.45, y1 - uy * reach + ux * reach * 0.45);
  context.lineTo(x1 - ux * reach + uy * reach * 0.45, y1 - uy * reach - ux * reach * 0.45);
  context.closePath();
  context.fill();
}

/** A thin arrow around its middle. */
function drawFlow(context, [x, y, dx, dy, strength], view, side, theme) {
  const from = view.toPixel([x - dx / 2, y - dy / 2], side);
  const to = view.toPixel([x + dx / 2, y + dy / 2], side);
  for (const [width, colour, alpha] of [[3, theme.ground, 0.6], [1.2, theme.text, 0.25 + 0.75 * strength]]) {
    context.globalAlpha = alpha;
    context.lineWidth = width;
    context.strokeStyle = context.fillStyle = cssOf(colour);
    strokeArrow(context, from, to, FLOW_HEAD + 2);
  }
  context.globalAlpha = 1;
}
