// What of the signals is in view: a span of time, and the channels. Gestures change the span.

const MOST_TIME_ZOOM = 400;
const BRUSH_PX = 5; // a shorter drag is a click

class TraceView {
  constructor(onChange) {
    this.onChange = onChange;
    this.hidden = new Set(); // names of channels
    this.isEdit = false;
    this.isOriginalShown = true;
    this.isFitted = false; // all channels at once, however low their lanes become
    this.maxZoom = MOST_TIME_ZOOM;
    Object.assign(this, { from: 0, to: 1 }); // of the whole time
  }

  /** Another kind of signals starts whole. */
  open(path) {
    const form = JSON.stringify(path.form);
    this.maxZoom = Math.max(1, Math.min(MOST_TIME_ZOOM, path.nPoints / 8));
    if (form === this.form) return;
    this.form = form;
    this.hidden.clear();
    Object.assign(this, { from: 0, to: 1 });
  }

  get isZoomed() {
    return this.to - this.from < 1 - 1e-9;
  }

  get signature() {
    return [this.from, this.to, this.isEdit, this.isOriginalShown, this.isFitted, ...this.hidden].join();
  }

  /** Shows the time from a to b, fractions of what is in view now. */
  zoomTo(a, b) {
    const span = this.to - this.from;
    this.place(this.from + span * Math.min(a, b), span * Math.abs(b - a));
  }

  /** Zooms so that the time at px, a fraction of what is in view, stays where it is. */
  zoomAt(px, py, factor) {
    const span = this.to - this.from;
    const next = Math.min(1, Math.max(1 / this.maxZoom, span / factor));
    this.place(this.from + px * (span - next), next);
  }

  panBy(dx) {
    const span = this.to - this.from;
    this.place(this.from - dx * span, span);
  }

  resetZoom() {
    this.place(0, 1);
  }

  place(from, span) {
    const wide = Math.min(1, Math.max(1 / this.maxZoom, span));
    this.from = Math.min(1 - wide, Math.max(0, from));
    this.to = this.from + wide;
    this.onChange();
  }

  toggle(name) {
    this[name] = !this[name];
    this.onChange();
  }

  showChannels(names, all) {
    this.hidden = new Set(all.filter((name) => !names.includes(name)));
    this.onChange();
  }

  /** Channels in view, in their own order; never none. */
  channels(path) {
    const all = path.form.names.map((_, c) => c);
    const shown = all.filter((c) => !this.hidden.has(path.form.names[c]));
    return shown.length ? shown : all;
  }
}

/** Lets pointer, wheel and touch on the traces choose the time; `hover` is told where the pointer is, or null. */
function attachTraceGestures(stage, plot, view, { hover, brush }) {
  const pointers = new Map();
  let start = null; // where a span began
  const place = (event) => {
    const box = plot.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const end = (event) => {
    const begun = start;
    start = null;
    pointers.delete(event.pointerId);
    brush(null);
    const { x } = place(event);
    if (event.type === "pointerup" && begun && Math.abs(x - begun.x) * plot.clientWidth > BRUSH_PX) {
      view.zoomTo(Math.max(0, begun.x), Math.min(1, Math.max(0, x)));
    }
  };
  stage.addEventListener("wheel", (event) => zoomByWheel(event, stage, view, place(event).x), { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.clientX - plot.getBoundingClientRect().left > plot.clientWidth) return; // the scroll bar
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    start = event.button === 0 && !event.shiftKey && event.pointerType !== "touch" ? place(event) : null;
  });
  stage.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    hover(now.x < 0 || now.x > 1 ? null : now);
    if (!before) return;
    if (pointers.size === 2) pinch(view, pointers, event.pointerId, now);
    else if (start) brush([start.x, now.x]);
    else if (view.isZoomed) view.panBy(now.x - before.x);
    pointers.set(event.pointerId, now);
  });
  stage.addEventListener("pointerleave", () => hover(null));
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", () => view.resetZoom());
}

function zoomByWheel(event, stage, view, x) {
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    if (!view.isZoomed) return;
    event.preventDefault();
    view.panBy(-event.deltaX / stage.clientWidth);
    return;
  }
  const isScrolled = stage.scrollHeight > stage.clientHeight + 1;
  if (isScrolled && !event.ctrlKey) return; // the wheel goes through the channels
  if (event.deltaY > 0 && !view.isZoomed && !event.ctrlKey) return; // nothing to zoom out of: the page scrolls
  event.preventDefault();
  view.zoomAt(Math.min(1, Math.max(0, x)), 0.5, Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004));
}
