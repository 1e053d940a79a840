// Joins the parts. Python is asked for pictures of the page in view, and told what was chosen; nothing else.

const TYPING_MS = 90; // a pause between letters
const ASK_MS = 120; // turning several pages in a row asks once
const MOST_TRIES = 3; // then a picture counts as lost
const HOLD_MS = 4000; // a choice is answered first: a request in the middle of that run would interrupt it

class CaseStrip {
  constructor(root) {
    this.filter = { choice: ALL, query: "" };
    this.page = 0;
    this.selected = null;
    this.chosen = []; // choices that Python has not confirmed yet
    this.tries = new Map();
    this.name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    this.requests = 0;
    this.pictures = new Pictures();
    this.work = Promise.resolve();
    this.element = make("div", "cs", root);
    this.controls = new Controls(this.element, {
      onQuery: (query) => this.typed(query),
      onChoice: (choice) => this.setFilter({ choice }),
      onTurn: (count) => this.turn(count),
      onReveal: () => this.revealSelected(),
    });
    const body = make("div", "cs-body", this.element);
    this.cells = new Cells(body, { onPick: (row) => this.pick(row) });
    this.empty = make("div", "cs-empty", body);
    this.focus = new FocusWatch(this.element);
    attachKeys(this);
  }

  /** Takes what Streamlit passes on each run, one block after the other. */
  connect({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    if (!data) return;
    this.work = this.work.then(() => this.take(readBlock(data))).catch((error) => this.complain(error));
  }

  async take({ header, body }) {
    if (header.digest === this.newest) return;
    const isFresh = header.catalogue !== this.catalogue?.digest;
    if (isFresh) await this.openCatalogue(header, body);
    this.newest = header.digest;
    this.error?.remove();
    this.error = null;
    this.key = header.key;
    this.layout = header.layout;
    this.element.dataset.layout = header.layout;
    this.element.style.setProperty("--height", `${header.height}px`);
    this.pageSize = header.page_size;
    this.pictures.take(header, body, this.catalogue);
    if (header.ticket === this.ticket) this.awaited = null; // answered; what still lacks is asked for again
    const isMoved = this.takeSelected(header.selected);
    if (isFresh) this.controls.open(this.catalogue.choices(), header);
    if (this.memory) this.resume(isMoved);
    else if (isFresh || isMoved) this.openPageOf(this.selected, { isFresh });
    else this.showArrived();
  }

  async openCatalogue({ catalogue: digest, catalogue_length: length, filter, key }, body) {
    this.memory = this.catalogue ? null : recall(key, digest);
    if (this.memory) {
      const { catalogue, pictures, selected, confirmed, chosen } = this.memory;
      Object.assign(this, { catalogue, pictures, selected, confirmed, chosen, filter: { ...this.memory.filter } });
    } else {
      const columns = await inflateJson(body.subarray(0, length));
      if (!this.catalogue) this.filter = { ...filter };
      this.catalogue = new Catalogue(digest, columns);
      this.pictures.forget();
    }
    this.tries.clear();
    this.awaited = null;
    this.reported = JSON.stringify(filter);
    if (!this.catalogue.choices().some(({ value }) => value === this.filter.choice)) this.filter.choice = ALL;
    this.shown = this.catalogue.rows(this.filter);
  }

  /** Goes on where this strip was before it was taken off the page. */
  resume(isMoved) {
    const { page, scroll, words, focus } = this.memory;
    this.memory = null;
    this.openPage(page);
    this.cells.list.scrollTo(...scroll);
    if (words.trim() !== this.filter.query.trim()) {
      this.controls.search.value = words; // typed, but not searched for yet
      this.typed(words);
    }
    if (isMoved) this.openPageOf(this.selected);
    this.focus.restore(focus, this);
  }

  /** Follows Python's selection, unless it is an older choice than the one just made. Tells whether it moved. */
  takeSelected(selected) {
    const isNews = selected !== this.confirmed;
    this.confirmed = selected;
    const place = this.chosen.indexOf(selected);
    if (place >= 0) this.chosen.splice(0, place + 1);
    else if (isNews) this.chosen = [];
    if (this.chosen.length || selected === this.selected) return false;
    this.selected = selected;
    return true;
  }

  get pages() {
    return Math.max(1, Math.ceil(this.shown.length / this.pageSize));
  }

  get rows() {
    return this.shown.slice(this.page * this.pageSize, (this.page + 1) * this.pageSize);
  }

  get selectedRow() {
    return this.catalogue.rowOfId.get(this.selected) ?? -1;
  }

  /** Turns to the page with a case; where it is not shown, stays (or opens the first page of a new catalogue). */
  openPageOf(id, { isFresh = false } = {}) {
    const place = this.shown.indexOf(this.catalogue.rowOfId.get(id) ?? -1);
    const page = place < 0 ? (isFresh ? 0 : this.page) : Math.floor(place / this.pageSize);
    if (isFresh || page !== this.page) this.openPage(page);
    else this.showState();
    if (place >= 0) this.cells.reveal(this.shown[place]);
  }

  openPage(page) {
    this.page = Math.min(this.pages - 1, Math.max(0, page));
    this.cells.open(this.catalogue, this.rows, { start: this.page * this.pageSize, total: this.shown.length });
    this.showState();
    this.showArrived();
  }

  showState() {
    const { catalogue, shown, filter } = this;
    this.cells.showSelected(this.selectedRow);
    const start = this.page * this.pageSize;
    this.controls.show({ filter, total: catalogue.length, shown: shown.length, start, pageSize: this.pageSize, away: this.away() });
    this.cells.list.hidden = !shown.length;
    this.showEmpty();
  }

  /** The selected case never vanishes silently: where it is when it is not on the page in view. */
  away() {
    if (this.selected === null || this.rows.includes(this.selectedRow)) return null;
    if (this.selectedRow < 0) return { text: `${this.selected} is not among these`, canReveal: false };
    const isHidden = !this.shown.includes(this.selectedRow);
    const reason = isHidden ? "The selected case is hidden by the search or the filter" : "The selected case is on another page";
    return { text: `Show selected ${this.selected}`, canReveal: true, reason };
  }

  showEmpty() {
    this.empty.hidden = this.shown.length > 0;
    this.empty.replaceChildren();
    if (this.shown.length) return;
    const isBare = !this.catalogue.length;
    makeText("span", "", this.empty, isBare ? "There are no cases here. Widen the cohort, or open other data." : this.noMatch());
    if (isBare) return;
    const clear = makeText("button", "cs-away", this.empty, "Show all");
    clear.type = "button";
    clear.addEventListener("click", () => {
      this.setFilter({ choice: ALL, query: "" });
      this.controls.search.focus();
    });
  }

  noMatch() {
    const words = this.filter.query.trim();
    const among = this.controls.choices.find(({ value }) => value === this.filter.choice);
    const where = among.value === ALL ? "" : ` among \u201c${among.text}\u201d`;
    return words ? `No id or label has \u201c${words}\u201d in it${where}.` : `There is no case${where}.`;
  }

  /** Draws the pictures that are there and asks for the others. */
  showArrived() {
    this.cells.draw(this.pictures);
    this.ask();
  }

  typed(query) {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.setFilter({ query }), TYPING_MS);
  }

  setFilter(change) {
    clearTimeout(this.typing);
    Object.assign(this.filter, change);
    this.shown = this.catalogue.rows(this.filter);
    this.openPage(0);
  }

  turn(count, { keepsFocus = false } = {}) {
    const page = this.page + count;
    if (page < 0 || page >= this.pages) return;
    this.openPage(page);
    if (keepsFocus) this.cells.focus(0);
  }

  /** Moves the focus, over the end of a page to the next. */
  moveBy(count) {
    const place = this.cells.active + count;
    const last = this.cells.cells.length - 1;
    if (place >= 0 && place <= last) this.cells.focus(place);
    else if (place < 0 && this.page > 0) {
      this.openPage(this.page - 1);
      this.cells.focus(this.cells.cells.length - 1);
    } else if (place > last && this.page < this.pages - 1) this.turn(1, { keepsFocus: true });
  }

  pickActive() {
    const cell = this.cells.cells[this.cells.active];
    if (cell) this.pick(cell.row);
  }

  /** Enter in the search box chooses the only case it leaves. */
  pickOnly() {
    this.setFilter({ query: this.controls.search.value });
    if (this.shown.length === 1) this.pick(this.shown[0]);
  }

  pick(row) {
    const id = this.catalogue.id(row);
    if (id === this.selected) return;
    this.selected = id;
    this.chosen.push(id);
    this.chosenAt = Date.now();
    this.showState();
    this.cells.reveal(row);
    this.setTriggerValue("pick", { catalogue: this.catalogue.digest, id });
  }

  revealSelected() {
    if (!this.shown.includes(this.selectedRow)) this.setFilter({ choice: ALL, query: "" });
    this.openPageOf(this.selected);
  }

  ask() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.askNow(), ASK_MS);
  }

  /** Asks Python for what the page in view lacks, and tells it the filter when that is news. */
  askNow() {
    if (this.chosen.length && Date.now() - this.chosenAt < HOLD_MS) return this.ask();
    const lacking = this.rows.filter((row) => !this.pictures.has(row) && (this.tries.get(row) ?? 0) < MOST_TRIES);
    const filter = JSON.stringify(this.filter);
    const isAwaited = lacking.every((row) => this.awaited?.has(row));
    if (isAwaited && filter === this.reported) return undefined;
    for (const row of lacking) this.tries.set(row, (this.tries.get(row) ?? 0) + 1);
    this.awaited = new Set(lacking);
    this.reported = filter;
    this.ticket = `${this.name}-${++this.requests}`;
    const { ticket } = this;
    return this.setStateValue("request", { ticket, catalogue: this.catalogue.digest, rows: lacking, filter: { ...this.filter } });
  }

  complain(error) {
    console.error("case strip", error);
    this.error ??= make("p", "cs-error", this.element);
    this.error.setAttribute("role", "alert");
    this.error.textContent = `The cases could not be read (${error.message}). Reload the page; `
      + "if it happens again, the server and the page are of different versions.";
  }

  destroy() {
    clearTimeout(this.typing);
    clearTimeout(this.asking);
    if (this.catalogue) remember(this);
    this.element.remove();
  }
}

const strips = new WeakMap(); // one strip for each place on the page; Streamlit calls again on every rerun

export default function (component) {
  const root = component.parentElement.querySelector(".cs-root");
  const strip = strips.get(root) ?? new CaseStrip(root);
  strips.set(root, strip);
  strip.connect(component);
  return () => {
    strip.destroy();
    strips.delete(root);
  };
}
