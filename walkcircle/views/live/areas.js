/** Areas: the one choropleth, the outline of the weakest tenth, and the names, which never overlap. */

/** What the chosen measure says of the communities. */
function measured(app) {
  const { communities } = app.data;
  return app.state.measure < 0 ? communities.index : communities.kinds[app.state.measure];
}

/** Whether an index is shown for a community that is not ranked because hardly anybody lives there. */
function isFew(app, i) {
  const { communities } = app.data;
  return app.state.measure < 0 && communities.rank[i] === null && communities.index.band[i] >= 0;
}

/** Whether the index may as well be of a lower class, since what some residents have is unsure. */
function isDoubtful(app, i) {
  return app.state.measure < 0 && app.data.communities.index.doubt[i];
}

/** Paint the class of each community; what is not known is hatched, what is not ranked is drawn faintly. */
function makeAreaPainter(app) {
  const shapes = app.data.shapes("communities");
  const paths = app.areaPaths.map(({ path }) => path);
  return (pen) => {
    const { context } = pen;
    if (app.state.on.has("areas")) {
      const unknown = hatch(pen, "hatch", { ground: "unknown" });
      const few = hatch(pen, "paper", { gap: 6, width: 4 });
      const doubt = hatch(pen, "hatch", { gap: 9 });
      const { band } = measured(app);
      const walking = showsWalk(app); // the walk comes to the front, the communities step back
      for (let i = 0; i < shapes.count; i++) {
        if (!touch(app.areaPaths[i].box, pen.view)) continue;
        context.globalAlpha = walking ? 0.3 : 0.88;
        context.fillStyle = band[i] < 0 ? unknown : colour(`band${band[i]}`);
        context.fill(paths[i]);
        if (isDoubtful(app, i)) {
          context.fillStyle = doubt;
          context.fill(paths[i]);
        }
        if (!isFew(app, i)) continue;
        context.fillStyle = few; // nobody should look first where two people live
        context.fill(paths[i]);
      }
      context.globalAlpha = 1;
    }
  };
}

/** Paint the borders and the weakest tenth; they stand over the streets. */
function makeBorderPainter(app) {
  const { communities } = app.data;
  const paths = app.areaPaths.map(({ path }) => path);
  return (pen) => {
    const { context } = pen;
    context.strokeStyle = colour("halo");
    context.lineWidth = 2.4 * pen.px;
    paths.forEach((path) => context.stroke(path));
    context.strokeStyle = colour("border");
    context.lineWidth = 0.9 * pen.px;
    paths.forEach((path) => context.stroke(path));
    if (app.state.on.has("weakest")) {
      communities.weakest.forEach((weak, i) => weak && outline(pen, paths[i], "accent", 3));
    }
  };
}

/** Paint the names over all marks. */
function makeNamePainter(app) {
  return (pen) => {
    if (app.state.on.has("names")) drawNames(app, pen);
  };
}

/** Outline an area with a line that keeps to its inside, so that neighbours can tell whose it is. */
function outline(pen, path, role, width) {
  const { context } = pen;
  context.save();
  context.clip(path);
  context.strokeStyle = colour("halo");
  context.lineWidth = 2 * (width + 1.5) * pen.px;
  context.stroke(path);
  context.strokeStyle = colour(role);
  context.lineWidth = 2 * width * pen.px;
  context.stroke(path);
  context.restore();
}

/** Outline what the pointer or the keyboard is on. */
function makeGlowPainter(app) {
  return (pen) => {
    for (const [one, width] of [[app.state.at, 2], [app.state.hover, 2.4]]) {
      if (one?.type === "community") outline(pen, app.areaPaths[one.i].path, "glow", width);
      if (one?.type === "home") ringHome(app, pen, one.i);
      if (one?.type === "facility") ringFacility(app, pen, one.i);
    }
  };
}

/** Names with their value below: the weakest and the largest first, none over another or outside its area. */
function drawNames(app, pen) {
  const { communities } = app.data;
  const middle = app.data.places("communities.middle");
  const { text, band } = measured(app);
  const order = communities.names.map((_, i) => i).sort(
    (a, b) => communities.weakest[b] - communities.weakest[a] || communities.people[b] - communities.people[a] || a - b,
  );
  const taken = [];
  for (const i of order) {
    const name = communities.names[i];
    const small = band[i] < 0 ? "" : text[i]; // the hatch already says that it is not known
    const room = app.areaPaths[i].box;
    const spot = placeName(pen, name, middle[2 * i], middle[2 * i + 1], taken);
    if (!spot || spot.width > ((room.east - room.west) / pen.px) * 1.25) continue;
    taken.push(spot.box);
    writeName(pen, name, small, middle[2 * i], middle[2 * i + 1], communities.weakest[i] && app.state.on.has("weakest"));
  }
}

/** Where a name would stand on the screen, or null where another stands. */
function placeName(pen, name, x, y, taken) {
  const { context } = pen;
  context.font = NAME_FONT;
  const width = context.measureText(name).width;
  const box = {
    west: x / pen.px - width / 2 - 4, east: x / pen.px + width / 2 + 4, north: y / pen.px - 18, south: y / pen.px + 20,
  };
  return taken.some((other) => touch(box, other)) ? null : { width, box };
}

const FACE = '"Noto Sans","Noto Sans CJK SC","Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei",system-ui,sans-serif';
const NAME_FONT = `600 12.5px ${FACE}`;
const VALUE_FONT = `500 12px ${FACE}`;

/** Write a name and its value, centred, with a halo of paper. */
function writeName(pen, name, value, x, y, weak) {
  const { context } = pen;
  context.save();
  context.translate(x, y);
  context.scale(pen.px, pen.px);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const [font, text, dy, role] of [
    [NAME_FONT, name, value ? -7 : 0, "ink"],
    [VALUE_FONT, value, 8, weak ? "accent" : "ink"],
  ]) {
    context.font = font;
    context.strokeStyle = colour("halo");
    context.lineWidth = 3.5;
    context.strokeText(text, 0, dy);
    context.fillStyle = colour(role);
    context.fillText(text, 0, dy);
  }
  context.restore();
}

/** The community under a place in payload pixels, or -1. */
function findCommunity(app, x, y) {
  const context = app.probe;
  return app.areaPaths.findIndex(
    ({ path, box }) =>
      x >= box.west && x <= box.east && y >= box.north && y <= box.south && context.isPointInPath(path, x, y),
  );
}
