// What lies on the lanes of a signal: names and scales, the crosshair, the times below.

class TraceMarks {
  constructor(stage) {
    this.stage = stage;
    this.names = make("div", "hg-lane-names", stage);
    this.line = make("div", "hg-moment", stage);
    this.dot = make("div", "hg-dot", stage);
    this.line.hidden = this.dot.hidden = true;
  }

  setOutline() {}

  /** The crosshair at a share of the width and, in its lane, of the height; null: there is none. */
  point(place) {
    this.line.hidden = !place;
    this.dot.hidden = !place || place.y === null;
    if (!place) return;
    this.line.style.left = this.dot.style.left = `${place.x * 100}%`;
    if (place.y !== null) this.dot.style.top = `${place.y * 100}%`;
  }

  /** In a small tile, the channels' names; the large one has heads beside it. */
  writeNames(names) {
    const text = names.join("\n");
    if (this.written === text) return;
    this.written = text;
    this.names.replaceChildren(...names.map((name) => {
      const lane = make("span", "");
      lane.textContent = name;
      return lane;
    }));
  }
}

/** Names, units and scales beside the lanes of the large tile. */
class TraceHeads {
  constructor(parent) {
    this.element = make("div", "hg-heads", parent);
  }

  write(heads) {
    const text = JSON.stringify(heads);
    if (this.written === text) return;
    this.written = text;
    this.element.replaceChildren(...heads.map(({ name, unit, ticks }) => {
      const head = make("div", "hg-head-lane");
      const words = make("span", "hg-head-name", head);
      makeText("strong", "", words, name);
      words.append(unit ? ` ${unit}` : "");
      words.title = words.textContent;
      for (const [at, label] of ticks) {
        const tick = makeText("span", "hg-head-tick", head, label);
        tick.style.top = `${at * 100}%`;
      }
      return head;
    }));
  }
}

/** Times below the large tile, in seconds. */
class TraceTimes {
  constructor(parent) {
    this.element = make("div", "hg-times", parent);
  }

  write(view, { width, rate }) {
    const [from, span] = [-view.x * width, width / view.zoom]; // samples
    const ticks = roundTimes((from - 0.5) / rate, (from + span - 0.5) / rate, Math.max(3, this.element.clientWidth / 90));
    const text = JSON.stringify([ticks, from, span]);
    if (this.written === text) return;
    this.written = text;
    this.element.replaceChildren(...ticks.map((seconds, k) => {
      const tick = make("span", "");
      tick.style.left = `${((seconds * rate + 0.5 - from) / span) * 100}%`;
      tick.textContent = `${shortNumber(seconds)}${k === ticks.length - 1 ? " s" : ""}`;
      return tick;
    }));
  }
}

/** Round times within a range, about `wanted` of them. */
function roundTimes(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.75);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(Number((n * step).toPrecision(9)));
  return ticks;
}
