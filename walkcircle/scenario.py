"""Scenario: what a proposed facility would change, without running the whole analysis again."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import rtree
import shapely
from pyproj import CRS, Transformer

from walkcircle.analysis import Analysis, snap_facilities
from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_MIN
from walkcircle.groups import count_demand
from walkcircle.tables import Checkup, Clusters, CommunityCoverage, Effects, Facilities, Unsnapped

if TYPE_CHECKING:
    from walkcircle.standards import Kind
    from walkcircle.updates import Change


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

    The first question makes the :class:`~walkcircle.updates.Standing` of the analysis, which takes a search per kind;
    every later one is searched only where it is felt. The result equals a full analysis with the sites added.

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
    study = analysis.study
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
    codes = [kind.id for kind in study.standard.kinds]
    for kind_id in pd.unique(sites[Facilities.kind]):
        kind = study.standard.kind(kind_id)
        mine = np.flatnonzero(sites[Facilities.kind] == kind_id).tolist()
        changes = [analysis.standing.add_facility(ends.between(site, site + 1), codes.index(kind_id)) for site in mine]
        tables.append(_weigh_changes(analysis, kind, changes))
    return pd.concat(tables, ignore_index=True)


def _weigh_changes(analysis: Analysis, kind: Kind, changes: list[Change]) -> pd.DataFrame:
    """Weigh by people, per community, the walks that one or another of several facilities of a kind shortens."""
    origin, first, which = np.unique(
        np.concatenate([change.origin for change in changes]), return_index=True, return_inverse=True
    )
    before_s, after_s = np.concatenate([change.before_s for change in changes])[first], np.full(len(origin), inf)
    np.minimum.at(after_s, which, np.concatenate([change.after_s for change in changes]))
    limit_min = kind.limit_min + ROUNDING_MIN
    newly = (after_s / 60 <= limit_min) & (before_s / 60 > limit_min)
    felt = analysis.clusters.iloc[origin]
    ids = pd.Index(analysis.checkup[Checkup.community])
    community = ids.get_indexer(felt[Clusters.community])
    kept = community >= 0
    people = count_demand(felt, kind.group)[0].to_numpy(dtype=float)
    newly_served, nearer = (
        np.bincount(community[some], weights=people[some], minlength=len(ids)).astype(float)  # of nothing, it is whole
        for some in (kept & newly, kept)
    )
    table, walker = analysis.communities, analysis.study.walkers[0]
    mine = (table[CommunityCoverage.kind] == kind.id) & (table[CommunityCoverage.walker] == walker.name)
    was = table[mine].set_index(CommunityCoverage.community).reindex(ids)
    known = (was[CommunityCoverage.population] - was[CommunityCoverage.unknown]).to_numpy()
    served = was[CommunityCoverage.covered].to_numpy() + newly_served
    share = np.divide(served, known, out=np.full(len(ids), np.nan), where=known > 0)
    return pd.DataFrame(
        {
            Effects.community: ids,
            Effects.kind: kind.id,
            Effects.newly_served: newly_served,
            Effects.nearer: nearer,
            Effects.still_without: np.maximum(known - served, 0.0),
            Effects.share_before: was[CommunityCoverage.share].to_numpy(),
            Effects.share_after: np.minimum(share, 1.0),
        }
    )
