"""Footing: the streets as one walker finds them, in seconds per direction of each edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle.arcs import Csr, Hierarchy, build_hierarchy
from walkcircle.network import CROSSINGS, LINK, ROADS, WalkNetwork
from walkcircle.walkers.slopes import scale_speed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Walker

#: Times are multiples of this fraction of a second (2^-30, about a nanosecond), so that their sums are exact in any
#: order up to 2^23 seconds (97 days): every method finds the same times, to the last bit.
GRAIN_S = 2.0**-30

#: Limits are inclusive; a microsecond of room keeps a walk of exactly the limit inside after rounding.
ROUNDING_S = 1e-6

#: The same in minutes.
ROUNDING_MIN = ROUNDING_S / 60

#: Stairs that gain less than this have no sure direction: a metre is within what terrain models err by.
SURE_CLIMB_M = 1.0

#: A grade of exactly the limit is open; heights that went through a file differ by less than this.
ROUNDING_GRADE = 1e-9


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
    """Work out how long a walker takes along each edge in each direction, and which edges are open.

    A slope changes the speed of each step of an edge's profile by the walker's own function of the grade in
    the direction of travel, and a grade beyond the walker's limits closes that direction. Stairs are walked
    at a share of the level speed and no slope is added: their factors were measured on stairs, so the climb is
    in them, and a terrain model, which is coarser than a flight, would only count it twice. Crossings
    cost a delay. Unknown heights are walked as flat and close nothing.

    The walker's gates say who uses private edges: with ``resident`` gates a private edge cannot be entered
    from a node that a public edge touches, so walks leave an estate but do not cut through it. A link that is only
    proposed opens it to everybody where it ends.
    """
    grades = _Grades.of(network)
    seconds = (network.length_m / walker.metres_per_second)[:, None] * _slow_down(network, walker, grades)
    seconds += (_wait(network, walker) * _share_of_crossing(network))[:, None]
    for limit, uphill in ((walker.max_grade_up, True), (walker.max_grade_down, False)):
        if limit is not None and grades is not None:
            steepest = grades.steepest(walker.grade_over_m, len(seconds))
            # an edge that climbs from first to last node is climbed forth and descended back
            too_steep = (steepest if uphill else steepest[:, ::-1]) > limit + ROUNDING_GRADE
            seconds[too_steep & ~network.steps[:, None]] = inf
    if walker.stairs_factor is None:
        seconds[network.steps] = inf
    if walker.gates == "closed":
        seconds[network.private] = inf
    seconds[network.oneway < 0, 0] = inf
    seconds[network.oneway > 0, 1] = inf
    enter = np.ones(seconds.shape, bool)
    if walker.gates == "resident":
        public_node = np.zeros(len(network.xy), bool)
        public_node[network.ends[~network.private & (network.kind != LINK)]] = True
        enter = ~(network.private[:, None] & public_node[network.ends])
    return Footing(network, walker, round_seconds(seconds), enter)


@dataclass(frozen=True, eq=False)
class _Grades:
    """The steps between one height and the next along edges, those of an edge one after the other.

    Attributes
    ----------
    edge
        ``(k,)`` the edge of each step, growing.
    grade
        ``(k,)`` rise over run from the edge's first towards its last node; NaN where a height is unknown.
    run_m
        ``(k,)`` length of each step; all steps of an edge are as long as each other.
    """

    edge: NDArray[np.int64]
    grade: NDArray[np.float64]
    run_m: NDArray[np.float64]

    @classmethod
    def of(cls, network: WalkNetwork) -> _Grades | None:
        """Take the grades of a network's profile, or of its climbs where it has none; None without heights."""
        if network.profile is None:
            edge = np.flatnonzero(np.isfinite(network.climb_m))
            rise, count = network.climb_m[edge], np.ones(len(edge), np.int64)
        else:
            count = np.diff(network.profile.start) - 1
            edge = np.repeat(np.arange(len(count)), count)
            within = np.ones(len(network.profile.height_m) - 1, bool)
            within[network.profile.start[1:-1] - 1] = False
            rise, count = np.diff(network.profile.height_m)[within], count[edge]
        if not np.isfinite(rise).any():
            return None
        run = network.length_m[edge] / count
        return cls(edge, np.divide(rise, run, out=np.full(len(run), np.nan), where=run > 0), run)

    def steepest(self, over_m: float, edges: int) -> NDArray[np.float64]:
        """Return ``(e, 2)`` the steepest climb over a length, forth and back; 0 where there is none.

        Climbing back is descending forth. Stretches with an unknown height do not count; an edge shorter than the
        length is one stretch.
        """
        first = np.searchsorted(self.edge, np.arange(edges))
        steps = np.diff(np.append(first, len(self.edge)))[self.edge]
        wanted = np.minimum(np.ceil(over_m / np.where(self.run_m > 0, self.run_m, np.inf) - ROUNDING_GRADE), steps)
        stretch = np.maximum(wanted, 1).astype(np.int64)
        place = np.arange(len(self.edge)) - first[self.edge]
        whole = np.flatnonzero(place + stretch <= steps)
        # an unknown grade makes every stretch that holds it unknown, and no other
        known = np.concatenate([[0], np.cumsum(np.isfinite(self.grade))])
        rise = np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(self.grade), self.grade, 0.0))])
        stop = whole + stretch[whole]
        mean = np.where(known[stop] - known[whole] == stretch[whole], rise[stop] - rise[whole], 0.0) / stretch[whole]
        climbs = np.zeros((edges, 2))
        np.maximum.at(climbs[:, 0], self.edge[whole], mean)
        np.maximum.at(climbs[:, 1], self.edge[whole], -mean)
        return climbs


def _slow_down(network: WalkNetwork, walker: Walker, grades: _Grades | None) -> NDArray[np.float64]:
    """Return ``(e, 2)`` by how much longer than on the flat an edge takes, forth and back."""
    factor = np.ones((len(network.ends), 2))
    if grades is not None and walker.slope != "flat":
        steps = np.bincount(grades.edge, minlength=len(factor))
        for way, grade in enumerate((grades.grade, -grades.grade)):
            pace = 1 / scale_speed(walker.slope, grade, critical_grade=walker.critical_grade)
            total = np.bincount(grades.edge, weights=pace, minlength=len(factor))
            np.divide(total, steps, out=factor[:, way], where=steps > 0)
    if walker.stairs_factor is None:
        return factor
    factor[network.steps] = 1 / walker.stairs_factor
    if walker.stairs_up_factor is not None and walker.stairs_down_factor is not None:
        up_down = 1 / np.array([walker.stairs_up_factor, walker.stairs_down_factor])
        factor[network.steps & (network.climb_m > SURE_CLIMB_M)] = up_down
        factor[network.steps & (network.climb_m < -SURE_CLIMB_M)] = up_down[::-1]
    return factor


def _wait(network: WalkNetwork, walker: Walker) -> NDArray[np.float64]:
    """Return ``(e,)`` the delay of the crossing that an edge is part of, seconds."""
    by_control = [walker.crossing_s.get(name, 0.0) for name in CROSSINGS]  # type: ignore[call-overload]  # the names are those of the walker's file, and "" is none of them
    delay = np.tile(np.array([0.0, *by_control[1:]])[:, None], len(ROADS))
    signals = CROSSINGS.index("signals")
    for road, name in enumerate(ROADS):
        if name in walker.crossing_road_s:
            delay[1:signals, road] = walker.crossing_road_s[name]
    if walker.signals is not None:
        delay[signals] = walker.signals.delay_s
    return np.asarray(delay[network.crossing, network.crossed])


def _share_of_crossing(network: WalkNetwork) -> NDArray[np.float64]:
    """Return ``(e,)`` the share of its way's delay that an edge bears: a crossing is split where it meets the road.

    A crossing that is a node is two edges of no length, one on each side of the road.
    """
    mapped = network.osm_way >= 0
    _, way = np.unique(np.where(mapped, network.osm_way, -1 - np.arange(len(mapped))), return_inverse=True)
    crossing = np.where(network.crossing > 0, network.length_m, 0.0)
    whole = np.bincount(way, weights=crossing)[way]
    return np.divide(crossing, whole, out=np.where(network.length_m > 0, 1.0, 0.5), where=whole > 0)
