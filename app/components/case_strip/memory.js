// Streamlit now and then takes a component off the page and puts a new one there, as when a request meets a rerun
// of the whole page. The new one goes on where the old one was: nobody who types or moves by keys should notice.

const FOCUS_MS = 3000; // later than this the reader came back to the page, and did not lose the focus
const memories = new Map(); // by the strip's key

function remember(strip) {
  const { catalogue, pictures, filter, page, selected, confirmed, chosen } = strip;
  const { scroll } = strip.cells;
  const words = strip.controls.search.value;
  const focus = strip.focus.place;
  memories.set(strip.key, { catalogue, pictures, filter, page, selected, confirmed, chosen, scroll, words, focus, at: Date.now() });
}

/** What the strip with this key showed last, if it was the same cases; it is told once. */
function recall(key, digest) {
  const memory = memories.get(key);
  memories.delete(key);
  if (memory?.catalogue.digest !== digest) return null;
  if (Date.now() - memory.at > FOCUS_MS) memory.focus = null;
  return memory;
}

/** Knows where the focus is, also just after the element was taken off the page. */
class FocusWatch {
  constructor(element) {
    this.element = element;
    this.place = null;
    element.addEventListener("focusin", (event) => this.note(event.target));
    element.addEventListener("focusout", () => setTimeout(() => {
      const root = element.getRootNode();
      if (element.isConnected && !element.contains(root.activeElement)) this.place = null;
    }));
    element.addEventListener("input", (event) => this.note(event.target));
  }

  note(target) {
    if (target.classList.contains("cs-search")) this.place = { isSearch: true };
    else if (target.dataset.row) this.place = { row: Number(target.dataset.row) };
    else this.place = null;
  }

  restore(place, strip) {
    const active = document.activeElement;
    if (!place || (active && active !== document.body)) return; // never from where the reader is now
    if (place.isSearch) {
      strip.controls.search.focus({ preventScroll: true });
      strip.controls.search.setSelectionRange(-1, -1);
    } else {
      const found = strip.cells.cells.findIndex(({ row }) => row === place.row);
      strip.cells.cells[found]?.element.focus({ preventScroll: true });
    }
  }
}
