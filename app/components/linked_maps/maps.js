// Joins the parts. Python sends words, settings and addresses, and is told what was selected and which case to open.

const memories = new Map(); // by the component's key: views, tool and mode outlive a turn to another page

class LinkedMaps {
  constructor(root) {
    Object.assign(this, { tool: "lasso", isDense: null, panels: [], turn: 0, lifted: null });
    this.element = make("div", "lm", root);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Maps of the cases, linked");
    this.probe = make("span", "lm-probe", this.element);
    this.toolbar = new Toolbar(this.element, this);
    this.legend = new Legend(this.element, this);
    this.row = make("div", "lm-panels", this.element);
    this.choosing = new Choosing(this);
    this.pointing = new Pointing(this);
    this.help = new HelpCard(this.element);
    this.live = make("div", "lm-live", this.element);
    this.live.setAttribute("aria-live", "polite");
    this.isReachable = (row) => !this.selection.cohort || this.selection.cohort[row] === 1;
    attachKeys(this.element, this);
    this.probe.addEventListener("transitionend", () => this.retheme());
    this.observer = new ResizeObserver(() => this.refresh());
    this.observer.observe(this.row);
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.pointing.ring(null);
    });
  }

  /** Takes what Streamlit passes on each run; the same again costs nothing. */
  async connect({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    if (!data) return;
    const text = JSON.stringify(data);
    if (text === this.newest) return;
    this.newest = text;
    const turn = ++this.turn;
    this.element.dataset.loading = data.n;
    try {
      const loaded = await loadMaps(data, { needsSelection: this.choosing.isNews(data) });
      if (turn === this.turn) this.apply(loaded);
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    }
  }

  apply(loaded) {
    const { header, levels, panels, adoptsSelection } = loaded;
    delete this.element.dataset.loading;
    this.error?.remove();
    this.error = null;
    this.choosing.confirm(header);
    const rest = JSON.stringify({ ...header, selected: null });
    if (rest === this.appliedRest && !adoptsSelection) return;
    this.appliedRest = rest;
    const before = this.header;
    this.header = header;
    if (!before) this.recall(header.key);
    this.choosing.take(loaded);
    this.levels = levels;
    this.pointing.take(header);
    this.openPanels(panels);
    if (JSON.stringify(before?.colours) !== JSON.stringify(header.colours)) {
      this.lifted = null; // the entry the pointer was on is gone
      this.legend.open(header.colours);
    }
    this.retheme();
    this.element.dataset.ready = header.n;
  }

  get selection() {
    return this.choosing.selection;
  }

  recall(key) {
    const memory = memories.get(key) ?? { views: new Map(), tool: "lasso", isDense: null };
    memories.set(key, memory);
    this.memory = memory;
    Object.assign(this, { tool: memory.tool, isDense: memory.isDense });
  }

  viewOf(index, key, grid) {
    const name = `${index} ${key} ${grid.n} ${grid.span}`;
    if (!this.memory.views.has(name)) this.memory.views.set(name, new View(grid.box, grid.span));
    return this.memory.views.get(name);
  }

  openPanels(loaded) {
    for (const old of this.panels.splice(loaded.length)) old.destroy();
    this.element.dataset.panels = loaded.length;
    loaded.forEach((data, index) => {
      this.panels[index] ??= new Panel(this.row, this, index);
      this.panels[index].open(data, this.header);
    });
  }

  /** Reads the page's colours again and dresses everything in them. */
  retheme() {
    if (!this.header) return;
    this.theme = new Theme(this.probe);
    this.palette = paletteOf(this.header.colours, this.theme);
    this.nGroups = this.header.colours.kind === "groups" ? this.header.colours.groups.length : 0;
    this.dress();
    for (const panel of this.panels) panel.showNotes(this.selection.cohort);
  }

  dress() {
    this.dressPoints();
    this.showCounts();
  }

  dressPoints() {
    const { selection, levels, lifted } = this;
    const layers = layersOf(selection, levels, lifted);
    const isChosen = Boolean(lifted || selection.count);
    this.layersUsed = { [OUTSIDE]: Boolean(selection.cohort), [REST]: isChosen, [SHOWN]: true };
    for (const panel of this.panels) panel.dress(levels, layers);
  }

  showCounts() {
    const { selection, theme, palette } = this;
    const ways = this.panels.map(({ stage }) => stage.dataset.shaped ?? "").join(" ");
    const style = { isShaped: ways.includes("shapes"), isFine: ways.includes("fine") };
    this.legend.show(selection.countLevels(this.levels), selection.count > 0, { theme, palette, style });
    this.showTools();
    this.element.dataset.count = selection.count;
  }

  showTools() {
    const isDense = this.isDense ?? this.panels.some(({ stage }) => stage.dataset.mode === "density");
    this.toolbar.show({ tool: this.tool, isDense, selection: this.selection, nLabel: this.header.n_label, nAll: this.header.n });
    for (const { stage } of this.panels) stage.dataset.tool = this.tool;
  }

  refresh() {
    for (const panel of this.panels) panel.refresh();
  }

  requestFrame() {
    if (this.awaited) return;
    this.awaited = requestAnimationFrame(() => {
      this.awaited = 0;
      for (const panel of this.panels) panel.frame();
      this.pointing.placeCard();
    });
  }

  /** A panel has drawn; the tools and the legend say so where it draws in another way than before. */
  drewPoints() {
    const ways = this.panels.map(({ stage }) => `${stage.dataset.mode} ${stage.dataset.shaped}`).join();
    if (ways !== this.ways) this.showCounts();
    this.ways = ways;
  }

  open(row, { undoesClick = false } = {}) {
    if (row === null || row < 0) return;
    if (undoesClick) this.choosing.undoClick();
    this.setTriggerValue("open", { cases: this.header.cases, row });
  }

  lift(level) {
    this.liftWhere(level === null ? null : (other) => other === level);
  }

  /** Shows only some levels in colour for as long as the pointer stays on their entry. */
  liftWhere(isLifted) {
    if (!isLifted && !this.lifted) return;
    this.lifted = isLifted ? Uint8Array.from({ length: 256 }, (_, level) => (isLifted(level) ? 1 : 0)) : null;
    this.dressPoints();
  }

  setTool(tool) {
    this.tool = this.memory.tool = tool;
    this.showTools();
  }

  toggleDensity() {
    const isNow = this.isDense ?? this.panels.some(({ stage }) => stage.dataset.mode === "density");
    this.isDense = this.memory.isDense = !isNow;
    this.showTools();
    this.refresh();
  }

  zoomBy(factor) {
    for (const panel of this.panels) panel.zoomBy(factor);
  }

  resetViews() {
    for (const panel of this.panels) panel.resetView();
  }

  say(words) {
    this.live.textContent = words;
  }

  escape() {
    if (this.help.close() || this.panels.some((panel) => panel.cancelDrag())) return;
    this.pointing.ring(null);
    this.choosing.clear();
  }

  complain(error) {
    console.error("linked maps", error);
    delete this.element.dataset.loading;
    this.newest = null; // the next run tries again
    this.error ??= make("p", "lm-error", this.element);
    this.error.setAttribute("role", "alert");
    this.error.textContent = `The points of these maps could not be read (${error.message}). Load the page again; `
      + "if it happens again, the server and the page are of different versions.";
  }

  destroy() {
    for (const timer of [this.choosing.telling, this.pointing.dwell]) clearTimeout(timer);
    cancelAnimationFrame(this.awaited);
    this.observer.disconnect();
    this.pointing.card.hide();
    for (const panel of this.panels) panel.destroy();
    this.element.remove();
  }
}

const mounted = new WeakMap(); // one for each place on the page; Streamlit calls again on every rerun

export default function (component) {
  const root = component.parentElement.querySelector(".lm-root");
  const maps = mounted.get(root) ?? new LinkedMaps(root);
  mounted.set(root, maps);
  maps.connect(component);
  return () => {
    maps.destroy();
    mounted.delete(root);
  };
}
