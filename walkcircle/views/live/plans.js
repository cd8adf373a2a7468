/** Plans: what the reader proposes, as pins that can be dragged, and whom that would serve, in the panel. */

/** Keep pins and panel up to date, and offer what a doorstep and a facility can become. */
function startPlans(app) {
  const pins = new Map();
  const follow = () => {
    showPlan(app);
    const { proposals } = planOf(app);
    const wanted = new Map(proposals.map((place) => [`${place.id} ${place.kind}`, place]));
    for (const [key, pin] of pins) {
      if (wanted.has(key)) continue;
      pin.remove();
      pins.delete(key);
    }
    for (const [key, place] of wanted) {
      if (!pins.has(key)) pins.set(key, addPin(app, place));
      pins.get(key).setLatLng([place.lat, place.lon]);
    }
  };
  app.onChange("edits language", follow);
  follow();
}

/** A pin in the blue of proposals with the glyph of its kind; while it is dragged, the numbers follow. */
function addPin(app, { id, kind, lat, lon }) {
  const picture = make("canvas", { width: 52, height: 52, "aria-hidden": "true" });
  const context = picture.getContext("2d");
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.beginPath();
  context.arc(13, 13, 11, 0, 2 * Math.PI);
  context.fillStyle = colour("proposal");
  context.fill();
  context.strokeStyle = colour("paper");
  context.lineWidth = 2;
  context.stroke();
  drawGlyph({ context, px: 1 }, app.data.standard.kinds[kind].glyph, 13, 13, 5, colour("paper"));
  const icon = L.divIcon({ className: "proposal", iconSize: [26, 26], html: picture });
  const pin = L.marker([lat, lon], { icon, draggable: true, keyboard: false, zIndexOffset: 1100 });
  let edit = null; // that of this drag, which every step of it replaces
  let waiting = false;
  pin.on("dragstart", () => { edit = null; });
  pin.on("drag", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      edit = dragProposal(app, id, app.data.standard.kinds[kind].id, pin.getLatLng(), edit);
    });
  });
  pin.on("dragend", () => {
    const place = planOf(app).proposals.find((one) => one.id === id && one.kind === kind);
    if (place) pin.setLatLng([place.lat, place.lon]); // back to where a street is near
  });
  return pin.addTo(app.map);
}

/** Move a proposal as part of a drag, and return the edit; away from all streets it stays where it was. */
function dragProposal(app, id, kindId, { lat, lng }, edit) {
  const before = edit && app.edits.at(-1) === edit ? app.edits.pop() : null;
  try {
    moveFacility(app, id, Math.round(lng * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7, kindId);
  } catch {
    if (before) app.edits.push(before);
  }
  return app.edits.at(-1);
}

/** Whom the edits would serve, kind by kind, and what can be done with them. */
function showPlan(app) {
  const { say, state, data } = app;
  const section = document.getElementById("plan");
  const edits = app.edits || [];
  section.hidden = !edits.length;
  if (!edits.length) return;
  const { closed, proposals } = planOf(app);
  const of = data.ints("facilities.kind");
  const kinds = [...new Set([...proposals.map(({ kind }) => kind), ...[...closed].map((row) => of[row])])].filter((k) => k >= 0).sort((a, b) => a - b);
  const rows = kinds.map((k) => {
    const sum = (column) => measureCoverage(app, [k]).reduce((total, row) => total + row[column], 0);
    const [known, was, now] = ["known", "coveredBefore", "covered"].map(sum);
    const share = (people) => (known > 0 ? `${((100 * people) / known).toFixed(0)} %` : "–");
    const more = Math.round(now) - Math.round(was);
    const kind = data.standard.kinds[k];
    return make("tr", { class: more < 0 ? "gap" : null },
      make("th", { scope: "row", text: kind.label[state.language] }),
      make("td", {},
        make("span", { text: say(more < 0 ? "plan_fewer" : "plan_more", { count: writeCount(Math.abs(more)), who: kind.people[state.language] }) }),
        make("small", { text: say("plan_share", { before: share(was), after: share(now) }) })));
  });
  const button = (key, act) => make("button", { type: "button", class: "quiet", text: say(key), onclick: act });
  section.replaceChildren(
    make("h2", { text: say("plan_title", { count: edits.length }) }), table(rows),
    make("p", { class: "acts" }, button("plan_undo", () => undoEdit(app)), button("plan_save", () => saveProposals(app))));
}

/** Save the edits as a file for `walkcircle whatif --proposals`. */
function saveProposals(app) {
  const text = `${JSON.stringify(exportEdits(app), null, 1)}\n`;
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/geo+json" })), download: "proposals.geojson" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A choice of what to propose at the doorstep. */
function proposeHere(app) {
  const { data, say, state } = app;
  const select = make("select", { "aria-label": say("plan_propose"), onchange: () => {
    const [lon, lat] = unprojectPixels(app, state.door.x, state.door.y);
    addProposal(app, select.value, lon, lat);
  } }, make("option", { value: "", text: say("plan_propose") }),
  ...data.standard.kinds.map(({ id, label }) => make("option", { value: id, text: label[state.language] })));
  return select;
}

/** The button that closes a facility of the place. */
function closeButton(app, i) {
  const { data, say } = app;
  if (i >= data.facilities.ids.length || isClosed(app, i)) return null;
  return make("button", { type: "button", class: "quiet", text: say("plan_close"), onclick: () => {
    app.map.closePopup();
    closeFacility(app, data.facilities.ids[i], data.standard.kinds[kindOf(app, i)].id);
  } });
}
