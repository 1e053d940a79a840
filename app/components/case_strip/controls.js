// Search, filters, how many are shown, and pages. A few filters are chips; many, or little room, a menu.

const MOST_CHIPS = 6;
const numbers = new Intl.NumberFormat("en");

class Controls {
  constructor(parent, { onQuery, onChoice, onTurn, onReveal }) {
    Object.assign(this, { onChoice });
    this.element = make("div", "cs-controls", parent);
    this.search = make("input", "cs-search", this.element);
    Object.assign(this.search, { type: "search", placeholder: "Find by id or label", spellcheck: false });
    this.search.setAttribute("aria-label", "Find cases by id or label");
    this.search.addEventListener("input", () => onQuery(this.search.value));
    this.filters = make("div", "cs-filters", this.element);
    this.state = make("div", "cs-state", this.element);
    this.count = make("span", "cs-count", this.state);
    this.count.setAttribute("role", "status");
    this.pager = make("span", "cs-pager", this.state);
    this.previous = iconButton(this.pager, "cs-previous", ICONS.previous, "Previous page", () => onTurn(-1));
    this.span = make("span", "cs-span", this.pager);
    this.next = iconButton(this.pager, "cs-next", ICONS.next, "Next page", () => onTurn(1));
    this.away = make("button", "cs-away", this.element);
    this.away.type = "button";
    this.away.addEventListener("click", () => onReveal());
  }

  open(choices, { layout }) {
    this.choices = choices;
    this.isMenu = layout === "strip" || choices.length > MOST_CHIPS;
    this.filters.replaceChildren();
    if (this.isMenu) this.buildMenu();
    else this.buildChips();
  }

  buildMenu() {
    this.menu = make("select", "cs-menu", this.filters);
    this.menu.setAttribute("aria-label", "Show");
    for (const { value, text, count } of this.choices) {
      const option = makeText("option", "", this.menu, `${text} (${numbers.format(count)})`);
      option.value = value;
    }
    this.menu.addEventListener("change", () => this.onChoice(this.menu.value));
  }

  buildChips() {
    this.filters.setAttribute("role", "group");
    this.filters.setAttribute("aria-label", "Show");
    this.chips = this.choices.map(({ value, text, count }) => {
      const chip = make("button", "cs-chip", this.filters);
      chip.type = "button";
      chip.dataset.choice = value;
      chip.append(text);
      makeText("span", "cs-chip-count", chip, numbers.format(count));
      chip.addEventListener("click", () => this.onChoice(value));
      return { value, chip };
    });
  }

  show({ filter, total, shown, start, pageSize, away }) {
    if (this.isMenu) this.menu.value = filter.choice;
    else for (const { value, chip } of this.chips) chip.setAttribute("aria-pressed", value === filter.choice);
    if (this.search.value.trim() !== filter.query.trim()) this.search.value = filter.query;
    const noun = total === 1 ? "case" : "cases";
    const isAll = shown === total;
    this.count.textContent = isAll ? `${numbers.format(total)} ${noun}` : `${numbers.format(shown)} of ${numbers.format(total)} shown`;
    this.pager.hidden = shown <= pageSize;
    const end = Math.min(shown, start + pageSize);
    this.span.textContent = `${numbers.format(start + 1)}\u2013${numbers.format(end)}`;
    this.previous.disabled = start === 0;
    this.next.disabled = end >= shown;
    this.away.hidden = !away;
    this.away.textContent = away ? away.text : "";
    this.away.disabled = !away?.canReveal;
    this.away.title = away?.reason ?? "";
  }
}
