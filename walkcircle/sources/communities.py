"""Hexagons, where there are no boundaries to score."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from walkcircle.tables import Communities


def make_hexagons(homes: gpd.GeoSeries, *, width_m: float) -> gpd.GeoDataFrame:
    """Cover all homes with hexagons, keeping those where somebody lives.

    Parameters
    ----------
    homes
        Residences in a metric CRS.
    width_m
        Width of a hexagon from side to side, metres; rows run west to east.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Communities`, named by column letter and row number from the north-west,
        as on a city map.
    """
    side = width_m / np.sqrt(3)
    inner = shapely.point_on_surface(homes.to_numpy())
    west, south, east, north = shapely.total_bounds(inner)
    # a grid that starts at multiples of its own spacing does not move when one home is added
    first_column, first_row = np.floor(west / width_m) - 1, np.floor(south / (1.5 * side)) - 1
    columns = np.arange(first_column, np.ceil(east / width_m) + 2)
    rows = np.arange(first_row, np.ceil(north / (1.5 * side)) + 2)
    column, row = (grid.ravel() for grid in np.meshgrid(columns, rows))
    centre = np.column_stack([(column + 0.5 * (row % 2)) * width_m, row * 1.5 * side])
    angle = np.radians(np.arange(30, 390, 60))
    corners = centre[:, None, :] + side * np.column_stack([np.cos(angle), np.sin(angle)])[None]
    # neighbours share exact corners, so that borders have no slivers
    cells = shapely.polygons(np.round(corners, 3))
    cell = shapely.STRtree(cells).query(inner, predicate="intersects")[1]
    lived = np.unique(cell)
    lived = lived[np.lexsort((column[lived], -row[lived]))]
    top, left = row[lived].max(), column[lived].min()
    names = [f"{_letters(int(column[i] - left))}{int(top - row[i]) + 1}" for i in lived]
    return gpd.GeoDataFrame(
        {Communities.community: names, Communities.name: names},
        geometry=cells[lived],
        crs=homes.crs,
    )


def _letters(number: int) -> str:
    """Count columns as a spreadsheet does: A, B, … Z, AA."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
