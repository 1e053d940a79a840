// The pointer on a map: point at, click, lasso, rectangle, move, zoom.

const REACH = 8; // CSS pixels: as far as this from a point one points at it
const CLICK_SLACK = 4; // a press that moves less is a click
const WHEEL_RATE = 0.0022;

/** How a selection joins the one before: Shift adds, Alt takes away. */
const joinOf = (event) => (event.altKey ? "subtract" : event.shiftKey || event.ctrlKey || event.metaKey ? "add" : "replace");

function attachGestures(panel, maps) {
  const { stage } = panel;
  const pointers = new Map();
  let press = null;
  const placeOf = (event) => {
    const box = stage.getBoundingClientRect();
    const factor = panel.side / box.width;
    return [(event.clientX - box.left) * factor, (event.clientY - box.top) * factor];
  };
  stage.addEventListener("pointerdown", (event) => {
    if (!panel.grid) return;
    pointers.set(event.pointerId, placeOf(event));
    stage.setPointerCapture(event.pointerId);
    const isPan = event.button !== 0 || maps.isSpaceHeld || maps.tool === "pan";
    maps.isSpaceUsed = maps.isSpaceHeld;
    if (pointers.size === 2) {
      press = null;
      panel.drag = null;
    } else press = { at: placeOf(event), isPan, button: event.button, isClick: true };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!panel.grid) return;
    const now = placeOf(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      maps.pointing.at(panel, panel.rowAt(now, REACH), now);
      return;
    }
    if (pointers.size === 2) pinch(panel, pointers, event.pointerId, now);
    else if (press) dragOn(panel, maps, press, before, now);
    pointers.set(event.pointerId, now);
  });
  stage.addEventListener("pointerup", (event) => {
    pointers.delete(event.pointerId);
    if (press) release(panel, maps, press, event, placeOf(event));
    press = null;
  });
  const cancel = (event) => {
    pointers.delete(event.pointerId);
    press = null;
    panel.drag = null;
    panel.refreshOver();
  };
  stage.addEventListener("pointercancel", cancel);
  panel.cancelDrag = () => {
    const isDragging = Boolean(panel.drag);
    if (isDragging) cancel({});
    return isDragging;
  };
  stage.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && maps.pointing.away());
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", (event) => {
    if (event.button !== 0 || maps.tool === "pan" && !event.detail) return;
    const row = panel.rowAt(placeOf(event), REACH);
    if (row >= 0) maps.open(row, { undoesClick: true });
    else panel.resetView();
  });
  stage.addEventListener("wheel", (event) => {
    if (!panel.grid) return;
    if (event.deltaY > 0 && panel.view.zoom <= 1 && !event.ctrlKey) return; // nothing to zoom out of: the page scrolls
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 32 : 1);
    const factor = Math.exp(-Math.max(-120, Math.min(120, pixels)) * WHEEL_RATE * (event.ctrlKey ? 3 : 1));
    if (panel.view.zoom > 1 && panel.view.zoom * factor <= 1) panel.resetView(); // out as far as the whole map
    else panel.zoomBy(factor, placeOf(event));
    maps.pointing.away();
  }, { passive: false });
}

function dragOn(panel, maps, press, before, now) {
  const [dx, dy] = [now[0] - press.at[0], now[1] - press.at[1]];
  if (press.isClick && Math.hypot(dx, dy) < CLICK_SLACK) return;
  if (press.isClick) {
    press.isClick = false;
    before = press.at;
    maps.pointing.away({ always: true });
  }
  if (press.isPan) {
    panel.view.panBy(now[0] - before[0], now[1] - before[1], panel.side);
    panel.moved();
    return;
  }
  const [x, y] = press.at;
  if (maps.tool === "rectangle") panel.drag = { corners: [[x, y], [now[0], y], now, [x, now[1]]] };
  else {
    panel.drag ??= { corners: [press.at] };
    panel.drag.corners.push(now);
  }
  panel.refreshOver();
}

function release(panel, maps, press, event, now) {
  if (press.isClick) {
    if (press.button === 0 && !maps.isSpaceUsed) maps.choosing.click(panel, panel.rowAt(now, REACH), event);
    return;
  }
  const { drag } = panel;
  panel.drag = null;
  panel.refreshOver();
  if (!drag) return;
  const kind = maps.tool === "rectangle" ? "rectangle" : "lasso";
  const corners = drag.corners.map((place) => panel.view.toMap(place, panel.side));
  const tolerance = 0.4 / panel.view.scale(panel.side);
  maps.choosing.polygon(panel, kind, kind === "lasso" ? simplify(corners, tolerance) : simplify(corners, 0), joinOf(event));
}

function pinch(panel, pointers, movedId, now) {
  const before = pointers.get(movedId);
  const other = [...pointers].find(([id]) => id !== movedId)[1];
  const distance = (a, b) => Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1]));
  panel.zoomBy(distance(now, other) / distance(before, other), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
  panel.view.panBy((now[0] - before[0]) / 2, (now[1] - before[1]) / 2, panel.side);
}
