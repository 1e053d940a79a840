// The words of all cases, and which rows a search and a filter leave. Rows are places in the catalogue.

const MAGIC = "XCS1";
const ALL = "all";
const MISCLASSIFIED = "misclassified";
const UNLABELLED = "unlabelled";
const CLASS_PREFIX = "class:";

/** Splits the block into its header and its body; throws when it is not one of ours. */
function readBlock(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) throw new Error(`not a block of cases (${MAGIC})`);
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return { header, body: bytes.subarray(8 + length) };
}

async function inflateJson(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

class Catalogue {
  constructor(digest, columns) {
    this.digest = digest;
    this.columns = columns;
    this.length = columns.ids.length;
    this.classes = columns.words.slice(0, columns.n_classes);
    this.haystacks = columns.ids.map((id, row) => [id.toLowerCase(), (this.label(row) ?? "").toLowerCase()]);
    this.rowOfId = new Map(columns.ids.map((id, row) => [id, row]));
  }

  id(row) {
    return this.columns.ids[row];
  }

  label(row) {
    return this.columns.words[this.columns.labels[row]] ?? null;
  }

  prediction(row) {
    return this.columns.words[this.columns.predictions[row]] ?? null;
  }

  probability(row) {
    return this.columns.probabilities[row];
  }

  split(row) {
    return this.columns.words[this.columns.splits[row]] ?? null;
  }

  /** true: the model says what the label says; false: something else; null: one of them is not known. */
  agrees(row) {
    const { labels, predictions } = this.columns;
    if (labels[row] < 0 || predictions[row] < 0) return null;
    return labels[row] === predictions[row];
  }

  /** Rows that are shown, in order. The same rule as CaseFilter.matches in entries.py. */
  rows({ choice, query }) {
    const words = query.trim().toLowerCase();
    const wanted = choice.startsWith(CLASS_PREFIX) ? choice.slice(CLASS_PREFIX.length) : null;
    const found = [];
    for (let row = 0; row < this.length; row++) {
      if (choice === MISCLASSIFIED && this.agrees(row) !== false) continue;
      if (choice === UNLABELLED && this.label(row) !== null) continue;
      if (wanted !== null && this.label(row) !== wanted) continue;
      if (words && !this.haystacks[row].some((text) => text.includes(words))) continue;
      found.push(row);
    }
    return found;
  }

  /** What can be filtered by, with the number of cases of each; what no case has is left out, but for classes. */
  choices() {
    const count = (choice) => this.rows({ choice, query: "" }).length;
    const classes = this.classes.map((name) => [CLASS_PREFIX + name, name]);
    const all = [[ALL, "all"], ...classes, [UNLABELLED, "no label"], [MISCLASSIFIED, "misclassified"]];
    const isKnown = this.columns.predictions.some((word, row) => word >= 0 && this.columns.labels[row] >= 0);
    return all.map(([value, text]) => ({ value, text, count: count(value) })).filter(({ value, count: n }) => {
      if (value === UNLABELLED) return n > 0;
      return value !== MISCLASSIFIED || isKnown;
    });
  }

  /** "chest-0412, labelled effusion, called normal with probability 0.81, test" */
  sentence(row) {
    const parts = [this.id(row)];
    const [label, prediction, probability] = [this.label(row), this.prediction(row), this.probability(row)];
    parts.push(label === null ? "no label" : `labelled ${label}`);
    if (prediction !== null) {
      const verdict = this.agrees(row) === false ? "wrongly called" : "called";
      parts.push(`${verdict} ${prediction}${probability === null ? "" : ` with probability ${probability.toFixed(2)}`}`);
    }
    if (this.split(row)) parts.push(`${this.split(row)} set`);
    return parts.join(", ");
  }
}
