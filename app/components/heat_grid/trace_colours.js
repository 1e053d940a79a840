// Colours of maps along time. Signals lie on the page's own ground, as on paper by day and on a monitor by night: by day
// the map's colours are those of the figure; by night zero is the ground itself, and strong is bright on both sides.

const POLES = [0.17, 0.83]; // where the colour map is neither pale nor dark
const FADE = 0.9;

/** Red, green, blue of whatever CSS calls a colour. */
function readColour(colour) {
  readColour.context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const { context } = readColour;
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const isDark = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b < 110;
const mix = (a, b, share) => a.map((part, k) => part * (1 - share) + b[k] * share);

/** The ground, the ink on it, and the colours of the map as flat r, g, b. */
function readPalette(element, colours) {
  const style = getComputedStyle(element);
  const [ground, ink] = [readColour(style.backgroundColor), readColour(style.color)];
  const n = colours.length / 3;
  const pole = POLES.map((at) => [...colours.slice(3 * Math.round(at * (n - 1)), 3 * Math.round(at * (n - 1)) + 3)]);
  if (!isDark(ground)) return { ground, ink, colours, pole };
  const table = new Uint8Array(colours.length);
  for (let k = 0; k < n; k++) {
    const share = (2 * (k + 0.5)) / n - 1;
    table.set(mix(ground, pole[share < 0 ? 0 : 1], Math.abs(share) ** FADE).map(Math.round), 3 * k);
  }
  return { ground, ink, colours: table, pole };
}

const css = ([r, g, b], alpha = 1) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;
