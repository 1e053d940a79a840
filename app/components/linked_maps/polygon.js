// Polygons in the map's coordinates. Python decides the same way (selection.py); a test compares the two.

const MOST_CORNERS = 600;
const DIGITS = 8; // float32 points have seven

/** The corners of a drawn line that matter: none of those left out is further than `tolerance` from the polygon. */
function simplify(corners, tolerance) {
  let kept = corners;
  for (let limit = tolerance; ; limit *= 2) {
    kept = douglasPeucker(corners, limit);
    if (kept.length <= MOST_CORNERS) break;
  }
  return kept.map(([x, y]) => [Number(x.toPrecision(DIGITS)), Number(y.toPrecision(DIGITS))]);
}

function douglasPeucker(corners, tolerance) {
  if (corners.length < 4) return corners;
  const keep = new Uint8Array(corners.length);
  keep[0] = keep[corners.length - 1] = 1;
  const spans = [[0, corners.length - 1]];
  while (spans.length) {
    const [first, last] = spans.pop();
    let [worst, distance] = [-1, tolerance];
    for (let k = first + 1; k < last; k++) {
      const away = distanceToLine(corners[k], corners[first], corners[last]);
      if (away > distance) [worst, distance] = [k, away];
    }
    if (worst < 0) continue;
    keep[worst] = 1;
    spans.push([first, worst], [worst, last]);
  }
  return corners.filter((_, k) => keep[k]);
}

function distanceToLine([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const t = square ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square)) : 0;
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

/** The edges; level ones are crossed by nothing. */
function edgesOf(polygon) {
  const edges = [];
  polygon.forEach(([x0, y0], k) => {
    const [x1, y1] = polygon[(k + polygon.length - 1) % polygon.length];
    if (y0 !== y1) edges.push({ x0, y0, x1, y1 });
  });
  return edges;
}

/** Even-odd rule. */
function isInside(edges, x, y) {
  let inside = false;
  for (let k = 0; k < edges.length; k++) {
    const { x0, y0, x1, y1 } = edges[k];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}

function boxOf(polygon) {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  return { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
}
