"""Equity: worked out with a pencil, against other packages' numbers, and what must always hold."""

from __future__ import annotations

from math import exp, isnan, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.equity import measure_equity, measure_zones
from walkcircle.errors import TableError
from walkcircle.tables import Equity, Zones, check_table

VALUES = st.lists(st.integers(1, 90), min_size=1, max_size=12)
SPREADS = ("gini", "palma", "theil", "p90_p10")


def equity(values, people=None, **options) -> pd.Series:
    """Return the row of one measure; places are numbered."""
    values = pd.Series(values, dtype=float)
    weights = pd.Series([1.0] * len(values) if people is None else people, index=values.index, dtype=float)
    if "groups" in options:
        options["groups"] = pd.Series(options["groups"], index=values.index)
    return measure_equity(values, weights, **options).iloc[0]


# ── with a pencil ───────────────────────────────────────────────────────────────────────────────


def test_figures_are_those_of_the_pencil():
    """Three hundred people walk 5 minutes and a hundred 15: three quarters of them share half of the minutes."""
    row = equity([5, 15], [300, 100])
    assert row[Equity.people] == 400
    assert row[Equity.mean] == 7.5
    assert (row[Equity.lowest], row[Equity.highest]) == (5, 15)
    # the Lorenz curve runs from (0, 0) by (3/4, 1/2) to (1, 1): twice the area above it is 1/4
    assert row[Equity.gini] == pytest.approx(0.25)
    # the upper tenth has 15 · 40 of 3000, the lower four tenths 5 · 160
    assert row[Equity.palma] == pytest.approx(600 / 800)
    assert row[Equity.p90_p10] == 3
    assert row[Equity.theil] == pytest.approx(0.75 * (2 / 3) * log(2 / 3) + 0.25 * 2 * log(2))
    kappa = (5 * 300 + 15 * 100) / (25 * 300 + 225 * 100)
    assert row[Equity.kappa] == pytest.approx(kappa)
    assert row[Equity.ede] == pytest.approx(log(0.75 * exp(5 * kappa) + 0.25 * exp(15 * kappa)) / kappa)
    check_table(row.to_frame().T.astype(float), Equity, where="equity")


def test_a_place_on_both_sides_of_a_tenth_is_divided():
    """Ten people of 1 and ten of 9: the lower eight have 8; the upper two 18."""
    assert equity([1, 9], [10, 10])[Equity.palma] == pytest.approx(18 / 8)
    # five of 2, two of 4 and three of 10: the lower four have 8, the upper one 10
    assert equity([2, 4, 10], [5, 2, 3])[Equity.palma] == pytest.approx(10 / 8)


def test_the_deciles_are_values_that_somebody_has():
    """Ten people walk 1 to 10 minutes: the first is the least that a tenth do not exceed, the ninth that nine do."""
    row = equity(range(1, 11))
    assert row[Equity.p90_p10] == 9
    # nine tenths written in floats must not slip to the next person
    assert equity(range(1, 31), [1 / 21] * 30)[Equity.p90_p10] == 9


def test_the_parts_of_theil_are_between_and_within():
    """Two groups of equal people: all of it is between; two equal groups: all of it is within."""
    between = equity([2, 2, 6, 6], groups=list("aabb"))
    assert between[Equity.theil_between] == pytest.approx(0.25 * log(0.5) + 0.75 * log(1.5))
    assert between[Equity.theil_within] == pytest.approx(0, abs=1e-15)
    within = equity([2, 6, 2, 6], groups=list("aabb"))
    assert within[Equity.theil_between] == pytest.approx(0, abs=1e-15)
    assert within[Equity.theil_within] == pytest.approx(0.25 * log(0.5) + 0.75 * log(1.5))
    assert equity([2, 6])[[Equity.theil_between, Equity.theil_within]].isna().all()


def test_for_goods_the_equal_value_lies_below_the_mean():
    """The same spread, seen from the other side."""
    burden, good = equity([5, 15], [3, 1], kappa=0.1), equity([5, 15], [3, 1], kappa=0.1, larger_is="better")
    assert burden[Equity.ede] == pytest.approx(10 * log(0.75 * exp(0.5) + 0.25 * exp(1.5)))
    assert good[Equity.ede] == pytest.approx(-10 * log(0.75 * exp(-0.5) + 0.25 * exp(-1.5)))
    assert good[Equity.ede] < 7.5 < burden[Equity.ede]


def test_numbers_are_those_of_other_packages():
    """Inequalipy 1.0.3 (ε of a burden is negative there) and PySAL inequality 1.1.2 (each person a row)."""
    minutes, people = [3, 5, 8, 12, 15, 30], [10, 40, 20, 5, 5, 20]
    row = equity(minutes, people, groups=list("aabbcc"))
    assert row[Equity.kappa] == pytest.approx(0.05064145847400405, rel=1e-14)
    assert row[Equity.ede] == pytest.approx(14.117105712116704, rel=1e-14)
    assert equity(minutes, people, epsilon=0.5)[Equity.ede] == pytest.approx(12.58065744957207, rel=1e-14)
    assert row[Equity.gini] == pytest.approx(0.4206666666666667, rel=1e-14)
    assert row[Equity.theil] == pytest.approx(0.3178302632454607, rel=1e-14)
    assert row[Equity.theil_between] == pytest.approx(0.29441251, abs=5e-9)
    assert row[Equity.theil_within] == pytest.approx(0.02341776, abs=5e-9)


# ── what is unknown or has no meaning ───────────────────────────────────────────────────────────


def test_what_is_unknown_is_left_out_and_counted():
    row = equity([5, None, 15, None], [300, 50, 100, 50])
    assert row[Equity.unknown_share] == pytest.approx(0.2)
    known = equity([5, 15], [300, 100])
    assert row[list(SPREADS)].to_list() == known[list(SPREADS)].to_list()
    assert known[Equity.unknown_share] == 0


def test_where_nobody_lives_nothing_counts():
    """Neither for the lowest value nor for a quantile."""
    row = equity([0, 5, 15, 99], [0, 300, 100, 0])
    assert (row[Equity.lowest], row[Equity.highest]) == (5, 15)
    assert row[Equity.gini] == pytest.approx(0.25)


@pytest.mark.parametrize("people", [[0, 0], [3, 4]])
def test_of_nobody_there_is_nothing_to_say(people):
    row = equity([None, None], people)
    assert row[Equity.people] == 0
    assert row.drop([Equity.people, Equity.unknown_share]).isna().all()
    assert row[Equity.unknown_share] == 1 if sum(people) else isnan(row[Equity.unknown_share])


def test_when_all_have_nothing_there_is_no_spread():
    row = equity([0, 0, 0], groups=list("aab"))
    assert row[Equity.mean] == row[Equity.ede] == 0
    assert row[[*SPREADS, Equity.theil_between, Equity.theil_within, Equity.kappa]].isna().all()


def test_a_ratio_to_nothing_is_missing():
    """Half have nothing: no Palma and no decile ratio, but a Gini of one half."""
    row = equity([0, 4])
    assert isnan(row[Equity.palma])
    assert isnan(row[Equity.p90_p10])
    assert row[Equity.gini] == pytest.approx(0.5)
    assert row[Equity.theil] == pytest.approx(log(2))


def test_large_and_tiny_aversions_neither_overflow_nor_vanish():
    """The strongest comes to the worst walk, the weakest to the mean."""
    assert equity([5, 900], [9, 1], kappa=50.0)[Equity.ede] == pytest.approx(900 + log(0.1) / 50)
    assert equity([5, 15], [3, 1], kappa=1e-13)[Equity.ede] == pytest.approx(7.5, rel=1e-11)


# ── what must always hold ───────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(value=st.floats(0.01, 1e4), people=st.lists(st.floats(0.5, 1e4), min_size=1, max_size=9))
def test_when_all_have_the_same_nothing_is_spread(value, people):
    row = equity([value] * len(people), people, groups=[i % 2 for i in range(len(people))])
    assert row[Equity.gini] == pytest.approx(0, abs=1e-12)
    assert row[Equity.palma] == pytest.approx(0.25)
    assert row[Equity.theil] == pytest.approx(0, abs=1e-12)
    assert row[Equity.p90_p10] == 1
    assert row[Equity.ede] == pytest.approx(value)


@settings(deadline=None, max_examples=60)
@given(values=VALUES, factor=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_a_change_of_unit_or_of_order_changes_no_spread(values, factor, seed):
    people = np.random.default_rng(seed).integers(1, 50, len(values))
    row, scaled = equity(values, people), equity(np.array(values) * factor, people)
    assert scaled[list(SPREADS)].to_list() == pytest.approx(row[list(SPREADS)].to_list(), abs=1e-9)
    # κ found from ε bends with the unit, so the equal value does as well
    assert scaled[Equity.ede] == pytest.approx(row[Equity.ede] * factor)
    order = np.random.default_rng(seed).permutation(len(values))
    mixed = equity(np.array(values)[order], people[order])
    assert mixed.to_list() == pytest.approx(row.to_list(), nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(values=VALUES, times=st.integers(2, 5), seed=st.integers(0, 99))
def test_people_may_be_repeated_or_written_out_one_by_one(values, times, seed):
    people = np.random.default_rng(seed).integers(1, 20, len(values))
    groups = np.arange(len(values)) % 3
    row = equity(values, people, groups=groups)
    many = equity(values, people * times, groups=groups)
    each = equity(np.repeat(values, people), groups=np.repeat(groups, people))
    for other in (many, each):
        pair = [figures.drop(Equity.people).to_list() for figures in (other, row)]
        assert pair[0] == pytest.approx(pair[1], nan_ok=True, abs=1e-12)
    assert row[Equity.gini] == pytest.approx(gini_of_pairs(np.repeat(values, people)), abs=1e-12)


def gini_of_pairs(values: np.ndarray) -> float:
    """Half the mean difference of all pairs, over the mean."""
    return float(np.abs(values[:, None] - values).mean() / 2 / values.mean())


@settings(deadline=None, max_examples=60)
@given(values=VALUES, seed=st.integers(0, 99))
def test_between_and_within_make_up_the_whole(values, seed):
    rng = np.random.default_rng(seed)
    row = equity(values, rng.integers(1, 50, len(values)), groups=rng.integers(0, 3, len(values)))
    assert row[Equity.theil_between] + row[Equity.theil_within] == pytest.approx(row[Equity.theil], abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(values=VALUES, shift=st.floats(0, 50), kappa=st.floats(0.01, 2))
def test_the_equal_value_lies_between_mean_and_worst_and_moves_along(values, shift, kappa):
    """A burden that grows for all by a minute is worse by a minute, with κ held; more aversion is never better."""
    row = equity(values, kappa=kappa)
    assert row[Equity.mean] - 1e-9 <= row[Equity.ede] <= row[Equity.highest] + 1e-9
    assert equity(np.array(values) + shift, kappa=kappa)[Equity.ede] == pytest.approx(row[Equity.ede] + shift)
    assert equity(values, kappa=2 * kappa)[Equity.ede] >= row[Equity.ede] - 1e-9
    good = equity(values, kappa=kappa, larger_is="better")[Equity.ede]
    assert row[Equity.lowest] - 1e-9 <= good <= row[Equity.mean] + 1e-9


# ── zones ───────────────────────────────────────────────────────────────────────────────────────

MINUTES = pd.Series({"a": 5.0, "b": 25.0, "c": 12.0, "d": 20.0, "e": None, "f": None})
PEOPLE = pd.Series({"a": 90, "b": 10, "c": 20, "d": 80, "e": 5, "f": 7})
ZONES = pd.Series({"a": "east", "b": "east", "c": "west", "d": "west", "e": "west", "f": "yard"})


def zones(values=MINUTES, **bounds) -> pd.DataFrame:
    table = measure_zones(values, PEOPLE, ZONES, **bounds)
    check_table(table, Zones, where="zones")
    return table.set_index(Zones.zone)


def test_a_zone_falls_behind_by_its_mean_and_people_by_themselves():
    """East walks 7 minutes, west 18.4; ten people of east walk 25; of the yard nothing is known."""
    table = zones(at_most=15)
    assert table[Zones.mean].to_dict() == pytest.approx({"east": 7, "west": 18.4, "yard": np.nan}, nan_ok=True)
    assert table[Zones.outside].to_dict() == {"east": False, "west": True, "yard": False}
    assert table[Zones.people_outside].to_dict() == {"east": 10, "west": 80, "yard": 0}
    assert table[Zones.unknown].to_dict() == {"east": 0, "west": 5, "yard": 7}
    assert table[Zones.worst].to_dict() == pytest.approx({"east": 25, "west": 20, "yard": np.nan}, nan_ok=True)


def test_a_bound_is_inclusive_from_either_side():
    assert not zones(at_most=18.4)[Zones.outside].any()
    assert zones(at_most=20)[Zones.people_outside].to_list() == [10, 0, 0]
    assert zones(at_most=7)[Zones.outside].to_list() == [False, True, False]
    assert zones(at_most=18.3)[Zones.outside].to_list() == [False, True, False]
    goods = zones(MINUTES / 25, at_least=0.28)
    assert goods[Zones.outside].to_list() == [False, False, False]
    assert zones(MINUTES / 25, at_least=0.29)[Zones.outside].to_list() == [True, False, False]
    assert goods[Zones.people_outside].to_list() == [90, 0, 0]
    assert goods[Zones.worst].to_list() == pytest.approx([0.2, 0.48, np.nan], nan_ok=True)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "people", "options", "message"),
    [
        ([1, np.inf], [1, 1], {}, "values: row 1 is inf; give a number of at least 0, or leave it out if unknown"),
        ([1, -1], [1, 1], {}, "values: row 1 is -1.0"),
        ([1, 2], [1, None], {}, "weights: row 1 is nan; give a number of at least 0"),
        ([1, 2], [1, -1], {}, "weights: row 1 is -1.0"),
        ([1, 2], [1, 1], {"epsilon": 0}, "epsilon is 0; give a number above 0, and say with larger_is"),
        ([1, 2], [1, 1], {"kappa": -0.1}, "kappa is -0.1; give a number above 0"),
        ([1, 2], [1, 1], {"larger_is": "good"}, r"larger_is is 'good'; say worse \(walks\) or better \(scores\)"),
        ([1, 2], [1, 1], {"groups": ["a", None]}, "groups: row 1 has no group; name one"),
    ],
)
def test_what_cannot_be_spread_is_refused(values, people, options, message):
    with pytest.raises(TableError, match=message):
        equity(values, people, **options)


def test_rows_without_a_partner_are_refused():
    one, two = pd.Series({"a": 1.0}), pd.Series({"a": 1.0, "b": 2.0})
    with pytest.raises(TableError, match="weights: row 'b' is not in both weights and values"):
        measure_equity(one, two)
    with pytest.raises(TableError, match="weights: row 'b' is not in both"):
        measure_equity(two, one)
    with pytest.raises(TableError, match="groups: row 'b' is not in both"):
        measure_equity(two, two, groups=one)
    with pytest.raises(TableError, match="groups: row 'a' occurs twice; keep one"):
        measure_equity(one, one, groups=pd.Series(["x", "y"], ["a", "a"]))


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_a_zone_has_one_bound(bounds):
    with pytest.raises(TableError, match="give one bound: at_least for goods such as shares, at_most for burdens"):
        zones(**bounds)
