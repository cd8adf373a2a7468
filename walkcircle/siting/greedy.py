"""Greedy choices: the seat that adds most, again and again; quick at any size, and a start for the exact search."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from walkcircle.siting.covers import Cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.terms import Promise

#: How steeply a group counts the nearer it is to complete: share of its tasks to this power. 1 counts every task alike.
STEEPNESS = (1.0, 2.0, 4.0)
#: Rounds in which a bundle is partly undone and filled again, and rounds without progress after which that ends.
REFILLS, PATIENCE = 1000, 200
#: How far the gains are blurred when a bundle is filled again, as a share: it should not come out as it was.
BLUR = 0.5


def choose_greedily(cover: Cover, promise: Promise | None = None) -> NDArray[np.bool_]:
    """Choose seats of one kind, each time the one that adds most, or most for its cost where there is a budget.

    With a number of sites only, the answer reaches at least 1 - 1/e of the optimum (Nemhauser, Wolsey & Fisher 1978).
    With a budget the better of gain, gain for the money and the best single site is taken (Khuller, Moss & Naor 1999).
    What zones are promised is filled first.
    """
    answers = [_choose_lazily(cover, promise, per_cost=False)]
    if cover.budget is not None:
        answers += [_choose_lazily(cover, promise, per_cost=True)]
    return _best(cover, answers, promise)


def choose_bundles(cover: Cover, *, seed: int, over: Callable[[], bool]) -> NDArray[np.bool_]:
    """Choose seats of several kinds by steps, with steps towards completion counted in part, then undo and refill.

    Completing a bundle has no guarantee for greedy choices: the last kind is worth all, the first nothing. So nearness
    counts, `STEEPNESS` says how; the bound tells how good the answer is.
    """
    best = np.zeros(len(cover.site), dtype=bool)
    nothing = np.zeros(len(cover.site), dtype=bool)
    for steepness in STEEPNESS:
        trial = drop_idle(cover, _fill(cover, nothing, steepness))
        trial = drop_idle(cover, _fill(cover, trial, steepness))
        if cover.worth(trial) > cover.worth(best):
            best = trial
        trial = drop_idle(cover, _place_centres(cover, nothing))
        trial = drop_idle(cover, _fill(cover, trial, steepness))
        if cover.worth(trial) > cover.worth(best):
            best = trial
    draws = np.random.default_rng(seed)
    idle = 0
    for turn in range(REFILLS):
        sites = np.unique(cover.site[best])
        if over() or idle >= PATIENCE or not len(sites):
            break
        closed = draws.choice(sites, draws.integers(1, max(2, len(sites) // 3) + 1), replace=True)
        blur = 1 + BLUR * draws.random(len(cover.site))
        trial = best & ~np.isin(cover.site, closed)
        if turn % 2:
            trial = drop_idle(cover, _place_centres(cover, trial, blur))
        trial = drop_idle(cover, _fill(cover, trial, STEEPNESS[turn % len(STEEPNESS)], blur))
        idle += 1
        if cover.worth(trial) > cover.worth(best):
            best, idle = trial, 0
    return best


def drop_idle(cover: Cover, seats: NDArray[np.bool_], promise: Promise | None = None) -> NDArray[np.bool_]:
    """Close seats, the last first, without which nobody has less."""
    seats = seats.copy()
    worth = cover.worth(seats)
    lacking = cover.shortfall(seats, promise).sum() if promise is not None else 0.0
    fulfilled = cover.reach @ seats.astype(np.float64)
    turned = sparse.csr_array(cover.reach.T)
    for seat in np.flatnonzero(seats)[::-1].tolist():
        tasks = turned.indices[turned.indptr[seat] : turned.indptr[seat + 1]]
        if (fulfilled[tasks] >= 2).all():
            seats[seat] = False
            fulfilled[tasks] -= 1
            continue
        seats[seat] = False
        still = promise is None or cover.shortfall(seats, promise).sum() <= lacking
        if cover.worth(seats) >= worth and still:
            fulfilled[tasks] -= 1
        else:
            seats[seat] = True
    return seats


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _choose_lazily(cover: Cover, promise: Promise | None, *, per_cost: bool) -> NDArray[np.bool_]:
    """Choose seats by gain, or gain for the cost; what zones are promised first."""
    turned = sparse.csr_array(cover.reach.T)
    groups_of = [turned.indices[turned.indptr[s] : turned.indptr[s + 1]] for s in range(len(cover.site))]
    price = np.maximum(cover.seat_price, 1e-12) if per_cost else np.ones(len(cover.site))

    def fill_zones(groups: NDArray[np.int64], served: NDArray[np.bool_], seat: int) -> float:
        least = promise.least if promise is not None else np.zeros(0)
        have = cover.base_zone + np.bincount(cover.zone[served], cover.people[served], minlength=len(least))
        more = np.bincount(cover.zone[groups], cover.people[groups], minlength=len(least))
        return float(np.minimum(more, np.maximum(least - have, 0.0)).sum() / price[seat])

    def serve_people(groups: NDArray[np.int64], served: NDArray[np.bool_], seat: int) -> float:
        del served
        return float(cover.weight[groups].sum() / price[seat])

    chosen = np.zeros(len(cover.site), dtype=bool)
    if promise is not None:
        chosen = _spend(cover, groups_of, chosen, fill_zones)
    return _spend(cover, groups_of, chosen, serve_people)


def _spend(
    cover: Cover,
    groups_of: list[NDArray[np.int64]],
    chosen: NDArray[np.bool_],
    gain_of: Callable[[NDArray[np.int64], NDArray[np.bool_], int], float],
) -> NDArray[np.bool_]:
    """Choose with gains kept in a heap and renewed only when they come to the top (Minoux 1978; CELF)."""
    chosen, served = chosen.copy(), np.zeros(len(cover.weight), dtype=bool)
    for seat in np.flatnonzero(chosen).tolist():
        served[groups_of[seat]] = True
    places = len(cover.site) if cover.p is None else cover.p - int(chosen.sum())
    money = np.inf if cover.budget is None else cover.budget * (1 + 1e-12) - cover.price(chosen)

    def renew(seat: int) -> tuple[float, int]:
        groups = groups_of[seat]
        return -gain_of(groups[~served[groups]], served, seat), seat

    heap = [renew(seat) for seat in np.flatnonzero(~chosen).tolist()]
    heapq.heapify(heap)
    renewed = np.zeros(len(cover.site), dtype=np.int64)
    turn = 0
    while heap and places > 0:
        loss, seat = heapq.heappop(heap)
        if loss >= 0:
            break
        if cover.seat_price[seat] > money:
            continue
        if renewed[seat] < turn:
            renewed[seat] = turn
            heapq.heappush(heap, renew(seat))
            continue
        chosen[seat], served[groups_of[seat]] = True, True
        turn, places, money = turn + 1, places - 1, money - float(cover.seat_price[seat])
    return chosen


def _best(cover: Cover, answers: list[NDArray[np.bool_]], promise: Promise | None) -> NDArray[np.bool_]:
    """Return the answer with the least shortfall of zones, then the most people; a single site too."""
    if cover.budget is not None and cover.p != 0 and len(cover.site):
        gains = sparse.csr_array(cover.reach.T) @ cover.weight
        gains[cover.seat_price > cover.budget * (1 + 1e-12)] = -1.0
        single = np.zeros(len(cover.site), dtype=bool)
        single[int(gains.argmax())] = bool(gains.max() > 0)
        answers = [*answers, single]

    def rank(seats: NDArray[np.bool_]) -> tuple[float, float]:
        short = 0.0 if promise is None else float(cover.shortfall(seats, promise).sum())
        return -short, cover.worth(seats)

    return max(answers, key=rank)


def _fill(
    cover: Cover, seats: NDArray[np.bool_], steepness: float, blur: NDArray[np.float64] | float = 1.0
) -> NDArray[np.bool_]:
    """Add seats while they can be paid, each time the one that brings groups nearest to complete for its cost."""
    seats = seats.copy()
    turned = sparse.csr_array(cover.reach.T)
    tasks_of = np.maximum(np.bincount(cover.group, minlength=len(cover.weight)), 1)
    worth_of = np.r_[cover.weight, 0.0]
    missing = (cover.reach @ seats.astype(np.float64)) == 0
    is_open = np.zeros(len(cover.opening), dtype=bool)
    is_open[cover.site[seats]] = True
    spent, new = cover.price(seats), int(cover.counted[np.flatnonzero(is_open)].sum())
    while True:
        done = tasks_of - np.bincount(cover.group[missing], minlength=len(cover.weight))
        step = ((done + 1) / tasks_of) ** steepness - (done / tasks_of) ** steepness
        gain = turned @ np.where(missing, (worth_of[:-1] * step)[cover.group], 0.0)
        price = cover.cost + np.where(is_open[cover.site], 0.0, cover.opening[cover.site])
        allowed = ~seats & (gain > 0)
        if cover.budget is not None:
            allowed &= spent + price <= cover.budget * (1 + 1e-12)
        if cover.p is not None and new >= cover.p:
            allowed &= is_open[cover.site] | ~cover.counted[cover.site]
        if not allowed.any():
            return seats
        value = gain if cover.budget is None else _share_opening(cover, gain, price, is_open)
        seat = int(np.where(allowed, value * blur, -np.inf).argmax())
        seats[seat], spent = True, spent + float(price[seat])
        site = cover.site[seat]
        new += int(cover.counted[site] and not is_open[site])
        is_open[site] = True
        missing[turned.indices[turned.indptr[seat] : turned.indptr[seat + 1]]] = False


def _place_centres(
    cover: Cover, seats: NDArray[np.bool_], blur: NDArray[np.float64] | float = 1.0
) -> NDArray[np.bool_]:
    """Add whole centres, with all kinds that are of use there, each time the one that completes most for its cost."""
    seats = seats.copy()
    rows = np.repeat(np.arange(len(cover.group)), np.diff(cover.reach.indptr))
    seat = cover.reach.indices
    sites, groups = len(cover.opening), len(cover.weight)
    key, pair = np.unique(cover.group[rows] * sites + cover.site[seat], return_inverse=True)
    group, site = key // sites, key % sites
    missing = (cover.reach @ seats.astype(np.float64)) == 0
    is_open = np.zeros(sites, dtype=bool)
    is_open[cover.site[seats]] = True
    while True:
        lacking = np.bincount(cover.group[missing], minlength=groups)
        hit = np.bincount(pair, missing[rows], minlength=len(key))
        full = (hit == lacking[group]) & (hit > 0)
        gain = np.bincount(site[full], cover.weight[group[full]], minlength=sites)
        useful = np.zeros(len(cover.site), dtype=bool)
        useful[seat[missing[rows] & full[pair]]] = True
        price = np.bincount(cover.site[useful], cover.cost[useful], minlength=sites)
        price = price + np.where(is_open, 0.0, cover.opening)
        allowed = gain > 0
        if cover.budget is not None:
            allowed &= cover.price(seats) + price <= cover.budget * (1 + 1e-12)
        if cover.p is not None and cover.counted[is_open].sum() >= cover.p:
            allowed &= is_open | ~cover.counted
        if not allowed.any():
            return seats
        value = gain if cover.budget is None else gain / np.maximum(price, 1e-12)
        blurred = value if isinstance(blur, float) else value * blur[:sites]
        best = int(np.where(allowed, blurred, -np.inf).argmax())
        seats |= useful & (cover.site == best)
        is_open[best] = True
        missing = (cover.reach @ seats.astype(np.float64)) == 0


def _share_opening(
    cover: Cover, gain: NDArray[np.float64], price: NDArray[np.float64], is_open: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return gain for the money, where opening a site is shared by all that it could usefully host."""
    useful = gain > 0
    hosted = np.maximum(np.bincount(cover.site[useful], minlength=len(cover.opening)), 1)[cover.site]
    shared = np.where(is_open[cover.site], price, cover.cost + cover.opening[cover.site] / hosted)
    return np.asarray(gain / np.maximum(shared, 1e-12))
