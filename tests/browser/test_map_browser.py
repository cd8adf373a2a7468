"""The map in a real Chromium with the network cut: it draws, answers, and says what the tables say."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import folium
import numpy as np
import pytest
import shapely
from builders import (
    PHONE,
    draw_network,
    grid_paths,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)

import walkcircle as wc
from walkcircle.tables import Checkup, Clusters, Communities, CommunityCoverage, Coverage, Facilities, Gaps, Isochrones
from walkcircle.views.map import draw_map

HOSTILE = (
    "<script>window.hurt=1</script>",
    "</script><script>window.hurt=2</script>",
    "<img src=x onerror=window.hurt=3>",
    "${window.hurt=4} `${window.hurt=5}`",
    "\"'); window.hurt=6; //",
    "\u202eright to left\u202c \u2028 \\",
)


def count(people: float) -> str:
    return f"{round(people):,}"


def test_a_map_opens_without_a_network_and_without_complaint(town, saved, visit):
    """Nothing is asked for but the file, and the console stays empty."""
    seen = visit(saved[town])
    seen.picture()
    assert seen.said == []
    assert seen.asked == [saved[town].as_uri()]


def test_the_first_view_shows_one_finding_and_nothing_else_switched_on(town, saved, visit, analyses):
    """The finding is a sentence, and only the choropleth, the weakest tenth and the names are on."""
    page = visit(saved[town]).page
    assert page.locator("h1").inner_text() == analyses[town].study.title
    assert len(page.locator("#finding").inner_text()) > 30
    on = page.locator("#switches input:checked").evaluate_all("boxes => boxes.map((box) => box.name)")
    assert on == ["areas", "weakest", "names"]
    assert "© OpenStreetMap contributors" in page.locator("#footer").inner_text()


def test_every_layer_changes_what_is_on_the_map(town, saved, visit, analyses):
    """Each checkbox changes pixels when there is something to show, and changing back restores them."""
    seen = visit(saved[town], size={"width": 840, "height": 560})
    names = seen.page.locator("#switches input").evaluate_all("boxes => boxes.map((box) => box.name)")
    assert len(names) >= 10
    still = []
    for name in names:
        seen.page.mouse.move(5, 5)
        before = seen.fingerprint()
        seen.switch(name)
        if seen.fingerprint() == before:
            still.append(name)
        if name != "walks":  # which also moves the map to the walk
            seen.switch(name)
            assert seen.fingerprint() == before
    empty = {f"places-{c}" for c in seen.app(
        "const kinds = app.data.standard.kinds; const there = new Set(app.data.ints('facilities.kind'));"
        "return app.data.standard.categories.map((_, c) => c)"
        ".filter((c) => !kinds.some((kind, k) => kind.category === c && there.has(k)))"
    )}  # fmt: skip
    weak = analyses[town].checkup[Checkup.weakest].any()
    assert set(still) <= empty | {"checks", "gaps"} | (set() if weak else {"weakest"})
    assert seen.said == []


def test_the_ranking_holds_the_numbers_of_the_check_up(town, saved, visit, analyses):
    """Every community is in the table with its index, and with its people in the card that a click opens."""
    answer = analyses[town]
    page = visit(saved[town]).page
    if page.locator("#all-rows").is_visible():
        page.locator("#all-rows").click()
    rows = {row[0]: row[1:] for row in page.locator("#rows tr").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('button').textContent, ...[...row.cells].slice(1)"
        ".map((cell) => cell.textContent)])"
    )}  # fmt: skip
    assert len(rows) == len(answer.checkup)
    for one in answer.checkup.to_dict("records"):
        index = one[Checkup.index]
        shown = rows[one[Checkup.name]][0]
        if math.isnan(index):
            assert shown in {"?", "–"}
        else:  # a range where what some residents have is unsure
            ends = [float(end) for end in shown.split("–")]
            assert (ends[0], ends[-1]) == pytest.approx((one[Checkup.index_low], index), abs=0.0999)
        assert rows[one[Checkup.name]][2] == one[Checkup.confidence]


def test_a_card_holds_the_numbers_of_the_tables(town, saved, visit, analyses):
    """A click in the ranking opens a card with people, and with the residents without each kind."""
    answer = analyses[town]
    fullest = answer.checkup.loc[answer.checkup[Checkup.population].idxmax()]
    page = visit(saved[town]).page
    if page.locator("#all-rows").is_visible():
        page.locator("#all-rows").click()
    page.get_by_role("button", name=fullest[Checkup.name], exact=True).click()
    card = page.locator("#card").inner_text()
    assert f"{count(fullest[Checkup.population])} residents" in card
    gaps = answer.gaps[answer.gaps[Gaps.community] == fullest[Checkup.community]]
    covered = answer.communities[answer.communities[CommunityCoverage.community] == fullest[Checkup.community]]
    for kind in answer.study.standard.kinds:
        row = page.locator("#card tr", has=page.locator("th", has_text=kind.en)).first.inner_text()
        firm = gaps[(gaps[Gaps.kind] == kind.id) & (gaps[Gaps.verdict] == "gap")][Gaps.residents_without].sum()
        if round(firm):
            assert f"{count(firm)} of " in row
        mine = covered[covered[CommunityCoverage.kind] == kind.id].iloc[0]
        if mine[CommunityCoverage.confidence] == "firm" and not round(firm):
            assert "everyone within" in row


def test_choosing_a_kind_shows_its_coverage(town, saved, visit, analyses):
    """Measure and ranking follow the kind that was chosen, and so does the address."""
    answer = analyses[town]
    kind = answer.study.standard.kinds[0]
    seen = visit(saved[town])
    before = seen.picture()
    seen.page.select_option("#measure", "0")
    assert seen.picture() != before
    assert f"measure={kind.id}" in seen.page.url
    table = answer.communities[answer.communities[CommunityCoverage.kind] == kind.id]
    firm = table[(table[CommunityCoverage.confidence] == "firm") & table[CommunityCoverage.share].notna()]
    shown = dict(seen.page.locator("#rows tr").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('button').textContent, row.cells[1].textContent])"
    ))  # fmt: skip
    names = dict(zip(answer.checkup[Checkup.community], answer.checkup[Checkup.name], strict=True))
    compared = 0
    for one in firm.to_dict("records"):
        name = names[one[CommunityCoverage.community]]
        if name in shown:
            compared += 1
            assert abs(float(re.sub(r"[^\d.]", "", shown[name])) - 100 * one[CommunityCoverage.share]) <= 1
    assert compared


def test_the_circles_of_residents_without_add_up_to_the_gaps(town, saved, visit, analyses):
    """Summed over homes, what the page counts as lacking is what the table of gaps says, kind by kind."""
    answer = analyses[town]
    seen = visit(saved[town])
    for k, kind in enumerate(answer.study.standard.kinds):
        sums = seen.app(
            f"app.change({{ measure: {k} }}); const sum = {{ gap: 0, check: 0 }};"
            "for (let i = 0; i < app.data.clusters.ids.length; i++) {"
            "  if (app.data.ints('clusters.community')[i] < 0) continue;"
            "  const lack = app.lackOf(i);"
            "  for (const which of ['gap', 'check']) if (lack[which].length) sum[which] += lack.people; }"
            "return sum;"
        )
        mine = answer.gaps[answer.gaps[Gaps.kind] == kind.id]
        firm = mine[mine[Gaps.verdict] == "gap"][Gaps.residents_without].sum()
        unsure = mine[mine[Gaps.verdict] != "gap"][Gaps.residents_without].sum()
        rounding = 0.05 * len(answer.clusters) + 1
        assert sums["gap"] == pytest.approx(firm, abs=rounding)
        assert sums["check"] == pytest.approx(unsure, abs=rounding)


def test_the_page_walks_as_far_as_python(town, saved, visit, analyses):
    """Street lengths within each limit, walked in the page, are those of the isochrones."""
    answer = analyses[town]
    seen = visit(saved[town])
    table = answer.isochrones.set_index([Isochrones.cluster, Isochrones.minutes])[Isochrones.reached_m]
    ids = list(answer.clusters[Clusters.cluster])
    joined = set(answer.isochrones[Isochrones.cluster])
    sample = [i for i in range(0, len(ids), max(1, len(ids) // 25)) if ids[i] in joined]
    walked = seen.app(f"return {sample}.map((i) => app.walkHome(i).rings.map(({{ metres }}) => metres));")
    for i, rings in zip(sample, walked, strict=True):
        expected = [table[ids[i], minutes] for minutes in answer.study.minutes]
        assert rings == pytest.approx(expected, rel=2e-3, abs=3.0)


def test_a_home_shows_its_walks_and_the_nearest_of_each_kind(town, saved, visit, analyses):
    """Minutes are those of the coverage table, rounded up; the facility is named as in its table."""
    answer = analyses[town]
    seen = visit(saved[town])
    seen.switch("walks")
    home = seen.app("return app.data.clusters.ids[app.state.at.i]")
    card = seen.page.locator("#card").inner_text()
    cluster = answer.clusters.set_index(Clusters.cluster).loc[home]
    assert f"Home of {count(cluster[Clusters.population])} residents" in card
    mine = answer.coverage[answer.coverage[Coverage.cluster] == home].set_index(Coverage.kind)
    facilities = answer.place.facilities.set_index([Facilities.facility, Facilities.kind])[Facilities.name]
    for kind in answer.study.standard.kinds:
        row = seen.page.locator("#card tr", has=seen.page.locator("th", has_text=kind.en)).first.inner_text()
        minutes = mine.loc[kind.id, Coverage.minutes]
        if np.isnan(minutes):
            assert "none within" in row
            continue
        assert f"{math.ceil(minutes - 1e-6)} min" in row
        name = facilities[mine.loc[kind.id, Coverage.facility], kind.id]
        assert (name if isinstance(name, str) else "unnamed") in row


def test_hovering_a_bar_lights_the_map_up(saved, visit):
    """The twin of the map works in both directions, by pointer and by keyboard."""
    seen = visit(saved["monaco"])
    before = seen.picture()
    seen.page.locator("#rows tr").nth(2).hover()
    assert seen.app("return app.state.hover.type") == "community"
    assert seen.picture() != before
    seen.page.mouse.move(900, 450)
    seen.page.wait_for_timeout(60)
    assert seen.page.locator("#rows tr.lit").count() == 1
    tip = seen.page.locator("#tip").inner_text()
    assert 1 <= len(tip.splitlines()) <= 3


def test_hovering_answers_within_a_frame(town, saved, visit):
    """Painting what is under the pointer takes less than a sixtieth of a second."""
    took = visit(saved[town]).app(
        "const times = []; for (let i = 0; i < 20; i++) { const begun = performance.now();"
        "app.change({ hover: { type: 'community', i: i % app.data.communities.ids.length } });"
        "times.push(performance.now() - begun); } return times.sort((a, b) => a - b)[10];"
    )
    assert took < 1000 / 60


def test_everything_can_be_reached_by_keyboard(saved, visit):
    """Tab comes past every control; Enter on a row chooses it; Escape undoes."""
    page = visit(saved["monaco"]).page
    reached = set()
    page.evaluate("document.getElementById('layers').open = true")
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.name || "
                "(document.activeElement.closest('tr') ? 'row' : document.activeElement.tagName)"
            )
        )
    assert {"language", "measure", "search", "row", "areas", "gaps", "walks", "zoom-in", "map"} <= reached
    page.locator("#rows button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#card").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()


def test_controls_have_names_and_the_page_has_landmarks(town, saved, visit):
    """A screen reader hears what each control is, in a page with a language, one main and one h1."""
    page = visit(saved[town]).page
    bare = page.evaluate(
        "[...document.querySelectorAll('button, select, input, canvas, section')].filter((e) => e.offsetParent && !("
        "e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length || e.ariaHidden === 'true'))"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert bare == []
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_link_shows_what_the_sender_saw(saved, visit):
    """View, measure, layers and selection come back from the address."""
    first = visit(saved["monaco"])
    first.page.select_option("#measure", "5")
    first.switch("gaps")
    first.page.locator("#rows button").first.click()
    first.page.wait_for_timeout(900)
    second = visit(saved["monaco"])
    second.page.goto("about:blank")
    second.page.goto(first.page.url)
    second.page.wait_for_selector("#map[data-ready]")
    for what in ("app.state.measure", "[...app.state.on].sort().join()", "app.state.at.i"):
        assert second.app(f"return {what}") == first.app(f"return {what}")
    assert second.app("return app.map.getZoom()") == pytest.approx(first.app("return app.map.getZoom()"))


def test_the_page_speaks_chinese_at_a_click(saved, visit):
    """Words, finding and language change together."""
    page = visit(saved["monaco"]).page
    page.locator("#language").click()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert "没有可以确定的缺口" in page.locator("#finding").inner_text()
    assert "图例" in page.locator("#legend").get_attribute("aria-label")


def test_search_finds_a_place_and_a_community(saved, visit):
    """A name typed in full goes there; accents and capitals do not matter on Enter."""
    seen = visit(saved["monaco"])
    seen.page.fill("#search", "MONACO-ville")
    seen.page.press("#search", "Enter")
    assert "Monaco-Ville" in seen.page.locator("#card h2").inner_text()
    seen.page.fill("#search", "opera de monaco")
    seen.page.press("#search", "Enter")
    assert "Opéra de Monaco" in seen.page.locator(".leaflet-popup-content").inner_text()
    seen.page.keyboard.press("Escape")


def test_on_a_phone_the_panel_is_a_sheet(town, saved, visit):
    """The finding is seen at once, the map has at least half of the screen, the sheet opens."""
    page = visit(saved[town], size=PHONE).page
    panel = page.locator("#panel").bounding_box()
    finding = page.locator("#finding").bounding_box()
    assert panel["y"] >= PHONE["height"] * 0.5
    assert finding["y"] + finding["height"] < PHONE["height"]
    page.locator("#grip").click()
    page.wait_for_timeout(300)
    assert page.locator("#panel").bounding_box()["y"] < panel["y"] - 100


def test_the_map_prints_on_one_sheet_and_comes_back(town, saved, visit):
    """A3 across, on white paper although the screen is dark; afterwards the view is as it was."""
    seen = visit(saved[town], scheme="dark")
    zoom = seen.app("return app.map.getZoom()")
    sheet = seen.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", sheet).groups())
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (420, 297)
    assert seen.app("return app.map.getZoom()") == zoom
    assert not seen.page.evaluate("document.body.classList.contains('printing')")


def test_other_folium_layers_work_on_the_map(analyses, visit, tmp_path):
    """A marker with its icon and popup, and a shape, under the same policy and without a network."""
    walk_map = draw_map(analyses["monaco"])
    folium.Marker((43.735, 7.42), popup="the user's own", tooltip="hover").add_to(walk_map)
    folium.GeoJson(analyses["monaco"].checkup[["geometry"]].to_crs(4326).to_json()).add_to(walk_map)
    walk_map.save(tmp_path / "map.html")
    seen = visit(tmp_path / "map.html")
    marker = seen.page.locator(".leaflet-marker-icon")
    assert marker.evaluate("icon => icon.complete && icon.naturalWidth > 0")
    marker.click()
    assert seen.page.locator(".leaflet-popup-content").inner_text() == "the user's own"
    assert seen.page.locator("#card").is_hidden()
    assert seen.said == []


def test_online_tiles_are_asked_for_only_when_switched_on(analyses, visit, tmp_path):
    """Until then nothing leaves the page, and then only requests for tiles."""
    answer = analyses["karhula"]
    study = replace(answer.study, outputs=replace(answer.study.outputs, tiles=True))
    draw_map(replace(answer, study=study)).save(tmp_path / "map.html")
    seen = visit(tmp_path / "map.html")
    assert len(seen.asked) == 1
    seen.switch("tiles")
    seen.page.wait_for_timeout(300)
    assert len(seen.asked) > 1
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in seen.asked[1:])


def test_a_notebook_frame_shows_the_map(analyses, visit, tmp_path):
    """In the frame that Jupyter shows there is no address to keep the view in, and the map draws all the same."""
    notebook = tmp_path / "notebook.html"
    shown = draw_map(analyses["karhula"])._repr_html_()
    notebook.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><p id='map' data-ready>Out[1]:</p>{shown}", encoding="utf-8"
    )
    seen = visit(notebook)
    frame = seen.page.frame_locator("iframe")
    frame.locator("#map[data-ready]").wait_for()
    frame.locator("#measure").select_option("0")
    assert "residents" in frame.locator("#finding").inner_text()
    assert seen.said == []


@pytest.fixture(scope="module")
def hostile_map(tmp_path_factory):
    """Save a map in which every name is an attack."""
    network = draw_network(grid_paths(6, 6))
    shares = [shapely.box(-20 + 90 * i, -20, 70 + 90 * i, 520) for i in range(len(HOSTILE))]
    areas = make_communities(dict(zip("abcdef", shares, strict=True)))
    areas[Communities.name] = list(HOSTILE)
    facilities = make_facilities([(f"f{i}", "shop", (95.0 * i, 100.0)) for i in range(len(HOSTILE))])
    facilities[Facilities.name] = list(HOSTILE)
    facilities[Facilities.source] = HOSTILE[0]
    homes = make_residences([(f"h{i}", 10, (20 + 90.0 * i, 203.0)) for i in range(len(HOSTILE))])
    standard = make_standard(replace(make_kind("shop", limit_min=1), en=HOSTILE[3], zh=HOSTILE[4]))
    place = make_place(network, homes, facilities, areas, standard)
    place = replace(place, notes=HOSTILE, population_source=HOSTILE[2])
    answer = wc.analyse(place, replace(make_study(standard), title=HOSTILE[1]))
    path = tmp_path_factory.mktemp("hostile") / "map.html"
    draw_map(answer).save(path)
    return path


def test_names_that_hold_code_are_shown_as_text_and_never_run(hostile_map, visit):
    """Every place where a name appears shows it letter by letter."""
    seen = visit(hostile_map)
    page = seen.page
    assert page.locator("h1").inner_text() == HOSTILE[1]
    page.evaluate("document.getElementById('about').open = document.getElementById('check').open = true")
    rows = page.locator("#rows button").evaluate_all("all => all.map((one) => one.textContent)")
    assert sorted(rows) == sorted(HOSTILE)
    for i in range(len(HOSTILE)):
        page.locator("#rows button").nth(i).click()
        assert page.locator("#card h2").evaluate("heading => heading.textContent") in HOSTILE
    for layer in ("places-0", "gaps", "checks", "homes", "walks"):
        seen.switch(layer)
    for i in range(len(HOSTILE)):
        name = "return [...document.querySelectorAll('.leaflet-popup-content b')].at(-1).textContent"
        assert seen.app(f"app.openFacility({i}); {name}") == HOSTILE[i]
    page.mouse.move(900, 450)
    page.fill("#search", "hurt")
    page.locator("#language").click()
    page.wait_for_timeout(150)
    assert page.evaluate("window.hurt") is None
    assert page.locator("img").count() == 0
    assert seen.said == []
