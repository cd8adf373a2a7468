"""Plan: from gaps to sites, years and budget, with what it changes and how near it is to the best possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from walkcircle.analysis import Analysis, Report, analyse, snap_clusters, snap_facilities
from walkcircle.attainment import choose_walkers
from walkcircle.candidates import find_candidates, find_hosts
from walkcircle.choices import choose_projects, estimate_costs, list_proofs
from walkcircle.commitments import Commitments, measure_deliveries, resolve_commitments
from walkcircle.errors import StudyError
from walkcircle.footing import make_footing
from walkcircle.links import find_links, list_laid, list_linked_homes, measure_links, walk_links
from walkcircle.phasing import NEVER, Calendar, Schedule, Turns, schedule_projects
from walkcircle.place import assign_communities
from walkcircle.pool import (
    FACILITY,
    LINK,
    PLANNED,
    Pool,
    assemble_links,
    assemble_sites,
    find_first_years,
    join_pools,
    list_wants,
)
from walkcircle.proposals import LinkAdded, Scenario
from walkcircle.tables import (
    BeforeAfter,
    Candidates,
    Checkup,
    Clusters,
    Communities,
    CommunityCoverage,
    Facilities,
    IndexChanges,
    LinkedHomes,
    Links,
    ProjectGains,
    Projects,
    Scores,
    UnitCosts,
    Wants,
)
from walkcircle.tracking import find_closed
from walkcircle.unmapped import PROPOSED
from walkcircle.walking import measure_times
from walkcircle.weights import choose_weights, score_parts, weigh_categories, weigh_kinds, weigh_parts
from walkcircle.works import build_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.place import Place
    from walkcircle.sources.solutions import SolutionStore
    from walkcircle.study import Study

#: Where no list of sites is given: a site at least this often along the public streets, metres. Two minutes on foot
#: (walkcircle's choice).
STREETS_EVERY_M = 150.0

#: A project goes first if more than this share of its people live in the weakest tenth.
FIRST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Plan:
    """What to build, where, in which year and for whom. All tables are documented in :mod:`walkcircle.tables`.

    Attributes
    ----------
    analysis
        The situation as it is.
    after
        The same study with everything built: a check-up of its own.
    pool
        Everything that could be built.
    projects
        :class:`~walkcircle.tables.Projects` in the order of building; those without a year last.
    gains
        :class:`~walkcircle.tables.ProjectGains`.
    links
        :class:`~walkcircle.tables.Links` that bring somebody within a limit, for the first walker: gates, crossings,
        footbridges and paths, those that gain most for their cost first, each counted alone. Those that the plan has
        chosen are projects too.
    phases
        :class:`~walkcircle.tables.Phases`.
    before_after
        :class:`~walkcircle.tables.BeforeAfter`.
    index_changes
        :class:`~walkcircle.tables.IndexChanges`.
    proofs
        :class:`~walkcircle.tables.Proofs`.
    price_of_fairness
        How many people fewer are served if each community is promised its share; None where nothing can be built for
        anybody.
    unit
        Currency of all costs; None where each project counts as one.
    deliveries
        :class:`~walkcircle.tables.Deliveries`: what became of the promises of the projects that the user tracks.
    """

    analysis: Analysis
    after: Analysis
    pool: Pool
    projects: gpd.GeoDataFrame
    gains: pd.DataFrame
    links: gpd.GeoDataFrame
    phases: pd.DataFrame
    before_after: pd.DataFrame
    index_changes: pd.DataFrame
    proofs: pd.DataFrame
    price_of_fairness: float | None
    unit: str | None
    deliveries: pd.DataFrame

    def __repr__(self) -> str:
        """Say what is planned in one line."""
        built = self.projects[Projects.year].notna()
        served = self.projects.loc[built, Projects.newly_served].sum()
        return f"<Plan of {self.analysis.study.title}: {int(built.sum())} projects for {served:,.0f} people × kinds>"


def propose_plan(
    analysis: Analysis,
    *,
    proposals: Scenario | None = None,
    kept: SolutionStore | None = None,
    report: Report | None = None,
) -> Plan:
    """Propose what to build, where and in which year, and measure what it changes.

    Homes that are certainly without a kind (:func:`~walkcircle.pool.list_wants`), also when what is being built stands
    (:mod:`walkcircle.commitments`), are held against every site that may hold it
    (:func:`~walkcircle.pool.assemble_sites`) and every missing link that brings one near
    (:func:`~walkcircle.pool.assemble_links`), in one currency. A link counts for what it does alone; what it does
    together with others, or for who lives along it, comes on top and is found by the check-up afterwards. What serves
    most people within all budgets together is chosen, if that can be proven in time exactly
    (:func:`~walkcircle.choices.choose_projects`), put in years (:func:`~walkcircle.phasing.schedule_projects`), and
    checked up once more as if it stood.

    Parameters
    ----------
    analysis
        The situation as it is; its study says under ``[siting]`` where, and under ``[plan]`` what may be built.
    proposals
        Facilities and links that are decided: they are the first projects of the plan, stand in the after-state and are
        paid by its budgets, and the rest is chosen around them.
    kept
        Where answers of the solver are kept, so that the same question is not searched again; nowhere when None.
    report
        Called with each step's name and the share of it that is done.

    Raises
    ------
    StudyError
        A budget in money is given and no project has a cost, `kinds` names what is no kind, or what is proposed does
        not fit into the plan.
    """
    tell = report or (lambda _step, _share: None)
    study, section = analysis.study, analysis.study.plan
    tell("Gathering what could be built", 0.0)
    commitments = resolve_commitments(analysis, proposals)
    links = find_missing_links(analysis, report=report)
    pool = assemble_pool(analysis, links=links, commitments=commitments, report=report)
    cost = estimate_costs(pool, study)
    pool, cost = pool.keep(~np.isnan(cost)), cost[~np.isnan(cost)]
    tell("Choosing projects", 0.0)
    residents = analysis.clusters.set_index(Clusters.cluster)[Clusters.population]
    choices = [
        choose_projects(pool, cost, residents, study, is_fair=is_fair, kept=kept)
        for is_fair in ((False, True) if len(pool) and len(pool.wants) else ())
    ]
    tell("Putting projects in years", 0.0)
    mine = pool.projects[Projects.proposed].to_numpy(dtype=bool, copy=True)
    if choices:
        mine, cost = choices[int(section.fair)].taken, choices[int(section.fair)].cost
    if section.budget is not None:
        pool = replace(pool, projects=pool.projects.assign(**{Projects.capex: cost}))
    schedule = _schedule(analysis, pool.keep(mine), cost[mine])
    projects, gains = _list_projects(analysis, pool, pool.keep(mine), schedule)
    tell("Checking up what would be", 0.0)
    after = analyse(build_projects(commitments, projects, links), study, report=report, is_whole=False)
    return Plan(
        analysis=analysis,
        after=after,
        pool=pool,
        projects=projects,
        gains=gains,
        links=links,
        phases=schedule.phases,
        before_after=_compare_coverage(analysis, after),
        index_changes=_compare_indices(analysis, after),
        proofs=list_proofs(choices),
        price_of_fairness=choices[True].price_of_fairness if choices else None,
        unit=study.siting.currency if section.budget is not None else None,
        deliveries=measure_deliveries(analysis),
    )


def assemble_pool(
    analysis: Analysis,
    *,
    links: gpd.GeoDataFrame | None = None,
    commitments: Commitments | None = None,
    report: Report | None = None,
) -> Pool:
    """Gather everything that could be built for those who are certainly without, what is proposed first.

    Parameters
    ----------
    analysis
        The situation as it is.
    links
        Missing links, :class:`~walkcircle.tables.Links`, that may be built as well; none when None.
    commitments
        What is decided already; by the table of projects alone when None.
    report
        Called with each step's name and the share of it that is done.

    Raises
    ------
    StudyError
        ``[plan]`` names a kind that the standard does not have.
    """
    tell = report or (lambda _step, _share: None)
    decided = resolve_commitments(analysis) if commitments is None else commitments
    study, place = analysis.study, decided.place
    kinds = [study.standard.kind(name) for name in study.plan.kinds] or list(study.standard.kinds)
    walkers = _choose_walkers(study)
    wants = list_wants(analysis.coverage, place.completeness, walkers)
    wants = decided.drop_served(wants[wants[Wants.kind].isin([kind.id for kind in kinds])])
    candidates = _find_sites(analysis)
    hosts = find_hosts(candidates, [kind.id for kind in kinds])
    times: dict[str, pd.DataFrame] = {}
    for number, walker in enumerate(study.walkers):
        mine = [kind for kind in kinds if walkers[kind.id] == walker.name and (wants[Wants.kind] == kind.id).any()]
        if not mine or len(candidates) == 0:
            continue
        tell("Walking to possible sites", number / len(study.walkers))
        footing = make_footing(place.network, walker)
        lacking = wants[wants[Wants.kind].isin([kind.id for kind in mine])][Wants.cluster]
        starts = snap_clusters(place, study, analysis.clusters, footing)
        starts = starts.only(starts.labels.isin(lacking))
        ends = snap_facilities(place, study, _as_facilities(candidates), footing)
        walks = measure_times(footing, starts, ends, walker, limit_min=max(kind.limit_min for kind in mine))
        times |= dict.fromkeys([kind.id for kind in mine], walks)
    pool = assemble_sites(
        wants, candidates, times, hosts, kinds, kind_capex=study.siting.kind_capex, kind_opex=study.siting.kind_opex
    )
    if links is not None:
        pool = join_pools(pool, _pool_links(analysis, wants, links, walkers))
    return decided.join_pool(pool)


def _pool_links(analysis: Analysis, wants: pd.DataFrame, links: gpd.GeoDataFrame, walkers: dict[str, str]) -> Pool:
    """Pool links by whom each would serve, every kind by its own walker."""
    served, kinds = [], analysis.study.standard.kinds
    for walker in dict.fromkeys(walkers[kind] for kind in wants[Wants.kind].unique()):
        standing = analysis.find_standing(walker)
        homes = list_linked_homes(standing, walk_links(standing.footing, links), analysis.clusters, kinds)
        served.append(homes[homes[LinkedHomes.kind].map(walkers) == walker])
    pool = assemble_links(
        wants, links, pd.concat(served) if served else pd.DataFrame(columns=[*map(str, LinkedHomes.columns())])
    )
    middle = pool.projects.set_geometry(pool.projects.geometry.representative_point())
    placed = pool.projects.assign(**{Projects.community: assign_communities(middle, analysis.place.communities)})
    return replace(pool, projects=placed)


def find_missing_links(analysis: Analysis, *, report: Report | None = None) -> gpd.GeoDataFrame:
    """Find the missing links that bring somebody within the limit of a kind, for the first walker.

    Counted are all who are not in time today, also those of whom that is not certain; each link alone.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Links`, those that gain most for their cost first; none where ``[plan] links`` is
        false.
    """
    study, ground = analysis.study, analysis.place.background
    if not study.plan.links:
        return gpd.GeoDataFrame(
            columns=[*map(str, Links.columns())], geometry=Links.geometry, crs=analysis.clusters.crs
        )
    if report is not None:
        report("Looking for missing links", 0.0)
    bridged = {"railway": ground.rail, "water": ground.water}
    links = find_links(
        analysis.footing, bridged={name: some for name, some in bridged.items() if len(some)},
        buildings=ground.buildings if len(ground.buildings) else None, ends=analysis.ends,
    )  # fmt: skip
    costs = study.plan.link_costs
    unit_costs = pd.DataFrame(
        {
            UnitCosts.link_kind: list(costs),
            UnitCosts.fixed: [cost.fixed for cost in costs.values()],
            UnitCosts.per_m: [cost.per_m for cost in costs.values()],
        }
    )
    found, _ = measure_links(
        analysis.standing, links, analysis.clusters, study.standard.kinds, unit_costs=unit_costs if costs else None
    )
    settled = find_closed(analysis.place.tracking, _as_projects(found), analysis.place.data_date)
    return found[(found[Links.gains] > 0) & ~settled].reset_index(drop=True)


def _as_projects(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return missing links by what a project of the user's table is known by."""
    named = links[[Links.link, Links.link_kind, Links.geometry]]
    named = named.rename(columns={str(Links.link): Projects.project, str(Links.link_kind): Projects.kind})
    return gpd.GeoDataFrame(named.assign(**{str(Projects.sort): LINK}), crs=links.crs)


def _choose_walkers(study: Study) -> dict[str, str]:
    names = [walker.name for walker in study.walkers]
    return choose_walkers(study.standard, names, own_walker=study.checkup.own_walker)


def _find_sites(analysis: Analysis) -> gpd.GeoDataFrame:
    """Return the planner's own sites, or some along the streets of the communities where there is no list."""
    place = analysis.place
    if place.candidates is not None:
        return place.candidates
    within = shapely.union_all(place.communities.geometry.to_numpy())
    sites = find_candidates(place.network, every_m=STREETS_EVERY_M, within=within)
    sites[Candidates.community] = assign_communities(sites, place.communities)
    return sites


def _as_facilities(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return sites as facilities, named by their ids, so that they join the streets in the same way."""
    return gpd.GeoDataFrame(
        {Facilities.facility: candidates[Candidates.candidate].to_numpy()},
        geometry=candidates.geometry.to_numpy(),
        crs=candidates.crs,
    )


def _schedule(analysis: Analysis, pool: Pool, cost: NDArray[np.float64]) -> Schedule:
    """Put the chosen projects in years."""
    section, place = analysis.study.plan, analysis.place
    day = place.data_date
    first_year = section.first_year or (int(day[:4]) + 1 if day else 1)
    calendar = Calendar(first_year, section.budgets, section.most_projects, carry_over=section.carry_over)
    weakest = set(analysis.checkup.loc[analysis.checkup[Checkup.weakest], Checkup.community])
    is_weak = pool.wants[Wants.community].isin(weakest).to_numpy()
    people = pool.wants[Wants.people].to_numpy(dtype=float)
    of_weak = pool.serves.T @ np.where(is_weak, people, 0.0)
    decided = pool.projects[Projects.proposed].to_numpy(dtype=bool)
    scheme = None
    if section.objective == "bundle":  # a neighbourhood centre is built as one
        scheme = pool.projects[Projects.candidate].mask(decided).to_list()
    if section.whole_subdistricts and Communities.subdistrict in place.communities:
        subdistrict = place.communities.set_index(Communities.community)[Communities.subdistrict]
        scheme = pool.projects[Projects.community].map(subdistrict).mask(decided).to_list()
    turns = Turns(
        first=(of_weak > FIRST_SHARE * pool.count_alone()) if section.weakest_first else None,
        scheme=scheme,
        from_year=find_first_years(pool),
        decided=decided,
    )
    schedule = schedule_projects(people, pool.serves, cost, calendar, turns)
    _refuse_late(pool, decided & (schedule.year == NEVER))
    return schedule


def _refuse_late(pool: Pool, late: NDArray[np.bool_]) -> None:
    """Refuse a plan whose years have no room for what is decided."""
    if late.any():
        msg = (
            f"the proposal '{pool.projects[Projects.project][late].iloc[0]}' fits into no year of the plan; raise "
            "[plan] budget or most_projects, add a year, or let carry_over be true"
        )
        raise StudyError(msg)


def _list_projects(
    analysis: Analysis, pool: Pool, chosen: Pool, schedule: Schedule
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """List the chosen projects in the order of building, and whom each serves on top of those before it."""
    rest = np.setdiff1d(np.arange(len(chosen)), schedule.order)
    order = np.concatenate([schedule.order, rest])
    homes = _share_homes(chosen, order)
    people = chosen.wants[Wants.people].to_numpy(dtype=float)
    gain = np.array([people[mine].sum() for mine in homes])
    frame = chosen.projects.iloc[order].reset_index(drop=True)
    year = pd.Series(schedule.year[order]).astype("Int64")
    rise, where = _measure_index_gains(analysis, chosen, homes)
    other, otherwise = _find_alternatives(pool, chosen, order)
    weak = set(analysis.checkup.loc[analysis.checkup[Checkup.weakest], Checkup.community])
    of_weak = chosen.serves.T @ np.where(chosen.wants[Wants.community].isin(weak), people, 0.0)
    alone = chosen.count_alone()[order]
    capex = frame[Projects.capex].to_numpy(dtype=float)
    per_person = np.divide(capex, gain, out=np.full(len(gain), np.nan), where=gain > 0)
    columns = {
        Projects.project: frame[Projects.project],
        Projects.sort: frame[Projects.sort],
        Projects.kind: frame[Projects.kind],
        Projects.candidate: frame[Projects.candidate],
        Projects.name: frame[Projects.name],
        Projects.community: frame[Projects.community],
        Projects.year: year.mask(year == NEVER),
        Projects.rank: np.arange(1, len(frame) + 1),
        Projects.first: (of_weak[order] > FIRST_SHARE * alone) & analysis.study.plan.weakest_first,
        Projects.capex: capex,
        Projects.opex: frame[Projects.opex].to_numpy(dtype=float),
        Projects.newly_served: gain,
        Projects.alone: alone,
        Projects.cost_per_person: per_person,
        Projects.index_change: rise,
        Projects.index_community: where,
        Projects.alternative: other,
        Projects.alternative_served: otherwise,
        Projects.proposed: frame[Projects.proposed].to_numpy(dtype=bool),
        Projects.state: PLANNED,
        Projects.doubt: frame[Projects.doubt],
    }
    projects = gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=chosen.projects.crs)
    return projects, _list_gains(chosen.wants, frame[Projects.project].to_list(), homes)


def _share_homes(pool: Pool, order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the wants, by position, that each project meets on top of those before it."""
    left = np.ones(len(pool.wants), dtype=bool)
    columns, shared = sparse.csc_array(pool.serves), []
    for project in order.tolist():
        start, stop = columns.indptr[project : project + 2]
        mine = np.sort(columns.indices[start:stop])
        shared.append(mine[left[mine]].astype(np.int64))
        left[mine] = False
    return shared


def _list_gains(wants: pd.DataFrame, projects: list[str], homes: list[NDArray[np.int64]]) -> pd.DataFrame:
    """Add up whom each project serves, by kind, group and community."""
    rows = wants.iloc[np.concatenate([np.empty(0, np.int64), *homes])]
    named = rows.assign(**{ProjectGains.project: np.repeat(projects, [len(mine) for mine in homes])})
    keys = [ProjectGains.project, ProjectGains.kind, ProjectGains.group, ProjectGains.community]
    sums = named.groupby(keys, sort=False).agg({Wants.people: "sum", Wants.stand_in: "any"}).reset_index()
    sums = sums.rename(columns={Wants.people: ProjectGains.newly_served})
    return sums[[*map(str, ProjectGains.columns())]]


def _find_alternatives(
    pool: Pool, chosen: Pool, order: NDArray[np.int64]
) -> tuple[list[str | None], NDArray[np.float64]]:
    """Find, for each chosen project, what would serve most in its place with all others built."""
    people = pool.wants[Wants.people].to_numpy(dtype=float)
    times_served = np.asarray(chosen.serves.sum(axis=1)).ravel()
    taken = set(chosen.projects[Projects.project])
    free = ~pool.projects[Projects.project].isin(taken).to_numpy()
    by_kind = pool.projects.groupby([Projects.sort, Projects.kind]).indices
    columns, names = sparse.csc_array(chosen.serves), pool.projects[Projects.project].to_numpy()
    transposed = sparse.csr_array(pool.serves.T)
    found: list[str | None] = []
    served = np.full(len(order), np.nan)
    for number, project in enumerate(order.tolist()):
        start, stop = columns.indptr[project : project + 2]
        others = times_served.copy()
        others[columns.indices[start:stop]] -= 1
        rows = by_kind[tuple(chosen.projects.iloc[project][[Projects.sort, Projects.kind]])]
        rows = rows[free[rows]]
        gains = transposed[rows] @ np.where(others > 0, 0.0, people) if len(rows) else np.zeros(0)
        best = int(gains.argmax()) if len(gains) else -1
        found.append(str(names[rows[best]]) if best >= 0 and gains[best] > 0 else None)
        if found[-1] is not None:
            served[number] = gains[best]
    return found, served


def _measure_index_gains(
    analysis: Analysis, pool: Pool, homes: list[NDArray[np.int64]]
) -> tuple[NDArray[np.float64], list[str | None]]:
    """Return by how many points each project lifts the index of the community that it lifts most, and which.

    Coverage grows, adequacy and quality stay as they are. Missing under a published method, whose index is no mean of
    coverage.
    """
    standard, section, scores = analysis.study.standard, analysis.study.checkup, analysis.scores
    nothing: list[str | None] = [None] * len(homes)
    if standard.method != "threshold":
        return np.full(len(homes), np.nan), nothing
    ids = pd.Index(pd.unique(scores[Scores.community]))
    kinds = pd.Index([kind.id for kind in standard.kinds])
    rows = scores.set_index([Scores.community, Scores.kind]).reindex(pd.MultiIndex.from_product([ids, kinds]))
    columns = [Scores.coverage, Scores.adequacy, Scores.quality]
    parts = np.array(rows[columns], dtype=float).reshape(len(ids), len(kinds), 3)
    keys = [CommunityCoverage.community, CommunityCoverage.kind]
    own = analysis.communities[CommunityCoverage.walker] == analysis.communities[CommunityCoverage.kind].map(
        _choose_walkers(analysis.study)
    )
    covered = analysis.communities[own].set_index(keys).reindex(pd.MultiIndex.from_product([ids, kinds]))
    inside = covered[CommunityCoverage.population] - covered[CommunityCoverage.unknown]
    known = inside.to_numpy(dtype=float).reshape(len(ids), len(kinds))
    weights, parted = choose_weights(standard, section), weigh_parts(section, standard)
    people = pool.wants[Wants.people].to_numpy(dtype=float)
    at = (ids.get_indexer(pd.Index(pool.wants[Wants.community])), kinds.get_indexer(pd.Index(pool.wants[Wants.kind])))

    def index() -> NDArray[np.float64]:
        categories = weigh_kinds(score_parts(parts, parted), standard)
        return weigh_categories(categories, weights, aggregation=section.aggregation)

    before, rise, where = index(), np.full(len(homes), np.nan), nothing.copy()
    for number, mine in enumerate(homes):
        place, kind = at[0][mine], at[1][mine]
        np.add.at(parts[..., 0], (place, kind), people[mine] / known[place, kind])
        parts[..., 0] = np.minimum(parts[..., 0], 1.0)
        now = index()
        change = np.nan_to_num(now - before)
        if len(change) and change.max() > 0:
            rise[number], where[number] = change.max(), str(ids[int(change.argmax())])
        before = now
    return rise, where


def build_projects(commitments: Commitments, projects: gpd.GeoDataFrame, links: gpd.GeoDataFrame) -> Place:
    """Return the place as it would be with the projects that have a year, facilities and links; nothing else changed.

    Parameters
    ----------
    commitments
        What is decided already; the projects are built beside it.
    projects
        :class:`~walkcircle.tables.Projects`.
    links
        :class:`~walkcircle.tables.Links` among which those of the projects are.
    """
    analysis, place = commitments.analysis, commitments.place
    dated = projects[projects[Projects.year].notna()]
    built, chosen = (dated[dated[Projects.sort] == sort] for sort in (FACILITY, LINK))
    laid = list_laid(analysis.place.network, links[links[Links.link].isin(chosen[Projects.candidate])])
    if place.network is not analysis.place.network:
        laid = tuple(_draw_anew(analysis.place, one) for one in laid)
    place = build_place(place, analysis.study, Scenario(laid, place.network.crs))
    added = gpd.GeoDataFrame(
        {
            Facilities.facility: [f"plan/{one}" for one in built[Projects.project]],
            Facilities.kind: built[Projects.kind].to_numpy(),
            Facilities.name: built[Projects.name].to_numpy(dtype=object),
            Facilities.source: PROPOSED,
        },
        geometry=built.geometry.to_numpy(),
        crs=projects.crs,
    )
    if len(added) == 0:
        return place
    facilities = gpd.GeoDataFrame(pd.concat([place.facilities, added], ignore_index=True), crs=place.facilities.crs)
    return replace(place, facilities=facilities)


def _draw_anew(place: Place, link: LinkAdded) -> LinkAdded:
    """Return a link by its line, where the streets that it joins were cut by links that are decided."""
    if link.line is not None or link.first is None or link.last is None:
        return replace(link, first=None, last=None)
    (edge, part), (other, other_part) = link.first, link.last
    ends = shapely.line_interpolate_point(place.network.lines[[edge, other]], [part, other_part], normalized=True)
    return replace(link, line=shapely.LineString(ends), first=None, last=None)


def _compare_coverage(analysis: Analysis, after: Analysis) -> pd.DataFrame:
    """Set coverage before beside coverage after, each kind by its own walker."""
    keys = [CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker]
    walkers = _choose_walkers(analysis.study)
    before = analysis.communities
    before = before[before[CommunityCoverage.walker] == before[CommunityCoverage.kind].map(walkers)]
    then = after.communities.set_index(keys).reindex(pd.MultiIndex.from_frame(before[keys]))
    return pd.DataFrame(
        {
            BeforeAfter.community: before[CommunityCoverage.community].to_numpy(),
            BeforeAfter.kind: before[CommunityCoverage.kind].to_numpy(),
            BeforeAfter.walker: before[CommunityCoverage.walker].to_numpy(),
            BeforeAfter.group: before[CommunityCoverage.group].to_numpy(),
            BeforeAfter.population: before[CommunityCoverage.population].to_numpy(),
            BeforeAfter.covered_before: before[CommunityCoverage.covered].to_numpy(),
            BeforeAfter.covered_after: then[CommunityCoverage.covered].to_numpy(),
            BeforeAfter.share_before: before[CommunityCoverage.share].to_numpy(),
            BeforeAfter.share_after: then[CommunityCoverage.share].to_numpy(),
        }
    )


def _compare_indices(analysis: Analysis, after: Analysis) -> pd.DataFrame:
    """Set index and rank before beside index and rank after."""
    before, then = analysis.checkup, after.checkup
    return pd.DataFrame(
        {
            IndexChanges.community: before[Checkup.community].to_numpy(),
            IndexChanges.name: before[Checkup.name].to_numpy(),
            IndexChanges.index_before: before[Checkup.index].to_numpy(),
            IndexChanges.index_after: then[Checkup.index].to_numpy(),
            IndexChanges.rank_before: before[Checkup.rank].to_numpy(),
            IndexChanges.rank_after: then[Checkup.rank].to_numpy(),
            IndexChanges.weakest_before: before[Checkup.weakest].to_numpy(),
            IndexChanges.weakest_after: then[Checkup.weakest].to_numpy(),
        }
    )
