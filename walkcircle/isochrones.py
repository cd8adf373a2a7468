"""Isochrones: the streets reached within a time, exact to parts of edges, and the ground around them.

A shape is drawn *from* walking times and never measured instead of them. A point of ground belongs to it when a
street that is reached lies within `off_street_m`, and no street that is not reached lies nearer: between two parallel
streets of which one is reached the outline runs half way. Tunnels, and short pieces of street that nothing joins, claim
no ground. With a longer limit streets are only reached and never lost,
so shapes are nested. How true the shapes are is measured by :func:`measure_truth`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

from walkcircle import kernels
from walkcircle.chunks import run_chunks
from walkcircle.errors import NetworkError
from walkcircle.lines import TILE_M
from walkcircle.snapping import Spots
from walkcircle.tables import Isochrones, Truth
from walkcircle.walking import Reach

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: How far from a street the ground counts as reached, metres: half the depth of an urban block (walkcircle's
#: assumption; outlines of most routers lie 25 to 50 m off the street).
OFF_STREET_M = 25.0

#: Usual spacing of the grid on which outlines are found, metres.
CELL_M = 20.0

#: An outline between a street that is reached and one that is not is moved towards the latter by this share of the
#: spacing. An outline through a grid cannot follow both streets; at this share, in a quarter of an hour, it leaves out
#: 0.02 to 0.15 % of the streets that are reached and takes in 0.6 to 1.1 % that are not (measured on eight extracts;
#: 0.9 and 2.5 % in Porto, whose pavements are mapped as thousands of areas side by side).
FAVOUR = 0.15

#: Origins drawn at a time by one thread.
BLOCK = 32

#: Seed of the origins that :func:`pick_origins` picks.
SEED = 15


def trace_isochrones(
    reach: Reach,
    minutes: Sequence[float],
    *,
    cell_m: float = CELL_M,
    off_street_m: float = OFF_STREET_M,
    threads: int | None = None,
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
        Spacing of the grid, metres: 10 is fine, 20 usual, 40 coarse.
    off_street_m
        How far from a street the ground counts as reached, metres.
    threads
        How many origins at once; as many as there are processors when None.
    report
        Called with the number of origins done and in all.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Isochrones`, one row per origin on the network and limit. Shapes keep their holes
        and parts, a longer limit contains a shorter one, and all contain their origin's spot where the access leg
        is within the limit.

    Raises
    ------
    NetworkError
        The walks are shorter than the longest of `minutes`.
    """
    limits_s = np.asarray(minutes, dtype=float) * 60
    if limits_s.max() > reach.limit_s:
        msg = f"isochrones of {max(minutes):g} min need walks as long; walk with limit_min={max(minutes):g} or more"
        raise NetworkError(msg)
    origins = np.unique(reach.origins.item)
    drawing = _Drawing(reach, limits_s, cell_m, off_street_m)
    blocks = list(
        run_chunks(
            lambda start, stop: drawing.draw(origins[start:stop]),
            len(origins), size=BLOCK, threads=threads, report=report,
        )
    )  # fmt: skip
    return gpd.GeoDataFrame(
        {
            Isochrones.cluster: reach.origins.labels.take(np.repeat(origins, len(limits_s))),
            Isochrones.walker: reach.footing.walker.name,
            Isochrones.minutes: np.tile(np.asarray(minutes, dtype=float), len(origins)),
            Isochrones.reached_m: np.concatenate([np.empty(0), *(reached for reached, _ in blocks)]),
        },
        geometry=np.concatenate([np.empty(0, object), *(shapes for _, shapes in blocks)]),
        crs=reach.footing.network.crs,
    )


def trace_streets(reach: Reach, origin: int, minutes: float) -> gpd.GeoDataFrame:
    """Return the parts of streets that can be reached from one origin (its position) within a time.

    Returns
    -------
    GeoDataFrame
        Columns ``edge`` (position in the network), ``length_m`` and geometry: one line per reached part.
    """
    network = reach.footing.network
    edge, start, stop, slot = _Cutter(reach).cut(origin, np.array([minutes * 60.0]))
    reached = slot == 0
    edge, start, stop = edge[reached], start[reached], stop[reached]
    order = np.lexsort((start, edge))
    edge, start, stop = edge[order], start[order], stop[order]
    return gpd.GeoDataFrame(
        {"edge": edge, "length_m": (stop - start) * network.length_m[edge]},
        geometry=_cut_lines(network.lines[edge], start, stop),
        crs=network.crs,
    )


def measure_truth(reach: Reach, isochrones: gpd.GeoDataFrame, *, sample: int | None = None) -> pd.DataFrame:
    """Measure how true drawn shapes are to the streets that are reached.

    The lengths come from intersecting shapes with lines, not from the drawing. Streets in tunnels do not count, since
    nobody comes out of them into the ground above, nor do short pieces that nothing joins unless they are reached.
    Where a line runs over itself, each way counts.

    Parameters
    ----------
    reach
        The walks that the shapes were drawn from.
    isochrones
        Table of :class:`~walkcircle.tables.Isochrones`; rows of clusters that `reach` does not have are left aside.
    sample
        Measure the shapes of so many origins, which :func:`pick_origins` picks; of all when None.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Truth`, one row per shape, in the order of the shapes.
    """
    origins = np.unique(reach.origins.item) if sample is None else pick_origins(reach.origins, sample)
    position = pd.Series(origins, index=reach.origins.labels.take(origins))
    drawn = isochrones[isochrones[Isochrones.cluster].isin(position.index)]
    cutter = _Cutter(reach)
    columns = (drawn[Isochrones.cluster], drawn[Isochrones.minutes], drawn.geometry.to_numpy())
    rows = [
        (cluster, minutes, *_compare_streets(cutter, int(position[cluster]), minutes, shape))
        for cluster, minutes, shape in zip(*columns, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*map(str, Truth.columns())])


def pick_origins(spots: Spots, count: int) -> NDArray[np.int64]:
    """Pick some of the origins that are on the network, evenly by chance and, with :data:`SEED`, the same each time.

    Parameters
    ----------
    spots
        Where walks begin.
    count
        How many; all where there are fewer.

    Returns
    -------
    ndarray of int
        Positions in the labels of `spots`, growing.
    """
    origins = np.unique(spots.item)
    return np.sort(np.random.default_rng(SEED).permutation(origins)[:count])


def _compare_streets(
    cutter: _Cutter, origin: int, minutes: float, shape: shapely.Geometry
) -> tuple[float, float, float]:
    """Return the length that is reached, what of it a shape leaves out, and what else it takes in, metres."""
    network = cutter.reach.footing.network
    on_ground = network.level >= 0
    edge, start, stop, slot = cutter.cut(origin, np.array([minutes * 60.0]))
    mine = (slot == 0) & on_ground[edge]
    lines = _cut_lines(network.lines[edge[mine]], start[mine], stop[mine])
    near = network.edge_tree.query(shape, predicate="intersects")
    shapely.prepare(shape)
    reached, kept = float(shapely.length(lines).sum()), _measure_inside(lines, shape)
    counted = on_ground & network.leads_on
    counted[edge[mine]] = True
    inside = _measure_inside(network.lines[near[counted[near]]], shape)
    return reached, max(reached - kept, 0.0), max(inside - kept, 0.0)


def _measure_inside(lines: NDArray[np.object_], shape: shapely.Geometry) -> float:
    """Return the length of lines inside a shape. An intersection counts a line that runs over itself once only."""
    whole = shapely.covers(shape, lines)
    cut = lines[~whole]
    xy, line = shapely.get_coordinates(cut, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    segments = shapely.linestrings(np.stack([xy[joined], xy[joined + 1]], axis=1))
    segments = segments[shapely.intersects(shape, segments)]
    return float(shapely.length(lines[whole]).sum() + shapely.length(shapely.intersection(segments, shape)).sum())


class _Cutter:
    """Cuts the streets that walks touch where limits are met. It keeps its workspace, so one thread uses it."""

    def __init__(self, reach: Reach) -> None:
        edges = len(reach.footing.network.ends)
        self.reach = reach
        self.stamp = 0  # a new one for each cut marks the edges that it touched
        self.seen = np.zeros(edges, np.int64)
        self.place = np.zeros(edges, np.int64)

    def cut(
        self, origin: int, limits_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Return edge, start, stop (fractions) and slot of each stretch; slot j is reached within limit j."""
        reach, footing, spots = self.reach, self.reach.footing, self.reach.origins
        part = slice(reach.start[origin], reach.start[origin + 1])
        own = slice(*np.searchsorted(spots.item, [origin, origin + 1]))
        self.stamp += 1
        found = kernels.cut_streets(
            reach.node[part], reach.seconds[part], *footing.network.touching, footing.enter, footing.seconds,
            spots.edge[own], spots.fraction[own], spots.access_m[own] / footing.walker.metres_per_second,
            limits_s, self.stamp, self.seen, self.place,
        )  # fmt: skip
        return found[0], found[1], found[2], found[3]


@dataclass(frozen=True, eq=False)
class _Drawing:
    """What all shapes of a call share."""

    reach: Reach
    limits_s: NDArray[np.float64]
    cell_m: float
    off_street_m: float

    def draw(self, origins: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """Return street length reached and shape, for each of some origins and limit."""
        reach, network, spots = self.reach, self.reach.footing.network, self.reach.origins
        pace, limits = reach.footing.walker.metres_per_second, len(self.limits_s)
        vertices, tiles = network.vertices, network.tiles
        ground = np.array([*tiles.corner, TILE_M, tiles.columns, tiles.rows], dtype=float)
        # loose bits of pavement that nothing joins are mapped amiss, and keep no ground from a street that is reached
        rival, cutter = (network.level >= 0) & network.leads_on, _Cutter(reach)
        reached = np.zeros((len(origins), limits))
        outlines = []
        for i, origin in enumerate(origins.tolist()):
            edge, start, stop, slot = cutter.cut(origin, self.limits_s)
            length = np.bincount(slot, weights=(stop - start) * network.length_m[edge], minlength=limits + 1)
            reached[i] = np.cumsum(length)[:limits]
            own = slice(*np.searchsorted(spots.item, [origin, origin + 1]))
            begin = np.searchsorted(self.limits_s, spots.access_m[own] / pace)
            field, west, south = kernels.measure_ground(
                edge, start, stop, slot, limits + 1, spots.xy[own],
                vertices.first, vertices.xy, vertices.fraction, rival, tiles.start, tiles.line, ground,
                cutter.stamp, cutter.seen, self.off_street_m, self.cell_m,
            )  # fmt: skip
            outlines.append(
                kernels.trace_outlines(
                    field, np.arange(limits), spots.xy[own], begin, west, south, self.cell_m,
                    self.off_street_m, FAVOUR * self.cell_m,
                )
            )  # fmt: skip
        return reached.ravel(), _assemble(outlines, limits)


#: Corners, where each ring begins, and the limit and polygon of each ring.
_Outlines = tuple["NDArray[np.float64]", "NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"]


def _assemble(outlines: list[_Outlines], limits: int) -> NDArray[np.object_]:
    """Make one MultiPolygon per origin and limit of the rings of each origin, all origins in one go."""
    rings_before = np.cumsum([0, *(len(of_limit) for _, _, of_limit, _ in outlines)])
    polygons_before = np.cumsum([0, *(int(polygon.max(initial=-1)) + 1 for *_, polygon in outlines)])
    rows = list(zip(outlines, rings_before[:-1], polygons_before[:-1], range(len(outlines)), strict=True))
    shapes = np.full(limits * len(outlines), shapely.MultiPolygon(), dtype=object)
    if rings_before[-1] == 0:
        return shapes
    ring = np.concatenate([np.repeat(np.arange(len(o[2])), np.diff(o[1])) + before for o, before, _, _ in rows])
    rings = shapely.linearrings(np.concatenate([xy for xy, *_ in outlines]), indices=ring)
    polygon = np.concatenate([o[3] + before for o, _, before, _ in rows])
    row = np.concatenate([o[2] + limits * i for o, _, _, i in rows])
    order = np.argsort(polygon, kind="stable")
    polygons = shapely.polygons(rings[order], indices=polygon[order])
    first = np.unique(polygon[order], return_index=True)[1]
    of_shape = row[order][first]
    order = np.argsort(of_shape, kind="stable")
    shapely.multipolygons(polygons[order], indices=of_shape[order], out=shapes)
    return shapes


def _cut_lines(
    lines: NDArray[np.object_], start: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return the parts of lines between two fractions of each; a whole line stays as it is."""
    parts = lines.copy()
    for i in np.flatnonzero((start > 0) | (stop < 1)).tolist():
        parts[i] = shapely.ops.substring(lines[i], start[i], stop[i], normalized=True)
    return parts
