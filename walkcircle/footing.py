"""Footing: the streets as one walker finds them, in seconds per direction of each edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle.arcs import Csr, Hierarchy, build_hierarchy
from walkcircle.network import CROSSINGS, WalkNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Walker

#: Times are multiples of this fraction of a second (2^-30, about a nanosecond), so that their sums are exact in any
#: order up to 2^23 seconds (97 days): every method finds the same times, to the last bit.
GRAIN_S = 2.0**-30

#: Limits are inclusive; a microsecond of room keeps a walk of exactly the limit inside after rounding.
ROUNDING_S = 1e-6


def round_seconds(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round times to multiples of :data:`GRAIN_S`; infinite ones stay."""
    return np.asarray(np.round(seconds / GRAIN_S) * GRAIN_S)


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
    hierarchy
        What makes many questions quick, or None; see :meth:`prepare`.
    """

    network: WalkNetwork
    walker: Walker
    seconds: NDArray[np.float64]
    enter: NDArray[np.bool_]
    hierarchy: Hierarchy | None = None

    def prepare(self, limit_min: float) -> Footing:
        """Return the same footing made ready for many questions about walks of up to `limit_min` minutes.

        It pays from about ten questions on (other facilities, other speeds of the same network) or a hundred
        thousand origins; the answers are the same, to the last bit.
        """
        limit_s = limit_min * 60 + ROUNDING_S
        if self.hierarchy is not None and self.hierarchy.limit_s >= limit_s:
            return self
        return replace(self, hierarchy=build_hierarchy(self.outward, self.inward, limit_s))

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
    return Footing(network, walker, round_seconds(seconds), enter)


def _share_of_crossing(network: WalkNetwork) -> NDArray[np.float64]:
    """Return ``(e,)`` the share of its way's delay that an edge bears: a crossing is split where it meets the road."""
    mapped = network.osm_way >= 0
    _, way = np.unique(np.where(mapped, network.osm_way, -1 - np.arange(len(mapped))), return_inverse=True)
    crossing = np.where(network.crossing > 0, network.length_m, 0.0)
    whole = np.bincount(way, weights=crossing)[way]
    return np.divide(crossing, whole, out=np.ones(len(way)), where=whole > 0)
