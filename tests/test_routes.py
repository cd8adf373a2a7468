"""Ways to school: a town worked out with pencil, a grid of quadrants as an oracle, and what must hold for any town."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import EAST, METRES, NORTH, STROLLER, draw_network, grid_paths, make_facilities, points, write_osm
from hypothesis import given, settings
from hypothesis import strategies as st

import walkcircle as wc
from walkcircle.crossings import PROTECTED, UNKNOWN, UNPROTECTED, split_sides
from walkcircle.errors import NetworkError, TableError
from walkcircle.footing import make_footing
from walkcircle.network import read_walk_rules
from walkcircle.routes import measure_school_routes, rank_crossings
from walkcircle.snapping import snap_points
from walkcircle.sources.roads import name_control, read_roads
from walkcircle.tables import Clusters, Controls, Crossings, Roads, SchoolRoutes, WalkTimes, check_table
from walkcircle.walking import find_routes, measure_times

BOTH = (UNPROTECTED, UNKNOWN)


# ── a town with one main street ─────────────────────────────────────────────────────────────────
#
#   north (y = 100)   12 ─────────────────────── 14
#                     │                          │
#   Main Street  1 ── 2 ──────────────────────── 3 ── 4     (y = 0, primary)
#                     │                          │
#   south (y = -100)  11                         13
#
# x is -3000, 100, 400, 3000: the data end too far away to walk round. Home is at (100, -50), with 10 pupils; the school
# is at node 12. At node 3 are lights.

NODES = {
    1: (-3000, 0), 2: (100, 0), 3: (400, 0), 4: (3000, 0), 11: (100, -100), 12: (100, 100), 13: (400, -100),
    14: (400, 100), 20: (200, -100), 21: (200, 100),
}  # fmt: skip
WAYS = {
    1: ([1, 2, 3, 4], {"highway": "primary", "name": "Main Street"}),
    2: ([11, 2, 12], {"highway": "residential"}),
    4: ([13, 3, 14], {"highway": "footway"}),
    5: ([12, 21, 14], {"highway": "residential"}),
    6: ([11, 20], {"highway": "residential"}),
}
LIGHTS = {3: {"highway": "crossing", "crossing": "traffic_signals"}}


class Town:
    """A file read, and people and schools on its streets."""

    def __init__(self, folder, *, ways=WAYS, tags=LIGHTS, nodes=NODES, homes=((100, -50),), school=(100, 100)):
        path = write_osm(folder / "town.osm", nodes, ways, node_tags=tags)
        self.footing = make_footing(wc.read_network(path, stored=False), STROLLER)
        network = self.footing.network
        self.roads, self.controls = read_roads(path, network.crs)
        self.clusters = make_clusters([(10.0, self.at(home)) for home in homes], network.crs)
        self.schools = make_facilities([("s", "school", self.at(school))], network.crs)
        self.starts = snap_points(self.clusters, network)
        self.ends = snap_points(self.schools, network)

    def at(self, xy):
        return EAST + xy[0], NORTH + xy[1]

    def split(self, *, frames=True):
        known = {"roads": self.roads, "controls": self.controls} if frames else {}
        return split_sides(self.footing, **known)

    def measure(self, limit_min=20.0, *, frames=True):
        given_ = (self.split(frames=frames), self.starts, self.ends, self.clusters, self.schools)
        row = measure_school_routes(*given_, limit_min=limit_min).iloc[0]
        return row, rank_crossings(*given_, limit_min=limit_min)


def make_clusters(rows, crs=METRES):
    return gpd.GeoDataFrame(
        {
            Clusters.cluster: [f"c{i}" for i in range(len(rows))], Clusters.community: "k", Clusters.estate: None,
            Clusters.population: [people * 2 for people, _ in rows], Clusters.residences: 1,
            Clusters.pupil: [people for people, _ in rows],
        },
        geometry=[shapely.Point(xy) for _, xy in rows],
        crs=crs,
    )  # fmt: skip


def case(row, which):
    """Return safe pupils, detour in minutes and metres, and pupils with no way, unknown crossings counted one way.

    A file holds places to the centimetre.
    """
    names = ("safe", "detour_min", "detour_m", "no_way")
    return tuple(round(float(row[f"{name}_if_{which}"]), 1) for name in names)


def test_a_corner_without_a_mapped_crossing_is_unknown_and_counted_both_ways(tmp_path):
    """150 m over the corner; 50 + 300 along the south side + 100 over the lights + 300 back = 750 m on the safe way."""
    row, worst = Town(tmp_path).measure()
    assert (row[SchoolRoutes.pupils], round(row[SchoolRoutes.minutes], 2), row[SchoolRoutes.farther]) == (10, 2.5, 0)
    assert case(row, "protected") == (10, 0, 0, 0)
    assert case(row, "unprotected") == (10, 10, 600, 0)
    assert not row[SchoolRoutes.stand_in]
    found = worst[[Crossings.name, Crossings.road_class, Crossings.control, Crossings.protection, Crossings.pupils]]
    assert found.to_numpy().tolist() == [["Main Street", "primary", None, UNKNOWN, 10]]


def test_a_safe_way_beyond_the_limit_is_a_detour_but_not_in_time(tmp_path):
    row, _ = Town(tmp_path).measure(limit_min=5)
    assert case(row, "unprotected") == (0, 10, 600, 0)
    assert row[SchoolRoutes.share_if_unprotected] == 0
    assert row[SchoolRoutes.share_if_protected] == 1


def test_whoever_lives_beyond_the_limit_is_no_pupil_here(tmp_path):
    row, worst = Town(tmp_path).measure(limit_min=2)
    assert (row[SchoolRoutes.pupils], row[SchoolRoutes.farther]) == (0, 10)
    assert np.isnan(row[SchoolRoutes.share_if_protected])
    assert len(worst) == 0


@pytest.mark.parametrize(
    ("tags", "protected", "unprotected", "word"),
    [
        ({"highway": "traffic_signals"}, (10, 0, 0, 0), (10, 0, 0, 0), None),
        ({"highway": "crossing", "crossing": "traffic_signals"}, (10, 0, 0, 0), (10, 0, 0, 0), None),
        ({"highway": "crossing", "crossing": "zebra"}, (10, 10, 600, 0), (10, 10, 600, 0), "marked"),
        ({"highway": "crossing", "crossing": "unmarked"}, (10, 10, 600, 0), (10, 10, 600, 0), "unmarked"),
        ({"highway": "crossing"}, (10, 0, 0, 0), (10, 10, 600, 0), "unknown"),
    ],
)
@pytest.mark.parametrize("away", [0, 20])
def test_what_is_mapped_at_a_corner_or_near_it_is_believed(tmp_path, tags, protected, unprotected, word, away):
    """The crossing is on the corner, or on the main street 20 m east of it."""
    nodes = NODES | {30: (100 + away, 0)}
    ways = WAYS | {1: ([1, 2, 30, 3, 4] if away else [1, 2, 3, 4], WAYS[1][1])}
    row, worst = Town(tmp_path, nodes=nodes, ways=ways, tags=LIGHTS | {30 if away else 2: tags}).measure()
    assert case(row, "protected") == protected
    assert case(row, "unprotected") == unprotected
    known = [None if pd.isna(control) else control for control in worst[Crossings.control]]
    assert known == ([] if word is None else [None if word == "unknown" else word])


def test_without_lists_of_crossings_corners_are_unknown_and_lights_on_paths_are_known(tmp_path):
    row, worst = Town(tmp_path, tags=LIGHTS | {2: {"highway": "crossing", "crossing": "zebra"}}).measure(frames=False)
    assert (case(row, "protected"), case(row, "unprotected")) == ((10, 0, 0, 0), (10, 10, 600, 0))
    assert worst[[Crossings.name, Crossings.protection]].to_numpy().tolist() == [[None, UNKNOWN]]


def test_without_any_safe_way_pupils_have_none(tmp_path):
    row, _ = Town(tmp_path, tags={3: {"highway": "crossing", "crossing": "zebra"}}).measure()
    assert case(row, "protected") == (10, 0, 0, 0)
    assert case(row, "unprotected")[0] == 0
    assert np.isnan(row[SchoolRoutes.detour_min_if_unprotected])
    assert row[SchoolRoutes.no_way_if_unprotected] == 10


@pytest.mark.parametrize("tags", [{"bridge": "yes", "layer": "1"}, {"tunnel": "yes", "layer": "-1"}])
def test_a_footbridge_and_an_underpass_are_safe(tmp_path, tags):
    """South to 11 (50), east to 20 (100), over or under (200), west to the school (100): 450 m."""
    ways = WAYS | {7: ([20, 21], {"highway": "footway", **tags})}
    row, _ = Town(tmp_path, ways=ways).measure()
    assert case(row, "unprotected") == (10, 5, 300, 0)


def test_a_main_street_that_ends_is_walked_round(tmp_path):
    """Main Street begins at the corner: nobody has to cross it."""
    ways = WAYS | {1: ([2, 3, 4], WAYS[1][1])}
    row, worst = Town(tmp_path, ways=ways).measure()
    assert case(row, "unprotected") == (10, 0, 0, 0)
    assert len(worst) == 0


def test_whoever_lives_across_from_school_crosses_at_the_door(tmp_path):
    """10 m on either side of Main Street at x = 250: 20 m straight across; safely 10 + 150 to the lights, and back."""
    row, worst = Town(tmp_path, homes=[(250, -10)], school=(250, 10)).measure()
    assert round(row[SchoolRoutes.minutes] * 60, 1) == 20
    assert case(row, "protected") == (10, 0, 0, 0)
    assert case(row, "unprotected") == (10, 5, 300, 0)
    assert worst[[Crossings.name, Crossings.road_class, Crossings.pupils]].to_numpy().tolist() == [
        ["Main Street", "primary", 10]
    ]
    middle = worst.geometry.iloc[0]
    town = Town(tmp_path)
    assert (middle.x, middle.y) == pytest.approx(town.at((250, 0)), abs=0.01)


def test_a_neighbour_on_the_same_side_crosses_nothing(tmp_path):
    row, worst = Town(tmp_path, homes=[(150, 10)], school=(250, 10)).measure()
    assert case(row, "unprotected") == (10, 0, 0, 0)
    assert len(worst) == 0


def test_pupils_add_up_at_the_crossing_they_share_and_the_worst_comes_first(tmp_path):
    """Three homes cross the corner at node 2, one crosses over the lights, and one at its own door."""
    homes = [(100, -50), (100, -90), (150, -100), (400, -50), (50, -10)]
    row, worst = Town(tmp_path, homes=homes).measure()
    assert worst[Crossings.pupils].tolist() == [30, 10]
    assert worst[Crossings.rank].tolist() == [1, 2]
    assert row[SchoolRoutes.pupils] == 50
    assert case(row, "protected")[0] == 50


def test_where_pupils_are_not_counted_residents_stand_in_and_the_table_says_so(tmp_path):
    town = Town(tmp_path)
    town.clusters = town.clusters.drop(columns=str(Clusters.pupil))
    row, worst = town.measure()
    assert (row[SchoolRoutes.pupils], row[SchoolRoutes.stand_in]) == (20, True)
    assert worst[[Crossings.pupils, Crossings.stand_in]].to_numpy().tolist() == [[20, True]]


MOTORWAY = WAYS | {1: ([1, 2, 3, 4], {"highway": "motorway", "name": "Main Street"})}


@pytest.mark.parametrize(("frames", "street"), [(True, "motorway"), (False, "primary")])
@pytest.mark.parametrize("kind", ["node", "way"])
def test_a_mapped_crossing_of_a_road_that_nobody_walks_is_seen_with_and_without_the_list_of_roads(
    tmp_path, frames, street, kind
):
    """The network lacks a motorway; one path crosses it at x = 100, as a node or as a way with the crossing's tags."""
    ways = MOTORWAY | {2: ([11, 2, 12], {"highway": "footway"})}
    tags = LIGHTS | ({2: {"highway": "crossing", "crossing": "zebra"}} if kind == "node" else {})
    if kind == "way":
        ways |= {2: ([11, 2, 12], {"highway": "footway", "footway": "crossing", "crossing": "zebra"})}
    town = Town(tmp_path, ways=ways, tags=tags, homes=[(150, -100)])
    row, worst = town.measure(frames=frames)
    assert round(row[SchoolRoutes.minutes] * 60, 1) == 250
    assert worst[[Crossings.road_class, Crossings.control, Crossings.protection]].to_numpy().tolist() == [
        [street, "marked", UNPROTECTED]
    ]
    # along a motorway nobody walks to the lights, and nothing else leads there
    assert case(row, "protected")[0] == 0
    assert row[SchoolRoutes.no_way_if_protected] == 10


@pytest.mark.parametrize("both", ["residential", "footway"])
def test_a_street_over_a_road_that_nobody_walks_is_a_crossing_though_nothing_is_mapped(tmp_path, both):
    ways = MOTORWAY | {2: ([11, 2, 12], {"highway": both})}
    row, worst = Town(tmp_path, ways=ways).measure()
    assert worst[[Crossings.name, Crossings.road_class, Crossings.protection]].to_numpy().tolist() == [
        ["Main Street", "motorway", UNKNOWN]
    ]
    assert (case(row, "protected")[0], row[SchoolRoutes.no_way_if_unprotected]) == (10, 10)


def test_the_pieces_of_a_street_cut_by_a_road_take_as_long_as_the_street(tmp_path):
    town = Town(tmp_path, ways=MOTORWAY, homes=[(100, -37.3), (100, 61.9)])
    streets = town.split()
    whole = measure_times(town.footing, town.starts, town.ends, STROLLER)
    parts = measure_times(streets.footing, streets.place(town.starts).spots, streets.place(town.ends).spots, STROLLER)
    assert parts[WalkTimes.minutes].tolist() == pytest.approx(whole[WalkTimes.minutes].tolist(), abs=1e-9)
    assert parts[WalkTimes.metres].tolist() == pytest.approx(whole[WalkTimes.metres].tolist(), abs=1e-6)


def test_tables_are_as_declared(tmp_path):
    town = Town(tmp_path)
    streets = town.split()
    given_ = (streets, town.starts, town.ends, town.clusters, town.schools)
    check_table(measure_school_routes(*given_, limit_min=20), SchoolRoutes, where="ways to school")
    check_table(rank_crossings(*given_, limit_min=20), Crossings, where="crossings")
    check_table(rank_crossings(*given_, limit_min=1), Crossings, where="no crossing")
    check_table(town.roads, Roads, where="roads")
    check_table(town.controls, Controls, where="controls")
    none = town.schools.iloc[:0]
    empty = measure_school_routes(streets, town.starts, town.ends.between(0, 0), town.clusters, none, limit_min=20)
    assert len(empty) == 0


def test_roads_in_another_crs_are_refused(tmp_path):
    town = Town(tmp_path)
    with pytest.raises(TableError, match="not that of the streets"):
        split_sides(town.footing, roads=town.roads.to_crs(3857))


@pytest.mark.parametrize(
    ("tags", "control"),
    [
        ({"highway": "traffic_signals"}, "signals"),
        ({"highway": "crossing", "crossing": "uncontrolled"}, "marked"),
        ({"highway": "crossing", "crossing:markings": "zebra"}, "marked"),
        ({"highway": "crossing", "crossing:markings": "no"}, "unmarked"),
        ({"highway": "crossing", "crossing": "marked", "crossing:signals": "yes"}, "signals"),
        ({"highway": "crossing", "crossing": "island"}, None),
    ],
)
def test_tags_of_crossings_say_what_controls_them_or_nothing(tags, control):
    assert read_walk_rules().passage(tags) == "public"
    assert name_control(tags) == control


# ── any town ────────────────────────────────────────────────────────────────────────────────────

SIZE = 4


@st.composite
def grids(draw):
    """Draw a grid of streets of which some are arterials, some are missing, and homes and schools along them."""
    paths = grid_paths(SIZE, SIZE)
    kinds = draw(st.lists(st.sampled_from(["path", "primary", "gone"]), min_size=len(paths), max_size=len(paths)))
    kept = [(path, kind) for path, kind in zip(paths, kinds, strict=True) if kind != "gone"]
    if len(kept) < 2:
        kept = [(path, "path") for path in paths]
    count = draw(st.integers(1, 6))
    where = st.tuples(st.integers(0, len(kept) - 1), st.integers(2, 18), st.sampled_from([-5.0, 5.0]))
    return kept, draw(st.lists(where, min_size=count, max_size=count)), draw(st.lists(where, min_size=1, max_size=3))


def put(kept, places):
    """Return the points that lie some metres left or right of streets."""
    xy = []
    for street, part, offset in places:
        (x0, y0), (x1, y1) = kept[street][0]
        along = np.array([x1 - x0, y1 - y0]) / 100
        xy.append(tuple(np.array([x0, y0]) + along * part * 5 + np.array([-along[1], along[0]]) * offset))
    return xy


def build(drawn):
    kept, homes, schools = drawn
    network = draw_network([path for path, _ in kept], kind=[kind for _, kind in kept], merge=False)
    footing = make_footing(network, STROLLER)
    return footing, *(snap_points(points(*put(kept, some)), network) for some in (homes, schools))


@settings(deadline=None, max_examples=60)
@given(grids())
def test_with_all_crossings_open_two_sides_change_no_time(drawn):
    footing, starts, ends = build(drawn)
    streets = split_sides(footing)
    whole = measure_times(footing, starts, ends, STROLLER)
    sided = measure_times(streets.footing, streets.place(starts).spots, streets.place(ends).spots, STROLLER)
    pd.testing.assert_frame_equal(sided, whole, check_exact=True)


@settings(deadline=None, max_examples=60)
@given(grids())
def test_with_all_crossings_closed_walks_are_those_of_a_grid_of_quadrants(drawn):
    """At each corner are four quadrants; two that meet are one unless an arterial lies between them."""
    kept, homes, schools = drawn
    footing, starts, ends = build(drawn)
    streets = split_sides(footing)
    closed = streets.close(BOTH)
    from_, to = (streets.place(spots).leave_out(BOTH) for spots in (starts, ends))
    times = measure_times(closed, from_, to, STROLLER)
    found = times.set_index([WalkTimes.origin, WalkTimes.destination])[WalkTimes.minutes].to_dict()
    graph = draw_quadrants(kept)
    for spots, name in ((starts, "home"), (ends, "school")):
        for number in range(len(spots)):
            edge, fraction = int(spots.edge[number]), float(spots.fraction[number])
            a, b = np.round(footing.network.xy[footing.network.ends[edge]], 6).tolist()
            join_door(graph, (name, number), a, b, fraction * 100, spots.door_xy[number], footing.network.kind[edge])
    for home in range(len(homes)):
        there = nx.single_source_dijkstra_path_length(graph, ("home", home))
        for school in range(len(schools)):
            wanted = there.get(("school", school), np.inf)
            if np.hypot(*(starts.door_xy[home] - ends.door_xy[school])) < 1e-3:
                wanted = 0.0
            got = found.get((home, school), np.inf) * 60
            assert got == pytest.approx(wanted, abs=1e-6)


def draw_quadrants(kept):
    """Draw the graph: a corner's quadrants are numbered against the clock from the north-east."""
    graph = nx.Graph()
    arterial = {frozenset(path) for path, kind in kept if kind == "primary"}
    for x in range(0, SIZE * 100, 100):
        for y in range(0, SIZE * 100, 100):
            # between quadrants 0 and 1 is the arm to the north, between 1 and 2 that to the west, and so on
            for number, (dx, dy) in enumerate([(0, 100), (-100, 0), (0, -100), (100, 0)]):
                if frozenset([(x, y), (x + dx, y + dy)]) not in arterial:
                    graph.add_edge((x, y, number), (x, y, (number + 1) % 4), weight=0.0)
    for ((x0, y0), (x1, y1)), _ in kept:
        for here, there in ((0, 1), (3, 2)) if y0 == y1 else ((0, 3), (1, 2)):
            graph.add_edge((x0, y0, here), (x1, y1, there), weight=100.0)
    return graph


def join_door(graph, door, a, b, along_m, xy, kind):
    """Join a door 5 m from a street to the quadrants at both ends of it that it sees, and to doors beside it."""
    (x0, y0), (x1, y1) = a, b
    level = y0 == y1
    turned = x1 < x0 or y1 < y0
    if turned:
        (x0, y0), (x1, y1), along_m = (x1, y1), (x0, y0), 100 - along_m
    sides = {1: (0, 1), -1: (3, 2)} if level else {1: (0, 3), -1: (1, 2)}  # north or south of it; east or west of it
    side = 1 if (xy[1] > y0 if level else xy[0] > x0) else -1
    seen = [side] if kind == "primary" else [1, -1]
    for where in seen:
        here, there = sides[where]
        graph.add_edge(door, (int(x0), int(y0), here), weight=5 + along_m)
        graph.add_edge(door, (int(x1), int(y1), there), weight=5 + 100 - along_m)
        beside = graph.nodes.get(("street", x0, y0, level, where), {}).get("doors", [])
        for other, at in beside:
            if other[0] != door[0]:
                graph.add_edge(door, other, weight=10 + abs(at - along_m))
        graph.add_node(("street", x0, y0, level, where), doors=[*beside, (door, along_m)])


@settings(deadline=None, max_examples=40)
@given(grids())
def test_closing_more_crossings_makes_no_walk_shorter_and_nobody_safer(drawn):
    kept, homes, schools = drawn
    footing, starts, ends = build(drawn)
    corners = gpd.GeoDataFrame(
        {Controls.control: ["signals", "marked", None]},
        geometry=list(points((0, 0), (100, 100), (200, 100))),
        crs=METRES,
    )
    streets = split_sides(footing, controls=corners)
    clusters = make_clusters([(1.0, xy) for xy in put(kept, homes)])
    facilities = make_facilities([(f"s{i}", "school", xy) for i, xy in enumerate(put(kept, schools))])
    table = measure_school_routes(streets, starts, ends, clusters, facilities, limit_min=6)
    assert (table[SchoolRoutes.safe_if_unprotected] <= table[SchoolRoutes.safe_if_protected]).all()
    assert (table[SchoolRoutes.safe_if_protected] <= table[SchoolRoutes.pupils]).all()
    assert (table[SchoolRoutes.no_way_if_protected] <= table[SchoolRoutes.no_way_if_unprotected]).all()
    assert not (table[[SchoolRoutes.detour_min_if_protected, SchoolRoutes.detour_min_if_unprotected]] < 0).any(
        axis=None
    )
    # who crosses nothing unprotected today is safe today: crossings are used by all others, and by them alone
    worst = rank_crossings(streets, starts, ends, clusters, facilities, limit_min=6)
    known = worst[worst[Crossings.protection] == UNPROTECTED]
    if len(known) == 0:
        detour = table[SchoolRoutes.detour_min_if_protected].dropna()
        assert (detour < 1e-9).all()
        assert table[SchoolRoutes.no_way_if_protected].sum() == 0


@settings(deadline=None, max_examples=60)
@given(grids(), st.randoms(use_true_random=False))
def test_the_quickest_way_that_is_traced_is_that_of_networkx_and_the_least_burdensome_of_equals(drawn, random):
    footing, starts, ends = build(drawn)
    network = footing.network
    burden = np.array([float(random.randint(0, 2)) for _ in network.ends])
    routes = find_routes(footing, starts, ends, burden=burden)
    graph = draw_doors(network, burden, starts, ends)
    who, edge = routes.trace(np.arange(len(starts)))
    for home in range(len(starts)):
        there = nx.single_source_dijkstra_path_length(graph, ("home", home))
        best = min(there.get(("school", school), np.inf) for school in range(len(ends)))
        mine = edge[who == home]
        assert routes.seconds[home] + burden[mine].sum() / 1e4 == pytest.approx(best, abs=2e-5)
        assert (routes.nearest[home] < 0) == np.isinf(best)
        # the edges hang together, from the home's to the school's
        ways = [starts.edge[home], *mine, *([ends.edge[routes.end[home]]] if np.isfinite(best) else [])]
        if len(mine):
            assert all(set(network.ends[a]) & set(network.ends[b]) for a, b in pairwise(ways))
            assert routes.node[home] in network.ends[mine[0]]


def draw_doors(network, burden, starts, ends):
    """Draw streets and doors as a graph in which burdens only settle ties; no door is a way through."""
    graph = nx.MultiDiGraph()
    for edge, (a, b) in enumerate(network.ends.tolist()):
        for tail, head in ((a, b), (b, a)):
            graph.add_edge(tail, head, weight=float(network.length_m[edge]) + burden[edge] / 1e4)
    for spots, name in ((starts, "home"), (ends, "school")):
        for number in range(len(spots)):
            graph.add_node((name, number))
            for side, node in enumerate(network.ends[spots.edge[number]].tolist()):
                part = abs(side - float(spots.fraction[number])) * float(network.length_m[spots.edge[number]])
                tail, head = ((name, number), node) if name == "home" else (node, (name, number))
                graph.add_edge(tail, head, weight=5.0 + part)
    for home, school in np.argwhere(starts.edge[:, None] == ends.edge[None, :]).tolist():
        apart = abs(starts.fraction[home] - ends.fraction[school]) * network.length_m[starts.edge[home]]
        same = np.hypot(*(starts.door_xy[home] - ends.door_xy[school])) < 1e-3
        graph.add_edge(("home", home), ("school", school), weight=0.0 if same else 10.0 + float(apart))
    return graph


def test_a_burden_that_is_no_whole_number_is_refused():
    network = draw_network([[(0, 0), (100, 0)]])
    footing = make_footing(network, STROLLER)
    spots = snap_points(points((10, 0)), network)
    with pytest.raises(NetworkError, match="whole numbers"):
        find_routes(footing, spots, spots, burden=np.array([0.5]))


def test_sides_say_how_many_crossings_are_known(tmp_path):
    """Of two corners one has lights; beyond both ends of the data people may cross, and nothing is known of that."""
    assert repr(Town(tmp_path).split()).endswith("4 crossings of arterials: 1 protected, 0 unprotected, 3 unknown>")
    assert PROTECTED == "protected"
