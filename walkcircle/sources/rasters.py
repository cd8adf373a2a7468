"""Rasters: opened, placed and refused in one way, whatever their cells tell."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from walkcircle.errors import SourceError

#: A raster is read in squares of this many cells, and only where something is asked of it.
TILE = 512


@contextmanager
def open_raster(path: Path, *, of: str) -> Iterator[Any]:
    """Open a raster, and close it after the block; what goes wrong in the block is said of this file.

    Parameters
    ----------
    path
        A GeoTIFF, or whatever else GDAL reads without a plug-in.
    of
        What it tells, for messages, such as ``heights``.

    Raises
    ------
    SourceError
        The file is missing, is no raster, has no CRS, or cannot be read to its end.
    """
    if not path.exists():
        msg = f"{path}: there is no such file of {of}; check the path"
        raise SourceError(msg)
    try:
        with warnings.catch_warnings():
            # a file that is tied to no place is refused below, in words
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                if raster.crs is None:
                    msg = (
                        f"{path.name}: has no coordinate reference system; assign one, for instance with gdal_edit "
                        "-a_srs"
                    )
                    raise SourceError(msg)
                yield raster
    except (RasterioError, ProjError) as error:
        msg = f"{path.name}: cannot be read as a raster of {of} ({error}); give a GeoTIFF, or download it again"
        raise SourceError(msg) from None


def read_crs(raster: Any) -> CRS:
    """Return the coordinate reference system of an open raster."""
    return CRS.from_user_input(raster.crs.to_wkt())


def apply_affine(affine: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Map coordinates; written out because the operator for it depends on the version of the library."""
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f
