// Play: back and forth over the steps that are there, one frame after the other, never blended. Only ever on request.

const FRAMES_PER_SECOND = 8;
const CALM_FRAMES_PER_SECOND = 3; // for readers who asked their system for less motion

class Player {
  /** `steps()` lists the steps that can be shown, `current()` the one that is, `show(k)` changes it. */
  constructor({ steps, current, show, onChange }) {
    Object.assign(this, { steps, current, show, onChange });
    this.isPlaying = false;
    this.direction = 1;
  }

  start() {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const interval = 1000 / (isCalm ? CALM_FRAMES_PER_SECOND : FRAMES_PER_SECOND);
    let last = performance.now();
    const tick = (now) => {
      if (!this.isPlaying) return;
      if (now - last >= interval - 4) {
        last = now;
        this.advance();
      }
      this.frame = requestAnimationFrame(tick);
    };
    this.isPlaying = true;
    this.onChange(true);
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
    this.onChange(false);
  }

  advance() {
    const isAhead = (k) => (k - this.current()) * this.direction > 0;
    const steps = this.steps();
    if (!steps.some(isAhead)) this.direction = -this.direction; // turn at the ends
    const ahead = steps.filter(isAhead);
    if (ahead.length) this.show(this.direction > 0 ? ahead[0] : ahead.at(-1));
  }
}
