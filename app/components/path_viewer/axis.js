// The direction as an axis: ends in words, a native slider, ticks in standard deviations.

class Axis {
  constructor(lanes, { onMove, onRelease }) {
    const ends = lanes.row("pv-ends");
    this.away = make("span", "pv-end pv-end-away", ends.lane);
    this.numbers = make("span", "pv-numbers", ends.lane);
    this.towards = make("span", "pv-end pv-end-towards", ends.lane);
    const { gutter, lane } = lanes.row("pv-slide");
    this.play = iconButton(gutter, "pv-play", ICONS.play, "Play the path");
    this.input = make("input", "pv-slider", lane);
    Object.assign(this.input, { type: "range", step: "any" });
    this.input.setAttribute("aria-label", "Position along the direction");
    this.ticks = make("div", "pv-inset pv-ticks", lanes.row("pv-tick-row").lane);
    this.ticks.setAttribute("aria-hidden", "true");
    this.input.addEventListener("input", () => onMove(Number(this.input.value)));
    this.input.addEventListener("change", () => onRelease());
  }

  open(path) {
    this.input.min = path.steps[0];
    this.input.max = path.steps.at(-1);
    this.away.textContent = path.away;
    this.towards.textContent = path.towards;
    this.input.style.setProperty("--zero", path.fraction(0));
    this.ticks.replaceChildren();
    const [low, high] = [Math.ceil(path.steps[0]), Math.floor(path.steps.at(-1))];
    const every = Math.max(1, Math.ceil((high - low) / 12));
    for (let sd = low; sd <= high; sd++) {
      if (sd % every !== 0) continue;
      const tick = make("span", sd === 0 ? "pv-tick pv-tick-zero" : "pv-tick", this.ticks);
      tick.style.setProperty("--at", path.fraction(sd));
      tick.textContent = sd === high - (((high % every) + every) % every) ? `${signed(sd, 0)} SD` : signed(sd, 0);
    }
  }

  show(path, k, shown) {
    const fraction = path.fraction(path.steps[k]);
    this.input.value = path.steps[k];
    this.input.style.setProperty("--at", fraction);
    this.input.dataset.side = k === path.origin ? "zero" : path.steps[k] < 0 ? "away" : "towards";
    this.input.setAttribute("aria-valuetext", spokenValue(path, k, shown));
    this.numbers.replaceChildren(...readout(path, k).map((part) => {
      const span = make("span");
      span.textContent = part;
      return span;
    }));
  }

  setPlaying(isPlaying) {
    setIcon(this.play, isPlaying ? ICONS.pause : ICONS.play, isPlaying ? "Pause" : "Play the path");
  }
}
