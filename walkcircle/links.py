"""Links: ways that are missing, whom each would serve, and at what cost: one list in one currency.

A link is a gate to be opened, a crossing to be made, a footbridge or a path to be built. Candidates are places that lie
near to each other in a straight line and far from each other on foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle import kernels
from walkcircle.crossings import find_arterials
from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_S, Footing
from walkcircle.groups import count_demand
from walkcircle.legs import Legs
from walkcircle.network import WalkNetwork
from walkcircle.proposals import CROSSING, FOOTBRIDGE, GATE, PATH, LinkAdded
from walkcircle.snapping import Spots
from walkcircle.tables import Clusters, LinkedHomes, LinkGains, Links, UnitCosts, Unsnapped, WalkTimes, check_table
from walkcircle.walkers.slopes import scale_speed
from walkcircle.walking import measure_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind
    from walkcircle.updates import Standing
    from walkcircle.walkers import Walker

#: What a link may stand against, in words.
NO_BUILDINGS = "no buildings were given: it may lead through one"
OWNER = "private: the owner has to agree"
LONELY = "one of its ends is on streets that nothing joins, more often a mapping error than a place"

FLAT = "heights are not known here: it may be too steep"
TOO_STEEP = "steeper than one in eight: it needs steps or turns"

#: A bridge is level, and a gate is no slope.
LEVEL: Final = (FOOTBRIDGE, GATE)

#: What is steeper than this is no ramp (walkcircle's choice).
STEEP = 1 / 8

#: An end of a link that lies this near to what the link is to cross lies on it.
ON_IT_M = 0.5

#: Origins whose ways round are measured at once.
BLOCK = 256


@dataclass(frozen=True)
class LinkRules:
    """How near and how far the ends of a missing link are; all are walkcircle's choice.

    Attributes
    ----------
    crossing_m, footbridge_m, path_m
        Longest link of each kind, metres.
    every_m
        How far apart the places are along a street where a link may begin, metres.
    least_ratio
        Today's way between its ends is at least so many times as long as the link.
    least_saved_m
        And at least so much longer, metres.
    look_m
        How far today's way is looked for, metres at the walker's level speed.
    apart_m
        Of links of a kind whose ends are nearer to each other than this, the one that saves most stands for all.
    """

    crossing_m: float = 60.0
    footbridge_m: float = 150.0
    path_m: float = 50.0
    every_m: float = 25.0
    least_ratio: float = 3.0
    least_saved_m: float = 150.0
    look_m: float = 1500.0
    apart_m: float = 100.0


class _Candidates(NamedTuple):
    """Pairs of places of one kind of link: their positions among all places, and what lies between."""

    kind: str
    over: str | None
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def find_links(
    footing: Footing,
    *,
    bridged: Mapping[str, gpd.GeoSeries] | None = None,
    crossed: Mapping[str, gpd.GeoSeries] | None = None,
    buildings: gpd.GeoSeries | None = None,
    ends: Spots | None = None,
    rules: LinkRules | None = None,
) -> gpd.GeoDataFrame:
    """Find the gates that could be opened, and where a crossing, a footbridge or a path could be made.

    * A gate lets people into private ways that have two entrances or more, or a facility inside; or it is shut for all.
    * A crossing joins two streets on either side of an arterial, or of what `crossed` names.
    * A footbridge joins two streets on either side of what `bridged` names. Its ramps are not counted.
    * A path joins a dead end to another one or to a street. It crosses neither of these.

    Links are straight, begin and end on public ground, lead through no building, and meet no street on their way: what
    goes on beyond a street is a link of its own.

    Parameters
    ----------
    footing
        The streets as a walker finds them. Private ways are offered for walkers whose gates are ``resident``: others
        walk there already, or nowhere inside.
    bridged
        Lines or areas that only a bridge crosses, by what they are called: railways, rivers, motorways.
    crossed
        Lines that a crossing or an opening leads through, beside the arterials: fences, roads that nobody walks along.
    buildings
        Their areas; without them every link but a gate has a doubt.
    ends
        Spots of facilities, for which it pays to open a gate that leads nowhere else.
    rules
        How near and how far; those of :class:`LinkRules` when None.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Links`, by kind, then from west to east.

    Raises
    ------
    TableError
        Shapes are in another CRS than the streets.
    """
    rules, network = rules or LinkRules(), footing.network
    above, through = ({name: _take_shapes(shapes, name, network) for name, shapes in (given or {}).items()}
                      for given in (bridged, crossed))  # fmt: skip
    arterials = find_arterials(network.kind)
    if arterials.any():
        through["arterial"] = network.lines[arterials & (network.level == 0)]
    walls = np.empty(0, object) if buildings is None else _take_shapes(buildings, "buildings", network)
    places = _Places.along(footing, ~arterials, rules.every_m)
    streets = network.lines[_is_open(footing) & ~arterials & (network.length_m > 0)]
    ground = _Ground(places, above, through, walls, streets)
    found = [*ground.find_across(rules), ground.find_paths(footing, rules)]
    shut, shut_places = _find_shut(footing, places)
    gates = _describe(footing, shut_places, _choose([shut], shut_places, footing, rules), known=True)
    built = _describe(footing, places, _choose(found, places, footing, rules), known=buildings is not None)
    parts = [part for part in (_list_entrances(footing, ends), gates, built) if len(part)]
    return _number(pd.concat(parts or [built], ignore_index=True), network)


def measure_links(
    standing: Standing,
    links: gpd.GeoDataFrame,
    clusters: gpd.GeoDataFrame,
    kinds: Sequence[Kind],
    *,
    unit_costs: pd.DataFrame | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Measure whom each link would bring within the limit of each kind, and rank the links by that and their cost.

    Each is asked of the standing alone, which is as it was afterwards. A link counts from the ends of the streets that
    it joins: who lives on these streets themselves may gain a little more. It makes nobody's walk longer.

    Parameters
    ----------
    standing
        How near every cluster is to each kind, made for the walker and network of `links`, with a limit no shorter than
        any of the kinds'.
    links
        :class:`~walkcircle.tables.Links`.
    clusters
        :class:`~walkcircle.tables.Clusters`, in the order of the origins of the standing.
    kinds
        The kinds of the standing in their order, with their limits.
    unit_costs
        :class:`~walkcircle.tables.UnitCosts`, a planner's own. None come with walkcircle: they differ tenfold between
        places (Bushell, Poole, Zegeer and Rodriguez 2013, *Costs for Pedestrian and Bicyclist Infrastructure
        Improvements*, lists those of the United States). What has no cost here stays unknown.

    Returns
    -------
    links : GeoDataFrame
        The same links with what they gain and cost, those that gain most for their cost first, then those of unknown
        cost, those that gain most first; of equals, the shorter.
    gains : DataFrame
        :class:`~walkcircle.tables.LinkGains`, every link with every kind.

    Raises
    ------
    TableError
        Clusters or kinds are not those of the standing, or a link costs nothing.
    """
    asked = _ask_each(standing, links, clusters, kinds)
    demand = [count_demand(clusters, kind.group) for kind in kinds]
    people = np.array([count.to_numpy(dtype=float) for count, _ in demand]).reshape(len(kinds), -1)
    residents = clusters[Clusters.population].to_numpy(dtype=float)
    served = np.zeros(len(links))
    columns = {str(column): np.zeros((len(links), len(kinds))) for column in _PEOPLE}
    for number, (felt, newly) in enumerate(asked):
        served[number] = residents[np.unique(felt.origin[newly])].sum()
        weight = people[felt.kind, felt.origin]
        known = np.isfinite(felt.before_s)
        saved = np.where(known, np.where(known, felt.before_s, 0.0) - felt.after_s, 0.0) / 60
        for column, value in zip(_PEOPLE, (weight * newly, weight * (saved > 0), weight * saved), strict=True):
            columns[column][number] = np.bincount(felt.kind, weights=value, minlength=len(kinds))
    stand_in = [bool((count[of_all] > 0).any()) for count, of_all in demand]
    gains = pd.DataFrame(
        {
            LinkGains.link: np.repeat(links[Links.link].to_numpy(), len(kinds)),
            LinkGains.kind: np.tile(np.array([kind.id for kind in kinds], dtype=object), len(links)),
            LinkGains.group: np.tile(np.array([kind.group for kind in kinds], dtype=object), len(links)),
            LinkGains.stand_in: np.tile(np.array(stand_in, dtype=bool), len(links)),
            LinkGains.limit_min: np.tile(np.array([float(kind.limit_min) for kind in kinds]), len(links)),
            **{column: values.ravel() for column, values in columns.items()},
        }
    )
    total = columns[LinkGains.newly_served].sum(axis=1)
    return _rank(links.assign(**{Links.newly_served: served, Links.gains: total}), unit_costs), gains


def list_linked_homes(
    standing: Standing, links: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame, kinds: Sequence[Kind]
) -> pd.DataFrame:
    """List the homes that each link alone would newly bring within the limit, kind by kind.

    A home is listed for a kind whether or not somebody of the kind's group lives there. The people of a link's homes
    add up to its :attr:`~walkcircle.tables.LinkGains.newly_served`; of two links that serve the same home, each has it.

    Parameters
    ----------
    standing, links, clusters, kinds
        As in :func:`measure_links`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.LinkedHomes`, in the order of `links`, then `kinds`, then `clusters`.

    Raises
    ------
    TableError
        Clusters or kinds are not those of the standing.
    """
    newly = [np.stack([felt.kind[new], felt.origin[new]]) for felt, new in _ask_each(standing, links, clusters, kinds)]
    kind, origin = np.concatenate([np.empty((2, 0), np.int64), *newly], axis=1)
    return pd.DataFrame(
        {
            LinkedHomes.link: np.repeat(links[Links.link].to_numpy(dtype=object), [homes.shape[1] for homes in newly]),
            LinkedHomes.kind: np.array([kind.id for kind in kinds], dtype=object)[kind],
            LinkedHomes.cluster: clusters[Clusters.cluster].to_numpy(dtype=object)[origin],
        }
    )


def walk_links(footing: Footing, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Walk links as another walker: return them with its seconds, infinite where it cannot go.

    Parameters
    ----------
    footing
        The same streets as the other walker finds them.
    links
        :class:`~walkcircle.tables.Links`.
    """
    network = footing.network
    first, last = (
        _Places.of(network, links[edge].to_numpy(dtype=np.int64), links[part].to_numpy(dtype=float))
        for edge, part in _ENDS
    )
    kind = links[Links.link_kind].to_numpy(dtype=object)
    rise = _find_heights(network, last) - _find_heights(network, first)
    there, back = _time_ways(footing.walker, kind, links[Links.built_m].to_numpy(dtype=float), rise)
    for number, (edge, begin) in _find_gated(network, links).items():
        there[number], back[number] = footing.seconds[edge, begin], footing.seconds[edge, 1 - begin]
    back = np.where(links[Links.back_s].isna(), np.nan, back)
    return links.assign(**{Links.there_s: there, Links.back_s: back})


def list_laid(network: WalkNetwork, links: gpd.GeoDataFrame) -> tuple[LinkAdded, ...]:
    """Return links as edits of a scenario, so that a place can be built with them.

    Parameters
    ----------
    network
        The streets that they were found on.
    links
        :class:`~walkcircle.tables.Links`.
    """
    gated = _find_gated(network, links)
    ends = links[[*map(str, (*_ENDS[0], *_ENDS[1]))]].itertuples(index=False, name=None)
    laid = []
    for number, (kind, (edge, part, other, other_part)) in enumerate(zip(links[Links.link_kind], ends, strict=True)):
        line = None
        if number in gated:
            way, begin = gated[number]
            line = network.lines[way] if begin == 0 else shapely.reverse(network.lines[way])
        laid.append(LinkAdded(line, kind, (int(edge), float(part)), (int(other), float(other_part))))
    return tuple(laid)


#: What is counted of each link and kind, in the order in which it is worked out.
_PEOPLE: Final = (LinkGains.newly_served, LinkGains.nearer, LinkGains.saved_min)

#: The columns of both ends of a link.
_ENDS: Final = ((Links.first_edge, Links.first_fraction), (Links.last_edge, Links.last_fraction))


# ── places and what lies between them ───────────────────────────────────────────────────────────


def _take_shapes(shapes: gpd.GeoSeries, name: str, network: WalkNetwork) -> NDArray[np.object_]:
    """Return the shapes, which must be in the CRS of the streets."""
    if shapes.crs != network.crs:
        msg = f"{name}: the CRS is not that of the streets; reproject with .to_crs(network.crs)"
        raise TableError(msg)
    return np.asarray(shapes[~(shapes.isna() | shapes.is_empty)].to_numpy(), dtype=object)


@dataclass(frozen=True, eq=False)
class _Places:
    """Places along streets.

    Attributes
    ----------
    edge, fraction, xy
        ``(p,)`` edge, how far along it, and ``(p, 2)`` where that is.
    """

    edge: NDArray[np.int64]
    fraction: NDArray[np.float64]
    xy: NDArray[np.float64]

    @classmethod
    def of(cls, network: WalkNetwork, edge: NDArray[np.int64], fraction: NDArray[np.float64]) -> _Places:
        """Work out where places are."""
        point = shapely.line_interpolate_point(network.lines[edge], fraction, normalized=True)
        return cls(edge, fraction, shapely.get_coordinates(point))

    @classmethod
    def along(cls, footing: Footing, wanted: NDArray[np.bool_], every_m: float) -> _Places:
        """List the nodes of some streets, and places between them: on the ground, public, and walked."""
        network = footing.network
        edges = np.flatnonzero(wanted & _is_open(footing) & (network.length_m > 0))
        count = np.maximum(np.ceil(network.length_m[edges] / every_m).astype(np.int64), 1)
        edge = np.repeat(edges, count - 1)
        number = np.arange(len(edge)) - np.repeat(np.cumsum(count - 1) - (count - 1), count - 1) + 1
        fraction = number / np.repeat(count, count - 1)
        _, first = np.unique(network.ends[edges].ravel(), return_index=True)
        return cls.of(
            network, np.concatenate([edges[first // 2], edge]), np.concatenate([(first % 2).astype(float), fraction])
        )

    @property
    def points(self) -> NDArray[np.object_]:
        """The places as points."""
        return np.asarray(shapely.points(self.xy), dtype=object)


def _is_open(footing: Footing) -> NDArray[np.bool_]:
    """Return the edges on the ground that are walked by all, both ways or one."""
    network = footing.network
    return np.asarray(footing.usable & (network.level == 0) & ~network.private)


def _as_spots(
    network: WalkNetwork, edge: pd.Series | NDArray[np.int64], part: pd.Series | NDArray[np.float64]
) -> Spots:
    """Return spots at places along edges, one thing each."""
    places = _Places.of(network, np.asarray(edge, dtype=np.int64), np.asarray(part, dtype=float))
    count = len(places.edge)
    return Spots(
        labels=pd.RangeIndex(count), item=np.arange(count), edge=places.edge, fraction=places.fraction,
        access_m=np.zeros(count), xy=places.xy, door_xy=places.xy,
        unsnapped=pd.DataFrame(columns=[*map(str, Unsnapped.columns())]),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Ground:
    """Places, and what lies between them.

    Attributes
    ----------
    places
        Where links may begin and end.
    above, through
        What a bridge and what a crossing leads over, by name.
    walls
        Buildings.
    streets
        What is walked on the ground, but for arterials.
    """

    places: _Places
    above: dict[str, NDArray[np.object_]]
    through: dict[str, NDArray[np.object_]]
    walls: NDArray[np.object_]
    streets: NDArray[np.object_]

    def find_across(self, rules: LinkRules) -> Iterator[_Candidates]:
        """Pair each place with the nearest beyond each thing that can be crossed."""
        for name, shapes in self.through.items():
            yield self._pair(CROSSING, name, shapes, rules.crossing_m, [self.walls, *self.above.values()])
        for name, shapes in self.above.items():
            others = [other for key, other in self.above.items() if key != name]
            yield self._pair(FOOTBRIDGE, name, shapes, rules.footbridge_m, [self.walls, *others])

    def _pair(
        self, kind: str, name: str, shapes: NDArray[np.object_], within_m: float, barred: list[NDArray[np.object_]]
    ) -> _Candidates:
        """Pair places on either side of some shapes, each with the nearest."""
        points = self.places.points
        # GEOS prepares what is asked for, and a shoreline is long
        near = np.unique(shapely.STRtree(points).query(shapes, predicate="dwithin", distance=within_m)[1])
        on_it = np.unique(shapely.STRtree(points[near]).query(shapes, predicate="dwithin", distance=ON_IT_M)[1])
        near = np.delete(near, on_it)
        first, last = shapely.STRtree(points[near]).query(points[near], predicate="dwithin", distance=within_m)
        once = first < last
        first, last = near[first[once]], near[last[once]]
        line = _draw(points, first, last)
        over = np.unique(shapely.STRtree(line).query(shapes, predicate="intersects")[1])
        first, last, line = first[over], last[over], line[over]
        free = ~np.logical_or.reduce([_meets(line, shapes) for shapes in barred])
        free[free] = ~_meets_between(line[free], self.streets, shapes)
        first, last, length = first[free], last[free], shapely.length(line[free])
        # each place with the one nearest to it, and so each pair once or twice
        best = np.unique(_pick_shortest(np.concatenate([first, last]), np.tile(length, 2)) % max(len(first), 1))
        return _Candidates(kind, name, first[best], last[best])

    def find_paths(self, footing: Footing, rules: LinkRules) -> _Candidates:
        """Pair each dead end with the nearest streets around it."""
        network, points = footing.network, self.places.points
        degree = np.bincount(network.ends.ravel(), minlength=len(network.xy))
        node = network.ends[self.places.edge, np.round(self.places.fraction).astype(np.int64)]
        at_node = np.isin(self.places.fraction, [0.0, 1.0])
        dead = np.flatnonzero(at_node & (degree[node] == 1) & ~network.cut[node])
        first, last = shapely.STRtree(points).query(points[dead], predicate="dwithin", distance=rules.path_m)
        first = dead[first]
        # a dead end is near to its own street, and may yet be far from where that street comes back
        edge, part = self.places.edge, self.places.fraction
        along = np.abs(part[first] - part[last]) * network.length_m[edge[first]]
        other = (edge[first] != edge[last]) | (along >= rules.least_saved_m)
        first, last = first[other], last[other]
        line = _draw(points, first, last)
        barred = [self.walls, *self.above.values(), *self.through.values()]
        free = ~np.logical_or.reduce([_meets(line, shapes) for shapes in barred])
        free &= shapely.length(line) > ON_IT_M
        free[free] = ~_meets_between(line[free], self.streets, np.empty(0, object))
        first, last, length = first[free], last[free], shapely.length(line[free])
        # of each street around, its nearest place
        best = _pick_shortest(first * len(network.ends) + self.places.edge[last], length)
        return _Candidates(PATH, None, first[best], last[best])


def _draw(points: NDArray[np.object_], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.object_]:
    """Draw straight lines between points."""
    ends = np.stack([shapely.get_coordinates(points[first]), shapely.get_coordinates(points[last])], axis=1)
    return np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)), dtype=object)


def _meets(lines: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which lines meet any of some shapes; one that only touches an outline with an end does not."""
    met = np.zeros(len(lines), bool)
    if len(shapes) and len(lines):
        shape, line = shapely.STRtree(lines).query(shapes, predicate="intersects")
        met[line[~shapely.touches(lines[line], shapes[shape])]] = True
    return met


def _meets_between(
    lines: NDArray[np.object_], streets: NDArray[np.object_], over: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Return which straight lines meet a street between their ends, but not where that runs on what they lead over."""
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    length = shapely.length(lines)
    share = np.divide(ON_IT_M, length, out=np.full(len(lines), 0.5), where=length > 2 * ON_IT_M)[:, None]
    inner = np.stack([ends[:, 0] + side * (ends[:, 1] - ends[:, 0]) for side in (share, 1 - share)], axis=1)
    between = np.asarray(shapely.linestrings(inner), dtype=object)
    street, line = shapely.STRtree(between).query(streets, predicate="intersects")
    place = shapely.intersection(between[line], streets[street])
    on_it = np.unique(shapely.STRtree(place).query(over, predicate="dwithin", distance=ON_IT_M)[1])
    met = np.zeros(len(lines), bool)
    met[np.delete(line, on_it)] = True
    return met


def _pick_shortest(key: NDArray[np.int64], length: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the position of the shortest of each key, the first of equals."""
    order = np.lexsort((length, key))
    return order[np.unique(key[order], return_index=True)[1]]


# ── which of the pairs are missing links ────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Pairs of places that are missing links, and today's ways between them."""

    kind: NDArray[np.object_]
    over: NDArray[np.object_]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    around_m: NDArray[np.float64]


def _choose(candidates: Sequence[_Candidates], places: _Places, footing: Footing, rules: LinkRules) -> _Chosen:
    """Keep the pairs that are far from each other on foot; of those near to each other, the one that saves most."""
    count = [len(some.first) for some in candidates]
    first, last = (
        np.concatenate([np.empty(0, np.int64), *(part for some in candidates for part in [some[side]])])
        for side in (2, 3)
    )
    kind, over = (np.repeat(np.array([some[field] for some in candidates], dtype=object), count) for field in (0, 1))
    length = np.hypot(*(places.xy[first] - places.xy[last]).T)
    least_m = np.maximum(rules.least_ratio * length, length + rules.least_saved_m)
    # most pairs are near to each other on foot, which a short look tells
    at = np.arange(len(first))
    around_m = np.full(len(first), np.nan)
    for look_m in (min(float(np.max(least_m, initial=0.0)), rules.look_m), rules.look_m):
        around_m = _measure_around(footing, places, first[at], last[at], look_m)
        far = ~(around_m < least_m[at])
        at, around_m = at[far], around_m[far]
    saved = np.where(np.isfinite(around_m), around_m, rules.look_m) - length[at]
    both = np.sort(np.stack([first[at], last[at]], axis=1), axis=1)
    order = np.lexsort((both[:, 1], both[:, 0], length[at], -np.round(saved, 6)))
    begin, end = places.xy[first[at]], places.xy[last[at]]
    kept = np.array(_thin_out(order, kind[at], begin, end, rules.apart_m), dtype=np.int64)
    return _Chosen(kind[at][kept], over[at][kept], first[at][kept], last[at][kept], around_m[kept])


def _thin_out(
    order: NDArray[np.int64],
    kind: NDArray[np.object_],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    apart_m: float,
) -> list[int]:
    """Keep links in an order, but for those that begin and end near to one of the same kind that was kept."""
    kept: dict[str, list[int]] = {}
    for link in order.tolist():
        rivals = kept.setdefault(kind[link], [])
        near = [np.hypot(*(one[link] - other[rivals]).T) < apart_m for one in (begin, end) for other in (begin, end)]
        if not ((near[0] & near[3]) | (near[1] & near[2])).any():
            rivals.append(link)
    return [link for links in kept.values() for link in links]


def _measure_around(
    footing: Footing, places: _Places, first: NDArray[np.int64], last: NDArray[np.int64], look_m: float
) -> NDArray[np.float64]:
    """Return the length of today's way of each pair; NaN where it is longer than what is looked for."""
    around = np.full(len(first), np.nan)
    limit_min = look_m / footing.walker.metres_per_second / 60
    begins, goals = np.unique(first), np.unique(last)
    ends = _as_spots(footing.network, places.edge[goals], places.fraction[goals])
    key = first * len(places.edge) + last
    for start in range(0, len(begins), BLOCK):
        block = begins[start : start + BLOCK]
        starts = _as_spots(footing.network, places.edge[block], places.fraction[block])
        times = measure_times(footing, starts, ends, footing.walker, limit_min=limit_min)
        found = pd.Series(
            times[WalkTimes.metres].to_numpy(dtype=float),
            index=block[times[WalkTimes.origin]] * len(places.edge) + goals[times[WalkTimes.destination]],
        )
        mine = np.flatnonzero(np.isin(first, block))
        around[mine] = found.reindex(key[mine]).to_numpy(dtype=float)
    return around


def _describe(footing: Footing, places: _Places, chosen: _Chosen, *, known: bool) -> gpd.GeoDataFrame:
    """Make a table of what was chosen; `known` tells whether buildings are."""
    network, walker, first, last = footing.network, footing.walker, chosen.first, chosen.last
    line = _draw(places.points, first, last)
    length = shapely.length(line)
    height = _find_heights(network, places)
    rise = height[last] - height[first]
    rise = np.where(np.isin(chosen.kind, LEVEL), 0.0, rise)
    grade = np.divide(rise, length, out=np.zeros(len(rise)), where=length > 0)
    seconds = _time_ways(walker, chosen.kind, length, rise)
    lonely = ~network.leads_on[places.edge[first]] | ~network.leads_on[places.edge[last]]
    doubts = (
        (lonely, LONELY),
        (~np.isfinite(grade), FLAT),
        (np.abs(grade) > STEEP, TOO_STEEP),
        ((chosen.kind != GATE) & (not known), NO_BUILDINGS),
    )
    doubt = ["; ".join(text for holds, text in doubts if holds[link]) or None for link in range(len(line))]
    return gpd.GeoDataFrame(
        {
            Links.link_kind: chosen.kind,
            Links.over: pd.Series(chosen.over, dtype=object),
            Links.first_edge: places.edge[first],
            Links.first_fraction: places.fraction[first],
            Links.last_edge: places.edge[last],
            Links.last_fraction: places.fraction[last],
            Links.built_m: length,
            Links.there_s: seconds[0],
            Links.back_s: seconds[1],
            Links.around_m: chosen.around_m,
            Links.doubt: pd.Series(doubt, dtype=object),
        },
        geometry=np.where(chosen.kind == GATE, places.points[first], line) if len(line) else [],
        crs=network.crs,
    )


def _time_ways(
    walker: Walker, kind: NDArray[np.object_], length: NDArray[np.float64], rise: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the seconds there and back of straight ways; infinite where they are too steep for the walker."""
    level_rise = np.where(np.isin(kind, LEVEL), 0.0, rise)
    grade = np.divide(level_rise, length, out=np.zeros(len(rise)), where=length > 0)
    wait = np.where(kind == CROSSING, _wait_at_lights(walker), 0.0)
    up, down = (inf if limit is None else limit for limit in (walker.max_grade_up, walker.max_grade_down))
    there, back = (
        np.where(
            (way > up) | (-way > down), inf,
            length / walker.metres_per_second / scale_speed(walker.slope, way, critical_grade=walker.critical_grade)
            + wait,
        )
        for way in (grade, -grade)
    )  # fmt: skip
    return there, back


def _find_heights(network: WalkNetwork, places: _Places) -> NDArray[np.float64]:
    """Return the height of each place, NaN where it is not known."""
    height = np.full(len(places.edge), np.nan)
    if network.profile is not None:
        start, known = network.profile.start, network.profile.height_m
        at = places.fraction * (np.diff(start)[places.edge] - 1)
        below = np.minimum(at.astype(np.int64), np.diff(start)[places.edge] - 2)
        first = known[start[places.edge] + below]
        height = first + (at - below) * (known[start[places.edge] + below + 1] - first)
    return height


def _wait_at_lights(walker: Walker) -> float:
    """Return the wait at a new crossing, which has lights: an arterial should not be crossed without."""
    return walker.signals.delay_s if walker.signals is not None else walker.crossing_s.get("signals", 0.0)


# ── gates ───────────────────────────────────────────────────────────────────────────────────────


def _find_shut(footing: Footing, places: _Places) -> tuple[_Candidates, _Places]:
    """Pair the nodes that are one on the map and not in the network: there is a gate or wall shut for all."""
    network, nodes = footing.network, len(footing.network.xy)
    flat = network.length_m == 0
    piece = kernels.label_pieces(network.ends[flat], nodes)
    at_node = np.isin(places.fraction, [0.0, 1.0])
    edge, fraction = places.edge[at_node], places.fraction[at_node]
    node = network.ends[edge, fraction.astype(np.int64)]
    seen = pd.DataFrame({"osm": network.osm_node[node], "piece": piece[node], "at": np.arange(len(node))})
    seen = seen[seen["osm"] >= 0].drop_duplicates(["osm", "piece"])
    pairs = seen.merge(seen, on="osm")
    pairs = pairs[pairs["at_x"] < pairs["at_y"]]
    first, last = pairs["at_x"].to_numpy(dtype=np.int64), pairs["at_y"].to_numpy(dtype=np.int64)
    return _Candidates(GATE, "shut for all", first, last), _Places.of(network, edge, fraction)


def _list_entrances(footing: Footing, ends: Spots | None) -> gpd.GeoDataFrame:
    """List where private ways could be entered that lead through, or to a facility."""
    network, nodes = footing.network, len(footing.network.xy)
    private = np.flatnonzero(network.private & np.isfinite(footing.seconds).any(axis=1))
    barred = ~footing.enter[private]
    # private ways that only meet on a public street are not one estate
    apart = np.where(barred, nodes + 2 * private[:, None] + np.arange(2), network.ends[private])
    piece = kernels.label_pieces(apart, nodes + 2 * len(network.ends))[apart[:, 0]]
    row, side = np.nonzero(barred)
    doors = pd.DataFrame({"piece": piece[row], "node": network.ends[private[row], side]}).drop_duplicates()
    through = doors["piece"].value_counts()
    wanted = set(through.index[through > 1])
    if ends is not None:
        wanted |= set(piece[np.isin(private, ends.edge)].tolist())
    open_edge = np.full((2, nodes), -1)
    for level, some in enumerate((_is_open(footing), footing.usable)):
        for end in (1, 0):
            edges = np.flatnonzero(some)[::-1]
            open_edge[level, network.ends[edges, end]] = 2 * edges + end
    rows = []
    for number in np.flatnonzero(barred.any(axis=1) & np.isin(piece, [*wanted])).tolist():
        edge, sides = int(private[number]), np.flatnonzero(barred[number]).tolist()
        begin = sides[0]
        way = [int(network.ends[edge, begin]), int(network.ends[edge, 1 - begin])]
        spot = [
            int(max(open_edge[0, node], -1)) if open_edge[0, node] >= 0 else int(open_edge[1, node]) for node in way
        ]
        times = [float(footing.seconds[edge, begin]), float(footing.seconds[edge, 1 - begin])]
        if not np.isfinite(times[0]) or min(spot) < 0:
            continue
        rows.append(
            {
                Links.link_kind: GATE,
                Links.over: "private gate" if network.kind[edge] == "gate" else "private way",
                Links.first_edge: spot[0] // 2,
                Links.first_fraction: float(spot[0] % 2),
                Links.last_edge: spot[1] // 2,
                Links.last_fraction: float(spot[1] % 2),
                Links.built_m: 0.0,
                Links.there_s: times[0],
                # from inside, the way out is open today
                Links.back_s: times[1] if len(sides) > 1 and np.isfinite(times[1]) else np.nan,
                Links.around_m: np.nan,
                Links.doubt: OWNER,
                Links.geometry: shapely.Point(network.xy[way[0]]),
            }
        )
    columns = [str(column) for column in Links.columns() if not column.optional and column != Links.link]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=Links.geometry, crs=network.crs)


def _find_gated(network: WalkNetwork, links: gpd.GeoDataFrame) -> dict[int, tuple[int, int]]:
    """Find the private edge behind each gate, by the gate's position among the links, and the end where one enters."""
    gates = np.flatnonzero((links[Links.link_kind] == GATE).to_numpy())
    if len(gates) == 0:
        return {}
    behind: dict[tuple[int, int], tuple[int, int]] = {}
    for edge in np.flatnonzero(network.private)[::-1].tolist():
        one, other = network.ends[edge].tolist()
        behind[other, one], behind[one, other] = (edge, 1), (edge, 0)
    mine = links.iloc[gates]
    node = [
        network.ends[mine[edge].to_numpy(dtype=np.int64), mine[part].to_numpy(dtype=np.int64)].tolist()
        for edge, part in _ENDS
    ]
    pairs = zip(gates.tolist(), *node, strict=True)
    return {number: behind[one, other] for number, one, other in pairs if (one, other) in behind}


def _number(table: pd.DataFrame, network: WalkNetwork) -> gpd.GeoDataFrame:
    """Sort links by kind, then from west to east, and give each an id."""
    frame = gpd.GeoDataFrame(table, geometry=Links.geometry, crs=network.crs)
    corner = shapely.bounds(frame.geometry.to_numpy()).reshape(-1, 4)
    rank = frame[Links.link_kind].map([GATE, CROSSING, FOOTBRIDGE, PATH].index).to_numpy(dtype=np.int64)
    order = np.lexsort((corner[:, 3], corner[:, 2], corner[:, 1], corner[:, 0], rank))
    frame = frame.iloc[order].reset_index(drop=True)
    number = frame.groupby(Links.link_kind).cumcount() + 1
    frame[Links.link] = frame[Links.link_kind].astype(str) + "/" + number.astype(str)
    return frame[[str(column) for column in Links.columns() if not column.optional]]


# ── what a link would change ────────────────────────────────────────────────────────────────────

#: A way that a link makes between two nodes: the nodes, and the seconds there and back.
_Way = tuple[int, int, float, float]


def _list_ways(footing: Footing, links: gpd.GeoDataFrame, first: Spots, last: Spots) -> Iterator[list[_Way]]:
    """List for each link the ways that it makes between the ends of the streets that it joins."""
    sides = []
    for spots in (first, last):
        to, away = Legs.arriving(footing, spots), Legs.leaving(footing, spots)
        # what begins at a node needs no street
        here = np.stack([spots.fraction == 0.0, spots.fraction == 1.0], axis=1)
        far = np.asarray(here.any(axis=1))[:, None] & ~here
        legs = (np.where(far, inf, np.where(here, 0.0, leg.seconds)) for leg in (to, away))
        sides.append((to.node, *legs))
    there_s = links[Links.there_s].to_numpy(dtype=float)
    back_s = links[Links.back_s].fillna(inf).to_numpy(dtype=float)
    (tail, to_first, from_first), (head, to_last, from_last) = sides
    for link in range(len(links)):
        ways = []
        for one in range(2):
            for other in range(2):
                there = to_first[link, one] + there_s[link] + from_last[link, other]
                back = to_last[link, other] + back_s[link] + from_first[link, one]
                if tail[link, one] != head[link, other] and min(there, back) < inf:
                    ways.append((int(tail[link, one]), int(head[link, other]), float(there), float(back)))
        yield ways


class _Felt(NamedTuple):
    """Who feels a link: origins and kinds, and seconds before and after."""

    origin: NDArray[np.int64]
    kind: NDArray[np.int64]
    before_s: NDArray[np.float64]
    after_s: NDArray[np.float64]


def _ask_each(
    standing: Standing, links: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame, kinds: Sequence[Kind]
) -> Iterator[tuple[_Felt, NDArray[np.bool_]]]:
    """Ask of each link alone who feels it, and which of them are newly in time; what is given is checked at once."""
    limits = np.array([kind.limit_min * 60 for kind in kinds]) + ROUNDING_S
    if len(clusters) != len(standing.starts.labels) or len(kinds) != standing.kinds:
        msg = (
            f"the standing has {len(standing.starts.labels)} origins and {standing.kinds} kinds, but {len(clusters)} "
            f"clusters and {len(kinds)} kinds are given; give those that it was made from, in their order"
        )
        raise TableError(msg)
    if len(limits) and limits.max() > standing.limit_s:
        msg = (
            f"the standing looks {standing.limit_s / 60:g} min far, but a kind has a limit of "
            f"{limits.max() / 60:g} min; make it with a longer limit_min"
        )
        raise TableError(msg)
    footing = standing.footing
    ends = [_as_spots(footing.network, links[edge], links[part]) for edge, part in _ENDS]

    def ask(ways: list[_Way]) -> tuple[_Felt, NDArray[np.bool_]]:
        felt = _ask(standing, ways)
        return felt, (felt.before_s > limits[felt.kind]) & (felt.after_s <= limits[felt.kind])

    return map(ask, _list_ways(footing, links, *ends))


def _ask(standing: Standing, ways: list[_Way]) -> _Felt:
    """Ask what several ways together would change, and leave the standing as it was."""
    changes = []
    try:
        for tail, head, there_s, back_s in ways:
            change = standing.add_link(tail, head, there_s, back_s)
            standing.apply(change)
            changes.append(change)
    finally:
        for _ in changes:
            standing.undo()
    origin, kind, before_s, after_s = (
        np.concatenate([np.empty(0, dtype), *(getattr(change, name) for change in changes)])
        for name, dtype in (("origin", np.int64), ("kind", np.int64), ("before_s", float), ("after_s", float))
    )
    _, first = np.unique(key := np.stack([kind, origin]), axis=1, return_index=True)
    _, last = np.unique(key[:, ::-1], axis=1, return_index=True)
    return _Felt(origin[first], kind[first], before_s[first], after_s[len(after_s) - 1 - last])


def _rank(links: gpd.GeoDataFrame, unit_costs: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Price links, and sort them by what they gain for it."""
    cost = np.full(len(links), np.nan)
    if unit_costs is not None:
        check_table(unit_costs, UnitCosts, where="unit costs")
        of_kind = unit_costs.set_index(UnitCosts.link_kind)
        fixed, per_m = (links[Links.link_kind].map(of_kind[column]) for column in (UnitCosts.fixed, UnitCosts.per_m))
        cost = (fixed + per_m * links[Links.built_m]).to_numpy(dtype=float)
    if (cost == 0).any():
        free = links[Links.link].to_numpy()[np.flatnonzero(cost == 0)[0]]
        msg = f"unit costs: {free} costs nothing; give what its papers and work cost at least, or leave its kind out"
        raise TableError(msg)
    gains = links[Links.gains].to_numpy(dtype=float)
    priced = links.assign(**{Links.cost: cost, Links.gains_per_cost: gains / cost})
    rate = np.where(np.isfinite(cost), -gains / cost, inf)
    order = np.lexsort((np.arange(len(links)), links[Links.built_m].to_numpy(dtype=float), -gains, rate))
    return priced.iloc[order].reset_index(drop=True)[[*map(str, Links.columns())]]
