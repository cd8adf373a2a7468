"""Every compiled loop against a twin of a few lines of plain Python, on small graphs made at random."""

from __future__ import annotations

import heapq
from itertools import pairwise
from math import inf

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle import kernels
from walkcircle.arcs import Csr, build_hierarchy

GRAIN = 2.0**-30
COSTS = (0, 1, 2, 3, 5, 0.5, 7.25, 1 + GRAIN, 2 - GRAIN)
LIMITS = st.sampled_from([0.0, 1.0, 4.0, 6.5, 12.0, inf])

# ── graphs and the book ─────────────────────────────────────────────────────────────────────────


@st.composite
def graphs(draw, costs=COSTS):
    """Draw a directed graph with loops, parallel arcs and free arcs; often in pieces, sometimes one node or no arc."""
    nodes = draw(st.integers(1, 9))
    node = st.integers(0, nodes - 1)
    few = draw(st.sampled_from([costs, costs[:2]]))  # of two costs many ways are equal
    arcs = draw(st.lists(st.tuples(node, node, st.sampled_from(few), st.integers(0, 9)), max_size=24))
    seeds = draw(st.lists(st.tuples(node, st.sampled_from([0, 0.5, 1, 4, 11, inf]), st.integers(0, 4)), max_size=5))
    return nodes, arcs, seeds


def compress(nodes, arcs):
    """Sort arcs by their tail, in plain Python."""
    ordered = sorted(arcs, key=lambda arc: arc[0])
    indptr = np.array([sum(arc[0] < v for arc in arcs) for v in range(nodes + 1)], dtype=np.uint32)
    return indptr, *unzip([arc[1:] for arc in ordered], np.uint32, float, float)


def reverse(arcs):
    return [(head, tail, *rest) for tail, head, *rest in arcs]


def unzip(rows, *types):
    """Return the columns of some rows as arrays."""
    return tuple(np.array([row[i] for row in rows], dtype=t) for i, t in enumerate(types))


def stack(groups, *types):
    """Return where each group starts, and the columns of all rows."""
    return np.cumsum([0, *map(len, groups)]), *unzip([row for group in groups for row in group], *types)


def dijkstra(nodes, arcs, seeds, limit):
    """Find the cheapest way to every node, and the smallest label of those that are cheapest, by the book."""
    best = [(inf, -1)] * nodes
    heap = [(cost, label, node) for node, cost, label in seeds if cost <= limit and cost < inf]
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


def costs_from(nodes, arcs, seeds, limit):
    """Find the cheapest way to every node alone."""
    return [cost for cost, _ in dijkstra(nodes, arcs, [(node, cost, 0) for node, cost, *_ in seeds], limit)]


def cheapest_then_shortest(nodes, arcs, seeds):
    """Find the length of the cheapest way to every node, the shortest of several, by the book."""
    best = [(inf, inf)] * nodes
    heap = [(cost, float(length), node) for node, cost, length in seeds if cost < inf]
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


def widths(arcs, seeds):
    """Choose a few bucket widths, each with as many buckets as the search asks for."""
    longest = max([arc[2] for arc in arcs] + [seed[1] for seed in seeds if seed[1] < inf] + [0])
    return [(width, 1 << int(longest / width + 2).bit_length()) for width in (0.3, 1.0, 4.0, 100.0)]


# ── bounded searches ────────────────────────────────────────────────────────────────────────────


@given(graph=graphs(), limit=LIMITS)
@settings(max_examples=100, deadline=None)
def test_every_node_knows_the_cost_from_the_nearest_seed(graph, limit):
    """For any width of the buckets; seeds of infinite cost are none."""
    nodes, arcs, seeds = graph
    indptr, head, cost, _ = compress(nodes, arcs)
    node, at, _ = unzip(seeds, np.uint32, float, np.int64)
    for width, buckets in widths(arcs, seeds):
        reached = kernels.search_any(indptr, head, cost, node, at, limit, width, buckets)
        assert reached.tolist() == costs_from(nodes, arcs, seeds, limit)


@given(graph=graphs(), limit=LIMITS)
@settings(max_examples=120, deadline=None)
def test_the_nearest_seed_is_that_of_the_book(graph, limit):
    """Costs and labels, for any width of the buckets; ties go to the smaller label."""
    nodes, arcs, seeds = graph
    indptr, head, cost, _ = compress(nodes, arcs)
    node, at, label = unzip(seeds, np.uint32, float, np.int64)
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
@settings(max_examples=120, deadline=None)
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
    node, at, length = unzip(seeds, np.uint32, float, float)
    found = np.full(nodes, inf)
    kernels.measure_paths(indptr, tail, cost, metres, order.astype(np.uint32), reached, node, at, length, found)
    assert found.tolist() == [m for _, m in expected]


@given(graph=graphs(), limit=LIMITS, few=st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_the_few_nearest_labels_are_the_first_of_all(graph, limit, few):
    """One search of the book per label, then sorted by cost and label."""
    nodes, arcs, seeds = graph
    indptr, head, cost, _ = compress(nodes, arcs)
    own = {label: [seed for seed in seeds if seed[2] == label] for label in {seed[2] for seed in seeds}}
    costs = {label: costs_from(nodes, arcs, mine, limit) for label, mine in own.items()}
    reached, labels = kernels.search_nearest_few(
        indptr, head, cost, *unzip(seeds, np.uint32, float, np.int64), limit, few
    )
    for v in range(nodes):
        expected = sorted((cost[v], label) for label, cost in costs.items() if cost[v] < inf)[:few]
        expected += [(inf, -1)] * (few - len(expected))
        assert list(zip(reached[v].tolist(), labels[v].tolist(), strict=True)) == expected


@st.composite
def questions(draw):
    """Draw a graph, the seeds of several origins, legs from nodes to items, and direct ways; some are closed."""
    nodes, arcs, _ = draw(graphs())
    items = draw(st.integers(1, 4))
    node, item, length = st.integers(0, nodes - 1), st.integers(0, items - 1), st.integers(0, 9)
    cost = st.sampled_from(draw(st.sampled_from([[*COSTS, inf], [0, 1]])))
    origins = draw(st.lists(st.lists(st.tuples(node, cost, length), max_size=4), max_size=4))
    legs = draw(st.lists(st.tuples(node, item, cost, length), max_size=8))
    ways = st.lists(st.tuples(item, cost, length), max_size=3)
    direct = draw(st.lists(ways, min_size=len(origins), max_size=len(origins)))
    return nodes, arcs, items, origins, legs, direct


def pair(nodes, arcs, seeds, legs, direct):
    """Find cost and length of the best way from one origin to every item, by the book."""
    best = cheapest_then_shortest(nodes, arcs, seeds)
    ways = [(best[v][0] + cost, best[v][1] + length, item) for v, item, cost, length in legs]
    ways += [(cost, length, item) for item, cost, length in direct]
    return {item: (cost, length) for cost, length, item in sorted(ways, reverse=True) if cost < inf}


@given(question=questions(), limit=LIMITS)
@settings(max_examples=120, deadline=None)
def test_pairs_are_joined_by_the_cheapest_way_and_the_shortest_of_those(question, limit):
    """Over nodes or directly, origin by origin in the same workspace."""
    nodes, arcs, items, origins, legs, direct = question
    indptr, head, cost, _ = compress(nodes, arcs)
    by_node = [[leg[1:] for leg in legs if leg[0] == v] for v in range(nodes)]
    expected = [pair(nodes, arcs, s, legs, d) for s, d in zip(origins, direct, strict=True)]
    for width, buckets in widths(arcs, [seed for seeds in origins for seed in seeds]):
        start, item, seconds, metres = kernels.search_pairs(
            indptr, head, cost, *compress(nodes, reverse(arcs)), *stack(origins, np.uint32, float, float),
            *stack(by_node, np.int64, float, float), *stack(direct, np.int64, float, float),
            items, limit, width, buckets,
        )  # fmt: skip
        rows = list(zip(item.tolist(), seconds.tolist(), metres.tolist(), strict=True))
        assert [sorted(rows[a:b]) for a, b in pairwise(start.tolist())] == [
            [(i, *way) for i, way in sorted(found.items()) if way[0] <= limit] for found in expected
        ]


@given(question=questions(), limits=st.lists(LIMITS, min_size=1, max_size=3, unique=True).map(sorted))
@settings(max_examples=100, deadline=None)
def test_pairs_are_counted_as_often_as_they_are_found(question, limits):
    """Each searcher once for each item, for its kind, within each limit, inclusive."""
    nodes, arcs, items, origins, legs, direct = question
    indptr, head, cost, _ = compress(nodes, arcs)
    kind = np.arange(len(origins)) % 2
    by_node = [[leg[1:3] for leg in legs if leg[0] == v] for v in range(nodes)]
    expected = count_by_the_book(question, kind, limits)
    for width, buckets in widths(arcs, [seed for seeds in origins for seed in seeds]):
        counts = kernels.count_pairs(
            indptr, head, cost, *stack(origins, np.uint32, float), kind, 2, *stack(by_node, np.int64, float),
            *stack(direct, np.int64, float), items, np.array(limits), width, buckets,
        )  # fmt: skip
        assert counts.tolist() == expected


def count_by_the_book(question, kind, limits):
    nodes, arcs, items, origins, legs, direct = question
    found = [pair(nodes, arcs, seeds, legs, ways) for seeds, ways in zip(origins, direct, strict=True)]
    of_kind = [[one for one, k in zip(found, kind, strict=True) if k == code] for code in (0, 1)]
    return [
        [[sum(i in one and one[i][0] <= limit for one in mine) for limit in limits] for i in range(items)]
        for mine in of_kind
    ]


# ── the hierarchy ───────────────────────────────────────────────────────────────────────────────


FINE = st.integers(0, 2**33).map(lambda grains: grains * GRAIN)


@st.composite
def fine_graphs(draw):
    """Draw a graph whose costs are any multiple of the grain."""
    nodes, arcs, _ = draw(graphs())
    costs = draw(st.lists(FINE, min_size=len(arcs), max_size=len(arcs)))
    return nodes, [(tail, head, cost, m) for (tail, head, _, m), cost in zip(arcs, costs, strict=True)]


def build(nodes, arcs, limit):
    """Build a hierarchy of drawn arcs."""
    tail, head, cost, metres = unzip(arcs, np.int64, np.int64, float, float)
    return build_hierarchy(
        Csr.from_arcs(tail, head, cost, metres, nodes), Csr.from_arcs(head, tail, cost, metres, nodes), limit
    )


@given(graph=graphs().map(lambda graph: graph[:2]) | fine_graphs(), limit=LIMITS)
@settings(max_examples=120, deadline=None)
def test_sweeps_find_every_cost_up_to_the_limit_there_and_back(graph, limit):
    """From every node to every node, to the last bit; what is beyond stays beyond."""
    nodes, arcs = graph
    ready = build(nodes, arcs, limit)
    assert sorted(ready.number.tolist()) == list(range(nodes))
    assert (ready.above > np.repeat(np.arange(nodes), np.diff(ready.up))).all()
    for some, rise, fall in ((arcs, ready.climb, ready.descend), (reverse(arcs), ready.descend, ready.climb)):
        best = np.full((nodes, nodes), inf)
        best[ready.number, np.arange(nodes)] = 0
        kernels.sweep_lanes(ready.up, ready.above, rise, fall, best)
        for source in range(nodes):
            expected = costs_from(nodes, some, [(source, 0)], limit)
            found = [value if value <= limit else inf for value in best[ready.number, source].tolist()]
            assert found == expected


@pytest.mark.parametrize("limit", range(8))
def test_on_a_one_way_ring_a_way_of_exactly_the_limit_is_found(limit):
    """Every way round is unique and needs the shortcuts over the nodes that were taken out."""
    ready = build(8, [(v, (v + 1) % 8, 1, 1) for v in range(8)], limit)
    best = np.full((8, 8), inf)
    best[ready.number, np.arange(8)] = 0
    kernels.sweep_lanes(ready.up, ready.above, ready.climb, ready.descend, best)
    found = best[ready.number]
    assert all(found[(v + step) % 8, v] == step for v in range(8) for step in range(limit + 1))


@given(data=st.data(), limit=LIMITS)
@settings(max_examples=80, deadline=None)
def test_places_are_joined_to_the_cheaper_of_their_two_nodes(data, limit):
    """Each lane for itself."""
    nodes, lanes, places = (data.draw(st.integers(low, 4)) for low in (1, 1, 0))
    costs = st.sampled_from([*COSTS, inf])
    number = data.draw(st.permutations(range(nodes)))
    best = data.draw(st.lists(st.lists(costs, min_size=lanes, max_size=lanes), min_size=nodes, max_size=nodes))
    way = st.tuples(st.integers(0, nodes - 1), costs)
    ways = data.draw(st.lists(st.tuples(way, way), min_size=places, max_size=places))
    found = np.zeros((places, lanes))
    kernels.join_lanes(
        np.array(best, dtype=float), np.array(number, dtype=np.uint32),
        np.array([[v for v, _ in pair] for pair in ways], dtype=np.int64).reshape(-1, 2),
        np.array([[c for _, c in pair] for pair in ways], dtype=float).reshape(-1, 2), limit, found,
    )  # fmt: skip
    least = [[min(best[number[v]][lane] + cost for v, cost in pair) for lane in range(lanes)] for pair in ways]
    assert found.tolist() == [[value if value <= limit else inf for value in row] for row in least]


def search_side_by_side(ready, origins, limit):
    """Run :func:`search_lanes` and return what each origin reached."""
    begin, node, cost = stack(origins, np.int64, float)
    start, found, seconds = kernels.search_lanes(
        ready.up, ready.above, ready.climb, ready.down, ready.below, ready.drop, ready.node,
        begin, ready.number[node], cost, limit,
    )  # fmt: skip
    rows = list(zip(found.tolist(), seconds.tolist(), strict=True))
    assert len(rows) == start[-1]
    return [rows[a:b] for a, b in pairwise(start.tolist())]


@given(graph=graphs(), limit=LIMITS, origins=st.sampled_from([0, 1, 31, 32, 33, 70]), data=st.data())
@settings(max_examples=120, deadline=None)
def test_origins_side_by_side_reach_what_each_reaches_alone(graph, limit, origins, data):
    """More of them than lanes, some without seeds; every node once."""
    nodes, arcs, _ = graph
    seed = st.tuples(st.integers(0, nodes - 1), st.sampled_from([0, 0.5, 1, 4, 11, inf]))
    some = data.draw(st.lists(st.lists(seed, max_size=3), min_size=1, max_size=5))
    groups = [some[i % len(some)] for i in range(origins)]
    alone = [[(v, cost) for v, cost in enumerate(costs_from(nodes, arcs, mine, limit)) if cost < inf] for mine in some]
    found = search_side_by_side(build(nodes, arcs, limit), groups, limit)
    assert [sorted(rows) for rows in found] == [alone[i % len(some)] for i in range(origins)]


@given(
    seed=st.integers(0, 2**32 - 1), nodes=st.sampled_from([1, 63, 64, 65, 128, 300]), limit=LIMITS,
    arcs_each=st.sampled_from([0.5, 1.5, 3, 6]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_larger_graphs_answer_alike_by_search_and_by_hierarchy(seed, nodes, limit, arcs_each):
    """Sets of bits fill several words, and lists of neighbours outgrow their room."""
    rng = np.random.default_rng(seed)
    count = int(nodes * arcs_each)
    cost = rng.integers(0, 2**32, count) * GRAIN
    arcs = list(zip(*rng.integers(0, nodes, (2, count)).tolist(), cost.tolist(), [0] * count, strict=True))
    groups = [list(zip(rng.integers(0, nodes, k).tolist(), rng.integers(0, 9, k) / 4, strict=True)) for k in range(3)]
    groups *= 15
    indptr, head, cost, _ = compress(nodes, arcs)
    start, node, seconds = kernels.search_each(
        indptr, head, cost, *stack(groups, np.uint32, float), limit, *widths(arcs, groups[1] + groups[2])[1]
    )
    rows = list(zip(node.tolist(), seconds.tolist(), strict=True))
    expected = [sorted(rows[a:b]) for a, b in pairwise(start.tolist())]
    assert [sorted(found) for found in search_side_by_side(build(nodes, arcs, limit), groups, limit)] == expected


# ── streets ─────────────────────────────────────────────────────────────────────────────────────


@st.composite
def walks(draw):
    """Draw edges between nodes, the times at some nodes, and where walks begin."""
    nodes = draw(st.integers(1, 5))
    node, time = st.integers(0, nodes - 1), st.sampled_from([0.0, 1.0, 2.5, 4.0, 7.0])
    along = st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0, inf])
    edges = draw(st.lists(st.tuples(node, node, st.booleans(), st.booleans(), along, along), min_size=1, max_size=6))
    reached = draw(st.dictionaries(node, time))
    share = st.sampled_from([0.0, 0.125, 0.4, 0.5, 1.0])
    own = draw(st.lists(st.tuples(st.integers(0, len(edges) - 1), share, time), max_size=4))
    levels = sorted(draw(st.sets(st.sampled_from([0.0, 1.0, 2.0, 3.7, 6.0]), min_size=1, max_size=4)))
    return nodes, edges, reached, own, levels


@given(walk=walks(), rounds=st.integers(1, 2))
@settings(max_examples=120, deadline=None)
def test_streets_are_cut_where_the_least_of_all_times_meets_a_level(walk, rounds):
    """Forty places on each edge, each against its stretch; nothing of one walk is left for the next."""
    nodes, edges, reached, own, levels = walk
    halves = [[(2 * e + s,) for e, edge in enumerate(edges) for s in (0, 1) if edge[s] == v] for v in range(nodes)]
    seen, place = np.full(len(edges), -1), np.zeros(len(edges), np.int64)
    for stamp in range(rounds):
        edge, start, stop, slot = kernels.cut_streets(
            *unzip(list(reached.items()), np.uint32, float), *stack(halves, np.int64),
            np.array([e[2:4] for e in edges]), np.array([e[4:] for e in edges]),
            *unzip(own, np.int64, float, float), np.array(levels), stamp, seen, place,
        )  # fmt: skip
    for e, (first, last, enter_first, enter_last, there, back) in enumerate(edges):
        early = reached.get(first, inf) if enter_first else inf
        late = reached.get(last, inf) if enter_last else inf
        mine = np.flatnonzero(edge == e)
        met = min(early, late) < inf or any(o[0] == e for o in own)
        assert (len(mine) > 0) == met == (seen[e] == rounds - 1)
        if not met:
            continue
        assert [0, *stop[mine]] == [*start[mine], 1]
        assert (np.diff(slot[mine]) != 0).all()
        for f in (np.arange(40) + 0.37) / 40:
            times = [early + f * there, late + (1 - f) * back]
            times += [t + ((f - o) * there if f > o else (o - f) * back) for at, o, t in own if at == e]
            if min(abs(min(times) - level) for level in levels) > 1e-9:
                holds = mine[(start[mine] < f) & (f < stop[mine])]
                assert slot[holds].tolist() == [sum(level < min(times) for level in levels)]


@pytest.mark.parametrize("power", range(1, 7))
def test_the_curve_steps_from_each_cell_of_a_grid_to_one_beside_it(power):
    """Every cell once, wherever the grid lies and however it is scaled."""
    side = 2**power
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    along = kernels.number_along_curve(np.stack([x, y], axis=1) * 4.0 + [300_000, -7_000])
    cell = along >> np.uint64(2 * (16 - power))
    assert sorted(cell.tolist()) == list(range(side * side))
    order = np.argsort(along)
    assert (np.abs(np.diff(x[order])) + np.abs(np.diff(y[order])) == 1).all()


@pytest.mark.parametrize("xy", [[], [(3, 4)], [(3, 4), (3, 4)], [(0, 0), (0, 9)]])
def test_the_curve_holds_few_points_too(xy):
    """None, one, two at one place, and a line."""
    along = kernels.number_along_curve(np.array(xy, dtype=float).reshape(-1, 2))
    assert len(set(along.tolist())) == len(set(xy))


# ── pieces and chains ───────────────────────────────────────────────────────────────────────────


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
@settings(max_examples=150, deadline=None)
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


@given(
    question=questions(),
    limits=st.lists(LIMITS.filter(lambda x: x < inf), min_size=1, max_size=3, unique=True).map(sorted),
)
@settings(max_examples=100, deadline=None)
def test_searchers_side_by_side_count_as_often_as_they_find(question, limits):
    """Forty of each, so that they take several batches, and nothing of one is left to the next."""
    nodes, arcs, items, origins, legs, direct = question
    kind = np.arange(len(origins)) % 2
    ready = build(nodes, arcs, max(limits))
    by_node = [[leg[1:3] for leg in legs if leg[0] == v] for v in range(nodes)]
    start, node, seconds = stack(origins * 40, np.uint32, float)
    counts = kernels.count_lanes(
        ready.up, ready.above, ready.climb, ready.down, ready.below, ready.drop, ready.node,
        start, ready.number[node], seconds, np.tile(kind, 40), 2, *stack(by_node, np.int64, float),
        *stack(direct * 40, np.int64, float), items, np.array(limits),
    )  # fmt: skip
    assert counts.tolist() == (40 * np.array(count_by_the_book(question, kind, limits))).tolist()


@settings(max_examples=80, deadline=None)
@given(st.data(), st.booleans())
def test_a_leg_is_its_share_of_an_edge_where_that_way_is_open(data, arriving):
    seconds = st.sampled_from([0.0, 1.0, 7.25, 1 / 3, inf])
    along = data.draw(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=4))
    enter = data.draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(along), max_size=len(along)))
    spot = st.tuples(
        st.integers(0, len(along) - 1), st.sampled_from([0.0, 0.25, 1 / 3, 1.0]), st.sampled_from([0, 2.5])
    )
    spots = data.draw(st.lists(spot, max_size=6))
    found = kernels.measure_legs(
        *unzip(spots, np.int64, float, float), np.array(along), np.array(enter), arriving, GRAIN
    )  # fmt: skip

    def leg(edge, part, access, side):
        if arriving and not enter[edge][side]:
            return inf
        whole = along[edge][side if arriving else 1 - side]
        rounded = part * whole if whole == inf or part == 0 else round(part * whole / GRAIN) * GRAIN
        return access + (rounded if part > 0 else 0.0)

    assert found.tolist() == [[leg(e, f, a, 0), leg(e, 1 - f, a, 1)] for e, f, a in spots]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_spots_of_one_edge_are_joined_each_with_each(one, other):
    first, second = kernels.join_spots(np.array(one, dtype=np.int64), np.array(other, dtype=np.int64), 5)
    wanted = [(i, j) for i, edge in enumerate(one) for j, same in enumerate(other) if edge == same]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == wanted


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from([0.0, 1.0, 4.0, 9.0, inf])), max_size=9),
    st.sampled_from([0.0, 4.0, inf]),
)
def test_costs_are_lowered_where_a_lower_one_is_within_the_limit(rows, limit):
    best = np.full((3, 2), 5.0)
    kernels.improve_lanes(best, *unzip(rows, np.int64, np.int64, float), limit)
    wanted = [
        [min([5.0, *(c for r, k, c in rows if (r, k) == (i, j) and c <= limit)]) for j in (0, 1)] for i in range(3)
    ]
    assert best.tolist() == wanted


def test_everything_compiles_ahead():
    """What setting up calls, so that no first run waits."""
    kernels.compile_all()
    compiled = [kernels.search_each, kernels.search_pairs, kernels.search_lanes, kernels.sweep_lanes]
    assert min(len(kernel.signatures) for kernel in compiled) > 0
