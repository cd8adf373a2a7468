"""Solving: a question of a planner's, checked, sent to its model, recounted, and answered."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.errors import SitingError
from walkcircle.siting.answers import Site, Siting, assign_nearest, count_zones, measure_gap
from walkcircle.siting.covers import Cover
from walkcircle.siting.exact import solve_cover
from walkcircle.siting.flows import Load, solve_flow
from walkcircle.siting.medians import solve_median
from walkcircle.siting.questions import LARGEST, Asked, check_reach, read_question
from walkcircle.siting.reductions import Question, simplify_question
from walkcircle.siting.setcovers import solve_center, solve_set_cover
from walkcircle.siting.terms import Model, SitingEffort, SitingTerms
from walkcircle.siting.ties import make_swap_field, resolve_sites

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


#: HiGHS keeps rows to a millionth; a share of people or a divided demand point may lack as much.
SLACK = 1e-6


@dataclass(frozen=True)
class _Found:
    """What a model found: open candidates, people by stored pair where capacities divide them, and what is proven."""

    chosen: NDArray[np.int64]
    bound: float
    exact: bool
    free: float | None = None
    people: NDArray[np.float64] | None = None


def solve_siting(
    cost: Any,
    demand: ArrayLike | pd.Series,
    *,
    model: Model,
    p: int | None = None,
    limit: float | None = None,
    existing: Sequence[Hashable] = (),
    budget: float | None = None,
    terms: SitingTerms | None = None,
    effort: SitingEffort | None = None,
) -> Siting:
    """Find the sites that help most, and prove how much better any other choice could be.

    With people aᵢ, costs cᵢⱼ, sites Yⱼ, and xᵢ for who is served::

        lscp            min Σ fⱼYⱼ       everybody has a site within the limit           Toregas and others 1971
        mclp            max Σ aᵢxᵢ       with p sites                                    Church & ReVelle 1974
        budgeted-mclp   max Σ aᵢxᵢ       with Σ fⱼYⱼ ≤ budget                            Khuller, Moss & Naor 1999
        p-median        min Σ aᵢcᵢⱼxᵢⱼ   with p sites, each point to its nearest         Hakimi 1964
        p-center        min max cᵢⱼ      with p sites                                    Hakimi 1964; Minieka 1970
        mu-cflp         min Σ fⱼYⱼ + Σ aᵢcᵢⱼxᵢⱼ   Σᵢ aᵢxᵢⱼ ≤ CⱼYⱼ, cᵢⱼ ≤ limit, Σ aᵢxᵢⱼ ≥ μ Σ aᵢ
                                                                    Acta Geographica Sinica 2023 (life circles)

    A point is in reach when its cost is at most `limit`. Where nobody lives nobody need be served. At most p new sites
    are opened, and none without which nobody has less. What zones are promised goes first: the shortfall of all zones
    together is made as small as can be, then the objective as good as can be.

    Parameters
    ----------
    cost
        Demand point × candidate, (n, m), in any unit, at least 0. A frame keeps its labels in the answer; in a frame or
        array infinite or missing means that it cannot be reached, in a SciPy sparse matrix what is not stored cannot be
        (a stored 0 is a cost of 0).
    demand
        People by demand point, (n,), finite and at least 0.
    model
        ``lscp``, ``mclp``, ``budgeted-mclp``, ``p-median``, ``p-center`` or ``mu-cflp``.
    p
        Most new sites.
    limit
        Largest cost that still counts, inclusive, in the unit of `cost`.
    existing
        Candidates, by label or by position where there are no labels, that are there already: they stay, cost nothing
        and do not count towards p.
    budget
        Most that the new sites may cost.
    terms
        Costs, capacities, promises to zones; see :class:`SitingTerms`.
    effort
        Method, seconds and seed; see :class:`SitingEffort`.

    Returns
    -------
    Siting
        Sites, objective, proven bound and gap, who is served, ties. All is recounted from the costs and the sites.

    Raises
    ------
    SitingError
        The numbers cannot be meant, an option is missing or not of this model, or no choice keeps what is asked.

    Examples
    --------
    >>> walks = pd.DataFrame({"A": [5, 9, 30], "B": [30, 8, 7]}, index=["mill", "park", "dock"])
    >>> answer = solve_siting(walks, [100, 50, 200], model="mclp", p=1, limit=15)
    >>> answer.opened, answer.objective, answer.gap
    (('B',), 250.0, 0.0)
    """
    terms, effort = terms or SitingTerms(), effort or SitingEffort()
    asked = read_question(
        cost, demand, model=model, p=p, limit=limit, existing=existing, budget=budget, terms=terms, effort=effort
    )
    found = _solve(asked)
    return _conclude(asked, found)


# ── the models ──────────────────────────────────────────────────────────────────────────────────


def _solve(asked: Asked) -> _Found:
    if asked.everybody:
        check_reach(asked)
    if asked.capacity is not None:
        return _solve_with_capacity(asked)
    if asked.model == "p-median":
        median = solve_median(asked.ground, asked.weight, asked.existing, asked.p or 0, asked.effort, asked.clock)
        return _Found(median.chosen, median.bound, median.exact)
    if asked.model == "p-center":
        chosen, bound = solve_center(asked.ground, asked.existing, asked.p or 0, asked.clock)
        return _Found(chosen, bound, exact=True)
    cover = simplify_question(_cover_question(asked))
    if asked.model == "lscp":
        return _solve_lscp(asked, cover)
    plan = solve_cover(cover, asked.promise, asked.effort, asked.clock)
    chosen = np.unique(np.concatenate([asked.existing, cover.name[cover.site[plan.seats]]]))
    return _Found(chosen, plan.bound, plan.exact, plan.free)


def _solve_lscp(asked: Asked, cover: Cover) -> _Found:
    needed = None
    if asked.share is not None:
        total = float(asked.ground.demand.sum())
        already = float(asked.ground.demand[asked.reached(asked.existing)].sum())
        needed = max(asked.needed - already, 0.0)
        if needed > cover.people.sum() * (1 + 1e-12):
            able = (already + cover.people.sum()) / total
            msg = f"the candidates reach {able:.1%} of the people, share asks for {asked.share:.1%}; raise limit"
            raise SitingError(msg)
    covering = solve_set_cover(cover, needed, asked.effort, asked.clock)
    chosen = np.unique(np.concatenate([asked.existing, cover.name[covering.seats]]))
    return _Found(chosen, covering.bound, covering.exact)


def _cover_question(asked: Asked) -> Question:
    ground, count = asked.ground, len(asked.ground.sites)
    reach = sparse.csr_array(
        (np.ones(len(ground.cost.data)), ground.cost.indices, ground.cost.indptr), ground.cost.shape
    )
    is_open = np.zeros(count, dtype=bool)
    is_open[asked.existing] = True
    # A point where nobody lives needs nothing; one whose people weigh nothing may still count for its zone.
    lacks = ~asked.reached(asked.existing) & (ground.demand > 0)
    zoned = asked.promise is not None
    return Question(
        reach=(reach,), lacks=lacks[:, np.newaxis], weight=asked.weight, people=ground.demand,
        zone=asked.promise.zone if asked.promise is not None else np.full(len(lacks), -1, dtype=np.int64),
        hosts=~is_open[:, np.newaxis], cost=asked.price[:, np.newaxis], opening=np.zeros(count), open=is_open,
        zones=len(asked.promise.names) if zoned and asked.promise is not None else 0,
        p=None if asked.model == "lscp" else asked.p, budget=None if asked.model == "lscp" else asked.budget,
    )  # fmt: skip


def _solve_with_capacity(asked: Asked) -> _Found:
    if asked.effort.method == "greedy":
        msg = "a question with capacity has no greedy answer; use method exact or auto, which keep the seconds as well"
        raise SitingError(msg)
    ground, pairs = asked.ground, len(asked.ground.cost.data)
    each = asked.importance[ground.rows]
    sending = {"mclp": -each, "budgeted-mclp": -each, "lscp": np.zeros(pairs)}.get(asked.model, each * ground.cost.data)
    price = asked.new_price
    opening = price if asked.model in {"lscp", "mu-cflp"} else np.zeros(len(price))
    load = Load(
        opening=opening, sending=sending, capacity=asked.capacity if asked.capacity is not None else np.zeros(0),
        price=price, everybody=asked.everybody, least=asked.needed, p=asked.p, budget=asked.budget,
    )  # fmt: skip
    routed = solve_flow(ground, asked.existing, load, asked.promise, asked.clock)
    sign = -1.0 if asked.model in LARGEST else 1.0
    chosen, people = routed.chosen, routed.people
    free = None if routed.free is None else sign * routed.free
    chosen = _drop_unused(asked, chosen, people)
    return _Found(chosen, sign * routed.bound, exact=True, free=free, people=people)


def _drop_unused(asked: Asked, chosen: NDArray[np.int64], people: NDArray[np.float64]) -> NDArray[np.int64]:
    """Leave out new sites to which nobody is sent."""
    loads = np.bincount(asked.ground.cost.indices, people, minlength=len(asked.ground.sites))
    return chosen[(loads[chosen] > 0) | np.isin(chosen, asked.existing)]


# ── the answer ──────────────────────────────────────────────────────────────────────────────────


def _conclude(asked: Asked, found: _Found) -> Siting:
    """Settle ties, recount everything from costs and sites, and say what is proven."""
    ground = asked.ground
    chosen = found.chosen
    ties: tuple[tuple[Hashable, Hashable], ...] = ()
    if found.people is None:
        chosen, ties = resolve_sites(asked, found.chosen)
        flow = assign_nearest(ground, chosen)
    else:
        # A copy, since taking out zeros would take them out of the costs' own indices.
        parts = (found.people, ground.cost.indices, ground.cost.indptr)
        flow = sparse.csr_array(parts, shape=ground.cost.shape, copy=True)
        flow.eliminate_zeros()
    served = np.asarray(flow.sum(axis=1))
    objective = _measure(asked, chosen, flow, served)
    _recheck(asked, chosen, flow, served)
    best = max if asked.model in LARGEST else min
    bound = best(found.bound, objective)
    gap = measure_gap(objective, bound)
    price = asked.new_price
    free = None if found.free is None else best(found.free, objective)
    return Siting(
        model=asked.model,
        sites=_list_sites(asked, chosen, flow, price),
        columns=chosen,
        objective=objective,
        bound=objective if gap == 0 else bound,
        gap=gap,
        status="optimal" if gap == 0 else "bounded",
        method="exact" if found.exact else "greedy",
        seconds=asked.clock.spent,
        demand=float(ground.demand.sum()),
        flow=flow,
        served=pd.Series(served, index=ground.points),
        spent=float(price[chosen].sum()) if asked.priced else 0.0,
        ties=ties,
        zones=count_zones(asked.promise, served),
        price_of_fairness=None if free is None else abs(free - objective),
    )


def _measure(asked: Asked, chosen: NDArray[np.int64], flow: Any, served: NDArray[np.float64]) -> float:
    """Recount the objective from sites, costs and who goes where."""
    ground = asked.ground
    new = np.setdiff1d(chosen, asked.existing)
    if asked.model == "lscp":
        return float(asked.price[new].sum())
    importance = asked.importance
    if asked.model in LARGEST:
        return float((importance * served).sum())
    people = sparse.coo_array(flow)
    paid = np.asarray(ground.cost[people.row, people.col], dtype=np.float64).ravel() if people.nnz else np.zeros(0)
    if asked.model == "p-center":
        return float(paid.max(initial=0.0))
    total = float((importance[people.row] * people.data * paid).sum())
    return total + (float(asked.price[new].sum()) if asked.model == "mu-cflp" else 0.0)


def _recheck(asked: Asked, chosen: NDArray[np.int64], flow: Any, served: NDArray[np.float64]) -> None:
    """Count again what was asked for; an answer that does not keep it is never returned."""
    ground, new = asked.ground, np.setdiff1d(chosen, asked.existing)
    demand = ground.demand
    broken = []
    if len(np.setdiff1d(asked.existing, chosen)):
        broken.append("an existing site was closed")
    if asked.p is not None and len(new) > asked.p:
        broken.append(f"{len(new)} sites for p of {asked.p}")
    if asked.budget is not None and asked.price[new].sum() > asked.budget * (1 + 1e-9):
        broken.append(f"{asked.price[new].sum():g} spent of {asked.budget:g}")
    if asked.capacity is not None and (np.asarray(flow.sum(axis=0)) > asked.capacity).any():
        broken.append("a site is over its capacity")
    if asked.everybody and (served < demand - SLACK * np.maximum(demand, 1.0)).any():
        broken.append("somebody is not served")
    if asked.share is not None and served.sum() < asked.needed - SLACK * max(float(demand.sum()), 1.0):
        broken.append(f"{served.sum() / demand.sum():.4%} served of a share of {asked.share:.4%}")
    if broken:
        msg = f"the answer does not stand up to a recount: {broken[0]}; give more seconds, or scale the numbers"
        raise SitingError(msg)


def _list_sites(asked: Asked, chosen: NDArray[np.int64], flow: Any, price: NDArray[np.float64]) -> tuple[Site, ...]:
    assigned = np.asarray(flow.sum(axis=0))
    lost = _count_lost(asked, chosen)
    there = np.isin(chosen, asked.existing)
    rows = zip(chosen.tolist(), there.tolist(), lost.tolist(), strict=True)
    return tuple(
        Site(asked.ground.sites[column], existing, (), float(assigned[column]), each, float(price[column]))
        for column, existing, each in rows
    )


def _count_lost(asked: Asked, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count by how much the objective would worsen without each site, the others staying."""
    if asked.capacity is not None or asked.model in {"lscp", "p-center"}:
        return np.full(len(chosen), np.nan)
    field, _ = make_swap_field(asked, chosen)
    first, second, near = field.nearest_two(chosen)
    if asked.model == "p-median":
        second = np.where(second < field.penalty, second, np.inf)
    held = near >= 0
    lost = np.bincount(near[held], (field.weight * (second - first))[held], minlength=len(chosen))
    return np.asarray(lost, dtype=np.float64)
