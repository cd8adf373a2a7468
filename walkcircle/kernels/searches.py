"""Bounded searches over a CSR: from one origin, from each of many, to the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def search(
    indptr: NDArray[np.int64],
    head: NDArray[np.int64],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.int64],
    seed_cost: NDArray[np.float64],
    seed_label: NDArray[np.int64],
    limit: float,
    width: float,
    buckets: int,
    reached: NDArray[np.float64],
    label: NDArray[np.int64],
    following: NDArray[np.int64],
    before: NDArray[np.int64],
    first: NDArray[np.int64],
    touched: NDArray[np.int64],
) -> int:
    """Find the cheapest way from any seed to every node within `limit`: a bounded bucket search.

    Nodes wait in buckets `width` wide; inside a bucket labels are corrected until none improves, so the
    answer is exact for any `width` (Cherkassky, Goldberg and Radzik 1996, "Shortest paths algorithms:
    theory and experimental evaluation", Mathematical Programming 73, approximate buckets). A bucket is a
    doubly linked list, so a node that improves moves in constant time.

    Parameters
    ----------
    indptr, head, cost
        CSR of the arcs; costs are finite and not negative.
    seed_node, seed_cost, seed_label
        Where the search starts, at what cost, and the label that wins with it. Ties go to the smaller label.
    limit
        Largest cost that counts, inclusive; may be infinite.
    width, buckets
        Bucket width and number; ``width * (buckets - 1)`` exceeds every arc cost and every seed cost.
    reached, label, following, before, first, touched
        Workspace of shapes ``(n,)``, ``(n,)``, ``(n,)``, ``(n,)``, ``(buckets,)``, ``(n,)``; on entry
        `reached` is infinite, `before` is -2 and `first` is -1 everywhere. `before` and `first` are left
        so on return; `reached` is finite exactly at the touched nodes.

    Returns
    -------
    int
        How many nodes were reached; they stand first in `touched`.
    """
    count, waiting = 0, 0
    for seed in range(len(seed_node)):
        node, value, mark = seed_node[seed], seed_cost[seed], seed_label[seed]
        if value > limit or value > reached[node] or (value == reached[node] and mark >= label[node]):
            continue
        if reached[node] == np.inf:
            touched[count] = node
            count += 1
        else:
            _unlink(node, np.int64(reached[node] / width) % buckets, following, before, first)
            waiting -= 1
        reached[node], label[node] = value, mark
        _link(node, np.int64(value / width) % buckets, following, before, first)
        waiting += 1
    bucket = 0
    while waiting > 0:
        node = first[bucket]
        if node < 0:
            bucket = bucket + 1 if bucket + 1 < buckets else 0
            continue
        _unlink(node, bucket, following, before, first)
        waiting -= 1
        here, mark = reached[node], label[node]
        for arc in range(np.uint64(indptr[node]), np.uint64(indptr[node + 1])):
            there, value = head[arc], here + cost[arc]
            if value > limit or value > reached[there] or (value == reached[there] and mark >= label[there]):
                continue
            if before[there] != -2:
                _unlink(there, np.int64(reached[there] / width) % buckets, following, before, first)
                waiting -= 1
            elif reached[there] == np.inf:
                touched[count] = there
                count += 1
            reached[there], label[there] = value, mark
            _link(there, np.int64(value / width) % buckets, following, before, first)
            waiting += 1
    return count


@jit
def search_each(
    indptr: NDArray[np.int64],
    head: NDArray[np.int64],
    cost: NDArray[np.float64],
    seed_start: NDArray[np.int64],
    seed_node: NDArray[np.int64],
    seed_cost: NDArray[np.float64],
    limit: float,
    width: float,
    buckets: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Run one bounded :func:`search` per origin and keep what each reached.

    Parameters
    ----------
    indptr, head, cost, limit, width, buckets
        As in :func:`search`.
    seed_start
        ``(k + 1,)`` where each origin's seeds start.
    seed_node, seed_cost
        Seeds of all origins.

    Returns
    -------
    start : ndarray, shape (k + 1,), int64
        Where each origin's nodes start.
    node, seconds : ndarray
        Nodes reached, growing within each origin, and the cost of each.
    """
    nodes, origins = len(indptr) - 1, len(seed_start) - 1
    reached = np.full(nodes, np.inf)
    label = np.zeros(nodes, np.int64)
    following = np.full(nodes, -1, np.int64)
    before = np.full(nodes, -2, np.int64)
    first = np.full(buckets, -1, np.int64)
    touched = np.empty(nodes, np.int64)
    start = np.zeros(origins + 1, np.int64)
    node = np.empty(max(nodes, 1024), np.int64)
    seconds = np.empty(max(nodes, 1024), np.float64)
    mark = np.zeros(len(seed_node), np.int64)
    filled = 0
    for origin in range(origins):
        low, high = seed_start[origin], seed_start[origin + 1]
        count = search(
            indptr, head, cost, seed_node[low:high], seed_cost[low:high], mark[low:high],
            limit, width, buckets, reached, label, following, before, first, touched,
        )  # fmt: skip
        if filled + count > len(node):
            size = max(2 * len(node), filled + count)
            longer_node, longer_seconds = np.empty(size, np.int64), np.empty(size, np.float64)
            longer_node[:filled], longer_seconds[:filled] = node[:filled], seconds[:filled]
            node, seconds = longer_node, longer_seconds
        found = np.sort(touched[:count])
        for i in range(count):
            node[filled + i], seconds[filled + i] = found[i], reached[found[i]]
            reached[found[i]] = np.inf
        filled += count
        start[origin + 1] = filled
    return start, node[:filled].copy(), seconds[:filled].copy()


@jit
def search_nearest(
    indptr: NDArray[np.int64],
    head: NDArray[np.int64],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.int64],
    seed_cost: NDArray[np.float64],
    seed_label: NDArray[np.int64],
    limit: float,
    width: float,
    buckets: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find for every node the nearest of many seeds within `limit`, and which it is.

    Parameters
    ----------
    indptr, head, cost, seed_node, seed_cost, seed_label, limit, width, buckets
        As in :func:`search`; give the reversed arcs for the way *to* the seeds.

    Returns
    -------
    reached : ndarray, shape (n,)
        Cost, infinite beyond the limit.
    label : ndarray, shape (n,), int64
        Label of the nearest seed, -1 beyond the limit; the smallest where several are equally near.
    """
    nodes = len(indptr) - 1
    reached = np.full(nodes, np.inf)
    label = np.full(nodes, -1, np.int64)
    search(
        indptr, head, cost, seed_node, seed_cost, seed_label, limit, width, buckets, reached, label,
        np.full(nodes, -1, np.int64), np.full(nodes, -2, np.int64), np.full(buckets, -1, np.int64),
        np.empty(nodes, np.int64),
    )  # fmt: skip
    return reached, label


@jit
def measure_paths(
    indptr: NDArray[np.int64],
    tail: NDArray[np.int64],
    cost: NDArray[np.float64],
    length: NDArray[np.float64],
    order: NDArray[np.int64],
    reached: NDArray[np.float64],
    seed_node: NDArray[np.int64],
    seed_cost: NDArray[np.float64],
    seed_length: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Measure the length of the cheapest way to each node after a :func:`search`.

    Of several equally cheap ways the shortest counts.

    Parameters
    ----------
    indptr, tail, cost, length
        CSR of the *incoming* arcs of each node, with their lengths in metres.
    order
        Nodes reached, by growing cost.
    reached
        ``(n,)`` costs as the search left them; exact equality picks the arcs that were used.
    seed_node, seed_cost, seed_length
        Where the search started.

    Returns
    -------
    ndarray, shape (n,)
        Metres; infinite at nodes that were not reached.
    """
    metres = np.full(len(reached), np.inf)
    for seed in range(len(seed_node)):
        node = seed_node[seed]
        if seed_cost[seed] == reached[node]:
            metres[node] = min(metres[node], seed_length[seed])
    changed, level = True, False
    while changed:  # once, unless arcs that cost nothing leave the order open
        changed = False
        for i in range(len(order)):
            node = order[i]
            for arc in range(indptr[node], indptr[node + 1]):
                before = tail[arc]
                if reached[before] + cost[arc] != reached[node]:
                    continue
                level = level or reached[before] == reached[node]
                if metres[before] + length[arc] < metres[node]:
                    metres[node] = metres[before] + length[arc]
                    changed = True
        changed = changed and level
    return metres


@jit
def _link(
    node: int,
    bucket: int,
    following: NDArray[np.int64],
    before: NDArray[np.int64],
    first: NDArray[np.int64],
) -> None:
    """Put a node at the head of a bucket; `before` is -1 at the head and -2 outside any bucket."""
    old = first[bucket]
    following[node], before[node], first[bucket] = old, -1, node
    if old >= 0:
        before[old] = node


@jit
def _unlink(
    node: int,
    bucket: int,
    following: NDArray[np.int64],
    before: NDArray[np.int64],
    first: NDArray[np.int64],
) -> None:
    """Take a node out of its bucket."""
    if before[node] >= 0:
        following[before[node]] = following[node]
    else:
        first[bucket] = following[node]
    if following[node] >= 0:
        before[following[node]] = before[node]
    before[node] = -2
