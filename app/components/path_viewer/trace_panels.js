// Signals: a lane for each channel, the step over what it is compared with, and the band between the two.

const LEAST_LANE = 38; // CSS pixels; with more channels than fit, the lanes scroll
const LOW_LANE = 64;
const LANE_GAP = 6;
const THUMB_CHANNELS = 3;
const TRACE_KEYS = ["step", "base", "original", "higher", "lower"];
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
    this.buildKey();
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
    return { canvas, context: canvas.getContext("2d") };
  }

  /** The key also holds the colours: what is drawn has the colour that its word has. */
  buildKey() {
    const row = make("div", "pv-trace-key", this.element);
    this.key = Object.fromEntries(TRACE_KEYS.map((name) => {
      const item = make("span", `pv-key pv-key-${name}`, row);
      return [name, { item, text: make("span", name === "step" ? "pv-title" : "", item) }];
    }));
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
    const ink = getComputedStyle(this.key.step.item).color;
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
      { text: "numbers", title: "What this step changes, in each channel's unit", press: () => this.numbersCard.toggle() },
    ];
  }

  /** Draws step `shown`; `wanted` differs from it while that step is still being computed. */
  draw(path, shown, wanted) {
    this.shown = shown;
    this.measure(path);
    this.drawStill(path);
    this.drawMoving(path, shown);
    this.writeKey(path, shown);
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
    const laneHeight = fitLane(room, channels.length);
    this.inner.style.height = `${laneHeight * channels.length}px`;
    const width = this.plot.clientWidth;
    const scroll = this.stage.scrollTop;
    this.lanes = channels.map((c, i) => ({ c, top: i * laneHeight - scroll }))
      .filter(({ top }) => top + laneHeight > 0 && top < room)
      .map(({ c, top }) => {
        const box = { top: top + LANE_GAP / 2, height: laneHeight - LANE_GAP, width, scale: path.scale[c] };
        return { c, frame: new Lane({ path, view: this.view, ...box, ratio: devicePixelRatio }) };
      });
    this.laneHeight = laneHeight;
    this.sheets.style.height = `${room}px`;
    for (const { canvas } of Object.values(this.layers)) {
      const [w, h] = [Math.round(width * devicePixelRatio), Math.round(room * devicePixelRatio)];
      Object.assign(canvas.style, { width: `${width}px`, height: `${room}px` });
      if (canvas.width !== w || canvas.height !== h) {
        Object.assign(canvas, { width: w, height: h });
        this.drawnStill = null;
      }
    }
    this.colours = Object.fromEntries(TRACE_KEYS.map((name) => [name, getComputedStyle(this.key[name].item).color]));
    this.colours.rule = getComputedStyle(this.times).borderTopColor;
  }

  /** What stays while the slider moves: lines of the scale, the original, and what the step is compared with. */
  drawStill(path) {
    const signature = [path.id, path.look, this.signature].join();
    if (signature === this.drawnStill) return;
    this.drawnStill = signature;
    const context = clearLayer(this.layers.still);
    const { from, to, isEdit, isOriginalShown } = this.view;
    const wanted = Math.max(3, Math.floor(this.plot.clientWidth / 90));
    const times = roundTicks(from * path.seconds, to * path.seconds, wanted);
    const x = (seconds) => (seconds / path.seconds - from) / (to - from);
    this.writeTimes(times, x);
    this.writeHeads(path);
    for (const { c, frame } of this.lanes) {
      drawRules(context, frame, this.colours.rule, times.map((t) => x(t) * frame.width), this.ticksOf(path, c));
      clipLane(context, frame, () => {
        const { base, original } = path.lines(path.origin, c, isEdit);
        strokeIn(context, this.colours.base, isEdit ? 1.25 : 1.75, () => strokeLine(context, frame, base));
        if (!original || !isOriginalShown) return;
        strokeIn(context, this.colours.original, 1, () => strokeLine(context, frame, original));
      });
    }
  }

  drawMoving(path, k) {
    const context = clearLayer(this.layers.moving);
    for (const { c, frame } of this.lanes) {
      const { step, base } = path.lines(k, c, this.view.isEdit);
      clipLane(context, frame, () => {
        context.globalAlpha = 0.5;
        context.fillStyle = this.colours.higher;
        fillBand(context, frame, step, base, 1);
        context.fillStyle = this.colours.lower;
        fillBand(context, frame, step, base, -1);
        context.globalAlpha = 1;
        strokeIn(context, this.colours.step, this.laneHeight < LOW_LANE ? 1.5 : 2, () => strokeLine(context, frame, step));
      });
    }
  }

  ticksOf(path, c) {
    const ticks = roundTicks(...path.scale[c], Math.max(2, this.laneHeight / 42));
    return this.laneHeight >= LOW_LANE ? ticks : [ticks[0], ticks.at(-1)];
  }

  writeHeads(path) {
    const heads = this.lanes.map(({ c, frame }) => {
      const head = make("div", "pv-trace-head");
      Object.assign(head.style, { top: `${frame.top + this.stage.scrollTop}px`, height: `${frame.height}px` });
      const name = make("span", "pv-trace-name", head);
      make("strong", "", name).textContent = path.form.names[c];
      name.append(path.form.units[c] ? ` ${path.form.units[c]}` : "");
      name.title = name.textContent;
      for (const value of this.ticksOf(path, c)) {
        const tick = make("span", "pv-trace-tick", head);
        tick.style.top = `${frame.y(value) - frame.top}px`;
        tick.textContent = amount(value, "");
      }
      return head;
    });
    this.heads.replaceChildren(...heads);
  }

  writeTimes(times, x) {
    this.times.replaceChildren(...times.map((seconds, i) => {
      const tick = make("span", "pv-time");
      tick.style.setProperty("--at", x(seconds));
      tick.textContent = `${amount(seconds, "")}${i === times.length - 1 ? " s" : ""}`;
      return tick;
    }));
  }

  writeKey(path, k) {
    const { isEdit, isOriginalShown } = this.view;
    const at = stepName(path, k);
    this.key.step.text.textContent = isEdit ? `Edit at ${at} on the original` : `Decoded at ${at}`;
    this.key.base.text.textContent = isEdit ? "original" : "decoded at 0";
    this.key.original.text.textContent = "original";
    this.key.original.item.hidden = isEdit || !isOriginalShown;
    this.key.higher.text.textContent = isEdit ? "higher than the original" : "higher than at 0";
    this.key.lower.text.textContent = "lower";
  }

  /** Reads the traces where the pointer is; `null` ends it. */
  hover(place) {
    this.pointer = place;
    const { path } = this;
    this.cursor.hidden = !place || !path;
    if (!place || !path || this.shown === undefined) {
      this.caption.textContent = this.words ?? "";
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
    const whole = { from: 0, to: 1 };
    channels.forEach((c, i) => {
      const frame = new Lane({ path, view: whole, top: i * height, height, width: canvas.width, scale: path.scale[c], ratio: 1 });
      const { step, base } = path.lines(k, c, this.view.isEdit);
      context.fillStyle = this.colours?.higher ?? "gray";
      fillBand(context, frame, step, base, 1);
      context.fillStyle = this.colours?.lower ?? "gray";
      fillBand(context, frame, step, base, -1);
      strokeIn(context, this.colours?.step ?? "gray", devicePixelRatio, () => strokeLine(context, frame, step));
    });
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

/** Lanes of equal height that fill the room; where they do not fit, half a lane at the end says that there are more. */
function fitLane(room, nLanes) {
  if (nLanes * LEAST_LANE <= room) return Math.floor(room / nLanes);
  const whole = Math.max(1, Math.floor(room / LEAST_LANE - 0.5));
  return Math.max(LEAST_LANE, Math.floor(room / (whole + 0.5)));
}

function clearLayer({ canvas, context }) {
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineJoin = "round";
  return context;
}

function strokeIn(context, colour, width, stroke) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  stroke();
}

function clipLane(context, { top, height, width }, draw) {
  context.save();
  context.beginPath();
  context.rect(0, top - LANE_GAP / 2, width, height + LANE_GAP);
  context.clip();
  draw();
  context.restore();
}

function drawRules(context, frame, colour, xs, values) {
  context.fillStyle = colour;
  const thin = 1 / frame.ratio;
  for (const x of xs) context.fillRect(Math.round(x), frame.top, thin, frame.height);
  for (const value of values) context.fillRect(0, Math.round(frame.y(value)), frame.width, thin);
}

/** "0.512 s · II: +1.5 SD 0.42 mV, at 0 0.31 mV (change +0.11 mV), original 0.38 mV" */
function readingAt(path, { i, k, c, isEdit }) {
  const { names, units, rate } = path.form;
  const value = (x, options) => amount(x, units[c], options);
  const { step, base, original } = path.lines(k, c, isEdit);
  const parts = [`${isEdit ? "edited" : stepName(path, k) === "0" ? "decoded" : `at ${stepName(path, k)}`} ${value(step[i])}`];
  if (k !== path.origin) parts.push(`${isEdit ? "original" : "at 0"} ${value(base[i])}`, `change ${value(step[i] - base[i], { isSigned: true })}`);
  if (original) parts.push(`original ${value(original[i])}`);
  return `${clock(path.secondsOf(i), rate)} \u00b7 ${names[c]}: ${parts.join(", ")}`;
}
