"""Crossings: streets whose arterials have two sides, so that whoever crosses one is seen to cross it.

A network has one line for a road, and a walk passes from a side street on its left to one on its right as if nothing
lay between. Here every arterial is walked on its left or on its right, and a node on it becomes one node for each
wedge of ground between the arterials there. What joins two wedges is a crossing: an edge of no length and no time,
which can be closed. With all of them open, walks take as long as over the network that they were made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, inf
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from walkcircle.errors import TableError
from walkcircle.footing import Footing, round_seconds
from walkcircle.network import CROSSINGS, ROADS, WalkNetwork
from walkcircle.snapping import Spots
from walkcircle.tables import Controls, Crossings, Roads

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Classes of roads that children should not cross without protection, the larger later; a link road is of its class.
ARTERIALS: Final = ("secondary", "primary", "trunk", "motorway")

PROTECTED: Final = "protected"
UNPROTECTED: Final = "unprotected"
UNKNOWN: Final = "unknown"

#: Controls from the least telling to the best; None is a crossing of which the map says nothing more.
_CONTROLS: Final = (None, "unmarked", "marked", "signals")

#: A traffic light or mapped crossing this near to where streets meet an arterial is the one that people cross at: it
#: stands some steps back from the corner, and mappers put lights on the stop lines (walkcircle's assumption).
NEAR_M = 30.0

#: What is this near to a crossing is the same crossing: a way that crosses has its node on the road's line.
AT_M = 2.0

#: Vertices this near to each other are one: coordinates that went through a file differ by less.
SAME_PLACE_M = 0.01


@dataclass(frozen=True, eq=False)
class SidedStreets:
    """Streets whose arterials have two sides, and the crossings between the sides.

    Attributes
    ----------
    whole
        The footing that they were made from.
    footing
        The streets with two sides, all crossings open.
    edge
        ``(c,)`` edges of `footing` that are crossings.
    crossings
        One row per crossing: name, class, control, protection and geometry of :class:`~walkcircle.tables.Crossings`.
    twin
        ``(e,)`` of each edge that is the left side of an arterial, the right side; -1 for all others.
    names
        Names of roads by their way.
    judge
        What is known of the control of other places on arterials.
    pieces
        Which parts the edges were cut into.
    """

    whole: Footing
    footing: Footing
    edge: NDArray[np.int64]
    crossings: gpd.GeoDataFrame
    twin: NDArray[np.int64]
    names: Mapping[int, str | None]
    judge: Judge
    pieces: Pieces

    def __repr__(self) -> str:
        """Say how many crossings there are, and how many of them are known to be protected."""
        count = self.crossings[Crossings.protection].value_counts()
        known = ", ".join(f"{count.get(word, 0):,} {word}" for word in (PROTECTED, UNPROTECTED, UNKNOWN))
        return f"<SidedStreets {len(self.edge):,} crossings of arterials: {known}>"

    def close(self, protections: Collection[str]) -> Footing:
        """Return the streets with all crossings closed whose protection is among some words."""
        closed = self.edge[self.crossings[Crossings.protection].isin(list(protections)).to_numpy()]
        seconds = self.footing.seconds.copy()
        seconds[closed] = inf
        return replace(self.footing, seconds=seconds)

    def find_stretch(self, edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[str], list[str | None]]:
        """Return the left side of the arterials whose sides some edges are, and their classes and names."""
        left = np.arange(len(self.twin))
        left[self.twin[self.twin >= 0]] = np.flatnonzero(self.twin >= 0)
        edges, network = left[edges], self.footing.network
        streets = [name_arterial(kind) for kind in network.kind[edges].tolist()]
        return edges, streets, [self.names.get(way) for way in network.osm_way[edges].tolist()]

    def place(self, spots: Spots) -> Doors:
        """Put spots of the streets that these were made from on the sides of the arterials that they lie at."""
        spots = self.pieces.move(spots)
        twin = self.twin[spots.edge]
        sided = np.flatnonzero(twin >= 0)
        side = _find_sides(self.footing.network.lines[spots.edge[sided]], spots.pick(sided))
        edge = spots.edge.copy()
        edge[sided[side < 0]] = twin[sided[side < 0]]
        # whoever steps onto the line itself stands on both sides
        across = np.where(side < 0, spots.edge[sided], twin[sided])
        where = np.concatenate([np.arange(len(edge)), sided])
        opposite = np.concatenate([np.zeros(len(edge), bool), side != 0])
        order = np.lexsort((opposite, where))
        moved = replace(spots.pick(where[order]), edge=np.concatenate([edge, across])[order])
        opposite = opposite[order]
        protection = np.full(len(opposite), "", dtype=object)
        judged = self.judge.weigh(moved.xy[opposite], np.zeros(int(opposite.sum()), np.uint8))
        protection[opposite] = [_protect(control, known=known) for control, known in judged]
        control = np.full(len(opposite), None, dtype=object)
        control[opposite] = [control for control, _ in judged]
        return Doors(moved, opposite, protection, control)


@dataclass(frozen=True, eq=False)
class Doors:
    """Spots on streets with two sides.

    Attributes
    ----------
    spots
        Every spot on the side of its door, and once more on the other side of an arterial: whoever starts or ends
        there crosses at the door.
    opposite
        ``(k,)`` whether the spot is on the other side.
    protection, control
        ``(k,)`` of that crossing as in :class:`~walkcircle.tables.Crossings`; ``""`` and None on the own side.
    """

    spots: Spots
    opposite: NDArray[np.bool_]
    protection: NDArray[np.object_]
    control: NDArray[np.object_]

    def leave_out(self, protections: Collection[str]) -> Spots:
        """Return the spots without those that lie beyond a crossing whose protection is among some words."""
        return self.spots.pick(np.flatnonzero(~np.isin(self.protection.astype(str), list(protections))))


@dataclass(frozen=True, eq=False)
class Judge:
    """What the map knows of how places on arterials are crossed.

    Attributes
    ----------
    shapes, control
        Mapped crossings and lights, and the position in :data:`_CONTROLS` of each.
    near_m
        How far from a place its crossing may be, metres.
    """

    shapes: NDArray[np.object_]
    control: NDArray[np.int64]
    near_m: float

    def weigh(self, xy: NDArray[np.float64], code: NDArray[np.uint8]) -> list[tuple[str | None, bool]]:
        """Tell the control of places, and whether it is known; `code` is what the network says, 0 for nothing.

        What is mapped on the spot is believed before what is near it. A crossing of which nothing more is said has
        lights where lights are near.
        """
        here, near = np.full((2, len(xy)), -1)
        places = shapely.points(xy)
        if len(self.shapes) and len(xy):
            tree = shapely.STRtree(self.shapes)
            for within_m, best in ((AT_M, here), (self.near_m, near)):
                place, shape = tree.query(places, predicate="dwithin", distance=within_m)
                np.maximum.at(best, place, self.control[shape])
        # the network calls a crossing unmarked when nothing is said of it, too
        said = np.select(
            [code == CROSSINGS.index("signals"), code == CROSSINGS.index("marked"), code > 0], [3, 2, 0], -1
        )
        best = np.maximum(said, here)
        lit = (best <= 0) & (near == _CONTROLS.index("signals"))
        best = np.where(lit | (best < 0), near, best)
        return [(_CONTROLS[max(number, 0)], number > 0) for number in best.tolist()]


def split_sides(
    footing: Footing,
    *,
    roads: gpd.GeoDataFrame | None = None,
    controls: gpd.GeoDataFrame | None = None,
    near_m: float = NEAR_M,
) -> SidedStreets:
    """Give every arterial two sides, and find the crossings between them and whether they are protected.

    Arterials are motorways, trunk, primary and secondary roads. A bridge or an underpass shares no node with the road
    and is no crossing. A crossing with traffic lights is protected; one that is marked or unmarked is not. Where the
    map says neither, it is unknown: at a crossing without further tags, and at a corner where no crossing is mapped.

    Parameters
    ----------
    footing
        The streets as a walker finds them.
    roads
        :class:`~walkcircle.tables.Roads`. They name the arterials, and show those that nobody may walk along, which
        the network lacks but for the crossings mapped as such. Without them names are missing.
    controls
        :class:`~walkcircle.tables.Controls`. Without them only what paths cross is known.
    near_m
        How far from a corner its crossing may be, metres.

    Raises
    ------
    TableError
        Roads or controls are in another CRS than the streets.
    """
    network = footing.network
    for frame, where in ((roads, "roads"), (controls, "mapped crossings")):
        if frame is not None and frame.crs != network.crs:
            msg = f"{where}: the CRS is not that of the streets; reproject with .to_crs(network.crs)"
            raise TableError(msg)
    judge = Judge(np.empty(0, object), np.empty(0, np.int64), near_m)
    if controls is not None:
        known = [_CONTROLS.index(c) if c in _CONTROLS[1:] else 0 for c in controls[Controls.control]]
        judge = Judge(controls.geometry.to_numpy(), np.array(known, np.int64), near_m)
    motor = _MotorRoads.of(network, roads)
    pieces = Pieces.cut(footing, [*motor.cuts, *_guess_cuts(network, motor)])
    wedges = _Wedges(pieces.footing, motor)
    sided, twin = wedges.build()
    edge = np.concatenate([pieces.crossing, wedges.first_crossing(sided) + np.arange(len(wedges.crossings))])
    found = [*pieces.found, *wedges.crossings]
    xy = np.array([one.xy for one in found]).reshape(-1, 2)
    judged = judge.weigh(xy, np.array([one.code for one in found], np.uint8))
    names = _name_ways(roads)
    table = gpd.GeoDataFrame(
        {
            Crossings.name: pd.Series([one.name or names.get(one.way) for one in found], dtype=object),
            Crossings.road_class: pd.Series([one.street for one in found], dtype=object),
            Crossings.control: pd.Series([control for control, _ in judged], dtype=object),
            Crossings.protection: pd.Series([_protect(c, known=k) for c, k in judged], dtype=object),
        },
        geometry=shapely.points(xy),
        crs=network.crs,
    )
    return SidedStreets(footing, sided, edge.astype(np.int64), table, twin, names, judge, pieces)


def _protect(control: str | None, *, known: bool) -> str:
    """Say whether a crossing is protected."""
    if not known:
        return UNKNOWN
    return PROTECTED if control == "signals" else UNPROTECTED


def name_arterial(street: str) -> str:
    """Return the class of an arterial by its ``highway`` value, a link road under its class; empty for others.

    Examples
    --------
    >>> name_arterial("primary_link"), name_arterial("tertiary")
    ('primary', '')
    """
    plain = street.removesuffix("_link")
    return plain if plain in ARTERIALS else ""


def find_arterials(kinds: Iterable[str]) -> NDArray[np.bool_]:
    """Return which of some ``highway`` values are arterials."""
    return np.array([bool(name_arterial(str(kind))) for kind in kinds], dtype=bool)


def _name_ways(roads: gpd.GeoDataFrame | None) -> dict[int, str | None]:
    if roads is None:
        return {}
    names = roads[Roads.name].astype(object).where(roads[Roads.name].notna(), None)
    return dict(zip(roads[Roads.road].tolist(), names.tolist(), strict=True))


class _Found(NamedTuple):
    """A crossing: place, class, name and way of the road, and the code of the control that the network knows."""

    xy: tuple[float, float]
    street: str
    name: str | None
    way: int
    code: int


class _Cut(NamedTuple):
    """A place along an edge at which it crosses a road."""

    edge: int
    fraction: float
    found: _Found


class _Divider(NamedTuple):
    """An arterial as it leaves a node: direction, edge and its end there (-1 where it is not walked), and its road."""

    angle: float
    edge: int
    end: int
    street: str
    name: str | None
    way: int


@dataclass(frozen=True, eq=False)
class _MotorRoads:
    """Arterials that nobody walks along, where they meet the streets.

    Attributes
    ----------
    cuts
        Where they meet the middle of an edge.
    dividers
        Their directions at nodes.
    """

    cuts: list[_Cut]
    dividers: dict[int, list[_Divider]]

    @classmethod
    def of(cls, network: WalkNetwork, roads: gpd.GeoDataFrame | None) -> _MotorRoads:
        """Find where arterials share a vertex with the streets: whatever crosses at grade does."""
        found = cls([], defaultdict(list))
        if roads is None:
            return found
        mine = roads[find_arterials(roads[Roads.road_class])]
        node, edge = _gather_places(network, mine)
        walked = find_arterials(network.kind)
        for way, street, name, line in zip(
            mine[Roads.road].tolist(), mine[Roads.road_class], mine[Roads.name], mine.geometry, strict=True
        ):
            xy = shapely.get_coordinates(line)
            middle = shapely.points((xy[:-1] + xy[1:]) / 2)
            segment, on = network.edge_tree.query(middle, predicate="dwithin", distance=SAME_PLACE_M)
            free = np.ones(len(middle), bool)
            free[segment[walked[on]]] = False
            road = (name_arterial(street), name if isinstance(name, str) else None, way)
            for at, place in enumerate(map(_round_place, xy)):
                away = [(xy[n] - xy[at]) for n, s in ((at - 1, at - 1), (at + 1, at)) if 0 <= s < len(free) and free[s]]
                if away and place in node:
                    found.dividers[node[place]] += [_Divider(atan2(d[1], d[0]), -1, -1, *road) for d in away]
                elif away and place in edge:
                    crossed, fraction = edge[place]
                    code = int(network.crossing[crossed])
                    found.cuts.append(
                        _Cut(crossed, fraction, _Found((float(xy[at, 0]), float(xy[at, 1])), *road, code))
                    )
        return found


def _round_place(xy: NDArray[np.float64]) -> tuple[int, int]:
    """Return the same numbers for vertices in one place."""
    return round(float(xy[0]) / SAME_PLACE_M), round(float(xy[1]) / SAME_PLACE_M)


def _gather_places(
    network: WalkNetwork, roads: gpd.GeoDataFrame
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], tuple[int, float]]]:
    """Return the node, or the edge and how far along it, in each place of the streets that touch some roads."""
    _, near = network.edge_tree.query(roads.geometry.to_numpy(), predicate="dwithin", distance=SAME_PLACE_M)
    touched = np.zeros(len(network.xy), bool)
    touched[network.ends[near]] = True
    # joints have no length, and are found by what they join
    near = np.flatnonzero(touched[network.ends].any(axis=1))
    flat = network.length_m == 0
    joints = np.bincount(network.ends[flat].ravel(), minlength=len(network.xy))
    nodes: dict[tuple[int, int], int] = {}
    for node in np.unique(network.ends[near]).tolist():
        place = _round_place(network.xy[node])
        # where a crossing parted a node, the road runs through the one that all joints lead to
        if place not in nodes or joints[node] > joints[nodes[place]]:
            nodes[place] = node
    edges = {}
    for edge in near[~flat[near] & ~find_arterials(network.kind[near])].tolist():
        xy = shapely.get_coordinates(network.lines[edge])
        along = np.cumsum(np.hypot(*np.diff(xy, axis=0).T))
        for vertex in range(1, len(xy) - 1):
            edges[_round_place(xy[vertex])] = (edge, float(along[vertex - 1] / along[-1]))
    return nodes, edges


def _guess_cuts(network: WalkNetwork, motor: _MotorRoads) -> list[_Cut]:
    """Cut crossings that are mapped as ways over an arterial of which nothing else is known, in their middle."""
    least = ROADS.index("secondary")
    edges = np.flatnonzero((network.crossing > 0) & (network.crossed >= least) & (network.length_m > 0))
    on_arterial = np.zeros(len(network.xy), bool)
    on_arterial[network.ends[find_arterials(network.kind)]] = True
    on_arterial[[*motor.dividers]] = True
    done = {cut.edge for cut in motor.cuts}
    longest: dict[int, int] = {}
    seen: set[int] = set()
    for edge in edges.tolist():
        way = int(network.osm_way[edge]) if network.osm_way[edge] >= 0 else -1 - edge
        if on_arterial[network.ends[edge]].any() or edge in done:
            seen.add(way)
        if way not in longest or network.length_m[edge] > network.length_m[longest[way]]:
            longest[way] = edge
    cuts = []
    for way, edge in longest.items():
        if way not in seen:
            middle = shapely.line_interpolate_point(network.lines[edge], 0.5, normalized=True)
            street = ROADS[network.crossed[edge]]
            found = _Found((middle.x, middle.y), street, None, -1, int(network.crossing[edge]))
            cuts.append(_Cut(edge, 0.5, found))
    return cuts


@dataclass(frozen=True, eq=False)
class Pieces:
    """Streets cut where they cross roads that are not walked, with a crossing in each cut.

    Attributes
    ----------
    footing
        The streets in pieces. The first piece of an edge keeps its number.
    crossing, found
        The edges that are crossings, and what they cross.
    bounds, piece
        Of each edge that was cut: how far along it each piece ends, and the number of each piece.
    """

    footing: Footing
    crossing: NDArray[np.int64]
    found: list[_Found]
    bounds: dict[int, NDArray[np.float64]]
    piece: dict[int, NDArray[np.int64]]

    @classmethod
    def cut(cls, footing: Footing, cuts: list[_Cut]) -> Pieces:
        """Cut edges."""
        by_edge: dict[int, dict[float, _Found]] = defaultdict(dict)
        for cut in cuts:
            by_edge[cut.edge][cut.fraction] = cut.found
        if not by_edge:
            return cls(footing, np.empty(0, np.int64), [], {}, {})
        grown = _Growing(footing)
        crossing, found, bounds, piece = [], [], {}, {}
        for edge, places in by_edge.items():
            stops = np.array([*sorted(places), 1.0])
            numbers = [edge]
            first, last = footing.network.ends[edge].tolist()
            grown.reshape(edge, 0.0, stops[0])
            for place, stop in pairwise(stops.tolist()):
                found.append(places[place])
                before, after = (grown.add_node(first, found[-1].xy) for _ in range(2))
                grown.ends[numbers[-1]][1] = before
                crossing.append(grown.add_crossing(edge, before, after))
                numbers.append(grown.add_edge(edge, after, last))
                grown.reshape(numbers[-1], place, stop)
            bounds[edge], piece[edge] = stops, np.array(numbers)
        return cls(grown.build(), np.array(crossing, np.int64), found, bounds, piece)

    def move(self, spots: Spots) -> Spots:
        """Put spots on the pieces."""
        edge, fraction = spots.edge.copy(), spots.fraction.copy()
        for spot in np.flatnonzero(np.isin(edge, [*self.bounds])).tolist():
            stops = self.bounds[int(edge[spot])]
            at = min(int(np.searchsorted(stops, fraction[spot])), len(stops) - 1)
            start = stops[at - 1] if at else 0.0
            edge[spot] = self.piece[int(edge[spot])][at]
            fraction[spot] = (fraction[spot] - start) / (stops[at] - start)
        return replace(spots, edge=edge, fraction=fraction)


class _Growing:
    """A footing to which nodes and edges are added."""

    def __init__(self, footing: Footing) -> None:
        """Start with what is there."""
        network = footing.network
        self.footing = footing
        self.ends: list[list[int]] = network.ends.tolist()
        self._node, self._xy = [*range(len(network.xy))], network.xy.tolist()
        self._like = [*range(len(network.ends))]
        self._part: dict[int, tuple[float, float]] = {}
        self._flat: list[int] = []

    def add_node(self, like: int, xy: tuple[float, float]) -> int:
        """Add a node like another; return its number."""
        self._node.append(like)
        self._xy.append(list(xy))
        return len(self._node) - 1

    def add_edge(self, like: int, first: int, last: int) -> int:
        """Add an edge like another; return its number."""
        self._like.append(like)
        self.ends.append([first, last])
        return len(self.ends) - 1

    def add_crossing(self, like: int, first: int, last: int) -> int:
        """Add an edge of no length and no time; return its number."""
        self._flat.append(self.add_edge(like, first, last))
        return self._flat[-1]

    def reshape(self, edge: int, start: float, stop: float) -> None:
        """Let an edge be a part of the one it is like."""
        self._part[edge] = start, stop

    def build(self) -> Footing:
        """Return the footing with all that was added."""
        network, like, flat = self.footing.network, np.array(self._like), np.array(self._flat, np.int64)
        node, ends, xy = np.array(self._node), np.array(self.ends), np.array(self._xy)
        columns = network.take(node, like)
        seconds, enter = self.footing.seconds[like], self.footing.enter[like]
        for edge, (start, stop) in self._part.items():
            whole = self.footing.seconds[like[edge]]
            # differences of rounded times, so that the pieces take exactly as long as the whole
            seconds[edge] = np.where(
                np.isfinite(whole), round_seconds(stop * whole) - round_seconds(start * whole), inf
            )
            columns["length_m"][edge] *= stop - start
            columns["lines"][edge] = substring(columns["lines"][edge], start, stop, normalized=True)
            enter[edge] |= [start > 0.0, stop < 1.0]
        seconds[flat], enter[flat] = 0.0, True
        here = xy[ends[flat, 0]].reshape(-1, 2)
        columns["lines"][flat] = shapely.linestrings(np.stack([here, here], axis=1)) if len(flat) else []
        for name in ("length_m", "steps", "private", "oneway", "level", "crossing", "crossed"):
            columns[name][flat] = 0
        return replace(
            self.footing,
            network=replace(network, **columns | {"ends": ends, "xy": xy, "profile": None}),
            seconds=seconds,
            enter=enter,
            hierarchy=None,
        )


class _Wedges:
    """Nodes on arterials, each of which becomes one for every wedge of ground between the arterials there."""

    def __init__(self, footing: Footing, motor: _MotorRoads) -> None:
        """Look at every node on an arterial."""
        self._network = network = footing.network
        self._arterial = find_arterials(network.kind)
        self._grown = _Growing(footing)
        self._twin = np.full(len(network.ends), -1)
        for edge in np.flatnonzero(self._arterial).tolist():
            self._twin[edge] = self._grown.add_edge(edge, *network.ends[edge].tolist())
        self.crossings: list[_Found] = []
        self._joined: list[tuple[int, int, int]] = []
        pointer, self._touching = network.touching
        self._pointer = pointer
        nodes = np.unique(np.concatenate([network.ends[self._arterial].ravel(), [*motor.dividers]]).astype(np.int64))
        for node in nodes.tolist():
            self._part_node(node, motor.dividers.get(node, []))
        least = ROADS.index("secondary")
        flat = (network.length_m == 0) & (network.crossed >= least)
        for node in np.setdiff1d(network.ends[flat], nodes).tolist():
            self._part_hub(node, flat)

    def first_crossing(self, sided: Footing) -> int:
        """Return the number of the first crossing among the edges of what was built."""
        return len(sided.network.ends) - len(self.crossings)

    def build(self) -> tuple[Footing, NDArray[np.int64]]:
        """Return the streets with two sides, and of each edge its right side, -1 where it has none."""
        for like, first, last in self._joined:
            self._grown.add_crossing(like, first, last)
        twin = np.full(len(self._grown.ends), -1)
        twin[: len(self._twin)] = self._twin
        return self._grown.build(), twin

    def _list_arms(self, node: int) -> list[tuple[int, int]]:
        """List the edges at a node, and on which end of each it is."""
        at = self._touching[self._pointer[node] : self._pointer[node + 1]]
        return [(arm // 2, arm % 2) for arm in at.tolist()]

    def _look_along(self, edge: int, end: int, *, through: bool = True) -> float:
        """Return the direction in which an edge leaves the node at its end; of a joint, that of what it leads to."""
        xy = shapely.get_coordinates(self._network.lines[edge])
        away = (xy[::-1] if end else xy) - xy[-end]
        far = np.flatnonzero(np.hypot(*away.T) > SAME_PLACE_M)
        if len(far):
            return atan2(away[far[0], 1], away[far[0], 0])
        if through:
            beyond = int(self._network.ends[edge, 1 - end])
            for other, side in self._list_arms(beyond):
                if other != edge and not np.isnan(angle := self._look_along(other, side, through=False)):
                    return angle
        return np.nan

    def _part_node(self, node: int, extra: list[_Divider]) -> None:
        """Part a node on an arterial into wedges, and join them by crossings."""
        network, arms = self._network, self._list_arms(node)
        dividers = list(extra)
        for edge, end in arms:
            if self._arterial[edge]:
                road = (name_arterial(str(network.kind[edge])), None, int(network.osm_way[edge]))
                dividers.append(_Divider(self._look_along(edge, end), edge, end, *road))
        dividers.sort(key=lambda divider: (divider.angle, divider.edge, divider.end))
        count = len(dividers)
        ends_here = count == 1 and not network.cut[node]
        if ends_here:
            return  # people walk round the end of a road
        xy = (float(network.xy[node, 0]), float(network.xy[node, 1]))
        wedges = [node, *(self._grown.add_node(node, xy) for _ in range(max(count, 2) - 1))]
        angles = [divider.angle for divider in dividers]
        for edge, end in arms:
            if not self._arterial[edge]:
                angle = self._look_along(edge, end)
                at = 0 if np.isnan(angle) else int(np.searchsorted(angles, angle, side="right")) - 1
                self._grown.ends[edge][end] = wedges[at if count > 1 else 0]
        for number, divider in enumerate(dividers):
            if divider.edge >= 0:
                left, right = wedges[number], wedges[number - 1]
                # seen from its last node, an edge's left is on the right
                sides = (left, right) if divider.end == 0 else (right, left)
                for copy, side in zip((divider.edge, self._twin[divider.edge]), sides, strict=True):
                    self._grown.ends[copy][divider.end] = side
        code = max((int(network.crossing[edge]) for edge, _ in arms), default=0)
        like = arms[0][0]
        pairs = [(0, 1)] if count < 3 else [(number - 1, number) for number in range(count)]
        for before, after in pairs:
            # where an arterial only runs through, one crossing leads over it; the larger road gives its name
            over = max(dividers, key=_rank_road) if count < 3 else dividers[after]
            self._joined.append((like, wedges[before], wedges[after]))
            self.crossings.append(_Found(xy, over.street, over.name, over.way, code))

    def _part_hub(self, node: int, joint: NDArray[np.bool_]) -> None:
        """Part the middle of a crossing over an arterial that is not known: each path comes from a side of its own."""
        network = self._network
        arms = [(edge, end) for edge, end in self._list_arms(node) if joint[edge]]
        if len(arms) < 2 or len(arms) != len(self._list_arms(node)):
            return
        xy = (float(network.xy[node, 0]), float(network.xy[node, 1]))
        sides = [node, *(self._grown.add_node(node, xy) for _ in arms[1:])]
        for (edge, end), side in zip(arms, sides, strict=True):
            self._grown.ends[edge][end] = side
        edge = arms[0][0]
        found = _Found(xy, ROADS[network.crossed[edge]], None, -1, int(network.crossing[edge]))
        for last, other in enumerate(sides):
            for one in sides[:last]:
                self._joined.append((edge, one, other))
                self.crossings.append(found)


def _rank_road(divider: _Divider) -> tuple[int, int]:
    return ARTERIALS.index(divider.street), -divider.way


def _find_sides(lines: NDArray[np.object_], spots: Spots) -> NDArray[np.int64]:
    """Return on which side of its line each spot's door is: 1 left, -1 right, 0 on the line."""
    length = shapely.length(lines)
    at = spots.fraction * length
    ahead, behind = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, np.clip(at + step, 0, length)))
        for step in (SAME_PLACE_M, -SAME_PLACE_M)
    )
    along = (ahead - behind).reshape(-1, 2)
    door = spots.door_xy - spots.xy
    across = along[:, 0] * door[:, 1] - along[:, 1] * door[:, 0]
    apart = np.hypot(*along.T)
    offset = np.divide(across, apart, out=np.zeros(len(across)), where=apart > 0)
    return np.where(np.abs(offset) <= SAME_PLACE_M, 0, np.sign(offset)).astype(np.int64)
