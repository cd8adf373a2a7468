"""GCJ-02 and BD-09: published pairs, the way back, and what a file holds when it does not say so."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders import ROOT
from hypothesis import given
from hypothesis import strategies as st

from walkcircle.sources.offsets import (
    ENOUGH_POINTS,
    choose_reading,
    compare_readings,
    find_in_china,
    from_bd09,
    from_gcj02,
    move_shapes,
    to_bd09,
    to_gcj02,
)
from walkcircle.sources.osm_features import find_background
from walkcircle.sources.osm_file import read_osm_file

UTM = "EPSG:32651"
#: Longitude and latitude in WGS 84 and in GCJ-02, as the tests of eviltransform (Shanghai, Shenzhen, Beijing) and of
#: coordtransform (the last) give them.
PUBLISHED_GCJ02 = (
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    (116.404, 39.915, 116.41024449916938, 39.91640428150164),
)
#: The same for BD-09, as the tests of geotool and of coordtransform (which begins at GCJ-02) give them.
PUBLISHED_BD09 = (
    (121.0917077, 30.6107779, 121.10271732371203, 30.61484572185035),
    (*(float(one[0]) for one in from_gcj02(np.array([116.404]), np.array([39.915]))), 116.41036949371029,
     39.92133699351021),
)  # fmt: skip


def apart_m(lon, lat, other_lon, other_lat):
    """Metres between degrees, on a sphere: for centimetres that is good enough."""
    east = (np.asarray(other_lon) - lon) * np.cos(np.radians(lat))
    return np.hypot(east, np.asarray(other_lat) - lat) * 111_320


@pytest.mark.parametrize(("lon", "lat", "east", "north"), PUBLISHED_GCJ02)
def test_gcj02_agrees_with_published_pairs(lon, lat, east, north):
    shifted = to_gcj02(np.array([lon]), np.array([lat]))
    assert apart_m(east, north, *shifted)[0] < 1e-6


@pytest.mark.parametrize(("lon", "lat", "east", "north"), PUBLISHED_BD09)
def test_bd09_agrees_with_published_pairs(lon, lat, east, north):
    shifted = to_bd09(np.array([lon]), np.array([lat]))
    assert apart_m(east, north, *shifted)[0] < 0.1
    back = from_bd09(np.array([east]), np.array([north]))
    assert apart_m(lon, lat, *back)[0] < 0.1


def test_the_answer_of_a_map_service_is_within_a_metre():
    """As a published test of another package has it from the service."""
    shifted = to_gcj02(np.array([116.39089]), np.array([39.90734]))
    assert apart_m(116.39713623, 39.90874539, *shifted)[0] < 1


@pytest.mark.parametrize(("there", "back"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)])
def test_the_way_back_is_exact_all_over_china(there, back):
    lon, lat = (grid.ravel() for grid in np.meshgrid(np.arange(72.1, 137.8, 0.37), np.arange(1.0, 55.8, 0.37)))
    shifted = there(lon, lat)
    assert apart_m(lon, lat, *shifted).min() > 1
    assert apart_m(lon, lat, *back(*shifted)).max() < 1e-3


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_outside_china_nothing_moves_and_inside_no_point_is_lost(lon, lat):
    x, y = np.array([lon]), np.array([lat])
    for there, back in ((to_gcj02, from_gcj02), (to_bd09, from_bd09)):
        shifted, returned = there(x, y), back(x, y)
        assert np.isfinite([*shifted, *returned]).all()
        if not find_in_china(x, y)[0]:
            assert (shifted[0][0], shifted[1][0]) == (lon, lat)


def test_the_corners_of_an_area_are_moved_and_its_index_stays():
    area = gpd.GeoSeries([shapely.box(120, 30, 120.01, 30.01)], index=["a"])
    moved = move_shapes(area, "gcj02")
    assert moved.crs == "EPSG:4326"
    assert moved.index.tolist() == ["a"]
    corners = shapely.get_coordinates(moved.to_numpy())
    assert apart_m(*shapely.get_coordinates(area.to_numpy()).T, *to_gcj02(*corners.T)).max() < 1e-3


# ── which datum a file is in ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def hangzhou():
    """Move the streets, buildings and homes of Karhula to Hangzhou."""
    contents = read_osm_file(ROOT / "data" / "karhula" / "karhula.osm.pbf")
    middle = shapely.get_coordinates(contents.network.extent.centroid)[0]
    there = shapely.get_coordinates(gpd.GeoSeries.from_xy([120.15], [30.25], crs=4326).to_crs(UTM).to_numpy())[0]

    def move(shapes):
        return shapely.transform(np.asarray(shapes), lambda xy: xy - middle + there)

    buildings = move(find_background(contents).buildings)
    homes = gpd.GeoSeries(shapely.point_on_surface(buildings[::10]), crs=UTM)
    return homes, np.concatenate([move(contents.network.lines), buildings])


def write_in(homes, datum):
    """Return homes as they lie when their degrees in `datum` are read as WGS 84."""
    degrees = homes.to_crs(4326)
    shift = {"gcj02": to_gcj02, "bd09": to_bd09}[datum]
    return gpd.GeoSeries.from_xy(*shift(degrees.x.to_numpy(), degrees.y.to_numpy()), crs=4326).to_crs(UTM)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_file_is_recognised_by_the_map(hangzhou, datum):
    homes, ground = hangzhou
    fits = compare_readings(write_in(homes, datum), ground)
    assert fits[0].datum == datum
    assert choose_reading(fits, "wgs84") == (datum, True)


@pytest.mark.parametrize("seed", range(5))
def test_a_true_file_is_never_taken_for_a_shifted_one(hangzhou, seed):
    homes, ground = hangzhou
    some = homes.sample(60, random_state=seed)
    assert choose_reading(compare_readings(some, ground), "wgs84") is None


def test_a_declared_datum_is_compared_as_declared(hangzhou):
    homes, ground = hangzhou
    assert choose_reading(compare_readings(homes, ground, declared="gcj02"), "gcj02") is None


def test_few_points_and_other_countries_say_nothing(hangzhou):
    homes, ground = hangzhou
    assert compare_readings(homes.iloc[: ENOUGH_POINTS - 1], ground) == []
    europe = gpd.GeoSeries.from_xy(np.full(50, 7.4), np.full(50, 43.7), crs=4326).to_crs("EPSG:32632")
    assert compare_readings(europe, europe.to_numpy()) == []
