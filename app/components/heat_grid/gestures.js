// Pointer, wheel and touch on a tile drive the shared view. The page is long: a wheel that passes over a tile scrolls
// it, and zooms only a tile that was clicked, one that is zoomed, or with Ctrl.

const CLICK_PX = 4;

function attachGestures(stage, view, { size, onHint }) {
  const pointers = new Map();
  let mode = "pan";
  let travelled = 0;
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const isActive = () => stage.getRootNode().activeElement === stage;
  stage.addEventListener("wheel", (event) => {
    const isOut = event.deltaY > 0;
    if (isOut && !view().isZoomed && !event.ctrlKey) return; // nothing to zoom out of: the page scrolls
    if (!view().isZoomed && !event.ctrlKey && !isActive()) return onHint();
    event.preventDefault();
    const { x, y } = place(event);
    view().zoomAt(x, y, Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004));
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button === 1) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    mode = event.button === 2 || event.shiftKey ? "window" : "pan";
    travelled = 0;
  });
  stage.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) return view().set({ hovered: view().pixelAt(now, size()) }, "mark");
    travelled += Math.hypot(event.movementX, event.movementY);
    if (pointers.size === 2) pinch(view(), pointers, event.pointerId, now);
    else if (mode === "window") view().windowBy(now.x - before.x, before.y - now.y);
    else if (view().isZoomed) view().panBy(now.x - before.x, now.y - before.y);
    pointers.set(event.pointerId, now);
  });
  stage.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId) || mode === "window" || travelled > CLICK_PX) return;
    const pixel = view().pixelAt(place(event), size());
    view().set({ pinned: String(pixel) === String(view().pinned) ? null : pixel }, "mark");
  });
  stage.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  stage.addEventListener("pointerleave", () => view().set({ hovered: null }, "mark"));
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", () => view().resetZoom());
}

function pinch(view, pointers, movedId, now) {
  const before = pointers.get(movedId);
  const other = [...pointers].find(([id]) => id !== movedId)[1];
  const distance = (a, b) => Math.max(0.02, Math.hypot(a.x - b.x, a.y - b.y));
  view.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, distance(now, other) / distance(before, other));
  view.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
}
