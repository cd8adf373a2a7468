/** Panel: the finding, the measure, the ranking (the accessible twin of the map), and what to check on the ground. */

/** How many communities the ranking shows before it is asked for all. */
const FIRST_ROWS = 12;

/** Fill the panel and keep it up to date. */
function startPanel(app) {
  const measure = document.getElementById("measure");
  measure.addEventListener("change", () => app.change({ measure: Number(measure.value) }));
  document.getElementById("all-rows").addEventListener("click", () => {
    app.allRows = !app.allRows;
    showRanking(app);
  });
  app.onChange("language", () => {
    showWords(app);
    showMeasures(app);
    showAbout(app);
  });
  app.onChange("language measure", () => {
    measure.value = String(app.state.measure);
    showFinding(app);
    showRanking(app);
    showChecks(app);
  });
  app.onChange("hover at", () => markRows(app));
  const { pages } = app.data;
  document.getElementById("pages").hidden = !pages;
  if (pages) document.querySelector("#pages a").href = pages.overview;
  showWords(app);
  showMeasures(app);
  showFinding(app);
  showRanking(app);
  showChecks(app);
  showAbout(app);
}

/** Put the page's words in the reader's language. */
function showWords(app) {
  document.documentElement.lang = app.state.language === "zh" ? "zh-CN" : "en";
  document.title = `${app.data.title} – ${app.say("page", { limit: app.data.facts.limit })}`;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = app.say(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-name]")) {
    element.setAttribute("aria-label", app.say(element.dataset.name));
    element.title = app.say(element.dataset.name);
  }
  document.getElementById("title").textContent = app.data.title;
  document.getElementById("subject").textContent = app.say("page", { limit: app.data.facts.limit });
  document.getElementById("map").setAttribute("aria-label", app.say("map_name", { title: app.data.title }));
  document.getElementById("panel").setAttribute("aria-label", app.say("panel"));
  document.getElementById("legend").setAttribute("aria-label", app.say("legend"));
}

/** List what the map can be coloured by: the index, then the kinds by category. */
function showMeasures(app) {
  const { data, say, state } = app;
  const options = [make("option", { value: -1, text: say("measure_index") })];
  data.standard.categories.forEach((category, c) => {
    const kinds = data.standard.kinds.map((kind, k) => ({ kind, k })).filter(({ kind }) => kind.category === c);
    if (!kinds.length) return;
    const made = kinds.map(({ kind, k }) =>
      make("option", { value: k, text: say("measure_kind", { kind: kind.label[state.language], minutes: kind.limit }) }));
    // a category of one kind needs no heading of its own
    if (kinds.length === 1) options.push(...made);
    else options.push(make("optgroup", { label: category.label[state.language] }, ...made));
  });
  const measure = document.getElementById("measure");
  measure.replaceChildren(...options);
  measure.value = String(state.measure);
}

/** Show the sentence that Python wrote for this measure. */
function showFinding(app) {
  const finding = app.data.findings[app.state.language][app.state.measure + 1];
  const sentence = document.getElementById("finding");
  sentence.textContent = finding.sentence;
  sentence.className = finding.mood;
  const caveat = document.getElementById("caveat");
  caveat.textContent = finding.caveat;
  caveat.hidden = !finding.caveat;
  // on a phone the sheet shows the finding before it is opened
  const tools = document.querySelector(".tools").offsetTop;
  if (tools) document.documentElement.style.setProperty("--peek", `${Math.min(tools, window.innerHeight * 0.42)}px`);
}

/** The communities in the order of the ranking: worst first, then those too empty to rank, unknown, uninhabited. */
function rankCommunities(app) {
  const { communities } = app.data;
  const { value, band, low = value } = measured(app); // of two that are alike the more doubtful comes first
  const group = (i) => {
    if (!communities.people[i]) return 3;
    if (band[i] < 0) return 2;
    return app.state.measure < 0 && communities.rank[i] === null ? 1 : 0;
  };
  const worth = (i) => (group(i) < 2 ? value[i] : 0);
  const least = (i) => (group(i) < 2 ? low[i] : 0);
  const order = (a, b) =>
    group(a) - group(b) || worth(a) - worth(b) || least(a) - least(b) || communities.people[b] - communities.people[a] || a - b;
  return communities.names.map((_, i) => i).sort(order);
}

/** Show the ranking as rows whose bars light up the map. */
function showRanking(app) {
  const { communities } = app.data;
  const { say, state } = app;
  const { value, text, band, without, unsure } = measured(app);
  document.getElementById("ranking-value").textContent = say(state.measure < 0 ? "ranking_index" : "ranking_share");
  const order = rankCommunities(app);
  const shown = app.allRows ? order : order.slice(0, FIRST_ROWS);
  const rows = shown.map((i) => {
    const known = band[i] >= 0;
    const button = make("button", {
      type: "button", text: communities.names[i],
      onclick: () => visit(app, i),
      onfocus: () => app.change({ hover: { type: "community", i } }),
      onblur: () => app.change({ hover: null }),
    });
    const bar = make("span", { class: known ? "bar" : "bar hatched" });
    if (known) {
      bar.style.setProperty("--share", `${value[i]}%`);
      bar.style.setProperty("--fill", `var(--band${band[i]})`);
    }
    return make("tr",
      { "data-community": i, class: communities.weakest[i] ? "weakest" : null,
        onmouseenter: () => app.change({ hover: { type: "community", i } }),
        onmouseleave: () => app.change({ hover: null }) },
      make("th", { scope: "row" }, button, bar),
      make("td", { text: known ? text[i] : communities.people[i] ? "?" : "–" , title: known ? null : say("unknown") }),
      make("td", { text: communities.people[i] ? writeCount(without[i]) : "–" },
        unsure?.[i] ? make("span", { class: "unsure", text: " ?", title: say("check") }) : null),
      make("td", { class: "grade", text: communities.grade[i] }));
  });
  document.getElementById("rows").replaceChildren(...rows);
  const all = document.getElementById("all-rows");
  all.hidden = order.length <= FIRST_ROWS;
  all.textContent = app.allRows ? say("ranking_less") : say("ranking_all", { count: order.length });
  markRows(app);
}

/** Mark the rows of what is selected or under the pointer. */
function markRows(app) {
  const is = (one, i) => one?.type === "community" && one.i === i;
  for (const row of document.querySelectorAll("#rows tr")) {
    const i = Number(row.dataset.community);
    row.classList.toggle("lit", is(app.state.hover, i));
    row.classList.toggle("chosen", is(app.state.at, i));
  }
}

/** Select a community and bring it into view. */
function visit(app, i) {
  const { box } = app.areaPaths[i];
  app.change({ at: { type: "community", i } });
  const bounds = L.latLngBounds(toLatLng(app, box.west, box.south), toLatLng(app, box.east, box.north));
  app.map.flyToBounds(bounds, { ...roomForMap(), maxZoom: 16, animate: !quietMotion(), duration: 0.6 });
}

/** Whether the reader asked for little movement. */
function quietMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The part of the window that the panel leaves to the map. */
function roomForMap() {
  const panel = document.getElementById("panel").getBoundingClientRect();
  const legend = document.getElementById("legend").getBoundingClientRect();
  const beside = panel.width < window.innerWidth * 0.7;
  const above = Math.max(56, Math.min(legend.bottom + 8, panel.top - 120)); // on a phone the legend is on top
  return {
    paddingTopLeft: [beside ? panel.right + 24 : 16, beside ? 24 : above],
    paddingBottomRight: [beside ? 64 : 16, beside ? 56 : window.innerHeight - panel.top + 24],
  };
}

/** List, for each kind, where the data are thin and why. */
function showChecks(app) {
  const { data, say, state } = app;
  const kinds = data.standard.kinds
    .map((kind, k) => ({ kind, k, thin: data.communities.names.map((_, i) => i).filter((i) => data.communities.kinds[k].check[i] && data.communities.people[i]) }))
    .filter(({ k, thin }) => thin.length && (state.measure < 0 || state.measure === k));
  document.getElementById("check-count").textContent = kinds.length ? String(kinds.length) : "";
  const inhabited = data.communities.people.filter((people) => people > 0).length;
  const rows = kinds.map(({ kind, k, thin }) => {
    const reasons = [...new Set(thin.map((i) => data.communities.kinds[k].reason[state.language][i]))];
    const names = thin.slice(0, 3).map((i) => data.communities.names[i]).join(", ");
    const where = thin.length === inhabited || thin.length > 3
      ? say("check_row", { communities: thin.length, all: inhabited }) : names;
    const why = reasons.length > 1 ? say("check_for_example", { reason: reasons[0] }) : reasons[0];
    return make("li", {}, make("b", { text: kind.label[state.language] }), make("div", { text: where }), make("small", { text: why }));
  });
  document.getElementById("check-rows").replaceChildren(
    make("p", { text: say(rows.length ? "check_lead" : "check_none") }), make("ul", {}, ...rows));
}

/** Say how the numbers came about. */
function showAbout(app) {
  const { facts } = app.data;
  const { say, state } = app;
  const texts = [facts.standard[state.language], say("about_index"), say("about_minutes"), ...facts.notes, ...facts.sources,
    facts.made_with];
  document.getElementById("about-text").replaceChildren(...texts.map((text) => make("p", { text })));
}
