"""What circles are made of: clusters in a settled order, their ground, their neighbours, and what parts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from walkcircle.circles.cells import Cells, make_cells
from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_MIN
from walkcircle.tables import Barriers, Clusters, WalkTimes, check_geometry

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkcircle.circles.rules import CircleRules


@dataclass(frozen=True, eq=False)
class Setting:
    """Clusters, by their labels, and the ground they stand on.

    Attributes
    ----------
    labels
        Identifiers, growing, so that the order of rows decides nothing.
    xy, people
        ``(n, 2)`` metres, and ``(n,)`` residents.
    region
        ``(n,)`` number of the administrative area of each cluster, or -1.
    cells
        Their ground and neighbours.
    severed
        ``(e,)`` whether a hard barrier lies between two neighbours.
    soft
        Index of the soft barriers.
    crs
        CRS of the clusters.
    """

    labels: pd.Index
    xy: NDArray[np.float64]
    people: NDArray[np.float64]
    region: NDArray[np.int64]
    cells: Cells
    severed: NDArray[np.bool_]
    soft: shapely.STRtree
    crs: object

    @property
    def weight(self) -> NDArray[np.float64]:
        """People whose walks count; empty clusters count as one person, so that they go where it is near."""
        return np.maximum(self.people, 1.0)

    def cost_minutes(
        self, cluster: NDArray[np.int64], centre: NDArray[np.int64], minutes: NDArray[np.float64], rules: CircleRules
    ) -> NDArray[np.float64]:
        """Weigh walks from clusters to centres: minutes, soft barriers and borders, times people."""
        total = minutes.copy()
        if rules.soft_min > 0:
            total += rules.soft_min * find_crossings(self.soft, self.xy[cluster], self.xy[centre])
        if rules.border_min > 0:
            total += rules.border_min * (self.region[cluster] != self.region[centre])
        return np.asarray(total * self.weight[cluster])


def make_setting(
    clusters: gpd.GeoDataFrame,
    rules: CircleRules,
    *,
    barriers: gpd.GeoDataFrame | None,
    area: shapely.Geometry | None,
    borders: pd.Series | None,
) -> Setting:
    """Put clusters in order, give them their ground and find what lies between neighbours.

    Raises
    ------
    TableError
        There are no clusters, or one occurs twice; barriers lie in another CRS; a cluster has no known border area.
    """
    check_geometry(clusters, where="clusters")
    if clusters.empty:
        msg = "clusters: there are none; make them with cluster_residences"
        raise TableError(msg)
    table = clusters.sort_values(Clusters.cluster)
    labels = pd.Index(table[Clusters.cluster])
    if not labels.is_unique:
        msg = f"clusters: '{labels[labels.duplicated()][0]}' occurs twice; join its rows"
        raise TableError(msg)
    xy = shapely.get_coordinates(shapely.centroid(table.geometry.to_numpy()))
    cells = make_cells(xy, area)
    kinds = {True: rules.hard, False: rules.soft}
    trees = {}
    for hard, meant in kinds.items():
        shapes = np.array([], dtype=object)
        if barriers is not None and len(barriers):
            if barriers.crs != clusters.crs:
                msg = "barriers: not in the CRS of the clusters; use barriers.to_crs(clusters.crs)"
                raise TableError(msg)
            shapes = barriers.geometry[barriers[Barriers.kind].isin(meant)].to_numpy()
        trees[hard] = shapely.STRtree(shapes)
    severed = find_crossings(trees[True], xy[cells.ends[:, 0]], xy[cells.ends[:, 1]])
    named = table[Clusters.community] if borders is None and Clusters.community in table else borders
    region = np.full(len(labels), -1, np.int64)
    if named is not None:
        named = named.set_axis(table[Clusters.cluster]) if borders is None else named.reindex(labels)
        region = pd.factorize(named)[0].astype(np.int64)
    people = table[Clusters.population].to_numpy(dtype=float)
    return Setting(labels, xy, people, region, cells, severed, trees[False], clusters.crs)


def find_crossings(
    barriers: shapely.STRtree, begin: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Find the straight ways that meet a barrier: ``(k,)`` for ways from `begin` to `end`, ``(k, 2)`` metres each."""
    crossed = np.zeros(len(begin), bool)
    if len(barriers.geometries) and len(begin):
        ways = shapely.linestrings(np.stack([begin, end], axis=1))
        crossed[np.unique(barriers.query(ways, predicate="intersects")[0])] = True
    return crossed


@dataclass(frozen=True, eq=False)
class Walks:
    """Known walks between clusters by their numbers, sorted, one for each pair, everybody's walk to itself included.

    Attributes
    ----------
    cluster, centre, minutes
        ``(k,)`` from where, to where, how long.
    reached
        ``(n,)`` whether anything is known of a cluster at all.
    """

    cluster: NDArray[np.int64]
    centre: NDArray[np.int64]
    minutes: NDArray[np.float64]
    reached: NDArray[np.bool_]

    def find(self, cluster: NDArray[np.int64], centre: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the minutes of walks; those that are not known are missing."""
        count = len(self.reached)
        known, asked = self.cluster * count + self.centre, cluster * count + centre
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[at] == asked, self.minutes[at], np.nan) if len(known) else np.full(len(asked), np.nan)


def read_walks(times: pd.DataFrame, labels: pd.Index) -> Walks:
    """Read walking times by the numbers of the clusters; of a pair that occurs twice the shorter counts.

    Raises
    ------
    TableError
        A column is missing, or a time is negative or no number.
    """
    for column in (WalkTimes.origin, WalkTimes.destination, WalkTimes.minutes):
        if column not in times:
            msg = f"times: column '{column}' ({column.meaning}) is missing; measure_times makes such a table"
            raise TableError(msg)
    minutes = times[WalkTimes.minutes].to_numpy(dtype=float)
    wrong = ~(minutes >= 0)
    if wrong.any():
        msg = f"times: row {int(wrong.argmax())} takes {minutes[wrong.argmax()]} minutes; give at least 0, or no row"
        raise TableError(msg)
    origin = labels.get_indexer(pd.Index(times[WalkTimes.origin]))
    destination = labels.get_indexer(pd.Index(times[WalkTimes.destination]))
    meant = (origin >= 0) & (destination >= 0) & np.isfinite(minutes)
    origin, destination, minutes = origin[meant], destination[meant], minutes[meant]
    reached = np.zeros(len(labels), bool)
    reached[origin] = reached[destination] = True
    at_home = np.flatnonzero(reached)
    origin, destination = np.concatenate([origin, at_home]), np.concatenate([destination, at_home])
    minutes = np.concatenate([minutes, np.zeros(len(at_home))])
    order = np.lexsort((minutes, destination, origin))
    origin, destination, minutes = origin[order], destination[order], minutes[order]
    first = np.ones(len(order), bool)
    first[1:] = (origin[1:] != origin[:-1]) | (destination[1:] != destination[:-1])
    return Walks(origin[first], destination[first], minutes[first], reached)


def check_limit(minutes: NDArray[np.float64], limit_min: float) -> NDArray[np.bool_]:
    """Tell which walks are known and no longer than the limit, which is inclusive."""
    return np.asarray(minutes <= limit_min + ROUNDING_MIN)
