// What Python serves beside the page: each address is one content for ever, so each is fetched once.

const GRIDS_KEPT = 4; // maps of a million points take 17 MB each
const grids = new Map();

/** The root of the app, wherever a proxy has put it: Streamlit's own script was loaded from there. */
function appRoot() {
  const script = performance.getEntriesByType("resource").map(({ name }) => name)
    .find((name) => name.startsWith(location.origin) && /\/static\/js\/[^/?]+\.js/.test(name));
  return script ? script.replace(/static\/js\/[^/]*$/, "") : new URL("./", document.baseURI).href;
}

const addressOf = (url) => new URL(url, appRoot()).href;

async function fetchBytes(url) {
  const answer = await fetch(addressOf(url));
  if (!answer.ok) throw new Error(`${url.split("/").slice(0, 2).join("/")}: ${answer.status}`);
  return answer.arrayBuffer();
}

async function fetchMask(url, n) {
  if (!url) return null;
  const bytes = new Uint8Array(await fetchBytes(url));
  if (bytes.length !== Math.ceil(n / 8)) throw new Error(`a mask of ${bytes.length} bytes for ${n} cases`);
  return unpackBits(bytes, n);
}

async function fetchLevels(url, n) {
  if (!url) return null;
  const bytes = new Uint8Array(await fetchBytes(url));
  if (bytes.length !== n) throw new Error(`${bytes.length} values for ${n} cases`);
  return bytes;
}

/** The index of a map's points; the last few are kept, so that turning back to a map is instant. */
function fetchGrid(url, n) {
  const known = grids.get(url);
  grids.delete(url);
  const coming = known ?? fetchBytes(url).then((bytes) => {
    if (bytes.byteLength !== 8 * n) throw new Error(`${bytes.byteLength} bytes of points for ${n} cases`);
    return new PointGrid(new Float32Array(bytes));
  });
  grids.set(url, coming);
  coming.catch(() => grids.delete(url));
  for (const old of [...grids.keys()].slice(0, -GRIDS_KEPT)) grids.delete(old);
  return coming;
}
