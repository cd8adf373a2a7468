"""Ties: sites that could give way to another with the objective unchanged; a planner may prefer the other."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from walkcircle.siting.medians import make_field
from walkcircle.siting.swaps import EQUAL_SHARE, Field, Purse, find_ties, resolve_ties

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.questions import Asked


def resolve_sites(
    asked: Asked, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[tuple[Hashable, Hashable], ...]]:
    """Take the earlier of candidates that tie, and list the ties that remain.

    Returns
    -------
    ndarray, tuple of pairs
        Candidates, ascending; site and alternative, both new, by label.
    """
    field, purse = make_swap_field(asked, chosen)
    if asked.promise is None and asked.share is None:
        chosen = np.sort(resolve_ties(field, chosen, purse))
    candidate, place = _equal_swaps(asked, field, purse, chosen)
    order = np.lexsort((candidate, place))
    labels = asked.ground.sites
    pairs = zip(chosen[place[order]].tolist(), candidate[order].tolist(), strict=True)
    return chosen, tuple((labels[site], labels[other]) for site, other in pairs)


def make_swap_field(asked: Asked, chosen: NDArray[np.int64]) -> tuple[Field, Purse]:
    """Make the question a field on which swaps are measured: people × cost, or who is in reach."""
    cost, weight = asked.ground.cost, asked.weight
    locked = np.zeros(cost.shape[1], dtype=bool)
    locked[asked.existing] = True
    budget = np.inf if asked.budget is None else asked.budget
    if asked.model == "lscp":
        # Another site may not cost more, or the answer would; where it costs less the answer was not the best.
        budget = float(asked.new_price[chosen].sum())
    purse = Purse(asked.new_price, budget, locked)
    if asked.model == "p-median":
        lived = np.flatnonzero(weight > 0)
        return make_field(sparse.csr_array(cost[lived]), weight[lived]), purse
    if asked.model in {"lscp", "p-center"}:
        weight = asked.ground.demand if asked.share is not None else (asked.ground.demand > 0).astype(np.float64)
    near = np.ones(cost.nnz, dtype=bool)
    if asked.model == "p-center" and len(chosen):
        near = cost.data <= _radius(asked, chosen)
    before = np.concatenate([[0], np.cumsum(near)])
    reach = sparse.csr_array((np.zeros(near.sum()), cost.indices[near], before[cost.indptr]), shape=cost.shape)
    return Field(reach, weight, np.ones(cost.shape[0])), purse


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _radius(asked: Asked, chosen: NDArray[np.int64]) -> float:
    lived = np.flatnonzero(asked.ground.demand > 0)
    part = sparse.csr_array(asked.ground.cost[lived][:, chosen])
    return float(np.minimum.reduceat(part.data, part.indptr[:-1]).max()) if part.nnz else 0.0


def _equal_swaps(
    asked: Asked, field: Field, purse: Purse, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find swaps that keep the objective, and the share or the zones where something is promised."""
    if asked.model == "lscp" and asked.share is not None and len(chosen):
        served = float(field.weight.sum()) - field.total(chosen)
        enough = served + field.profits(chosen) >= asked.needed * (1 - EQUAL_SHARE)
        alike = purse.price[:, np.newaxis] == purse.price[chosen][np.newaxis, :]
        candidate, place = np.nonzero(purse.allows(chosen) & enough & alike)
        return candidate, place
    candidate, place = find_ties(field, chosen, purse)
    if asked.model == "lscp":
        alike = purse.price[candidate] == purse.price[chosen[place]]
        candidate, place = candidate[alike], place[alike]
    if asked.promise is None:
        return candidate, place
    before = _shortfall(asked, chosen)
    kept = []
    for other, at in zip(candidate.tolist(), place.tolist(), strict=True):
        swapped = chosen.copy()
        swapped[at] = other
        kept.append(_shortfall(asked, swapped) <= before + 1e-9 * float(asked.promise.people.sum()))
    keep = np.array(kept, dtype=bool)
    return candidate[keep], place[keep]


def _shortfall(asked: Asked, chosen: NDArray[np.int64]) -> float:
    """Return how many people all zones together lack of what they were promised."""
    if asked.promise is None:
        return 0.0
    served = np.where(asked.reached(chosen), asked.ground.demand, 0.0)
    each = np.bincount(asked.promise.zone, served, minlength=len(asked.promise.names))
    return float(np.maximum(asked.promise.least - each, 0.0).sum())
