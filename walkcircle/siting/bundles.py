"""Bundles: sites and what to put there, so that as many people as can be have every kind and not only some."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.errors import SitingError
from walkcircle.siting.answers import Site, Siting, count_zones, measure_gap
from walkcircle.siting.covers import Cover
from walkcircle.siting.exact import Plan, solve_cover
from walkcircle.siting.matrices import Ground, read_flags, read_ground, unpack_mapping
from walkcircle.siting.programs import Clock
from walkcircle.siting.reductions import Question, simplify_question
from walkcircle.siting.swaps import EQUAL_SHARE
from walkcircle.siting.terms import (
    BundleTerms,
    Promise,
    SitingEffort,
    check_budget,
    check_count,
    read_promise,
    read_weights,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class _Bundle:
    """A question about bundles, checked and in arrays."""

    kinds: tuple[str, ...]
    ground: Ground
    question: Question
    present: NDArray[np.bool_]  # candidate × kind: there already
    promise: Promise | None
    effort: SitingEffort
    clock: Clock


def solve_bundle(
    costs: Mapping[str, Any],
    demand: ArrayLike | pd.Series,
    *,
    limits: float | Mapping[str, float],
    p: int | None = None,
    budget: float | None = None,
    existing: Mapping[str, Sequence[Hashable]] | None = None,
    served: Mapping[str, ArrayLike | pd.Series] | None = None,
    terms: BundleTerms | None = None,
    effort: SitingEffort | None = None,
) -> Siting:
    """Find the sites, and the kinds to put there, that give most people *every* kind within its limit.

    With aᵢ people, Zⱼₖ for kind k at site j, Uⱼ for a site that is opened, and Xᵢ for who has all kinds::

        max Σ aᵢXᵢ     Σⱼ Zⱼₖ ≥ Xᵢ over the sites in reach, for each kind that i lacks;     Zⱼₖ ≤ Uⱼ
                       Σ FⱼUⱼ + Σ fⱼₖZⱼₖ ≤ budget,     Σ Uⱼ ≤ p

    Kinds at one site share the cost of opening it, so that a neighbourhood centre pays. Planning kinds together gives
    more complete residents than each by itself, at any budget: that plan is one of those looked at.

    Parameters
    ----------
    costs
        For each kind demand point × candidate, as :func:`solve_siting` takes it; the same points and candidates.
    demand
        People by demand point, (n,).
    limits
        Largest cost of each kind that still counts, inclusive: one number, or a mapping by kind.
    p
        Most new sites, however many kinds they host; a site where a kind is already there does not count.
    budget
        Most that opening and kinds may cost together. Give p, a budget, or both.
    existing
        For each kind the candidates where it is already: they stay and cost nothing.
    served
        For each kind who has it already, True or False by demand point, from facilities that are no candidates.
    terms
        Who may host what, costs, promises to zones; see :class:`BundleTerms`.
    effort
        Method, seconds and seed; see :class:`SitingEffort`.

    Returns
    -------
    Siting
        `objective` is weighted people with all kinds, those who had them before included; each site names its new
        kinds; `flow` is None, since a person goes to several sites.

    Raises
    ------
    SitingError
        The kinds' tables do not fit together, neither p nor a budget is given, or a number cannot be meant.

    Examples
    --------
    >>> walks = pd.DataFrame({"A": [5, 9, 30], "B": [30, 8, 7]}, index=["mill", "park", "dock"])
    >>> kinds = {"clinic": walks, "library": walks}
    >>> answer = solve_bundle(kinds, [100, 50, 200], limits=15, p=1)
    >>> answer.sites[0].site, answer.sites[0].kinds, answer.objective
    ('B', ('clinic', 'library'), 250.0)
    """
    asked = _read_bundle(
        costs, demand, limits=limits, p=p, budget=budget, existing=existing, served=served,
        terms=terms or BundleTerms(), effort=effort,
    )  # fmt: skip
    cover = simplify_question(asked.question)
    plan = solve_cover(cover, asked.promise, asked.effort, asked.clock)
    return _conclude(asked, cover, plan)


# ── the question ────────────────────────────────────────────────────────────────────────────────


def _read_bundle(
    costs: Mapping[str, Any], demand: Any, *, limits: Any, p: Any, budget: Any, existing: Any, served: Any,
    terms: BundleTerms, effort: SitingEffort | None,
) -> _Bundle:  # fmt: skip
    effort = effort or SitingEffort()
    clock = Clock(effort.seconds)
    if not costs:
        msg = "costs names no kind; give a cost matrix for each"
        raise SitingError(msg)
    if p is None and budget is None:
        msg = "neither p nor budget is given; say how many sites or how much money there is"
        raise SitingError(msg)
    kinds = tuple(costs)
    grounds = _read_grounds(costs, demand, limits)
    first = grounds[0]
    count = len(first.sites)
    present = np.zeros((count, len(kinds)), dtype=bool)
    has = np.zeros((len(first.points), len(kinds)), dtype=bool)
    there = unpack_mapping(existing or {}, kinds, "existing", ())
    flags = unpack_mapping(served or {}, kinds, "served", None)
    hosts = unpack_mapping(terms.hosts or {}, kinds, "hosts", None)
    allowed = np.ones((count, len(kinds)), dtype=bool)
    price = unpack_mapping(terms.kind_cost, kinds, "kind_cost", 0.0)
    cost = np.zeros((count, len(kinds)))
    for number, (kind, ground) in enumerate(zip(kinds, grounds, strict=True)):
        present[ground.locate(_listed(there[kind]), f"existing of '{kind}'"), number] = True
        inside = present[ground.cost.indices, number]
        has[:, number] = np.bincount(ground.rows[inside], minlength=len(ground.points)) > 0
        if flags[kind] is not None:
            has[:, number] |= read_flags(flags[kind], ground, f"served of '{kind}'")
        if hosts[kind] is not None:
            allowed[:, number] = False
            allowed[ground.locate(_listed(hosts[kind]), f"hosts of '{kind}'"), number] = True
        cost[:, number] = ground.values_of_sites(price[kind], f"kind_cost of '{kind}'")
    promise = read_promise(terms, first)
    question = Question(
        reach=tuple(_ones(ground) for ground in grounds),
        lacks=~has & (first.demand > 0)[:, np.newaxis],
        weight=read_weights(terms.weights, first),
        people=first.demand,
        zone=promise.zone if promise is not None else np.full(len(first.points), -1, dtype=np.int64),
        hosts=allowed & ~present,
        cost=cost,
        opening=first.values_of_sites(0.0 if terms.site_cost is None else terms.site_cost, "site_cost"),
        open=np.asarray(present.any(axis=1)),
        zones=0 if promise is None else len(promise.names),
        p=check_count(p, "a bundle"),
        budget=check_budget(budget),
    )
    return _Bundle(kinds, first, question, present, promise, effort, clock)


def _read_grounds(costs: Mapping[str, Any], demand: Any, limits: Any) -> list[Ground]:
    """Read each kind's matrix; all must have the same points and candidates in the same order."""
    far = unpack_mapping(limits, costs, "limits", None)
    grounds: list[Ground] = []
    for kind, cost in costs.items():
        limit = far[kind]
        if not isinstance(limit, int | float):
            msg = f"limits has no number for '{kind}'; give the largest cost that counts"
            raise SitingError(msg)
        ground = read_ground(cost, demand, what=f"the cost of '{kind}'").within(float(limit))
        if grounds and not (ground.points.equals(grounds[0].points) and ground.sites.equals(grounds[0].sites)):
            msg = f"the cost of '{kind}' has other demand points or candidates than the first kind; give all the same"
            raise SitingError(msg)
        grounds.append(ground)
    return grounds


def _listed(sites: object) -> list[Hashable]:
    """Take a list of candidates as it was given; a text is one name, not many letters."""
    if isinstance(sites, str) or not hasattr(sites, "__iter__"):
        msg = f"'{sites}' is given where a list of candidates is asked for; put it into brackets"
        raise SitingError(msg)
    return list(sites)


def _ones(ground: Ground) -> Any:
    cost = ground.cost
    return sparse.csr_array((np.ones(cost.nnz), cost.indices, cost.indptr), shape=cost.shape)


# ── the answer ──────────────────────────────────────────────────────────────────────────────────


def _conclude(asked: _Bundle, cover: Cover, plan: Plan) -> Siting:
    """Recount from the tables as they were given, and say what is proven."""
    question, ground = asked.question, asked.ground
    added = np.zeros(asked.present.shape, dtype=bool)
    added[cover.name[cover.site[plan.seats]], cover.kind[plan.seats]] = True
    complete = _complete(question, added)
    objective = float(question.weight[complete].sum())
    spent = float(question.cost[added].sum() + question.opening[added.any(axis=1) & ~question.open].sum())
    _recheck(asked, added, spent)
    bound = max(plan.bound, objective)
    gap = measure_gap(objective, bound)
    people = np.where(complete, ground.demand, 0.0)
    chosen = np.flatnonzero(added.any(axis=1) | question.open)
    return Siting(
        model="bundle",
        sites=_list_sites(asked, added, chosen, objective),
        columns=chosen,
        objective=objective,
        bound=objective if gap == 0 else bound,
        gap=gap,
        status="optimal" if gap == 0 else "bounded",
        method="exact" if plan.exact else "greedy",
        seconds=asked.clock.spent,
        demand=float(ground.demand.sum()),
        flow=None,
        served=pd.Series(people, index=ground.points),
        spent=spent,
        ties=_find_ties(asked, added, objective, spent),
        zones=count_zones(asked.promise, people),
        price_of_fairness=None if plan.free is None else max(plan.free, objective) - objective,
    )


def _complete(question: Question, added: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which points have every kind, counted from who is in reach of what."""
    has = [
        (reach @ added[:, number].astype(np.float64)) > 0 if added[:, number].any() else np.zeros(reach.shape[0], bool)
        for number, reach in enumerate(question.reach)
    ]
    return np.asarray((np.column_stack(has) | ~question.lacks).all(axis=1))


def _recheck(asked: _Bundle, added: NDArray[np.bool_], spent: float) -> None:
    """Count again what was asked for; an answer that does not keep it is never returned."""
    question = asked.question
    new = int((added.any(axis=1) & ~question.open).sum())
    broken = []
    if question.p is not None and new > question.p:
        broken.append(f"{new} sites for p of {question.p}")
    if question.budget is not None and spent > question.budget * (1 + 1e-9):
        broken.append(f"{spent:g} spent of {question.budget:g}")
    if (added & ~question.hosts).any():
        broken.append("a site hosts what it may not")
    if broken:
        msg = f"the answer does not stand up to a recount: {broken[0]}; give more seconds, or scale the numbers"
        raise SitingError(msg)


def _list_sites(
    asked: _Bundle, added: NDArray[np.bool_], chosen: NDArray[np.int64], objective: float
) -> tuple[Site, ...]:
    question = asked.question
    sites = []
    for column in chosen.tolist():
        without = added.copy()
        without[column] = False
        lost = objective - float(question.weight[_complete(question, without)].sum())
        price = float(question.cost[column][added[column]].sum())
        price += 0.0 if question.open[column] or not added[column].any() else float(question.opening[column])
        kinds = tuple(kind for kind, here in zip(asked.kinds, added[column], strict=True) if here)
        sites.append(Site(asked.ground.sites[column], bool(question.open[column]), kinds, float("nan"), lost, price))
    return tuple(sites)


def _find_ties(
    asked: _Bundle, added: NDArray[np.bool_], objective: float, spent: float
) -> tuple[tuple[Hashable, Hashable], ...]:
    """Find, for each new site, the candidates that could host the same kinds with as many people complete."""
    question, labels = asked.question, asked.ground.sites
    if asked.promise is not None:
        return ()  # whom a swap would take from a zone is not looked into
    pairs = []
    for column in np.flatnonzero(added.any(axis=1) & ~question.open).tolist():
        kinds = np.flatnonzero(added[column])
        without = added.copy()
        without[column] = False
        worth = _worth_moved(question, without, kinds)
        price = question.cost[:, kinds].sum(axis=1) + question.opening
        after = spent - price[column] + price
        able = question.hosts[:, kinds].all(axis=1) & ~question.open & ~added.any(axis=1)
        if question.budget is not None:
            able &= after <= question.budget * (1 + 1e-12)
        able &= np.abs(worth - objective) <= EQUAL_SHARE * max(objective, 1e-300)
        pairs += [(labels[column], labels[other]) for other in np.flatnonzero(able).tolist()]
    return tuple(pairs)


def _worth_moved(question: Question, without: NDArray[np.bool_], kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what is complete when the kinds are put at each candidate in turn, (j,)."""
    count = len(question.open)
    lacks = question.lacks.copy()
    for number, reach in enumerate(question.reach):
        lacks[:, number] &= ~((reach @ without[:, number].astype(np.float64)) > 0)
    able = ~np.delete(lacks, kinds, axis=1).any(axis=1)
    open_tasks = lacks[:, kinds].sum(axis=1)
    base = float(question.weight[able & (open_tasks == 0)].sum())
    rows = np.flatnonzero(able & (open_tasks > 0))
    total = sparse.csr_array((len(rows), count))
    for kind in kinds.tolist():
        held = sparse.diags_array(lacks[rows, kind].astype(np.float64))
        total = total + held @ question.reach[kind][rows]
    pairs = sparse.coo_array(total)
    full = pairs.data == open_tasks[rows][pairs.row]
    more = np.bincount(pairs.col[full], question.weight[rows][pairs.row[full]], minlength=count)
    return np.asarray(base + more, dtype=np.float64)
