"""The ground around the streets that were reached: distances on a grid, and the outline between its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit, lengthen

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: An outline comes no nearer to a grid point than this share of the spacing, so that rings never touch.
NEAREST = 1 / 128


@jit
def measure_ground(
    edge: NDArray[np.int64],
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    slot: NDArray[np.int64],
    slots: int,
    spots: NDArray[np.float64],
    first: NDArray[np.int64],
    xy: NDArray[np.float64],
    fraction: NDArray[np.float64],
    rival: NDArray[np.bool_],
    tile_start: NDArray[np.int64],
    tile_edge: NDArray[np.int64],
    tiles: NDArray[np.float64],
    stamp: int,
    seen: NDArray[np.int64],
    radius: float,
    cell: float,
) -> tuple[NDArray[np.float64], float, float]:
    """Measure the distance from the points of a grid to the stretches of each slot, up to ``radius + cell``.

    Parameters
    ----------
    edge, start, stop, slot, slots
        Stretches as :func:`cut_streets` returns them, and the number of slots; the last is not reached.
    spots
        ``(k, 2)`` where the walks begin; the grid holds them too.
    first, xy, fraction
        Vertices of the lines: those of edge e are ``first[e]:first[e + 1]``, each with its fraction of the edge.
    rival
        ``(e,)`` edges that count where they are not reached.
    tile_start, tile_edge, tiles
        CSR of the edges by tile; ``tiles`` is west, south, size, columns and rows.
    stamp, seen
        As :func:`cut_streets` left them; edges near the stretches are marked, too.
    radius, cell
        How far the ground reaches, and the spacing of the grid, metres.

    Returns
    -------
    field : ndarray, shape (slots, rows, columns)
        Squared distances, infinite where a stretch is far.
    west, south : float
        The first point of the grid, a multiple of the spacing.
    """
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for i in range(len(spots)):
        west, east = min(west, spots[i, 0]), max(east, spots[i, 0])
        south, north = min(south, spots[i, 1]), max(north, spots[i, 1])
    for i in range(len(edge)):
        if slot[i] == slots - 1:
            continue
        for v in range(first[edge[i]], first[edge[i] + 1] - 1):
            low, high = max(start[i], fraction[v]), min(stop[i], fraction[v + 1])
            if low > high:
                continue
            for at in (low, high):
                share = (at - fraction[v]) / max(fraction[v + 1] - fraction[v], 1e-300)
                x = xy[v, 0] + share * (xy[v + 1, 0] - xy[v, 0])
                y = xy[v, 1] + share * (xy[v + 1, 1] - xy[v, 1])
                west, east, south, north = min(west, x), max(east, x), min(south, y), max(north, y)
    near = radius + cell
    west, south = np.floor((west - near) / cell) * cell, np.floor((south - near) / cell) * cell
    columns = int(np.ceil((east + near - west) / cell)) + 1
    rows = int(np.ceil((north + near - south) / cell)) + 1
    field = np.full((slots, rows, columns), np.inf)
    for i in range(len(edge)):
        if slot[i] == slots - 1 and not rival[edge[i]]:
            continue
        _spread(field[slot[i]], edge[i], start[i], stop[i], first, xy, fraction, west, south, cell, near)
    size = tiles[2]
    # a street lies within a quarter of a tile of a place that put it there
    low_column = max(int(np.floor((west - near - tiles[0]) / size - 0.25)), 0)
    high_column = min(int(np.floor((west + columns * cell + near - tiles[0]) / size + 0.25)), int(tiles[3]) - 1)
    low_row = max(int(np.floor((south - near - tiles[1]) / size - 0.25)), 0)
    high_row = min(int(np.floor((south + rows * cell + near - tiles[1]) / size + 0.25)), int(tiles[4]) - 1)
    for tile_row in range(low_row, high_row + 1):
        for tile_column in range(low_column, high_column + 1):
            tile = tile_row * int(tiles[3]) + tile_column
            for at in range(tile_start[tile], tile_start[tile + 1]):
                other = tile_edge[at]
                if seen[other] == stamp or not rival[other]:
                    continue
                seen[other] = stamp
                _spread(field[slots - 1], other, 0.0, 1.0, first, xy, fraction, west, south, cell, near)
    return field, west, south


@jit
def _spread(
    layer: NDArray[np.float64],
    edge: int,
    start: float,
    stop: float,
    first: NDArray[np.int64],
    xy: NDArray[np.float64],
    fraction: NDArray[np.float64],
    west: float,
    south: float,
    cell: float,
    near: float,
) -> None:
    """Lower squared distances to those from one stretch of an edge."""
    rows, columns = layer.shape
    for v in range(first[edge], first[edge + 1] - 1):
        low, high = max(start, fraction[v]), min(stop, fraction[v + 1])
        if low > high:
            continue
        whole = max(fraction[v + 1] - fraction[v], 1e-300)
        dx, dy = xy[v + 1, 0] - xy[v, 0], xy[v + 1, 1] - xy[v, 1]
        low, high = (low - fraction[v]) / whole, (high - fraction[v]) / whole
        # a long slanting segment is taken piece by piece, since its box would be mostly empty
        pieces = int(np.sqrt(dx * dx + dy * dy) * (high - low) / (2 * cell)) + 1
        for piece in range(pieces):
            begin = low + (high - low) * piece / pieces
            end = low + (high - low) * (piece + 1) / pieces
            ax, ay = xy[v, 0] + begin * dx, xy[v, 1] + begin * dy
            ex, ey = (end - begin) * dx, (end - begin) * dy
            squared = ex * ex + ey * ey
            inverse = 1 / squared if squared > 0 else 0.0
            first_row = max(int(np.ceil((min(ay, ay + ey) - near - south) / cell)), 0)
            last_row = min(int(np.floor((max(ay, ay + ey) + near - south) / cell)), rows - 1)
            first_column = max(int(np.ceil((min(ax, ax + ex) - near - west) / cell)), 0)
            last_column = min(int(np.floor((max(ax, ax + ex) + near - west) / cell)), columns - 1)
            for row in range(first_row, last_row + 1):
                up = south + row * cell - ay
                for column in range(first_column, last_column + 1):
                    across = west + column * cell - ax
                    share = min(max((across * ex + up * ey) * inverse, 0.0), 1.0)
                    off_x, off_y = across - share * ex, up - share * ey
                    layer[row, column] = min(layer[row, column], off_x * off_x + off_y * off_y)


@jit
def trace_outlines(
    field: NDArray[np.float64],
    held: NDArray[np.int64],
    spots: NDArray[np.float64],
    spot_slot: NDArray[np.int64],
    west: float,
    south: float,
    cell: float,
    radius: float,
    favour: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Trace the outline of the ground within each limit.

    A grid point is in the ground of a limit when a stretch that is reached lies within `radius` of it, and no
    stretch that is not reached lies nearer to it by more than `favour` than one that is. Between a
    point inside and one outside, the outline crosses where the first bound is met by straight interpolation,
    or at the share ``u / (u + r)`` of the way, for the distance u of the inner point from what is not reached
    and the distance r of the outer one from what is: always between two parallel streets.

    Shapes are nested to the last bit. With a longer limit every r falls and every u grows, so points only join, and
    crossings only move outwards along their side of a square, whose other coordinate they share (see `_cross`). Within
    one square the ground is a corner cut off, two of them, or the hull of its corners and crossings; each of these is
    convex, and holds all corners and crossings of a shorter limit's.

    Parameters
    ----------
    field
        As :func:`measure_ground` returns it.
    held
        ``(k,)`` for each limit the last slot that is reached.
    spots, spot_slot
        ``(s, 2)`` where walks begin and the slot of each; all of its square of the grid belongs to the ground.
    west, south, cell, radius
        As in :func:`measure_ground`.
    favour
        How much nearer what is not reached must be, metres.

    Returns
    -------
    xy : ndarray, shape (p, 2)
        Corners, ring by ring, each closed.
    ring_start : ndarray, shape (r + 1,)
        Where the corners of each ring begin.
    limit, polygon : ndarray, shape (r,)
        Which limit each ring belongs to, and which polygon: the first ring of each is its shell.
    """
    slots, rows, columns = field.shape
    far = (radius + cell) ** 2
    points = np.empty((1024, 2), np.float64)
    ring_start, ring_limit, ring_polygon = np.zeros(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    filled, rings, polygons = 0, 0, 0
    inside = np.zeros((rows, columns), np.bool_)
    mine = np.empty((rows, columns), np.float64)
    other = np.empty((rows, columns), np.float64)
    following = np.empty(2 * rows * columns, np.int64)
    owner = np.empty(2 * rows * columns, np.int64)
    for k in range(len(held)):
        for row in range(rows):
            for column in range(columns):
                to_mine, to_other = far, far
                for j in range(slots):
                    value = field[j, row, column]
                    if j <= held[k]:
                        to_mine = min(to_mine, value)
                    else:
                        to_other = min(to_other, value)
                mine[row, column], other[row, column] = to_mine, to_other
                inside[row, column] = to_mine <= radius * radius and (
                    to_mine <= to_other or np.sqrt(to_mine) <= np.sqrt(to_other) + favour
                )
        for spot in range(len(spots)):
            if spot_slot[spot] <= held[k]:
                row, column = int((spots[spot, 1] - south) / cell), int((spots[spot, 0] - west) / cell)
                inside[row, column] = inside[row, column + 1] = True
                inside[row + 1, column] = inside[row + 1, column + 1] = True
        for row in range(rows - 1):
            for column in range(columns - 1):
                code = (
                    inside[row, column]
                    + 2 * inside[row, column + 1]
                    + 4 * inside[row + 1, column + 1]
                    + 8 * inside[row + 1, column]
                )
                if code in (0, 15):
                    continue
                below = 2 * (row * columns + column)
                left, right, above = below + 1, below + 3, below + 2 * columns
                # the ground lies on the left hand of every piece of outline
                if code == 1:
                    following[below] = left
                elif code == 2:
                    following[right] = below
                elif code == 4:
                    following[above] = right
                elif code == 8:
                    following[left] = above
                elif code == 3:
                    following[right] = left
                elif code == 6:
                    following[above] = below
                elif code == 12:
                    following[left] = right
                elif code == 9:
                    following[below] = above
                elif code == 7:
                    following[above] = left
                elif code == 11:
                    following[right] = above
                elif code == 13:
                    following[below] = right
                elif code == 14:
                    following[left] = below
                else:
                    excess, lead = 0.0, 0.0
                    for r in range(row, row + 2):
                        for c in range(column, column + 2):
                            excess += np.sqrt(mine[r, c]) - radius
                            lead += np.sqrt(mine[r, c]) - np.sqrt(other[r, c]) - favour
                    joined = excess <= 0 and lead <= 0
                    if code == 5 and joined:
                        following[below], following[above] = right, left
                    elif code == 5:
                        following[below], following[above] = left, right
                    elif joined:
                        following[right], following[left] = above, below
                    else:
                        following[right], following[left] = below, above
        for row in range(rows):
            for column in range(columns - 1):
                if inside[row, column] != inside[row, column + 1]:
                    owner[2 * (row * columns + column)] = -1
        for row in range(rows):
            polygon = -1
            for column in range(columns - 1):
                if inside[row, column] == inside[row, column + 1]:
                    continue
                begin = 2 * (row * columns + column)
                if owner[begin] >= 0:
                    polygon = ring_polygon[owner[begin]]
                    continue
                if rings + 2 > len(ring_start):
                    ring_start = lengthen(ring_start, 2 * len(ring_start))
                    ring_limit, ring_polygon = (
                        lengthen(ring_limit, 2 * len(ring_limit)),
                        lengthen(ring_polygon, 2 * len(ring_polygon)),
                    )
                if inside[row, column + 1]:
                    polygon = polygons
                    polygons += 1
                ring_limit[rings], ring_polygon[rings] = k, polygon
                at = begin
                while True:
                    owner[at] = rings
                    if filled + 2 > len(points):
                        longer = np.empty((2 * len(points), 2), np.float64)
                        for done in range(filled):
                            longer[done, 0], longer[done, 1] = points[done, 0], points[done, 1]
                        points = longer
                    r, c, upward = (at >> 1) // columns, (at >> 1) % columns, at & 1
                    r2, c2 = r + upward, c + 1 - upward
                    if inside[r, c]:
                        share = _cross(mine[r, c], mine[r2, c2], other[r, c], other[r2, c2], radius, favour)
                    else:
                        share = 1 - _cross(mine[r2, c2], mine[r, c], other[r2, c2], other[r, c], radius, favour)
                    points[filled, 0] = west + (c + (0 if upward else share)) * cell
                    points[filled, 1] = south + (r + (share if upward else 0)) * cell
                    filled += 1
                    at = following[at]
                    if at == begin:
                        break
                points[filled, 0] = points[ring_start[rings], 0]
                points[filled, 1] = points[ring_start[rings], 1]
                filled += 1
                rings += 1
                ring_start[rings] = filled
    return (
        points[:filled].copy(),
        ring_start[: rings + 1].copy(),
        ring_limit[:rings].copy(),
        ring_polygon[:rings].copy(),
    )


@jit
def _cross(mine: float, mine_out: float, other: float, other_out: float, radius: float, favour: float) -> float:
    """Return the share of the way from a point inside to one outside at which the outline crosses.

    All but the radius and the favour are squared distances. Each distance enters each share once, by steps that rise
    or fall steadily even as they are rounded, so that with a longer limit a crossing never moves inwards, not by the
    last bit. In ``u / (u + r)`` u enters twice, and the quotient sometimes falls as u grows by a bit; that of
    ``1 / (1 + r / u)`` never does.
    """
    share = 1.0
    over = np.sqrt(mine_out) - radius
    if over > 0:
        left = radius - np.sqrt(mine)
        share = 1 / (1 + over / left) if left > 0 else 0.0
    if np.sqrt(mine_out) > np.sqrt(other_out) + favour:
        share = min(share, 1 / (1 + np.sqrt(mine_out / other)) if other > 0 else 0.0)
    return min(max(share, NEAREST), 1 - NEAREST)
