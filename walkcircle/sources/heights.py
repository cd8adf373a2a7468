"""Heights: from a terrain model (a raster such as a GeoTIFF) to a profile along each street.

Three things are done so that a terrain model does not invent hills:

- It is averaged over :data:`WINDOW_M` before it is read, since its errors are as large as a flight of stairs. The
  average is that of the ground around a point and not of an edge's own heights, so that all streets that meet at a
  corner agree on its height and a street of ten metres is smoothed as well as a long one. Averaging keeps an even slope
  as it is and lowers a hilltop.
- Bridges and tunnels do not follow the ground. Their heights run evenly between the streets at their ends, and so do
  those of the first metres of these streets, where the average would already hold the valley below.
- Nothing is made up where it knows nothing: unknown heights are NaN, and are walked as flat.

A model of the bare ground (DTM) serves better than one of the surface (DSM), in which streets climb over roofs and
trees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer
from rasterio.windows import Window

from walkcircle import kernels
from walkcircle.errors import SourceError
from walkcircle.network import Profile, WalkNetwork
from walkcircle.sources.rasters import TILE, apply_affine, open_raster, read_crs

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Heights along an edge are no further apart than this, metres: shorter than the stretch over which a wheelchair's
#: limit must keep up, and than the cells of most terrain models.
SPACING_M = 10.0

#: Width of the running mean, metres, taken twice in both directions; never less than three cells, as in the common
#: estimate of slope from 3 × 3 cells (Horn 1981, doi 10.1109/PROC.1981.11918). Of the difference between two heights of
#: Copernicus GLO-30 up to 2 m are error, nine times in ten (its makers' figure); between cells of 30 m that is a grade
#: of 7 %. Averaged over three cells twice, about 0.4 % is left, which the tests measure. GraphHopper averages along the
#: road for the same reason, over 150 m to each side.
WINDOW_M = 40.0

#: Heights outside these are marks for "unknown" that the file does not declare: the shore of the Dead Sea lies at
#: -430 m, the top of the world at 8,849 m.
LOWEST_M, HIGHEST_M = -500.0, 9000.0

#: Metres in the units that a file may state for its heights.
_METRES = (
    ({"", "m", "metre", "metres", "meter", "meters"}, 1.0),
    ({"ft", "foot", "feet"}, 0.3048),
    ({"us-ft", "ftus", "us survey foot"}, 1200 / 3937),
)


def apply_heights(network: WalkNetwork, path: str | Path) -> WalkNetwork:
    """Return the network with heights along its edges, read from a terrain model.

    Parameters
    ----------
    network
        Streets in a metric CRS.
    path
        A raster with one band of heights in any CRS: GeoTIFF, or whatever else GDAL reads without a plug-in.

    Returns
    -------
    WalkNetwork
        With `profile` and `climb_m`; both are NaN where the raster knows nothing.

    Raises
    ------
    SourceError
        The file is missing, is no raster, has no CRS or several bands, or knows no height here.
    """
    file = Path(path)
    with open_raster(file, of="heights") as raster:
        return _add_profile(network, _Terrain.of(raster, network, file.name))


def measure_unknown(network: WalkNetwork) -> float:
    """Return the share, 0 to 1, of the length of the streets whose heights are unknown."""
    if network.profile is None:
        return 1.0
    steps = np.diff(network.profile.start) - 1
    edge = np.repeat(np.arange(len(steps)), steps + 1)
    first = np.delete(np.arange(len(edge)), network.profile.start[1:] - 1)
    unknown = np.isnan(network.profile.height_m[first]) | np.isnan(network.profile.height_m[first + 1])
    metres = (network.length_m / steps)[edge[first]]
    return float(metres[unknown].sum() / metres.sum()) if metres.sum() > 0 else float(unknown.mean())


@dataclass(frozen=True, eq=False)
class _Terrain:
    """An open raster, how to get into it, and how far heights are averaged.

    Attributes
    ----------
    raster
        The open file.
    name
        Its name, for messages.
    into
        From the network's CRS to the raster's.
    to_metres
        Metres in one unit of height.
    cells
        Width of the running mean along rows and columns, cells, both odd.
    reach_m
        How far from a point the average still holds other heights, metres.
    """

    raster: Any
    name: str
    into: Transformer
    to_metres: float
    cells: tuple[int, int]
    reach_m: float

    @classmethod
    def of(cls, raster: Any, network: WalkNetwork, name: str) -> _Terrain:
        """Check a raster, and measure its cells in the middle of the network."""
        if raster.count != 1:
            msg = f"{name}: has {raster.count} bands; heights need a file with one, so write that of the heights alone"
            raise SourceError(msg)
        unit = (raster.units[0] or "").strip().lower()
        to_metres = next((factor for names, factor in _METRES if unit in names), None)
        if to_metres is None:
            msg = f"{name}: heights are in {unit!r}; convert them to metres"
            raise SourceError(msg)
        into = Transformer.from_crs(network.crs, read_crs(raster), always_xy=True)
        column, row = apply_affine(~raster.transform, *into.transform(*network.xy.mean(axis=0)))
        x, y = apply_affine(raster.transform, column + np.array([0, 1, 0]), row + np.array([0, 0, 1]))
        xy = np.column_stack(into.transform(x, y, direction="INVERSE"))
        width, height = np.hypot(*(xy[1:] - xy[0]).T)
        if not (np.isfinite([width, height]).all() and min(width, height) > 0):
            raise SourceError(_word_nowhere(name, raster, network))
        cells = tuple(max(3, 2 * round((WINDOW_M / size - 1) / 2) + 1) for size in (width, height))
        # the mean taken twice reaches half of its width twice, and the four cells around a point one further
        reach = max(n * size for n, size in zip(cells, (width, height), strict=True))
        return cls(raster, name, into, to_metres, (cells[0], cells[1]), float(reach))

    def heights(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(k,)`` averaged heights at points of the network's CRS, between four cells; NaN where unknown."""
        column, row = apply_affine(~self.raster.transform, *self.into.transform(*xy.T))
        # a height belongs to the middle of its cell
        column, row = column - 0.5, row - 0.5
        found = np.full(len(xy), np.nan)
        # the outer half of the outermost cells has heights on one side only
        inside = np.isfinite(column) & np.isfinite(row)
        inside &= (column >= -0.5) & (column <= self.raster.width - 0.5)
        inside &= (row >= -0.5) & (row <= self.raster.height - 0.5)
        points = np.flatnonzero(inside)
        column = np.clip(column[points], 0, self.raster.width - 1)
        row = np.clip(row[points], 0, self.raster.height - 1)
        across = int(self.raster.width // TILE + 1)
        tile = (row // TILE).astype(np.int64) * across + (column // TILE).astype(np.int64)
        order = np.argsort(tile, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
            if len(part):
                west, north = int(column[part[0]] // TILE) * TILE, int(row[part[0]] // TILE) * TILE
                found[points[part]] = self._read_tile(west, north, column[part], row[part])
        return found

    def _read_tile(
        self, west: int, north: int, column: NDArray[np.float64], row: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Read the heights around one square of cells, average them, and weigh the four around each point."""
        wide, high = self.cells
        left, top = max(west - wide, 0), max(north - high, 0)
        right = min(west + TILE + 1 + wide, self.raster.width)
        bottom = min(north + TILE + 1 + high, self.raster.height)
        read = self.raster.read(1, window=Window(left, top, right - left, bottom - top), masked=True)
        height: NDArray[np.float64] = (
            read.astype(np.float64).filled(np.nan) * self.raster.scales[0] + self.raster.offsets[0]
        )
        height *= self.to_metres
        height[(height < LOWEST_M) | (height > HIGHEST_M)] = np.nan
        smooth = _average(height, wide, high)
        return _weigh_four(smooth, column - left, row - top)


def _average(height: NDArray[np.float64], wide: int, high: int) -> NDArray[np.float64]:
    """Take the running mean of what is known, twice in each direction; what is unknown stays so."""
    known = np.isfinite(height)
    total, weight = np.where(known, height, 0.0), known.astype(np.float64)
    for axis, width in ((1, wide), (0, high), (1, wide), (0, high)):
        total, weight = _running_sum(total, width, axis), _running_sum(weight, width, axis)
    return np.asarray(np.divide(total, weight, out=np.full(height.shape, np.nan), where=known))


def _running_sum(values: NDArray[np.float64], width: int, axis: int) -> NDArray[np.float64]:
    """Sum each cell with its neighbours, half of `width` to both sides."""
    size, half = values.shape[axis], width // 2
    sums = np.cumsum(np.insert(values, 0, 0.0, axis=axis), axis=axis)
    place = np.arange(size)
    return np.asarray(
        np.take(sums, np.minimum(place + half + 1, size), axis) - np.take(sums, np.maximum(place - half, 0), axis)
    )


def _weigh_four(
    height: NDArray[np.float64], column: NDArray[np.float64], row: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate between the four cells around each point; NaN where one that counts is unknown."""
    west = np.minimum(column.astype(np.int64), max(height.shape[1] - 2, 0))
    north = np.minimum(row.astype(np.int64), max(height.shape[0] - 2, 0))
    east, south = np.minimum(west + 1, height.shape[1] - 1), np.minimum(north + 1, height.shape[0] - 1)
    right, down = column - west, row - north
    found = np.zeros(len(column))
    for j, i, weight in (
        (north, west, (1 - right) * (1 - down)),
        (north, east, right * (1 - down)),
        (south, west, (1 - right) * down),
        (south, east, right * down),
    ):
        found += np.where(weight > 0, weight * height[j, i], 0.0)
    return found


def _add_profile(network: WalkNetwork, terrain: _Terrain) -> WalkNetwork:
    """Read heights along the ground, and bridge the rest."""
    aloft = network.level != 0
    steps = np.maximum(np.ceil(network.length_m / SPACING_M), 1).astype(np.int64)
    steps[aloft] = 1  # evenly from end to end
    start = np.concatenate([[0], np.cumsum(steps + 1)])
    height = terrain.heights(_points_along(network, steps, start))
    if not np.isfinite(height).any():
        raise SourceError(_word_nowhere(terrain.name, terrain.raster, network))
    if aloft.any():
        height = _level_bridges(network, start, height, terrain.reach_m)
    profile = Profile(start, height)
    return replace(network, profile=profile, climb_m=profile.climb_m)


def _points_along(network: WalkNetwork, steps: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``(s, 2)`` points at equal distances along every edge, from its first node to its last."""
    xy, edge = shapely.get_coordinates(network.lines, return_index=True)
    apart = np.hypot(*np.diff(xy, axis=0).T)
    same = edge[1:] == edge[:-1]
    # one long measuring tape over all lines, with a metre between one and the next
    tape = np.concatenate([[0.0], np.cumsum(np.where(same, apart, 1.0))])
    first = np.searchsorted(edge, np.arange(len(steps)))
    last = np.append(first[1:], len(edge)) - 1
    of = np.repeat(np.arange(len(steps)), steps + 1)
    share = (np.arange(start[-1]) - start[of]) / steps[of]
    at = tape[first[of]] + share * (tape[last[of]] - tape[first[of]])
    return np.column_stack([np.interp(at, tape, xy[:, 0]), np.interp(at, tape, xy[:, 1])])


def _level_bridges(
    network: WalkNetwork, start: NDArray[np.int64], height: NDArray[np.float64], reach_m: float
) -> NDArray[np.float64]:
    """Return the heights with those on and just before bridges and tunnels replaced by even slopes between the others.

    Nodes that a bridge or tunnel touches are hung between the nearest heights outside: on each edge from such a
    node the first one beyond `reach_m`, else the other node. A node's height is the mean of those around it,
    weighted by one over the distance, as on a string under tension; along a single bridge that is a straight line.
    """
    aloft = network.level != 0
    hung = np.zeros(len(network.xy), bool)
    hung[network.ends[aloft]] = True
    steps = np.diff(start) - 1
    step_m = network.length_m / steps
    away = np.ceil(reach_m / np.maximum(step_m, 1e-9)).astype(np.int64)
    # positions, within an edge, of the last height that hangs from its first node, and of the first from its last
    on_first, on_last = hung[network.ends[:, 0]], hung[network.ends[:, 1]]
    low = np.where(on_first, np.minimum(away, steps), 0)
    high = np.where(on_last, np.maximum(steps - away, 0), steps)
    through = (low >= high) & (on_first | on_last)
    fixed: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = []
    both = through & on_first & on_last
    for end, mine, other, at in ((0, on_first, on_last, low), (1, on_last, on_first, high)):
        edge = np.flatnonzero(mine & ~both)
        outside = np.where(through & ~other, steps * (1 - end), at)[edge]
        metres = np.abs(outside - steps[edge] * end) * step_m[edge]
        fixed.append((network.ends[edge, end], height[start[edge] + outside], metres))
    node_height = _hang_nodes(hung, network.ends[both], network.length_m[both], fixed)
    height = height.copy()
    for bent in np.flatnonzero(on_first | on_last).tolist():
        part = height[start[bent] : start[bent + 1]]
        n = len(part) - 1
        a, b = network.ends[bent]
        if on_first[bent]:
            part[0] = node_height[a]
        if on_last[bent]:
            part[n] = node_height[b]
        for i, k in ((0, n),) if through[bent] else ((0, int(low[bent])), (int(high[bent]), n)):
            part[i : k + 1] = np.linspace(part[i], part[k], k - i + 1)
    return height


def _hang_nodes(
    hung: NDArray[np.bool_],
    links: NDArray[np.int64],
    link_m: NDArray[np.float64],
    fixed: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """Solve for the heights of the hanging nodes, one connected piece at a time; NaN where nothing holds a piece.

    `links` are pairs of hanging nodes and `link_m` their distances; `fixed` are nodes, the heights that hold them, and
    the distances to these.
    """
    found = np.full(len(hung), np.nan)
    nodes = np.flatnonzero(hung)
    number = np.full(len(hung), -1)
    number[nodes] = np.arange(len(nodes))
    (a, b), pull = number[links].T, 1 / np.maximum(link_m, 0.01)
    node, height, metres = (np.concatenate(column) for column in zip(*fixed, strict=True))
    sure = np.isfinite(height)
    node, height, hold = number[node[sure]], height[sure], 1 / np.maximum(metres[sure], 0.01)
    held = np.bincount(node, weights=hold, minlength=len(nodes))
    wanted = np.bincount(node, weights=hold * height, minlength=len(nodes))
    piece = kernels.label_pieces(np.column_stack([a, b]), len(nodes))
    members, joined = np.argsort(piece, kind="stable"), np.argsort(piece[a], kind="stable")
    label = np.unique(piece)
    place = np.empty(len(nodes), np.int64)
    for mine, links_here in zip(
        np.split(members, np.searchsorted(piece[members], label[1:])),
        np.split(joined, np.searchsorted(piece[a][joined], label[1:])),
        strict=True,
    ):
        if not held[mine].any():
            continue
        place[mine] = np.arange(len(mine))
        i, j, k = place[a[links_here]], place[b[links_here]], pull[links_here]
        system = np.diag(held[mine])
        np.add.at(system, (i, i), k)
        np.add.at(system, (j, j), k)
        np.add.at(system, (i, j), -k)
        np.add.at(system, (j, i), -k)
        found[nodes[mine]] = np.linalg.solve(system, wanted[mine])
    return found


def _word_nowhere(name: str, raster: Any, network: WalkNetwork) -> str:
    """Word that a raster lies elsewhere, and where."""
    place = Transformer.from_crs(network.crs, 4326, always_xy=True).transform_bounds(
        *network.xy.min(axis=0), *network.xy.max(axis=0)
    )
    covered = Transformer.from_crs(read_crs(raster), 4326, always_xy=True).transform_bounds(*raster.bounds)
    streets, file = (", ".join(f"{degree:.3f}" for degree in box) for box in (place, covered))
    return (
        f"{name}: knows the height of none of the streets (100 % are unknown); it covers {file} and the streets lie in "
        f"{streets} (west, south, east, north in degrees): give heights of this place"
    )
