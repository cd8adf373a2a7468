"""What all tools are asked: a graph, its facilities, where searches start; and the answers worked out slowly."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tests.benchmarks.graphs import Graph, make_graph, place_facilities

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: How far is searched, and the limits of the counts, metres.
LIMIT_M = 1200.0
LIMITS_M = (400.0, 800.0, 1200.0)

#: How many sources a fast and a slow tool are asked for.
SOURCES, FEW_SOURCES = 2_000, 100


@dataclass(frozen=True, eq=False)
class Case:
    """A graph in random order as walkcircle is given it, and in good order as the others are.

    Attributes
    ----------
    graph, ordered
        The graph in both orders.
    order
        Number in `graph` of each node of `ordered`.
    facilities, others
        Nodes of each kind, in the numbers of `graph`: for the first question, and for the second.
    sources
        Corners where searches start, in the numbers of `graph`.
    """

    graph: Graph
    ordered: Graph
    order: NDArray[np.int64]
    facilities: list[NDArray[np.int64]]
    others: list[NDArray[np.int64]]
    sources: NDArray[np.int64]

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Number in `ordered` of each node of `graph`."""
        rank = np.empty(len(self.order), np.int64)
        rank[self.order] = np.arange(len(self.order))
        return rank

    def given(self, **more: object) -> dict[str, object]:
        """Return what a peer is told, in the numbers of `ordered`."""
        told: dict[str, object] = {
            "xy": self.ordered.xy, "ends": self.ordered.ends, "length_m": self.ordered.length_m,
            "limit_m": LIMIT_M, "limits_m": np.array(LIMITS_M), "sources": self.rank[self.sources[:FEW_SOURCES]],
        }  # fmt: skip
        for name, kinds in (("facilities", self.facilities), ("others", self.others)):
            told[name] = np.concatenate([self.rank[nodes] for nodes in kinds])
            told[f"{name}_count"] = np.array([len(nodes) for nodes in kinds])
        return told | more

    def list_reached(self, source: int) -> dict[int, float]:
        """Return metres from a source (in the numbers of `ordered`) to all within the limit, by a plain heap."""
        start, head, metres = self._arcs
        found: dict[int, float] = {}
        waiting = [(0.0, source)]
        while waiting:
            here, node = heapq.heappop(waiting)
            if node in found:
                continue
            found[node] = here
            for arc in range(start[node], start[node + 1]):
                if here + metres[arc] <= LIMIT_M and head[arc] not in found:
                    heapq.heappush(waiting, (here + metres[arc], head[arc]))
        return found

    @cached_property
    def _arcs(self) -> tuple[list[int], list[int], list[float]]:
        start, head, metres = self.ordered.arcs()
        return start.tolist(), head.tolist(), metres.tolist()

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The edges of `ordered` as lines."""
        return np.asarray(shapely.linestrings(self.ordered.xy[self.ordered.ends]))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the lines."""
        return shapely.STRtree(self.lines)

    def reached_streets(self, source: int) -> shapely.MultiLineString:
        """Return the stretches of street within the limit of a source (in the numbers of `ordered`)."""
        found = self.list_reached(source)
        metres = np.full(len(self.ordered.xy), np.inf)
        metres[list(found)] = list(found.values())
        entry = metres[self.ordered.ends]
        edge = np.flatnonzero(np.isfinite(entry).any(axis=1))
        length = self.ordered.length_m[edge]
        part = np.clip(LIMIT_M - entry[edge], 0, length[:, None]) / length[:, None]
        a, b = (self.ordered.xy[self.ordered.ends[edge, side]] for side in (0, 1))
        whole = part.sum(axis=1) >= 1
        forth = np.where(whole, 1.0, part[:, 0])[:, None]
        back = np.where(whole, 0.0, part[:, 1])[:, None]
        stretches = np.concatenate(
            [np.stack([a, a + (b - a) * forth], axis=1), np.stack([b + (a - b) * back, b], axis=1)]
        )
        long = np.hypot(*(stretches[:, 1] - stretches[:, 0]).T) > 0
        return shapely.MultiLineString(list(shapely.linestrings(stretches[long])))

    def judge_shape(self, streets: shapely.MultiLineString, shape: shapely.Geometry) -> tuple[float, float]:
        """Return what a shape leaves out of the reached length, and what unreached length it takes in, as shares."""
        shapely.prepare(shape)
        inside = shapely.length(shapely.intersection(streets, shape))
        near = self.lines[self.tree.query(shape)]
        total = shapely.length(shapely.intersection(near, shape)).sum()
        return max(1 - inside / streets.length, 0.0), max((total - inside) / streets.length, 0.0)


def make_case(nodes: int) -> Case:
    """Draw the graph and choose facilities and sources."""
    graph = make_graph(nodes)
    ordered, order = graph.reorder()
    corners = np.flatnonzero(np.bincount(graph.ends.ravel(), minlength=len(graph.xy)) != 2)
    sources = np.random.default_rng(4).permutation(corners)[:SOURCES]
    return Case(graph, ordered, order, place_facilities(graph), place_facilities(graph, seed=3), sources)


def write_graph(graph: Graph, path: Path) -> NDArray[np.float64]:
    """Write a graph as an OpenStreetMap file of residential streets; return longitude and latitude of its nodes."""
    import osmium
    from pyproj import Transformer

    move = Transformer.from_crs(32651, 4326, always_xy=True)
    lonlat = np.column_stack(move.transform(*(graph.xy + np.array([450_000, 3_200_000])).T))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        node, way = osmium.osm.mutable.Node, osmium.osm.mutable.Way
        for number, place in enumerate(lonlat.tolist(), start=1):
            writer.add_node(node(id=number, version=1, location=tuple(place)))
        for number, ends in enumerate((graph.ends + 1).tolist(), start=1):
            writer.add_way(way(id=number, version=1, nodes=ends, tags={"highway": "residential"}))
    return lonlat
