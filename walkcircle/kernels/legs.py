"""Legs: the ways between spots along edges and the ends of their edges, and between spots on one edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def measure_legs(
    edge: NDArray[np.int64],
    fraction: NDArray[np.float64],
    access: NDArray[np.float64],
    along: NDArray[np.float64],
    enter: NDArray[np.bool_],
    arriving: bool,  # noqa: FBT001 - kernels take arrays and numbers by position
    grain: float,
) -> NDArray[np.float64]:
    """Measure the ways between spots and the two ends of their edges.

    Parameters
    ----------
    edge, fraction, access
        ``(k,)`` edge of each spot, how far along it, and the seconds of its access leg.
    along
        ``(e, 2)`` seconds along each whole edge from its first to its last node, and back; infinite where closed.
    enter
        ``(e, 2)`` whether an edge may be entered from its first, and from its last, node; asked when arriving only.
    arriving
        Whether the ways lead to the spots.
    grain
        Parts of edges are rounded to multiples of it, seconds.

    Returns
    -------
    ndarray, shape (k, 2)
        Seconds between each spot and its edge's first and last node, access leg included; infinite where that way
        is closed. None of an edge costs nothing, even of a closed one.
    """
    seconds = np.empty((len(edge), 2))
    for spot in range(np.uint64(len(edge))):
        e = np.uint64(edge[spot])
        for side in range(2):
            part = fraction[spot] if side == 0 else 1 - fraction[spot]
            whole = along[e, side] if arriving else along[e, 1 - side]
            leg = np.rint(part * whole / grain) * grain if part > 0 else 0.0
            seconds[spot, side] = np.inf if arriving and not enter[e, side] else leg + access[spot]
    return seconds


@jit
def join_spots(
    one: NDArray[np.int64], other: NDArray[np.int64], edges: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair the positions of spots that lie on the same edge.

    Parameters
    ----------
    one, other
        Edges of some spots and of others.
    edges
        How many edges there are.

    Returns
    -------
    first, second : ndarray
        Positions in `one` and in `other`, by the first, then the second.
    """
    start = np.full(edges, -1, np.int64)
    following = np.empty(len(other), np.int64)
    for back in range(len(other)):
        spot = len(other) - 1 - back
        following[spot] = start[other[spot]]
        start[other[spot]] = spot
    count = 0
    for edge in one:
        spot = start[edge]
        while spot >= 0:
            count += 1
            spot = following[spot]
    first, second = np.empty(count, np.int64), np.empty(count, np.int64)
    filled = 0
    for place in range(len(one)):
        spot = start[one[place]]
        while spot >= 0:
            first[filled], second[filled] = place, spot
            filled += 1
            spot = following[spot]
    return first, second


@jit
def improve_lanes(
    best: NDArray[np.float64],
    row: NDArray[np.int64],
    lane: NDArray[np.int64],
    cost: NDArray[np.float64],
    limit: float,
) -> None:
    """Lower costs in a table where others within the limit are lower.

    Parameters
    ----------
    best
        ``(n, lanes)`` costs, changed in place.
    row, lane, cost
        ``(k,)`` where each of the others belongs, and what it is.
    limit
        Largest cost that counts, inclusive.
    """
    for i in range(len(row)):
        if cost[i] <= limit and cost[i] < best[row[i], lane[i]]:
            best[row[i], lane[i]] = cost[i]
