"""Missing links: rivers, arterials, gates and dead ends worked out with pencil, and what must hold for any link."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import EAST, METRES, NORTH, STROLLER, draw_network, grid_paths, make_kind, points, write_osm
from hypothesis import given, settings
from hypothesis import strategies as st

import walkcircle as wc
from walkcircle.errors import TableError
from walkcircle.footing import make_footing
from walkcircle.links import (
    FLAT,
    LONELY,
    NO_BUILDINGS,
    OWNER,
    TOO_STEEP,
    LinkRules,
    _ask,
    find_links,
    list_linked_homes,
    measure_links,
)
from walkcircle.network import Profile
from walkcircle.snapping import snap_points
from walkcircle.tables import Clusters, LinkedHomes, LinkGains, Links, UnitCosts, check_table
from walkcircle.updates import measure_standing
from walkcircle.walkers import Walker
from walkcircle.walking import measure_nearest

SHOP = make_kind("shop", 5.0)
#: South bank, north bank, and a bridge at x = 400.
BANKS = [[(0, -20), (400, -20)], [(0, 20), (400, 20)], [(400, -20), (400, 20)]]
RIVER = {"river": gpd.GeoSeries([shapely.LineString([(-50, 0), (450, 0)])], crs=METRES)}


def make_clusters(*rows, crs=METRES):
    """Make clusters from residents, pupils and place."""
    return gpd.GeoDataFrame(
        {
            Clusters.cluster: [f"c{i}" for i in range(len(rows))], Clusters.community: "k", Clusters.estate: None,
            Clusters.population: [float(row[0]) for row in rows], Clusters.residences: 1,
            Clusters.pupil: [float(row[1]) for row in rows],
        },
        geometry=[shapely.Point(row[2]) for row in rows],
        crs=crs,
    )  # fmt: skip


def stand(footing, clusters, shops, *, limit_min=30.0):
    network = footing.network
    starts = snap_points(clusters, network)
    ends = snap_points(points(*shops, crs=network.crs), network)
    return measure_standing(footing, starts, ends, np.zeros(len(shops), np.int64), limit_min=limit_min)


def where(links):
    """Return kind, and where the link begins and ends, whole metres."""
    return [
        (kind, sorted((round(x), round(y)) for x, y in shapely.get_coordinates(line)))
        for kind, line in zip(links[Links.link_kind], links.geometry, strict=True)
    ]


def find_on_banks(**options):
    return find_links(make_footing(draw_network(BANKS, merge=False), STROLLER), **options)


# ── footbridges ─────────────────────────────────────────────────────────────────────────────────


def test_footbridges_lie_where_they_save_most_and_apart_from_each_other():
    """Straight over at x = 0 it is 40 m instead of 840; next come x = 100, 200 and 300, which saves 200 of 240 m."""
    links = find_on_banks(bridged=RIVER)
    assert where(links) == [("footbridge", [(x, -20), (x, 20)]) for x in (0, 100, 200, 300)]
    assert links[Links.around_m].round(6).tolist() == [840, 640, 440, 240]
    assert links[Links.built_m].tolist() == links[Links.there_s].tolist() == links[Links.back_s].tolist() == [40] * 4
    assert links[Links.over].unique().tolist() == ["river"]
    assert links[Links.link].tolist() == [f"footbridge/{number}" for number in (1, 2, 3, 4)]
    assert all(NO_BUILDINGS in doubt for doubt in links[Links.doubt])


def test_a_footbridge_leads_over_an_area_of_water_and_begins_beside_it():
    river = {"river": gpd.GeoSeries([shapely.box(-50, -15, 450, 15)], crs=METRES)}
    assert where(find_on_banks(bridged=river)) == where(find_on_banks(bridged=RIVER))


def test_no_link_leads_through_a_building():
    """A house stands where the best bridge would be; round its corner, from x = 25 to x = 50, is the next best."""
    house = gpd.GeoSeries([shapely.box(-10, -10, 30, 10)], crs=METRES)
    links = find_on_banks(bridged=RIVER, buildings=house)
    assert where(links)[0] in [("footbridge", sorted([(25, y), (50, -y)])) for y in (-20, 20)]
    assert links[Links.around_m].iloc[0] == pytest.approx(375 + 40 + 350)
    assert not links.intersects(house.iloc[0]).any()
    assert not any(NO_BUILDINGS in (doubt or "") for doubt in links[Links.doubt])


def test_a_bridge_does_not_lead_over_what_it_is_not_made_for():
    """Beside the river runs a railway as far as x = 160."""
    railway = gpd.GeoSeries([shapely.LineString([(-50, 5), (160, 5)])], crs=METRES)
    links = find_on_banks(bridged=RIVER | {"railway": railway})
    assert len(links) == 2
    assert not links.intersects(railway.iloc[0]).any()
    assert links.bounds["minx"].min() == 150


def test_no_link_leads_over_a_street_on_its_way():
    """On the north bank a promenade runs at y = 10 from the water to the old bridge; the street behind is at y = 20."""
    paths = [*BANKS[:2], [(400, -20), (400, 10)], [(400, 10), (400, 20)], [(0, 10), (400, 10)]]
    footing = make_footing(draw_network(paths, merge=False), STROLLER)
    links = find_links(footing, bridged=RIVER)
    bridges = links[links[Links.link_kind] == "footbridge"]
    assert [xy for _, xy in where(bridges)] == [[(x, -20), (x, 10)] for x in (0, 100, 200, 300)]
    assert where(links[links[Links.link_kind] == "path"]) == [("path", [(0, 10), (0, 20)])]


def test_a_street_on_what_a_link_leads_over_is_no_street_on_its_way():
    """A trunk road is walked and bridged all the same."""
    trunk = {"trunk": gpd.GeoSeries([shapely.LineString([(-50, 0), (450, 0)])], crs=METRES)}
    footing = make_footing(draw_network([*BANKS[:2], *BANKS[2:], [(-50, 0), (390, 0)]], merge=False), STROLLER)
    assert ("footbridge", [(0, -20), (0, 20)]) in where(find_links(footing, bridged=trunk))


def test_banks_that_nothing_joins_are_far_from_each_other_and_one_is_in_doubt():
    footing = make_footing(draw_network([*BANKS[:1], [(0, 20), (300, 20)]], merge=False), STROLLER)
    links = find_links(footing, bridged=RIVER)
    assert links[Links.around_m].isna().all()
    assert all(LONELY in doubt for doubt in links[Links.doubt])


def test_what_a_footbridge_gains_and_costs_is_as_worked_out_with_pencil():
    """Home at (0, -20), shop at (0, 20): 840 m today, limit 300 m. Bridges at 0 and 100 serve (40 and 240 m)."""
    footing = make_footing(draw_network(BANKS, merge=False), STROLLER)
    clusters = make_clusters((100, 10, (0, -20)), (50, 5, (400, -20)))
    standing = stand(footing, clusters, [(0, 20)])
    kinds = [replace(SHOP, group="pupil")]
    costs = pd.DataFrame({UnitCosts.link_kind: ["footbridge"], UnitCosts.fixed: [1000.0], UnitCosts.per_m: [100.0]})
    links, gains = measure_links(standing, find_links(footing, bridged=RIVER), clusters, kinds, unit_costs=costs)
    # who lives at (400, -20) walks 440 m over the old bridge, and by no new one less
    assert links[Links.link].tolist() == [f"footbridge/{number}" for number in (1, 2, 3, 4)]
    assert links[Links.newly_served].tolist() == [100, 100, 0, 0]
    assert links[Links.gains].tolist() == [10, 10, 0, 0]
    assert links[Links.cost].tolist() == [5000] * 4
    assert links[Links.gains_per_cost].tolist() == [0.002, 0.002, 0, 0]
    assert gains[LinkGains.nearer].tolist() == [10, 10, 10, 10]
    saved = [800 * 10 / 60, 600 * 10 / 60, 400 * 10 / 60, 200 * 10 / 60]
    assert gains[LinkGains.saved_min].tolist() == pytest.approx(saved)
    assert gains[LinkGains.stand_in].tolist() == [False] * 4
    check_table(links, Links, where="links")
    check_table(gains, LinkGains, where="gains")


def test_the_homes_that_each_footbridge_serves_are_as_worked_out_with_pencil():
    """Shop at (0, 20), school at (200, 20); limits 300 m and 150 m. West is at (0, -20), east at (200, -20).

    Corners are 100 m apart. Over the bridge at x = 0, 100, 200 or 300 west walks 40, 240, 440 or 640 m to the shop and
    240, 240, 240 or 440 m to school; east walks 240, 240, 240 or 440 m to the shop and 440, 240, 40 or 240 m to school.
    Today west walks 840 m to the shop, and east 640 m. Nobody lives at (10, -20), which is listed all the same.
    """
    corners = [[(x, y), (x + 100, y)] for x in (0, 100, 200, 300) for y in (-20, 20)]
    footing = make_footing(draw_network([*corners, BANKS[2]], merge=False), STROLLER)
    network = footing.network
    clusters = make_clusters((100, 10, (0, -20)), (50, 5, (200, -20)), (0, 0, (10, -20)))
    starts, ends = snap_points(clusters, network), snap_points(points((0, 20), (200, 20)), network)
    standing = measure_standing(footing, starts, ends, np.array([0, 1]), limit_min=30.0)
    links, kinds = find_links(footing, bridged=RIVER), [SHOP, replace(make_kind("school", 2.5), group="pupil")]
    homes = list_linked_homes(standing, links, clusters, kinds)
    assert homes[list(map(str, (LinkedHomes.link, LinkedHomes.kind, LinkedHomes.cluster)))].to_numpy().tolist() == [
        ["footbridge/1", "shop", "c0"], ["footbridge/1", "shop", "c1"], ["footbridge/1", "shop", "c2"],
        ["footbridge/2", "shop", "c0"], ["footbridge/2", "shop", "c1"], ["footbridge/2", "shop", "c2"],
        ["footbridge/3", "shop", "c1"], ["footbridge/3", "school", "c1"],
    ]  # fmt: skip
    check_table(homes, LinkedHomes, where="homes")


def test_links_of_unknown_cost_come_after_those_with_a_cost_and_stay_unknown():
    footing = make_footing(draw_network(BANKS, merge=False), STROLLER)
    clusters = make_clusters((100, 10, (0, -20)))
    costs = pd.DataFrame({UnitCosts.link_kind: ["path"], UnitCosts.fixed: [0.0], UnitCosts.per_m: [100.0]})
    found = find_links(footing, bridged=RIVER)
    links = pd.concat([found, found.iloc[[3]].assign(**{Links.link: "path/1", Links.link_kind: "path"})])
    ranked, _ = measure_links(stand(footing, clusters, [(0, 20)]), links, clusters, [SHOP], unit_costs=costs)
    assert ranked[Links.link].tolist() == ["path/1", *(f"footbridge/{number}" for number in (1, 2, 3, 4))]
    assert ranked[Links.cost].isna().tolist() == [False, True, True, True, True]
    assert ranked[Links.gains_per_cost].isna().tolist() == [False, True, True, True, True]


# ── crossings ───────────────────────────────────────────────────────────────────────────────────

#: A main street with a pavement on either side; they meet at x = 400 alone.
PAVEMENTS = [[(-200, 0), (400, 0)], [(400, 0), (600, 0)], *BANKS[:2], [(400, -20), (400, 0)], [(400, 0), (400, 20)]]
KINDS = ["primary", "primary", *["footway"] * 4]


def test_crossings_join_pavements_of_an_arterial_and_wait_for_lights():
    walker = Walker(speed_kmh=3.6, crossing_s={"signals": 30})
    links = find_links(make_footing(draw_network(PAVEMENTS, kind=KINDS, merge=False), walker))
    assert where(links) == [("crossing", [(x, -20), (x, 20)]) for x in (0, 100, 200, 300)]
    assert links[Links.there_s].tolist() == links[Links.back_s].tolist() == [70] * 4
    assert links[Links.over].unique().tolist() == ["arterial"]


def test_a_crossing_does_not_lead_over_what_needs_a_bridge():
    links = find_links(make_footing(draw_network(PAVEMENTS, kind=KINDS, merge=False), STROLLER), bridged=RIVER)
    assert set(links[Links.link_kind]) == {"footbridge"}


def test_a_fence_is_crossed_where_it_is_named():
    fence = {"fence": RIVER["river"]}
    links = find_on_banks(crossed=fence)
    assert where(links) == [("crossing", [(x, -20), (x, 20)]) for x in (0, 100, 200, 300)]
    assert links[Links.over].unique().tolist() == ["fence"]


# ── paths ───────────────────────────────────────────────────────────────────────────────────────


def test_two_dead_ends_are_joined_where_nothing_lies_between():
    """Both banks end at x = 0, 40 m from each other and 840 m apart on foot."""
    links = find_on_banks()
    assert where(links) == [("path", [(0, -20), (0, 20)])]
    assert links[Links.around_m].tolist() == pytest.approx([840])


def test_a_dead_end_is_joined_to_the_middle_of_a_street():
    """It ends 30 m south of a street of 400 m, between its corners; the way round leads by x = 400."""
    paths = [[(0, 0), (400, 0)], [(200, -30), (200, -100), (400, -100)], [(400, -100), (400, 0)]]
    links = find_links(make_footing(draw_network(paths, merge=False), STROLLER))
    assert where(links) == [("path", [(200, -30), (200, 0)])]
    assert links[Links.around_m].tolist() == pytest.approx([570])


def test_where_the_data_end_there_is_no_dead_end():
    network = draw_network(BANKS, merge=False)
    cut = replace(network, cut=network.xy[:, 0] < 10)
    assert len(find_links(make_footing(cut, STROLLER))) == 0


def test_a_path_up_a_steep_slope_is_slower_and_in_doubt():
    """The north bank is 10 m above the south bank: a grade of one in four."""
    network = draw_network(BANKS, merge=False)
    ends = network.xy[network.ends]
    height = np.where(ends[:, :, 1] > 0, 10.0, 0.0).ravel()
    hilly = replace(network, profile=Profile(np.arange(len(network.ends) + 1) * 2, height))
    (link,) = find_links(make_footing(hilly, Walker(speed_kmh=3.6, slope="tobler"))).to_dict("records")
    up, down = sorted([link[Links.there_s], link[Links.back_s]], reverse=True)
    assert (up, down) == pytest.approx((40 * np.exp(3.5 * 0.30 - 3.5 * 0.05), 40 * np.exp(3.5 * 0.20 - 3.5 * 0.05)))
    assert TOO_STEEP in link[Links.doubt]
    assert FLAT not in link[Links.doubt]


def test_a_dead_end_is_joined_to_the_next_street_and_not_to_the_one_behind():
    """A street of 400 m has a cycleway along it, 10 m to its south; they meet at x = 400, as all streets here do."""
    cycleway = [[(0, -10), (400, -10)], [(400, -10), (400, 0)]]
    paths = [[(0, 0), (400, 0)], [(200, -30), (200, -100), (400, -100)], [(400, -100), (400, -10)], *cycleway]
    links = find_links(make_footing(draw_network(paths, merge=False), STROLLER))
    assert ("path", [(200, -30), (200, -10)]) in where(links)
    assert not any((200, -30) in ends and max(y for _, y in ends) == 0 for _, ends in where(links))


# ── gates ───────────────────────────────────────────────────────────────────────────────────────

RESIDENT = Walker(speed_kmh=3.6, gates="resident")
#: Two streets that meet at x = 500, and a private lane between them at x = 100, with a yard beside it.
LANES = [
    [(0, 0), (100, 0)], [(100, 0), (500, 0)], [(0, 200), (100, 200)], [(100, 200), (500, 200)], [(500, 0), (500, 200)],
    [(100, 0), (100, 80)], [(100, 80), (100, 200)], [(100, 80), (150, 80)],
]  # fmt: skip
PRIVATE = [0, 0, 0, 0, 0, 1, 1, 1]


def test_each_entrance_of_a_private_lane_is_a_gate_and_lets_people_in_from_its_side():
    """From (90, 0) to (110, 200) it is 1,000 m round, and 10 + 200 + 10 by the south gate; the other lets none in."""
    footing = make_footing(draw_network(LANES, private=PRIVATE), RESIDENT)
    links = find_links(footing)
    assert where(links) == [("gate", [(100, 0)]), ("gate", [(100, 200)])]
    assert links[Links.there_s].tolist() == [80, 120]
    assert links[Links.back_s].isna().all()
    assert links[Links.doubt].tolist() == [OWNER] * 2
    clusters = make_clusters((100, 10, (90, 0)))
    ranked, gains = measure_links(stand(footing, clusters, [(110, 200)]), links, clusters, [SHOP])
    assert ranked[Links.newly_served].tolist() == [100, 0]
    assert gains[LinkGains.saved_min].tolist() == pytest.approx([100 * (1000 - 220) / 60, 0])


def test_a_private_lane_without_a_corner_is_one_gate_both_ways():
    footing = make_footing(draw_network([*LANES[:5], [(100, 0), (100, 200)]], private=[0] * 5 + [1]), RESIDENT)
    links = find_links(footing)
    assert links[[Links.there_s, Links.back_s]].to_numpy().tolist() == [[200, 200]]


def test_a_private_lane_that_leads_nowhere_is_a_gate_only_for_what_is_inside():
    paths, private = [*LANES[:5], [(100, 0), (100, 80)]], [0] * 5 + [1]
    footing = make_footing(draw_network(paths, private=private), RESIDENT)
    assert len(find_links(footing)) == 0
    inside = snap_points(points((101, 60)), footing.network)
    assert where(find_links(footing, ends=inside)) == [("gate", [(100, 0)])]


def test_for_those_who_walk_through_anyway_no_gate_is_missing():
    footing = make_footing(draw_network(LANES, private=PRIVATE), STROLLER)
    assert len(find_links(footing)) == 0


def test_a_gate_that_is_shut_for_all_can_be_opened(tmp_path):
    """Two streets meet at x = 500; a path between them at x = 0 has a gate with access=no at (0, 50).

    From (0, 2) to (0, 98) it is 2 + 500 + 100 + 500 + 2 m round, and 96 through the gate.
    """
    nodes = {1: (0, 0), 2: (500, 0), 3: (500, 100), 4: (0, 100), 5: (0, 50), 6: (-900, 0), 7: (900, 0)}
    ways = {
        1: ([6, 1, 2, 7], {"highway": "residential"}), 2: ([2, 3], {"highway": "residential"}),
        3: ([3, 4], {"highway": "residential"}), 4: ([1, 5, 4], {"highway": "footway"}),
    }  # fmt: skip
    path = write_osm(tmp_path / "shut.osm", nodes, ways, node_tags={5: {"barrier": "gate", "access": "no"}})
    footing = make_footing(wc.read_network(path, stored=False), STROLLER)
    links = find_links(footing)
    gates = links[links[Links.link_kind] == "gate"]
    assert gates[[Links.over, Links.built_m, Links.there_s]].to_numpy().tolist() == [["shut for all", 0, 0]]
    assert gates[Links.around_m].tolist() == pytest.approx([1200], abs=0.5)
    clusters = make_clusters((7, 1, (EAST, NORTH + 2)), crs=footing.network.crs)
    ranked, gains = measure_links(stand(footing, clusters, [(EAST, NORTH + 98)]), gates, clusters, [SHOP])
    assert ranked[Links.newly_served].tolist() == [7]
    assert gains[LinkGains.saved_min].tolist() == pytest.approx([7 * 1008 / 60], abs=0.2)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


def test_shapes_in_another_crs_are_refused():
    with pytest.raises(TableError, match="river: the CRS is not that of the streets"):
        find_on_banks(bridged={"river": RIVER["river"].to_crs(3857)})


def test_other_clusters_or_kinds_than_those_of_the_standing_are_refused():
    footing = make_footing(draw_network(BANKS, merge=False), STROLLER)
    clusters = make_clusters((100, 10, (0, -20)))
    standing, links = stand(footing, clusters, [(0, 20)], limit_min=4), find_links(footing, bridged=RIVER)
    with pytest.raises(TableError, match="1 origins and 1 kinds, but 2 clusters"):
        measure_links(standing, links, pd.concat([clusters, clusters]), [SHOP])
    with pytest.raises(TableError, match="make it with a longer limit_min"):
        measure_links(standing, links, clusters, [SHOP])
    with pytest.raises(TableError, match="1 origins and 1 kinds, but 2 clusters"):
        list_linked_homes(standing, links, pd.concat([clusters, clusters]), [SHOP])
    with pytest.raises(TableError, match="1 origins and 1 kinds, but 1 clusters and 0 kinds"):
        measure_links(standing, links, clusters, [])


def test_a_link_that_costs_nothing_is_refused():
    footing = make_footing(draw_network(BANKS, merge=False), STROLLER)
    clusters = make_clusters((100, 10, (0, -20)))
    costs = pd.DataFrame({UnitCosts.link_kind: ["footbridge"], UnitCosts.fixed: [0.0], UnitCosts.per_m: [0.0]})
    links = find_links(footing, bridged=RIVER)
    with pytest.raises(TableError, match="costs nothing"):
        measure_links(stand(footing, clusters, [(0, 20)]), links, clusters, [SHOP], unit_costs=costs)


def test_without_anything_to_find_the_table_is_empty_and_whole():
    footing = make_footing(draw_network([[(0, 0), (100, 0)]]), STROLLER)
    links = find_links(footing)
    assert len(links) == 0
    check_table(links, Links, where="links")
    clusters = make_clusters((100, 10, (0, 0)))
    standing = stand(footing, clusters, [(50, 0)])
    ranked, gains = measure_links(standing, links, clusters, [SHOP])
    homes = list_linked_homes(standing, links, clusters, [SHOP])
    assert (len(ranked), len(gains), len(homes)) == (0, 0, 0)
    check_table(homes, LinkedHomes, where="homes")


# ── any link ────────────────────────────────────────────────────────────────────────────────────

SIZE = 4
KINDS_ASKED = [make_kind("shop", 2.0), make_kind("school", 4.0), make_kind("clinic", 6.0)]


@st.composite
def towns(draw):
    """Draw a town with gaps and private lanes, homes and facilities of three kinds, and links between any places."""
    paths = grid_paths(SIZE, SIZE)
    kept = draw(st.lists(st.booleans(), min_size=len(paths), max_size=len(paths)))
    paths = [path for path, there in zip(paths, kept, strict=True) if there] or paths
    private = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=len(paths), max_size=len(paths)))
    oneway = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=len(paths), max_size=len(paths)))
    footing = make_footing(draw_network(paths, private=private, oneway=oneway, merge=False), RESIDENT)
    metre = st.integers(0, (SIZE - 1) * 100)
    places = st.lists(st.tuples(metre, metre), min_size=1, max_size=6)
    homes, goals = draw(places), draw(places)
    kind = draw(st.lists(st.integers(0, 2), min_size=len(goals), max_size=len(goals)))
    end = st.tuples(st.integers(0, len(paths) - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    links = draw(st.lists(st.tuples(end, end, st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=4))
    return footing, homes, goals, np.array(kind), links


def frame_links(network, links):
    (first, last), seconds = zip(*(link[:2] for link in links), strict=True), [link[2:] for link in links]
    at = [
        [shapely.line_interpolate_point(network.lines[e], f, normalized=True) for e, f in ends]
        for ends in (first, last)
    ]
    return gpd.GeoDataFrame(
        {
            Links.link: [f"path/{i}" for i in range(len(links))], Links.link_kind: "path", Links.over: None,
            Links.first_edge: [e for e, _ in first], Links.first_fraction: [f for _, f in first],
            Links.last_edge: [e for e, _ in last], Links.last_fraction: [f for _, f in last],
            Links.built_m: 1.0, Links.there_s: [float(s) for s, _ in seconds],
            Links.back_s: [float(s) for _, s in seconds], Links.around_m: np.nan, Links.doubt: None,
        },
        geometry=[shapely.LineString([a, b]) for a, b in zip(*at, strict=True)],
        crs=network.crs,
    )  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(towns())
def test_a_link_makes_nobody_worse_off_and_leaves_no_trace(town):
    footing, homes, goals, kind, drawn = town
    network = footing.network
    clusters = make_clusters(*((10 + i, i, xy) for i, xy in enumerate(homes)))
    starts, ends = snap_points(clusters, network, within_m=500), snap_points(points(*goals), network, within_m=500)
    standing = measure_standing(footing, starts, ends, kind, limit_min=30, kinds=3)
    before = standing.seconds
    links = frame_links(network, drawn)
    ranked, gains = measure_links(standing, links, clusters, KINDS_ASKED)
    assert np.array_equal(standing.seconds, before)
    assert (gains[list(map(str, (LinkGains.newly_served, LinkGains.nearer, LinkGains.saved_min)))] >= 0).all(axis=None)
    people = clusters[Clusters.population].to_numpy()
    listed = list_linked_homes(standing, links, clusters, KINDS_ASKED)
    assert np.array_equal(standing.seconds, before)
    homes = {key: set(some) for key, some in listed.groupby([LinkedHomes.link, LinkedHomes.kind])[LinkedHomes.cluster]}
    for number, link in enumerate(drawn):
        after = search_with_link(footing, starts, ends, kind, link)
        assert (after <= before.T).all()
        mine = gains.iloc[3 * number : 3 * number + 3]
        for code, asked in enumerate(KINDS_ASKED):
            limit_s = asked.limit_min * 60 + 1e-6
            new = (before[code] > limit_s) & (after[:, code] <= limit_s)
            assert mine[LinkGains.newly_served].iloc[code] == people[new].sum()
            assert homes.get((f"path/{number}", asked.id), set()) == set(clusters[Clusters.cluster][new])
        total = ranked.set_index(Links.link).loc[f"path/{number}", Links.gains]
        assert total == mine[LinkGains.newly_served].sum()


def search_with_link(footing, starts, ends, kind, link):
    """Search the whole town again with the link in it: ``(homes, kinds)`` seconds."""
    (first, one), (last, other), there_s, back_s = link
    network = footing.network
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.xy)))
    for edge, (a, b) in enumerate(network.ends.tolist()):
        for side, (tail, head) in enumerate([(a, b), (b, a)]):
            if footing.enter[edge, side]:
                graph.add_edge(tail, head, weight=footing.seconds[edge, side])
    for name, edge, part in (("first", first, one), ("last", last, other)):
        # what begins at a corner begins nowhere else
        corners = [round(part)] if part in {0.0, 1.0} else [0, 1]
        for side in corners:
            node, at_it = int(network.ends[edge, side]), part in {0.0, 1.0}
            if at_it or footing.enter[edge, side]:
                graph.add_edge(node, name, weight=walk_part(footing, edge, part, side, arriving=True))
            graph.add_edge(name, node, weight=walk_part(footing, edge, part, side, arriving=False))
    graph.add_edge("first", "last", weight=float(there_s))
    graph.add_edge("last", "first", weight=float(back_s))
    plain = measure_nearest(footing, starts, ends, kind, limit_min=30)
    after = np.pad(plain, ((0, 0), (0, 3 - plain.shape[1])), constant_values=np.inf)
    hang_doors(graph, footing, starts, "home")
    hang_doors(graph, footing, ends, "goal")
    for home in range(len(starts)):
        reached = nx.single_source_dijkstra_path_length(graph, ("home", home))
        for goal in range(len(ends)):
            row, column = starts.item[home], kind[ends.item[goal]]
            after[row, column] = min(after[row, column], reached.get(("goal", goal), np.inf))
    return after


def walk_part(footing, edge, part, side, *, arriving):
    """Return the seconds between an end of an edge and a place along it; no part of a closed edge takes no time."""
    share = part if side == 0 else 1 - part
    return 0.0 if share == 0 else share * float(footing.seconds[edge, side if arriving else 1 - side])


def hang_doors(graph, footing, spots, name):
    """Hang homes and goals on the ends of their edges; no door is a way through."""
    for number in range(len(spots)):
        edge, part, access = int(spots.edge[number]), float(spots.fraction[number]), float(spots.access_m[number])
        graph.add_node((name, number))
        for side, node in enumerate(footing.network.ends[edge].tolist()):
            took = access + walk_part(footing, edge, part, side, arriving=name == "goal")
            if name == "home":
                graph.add_edge((name, number), node, weight=took)
            elif footing.enter[edge, side]:
                graph.add_edge(node, (name, number), weight=took)


@settings(deadline=None, max_examples=40)
@given(towns(), st.sampled_from(["all", "pupil"]))
def test_the_people_of_the_homes_of_a_link_add_up_to_what_it_gains(town, group):
    footing, homes, goals, kind, drawn = town
    clusters = make_clusters(*((10 + i, i, xy) for i, xy in enumerate(homes)))
    starts, ends = (snap_points(some, footing.network, within_m=500) for some in (clusters, points(*goals)))
    standing = measure_standing(footing, starts, ends, kind, limit_min=30, kinds=3)
    links, kinds = frame_links(footing.network, drawn), [replace(asked, group=group) for asked in KINDS_ASKED]
    ranked, gains = measure_links(standing, links, clusters, kinds)
    listed = list_linked_homes(standing, links, clusters, kinds)
    people = clusters.set_index(Clusters.cluster)
    count = people[Clusters.pupil if group == "pupil" else Clusters.population].loc[listed[LinkedHomes.cluster]]
    total = count.set_axis(pd.MultiIndex.from_frame(listed[[LinkedHomes.link, LinkedHomes.kind]])).groupby(level=[0, 1])
    newly = gains.set_index([LinkGains.link, LinkGains.kind])[LinkGains.newly_served]
    assert total.sum().reindex(newly.index, fill_value=0).tolist() == newly.tolist()
    residents = people[Clusters.population]
    served = listed.groupby(LinkedHomes.link)[LinkedHomes.cluster].agg(lambda some: residents[some.unique()].sum())
    assert ranked[Links.newly_served].tolist() == served.reindex(ranked[Links.link], fill_value=0).tolist()


@settings(deadline=None, max_examples=40)
@given(towns())
def test_what_is_asked_of_a_standing_never_grows_and_counts_each_origin_and_kind_once(town):
    footing, homes, goals, kind, drawn = town
    network = footing.network
    starts, ends = (snap_points(points(*some), network, within_m=500) for some in (homes, goals))
    standing = measure_standing(footing, starts, ends, kind, limit_min=30, kinds=3)
    ways = [
        (int(network.ends[first, round(one)]), int(network.ends[last, round(other)]), float(there_s), float(back_s))
        for (first, one), (last, other), there_s, back_s in drawn
    ]
    felt = _ask(standing, ways)
    assert (felt.after_s <= felt.before_s).all()
    assert (standing.seconds[felt.kind, felt.origin] == felt.before_s).all()
    assert len(set(zip(felt.kind.tolist(), felt.origin.tolist(), strict=True))) == len(felt.origin)


@settings(deadline=None, max_examples=40)
@given(towns())
def test_found_links_are_short_far_round_and_join_what_they_say(town):
    footing = town[0]
    rules = LinkRules(path_m=120, least_ratio=1.5, least_saved_m=50, every_m=50)
    links = find_links(footing, rules=rules)
    paths = links[links[Links.link_kind] == "path"]
    assert (paths[Links.built_m] <= 120).all()
    assert not (paths[Links.around_m] < 1.5 * paths[Links.built_m]).any()
    assert not (paths[Links.around_m] < paths[Links.built_m] + 50).any()
    assert links[Links.link].is_unique
    for edge, part, end in ((Links.first_edge, Links.first_fraction, 0), (Links.last_edge, Links.last_fraction, -1)):
        at = shapely.line_interpolate_point(footing.network.lines[paths[edge]], paths[part], normalized=True)
        assert (shapely.distance(at, shapely.get_point(paths.geometry.to_numpy(), end)) < 1e-6).all()
