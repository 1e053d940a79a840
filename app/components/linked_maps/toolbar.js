// The tools, what can be done with the selection, and how many are selected.

const TOOLS = [
  ["lasso", "Lasso", "Draw around cases to select them (L)"],
  ["rectangle", "Rectangle", "Draw a rectangle to select cases (R)"],
  ["pan", "Move", "Drag the map; the right button always does (H)"],
];

class Toolbar {
  constructor(parent, maps) {
    this.element = make("div", "lm-tools", parent);
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", "Tools of the maps");
    const tools = make("div", "lm-group", this.element);
    this.tools = TOOLS.map(([tool, text, label]) => [tool, makeButton(tools, "lm-tool", { icon: tool, text, label, onPress: () => maps.setTool(tool) })]);
    const zoom = make("div", "lm-group", this.element);
    makeButton(zoom, "", { icon: "plus", label: "Zoom in (+)", onPress: () => maps.zoomBy(1.5) });
    makeButton(zoom, "", { icon: "minus", label: "Zoom out (\u2212)", onPress: () => maps.zoomBy(1 / 1.5) });
    this.whole = makeButton(zoom, "", { icon: "whole", label: "The whole map (0, or double click on empty ground)", onPress: () => maps.resetViews() });
    this.density = makeButton(this.element, "lm-density", {
      text: "Density", label: "Show how many cases lie in each place instead of single points (D)", onPress: () => maps.toggleDensity(),
    });
    this.status = make("div", "lm-status", this.element);
    this.count = make("span", "lm-count", this.status);
    this.undo = makeButton(this.status, "lm-undo", { text: "Undo", label: "The selection before (Ctrl Z)", onPress: () => maps.choosing.undo() });
    this.invert = makeButton(this.status, "lm-invert", { text: "Invert", label: "Select the others", onPress: () => maps.choosing.invert() });
    this.clear = makeButton(this.status, "lm-clear", { text: "Clear", label: "Select nothing (Escape)", onPress: () => maps.choosing.clear() });
    makeButton(this.element, "lm-keys", { text: "?", label: "Keys and gestures", onPress: () => maps.help.toggle() });
  }

  show({ tool, isDense, selection, nLabel, nAll }) {
    for (const [name, button] of this.tools) button.setAttribute("aria-pressed", String(name === tool));
    this.density.setAttribute("aria-pressed", String(isDense));
    const { count, nCohort } = selection;
    const whole = nCohort < nAll ? `${counted(nCohort)} of ${counted(nAll)} ${nLabel} in the cohort` : `${counted(nAll)} ${nLabel}`;
    this.count.textContent = count ? `${counted(count)} of ${counted(nCohort)} ${nLabel} selected` : whole;
    for (const button of [this.invert, this.clear]) button.hidden = !count;
    this.undo.hidden = !selection.past.length;
  }
}
