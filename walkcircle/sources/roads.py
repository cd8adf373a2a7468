"""Roads, crossings and traffic lights of an OpenStreetMap file, for the ways to school."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from walkcircle.errors import SourceError
from walkcircle.network import classify_road
from walkcircle.sources.osm_file import check_file
from walkcircle.tables import Controls, Roads

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
