"""Synthetic walking graphs as plain arrays, and facilities on their nodes; the same seed draws the same graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Nodes of the graphs that the targets speak of.
SIZES = (10_000, 108_000, 541_000, 1_090_000)

#: Facilities per node: 35,000 on 541,000 nodes.
FACILITIES_PER_NODE = 35_000 / 541_000

#: How common each of twenty kinds is: many shops, few swimming pools.
WEIGHTS = (14.0, 12.0, 10.0, 9.0, 8.0, 7.0, 6.0, 6.0, 5.0, 5.0, 4.0, 4.0, 3.0, 2.0, 2.0, 1.0, 1.0, 0.5, 0.3, 0.2)

#: Distance between neighbouring corners before they are shaken, metres.
_SPACING_M = 72.0
#: Share of the grid's straight and slanting stretches that become streets.
_STRAIGHT, _SLANTING = 0.66, 0.20
#: Mean number of bends along a street; with the shares above 69 % of all nodes have two neighbours.
_BENDS = 0.97
#: Nodes that come out of one corner of the grid, measured on graphs of 10,000 to 1,090,000 nodes.
_NODES_PER_CORNER = 2.64


@dataclass(frozen=True, eq=False)
class Graph:
    """A walking graph: ``(n, 2)`` metres, ``(e, 2)`` node pairs, ``(e,)`` metres, ``(n,)`` metres above the sea."""

    xy: NDArray[np.float64]
    ends: NDArray[np.int64]
    length_m: NDArray[np.float64]
    height_m: NDArray[np.float64]

    def __repr__(self) -> str:
        """Say how large it is."""
        return f"<Graph {len(self.xy):,} nodes, {len(self.ends):,} edges, {self.length_m.mean():.1f} m each>"

    @property
    def climb_m(self) -> NDArray[np.float64]:
        """``(e,)`` metres gained from the first to the last node."""
        return self.height_m[self.ends[:, 1]] - self.height_m[self.ends[:, 0]]

    def reorder(self) -> tuple[Graph, NDArray[np.int64]]:
        """Return the graph numbered along a Hilbert curve, its edges sorted: the order that other tools are given.

        Returns
        -------
        Graph, ndarray
            The graph, and the old number of each of its nodes.
        """
        order = sort_by_place(self.xy)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        ends = rank[self.ends]
        along = np.lexsort((ends.max(axis=1), ends.min(axis=1)))
        return Graph(self.xy[order], ends[along], self.length_m[along], self.height_m[order]), order

    def arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the graph in both directions as a CSR: where each node's arcs start, their heads and metres."""
        tail = self.ends.T.ravel()
        head = self.ends[:, ::-1].T.ravel()
        order = np.argsort(tail, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=len(self.xy)))])
        return start, head[order], np.tile(self.length_m, 2)[order]


def make_graph(nodes: int, *, seed: int = 1, hill_m: float = 60.0) -> Graph:
    """Draw a walking graph of about `nodes` nodes with random numbers, streets with bends, and smooth hills.

    A shaken grid with most of its straight and some of its slanting stretches, each cut into bends.

    Parameters
    ----------
    nodes
        About how many; the mean edge is 42 m, and about 1,200 nodes lie within a walk of 1,200 m.
    seed
        The same seed draws the same graph.
    hill_m
        Height of the hills; 0 is flat.
    """
    rng = np.random.default_rng(seed)
    side = max(round(np.sqrt(nodes / _NODES_PER_CORNER)), 3)
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    corner = column + side * row
    corners = np.column_stack([column.ravel(), row.ravel()]) * _SPACING_M
    corners += rng.uniform(-0.25, 0.25, corners.shape) * _SPACING_M
    straight = np.concatenate([_pair(corner[:, :-1], corner[:, 1:]), _pair(corner[:-1], corner[1:])])
    slanting = np.concatenate([_pair(corner[:-1, :-1], corner[1:, 1:]), _pair(corner[:-1, 1:], corner[1:, :-1])])
    streets = np.concatenate(
        [straight[rng.random(len(straight)) < _STRAIGHT], slanting[rng.random(len(slanting)) < _SLANTING]]
    )
    xy, ends = _bend(corners, streets, rng)
    used, ends = np.unique(ends, return_inverse=True)
    xy = xy[used]
    number = rng.permutation(len(xy))
    ends = number[ends.reshape(-1, 2)][rng.permutation(len(ends))]
    shuffled = np.empty_like(xy)
    shuffled[number] = xy
    length = np.hypot(*(shuffled[ends[:, 0]] - shuffled[ends[:, 1]]).T)
    return Graph(shuffled, ends, length, raise_hills(shuffled, hill_m, rng))


def place_facilities(graph: Graph, *, seed: int = 2) -> list[NDArray[np.int64]]:
    """Choose the nodes of the facilities of each kind, growing; a node holds one of a kind at most."""
    rng = np.random.default_rng(seed)
    wanted = np.array(WEIGHTS) / sum(WEIGHTS) * FACILITIES_PER_NODE * len(graph.xy)
    counts = np.maximum(np.round(wanted).astype(np.int64), 1)
    return [np.sort(rng.choice(len(graph.xy), size, replace=False)) for size in counts.tolist()]


def raise_hills(xy: NDArray[np.float64], hill_m: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a smooth height at each place: a few waves of two to six kilometres, added up."""
    height = np.zeros(len(xy))
    for _ in range(4):
        angle, shift, length = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi), rng.uniform(2_000, 6_000)
        along = xy @ np.array([np.cos(angle), np.sin(angle)])
        height += hill_m / 4 * (1 + np.sin(2 * np.pi * along / length + shift))
    return height


def sort_by_place(xy: NDArray[np.float64], *, bits: int = 16) -> NDArray[np.int64]:
    """Return the order of the points along a Hilbert curve (Skilling 2004, "Programming the Hilbert curve")."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = (2**bits - 1) / max(float((high - low).max()), 1e-9)
    x, y = ((xy - low) * scale).astype(np.int64).T
    number = np.zeros(len(xy), np.int64)
    for bit in range(bits - 1, -1, -1):
        half = 1 << bit
        right, up = (x & half) > 0, (y & half) > 0
        number = (number << 2) | ((3 * right) ^ up)
        flip = ~up & right
        x, y = (
            np.where(flip, half - 1 - (x & (half - 1)), x & (half - 1)),
            np.where(flip, half - 1 - (y & (half - 1)), y & (half - 1)),
        )
        x, y = np.where(up, x, y), np.where(up, y, x)
    return np.argsort(number, kind="stable")


def _pair(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.column_stack([one.ravel(), other.ravel()])


def _bend(
    corners: NDArray[np.float64], streets: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cut each street into one or more edges at bends beside the straight line."""
    bends = rng.poisson(_BENDS, len(streets))
    street = np.repeat(np.arange(len(streets)), bends)
    number = np.arange(len(street)) - np.repeat(np.cumsum(bends) - bends, bends)
    a, b = corners[streets[street, 0]], corners[streets[street, 1]]
    share = ((number + 1) / (bends[street] + 1))[:, None]
    aside = (b - a)[:, ::-1] * [-1, 1] * rng.uniform(-0.12, 0.12, (len(street), 1))
    bent = a + (b - a) * share + aside
    first = len(corners) + np.cumsum(bends) - bends
    # along each street: corner, bends, corner
    start = np.cumsum(bends + 2) - (bends + 2)
    along = np.empty(int((bends + 2).sum()), np.int64)
    along[start], along[start + bends + 1] = streets.T
    along[start[street] + 1 + number] = first[street] + number
    kept = np.ones(len(along) - 1, bool)
    kept[start[1:] - 1] = False
    ends = np.column_stack([along[:-1], along[1:]])[kept]
    return np.concatenate([corners, bent]), ends
