"""Arcs: what searches run over, as a CSR, or as a hierarchy made ready for many questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: Width of a search bucket as a multiple of the mean arc cost; the answer does not depend on it.
BUCKET_ARCS = 0.5

#: Most buckets in a search.
MOST_BUCKETS = 4096


@dataclass(frozen=True, eq=False)
class Csr:
    """Arcs sorted by their tail: those of node v are ``indptr[v]:indptr[v + 1]``.

    Attributes
    ----------
    indptr, head
        ``(n + 1,)`` and ``(a,)``, uint32: Numba's loops are quickest over unsigned numbers.
    cost, metres
        ``(a,)`` seconds (multiples of ``walkcircle.footing.GRAIN_S``) and length.
    """

    indptr: NDArray[np.uint32]
    head: NDArray[np.uint32]
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
        indptr = kernels.count_arcs(tail, nodes).astype(np.uint32)
        return cls(indptr, head[order].astype(np.uint32), cost[order], metres[order])

    def buckets(self, seed_cost: NDArray[np.float64], limit_s: float) -> tuple[float, int]:
        """Choose the width and the number of search buckets, a power of two."""
        longest = max(self._longest, float(np.max(seed_cost, initial=0.0, where=np.isfinite(seed_cost))))
        longest = min(longest, limit_s)
        width = max(self._mean * BUCKET_ARCS, longest / (MOST_BUCKETS - 2)) or 1.0
        return width, 1 << int(longest / width + 2).bit_length()

    @cached_property
    def _mean(self) -> float:
        """Mean cost of the arcs, seconds."""
        return float(self.cost.mean()) if len(self.cost) else 0.0

    @cached_property
    def _longest(self) -> float:
        """Greatest cost of an arc, seconds."""
        return float(self.cost.max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A bounded elimination hierarchy (:mod:`walkcircle.kernels.hierarchies`); exact for every cost up to its limit.

    Attributes
    ----------
    limit_s
        Longest cost that is exact, seconds.
    number, node
        ``(n,)`` the number in the hierarchy of each node, and the node of each number.
    up, above, climb, descend
        Arcs of each number to greater ones: where they start, where they lead, the seconds there and back.
    down, below, drop, lift
        The same arcs by their upper end: where they lead, the seconds down and back up.
    """

    limit_s: float
    number: NDArray[np.uint32]
    node: NDArray[np.uint32]
    up: NDArray[np.int64]
    above: NDArray[np.uint32]
    climb: NDArray[np.float64]
    descend: NDArray[np.float64]
    down: NDArray[np.int64]
    below: NDArray[np.uint32]
    drop: NDArray[np.float64]
    lift: NDArray[np.float64]

    def __repr__(self) -> str:
        """Say how large it is."""
        arcs = len(self.above) / max(len(self.node), 1)
        return f"<Hierarchy {len(self.node):,} nodes, {arcs:.1f} arcs each, within {self.limit_s / 60:g} min>"


def build_hierarchy(outward: Csr, inward: Csr, limit_s: float) -> Hierarchy:
    """Build a hierarchy from the arcs in the direction of walking and the same arcs reversed.

    Parameters
    ----------
    outward, inward
        Arcs by their tail, and by their head.
    limit_s
        Longest walk that will be asked for, seconds. Without a limit shortcuts are not dropped, and building takes
        many times as long.
    """
    number, up, above, climb, descend = kernels.order_hierarchy(
        *kernels.eliminate_nodes(
            outward.indptr, outward.head, outward.cost, inward.indptr, inward.head, inward.cost, limit_s
        )
    )
    nodes = len(number)
    node = np.empty(nodes, np.uint32)
    node[number] = np.arange(nodes, dtype=np.uint32)
    order = np.argsort(above, kind="stable")
    lower = np.repeat(np.arange(nodes, dtype=np.uint32), np.diff(up))
    down = np.concatenate([[0], np.cumsum(np.bincount(above, minlength=nodes))]).astype(np.int64)
    return Hierarchy(limit_s, number, node, up, above, climb, descend, down, lower[order], descend[order], climb[order])
