"""Scenario: what a proposed facility would change, without running the whole analysis again."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import rtree
import shapely
from pyproj import CRS, Transformer

from walkcircle.analysis import Analysis, snap_facilities
from walkcircle.coverage import ROUNDING_MIN
from walkcircle.errors import TableError
from walkcircle.study import SEARCH_FACTOR
from walkcircle.tables import Checkup, Coverage, Effects, Facilities, Nearest, Unsnapped
from walkcircle.walking import nearest


@dataclass(frozen=True)
class Proposal:
    """A facility that is not there yet: its kind and its place in metres."""

    kind: str
    point: shapely.Point


class Proposals:
    """Proposed sites in a spatial index that changes as sites are added, moved and removed.

    Examples
    --------
    >>> sites = Proposals(CRS("EPSG:32632"))
    >>> clinic = sites.add("health", shapely.Point(372000, 4843000))
    >>> sites.move(clinic, shapely.Point(372100, 4843000))
    >>> sites.near(shapely.Point(372100, 4843040), within_m=50)
    [0]
    """

    def __init__(self, crs: CRS) -> None:
        """Start without any site; `crs` is that of the place."""
        self.crs = crs
        self._sites: dict[int, Proposal] = {}
        self._index = rtree.index.Index()
        self._next = 0

    def __len__(self) -> int:
        """Count the sites."""
        return len(self._sites)

    def __repr__(self) -> str:
        """Say how many sites there are."""
        return f"<Proposals {len(self)} sites>"

    def add(self, kind: str, point: shapely.Point) -> int:
        """Propose a facility of a kind at a point in metres, and return the number of the site."""
        number = self._next
        self._next += 1
        self._sites[number] = Proposal(kind, point)
        self._index.insert(number, point.bounds)
        return number

    def add_at(self, kind: str, lon: float, lat: float) -> int:
        """Propose a facility of a kind at a longitude and latitude (WGS 84), and return the number of the site."""
        x, y = Transformer.from_crs(4326, self.crs, always_xy=True).transform(lon, lat)
        return self.add(kind, shapely.Point(x, y))

    def move(self, number: int, point: shapely.Point) -> None:
        """Move a site."""
        old = self._find(number)
        self._index.delete(number, old.point.bounds)
        self._index.insert(number, point.bounds)
        self._sites[number] = Proposal(old.kind, point)

    def remove(self, number: int) -> None:
        """Take a site back."""
        self._index.delete(number, self._find(number).point.bounds)
        del self._sites[number]

    def near(self, point: shapely.Point, *, within_m: float) -> list[int]:
        """Return the numbers of the sites within a straight distance, growing."""
        box = (point.x - within_m, point.y - within_m, point.x + within_m, point.y + within_m)
        return sorted(n for n in self._index.intersection(box) if self._sites[n].point.distance(point) <= within_m)

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the sites as :class:`~walkcircle.tables.Facilities`."""
        numbers = list(self._sites)
        return gpd.GeoDataFrame(
            {
                Facilities.facility: [f"proposal/{n}" for n in numbers],
                Facilities.kind: [self._sites[n].kind for n in numbers],
                Facilities.name: pd.array([None] * len(numbers), dtype="str"),
                Facilities.source: "proposed",
            },
            index=pd.RangeIndex(len(numbers)),
            geometry=[self._sites[n].point for n in numbers],
            crs=self.crs,
        )

    def _find(self, number: int) -> Proposal:
        if number not in self._sites:
            msg = f"there is no proposed site {number}; the sites are {sorted(self._sites)}"
            raise TableError(msg)
        return self._sites[number]


def measure_effect(analysis: Analysis, proposals: Proposals) -> pd.DataFrame:
    """Measure whom proposed facilities would serve, for the first walker.

    Only clusters that lie within the straight reach of a site are walked from; the result equals a full
    analysis with the sites added.

    Parameters
    ----------
    analysis
        The situation as it is.
    proposals
        The sites; their kinds must be of the study's standard.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Effects`: every community, for each proposed kind.

    Raises
    ------
    StudyError
        A kind is not in the standard.
    TableError
        A site is too far from any street.
    """
    study, walker = analysis.study, analysis.study.walkers[0]
    sites = proposals.to_gdf()
    ends = snap_facilities(analysis.place, study, sites, analysis.footing)
    if len(ends.unsnapped):
        lost = ends.unsnapped.iloc[0]
        msg = (
            f"the proposed site {lost[Unsnapped.item].removeprefix('proposal/')} is "
            f"{lost[Unsnapped.distance_m]:,.0f} m from the nearest street; "
            f"a site must lie within {study.snapping.within_m:g} m of one ([snapping] within_m)"
        )
        raise TableError(msg)
    tables = [pd.DataFrame(columns=[*map(str, Effects.columns())])] if len(sites) == 0 else []
    longest_min = SEARCH_FACTOR * max(kind.limit_min for kind in study.standard.kinds)
    reach_m = longest_min * 60 * walker.fastest_metres_per_second
    for kind_id in pd.unique(sites[Facilities.kind]):
        kind = study.standard.kind(kind_id)
        before = analysis.coverage[
            (analysis.coverage[Coverage.kind] == kind_id) & (analysis.coverage[Coverage.walker] == walker.name)
        ].set_index(Coverage.cluster)
        touched = [bool(proposals.near(point, within_m=reach_m + 1)) for point in analysis.clusters.geometry]
        starts = analysis.starts.only(np.array(touched))
        mine = (sites[Facilities.kind] == kind_id).to_numpy()
        near = nearest(
            analysis.footing, starts, sites[mine].reset_index(drop=True), walker,
            spots=ends.only(mine).relabel(pd.RangeIndex(int(mine.sum()))), limit_min=longest_min,
        )  # fmt: skip
        minutes = near.set_index(Nearest.origin)[Nearest.minutes].astype(float).reindex(before.index)
        tables.append(_effect(analysis, kind_id, before, minutes, kind.limit_min))
    return pd.concat(tables, ignore_index=True)


def _effect(
    analysis: Analysis, kind_id: str, before: pd.DataFrame, minutes: pd.Series, limit_min: float
) -> pd.DataFrame:
    """Compare the walks before with those to the proposed sites, per community."""
    people = before[Coverage.demand].where(before[Coverage.known], 0.0)
    was = before[Coverage.covered]
    within = minutes <= limit_min + ROUNDING_MIN
    nearer = minutes.notna() & ~(before[Coverage.minutes] <= minutes)
    parts = pd.DataFrame(
        {
            Coverage.population: people,
            Coverage.covered: people.where(was, 0.0),
            Effects.newly_served: people.where(within & ~was, 0.0),
            Effects.nearer: people.where(nearer, 0.0),
        }
    )
    ids = analysis.checkup[Checkup.community]
    sums = parts.groupby(before[Coverage.community]).sum().reindex(ids, fill_value=0.0)
    known = sums[Coverage.population].where(sums[Coverage.population] > 0)
    served = sums[Coverage.covered] + sums[Effects.newly_served]
    return pd.DataFrame(
        {
            Effects.community: ids.to_numpy(),
            Effects.kind: kind_id,
            Effects.newly_served: sums[Effects.newly_served].to_numpy(),
            Effects.nearer: sums[Effects.nearer].to_numpy(),
            Effects.still_without: (sums[Coverage.population] - served).clip(lower=0).to_numpy(),
            Effects.share_before: (sums[Coverage.covered] / known).to_numpy(),
            Effects.share_after: (served / known).clip(upper=1).to_numpy(),
        }
    )
