// The pictures that have arrived, as PNG bytes by row of one catalogue; they are decoded when they are shown.

class Pictures {
  constructor() {
    this.forget();
  }

  forget() {
    this.files = new Map(); // row -> PNG bytes; null: there is no picture of this case
  }

  take({ images, missing }, body, catalogue) {
    for (const { row, id, offset, length } of images) {
      if (catalogue.id(row) !== id) throw new Error(`the picture of ${id} came for ${catalogue.id(row)}`);
      this.files.set(row, body.slice(offset, offset + length)); // a copy: the block itself can go
    }
    for (const row of missing) this.files.set(row, null);
  }

  has(row) {
    return this.files.has(row);
  }

  isMissing(row) {
    return this.files.get(row) === null;
  }

  /** Draws a case's picture at its own size; CSS fits it into its frame without stretching. */
  async draw(row, canvas) {
    const file = new Blob([this.files.get(row)], { type: "image/png" });
    // "none": the browser must neither convert colours to the screen's profile nor touch the values with alpha.
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d", { colorSpace: "srgb" }).drawImage(bitmap, 0, 0);
    bitmap.close();
  }
}
