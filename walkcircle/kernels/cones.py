"""The ground around the streets that were reached, as a field of cones on a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def measure_cones(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    spent: NDArray[np.float64],
    limits: NDArray[np.float64],
    radius: float,
    west: float,
    south: float,
    cell: float,
    columns: int,
    rows: int,
) -> NDArray[np.float64]:
    """Measure how far each grid point lies outside the ground reached, for several limits at once.

    ``f(g) = min over street points p of |g - p| - min(limit - spent(p), radius)``: negative inside, zero
    on the outline. It falls as the limit grows, so outlines of growing limits are nested.

    Parameters
    ----------
    x, y, spent
        Street points and the distance already walked when they are reached, all in metres.
    limits
        Distances that may be walked in all, metres.
    radius
        How far from a street the ground counts as reached, metres.
    west, south, cell, columns, rows
        The grid: its first point, spacing (metres) and size.

    Returns
    -------
    ndarray, shape (len(limits), rows, columns)
        The field; `cell` where nothing reached is near.
    """
    field = np.full((len(limits), rows, columns), cell)
    for point in range(len(x)):
        for k in range(len(limits)):
            left = min(limits[k] - spent[point], radius)
            if left < 0:
                continue
            near = left + cell
            first_row = max(int(np.ceil((y[point] - near - south) / cell)), 0)
            last_row = min(int(np.floor((y[point] + near - south) / cell)), rows - 1)
            first_column = max(int(np.ceil((x[point] - near - west) / cell)), 0)
            last_column = min(int(np.floor((x[point] + near - west) / cell)), columns - 1)
            for row in range(first_row, last_row + 1):
                up = south + row * cell - y[point]
                for column in range(first_column, last_column + 1):
                    across = west + column * cell - x[point]
                    value = np.sqrt(up * up + across * across) - left
                    field[k, row, column] = min(field[k, row, column], value)
    return field
