/**
 * What if: facilities proposed, moved and closed, and whom that serves, as walkcircle/scenario.py counts it: each kind by
 * its own walker and for its own people. Edits are a list; what they make of the place is worked out from the list, so that
 * taking the last one back restores all.
 */

/** How the ids of facilities begin that were given none (proposals.PROPOSED). */
const PROPOSED = "proposal/";

/** What stands after all edits: facilities of the place that are closed, and places that are proposed. */
function planOf(app) {
  const edits = app.edits ||= [];
  if (app.plan?.count === edits.length && app.plan.last === edits.at(-1)) return app.plan;
  const closed = new Set();
  const placed = new Map();
  for (const edit of edits) {
    for (const row of edit.rows) closed.add(row);
    for (const key of edit.drops) placed.delete(key);
    for (const place of edit.places) placed.set(`${place.id} ${place.kind}`, place);
  }
  app.plan = { closed, proposals: [...placed.values()], count: edits.length, last: edits.at(-1) };
  return app.plan;
}

/** Whether a facility of the place is closed. */
function isClosed(app, row) {
  return planOf(app).closed.has(row);
}

/** Make an edit, and let the page know. */
function addEdit(app, edit) {
  (app.edits ||= []).push({ rows: [], drops: [], places: [], ...edit });
  app.change({ edits: app.state.edits + 1 });
}

/** Take the last edit back; false where there is none. */
function undoEdit(app) {
  if (!app.edits?.length) return false;
  app.edits.pop();
  app.change({ edits: app.state.edits + 1 });
  return true;
}

/** The number of a kind by its id. */
function findKind(app, id) {
  const kinds = app.data.standard.kinds.map((kind) => kind.id);
  const kind = kinds.indexOf(id);
  if (kind < 0) throw new Error(`there is no kind '${id}'; the kinds are: ${kinds.join(", ")}`);
  return kind;
}

/** A proposed place: its spots for the walker of its kind, and who would be served. */
function makeProposal(app, id, kind, lon, lat, name = null) {
  const footing = footingOf(app, app.data.walkers.of_kind[kind]);
  const [x, y] = projectDegrees(app, lon, lat);
  const spots = snapPlace(app, footing, ...app.graph.toMetres(x, y), "place");
  if (!spots.length) {
    throw new Error(`the site ${lon},${lat} is too far from any street; it must lie within ${app.data.walkers.within_m} m of one`);
  }
  return { id, kind, lon, lat, x, y, name, seconds: secondsFrom(app, kind, footing, spots) };
}

/** Propose a facility of a kind, and return its id. */
function addProposal(app, kindId, lon, lat, { name = null, id = null } = {}) {
  const kind = findKind(app, kindId);
  const known = new Set([...app.data.facilities.ids, ...planOf(app).proposals.map((place) => place.id)]);
  let number = 0;
  while (!id && known.has(PROPOSED + number)) number++;
  const named = id || PROPOSED + number;
  if (id && known.has(id)) throw new Error(`there is a facility '${id}' already; give the new one another id, or none`);
  const place = makeProposal(app, named, kind, lon, lat, name);
  addEdit(app, { places: [place], feature: { action: "add", kind: kindId, name, facility: named }, point: [lon, lat] });
  return named;
}

/** What there is of an id: rows of the place's facilities, and proposals. */
function findFacility(app, id, kindId = null) {
  const { closed, proposals } = planOf(app);
  const kind = kindId === null ? -1 : findKind(app, kindId);
  const of = app.data.ints("facilities.kind");
  const meant = (one) => one >= 0 && (kind < 0 || one === kind);
  const rows = app.data.facilities.ids.flatMap((one, row) => (one === id && !closed.has(row) && meant(of[row]) ? [row] : []));
  const places = proposals.filter((place) => place.id === id && meant(place.kind));
  if (!rows.length && !places.length) throw new Error(`there is no facility '${id}' here${kindId ? ` of kind '${kindId}'` : ""}`);
  return { rows, places };
}

/** Close a facility, or one kind of what it is. */
function closeFacility(app, id, kindId = null) {
  const { rows, places } = findFacility(app, id, kindId);
  addEdit(app, { rows, drops: places.map((place) => `${id} ${place.kind}`), feature: { action: "close", facility: id, kind: kindId } });
}

/** Move a facility to another place. */
function moveFacility(app, id, lon, lat, kindId = null) {
  const { rows, places } = findFacility(app, id, kindId);
  const of = app.data.ints("facilities.kind");
  const kinds = [...rows.map((row) => ({ kind: of[row], name: nameOf(app, row) })), ...places];
  const moved = kinds.map(({ kind, name }) => makeProposal(app, id, kind, lon, lat, name));
  addEdit(app, { rows, places: moved, feature: { action: "move", facility: id, kind: kindId }, point: [lon, lat] });
}

/** Seconds from every home to the nearest of some spots, Infinity beyond the limit of a kind. */
function secondsFrom(app, kind, footing, spots) {
  const limit = app.data.walkers.limits_min[kind] * 60 + ROUNDING_S;
  const { graph } = app;
  const search = openSearch(graph.nodes, inwardOf(app, footing));
  const along = new Map();
  for (const spot of spots) {
    for (const side of [0, 1]) {
      search.offer(graph.ends[2 * spot.edge + side], arriveBy(footing, spot.edge, spot.fraction, spot.seconds, side), -1);
    }
    along.set(spot.edge, [...(along.get(spot.edge) || []), spot]);
  }
  search.extend(limit);
  const { homes } = footing;
  const seconds = new Float64Array(homes.start.length - 1).fill(Infinity);
  for (let k = 0; k < homes.edge.length; k++) {
    const home = { edge: homes.edge[k], fraction: homes.fraction[k], seconds: homes.seconds[k] };
    let best = Infinity;
    for (const side of [0, 1]) {
      const node = graph.ends[2 * home.edge + side];
      if (search.done[node]) best = Math.min(best, search.seconds[node] + leaveBy(footing, home, side));
    }
    for (const spot of along.get(home.edge) || []) best = Math.min(best, walkAlong(footing, home, spot.edge, spot.fraction, spot.seconds));
    if (best <= limit) seconds[homes.item[k]] = Math.min(seconds[homes.item[k]], best);
  }
  return seconds;
}

/** Seconds from every home to the nearest of the place's facilities of a kind that are not closed. */
function secondsToOpen(app, kind, closed) {
  const of = app.data.ints("facilities.kind");
  const gone = [...closed].filter((row) => of[row] === kind).sort((a, b) => a - b).join();
  app.standing ??= new Map();
  const key = `${kind}:${gone}`;
  if (!app.standing.has(key)) {
    const footing = footingOf(app, app.data.walkers.of_kind[kind]);
    const { places, homes, doors } = footing;
    const open = (k) => of[places.item[k]] === kind && !closed.has(places.item[k]);
    const spots = [];
    for (let k = 0; k < places.edge.length; k++) {
      if (open(k)) spots.push({ edge: places.edge[k], fraction: places.fraction[k], seconds: places.seconds[k] });
    }
    const seconds = secondsFrom(app, kind, footing, spots);
    // from a door to itself nothing is walked
    for (let d = 0; d < doors.length; d += 2) if (open(doors[d + 1])) seconds[homes.item[doors[d]]] = 0;
    app.standing.set(key, seconds);
  }
  return app.standing.get(key);
}

/** Who has what in time now, and had before: people per community and kind, of all kinds or of some. */
function measureCoverage(app, some = null) {
  const { data } = app;
  const { closed, proposals } = planOf(app);
  const community = data.ints("clusters.community");
  const none = new Set();
  const covered = data.ints("covered");
  return data.standard.kinds.flatMap((kind, k) => {
    if (some && !some.includes(k)) return [];
    const walker = data.walkers.of_kind[k];
    const { homes } = footingOf(app, walker);
    const limit = data.walkers.limits_min[k] * 60 + ROUNDING_S;
    const [before, now] = [secondsToOpen(app, k, none), secondsToOpen(app, k, closed)];
    const added = proposals.filter((place) => place.kind === k);
    const rows = data.communities.ids.map((id) => (
      { community: id, kind: kind.id, walker: data.walkers.all[walker].name, known: 0, covered: 0, coveredBefore: 0 }));
    for (let home = 0; home < community.length; home++) {
      const row = rows[community[home]];
      if (!row || homes.start[home] === homes.start[home + 1]) continue;
      const people = demandOf(app, home, k);
      row.known += people;
      // as long as nothing changes for a home, the tables say whether it is in time
      const was = covered[k * community.length + home] === 1;
      const is = now[home] === before[home] ? was : now[home] <= limit;
      if (was) row.coveredBefore += people;
      if (is || added.some(({ seconds }) => seconds[home] <= limit)) row.covered += people;
    }
    return rows.map((row) => ({
      ...row, share: row.known > 0 ? row.covered / row.known : null, shareBefore: row.known > 0 ? row.coveredBefore / row.known : null,
    }));
  });
}

/** The edits as the GeoJSON that `walkcircle whatif --proposals` reads (sources/scenarios.py). */
function exportEdits(app) {
  const features = (app.edits || []).map(({ feature, point }) => ({
    type: "Feature",
    properties: Object.fromEntries(Object.entries(feature).filter(([, value]) => value !== null)),
    geometry: point ? { type: "Point", coordinates: point } : null,
  }));
  return { type: "FeatureCollection", features };
}

/** Make the edits of such a file, all or none; links and closed streets are for Python. */
function importEdits(app, collection) {
  const features = collection?.type === "Feature" ? [collection] : collection?.features;
  if (!Array.isArray(features)) throw new Error("this is no GeoJSON FeatureCollection");
  const before = (app.edits ||= []).length;
  try {
    features.forEach(({ properties, geometry }, i) => {
      const { action = geometry ? "add" : null, kind = null, facility = null, name = null, way = null } = properties || {};
      const point = geometry?.type === "Point" ? geometry.coordinates : null;
      if ((geometry && !point) || way !== null) throw new Error(`feature ${i + 1}: links and streets are measured by walkcircle whatif`);
      if (action === "close" && facility !== null) closeFacility(app, String(facility), kind);
      else if (action === "move" && facility !== null && point) moveFacility(app, String(facility), point[0], point[1], kind);
      else if (action === "add" && kind !== null && point) addProposal(app, kind, point[0], point[1], { name, id: facility });
      else throw new Error(`feature ${i + 1}: to ${action} takes more than is there`);
    });
  } catch (error) {
    app.edits.length = before;
    app.change({ edits: app.state.edits + 1 });
    throw error;
  }
  return features.length;
}
