"""Gates, stiles and crossings on nodes: what they cost and whom they stop, in seconds worked out with pencil."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders import EAST, METRES, NORTH, STROLLER, draw_ways, grid_paths, points, tries, write_osm
from hypothesis import given
from hypothesis import strategies as st

import walkcircle as wc
from walkcircle.barriers import BARRIERS
from walkcircle.footing import make_footing
from walkcircle.network import CROSSINGS, ROADS, NodeMarks, assemble_network, network_from_networkx, read_walk_rules
from walkcircle.tables import WalkTimes
from walkcircle.walkers import Signals, Walker
from walkcircle.walking import measure_times

#: OpenStreetMap keeps a centimetre, and a projected metre is not quite one on the ground.
CENTIMETRES = 0.05

RESIDENT, STRANGER = (replace(STROLLER, gates=gates) for gates in ("resident", "closed"))
WHEELS = replace(STROLLER, stairs_factor=None)

PATH = {"highway": "footway"}
#: Far from everything, so that nothing else lies at the edge of the data.
FAR = {901: (-900, -900), 902: (-890, -900), 903: (900, 900), 904: (910, 900)}


def read_town(tmp_path, nodes, ways, **node_tags):
    """Read a file of streets given as ``{way: (nodes, tags)}``, with tags of nodes by ``n<id>``."""
    lonely = {990: ([901, 902], {"highway": "path"}), 991: ([903, 904], {"highway": "path"})}
    tagged = {int(name[1:]): tags for name, tags in node_tags.items()}
    return wc.read_network(write_osm(tmp_path / "town.osm", nodes | FAR, ways | lonely, node_tags=tagged))


def walk(network, start, end, walker=STROLLER):
    """Return the seconds of a walk, or None where there is no way."""
    places = (points((EAST + x, NORTH + y)) for x, y in (start, end))
    found = measure_times(network, *places, walker, within_m=1)[WalkTimes.minutes]
    return pytest.approx(found.iloc[0] * 60, abs=CENTIMETRES) if len(found) and found.notna().all() else None


# ── gates ───────────────────────────────────────────────────────────────────────────────────────

NODES = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (0, 100), 5: (100, 100), 6: (50, -40)}
#: A hundred metres straight through node 2, or three hundred round about.
ROUND = {10: ([1, 2, 3], PATH), 11: ([1, 4, 5, 3], PATH)}


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"barrier": "gate"}, [100, 100, 100]),
        ({"barrier": "lift_gate"}, [100, 100, 100]),
        ({"barrier": "entrance"}, [100, 100, 100]),
        ({"barrier": "gate", "access": "customers"}, [100, 100, 100]),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, [100, 100, 100]),
        ({"barrier": "gate", "access": "no", "foot": "designated"}, [100, 100, 100]),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, [100, 100, 100]),
        ({"barrier": "gate", "access": "private"}, [100, 300, 300]),
        ({"barrier": "swing_gate", "foot": "private", "access": "yes"}, [100, 300, 300]),
        ({"barrier": "gate", "locked": "yes"}, [100, 300, 300]),
        ({"barrier": "gate", "access": "no"}, [300, 300, 300]),
        ({"barrier": "gate", "access": "yes", "foot": "no"}, [300, 300, 300]),
        ({"barrier": "wall"}, [300, 300, 300]),
        ({"barrier": "fence", "foot": "yes"}, [100, 100, 100]),
        ({"barrier": "bollard", "access": "no"}, [100, 100, 100]),  # about cars
        ({"barrier": "bollard", "foot": "no"}, [300, 300, 300]),
        ({"access": "private"}, [100, 100, 100]),  # no barrier
    ],
)
def test_a_gate_in_the_middle_of_a_path_stops_those_whom_its_tags_stop(tmp_path, tags, answer):
    """Straight on or round about: with open gates, as a resident, and as one who uses nothing private."""
    network = read_town(tmp_path, NODES, ROUND, n2=tags)
    for start, end in (((0, 0), (100, 0)), ((100, 0), (0, 0))):
        assert [walk(network, start, end, walker) for walker in (STROLLER, RESIDENT, STRANGER)] == answer


@pytest.mark.parametrize(
    ("tags", "wheels"),
    [
        ({"barrier": "stile"}, 300),
        ({"barrier": "turnstile"}, 300),
        ({"barrier": "kissing_gate", "foot": "yes"}, 300),
        ({"barrier": "kissing_gate", "wheelchair": "yes"}, 100),
        ({"barrier": "gate", "wheelchair": "no"}, 300),
        ({"barrier": "gate", "foot": "yes", "wheelchair": "no"}, 300),
        ({"barrier": "cycle_barrier", "wheelchair": "no"}, 300),
        ({"barrier": "cycle_barrier"}, 100),
        ({"barrier": "bollard"}, 100),
        ({"barrier": "gate"}, 100),
    ],
)
def test_a_stile_stops_wheels_and_costs_others_nothing(tmp_path, tags, wheels):
    """A stile is a stair of no length: who takes stairs slowly passes it at once."""
    network = read_town(tmp_path, NODES, ROUND, n2=tags)
    walkers = (STROLLER, replace(STROLLER, stairs_factor=0.4), RESIDENT, WHEELS)
    assert [walk(network, (0, 0), (100, 0), walker) for walker in walkers] == [100, 100, 100, wheels]


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"barrier": "gate", "access": "private"}, [100, 100, 100]),
        ({"barrier": "stile"}, [100, 100, 100]),
        ({"barrier": "gate", "foot": "no"}, [300, 300, 300]),
    ],
)
def test_a_gate_where_three_streets_meet_is_open_unless_it_is_shut_for_all(tmp_path, tags, answer):
    """It stands on one of them, and the map does not say on which."""
    network = read_town(tmp_path, NODES, ROUND | {12: ([2, 6], PATH)}, n2=tags)
    assert [walk(network, (0, 0), (100, 0), walker) for walker in (STROLLER, RESIDENT, WHEELS)] == answer


def test_a_gate_where_two_ways_meet_end_to_end_stands_between_them(tmp_path):
    """Most gates are where the mapper cut the way."""
    ways = {10: ([1, 2], PATH), 12: ([3, 2], PATH), 11: ([1, 4, 5, 3], PATH)}
    network = read_town(tmp_path, NODES, ways, n2={"barrier": "gate", "access": "private"})
    assert [walk(network, (0, 0), (100, 0), walker) for walker in (STROLLER, RESIDENT)] == [100, 300]


def test_a_gate_at_a_loose_end_or_before_a_private_way_adds_no_edge(tmp_path):
    """The way behind it is private already; and nothing is behind a loose end."""
    private = {"highway": "service", "access": "private"}
    gate = {"barrier": "gate", "access": "private"}
    network = read_town(tmp_path, NODES, {10: ([1, 2], PATH), 12: ([2, 3], private)}, n2=gate, n1=gate)
    assert not (network.length_m == 0).any()
    assert [walk(network, (0, 0), (100, 0), walker) for walker in (STROLLER, RESIDENT)] == [100, None]
    assert walk(network, (100, 0), (0, 0), RESIDENT) == 100


# ── what lies behind gates ──────────────────────────────────────────────────────────────────────

#: A street, and behind gate 3 a lane with a side lane.
LANES = {1: (-200, 0), 2: (0, 0), 3: (0, 50), 4: (0, 150), 5: (60, 150), 6: (200, 0), 7: (200, 150)}
ESTATE = {
    20: ([1, 2, 6], {"highway": "residential"}),
    21: ([2, 3], {"highway": "service"}),
    22: ([3, 4, 5], {"highway": "service"}),
}


@pytest.mark.parametrize("tags", [{"access": "private"}, {"access": "no"}, {"foot": "no"}])
def test_what_only_private_gates_lead_to_is_private(tmp_path, tags):
    """Those behind the gate come out and others do not get in; a gate that is shut, with no other, is one of theirs."""
    network = read_town(tmp_path, LANES, ESTATE, n3={"barrier": "gate"} | tags)
    assert network.length_m[network.private].sum() == pytest.approx(160, abs=CENTIMETRES)
    home, shop = (60, 150), (100, 0)
    assert [walk(network, home, shop, walker) for walker in (STROLLER, RESIDENT, STRANGER)] == [310, 310, None]
    assert [walk(network, shop, home, walker) for walker in (STROLLER, RESIDENT, STRANGER)] == [310, None, None]
    inside = walk(network, home, (0, 100), RESIDENT)
    assert inside == 110


def test_what_an_open_way_leads_to_as_well_is_public(tmp_path):
    """A private gate in front and an open lane behind: only the gate is closed."""
    ways = ESTATE | {23: ([5, 7, 6], {"highway": "service"})}
    network = read_town(tmp_path, LANES, ways, n3={"barrier": "gate", "access": "private"})
    assert network.length_m[network.private].tolist() == [0]
    assert walk(network, (0, 150), (0, 0), STROLLER) == 150
    assert walk(network, (0, 150), (0, 0), RESIDENT) == 60 + 140 + 150 + 200


def test_what_leads_out_of_the_data_is_not_taken_for_private(tmp_path):
    """Beyond the edge there may be an open way in; the gate alone is private."""
    ways = ESTATE | {23: ([5, 999], {"highway": "service"})}
    network = read_town(tmp_path, LANES, ways, n3={"barrier": "gate", "access": "private"})
    assert network.kind[network.private].tolist() == ["gate"]


def test_a_gate_behind_a_private_street_does_not_lock_its_people_in(tmp_path):
    """The street to the gate is private by its tags, the lane behind only by the gate."""
    private = {"highway": "service", "access": "private"}
    ways = ESTATE | {21: ([2, 3], private)}
    network = read_town(tmp_path, LANES, ways, n3={"barrier": "gate", "foot": "no"})
    assert walk(network, (60, 150), (100, 0), RESIDENT) == 310
    assert walk(network, (100, 0), (60, 150), RESIDENT) is None


def test_a_gate_goes_to_networkx_and_back(tmp_path):
    """As an arc of no length: private, or stairs."""
    for tags in ({"access": "private"}, {"wheelchair": "no"}):
        network = read_town(tmp_path, NODES, ROUND, n2={"barrier": "gate"} | tags)
        again = network_from_networkx(network.to_networkx())
        for walker in (STROLLER, RESIDENT, WHEELS):
            assert walk(again, (0, 0), (100, 0), walker) == walk(network, (0, 0), (100, 0), walker).expected


@given(
    codes=st.lists(st.integers(0, 3), min_size=9, max_size=9),
    joined=st.lists(st.booleans(), min_size=6, max_size=6),
)
@tries(25)
def test_to_whom_all_gates_open_no_gate_makes_a_walk_longer_or_another_one_impossible(codes, joined):
    """Gates that are not shut change nothing for the stroller; and shut ones cut nobody off."""
    rows = [[(x * 100.0, y * 100.0) for x in range(3)] for y in range(3)]
    columns = [[(x * 100.0, y * 100.0) for y in range(3)] for x in range(3)]
    whole = [line for line, wanted in zip(rows + columns, joined, strict=True) if wanted] or rows
    ways = draw_ways([*whole, [(0.0, 0.0), (30.0, -40.0)]])
    nothing = np.zeros(len(ways.xy), np.uint8)
    barrier = np.resize(np.array(codes, np.uint8), len(ways.xy))
    plain = assemble_network(ways, METRES, merge=False)
    passed = np.where(barrier == BARRIERS.index("no"), 0, barrier)
    gates, shut = (
        assemble_network(replace(ways, marks=NodeMarks(mark, nothing, nothing)), METRES, merge=False)
        for mark in (passed, barrier)
    )
    assert gates.length_m.sum() == shut.length_m.sum() == plain.length_m.sum()
    # by the middles of stretches: a node may have become several, and a place on it would be on any of them
    middles = points(*((line.centroid.x, line.centroid.y) for line in plain.lines))
    before, opened, after = (
        measure_times(n, middles, middles, STROLLER, within_m=1)[WalkTimes.metres].to_numpy()
        for n in (plain, gates, shut)
    )
    assert opened == pytest.approx(before, nan_ok=True)
    assert np.isfinite(after).tolist() == np.isfinite(before).tolist()
    assert (after[np.isfinite(after)] >= before[np.isfinite(before)] - 1e-9).all()


# ── the rules ───────────────────────────────────────────────────────────────────────────────────


def test_every_rule_for_barriers_has_its_reason_and_decides_something():
    """A rule that no other tags reach would mislead its reader."""
    rules = read_walk_rules()
    assert all(rule.reason and rule.when.startswith("barrier=") for rule in rules.barrier)
    assert {rule.walk for rule in rules.barrier} == set(BARRIERS)
    assert rules.passage({"barrier": "gate", "access": "private;customers"}) == "private"
    assert rules.passage({"barrier": "sliding_gate"}) == "public"


# ── crossings ───────────────────────────────────────────────────────────────────────────────────

WAITS = Walker(
    speed_kmh=3.6,
    crossing_s={"marked": 3, "unmarked": 7},
    crossing_road_s={"residential": 1, "tertiary": 4, "primary": 12},
    signals=Signals(cycle_s=60, green_s=20),
)
LIGHTS = 40 / 3  # (60 - 20)² / 120

#: A path to the east over a road to the north at node 2, and a second road at node 6.
STREETS = {
    1: (0, 0),
    2: (10, 0),
    3: (20, 0),
    4: (10, -50),
    5: (10, 50),
    6: (40, 0),
    7: (60, 0),
    8: (40, 50),
    9: (10, 90),
}
CROSSWAY = {"highway": "footway", "footway": "crossing"}
ZEBRA = {"highway": "crossing", "crossing": "zebra"}
SIGNALS = {"highway": "crossing", "crossing": "traffic_signals"}


def road(kind="primary", **tags):
    return ([4, 2, 5], {"highway": kind} | tags)


@pytest.mark.parametrize(
    ("way", "node", "control"),
    [
        ({}, {}, "unmarked"),
        ({}, ZEBRA, "marked"),
        ({}, SIGNALS, "signals"),
        ({}, {"highway": "crossing", "crossing": "uncontrolled", "crossing:signals": "yes"}, "signals"),
        ({}, {"highway": "crossing", "crossing:markings": "zebra"}, "marked"),
        ({}, {"highway": "traffic_signals"}, "signals"),
        ({}, {"highway": "traffic_signals;crossing", "crossing": "marked"}, "signals"),
        ({}, {"highway": "traffic_signals", "crossing": "no"}, "unmarked"),
        ({}, {"highway": "stop"}, "unmarked"),
        ({"crossing": "marked"}, {"highway": "crossing"}, "marked"),  # the way says better
        ({"crossing": "traffic_signals"}, ZEBRA, "signals"),
        ({"crossing": "marked"}, SIGNALS, "signals"),
        ({"crossing:signals": "yes"}, {}, "signals"),
        ({"crossing:markings": "yes"}, {}, "marked"),
        ({"crossing:markings": "no"}, {}, "unmarked"),
    ],
)
def test_a_crossing_is_controlled_as_its_way_or_its_node_says(tmp_path, way, node, control):
    """Whichever says more; and people wait once."""
    network = read_town(tmp_path, STREETS, {30: ([1, 2, 3], CROSSWAY | way), 31: road()}, n2=node)
    assert set(network.crossing[network.crossing > 0]) == {CROSSINGS.index(control)}
    wait = LIGHTS if control == "signals" else 12
    assert walk(network, (0, 0), (20, 0), WAITS) == pytest.approx(20 + wait, abs=CENTIMETRES)
    assert not (network.length_m == 0).any()


@pytest.mark.parametrize(
    "paths",
    [
        {30: ([1, 2, 3], PATH)},
        {30: ([1, 2], PATH), 32: ([2, 3], {"highway": "cycleway"})},
        {30: ([2, 1], PATH), 32: ([3, 2], {"highway": "steps"})},
        {30: ([1, 2], PATH), 32: ([2, 3], CROSSWAY)},  # half of it is mapped as a crossing
        {30: ([1, 2, 3], CROSSWAY)},
    ],
)
@pytest.mark.parametrize(
    ("over", "node", "wait"),
    [
        (road("residential"), ZEBRA, 1),
        (road("tertiary"), {"highway": "crossing"}, 4),
        (road("primary"), ZEBRA, 12),
        (road("primary", foot="no"), ZEBRA, 12),  # nobody walks along it, and yet it is crossed
        (road("primary"), SIGNALS, LIGHTS),
        (road("primary"), {"highway": "traffic_signals"}, LIGHTS),
    ],
)
def test_a_path_over_a_road_waits_once_at_the_crossing_on_its_node(tmp_path, paths, over, node, wait):
    """One way through the node or two that meet there, and however much of it is mapped as a crossing."""
    network = read_town(tmp_path, STREETS, paths | {31: over}, n2=node)
    for start, end in (((0, 0), (20, 0)), ((20, 0), (0, 0))):
        assert walk(network, start, end, WAITS) == pytest.approx(20 + wait, abs=CENTIMETRES)
    assert walk(network, (0, 0), (20, 0)) == 20


def test_who_walks_along_the_road_past_a_crossing_does_not_wait(tmp_path):
    """And who turns off it crosses half of the times: one does not know on which side people walk."""
    network = read_town(tmp_path, STREETS, {30: ([1, 2, 3], PATH), 31: road()}, n2=ZEBRA)
    assert walk(network, (10, -50), (10, 50), WAITS) == 100
    assert walk(network, (10, 50), (20, 0), WAITS) == 50 + 10 + 6
    assert walk(network, (0, 0), (10, -50), WAITS) == 50 + 10 + 6


@pytest.mark.parametrize(
    ("ways", "node"),
    [
        ({30: ([1, 2, 3], PATH), 31: road()}, {}),  # nothing says that there is a crossing
        ({30: ([1, 2, 3], PATH), 31: road()}, {"highway": "traffic_signals", "crossing": "no"}),
        ({30: ([1, 2, 3], PATH), 31: road("cycleway")}, ZEBRA),  # no road
        ({30: ([1, 2, 3], {"highway": "service"}), 31: road()}, ZEBRA),  # two roads, and no path
    ],
)
def test_where_no_path_crosses_a_road_nobody_waits(tmp_path, ways, node):
    """Twenty metres, twenty seconds."""
    network = read_town(tmp_path, STREETS, ways, n2=node)
    assert walk(network, (0, 0), (20, 0), WAITS) == 20


def test_a_path_that_ends_at_the_road_crosses_nothing(tmp_path):
    """From the pavement onto the road: ten and fifty metres."""
    network = read_town(tmp_path, STREETS, {30: ([1, 2], PATH), 31: road()}, n2=ZEBRA)
    assert walk(network, (0, 0), (10, 50), WAITS) == 60


def test_a_path_along_a_street_waits_at_each_side_road(tmp_path):
    """Lights at the first, a zebra over a residential street at the second."""
    ways = {30: ([1, 2, 3, 6, 7], PATH), 31: road(), 32: ([6, 8], {"highway": "residential"})}
    network = read_town(tmp_path, STREETS, ways, n2=SIGNALS, n6=ZEBRA)
    assert walk(network, (0, 0), (60, 0), WAITS) == pytest.approx(60 + LIGHTS + 1, abs=CENTIMETRES)


def test_between_any_two_of_three_paths_at_a_crossing_one_waits_once(tmp_path):
    """A third path comes in from the north."""
    ways = {30: ([1, 2, 3], PATH), 33: ([2, 9], PATH), 31: ([4, 2], {"highway": "primary"})}
    network = read_town(tmp_path, STREETS, ways, n2=ZEBRA)
    assert walk(network, (0, 0), (10, 90), WAITS) == 10 + 90 + 12
    assert walk(network, (20, 0), (10, 90), WAITS) == 10 + 90 + 12


def test_a_crossing_on_a_node_is_kept_whole_when_streets_are_merged():
    """Each side is an edge of no length that knows control and road, and the stretches beside it stay apart."""
    ways = draw_ways([[(0, 0), (10, 0), (20, 0)], [(10, -50), (10, 0), (10, 50)]], kind=["path", "primary"])
    stop = (ways.xy == [10, 0]).all(axis=1).astype(np.uint8) * CROSSINGS.index("marked")
    marks = NodeMarks(stop * 0, stop, (stop > 0).astype(np.uint8) * ROADS.index("primary"))
    network = assemble_network(replace(ways, marks=marks), METRES)
    joint = network.length_m == 0
    assert joint.sum() == 2
    assert network.crossing[joint].tolist() == [CROSSINGS.index("marked")] * 2
    assert network.crossed[joint].tolist() == [ROADS.index("primary")] * 2
    assert make_footing(network, WAITS).seconds[joint].tolist() == [[6, 6], [6, 6]]
    assert shapely.length(network.lines).sum() == 120


def test_marks_on_no_street_change_nothing():
    """A town without any, and one whose marks are all nothing, are the same."""
    ways = draw_ways(grid_paths(3, 3))
    nothing = np.zeros(len(ways.xy), np.uint8)
    plain, marked = (
        assemble_network(town, METRES) for town in (ways, replace(ways, marks=NodeMarks(nothing, nothing, nothing)))
    )
    assert marked.ends.tolist() == plain.ends.tolist()
    assert marked.lines.tolist() == plain.lines.tolist()
