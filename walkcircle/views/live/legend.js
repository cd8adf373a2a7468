/** Legend, scale and the footer that is always there. */

/** Keep the legend and the footer up to date. */
function startLegend(app) {
  app.onChange("language measure on at", () => showLegend(app));
  app.onChange("language", () => showFooter(app));
  showLegend(app);
  showFooter(app);
}

/** Show what the colours and marks on the map mean: only those that are there. */
function showLegend(app) {
  const { data, say, state } = app;
  const parts = [];
  if (state.on.has("areas")) {
    const kind = data.standard.kinds[state.measure];
    const title = kind ? say("legend_share", {
      kind: kind.label[state.language], who: data.communities.kinds[state.measure].who[state.language],
    }) : say("legend_index");
    const { band } = measured(app);
    const entries = data.legend[state.language];
    const classes = entries.filter(({ band: position }) => position !== null && position >= 0);
    parts.push(make("h2", { text: title }));
    parts.push(make("ol", { class: "bands" }, ...classes.map(({ label, role }) => {
      const item = make("li", {}, make("i"), make("span", { text: label }));
      item.firstChild.style.background = `var(--${role})`;
      return item;
    })));
    const rest = entries.filter(({ band: position, mark }) =>
      position === -1 ? band.includes(-1) : mark === "outline" && state.on.has("weakest") && data.communities.weakest.includes(true));
    parts.push(...rest.map(({ label, mark }) => line(mark, label)));
    if (data.communities.names.some((_, i) => isDoubtful(app, i))) parts.push(line("doubt", say("legend_doubt")));
    if (data.communities.names.some((_, i) => isFew(app, i))) parts.push(line("few", say("legend_few")));
  }
  if (state.on.has("gaps")) parts.push(line("circle", say("legend_gaps")));
  if (state.on.has("checks")) parts.push(line("circle hatched", say("legend_checks")));
  if (showsWalk(app)) {
    parts.push(...data.clusters.minutes.map((minutes, m) => {
      const one = line("stroke", say("legend_walks", { minutes }));
      one.firstChild.style.background = `var(--walk${Math.min(m, 2)})`;
      return one;
    }));
  }
  parts.push(...glyphLines(app));
  const legend = document.getElementById("legend");
  legend.replaceChildren(...parts);
  legend.hidden = !parts.length;
}

/** A line for each kind of place that is switched on, with its glyph. */
function glyphLines(app) {
  const { standard } = app.data;
  const kinds = standard.kinds.filter(({ category }) => app.state.on.has(`places-${category}`));
  if (!kinds.length) return [];
  return [make("div", { class: "glyphs" }, ...kinds.map(({ glyph, category, label }) => {
    const icon = make("canvas", { width: 32, height: 32, "aria-hidden": "true" });
    const context = icon.getContext("2d");
    context.setTransform(2, 0, 0, 2, 0, 0);
    drawGlyph({ context, px: 1 }, glyph, 8, 8, 5, colour(standard.categories[category].colour));
    return make("div", { class: "entry" }, icon, make("span", { text: label[app.state.language] }));
  }))];
}

/** One line of the legend. */
function line(mark, label) {
  return make("div", { class: "entry" }, make("i", { class: mark }), make("span", { text: label }));
}

/** Say who walks how fast, what counts, and where the data come from. */
function showFooter(app) {
  const { facts } = app.data;
  const { say, state } = app;
  const grades = facts.grades.map(([grade, count]) => `${grade} ${count}`).join(", ");
  const texts = [
    say("footer_walker", { walker: facts.walker[state.language], speed: facts.speed }),
    say("footer_limit", { limit: facts.limit }),
    say("footer_nearest"),
    facts.date ? say("footer_date", { date: facts.date }) : say("footer_date_unknown"),
    say("footer_people", { source: facts.people }),
    say("footer_confidence", { grades }),
  ];
  const credit = make("a", {
    href: "https://www.openstreetmap.org/copyright", rel: "noopener", target: "_blank", text: "© OpenStreetMap contributors",
  });
  const spans = texts.map((text) => make("span", { text, title: text }));
  document.getElementById("footer").replaceChildren(...spans, credit);
}
