"""Isochrones: streets reached to a part of an edge, and shapes that say no more than the walking times do."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders import METRES, STROLLER, draw_network, grid_paths, points
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.isochrones import FAVOUR, OFF_STREET_M, measure_truth, trace_isochrones, trace_streets
from walkcircle.snapping import snap_points
from walkcircle.tables import Isochrones, Truth, check_table
from walkcircle.walkers import Walker
from walkcircle.walking import walk

# Four arms of 300, 200, 100 and 400 m meet in the middle.
CROSS = [[(0, 0), (300, 0)], [(0, 0), (0, 200)], [(0, 0), (-100, 0)], [(0, 0), (0, -400)]]
ARMS = np.array([300, 200, 100, 400])


def trace(network, start, minutes, *, walker=STROLLER, **options):
    """Walk from a point and draw."""
    return trace_isochrones(walk(network, points(start), walker, limit_min=max(minutes)), minutes, **options)


def area_between(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the area of what lies in one shape and not in the other."""
    return shapely.area(shapely.difference(one, other))


# ── streets ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "minutes", "metres"),
    [
        ((0, 0), 1, 4 * 60),
        ((0, 0), 2, 120 + 120 + 100 + 120),
        ((0, 0), 5, 300 + 200 + 100 + 300),
        ((0, 0), 15, 1000),
        ((30, 0), 1, 60 + 30 + 3 * 30),  # 60 m outwards, 30 m to the middle, 30 m into each other arm
        ((300, 0), 1, 60),
        ((300, 0), 6, 300 + 3 * 60),
        ((150, 30), 1, 30 + 30),  # half a minute is spent on the way to the street
        ((150, 60), 1, 0),  # all of it is
        ((150, 80), 1, 0),
    ],
)
def test_on_a_cross_of_streets_the_length_reached_is_what_the_pencil_says(start, minutes, metres):
    """Sixty metres a minute; parts of streets count as parts."""
    network = draw_network(CROSS, kind=list("abcd"))
    assert trace(network, start, [minutes])[Isochrones.reached_m].tolist() == pytest.approx([metres])
    reach = walk(network, points(start), STROLLER, limit_min=minutes)
    assert trace_streets(reach, 0, minutes)["length_m"].sum() == pytest.approx(metres)


def test_the_parts_of_streets_lie_where_they_were_walked():
    """A minute from 30 m east of the middle: from 90 m east to 30 m west, and 30 m up and down."""
    network = draw_network(CROSS, kind=list("abcd"))
    parts = trace_streets(walk(network, points((30, 0)), STROLLER, limit_min=1), 0, 1)
    expected = shapely.union_all([shapely.LineString([(-30, 0), (90, 0)]), shapely.LineString([(0, -30), (0, 30)])])
    assert shapely.union_all(parts.geometry).symmetric_difference(expected).length < 1e-9
    assert parts.geometry.length.to_numpy() == pytest.approx(parts["length_m"].to_numpy())
    assert parts.crs == network.crs


def test_an_edge_reached_from_both_ends_counts_once():
    """A block of 400 m: in three minutes all but 40 m of it, in four all of it, and never more."""
    block = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    network = draw_network(block, kind=list("abcd"))
    assert trace(network, (0, 0), [3, 4, 15])[Isochrones.reached_m].tolist() == pytest.approx([360, 400, 400])
    assert trace(network, (50, 0), [3, 4])[Isochrones.reached_m].tolist() == pytest.approx([360, 400])


def test_a_loop_hung_on_one_corner_counts_once():
    """First and last node are the same; from inside the loop as well."""
    network = draw_network([[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)], [(-60, 0), (0, 0)]], kind=["a", "b"])
    assert trace(network, (0, 0), [1, 3, 9])[Isochrones.reached_m].tolist() == pytest.approx([180, 420, 460])
    assert trace(network, (100, 100), [1, 3, 4])[Isochrones.reached_m].tolist() == pytest.approx([120, 360, 440])


def test_a_street_walked_in_one_direction_is_reached_in_that_direction():
    """A minute along it, nothing against it."""
    network = draw_network([[(0, 0), (300, 0)]], oneway=[1])
    assert trace(network, (150, 0), [1])[Isochrones.reached_m].tolist() == pytest.approx([60])
    against = draw_network([[(0, 0), (300, 0)]], oneway=[-1])
    parts = trace_streets(walk(against, points((150, 0)), STROLLER, limit_min=1), 0, 1)
    assert parts.total_bounds.tolist() == pytest.approx([90, 0, 150, 0])


def test_slow_stairs_are_reached_more_slowly():
    """A minute from the middle: 60 m of street, 30 m of stairs at half the speed."""
    network = draw_network([[(0, 0), (200, 0)], [(0, 0), (-200, 0)]], steps=[False, True])
    walker = Walker(speed_kmh=3.6, stairs_factor=0.5)
    assert trace(network, (0, 0), [1], walker=walker)[Isochrones.reached_m].tolist() == pytest.approx([90])


def test_an_estate_that_one_may_not_enter_is_not_reached():
    """A public street and a private lane off it, from the street and from the lane."""
    network = draw_network(
        [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 90)]], private=[False, False, True]
    )
    walker = Walker(speed_kmh=3.6, gates="resident")
    assert trace(network, (50, 0), [15], walker=walker)[Isochrones.reached_m].tolist() == [200]
    assert trace(network, (100, 90), [15], walker=walker)[Isochrones.reached_m].tolist() == pytest.approx([290])


def test_origins_off_the_network_have_no_row():
    """And the others keep theirs, with their own labels."""
    network = draw_network(CROSS, kind=list("abcd"))
    homes = points((0, 0), (5000, 0), (300, 0), labels=["a", "far", "b"])
    table = trace_isochrones(walk(network, homes, STROLLER, limit_min=2), [1, 2])
    assert list(zip(table[Isochrones.cluster], table[Isochrones.minutes], strict=True)) == [
        ("a", 1), ("a", 2), ("b", 1), ("b", 2),
    ]  # fmt: skip
    check_table(table, Isochrones, where="isochrones")


# ── shapes ──────────────────────────────────────────────────────────────────────────────────────


def field(reach, origin: int, limit_min: float, at: np.ndarray, off_street_m: float) -> np.ndarray:
    """Say by brute force how far each point lies outside the ground reached.

    Streets are sampled every metre with the times that ``seconds_to`` gives; a point of ground is reached when
    a street point that is reached lies within `off_street_m` of it and none that is not reached lies nearer.
    """
    network = reach.footing.network
    along = [
        shapely.line_interpolate_point(line, np.linspace(0, line.length, int(line.length) + 2))
        for line in network.lines
    ]
    streets = snap_points(gpd_series(np.concatenate(along), network.crs), network, within_m=0.01)
    within = reach.seconds_to(origin, streets) <= limit_min * 60
    apart = np.hypot(*(at[:, None, :] - streets.xy[None]).transpose(2, 0, 1))
    reached = apart[:, within].min(axis=1)
    other = apart[:, ~within].min(axis=1, initial=np.inf)
    return np.maximum(reached - off_street_m, reached - other)


def gpd_series(shapes, crs):
    return gpd.GeoSeries(list(shapes), crs=crs)


@pytest.mark.parametrize("cell_m", [25.0, 12.5, 5.0])
@pytest.mark.parametrize("start", [(0, 0), (83, 0), (7, 120)])
def test_a_shape_is_the_ground_of_its_definition(cell_m, start):
    """Random points against the definition; only those near the outline may differ."""
    network = draw_network(CROSS, kind=list("abcd"))
    reach = walk(network, points(start), STROLLER, limit_min=3)
    table = trace_isochrones(reach, [1, 3], cell_m=cell_m)
    rng = np.random.default_rng(3)
    along = shapely.line_interpolate_point(rng.choice(network.lines, 5000), rng.uniform(0, 200, 5000))
    at = shapely.get_coordinates(along) + rng.uniform(-45, 45, (5000, 2))
    for shape, minutes in zip(table.geometry, [1, 3], strict=True):
        truth = field(reach, 0, minutes, at, OFF_STREET_M)
        inside = shapely.contains_xy(shape, *at.T)
        clear = np.abs(truth) > (0.5 + FAVOUR) * cell_m
        assert np.array_equal(inside[clear], truth[clear] <= 0)
        assert min(inside[clear].sum(), (~inside[clear]).sum()) > 50


def test_a_finer_grid_comes_nearer_to_the_truth():
    """The area of a minute on a single street, whose ground is a rectangle: the street goes on at both ends."""
    network = draw_network([[(-500, 0), (500, 0)]])
    truth = trace(network, (0, 0), [1], cell_m=1.0).geometry[0].area
    off = [abs(trace(network, (0, 0), [1], cell_m=c).geometry[0].area - truth) for c in (25.0, 12.5, 5.0)]
    assert off[0] > off[1] > off[2]
    assert off[0] < 0.15 * truth


def test_shapes_stay_within_reach_of_the_streets():
    """No point of a shape is farther from the streets reached than the offset and half a cell of the grid."""
    network = draw_network(CROSS, kind=list("abcd"))
    for off_street_m in (10.0, 25.0, 40.0):
        table = trace(network, (0, 0), [2, 5], off_street_m=off_street_m)
        for shape, minutes in zip(table.geometry, [2, 5], strict=True):
            streets = shapely.union_all(
                trace_streets(walk(network, points((0, 0)), STROLLER, limit_min=5), 0, minutes).geometry
            )
            assert area_between(shape, streets.buffer(off_street_m + 12.5)) < 1


def test_the_origins_place_on_the_street_is_inside():
    """At any place relative to the grid, as long as a cell's worth of the walk is left there."""
    network = draw_network([[(-500, 3), (500, 3)]])
    for x in np.linspace(0, 25, 11):
        for leg in (0, 20, 35):
            table = trace(network, (x, 3 + leg), [1, 2])
            assert all(shape.covers(shapely.Point(x, 3)) for shape in table.geometry), (x, leg)


def test_a_lake_stays_a_hole():
    """A ring road of 300 m round a lake: what lies farther than the offset from it is not reached."""
    ring = [(0, 0), (300, 0), (300, 300), (0, 300), (0, 0)]
    shape = trace(draw_network([ring]), (0, 0), [15]).geometry[0]
    assert len(shape.geoms) == 1
    assert len(shape.geoms[0].interiors) == 1
    assert not shape.contains(shapely.Point(150, 150))
    assert shape.geoms[0].interiors[0].envelope.area == pytest.approx(250**2, rel=0.05)


def test_parts_that_a_tunnel_of_time_divides_stay_parts():
    """A bridge whose middle is drawn like any street: one part; two origins of an area may give two."""
    network = draw_network([[(0, 0), (100, 0)], [(1000, 0), (1100, 0)], [(0, 900), (1100, 900)]])
    park = gpd_series([shapely.box(50, -50, 1050, 50)], network.crs)
    shape = trace_isochrones(walk(network, park, STROLLER, limit_min=1), [1]).geometry[0]
    assert len(shape.geoms) == 2


@given(
    start=st.tuples(st.integers(0, 300), st.sampled_from([0, 100, 200])),
    times=st.lists(st.integers(1, 20), min_size=2, max_size=4, unique=True),
    holes=st.sets(st.integers(0, 16), max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_a_longer_walk_contains_a_shorter_one(start, times, holes):
    """Nested shapes and growing lengths, on grid towns with some streets missing."""
    paths = [p for i, p in enumerate(grid_paths(4, 3)) if i not in holes]
    table = trace(draw_network(paths), start, sorted(m / 2 for m in times))
    shapes, length = table.geometry.tolist(), table[Isochrones.reached_m].to_numpy()
    assert (np.diff(length) >= -1e-9).all()
    for small, large in pairwise(shapes):
        assert area_between(small, large) < 1e-6
    assert all(shape.is_valid for shape in shapes)


def test_drawing_tells_how_far_it_is():
    """After each block of origins, up to all of them."""
    told = []
    reach = walk(draw_network(CROSS), points(*([(0, 0)] * 70)), STROLLER, limit_min=1)
    trace_isochrones(reach, [1], report=lambda done, count: told.append((done, count)))
    assert told == [(32, 70), (64, 70), (70, 70)]


def test_the_number_of_threads_changes_no_shape():
    """Blocks of origins are drawn side by side, and put together in order."""
    reach = walk(draw_network(CROSS), points(*((3 * i, i) for i in range(70))), STROLLER, limit_min=3)
    one, many = (trace_isochrones(reach, [1, 3], threads=count) for count in (1, 4))
    assert one.equals(many)


def test_the_truth_of_a_shape_is_what_lies_on_its_wrong_side():
    """A square of ten metres round the start of a cross: known lengths by pencil."""
    reach = walk(draw_network([[(0, 0), (200, 0)], [(0, 0), (0, 200)]]), points((0, 0)), STROLLER, limit_min=1)
    shape = trace_isochrones(reach, [1]).set_geometry([shapely.box(-10, -10, 100, 10)], crs=METRES)
    row = measure_truth(reach, shape).iloc[0]
    assert row[Truth.reached_m] == pytest.approx(120)
    assert row[Truth.omitted_m] == pytest.approx(50)
    assert row[Truth.taken_in_m] == pytest.approx(40)


def test_shapes_of_the_towns_are_true_to_their_streets(drawn):
    """Of a quarter of an hour less than 0.3 % is left out and less than 1.5 % wrongly taken in; of less, little more.

    Shares are largest where walks are short: the ends of streets weigh more then.
    """
    truth = measure_truth(*drawn)
    columns = [Truth.reached_m, Truth.omitted_m, Truth.taken_in_m]
    longest = truth[truth[Truth.minutes] == 15][columns].sum()
    assert longest[Truth.omitted_m] < 0.003 * longest[Truth.reached_m]
    assert longest[Truth.taken_in_m] < 0.015 * longest[Truth.reached_m]
    every = truth[columns].sum()
    assert every[Truth.omitted_m] < 0.005 * every[Truth.reached_m]
    assert every[Truth.taken_in_m] < 0.02 * every[Truth.reached_m]


# ── bundled towns ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def drawn(networks, town):
    """Walk fifteen minutes from thirty places of a town and draw them."""
    network = networks[town]
    rng = np.random.default_rng(5)
    edges = rng.choice(np.flatnonzero(network.level == 0), 30)
    homes = gpd_series(
        shapely.line_interpolate_point(network.lines[edges], rng.uniform(0, 1, 30), normalized=True),
        network.crs,
    )
    reach = walk(network, homes, STROLLER, limit_min=15)
    return reach, trace_isochrones(reach, [5, 10, 15])


def test_the_streets_reached_lie_inside_their_shape(drawn, town):
    """The grid leaves out half a percent of the length at most, one percent among Karhula's dead ends."""
    reach, table = drawn
    left_out = reached = 0.0
    for label, minutes, length, shape in zip(
        table[Isochrones.cluster],
        table[Isochrones.minutes],
        table[Isochrones.reached_m],
        table.geometry,
        strict=True,
    ):
        streets = trace_streets(reach, int(label), minutes)
        assert streets["length_m"].sum() == pytest.approx(length, rel=1e-9)
        lines = streets.geometry.to_numpy()
        shapely.prepare(shape)
        outside = lines[~shapely.covers(shape, lines)]
        reached += length
        left_out += shapely.length(shapely.difference(outside, shape)).sum()
    print(f"streets outside their shape in {town}: {100 * left_out / reached:.3f} %")  # noqa: T201 - run with -s or -rA to read the table
    assert left_out <= {"monaco": 0.005, "karhula": 0.01, "town": 0.005}[town] * reached


def test_shapes_of_a_town_are_nested_and_valid(drawn):
    """Five minutes within ten within fifteen, for every origin."""
    _, table = drawn
    for _, rows in table.groupby(Isochrones.cluster):
        five, ten, fifteen = rows.geometry
        assert area_between(five, ten) < 1e-6
        assert area_between(ten, fifteen) < 1e-6
        assert (np.diff(rows[Isochrones.reached_m]) >= 0).all()
    assert table.geometry.is_valid.all()
