"""Footing: the streets as one walker finds them, in seconds per direction of each edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.network import CROSSINGS, WalkNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Walker

#: Width of a search bucket as a multiple of the mean arc cost; the answer does not depend on it.
BUCKET_ARCS = 0.5


@dataclass(frozen=True, eq=False)
class Footing:
    """A network as one walker finds it: seconds per direction of each edge, and where one may turn in.

    Attributes
    ----------
    network, walker
        What it was made from.
    seconds
        ``(e, 2)`` time along the whole edge from its first to its last node, and back; infinite where
        that way is not walked.
    enter
        ``(e, 2)`` whether the edge may be entered from its first, and from its last, node.
    """

    network: WalkNetwork
    walker: Walker
    seconds: NDArray[np.float64]
    enter: NDArray[np.bool_]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """``(e,)`` edges that can be walked in some direction."""
        return np.asarray(np.isfinite(self.seconds).any(axis=1))

    @cached_property
    def _arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Tail, head, seconds and metres of every arc that can be walked whole."""
        open_ = self.enter & np.isfinite(self.seconds)
        ends = self.network.ends
        there, back = open_[:, 0], open_[:, 1]
        return (
            np.concatenate([ends[there, 0], ends[back, 1]]),
            np.concatenate([ends[there, 1], ends[back, 0]]),
            np.concatenate([self.seconds[there, 0], self.seconds[back, 1]]),
            np.concatenate([self.network.length_m[there], self.network.length_m[back]]),
        )

    @cached_property
    def outward(self) -> Csr:
        """Arcs in the direction of walking."""
        tail, head, cost, metres = self._arcs
        return Csr.from_arcs(tail, head, cost, metres, len(self.network.xy))

    @cached_property
    def inward(self) -> Csr:
        """Arcs reversed: the way to a place, found from the place."""
        tail, head, cost, metres = self._arcs
        return Csr.from_arcs(head, tail, cost, metres, len(self.network.xy))


@dataclass(frozen=True, eq=False)
class Csr:
    """Arcs sorted by their tail: those of node v are ``indptr[v]:indptr[v + 1]``."""

    indptr: NDArray[np.int64]
    head: NDArray[np.int64]
    cost: NDArray[np.float64]
    metres: NDArray[np.float64]

    @classmethod
    def from_arcs(
        cls,
        tail: NDArray[np.int64],
        head: NDArray[np.int64],
        cost: NDArray[np.float64],
        metres: NDArray[np.float64],
        nodes: int,
    ) -> Csr:
        """Sort arcs by their tail."""
        order = np.argsort(tail, kind="stable")
        return cls(kernels.count_arcs(tail, nodes), head[order], cost[order], metres[order])

    def buckets(self, seed_cost: NDArray[np.float64]) -> tuple[float, int]:
        """Choose the width and the number of search buckets."""
        positive = self.cost[self.cost > 0]
        width = BUCKET_ARCS * float(positive.mean()) if len(positive) else 1.0
        longest = max(self.cost.max(initial=0.0), seed_cost.max(initial=0.0))
        return width, int(longest / width) + 2


def make_footing(network: WalkNetwork, walker: Walker) -> Footing:
    """Work out how long a walker takes along each edge, and which edges are open.

    Stairs are walked at a share of the level speed, crossings cost a delay, and the walker's gates say
    who uses private edges: with ``resident`` gates a private edge cannot be entered from a node that a
    public edge touches, so walks leave an estate but do not cut through it.
    """
    speed = np.full(len(network.ends), walker.metres_per_second)
    if walker.stairs_factor is not None:
        speed[network.steps] *= walker.stairs_factor
    delay = np.array([0.0, *(walker.crossing_s.get(name, 0.0) for name in CROSSINGS[1:])])  # type: ignore[call-overload]  # CROSSINGS holds just these names
    one_way = network.length_m / speed + delay[network.crossing] * _share_of_crossing(network)
    seconds = np.stack([one_way, one_way], axis=1)
    if walker.stairs_factor is None:
        seconds[network.steps] = inf
    if walker.gates == "closed":
        seconds[network.private] = inf
    seconds[network.oneway < 0, 0] = inf
    seconds[network.oneway > 0, 1] = inf
    enter = np.ones(seconds.shape, bool)
    if walker.gates == "resident":
        public_node = np.zeros(len(network.xy), bool)
        public_node[network.ends[~network.private]] = True
        enter = ~(network.private[:, None] & public_node[network.ends])
    return Footing(network, walker, seconds, enter)


def _share_of_crossing(network: WalkNetwork) -> NDArray[np.float64]:
    """Return ``(e,)`` the share of its way's delay that an edge bears: a crossing is split where it meets the road."""
    mapped = network.osm_way >= 0
    _, way = np.unique(np.where(mapped, network.osm_way, -1 - np.arange(len(mapped))), return_inverse=True)
    crossing = np.where(network.crossing > 0, network.length_m, 0.0)
    whole = np.bincount(way, weights=crossing)[way]
    return np.divide(crossing, whole, out=np.ones(len(way)), where=whole > 0)
