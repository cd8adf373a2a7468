/** Controls: the layers in one list, search, zoom, language and the keyboard. */

/** Start all controls. */
function startControls(app) {
  app.onChange("language on", () => showSwitches(app));
  showSwitches(app);
  startSearch(app);
  const click = (id, act) => document.getElementById(id).addEventListener("click", act);
  click("language", () => app.change({ language: app.state.language === "zh" ? "en" : "zh" }));
  const zoomBy = (step) => app.map.setZoomAround(middleOfMap(app), app.map.getZoom() + step);
  click("zoom-in", () => zoomBy(0.5));
  click("zoom-out", () => zoomBy(-0.5));
  click("zoom-home", () => showAll(app));
  click("print", () => window.print());
  click("grip", () => {
    const open = document.body.classList.toggle("sheet-open");
    document.getElementById("grip").setAttribute("aria-expanded", String(open));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    app.map.closePopup();
    showTip(app, null);
    app.change({ at: null, hover: null });
  });
}

/** The middle of what the panel leaves of the map. */
function middleOfMap(app) {
  const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = roomForMap();
  const size = app.map.getSize();
  return L.point((left + size.x - right) / 2, (top + size.y - bottom) / 2);
}

/** Bring the whole study area into view. */
function showAll(app, options = {}) {
  const [[west, north], [east, south]] = app.data.bounds;
  const bounds = L.latLngBounds(toLatLng(app, west, south), toLatLng(app, east, north));
  const room = roomForMap();
  app.map.fitBounds(bounds, { ...room, ...options, animate: false });
  const legend = document.getElementById("legend").getBoundingClientRect();
  const beside = legend.top > window.innerHeight / 2;
  if (beside && coversCommunity(app, legend)) {
    // room above the legend or beside it, whichever shows more
    const above = { ...room, paddingBottomRight: [room.paddingBottomRight[0], room.paddingBottomRight[1] + legend.height] };
    const right = { ...room, paddingTopLeft: [legend.right + 12, room.paddingTopLeft[1]] };
    const zoom = ({ paddingTopLeft: a, paddingBottomRight: b }) => app.map.getBoundsZoom(bounds, false, L.point(a).add(b));
    app.map.fitBounds(bounds, { ...(zoom(above) >= zoom(right) ? above : right), ...options, animate: false });
  }
}

/** Whether a box of the window lies over a corner of a community. */
function coversCommunity(app, box) {
  const { xy } = app.data.shapes("communities");
  for (let i = 0; i < xy.length; i += 2) {
    const { x, y } = app.map.latLngToContainerPoint(toLatLng(app, xy[i], xy[i + 1]));
    if (x > box.left && x < box.right + 8 && y > box.top - 8 && y < box.bottom) return true;
  }
  return false;
}

/** The layers by group, each with a name and its words. */
function listLayers(app) {
  const { data, say, state } = app;
  const places = data.standard.categories
    .map((category, c) => ({ name: `places-${c}`, label: category.label[state.language], colour: category.colour, c }))
    .filter(({ c }) => data.standard.kinds.some((kind) => kind.category === c));
  const groups = [
    ["group_results", ["areas", "weakest", "names", "gaps", "checks"].map((name) => ({ name, label: say(`layer_${name}`) }))],
    ["group_walks", ["walks", "homes"].map((name) => ({ name, label: say(`layer_${name}`) }))],
    ["group_facilities", places],
    ["group_own", listOwn(app)],
    ["group_ground", data.tiles ? [{ name: "tiles", label: say("layer_tiles") }] : []],
  ];
  return groups.filter(([, layers]) => layers.length);
}

/** Layers that a user packed into the page beside those of walkcircle. */
function listOwn(app) {
  return Object.entries(app.data).filter(([, layer]) => layer?.paint)
    .map(([name, layer]) => ({ name: `own-${name}`, label: layer.label, layer }));
}

/** Show one fieldset with a legend per group and a real checkbox per layer. */
function showSwitches(app) {
  const { say } = app;
  const focused = document.activeElement?.name;
  const form = document.getElementById("switches");
  form.replaceChildren(...listLayers(app).map(([group, layers]) =>
    make("fieldset", {}, make("legend", { text: say(group) }), ...layers.map((layer) => makeSwitch(app, layer)))));
  if (focused) form.elements.namedItem(focused)?.focus();
}

/** A checkbox with its label. */
function makeSwitch(app, { name, label, colour: role }) {
  const box = make("input", { type: "checkbox", name, onchange: () => switchLayer(app, name, box.checked) });
  box.checked = app.state.on.has(name);
  return make("label", {}, box, role ? swatch(role) : null, make("span", { text: label }));
}

/** Switch a layer; walks need a home to start from. */
function switchLayer(app, name, wanted) {
  const on = new Set(app.state.on);
  if (wanted) on.add(name);
  else on.delete(name);
  const { at } = app.state;
  if (name === "walks" && wanted && at?.type !== "home" && at?.type !== "door") {
    const home = fullestHome(app, at?.type === "community" ? at.i : -1);
    if (home >= 0) {
      app.change({ on, at: { type: "home", i: home } });
      return showWalk(app);
    }
  }
  return app.change({ on });
}

/** Search communities and facilities by name; the browser's own list offers what was found. */
function startSearch(app) {
  const { data } = app;
  const input = document.getElementById("search");
  const fold = (text) => text.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const names = data.communities.names.map((name, i) => ({ name, key: fold(name), type: "community", i }));
  const of = data.ints("facilities.name");
  const kinds = data.ints("facilities.kind");
  of.forEach((n, i) => {
    const name = data.facilities.names[n];
    if (name && kinds[i] >= 0) names.push({ name, key: fold(name), type: "facility", i });
  });
  const matches = (text) => {
    const key = fold(text.trim());
    return key ? names.filter((one) => one.key.includes(key)) : [];
  };
  input.addEventListener("input", () => {
    const found = [...new Set(matches(input.value).map(({ name }) => name))].slice(0, 20);
    document.getElementById("found").replaceChildren(...found.map((value) => make("option", { value })));
    document.getElementById("search-none").textContent = "";
    const exact = names.find(({ name }) => name === input.value);
    if (exact) goTo(app, exact);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const [first] = matches(input.value);
    if (first) goTo(app, first);
    else document.getElementById("search-none").textContent = app.say("search_none");
  });
}

/** Go to what was searched for; a facility's category is switched on so that it can be seen. */
function goTo(app, { type, i }) {
  if (type === "community") return visit(app, i);
  const category = app.data.standard.kinds[app.data.ints("facilities.kind")[i]].category;
  app.change({ on: new Set([...app.state.on, `places-${category}`]) });
  const xy = app.data.places("facilities");
  app.map.setView(toLatLng(app, xy[2 * i], xy[2 * i + 1]), Math.max(app.map.getZoom(), 16), { animate: !quietMotion() });
  return openFacility(app, i);
}
