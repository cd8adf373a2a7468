"""Programs: mixed-integer programs and their exact answers by HiGHS, with the bound that it proves."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Between these the largest cost should lie: HiGHS stops a millionth before the optimum, in the unit it is given.
UNITS = (2.0**10, 2.0**20)
#: HiGHS' states, as :func:`scipy.optimize.milp` numbers them.
OPTIMAL, LIMIT, INFEASIBLE = 0, 1, 2


@dataclass(frozen=True)
class Rows:
    """Linear rows ``low ≤ A·x ≤ high``."""

    matrix: Any
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class Program:
    """Minimise ``cost·x`` with ``lower ≤ x ≤ upper``, some x whole, within rows.

    Attributes
    ----------
    cost, lower, upper
        By variable, (v,).
    whole
        Whether a variable is whole.
    rows
        Blocks of rows, each over all variables.
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    whole: NDArray[np.bool_]
    rows: tuple[Rows, ...]

    def with_rows(self, *rows: Rows) -> Program:
        """Add rows."""
        return replace(self, rows=self.rows + rows)

    def with_variables(self, cost: NDArray[np.float64], upper: NDArray[np.float64]) -> Program:
        """Add continuous variables from 0 to `upper`, at the end, in no row yet."""
        count = len(cost)
        widened = tuple(
            replace(r, matrix=sparse.hstack([r.matrix, sparse.csr_array((r.matrix.shape[0], count))], format="csr"))
            for r in self.rows
        )
        return Program(
            np.concatenate([self.cost, cost]),
            np.concatenate([self.lower, np.zeros(count)]),
            np.concatenate([self.upper, upper]),
            np.concatenate([self.whole, np.zeros(count, dtype=bool)]),
            widened,
        )


@dataclass(frozen=True)
class Solved:
    """What HiGHS found: the best variables or None, a proven lower bound of the cost, and its state."""

    x: NDArray[np.float64] | None
    bound: float
    state: int


class Clock:
    """Counts the seconds that are left; several searches of one question share them."""

    def __init__(self, seconds: float) -> None:
        """Start to count."""
        self._start = time.perf_counter()
        self._seconds = seconds

    @property
    def spent(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def left(self) -> float:
        """Return the seconds that are left, at least a hundredth: HiGHS takes no less."""
        return max(self._seconds - self.spent, 0.01)

    @property
    def over(self) -> bool:
        """Tell whether no time is left."""
        return self.spent >= self._seconds


def solve_program(program: Program, seconds: float) -> Solved:
    """Solve a program exactly, or as far as the seconds reach.

    The relative gap that :func:`scipy.optimize.milp` leaves by itself, 1e-4, is set to 0: an optimum is an optimum.
    """
    if not len(program.cost):
        possible = all((r.low <= 0).all() and (r.high >= 0).all() for r in program.rows)
        return Solved(np.zeros(0), 0.0, OPTIMAL) if possible else Solved(None, np.inf, INFEASIBLE)
    unit = _find_unit(float(np.abs(program.cost).max()), *UNITS)
    answer = milp(
        program.cost * unit,
        integrality=program.whole.astype(np.int64),
        bounds=Bounds(program.lower, program.upper),
        constraints=[_scale_rows(r) for r in program.rows if r.matrix.shape[0]],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    bound = -np.inf if answer.mip_dual_bound is None else float(answer.mip_dual_bound) / unit
    if answer.status == INFEASIBLE:
        bound = np.inf
    if answer.x is None:
        return Solved(None, bound, int(answer.status))
    x = np.asarray(answer.x, dtype=np.float64)
    x[program.whole] = np.round(x[program.whole])
    if not program.whole.any():
        bound = float(program.cost @ x) if answer.status == OPTIMAL else bound
    return Solved(x, bound, int(answer.status))


def relax_program(program: Program, seconds: float) -> float:
    """Return the least cost when nothing need be whole: a lower bound; -inf if time ends before, inf if impossible."""
    solved = solve_program(replace(program, whole=np.zeros(len(program.cost), dtype=bool)), seconds)
    if solved.state == INFEASIBLE:
        return np.inf
    return solved.bound if solved.state == OPTIMAL else -np.inf


def make_row(values: NDArray[np.float64], low: float, high: float) -> Rows:
    """Make one row over all variables."""
    return Rows(sparse.csr_array(values[np.newaxis, :]), np.array([low]), np.array([high]))


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _find_unit(largest: float, least: float, most: float) -> float:
    """Find the power of two, which rounds nothing, that brings a number between two others."""
    if largest <= 0 or least <= largest <= most:
        return 1.0
    return float(2.0 ** np.round(np.log2((least if largest < least else most) / largest)))


def _scale_rows(rows: Rows) -> LinearConstraint:
    """Make rows of small numbers larger: HiGHS keeps each within a millionth, whatever its numbers are."""
    matrix = sparse.csr_array(rows.matrix)
    largest = np.zeros(matrix.shape[0])
    np.maximum.at(largest, np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), np.abs(matrix.data))
    units = np.array([_find_unit(each, 1.0, np.inf) for each in largest])
    if (units == 1.0).all():
        return LinearConstraint(matrix, rows.low, rows.high)
    return LinearConstraint(sparse.diags_array(units) @ matrix, units * rows.low, units * rows.high)
