// Joins the parts. Python sends words, settings and addresses, and is told what was selected and which case to open.

const CLICK_MS = 300; // a click is told to Python only when it was not the first of a double click
const CORRIDOR_MS = 250; // how long the pointer may rest on another point on its way to the card
const FRAMES_KEPT = 240;
const memories = new Map(); // by the component's key: views, tool and mode outlive a turn to another page

class LinkedMaps {
  constructor(root) {
    Object.assign(this, { tool: "lasso", isDense: null, panels: [], pending: [], turn: 0, lifted: null, ringRow: null });
    this.frames = []; // milliseconds of drawing, for the benchmark
    this.element = make("div", "lm", root);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Maps of the cases, linked");
    this.probe = make("span", "lm-probe", this.element);
    this.toolbar = new Toolbar(this.element, this);
    this.legend = new Legend(this.element, this);
    this.row = make("div", "lm-panels", this.element);
    this.card = new CaseCard(this.element, this);
    this.help = new HelpCard(this.element);
    this.live = make("div", "lm-live", this.element);
    this.live.setAttribute("aria-live", "polite");
    this.isReachable = (row) => !this.selection.cohort || this.selection.cohort[row] === 1;
    attachKeys(this.element, this);
    this.probe.addEventListener("transitionend", () => this.retheme());
    this.observer = new ResizeObserver(() => this.refresh());
    this.observer.observe(this.row);
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.ring(null);
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
      const loaded = await loadMaps(data, { needsSelection: this.isNews(data) });
      if (turn === this.turn) this.apply(loaded);
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    }
  }

  /** Whether the header's selection is neither one that was made here nor the one already shown. */
  isNews({ cases, selected: { source } }) {
    const place = cases === this.header?.cases ? this.pending.indexOf(source) : -1;
    const isKnown = cases === this.header?.cases && source === this.confirmed;
    this.confirmed = source;
    if (place >= 0) this.pending.splice(0, place + 1);
    else if (!isKnown) this.pending = [];
    return place < 0 && !isKnown;
  }

  apply(loaded) {
    const { header, levels, cohort, chosen, panels, adoptsSelection } = loaded;
    delete this.element.dataset.loading;
    this.error?.remove();
    this.error = null;
    const rest = JSON.stringify({ ...header, selected: null });
    if (rest === this.appliedRest && !adoptsSelection) return;
    this.appliedRest = rest;
    const before = this.header;
    this.header = header;
    if (before?.cases !== header.cases || before.n !== header.n) this.selection = new Selection(header.n);
    if (!before) this.recall(header.key);
    if (adoptsSelection) this.selection.adopt(chosen);
    this.selection.setCohort(cohort);
    this.levels = levels;
    this.card.setCases(header.cases);
    if (this.ringRow !== null && (before?.cases !== header.cases || !this.isReachable(this.ringRow))) this.ring(null);
    this.openPanels(panels);
    if (JSON.stringify(before?.colours) !== JSON.stringify(header.colours)) this.legend.open(header.colours);
    this.retheme();
    this.element.dataset.ready = header.n;
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
    this.row.dataset.panels = loaded.length;
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
    const layers = layersOf(this.selection, this.levels, this.lifted);
    for (const panel of this.panels) panel.dress(this.levels, layers);
    this.showCounts();
  }

  showCounts() {
    const { selection, theme, palette, nGroups } = this;
    const isShaped = nGroups > 1 && nGroups <= MOST_SHAPES && this.header.n <= SHAPED_UP_TO;
    this.legend.show(selection.countLevels(this.levels), selection.count > 0, { theme, palette, isShaped });
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
      this.placeCard();
    });
  }

  drewPoints(took) {
    this.frames.push(took);
    if (this.frames.length > FRAMES_KEPT) this.frames.shift();
    const modes = this.panels.map(({ stage }) => stage.dataset.mode).join();
    if (modes !== this.modes) this.showTools();
    this.modes = modes;
  }

  // --- pointing at a case

  /** The pointer is over a row of a panel, or over none (−1), at a place of its stage. */
  pointAt(panel, row, place) {
    clearTimeout(this.dwell);
    if (this.isPinned) {
      if (row < 0 || row === this.ringRow) return;
      if (this.isOnTheWay(panel, place)) {
        this.dwell = setTimeout(() => this.ring(row, panel), CORRIDOR_MS);
        return;
      }
    }
    this.ring(row < 0 ? null : row, panel);
  }

  pointAway(panel, { always = false } = {}) {
    clearTimeout(this.dwell);
    if (always || !this.isPinned) this.ring(null);
  }

  /** Rings a row in every panel and shows its card; pinned, the card waits for the pointer. */
  ring(row, panel = this.panels[0], { isPinned = false } = {}) {
    const isSame = row === this.ringRow && panel === this.ringPanel && isPinned === this.isPinned;
    Object.assign(this, { ringRow: row, ringPanel: panel, isPinned });
    if (isSame) return;
    this.card.setPinned(isPinned);
    if (row === null) this.card.hide();
    else this.card.show(row, this.warningsOf(row));
    for (const each of this.panels) {
      each.stage.classList.toggle("lm-on-case", row !== null && this.tool !== "pan");
      each.refreshOver();
    }
  }

  /** What must be known of a point before its place is read. */
  warningsOf(row) {
    const warnings = [];
    for (const { header, doubtful, placed } of this.panels) {
      const bits = doubtful?.[row] ?? 0;
      if (bits & RING) warnings.push(`on ${header.title} its neighbours are not its neighbours in z`);
      if (bits & CROSS) warnings.push(`on ${header.title} it moves when the map is made with another seed`);
      if (placed?.[row]) warnings.push(`placed on ${header.title} afterwards`);
    }
    return warnings;
  }

  /** Where the ringed case is in each panel, in pixels of the component; where it is pointed at comes first. */
  ringPlaces() {
    const origin = this.element.getBoundingClientRect();
    const order = [this.ringPanel, ...this.panels.filter((panel) => panel !== this.ringPanel)];
    return order.map((panel) => {
      const box = panel.stage.getBoundingClientRect();
      const [x, y] = panel.view.toPixel(panel.grid.position(this.ringRow), panel.side);
      return [x + box.left - origin.left, y + box.top - origin.top];
    });
  }

  placeCard() {
    if (this.ringRow === null) return;
    const origin = this.element.getBoundingClientRect();
    const room = { left: 0, right: origin.width, top: Math.max(0, 4 - origin.top), bottom: Math.min(origin.height + 40, innerHeight - origin.top - 4) };
    this.card.place(this.ringPlaces(), room);
  }

  /** Whether a place lies between the ringed point and its card. */
  isOnTheWay(panel, [px, py]) {
    if (panel !== this.ringPanel || this.card.element.hidden) return false;
    const [card, stage] = [this.card.element.getBoundingClientRect(), panel.stage.getBoundingClientRect()];
    const [x, y] = panel.view.toPixel(panel.grid.position(this.ringRow), panel.side).map((at, k) => at + [stage.left, stage.top][k]);
    const [cx, cy] = [px + stage.left, py + stage.top];
    return cx >= Math.min(x, card.left) - 4 && cx <= Math.max(x, card.right) + 4
      && cy >= Math.min(y, card.top) - 4 && cy <= Math.max(y, card.bottom) + 4;
  }

  cardFilled(row, words) {
    this.requestFrame();
    if (!words || !this.isPinned || row !== this.ringRow) return;
    const state = this.selection.lit[row] ? "selected" : "not selected";
    this.say([words.name ?? words.id, ...(words.lines ?? []), state].join(", "));
  }

  /** Moves the ring to the nearest case that way; the first key rings the case in the middle. */
  step(panel, direction) {
    let row = this.ringRow === null ? -1 : panel.grid.neighbour(this.ringRow, direction, this.isReachable);
    if (this.ringRow === null) {
      for (let reach = 16; row < 0 && reach < 1e5; reach *= 2) row = panel.rowAt([panel.side / 2, panel.side / 2], reach);
    }
    if (row < 0) return;
    panel.view.reveal(panel.grid.position(row), panel.side);
    panel.moved();
    this.ring(row, panel, { isPinned: true });
  }

  open(row, { undoesClick = false } = {}) {
    if (row === null || row < 0) return;
    if (undoesClick && this.clicked) {
      this.selection.undo();
      this.dress();
      clearTimeout(this.telling);
      if (!this.clicked.isHeldBack) this.tell();
      this.clicked = null;
    }
    this.setTriggerValue("open", { cases: this.header.cases, row });
  }

  // --- selecting

  click(panel, row, event) {
    if (row < 0) {
      this.ring(null);
      return;
    }
    const isSecond = this.clicked?.row === row && performance.now() - this.clicked.at < 2 * CLICK_MS;
    if (!isSecond) {
      const how = event.altKey ? "subtract" : event.shiftKey || event.ctrlKey || event.metaKey ? "toggle" : "replace";
      this.clicked = { row, at: performance.now(), isHeldBack: true };
      this.selectRows((mask) => { mask[row] = 1; }, how, { wait: CLICK_MS });
    }
    this.ring(row, panel, { isPinned: true });
  }

  toggleRow(row) {
    this.selectRows((mask) => { mask[row] = 1; }, "toggle", { wait: CLICK_MS });
  }

  selectPolygon(panel, kind, polygon, how) {
    if (polygon.length < 3) return;
    const gesture = how === "replace" ? { panel: panel.header.key, kind, polygon } : null;
    this.selectRows((mask) => panel.grid.markInside(polygon, mask), how, { gesture });
  }

  selectWhere(isWanted, how) {
    this.selectRows((mask) => { for (let row = 0; row < mask.length; row++) mask[row] = isWanted(this.levels[row]) ? 1 : 0; }, how);
  }

  selectLevel(level, how) {
    this.selectWhere((other) => other === level, how);
  }

  invert() {
    this.selectRows((mask) => mask.fill(1), "toggle");
  }

  clear() {
    if (this.selection.count) this.selectRows(() => {}, "replace");
  }

  undo() {
    if (!this.selection.undo()) return;
    this.dress();
    this.tell();
  }

  selectRows(fill, how, { gesture = null, wait = 0 } = {}) {
    const mask = new Uint8Array(this.header.n);
    fill(mask);
    this.selection.join(mask, how);
    this.dress();
    clearTimeout(this.telling);
    if (wait) this.telling = setTimeout(() => this.tell(gesture), wait);
    else this.tell(gesture);
    this.sayCount();
  }

  /** Tells Python exactly what is lit. */
  async tell(gesture = null) {
    clearTimeout(this.telling);
    if (this.clicked) this.clicked.isHeldBack = false;
    const ticket = `${this.name ??= Math.random().toString(36).slice(2)}-${(this.told = (this.told ?? 0) + 1)}`;
    const { cases, n } = this.header;
    const packed = await packSelection(packBits(this.selection.lit));
    if (!ticket.endsWith(`-${this.told}`)) return; // overtaken by the next
    this.pending.push(ticket);
    this.setStateValue("selection", { ticket, cases, n, ...packed, gesture });
  }

  say(words) {
    this.live.textContent = words;
  }

  sayCount() {
    const { count, nCohort } = this.selection;
    this.say(count ? `${counted(count)} of ${counted(nCohort)} ${this.header.n_label} selected` : "nothing selected");
  }

  // --- looking

  lift(level) {
    this.liftWhere(level === null ? null : (other) => other === level);
  }

  /** Shows only some levels in colour for as long as the pointer stays on their entry. */
  liftWhere(isLifted) {
    if (!isLifted && !this.lifted) return;
    this.lifted = isLifted;
    const layers = layersOf(this.selection, this.levels, isLifted);
    for (const panel of this.panels) panel.dress(this.levels, layers);
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

  viewMoved() {
    this.requestFrame();
  }

  escape() {
    if (this.help.close() || this.panels.some((panel) => panel.cancelDrag())) return;
    this.clear();
  }

  complain(error) {
    console.error("linked maps", error);
    delete this.element.dataset.loading;
    this.newest = null; // the next run tries again
    this.confirmed = undefined;
    this.error ??= make("p", "lm-error", this.element);
    this.error.setAttribute("role", "alert");
    this.error.textContent = `The points of these maps could not be read (${error.message}). Load the page again; `
      + "if it happens again, the server and the page are of different versions.";
  }

  destroy() {
    for (const timer of [this.telling, this.dwell]) clearTimeout(timer);
    cancelAnimationFrame(this.awaited);
    this.observer.disconnect();
    this.card.hide();
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
