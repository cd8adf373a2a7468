"""Footing: how long each walker takes along each edge, there and back, worked out with pencil."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import STROLLER, draw_network, points

from walkcircle.footing import GRAIN_S, make_footing
from walkcircle.network import CROSSINGS, ROADS, Profile
from walkcircle.tables import WalkTimes
from walkcircle.walkers import Signals, Walker, read_walker
from walkcircle.walking import measure_times

UP = np.exp(0.35)  # what one in ten up takes with Tobler's function, beside the flat
TOBLER = replace(STROLLER, slope="tobler")
INF = np.inf


def with_profiles(network, *profiles):
    """Return the network with these heights along its edges."""
    start = np.concatenate([[0], np.cumsum([len(p) for p in profiles])])
    profile = Profile(start, np.concatenate([np.asarray(p, dtype=float) for p in profiles]))
    return replace(network, profile=profile, climb_m=profile.climb_m)


def climbing(*profiles, length=100.0, **attributes):
    """Return streets one after the other to the east, each of a length and with heights of its own."""
    paths = [[(i * length, 0), ((i + 1) * length, 0)] for i in range(len(profiles))]
    return with_profiles(draw_network(paths, merge=False, **attributes), *profiles)


def seconds(network, walker):
    return make_footing(network, walker).seconds


# ── slopes ──────────────────────────────────────────────────────────────────────────────────────


def test_a_speed_alone_is_the_length_over_the_speed_whatever_the_ground():
    """The identity walker: exactly, uphill, over stairs and across roads."""
    network = climbing(
        [0, 20],
        [20, 0],
        [0, 5],
        length=97.3,
        steps=[0, 1, 0],
        crossing=[0, 0, 3],
        crossed=[0, 0, 5],
        kind=["a", "b", "c"],
    )
    walker = Walker(speed_kmh=4.321)
    # to the grain of all times, a nanosecond
    assert seconds(network, walker) == pytest.approx(
        np.repeat((network.length_m / walker.metres_per_second)[:, None], 2, axis=1), rel=0, abs=GRAIN_S
    )


def test_without_heights_a_walker_with_a_slope_walks_on_the_flat():
    """No raster, no difference."""
    network = draw_network([[(0, 0), (83, 0)]])
    assert seconds(network, TOBLER).tolist() == [[83, 83]]


def test_each_step_of_a_street_counts_by_its_own_grade():
    """Five steps of 20 m: 10 % up, level, 5 % down twice, 10 % down."""
    there, back = seconds(climbing([0, 2, 2, 1, 0, -2]), TOBLER)[0]
    down5, up5 = np.exp(-0.175), np.exp(0.175)
    assert there == pytest.approx(20 * (UP + 1 + 2 * down5 + 1))
    assert back == pytest.approx(20 * (1 + 1 + 2 * up5 + UP))


def test_a_step_of_unknown_height_is_level_and_the_others_are_not():
    """The second of four heights is missing: two steps are level, the third climbs."""
    there, back = seconds(climbing([0, np.nan, 4, 6.5]), TOBLER)[0]
    grade = 2.5 / (100 / 3)
    assert there == pytest.approx(100 / 3 * (2 + np.exp(3.5 * grade)))
    assert back == pytest.approx(100 / 3 * (2 + np.exp(3.5 * (grade - 0.1))))


def test_a_climb_without_a_profile_is_an_even_slope():
    """As other sources of networks may know it; NaN is flat."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], merge=False)
    network = replace(network, climb_m=np.array([10, np.nan]))
    assert seconds(network, TOBLER) == pytest.approx(np.array([[100 * UP, 100], [100, 100]]))


def test_nobody_walks_up_a_wall_in_the_data():
    """A grade beyond 0.35 counts as 0.35, up and down."""
    there, back = seconds(climbing([0, 300]), TOBLER)[0]
    assert there == pytest.approx(100 * np.exp(3.5 * 0.35))
    assert back == pytest.approx(100 * np.exp(3.5 * 0.25))


def test_the_way_back_is_not_the_way_there():
    """Up a hill to the shop and down home; with a longer level way round that nobody takes down."""
    network = with_profiles(
        draw_network([[(0, 0), (300, 0)], [(0, 0), (0, 50), (300, 50), (300, 0)]], merge=False), [0, 30], [0, 30]
    )
    home, shop = points((0, 0)), points((300, 0))
    there, back = (measure_times(network, *pair, TOBLER, within_m=1).iloc[0] for pair in ((home, shop), (shop, home)))
    assert there[WalkTimes.minutes] == pytest.approx(5 * UP)
    assert back[WalkTimes.minutes] == pytest.approx(5)
    assert there[WalkTimes.metres] == back[WalkTimes.metres] == 300


def test_a_steep_way_is_left_for_a_longer_one_upwards_and_taken_downwards():
    """One in ten up takes 142 s, round about 120 s; down the steep way takes 100 s."""
    steep, round_about = [(0, 0), (100, 0)], [(0, 0), (0, 10), (100, 10), (100, 0)]
    # no place on earth has a level way to the top; a mix-up of directions would show nowhere better
    network = with_profiles(draw_network([steep, round_about], merge=False), [0, 10], [0, 0])
    home, shop = points((0, 0)), points((100, 0))
    metres = [
        measure_times(network, *pair, TOBLER, within_m=1)[WalkTimes.metres].iloc[0]
        for pair in ((home, shop), (shop, home))
    ]
    assert metres == [120, 100]


def test_wheels_take_twice_the_time_at_the_critical_grade():
    """1 + (s/c)², the same up and down; beyond 1 in 8 it does not grow."""
    walker = Walker(speed_kmh=3.6, slope="wheels", critical_grade=0.08)
    network = climbing([0, 8], [0, 4], [0, 30])
    worst = 100 * (1 + (0.125 / 0.08) ** 2)
    assert seconds(network, walker) == pytest.approx(np.array([[200, 200], [125, 125], [worst, worst]]))


# ── limits ──────────────────────────────────────────────────────────────────────────────────────

WHEELS = Walker(speed_kmh=3.6, max_grade_up=0.0834, max_grade_down=0.12)


@pytest.mark.parametrize(
    ("heights", "answer"),
    [
        ([0, 10], [INF, 100]),  # 10 %: not up, but down
        ([10, 0], [100, INF]),
        ([0, 13], [INF, INF]),  # 13 %: neither
        ([0, 100 / 12], [100, 100]),  # 1:12: both
        ([0, np.nan], [100, 100]),  # unknown closes nothing
        ([np.nan, 0, 10, np.nan], [INF, INF]),  # but what is known does: 10 m in 33 m
    ],
)
def test_a_street_too_steep_is_closed_in_the_direction_in_which_it_is(heights, answer):
    """The wheelchair goes up to 1 in 12, and down to 12 %."""
    assert seconds(climbing(heights), WHEELS)[0].tolist() == answer


def test_a_grade_of_exactly_the_limit_is_open():
    """Limits are inclusive, and rounding does not close a ramp."""
    network = climbing(np.linspace(0, 12, 11))
    assert seconds(network, replace(WHEELS, max_grade_up=0.12))[0].tolist() == [100, 100]
    assert seconds(network, replace(WHEELS, max_grade_up=0.1199))[0].tolist() == [INF, 100]


@pytest.mark.parametrize(("over_m", "there"), [(10, INF), (20, INF), (21, 100), (30, 100), (500, 100)])
def test_only_a_grade_that_keeps_up_over_the_stated_length_closes_a_street(over_m, there):
    """Twenty metres of 10 % within a level street."""
    heights = [0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]
    network = climbing(heights)
    assert seconds(network, replace(WHEELS, grade_over_m=over_m))[0].tolist() == [there, 100]


def test_a_stretch_with_an_unknown_height_is_not_steep():
    """One in five for ten metres is known; over twenty metres nothing is."""
    network = climbing([np.nan, 0, 2, np.nan], length=30.0)
    assert seconds(network, replace(WHEELS, grade_over_m=20))[0].tolist() == [30, 30]
    assert seconds(network, replace(WHEELS, grade_over_m=10))[0].tolist() == [INF, INF]


def test_a_steep_end_of_a_street_is_not_forgotten():
    """The last ten metres count as the first do, each in its own direction."""
    flat_then_up, down_then_flat = [*[0] * 10, 1.0], [1.0, *[0] * 10]
    assert seconds(climbing(flat_then_up, down_then_flat), WHEELS).tolist() == [[INF, 100], [100, INF]]


def test_a_street_of_no_length_is_neither_steep_nor_slow():
    """Two points in one place and a difference of rounding: no grade."""
    network = climbing([0, 1], [1, 1])
    network = replace(network, length_m=np.array([0.0, 100.0]))
    assert seconds(network, replace(WHEELS, slope="tobler"))[0].tolist() == [0, 0]


def test_the_wheelchair_goes_round_a_street_that_it_may_only_descend():
    """Ten percent: home by the street, out by the long way, through the engine."""
    network = with_profiles(
        draw_network([[(0, 0), (100, 0)], [(0, 0), (0, 200), (100, 200), (100, 0)]], merge=False), [0, 10], [0, 10]
    )
    valley, hill = points((0, 0)), points((100, 0))
    up, down = (
        measure_times(network, *pair, WHEELS, within_m=1)[WalkTimes.metres].iloc[0]
        for pair in ((valley, hill), (hill, valley))
    )
    assert (up, down) == (500, 100)


# ── stairs ──────────────────────────────────────────────────────────────────────────────────────

CLIMBER = replace(TOBLER, stairs_factor=0.4, stairs_up_factor=0.25, stairs_down_factor=0.5)


@pytest.mark.parametrize(
    ("heights", "answer"),
    [
        ([0, 30], [400, 200]),
        ([30, 0], [200, 400]),
        ([0.9, 0], [250, 250]),
        ([0, 0.9], [250, 250]),  # less than a metre may be noise: the mean factor
        ([0, np.nan], [250, 250]),
    ],
)
def test_stairs_have_their_own_speeds_up_and_down_and_no_slope_on_top(heights, answer):
    """The factors were measured on stairs, so the climb is in them."""
    assert seconds(climbing(heights, steps=[1]), CLIMBER)[0] == pytest.approx(answer)


def test_stairs_do_not_close_by_their_grade_but_by_their_factor():
    """A limit of grade is one for ramps."""
    network = climbing([0, 30], steps=[1])
    assert seconds(network, replace(WHEELS, stairs_factor=0.5))[0].tolist() == [200, 200]
    assert seconds(network, replace(WHEELS, stairs_factor=None))[0].tolist() == [INF, INF]


# ── crossings ───────────────────────────────────────────────────────────────────────────────────

WAITS = Walker(
    speed_kmh=3.6,
    crossing_s={"marked": 3, "unmarked": 7},
    crossing_road_s={"service": 0, "residential": 1, "tertiary": 4, "secondary": 8, "primary": 12},
    signals=Signals(cycle_s=60, green_s=20),
)


@pytest.mark.parametrize(
    ("control", "road", "wait"),
    [
        ("", "", 0),
        ("", "primary", 0),  # a street along which nothing is crossed
        ("unmarked", "service", 0),
        ("unmarked", "residential", 1),
        ("marked", "residential", 1),
        ("marked", "tertiary", 4),
        ("unmarked", "secondary", 8),
        ("marked", "primary", 12),
        ("marked", "", 3),  # a road of unknown class
        ("unmarked", "", 7),
        ("signals", "", 40 / 3),  # (60 - 20)² / 120
        ("signals", "service", 40 / 3),
        ("signals", "primary", 40 / 3),
    ],
)
def test_a_crossing_costs_what_its_road_and_its_lights_cost(control, road, wait):
    """Ten metres, and the wait, in both directions."""
    network = draw_network([[(0, 0), (10, 0)]], crossing=[CROSSINGS.index(control)], crossed=[ROADS.index(road)])
    assert seconds(network, WAITS)[0] == pytest.approx([10 + wait, 10 + wait])


def test_a_plain_wait_at_lights_holds_whatever_the_road():
    """Thirty seconds at lights over a primary road, twelve without lights."""
    walker = replace(WAITS, signals=None, crossing_s={"signals": 30})
    network = draw_network(
        [[(0, 0), (10, 0)], [(10, 0), (20, 0)]], crossing=[CROSSINGS.index("signals"), 1], crossed=[5, 5], merge=False
    )
    assert seconds(network, walker)[:, 0].tolist() == [40, 22]


def test_a_crossing_in_two_parts_bears_the_delay_of_its_road_once():
    """Split where it meets the road, four to six: 4.8 and 7.2 of twelve seconds."""
    crossing, road = [(0, 0), (4, 0), (10, 0)], [(4, -50), (4, 0), (4, 50)]
    network = draw_network([crossing, road], crossing=[1, 0], crossed=[5, 0])
    walked = seconds(network, WAITS)[network.crossing > 0, 0]
    assert sorted(walked) == pytest.approx([4 + 4.8, 6 + 7.2])


def test_the_walkers_of_the_package_wait_at_lights_as_long_as_the_manual_says():
    """Ninety seconds, twenty-five of them green: 23.5 s."""
    network = draw_network([[(0, 0), (10, 0)]], crossing=[CROSSINGS.index("signals")])
    adult = read_walker("adult")
    waited = seconds(network, adult) - 10 / adult.metres_per_second
    assert waited == pytest.approx(np.full((1, 2), 65**2 / 180))


def test_the_wheelchair_of_the_package_is_stopped_by_ten_percent_up_only():
    """And the adult by none."""
    network = climbing(np.linspace(0, 10, 11))
    assert np.isfinite(seconds(network, read_walker("wheelchair"))).tolist() == [[False, True]]
    assert np.isfinite(seconds(network, read_walker("adult"))).all()


def test_one_way_and_gates_hold_on_slopes_too():
    """A stairway that is walked down only stays so."""
    network = climbing([0, 10], oneway=[-1])
    assert seconds(network, TOBLER)[0].tolist() == [INF, pytest.approx(100)]
