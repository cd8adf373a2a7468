"""Buffers: straight-line coverage as regulations count it, beside what people can walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import TableError
from walkcircle.snapping import ROUNDING_M
from walkcircle.tables import Clusters, Communities, Coverage, Facilities, Radius, RadiusGap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind


def measure_radius_coverage(
    clusters: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, kinds: Sequence[Kind]
) -> pd.DataFrame:
    """Find who lives within the service radius of each kind, straight across whatever lies between.

    This is how codes count coverage (a park of 5,000 m² serves 500 m around it). It is a different thing from a walk,
    and never smaller than the walk of as many metres.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`; their points stand for the people.
    facilities
        :class:`~walkcircle.tables.Facilities` in the same CRS; distances are to the edge of an area.
    kinds
        Those without `limit_m` have no radius and no rows.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Radius`, every cluster with every kind that has a radius, metres, inclusive.

    Raises
    ------
    TableError
        The two frames have different CRS.
    """
    if clusters.crs != facilities.crs:
        msg = "clusters and facilities have different coordinate reference systems; bring both to one with .to_crs()"
        raise TableError(msg)
    homes = clusters.geometry.to_numpy()
    parts = []
    for kind in kinds:
        if kind.limit_m is None:
            continue
        shapes = facilities.geometry.to_numpy()[(facilities[Facilities.kind] == kind.id).to_numpy()]
        distance = _measure_distance(homes, shapes)
        parts.append(
            pd.DataFrame(
                {
                    Radius.cluster: clusters[Clusters.cluster].to_numpy(),
                    Radius.community: clusters[Clusters.community].to_numpy(),
                    Radius.kind: kind.id,
                    Radius.population: clusters[Clusters.population].to_numpy(dtype=float),
                    Radius.limit_m: float(kind.limit_m),
                    Radius.distance_m: distance,
                    Radius.within: distance <= kind.limit_m + ROUNDING_M,
                }
            )
        )
    empty = pd.DataFrame(columns=[str(column) for column in Radius.columns()])
    return pd.concat(parts, ignore_index=True) if parts else empty


def compare_radius(radius: pd.DataFrame, coverage: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Set straight-line coverage beside coverage on foot, for the same people.

    ``gap = Σ p·1[d ≤ limit_m] / Σ p - Σ p·1[t ≤ limit_min] / Σ p`` over the people whose walks are known. The two
    limits are those of the standard and need not be the same metres.

    Parameters
    ----------
    radius
        :class:`~walkcircle.tables.Radius`.
    coverage
        :class:`~walkcircle.tables.Coverage` of the same clusters, one or more walkers.
    communities
        :class:`~walkcircle.tables.Communities`; those without residents stay, with unknown shares.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.RadiusGap`, for the kinds that have a radius.

    Raises
    ------
    TableError
        A cluster and kind of `radius` is not in `coverage`.
    """
    pair: list[str] = [Radius.cluster, Radius.kind]
    rows = coverage[coverage[Coverage.kind].isin(radius[Radius.kind].unique())]
    absent = pd.MultiIndex.from_frame(radius[pair]).difference(pd.MultiIndex.from_frame(rows[pair]))
    if len(absent):
        cluster, kind = absent[0]
        msg = f"coverage: there is no row of cluster {cluster!r} and kind '{kind}'; measure both for the same clusters"
        raise TableError(msg)
    rows = rows.merge(radius[[*pair, Radius.limit_m, Radius.within]], on=pair)
    people = rows[Coverage.population].where(rows[Coverage.known], 0.0)
    keys = [RadiusGap.community, RadiusGap.kind, RadiusGap.walker]
    parts = rows[keys].assign(
        **{
            RadiusGap.population: people,
            RadiusGap.share_radius: people.where(rows[Radius.within].astype(bool), 0.0),
            RadiusGap.share_walked: people.where(rows[Coverage.covered], 0.0),
        }
    )
    grid = pd.MultiIndex.from_product(
        [communities[Communities.community], rows[Coverage.kind].unique(), rows[Coverage.walker].unique()], names=keys
    )
    sums = parts.groupby(keys).sum().reindex(grid, fill_value=0.0).astype(float)
    limits = rows.groupby(Coverage.kind)[[Radius.limit_m, Coverage.limit_min]].first()
    table = sums.reset_index()
    for limit in (RadiusGap.limit_m, RadiusGap.limit_min):
        table[limit] = table[RadiusGap.kind].map(limits[limit]).astype(float)
    whole = sums[RadiusGap.population].to_numpy()
    for share in (RadiusGap.share_radius, RadiusGap.share_walked):
        part = sums[share].to_numpy()
        table[share] = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0).clip(max=1)
    table[RadiusGap.share_gap] = table[RadiusGap.share_radius] - table[RadiusGap.share_walked]
    return table[[str(column) for column in RadiusGap.columns()]]


def _measure_distance(homes: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the distance from each point to the nearest shape, metres; missing when there is none."""
    distance = np.full(len(homes), np.nan)
    if len(shapes) and len(homes):
        (home, _), metres = shapely.STRtree(shapes).query_nearest(homes, return_distance=True, all_matches=False)
        distance[home] = metres
    return distance
