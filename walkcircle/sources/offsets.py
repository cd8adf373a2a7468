"""The shifted coordinates of Chinese maps, GCJ-02 and BD-09, and how to find out which ones a file holds.

Maps published in China are shifted against WGS 84: by up to 730 m in GCJ-02 (Gaode, Tencent and others), by up to
1,500 m in BD-09 (Baidu), which shifts GCJ-02 once more. CGCS 2000 is the datum of surveyors and lies within a metre
of WGS 84. No agency has published the formulas. Those here have been public since 2013; the constants are those of
``wandergis/coordtransform`` (MIT), and one published answer of a map service lies 0.7 m from them. For BD-09 two
waves are in use, 42 m apart at most; this is the more common one, with 3000/180. The inverse is found by iteration
and is exact to the rounding of numbers. The packages that offer this have had no release since 2020, work point by
point, and invert to metres only; so it is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Degrees = NDArray[np.float64]
    Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

#: Half axis and squared eccentricity of the Krasovsky 1940 ellipsoid, as the formula has them.
AXIS_M, ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
#: West, south, east, north of the box outside which GCJ-02 is WGS 84, degrees.
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
#: What BD-09 adds to GCJ-02: degrees east and north, and the angle of its ripples.
BD_EAST, BD_NORTH, BD_RIPPLE = 0.0065, 0.006, np.pi * 3000.0 / 180.0
#: The inverse stops where a step is shorter than this, degrees: 1e-11 is a thousandth of a millimetre.
STEP_DEG = 1e-11

#: Fewer points than this say nothing about the datum of a file.
ENOUGH_POINTS = 20
#: A point is on the map where a street or a building is as near as this, metres.
ON_MAP_M = 15.0
#: What makes another reading clearly the better one: so many of its points are on the map, and so many more.
CLEAR_SHARE, CLEAR_LEAD = 0.6, 0.15


def to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn WGS 84 degrees into GCJ-02 degrees; outside China both are the same.

    Examples
    --------
    >>> lon, lat = to_gcj02(np.array([116.404]), np.array([39.915]))
    >>> print(f"{lon[0]:.9f} {lat[0]:.9f}")
    116.410244499 39.916404282
    """
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    bent = 1.0 - ECCENTRICITY2 * np.sin(phi) ** 2
    shift_lat = np.degrees(north / (AXIS_M * (1.0 - ECCENTRICITY2) / (bent * np.sqrt(bent))))
    shift_lon = np.degrees(east / (AXIS_M / np.sqrt(bent) * np.cos(phi)))
    inside = find_in_china(lon, lat)
    return np.where(inside, lon + shift_lon, lon), np.where(inside, lat + shift_lat, lat)


def from_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn GCJ-02 degrees into WGS 84 degrees, to less than a millimetre."""
    return _invert(to_gcj02, lon, lat)


def to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn WGS 84 degrees into BD-09 degrees; outside China both are the same."""
    return _ripple(*to_gcj02(lon, lat), find_in_china(lon, lat))


def from_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Turn BD-09 degrees into WGS 84 degrees, to less than a millimetre."""
    return _invert(to_bd09, lon, lat)


def find_in_china(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    """Say which points lie in the box where maps are shifted; it takes in some of the neighbours and of the sea."""
    west, south, east, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _ripple(lon: Degrees, lat: Degrees, inside: NDArray[np.bool_]) -> tuple[Degrees, Degrees]:
    """Turn GCJ-02 into BD-09 where `inside`."""
    length = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_RIPPLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_RIPPLE)
    return (
        np.where(inside, length * np.cos(angle) + BD_EAST, lon),
        np.where(inside, length * np.sin(angle) + BD_NORTH, lat),
    )


def _invert(shift: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find what `shift` turns into `lon` and `lat`: a step is hundredfold smaller than the one before it."""
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    goal_x, goal_y = x.copy(), y.copy()
    for _ in range(30):
        there_x, there_y = shift(x, y)
        step_x, step_y = goal_x - there_x, goal_y - there_y
        x, y = x + step_x, y + step_y
        if not (np.abs(step_x) > STEP_DEG).any() and not (np.abs(step_y) > STEP_DEG).any():
            break
    # at the edge of the box the shift begins at once, so that some points there have no inverse and stay
    there_x, there_y = shift(x, y)
    lost = ~((np.abs(there_x - goal_x) < 1e-9) & (np.abs(there_y - goal_y) < 1e-9))
    return np.where(lost, goal_x, x), np.where(lost, goal_y, y)


#: Each shifted datum → how WGS 84 comes into it and out of it.
_DATUMS = (("wgs84", None, None), ("gcj02", to_gcj02, from_gcj02), ("bd09", to_bd09, from_bd09))


def move_shapes(shapes: gpd.GeoSeries, datum: str) -> gpd.GeoSeries:
    """Turn shapes in shifted degrees into WGS 84.

    Parameters
    ----------
    shapes
        Degrees of `datum`, whatever CRS they carry.
    datum
        ``gcj02`` or ``bd09``; ``wgs84`` changes nothing.

    Returns
    -------
    GeoSeries
        In EPSG:4326, index kept.
    """
    back = next(inverse for name, _, inverse in _DATUMS if name == datum)
    return _move(shapes, back)


@dataclass(frozen=True)
class Fit:
    """How well points fit the map when they are read in one datum.

    Attributes
    ----------
    datum
        ``wgs84``, ``gcj02`` or ``bd09``.
    on_map
        Share of the points within :data:`ON_MAP_M` of a street or a building, 0 to 1.
    points
        Points that were counted: those inside the box of the map.
    """

    datum: str
    on_map: float
    points: int


def compare_readings(shapes: gpd.GeoSeries, ground: NDArray[Any], *, declared: str = "wgs84") -> list[Fit]:
    """Compare how well a file fits the map as WGS 84, GCJ-02 and BD-09, best first.

    Parameters
    ----------
    shapes
        Points or areas in a metric CRS, read as `declared`.
    ground
        Streets and buildings in the same CRS.
    declared
        The datum that the shapes were read in.

    Returns
    -------
    list of Fit
        Empty outside China, and for fewer than :data:`ENOUGH_POINTS` points near the map.
    """
    points = gpd.GeoSeries(shapes.representative_point()).to_crs("EPSG:4326")
    forward = next(shift for name, shift, _ in _DATUMS if name == declared)
    written = _move(points, forward)
    inside = find_in_china(points.x.to_numpy(), points.y.to_numpy())
    if inside.sum() < ENOUGH_POINTS or len(ground) == 0:
        return []
    tree = shapely.STRtree(ground)
    # streets end soon beyond the study area, and a point that lies outside them says nothing
    edge = shapely.box(*shapely.total_bounds(ground)).buffer(ON_MAP_M)
    read = {name: _move(written, inverse).to_crs(shapes.crs).to_numpy()[inside] for name, _, inverse in _DATUMS}
    counted = {name: places[shapely.intersects(edge, places)] for name, places in read.items()}
    most = max(map(len, counted.values()))
    if most < ENOUGH_POINTS:
        return []
    # a reading that puts the file beside the map is no better for the few points that are left
    found = [
        Fit(name, _count_on_map(tree, places) / max(len(places), most / 2), len(places))
        for name, places in counted.items()
    ]
    return sorted(found, key=lambda fit: -fit.on_map)


def choose_reading(fits: list[Fit], declared: str) -> tuple[str, bool] | None:
    """Return another datum that fits better than the declared one, and whether that is clear; None if there is none.

    Clear is a lead of three standard errors, at least :data:`CLEAR_LEAD`, of a reading that puts
    :data:`CLEAR_SHARE` of the points on the map; a lead of half as much is worth a note.
    """
    if not fits or fits[0].datum == declared:
        return None
    best, ours = fits[0], next(fit for fit in fits if fit.datum == declared)
    # the difference of two shares of n points has a variance of at most 1 / 2n
    error = (0.5 / max(ours.points, best.points / 2)) ** 0.5
    needed = max(CLEAR_LEAD, 3 * error)
    lead = best.on_map - ours.on_map
    if best.on_map < CLEAR_SHARE or lead < needed / 2:
        return None
    return best.datum, lead >= needed


def _count_on_map(tree: shapely.STRtree, points: NDArray[Any]) -> int:
    near, _ = tree.query(points, predicate="dwithin", distance=ON_MAP_M)
    return len(np.unique(near))


def _move(shapes: gpd.GeoSeries, shift: Shift | None) -> gpd.GeoSeries:
    """Move the corners of shapes; the result says that it is WGS 84."""
    if shift is None:
        moved = shapes.to_numpy()
    else:
        moved = shapely.transform(shapes.to_numpy(), lambda xy: np.column_stack(shift(xy[:, 0], xy[:, 1])))
    return gpd.GeoSeries(moved, index=shapes.index, crs="EPSG:4326")
