"""All that touches walkcircle's own engine, so that a change of the engine changes this file alone.

Speed is one metre per second, so that seconds are metres. Distances come as arrays: metres, infinite beyond
the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from walkcircle.footing import make_footing
from walkcircle.isochrones import trace_isochrones
from walkcircle.network import WalkNetwork, Ways, assemble_network
from walkcircle.snapping import Spots
from walkcircle.tables import Unsnapped
from walkcircle.walkers import Walker
from walkcircle.walking import nearest, walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkcircle.footing import Footing

#: What the engine can do beside level streets walked both ways from node to node. Add "sloped" and "stored" to it.
ABLE = frozenset({"directed", "edge-snapped"})

WALKER = Walker(speed_kmh=3.6)
CRS_OF_GRAPHS = CRS.from_epsg(32651)


def make_network(
    xy: NDArray[np.float64],
    ends: NDArray[np.int64],
    length_m: NDArray[np.float64],
    *,
    climb_m: NDArray[np.float64] | None = None,
    oneway: NDArray[np.int8] | None = None,
) -> WalkNetwork:
    """Make a network of an edge list; chains through nodes of two neighbours become one edge."""
    del length_m, climb_m  # the lines give the lengths; heights are not walked yet
    count = len(ends)
    ways = Ways(
        xy=xy, osm_node=np.arange(len(xy)), cut=np.zeros(len(xy), bool), paths=list(ends),
        osm_way=np.arange(count), kind=np.full(count, "path"), steps=np.zeros(count, bool),
        crossing=np.zeros(count, np.uint8), private=np.zeros(count, bool),
        oneway=np.zeros(count, np.int8) if oneway is None else oneway, level=np.zeros(count, np.int8),
    )  # fmt: skip
    return assemble_network(ways, CRS_OF_GRAPHS)


def make_ready(network: WalkNetwork) -> Footing:
    """Prepare the network for one walker's searches."""
    footing = make_footing(network, WALKER)
    footing.outward, footing.inward  # noqa: B018 - both are made on first use, and belong to the preparation
    return footing


def list_chains(network: WalkNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the node of the edge list that each junction is, the junctions of each chain, and its metres."""
    return network.osm_node, network.ends, network.length_m


def spots_of_nodes(network: WalkNetwork, xy: NDArray[np.float64]) -> Spots:
    """Return the spots of nodes of the edge list: at the end of a chain, or along it."""
    coords, edge = shapely.get_coordinates(network.lines, return_index=True)
    step = np.hypot(*np.diff(coords, axis=0, prepend=coords[:1]).T)
    first = np.flatnonzero(np.diff(edge, prepend=-1))
    step[first] = 0.0
    along = np.cumsum(step)
    fraction = (along - along[first][edge]) / network.length_m[edge]
    fraction[first], fraction[np.append(first[1:], len(edge)) - 1] = 0.0, 1.0  # rounding must not lead into a one-way
    keys = coords[:, 0] + 1j * coords[:, 1]
    order = np.argsort(keys, kind="stable")
    at = order[np.searchsorted(keys[order], xy[:, 0] + 1j * xy[:, 1])]
    return _make_spots(edge[at], fraction[at], xy)


def spots_on_edges(network: WalkNetwork, edge: NDArray[np.int64], fraction: NDArray[np.float64]) -> Spots:
    """Return spots anywhere along chains."""
    points = shapely.line_interpolate_point(network.lines[edge], fraction, normalized=True)
    return _make_spots(edge, fraction, shapely.get_coordinates(points))


def nearest_all(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, within_m: float
) -> NDArray[np.float64]:
    """Return ``(starts, kinds)`` metres to the nearest facility of each kind."""
    found = np.full((len(starts.labels), len(facilities)), np.inf)
    for kind, spots in enumerate(facilities):
        near = nearest(footing, starts, _frame(spots), WALKER, spots=spots, limit_min=within_m / 60)
        found[near["origin"].to_numpy(np.int64), kind] = near["minutes"].to_numpy(float) * 60
    return found


def nearest_again(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, within_m: float
) -> NDArray[np.float64]:
    """Answer the same question with other facilities, using whatever the first answer left prepared."""
    return nearest_all(footing, starts, facilities, within_m=within_m)


def search_each(
    footing: Footing, starts: Spots, *, within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Search from each start; return where each start's junctions begin, the junctions, and their metres."""
    reach = walk(footing, starts, WALKER, limit_min=within_m / 60)
    return reach.start, reach.node, reach.seconds


def sum_each(footing: Footing, starts: Spots, *, within_m: float, batch: int = 5_000) -> int:
    """Search from many starts, a batch at a time so that memory stays bounded; return how many junctions in all."""
    total = 0
    for first in range(0, len(starts.labels), batch):
        part = np.zeros(len(starts.labels), bool)
        part[first : first + batch] = True
        total += int(search_each(footing, starts.only(part), within_m=within_m)[0][-1])
    return total


def count_within(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, limits_m: Sequence[float]
) -> NDArray[np.int32]:
    """Return ``(starts, kinds, limits)``: how many facilities of each kind lie within each limit.

    The engine has no verb for this yet: one search per facility, and the times from it to the starts on the
    edges that it touches. Streets are walked both ways here.
    """
    network = footing.network
    by_edge = np.argsort(starts.edge, kind="stable")
    first = np.searchsorted(starts.edge[by_edge], np.arange(len(network.ends) + 1))
    by_node = np.argsort(network.ends.ravel(), kind="stable")
    edges = by_node // 2
    at = np.searchsorted(network.ends.ravel()[by_node], np.arange(len(network.xy) + 1))
    counts = np.zeros((len(starts.labels), len(facilities), len(limits_m)), np.int32)
    for kind, spots in enumerate(facilities):
        reach = walk(footing, spots, WALKER, limit_min=max(limits_m) / 60)
        for one in range(len(spots.labels)):
            node = reach.node[reach.start[one] : reach.start[one + 1]]
            touched = np.unique(np.append(edges[_spread(at, node)], spots.edge[one]))
            near = by_edge[_spread(first, touched)]
            metres = reach.seconds_to(one, _make_spots(starts.edge[near], starts.fraction[near], starts.xy[near]))
            for number, limit in enumerate(limits_m):
                counts[near[metres <= limit + 1e-6], kind, number] += 1
    return counts


def _spread(start: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all positions of some rows of a CSR."""
    size = start[which + 1] - start[which]
    return np.repeat(start[which] - np.cumsum(size) + size, size) + np.arange(size.sum())


def draw_isochrones(footing: Footing, starts: Spots, *, within_m: float, cell_m: float) -> NDArray[np.object_]:
    """Search from each start and draw the ground around the streets that it reaches."""
    reach = walk(footing, starts, WALKER, limit_min=within_m / 60)
    return np.asarray(trace_isochrones(reach, (within_m / 60,), cell_m=cell_m).geometry.to_numpy())


def add_facility(
    footing: Footing, starts: Spots, before_m: NDArray[np.float64], site: Spots, *, within_m: float
) -> NDArray[np.float64]:
    """Return the metres to the nearest facility of one kind after one more was added."""
    return np.minimum(before_m, nearest_all(footing, starts, [site], within_m=within_m)[:, 0])


def store_network(network: WalkNetwork, path: Path) -> None:
    """Store a network that was read, for the next run."""
    raise NotImplementedError  # and "stored" is not in ABLE


def load_network(path: Path) -> WalkNetwork:
    """Load a stored network."""
    raise NotImplementedError  # and "stored" is not in ABLE


def _make_spots(edge: NDArray[np.int64], fraction: NDArray[np.float64], xy: NDArray[np.float64]) -> Spots:
    count = len(edge)
    return Spots(
        labels=pd.RangeIndex(count), item=np.arange(count), edge=edge, fraction=fraction,
        access_m=np.zeros(count), xy=xy, door_xy=xy,
        unsnapped=pd.DataFrame(columns=[*map(str, Unsnapped.columns())]),
    )  # fmt: skip


def _frame(spots: Spots) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(
        {"facility": [f"{n:09}" for n in range(len(spots))], "kind": "one"},
        geometry=shapely.points(spots.xy),
        crs=CRS_OF_GRAPHS,
    )
