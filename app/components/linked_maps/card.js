// The card beside the pointer. What it shows always belongs to the case that is ringed: an answer for another row is
// thrown away, and nothing of the last case stays while the next is being fetched.

const CARD_KEPT = 300;
const CARD_WAIT_MS = 50; // a pointer that runs over points asks for none of them
const CARD_GAP = 16; // from the point to the card
const CARD_EDGE = 6;

class CaseCard {
  constructor(parent, onOpen, onWords) {
    Object.assign(this, { onWords, known: new Map(), row: null, cases: "" });
    this.element = make("div", "lm-card", parent);
    this.element.hidden = true;
    this.frame = make("div", "lm-card-frame", this.element);
    this.name = make("div", "lm-card-name", this.element);
    this.lines = make("div", "lm-card-lines", this.element);
    this.warning = make("div", "lm-card-warning", this.element);
    this.open = makeButton(this.element, "lm-card-open", { text: "Open this case", onPress: onOpen });
  }

  setCases(cases) {
    if (cases === this.cases) return;
    this.hide();
    this.known.clear();
    this.cases = cases;
  }

  show(row, warnings) {
    if (row !== this.row) {
      this.cancel();
      this.row = row;
      this.element.dataset.row = row;
      this.clear();
      const known = this.known.get(row);
      if (known) this.fill(row, known);
      else this.waiting = setTimeout(() => this.fetch(row), CARD_WAIT_MS);
    }
    this.warning.textContent = warnings.join("; ");
    this.warning.hidden = !warnings.length;
    this.element.hidden = false;
  }

  clear() {
    delete this.element.dataset.state;
    this.frame.replaceChildren();
    this.name.textContent = "\u2026";
    this.lines.replaceChildren();
  }

  hide() {
    this.cancel();
    this.row = null;
    this.element.hidden = true;
    delete this.element.dataset.row;
    this.clear();
  }

  cancel() {
    clearTimeout(this.waiting);
    this.request?.abort();
    this.request = null;
  }

  async fetch(row) {
    const request = new AbortController();
    this.request = request;
    const known = { words: null, picture: null, words_error: "", picture_error: "" };
    const arrived = () => { if (this.request === request && this.row === row) this.fill(row, known); };
    const base = addressOf(`${this.cases}/${row}`);
    const { signal } = request;
    const words = fetch(`${base}.json`, { signal }).then(async (answer) => {
      const content = answer.ok ? await answer.json() : {};
      if (!answer.ok || content.row !== row) throw new Error(`the server answered ${answer.status}`);
      known.words = content;
      arrived();
    }).catch(() => { known.words_error = "What is known of this case could not be loaded."; });
    const picture = loadPicture(`${base}.png`, signal).then((image) => {
      known.picture = image;
      arrived();
    }).catch(() => { known.picture_error = "Its drawing could not be loaded."; });
    await Promise.all([words, picture]);
    if (signal.aborted) return;
    this.known.set(row, known);
    if (this.known.size > CARD_KEPT) this.known.delete(this.known.keys().next().value);
    arrived();
  }

  fill(row, { words, picture, words_error, picture_error }) {
    this.clear();
    if (picture) this.frame.append(picture);
    else if (picture_error) makeText("span", "lm-card-none", this.frame, picture_error);
    this.name.textContent = words ? String(words.name ?? words.id ?? `row ${row}`) : words_error || "\u2026";
    for (const line of words?.lines ?? []) makeText("div", "", this.lines, String(line));
    if ((words || words_error) && (picture || picture_error)) this.element.dataset.state = "complete";
    this.onWords(row, words);
  }

  /** Beside the point, over no ring. `rings` and the room are in pixels of the component; the first is pointed at. */
  place(rings, room) {
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const [x, y] = rings[0];
    const across = Math.min(room.bottom - height, Math.max(room.top, y - height / 2));
    const along = Math.min(room.right - width, Math.max(room.left, x - width / 2));
    const places = [
      [x + CARD_GAP, across], [x - CARD_GAP - width, across], [along, y + CARD_GAP], [along, y - CARD_GAP - height],
    ];
    const fits = ([left, top]) => left >= room.left && left + width <= room.right && top >= room.top && top + height <= room.bottom;
    const covers = ([left, top]) => rings.filter(([rx, ry]) => rx > left - CARD_EDGE - 4 && rx < left + width + CARD_EDGE + 4
      && ry > top - CARD_EDGE - 4 && ry < top + height + CARD_EDGE + 4).length;
    const found = places.find((place) => fits(place) && !covers(place)) ?? places.find((place) => fits(place) && !covers(place.slice(0, 1)))
      ?? places.reduce((best, place) => (covers(place) < covers(best) ? place : best));
    this.element.style.transform = `translate(${Math.round(found[0])}px, ${Math.round(found[1])}px)`;
  }

  /** Keeps the card under the pointer's way to its button, or lets the pointer through. */
  setPinned(isPinned) {
    this.element.classList.toggle("lm-pinned", isPinned);
    this.open.hidden = !isPinned;
  }
}

/** A picture, drawn once and for this row only. */
async function loadPicture(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  const bitmap = await createImageBitmap(await answer.blob());
  const canvas = make("canvas", "lm-card-picture");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
