"""The bounded elimination hierarchy: for many questions of one graph.

Nodes are taken out one by one, the one with the fewest neighbours first; its ways through are kept as shortcuts
between its neighbours unless they are longer than the limit. Afterwards every cheapest way within the limit climbs
along arcs to nodes taken out later, then comes down again, so that all questions are linear sweeps (Dibbelt,
Strasser and Wagner 2016, "Customizable contraction hierarchies", ACM Journal of Experimental Algorithmics 21, here
with minimum-degree order, weights in both directions and a limit). Exact for every cost up to the limit.

In a hierarchy node numbers grow upwards: the arcs of node v, ``up[v]:up[v + 1]``, lead to greater numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit, lengthen

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Origins that are searched from side by side.
LANES = 32

_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACE = np.zeros(64, np.int64)
_PLACE[[(1 << bit) * int(_DE_BRUIJN) % 2**64 >> 58 for bit in range(64)]] = np.arange(64)


@jit
def eliminate_nodes(
    indptr: NDArray[np.uint32],
    head: NDArray[np.uint32],
    cost: NDArray[np.float64],
    in_indptr: NDArray[np.uint32],
    in_tail: NDArray[np.uint32],
    in_cost: NDArray[np.float64],
    limit: float,
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64], NDArray[np.float64]]:
    """Take nodes out in minimum-degree order and keep each one's arcs to those still there.

    Parameters
    ----------
    indptr, head, cost
        CSR of the arcs by their tail; costs in seconds, not negative.
    in_indptr, in_tail, in_cost
        The same arcs by their head.
    limit
        Longest cost that must stay exact, seconds; may be infinite.

    Returns
    -------
    order : ndarray, shape (n,), uint32
        Nodes in the order in which they were taken out.
    up : ndarray, shape (n + 1,), int64
        Where the arcs of the node taken out at each place start.
    above, climb, descend : ndarray
        The node at the other end of each arc, the cost of the way to it, and of the way back from it; infinite where
        there is none within the limit.
    """
    nodes = len(indptr) - 1
    farthest = min(limit, 1e300)  # an infinite cost is beyond any limit
    begin, count, room = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    total = 0
    for node in range(nodes):
        begin[node] = total
        room[node] = 2 * (indptr[node + 1] - indptr[node] + in_indptr[node + 1] - in_indptr[node]) + 2
        total += room[node]
    near = np.empty(2 * total, np.uint32)
    there, back = np.empty(2 * total), np.empty(2 * total)
    place = np.full(nodes, -1, np.int64)  # where a node stands in the list at hand
    for node in range(nodes):
        for arc in range(indptr[node], indptr[node + 1]):
            other = head[arc]
            if other == node or not cost[arc] <= farthest:
                continue
            at = place[other]
            if at < 0:
                at = begin[node] + count[node]
                place[other] = at
                near[at], there[at], back[at] = other, np.inf, np.inf
                count[node] += 1
            there[at] = min(there[at], cost[arc])
        for arc in range(in_indptr[node], in_indptr[node + 1]):
            other = in_tail[arc]
            if other == node or not in_cost[arc] <= farthest:
                continue
            at = place[other]
            if at < 0:
                at = begin[node] + count[node]
                place[other] = at
                near[at], there[at], back[at] = other, np.inf, np.inf
                count[node] += 1
            back[at] = min(back[at], in_cost[arc])
        for at in range(begin[node], begin[node] + count[node]):
            place[near[at]] = -1

    # nodes by degree, in doubly linked lists
    first = np.full(nodes + 1, -1, np.int64)
    following, before = np.full(nodes, -1, np.int64), np.full(nodes, -1, np.int64)
    for node in range(nodes - 1, -1, -1):
        _put(node, count[node], first, following, before)
    order = np.empty(nodes, np.uint32)
    up = np.zeros(nodes + 1, np.int64)
    above = np.empty(4 * nodes + 16, np.uint32)
    climb, descend = np.empty(len(above)), np.empty(len(above))
    filled, degree = 0, 0
    for taken in range(nodes):
        while first[degree] < 0:
            degree += 1
        node = first[degree]
        _take(node, degree, first, following, before)
        order[taken] = node
        mine, size = begin[node], count[node]
        if filled + size > len(above):
            longer = 2 * len(above) + size
            above, climb, descend = lengthen(above, longer), lengthen(climb, longer), lengthen(descend, longer)
        for i in range(size):
            above[filled] = near[mine + i]
            climb[filled], descend[filled] = there[mine + i], back[mine + i]
            filled += 1
        up[taken + 1] = filled
        for i in range(size):
            a = np.int64(near[mine + i])
            to_node, from_node = back[mine + i], there[mine + i]  # a to the node, the node to a
            old = count[a]
            for at in range(begin[a], begin[a] + count[a]):
                place[near[at]] = at
            gone, last = place[node], begin[a] + count[a] - 1
            place[node] = -1
            near[gone], there[gone], back[gone] = near[last], there[last], back[last]
            if gone != last:
                place[near[gone]] = gone
            count[a] -= 1
            for j in range(size):
                b = near[mine + j]
                forth, home = to_node + there[mine + j], back[mine + j] + from_node
                if i == j or (forth > farthest and home > farthest):
                    continue
                at = place[b]
                if at < 0:
                    if count[a] == room[a]:
                        room[a] *= 2
                        if total + room[a] > len(near):
                            longer = 2 * len(near) + room[a]
                            near, there, back = lengthen(near, longer), lengthen(there, longer), lengthen(back, longer)
                        for k in range(count[a]):
                            near[total + k] = near[begin[a] + k]
                            there[total + k], back[total + k] = there[begin[a] + k], back[begin[a] + k]
                            place[near[total + k]] = total + k
                        begin[a] = total
                        total += room[a]
                    at = begin[a] + count[a]
                    place[b] = at
                    near[at], there[at], back[at] = b, np.inf, np.inf
                    count[a] += 1
                if forth <= farthest:
                    there[at] = min(there[at], forth)
                if home <= farthest:
                    back[at] = min(back[at], home)
            for at in range(begin[a], begin[a] + count[a]):
                place[near[at]] = -1
            if count[a] != old:
                _take(a, old, first, following, before)
                _put(a, count[a], first, following, before)
                degree = min(degree, count[a])
    return order, up, above[:filled].copy(), climb[:filled].copy(), descend[:filled].copy()


@jit
def order_hierarchy(
    order: NDArray[np.uint32],
    up: NDArray[np.int64],
    above: NDArray[np.uint32],
    climb: NDArray[np.float64],
    descend: NDArray[np.float64],
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64], NDArray[np.float64]]:
    """Give a hierarchy new numbers, so that sweeps run through memory in order.

    Numbers are given by depth-first search down the arcs, each node after all that lie below it. (The order of the
    elimination tree would not do: where shortcuts were dropped it is no topological order.)

    Parameters
    ----------
    order, up, above, climb, descend
        As :func:`eliminate_nodes` gives them.

    Returns
    -------
    number : ndarray, shape (n,), uint32
        The number of each node in the hierarchy.
    up, above, climb, descend : ndarray
        Arcs by those numbers.
    """
    nodes = len(order)
    # arcs downwards, by the node above
    down = np.zeros(nodes + 1, np.int64)
    for arc in range(len(above)):
        down[above[arc] + 1] += 1
    for node in range(nodes):
        down[node + 1] += down[node]
    below = np.empty(len(above), np.uint32)
    free = down[:-1].copy()
    for taken in range(nodes):
        for arc in range(up[taken], up[taken + 1]):
            below[free[above[arc]]] = order[taken]
            free[above[arc]] += 1
    free[:] = down[:-1]
    seen = np.zeros(nodes, np.bool_)
    number, stack = np.empty(nodes, np.uint32), np.empty(nodes, np.uint32)
    given = 0
    for taken in range(nodes - 1, -1, -1):
        if seen[order[taken]]:
            continue
        stack[0], depth = order[taken], 1
        seen[order[taken]] = True
        while depth > 0:
            node = stack[depth - 1]
            if free[node] == down[node + 1]:
                number[node] = given
                given += 1
                depth -= 1
                continue
            child = below[free[node]]
            free[node] += 1
            if not seen[child]:
                seen[child] = True
                stack[depth] = child
                depth += 1
    place = np.empty(nodes, np.int64)
    for taken in range(nodes):
        place[number[order[taken]]] = taken
    new_up = np.zeros(nodes + 1, np.int64)
    new_above = np.empty(len(above), np.uint32)
    new_climb, new_descend = np.empty(len(above)), np.empty(len(above))
    filled = 0
    for new in range(nodes):
        for arc in range(up[place[new]], up[place[new] + 1]):
            new_above[filled] = number[above[arc]]
            new_climb[filled], new_descend[filled] = climb[arc], descend[arc]
            filled += 1
        new_up[new + 1] = filled
    return number, new_up, new_above, new_climb, new_descend


@jit
def sweep_lanes(
    up: NDArray[np.int64],
    above: NDArray[np.uint32],
    rise: NDArray[np.float64],
    fall: NDArray[np.float64],
    best: NDArray[np.float64],
) -> None:
    """Spread costs from sources to all nodes, many questions side by side, by one sweep up and one down.

    Parameters
    ----------
    up, above
        Arcs of a hierarchy.
    rise, fall
        Cost from the lower to the upper end of each arc, and from the upper to the lower. For costs *to* the sources
        give the two the other way round.
    best
        ``(n, lanes)`` by hierarchy number: the sources' own costs, infinite elsewhere; on return the cheapest cost
        from any source, exact up to the limit of the hierarchy.
    """
    lanes = best.shape[1]
    for low in range(np.uint32(len(up) - 1)):
        for arc in range(np.uint64(up[low]), np.uint64(up[low + np.uint32(1)])):
            high, more = above[arc], rise[arc]
            for lane in range(lanes):
                best[high, lane] = min(best[high, lane], best[low, lane] + more)
    for back in range(np.uint32(len(up) - 1)):
        low = np.uint32(len(up) - 2) - back
        for arc in range(np.uint64(up[low]), np.uint64(up[low + np.uint32(1)])):
            high, more = above[arc], fall[arc]
            for lane in range(lanes):
                best[low, lane] = min(best[low, lane], best[high, lane] + more)


@jit
def join_lanes(
    best: NDArray[np.float64],
    number: NDArray[np.uint32],
    node: NDArray[np.int64],
    leg: NDArray[np.float64],
    limit: float,
    joined: NDArray[np.float64],
) -> None:
    """Give every place the costs of its two nodes plus the legs to them, whichever is cheaper.

    Parameters
    ----------
    best
        ``(n, lanes)`` by hierarchy number, as :func:`sweep_lanes` leaves it.
    number
        ``(n,)`` hierarchy numbers of the nodes.
    node, leg
        ``(k, 2)`` the two nodes of each place and the cost between it and each.
    limit
        Largest cost that counts, inclusive.
    joined
        ``(k, lanes)`` to be filled; infinite beyond the limit. It is given because NumPy asks the system for large
        pages, and a kernel's own arrays come in small ones: to touch them first took half of the time.
    """
    for place in range(np.uint64(len(node))):
        one, other = number[node[place, 0]], number[node[place, 1]]
        to_one, to_other = leg[place, 0], leg[place, 1]
        for lane in range(best.shape[1]):
            value = min(best[one, lane] + to_one, best[other, lane] + to_other)
            joined[place, lane] = value if value <= limit else np.inf


@jit
def search_lanes(
    up: NDArray[np.int64],
    above: NDArray[np.uint32],
    rise: NDArray[np.float64],
    down: NDArray[np.int64],
    below: NDArray[np.uint32],
    fall: NDArray[np.float64],
    node: NDArray[np.uint32],
    seed_start: NDArray[np.int64],
    seed_number: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    limit: float,
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64]]:
    """Search from many origins, :data:`LANES` neighbours at a time side by side, visiting only what they reach.

    Neighbouring origins share most of their way up and down; give them in an order that keeps them together.

    Parameters
    ----------
    up, above, rise
        Arcs upwards, with the cost from the lower to the upper end.
    down, below, fall
        The same arcs by their upper end, with the cost from the upper to the lower.
    node
        ``(n,)`` the node that has each number.
    seed_start
        ``(k + 1,)`` where each origin's seeds start.
    seed_number, seed_cost
        Seeds of all origins: hierarchy number and cost.
    limit
        Largest cost that counts, seconds, inclusive; no more than that of the hierarchy.

    Returns
    -------
    start : ndarray, shape (k + 1,), int64
        Where each origin's nodes start.
    node, seconds : ndarray
        Nodes reached, by growing hierarchy number, and the cost of each.
    """
    nodes, origins = len(up) - 1, len(seed_start) - 1
    words, slot = np.zeros(nodes // 64 + 1, np.uint64), np.empty(nodes, np.uint64)
    best = np.empty((1024, LANES))
    start = np.zeros(origins + 1, np.int64)
    found, seconds = np.empty(0, np.uint32), np.empty(0)
    fill = np.zeros(LANES, np.uint64)
    lane_node, lane_cost = np.empty((LANES, 1024), np.uint32), np.empty((LANES, 1024))
    filled = 0
    limit = min(limit, 1e300)  # an infinite cost is beyond any limit
    for first in range(0, origins, LANES):
        lanes = min(LANES, origins - first)
        best, used, bottom, top = _sweep_touched(
            up, above, rise, down, below, fall, seed_start, seed_number, seed_cost, first, lanes, limit,
            words, slot, best,
        )  # fmt: skip
        # each lane writes into its own row of a workspace, which is then written down
        if used > lane_cost.shape[1]:
            lane_node, lane_cost = np.empty((LANES, 2 * used), np.uint32), np.empty((LANES, 2 * used))
        for lane in range(LANES):
            fill[lane] = 0
        for word in range(bottom, top + 1):
            while words[word]:
                bit = _lowest_bit(words[word])
                words[word] &= words[word] - np.uint64(1)
                number = (word << 6) + bit
                at, here = slot[number], node[number]
                for lane in range(np.uint64(LANES)):
                    value, place = best[at, lane], fill[lane]
                    # written in any case, for a branch that cannot be foreseen takes longer; only what counts stays
                    lane_node[lane, place], lane_cost[lane, place] = here, value
                    fill[lane] = place + np.uint64(value <= limit)
        more = np.int64(0)
        for lane in range(LANES):
            more += np.int64(fill[lane])
        if filled + more > len(found):
            expected = (filled + more) * origins // min(first + LANES, origins)
            found, seconds = lengthen(found, expected * 5 // 4), lengthen(seconds, expected * 5 // 4)
        for lane in range(lanes):
            for place in range(np.int64(fill[lane])):
                found[filled], seconds[filled] = lane_node[lane, place], lane_cost[lane, place]
                filled += 1
            start[first + lane + 1] = filled
    return start, found[:filled], seconds[:filled]


@jit
def count_lanes(
    up: NDArray[np.int64],
    above: NDArray[np.uint32],
    rise: NDArray[np.float64],
    down: NDArray[np.int64],
    below: NDArray[np.uint32],
    fall: NDArray[np.float64],
    node: NDArray[np.uint32],
    seed_start: NDArray[np.int64],
    seed_number: NDArray[np.uint32],
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
) -> NDArray[np.int32]:
    """Count for every item the searchers of each kind that reach it within each limit, many searchers side by side.

    Parameters
    ----------
    up, above, rise, down, below, fall, node, seed_start, seed_number, seed_cost
        As in :func:`search_lanes`, the searchers being its origins. To count what each origin reaches, search from
        what is counted, with `rise` and `fall` the other way round, and give the origins as items.
    kind
        ``(k,)`` code of each searcher, below `kinds`.
    leg_start, leg_item, leg_cost
        Ways from nodes to items: those of node v are ``leg_start[v]:leg_start[v + 1]``.
    direct_start, direct_item, direct_cost
        Ways from searchers to items that pass no node, in the same form by searcher.
    limits
        ``(l,)`` seconds, inclusive, growing; none greater than that of the hierarchy.

    Returns
    -------
    ndarray, shape (kinds, items, l), int32
    """
    nodes, searchers = len(up) - 1, len(seed_start) - 1
    farthest = min(limits[-1], 1e300)  # an infinite cost is beyond any limit
    words, slot = np.zeros(nodes // 64 + 1, np.uint64), np.empty(nodes, np.uint64)
    best = np.empty((1024, LANES))
    item_words, item_slot = np.zeros(items // 64 + 1, np.uint64), np.empty(items, np.uint64)
    item_best, item_at = np.empty((1024, LANES)), np.empty(items, np.int64)
    counts = np.zeros((kinds, items, len(limits)), np.int32)
    for first in range(0, searchers, LANES):
        lanes = min(LANES, searchers - first)
        best, _, bottom, top = _sweep_touched(
            up, above, rise, down, below, fall, seed_start, seed_number, seed_cost, first, lanes, farthest,
            words, slot, best,
        )  # fmt: skip
        opened = 0
        for lane in range(lanes):
            for direct in range(direct_start[first + lane], direct_start[first + lane + 1]):
                item = direct_item[direct]
                if not _marked(item_words, item):
                    item_at[opened] = item
                    item_best, opened = _open(item, item_words, item_slot, item_best, opened)
                at = item_slot[item]
                item_best[at, lane] = min(item_best[at, lane], direct_cost[direct])
        for word in range(bottom, top + 1):
            while words[word]:
                number = (word << 6) + _lowest_bit(words[word])
                words[word] &= words[word] - np.uint64(1)
                here, row = node[number], slot[number]
                for leg in range(leg_start[here], leg_start[here + np.uint32(1)]):
                    item, more = leg_item[leg], leg_cost[leg]
                    if not _marked(item_words, item):
                        item_at[opened] = item
                        item_best, opened = _open(item, item_words, item_slot, item_best, opened)
                    at = item_slot[item]
                    for lane in range(np.uint64(LANES)):
                        value, known = best[row, lane] + more, item_best[at, lane]
                        item_best[at, lane] = min(known, value)
        for place in range(opened):
            item = item_at[place]
            item_words[item >> 6] = 0
            for lane in range(lanes):
                value = item_best[place, lane]
                if value <= farthest:
                    for level in range(len(limits)):
                        counts[kind[first + lane], item, level] += value <= limits[level]
    return counts


@jit
def _sweep_touched(
    up: NDArray[np.int64],
    above: NDArray[np.uint32],
    rise: NDArray[np.float64],
    down: NDArray[np.int64],
    below: NDArray[np.uint32],
    fall: NDArray[np.float64],
    seed_start: NDArray[np.int64],
    seed_number: NDArray[np.uint32],
    seed_cost: NDArray[np.float64],
    first: int,
    lanes: int,
    limit: float,
    words: NDArray[np.uint64],
    slot: NDArray[np.uint64],
    best: NDArray[np.float64],
) -> tuple[NDArray[np.float64], int, int, int]:
    """Search from some neighbouring origins side by side: up, then down, through what they reach alone.

    Parameters
    ----------
    first, lanes
        The first of the origins, and how many; no more than :data:`LANES`.
    words, slot, best
        Workspace: a bit for each number that was touched (none on entry), its row, and the costs of the rows.

    Returns
    -------
    best
        Costs, perhaps in a longer array.
    used
        Rows in use.
    bottom, top
        First and last word that holds a bit.
    """
    used, top, bottom = 0, np.int64(0), np.int64(len(words))
    for lane in range(lanes):
        for seed in range(seed_start[first + lane], seed_start[first + lane + 1]):
            number = np.int64(seed_number[seed])
            if not seed_cost[seed] <= limit:
                continue
            if not _marked(words, number):
                best, used = _open(number, words, slot, best, used)
                top, bottom = max(top, number >> 6), min(bottom, number >> 6)
            at = slot[number]
            best[at, lane] = min(best[at, lane], seed_cost[seed])
    # up, from the lowest number to the highest
    word = bottom
    while word <= top:
        done = np.uint64(0)
        while words[word] & ~done:
            bit = _lowest_bit(words[word] & ~done)
            done |= np.uint64(1) << np.uint64(bit)
            low = (word << 6) + bit
            least = _least(best, slot[low])
            for arc in range(up[low], up[low + 1]):
                if not least + rise[arc] <= limit:
                    continue
                high = np.int64(above[arc])
                if not _marked(words, high):
                    best, used = _open(high, words, slot, best, used)
                    top = max(top, high >> 6)
                _relax(best, slot[low], slot[high], rise[arc])
        word += 1
    # down, from the highest number to the lowest
    word, bottom = top, top
    while word >= 0:
        done = np.uint64(0)
        while words[word] & ~done:
            bit = _highest_bit(words[word] & ~done)
            done |= np.uint64(1) << np.uint64(bit)
            high = (word << 6) + bit
            bottom = word
            least = _least(best, slot[high])
            for arc in range(down[high], down[high + 1]):
                if not least + fall[arc] <= limit:
                    continue
                low = np.int64(below[arc])
                if not _marked(words, low):
                    best, used = _open(low, words, slot, best, used)
                _relax(best, slot[high], slot[low], fall[arc])
        word -= 1
    return best, used, bottom, top


@jit
def _relax(best: NDArray[np.float64], source: np.uint64, target: np.uint64, more: float) -> None:
    """Let every lane of one row improve on another (a constant number of lanes is unrolled)."""
    for lane in range(np.uint64(LANES)):
        value, known = best[source, lane] + more, best[target, lane]
        best[target, lane] = min(known, value)


@jit
def _least(best: NDArray[np.float64], row: np.uint64) -> float:
    """Return the smallest cost in a row."""
    least = best[row, 0]
    for lane in range(best.shape[1]):
        least = min(least, best[row, lane])
    return least


@jit
def _marked(words: NDArray[np.uint64], number: int) -> bool:
    """Tell whether a number is in a set of bits."""
    return (words[number >> 6] >> np.uint64(number & 63)) & np.uint64(1) != np.uint64(0)


@jit
def _open(
    number: int,
    words: NDArray[np.uint64],
    slot: NDArray[np.uint64],
    best: NDArray[np.float64],
    used: int,
) -> tuple[NDArray[np.float64], int]:
    """Mark a number and give it a row of infinite costs."""
    words[number >> 6] |= np.uint64(1) << np.uint64(number & 63)
    if used == len(best):
        longer = np.empty((2 * used, LANES))
        longer[:used] = best
        best = longer
    slot[number] = used
    best[used] = np.inf
    return best, used + 1


@jit
def _lowest_bit(word: np.uint64) -> int:
    """Return the place of the lowest bit that is set (de Bruijn multiplication; Leiserson, Prokop and Randall 1998)."""
    lowest = word & (~word + np.uint64(1))
    return _PLACE[(lowest * _DE_BRUIJN) >> np.uint64(58)]


@jit
def _highest_bit(word: np.uint64) -> int:
    """Return the place of the highest bit that is set."""
    for step in (1, 2, 4, 8, 16, 32):
        word |= word >> np.uint64(step)
    return _PLACE[((word ^ (word >> np.uint64(1))) * _DE_BRUIJN) >> np.uint64(58)]


@jit
def _put(
    node: int,
    degree: int,
    first: NDArray[np.int64],
    following: NDArray[np.int64],
    before: NDArray[np.int64],
) -> None:
    """Put a node at the head of the list of its degree."""
    old = first[degree]
    following[node], before[node], first[degree] = old, -1, node
    if old >= 0:
        before[old] = node


@jit
def _take(
    node: int,
    degree: int,
    first: NDArray[np.int64],
    following: NDArray[np.int64],
    before: NDArray[np.int64],
) -> None:
    """Take a node out of the list of its degree."""
    if before[node] >= 0:
        following[before[node]] = following[node]
    else:
        first[degree] = following[node]
    if following[node] >= 0:
        before[following[node]] = before[node]
