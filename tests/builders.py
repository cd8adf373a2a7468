"""Small towns for tests: OpenStreetMap files written by hand, streets drawn in metres, short standards.

Nothing here uses the reading code of walkcircle: a test that builds with what it tests proves nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, settings
from pyproj import CRS, Transformer

from walkcircle.network import WalkNetwork, Ways, assemble_network
from walkcircle.place import Background, Place
from walkcircle.sources.town import write_town
from walkcircle.standards import Category, Kind, Selection, Standard
from walkcircle.study import PlaceSection, ResidencesSection, Study
from walkcircle.tables import Communities, Completeness, Facilities, Residences
from walkcircle.walkers import Walker

ROOT = Path(__file__).resolve().parent.parent
#: The made-up town is written anew for each run of the tests, and taken away after it.
_WRITTEN = tempfile.TemporaryDirectory(prefix="town-")
TOWNS = {town: ROOT / "data" / town / f"{town}.osm.pbf" for town in ("monaco", "karhula")}
TOWNS["town"] = write_town(Path(_WRITTEN.name)).with_name("town.osm")

#: UTM zone 31; its middle, where tests lie, is 500 km east.
METRES = CRS.from_epsg(32631)
EAST, NORTH = 500_000.0, 1_000_000.0

#: When every object of a written file was edited.
WHEN = "2024-05-06T07:08:09Z"

#: One metre per second and sixty per minute: answers can be read off a drawing.
STROLLER = Walker(speed_kmh=3.6, name="stroller")

#: The profile of hypothesis that takes its time: ``pytest --hypothesis-profile=long``.
LONG = "long"

#: Screens that a map is looked at on, pixels.
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

_DEGREES = Transformer.from_crs(METRES, 4326, always_xy=True)


def tries(count: int) -> settings:
    """Return settings of a test that is slow to try: so many cases, and ten times as many in the long profile."""
    many = 10 if settings.get_current_profile_name() == LONG else 1
    return settings(max_examples=many * count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# ── OpenStreetMap files ─────────────────────────────────────────────────────────────────────────


def write_osm(
    path: Path,
    nodes: Mapping[int, Sequence[float]],
    ways: Mapping[int, tuple[Sequence[int], Mapping[str, str]]],
    *,
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    relations: Mapping[int, tuple[Sequence[tuple[str, int, str]], Mapping[str, str]]] | None = None,
) -> Path:
    """Write an OSM XML file; nodes are metres east and north of the tests' corner."""
    tagged = node_tags or {}
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6' generator='by hand'>"]
    for node, (x, y) in sorted(nodes.items()):
        lon, lat = _DEGREES.transform(EAST + x, NORTH + y)
        lines += [
            f"<node id='{node}' version='1' timestamp='{WHEN}' lon='{lon:.9f}' lat='{lat:.9f}'>",
            *_tags(tagged.get(node, {})),
            "</node>",
        ]
    for way, (refs, tags) in sorted(ways.items()):
        lines += [f"<way id='{way}' version='1' timestamp='{WHEN}'>"]
        lines += [*(f"<nd ref='{ref}'/>" for ref in refs), *_tags(tags), "</way>"]
    for relation, (members, tags) in (relations or {}).items():
        lines += [f"<relation id='{relation}' version='1' timestamp='{WHEN}'>"]
        lines += [f"<member type='{kind}' ref='{ref}' role='{role}'/>" for kind, ref, role in members]
        lines += [*_tags(tags), "</relation>"]
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Mapping[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


# ── streets ─────────────────────────────────────────────────────────────────────────────────────


def draw_ways(
    paths: Sequence[Sequence[tuple[float, float]]],
    *,
    squares: Sequence[Sequence[Sequence[tuple[float, float]]]] = (),
    **attributes: Sequence[object],
) -> Ways:
    """Make ways from lists of coordinates; equal coordinates are one node. Attributes are given per way."""
    place: dict[tuple[float, float], int] = {}

    def nodes(path: Sequence[tuple[float, float]]) -> np.ndarray:
        return np.array([place.setdefault((float(x), float(y)), len(place)) for x, y in path], dtype=np.int64)

    drawn = [nodes(path) for path in paths]
    rings = [[nodes(ring) for ring in square] for square in squares]
    count = len(paths)

    def column(name: str, default: object, dtype: type) -> np.ndarray:
        return np.array(attributes.get(name, [default] * count), dtype=dtype)

    return Ways(
        xy=np.array(list(place), dtype=float).reshape(-1, 2),
        osm_node=np.arange(len(place)),
        cut=np.zeros(len(place), bool),
        paths=drawn,
        osm_way=column("osm_way", -1, np.int64) if "osm_way" in attributes else np.arange(count) + 1000,
        kind=column("kind", "path", str),
        steps=column("steps", 0, bool),
        crossing=column("crossing", 0, np.uint8),
        crossed=column("crossed", 0, np.uint8),
        private=column("private", 0, bool),
        oneway=column("oneway", 0, np.int8),
        level=column("level", 0, np.int8),
        squares=rings,
    )


def draw_network(
    paths: Sequence[Sequence[tuple[float, float]]], *, merge: bool = True, **attributes: object
) -> WalkNetwork:
    """Make a network of ways given by their coordinates."""
    return assemble_network(draw_ways(paths, **attributes), METRES, merge=merge)


def line_frame(
    paths: Sequence[Sequence[tuple[float, float]]], crs: object = METRES, **columns: object
) -> gpd.GeoDataFrame:
    """Make a frame of lines."""
    return gpd.GeoDataFrame(dict(columns), geometry=[shapely.LineString(path) for path in paths], crs=crs)


def points(*xy: tuple[float, float], labels: Sequence[object] | None = None, crs: object = METRES) -> gpd.GeoSeries:
    """Make points."""
    return gpd.GeoSeries([shapely.Point(p) for p in xy], index=labels, crs=crs)


def grid_paths(columns: int, rows: int, spacing: float = 100.0) -> list[list[tuple[float, float]]]:
    """Draw the streets of a grid town, each stretch between corners a path."""
    across = [
        [(i * spacing, j * spacing), ((i + 1) * spacing, j * spacing)] for j in range(rows) for i in range(columns - 1)
    ]
    up = [
        [(i * spacing, j * spacing), (i * spacing, (j + 1) * spacing)] for i in range(columns) for j in range(rows - 1)
    ]
    return across + up


# ── questions and places ────────────────────────────────────────────────────────────────────────


def make_kind(
    kind: str, limit_min: float = 5.0, *, category: str = "daily", weight: float = 1.0, **more: object
) -> Kind:
    """Make a kind of facility, well mapped in OpenStreetMap as ``amenity=<kind>``."""
    return Kind(
        id=kind, zh=kind, en=kind, category=category, limit_min=limit_min, weight=weight,
        osm=Selection(any=(f"amenity={kind}",)), **{"osm_weakness": 0, **more},
    )  # fmt: skip


def make_standard(*kinds: Kind, **more: object) -> Standard:
    """Make a standard of some kinds."""
    names = sorted({kind.category for kind in kinds})
    return Standard(
        id="test", zh="test", en="test", source="a test", kinds=kinds,
        categories=tuple(Category(id=name, zh=name, en=name) for name in names), **more,
    )  # fmt: skip


def make_study(standard: Standard, **sections: object) -> Study:
    """Make a study for tables made by hand."""
    given = {"walkers": (STROLLER,), "residences": ResidencesSection(cell_m=1.0), **sections}
    return Study(title="Test", place=PlaceSection(file="none.osm"), standard=standard, **given)


def make_residences(rows: Sequence[tuple[str, float, tuple[float, float]]], crs: object = METRES) -> gpd.GeoDataFrame:
    """Make residences from id, people and place."""
    return gpd.GeoDataFrame(
        {Residences.residence: [r[0] for r in rows], Residences.population: [float(r[1]) for r in rows]},
        geometry=[shapely.Point(r[2]) for r in rows],
        crs=crs,
    )


def make_communities(rows: Mapping[str, shapely.Geometry], crs: object = METRES) -> gpd.GeoDataFrame:
    """Make communities from id and area."""
    return gpd.GeoDataFrame(
        {Communities.community: list(rows), Communities.name: [f"Community {name}" for name in rows]},
        geometry=list(rows.values()),
        crs=crs,
    )


def make_facilities(
    rows: Sequence[tuple[str, str, tuple[float, float] | shapely.Geometry]], crs: object = METRES
) -> gpd.GeoDataFrame:
    """Make facilities from id, kind and place."""
    shapes = [r[2] if isinstance(r[2], shapely.Geometry) else shapely.Point(r[2]) for r in rows]
    return gpd.GeoDataFrame(
        {
            Facilities.facility: [r[0] for r in rows],
            Facilities.kind: [r[1] for r in rows],
            Facilities.name: pd.array([None] * len(rows), dtype="str"),
            Facilities.source: "register",
        },
        geometry=shapes,
        crs=crs,
    )


def make_estates(areas: Mapping[str, shapely.Geometry], crs: object = METRES) -> gpd.GeoDataFrame:
    """Make closed estates from id and area."""
    return gpd.GeoDataFrame({"estate": list(areas), "name": list(areas)}, geometry=list(areas.values()), crs=crs)


def make_completeness(
    communities: gpd.GeoDataFrame, standard: Standard, thin: Mapping[tuple[str, str], str]
) -> pd.DataFrame:
    """Make completeness: firm but for the pairs in `thin`, which have a reason."""
    rows = [
        (
            community,
            kind.id,
            "check" if (community, kind.id) in thin else "firm",
            thin.get((community, kind.id)),
            "all residents",
            False,
            0,
            0,
            np.nan,
            0.0,
            np.nan,
            np.nan,
        )
        for community in communities[Communities.community]
        for kind in standard.kinds
    ]
    return pd.DataFrame(rows, columns=[*map(str, Completeness.columns())])


def make_place(
    network: WalkNetwork,
    residences: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    estates: gpd.GeoDataFrame | None = None,
    thin: Mapping[tuple[str, str], str] | None = None,
) -> Place:
    """Make a place of tables made by hand."""
    nothing = gpd.GeoSeries([], crs=network.crs)
    return Place(
        network=network,
        residences=residences,
        facilities=facilities,
        communities=communities,
        entrances=nothing,
        estates=estates if estates is not None else make_estates({}, network.crs),
        completeness=make_completeness(communities, standard, thin or {}),
        population_source="a test",
        background=Background(nothing, nothing, nothing, nothing),
    )
