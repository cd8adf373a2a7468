"""Unmapped: how likely it is that a facility is there, within reach, and nobody has mapped it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from walkcircle.study import UNMAPPED_SHARE
from walkcircle.tables import Clusters, Facilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind

#: A walk is usually this many times as long as its straight line. Over random pairs in a town the network is 1.2 times
#: as long (Newell 1980) and around stations 1.21 to 1.23 (O'Sullivan and Morrall 1996), both as quoted in
#: https://en.wikibooks.org/wiki/Transportation_Geography_and_Network_Science/Circuity, and short walks bend more;
#: 1.3 is walkcircle's choice.
USUAL_DETOUR = 1.3


#: The source of a facility that is only proposed, and of one that operates by the table of projects alone.
PROPOSED, TRACKED = "proposed", "tracking"


def estimate_unmapped(
    clusters: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    kinds: Sequence[Kind],
    *,
    metres_per_min: float,
    shares: Sequence[float] = UNMAPPED_SHARE,
    registered: Collection[str] = (),
    detour: float = USUAL_DETOUR,
) -> NDArray[np.float64]:
    """Estimate the chance that a facility which is not on the map is within the limit of each home.

    ``chance = 1 − exp(−u · people within reach / people in all)``: of the u facilities that the map lacks so many are
    expected within reach if they are spread as the people are. If they are spread by chance (Poisson) and left out by
    chance, the number of those left out does not depend on how many are mapped, so that the chance holds as well where
    none is. Within reach is the straight distance of a walk to the limit with a usual detour.

    With n on the map, and a share m of all left out, ``u = n m / (1 − m)``; m is `shares` by how well the map holds the
    kind. Where n is less than one for the most people whom one may serve
    (:attr:`~walkcircle.standards.Kind.most_served`), u is at least what is lacking of that.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`.
    facilities
        :class:`~walkcircle.tables.Facilities` in the same CRS.
    kinds
        The kinds, with their limits and how well a map holds them (`osm_weakness`).
    metres_per_min
        Pace of who walks.
    shares
        Share of the facilities that the map lacks, for each `osm_weakness`, from 0 to 1.
    registered
        Ids of the kinds whose register is complete: their chance is 0.
    detour
        How many times as long as the straight line a walk usually is.

    Returns
    -------
    ndarray
        ``(n, k)`` from 0 to 1, homes by kinds.

    Examples
    --------
    Of ten clinics a tenth is not mapped. Who has a tenth of the people within reach has one of them there, on an
    average, and a ninth of one that is not mapped: ``1 − exp(−1/9) = 0.105``.
    """
    people = clusters[Clusters.population].to_numpy(dtype=float)
    spots, everybody = clusters.geometry.to_numpy(), people.sum()
    tree = shapely.STRtree(spots)
    near: dict[float, NDArray[np.float64]] = {}
    chances = np.zeros((len(clusters), len(kinds)))
    is_there = ~facilities[Facilities.source].isin([PROPOSED, TRACKED])  # neither says anything on the map
    for column, kind in enumerate(kinds):
        if kind.id in registered or everybody == 0:
            continue
        reach_m = kind.limit_min * metres_per_min / detour
        if reach_m not in near:
            home, other = tree.query(spots, predicate="dwithin", distance=reach_m)
            near[reach_m] = np.bincount(home, people[other], len(spots)).astype(float)
        number = int((is_there & (facilities[Facilities.kind] == kind.id)).sum())
        lacking = _count_lacking(kind, number, float(everybody), shares)
        # written so that an infinite number lacks everywhere, also where nobody is near
        chances[:, column] = 1.0 if lacking == inf else -np.expm1(-lacking * near[reach_m] / everybody)
    return chances


def _count_lacking(kind: Kind, number: int, everybody: float, shares: Sequence[float]) -> float:
    """Return how many of a kind the map is expected to lack: the usual share, or what its people should have."""
    share = shares[kind.osm_weakness]
    usual = inf if share == 1 else number * share / (1 - share)
    return max(usual, everybody / kind.most_served - number)
