/**
 * Ground: the basemap drawn from the study's own data. Green lies under the results; water, buildings and streets
 * over them, quiet enough that the results stay in front.
 */

/** Width of each street class on the ground in metres, and the least on the screen in pixels. */
const STREET_WIDTHS = {
  main: { metres: 9, least: 1.7, casing: true },
  minor: { metres: 6, least: 0.9, casing: true },
  service: { metres: 3.5, least: 0.5, casing: true, from: 14.5 },
  path: { metres: 1.2, least: 0.7, dash: [4, 2.5], from: 15 },
  steps: { metres: 1.6, least: 1, dash: [1.2, 1.2], from: 15 },
};

/** How far inside the edge of the data the ground outside the communities begins to fade, metres. */
const FADE_M = 220;
const FADE_MOST_PX = 70;

/** Paint green on paper. */
function makeGroundPainter(app) {
  const { data } = app;
  const green = makePaths(data.shapes(data.ground.green));
  return (pen) => {
    const { context, view } = pen;
    context.fillStyle = colour("paper");
    context.fillRect(view.west, view.north, view.east - view.west, view.south - view.north);
    context.fillStyle = colour("green");
    eachInView(green, pen, (path) => context.fill(path));
  };
}

/** Water over the results: a harbour inside a community is no ground to colour. */
function drawWater(pen, water) {
  const { context } = pen;
  context.fillStyle = colour("water");
  context.strokeStyle = colour("shore");
  context.lineWidth = 0.8 * pen.px;
  eachInView(water, pen, (path) => {
    context.fill(path);
    context.stroke(path);
  });
}

/** Paint water, buildings, streets and rail, then a veil over all that is not studied. */
function makeStreetPainter(app) {
  const { data } = app;
  const water = makePaths(data.shapes(data.ground.water));
  const buildings = makePaths(data.shapes(data.ground.buildings));
  const rail = makePaths(data.shapes(data.ground.rail));
  const streets = lineShapes(app);
  const classes = data.ints("streets.class");
  const of = data.streets.classes.map((_, c) =>
    makePaths(streets, Array.from({ length: streets.count }, (_, i) => i).filter((i) => classes[i] === c)),
  );
  const outside = new Path2D();
  const extent = makePaths(data.shapes(data.ground.extent))[0].path;
  const far = 2 ** 22;
  outside.rect(-far, -far, 2 * far, 2 * far);
  const communities = data.shapes("communities");
  for (let i = 0; i < communities.count; i++) traceShape(outside, communities, i, {});

  return (pen) => {
    const { context } = pen;
    drawWater(pen, water);
    context.fillStyle = colour("building");
    if (pen.zoom >= 13.5) eachInView(buildings, pen, (path) => context.fill(path));
    drawStreets(pen, of, data.streets.classes);
    drawRail(pen, rail);
    context.save();
    context.clip(outside, "evenodd");
    context.fillStyle = colour("veil");
    context.fill(outside, "evenodd");
    fadeEdge(pen, extent);
    context.restore();
  };
}

/**
 * Let the ground fade into paper where the data end, as a hand-drawn map does: nothing is known beyond. The edge is
 * drawn far outside the canvas and only its soft shadow falls on it.
 */
function fadeEdge(pen, extent) {
  const { context } = pen;
  const wide = Math.min(FADE_M * pen.metre, FADE_MOST_PX);
  const aside = 2 * context.canvas.width;
  context.clip(extent);
  context.translate((-aside * pen.px) / pen.fine, 0);
  context.shadowColor = context.strokeStyle = colour("paper");
  context.shadowOffsetX = aside;
  context.lineWidth = wide * pen.px;
  for (const blur of [1, 0.4]) {
    context.shadowBlur = blur * wide * pen.fine;
    context.stroke(extent);
  }
}

/** Casings first, then streets from the least to the greatest, so that crossings are open. */
function drawStreets(pen, of, names) {
  const { context } = pen;
  const drawn = names
    .map((name, c) => ({ paths: of[c], style: STREET_WIDTHS[name] }))
    .filter(({ style }) => style && pen.zoom >= (style.from || 0))
    .map((one) => ({ ...one, width: Math.max(one.style.metres * pen.metre, one.style.least) * pen.px }))
    .reverse();
  const thin = Math.min(1, 0.35 + 0.25 * (pen.zoom - 13)) * pen.px;
  for (const { paths, style, width } of drawn) {
    if (!style.casing) continue;
    context.strokeStyle = colour("casing");
    context.lineWidth = width + 2 * Math.max(thin, 0.3 * pen.px);
    eachInView(paths, pen, (path) => context.stroke(path));
  }
  context.lineCap = "round";
  for (const { paths, style, width } of drawn) {
    context.lineWidth = width;
    context.lineCap = style.dash ? "butt" : "round";
    context.strokeStyle = colour(style.dash ? "path" : "street");
    context.setLineDash((style.dash || []).map((part) => part * pen.px));
    context.globalAlpha = style.dash ? 0.75 : 1;
    eachInView(paths, pen, (path) => context.stroke(path));
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
  context.lineCap = "butt";
}

/** Rail: a thin line with ties. */
function drawRail(pen, rail) {
  const { context } = pen;
  context.strokeStyle = colour("rail");
  for (const [width, dash] of [[1.1, []], [4, [1, 7]]]) {
    context.lineWidth = width * pen.px;
    context.setLineDash(dash.map((part) => part * pen.px));
    eachInView(rail, pen, (path) => context.stroke(path));
  }
  context.setLineDash([]);
}
