"""Place: the ground of a study, read and checked once, then trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import TableError
from walkcircle.network import WalkNetwork
from walkcircle.tables import (
    Candidates,
    Communities,
    Facilities,
    Merged,
    Remarks,
    Residences,
    Roads,
    Survey,
    Tracking,
    check_table,
)


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
    roads, controls
        :class:`~walkcircle.tables.Roads`, the arterials, walked or not, and :class:`~walkcircle.tables.Controls`, the
        mapped crossings and lights; None where the streets came without them.
    barriers
        :class:`~walkcircle.tables.Barriers` for living circles; None where no circles are asked for.
    tracking
        :class:`~walkcircle.tables.Tracking`: how far projects have come, or None where nobody keeps such a table.
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
    roads: gpd.GeoDataFrame | None = None
    controls: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    tracking: pd.DataFrame | None = None

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
        if self.tracking is not None:
            check_table(self.tracking, Tracking, where="tracking of projects")
        twice = self.facilities[self.facilities.duplicated([Facilities.facility, Facilities.kind])]
        if len(twice):
            name, kind = twice[[Facilities.facility, Facilities.kind]].iloc[0]
            msg = f"facilities: '{name}' of kind '{kind}' is listed twice; give each place its own id or drop one row"
            raise TableError(msg)

    def list_bridged(self) -> dict[str, gpd.GeoSeries]:
        """List what only a bridge crosses, by what it is called: railways, water, motorways, and motor roads.

        A motor road is a trunk road that nobody may walk along; one with a pavement is crossed at grade. What runs on a
        bridge or in a tunnel itself is left out.
        """
        bridged = {"railway": self.background.rail, "water": self.background.water}
        if self.roads is not None:
            street = self.roads[Roads.road_class].str.removesuffix("_link")
            walked = self.roads[Roads.road].isin(np.unique(self.network.osm_way))
            free = ~walked & (self.roads[Roads.level] == 0 if Roads.level in self.roads else True)
            for of_class, name in (("motorway", "motorway"), ("trunk", "trunk road")):
                bridged[name] = self.roads.geometry[free & (street == of_class)]
        return {name: shapes for name, shapes in bridged.items() if len(shapes)}

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
