/** Door: the doorstep that the reader chose anywhere on the map, its pin, the keys that move it, and what is nearest. */

/** How far an arrow key moves the doorstep, screen pixels; with Shift five times as far. */
const STEP_PX = 8;

/** Set the doorstep at a place in payload pixels; the layer of walks is switched on with it. */
function setDoor(app, x, y) {
  const { on } = app.state;
  // while the doorstep moves nothing else is painted again
  app.change({ door: { x, y }, at: { type: "door", i: 0 }, on: on.has("walks") ? on : new Set([...on, "walks"]) });
}

/** The pin, and the keys while the map has the focus. */
function startDoor(app) {
  const icon = L.divIcon({ className: "pin", iconSize: [30, 38], iconAnchor: [15, 36] });
  const pin = L.marker([0, 0], { icon, draggable: true, keyboard: false, autoPan: true, zIndexOffset: 1000 });
  let waiting = false;
  pin.on("drag", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (app.state.at?.type === "door") setDoor(app, ...toPayload(app, pin.getLatLng()));
    });
  });
  pin.on("dragstart", () => showTip(app, null));
  pin.on("dragend", () => setDoor(app, ...toPayload(app, pin.getLatLng())));
  const follow = () => {
    const { at, door } = app.state;
    if (at?.type !== "door") return pin.remove();
    pin.setLatLng(toLatLng(app, door.x, door.y));
    if (!app.map.hasLayer(pin)) pin.addTo(app.map);
    pin.getElement().title = app.say("door_drag");
    return pin;
  };
  app.onChange("door at language", follow);
  follow();
  // before Leaflet, which pans by the same keys
  app.map.getContainer().addEventListener("keydown", (event) => moveByKey(app, event), { capture: true });
}

/** Enter sets the doorstep in the middle of the map, arrows move it. */
function moveByKey(app, event) {
  if (event.target !== app.map.getContainer() || event.altKey || event.ctrlKey || event.metaKey) return;
  const { at, door } = app.state;
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (event.key === "Enter") setDoor(app, ...toPayload(app, app.map.containerPointToLatLng(middleOfMap(app))));
  else if (arrows[event.key] && at?.type === "door") {
    const step = STEP_PX * (event.shiftKey ? 5 : 1) * 2 ** (PAYLOAD_ZOOM - app.map.getZoom());
    setDoor(app, door.x + step * arrows[event.key][0], door.y + step * arrows[event.key][1]);
    const point = app.map.latLngToContainerPoint(toLatLng(app, app.state.door.x, app.state.door.y));
    const room = roomForMap();
    const inside = L.bounds(room.paddingTopLeft, app.map.getSize().subtract(room.paddingBottomRight)).contains(point);
    if (!inside) app.map.panTo(toLatLng(app, app.state.door.x, app.state.door.y), { animate: !quietMotion() });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The nearest of each kind from the doorstep or home that is selected, kept with its walk. */
function nearestSelected(app) {
  const kept = walkSelected(app);
  if (kept.edits !== app.state.edits) {
    kept.nearest = findNearestOfEach(app, kept.walk, app.data.walkers.search_min * 60);
    kept.edits = app.state.edits;
  }
  return kept.nearest;
}

/** The way from the doorstep to a facility, where it is one of those within the search limit. */
function pathTo(app, facility) {
  const { walk } = walkSelected(app);
  const best = nearestSelected(app).find((one) => one.facility === facility);
  const spots = best ? [best.at] : listSpots(app, walk.footing, facility);
  const paths = spots.map((spot) => findPath(app, walk, spot.edge, spot.fraction, spot.seconds)).filter(Boolean);
  return paths.sort((a, b) => a.seconds - b.seconds)[0] || null;
}

/** Paint what is nearest of each kind, and the way to that of the chosen kind. */
function makeGoalPainter(app) {
  return (pen) => {
    if (!showsWalk(app)) return;
    const found = nearestSelected(app).filter(({ facility }) => facility >= 0);
    const aim = found.find(({ facility }) => kindOf(app, facility) === app.state.measure);
    if (aim) drawPath(app, pen, aim.facility);
    for (const { facility } of found) drawGoal(app, pen, facility, facility === aim?.facility ? 8 : 5.5);
  };
}

/** Paint the way to the facility under the pointer. */
function makeWayPainter(app) {
  return (pen) => {
    const { hover } = app.state;
    if (hover?.type !== "facility" || !showsWalk(app)) return;
    drawPath(app, pen, hover.i);
    drawGoal(app, pen, hover.i, 8);
  };
}

/** The glyph of a facility in its colour. */
function drawGoal(app, pen, facility, size) {
  const { standard } = app.data;
  const { category, glyph } = standard.kinds[kindOf(app, facility)];
  drawGlyph(pen, glyph, ...pixelsOf(app, facility), size, colour(standard.categories[category].colour));
}

/** Draw the way to a facility: along the streets, and dotted from the street to its door. */
function drawPath(app, pen, facility) {
  const path = pathTo(app, facility);
  if (!path) return;
  const { context } = pen;
  const { at, door } = app.state;
  const { xy } = lineShapes(app);
  const line = new Path2D();
  let begun = false;
  for (const [e, from, to] of path.parts) {
    const corners = [];
    const add = (x, y) => corners.push([x, y]);
    traceStretch(app.graph, xy, e, Math.min(from, to), Math.max(from, to), add, add);
    if (from > to) corners.reverse();
    for (const [x, y] of corners) {
      if (begun) line.lineTo(x, y);
      else line.moveTo(x, y);
      begun = true;
    }
  }
  context.lineCap = context.lineJoin = "round";
  for (const [role, width] of [["paper", 9], ["glow", 3.6]]) {
    context.strokeStyle = colour(role);
    context.lineWidth = width * pen.px;
    context.stroke(line);
  }
  const [first, last] = [path.parts[0], path.parts.at(-1)];
  const ends = [[first[0], first[1], at.type === "door" ? [door.x, door.y] : null], [last[0], last[2], pixelsOf(app, facility)]];
  context.setLineDash([0.1 * pen.px, 5 * pen.px]);
  for (const [e, fraction, place] of ends) {
    if (!place) continue;
    context.beginPath();
    traceStretch(app.graph, xy, e, fraction, fraction, (x, y) => context.moveTo(x, y), () => {});
    context.lineTo(...place);
    context.stroke();
  }
  context.setLineDash([]);
  context.lineCap = "butt";
}

/** The spots of a facility or a proposal for a walker. */
function listSpots(app, footing, facility) {
  const count = app.data.facilities.ids.length;
  if (facility < count) return spotsOf(footing.places, facility);
  const place = planOf(app).proposals[facility - count];
  return place ? snapPlace(app, footing, ...app.graph.toMetres(place.x, place.y), "place") : [];
}

/** Kind, name and place of a facility, or of a proposal: those are numbered on behind the facilities. */
function kindOf(app, i) {
  const count = app.data.facilities.ids.length;
  return i < count ? app.data.ints("facilities.kind")[i] : planOf(app).proposals[i - count].kind;
}

function nameOf(app, i) {
  const count = app.data.facilities.ids.length;
  return i < count ? app.data.facilities.names[app.data.ints("facilities.name")[i]] : planOf(app).proposals[i - count].name || "";
}

function pixelsOf(app, i) {
  const count = app.data.facilities.ids.length;
  if (i >= count) return [planOf(app).proposals[i - count].x, planOf(app).proposals[i - count].y];
  const xy = app.data.places("facilities");
  return [xy[2 * i], xy[2 * i + 1]];
}
