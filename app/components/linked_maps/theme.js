// The colours of the page as numbers that can be written into pixels: 0xAABBGGRR.

const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

const pack = (r, g, b) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;

/** Any colour of a style sheet. */
function parseColour(text) {
  probe.fillStyle = "#000";
  probe.fillStyle = text;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  return pack(r, g, b);
}

/** `share` of the second colour in the first. */
function mix(first, second, share) {
  let mixed = 0;
  for (const shift of [0, 8, 16]) {
    const [a, b] = [(first >>> shift) & 255, (second >>> shift) & 255];
    mixed |= Math.round(a + (b - a) * share) << shift;
  }
  return (mixed | 0xff000000) >>> 0;
}

const cssOf = (colour) => `rgb(${colour & 255} ${(colour >>> 8) & 255} ${(colour >>> 16) & 255})`;

/** Light reflected, 0 to 1, roughly. */
const brightness = (colour) => (0.3 * (colour & 255) + 0.6 * ((colour >>> 8) & 255) + 0.1 * ((colour >>> 16) & 255)) / 255;

/** What the points are painted with on this page. */
class Theme {
  /** @param element wears the ground as its background and the text's colour. */
  constructor(element) {
    const style = getComputedStyle(element);
    this.ground = parseColour(style.backgroundColor);
    this.text = parseColour(style.color);
    this.isDark = brightness(this.ground) < 0.5;
    this.rest = mix(this.ground, this.text, this.isDark ? 0.34 : 0.27); // not selected: grey, never gone
    this.outside = mix(this.ground, this.text, this.isDark ? 0.17 : 0.12); // not in the cohort
    this.unknown = mix(this.ground, this.text, 0.5);
    this.soft = mix(this.ground, this.text, 0.72);
    this.rule = mix(this.ground, this.text, 0.18);
    this.accent = parseColour("#d9730d");
  }
}
