"""The compiled loops and nothing else: arrays in, arrays out.

Numba compiles each on first use (a few seconds, once; the result is kept on disk). Indices are unsigned
inside loops because Numba then drops the test for negative ones. None of the kernels knows of streets,
walkers or frames: nodes are 0 to n - 1, arcs are a CSR (``indptr``, ``head``, ``cost``), costs are seconds.
"""

from __future__ import annotations

import numpy as np

from walkcircle.kernels.cones import measure_cones
from walkcircle.kernels.graphs import chain_edges, count_arcs, label_pieces
from walkcircle.kernels.searches import measure_paths, search, search_each, search_nearest

__all__ = [
    "chain_edges",
    "compile_all",
    "count_arcs",
    "label_pieces",
    "measure_cones",
    "measure_paths",
    "search",
    "search_each",
    "search_nearest",
]


def compile_all() -> None:
    """Compile every kernel now on a graph of two nodes, so that no user waits for it later."""
    ends = np.array([[0, 1]])
    indptr, head = np.array([0, 1, 2]), np.array([1, 0])
    cost, one = np.ones(2), np.zeros(1, np.int64)
    label_pieces(ends, 2)
    chain_edges(ends, one, 2)
    count_arcs(head, 2)
    search_each(indptr, head, cost, np.array([0, 1]), one, cost[:1], 9.0, 1.0, 4)
    search_nearest(indptr, head, cost, one, cost[:1], one, 9.0, 1.0, 4)
    measure_paths(indptr, head, cost, cost, np.arange(2), np.arange(2.0), one, np.zeros(1), np.zeros(1))
    measure_cones(cost, cost, cost, cost, 1.0, 0.0, 0.0, 1.0, 2, 2)
