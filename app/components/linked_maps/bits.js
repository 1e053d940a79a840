// One bit a case, the first case in the lowest bit, as Python packs them.

function unpackBits(bytes, n) {
  const mask = new Uint8Array(n);
  for (let row = 0; row < n; row++) mask[row] = (bytes[row >> 3] >> (row & 7)) & 1;
  return mask;
}

function packBits(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let row = 0; row < mask.length; row++) bytes[row >> 3] |= mask[row] << (row & 7);
  return bytes;
}

function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}

/** The bits as text: deflated where that is shorter and the browser can. */
async function packSelection(bits) {
  if (typeof CompressionStream !== "undefined" && bits.length > 256) {
    const stream = new Blob([bits]).stream().pipeThrough(new CompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    if (packed.length < bits.length) return { packing: "deflate", bits: toBase64(packed) };
  }
  return { packing: "plain", bits: toBase64(bits) };
}
