"""Study: the question, as a planner writes it in one TOML file.

Paths in a study are relative to the folder of its file.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic.dataclasses import dataclass

from walkcircle.errors import OutputError, StudyError
from walkcircle.records import STRICT, make_record, read_record
from walkcircle.standards import Standard, read_standard
from walkcircle.walkers import Walker, read_walker

Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]


#: What ``walkcircle new`` writes. Commented lines show the defaults or an example.
TEMPLATE = """\
title = {title}
standard = {standard}          # a name from 'walkcircle standards', or your own .toml
walkers = ["adult"]            # adult, child, elder, elder-limited, pram, wheelchair, or your own .toml
minutes = [5, 10, 15]          # limits of the isochrones

[place]                        # one of: file, name, bbox
{place}
# area = "area.geojson"        # the study area; the communities' area when left out
# heights = "dem.tif"          # a terrain model (GeoTIFF), for walks up and down; better bare ground than roofs
# cut_along_border = true      # the file was cut along the border of that area, and nothing is known beyond

[communities]                  # who is scored
source = "hexagons"            # or "osm" with an admin_level, or "file"
hexagon_m = 500
# source = "osm"
# admin_level = 10
# source = "file"
# file = "communities.geojson"
# id = "id"
# name = "name"

[residences]                   # where people live
source = "osm"                 # estimated from mapped buildings, or "file"
# file = "residences.csv"      # columns lon, lat and population
# population = "population"
people_per_dwelling = 2.3

# [population]                 # known numbers; the estimate is scaled to them
# total = 39050
# source = "census 2020"

[[facilities]]
source = "osm"

# [[facilities]]               # your own register; it goes before the map for the kinds that it lists
# source = "file"
# file = "facilities.csv"      # columns kind, name, lon, lat

# [needs]                      # what residents asked for, beside what they have; no part of the index
# file = "survey.csv"          # columns community, kind, asked and response, both shares from 0 to 1

[outputs]
folder = "maps"
language = {language}            # en or zh
"""


#: Walks are followed this many times as far as the longest limit, so that a gap says how far the nearest is.
SEARCH_FACTOR = 4.0


@dataclass(frozen=True, config=STRICT)
class PlaceSection:
    """Where: exactly one of a file, a place name or a bounding box.

    Attributes
    ----------
    file
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``, read without internet.
    name
        Place name, looked up with Nominatim and read through Overpass; stored on first use.
    bbox
        West, south, east, north in degrees, read through Overpass; stored on first use.
    area
        File with the polygon(s) of the study area; without it the communities' area is the study area.
    heights
        Raster of heights, metres: a GeoTIFF in any CRS with one band. Without it everybody walks on the flat.
    data_date
        ``YYYY-MM-DD`` of the data where the file does not say it.
    cut_along_border
        The file was cut along the border of the study area, as extracts of countries and regions are: nothing is
        known beyond it, though its box is larger.
    """

    file: str | None = None
    name: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    area: str | None = None
    heights: str | None = None
    data_date: str | None = None
    cut_along_border: bool = False

    def __post_init__(self) -> None:
        """Refuse anything but exactly one of file, name and bbox."""
        given = [key for key in ("file", "name", "bbox") if getattr(self, key) is not None]
        if len(given) != 1:
            msg = f"[place] needs exactly one of file, name and bbox; it has {' and '.join(given) or 'none'}"
            raise ValueError(msg)
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                msg = f"bbox is west, south, east, north in degrees; {list(self.bbox)} is not"
                raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class CommunitiesSection:
    """Which areas are scored.

    Attributes
    ----------
    source
        ``osm`` (administrative boundaries), ``file`` or ``hexagons``.
    admin_level
        Level of the OpenStreetMap boundaries.
    names
        Only boundaries with these names; all of the level when empty.
    file
        Polygons: GeoPackage, GeoJSON, GeoParquet or Shapefile.
    id, name, population
        Columns of the file; without `name` its column ``name`` where there is one, else the id.
    hexagon_m
        Width of a hexagon from side to side, metres.
    """

    source: Literal["osm", "file", "hexagons"] = "hexagons"
    admin_level: int | None = None
    names: tuple[str, ...] = ()
    file: str | None = None
    id: str | None = None
    name: str | None = None
    population: str | None = None
    hexagon_m: Positive = 500.0

    def __post_init__(self) -> None:
        """Refuse a missing file."""
        if self.source == "file" and self.file is None:
            msg = '[communities] has source = "file" but names no file'
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class ResidencesSection:
    """Where people live: mapped buildings, or the planner's own file.

    Attributes
    ----------
    source
        ``osm`` (residential buildings) or ``file``.
    file
        Points or polygons with people: CSV (with `lon` and `lat`), GeoPackage, GeoJSON, GeoParquet, Shapefile.
    id, population, estate, lon, lat
        Columns of the file; coordinates of a CSV are WGS 84 degrees. Without `estate` the file's column
        ``estate`` where there is one.
    cell_m
        Residences of one community outside any estate are grouped in square cells this wide, metres.
    by_estate
        Residences of one closed estate (``landuse=residential`` with a wall, a fence or private paths) form
        one cluster.
    floor_height_m, dwelling_m2, net_to_gross, people_per_dwelling
        Assumptions that turn floor area into dwellings and dwellings into people.
    house_m2
        A building typed as no more than homes, without mapped storeys and with a smaller footprint, is one house.
    """

    source: Literal["osm", "file"] = "osm"
    file: str | None = None
    id: str | None = None
    population: str = "population"
    estate: str | None = None
    lon: str = "lon"
    lat: str = "lat"
    cell_m: Positive = 100.0
    by_estate: bool = True
    floor_height_m: Positive = 3.0
    dwelling_m2: Positive = 80.0
    net_to_gross: Annotated[float, Field(gt=0, le=1)] = 0.8
    people_per_dwelling: Positive = 2.3
    house_m2: Annotated[float, Field(ge=0)] = 200.0

    def __post_init__(self) -> None:
        """Refuse a missing file."""
        if self.source == "file" and self.file is None:
            msg = '[residences] has source = "file" but names no file'
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class PopulationSection:
    """Known numbers of people; the estimate from buildings is scaled to meet them.

    Attributes
    ----------
    total
        People in the study area.
    communities
        People by the name or id of a community.
    source
        Who counted, and when.
    """

    total: Positive | None = None
    communities: dict[str, Annotated[float, Field(ge=0)]] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, config=STRICT)
class FacilitiesSection:
    """One source of facilities.

    Attributes
    ----------
    source
        ``osm`` or ``file``.
    file
        A register: CSV (with `lon` and `lat`), GeoPackage, GeoJSON, GeoParquet or Shapefile.
    register
        The register's name, kept with each row as its origin.
    kind
        Column that holds the kind; not used when `only` is given.
    only
        All rows are of this kind.
    kinds
        Translates the register's words into kinds of the standard.
    id, name, lon, lat
        Columns of the file. Without `id` rows are called by the register and their line; `name` may be
        absent when it is the default.
    complete
        The register lists every facility of its kinds, so that a missing one is a gap and not thin data.
    """

    source: Literal["osm", "file"] = "osm"
    file: str | None = None
    register: str = ""
    kind: str = "kind"
    only: str | None = None
    kinds: dict[str, str] = field(default_factory=dict)
    id: str | None = None
    name: str = "name"
    lon: str = "lon"
    lat: str = "lat"
    complete: bool = True

    def __post_init__(self) -> None:
        """Refuse a missing file."""
        if self.source == "file" and self.file is None:
            msg = '[facilities] has source = "file" but names no file'
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class NeedsSection:
    """What residents answered when they were asked what they need, and where the quadrants part.

    Attributes
    ----------
    file
        A table without places: one row per community and kind. None where nobody was asked.
    community
        Column that holds the id or the name of a community.
    kind, kinds
        Column that holds the kind, and what translates its words into kinds of the standard.
    asked
        Column with the share of the answering households that ask for the kind, 0 to 1.
    response
        Column with the share of the households that answered, 0 to 1; may be absent when it is the default.
    asked_much
        From this share on a kind is asked for much (walkcircle's choice: one household in four).
    served
        From this share of residents within the limit on a community is served (walkcircle's choice).
    least_response
        A lower response is to be checked: Zhejiang's guideline asks for at least half of the households, and for 80 %
        where an estate is to be renewed.
    """

    file: str | None = None
    community: str = "community"
    kind: str = "kind"
    kinds: dict[str, str] = field(default_factory=dict)
    asked: str = "asked"
    response: str = "response"
    asked_much: Annotated[float, Field(gt=0, le=1)] = 0.25
    served: Annotated[float, Field(gt=0, le=1)] = 0.8
    least_response: Annotated[float, Field(ge=0, le=1)] = 0.5


@dataclass(frozen=True, config=STRICT)
class SnappingSection:
    """How far from a street a walk may start or end, metres."""

    within_m: Positive = 100.0


@dataclass(frozen=True, config=STRICT)
class OutputsSection:
    """Where results go, and in which language the map speaks.

    Attributes
    ----------
    folder
        Folder for the results, relative to the study file.
    language
        ``en`` or ``zh``.
    tiles
        Offer online map tiles behind a switch, off by default.
    """

    folder: str = "maps"
    language: Literal["en", "zh"] = "en"
    tiles: bool = False


def _find_standard(value: object, info: ValidationInfo) -> object:
    """Read the standard that a study names."""
    return read_standard(value, folder=info.data.get("folder")) if isinstance(value, str) else value


def _find_walkers(value: object, info: ValidationInfo) -> object:
    """Read the walkers that a study names."""
    if not isinstance(value, list | tuple):
        return value
    folder = info.data.get("folder")
    return tuple(read_walker(one, folder=folder) if isinstance(one, str) else one for one in value)


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Study:
    """The question.

    Attributes
    ----------
    folder
        Folder of the study's file, where its paths start; the current folder for a study made in Python.
    title
        Shown on the map.
    place, communities, residences, population, facilities, needs, snapping, outputs
        Sections; see each.
    standard
        The facility standard; a study file gives its name or path.
    walkers
        Who walks; a study file gives names or paths. The map shows the first.
    minutes
        Limits of the isochrones, minutes.
    """

    folder: Path = Path()
    title: str
    place: PlaceSection
    standard: Annotated[Standard, BeforeValidator(_find_standard)] = field(
        default_factory=lambda: read_standard("general")
    )
    walkers: Annotated[tuple[Walker, ...], BeforeValidator(_find_walkers)] = field(
        default_factory=lambda: (read_walker("adult"),)
    )
    minutes: tuple[Positive, ...] = (5.0, 10.0, 15.0)
    communities: CommunitiesSection = field(default_factory=CommunitiesSection)
    residences: ResidencesSection = field(default_factory=ResidencesSection)
    population: PopulationSection = field(default_factory=PopulationSection)
    facilities: tuple[FacilitiesSection, ...] = (FacilitiesSection(),)
    needs: NeedsSection = field(default_factory=NeedsSection)
    snapping: SnappingSection = field(default_factory=SnappingSection)
    outputs: OutputsSection = field(default_factory=OutputsSection)

    def __post_init__(self) -> None:
        """Refuse an empty or unordered list of minutes, no walker, and two of the same name."""
        if not self.minutes or list(self.minutes) != sorted(set(self.minutes)):
            given = ", ".join(f"{m:g}" for m in self.minutes)
            msg = f"minutes should grow, as in [5, 10, 15]; [{given}] does not"
            raise ValueError(msg)
        if not self.facilities:
            msg = 'facilities is empty; leave it out for those of the map, or add [[facilities]] with source = "osm"'
            raise ValueError(msg)
        names = [walker.name for walker in self.walkers]
        if not names or len(set(names)) < len(names):
            msg = f"walkers needs at least one, each with its own name; it has [{', '.join(names)}]"
            raise ValueError(msg)

    def path_to(self, name: str) -> Path:
        """Return the path of a file that the study names."""
        return self.folder / name

    @property
    def output_folder(self) -> Path:
        """Folder for the results."""
        return self.path_to(self.outputs.folder)

    @property
    def longest_walk_m(self) -> float:
        """The longest walk that any limit allows to any walker, metres."""
        limits = [*self.minutes, *(kind.limit_min for kind in self.standard.kinds)]
        return max(limits) * 60 * max(self._speed(walker) for walker in self.walkers)

    def _speed(self, walker: Walker) -> float:
        """Return the greatest speed of a walker, metres per second; downhill where heights are known."""
        return walker.metres_per_second if self.place.heights is None else walker.fastest_metres_per_second


def read_study(path: str | Path) -> Study:
    """Read a study from a TOML file, with its standard and its walkers.

    Raises
    ------
    StudyError
        The file, its standard or a walker is missing or says something impossible.
    """
    file = Path(path)
    return read_record(file, Study, folder=file.parent)


def write_study(
    folder: Path,
    *,
    title: str,
    file: str | None = None,
    name: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    standard: str = "general",
    language: str = "en",
) -> Path:
    """Write a study file to begin with, every choice explained, and return its path.

    Raises
    ------
    StudyError
        There is a study already, or the choices make no sense.
    OutputError
        The folder cannot be written to.
    """
    path = folder / "study.toml"
    if path.exists():
        msg = f"{path}: there is a study already; edit it, or begin in another folder"
        raise StudyError(msg)
    if file is None and name is None and bbox is None:
        file = "place.osm.pbf"
    places = {"file": file, "name": name, "bbox": None if bbox is None else list(bbox)}
    given = "\n".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in places.items() if value is not None
    )
    text = TEMPLATE.format(
        title=json.dumps(title, ensure_ascii=False), standard=json.dumps(standard), place=given,
        language=json.dumps(language),
    )  # fmt: skip
    # a study that could not be read back would only fail later, and less clearly
    make_record({**tomllib.loads(text), "folder": folder}, Study, where="the new study")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{folder}: cannot write here ({error.strerror}); choose another folder"
        raise OutputError(msg) from None
    return path
