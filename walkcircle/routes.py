"""Routes to school: who reaches school without crossing an arterial unprotected, and which crossings are the worst.

What the map does not say is counted twice, once as protected and once as unprotected: the truth lies between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.crossings import PROTECTED, UNKNOWN, UNPROTECTED, Doors, SidedStreets
from walkcircle.footing import ROUNDING_MIN
from walkcircle.groups import count_demand
from walkcircle.tables import Crossings, Facilities, SchoolRoutes, WalkTimes
from walkcircle.walking import Routes, find_routes, measure_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.snapping import Spots
    from walkcircle.standards import Kind

#: A safe way is looked for up to so many times the limit; one that is longer is none (walkcircle's choice).
FAR: Final = 3.0

#: The tag of a school.
SCHOOL: Final = "amenity=school"

#: Which crossings are closed when unknown ones count as protected, and when they count as unprotected.
_CLOSED: Final = ((UNPROTECTED,), (UNPROTECTED, UNKNOWN))


@dataclass(frozen=True, eq=False)
class SchoolWays:
    """Ways to schools of one kind or several, and the crossings on them.

    Attributes
    ----------
    routes
        :class:`~walkcircle.tables.SchoolRoutes` with their kind.
    crossings
        :class:`~walkcircle.tables.Crossings` with the kind of school, ranked kind by kind.
    """

    routes: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame

    @classmethod
    def join(cls, parts: Sequence[SchoolWays]) -> SchoolWays:
        """Join the ways to several kinds of schools."""
        routes, crossings = ([getattr(one, name) for one in parts] for name in ("routes", "crossings"))
        return cls(
            gpd.GeoDataFrame(pd.concat(routes, ignore_index=True), crs=routes[0].crs),
            gpd.GeoDataFrame(pd.concat(crossings, ignore_index=True), crs=routes[0].crs),
        )


def find_schools(kinds: Sequence[Kind], named: Sequence[str] = ()) -> list[Kind]:
    """Find the kinds of a standard that are schools: those that are named, else those of ``amenity=school`` alone.

    A kind that counts kindergartens or libraries as well is none: nobody knows whose way would be measured.

    Examples
    --------
    >>> from walkcircle.standards import read_standard
    >>> [kind.id for kind in find_schools(read_standard("hangzhou").kinds)]
    ['primary_school', 'junior_high_school']
    >>> find_schools(read_standard("general").kinds)
    []
    """
    if named:
        return [kind for kind in kinds if kind.id in named]
    found = []
    for kind in kinds:
        conditions = [condition.split() for condition in (*kind.osm.any, *kind.osm.named)]
        if conditions and all(SCHOOL in parts for parts in conditions):
            found.append(kind)
    return found


def measure_school_ways(
    streets: SidedStreets, starts: Spots, ends: Spots, clusters: gpd.GeoDataFrame, schools: gpd.GeoDataFrame, kind: Kind
) -> SchoolWays:
    """Measure the ways to the schools of one kind and rank the crossings on them, for the people whom it serves.

    Parameters
    ----------
    streets, starts, ends, clusters, schools
        As in :func:`measure_school_routes`.
    kind
        Whose limit and group count.

    Raises
    ------
    TableError
        There is no such group.
    """
    asked = (streets, starts, ends, clusters, schools)
    routes = measure_school_routes(*asked, limit_min=kind.limit_min, group=kind.group)
    crossings = rank_crossings(*asked, limit_min=kind.limit_min, group=kind.group)
    return SchoolWays(
        routes.assign(**{str(SchoolRoutes.kind): kind.id})[[*map(str, SchoolRoutes.columns())]],
        crossings.assign(**{str(Crossings.kind): kind.id})[[*map(str, Crossings.columns())]],
    )


def measure_school_routes(
    streets: SidedStreets,
    starts: Spots,
    ends: Spots,
    clusters: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    *,
    limit_min: float,
    group: str = "pupil",
) -> gpd.GeoDataFrame:
    """Measure how many pupils of each school reach it in time without an unprotected crossing, and at what detour.

    A pupil goes to the nearest school by the quickest way. A safe way to the same school crosses arterials only where
    lights protect it, or over a bridge or through an underpass. Whoever lives or learns at an arterial may cross it at
    the door; what protects them there is judged in the same way.

    Parameters
    ----------
    streets
        As :func:`~walkcircle.crossings.split_sides` makes them.
    starts, ends
        Spots of `clusters` and of `schools` on the streets that `streets` were made from, in the order of the rows.
    clusters
        :class:`~walkcircle.tables.Clusters`.
    schools
        :class:`~walkcircle.tables.Facilities` of one kind.
    limit_min
        Longest walk to school, minutes, inclusive. A safe way is looked for up to :data:`FAR` times as far.
    group
        Whose ways are counted; all residents stand in where their number is unknown.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.SchoolRoutes`, one row per school in the order of `schools`.

    Raises
    ------
    TableError
        There is no such group.
    """
    walks = _Walks.of(streets, starts, ends, limit_min)
    people, stand_in = _count(clusters, group)
    school, minutes = walks.routes.nearest, walks.routes.seconds / 60
    near = (school >= 0) & (minutes <= limit_min + ROUNDING_MIN)
    table = {
        SchoolRoutes.facility: schools[Facilities.facility].to_numpy(),
        SchoolRoutes.name: schools[Facilities.name].to_numpy(dtype=object),
        SchoolRoutes.group: group,
    }
    count = len(schools)

    def add_up(values: NDArray[np.float64], some: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(school[some], weights=values[some], minlength=count).astype(float)  # of nothing, it is whole

    pupils = add_up(people, near)
    table[SchoolRoutes.stand_in] = add_up(stand_in.astype(float), near) > 0
    table[SchoolRoutes.limit_min] = float(limit_min)
    table[SchoolRoutes.pupils] = pupils
    table[SchoolRoutes.farther] = add_up(people, (school >= 0) & ~near)
    table[SchoolRoutes.minutes] = _divide(add_up(people * np.where(near, minutes, 0.0), near), pupils)
    going = np.flatnonzero(near & (people > 0))
    today = walks.measure((), going)
    by_case = zip(
        _CLOSED,
        (SchoolRoutes.safe_if_protected, SchoolRoutes.safe_if_unprotected),
        (SchoolRoutes.share_if_protected, SchoolRoutes.share_if_unprotected),
        (SchoolRoutes.detour_min_if_protected, SchoolRoutes.detour_min_if_unprotected),
        (SchoolRoutes.detour_m_if_protected, SchoolRoutes.detour_m_if_unprotected),
        (SchoolRoutes.no_way_if_protected, SchoolRoutes.no_way_if_unprotected),
        strict=True,
    )
    for closed, safe, share, detour_min, detour_m, no_way in by_case:
        safely = walks.measure(closed, going)
        longer = safely - today
        found = near & np.isfinite(safely[0])
        in_time = found & (safely[0] <= limit_min + ROUNDING_MIN)
        table[safe] = add_up(people, in_time)
        table[share] = _divide(table[safe], pupils).clip(max=1.0)
        for column, extra in zip((detour_min, detour_m), longer, strict=True):
            table[column] = _divide(add_up(people * np.where(found, extra, 0.0), found), add_up(people, found))
        table[no_way] = add_up(people, near & ~found)
    frame = gpd.GeoDataFrame(table, geometry=schools.geometry.to_numpy(), crs=schools.crs)
    return frame[[str(column) for column in SchoolRoutes.columns() if column in frame]]


def rank_crossings(
    streets: SidedStreets,
    starts: Spots,
    ends: Spots,
    clusters: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    *,
    limit_min: float,
    group: str = "pupil",
) -> gpd.GeoDataFrame:
    """Rank the crossings of arterials that are not known to be protected by the pupils whose quickest way uses them.

    Of equally quick ways the one with the fewest such crossings counts. The two carriageways of a road are two
    crossings. People who cross at their own door, between the corners, are counted along the whole stretch of road.

    Parameters
    ----------
    streets, starts, ends, clusters, schools, limit_min, group
        As in :func:`measure_school_routes`.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Crossings`, those that somebody uses, the most used first.

    Raises
    ------
    TableError
        There is no such group.
    """
    walks = _Walks.of(streets, starts, ends, limit_min)
    people, stand_in = _count(clusters, group)
    routes = walks.routes
    going = np.flatnonzero((routes.nearest >= 0) & (routes.seconds / 60 <= limit_min + ROUNDING_MIN) & (people > 0))
    who, edge = routes.trace(going)
    number = np.full(len(streets.footing.seconds), -1)
    number[streets.edge] = np.arange(len(streets.edge))
    protected = (streets.crossings[Crossings.protection] == PROTECTED).to_numpy()
    used = number[edge] >= 0
    who, crossing = who[used], number[edge[used]]
    who, crossing = who[~protected[crossing]], crossing[~protected[crossing]]
    corners = streets.crossings.iloc[crossing].assign(**{_WHO: who, _PLACE: crossing})
    doors = [
        _list_doors(streets, side, going, spot[going])
        for side, spot in ((walks.starts, routes.start), (walks.ends, routes.end))
    ]
    table = pd.concat([corners, *doors], ignore_index=True)
    schools_of = schools[Facilities.facility].astype(str).to_numpy()[routes.nearest[table[_WHO]]]
    table = table.assign(
        **{
            Crossings.pupils: people[table[_WHO]],
            Crossings.stand_in: stand_in[table[_WHO]],
            Crossings.schools: schools_of,
        }
    ).drop_duplicates([_WHO, _PLACE])
    groups = table.groupby(_PLACE, sort=True)
    ranked = groups.first(skipna=False)
    ranked[Crossings.pupils] = groups[Crossings.pupils].sum()
    ranked[Crossings.stand_in] = groups[Crossings.stand_in].any()
    ranked[Crossings.schools] = groups[Crossings.schools].agg(lambda ids: ", ".join(sorted(set(ids))))
    for column in (Crossings.name, Crossings.control):
        ranked[column] = ranked[column].astype(object).where(ranked[column].notna(), None)
    places = gpd.GeoSeries(ranked[Crossings.geometry].to_numpy(), crs=streets.crossings.crs)
    order = np.lexsort((places.y.to_numpy(), places.x.to_numpy(), -ranked[Crossings.pupils].to_numpy(dtype=float)))
    ranked = ranked.iloc[order].assign(**{Crossings.rank: np.arange(1, len(ranked) + 1)})
    return gpd.GeoDataFrame(ranked, geometry=Crossings.geometry, crs=places.crs).reset_index(drop=True)[
        [str(column) for column in Crossings.columns() if column in ranked]
    ]


#: Columns that only live here: who crosses, and a number for each place.
_WHO, _PLACE = "who", "place"


@dataclass(frozen=True, eq=False)
class _Walks:
    """Walks to the nearest school over streets with two sides, all crossings open."""

    streets: SidedStreets
    starts: Doors
    ends: Doors
    routes: Routes
    limit_min: float
    far_min: float

    @classmethod
    def of(cls, streets: SidedStreets, starts: Spots, ends: Spots, limit_min: float) -> _Walks:
        """Find the quickest ways, of equals those with the fewest crossings that are not known to be protected."""
        homes, schools, far_min = streets.place(starts), streets.place(ends), FAR * limit_min
        burden = np.zeros(len(streets.footing.seconds))
        burden[streets.edge] = streets.crossings[Crossings.protection] != PROTECTED
        routes = find_routes(
            streets.footing, homes.spots, schools.spots, limit_min=far_min, burden=burden,
            start_burden=np.isin(homes.protection, _CLOSED[1]).astype(float),
            end_burden=np.isin(schools.protection, _CLOSED[1]).astype(float),
        )  # fmt: skip
        return cls(streets, homes, schools, routes, limit_min, far_min)

    def measure(self, closed: tuple[str, ...], going: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return ``(2, m)`` minutes and metres to their school of some origins with some crossings closed.

        Few ways become much longer: who finds one within the limit is not searched for up to the far one, nine times
        the ground.
        """
        footing = self.streets.close(closed)
        starts, ends = (
            spots.relabel(pd.RangeIndex(len(spots.labels)))
            for spots in (self.starts.leave_out(closed), self.ends.leave_out(closed))
        )
        found = np.full((2, len(starts.labels)), np.nan)
        for limit_min in (self.limit_min, self.far_min):
            times = measure_times(footing, starts.take(going), ends, footing.walker, limit_min=limit_min)
            origin = times[WalkTimes.origin].to_numpy(dtype=np.int64)
            mine = times[WalkTimes.destination].to_numpy(dtype=np.int64) == self.routes.nearest[origin]
            for row, column in enumerate((WalkTimes.minutes, WalkTimes.metres)):
                found[row, origin[mine]] = times[column].to_numpy(dtype=float)[mine]
            going = going[np.isnan(found[0, going])]
        return found


def _count(clusters: gpd.GeoDataFrame, group: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    people, stand_in = count_demand(clusters, group)
    return people.to_numpy(dtype=float), stand_in.to_numpy(dtype=bool)


def _divide(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))


def _list_doors(
    streets: SidedStreets, doors: Doors, who: NDArray[np.int64], spot: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """List who crosses an arterial at a door: one place for each stretch of road, in its middle."""
    crossed = doors.opposite[spot] & (doors.protection[spot] != PROTECTED)
    who, spot = who[crossed], spot[crossed]
    edge, street, name = streets.find_stretch(doors.spots.edge[spot])
    middle = shapely.line_interpolate_point(streets.footing.network.lines[edge], 0.5, normalized=True)
    table = {
        Crossings.name: pd.Series(name, dtype=object),
        Crossings.road_class: pd.Series(street, dtype=object),
        Crossings.control: doors.control[spot],
        Crossings.protection: doors.protection[spot],
        _WHO: who,
    }
    frame = gpd.GeoDataFrame(table, geometry=middle, crs=streets.crossings.crs)
    known = pd.factorize(frame[Crossings.control])[0] + 1
    # along one stretch some may cross where a crossing is mapped nearby, and others where none is
    return frame.assign(**{_PLACE: len(streets.edge) + 4 * edge + known})
