// The path at a glance: small copies of the same decoded frames, as the panels draw them.

const THUMB_GAP = 3;
const THUMB_INSET = 9; // half the slider's thumb: the strip has the slider's axis

class Filmstrip {
  constructor(lanes, { onPick }) {
    const row = lanes.row("pv-film-row", "path");
    this.strip = make("div", "pv-film", row.lane);
    this.onPick = onPick;
    this.thumbs = [];
  }

  /** Chooses every n-th step from the original place outwards, as many as fit without touching. */
  layout(path, panels, width) {
    const height = this.strip.clientHeight || 48;
    const thumbWidth = Math.max(16, height * panels.thumbAspect(path));
    const signature = [path.id, path.steps.join(), width, height].join();
    if (signature === this.signature) return;
    this.signature = signature;
    const centre = (k) => THUMB_INSET + path.fraction(path.steps[k]) * (width - 2 * THUMB_INSET);
    const left = (k) => Math.min(width - thumbWidth, Math.max(0, centre(k) - thumbWidth / 2));
    this.strip.replaceChildren();
    this.thumbs = spread(path, left, thumbWidth + THUMB_GAP).map((k) => this.build(path, k, left(k), thumbWidth, height));
  }

  build(path, k, left, width, height) {
    const button = make("button", "pv-thumb", this.strip);
    Object.assign(button, { type: "button", tabIndex: -1 }); // the slider reaches every step by keyboard
    button.setAttribute("aria-label", `Go to ${spokenStep(path, k)}`);
    button.title = `${signed(path.steps[k], path.decimals)} SD`;
    Object.assign(button.style, { left: `${left}px`, width: `${width}px` });
    const canvas = make("canvas", "", button);
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    button.addEventListener("click", () => this.onPick(k));
    return { k, button, canvas };
  }

  draw(path, panels) {
    for (const { k, button, canvas } of this.thumbs) {
      const isThere = path.isReady(k);
      button.classList.toggle("pv-thumb-missing", !isThere);
      button.disabled = !path.computed[k];
      if (isThere) panels.paintThumb(canvas, path, k);
    }
  }

  show(k) {
    const current = nearestOf(this.thumbs.map((thumb) => thumb.k), k);
    for (const thumb of this.thumbs) thumb.button.classList.toggle("pv-thumb-current", thumb.k === current);
  }
}

/** The smallest stride from the origin at which pictures `room` wide do not touch. */
function spread(path, left, room) {
  const all = path.steps.map((_, k) => k);
  for (let stride = 1; stride < all.length; stride++) {
    const chosen = all.filter((k) => (k - path.origin) % stride === 0);
    if (chosen.every((k, i) => i === 0 || left(k) - left(chosen[i - 1]) >= room)) return chosen;
  }
  return [path.origin];
}

function nearestOf(indices, k) {
  return indices.reduce((best, j) => (Math.abs(j - k) < Math.abs(best - k) ? j : best), indices[0]);
}
