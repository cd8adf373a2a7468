/** Pointer: what is under it, a tooltip of at most three lines, and what a click chooses. */

/** How near in pixels a mark must be to be meant. */
const REACH_PX = { facility: 9, home: 12 };

/** Listen to the map. */
function startPointer(app) {
  const { map } = app;
  let waiting = null;
  map.on("mousemove", (event) => {
    const first = waiting === null;
    waiting = event;
    if (first) {
      requestAnimationFrame(() => {
        const latest = waiting;
        waiting = null;
        const found = findAt(app, latest.latlng);
        app.change({ hover: found });
        showTip(app, found, latest.containerPoint);
      });
    }
  });
  map.on("mouseout movestart", () => {
    app.change({ hover: null });
    showTip(app, null);
  });
  map.on("click", (event) => choose(app, findAt(app, event.latlng), event.latlng));
}

/** A place on the map in payload pixels. */
function toPayload(app, latlng) {
  const world = app.map.project(latlng, PAYLOAD_ZOOM);
  return [world.x - app.data.origin[0], world.y - app.data.origin[1]];
}

/** A place in payload pixels on the map. */
function toLatLng(app, x, y) {
  return app.map.unproject([x + app.data.origin[0], y + app.data.origin[1]], PAYLOAD_ZOOM);
}

/** What is at a place: a facility, a home, or the community. */
function findAt(app, latlng) {
  const [x, y] = toPayload(app, latlng);
  const px = 2 ** (PAYLOAD_ZOOM - app.map.getZoom());
  const goal = findGoal(app, x, y, REACH_PX.facility * px);
  if (goal >= 0) return { type: "facility", i: goal };
  const facility = findNearest(app.data.places("facilities"), x, y, REACH_PX.facility * px,
    (i) => showsFacility(app, i).shown);
  if (facility >= 0) return { type: "facility", i: facility };
  const { on } = app.state;
  if (on.has("homes") || on.has("gaps") || on.has("checks")) {
    const marked = (i) => on.has("homes") || isLack(app, i);
    const home = findNearest(app.data.places("clusters"), x, y, REACH_PX.home * px, marked);
    if (home >= 0) return { type: "home", i: home };
  }
  const community = findCommunity(app, x, y);
  return community >= 0 ? { type: "community", i: community } : null;
}

/** Whether a home is drawn as one that lacks something. */
function isLack(app, i) {
  const lack = lackOf(app, i);
  return (app.state.on.has("gaps") && lack.gap.length > 0) || (app.state.on.has("checks") && lack.check.length > 0);
}

/** The nearest of the places within reach that `counts`, or -1. */
function findNearest(xy, x, y, reach, counts) {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < xy.length / 2; i++) {
    const apart = (xy[2 * i] - x) ** 2 + (xy[2 * i + 1] - y) ** 2;
    if (apart <= least && counts(i)) {
      least = apart;
      best = i;
    }
  }
  return best;
}

/** Choose what was clicked: a facility opens a popup and keeps the selection; all else is a doorstep to walk from. */
function choose(app, found, latlng) {
  if (found?.type === "facility") openFacility(app, found.i);
  else if (found?.type === "home") app.change({ at: found });
  else setDoor(app, ...toPayload(app, latlng));
}

/** The facility at a place that is the nearest of its kind from the doorstep, or -1. */
function findGoal(app, x, y, reach) {
  if (!showsWalk(app)) return -1;
  const goals = nearestSelected(app).filter(({ facility }) => facility >= 0).map(({ facility }) => facility);
  const at = findNearest(goals.flatMap((facility) => pixelsOf(app, facility)), x, y, reach, () => true);
  return at < 0 ? -1 : goals[at];
}

/** Open the popup of a facility. */
function openFacility(app, i) {
  const body = make("div", {}, ...facilityLines(app, i).map((text, n) => make(n ? "div" : "b", { text })), closeButton(app, i));
  L.popup({ maxWidth: 260 }).setLatLng(toLatLng(app, ...pixelsOf(app, i))).setContent(body).openOn(app.map);
}

/** Name, kind and source of a facility. */
function facilityLines(app, i) {
  const { data, say } = app;
  const name = nameOf(app, i);
  const kind = data.standard.kinds[kindOf(app, i)];
  const label = kind.label[app.state.language];
  if (i >= data.facilities.ids.length) return [name || label, name ? label : say("proposed"), say("proposed_line")];
  const source = data.facilities.sources[data.ints("facilities.source")[i]];
  const lines = [name || label, name ? label : say("unnamed"),
    source === "osm" ? say("from_osm") : say("from_register", { register: source })];
  if (!data.ints("facilities.joined")[i]) lines[2] = say("not_snapped");
  return lines;
}

/** The lines of a tooltip: people before percentages. */
function tipLines(app, found) {
  const { data, say, state } = app;
  if (found.type === "facility") {
    const best = showsWalk(app) && nearestSelected(app).find(({ facility }) => facility === found.i);
    const walk = best ? [say("goal_line", { minutes: roundUp(best.seconds) })] : [];
    return [...facilityLines(app, found.i).slice(0, 2), ...walk];
  }
  if (found.type === "community") return communityLines(app, found.i);
  const lack = lackOf(app, found.i);
  const lines = [say("home", { count: writeCount(data.ints("clusters.people")[found.i] / PEOPLE_PARTS) })];
  const named = (kinds) => {
    const first = kinds.slice(0, 2).map((k) => data.standard.kinds[k].label[state.language]).join(", ");
    return kinds.length > 2 ? `${first} ${say("check_and", { count: kinds.length - 2 })}` : first;
  };
  if (lack.gap.length) lines.push(say("without_kinds", { kinds: named(lack.gap) }));
  if (lack.check.length) lines.push(say("check_line", { reason: named(lack.check) }));
  return lines;
}

/** Name, people, and the chosen measure of a community. */
function communityLines(app, i) {
  const { data, say, state } = app;
  const { communities } = data;
  const lines = [communities.names[i], say("residents", { count: writeCount(communities.people[i]) })];
  if (!communities.people[i]) return [lines[0], say("nobody")];
  if (state.measure < 0) {
    lines.push(indexLine(app, i));
    return lines;
  }
  const kind = communities.kinds[state.measure];
  const who = whomOf(app, i, state.measure);
  lines[1] = say(kind.check[i] ? "share_line_unsure" : "share_line", {
    who, covered: writeCount(kind.covered[i]), known: writeCount(kind.known[i]), share: kind.text[i] ?? "–",
  });
  if (kind.check[i]) lines.push(say("unsure_line", { who, count: writeCount(kind.unsure[i]), reason: kind.reason[state.language][i] }));
  if (kind.standin[i]) lines.push(say("stand_in_line", { who: data.standard.kinds[state.measure].people[state.language] }));
  return lines;
}

/** Index and rank of a community, or why there is none. */
function indexLine(app, i) {
  const { communities, standard } = app.data;
  const index = communities.index.text[i];
  if (index === null) return app.say("index_unknown", { firm: communities.firm[i], kinds: standard.kinds.length });
  if (communities.rank[i] === null) return app.say("index_unranked", { index });
  const ranked = communities.rank.filter((rank) => rank !== null).length;
  return app.say("index_line", { index, rank: communities.rank[i], ranked });
}

/** Show or hide the tooltip beside the pointer, inside the window. */
function showTip(app, found, point = null) {
  const tip = document.getElementById("tip");
  tip.hidden = !found || !point;
  if (tip.hidden) return;
  tip.replaceChildren(...tipLines(app, found).map((text, n) => make(n ? "div" : "b", { text })));
  const size = app.map.getSize();
  const left = point.x + 16 + tip.offsetWidth > size.x ? point.x - tip.offsetWidth - 12 : point.x + 16;
  tip.style.transform = `translate(${left}px, ${Math.min(point.y + 14, size.y - tip.offsetHeight - 34)}px)`;
}
