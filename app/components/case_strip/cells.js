// One page of cases. A cell is made for one case and never used for another, so no late picture lands in it.

class Cells {
  constructor(parent, { onPick }) {
    this.list = make("div", "cs-list", parent);
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Cases");
    this.onPick = onPick;
    this.cells = [];
    this.active = 0;
    this.scroll = [0, 0]; // noted as it happens: off the page a list has no scroll
    this.list.addEventListener("scroll", () => { this.scroll = [this.list.scrollLeft, this.list.scrollTop]; });
  }

  /** Shows rows of the catalogue; `start` is the place of the first among all that are shown. */
  open(catalogue, rows, { start, total }) {
    this.catalogue = catalogue;
    this.cells = rows.map((row, k) => this.build(row, start + k + 1, total));
    this.list.replaceChildren(...this.cells.map((cell) => cell.element));
    this.list.scrollTo(0, 0);
    this.active = 0;
  }

  build(row, place, total) {
    const { catalogue } = this;
    const element = make("div", "cs-cell");
    const frame = make("div", "cs-frame", element);
    makeShortened(element, "cs-id", catalogue.id(row));
    const label = make("div", "cs-label", element);
    makeText("span", "cs-word", label, catalogue.label(row) ?? "no label");
    const agrees = catalogue.agrees(row);
    if (agrees) makeIcon(label, ICONS.agrees).classList.add("cs-agrees");
    else if (catalogue.prediction(row) !== null) this.buildAnswer(element, row, agrees);
    element.dataset.row = row;
    element.dataset.id = catalogue.id(row);
    element.title = catalogue.sentence(row);
    element.tabIndex = -1;
    element.setAttribute("role", "option");
    element.setAttribute("aria-label", catalogue.sentence(row));
    element.setAttribute("aria-posinset", place);
    element.setAttribute("aria-setsize", total);
    const cell = { row, element, frame, isDrawn: false };
    element.addEventListener("click", () => this.onPick(row));
    element.addEventListener("focus", () => this.makeActive(this.cells.indexOf(cell)));
    return cell;
  }

  buildAnswer(element, row, agrees) {
    const answer = make("div", agrees === false ? "cs-answer cs-differs" : "cs-answer", element);
    if (agrees === false) makeIcon(answer, ICONS.differs);
    makeText("span", "cs-word", answer, `called ${this.catalogue.prediction(row)}`);
  }

  /** Draws what has arrived and is not drawn yet. */
  draw(pictures) {
    for (const cell of this.cells) {
      if (cell.isDrawn || !pictures.has(cell.row)) continue;
      cell.isDrawn = true;
      if (pictures.isMissing(cell.row)) makeText("span", "cs-none", cell.frame, "not found");
      else this.drawOne(cell, pictures);
    }
  }

  async drawOne(cell, pictures) {
    const canvas = make("canvas", "cs-picture");
    try {
      await pictures.draw(cell.row, canvas);
      cell.frame.replaceChildren(canvas);
    } catch (error) {
      console.error("case strip", this.catalogue.id(cell.row), error);
      makeText("span", "cs-none", cell.frame, "unreadable");
    }
  }

  showSelected(row) {
    for (const cell of this.cells) {
      const isSelected = cell.row === row;
      cell.element.classList.toggle("cs-selected", isSelected);
      cell.element.setAttribute("aria-selected", isSelected);
    }
    const place = this.cells.findIndex((cell) => cell.row === row);
    if (!this.hasFocus) this.makeActive(place < 0 ? Math.min(this.active, this.cells.length - 1) : place);
  }

  get hasFocus() {
    return this.list.contains(this.list.getRootNode().activeElement);
  }

  /** Roving tab stop: Tab reaches one cell, arrows the others. */
  makeActive(place) {
    this.active = Math.max(0, place);
    this.cells.forEach((cell, k) => { cell.element.tabIndex = k === this.active ? 0 : -1; });
  }

  focus(place) {
    const cell = this.cells[place];
    if (!cell) return;
    cell.element.focus({ preventScroll: true });
    this.reveal(cell.row);
  }

  /** Scrolls the list, never the page, until a case is in view. */
  reveal(row) {
    const cell = this.cells.find((one) => one.row === row);
    if (!cell) return;
    const [box, view] = [cell.element.getBoundingClientRect(), this.list.getBoundingClientRect()];
    const margin = Math.min(box.width, (view.width - box.width) / 2); // a neighbour stays in view
    const overshoot = (low, high, from, to) => (low < from ? low - from : Math.max(0, high - to));
    this.list.scrollBy(
      overshoot(box.left, box.right, view.left + margin, view.right - margin),
      overshoot(box.top, box.bottom, view.top + 4, view.bottom - 4),
    );
  }

  /** Cells in the first row: how far down and up move. */
  get columns() {
    const top = this.cells[0]?.element.offsetTop;
    const count = this.cells.findIndex((cell) => cell.element.offsetTop !== top);
    return count < 0 ? this.cells.length : count;
  }
}
