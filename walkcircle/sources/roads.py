"""Roads, crossings and traffic lights, for the ways to school, and what parts living circles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from walkcircle.crossings import name_arterial
from walkcircle.errors import SourceError
from walkcircle.network import classify_road, find_level
from walkcircle.sources.osm_file import Feature, OsmContents, check_file
from walkcircle.tables import Barriers, Controls, Roads
from walkcircle.tags import condition_holds

if TYPE_CHECKING:
    from pyproj import CRS

#: Values of ``crossing`` and what they say; any other says nothing of lights and paint (OpenStreetMap wiki,
#: Key:crossing; ``uncontrolled`` is a marked crossing without lights).
_CONTROL: Mapping[str, str] = {
    "traffic_signals": "signals", "signals": "signals", "controlled": "signals", "pelican": "signals",
    "toucan": "signals", "puffin": "signals", "marked": "marked", "zebra": "marked", "uncontrolled": "marked",
    "unmarked": "unmarked",
}  # fmt: skip

#: Keys that make a way a crossing.
_CROSSING_KEYS = ("footway", "path", "cycleway", "pedestrian")

#: Tracks that part circles: trains, not trams, which run in the street, and nothing in a tunnel.
_RAIL = "railway=rail|light_rail|subway|narrow_gauge|monorail tunnel!=yes"

#: Water that is a river by its tags, as a line or as an area.
_RIVER_LINE = "waterway=river|canal tunnel!=yes"
_RIVER_AREA = ("waterway=riverbank", "natural=water water=river|canal")

#: Other water parts circles from this size on, m²: a pond is walked round (walkcircle's choice).
LEAST_WATER_M2 = 20_000.0


def read_roads(path: str | Path, crs: CRS) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read the roads for motors, walked or not, and every mapped crossing and traffic light.

    Parameters
    ----------
    path
        OpenStreetMap file.
    crs
        CRS of the network that was read from the same file; roads then share their vertices with it.

    Returns
    -------
    roads : GeoDataFrame
        :class:`~walkcircle.tables.Roads`.
    controls : GeoDataFrame
        :class:`~walkcircle.tables.Controls`. A light for cars (``highway=traffic_signals``) counts as one for people
        on foot, as it does in the network.

    Raises
    ------
    SourceError
        The file is missing, empty, cut short or not OpenStreetMap data.
    """
    path = Path(path)
    check_file(path)
    roads: list[tuple[int, str, str | None]] = []
    controls: list[str | None] = []
    lines: list[shapely.Geometry] = []
    places: list[shapely.Geometry] = []
    found = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    thing: Any  # osmium's union of types cannot be told apart by its own is_… methods
    try:
        for thing in found:
            tags = dict(thing.tags)
            if thing.is_node() and _is_stop(tags):
                controls.append(name_control(tags))
                places.append(shapely.Point(thing.location.lon, thing.location.lat))
            elif thing.is_way():
                known = [(node.lon, node.lat) for node in thing.nodes if node.location.valid()]
                if len(known) > 1 and classify_road(tags["highway"]):
                    roads.append((thing.id, tags["highway"], tags.get("name") or tags.get("ref")))
                    lines.append(shapely.LineString(known))
                elif len(known) > 1 and any(tags.get(key) == "crossing" for key in _CROSSING_KEYS):
                    controls.append(name_control(tags))
                    places.append(shapely.LineString(known))
    except (RuntimeError, osmium.InvalidLocationError) as error:
        msg = f"{path.name}: cannot be read as OpenStreetMap data ({error}); download it again"
        raise SourceError(msg) from None
    columns = [str(column) for column in Roads.columns()][:3]
    return (
        gpd.GeoDataFrame(pd.DataFrame(roads, columns=columns), geometry=lines, crs=4326).to_crs(crs),
        gpd.GeoDataFrame({Controls.control: pd.Series(controls, dtype=object)}, geometry=places, crs=4326).to_crs(crs),
    )


def find_roads(contents: OsmContents) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Find the arterials, walked or not, and every mapped crossing and traffic light, in what was read from a file.

    The same as :func:`read_roads` for all that arterials are asked for, without reading the file again.

    Returns
    -------
    roads, controls : GeoDataFrame
        :class:`~walkcircle.tables.Roads` with their level, and :class:`~walkcircle.tables.Controls`.
    """
    arterials = [f for f in contents.roads if name_arterial(f.tags["highway"])]
    stops = [f for f in contents.points if _is_stop(f.tags)]
    stops += [f for f in contents.roads if not name_arterial(f.tags["highway"])]
    roads = {
        Roads.road: np.array([int(f.osm_id.removeprefix("way/")) for f in arterials], dtype=np.int64),
        Roads.road_class: pd.Series([f.tags["highway"] for f in arterials], dtype=object),
        Roads.name: pd.Series([f.tags.get("name") or f.tags.get("ref") for f in arterials], dtype=object),
        Roads.level: np.array([find_level(f.tags) for f in arterials], dtype=np.int64),
    }
    controls = {Controls.control: pd.Series([name_control(f.tags) for f in stops], dtype=object)}
    crs = contents.network.crs
    return (
        gpd.GeoDataFrame(roads, geometry=contents.project(arterials).to_numpy(), crs=crs),
        gpd.GeoDataFrame(controls, geometry=contents.project(stops).to_numpy(), crs=crs),
    )


def find_barriers(contents: OsmContents, roads: gpd.GeoDataFrame, sea: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Find what parts living circles: arterials by their class, railways, and rivers with other wide water.

    What runs in a tunnel parts nothing; trams part nothing, since they run in the street. Water that is no river by its
    tags counts from :data:`LEAST_WATER_M2` on.

    Parameters
    ----------
    contents
        What was read from a file.
    roads
        :class:`~walkcircle.tables.Roads` with their level.
    sea
        Areas of water of all sorts, the sea among them.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Barriers`.
    """
    on_top = roads[roads[Roads.level] >= 0]
    lines = contents.lines
    rail = contents.project([f for f in lines if condition_holds(_RAIL, f.tags)])
    rivers: list[Feature] = [f for f in lines if condition_holds(_RIVER_LINE, f.tags)]
    rivers += [f for f in contents.areas if any(condition_holds(c, f.tags) for c in _RIVER_AREA)]
    wide = sea[sea.area >= LEAST_WATER_M2]
    parts = (
        (on_top[Roads.road_class].map(name_arterial).tolist(), on_top.geometry),
        (["rail"] * len(rail), rail),
        (["river"] * len(rivers), contents.project(rivers)),
        (["river"] * len(wide), wide),
    )
    return gpd.GeoDataFrame(
        {Barriers.kind: pd.Series([kind for kinds, _ in parts for kind in kinds], dtype=object)},
        geometry=np.concatenate([shapes.to_numpy() for _, shapes in parts]),
        crs=contents.network.crs,
    )


def name_control(tags: Mapping[str, str]) -> str | None:
    """Name how a crossing is controlled by its tags; None where they do not say.

    Examples
    --------
    >>> name_control({"highway": "crossing", "crossing": "zebra"}), name_control({"highway": "crossing"})
    ('marked', None)
    """
    named, lights = _CONTROL.get(tags.get("crossing", "")), tags.get("crossing:signals")
    paint = tags.get("crossing:markings") or tags.get("crossing_ref")
    if "traffic_signals" in tags.get("highway", "") or named == "signals" or lights not in {None, "no"}:
        return "signals"
    if named == "marked" or paint not in {None, "no"}:
        return "marked"
    return "unmarked" if named == "unmarked" or paint == "no" or lights == "no" else None


def _is_stop(tags: Mapping[str, str]) -> bool:
    """Tell whether a node is a place where a road is crossed, or a traffic light."""
    on_road = tags.get("highway", "")
    return tags.get("crossing") != "no" and ("crossing" in on_road or "traffic_signals" in on_road)
