// Gives the focus to a button that has just been drawn anew, once for each turn.

const FRAMES = 60;
const LAST = new WeakMap();

function give(wanted, frames) {
  const buttons = wanted.map((key) => document.querySelector(`.st-key-${CSS.escape(key)} button`));
  const found = buttons.find((button) => button && !button.disabled);
  const isAway = document.activeElement && document.activeElement !== document.body;
  if (found && !isAway) found.focus({ preventScroll: false });
  else if (frames > 0) requestAnimationFrame(() => give(wanted, frames - 1));
}

export default function ({ parentElement, data }) {
  if (!data || !data.turn || LAST.get(parentElement) === data.turn) return;
  LAST.set(parentElement, data.turn);
  give(data.wanted, FRAMES);
}
