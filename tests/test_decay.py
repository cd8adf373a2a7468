"""Decay: weights read off the formulas, and what every shape must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.decay import Binary, Exponential, Gaussian, Linear, Logistic, Power, Zones, weigh_minutes
from walkcircle.errors import TableError

SHAPES = [Binary(), Linear(), Exponential(0.1), Power(1.5), Gaussian(), Logistic(6.0), Zones(), Zones((1.0, 0.5))]


@pytest.mark.parametrize(
    ("decay", "weights"),
    [
        (Binary(), [1, 1, 1, 1, 1]),
        (Linear(), [1, 0.8, 2 / 3, 1 / 3, 0]),
        (Exponential(0.1), np.exp([0, -0.3, -0.5, -1, -1.5])),
        (Power(2.0), [1, 1 / 9, 1 / 25, 1 / 100, 1 / 225]),
        (Power(1.0, from_min=5.0), [1, 1, 1, 0.5, 1 / 3]),
        (Gaussian(), [1, 0.94968, 0.86266, 0.49358, 0]),
        (Zones(), [1, 1, 1, 0.68, 0.22]),
    ],
    ids=lambda value: str(value)[:12],
)
def test_weights_are_those_of_the_formula(decay, weights):
    """At 0, 3, 5, 10 and 15 of 15 minutes."""
    assert weigh_minutes([0, 3, 5, 10, 15], decay, limit_min=15) == pytest.approx(weights, abs=5e-5)


def test_the_soft_limit_is_that_of_higgs():
    """With the half at 500: 0.92 at 250, 0.08 at 750."""
    weights = weigh_minutes([250, 500, 750], Logistic(500.0), limit_min=1500)
    assert weights == pytest.approx([0.9241418, 0.5, 0.0758582], abs=1e-7)


def test_zones_are_the_step_function_of_pysal_access():
    """Its documentation gives 20: 1, 40: 0.68, 60: 0.22 at 0, 10, …, 70 (access 1.1.10, weights.step_fn)."""
    weights = weigh_minutes(np.arange(0, 71, 10), Zones(), limit_min=60)
    assert weights.tolist() == [1, 1, 1, 0.68, 0.68, 0.22, 0.22, 0]


@settings(deadline=None, max_examples=60)
@given(
    decay=st.sampled_from(SHAPES), minutes=st.lists(st.floats(0, 40), min_size=2, max_size=20), limit=st.floats(0.5, 30)
)
def test_a_longer_walk_never_weighs_more_and_beyond_the_limit_nothing(decay, minutes, limit):
    ordered = np.sort(minutes)
    weights = weigh_minutes(ordered, decay, limit_min=limit)
    assert (np.diff(weights) <= 1e-12).all()
    assert ((weights >= 0) & (weights <= 1)).all()
    assert (weights[ordered > limit + 1e-6] == 0).all()
    if isinstance(decay, Binary):
        assert (weights[ordered <= limit] == 1).all()


def test_the_limit_is_inclusive_and_a_missing_walk_weighs_nothing():
    limit = 0.1 + 0.2  # 0.30000000000000004
    assert weigh_minutes([0.3, limit, 0.31, np.nan], Binary(), limit_min=0.3).tolist() == [1, 1, 0, 0]
    assert weigh_minutes([limit, 0.1, 0.2], Zones(), limit_min=0.3).tolist() == [0.22, 1, 0.68]


def test_a_walk_of_a_thousand_limits_does_not_overflow():
    assert weigh_minutes([9000.0], Logistic(1.0), limit_min=10_000).tolist() == pytest.approx([0], abs=1e-300)


def test_any_function_of_minutes_and_limit_is_a_decay():
    """The bell of PySAL access, weights.gaussian(1), gives 0.6065306597 at 1 (its test_weights.py)."""
    weights = weigh_minutes([1.0], lambda minutes, _: np.exp(-(minutes**2) / 2), limit_min=5)
    assert weights[0] == pytest.approx(0.6065306597, abs=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Exponential(0.0), "rate_per_min of an exponential decay is 0; give a number above 0"),
        (lambda: Power(-1.0), "exponent of a power decay is -1"),
        (lambda: Power(1.0, from_min=0.0), "from_min of a power decay is 0"),
        (lambda: Logistic(float("nan")), "half_min of a logistic decay is nan"),
        (lambda: Logistic(5.0, steepness=-5.0), "steepness of a logistic decay is -5"),
        (lambda: Zones((0.5, 1.0)), "give weights from 1 down to 0 that never rise"),
        (lambda: Zones(()), "give weights from 1 down to 0"),
        (lambda: Zones((2.0, 1.0)), "give weights from 1 down to 0"),
        (lambda: weigh_minutes([1], Binary(), limit_min=0), "limit_min is 0; give a number above 0"),
        (lambda: weigh_minutes([1], Binary(), limit_min=float("inf")), "limit_min is inf"),
        (lambda: weigh_minutes([-1], Binary(), limit_min=5), "walking times must be minutes of at least 0"),
        (lambda: weigh_minutes([np.inf], Binary(), limit_min=5), "walking times must be minutes of at least 0"),
        (lambda: weigh_minutes([1], lambda t, _: t + 1, limit_min=5), "gives weights outside of 0 to 1; scale them"),
        (lambda: weigh_minutes([1], lambda t, _: t * np.nan, limit_min=5), "gives weights outside of 0 to 1"),
    ],
)
def test_what_is_no_decay_is_refused(make, message):
    with pytest.raises(TableError, match=message):
        make()
