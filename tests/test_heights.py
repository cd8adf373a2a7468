"""Heights: a terrain model becomes a profile along each street, and neither noise nor bridges become hills."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from builders import EAST, METRES, NORTH, STROLLER, draw_network, grid_paths
from pyproj import Transformer
from rasterio import Affine

from walkcircle.errors import NetworkError, SourceError
from walkcircle.footing import make_footing
from walkcircle.network import Profile
from walkcircle.sources import heights, read_place
from walkcircle.sources.heights import apply_heights, measure_unknown
from walkcircle.sources.osm_file import hash_file
from walkcircle.sources.town import write_town
from walkcircle.study import read_study
from walkcircle.walkers import Walker

TOBLER = replace(STROLLER, slope="tobler")
#: A plane that rises one in ten to the north.
SLOPE = 0.1


def rise_north(_, y):
    return 100 + SLOPE * y


def write_dem(folder: Path, height_at, *, cell=10.0, size=400, corner=(-1000.0, 3000.0), crs="EPSG:32631", **options):
    """Write a square raster whose upper left corner is `corner`, as heights of the middle of each cell."""
    bands = options.pop("bands", 1)
    unit = options.pop("unit", None)
    middle = (np.arange(size) + 0.5) * cell
    x, y = np.meshgrid(corner[0] + middle, corner[1] - middle)
    given = {"dtype": "float64", "height": size, "width": size, "count": bands, "crs": crs} | options
    path = folder / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", transform=Affine(cell, 0, corner[0], 0, -cell, corner[1]), **given
    ) as raster:
        for band in range(1, bands + 1):
            raster.write(np.broadcast_to(height_at(x, y), x.shape).astype(given["dtype"]), band)
        if unit:
            raster.set_band_unit(1, unit)
    return path


def along(network, edge):
    """Return the heights along one edge."""
    return network.profile.height_m[network.profile.start[edge] : network.profile.start[edge + 1]]


# ── worked out with pencil ──────────────────────────────────────────────────────────────────────


def test_a_street_up_a_plane_takes_what_toblers_function_says(tmp_path):
    """One in ten up: e^0.35 of the level time. One in ten down: exactly the level time. Across: the level time."""
    network = draw_network([[(0, 0), (0, 100)], [(0, 100), (100, 100)]], merge=False)
    high = apply_heights(network, write_dem(tmp_path, rise_north))
    assert high.climb_m == pytest.approx([10, 0])
    seconds = make_footing(high, TOBLER).seconds
    assert seconds[0] == pytest.approx([100 * np.exp(0.35), 100], rel=1e-9)
    assert seconds[1] == pytest.approx([100, 100], rel=1e-9)


def test_heights_stand_at_equal_distances_no_further_apart_than_ten_metres(tmp_path):
    """A street of 95 m has ten steps of 9.5 m, one of 4 m a single one, whatever its bends."""
    bent = [(0, 0), (0, 30), (30, 30), (30, 65)]
    network = draw_network([bent, [(30, 65), (30, 69)]], merge=False)
    high = apply_heights(network, write_dem(tmp_path, rise_north))
    assert np.diff(high.profile.start).tolist() == [11, 2]
    north = shapely.get_y(shapely.line_interpolate_point(shapely.LineString(bent), np.arange(11) * 9.5))
    assert along(high, 0) == pytest.approx(100 + SLOPE * north)


def test_a_ridge_inside_one_edge_slows_both_ways(tmp_path):
    """Up six metres and down again: nothing gained from end to end, and yet a climb each way."""
    ridge = write_dem(
        tmp_path, lambda x, _: 6 * np.exp(-(((x - 200) / 60) ** 2)), cell=2.0, size=1000, corner=(-800, 1000)
    )
    high = apply_heights(draw_network([[(0, 0), (400, 0)]]), ridge)
    assert high.climb_m == pytest.approx([0], abs=1e-9)
    there, back = make_footing(high, TOBLER).seconds[0]
    assert there == pytest.approx(back)
    # averaging over 40 m twice widens the ridge by its own variance: 60² + 2 · 16.7²
    wide = np.sqrt(60**2 + 2 * 2 * (41**2 - 1) / 12)
    x = np.linspace(0, 400, 40001)
    grade = np.diff(6 * 60 / wide * np.exp(-(((x - 200) / wide) ** 2))) / 0.01
    assert there == pytest.approx((0.01 / np.exp(-3.5 * (np.abs(grade + 0.05) - 0.05))).sum(), rel=2e-3)
    assert there > 405


def test_the_same_corner_has_one_height_whichever_street_one_comes_by(tmp_path):
    """Round any block one is as high as before, however rough the ground."""
    rough = np.random.default_rng(3)
    dem = write_dem(tmp_path, lambda x, _: rough.normal(50, 10, x.shape))
    high = apply_heights(draw_network(grid_paths(4, 4), merge=False), dem)
    at_node = np.full((2, len(high.xy)), np.nan)
    first, last = high.profile.height_m[high.profile.start[:-1]], high.profile.height_m[high.profile.start[1:] - 1]
    for node, height in zip(high.ends.ravel(), np.stack([first, last], axis=1).ravel(), strict=True):
        at_node[0, node] = np.fmin(at_node[0, node], height)
        at_node[1, node] = np.fmax(at_node[1, node], height)
    assert at_node[0] == pytest.approx(at_node[1], abs=1e-9)
    assert np.ptp(at_node[0]) > 1


# ── bridges and tunnels ─────────────────────────────────────────────────────────────────────────

ACROSS = [[(0, 0), (150, 0)], [(150, 0), (250, 0)], [(250, 0), (400, 0)]]


def valley(x, _):
    """Level at 50 m, but for a gorge twenty metres deep between the banks."""
    return np.where((x > 150) & (x < 250), 30.0, 50.0)


@pytest.mark.parametrize("sign", [1, -1], ids=["bridge over a valley", "tunnel under a ridge"])
def test_what_does_not_follow_the_ground_is_level_between_level_banks(tmp_path, sign):
    """Masked, the way across is flat, and so are the last metres of the streets before it."""
    dem = write_dem(tmp_path, lambda x, y: 50 + sign * (valley(x, y) - 50))
    high = apply_heights(draw_network(ACROSS, level=[0, sign, 0]), dem)
    assert high.profile.height_m == pytest.approx(np.full(len(high.profile.height_m), 50))
    assert make_footing(high, TOBLER).seconds.sum() == pytest.approx(800)
    # the same way on the ground goes through the gorge
    assert make_footing(apply_heights(draw_network(ACROSS), dem), TOBLER).seconds.sum() > 900


def test_a_bridge_between_unequal_banks_rises_evenly(tmp_path):
    """The plane goes on in the air, over any gap."""
    paths = [[(0, 0), (0, 150)], [(0, 150), (0, 250)], [(0, 250), (0, 400)]]
    dem = write_dem(tmp_path, lambda x, y: np.where((y > 150) & (y < 250), -40, rise_north(x, y)))
    high = apply_heights(draw_network(paths, level=[0, 1, 0]), dem)
    assert high.climb_m == pytest.approx([15, 10, 15])
    assert make_footing(high, TOBLER).seconds[1] == pytest.approx([100 * np.exp(0.35), 100])


def test_a_long_bridge_does_not_dip_in_its_middle(tmp_path):
    """Four hundred metres over the water, far beyond what the average reaches."""
    paths = [[(-200, 0), (0, 0)], [(0, 0), (400, 0)], [(400, 0), (600, 0)]]
    dem = write_dem(tmp_path, lambda x, _: np.where((x > 0) & (x < 400), 0.0, 30.0))
    high = apply_heights(draw_network(paths, level=[0, 1, 0]), dem)
    assert high.profile.height_m == pytest.approx(np.full(len(high.profile.height_m), 30))


@pytest.mark.parametrize("turned", [False, True], ids=["towards the bridge", "away from it"])
def test_a_bridge_hangs_on_the_next_corner_where_the_street_before_it_is_short(tmp_path, turned):
    """On a plane over twenty metres of street and two hundred of bridge: one even rise from corner to corner."""
    short, bridge, far = [(0, -20), (0, 0)], [(0, 0), (0, 200)], [(0, 200), (0, 220)]
    paths = [path[::-1] for path in (short, bridge, far)] if turned else [short, bridge, far]
    # cross streets make corners of the outer ends
    paths += [[(-100, -20), (0, -20)], [(0, -20), (100, -20)], [(-100, 220), (0, 220)], [(0, 220), (100, 220)]]
    network = draw_network(paths, level=[0, 1, 0, 0, 0, 0, 0], merge=False)
    high = apply_heights(network, write_dem(tmp_path, rise_north))
    rises = np.array([2, 20, 2]) * (-1 if turned else 1)
    as_drawn = np.argsort(network.osm_way)
    assert high.climb_m[as_drawn] == pytest.approx([*rises, 0, 0, 0, 0])


def test_the_middle_of_a_footbridge_hangs_between_all_its_arms(tmp_path):
    """Two arms end at 10 m height, one at 40 m, all as long as each other: the middle is at 20 m."""
    arms = [(-100, 0), (100, 0), (0, 100)]
    feet = [[(x * 3, y * 3), (x, y)] for x, y in arms]
    network = draw_network([*([arm, (0, 0)] for arm in arms), *feet], level=[1, 1, 1, 0, 0, 0], merge=False)
    high = apply_heights(network, write_dem(tmp_path, lambda _, y: np.where(y > 50, 40.0, 10.0)))
    middle = np.flatnonzero((high.xy == 0).all(axis=1))[0]
    ends = np.array(
        [along(high, i)[-1 if high.ends[i, 1] == middle else 0] for i in range(6) if middle in high.ends[i]]
    )
    assert ends == pytest.approx([20, 20, 20])


def test_a_bridge_that_nothing_holds_is_unknown(tmp_path):
    """A way in the air without an end on the ground has no height, and is walked as flat."""
    network = draw_network([[(0, 0), (100, 0)], [(0, 500), (100, 500)]], level=[1, 0])
    high = apply_heights(network, write_dem(tmp_path, rise_north))
    assert np.isnan(high.climb_m).tolist() == [True, False]
    assert make_footing(high, TOBLER).seconds[0].tolist() == [100, 100]


def test_a_short_street_between_two_bridges_takes_part(tmp_path):
    """Twenty metres of ground on a pier are too short for heights of their own: all is one even way."""
    paths = [[(-200, 0), (0, 0)], [(0, 0), (90, 0)], [(90, 0), (110, 0)], [(110, 0), (200, 0)], [(200, 0), (400, 0)]]
    dem = write_dem(tmp_path, lambda x, _: np.where((x > 0) & (x < 200), 0.0, 30.0))
    high = apply_heights(draw_network(paths, level=[0, 1, 0, 1, 0]), dem)
    assert high.profile.height_m == pytest.approx(np.full(len(high.profile.height_m), 30))


# ── what is not known ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "not declared"])
def test_where_the_raster_knows_nothing_streets_are_walked_as_flat(tmp_path, declared):
    """Unknown is not zero: no climb from nothing to a hundred metres."""
    options = {"nodata": -9999} if declared else {}
    dem = write_dem(tmp_path, lambda x, y: np.where(x < 100, rise_north(x, y), -9999), **options)
    network = draw_network([[(0, 0), (0, 100)], [(200, 0), (200, 100)], [(0, 200), (200, 200)]])
    high = apply_heights(network, dem)
    west, east, north = (
        int(np.flatnonzero((high.xy[high.ends].mean(axis=1) == m).all(axis=1))[0])
        for m in ((0, 50), (200, 50), (100, 200))
    )
    assert np.isnan(high.climb_m[[west, east, north]]).tolist() == [False, True, True]
    seconds = make_footing(high, TOBLER).seconds
    assert seconds[east].tolist() == [100, 100]
    assert seconds[north] == pytest.approx([200, 200])
    # cells end at 100 m; between the last known middle, 95 m, and the next there is nothing: eleven of twenty steps
    assert np.isnan(along(high, north)).sum() == 11
    assert measure_unknown(high) == pytest.approx((100 + 110) / 400)


def test_beyond_the_raster_nothing_is_known(tmp_path):
    """Half of the street lies outside; the outer half of the last cell still belongs to it."""
    dem = write_dem(tmp_path, lambda _, y: 0 * y + 7, size=20, corner=(-100, 100))
    high = apply_heights(draw_network([[(0, 0), (200, 0)]]), dem)
    assert np.isfinite(along(high, 0)).tolist() == [True] * 11 + [False] * 10
    assert measure_unknown(high) == pytest.approx(0.5)


def test_streets_without_heights_are_all_unknown():
    """Before any raster was read."""
    assert measure_unknown(draw_network(grid_paths(2, 2))) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"crs": None}, "dem.tif: has no coordinate reference system"),
        ({"bands": 3}, "dem.tif: has 3 bands; heights need a file with one"),
        ({"corner": (900_000.0, 3000.0)}, "dem.tif: knows the height of none of the streets (100 % are unknown)"),
        ({"crs": "EPSG:4326", "corner": (10.0, 50.0), "cell": 0.001}, "(100 % are unknown); it covers 10.000, 49.600,"),
        ({"unit": "fathom"}, "dem.tif: heights are in 'fathom'"),
    ],
)
def test_a_raster_that_cannot_serve_is_refused_in_one_sentence(tmp_path, options, sentence):
    """What is wrong, where, and the cure."""
    with pytest.raises(SourceError) as error:
        apply_heights(draw_network(grid_paths(2, 2)), write_dem(tmp_path, rise_north, **options))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_one_of_another_kind_are_told_apart(tmp_path):
    """The first is not there; the second is no raster; the third was cut short."""
    network = draw_network(grid_paths(2, 2))
    with pytest.raises(SourceError, match="there is no such file of heights"):
        apply_heights(network, tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("heights", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read as a raster of heights"):
        apply_heights(network, tmp_path / "text.tif")
    whole = write_dem(tmp_path, rise_north)
    whole.write_bytes(whole.read_bytes()[:200_000])
    with pytest.raises(SourceError, match="cannot be read as a raster of heights"):
        apply_heights(network, whole)


# ── rasters of all kinds ────────────────────────────────────────────────────────────────────────


def test_a_raster_in_degrees_serves_a_network_in_metres(tmp_path):
    """Points go to the raster, the raster stays as it is."""
    to_metres = Transformer.from_crs(4326, METRES, always_xy=True)

    def plane(lon, lat):
        return 100 + SLOPE * (to_metres.transform(lon, lat)[1] - NORTH)

    lon, lat = Transformer.from_crs(METRES, 4326, always_xy=True).transform(EAST, NORTH)
    cell = 1 / 3600
    dem = write_dem(tmp_path, plane, cell=cell, size=120, corner=(lon - 60 * cell, lat + 60 * cell), crs="EPSG:4326")
    paths = [[(EAST, NORTH), (EAST, NORTH + 100)], [(EAST, NORTH), (EAST + 100, NORTH)]]
    network = draw_network(paths, merge=False)
    high = apply_heights(network, dem)
    assert high.climb_m == pytest.approx([10, 0], abs=1e-3)
    assert along(high, 0)[0] == pytest.approx(100, abs=1e-2)


def test_heights_in_feet_become_metres(tmp_path):
    """A hundred metres of street rise 32.8 ft."""
    dem = write_dem(tmp_path, lambda x, y: rise_north(x, y) / 0.3048, unit="ft")
    assert apply_heights(draw_network([[(0, 0), (0, 100)]]), dem).climb_m == pytest.approx([10])


def test_whole_metres_are_no_staircase(tmp_path):
    """Heights are often rounded to metres: a rise of one in a hundred is still even within a third of a percent."""
    dem = write_dem(tmp_path, lambda _, y: np.round(50 + 0.01 * y), cell=30.0, dtype="int16", corner=(-3000, 6000))
    high = apply_heights(draw_network([[(0, 0), (0, 1000)]]), dem)
    grade = np.diff(along(high, 0)) / 10
    assert grade.mean() == pytest.approx(0.01, rel=0.1)
    assert np.abs(grade - 0.01).max() < 0.0125
    assert make_footing(high, TOBLER).seconds[0] == pytest.approx(
        [1000 * np.exp(0.035), 1000 * np.exp(-0.035)], rel=3e-3
    )


def test_how_the_raster_is_cut_for_reading_does_not_matter(tmp_path, monkeypatch):
    """Squares of 16 cells or of 512: the same heights."""
    rough = np.random.default_rng(5)
    dem = write_dem(tmp_path, lambda x, _: rough.normal(50, 10, x.shape))
    network = draw_network(grid_paths(6, 6, 130))
    whole = apply_heights(network, dem).profile.height_m
    monkeypatch.setattr(heights, "TILE", 16)
    assert apply_heights(network, dem).profile.height_m == pytest.approx(whole, abs=1e-9)


def test_only_the_part_of_the_raster_with_streets_is_read(tmp_path, monkeypatch):
    """Nine million cells in the file, two streets in opposite corners: two squares are read."""
    dem = write_dem(tmp_path, lambda x, _: 0 * x, size=3000, dtype="int16", corner=(0, 30_000), compress="deflate")
    read = []
    weigh = heights._weigh_four
    monkeypatch.setattr(heights, "_weigh_four", lambda height, *at: read.append(height.size) or weigh(height, *at))
    apply_heights(draw_network([[(100, 100), (200, 100)], [(29_000, 29_000), (29_100, 29_000)]]), dem)
    assert len(read) == 2
    assert sum(read) < 0.07 * 3000**2


# ── noise ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "noise_m"),
    [(30.0, 0.86), (10.0, 0.5), (2.0, 0.2)],
    ids=["Copernicus GLO-30, 2 m of relative error in nine of ten", "10 m", "laser"],
)
@pytest.mark.parametrize("slope", ["tobler", "campbell-p10", "irmischer-clarke"])
def test_noise_on_flat_ground_slows_nobody_by_more_than_a_thousandth(tmp_path, cell, noise_m, slope):
    """And no step is steeper than 2 %, though neighbouring cells differ by up to four times that."""
    random = np.random.default_rng(11)
    dem = write_dem(
        tmp_path,
        lambda x, _: random.normal(20, noise_m, x.shape),
        cell=cell,
        size=int(3000 / cell),
        corner=(-500, 2000),
    )
    high = apply_heights(draw_network(grid_paths(12, 12, 97.0)), dem)
    steps = np.concatenate([np.diff(along(high, i)) for i in range(len(high.ends))])
    assert 0 < np.abs(steps).max() < 0.02 * 10
    seconds = make_footing(high, Walker(speed_kmh=3.6, slope=slope)).seconds
    assert seconds.sum() == pytest.approx(2 * high.length_m.sum(), rel=1e-3)


def test_without_the_running_mean_the_same_noise_would_be_hills(tmp_path, monkeypatch):
    """So that the test above can fail."""
    random = np.random.default_rng(11)
    dem = write_dem(tmp_path, lambda x, _: random.normal(20, 0.86, x.shape), cell=30.0, size=100, corner=(-500, 2000))
    monkeypatch.setattr(heights, "_average", lambda height, *_: height)
    high = apply_heights(draw_network(grid_paths(12, 12, 97.0)), dem)
    steps = np.concatenate([np.diff(along(high, i)) for i in range(len(high.ends))])
    assert np.abs(steps).max() > 0.06 * 10
    seconds = make_footing(high, Walker(speed_kmh=3.6, slope="campbell-p10")).seconds
    assert seconds.sum() > 2 * high.length_m.sum() * 1.003


# ── the network and the study ───────────────────────────────────────────────────────────────────


def test_a_part_of_the_network_keeps_its_heights(tmp_path):
    """Clipping takes the profile of the edges that stay."""
    high = apply_heights(draw_network(grid_paths(5, 5), merge=False), write_dem(tmp_path, rise_north))
    part = high.clip(shapely.box(150, 150, 250, 450))
    assert 0 < len(part.ends) < len(high.ends)
    assert part.profile.climb_m == pytest.approx(part.climb_m)
    for edge, line in enumerate(part.lines):
        at = shapely.line_interpolate_point(line, np.linspace(0, 1, len(along(part, edge))), normalized=True)
        assert along(part, edge) == pytest.approx(100 + SLOPE * shapely.get_y(at))


def test_a_profile_that_does_not_fit_is_refused():
    """One height for an edge is no profile."""
    network = draw_network([[(0, 0), (0, 100)]])
    for start, height in (([0, 1], [1.0]), ([0, 2], [1.0]), ([0, 2, 4], [1.0, 2.0, 3.0, 4.0])):
        with pytest.raises(NetworkError, match="at least two heights for each"):
            replace(network, profile=Profile(np.array(start), np.array(height)))


def test_a_study_names_its_heights_and_says_where_there_are_none(tmp_path):
    """Read beside the study, hashed with the other files, and its gaps are in the notes."""
    study_file = write_town(tmp_path).with_name("study.toml")
    flat = read_place(read_study(study_file))
    west, _, east, north = shapely.total_bounds(flat.network.lines)
    crs, middle = flat.network.crs, (west + east) / 2

    def write(height_at):
        return write_dem(
            tmp_path, height_at, cell=20.0, size=400, corner=(west - 1000, north + 1000), crs=crs, nodata=-1.0
        )

    study_file.write_text(
        study_file.read_text(encoding="utf-8").replace("[place]", '[place]\nheights = "dem.tif"'), encoding="utf-8"
    )
    study = read_study(study_file)
    with pytest.raises(SourceError, match="there is no such file of heights"):
        read_place(study)
    dem = write(lambda _, y: 100 + 0.01 * (y - north))
    place = read_place(study)
    assert place.inputs["dem.tif"] == hash_file(dem)
    assert place.notes == flat.notes
    assert np.isfinite(place.network.climb_m).all()
    write(lambda x, _: np.where(x < middle, 100.0, -1.0))
    notes = [note for note in read_place(study).notes if note.startswith("Heights are unknown for ")]
    assert len(notes) == 1
    share = float(notes[0].split()[4])
    assert 10 < share < 90
    assert notes[0].endswith("% of the length of the streets; these are walked as if flat.")


def test_the_longest_walk_reaches_further_where_it_may_go_downhill(tmp_path):
    """Streets are read as far as anybody can get: with Tobler's function a fifth further down a hill."""
    study = read_study(write_town(tmp_path).with_name("study.toml"))
    study = replace(study, walkers=(TOBLER,))
    hilly = replace(study, place=replace(study.place, heights="dem.tif"))
    assert hilly.longest_walk_m == pytest.approx(1.192 * study.longest_walk_m)
