"""Proposals: facilities added, moved or closed, links laid and streets closed, as a planner writes them down.

A :class:`Scenario` is a list of edits that does not change; :class:`Proposals` is a list of sites that does, with an
index of where they are. What they would change is measured in :mod:`walkcircle.scenario`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import geopandas as gpd
import pandas as pd
import rtree
import shapely
from pyproj import CRS, Transformer

from walkcircle.errors import TableError
from walkcircle.tables import Facilities

#: Degrees, longitude first: what maps and GeoJSON speak.
WGS84: Final = CRS.from_epsg(4326)

#: What a link may be: a gate that is opened, a crossing, a footbridge, or a path.
GATE: Final = "gate"
CROSSING: Final = "crossing"
FOOTBRIDGE: Final = "footbridge"
PATH: Final = "path"
LINK_KINDS: Final = (GATE, CROSSING, FOOTBRIDGE, PATH)

#: How the ids of facilities begin that were given none.
PROPOSED: Final = "proposal/"

#: A place on a street of one network: an edge, and how far along it, 0 to 1.
Position = tuple[int, float]


@dataclass(frozen=True)
class FacilityAdded:
    """A facility that is not there yet; where no id is given it gets the next of ``proposal/0``, ``proposal/1``, ….

    `point` is a place in the CRS of the scenario, `capex` what building it costs, where that is known.
    """

    kind: str
    point: shapely.Point
    name: str | None = None
    facility: str | None = None
    capex: float | None = None


@dataclass(frozen=True)
class FacilityMoved:
    """A facility, by its id, that moves to another place; with all of its kinds where none is named."""

    facility: str
    point: shapely.Point
    kind: str | None = None


@dataclass(frozen=True)
class FacilityClosed:
    """A facility, by its id, that closes; with all of its kinds where none is named."""

    facility: str
    kind: str | None = None


@dataclass(frozen=True)
class LinkAdded:
    """A way that is not there yet.

    Attributes
    ----------
    line
        Its line; each end is led on to the nearest street. None where both positions are given.
    link_kind
        One of :data:`LINK_KINDS`.
    first, last
        Where it begins and ends, as positions on edges of the place's network, in place of the ends of its line.
    capex
        What building it costs, where that is known.
    """

    line: shapely.LineString | None
    link_kind: str = "path"
    first: Position | None = None
    last: Position | None = None
    capex: float | None = None


@dataclass(frozen=True)
class StreetClosed:
    """A street that nobody can walk any more: all edges of an OpenStreetMap way, or one edge of the network."""

    way: int | None = None
    edge: int | None = None


Edit = FacilityAdded | FacilityMoved | FacilityClosed | LinkAdded | StreetClosed

#: What a reader calls each edit, one and many of it.
_WORDS: Final = (
    (FacilityAdded, "facility added", "facilities added"),
    (FacilityMoved, "facility moved", "facilities moved"),
    (FacilityClosed, "facility closed", "facilities closed"),
    (LinkAdded, "link added", "links added"),
    (StreetClosed, "street closed", "streets closed"),
)


@dataclass(frozen=True, repr=False)
class Scenario:
    """Edits in the order in which they are made; every method returns a scenario with one more.

    Attributes
    ----------
    edits
        The edits.
    crs
        What coordinates are given in: degrees (WGS 84), longitude first, if nothing else is said.

    Examples
    --------
    >>> scenario = Scenario().add_facility("health", 7.4187, 43.7312).close_facility("node/123")
    >>> scenario.add_link([(7.4187, 43.7312), (7.4190, 43.7310)], link_kind="footbridge")
    <Scenario 1 facility added, 1 facility closed, 1 link added>
    """

    edits: tuple[Edit, ...] = ()
    crs: CRS = WGS84

    def __len__(self) -> int:
        """Count the edits."""
        return len(self.edits)

    def __repr__(self) -> str:
        """Say how many edits of each kind there are."""
        return f"<Scenario {self.describe()}>"

    def describe(self) -> str:
        """Say in words how many edits of each kind there are."""
        count = Counter(type(edit) for edit in self.edits)
        parts = [f"{count[kind]:,} {one if count[kind] == 1 else many}" for kind, one, many in _WORDS if count[kind]]
        return ", ".join(parts) or "nothing changed"

    @property
    def changes_streets(self) -> bool:
        """Whether a link is added or a street closed."""
        return any(isinstance(edit, LinkAdded | StreetClosed) for edit in self.edits)

    def add_facility(
        self,
        kind: str,
        x: float,
        y: float,
        *,
        name: str | None = None,
        facility: str | None = None,
        capex: float | None = None,
    ) -> Scenario:
        """Add a facility of a kind at a place (longitude and latitude); `capex` is what it costs, for a plan.

        Raises
        ------
        TableError
            There is no such place on earth, or the cost is none.
        """
        return self._and(FacilityAdded(kind, self._place(x, y), name, facility, _check_cost(capex)))

    def move_facility(self, facility: str, x: float, y: float, *, kind: str | None = None) -> Scenario:
        """Move a facility to another place (longitude and latitude), where it is a point.

        Raises
        ------
        TableError
            There is no such place on earth.
        """
        return self._and(FacilityMoved(facility, self._place(x, y), kind))

    def close_facility(self, facility: str, *, kind: str | None = None) -> Scenario:
        """Close a facility, or one kind of what it is."""
        return self._and(FacilityClosed(facility, kind))

    def add_link(
        self, points: Sequence[tuple[float, float]], *, link_kind: str = "path", capex: float | None = None
    ) -> Scenario:
        """Add a link along two or more places (longitude and latitude).

        Its ends are led on to the nearest street. It is open to everybody, also on private ground, passes over or under
        all streets between, and is walked as steeply as its ends are high. Who lives beside it keeps their street and
        joins it only where no street is within reach, so that it makes nobody's walk longer.

        Raises
        ------
        TableError
            There are fewer than two places, one is not on earth, there is no such kind of link, or the cost is none.
        """
        places = [self._place(x, y) for x, y in points]
        if len(places) < 2:
            msg = f"a link needs two places or more, and {len(places)} were given"
            raise TableError(msg)
        line = shapely.LineString(places)
        return self._and(LinkAdded(line, _check_link_kind(link_kind), capex=_check_cost(capex)))

    def join_edges(self, first: Position, last: Position, *, link_kind: str = "path") -> Scenario:
        """Add a straight link between two positions on edges of the place's network.

        Raises
        ------
        TableError
            There is no such kind of link.
        """
        return self._and(LinkAdded(None, _check_link_kind(link_kind), first, last))

    def close_street(self, way: int | None = None, *, edge: int | None = None) -> Scenario:
        """Close an OpenStreetMap way, or an edge of the place's network.

        A stretch of street that was joined of several ways has the id of its longest one (:meth:`WalkNetwork.to_gdf`).

        Raises
        ------
        TableError
            Neither or both are given.
        """
        if (way is None) == (edge is None):
            msg = "a street is closed by its OpenStreetMap way or by its edge; give one of them"
            raise TableError(msg)
        return self._and(StreetClosed(way, edge))

    def to_crs(self, crs: CRS) -> Scenario:
        """Return the same edits with coordinates in another CRS."""
        if self.crs == crs:
            return self
        move = Transformer.from_crs(self.crs, crs, always_xy=True)
        return replace(self, edits=tuple(_move_edit(edit, move) for edit in self.edits), crs=crs)

    def _and(self, edit: Edit) -> Scenario:
        """Return the scenario with one more edit."""
        return replace(self, edits=(*self.edits, edit))

    def _place(self, x: float, y: float) -> shapely.Point:
        """Return a place, which must be on earth."""
        if not (isfinite(x) and isfinite(y)):
            msg = f"the place {x},{y} is nowhere; give two numbers"
            raise TableError(msg)
        if self.crs.is_geographic and not (-180 <= x <= 180 and -90 <= y <= 90):
            msg = (
                f"the place {x:g},{y:g} is not on earth: longitude is -180 to 180 and latitude -90 to 90, in this order"
            )
            raise TableError(msg)
        return shapely.Point(x, y)


def _check_link_kind(link_kind: str) -> str:
    """Return a kind of link that there is."""
    if link_kind not in LINK_KINDS:
        msg = f"there is no kind of link '{link_kind}'; the kinds are: {', '.join(LINK_KINDS)}"
        raise TableError(msg)
    return link_kind


def _check_cost(capex: float | None) -> float | None:
    """Return a cost that can be meant, or none."""
    if capex is not None and not (isfinite(capex) and capex >= 0):
        msg = f"its capex is {capex:g}; give a cost of at least 0, or none"
        raise TableError(msg)
    return capex


def _move_edit(edit: Edit, move: Transformer) -> Edit:
    """Return an edit with its coordinates transformed."""
    if isinstance(edit, FacilityAdded | FacilityMoved):
        return replace(edit, point=shapely.Point(move.transform(edit.point.x, edit.point.y)))
    if isinstance(edit, LinkAdded) and edit.line is not None:
        return replace(edit, line=shapely.LineString([move.transform(x, y) for x, y in edit.line.coords]))
    return edit


class Proposals:
    """Proposed sites in a spatial index that changes as sites are added, moved and removed.

    Examples
    --------
    >>> sites = Proposals(CRS("EPSG:32632"))
    >>> clinic = sites.add("health", shapely.Point(372000, 4843000))
    >>> sites.move(clinic, shapely.Point(372100, 4843000))
    >>> sites.near(shapely.Point(372100, 4843040), within_m=50)
    [0]
    >>> sites.to_scenario()
    <Scenario 1 facility added>
    """

    def __init__(self, crs: CRS) -> None:
        """Start without any site; `crs` is that of the place."""
        self.crs = crs
        self._sites: dict[int, FacilityAdded] = {}
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
        self._sites[number] = FacilityAdded(kind, point, facility=f"{PROPOSED}{number}")
        self._index.insert(number, point.bounds)
        return number

    def add_at(self, kind: str, lon: float, lat: float) -> int:
        """Propose a facility of a kind at a longitude and latitude (WGS 84), and return the number of the site."""
        x, y = Transformer.from_crs(WGS84, self.crs, always_xy=True).transform(lon, lat)
        return self.add(kind, shapely.Point(x, y))

    def move(self, number: int, point: shapely.Point) -> None:
        """Move a site."""
        old = self._find(number)
        self._index.delete(number, old.point.bounds)
        self._index.insert(number, point.bounds)
        self._sites[number] = replace(old, point=point)

    def remove(self, number: int) -> None:
        """Take a site back."""
        self._index.delete(number, self._find(number).point.bounds)
        del self._sites[number]

    def near(self, point: shapely.Point, *, within_m: float) -> list[int]:
        """Return the numbers of the sites within a straight distance, growing."""
        box = (point.x - within_m, point.y - within_m, point.x + within_m, point.y + within_m)
        return sorted(n for n in self._index.intersection(box) if self._sites[n].point.distance(point) <= within_m)

    def to_scenario(self) -> Scenario:
        """Return the sites as they are now as edits."""
        return Scenario(tuple(self._sites.values()), self.crs)

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the sites as :class:`~walkcircle.tables.Facilities`."""
        return list_added(list(self._sites.values()), self.crs)

    def _find(self, number: int) -> FacilityAdded:
        if number not in self._sites:
            msg = f"there is no proposed site {number}; the sites are {sorted(self._sites)}"
            raise TableError(msg)
        return self._sites[number]


def list_added(added: Sequence[FacilityAdded], crs: CRS) -> gpd.GeoDataFrame:
    """List facilities that are added, and have their ids, as :class:`~walkcircle.tables.Facilities`."""
    return gpd.GeoDataFrame(
        {
            Facilities.facility: pd.array([site.facility for site in added], dtype="str"),
            Facilities.kind: pd.array([site.kind for site in added], dtype="str"),
            Facilities.name: pd.array([site.name for site in added], dtype="str"),
            Facilities.source: pd.array(["proposed"] * len(added), dtype="str"),
        },
        index=pd.RangeIndex(len(added)),
        geometry=[site.point for site in added],
        crs=crs,
    )
