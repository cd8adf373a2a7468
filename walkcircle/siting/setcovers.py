"""Set covers: the fewest or cheapest sites that serve everybody, or a share; and p-centers by way of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

from walkcircle.errors import SitingError
from walkcircle.siting.covers import Cover
from walkcircle.siting.greedy import choose_greedily
from walkcircle.siting.programs import INFEASIBLE, Clock, Program, Rows, make_row, relax_program, solve_program
from walkcircle.siting.reductions import simplify_set_cover
from walkcircle.siting.swaps import Field, Purse, improve_by_swaps, search_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.matrices import Ground
    from walkcircle.siting.terms import SitingEffort

Means = Literal["greedy", "linear", "swaps", "whole"]
#: How a radius of a p-center is decided, the quickest first, and the part of the time left that it may take.
ROUNDS: tuple[tuple[Means, float], ...] = (
    ("greedy", 1.0), ("linear", 0.2), ("swaps", 0.2), ("whole", 0.3), ("whole", 1.0)
)  # fmt: skip


@dataclass(frozen=True)
class Covering:
    """Chosen seats, which are sites here, and a proven bound of their cost or radius."""

    seats: NDArray[np.bool_]
    bound: float
    exact: bool


def solve_set_cover(cover: Cover, share_of: float | None, effort: SitingEffort, clock: Clock) -> Covering:
    """Find the cheapest sites that serve every group (Toregas and others 1971), or enough people.

    Parameters
    ----------
    cover
        Groups and sites; the budget and the number of sites do not count.
    share_of
        People to be served beside those served already; None means all groups.
    effort, clock
        How to search.
    """
    if share_of is None:
        rows, columns = simplify_set_cover(cover.reach, cover.seat_price)
        small = _plain_cover(sparse.csr_array(cover.reach[rows][:, columns]), cover.seat_price[columns])
        covering = _solve_cover(small, None, effort, clock)
        seats = np.zeros(len(cover.site), dtype=bool)
        seats[columns[covering.seats]] = True
        return Covering(seats, covering.bound, covering.exact)
    return _solve_cover(cover, share_of, effort, clock)


def choose_cover(cover: Cover, share_of: float | None) -> NDArray[np.bool_]:
    """Take the site that serves most of those without for its cost, until enough are served; drop what is idle.

    Within 1 + ln n of the fewest (Chvátal 1979).
    """
    price, turned = cover.seat_price, sparse.csr_array(cover.reach.T)
    seats, rest = np.zeros(len(cover.site), dtype=bool), np.ones(len(cover.weight), dtype=bool)
    counts = np.ones(len(cover.weight)) if share_of is None else cover.people
    needed = counts.sum() if share_of is None else share_of * (1 - 1e-12)
    served = 0.0
    while served < needed:
        gain = turned @ np.where(rest, np.minimum(counts, needed - served), 0.0)
        seat = int((gain / np.maximum(price, 1e-12)).argmax())
        if gain[seat] <= 0:
            break
        seats[seat] = True
        rest[turned.indices[turned.indptr[seat] : turned.indptr[seat + 1]]] = False
        served = float(counts[~rest].sum())
    for seat in np.flatnonzero(seats)[np.argsort(-price[seats], kind="stable")].tolist():
        seats[seat] = False
        if not _serves(cover, seats, share_of):
            seats[seat] = True
    return seats


def solve_center(ground: Ground, existing: NDArray[np.int64], p: int, clock: Clock) -> tuple[NDArray[np.int64], float]:
    """Find at most p sites with the smallest largest cost: bisection over the costs, a set cover at each.

    Minieka 1970; each step is decided by greedy choices, by linear programming, or by HiGHS.

    Returns
    -------
    ndarray, float
        Candidates, existing ones included, and the largest cost below which none is proven possible.

    Raises
    ------
    SitingError
        No p sites reach everybody, however far they go.
    """
    lived = ground.demand > 0
    cost = sparse.csr_array(ground.cost[np.flatnonzero(lived)])
    levels = np.unique(cost.data)
    nearest = np.minimum.reduceat(cost.data, cost.indptr[:-1]) if len(cost.data) else np.zeros(0)
    low, high = int(np.searchsorted(levels, nearest.max(initial=0.0))), len(levels) - 1
    if not len(levels):
        return existing, 0.0
    best, proven = _try_radius(cost, existing, p, float(levels[high]), "greedy", clock.left)
    if best is None and not proven:
        best, proven = _try_radius(cost, existing, p, float(levels[high]), "whole", clock.left)
    if best is None:
        least = " is known to" if not proven else ""
        msg = f"no {p} new sites{least} reach all {int(lived.sum())} demand points; raise p, the limit, or the seconds"
        raise SitingError(msg)
    high = int(np.searchsorted(levels, _radius(cost, best)))
    for means, part in ROUNDS:
        bottom, top = low, high
        while bottom < top and (means == "greedy" or not clock.over):
            middle = (bottom + top) // 2
            found, proven = _try_radius(cost, existing, p, float(levels[middle]), means, part * clock.left)
            if found is not None:
                best = found
                high = top = int(np.searchsorted(levels, _radius(cost, found)))
            elif proven:
                low = bottom = middle + 1
            elif means == "linear":
                top = middle  # what linear programming leaves open here it leaves open farther out
            else:
                bottom = middle + 1
    return best, float(levels[low])


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _solve_cover(cover: Cover, share_of: float | None, effort: SitingEffort, clock: Clock) -> Covering:
    price = cover.seat_price
    seats = choose_cover(cover, share_of)
    program = _program(cover, share_of)
    whole = bool((price == np.round(price)).all())
    exact = effort.method != "greedy"
    if exact:
        solved = solve_program(program, clock.left)
        bound = solved.bound
        if solved.x is not None:
            found = solved.x[: len(cover.site)] > 0.5
            if price[found].sum() < price[seats].sum() and _serves(cover, found, share_of):
                seats = found
    else:
        bound = relax_program(program, clock.left)
    bound = max(bound, 0.0)
    bound = float(np.ceil(bound - 1e-6)) if whole else bound
    return Covering(seats, min(bound, float(price[seats].sum())), exact)


def _serves(cover: Cover, seats: NDArray[np.bool_], share_of: float | None) -> bool:
    done = (cover.reach @ seats.astype(np.float64)) > 0
    return bool(done.all()) if share_of is None else bool(cover.people[done].sum() >= share_of * (1 - 1e-12))


def _program(cover: Cover, share_of: float | None) -> Program:
    sites, groups = len(cover.site), len(cover.weight)
    if share_of is None:
        rows = (Rows(cover.reach, np.ones(groups), np.full(groups, np.inf)),)
        return Program(cover.seat_price, np.zeros(sites), np.ones(sites), np.ones(sites, dtype=bool), rows)
    reach = sparse.hstack([cover.reach, -sparse.eye_array(groups)], format="csr")
    enough = make_row(np.concatenate([np.zeros(sites), cover.people]), share_of * (1 - 1e-12), np.inf)
    size = sites + groups
    # Groups need not be whole: where a site is open nothing keeps a group from being served in full.
    return Program(
        np.concatenate([cover.seat_price, np.zeros(groups)]), np.zeros(size), np.ones(size),
        np.arange(size) < sites, (Rows(reach, np.zeros(groups), np.full(groups, np.inf)), enough),
    )  # fmt: skip


def _try_radius(
    cost: Any, existing: NDArray[np.int64], p: int, radius: float, means: Means, seconds: float
) -> tuple[NDArray[np.int64] | None, bool]:
    """Find p sites that reach everybody within a radius, or none, and say whether it is proven that there are none."""
    clock = Clock(seconds)
    rows = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
    near = cost.data <= radius
    reach = sparse.csr_array((np.ones(near.sum()), (rows[near], cost.indices[near])), shape=cost.shape)
    without = np.flatnonzero((reach[:, existing].sum(axis=1) == 0) if len(existing) else np.ones(cost.shape[0], bool))
    reach = sparse.csr_array(reach[without])
    if not len(without):
        return existing, True
    if (np.diff(reach.indptr) == 0).any() or p == 0:
        return None, True
    useful = np.arange(reach.shape[1])
    if means != "greedy":
        needed, useful = simplify_set_cover(reach, np.ones(reach.shape[1]))
        reach = sparse.csr_array(reach[needed][:, useful])
    seats, proven = _decide(_plain_cover(reach, np.ones(len(useful))), p, means, clock)
    return None if seats is None else np.unique(np.concatenate([existing, useful[seats]])), proven


def _decide(cover: Cover, p: int, means: Means, clock: Clock) -> tuple[NDArray[np.int64] | None, bool]:
    """Find p sites that serve every group by the means given, or none, and say whether there are none."""
    if means == "linear":
        return None, relax_program(_program(cover, None), clock.left) > p + 1e-6
    if means == "whole":
        limited = _program(cover, None).with_rows(make_row(np.ones(len(cover.site)), 0.0, float(p)))
        solved = solve_program(limited, clock.left)
        if solved.x is None:
            return None, solved.state == INFEASIBLE
        seats = solved.x > 0.5
    else:
        seats = choose_cover(cover, None) if means == "greedy" else _swap_until_covered(cover, p, clock)
    found = bool(seats.sum() <= p) and _serves(cover, seats, None)
    return np.flatnonzero(seats) if found else None, False


def _swap_until_covered(cover: Cover, p: int, clock: Clock) -> NDArray[np.bool_]:
    """Choose p sites that leave as few as possible without, by steps and swaps; often that is nobody."""
    limited = replace(cover, p=p)
    free = sparse.csr_array((np.zeros(cover.reach.nnz), cover.reach.indices, cover.reach.indptr), cover.reach.shape)
    field = Field(free, cover.weight, np.ones(len(cover.weight)))
    purse = Purse(np.zeros(len(cover.site)), np.inf, np.zeros(len(cover.site), dtype=bool))
    chosen = improve_by_swaps(field, np.flatnonzero(choose_greedily(limited)), purse)
    if field.total(chosen):
        promising = np.asarray(cover.reach.sum(axis=0))
        chosen = search_around(field, chosen, purse, promising, seed=0, over=lambda: clock.over)
    seats = np.zeros(len(cover.site), dtype=bool)
    seats[chosen] = True
    return seats


def _radius(cost: Any, chosen: NDArray[np.int64]) -> float:
    part = sparse.csr_array(cost[:, chosen])
    return float(np.minimum.reduceat(part.data, part.indptr[:-1]).max())


def _plain_cover(reach: Any, price: NDArray[np.float64]) -> Cover:
    groups, sites = reach.shape
    each, none = np.arange(sites), np.zeros(sites)
    return Cover(
        reach=reach, group=np.arange(groups), weight=np.ones(groups), people=np.ones(groups),
        zone=np.full(groups, -1), site=each, kind=np.zeros(sites, dtype=np.int64), cost=none, opening=price,
        counted=np.ones(sites, dtype=bool), name=each, base=0.0, base_zone=np.zeros(0), p=None, budget=None,
    )  # fmt: skip
