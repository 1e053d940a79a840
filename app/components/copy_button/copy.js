// Puts a picture on the clipboard. The promise of it is written while the click is being answered, which is the only
// moment that browsers allow; it is kept, or broken, when the server's answer comes.

const PATIENCE_MS = 180000;
const HEADER = 8;
const OF = new WeakMap();

class Copying {
  constructor(root, setTriggerValue) {
    this.ask = setTriggerValue;
    this.waiting = null;
    root.replaceChildren();
    this.button = root.appendChild(document.createElement("button"));
    this.button.type = "button";
    this.button.textContent = "Copy picture";
    this.button.title = "Puts the figure on the clipboard as a PNG in the chosen style, for slides and messages.";
    this.said = root.appendChild(document.createElement("span"));
    this.said.className = "cp-said";
    this.said.setAttribute("role", "status");
    this.button.onclick = () => this.copy();
  }

  async copy() {
    if (!navigator.clipboard || typeof ClipboardItem === "undefined") {
      this.say("This browser lets only pages at https:// or localhost copy pictures: save the PNG instead.");
      return;
    }
    const ticket = Date.now() + Math.random();
    const picture = new Promise((resolve, reject) => {
      this.waiting = { ticket, resolve, reject };
      setTimeout(() => reject(new Error("it took too long")), PATIENCE_MS);
    });
    picture.catch(() => {});
    this.button.disabled = true;
    this.say("Drawing \u2026");
    this.ask("ask", ticket);
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      this.say("Copied.");
    } catch (error) {
      const why = await picture.then(() => error.message, (reason) => reason.message);
      this.say(`Not copied (${why}): save the PNG instead.`);
    }
    this.button.disabled = false;
  }

  answer(bytes) {
    if (!bytes || bytes.length < HEADER || !this.waiting) return;
    const ticket = new DataView(bytes.buffer, bytes.byteOffset, HEADER).getFloat64(0, true);
    if (ticket !== this.waiting.ticket) return;
    const { resolve, reject } = this.waiting;
    this.waiting = null;
    const picture = bytes.slice(HEADER);
    if (picture.length) resolve(new Blob([picture], { type: "image/png" }));
    else reject(new Error("it could not be drawn"));
  }

  say(text) {
    this.said.textContent = text;
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".cp-root");
  let copying = OF.get(root);
  if (!copying) {
    copying = new Copying(root, setTriggerValue);
    OF.set(root, copying);
  }
  copying.ask = setTriggerValue;
  copying.answer(data);
}
