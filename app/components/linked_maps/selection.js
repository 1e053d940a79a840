// Which cases are selected. What is lit is what was chosen within the cohort, and exactly that is told to Python.

const MOST_UNDONE = 20;

class Selection {
  constructor(n) {
    this.chosen = new Uint8Array(n);
    this.past = [];
    this.setCohort(null);
  }

  /** The cases that can be selected; what is chosen outside comes back with a wider cohort. */
  setCohort(cohort) {
    this.cohort = cohort;
    this.nCohort = cohort ? cohort.reduce((sum, bit) => sum + bit, 0) : this.chosen.length;
    this.settle();
  }

  settle() {
    const { chosen, cohort } = this;
    this.lit = cohort ? chosen.map((bit, row) => bit & cohort[row]) : chosen;
    let count = 0;
    for (let row = 0; row < this.lit.length; row++) count += this.lit[row];
    this.count = count;
  }

  adopt(mask) {
    this.chosen = mask ? mask.slice() : new Uint8Array(this.chosen.length);
    this.settle();
  }

  /** Joins rows (a mask) to what is lit: "replace", "add", "subtract" or "toggle". */
  join(rows, how) {
    this.remember();
    const { lit, cohort } = this;
    const next = new Uint8Array(lit.length);
    const rule = {
      replace: (bit) => bit,
      add: (bit, before) => bit | before,
      subtract: (bit, before) => before & (bit ^ 1),
      toggle: (bit, before) => bit ^ before,
    }[how];
    for (let row = 0; row < next.length; row++) next[row] = rule(rows[row], lit[row]) & (cohort ? cohort[row] : 1);
    this.chosen = next;
    this.settle();
  }

  remember() {
    this.past.push(packBits(this.lit));
    if (this.past.length > MOST_UNDONE) this.past.shift();
  }

  /** Goes back to the selection before; whether there was one. */
  undo() {
    const bits = this.past.pop();
    if (!bits) return false;
    this.chosen = unpackBits(bits, this.chosen.length);
    this.settle();
    return true;
  }

  /** How many cases of each level (256) there are in the cohort, and among them selected. */
  countLevels(levels) {
    const [all, selected] = [new Uint32Array(256), new Uint32Array(256)];
    const { lit, cohort } = this;
    for (let row = 0; row < levels.length; row++) {
      if (!cohort || cohort[row]) all[levels[row]]++;
      if (lit[row]) selected[levels[row]]++;
    }
    return { all, selected };
  }
}

/** The layer of each row: outside the cohort, greyed, or shown. `lifted`: which of 256 levels are shown; null: no choice. */
function layersOf({ lit, count, cohort }, levels, lifted) {
  const layers = new Uint8Array(levels.length);
  for (let row = 0; row < layers.length; row++) {
    if (cohort && !cohort[row]) continue;
    layers[row] = (lifted ? lifted[levels[row]] : !count || lit[row]) ? SHOWN : REST;
  }
  return layers;
}
