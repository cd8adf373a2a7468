"""Exact answers of covering problems: start, bound, fix what no better plan can use, then HiGHS; zones kept first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.siting.bounds import Multipliers, measure_bound, measure_greedy_bound
from walkcircle.siting.covers import Cover, build_program, close_seats, read_seats
from walkcircle.siting.greedy import choose_bundles, choose_greedily, drop_idle
from walkcircle.siting.programs import Clock, Program, Rows, make_row, solve_program
from walkcircle.siting.swaps import Field, Purse, improve_by_swaps, search_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.terms import Promise, SitingEffort

#: Pairs in reach, after reductions, up to which a proof is tried when the method is ``auto``.
EXACT_PAIRS = 400_000
#: 1 - 1/e, what greedy choices of a number of sites are sure to reach (Nemhauser, Wolsey & Fisher 1978).
GREEDY_SHARE = 1 - 1 / np.e


@dataclass(frozen=True)
class Plan:
    """Chosen seats and what is proven of them.

    Attributes
    ----------
    seats
        Whether each seat is chosen, (s,).
    bound
        No plan that keeps what is promised is worth more.
    free
        Worth of the best plan found when zones are promised nothing; None where nothing was promised.
    exact
        Whether HiGHS was asked.
    """

    seats: NDArray[np.bool_]
    bound: float
    free: float | None
    exact: bool


def solve_cover(cover: Cover, promise: Promise | None, effort: SitingEffort, clock: Clock) -> Plan:
    """Solve a covering problem: with proof where it is small enough, else greedily with a bound."""
    exact = effort.method == "exact" or (effort.method == "auto" and cover.reach.nnz <= EXACT_PAIRS)
    start, multipliers = _start(cover, effort, clock)
    bound = _floor(cover, min(multipliers.bound, cover.base + float(cover.weight.sum())), start)
    if exact and bound > cover.worth(start) * (1 + 1e-9):
        start, bound = _prove(cover, start, bound, multipliers, clock)
    start = drop_idle(cover, start)
    if promise is None:
        return Plan(start, bound, None, exact)
    if not cover.shortfall(start, promise).any():
        return Plan(start, bound, cover.worth(start), exact)
    if exact:
        fair, fair_bound = _keep_promise(cover, promise, start, clock)
    else:
        fair, fair_bound = choose_greedily(cover, promise) if cover.single else start, bound
    fair = drop_idle(cover, fair, promise)
    return Plan(fair, min(bound, fair_bound), max(cover.worth(start), cover.worth(fair)), exact)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _start(cover: Cover, effort: SitingEffort, clock: Clock) -> tuple[NDArray[np.bool_], Multipliers]:
    """Find a good plan quickly, and a bound on all plans."""
    if not len(cover.site) or not len(cover.weight):
        return np.zeros(len(cover.site), dtype=bool), Multipliers(cover.base, np.zeros(0), np.zeros(0))
    if not cover.single:
        seats = choose_bundles(cover, seed=effort.seed, over=lambda: clock.spent > 0.3 * effort.seconds)
        return seats, measure_bound(cover, cover.worth(seats), lambda: clock.over)
    greedy = choose_greedily(cover)
    bound = measure_greedy_bound(cover, greedy)
    if cover.budget is None:
        bound = min(bound, cover.base + (cover.worth(greedy) - cover.base) / GREEDY_SHARE)
    field, purse = make_cover_field(cover), make_cover_purse(cover)
    chosen = improve_by_swaps(field, np.flatnonzero(greedy), purse)
    reached = cover.base + float(cover.weight.sum()) - (field.total(chosen) if len(chosen) else cover.weight.sum())
    multipliers = measure_bound(cover, reached, lambda: clock.spent > 0.3 * effort.seconds)
    multipliers = replace(multipliers, bound=min(multipliers.bound, bound))
    if _floor(cover, multipliers.bound, greedy) > reached * (1 + 1e-9):
        chosen = search_around(
            field, chosen, purse, multipliers.value, seed=effort.seed, over=lambda: clock.spent > 0.4 * effort.seconds
        )
    seats = np.zeros(len(cover.site), dtype=bool)
    seats[chosen] = True
    return (seats if cover.worth(seats) >= cover.worth(greedy) else greedy), multipliers


def make_cover_field(cover: Cover) -> Field:
    """Make a covering problem of one kind a field on which swaps are measured."""
    reach = cover.reach
    free = sparse.csr_array((np.zeros(reach.nnz), reach.indices, reach.indptr), shape=reach.shape)
    return Field(free, cover.weight, np.ones(len(cover.weight)))


def make_cover_purse(cover: Cover) -> Purse:
    """Say what swaps of a covering problem of one kind may spend; nothing is locked."""
    budget = np.inf if cover.budget is None else cover.budget
    return Purse(cover.seat_price, budget, np.zeros(len(cover.site), dtype=bool))


def _floor(cover: Cover, bound: float, seats: NDArray[np.bool_]) -> float:
    """Round a bound down where people are whole, and never below what is reached."""
    if cover.steps:
        bound = float(np.floor(bound + 1e-6))
    return max(bound, cover.worth(seats))


def _prove(
    cover: Cover, start: NDArray[np.bool_], bound: float, multipliers: Multipliers, clock: Clock
) -> tuple[NDArray[np.bool_], float]:
    """Ask HiGHS for a better plan among those that could be one, and for its bound."""
    reached = cover.worth(start)
    program, _ = build_program(cover)
    step = max(cover.steps, 1e-9 * abs(reached))
    program = close_seats(cover, program, multipliers.forced < reached + step - 1e-6 * min(step, 1.0))
    # Only plans at least as good need be looked at; HiGHS cannot be given a plan to start from.
    cutoff = make_row(program.cost, -np.inf, cover.base - reached + 1e-6 * max(1.0, abs(reached) * 1e-3))
    solved = solve_program(program.with_rows(cutoff), clock.left)
    found = start
    if solved.x is not None:
        seats = read_seats(cover, solved.x)
        if cover.affordable(seats) and cover.worth(seats) > reached:
            found = seats
    proven = max(cover.base - solved.bound, cover.worth(found)) if solved.bound < np.inf else cover.worth(found)
    return found, _floor(cover, min(bound, proven), found)


def _keep_promise(
    cover: Cover, promise: Promise, start: NDArray[np.bool_], clock: Clock
) -> tuple[NDArray[np.bool_], float]:
    """Find the plan with the least shortfall of all zones together, and among those the one with most people."""
    program, serving = build_program(cover)
    half = clock.left / 2
    solved, fair = solve_fairly(program, serving, promise.least - cover.base_zone, half, clock)
    if fair is None:
        greedy = choose_greedily(cover, promise) if cover.single else start
        return greedy, cover.base + float(cover.weight.sum())
    seats = read_seats(cover, fair)
    return (seats if cover.affordable(seats) else start), max(cover.base - solved, cover.worth(seats))


def solve_fairly(
    program: Program, serving: Any, least: NDArray[np.float64], seconds: float, clock: Clock
) -> tuple[float, NDArray[np.float64] | None]:
    """Solve a program twice: for the least shortfall of all zones together, then at that shortfall for its own cost.

    Returns
    -------
    float, ndarray or None
        The proven bound of the second program, and its variables without those of the shortfall; None when time ended.
    """
    held = np.flatnonzero(least > 0)
    size = len(program.cost)
    needs = program.with_variables(np.zeros(len(held)), least[held])
    people = sparse.hstack([serving[held], sparse.eye_array(len(held))], format="csr")
    needs = needs.with_rows(Rows(people, least[held], np.full(len(held), np.inf)))
    short = np.concatenate([np.zeros(size), np.ones(len(held))])
    first = solve_program(replace(needs, cost=short), seconds)
    if first.x is None:
        return -np.inf, None
    floor = float(short @ first.x)
    capped = needs.with_rows(make_row(short, -np.inf, floor + 1e-7 * max(1.0, float(least[held].sum()))))
    second = solve_program(capped, clock.left)
    if second.x is None:
        return second.bound if np.isfinite(second.bound) else -np.inf, first.x[:size]
    return second.bound, second.x[:size]
