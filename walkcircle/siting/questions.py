"""Questions: what was asked, checked at the door, in arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from walkcircle.errors import SitingError
from walkcircle.siting.matrices import Ground, read_ground
from walkcircle.siting.programs import Clock
from walkcircle.siting.terms import (
    Model,
    Promise,
    SitingEffort,
    SitingTerms,
    check_budget,
    check_count,
    check_share,
    read_promise,
    read_weights,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What each model needs, and what else it takes. All take existing sites, weights and limit.
NEEDS: Mapping[Model, tuple[str, ...]] = {
    "lscp": ("limit",),
    "mclp": ("p", "limit"),
    "budgeted-mclp": ("budget", "site_cost", "limit"),
    "p-median": ("p",),
    "p-center": ("p",),
    "mu-cflp": ("capacity", "limit", "share"),
}
TAKES: Mapping[Model, tuple[str, ...]] = {
    "lscp": ("site_cost", "share", "capacity"),
    "mclp": ("capacity", "zones", "site_cost"),
    "budgeted-mclp": ("p", "capacity", "zones"),
    "p-median": ("limit", "capacity", "site_cost"),
    "p-center": ("limit", "site_cost"),
    "mu-cflp": ("p", "budget", "site_cost", "zones"),
}
#: Models whose objective is to be as large as can be.
LARGEST = frozenset({"mclp", "budgeted-mclp"})


@dataclass(frozen=True)
class Asked:
    """A question, checked and in arrays."""

    model: Model
    ground: Ground
    weight: NDArray[np.float64]
    existing: NDArray[np.int64]
    price: NDArray[np.float64]
    priced: bool  # whether sites were given a cost; else lscp counts them
    capacity: NDArray[np.float64] | None
    share: float | None
    promise: Promise | None
    p: int | None
    budget: float | None
    effort: SitingEffort
    clock: Clock

    @property
    def everybody(self) -> bool:
        """Tell whether all people must be served."""
        return self.model in {"p-median", "p-center"} or (self.model == "lscp" and self.share is None)

    @property
    def importance(self) -> NDArray[np.float64]:
        """Return what one person of each demand point weighs; 0 where nobody lives."""
        people = self.ground.demand
        return np.divide(self.weight, people, out=np.zeros_like(people), where=people > 0)

    @property
    def new_price(self) -> NDArray[np.float64]:
        """Return the cost of each candidate; what exists costs nothing."""
        price = self.price.copy()
        price[self.existing] = 0.0
        return price

    @property
    def needed(self) -> float:
        """Return how many people must be served."""
        return float(self.ground.demand.sum()) * (0.0 if self.share is None else self.share)

    def reached(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which demand points have one of the chosen within reach."""
        inside = np.isin(self.ground.cost.indices, chosen)
        return np.bincount(self.ground.rows[inside], minlength=len(self.ground.points)) > 0


def read_question(
    cost: Any, demand: Any, *, model: Model, p: Any, limit: Any, existing: Any, budget: Any,
    terms: SitingTerms, effort: SitingEffort,
) -> Asked:  # fmt: skip
    """Check a question at the door and put it into arrays; errors as :func:`~walkcircle.siting.solve_siting` says."""
    clock = Clock(effort.seconds)
    given = {
        "p": p, "limit": limit, "budget": budget, "site_cost": terms.site_cost, "capacity": terms.capacity,
        "share": terms.share, "zones": terms.zones if terms.zones is not None else terms.zone_minimum,
    }  # fmt: skip
    _check_options(model, {name for name, value in given.items() if value is not None})
    ground = read_ground(cost, demand).within(limit)
    return Asked(
        model=model,
        ground=ground,
        weight=read_weights(terms.weights, ground),
        existing=ground.locate(existing, "existing"),
        price=ground.values_of_sites(_default(terms.site_cost, 1.0 if model == "lscp" else 0.0), "site_cost"),
        priced=terms.site_cost is not None,
        capacity=None if terms.capacity is None else ground.values_of_sites(terms.capacity, "capacity", unbounded=True),
        share=None if terms.share is None else check_share(terms.share, "share"),
        promise=read_promise(terms, ground),
        p=check_count(p, model),
        budget=check_budget(budget),
        effort=effort,
        clock=clock,
    )


def _default(value: Any, otherwise: float) -> Any:
    return otherwise if value is None else value


def _check_options(model: Model, given: set[str]) -> None:
    """Refuse a model that is not known, and options that it lacks or does not take."""
    if model not in NEEDS:
        msg = f"model is '{model}'; known are {', '.join(get_args(Model))}"
        raise SitingError(msg)
    lacking = [name for name in NEEDS[model] if name not in given]
    if lacking:
        msg = f"model '{model}' needs {' and '.join(lacking)}; give {'it' if len(lacking) == 1 else 'them'}"
        raise SitingError(msg)
    strange = sorted(given - set(NEEDS[model]) - set(TAKES[model]))
    if strange:
        others = [name for name in NEEDS if strange[0] in (*NEEDS[name], *TAKES[name])]
        msg = f"model '{model}' does not take {strange[0]}; leave it out, or ask {' or '.join(others)}"
        raise SitingError(msg)


def check_reach(asked: Asked) -> None:
    """Refuse to serve everybody where somebody has no candidate in reach."""
    alone = (np.diff(asked.ground.cost.indptr) == 0) & (asked.ground.demand > 0)
    if alone.any():
        first = asked.ground.points[int(alone.argmax())]
        msg = (
            f"{alone.sum()} of {len(alone)} demand points have no candidate within reach; "
            f"raise limit or add candidates; the first is '{first}'"
        )
        raise SitingError(msg)
