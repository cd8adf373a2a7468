"""Answers: which sites, how good, how much better any plan could be, who is served by what, and what ties."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.siting.matrices import Ground

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.terms import Promise

#: An answer is optimal when no more than this share lies between it and its bound.
PROVEN_SHARE = 1e-9


@dataclass(frozen=True)
class Site:
    """One open site.

    Attributes
    ----------
    site
        Label of the candidate.
    existing
        Whether it was there already.
    kinds
        Kinds that are added there; empty where only one kind is asked for.
    assigned
        People who go there.
    lost
        By how much the objective would worsen without it; missing where it cannot be told.
    price
        What it costs.
    """

    site: Hashable
    existing: bool
    kinds: tuple[str, ...]
    assigned: float
    lost: float
    price: float


@dataclass(frozen=True)
class ZoneServed:
    """How many of a zone's people are served, and what they were promised."""

    name: Hashable
    inhabitants: float
    served: float
    least: float

    @property
    def shortfall(self) -> float:
        """Return how many people are lacking to what was promised."""
        return max(self.least - self.served, 0.0)


@dataclass(frozen=True, repr=False)
class Siting:
    """The answer of :func:`~walkcircle.siting.solve_siting` and :func:`~walkcircle.siting.solve_bundle`.

    Attributes
    ----------
    model
        What was asked.
    sites
        Open sites in the order of the candidates, existing ones included.
    columns
        Their columns in the cost matrix.
    objective
        Weighted people covered or complete (mclp, budgeted-mclp, bundle), number or cost of new sites (lscp), people
        × cost (p-median), largest cost (p-center), or cost of sites and people × cost together (mu-cflp).
    bound
        Proven: no plan that keeps the terms is better.
    gap
        Distance of objective and bound as a share of the objective, at least 0; infinite when the objective is 0.
    status
        ``optimal``: the gap is proven to be 0; ``bounded``: the bound says how much better a plan could be.
    method
        ``exact``: HiGHS or an equivalent proof was asked for; ``greedy``: steps and swaps.
    seconds
        How long it took.
    demand
        People of all demand points together.
    flow
        CSR, demand point × candidate: how many people go where. A point is served by its nearest open site, earlier
        candidates first, unless capacities divide it. A bundle has none.
    served
        People served, by demand point.
    spent
        Cost of the new sites; 0 where sites have no cost.
    ties
        Pairs of an open site and one that could take its place with the objective unchanged.
    zones
        What each zone was promised and what it has.
    price_of_fairness
        By how much the objective is worse for what zones were promised, at least 0; None where nothing was promised.
    """

    model: str
    sites: tuple[Site, ...]
    columns: NDArray[np.int64]
    objective: float
    bound: float
    gap: float
    status: Literal["optimal", "bounded"]
    method: Literal["exact", "greedy"]
    seconds: float
    demand: float
    flow: Any
    served: pd.Series
    spent: float
    ties: tuple[tuple[Hashable, Hashable], ...]
    zones: tuple[ZoneServed, ...] = ()
    price_of_fairness: float | None = None

    @property
    def opened(self) -> tuple[Hashable, ...]:
        """Return the labels of the new sites."""
        return tuple(s.site for s in self.sites if not s.existing)

    @property
    def assignment(self) -> pd.Series:
        """Return the site to which most people of each demand point go; missing where nobody is served."""
        labels = self.served.index
        if self.flow is None:
            return pd.Series([None] * len(labels), index=labels, dtype=object)
        names = {int(number): s.site for number, s in zip(self.columns, self.sites, strict=True)}
        best = [_strongest(self.flow, i) for i in range(len(labels))]
        return pd.Series([names.get(j) for j in best], index=labels, dtype=object)

    def to_frame(self) -> pd.DataFrame:
        """Return the open sites as a table, one a row."""
        return pd.DataFrame([asdict(s) for s in self.sites], columns=list(Site.__annotations__))

    def __repr__(self) -> str:
        """Say in one line what was found and how sure it is."""
        new = len(self.opened)
        there = f" beside {len(self.sites) - new} existing" if len(self.sites) > new else ""
        proof = "optimal" if self.status == "optimal" else f"at most {self.gap:.2%} from the best"
        people = f"{self.served.sum():,.0f} of {self.demand:,.0f} people served"
        return f"Siting({self.model}: {new} new sites{there}, {people}, {proof}, {self.seconds:.1f} s)"


def _strongest(flow: Any, row: int) -> int:
    start, end = flow.indptr[row], flow.indptr[row + 1]
    return int(flow.indices[start + int(flow.data[start:end].argmax())]) if end > start else -1


def assign_nearest(ground: Ground, chosen: NDArray[np.int64]) -> Any:
    """Send each point's people to its nearest open site in reach, the earlier candidate where two are alike."""
    part = sparse.csr_array(ground.cost[:, chosen])
    row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    order = np.lexsort((part.indices, part.data, row))
    row, column = row[order], part.indices[order]
    first = np.r_[True, row[1:] != row[:-1]] if len(row) else np.zeros(0, dtype=bool)
    row, column = row[first], chosen[column[first]]
    there = ground.demand[row] > 0
    return sparse.csr_array((ground.demand[row[there]], (row[there], column[there])), shape=ground.cost.shape)


def measure_gap(objective: float, bound: float) -> float:
    """Return the distance of objective and bound as a share of the objective."""
    distance = abs(objective - bound)
    if distance <= PROVEN_SHARE * max(abs(objective), abs(bound)):
        return 0.0
    return distance / abs(objective) if objective else np.inf


def count_zones(promise: Promise | None, served: NDArray[np.float64]) -> tuple[ZoneServed, ...]:
    """Count each zone's people served."""
    if promise is None:
        return ()
    each = np.bincount(promise.zone, served, minlength=len(promise.names))
    rows = zip(promise.names, promise.people, each, promise.least, strict=True)
    return tuple(ZoneServed(name, float(people), float(got), float(least)) for name, people, got, least in rows)
