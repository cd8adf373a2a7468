/** Snap: from a place on the map to the spot on a street where a walk begins, as walkcircle/snapping.py chooses it. */

/** Width of the cells in which street segments are looked up, metres. */
const SNAP_CELL_M = 100;

/** An index of all street segments by cell: those of cell c are `segment[start[c]]` to `segment[start[c + 1]]`. */
function makeCells(graph) {
  const { xy, corner } = graph;
  const [west, south, east, north] = [0, 1, 0, 1].map((side, i) => {
    let best = xy[side];
    for (let c = side; c < xy.length; c += 2) best = i < 2 ? Math.min(best, xy[c]) : Math.max(best, xy[c]);
    return best;
  });
  const columns = Math.floor((east - west) / SNAP_CELL_M) + 1;
  const rows = Math.floor((north - south) / SNAP_CELL_M) + 1;
  const count = new Int32Array(columns * rows);
  const cellOf = (value, low, most) => Math.max(0, Math.min(most - 1, Math.floor((value - low) / SNAP_CELL_M)));
  const each = (act) => {
    for (let e = 0; e < graph.edges; e++) {
      for (let c = corner[e]; c < corner[e + 1] - 1; c++) {
        const [x0, y0, x1, y1] = [xy[2 * c], xy[2 * c + 1], xy[2 * c + 2], xy[2 * c + 3]];
        const [left, right] = [cellOf(Math.min(x0, x1), west, columns), cellOf(Math.max(x0, x1), west, columns)];
        const [below, above] = [cellOf(Math.min(y0, y1), south, rows), cellOf(Math.max(y0, y1), south, rows)];
        for (let row = below; row <= above; row++) for (let column = left; column <= right; column++) act(row * columns + column, c, e);
      }
    }
  };
  each((cell) => count[cell]++);
  const start = sumUp(count);
  const at = start.slice();
  const segment = new Int32Array(start.at(-1));
  const edge = new Int32Array(start.at(-1));
  each((cell, c, e) => {
    segment[at[cell]] = c;
    edge[at[cell]++] = e;
  });
  return { west, south, columns, rows, start, segment, edge };
}

/** Call `act(segment, edge)` for the segments in the cells that a box touches; one may come more than once. */
function eachSegmentIn(graph, west, south, east, north, act) {
  graph.cells ??= makeCells(graph);
  const { cells } = graph;
  const column = (x) => Math.max(0, Math.min(cells.columns - 1, Math.floor((x - cells.west) / SNAP_CELL_M)));
  const row = (y) => Math.max(0, Math.min(cells.rows - 1, Math.floor((y - cells.south) / SNAP_CELL_M)));
  for (let r = row(south); r <= row(north); r++) {
    for (let c = column(west); c <= column(east); c++) {
      const cell = r * cells.columns + c;
      for (let k = cells.start[cell]; k < cells.start[cell + 1]; k++) act(cells.segment[k], cells.edge[k]);
    }
  }
}

/** The nearest of the edges that `counts`, within reach: public before private, then farthest west and south. */
function findStreet(graph, x, y, within, counts) {
  let best = null;
  eachSegmentIn(graph, x - within, y - within, x + within, y + within, (c, e) => {
    if (!counts(e)) return;
    const [x0, y0] = [graph.xy[2 * c], graph.xy[2 * c + 1]];
    const [dx, dy] = [graph.xy[2 * c + 2] - x0, graph.xy[2 * c + 3] - y0];
    const square = dx * dx + dy * dy;
    const t = square > 0 ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square)) : 0;
    const [px, py] = t === 1 ? [graph.xy[2 * c + 2], graph.xy[2 * c + 3]] : [x0 + t * dx, y0 + t * dy];
    const apart = Math.hypot(px - x, py - y);
    if (apart > within + 1e-6) return;
    const one = [apart, graph.marks[e] & PRIVATE, px, py, e];
    if (!best || comesBefore(one, best.key)) best = { key: one, edge: e, segment: c, t, metres: apart, x: px, y: py };
  });
  return best;
}

/** Whether one list of numbers comes before another. */
function comesBefore(one, other) {
  const i = one.findIndex((value, k) => value !== other[k]);
  return i >= 0 && one[i] < other[i];
}

/** How far along its edge a place on a segment lies, 0 to 1. */
function fractionAt({ before, corner }, e, segment, t) {
  const whole = before[corner[e + 1] - 1];
  return whole > 0 ? Math.min((before[segment] + t * (before[segment + 1] - before[segment])) / whole, 1) : 0;
}

/** The spots where a walker who stands at a place in metres joins the streets; `role` is "home" or "place". */
function snapPlace(app, footing, x, y, role) {
  const { graph } = app;
  const within = app.data.walkers.within_m;
  const allowed = footing.allowed[role];
  const find = (counts) => {
    const found = findStreet(graph, x, y, within, counts);
    if (!found) return null;
    const { edge, segment, t, metres } = found;
    return [{ edge, fraction: fractionAt(graph, edge, segment, t), seconds: metres / footing.pace }];
  };
  const estate = findEstate(app, x, y);
  if (estate >= 0) {
    const { own, gates } = estatesOf(app, footing, role)[estate];
    const home = own.size ? find((e) => own.has(e)) : null;
    if (home) return home;
    if (gates.length) {
      return gates.map((gate) => ({ ...gate, seconds: (gate.leg + Math.hypot(gate.x - x, gate.y - y)) / footing.pace }));
    }
    return find((e) => allowed[e] > 0) || [];
  }
  return find((e) => allowed[e] === 2) || find((e) => allowed[e] === 1) || [];
}

/** The smallest closed estate around a place in metres, or -1. */
function findEstate(app, x, y) {
  const { data } = app;
  app.estates ??= (() => {
    const { xy, run, corner } = data.shapes("estates");
    return Array.from({ length: data.walkers.estates }, (_, i) => Array.from({ length: run[i + 1] - run[i] }, (__, r) =>
      Array.from(xy.subarray(2 * corner[run[i] + r], 2 * corner[run[i] + r + 1]), (steps) => steps * data.streets.step)));
  })();
  return app.estates.findIndex((rings) => rings.filter((ring) => isInside(ring, x, y)).length % 2 === 1);
}

/** What a door inside each closed estate joins: the estate's own paths, else its gates. */
function estatesOf(app, footing, role) {
  footing.estates ??= {};
  footing.estates[role] ??= (() => {
    const { data, graph } = app;
    const ints = (column) => data.ints(`walkers.${footing.position}.${role}.${column}`);
    const [paths, ways] = [sumUp(ints("own")), sumUp(ints("gates"))];
    const [own, edge, along, leg] = ["own.edge", "gates.edge", "gates.along", "gates.leg"].map(ints);
    const xy = data.places(`walkers.${footing.position}.${role}.gates.xy`);
    return Array.from({ length: data.walkers.estates }, (_, i) => {
      const edges = new Set();
      for (let k = paths[i], e = 0; k < paths[i + 1]; k++) edges.add(e += own[k]);
      const gates = Array.from({ length: ways[i + 1] - ways[i] }, (__, n) => {
        const k = ways[i] + n;
        const metres = graph.metres[edge[k]];
        return {
          edge: edge[k], fraction: metres > 0 ? Math.min(along[k] / 100 / metres, 1) : 0, leg: leg[k] / 100,
          x: xy[2 * k] * data.streets.step, y: xy[2 * k + 1] * data.streets.step,
        };
      });
      return { own: edges, gates };
    });
  })();
  return footing.estates[role];
}
