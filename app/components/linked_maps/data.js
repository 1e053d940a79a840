// Fetches what a header names, all of it before any of it is shown: points, colours and masks always fit together.

async function loadMaps(header, { needsSelection }) {
  const { n } = header;
  const [levels, cohort, chosen, ...panels] = await Promise.all([
    fetchLevels(header.colours.url, n),
    fetchMask(header.cohort, n),
    needsSelection ? fetchMask(header.selected.url, n) : null,
    ...header.panels.map((panel) => loadPanel(panel, n)),
  ]);
  return { header, levels, cohort, chosen, panels, adoptsSelection: needsSelection };
}

async function loadPanel(header, n) {
  const [grid, placed, doubtful] = await Promise.all([
    fetchGrid(header.points, n), fetchMask(header.placed, n), fetchLevels(header.doubtful, n),
  ]);
  return { header, grid, placed, doubtful };
}

/** The colour of each of 256 levels on this page. */
function paletteOf(colours, theme) {
  const palette = new Uint32Array(256).fill(theme.unknown);
  if (colours.kind === "groups") colours.colours.forEach((colour, level) => { palette[level] = parseColour(colour); });
  else {
    const ramp = colours.ramps[theme.isDark ? "dark" : "light"];
    for (let level = 0; level < 255; level++) palette[level] = pack(ramp[3 * level], ramp[3 * level + 1], ramp[3 * level + 2]);
  }
  palette[UNKNOWN_LEVEL] = theme.unknown;
  return palette;
}
