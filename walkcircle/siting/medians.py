"""Medians: sites that keep the walks of all people together as short as possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.errors import SitingError
from walkcircle.siting.programs import INFEASIBLE, Clock, Program, Rows, make_row, solve_program
from walkcircle.siting.swaps import Field, Purse, improve_by_swaps, search_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.matrices import Ground
    from walkcircle.siting.terms import SitingEffort

#: Steps of the ascent of the bound.
STEPS = 800
#: Steps without progress after which the stride is shortened, and by how much (Beasley 1993).
PATIENCE, SHORTEN = 15, 0.7
#: Pairs that the bound leaves, up to which HiGHS is asked when the method is ``auto``.
EXACT_PAIRS = 60_000


@dataclass(frozen=True)
class Median:
    """Chosen candidates, existing ones included; a proven bound of the total; whether a proof was sought."""

    chosen: NDArray[np.int64]
    bound: float
    exact: bool


def solve_median(
    ground: Ground, weight: NDArray[np.float64], existing: NDArray[np.int64], p: int, effort: SitingEffort, clock: Clock
) -> Median:
    """Find at most p new sites with the least Σ wᵢ · cost to the nearest (Hakimi 1964; ReVelle & Swain 1970).

    Greedy choices and swaps give a plan, a Lagrangian bound says how good it is (Cornuéjols, Fisher & Nemhauser 1977),
    rules out pairs and sites that no better plan uses, and HiGHS decides among what is left.

    Raises
    ------
    SitingError
        No p sites reach everybody, or none were found in time.
    """
    lived = np.flatnonzero(weight > 0)
    field = make_field(sparse.csr_array(ground.cost[lived]), weight[lived])
    locked = np.zeros(field.cost.shape[1], dtype=bool)
    locked[existing] = True
    purse = Purse(np.zeros(len(locked)), np.inf, locked)
    chosen = improve_by_swaps(field, _choose_stepwise(field, existing, p), purse)
    chosen = _reach_everybody(field, chosen, existing, p, clock)
    chosen = improve_by_swaps(field, chosen, purse)
    bound, forced, pair_forced, value = _bound_median(field, chosen, existing, p, lambda: clock.over)
    if bound < field.total(chosen) * (1 - 1e-9):
        chosen = search_around(
            field, chosen, purse, value, seed=effort.seed, over=lambda: clock.spent > 0.5 * effort.seconds
        )
    total = field.total(chosen)
    whole = bool(
        (field.weight == np.round(field.weight)).all() and (field.cost.data == np.round(field.cost.data)).all()
    )
    bound = min(_raise_bound(bound, whole=whole), total)
    pairs = pair_forced < total - (1 - 1e-6 if whole else 0.0)
    exact = effort.method == "exact" or (effort.method == "auto" and int(pairs.sum()) <= EXACT_PAIRS)
    if exact and bound < total * (1 - 1e-9):
        sites = forced < total - (1 - 1e-6 if whole else 0.0)
        sites[existing] = True
        chosen, proven = _prove(field, chosen, existing, p, pairs, sites, clock)
        bound = min(max(bound, _raise_bound(proven, whole=whole)), field.total(chosen))
    chosen = _drop_idle(field, chosen, existing)
    return Median(np.sort(chosen), bound, exact or bound >= total * (1 - 1e-9))


def make_field(cost: Any, weight: NDArray[np.float64]) -> Field:
    """Add a cost for being without a site that no sum of walks can outweigh."""
    worst = np.zeros(cost.shape[0])
    rows = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
    np.maximum.at(worst, rows, cost.data)
    penalty = 1.0 + worst + float(weight @ worst) / weight
    return Field(cost, weight, penalty)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _drop_idle(field: Field, chosen: NDArray[np.int64], existing: NDArray[np.int64]) -> NDArray[np.int64]:
    """Close new sites, the last first, to which nobody need go."""
    for site in np.sort(np.setdiff1d(chosen, existing))[::-1].tolist():
        rest = chosen[chosen != site]
        if len(rest) and field.total(rest) <= field.total(chosen):
            chosen = rest
    return chosen


def _choose_stepwise(field: Field, existing: NDArray[np.int64], p: int) -> NDArray[np.int64]:
    """Add the site that shortens walks most, p times."""
    chosen = existing.copy()
    rows = field.rows
    nearest = field.nearest_two(chosen)[0] if len(chosen) else field.penalty.copy()
    turned = sparse.csc_array(field.cost)
    for _ in range(p):
        gain = np.bincount(
            field.cost.indices,
            field.weight[rows] * np.maximum(nearest[rows] - field.cost.data, 0.0),
            minlength=field.cost.shape[1],
        )
        gain[chosen] = -1.0
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen = np.append(chosen, best)
        start, end = turned.indptr[best], turned.indptr[best + 1]
        near = turned.indices[start:end]
        nearest[near] = np.minimum(nearest[near], turned.data[start:end])
    return chosen


def _reach_everybody(
    field: Field, chosen: NDArray[np.int64], existing: NDArray[np.int64], p: int, clock: Clock
) -> NDArray[np.int64]:
    """Start from a set cover where greedy choices leave somebody without."""
    if (field.nearest_two(chosen)[2] >= 0).all():
        return chosen
    count = field.cost.shape[1]
    reach = sparse.csr_array((np.ones(field.cost.nnz), field.cost.indices, field.cost.indptr), shape=field.cost.shape)
    lower = np.zeros(count)
    lower[existing] = 1.0
    rows = (
        Rows(reach, np.ones(field.cost.shape[0]), np.full(field.cost.shape[0], np.inf)),
        make_row(np.ones(count), 0.0, float(p + len(existing))),
    )
    solved = solve_program(Program(np.ones(count), lower, np.ones(count), np.ones(count, dtype=bool), rows), clock.left)
    if solved.x is None:
        known = "" if solved.state == INFEASIBLE else " were found in time that"
        msg = (
            f"no {p} new sites{known} reach all {field.cost.shape[0]} demand points; raise p or the limit, or ask mclp"
        )
        raise SitingError(msg)
    cover = np.flatnonzero(solved.x > 0.5)
    return _choose_stepwise(
        field, np.concatenate([existing, np.setdiff1d(cover, existing)]), p + len(existing) - len(cover)
    )


def _bound_median(
    field: Field, chosen: NDArray[np.int64], existing: NDArray[np.int64], p: int, over: Any
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bound the total from below; say what it would be were a site open, and were a point sent to a site.

    With λ on the points, ρⱼ = Σ min(0, wᵢcᵢⱼ - λᵢ) over the points in reach of j, the total of any plan is at least
    Σ λᵢ + Σ ρ over the existing + the p lowest ρ of the others.
    """
    rows, column = field.rows, field.cost.indices
    pay = field.weight[rows] * field.cost.data
    first, second, _ = field.nearest_two(chosen)
    target = float(field.weight @ first)
    prices = field.weight * np.where(second < field.penalty, 0.5 * (first + second), first)
    new = np.ones(field.cost.shape[1], dtype=bool)
    new[existing] = False
    best, best_prices, stride, idle = -np.inf, prices, 1.0, 0
    for _ in range(STEPS):
        rho, taken, _ = _choose_lowest(pay, prices, rows, column, new, p)
        bound = float(prices.sum() + rho[taken].sum())
        if bound > best + 1e-9 * abs(best if np.isfinite(best) else 1.0):
            best, best_prices, idle = bound, prices, 0
        else:
            idle += 1
        if idle >= PATIENCE:
            stride, idle, prices = stride * SHORTEN, 0, best_prices
            continue
        if stride < 1e-4 or best >= target * (1 - 1e-10) or over():
            break
        sent = np.bincount(rows[taken[column] & (pay < prices[rows])], minlength=len(prices))
        slope = 1.0 - sent
        length = float(slope @ slope)
        if not length:
            break
        prices = prices + stride * max(target - bound, 1e-9) / length * slope
    rho, taken, theta = _choose_lowest(pay, best_prices, rows, column, new, p)
    here = float(best_prices.sum() + rho[taken].sum())
    site = here + np.where(taken, 0.0, np.maximum(rho - theta, 0.0))
    pair = site[column] + np.maximum(pay - best_prices[rows], 0.0)
    return max(best, here), site, pair, -rho


def _choose_lowest(
    pay: NDArray[np.float64], prices: NDArray[np.float64], rows: Any, column: Any, new: NDArray[np.bool_], p: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """Open the existing sites and the p lowest ρ; return ρ, what is open, and the highest ρ among the new."""
    rho = np.asarray(np.bincount(column, np.minimum(pay - prices[rows], 0.0), minlength=len(new)), dtype=np.float64)
    taken = ~new
    others = np.flatnonzero(new)
    if p >= len(others):
        taken[others] = True
        return rho, taken, 0.0
    if p == 0:
        return rho, taken, -np.inf
    lowest = others[np.argpartition(rho[others], p - 1)[:p]]
    taken[lowest] = True
    return rho, taken, float(rho[lowest].max())


def _raise_bound(bound: float, *, whole: bool) -> float:
    """Round a bound up where people and costs are whole."""
    return float(np.ceil(bound - 1e-6)) if whole and np.isfinite(bound) else bound


def _prove(
    field: Field,
    chosen: NDArray[np.int64],
    existing: NDArray[np.int64],
    p: int,
    pairs: NDArray[np.bool_],
    sites: NDArray[np.bool_],
    clock: Clock,
) -> tuple[NDArray[np.int64], float]:
    """Ask HiGHS for a better plan among the pairs and sites that one could use, and for its bound.

    Returns
    -------
    ndarray, float
        The better of the plan that was known and the one found; a bound of all plans.
    """
    total = field.total(chosen)
    keep = pairs & sites[field.cost.indices]
    rows, column, data = field.rows[keep], field.cost.indices[keep], field.cost.data[keep]
    if (np.bincount(rows, minlength=len(field.weight)) == 0).any():
        return chosen, total
    size, count = len(sites), int(keep.sum())
    each = np.arange(count)
    sent = sparse.csr_array((np.ones(count), (rows, size + each)), shape=(len(field.weight), size + count))
    link = sparse.csr_array(
        (np.repeat([1.0, -1.0], count), (np.tile(each, 2), np.concatenate([column, size + each]))),
        shape=(count, size + count),
    )
    lower, upper = np.zeros(size + count), np.ones(size + count)
    upper[:size] = sites
    lower[existing] = 1.0
    counting = np.concatenate([np.ones(size), np.zeros(count)])
    program = Program(
        np.concatenate([np.zeros(size), field.weight[rows] * data]), lower, upper, np.arange(size + count) < size,
        (
            Rows(sent, np.ones(len(field.weight)), np.ones(len(field.weight))),
            Rows(link, np.zeros(count), np.full(count, np.inf)),
            make_row(counting, 0.0, float(p + len(existing))),
        ),
    )  # fmt: skip
    solved = solve_program(program, clock.left)
    if solved.x is not None:
        found = np.flatnonzero(solved.x[:size] > 0.5)
        if field.total(found) < total:
            chosen = found
    # What was left out costs at least as much as the plan that was known.
    return chosen, min(solved.bound, total)
