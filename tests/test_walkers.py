"""Walkers: who walks, how fast, and who says so."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, FrozenInstanceError, fields, replace
from importlib import resources

import numpy as np
import pytest

from walkcircle.errors import StudyError
from walkcircle.walkers import FASTEST, Signals, Walker, list_walkers, read_walker
from walkcircle.walkers.slopes import STEEPEST, scale_speed

WALKERS = list_walkers()
LABELS = {"name", "zh", "en", "cited"}


def keys_of(name: str) -> set[str]:
    """Return the keys that the file of a walker sets."""
    text = (resources.files("walkcircle.walkers") / f"{name}.toml").read_text(encoding="utf-8")
    return set(tomllib.loads(text))


def test_the_walkers_that_come_with_the_package_are_listed():
    """A planner chooses among these by name."""
    assert WALKERS == ["adult", "child", "elder", "elder-limited", "pram", "wheelchair"]


@pytest.mark.parametrize("name", WALKERS)
def test_every_figure_of_a_walker_names_its_source(name):
    """What the file sets is what it cites, no more and no less, and no source is a bare number of a list."""
    walker = read_walker(name)
    assert set(walker.cited) == keys_of(name) - LABELS
    assert all(len(source) > 20 for source in walker.cited.values())


@pytest.mark.parametrize("name", WALKERS)
def test_a_walker_is_called_as_its_file(name):
    """The name in the tables is the name in the study."""
    walker = read_walker(name)
    assert walker.name == name
    assert walker.label("zh") == walker.zh != walker.en == walker.label("en")


@pytest.mark.parametrize(
    ("name", "metres_per_second", "stairs_factor"),
    [
        ("adult", 1.31, 0.42),
        ("elder", 1.05, 0.32),
        ("elder-limited", 0.76, 0.32),
        ("child", 1.10, 0.42),
        ("pram", 0.90, None),
        ("wheelchair", 0.69, None),
    ],
)
def test_speeds_are_those_of_their_sources(name, metres_per_second, stairs_factor):
    """Sources give metres per second; the files give km/h to two digits."""
    walker = read_walker(name)
    assert walker.metres_per_second == pytest.approx(metres_per_second, abs=0.005)
    assert walker.stairs_factor == stairs_factor


def test_the_weak_are_slower_than_the_strong():
    """A slip of a decimal point in any one file would break the order."""
    speeds = {name: read_walker(name).speed_kmh for name in WALKERS}
    order = ["wheelchair", "elder-limited", "pram", "elder", "child", "adult"]
    assert sorted(speeds, key=speeds.__getitem__) == order


def test_a_speed_alone_walks_on_the_flat_without_any_delay():
    """The identity walker: stairs cost their length, crossings nothing, and every path is open."""
    walker = Walker(speed_kmh=3.6)
    assert walker.metres_per_second == pytest.approx(1.0)
    assert (walker.stairs_factor, walker.crossing_s, walker.gates) == (1.0, {}, "open")
    assert (walker.slope, walker.max_grade_up, walker.max_grade_down) == ("flat", None, None)
    assert (walker.crossing_road_s, walker.signals, walker.stairs_up_factor) == ({}, None, None)


def test_only_the_speed_of_a_walker_must_be_said():
    """Everything else has a default, so that a notebook can start with one number."""
    needed = {f.name for f in fields(Walker) if f.default is MISSING and f.default_factory is MISSING}
    assert needed == {"speed_kmh"}


@pytest.mark.parametrize("nothing", [0, 0.0, None, False])
def test_a_factor_of_zero_means_that_stairs_cannot_be_walked(nothing):
    """TOML knows no null; Python code asks for None, and never divides by zero."""
    assert Walker(speed_kmh=3, stairs_factor=nothing).stairs_factor is None


def test_stairs_that_cannot_be_walked_stay_so_in_a_copy():
    """A faster wheelchair climbs no better."""
    assert replace(read_walker("wheelchair"), speed_kmh=4).stairs_factor is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speed_kmh = 0", "speed_kmh"),
        ("speed_kmh = -4", "speed_kmh"),
        ("speed_kmh = nan", "speed_kmh"),
        ("speed_kmh = inf", "speed_kmh"),
        ("speed_kmh = 47", "less than or equal to 20"),
        ("speed_kmh = 4\nstairs_factor = -0.5", "stairs_factor"),
        ("speed_kmh = 4\nstairs_factor = 42", "stairs_factor"),
        ('speed_kmh = 4\ngates = "ajar"', "'open', 'resident' or 'closed'"),
        ("speed_kmh = 4\n[crossing_s]\nsignals = -1", "crossing_s.signals"),
        ("speed_kmh = 4\n[crossing_s]\nzebra = 5", "'signals', 'marked' or 'unmarked'"),
        ('speed_kmh = 4\nslope = "naismith"', "'flat', 'tobler', 'campbell-p10', 'irmischer-clarke' or 'wheels'"),
        ("speed_kmh = 4\nmax_grade_up = 8.3", "max_grade_up"),
        ("speed_kmh = 4\nmax_grade_down = 0", "max_grade_down"),
        ("speed_kmh = 4\ngrade_over_m = 0", "grade_over_m"),
        (
            "speed_kmh = 4\n[crossing_road_s]\nmotorway = 1",
            "'service', 'residential', 'tertiary', 'secondary' or 'primary'",
        ),
        ("speed_kmh = 4\n[crossing_road_s]\nprimary = inf", "crossing_road_s.primary"),
        ("speed_kmh = 4\n[signals]\ncycle_s = 60", "key 'green_s' is missing in [signals]"),
        ("speed_kmh = 4\n[signals]\ncycle_s = 60\ngreen_s = 70", "green_s is 70, longer than the whole cycle of 60 s"),
        ("speed_kmh = 4\n[signals]\ncycle_s = 60\ngreen_s = 20\n[crossing_s]\nsignals = 30", "is given twice"),
        ("speed_kmh = 4\nstairs_up_factor = 0.3", "stairs_up_factor and stairs_down_factor go together"),
        (
            "speed_kmh = 4\nstairs_factor = 0\nstairs_up_factor = 0.3\nstairs_down_factor = 0.4",
            "with a stairs_factor for unknown heights",
        ),
        ("walk_speed_kmh = 4", "did you mean 'speed_kmh'?"),
        ('zh = "人"', "key 'speed_kmh' is missing"),
    ],
)
def test_an_impossible_walker_is_refused_in_one_sentence(tmp_path, text, says):
    """The sentence names the file and the key or the choices."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_walker(path)
    message = str(caught.value)
    assert message.startswith("mine.toml: ")
    assert says in message
    assert "\n" not in message


def test_a_planners_own_walker_is_read_by_its_path(tmp_path):
    """By an absolute path, or relative to the folder of the study."""
    path = tmp_path / "mine.toml"
    path.write_text('speed_kmh = 3.2\nname = "mine"\nstairs_factor = 0\n', encoding="utf-8")
    mine = Walker(speed_kmh=3.2, name="mine", stairs_factor=None)
    assert read_walker(path) == read_walker("mine.toml", folder=tmp_path) == mine


@pytest.mark.parametrize("name", ["adlut", "", "../adult", "adult.tml"])
def test_an_unknown_walker_is_answered_with_those_there_are(name):
    """The list and the way out, in one sentence."""
    with pytest.raises(StudyError) as caught:
        read_walker(name)
    assert "adult, child, elder, elder-limited, pram, wheelchair" in str(caught.value)
    assert ".toml" in str(caught.value)


def test_a_walker_cannot_be_changed():
    """Records are values: two analyses may share one."""
    with pytest.raises(FrozenInstanceError):
        read_walker("adult").speed_kmh = 5


# ── slopes and waits ────────────────────────────────────────────────────────────────────────────

GRADES = np.array([-0.10, -0.05, 0.0, 0.03, 0.05, 0.08, 0.10, 0.12])


@pytest.mark.parametrize(
    ("slope", "shares"),
    [
        ("flat", [1, 1, 1, 1, 1, 1, 1, 1]),
        ("tobler", [1.00, 1.19, 1, 0.90, 0.84, 0.76, 0.70, 0.66]),
        ("irmischer-clarke", [1.00, 1.01, 1, 0.98, 0.96, 0.93, 0.91, 0.88]),
        ("campbell-p10", [0.96, 1.01, 1, 0.97, 0.93, 0.88, 0.83, 0.79]),
    ],
)
def test_a_slope_changes_the_speed_as_the_published_functions_say(slope, shares):
    """Speed as a share of that on the flat, worked out elsewhere from the formulas, to two digits."""
    assert scale_speed(slope, GRADES) == pytest.approx(np.array(shares), abs=0.0055)


@pytest.mark.parametrize("slope", sorted(STEEPEST))
def test_a_function_is_not_used_beyond_the_grades_it_was_made_for(slope):
    """Steeper counts as the steepest; unknown counts as flat; nothing is ever stopped or turned round."""
    steep = STEEPEST[slope]
    shares = scale_speed(slope, np.array([-9.0, -steep, steep, 9.0, np.nan, 0.0]))
    assert shares[0] == shares[1]
    assert shares[2] == shares[3]
    assert shares[4] == shares[5] == 1
    assert (shares > 0.1).all()


@pytest.mark.parametrize("slope", sorted(FASTEST))
def test_nobody_is_faster_than_is_said(slope):
    """The bound by which streets are read far enough: never below the function, and hardly above it."""
    best = scale_speed(slope, np.linspace(-0.5, 0.5, 100_001)).max()
    assert best <= FASTEST[slope] <= best + 0.001
    assert Walker(speed_kmh=3.6, slope=slope).fastest_metres_per_second == FASTEST[slope]


@pytest.mark.parametrize(
    ("cycle", "green", "delay"), [(60, 20, 13.3), (90, 25, 23.5), (120, 30, 33.8), (150, 30, 48), (60, 60, 0)]
)
def test_the_mean_wait_at_lights_follows_from_cycle_and_green(cycle, green, delay):
    """(C - g)² / 2C."""
    assert Signals(cycle_s=cycle, green_s=green).delay_s == pytest.approx(delay, abs=0.05)


def test_larger_roads_cost_more_to_cross():
    """A slip in any one file would break the order."""
    for name in WALKERS:
        waits = read_walker(name).crossing_road_s
        assert list(waits) == ["service", "residential", "tertiary", "secondary", "primary"]
        assert list(waits.values()) == sorted(waits.values())
