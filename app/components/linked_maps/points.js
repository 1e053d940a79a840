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
const OUTLINED_UP_TO = 3000; // selected cases

const stamps = new Stamps();

/** Radius in CSS pixels and opacity for `n` points in view. */
function sizeFor(n) {
  const radius = Math.min(5.2, Math.max(0.9, 5.2 * (300 / Math.max(1, n)) ** 0.22));
  const opacity = Math.min(0.92, Math.max(0.3, 0.92 * (3000 / Math.max(1, n)) ** 0.2));
  return { radius: Math.round(radius * 8) / 8, opacity: Math.round(opacity * 25) / 25 }; // few sizes, so few stamps
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

/** The shape of a level, an index into SHAPES: not only the colour tells groups apart, where there is room for shapes. */
function shapeOf(level, { isShaped, isFine }) {
  if (level === 255) return isFine ? DASH : 0;
  return isShaped && level < MOST_SHAPES ? level : 0;
}

/** Writes the points of one panel into `pixels` (0xAABBGGRR), lowest layer first. */
function paintPoints({ pixels, width, height, grid, look, view, theme, palette, style, stride, layers: wanted, nChosen }) {
  pixels.fill(theme.ground);
  const shapes = Uint8Array.from({ length: 256 }, (_, level) => shapeOf(level, style));
  const pale = palette.map((colour) => mix(colour, theme.rest, 0.68));
  const isOutlined = nChosen > 0 && nChosen <= OUTLINED_UP_TO && style.isFine;
  const halo = isOutlined ? theme.text : style.hasHalo ? theme.ground : null;
  const layers = [
    { layer: OUTSIDE, radius: style.radius * 0.75, opacity: 0.8, colours: new Uint32Array(256).fill(theme.outside) },
    { layer: REST, radius: style.radius * 0.85, opacity: Math.min(0.85, style.opacity + 0.1), colours: new Uint32Array(256).fill(theme.rest) },
    { layer: SHOWN, radius: style.radius, opacity: isOutlined ? 1 : style.opacity, colours: palette, pale, halo },
  ];
  for (const layer of layers.filter(({ layer }) => wanted[layer])) {
    paintLayer({ ...layer, pixels, width, height, grid, look, view, style, stride, shapes });
  }
}

/** One layer of points. The stamps it needs are looked up once for each shape, mark and place in a pixel. */
function paintLayer({ layer, radius, opacity, colours, pale, halo = null, pixels, width, height, grid, look, view, style, stride, shapes }) {
  const scale = view.scale(width);
  const shiftX = width / 2 - view.x * scale;
  const shiftY = height / 2 + view.y * scale;
  const { x, y } = grid;
  const { isFine, isMarked } = style;
  const drawn = Math.max(0.6, radius);
  const tables = [0, 1].map(() => new Array(SHAPES.length * 128));
  const stampOf = (isHalo, shape, mark, place) => {
    const key = (shape * 8 + mark) * 16 + place;
    return (tables[isHalo][key] ??= isHalo
      ? stamps.of(SHAPES[shape], mark, drawn + 0.9 * style.ratio, place, 0.85)
      : stamps.of(SHAPES[shape], mark, drawn, place, opacity));
  };
  grid.eachRange(view.box(width, 3 * style.radius + 2), (from, to) => {
    for (let k = from; k < to; k += stride) {
      const l = look[k];
      if (((l >> LAYER_SHIFT) & 3) !== layer) continue;
      const px = x[k] * scale + shiftX;
      const py = shiftY - y[k] * scale;
      const ix = Math.floor(px);
      const iy = Math.floor(py);
      const index = l & 255;
      const shape = shapes[index];
      const mark = isMarked ? (l >> MARK_SHIFT) & 7 : SOLID;
      const place = isFine ? Math.floor((px - ix) * PLACES) + PLACES * Math.floor((py - iy) * PLACES) : 10;
      if (halo !== null && mark === SOLID) printStamp(pixels, width, height, stampOf(1, shape, mark, place), ix, iy, halo);
      const isPale = pale && !isMarked && (l & DOUBTFUL_BIT) !== 0;
      printStamp(pixels, width, height, stampOf(0, shape, mark, place), ix, iy, isPale ? pale[index] : colours[index]);
    }
  });
}
