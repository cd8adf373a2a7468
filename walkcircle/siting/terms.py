"""Terms: what sites cost and hold, what each zone is promised, and how long may be searched."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkcircle.errors import SitingError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkcircle.siting.matrices import Ground

#: The questions that can be asked, see :func:`~walkcircle.siting.solve_siting`.
Model = Literal["lscp", "mclp", "p-median", "p-center", "budgeted-mclp", "mu-cflp"]


@dataclass(frozen=True)
class SitingTerms:
    """What sites cost and hold, and what is promised. Each may be None, which asks for nothing.

    Attributes
    ----------
    site_cost
        Cost of opening each candidate: one number, an array or a Series by candidate, in the unit of the budget.
    capacity
        People that each candidate can serve; infinite is no bound.
    share
        Smallest share of all people to be served, from 0 to 1.
    zones
        Zone of each demand point.
    zone_minimum
        Smallest share of each zone's people to be served: one for all, or a mapping by zone.
    weights
        Importance of one person at each demand point; 1 when None. The objective counts weighted people; shares,
        zones and capacities count people.
    """

    site_cost: ArrayLike | pd.Series | None = None
    capacity: ArrayLike | pd.Series | None = None
    share: float | None = None
    zones: ArrayLike | pd.Series | None = None
    zone_minimum: float | Mapping[Hashable, float] | None = None
    weights: ArrayLike | pd.Series | None = None


@dataclass(frozen=True)
class BundleTerms:
    """What a bundle's sites cost and may host. Each may be None, which asks for nothing.

    Attributes
    ----------
    hosts
        Which candidates may host a kind: a mapping from kind to candidates. A kind that is not named, and any kind
        when None, may be hosted everywhere it has a column with somebody in reach.
    kind_cost
        Cost of a kind at a site: one number, a mapping by kind of numbers, arrays or Series by candidate.
    site_cost
        Cost of opening a site, paid once however many kinds it hosts: a number, an array or a Series by candidate.
    zones, zone_minimum, weights
        As in :class:`SitingTerms`; the share of a zone is of its people who have all kinds.
    """

    hosts: Mapping[str, object] | None = None
    kind_cost: object = None
    site_cost: ArrayLike | pd.Series | None = None
    zones: ArrayLike | pd.Series | None = None
    zone_minimum: float | Mapping[Hashable, float] | None = None
    weights: ArrayLike | pd.Series | None = None


@dataclass(frozen=True)
class SitingEffort:
    """How an answer is searched.

    Attributes
    ----------
    method
        ``exact`` asks HiGHS for a proof; ``greedy`` chooses step by step and swaps, with a proven bound; ``auto`` is
        exact up to a size at which a proof is a matter of seconds.
    seconds
        Longest search; then the best answer so far is returned with its proven bound.
    seed
        Seed of the draws by which a good start is disturbed; the same seed gives the same answer.
    """

    method: Literal["auto", "exact", "greedy"] = "auto"
    seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a method that is not known, and no time at all."""
        if self.method not in {"auto", "exact", "greedy"}:
            msg = f"method is '{self.method}'; say auto, exact or greedy"
            raise SitingError(msg)
        if not self.seconds > 0:
            msg = f"seconds is {self.seconds:g}; give the longest search, above 0"
            raise SitingError(msg)


@dataclass(frozen=True)
class Promise:
    """What each zone is promised, in arrays.

    Attributes
    ----------
    names
        Zones in the order of their first demand point.
    zone
        Number of the zone of each demand point, (n,).
    people, least
        People of each zone, and how many of them are to be served.
    """

    names: tuple[Hashable, ...]
    zone: NDArray[np.int64]
    people: NDArray[np.float64]
    least: NDArray[np.float64]


def read_promise(terms: SitingTerms | BundleTerms, ground: Ground) -> Promise | None:
    """Check what zones are promised, or return None when nothing is.

    Raises
    ------
    SitingError
        There are zones without a minimum or the reverse, a minimum of a zone that is not there, or one outside 0 to 1.
    """
    if terms.zones is None and terms.zone_minimum is None:
        return None
    if terms.zones is None or terms.zone_minimum is None:
        msg = "zones and zone_minimum belong together; give both or none"
        raise SitingError(msg)
    labels = ground.labels_of_points(terms.zones, "zones")
    names = tuple(labels.unique())
    zone = labels.map({name: number for number, name in enumerate(names)}).to_numpy(dtype=np.int64)
    if isinstance(terms.zone_minimum, Mapping):
        strange = [name for name in terms.zone_minimum if name not in names]
        if strange:
            msg = f"zone_minimum names '{strange[0]}', where no demand point is; name zones of zones"
            raise SitingError(msg)
        minimum = np.array([float(terms.zone_minimum.get(name, 0.0)) for name in names])
    else:
        minimum = np.full(len(names), float(terms.zone_minimum))
    for name, least in zip(names, minimum, strict=True):
        check_share(float(least), f"zone_minimum of '{name}'")
    people = np.asarray(np.bincount(zone, ground.demand, minlength=len(names)), dtype=np.float64)
    return Promise(names, zone, people, minimum * people)


def read_weights(weights: object, ground: Ground) -> NDArray[np.float64]:
    """Return the weighted people of each demand point."""
    if weights is None:
        return ground.demand
    return ground.demand * ground.values_of_points(weights, "weights")


def check_share(share: float, what: str) -> float:
    """Refuse a share outside 0 to 1."""
    if not 0 <= share <= 1:
        msg = f"{what} is {share:g}; give a share from 0 to 1"
        raise SitingError(msg)
    return share


def check_count(p: int | None, what: str) -> int | None:
    """Refuse a number of sites that is none."""
    if p is not None and (p != int(p) or p < 0):
        msg = f"p is {p}; give the number of new sites of {what}, a whole number, 0 or more"
        raise SitingError(msg)
    return None if p is None else int(p)


def check_budget(budget: float | None) -> float | None:
    """Refuse a budget that is none."""
    if budget is not None and not 0 <= budget < np.inf:
        msg = f"budget is {budget:g}; give a finite number, 0 or more, in the unit of the costs"
        raise SitingError(msg)
    return budget
