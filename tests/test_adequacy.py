"""Adequacy: worked out with a pencil, against PySAL access, against plain loops, and what must always hold."""

from __future__ import annotations

from math import fsum, isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from walkcircle.adequacy import measure_adequacy, measure_crowding, measure_supply
from walkcircle.decay import Binary, Gaussian, Linear, Power, Zones, weigh_minutes
from walkcircle.errors import TableError
from walkcircle.tables import Adequacy, Crowding, Supply, WalkTimes, check_table

METHODS = ["2sfca", "e2sfca", "3sfca", "m2sfca"]


def walks(*rows: tuple[object, object, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[WalkTimes.origin, WalkTimes.destination, WalkTimes.minutes])


# ── with a pencil ───────────────────────────────────────────────────────────────────────────────

#: Two homes and two clinics: a reaches one, b both, c none.
TIMES = walks(("a", "one", 0.0), ("b", "one", 7.5), ("b", "two", 15.0), ("c", "two", 15.1))
DOCTORS = pd.Series({"one": 12.0, "two": 5.0})
PEOPLE = pd.Series({"a": 40, "b": 20, "c": 30})


def adequacy(method="e2sfca", *, times=TIMES, supply=DOCTORS, demand=PEOPLE, **options) -> pd.DataFrame:
    table = measure_adequacy(times, supply, demand, limit_min=15, method=method, **options)
    check_table(table, Adequacy, where="adequacy")
    return table.set_index(Adequacy.origin)


def crowding(method="e2sfca", *, times=TIMES, supply=DOCTORS, demand=PEOPLE, **options) -> pd.DataFrame:
    table = measure_crowding(times, supply, demand, limit_min=15, method=method, **options)
    check_table(table, Crowding, where="crowding")
    return table.set_index(Crowding.facility)


def test_two_steps_share_each_clinic_among_all_in_reach():
    """One: 12 / 60 = 0.2; two: 5 / 20 = 0.25, at exactly the limit; six seconds more is beyond it."""
    table = adequacy("2sfca")
    assert table[Adequacy.units_per_person].to_dict() == pytest.approx({"a": 0.2, "b": 0.45, "c": 0.0})
    assert table[Adequacy.facilities].to_dict() == {"a": 1, "b": 2, "c": 0}
    assert table[Adequacy.demand].to_dict() == PEOPLE.to_dict()
    shared = crowding("2sfca")
    assert shared[Crowding.people].to_dict() == {"one": 60, "two": 20}
    assert shared[Crowding.people_per_unit].to_dict() == {"one": 5, "two": 4}
    assert shared[Crowding.units_per_person].to_dict() == pytest.approx({"one": 0.2, "two": 0.25})


def test_zones_weigh_both_steps():
    """One: 12 / (40 + 20 · 0.68); two: 5 / (20 · 0.22), and the weight 0.22 falls out again."""
    one, two = 12 / 53.6, 5 / 4.4
    table = adequacy(decay=Zones())[Adequacy.units_per_person]
    assert table.to_dict() == pytest.approx({"a": one, "b": 0.68 * one + 0.22 * two, "c": 0})
    assert 0.22 * two == pytest.approx(0.25)


def test_the_bell_of_dai_is_nothing_at_the_limit():
    """So the clinic at exactly 15 minutes counts for nobody."""
    half = (np.exp(-1 / 8) - np.exp(-1 / 2)) / (1 - np.exp(-1 / 2))
    one = 12 / (40 + 20 * half)
    table = adequacy()
    assert table[Adequacy.units_per_person].to_dict() == pytest.approx({"a": one, "b": one * half, "c": 0})
    assert table[Adequacy.facilities].to_dict() == {"a": 1, "b": 1, "c": 0}
    assert crowding()[Crowding.people]["two"] == 0


def test_three_steps_divide_a_persons_demand():
    """Of b, with weights 0.68 and 0.22, 0.68 / 0.9 ask at one and 0.22 / 0.9 at two."""
    first, second = 0.68**2 / 0.9, 0.22**2 / 0.9
    one, two = 12 / (40 + 20 * first), 5 / (20 * second)
    table = adequacy("3sfca", decay=Zones())[Adequacy.units_per_person]
    assert table.to_dict() == pytest.approx({"a": one, "b": first * one + second * two, "c": 0})


def test_the_modified_method_loses_what_lies_far_away():
    """The weights are squared in the second step only."""
    one, two = 12 / 53.6, 5 / 4.4
    table = adequacy("m2sfca", decay=Zones())[Adequacy.units_per_person]
    assert table.to_dict() == pytest.approx({"a": one, "b": 0.68**2 * one + 0.22**2 * two, "c": 0})


@pytest.mark.parametrize("method", METHODS)
def test_one_origin_and_one_facility(method):
    """At the door everything is theirs."""
    table = adequacy(method, times=walks(("a", "one", 0.0)), supply=DOCTORS[["one"]], demand=PEOPLE[["a"]])
    assert table[Adequacy.units_per_person].to_dict() == {"a": 12 / 40}


# ── what is unknown stays unknown ───────────────────────────────────────────────────────────────


def test_an_unknown_capacity_is_not_zero():
    """What b has is unknown, but at least a share of one; a is not concerned."""
    table = adequacy("2sfca", supply=pd.Series({"one": 12.0, "two": None}))
    assert table[Adequacy.units_per_person].isna().to_dict() == {"a": False, "b": True, "c": False}
    assert table[Adequacy.units_at_least].to_dict() == pytest.approx({"a": 0.2, "b": 0.2, "c": 0})
    assert table[Adequacy.unknown].to_dict() == {"a": 0, "b": 1, "c": 0}
    shared = crowding("2sfca", supply=pd.Series({"one": 12.0, "two": None})).loc["two"]
    assert shared[Crowding.people] == 20
    assert isnan(shared[Crowding.capacity])
    assert isnan(shared[Crowding.people_per_unit])
    assert isnan(shared[Crowding.units_per_person])


def test_a_capacity_of_zero_is_known():
    """Two is closed: nothing per person, and no number of people per unit."""
    supply = pd.Series({"one": 12.0, "two": 0.0})
    table = adequacy("2sfca", supply=supply)
    assert table[Adequacy.units_per_person]["b"] == pytest.approx(0.2)
    assert table[Adequacy.unknown]["b"] == 0
    shared = crowding("2sfca", supply=supply).loc["two"]
    assert shared[Crowding.units_per_person] == 0
    assert isnan(shared[Crowding.people_per_unit])


def test_where_nobody_demands_there_is_no_ratio():
    """Nobody lives at b, the only home near two: what b would have is unknown, not infinite."""
    table = adequacy("2sfca", demand=pd.Series({"a": 40, "b": 0, "c": 30}))
    assert table[Adequacy.units_per_person].to_dict() == pytest.approx({"a": 0.3, "b": np.nan, "c": 0}, nan_ok=True)
    assert table[Adequacy.units_at_least]["b"] == pytest.approx(0.3)
    assert table[Adequacy.unknown]["b"] == 1


def test_a_facility_that_nobody_reaches_has_no_people_and_no_ratio():
    shared = crowding("2sfca", supply=pd.Series({"one": 12.0, "two": 5.0, "far": 7.0})).loc["far"]
    assert shared[Crowding.people] == shared[Crowding.people_per_unit] == 0
    assert isnan(shared[Crowding.units_per_person])


def test_of_homes_that_are_not_on_the_network_nothing_is_known():
    assert adequacy("2sfca", off_network=["c"])[Adequacy.units_per_person].isna().to_list() == [False, False, True]


# ── PySAL access ────────────────────────────────────────────────────────────────────────────────

# The hospital example of PySAL access (BSD-3-Clause, github.com/pysal/access, tests/test_hospital_example.py): three
# tracts, gridlock, a fast lane into the city, one out of it, and both. The numbers are what its version 1.1.10 returns.
TRACT_PEOPLE = pd.Series({1: 100, 2: 50, 3: 10})
TRACT_DOCTORS = pd.Series({1: 15, 2: 20, 3: 100})
LANES = [(40, 40, 80), (20, 40, 80), (40, 20, 80), (20, 20, 40)]  # into the city, out of it, across
GRAVITY = Power(1.0)
PYSAL = {
    # its two_stage_fca with gravity(1, -1) as weight_fn and 61 as max_cost
    ("e2sfca", GRAVITY, 61): [
        [0.3314441169802766, 0.5798281320669381, 7.286418169862544],
        [0.4353402208763805, 0.683724235963042, 5.727976611420986],
        [0.3310719131614654, 0.5778577857785778, 7.299991939492457],
        [0.4425683953985841, 0.6667582799658271, 5.7405246461850234],
    ],
    # its two_stage_fca with 40 as max_cost: the limit is inclusive
    ("2sfca", None, 40): [
        [0.7613636363636364, 0.9583333333333333, 1.0946969696969697],
        [0.7613636363636364, 0.9583333333333333, 1.0946969696969697],
        [0.7613636363636364, 0.9583333333333333, 1.0946969696969697],
        [0.84375, 0.84375, 0.84375],
    ],
    # its enhanced_two_stage_fca with step_fn of 20: 1, 40: 0.68, 60: 0.22
    ("e2sfca", Zones(), 60): [
        [0.7475922953451044, 0.9592555331991952, 1.227799380552981],
        [0.7654494382022472, 0.977112676056338, 0.959942237695838],
        [0.7435064935064936, 0.9404761904761905, 1.3625541125541125],
        [0.8354166666666667, 0.8520833333333333, 0.8854166666666667],
    ],
    # its three_stage_fca with gravity(1, -1) and 61, on pairs of up to 61 minutes: PySAL divides demand
    # over all pairs that it is given, walkcircle over those within the limit, as Wan and others have it
    ("3sfca", GRAVITY, 61): [
        [0.1563323858404136, 0.4062927334991818, 9.905212474099953],
        [0.17408701112806954, 0.4240463917913876, 9.638897929762367],
        [0.15660557204972794, 0.40645423024498234, 9.901673128277809],
        [0.17480214807981356, 0.42403550855652616, 9.631800976419234],
    ],
    # the same with all pairs within the limit, where the two agree as they stand
    ("3sfca", GRAVITY, 100): [
        None,
        None,
        None,
        [0.17480214807981356, 0.42403550855652616, 9.631800976419234],
    ],
}


@pytest.mark.parametrize(
    ("case", "lanes", "expected"),
    [(case, lanes, row) for case, rows in PYSAL.items() for lanes, row in zip(LANES, rows, strict=True) if row],
)
def test_numbers_are_those_of_pysal_access(case, lanes, expected):
    method, decay, limit = case
    into, out, across = lanes
    times = walks(
        (1, 1, 1), (2, 2, 1), (3, 3, 1), (1, 3, into), (2, 3, into), (3, 1, out), (3, 2, out), (1, 2, across),
        (2, 1, across),
    )  # fmt: skip
    table = measure_adequacy(times, TRACT_DOCTORS, TRACT_PEOPLE, limit_min=limit, method=method, decay=decay)
    assert table[Adequacy.units_per_person].to_list() == pytest.approx(expected, rel=1e-14)


# ── what must always hold ───────────────────────────────────────────────────────────────────────


@st.composite
def towns(draw):
    """Draw a few homes and facilities, some pairs of them, people and capacities."""
    homes, places = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    pairs = draw(st.lists(st.tuples(st.integers(0, homes - 1), st.integers(0, places - 1)), unique=True))
    minutes = draw(st.lists(st.floats(0, 20), min_size=len(pairs), max_size=len(pairs)))
    people = draw(st.lists(st.integers(0, 1000), min_size=homes, max_size=homes))
    capacity = draw(st.lists(st.none() | st.integers(0, 500), min_size=places, max_size=places))
    times = walks(*((i, j, t) for (i, j), t in zip(pairs, minutes, strict=True)))
    times = times.astype({WalkTimes.minutes: float})
    return times, pd.Series(capacity, dtype=float), pd.Series(people, dtype=float)


@settings(deadline=None, max_examples=60)
@given(method=st.sampled_from(METHODS), decay=st.sampled_from([Gaussian(), Zones(), Linear()]), town=towns())
def test_numbers_are_those_of_plain_loops(method, decay, town):
    times, supply, demand = town
    shape = Binary() if method == "2sfca" else decay
    weight = {
        (row[0], row[1]): float(weigh_minutes([row[2]], shape, limit_min=15)[0])
        for row in times.itertuples(index=False)
    }
    # weights so small that they vanish in a sum are another matter
    assume(all(w == 0 or w > 1e-6 for w in weight.values()))
    weight = {pair: w for pair, w in weight.items() if w}
    chosen = {
        (i, j): w / fsum(v for (h, _), v in weight.items() if h == i) if method == "3sfca" else 1.0
        for (i, j), w in weight.items()
    }
    shared = {j: fsum(demand[i] * w * chosen[i, k] for (i, k), w in weight.items() if k == j) for j in supply.index}
    table = measure_adequacy(times, supply, demand, limit_min=15, method=method, decay=shape)
    for row in table.itertuples():
        offers = [
            (supply[j] / shared[j] if shared[j] > 0 else np.nan) * chosen[i, j] * w ** (2 if method == "m2sfca" else 1)
            for (i, j), w in weight.items()
            if i == row.origin
        ]
        assert row.facilities == len(offers)
        assert row.unknown == sum(map(isnan, offers))
        assert row.units_at_least == pytest.approx(fsum(o for o in offers if not isnan(o)))
        assert row.units_per_person == pytest.approx(np.nan if row.unknown else row.units_at_least, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(
    case=st.sampled_from([("2sfca", None), ("e2sfca", None), ("e2sfca", Zones()), ("3sfca", Linear())]), town=towns()
)
def test_what_people_have_is_what_facilities_offer(case, town):
    """Σ pᵢ Aᵢ = Σ Sⱼ over the facilities that anybody reaches; what is unknown is left out on both sides."""
    times, supply, demand = town
    options = {"limit_min": 15, "method": case[0], "decay": case[1]}
    shared = measure_crowding(times, supply, demand, **options)
    table = measure_adequacy(times, supply, demand, **options)
    assume(((shared[Crowding.people] == 0) | (shared[Crowding.people] > 1e-6)).all())
    offered = shared[Crowding.capacity][shared[Crowding.people] > 0].sum()
    assert (table[Adequacy.demand] * table[Adequacy.units_at_least]).sum() == pytest.approx(offered)


@settings(deadline=None, max_examples=60)
@given(town=towns())
def test_the_modified_method_never_gives_more(town):
    """With weights of at most 1, squaring them takes something away."""
    lost, kept = (measure_adequacy(*town, limit_min=15, method=method) for method in ("m2sfca", "e2sfca"))
    assert (lost[Adequacy.units_at_least] <= kept[Adequacy.units_at_least] * (1 + 1e-12)).all()


@settings(deadline=None, max_examples=60)
@given(method=st.sampled_from(METHODS), town=towns(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(method, town, seed):
    times, supply, demand = town
    options = {"limit_min": 15, "method": method}
    one = measure_adequacy(times, supply, demand, **options)
    mixed = (frame.sample(frac=1, random_state=seed) for frame in (times, supply, demand))
    other = measure_adequacy(*mixed, **options).sort_values(Adequacy.origin, ignore_index=True)
    assert_frame_equal(one, other, rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(town=towns())
def test_nothing_that_is_given_is_changed(town):
    before = [frame.copy() for frame in town]
    measure_adequacy(*town, limit_min=15)
    measure_crowding(*town, limit_min=15)
    for old, new in zip(before, town, strict=True):
        assert old.equals(new)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"times": walks(("a", "one", 1.0), ("a", "one", 2.0))}, "the pair of 'a' and 'one' occurs twice; keep the"),
        ({"times": walks(("x", "one", 1.0))}, "'x' is not in demand; give it 0 people"),
        ({"times": walks(("a", "x", 1.0))}, "'x' is not in supply; give it a missing capacity"),
        ({"times": walks(("a", "one", -1.0))}, "times, minutes: row 0 is -1.0; give a number of at least 0"),
        ({"times": TIMES.drop(columns=WalkTimes.minutes)}, "times: column 'minutes' .* is missing"),
        ({"supply": pd.Series({"one": -1.0, "two": 5.0})}, "supply: row 'one' is -1.0; give a number of at least 0"),
        ({"supply": pd.Series({"one": np.inf, "two": 5.0})}, "supply: row 'one' is inf"),
        ({"supply": pd.Series({"one": "many", "two": 5.0})}, "supply: row 'one' is 'many'"),
        ({"supply": pd.Series([1, 2, 3], ["one", "two", "two"])}, "supply: row 'two' occurs twice; sum or remove"),
        ({"demand": pd.Series({"a": 1, "b": -2, "c": 3})}, "demand: row 'b' is -2"),
        ({"demand": pd.Series({"a": 1, "b": None, "c": 3})}, "demand: row 'b' is nan; give a number of at least 0"),
        ({"demand": pd.Series([1, 2, 3, 4], list("aabc"))}, "demand: row 'a' occurs twice"),
        ({"method": "4sfca"}, "there is no method '4sfca'; the methods are 2sfca, e2sfca, 3sfca and m2sfca"),
        ({"method": "2sfca", "decay": Gaussian()}, "with a decay it is e2sfca"),
    ],
)
def test_what_cannot_be_meant_is_refused(given_, message):
    for measure in (adequacy, crowding):
        with pytest.raises(TableError, match=message):
            measure(**given_)


# ── against the norm ────────────────────────────────────────────────────────────────────────────


def supply_of(units, people, norm=400.0) -> pd.DataFrame:
    table = measure_supply(units, people, norm_per_1000=norm)
    check_table(table, Supply, where="supply")
    return table.set_index(Supply.area)


def test_supply_is_measured_per_thousand_people():
    """East has 450 of 600; west more than it needs; north nothing; nobody lives in south."""
    units = pd.Series([300, 150, 500, 80], index=["east", "east", "west", "south"])
    people = pd.Series({"east": 1500, "west": 1000, "north": 250, "south": 0})
    table = supply_of(units, people)
    assert table[Supply.per_1000].to_list() == pytest.approx([300, 500, 0, np.nan], nan_ok=True)
    assert table[Supply.adequacy].to_list() == pytest.approx([0.75, 1, 0, np.nan], nan_ok=True)
    assert table[Supply.shortfall].to_list() == [150, 0, 100, 0]
    assert table[Supply.supply].to_list() == [450, 500, 0, 80]


def test_an_unknown_capacity_matters_only_where_it_could_help():
    """West meets the norm without it; what east lacks is unknown."""
    units = pd.Series([300, None, 500, None], index=["east", "east", "west", "west"])
    table = supply_of(units, pd.Series({"east": 1500, "west": 1000}))
    assert table[Supply.unknown].to_list() == [1, 1]
    assert table[Supply.per_1000].isna().all()
    assert table[Supply.adequacy].to_list() == pytest.approx([np.nan, 1], nan_ok=True)
    assert table[Supply.shortfall].to_list() == pytest.approx([np.nan, 0], nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(
    units=st.lists(st.integers(0, 10_000), min_size=1, max_size=5),
    people=st.integers(1, 10**6),
    norm=st.floats(0.1, 1000),
)
def test_supply_and_shortfall_make_up_the_norm(units, people, norm):
    here = pd.Series(units, index=["here"] * len(units))
    row = measure_supply(here, pd.Series({"here": people}), norm_per_1000=norm).iloc[0]
    asked = norm * people / 1000
    assert max(row[Supply.supply], asked) == pytest.approx(row[Supply.supply] + row[Supply.shortfall])
    assert row[Supply.adequacy] == pytest.approx(min(1, row[Supply.per_1000] / norm))
    # an adequacy of 1 is the same as no shortfall, but for the last digit
    assert (row[Supply.shortfall] <= 1e-9 * asked) == (row[Supply.adequacy] >= 1 - 1e-9)


@pytest.mark.parametrize(
    ("units", "people", "norm", "message"),
    [
        ({"x": 1}, {"a": 1}, 10, "'x' is not in people; give it its people, or leave the facility out"),
        ({"a": -1}, {"a": 1}, 10, "supply: row 'a' is -1"),
        ({"a": 1}, {"a": -1}, 10, "people: row 'a' is -1"),
        ({"a": 1}, {"a": 1}, 0, "norm_per_1000 is 0; give the units that the standard asks for, above 0"),
    ],
)
def test_a_supply_that_cannot_be_compared_is_refused(units, people, norm, message):
    with pytest.raises(TableError, match=message):
        measure_supply(pd.Series(units), pd.Series(people), norm_per_1000=norm)
