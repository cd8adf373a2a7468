"""Legs: the ways between spots and the ends of their edges, and between spots on one edge.

A search runs between nodes; walks start and end along edges. What lies between is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.footing import GRAIN_S, Footing, round_seconds
from walkcircle.snapping import Spots

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Doors nearer to each other than this are one door: coordinates that went through a file differ by less.
SAME_DOOR_M = 1e-3


@dataclass(frozen=True, eq=False)
class Legs:
    """The ways between each spot and the two ends of its edge.

    Attributes
    ----------
    footing, spots
        The streets and the spots.
    seconds
        ``(k, 2)`` cost of the way between the spot and its edge's first and last node, access leg included;
        infinite where it is closed.
    """

    footing: Footing
    spots: Spots
    seconds: NDArray[np.float64]

    @classmethod
    def leaving(cls, footing: Footing, spots: Spots) -> Legs:
        """Walk from each spot to the two ends of its edge, as far as they are open."""
        return cls(footing, spots, _measure(footing, spots, arriving=False))

    @classmethod
    def arriving(cls, footing: Footing, spots: Spots) -> Legs:
        """Walk to each spot from the two ends of its edge, where it may be entered, even for a step."""
        return cls(footing, spots, _measure(footing, spots, arriving=True))

    @cached_property
    def node(self) -> NDArray[np.int64]:
        """``(k, 2)`` first and last node of each spot's edge."""
        return self.footing.network.ends[self.spots.edge]

    @cached_property
    def metres(self) -> NDArray[np.float64]:
        """``(k, 2)`` length of each way, access leg included."""
        parts = np.stack([self.spots.fraction, 1 - self.spots.fraction], axis=1)
        return parts * self.footing.network.length_m[self.spots.edge, None] + self.spots.access_m[:, None]

    def by_item(self) -> Ways:
        """Return the open ways, those of each thing together."""
        item = np.repeat(self.spots.item, 2)
        return self._group(item, item, len(self.spots.labels))

    def by_node(self) -> Ways:
        """Return the open ways, those of each node together."""
        return self._group(self.node.ravel(), np.repeat(self.spots.item, 2), len(self.footing.network.xy))

    def _group(self, key: NDArray[np.int64], item: NDArray[np.int64], count: int) -> Ways:
        at = np.flatnonzero(np.isfinite(self.seconds.ravel()))
        at = at[np.argsort(key[at], kind="stable")]
        return Ways(
            start=kernels.count_arcs(key[at], count),
            node=self.node.ravel()[at].astype(np.uint32),
            item=item[at],
            seconds=self.seconds.ravel()[at],
            metres=self.metres.ravel()[at],
        )


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways between things and nodes, or between things, in groups: those of group g are ``start[g]:start[g + 1]``."""

    start: NDArray[np.int64]
    node: NDArray[np.uint32]
    item: NDArray[np.int64]
    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]


def walk_directly(
    footing: Footing, starts: Spots, ends: Spots
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Walk between spots on one edge without passing a node; from a door to itself nothing is walked.

    Returns the positions of both spots, seconds (infinite where that way is closed) and metres.
    """
    start, end = kernels.join_spots(starts.edge, ends.edge, len(footing.network.ends))
    edge = starts.edge[start]
    apart = ends.fraction[end] - starts.fraction[start]
    along = footing.seconds[edge, np.where(apart >= 0, 0, 1)]
    pace = footing.walker.metres_per_second
    access = round_seconds(starts.access_m[start] / pace) + round_seconds(ends.access_m[end] / pace)
    # none of a closed edge costs nothing
    seconds = round_seconds(np.multiply(np.abs(apart), along, out=np.zeros(len(apart)), where=apart != 0)) + access
    metres = np.abs(apart) * footing.network.length_m[edge] + starts.access_m[start] + ends.access_m[end]
    # nobody walks to the street and back between doors that are the same to within rounding
    same = np.hypot(*(starts.door_xy[start] - ends.door_xy[end]).T) <= SAME_DOOR_M
    return start, end, np.where(same, 0.0, seconds), np.where(same, 0.0, metres)


def join_directly(footing: Footing, starts: Spots, ends: Spots, *, backwards: bool = False) -> Ways:
    """Return the direct ways from things to things, those of each start together; `backwards` they end there."""
    if backwards:
        end, start, seconds, metres = walk_directly(footing, ends, starts)
    else:
        start, end, seconds, metres = walk_directly(footing, starts, ends)
    order = np.flatnonzero(np.isfinite(seconds))
    order = order[np.argsort(starts.item[start[order]], kind="stable")]
    return Ways(
        start=kernels.count_arcs(starts.item[start[order]], len(starts.labels)),
        node=np.empty(0, np.uint32),
        item=ends.item[end[order]],
        seconds=seconds[order],
        metres=metres[order],
    )


def _measure(footing: Footing, spots: Spots, *, arriving: bool) -> NDArray[np.float64]:
    access = round_seconds(spots.access_m / footing.walker.metres_per_second)
    return kernels.measure_legs(
        spots.edge, spots.fraction, access, footing.seconds, footing.enter, arriving, GRAIN_S
    )  # fmt: skip
