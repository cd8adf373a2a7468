"""What the planning jobs are asked about: a made-up district with sites, and towns of hexagons, made up or real.

The same seed makes the same arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

import walkcircle as wc

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Metres that a walker covers in a minute, 4.8 km/h, and how much longer a walk is than the straight line.
METRES_PER_MIN, DETOUR = 80.0, 1.3
#: Homes for each km² of a made-up district, and how far they lie from the middle of their quarter, metres.
_HOMES_PER_KM2, _QUARTER_M = 125.0, 350.0
#: Width of a hexagon of a made-up town, metres, and residents of one in its middle.
HEXAGON_M, _DENSEST = 200.0, 1_600.0
CRS_OF_TOWNS = CRS.from_epsg(32651)


@dataclass(frozen=True, eq=False)
class District:
    """Homes and sites.

    Attributes
    ----------
    homes, sites
        ``(n, 2)`` and ``(m, 2)`` metres.
    people
        ``(n,)`` residents, whole numbers.
    price
        ``(m,)`` cost of a site, whole numbers.
    capacity
        ``(m,)`` residents that a site can serve.
    """

    homes: NDArray[np.float64]
    sites: NDArray[np.float64]
    people: NDArray[np.float64]
    price: NDArray[np.float64]
    capacity: NDArray[np.float64]

    def measure_minutes(self, within_min: float | None = None) -> NDArray[np.float64] | sparse.csr_array:
        """Return ``(n, m)`` minutes from homes to sites; stored sparsely where a limit is given."""
        if within_min is None:
            away = np.hypot(*(self.homes[:, None] - self.sites).transpose(2, 0, 1))
            return np.round(away * DETOUR / METRES_PER_MIN, 2)
        near = KDTree(self.homes).sparse_distance_matrix(
            KDTree(self.sites), within_min * METRES_PER_MIN / DETOUR, output_type="coo_matrix"
        )
        minutes = np.round(near.data * DETOUR / METRES_PER_MIN, 2)
        return sparse.csr_array((minutes, (near.row, near.col)), shape=near.shape)


@cache
def make_district(homes: int, sites: int, *, seed: int = 1) -> District:
    """Draw homes in dense quarters, and sites among them that cost more where more people live."""
    rng = np.random.default_rng(seed)
    side_m = np.sqrt(homes / _HOMES_PER_KM2) * 1000
    middles = rng.uniform(0, side_m, (max(homes // 60, 1), 2))
    xy = [middles[rng.integers(len(middles), size=count)] for count in (homes, sites)]
    homes_xy, sites_xy = (
        np.clip(at + rng.normal(0, _QUARTER_M, at.shape), 0, side_m).round(1) for at in xy
    )  # fmt: skip
    people = np.round(rng.gamma(2.0, 60.0, homes)) + 5
    crowd = KDTree(homes_xy).query_ball_point(sites_xy, 300.0, return_length=True)
    price = np.round(20 + 80 * crowd / max(crowd.max(), 1) * rng.uniform(0.7, 1.3, sites))
    capacity = np.round(people.sum() / sites * rng.uniform(4, 10, sites))
    return District(homes_xy, sites_xy, people, price, capacity)


@dataclass(frozen=True, eq=False)
class Town:
    """Cells with residents, and how long they walk to each other.

    Attributes
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`, points.
    times
        :class:`~walkcircle.tables.WalkTimes` between them, up to `within_min`.
    barriers
        :class:`~walkcircle.tables.Barriers`, or None where none is known.
    within_min
        Longest walk that is known, minutes.
    """

    clusters: gpd.GeoDataFrame
    times: pd.DataFrame
    barriers: gpd.GeoDataFrame | None
    within_min: float

    def fill_minutes(self) -> NDArray[np.float64]:
        """Return ``(n, n)`` minutes from each cluster to each; a walk that is not known counts as the longest."""
        names = pd.Index(self.clusters["cluster"])
        minutes = np.full((len(names), len(names)), self.within_min)
        np.fill_diagonal(minutes, 0.0)
        rows, columns = (names.get_indexer(self.times[end]) for end in ("origin", "destination"))
        minutes[rows, columns] = self.times["minutes"]
        return minutes


def make_town(side: int, *, seed: int = 1, within_min: float = 20.0) -> Town:
    """Draw a town of `side` × `side` hexagons, dense in two middles, and a river with a bridge every sixth row."""
    rng = np.random.default_rng(seed)
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(side), np.arange(side)))
    xy = np.column_stack([(column + 0.5 * (row % 2)) * HEXAGON_M, row * HEXAGON_M * np.sqrt(3) / 2])
    middles = xy.max(axis=0) * np.array([[0.3, 0.4], [0.75, 0.65]])
    away = np.min([np.hypot(*(xy - middle).T) for middle in middles], axis=0) / (side * HEXAGON_M)
    people = np.round(_DENSEST * np.exp(-3 * away) * rng.uniform(0.3, 1.0, len(xy)))
    pairs = KDTree(xy).query_pairs(HEXAGON_M * 1.01, output_type="ndarray")
    east = HEXAGON_M * (side // 2 + 0.25)
    is_bridge = row % 6 == 3  # these rows stand half a hexagon farther east, the river runs between two columns
    wet = (xy[pairs, 0] < east).sum(axis=1) == 1
    open_pairs = pairs[~wet | (is_bridge[pairs].all(axis=1))]
    minutes = HEXAGON_M * DETOUR / METRES_PER_MIN * rng.uniform(0.8, 1.2, len(open_pairs))
    ways = sparse.csr_array((minutes, open_pairs.T), shape=(len(xy), len(xy)))
    walked = dijkstra(ways, directed=False, limit=within_min)
    names = np.array([f"h{r:03}-{c:03}" for c, r in zip(column, row, strict=True)])
    origin, destination = np.nonzero(np.isfinite(walked) & ~np.eye(len(xy), dtype=bool))
    times = pd.DataFrame(
        {"origin": names[origin], "destination": names[destination], "minutes": walked[origin, destination]}
    )
    river = shapely.LineString([(east, -HEXAGON_M), (east, xy[:, 1].max() + HEXAGON_M)])
    return Town(
        gpd.GeoDataFrame({"cluster": names, "population": people}, geometry=shapely.points(xy), crs=CRS_OF_TOWNS),
        times,
        gpd.GeoDataFrame({"kind": ["river"]}, geometry=[river], crs=CRS_OF_TOWNS),
        within_min,
    )


def read_town(path: Path, *, within_min: float = 20.0) -> Town:
    """Read a table with ``lon``, ``lat`` and ``population``; streets come from the .osm.pbf beside it."""
    table = pd.read_csv(path)
    network = wc.read_network(next(path.parent.glob("*.osm.pbf"), None) or next(path.parent.glob("*.pbf")))
    spots = gpd.points_from_xy(table["lon"], table["lat"], crs=4326).to_crs(network.crs)
    names = [f"h{number:05}" for number in range(len(table))]
    people = table["population"].to_numpy(dtype=float)
    clusters = gpd.GeoDataFrame({"cluster": names, "population": people}, geometry=spots, crs=network.crs)
    walker = wc.Walker(speed_kmh=METRES_PER_MIN * 60 / 1000, gates="open")
    # a hexagon's middle may lie inside a block
    points = clusters.set_index("cluster")
    times = wc.measure_times(network, points, points, walker, limit_min=within_min, within_m=300.0)
    walked = clusters["cluster"].isin(times["origin"]) & clusters["cluster"].isin(times["destination"])
    return Town(clusters[walked].reset_index(drop=True), times, None, within_min)
