"""The compiled loops and nothing else: arrays in, arrays out.

Numba compiles each on first use (a few seconds, once; the result is kept on disk). Indices are unsigned
inside loops because Numba then drops the test for negative ones. None of the kernels knows of streets,
walkers or frames: nodes are 0 to n - 1, arcs are a CSR (``indptr``, ``head``, ``cost``), costs are seconds.
"""

from __future__ import annotations

import numpy as np

from walkcircle.kernels.districts import Ground, Parts, improve_parts, join_alone, make_parts
from walkcircle.kernels.graphs import chain_edges, count_arcs, label_pieces, number_along_curve
from walkcircle.kernels.grounds import measure_ground, trace_outlines
from walkcircle.kernels.hierarchies import (
    count_lanes,
    eliminate_nodes,
    join_lanes,
    order_hierarchy,
    search_lanes,
    sweep_lanes,
)
from walkcircle.kernels.legs import improve_lanes, join_spots, measure_legs
from walkcircle.kernels.searches import (
    count_pairs,
    measure_paths,
    search,
    search_any,
    search_each,
    search_nearest,
    search_nearest_few,
    search_pairs,
)
from walkcircle.kernels.streets import cut_streets
from walkcircle.kernels.updates import (
    Doors,
    Log,
    Seeds,
    Web,
    drop_seeds,
    find_seeds,
    join_seeds,
    list_seeded,
    mend_nearest,
)

__all__ = [
    "Doors",
    "Ground",
    "Log",
    "Parts",
    "Seeds",
    "Web",
    "chain_edges",
    "compile_all",
    "count_arcs",
    "count_lanes",
    "count_pairs",
    "cut_streets",
    "drop_seeds",
    "eliminate_nodes",
    "find_seeds",
    "improve_lanes",
    "improve_parts",
    "join_alone",
    "join_lanes",
    "join_seeds",
    "join_spots",
    "label_pieces",
    "list_seeded",
    "make_parts",
    "measure_ground",
    "measure_legs",
    "measure_paths",
    "mend_nearest",
    "number_along_curve",
    "order_hierarchy",
    "search",
    "search_any",
    "search_each",
    "search_lanes",
    "search_nearest",
    "search_nearest_few",
    "search_pairs",
    "sweep_lanes",
    "trace_outlines",
]


def compile_all() -> None:
    """Compile every kernel now on a graph of two nodes, so that no user waits for it later."""
    ends = np.array([[0, 1]])
    indptr, head = np.array([0, 1, 2], np.uint32), np.array([1, 0], np.uint32)
    cost, one, zero = np.ones(2), np.zeros(1, np.int64), np.zeros(1, np.uint32)
    graph, way = (indptr, head, cost), np.array([0, 1])
    none, nothing = np.zeros(3, np.int64), np.zeros(0)
    label_pieces(ends, 2)
    chain_edges(ends, one, 2)
    count_arcs(head.astype(np.int64), 2)
    number_along_curve(np.zeros((2, 2)))
    search_each(*graph, way, zero, cost[:1], 9.0, 1.0, 4)
    search_any(*graph, zero, cost[:1], 9.0, 1.0, 4)
    search_nearest(*graph, zero, cost[:1], one, 9.0, 1.0, 4)
    search_nearest_few(*graph, zero, cost[:1], one, 9.0, 1)
    search_pairs(
        *graph, *graph, cost, way, zero, cost[:1], cost[:1], none, none[:0], nothing, nothing,
        way, one, cost[:1], cost[:1], 1, 9.0, 1.0, 4,
    )  # fmt: skip
    count_pairs(*graph, way, zero, cost[:1], one, 1, none, none[:0], nothing, way, one, cost[:1], 1, cost, 1.0, 4)
    measure_legs(one, cost[:1], cost[:1], np.ones((1, 2)), np.ones((1, 2), bool), False, 1.0)  # noqa: FBT003 - by position, as kernels take it
    join_spots(one, one, 1)
    improve_lanes(np.ones((1, 1)), one, one, cost[:1], 9.0)
    number, up, above, climb, descend = order_hierarchy(*eliminate_nodes(*graph, *graph, 9.0))
    sweep_lanes(up, above, climb, descend, np.zeros((2, 1)))
    join_lanes(np.zeros((2, 1)), number, np.zeros((1, 2), np.int64), np.zeros((1, 2)), 9.0, np.zeros((1, 1)))
    search_lanes(up, above, climb, up, above, descend, number, way, zero, cost[:1], 9.0)
    count_lanes(
        up, above, climb, up, above, descend, number, way, zero, cost[:1], one, 1, none, none[:0], nothing,
        way, one, cost[:1], 1, cost,
    )  # fmt: skip
    chain = (none[:2] - 1, none[:0], none[:0])
    log = Log(none[:2] - 1, none[:2].copy(), np.zeros(2), none[:2].copy())
    seeds = Seeds(none[:2] - 1, one - 1, one.copy(), cost[:1], one.copy(), one.copy())
    join_seeds(seeds, one)
    list_seeded(seeds, one)
    drop_seeds(seeds, one)
    mend_nearest(
        Web(*graph, *graph, *chain, *chain, nothing), seeds, 0, 2, one, -1, one, cost[:1], one, 9.0, cost * 9,
        none[:2] - 1, log,
    )  # fmt: skip
    doors = Doors(np.ones((1, 2)), np.ones((1, 2), bool), ends, way, one, cost[:1], cost[:1], np.zeros((1, 2)))
    find_seeds(doors, one, cost[:1], cost[:1], np.zeros((1, 2)), 1.0, 1.0, 0.0)
    edge, start, stop, slot = cut_streets(
        zero, cost[:1], none, none[:0], np.ones((1, 2), bool), np.ones((1, 2)), one, cost[:1], cost[:1], cost, 1,
        none[:1] - 1, none[:1],
    )  # fmt: skip
    xy, seen, tiles = np.zeros((2, 2)), np.ones(1, np.int64), np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    field, west, south = measure_ground(
        edge, start, stop, slot, 3, xy[:1], np.array([0, 2]), xy, np.array([0.0, 1.0]), np.ones(1, bool),
        np.array([0, 1]), one, tiles, 1, seen, 1.0, 1.0,
    )  # fmt: skip
    trace_outlines(field, np.arange(2), xy[:1], one, west, south, 1.0, 1.0, 0.1)
    beside, number = np.array([1, 0]), np.array([0, 1, 2])
    ground = Ground(number, beside, number, np.array([0, 1]), cost, cost, cost, np.ones(9))
    improve_parts(ground, join_alone(ground, 0.0, 0))
    make_parts(ground, np.array([0, 1]))
