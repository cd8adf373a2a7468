"""Choices: which projects of a pool a budget pays for, so that most people are served, with the proof of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.errors import StudyError
from walkcircle.pool import LINK, Pool
from walkcircle.siting import BundleTerms, Siting, SitingEffort, SitingTerms, solve_bundle, solve_siting
from walkcircle.tables import Projects, Proofs, Wants

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.study import Study

#: What a project costs in a plan without money.
ONE_PROJECT = 1.0

#: The questions that a plan answers, by the words of :class:`~walkcircle.tables.Proofs`: with each kind counted by
#: itself, and with residents counted only who have all kinds.
MOST_PEOPLE, FAIR = "most people", "most people, each community served"
MOST_COMPLETE, FAIR_COMPLETE = "most residents with every kind", "most residents with every kind, each community served"


@dataclass(frozen=True, eq=False)
class Choice:
    """An answer to one question.

    Attributes
    ----------
    question
        :data:`MOST_PEOPLE`, :data:`FAIR`, :data:`MOST_COMPLETE` or :data:`FAIR_COMPLETE`.
    taken
        ``(m,)`` which projects of the pool are chosen.
    cost
        ``(m,)`` what each project costs, in the unit of the budget; those of a site share what opening it costs.
    answer
        The solver's answer, with its bound; nobody whom the question counts is served before.
    """

    question: str
    taken: NDArray[np.bool_]
    cost: NDArray[np.float64]
    answer: Siting

    @property
    def objective(self) -> float:
        """People whom the projects serve."""
        return self.answer.objective

    @property
    def bound(self) -> float:
        """People than whom no choice within the budget can serve more."""
        return max(self.answer.bound, self.objective)


def estimate_costs(pool: Pool, study: Study) -> NDArray[np.float64]:
    """Return what each project costs in the unit of the budget, ``(m,)``; missing where that is not known.

    Raises
    ------
    StudyError
        There is a budget in money, and not one project has a cost.
    """
    if study.plan.budget is None:
        return np.full(len(pool), ONE_PROJECT)
    cost: NDArray[np.float64] = pool.projects[Projects.capex].to_numpy(dtype=float)
    if len(cost) and np.isnan(cost).all():
        msg = (
            "[plan] has a budget and no project has a cost; give the column capex of the sites or [siting] kind_capex, "
            "or leave the budget out, so that each project counts as one"
        )
        raise StudyError(msg)
    return cost


def choose_projects(
    pool: Pool, cost: NDArray[np.float64], residents: pd.Series, study: Study, *, is_fair: bool
) -> Choice:
    """Choose the projects of a pool that serve most people within all budgets together.

    With ``[plan] objective = "people"`` a person counts once for each kind that comes within the limit; the question is
    the maximal covering one with a budget (:func:`~walkcircle.siting.solve_siting`). With ``"bundle"`` residents count
    who have every kind within its limit, those included of whom it is not certain that they lack one; kinds at one
    site share what opening it costs (:func:`~walkcircle.siting.solve_bundle`).

    Parameters
    ----------
    pool
        What could be built, of known cost.
    cost
        ``(m,)`` what each project costs by itself, in the unit of the budget.
    residents
        Residents by cluster.
    study
        Its section ``[plan]`` has budgets, promises and how long may be searched.
    is_fair
        Whether each community is promised its share.
    """
    if study.plan.objective == "bundle":
        return _choose_bundle(pool, cost, residents, study, is_fair=is_fair)
    section = study.plan
    # a project serves a home or does not: a stored cost of nothing is within any limit
    terms = SitingTerms(
        site_cost=cost,
        zones=pool.wants[Wants.community].to_numpy() if is_fair else None,
        zone_minimum=section.fair_share if is_fair else None,
    )
    answer = solve_siting(
        _make_free(pool.serves), pool.wants[Wants.people].to_numpy(dtype=float), model="budgeted-mclp", limit=0.0,
        budget=float(sum(section.budgets)), terms=terms,
        effort=SitingEffort(seconds=section.seconds, seed=section.seed),
    )  # fmt: skip
    taken = np.zeros(len(pool), dtype=bool)
    taken[answer.columns] = True
    return Choice(FAIR if is_fair else MOST_PEOPLE, taken, cost, answer)


def list_proofs(choices: Iterable[Choice]) -> pd.DataFrame:
    """List what was optimised, how good the choices are, and how much better any could be.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Proofs`.
    """
    rows = [
        {
            Proofs.question: one.question,
            Proofs.objective: one.objective,
            Proofs.bound: one.bound,
            Proofs.proven_gap: (one.bound - one.objective) / one.bound if one.bound > one.objective else 0.0,
            Proofs.status: one.answer.status,
            Proofs.sites: int(one.taken.sum()),
            Proofs.cost: float(one.cost[one.taken].sum()),
            Proofs.seconds: one.answer.seconds,
        }
        for one in choices
    ]
    return pd.DataFrame(rows, columns=[*map(str, Proofs.columns())])


# ── all kinds together ──────────────────────────────────────────────────────────────────────────


def _make_free(serves: Any) -> Any:
    """Return the same pattern with costs of nothing."""
    reach = sparse.coo_array(serves)
    return sparse.coo_array((np.zeros(reach.nnz), (reach.row, reach.col)), shape=reach.shape).tocsr()


def _choose_bundle(
    pool: Pool, cost: NDArray[np.float64], residents: pd.Series, study: Study, *, is_fair: bool
) -> Choice:
    """Choose sites, their kinds, and links, for most residents with every kind; a link serves several kinds at once."""
    section, wants = study.plan, pool.wants
    homes = wants.drop_duplicates(Wants.cluster)
    point = pd.Index(homes[Wants.cluster]).get_indexer(pd.Index(wants[Wants.cluster]))
    is_link = (pool.projects[Projects.sort] == LINK).to_numpy()
    # a link is a site of its own, open to every kind, and all of its cost is that of opening it
    label = np.where(is_link, "link " + pool.projects[Projects.candidate], "site " + pool.projects[Projects.candidate])
    sites, at = np.unique(label.astype(str), return_inverse=True)
    opening = np.full(len(sites), float(section.opening_cost))
    opening[at[is_link]] = cost[is_link]
    reach = sparse.coo_array(pool.serves)
    kinds = [str(kind) for kind in wants[Wants.kind].unique()]
    walks, price, served = {}, {}, {}
    for kind in kinds:
        mine = (wants[Wants.kind] == kind).to_numpy()
        own = (pool.projects[Projects.kind] == kind).to_numpy() & ~is_link
        row, column = reach.row[mine[reach.row]], reach.col[mine[reach.row]]
        cell = np.unique(point[row] * len(sites) + at[column])
        shape = (len(homes), len(sites))
        cells = (np.zeros(len(cell)), (cell // len(sites), cell % len(sites)))
        walks[kind] = sparse.coo_array(cells, shape=shape).tocsr()
        price[kind] = np.zeros(len(sites))
        price[kind][at[own]] = cost[own]
        served[kind] = ~np.isin(np.arange(len(homes)), point[mine])
    people = residents.reindex(homes[Wants.cluster]).to_numpy(dtype=float)
    terms = BundleTerms(
        kind_cost=price, site_cost=opening,
        zones=homes[Wants.community].to_numpy() if is_fair else None,
        zone_minimum=section.fair_share if is_fair else None,
    )  # fmt: skip
    answer = solve_bundle(
        walks, people, limits=0.0, budget=float(sum(section.budgets)), served=served, terms=terms,
        effort=SitingEffort(seconds=section.seconds, seed=section.seed),
    )  # fmt: skip
    opened = zip(answer.columns.tolist(), answer.sites, strict=True)
    chosen = {(column, kind) for column, site in opened for kind in site.kinds}
    open_ = {column for column, _ in chosen}
    pairs = zip(at.tolist(), pool.projects[Projects.kind], is_link.tolist(), strict=True)
    taken = np.array([column in open_ if link else (column, kind) in chosen for column, kind, link in pairs], bool)
    # what opening a site costs is shared by what was chosen for it
    sharing = np.bincount(at[taken & ~is_link], minlength=len(sites))
    shared = np.where(is_link, 0.0, section.opening_cost / np.maximum(sharing, 1)[at])
    return Choice(FAIR_COMPLETE if is_fair else MOST_COMPLETE, taken, cost + np.where(taken, shared, 0.0), answer)
