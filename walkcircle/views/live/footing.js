/**
 * Footing: the streets as one walker finds them, as walkcircle/footing.py makes it: seconds each way, which edges may
 * be entered, arcs for searches, and where homes and facilities meet the streets (spots).
 */

/** Seconds of edge e from its first to its last node are `along[2 * e]`, back `along[2 * e + 1]`; Infinity is closed. */
function makeFooting(app, position) {
  const { data, graph } = app;
  const walker = data.walkers.all[position];
  const along = new Float64Array(2 * graph.edges);
  ["forth", "back"].forEach((side, way) => {
    const coded = data.ints(`walkers.${position}.${side}`);
    for (let e = 0; e < graph.edges; e++) {
      const level = Math.floor(Math.round(graph.metres[e] * 100) / walker.pace + 0.5);
      along[2 * e + way] = coded[e] ? (level + coded[e] - (coded[e] > 0)) / 100 : Infinity;
    }
  });
  const footing = { walker, pace: walker.pace, along, enter: findEntries(graph, walker.gates), position };
  footing.outward = makeArcs(graph, footing, false);
  footing.allowed = { home: allowEdges(graph, footing, false), place: allowEdges(graph, footing, true) };
  for (const name of ["homes", "places"]) footing[name] = readSpots(data, graph, footing, `walkers.${position}.${name}`);
  footing.doors = data.ints(`walkers.${position}.doors`);
  return footing;
}

/** Footings of the walkers that were asked for. */
function footingOf(app, position = app.state.walker) {
  app.graph ??= makeGraph(app.data);
  app.footings ??= [];
  app.footings[position] ??= makeFooting(app, position);
  return app.footings[position];
}

/** Whether each edge may be entered from its first and last node: who lives behind a gate leaves, nobody cuts through. */
function findEntries(graph, gates) {
  const enter = new Uint8Array(2 * graph.edges).fill(1);
  if (gates !== "resident") return enter;
  const open = new Uint8Array(graph.nodes);
  for (let h = 0; h < enter.length; h++) if (!(graph.marks[h >> 1] & (PRIVATE | LINK))) open[graph.ends[h]] = 1;
  for (let h = 0; h < enter.length; h++) if (graph.marks[h >> 1] & PRIVATE && open[graph.ends[h]]) enter[h] = 0;
  return enter;
}

/**
 * Arcs sorted by their tail, those of node v from `start[v]` to `start[v + 1]`: the node each leads to, its seconds, and
 * `way`, twice the edge and one more where it is walked from last to first. `reversed` they are sorted by their head.
 */
function makeArcs(graph, { along, enter }, reversed) {
  const { ends } = graph;
  const count = new Int32Array(graph.nodes);
  const side = (h) => (reversed ? ends[h ^ 1] : ends[h]);
  for (let h = 0; h < along.length; h++) if (enter[h] && along[h] < Infinity) count[side(h)]++;
  const start = sumUp(count);
  const at = start.slice();
  const [head, way, seconds] = [new Int32Array(start.at(-1)), new Int32Array(start.at(-1)), new Float64Array(start.at(-1))];
  for (let h = 0; h < along.length; h++) {
    if (!enter[h] || along[h] === Infinity) continue;
    const k = at[side(h)]++;
    head[k] = reversed ? ends[h] : ends[h ^ 1];
    way[k] = h;
    seconds[k] = along[h];
  }
  return { start, head, way, seconds };
}

/** Arcs for searches from a place to those who walk to it. */
function inwardOf(app, footing) {
  footing.inward ??= makeArcs(app.graph, footing, true);
  return footing.inward;
}

/** Which edges doors may join (analysis.snap_clusters, snap_facilities): 2 where they lead somewhere, 1 others. */
function allowEdges(graph, { along }, publicOnly) {
  const usable = (e) => along[2 * e] < Infinity || along[2 * e + 1] < Infinity;
  const make = (open) => {
    const allowed = new Uint8Array(graph.edges);
    for (let e = 0; e < graph.edges; e++) {
      if (!usable(e) || graph.marks[e] & TUNNEL || (open && graph.marks[e] & PRIVATE)) continue;
      allowed[e] = graph.marks[e] & (APART | LINK) ? 1 : 2;
    }
    return allowed;
  };
  const anyOpen = publicOnly && along.some((_, h) => usable(h >> 1) && !(graph.marks[h >> 1] & PRIVATE));
  return make(anyOpen);
}

/** Where things meet the streets: spots of thing i from `start[i]` to `start[i + 1]`, with fraction and leg in seconds. */
function readSpots(data, graph, { pace }, name) {
  const [items, edge, along, leg] = ["item", "edge", "along", "leg"].map((column) => data.ints(`${name}.${column}`));
  const things = name.endsWith("homes") ? data.clusters.ids.length : data.facilities.ids.length;
  const count = new Int32Array(things);
  const item = new Int32Array(items.length);
  for (let k = 0, i = 0; k < items.length; k++) {
    i += items[k];
    item[k] = i;
    count[i]++;
  }
  const fraction = Float64Array.from(along, (cm, k) => {
    const metres = graph.metres[edge[k]];
    return metres > 0 ? Math.min(cm / 100 / metres, 1) : 0;
  });
  return { item, edge, fraction, seconds: Float64Array.from(leg, (cm) => cm / 100 / pace), start: sumUp(count) };
}

/** The spots of one thing as records. */
function spotsOf({ start, edge, fraction, seconds }, i) {
  return Array.from({ length: start[i + 1] - start[i] }, (_, n) => {
    const k = start[i] + n;
    return { edge: edge[k], fraction: fraction[k], seconds: seconds[k] };
  });
}
