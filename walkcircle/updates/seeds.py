"""Seeds: where ways to facilities end, found by facility and by vertex, so that a change touches only its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.footing import GRAIN_S, round_seconds
from walkcircle.legs import SAME_DOOR_M, Legs, walk_directly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.footing import Footing
    from walkcircle.snapping import Spots
    from walkcircle.updates.edits import Reseeding


class Seeds:
    """The seeds of all facilities: a vertex, the seconds that remain from there, the facility and its kind.

    Attributes
    ----------
    arrays
        What the compiled loops look at: seeds in chains, those of each vertex together, with room for more.
    """

    def __init__(self, footing: Footing, starts: Spots, ends: Spots, kind: NDArray[np.int64]) -> None:
        """Seed all facilities; `footing` may change its seconds later, and seeds made then follow it."""
        nodes = len(footing.network.xy)
        vertex, seconds, facility = _seed_all(footing, starts, ends)
        order = np.argsort(facility, kind="stable")
        vertex, seconds, facility = vertex[order], seconds[order], facility[order]
        self._start = kernels.count_arcs(facility, len(kind))
        self._own: dict[int, NDArray[np.int64]] = {}
        self._count = len(vertex)
        first = np.full(nodes + len(starts.labels), -1, np.int64)
        self.arrays = kernels.Seeds(
            first, np.full(len(vertex), -1, np.int64), vertex, seconds, facility, kind[facility]
        )
        kernels.join_seeds(self.arrays, np.arange(len(vertex)))
        edge = np.argsort(starts.edge, kind="stable")
        network, self._pace = footing.network, footing.walker.metres_per_second
        self._doors = kernels.Doors(
            footing.seconds, footing.enter, network.ends, kernels.count_arcs(starts.edge[edge], len(network.ends)),
            nodes + starts.item[edge], starts.fraction[edge], round_seconds(starts.access_m[edge] / self._pace),
            np.ascontiguousarray(starts.door_xy[edge], float),
        )  # fmt: skip

    def make(self, spots: Spots) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return vertices and seconds of the seeds of one thing, on the streets as they are now."""
        return kernels.find_seeds(
            self._doors, spots.edge, spots.fraction, spots.access_m, spots.door_xy, self._pace, GRAIN_S, SAME_DOOR_M
        )

    def of(self, facility: int) -> NDArray[np.int64]:
        """Return the positions of the seeds of a facility."""
        found = self._own.get(facility)
        if found is not None:
            return found
        if facility + 1 < len(self._start):
            return np.arange(self._start[facility], self._start[facility + 1])
        return np.empty(0, np.int64)

    def find_facilities(self, vertices: NDArray[np.int64]) -> list[int]:
        """Find the facilities that have seeds at some vertices; their numbers grow."""
        found: list[int] = np.unique(kernels.list_seeded(self.arrays, vertices)).tolist()
        return found

    def drop(self, at: NDArray[np.int64]) -> None:
        """Take seeds out of their chains; they keep their positions."""
        kernels.drop_seeds(self.arrays, at)

    def join(self, at: NDArray[np.int64]) -> None:
        """Put seeds that were taken out into their chains again."""
        kernels.join_seeds(self.arrays, at)

    def replace(self, new: Reseeding) -> None:
        """Replace the seeds of a facility."""
        self.drop(new.old)
        stop = self._count + len(new.vertex)
        if stop > len(self.arrays.vertex):  # twice the room, so that all that are ever added are copied once or twice
            self.arrays = self.arrays._replace(
                **{name: np.resize(getattr(self.arrays, name), 2 * stop) for name in self.arrays._fields[1:]}
            )
        at = np.arange(self._count, stop)
        self.arrays.vertex[at], self.arrays.seconds[at] = new.vertex, new.seconds
        self.arrays.facility[at], self.arrays.kind[at] = new.facility, new.kind
        self.join(at)
        self._own[new.facility], self._count = at, stop

    def restore(self, new: Reseeding) -> None:
        """Take the last replacement back."""
        at = self._own[new.facility]
        self.drop(at)
        self._count -= len(at)
        self.join(new.old)
        self._own[new.facility] = new.old


def _seed_all(
    footing: Footing, starts: Spots, ends: Spots
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return vertex, seconds and thing of the seeds of many things at once."""
    arriving = Legs.arriving(footing, ends)
    begin, end, direct, _ = walk_directly(footing, starts, ends)
    vertex = np.concatenate([arriving.node.ravel(), len(footing.network.xy) + starts.item[begin]])
    seconds = np.concatenate([arriving.seconds.ravel(), direct])
    thing = np.concatenate([np.repeat(ends.item, 2), ends.item[end]])
    finite = np.isfinite(seconds)
    return vertex[finite], seconds[finite], thing[finite]
