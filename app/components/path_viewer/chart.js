// What is known of each step, on the same axis as the slider: trust, and the probability of the class.

const SVG = "http://www.w3.org/2000/svg";
const LEVEL_WORDS = { good: "good", caution: "caution", poor: "poor", pending: "being computed" };

/** Steps with equal level, joined: [{ level, from, to }] as fractions of the axis. */
function trustRuns(path) {
  const runs = [];
  path.steps.forEach((_, k) => {
    const level = trustSentence(path, k)[0];
    const [from, to] = path.interval(k);
    if (runs.at(-1)?.level === level) runs.at(-1).to = to;
    else runs.push({ level, from, to });
  });
  return runs;
}

class TrustStrip {
  constructor(lanes, hooks) {
    this.row = lanes.row("pv-trust-row", "trust");
    this.strip = make("div", "pv-inset pv-trust", this.row.lane);
    pickSteps(this.strip, hooks);
  }

  open(path) {
    this.row.setHidden(!path.trust);
    this.strip.replaceChildren();
    if (!path.trust) return;
    for (const { level, from, to } of trustRuns(path)) {
      const run = make("span", `pv-run pv-run-${level}`, this.strip);
      run.style.setProperty("--from", from);
      run.style.setProperty("--to", to);
      run.dataset.width = to - from;
      make("span", "pv-run-word", run).textContent = LEVEL_WORDS[level];
    }
  }

  layout(width) {
    for (const run of this.strip.children) {
      const word = run.firstChild;
      word.hidden = run.dataset.width * width < 9 * word.textContent.length + 14;
    }
  }
}

class ProbabilityChart {
  constructor(lanes, hooks) {
    this.row = lanes.row("pv-chart-row", "");
    const scale = make("span", "pv-scale", this.row.gutter);
    this.scale = ["1", "0.5", "0"].map((label) => Object.assign(make("span", "", scale), { textContent: label }));
    this.plot = make("div", "pv-inset pv-chart", this.row.lane);
    this.svg = this.plot.appendChild(document.createElementNS(SVG, "svg"));
    this.svg.setAttribute("viewBox", "0 0 1000 100");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.flip = make("span", "pv-flip", this.plot);
    this.flipWord = make("span", "pv-flip-word", this.flip);
    this.dot = make("span", "pv-dot", this.plot);
    pickSteps(this.plot, hooks);
  }

  open(path) {
    this.row.setHidden(!path.probabilities);
    this.svg.replaceChildren();
    if (!path.probabilities) return;
    const isNumber = Boolean(path.valueRange);
    // A line may break before the name, so that the name itself stays whole.
    this.row.label.replaceChildren(...(isNumber ? [path.className] : ["p(", document.createElement("wbr"), `${path.className})`]));
    this.row.label.title = isNumber ? `${path.className} as the model predicts it` : `probability of ${path.className} given by the model's classifier`;
    [1, 0.5, 0].forEach((height, i) => { this.scale[i].textContent = isNumber ? numberAt(path, height) : String(height); });
    this.svg.setAttribute("aria-label", spokenChart(path));
    for (const y of [0, 50, 100]) this.addPath(`M0 ${y}H1000`, "pv-grid");
    const { solid, dashed, points } = probabilityLines(path);
    this.addPath(dashed, "pv-line pv-line-gap");
    this.addPath(solid, "pv-line");
    this.addPath(points, "pv-line pv-line-points");
    this.placeFlip(path);
  }

  addPath(d, name) {
    const line = this.svg.appendChild(document.createElementNS(SVG, "path"));
    line.setAttribute("d", d || "M0 0");
    line.setAttribute("class", name);
    line.setAttribute("vector-effect", "non-scaling-stroke");
  }

  placeFlip(path) {
    this.flip.hidden = path.flip == null;
    if (path.flip == null) return;
    const known = path.probabilities.filter((p) => p != null);
    const isRising = known.at(-1) >= known[0];
    const at = path.fraction(path.flip);
    this.flip.style.setProperty("--at", at);
    // the corner that the curve leaves free: above it before the flip when it rises, after it when it falls
    this.flip.dataset.side = isRising ? "left" : "right";
    this.flip.dataset.height = "top";
    if (isRising ? at < 0.3 : at > 0.7) Object.assign(this.flip.dataset, { side: isRising ? "right" : "left", height: "bottom" });
    this.flipWord.textContent = `decision flips at ${signed(path.flip, 1)} SD`;
  }

  show(path, k) {
    const probability = path.probabilities?.[k];
    this.dot.hidden = probability == null;
    if (probability == null) return;
    this.dot.style.setProperty("--at", path.fraction(path.steps[k]));
    this.dot.style.setProperty("--height", probability);
  }
}

/** Neighbouring steps are joined by a solid line; across a gap the line is dashed, with a point at each known step. */
function probabilityLines(path) {
  const lines = { solid: "", dashed: "", points: "" };
  const isKnown = (k) => path.probabilities[k] != null;
  let last = -1;
  path.probabilities.forEach((p, k) => {
    if (p == null) return;
    const point = (j) => `${(path.fraction(path.steps[j]) * 1000).toFixed(1)} ${(100 - path.probabilities[j] * 100).toFixed(2)}`;
    if (last >= 0) lines[last === k - 1 ? "solid" : "dashed"] += `M${point(last)}L${point(k)}`;
    const isAlone = [k - 1, k + 1].some((j) => j in path.steps && !isKnown(j));
    if (isAlone) lines.points += `M${point(k)}h0`;
    last = k;
  });
  return lines;
}

function spokenChart(path) {
  const known = path.steps.map((sd, k) => [sd, path.probabilities[k]]).filter(([, p]) => p != null);
  const [first, last] = [known[0], known.at(-1)];
  const say = ([sd, p]) => `${path.valueRange ? numberAt(path, p) : p.toFixed(2)} at ${signed(sd, path.decimals)} SD`;
  const flip = path.flip == null ? "" : `; the decision flips at ${signed(path.flip, 1)} SD`;
  return `${path.valueRange ? "Predicted" : "Probability of"} ${path.className} along the path: ${say(first)}, ${say(last)}${flip}`;
}

/** Hovering names a step, clicking goes there. */
function pickSteps(lane, { stepAt, onPeek, onPick }) {
  const pick = (event) => {
    const box = lane.getBoundingClientRect();
    return stepAt((event.clientX - box.left) / box.width);
  };
  lane.addEventListener("pointermove", (event) => onPeek(pick(event)));
  lane.addEventListener("pointerleave", () => onPeek(null));
  lane.addEventListener("click", (event) => onPick(pick(event)));
}
