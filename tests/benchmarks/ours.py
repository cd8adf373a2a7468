"""All that touches walkcircle's own engine, so that a change of the engine changes this file alone.

Speed is one metre per second, so that seconds are metres. Distances come as arrays: metres, infinite beyond
the limit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from walkcircle.footing import make_footing
from walkcircle.isochrones import trace_isochrones
from walkcircle.network import WalkNetwork, Ways, assemble_network
from walkcircle.snapping import Spots
from walkcircle.sources.store import Store, load_network
from walkcircle.tables import Unsnapped
from walkcircle.updates import measure_standing
from walkcircle.walkers import Walker
from walkcircle.walking import measure_counts, measure_nearest, walk, walk_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from walkcircle.footing import Footing
    from walkcircle.updates import Standing

#: What the engine can do beside level streets walked both ways from node to node.
ABLE = frozenset({"directed", "edge-snapped", "sloped", "stored"})

WALKER = Walker(speed_kmh=3.6)
CLIMBER = Walker(speed_kmh=3.6, slope="campbell-p10")
CRS_OF_GRAPHS = CRS.from_epsg(32651)


def make_network(
    xy: NDArray[np.float64],
    ends: NDArray[np.int64],
    length_m: NDArray[np.float64],
    *,
    height_m: NDArray[np.float64] | None = None,
    oneway: NDArray[np.int8] | None = None,
) -> WalkNetwork:
    """Make a network of an edge list; chains through nodes of two neighbours become one edge, with its climb."""
    del length_m  # the lines give the lengths
    count = len(ends)
    ways = Ways(
        xy=xy, osm_node=np.arange(len(xy)), cut=np.zeros(len(xy), bool), paths=ends,
        osm_way=np.arange(count), kind=np.full(count, "path"), steps=np.zeros(count, bool),
        crossing=np.zeros(count, np.uint8), crossed=np.zeros(count, np.uint8), private=np.zeros(count, bool),
        oneway=np.zeros(count, np.int8) if oneway is None else oneway, level=np.zeros(count, np.int8),
    )  # fmt: skip
    network = assemble_network(ways, CRS_OF_GRAPHS)
    if height_m is None:
        return network
    return replace(network, climb_m=np.diff(height_m[network.osm_node[network.ends]], axis=1)[:, 0])


def make_ready(network: WalkNetwork) -> Footing:
    """Prepare the network for one walker's searches."""
    footing = make_footing(network, CLIMBER if np.isfinite(network.climb_m).any() else WALKER)
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


def spots_of_some(everywhere: Spots, nodes: NDArray[np.int64]) -> Spots:
    """Return the spots of some nodes out of those of all."""
    return everywhere.take(nodes)


def spots_on_edges(network: WalkNetwork, edge: NDArray[np.int64], fraction: NDArray[np.float64]) -> Spots:
    """Return spots anywhere along chains."""
    points = shapely.line_interpolate_point(network.lines[edge], fraction, normalized=True)
    return _make_spots(edge, fraction, shapely.get_coordinates(points))


def nearest_all(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, within_m: float
) -> NDArray[np.float64]:
    """Return ``(starts, kinds)`` metres to the nearest facility of each kind."""
    spots, kind = _join(facilities)
    return measure_nearest(footing, starts, spots, kind, limit_min=within_m / 60, threads=1)


def prepare_again(footing: Footing, *, within_m: float) -> Footing:
    """Make a footing ready for many questions."""
    return footing.prepare(within_m / 60)


def nearest_again(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, within_m: float
) -> NDArray[np.float64]:
    """Answer the same question with other facilities, over a footing that was prepared."""
    return nearest_all(footing, starts, facilities, within_m=within_m)


def search_each(
    footing: Footing, starts: Spots, *, within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Search from each start; return where each start's junctions begin, the junctions, and their metres."""
    reach = walk(footing, starts, WALKER, limit_min=within_m / 60, threads=1)
    return reach.start, reach.node, reach.seconds


def sum_each(footing: Footing, starts: Spots, *, within_m: float) -> int:
    """Search from many starts, block by block so that memory stays bounded; return how many junctions in all."""
    blocks = walk_blocks(footing, starts, WALKER, limit_min=within_m / 60, near=True, threads=1)
    return sum(len(reach.node) for reach in blocks)


def count_within(
    footing: Footing, starts: Spots, facilities: Sequence[Spots], *, limits_m: Sequence[float]
) -> NDArray[np.int32]:
    """Return ``(starts, kinds, limits)``: how many facilities of each kind lie within each limit."""
    spots, kind = _join(facilities)
    return measure_counts(footing, starts, spots, kind, np.array(limits_m), threads=1).transpose(1, 0, 2)


def draw_isochrones(footing: Footing, starts: Spots, *, within_m: float, cell_m: float) -> NDArray[np.object_]:
    """Search from each start and draw the ground around the streets that it reaches."""
    reach = walk(footing, starts, WALKER, limit_min=within_m / 60, threads=1)
    return np.asarray(trace_isochrones(reach, (within_m / 60,), cell_m=cell_m, threads=1).geometry.to_numpy())


def measure_all(footing: Footing, starts: Spots, facilities: Sequence[Spots], *, within_m: float) -> Standing:
    """Measure the nearest of each kind once, so that it can be asked what one more would change."""
    spots, kind = _join(facilities)
    return measure_standing(footing, starts, spots, kind, limit_min=within_m / 60)


def add_facility(standing: Standing, kind: int, site: Spots) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ask what one more facility would change: the starts that it is nearer to, and their metres to it."""
    change = standing.add_facility(site, kind)
    return change.origin, change.after_s


def read_file(path: Path) -> WalkNetwork:
    """Read a file without a store."""
    return load_network(path, None)


def load_stored(path: Path, folder: Path) -> WalkNetwork:
    """Load what a file holds from a store; the first time it is read and stored."""
    return load_network(path, Store(folder))


def _make_spots(edge: NDArray[np.int64], fraction: NDArray[np.float64], xy: NDArray[np.float64]) -> Spots:
    count = len(edge)
    return Spots(
        labels=pd.RangeIndex(count), item=np.arange(count), edge=edge, fraction=fraction,
        access_m=np.zeros(count), xy=xy, door_xy=xy,
        unsnapped=pd.DataFrame(columns=[*map(str, Unsnapped.columns())]),
    )  # fmt: skip


def _join(facilities: Sequence[Spots]) -> tuple[Spots, NDArray[np.int64]]:
    """Put the spots of all kinds into one, with the kind of each."""
    kind = np.repeat(np.arange(len(facilities)), [len(spots) for spots in facilities])
    parts = [np.concatenate([getattr(s, column) for s in facilities]) for column in ("edge", "fraction", "xy")]
    return _make_spots(*parts), kind
