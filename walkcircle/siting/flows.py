"""Flows: sites that hold only so many people, so that it counts who goes where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.errors import SitingError
from walkcircle.siting.exact import solve_fairly
from walkcircle.siting.programs import INFEASIBLE, Clock, Program, Rows, make_row, solve_program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.matrices import Ground
    from walkcircle.siting.terms import Promise

#: Pairs up to which each has a row of its own, which makes the bound of linear programming tight.
TIGHT_PAIRS = 150_000


@dataclass(frozen=True)
class Load:
    """What a question with capacities asks for.

    Attributes
    ----------
    opening
        What a candidate adds to the objective, (j,).
    sending
        What one person of a pair adds to the objective, by stored pair of the ground.
    capacity
        People that a candidate holds; infinite is no bound.
    price
        What a candidate costs of the budget.
    everybody
        Whether all people must be served.
    least
        People who must be served.
    p, budget
        Most new sites, most to be spent.
    """

    opening: NDArray[np.float64]
    sending: NDArray[np.float64]
    capacity: NDArray[np.float64]
    price: NDArray[np.float64]
    everybody: bool
    least: float
    p: int | None
    budget: float | None


@dataclass(frozen=True)
class Routed:
    """Chosen candidates, people by stored pair, a proven bound of the objective, and the objective without zones."""

    chosen: NDArray[np.int64]
    people: NDArray[np.float64]
    bound: float
    free: float | None


def solve_flow(
    ground: Ground, existing: NDArray[np.int64], load: Load, promise: Promise | None, clock: Clock
) -> Routed:
    """Choose sites and send people, at the least cost of both, to sites that are open, in reach and not full.

    The μCFLP of life circles is of this kind: sites, travel, capacity, radius and a share to be served. A demand point
    may be divided among sites; that is how people behave, and it keeps the program solvable.

    Raises
    ------
    SitingError
        The sites cannot hold or reach enough people, or no plan was found in time.
    """
    program, serving = _program(ground, existing, load, promise)
    solved = solve_program(program, clock.left if promise is None else clock.left / 3)
    if solved.x is None:
        if solved.state == INFEASIBLE:
            msg = f"no plan serves {load.least:,.0f} people: {_explain(ground, load)}"
            raise SitingError(msg)
        msg = "no plan was found in time; give more seconds, a shorter limit, or fewer candidates"
        raise SitingError(msg)
    x, bound, free = solved.x, solved.bound, None
    if promise is not None:
        free = float(program.cost @ x)
        if (promise.least - serving @ x > 1e-6 * np.maximum(promise.least, 1.0)).any():
            fair_bound, fair = solve_fairly(program, serving, promise.least, clock.left / 2, clock)
            bound = max(bound, fair_bound)
            x = x if fair is None else fair
            free = min(free, float(program.cost @ x))
    chosen = np.flatnonzero(x[: len(ground.sites)] > 0.5)
    people = np.maximum(x[len(ground.sites) :], 0.0) * ground.demand[ground.rows]
    people = np.where(np.isin(ground.cost.indices, chosen), people, 0.0)
    return Routed(chosen, _keep_capacity(ground, people, load.capacity), bound, free)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _program(ground: Ground, existing: NDArray[np.int64], load: Load, promise: Promise | None) -> tuple[Program, Any]:
    """Write sites, then the share of a point's people on each pair."""
    sites, pairs, points = len(ground.sites), len(ground.cost.data), len(ground.points)
    rows, column, size = ground.rows, ground.cost.indices, len(ground.sites) + len(ground.cost.data)
    each = np.arange(pairs)
    demand = ground.demand[rows]
    sent = sparse.csr_array((np.ones(pairs), (rows, sites + each)), shape=(points, size))
    must = ((ground.demand > 0) & load.everybody).astype(np.float64)
    blocks = [Rows(sent, must, np.ones(points))]
    held = np.isfinite(load.capacity)
    inside = np.flatnonzero(held[column])
    filled = sparse.csr_array(
        (np.r_[-demand[inside], load.capacity[held]],
         (np.r_[column[inside], np.flatnonzero(held)], np.r_[sites + inside, np.flatnonzero(held)])),
        shape=(sites, size),
    )  # fmt: skip
    blocks.append(Rows(filled, np.zeros(sites), np.full(sites, np.inf)))
    tied = each if pairs <= TIGHT_PAIRS else np.flatnonzero(~held[column])
    link = sparse.csr_array(
        (np.repeat([1.0, -1.0], len(tied)),
         (np.tile(np.arange(len(tied)), 2), np.r_[column[tied], sites + tied])),
        shape=(len(tied), size),
    )  # fmt: skip
    blocks.append(Rows(link, np.zeros(len(tied)), np.full(len(tied), np.inf)))
    served = np.r_[np.zeros(sites), demand]
    if load.least > 0:
        blocks.append(make_row(served, load.least * (1 - 1e-12), np.inf))
    if load.p is not None:
        blocks.append(make_row(np.r_[np.ones(sites), np.zeros(pairs)], 0.0, float(load.p + len(existing))))
    if load.budget is not None:
        blocks.append(make_row(np.r_[load.price, np.zeros(pairs)], 0.0, load.budget))
    lower = np.zeros(size)
    lower[existing] = 1.0
    cost = np.r_[load.opening, load.sending * demand]
    program = Program(cost, lower, np.ones(size), np.arange(size) < sites, tuple(blocks))
    if promise is None:
        return program, None
    serving = sparse.csr_array((demand, (promise.zone[rows], sites + each)), shape=(len(promise.names), size))
    return program, serving


def _keep_capacity(ground: Ground, people: NDArray[np.float64], capacity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take away what a solver's tolerance, a millionth, put into a site or took from a point too much."""
    if not len(people):
        return people
    sent = np.bincount(ground.rows, people, minlength=len(ground.points))
    over = np.divide(ground.demand, sent, out=np.ones_like(sent), where=sent > ground.demand)
    people = people * over[ground.rows]
    loads = np.bincount(ground.cost.indices, people, minlength=len(ground.sites))
    scale = np.divide(capacity, loads, out=np.ones_like(loads), where=loads > capacity)
    # One bit less, so that a sum taken in another order stays within as well.
    scale = np.where(loads > capacity, scale * (1 - 1e-12), 1.0)
    return np.asarray(people * scale[ground.cost.indices])


def _explain(ground: Ground, load: Load) -> str:
    """Say what stands in the way, and the cure."""
    reached = np.bincount(ground.rows, minlength=len(ground.points)) > 0
    alone = (~reached & (ground.demand > 0)).sum()
    if alone and (load.everybody or ground.demand[reached].sum() < load.least):
        first = ground.points[int((~reached & (ground.demand > 0)).argmax())]
        return (
            f"{alone} demand points have no candidate in reach, the first is '{first}'; raise limit or add candidates"
        )
    return "the candidates within p, budget and limit hold too few; raise p, budget, limit or capacity"
