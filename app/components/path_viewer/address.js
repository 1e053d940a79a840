// The address of the page says where the reader stopped, so that a link opens there.

const STEP_IN_ADDRESS = /([?&])step=[^&]*(&?)/;

/** The query with another step, the rest of it letter by letter as it was; 0 is left out, as Python leaves it out. */
function queryWithStep(query, sd) {
  const step = sd === 0 ? "" : `step=${encodeURIComponent(String(Number(sd.toPrecision(4))))}`;
  if (STEP_IN_ADDRESS.test(query)) {
    return query.replace(STEP_IN_ADDRESS, (_, before, after) => (step ? before + step + after : after ? before : ""));
  }
  return step ? `${query}&${step}` : query;
}

/**
 * Writes where the reader stopped before Python does, which would make an entry in the browser's history of every stop.
 * Only in an address that names its model: elsewhere than in the app it is not ours.
 */
function rememberInAddress(sd) {
  const { search, pathname, hash } = window.location;
  if (!/[?&]model=/.test(search)) return;
  const query = queryWithStep(search, sd);
  if (query !== search) window.history.replaceState(window.history.state, "", pathname + query + hash);
}
