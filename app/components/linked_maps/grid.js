// The points of one map, sorted into square cells: what is near, what is in view, what a polygon holds.

const POINTS_PER_CELL = 6;
const MOST_CELLS = 512; // on a side

class PointGrid {
  /** @param points x and y of each row in turn. */
  constructor(points) {
    this.n = points.length / 2;
    this.measure(points);
    this.sort(points);
  }

  measure(points) {
    let x0 = Infinity;
    let x1 = -Infinity;
    let y0 = Infinity;
    let y1 = -Infinity;
    for (let k = 0; k < points.length; k += 2) {
      const x = points[k];
      const y = points[k + 1];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    this.box = { x0, x1, y0, y1 };
    const span = Math.max(x1 - x0, y1 - y0) || Math.max(1e-6, Math.abs(x0), Math.abs(y0)) * 1e-3;
    this.side = Math.max(1, Math.min(MOST_CELLS, Math.ceil(Math.sqrt(this.n / POINTS_PER_CELL))));
    this.perUnit = this.side / span;
    this.span = span;
  }

  /** Counting sort. Rows are taken in a scattered order, so that no class lies over another for being last. */
  sort(points) {
    const { n, side } = this;
    const cells = new Uint32Array(n);
    const starts = new Uint32Array(side * side + 1);
    for (let row = 0; row < n; row++) {
      const cell = this.column(points[2 * row]) + side * this.line(points[2 * row + 1]);
      cells[row] = cell;
      starts[cell + 1]++;
    }
    for (let cell = 0; cell < side * side; cell++) starts[cell + 1] += starts[cell];
    const next = starts.slice();
    const x = new Float32Array(n);
    const y = new Float32Array(n);
    const order = new Uint32Array(n);
    const stride = scatteringStride(n);
    for (let k = 0, row = 0; k < n; k++, row = (row + stride) % n) {
      const place = next[cells[row]]++;
      x[place] = points[2 * row];
      y[place] = points[2 * row + 1];
      order[place] = row;
      cells[row] = place; // a row's cell is not needed once it is placed
    }
    Object.assign(this, { x, y, order, rank: cells, starts }); // order: the row at each place; rank: the place of each row
  }

  column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.box.x0) * this.perUnit)));
  }

  line(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.box.y0) * this.perUnit)));
  }

  position(row) {
    const place = this.rank[row];
    return [this.x[place], this.y[place]];
  }

  /** Calls `visit(from, to, line)` with the places of the cells that touch a box, one line of cells at a time. */
  eachRange({ x0, x1, y0, y1 }, visit) {
    if (x1 < this.box.x0 || x0 > this.box.x1 || y1 < this.box.y0 || y0 > this.box.y1) return;
    const [left, right] = [this.column(x0), this.column(x1)];
    for (let line = this.line(y0); line <= this.line(y1); line++) {
      const from = this.starts[line * this.side + left];
      const to = this.starts[line * this.side + right + 1];
      if (to > from) visit(from, to, line);
    }
  }

  countIn(box) {
    let count = 0;
    this.eachRange(box, (from, to) => { count += to - from; });
    return count;
  }

  /** The allowed row nearest to a place, within a radius; −1: none. */
  nearest(x, y, radius, isAllowed) {
    let [found, best] = [-1, radius * radius];
    this.eachRange({ x0: x - radius, x1: x + radius, y0: y - radius, y1: y + radius }, (from, to) => {
      for (let k = from; k < to; k++) {
        const distance = (this.x[k] - x) ** 2 + (this.y[k] - y) ** 2;
        if (distance > best || !isAllowed(this.order[k])) continue;
        if (distance === best && found >= 0 && this.order[k] > found) continue; // of identical points the first row
        [found, best] = [this.order[k], distance];
      }
    });
    return found;
  }

  /** The allowed row nearest to a row towards a direction, within 45 degrees of it; −1: none. */
  neighbour(row, [dx, dy], isAllowed) {
    const [x, y] = this.position(row);
    const isForward = dx + dy > 0;
    const all = Math.hypot(this.box.x1 - this.box.x0, this.box.y1 - this.box.y0) + this.span;
    for (let radius = 2 / this.perUnit; ; radius *= 2) {
      let [found, best] = [-1, Infinity];
      this.eachRange({ x0: x - radius, x1: x + radius, y0: y - radius, y1: y + radius }, (from, to) => {
        for (let k = from; k < to; k++) {
          const other = this.order[k];
          const [ex, ey] = [this.x[k] - x, this.y[k] - y];
          const along = ex * dx + ey * dy;
          const across = Math.abs(ex * dy) + Math.abs(ey * dx);
          const isTwin = ex === 0 && ey === 0 && (isForward ? other > row : other < row); // one after the other
          if (!(isTwin || (along > 0 && across <= along))) continue;
          const distance = isTwin ? -1 / Math.abs(other - row) : Math.hypot(ex, ey) + across / 2;
          if (distance < best && other !== row && isAllowed(other)) [found, best] = [other, distance];
        }
      });
      if (found >= 0 && best <= radius) return found;
      if (radius > all) return found;
    }
  }

  /** Marks the rows inside a polygon in `mask`; gives how many. */
  markInside(polygon, mask) {
    const edges = edgesOf(polygon);
    const box = boxOf(polygon);
    const height = 1 / this.perUnit;
    const { x, y, order } = this;
    let count = 0;
    this.eachRange(box, (from, to, line) => {
      const low = this.box.y0 + (line - 1e-3) * height;
      const high = line === this.side - 1 ? Infinity : this.box.y0 + (line + 1 + 1e-3) * height;
      const near = edges.filter(({ y0, y1 }) => Math.max(y0, y1) >= low && Math.min(y0, y1) <= high);
      if (!near.length) return;
      for (let k = from; k < to; k++) {
        if (!isInside(near, x[k], y[k])) continue;
        mask[order[k]] = 1;
        count++;
      }
    });
    return count;
  }
}

/** A stride that visits every one of n rows once and keeps neighbours apart. */
function scatteringStride(n) {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  let stride = Math.max(1, Math.floor(n * 0.6180339887));
  while (divisor(stride, n) !== 1) stride++;
  return stride;
}
