"""Place: the ground of a study, read and checked once, then trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from walkcircle.errors import TableError
from walkcircle.network import WalkNetwork
from walkcircle.tables import Communities, Facilities, Residences, check_table


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
        Housing estates that are closed off (a wall, a fence, or private paths), as polygons.
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

    def __post_init__(self) -> None:
        """Check every table, and that all share the network's CRS.

        Raises
        ------
        TableError
            A table is wrong, or is in another CRS than the streets.
        """
        for frame, table, where in (
            (self.residences, Residences, "residences"),
            (self.facilities, Facilities, "facilities"),
            (self.communities, Communities, "communities"),
        ):
            check_table(frame, table, where=where)
            if frame.crs != self.network.crs:
                msg = f"{where}: the CRS is not that of the streets; reproject with .to_crs(network.crs)"
                raise TableError(msg)

    def __repr__(self) -> str:
        """Say what is here in one line."""
        people = self.residences[Residences.population].sum()
        return (
            f"<Place {people:,.0f} people in {len(self.communities)} communities, "
            f"{len(self.facilities):,} facilities, {self.network!r}>"
        )
