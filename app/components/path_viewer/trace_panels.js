// Signals: a lane for each channel, the step over what it is compared with, and the band between the two.

const LEAST_LANE = 38; // CSS pixels; with more channels than fit, the lanes scroll
const LOW_LANE = 64;
const UNSCALED_LANE = 32; // too low for two numbers beside it
const LANE_GAP = 6;
const THUMB_CHANNELS = 3;
const TRACE_HELP = [
  ["+  \u2212  ,  .", "zoom in time, move earlier, later"],
  ["Drag", "look at this span of time only"],
  ["Wheel, pinch", "zoom in time (with Ctrl where channels scroll)"],
  ["Shift-drag", "move the zoomed time"],
  ["Double click", "whole time again"],
];

class TracePanels {
  constructor(parent, onChange) {
    this.onChange = onChange;
    this.view = new TraceView(onChange);
    this.help = TRACE_HELP;
    this.element = make("div", "pv-traces", parent);
    this.key = new TraceKey(this.element);
    this.stage = make("div", "pv-trace-stage", this.element);
    this.inner = make("div", "pv-trace-inner", this.stage);
    this.heads = make("div", "pv-trace-heads", this.inner);
    this.plot = make("div", "pv-trace-plot", this.inner);
    this.sheets = make("div", "pv-trace-sheets", this.plot); // stays in view while the lanes scroll
    this.layers = { still: this.layer("original"), moving: this.layer("decoded") };
    this.cursor = make("div", "pv-trace-cursor", this.plot);
    this.span = make("div", "pv-trace-span", this.plot);
    this.cursor.hidden = this.span.hidden = true;
    this.badge = make("div", "pv-badge", this.element);
    this.badge.hidden = true;
    this.times = make("div", "pv-times", this.element);
    this.caption = make("p", "pv-caption", this.element);
    this.channelCard = new ChannelCard(this.element, this.view, () => onChange());
    this.numbersCard = new NumbersCard(this.element, () => onChange());
    attachTraceGestures(this.stage, this.plot, this.view, {
      hover: (place) => this.hover(place),
      brush: (span) => this.showSpan(span),
    });
    this.stage.addEventListener("scroll", () => this.onChange());
    this.element.addEventListener("transitionrun", () => this.onChange()); // the theme has changed, see traces.css
    this.observer = new ResizeObserver(() => this.onChange());
    this.observer.observe(this.stage);
  }

  layer(name) {
    const canvas = make("canvas", "pv-trace-layer", this.sheets);
    canvas.dataset.panel = name;
    if (name === "decoded") canvas.setAttribute("role", "img");
    else canvas.setAttribute("aria-hidden", "true");
    return { canvas, context: canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" }) };
  }

  open(path) {
    this.path = path;
    this.view.open(path);
    this.channelCard.open(path);
    this.thumbChannels = null;
    this.drawnStill = null;
    const { length, rate, names } = path.form;
    const what = `${countChannels(names.length)}, ${length} samples at ${Number(rate.toFixed(2))}\u00a0Hz`;
    const drawn = path.each === 1 ? "" : `; drawn from the least and greatest of every ${path.each} samples`;
    this.words = [path.caption, what + drawn].filter(Boolean).join(" \u00b7 ");
  }

  get signature() {
    const { clientWidth, clientHeight, scrollTop } = this.stage;
    const { ink } = this.key;
    const cards = [this.channelCard.isOpen, this.numbersCard.isOpen];
    return [this.view.signature, clientWidth, clientHeight, scrollTop, devicePixelRatio, ink, ...cards].join();
  }

  tools() {
    const { view, path } = this;
    if (!path) return [];
    const shown = view.channels(path).length;
    const all = path.nChannels;
    const span = clock((view.to - view.from) * path.seconds, path.form.rate);
    return [
      { text: `${span}, whole time`, title: "Show the whole time again", isHidden: !view.isZoomed, press: () => view.resetZoom() },
      {
        text: view.isEdit ? "shown: edit on the original" : "shown: decoded",
        title: view.isEdit ? "Show what the model decodes" : "Add the change to the original signal: its own detail with the edit laid on it, not a decode",
        press: () => view.toggle("isEdit"),
      },
      {
        text: `original: ${view.isOriginalShown ? "shown" : "hidden"}`, isHidden: view.isEdit,
        title: "The signal as the model is given it, as a thin line", press: () => view.toggle("isOriginalShown"),
      },
      {
        text: shown === all ? `channels: all ${all}` : `channels: ${shown} of ${all}`, isHidden: all === 1,
        title: "Choose the channels in view", press: () => this.channelCard.toggle(),
      },
      {
        text: view.isFitted ? "large lanes" : "all at once",
        isHidden: fitLane(this.stage.clientHeight, shown) * shown <= this.stage.clientHeight,
        title: "Show all chosen channels at once in low lanes, or fewer in large ones, to scroll through",
        press: () => view.toggle("isFitted"),
      },
      { text: "numbers", title: "What this step changes, in each channel's unit", press: () => this.numbersCard.toggle() },
    ];
  }

  /** Draws step `shown`; `wanted` differs from it while that step is still being computed. */
  draw(path, shown, wanted) {
    this.shown = shown;
    this.measure(path);
    this.drawStill(path);
    this.drawMoving(path, shown);
    this.key.show(path, shown, this.view);
    this.badge.hidden = shown === wanted;
    this.badge.textContent = this.badge.hidden ? ""
      : `showing ${signed(path.steps[shown], path.decimals)}, ${signed(path.steps[wanted], path.decimals)} is being computed`;
    this.layers.moving.canvas.dataset.step = shown;
    this.layers.moving.canvas.setAttribute("aria-label", spokenTraces(path, shown, this.view.channels(path)));
    this.numbersCard.show(path, shown, this.view.channels(path));
    this.hover(this.pointer);
  }

  /** Sizes, and where each lane lies in what is scrolled to. */
  measure(path) {
    const channels = this.view.channels(path);
    const room = this.stage.clientHeight;
    const laneHeight = this.view.isFitted ? room / channels.length : fitLane(room, channels.length);
    const gap = Math.min(LANE_GAP, laneHeight / 6);
    this.inner.style.height = `${laneHeight * channels.length}px`;
    const width = this.plot.clientWidth;
    const scroll = this.stage.scrollTop;
    this.lanes = channels.map((c, i) => ({ c, top: i * laneHeight - scroll }))
      .filter(({ top }) => top + laneHeight > 0 && top < room)
      .map(({ c, top }) => {
        const box = { top: top + gap / 2, height: laneHeight - gap, width, scale: path.scale[c], room };
        return { c, frame: new Lane({ path, view: this.view, ...box, ratio: devicePixelRatio }) };
      });
    this.isFine = this.lanes.reduce((sum, { frame }) => sum + frame.xs.length, 0) > FINE_FROM;
    this.laneHeight = laneHeight;
    this.element.classList.toggle("pv-low-lanes", laneHeight < UNSCALED_LANE);
    this.inView = inViewWords(this.lanes.map(({ c }) => channels.indexOf(c) + 1), channels.length);
    this.sheets.style.height = `${room}px`;
    for (const { canvas } of Object.values(this.layers)) {
      const [w, h] = [Math.round(width * devicePixelRatio), Math.round(room * devicePixelRatio)];
      Object.assign(canvas.style, { width: `${width}px`, height: `${room}px` });
      if (canvas.width !== w || canvas.height !== h) {
        Object.assign(canvas, { width: w, height: h });
        this.drawnStill = null;
      }
    }
    this.readColours();
  }

  readColours() {
    const { ink } = this.key;
    if (ink === this.ink) return;
    this.ink = ink;
    this.colours = { ...this.key.colours(), rule: getComputedStyle(this.times).borderTopColor };
  }

  /** What stays while the slider moves: lines of the scale, the original, and what the step is compared with. */
  drawStill(path) {
    const signature = [path.id, path.look, this.signature].join();
    if (signature === this.drawnStill) return;
    this.drawnStill = signature;
    const { from, to, isEdit, isOriginalShown } = this.view;
    const wanted = Math.max(3, Math.floor(this.plot.clientWidth / 90));
    const times = roundTicks(from * path.seconds, to * path.seconds, wanted);
    const x = (seconds) => (seconds / path.seconds - from) / (to - from);
    writeTimes(this.times, times, x);
    writeHeads(this.heads, path, this.lanes, { scroll: this.stage.scrollTop, ticksOf: (c) => this.ticksOf(path, c) });
    const pen = this.pen(this.layers.still);
    for (const { c, frame } of this.lanes) {
      const { base, original } = path.lines(path.origin, c, isEdit);
      pen.line(frame, base, this.colours.base, isEdit || this.laneHeight < LOW_LANE ? 1.25 : 1.75);
      if (original && isOriginalShown) pen.line(frame, original, this.colours.original, 1);
    }
    pen.done();
    const context = this.layers.still.context;
    context.globalCompositeOperation = "destination-over"; // the rules lie under the lines
    for (const { c, frame } of this.lanes) {
      drawRules(context, frame, this.colours.rule, times.map((t) => x(t) * frame.width), this.ticksOf(path, c));
    }
    context.globalCompositeOperation = "source-over";
  }

  drawMoving(path, k) {
    const pen = this.pen(this.layers.moving);
    for (const { c, frame } of this.lanes) {
      const { step, base } = path.lines(k, c, this.view.isEdit);
      pen.band(frame, step, base, this.colours);
      pen.line(frame, step, this.colours.step, this.laneHeight < LOW_LANE ? 1.5 : 2);
    }
    pen.done();
  }

  /** What draws on a layer: the canvas's own lines, or pixels where there are many values. */
  pen(layer) {
    clearLayer(layer);
    return this.isFine ? new FinePen(layer) : new Pen(layer);
  }

  ticksOf(path, c) {
    if (this.laneHeight < UNSCALED_LANE) return [];
    const ticks = roundTicks(...path.scale[c], Math.max(4, this.laneHeight / 42));
    if (this.laneHeight >= LOW_LANE) return ticks;
    const [low, high] = path.scale[c];
    const fitting = ticks.filter((value) => Math.abs((value - low) / (high - low) - 0.5) < 0.38); // not into the next lane's
    return [...new Set([fitting[0], fitting.at(-1)])].filter((value) => value !== undefined);
  }

  /** Reads the traces where the pointer is; `null` ends it. */
  hover(place) {
    this.pointer = place;
    const { path } = this;
    this.cursor.hidden = !place || !path;
    if (!place || !path || this.shown === undefined) {
      this.caption.textContent = [this.words, this.inView].filter(Boolean).join(" \u00b7 ");
      return;
    }
    const { from, to, isEdit } = this.view;
    const i = path.pointAt((from + place.x * (to - from)) * path.seconds);
    const seconds = path.secondsOf(i);
    this.cursor.style.left = `${((seconds / path.seconds - from) / (to - from)) * 100}%`;
    const y = place.y * this.inner.clientHeight - this.stage.scrollTop;
    const lane = this.lanes.find(({ frame }) => y < frame.top + frame.height + LANE_GAP / 2) ?? this.lanes.at(-1);
    this.caption.textContent = readingAt(path, { i, k: this.shown, c: lane.c, isEdit });
  }

  showSpan(span) {
    this.span.hidden = !span;
    if (!span) return;
    const [a, b] = span.map((x) => Math.min(1, Math.max(0, x))).sort((p, q) => p - q);
    Object.assign(this.span.style, { left: `${a * 100}%`, width: `${(b - a) * 100}%` });
  }

  thumbAspect() {
    return 1.75;
  }

  /** The channels that change most, small. */
  paintThumb(canvas, path, k) {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    const shown = this.view.channels(path);
    this.thumbChannels ??= path.byChange;
    const channels = this.thumbChannels.filter((c) => shown.includes(c)).slice(0, THUMB_CHANNELS).sort((a, b) => a - b);
    const height = canvas.height / channels.length;
    const pen = new FinePen({ canvas, context });
    const colours = this.colours ?? this.key.colours();
    channels.forEach((c, i) => {
      const box = { top: i * height + 1, height: height - 2, width: canvas.width, room: canvas.height, scale: path.scale[c] };
      const frame = new Lane({ path, view: { from: 0, to: 1 }, ...box, ratio: 1 });
      const { step, base } = path.lines(k, c, this.view.isEdit);
      pen.band(frame, step, base, colours);
      pen.line(frame, step, colours.step, devicePixelRatio);
    });
    pen.done();
  }

  applyView() {
    this.element.classList.toggle("pv-zoomed", this.view.isZoomed);
    this.channelCard.show();
  }

  closeCards() {
    this.channelCard.close();
    this.numbersCard.close();
  }

  destroy() {
    this.observer.disconnect();
    this.element.remove();
  }
}

/** Which of the channels the scrolled stage shows; "" where it shows them all. */
function inViewWords(places, nChannels) {
  if (places.length === nChannels) return "";
  return `channels ${places[0]}\u2013${places.at(-1)} of ${nChannels} in view, scroll for the others`;
}

/** Lanes of equal height that fill the room; where they do not fit, half a lane at the end says that there are more. */
function fitLane(room, nLanes) {
  if (nLanes * LEAST_LANE <= room) return Math.floor(room / nLanes);
  const whole = Math.max(1, Math.floor(room / LEAST_LANE - 0.5));
  return Math.max(LEAST_LANE, Math.floor(room / (whole + 0.5)));
}
