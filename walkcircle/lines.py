"""Lines taken apart for the compiled loops: their vertices, and which lie in which tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Side of a tile of the index of lines, metres; it changes how fast lines near a place are found, and no answer.
TILE_M = 100.0


@dataclass(frozen=True, eq=False)
class Vertices:
    """The vertices of lines: those of line e are ``first[e]:first[e + 1]``, each with its fraction of the line."""

    first: NDArray[np.int64]
    xy: NDArray[np.float64]
    fraction: NDArray[np.float64]

    @classmethod
    def from_lines(cls, lines: NDArray[np.object_]) -> Vertices:
        """Take lines apart."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        first = np.searchsorted(line, np.arange(len(lines) + 1)).astype(np.int64)
        step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
        step[first[:-1]] = 0.0
        along = np.cumsum(step)
        along -= along[first[:-1]][line]
        whole = along[first[1:] - 1]
        fraction = np.divide(along, whole[line], out=np.zeros(len(along)), where=whole[line] > 0)
        fraction[first[1:] - 1] = 1.0
        return cls(first, xy, np.minimum(fraction, 1.0))


@dataclass(frozen=True, eq=False)
class Tiles:
    """Lines by square tile: those of tile t are ``line[start[t]:start[t + 1]]``, tiles row by row from `corner`.

    A point of a line lies in a tile that lists it, or within a quarter of a tile of one.
    """

    start: NDArray[np.int64]
    line: NDArray[np.int64]
    corner: tuple[float, float]
    columns: int
    rows: int

    @classmethod
    def from_lines(cls, lines: NDArray[np.object_]) -> Tiles:
        """Put each line into the tiles where it has a vertex or a point every half of a tile."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        step = np.diff(xy, axis=0, append=xy[-1:])
        step[np.append(line[1:] != line[:-1], True)] = 0.0
        pieces = np.ceil(np.hypot(*step.T) / (TILE_M / 2)).astype(np.int64).clip(min=1)
        which = np.repeat(np.arange(len(xy)), pieces)
        share = (np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[which]
        xy, line = xy[which] + share[:, None] * step[which], line[which]
        corner = xy.min(axis=0)
        column, row = ((xy - corner) / TILE_M).astype(np.int64).T
        columns, rows = int(column.max()) + 1, int(row.max()) + 1
        tile, line = np.unique(np.stack([row * columns + column, line]), axis=1)
        start = np.concatenate([[0], np.cumsum(np.bincount(tile, minlength=columns * rows))])
        return cls(start, line.astype(np.int64), (float(corner[0]), float(corner[1])), columns, rows)
