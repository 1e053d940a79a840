// What a step changes, in numbers and in words: for reading off, and for those who cannot see the traces.

const SPOKEN_CHANNELS = 4;
const CHANGE_COLUMNS = ["channel", "greatest rise", "at", "greatest fall", "at", "mean size of change"];

class NumbersCard extends Card {
  constructor(parent, onClose) {
    super(parent, "What this step changes in each channel", onClose);
    const table = make("table", "pv-numbers-table", this.body);
    this.caption = make("caption", "", table);
    const head = make("tr", "", make("thead", "", table));
    for (const name of CHANGE_COLUMNS) {
      const cell = make("th", "", head);
      cell.scope = "col";
      cell.textContent = name;
    }
    this.rows = make("tbody", "", table);
  }

  show(path, k, channels) {
    if (!this.isOpen) return;
    this.caption.textContent = `Decoded at ${stepName(path, k)} against decoded at 0`;
    this.rows.replaceChildren(...channels.map((c) => {
      const row = make("tr");
      const [name, ...cells] = changeCells(path, k, c);
      const first = make("th", "", row);
      first.scope = "row";
      first.textContent = name;
      for (const cell of cells) make("td", "", row).textContent = cell;
      return row;
    }));
  }
}

function changeCells(path, k, c) {
  const { names, units, rate } = path.form;
  const { rise, riseAt, fall, fallAt, mean } = path.changeOf(k, c);
  const when = (size, i) => (size ? clock(path.secondsOf(i), rate) : "\u2013");
  const size = (value) => (value ? amount(value, units[c], { isSigned: true }) : "\u2013");
  return [names[c], size(rise), when(rise, riseAt), size(fall), when(fall, fallAt), amount(mean, units[c])];
}

function stepName(path, k) {
  const at = signed(path.steps[k], path.decimals);
  return at === "0" ? "0" : `${at} SD`;
}

/** What a screen reader says of the traces at a step: the channels that change most. */
function spokenTraces(path, k, channels) {
  const { names, units, rate } = path.form;
  if (k === path.origin) return `Signal decoded at 0, ${countChannels(channels.length)}, nothing is changed.`;
  const span = (c) => path.scale[c][1] - path.scale[c][0];
  const found = channels.map((c) => ({ c, ...path.changeOf(k, c) }));
  found.sort((a, b) => b.mean / span(b.c) - a.mean / span(a.c));
  const said = found.slice(0, SPOKEN_CHANNELS).map(({ c, rise, riseAt, fall, fallAt }) => {
    const parts = [];
    if (rise) parts.push(`up to ${amount(rise, units[c])} higher at ${clock(path.secondsOf(riseAt), rate)}`);
    if (fall) parts.push(`up to ${amount(-fall, units[c])} lower at ${clock(path.secondsOf(fallAt), rate)}`);
    return `${names[c]} ${parts.join(", ") || "as at 0"}`;
  });
  return `Signal decoded at ${stepName(path, k)} against decoded at 0, ${countChannels(channels.length)}: ${said.join("; ")}.`;
}

function countChannels(channels) {
  return channels === 1 ? "1 channel" : `${channels} channels`;
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
