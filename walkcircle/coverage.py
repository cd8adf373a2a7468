"""Coverage: is the nearest facility of each kind in time, who is left out, do the drawn shapes agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.footing import ROUNDING_MIN
from walkcircle.groups import count_demand
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
    from numpy.typing import NDArray

    from walkcircle.standards import Kind

#: A walk is unsure where the data end within this share of its limit: of a disc, a fifth lies beyond a straight edge
#: at half its radius (the segment's area is 0.196 of the disc's), and less beyond one farther off.
NEAR_EDGE = 0.5

#: Why a share is not firm at the edge of the data.
BEYOND = "the data end within half of their walk"

#: Why a share is not firm though the data go on.
UNMAPPED_NEAR = "by how many there are in all, one that is not on the map may be within their reach"

#: A home beyond the limit is not firmly without where the chance that one is within it and not mapped is above this:
#: nine in ten are sure (walkcircle's assumption).
MOST_CHANCE = 0.1

#: A share that the unsure could raise by more than this is not firm (walkcircle's assumption).
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
    unmapped: NDArray[np.float64] | None = None,
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
    unmapped
        ``(n, k)`` chance that one which is not on the map is within the limit, clusters by kinds:
        :func:`~walkcircle.unmapped.estimate_unmapped`. Without it the map is taken at its word.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Coverage`, every cluster with every kind. Its demand are the people whom the kind
        serves, or all residents where their number is not known (:func:`~walkcircle.groups.count_demand`).

    Raises
    ------
    TableError
        A kind serves a group that does not exist.
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
    group = kind.map({k.id: k.group for k in kinds})
    demand, stand_in = _count_per_kind(clusters, kinds)
    covered = minutes <= limit + ROUNDING_MIN
    chance = np.zeros(len(grid)) if unmapped is None else unmapped.ravel()
    to_edge = np.full(len(grid), np.nan) if edge_min is None else edge_min.reindex(cluster).to_numpy(dtype=float)
    is_open = ~covered & (to_edge <= NEAR_EDGE * limit)
    return pd.DataFrame(
        {
            Coverage.cluster: cluster,
            Coverage.community: home[Clusters.community].reindex(cluster).to_numpy(),
            Coverage.kind: kind,
            Coverage.walker: walker,
            Coverage.population: home[Clusters.population].reindex(cluster).to_numpy(),
            Coverage.group: group.to_numpy(),
            Coverage.demand: demand,
            Coverage.stand_in: stand_in,
            Coverage.limit_min: limit,
            Coverage.minutes: minutes,
            Coverage.facility: found[Nearest.facility].to_numpy(),
            Coverage.covered: covered,
            Coverage.known: ~cluster.isin(list(off_network)),
            Coverage.open_edge: is_open,
            Coverage.unmapped_chance: chance,
            Coverage.unsure: is_open | (~covered & (chance > MOST_CHANCE)),
        }
    )


def _count_per_kind(clusters: gpd.GeoDataFrame, kinds: Sequence[Kind]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Count whom each kind serves in each cluster, cluster by cluster, and mark where all residents stand in."""
    counted = {group: count_demand(clusters, group) for group in {kind.group for kind in kinds}}
    people = np.column_stack([counted[kind.group][0].to_numpy(dtype=float) for kind in kinds])
    stand_in = np.column_stack([counted[kind.group][1].to_numpy(dtype=bool) for kind in kinds])
    return people.ravel(), stand_in.ravel()


def weigh_coverage(coverage: pd.DataFrame, communities: gpd.GeoDataFrame, completeness: pd.DataFrame) -> pd.DataFrame:
    """Weigh coverage by the people whom each kind serves, per community, kind and walker.

    ``share = Σ people within the limit / Σ people whose walk is known`` (standards: population coverage). People are
    those of the kind's group, or all residents where these stand in.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`, one or more walkers.
    communities
        :class:`~walkcircle.tables.Communities`; those without anybody to serve stay, with an unknown share.
    completeness
        :class:`~walkcircle.tables.Completeness`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.CommunityCoverage`.
    """
    keys = [Coverage.community, Coverage.kind, Coverage.walker]
    people = coverage[Coverage.demand]
    known = coverage[Coverage.known]
    without = known & ~coverage[Coverage.covered]
    parts = coverage[keys].assign(
        **{
            CommunityCoverage.residents: coverage[Coverage.population],
            CommunityCoverage.stand_in: people.where(coverage[Coverage.stand_in], 0.0),
            CommunityCoverage.population: people,
            CommunityCoverage.unknown: people.where(~known, 0.0),
            CommunityCoverage.covered: people.where(known & coverage[Coverage.covered], 0.0),
            CommunityCoverage.unsure: people.where(without & coverage[Coverage.unsure], 0.0),
            Coverage.open_edge: people.where(without & coverage[Coverage.open_edge], 0.0),
        }
    )
    grid = pd.MultiIndex.from_product(
        [communities[Communities.community], coverage[Coverage.kind].unique(), coverage[Coverage.walker].unique()],
        names=keys,
    )
    # plain sums in the order of the rows: the same for the same people, whatever else is in the table
    row = grid.get_indexer(pd.MultiIndex.from_frame(coverage[keys]))
    inside_some = row >= 0
    sums = pd.DataFrame(
        {
            column: np.bincount(row[inside_some], values.to_numpy(dtype=float)[inside_some], len(grid)).astype(float)
            for column, values in parts.drop(columns=keys).items()
        },
        index=grid,
    )
    group = coverage.drop_duplicates(Coverage.kind).set_index(Coverage.kind)[Coverage.group]
    inside = (sums[CommunityCoverage.population] - sums[CommunityCoverage.unknown]).to_numpy()
    covered = np.minimum(sums[CommunityCoverage.covered].to_numpy(), inside)
    unsure = sums[CommunityCoverage.unsure].to_numpy()
    is_edge = 2 * sums[Coverage.open_edge].to_numpy() >= unsure
    doubt = np.where(is_edge, BEYOND, UNMAPPED_NEAR).astype(object)
    doubt[unsure == 0] = None
    thin = completeness.set_index([Completeness.community, Completeness.kind])[Completeness.reason]
    reason = thin.reindex(grid.droplevel(2)).to_numpy(dtype=object, copy=True)
    is_thin = ~pd.isna(reason)
    is_unsure = ~is_thin & (unsure > UNSURE_SHARE * inside)
    at_most = np.divide(covered + unsure, inside, out=np.full(len(inside), np.nan), where=inside > 0).clip(max=1)
    reason[is_unsure] = doubt[is_unsure]
    return pd.DataFrame(
        {
            CommunityCoverage.community: grid.get_level_values(0),
            CommunityCoverage.kind: grid.get_level_values(1),
            CommunityCoverage.walker: grid.get_level_values(2),
            CommunityCoverage.group: group.reindex(grid.get_level_values(1)).to_numpy(),
            CommunityCoverage.stand_in: sums[CommunityCoverage.stand_in].to_numpy() > 0,
            CommunityCoverage.residents: sums[CommunityCoverage.residents].to_numpy(),
            CommunityCoverage.population: sums[CommunityCoverage.population].to_numpy(),
            CommunityCoverage.unknown: sums[CommunityCoverage.unknown].to_numpy(),
            CommunityCoverage.covered: covered,
            CommunityCoverage.unsure: unsure,
            CommunityCoverage.doubt: doubt,
            CommunityCoverage.share: np.divide(covered, inside, out=np.full(len(inside), np.nan), where=inside > 0),
            CommunityCoverage.share_at_most: np.where(is_thin, np.nan, at_most),
            CommunityCoverage.confidence: np.where(pd.isna(reason), "firm", "check"),
            CommunityCoverage.reason: reason,
        }
    )


def deny_unsure(covered: pd.DataFrame) -> pd.DataFrame:
    """Return coverage by community, :class:`~walkcircle.tables.CommunityCoverage`, where the unsure count as without.

    Kinds whose data are thin stay without a share.
    """
    least = covered[CommunityCoverage.share].where(covered[CommunityCoverage.share_at_most].notna())
    return covered.assign(**{CommunityCoverage.share_at_most: least})


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
    renamed = times.rename(columns={WalkTimes.origin: Agreement.cluster, WalkTimes.destination: "place"})
    walked = renamed.set_index([Agreement.cluster, "place"])[WalkTimes.minutes]
    places = position.get_indexer(pd.MultiIndex.from_frame(inside[[Agreement.facility, Agreement.kind]]))
    drawn = pd.MultiIndex.from_arrays([inside[Agreement.cluster], places])
    areal = shapely.get_dimensions(facilities.geometry.to_numpy()) == 2
    parts = []
    for limit in minutes:
        shown = drawn[inside[Agreement.limit_min].to_numpy() == limit]
        in_time = walked.index[walked.to_numpy() <= limit + ROUNDING_MIN]
        odd = pd.concat([shown.difference(in_time).to_frame(), in_time.difference(shown).to_frame()])
        cluster, place = odd.iloc[:, 0].to_numpy(), odd.iloc[:, 1].to_numpy(dtype=np.int64)
        taken = walked.reindex(pd.MultiIndex.from_arrays([cluster, place])).to_numpy(dtype=float)
        is_shown = ~(taken <= limit + ROUNDING_MIN)
        leg = access_m.reindex(place).to_numpy(dtype=float)
        parts.append(
            pd.DataFrame(
                {
                    Agreement.cluster: cluster,
                    Agreement.facility: facilities[Facilities.facility].to_numpy()[place],
                    Agreement.kind: facilities[Facilities.kind].to_numpy()[place],
                    Agreement.limit_min: float(limit),
                    Agreement.minutes: taken,
                    Agreement.inside: is_shown,
                    Agreement.cause: _explain(taken, limit, is_shown, leg, off_street_m, areal[place]),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    keys = [Agreement.limit_min, Agreement.cluster, Agreement.kind, Agreement.facility]
    return table.sort_values(keys, ignore_index=True)


def _explain(
    taken: NDArray[np.float64],
    limit: float,
    is_shown: NDArray[np.bool_],
    leg: NDArray[np.float64],
    off_street_m: float,
    areal: NDArray[np.bool_],
) -> NDArray[np.str_]:
    """Name the cause of each disagreement."""
    causes = {
        "the facility is not on the network": np.isnan(leg),
        "on the edge: the walk takes within a twentieth of the limit": np.abs(taken - limit) <= EDGE_SHARE * limit,
        f"stands farther than {off_street_m:g} m from its street, beyond what is drawn": ~is_shown
        & (leg > off_street_m),
        "its ground is reached, its entrance is not": is_shown & areal,
        "beside a street that is reached, but joined to one that is not": is_shown,
    }
    return np.select(list(causes.values()), list(causes), default="smaller than the grid of the drawing")
