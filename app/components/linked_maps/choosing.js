// What the reader selects, and how Python hears of it: once, on release, exactly what is lit.

const CLICK_MS = 300; // a click is told to Python only when it was not the first of a double click

class Choosing {
  constructor(maps) {
    Object.assign(this, { maps, selection: null, pending: [], confirmed: undefined, clicked: null });
  }

  /** Whether the header's selection is neither one that was made here nor the one already shown. */
  isNews({ cases, selected: { source } }) {
    return cases !== this.cases || (source !== this.confirmed && !this.pending.includes(source));
  }

  /** A header is shown: what Python has heard of is no longer pending. */
  confirm({ selected: { source } }) {
    this.pending.splice(0, this.pending.indexOf(source) + 1);
    this.confirmed = source;
  }

  /** Shows what Python says is selected, if that is news, among the cases that can be. */
  take({ header, cohort, chosen, adoptsSelection }) {
    const { n, cases } = header;
    if (this.selection?.chosen.length !== n || this.cases !== cases) {
      clearTimeout(this.telling); // a click that is still held back was on other cases
      this.clicked = null;
      this.selection = new Selection(n);
    }
    this.cases = cases;
    if (adoptsSelection) {
      this.pending = [];
      this.selection.adopt(chosen);
    }
    this.selection.setCohort(cohort);
  }

  /** A click on a row; on empty ground (−1) nothing is lost. */
  click(panel, row, event) {
    if (row < 0) {
      this.maps.pointing.ring(null);
      return;
    }
    const isSecond = this.clicked?.row === row && performance.now() - this.clicked.at < 2 * CLICK_MS;
    if (!isSecond) {
      const how = event.altKey ? "subtract" : event.shiftKey || event.ctrlKey || event.metaKey ? "toggle" : "replace";
      this.clicked = { row, at: performance.now(), isHeldBack: true };
      this.choose((mask) => { mask[row] = 1; }, how, { wait: CLICK_MS });
    }
    this.maps.pointing.ring(row, panel, { isPinned: true });
  }

  toggleRow(row) {
    this.choose((mask) => { mask[row] = 1; }, "toggle", { wait: CLICK_MS });
  }

  polygon(panel, kind, polygon, how) {
    if (polygon.length < 3) return;
    const gesture = how === "replace" ? { panel: panel.header.key, kind, polygon } : null;
    this.choose((mask) => panel.grid.markInside(polygon, mask), how, { gesture });
  }

  where(isWanted, how) {
    this.choose((mask) => { for (let row = 0; row < mask.length; row++) mask[row] = isWanted(this.maps.levels[row]) ? 1 : 0; }, how);
  }

  level(level, how) {
    this.where((other) => other === level, how);
  }

  invert() {
    this.choose((mask) => mask.fill(1), "toggle");
  }

  clear() {
    if (this.selection.count) this.choose(() => {}, "replace");
  }

  undo() {
    if (!this.selection.undo()) return;
    this.maps.dress();
    this.tell();
  }

  /** Takes back the click that turned out to be the first half of a double click. */
  undoClick() {
    if (!this.clicked) return;
    this.selection.undo();
    this.maps.dress();
    clearTimeout(this.telling);
    if (!this.clicked.isHeldBack) this.tell();
    this.clicked = null;
  }

  /** Joins the rows that `fill` marks to the selection; Python hears of it after `wait` milliseconds. */
  choose(fill, how, { gesture = null, wait = 0 } = {}) {
    const mask = new Uint8Array(this.maps.header.n);
    fill(mask);
    this.selection.join(mask, how);
    this.maps.dress();
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
    const { cases, n } = this.maps.header;
    const packed = await packSelection(packBits(this.selection.lit));
    if (!ticket.endsWith(`-${this.told}`)) return; // overtaken by the next
    this.pending.push(ticket);
    this.maps.setStateValue("selection", { ticket, cases, n, ...packed, gesture });
  }

  sayCount() {
    const { count, nCohort } = this.selection;
    this.maps.say(count ? `${counted(count)} of ${counted(nCohort)} ${this.maps.header.n_label} selected` : "nothing selected");
  }
}
