/** Marks: residents without (circles whose area is people), homes (dots), and facilities (a glyph per kind). */

/** Radius in pixels of a circle for one resident at zoom 15; it grows a little as one comes nearer. */
const RADIUS_PER_ROOT = 0.62;

/** People are kept in so many parts (views/layers.py). */
const PEOPLE_PARTS = 1000;

/** Zoom from which a facility of a kind that is not chosen is drawn in full size. */
const FULL_GLYPH_ZOOM = 16;

/**
 * What each home lacks for the chosen measure: `gap` people certainly without, `check` people perhaps without.
 * For the index these are residents without at least one kind.
 */
function lackOf(app, home) {
  const { data, state } = app;
  const community = data.ints("clusters.community")[home];
  if (!data.ints("clusters.known")[home]) return { gap: [], check: [], people: 0 };
  const verdict = data.ints("clusters.verdict");
  const count = data.standard.kinds.length;
  const kinds = state.measure < 0 ? [...Array(count).keys()] : [state.measure];
  const missing = kinds.filter((kind) => verdict[home * count + kind] !== 1 && demandOf(app, home, kind) > 0);
  const people = Math.max(0, ...missing.map((kind) => demandOf(app, home, kind)));
  const thin = (kind) =>
    community < 0 || data.communities.kinds[kind].thin[community] || verdict[home * count + kind] === 2;
  return { gap: missing.filter((kind) => !thin(kind)), check: missing.filter(thin), people };
}

/** People of a home whom a kind serves: those of its group, or all residents where these stand in. */
function demandOf(app, home, kind) {
  const { group } = app.data.standard.kinds[kind];
  return app.data.ints(group ? `demand.${group}` : "clusters.people")[home] / PEOPLE_PARTS;
}

/** Whom the numbers of a kind count in a community. */
function whomOf(app, i, kind) {
  const { communities, standard } = app.data;
  return communities.kinds[kind].standin[i] ? app.say("everybody") : standard.kinds[kind].people[app.state.language];
}

/** Radius on the screen of a circle for so many people. */
function radiusOf(pen, people) {
  return Math.max(1.6, RADIUS_PER_ROOT * Math.sqrt(people) * 1.25 ** (pen.zoom - 15));
}

/** Paint gaps, homes and facilities, as far as they are switched on. */
function makeMarkPainter(app) {
  const { data } = app;
  const homes = data.places("clusters");
  return (pen) => {
    if (app.state.on.has("homes")) drawHomes(app, pen, homes);
    if (app.state.on.has("checks")) drawLacks(app, pen, homes, "check");
    if (app.state.on.has("gaps")) drawLacks(app, pen, homes, "gap");
    drawFacilities(app, pen);
  };
}

/** Circles for residents without, the largest first so that small ones stay visible. */
function drawLacks(app, pen, homes, which) {
  const { context } = pen;
  const fill = which === "gap" ? colour("accentsoft") : hatch(pen, "hatch", { gap: 4.5, width: 1 });
  const found = [];
  for (let i = 0; i < homes.length / 2; i++) {
    const lack = lackOf(app, i);
    if (!lack[which].length || (which === "check" && lack.gap.length)) continue;
    found.push([i, lack.people]);
  }
  found.sort((a, b) => b[1] - a[1]);
  for (const [i, people] of found) {
    context.beginPath();
    context.arc(homes[2 * i], homes[2 * i + 1], radiusOf(pen, people) * pen.px, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = colour(which === "gap" ? "accent" : "hatch");
    context.lineWidth = 1.3 * pen.px;
    context.stroke();
  }
}

/** Homes as small dots whose area is people. */
function drawHomes(app, pen, homes) {
  const { context } = pen;
  const people = app.data.ints("clusters.people");
  const known = app.data.ints("clusters.known");
  context.lineWidth = 1 * pen.px;
  for (let i = 0; i < homes.length / 2; i++) {
    const radius = Math.max(1.4, 0.22 * Math.sqrt(people[i] / PEOPLE_PARTS) * 1.25 ** (pen.zoom - 15));
    context.beginPath();
    context.arc(homes[2 * i], homes[2 * i + 1], radius * pen.px, 0, 2 * Math.PI);
    context.strokeStyle = colour("paper");
    context.fillStyle = colour(known[i] ? "ink" : "hatch");
    context.fill();
    context.stroke();
  }
}

/** Whether a facility is on the map, and whether it is of the chosen kind. */
function showsFacility(app, i) {
  const kind = app.data.ints("facilities.kind")[i];
  if (kind < 0 || isClosed(app, i)) return { shown: false };
  const category = app.data.standard.kinds[kind].category;
  return { shown: app.state.on.has(`places-${category}`), strong: app.state.measure === kind, kind };
}

/** Facilities: chosen kind strong and last, the others small. */
function drawFacilities(app, pen) {
  const { data } = app;
  const xy = data.places("facilities");
  const { standard } = data;
  const shown = [];
  for (let i = 0; i < xy.length / 2; i++) {
    const one = showsFacility(app, i);
    if (one.shown && xy[2 * i] >= pen.view.west && xy[2 * i] <= pen.view.east) shown.push({ i, ...one });
  }
  shown.sort((a, b) => a.strong - b.strong || a.i - b.i);
  const near = Math.min(1, Math.max(0, (pen.zoom - 13) / (FULL_GLYPH_ZOOM - 13)));
  for (const { i, kind, strong } of shown) {
    const { category, glyph } = standard.kinds[kind];
    const size = strong ? 6.5 : 2.4 + 2.4 * near;
    drawGlyph(pen, glyph, xy[2 * i], xy[2 * i + 1], size, colour(standard.categories[category].colour));
  }
}

/** Draw one glyph, filled, with an edge of paper so that it reads on any ground. */
function drawGlyph(pen, glyph, x, y, size, fill) {
  const { context } = pen;
  context.save();
  context.translate(x, y);
  context.scale(pen.px, pen.px);
  context.beginPath();
  GLYPH_PATHS[glyph](context, size);
  context.strokeStyle = colour("paper");
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = fill;
  context.fill("evenodd");
  context.restore();
}

/** The outline of each glyph (views/palette.py) around the middle. */
const GLYPH_PATHS = {
  circle: (c, r) => c.arc(0, 0, r, 0, 2 * Math.PI),
  square: (c, r) => c.rect(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r),
  triangle: (c, r) => polygon(c, [[0, -1.15 * r], [1.05 * r, 0.75 * r], [-1.05 * r, 0.75 * r]]),
  diamond: (c, r) => polygon(c, [[0, -1.25 * r], [1.05 * r, 0], [0, 1.25 * r], [-1.05 * r, 0]]),
  cross: (c, r) => {
    const a = 0.4 * r;
    polygon(c, [[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a], [-r, a], [-r, -a],
      [-a, -a]]);
  },
  ring: (c, r) => {
    c.arc(0, 0, r, 0, 2 * Math.PI);
    c.moveTo(0.45 * r, 0);
    c.arc(0, 0, 0.45 * r, 0, 2 * Math.PI);
  },
  bar: (c, r) => c.rect(-1.1 * r, -0.5 * r, 2.2 * r, r),
  star: (c, r) => polygon(c, Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 ? 0.5 * r : 1.2 * r;
    return [reach * Math.sin((i * Math.PI) / 5), -reach * Math.cos((i * Math.PI) / 5)];
  })),
};

/** Add a closed polygon to the path that is being drawn. */
function polygon(context, corners) {
  corners.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/** Ring a home that is selected or under the pointer. */
function ringHome(app, pen, i) {
  const xy = app.data.places("clusters");
  ring(pen, xy[2 * i], xy[2 * i + 1], 7);
}

/** Ring a facility under the pointer. */
function ringFacility(app, pen, i) {
  ring(pen, ...pixelsOf(app, i), 9);
}

/** A ring in the colour of the pointer with a halo of paper. */
function ring(pen, x, y, radius) {
  const { context } = pen;
  for (const [role, width] of [["halo", 5], ["glow", 2.2]]) {
    context.beginPath();
    context.arc(x, y, radius * pen.px, 0, 2 * Math.PI);
    context.strokeStyle = colour(role);
    context.lineWidth = width * pen.px;
    context.stroke();
  }
}
