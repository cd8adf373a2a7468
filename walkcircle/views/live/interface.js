/**
 * Interface: `window.walkcircle`, for whoever wants to ask the page from a console or a script of their own. Places are
 * longitude and latitude in degrees, times are minutes, walkers and kinds are named by their ids; the first walker of the
 * study walks where none is named. What cannot be reached is null.
 */

/** The functions of the interface; README.md lists them. */
function makeInterface(app) {
  const { data } = app;
  const findWalker = (name) => {
    const names = data.walkers.all.map((walker) => walker.name);
    const position = name === undefined ? 0 : names.indexOf(name);
    if (position < 0) throw new Error(`there is no walker '${name}'; the walkers are: ${names.join(", ")}`);
    return footingOf(app, position);
  };
  const walkFrom = (lon, lat, walker) => {
    const footing = findWalker(walker);
    const spots = snapPlace(app, footing, ...app.graph.toMetres(...projectDegrees(app, lon, lat)), "home");
    return startWalk(app, footing, spots);
  };
  return {
    kinds: () => data.standard.kinds.map(({ id }) => id),
    walkers: () => data.walkers.all.map(({ name }) => name),
    nearest(lon, lat, walker) {
      const found = findNearestOfEach(app, walkFrom(lon, lat, walker), data.walkers.search_min * 60);
      return Object.fromEntries(found.map(({ seconds, facility }, k) => [data.standard.kinds[k].id,
        facility < 0 ? null : { minutes: seconds / 60, facility: idOf(app, facility), name: nameOf(app, facility) || null }]));
    },
    minutes(lon, lat, walker) {
      const found = findNearestOfEach(app, walkFrom(lon, lat, walker), data.walkers.search_min * 60);
      return Object.fromEntries(found.map(({ seconds }, k) => [data.standard.kinds[k].id, seconds < Infinity ? seconds / 60 : null]));
    },
    isochrone: (lon, lat, minutes, walker) => describeReach(app, walkFrom(lon, lat, walker), minutes),
    show: (lon, lat) => setDoor(app, ...projectDegrees(app, lon, lat)),
    propose: (kind, lon, lat, options) => addProposal(app, kind, lon, lat, options),
    move: (facility, lon, lat, kind) => moveFacility(app, facility, lon, lat, kind),
    close: (facility, kind) => closeFacility(app, facility, kind),
    undo: () => undoEdit(app),
    proposals: () => exportEdits(app).features.map(({ properties, geometry }) => (
      { ...properties, lon: geometry?.coordinates[0] ?? null, lat: geometry?.coordinates[1] ?? null })),
    coverage: () => measureCoverage(app),
    exportProposals: () => exportEdits(app),
    importProposals: (collection) => importEdits(app, collection),
  };
}

/** The id of a facility or a proposal. */
function idOf(app, i) {
  const count = app.data.facilities.ids.length;
  return i < count ? app.data.facilities.ids[i] : planOf(app).proposals[i - count].id;
}

/** What is reached within some minutes, as GeoJSON: the ground as a MultiPolygon, the streets as a MultiLineString. */
function describeReach(app, walk, minutes) {
  const limit = minutes * 60;
  walkOn(walk, limit);
  const stretches = cutStreets(app, walk, [limit]);
  const [metres] = measureStretches(app.graph, stretches, 1);
  const degrees = (x, y) => unprojectPixels(app, ...app.graph.toPixels(x, y));
  const lines = [];
  stretches.edge.forEach((e, k) => {
    if (stretches.slot[k] > 0) return;
    const line = [];
    const add = (x, y) => line.push(degrees(x, y));
    traceStretch(app.graph, app.graph.xy, e, stretches.from[k], stretches.to[k], add, add);
    lines.push(line);
  });
  const close = (ring) => {
    const places = Array.from({ length: ring.length / 2 }, (_, i) => degrees(ring[2 * i], ring[2 * i + 1]));
    return [...places, places[0]];
  };
  const [rings] = traceGround(app, stretches, [0, 1], 1);
  const polygons = groupRings(rings).map((polygon) => polygon.map(close));
  const feature = (what, type, coordinates) => (
    { type: "Feature", properties: { what, minutes, metres, walker: walk.footing.walker.name }, geometry: { type, coordinates } });
  return { type: "FeatureCollection", features: [feature("ground", "MultiPolygon", polygons), feature("streets", "MultiLineString", lines)] };
}
