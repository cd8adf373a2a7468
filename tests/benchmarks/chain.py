"""The whole chain in a process of its own, whose memory is measured: ``python -m tests.benchmarks.chain NODES``."""

from __future__ import annotations

import sys

import numpy as np

from tests.benchmarks import ours
from tests.benchmarks.cases import LIMIT_M, LIMITS_M
from tests.benchmarks.graphs import make_graph, place_facilities


def run_chain(nodes: int) -> None:
    """Find the nearest of 20 kinds for all nodes, search from 100,000 of them, and count 20 kinds × 3 limits."""
    graph = make_graph(nodes)
    kinds = place_facilities(graph)
    network = ours.make_network(graph.xy, graph.ends, graph.length_m)
    footing = ours.make_ready(network)
    everywhere = ours.spots_of_nodes(network, graph.xy)
    facilities = [ours.spots_of_some(everywhere, kind) for kind in kinds]
    ours.nearest_all(footing, everywhere, facilities, within_m=LIMIT_M)
    some = np.random.default_rng(5).choice(len(graph.xy), min(100_000, len(graph.xy)), replace=False)
    ours.sum_each(footing, ours.spots_of_nodes(network, graph.xy[some]), within_m=LIMIT_M)
    ours.count_within(footing, everywhere, facilities, limits_m=LIMITS_M)


if __name__ == "__main__":
    run_chain(int(sys.argv[1]))
