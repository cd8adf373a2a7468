/**
 * Graph: the study's walking streets as typed arrays, in metres from the first node, unpacked from views/graphs.py.
 * An edge is a stretch of street between two nodes; what walkers find there is in footing.js.
 */

/** What the bits of `streets.marks` say. */
const PRIVATE = 1;
const TUNNEL = 2;
const APART = 4; // of a short piece of street that nothing joins
const LINK = 8; // only proposed

/** Unpack the graph: nodes, edges with their corners (`corner[e]` to `corner[e + 1]` of `xy`), lengths and marks. */
function makeGraph(data) {
  const { step } = data.streets;
  const nodes = data.places("streets.nodes");
  const ends = joinEnds(data.ints("streets.first"), data.ints("streets.last"));
  const inner = data.ints("streets.inner");
  const moves = data.ints("streets.moves");
  const edges = inner.length;
  const corner = new Int32Array(edges + 1);
  for (let e = 0; e < edges; e++) corner[e + 1] = corner[e] + inner[e] + 2;
  const xy = new Float64Array(2 * corner[edges]);
  const before = new Float64Array(corner[edges]); // how far along its edge each corner is drawn, metres
  const metres = new Float64Array(edges);
  const length = data.ints("streets.length");
  for (let e = 0, m = 0, c = 0; e < edges; e++) {
    let [x, y] = [nodes[2 * ends[2 * e]], nodes[2 * ends[2 * e] + 1]];
    let steps = 0;
    const set = (toX, toY) => {
      steps += Math.sqrt((toX - x) ** 2 + (toY - y) ** 2);
      [x, y] = [toX, toY];
      before[c] = steps * step;
      xy[2 * c] = x * step;
      xy[2 * c++ + 1] = y * step;
    };
    set(x, y);
    for (let i = 0; i < inner[e]; i++, m += 2) set(x + moves[m], y + moves[m + 1]);
    set(nodes[2 * ends[2 * e + 1]], nodes[2 * ends[2 * e + 1] + 1]);
    metres[e] = (Math.floor(steps * step * 100 + 0.5) + length[e]) / 100;
  }
  return {
    nodes: nodes.length / 2, edges, ends, corner, xy, before, metres,
    marks: data.ints("streets.marks"),
    toMetres: makePolynomial(data.streets.metres),
    toPixels: makePolynomial(data.streets.pixels),
  };
}

/** First and last node of each edge, from differences. */
function joinEnds(first, last) {
  const ends = new Int32Array(2 * first.length);
  for (let e = 0, node = 0; e < first.length; e++) {
    node += first[e];
    ends[2 * e] = node;
    ends[2 * e + 1] = node + last[e];
  }
  return ends;
}

/** A function from one plane to another: two polynomials of x and y. */
function makePolynomial({ middle, scale, degree, terms }) {
  return (x, y) => {
    const u = (x - middle[0]) / scale;
    const v = (y - middle[1]) / scale;
    let [outX, outY, k] = [0, 0, 0];
    for (let i = 0, power = 1; i <= degree; i++, power *= u) {
      for (let j = 0, term = power; j <= degree - i; j++, k++, term *= v) {
        outX += terms[k][0] * term;
        outY += terms[k][1] * term;
      }
    }
    return [outX, outY];
  };
}

/** The lines of all edges in payload pixels, as shapes that the painters draw (unpack.js). */
function lineShapes(app) {
  const { graph } = app;
  graph.shapes ??= (() => {
    const xy = new Float64Array(graph.xy.length);
    for (let i = 0; i < xy.length; i += 2) [xy[i], xy[i + 1]] = graph.toPixels(graph.xy[i], graph.xy[i + 1]);
    const run = Int32Array.from({ length: graph.edges + 1 }, (_, e) => e);
    return { xy, run, corner: graph.corner, count: graph.edges };
  })();
  return graph.shapes;
}

/** The Mercator pixels of the payload (views/payload.py) at a longitude and latitude. */
function projectDegrees(app, lon, lat) {
  const world = 256 * 2 ** PAYLOAD_ZOOM;
  const y = Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI;
  return [((lon + 180) / 360) * world - app.data.origin[0], ((1 - y) / 2) * world - app.data.origin[1]];
}

/** Longitude and latitude of payload pixels, to a millimetre. */
function unprojectPixels(app, x, y) {
  const world = 256 * 2 ** PAYLOAD_ZOOM;
  const lon = ((x + app.data.origin[0]) / world) * 360 - 180;
  const north = Math.PI * (1 - (2 * (y + app.data.origin[1])) / world);
  const lat = (360 / Math.PI) * Math.atan(Math.exp(north)) - 90;
  return [Math.round(lon * 1e8) / 1e8, Math.round(lat * 1e8) / 1e8];
}
