// The skeleton: elements, icons, and the lanes that share one axis.

const ICONS = {
  play: "M4 2.5v11l9.5-5.5z",
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  previous: "M10.5 2.5 5 8l5.5 5.5",
  next: "M5.5 2.5 11 8l-5.5 5.5",
  whole: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
};

function make(tag, name, parent) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent?.append(element);
  return element;
}

function setIcon(button, d, label) {
  button.querySelector("path").setAttribute("d", d);
  button.setAttribute("aria-label", label);
  button.title = label;
}

function iconButton(parent, name, d, label) {
  const button = make("button", `pv-button ${name}`, parent);
  button.type = "button";
  const svg = button.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(document.createElementNS(SVG, "path"));
  setIcon(button, d, label);
  return button;
}

function textButton(parent, onPress) {
  const button = make("button", "pv-text-button", parent);
  button.type = "button";
  if (onPress) button.addEventListener("click", onPress);
  return button;
}

/** Rows of a label and a lane; all lanes are equally wide, so a step has one place in all of them. */
class Lanes {
  constructor(parent) {
    this.element = make("div", "pv-lanes", parent);
  }

  row(name, text = "") {
    const gutter = make("div", `pv-gutter ${name}`, this.element);
    const label = make("span", "pv-label", gutter);
    label.textContent = text;
    const lane = make("div", `pv-lane ${name}`, this.element);
    const setHidden = (isHidden) => { gutter.hidden = isHidden; lane.hidden = isHidden; };
    return { gutter, lane, label, setHidden };
  }

  show(path, k) {
    this.element.style.setProperty("--now", path.fraction(path.steps[k]));
  }
}

/** What is known of the step, and the quiet tools beside it. */
class Footer {
  constructor(lanes, viewer) {
    const { lane } = lanes.row("pv-words-row");
    this.trust = make("p", "pv-trust-words", lane);
    const tools = make("div", "pv-tools", lane);
    this.viewTools = make("span", "pv-view-tools", tools);
    iconButton(tools, "", ICONS.previous, "Previous case").addEventListener("click", () => viewer.askForCase("previous"));
    iconButton(tools, "", ICONS.next, "Next case").addEventListener("click", () => viewer.askForCase("next"));
    iconButton(tools, "", ICONS.whole, "Whole screen").addEventListener("click", () => viewer.toggleWholeScreen());
    const help = textButton(tools, () => viewer.help.toggle());
    help.textContent = "?";
    help.setAttribute("aria-label", "Keys and gestures");
  }

  show(path, k, peeked) {
    const at = peeked ?? k;
    const sentence = trustSentence(path, at);
    this.trust.replaceChildren();
    if (!sentence) return;
    make("span", `pv-swatch pv-run-${sentence[0]}`, this.trust);
    const lead = peeked === null ? "" : `${signed(path.steps[at], path.decimals)} SD: `;
    make("strong", "", this.trust).textContent = `${lead}${LEVEL_WORDS[sentence[0]]}`;
    this.trust.append(` \u2013 ${sentence[1]}`);
  }

  /** Shows the tools that the panels have now; a button stays the same element, so that it keeps the focus. */
  applyTools(tools) {
    while (this.viewTools.childElementCount > tools.length) this.viewTools.lastChild.remove();
    tools.forEach(({ text, title = "", isHidden = false, isPressed, press }, i) => {
      const button = this.viewTools.children[i] ?? textButton(this.viewTools, null);
      Object.assign(button, { textContent: text, title, hidden: isHidden, onclick: press });
      if (isPressed === undefined) button.removeAttribute("aria-pressed");
      else button.setAttribute("aria-pressed", isPressed);
    });
  }
}
