// Zoom, pan and window/level, shared by all panels: what is done to one is done to all.

const MAX_ZOOM = 12;

class View {
  constructor(onChange) {
    this.onChange = onChange;
    this.isSmooth = true;
    this.window = { ...FULL_WINDOW };
    Object.assign(this, { zoom: 1, x: 0, y: 0 }); // x, y: the picture's offset in its own size
  }

  get isZoomed() {
    return this.zoom > 1;
  }

  get isWindowed() {
    return this.window.level !== FULL_WINDOW.level || this.window.width !== FULL_WINDOW.width;
  }

  resetZoom() {
    Object.assign(this, { zoom: 1, x: 0, y: 0 });
    this.onChange();
  }

  resetWindow() {
    this.window = { ...FULL_WINDOW };
    this.onChange();
  }

  toggleSmooth() {
    this.isSmooth = !this.isSmooth;
    this.onChange();
  }

  /** Zooms so that the point (fractions of the panel) stays where it is. */
  zoomAt(px, py, factor) {
    const zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
    this.x += px / zoom - px / this.zoom;
    this.y += py / zoom - py / this.zoom;
    this.zoom = zoom;
    this.panBy(0, 0);
  }

  /** Moves by fractions of the panel, never past the picture's edge. */
  panBy(dx, dy) {
    const clamp = (value) => Math.min(0, Math.max(1 / this.zoom - 1, value));
    this.x = clamp(this.x + dx / this.zoom);
    this.y = clamp(this.y + dy / this.zoom);
    this.onChange();
  }

  /** Right and left change the width of the window, up and down its level, in grey levels. */
  windowBy(dx, dy) {
    const width = Math.min(510, Math.max(2, this.window.width + dx * 255));
    const level = Math.min(255, Math.max(0, this.window.level + dy * 255));
    this.window = { level, width };
    this.onChange();
  }

  get transform() {
    return `scale(${this.zoom}) translate(${this.x * 100}%, ${this.y * 100}%)`;
  }
}

/** Lets pointer, wheel and touch on a panel drive the shared view. */
function attachGestures(stage, view) {
  const pointers = new Map();
  let isWindowing = false;
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  stage.addEventListener("wheel", (event) => {
    const isOut = event.deltaY > 0;
    if (isOut && !view.isZoomed && !event.ctrlKey) return; // nothing to zoom out of: the page scrolls
    event.preventDefault();
    const { x, y } = place(event);
    view.zoomAt(x, y, Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004));
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button === 1) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    isWindowing = event.button === 2 || event.shiftKey;
  });
  stage.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (pointers.size === 2) pinch(view, pointers, event.pointerId, now);
    else if (isWindowing) view.windowBy(now.x - before.x, before.y - now.y);
    else if (view.isZoomed) view.panBy(now.x - before.x, now.y - before.y);
    pointers.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", () => view.resetZoom());
}

function pinch(view, pointers, movedId, now) {
  const before = pointers.get(movedId);
  const other = [...pointers].find(([id]) => id !== movedId)[1];
  const distance = (a, b) => Math.max(0.02, Math.hypot(a.x - b.x, a.y - b.y));
  view.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, distance(now, other) / distance(before, other));
  view.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
}
