/**
 * Engine: times from a doorstep to all nodes within a limit, and to places along edges; walkcircle/walking.py in small.
 * Times are seconds. A limit is inclusive. What cannot be reached is Infinity.
 */

/** Limits have a microsecond of room, so that a walk of exactly the limit stays inside (footing.ROUNDING_S). */
const ROUNDING_S = 1e-6;

/** Seconds for a part of an edge; none of a closed edge takes no time. */
function part(fraction, along) {
  return fraction > 0 ? fraction * along : 0;
}

/** Seconds from a spot out to the first (side 0) or last node of its edge. */
function leaveBy({ along }, { edge, fraction, seconds }, side) {
  return seconds + (side ? part(1 - fraction, along[2 * edge]) : part(fraction, along[2 * edge + 1]));
}

/** Seconds from the first (side 0) or last node of a spot's edge to the spot, where the edge may be entered there. */
function arriveBy({ along, enter }, edge, fraction, seconds, side) {
  if (!enter[2 * edge + side]) return Infinity;
  return seconds + (side ? part(1 - fraction, along[2 * edge + 1]) : part(fraction, along[2 * edge]));
}

/** Seconds between two spots of one edge without passing a node. */
function walkAlong({ along }, from, edge, fraction, seconds) {
  const apart = fraction - from.fraction;
  const whole = apart >= 0 ? along[2 * edge] : along[2 * edge + 1];
  return (apart ? Math.abs(apart) * whole : 0) + from.seconds + seconds;
}

/**
 * A search over arcs that can be continued: `extend(limit)` settles all nodes within a limit. `seconds` and `via` (the
 * way by which each node is reached, -1 from a seed) are those of the nodes in `order`, others are Infinity.
 */
function openSearch(nodes, arcs) {
  const seconds = new Float64Array(nodes).fill(Infinity);
  const via = new Int32Array(nodes).fill(-1);
  const done = new Uint8Array(nodes);
  const heap = makeHeap();
  const order = [];

  /** Reach a node by a way, unless it was reached before. */
  function offer(node, time, way) {
    if (time >= seconds[node]) return;
    seconds[node] = time;
    via[node] = way;
    heap.push(time, node);
  }

  /** Settle the nodes up to a limit, in the order of their times. */
  function extend(limit) {
    const { start, head, way, seconds: cost } = arcs;
    while (heap.size() && heap.least() <= limit) {
      const node = heap.pop();
      if (done[node]) continue;
      done[node] = 1;
      order.push(node);
      const time = seconds[node];
      for (let k = start[node]; k < start[node + 1]; k++) offer(head[k], time + cost[k], way[k]);
    }
  }

  return { seconds, via, done, order, offer, extend };
}

/** A binary heap of nodes by their times, the least first. */
function makeHeap() {
  let times = new Float64Array(1024);
  let nodes = new Int32Array(1024);
  let size = 0;

  function push(time, node) {
    if (size === times.length) {
      const [more, others] = [new Float64Array(2 * size), new Int32Array(2 * size)];
      more.set(times);
      others.set(nodes);
      [times, nodes] = [more, others];
    }
    let i = size++;
    for (let up = (i - 1) >> 1; i && times[up] > time; i = up, up = (i - 1) >> 1) {
      times[i] = times[up];
      nodes[i] = nodes[up];
    }
    times[i] = time;
    nodes[i] = node;
  }

  function pop() {
    const least = nodes[0];
    const [time, node] = [times[--size], nodes[size]];
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && times[child + 1] < times[child]) child++;
      if (times[child] >= time) break;
      times[i] = times[child];
      nodes[i] = nodes[child];
      i = child;
    }
    times[i] = time;
    nodes[i] = node;
    return least;
  }

  return { push, pop, size: () => size, least: () => times[0] };
}

/** Walk from spots: a search out of them, and all that is asked of it below. */
function startWalk(app, footing, spots) {
  const { graph } = app;
  const search = openSearch(graph.nodes, footing.outward);
  for (const spot of spots) {
    for (const side of [0, 1]) search.offer(graph.ends[2 * spot.edge + side], leaveBy(footing, spot, side), -1);
  }
  const own = new Map();
  for (const spot of spots) own.set(spot.edge, [...(own.get(spot.edge) || []), spot]);
  return { ...search, footing, spots, own, limit: 0 };
}

/** Take a walk on to a limit. */
function walkOn(walk, limit) {
  if (limit <= walk.limit) return;
  walk.extend(limit + ROUNDING_S);
  walk.limit = limit;
}

/** Seconds from the doorstep to a spot, and the side of its edge by which one comes (-1 along it). */
function reachSpot(app, walk, edge, fraction, seconds) {
  const { ends } = app.graph;
  let best = Infinity;
  let by = -1;
  for (const side of [0, 1]) {
    const node = ends[2 * edge + side];
    if (!walk.done[node]) continue;
    const time = walk.seconds[node] + arriveBy(walk.footing, edge, fraction, seconds, side);
    if (time < best) [best, by] = [time, side];
  }
  for (const from of walk.own.get(edge) || []) {
    const time = walkAlong(walk.footing, from, edge, fraction, seconds);
    if (time < best) [best, by] = [time, -1];
  }
  return best <= walk.limit + ROUNDING_S ? { seconds: best, by } : { seconds: Infinity, by: -1 };
}

/**
 * The nearest facility of each kind, proposals among them: its seconds, which it is, and its spot; Infinity and -1 where none is within the
 * search limit. The walk goes on until every kind is found or the limit is met.
 */
function findNearestOfEach(app, walk, limit) {
  const kinds = app.data.standard.kinds.length;
  const of = app.data.ints("facilities.kind");
  const { places } = walk.footing;
  const { closed, proposals } = planOf(app);
  const stages = [walk.limit, limit / 4, limit / 2, limit].filter((one, i, all) => !i || one > all[0]);
  let found;
  for (const stage of stages) {
    walkOn(walk, stage);
    found = Array.from({ length: kinds }, () => ({ seconds: Infinity, facility: -1, at: null }));
    const offer = (kind, facility, spot) => {
      const { seconds } = reachSpot(app, walk, spot.edge, spot.fraction, spot.seconds);
      if (seconds < found[kind].seconds) found[kind] = { seconds, facility, at: spot };
    };
    for (let k = 0; k < places.edge.length; k++) {
      const kind = of[places.item[k]];
      if (kind < 0 || closed.has(places.item[k])) continue;
      offer(kind, places.item[k], { edge: places.edge[k], fraction: places.fraction[k], seconds: places.seconds[k] });
    }
    proposals.forEach((place, p) => {
      const facility = app.data.facilities.ids.length + p;
      for (const spot of listSpots(app, walk.footing, facility)) offer(place.kind, facility, spot);
    });
    if (found.every(({ seconds }) => seconds < Infinity)) break;
  }
  return found;
}
