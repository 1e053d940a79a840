// Elements, icons, and how numbers are written.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  lasso: "M8 2.5c3.3 0 6 1.7 6 4.1s-2.7 4.1-6 4.1c-.9 0-1.7-.1-2.5-.3M3.8 9.6C2.7 8.9 2 7.8 2 6.6c0-2.4 2.7-4.1 6-4.1M3.8 9.6a1.6 1.6 0 1 0 1.6.8c0 1.6-.6 2.8-2 3.4",
  rectangle: "M2.5 3.5h11v9h-11z",
  pan: "M8 1.5v13M1.5 8h13M8 1.5 6.2 3.3M8 1.5l1.8 1.8M8 14.5l-1.8-1.8M8 14.5l1.8-1.8M1.5 8l1.8-1.8M1.5 8l1.8 1.8M14.5 8l-1.8-1.8M14.5 8l-1.8 1.8",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  whole: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
};
const numberWords = new Intl.NumberFormat("en");

function make(tag, name, parent) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent?.append(element);
  return element;
}

function makeText(tag, name, parent, text) {
  const element = make(tag, name, parent);
  element.textContent = text;
  return element;
}

function makeIcon(parent, d) {
  const svg = parent.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", d);
  return svg;
}

function makeButton(parent, name, { icon, text, label, onPress }) {
  const button = make("button", `lm-button ${name}`, parent);
  button.type = "button";
  if (icon) makeIcon(button, ICONS[icon]);
  if (text) makeText("span", "", button, text);
  if (label) {
    button.title = label;
    if (!text) button.setAttribute("aria-label", label);
  }
  button.addEventListener("click", onPress);
  return button;
}

/** 12345 as "12,345". */
const counted = (n) => numberWords.format(n);

/** A number of a scale: three digits, a true minus. */
function shortNumber(value) {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? size.toExponential(1) : String(Number(size.toPrecision(3)));
  return (value < 0 ? "\u2212" : "") + text;
}

/** Round values between low and high, some `wanted` of them. */
function niceTicks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9 && ticks.length < 50; k++) ticks.push(k * step);
  return ticks;
}
