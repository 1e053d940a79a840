// Numbers and sentences, so that the picture, the axis and a screen reader say the same thing.

const MINUS = "\u2212";

/** Decimals that tell the steps apart: 1 for 0.5 SD apart, 2 for 0.25. */
function decimalsOf(steps) {
  const isShort = (decimals) => steps.every((sd) => Math.abs(sd - Number(sd.toFixed(decimals))) < 1e-6);
  return isShort(1) ? 1 : 2;
}

/** "+1.5", "−0.25", "0": zero has no sign, and no decimals trail. */
function signed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals).replace(/(\.\d)0+$/, "$1");
  if (Number(text) === 0) return "0";
  return (value < 0 ? MINUS : "+") + text;
}

function spokenStep(path, k) {
  const sd = path.steps[k];
  if (k === path.origin) return "0 standard deviations, decoded without a move";
  const size = signed(Math.abs(sd), path.decimals).slice(1);
  const unit = Number(size) === 1 ? "standard deviation" : "standard deviations";
  return `${sd < 0 ? "minus" : "plus"} ${size} ${unit} ${sd < 0 ? path.away : path.towards}`;
}

/** What a screen reader says of the slider. */
function spokenValue(path, k, shown) {
  const parts = [spokenStep(path, k)];
  const probability = path.probabilities?.[k];
  if (probability != null) parts.push(path.valueRange ? reading(path, probability) : `probability ${probability.toFixed(2)}`);
  const trust = path.trust?.[k];
  if (trust) parts.push(`trust ${trust[0]}`);
  if (shown !== k) parts.push(`being computed, showing ${signed(path.steps[shown], path.decimals)}`);
  return parts.join(", ");
}

/** "requested +1.5 SD · achieved +1.1 SD · p(effusion) 0.82 · decision flips at +0.8 SD" */
function readout(path, k) {
  const parts = [`requested ${signed(path.steps[k], path.decimals)} SD`];
  const achieved = path.achieved?.[k];
  if (achieved != null) parts.push(`achieved ${signed(achieved, 1)} SD`);
  const probability = path.probabilities?.[k];
  if (probability != null) parts.push(reading(path, probability));
  if (path.flip != null) parts.push(`decision flips at ${signed(path.flip, 1)} SD`);
  return parts;
}

/** "p(effusion) 0.82" of a classifier, "severity 3.2" of a model of numbers, whose curve is drawn within its range. */
function reading(path, height) {
  return path.valueRange ? `${path.className} ${numberAt(path, height)}` : `p(${path.className}) ${height.toFixed(2)}`;
}

/** The number at a height of the curve, 0 to 1, in the target's units. */
function numberAt({ valueRange: [low, high] }, height) {
  const value = low + height * (high - low);
  return (value < 0 ? MINUS : "") + String(Number(Math.abs(value).toPrecision(3)));
}

function trustSentence(path, k) {
  if (!path.trust) return null;
  return path.trust[k] ?? ["pending", "nothing is known of this step yet"];
}
