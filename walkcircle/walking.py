"""Walking times over a network for a walker: the one place that knows how routes are found.

Inside, costs are seconds; at the surface, minutes. A limit is inclusive. What cannot be reached has no
row, or NaN, never a large number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle import kernels
from walkcircle.footing import Footing, make_footing
from walkcircle.network import WalkNetwork
from walkcircle.snapping import Spots, snap_points
from walkcircle.tables import Facilities, Nearest, WalkTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Walker

#: Limits are inclusive; a microsecond of room keeps a walk of exactly the limit inside after rounding.
ROUNDING_S = 1e-6

#: Doors nearer to each other than this are one door: coordinates that went through a file differ by less.
SAME_DOOR_M = 1e-3


@dataclass(frozen=True, eq=False)
class Seeds:
    """The nodes at either end of the edges where walks start; those of origin i are ``start[i]:start[i + 1]``."""

    start: NDArray[np.int64]
    node: NDArray[np.int64]
    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]

    @classmethod
    def from_spots(cls, footing: Footing, spots: Spots) -> Seeds:
        """Walk from each spot to the two ends of its edge, as far as they are open."""
        ends, along = footing.network.ends[spots.edge], footing.seconds[spots.edge]
        to_first, to_last = spots.fraction, 1 - spots.fraction
        leg = spots.access_m[:, None]
        seconds = np.stack([measure_part(to_first, along[:, 1]), measure_part(to_last, along[:, 0])], axis=1)
        metres = np.stack([to_first, to_last], axis=1) * footing.network.length_m[spots.edge, None]
        seconds, metres = seconds + leg / footing.walker.metres_per_second, metres + leg
        open_ = np.isfinite(seconds).ravel()
        start = np.searchsorted(np.repeat(spots.item, 2)[open_], np.arange(len(spots.labels) + 1))
        return cls(start.astype(np.int64), ends.ravel()[open_], seconds.ravel()[open_], metres.ravel()[open_])


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
    seeds
        Ends of the origins' edges, where the searches began.
    start
        ``(m + 1,)`` where each origin's nodes start.
    node, seconds
        Nodes reached, growing within each origin, and the time to each, access leg included.
    """

    footing: Footing
    origins: Spots
    limit_s: float
    seeds: Seeds
    start: NDArray[np.int64]
    node: NDArray[np.int64]
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
        """Return ``(k,)`` seconds from one origin to every spot, both access legs included.

        Infinite beyond the limit.
        """
        return self.arrivals(origin, spots)[0]

    def arrivals(self, origin: int, spots: Spots) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``(k,)`` seconds and metres from one origin (its position) to every spot.

        A spot is reached by either end of its edge or, from the same edge, along it. Both access legs
        count; from a door to itself nothing is walked. Beyond the limit seconds are infinite and metres mean nothing.
        """
        network, walker = self.footing.network, self.footing.walker
        node_seconds = self.node_seconds(origin)
        metres_at = self._node_metres(origin, node_seconds)
        edge, fraction = spots.edge, spots.fraction
        (a, b), length = network.ends[edge].T, network.length_m[edge]
        enter, along = self.footing.enter[edge], self.footing.seconds[edge]
        seconds = node_seconds[a] + np.where(enter[:, 0], measure_part(fraction, along[:, 0]), inf)
        metres = metres_at[a] + fraction * length
        by_last = node_seconds[b] + np.where(enter[:, 1], measure_part(1 - fraction, along[:, 1]), inf)
        nearer = by_last < seconds
        seconds = np.where(nearer, by_last, seconds)
        metres = np.where(nearer, metres_at[b] + (1 - fraction) * length, metres)
        at_home = np.zeros(len(spots), bool)
        for mine in np.flatnonzero(self.origins.item == origin):
            same = np.flatnonzero(edge == self.origins.edge[mine])
            if len(same) == 0:
                continue
            apart = fraction[same] - self.origins.fraction[mine]
            direct = self.origins.access_m[mine] / walker.metres_per_second + measure_part(
                np.abs(apart), np.where(apart >= 0, along[same, 0], along[same, 1])
            )
            nearer = direct < seconds[same]
            seconds[same] = np.where(nearer, direct, seconds[same])
            straight = self.origins.access_m[mine] + np.abs(apart) * length[same]
            metres[same] = np.where(nearer, straight, metres[same])
            at_home[same[_at_one_door(self.origins.door_xy[mine], spots.door_xy[same])]] = True
        seconds = seconds + spots.access_m / walker.metres_per_second
        seconds[seconds > self.limit_s + ROUNDING_S] = inf
        return np.where(at_home, 0.0, seconds), np.where(at_home, 0.0, metres + spots.access_m)

    def _node_metres(self, origin: int, node_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(n,)`` metres walked on the quickest way from one origin to each node it reached."""
        part = slice(self.start[origin], self.start[origin + 1])
        seed = slice(self.seeds.start[origin], self.seeds.start[origin + 1])
        csr = self.footing.inward
        return np.asarray(
            kernels.measure_paths(
                csr.indptr, csr.head, csr.cost, csr.metres,
                self.node[part][np.argsort(self.seconds[part], kind="stable")], node_seconds,
                self.seeds.node[seed], self.seeds.seconds[seed], self.seeds.metres[seed],
            )
        )  # fmt: skip


def walk(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    *,
    limit_min: float | None = None,
    within_m: float = 100.0,
) -> Reach:
    """Walk from every origin to all that lies within the limit.

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

    Raises
    ------
    TableError
        Origins have no CRS, are in degrees, or have an unusable geometry.
    """
    footing = network if isinstance(network, Footing) else make_footing(network, walker)
    spots = _snapped(origins, footing, within_m, "origins")
    limit_s = inf if limit_min is None else limit_min * 60
    seeds = Seeds.from_spots(footing, spots)
    csr = footing.outward
    width, buckets = csr.buckets(seeds.seconds)
    start, node, seconds = kernels.search_each(
        csr.indptr,
        csr.head,
        csr.cost,
        seeds.start,
        seeds.node,
        seeds.seconds,
        limit_s + ROUNDING_S,
        width,
        buckets,
    )
    return Reach(footing, spots, limit_s, seeds, start, node, seconds)


def measure_times(
    network: WalkNetwork | Footing,
    origins: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries | Spots,
    walker: Walker,
    *,
    limit_min: float | None = None,
    within_m: float = 100.0,
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
    footing = network if isinstance(network, Footing) else make_footing(network, walker)
    reach = walk(footing, origins, walker, limit_min=limit_min, within_m=within_m)
    spots = _snapped(destinations, footing, within_m, "destinations")
    first_of = np.flatnonzero(np.diff(spots.item, prepend=-1))
    thing = np.repeat(np.arange(len(first_of)), np.diff(np.append(first_of, len(spots))))
    rows: list[tuple[NDArray[Any], ...]] = []
    for start in range(len(reach.origins.labels) if len(spots) else 0):
        seconds, metres = reach.arrivals(start, spots)
        best = np.minimum.reduceat(seconds, first_of)
        quickest = np.flatnonzero((seconds == best[thing]) & np.isfinite(seconds))
        found, at = np.unique(thing[quickest], return_index=True)
        rows.append((np.full(len(found), start), spots.item[first_of[found]], best[found], metres[quickest[at]]))
    origin, item, seconds, metres = _stack(rows)
    return pd.DataFrame(
        {
            WalkTimes.origin: reach.origins.labels.take(origin.astype(np.int64)),
            WalkTimes.destination: spots.labels.take(item.astype(np.int64)),
            WalkTimes.minutes: seconds / 60,
            WalkTimes.metres: metres,
        }
    )


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
) -> pd.DataFrame:
    """Find the `k` nearest facilities of each kind from every origin.

    For ``k = 1`` one search per kind runs from all its facilities at once along reversed arcs, so the
    work does not grow with the number of origins.

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

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Nearest`. Equally near facilities come in the order of their ids.
    """
    footing = network if isinstance(network, Footing) else make_footing(network, walker)
    starts = _snapped(origins, footing, within_m, "origins")
    ends = spots if spots is not None else _snapped(facilities, footing, within_m, "facilities")
    if k > 1:
        return _rank_nearest(footing, starts, facilities, ends, k, limit_min)
    limit_s = inf if limit_min is None else limit_min * 60
    # numbers that grow with the ids settle ties the same way whatever the order of the rows
    by_id = np.argsort(np.argsort(facilities[Facilities.facility].to_numpy(dtype=str), kind="stable"))
    kinds = facilities[Facilities.kind].to_numpy()
    first_of = np.flatnonzero(np.diff(starts.item, prepend=-1))
    parts = []
    for kind in pd.unique(facilities[Facilities.kind]):
        mine = np.flatnonzero(kinds[ends.item] == kind)
        seconds, label = _nearest_of_kind(footing, starts, ends, mine, by_id, limit_s)
        if len(first_of) == 0:
            continue
        best = np.minimum.reduceat(seconds, first_of)
        owner = np.repeat(np.arange(len(first_of)), np.diff(np.append(first_of, len(starts))))
        tied = np.where(seconds == best[owner], label, np.iinfo(np.int64).max)
        winner = np.minimum.reduceat(tied, first_of)
        near = np.flatnonzero(np.isfinite(best))
        parts.append(
            pd.DataFrame(
                {
                    Nearest.origin: starts.labels.take(starts.item[first_of[near]]),
                    Nearest.kind: kind,
                    Nearest.rank: 1,
                    Nearest.facility: facilities[Facilities.facility].to_numpy()[np.argsort(by_id)[winner[near]]],
                    Nearest.minutes: best[near] / 60,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*map(str, Nearest.columns())])


def _nearest_of_kind(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    mine: NDArray[np.int64],
    by_id: NDArray[np.int64],
    limit_s: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return seconds from every start to the nearest of the ends `mine`, and the number of its facility."""
    pace, network = footing.walker.metres_per_second, footing.network
    edge, fraction = ends.edge[mine], ends.fraction[mine]
    number = by_id[ends.item[mine]]
    access = ends.access_m[mine] / pace
    along, enter = footing.seconds[edge], footing.enter[edge]
    seed_node = np.concatenate([network.ends[edge, 0], network.ends[edge, 1]])
    seed_cost = np.concatenate(
        [measure_part(fraction, along[:, 0]) + access, measure_part(1 - fraction, along[:, 1]) + access]
    )
    entered = np.concatenate([enter[:, 0], enter[:, 1]]) & np.isfinite(seed_cost)
    seed_label = np.concatenate([number, number])
    csr = footing.inward
    width, buckets = csr.buckets(seed_cost[entered])
    reached, label = kernels.search_nearest(
        csr.indptr, csr.head, csr.cost, seed_node[entered], seed_cost[entered], seed_label[entered],
        limit_s + ROUNDING_S, width, buckets,
    )  # fmt: skip
    (a, b), leave = network.ends[starts.edge].T, footing.seconds[starts.edge]
    to_first = measure_part(starts.fraction, leave[:, 1]) + reached[a]
    to_last = measure_part(1 - starts.fraction, leave[:, 0]) + reached[b]
    seconds = np.minimum(to_first, to_last)
    first_label = np.where(to_first <= to_last, label[a], label[b])
    tie_label = np.where(to_first == to_last, np.minimum(label[a], label[b]), first_label)
    # facilities on the very edge where the walk starts
    start, end = _pairs_on_one_edge(starts.edge, edge)
    apart = fraction[end] - starts.fraction[start]
    direct = measure_part(np.abs(apart), np.where(apart >= 0, leave[start, 0], leave[start, 1])) + access[end]
    same_door = _at_one_door(starts.door_xy[start], ends.door_xy[mine][end])
    direct = np.where(same_door, -starts.access_m[start] / pace, direct)  # takes back the leg that is added below
    for one, cost, mark in zip(start.tolist(), direct.tolist(), number[end].tolist(), strict=True):
        if cost < seconds[one] or (cost == seconds[one] and mark < tie_label[one]):
            seconds[one], tie_label[one] = cost, mark
    seconds = seconds + starts.access_m / pace
    seconds[seconds > limit_s + ROUNDING_S] = inf
    return seconds, tie_label


def _rank_nearest(
    footing: Footing,
    starts: Spots,
    facilities: gpd.GeoDataFrame,
    ends: Spots,
    k: int,
    limit_min: float | None,
) -> pd.DataFrame:
    """Rank the `k` nearest of each kind from the times to all."""
    numbered = ends.relabel(pd.RangeIndex(len(ends.labels)))
    times = measure_times(footing, starts, numbered, footing.walker, limit_min=limit_min)
    row = times[WalkTimes.destination].to_numpy(dtype=np.int64)
    table = pd.DataFrame(
        {
            Nearest.origin: times[WalkTimes.origin],
            Nearest.kind: facilities[Facilities.kind].to_numpy()[row],
            Nearest.facility: facilities[Facilities.facility].to_numpy()[row],
            Nearest.minutes: times[WalkTimes.minutes],
        }
    )
    table = table.sort_values([Nearest.minutes, Nearest.facility], kind="stable")
    table[Nearest.rank] = table.groupby([Nearest.origin, Nearest.kind], sort=False).cumcount() + 1
    table = table[table[Nearest.rank] <= k].sort_values([Nearest.kind, Nearest.origin, Nearest.rank], kind="stable")
    return table[[*map(str, Nearest.columns())]].reset_index(drop=True)


def _snapped(things: gpd.GeoDataFrame | gpd.GeoSeries | Spots, footing: Footing, within_m: float, layer: str) -> Spots:
    """Return spots as they are, and snap anything else to the edges the walker can use."""
    if isinstance(things, Spots):
        return things
    return snap_points(things, footing.network, within_m=within_m, allowed=footing.usable, layer=layer)


def _pairs_on_one_edge(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair the positions of two arrays of edges that name the same edge."""
    order = np.argsort(other, kind="stable")
    low = np.searchsorted(other[order], one, side="left")
    count = np.searchsorted(other[order], one, side="right") - low
    first = np.repeat(np.arange(len(one)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return first, order[np.repeat(low, count) + within]


def _stack(rows: list[tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
    """Join four columns given per origin; empty ones when there is none."""
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0)
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def _at_one_door(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which places are the same to within rounding; nobody walks to the street and back between them."""
    return np.asarray(np.hypot(*(one - other).T) <= SAME_DOOR_M)


def measure_part(fraction: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of a fraction of an edge: none of a closed edge costs nothing."""
    return np.where(fraction > 0, np.where(fraction > 0, fraction, 1.0) * whole, 0.0)
