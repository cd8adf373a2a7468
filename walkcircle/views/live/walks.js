/**
 * Walks: how far one gets from a doorstep or a home, worked out in the page over the same streets, seconds and gates as in
 * Python, and drawn as streets coloured by minute with a soft outline at each limit.
 */

/** Holes in the ground that is reached are outlined from this size on the screen. */
const LEAST_HOLE_PX = 60;

/** The limits of the study, minutes. */
function limitsOf(app) {
  return app.data.clusters.minutes.map(Number);
}

/** Whether the walk from what is selected is on the map. */
function showsWalk(app) {
  const { at, on } = app.state;
  if (at?.type === "door") return on.has("walks") && walkSelected(app).spots.length > 0;
  return on.has("walks") && at?.type === "home" && app.data.ints("clusters.known")[at.i] === 1;
}

/** The walk from the selected doorstep or home, kept until another is selected. */
function walkSelected(app) {
  const { at, door } = app.state;
  const walker = at?.type === "home" ? 0 : app.state.walker; // the tables of homes are those of the first
  const place = at?.type === "home" ? at.i : door;
  const kept = app.walked;
  if (kept && kept.place === place && kept.walker === walker) return kept;
  const footing = footingOf(app, walker);
  const spots = at?.type === "home" ? spotsOf(footing.homes, at.i) : snapPlace(app, footing, ...app.graph.toMetres(door.x, door.y), "home");
  app.walked = { place, walker, ...drawWalk(app, footing, spots) };
  return app.walked;
}

/** Walk from spots up to the longest limit, and draw it: a path for each minute, and one for each outline. */
function drawWalk(app, footing, spots) {
  const limits = limitsOf(app);
  const walk = startWalk(app, footing, spots);
  const most = Math.max(...limits);
  walkOn(walk, most * 60);
  const minutes = Array.from({ length: Math.ceil(most) }, (_, i) => Math.min(i + 1, most));
  const levels = [...new Set([...minutes, ...limits])].sort((a, b) => a - b);
  const stretches = cutStreets(app, walk, levels.map((minute) => minute * 60));
  const rank = [...levels.map((level) => limits.filter((limit) => limit < level).length), limits.length];
  const metres = measureStretches(app.graph, stretches, levels.length);
  const { xy } = lineShapes(app);
  const paths = levels.map(() => new Path2D());
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  stretches.edge.forEach((e, k) => {
    const path = paths[stretches.slot[k]];
    if (!path) return;
    const widen = (x, y) => {
      box.west = Math.min(box.west, x);
      box.east = Math.max(box.east, x);
      box.north = Math.min(box.north, y);
      box.south = Math.max(box.south, y);
    };
    traceStretch(app.graph, xy, e, stretches.from[k], stretches.to[k],
      (x, y) => { path.moveTo(x, y); widen(x, y); }, (x, y) => { path.lineTo(x, y); widen(x, y); });
  });
  const rings = limits.map((limit) => ({
    metres: metres.reduce((sum, length, i) => sum + (levels[i] <= limit ? length : 0), 0),
  }));
  const ground = traceGround(app, stretches, rank, limits.length);
  const outlines = ground.map((shape) => ({
    inside: makeRingPath(app, shape),
    rings: shape.map((ring) => ({ path: makeRingPath(app, [ring]), metres: Math.sqrt(Math.abs(measureRing(ring)) / 2), hole: measureRing(ring) < 0 })),
  }));
  return { walk, spots, levels, paths, rings, outlines, box, ground, stretches };
}

/** A path of rings of metres. */
function makeRingPath(app, rings) {
  const path = new Path2D();
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = app.graph.toPixels(ring[i], ring[i + 1]);
      if (i) path.lineTo(x, y);
      else path.moveTo(x, y);
    }
    path.closePath();
  }
  return path;
}

/** The colour of a street that is reached at a minute: between those of the limits, darkest at the door. */
function colourMinute(app, minute) {
  const limits = limitsOf(app);
  const middles = limits.map((limit, i) => (limit + (limits[i - 1] || 0)) / 2);
  const role = (i) => `walk${Math.min(i, 2)}`;
  const after = middles.findIndex((middle) => middle >= minute);
  if (after === 0) return colour(role(0));
  if (after < 0) return colour(role(limits.length - 1));
  const t = (minute - middles[after - 1]) / (middles[after] - middles[after - 1]);
  return mixColours(colour(role(after - 1)), colour(role(after)), t);
}

/** A colour between two of the form #rrggbb. */
function mixColours(one, other, t) {
  const parts = [1, 3, 5].map((i) => {
    const [a, b] = [one, other].map((text) => parseInt(text.slice(i, i + 2), 16));
    return Math.round(a + t * (b - a));
  });
  return `rgb(${parts.join()})`;
}

/** Paint the selected walk: the ground within each limit, its outline, then the streets, the farthest first. */
function makeWalkPainter(app) {
  return (pen) => {
    if (!showsWalk(app)) return;
    const { paths, levels, outlines } = walkSelected(app);
    const { context } = pen;
    const role = (i) => colour(`walk${Math.min(i, 2)}`);
    context.fillStyle = role(2);
    context.globalAlpha = 0.15; // one tint upon the other: the nearer, the deeper
    for (let i = outlines.length - 1; i >= 0; i--) context.fill(outlines[i].inside);
    context.globalAlpha = 0.9;
    for (let i = outlines.length - 1; i >= 0; i--) {
      context.strokeStyle = role(i);
      // a hole has an edge where it is large on the screen; around every block it would only be noise
      for (const { path, metres, hole } of outlines[i].rings) {
        if (hole && metres * pen.metre < LEAST_HOLE_PX) continue;
        context.lineWidth = (hole ? 0.9 : 1.6) * pen.px;
        context.stroke(path);
      }
    }
    context.globalAlpha = 1;
    context.lineJoin = "bevel"; // thin lines, and by far the most of them
    const width = Math.max(1.3, Math.min(4.5, 5.5 * pen.metre));
    for (let i = paths.length - 1; i >= 0; i--) {
      context.strokeStyle = colourMinute(app, levels[i] - 0.5);
      context.lineWidth = width * pen.px;
      context.stroke(paths[i]);
    }
    context.lineJoin = "round";
  };
}

/** Bring the longest walk from what is selected into view. */
function showWalk(app) {
  const { box } = walkSelected(app);
  if (!(box.east > box.west)) return;
  const bounds = L.latLngBounds(toLatLng(app, box.west, box.south), toLatLng(app, box.east, box.north));
  app.map.fitBounds(bounds, { ...roomForMap(), animate: false });
}

/** Walk from a home by its position, for tests: the length of the streets reached within each limit. */
function walkHome(app, home) {
  const footing = footingOf(app, 0);
  return drawWalk(app, footing, spotsOf(footing.homes, home));
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
