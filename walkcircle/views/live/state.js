/**
 * State: what the reader chose, who wants to know when it changes, and the words of the page.
 *
 * `app` is made once in start.js and handed to everything: `app.state` (measure, on, at, language, hover),
 * `app.data` (the payload), `app.map` (Leaflet). View, measure, layers and selection live in the URL fragment.
 */

/** What is switched on when the page opens: one choropleth, the weakest tenth, names; nothing else. */
const FIRST_VIEW = ["areas", "weakest", "names"];

/** Make the state of a page: `change({...})` sets values and tells all who asked with `onChange`. */
function makeState(data) {
  const listeners = [];
  const state = {
    measure: -1, // -1 is the index, else the position of a kind
    on: new Set(FIRST_VIEW),
    at: null, // {type: "community" | "home" | "door", i}
    hover: null, // {type: "community" | "home" | "facility", i}
    door: null, // {x, y} in payload pixels
    walker: 0,
    edits: 0, // grows with every edit that is made or taken back (whatif.js)
    language: data.language,
  };
  return {
    state,
    onChange: (keys, listener) => listeners.push({ keys: keys.split(" "), listener }),
    change(values) {
      const changed = Object.keys(values).filter((key) => !same(state[key], values[key]));
      Object.assign(state, values);
      for (const { keys, listener } of listeners) {
        if (keys.some((key) => changed.includes(key))) listener();
      }
    },
  };
}

/** Whether two selections or values are the same one. */
function same(a, b) {
  return a === b || (a && b && a.type !== undefined && a.type === b.type && a.i === b.i);
}

/** Return `say(key, values)`: the page's words in the reader's language, with numbers written in. */
function makeWords(app) {
  return (key, values = {}) =>
    app.data.texts[app.state.language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Whole numbers with thousands separated, as in every table of the page. */
function writeCount(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Make an element with text (never markup), attributes and children. */
function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Read the fragment into state values and, if there is one, the view. */
function readFragment(app) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const values = {};
  const kinds = app.data.standard.kinds;
  if (asked.has("measure")) values.measure = kinds.findIndex((kind) => kind.id === asked.get("measure"));
  if (asked.has("on")) values.on = new Set(asked.get("on").split(",").filter(Boolean));
  if (app.data.texts[asked.get("lang")]) values.language = asked.get("lang");
  const community = app.data.communities.ids.indexOf(asked.get("community"));
  const home = app.data.clusters.ids.indexOf(asked.get("home"));
  if (community >= 0) values.at = { type: "community", i: community };
  if (home >= 0) values.at = { type: "home", i: home };
  const door = (asked.get("door") || "").split(",").map(Number);
  if (door.length === 2 && door.every(Number.isFinite)) {
    const [x, y] = projectDegrees(app, ...door);
    Object.assign(values, { door: { x, y }, at: { type: "door", i: 0 } });
  }
  const walker = app.data.walkers.all.findIndex(({ name }) => name === asked.get("walker"));
  if (walker >= 0) values.walker = walker;
  const view = (asked.get("view") || "").split("/").map(Number);
  return { values, view: view.length === 3 && view.every(Number.isFinite) ? view : null };
}

/** Keep it when the doorstep has come to rest: browsers count how often an address changes. */
function keepLater(app) {
  clearTimeout(app.keeping);
  app.keeping = setTimeout(() => keepFragment(app), 300);
}

/** Keep what the reader sees in the fragment, so that a link shows the same. */
function keepFragment(app) {
  if (!/^(file|https?):$/.test(location.protocol)) return; // a notebook's frame has no address of its own
  const { state, data, map } = app;
  const centre = map.getCenter();
  const parts = new URLSearchParams();
  parts.set("view", `${map.getZoom()}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}`);
  if (state.measure >= 0) parts.set("measure", data.standard.kinds[state.measure].id);
  if ([...state.on].sort().join() !== [...FIRST_VIEW].sort().join()) parts.set("on", [...state.on].join(","));
  if (state.at?.type === "community") parts.set("community", data.communities.ids[state.at.i]);
  if (state.at?.type === "home") parts.set("home", data.clusters.ids[state.at.i]);
  if (state.at?.type === "door") {
    const [lon, lat] = unprojectPixels(app, state.door.x, state.door.y);
    parts.set("door", `${lon.toFixed(6)},${lat.toFixed(6)}`);
  }
  if (state.walker) parts.set("walker", data.walkers.all[state.walker].name);
  if (state.language !== data.language) parts.set("lang", state.language);
  history.replaceState(null, "", `#${parts}`);
}
