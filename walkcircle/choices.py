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
from walkcircle.sources.solutions import Question, Solution
from walkcircle.tables import Projects, Proofs, Wants

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.sources.solutions import SolutionStore
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
    solution
        The solver's answer: people whom the projects serve, and than whom no choice within the budget can serve more.
    """

    question: str
    taken: NDArray[np.bool_]
    cost: NDArray[np.float64]
    solution: Solution

    @property
    def bound(self) -> float:
        """People than whom no choice within the budget can serve more."""
        return max(self.solution.bound, self.solution.objective)

    @property
    def price_of_fairness(self) -> float | None:
        """How many people fewer are served than without the promise; None where nothing is promised."""
        return self.solution.price_of_fairness


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
    pool: Pool,
    cost: NDArray[np.float64],
    residents: pd.Series,
    study: Study,
    *,
    is_fair: bool,
    kept: SolutionStore | None = None,
) -> Choice:
    """Choose the projects of a pool that serve most people within all budgets together.

    With ``[plan] objective = "people"`` a person counts once for each kind that comes within the limit; the question is
    the maximal covering one with a budget (:func:`~walkcircle.siting.solve_siting`). With ``"bundle"`` residents count
    who have every kind within its limit, those included of whom it is not certain that they lack one; kinds at one
    site share what opening it costs (:func:`~walkcircle.siting.solve_bundle`). What is proposed is taken in any case,
    and the rest is chosen around it.

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
    kept
        Where answers are kept, so that the same question is not searched again; nowhere when None.
    """
    if study.plan.objective == "bundle":
        return _choose_bundle(pool, cost, residents, study, is_fair=is_fair, kept=kept)
    section = study.plan
    # a project serves a home or does not: a stored cost of nothing is within any limit
    terms = SitingTerms(
        site_cost=cost,
        zones=pool.wants[Wants.community].to_numpy() if is_fair else None,
        zone_minimum=section.fair_share if is_fair else None,
    )
    question = _ask(pool, cost, pool.wants[Wants.people], terms, study)
    found = None if kept is None else kept.load_solution(question)
    if found is None:
        answer = solve_siting(
            _make_free(pool.serves), question.people, model="budgeted-mclp", limit=0.0,
            existing=question.decided.tolist(), budget=question.budget, terms=terms, effort=question.effort,
        )  # fmt: skip
        found = _keep(kept, question, answer, answer.columns)
    taken = np.zeros(len(pool), dtype=bool)
    taken[found.columns] = True
    return Choice(FAIR if is_fair else MOST_PEOPLE, taken, cost, found)


def _ask(
    pool: Pool,
    cost: NDArray[np.float64],
    people: pd.Series,
    terms: SitingTerms,
    study: Study,
    more: tuple[str, ...] = (),
) -> Question:
    """Put the question in one, by which its answer is kept."""
    section = study.plan
    decided = np.flatnonzero(pool.projects[Projects.proposed].to_numpy(dtype=bool))
    left = max(float(sum(section.budgets) - cost[decided].sum()), 0.0)
    effort = SitingEffort(seconds=section.seconds, seed=section.seed)
    return Question(pool.serves, people.to_numpy(dtype=float), terms, effort, left, decided, more)


def _keep(kept: SolutionStore | None, question: Question, answer: Siting, columns: NDArray[np.int64]) -> Solution:
    """Keep an answer, where there is a place for it, and return it."""
    solution = Solution(
        columns, answer.objective, answer.bound, answer.status, answer.seconds, answer.price_of_fairness
    )
    if kept is not None:
        kept.save_solution(question, solution)
    return solution


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
            Proofs.objective: one.solution.objective,
            Proofs.bound: one.bound,
            Proofs.proven_gap: _measure_gap(one),
            Proofs.status: one.solution.status,
            Proofs.sites: int(one.taken.sum()),
            Proofs.cost: float(one.cost[one.taken].sum()),
            Proofs.seconds: one.solution.seconds,
        }
        for one in choices
    ]
    return pd.DataFrame(rows, columns=[*map(str, Proofs.columns())])


def _measure_gap(choice: Choice) -> float:
    """Return by which share of the bound the objective is below it."""
    return (choice.bound - choice.solution.objective) / choice.bound if choice.bound > 0 else 0.0


# ── all kinds together ──────────────────────────────────────────────────────────────────────────


def _make_free(serves: Any) -> Any:
    """Return the same pattern with costs of nothing."""
    reach = sparse.coo_array(serves)
    return sparse.coo_array((np.zeros(reach.nnz), (reach.row, reach.col)), shape=reach.shape).tocsr()


def _choose_bundle(
    pool: Pool,
    cost: NDArray[np.float64],
    residents: pd.Series,
    study: Study,
    *,
    is_fair: bool,
    kept: SolutionStore | None,
) -> Choice:
    """Choose sites, their kinds, and links, for most residents with every kind; a link serves several kinds at once."""
    section, projects = study.plan, pool.projects
    homes = pool.wants.drop_duplicates(Wants.cluster)
    people = residents.reindex(homes[Wants.cluster])
    zones = homes[Wants.community].to_numpy() if is_fair else None
    least = section.fair_share if is_fair else None
    terms = SitingTerms(site_cost=cost, zones=zones, zone_minimum=least)
    more = ("bundle", repr(section.opening_cost), *pool.wants[Wants.kind], *projects[Projects.project])
    question = _ask(pool, cost, people, terms, study, more)
    is_link = (projects[Projects.sort] == LINK).to_numpy()
    # a link is a site of its own, open to every kind, and all of its cost is that of opening it
    label = np.where(is_link, "link ", "site ") + projects[Projects.candidate].astype(str)
    sites, at = np.unique(label.to_numpy(dtype=str), return_inverse=True)
    found = None if kept is None else kept.load_solution(question)
    if found is None:
        opening = np.full(len(sites), float(section.opening_cost))
        opening[at[is_link]] = cost[is_link]
        walks, price, served = _lay_out(pool, cost, homes, is_link, sites, at)
        answer = solve_bundle(
            walks, question.people, limits=0.0, budget=question.budget, served=served, effort=question.effort,
            terms=BundleTerms(kind_cost=price, site_cost=opening, zones=zones, zone_minimum=least),
        )  # fmt: skip
        opened = zip(answer.columns.tolist(), answer.sites, strict=True)
        chosen = {(column, kind) for column, site in opened for kind in site.kinds}
        open_ = {column for column, _ in chosen}
        pairs = zip(at.tolist(), projects[Projects.kind], is_link.tolist(), strict=True)
        hits = [column in open_ if link else (column, kind) in chosen for column, kind, link in pairs]
        found = _keep(kept, question, answer, np.union1d(np.flatnonzero(hits), question.decided).astype(np.int64))
    taken = np.zeros(len(pool), dtype=bool)
    taken[found.columns] = True
    # what opening a site costs is shared by what was chosen for it
    sharing = taken & ~is_link & ~projects[Projects.proposed].to_numpy(dtype=bool)
    count = np.bincount(at[sharing], minlength=len(sites))
    shared = np.where(sharing, section.opening_cost / np.maximum(count, 1)[at], 0.0)
    return Choice(FAIR_COMPLETE if is_fair else MOST_COMPLETE, taken, cost + shared, found)


def _lay_out(
    pool: Pool,
    cost: NDArray[np.float64],
    homes: pd.DataFrame,
    is_link: NDArray[np.bool_],
    sites: NDArray[np.str_],
    at: NDArray[np.int64],
) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]], dict[str, NDArray[np.bool_]]]:
    """Return by kind: which home each site serves, what the kind costs there, and which homes have it already.

    Homes lack what they certainly lack, and have what is proposed near to them.
    """
    point = pd.Index(homes[Wants.cluster]).get_indexer(pd.Index(pool.wants[Wants.cluster]))
    decided = pool.projects[Projects.proposed].to_numpy(dtype=bool)
    reach = sparse.coo_array(pool.serves)
    walks, price, served = {}, {}, {}
    for kind in map(str, pool.wants[Wants.kind].unique()):
        mine = (pool.wants[Wants.kind] == kind).to_numpy()
        own = (pool.projects[Projects.kind] == kind).to_numpy() & ~is_link & ~decided
        inside = mine[reach.row]
        row, column = point[reach.row[inside]], reach.col[inside]
        served[kind] = ~np.isin(np.arange(len(homes)), point[mine])
        served[kind][row[decided[column]]] = True
        cell = np.unique((row * len(sites) + at[column])[~decided[column]])
        cells = (np.zeros(len(cell)), (cell // len(sites), cell % len(sites)))
        walks[kind] = sparse.coo_array(cells, shape=(len(homes), len(sites))).tocsr()
        price[kind] = np.zeros(len(sites))
        price[kind][at[own]] = cost[own]
    return walks, price, served
