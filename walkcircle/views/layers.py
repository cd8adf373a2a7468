"""Layers: what the map shows, one function per layer, each from the tables to a record the page can draw.

A layer is a function ``(answer, packing) -> record``: it keeps arrays in the packing and returns a JSON record
under its name in :data:`LAYERS`. The page's own scripts draw those listed here. A user's layer goes into the same
mapping; its record says ``{"paint": "areas" | "lines" | "dots", "label": …, "colour": "#rrggbb"}`` and names an
array, and the page draws it with a switch of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.analysis import Analysis
from walkcircle.gaps import GAP
from walkcircle.groups import EVERYBODY, count_demand, name_group
from walkcircle.tables import (
    Checkup,
    Clusters,
    CommunityCoverage,
    Coverage,
    Facilities,
    Gaps,
    Isochrones,
)
from walkcircle.views.findings import name_people, write_range, write_share
from walkcircle.views.graphs import pack_streets, pack_walkers
from walkcircle.views.palette import CATEGORIES_LIGHT, GLYPHS, classify_value
from walkcircle.views.payload import Packing
from walkcircle.views.text import TEXTS, translate_reason

#: A layer of the map.
Layer = Callable[[Analysis, Packing], dict[str, Any]]

#: People are kept in thousandths, so that their sums are those of the tables.
PEOPLE = 1000

#: Shapes under the results are simplified by this much, metres; a building's corner moves less than its wall is thick.
GROUND_SIMPLIFY_M = 0.4


def pack_ground(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack water, green, buildings and rail, and where the data end."""
    background = answer.place.background
    return {
        "extent": packing.add_areas("ground.extent", np.array([answer.place.network.extent])),
        "water": packing.add_areas("ground.water", _areas(background.water)),
        "green": packing.add_areas("ground.green", _areas(background.green)),
        "buildings": packing.add_areas("ground.buildings", _areas(background.buildings)),
        "rail": packing.add_lines("ground.rail", _lines(background.rail)),
    }


def pack_communities(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack the communities, their check-up, and their coverage for each kind."""
    checkup = answer.checkup
    shapes = checkup.geometry.to_numpy()
    if shapely.coverage_is_valid(shapes):
        # shared borders are simplified together, so that neighbours still touch; areas that overlap stay as they are
        shapes = shapely.coverage_simplify(shapes, 1.0)
    packing.add_areas("communities", shapes)
    packing.add_points("communities.middle", shapely.point_on_surface(checkup.geometry.to_numpy()))
    return {
        "ids": checkup[Checkup.community].tolist(),
        "names": [str(name) for name in checkup[Checkup.name]],
        "people": _whole(checkup[Checkup.population]),
        "weakest": [bool(flag) for flag in checkup[Checkup.weakest]],
        "rank": [None if pd.isna(rank) else int(rank) for rank in checkup[Checkup.rank]],
        "firm": [int(count) for count in checkup[Checkup.firm_kinds]],
        "grade": checkup[Checkup.confidence].tolist(),
        "index": _index_measure(answer),
        "kinds": [_kind_measure(answer, kind.id) for kind in answer.study.standard.kinds],
    }


def pack_clusters(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack where walks start, the nearest facility of each kind from there, and how far the walks reach."""
    clusters, kinds = answer.clusters, answer.study.standard.kinds
    coverage = _first_walker(answer, answer.coverage, Coverage.walker)
    place = {id_: i for i, id_ in enumerate(answer.checkup[Checkup.community])}
    packing.add_points("clusters", clusters.geometry.to_numpy())
    packing.add_ints("clusters.people", np.rint(clusters[Clusters.population] * PEOPLE).astype(np.int64))
    for group in sorted({kind.group for kind in kinds} - {EVERYBODY}):
        demand, _ = count_demand(clusters, group)
        packing.add_ints(f"demand.{group}", np.rint(demand * PEOPLE).astype(np.int64))
    packing.add_ints("clusters.community", [place.get(c, -1) for c in clusters[Clusters.community]])
    grid = pd.MultiIndex.from_product([clusters[Clusters.cluster], [kind.id for kind in kinds]])
    table = coverage.set_index([Coverage.cluster, Coverage.kind]).reindex(grid)
    facilities = answer.place.facilities
    row = pd.Series(
        np.arange(len(facilities)), index=pd.MultiIndex.from_frame(facilities[[Facilities.facility, Facilities.kind]])
    )
    row = row[~row.index.duplicated()]
    nearest = pd.MultiIndex.from_arrays([table[Coverage.facility], grid.get_level_values(1)])
    packing.add_ints("clusters.minutes", _round_up(table[Coverage.minutes]))
    packing.add_ints("clusters.facility", row.reindex(nearest).fillna(-1).to_numpy().astype(np.int64))
    # 1 within the limit, 2 beyond it or perhaps not, 0 beyond it
    verdict = table[Coverage.covered].to_numpy(dtype=np.int64) + 2 * table[Coverage.unsure].to_numpy(dtype=np.int64)
    packing.add_ints("clusters.verdict", verdict)
    known = table[Coverage.known].groupby(level=0).all().reindex(clusters[Clusters.cluster])
    packing.add_ints("clusters.known", known.to_numpy(dtype=np.int64))
    reached = answer.isochrones.pivot_table(
        index=Isochrones.cluster, columns=Isochrones.minutes, values=Isochrones.reached_m
    ).reindex(index=clusters[Clusters.cluster], columns=list(answer.study.minutes))
    packing.add_ints("clusters.reached", np.rint(reached.fillna(-1).to_numpy().ravel()).astype(np.int64))
    return {"ids": clusters[Clusters.cluster].tolist(), "minutes": [f"{m:g}" for m in answer.study.minutes]}


def pack_facilities(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack the facilities; names once each, an area at a point well inside it."""
    facilities, standard = answer.place.facilities, answer.study.standard
    kind = {k.id: i for i, k in enumerate(standard.kinds)}
    shapes = facilities.geometry.to_numpy()
    points = np.where(shapely.get_dimensions(shapes) == 0, shapely.centroid(shapes), shapely.point_on_surface(shapes))
    packing.add_points("facilities", points)
    packing.add_ints("facilities.kind", [kind.get(k, -1) for k in facilities[Facilities.kind]])
    names = facilities[Facilities.name].where(facilities[Facilities.name].notna(), "").astype(str)
    distinct = sorted(set(names))
    position = {name: i for i, name in enumerate(distinct)}
    packing.add_ints("facilities.name", [position[name] for name in names])
    sources = sorted(set(facilities[Facilities.source].astype(str)))
    packing.add_ints("facilities.source", [sources.index(str(s)) for s in facilities[Facilities.source]])
    joined = np.zeros(len(facilities), np.int64)
    joined[np.unique(answer.ends.item)] = 1
    packing.add_ints("facilities.joined", joined)
    return {"names": distinct, "sources": sources, "ids": facilities[Facilities.facility].astype(str).tolist()}


def pack_kinds(answer: Analysis, _packing: Packing) -> dict[str, Any]:
    """Pack the standard: its categories with their colour, its kinds with their glyph and limit."""
    standard = answer.study.standard
    order = {category.id: i for i, category in enumerate(standard.categories)}
    seen: dict[str, int] = {}
    kinds = []
    for kind in standard.kinds:
        number = seen.setdefault(kind.category, 0)
        seen[kind.category] += 1
        kinds.append(
            {
                "id": kind.id,
                "label": {"en": kind.en, "zh": kind.zh},
                "category": order[kind.category],
                # neither two kinds of one category nor two neighbouring categories share a shape
                "glyph": GLYPHS[(number + order[kind.category]) % len(GLYPHS)],
                "limit": f"{kind.limit_min:g}",
                "group": None if kind.group == EVERYBODY else kind.group,
                "people": {language: name_group(kind.group, language) for language in TEXTS},
            }
        )
    categories = [
        {"label": {"en": c.en, "zh": c.zh}, "colour": f"category{i % len(CATEGORIES_LIGHT)}"}
        for i, c in enumerate(standard.categories)
    ]
    return {"categories": categories, "kinds": kinds}


#: The layers of every map, by the name under which the page finds them.
LAYERS: Final[Mapping[str, Layer]] = {
    "ground": pack_ground,
    "streets": pack_streets,
    "walkers": pack_walkers,
    "communities": pack_communities,
    "clusters": pack_clusters,
    "facilities": pack_facilities,
    "standard": pack_kinds,
}


def _index_measure(answer: Analysis) -> dict[str, Any]:
    """Return class and text of each community's index, and its residents certainly without the kind most lack."""
    gaps = _first_walker(answer, answer.gaps, Gaps.walker)
    unsure = gaps[gaps[Gaps.verdict] != GAP].groupby(Gaps.community)[Gaps.residents_without].max()
    most = gaps[gaps[Gaps.verdict] == GAP].groupby(Gaps.community)[Gaps.residents_without].max()
    index, low = (answer.checkup[one].to_numpy(dtype=float) for one in (Checkup.index, Checkup.index_low))
    return {
        "value": [None if np.isnan(i) else round(float(i), 3) for i in index],
        "low": [None if np.isnan(i) else round(float(i), 3) for i in low],
        "text": [None if np.isnan(i) else write_range(float(j), float(i)) for i, j in zip(index, low, strict=True)],
        "band": [classify_value(float(i)) for i in index],
        "doubt": [classify_value(float(i)) != classify_value(float(j)) for i, j in zip(index, low, strict=True)],
        "without": _whole(most.reindex(answer.checkup[Checkup.community], fill_value=0.0)),
        "unsure": _whole(unsure.reindex(answer.checkup[Checkup.community], fill_value=0.0)),
    }


def _kind_measure(answer: Analysis, kind: str) -> dict[str, Any]:
    """Return class, share and people of one kind for each community; the class is unknown where the data are thin."""
    table = _first_walker(answer, answer.communities, CommunityCoverage.walker)
    mine = table[table[CommunityCoverage.kind] == kind].set_index(CommunityCoverage.community)
    mine = mine.reindex(answer.checkup[Checkup.community])
    share = mine[CommunityCoverage.share].to_numpy(dtype=float)
    firm = (mine[CommunityCoverage.confidence] == "firm").to_numpy()
    known = mine[CommunityCoverage.population] - mine[CommunityCoverage.unknown]
    gaps = _first_walker(answer, answer.gaps, Gaps.walker)
    gaps = gaps[gaps[Gaps.kind] == kind]
    is_gap = gaps[Gaps.verdict] == GAP
    without, to_check = (
        rows.groupby(Gaps.community)[Gaps.residents_without].sum().reindex(mine.index, fill_value=0.0)
        for rows in (gaps[is_gap], gaps[~is_gap])
    )
    left_out = (without / known).to_numpy(dtype=float)
    reasons = [None if pd.isna(reason) else str(reason) for reason in mine[CommunityCoverage.reason]]
    return {
        "value": [None if np.isnan(s) else round(100 * float(s), 3) for s in share],
        "text": [None if np.isnan(s) else write_share(float(s)) for s in share],
        "textwithout": [None if np.isnan(s) else write_share(min(float(s), 1.0)) for s in left_out],
        "band": [classify_value(100 * float(s)) if ok else -1 for s, ok in zip(share, firm, strict=True)],
        "who": {language: name_people(mine, language) for language in TEXTS},
        "standin": [bool(flag) for flag in mine[CommunityCoverage.stand_in]],
        "served": (mine[CommunityCoverage.population] > 0).tolist(),
        "covered": _whole(mine[CommunityCoverage.covered]),
        "known": _whole(known),
        "without": _whole(without),
        "unsure": _whole(to_check),
        "check": [not ok for ok in firm],
        "thin": mine[CommunityCoverage.share_at_most].isna().tolist(),
        "reason": {
            language: [None if reason is None else translate_reason(reason, language) for reason in reasons]
            for language in TEXTS
        },
    }


def _first_walker(answer: Analysis, table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of the walker that the map shows."""
    return table[table[column] == answer.study.walkers[0].name]


def _round_up(minutes: pd.Series) -> np.ndarray:
    """Return whole minutes rounded up, so that what is within a whole limit reads so; -1 where there is no walk."""
    values = minutes.to_numpy(dtype=float)
    known = ~np.isnan(values)
    return np.where(known, np.ceil(np.where(known, values, 0.0) - 1e-6), -1).astype(np.int64)


def _whole(people: pd.Series) -> list[int]:
    return [round(float(p)) for p in people.fillna(0.0)]


def _areas(shapes: gpd.GeoSeries) -> np.ndarray:
    """Return the areal parts of shapes, simplified a little; what vanishes stays as it was."""
    geometry = shapes.to_numpy()
    geometry = geometry[shapely.get_dimensions(geometry) == 2] if len(geometry) else geometry
    simple = shapely.simplify(geometry, GROUND_SIMPLIFY_M)
    return np.asarray(np.where(shapely.is_empty(simple), geometry, simple))


def _lines(shapes: gpd.GeoSeries) -> np.ndarray:
    geometry = shapes.to_numpy()
    return np.asarray(geometry[shapely.get_dimensions(geometry) == 1] if len(geometry) else geometry)
