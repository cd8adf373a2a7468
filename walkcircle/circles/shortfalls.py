"""Shortfalls: the gap list by circle, who is in time of each kind and who is not, and which kinds a circle owes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from walkcircle.tables import CircleGaps, CircleMembers, Circles, Completeness, Coverage, Facilities

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkcircle.standards import Kind

#: Fewer people than this are a matter of rounding.
LEAST_PERSON = 1e-3


def list_circle_gaps(
    coverage: pd.DataFrame,
    completeness: pd.DataFrame,
    members: pd.DataFrame,
    circles: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    kinds: Sequence[Kind],
) -> pd.DataFrame:
    """List, for each circle and kind, who is within the limit, who is not, and whether the circle lacks the kind.

    Certain and doubtful are told apart as in the gaps of communities (:func:`~walkcircle.gaps.find_gaps`), home by
    home, so that both lists add up to the same people.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage` of one walker or several.
    completeness
        :class:`~walkcircle.tables.Completeness`.
    members, circles
        :class:`~walkcircle.tables.CircleMembers` and :class:`~walkcircle.tables.Circles` of one size or several.
    facilities
        :class:`~walkcircle.tables.Facilities` in the CRS of the circles.
    kinds
        The kinds of the standard.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.CircleGaps`: the larger circles first, then circle by circle, those that are in none
        last; every circle with every kind and walker.

    Notes
    -----
    A circle owes what the standard demands (``mandatory``) for its tier: tiers do not include each other (GB
    50180-2018). Where a standard has no tiers, a circle owes the kinds whose limit is no longer than its minutes.
    """
    people = _count_people(coverage, completeness)
    homes = members.rename(columns={CircleMembers.cluster: Coverage.cluster})
    homes = homes[[Coverage.cluster, CircleMembers.tier_min, CircleMembers.circle]]
    # who is in no circle is a circle of its own in the sums; None would fall out of them
    named = homes[CircleMembers.circle].fillna(_NOWHERE)
    rows = people.merge(homes.assign(**{str(CircleGaps.circle): named}), on=Coverage.cluster, how="inner")
    order = {kind.id: number for number, kind in enumerate(kinds)}
    rows = rows.assign(**{_ORDER: rows[CircleGaps.kind].map(order)})
    rows = rows.assign(**{_LAST: rows[CircleGaps.circle] == _NOWHERE})
    keys = [CircleGaps.tier_min, _LAST, CircleGaps.circle, _ORDER, CircleGaps.kind, CircleGaps.walker, CircleGaps.group]
    sums = (
        rows.groupby(keys, sort=True, dropna=False)
        .agg({CircleGaps.stand_in: "any", CircleGaps.limit_min: "first", **dict.fromkeys(_PEOPLE, "sum")})
        .reset_index()
        .sort_values(CircleGaps.tier_min, ascending=False, kind="stable")
        .reset_index(drop=True)
    )
    owed, inside = _list_owed(sums, kinds), _count_inside(sums, circles, facilities)
    known = (sums[CircleGaps.population] - sums[CircleGaps.unknown]).to_numpy(dtype=float)
    covered = sums[CircleGaps.covered].to_numpy(dtype=float)
    share = np.divide(covered, known, out=np.full(len(sums), np.nan), where=known > 0).clip(max=1.0)
    is_short = sums[CircleGaps.without].to_numpy(dtype=float) > LEAST_PERSON
    table = sums.assign(
        **{
            str(CircleGaps.circle): sums[CircleGaps.circle].where(~sums[_LAST], None).astype(object),
            str(CircleGaps.share): share,
            str(CircleGaps.inside): inside,
            str(CircleGaps.owed): owed,
            str(CircleGaps.lacking): owed & (inside == 0) & is_short,
        }
    )
    return table[[*map(str, CircleGaps.columns())]]


#: Columns that only live here, and what stands for no circle.
_ORDER, _LAST, _NOWHERE = "order", "last", ""

#: The people that are added up.
_PEOPLE = (CircleGaps.residents, CircleGaps.population, CircleGaps.unknown, CircleGaps.covered, CircleGaps.without,
           CircleGaps.to_check)  # fmt: skip


def _count_people(coverage: pd.DataFrame, completeness: pd.DataFrame) -> pd.DataFrame:
    """Count the people of each row of coverage: within, certainly without, to be checked, unknown."""
    demand = coverage[Coverage.demand].astype(float)
    known, covered = coverage[Coverage.known], coverage[Coverage.covered]
    thin = completeness[completeness[Completeness.reason].notna()]
    is_thin = pd.MultiIndex.from_frame(coverage[[Coverage.community, Coverage.kind]]).isin(
        pd.MultiIndex.from_frame(thin[[Completeness.community, Completeness.kind]])
    )
    without = known & ~covered
    doubtful = without & (coverage[Coverage.unsure] | is_thin)
    return pd.DataFrame(
        {
            Coverage.cluster: coverage[Coverage.cluster],
            CircleGaps.kind: coverage[Coverage.kind],
            CircleGaps.walker: coverage[Coverage.walker],
            CircleGaps.group: coverage[Coverage.group],
            CircleGaps.stand_in: coverage[Coverage.stand_in] & (demand > 0),
            CircleGaps.limit_min: coverage[Coverage.limit_min].astype(float),
            CircleGaps.residents: coverage[Coverage.population].astype(float),
            CircleGaps.population: demand,
            CircleGaps.unknown: demand.where(~known, 0.0),
            CircleGaps.covered: demand.where(known & covered, 0.0),
            CircleGaps.without: demand.where(without & ~doubtful, 0.0),
            CircleGaps.to_check: demand.where(doubtful, 0.0),
        }
    )


def _list_owed(rows: pd.DataFrame, kinds: Sequence[Kind]) -> NDArray[np.bool_]:
    """Tell of each row whether a circle of its size owes the kind."""
    by_id = {kind.id: kind for kind in kinds}
    has_tiers = any(kind.tier is not None for kind in kinds)
    owed = np.zeros(len(rows), dtype=bool)
    triples = zip(rows[CircleGaps.kind], rows[CircleGaps.tier_min], ~rows[_LAST], strict=True)
    for number, (name, minutes, in_circle) in enumerate(triples):
        kind = by_id[name]
        mine = kind.tier == minutes if has_tiers else kind.limit_min <= minutes
        owed[number] = in_circle and kind.mandatory and mine
    return owed


def _count_inside(rows: pd.DataFrame, circles: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Count the facilities of each row's kind whose middle lies inside its circle."""
    spots = shapely.centroid(facilities.geometry.to_numpy())
    place, circle = shapely.STRtree(circles.geometry.to_numpy()).query(spots, predicate="intersects")
    pairs = pd.MultiIndex.from_arrays(
        [circles[Circles.circle].to_numpy()[circle], facilities[Facilities.kind].to_numpy()[place]]
    )
    count = pairs.value_counts()
    wanted = pd.MultiIndex.from_frame(rows[[CircleGaps.circle, CircleGaps.kind]])
    return np.asarray(count.reindex(wanted, fill_value=0).to_numpy(dtype=np.int64))
