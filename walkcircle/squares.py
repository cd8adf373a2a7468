"""Open squares: the straight ways across an area that people walk in any direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: An area with more corners to join than this is walked along its edge only: chords grow as the square.
MOST_SQUARE_CORNERS = 120


def draw_chords(
    xy: NDArray[np.float64], rings: Sequence[NDArray[np.int64]], joined: NDArray[np.bool_]
) -> list[NDArray[np.int64]]:
    """Draw the straight ways across a square that shortest walks can use.

    Parameters
    ----------
    xy
        ``(n, 2)`` coordinates of all nodes, metres.
    rings
        Node positions of the outline, outer ring first, then its holes.
    joined
        ``(n,)`` nodes where other ways meet the outline.

    Returns
    -------
    list of ndarray
        Pairs of node positions.

    Notes
    -----
    Shortest ways inside a polygon bend only at its inward corners, and touch those as tangents; the
    chords between joined nodes and inward corners that see each other and are tangent there hold them
    all (the reduced visibility graph; de Berg et al., Computational Geometry, chapter 15).
    """
    node, before, after, inward = _corners(xy, rings)
    useful = joined[node] | inward
    node, before, after, free = node[useful], before[useful], after[useful], joined[node[useful]]
    if not 1 < len(node) <= MOST_SQUARE_CORNERS:
        return []
    a, b = np.triu_indices(len(node), k=1)
    along = xy[node[b]] - xy[node[a]]
    tangent = np.ones(len(a), bool)
    for end in (a, b):
        sides = [np.sign(_cross(along, xy[beside[end]] - xy[node[end]])) for beside in (before, after)]
        tangent &= free[end] | (sides[0] * sides[1] >= 0)
    a, b = a[tangent & (node[a] != node[b])], b[tangent & (node[a] != node[b])]
    chords = shapely.linestrings(np.stack([xy[node[a]], xy[node[b]]], axis=1))
    shape = shapely.make_valid(shapely.Polygon(xy[rings[0]], [xy[ring] for ring in rings[1:]]))
    # a millimetre of room, so that a chord along the edge itself is not lost to rounding
    roomy = shapely.buffer(shape, 0.001)
    shapely.prepare(roomy)
    visible = shapely.covers(roomy, chords)
    return list(np.stack([node[a[visible]], node[b[visible]]], axis=1))


def _corners(
    xy: NDArray[np.float64], rings: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """List the nodes of all rings with their neighbours, and whether the outline turns inward there."""
    parts = []
    for i, ring in enumerate(rings):
        node = ring[:-1] if ring[0] == ring[-1] else ring
        before, after = np.roll(node, 1), np.roll(node, -1)
        turn = _cross(xy[node] - xy[before], xy[after] - xy[node])
        area = _cross(xy[node], xy[after]).sum()
        parts.append((node, before, after, (turn * area < 0) if i == 0 else (turn * area > 0)))
    node, before, after, inward = (np.concatenate(column) for column in zip(*parts, strict=True))
    return node, before, after, inward


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
