"""Both sizes of circles, the smaller inside the larger, from the walks of one walker, with all that is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from walkcircle.circles.delineation import Delineation, Search, delineate_circles
from walkcircle.circles.likeness import compare_partitions
from walkcircle.circles.quality import measure_containment, measure_severance
from walkcircle.footing import Footing, make_footing
from walkcircle.tables import (
    Barriers,
    BrokenRules,
    CircleMembers,
    Circles,
    CircleSizes,
    Containment,
    Coverage,
    Nearest,
    Severance,
)
from walkcircle.walking import measure_times

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

    from walkcircle.circles.rules import CircleRules
    from walkcircle.snapping import Spots

#: Called with the share that is done, 0 to 1.
Report = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class LivingCircles:
    """The 5- and 15-minute circles of a place, and how good they are.

    Attributes
    ----------
    outer
        The 15-minute circles as they were delineated, with the 5-minute circles inside.
    sizes
        :class:`~walkcircle.tables.CircleSizes`.
    containment, severance
        :class:`~walkcircle.tables.Containment` and :class:`~walkcircle.tables.Severance` of both sizes.
    gaps
        :class:`~walkcircle.tables.CircleGaps`.
    """

    outer: Delineation
    sizes: pd.DataFrame
    containment: pd.DataFrame
    severance: pd.DataFrame
    gaps: pd.DataFrame

    def __repr__(self) -> str:
        """Say how many circles there are, and how many rules they break."""
        counts = self.sizes.set_index(CircleSizes.tier_min)[CircleSizes.circles]
        told = ", ".join(f"{count:,} of {minutes:g} minutes" for minutes, count in counts.items())
        return f"<LivingCircles {told}; {len(self.broken):,} rules broken>"

    @property
    def circles(self) -> gpd.GeoDataFrame:
        """:class:`~walkcircle.tables.Circles` of both sizes, the larger first."""
        return self.outer.circles

    def list_larger(self) -> gpd.GeoDataFrame:
        """List the larger circles alone."""
        return self.circles[self.circles[Circles.minutes] == self.outer.rules.minutes].reset_index(drop=True)

    @property
    def members(self) -> pd.DataFrame:
        """:class:`~walkcircle.tables.CircleMembers` of both sizes."""
        return self.outer.members

    @property
    def broken(self) -> pd.DataFrame:
        """:class:`~walkcircle.tables.BrokenRules` of both sizes."""
        return self.outer.broken


def delineate_nested(
    clusters: gpd.GeoDataFrame,
    footing: Footing,
    starts: Spots,
    rules: tuple[CircleRules, CircleRules],
    *,
    barriers: gpd.GeoDataFrame | None = None,
    area: shapely.Geometry | None = None,
    borders: pd.Series | None = None,
    search: Search | None = None,
    report: Report | None = None,
) -> Delineation:
    """Delineate 5-minute circles of clusters, and 15-minute circles of these, by the walks of a walker.

    The walker may enter estates here, whatever their gates: else nobody walks to a centre inside another estate.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`.
    footing
        The streets as the walker finds them.
    starts
        Spots of the clusters, in the order of their rows.
    rules
        Of the smaller and of the larger circles.
    barriers, area, borders, search
        As in :func:`~walkcircle.circles.delineate_circles`.
    report
        Called with the share that is done.

    Returns
    -------
    Delineation
        The larger circles, with the smaller inside.
    """
    tell = report or (lambda _: None)
    tell(0.0)
    walker = replace(footing.walker, gates="open")
    opened = footing if walker == footing.walker else make_footing(footing.network, walker)
    five, fifteen = rules
    reach_min = five.reach_min or five.limit_min
    times = measure_times(opened, starts, starts, walker, limit_min=reach_min)
    inner = delineate_circles(clusters, times, five, barriers=barriers, area=area, borders=borders, search=search)
    tell(0.6)
    centres = np.flatnonzero(starts.labels.isin(inner.circles[Circles.centre]))
    # nobody walks farther than to the centre of the smaller circle and from there to that of the larger
    far_min = (fifteen.reach_min or fifteen.limit_min) + reach_min
    times = measure_times(opened, starts, starts.take(centres), walker, limit_min=far_min)
    outer = delineate_circles(
        clusters, times, fifteen, barriers=barriers, area=area, borders=borders, inner=inner, search=search
    )
    tell(1.0)
    return outer


def measure_circles(
    outer: Delineation,
    clusters: gpd.GeoDataFrame,
    nearest: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    areas: Mapping[str, pd.Series] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Measure how good nested circles are: their sizes, whether people find what they need inside, and what cuts them.

    Parameters
    ----------
    outer
        What :func:`delineate_nested` gave.
    clusters
        :class:`~walkcircle.tables.Clusters`.
    nearest
        :class:`~walkcircle.tables.Nearest` of the clusters.
    facilities
        The facilities by their identifiers.
    barriers
        What the circles were parted by; the kinds that the rules call hard or soft count.
    areas
        By their name, areas that the circles are compared with: the area of each cluster by its identifier.

    Returns
    -------
    sizes, containment, severance : DataFrame
        :class:`~walkcircle.tables.CircleSizes`, :class:`~walkcircle.tables.Containment` and
        :class:`~walkcircle.tables.Severance`.
    """
    tiers = [outer] if outer.inner is None else [outer, outer.inner]
    cuts = []
    for tier in tiers:
        kinds = (*tier.rules.hard, *tier.rules.soft)
        mine = None if barriers is None else barriers[barriers[Barriers.kind].isin(kinds)]
        cuts.append(measure_severance(tier.list_tier(), clusters, clusters.iloc[:0] if mine is None else mine))
    severance = pd.concat(cuts, ignore_index=True)
    containment = measure_containment(outer.members, outer.circles, nearest, facilities)
    rows = [_describe_size(tier, outer, severance, containment, areas or {}) for tier in tiers]
    columns = [str(column) for column in CircleSizes.columns()]
    return pd.DataFrame(rows, columns=columns), containment, severance


def list_nearest(coverage: pd.DataFrame, walkers: Mapping[str, str]) -> pd.DataFrame:
    """List the nearest facility of each kind from each cluster by the kind's own walker, as measured already.

    Returns
    -------
    DataFrame
        Origin, kind, facility and rank of :class:`~walkcircle.tables.Nearest`.
    """
    mine = coverage[coverage[Coverage.walker] == coverage[Coverage.kind].map(dict(walkers))]
    mine = mine[mine[Coverage.facility].notna()]
    return pd.DataFrame(
        {
            Nearest.origin: mine[Coverage.cluster].to_numpy(),
            Nearest.kind: mine[Coverage.kind].to_numpy(),
            Nearest.facility: mine[Coverage.facility].to_numpy(),
            Nearest.rank: 1,
        }
    )


def _describe_size(
    tier: Delineation,
    outer: Delineation,
    severance: pd.DataFrame,
    containment: pd.DataFrame,
    areas: Mapping[str, pd.Series],
) -> dict[str, object]:
    """Describe the circles of one size in one row."""
    minutes = tier.rules.minutes
    circles = outer.circles[outer.circles[Circles.minutes] == minutes]
    members, names = tier.list_tier(), circles[Circles.circle]
    people = circles[Circles.population].to_numpy(dtype=float)
    least, aim, most = tier.rules.population
    cut = severance[severance[Severance.circle].isin(names)]
    held = containment[containment[Containment.circle].isin(names)]
    home = members[CircleMembers.circle]
    walked = members[members[CircleMembers.minutes].notna()]
    weight = walked[CircleMembers.population].to_numpy(dtype=float)
    known = walked[CircleMembers.minutes].to_numpy(dtype=float)
    parts = members.set_index(CircleMembers.cluster)[CircleMembers.circle]
    named = next(iter(areas), None)
    like = compare_partitions(parts, areas[named]) if named is not None and parts.notna().any() else None
    return {
        CircleSizes.tier_min: minutes,
        CircleSizes.circles: len(circles),
        CircleSizes.population: float(people.sum()),
        CircleSizes.nowhere: float(members[CircleMembers.population][home.isna()].sum()),
        CircleSizes.least: least,
        CircleSizes.aim: aim,
        CircleSizes.most: most,
        CircleSizes.too_small: int((people < least).sum()),
        CircleSizes.too_large: int((people > most).sum()),
        CircleSizes.mean_min: float(weight @ known / weight.sum()) if weight.sum() > 0 else np.nan,
        CircleSizes.longest_min: float(known.max()) if len(known) else np.nan,
        CircleSizes.severed_share: _divide(cut[Severance.severed].sum(), cut[Severance.pairs].sum()),
        CircleSizes.inside_share: _divide(held[Containment.inside].sum(), held[Containment.population].sum()),
        CircleSizes.borders: None if like is None else named,
        CircleSizes.ari: np.nan if like is None else like.ari,
        CircleSizes.nmi: np.nan if like is None else like.nmi,
        CircleSizes.vi: np.nan if like is None else like.vi,
        CircleSizes.broken: int((tier.broken[BrokenRules.tier_min] == minutes).sum()),
    }


def _divide(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
