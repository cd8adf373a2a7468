"""Walking in random towns, to the last bit: against networkx, prepared and not, with one thread or three."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import networkx as nx
import numpy as np
import pytest
import shapely
from builders import draw_network, grid_paths, make_facilities, points
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.footing import GRAIN_S, ROUNDING_S, make_footing
from walkcircle.legs import SAME_DOOR_M
from walkcircle.snapping import snap_points
from walkcircle.tables import Counts, Facilities, Nearest, WalkTimes
from walkcircle.walkers import Walker
from walkcircle.walking import count_within, measure_nearest, measure_times, nearest, walk, walk_blocks

KINDS = ("x", "y", "z")
LIMITS = st.sampled_from([None, 0.0, 1.5, 4.0])


class Town:
    """A random town: the streets as one walker finds them, homes and facilities, some of them areas."""

    def __init__(self, seed: int) -> None:
        """Draw streets with one-way stretches, stairs, private lanes and a few that take no time."""
        rng = np.random.default_rng(seed)
        paths = [p for p in grid_paths(4, 4, 90) if rng.random() < 0.8] or [[(0, 0), (90, 0)]]
        count = len(paths)
        network = draw_network(
            paths, merge=bool(seed % 2), kind=rng.choice(["a", "b"], count), steps=rng.random(count) < 0.1,
            oneway=rng.choice([0, 0, 0, 1, -1], count), private=rng.random(count) < 0.2,
        )  # fmt: skip
        self.walker = Walker(
            speed_kmh=4.7, stairs_factor=rng.choice([0.42, None]), gates=rng.choice(["resident", "open", "closed"])
        )
        footing = make_footing(network, self.walker)
        free = (rng.random(len(network.ends)) < 0.1)[:, None] & np.isfinite(footing.seconds)
        self.footing = replace(footing, seconds=np.where(free, 0.0, footing.seconds))
        corners = [(float(x), float(y)) for x, y in rng.integers(0, 4, (3, 2)) * 90]
        homes = [*map(tuple, rng.uniform(-20, 290, (7, 2)).tolist()), *corners, (5000.0, 0.0)]
        places = [*map(tuple, rng.uniform(-20, 290, (8, 2)).tolist()), *corners, homes[0]]
        shapes = [shapely.Point(p).buffer(60, quad_segs=2) if i < 2 else p for i, p in enumerate(places)]
        names = rng.permutation(len(shapes)).tolist()
        rows = [(f"f{n:02}", str(rng.choice(KINDS)), s) for n, s in zip(names, shapes, strict=True)]
        self.facilities = make_facilities(rows)
        areas = points(*homes)
        areas.iloc[1] = shapely.Point(homes[1]).buffer(50, quad_segs=2)
        allowed = self.footing.usable
        self.starts = snap_points(areas, network, within_m=60, allowed=allowed)
        self.ends = snap_points(self.facilities, network, within_m=60, allowed=allowed)

    @property
    def kind(self) -> np.ndarray:
        """Return the code of each facility's kind."""
        return np.unique(self.facilities[Facilities.kind], return_inverse=True)[1]


TOWNS = st.integers(0, 2**32 - 1).map(Town)


def grains(seconds: float) -> float:
    return round(seconds / GRAIN_S) * GRAIN_S if seconds < inf else inf


def part(fraction: float, whole: float) -> float:
    return grains(fraction * whole) if fraction > 0 else 0.0


def spots_of(spots):
    columns = (spots.item, spots.edge, spots.fraction, spots.access_m)
    return list(zip(*(column.tolist() for column in columns), spots.door_xy, strict=True))


def draw_graph(town: Town) -> nx.DiGraph:
    """Draw nodes, homes and facilities as one graph, whose arcs are written down one by one."""
    graph, seconds, enter = nx.DiGraph(), town.footing.seconds.tolist(), town.footing.enter.tolist()
    ends, pace = town.footing.network.ends.tolist(), town.walker.metres_per_second
    graph.add_nodes_from(range(len(town.footing.network.xy)))

    def link(a, b, cost):
        if cost < inf and cost < graph.get_edge_data(a, b, {"weight": inf})["weight"]:
            graph.add_edge(a, b, weight=cost)

    for (a, b), (there, back), (forth, home) in zip(ends, seconds, enter, strict=True):
        link(a, b, there if forth else inf)
        link(b, a, back if home else inf)
    for i, e, f, access, door in spots_of(town.starts):
        graph.add_node(("home", i))
        link(("home", i), ends[e][0], part(f, seconds[e][1]) + grains(access / pace))
        link(("home", i), ends[e][1], part(1 - f, seconds[e][0]) + grains(access / pace))
        for j, other, g, leg, gate in spots_of(town.ends):
            if other == e:
                way = part(abs(g - f), seconds[e][0 if g >= f else 1])
                same = np.hypot(*(door - gate)) <= SAME_DOOR_M
                link(("home", i), ("place", j), 0.0 if same else way + grains(access / pace) + grains(leg / pace))
    for j, e, f, access, _ in spots_of(town.ends):
        first, last = enter[e]
        link(ends[e][0], ("place", j), part(f, seconds[e][0]) + grains(access / pace) if first else inf)
        link(ends[e][1], ("place", j), part(1 - f, seconds[e][1]) + grains(access / pace) if last else inf)
    return graph


def walk_by_the_book(town: Town, limit_min: float | None):
    """Return seconds from every home to nodes and to places within the limit, as one dictionary for each home."""
    graph, limit = draw_graph(town), inf if limit_min is None else limit_min * 60 + ROUNDING_S
    homes = [("home", i) for i in range(len(town.starts.labels))]
    every = [nx.single_source_dijkstra_path_length(graph, h) if h in graph else {} for h in homes]
    kept = [{v: cost for v, cost in found.items() if cost <= limit} for found in every]
    nodes = [{v: cost for v, cost in found.items() if isinstance(v, int)} for found in kept]
    names = {("place", j): j for j in range(len(town.ends.labels))}
    return nodes, [{names[v]: cost for v, cost in found.items() if v in names} for found in kept]


def reached_by(reach):
    """Return what each origin of a reach has reached."""
    rows = list(zip(reach.node.tolist(), reach.seconds.tolist(), strict=True))
    found = [dict(rows[a:b]) for a, b in zip(reach.start[:-1], reach.start[1:], strict=True)]
    assert sum(map(len, found)) == len(rows)
    return found


def footings(town: Town):
    """Return the footing as it is, and made ready for walks of some lengths."""
    return [town.footing, town.footing.prepare(4), town.footing.prepare(inf)]


# ── against networkx ────────────────────────────────────────────────────────────────────────────


@given(town=TOWNS, limit=LIMITS)
@settings(max_examples=25, deadline=None)
def test_every_walk_is_that_of_networkx_prepared_or_not(town, limit):
    """Nodes, places, and seconds without a tolerance."""
    nodes, places = walk_by_the_book(town, limit)
    for footing in footings(town):
        for threads in (1, 3):
            reach = walk(footing, town.starts, town.walker, limit_min=limit, threads=threads)
            assert reached_by(reach) == nodes
        blocks = list(walk_blocks(footing, town.starts, town.walker, limit_min=limit, size=4, threads=3))
        assert [found for block in blocks for found in reached_by(block)] == nodes
        assert [label for block in blocks for label in block.origins.labels] == town.starts.labels.tolist()
        for origin, found in enumerate(places):
            seconds = np.full(len(town.ends.labels), inf)
            np.minimum.at(seconds, town.ends.item, reach.seconds_to(origin, town.ends))
            assert {i: s for i, s in enumerate(seconds.tolist()) if s < inf} == found
        table = measure_times(footing, town.starts, town.ends, town.walker, limit_min=limit)
        rows = [
            (home, place, seconds / 60) for home, found in enumerate(places) for place, seconds in sorted(found.items())
        ]
        columns = [table[c].tolist() for c in (WalkTimes.origin, WalkTimes.destination, WalkTimes.minutes)]
        assert list(zip(*columns, strict=True)) == rows


@given(town=TOWNS, limit=LIMITS)
@settings(max_examples=25, deadline=None)
def test_the_nearest_places_are_the_first_of_all_by_networkx(town, limit):
    """One, two or three of each kind, ties by id; and their seconds alone, prepared or not."""
    _, places = walk_by_the_book(town, limit)
    kind, name = (town.facilities[c].tolist() for c in (Facilities.kind, Facilities.facility))
    ranked = {
        (home, one): sorted((seconds, name[j]) for j, seconds in found.items() if kind[j] == one)
        for home, found in enumerate(places)
        for one in KINDS
    }
    for footing in footings(town):
        for k in (1, 2, 3):
            table = nearest(footing, town.starts, town.facilities, town.walker, spots=town.ends, k=k, limit_min=limit)
            columns = (Nearest.origin, Nearest.kind, Nearest.rank, Nearest.facility, Nearest.minutes)
            rows = sorted(zip(*(table[c].tolist() for c in columns), strict=True))
            assert rows == [
                (home, one, rank + 1, place, seconds / 60)
                for (home, one), found in sorted(ranked.items())
                for rank, (seconds, place) in enumerate(found[:k])
            ]
        codes = sorted(set(kind))
        for threads in (1, 3):
            found = measure_nearest(footing, town.starts, town.ends, town.kind, limit_min=limit, threads=threads)
            assert found.tolist() == [
                [min([*ranked[home, one], (inf, "")])[0] for one in codes] for home in range(len(places))
            ]


@given(town=TOWNS, limits=st.lists(st.sampled_from([0.0, 0.5, 1.5, 4.0, inf]), min_size=1, max_size=3, unique=True))
@settings(max_examples=25, deadline=None)
def test_counts_are_those_of_networkx(town, limits):
    """Every home on the network has a row for each kind and limit; limits come sorted."""
    _, places = walk_by_the_book(town, None)
    kind = town.facilities[Facilities.kind].tolist()
    expected = [
        (home, one, limit, sum(kind[j] == one and s <= limit * 60 + ROUNDING_S for j, s in places[home].items()))
        for one in sorted(set(kind))
        for home in np.unique(town.starts.item).tolist()
        for limit in sorted(limits)
    ]  # fmt: skip
    ways = [(footing, threads) for footing in (town.footing, town.footing.prepare(max(limits))) for threads in (1, 3)]
    for footing, threads in ways:
        table = count_within(
            footing, town.starts, town.facilities, town.walker, limits_min=limits, spots=town.ends, threads=threads
        )
        columns = (Counts.origin, Counts.kind, Counts.limit_min, Counts.facilities)
        assert list(zip(*(table[c].tolist() for c in columns), strict=True)) == expected


# ── ways of asking ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(4))
def test_the_number_of_threads_changes_nothing(seed):
    """Tables and arrays alike, in content and order."""
    town = Town(seed)
    for footing in footings(town):
        one, three = (walk(footing, town.starts, town.walker, limit_min=4, threads=t) for t in (1, 3))
        assert [one.start.tolist(), one.node.tolist(), one.seconds.tolist()] == [
            three.start.tolist(), three.node.tolist(), three.seconds.tolist()
        ]  # fmt: skip
        for k in (1, 3):
            first, second = (
                nearest(footing, town.starts, town.facilities, town.walker, spots=town.ends, k=k, threads=t)
                for t in (1, 3)
            )
            assert first.equals(second)
        first, second = (measure_times(footing, town.starts, town.ends, town.walker, threads=t) for t in (1, 3))
        assert first.equals(second)


@pytest.mark.parametrize("seed", range(4))
def test_walks_in_blocks_are_the_walk_cut_in_pieces(seed):
    """Whatever the size of a block."""
    town = Town(seed)
    whole = walk(town.footing, town.starts, town.walker, limit_min=4)
    for size in (1, 3, 100):
        blocks = list(walk_blocks(town.footing, town.starts, town.walker, limit_min=4, size=size))
        assert np.concatenate([np.diff(block.start) for block in blocks]).tolist() == np.diff(whole.start).tolist()
        assert [found for block in blocks for found in reached_by(block)] == reached_by(whole)


def test_a_footing_that_is_ready_for_longer_walks_is_not_made_ready_again():
    """For shorter walks it is the same object; for longer ones it is not."""
    footing = Town(0).footing.prepare(4)
    assert footing.prepare(4) is footing
    assert footing.prepare(1) is footing
    assert footing.prepare(5) is not footing
