"""The streets that one walk touches, cut where limits of time are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit, lengthen

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def cut_streets(
    node: NDArray[np.uint32],
    seconds: NDArray[np.float64],
    indptr: NDArray[np.int64],
    half: NDArray[np.int64],
    enter: NDArray[np.bool_],
    along: NDArray[np.float64],
    own_edge: NDArray[np.int64],
    own_fraction: NDArray[np.float64],
    own_seconds: NDArray[np.float64],
    levels: NDArray[np.float64],
    stamp: int,
    seen: NDArray[np.int64],
    place: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Cut every edge that one origin's walks touch into stretches that are reached between two levels.

    The time at a fraction f of an edge is the least of ``first + f * there``, ``last + (1 - f) * back`` and,
    on an edge where the walks begin, of the way along it; each rises or falls steadily, so the edge is cut
    exactly where one of them meets a level.

    Parameters
    ----------
    node, seconds
        Nodes that were reached, and when.
    indptr, half
        CSR of the edges at each node: ``2 * edge + side``, side 0 where the node is the edge's first.
    enter, along
        ``(e, 2)`` whether an edge may be entered from either end, and seconds along it from there.
    own_edge, own_fraction, own_seconds
        Where the walks begin.
    levels
        ``(m,)`` times, growing.
    stamp, seen, place
        Workspace ``(e,)``, ``(e,)``, and a number not in `seen`; on return it marks the edges touched.

    Returns
    -------
    edge, start, stop, slot : ndarray
        Stretches as fractions of their edge, in the order of the edges as they were met. Those of slot j
        are reached within level j and not within level j - 1; of slot m, within none.
    """
    room = len(own_edge)
    for i in range(len(node)):
        room += indptr[node[i] + np.uint32(1)] - indptr[node[i]]
    touched = np.empty(room, np.int64)
    entry = np.full((room, 2), np.inf)
    count = 0
    for own in range(len(own_edge)):
        edge = own_edge[own]
        if seen[edge] != stamp:
            seen[edge], place[edge], touched[count] = stamp, count, edge
            count += 1
    begun = count
    for i in range(len(node)):
        for at in range(indptr[node[i]], indptr[node[i] + np.uint32(1)]):
            edge, side = half[at] >> 1, half[at] & 1
            if not enter[edge, side]:
                continue
            if seen[edge] != stamp:
                seen[edge], place[edge], touched[count] = stamp, count, edge
                count += 1
            entry[place[edge], side] = seconds[i]
    most = 2 + len(own_edge) + (2 + 2 * len(own_edge)) * len(levels)
    cuts = np.empty(most, np.float64)
    size = 2 * count + most
    out_edge, out_slot = np.empty(size, np.int64), np.empty(size, np.int64)
    out_start, out_stop = np.empty(size, np.float64), np.empty(size, np.float64)
    filled = 0
    for k in range(count):
        edge = touched[k]
        first, last, there, back = entry[k, 0], entry[k, 1], along[edge, 0], along[edge, 1]
        mine = len(own_edge) if k < begun else 0
        cuts[0], cuts[1] = 0.0, 1.0
        cut = 2
        for j in range(len(levels)):
            cut = _cut(cuts, cut, 0.0, levels[j] - first, there)
            cut = _cut(cuts, cut, 1.0, last - levels[j], back)
        for own in range(mine):
            if own_edge[own] != edge:
                continue
            cut = _cut(cuts, cut, own_fraction[own], 0.0, 1.0)
            for j in range(len(levels)):
                left = max(levels[j] - own_seconds[own], 0.0)
                cut = _cut(cuts, cut, own_fraction[own], left, there)
                cut = _cut(cuts, cut, own_fraction[own], -left, back)
        _sort(cuts, cut)
        if filled + cut > len(out_edge):
            size = 2 * (filled + cut)
            out_edge, out_slot = lengthen(out_edge, size), lengthen(out_slot, size)
            out_start, out_stop = lengthen(out_start, size), lengthen(out_stop, size)
        fresh = True
        for c in range(cut - 1):
            if cuts[c + 1] <= cuts[c]:
                continue
            middle = 0.5 * (cuts[c] + cuts[c + 1])
            time = min(first + middle * there, last + (1 - middle) * back)
            for own in range(mine):
                if own_edge[own] == edge:
                    apart = middle - own_fraction[own]
                    time = min(time, own_seconds[own] + (apart * there if apart > 0 else -apart * back))
            slot = 0
            while slot < len(levels) and time > levels[slot]:
                slot += 1
            if not fresh and out_slot[filled - 1] == slot:
                out_stop[filled - 1] = cuts[c + 1]
                continue
            out_edge[filled], out_slot[filled] = edge, slot
            out_start[filled], out_stop[filled] = cuts[c], cuts[c + 1]
            filled += 1
            fresh = False
    return out_edge[:filled].copy(), out_start[:filled].copy(), out_stop[:filled].copy(), out_slot[:filled].copy()


@jit
def _cut(cuts: NDArray[np.float64], count: int, base: float, left: float, whole: float) -> int:
    """Note the fraction that lies ``left / whole`` beyond `base`, where that is inside the edge."""
    if whole > 0 and np.isfinite(whole) and np.isfinite(left):
        at = base + left / whole
        if 0.0 < at < 1.0:
            cuts[count] = at
            count += 1
    return count


@jit
def _sort(values: NDArray[np.float64], count: int) -> None:
    """Sort a few values in place."""
    for i in range(1, count):
        value, j = values[i], i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
