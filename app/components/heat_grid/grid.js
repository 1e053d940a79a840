// Joins the parts. Python sends maps and words and is told which row was opened; nothing else crosses the wire.

class Grid {
  constructor(root) {
    this.rows = new Map();
    this.element = make("div", "hg", root);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Attribution maps");
    const head = make("div", "hg-head", this.element);
    this.controls = new Controls(head, this);
    this.help = new HelpCard(head);
    this.list = make("div", "hg-rows", this.element);
    this.spoken = make("p", "hg-spoken", this.element);
    this.spoken.setAttribute("aria-live", "polite");
    // Tiles out of sight are painted when they come near.
    this.seen = new IntersectionObserver((entries) => this.sight(entries), { rootMargin: "300px" });
    attachKeys(this.element, this);
  }

  /** Takes what Streamlit passes on each run; the same maps again cost nothing. */
  async connect({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    if (!data) return;
    try {
      await this.take(readBlock(data));
    } catch (error) {
      this.complain(error);
    }
  }

  async take({ header, body }) {
    if (header.digest === this.newest) return;
    this.newest = header.digest;
    const isSignal = Boolean(header.form);
    const read = isSignal ? readSignal : readPicture;
    const picture = this.picture?.digest === header.picture.digest ? this.picture : await read(header, body);
    if (header.digest !== this.newest) return; // overtaken by newer maps
    this.error?.remove();
    this.error = null;
    const isOther = picture !== this.picture;
    if (Boolean(this.header?.form) !== isSignal) this.clear();
    Object.assign(this, { header, picture, outline: outlinePath(header.outline), given: Uint8Array.from(header.colours) });
    this.view = View.of(header.key, isSignal ? TraceView : View);
    this.view.open(picture);
    this.element.classList.toggle("hg-is-signals", isSignal);
    this.view.listener = (what) => this.changed(what);
    this.element.style.setProperty("--aspect", picture.width / picture.height);
    this.list.classList.toggle("hg-has-no-strip", header.rows.every(({ tiles }) => tiles.length === 1));
    if (isSignal) this.rank(header.rows, body);
    this.fill(header.rows, body);
    if (isOther) this.soil();
    this.changed("place");
    this.element.dataset.ready = header.rows.length;
    this.element.dataset.digest = header.digest;
  }

  /** Updates the rows that are there, adds the new ones, drops the others; nothing is moved that is in its place. */
  fill(entries, body) {
    const known = new Map([...this.rows.values()].flatMap(({ tiles }) => tiles.map(({ heat }) => [heat?.digest, heat])));
    const wanted = new Set(entries.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    entries.forEach((entry, k) => {
      if (!this.rows.has(entry.id)) this.rows.set(entry.id, new Row(this, entry.id));
      const row = this.rows.get(entry.id);
      if (this.list.children[k] !== row.element) this.list.insertBefore(row.element, this.list.children[k] ?? null);
      const tiles = entry.tiles.map((tile) => (tile.spread ? { ...tile, spread: readHeat(tile.spread, body) } : tile));
      row.update({ ...entry, tiles }, tiles.map((tile) => (tile.digest && known.get(tile.digest)) ?? readHeat(tile, body)));
    });
  }

  /** Channels by how much of the first map lies in them. */
  rank(entries, body) {
    const { width, height, digest: shown } = this.picture;
    const first = entries.map(({ tiles }) => tiles[0]).find(({ digest }) => digest);
    if (!first || this.view.rankedFor === shown) return; // what is in view stays while more maps arrive
    const { numbers } = readHeat(first, body);
    const shares = [...Array(height).keys()].map((channel) => {
      let sum = 0;
      for (let i = channel * width; i < (channel + 1) * width; i++) sum += Math.abs(numbers[i]);
      return sum;
    });
    const ranked = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
    Object.assign(this.view, { ranked, rankedFor: shown });
  }

  makeTile(parent, options) {
    return this.header.form ? new TraceTile(parent, this, options) : new Tile(parent, this, options);
  }

  clear() {
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
  }

  /** Ground and colours of signals, as the theme has them. */
  get palette() {
    const { backgroundColor, color } = getComputedStyle(this.element);
    const name = `${backgroundColor} ${color} ${this.newest}`;
    if (this.paletteName !== name) {
      this.paletteName = name;
      this.read = readPalette(this.element, this.given);
    }
    return this.read;
  }

  /** The colours of the maps, flat r, g, b. */
  get colours() {
    return this.header.form ? this.palette.colours : this.given;
  }

  get tiles() {
    return [...this.rows.values()].flatMap((row) => row.tiles);
  }

  sight(entries) {
    for (const { target, isIntersecting } of entries) {
      target.tile.isSeen = isIntersecting;
      if (isIntersecting && this.picture) target.tile.paint();
    }
  }

  soil() {
    for (const tile of this.tiles) tile.isDirty = true;
  }

  /** Draws what a change touches, once a frame however often it changes. */
  changed(what) {
    if (what === "paint") this.soil();
    if (what === "theme") this.rows.forEach((row) => row.drawBar());
    if (what === "place") this.isMoved = true;
    this.pending ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.pending = 0;
    const { view, element } = this;
    this.controls.show(view, this.header);
    this.controls.point(view.pixel, this.picture);
    const isOutlined = view.hasOutline && Boolean(this.outline);
    for (const [name, isOn] of [["pixels", !view.isSmooth], ["zoomed", view.isZoomed], ["outlined", isOutlined]]) {
      element.classList.toggle(`hg-is-${name}`, isOn);
    }
    for (const tile of this.tiles) {
      tile.paint();
      if (this.isMoved) tile.place();
      else tile.mark();
    }
    this.isMoved = false;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.paintUnseen(), 80);
  }

  /** Paints what is out of sight once nothing else is to be done, so that scrolling shows no empty tile. */
  paintUnseen() {
    const until = performance.now() + 8;
    const waiting = this.tiles.filter((tile) => tile.isDirty);
    while (waiting.length && performance.now() < until) waiting.shift().paint({ isForced: true });
    if (waiting.length) this.idle = setTimeout(() => this.paintUnseen(), 16);
  }

  /** Tells a screen reader the map's number under the crosshair. */
  speak(tile) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const pixel = this.view.pixel;
      if (!pixel || !tile.heat) return;
      const number = withUnit(signedNumber(tile.numberAt(pixel), tile.kind), tile.unit);
      const { form } = this.picture;
      const place = form ? `${form.names[pixel[1]]} at ${clockTime(pixel[0] / form.rate, form.rate)}` : `column ${pixel[0]}, row ${pixel[1]}`;
      setText(this.spoken, `${place}: ${number}`);
    }, 300);
  }

  open(id) {
    this.setTriggerValue("open", id);
  }

  complain(error) {
    console.error("heat grid", error);
    this.error ??= make("p", "hg-error", this.element);
    this.error.setAttribute("role", "alert");
    this.error.textContent = `These maps could not be read (${error.message}). Reload the page; if it happens again, `
      + "the server and the page are of different versions.";
  }

  destroy() {
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.pending);
    clearTimeout(this.idle);
    if (this.view) this.view.listener = () => {};
    this.clear();
    this.seen.disconnect();
    this.element.remove();
  }
}

const grids = new WeakMap(); // one grid for each place on the page; Streamlit calls again on every rerun

export default function (component) {
  const root = component.parentElement.querySelector(".hg-root");
  const grid = grids.get(root) ?? new Grid(root);
  grids.set(root, grid);
  grid.connect(component);
  return () => {
    grid.destroy();
    grids.delete(root);
  };
}
