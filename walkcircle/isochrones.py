"""Isochrones: the streets reached within a time, exact to parts of edges, and the ground around them.

A shape is drawn *from* walking times and never measured instead of them. It is the zero line of a field of
cones: a point of ground is reached when some street point leaves enough of the walk to get there, and lies
no farther than `off_street_m` from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from contourpy import FillType, contour_generator

from walkcircle import kernels
from walkcircle.errors import NetworkError
from walkcircle.tables import Isochrones
from walkcircle.walking import Reach, measure_part

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: How far from a street the ground counts as reached, metres: half the depth of an urban block (walkcircle's
#: assumption; outlines of most routers lie 25 to 50 m off the street).
OFF_STREET_M = 25.0


def trace_isochrones(
    reach: Reach,
    minutes: Sequence[float],
    *,
    cell_m: float = 25.0,
    off_street_m: float = OFF_STREET_M,
    report: Callable[[int, int], None] | None = None,
) -> gpd.GeoDataFrame:
    """Draw the ground that can be reached from each origin within each time.

    Parameters
    ----------
    reach
        Walks from the origins, at least as long as the longest of `minutes`.
    minutes
        Limits, minutes, inclusive, growing.
    cell_m
        Spacing of the field, metres; 12.5 is fine, 25 is usual.
    off_street_m
        How far from a street the ground counts as reached, metres.
    report
        Called with the number of origins done and in all.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Isochrones`, one row per origin on the network and limit. Shapes keep
        their holes and parts, a longer limit contains a shorter one, and all contain their origin's spot where
        a cell's worth of the walk is left there.

    Raises
    ------
    NetworkError
        The walks are shorter than the longest of `minutes`.
    """
    limits_s = np.asarray(minutes, dtype=float) * 60
    if limits_s.max() > reach.limit_s:
        msg = f"isochrones of {max(minutes):g} min need walks as long; walk with limit_min={max(minutes):g} or more"
        raise NetworkError(msg)
    samples = _sample_streets(reach, step_m=cell_m / 2)
    rows = []
    labels = reach.origins.labels
    for origin in range(len(labels)):
        if report is not None:
            report(origin, len(labels))
        if reach.start[origin] == reach.start[origin + 1] and not (reach.origins.item == origin).any():
            continue
        street = _reach_edges(reach, origin)
        shapes = _draw(reach, origin, street, samples, limits_s, cell_m, off_street_m)
        for limit, time, shape in zip(limits_s, minutes, shapes, strict=True):
            rows.append((labels[origin], float(time), street.length_within(limit), shape))
    return gpd.GeoDataFrame(
        {
            Isochrones.cluster: [row[0] for row in rows],
            Isochrones.walker: reach.footing.walker.name,
            Isochrones.minutes: [row[1] for row in rows],
            Isochrones.reached_m: [row[2] for row in rows],
        },
        geometry=[row[3] for row in rows],
        crs=reach.footing.network.crs,
    )


def trace_streets(reach: Reach, origin: int, minutes: float) -> gpd.GeoDataFrame:
    """Return the parts of streets that can be reached from one origin (its position) within a time.

    Returns
    -------
    GeoDataFrame
        Columns ``edge`` (position in the network), ``length_m`` and geometry: one line per reached part.
    """
    street = _reach_edges(reach, origin)
    network = reach.footing.network
    edge, start, stop = street.parts_within(minutes * 60)
    lines = [
        shapely.ops.substring(network.lines[e], a, b, normalized=True)
        for e, a, b in zip(edge.tolist(), start.tolist(), stop.tolist(), strict=True)
    ]
    return gpd.GeoDataFrame(
        {"edge": edge, "length_m": (stop - start) * network.length_m[edge]}, geometry=lines, crs=network.crs
    )


@dataclass(frozen=True, eq=False)
class _Streets:
    """The edges that an origin's walks touch, with the time at which each end is entered.

    ``from_first`` and ``from_last`` are seconds on entering at either end (infinite where that is not
    possible), ``along`` the seconds for the whole edge in either direction. The edges where walks begin
    are there once more per spot, as the stretches before and behind it. ``length_m`` is that of every edge
    of the network.
    """

    edge: NDArray[np.int64]
    length_m: NDArray[np.float64]
    from_first: NDArray[np.float64]
    from_last: NDArray[np.float64]
    along: NDArray[np.float64]
    own_edge: NDArray[np.int64]
    own_fraction: NDArray[np.float64]
    own_s: NDArray[np.float64]
    own_along: NDArray[np.float64]

    def parts_within(self, limit_s: float) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return edge, start and stop (as fractions) of every reached stretch, none overlapping."""
        forth = _fraction_walked(limit_s - self.from_first, self.along[:, 0])
        back = 1 - _fraction_walked(limit_s - self.from_last, self.along[:, 1])
        left = limit_s - self.own_s
        own_start = self.own_fraction - _fraction_walked(left, self.own_along[:, 1])
        own_stop = self.own_fraction + _fraction_walked(left, self.own_along[:, 0])
        begun = left >= 0
        edge = np.concatenate([self.edge, self.edge, self.own_edge[begun]])
        start = np.concatenate([np.zeros(len(forth)), back, np.maximum(own_start[begun], 0.0)])
        stop = np.concatenate([forth, np.ones(len(back)), np.minimum(own_stop[begun], 1.0)])
        some = stop > start
        return _merge_parts(edge[some], start[some], stop[some])

    def length_within(self, limit_s: float) -> float:
        """Return the street length reached, metres."""
        edge, start, stop = self.parts_within(limit_s)
        return float(np.sum((stop - start) * self.length_m[edge]))


@dataclass(frozen=True, eq=False)
class _Samples:
    """Points along every edge: those of edge e are ``start[e]:start[e + 1]``."""

    start: NDArray[np.int64]
    fraction: NDArray[np.float64]
    xy: NDArray[np.float64]

    def of(self, edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for all points of `edges`, the position of the edge in `edges` and of the point."""
        count = self.start[edges + 1] - self.start[edges]
        which = np.repeat(np.arange(len(edges)), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return which, np.repeat(self.start[edges], count) + within


def _sample_streets(reach: Reach, *, step_m: float) -> _Samples:
    """Put points along all edges, both ends included, no farther apart than `step_m`."""
    network = reach.footing.network
    pieces = np.maximum(np.ceil(network.length_m / step_m).astype(np.int64), 1)
    start = np.concatenate([[0], np.cumsum(pieces + 1)])
    edge = np.repeat(np.arange(len(pieces)), pieces + 1)
    fraction = (np.arange(start[-1]) - start[edge]) / pieces[edge]
    points = shapely.line_interpolate_point(network.lines[edge], fraction, normalized=True)
    return _Samples(start, fraction, shapely.get_coordinates(points))


def _reach_edges(reach: Reach, origin: int) -> _Streets:
    """Find the edges that walks from one origin touch."""
    footing, network = reach.footing, reach.footing.network
    times = reach.node_seconds(origin)
    entry = np.where(footing.enter, times[network.ends], inf)
    edge = np.flatnonzero(np.isfinite(entry).any(axis=1))
    mine = reach.origins.item == origin
    own = reach.origins.edge[mine]
    return _Streets(
        edge=edge,
        length_m=network.length_m,
        from_first=entry[edge, 0],
        from_last=entry[edge, 1],
        along=footing.seconds[edge],
        own_edge=own,
        own_fraction=reach.origins.fraction[mine],
        own_s=reach.origins.access_m[mine] / footing.walker.metres_per_second,
        own_along=footing.seconds[own],
    )


def _fraction_walked(left_s: NDArray[np.float64], along_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of an edge that can be walked in the time that is left, 0 to 1."""
    open_ = (left_s >= 0) & np.isfinite(along_s)
    share = np.divide(left_s, along_s, out=np.ones_like(along_s), where=open_ & (along_s > 0))
    return np.where(open_, np.minimum(share, 1.0), 0.0)


def _merge_parts(
    edge: NDArray[np.int64], start: NDArray[np.float64], stop: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Join overlapping stretches of the same edge."""
    order = np.lexsort((start, edge))
    edge, start, stop = edge[order], start[order], stop[order]
    # on a line where edge e owns the stretch from 2 e to 2 e + 1, a running maximum tells what is covered
    low, high = start + 2.0 * edge, stop + 2.0 * edge
    covered = np.concatenate([[-inf], np.maximum.accumulate(high)[:-1]])
    fresh = np.flatnonzero(low > covered)
    merged_high = np.maximum.reduceat(high, fresh) if len(fresh) else high
    return edge[fresh], start[fresh], merged_high - 2.0 * edge[fresh]


def _draw(
    reach: Reach,
    origin: int,
    street: _Streets,
    samples: _Samples,
    limits_s: NDArray[np.float64],
    cell_m: float,
    off_street_m: float,
) -> list[shapely.MultiPolygon]:
    """Draw the shapes of one origin for all limits on one grid, so that they are nested."""
    pace = reach.footing.walker.metres_per_second
    which, point = samples.of(street.edge)
    at = samples.fraction[point]
    seconds = np.minimum(
        street.from_first[which] + measure_part(at, street.along[which, 0]),
        street.from_last[which] + measure_part(1 - at, street.along[which, 1]),
    )
    own, own_point = samples.of(street.own_edge)
    apart = samples.fraction[own_point] - street.own_fraction[own]
    direct = street.own_s[own] + measure_part(
        np.abs(apart), np.where(apart >= 0, street.own_along[own, 0], street.own_along[own, 1])
    )
    mine = reach.origins.item == origin
    xy = np.concatenate([samples.xy[point], samples.xy[own_point], reach.origins.xy[mine]])
    spent = np.concatenate([seconds, direct, street.own_s]) * pace
    limits = limits_s * pace
    near = spent <= limits[-1]
    xy, spent = xy[near], spent[near]
    if len(xy) == 0:
        return [shapely.MultiPolygon()] * len(limits)
    room = off_street_m + 2 * cell_m
    # grid points lie at multiples of the spacing, so that neighbours and re-runs share them
    west, south = np.floor((xy.min(axis=0) - room) / cell_m) * cell_m
    columns, rows = np.ceil((xy.max(axis=0) + room - [west, south]) / cell_m).astype(np.int64) + 1
    field = kernels.measure_cones(
        xy[:, 0].copy(), xy[:, 1].copy(), spent, limits, off_street_m, west, south, cell_m, columns, rows
    )
    x, y = west + cell_m * np.arange(columns), south + cell_m * np.arange(rows)
    return [_outline(x, y, layer) for layer in field]


def _outline(x: NDArray[np.float64], y: NDArray[np.float64], field: NDArray[np.float64]) -> shapely.MultiPolygon:
    """Turn the part of a field that is not positive into polygons with holes."""
    contours = contour_generator(x, y, field, fill_type=FillType.OuterOffset).filled(-inf, 0.0)
    polygons = []
    for points, offsets in zip(*contours, strict=True):
        rings = [points[a:b] for a, b in pairwise(offsets)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(polygons)
