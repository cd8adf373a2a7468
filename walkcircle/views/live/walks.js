/**
 * Walks: how far one gets from a home, worked out in the page over the same streets, seconds and gates as in
 * Python (walkcircle/walking.py, isochrones.py), and drawn as streets coloured by minute with soft outlines.
 */

/** How far off a street the ground counts as reached, metres (isochrones.OFF_STREET_M). */
const OFF_STREET_M = 25;

/** Unpack the street graph once: edges at each node, seconds in both directions, doors between. */
function makeGraph(data) {
  const moves = data.ints("streets.ends");
  const ends = new Int32Array(moves.length);
  for (let i = 0; i < moves.length; i++) ends[i] = moves[i] + (i ? ends[i - 1] : 0);
  const edges = ends.length / 2;
  const [forth, back] = ["streets.forth", "streets.back"].map((name) =>
    Float64Array.from(data.ints(name), (coded) => (coded ? (coded - 1) / 100 : Infinity)),
  );
  const enter = data.ints("streets.enter");
  const degree = new Int32Array(data.streets.nodes);
  for (const node of ends) degree[node]++;
  const first = sumUp(degree);
  const at = first.slice();
  const edgeAt = new Int32Array(ends.length);
  for (let e = 0; e < edges; e++) {
    edgeAt[at[ends[2 * e]]++] = e;
    edgeAt[at[ends[2 * e + 1]]++] = e;
  }
  const items = data.ints("starts.item");
  const starts = new Map();
  let item = 0;
  items.forEach((step, i) => {
    item += step;
    if (!starts.has(item)) starts.set(item, []);
    starts.get(item).push({
      edge: data.ints("starts.edge")[i],
      fraction: data.ints("starts.fraction")[i] / 1e6,
      seconds: data.ints("starts.access")[i] / 10 / data.streets.speed,
    });
  });
  return { ends, edges, forth, back, enter, first, edgeAt, starts, metres: data.ints("streets.metres") };
}

/** Seconds from a home to every node within the limit (Dijkstra with a binary heap). */
function walkFrom(graph, home, limit) {
  const seconds = new Float64Array(graph.first.length - 1).fill(Infinity);
  const heap = makeHeap();
  const offer = (node, time) => {
    if (time <= limit && time < seconds[node]) {
      seconds[node] = time;
      heap.push(time, node);
    }
  };
  for (const start of graph.starts.get(home) || []) {
    offer(graph.ends[2 * start.edge], start.seconds + part(start.fraction, graph.back[start.edge]));
    offer(graph.ends[2 * start.edge + 1], start.seconds + part(1 - start.fraction, graph.forth[start.edge]));
  }
  for (let least = heap.pop(); least; least = heap.pop()) {
    const [time, node] = least;
    if (time > seconds[node]) continue;
    for (let k = graph.first[node]; k < graph.first[node + 1]; k++) {
      const e = graph.edgeAt[k];
      const [a, b] = [graph.ends[2 * e], graph.ends[2 * e + 1]];
      if (a === node && graph.enter[e] & 1) offer(b, time + graph.forth[e]);
      if (b === node && graph.enter[e] & 2) offer(a, time + graph.back[e]);
    }
  }
  return seconds;
}

/** Seconds for a part of an edge; none of a closed edge takes no time. */
function part(fraction, along) {
  return fraction > 0 ? fraction * along : 0;
}

/** A binary heap of [time, node], the least first. */
function makeHeap() {
  const times = [];
  const nodes = [];
  const swap = (i, j) => {
    [times[i], times[j]] = [times[j], times[i]];
    [nodes[i], nodes[j]] = [nodes[j], nodes[i]];
  };
  return {
    push(time, node) {
      let i = times.push(time) - 1;
      nodes.push(node);
      while (i && times[(i - 1) >> 1] > times[i]) {
        swap(i, (i - 1) >> 1);
        i = (i - 1) >> 1;
      }
    },
    pop() {
      if (!times.length) return null;
      const least = [times[0], nodes[0]];
      const last = [times.pop(), nodes.pop()];
      if (times.length) {
        [times[0], nodes[0]] = last;
        for (let i = 0, child = 1; child < times.length; child = 2 * i + 1) {
          if (child + 1 < times.length && times[child + 1] < times[child]) child++;
          if (times[i] <= times[child]) break;
          swap(i, child);
          i = child;
        }
      }
      return least;
    },
  };
}

/** The stretches [edge, from, to] (fractions) reached within a limit; none overlap. */
function reachWithin(graph, home, seconds, limit) {
  const found = new Map();
  const add = (e, from, to) => {
    if (to > from) found.set(e, [...(found.get(e) || []), [from, to]]);
  };
  const share = (left, along) => (left >= 0 && along < Infinity ? (along > 0 ? Math.min(left / along, 1) : 1) : 0);
  for (let e = 0; e < graph.edges; e++) {
    const forth = graph.enter[e] & 1 ? seconds[graph.ends[2 * e]] : Infinity;
    const back = graph.enter[e] & 2 ? seconds[graph.ends[2 * e + 1]] : Infinity;
    if (forth <= limit) add(e, 0, share(limit - forth, graph.forth[e]));
    if (back <= limit) add(e, 1 - share(limit - back, graph.back[e]), 1);
  }
  for (const { edge, fraction, seconds: leg } of graph.starts.get(home) || []) {
    if (leg > limit) continue;
    add(edge, Math.max(fraction - share(limit - leg, graph.back[edge]), 0),
      Math.min(fraction + share(limit - leg, graph.forth[edge]), 1));
  }
  const stretches = [];
  for (const [e, parts] of found) {
    parts.sort((a, b) => a[0] - b[0]);
    let [from, to] = parts[0];
    for (const [a, b] of parts.slice(1)) {
      if (a <= to) to = Math.max(to, b);
      else {
        stretches.push([e, from, to]);
        [from, to] = [a, b];
      }
    }
    stretches.push([e, from, to]);
  }
  return stretches;
}

/** Walk from a home and keep, for each limit, the path of the reached streets and their length in metres. */
function walkHome(app, home) {
  if (app.walked?.home === home) return app.walked;
  app.graph ??= makeGraph(app.data);
  const limits = app.data.clusters.minutes.map((minutes) => Number(minutes) * 60);
  const seconds = walkFrom(app.graph, home, Math.max(...limits));
  const rings = limits.map((limit) => {
    const stretches = reachWithin(app.graph, home, seconds, limit);
    const metres = stretches.reduce((sum, [e, from, to]) => sum + ((to - from) * app.graph.metres[e]) / 10, 0);
    return { ...traceStretches(app.data.shapes("streets"), stretches), metres };
  });
  app.walked = { home, rings };
  return app.walked;
}

/** A path along the stretches of streets, cut where the walk ends. */
function traceStretches({ xy, run, corner }, stretches) {
  const path = new Path2D();
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (const [e, from, to] of stretches) {
    const [c0, c1] = [corner[run[e]], corner[run[e] + 1]];
    const lengths = [0];
    for (let c = c0 + 1; c < c1; c++) {
      lengths.push(lengths.at(-1) + Math.hypot(xy[2 * c] - xy[2 * c - 2], xy[2 * c + 1] - xy[2 * c - 1]));
    }
    const total = lengths.at(-1);
    const place = (fraction) => {
      let k = lengths.findIndex((length) => length >= fraction * total);
      if (k < 1) k = Math.min(1, lengths.length - 1);
      const [i, j] = [2 * (c0 + Math.max(k - 1, 0)), 2 * (c0 + k)];
      const step = lengths[k] - lengths[Math.max(k - 1, 0)];
      const t = step > 0 ? (fraction * total - lengths[Math.max(k - 1, 0)]) / step : 0;
      return [xy[i] + t * (xy[j] - xy[i]), xy[i + 1] + t * (xy[j + 1] - xy[i + 1])];
    };
    path.moveTo(...place(from));
    lengths.forEach((length, k) => {
      if (length > from * total && length < to * total) path.lineTo(xy[2 * (c0 + k)], xy[2 * (c0 + k) + 1]);
    });
    path.lineTo(...place(to));
    for (const [x, y] of [place(from), place(to)]) {
      box.west = Math.min(box.west, x);
      box.east = Math.max(box.east, x);
      box.north = Math.min(box.north, y);
      box.south = Math.max(box.south, y);
    }
  }
  return { path, box };
}

/** Whether the walk from a home is on the map. */
function showsWalk(app) {
  return app.state.on.has("walks") && app.state.at?.type === "home" && app.data.ints("clusters.known")[app.state.at.i] === 1;
}

/** Paint the walk from the selected home: soft outline of each limit, then the streets, the longest walk first. */
function makeWalkPainter(app) {
  return (pen) => {
    if (!showsWalk(app)) return;
    const { rings } = walkHome(app, app.state.at.i);
    const { context } = pen;
    const wide = 2 * OFF_STREET_M * pen.metre * pen.px;
    for (let i = rings.length - 1; i >= 0; i--) {
      context.globalAlpha = 0.7;
      context.drawImage(...softOutline(pen, rings[i].path, wide, colour(`walk${Math.min(i, 2)}`)));
    }
    context.globalAlpha = 1;
    context.lineCap = "round";
    for (let i = rings.length - 1; i >= 0; i--) {
      context.strokeStyle = colour(`walk${Math.min(i, 2)}`);
      context.lineWidth = Math.max(2, Math.min(4.5, 5 * pen.metre)) * pen.px;
      context.stroke(rings[i].path);
    }
  };
}

/** The ground within reach as a pale tint with an edge: streets drawn wide, their inside taken out again. */
function softOutline(pen, path, wide, edge) {
  const { width, height } = pen.context.canvas;
  const layer = new OffscreenCanvas(width, height);
  const context = layer.getContext("2d");
  context.setTransform(pen.context.getTransform());
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = edge;
  context.lineWidth = wide + 2.4 * pen.px;
  context.stroke(path);
  context.globalCompositeOperation = "destination-out";
  context.lineWidth = wide;
  context.globalAlpha = 0.94;
  context.stroke(path);
  const { west, north, east, south } = pen.view;
  return [layer, west, north, east - west, south - north];
}

/** Bring the longest walk from a home into view. */
function showWalk(app, home) {
  const { box } = walkHome(app, home).rings.at(-1);
  if (!(box.east > box.west)) return;
  const bounds = L.latLngBounds(toLatLng(app, box.west, box.south), toLatLng(app, box.east, box.north));
  app.map.fitBounds(bounds, { ...roomForMap(), animate: false });
}

/** The home to walk from where the reader has chosen none: the one with the most people in a community, or in all. */
function fullestHome(app, community = -1) {
  const people = app.data.ints("clusters.people");
  const of = app.data.ints("clusters.community");
  const known = app.data.ints("clusters.known");
  let best = -1;
  for (let i = 0; i < people.length; i++) {
    if (!known[i] || (community >= 0 && of[i] !== community)) continue;
    if (best < 0 || people[i] > people[best]) best = i;
  }
  return best;
}
