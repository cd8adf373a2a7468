"""People from buildings, and the scaling of an estimate to a known number."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import StudyError
from walkcircle.place import assign_communities
from walkcircle.tables import Communities, Residences

if TYPE_CHECKING:
    from walkcircle.sources.osm_file import OsmContents
    from walkcircle.study import PopulationSection, ResidencesSection

#: Building values that are homes, with the storeys assumed where none are mapped (walkcircle's assumption).
HOMES: Mapping[str, int] = {
    "apartments": 4, "residential": 3, "house": 2, "detached": 2, "semidetached_house": 2, "terrace": 2,
    "bungalow": 1, "dormitory": 4, "cabin": 1, "static_caravan": 1, "farm": 2, "houseboat": 1, "villa": 2,
}  # fmt: skip

#: Buildings that hold one home each, however large.
SINGLE_HOMES = frozenset({"house", "detached", "bungalow", "cabin", "static_caravan", "farm", "houseboat", "villa"})

#: Values that say homes, or nothing, but not how many; small ones without mapped storeys are taken for houses.
UNSURE = frozenset({"yes", "residential"})

#: An untyped building on residential land smaller than this is a shed or garage (walkcircle's assumption).
SMALLEST_HOME_M2 = 30.0

#: Communities that add up to a total within this share of it meet it.
ROUNDING = 1e-9


def estimate_residences(contents: OsmContents, section: ResidencesSection) -> gpd.GeoDataFrame:
    """Estimate where people live from mapped buildings.

    A building counts when it is typed as homes, or when it is untyped, stands on residential land and is
    no shed. Homes are the mapped flats, one for a house or for what is as small as one, else floor area ×
    `net_to_gross` / `dwelling_m2`;
    floor area is footprint × storeys; storeys are mapped, or height / `floor_height_m`, or assumed by type.
    People are homes × `people_per_dwelling`.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Residences` in the network's CRS.
    """
    buildings = [f for f in contents.areas if f.tags.get("building", "no") != "no"]
    shapes = contents.project(buildings).make_valid()
    area = shapes.area.to_numpy()
    kind = np.array([f.tags["building"] for f in buildings], dtype=object)
    untyped = (kind == "yes") & (area >= SMALLEST_HOME_M2)
    untyped &= np.array([not _is_something_else(f.tags) for f in buildings], dtype=bool)
    land = contents.project([f for f in contents.areas if f.tags.get("landuse") == "residential"])
    on_land = np.zeros(len(buildings), bool)
    inside, _ = shapely.STRtree(land.to_numpy()).query(
        shapely.point_on_surface(shapes.to_numpy()), predicate="intersects"
    )
    on_land[inside] = True
    homes = np.flatnonzero(np.isin(kind, list(HOMES)) | (untyped & on_land))
    dwellings = np.array([_count_dwellings(buildings[i].tags, area[i], section) for i in homes])
    return gpd.GeoDataFrame(
        {
            Residences.residence: [buildings[i].osm_id for i in homes],
            Residences.population: dwellings * section.people_per_dwelling,
            Residences.dwellings: dwellings,
            Residences.source: "osm",
        },
        geometry=shapes.to_numpy()[homes],
        crs=contents.network.crs,
    )


def scale_population(
    residences: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, section: PopulationSection
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Scale people to the numbers that are known, keeping their distribution within each area.

    A community with a known number is scaled to it; a known total is shared by the rest in proportion to
    their estimates.

    Returns
    -------
    residences : GeoDataFrame
        With the scaled numbers.
    notes : list of str
        What could not be met, in whole sentences.
    """
    people = residences[Residences.population].to_numpy(dtype=float).copy()
    home = assign_communities(residences, communities)
    known = _known_populations(communities, section)
    free = np.ones(len(residences), bool)
    notes = []
    for community, wanted in known.items():
        mine = (home == community).to_numpy()
        estimate = people[mine].sum()
        if estimate > 0:
            people[mine] *= wanted / estimate
            free &= ~mine
        elif wanted > 0:
            name = communities.set_index(Communities.community)[Communities.name][community]
            notes.append(f"{name} has {wanted:,.0f} people but no mapped residence, so they are not in the analysis.")
    if section.total is not None:
        rest, estimate = section.total - people[~free].sum(), people[free].sum()
        if abs(rest) < ROUNDING * section.total:
            rest = 0.0
        if estimate > 0 and rest >= 0:
            people[free] *= rest / estimate
        elif rest < 0 or rest > 1:
            notes.append(
                f"The known total of {section.total:,.0f} people does not fit the communities' own numbers, "
                f"which add up to {people[~free].sum():,.0f}; the communities' numbers were kept."
            )
    return residences.assign(**{Residences.population: people}), notes


def _known_populations(communities: gpd.GeoDataFrame, section: PopulationSection) -> dict[str, float]:
    """Collect known numbers by community id: those in the study before those of the communities' own table."""
    known: dict[str, float] = {}
    if section.total is None and Communities.population in communities:
        own = communities.set_index(Communities.community)[Communities.population].dropna()
        known.update({str(c): float(p) for c, p in own.items()})
    for name, people in section.communities.items():
        known[_find_community(name, communities)] = people
    return known


def _find_community(name: str, communities: gpd.GeoDataFrame) -> str:
    """Return the id of the community with this id or name.

    Raises
    ------
    StudyError
        There is none, or several have the name.
    """
    ids, names = list(communities[Communities.community]), list(communities[Communities.name])
    if name in ids:
        return name
    if names.count(name) > 1:
        msg = f"[population.communities]: {names.count(name)} communities are called '{name}'; give the id instead"
        raise StudyError(msg)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        cure = f"did you mean '{close[0]}'?" if close else f"the communities are: {', '.join(map(str, names[:20]))}"
        msg = f"[population.communities]: there is no community '{name}'; {cure}"
        raise StudyError(msg)
    return str(ids[names.index(name)])


def _count_dwellings(tags: Mapping[str, str], area_m2: float, section: ResidencesSection) -> float:
    kind = tags["building"]
    flats = _positive(tags.get("building:flats"))
    if flats:
        return flats
    if kind in SINGLE_HOMES:
        return 1.0
    storeys = _positive(tags.get("building:levels"))
    if not storeys:
        height = _positive(tags.get("height", "").removesuffix("m"))
        if not height and kind in UNSURE and area_m2 < section.house_m2:
            return 1.0
        storeys = max(1.0, round(height / section.floor_height_m)) if height else float(HOMES.get(kind, 2))
    return max(1.0, area_m2 * storeys * section.net_to_gross / section.dwelling_m2)


def _positive(text: str | None) -> float:
    """Read a positive number from a tag; 0 when there is none (storeys like ``4;5`` take the first)."""
    value = pd.to_numeric(str(text or "").split(";")[0].strip(), errors="coerce")
    return float(value) if np.isfinite(value) and 0 < value < 10_000 else 0.0


def _is_something_else(tags: Mapping[str, str]) -> bool:
    """Tell whether an untyped building is named as something other than homes."""
    other = (
        "amenity",
        "shop",
        "office",
        "leisure",
        "tourism",
        "industrial",
        "religion",
        "railway",
        "man_made",
    )
    return any(key in tags for key in other)
