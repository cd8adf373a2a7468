"""Cluster: where walks start. The residents of one estate, or of one grid cell of one community.

(A *community* is who is scored; a *circle* is what planning proposes.)
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.groups import GROUPS
from walkcircle.place import assign_communities
from walkcircle.tables import Clusters, Estates, Residences


def cluster_residences(
    residences: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    cell_m: float = 100.0,
    estates: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Group residences that share an estate, or a square cell of the same community.

    Parameters
    ----------
    residences, communities
        :class:`~walkcircle.tables.Residences` and :class:`~walkcircle.tables.Communities` in one metric CRS.
    cell_m
        Width of a cell, metres. Cells lie at multiples of it, so that one more home moves no other.
    estates
        Closed :class:`~walkcircle.tables.Estates`; the residences' own column ``estate`` goes before them.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Clusters`, in the order of their ids. Their people add up to those of
        the residences; the number of a group is known where all residences with people know it. A walk starts at
        the residence nearest to the middle of the cluster's people.
    """
    inner = shapely.point_on_surface(residences.geometry.to_numpy())
    xy = shapely.get_coordinates(inner)
    community = assign_communities(residences, communities)
    estate = _find_estates(residences, inner, estates)
    cell = np.floor(xy / cell_m).astype(np.int64)
    place = pd.Series([f"{column},{row}" for column, row in cell], index=residences.index)
    key = community.fillna("").astype(str) + "@" + estate.fillna(place).astype(str)
    people = residences[Residences.population].to_numpy(dtype=float)
    groups = [group for group in GROUPS if group in residences]
    # where nobody lives, nobody of any group does; a missing number makes the sum missing
    of_group = np.where(people[:, None] > 0, residences[groups].to_numpy(dtype=float), 0.0)
    rows = []
    for cluster, members in sorted(key.groupby(key).indices.items()):
        rows.append(
            (
                cluster,
                community.iloc[members[0]],
                estate.iloc[members[0]],
                people[members].sum(),
                len(members),
                *of_group[members].sum(axis=0),
                inner[members[_middle(xy[members], people[members])]],
            )
        )
    columns = [str(c) for c in Clusters.columns() if str(c) in groups or not c.optional]
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=Clusters.geometry, crs=residences.crs)
    return table.set_index(Clusters.cluster, drop=False).rename_axis(None)


def _find_estates(residences: gpd.GeoDataFrame, inner: np.ndarray, estates: gpd.GeoDataFrame | None) -> pd.Series:
    """Return the estate of each residence: as registered, else the smallest one it lies in."""
    found = pd.Series(None, index=residences.index, dtype=object)
    if estates is not None and len(estates):
        areas = estates.geometry.to_numpy()
        home, estate = shapely.STRtree(areas).query(inner, predicate="intersects")
        order = np.lexsort((estate, shapely.area(areas[estate]), home))
        home, at = np.unique(home[order], return_index=True)
        found.iloc[home] = estates[Estates.estate].to_numpy()[estate[order][at]]
    if Residences.estate in residences:
        found = residences[Residences.estate].astype(object).where(residences[Residences.estate].notna(), found)
    return found


def _middle(xy: np.ndarray, people: np.ndarray) -> int:
    """Return the position of the lived-in residence nearest to the middle of the people."""
    weight = people if people.sum() > 0 else np.ones(len(people))
    middle = (xy * weight[:, None]).sum(axis=0) / weight.sum()
    distance = np.hypot(*(xy - middle).T)
    # of equally near ones the place decides, not the order of the rows
    away = np.where(weight > 0, np.round(distance, 6), np.inf)
    return int(np.lexsort((xy[:, 1], xy[:, 0], away))[0])
