"""Payload: all that a map shows, packed small: whole numbers as differences, deflated once for the whole page.

Coordinates are pixels of the Web Mercator world at zoom 18 (0.6 m at the equator, less elsewhere), counted from
the middle of the study; a shape is a run of differences between its corners. What is drawn is thus at most
0.3 m off; no number is read from it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

ZOOM = 18
WORLD_PX = 256 * 2**ZOOM
MERCATOR = CRS.from_epsg(3857)
HALF_WORLD_M = 20037508.342789244


class Packing:
    """Collects arrays of whole numbers by name, and places in one local system of pixels."""

    def __init__(self, crs: CRS, centre: tuple[float, float]) -> None:
        """Start a payload whose pixels are counted from `centre`, given in `crs`."""
        self._to_mercator = Transformer.from_crs(crs, MERCATOR, always_xy=True)
        self.origin = (0, 0)
        self.origin = tuple(self.place(np.array([centre]))[0].tolist())
        self._arrays: dict[str, Ints] = {}

    def place(self, xy: NDArray[np.float64]) -> Ints:
        """Return ``(n, 2)`` pixels, y growing southwards, of coordinates in the place's CRS."""
        pixels: Ints = np.rint(self.project(xy)).astype(np.int64)
        return pixels

    def project(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the same with parts of pixels."""
        x, y = self._to_mercator.transform(xy[:, 0], xy[:, 1])
        scaled = np.stack([np.asarray(x) + HALF_WORLD_M, HALF_WORLD_M - np.asarray(y)], axis=1)
        return np.asarray(scaled / (2 * HALF_WORLD_M) * WORLD_PX - np.asarray(self.origin))

    def add_ints(self, name: str, values: Iterable[int] | Ints) -> str:
        """Keep whole numbers under a name and return the name."""
        self._arrays[name] = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.int64)
        return name

    def add_points(self, name: str, points: Shapes) -> str:
        """Keep points as x, y, x, y, … of differences."""
        xy = self.place(shapely.get_coordinates(points)) if len(points) else np.zeros((0, 2), np.int64)
        return self.add_ints(name, np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel())

    def add_lines(self, name: str, lines: Shapes) -> str:
        """Keep lines: how many corners each has, and the differences between corners."""
        parts, of_part = shapely.get_parts(lines, return_index=True)
        self.add_ints(f"{name}.parts", np.bincount(of_part, minlength=len(lines)))
        self._add_corners(name, parts)
        return name

    def add_areas(self, name: str, areas: Shapes) -> str:
        """Keep areas: how many rings each has, holes and parts alike, how many corners each ring has, and those."""
        # outlines one way round and holes the other, so that areas over each other add up and holes stay open
        polygons, of_polygon = shapely.get_parts(shapely.orient_polygons(areas), return_index=True)
        rings, of_ring = shapely.get_rings(polygons, return_index=True)
        self.add_ints(f"{name}.parts", np.bincount(of_polygon[of_ring], minlength=len(areas)))
        self._add_corners(name, rings)
        return name

    def _add_corners(self, name: str, lines: NDArray[np.object_]) -> None:
        coordinates, of_line = shapely.get_coordinates(lines, return_index=True)
        xy = self.place(coordinates) if len(coordinates) else np.zeros((0, 2), np.int64)
        first = np.diff(of_line, prepend=-1) != 0
        last = np.diff(of_line, append=-1) != 0
        # corners that fall on one pixel are one corner; the two ends of a line stay
        moved = first | last | (np.diff(xy, axis=0, prepend=xy[:1]) != 0).any(axis=1)
        xy, of_line = xy[moved], of_line[moved]
        self.add_ints(f"{name}.corners", np.bincount(of_line, minlength=len(lines)))
        self.add_ints(name, np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel())

    def encode(self, record: dict[str, Any]) -> str:
        """Return the record and all arrays as base64 text for the page."""
        arrays, blobs, offset = {}, [], 0
        known: dict[bytes, int] = {}  # walkers who join the same streets share the same arrays
        for name, values in self._arrays.items():
            blob = encode_ints(values)
            arrays[name] = [known.setdefault(blob, offset), len(values)]
            if known[blob] == offset:
                offset += len(blob)
                blobs.append(blob)
        head = json.dumps({**record, "origin": self.origin, "arrays": arrays}, ensure_ascii=False,
                          separators=(",", ":"), allow_nan=False).encode()  # fmt: skip
        raw = len(head).to_bytes(4, "little") + head + b"".join(blobs)
        return base64.b64encode(zlib.compress(raw, 9)).decode("ascii")


def encode_ints(values: Ints) -> bytes:
    """Encode whole numbers as zigzag varints: seven bits a byte, the smallest first.

    Examples
    --------
    >>> encode_ints(np.array([0, -1, 1, 64])).hex()
    '0001028001'
    """
    rest = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    length = np.ones(len(rest), np.int64)
    for bits in range(7, 64, 7):
        length += rest >= np.uint64(1) << np.uint64(bits)
    start = np.cumsum(length) - length
    out = np.zeros(int(length.sum()), np.uint8)
    for position in range(int(length.max(initial=0))):
        has = length > position
        more = np.where(length[has] > position + 1, 0x80, 0)
        out[start[has] + position] = ((rest[has] >> np.uint64(7 * position)) & np.uint64(0x7F)).astype(np.uint8) | more
    return out.tobytes()
