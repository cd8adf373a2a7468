"""Grids: people counted in the cells of a raster or in areas, shared among the homes in each cell.

Sharing keeps totals: what the homes of a cell receive adds up to what the cell holds. A cell without a home is listed,
and its people are kept in its middle where the planner says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from rasterio.windows import Window

from walkcircle.errors import SourceError, StudyError
from walkcircle.groups import EVERYBODY
from walkcircle.sources.rasters import TILE, apply_affine, open_raster, read_crs
from walkcircle.sources.registers import read_cells
from walkcircle.tables import Residences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.study import PopulationSection

    Numbers = NDArray[np.float64]
    Positions = NDArray[np.int64]

#: Files that hold areas; all others are read as rasters.
AREA_FILES = frozenset({".gpkg", ".geojson", ".json", ".shp", ".parquet", ".geoparquet"})

#: A residence takes part in the sharing when at least so much of it lies in cells that are known.
MOST = 0.5

#: So many cells without a home are named in a note; the fullest ones first.
NAMED = 20


def read_grid(
    section: PopulationSection, *, folder: Path, crs: CRS, bounds: tuple[float, float, float, float]
) -> gpd.GeoDataFrame:
    """Read the cells of a study's grid.

    Parameters
    ----------
    section
        The grid's file and its columns or bands.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.
    bounds
        West, south, east, north in `crs`: of a raster, only cells that touch this are read.

    Returns
    -------
    GeoDataFrame
        A row per cell, by the cell's name; columns are ``all`` and the ids of groups, people, missing where unknown.

    Raises
    ------
    SourceError
        The file is not there, cannot be read, has no CRS, lacks a band, or counts fewer than nobody.
    TableError
        A column of areas is missing or holds no numbers.
    StudyError
        A band is no number.
    """
    if section.grid is None:
        msg = '[population] names no grid; add grid = "people.tif", or the path of a file of areas'
        raise StudyError(msg)
    path = folder / section.grid
    if path.suffix.lower() in AREA_FILES:
        return read_cells(path, columns=section.grid_columns or {EVERYBODY: str(Residences.population)}, crs=crs)
    bands = {group: _read_band(band) for group, band in (section.grid_columns or {EVERYBODY: "1"}).items()}
    with open_raster(path, of="people") as raster:
        return _read_raster(raster, path.name, bands, crs, bounds)


@dataclass(frozen=True, eq=False)
class SharedGrid:
    """What became of the people of a grid.

    Attributes
    ----------
    residences
        With the people of their cells; outside all cells, and where a cell is unknown, as they were.
    empty
        The cells with people and without a home, as they were read.
    outside
        By position in `residences`: no known cell counts the residents there.
    """

    residences: gpd.GeoDataFrame
    empty: gpd.GeoDataFrame
    outside: NDArray[np.bool_]


def share_cells(cells: gpd.GeoDataFrame, residences: gpd.GeoDataFrame) -> SharedGrid:
    """Share the people of each cell among the homes in it, so that they add up to the cell.

    The residents of a cell are shared by dwellings, known or estimated; where a residence has no number of them, by
    its people. A group is shared by the residents, so that it has the same share in all homes of a cell, and by
    dwellings where there are none. A residence that lies in several cells takes part in each by the share of its
    area there (areal interpolation: Goodchild and Lam 1980); a point on a border is of the first cell. One that lies
    mostly outside the known cells takes no part and stays as it is.

    Parameters
    ----------
    cells
        As read by :func:`read_grid`.
    residences
        :class:`~walkcircle.tables.Residences` in the same CRS.
    """
    overlay = _Overlay.of(residences.geometry.to_numpy(), cells.geometry.to_numpy())
    people = residences[Residences.population].to_numpy(dtype=float)
    homes, lived = _count_homes(residences)[overlay.shape] * overlay.part, people[overlay.shape] * overlay.part
    without = np.zeros(len(cells), bool)
    outside = np.zeros(len(residences), bool)
    columns: dict[str, Numbers] = {}
    if EVERYBODY in cells:
        pairs, new, without = overlay.share(cells[EVERYBODY].to_numpy(dtype=float), homes, homes)
        outside = np.isnan(new)
        columns[Residences.population] = np.where(outside, people, new)
        lived = np.where(np.isnan(pairs), lived, pairs)
    for group in (str(column) for column in cells.columns.drop([cells.geometry.name, EVERYBODY], errors="ignore")):
        _, new, left = overlay.share(cells[group].to_numpy(dtype=float), lived, homes)
        without |= left
        old = residences[group].to_numpy(dtype=float) if group in residences else np.full(len(residences), np.nan)
        columns[group] = np.where(np.isnan(new), old, new)
    return SharedGrid(residences.assign(**columns), cells[without], outside)


def add_empty_cells(shared: SharedGrid, *, source: str) -> gpd.GeoDataFrame:
    """Return the residences, and one more in the middle of each cell that has people and no home.

    Parameters
    ----------
    shared
        As :func:`share_cells` made it.
    source
        Name of the grid, under which the new residences stand.
    """
    if EVERYBODY not in shared.empty:
        return shared.residences
    empty = shared.empty[shared.empty[EVERYBODY] > 0]
    if len(empty) == 0:
        return shared.residences
    groups = {str(c): empty[c].to_numpy(dtype=float) for c in empty.columns.drop(empty.geometry.name) if c != EVERYBODY}
    homes = gpd.GeoDataFrame(
        {
            Residences.residence: [f"{source}: {name}" for name in empty.index],
            Residences.population: empty[EVERYBODY].to_numpy(dtype=float),
            Residences.source: source,
            **groups,
        },
        geometry=shapely.point_on_surface(empty.geometry.to_numpy()),
        crs=empty.crs,
    )
    joined = pd.concat([shared.residences, homes], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry=joined.geometry.name, crs=empty.crs)


def describe_empty_cells(empty: gpd.GeoDataFrame, *, source: str, kept: bool) -> list[str]:
    """Say which cells have people and no home, and what became of the people."""
    if len(empty) == 0:
        return []
    counted = EVERYBODY if EVERYBODY in empty else str(empty.columns.drop(empty.geometry.name)[0])
    people = empty[counted].fillna(0.0).sort_values(ascending=False, kind="stable")
    named = [f"{name} ({number:,.0f})" for name, number in people.iloc[:NAMED].items()]
    more = f" and {len(people) - NAMED:,} more" if len(people) > NAMED else ""
    outcome = "they are kept in the middle of their cells" if kept else "they are not in the analysis"
    what = f"{len(empty):,} cells of {source} with {people.sum():,.0f} people have no mapped home"
    return [f"{what}; {outcome}: {', '.join(named)}{more}."]


# ── sharing ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Overlay:
    """Pairs of a shape and a cell that it lies in, with the share of the shape that is there."""

    shape: Positions
    cell: Positions
    part: Numbers
    shapes: int
    cells: int

    @classmethod
    def of(cls, shapes: NDArray[np.object_], cells: NDArray[np.object_]) -> _Overlay:
        """Lay shapes over cells."""
        shape, cell = shapely.STRtree(cells).query(shapes, predicate="intersects")
        order = np.lexsort((cell, shape))
        shape, cell = shape[order], cell[order]
        area = shapely.area(shapes)
        part = np.ones(len(shape))
        areal = area[shape] > 0
        # most shapes lie in one cell, which is much quicker to see than to cut
        shapely.prepare(cells)
        cut = np.flatnonzero(areal)
        cut = cut[~shapely.covers(cells[cell[cut]], shapes[shape[cut]])]
        part[cut] = shapely.area(shapely.intersection(shapes[shape[cut]], cells[cell[cut]])) / area[shape[cut]]
        # a point is in one cell only
        part[~areal & (np.diff(shape, prepend=-1) == 0)] = 0.0
        some = part > 0
        return cls(shape[some], cell[some], part[some], len(shapes), len(cells))

    def share(self, count: Numbers, weight: Numbers, otherwise: Numbers) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
        """Share the count of each cell among its pairs by weight, or by the other one where that is none.

        Returns
        -------
        pairs, sums : ndarray
            By pair and by shape; missing where no known cell holds most of the shape.
        left : ndarray of bool
            By cell: there are people and nobody to share them among.
        """
        known = ~np.isnan(count[self.cell])
        held = np.bincount(self.shape, self.part * known, self.shapes) >= MOST
        taking = known & held[self.shape]
        first = np.bincount(self.cell, weight * taking, self.cells)
        second = np.bincount(self.cell, otherwise * taking, self.cells)
        used = np.where(first[self.cell] > 0, weight, otherwise)
        total = np.where(first > 0, first, second)
        pairs = np.where(taking, 0.0, np.nan)
        some = taking & (total[self.cell] > 0)
        # the share first: a weight may be so small that its product with the count is nothing
        pairs[some] = count[self.cell[some]] * (used[some] / total[self.cell[some]])
        sums = np.bincount(self.shape[taking], pairs[taking], self.shapes)
        return pairs, np.where(held, sums, np.nan), (total <= 0) & (count > 0)


def _count_homes(residences: gpd.GeoDataFrame) -> Numbers:
    """Return dwellings; where they are not known, people take their place, at as many a home as elsewhere."""
    people: Numbers = residences[Residences.population].to_numpy(dtype=float)
    if Residences.dwellings not in residences:
        return people
    homes: Numbers = residences[Residences.dwellings].to_numpy(dtype=float)
    known = homes > 0
    per_person = homes[known].sum() / people[known].sum() if people[known].sum() > 0 else 1.0
    return np.asarray(np.where(known, homes, people * per_person))


# ── rasters ────────────────────────────────────────────────────────────────────────────────────────────


def _read_band(band: str) -> int:
    if not band.isdecimal() or int(band) < 1:
        msg = f"[population] grid_columns: '{band}' is no band of a raster; write its number, as in elder = \"2\""
        raise StudyError(msg)
    return int(band)


def _read_raster(
    raster: Any, name: str, bands: Mapping[str, int], crs: CRS, bounds: tuple[float, float, float, float]
) -> gpd.GeoDataFrame:
    """Read the known cells of a raster that touch the bounds, window by window."""
    lacking = next((band for band in bands.values() if band > raster.count), None)
    if lacking is not None:
        msg = f"{name}: has {raster.count} bands, and grid_columns names band {lacking}; name one that is there"
        raise SourceError(msg)
    back = Transformer.from_crs(read_crs(raster), crs, always_xy=True)
    parts = [_read_window(raster, name, window, bands, back) for window in _list_windows(raster, back, bounds)]
    if not parts:
        msg = f"{name}: does not reach the study; give a raster of the place"
        raise SourceError(msg)
    return gpd.GeoDataFrame(pd.concat(parts))


def _list_windows(raster: Any, back: Transformer, bounds: tuple[float, float, float, float]) -> Iterator[Window]:
    """List windows that together hold all cells that touch the bounds."""
    west, south, east, north = bounds
    along = np.linspace(0.0, 1.0, 21)
    # the edges of the bounds are bent in the raster's CRS, so that their corners would not do
    x = np.concatenate([west + along * (east - west)] * 2 + [np.full(21, west), np.full(21, east)])
    y = np.concatenate([np.full(21, south), np.full(21, north)] + [south + along * (north - south)] * 2)
    columns, rows = apply_affine(~raster.transform, *back.transform(x, y, direction="INVERSE"))
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        return
    first, last = max(int(np.floor(columns.min())), 0), min(int(np.ceil(columns.max())), raster.width)
    top, bottom = max(int(np.floor(rows.min())), 0), min(int(np.ceil(rows.max())), raster.height)
    for row in range(top, bottom, TILE):
        for column in range(first, last, TILE):
            yield Window(column, row, min(TILE, last - column), min(TILE, bottom - row))


def _read_window(
    raster: Any, name: str, window: Window, bands: Mapping[str, int], back: Transformer
) -> gpd.GeoDataFrame:
    """Read the cells of a window of which something is known, as areas."""
    counts = {}
    for group, band in bands.items():
        read = raster.read(band, window=window, masked=True).astype(np.float64).filled(np.nan)
        counts[group] = (read * raster.scales[band - 1] + raster.offsets[band - 1]).ravel()
        if (counts[group] < 0).any():
            worst = np.nanmin(counts[group])
            msg = f"{name}: band {band} counts {worst:g} people in a cell; declare that number as nodata (gdal_edit)"
            raise SourceError(msg)
    known = np.flatnonzero(np.isfinite(np.column_stack([*counts.values()])).any(axis=1))
    row, column = window.row_off + known // window.width, window.col_off + known % window.width
    corner = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    x, y = back.transform(*apply_affine(raster.transform, column[:, None] + corner[:, 0], row[:, None] + corner[:, 1]))
    rings = shapely.polygons(np.stack([x, y], axis=-1))
    names = [f"row {r}, column {c}" for r, c in zip(row, column, strict=True)]
    return gpd.GeoDataFrame(
        {group: count[known] for group, count in counts.items()}, geometry=rings, index=names, crs=back.target_crs
    )
