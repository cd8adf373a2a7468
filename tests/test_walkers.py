"""Walkers: who walks, how fast, and who says so."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, FrozenInstanceError, fields, replace
from importlib import resources

import pytest

from walkcircle.errors import StudyError
from walkcircle.walkers import Walker, list_walkers, read_walker

WALKERS = list_walkers()
LABELS = {"name", "zh", "en", "cited"}


def keys_of(name: str) -> set[str]:
    """Return the keys that the file of a walker sets."""
    text = (resources.files("walkcircle.walkers") / f"{name}.toml").read_text(encoding="utf-8")
    return set(tomllib.loads(text))


def test_the_walkers_that_come_with_the_package_are_listed():
    """A planner chooses among these by name."""
    assert WALKERS == ["adult", "child", "elder", "wheelchair"]


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
    [("adult", 1.31, 0.42), ("elder", 1.05, 0.32), ("child", 1.10, 0.42), ("wheelchair", 0.69, None)],
)
def test_speeds_are_those_of_their_sources(name, metres_per_second, stairs_factor):
    """Sources give metres per second; the files give km/h to two digits."""
    walker = read_walker(name)
    assert walker.metres_per_second == pytest.approx(metres_per_second, abs=0.005)
    assert walker.stairs_factor == stairs_factor


def test_the_weak_are_slower_than_the_strong():
    """A slip of a decimal point in any one file would break the order."""
    speeds = {name: read_walker(name).speed_kmh for name in WALKERS}
    assert speeds["wheelchair"] < speeds["elder"] < speeds["child"] < speeds["adult"]


def test_a_speed_alone_walks_on_the_flat_without_any_delay():
    """The identity walker: stairs cost their length, crossings nothing, and every path is open."""
    walker = Walker(speed_kmh=3.6)
    assert walker.metres_per_second == pytest.approx(1.0)
    assert (walker.stairs_factor, walker.crossing_s, walker.gates) == (1.0, {}, "open")


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
    path = tmp_path / "pram.toml"
    path.write_text('speed_kmh = 3.2\nname = "pram"\nstairs_factor = 0\n', encoding="utf-8")
    pram = Walker(speed_kmh=3.2, name="pram", stairs_factor=None)
    assert read_walker(path) == read_walker("pram.toml", folder=tmp_path) == pram


@pytest.mark.parametrize("name", ["adlut", "", "../adult", "adult.tml"])
def test_an_unknown_walker_is_answered_with_those_there_are(name):
    """The list and the way out, in one sentence."""
    with pytest.raises(StudyError) as caught:
        read_walker(name)
    assert "adult, child, elder, wheelchair" in str(caught.value)
    assert ".toml" in str(caught.value)


def test_a_walker_cannot_be_changed():
    """Records are values: two analyses may share one."""
    with pytest.raises(FrozenInstanceError):
        read_walker("adult").speed_kmh = 5
