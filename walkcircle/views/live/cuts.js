/**
 * Cuts: the streets that a walk touches, cut exactly where limits of time are met (walkcircle/kernels/streets.py), and
 * the lines of such stretches.
 */

/**
 * The stretches of all edges that a walk touches: edge, from, to (fractions) and slot. Those of slot j are reached within
 * level j (seconds, growing) and not within the one before; those of the last slot, one more than levels, within none.
 */
function cutStreets(app, walk, levels) {
  const { graph } = app;
  const { along, enter } = walk.footing;
  const most = levels.at(-1);
  const out = { edge: [], from: [], to: [], slot: [] };
  const touched = new Set(walk.own.keys());
  graph.touching ??= makeTouching(graph);
  for (const node of walk.order) {
    if (walk.seconds[node] > most) break;
    for (let k = graph.touching.start[node]; k < graph.touching.start[node + 1]; k++) touched.add(graph.touching.half[k] >> 1);
  }
  const timeAt = (e, side) => {
    const node = graph.ends[2 * e + side];
    return walk.done[node] && enter[2 * e + side] && walk.seconds[node] <= most ? walk.seconds[node] : Infinity;
  };
  for (const e of touched) {
    const [first, last, there, back] = [timeAt(e, 0), timeAt(e, 1), along[2 * e], along[2 * e + 1]];
    const own = walk.own.get(e) || [];
    if (first === Infinity && last === Infinity && !own.length) continue;
    const cuts = [0, 1];
    const cut = (base, left, whole) => {
      const at = base + left / whole;
      if (whole > 0 && whole < Infinity && at > 0 && at < 1) cuts.push(at);
    };
    for (const level of levels) {
      if (first < Infinity) cut(0, level - first, there);
      if (last < Infinity) cut(1, last - level, back);
      for (const { fraction, seconds } of own) {
        cut(fraction, Math.max(level - seconds, 0), there);
        cut(fraction, -Math.max(level - seconds, 0), back);
      }
    }
    for (const { fraction } of own) if (fraction > 0 && fraction < 1) cuts.push(fraction);
    cuts.sort((a, b) => a - b);
    let open = false; // whether the stretch before may be made longer
    for (let c = 0; c + 1 < cuts.length; c++) {
      if (cuts[c + 1] <= cuts[c]) continue;
      const middle = (cuts[c] + cuts[c + 1]) / 2;
      let time = Math.min(first + part(middle, there), last + part(1 - middle, back));
      for (const { fraction, seconds } of own) {
        const apart = middle - fraction;
        time = Math.min(time, seconds + (apart > 0 ? apart * there : part(-apart, back)));
      }
      const found = levels.findIndex((level) => time <= level);
      const slot = found < 0 ? levels.length : found;
      const before = out.slot.length - 1;
      if (open && out.slot[before] === slot) {
        out.to[before] = cuts[c + 1];
        continue;
      }
      out.edge.push(e);
      out.from.push(cuts[c]);
      out.to.push(cuts[c + 1]);
      out.slot.push(slot);
      open = true;
    }
  }
  return out;
}

/** The edges at each node: twice the edge, and one more where the node is its last. */
function makeTouching(graph) {
  const count = new Int32Array(graph.nodes);
  for (const node of graph.ends) count[node]++;
  const start = sumUp(count);
  const at = start.slice();
  const half = new Int32Array(graph.ends.length);
  graph.ends.forEach((node, h) => { half[at[node]++] = h; });
  return { start, half };
}

/** The length of the stretches of each slot, metres. */
function measureStretches(graph, { edge, from, to, slot }, slots) {
  const metres = new Array(slots).fill(0);
  edge.forEach((e, k) => { if (slot[k] < slots) metres[slot[k]] += (to[k] - from[k]) * graph.metres[e]; });
  return metres;
}

/** Call `move(x, y)` and `line(x, y)` along an edge from one fraction to another, in the coordinates `xy` of its corners. */
function traceStretch({ corner, before }, xy, e, from, to, move, line) {
  const last = corner[e + 1] - 1;
  const [start, stop] = [from * before[last], to * before[last]];
  let c = corner[e]; // the segment from c to c + 1 is the one that is cut
  while (c + 1 < last && before[c + 1] < start) c++;
  const tell = (at, act) => {
    const t = before[c + 1] > before[c] ? (at - before[c]) / (before[c + 1] - before[c]) : 0;
    act(xy[2 * c] + t * (xy[2 * c + 2] - xy[2 * c]), xy[2 * c + 1] + t * (xy[2 * c + 3] - xy[2 * c + 1]));
  };
  tell(start, move);
  for (; c + 1 < last && before[c + 1] < stop; c++) line(xy[2 * c + 2], xy[2 * c + 3]);
  tell(stop, line);
}

/** The way from the doorstep to a spot: stretches of edges in the order in which they are walked. */
function findPath(app, walk, edge, fraction, seconds) {
  const { by, seconds: time } = reachSpot(app, walk, edge, fraction, seconds);
  if (time === Infinity) return null;
  const { ends } = app.graph;
  if (by < 0) {
    const from = walk.own.get(edge).reduce((one, other) =>
      (walkAlong(walk.footing, other, edge, fraction, 0) < walkAlong(walk.footing, one, edge, fraction, 0) ? other : one));
    return { seconds: time, from, parts: [[edge, from.fraction, fraction]] };
  }
  const parts = [[edge, by ? 1 : 0, fraction]];
  let node = ends[2 * edge + by];
  while (walk.via[node] >= 0) {
    const way = walk.via[node];
    parts.push([way >> 1, way & 1, 1 - (way & 1)]);
    node = ends[way];
  }
  const leaves = (spot) => Math.min(...[0, 1].map((side) =>
    (ends[2 * spot.edge + side] === node ? leaveBy(walk.footing, spot, side) : Infinity)));
  const from = walk.spots.reduce((one, other) => (leaves(other) < leaves(one) ? other : one));
  const side = ends[2 * from.edge] === node && leaveBy(walk.footing, from, 0) <= leaves(from) ? 0 : 1;
  parts.push([from.edge, from.fraction, side]);
  return { seconds: time, from, parts: parts.reverse() };
}
