"""Reading: from files and online places to a Place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.candidates import find_candidates
from walkcircle.completeness import Surroundings, grade_completeness
from walkcircle.errors import SourceError, TableError
from walkcircle.groups import EVERYBODY, GROUPS, name_group
from walkcircle.network import WalkNetwork, network_from_lines, network_from_networkx
from walkcircle.place import Place, assign_communities
from walkcircle.sources.communities import make_hexagons
from walkcircle.sources.merging import merge_facilities
from walkcircle.sources.osm_features import (
    find_background,
    find_communities,
    find_entrances,
    find_estates,
    find_facilities,
)
from walkcircle.sources.osm_file import OsmContents, hash_file
from walkcircle.sources.population import (
    GroupedPeople,
    count_groups,
    estimate_residences,
    name_communities,
    scale_population,
)
from walkcircle.sources.registers import (
    check_datum,
    read_area,
    read_communities,
    read_counts,
    read_facilities,
    read_residences,
)
from walkcircle.sources.remarks import Remark, describe_remarks, list_remarks
from walkcircle.sources.roads import find_barriers, find_roads
from walkcircle.sources.sites import read_candidates
from walkcircle.sources.store import Store, load_contents, load_network, open_store
from walkcircle.sources.survey import read_survey
from walkcircle.sources.tracking import open_projects, read_tracking
from walkcircle.study import SEARCH_FACTOR, Study
from walkcircle.tables import Candidates, Communities, Facilities, Merged, Residences

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from walkcircle.sources.remarks import Report as Remarking

    Report = Callable[[str], None]

__all__ = ["read_network", "read_place"]


def read_network(source: str | Path | gpd.GeoDataFrame | Any, *, stored: bool = True) -> WalkNetwork:
    """Read a walking network from whatever holds streets; a file read before is loaded from the store.

    Parameters
    ----------
    source
        Path of an OpenStreetMap file (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``), an osmnx or
        networkx graph, or a GeoDataFrame of lines in a projected CRS.
    stored
        Use the store (:mod:`walkcircle.sources.store`); else read the file anew and store nothing.

    Raises
    ------
    SourceError
        The file cannot be read, or the source is of another kind.
    TableError
        Lines have no CRS or are in degrees.
    NetworkError
        There is no walkable street in it.

    Examples
    --------
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0)])], crs="EPSG:32635")
    >>> read_network(street)
    <WalkNetwork 2 nodes, 1 edges, 0.1 km, EPSG:32635>
    """
    if isinstance(source, str | Path):
        return load_network(Path(source), _choose_store(stored=stored))
    if isinstance(source, gpd.GeoDataFrame):
        return network_from_lines(source)
    if hasattr(source, "nodes") and hasattr(source, "edges") and hasattr(source, "graph"):
        return network_from_networkx(source)
    msg = (
        f"a {type(source).__name__} holds no streets that walkcircle can read; give the path of an OpenStreetMap "
        "file, an osmnx or networkx graph, or a GeoDataFrame of lines"
    )
    raise SourceError(msg)


def read_place(study: Study, *, report: Report | None = None, stored: bool = True) -> Place:
    """Read the ground of a study: streets, people, facilities and communities.

    Parameters
    ----------
    study
        As read by :func:`~walkcircle.study.read_study`.
    report
        Called with the name of each step as it begins.
    stored
        Use the store (:mod:`walkcircle.sources.store`); else read the file anew and store nothing.

    Raises
    ------
    WalkCircleError
        Something cannot be read or makes no sense; the message says what, where and the cure.
    """
    tell = report or (lambda _: None)
    ground = _read_ground(study, tell, _choose_store(stored=stored))
    contents, crs = ground.contents, ground.contents.network.crs
    tell("Finding homes and communities")
    remarks: list[Remark] = []
    background = find_background(contents)
    streets_and_buildings = np.concatenate([contents.network.lines, background.buildings.to_numpy()])
    residences, datum_notes = _read_homes(study, contents, streets_and_buildings, remarks.append)
    communities = _read_areas(study, contents, residences, remarks.append)
    area = _study_area(study, crs, communities, ground.area)
    residences, shared = _share_grid(study, residences, area)
    residences, notes = _keep_inside(residences, communities, area, study)
    people = _count_people(study, residences, communities)
    residences = people.residences
    longest_m = study.longest_walk_m
    searched = area.buffer(longest_m * SEARCH_FACTOR)
    network = contents.network.clip(searched)
    if study.place.heights is not None:
        # rasterio is only loaded where it is needed
        from walkcircle.sources.heights import apply_heights

        tell("Reading heights")
        network = apply_heights(network, study.path_to(study.place.heights))
        notes += _note_heights(network)
    if study.place.cut_along_border:
        network = network.end_outside(area)
        notes.append("The file was cut along the border of the study area; what lies beyond it is unknown.")
    notes += [
        *_note_mended(communities, contents),
        *shared,
        *people.notes,
        *_note_groups(people, study),
        *_note_edge(network, area, longest_m, contents),
        *_note_islands(network),
    ]
    tell("Finding facilities")
    registers = _read_registers(study, ground, streets_and_buildings, remarks.append)
    facilities, merged = _read_places_to_go(study, contents, registers, searched)
    survey = None
    if study.needs.file is not None:
        survey = read_survey(study.needs, communities, study.standard, folder=study.folder, report=remarks.append)
    roads, controls = find_roads(contents)
    barriers = None if study.circles is None else find_barriers(contents, roads, background.water)
    candidates, site_notes = _read_sites(study, network, communities, streets_and_buildings, remarks.append)
    tracking = None
    if study.plan.tracking is not None:
        path = study.path_to(study.plan.tracking)
        tracking = read_tracking(path, study.standard, crs=network.crs, report=remarks.append)
    notes += [*datum_notes, *registers.notes, *site_notes, *describe_remarks(remarks), *_note_merged(merged)]
    estates = find_estates(contents)
    data_date = study.place.data_date or ground.data_date
    place = Place(
        network=network,
        residences=residences,
        facilities=facilities,
        communities=communities,
        entrances=find_entrances(contents),
        estates=estates,
        completeness=grade_completeness(
            communities,
            residences,
            facilities,
            study.standard,
            registered=registers.complete,
            declared=people.declared,
            surroundings=Surroundings(network, estates, data_date),
        ),
        population_source=_population_source(study, communities),
        background=background,
        data_date=data_date,
        notes=tuple(notes),
        inputs=ground.inputs,
        remarks=list_remarks(remarks),
        merged=merged,
        survey=survey,
        candidates=candidates,
        roads=roads,
        controls=controls,
        barriers=barriers,
    )
    return place if tracking is None else open_projects(place, study, tracking)


@dataclass(frozen=True)
class _Ground:
    """A file's contents, where they came from, and the area they were asked for."""

    contents: OsmContents
    data_date: str | None
    area: shapely.Geometry | None
    inputs: dict[str, str]


def _choose_store(*, stored: bool) -> Store | None:
    return open_store() if stored else None


def _read_ground(study: Study, tell: Report, store: Store | None) -> _Ground:
    """Read the study's file, or fetch its place on first use and read what was stored."""
    place = study.place
    if place.file is not None:
        path, area, stated = study.path_to(place.file), None, None
    else:
        from walkcircle.sources.overpass import fetch_place

        fetched = fetch_place(place, folder=study.folder / "fetched", margin_m=study.longest_walk_m, report=tell)
        path, area, stated = fetched.path, fetched.area, fetched.data_date
    contents = load_contents(path, store, report=tell)
    own_files = [
        study.residences.file, study.communities.file, place.area, place.heights,
        study.needs.file, study.siting.file, study.population.file, study.population.grid, study.plan.tracking,
        *(f.file for f in study.facilities),
    ]  # fmt: skip
    named = {place.file or path.name: path, **{name: study.path_to(name) for name in own_files if name}}
    inputs = {name: hash_file(file) for name, file in named.items() if file.is_file()}
    return _Ground(contents, stated or contents.data_date or contents.newest_edit, area, inputs)


def _read_homes(
    study: Study, contents: OsmContents, ground: NDArray[Any], remark: Remarking
) -> tuple[gpd.GeoDataFrame, list[str]]:
    section = study.residences
    if section.source == "file" and section.file is not None:
        homes = read_residences(section, folder=study.folder, crs=contents.network.crs, report=remark)
        return homes, check_datum(homes, file=section.file, crs=section.crs, ground=ground)
    residences = estimate_residences(contents, study.residences)
    if len(residences) == 0:
        msg = (
            "the file maps no home (a building typed as homes, or any building on residential land); "
            'give your own under [residences] with source = "file"'
        )
        raise SourceError(msg)
    return residences, []


def _read_areas(
    study: Study, contents: OsmContents, residences: gpd.GeoDataFrame, remark: Remarking
) -> gpd.GeoDataFrame:
    section = study.communities
    if section.source == "file":
        return read_communities(section, folder=study.folder, crs=contents.network.crs, report=remark)
    if section.source == "osm":
        return find_communities(contents, section)
    return make_hexagons(residences.geometry, width_m=section.hexagon_m)


def _study_area(
    study: Study, crs: Any, communities: gpd.GeoDataFrame, fetched: shapely.Geometry | None
) -> shapely.Geometry:
    """Return the area whose people count: the planner's, else that of the communities."""
    if study.place.area is not None:
        return read_area(study.path_to(study.place.area), crs=crs)
    if fetched is not None and study.communities.source == "hexagons":
        return gpd.GeoSeries([fetched], crs=4326).to_crs(crs).iloc[0]
    return communities.union_all()


def _share_grid(
    study: Study, residences: gpd.GeoDataFrame, area: shapely.Geometry
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Share the people of the study's grid among all residences, those around the study area too."""
    section = study.population
    if section.grid is None:
        return residences, []
    # rasterio is only loaded where it is needed
    from walkcircle.sources.grids import add_empty_cells, describe_empty_cells, read_grid, share_cells

    both = np.array([residences.total_bounds, shapely.bounds(area)])
    bounds = (*both[:, :2].min(axis=0), *both[:, 2:].max(axis=0))
    cells = read_grid(section, folder=study.folder, crs=residences.crs, bounds=bounds)
    shared = share_cells(cells, residences)
    middle = shapely.point_on_surface(shared.empty.geometry.to_numpy())
    shared = replace(shared, empty=shared.empty[shapely.intersects(area, middle)])
    kept = section.keep_empty and EVERYBODY in cells
    notes = describe_empty_cells(shared.empty, source=section.grid, kept=kept)
    inside = shapely.intersects(area, shapely.point_on_surface(residences.geometry.to_numpy()))
    unreached = residences[shared.outside & inside]
    if len(unreached):
        notes.append(
            f"{len(unreached):,} residences with {unreached[Residences.population].sum():,.0f} people lie where "
            f"{section.grid} is unknown; they keep their own numbers."
        )
    if study.residences.source == "file":
        notes += _note_border_cells(cells[cells.intersects(area.boundary)], section.grid)
    return (add_empty_cells(shared, source=section.grid) if kept else shared.residences), notes


def _note_border_cells(cells: gpd.GeoDataFrame, grid: str) -> list[str]:
    """Say which cells may count people whom the planner's residences do not list."""
    if EVERYBODY not in cells or cells[EVERYBODY].sum() == 0:
        return []
    what = f"{len(cells):,} cells of {grid} with {cells[EVERYBODY].sum():,.0f} people lie across the border"
    return [f"{what} of the study area; all of them are shared among the residences that are listed there."]


def _count_people(study: Study, residences: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> GroupedPeople:
    """Scale people to the known numbers, and count those of each group."""
    section = study.population
    counts = pd.DataFrame()
    if section.file is not None:
        counts = read_counts(study.path_to(section.file), community=section.community, columns=section.columns)
        counts = name_communities(counts, communities, where=section.file)
    # people that the planner counted are scaled only to numbers that the planner gives
    counted = study.residences.source == "file" or section.grid is not None
    official = communities.drop(columns=Communities.population, errors="ignore") if counted else communities
    known = counts[EVERYBODY].dropna() if EVERYBODY in counts else pd.Series(dtype=float)
    residences, unmet = scale_population(residences, official, section, counted={str(c): p for c, p in known.items()})
    people = count_groups(residences, communities, counts, section)
    return replace(people, notes=(*unmet, *people.notes))


def _note_groups(people: GroupedPeople, study: Study) -> list[str]:
    """Say which groups are known nowhere, or only for some, and which are declared shares."""
    homes = people.residences[people.residences[Residences.population] > 0]
    residents = float(homes[Residences.population].sum())
    notes = []
    for group in GROUPS:
        kinds = [kind.en for kind in study.standard.kinds if kind.group == group]
        if not kinds:
            continue
        whom = name_group(group, "en")
        stand_in = f"all residents stand in for them ({', '.join(kinds)})"
        unknown = homes[group].isna() if group in homes else pd.Series(data=True, index=homes.index)
        lacking = float(homes[Residences.population][unknown].sum())
        if unknown.all():
            notes.append(f"How many {whom} there are is not known; {stand_in}.")
        elif lacking > 0:
            where = f"for {lacking:,.0f} of {residents:,.0f} residents; there, {stand_in}"
            notes.append(f"How many {whom} there are is not known {where}.")
        shared = people.declared.loc[homes.index, group]
        if shared.any():
            share, source = study.population.groups[group], study.population.groups_source
            of = float(homes[Residences.population][shared].sum())
            much = f"{100 * share:g} % of {of:,.0f} residents"
            notes.append(f"The {whom} are {much} by a declared share ({source}), not by a count.")
    return notes


def _keep_inside(
    residences: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, area: shapely.Geometry, study: Study
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Keep the residences of the study area, and say how many were not."""
    inner = shapely.point_on_surface(residences.geometry.to_numpy())
    inside = shapely.intersects(area, inner) & assign_communities(residences, communities).notna().to_numpy()
    if not inside.any():
        msg = "no residence lies inside the communities; check that both are in the same place and CRS"
        raise TableError(msg)
    outside = residences[~inside]
    if len(outside) == 0:
        return residences, []
    people = outside[Residences.population].sum()
    counted = "people" if study.residences.source == "file" or study.population.grid else "people by their floor area"
    return residences[inside].reset_index(drop=True), [
        f"{len(outside):,} residences with {people:,.0f} {counted} lie outside the communities and are not counted."
    ]


def _note_mended(communities: gpd.GeoDataFrame, contents: OsmContents) -> list[str]:
    """Say which borders the file lacks a stretch of."""
    rows = zip(communities[Communities.community], communities[Communities.name], strict=True)
    mended = [f"{name} ({contents.closed_m[i]:,.0f} m)" for i, name in rows if i in contents.closed_m]
    if not mended:
        return []
    return [f"The file lacks a stretch of the border of {', '.join(mended)}; a straight line closes it."]


def _note_edge(network: WalkNetwork, area: shapely.Geometry, longest_m: float, contents: OsmContents) -> list[str]:
    """Say where the file ends before the longest walk around the study area does."""
    west, south, east, north = shapely.bounds(area)
    have = shapely.bounds(network.extent)
    short = {
        "west": have[0] - (west - longest_m),
        "south": have[1] - (south - longest_m),
        "east": (east + longest_m) - have[2],
        "north": (north + longest_m) - have[3],
    }
    sides = [f"{side} by {metres:,.0f} m" for side, metres in short.items() if metres > 1]
    notes = []
    if sides:
        notes.append(
            f"The file ends before the longest walk ({longest_m:,.0f} m) around the study area: too short in the "
            f"{', '.join(sides)}. Facilities and streets beyond its edge are unknown."
        )
    if contents.cut_ways:
        notes.append(f"{contents.cut_ways} streets are cut at the edge of the file.")
    return notes


def _note_heights(network: WalkNetwork) -> list[str]:
    """Say for which share of the streets there are no heights."""
    from walkcircle.sources.heights import measure_unknown

    unknown = measure_unknown(network)
    if unknown == 0:
        return []
    share = "less than 0.1" if unknown < 0.001 else f"{100 * unknown:.1f}"
    return [f"Heights are unknown for {share} % of the length of the streets; these are walked as if flat."]


def _note_islands(network: WalkNetwork) -> list[str]:
    """Say which streets are not joined to the rest."""
    island = network.island_of_edge()
    apart = island > 0
    if not apart.any():
        return []
    km = network.length_m[apart].sum() / 1000
    share = 100 * network.length_m[apart].sum() / network.length_m.sum()
    return [f"{island.max()} pieces of street ({km:,.1f} km, {share:.1f} %) are not joined to the rest on foot."]


@dataclass(frozen=True)
class _Registers:
    """All registers of a study: those that list every facility of their kinds, and the others."""

    frames: tuple[tuple[gpd.GeoDataFrame, bool], ...]
    complete: frozenset[str]
    notes: tuple[str, ...]


def _read_registers(study: Study, ground: _Ground, map_shapes: NDArray[Any], remark: Remarking) -> _Registers:
    """Read every register, as of the day of the data, and check that its places fit the map."""
    day = _day_of(study.place.data_date or ground.data_date)
    crs = ground.contents.network.crs
    frames, complete, notes = [], set(), []
    for section in study.facilities:
        if section.source != "file" or section.file is None:
            continue
        frame = read_facilities(section, study.standard, folder=study.folder, crs=crs, on=day, report=remark)
        notes += check_datum(frame, file=section.file, crs=section.crs, ground=map_shapes)
        if section.complete:
            complete |= {*frame[Facilities.kind], *section.kinds.values(), *filter(None, [section.only])}
        frames.append((frame, section.complete))
    return _Registers(tuple(frames), frozenset(complete), tuple(notes))


def _day_of(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        return None


def _read_places_to_go(
    study: Study,
    contents: OsmContents,
    registers: _Registers,
    reachable: shapely.Geometry,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Put registers and the map together: a complete register goes before the map, another is merged with it."""
    frames = [frame for frame, complete in registers.frames if complete]
    others = [frame for frame, complete in registers.frames if not complete]
    merged = pd.DataFrame(columns=[*map(str, Merged.columns())])
    partial = gpd.GeoDataFrame(pd.concat(others, ignore_index=True), crs=contents.network.crs) if others else None
    if any(section.source == "osm" for section in study.facilities):
        mapped = find_facilities(contents, study.standard)
        mapped = mapped[~mapped[Facilities.kind].isin(list(registers.complete))]
        mapped = mapped[mapped.intersects(reachable)]
        if partial is None:
            frames.insert(0, mapped)
        else:
            both, merged = merge_facilities(partial, mapped)
            frames.append(both)
    elif partial is not None:
        frames.append(partial)
    joined = pd.concat(frames, ignore_index=True)
    twice = joined.duplicated([Facilities.facility, Facilities.kind])
    if twice.any():
        row = joined[twice].iloc[0]
        msg = (
            f"two registers have a {row[Facilities.kind]} with the id {row[Facilities.facility]!r}; "
            "give ids that differ, or leave id out so that each row has its own"
        )
        raise TableError(msg)
    order = np.lexsort((joined[Facilities.facility].astype(str), joined[Facilities.kind].astype(str)))
    return gpd.GeoDataFrame(joined.iloc[order].reset_index(drop=True), crs=contents.network.crs), merged


def _read_sites(
    study: Study,
    network: WalkNetwork,
    communities: gpd.GeoDataFrame,
    map_shapes: NDArray[Any],
    remark: Remarking,
) -> tuple[gpd.GeoDataFrame | None, list[str]]:
    """Read the list of idle land and buildings, or find sites along the streets of the communities."""
    section = study.siting
    if section.file is not None:
        sites = read_candidates(
            section, communities, study.standard, folder=study.folder, crs=network.crs, report=remark
        )
        notes = check_datum(sites, file=section.file, crs=section.crs, ground=map_shapes)
        outside = int(sites[Candidates.community].isna().sum())
        if outside:
            notes.append(f"Candidate sites of {section.file} outside all communities: {outside:,} of {len(sites):,}.")
        return sites, notes
    if section.streets_every_m is None:
        return None, []
    sites = find_candidates(network, every_m=section.streets_every_m, within=communities.union_all())
    sites[Candidates.community] = assign_communities(sites, communities)
    words = f"a candidate site about every {section.streets_every_m:g} m along the public streets: {len(sites):,}"
    return sites, [f"No list of idle space was given; {words}. Whether there is room is not known."]


def _note_merged(merged: pd.DataFrame) -> list[str]:
    """Say how many facilities both the registers and the map have."""
    if merged.empty:
        return []
    what = "Facilities that a register and the map both have (of one kind, near each other, of like names)"
    return [f"{what}: {len(merged):,}; each counts once, as registered."]


def _population_source(study: Study, communities: gpd.GeoDataFrame) -> str:
    """Say in words where the numbers of people come from."""
    if study.population.source:
        return study.population.source
    scaled = study.population.total is not None or study.population.communities or EVERYBODY in study.population.columns
    if study.population.grid and EVERYBODY in (study.population.grid_columns or {EVERYBODY: ""}):
        return f"{study.population.grid}{', scaled to the numbers in the study' if scaled else ''}"
    if study.residences.source == "file":
        return f"{study.residences.file}{', scaled to the numbers in the study' if scaled else ''}"
    estimate = "estimated from the floor area of mapped buildings"
    known = communities[Communities.population].notna().sum() if Communities.population in communities else 0
    if known and study.population.total is None:
        origin = "OpenStreetMap's population tags" if study.communities.source == "osm" else study.communities.file
        return f"{estimate}, scaled to {origin} in {known} of {len(communities)} communities"
    if scaled:
        return f"{estimate}, scaled to the numbers in the study"
    return f"{estimate}; no official number was given"
