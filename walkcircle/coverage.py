"""Coverage: is the nearest facility of each kind in time, who is left out, and do the drawn shapes agree?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.tables import (
    Agreement,
    Clusters,
    Communities,
    CommunityCoverage,
    Completeness,
    Coverage,
    Facilities,
    Isochrones,
    Nearest,
    WalkTimes,
)

if TYPE_CHECKING:
    from walkcircle.standards import Kind

#: The microsecond that walking times allow a limit, in minutes.
ROUNDING_MIN = 1e-6 / 60

#: A walk is unsure where the data end within this share of its limit: of a disc, a fifth lies beyond a straight edge
#: at half its radius (the segment's area is 0.196 of the disc's), and less beyond one farther off.
NEAR_EDGE = 0.5

#: A share that what lies beyond the data could raise by more than this is not firm (walkcircle's assumption).
UNSURE_SHARE = 0.05

#: Walks within this share of a limit of it are on the very edge of a drawn shape (walkcircle's assumption).
EDGE_SHARE = 0.05


def measure_coverage(
    clusters: gpd.GeoDataFrame,
    near: pd.DataFrame,
    kinds: Sequence[Kind],
    *,
    walker: str,
    off_network: Sequence[str] = (),
    edge_min: pd.Series | None = None,
) -> pd.DataFrame:
    """Compare the walk to the nearest facility of each kind with the standard's limit.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`.
    near
        :class:`~walkcircle.tables.Nearest` from the clusters, rank 1.
    kinds
        The kinds with their limits, minutes, inclusive.
    walker
        Name of who walks.
    off_network
        Ids of the clusters that could not be joined to the streets; nothing is known of them.
    edge_min
        Walk from each cluster to the nearest place where the data end, minutes; missing where none is near.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Coverage`, every cluster with every kind.
    """
    grid = pd.MultiIndex.from_product(
        [clusters[Clusters.cluster], [kind.id for kind in kinds]], names=[Coverage.cluster, Coverage.kind]
    )
    first = near[near[Nearest.rank] == 1].set_index([Nearest.origin, Nearest.kind])
    found = first[[Nearest.minutes, Nearest.facility]].reindex(grid)
    minutes = found[Nearest.minutes].to_numpy(dtype=float)
    cluster, kind = grid.get_level_values(0), grid.get_level_values(1)
    home = clusters.set_index(Clusters.cluster)
    limit = kind.map({k.id: k.limit_min for k in kinds}).to_numpy(dtype=float)
    covered = minutes <= limit + ROUNDING_MIN
    to_edge = np.full(len(grid), np.nan) if edge_min is None else edge_min.reindex(cluster).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            Coverage.cluster: cluster,
            Coverage.community: home[Clusters.community].reindex(cluster).to_numpy(),
            Coverage.kind: kind,
            Coverage.walker: walker,
            Coverage.population: home[Clusters.population].reindex(cluster).to_numpy(),
            Coverage.limit_min: limit,
            Coverage.minutes: minutes,
            Coverage.facility: found[Nearest.facility].to_numpy(),
            Coverage.covered: covered,
            Coverage.known: ~cluster.isin(list(off_network)),
            Coverage.open_edge: ~covered & (to_edge <= NEAR_EDGE * limit),
        }
    )


def weigh_coverage(
    coverage: pd.DataFrame, communities: gpd.GeoDataFrame, completeness: pd.DataFrame
) -> pd.DataFrame:
    """Weigh coverage by people, per community, kind and walker.

    ``share = Σ people within the limit / Σ people whose walk is known`` (standards: population coverage).

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`, one or more walkers.
    communities
        :class:`~walkcircle.tables.Communities`; those without residents stay, with an unknown share.
    completeness
        :class:`~walkcircle.tables.Completeness`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.CommunityCoverage`.
    """
    keys = [Coverage.community, Coverage.kind, Coverage.walker]
    people = coverage[Coverage.population]
    known = coverage[Coverage.known]
    parts = coverage[keys].assign(
        population=people,
        known=people.where(known, 0.0),
        covered=people.where(known & coverage[Coverage.covered], 0.0),
        beyond=people.where(known & coverage[Coverage.open_edge], 0.0),
    )
    grid = pd.MultiIndex.from_product(
        [communities[Communities.community], coverage[Coverage.kind].unique(), coverage[Coverage.walker].unique()],
        names=keys,
    )
    sums = parts.groupby(keys).sum().reindex(grid, fill_value=0.0)
    total, known, covered, beyond = (sums[c].to_numpy() for c in ("population", "known", "covered", "beyond"))
    covered = np.minimum(covered, known)
    thin = completeness.set_index([Completeness.community, Completeness.kind])[Completeness.reason]
    reason = thin.reindex(grid.droplevel(2)).to_numpy(dtype=object, copy=True)
    unsure = pd.isna(reason) & (beyond > UNSURE_SHARE * known)
    reason[unsure] = [f"the data end within the walk of {left:,.0f} residents" for left in beyond[unsure]]
    return pd.DataFrame(
        {
            CommunityCoverage.community: grid.get_level_values(0),
            CommunityCoverage.kind: grid.get_level_values(1),
            CommunityCoverage.walker: grid.get_level_values(2),
            CommunityCoverage.population: total,
            CommunityCoverage.unknown: total - known,
            CommunityCoverage.covered: covered,
            CommunityCoverage.share: np.divide(covered, known, out=np.full(len(known), np.nan), where=known > 0),
            CommunityCoverage.confidence: np.where(pd.isna(reason), "firm", "check"),
            CommunityCoverage.reason: reason,
        }
    )


def intersect_facilities(isochrones: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the facilities whose shape touches each isochrone.

    Parameters
    ----------
    isochrones, facilities
        :class:`~walkcircle.tables.Isochrones` and :class:`~walkcircle.tables.Facilities` in one CRS.

    Returns
    -------
    DataFrame
        Columns cluster, limit_min, facility, kind of :class:`~walkcircle.tables.Agreement`.
    """
    tree = shapely.STRtree(facilities.geometry.to_numpy())
    shape, place = tree.query(isochrones.geometry.to_numpy(), predicate="intersects")
    return pd.DataFrame(
        {
            Agreement.cluster: isochrones[Isochrones.cluster].to_numpy()[shape],
            Agreement.limit_min: isochrones[Isochrones.minutes].to_numpy()[shape],
            Agreement.facility: facilities[Facilities.facility].to_numpy()[place],
            Agreement.kind: facilities[Facilities.kind].to_numpy()[place],
        }
    )


def compare_reach(
    inside: pd.DataFrame,
    times: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    minutes: Sequence[float],
    access_m: pd.Series,
    off_street_m: float,
) -> pd.DataFrame:
    """List every pair where the drawn shape and the walking time disagree, with the cause.

    Parameters
    ----------
    inside
        What :func:`intersect_facilities` found.
    times
        :class:`~walkcircle.tables.WalkTimes` from clusters to the *positions* of facilities, up to the
        largest limit and a little beyond.
    facilities
        :class:`~walkcircle.tables.Facilities`.
    minutes
        The limits.
    access_m
        Shortest access leg of each facility, by position, metres; missing where it is off the network.
    off_street_m
        How far from a street the shapes reach, metres.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Agreement`.
    """
    position = pd.MultiIndex.from_arrays([facilities[Facilities.facility], facilities[Facilities.kind]])
    keys = [Agreement.cluster, "place"]
    walked = times.rename(columns={WalkTimes.origin: Agreement.cluster, WalkTimes.destination: "place"})
    walked = walked.set_index(keys)[WalkTimes.minutes]
    place = pd.Series(np.arange(len(position)), index=position)
    drawn = inside.assign(place=place.reindex(pd.MultiIndex.from_frame(inside[[Agreement.facility, Agreement.kind]])).to_numpy())
    areal = shapely.get_dimensions(facilities.geometry.to_numpy()) == 2  # noqa: PLR2004 - an area has two dimensions
    parts = []
    for limit in minutes:
        shown = pd.MultiIndex.from_frame(drawn.loc[drawn[Agreement.limit_min] == limit, keys])
        in_time = walked.index[walked.to_numpy() <= limit + ROUNDING_MIN]
        odd = shown.symmetric_difference(in_time)
        if len(odd) == 0:
            continue
        taken = walked.reindex(odd).to_numpy(dtype=float)
        at = odd.get_level_values(1).to_numpy(dtype=np.int64)
        is_shown = odd.isin(shown)
        leg = access_m.reindex(at).to_numpy(dtype=float)
        cause = np.select(
            [
                np.isnan(leg),
                np.abs(taken - limit) <= EDGE_SHARE * limit,
                ~is_shown & (leg > off_street_m),
                is_shown & areal[at],
                is_shown,
            ],
            [
                "the facility is not on the network",
                "on the edge: the walk takes within a twentieth of the limit",
                f"stands farther than {off_street_m:g} m from its street, beyond what is drawn",
                "its ground is reached, its entrance is not",
                "beside a street that is reached, but joined to one that is not",
            ],
            default="smaller than the grid of the drawing",
        )
        parts.append(
            pd.DataFrame(
                {
                    Agreement.cluster: odd.get_level_values(0),
                    Agreement.facility: facilities[Facilities.facility].to_numpy()[at],
                    Agreement.kind: facilities[Facilities.kind].to_numpy()[at],
                    Agreement.limit_min: float(limit),
                    Agreement.minutes: taken,
                    Agreement.inside: is_shown,
                    Agreement.cause: cause,
                }
            )
        )
    columns = [*map(str, Agreement.columns())]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
