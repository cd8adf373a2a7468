"""Study: the question, as a planner writes it in one TOML file.

Paths in a study are relative to the folder of its file.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import field
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from walkcircle.errors import OutputError, StudyError
from walkcircle.groups import EVERYBODY, GROUPS
from walkcircle.records import STRICT, make_record, read_record
from walkcircle.standards import Standard, read_standard
from walkcircle.walkers import Walker, read_walker

Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
#: How the index weighs categories: alike, those of old and young people double, or as a table says.
Preset = Literal["equal", "old-and-young"]


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
# groups = {{ child = "age_3_6", elder = "age_60" }}   # also infant, pupil, youth, adult, aged, disabled
people_per_dwelling = 2.3

# [population]                 # known numbers; the estimate is scaled to them
# total = 39050
# source = "census 2020"
# file = "census.csv"          # by community: column community, and columns that count people
# columns = {{ all = "people", elder = "age_60" }}
# grid = "people.tif"          # people per cell, or a .gpkg of areas; shared among the homes in each cell
# groups = {{ elder = 0.19 }}    # shares of all residents, only where no count is known
# groups_source = "census 2020"

[[facilities]]
source = "osm"

# [[facilities]]               # your own register; it goes before the map for the kinds that it lists
# source = "file"
# file = "facilities.csv"      # columns kind, name, lon, lat; or .xlsx, .gpkg, .geojson, .shp, .parquet
# crs = "gcj02"                # wgs84 when left out; or cgcs2000, bd09, or a code such as EPSG:4549
# complete = false             # the map's are added, and what both have is one facility

# [needs]                      # what residents asked for, beside what they have; no part of the index
# file = "survey.csv"          # columns community, kind, asked and response, both shares from 0 to 1

# [siting]                     # idle land and buildings, where a facility could go
# file = "idle.csv"            # columns name, lon, lat, kinds, area_m2, floor_m2, level, from_year, capex, opex …
# currency = "CNY"             # of its costs
# streets_every_m = 100        # or, where there is no list: a site every so often along the public streets

# [plan]                       # what may be built: walkcircle plan
# budget = [3e6, 2e6, 2e6]     # of each year, in the currency of [siting]; without it each project counts as one
# kinds = ["clinic"]           # all kinds when left out
# objective = "bundle"         # residents with every kind, at neighbourhood centres; without it each kind counts
# tracking = "projects.csv"    # how far each project has come; begin with a copy of plan/tracking.csv
# link_costs = {{ path = {{ per_m = 400 }}, footbridge = {{ fixed = 2e6 }} }}

# [checkup]                    # how the index is made
# weights = "old-and-young"    # or "equal", or a table such as {{ health = 2, daily = 1 }}; the others weigh 1
# aggregation = "geometric"    # a category of nothing cannot be made up for; "arithmetic" when left out

# [circles]                    # 5- and 15-minute living circles, drawn where this section stands
# rules = "hangzhou"           # or gb50180, shanghai
# five = {{ population = [4000, 6000, 9000] }}   # least, aimed at, most residents; also limit_min, hard, soft, ...
# borders = "subdistrict"      # or "community", "district": what costs something to cross

# [schools]                    # ways to school without an unprotected crossing of an arterial
# ways = false                 # leave them out; kinds = ["primary_school"] says which kinds are schools

[outputs]
folder = "maps"
language = {language}            # en or zh
"""


#: What a study may say about coordinates.
KNOWN_CRS = re.compile(r"wgs84|cgcs2000|gcj02|bd09|EPSG:\d{4,6}", re.IGNORECASE)

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
    households, subdistrict, district
        Further columns of the file; without them those of the same name where there are any.
    crs, encoding
        As in :class:`FacilitiesSection`.
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
    households: str | None = None
    subdistrict: str | None = None
    district: str | None = None
    crs: str | None = None
    encoding: str | None = None
    hexagon_m: Positive = 500.0

    def __post_init__(self) -> None:
        """Refuse a missing file and an unknown datum."""
        if problem := _doubt_crs(self.crs):
            raise ValueError(problem)
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
        Points or polygons with people: CSV or XLSX (with `lon` and `lat`), GeoPackage, GeoJSON, GeoParquet, Shapefile.
    id, population, estate, lon, lat
        Columns of the file. Without `estate` the file's column ``estate`` where there is one.
    groups
        Columns of the file that count people of a group, by its id: ``{"elder": "age_60"}``.
    crs, encoding, sheet
        As in :class:`FacilitiesSection`.
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
    crs: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    groups: dict[str, str] = field(default_factory=dict)
    cell_m: Positive = 100.0
    by_estate: bool = True
    floor_height_m: Positive = 3.0
    dwelling_m2: Positive = 80.0
    net_to_gross: Annotated[float, Field(gt=0, le=1)] = 0.8
    people_per_dwelling: Positive = 2.3
    house_m2: Annotated[float, Field(ge=0)] = 200.0

    def __post_init__(self) -> None:
        """Refuse a missing file and an unknown datum."""
        if problem := _doubt_crs(self.crs):
            raise ValueError(problem)
        if self.source == "file" and self.file is None:
            msg = '[residences] has source = "file" but names no file'
            raise ValueError(msg)
        stranger = _find_stranger(self.groups, GROUPS)
        if stranger:
            raise ValueError(stranger)
        if self.groups and self.source != "file":
            msg = "[residences] groups are columns of a file; without one, give numbers or shares under [population]"
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class PopulationSection:
    """Known numbers of people, of all or of a group.

    They count in this order. The cells of a grid are shared among the homes in them; then people are scaled to the
    known numbers of communities and of the whole; then the groups are scaled to those of the table; and where a group
    is still unknown, its declared share is taken.

    Attributes
    ----------
    total
        People in the study area.
    communities
        People by the name or id of a community.
    source
        Who counted, and when.
    file
        A table with a row per community: CSV.
    community
        Its column with the community's name or id.
    columns
        Its columns that count people, by group: ``{"all": "people", "elder": "age_60"}``; an empty cell is unknown.
    grid
        People per cell: a raster (GeoTIFF) or areas (GeoPackage, GeoJSON, GeoParquet, Shapefile).
    grid_columns
        Columns of the areas, or numbers of the raster's bands, by group; without it ``{"all": "population"}``, of a
        raster ``{"all": "1"}``.
    keep_empty
        People of cells without a home are kept in the middle of their cell; else they are only listed.
    groups
        Shares of groups among the residents, 0 to 1, for wherever no number is known.
    groups_source
        Who says so, and of when and where.
    """

    total: Positive | None = None
    communities: dict[str, Annotated[float, Field(ge=0)]] = field(default_factory=dict)
    source: str = ""
    file: str | None = None
    community: str = "community"
    columns: dict[str, str] = field(default_factory=dict)
    grid: str | None = None
    grid_columns: dict[str, str] = field(default_factory=dict)
    keep_empty: bool = False
    groups: dict[str, Share] = field(default_factory=dict)
    groups_source: str = ""

    def __post_init__(self) -> None:
        """Refuse shares that nobody answers for, and files and columns without each other."""
        counted = (*self.columns, *self.grid_columns)
        stranger = _find_stranger(self.groups, GROUPS) or _find_stranger(counted, (EVERYBODY, *GROUPS))
        if stranger:
            raise ValueError(stranger)
        if self.groups and not self.groups_source:
            msg = "[population] groups are shares that somebody must answer for; name the census under groups_source"
            raise ValueError(msg)
        if (self.file is None) != (not self.columns):
            msg = '[population] file and columns need each other, as in columns = { elder = "age_60" }'
            raise ValueError(msg)
        if self.grid is None and (self.grid_columns or self.keep_empty):
            msg = "[population] has grid_columns or keep_empty but no grid; name its file"
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class FacilitiesSection:
    """One source of facilities.

    Attributes
    ----------
    source
        ``osm`` or ``file``.
    file
        A register: CSV or XLSX (with `lon` and `lat`), GeoPackage, GeoJSON, GeoParquet or Shapefile.
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
    capacity, floor_m2, opened, closed
        Further columns; without them those of the same name where there are any. What is closed before the date
        of the check-up, or opened after it, is left out and listed.
    crs
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or a code such as ``EPSG:4549``: what the coordinates are in, for
        `lon` and `lat` and for shapes without a CRS or with a false one. Without it `lon` and `lat` are WGS 84.
    encoding
        Of a CSV or a Shapefile, such as ``gbk``; found out when left out, where that is sure.
    sheet
        Of a workbook; the only one when left out.
    complete
        The register lists every facility of its kinds, so that a missing one is a gap and not thin data. When
        false, those of the map are added, and what both have is one facility.
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
    capacity: str | None = None
    floor_m2: str | None = None
    opened: str | None = None
    closed: str | None = None
    crs: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    complete: bool = True

    def __post_init__(self) -> None:
        """Refuse a missing file and an unknown datum."""
        if problem := _doubt_crs(self.crs):
            raise ValueError(problem)
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
class SitingSection:
    """Where a facility could go: a list of idle land and buildings, or sites along the streets.

    Attributes
    ----------
    file
        The list: CSV or XLSX (with `lon` and `lat`), GeoPackage, GeoJSON, GeoParquet or Shapefile. None where there is
        none; then there are no candidates, unless `streets_every_m` says otherwise.
    register
        The list's name, kept with each row as its origin.
    id, name, lon, lat
        Columns of the file, as in :class:`FacilitiesSection`.
    allowed
        Column with the kinds that are allowed there, parted by ``;``, ``、``, ``|`` or a comma; ``*``, ``any`` or
        ``不限`` for any kind. Without it the column ``kinds`` where there is one. An empty cell is not known.
    kinds
        Translates the list's words into kinds of the standard.
    area_m2, floor_m2, level, shared, from_year, capex, opex, ownership, barrier_free
        Further columns; without them those of the same name where there are any.
    crs, encoding, sheet
        As in :class:`FacilitiesSection`.
    ground_level
        What `level` calls the ground floor: 1 as in China, or 0 as in most of Europe.
    currency
        Code of the money of all costs, such as ``CNY`` (ISO 4217); needed wherever there is a cost.
    costs_in
        What 1 in the columns of costs stands for: 10000 in a list in 万元.
    kind_capex, kind_opex
        By kind, what making a site ready for it costs, and what it costs each year, in whole `currency`, for sites
        whose own cost is not known.
    streets_every_m
        Where there is no list: a site at least this often along every public street, metres
        (:func:`~walkcircle.candidates.find_candidates`).
    """

    file: str | None = None
    register: str = ""
    id: str | None = None
    name: str = "name"
    lon: str = "lon"
    lat: str = "lat"
    allowed: str | None = None
    kinds: dict[str, str] = field(default_factory=dict)
    area_m2: str | None = None
    floor_m2: str | None = None
    level: str | None = None
    shared: str | None = None
    from_year: str | None = None
    capex: str | None = None
    opex: str | None = None
    ownership: str | None = None
    barrier_free: str | None = None
    crs: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    ground_level: Literal[0, 1] = 1
    currency: str | None = None
    costs_in: Positive = 1.0
    kind_capex: dict[str, NotNegative] = field(default_factory=dict)
    kind_opex: dict[str, NotNegative] = field(default_factory=dict)
    streets_every_m: Positive | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown datum, a cost without a currency, and two sources of sites."""
        if problem := _doubt_crs(self.crs):
            raise ValueError(problem)
        if self.currency is not None and not re.fullmatch(r"[A-Z]{3}", self.currency):
            cure = "; for costs in 万元 add costs_in = 10000" if "万" in self.currency else ""
            msg = f'[siting] currency is a code of three letters, such as CNY; "{self.currency}" is none{cure}'
            raise ValueError(msg)
        if self.currency is None and (self.kind_capex or self.kind_opex):
            msg = '[siting] has costs and no currency; add it, as in currency = "CNY"'
            raise ValueError(msg)
        if self.file is not None and self.streets_every_m is not None:
            msg = "[siting] has both file and streets_every_m, which is for where there is no list; leave one out"
            raise ValueError(msg)


@dataclass(frozen=True, config=STRICT)
class LinkCost:
    """What a missing link of one sort costs: one, and each metre of it on top, in the currency of ``[siting]``."""

    fixed: NotNegative = 0.0
    per_m: NotNegative = 0.0


@dataclass(frozen=True, config=STRICT)
class PlanSection:
    """What may be built, in which years and for how much.

    Attributes
    ----------
    first_year
        First year of the plan; the one after the date of the map when None.
    years
        How many years, where `budget` is one number.
    budget
        Of each year, in the currency of ``[siting]``: one number for all years, or one for each. What has no cost is
        then not chosen, since unknown is not free. None where there is no money in the plan: each project counts as
        one, and a year has `projects_per_year` of them.
    projects_per_year
        Without a budget, how many projects a year has.
    most_projects
        Most projects in one year in any case: Hangzhou builds about 100 complete communities a year.
    carry_over
        What is left of a year's budget may be spent later.
    weakest_first
        Projects most of whose people live in the weakest tenth of the communities go before all others.
    whole_subdistricts
        All projects of a subdistrict are built in one year, as in Hangzhou's whole-subdistrict schemes.
    kinds
        Kinds that may be built; all of the standard when empty.
    objective
        What is counted: ``people``, once for each kind that comes within its limit; or ``bundle``, residents who come
        to have every kind, which puts kinds together at neighbourhood centres.
    opening_cost
        With a budget in money and the objective ``bundle``: what opening a site costs once, shared by its kinds.
    fair_share
        Smallest share of the people without in each community that a fair plan serves; its price is always told.
    fair
        Choose the fair plan rather than the one that serves most people.
    links
        Look for missing links too, gates, crossings, footbridges and paths, and build those that serve more than
        facilities would for the same budget.
    link_costs
        By ``gate``, ``crossing``, ``footbridge`` and ``path``. With a budget in money, what has no cost here is not
        built.
    seconds
        Longest search for each question; then the best plan so far stands, with its proven bound.
    seed
        Seed of the search.
    tracking
        How far each project has come, a table that the user keeps: CSV or XLSX
        (:class:`~walkcircle.tables.Tracking`). None where there is none yet; ``walkcircle plan`` writes one to begin
        with.
    """

    first_year: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None
    years: Annotated[int, Field(ge=1, le=50, strict=True)] = 3
    budget: NotNegative | tuple[NotNegative, ...] | None = None
    projects_per_year: Annotated[int, Field(ge=1, strict=True)] = 10
    most_projects: Annotated[int, Field(ge=1, strict=True)] = 100
    carry_over: bool = True
    weakest_first: bool = True
    whole_subdistricts: bool = False
    kinds: tuple[str, ...] = ()
    objective: Literal["people", "bundle"] = "people"
    opening_cost: NotNegative = 0.0
    fair_share: Share = 0.2
    fair: bool = False
    links: bool = True
    link_costs: dict[Literal["gate", "crossing", "footbridge", "path"], LinkCost] = field(default_factory=dict)
    seconds: Positive = 60.0
    seed: Annotated[int, Field(ge=0, strict=True)] = 1
    tracking: str | None = None

    def __post_init__(self) -> None:
        """Refuse a cost that nothing weighs."""
        if self.opening_cost > 0 and (self.objective != "bundle" or self.budget is None):
            msg = (
                "[plan] opening_cost is shared by the kinds of a site, which only a budget and objective = "
                '"bundle" weigh; add them, or leave the cost out'
            )
            raise ValueError(msg)

    @property
    def budgets(self) -> tuple[float, ...]:
        """One for each year, in currency or, without a budget, in projects."""
        if self.budget is None:
            return (float(self.projects_per_year),) * self.years
        return self.budget if isinstance(self.budget, tuple) else (self.budget,) * self.years


@dataclass(frozen=True, config=STRICT)
class SnappingSection:
    """How far from a street a walk may start or end, metres."""

    within_m: Positive = 100.0


#: Share of the facilities that a map lacks, of kinds that it holds well, partly, poorly and practically never
#: (walkcircle's assumption, to be replaced where somebody has counted).
UNMAPPED_SHARE = (0.02, 0.1, 0.3, 1.0)


@dataclass(frozen=True, config=STRICT)
class CheckupSection:
    """How the index is made, and how its firmness is tried.

    The published formula of Zhejiang's check-up was not found; the shape and the standard weights are a proposal, and
    the doubts that firmness draws are walkcircle's assumptions. All of them are here to be changed.

    Attributes
    ----------
    weights
        Of categories: ``equal``, ``old-and-young`` (categories for old people, education and health count double), or
        a table of weights by category, where one that is not named weighs 1. Only their ratios count.
    aggregation
        ``arithmetic``: one category makes up for another. ``geometric``: a category of nothing makes the index nothing.
    coverage_weight, adequacy_weight, quality_weight
        Of who is in time, whether there is enough, and whether it is large enough; only their ratios count. What is
        not known is left out and lowers the confidence.
    veto
        Cap the index of a community where a mandatory kind is certainly absent
        (:data:`~walkcircle.checkup.VETO_INDEX`).
    needs_weight
        A kind counts 1 + this times the share of households that ask for it, where at least `least_response` of
        ``[needs]`` answered. 0 keeps wish and supply apart.
    own_walker
        A kind for the old, the young or the disabled is scored by their own walker where the study has it: elder, pram,
        child, wheelchair. Otherwise, and for all other kinds, by the first.
    draws, seed
        How often the index is made anew with all doubts drawn, and from which seed. 0 draws nothing.
    speed_sd
        Standard deviation of the logarithm of the walking speed, one draw for everybody.
    limit_spread
        Each kind's limit is drawn between 1 - this and 1 + this of itself.
    access_spread
        Each home's way to the street is drawn between 1 - this and 1 + this of itself.
    weight_concentration
        Category weights are drawn by Dirichlet's distribution around those chosen; 50 makes the weight of one of eight
        equal categories vary by a third of itself, a larger figure by less.
    absent_share
        Chance that a facility of the map is not there, for kinds that are well, partly, poorly and practically never
        mapped.
    absent_registered_share
        Chance that a facility of a register is not there.
    unmapped_share
        Share of the facilities that the map lacks, for kinds that are well, partly, poorly and practically never
        mapped: a gap is not certain where one of them may well be near.
    """

    weights: Preset | dict[str, float] = "equal"
    aggregation: Literal["arithmetic", "geometric"] = "arithmetic"
    coverage_weight: Positive = 0.5
    adequacy_weight: NotNegative = 0.35
    quality_weight: NotNegative = 0.15
    veto: bool = False
    needs_weight: NotNegative = 0.0
    own_walker: bool = True
    draws: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 200
    seed: Annotated[int, Field(ge=0, strict=True)] = 1
    speed_sd: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.1
    limit_spread: Annotated[float, Field(ge=0, lt=1, strict=True)] = 0.1
    access_spread: Share = 0.5
    weight_concentration: Positive = 50.0
    absent_share: tuple[Share, Share, Share, Share] = (0.02, 0.05, 0.1, 0.2)
    absent_registered_share: Share = 0.01
    unmapped_share: tuple[Share, Share, Share, Share] = UNMAPPED_SHARE

    @field_validator("weights", mode="plain")
    @classmethod
    def _check_weights(cls, value: object) -> object:
        """Refuse what is neither a preset nor a table of weights, in one sentence for both."""
        if isinstance(value, dict):
            wrong = next((name for name, weight in value.items() if not _is_weight(weight)), None)
            if wrong is None:
                return {str(name): float(weight) for name, weight in value.items()}
            msg = f"the weight of '{wrong}' is {value[wrong]!r}; give a number of at least 0"
            raise ValueError(msg)
        if value not in get_args(Preset):
            msg = 'write "equal", "old-and-young", or a table of weights by category, such as { health = 2 }'
            raise ValueError(msg)
        return value


@dataclass(frozen=True, config=STRICT)
class CirclesSection:
    """How living circles are drawn.

    Attributes
    ----------
    rules
        Rules that come along: ``gb50180``, ``hangzhou`` or ``shanghai``; ``circles/rules.toml`` has their sources.
    five, fifteen
        Figures of your own for the 5- and the 15-minute circle, by the names of
        :class:`~walkcircle.circles.CircleRules`: ``{ population = [4000, 6000, 9000], limit_min = 6 }``.
    borders
        Which administrative borders cost something to cross: those of the column of that name, where the communities
        have it.
    """

    rules: str = "hangzhou"
    five: dict[str, Any] = field(default_factory=dict)
    fifteen: dict[str, Any] = field(default_factory=dict)
    borders: Literal["community", "subdistrict", "district"] = "subdistrict"


@dataclass(frozen=True, config=STRICT)
class SchoolsSection:
    """Whether ways to school are measured, and to which kinds.

    Attributes
    ----------
    ways
        Measure how many pupils reach school without an unprotected crossing of an arterial, and rank the crossings.
    kinds
        Kinds of the standard that are schools; those that the standard finds as ``amenity=school`` alone when empty.
    """

    ways: bool = True
    kinds: tuple[str, ...] = ()


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


def _is_weight(value: object) -> bool:
    """Tell whether a value can weigh something."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf


def _doubt_crs(crs: str | None) -> str:
    """Say what is wrong with a word for coordinates; whether a code exists is seen when the file is read."""
    if crs is None or KNOWN_CRS.fullmatch(crs):
        return ""
    return f'crs is wgs84, cgcs2000, gcj02, bd09 or a code such as EPSG:4549; "{crs}" is none of them'


def _find_stranger(groups: Iterable[str], known: Iterable[str]) -> str:
    """Word the first group that does not exist; empty when all do."""
    ids = list(known)
    stray = next((group for group in groups if group not in ids), None)
    if stray is None:
        return ""
    close = difflib.get_close_matches(stray, ids, n=1)
    return f"there is no group '{stray}'; " + (f"did you mean '{close[0]}'?" if close else f"use {', '.join(ids)}")


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
    place, communities, residences, population, facilities, needs, siting, plan, snapping, checkup, schools, outputs
        Sections; see each.
    circles
        Section of living circles; None where none are asked for.
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
    siting: SitingSection = field(default_factory=SitingSection)
    plan: PlanSection = field(default_factory=PlanSection)
    snapping: SnappingSection = field(default_factory=SnappingSection)
    checkup: CheckupSection = field(default_factory=CheckupSection)
    circles: CirclesSection | None = None
    schools: SchoolsSection = field(default_factory=SchoolsSection)
    outputs: OutputsSection = field(default_factory=OutputsSection)

    def __post_init__(self) -> None:
        """Refuse minutes that do not grow, no walker, two of the same name, and weights of no category."""
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
        if problem := self._doubt_weights() or self._doubt_costs() or self._doubt_schools():
            raise ValueError(problem)

    def _doubt_weights(self) -> str:
        """Say what is wrong with the weights of categories."""
        weights = self.checkup.weights
        known = [category.id for category in self.standard.categories]
        if isinstance(weights, str):
            return ""
        stray = next((name for name in weights if name not in known), None)
        if stray is not None:
            close = difflib.get_close_matches(stray, known, n=1)
            meant = f"did you mean '{close[0]}'?" if close else f"its categories are: {', '.join(known)}"
            return f"[checkup] weights names '{stray}', which is no category of '{self.standard.id}'; {meant}"
        if not any(weights.get(name, 1.0) > 0 for name in known):
            return "[checkup] weights are all 0; give one category at least a weight above 0"
        return ""

    def _doubt_costs(self) -> str:
        """Say which cost is of no kind of the standard."""
        kinds = [kind.id for kind in self.standard.kinds]
        for name, costs in (("kind_capex", self.siting.kind_capex), ("kind_opex", self.siting.kind_opex)):
            stray = next((kind for kind in costs if kind not in kinds), None)
            if stray is not None:
                close = difflib.get_close_matches(stray, kinds, n=1)
                meant = f"did you mean '{close[0]}'?" if close else f"its kinds are: {', '.join(kinds)}"
                return f"[siting] {name} names '{stray}', which is no kind of '{self.standard.id}'; {meant}"
        return ""

    def _doubt_schools(self) -> str:
        """Say which kind of school is no kind of the standard."""
        kinds = [kind.id for kind in self.standard.kinds]
        stray = next((kind for kind in self.schools.kinds if kind not in kinds), None)
        if stray is None:
            return ""
        close = difflib.get_close_matches(stray, kinds, n=1)
        meant = f"did you mean '{close[0]}'?" if close else f"its kinds are: {', '.join(kinds)}"
        return f"[schools] kinds names '{stray}', which is no kind of '{self.standard.id}'; {meant}"

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
