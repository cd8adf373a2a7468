"""Walking times over a network for a walker: the one place that knows how routes are found.

Inside, costs are seconds; at the surface, minutes. A limit is inclusive. What cannot be reached has no
row, or NaN, never a large number.

Everything starts and ends at spots along edges, so every question is a search between nodes with a leg at either
end, beside the direct ways between spots on one edge. Which structure answers is chosen here by the work asked:

- one bounded search per origin where few start, many at a time over a hierarchy where very many do;
- one search per kind, from all its facilities at once over reversed arcs, for the nearest;
- one search per facility, over reversed arcs, for counts;
- sweeps over a hierarchy where the same network is asked again and again (:meth:`Footing.prepare`).

All give the same numbers to the last bit, with any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle import kernels
from walkcircle.arcs import Csr
from walkcircle.chunks import CHUNK, Progress, run_chunks
from walkcircle.errors import NetworkError
from walkcircle.footing import ROUNDING_S, Footing, make_footing
from walkcircle.legs import Legs, join_directly, walk_directly
from walkcircle.network import WalkNetwork
from walkcircle.snapping import Spots, snap_points
from walkcircle.tables import Counts, Facilities, Nearest, WalkTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Walker

#: So many origins per node of the network make a hierarchy pay for being built (measured: tests/benchmarks).
ORIGINS_PER_NODE = 0.5

#: For counts a hierarchy pays from fewer on, but not below some thousands, since it is compiled first (measured).
COUNTED_PER_NODE = 0.1
LEAST_COUNTED = 2000

#: Kinds that are counted together: enough that neighbours are of any kind, few enough that progress is told.
KINDS = 20


@dataclass(frozen=True, eq=False)
class Reach:
    """How far one can walk from each origin within a limit.

    Attributes
    ----------
    footing
        The streets as the walker finds them.
    origins
        Where the walks start; origins that are areas or could not be snapped have their own number of spots.
    limit_s
        The limit, seconds; infinite when there is none.
    start
        ``(m + 1,)`` where each origin's nodes start.
    node, seconds
        Nodes reached, in no particular order, and the time to each, access leg included.
    """

    footing: Footing
    origins: Spots
    limit_s: float
    start: NDArray[np.int64]
    node: NDArray[np.uint32]
    seconds: NDArray[np.float64]

    def __repr__(self) -> str:
        """Say how much was reached."""
        origins = len(self.origins.labels)
        return f"<Reach {origins:,} origins, {len(self.node):,} node times within {self.limit_s / 60:g} min>"

    def node_seconds(self, origin: int) -> NDArray[np.float64]:
        """Return ``(n,)`` seconds from one origin (its position) to every node, infinite beyond the limit."""
        times = np.full(len(self.footing.network.xy), inf)
        part = slice(self.start[origin], self.start[origin + 1])
        times[self.node[part]] = self.seconds[part]
        return times

    def seconds_to(self, origin: int, spots: Spots) -> NDArray[np.float64]:
        """Return ``(k,)`` seconds from one origin (its position) to every spot, both access legs included.

        A spot is reached by either end of its edge or, from the same edge, along it; from a door to itself nothing
        is walked. Infinite beyond the limit.
        """
        legs = Legs.arriving(self.footing, spots)
        seconds = np.asarray((self.node_seconds(origin)[legs.node] + legs.seconds).min(axis=1))
        begin, end, direct, _ = walk_directly(self.footing, self.origins, spots)
        mine = self.origins.item[begin] == origin
        np.minimum.at(seconds, end[mine], direct[mine])
        seconds[seconds > self.limit_s + ROUNDING_S] = inf
        return seconds


def walk(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    *,
    limit_min: float | None = None,
    within_m: float = 100.0,
    threads: int | None = None,
) -> Reach:
    """Walk from every origin to all that lies within the limit.

    Very many origins are better walked block by block: :func:`walk_blocks`.

    Parameters
    ----------
    network
        Streets, or a footing made of them for the same walker.
    origins
        Points or areas in a metric CRS, or spots.
    walker
        Who walks.
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    within_m
        Longest access leg where origins are still to be snapped, metres.
    threads
        How many searches at once; as many as there are processors when None.

    Raises
    ------
    TableError
        Origins have no CRS, are in degrees, or have an unusable geometry.
    """
    footing, spots = _stand(network, origins, walker, within_m, "origins")
    blocks = list(walk_blocks(footing, spots, walker, limit_min=limit_min, threads=threads))
    return Reach(
        footing=footing,
        origins=spots,
        limit_s=inf if limit_min is None else limit_min * 60,
        start=np.cumsum([0, *(count for reach in blocks for count in np.diff(reach.start).tolist())]),
        node=np.concatenate([np.empty(0, np.uint32), *(reach.node for reach in blocks)]),
        seconds=np.concatenate([np.empty(0), *(reach.seconds for reach in blocks)]),
    )


def walk_blocks(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    *,
    limit_min: float | None = None,
    within_m: float = 100.0,
    size: int = CHUNK,
    near: bool = False,
    threads: int | None = None,
    report: Progress | None = None,
) -> Iterator[Reach]:
    """Walk from every origin like :func:`walk`, and give the walks of `size` origins at a time.

    Memory does not grow with the number of origins.

    Parameters
    ----------
    network, origins, walker, limit_min, within_m, threads
        As in :func:`walk`.
    size
        Origins in a block.
    near
        Let a block hold neighbours, which its labels tell, instead of origins in their order. Where they are so many
        that a hierarchy pays, it is built first, and neighbours are searched from side by side.
    report
        Called with the number of origins done and in all.

    Raises
    ------
    TableError
        Origins have no CRS, are in degrees, or have an unusable geometry.
    """
    footing, spots = _stand(network, origins, walker, within_m, "origins")
    limit_s = inf if limit_min is None else limit_min * 60
    order = np.arange(len(spots.labels))
    if near:
        if limit_min is not None and len(spots.labels) > ORIGINS_PER_NODE * len(footing.network.xy):
            footing = footing.prepare(limit_min)
        order = _sort_near(footing, spots)

    def walk_block(start: int, stop: int) -> Reach:
        block = spots.take(order[start:stop])
        return Reach(footing, block, limit_s, *_search_each(footing, block, limit_s + ROUNDING_S, near=near))

    return run_chunks(walk_block, len(order), size=size, threads=threads, report=report)


def _sort_near(footing: Footing, spots: Spots) -> NDArray[np.int64]:
    """Sort things so that neighbours in the network come together; what is not on it comes last."""
    number = np.arange(len(footing.network.xy)) if footing.hierarchy is None else footing.hierarchy.number
    place = np.full(len(spots.labels), len(number))
    place[spots.item] = number[footing.network.ends[spots.edge, 0]]
    return np.argsort(place, kind="stable")


def _search_each(
    footing: Footing, spots: Spots, limit_s: float, *, near: bool
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64]]:
    """Search from every origin, neighbours side by side over the hierarchy where it is there and reaches as far."""
    seeds = Legs.leaving(footing, spots).by_item()
    ready = footing.hierarchy
    if near and ready is not None and ready.limit_s >= limit_s:
        found = kernels.search_lanes(
            ready.up, ready.above, ready.climb, ready.down, ready.below, ready.drop, ready.node,
            seeds.start, ready.number[seeds.node], seeds.seconds, limit_s,
        )  # fmt: skip
    else:
        csr = footing.outward
        found = kernels.search_each(
            csr.indptr, csr.head, csr.cost, seeds.start, seeds.node, seeds.seconds, limit_s,
            *csr.buckets(seeds.seconds, limit_s),
        )  # fmt: skip
    return found[0], found[1], found[2]


def measure_times(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    *,
    limit_min: float | None = None,
    within_m: float = 100.0,
    threads: int | None = None,
    report: Progress | None = None,
) -> pd.DataFrame:
    """Measure the walking time and length from every origin to every destination.

    Parameters
    ----------
    network
        Streets, or a footing made of them for the same walker.
    origins, destinations
        Points or areas in a metric CRS, or spots. An area is left and entered where that is quickest.
    walker
        Who walks; ``Walker(speed_kmh=v)`` walks on the flat without any delay.
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    within_m
        Longest access leg at each end, metres.
    threads
        How many searches at once; as many as there are processors when None.
    report
        Called with the number of origins done and in all.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.WalkTimes`: index labels of `origins` and `destinations`, minutes and
        metres, access legs included. A pair that cannot be walked within the limit has no row.

    Raises
    ------
    TableError
        A frame has no CRS, is in degrees, or has an unusable geometry.
    """
    footing, starts = _stand(network, origins, walker, within_m, "origins")
    _, ends = _stand(footing, destinations, walker, within_m, "destinations")
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    seeds = Legs.leaving(footing, starts).by_item()
    legs = Legs.arriving(footing, ends).by_node()
    direct = join_directly(footing, starts, ends)
    out, back = footing.outward, footing.inward
    width, buckets = out.buckets(seeds.seconds, limit_s)

    def search(start: int, stop: int) -> tuple[NDArray[Any], ...]:
        rows = slice(start, stop + 1)
        begin, item, seconds, metres = kernels.search_pairs(
            out.indptr, out.head, out.cost, back.indptr, back.head, back.cost, back.metres,
            seeds.start[rows], seeds.node, seeds.seconds, seeds.metres,
            legs.start, legs.item, legs.seconds, legs.metres,
            direct.start[rows], direct.item, direct.seconds, direct.metres,
            len(ends.labels), limit_s, width, buckets,
        )  # fmt: skip
        origin = np.repeat(np.arange(start, stop), np.diff(begin))
        order = np.lexsort((item, origin))
        return origin[order], item[order], seconds[order], metres[order]

    rows = list(run_chunks(search, len(starts.labels), threads=threads, report=report))
    nothing = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    origin, item, seconds, metres = (np.concatenate(column) for column in zip(nothing, *rows, strict=True))
    return pd.DataFrame(
        {
            WalkTimes.origin: starts.labels.take(origin),
            WalkTimes.destination: ends.labels.take(item),
            WalkTimes.minutes: seconds / 60,
            WalkTimes.metres: metres,
        }
    )


def count_within(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    facilities: gpd.GeoDataFrame,
    walker: Walker,
    *,
    limits_min: Sequence[float],
    spots: Spots | None = None,
    within_m: float = 100.0,
    threads: int | None = None,
    report: Progress | None = None,
) -> pd.DataFrame:
    """Count the facilities of each kind within each of several limits from every origin.

    Parameters
    ----------
    network
        Streets, or a footing made of them for the same walker.
    origins
        Points or areas in a metric CRS, or spots.
    facilities
        Table of :class:`~walkcircle.tables.Facilities`. One with several entrances counts once.
    walker
        Who walks.
    limits_min
        Limits, minutes, inclusive.
    spots
        Where the rows of `facilities` meet the streets; snapped here when not given.
    within_m
        Longest access leg where something is still to be snapped, metres.
    threads
        How many searches at once; as many as there are processors when None.
    report
        Called with the number of kinds done and in all.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Counts`: every origin that is on the network, kind and limit, zeros included.

    Raises
    ------
    TableError
        A frame has no CRS, is in degrees, or has an unusable geometry.
    """
    footing, starts = _stand(network, origins, walker, within_m, "origins")
    _, ends = _stand(footing, facilities if spots is None else spots, walker, within_m, "facilities")
    kinds, kind = np.unique(facilities[Facilities.kind].to_numpy(dtype=str), return_inverse=True)
    limits = np.sort(np.asarray(limits_min, dtype=float))
    on_network = np.unique(starts.item)
    counts = measure_counts(footing, starts, ends, kind, limits * 60, threads=threads, report=report)[:, on_network]
    shape = counts.shape
    return pd.DataFrame(
        {
            Counts.origin: np.tile(np.repeat(starts.labels.take(on_network), shape[2]), shape[0]),
            Counts.kind: np.repeat(kinds.astype(object), shape[1] * shape[2]),
            Counts.limit_min: np.tile(limits, shape[0] * shape[1]),
            Counts.facilities: counts.ravel().astype(np.int64),
        }
    )


def measure_counts(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    kind: NDArray[np.int64],
    limits_s: NDArray[np.float64],
    *,
    threads: int | None = None,
    report: Progress | None = None,
) -> NDArray[np.int32]:
    """Count like :func:`count_within`, as an array.

    One search runs from each facility over reversed arcs, so the work does not grow with the origins beyond looking
    at those that are reached.

    Parameters
    ----------
    footing
        The streets as a walker finds them.
    starts, ends
        Spots of the origins and of what is counted.
    kind
        Code of each thing in `ends`, 0, 1, 2, …
    limits_s
        Limits, seconds, inclusive, growing.
    threads, report
        As in :func:`count_within`.

    Returns
    -------
    ndarray, shape (kinds, origins, limits), int32
    """
    limits = np.asarray(limits_s, dtype=float) + ROUNDING_S
    kinds = int(kind.max(initial=-1)) + 1
    if len(ends) > max(LEAST_COUNTED, COUNTED_PER_NODE * len(footing.network.xy)) and np.isfinite(limits[-1]):
        footing = footing.prepare(limits_s[-1] / 60)
    order = _sort_near(footing, starts)  # neighbours are counted for together, so let them lie together
    starts = starts.take(order)
    legs = Legs.leaving(footing, starts).by_node()
    ready, csr = footing.hierarchy, footing.inward

    def count(first: int, stop: int) -> NDArray[np.int32]:
        chosen = (kind >= first) & (kind < stop)
        mine = ends.only(chosen)
        code = kind[chosen] - first
        if ready is not None and ready.limit_s >= limits[-1]:
            near = _sort_near(footing, mine)
            mine, code = mine.take(near), code[near]
        seeds = Legs.arriving(footing, mine).by_item()
        direct = join_directly(footing, mine, starts, backwards=True)
        if ready is not None and ready.limit_s >= limits[-1]:
            return np.asarray(
                kernels.count_lanes(
                    ready.up, ready.above, ready.descend, ready.down, ready.below, ready.lift, ready.node,
                    seeds.start, ready.number[seeds.node], seeds.seconds, code, stop - first,
                    legs.start, legs.item, legs.seconds, direct.start, direct.item, direct.seconds,
                    len(starts.labels), limits,
                )
            )  # fmt: skip
        width, buckets = csr.buckets(seeds.seconds, limits[-1])
        return np.asarray(
            kernels.count_pairs(
                csr.indptr, csr.head, csr.cost, seeds.start, seeds.node, seeds.seconds, code, stop - first,
                legs.start, legs.item, legs.seconds, direct.start, direct.item, direct.seconds,
                len(starts.labels), limits, width, buckets,
            )
        )  # fmt: skip

    parts = list(run_chunks(count, kinds, size=KINDS, threads=threads, report=report))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return np.concatenate(parts)[:, place] if parts else np.zeros((0, len(starts.labels), len(limits)), np.int32)


def nearest(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    facilities: gpd.GeoDataFrame,
    walker: Walker,
    *,
    spots: Spots | None = None,
    k: int = 1,
    limit_min: float | None = None,
    within_m: float = 100.0,
    threads: int | None = None,
) -> pd.DataFrame:
    """Find the `k` nearest facilities of each kind from every origin.

    One search per kind runs from all its facilities at once along reversed arcs, so the work does not grow with the
    number of origins.

    Parameters
    ----------
    network
        Streets, or a footing made of them for the same walker.
    origins
        Points or areas in a metric CRS, or spots.
    facilities
        Table of :class:`~walkcircle.tables.Facilities`.
    walker
        Who walks.
    spots
        Where the rows of `facilities` meet the streets; snapped here when not given.
    k
        How many facilities of each kind.
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    within_m
        Longest access leg where something is still to be snapped, metres.
    threads
        How many searches at once; as many as there are processors when None.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Nearest`. Equally near facilities come in the order of their ids.

    Raises
    ------
    TableError
        A frame has no CRS, is in degrees, or has an unusable geometry.
    """
    footing, starts = _stand(network, origins, walker, within_m, "origins")
    _, ends = _stand(footing, facilities if spots is None else spots, walker, within_m, "facilities")
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    # numbers that grow with the ids settle ties the same way whatever the order of the rows
    by_id = np.argsort(np.argsort(facilities[Facilities.facility].to_numpy(dtype=str), kind="stable"))
    ids = facilities[Facilities.facility].to_numpy()[np.argsort(by_id)]
    of_spot = facilities[Facilities.kind].to_numpy()[ends.item]
    kinds = pd.unique(facilities[Facilities.kind])

    def find(start: int, _: int) -> pd.DataFrame:
        mine = np.flatnonzero(of_spot == kinds[start])
        origin, rank, label, seconds = _rank_nearest(footing, starts, ends.pick(mine), by_id, limit_s, k)
        return pd.DataFrame(
            {
                Nearest.origin: starts.labels.take(origin),
                Nearest.kind: kinds[start],
                Nearest.rank: rank,
                Nearest.facility: ids[label],
                Nearest.minutes: seconds / 60,
            }
        )

    parts = list(run_chunks(find, len(kinds), size=1, threads=threads))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*map(str, Nearest.columns())])


def _rank_nearest(
    footing: Footing, starts: Spots, ends: Spots, by_id: NDArray[np.int64], limit_s: float, k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return origin, rank, facility (its number by id) and seconds of the `k` nearest of the things at `ends`."""
    leaving, arriving = Legs.leaving(footing, starts), Legs.arriving(footing, ends)
    label = by_id[ends.item]
    seed_node, seed_cost = arriving.node.ravel().astype(np.uint32), arriving.seconds.ravel()
    csr = footing.inward
    graph, seeds = (csr.indptr, csr.head, csr.cost), (seed_node, seed_cost, np.repeat(label, 2))
    if k == 1:
        reached, mark = kernels.search_nearest(*graph, *seeds, limit_s, *csr.buckets(seed_cost, limit_s))
        reached, mark = reached[:, None], mark[:, None]
    else:
        reached, mark = kernels.search_nearest_few(*graph, *seeds, limit_s, k)
    begin, end, direct, _ = walk_directly(footing, starts, ends)
    count = reached.shape[1]
    item = np.concatenate([np.repeat(starts.item, 2 * count), starts.item[begin]])
    seconds = np.concatenate([(reached[leaving.node] + leaving.seconds[:, :, None]).ravel(), direct])
    number = np.concatenate([mark[leaving.node].ravel(), label[end]])
    near = np.flatnonzero((seconds <= limit_s) & np.isfinite(seconds))
    near = near[np.lexsort((number[near], seconds[near], item[near]))]
    item, seconds, number = item[near], seconds[near], number[near]
    if k > 1:  # a facility may be found by several ways; the first is the quickest
        order = np.lexsort((number, item))
        again = np.zeros(len(order), bool)
        again[order[1:]] = (item[order[1:]] == item[order[:-1]]) & (number[order[1:]] == number[order[:-1]])
        item, seconds, number = item[~again], seconds[~again], number[~again]
    first = np.flatnonzero(np.diff(item, prepend=-1))
    rank = np.arange(len(item)) - np.repeat(first, np.diff(np.append(first, len(item)))) + 1
    kept = rank <= k
    return item[kept], rank[kept], number[kept], seconds[kept]


def measure_nearest(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    kind: NDArray[np.int64],
    *,
    limit_min: float | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Measure the seconds from every origin to the nearest thing of each kind: the numbers of :func:`nearest` alone.

    For questions that are asked again and again with other things of the same network: prepare the footing
    (:meth:`Footing.prepare`) and the answer takes two sweeps over its hierarchy.

    Parameters
    ----------
    footing
        The streets as a walker finds them.
    starts, ends
        Spots of the origins and of the things.
    kind
        Code of each thing in `ends`, 0, 1, 2, …
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    threads
        How many searches at once; as many as there are processors when None.

    Returns
    -------
    ndarray, shape (origins, kinds)
        Seconds; infinite where there is none within the limit.
    """
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    kinds = int(kind.max(initial=-1)) + 1
    leaving, arriving = Legs.leaving(footing, starts), Legs.arriving(footing, ends)
    of_spot = kind[ends.item]
    ready = footing.hierarchy
    if ready is not None and ready.limit_s >= limit_s:
        best = np.full((len(ready.node), kinds), inf)
        row = ready.number[arriving.node].ravel().astype(np.int64)
        kernels.improve_lanes(best, row, np.repeat(of_spot, 2), arriving.seconds.ravel(), limit_s)
        kernels.sweep_lanes(ready.up, ready.above, ready.descend, ready.climb, best)
        seconds = np.empty((len(starts), kinds))
        kernels.join_lanes(best, ready.number, leaving.node, leaving.seconds, limit_s, seconds)
    else:
        csr = footing.inward

        def search(start: int, _: int) -> NDArray[np.float64]:
            mine = of_spot == start
            cost = arriving.seconds[mine].ravel()
            node = arriving.node[mine].ravel().astype(np.uint32)
            reached = kernels.search_any(
                csr.indptr, csr.head, csr.cost, node, cost, limit_s, *csr.buckets(cost, limit_s)
            )
            one, other = (reached[leaving.node[:, side]] + leaving.seconds[:, side] for side in (0, 1))
            both = np.minimum(one, other)
            return np.where(both <= limit_s, both, inf)

        seconds = np.empty((len(starts), kinds))
        for code, column in enumerate(run_chunks(search, kinds, size=1, threads=threads)):
            seconds[:, code] = column
    begin, end, direct, _ = walk_directly(footing, starts, ends)
    kernels.improve_lanes(seconds, begin, of_spot[end], direct, limit_s)
    first = np.flatnonzero(np.diff(starts.item, prepend=-1))
    if len(first) == len(starts.labels):
        return seconds if len(first) == len(starts) else np.minimum.reduceat(seconds, first)
    all_items = np.full((len(starts.labels), kinds), inf)
    np.minimum.at(all_items, starts.item, seconds)
    return all_items


#: What every edge adds to the burden of a way, so that of equally quick ways with equal burdens the one of fewest edges
#: counts, and edges that take no time are not walked in rings. A way has fewer than a million edges.
_LEAST_BURDEN = 2.0**-20


@dataclass(frozen=True, eq=False)
class Routes:
    """The quickest way from each origin to the nearest thing, edge by edge.

    All ways to one thing make a tree: where two of them meet, they go on together.

    Attributes
    ----------
    seconds
        ``(m,)`` time of each origin's way; infinite where nothing is reached.
    nearest
        ``(m,)`` position in the labels of the ends of what is nearest, -1 where there is none.
    start, end
        ``(m,)`` spot where each way begins, and spot where it ends; -1 where there is none.
    node
        ``(m,)`` node that each way comes to first; -1 where it passes none.
    arc, onward
        ``(n,)`` how ways go on from each node, twice the edge and one more where it is walked from its last node to
        its first, and the node that this leads to; -1 where they end.
    """

    seconds: NDArray[np.float64]
    nearest: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    node: NDArray[np.int64]
    arc: NDArray[np.int64]
    onward: NDArray[np.int64]

    def __repr__(self) -> str:
        """Say how many ways there are."""
        return f"<Routes from {int((self.nearest >= 0).sum()):,} of {len(self.nearest):,} origins to the nearest>"

    def trace(self, origins: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Trace the ways of some origins, which are positions: who walks along which edge as a whole.

        Returns
        -------
        origin, edge : ndarray, shape (w,)
            By origin, each origin's edges in the order of its way.
        """
        node, found = self.node[origins], []
        while len(origins):
            going = (node >= 0) & (self.arc[node] >= 0)
            origins, node = origins[going], node[going]
            found.append((origins, self.arc[node] // 2))
            node = self.onward[node]
        nothing = np.empty(0, np.int64)
        origin, edge = (np.concatenate([nothing, *(step[column] for step in found)]) for column in (0, 1))
        order = np.argsort(origin, kind="stable")
        return origin[order], edge[order]


def find_routes(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    *,
    limit_min: float | None = None,
    burden: NDArray[np.float64] | None = None,
    start_burden: NDArray[np.float64] | None = None,
    end_burden: NDArray[np.float64] | None = None,
) -> Routes:
    """Find the quickest way from every origin to the nearest of some things, with the edges it leads along.

    One search runs from all things along reversed arcs; an arc lies on a quickest way where the times add up exactly
    (:data:`~walkcircle.footing.GRAIN_S`). Of equally quick ways the least burdensome counts, then that of fewest edges.

    Parameters
    ----------
    footing
        The streets as a walker finds them.
    starts, ends
        Spots of the origins and of the things; of equally near things the first counts.
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    burden
        ``(e,)`` burden of each edge, whole numbers of 0 or more; none when not given.
    start_burden, end_burden
        The same of each spot.

    Raises
    ------
    NetworkError
        A burden is not a whole number of 0 or more.
    """
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    heavy, heavy_start, heavy_end = (
        np.zeros(count) if given is None else np.asarray(given, dtype=float)
        for given, count in ((burden, len(footing.seconds)), (start_burden, len(starts)), (end_burden, len(ends)))
    )
    if any((given < 0).any() or (given % 1 != 0).any() for given in (heavy, heavy_start, heavy_end)):
        msg = "burdens of ways are whole numbers of 0 or more; scale them first"
        raise NetworkError(msg)
    tree = _Tree.grow(footing, ends, limit_s, heavy + _LEAST_BURDEN, heavy_end)
    leaving = Legs.leaving(footing, starts)
    begin, end, direct, _ = walk_directly(footing, starts, ends)
    node = np.concatenate([leaving.node.ravel(), np.full(len(begin), -1)])
    seconds = np.concatenate([(tree.reached[leaving.node] + leaving.seconds).ravel(), direct])
    label = np.concatenate([tree.label[leaving.node].ravel(), ends.item[end]])
    start = np.concatenate([np.repeat(np.arange(len(starts)), 2), begin])
    weight = np.concatenate([tree.burden[leaving.node].ravel(), heavy_end[end]]) + heavy_start[start]
    stop = np.concatenate([tree.arrival[leaving.node].ravel(), end])
    best = np.flatnonzero((seconds <= limit_s) & np.isfinite(seconds))
    best = best[np.lexsort((node[best], weight[best], label[best], seconds[best], starts.item[start[best]]))]
    item, first = np.unique(starts.item[start[best]], return_index=True)
    best = best[first]
    columns = {name: np.full(len(starts.labels), -1) for name in ("nearest", "start", "end", "node")}
    for name, values in (("nearest", label), ("start", start), ("end", stop), ("node", node)):
        columns[name][item] = values[best]
    took = np.full(len(starts.labels), inf)
    took[item] = seconds[best]
    return Routes(seconds=took, **columns, arc=tree.arc, onward=tree.onward)


@dataclass(frozen=True, eq=False)
class _Tree:
    """How quickest ways go on from each node to the nearest thing: seconds, thing, burden, arc, node, and last spot."""

    reached: NDArray[np.float64]
    label: NDArray[np.int64]
    burden: NDArray[np.float64]
    arc: NDArray[np.int64]
    onward: NDArray[np.int64]
    arrival: NDArray[np.int64]

    @classmethod
    def grow(
        cls,
        footing: Footing,
        ends: Spots,
        limit_s: float,
        burden: NDArray[np.float64],
        end_burden: NDArray[np.float64],
    ) -> _Tree:
        """Search from all things, and choose one of the quickest ways on from each node."""
        nodes = len(footing.network.xy)
        legs, csr = Legs.arriving(footing, ends), footing.inward
        seed, cost = legs.node.ravel(), legs.seconds.ravel()
        of_seed = np.repeat(ends.item, 2)
        reached, label = kernels.search_nearest(
            csr.indptr, csr.head, csr.cost, seed.astype(np.uint32), cost, of_seed, limit_s,
            *csr.buckets(cost, limit_s),
        )  # fmt: skip
        side = np.tile([0, 1], len(footing.seconds))
        arcs = np.flatnonzero((footing.enter & np.isfinite(footing.seconds)).ravel())
        tail = footing.network.ends.ravel()[arcs]
        head = footing.network.ends[arcs // 2, 1 - side[arcs]]
        seconds = footing.seconds.ravel()[arcs]
        # whoever goes on walks to the same thing
        tight = np.isfinite(reached[tail]) & (reached[tail] == reached[head] + seconds) & (label[tail] == label[head])
        arcs, tail, head, seconds = (column[tight] for column in (arcs, tail, head, seconds))
        here = (cost == reached[seed]) & np.isfinite(cost) & (of_seed == label[seed])
        at, spot = seed[here], np.repeat(np.arange(len(ends)), 2)[here]
        order = np.argsort(reached, kind="stable")[: np.isfinite(reached).sum()].astype(np.uint32)
        by_tail = Csr.from_arcs(tail, head, seconds, burden[arcs // 2], nodes)
        least = np.full(nodes, inf)
        kernels.measure_paths(
            by_tail.indptr, by_tail.head, by_tail.cost, by_tail.metres, order, reached,
            at.astype(np.uint32), cost[here], end_burden[spot], least,
        )  # fmt: skip
        arc, onward, arrival = (np.full(nodes, -1) for _ in range(3))
        lightest = np.flatnonzero(least[tail] == least[head] + burden[arcs // 2])[::-1]
        arc[tail[lightest]], onward[tail[lightest]] = arcs[lightest], head[lightest]
        light = np.flatnonzero(end_burden[spot] == least[at])[::-1]
        arrival[at[light]] = spot[light]
        arc[at[light]] = onward[at[light]] = -1
        root = np.where(onward >= 0, onward, np.arange(nodes))
        while (root[root] != root).any():
            root = root[root]
        return cls(reached, label, least, arc, onward, arrival[root])


def _stand(
    network: WalkNetwork | Footing,
    things: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    within_m: float,
    layer: str,
) -> tuple[Footing, Spots]:
    """Make the footing where it is not yet made, and snap what is not yet snapped to the edges the walker can use."""
    footing = network if isinstance(network, Footing) else make_footing(network, walker)
    if isinstance(things, Spots):
        return footing, things
    return footing, snap_points(things, footing.network, within_m=within_m, allowed=footing.usable, layer=layer)
