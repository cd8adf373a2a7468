"""Works: a place as it would be with the edits of a scenario made, its table of facilities and its streets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from walkcircle.errors import NetworkError, TableError
from walkcircle.network import CROSSINGS, LINK, NODE_COLUMNS, Profile, WalkNetwork
from walkcircle.place import Place
from walkcircle.proposals import (
    CROSSING,
    FOOTBRIDGE,
    PROPOSED,
    FacilityAdded,
    FacilityClosed,
    FacilityMoved,
    LinkAdded,
    Scenario,
    StreetClosed,
    list_added,
)
from walkcircle.snapping import snap_points
from walkcircle.study import Study
from walkcircle.tables import Facilities, Unsnapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.proposals import Edit
    from walkcircle.standards import Standard

#: An end of a link this near to the end of an edge is at it, metres.
AT_END_M = 1e-3


@dataclass(frozen=True)
class Placement:
    """What becomes of one facility and kind when all edits are made.

    Attributes
    ----------
    facility, kind
        Which it is.
    row
        Its position in the place's facilities, or None where it is new.
    point
        Where it will be, in the place's CRS, or None where it closes.
    name
        Its name, where it is new.
    """

    facility: str
    kind: str
    row: int | None
    point: shapely.Point | None
    name: str | None = None


def build_place(place: Place, study: Study, scenario: Scenario) -> Place:
    """Build the place as it would be with all edits made.

    A full analysis of it is what :func:`~walkcircle.scenario.measure_effect` foresees. Links are edges of the kind
    ``link``, which everybody may enter; a crossing has lights, at which one waits, and a footbridge is level. Homes and
    facilities keep the street that they join, and join a link only where no street is within reach, so that a link
    makes nobody's walk longer. Streets that are closed are no edges any more, and who lived there joins another. Where
    a link begins between two junctions the edge is cut in two; where heights are known it is cut at the nearest place
    of a known height, so that nobody's walk along it changes. How far the data can be trusted stays as it was.

    Parameters
    ----------
    place, study
        The ground as it is, and the question: its standard's kinds and how near to a street a link must end.
    scenario
        The edits. Of several edits of one facility the last counts.

    Raises
    ------
    StudyError
        A kind is not in the standard.
    TableError
        A facility is not there, or is there already, or a link ends too far from any street.
    NetworkError
        A street is not there, a link begins where it ends, or no street is left.

    Examples
    --------
    ``analyse(build_place(place, study, Scenario().close_facility("node/123")), study)``
    """
    if len(scenario) == 0:
        return place
    metric = scenario.to_crs(place.network.crs)
    placements = resolve_facilities(place, study, metric)
    return replace(
        place,
        network=_build_streets(place.network, metric, study.snapping.within_m),
        facilities=_list_facilities(place.facilities, placements),
        notes=(*place.notes, f"A scenario, not the place as it is: {scenario.describe()}.")
        if scenario.edits
        else place.notes,
    )


# ── facilities ──────────────────────────────────────────────────────────────────────────────────


def resolve_facilities(place: Place, study: Study, scenario: Scenario) -> list[Placement]:
    """Resolve the edits of facilities, one after the other, into what becomes of each facility and kind.

    Raises
    ------
    StudyError
        A kind is not in the standard.
    TableError
        A facility is not there, or is there already.
    """
    listed = _Listed(place.facilities, study.standard)
    for edit in scenario.to_crs(place.network.crs).edits:
        listed.apply(edit)
    # who was never there and closed again is nobody
    return [one for one in listed.found.values() if one.row is not None or one.point is not None]


class _Listed:
    """The facilities while edits are applied: `found` holds those that are not as they were, by id and kind."""

    def __init__(self, facilities: gpd.GeoDataFrame, standard: Standard) -> None:
        self._ids = facilities[Facilities.facility].to_numpy(dtype=object)
        self._kinds = facilities[Facilities.kind].to_numpy(dtype=object)
        self._standard = standard
        self._next = 0
        self.found: dict[tuple[str, str], Placement] = {}

    def apply(self, edit: Edit) -> None:
        """Apply one edit; those of streets are none of facilities."""
        if isinstance(edit, FacilityAdded):
            self._add(edit)
        elif isinstance(edit, FacilityMoved | FacilityClosed):
            point = edit.point if isinstance(edit, FacilityMoved) else None
            for one in self._find(edit.facility, edit.kind):
                self.found[one.facility, one.kind] = replace(one, point=point)

    def _add(self, edit: FacilityAdded) -> None:
        kind = self._standard.kind(edit.kind).id
        name = self._number() if edit.facility is None else edit.facility
        was = {one.kind: one for one in self._list(name)}.get(kind)
        if was is not None and was.point is not None:
            msg = f"facility '{name}' of kind '{kind}' is there already; give the new one another id, or none"
            raise TableError(msg)
        row = None if was is None else was.row  # what closed before may open again
        self.found[name, kind] = Placement(name, kind, row, edit.point, edit.name)

    def _number(self) -> str:
        """Return the next id that no facility has."""
        while True:
            name = f"{PROPOSED}{self._next}"
            self._next += 1
            if not self._list(name):
                return name

    def _list(self, facility: str) -> list[Placement]:
        """List what there is and was of an id, kind by kind."""
        there = {
            self._kinds[row]: Placement(facility, self._kinds[row], int(row), shapely.Point())
            for row in np.flatnonzero(self._ids == facility)
        }
        return list((there | {kind: one for (name, kind), one in self.found.items() if name == facility}).values())

    def _find(self, facility: str, kind: str | None) -> list[Placement]:
        """Return what there is of an id and kind.

        Raises
        ------
        TableError
            There is nothing.
        """
        there = [one for one in self._list(facility) if one.point is not None]
        mine = [one for one in there if kind is None or one.kind == kind]
        if mine:
            return mine
        if there:
            msg = f"facility '{facility}' is no '{kind}'; it is: {', '.join(one.kind for one in there)}"
            raise TableError(msg)
        if (self._ids == facility).any() or any(name == facility for name, _ in self.found):
            msg = f"there is no facility '{facility}' here any more; an edit before has closed it"
            raise TableError(msg)
        near = difflib.get_close_matches(facility, [str(name) for name in self._ids], n=1, cutoff=0.8)
        hint = f"did you mean '{near[0]}'?" if near else "ids are as in tables/facilities.csv of a run"
        msg = f"there is no facility '{facility}' here; {hint}"
        raise TableError(msg)


def _list_facilities(facilities: gpd.GeoDataFrame, placements: list[Placement]) -> gpd.GeoDataFrame:
    """List the facilities as they will be: those that stay in their order, then new ones."""
    if not placements:
        return facilities
    shapes = facilities.geometry.to_numpy().copy()
    gone = np.zeros(len(facilities), bool)
    for one in placements:
        if one.row is not None and one.point is not None:
            shapes[one.row] = one.point
        elif one.row is not None:
            gone[one.row] = True
    stays = facilities.set_geometry(gpd.GeoSeries(shapes, index=facilities.index, crs=facilities.crs))[~gone]
    added = [FacilityAdded(one.kind, one.point, one.name, one.facility)
             for one in placements if one.row is None and one.point is not None]  # fmt: skip
    if not added:
        return stays.reset_index(drop=True)
    new = list_added(added, facilities.crs)
    return gpd.GeoDataFrame(pd.concat([stays, new], ignore_index=True), crs=facilities.crs)


# ── streets ─────────────────────────────────────────────────────────────────────────────────────


class _Piece(NamedTuple):
    """Part of an edge: from where to where along it, and the nodes there."""

    edge: int
    begin: float
    end: float
    first: int
    last: int


class _Way(NamedTuple):
    """A link as it is laid: its end nodes, its line, and the heights of its ends."""

    first: int
    last: int
    line: shapely.LineString
    heights: NDArray[np.float64]
    link_kind: str


def _build_streets(network: WalkNetwork, scenario: Scenario, within_m: float) -> WalkNetwork:
    """Lay links and close streets."""
    if not scenario.changes_streets:
        return network
    open_ = np.ones(len(network.ends), bool)
    for closing in (edit for edit in scenario.edits if isinstance(edit, StreetClosed)):
        open_[_find_edges(network, closing)] = False
    if not open_.any():
        msg = "the scenario closes every street; leave one open"
        raise NetworkError(msg)
    links = [edit for edit in scenario.edits if isinstance(edit, LinkAdded)]
    edge, share = _find_ends(network, links, open_, within_m)
    cuts: dict[int, list[float]] = {}
    for at, part in zip(edge.ravel().tolist(), share.ravel().tolist(), strict=True):
        if 0 < part < 1 and part not in cuts.setdefault(at, []):
            cuts[at].append(part)
    nodes = {(at, part): number for number, (at, part) in enumerate(
        ((at, part) for at in sorted(cuts) for part in sorted(cuts[at])), len(network.xy))}  # fmt: skip
    open_[list(cuts)] = False
    whole, pieces = np.flatnonzero(open_), list(_cut_edges(network, nodes))
    ways = _draw_links(network, links, edge, share, nodes)
    return _join(network, whole, pieces, ways, list(nodes))


def _find_edges(network: WalkNetwork, closing: StreetClosed) -> NDArray[np.int64]:
    """Return the edges of a street that closes.

    Raises
    ------
    NetworkError
        There is none.
    """
    if closing.edge is not None:
        _check_edge(network, closing.edge)
        return np.array([closing.edge])
    edges = np.flatnonzero(network.osm_way == closing.way)
    if len(edges) == 0:
        msg = (
            f"no street here has the OpenStreetMap way {closing.way}; a stretch that was joined of several ways has "
            "the id of its longest one"
        )
        raise NetworkError(msg)
    return edges


def _check_edge(network: WalkNetwork, edge: int) -> None:
    """Refuse an edge that is not there."""
    if not 0 <= edge < len(network.ends):
        msg = f"there is no edge {edge}; the edges are 0 to {len(network.ends) - 1}"
        raise NetworkError(msg)


def _find_ends(
    network: WalkNetwork, links: list[LinkAdded], open_: NDArray[np.bool_], within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return ``(k, 2)`` edges that links join, and how far along them: at their ends, or at places of known height.

    A link ends on no stairs and on no crossing, whose delays are those of the whole edge.

    Raises
    ------
    TableError
        An end is too far from any street.
    NetworkError
        A position is on no edge, or on one that is closed.
    """
    edge, share = np.full((len(links), 2), -1), np.zeros((len(links), 2))
    for number, link in enumerate(links):
        for side, position in enumerate((link.first, link.last)):
            if position is None:
                continue
            edge[number, side], share[number, side] = position
            _check_edge(network, position[0])
            if not (open_[position[0]] and 0 <= position[1] <= 1):
                msg = f"a link cannot join edge {position[0]} at {position[1]:g}: it is closed, or 0 to 1 is meant"
                raise NetworkError(msg)
    drawn = np.argwhere(edge < 0)
    ends = gpd.GeoSeries([_end_of(links[number], side) for number, side in drawn.tolist()], crs=network.crs)
    joinable = open_ & ~network.steps & (network.crossing == 0) & (network.length_m > 0)
    spots = snap_points(ends, network, within_m=within_m, allowed=joinable, layer="links")
    if len(spots.unsnapped):
        lost = spots.unsnapped.iloc[0]
        number, side = drawn[int(lost[Unsnapped.item])]
        msg = (
            f"link {number + 1} {'ends' if side else 'begins'} {lost[Unsnapped.distance_m]:,.0f} m from the nearest "
            f"street; it must end within {within_m:g} m of one ([snapping] within_m)"
        )
        raise TableError(msg)
    edge[drawn[:, 0], drawn[:, 1]], share[drawn[:, 0], drawn[:, 1]] = spots.edge, spots.fraction
    metres = network.length_m[edge]
    if network.profile is not None:
        steps = np.diff(network.profile.start)[edge] - 1
        share = np.where(steps > 1, np.round(share * steps) / steps, share)
    share = np.where(share * metres <= AT_END_M, 0.0, share)
    return edge, np.where((1 - share) * metres <= AT_END_M, 1.0, share)


def _end_of(link: LinkAdded, side: int) -> shapely.Point:
    """Return the first or last point of a drawn link.

    Raises
    ------
    TableError
        It has no line.
    """
    if link.line is None:
        msg = "a link needs a line, or positions for both of its ends"
        raise TableError(msg)
    return shapely.get_point(link.line, -1 if side else 0)


def _cut_edges(network: WalkNetwork, nodes: dict[tuple[int, float], int]) -> Iterator[_Piece]:
    """Cut edges at new nodes."""
    for edge in dict.fromkeys(edge for edge, _ in nodes):
        first, last = network.ends[edge].tolist()
        stops = [(0.0, first), *((part, node) for (at, part), node in nodes.items() if at == edge), (1.0, last)]
        for (begin, start), (end, stop) in pairwise(stops):
            yield _Piece(edge, begin, end, start, stop)


def _draw_links(
    network: WalkNetwork,
    links: list[LinkAdded],
    edge: NDArray[np.int64],
    share: NDArray[np.float64],
    nodes: dict[tuple[int, float], int],
) -> list[_Way]:
    """Lead links on to the streets that they join.

    Raises
    ------
    NetworkError
        A link begins where it ends.
    """
    ways = []
    points = shapely.line_interpolate_point(network.lines[edge], share, normalized=True)
    for number, link in enumerate(links):
        sides = list(zip(edge[number].tolist(), share[number].tolist(), strict=True))
        first, last = (nodes[at, part] if 0 < part < 1 else int(network.ends[at, int(part)]) for at, part in sides)
        if first == last:
            msg = f"link {number + 1} begins where it ends, on the same place of a street; draw it from one to another"
            raise NetworkError(msg)
        between = [] if link.line is None else list(link.line.coords)
        xy = [points[number, 0].coords[0], *between, points[number, 1].coords[0]]
        kept = [place for place, before in zip(xy, [None, *xy], strict=False) if place != before]
        line = shapely.LineString(kept if len(kept) > 1 else [xy[0], xy[-1]])
        heights = np.concatenate([_take_heights(network.profile, at, part, part)[:1] for at, part in sides])
        if link.link_kind == FOOTBRIDGE:
            heights[:] = heights[0]  # it is level
        ways.append(_Way(first, last, line, heights, link.link_kind))
    return ways


def _take_heights(profile: Profile | None, edge: int, begin: float, end: float) -> NDArray[np.float64]:
    """Return the heights along part of an edge, which begins and ends at known ones where there are more than two."""
    if profile is None:
        return np.full(2, np.nan)
    heights = profile.height_m[profile.start[edge] : profile.start[edge + 1]]
    steps = len(heights) - 1
    if steps == 1:
        return np.asarray(heights[0] + np.array([begin, end]) * (heights[1] - heights[0]))
    return np.asarray(heights[round(begin * steps) : round(end * steps) + 1])


def _join(
    network: WalkNetwork,
    whole: NDArray[np.int64],
    pieces: list[_Piece],
    ways: list[_Way],
    added: list[tuple[int, float]],
) -> WalkNetwork:
    """Put whole edges, pieces of edges and links together, and leave out nodes that none of them has.

    Parameters
    ----------
    network, whole, pieces, ways
        The streets, those edges of them that stay whole, and what is new.
    added
        Where the new nodes are, as edges and shares.
    """
    new = [shapely.line_interpolate_point(network.lines[edge], share, normalized=True) for edge, share in added]
    new_ends = [(one.first, one.last) for one in pieces] + [(one.first, one.last) for one in ways]
    ends = np.array(new_ends, np.int64).reshape(-1, 2)
    used, numbered = np.unique(np.concatenate([network.ends[whole], ends]), return_inverse=True)
    parts = [_take_whole(network, whole), _take_pieces(network, pieces), _lay_links(ways)]
    columns: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[-1]}
    return replace(
        network,
        **columns,
        ends=numbered.reshape(-1, 2).astype(np.int64),
        xy=np.concatenate([network.xy, shapely.get_coordinates(new).reshape(-1, 2)])[used],
        osm_node=np.append(network.osm_node, np.full(len(new), -1))[used],
        cut=np.append(network.cut, np.zeros(len(new), bool))[used],
        profile=None if network.profile is None else _join_profiles(network.profile, whole, pieces, ways),
    )


def _take_whole(network: WalkNetwork, edges: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the columns of some edges, by name, without their ends and profile."""
    taken = network.take(np.empty(0, np.int64), edges)
    return {name: column for name, column in taken.items() if name not in {*NODE_COLUMNS, "profile"}}


def _take_pieces(network: WalkNetwork, pieces: list[_Piece]) -> dict[str, NDArray[Any]]:
    """Return the columns of pieces of edges, which have all from their edge, but length, height and line in part."""
    edge = np.array([one.edge for one in pieces], np.int64)
    share = np.array([one.end - one.begin for one in pieces], float)
    lines = np.empty(len(pieces), object)
    lines[:] = [_cut_line(network.lines[one.edge], one.begin, one.end) for one in pieces]
    climb_m = network.climb_m[edge] * share
    if network.profile is not None:
        heights = [_take_heights(network.profile, one.edge, one.begin, one.end) for one in pieces]
        climb_m = np.array([along[-1] - along[0] for along in heights], float)
    return _take_whole(network, edge) | {
        "length_m": network.length_m[edge] * share,
        "climb_m": climb_m,
        "lines": lines,
    }


def _lay_links(ways: list[_Way]) -> dict[str, NDArray[Any]]:
    """Return the columns of links: open to everybody both ways, no stairs, on the ground; a crossing has lights."""
    count, lit = len(ways), [one.link_kind == CROSSING for one in ways]
    lines = np.empty(count, object)
    lines[:] = [one.line for one in ways]
    return {
        "length_m": np.array([one.line.length for one in ways], float),
        "climb_m": np.array([one.heights[1] - one.heights[0] for one in ways], float),
        "kind": np.full(count, LINK),
        "steps": np.zeros(count, bool),
        "crossing": np.where(lit, CROSSINGS.index("signals"), 0).astype(np.uint8),
        "crossed": np.zeros(count, np.uint8),
        "private": np.zeros(count, bool),
        "oneway": np.zeros(count, np.int8),
        "level": np.zeros(count, np.int8),
        "lines": lines,
        "osm_way": np.full(count, -1, np.int64),
    }


def _cut_line(line: shapely.LineString, begin: float, end: float) -> shapely.LineString:
    """Return part of a line, shares of its length."""
    return substring(line, begin, end, normalized=True)


def _join_profiles(profile: Profile, whole: NDArray[np.int64], pieces: list[_Piece], ways: list[_Way]) -> Profile:
    """Put the heights of whole edges, pieces of edges and links one after the other."""
    first = profile.take(whole)
    more = [_take_heights(profile, one.edge, one.begin, one.end) for one in pieces] + [one.heights for one in ways]
    stops = first.start[-1] + np.cumsum([len(heights) for heights in more], dtype=np.int64)
    return Profile(np.append(first.start, stops), np.concatenate([first.height_m, *more]))
