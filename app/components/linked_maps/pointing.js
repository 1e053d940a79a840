// Which case is pointed at: ringed in every panel, its card beside it.

const CORRIDOR_MS = 250; // how long the pointer may rest on another point on its way to the card

class Pointing {
  constructor(maps) {
    Object.assign(this, { maps, row: null, panel: null, isPinned: false });
    this.dwell = 0;
    this.card = new CaseCard(maps.element, () => maps.open(this.row), (row, words) => this.described(row, words));
    this.card.element.addEventListener("pointerenter", () => clearTimeout(this.dwell));
    this.card.element.addEventListener("pointerleave", () => this.away());
  }

  /** Goes on with a case that is still one of those that can be pointed at. */
  take({ cases }) {
    const isOther = cases !== this.card.cases;
    this.card.setCases(cases);
    if (this.row !== null && (isOther || !this.maps.isReachable(this.row))) this.ring(null);
  }

  /** The pointer is over a row of a panel, or over none (−1), at a place of its stage. */
  at(panel, row, place) {
    clearTimeout(this.dwell);
    if (this.isPinned) {
      if (row < 0 || row === this.row) return;
      if (this.isOnTheWay(panel, place)) {
        this.dwell = setTimeout(() => this.ring(row, panel), CORRIDOR_MS);
        return;
      }
    }
    this.ring(row < 0 ? null : row, panel);
  }

  /** The pointer has left the points: a card that waits for it goes a moment later, unless it has come to the card. */
  away({ always = false } = {}) {
    clearTimeout(this.dwell);
    if (always || !this.isPinned) this.ring(null);
    else this.dwell = setTimeout(() => this.ring(null), 2 * CORRIDOR_MS);
  }

  /** Rings a row in every panel and shows its card; pinned, the card waits for the pointer. */
  ring(row, panel = this.maps.panels[0], { isPinned = false } = {}) {
    clearTimeout(this.dwell);
    const isSame = row === this.row && panel === this.panel && isPinned === this.isPinned;
    Object.assign(this, { row, panel, isPinned });
    if (isSame) return;
    this.card.setPinned(isPinned);
    if (row === null) this.card.hide();
    else this.card.show(row, this.warningsOf(row));
    for (const each of this.maps.panels) {
      each.stage.classList.toggle("lm-on-case", row !== null && this.maps.tool !== "pan");
      each.refreshOver();
    }
  }

  /** What must be known of a point before its place is read. */
  warningsOf(row) {
    const warnings = [];
    for (const { header, doubtful, placed } of this.maps.panels) {
      const bits = doubtful?.[row] ?? 0;
      if (bits & RING) warnings.push(`on ${header.title} its neighbours are not its real ones`);
      if (bits & CROSS) warnings.push(`on ${header.title} it lands elsewhere when the map is made again`);
      if (placed?.[row]) warnings.push(`placed on ${header.title} afterwards`);
    }
    return warnings;
  }

  /** Where the ringed case is in each panel, in pixels of the component; where it is pointed at comes first. */
  places() {
    const origin = this.maps.element.getBoundingClientRect();
    const order = [this.panel, ...this.maps.panels.filter((panel) => panel !== this.panel)];
    return order.map((panel) => {
      const box = panel.stage.getBoundingClientRect();
      const [x, y] = panel.view.toPixel(panel.grid.position(this.row), panel.side);
      return [x + box.left - origin.left, y + box.top - origin.top];
    });
  }

  placeCard() {
    if (this.row === null) return;
    const origin = this.maps.element.getBoundingClientRect();
    const room = { left: 0, right: origin.width, top: Math.max(0, 4 - origin.top), bottom: Math.min(origin.height + 40, innerHeight - origin.top - 4) };
    this.card.place(this.places(), room);
  }

  /** Whether a place lies between the ringed point and its card. */
  isOnTheWay(panel, [px, py]) {
    if (panel !== this.panel || this.card.element.hidden) return false;
    const [card, stage] = [this.card.element.getBoundingClientRect(), panel.stage.getBoundingClientRect()];
    const [x, y] = panel.view.toPixel(panel.grid.position(this.row), panel.side).map((at, k) => at + [stage.left, stage.top][k]);
    const [cx, cy] = [px + stage.left, py + stage.top];
    return cx >= Math.min(x, card.left) - 4 && cx <= Math.max(x, card.right) + 4
      && cy >= Math.min(y, card.top) - 4 && cy <= Math.max(y, card.bottom) + 4;
  }

  /** The card has its words: the keyboard's reader hears them. */
  described(row, words) {
    this.maps.requestFrame();
    if (!words || !this.isPinned || row !== this.row) return;
    const state = this.maps.choosing.selection.lit[row] ? "selected" : "not selected";
    this.maps.say([words.name ?? words.id, ...(words.lines ?? []), state].join(", "));
  }

  /** Moves the ring to the nearest case that way; the first key rings the case in the middle. */
  step(panel, direction) {
    let row = this.row === null ? -1 : panel.grid.neighbour(this.row, direction, this.maps.isReachable);
    if (this.row === null) {
      for (let reach = 16; row < 0 && reach < 1e5; reach *= 2) row = panel.rowAt([panel.side / 2, panel.side / 2], reach);
    }
    if (row < 0) return;
    panel.view.reveal(panel.grid.position(row), panel.side);
    panel.moved();
    this.ring(row, panel, { isPinned: true });
  }
}
