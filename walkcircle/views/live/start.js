/** Start: unpack the data, lay the sheets, start the parts of the page, and keep the address in step. */

/** The sheets from below to above, with what repaints each: `panes` lie between Leaflet's tiles and its overlays. */
function makeSheets(app) {
  const border = makeBorderPainter(app);
  const walks = makeWalkPainter(app);
  const marks = makeMarkPainter(app);
  const goals = makeGoalPainter(app);
  const way = makeWayPainter(app);
  const glow = makeGlowPainter(app);
  const own = makeOwnPainter(app);
  const names = makeNamePainter(app);
  const all = [
    ["ground", 210, makeGroundPainter(app), "tiles"],
    ["areas", 220, makeAreaPainter(app), "measure on at"],
    ["streets", 230, makeStreetPainter(app), ""],
    ["walks", 236, (pen) => [walks, goals].forEach((paint) => paint(pen)), "on at door walker measure edits"],
    ["marks", 240, (pen) => [border, own, marks, names].forEach((paint) => paint(pen)), "measure on at edits"],
    ["glow", 250, (pen) => [way, glow].forEach((paint) => paint(pen)), "hover at"],
  ];
  return all.map(([name, z, paint, keys]) => {
    const pane = app.map.createPane(`walkcircle-${name}`);
    pane.style.zIndex = z;
    pane.style.pointerEvents = "none";
    const sheet = new Sheet(`walkcircle-${name}`, app.data.origin, paint).addTo(app.map);
    if (keys) app.onChange(keys, () => sheet.paint());
    return sheet;
  });
}

/** Paint the layers that a user packed (views/layers.py says how). */
function makeOwnPainter(app) {
  const own = listOwn(app).map(({ name, layer }) => ({
    name, layer, paths: layer.paint === "dots" ? null : makePaths(app.data.shapes(layer.shapes)),
  }));
  return (pen) => {
    const { context } = pen;
    for (const { name, layer, paths } of own) {
      if (!app.state.on.has(name)) continue;
      context.strokeStyle = context.fillStyle = layer.colour;
      context.lineWidth = 2 * pen.px;
      if (paths) {
        eachInView(paths, pen, (path) => {
          context.globalAlpha = 0.3;
          if (layer.paint === "areas") context.fill(path);
          context.globalAlpha = 1;
          context.stroke(path);
        });
      } else {
        const xy = app.data.places(layer.shapes);
        for (let i = 0; i < xy.length; i += 2) drawGlyph(pen, "circle", xy[i], xy[i + 1], 5, layer.colour);
      }
    }
  };
}

/** Online tiles, if the study allows them: an opaque layer under the results, only while it is switched on. */
function startTiles(app) {
  if (!app.data.tiles) return;
  const tiles = L.tileLayer(app.data.tiles, { maxZoom: 19, attribution: "© OpenStreetMap contributors" });
  const follow = () => {
    const on = app.state.on.has("tiles");
    if (on) tiles.addTo(app.map);
    else tiles.remove();
    for (const name of ["ground", "streets"]) app.map.getPane(`walkcircle-${name}`).style.display = on ? "none" : "";
  };
  app.onChange("on", follow);
  follow();
}

/** Print as a drawing: finer sheets, the panel as title block, the whole study area. */
function startPrint(app) {
  let before = null;
  const begin = () => {
    if (before) return;
    const check = document.getElementById("check");
    before = { centre: app.map.getCenter(), zoom: app.map.getZoom(), open: check.open, allRows: app.allRows };
    check.open = app.allRows = true;
    showRanking(app);
    document.body.classList.add("printing");
    // nothing on paper is cut off in the middle: first the places to check go, then the rows below the weakest
    const panel = document.getElementById("panel");
    const full = () => panel.scrollHeight > panel.clientHeight;
    if (full()) check.open = false;
    if (full()) {
      app.allRows = false;
      showRanking(app);
    }
    forgetColours();
    app.sheets.forEach((sheet) => { sheet.finer = 2; });
    app.map.invalidateSize({ animate: false });
    showAll(app, { animate: false });
    app.sheets.forEach((sheet) => sheet._update());
  };
  const end = () => {
    if (!before) return;
    document.body.classList.remove("printing");
    forgetColours();
    app.sheets.forEach((sheet) => { sheet.finer = 1; });
    app.map.invalidateSize({ animate: false });
    document.getElementById("check").open = before.open;
    app.allRows = before.allRows;
    showRanking(app);
    app.map.setView(before.centre, before.zoom, { animate: false });
    app.sheets.forEach((sheet) => sheet._update());
    before = null;
  };
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
}

/** Start the page on a Leaflet map with the payload in an element. */
async function start(map, element) {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("finding").textContent = "This map needs a browser from 2023 or later. 请使用 2023 年以后的浏览器。";
    return;
  }
  const data = await unpack(element);
  const app = { map, data, ...makeState(data) };
  app.say = makeWords(app);
  app.graph = makeGraph(data);
  app.probe = document.createElement("canvas").getContext("2d");
  const communities = data.shapes("communities");
  app.areaPaths = Array.from({ length: communities.count }, (_, i) => makePaths(communities, [i])[0]);

  const { values, view } = readFragment(app);
  Object.assign(app.state, values);
  startPanel(app);
  startCard(app);
  startLegend(app);
  startControls(app);
  if (view) map.setView([view[1], view[2]], view[0], { animate: false });
  else showAll(app, { animate: false });
  app.sheets = makeSheets(app);
  startTiles(app);
  startDoor(app);
  startPlans(app);
  startPointer(app);
  startPrint(app);
  L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  app.onChange("measure on at walker language", () => keepFragment(app));
  app.onChange("door", () => keepLater(app));
  map.on("moveend", () => keepFragment(app));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetColours();
    app.sheets.forEach((sheet) => sheet.paint());
    showLegend(app);
  });
  map.getContainer().dataset.ready = "true";
  // the open door for tests and for the curious
  Object.assign(app, {
    lackOf: (home) => lackOf(app, home),
    walkHome: (home) => walkHome(app, home),
    openFacility: (i) => openFacility(app, i),
  });
  map.getContainer().walkcircle = app;
  Object.assign(walkcircle, makeInterface(app));
  // what the first click needs, while nobody waits for it
  (window.requestIdleCallback || setTimeout)(() => walkHome(app, Math.max(fullestHome(app), 0)));
}
