"""Walking: minutes worked out with a pencil, and the compiled loops against plain Python."""

from __future__ import annotations

import heapq
from itertools import pairwise
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

from walkcircle import kernels
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


# ── the compiled loops against plain Python ─────────────────────────────────────────────────────


@st.composite
def graphs(draw, costs=(0, 1, 2, 3, 5, 0.5, 7.25)):
    """Draw a directed graph with loops, parallel arcs and free arcs; often in pieces, sometimes one node."""
    nodes = draw(st.integers(1, 9))
    node = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(node, node, st.sampled_from(costs), st.integers(0, 9)), max_size=24))
    seeds = draw(st.lists(st.tuples(node, st.sampled_from([0, 0.5, 1, 4, 11]), st.integers(0, 4)), max_size=5))
    return nodes, arcs, seeds


def compress(nodes, arcs):
    """Sort arcs by their tail, in plain Python."""
    ordered = sorted(arcs, key=lambda arc: arc[0])
    indptr = np.array([sum(arc[0] < v for arc in arcs) for v in range(nodes + 1)], dtype=np.uint32)
    columns = [np.array([arc[i] for arc in ordered], dtype=t) for i, t in ((1, np.uint32), (2, float), (3, float))]
    return indptr, *columns


def dijkstra(nodes, arcs, seeds, limit):
    """Find the cheapest way to every node, and the smallest label of those that are cheapest, by the book."""
    best = [(inf, -1)] * nodes
    heap = [(cost, label, node) for node, cost, label in seeds if cost <= limit]
    heapq.heapify(heap)
    done = set()
    while heap:
        cost, label, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        best[node] = (cost, label)
        for tail, head, more, _ in arcs:
            if tail == node and cost + more <= limit:
                heapq.heappush(heap, (cost + more, label, head))
    return best


def widths(arcs, seeds):
    """Choose a few bucket widths, each with as many buckets as the search asks for."""
    longest = max([arc[2] for arc in arcs] + [seed[1] for seed in seeds] + [0])
    return [(width, 1 << int(longest / width + 2).bit_length()) for width in (0.3, 1.0, 4.0, 100.0)]


LIMITS = st.sampled_from([0, 1, 4, 6.5, 12, inf])


@given(graph=graphs(), limit=LIMITS)
@settings(max_examples=200, deadline=None)
def test_the_nearest_seed_is_that_of_the_book(graph, limit):
    """Costs and labels, for any width of the buckets; ties go to the smaller label."""
    nodes, arcs, seeds = graph
    indptr, head, cost, _ = compress(nodes, arcs)
    node, at, label = (
        np.array(column, dtype=t)
        for column, t in zip(
            zip(*seeds, strict=True) if seeds else ([], [], []), (np.uint32, float, np.int64), strict=True
        )
    )
    expected = dijkstra(nodes, arcs, seeds, limit)
    for width, buckets in widths(arcs, seeds):
        reached, labels = kernels.search_nearest(indptr, head, cost, node, at, label, float(limit), width, buckets)
        assert list(zip(reached.tolist(), labels.tolist(), strict=True)) == expected


@pytest.mark.parametrize("labels", [(3, 5), (5, 3)])
def test_of_equally_near_seeds_the_smaller_label_wins_all_the_way(labels):
    """Seeds at both ends of a path of two arcs; what hangs on its middle follows the middle."""
    arcs = [(0, 1, 1, 0), (2, 1, 1, 0), (1, 3, 1, 0), (3, 4, 0, 0)]
    indptr, head, cost, _ = compress(5, arcs)
    seeds = np.array([0, 2], np.uint32), np.zeros(2), np.array(labels)
    for width, buckets in widths(arcs, []):
        _, found = kernels.search_nearest(indptr, head, cost, *seeds, 9.0, width, buckets)
        assert found.tolist() == [labels[0], 3, labels[1], 3, 3]


@given(graph=graphs(), limit=LIMITS, origins=st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_every_origin_reaches_what_the_book_says(graph, limit, origins):
    """One search after another in the same workspace: nothing of one is left for the next."""
    nodes, arcs, seeds = graph
    indptr, head, cost, _ = compress(nodes, arcs)
    parts = [sorted(seeds[i::origins]) for i in range(origins)]
    flat = [seed for part in parts for seed in part]
    begin = np.cumsum([0, *map(len, parts)])
    node = np.array([seed[0] for seed in flat], dtype=np.uint32)
    at = np.array([seed[1] for seed in flat], dtype=float)
    for width, buckets in widths(arcs, seeds):
        start, found, seconds = kernels.search_each(indptr, head, cost, begin, node, at, float(limit), width, buckets)
        for origin, part in enumerate(parts):
            expected = dijkstra(nodes, arcs, part, limit)
            mine = slice(start[origin], start[origin + 1])
            assert dict(zip(found[mine].tolist(), seconds[mine].tolist(), strict=True)) == {
                v: c for v, (c, _) in enumerate(expected) if c < inf
            }
            assert len(set(found[mine].tolist())) == start[origin + 1] - start[origin]


def cheapest_then_shortest(nodes, arcs, seeds):
    """Find the length of the cheapest way to every node, the shortest of several, by the book."""
    best = [(inf, inf)] * nodes
    heap = [(cost, float(length), node) for node, cost, length in seeds]
    heapq.heapify(heap)
    while heap:
        cost, length, node = heapq.heappop(heap)
        if (cost, length) >= best[node]:
            continue
        best[node] = (cost, length)
        for tail, head, more, metres in arcs:
            if tail == node:
                heapq.heappush(heap, (cost + more, length + metres, head))
    return best


@pytest.mark.parametrize("costs", [(0, 1, 2, 3, 5, 0.5, 7.25), (0, 1), (1e-20, 1, 2), (1e-20, 0, 3)])
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_the_length_of_the_quickest_way_is_that_of_the_book(costs, data):
    """Of equally quick ways the shortest counts, also through arcs that cost nothing or next to nothing."""
    nodes, arcs, seeds = data.draw(graphs(costs=costs))
    indptr, tail, cost, metres = compress(nodes, [(head, t, c, m) for t, head, c, m in arcs])
    expected = cheapest_then_shortest(nodes, arcs, seeds)
    reached = np.array([c for c, _ in expected])
    order = np.argsort(reached, kind="stable")[: np.isfinite(reached).sum()]
    node, at, length = (
        np.array(c, dtype=t)
        for c, t in zip(zip(*seeds, strict=True) if seeds else ([], [], []), (np.uint32, float, float), strict=True)
    )
    found = np.full(nodes, inf)
    kernels.measure_paths(indptr, tail, cost, metres, order.astype(np.uint32), reached, node, at, length, found)
    assert found.tolist() == [m for _, m in expected]


@given(graph=graphs())
@settings(max_examples=150, deadline=None)
def test_pieces_are_those_of_networkx(graph):
    """Each node carries the smallest node of its piece."""
    nodes, arcs, _ = graph
    plain = nx.Graph()
    plain.add_nodes_from(range(nodes))
    plain.add_edges_from((a, b) for a, b, _, _ in arcs)
    expected = {v: min(piece) for piece in nx.connected_components(plain) for v in piece}
    ends = np.array([(a, b) for a, b, _, _ in arcs], dtype=np.int64).reshape(-1, 2)
    assert kernels.label_pieces(ends, nodes).tolist() == [expected[v] for v in range(nodes)]


@given(graph=graphs(costs=(1, 2)))
@settings(max_examples=250, deadline=None)
def test_chains_are_walks_through_nodes_where_two_like_edges_meet(graph):
    """Every edge once, each chain connected end to end and as long as it can be."""
    nodes, arcs, _ = graph
    ends = np.array([(a, b) for a, b, _, _ in arcs], dtype=np.int64).reshape(-1, 2)
    alike = np.array([c for _, _, c, _ in arcs], dtype=np.int64)
    order, chain, flipped = kernels.chain_edges(ends, alike, nodes)
    assert sorted(order.tolist()) == list(range(len(arcs)))
    assert chain.tolist() == sorted(chain.tolist())
    degree = np.bincount(ends.ravel(), minlength=nodes)
    incident = [[e for e, (a, b) in enumerate(ends.tolist()) for _ in range((a == v) + (b == v))] for v in range(nodes)]
    joints = set()
    for number in set(chain.tolist()):
        mine = np.flatnonzero(chain == number)
        turned = [(b, a) if flipped[i] else (a, b) for i, (a, b) in zip(mine, ends[order[mine]].tolist(), strict=True)]
        assert len({int(alike[e]) for e in order[mine]}) == 1
        for (_, middle), (again, _) in pairwise(turned):
            assert middle == again
            assert degree[middle] == 2
            joints.add(middle)
    for v in range(nodes):
        one_ring = degree[v] == 2 and v not in joints
        if one_ring and incident[v][0] != incident[v][1] and alike[incident[v][0]] == alike[incident[v][1]]:
            # only where a ring was begun may a joint be left
            first, second = (int(chain[np.flatnonzero(order == e)[0]]) for e in incident[v])
            assert first == second


@given(graph=graphs())
@settings(max_examples=50, deadline=None)
def test_arcs_are_counted_by_their_tail(graph):
    """Pointers as SciPy has them."""
    nodes, arcs, _ = graph
    tail = np.array([arc[0] for arc in arcs], dtype=np.int64)
    assert kernels.count_arcs(tail, nodes).tolist() == compress(nodes, arcs)[0].tolist()


def test_everything_compiles_ahead():
    """What setting up calls, so that no first run waits."""
    kernels.compile_all()
    compiled = [kernels.search_each, kernels.search_pairs, kernels.search_lanes, kernels.sweep_lanes]
    assert min(len(kernel.signatures) for kernel in compiled) > 0


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
