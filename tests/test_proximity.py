"""Proximity: shares within every time and means to the nearest few, by hand and on streets drawn by hand."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
import pytest
from builders import STROLLER, draw_network, grid_paths, make_facilities, points, tries
from hypothesis import given
from hypothesis import strategies as st

from walkcircle.errors import TableError
from walkcircle.proximity import measure_dual_access, measure_proximity, measure_sweep, weigh_proximity
from walkcircle.tables import (
    AreaProximity,
    Coverage,
    DualAccess,
    Nearest,
    Proximity,
    Sweep,
    check_table,
)
from walkcircle.walking import nearest

# ── every time at once ──────────────────────────────────────────────────────────────────────────


def walks(*rows: tuple[float, float | None, bool], kind="shop") -> pd.DataFrame:
    """Make coverage from people, minutes, and whether the home is on the network."""
    table = pd.DataFrame(rows, columns=[Coverage.population, Coverage.minutes, Coverage.known])
    return table.assign(**{Coverage.kind: kind, Coverage.walker: "stroller"}).astype({Coverage.minutes: float})


def sweep(table, **options) -> pd.DataFrame:
    found = measure_sweep(table, **options)
    check_table(found, Sweep, where="sweep")
    return found


def test_shares_are_those_within_each_time():
    """Thirty walk 5 minutes, ten 8, ten farther than was searched, and ten are off the network."""
    table = walks((10, 8, True), (30, 5, True), (10, None, True), (10, None, False))
    found = sweep(table, minutes=[8, 0, 5, 4.9]).set_index(Sweep.minutes)
    assert found[Sweep.share].to_dict() == {0: 0, 4.9: 0, 5: 0.6, 8: 0.8}
    assert found[Sweep.covered].to_list() == [0, 0, 30, 40]
    assert (found[Sweep.population] == 50).all()
    assert len(sweep(table)) == 31


def test_a_walk_of_exactly_the_time_is_within_it():
    """Whatever the last digit of its seconds."""
    assert sweep(walks((1, 0.1 + 0.2, True)), minutes=[0.3])[Sweep.share].to_list() == [1]


def test_kinds_and_walkers_have_their_own_curves():
    table = pd.concat([walks((1, 3, True)), walks((1, 6, True), kind="park"), walks((0, 2, True), kind="bar")])
    found = sweep(table, minutes=[4]).set_index(Sweep.kind)[Sweep.share]
    assert found[["shop", "park"]].to_dict() == {"shop": 1, "park": 0}
    assert isnan(found["bar"])
    assert sweep(table.iloc[:0]).empty


@tries(25)
@given(rows=st.lists(st.tuples(st.integers(0, 99), st.none() | st.floats(0, 40), st.booleans()), min_size=1))
def test_shares_never_fall_as_the_time_grows(rows):
    table = walks(*rows)
    found = measure_sweep(table, minutes=range(41))
    assert (np.diff(found[Sweep.covered]) >= 0).all()
    known = table[table[Coverage.known]]
    for row in found.itertuples():
        within = known[Coverage.population][known[Coverage.minutes] <= row.minutes + 1e-6 / 60].sum()
        assert row.covered == within


@pytest.mark.parametrize("minutes", [[-1], [np.nan], [np.inf]])
def test_a_time_that_is_none_is_refused(minutes):
    with pytest.raises(TableError, match="the times of a sweep must be numbers of at least 0"):
        measure_sweep(walks((1, 1, True)), minutes=minutes)


# ── the nearest few ─────────────────────────────────────────────────────────────────────────────

#: Origin, kind, facility, minutes; ranks follow.
NEAR = (
    ("a", "shop", "s1", 2.0),
    ("a", "shop", "s2", 6.0),
    ("a", "market", "m1", 4.0),
    ("a", "market", "s1", 4.5),
    ("a", "clinic", "c1", 10.0),
    ("a", "clinic", "c2", 14.0),
    ("b", "shop", "s2", 3.0),
    ("b", "market", "m1", 5.0),
    ("b", "clinic", "c2", 9.0),
)
CATEGORIES = {"shop": "supplies", "market": "supplies", "clinic": "care"}


def near(rows=NEAR) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[Nearest.origin, Nearest.kind, Nearest.facility, Nearest.minutes])
    return table.assign(**{Nearest.rank: table.groupby([Nearest.origin, Nearest.kind]).cumcount() + 1})


def dual(table=None, origins=("a", "b", "c"), **options) -> pd.DataFrame:
    given_ = near() if table is None else table
    found = measure_dual_access(given_, list(origins), CATEGORIES, **{"k": 2, **options})
    check_table(found, DualAccess, where="dual access")
    return found.set_index([DualAccess.origin, DualAccess.facility_category])


def test_the_mean_is_over_the_nearest_of_all_kinds_of_a_category():
    """From a: 2 and 4, since s1 is a shop and a market, and counts once; from b only one clinic; c reaches nothing."""
    found = dual()
    assert found[DualAccess.minutes].to_dict() == pytest.approx(
        {
            ("a", "supplies"): 3,
            ("a", "care"): 12,
            ("b", "supplies"): 4,
            ("b", "care"): np.nan,
            ("c", "supplies"): np.nan,
            ("c", "care"): np.nan,
        },
        nan_ok=True,
    )
    assert found[DualAccess.found].to_list() == [2, 2, 2, 1, 0, 0]
    assert dual(k=3)[DualAccess.minutes]["a", "supplies"] == 4


def test_a_walk_that_was_not_found_may_be_taken_as_the_longest():
    """Twenty minutes were searched: b has (9 + 20) / 2 to care, c 20 to everything."""
    found = dual(fill_min=20)[DualAccess.minutes]
    assert found["b", "care"] == 14.5
    assert found["c"].to_list() == [20, 20]
    assert found["a", "care"] == 12


def test_the_proximity_time_is_the_mean_of_categories():
    """From a: (3 + 12) / 2; with a category missing there is none."""
    found = measure_proximity(dual().reset_index())
    check_table(found, Proximity, where="proximity")
    assert found[Proximity.minutes].to_list() == pytest.approx([7.5, np.nan, np.nan], nan_ok=True)


def test_a_city_is_weighed_by_its_people():
    """(7.5 · 300 + 9.25 · 100) / 400 of those whose time is known; three hundred of them are within 9 minutes."""
    table = pd.DataFrame({Proximity.origin: list("abc"), Proximity.minutes: [7.5, 9.25, None]})
    people = pd.Series({"c": 50, "b": 100, "a": 300})
    found = weigh_proximity(table, people, limit_min=9)
    check_table(found, AreaProximity, where="areas")
    row = found.iloc[0]
    assert row[AreaProximity.minutes] == pytest.approx((7.5 * 300 + 9.25 * 100) / 400)
    assert row[AreaProximity.share] == 0.75
    assert (row[AreaProximity.population], row[AreaProximity.unknown]) == (450, 50)
    areas = weigh_proximity(table, people, areas=pd.Series({"a": "west", "b": "east", "c": "yard"}))
    assert areas[AreaProximity.area].to_list() == ["east", "west", "yard"]
    assert areas[AreaProximity.minutes].to_list() == pytest.approx([9.25, 7.5, np.nan], nan_ok=True)
    assert areas[AreaProximity.share].to_list() == pytest.approx([1, 1, np.nan], nan_ok=True)


def test_a_proximity_time_of_exactly_the_limit_is_within():
    table = pd.DataFrame({Proximity.origin: ["a"], Proximity.minutes: [0.1 + 0.2]})
    assert weigh_proximity(table, pd.Series({"a": 1}), limit_min=0.3)[AreaProximity.share].item() == 1


@tries(10)
@given(
    homes=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 200)), min_size=1, max_size=4, unique=True),
    places=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 200)), min_size=1, max_size=6, unique=True),
)
def test_more_facilities_are_never_nearer(homes, places):
    """⟨t⟩ for 1 ≤ for 2 ≤ for 3, on streets; the first is the nearest, and missing stays missing."""
    town = draw_network(grid_paths(4, 3))
    facilities = make_facilities([(f"p{i}", "shop", place) for i, place in enumerate(places)])
    origins = points(*homes, labels=[f"h{i}" for i in range(len(homes))])
    found = nearest(town, origins, facilities, STROLLER, k=3)
    labels = list(origins.index)
    one, two, three = (
        measure_dual_access(found, labels, {"shop": "all"}, k=k)[DualAccess.minutes].to_numpy() for k in (1, 2, 3)
    )
    for fewer, more in ((one, two), (two, three)):
        both = ~np.isnan(more)
        assert not np.isnan(fewer[both]).any()
        assert (fewer[both] <= more[both]).all()
    assert np.isnan(three).all() == (len(places) < 3)
    first = found[found[Nearest.rank] == 1].set_index(Nearest.origin)[Nearest.minutes].reindex(labels)
    assert one.tolist() == first.to_list()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k is 0; give the number of facilities, 1 or more"),
        ({"origins": ("a",)}, "near: 'b' is not among the origins; add it to them"),
        ({"origins": ("a", "b", "a")}, "origins: 'a' occurs twice; keep one"),
        ({"fill_min": 9}, "fill_min is 9, and a walk of 14 min was found; give the longest that was searched"),
        ({"fill_min": np.nan}, "fill_min is nan"),
        ({"table": pd.concat([near(), near()])}, "near: rank 1 of 'shop' from 'a' occurs twice; keep one"),
    ],
)
def test_what_is_no_dual_access_is_refused(options, message):
    with pytest.raises(TableError, match=message):
        dual(**options)


def test_people_without_a_home_and_homes_without_an_area_are_refused():
    table = pd.DataFrame({Proximity.origin: ["a", "b"], Proximity.minutes: [1.0, 2.0]})
    with pytest.raises(TableError, match="origin 'b' has no people; give every origin of proximity its own"):
        weigh_proximity(table, pd.Series({"a": 1}))
    with pytest.raises(TableError, match="origin 'b' has no area"):
        weigh_proximity(table, pd.Series({"a": 1, "b": 1}), areas=pd.Series({"a": "west"}))
    with pytest.raises(TableError, match="areas: origin 'a' occurs twice; keep one"):
        weigh_proximity(table, pd.Series({"a": 1, "b": 1}), areas=pd.Series(["x", "y"], ["a", "a"]))
