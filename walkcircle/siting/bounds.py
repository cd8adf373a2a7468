"""Bounds: how much better any plan could be, without finding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.siting.covers import Cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Steps of the ascent; more seldom lower the bound by a thousandth.
STEPS = 600
#: Steps without progress after which the stride is shortened, and by how much (Held, Wolfe & Crowder 1974).
PATIENCE, SHORTEN = 15, 0.6


@dataclass(frozen=True)
class Multipliers:
    """Prices of the tasks at which the bound is lowest, with what they say of each seat.

    Attributes
    ----------
    bound
        No plan has more weighted people complete.
    forced
        Bound of a plan that is made to have the seat, (s,).
    value
        What each site is worth at these prices, (j,).
    """

    bound: float
    forced: NDArray[np.float64]
    value: NDArray[np.float64]


def measure_bound(cover: Cover, reached: float, over: Any) -> Multipliers:
    """Bound a covering problem by Lagrangian relaxation of its tasks; the limit is the bound of linear programming.

    With λ ≥ 0 on the tasks, μ ≥ 0 on the budget and θ ≥ 0 on the number of sites p::

        L = base + Σ max(0, wᵍ - Σ λᵗ) + μB + θp + Σⱼ max(0, Σₛ max(0, vₛ - μcₛ) - μFⱼ - θ),   vₛ = Σ λᵗ over its tasks

    is at least the worth of any plan. λ follows subgradients (Galvão & ReVelle 1996 for one kind), θ is the p-th
    largest value, and μ is searched; any of them are valid.

    Parameters
    ----------
    cover
        The problem.
    reached
        Worth of a known plan; the ascent aims at it and ends when it is met.
    over
        Tells that time is over.
    """
    tasks_of = np.bincount(cover.group, minlength=len(cover.weight))
    turned = sparse.csr_array(cover.reach.T)
    prices = 0.5 * (cover.weight / np.maximum(tasks_of, 1))[cover.group]
    best, best_prices, stride, idle, mu = np.inf, prices, 1.0, 0, 0.0
    for _ in range(STEPS):
        seat = turned @ prices
        mu = _budget_price(cover, seat, mu)
        value, theta, taken = _choose_sites(cover, seat, mu)
        rest = cover.weight - np.bincount(cover.group, prices, minlength=len(cover.weight))
        bound = cover.base + np.maximum(rest, 0.0).sum() + _outer(cover, value, theta, mu)
        if bound < best - 1e-9 * abs(best if np.isfinite(best) else 1.0):
            best, best_prices, idle = bound, prices, 0
        else:
            idle += 1
        if idle >= PATIENCE:
            stride, idle, prices = stride * SHORTEN, 0, best_prices
            continue
        if stride < 1e-4 or best < reached + max(cover.steps, 1e-9 * abs(reached)) - 1e-9 or over():
            break
        slope = cover.reach @ taken - (rest > 0)[cover.group]
        length = float(slope @ slope)
        if not length:
            break
        prices = np.maximum(prices - stride * max(bound - reached, 1e-9) / length * slope, 0.0)
        if cover.single:
            prices = np.minimum(prices, cover.weight)
    return _conclude(cover, turned, best_prices, best, mu)


def measure_greedy_bound(cover: Cover, chosen: NDArray[np.bool_]) -> float:
    """Bound a problem with one kind by what every candidate would still add: coverage is submodular.

    The best p gains, or with a budget the best gains for the money with a part of the last, added to what is reached;
    Nemhauser, Wolsey & Fisher 1978, Leskovec and others 2007 (CELF).
    """
    open_weight = np.where(cover.complete(chosen), 0.0, cover.weight)
    gains = sparse.csr_array(cover.reach.T) @ open_weight
    bound = np.inf
    if cover.p is not None:
        bound = np.sort(gains)[::-1][: cover.p].sum()
    if cover.budget is not None:
        price = cover.seat_price
        free = price <= 0
        order = np.flatnonzero(~free)
        order = order[np.argsort(-gains[order] / price[order], kind="stable")]
        before = np.concatenate([[0.0], np.cumsum(price[order])[:-1]]) if len(order) else np.zeros(0)
        part = np.clip((cover.budget - before) / price[order], 0.0, 1.0)
        bound = min(bound, float((gains[order] * part).sum() + gains[free].sum()))
    return float(min(cover.worth(chosen) + bound, cover.base + cover.weight.sum()))


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _site_values(cover: Cover, seat: NDArray[np.float64], mu: float) -> NDArray[np.float64]:
    """Return what each site is worth when budget costs μ."""
    if cover.single:
        return np.asarray(seat - mu * cover.seat_price)
    worth = np.bincount(cover.site, np.maximum(seat - mu * cover.cost, 0.0), minlength=len(cover.opening))
    return np.asarray(worth - mu * cover.opening)


def _threshold(cover: Cover, value: NDArray[np.float64]) -> float:
    """Return θ, the p-th largest value of a site that counts, at least 0."""
    counted = value[cover.counted]
    if cover.p is None or cover.p >= len(counted):
        return 0.0
    if cover.p == 0:
        return float(max(counted.max(initial=0.0), 0.0))
    return float(max(np.partition(counted, len(counted) - cover.p)[len(counted) - cover.p], 0.0))


def _outer(cover: Cover, value: NDArray[np.float64], theta: float, mu: float) -> float:
    """Return the part of the bound that sites, their number and the budget make."""
    surplus = np.maximum(value - np.where(cover.counted, theta, 0.0), 0.0).sum()
    return float(surplus + theta * (cover.p or 0) + mu * (cover.budget or 0.0))


def _budget_price(cover: Cover, seat: NDArray[np.float64], mu: float) -> float:
    """Search the μ at which the bound is lowest: it is convex in μ."""
    if cover.budget is None:
        return 0.0
    price = cover.seat_price if cover.single else cover.cost + cover.opening[cover.site]
    dear = price > 0
    if not dear.any():
        return 0.0
    ceiling = float((seat[dear] / price[dear]).max(initial=0.0)) * (1.0 if cover.single else len(np.unique(cover.kind)))
    low, high = (0.5 * mu, min(2.0 * mu, ceiling)) if mu > 0 else (0.0, ceiling)
    ratio = (5**0.5 - 1) / 2

    def level(at: float) -> float:
        value = _site_values(cover, seat, at)
        return _outer(cover, value, _threshold(cover, value), at)

    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = level(left), level(right)
    for _ in range(8 if mu > 0 else 30):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = level(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = level(right)
    return left if at_left <= at_right else right


def _choose_sites(
    cover: Cover, seat: NDArray[np.float64], mu: float
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Choose the seats of the relaxed problem: those of worthwhile sites, at most p of which count."""
    value = _site_values(cover, seat, mu)
    theta = _threshold(cover, value)
    level = np.where(cover.counted, theta, 0.0)
    open_sites = value > level
    if cover.p is not None and theta > 0:
        lacking = cover.p - int((open_sites & cover.counted).sum())
        open_sites[np.flatnonzero(cover.counted & (value == theta))[: max(lacking, 0)]] = True
    taken = open_sites[cover.site]
    if not cover.single:
        taken &= seat > mu * cover.cost
    return value, theta, taken.astype(np.float64)


def _conclude(cover: Cover, turned: Any, prices: NDArray[np.float64], best: float, mu: float) -> Multipliers:
    """Say what the best prices mean for each seat: the bound at these prices, had the plan to have it."""
    seat = turned @ prices
    mu = _budget_price(cover, seat, mu)
    value = _site_values(cover, seat, mu)
    theta = _threshold(cover, value)
    rest = cover.weight - np.bincount(cover.group, prices, minlength=len(cover.weight))
    here = cover.base + np.maximum(rest, 0.0).sum() + _outer(cover, value, theta, mu)
    level = np.where(cover.counted, theta, 0.0)
    forced = here - np.maximum(value - level, 0.0)[cover.site] + (value - level)[cover.site]
    if not cover.single:
        gain = seat - mu * cover.cost
        forced += np.minimum(gain, 0.0)
    return Multipliers(float(min(best, here)), np.asarray(np.minimum(forced, here)), value)
