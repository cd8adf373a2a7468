"""The ground of each cluster, and which clusters are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Without a study area, the ground reaches so far beyond the clusters, metres.
MARGIN_M = 100.0
#: Clusters outside of the study area have a disc of this radius, metres.
OUTSIDE_M = 50.0
#: A common border is longer than this, metres: where four cells meet in a point, rounding makes a border of nothing.
LEAST_BORDER_M = 0.01
#: Clusters nearer to each other than this are drawn apart by it, metres, and halve their ground.
APART_M = 0.1


@dataclass(frozen=True, eq=False)
class Cells:
    """The ground of clusters.

    Attributes
    ----------
    whole
        ``(n,)`` Voronoi cells, each the ground nearest to one cluster, whose corners are the same to the last bit.
    area
        The study area, with a disc around each cluster outside of it.
    area_km2
        ``(n,)`` ground of each cell inside the area.
    ends
        ``(e, 2)`` neighbours: cells with a common border inside the area, the smaller number first, in their order.
    border_m
        ``(e,)`` length of that border, metres.
    """

    whole: NDArray[np.object_]
    area: shapely.Geometry
    area_km2: NDArray[np.float64]
    ends: NDArray[np.int64]
    border_m: NDArray[np.float64]

    def join(self, members: Sequence[int] | NDArray[np.int64]) -> shapely.Geometry:
        """Join the ground of some cells."""
        joined = shapely.coverage_union_all(self.whole[np.asarray(members, dtype=np.int64)])
        return shapely.intersection(joined, self.area)


def make_cells(xy: NDArray[np.float64], area: shapely.Geometry | None = None) -> Cells:
    """Divide a study area among points: to each the ground that is nearest to it (Voronoi 1908).

    Parameters
    ----------
    xy
        ``(n, 2)`` points, metres.
    area
        Study area; without it the convex hull of the points, :data:`MARGIN_M` wider.

    Examples
    --------
    >>> cells = make_cells(np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]]), shapely.box(-50, -50, 250, 50))
    >>> cells.ends.tolist(), cells.border_m.round().tolist(), cells.area_km2.round(2).tolist()
    ([[0, 1], [1, 2]], [100.0, 100.0], [0.01, 0.01, 0.01])
    """
    spots = _draw_apart(xy)
    points = shapely.points(spots)
    if area is None:
        area = shapely.buffer(shapely.convex_hull(shapely.MultiPoint(points)), MARGIN_M)
    outside = ~shapely.intersects(area, points)
    if outside.any():
        area = shapely.union_all([area, *shapely.buffer(points[outside], OUTSIDE_M)])
    whole = _divide(spots, area)
    shapely.prepare(area)
    inside = shapely.contains(area, whole)
    ground = shapely.area(whole)
    ground[~inside] = shapely.area(shapely.intersection(whole[~inside], area))
    ends, borders = _find_borders(whole)
    length = shapely.length(borders)
    edge = ~(inside[ends[:, 0]] | inside[ends[:, 1]])
    length[edge] = shapely.length(shapely.intersection(borders[edge], area))
    common = length > LEAST_BORDER_M
    return Cells(whole, area, ground / 1e6, ends[common], length[common])


def _draw_apart(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move points on the same spot eastwards, each a little farther."""
    spots = np.round(np.asarray(xy, dtype=float) / APART_M).astype(np.int64)
    taken: set[tuple[int, int]] = set()
    moved = np.array(xy, dtype=float)
    for place, (east, north) in enumerate(spots.tolist()):
        step = 0
        while (east + step, north) in taken:
            step += 1
        taken.add((east + step, north))
        moved[place, 0] += step * APART_M
    return moved


def _divide(xy: NDArray[np.float64], area: shapely.Geometry) -> NDArray[np.object_]:
    """Divide the plane among points, with four far ones around them, so that every cell ends somewhere."""
    west, south, east, north = shapely.total_bounds([area, *shapely.points(xy)])
    middle = np.array([(west + east) / 2, (south + north) / 2])
    # nothing inside is nearer to a far point than to any other: its distance is at least nine times the width
    far = 10 * max(east - west, north - south, 1.0)
    around = np.array([[-1.0, -1.1], [1.1, -1.0], [1.0, 1.1], [-1.1, 1.0]]) * far
    sites = shapely.MultiPoint(np.concatenate([xy - middle, around]))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites, ordered=True))[: len(xy)]
    return np.asarray(shapely.transform(cells, lambda corner: corner + middle))


def _find_borders(cells: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Find the sides that two cells share."""
    corner, cell = shapely.get_coordinates(shapely.get_exterior_ring(cells), return_index=True)
    along = cell[1:] == cell[:-1]
    begin, end, owner = corner[:-1][along], corner[1:][along], cell[:-1][along]
    turned = (begin[:, 0] > end[:, 0]) | ((begin[:, 0] == end[:, 0]) & (begin[:, 1] > end[:, 1]))
    begin[turned], end[turned] = end[turned], begin[turned].copy()
    sides = np.column_stack([begin, end])
    order = np.lexsort((owner, *sides.T))
    sides, owner = sides[order], owner[order]
    same = (sides[1:] == sides[:-1]).all(axis=1)
    ends = np.column_stack([owner[:-1][same], owner[1:][same]]).astype(np.int64)
    lines = shapely.linestrings(sides[:-1][same].reshape(-1, 2, 2))
    sort = np.lexsort((ends[:, 1], ends[:, 0]))
    return ends[sort], np.asarray(lines)[sort]
