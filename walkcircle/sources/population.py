"""People from buildings, and the scaling of an estimate to a known number."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import StudyError, TableError
from walkcircle.groups import GROUPS, name_group
from walkcircle.place import assign_communities
from walkcircle.tables import Communities, Residences

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    residences: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    section: PopulationSection,
    *,
    counted: Mapping[str, float] | None = None,
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Scale people to the numbers that are known, keeping their distribution within each area.

    A community with a known number is scaled to it; a known total is shared by the rest in proportion to
    their estimates. Groups keep their share of the people of each home.

    Parameters
    ----------
    residences, communities
        Checked tables in one metric CRS.
    section
        The numbers that the study itself gives; they go before all others.
    counted
        Residents by the id of a community, from the study's table; they go before those of `communities`.

    Returns
    -------
    residences : GeoDataFrame
        With the scaled numbers.
    notes : list of str
        What could not be met, in whole sentences.
    """
    before = residences[Residences.population].to_numpy(dtype=float)
    people = before.copy()
    home = assign_communities(residences, communities)
    known = _known_populations(communities, section, counted or {})
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
    factor = np.divide(people, before, out=np.ones(len(people)), where=before > 0)
    groups = {group: residences[group] * factor for group in GROUPS if group in residences}
    return residences.assign(**{Residences.population: people, **groups}), notes


@dataclass(frozen=True, eq=False)
class GroupedPeople:
    """Residences with the people of each group, and how they are known.

    Attributes
    ----------
    residences
        A column per group of which anything is known; the rest is missing.
    declared
        On their index, a column of flags for each group: the number is a declared share.
    notes
        What does not fit together, in whole sentences.
    """

    residences: gpd.GeoDataFrame
    declared: pd.DataFrame
    notes: tuple[str, ...]


def name_communities(counts: pd.DataFrame, communities: gpd.GeoDataFrame, *, where: str) -> pd.DataFrame:
    """Put the ids of communities in place of their names in the index of a table of people.

    Raises
    ------
    StudyError
        There is no such community, or several have the name.
    TableError
        Two rows are of one community.
    """
    ids = [_find_community(str(name), communities, where=where) for name in counts.index]
    twice = pd.Index(ids).duplicated()
    if twice.any():
        msg = f"{where}: the community '{counts.index[twice][0]}' stands twice; keep the row that is meant"
        raise TableError(msg)
    return counts.set_axis(ids, axis=0)


def count_groups(
    residences: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, counts: pd.DataFrame, section: PopulationSection
) -> GroupedPeople:
    """Bring the groups of residences to what is known of communities, and take declared shares for the rest.

    In a community whose number of a group is known, the homes' own numbers are scaled to it; where one of them is
    unknown, it is shared by residents. Where a number is still unknown after that, it is the residents times the
    declared share of the group, if there is one.

    Parameters
    ----------
    residences, communities
        Checked tables in one metric CRS.
    counts
        People by community (its id) and group; missing where unknown. ``all`` is not looked at.
    section
        The declared shares.
    """
    home = assign_communities(residences, communities)
    homes_of = home.groupby(home).indices
    people = residences[Residences.population].to_numpy(dtype=float)
    names = communities.set_index(Communities.community)[Communities.name]
    columns, notes = {}, []
    declared = pd.DataFrame(data=False, index=residences.index, columns=list(GROUPS))
    for group in GROUPS:
        number = np.full(len(people), np.nan)
        if group in residences:
            number = residences[group].to_numpy(dtype=float).copy()
            notes += _word_too_many(residences[Residences.residence], group, number > people * (1 + ROUNDING))
        for community, count in (counts[group].dropna() if group in counts else pd.Series(dtype=float)).items():
            mine = homes_of.get(community, np.zeros(0, np.int64))
            number[mine] = _scale_group(number[mine], people[mine], float(count))
            if count > people[mine].sum():
                notes.append(_word_surplus(str(names[community]), group, float(count), float(people[mine].sum())))
        if group in section.groups:
            lacking = np.isnan(number) & (people > 0)
            declared[group] = lacking
            number[lacking] = people[lacking] * section.groups[group]
        if not np.isnan(number).all():
            columns[group] = number
    return GroupedPeople(residences.assign(**columns), declared, tuple(notes))


def _scale_group(number: NDArray[np.float64], people: NDArray[np.float64], count: float) -> NDArray[np.float64]:
    """Scale the homes' own numbers of a group to a count, or share it by residents where one is unknown."""
    own = np.where(people > 0, number, 0.0)
    weight = own if not np.isnan(own).any() and own.sum() > 0 else people
    return weight * (count / weight.sum()) if weight.sum() > 0 else number


def _word_too_many(names: pd.Series, group: str, wrong: NDArray[np.bool_]) -> list[str]:
    """Say which homes have more people of a group than residents."""
    if not wrong.any():
        return []
    homes = f"{int(wrong.sum()):,} residences (first {names[wrong].iloc[0]})"
    return [f"{homes} have more {name_group(group, 'en')} than residents; check which column counts whom."]


def _word_surplus(name: str, group: str, count: float, residents: float) -> str:
    whom = name_group(group, "en")
    if residents == 0:
        return f"{name} has {count:,.0f} {whom} but no mapped residence, so they are not in the analysis."
    return f"{name} has {count:,.0f} {whom} but only {residents:,.0f} residents in the analysis; check both numbers."


def _known_populations(
    communities: gpd.GeoDataFrame, section: PopulationSection, counted: Mapping[str, float]
) -> dict[str, float]:
    """Collect known numbers by community id: those in the study before those of the communities' own table."""
    known: dict[str, float] = {}
    if section.total is None and Communities.population in communities:
        own = communities.set_index(Communities.community)[Communities.population].dropna()
        known.update({str(c): float(p) for c, p in own.items()})
    known.update(counted)
    for name, people in section.communities.items():
        known[_find_community(name, communities, where="[population.communities]")] = people
    return known


def _find_community(name: str, communities: gpd.GeoDataFrame, *, where: str) -> str:
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
        msg = f"{where}: {names.count(name)} communities are called '{name}'; give the id instead"
        raise StudyError(msg)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        cure = f"did you mean '{close[0]}'?" if close else f"the communities are: {', '.join(map(str, names[:20]))}"
        msg = f"{where}: there is no community '{name}'; {cure}"
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
