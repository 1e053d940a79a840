// What Python sent, unpacked. Maps stay the numbers they were sent as; the picture becomes plain grey levels, and a
// signal the values of its channels in their units.

const ARRAYS = { int16: Int16Array, float32: Float32Array };

/** Splits the block into its header and what lies behind it; throws when it is not one of ours. */
function readBlock(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "XHG1") throw new Error("not a grid of maps (XHG1)");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return { header, body: bytes.subarray(8 + length) };
}

/** A map's numbers; copied, because they need not lie at a place the processor can read them from. */
function readHeat(entry, body) {
  if (!entry.digest) return null;
  const bytes = body.slice(entry.offset, entry.offset + entry.length);
  return {
    digest: entry.digest,
    numbers: new ARRAYS[entry.type](bytes.buffer),
    scale: entry.scale,
    limit: entry.limit,
    sorted: null, // sizes in rising order, made when something is to be hidden
  };
}

/** A signal: its values [C, T], and the least and greatest of each channel. */
function readSignal(header, body) {
  const { offset, length, digest } = header.picture;
  const [height, width] = header.size;
  const values = new Float32Array(body.slice(offset, offset + length).buffer);
  const ranges = [...Array(height).keys()].map((channel) => {
    const own = values.subarray(channel * width, (channel + 1) * width);
    return own.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  });
  return { digest, width, height, values, ranges, form: header.form };
}

/** The picture: its own levels, and the grey that lies under a map, the mean of the channels. */
async function readPicture(header, body) {
  const { offset, length, media_type: type, channels, digest } = header.picture;
  const [height, width] = header.size;
  // "none": the browser must neither convert colours to the screen's profile nor touch the values with alpha.
  const file = new Blob([body.subarray(offset, offset + length)], { type });
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const levels = context.getImageData(0, 0, width, height).data; // r, g, b, a
  const grey = new Float32Array(width * height);
  for (let i = 0, j = 0; i < grey.length; i++, j += 4) grey[i] = (levels[j] + levels[j + 1] + levels[j + 2]) / 3;
  return { digest, width, height, channels, levels, grey };
}
