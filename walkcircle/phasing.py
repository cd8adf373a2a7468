"""Phasing: projects in years, the weakest first, within each year's budget; what is built stays built."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.errors import StudyError
from walkcircle.tables import Phases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: No year.
NEVER = -1

#: Costs are compared with this much room, relative to the budget: sums carry rounding.
_ROOM = 1e-9


@dataclass(frozen=True)
class Calendar:
    """The years of a plan and what may be spent in them.

    Attributes
    ----------
    first_year
        The first of them.
    budgets
        One for each year, in the unit of the costs.
    most_projects
        Most projects in one year; Hangzhou builds about 100 complete communities a year (standards: phasing).
    carry_over
        What is left of a year's budget may be spent later.
    """

    first_year: int
    budgets: tuple[float, ...]
    most_projects: int = 100
    carry_over: bool = True

    def __post_init__(self) -> None:
        """Refuse a plan without years, and budgets that are none."""
        if not self.budgets:
            msg = "a plan needs at least one year; give a budget for each"
            raise StudyError(msg)
        wrong = [budget for budget in self.budgets if not (isfinite(budget) and budget >= 0)]
        if wrong:
            msg = f"the budget of a year is {wrong[0]:g}; give a finite number of at least 0"
            raise StudyError(msg)
        if self.most_projects < 1:
            msg = f"at most {self.most_projects} projects a year leave nothing to build; give 1 or more"
            raise StudyError(msg)

    @property
    def years(self) -> list[int]:
        """The years in their order."""
        return [self.first_year + n for n in range(len(self.budgets))]


@dataclass(frozen=True, eq=False)
class Schedule:
    """When each project is built, and whom it serves on top of those before it.

    Attributes
    ----------
    year
        ``(m,)`` year, :data:`NEVER` where no budget is left.
    order
        Positions of the projects that are built, in the order of building.
    gain
        ``(m,)`` people newly served on top of all before it; 0 for what is not built.
    phases
        :class:`~walkcircle.tables.Phases`.
    """

    year: NDArray[np.int64]
    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    phases: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Turns:
    """Who goes first, and what must go together or one after the other. Everything is optional.

    Attributes
    ----------
    first
        ``(m,)`` projects that go before all others, such as those of the weakest tenth.
    scheme
        ``(m,)`` label of what is built together in one year, such as a whole subdistrict; missing for what is alone.
    from_year
        ``(m,)`` first year in which it can be built; missing where any will do.
    after
        ``(m,)`` position of the project that must be built no later; -1 for none.
    decided
        ``(m,)`` projects that are built in any case, before all others, in their order; where a year cannot pay for the
        next and money may be carried over, it is saved for it.
    """

    first: ArrayLike | None = None
    scheme: Sequence[object] | None = None
    from_year: ArrayLike | None = None
    after: ArrayLike | None = None
    decided: ArrayLike | None = None


@dataclass(eq=False)
class _State:
    """What has been built so far, and what is still lacking."""

    people: NDArray[np.float64]
    serves: sparse.csc_array
    cost: NDArray[np.float64]
    left: NDArray[np.float64]
    year: NDArray[np.int64]
    gain: NDArray[np.float64]
    first: NDArray[np.bool_]
    from_year: NDArray[np.float64]
    after: NDArray[np.int64]
    decided: NDArray[np.bool_]
    order: list[int] = field(default_factory=list)

    def allows(self, lot: NDArray[np.int64], year: int) -> bool:
        """Tell whether a lot can be built in a year: its sites are free, and what comes before it is built."""
        before = self.after[lot][(self.after[lot] >= 0) & ~np.isin(self.after[lot], lot)]
        is_free = np.isnan(self.from_year[lot]) | (self.from_year[lot] <= year)
        return bool(is_free.all() and (self.year[before] != NEVER).all())

    def measure_gain(self, project: int) -> float:
        """Return whom a project would serve on top of all that is built."""
        start, stop = self.serves.indptr[project : project + 2]
        return float(self.left[self.serves.indices[start:stop]].sum())

    def build(self, project: int, year: int) -> None:
        """Build a project in a year."""
        start, stop = self.serves.indptr[project : project + 2]
        self.gain[project] = self.measure_gain(project)
        self.left[self.serves.indices[start:stop]] = 0.0
        self.year[project] = year
        self.order.append(project)


def schedule_projects(
    people: ArrayLike,
    serves: sparse.sparray,
    cost: ArrayLike,
    calendar: Calendar,
    turns: Turns | None = None,
) -> Schedule:
    """Put projects in years: who goes first, then who serves most people newly for each unit of cost.

    Year by year, of the projects that can be built and paid for, those that go `first` come first, and among these
    the one that serves most people per cost on top of all that is built; one that serves nobody any more is not built.
    A scheme is built in one year or not at all in it. As each year goes on from what stands, phase one is part of phase
    two. The rule is the greedy one for maximal coverage under a budget (Khuller, Moss and Naor 1999), year by year.

    Parameters
    ----------
    people
        ``(d,)`` people without, home by home and kind by kind.
    serves
        ``(d, m)`` sparse, not 0 where a project serves a home.
    cost
        ``(m,)`` at least 0, in the unit of the budgets. What costs nothing is built as soon as it can be.
    calendar
        Years, budgets, and how many projects a year.
    turns
        Who goes first and what goes together.

    Raises
    ------
    StudyError
        A cost is missing or negative.

    Examples
    --------
    Two homes of 10 and 6 people; the second project serves both, the first only the ten.

    >>> serves = sparse.csr_array(np.array([[1, 1], [0, 1]]))
    >>> plan = schedule_projects([10, 6], serves, [1, 2], Calendar(2027, (1.0, 2.0)))
    >>> plan.year.tolist(), plan.gain.tolist()
    ([2027, 2028], [10.0, 6.0])
    """
    costs = np.asarray(cost, dtype=float)
    if np.isnan(costs).any() or (costs < 0).any():
        msg = "a project has no cost, or one below 0; give each a cost of at least 0, or leave it out"
        raise StudyError(msg)
    asked, count = turns or Turns(), len(costs)
    state = _State(
        people=np.asarray(people, dtype=float), serves=sparse.csc_array(serves), cost=costs,
        left=np.array(people, dtype=float), year=np.full(count, NEVER, np.int64), gain=np.zeros(count),
        first=np.zeros(count, bool) if asked.first is None else np.asarray(asked.first, dtype=bool),
        from_year=np.full(count, np.nan) if asked.from_year is None else np.asarray(asked.from_year, dtype=float),
        after=np.full(count, -1) if asked.after is None else np.asarray(asked.after, dtype=np.int64),
        decided=np.zeros(count, bool) if asked.decided is None else np.asarray(asked.decided, dtype=bool),
    )  # fmt: skip
    lots = _make_lots(count, asked.scheme)
    rows, carried = [], 0.0
    for year, budget in zip(calendar.years, calendar.budgets, strict=True):
        purse, before = budget + carried, len(state.order)
        spent = _build_decided(state, year, purse, calendar.most_projects)
        waits = bool((state.year[state.decided] == NEVER).any())
        if not (waits and calendar.carry_over):
            most = calendar.most_projects - (len(state.order) - before)
            spent = _fill_year(state, lots, year, (purse, spent), most)
        mine = state.order[before:]
        served = float(state.gain[state.order].sum())
        rows.append(
            (year, budget, carried, spent, len(mine), float(state.gain[mine].sum()), served, float(state.left.sum()))
        )
        carried = max(purse - spent, 0.0) if calendar.carry_over else 0.0
    phases = pd.DataFrame(rows, columns=[*map(str, Phases.columns())])
    return Schedule(state.year, np.array(state.order, dtype=np.int64), state.gain, phases)


def _make_lots(count: int, scheme: Sequence[object] | None) -> list[NDArray[np.int64]]:
    """List what is built together: the projects of each scheme, and each other one by itself."""
    if scheme is None:
        return [np.array([project]) for project in range(count)]
    labels = pd.Series(list(scheme), dtype=object)
    together = [np.array(rows) for rows in labels.groupby(labels, sort=False).indices.values()]
    return [*together, *(np.array([project]) for project in np.flatnonzero(labels.isna()))]


def _build_decided(state: _State, year: int, purse: float, most: int) -> float:
    """Build what is decided, as far as a year's purse pays for it, and return what it cost."""
    spent, built = 0.0, 0
    for project in np.flatnonzero(state.decided & (state.year == NEVER)).tolist():
        fits = spent + state.cost[project] <= purse * (1 + _ROOM) and built < most
        if fits and state.allows(np.array([project]), year):
            state.build(project, year)
            spent, built = spent + float(state.cost[project]), built + 1
    return spent


def _fill_year(state: _State, lots: list[NDArray[np.int64]], year: int, money: tuple[float, float], most: int) -> float:
    """Build what a year's purse pays for on top of what was spent, and return what all of it cost."""
    (purse, spent), built = money, 0
    waiting = [lot for lot in lots if (state.year[lot] == NEVER).all() and not state.decided[lot].any()]
    while waiting:
        best, highest = None, (False, -inf, -inf)
        for lot in waiting:
            price = float(state.cost[lot].sum())
            if spent + price > purse * (1 + _ROOM) or built + len(lot) > most or not state.allows(lot, year):
                continue
            gain = _measure_lot(state, lot)
            worth = (bool(state.first[lot].any()), inf if price == 0 else gain / price, gain)
            if gain > 0 and worth > highest:
                best, highest = lot, worth
        if best is None:
            break
        for project in best.tolist():
            state.build(project, year)
        spent += float(state.cost[best].sum())
        built += len(best)
        waiting = [lot for lot in waiting if lot is not best]
    return spent


def _measure_lot(state: _State, lot: NDArray[np.int64]) -> float:
    """Return whom the projects of a lot would serve together."""
    if len(lot) == 1:
        return state.measure_gain(int(lot[0]))
    homes = np.unique(state.serves[:, lot].indices)
    return float(state.left[homes].sum())
