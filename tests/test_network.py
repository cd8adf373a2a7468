"""Networks: what becomes a street on foot, how ways are split and merged, and how squares are crossed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from builders import (
    EAST,
    METRES,
    NORTH,
    STROLLER,
    draw_network,
    draw_ways,
    grid_paths,
    line_frame,
    points,
    tries,
    write_osm,
)
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

import walkcircle as wc
from walkcircle.errors import NetworkError, TableError
from walkcircle.network import (
    CROSSINGS,
    ROADS,
    WalkNetwork,
    assemble_network,
    choose_crs,
    find_level,
    network_from_lines,
    network_from_networkx,
    to_metric,
)
from walkcircle.walking import measure_times

# ── splitting and merging ───────────────────────────────────────────────────────────────────────


def coordinates(network: WalkNetwork) -> list[set[tuple[float, float]]]:
    """Return the set of points of each edge."""
    return [set(map(tuple, shapely.get_coordinates(line).tolist())) for line in network.lines]


def test_a_way_is_split_where_another_meets_it_and_nowhere_else():
    """A street crossed at its second point becomes two edges; the bend at its third stays inside one."""
    network = draw_network([[(0, 0), (100, 0), (150, 30), (200, 0)], [(100, -50), (100, 0), (100, 70)]])
    assert len(network.xy) == 5
    assert sorted(network.length_m.round(6)) == [50, 70, 100, round(2 * np.hypot(50, 30), 6)]
    assert {(100, 0), (150, 30), (200, 0)} in coordinates(network)


def test_a_way_that_crosses_itself_is_split_at_its_own_node():
    """A figure of eight shares one node with itself: two loops of one street, both of them kept."""
    eight = [(0, 0), (100, 0), (100, 100), (0, 0), (-100, 0), (-100, -100), (0, 0)]
    network = draw_network([eight], merge=False)
    assert len(network.ends) == 2
    assert (network.ends == network.ends[0, 0]).all()
    assert network.length_m.sum() == pytest.approx(2 * (200 + 100 * np.sqrt(2)))


def test_ways_that_cross_without_a_shared_node_do_not_meet():
    """That is how OpenStreetMap draws a bridge."""
    network = draw_network([[(0, 0), (100, 100)], [(0, 100), (100, 0)]])
    assert len(network.xy) == 4
    assert len(set(network.island_of_edge())) == 2


def test_the_same_node_twice_in_a_row_is_no_street():
    """Mappers double a node now and then; an edge without length would come of it."""
    network = draw_network([[(0, 0), (0, 0), (50, 0), (50, 0), (80, 0)]])
    assert network.length_m.tolist() == [80]


def test_merging_a_chain_keeps_its_length_and_every_bend():
    """Three ways end to end become one edge through the same points."""
    paths = [[(0, 0), (40, 10), (80, 0)], [(80, 0), (120, 30)], [(160, 0), (140, 50), (120, 30)]]
    apart, merged = draw_network(paths, merge=False), draw_network(paths)
    assert len(apart.ends) == 3
    assert len(merged.ends) == 1
    assert merged.length_m.sum() == pytest.approx(apart.length_m.sum(), rel=1e-12)
    assert shapely.length(merged.lines).sum() == pytest.approx(apart.length_m.sum(), rel=1e-12)
    assert coordinates(merged) == [set().union(*coordinates(apart))]
    assert shapely.get_coordinates(merged.lines[0])[[0, -1]].tolist() == merged.xy[merged.ends[0]].tolist()


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("kind", ("footway", "track")),
        ("steps", (True, False)),
        ("crossing", (1, 2)),
        ("private", (True, False)),
        ("oneway", (1, 0)),
        ("oneway", (1, 1)),
        ("level", (1, 0)),
        ("level", (-1, 0)),
    ],
)
def test_stretches_that_differ_on_foot_are_never_merged(attribute, values):
    """Nor are two one-way stretches, whose directions would have to be compared first."""
    network = draw_network([[(0, 0), (50, 0)], [(50, 0), (90, 0)]], **{attribute: values})
    assert sorted(network.length_m) == [40, 50]
    found = dict(zip(network.length_m.tolist(), getattr(network, attribute).tolist(), strict=True))
    assert [found[50], found[40]] == list(values)


def test_two_crossings_one_after_the_other_stay_two():
    """A walker who waits at each would else wait once."""
    network = draw_network([[(0, 0), (10, 0)], [(10, 0), (20, 0)]], crossing=[2, 2])
    assert len(network.ends) == 2


def test_a_closed_ring_merges_into_one_loop():
    """Four ways round a block that nothing joins."""
    corners = [(0, 0), (100, 0), (100, 60), (0, 60), (0, 0)]
    network = draw_network([list(pair) for pair in itertools.pairwise(corners)])
    assert network.ends.tolist() == [[0, 0]]
    assert network.length_m.tolist() == [320]


def test_a_loop_with_a_stem_keeps_both():
    """The node where the stem joins has three ends and stays."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (150, 40), (200, 0)], [(200, 0), (150, -40), (100, 0)]])
    assert sorted(network.length_m.round(6)) == [100, round(4 * np.hypot(50, 40), 6)]


@given(
    order=st.permutations(range(12)),
    flips=st.lists(st.booleans(), min_size=12, max_size=12),
    kinds=st.lists(st.sampled_from(["path", "steps"]), min_size=12, max_size=12),
)
@tries(15)
def test_merging_never_changes_a_distance(order, flips, kinds):
    """Whatever the order and direction of ways, walks between joints that remain are as long as before."""
    paths = [grid_paths(3, 3)[i] for i in order]
    paths = [path[::-1] if flip else path for path, flip in zip(paths, flips, strict=True)]
    apart = draw_network(paths, merge=False, kind=kinds)
    merged = draw_network(paths, kind=kinds)
    assert merged.length_m.sum() == pytest.approx(apart.length_m.sum())
    joints = points(*map(tuple, merged.xy.tolist()))
    before, after = (measure_times(n, joints, joints, STROLLER)["metres"] for n in (apart, merged))
    assert after.to_numpy() == pytest.approx(before.to_numpy())


# ── the rules ───────────────────────────────────────────────────────────────────────────────────

NODES = {1: (0, 0), 2: (100, 0), 3: (100, 80)}
STREET = ([1, 2], {"highway": "residential"})


def read_beside_street(tmp_path, tags, nodes=NODES, refs=(2, 3)) -> WalkNetwork:
    """Read a file with a street and, at its end, way 77 with these tags."""
    return wc.read_network(write_osm(tmp_path / "town.osm", nodes, {76: STREET, 77: (list(refs), tags)}))


PUBLIC, PRIVATE, NOT_WALKED = "public", "private", "no"


RULES = [
    ({"route": "ferry"}, NOT_WALKED),
    ({"route": "ferry", "foot": "yes"}, NOT_WALKED),
    ({"route": "ferry", "highway": "footway"}, NOT_WALKED),
    ({"highway": "construction", "construction": "footway"}, NOT_WALKED),
    ({"highway": "proposed", "foot": "yes"}, NOT_WALKED),
    ({"highway": "razed"}, NOT_WALKED),
    ({"highway": "raceway"}, NOT_WALKED),
    ({"highway": "bus_guideway"}, NOT_WALKED),
    ({"highway": "services"}, NOT_WALKED),
    ({"highway": "residential", "foot": "no"}, NOT_WALKED),
    ({"highway": "primary", "foot": "use_sidepath"}, NOT_WALKED),
    ({"highway": "footway", "foot": "private"}, PRIVATE),
    ({"highway": "footway", "foot": "residents"}, PRIVATE),
    ({"highway": "service", "access": "private", "foot": "yes"}, PUBLIC),
    ({"highway": "service", "access": "no", "foot": "designated"}, PUBLIC),
    ({"highway": "motorway", "foot": "yes"}, PUBLIC),
    ({"highway": "service", "access": "no"}, NOT_WALKED),
    ({"highway": "track", "access": "military"}, NOT_WALKED),
    ({"highway": "service", "access": "private"}, PRIVATE),
    ({"highway": "footway", "access": "residents"}, PRIVATE),
    ({"highway": "service", "service": "driveway", "access": "customers"}, PRIVATE),
    ({"highway": "service", "access": "customers"}, PUBLIC),
    ({"highway": "motorway"}, NOT_WALKED),
    ({"highway": "motorway_link"}, NOT_WALKED),
    ({"highway": "trunk", "motorroad": "yes", "sidewalk": "both"}, NOT_WALKED),
    ({"highway": "trunk", "sidewalk": "both"}, PUBLIC),
    ({"highway": "trunk_link", "sidewalk": "separate"}, PUBLIC),
    ({"highway": "trunk", "sidewalk": "no"}, NOT_WALKED),
    ({"highway": "trunk", "sidewalk": "none"}, NOT_WALKED),
    ({"highway": "trunk"}, PUBLIC),
    ({"highway": "primary", "sidewalk": "no"}, PUBLIC),
    ({"highway": "service", "service": "emergency_access"}, NOT_WALKED),
    ({"highway": "service", "service": "drive-through"}, NOT_WALKED),
    ({"highway": "service", "service": "parking_aisle"}, PUBLIC),
    ({"highway": "service", "service": "alley"}, PUBLIC),
    ({"highway": "platform"}, PUBLIC),
    ({"highway": "steps"}, PUBLIC),
    ({"highway": "cycleway"}, PUBLIC),
    ({"highway": "track"}, PUBLIC),
    ({"highway": "pedestrian"}, PUBLIC),
    ({"waterway": "canal"}, NOT_WALKED),
    ({"railway": "rail"}, NOT_WALKED),
]


@pytest.mark.parametrize(("tags", "verdict"), RULES)
def test_each_rule_says_whether_a_way_is_walked(tmp_path, tags, verdict):
    """One line per rule of walkable.toml, and one where a later rule must not win."""
    network = read_beside_street(tmp_path, tags)
    mine = network.osm_way == 77
    found = NOT_WALKED if not mine.any() else PRIVATE if network.private[mine].all() else PUBLIC
    assert found == verdict
    assert (network.osm_way == 76).any()


def test_a_verdict_does_not_depend_on_the_other_ways_of_the_file(tmp_path):
    """All the ways above in one file, some of which differ in a single tag."""
    nodes = NODES | {100 + i: (10 * i, 500) for i in range(len(RULES))}
    ways = {76: STREET} | {100 + i: ([1, 100 + i], tags) for i, (tags, _) in enumerate(RULES)}
    network = wc.read_network(write_osm(tmp_path / "town.osm", nodes, ways))
    found = dict(zip(network.osm_way.tolist(), network.private.tolist(), strict=True))
    for i, (tags, verdict) in enumerate(RULES):
        walked = NOT_WALKED if 100 + i not in found else PRIVATE if found[100 + i] else PUBLIC
        assert walked == verdict, tags


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({"oneway": "yes"}, 0),
        ({"oneway": "-1"}, 0),
        ({"junction": "roundabout"}, 0),
        ({"oneway:foot": "yes"}, 1),
        ({"oneway:foot": "-1"}, -1),
        ({"oneway": "yes", "oneway:foot": "no"}, 0),
    ],
)
def test_a_oneway_street_is_walked_both_ways_unless_it_says_so_for_walkers(tmp_path, tags, oneway):
    """Oneway alone is about vehicles."""
    network = read_beside_street(tmp_path, {"highway": "residential", "lit": "yes"} | tags)
    edge = np.flatnonzero(shapely.length(shapely.intersection(network.lines, _near(100, 40))) > 1)
    assert network.oneway[edge].tolist() == [oneway]
    if oneway:
        first = network.xy[network.ends[edge[0], 0]]
        assert first == pytest.approx([EAST + 100, NORTH], abs=0.01)


def _near(x, y):
    return shapely.Point(EAST + x, NORTH + y).buffer(5)


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"highway": "footway"}, ""),
        ({"highway": "footway", "footway": "crossing"}, "unmarked"),
        ({"highway": "footway", "footway": "crossing", "crossing": "marked"}, "marked"),
        ({"highway": "footway", "footway": "crossing", "crossing": "zebra"}, "marked"),
        ({"highway": "path", "path": "crossing", "crossing": "traffic_signals"}, "signals"),
        ({"highway": "cycleway", "cycleway": "crossing", "crossing": "uncontrolled"}, "marked"),
        ({"highway": "footway", "crossing": "traffic_signals"}, ""),
    ],
)
def test_a_way_across_a_road_knows_its_control(tmp_path, tags, name):
    """The way must say that it crosses; a control alone may stand on any node or street."""
    network = read_beside_street(tmp_path, tags)
    assert CROSSINGS[network.crossing[network.osm_way == 77][0]] == name


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ({}, 0),
        ({"bridge": "yes"}, 1),
        ({"bridge": "no"}, 0),
        ({"tunnel": "yes"}, -1),
        ({"tunnel": "building_passage"}, 0),
        ({"tunnel": "arcade"}, 0),
        ({"tunnel": "no", "bridge": "viaduct"}, 1),
    ],
)
def test_a_way_knows_whether_it_is_a_bridge_or_a_tunnel(tmp_path, tags, level):
    """A passage through a building is on the ground."""
    network = read_beside_street(tmp_path, {"highway": "footway"} | tags)
    assert network.level[network.osm_way == 77].tolist() == [level] == [find_level(tags)]


def test_lengths_of_a_file_are_metres(tmp_path):
    """A street of 1,000 m in UTM, read back from degrees."""
    network = wc.read_network(
        write_osm(tmp_path / "a.osm", {1: (0, 0), 2: (600, 800)}, {1: ([1, 2], {"highway": "path"})})
    )
    assert network.length_m.sum() == pytest.approx(1000, abs=0.02)  # OpenStreetMap keeps a centimetre
    assert network.crs == METRES


def test_a_street_that_the_file_cuts_is_marked_there(tmp_path):
    """Node 9 is not in the file: the street ends at node 2, and what comes after is unknown."""
    ways = {1: ([1, 2, 9], {"highway": "path"}), 2: ([1, 3], {"highway": "path"})}
    network = wc.read_network(
        write_osm(tmp_path / "a.osm", {1: (500, 500), 2: (600, 500), 3: (0, 0), 4: (1000, 1000)}, ways)
    )
    assert network.cut[network.osm_node == 2].tolist() == [True]


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(7.4, 43.7, 32632), (26.9, 60.5, 32635), (120.2, 30.3, 32651), (-58.4, -34.6, 32721), (180, 0, 32660)],
)
def test_the_projection_is_the_utm_zone_of_the_place(lon, lat, code):
    """Monaco, Karhula, Hangzhou, Buenos Aires, and the date line."""
    assert choose_crs(lon, lat).to_epsg() == code


# ── squares ─────────────────────────────────────────────────────────────────────────────────────


def cross_square(rings, doors) -> WalkNetwork:
    """Make a network of one square and, at each door, a way that leads off it."""
    stubs = [[door, (door[0] * 2 + 7000 + i, door[1] * 2 + 9000)] for i, door in enumerate(doors)]
    return assemble_network(draw_ways(stubs, squares=[rings]), METRES)


def shortest_inside(rings, doors) -> np.ndarray:
    """Measure the shortest ways inside a polygon by brute force: all corners that see each other."""
    shape = shapely.Polygon(rings[0], rings[1:])
    corners = list({tuple(map(float, p)) for ring in rings for p in ring} | {tuple(map(float, d)) for d in doors})
    graph = nx.Graph()
    graph.add_nodes_from(corners)
    room = shape.buffer(1e-6, join_style="mitre")
    for a, b in itertools.combinations(corners, 2):
        if room.covers(shapely.LineString([a, b])):
            graph.add_edge(a, b, weight=float(np.hypot(a[0] - b[0], a[1] - b[1])))
    lengths = dict(nx.all_pairs_dijkstra_path_length(graph))
    return np.array([[lengths[tuple(map(float, a))].get(tuple(map(float, b)), np.inf) for b in doors] for a in doors])


def shortest_by_network(network, doors) -> np.ndarray:
    """Measure the same ways with walkcircle."""
    spots = points(*doors)
    times = measure_times(network, spots, spots, STROLLER)
    return times.pivot_table(index="origin", columns="destination", values="metres").to_numpy()


CONVEX = [[(0, 0), (60, 0), (80, 40), (40, 80), (0, 60), (0, 0)]]
ELL = [[(0, 0), (100, 0), (100, 30), (30, 30), (30, 100), (0, 100), (0, 0)]]
WITH_HOLE = [
    [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)],
    [(40, 30), (40, 70), (60, 70), (60, 30), (40, 30)],
]
TWO_HOLES = [
    [(0, 0), (120, 0), (120, 80), (0, 80), (0, 0)],
    [(20, 10), (50, 10), (50, 60), (20, 60), (20, 10)],
    [(70, 20), (100, 20), (100, 70), (70, 70), (70, 20)],
]


@pytest.mark.parametrize(
    ("rings", "doors"),
    [
        (CONVEX, [(0, 0), (80, 40), (40, 80)]),
        (ELL, [(100, 0), (100, 30), (30, 100), (0, 100), (0, 0)]),
        ([ELL[0][::-1]], [(100, 0), (100, 30), (30, 100), (0, 100)]),
        (WITH_HOLE, [(0, 0), (100, 0), (100, 100), (0, 100)]),
        ([WITH_HOLE[0], WITH_HOLE[1][::-1]], [(0, 0), (100, 100), (0, 100)]),
        (WITH_HOLE, [(0, 0), (60, 70), (100, 100)]),
        (TWO_HOLES, [(0, 0), (120, 80), (0, 80), (120, 0)]),
    ],
    ids=["convex", "L", "L clockwise", "hole", "hole other way round", "door in the hole", "two holes"],
)
def test_a_square_is_crossed_on_the_shortest_way_inside_it(rings, doors):
    """Equal to the brute-force answer over every corner, from each door to each."""
    network = cross_square(rings, doors)
    assert shortest_by_network(network, doors) == pytest.approx(shortest_inside(rings, doors), rel=1e-9)


@given(
    radii=st.lists(st.integers(20, 100), min_size=5, max_size=12),
    hole=st.booleans(),
    picks=st.sets(st.integers(0, 11), min_size=2, max_size=5),
)
@tries(25)
def test_any_star_of_a_square_is_crossed_on_the_shortest_way_inside_it(radii, hole, picks):
    """Random outlines with many inward corners, with and without something standing in the middle."""
    turn = 2 * np.pi * np.arange(len(radii)) / len(radii)
    outer = [(round(r * np.cos(a), 3), round(r * np.sin(a), 3)) for r, a in zip(radii, turn, strict=True)]
    rings = [[*outer, outer[0]]]
    if hole:
        rings.append([(4, 0), (0, 5), (-3, 1), (-1, -4), (4, 0)])
    doors = [outer[i] for i in sorted({pick % len(outer) for pick in picks})]
    network = cross_square(rings, doors)
    assert shortest_by_network(network, doors) == pytest.approx(shortest_inside(rings, doors), rel=1e-9)


def test_a_square_of_a_file_is_crossed_straight(tmp_path):
    """From corner to corner of a closed pedestrian way with area=yes: the diagonal, not two sides."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (-50, 0), 6: (150, 100)}
    ways = {
        1: ([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes"}),
        2: ([5, 1], {"highway": "footway"}),
        3: ([3, 6], {"highway": "footway"}),
    }
    network = wc.read_network(write_osm(tmp_path / "square.osm", nodes, ways))
    ends = points((EAST - 50, NORTH), (EAST + 150, NORTH + 100))
    metres = measure_times(network, ends, ends, STROLLER).query("origin == 0 and destination == 1")["metres"]
    assert metres.tolist() == pytest.approx([100 + 100 * np.sqrt(2)], abs=0.01)


def test_a_ring_that_is_no_area_is_walked_round(tmp_path):
    """A closed pedestrian way without area=yes is a street round a block."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (-50, 0), 6: (150, 100)}
    ways = {
        1: ([1, 2, 3, 4, 1], {"highway": "pedestrian"}),
        2: ([5, 1], {"highway": "footway"}),
        3: ([3, 6], {"highway": "footway"}),
    }
    network = wc.read_network(write_osm(tmp_path / "ring.osm", nodes, ways))
    ends = points((EAST - 50, NORTH), (EAST + 150, NORTH + 100))
    metres = measure_times(network, ends, ends, STROLLER).query("origin == 0 and destination == 1")["metres"]
    assert metres.tolist() == pytest.approx([300], abs=0.01)


def test_a_square_of_a_relation_is_crossed_round_its_hole(tmp_path):
    """A multipolygon with a fountain in the middle: round the fountain's corners."""
    outer = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    inner = {11: (40, 40), 12: (60, 40), 13: (60, 60), 14: (40, 60)}
    nodes = outer | inner | {5: (-50, 0), 6: (150, 100)}
    ways = {
        1: ([1, 2, 3, 4, 1], {}),
        4: ([11, 12, 13, 14, 11], {}),
        2: ([5, 1], {"highway": "footway"}),
        3: ([3, 6], {"highway": "footway"}),
    }
    relations = {1: ([("way", 1, "outer"), ("way", 4, "inner")], {"type": "multipolygon", "highway": "pedestrian"})}
    network = wc.read_network(write_osm(tmp_path / "square.osm", nodes, ways, relations=relations))
    ends = points((EAST, NORTH), (EAST + 100, NORTH + 100))
    metres = measure_times(network, ends, ends, STROLLER).query("origin == 0 and destination == 1")["metres"]
    assert metres.tolist() == pytest.approx([2 * np.hypot(60, 40)], abs=0.01)


def test_a_square_whose_outline_crosses_itself_is_walked_along(tmp_path):
    """Such a slip cannot be crossed, but its outline still joins what meets it."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 100), 4: (100, 100), 5: (-50, 0), 6: (150, 0)}
    square = {"highway": "pedestrian", "area": "yes"}
    ways = {
        1: ([1, 2, 3, 4, 1], square),
        2: ([5, 1], {"highway": "footway"}),
        3: ([2, 6], {"highway": "footway"}),
    }
    network = wc.read_network(write_osm(tmp_path / "square.osm", nodes, ways))
    assert set(network.island_of_edge()) == {0}
    assert network.length_m.sum() == pytest.approx(300 + 200 * np.sqrt(2), abs=0.1)


def test_a_street_said_to_be_an_area_but_not_closed_is_a_street(tmp_path):
    """area=yes on an open line is a slip; nobody would miss the street less for it."""
    network = read_beside_street(tmp_path, {"highway": "footway", "area": "yes"})
    assert (network.osm_way == 77).any()


@pytest.mark.parametrize("tags", [{"building": "yes"}, {"highway": "pedestrian", "area": "yes"}, {"leisure": "park"}])
def test_a_shape_that_crosses_itself_does_not_spoil_the_file(tmp_path, tags):
    """Every large extract holds a few; all the rest of it is read."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 100), 4: (100, 100), 5: (-50, 0)}
    ways = {1: ([1, 2, 3, 4, 1], tags), 2: ([5, 1], {"highway": "footway"})}
    network = wc.read_network(write_osm(tmp_path / "town.osm", nodes, ways))
    assert (network.osm_way == 2).any()


def test_a_square_that_is_not_public_is_not_crossed(tmp_path):
    """A walled yard of a school is no shortcut."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (-50, 0)}
    ways = {
        1: ([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes", "access": "private"}),
        2: ([5, 1], {"highway": "footway"}),
    }
    network = wc.read_network(write_osm(tmp_path / "square.osm", nodes, ways))
    assert "square" not in set(network.kind)


# ── islands and clipping ────────────────────────────────────────────────────────────────────────


def test_islands_are_numbered_by_their_street_length():
    """Three pieces, the longest first, whatever the order of the ways."""
    network = draw_network(
        [[(0, 0), (50, 0)], [(0, 500), (300, 500)], [(0, 900), (100, 900)], [(100, 900), (100, 950)]],
        kind=["a", "b", "c", "d"],
    )
    island = dict(zip(network.kind.tolist(), network.island_of_edge().tolist(), strict=True))
    assert island == {"b": 0, "c": 1, "d": 1, "a": 2}


def test_clipping_keeps_whole_the_edges_that_meet_the_area():
    """An edge half inside stays whole; one outside goes; nodes are counted anew."""
    network = draw_network(grid_paths(4, 1), merge=False, kind=["a", "b", "c"])
    part = network.clip(shapely.box(120, -10, 150, 10))
    assert part.kind.tolist() == ["b"]
    assert part.xy.tolist() == [[100, 0], [200, 0]]
    assert part.ends.tolist() == [[0, 1]]
    assert part.extent == network.extent
    assert network.clip(shapely.box(-1, -1, 999, 1)) is network


def test_clipping_away_everything_is_refused():
    """An area elsewhere holds no street."""
    with pytest.raises(NetworkError, match="no walkable street"):
        draw_network([[(0, 0), (9, 0)]]).clip(shapely.box(5000, 0, 6000, 1))


# ── lines and graphs ────────────────────────────────────────────────────────────────────────────


def test_lines_meet_where_they_share_a_vertex():
    """A crossing without a vertex is a bridge; MultiLineStrings and extra columns are taken as they come."""
    crossed = shapely.MultiLineString([[(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 80)]])
    frame = gpd.GeoDataFrame(
        {"highway": ["steps", "track"], "access": ["private", None]},
        geometry=[crossed, shapely.LineString([(20, -10), (20, 10)])],
        crs=METRES,
    )
    network = network_from_lines(frame)
    assert sorted(network.length_m) == [20, 50, 50, 80]
    assert network.steps.sum() == network.private.sum() == 3
    assert len(set(network.island_of_edge())) == 2


def test_feet_become_metres_in_the_same_projection():
    """A US survey foot is 12/39.37 m; the place on earth stays."""
    frame = line_frame([[(6_000_000, 2_000_000), (6_001_000, 2_000_000)]], crs=2230)
    network = network_from_lines(frame)
    assert network.length_m.tolist() == pytest.approx(
        [1000 * 12 / 39.37], rel=1e-8
    )  # vertices are rounded to a micrometre
    there = Transformer.from_crs(2230, 4326, always_xy=True).transform(6_000_000, 2_000_000)
    here = Transformer.from_crs(network.crs, 4326, always_xy=True).transform(*network.xy[0])
    assert here == pytest.approx(there, abs=1e-9)
    assert network.crs.axis_info[0].unit_name == "metre"
    assert to_metric(line_frame([[(0, 0), (1, 0)]]), where="x").equals(line_frame([[(0, 0), (1, 0)]]))


def test_degrees_are_refused_with_the_cure():
    """Lengths in degrees would be nonsense."""
    with pytest.raises(TableError, match=r"^lines: coordinates are in degrees \(EPSG:4326\); project first: "):
        network_from_lines(line_frame([[(7, 43), (7.1, 43)]], crs=4326))
    with pytest.raises(TableError, match=r"^lines: no coordinate reference system; set one with \.set_crs\(\)$"):
        network_from_lines(line_frame([[(7, 43), (7.1, 43)]], crs=None))


def test_an_empty_line_does_not_shift_the_others():
    """A row without geometry holds no street; the row after it keeps its own kind."""
    frame = line_frame([[(0, 0), (10, 0)], [], [(10, 0), (10, 25)]], highway=["path", "track", "steps"])
    network = network_from_lines(frame)
    assert dict(zip(network.kind.tolist(), network.length_m.tolist(), strict=True)) == {
        "path": 10,
        "steps": 25,
    }


def test_a_missing_line_holds_no_street_either():
    """None is the other way to have no geometry."""
    frame = line_frame([[(0, 0), (10, 0)], [(1, 1), (2, 2)], [(10, 0), (10, 25)]], highway=["path", "track", "steps"])
    frame.loc[1, "geometry"] = None
    network = network_from_lines(frame)
    assert dict(zip(network.kind.tolist(), network.length_m.tolist(), strict=True)) == {
        "path": 10,
        "steps": 25,
    }


@pytest.mark.parametrize(
    "shape",
    [
        shapely.box(0, 0, 1, 1),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.Point(1, 2),
    ],
)
def test_what_is_not_a_line_is_refused_with_its_row(shape):
    """The message names the first row that is wrong, in plain words."""
    frame = line_frame([[(0, 0), (10, 0)]])
    frame = gpd.GeoDataFrame(geometry=[*frame.geometry, shape], index=[4, 7], crs=METRES)
    with pytest.raises(
        TableError, match=r"^lines: row 7 is a (Multi)?(Polygon|Point); a network is made of LineStrings$"
    ):
        network_from_lines(frame)


def test_no_line_is_refused():
    """An empty frame is no network."""
    with pytest.raises(NetworkError, match="there is no walkable street here"):
        network_from_lines(line_frame([]))


def osmnx_graph() -> nx.MultiDiGraph:
    """Make a graph as osmnx does: degrees, two arcs per street, lengths in metres, lists of tags."""
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    back = Transformer.from_crs(32632, 4326, always_xy=True)
    places = {
        101: (370_000, 4_840_000),
        102: (370_300, 4_840_000),
        103: (370_300, 4_840_400),
        104: (370_000, 4_840_400),
    }
    for node, (x, y) in places.items():
        lon, lat = back.transform(x, y)
        graph.add_node(node, x=lon, y=lat, street_count=2)
    bend = [places[101], (370_150, 4_840_080), places[102]]
    curve = shapely.LineString([back.transform(*p) for p in bend])
    graph.add_edge(101, 102, osmid=[7, 8], highway=["footway", "path"], length=340.0, oneway=True, geometry=curve)
    for a, b, length in ((102, 103, 400.0), (103, 104, 300.0), (104, 101, 400.0)):
        graph.add_edge(a, b, osmid=9, highway="residential", length=length, oneway=False)
        graph.add_edge(b, a, osmid=9, highway="residential", length=length, oneway=False)
    graph.add_edge(101, 103, osmid=11, highway="service", access="private", length=505.5, bridge="yes")
    return graph


def test_an_osmnx_graph_in_degrees_becomes_a_network_in_metres():
    """The graph's lengths stay, both directions become one edge, a one-way arc is walked both ways."""
    network = wc.read_network(osmnx_graph())
    assert network.crs.to_epsg() == 32632
    assert sorted(network.length_m) == [300, 340, 400, 400, 505.5]
    assert sorted(network.osm_node) == [101, 102, 103, 104]
    assert network.kind[network.osm_way == 7].tolist() == ["footway"]
    assert network.private.sum() == 1
    assert network.level[network.private].tolist() == [1]
    drawn = {round(length) for length in shapely.length(network.lines)}
    assert drawn == {340, 300, 400, 500}
    ends = gpd.GeoSeries(gpd.points_from_xy([370_000, 370_300], [4_840_000] * 2), crs=32632)
    assert measure_times(network, ends, ends, STROLLER)["metres"].tolist() == pytest.approx([0, 340, 340, 0], abs=0.01)


def test_an_undirected_graph_may_draw_a_street_from_either_end():
    """An undirected edge is turned round at will; the line must still run from first to last node."""
    graph = nx.Graph(crs=METRES)
    graph.add_node("a", x=0, y=0)
    graph.add_node("b", x=100, y=0)
    graph.add_node("c", x=200, y=0)
    graph.add_edge("b", "a", geometry=shapely.LineString([(100, 0), (0, 0)]))
    graph.add_edge("b", "c")
    network = network_from_networkx(graph)
    for (a, b), line in zip(network.ends.tolist(), network.lines, strict=True):
        assert [list(line.coords[0]), list(line.coords[-1])] == network.xy[[a, b]].tolist()
    walks = points((10, 0), (150, 0))
    assert measure_times(network, walks, walks, STROLLER)["metres"].tolist() == [0, 140, 140, 0]


def test_a_graph_in_feet_becomes_a_network_in_metres():
    """Osmnx measures in metres, but a graph may be projected to a state plane in feet."""
    graph = nx.MultiDiGraph(crs="EPSG:2230")
    graph.add_node(1, x=6_000_000, y=2_000_000)
    graph.add_node(2, x=6_001_000, y=2_000_000)
    graph.add_edge(1, 2)
    network = network_from_networkx(graph)
    assert network.length_m.tolist() == pytest.approx([1000 * 12 / 39.37])
    assert np.ptp(network.xy[:, 0]) == pytest.approx(1000 * 12 / 39.37)


def test_a_network_survives_the_way_to_networkx_and_back(networks, town):
    """Same streets, same lengths, same shapes, same ids, same owners."""
    network = networks[town]
    graph = network.to_networkx()
    assert graph.number_of_nodes() == len(network.xy)
    assert graph.number_of_edges() == 2 * len(network.ends)
    again = network_from_networkx(graph)
    assert again.crs == network.crs
    assert len(again.ends) == len(network.ends)
    assert again.length_m.sum() == pytest.approx(network.length_m.sum(), rel=1e-12)
    assert sorted(again.length_m) == pytest.approx(sorted(network.length_m))
    assert again.private.sum() == network.private.sum()
    assert sorted(again.kind) == sorted(network.kind)
    assert sorted(again.osm_node) == sorted(network.osm_node)
    assert shapely.union_all(again.lines).length == pytest.approx(shapely.union_all(network.lines).length)


def test_a_way_walked_in_one_direction_is_one_arc():
    """Both directions of a street are arcs of a graph, but for oneway:foot."""
    graph = draw_network([[(0, 0), (30, 0)], [(30, 0), (60, 0)], [(60, 0), (90, 0)]], oneway=[1, -1, 0]).to_networkx()
    at = {node: round(place["x"]) for node, place in graph.nodes(data=True)}
    assert sorted((at[u], at[v]) for u, v in graph.edges()) == [(0, 30), (60, 30), (60, 90), (90, 60)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda g: g.graph.pop("crs"),
            "the graph has no CRS; set graph.graph['crs'], for instance to 'EPSG:4326'",
        ),
        (lambda g: g.nodes[1].pop("y"), "a node of the graph has no 'y'; every node needs x and y"),
        (lambda g: g.remove_edge(1, 2), "the graph has no edge; nothing can be walked"),
    ],
)
def test_a_graph_that_is_no_network_is_refused_with_the_cure(change, sentence):
    """No CRS, a node without a place, no edge."""
    graph = nx.Graph(crs=METRES)
    graph.add_node(1, x=0, y=0)
    graph.add_node(2, x=9, y=0)
    graph.add_edge(1, 2)
    change(graph)
    with pytest.raises(NetworkError) as error:
        network_from_networkx(graph)
    assert str(error.value) == sentence


def test_a_network_checks_its_arrays_once():
    """Arrays that do not fit, ends that are not there and negative lengths are refused at the door."""
    network = draw_network(grid_paths(2, 2), merge=False)
    fields = {name: getattr(network, name) for name in network.__dataclass_fields__}
    for change, words in (
        ({"length_m": -network.length_m}, "negative or unknown length"),
        ({"length_m": network.length_m * np.nan}, "negative or unknown length"),
        ({"ends": network.ends + 3}, "a node that is not there"),
        ({"kind": network.kind[1:]}, "4 edges and 4 nodes each"),
        ({"ends": network.ends[:0]}, "no walkable street"),
    ):
        with pytest.raises(NetworkError, match=words):
            WalkNetwork(**(fields | change))


CROSSING = {"highway": "footway", "footway": "crossing", "crossing": "marked"}


@pytest.mark.parametrize(
    ("roads", "name"),
    [
        ([{"highway": "residential"}], "residential"),
        ([{"highway": "unclassified"}], "residential"),
        ([{"highway": "service"}], "service"),
        ([{"highway": "secondary_link"}], "secondary"),
        ([{"highway": "trunk", "foot": "no"}], "primary"),  # nobody walks along it, and yet it is crossed
        ([{"highway": "tertiary"}, {"highway": "service"}], "tertiary"),  # the largest, in whatever order
        ([{"highway": "service"}, {"highway": "tertiary"}], "tertiary"),
        ([{"highway": "primary", "foot": "no"}, {"highway": "service"}], "primary"),
        ([{"highway": "cycleway"}], ""),
        ([CROSSING], ""),  # another crossing is no road
    ],
)
def test_a_crossing_knows_the_class_of_the_road_that_it_crosses(tmp_path, roads, name):
    """The road shares a node with it, which splits it in two."""
    nodes = {1: (0, 0), 2: (10, 0), 3: (20, 0), 4: (10, -50), 5: (10, 50), 6: (60, 0)}
    ways = {77: ([1, 2, 3], CROSSING), 78: ([3, 6], {"highway": "footway"})}
    ways |= {80 + i: ([4, 2, 5], tags) for i, tags in enumerate(roads)}
    network = wc.read_network(write_osm(tmp_path / "town.osm", nodes, ways))
    across = network.osm_way == 77
    assert set(np.array(ROADS)[network.crossed[across]]) == {name}
    assert not network.crossed[network.crossing == 0].any()


def test_a_crossing_that_touches_no_road_crosses_one_of_unknown_class(tmp_path):
    """Drawn over the road without a node in common."""
    nodes = {1: (0, 0), 3: (20, 0), 4: (10, -50), 5: (10, 50)}
    ways = {77: ([1, 3], CROSSING), 80: ([4, 5], {"highway": "primary"})}
    network = wc.read_network(write_osm(tmp_path / "town.osm", nodes, ways))
    assert network.crossed.tolist() == [0, 0]


def test_a_network_says_how_large_it_is():
    """In one line, with the CRS."""
    assert repr(draw_network(grid_paths(3, 1), merge=False)) == "<WalkNetwork 3 nodes, 2 edges, 0.2 km, EPSG:32631>"
    assert draw_network(grid_paths(3, 1)).to_gdf().crs == CRS(METRES)


def test_a_file_whose_ways_come_before_their_nodes_is_read_all_the_same(tmp_path):
    """Overpass and editors write OSM XML in any order; nothing may be lost for it."""
    path = tmp_path / "unsorted.osm"
    path.write_text(
        '<osm version="0.6"><way id="5"><nd ref="3"/><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
        '<node id="3" lat="60.0" lon="24.0"/><node id="1" lat="60.001" lon="24.0"/>'
        '<node id="2" lat="60.002" lon="24.0"/></osm>'
    )
    network = wc.read_network(path)
    assert len(network.ends) == 1
    assert abs(network.length_m.sum() - 222.9) < 0.5


def test_a_place_where_the_data_end_is_not_merged_away():
    """Two like stretches that meet at the edge of the data stay two, so that the edge is still known."""
    ways = draw_ways([[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]])
    ways = replace(ways, cut=np.array([False, True, False, False]))
    network = assemble_network(ways, METRES)
    assert network.xy[network.cut].tolist() == [[100, 0]]
    assert len(assemble_network(replace(ways, cut=np.zeros(4, bool)), METRES).ends) == 1


def test_where_an_extract_was_cut_along_a_border_the_data_end_outside_it():
    """Nodes beyond the area become places where the data end; those inside stay as they were."""
    ways = draw_ways([[(0, 0), (100, 0)], [(100, 0), (200, 0), (300, 0)]], kind=["path", "service"])
    network = assemble_network(ways, METRES, merge=False)
    ended = network.end_outside(shapely.box(-10, -10, 150, 10))
    assert sorted(ended.xy[ended.cut][:, 0].tolist()) == [300]
    assert not network.cut.any()


def test_a_chain_is_called_after_its_longest_stretch():
    """Three ways in a row, of 30, 70 and 40 m: the second gives the name, whichever way they run."""
    for paths in ([[(0, 0), (30, 0)], [(30, 0), (100, 0)], [(100, 0), (140, 0)]],
                  [[(0, 0), (30, 0)], [(100, 0), (30, 0)], [(140, 0), (100, 0)]]):  # fmt: skip
        network = draw_network(paths, osm_way=[7, 8, 9])
        assert network.osm_way.tolist() == [8]
        assert network.length_m.tolist() == [140]
