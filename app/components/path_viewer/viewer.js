// Joins the parts. Python sends a path and is told where the reader stopped; nothing else crosses the wire.

const REST_MS = 350; // keys that rest this long are a choice
const MEDIA = {
  pictures: { Path, Panels },
  traces: { Path: TracePath, Panels: TracePanels },
}; // what a path is of decides how its frames are read and drawn; all else is the same

class Viewer {
  constructor(root) {
    this.path = null;
    this.step = 0;
    this.peeked = null;
    this.element = make("div", "pv", root);
    this.element.tabIndex = -1;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Path through the latent space");
    this.slab = make("div", "pv-slab", this.element);
    this.lanes = new Lanes(this.element);
    const hooks = {
      stepAt: (fraction) => this.stepAt(fraction),
      onPeek: (k) => this.peek(k),
      onPick: (k) => this.pick(k),
    };
    this.axis = new Axis(this.lanes, { onMove: (sd) => this.moveTo(sd, { commits: false }), onRelease: () => this.commit() });
    this.trust = new TrustStrip(this.lanes, hooks);
    this.chart = new ProbabilityChart(this.lanes, hooks);
    this.footer = new Footer(this.lanes, this);
    this.film = new Filmstrip(this.lanes, hooks);
    this.help = new HelpCard(this.element);
    this.player = new Player({
      steps: () => this.path.steps.map((_, k) => k).filter((k) => this.path.isReady(k)),
      current: () => this.step,
      show: (k) => { this.step = k; this.render(); },
      onChange: (isPlaying) => this.axis.setPlaying(isPlaying),
    });
    this.axis.play.addEventListener("click", () => this.togglePlay());
    attachKeys(this.element, this);
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.film.strip);
    this.useMedium("pictures");
  }

  useMedium(medium) {
    if (medium === this.medium) return;
    this.medium = medium;
    this.panels?.destroy();
    this.slab.dataset.medium = medium;
    this.panels = new MEDIA[medium].Panels(this.slab, () => this.viewChanged());
    this.help.describe(this.panels.help);
  }

  /** Takes what Streamlit passes on each run; the same path again costs nothing. */
  async connect({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    if (!data) return;
    try {
      await this.take(readBlock(data));
    } catch (error) {
      this.complain(error);
    }
  }

  async take(block) {
    if (block.header.digest === this.newest) return;
    this.newest = block.header.digest;
    this.error?.remove();
    this.error = null;
    if (this.path?.continues(block)) {
      this.path.describe(block);
      this.openPath(this.path, this.step);
      await this.path.load(this.step, () => this.arrived());
      return;
    }
    const next = new MEDIA[block.header.medium].Path(block);
    const step = next.nearest(this.path ? this.sd : next.start);
    const isFirst = !this.path;
    await next.load(step, () => {
      if (block.header.digest !== this.newest && this.path !== next) return; // overtaken by another path
      if (this.path === next) this.arrived();
      else if (next.nearestReady(step) >= 0) this.openPath(next, step); // the old path stays until this one can be drawn
    });
    if (isFirst) this.takeFocus();
  }

  complain(error) {
    console.error("path viewer", error);
    this.error ??= make("p", "pv-error", this.element);
    this.error.setAttribute("role", "alert");
    this.error.textContent = `This path could not be read (${error.message}). Reload the page; `
      + "if it happens again, the server and the page are of different versions.";
  }

  openPath(path, step) {
    const isNew = path !== this.path;
    if (isNew) this.player.stop();
    if (isNew) this.committed = null;
    Object.assign(this, { path, step, peeked: null });
    this.element.dataset.path = path.id;
    this.useMedium(path.medium);
    for (const part of [this.panels, this.axis, this.trust, this.chart]) part.open(path);
    this.drawn = null;
    this.layout();
    this.viewChanged();
    this.arrived();
  }

  /** Frames have arrived: draw, when the drawn step is not the wanted one, and fill the filmstrip. */
  arrived() {
    this.element.dataset.ready = this.path.steps.filter((_, k) => this.path.isReady(k)).length;
    this.film.draw(this.path, this.panels);
    this.render();
  }

  get sd() {
    return this.path.steps[this.step];
  }

  stepAt(fraction) {
    const { steps } = this.path;
    return this.path.nearest(steps[0] + fraction * (steps.at(-1) - steps[0]));
  }

  moveTo(sd, { commits = true } = {}) {
    if (!this.path) return;
    this.player.stop();
    const { steps } = this.path;
    this.goTo(this.path.nearest(Math.min(steps.at(-1), Math.max(steps[0], sd))), { commits });
  }

  stepBy(count) {
    if (!this.path) return;
    this.player.stop();
    this.goTo(Math.min(this.path.steps.length - 1, Math.max(0, this.step + count)), { commits: true });
  }

  pick(k) {
    this.player.stop();
    this.goTo(k, { commits: false });
    this.commit();
  }

  peek(k) {
    if (k === this.peeked) return;
    this.peeked = k;
    this.footer.show(this.path, this.step, this.peeked);
  }

  goTo(step, { commits }) {
    this.step = step;
    this.requestRender();
    clearTimeout(this.rest);
    if (commits) this.rest = setTimeout(() => this.commit(), REST_MS);
  }

  /** Tells Python where the reader is; only when that is news. */
  commit() {
    clearTimeout(this.rest);
    if (!this.path || this.step === this.committed) return;
    this.committed = this.step;
    rememberInAddress(this.sd);
    this.setStateValue("position", { path: this.path.id, step: this.step, sd: this.sd });
  }

  askForCase(which) {
    this.setTriggerValue("case", which);
  }

  togglePlay() {
    if (!this.path) return;
    if (!this.player.isPlaying) return this.player.start();
    this.player.stop();
    this.commit();
  }

  requestRender() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.render();
    });
  }

  render() {
    const { path, step } = this;
    if (!path) return;
    const shown = path.nearestReady(step);
    if (shown < 0) return;
    const frame = [path.id, shown, step === shown, this.panels.signature, path.look].join();
    if (frame !== this.drawn || this.step !== this.drawnStep) this.panels.draw(path, shown, step);
    this.drawn = frame;
    this.drawnStep = step;
    this.element.dataset.step = step;
    this.element.dataset.shown = shown;
    this.axis.show(path, step, shown);
    this.lanes.show(path, step);
    this.chart.show(path, step);
    this.film.show(step);
    this.footer.show(path, step, this.peeked);
  }

  viewChanged() {
    this.panels.applyView();
    this.footer.applyTools(this.panels.tools());
    if (!this.path) return;
    this.requestRender();
    clearTimeout(this.filmRest);
    this.filmRest = setTimeout(() => this.film.draw(this.path, this.panels), 120);
  }

  layout() {
    const width = this.film.strip.clientWidth;
    if (!this.path || !width) return;
    this.film.layout(this.path, this.panels, width);
    this.film.draw(this.path, this.panels);
    this.film.show(this.step);
    this.trust.layout(width);
  }

  closeCards() {
    this.help.close();
    this.panels.closeCards?.();
  }

  toggleWholeScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.element.requestFullscreen?.();
  }

  /** Keys work at once on a fresh page, but nobody who is typing is interrupted. */
  takeFocus() {
    const active = document.activeElement;
    if (!active || active === document.body) this.axis.input.focus({ preventScroll: true });
  }

  destroy() {
    this.player.stop();
    for (const timer of [this.rest, this.filmRest]) clearTimeout(timer);
    cancelAnimationFrame(this.pending);
    this.observer.disconnect();
    this.panels.destroy();
    this.element.remove();
  }
}

const viewers = new WeakMap(); // one viewer for each place on the page; Streamlit calls again on every rerun

export default function (component) {
  const root = component.parentElement.querySelector(".pv-root");
  const viewer = viewers.get(root) ?? new Viewer(root);
  viewers.set(root, viewer);
  viewer.connect(component);
  return () => {
    viewer.destroy();
    viewers.delete(root);
  };
}
