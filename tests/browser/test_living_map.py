"""The map that computes: its engine, asked through `window.walkcircle`, agrees with Python walk for walk."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders import (
    DESK,
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
from walkcircle.analysis import find_search_limit, snap_clusters, snap_facilities
from walkcircle.footing import make_footing
from walkcircle.isochrones import trace_isochrones, trace_streets
from walkcircle.proposals import Scenario
from walkcircle.scenario import measure_effect
from walkcircle.sources.scenarios import read_scenario
from walkcircle.tables import CommunityCoverage, Effects, Facilities, Nearest
from walkcircle.views.graphs import STEP_M
from walkcircle.views.map import draw_map
from walkcircle.walkers import read_walker
from walkcircle.walking import nearest, walk

#: Places asked for, each for every kind: with 9 to 20 kinds more than a thousand walks are compared in each town.
PLACES = 150

SECOND_MIN = 1 / 60


@pytest.fixture
def page(saved, visit, town):
    """Open the map of a town."""
    seen = visit(saved[town], size=DESK)
    yield seen.page
    assert seen.said == []
    assert seen.asked == [saved[town].as_uri()]


def scatter(answer, count: int) -> gpd.GeoDataFrame:
    """Scatter places: half of them anywhere, half near streets."""
    network, chance = answer.place.network, np.random.default_rng(15)
    low, high = network.xy.min(axis=0) - 150, network.xy.max(axis=0) + 150
    edge = chance.integers(0, len(network.ends), count - count // 2)
    along = shapely.line_interpolate_point(network.lines[edge], chance.random(len(edge)), normalized=True)
    near = shapely.get_coordinates(along) + chance.normal(0, 20, (len(edge), 2))
    xy = np.concatenate([chance.uniform(low, high, (count // 2, 2)), near])
    # two streets as near as each other to a centimetre: which one is joined is a matter of rounding
    apart = shapely.distance(shapely.points(xy)[:, None], network.lines)
    apart -= apart.min(axis=1, keepdims=True)
    xy = xy[~((apart > 0) & (apart < 2 * STEP_M)).any(axis=1)]
    return gpd.GeoDataFrame({"place": range(len(xy))}, geometry=gpd.points_from_xy(*xy.T), crs=network.crs)


def list_degrees(places) -> list[list[float]]:
    """Return longitudes and latitudes."""
    return shapely.get_coordinates(places.to_crs(4326).geometry.to_numpy()).tolist()


def test_a_thousand_walks_take_as_long_in_the_page_as_in_python(town, page, analyses):
    """From anywhere to the nearest of every kind, to a second; what Python does not reach is null in the page."""
    answer = analyses[town]
    places, kinds = scatter(answer, PLACES), [kind.id for kind in answer.study.standard.kinds]
    starts = snap_clusters(answer.place, answer.study, places, answer.footing)
    near = nearest(
        answer.footing, starts, answer.place.facilities, answer.footing.walker, spots=answer.ends,
        limit_min=find_search_limit(answer.study),
    )  # fmt: skip
    expected = near.set_index([Nearest.origin, Nearest.kind])[Nearest.minutes].to_dict()
    found = page.evaluate("all => all.map(([lon, lat]) => walkcircle.minutes(lon, lat))", list_degrees(places))
    assert len(places) * len(kinds) > 1000
    assert {(i, kind) for i, row in enumerate(found) for kind in kinds if row[kind] is not None} == expected.keys()
    worst = max(abs(found[i][kind] - minutes) for (i, kind), minutes in expected.items())
    assert worst <= SECOND_MIN


@pytest.fixture(scope="module")
def hills(tmp_path_factory):
    """Analyse and save a grid town on hills, with stairs, private streets, one-ways and crossings, for two walkers."""
    chance = np.random.default_rng(7)
    plain = draw_network(grid_paths(12, 12, 80.0), merge=False)
    network = replace(
        plain,
        climb_m=chance.uniform(-7, 7, len(plain.ends)),
        steps=chance.random(len(plain.ends)) < 0.1,
        private=chance.random(len(plain.ends)) < 0.1,
        oneway=chance.choice([-1, 0, 0, 0, 0, 0, 0, 1], len(plain.ends)).astype(np.int8),
        crossing=chance.choice([0, 0, 0, 1, 3], len(plain.ends)).astype(np.uint8),
    )
    standard = make_standard(make_kind("park", 8), make_kind("clinic", 12), make_kind("school", 10))
    xy = chance.uniform(0, 880, (90, 2)).tolist()
    homes = make_residences([(f"h{i}", 10.0 + i, tuple(place)) for i, place in enumerate(xy[:60])])
    facilities = make_facilities(
        [(f"f{i}", standard.kinds[i % 3].id, tuple(place)) for i, place in enumerate(xy[60:72])]
    )  # fmt: skip
    areas = make_communities({"west": shapely.box(-20, -20, 440, 900), "east": shapely.box(440, -20, 900, 900)})
    study = make_study(standard, walkers=(read_walker("adult"), read_walker("wheelchair")))
    answer = wc.analyse(make_place(network, homes, facilities, areas, standard), study)
    path = tmp_path_factory.mktemp("hills") / "hills.html"
    draw_map(answer).save(path)
    return answer, path


@pytest.mark.parametrize("position", [0, 1], ids=["adult", "wheelchair"])
def test_up_is_not_down_in_the_page_either(hills, visit, position):
    """Slopes, stairs, gates, one-ways and waits count as in Python, for each walker and in the direction of walking."""
    answer, path = hills
    walker = answer.study.walkers[position]
    footing = make_footing(answer.place.network, walker)
    places = scatter(answer, 200)
    starts = snap_clusters(answer.place, answer.study, places, footing)
    ends = snap_facilities(answer.place, answer.study, answer.place.facilities, footing)
    near = nearest(
        footing, starts, answer.place.facilities, walker, spots=ends, limit_min=find_search_limit(answer.study)
    )  # fmt: skip
    expected = near.set_index([Nearest.origin, Nearest.kind])[Nearest.minutes].to_dict()
    asked = [[*place, walker.name] for place in list_degrees(places)]
    page = visit(path).page
    found = page.evaluate("all => all.map((one) => walkcircle.minutes(...one))", asked)
    kinds = [kind.id for kind in answer.study.standard.kinds]
    assert {(i, kind) for i, row in enumerate(found) for kind in kinds if row[kind] is not None} == expected.keys()
    assert max(abs(found[i][kind] - minutes) for (i, kind), minutes in expected.items()) <= SECOND_MIN


def test_an_isochrone_of_the_page_is_that_of_python(town, page, analyses):
    """The streets are as long, and the ground is the same but for the width of a pavement here and there."""
    answer = analyses[town]
    places = scatter(answer, 40).iloc[-15:]
    starts = snap_clusters(answer.place, answer.study, places, answer.footing)
    reach = walk(answer.footing, starts, answer.footing.walker, limit_min=15)
    drawn = trace_isochrones(reach, [15])
    compared = 0
    for row, (lon, lat) in enumerate(list_degrees(places)):
        streets = trace_streets(reach, row, 15)
        told = page.evaluate("([lon, lat]) => JSON.stringify(walkcircle.isochrone(lon, lat, 15).features)", [lon, lat])
        ground, lines = json.loads(told)
        assert lines["properties"]["metres"] == pytest.approx(streets["length_m"].sum(), rel=1e-3, abs=0.5)
        if not lines["geometry"]["coordinates"]:
            continue
        compared += 1
        line, area = (
            gpd.GeoSeries([shapely.from_geojson(json.dumps(one["geometry"]))], crs=4326).to_crs(
                reach.footing.network.crs
            )
            for one in (lines, ground)
        )
        assert line.length.sum() == pytest.approx(streets["length_m"].sum(), rel=1e-3, abs=0.5)
        shape, mine = drawn.geometry.iloc[compared - 1], area.make_valid().iloc[0]
        assert mine.intersection(shape).area > 0.95 * shape.area
        assert mine.area < 1.05 * shape.area
    assert compared > 5


def test_the_page_counts_whom_the_tables_count(town, page, analyses):
    """People in time and people whose walk is known, per community and kind, each by its own walker."""
    table = analyses[town].communities
    rows = table.set_index([CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker])
    counted = page.evaluate("walkcircle.coverage()")
    assert len(counted) == len(table)
    for one in counted:
        row = rows.loc[one["community"], one["kind"], one["walker"]]
        known = row[CommunityCoverage.population] - row[CommunityCoverage.unknown]
        assert (one["covered"], one["known"]) == pytest.approx((row[CommunityCoverage.covered], known), abs=0.05)
        share = row[CommunityCoverage.share]
        assert (one["share"] is None) == np.isnan(share)
        assert one["share"] is None or one["share"] == pytest.approx(share, abs=1e-4)


def test_proposals_in_the_page_serve_whom_python_says(town, page, analyses, tmp_path):
    """Added, moved and closed: the people are the same; undone, all is as before; written and read, all is as after."""
    answer = analyses[town]
    kinds = {kind.id for kind in answer.study.standard.kinds}
    there = answer.place.facilities[answer.place.facilities[Facilities.kind].isin(kinds)]
    busiest = there[Facilities.kind].value_counts().index[-1]
    gone, moved = there[Facilities.facility].iloc[0], there[Facilities.facility].iloc[-1]
    (lon, lat), (east, north) = list_degrees(answer.clusters.iloc[[0, -1]])
    scenario = Scenario().add_facility(busiest, lon, lat).close_facility(gone).move_facility(moved, east, north)
    before = page.evaluate("walkcircle.coverage()")
    page.evaluate(
        "([kind, lon, lat, gone, moved, east, north]) => { walkcircle.propose(kind, lon, lat); walkcircle.close(gone);"
        "walkcircle.move(moved, east, north); }",
        [busiest, lon, lat, gone, moved, east, north],
    )
    after = page.evaluate("walkcircle.coverage()")
    covered = {(one["community"], one["kind"]): one for one in after}
    effects = measure_effect(answer, scenario)
    assert len(effects)
    for row in effects.to_dict("records"):
        one = covered[row[Effects.community], row[Effects.kind]]
        expected = row[Effects.covered_before], row[Effects.covered_after]
        assert (one["coveredBefore"], one["covered"]) == pytest.approx(expected, abs=0.05)
    written = page.evaluate("walkcircle.exportProposals()")
    file = tmp_path / "proposals.geojson"
    file.write_text(json.dumps(written), encoding="utf-8")
    read = read_scenario(file, answer.study)
    assert read.describe() == scenario.describe()
    assert measure_effect(answer, read).equals(effects)
    assert page.evaluate("walkcircle.proposals().length") == 3
    for _ in range(3):
        assert page.evaluate("walkcircle.undo()")
    assert not page.evaluate("walkcircle.undo()")
    assert page.evaluate("walkcircle.coverage()") == before
    page.evaluate("written => walkcircle.importProposals(written)", written)
    assert page.evaluate("walkcircle.coverage()") == after


@pytest.mark.parametrize("town", ["monaco"])
def test_what_cannot_be_proposed_says_why_and_changes_nothing(page):
    """No such kind, no street near, no such facility, no GeoJSON."""
    for call, why in {
        "walkcircle.propose('castle', 7.42, 43.73)": "there is no kind 'castle'",
        "walkcircle.propose('health', 7.5, 43.7)": "too far from any street",
        "walkcircle.close('node/0')": "there is no facility 'node/0'",
        "walkcircle.importProposals({})": "no GeoJSON",
        "walkcircle.importProposals({features: [{properties: {kind: 'health'}, geometry: {type: 'Point', coordinates:"
        "[7.4187, 43.7312]}}, {properties: {action: 'close', way: 5}, geometry: null}]})": "feature 2",
    }.items():
        said = page.evaluate(f"(() => {{ try {{ {call}; return ''; }} catch (error) {{ return error.message; }} }})()")
        assert why in said
    assert page.evaluate("walkcircle.proposals()") == []


@pytest.mark.parametrize("town", ["monaco"])
def test_a_click_anywhere_shows_the_walks_from_there(page):
    """Streets on the map, minutes in the card, a pin that is dragged, arrows that move it, Escape to close."""
    before = page.locator("#map").screenshot()
    page.mouse.click(905, 455)
    card = page.locator("#card")
    assert "Walks from this doorstep" in card.inner_text()
    assert card.locator("table tr").count() == len(page.evaluate("walkcircle.kinds()"))
    assert page.locator("#map").screenshot() != before
    lon, lat = read_door(page)
    minutes = page.evaluate("([lon, lat]) => walkcircle.minutes(lon, lat)", [lon, lat])
    for text, value in zip(card.locator("tr td:last-child span").all_inner_texts(), minutes.values(), strict=True):
        assert text.startswith(f"{np.ceil(value - 1e-6):.0f} min · ")
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    assert read_door(page)[0] > lon
    pin = page.locator(".pin").bounding_box()
    page.mouse.move(pin["x"] + 15, pin["y"] + 15)
    page.mouse.down()
    page.mouse.move(pin["x"] + 15, pin["y"] - 60, steps=4)
    page.mouse.up()
    assert read_door(page)[1] > lat + 0.0005
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert page.locator(".pin").count() == 0


def read_door(page) -> list[float]:
    """Return longitude and latitude of the pin, as the address tells them once it has come to rest."""
    page.wait_for_timeout(500)
    return [float(part) for part in page.evaluate("new URLSearchParams(location.hash.slice(1)).get('door')").split(",")]


@pytest.mark.parametrize("town", ["monaco"])
def test_the_way_to_what_is_nearest_appears_on_hover(page):
    """Pointing at a row of the card draws the way; pointing away takes it off again."""
    page.mouse.click(905, 455)
    page.mouse.move(20, 10)
    page.wait_for_timeout(100)
    plain = page.locator("#map").screenshot()
    page.locator("#card tr.goal").nth(4).hover()
    page.wait_for_timeout(100)
    assert page.locator("#map").screenshot() != plain


@pytest.mark.parametrize("town", ["monaco"])
def test_enter_sets_the_doorstep_without_a_pointer(page):
    """The map has the focus; Enter walks from its middle."""
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    assert "Walks from this doorstep" in page.locator("#card").inner_text()


@pytest.mark.parametrize("town", ["monaco"])
def test_a_proposal_is_made_at_the_doorstep_and_dragged(page):
    """The panel counts whom it would serve; a drag is one edit; undone twice, nothing is left."""
    page.mouse.click(1000, 200)
    page.locator("#card select").select_option("culture")
    assert "more residents in time" in page.locator("#plan").inner_text()
    served = sum(one["covered"] - one["coveredBefore"] for one in page.evaluate("walkcircle.coverage()"))
    assert f"{round(served):,} more" in page.locator("#plan").inner_text()
    box = page.locator(".proposal").bounding_box()
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 80, steps=5)
    page.wait_for_timeout(100)
    page.mouse.up()
    edits = page.evaluate("walkcircle.proposals()")
    assert [edit["action"] for edit in edits] == ["add", "move"]
    assert edits[1]["lat"] < edits[0]["lat"]
    for _ in edits:
        page.get_by_role("button", name="Undo").click()
    assert page.locator("#plan").is_hidden()
    assert page.locator(".proposal").count() == 0


@pytest.mark.parametrize("town", ["monaco"])
def test_a_place_that_closes_is_nobodys_nearest(page):
    """Closed from its popup, it is gone from the map, and the walk leads to the next one."""
    lon, lat = 7.4246, 43.7384
    near = page.evaluate("([lon, lat]) => walkcircle.nearest(lon, lat).health", [lon, lat])
    page.evaluate(
        "id => { const app = document.getElementById('map').walkcircle;"
        "app.openFacility(app.data.facilities.ids.findIndex((one, i) => one === id &&"
        "app.data.standard.kinds[app.data.ints('facilities.kind')[i]].id === 'health')); }",
        near["facility"],
    )
    page.get_by_role("button", name="What if it closed?").click()
    after = page.evaluate("([lon, lat]) => walkcircle.nearest(lon, lat).health", [lon, lat])
    assert after["facility"] != near["facility"]
    assert after["minutes"] >= near["minutes"]
    assert page.locator("#plan").is_visible()
