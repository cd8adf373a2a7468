/**
 * Sheet: a canvas that covers the map and a margin around it, moves with it while panning and zooming, and is
 * painted when the movement ends. Painters draw in the payload's own pixels; the sheet sets the scale.
 */

/** Zoom at which one pixel of the payload is one pixel of the screen (views/payload.py). */
const PAYLOAD_ZOOM = 18;

/** How far a sheet reaches beyond the window, as a share of its size: panning that far shows no blank. */
const SHEET_MARGIN = 0.15;

const Sheet = L.Renderer.extend({
  options: { padding: SHEET_MARGIN, pane: "overlayPane" },

  /** `paint(pen)` draws everything on this sheet. */
  initialize(pane, origin, paint) {
    L.Renderer.prototype.initialize.call(this, { pane, padding: SHEET_MARGIN });
    this.origin = origin;
    this.paintAll = paint;
    this.finer = 1; // printing asks for more
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._container.className = "sheet";
  },

  _destroyContainer() {
    this._container.remove();
  },

  _updatePaths() {},

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const fine = Math.min(window.devicePixelRatio || 1, 2) * this.finer;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * fine);
    this._container.height = Math.round(size.y * fine);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this.fine = fine;
    this.paint();
  },

  /** Paint again, as the map stands. */
  paint() {
    if (!this._map || !this._bounds) return;
    const context = this._container.getContext("2d");
    const { width, height } = this._container;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    this.paintAll(this.pen(context));
  },

  /**
   * What a painter needs: `context`, set so that payload pixels fall where they belong; `px`, how many payload
   * pixels one screen pixel is (line widths are multiples of it); `view`, the box in payload pixels; `metre`,
   * screen pixels per metre on the ground.
   */
  pen(context) {
    const zoom = this._map.getZoom();
    const scale = 2 ** (zoom - PAYLOAD_ZOOM);
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const size = this._bounds.getSize();
    const x = corner.x / scale - this.origin[0];
    const y = corner.y / scale - this.origin[1];
    const k = scale * this.fine;
    context.setTransform(k, 0, 0, k, -x * k, -y * k);
    context.lineJoin = "round";
    context.lineCap = "butt";
    const latitude = this._map.getCenter().lat;
    return {
      context,
      zoom,
      px: 1 / scale,
      fine: this.fine,
      view: { west: x, north: y, east: x + size.x / scale, south: y + size.y / scale },
      metre: (256 * 2 ** zoom) / (40075016.7 * Math.cos((latitude * Math.PI) / 180)),
    };
  },
});

/** How many shapes share one path; a path outside the window is not drawn. */
const SHAPES_PER_PATH = 400;

/** Group shapes (all, or those listed) into paths with their boxes; holes run the other way and stay open. */
function makePaths(shapes, chosen = null) {
  const list = chosen || Array.from({ length: shapes.count }, (_, i) => i);
  const paths = [];
  for (let from = 0; from < list.length; from += SHAPES_PER_PATH) {
    const path = new Path2D();
    const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
    for (const i of list.slice(from, from + SHAPES_PER_PATH)) traceShape(path, shapes, i, box);
    paths.push({ path, box });
  }
  return paths;
}

/** Add shape i to a path and widen the box around it. */
function traceShape(path, { xy, run, corner }, i, box) {
  for (let r = run[i]; r < run[i + 1]; r++) {
    for (let c = corner[r]; c < corner[r + 1]; c++) {
      const x = xy[2 * c];
      const y = xy[2 * c + 1];
      if (c === corner[r]) path.moveTo(x, y);
      else path.lineTo(x, y);
      box.west = Math.min(box.west, x);
      box.east = Math.max(box.east, x);
      box.north = Math.min(box.north, y);
      box.south = Math.max(box.south, y);
    }
  }
}

/** Whether two boxes touch. */
function touch(a, b) {
  return a.west <= b.east && a.east >= b.west && a.north <= b.south && a.south >= b.north;
}

/** Call `draw(path)` for every path in view. */
function eachInView(paths, pen, draw) {
  for (const { path, box } of paths) if (touch(box, pen.view)) draw(path);
}

/** Colours looked up so far; `forgetColours` when the reader's screen turns dark or light, or paper is meant. */
const knownColours = new Map();

/** The colour of a role (views/palette.py), light or dark as the reader's screen is. */
function colour(role) {
  if (!knownColours.has(role)) {
    knownColours.set(role, getComputedStyle(document.body).getPropertyValue(`--${role}`).trim());
  }
  return knownColours.get(role);
}

/** Look colours up anew. */
function forgetColours() {
  knownColours.clear();
}

/** A hatch of 45° lines in screen pixels, for what is not known. */
function hatch(pen, role, { gap = 7, width = 1.2, ground = null } = {}) {
  const side = Math.round(gap * pen.fine);
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const context = tile.getContext("2d");
  if (ground) {
    context.fillStyle = colour(ground);
    context.fillRect(0, 0, side, side);
  }
  context.strokeStyle = colour(role);
  context.lineWidth = width * pen.fine;
  for (const shift of [-side, 0, side]) {
    context.beginPath();
    context.moveTo(shift - 1, side + 1);
    context.lineTo(shift + side + 1, -1);
    context.stroke();
  }
  const pattern = pen.context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(pen.px / pen.fine)); // the pattern stays in screen pixels at every zoom
  return pattern;
}
