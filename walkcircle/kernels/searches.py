"""Bounded searches over a CSR: from one origin, from each of many, to the nearest, between two sets.

All share one core, :func:`search`. Costs are multiples of a fixed small fraction of a second
(:data:`walkcircle.footing.GRAIN_S`), so their sums are exact in any order and every method finds the same
numbers, to the last bit.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit, lengthen

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Nodes a bucket holds before it grows.
ROOM = 64


@jit
def search(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    seed_label: NDArray[np.int64] | None,
    limit: float,
    width: float,
    reached: NDArray[np.float64],
    label: NDArray[np.int64] | None,
    bucket: NDArray[np.uint32],
    size: NDArray[np.int64],
    touched: NDArray[np.uint32],
) -> tuple[int, NDArray[np.uint32]]:
    """Find the cheapest way from any seed to every node within `limit`: a bounded bucket search.

    Nodes wait in buckets `width` wide, used round and round; inside a bucket labels are corrected until none
    improves, so the answer is exact for any `width` (Cherkassky, Goldberg and Radzik 1996, "Shortest paths
    algorithms: theory and experimental evaluation", Mathematical Programming 73, approximate buckets). A node
    that improves is put down again; its older entries are passed over.

    Parameters
    ----------
    indptr, head, cost
        CSR of the arcs, shapes ``(n + 1,)``, ``(a,)`` and ``(a,)``; costs are seconds, not negative.
    seed_node, seed_cost
        Where the search starts and at what cost, shape ``(s,)``.
    seed_label
        The label that wins with each seed, or None. Ties go to the smaller label.
    limit
        Largest cost that counts, seconds, inclusive; may be infinite.
    width
        Width of a bucket, seconds; any arc or seed cost within the limit is less than
        ``width * (len(size) - 1)``.
    reached, label
        ``(n,)`` results; on entry `reached` is infinite everywhere. `label` is None when there are no labels.
    bucket, size
        Workspace of shapes ``(b, room)`` and ``(b,)``, b a power of two; `size` is zero on entry and return.
    touched
        ``(n,)`` workspace.

    Returns
    -------
    count : int
        How many nodes were reached; they stand first in `touched`, in the order in which they were found.
    bucket : ndarray
        The workspace, grown where it was too small.
    """
    scale = 1.0 / width
    mask = np.uint32(len(size) - 1)
    count = np.uint32(0)
    waiting = 0
    for seed in range(len(seed_node)):
        node, value = seed_node[seed], seed_cost[seed]
        if not value <= limit or value > reached[node]:
            continue
        if value == reached[node]:
            if label is None or seed_label is None or seed_label[seed] >= label[node]:
                continue
        elif reached[node] == np.inf:
            touched[count] = node
            count += np.uint32(1)
        reached[node] = value
        if label is not None and seed_label is not None:
            label[node] = seed_label[seed]
        row = np.uint32(value * scale) & mask
        if size[row] == bucket.shape[1]:
            bucket = _double(bucket)
        bucket[row, size[row]] = node
        size[row] += 1
        waiting += 1
    now = np.uint32(0)
    while waiting > 0:
        row = now & mask
        place = 0
        while place < size[row]:
            node = bucket[row, place]
            place += 1
            here = reached[node]
            if np.uint32(here * scale) != now:
                continue  # it improved into an earlier bucket and is done
            for arc in range(indptr[node], indptr[node + np.uint32(1)]):
                there, value = head[arc], here + cost[arc]
                if not value <= limit or value > reached[there]:
                    continue
                if value == reached[there]:
                    if label is None or label[node] >= label[there]:
                        continue
                elif reached[there] == np.inf:
                    touched[count] = there
                    count += np.uint32(1)
                reached[there] = value
                if label is not None:
                    label[there] = label[node]
                into = np.uint32(value * scale) & mask
                if size[into] == bucket.shape[1]:
                    bucket = _double(bucket)
                bucket[into, size[into]] = there
                size[into] += 1
                waiting += 1
        waiting -= size[row]
        size[row] = 0
        now += np.uint32(1)
    return count, bucket


@jit
def search_each(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_start: NDArray[np.int64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    limit: float,
    width: float,
    buckets: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64]]:
    """Run one bounded :func:`search` per origin and keep what each reached.

    Parameters
    ----------
    indptr, head, cost, limit, width
        As in :func:`search`.
    seed_start
        ``(k + 1,)`` where each origin's seeds start.
    seed_node, seed_cost
        Seeds of all origins.
    buckets
        Number of buckets, a power of two.

    Returns
    -------
    start : ndarray, shape (k + 1,), int64
        Where each origin's nodes start.
    node, seconds : ndarray
        Nodes reached, in the order in which they were found, and the cost of each.
    """
    nodes, origins = len(indptr) - 1, len(seed_start) - 1
    reached = np.full(nodes, np.inf)
    bucket = np.empty((buckets, ROOM), np.uint32)
    size = np.zeros(buckets, np.int64)
    touched = np.empty(nodes, np.uint32)
    start = np.zeros(origins + 1, np.int64)
    node = np.empty(4096, np.uint32)
    seconds = np.empty(4096, np.float64)
    filled = 0
    for origin in range(origins):
        low, high = seed_start[origin], seed_start[origin + 1]
        count, bucket = search(
            indptr, head, cost, seed_node[low:high], seed_cost[low:high], None, limit, width,
            reached, None, bucket, size, touched,
        )  # fmt: skip
        if filled + count > len(node):
            longer = max(2 * len(node), filled + count)
            node, seconds = lengthen(node, longer), lengthen(seconds, longer)
        for i in range(count):
            node[filled + i], seconds[filled + i] = touched[i], reached[touched[i]]
            reached[touched[i]] = np.inf
        filled += count
        start[origin + 1] = filled
    return start, node[:filled].copy(), seconds[:filled].copy()


@jit
def search_any(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    limit: float,
    width: float,
    buckets: int,
) -> NDArray[np.float64]:
    """Find for every node the cost from the nearest of many seeds within `limit`.

    Parameters
    ----------
    indptr, head, cost, seed_node, seed_cost, limit, width, buckets
        As in :func:`search`; give the reversed arcs for the way *to* the seeds.

    Returns
    -------
    ndarray, shape (n,)
        Cost, infinite beyond the limit.
    """
    nodes = len(indptr) - 1
    reached = np.full(nodes, np.inf)
    search(
        indptr, head, cost, seed_node, seed_cost, None, limit, width, reached, None,
        np.empty((buckets, ROOM), np.uint32), np.zeros(buckets, np.int64), np.empty(nodes, np.uint32),
    )  # fmt: skip
    return reached


@jit
def search_nearest(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.uint32],
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
        indptr, head, cost, seed_node, seed_cost, seed_label, limit, width, reached, label,
        np.empty((buckets, ROOM), np.uint32), np.zeros(buckets, np.int64), np.empty(nodes, np.uint32),
    )  # fmt: skip
    return reached, label


@jit
def search_nearest_few(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    seed_label: NDArray[np.int64],
    limit: float,
    few: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find for every node the `few` nearest of many labelled seeds within `limit`.

    One search from all seeds; a node takes in the first `few` labels that come by and lets no other pass. The
    heap is ordered by cost, then label.

    Parameters
    ----------
    indptr, head, cost, seed_node, seed_cost, seed_label, limit
        As in :func:`search_nearest`.
    few
        How many different labels are wanted, at least 1.

    Returns
    -------
    reached, label : ndarray, shape (n, few), float64 and int64
        Costs, growing, and whose they are; infinite and -1 where there are fewer. Equal costs are in the order
        of their labels.
    """
    nodes = len(indptr) - 1
    reached = np.full((nodes, few), np.inf)
    label = np.full((nodes, few), -1, np.int64)
    filled = np.zeros(nodes, np.int64)
    heap = [(0.0, np.int64(0), np.uint32(0)) for _ in range(0)]
    for seed in range(len(seed_node)):
        if seed_cost[seed] <= limit and seed_cost[seed] < np.inf:
            heapq.heappush(heap, (seed_cost[seed], seed_label[seed], seed_node[seed]))
    while len(heap) > 0:
        here, mark, node = heapq.heappop(heap)
        if _is_full(label[node], filled[node], mark):
            continue
        reached[node, filled[node]], label[node, filled[node]] = here, mark
        filled[node] += 1
        for arc in range(indptr[node], indptr[node + np.uint32(1)]):
            there, value = head[arc], here + cost[arc]
            if value <= limit and not _is_full(label[there], filled[there], mark):
                heapq.heappush(heap, (value, mark, there))
    return reached, label


@jit
def search_pairs(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    in_indptr: NDArray[np.uint32],
    in_tail: NDArray[np.uint32],
    in_cost: NDArray[np.float64],
    in_length: NDArray[np.float64],
    seed_start: NDArray[np.int64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    seed_length: NDArray[np.float64],
    leg_start: NDArray[np.int64],
    leg_item: NDArray[np.int64],
    leg_cost: NDArray[np.float64],
    leg_length: NDArray[np.float64],
    direct_start: NDArray[np.int64],
    direct_item: NDArray[np.int64],
    direct_cost: NDArray[np.float64],
    direct_length: NDArray[np.float64],
    items: int,
    limit: float,
    width: float,
    buckets: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find cost and length of the cheapest way from each origin to every item within `limit`.

    Parameters
    ----------
    indptr, head, cost, limit, width, buckets
        As in :func:`search_each`.
    in_indptr, in_tail, in_cost, in_length
        The same arcs by their head, with their lengths in metres.
    seed_start, seed_node, seed_cost, seed_length
        Ways from the origins to nodes; those of origin i are ``seed_start[i]:seed_start[i + 1]``.
    leg_start, leg_item, leg_cost, leg_length
        Ways from nodes to items; those of node v are ``leg_start[v]:leg_start[v + 1]``.
    direct_start, direct_item, direct_cost, direct_length
        Ways from origins to items that pass no node; those of origin i are
        ``direct_start[i]:direct_start[i + 1]``.
    items
        Number of items.

    Returns
    -------
    start : ndarray, shape (k + 1,), int64
        Where each origin's items start.
    item, seconds, metres : ndarray
        Items within the limit, in the order in which they were found, with cost and length; of several cheapest
        ways the shortest counts.
    """
    nodes, origins = len(indptr) - 1, len(seed_start) - 1
    reached = np.full(nodes, np.inf)
    bucket = np.empty((buckets, ROOM), np.uint32)
    size = np.zeros(buckets, np.int64)
    touched = np.empty(nodes, np.uint32)
    walked = np.full(nodes, np.inf)
    best = np.full(items, np.inf)
    shortest = np.full(items, np.inf)
    found = np.empty(items, np.int64)
    start = np.zeros(origins + 1, np.int64)
    item = np.empty(4096, np.int64)
    seconds, metres = np.empty(4096), np.empty(4096)
    filled = 0
    for origin in range(origins):
        low, high = seed_start[origin], seed_start[origin + 1]
        count, bucket = search(
            indptr, head, cost, seed_node[low:high], seed_cost[low:high], None, limit, width,
            reached, None, bucket, size, touched,
        )  # fmt: skip
        _sort_by_cost(touched, count, reached)
        measure_paths(
            in_indptr, in_tail, in_cost, in_length, touched[:count], reached,
            seed_node[low:high], seed_cost[low:high], seed_length[low:high], walked,
        )  # fmt: skip
        number = 0
        for direct in range(direct_start[origin], direct_start[origin + 1]):
            number = _keep_better(
                direct_item[direct], direct_cost[direct], direct_length[direct], limit, best, shortest, found, number
            )
        for i in range(count):
            node = touched[i]
            for leg in range(leg_start[node], leg_start[node + np.uint32(1)]):
                number = _keep_better(
                    leg_item[leg], reached[node] + leg_cost[leg], walked[node] + leg_length[leg], limit,
                    best, shortest, found, number,
                )  # fmt: skip
            reached[node], walked[node] = np.inf, np.inf
        if filled + number > len(item):
            longer = max(2 * len(item), filled + number)
            item, seconds, metres = lengthen(item, longer), lengthen(seconds, longer), lengthen(metres, longer)
        for i in range(number):
            thing = found[i]
            item[filled], seconds[filled], metres[filled] = thing, best[thing], shortest[thing]
            best[thing], shortest[thing] = np.inf, np.inf
            filled += 1
        start[origin + 1] = filled
    return start, item[:filled].copy(), seconds[:filled].copy(), metres[:filled].copy()


@jit
def count_pairs(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    seed_start: NDArray[np.int64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    kind: NDArray[np.int64],
    kinds: int,
    leg_start: NDArray[np.int64],
    leg_item: NDArray[np.int64],
    leg_cost: NDArray[np.float64],
    direct_start: NDArray[np.int64],
    direct_item: NDArray[np.int64],
    direct_cost: NDArray[np.float64],
    items: int,
    limits: NDArray[np.float64],
    width: float,
    buckets: int,
) -> NDArray[np.int32]:
    """Count for every item the searchers of each kind that reach it within each limit.

    Parameters
    ----------
    indptr, head, cost, width, buckets
        As in :func:`search_each`.
    seed_start, seed_node, seed_cost, leg_start, leg_item, leg_cost, direct_start, direct_item, direct_cost, items
        As in :func:`search_pairs`, the searchers being its origins. To count what each origin reaches, search from
        what is counted over reversed arcs and give the origins as items.
    kind
        ``(k,)`` code of each searcher, below `kinds`.
    limits
        ``(l,)`` seconds, inclusive, growing.

    Returns
    -------
    ndarray, shape (kinds, items, l), int32
    """
    nodes, farthest = len(indptr) - 1, limits[-1]
    reached = np.full(nodes, np.inf)
    bucket = np.empty((buckets, ROOM), np.uint32)
    size = np.zeros(buckets, np.int64)
    touched = np.empty(nodes, np.uint32)
    best = np.full(items, np.inf)
    found = np.empty(items, np.int64)
    counts = np.zeros((kinds, items, len(limits)), np.int32)
    for searcher in range(len(seed_start) - 1):
        low, high = seed_start[searcher], seed_start[searcher + 1]
        count, bucket = search(
            indptr, head, cost, seed_node[low:high], seed_cost[low:high], None, farthest, width,
            reached, None, bucket, size, touched,
        )  # fmt: skip
        number = 0
        for direct in range(direct_start[searcher], direct_start[searcher + 1]):
            thing = direct_item[direct]
            if direct_cost[direct] < best[thing]:
                if best[thing] == np.inf:
                    found[number] = thing
                    number += 1
                best[thing] = direct_cost[direct]
        for i in range(count):
            node = touched[i]
            here = reached[node]
            reached[node] = np.inf
            for leg in range(leg_start[node], leg_start[node + np.uint32(1)]):
                thing, value = leg_item[leg], here + leg_cost[leg]
                if value < best[thing]:
                    if best[thing] == np.inf:
                        found[number] = thing
                        number += 1
                    best[thing] = value
        for i in range(number):
            thing = found[i]
            for k in range(len(limits)):
                counts[kind[searcher], thing, k] += best[thing] <= limits[k]
            best[thing] = np.inf
    return counts


@jit
def measure_paths(
    indptr: NDArray[np.uint32],
    tail: NDArray[np.uint32],
    cost: NDArray[np.float64],
    length: NDArray[np.float64],
    order: NDArray[np.uint32],
    reached: NDArray[np.float64],
    seed_node: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    seed_length: NDArray[np.float64],
    walked: NDArray[np.float64],
) -> None:
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
    walked
        ``(n,)`` result, metres; infinite on entry, and at nodes that were not reached.
    """
    for seed in range(len(seed_node)):
        node = seed_node[seed]
        if seed_cost[seed] == reached[node] and reached[node] < np.inf:
            walked[node] = min(walked[node], seed_length[seed])
    changed, level = True, False
    while changed:  # once, unless arcs that cost nothing leave the order open
        changed = False
        for i in range(len(order)):
            node = order[i]
            for arc in range(indptr[node], indptr[node + np.uint32(1)]):
                before = tail[arc]
                if reached[before] + cost[arc] != reached[node]:
                    continue
                level = level or reached[before] == reached[node]
                if walked[before] + length[arc] < walked[node]:
                    walked[node] = walked[before] + length[arc]
                    changed = True
        changed = changed and level


@jit
def _keep_better(
    thing: int,
    value: float,
    length: float,
    limit: float,
    best: NDArray[np.float64],
    shortest: NDArray[np.float64],
    found: NDArray[np.int64],
    number: int,
) -> int:
    """Keep a way to a thing where it is cheaper, or as cheap and shorter; return how many things were found."""
    if value > limit or value == np.inf:
        return number
    if value > best[thing] or (value == best[thing] and length >= shortest[thing]):
        return number
    if best[thing] == np.inf:
        found[number] = thing
        number += 1
    best[thing], shortest[thing] = value, length
    return number


@jit
def _sort_by_cost(nodes: NDArray[np.uint32], count: int, cost: NDArray[np.float64]) -> None:
    """Sort the first nodes by growing cost, in place (Shell 1959; NumPy's sort takes seconds to compile)."""
    gap = count
    while gap > 1:
        gap = max(int(gap / 2.25), 1)
        for i in range(gap, count):
            node, j = nodes[i], i
            while j >= gap and cost[nodes[j - gap]] > cost[node]:
                nodes[j] = nodes[j - gap]
                j -= gap
            nodes[j] = node


@jit
def _is_full(label: NDArray[np.int64], filled: int, mark: int) -> bool:
    """Tell whether a node has no room for one more label, or has this one already."""
    if filled == len(label):
        return True
    for i in range(filled):
        if label[i] == mark:
            return True
    return False


@jit
def _double(bucket: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give every bucket room for twice as many nodes."""
    wider = np.empty((bucket.shape[0], 2 * bucket.shape[1]), np.uint32)
    for row in range(bucket.shape[0]):
        for place in range(bucket.shape[1]):  # a slice would take seconds to compile
            wider[row, place] = bucket[row, place]
    return wider
