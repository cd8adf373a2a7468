/**
 * Outline: the ground around reached streets, as walkcircle/isochrones.py draws it. A point belongs to it where a street
 * that is reached lies within OFF_STREET_M and none that is not lies nearer. Distances are taken on a grid and the outline
 * runs between its points (marching squares), so shapes keep their holes and parts; the streets themselves are exact.
 */

/** How far off a street the ground counts as reached, metres (isochrones.OFF_STREET_M). */
const OFF_STREET_M = 25;

/** Spacing of the grid, metres (isochrones.CELL_M). */
const OUTLINE_CELL_M = 20;

/** For each way of a cell's corners (1, 2, 4, 8 inside, from below left around): the sides between which the outline runs. */
const SQUARES = [
  [], [[0, 3]], [[1, 0]], [[1, 3]], [[2, 1]], null, [[2, 0]], [[2, 3]],
  [[3, 2]], [[0, 2]], null, [[1, 2]], [[3, 1]], [[0, 1]], [[3, 0]], [],
];
const SADDLES = { 5: { joined: [[0, 1], [2, 3]], apart: [[0, 3], [2, 1]] }, 10: { joined: [[3, 0], [1, 2]], apart: [[1, 0], [3, 2]] } };

/**
 * The outlines of what is reached within each limit, as rings of metres [x, y, x, y, …], outer ones counter-clockwise.
 * `rank[slot]` is the limit that a stretch's slot belongs to, `limits` and more for none.
 */
function traceGround(app, stretches, rank, limits) {
  const { graph } = app;
  const claims = (e) => !(graph.marks[e] & TUNNEL);
  const grid = layGrid(app, stretches, rank, limits);
  if (!grid) return Array.from({ length: limits }, () => []);
  const fields = Array.from({ length: limits + 1 }, () => new Float64Array(grid.columns * grid.rows).fill(Infinity));
  const touched = new Set();
  stretches.edge.forEach((e, k) => {
    touched.add(e);
    const layer = Math.min(rank[stretches.slot[k]], limits);
    if (!claims(e) || (layer === limits && graph.marks[e] & APART)) return;
    let [x, y] = [0, 0];
    traceStretch(graph, graph.xy, e, stretches.from[k], stretches.to[k], (a, b) => { [x, y] = [a, b]; }, (a, b) => {
      spread(fields[layer], grid, x, y, a, b);
      [x, y] = [a, b];
    });
  });
  const others = new Set();
  eachSegmentIn(graph, grid.west, grid.south, grid.east, grid.north, (c, e) => {
    if (touched.has(e) || !claims(e) || graph.marks[e] & APART || others.has(c)) return;
    others.add(c);
    spread(fields[limits], grid, graph.xy[2 * c], graph.xy[2 * c + 1], graph.xy[2 * c + 2], graph.xy[2 * c + 3]);
  });
  const outlines = [];
  const level = new Float64Array(grid.columns * grid.rows);
  for (let limit = 0; limit < limits; limit++) {
    for (let i = 0; i < level.length; i++) {
      let [reached, rival] = [Infinity, Infinity];
      for (let layer = 0; layer <= limits; layer++) {
        if (layer <= limit) reached = Math.min(reached, fields[layer][i]);
        else rival = Math.min(rival, fields[layer][i]);
      }
      const near = Math.sqrt(reached);
      level[i] = reached === Infinity ? OUTLINE_CELL_M : Math.max(near - OFF_STREET_M, near - Math.sqrt(rival));
    }
    outlines.push(traceRings(level, grid));
  }
  return outlines;
}

/** The grid that holds all reached stretches, and a margin. */
function layGrid(app, { edge, from, to, slot }, rank, limits) {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  const widen = (x, y) => {
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.south = Math.min(box.south, y);
    box.north = Math.max(box.north, y);
  };
  edge.forEach((e, k) => { if (rank[slot[k]] < limits) traceStretch(app.graph, app.graph.xy, e, from[k], to[k], widen, widen); });
  if (box.west === Infinity) return null;
  const near = OFF_STREET_M + 2 * OUTLINE_CELL_M;
  const west = Math.floor((box.west - near) / OUTLINE_CELL_M) * OUTLINE_CELL_M;
  const south = Math.floor((box.south - near) / OUTLINE_CELL_M) * OUTLINE_CELL_M;
  const columns = Math.ceil((box.east + near - west) / OUTLINE_CELL_M) + 1;
  const rows = Math.ceil((box.north + near - south) / OUTLINE_CELL_M) + 1;
  return { west, south, columns, rows, east: west + columns * OUTLINE_CELL_M, north: south + rows * OUTLINE_CELL_M };
}

/** Lower the squared distances of grid points to those from a straight piece of street. */
function spread(field, { west, south, columns, rows }, x0, y0, x1, y1) {
  const near = OFF_STREET_M + OUTLINE_CELL_M;
  const pieces = Math.floor(Math.hypot(x1 - x0, y1 - y0) / (2 * OUTLINE_CELL_M)) + 1; // a slanting box is mostly empty
  for (let piece = 0; piece < pieces; piece++) {
    const ax = x0 + ((x1 - x0) * piece) / pieces;
    const ay = y0 + ((y1 - y0) * piece) / pieces;
    const [dx, dy] = [(x1 - x0) / pieces, (y1 - y0) / pieces];
    const square = dx * dx + dy * dy;
    const inverse = square > 0 ? 1 / square : 0;
    const r0 = Math.max(Math.ceil((Math.min(ay, ay + dy) - near - south) / OUTLINE_CELL_M), 0);
    const r1 = Math.min(Math.floor((Math.max(ay, ay + dy) + near - south) / OUTLINE_CELL_M), rows - 1);
    const c0 = Math.max(Math.ceil((Math.min(ax, ax + dx) - near - west) / OUTLINE_CELL_M), 0);
    const c1 = Math.min(Math.floor((Math.max(ax, ax + dx) + near - west) / OUTLINE_CELL_M), columns - 1);
    for (let r = r0; r <= r1; r++) {
      const up = south + r * OUTLINE_CELL_M - ay;
      for (let c = c0; c <= c1; c++) {
        const across = west + c * OUTLINE_CELL_M - ax;
        const t = Math.max(0, Math.min(1, (across * dx + up * dy) * inverse));
        const apart = (across - t * dx) ** 2 + (up - t * dy) ** 2;
        if (apart < field[r * columns + c]) field[r * columns + c] = apart;
      }
    }
  }
}

/** The rings around all grid points that are not above zero, what is inside on their left. */
function traceRings(level, { west, south, columns, rows }) {
  const onward = new Map(); // from one crossed side of a cell to the next
  for (let r = 0; r + 1 < rows; r++) {
    for (let c = 0; c + 1 < columns; c++) {
      const i = r * columns + c;
      const corners = [level[i], level[i + 1], level[i + columns + 1], level[i + columns]];
      let square = 0;
      for (let k = 0; k < 4; k++) if (corners[k] <= 0) square += 1 << k;
      if (square === 0 || square === 15) continue;
      const middle = corners.reduce((sum, value) => sum + value, 0);
      const sides = [2 * i, 2 * (i + 1) + 1, 2 * (i + columns), 2 * i + 1]; // below, right, above, left
      for (const [a, b] of SQUARES[square] || SADDLES[square][middle <= 0 ? "joined" : "apart"]) onward.set(sides[a], sides[b]);
    }
  }
  const place = (side) => {
    const i = side >> 1;
    const j = side & 1 ? i + columns : i + 1;
    const t = Math.max(0.01, Math.min(0.99, level[i] / (level[i] - level[j])));
    const [x, y] = [(i % columns) + (side & 1 ? 0 : t), Math.floor(i / columns) + (side & 1 ? t : 0)];
    return [west + x * OUTLINE_CELL_M, south + y * OUTLINE_CELL_M];
  };
  const rings = [];
  while (onward.size) {
    const [first] = onward.keys();
    const ring = [];
    for (let side = first; onward.has(side);) {
      ring.push(...place(side));
      const next = onward.get(side);
      onward.delete(side);
      side = next;
    }
    if (ring.length > 6) rings.push(ring);
  }
  return rings;
}

/** Twice the area of a ring, positive where it runs counter-clockwise. */
function measureRing(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  return sum;
}

/** Whether a place is inside a ring. */
function isInside(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    if (ring[i + 1] > y !== ring[j + 1] > y && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) {
      inside = !inside;
    }
  }
  return inside;
}

/** Rings as polygons: each outer ring with the holes inside it. */
function groupRings(rings) {
  const outer = rings.filter((ring) => measureRing(ring) > 0).sort((a, b) => measureRing(a) - measureRing(b));
  const polygons = outer.map((ring) => [ring]);
  for (const hole of rings.filter((ring) => measureRing(ring) <= 0)) {
    const home = outer.findIndex((ring) => isInside(ring, hole[0], hole[1]));
    if (home >= 0) polygons[home].push(hole);
  }
  return polygons;
}
