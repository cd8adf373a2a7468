"""What a study needs from an OpenStreetMap file besides streets: facilities, homes, borders, the picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import SourceError
from walkcircle.place import Background
from walkcircle.tables import Communities, Estates, Facilities
from walkcircle.tags import condition_holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from walkcircle.sources.osm_file import Feature, OsmContents
    from walkcircle.standards import Standard
    from walkcircle.study import CommunitiesSection

#: Features that are there on the map but not for the public, or not any more.
CLOSED = (
    "disused=yes", "abandoned=yes", "demolished=yes", "ruins=yes", "access=private|no|customers",
    "opening_hours=off|closed",
)  # fmt: skip

#: A year, a month or a day, as ISO 8601 writes them.
DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")

WATER = ("natural=water|bay", "waterway=riverbank|dock", "landuse=reservoir|basin", "leisure=marina")
GREEN = (
    "leisure=park|garden|pitch|playground|golf_course|nature_reserve",
    "landuse=grass|forest|meadow|cemetery|orchard|vineyard|recreation_ground|village_green|allotments|farmland",
    "natural=wood|scrub|grassland|heath",
)
RAIL = ("railway=rail|light_rail|tram|subway tunnel!=yes",)


def find_facilities(contents: OsmContents, standard: Standard) -> gpd.GeoDataFrame:
    """Find the facilities of every kind of a standard, each once.

    Disused and private ones are left out. A point inside an area of the same kind is the same place
    mapped twice: the area stays.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Facilities` in the network's CRS, in the order of kind and id.
    """
    exact, keys = _first_tags(standard)
    features = [f for f in (*contents.points, *contents.areas) if _may_match(f.tags, exact, keys)]
    features = [f for f in features if not any(condition_holds(c, f.tags) for c in CLOSED)]
    shapes = contents.project(features).to_numpy()
    areal = shapely.get_dimensions(shapes) == 2
    rows = []
    for kind in standard.kinds:
        found = np.array([i for i, f in enumerate(features) if kind.osm.matches(f.tags)], dtype=np.int64)
        points, areas = found[~areal[found]], found[areal[found]]
        twice, _ = shapely.STRtree(shapes[areas]).query(shapes[points], predicate="intersects")
        kept = np.concatenate([np.delete(points, np.unique(twice)), areas])
        rows += [
            (
                features[i].osm_id,
                kind.id,
                features[i].tags.get("name"),
                _opening_day(features[i].tags),
                features[i].edited,
                shapes[i],
            )
            for i in kept
        ]
    rows.sort(key=lambda row: (row[1], row[0]))
    days = {Facilities.opened: [row[3] for row in rows], Facilities.edited: [row[4] for row in rows]}
    return gpd.GeoDataFrame(
        {
            Facilities.facility: [row[0] for row in rows],
            Facilities.kind: [row[1] for row in rows],
            Facilities.name: pd.array([row[2] for row in rows], dtype="str"),
            Facilities.source: "osm",
            **{column: pd.Series(known, dtype=object) for column, known in days.items() if any(known)},
        },
        geometry=[row[5] for row in rows],
        crs=contents.network.crs,
    )


def _opening_day(tags: Mapping[str, str]) -> str | None:
    """Return since when it is open, as far as ``start_date`` says: a year, a month or a day; None for *about 1950*."""
    day = tags.get("start_date", "")
    return day if DATE.fullmatch(day) else None


def find_communities(contents: OsmContents, section: CommunitiesSection) -> gpd.GeoDataFrame:
    """Find administrative boundaries of one level, by name where names are given.

    Raises
    ------
    SourceError
        There is none, or a name is not among them; the message lists what there is.
    """
    boundaries = [f for f in contents.areas if f.tags.get("boundary") == "administrative" and "name" in f.tags]
    if section.admin_level is None:
        msg = f"[communities] needs admin_level; complete boundaries in the file: {_describe(boundaries)}"
        raise SourceError(msg)
    level = [f for f in boundaries if f.tags.get("admin_level") == str(section.admin_level)]
    names = {f.tags["name"] for f in level}
    unknown = sorted(set(section.names) - names)
    if unknown or not level:
        wanted = f" named {unknown[0]!r}" if unknown else ""
        msg = (
            f"[communities]: no complete boundary of admin_level {section.admin_level}{wanted} in the file; "
            f'it holds: {_describe(boundaries)}; or use source = "hexagons"'
        )
        raise SourceError(msg)
    chosen = sorted(
        (f for f in level if not section.names or f.tags["name"] in section.names),
        key=lambda f: f.osm_id,
    )
    return gpd.GeoDataFrame(
        {
            Communities.community: [f.osm_id for f in chosen],
            Communities.name: [f.tags["name"] for f in chosen],
            Communities.population: [_population(f, contents) for f in chosen],
        },
        geometry=contents.project(chosen).make_valid().to_numpy(),
        crs=contents.network.crs,
    )


def find_entrances(contents: OsmContents) -> gpd.GeoSeries:
    """Find doors and gates that may be used."""
    conditions = (
        "entrance=* entrance!=no|exit|emergency|service access!=no|private",
        "barrier=gate|lift_gate|kissing_gate|swing_gate|turnstile|entrance access!=no",
    )
    doors = [f for f in contents.points if any(condition_holds(c, f.tags) for c in conditions)]
    return contents.project(doors)


def find_estates(contents: OsmContents) -> gpd.GeoDataFrame:
    """Find closed estates: residential land that is walled, private, or mostly walked on private paths.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Estates`.
    """
    land = [f for f in contents.areas if condition_holds("landuse=residential", f.tags)]
    shapes = contents.project(land)
    network = contents.network
    inside, edge = shapely.STRtree(shapely.line_interpolate_point(network.lines, 0.5, normalized=True)).query(
        shapes.to_numpy(), predicate="intersects"
    )
    length = np.bincount(inside, weights=network.length_m[edge], minlength=len(land))
    private = np.bincount(inside, weights=(network.length_m * network.private)[edge], minlength=len(land))
    mostly_private = private > length / 2
    walls = contents.project([f for f in contents.lines if condition_holds("barrier=wall|fence|city_wall", f.tags)])
    fenced = _enclosed(shapes, walls)
    closed = [
        i
        for i, f in enumerate(land)
        if mostly_private[i]
        or fenced[i]
        or condition_holds("barrier=wall|fence", f.tags)
        or condition_holds("access=private|residents", f.tags)
    ]
    return gpd.GeoDataFrame(
        {
            Estates.estate: [land[i].osm_id for i in closed],
            Estates.name: [land[i].tags.get("name", "") for i in closed],
        },
        geometry=shapes.iloc[closed].make_valid().to_numpy(),
        crs=network.crs,
    )


def find_background(contents: OsmContents) -> Background:
    """Find what the map draws under the results."""
    crs = contents.network.crs

    def areas(conditions: tuple[str, ...]) -> gpd.GeoSeries:
        chosen = [f for f in contents.areas if any(condition_holds(c, f.tags) for c in conditions)]
        return contents.project(chosen).reset_index(drop=True)

    water = areas(WATER)
    sea = _sea(contents)
    if not sea.is_empty:
        water = gpd.GeoSeries([*water, sea], crs=crs)
    rail = [f for f in contents.lines if any(condition_holds(c, f.tags) for c in RAIL)]
    return Background(
        buildings=areas(("building=* building!=no|roof location!=underground",)),
        water=water,
        green=areas(GREEN),
        rail=contents.project(rail),
    )


def _first_tags(standard: Standard) -> tuple[set[tuple[str, str]], set[str]]:
    """Collect the tags of which a feature needs one to be any kind at all: a quick first sieve."""
    exact: set[tuple[str, str]] = set()
    keys: set[str] = set()
    for kind in standard.kinds:
        for condition in (*kind.osm.any, *kind.osm.named):
            key, _, values = next(p for p in condition.split() if "!=" not in p).partition("=")
            if values == "*":
                keys.add(key)
            exact.update((key, value) for value in values.split("|"))
    return exact, keys


def _may_match(tags: Mapping[str, str], exact: set[tuple[str, str]], keys: set[str]) -> bool:
    return any(
        key in keys or any((key, part.strip()) in exact for part in value.split(";")) for key, value in tags.items()
    )


def _describe(boundaries: Iterable[Feature]) -> str:
    """List boundaries by level, at most a handful of names each."""
    levels: dict[str, list[str]] = {}
    for f in boundaries:
        levels.setdefault(f.tags.get("admin_level", "?"), []).append(f.tags["name"])
    parts = [
        f"level {level}: {', '.join(sorted(names)[:6])}{' …' if len(names) > 6 else ''}"
        for level, names in sorted(levels.items())
    ]
    return "; ".join(parts) or "none"


def _population(boundary: Feature, contents: OsmContents) -> float:
    """Return the people tagged on a boundary, or on the place of the same name inside it; NaN where unknown."""
    tagged = _number(boundary.tags.get("population"))
    if not np.isnan(tagged):
        return tagged
    for place in contents.points:
        same = "place" in place.tags and place.tags.get("name") == boundary.tags["name"]
        if same and "population" in place.tags and boundary.shape.covers(place.shape):
            return _number(place.tags["population"])
    return np.nan


def _number(text: str | None) -> float:
    """Read a count of people, NaN when it is not there or not a number."""
    try:
        value = float((text or "").replace(" ", "").replace(",", ""))
    except ValueError:
        return np.nan
    return value if np.isfinite(value) and value >= 0 else np.nan


def _enclosed(shapes: gpd.GeoSeries, walls: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Tell which areas have a mapped wall or fence along at least half of their outline."""
    if len(walls) == 0 or len(shapes) == 0:
        return np.zeros(len(shapes), bool)
    outline = shapes.boundary.to_numpy()
    # a wall is drawn up to a few metres beside the land; a city has too many to lay all of them round each estate
    strips = walls.buffer(3.0).to_numpy()
    area, wall = shapely.STRtree(strips).query(outline, predicate="intersects").tolist()
    beside: dict[int, list[shapely.Geometry]] = {}
    for one, other in zip(area, wall, strict=True):
        beside.setdefault(one, []).append(strips[other])
    walled = np.zeros(len(shapes))
    for one, pieces in beside.items():
        walled[one] = shapely.intersection(outline[one], shapely.union_all(pieces)).length
    return np.asarray(walled > shapely.length(outline) / 2)


def _sea(contents: OsmContents) -> shapely.Geometry:
    """Colour the sea: the faces of the data's box that lie to the right of a coastline.

    OpenStreetMap draws coastlines with the land on the left and the water on the right.
    """
    coast = contents.project([f for f in contents.lines if f.tags.get("natural") == "coastline"])
    if len(coast) == 0:
        return shapely.Polygon()
    box = contents.network.extent
    lines = shapely.intersection(coast.to_numpy(), box)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*lines, *_to_edge(lines, box), box.boundary])]))
    right, left = [], []
    for line in shapely.get_parts(coast.to_numpy()):
        xy = shapely.get_coordinates(line)
        along = np.diff(xy, axis=0)
        length = np.hypot(*along.T)
        middle = (xy[:-1] + xy[1:]) / 2
        half_a_metre = 0.5 * np.column_stack([along[:, 1], -along[:, 0]]) / np.maximum(length, 1e-9)[:, None]
        right.append(middle + half_a_metre)
        left.append(middle - half_a_metre)
    tree = shapely.STRtree(faces)
    # a sharp bend may put a point on the wrong side: the greater number decides
    votes = [
        np.bincount(tree.query(shapely.points(np.concatenate(side)), predicate="within")[1], minlength=len(faces))
        for side in (right, left)
    ]
    return shapely.union_all(faces[votes[0] > votes[1]])


def _to_edge(lines: NDArray[np.object_], box: shapely.Polygon) -> NDArray[np.object_]:
    """Lead the ends at which an extract cuts the coast on to the nearest edge of its box, a metre beyond."""
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
    open_ = merged[~shapely.is_closed(merged)]
    ends = shapely.points(np.concatenate([shapely.get_coordinates(shapely.get_point(open_, i)) for i in (0, -1)]))
    return np.asarray(shapely.shortest_line(ends, box.buffer(1.0, join_style="mitre").boundary))
