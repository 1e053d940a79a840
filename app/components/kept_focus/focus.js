// Gives the focus to a button that is drawn anew, once for each turn: only where it was lost, never from something else.

const PATIENCE_MS = 8000;
const LAST = new WeakMap();

function give(wanted, until) {
  const buttons = wanted.map((key) => document.querySelector(`.st-key-${CSS.escape(key)} button`));
  const found = buttons.find((button) => button && !button.disabled);
  const isLost = !document.activeElement || document.activeElement === document.body;
  if (found && isLost) found.focus();
  if (performance.now() < until) requestAnimationFrame(() => give(wanted, until));
}

export default function ({ parentElement, data }) {
  if (!data || !data.turn || LAST.get(parentElement) === data.turn) return;
  LAST.set(parentElement, data.turn);
  give(data.wanted, performance.now() + PATIENCE_MS);
}
