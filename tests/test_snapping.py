"""Snapping: where points, areas and homes behind walls join the streets; the index of proposed sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders import METRES, draw_network, grid_paths, make_estates, points
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.errors import TableError
from walkcircle.footing import make_footing
from walkcircle.proposals import Proposals
from walkcircle.snapping import DOOR_WITHIN_M, FEW_THINGS, snap_points
from walkcircle.tables import Unsnapped, WalkTimes
from walkcircle.walkers import Walker
from walkcircle.walking import measure_times


def areas(*shapes: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=METRES)


def joined(spots, item: int = 0) -> list[tuple[float, float]]:
    """Return the places where one thing joins the streets, rounded and in order."""
    return sorted(set(map(tuple, spots.xy[spots.item == item].round(6).tolist())))


# ── points ──────────────────────────────────────────────────────────────────────────────────────


def test_a_point_joins_the_nearest_place_of_the_nearest_edge(networks, town):
    """Five hundred random points against the distance to every edge of the town."""
    network = networks[town]
    rng = np.random.default_rng(7)
    low, high = network.xy.min(axis=0), network.xy.max(axis=0)
    at = gpd.GeoSeries(gpd.points_from_xy(*(rng.uniform(low, high, (500, 2)).T)), crs=network.crs)
    spots = snap_points(at, network, within_m=60)
    ground = network.lines[network.level >= 0]
    distance = shapely.distance(at.to_numpy()[:, None], ground[None, :]).min(axis=1)
    assert np.array_equal(np.unique(spots.item), np.flatnonzero(distance <= 60))
    assert len(spots) == len(np.unique(spots.item)) > 100
    assert spots.access_m == pytest.approx(distance[spots.item], abs=1e-9)
    place = shapely.points(spots.xy)
    assert shapely.distance(place, network.lines[spots.edge]).max() < 1e-6
    assert shapely.distance(at.to_numpy()[spots.item], place) == pytest.approx(spots.access_m, abs=1e-9)
    along = shapely.line_interpolate_point(network.lines[spots.edge], spots.fraction, normalized=True)
    assert shapely.distance(along, place).max() < 1e-6
    assert (network.level[spots.edge] >= 0).all()
    lost = np.setdiff1d(np.arange(500), spots.item)
    assert spots.unsnapped[Unsnapped.distance_m].to_numpy() == pytest.approx(distance[lost])
    assert spots.unsnapped[Unsnapped.item].tolist() == [str(i) for i in lost]


def test_few_things_join_the_streets_where_many_do(networks, town):
    """Points, and areas with doors, all together against a few at a time, where half of the streets may be joined."""
    network = networks[town]
    rng = np.random.default_rng(8)
    low, high = network.xy.min(axis=0), network.xy.max(axis=0)
    at = shapely.points(rng.uniform(low, high, (FEW_THINGS + 50, 2)))
    at[::2] = shapely.envelope(shapely.buffer(at[::2], 20))
    doors = gpd.GeoSeries(shapely.line_interpolate_point(shapely.boundary(at[::4]), 30), crs=network.crs)
    things = gpd.GeoSeries(at, crs=network.crs)
    options = {"within_m": 80, "allowed": rng.random(len(network.ends)) < 0.5, "entrances": doors}
    together = snap_points(things, network, **options)
    assert 0 < len(together.unsnapped) < len(things)
    for start in range(0, len(things), 10):
        few = snap_points(things.iloc[start : start + 10], network, **options)
        many = together.between(start, min(start + 10, len(things)))
        for column in ("item", "edge", "fraction", "access_m", "xy", "door_xy"):
            np.testing.assert_array_equal(getattr(few, column), getattr(many, column))


def test_the_access_leg_is_the_straight_way_to_the_street():
    """A house 30 m off a street of 100 m, a quarter along it."""
    spots = snap_points(points((25, 30), labels=["house"]), draw_network([[(0, 0), (100, 0)]]))
    assert (spots.edge.tolist(), spots.fraction.tolist(), spots.access_m.tolist()) == ([0], [0.25], [30])
    assert spots.xy.tolist() == [[25, 0]]
    assert spots.labels.tolist() == ["house"]


def test_the_limit_is_inclusive():
    """A house exactly at the limit joins; one a millimetre beyond is listed with its distance."""
    street = draw_network([[(0, 0), (100, 0)]])
    spots = snap_points(points((50, 40), (50, 40.001), labels=["in", "out"]), street, within_m=40, layer="homes")
    assert spots.labels[spots.item].tolist() == ["in"]
    row = spots.unsnapped.iloc[0]
    assert (row[Unsnapped.layer], row[Unsnapped.item]) == ("homes", "out")
    assert row[Unsnapped.reason] == "no usable street within 40 m"
    assert row[Unsnapped.distance_m] == pytest.approx(40.001)


@given(distance=st.integers(1, 200), x=st.integers(1, 99), turn=st.sampled_from([0, 30, 45, 77, 90]))
@settings(deadline=None)
def test_rounding_does_not_shut_out_a_point_exactly_at_the_limit(distance, x, turn):
    """Streets lie at any angle, and a distance is rarely exact in the last digit."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    street = draw_network([[(500_000, 4_800_000), (500_000 + 100 * c, 4_800_000 + 100 * s)]])
    house = points((500_000 + x * c - distance * s, 4_800_000 + x * s + distance * c))
    assert len(snap_points(house, street, within_m=distance)) == 1


def test_a_point_beyond_the_end_of_a_street_joins_its_end():
    """The leg leads to the last node."""
    spots = snap_points(points((130, 40)), draw_network([[(0, 0), (100, 0)]]))
    assert (spots.fraction.tolist(), spots.access_m.tolist()) == ([1.0], [50.0])


def test_fractions_follow_the_bends_of_a_line():
    """Half of an L of 60 and 40 m lies on its first leg."""
    spots = snap_points(points((50, 1)), draw_network([[(0, 0), (60, 0), (60, 40)]]))
    assert spots.fraction.tolist() == [0.5]


def test_of_equally_near_streets_a_public_one_is_joined_then_the_place_decides():
    """A point in the middle of two parallel streets, in either order; and one at a corner that both share."""
    two = [[(0, 10), (100, 10)], [(0, -10), (100, -10)]]
    middle = points((50, 0))
    assert joined(snap_points(middle, draw_network(two))) == [(50, -10)]
    assert joined(snap_points(middle, draw_network(two[::-1]))) == [(50, -10)]
    one_private = draw_network(two, private=[False, True])
    assert one_private.private[snap_points(middle, one_private).edge].tolist() == [False]
    assert joined(snap_points(middle, one_private)) == [(50, 10)]
    corner = draw_network([[(0, 0), (50, 0)], [(0, 0), (0, 50)]], private=[True, False])
    at_corner = snap_points(points((-10, -10)), corner)
    assert corner.private[at_corner.edge].tolist() == [False]


def test_only_allowed_streets_are_joined():
    """The nearest may not be walked; the other is farther than the limit for the second point."""
    network = draw_network([[(0, 0), (100, 0)], [(0, 60), (100, 60)]], kind=["a", "b"])
    allowed = network.kind == "b"
    spots = snap_points(points((50, 5), (50, -45)), network, allowed=allowed)
    assert network.kind[spots.edge].tolist() == ["b"]
    assert spots.access_m == pytest.approx([55])
    assert spots.unsnapped[Unsnapped.distance_m].to_numpy() == pytest.approx([105])
    nothing = snap_points(points((50, 5)), network, allowed=np.zeros(2, bool))
    assert len(nothing) == 0
    assert nothing.unsnapped[Unsnapped.distance_m].isna().all()


def test_preferred_streets_are_joined_however_near_another_is():
    """A scrap of path next door gives way to a street within reach, but is better than nothing."""
    network = draw_network([[(0, 0), (100, 0)], [(0, 60), (100, 60)]], kind=["scrap", "street"])
    spots = snap_points(points((50, 5), (50, -45)), network, preferred=network.kind == "street")
    assert network.kind[spots.edge].tolist() == ["street", "scrap"]


def test_a_tunnel_is_never_joined():
    """Not even by who stands right above it."""
    network = draw_network([[(0, 0), (100, 0)], [(0, 60), (100, 60)]], level=[-1, 0])
    assert snap_points(points((50, 0)), network).access_m.tolist() == [60]
    assert len(snap_points(areas(shapely.box(40, -10, 60, 10)), network, within_m=30)) == 0


def test_points_in_another_metric_projection_are_moved_first():
    """Web coordinates of the same place; degrees are refused."""
    network = draw_network([[(500_000, 5_000_000), (500_100, 5_000_000)]])
    house = points((500_050, 5_000_010))
    spots = snap_points(house.to_crs(32632), network)
    assert spots.access_m == pytest.approx([10], abs=1e-3)
    with pytest.raises(TableError, match=r"^homes: coordinates are in degrees"):
        snap_points(house.to_crs(4326), network, layer="homes")


def test_spots_can_be_picked_and_named_anew():
    """Picking keeps each thing's own spots; naming changes no spot."""
    network = draw_network([[(0, 0), (100, 0)], [(20, -50), (20, 50)], [(80, -50), (80, 50)]], merge=False)
    both = snap_points(areas(shapely.box(10, -20, 30, 20), shapely.box(70, -20, 90, 20), shapely.Point(50, 9)), network)
    one = both.only(np.array([False, True, True]))
    assert one.labels.tolist() == [1, 2]
    assert joined(one, 0) == joined(both, 1)
    assert joined(one, 1) == [(50, 0)]
    assert one.relabel(both.labels[:2]).labels.tolist() == [0, 1]
    assert repr(both).endswith("of 3 things, 0 not on the network>")


# ── areas ───────────────────────────────────────────────────────────────────────────────────────


def test_an_area_is_entered_where_paths_meet_its_outline():
    """A park with a path through it and a path that ends at its edge: three entrances, no access leg."""
    network = draw_network([[(-100, 0), (100, 0)], [(0, -200), (0, -50)], [(-100, 90), (100, 90)]])
    spots = snap_points(areas(shapely.box(-50, -50, 50, 50)), network)
    assert joined(spots) == [(-50, 0), (0, -50), (50, 0)]
    assert spots.access_m.tolist() == [0] * len(spots)


def test_an_area_that_no_path_meets_joins_the_street_nearest_to_its_outline():
    """The leg starts at the outline, not at the middle."""
    spots = snap_points(areas(shapely.box(20, 10, 80, 50)), draw_network([[(0, 0), (100, 0)]]))
    assert spots.access_m.tolist() == [10]
    assert len(spots) == 1


def test_an_area_is_entered_through_its_doors():
    """A school with a gate on its outline and one inside: the gate counts, with its own leg to the street."""
    network = draw_network([[(0, 0), (100, 0)]])
    school = areas(shapely.box(20, 10, 80, 50))
    gates = points((30, 10), (60, 10 + DOOR_WITHIN_M), (50, 30))
    spots = snap_points(school, network, entrances=gates)
    assert joined(spots) == [(30, 0), (60, 0)]
    assert sorted(spots.access_m) == [10, 10 + DOOR_WITHIN_M]


def test_a_door_far_from_any_street_is_no_way_in():
    """The area then joins from its outline, as if it had none."""
    network = draw_network([[(0, 0), (100, 0)]])
    spots = snap_points(areas(shapely.box(20, 10, 80, 500)), network, entrances=points((50, 500)))
    assert spots.access_m.tolist() == [10]


def test_an_area_is_not_entered_from_a_bridge():
    """A footbridge over the park leads elsewhere; its other path is the way in."""
    network = draw_network([[(-100, 0), (100, 0)], [(0, -200), (0, -50)]], level=[1, 0])
    assert joined(snap_points(areas(shapely.box(-50, -50, 50, 50)), network)) == [(0, -50)]


def test_a_path_inside_an_area_that_never_meets_its_outline_is_no_entrance():
    """The area joins the street outside, or that inner path, whichever is nearest to the outline."""
    network = draw_network([[(-10, 0), (10, 0)], [(-100, 60), (100, 60)]])
    spots = snap_points(areas(shapely.box(-50, -50, 50, 50)), network)
    assert spots.access_m.tolist() == [0]


# ── closed estates ──────────────────────────────────────────────────────────────────────────────

WALLED = shapely.box(0, 10, 100, 200)  # a street runs 10 m south of its wall
STREETS = [[(-200, 0), (200, 0)], [(-200, 300), (200, 300)]]


def test_a_home_in_a_closed_estate_joins_its_own_path_and_not_the_street_behind_the_wall():
    """The street is 20 m away, the estate's path 60: the path it is."""
    network = draw_network([*STREETS, [(50, 90), (50, 300)]], private=[False, False, True])
    spots = snap_points(points((50, 30)), network, estates=make_estates({"e": WALLED}))
    assert network.private[spots.edge].tolist() == [True]
    assert spots.access_m.tolist() == [60]
    assert joined(spots) == [(50, 90)]


def test_a_home_in_an_estate_without_paths_leaves_by_its_gate():
    """The leg leads straight to the gate, then to the street before it, however long it is."""
    network = draw_network(STREETS)
    gate = points((90, 200))
    spots = snap_points(points((50, 30)), network, estates=make_estates({"e": WALLED}), entrances=gate)
    assert joined(spots) == [(90, 300)]
    assert spots.access_m == pytest.approx([np.hypot(40, 170) + 100])


def test_a_home_in_an_estate_leaves_where_a_public_path_comes_in():
    """A footpath that crosses the wall is a way out, at the wall."""
    network = draw_network([*STREETS, [(20, 100), (20, 300)]])
    spots = snap_points(points((50, 30)), network, estates=make_estates({"e": WALLED}))
    assert joined(spots) == [(20, 200)]
    assert spots.access_m == pytest.approx([np.hypot(30, 170)])


def test_a_street_along_the_wall_is_no_way_out():
    """Mappers glue an estate's outline to the street: the wall is still there, and only the gate opens it."""
    glued = shapely.box(0, 0, 100, 200)
    network = draw_network([[(-200, 0), (0, 0)], [(0, 0), (100, 0)], [(100, 0), (200, 0)], *STREETS[1:]])
    gate = points((50, 200))
    spots = snap_points(points((50, 30)), network, estates=make_estates({"e": glued}), entrances=gate)
    assert joined(spots) == [(50, 300)]


def test_an_estate_without_any_way_out_is_left_by_the_nearest_street():
    """Nothing is known of its gates, and people do leave home."""
    network = draw_network(STREETS)
    spots = snap_points(points((50, 30)), network, estates=make_estates({"e": WALLED}))
    assert joined(spots) == [(50, 0)]
    assert spots.access_m.tolist() == [30]


def test_in_nested_estates_the_smallest_counts():
    """A home joins the path of its own yard, not that of the quarter around it."""
    network = draw_network(
        [[(10, 20), (10, 190)], [(60, 80), (60, 120)]], kind=["quarter", "yard"], private=[True, True]
    )
    estates = make_estates({"quarter": WALLED, "yard": shapely.box(20, 50, 80, 150)})
    spots = snap_points(points((30, 100), (5, 100)), network, estates=estates)
    assert network.kind[spots.edge].tolist() == ["yard", "quarter"]


def test_a_home_outside_any_estate_is_not_bound_by_one():
    """It joins the nearest street as ever."""
    network = draw_network([*STREETS, [(50, 90), (50, 300)]], private=[False, False, True])
    spots = snap_points(points((50, 5)), network, estates=make_estates({"e": WALLED}))
    assert spots.access_m.tolist() == [5]


# ── the index of proposed sites ─────────────────────────────────────────────────────────────────

COORDINATE = st.integers(-50, 50)
STEP = st.tuples(st.sampled_from(["add", "move", "remove"]), COORDINATE, COORDINATE, st.integers(0, 30))


@given(steps=st.lists(STEP, max_size=60), at=st.tuples(COORDINATE, COORDINATE), within=st.integers(0, 80))
@settings(max_examples=120, deadline=None)
def test_the_index_of_sites_finds_what_brute_force_finds(steps, at, within):
    """After any history of sites added, moved and taken back, several on one spot among them."""
    sites, plain = Proposals(METRES), {}
    for step, x, y, pick in steps:
        point = shapely.Point(x, y)
        if step == "add" or not plain:
            plain[sites.add("school", point)] = point
            continue
        number = sorted(plain)[pick % len(plain)]
        if step == "move":
            sites.move(number, point)
            plain[number] = point
        else:
            sites.remove(number)
            del plain[number]
    here = shapely.Point(at)
    assert sites.near(here, within_m=within) == sorted(n for n, p in plain.items() if p.distance(here) <= within)
    assert len(sites) == len(plain)
    table = sites.to_gdf()
    assert dict(zip(table["facility"], table.geometry, strict=True)) == {f"proposal/{n}": p for n, p in plain.items()}


def test_a_site_that_is_not_there_is_named_with_those_that_are():
    """Moving a site that was taken back is a slip of the hand."""
    sites = Proposals(METRES)
    sites.add("school", shapely.Point(0, 0))
    sites.remove(sites.add("school", shapely.Point(5, 5)))
    with pytest.raises(TableError, match=r"^there is no proposed site 1; the sites are \[0\]$"):
        sites.move(1, shapely.Point(1, 1))


def test_a_site_may_be_given_in_degrees():
    """A click on the map comes as longitude and latitude."""
    sites = Proposals(METRES)
    sites.add_at("school", 3.0, 0.0)
    assert sites.near(shapely.Point(500_000, 0), within_m=0.01) == [0]


def test_every_point_of_a_grid_town_joins_a_street_it_stands_on():
    """Corners and middles of all streets, without any leg."""
    network = draw_network(grid_paths(4, 4))
    at = points(*[(50.0 * i, 100.0 * j) for i in range(7) for j in range(4)])
    assert snap_points(at, network).access_m.max() == 0


@pytest.mark.parametrize(("gates", "welcome"), [("open", True), ("resident", False), ("closed", False)])
def test_a_shop_in_a_closed_estate_serves_those_whom_the_gates_let_in(gates, welcome):
    """The estate's own people walk to it inside; whether a stranger may is a matter of the walker's gates."""
    network = draw_network([[(-200, 0), (50, 0), (200, 0)], [(50, 0), (50, 150)]], private=[False, True])
    walker = Walker(speed_kmh=3.6, gates=gates)
    footing = make_footing(network, walker)
    public = footing.usable & ~network.private
    estate = make_estates({"e": shapely.box(0, 10, 100, 200)})
    shop = snap_points(points((40, 150)), network, allowed=public, allowed_inside=footing.usable, estates=estate)
    if gates == "closed":  # no path inside is walked, and no gate is mapped: the shop cannot be reached at all
        assert len(shop) == 0
        return
    home = snap_points(points((60, 50)), network, allowed=footing.usable, estates=estate)
    street = snap_points(points((0, 0)), network, allowed=footing.usable)
    assert measure_times(footing, home, shop, walker)[WalkTimes.minutes].tolist() == pytest.approx([120 / 60])
    assert measure_times(footing, street, shop, walker)[WalkTimes.minutes].tolist() == pytest.approx(
        [210 / 60] if welcome else []
    )
