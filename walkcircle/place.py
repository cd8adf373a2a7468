"""Place: the ground of a study, read and checked once, then trusted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import TableError
from walkcircle.groups import EVERYBODY
from walkcircle.network import WalkNetwork
from walkcircle.tables import (
    Candidates,
    Communities,
    Completeness,
    Facilities,
    Merged,
    Remarks,
    Residences,
    Survey,
    check_table,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind, Standard


#: Facilities mapped in and around a community, per 1,000 residents, below which the map is thin there. A Hangzhou
#: community of 7,000 people has about 28 records of its 20 key kinds, four per 1,000; half of that is taken
#: (walkcircle's assumption from the city's own counts: 35,000 records for 1,260 communities).
THIN_PER_1000 = 2.0

#: How far around a community its facilities are counted for that, metres.
AROUND_M = 500.0

#: How the people whom a kind serves are known.
COUNTED, DECLARED, STAND_IN = "counted", "a declared share of the residents", "all residents stand in"

#: A kind of which the whole file has less than this share of what its people should have is thinly mapped, rather than
#: lacking everywhere at once (walkcircle's assumption).
LEAST_EXPECTED = 0.5

#: Of a poorly mapped kind, so many are expected around a community, after the file's own density, before none at all
#: is odd: by chance alone (Poisson) none are there in one of twenty communities that expect three.
ODD_EXPECTED = 3.0

#: From this `osm_weakness` on, the map holds a kind poorly, and practically never.
POORLY_MAPPED, NEVER_MAPPED = 2, 3


@dataclass(frozen=True)
class Background:
    """What is drawn under the results; no number depends on it.

    Attributes
    ----------
    buildings, water, green, rail
        Shapes in the place's CRS, geometry only.
    """

    buildings: gpd.GeoSeries
    water: gpd.GeoSeries
    green: gpd.GeoSeries
    rail: gpd.GeoSeries


@dataclass(frozen=True)
class Place:
    """The ground: streets, people, facilities and communities in one metric CRS.

    Attributes
    ----------
    network
        Walking network, read with a buffer of the longest walk around the communities where the file
        reaches that far.
    residences, facilities, communities
        Checked tables (:class:`~walkcircle.tables.Residences`, …).
    entrances
        Doors and gates as points; polygon facilities are entered through them where they have any.
    estates
        :class:`~walkcircle.tables.Estates`: housing that is closed off by a wall, a fence, or private paths.
    completeness
        :class:`~walkcircle.tables.Completeness`: where the data can be trusted.
    population_source
        Where the numbers of people come from.
    data_date
        ``YYYY-MM-DD`` of the streets, or None when the file does not say.
    sources
        Each input and its attribution.
    notes
        What the reader of any number should know, in whole sentences.
    background
        What is drawn under the results.
    inputs
        SHA-256 of each input file, by its name.
    remarks
        :class:`~walkcircle.tables.Remarks`: what was unusual in the planner's files, and what was left out of them.
    merged
        :class:`~walkcircle.tables.Merged`: facilities that a register and the map both have.
    survey
        :class:`~walkcircle.tables.Survey`, or None where nobody was asked.
    candidates
        :class:`~walkcircle.tables.Candidates`: idle land and buildings, or None where no list was given.
    """

    network: WalkNetwork
    residences: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    entrances: gpd.GeoSeries
    estates: gpd.GeoDataFrame
    completeness: pd.DataFrame
    population_source: str
    background: Background
    data_date: str | None = None
    sources: tuple[str, ...] = ("© OpenStreetMap contributors, ODbL 1.0",)
    notes: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    remarks: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*map(str, Remarks.columns())]))
    merged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*map(str, Merged.columns())]))
    survey: pd.DataFrame | None = None
    candidates: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        """Check every table, and that all share the network's CRS.

        Raises
        ------
        TableError
            A table is wrong, is in another CRS than the streets, or lists a facility twice.
        """
        for frame, table, where in (
            (self.residences, Residences, "residences"),
            (self.facilities, Facilities, "facilities"),
            (self.communities, Communities, "communities"),
            *([] if self.candidates is None else [(self.candidates, Candidates, "candidates")]),
        ):
            if not isinstance(frame, gpd.GeoDataFrame):
                msg = f"{where}: a plain table has no place on earth; make it a GeoDataFrame with a CRS"
                raise TableError(msg)
            check_table(frame, table, where=where)
            if frame.crs != self.network.crs:
                msg = f"{where}: the CRS is not that of the streets; reproject with .to_crs(network.crs)"
                raise TableError(msg)
        if self.survey is not None:
            check_table(self.survey, Survey, where="survey of needs")
        twice = self.facilities[self.facilities.duplicated([Facilities.facility, Facilities.kind])]
        if len(twice):
            name, kind = twice[[Facilities.facility, Facilities.kind]].iloc[0]
            msg = f"facilities: '{name}' of kind '{kind}' is listed twice; give each place its own id or drop one row"
            raise TableError(msg)

    def __repr__(self) -> str:
        """Say what is here in one line."""
        people = self.residences[Residences.population].sum()
        return (
            f"<Place {people:,.0f} people in {len(self.communities)} communities, "
            f"{len(self.facilities):,} facilities, {self.network!r}>"
        )


def assign_communities(things: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of the community that each thing lies in.

    Parameters
    ----------
    things
        Points or areas; an area lies where a point well inside it lies.
    communities
        :class:`~walkcircle.tables.Communities` in the same CRS.

    Returns
    -------
    Series of str
        On the index of `things`; missing outside all communities. On a shared border the first community
        counts.
    """
    inner = shapely.point_on_surface(things.geometry.to_numpy())
    thing, community = shapely.STRtree(communities.geometry.to_numpy()).query(inner, predicate="intersects")
    order = np.lexsort((community, thing))
    thing, at = np.unique(thing[order], return_index=True)
    found = pd.Series(None, index=things.index, dtype=object)
    found.iloc[thing] = communities[Communities.community].to_numpy()[community[order][at]]
    return found


def grade_completeness(
    communities: gpd.GeoDataFrame,
    residences: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    registered: Collection[str] = (),
    declared: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Grade how far a missing facility can be trusted to be missing, per community and kind.

    A kind with a complete register is firm. From OpenStreetMap alone, a kind is to be checked on the
    ground where the map practically never holds it, where none is mapped in the whole file, or where
    little at all is mapped around the community. And where it is mapped more thinly than can be expected of it: the
    whole file has less than half of those that its people should have, one for the most people that one may serve
    (`service_population`); or, where the standard names no such number and the map holds the kind poorly, none is
    around the community though at the density of the whole file three or more would be. How
    the people are known whom a kind serves stands beside it and changes no grade: a gap among all residents is a gap,
    if a blunter one.

    Parameters
    ----------
    communities, residences, facilities
        Checked tables in one metric CRS.
    standard
        The kinds.
    registered
        Ids of the kinds whose register is complete.
    declared
        On the index of `residences`, a column of flags for each group: its number there is a declared share.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Completeness`.
    """
    known = {kind.group: _word_people(residences, kind.group, declared) for kind in standard.kinds}
    home = assign_communities(residences, communities)
    people = residences.groupby(home)[Residences.population].sum()
    worded = {
        (community, group): ", ".join(sorted(set(words)))
        for group, by_home in known.items()
        for community, words in by_home.groupby(home)
    }
    around = communities.geometry.buffer(AROUND_M).to_numpy()
    on_map = facilities[facilities[Facilities.source] == "osm"]
    area, found = shapely.STRtree(on_map.geometry.to_numpy()).query(around, predicate="intersects")
    mapped = np.bincount(area, minlength=len(communities))
    everybody = float(residences[Residences.population].sum())
    near = _count_people(residences, around)
    sparse = {}
    for kind in standard.kinds:
        is_kind = (on_map[Facilities.kind] == kind.id).to_numpy()
        mine = np.bincount(area[is_kind[found]], minlength=len(communities))
        sparse[kind.id] = _doubt_number(kind, int(is_kind.sum()), mine, everybody, near)
    rows = []
    for position, community in enumerate(communities[Communities.community]):
        residents = float(people.get(community, 0.0))
        thin = residents > 0 and mapped[position] < THIN_PER_1000 * residents / 1000
        for kind in standard.kinds:
            reason = None
            if kind.id in registered:
                reason = None
            elif sparse[kind.id][position]:
                reason = sparse[kind.id][position]
            elif thin:
                reason = f"only {mapped[position]} places are mapped in and around for {residents:,.0f} residents"
            whom = worded.get((community, kind.group), "nobody lives here")
            rows.append((community, kind.id, "check" if reason else "firm", reason, whom))
    columns = [*map(str, Completeness.columns())]
    return pd.DataFrame(rows, columns=columns)


def _word_people(residences: gpd.GeoDataFrame, group: str, declared: pd.DataFrame | None) -> pd.Series:
    """Say how the people of a group are known in each residence with people."""
    lived_in = residences[residences[Residences.population] > 0]
    if group == EVERYBODY:
        return pd.Series("all residents", index=lived_in.index)
    if group not in lived_in:
        return pd.Series(STAND_IN, index=lived_in.index)
    words: pd.Series = lived_in[group].isna().map({True: STAND_IN, False: COUNTED})
    return words if declared is None else words.mask(declared[group].reindex(lived_in.index), DECLARED)


def _count_people(residences: gpd.GeoDataFrame, around: NDArray[np.object_]) -> NDArray[np.float64]:
    """Count the people in each of some areas, which may overlap."""
    inner = shapely.point_on_surface(residences.geometry.to_numpy())
    area, home = shapely.STRtree(inner).query(around, predicate="intersects")
    people = residences[Residences.population].to_numpy(dtype=float)
    return np.asarray(np.bincount(area, people[home], len(around)), dtype=float)


def _doubt_number(
    kind: Kind, number: int, mine: NDArray[np.int64], everybody: float, near: NDArray[np.float64]
) -> list[str | None]:
    """Say per community why the number of a kind on the map may not be its true number; nothing where it may.

    `number` are mapped in the whole file for `everybody`, `mine` around each community for the people `near`.
    """
    if kind.osm_weakness >= NEVER_MAPPED:
        return ["OpenStreetMap practically never holds this kind; it needs a register"] * len(mine)
    if number == 0:
        return ["none is mapped in the whole file"] * len(mine)
    if kind.service_population is not None:
        expected = everybody / kind.service_population[1]
        if number < LEAST_EXPECTED * expected:
            return [f"only {number} of this kind are mapped for {everybody:,.0f} people in all"] * len(mine)
    elif kind.osm_weakness >= POORLY_MAPPED and everybody > 0:
        expected_here = number * near / everybody
        odd = (mine == 0) & (expected_here >= ODD_EXPECTED)
        return [
            f"none of this kind is mapped in and around, where {expected:.0f} would be at the density of the whole file"
            if is_odd
            else None
            for is_odd, expected in zip(odd, expected_here, strict=True)
        ]
    return [None] * len(mine)
