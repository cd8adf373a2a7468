"""Projects in years: budgets, turns and schemes by hand, and what holds for any of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from walkcircle.errors import StudyError
from walkcircle.phasing import NEVER, Calendar, Turns, schedule_projects
from walkcircle.tables import Phases, check_table


def serve(*rows) -> sparse.csr_array:
    """Make who is served by what: a row per home, a column per project."""
    return sparse.csr_array(np.array(rows, dtype=float))


#: Four homes of 40, 30, 20 and 10 people, each with a project of its own.
EACH = serve([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1])
PEOPLE = [40, 30, 20, 10]


def test_who_serves_most_for_its_cost_comes_first():
    """40 for 4 are 10 a unit, 30 for 2 are 15, 20 for 1 are 20, 10 for 1 are 10: 3 a year never pay for the first."""
    plan = schedule_projects(PEOPLE, EACH, [4, 2, 1, 1], Calendar(2027, (3.0, 3.0), carry_over=False))
    assert plan.order.tolist() == [2, 1, 3]
    assert plan.year.tolist() == [NEVER, 2027, 2027, 2028]
    check_table(plan.phases, Phases, where="phases")
    assert plan.phases[Phases.spent].tolist() == [3, 1]
    assert plan.phases[Phases.gap_left].tolist() == [50, 40]


def test_what_is_left_of_a_year_may_be_spent_later():
    """Two are left of 2028, and 5 in 2029 pay for the 4."""
    plan = schedule_projects(PEOPLE, EACH, [4, 2, 1, 1], Calendar(2027, (3.0, 3.0, 3.0)))
    assert plan.year.tolist() == [2029, 2027, 2027, 2028]
    assert plan.phases[Phases.carried_in].tolist() == [0, 0, 2]


def test_only_who_is_still_without_counts():
    """The wide project serves both homes; once the first stands it adds the six alone, and a third adds nobody."""
    both = serve([1, 1, 1], [0, 1, 0])
    plan = schedule_projects([10, 6], both, [1, 2, 1], Calendar(2027, (4.0,)))
    assert plan.order.tolist() == [0, 1]
    assert plan.gain.tolist() == [10, 6, 0]
    assert plan.year[2] == NEVER


def test_the_weakest_go_first_however_few_they_are():
    turns = Turns(first=[False, False, False, True])
    plan = schedule_projects(PEOPLE, EACH, [1, 1, 1, 1], Calendar(2027, (2.0, 2.0)), turns)
    assert plan.order.tolist() == [3, 0, 1, 2]


def test_a_site_is_built_when_it_is_free_and_after_what_must_come_before():
    turns = Turns(from_year=[2028, np.nan, np.nan, np.nan], after=[-1, 0, -1, -1])
    plan = schedule_projects(PEOPLE, EACH, [1, 1, 1, 1], Calendar(2027, (4.0, 4.0)), turns)
    assert plan.year.tolist() == [2028, 2028, 2027, 2027]
    assert plan.order.tolist() == [2, 3, 0, 1]


def test_a_scheme_is_built_in_one_year_or_waits():
    """Together 50 people for 3 units, which the first year's 2 do not pay for; the 30 alone come first."""
    turns = Turns(scheme=["north", None, None, "north"])
    plan = schedule_projects(PEOPLE, EACH, [2, 1, 1, 1], Calendar(2027, (2.0, 3.0)), turns)
    assert plan.year.tolist() == [2028, 2027, 2027, 2028]


def test_so_many_projects_a_year_and_no_more():
    plan = schedule_projects(PEOPLE, EACH, [0, 0, 0, 0], Calendar(2027, (0.0, 0.0), most_projects=3))
    assert plan.year.tolist() == [2027, 2027, 2027, 2028]


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        (lambda: Calendar(2027, ()), "at least one year"),
        (lambda: Calendar(2027, (1.0, -1.0)), "budget of a year is -1"),
        (lambda: Calendar(2027, (float("inf"),)), "budget of a year is inf"),
        (lambda: Calendar(2027, (1.0,), most_projects=0), "at most 0 projects"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused(calendar, message):
    with pytest.raises(StudyError, match=message):
        calendar()


@pytest.mark.parametrize("cost", [[1, 1, 1, -1], [1, 1, 1, np.nan]])
def test_a_project_without_a_cost_is_refused(cost):
    with pytest.raises(StudyError, match="a project has no cost"):
        schedule_projects(PEOPLE, EACH, cost, Calendar(2027, (1.0,)))


@st.composite
def pools(draw):
    """Draw homes, projects, costs, and who goes first and when."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    homes, count = random.integers(1, 12), random.integers(1, 9)
    serves = sparse.csr_array((random.random((homes, count)) < 0.4).astype(float))
    turns = Turns(
        first=random.random(count) < 0.3,
        scheme=random.choice(np.array(["a", "b", None], dtype=object), count).tolist(),
        from_year=random.choice([np.nan, 2028.0, 2040.0], count),
    )
    calendar = Calendar(
        2027, tuple(random.uniform(0, 6, 3)), int(random.integers(1, 5)), carry_over=bool(random.random() < 0.5)
    )
    return random.integers(0, 50, homes).astype(float), serves, random.uniform(0, 4, count), calendar, turns


@given(pool=pools())
@settings(max_examples=60, deadline=None)
def test_whatever_is_planned_keeps_the_budgets_and_counts_nobody_twice(pool):
    people, serves, cost, calendar, turns = pool
    plan = schedule_projects(people, serves, cost, calendar, turns)
    built = plan.year != NEVER
    assert sorted(plan.order.tolist()) == np.flatnonzero(built).tolist()
    carried = 0.0
    for year, budget in zip(calendar.years, calendar.budgets, strict=True):
        mine = plan.year == year
        spent = cost[mine].sum()
        assert mine.sum() <= calendar.most_projects
        assert spent <= budget + carried + 1e-6
        carried = budget + carried - spent if calendar.carry_over else 0.0
    assert (np.diff(plan.year[plan.order]) >= 0).all()
    covered = np.asarray(serves[:, np.flatnonzero(built)].sum(axis=1)).ravel() > 0
    assert plan.gain.sum() == pytest.approx(people[covered].sum())
    assert plan.phases[Phases.gap_left].iloc[-1] == pytest.approx(people[~covered].sum())
    for name in {"a", "b"} & set(turns.scheme):
        together = np.array([one == name for one in turns.scheme])
        assert len(set(plan.year[together])) == 1
    free = np.isnan(turns.from_year) | (turns.from_year <= plan.year)
    assert free[built].all()


@given(pool=pools())
@settings(max_examples=30, deadline=None)
def test_another_order_of_the_homes_changes_nothing(pool):
    people, serves, cost, calendar, turns = pool
    order = np.random.default_rng(1).permutation(len(people))
    one = schedule_projects(people, serves, cost, calendar, turns)
    other = schedule_projects(people[order], serves[order], cost, calendar, turns)
    assert one.year.tolist() == other.year.tolist()


def test_what_is_decided_is_built_first_and_saved_for_though_it_serves_nobody():
    """The last costs 3 and is decided: the first year's 2 are saved, and the second pays for it and one more."""
    serves = sparse.csr_array(np.array([[1, 0, 0], [0, 1, 0]]))
    turns = Turns(decided=[False, False, True])
    saved = schedule_projects([10, 6], serves, [1, 1, 3], Calendar(2027, (2.0, 2.0)), turns)
    assert saved.year.tolist() == [2028, NEVER, 2028]
    assert saved.order.tolist() == [2, 0]
    assert saved.gain.tolist() == [10, 0, 0]
    spent = schedule_projects([10, 6], serves, [1, 1, 3], Calendar(2027, (2.0, 2.0), carry_over=False), turns)
    assert spent.year.tolist() == [2027, 2027, NEVER]
