// Elements and shapes. Text from Python is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

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

function makeShape(tag, name, parent, attributes = {}) {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  if (name) element.setAttribute("class", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Sets a text only when it is another one, so that a rerun touches nothing. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function makeButton(parent, name, text, onPress) {
  const button = makeText("button", `hg-button ${name}`, parent, text);
  button.type = "button";
  button.addEventListener("click", onPress);
  return button;
}

/** A box to tick, as a native control. */
function makeSwitch(parent, text, help, onChange) {
  const label = make("label", "hg-switch", parent);
  label.title = help;
  const input = make("input", "", label);
  input.type = "checkbox";
  const words = makeText("span", "", label, text);
  input.addEventListener("change", () => onChange(input.checked));
  return { label, input, words };
}

/** A slider from 0 to `most` percent with its number beside it. */
function makeSlider(parent, text, help, most, onInput) {
  const label = make("label", "hg-slider", parent);
  label.title = help;
  makeText("span", "", label, text);
  const input = make("input", "", label);
  Object.assign(input, { type: "range", min: 0, max: most, step: 1 });
  input.setAttribute("aria-label", `${text}, percent`);
  const number = makeText("output", "hg-number", label, "");
  input.addEventListener("input", () => onInput(Number(input.value)));
  return { label, input, number };
}
