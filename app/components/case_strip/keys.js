// The keyboard: Tab reaches the list, arrows move in it and on to the next page, Enter or space chooses.

function attachKeys(strip) {
  const { cells, controls, element } = strip;
  const moves = {
    ArrowLeft: () => strip.moveBy(-1),
    ArrowRight: () => strip.moveBy(1),
    ArrowUp: () => strip.moveBy(-cells.columns),
    ArrowDown: () => strip.moveBy(cells.columns),
    Home: () => cells.focus(0),
    End: () => cells.focus(cells.cells.length - 1),
    PageUp: () => strip.turn(-1, { keepsFocus: true }),
    PageDown: () => strip.turn(1, { keepsFocus: true }),
    Enter: () => strip.pickActive(),
    " ": () => strip.pickActive(),
  };
  cells.list.addEventListener("keydown", (event) => {
    const isVertical = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (isVertical && strip.layout === "strip") return; // one row: the page scrolls
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  });
  controls.search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") cells.focus(0);
    else if (event.key === "Enter") strip.pickOnly();
    else if (event.key === "Escape" && controls.search.value) strip.setFilter({ query: "" });
    else return;
    event.preventDefault();
  });
  // Streamlit's own shortcuts (r, c) must not fire while a name is typed here.
  for (const kind of ["keydown", "keypress", "keyup"]) {
    element.addEventListener(kind, (event) => event.stopPropagation());
  }
}
