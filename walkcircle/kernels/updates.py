"""Nearest facilities kept up to date: a change is searched only where it is felt."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Web(NamedTuple):
    """Vertices and arcs that can change: street nodes first, then origins, at which walks only begin.

    Attributes
    ----------
    into, tail, cost
        Arcs by the vertex they lead to: where they start in the list, the vertex they leave, seconds.
    out, head, price
        The same arcs by the vertex they leave.
    link_into, next_into, link_tail
        Added arcs as chains: the last one added into each vertex or -1, the one before it, the vertex it leaves.
    link_out, next_out, link_head
        The same by the vertex they leave.
    link_cost
        ``(l,)`` seconds of each added arc.
    """

    into: NDArray[np.uint32]
    tail: NDArray[np.uint32]
    cost: NDArray[np.float64]
    out: NDArray[np.uint32]
    head: NDArray[np.uint32]
    price: NDArray[np.float64]
    link_into: NDArray[np.int64]
    next_into: NDArray[np.int64]
    link_tail: NDArray[np.int64]
    link_out: NDArray[np.int64]
    next_out: NDArray[np.int64]
    link_head: NDArray[np.int64]
    link_cost: NDArray[np.float64]


class Seeds(NamedTuple):
    """Where ways to facilities end, in chains of those that share a vertex.

    Attributes
    ----------
    first
        ``(v,)`` a seed of each vertex, or -1.
    after
        ``(s,)`` the next seed of the same vertex, or -1.
    vertex, seconds, facility, kind
        ``(s,)`` the vertex of each seed, the seconds from there, the facility they lead to, and its kind.
    """

    first: NDArray[np.int64]
    after: NDArray[np.int64]
    vertex: NDArray[np.int64]
    seconds: NDArray[np.float64]
    facility: NDArray[np.int64]
    kind: NDArray[np.int64]


class Doors(NamedTuple):
    """What the seeds of a facility are made from: the edges, and the origins' spots along each.

    Attributes
    ----------
    seconds, enter, ends
        ``(e, 2)`` seconds along each edge and back, whether it may be entered at its ends, and its nodes.
    start
        ``(e + 1,)`` where the spots of each edge start.
    vertex, fraction, access_s, xy
        ``(k,)`` vertex of each spot's origin, how far along the edge it is, seconds of its leg; ``(k, 2)`` its door.
    """

    seconds: NDArray[np.float64]
    enter: NDArray[np.bool_]
    ends: NDArray[np.int64]
    start: NDArray[np.int64]
    vertex: NDArray[np.int64]
    fraction: NDArray[np.float64]
    access_s: NDArray[np.float64]
    xy: NDArray[np.float64]


class Log(NamedTuple):
    """Workspace of :func:`mend_nearest`: what was touched, and what stood there before; `place` is -1 between calls.

    Attributes
    ----------
    place
        ``(v,)`` position of each vertex in the log, or -1.
    vertex, seconds, label
        ``(v,)`` vertices touched, and their seconds and labels before.
    """

    place: NDArray[np.int64]
    vertex: NDArray[np.int64]
    seconds: NDArray[np.float64]
    label: NDArray[np.int64]


@jit
def mend_nearest(
    web: Web,
    seeds: Seeds,
    kind: int,
    nodes: int,
    doubtful: NDArray[np.int64],
    gone: int,
    seed_vertex: NDArray[np.int64],
    seed_cost: NDArray[np.float64],
    seed_label: NDArray[np.int64],
    limit: float,
    seconds: NDArray[np.float64],
    label: NDArray[np.int64],
    log: Log,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Find what a change does to the nearest facility of every vertex, looking only where it is felt.

    First the vertices that lost their way are found in the order of their seconds: those whose every equally short
    way leads through one that is lost. Then they are searched anew from their neighbours and from the seeds
    (Ramalingam and Reps 1996, "An incremental algorithm for a generalization of the shortest-path problem",
    Journal of Algorithms 21). New seeds that improve on what stands spread until they improve on nothing. A way is
    better if it is shorter, or as short and its label smaller. Arcs of no length are never taken as another way, so
    that a ring of them cannot hold itself up; such vertices are only searched anew without need.

    Parameters
    ----------
    web
        Vertices and arcs as they are after the change.
    seeds, kind
        Seeds of all facilities without those that the change takes away, and the kind that is asked about.
    nodes
        Vertices below this number are street nodes, the others origins.
    doubtful
        Vertices whose best way may be gone.
    gone
        Label that is taken away: exactly its vertices are lost; -1 where arcs or seeds are.
    seed_vertex, seed_cost, seed_label
        New ways: where they begin, at what cost and under which label.
    limit
        Largest cost that counts, seconds, inclusive; may be infinite.
    seconds, label
        ``(v,)`` what stands; changed during the search and put back before the return.
    log
        Workspace.

    Returns
    -------
    vertex, before_s, before, after_s, after : ndarray
        Vertices whose seconds or label change, and both before and after; infinite and -1 where there is none.
    """
    place, vertex = log.place, log.vertex
    heap = [(0.0, np.int64(0)) for _ in range(0)]
    for v in doubtful:
        heapq.heappush(heap, (seconds[v], v))
    count = 0
    while len(heap) > 0:
        here, v = heapq.heappop(heap)
        if place[v] >= 0 or here == np.inf or (gone >= 0 and label[v] != gone):
            continue
        if gone < 0 and _is_held(web, v, seconds, label, place):
            continue
        count = _note(v, count, seconds, label, log)
        if v >= nodes:
            continue
        for arc in range(web.into[v], web.into[v + 1]):
            u = np.int64(web.tail[arc])
            if place[u] < 0 and label[u] == label[v] and (gone >= 0 or seconds[u] == here + web.cost[arc]):
                heapq.heappush(heap, (seconds[u], u))
        link = web.link_into[v]
        while link >= 0:
            u = web.link_tail[link]
            if place[u] < 0 and label[u] == label[v] and (gone >= 0 or seconds[u] == here + web.link_cost[link]):
                heapq.heappush(heap, (seconds[u], u))
            link = web.next_into[link]
    lost = count
    for i in range(lost):
        seconds[vertex[i]], label[vertex[i]] = np.inf, -1
    for i in range(lost):
        v = vertex[i]
        # a neighbour that is lost too has no time yet, or one that is a true way: both may be looked at
        for arc in range(web.out[v], web.out[v + 1]):
            w = web.head[arc]
            count = _put(v, seconds[w] + web.price[arc], label[w], limit, nodes, count, seconds, label, log, heap)
        link = web.link_out[v]
        while link >= 0:
            w = np.uint32(web.link_head[link])
            count = _put(v, seconds[w] + web.link_cost[link], label[w], limit, nodes, count, seconds, label, log, heap)
            link = web.next_out[link]
        at = seeds.first[v]
        while at >= 0:
            if seeds.kind[at] == kind:
                count = _put(v, seeds.seconds[at], seeds.facility[at], limit, nodes, count, seconds, label, log, heap)
            at = seeds.after[at]
    for i in range(len(seed_vertex)):
        count = _put(seed_vertex[i], seed_cost[i], seed_label[i], limit, nodes, count, seconds, label, log, heap)
    while len(heap) > 0:
        here, v = heapq.heappop(heap)
        if here != seconds[v]:
            continue  # a shorter way came after
        mark = label[v]
        for arc in range(web.into[v], web.into[v + 1]):
            u, value = web.tail[arc], here + web.cost[arc]
            # most ways are no better; to call a function for each would take most of the time
            if value < seconds[u] or (value == seconds[u] and mark < label[u]):
                count = _put(np.int64(u), value, mark, limit, nodes, count, seconds, label, log, heap)
        link = web.link_into[v]
        while link >= 0:
            u = web.link_tail[link]
            count = _put(u, here + web.link_cost[link], mark, limit, nodes, count, seconds, label, log, heap)
            link = web.next_into[link]
    return _put_back(count, seconds, label, log)


@jit
def _is_held(
    web: Web, v: int, seconds: NDArray[np.float64], label: NDArray[np.int64], place: NDArray[np.int64]
) -> bool:
    """Tell whether another way of the same seconds and label leads on from a vertex, through none that is lost."""
    for arc in range(web.out[v], web.out[v + 1]):
        w, step = web.head[arc], web.price[arc]
        if step > 0 and place[w] < 0 and label[w] == label[v] and seconds[w] + step == seconds[v]:
            return True
    link = web.link_out[v]
    while link >= 0:
        w, step = np.uint32(web.link_head[link]), web.link_cost[link]
        if step > 0 and place[w] < 0 and label[w] == label[v] and seconds[w] + step == seconds[v]:
            return True
        link = web.next_out[link]
    return False


@jit
def _note(v: int, count: int, seconds: NDArray[np.float64], label: NDArray[np.int64], log: Log) -> int:
    """Write down what stands at a vertex before it is touched; return how many are written down."""
    log.place[v] = count
    log.vertex[count], log.seconds[count], log.label[count] = v, seconds[v], label[v]
    return count + 1


@jit
def _put(
    v: int,
    value: float,
    mark: int,
    limit: float,
    nodes: int,
    count: int,
    seconds: NDArray[np.float64],
    label: NDArray[np.int64],
    log: Log,
    heap: list[tuple[float, np.int64]],
) -> int:
    """Keep a way where it is better, and let it spread on if it is a node's; return how many are written down."""
    if not value <= limit or value == np.inf or value > seconds[v] or (value == seconds[v] and mark >= label[v]):
        return count
    if log.place[v] < 0:
        count = _note(v, count, seconds, label, log)
    seconds[v], label[v] = value, mark
    if v < nodes:
        heapq.heappush(heap, (value, np.int64(v)))
    return count


@jit
def _put_back(
    count: int, seconds: NDArray[np.float64], label: NDArray[np.int64], log: Log
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Restore what stood at the vertices touched, clean the workspace, and return what had changed."""
    vertex, before_s, before = np.empty(count, np.int64), np.empty(count), np.empty(count, np.int64)
    after_s, after = np.empty(count), np.empty(count, np.int64)
    kept = 0
    for i in range(count):
        v = log.vertex[i]
        log.place[v] = -1
        if seconds[v] != log.seconds[i] or label[v] != log.label[i]:
            vertex[kept], before_s[kept], before[kept] = v, log.seconds[i], log.label[i]
            after_s[kept], after[kept] = seconds[v], label[v]
            kept += 1
        seconds[v], label[v] = log.seconds[i], log.label[i]
    return vertex[:kept], before_s[:kept], before[:kept], after_s[:kept], after[:kept]


@jit
def find_seeds(
    doors: Doors,
    edge: NDArray[np.int64],
    fraction: NDArray[np.float64],
    access_m: NDArray[np.float64],
    xy: NDArray[np.float64],
    pace: float,
    grain: float,
    same_door: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the seeds of one thing: the ends of its edges, and directly the origins along them.

    The numbers are those of `Legs.arriving` and `walk_directly` in `walking.py`, to the last bit, for a handful of
    spots, where arrays would take most of the time to be made.

    Parameters
    ----------
    doors
        Edges and origins.
    edge, fraction, access_m, xy
        Spots of the thing.
    pace
        Metres of a leg per second.
    grain
        Seconds are multiples of it.
    same_door
        Doors within this of each other are one, metres.

    Returns
    -------
    vertex, seconds : ndarray
        Seeds that can be walked.
    """
    room = 0
    for i in range(len(edge)):
        room += 2 + doors.start[edge[i] + 1] - doors.start[edge[i]]
    vertex, seconds = np.empty(room, np.int64), np.empty(room)
    count = 0
    for i in range(len(edge)):
        e = edge[i]
        access_s = np.rint(access_m[i] / pace / grain) * grain
        for side in range(2):
            if doors.enter[e, side]:
                part = fraction[i] if side == 0 else 1 - fraction[i]
                value = _measure_part(part, doors.seconds[e, side], grain) + access_s
                if value < np.inf:
                    vertex[count], seconds[count] = doors.ends[e, side], value
                    count += 1
        for j in range(doors.start[e], doors.start[e + 1]):
            apart = fraction[i] - doors.fraction[j]
            along = doors.seconds[e, 0 if apart >= 0 else 1]
            value = _measure_part(abs(apart), along, grain) + (doors.access_s[j] + access_s)
            if np.hypot(doors.xy[j, 0] - xy[i, 0], doors.xy[j, 1] - xy[i, 1]) <= same_door:
                value = 0.0
            if value < np.inf:
                vertex[count], seconds[count] = doors.vertex[j], value
                count += 1
    return vertex[:count], seconds[:count]


@jit
def _measure_part(fraction: float, whole: float, grain: float) -> float:
    """Return the cost of a fraction of an edge, rounded: none of a closed edge costs nothing."""
    return np.rint(fraction * whole / grain) * grain if fraction > 0 else 0.0


@jit
def join_seeds(seeds: Seeds, which: NDArray[np.int64]) -> None:
    """Put seeds into the chains of their vertices."""
    for i in which:
        v = seeds.vertex[i]
        seeds.after[i], seeds.first[v] = seeds.first[v], i


@jit
def drop_seeds(seeds: Seeds, which: NDArray[np.int64]) -> None:
    """Take seeds out of the chains of their vertices."""
    for i in which:
        v = seeds.vertex[i]
        at = seeds.first[v]
        if at == i:
            seeds.first[v] = seeds.after[i]
            continue
        while seeds.after[at] != i:
            at = seeds.after[at]
        seeds.after[at] = seeds.after[i]


@jit
def list_seeded(seeds: Seeds, vertices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the facilities that have seeds at some vertices, as often as they have."""
    count = 0
    for v in vertices:
        at = seeds.first[v]
        while at >= 0:
            count += 1
            at = seeds.after[at]
    found = np.empty(count, np.int64)
    for v in vertices:
        at = seeds.first[v]
        while at >= 0:
            count -= 1
            found[count] = seeds.facility[at]
            at = seeds.after[at]
    return found
