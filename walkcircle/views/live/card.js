/** Card: what is known of the community or home that was chosen, kind by kind, in numbers equal to the tables. */

/** Keep the card up to date. */
function startCard(app) {
  app.onChange("at language measure door walker edits", () => showCard(app));
  showCard(app);
}

/** Show what was chosen, or nothing. */
function showCard(app) {
  const card = document.getElementById("card");
  const { at } = app.state;
  const fresh = at?.type !== app.shown?.type;
  app.shown = at;
  card.hidden = !at;
  document.body.classList.toggle("chosen", at?.type === "door");
  if (!at) return;
  const close = make("button", {
    type: "button", class: "close", text: "×", "aria-label": app.say("close"), onclick: () => app.change({ at: null }),
  });
  const made = { home: homeCard, door: doorCard, community: communityCard }[at.type](app, at.i);
  card.replaceChildren(close, ...made.filter(Boolean));
  const panel = document.getElementById("panel");
  const below = card.getBoundingClientRect().bottom > panel.getBoundingClientRect().bottom;
  if (fresh && at.type === "door" && below) panel.scrollTop = card.offsetTop - 12;
}

/** A community: people, index, and a row per kind. */
function communityCard(app, i) {
  const { data, say, state } = app;
  const { communities } = data;
  const lines = communities.people[i] ? [
    say("residents", { count: writeCount(communities.people[i]) }),
    indexLine(app, i),
    say("confidence", { grade: communities.grade[i] }),
  ] : [say("nobody")];
  const rows = data.standard.kinds.map((kind, k) => {
    const one = communities.kinds[k];
    const label = kind.label[state.language];
    const texts = [];
    const who = whomOf(app, i, k);
    if (one.without[i]) {
      texts.push(say("without_line", {
        who, without: writeCount(one.without[i]), known: writeCount(one.known[i]), share: one.textwithout[i],
      }));
    }
    if (one.check[i]) {
      texts.push(say("unsure_line", { who, count: writeCount(one.unsure[i]), reason: one.reason[state.language][i] }));
    }
    if (!texts.length) texts.push(one.served[i] ? say("everyone", { limit: kind.limit }) : say("nobody_served", { who }));
    if (one.standin[i]) texts.push(say("stand_in_line", { who: kind.people[state.language] }));
    return row(label, texts, one.without[i] ? "gap" : one.check[i] ? "check" : "met", k === state.measure);
  });
  // what is missing comes first; within that, the order of the standard
  const worst = ["gap", "check", "met"];
  rows.sort((a, b) => worst.indexOf(a.dataset.mood) - worst.indexOf(b.dataset.mood));
  const home = fullestHome(app, i);
  const walk = home < 0 ? null : make("button", {
    type: "button", class: "quiet", text: say("walk_from"),
    onclick: () => {
      app.change({ at: { type: "home", i: home }, on: new Set([...app.state.on, "walks", "homes"]) });
      showWalk(app);
    },
  });
  // a map on its own has no pages beside it
  const portrait = data.pages && make("a", { href: data.pages.portraits[i], class: "portrait", text: say("portrait") });
  return [make("h2", { text: communities.names[i] }), make("p", { text: lines.join(" · ") }),
    communities.people[i] ? table(rows) : null, portrait, walk].filter(Boolean);
}

/** A doorstep: its community, who walks, how far, and the nearest of each kind; a row shows the way on the map. */
function doorCard(app) {
  const { data, say, state } = app;
  const community = findCommunity(app, state.door.x, state.door.y);
  const title = make("h2", { text: say("door_title") });
  const where = community < 0 ? null : make("button", {
    type: "button", class: "link", text: data.communities.names[community],
    title: say("door_community"), onclick: () => app.change({ at: { type: "community", i: community } }),
  });
  const place = make("p", {}, where);
  const chooser = walkerChooser(app);
  const { spots, rings } = walkSelected(app);
  if (!spots.length) return [title, place, chooser, make("p", { text: say("door_far", { metres: data.walkers.within_m }) })];
  const reached = limitsOf(app).map((minutes, m) =>
    make("li", {}, swatch(`walk${Math.min(m, 2)}`), say("reached", { minutes, km: (rings[m].metres / 1000).toFixed(1) })));
  const rows = nearestSelected(app).map(({ seconds, facility }, k) => {
    const kind = data.standard.kinds[k];
    const thin = community < 0 || data.communities.kinds[k].thin[community];
    const within = seconds <= data.walkers.limits_min[k] * 60 + ROUNDING_S;
    const text = facility < 0 ? say("beyond", { minutes: data.walkers.search_min })
      : `${say("minutes", { minutes: roundUp(seconds) })} · ${nameOf(app, facility) || say("unnamed")}`;
    const texts = within ? [text] : [text, say("limit", { minutes: kind.limit })];
    const one = row(kind.label[state.language], texts, within ? "met" : thin ? "check" : "gap", k === state.measure);
    if (facility < 0) return one;
    one.classList.add("goal");
    one.tabIndex = 0;
    for (const [event, hover] of Object.entries({ mouseenter: true, focus: true, mouseleave: false, blur: false })) {
      one.addEventListener(event, () => app.change({ hover: hover ? { type: "facility", i: facility } : null }));
    }
    return one;
  });
  return [title, place, chooser, make("ul", { class: "reached" }, ...reached), make("h3", { text: say("nearest") }), table(rows),
    proposeHere(app)];
}

/** Choose who walks, where a study has several walkers. */
function walkerChooser(app) {
  const { data, say, state } = app;
  if (data.walkers.all.length < 2) return null;
  const options = data.walkers.all.map(({ label, speed }, i) =>
    make("option", { value: i, text: say("footer_walker", { walker: label[state.language], speed }) }));
  const select = make("select", {
    id: "walker", "aria-label": say("walker"), onchange: () => app.change({ walker: Number(select.value) }),
  }, ...options);
  select.value = String(state.walker);
  return select;
}

/** Whole minutes rounded up, so that what is within a limit reads so. */
function roundUp(seconds) {
  return Math.ceil(seconds / 60 - 1e-6);
}

/** A home: how far its walks reach, and the nearest facility of each kind. */
function homeCard(app, i) {
  const { data, say, state } = app;
  const community = data.ints("clusters.community")[i];
  const people = writeCount(data.ints("clusters.people")[i] / PEOPLE_PARTS);
  const title = make("h2", { text: say("home", { count: people }) });
  const where = make("p", { text: community < 0 ? "" : data.communities.names[community] });
  if (!data.ints("clusters.known")[i]) return [title, where, make("p", { text: say("home_unknown") })];
  const limits = data.clusters.minutes;
  const reached = limits.map((minutes, m) => {
    const metres = data.ints("clusters.reached")[i * limits.length + m];
    return make("li", {}, swatch(`walk${Math.min(m, 2)}`), say("reached", { minutes, km: (metres / 1000).toFixed(1) }));
  });
  const count = data.standard.kinds.length;
  const rows = data.standard.kinds.map((kind, k) => {
    const at = i * count + k;
    const minutes = data.ints("clusters.minutes")[at];
    const place = data.ints("clusters.facility")[at];
    const verdict = data.ints("clusters.verdict")[at];
    const thin = verdict === 2 || community < 0 || data.communities.kinds[k].thin[community];
    const name = place < 0 ? "" : data.facilities.names[data.ints("facilities.name")[place]] || say("unnamed");
    const time = minutes < 0 ? say("beyond", { minutes: kind.limit }) : `${say("minutes", { minutes })} · ${name}`;
    const texts = verdict === 1 || minutes < 0 ? [time] : [time, say("limit", { minutes: kind.limit })];
    return row(kind.label[state.language], texts, verdict === 1 ? "met" : thin ? "check" : "gap", k === state.measure);
  });
  return [title, where, make("ul", { class: "reached" }, ...reached), make("h3", { text: say("nearest") }), table(rows)];
}

/** A small square in the colour of a role. */
function swatch(role) {
  const mark = make("i", { class: "swatch" });
  mark.style.background = `var(--${role})`;
  return mark;
}

/** One kind: its label, and what is known of it. */
function row(label, texts, mood, chosen) {
  const signs = { met: "✓", gap: "✗", check: "?" };
  return make("tr", { class: `${mood}${chosen ? " chosen" : ""}`, "data-mood": mood },
    make("td", { class: "sign", text: signs[mood], "aria-hidden": "true" }),
    make("th", { scope: "row", text: label }),
    make("td", {}, ...texts.map((text, n) => make(n ? "small" : "span", { text }))));
}

/** A table of such rows. */
function table(rows) {
  return make("table", {}, make("tbody", {}, ...rows));
}
