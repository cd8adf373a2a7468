"""How good circles are: whether people find what they need inside, and whether barriers cut them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from walkcircle.circles.setting import find_crossings
from walkcircle.tables import CircleMembers, Circles, Clusters, Containment, Nearest, Severance

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def measure_containment(
    members: pd.DataFrame, circles: gpd.GeoDataFrame, nearest: pd.DataFrame, facilities: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Measure how many residents have their nearest facility of each kind inside their own circle.

    Parameters
    ----------
    members, circles
        :class:`~walkcircle.tables.CircleMembers` and :class:`~walkcircle.tables.Circles`, of one size or of several.
    nearest
        :class:`~walkcircle.tables.Nearest` of clusters; only the first rank counts.
    facilities
        The facilities by their identifiers, in the CRS of the circles; the middle of one says in which circle it is.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Containment`. Residents who can walk to no facility of a kind are not counted there.
    """
    spots = shapely.centroid(facilities.geometry.to_numpy())
    place, circle = shapely.STRtree(circles.geometry.to_numpy()).query(spots, predicate="intersects")
    held = set(zip(facilities.index[place], circles[Circles.circle].to_numpy()[circle], strict=True))
    first = nearest[nearest[Nearest.rank] == 1]
    walks = members.dropna(subset=[CircleMembers.circle]).merge(
        first[[Nearest.origin, Nearest.kind, Nearest.facility]],
        left_on=CircleMembers.cluster,
        right_on=Nearest.origin,
    )
    pairs = zip(walks[Nearest.facility], walks[CircleMembers.circle], strict=True)
    inside = np.fromiter((pair in held for pair in pairs), bool, len(walks))
    people = walks[CircleMembers.population].to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            Containment.circle: walks[CircleMembers.circle],
            Containment.kind: walks[Nearest.kind],
            Containment.population: people,
            Containment.inside: np.where(inside, people, 0.0),
        }
    )
    sums = table.groupby([Containment.circle, Containment.kind], sort=True).sum().reset_index()
    return sums.assign(**{str(Containment.share): _divide(sums[Containment.inside], sums[Containment.population])})


def measure_severance(members: pd.DataFrame, clusters: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure how far barriers cut circles: the share of pairs of residents with one between their homes.

    For the clusters i and j of a circle ``Σ pᵢ·pⱼ·sᵢⱼ / Σ pᵢ·pⱼ`` over i < j, where sᵢⱼ says whether the straight way
    meets a barrier.

    Parameters
    ----------
    members
        :class:`~walkcircle.tables.CircleMembers`, of one size or of several.
    clusters
        :class:`~walkcircle.tables.Clusters`.
    barriers
        :class:`~walkcircle.tables.Barriers` in the same CRS; choose their kinds before.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Severance`.
    """
    xy = pd.DataFrame(
        shapely.get_coordinates(shapely.centroid(clusters.geometry.to_numpy())),
        index=clusters[Clusters.cluster].to_numpy(),
    )
    tree = shapely.STRtree(barriers.geometry.to_numpy())
    rows = []
    for circle, inside in members.dropna(subset=[CircleMembers.circle]).groupby(CircleMembers.circle, sort=True):
        spot = xy.loc[inside[CircleMembers.cluster]].to_numpy()
        people = inside[CircleMembers.population].to_numpy(dtype=float)
        i, j = np.triu_indices(len(inside), 1)
        pairs = people[i] * people[j]
        rows.append((circle, pairs.sum(), pairs[find_crossings(tree, spot[i], spot[j])].sum()))
    table = pd.DataFrame(rows, columns=[str(Severance.circle), str(Severance.pairs), str(Severance.severed)])
    return table.assign(**{str(Severance.share): _divide(table[Severance.severed], table[Severance.pairs])})


def _divide(part: pd.Series, whole: pd.Series) -> NDArray[np.float64]:
    """Divide where there is something to divide by; else the share is missing."""
    total = whole.to_numpy(dtype=float)
    share: NDArray[np.float64] = np.full(len(total), np.nan)
    np.divide(part.to_numpy(dtype=float), total, out=share, where=total > 0)
    return share
