// One path: what Python sent, unpacked. Pictures arrive compressed without loss and are kept as plain grey levels;
// trace_path.js has the same of signals.

const scratch = { canvas: null, context: null };

/** Splits the block into its header and its frames; throws when it is not one of ours. */
function readBlock(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "XPV1") throw new Error("not a path (XPV1)");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return { header, body: bytes.subarray(8 + length) };
}

/** Decodes one picture to its exact levels: [H·W] for grey, [H·W·3] for colour. */
async function decodePicture(bytes, { mediaType, width, height, channels }) {
  const file = new Blob([bytes], { type: mediaType });
  // "none": the browser must neither convert colours to the screen's profile nor touch the values with alpha.
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  if (scratch.canvas?.width !== width || scratch.canvas?.height !== height) {
    scratch.canvas = new OffscreenCanvas(width, height);
    scratch.context = scratch.canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  }
  scratch.context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = scratch.context.getImageData(0, 0, width, height).data;
  const levels = new Uint8ClampedArray(width * height * channels);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    levels[j++] = rgba[i];
    if (channels === 3) {
      levels[j++] = rgba[i + 1];
      levels[j++] = rgba[i + 2];
    }
  }
  return levels;
}

class Path {
  constructor(block) {
    this.frames = new Map(); // "decoded:7" -> { crc, levels }
    this.describe(block);
  }

  /** Takes the words and numbers of a newer block of the same path. */
  describe({ header, body }) {
    this.id = header.path_id;
    this.digest = header.digest;
    this.steps = header.steps;
    this.origin = header.origin;
    this.computed = header.computed;
    this.probabilities = header.probabilities;
    this.valueRange = header.value_range;
    this.achieved = header.achieved;
    this.trust = header.trust;
    this.flip = header.flip;
    this.className = header.class_name;
    this.towards = header.towards;
    this.away = header.away;
    this.caption = header.caption;
    this.start = header.start;
    this.decimals = decimalsOf(header.steps);
    [this.height, this.width] = header.size;
    this.channels = header.channels;
    this.medium = header.medium;
    this.describeFrames(header);
    this.entries = header.images;
    this.body = body;
  }

  describeFrames(header) {
    this.mediaType = header.media_type;
    this.change = { limit: header.change_limit, isClipped: header.change_clipped, unit: header.change_unit };
    this.changeColours = header.change_colours;
  }

  /** Changes with what all frames are drawn with. */
  get look() {
    return String(this.change.limit);
  }

  /** The values of one frame. */
  decode(bytes) {
    return decodePicture(bytes, this);
  }

  /** Whether a block is more of this path, and not another one. */
  continues({ header }) {
    return header.path_id === this.id && header.medium === this.medium && header.steps.join() === this.steps.join()
      && header.size.join() === [this.height, this.width].join() && header.channels === this.channels;
  }

  /** Decodes what is not there yet, the frames nearest to `k` first; calls `onArrival` after each group. */
  async load(k, onArrival) {
    const body = this.body;
    const missing = this.entries.filter((entry) => this.frames.get(nameOf(entry))?.crc !== entry.crc);
    missing.sort((a, b) => this.urgency(a, k) - this.urgency(b, k));
    for (let i = 0; i < missing.length; i += 6) {
      if (this.body !== body) return; // a newer block took over
      await Promise.all(missing.slice(i, i + 6).map((entry) => this.loadOne(entry, body)));
      if (this.body !== body) return;
      onArrival();
    }
    this.body = null; // the bytes are no longer needed
    this.entries = [];
  }

  async loadOne(entry, body) {
    const bytes = body.subarray(entry.offset, entry.offset + entry.length);
    const levels = await this.decode(bytes);
    this.frames.set(nameOf(entry), { crc: entry.crc, levels });
  }

  urgency(entry, k) {
    if (entry.kind === "original" || entry.step === this.origin) return -1;
    return Math.abs(this.steps[entry.step] - this.steps[k]);
  }

  get original() {
    return this.frames.get(`original:${this.origin}`)?.levels;
  }

  decoded(k) {
    return this.frames.get(`decoded:${k}`)?.levels;
  }

  edit(k) {
    return this.frames.get(`edit:${k}`)?.levels;
  }

  /** Whether everything for step k can be drawn now. */
  isReady(k) {
    return Boolean(this.computed[k] && this.original && this.decoded(this.origin) && this.decoded(k) && this.edit(k));
  }

  /** The step that is drawn for k: k itself, or the nearest one that is there; -1 before the first arrives. */
  nearestReady(k) {
    return this.nearest(this.steps[k], (j) => this.isReady(j));
  }

  nearest(sd, isAllowed = () => true) {
    let best = -1;
    for (let j = 0; j < this.steps.length; j++) {
      if (!isAllowed(j)) continue;
      if (best < 0 || Math.abs(this.steps[j] - sd) < Math.abs(this.steps[best] - sd)) best = j;
    }
    return best;
  }

  /** Position of a number of SD along the axis, 0 to 1. */
  fraction(sd) {
    const [low, high] = [this.steps[0], this.steps.at(-1)];
    return Math.min(1, Math.max(0, (sd - low) / (high - low)));
  }

  /** From the middle between the neighbours on the left to the middle on the right, as fractions of the axis. */
  interval(k) {
    const middle = (a, b) => this.fraction((this.steps[a] + this.steps[b]) / 2);
    const last = this.steps.length - 1;
    return [k === 0 ? 0 : middle(k - 1, k), k === last ? 1 : middle(k, k + 1)];
  }
}

function nameOf(entry) {
  return `${entry.kind}:${entry.step}`;
}
