"""Snapping: a point or an area joins the streets at spots along edges, never at the nearest node.

Snapping to street corners moves a 900 m reach by a tenth on average; the straight leg between a door and
its street is part of every walk and is kept as `access_m`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.network import WalkNetwork, to_metric
from walkcircle.tables import Unsnapped, check_geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: An entrance this near to the outline of an area belongs to it; mapped doors rarely lie exactly on the line.
DOOR_WITHIN_M = 2.0

#: Limits are inclusive; a thousandth of a millimetre of room keeps what lies exactly at one inside after rounding.
ROUNDING_M = 1e-6

#: So few things are joined to a tree of the edges near them: one of all that are allowed takes longer to be built.
FEW_THINGS = 100


@dataclass(frozen=True, eq=False)
class Spots:
    """Where things meet the streets; a point has one spot, an area may have many.

    Attributes
    ----------
    labels
        ``(m,)`` index labels of the things that were snapped.
    item
        ``(k,)`` position in `labels` of each spot, growing.
    edge
        ``(k,)`` edge of the network.
    fraction
        ``(k,)`` how far along the edge, 0 at its first and 1 at its last node.
    access_m
        ``(k,)`` straight leg between the thing and the street, metres.
    xy
        ``(k, 2)`` place on the street, metres.
    door_xy
        ``(k, 2)`` place where the access leg begins: the point itself, or where an area is entered.
    unsnapped
        :class:`~walkcircle.tables.Unsnapped`: what could not be joined, and why.
    """

    labels: pd.Index
    item: NDArray[np.int64]
    edge: NDArray[np.int64]
    fraction: NDArray[np.float64]
    access_m: NDArray[np.float64]
    xy: NDArray[np.float64]
    door_xy: NDArray[np.float64]
    unsnapped: pd.DataFrame

    def __len__(self) -> int:
        """Count the spots."""
        return len(self.edge)

    def relabel(self, labels: pd.Index) -> Spots:
        """Return the same spots with other labels, one per thing."""
        return replace(self, labels=labels)

    def only(self, kept: NDArray[np.bool_]) -> Spots:
        """Return the spots of the things that are kept, a mask over `labels`."""
        position = np.cumsum(kept) - 1
        mine = kept[self.item]
        return Spots(
            labels=self.labels[kept],
            item=position[self.item[mine]].astype(np.int64),
            edge=self.edge[mine],
            fraction=self.fraction[mine],
            access_m=self.access_m[mine],
            xy=self.xy[mine],
            door_xy=self.door_xy[mine],
            unsnapped=self.unsnapped,
        )

    def between(self, start: int, stop: int) -> Spots:
        """Return the spots of the things from `start` up to `stop`, positions in `labels`."""
        return self.take(np.arange(start, stop))

    def take(self, things: NDArray[np.int64]) -> Spots:
        """Return the spots of some things, positions in `labels`, in the order given."""
        begin = np.searchsorted(self.item, things)
        count = np.searchsorted(self.item, things, side="right") - begin
        at = np.arange(count.sum()) + np.repeat(begin - np.cumsum(count) + count, count)
        return replace(self.pick(at), labels=self.labels.take(things), item=np.repeat(np.arange(len(things)), count))

    def pick(self, spots: NDArray[np.int64]) -> Spots:
        """Return some of the spots, by their positions, with all labels."""
        columns = ("item", "edge", "fraction", "access_m", "xy", "door_xy")
        return replace(self, **{column: getattr(self, column)[spots] for column in columns})

    def __repr__(self) -> str:
        """Say how many things met the streets."""
        return f"<Spots {len(self)} of {len(self.labels)} things, {len(self.unsnapped)} not on the network>"


def snap_points(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    network: WalkNetwork,
    *,
    within_m: float = 100.0,
    allowed: NDArray[np.bool_] | None = None,
    allowed_inside: NDArray[np.bool_] | None = None,
    preferred: NDArray[np.bool_] | None = None,
    estates: gpd.GeoDataFrame | None = None,
    entrances: gpd.GeoSeries | None = None,
    layer: str = "points",
) -> Spots:
    """Join points and areas to the streets.

    A point joins the nearest place on the nearest edge. An area is entered where its entrances are and
    where edges meet its outline; an area that no edge meets joins the edge nearest to its outline. What
    lies inside a closed estate joins the estate's own paths, or its gates where no path is mapped, but
    never the street behind the wall. Edges in tunnels are never joined and areas are not entered from
    bridges.

    Parameters
    ----------
    points
        Points, lines or areas in a metric CRS; the index labels them.
    network
        The streets.
    within_m
        Longest access leg, metres, inclusive. The leg from a door to the gate of its own estate is not limited.
    allowed
        ``(e,)`` edges that may be joined; all that are not in tunnels when not given.
    allowed_inside
        ``(e,)`` edges that may be joined inside a closed estate; those of `allowed` when not given.
    preferred
        ``(e,)`` edges that are joined where one of them is within reach, however near another is.
    estates
        Closed estates as areas in the network's CRS.
    entrances
        Doors and gates as points in the network's CRS.
    layer
        What the points are, for the list of what could not be joined.

    Returns
    -------
    Spots
        In the order of `points`. Of equally near edges a public one comes first, then the spot farthest west.

    Raises
    ------
    TableError
        There is no CRS, it is in degrees, or a geometry is missing, empty or crosses itself.
    """
    frame = points.to_frame("geometry") if isinstance(points, gpd.GeoSeries) else points
    frame = to_metric(frame, where=layer)
    check_geometry(frame, where=layer)
    ground = _Ground(
        shapes=frame.geometry.to_crs(network.crs).to_numpy(),
        network=network,
        usable=_on_the_ground(network, allowed),
        inside=_on_the_ground(network, allowed if allowed_inside is None else allowed_inside),
        doors=np.empty(0, object) if entrances is None else entrances.to_numpy(),
        within_m=within_m,
    )
    outside = np.ones(len(frame), bool)
    found = []
    for items, estate in _by_estate(ground.shapes, estates):
        outside[items] = False
        found.append(_snap_in_estate(ground, items, estate))
    everywhere = np.flatnonzero(ground.usable)
    rest = np.flatnonzero(outside)
    if preferred is not None:
        found.append(_snap(ground, rest, np.flatnonzero(ground.usable & preferred)))
        rest = np.setdiff1d(rest, found[-1][0])
    found.append(_snap(ground, rest, everywhere))
    item, edge, xy, access = _join(*found)
    return Spots(
        labels=frame.index,
        item=item,
        edge=edge,
        fraction=shapely.line_locate_point(network.lines[edge], shapely.points(xy), normalized=True),
        access_m=access,
        xy=xy,
        door_xy=_doors(ground.shapes[item], xy),
        unsnapped=_list_unsnapped(frame, ground, item, everywhere, layer),
    )


def _doors(shapes: NDArray[np.object_], xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each access leg begins."""
    door = xy.copy()
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    door[points] = shapely.get_coordinates(shapes[points])
    return door


@dataclass(frozen=True, eq=False)
class WaysOut:
    """The gates of a closed estate, and the holes in its outline: who has no path of the estate leaves by one of them.

    Attributes
    ----------
    edge
        ``(g,)`` street that each leads to.
    xy
        ``(g, 2)`` place on the street, metres.
    access_m
        ``(g,)`` straight leg between gate and street, metres.
    gate_xy
        ``(g, 2)`` the gate; the straight leg to it from inside is not limited.
    """

    edge: NDArray[np.int64]
    xy: NDArray[np.float64]
    access_m: NDArray[np.float64]
    gate_xy: NDArray[np.float64]


def find_ways_out(
    estates: gpd.GeoDataFrame,
    network: WalkNetwork,
    *,
    within_m: float = 100.0,
    allowed: NDArray[np.bool_] | None = None,
    allowed_inside: NDArray[np.bool_] | None = None,
    entrances: gpd.GeoSeries | None = None,
) -> list[tuple[NDArray[np.int64], WaysOut]]:
    """Find, for each closed estate, its own paths and its ways out, as :func:`snap_points` does for what lies inside.

    Parameters
    ----------
    estates
        Closed estates as areas in the network's CRS.
    network, within_m, allowed, allowed_inside, entrances
        As in :func:`snap_points`.

    Returns
    -------
    list of (ndarray, WaysOut)
        Edges of each estate's own paths, and its ways out.
    """
    ground = _Ground(
        shapes=np.empty(0, object),
        network=network,
        usable=_on_the_ground(network, allowed),
        inside=_on_the_ground(network, allowed if allowed_inside is None else allowed_inside),
        doors=np.empty(0, object) if entrances is None else entrances.to_numpy(),
        within_m=within_m,
    )
    found = []
    for estate in estates.geometry:
        near, own = _find_own_paths(ground, estate)
        found.append((own, _open_estate(ground, estate, near)))
    return found


# Inside, spots are four arrays: position of the thing, edge, place on the street, access leg.
_Found = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.float64]"]


@dataclass(frozen=True, eq=False)
class _Ground:
    """Things to be joined and what they may be joined to."""

    shapes: NDArray[np.object_]
    network: WalkNetwork
    usable: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    doors: NDArray[np.object_]
    within_m: float

    def tree(self, edges: NDArray[np.int64]) -> shapely.STRtree:
        """Index some of the edges; the whole network's index is kept."""
        network = self.network
        return network.edge_tree if len(edges) == len(network.lines) else shapely.STRtree(network.lines[edges])

    def narrow(self, items: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of `edges`, growing, that a few things may join, at their outlines or through doors there."""
        if len(items) > FEW_THINGS or len(edges) == 0:
            return edges
        reach = self.within_m + DOOR_WITHIN_M + ROUNDING_M
        near = np.unique(self.network.edge_tree.query(self.shapes[items], predicate="dwithin", distance=reach)[1])
        near = near[near <= edges[-1]]
        return np.asarray(near[edges[np.searchsorted(edges, near)] == near])


def _on_the_ground(network: WalkNetwork, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Return the allowed edges that are not in a tunnel."""
    grounded = network.level >= 0
    return grounded if allowed is None else grounded & allowed


def _by_estate(
    shapes: NDArray[np.object_], estates: gpd.GeoDataFrame | None
) -> list[tuple[NDArray[np.int64], shapely.Geometry]]:
    """Group the things that lie inside a closed estate; in nested estates the smallest counts."""
    if estates is None or len(estates) == 0:
        return []
    areas = estates.geometry.to_numpy()
    inner = shapely.point_on_surface(shapes)
    item, estate = shapely.STRtree(areas).query(inner, predicate="intersects")
    order = np.lexsort((estate, shapely.area(areas[estate]), item))
    item, at = np.unique(item[order], return_index=True)
    home = estate[order][at]
    return [(item[home == e], areas[e]) for e in np.unique(home)]


def _snap_in_estate(ground: _Ground, items: NDArray[np.int64], estate: shapely.Geometry) -> _Found:
    """Join things to the paths of their estate, else to its gates, else to the streets around."""
    near, own = _find_own_paths(ground, estate)
    home = _snap(ground, items, own)
    items = np.setdiff1d(items, home[0])
    if len(items) == 0:
        return home
    ways = _open_estate(ground, estate, near)
    if len(ways.edge) == 0:
        return _join(home, _snap(ground, items, np.flatnonzero(ground.usable)))
    gate = np.tile(np.arange(len(ways.edge)), len(items))
    item = np.repeat(items, len(ways.edge))
    leg = shapely.distance(ground.shapes[item], shapely.points(ways.gate_xy)[gate]) + ways.access_m[gate]
    return _join(home, (item, ways.edge[gate], ways.xy[gate], leg))


def _find_own_paths(ground: _Ground, estate: shapely.Geometry) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges that an estate touches, and among them its own paths."""
    network = ground.network
    near = network.edge_tree.query(estate, predicate="intersects")
    near = near[ground.inside[near]]
    middle = shapely.line_interpolate_point(network.lines[near], 0.5, normalized=True)
    return near, np.sort(near[network.private[near] & shapely.covers(estate, middle)])


def _open_estate(ground: _Ground, estate: shapely.Geometry, near: NDArray[np.int64]) -> WaysOut:
    """Return the ways out of an estate that touches the edges `near`."""
    network = ground.network
    outline = np.array([shapely.boundary(estate)], dtype=object)
    fence = replace(ground, shapes=np.array([estate], dtype=object))
    everywhere = np.flatnonzero(ground.usable)
    at = np.zeros(1, np.int64)
    _, door, edge, xy, access = _find_doors(fence, at, ground.tree(everywhere), everywhere)
    # a street that only runs along the wall opens it nowhere
    inward = near[shapely.relate_pattern(estate, network.lines[near], "T********")]
    ways = inward if len(inward) or len(door) else near
    _, path, hole, _ = _meet(outline, at, network, ground.tree(ways), ways)
    return WaysOut(
        edge=np.concatenate([edge, path]),
        xy=np.concatenate([xy, hole]),
        access_m=np.concatenate([access, np.zeros(len(path))]),
        gate_xy=np.concatenate([shapely.get_coordinates(ground.doors[door]).reshape(-1, 2), hole]),
    )


def _snap(ground: _Ground, items: NDArray[np.int64], edges: NDArray[np.int64]) -> _Found:
    """Join points to the nearest of `edges`, areas where `edges` and doors meet them."""
    edges = ground.narrow(items, edges)
    if len(items) == 0 or len(edges) == 0:
        return _nothing()
    tree = ground.tree(edges)
    polygonal = shapely.get_dimensions(ground.shapes[items]) == 2
    areas, points = items[polygonal], items[~polygonal]
    found = [_snap_nearest(ground, ground.shapes, points, tree, edges)]
    if len(areas):
        doors = _snap_doors(ground, areas, tree, edges)
        paths = _meet(shapely.boundary(ground.shapes[areas]), areas, ground.network, tree, edges)
        rest = np.setdiff1d(areas, np.concatenate([doors[0], paths[0]]))
        found += [doors, paths, _snap_nearest(ground, ground.shapes, rest, tree, edges)]
    return _join(*found)


def _snap_nearest(
    ground: _Ground,
    shapes: NDArray[np.object_],
    items: NDArray[np.int64],
    tree: shapely.STRtree,
    edges: NDArray[np.int64],
) -> _Found:
    """Join each thing to the nearest edge; of equally near ones a public edge, then the spot farthest west.

    The place decides and not the order of the edges, so that the same streets in another order give the same walks.
    """
    if len(items) == 0:
        return _nothing()
    (item, hit), access = tree.query_nearest(
        shapes[items],
        max_distance=ground.within_m + ROUNDING_M,
        return_distance=True,
        all_matches=True,
    )
    edge = edges[hit]
    xy = shapely.get_coordinates(shapely.shortest_line(shapes[items[item]], ground.network.lines[edge]))[1::2]
    order = np.lexsort((edge, xy[:, 1], xy[:, 0], ground.network.private[edge], access, item))
    first = order[np.unique(item[order], return_index=True)[1]]
    return items[item[first]], edge[first], xy[first], access[first]


def _meet(
    outlines: NDArray[np.object_],
    areas: NDArray[np.int64],
    network: WalkNetwork,
    tree: shapely.STRtree,
    edges: NDArray[np.int64],
) -> _Found:
    """Find where edges on the ground meet the outline of each area."""
    area, hit = tree.query(outlines, predicate="intersects")
    grounded = network.level[edges[hit]] == 0
    area, hit = area[grounded], hit[grounded]
    meeting = shapely.intersection(outlines[area], network.lines[edges[hit]])
    xy, pair = shapely.get_coordinates(meeting, return_index=True)
    return areas[area[pair]], edges[hit[pair]], xy, np.zeros(len(xy))


def _snap_doors(ground: _Ground, areas: NDArray[np.int64], tree: shapely.STRtree, edges: NDArray[np.int64]) -> _Found:
    """Join the doors and gates on the outline of each area."""
    area, _, edge, xy, access = _find_doors(ground, areas, tree, edges)
    return area, edge, xy, access


def _find_doors(
    ground: _Ground, areas: NDArray[np.int64], tree: shapely.STRtree, edges: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find area, door, edge, place on the street and leg of each door that lies on an outline and near a street."""
    if len(ground.doors) == 0:
        at, edge, xy, access = _nothing()
        return at, at, edge, xy, access
    area, door = shapely.STRtree(ground.doors).query(
        shapely.boundary(ground.shapes[areas]), predicate="dwithin", distance=DOOR_WITHIN_M
    )
    at, edge, xy, access = _snap_nearest(ground, ground.doors, np.unique(door), tree, edges)
    row = np.searchsorted(at, door)
    joined = row < len(at)
    joined[joined] = at[row[joined]] == door[joined]
    row = row[joined]
    return areas[area[joined]], door[joined], edge[row], xy[row], access[row]


def _nothing() -> _Found:
    return np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2)), np.empty(0)


def _join(*found: _Found) -> _Found:
    """Put findings together in the order of the things."""
    item, edge, xy, access = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((access, xy[:, 1], xy[:, 0], edge, item))
    return item[order], edge[order], xy[order], access[order]


def _list_unsnapped(
    frame: gpd.GeoDataFrame, ground: _Ground, item: NDArray[np.int64], edges: NDArray[np.int64], layer: str
) -> pd.DataFrame:
    """List what found no street within the limit, with the distance it would need."""
    missing = np.setdiff1d(np.arange(len(frame)), item)
    distance = np.full(len(missing), np.nan)
    if len(missing) and len(edges):
        (which, _), found = ground.tree(edges).query_nearest(
            ground.shapes[missing], return_distance=True, all_matches=False
        )
        distance[which] = found
    return pd.DataFrame(
        {
            Unsnapped.layer: layer,
            Unsnapped.item: frame.index[missing].astype(str),
            Unsnapped.reason: f"no usable street within {ground.within_m:g} m",
            Unsnapped.distance_m: distance,
        }
    )
