// One method: its map, the maps it should not look like, and the words.

const VERDICTS = {
  good: "M3.5 8.5 6.5 11.5 12.5 4.5",
  doubtful: "M8 4v5M8 11.2v.8",
  bad: "M4.5 4.5l7 7M11.5 4.5l-7 7",
};
const BADGES = { good: "M8 .5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15z", doubtful: "M8 .5 15.8 14.5H.2z", bad: "M1 1h14v14H1z" };

class Row {
  constructor(grid, id) {
    Object.assign(this, { grid, id, tiles: [] });
    this.element = make("section", "hg-row", null);
    this.element.dataset.row = id;
    this.slab = make("div", "hg-slab", this.element);
    const left = make("div", "hg-left", this.slab);
    this.main = grid.makeTile(left, { isMain: true });
    this.bar = new ColourBar(this.main.figure);
    this.right = make("div", "hg-right", this.slab);
    this.strip = make("div", "hg-strip", this.right);
    this.stripNote = make("p", "hg-strip-note", this.right);
    this.strip.setAttribute("role", "group");
    this.strip.setAttribute("aria-label", "Maps for comparison");
    this.words = make("div", "hg-words", this.element);
    this.title = makeButton(make("h3", "", this.words), "hg-title", "", () => grid.open(id));
    this.verdict = make("p", "hg-verdict", this.words);
    this.sentence = make("p", "hg-sentence", this.words);
    this.scores = make("dl", "hg-scores", this.words);
    this.tiles = [this.main];
  }

  update(entry, heats) {
    this.entry = entry;
    setText(this.title, entry.title);
    this.element.setAttribute("aria-label", entry.title);
    setText(this.sentence, entry.sentence);
    this.drawVerdict(entry);
    this.drawScores(entry.scores);
    const told = { title: entry.title, unit: entry.unit, main: this.main };
    while (this.tiles.length > entry.tiles.length) this.tiles.pop().remove();
    while (this.tiles.length < entry.tiles.length) this.tiles.push(this.grid.makeTile(this.strip, { isMain: false }));
    this.strip.dataset.count = entry.tiles.length - 1;
    this.stripNote.hidden = entry.tiles.length === 1;
    setText(this.stripNote, this.grid.header.strip_note);
    const limitBefore = this.main.heat?.limit;
    this.tiles.forEach((tile, k) => tile.update(entry.tiles[k], heats[k], told));
    if (limitBefore !== this.main.heat?.limit) this.tiles.forEach((tile) => { tile.isDirty = true; });
    this.drawBar();
  }

  drawBar() {
    const { header, colours } = this.grid;
    this.bar.update(this.main, { ends: this.entry.ends ?? header.ends, colours, noun: header.form ? "samples" : "pixels" });
  }

  drawVerdict({ verdict, verdict_words: words }) {
    const drawn = `${verdict} ${words}`;
    if (this.verdictDrawn === drawn) return;
    this.verdictDrawn = drawn;
    this.verdict.replaceChildren();
    this.verdict.hidden = !verdict && !words;
    this.verdict.dataset.verdict = verdict;
    if (verdict) {
      const svg = makeShape("svg", "", this.verdict, { viewBox: "0 0 16 16", "aria-hidden": "true" });
      makeShape("path", "hg-badge", svg, { d: BADGES[verdict] });
      makeShape("path", "hg-sign", svg, { d: VERDICTS[verdict] });
    }
    makeText("span", "", this.verdict, words || verdict);
  }

  drawScores(scores) {
    const drawn = JSON.stringify(scores);
    if (this.scoresDrawn === drawn) return;
    this.scoresDrawn = drawn;
    this.scores.replaceChildren();
    this.scores.hidden = !scores.length;
    for (const [name, value, help] of scores) {
      const term = make("dt", "", this.scores);
      const word = makeText("span", help ? "hg-helped" : "", term, name);
      if (help) {
        word.tabIndex = 0;
        makeText("span", "hg-tip", term, help).setAttribute("role", "note");
      }
      makeText("dd", "", this.scores, value);
    }
  }

  remove() {
    this.tiles.forEach((tile) => tile.remove());
    this.element.remove();
  }
}
