// The scale of a row's map: colours, numbers, unit, and what the two ends mean.

class ColourBar {
  constructor(parent) {
    const element = make("div", "hg-bar", parent);
    this.element = element;
    this.low = make("span", "hg-bar-end", element);
    this.ramp = make("span", "hg-bar-ramp", element);
    this.high = make("span", "hg-bar-end", element);
    this.words = make("div", "hg-bar-words", element);
    this.lowWord = make("span", "", this.words);
    this.unit = make("span", "hg-bar-unit", this.words);
    this.highWord = make("span", "", this.words);
  }

  update(tile, { ends, colours, noun }) {
    this.element.hidden = !tile.heat;
    if (!tile.heat) return;
    const isSigned = tile.kind === "signed";
    const limit = shortNumber(tile.heat.limit);
    setText(this.low, isSigned ? `\u2264 ${MINUS}${limit}` : "0");
    setText(this.high, `\u2265 ${isSigned ? "+" : ""}${limit}`);
    setText(this.lowWord, isSigned ? ends[0] : "does not matter");
    setText(this.highWord, isSigned ? ends[1] : "matters most");
    setText(this.unit, tile.unit);
    this.ramp.style.background = rampOf(colours, isSigned);
    this.ramp.title = `${tile.unit ? `in ${tile.unit}; ` : ""}the ends are the 99.5th percentile of the map's size: `
      + `the 0.5 % strongest ${noun} have the end colours`;
  }
}

/** A CSS gradient of the colours, or of their upper half. */
function rampOf(colours, isSigned) {
  const n = colours.length / 3;
  const stops = [];
  for (let k = isSigned ? 0 : n / 2; k < n; k += 8) stops.push(k);
  stops.push(n - 1);
  return `linear-gradient(to right, ${stops.map((k) => `rgb(${colours[3 * k]} ${colours[3 * k + 1]} ${colours[3 * k + 2]})`).join(", ")})`;
}
