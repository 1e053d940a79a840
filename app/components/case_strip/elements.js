// Elements and the few icons.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  agrees: "M3 8.5l3.2 3.2L13 4.8",
  differs: "M4 4l8 8M12 4l-8 8",
  previous: "M10 3 5 8l5 5",
  next: "M6 3l5 5-5 5",
};

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

function iconButton(parent, name, d, label, onPress) {
  const button = make("button", `cs-button ${name}`, parent);
  Object.assign(button, { type: "button", title: label });
  button.setAttribute("aria-label", label);
  makeIcon(button, d);
  button.addEventListener("click", onPress);
  return button;
}

/** A long name keeps its end, which tells cases apart: "study-of-2…0412". */
function makeShortened(parent, name, text) {
  const element = make("div", name, parent);
  const tail = Math.min(6, Math.floor(text.length / 2));
  makeText("span", "cs-head", element, text.slice(0, text.length - tail));
  makeText("span", "cs-tail", element, text.slice(text.length - tail));
  return element;
}
