"""Candidates: where a facility could go, along streets where no list is given, and which kinds a site may hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.errors import StudyError, TableError
from walkcircle.tables import Candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.network import WalkNetwork

#: In :attr:`~walkcircle.tables.Candidates.kinds`: what parts the ids, and what stands for any kind.
KIND_MARK: Final = ";"
ANY_KIND: Final = "*"

#: The source of sites that nobody listed.
ALONG_STREETS: Final = "along the streets"

#: The ground floor, as storeys are numbered in :attr:`~walkcircle.tables.Candidates.level`.
GROUND_LEVEL: Final = 1


def find_candidates(
    network: WalkNetwork, *, every_m: float, within: shapely.Geometry | None = None
) -> gpd.GeoDataFrame:
    """Spread candidate sites along the public streets, for where no list of idle space is given.

    Each street between two junctions is cut into the fewest equal pieces that are no longer than `every_m`, with a
    site in the middle of each. From the west on (then from the south), a site within half of `every_m` of an earlier
    one in a straight line is left out. So any two sites are farther apart than half of `every_m`, and no spot of such a
    street is farther than `every_m` from a site. The order and the direction of the streets change nothing.

    Nobody builds on stairs, crossings, bridges, in tunnels, or across a square, and what is private is not for sale:
    sites stand on none of them. Nothing is known of them but their place.

    Parameters
    ----------
    network
        Streets in metres.
    every_m
        Longest stretch of street without a site, metres.
    within
        Area in the CRS of the network; only sites in it, its edge included, are kept. Near the edge there may then be
        a site less than the second promise asks for.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Candidates`, points, numbered from the west on; empty where there is no such street.

    Raises
    ------
    StudyError
        `every_m` is no length above 0.

    Examples
    --------
    >>> from walkcircle.network import network_from_lines
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (250, 0)])], crs="EPSG:32635")
    >>> find_candidates(network_from_lines(street), every_m=100).geometry.x.round(1).to_list()
    [41.7, 125.0, 208.3]
    """
    if not (isfinite(every_m) and every_m > 0):
        msg = f"every_m is {every_m:g}; give a length above 0, in metres, such as 100"
        raise StudyError(msg)
    open_to_all = ~network.private & ~network.steps & (network.crossing == 0) & (network.level == 0)
    usable = open_to_all & (network.length_m > 0) & ~np.isin(network.kind, ["square", "gate"])
    points = _cut_streets(network.lines[usable], every_m)
    if within is not None:
        shapely.prepare(within)
        points = points[shapely.intersects(within, points)]
    points = _thin_points(points, every_m / 2)
    texts = pd.Series(None, index=range(len(points)), dtype=object)
    numbers = pd.Series(nan, index=texts.index)
    columns = {
        Candidates.candidate: [f"street:{n}" for n in range(1, len(points) + 1)],
        Candidates.name: texts,
        Candidates.area_m2: numbers,
        Candidates.floor_m2: numbers,
        Candidates.level: numbers,
        Candidates.kinds: texts,
        Candidates.shared: texts,
        Candidates.from_year: texts.astype("Int64"),
        Candidates.capex: numbers,
        Candidates.opex: numbers,
        Candidates.ownership: texts,
        Candidates.barrier_free: texts.astype("boolean"),
        Candidates.source: ALONG_STREETS,
        Candidates.community: texts,
    }
    return gpd.GeoDataFrame(columns, geometry=points, crs=network.crs, index=texts.index)


def find_hosts(
    candidates: pd.DataFrame, kinds: Sequence[str], *, on_ground: Collection[str] = (), unknown: bool = True
) -> pd.DataFrame:
    """Say which candidate may hold which kind.

    Parameters
    ----------
    candidates
        :class:`~walkcircle.tables.Candidates`.
    kinds
        Ids of the kinds that are asked about.
    on_ground
        Those of them that must be on the ground floor, such as a health station under GB 50180.
    unknown
        What to answer where the list does not say which kinds are allowed, or on which floor a site is.

    Returns
    -------
    DataFrame of bool
        A row per candidate, by its id, and a column per kind.

    Raises
    ------
    TableError
        `on_ground` names a kind that is not asked about.

    Examples
    --------
    >>> sites = pd.DataFrame({"candidate": ["a", "b", "c"], "kinds": ["gym;clinic", "*", None], "level": [2, 1, 1]})
    >>> find_hosts(sites, ["clinic", "gym"], on_ground=["clinic"]).to_numpy().tolist()
    [[False, True], [True, True], [True, True]]
    """
    stray = next((kind for kind in on_ground if kind not in kinds), None)
    if stray is not None:
        msg = f"on_ground names '{stray}', which is not among the kinds that are asked about: {', '.join(kinds)}"
        raise TableError(msg)
    listed = [None if pd.isna(text) else set(str(text).split(KIND_MARK)) for text in candidates[Candidates.kinds]]
    level = candidates[Candidates.level].to_numpy(dtype=float, na_value=nan)
    lies_low = np.where(np.isnan(level), unknown, level == GROUND_LEVEL)
    flags = {
        kind: np.array([unknown if one is None else bool(one & {kind, ANY_KIND}) for one in listed], dtype=bool)
        & (lies_low if kind in on_ground else True)
        for kind in kinds
    }
    return pd.DataFrame(flags, index=pd.Index(candidates[Candidates.candidate].to_list()), columns=list(kinds))


def _cut_streets(lines: NDArray[np.object_], every_m: float) -> NDArray[np.object_]:
    """Return the middles of equal pieces of each line, none longer than `every_m`."""
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / every_m - 1e-9), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), pieces)
    piece = np.arange(len(line)) - np.repeat(pieces.cumsum() - pieces, pieces)
    along = (piece + 0.5) / pieces[line]
    # whichever way round a line was drawn, its middles are the same to the last bit
    whole = shapely.normalize(lines)
    return np.asarray(shapely.line_interpolate_point(whole[line], along, normalized=True), dtype=object)


def _thin_points(points: NDArray[np.object_], apart_m: float) -> NDArray[np.object_]:
    """Go from the west on and leave out every point within `apart_m` of one that was kept."""
    xy = shapely.get_coordinates(points)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    points = points[order]
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=apart_m)
    first, second = first[first < second], second[first < second]
    by_first = np.argsort(first, kind="stable")
    first, second = first[by_first], second[by_first]
    start = np.searchsorted(first, np.arange(len(points) + 1))
    kept = np.ones(len(points), dtype=bool)
    for point in np.unique(first):
        if kept[point]:
            kept[second[start[point] : start[point + 1]]] = False
    return points[kept]
