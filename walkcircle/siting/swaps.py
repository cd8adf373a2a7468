"""Swaps: what is won or lost when one site takes the place of another, for all pairs at once.

Fast interchange (Teitz & Bart 1968; Whitaker 1983; Resende & Werneck 2007, "A fast swap-based local search procedure
for location problems", Annals of Operations Research 150): the profit of a swap is the gain of what opens less the loss
of what closes, and a correction for points that both concern. One pass over the pairs that can be reached gives all.
A covering problem is one in which every pair costs 0 and being without costs 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Two totals are equal when they differ by no more than this share.
EQUAL_SHARE = 1e-9
#: Rounds in which a good answer is disturbed and mended, and rounds without progress after which that ends.
ROUNDS, PATIENCE = 60, 20


@dataclass(frozen=True)
class Field:
    """What swaps are measured on: cost of each pair, weight of each point, and its cost when it has no site."""

    cost: Any
    weight: NDArray[np.float64]
    penalty: NDArray[np.float64]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Return the point of each stored pair."""
        return np.repeat(np.arange(self.cost.shape[0]), np.diff(self.cost.indptr))

    def nearest_two(self, chosen: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        """Return the lowest and second lowest cost of each point, and which of the chosen is the first (-1: none)."""
        count = self.cost.shape[0]
        part = sparse.csr_array(self.cost[:, chosen])
        row = np.repeat(np.arange(count), np.diff(part.indptr))
        order = np.lexsort((part.indices, part.data, row))
        row, value, rank = row[order], part.data[order], part.indices[order]
        first, second, near = self.penalty.copy(), self.penalty.copy(), np.full(count, -1, dtype=np.int64)
        start = np.r_[True, row[1:] != row[:-1]] if len(row) else np.zeros(0, dtype=bool)
        first[row[start]], near[row[start]] = value[start], rank[start]
        after = np.r_[False, start[:-1]] & ~start if len(row) else start
        second[row[after]] = value[after]
        return first, second, near

    def total(self, chosen: NDArray[np.int64]) -> float:
        """Return the weighted cost of everybody."""
        return float(self.weight @ self.nearest_two(chosen)[0])

    def profits(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return candidate × chosen: by how much the total falls when the candidate takes the chosen one's place."""
        first, second, near = self.nearest_two(chosen)
        width, candidates = len(chosen), self.cost.shape[1]
        rows, data, column = self.rows, self.cost.data, self.cost.indices
        gain = np.bincount(column, self.weight[rows] * np.maximum(first[rows] - data, 0.0), minlength=candidates)
        held = near >= 0
        loss = np.bincount(near[held], (self.weight * (second - first))[held], minlength=width)
        both = held[rows] & (data < second[rows])
        rows, data, column = rows[both], data[both], column[both]
        mend = self.weight[rows] * (second[rows] - np.maximum(data, first[rows]))
        key = column.astype(np.int64) * width + near[rows]
        mended = np.bincount(key, mend, minlength=candidates * width).reshape(candidates, width)
        return np.asarray(gain[:, np.newaxis] - loss[np.newaxis, :] + mended)


@dataclass(frozen=True)
class Purse:
    """What swaps may spend: the price of each candidate, the budget, and which candidates may never close."""

    price: NDArray[np.float64]
    budget: float
    locked: NDArray[np.bool_]

    def allows(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell, candidate × chosen, which swaps stay within the budget, open what is closed and close what may be."""
        spent = float(self.price[chosen].sum())
        after = spent + self.price[:, np.newaxis] - self.price[chosen][np.newaxis, :]
        allowed = (after <= self.budget * (1 + 1e-12)) & ~self.locked[chosen][np.newaxis, :]
        allowed[chosen] = False
        return np.asarray(allowed)


def improve_by_swaps(field: Field, chosen: NDArray[np.int64], purse: Purse) -> NDArray[np.int64]:
    """Make the best swap until none is worth anything."""
    chosen = chosen.copy()
    if not len(chosen):
        return chosen
    total = field.total(chosen)
    while True:
        profits = np.where(purse.allows(chosen), field.profits(chosen), -np.inf)
        candidate, place = divmod(int(profits.argmax()), len(chosen))
        if profits[candidate, place] <= EQUAL_SHARE * max(total, 1e-300):
            return chosen
        chosen[place] = candidate
        total -= float(profits[candidate, place])


def search_around(
    field: Field, chosen: NDArray[np.int64], purse: Purse, promising: NDArray[np.float64], *, seed: int, over: Any
) -> NDArray[np.int64]:
    """Disturb the best answer, mend it by swaps, keep what is better (iterated local search); `over` ends it early.

    A fifth of the sites, at least two, give way to candidates drawn from the most promising ones.
    """
    draws = np.random.default_rng(seed)
    best, least = chosen, field.total(chosen) if len(chosen) else np.inf
    movable = np.flatnonzero(~purse.locked[chosen])
    if len(movable) < 2:
        return best
    pool = np.argsort(-promising, kind="stable")[: 3 * len(chosen)]
    idle = 0
    for _ in range(ROUNDS):
        if over() or idle >= PATIENCE:
            break
        idle += 1
        trial, count = best.copy(), max(2, len(movable) // 5)
        places = draws.choice(movable, min(count, len(movable)), replace=False)
        fresh = draws.permutation(pool[~np.isin(pool, best)])[: len(places)]
        trial[places[: len(fresh)]] = fresh
        if purse.price[trial].sum() > purse.budget * (1 + 1e-12):
            continue
        trial = improve_by_swaps(field, trial, purse)
        total = field.total(trial)
        if total < least:
            best, least, idle = trial, total, 0
    return best


def resolve_ties(field: Field, chosen: NDArray[np.int64], purse: Purse) -> NDArray[np.int64]:
    """Take, of swaps that change nothing, those that cost less, then those that come earlier among the candidates."""
    chosen = chosen.copy()
    while len(chosen):
        candidate, place = find_ties(field, chosen, purse)
        price, old = purse.price[candidate], purse.price[chosen[place]]
        better = (price < old) | ((price == old) & (candidate < chosen[place]))
        if not better.any():
            break
        first = np.flatnonzero(better)[np.lexsort((candidate[better], price[better] - old[better]))[0]]
        chosen[place[first]] = candidate[first]
    return chosen


def find_ties(field: Field, chosen: NDArray[np.int64], purse: Purse) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the swaps that leave the total as it is: candidates and places among the chosen."""
    if not len(chosen):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    scale = max(abs(field.total(chosen)), float(field.weight.max(initial=0.0)), 1e-300)
    equal = purse.allows(chosen) & (np.abs(field.profits(chosen)) <= EQUAL_SHARE * scale)
    candidate, place = np.nonzero(equal)
    return candidate, place
