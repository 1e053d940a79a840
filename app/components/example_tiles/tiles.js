// Cases side by side. A tile always shows the picture of its own row: an answer that comes late, for a row that has
// gone since, is thrown away with the element that asked for it.

const MARKS = { true: "=", false: "\u2260" };
const AGREES = { true: "the same as the open case's", false: "another than the open case's" };

/** The root of the app, wherever a proxy has put it: Streamlit's own script was loaded from there. */
function rootOfApp() {
  const names = performance.getEntriesByType("resource").map(({ name }) => name);
  const script = names.find((name) => name.startsWith(location.origin) && /\/static\/js\/[^/?]+\.js/.test(name));
  return script ? script.replace(/static\/js\/[^/]*$/, "") : new URL("./", document.baseURI).href;
}

function add(parent, tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function barOf(parent, bar) {
  const line = add(parent, "div", `ex-score ex-${bar.kind}`);
  const track = add(line, "div", "ex-track");
  add(track, "div", "ex-fill").style.width = `${(100 * bar.share).toFixed(1)}%`;
  if (bar.tick !== null) add(track, "div", "ex-tick").style.left = `${(100 * bar.tick).toFixed(1)}%`;
  add(line, "span", "ex-number", bar.text);
}

function pictureOf(parent, tile, cases) {
  const none = (reason) => {
    frame.replaceChildren();
    add(frame, "span", "ex-none", "not found");
    frame.title = reason;
    frame.dataset.state = "missing";
  };
  const frame = add(parent, "div", "ex-frame");
  if (tile.missing) {
    none(tile.missing);
    return;
  }
  const image = add(frame, "img");
  image.alt = "";
  image.draggable = false;
  image.onload = () => { frame.dataset.state = "there"; };
  image.onerror = () => none("It could not be read.");
  image.src = new URL(`${cases}/${tile.row}.png`, rootOfApp()).href;
}

function told(tile) {
  const label = tile.label ? `label ${tile.label}${tile.agrees === null ? "" : `, ${AGREES[tile.agrees]}`}` : "no label";
  return [tile.id, label, ...tile.lines, tile.missing].filter(Boolean);
}

function tileOf(list, tile, cases, otherPage, open) {
  const item = add(list, "li", "ex-tile");
  Object.assign(item.dataset, { case: tile.id, row: tile.row });
  const lines = told(tile);
  const main = add(item, "button", "ex-open");
  main.type = "button";
  main.title = lines.join("\n");
  main.setAttribute("aria-label", `Open ${lines.join(". ")}`);
  main.onclick = () => open(tile.id, "here");
  pictureOf(main, tile, cases);
  const there = add(item, "button", "ex-traverse", otherPage);
  there.type = "button";
  there.title = `Open ${tile.name} on the ${otherPage} page`;
  there.onclick = () => open(tile.id, "traverse");
  if (tile.bar) barOf(item, tile.bar);
  add(item, "div", "ex-id", tile.name).title = tile.id;
  const label = add(item, "div", "ex-label");
  if (tile.label && tile.agrees !== null) {
    add(label, "span", `ex-mark ex-agrees-${tile.agrees}`, MARKS[tile.agrees]).title = `Its label is ${AGREES[tile.agrees]}`;
  }
  add(label, "span", "ex-word", tile.label || "no label").title = tile.label;
  if (tile.prediction) add(item, "div", "ex-called", `called ${tile.prediction}`).title = `The model calls it ${tile.prediction}`;
  if (tile.sentence) add(item, "p", "ex-sentence", tile.sentence);
}

class Tiles {
  constructor(root) {
    this.list = add(root, "ul", "ex-tiles");
    this.drawn = "";
  }

  connect({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    const text = JSON.stringify(data);
    if (!data || text === this.drawn) return;
    const focused = this.list.getRootNode().activeElement?.closest?.(".ex-tile")?.dataset.case;
    this.drawn = text;
    this.list.replaceChildren();
    this.list.setAttribute("aria-label", data.name);
    this.list.style.setProperty("--columns", data.columns);
    this.list.style.setProperty("--aspect", data.aspect);
    for (const tile of data.tiles) tileOf(this.list, tile, data.cases, data.otherPage, (id, where) => this.send("open", { id, where }));
    const again = focused && [...this.list.children].find((item) => item.dataset.case === focused);
    again?.querySelector("button").focus();
  }
}

const mounted = new WeakMap(); // one for each place on the page; Streamlit calls again on every rerun

export default function (component) {
  const root = component.parentElement.querySelector(".ex-root");
  const tiles = mounted.get(root) ?? new Tiles(root);
  mounted.set(root, tiles);
  tiles.connect(component);
  return () => {
    tiles.list.remove();
    mounted.delete(root);
  };
}
