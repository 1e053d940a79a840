// Points drawn one by one. What is looked at is drawn last, so nothing that is greyed ever covers it.

const OUTSIDE = 0; // not in the cohort
const REST = 1; // not selected while something is
const SHOWN = 2;
const LAYER_SHIFT = 8; // a look is: colour 0–7, layer 8–9, mark 10–12, doubtful 13
const MARK_SHIFT = 10;
const DOUBTFUL_BIT = 1 << 13;
const SHAPED_UP_TO = 3000; // points in view
const MARKED_UP_TO = 20000;
const PLACED_FINELY_UP_TO = 20000;
const LEAST_MARK = 2.7; // CSS pixels: below, a ring is a blot
const MOST_SHAPES = 8;

const stamps = new Stamps();

/** Radius in CSS pixels and opacity for `n` points in view. */
function sizeFor(n) {
  const radius = Math.min(5.2, Math.max(0.9, 5.2 * (300 / Math.max(1, n)) ** 0.22));
  const opacity = Math.min(0.92, Math.max(0.3, 0.92 * (3000 / Math.max(1, n)) ** 0.2));
  return { radius, opacity };
}

/**
 * How the points in view are drawn.
 * @param nInView points in view. @param ratio device pixels of a CSS pixel. @param nGroups 0 of numbers.
 */
function styleFor({ nInView, ratio, nGroups, hasMarks }) {
  const { radius, opacity } = sizeFor(nInView);
  const isMarked = hasMarks && nInView <= MARKED_UP_TO;
  return {
    radius: (isMarked ? Math.max(LEAST_MARK, radius) : radius) * ratio,
    opacity,
    isMarked,
    isShaped: nGroups > 1 && nGroups <= MOST_SHAPES && nInView <= SHAPED_UP_TO,
    hasHalo: nInView <= SHAPED_UP_TO,
    isFine: nInView <= PLACED_FINELY_UP_TO,
    ratio,
  };
}

/** The shape of each colour. */
function shapesFor({ isShaped }) {
  return Array.from({ length: 256 }, (_, k) => (isShaped && k < MOST_SHAPES ? SHAPES[k] : "circle"));
}

/** Writes the points of one panel into `pixels` (0xAABBGGRR), lowest layer first. */
function paintPoints({ pixels, width, height, grid, look, view, theme, palette, style, stride }) {
  pixels.fill(theme.ground);
  const shapes = shapesFor(style);
  const pale = palette.map((colour) => mix(colour, theme.rest, 0.68));
  const layers = [
    { layer: OUTSIDE, radius: style.radius * 0.75, opacity: 0.8, colours: new Uint32Array(256).fill(theme.outside) },
    { layer: REST, radius: style.radius * 0.85, opacity: Math.min(0.85, style.opacity + 0.1), colours: new Uint32Array(256).fill(theme.rest) },
    { layer: SHOWN, radius: style.radius, opacity: style.opacity, colours: palette, pale, hasHalo: style.hasHalo },
  ];
  for (const layer of layers) {
    paintLayer({ ...layer, pixels, width, height, grid, look, view, theme, style, stride, shapes });
  }
}

function paintLayer({ layer, radius, opacity, colours, pale, hasHalo, pixels, width, height, grid, look, view, theme, style, stride, shapes }) {
  const scale = view.scale(width);
  const [shiftX, shiftY] = [width / 2 - view.x * scale, height / 2 + view.y * scale];
  const drawn = Math.max(0.6, radius);
  const table = new Map(); // stamp by shape, mark and place
  const stampOf = (index, mark, place) => {
    const key = (index < MOST_SHAPES ? index : 255) * 128 + mark * 16 + place;
    let stamp = table.get(key);
    if (!stamp) table.set(key, (stamp = stamps.of(shapes[index], mark, drawn, place, opacity)));
    return stamp;
  };
  grid.eachRange(view.box(width, 3 * style.radius + 2), (from, to) => {
    for (let k = from; k < to; k += stride) {
      const l = look[k];
      if (((l >> LAYER_SHIFT) & 3) !== layer) continue;
      const [px, py] = [grid.x[k] * scale + shiftX, shiftY - grid.y[k] * scale];
      const [ix, iy] = [Math.floor(px), Math.floor(py)];
      const index = l & 255;
      const mark = style.isMarked ? (l >> MARK_SHIFT) & 7 : SOLID;
      const place = style.isFine ? Math.floor((px - ix) * PLACES) + PLACES * Math.floor((py - iy) * PLACES) : 10;
      if (hasHalo && mark === SOLID) {
        printStamp(pixels, width, height, stamps.of(shapes[index], SOLID, drawn + 0.9 * style.ratio, place, 0.85), ix, iy, theme.ground);
      }
      const isPale = pale && !style.isMarked && l & DOUBTFUL_BIT;
      printStamp(pixels, width, height, stampOf(index, mark, place), ix, iy, (isPale ? pale : colours)[index]);
    }
  });
}
