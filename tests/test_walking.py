"""Walking: minutes worked out with a pencil, and the compiled loops against plain Python."""

from __future__ import annotations

from math import inf

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    draw_network,
    grid_paths,
    line_frame,
    make_estates,
    make_facilities,
    points,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.footing import make_footing
from walkcircle.network import network_from_lines, network_from_networkx
from walkcircle.snapping import snap_points
from walkcircle.tables import Facilities, Nearest, WalkTimes
from walkcircle.walkers import Walker
from walkcircle.walking import measure_times, nearest, walk


def minutes(network, start, end, walker=STROLLER, **options) -> list[float]:
    """Return the minutes between two points, or nothing."""
    return measure_times(network, points(start), points(end), walker, **options)[WalkTimes.minutes].tolist()


STREET = [[(0, 0), (600, 0)]]
# A block of 300 by 120 m with a dead end of 60 m; at 60 m a minute every answer is a whole number of tenths.
BLOCK = [
    [(0, 0), (300, 0)], [(300, 0), (300, 120)], [(300, 120), (0, 120)], [(0, 120), (0, 0)],
    [(300, 0), (360, 0)],
]  # fmt: skip

# ── with a pencil ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "end", "answer"),
    [
        ((60, 0), (240, 0), 3),  # along one street
        ((240, 0), (60, 0), 3),  # and back
        ((60, 0), (60, 0), 0),  # nowhere
        ((0, 0), (300, 0), 5),  # from corner to corner
        ((30, 0), (30, 120), 3),  # round the near corner: 30 + 120 + 30
        ((150, 0), (150, 120), 7),  # either way round: 150 + 120 + 150
        ((360, 0), (0, 60), 7),  # out of the dead end: 60 + 300 + 60
        ((360, 0), (300, 60), 2),
        ((60, -30), (240, 60 - 120), 4.5),  # access legs of 30 and 60 m: 30 + 180 + 60
        ((60, 40), (60, 40), 0),  # one is there already, and does not go out to the street and back
    ],
)
def test_walks_round_a_block_take_what_the_pencil_says(start, end, answer):
    """Sixty metres a minute on a block with a dead end."""
    network = draw_network(BLOCK)
    assert minutes(network, start, end) == pytest.approx([answer])
    table = measure_times(network, points(start), points(end), STROLLER)
    assert table[WalkTimes.metres].tolist() == pytest.approx([60 * answer])


def test_the_way_along_ones_own_street_may_not_be_the_shortest():
    """A horseshoe of 580 m whose ends are joined by a stretch of 20 m: across it, not along it."""
    horseshoe = [[(0, 0), (0, 280), (20, 280), (20, 0)], [(0, 0), (20, 0)]]
    assert minutes(draw_network(horseshoe, kind=["a", "b"]), (0, 50), (20, 50)) == pytest.approx([2])


def test_what_cannot_be_reached_has_no_row():
    """Two streets that do not meet: one row each, not four."""
    network = draw_network([[(0, 0), (100, 0)], [(0, 500), (100, 500)]])
    both = points((50, 0), (50, 500), labels=["a", "b"])
    table = measure_times(network, both, both, STROLLER)
    assert list(zip(table[WalkTimes.origin], table[WalkTimes.destination], strict=True)) == [
        ("a", "a"),
        ("b", "b"),
    ]


@pytest.mark.parametrize(("limit", "rows"), [(3, 1), (3.5, 1), (2.999, 0)])
def test_the_limit_is_inclusive(limit, rows):
    """A walk of exactly three minutes counts within three."""
    assert len(minutes(draw_network(STREET), (60, 0), (240, 0), limit_min=limit)) == rows


@given(metres=st.integers(1, 3000), speed=st.sampled_from([3.6, 4.7, 5.0, 2.48]))
@settings(deadline=None)
def test_rounding_does_not_shut_out_a_walk_of_exactly_the_limit(metres, speed):
    """Whatever the speed, and whether by one street or by many."""
    walker = Walker(speed_kmh=speed)
    limit = metres / walker.metres_per_second / 60
    network = draw_network([[(0, 0), (metres / 3, 0)], [(metres / 3, 0), (metres, 0)], [(metres / 3, 0), (9, 99)]])
    table = measure_times(network, points((0, 0)), points((metres, 0)), walker, limit_min=limit)
    assert len(table) == 1


def test_access_legs_count_toward_the_limit():
    """Two minutes of street and one of access are three."""
    network = draw_network(STREET)
    assert minutes(network, (60, 60), (180, 0), limit_min=3) == [3]
    assert minutes(network, (60, 60), (180, 0), limit_min=2.9) == []
    assert minutes(network, (180, 0), (60, 60), limit_min=2.9) == []


def test_an_origin_off_the_network_has_no_row_and_the_others_keep_theirs():
    """A house five kilometres away does not shift the labels of its neighbours."""
    network = draw_network(STREET)
    homes = points((60, 0), (5000, 5000), (120, 0), labels=["a", "far", "b"])
    table = measure_times(network, homes, points((180, 0), labels=["x"]), STROLLER)
    assert table[WalkTimes.origin].tolist() == ["a", "b"]
    assert table[WalkTimes.minutes].to_numpy() == pytest.approx([2, 1])


def test_nothing_to_walk_from_or_to_is_an_empty_table():
    """With the declared columns."""
    network = draw_network(STREET)
    nothing = points((9e6, 0))
    for start, end in ((nothing, points((0, 0))), (points((0, 0)), nothing), (nothing, nothing)):
        table = measure_times(network, start, end, STROLLER)
        assert len(table) == 0
        assert list(table.columns) == list(WalkTimes.columns())


@pytest.mark.parametrize(
    ("oneway", "start", "end", "answer"),
    [
        (1, (60, 0), (240, 0), [3]),
        (1, (240, 0), (60, 0), [11]),  # on to the corner and round: 60 + 120 + 300 + 120 + 60
        (-1, (240, 0), (60, 0), [3]),
        (-1, (60, 0), (240, 0), [11]),
    ],
)
def test_a_way_walked_in_one_direction_only_is_gone_round(oneway, start, end, answer):
    """Even between two doors of the same street."""
    network = draw_network(BLOCK[:4], oneway=[oneway, 0, 0, 0], kind=list("abcd"))
    assert minutes(network, start, end) == pytest.approx(answer)


def test_a_dead_end_walked_in_one_direction_lets_nobody_back():
    """In, but not out."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], oneway=[0, 1])
    assert minutes(network, (0, 0), (160, 0)) == pytest.approx([160 / 60])
    assert minutes(network, (160, 0), (0, 0)) == []


@pytest.mark.parametrize(("factor", "answer"), [(1.0, [2]), (0.5, [3]), (0.25, [5]), (2.0, [1.5]), (None, [])])
def test_stairs_take_longer_or_cannot_be_walked(factor, answer):
    """Sixty metres of street and sixty of stairs, at a share of the speed."""
    network = draw_network([[(0, 0), (60, 0)], [(60, 0), (120, 0)]], steps=[False, True], kind=["path", "steps"])
    walker = Walker(speed_kmh=3.6, stairs_factor=factor)
    assert minutes(network, (0, 0), (120, 0), walker, within_m=10) == pytest.approx(answer)


def test_who_cannot_climb_stairs_goes_round():
    """The ramp is four times as long."""
    network = draw_network([[(0, 0), (60, 0)], [(0, 0), (0, 90), (60, 90), (60, 0)]], steps=[True, False])
    assert minutes(network, (0, 0), (60, 0)) == [1]
    assert minutes(network, (0, 0), (60, 0), Walker(speed_kmh=3.6, stairs_factor=None)) == [4]


WAITING = Walker(speed_kmh=3.6, crossing_s={"signals": 30, "marked": 12})


@pytest.mark.parametrize(("code", "answer"), [(0, 2), (1, 2), (2, 2.2), (3, 2.5)])
def test_a_crossing_costs_its_delay(code, answer):
    """Two minutes of walking; half a minute more at signals, a fifth at a zebra."""
    network = draw_network([[(0, 0), (50, 0)], [(50, 0), (70, 0)], [(70, 0), (120, 0)]], crossing=[0, code, 0])
    assert minutes(network, (0, 0), (120, 0), WAITING) == pytest.approx([answer])


def test_a_crossing_that_shares_a_node_with_its_road_costs_its_delay_once():
    """Mappers join the crossing to the road in its middle, which splits it in two: still one wait."""
    road = [(60, -100), (60, 0), (60, 100)]
    crossing = [(50, 0), (60, 0), (70, 0)]
    network = draw_network([[(0, 0), (50, 0)], crossing, [(70, 0), (120, 0)], road], crossing=[0, 3, 0, 0])
    assert minutes(network, (0, 0), (120, 0), WAITING) == pytest.approx([2.5])


def test_two_crossings_one_after_the_other_cost_two_delays():
    """An island in the middle of the road: two ways, two waits."""
    network = draw_network(
        [[(0, 0), (50, 0)], [(50, 0), (60, 0)], [(60, 0), (70, 0)], [(70, 0), (120, 0)]],
        crossing=[0, 3, 3, 0],
    )
    assert minutes(network, (0, 0), (120, 0), WAITING) == pytest.approx([3])


# An estate's lane is a shortcut of 100 m between two streets that otherwise lie 500 m apart.
SHORTCUT = [[(0, 0), (0, 200), (100, 200), (100, 0)], [(0, 0), (50, 0)], [(50, 0), (100, 0)]]


@pytest.mark.parametrize(
    ("gates", "start", "end", "answer"),
    [
        ("open", (0, 0), (100, 0), [100]),
        ("resident", (0, 0), (100, 0), [500]),
        ("closed", (0, 0), (100, 0), [500]),
        ("resident", (50, 0), (0, 60), [110]),  # who lives inside leaves
        ("resident", (25, 0), (75, 0), [50]),  # and visits a neighbour
        ("resident", (0, 60), (50, 0), []),  # who does not, stays outside
        (
            "closed",
            (50, 0),
            (0, 60),
            [110],
        ),  # a walker who uses no private lane starts at the street: 50 m leg
    ],
)
def test_gates_say_who_walks_an_estates_lanes(gates, start, end, answer):
    """Metres, at one a second."""
    network = draw_network(SHORTCUT, private=[False, True, True], merge=False)
    walker = Walker(speed_kmh=3.6, gates=gates)
    footing = make_footing(network, walker)
    found = measure_times(footing, points(start), points(end), walker, within_m=50)[WalkTimes.metres].tolist()
    assert found == pytest.approx(answer)


def test_a_walk_out_of_an_estate_and_one_into_it_are_different():
    """Times are directed where gates are: out in two minutes, in not at all."""
    network = draw_network([[(0, 0), (60, 0), (120, 0)], [(60, 0), (60, 60)]], private=[False, True])
    walker = Walker(speed_kmh=3.6, gates="resident")
    assert minutes(network, (60, 60), (0, 0), walker) == [2]
    assert minutes(network, (0, 0), (60, 60), walker) == []


def test_a_home_in_a_walled_estate_walks_out_through_its_gate():
    """A gate in the north wall: 80 m to the gate, 10 m on to the street, 60 m along it."""
    network = draw_network([[(-200, 110), (200, 110)], [(-200, -10), (200, -10)]])
    estate = make_estates({"e": shapely.box(0, 0, 100, 100)})
    home = snap_points(points((50, 20)), network, estates=estate, entrances=points((50, 100)))
    shop = points((110, 110), labels=["shop"])
    assert measure_times(network, home, shop, STROLLER)[WalkTimes.minutes].tolist() == [2.5]


def test_edges_without_length_cost_nothing():
    """Two doors of one lift, mapped as a way of no length, at one place."""
    graph = nx.Graph(crs=METRES)
    for node, x in enumerate((0, 60, 60, 120)):
        graph.add_node(node, x=x, y=0)
    nx.add_path(graph, range(4))
    graph[1][2]["length"] = 0.0
    network = network_from_networkx(graph)
    assert minutes(network, (0, 0), (120, 0)) == [2]
    assert measure_times(network, points((0, 0)), points((120, 0)), STROLLER)[WalkTimes.metres].tolist() == [120]


def test_of_parallel_streets_the_shorter_is_walked():
    """Two streets between the same corners; a door on the longer one goes either way."""
    network = draw_network([[(0, 0), (120, 0)], [(0, 0), (60, 300), (120, 0)], [(0, 0), (-60, 0)]], kind=list("abc"))
    assert minutes(network, (-60, 0), (120, 0)) == [3]
    long = np.hypot(60, 300)
    assert minutes(network, (60, 300), (-60, 0)) == pytest.approx([(long + 60) / 60])


def test_a_loop_is_walked_either_way_round():
    """A ring of 400 m hung on a street at one corner."""
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    network = draw_network([ring, [(-60, 0), (0, 0)]], kind=["ring", "street"])
    assert (network.ends[:, 0] == network.ends[:, 1]).sum() == 1
    assert minutes(network, (-60, 0), (100, 50)) == pytest.approx([(60 + 150) / 60])
    assert minutes(network, (-60, 0), (0, 40)) == pytest.approx([100 / 60])
    assert minutes(network, (20, 0), (0, 20)) == pytest.approx([40 / 60])  # across the corner, not 360 m round


def test_an_area_is_reached_at_its_quickest_entrance():
    """A park between two paths: from the west by the western one."""
    network = draw_network([[(-100, 0), (300, 0)], [(300, 0), (300, 50)]])
    park = gpd.GeoSeries([shapely.box(0, -50, 200, 50)], crs=METRES)
    table = measure_times(network, points((-60, 0), (260, 0)), park, STROLLER)
    assert table[WalkTimes.minutes].to_numpy() == pytest.approx([1, 1])
    assert measure_times(network, park, points((260, 0)), STROLLER)[WalkTimes.minutes].to_numpy() == pytest.approx([1])


def test_the_same_walk_in_a_networks_other_makings():
    """Lines and ways of the same streets answer alike."""
    lines = network_from_lines(line_frame(BLOCK))
    assert minutes(lines, (30, 0), (30, 120)) == minutes(draw_network(BLOCK), (30, 0), (30, 120)) == [3]


def test_a_reach_knows_the_seconds_to_any_spot():
    """Seconds inside, infinite beyond the limit; nodes grow within each origin."""
    network = draw_network(grid_paths(3, 3))
    reach = walk(network, points((0, 0), (200, 200)), STROLLER, limit_min=4)
    assert (np.diff(reach.node[: reach.start[1]]) > 0).all()
    spots = snap_points(points((150, 0), (200, 200)), network)
    assert reach.seconds_to(0, spots).tolist() == [150, inf]
    assert reach.seconds_to(1, spots).tolist() == [inf, 0]
    assert repr(reach).startswith("<Reach 2 origins, ")


# ── the nearest of each kind ────────────────────────────────────────────────────────────────────

SHOPS = make_facilities(
    [
        ("b", "shop", (0, 0)), ("a", "shop", (400, 0)), ("c", "shop", (500, 0)),
        ("z", "school", (600, 0)), ("far", "school", (600, 5000)),
    ]
)  # fmt: skip


def test_the_nearest_facility_of_each_kind_and_how_far_it_is():
    """From 60 m east of the first shop."""
    found = nearest(draw_network(STREET), points((60, 0), labels=["home"]), SHOPS, STROLLER)
    assert found.to_numpy().tolist() == [["home", "shop", 1, "b", 1.0], ["home", "school", 1, "z", 9.0]]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [1, 0, 2, 3, 4], [4, 3, 2, 1, 0]])
def test_equally_near_facilities_come_in_the_order_of_their_ids(order):
    """Half way between b and a, 200 m each, whichever row is first."""
    home = points((200, 0), labels=["home"])
    shops = SHOPS.iloc[order]
    one = nearest(draw_network(STREET), home, shops, STROLLER).query("kind == 'shop'")
    three = nearest(draw_network(STREET), home, shops, STROLLER, k=3).query("kind == 'shop'")
    assert one[Nearest.facility].tolist() == ["a"]
    assert three[Nearest.facility].tolist() == ["a", "b", "c"]
    assert three[Nearest.rank].tolist() == [1, 2, 3]
    assert three[Nearest.minutes].to_numpy() == pytest.approx(np.array([200, 200, 300]) / 60)


def test_a_kind_beyond_the_limit_has_no_row_and_the_limit_is_inclusive():
    """The school is nine minutes away."""
    home, network = points((60, 0)), draw_network(STREET)
    assert "school" in nearest(network, home, SHOPS, STROLLER, limit_min=9)[Nearest.kind].tolist()
    assert "school" not in nearest(network, home, SHOPS, STROLLER, limit_min=8.99)[Nearest.kind].tolist()
    far = nearest(network, points((1e6, 0)), SHOPS, STROLLER)
    assert len(far) == 0
    assert list(far.columns) == list(Nearest.columns())


def random_town(seed: int):
    """Make streets, homes and facilities at random, with one-way stretches, stairs and private lanes."""
    rng = np.random.default_rng(seed)
    paths = [p for p in grid_paths(6, 5, 90) if rng.random() < 0.85]
    count = len(paths)
    network = draw_network(
        paths, kind=rng.choice(["a", "b"], count), steps=rng.random(count) < 0.1,
        oneway=rng.choice([0, 0, 0, 1, -1], count), private=rng.random(count) < 0.1,
    )  # fmt: skip
    walker = Walker(speed_kmh=4.7, stairs_factor=[0.42, None][seed % 2], gates=["resident", "open", "closed"][seed % 3])
    homes = points(*map(tuple, rng.uniform(-20, 470, (25, 2)).tolist()))
    places = rng.uniform(-20, 470, (30, 2))
    rows = [(f"f{i:02}", str(rng.choice(["x", "y", "z"])), tuple(p)) for i, p in enumerate(places.tolist())]
    rows[:6] = [(f, kind, shapely.Point(p).buffer(60, quad_segs=2)) for f, kind, p in rows[:6]]
    return network, walker, homes, make_facilities(rows)


@pytest.mark.parametrize("seed", range(12))
def test_the_nearest_is_the_least_of_all_walks(seed):
    """The search from all facilities at once against every single walk; parks among them."""
    network, walker, homes, places = random_town(seed)
    footing = make_footing(network, walker)
    times = measure_times(footing, homes, places, walker, limit_min=6)
    times = times.join(places[[Facilities.kind, Facilities.facility]], on=WalkTimes.destination)
    times = times.sort_values([WalkTimes.origin, "kind", WalkTimes.minutes, "facility"], kind="stable")
    for k in (1, 2, 4):
        found = nearest(footing, homes, places, walker, k=k, limit_min=6)
        found = found.sort_values([Nearest.origin, Nearest.kind, Nearest.rank])
        expected = times.groupby([WalkTimes.origin, "kind"]).head(k)
        assert (
            found[[Nearest.origin, Nearest.kind]].to_numpy().tolist()
            == expected[["origin", "kind"]].to_numpy().tolist()
        )
        assert found[Nearest.minutes].to_numpy() == pytest.approx(expected[WalkTimes.minutes].to_numpy(), abs=1e-9)
        assert found[Nearest.facility].tolist() == expected["facility"].tolist()


def test_a_walk_from_a_place_to_itself_takes_no_time():
    """Nobody goes out to the street and back to reach where they are; a neighbour's door is another matter."""
    network = network_from_lines(line_frame([[(0, 0), (200, 0)]]))
    doors = points((50, 20), (51, 20), labels=["home", "next"])
    times = measure_times(network, doors, doors, STROLLER).set_index([WalkTimes.origin, WalkTimes.destination])
    assert times.loc[("home", "home"), [WalkTimes.minutes, WalkTimes.metres]].tolist() == [0, 0]
    assert times.loc[("home", "next"), WalkTimes.metres] == pytest.approx(41)
    shops = make_facilities([("a", "shop", shapely.Point(50, 20)), ("b", "shop", shapely.Point(51, 20))])
    near = nearest(network, doors, shops, STROLLER)
    assert near[Nearest.facility].tolist() == ["a", "b"]
    assert near[Nearest.minutes].tolist() == [0, 0]
