"""Commitments: what is decided already, whom it brings in time, and what projects promised and delivered.

Two things are decided before a plan is made: what is being built by the user's table of projects, and what the user
proposes. What is being built stands in the years of the plan, so that nobody whom it serves is counted as without; it
costs the plan nothing. What the user proposes are the plan's first projects, paid by its budget, and the rest is chosen
around them.

People are counted for each by what it adds: links first, one on top of the other, then facilities over all streets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.analysis import snap_clusters, snap_facilities
from walkcircle.attainment import choose_walkers
from walkcircle.errors import StudyError, TableError
from walkcircle.footing import ROUNDING_MIN, make_footing
from walkcircle.network import LINK as LINK_EDGE
from walkcircle.place import assign_communities
from walkcircle.pool import FACILITY, LINK, Pool, join_pools
from walkcircle.proposals import WGS84, FacilityAdded, LinkAdded, Scenario
from walkcircle.tables import (
    Candidates,
    Clusters,
    Coverage,
    Deliveries,
    Facilities,
    Projects,
    Tracking,
    Unsnapped,
    WalkTimes,
    Wants,
)
from walkcircle.tracking import (
    find_closed,
    find_coming,
    find_rows,
    find_standing,
    locate_projects,
    name_projects,
)
from walkcircle.unmapped import PROPOSED
from walkcircle.walking import measure_nearest, measure_times
from walkcircle.works import build_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkcircle.analysis import Analysis
    from walkcircle.place import Place
    from walkcircle.proposals import Edit
    from walkcircle.study import Study

#: Decimals of a degree in the identifier of what is proposed: about a metre.
NAMED_DECIMALS: Final = 5


@dataclass(frozen=True, eq=False)
class Commitments:
    """What is decided before anything is chosen.

    Attributes
    ----------
    analysis
        The situation as it is.
    place
        The place with what is being built, and with the links that are proposed.
    covered
        ``(n, k)`` clusters by kinds of the standard: who is in time, each kind by its own walker, once what is being
        built stands.
    proposed
        What the user proposes, as the projects of a :class:`~walkcircle.pool.Pool`, m rows in the order of the
        proposals, links first.
    served
        For each, flat positions in `covered` of whom it brings in time, on top of the links before it.
    """

    analysis: Analysis
    place: Place
    covered: NDArray[np.bool_]
    proposed: gpd.GeoDataFrame
    served: tuple[NDArray[np.int64], ...]

    def __len__(self) -> int:
        """Count what is proposed."""
        return len(self.proposed)

    def drop_served(self, wants: pd.DataFrame) -> pd.DataFrame:
        """Return :class:`~walkcircle.tables.Wants` without those whom what is being built will serve."""
        at = self._position(wants)
        return wants[~self.covered.ravel()[at]].reset_index(drop=True)

    def join_pool(self, pool: Pool) -> Pool:
        """Return a pool with what is proposed first, without what is settled, its projects named as in the table."""
        place = self.analysis.place
        tracking, on = place.tracking, place.data_date
        kept = pool.keep(~find_closed(tracking, pool.projects, on))
        chosen = replace(kept, projects=kept.projects.assign(**{str(Projects.proposed): False}))
        joined = join_pools(self._list_pool(pool.wants), chosen) if len(self) else chosen
        if tracking is None or len(joined) == 0:
            return joined
        names = name_projects(tracking, joined.projects)
        return replace(joined, projects=joined.projects.assign(**{str(Projects.project): names}))

    def _list_pool(self, wants: pd.DataFrame) -> Pool:
        """Return what is proposed as a pool."""
        at = pd.Index(self._position(wants))
        row = [at.get_indexer(pd.Index(mine)) for mine in self.served]
        row = [mine[mine >= 0] for mine in row]
        column = np.repeat(np.arange(len(self)), [len(mine) for mine in row])
        shape = (len(wants), len(self))
        serves = sparse.csr_array((np.ones(len(column)), (np.concatenate(row), column)), shape=shape)
        return Pool(self.proposed, wants, serves)

    def _position(self, wants: pd.DataFrame) -> NDArray[np.int64]:
        """Return where each want is in `covered`, flat."""
        cluster = pd.Index(self.analysis.clusters[Clusters.cluster]).get_indexer(pd.Index(wants[Wants.cluster]))
        kind = _index_kinds(self.analysis.study).get_indexer(pd.Index(wants[Wants.kind]))
        return np.asarray(cluster * self.covered.shape[1] + kind, dtype=np.int64)


def resolve_commitments(analysis: Analysis, proposals: Scenario | None = None) -> Commitments:
    """Resolve what is decided already, and whom it brings in time.

    Parameters
    ----------
    analysis
        The situation as it is, with the user's table of projects in its place.
    proposals
        Facilities and links that the user proposes.

    Raises
    ------
    StudyError
        What is proposed cannot be part of a plan: see :func:`check_proposals`.
    TableError
        A place is too far from any street, or a facility is there already.
    """
    place, study, clusters = analysis.place, analysis.study, analysis.clusters
    check_proposals(place, study, proposals or Scenario())
    scenario = (proposals or Scenario()).to_crs(place.network.crs)
    base, covered = _build_coming(analysis)
    links = [edit for edit in scenario.edits if isinstance(edit, LinkAdded)]
    sites = [edit for edit in scenario.edits if isinstance(edit, FacilityAdded)]
    served, reached, laid = [], covered, base
    for number in range(len(links)):
        network = build_place(base, study, Scenario(tuple(links[: number + 1]), scenario.crs)).network
        laid = replace(base, network=network)
        now = find_covered(laid, study, clusters, base.facilities)
        served.append(np.flatnonzero(now & ~reached))
        reached = now | reached
    listed = _list_proposed(analysis, links, sites, scenario)
    if sites:
        new = listed.iloc[len(links) :]
        served += find_served(laid, study, clusters, _as_facilities(new, new[Projects.project].to_list()))
    return Commitments(analysis, laid, covered, listed, tuple(served))


def check_proposals(place: Place, study: Study, proposals: Scenario) -> None:
    """Refuse proposals that cannot be part of a plan, before the long work.

    Raises
    ------
    StudyError
        Something closes or moves; a kind may not be built by ``[plan] kinds``; there is a budget in money and a cost is
        not known; all together cost more than all budgets; or the table of projects has it as settled already.
    TableError
        A facility is there already, or something is too far from any street.
    """
    section, metric = study.plan, proposals.to_crs(place.network.crs)
    for number, edit in enumerate(metric.edits, start=1):
        if not isinstance(edit, FacilityAdded | LinkAdded) or (isinstance(edit, LinkAdded) and edit.line is None):
            msg = (
                f"proposal {number} adds neither a facility nor the line of a link, which is all that a plan can "
                "build; try it with walkcircle whatif, or leave it out"
            )
            raise StudyError(msg)
        if isinstance(edit, FacilityAdded) and section.kinds and study.standard.kind(edit.kind).id not in section.kinds:
            msg = f"proposal {number} is of kind '{edit.kind}', which [plan] kinds does not name; add it there"
            raise StudyError(msg)
        if section.budget is not None and _price(edit, study) is None:
            msg = (
                f"proposal {number} has no cost, and [plan] has a budget; give it the property capex, or a cost for "
                "its kind under [siting] kind_capex or [plan] link_costs"
            )
            raise StudyError(msg)
    built = build_place(place, study, metric)
    _refuse_dear(study, metric)
    _refuse_far(built, study, metric)
    settled = _find_settled(place, metric)
    if settled is not None:
        number, project, state = settled
        msg = (
            f"proposal {number} is the project '{project}', which is {state} by {section.tracking or 'the tracking'}; "
            "change its state to planned, or leave the proposal out"
        )
        raise StudyError(msg)


def _refuse_far(built: Place, study: Study, proposals: Scenario) -> None:
    """Refuse a facility that no street is near to, with the links that are proposed."""
    sites = [edit for edit in proposals.edits if isinstance(edit, FacilityAdded)]
    if not sites:
        return
    frame = _list_edits(replace(proposals, edits=tuple(sites)))
    footing = make_footing(built.network, study.walkers[0])
    named = _as_facilities(frame, frame[Projects.project].to_list())
    _refuse_unjoined(snap_facilities(built, study, named, footing).unsnapped, study)


def _refuse_unjoined(unsnapped: pd.DataFrame, study: Study) -> None:
    if len(unsnapped):
        lost = unsnapped.iloc[0]
        msg = (
            f"the project '{lost[Unsnapped.item]}' is {lost[Unsnapped.distance_m]:,.0f} m from the nearest street; "
            f"a site must lie within {study.snapping.within_m:g} m of one ([snapping] within_m)"
        )
        raise TableError(msg)


def _refuse_dear(study: Study, proposals: Scenario) -> None:
    """Refuse proposals that all budgets together do not pay for."""
    section = study.plan
    prices = [1.0 if section.budget is None else _price(edit, study) or 0.0 for edit in proposals.edits]
    total, most = sum(prices), sum(section.budgets)
    if total <= most * (1 + 1e-9):
        return
    if section.budget is None:
        msg = (
            f"{len(prices):,} projects are proposed, and all years of [plan] together have room for {most:,.0f}; raise "
            "projects_per_year or years, or propose fewer"
        )
    else:
        msg = (
            f"the proposals cost {total:,.0f} {study.siting.currency or ''}".rstrip() + ", and all years of [plan] "
            f"together have {most:,.0f}; raise the budget, or propose less"
        )
    raise StudyError(msg)


def _find_settled(place: Place, proposals: Scenario) -> tuple[int, str, str] | None:
    """Return the first proposal that the table has as dropped, being built or operating: number, project, state."""
    if place.tracking is None or len(proposals) == 0:
        return None
    frame = _list_edits(proposals)
    closed = find_closed(place.tracking, frame, place.data_date)
    if not closed.any():
        return None
    first = int(closed.argmax())
    row = place.tracking.iloc[find_rows(place.tracking, frame)[first]]
    return first + 1, str(row[Tracking.project]), str(row[Tracking.state])


def _price(edit: Edit, study: Study) -> float | None:
    """Return what a proposal in metres costs: its own cost, else that of its kind; None where neither is known."""
    if isinstance(edit, FacilityAdded):
        return edit.capex if edit.capex is not None else study.siting.kind_capex.get(edit.kind)
    if not isinstance(edit, LinkAdded) or edit.line is None:
        return None
    costs = {str(kind): cost for kind, cost in study.plan.link_costs.items()}
    if edit.capex is not None or edit.link_kind not in costs:
        return edit.capex
    return float(costs[edit.link_kind].fixed + costs[edit.link_kind].per_m * edit.line.length)


# ── what comes ──────────────────────────────────────────────────────────────────────────────────


def _build_coming(analysis: Analysis) -> tuple[Place, NDArray[np.bool_]]:
    """Build what is to come, and tell who is in time then."""
    place, study = analysis.place, analysis.study
    _, covered = _take_coverage(analysis)
    if place.tracking is None:
        return place, covered
    coming = place.tracking[find_coming(place.tracking, place.data_date)]
    if len(coming) == 0:
        return place, covered
    shapes = locate_projects(coming, place.network.crs)
    is_link = (coming[Tracking.sort] == LINK).to_numpy()
    lines = zip(shapes[is_link], coming[Tracking.kind][is_link], strict=True)
    edits = tuple(LinkAdded(line, kind) for line, kind in lines)
    built = replace(place, network=build_place(place, study, Scenario(edits, place.network.crs)).network)
    sites = coming[~is_link]
    new = gpd.GeoDataFrame(
        {
            Facilities.facility: sites[Tracking.project].to_numpy(dtype=object),
            Facilities.kind: sites[Tracking.kind].to_numpy(dtype=object),
            Facilities.name: sites[Tracking.name].to_numpy(dtype=object),
            Facilities.source: PROPOSED,
        },
        geometry=shapes[~is_link].to_numpy(),
        crs=place.network.crs,
    )
    if len(new):
        both = pd.concat([place.facilities, new], ignore_index=True)
        built = replace(built, facilities=gpd.GeoDataFrame(both, crs=place.facilities.crs))
    return built, covered | find_covered(built, study, analysis.clusters, built.facilities)


def _take_coverage(analysis: Analysis) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return demand in communities, and who is in time, clusters by kinds, each kind by its own walker."""
    study = analysis.study
    coverage, walkers = analysis.coverage, _choose_walkers(study)
    own = coverage[coverage[Coverage.walker] == coverage[Coverage.kind].map(walkers)]
    grid = pd.MultiIndex.from_product([analysis.clusters[Clusters.cluster], _index_kinds(study)])
    rows = own.set_index([Coverage.cluster, Coverage.kind]).reindex(grid)
    shape = (len(analysis.clusters), len(study.standard.kinds))
    inside = rows[Coverage.community].notna().to_numpy()
    demand = np.where(inside, np.nan_to_num(rows[Coverage.demand].to_numpy(dtype=float)), 0.0)
    return demand.reshape(shape), rows[Coverage.covered].to_numpy(dtype=bool).reshape(shape)


def _choose_walkers(study: Study) -> dict[str, str]:
    names = [walker.name for walker in study.walkers]
    return choose_walkers(study.standard, names, own_walker=study.checkup.own_walker)


def _index_kinds(study: Study) -> pd.Index:
    return pd.Index([kind.id for kind in study.standard.kinds])


# ── what is proposed ────────────────────────────────────────────────────────────────────────────


def _list_edits(scenario: Scenario) -> gpd.GeoDataFrame:
    """List proposals with what they are known by: place, kind and identifier."""
    degrees = scenario.to_crs(WGS84)
    rows, shapes, taken = [], [], set[str]()
    for edit, metric in zip(degrees.edits, scenario.edits, strict=True):
        is_link = isinstance(edit, LinkAdded)
        shape = edit.line if isinstance(edit, LinkAdded) else getattr(edit, "point", None)
        here = "" if shape is None else ",".join(f"{part:.{NAMED_DECIMALS}f}" for part in shape.coords[0][:2])
        kind = edit.link_kind if isinstance(edit, LinkAdded) else getattr(edit, "kind", None)
        site = getattr(edit, "facility", None) or here
        name = f"link:{kind}@{here}" if is_link else f"{kind}@{site}"
        project, number = name, 2
        while project in taken:
            project, number = f"{name}#{number}", number + 1
        taken.add(project)
        rows.append((project, LINK if is_link else FACILITY, kind, site, getattr(edit, "name", None)))
        shapes.append(metric.line if isinstance(metric, LinkAdded) else getattr(metric, "point", None))
    columns = [Projects.project, Projects.sort, Projects.kind, Projects.candidate, Projects.name]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=[*map(str, columns)]), geometry=shapes, crs=scenario.crs)


def _list_proposed(
    analysis: Analysis, links: Sequence[LinkAdded], sites: Sequence[FacilityAdded], scenario: Scenario
) -> gpd.GeoDataFrame:
    """List what is proposed as the projects of a pool, links first."""
    place, study = analysis.place, analysis.study
    edits: tuple[Edit, ...] = (*links, *sites)
    frame = _list_edits(replace(scenario, edits=edits))
    prices = [_price(edit, study) for edit in edits]
    opex = [study.siting.kind_opex.get(kind, np.nan) for kind in frame[Projects.kind]]
    more = {
        Projects.community: assign_communities(frame, place.communities),
        Projects.capex: np.array([np.nan if price is None else price for price in prices], dtype=float),
        Projects.opex: np.array(opex, dtype=float),
        Projects.doubt: pd.Series(None, index=frame.index, dtype=object),
        Candidates.from_year: np.full(len(frame), np.nan),
        Projects.proposed: True,
    }
    return frame.assign(**{str(name): values for name, values in more.items()})


def _as_facilities(projects: gpd.GeoDataFrame, ids: Sequence[str]) -> gpd.GeoDataFrame:
    """Return projects as facilities, named by their ids."""
    return gpd.GeoDataFrame(
        {Facilities.facility: list(ids), Facilities.kind: projects[Projects.kind].to_numpy()},
        geometry=projects.geometry.to_numpy(),
        crs=projects.crs,
    )


# ── who is in time ──────────────────────────────────────────────────────────────────────────────


def find_covered(
    place: Place, study: Study, clusters: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> NDArray[np.bool_]:
    """Find who is in time over the streets of a place, each kind by its own walker.

    Parameters
    ----------
    place, study
        The ground and the question.
    clusters
        :class:`~walkcircle.tables.Clusters`, n of them.
    facilities
        :class:`~walkcircle.tables.Facilities` that there are.

    Returns
    -------
    ndarray
        ``(n, k)``, kinds in the order of the standard. The limits are those of
        :func:`~walkcircle.coverage.measure_coverage`.
    """
    kinds, walkers = study.standard.kinds, _choose_walkers(study)
    covered = np.zeros((len(clusters), len(kinds)), dtype=bool)
    code = _index_kinds(study).get_indexer(facilities[Facilities.kind])
    for walker in study.walkers:
        mine = np.array([walkers[kind.id] == walker.name for kind in kinds])
        some = facilities[mine[code] & (code >= 0)]
        if len(some) == 0:
            continue
        footing = make_footing(place.network, walker)
        starts, ends = snap_clusters(place, study, clusters, footing), snap_facilities(place, study, some, footing)
        of = _index_kinds(study).get_indexer(some[Facilities.kind])
        longest = max(kind.limit_min for kind in kinds) + 2 * ROUNDING_MIN
        seconds = measure_nearest(footing, starts, ends, of, limit_min=longest)
        for column in range(seconds.shape[1]):
            covered[:, column] |= mine[column] & (seconds[:, column] / 60 <= kinds[column].limit_min + ROUNDING_MIN)
    return covered


def find_served(
    place: Place, study: Study, clusters: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, spare: bool = False
) -> list[NDArray[np.int64]]:
    """Find who is within the limit of each site, by the walker of its kind.

    Parameters
    ----------
    place, study, clusters
        As in :func:`find_covered`.
    sites
        Columns facility and kind of :class:`~walkcircle.tables.Facilities`, no facility twice.
    spare
        A site that is too far from any street serves nobody, and is not refused.

    Returns
    -------
    list of ndarray
        For each site, flat positions in ``(n, k)``, growing.

    Raises
    ------
    TableError
        A site is too far from any street.
    """
    kinds, walkers, order = study.standard.kinds, _choose_walkers(study), _index_kinds(study)
    code = order.get_indexer(sites[Facilities.kind])
    home = pd.Index(clusters[Clusters.cluster])
    found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * len(sites)
    for walker in study.walkers:
        rows = np.flatnonzero([walkers[kinds[one].id] == walker.name for one in code])
        if len(rows) == 0:
            continue
        footing, some = make_footing(place.network, walker), sites.iloc[rows]
        starts, ends = snap_clusters(place, study, clusters, footing), snap_facilities(place, study, some, footing)
        if not spare:
            _refuse_unjoined(ends.unsnapped, study)
        longest = max(kinds[one].limit_min for one in code[rows]) + 2 * ROUNDING_MIN
        walks = measure_times(footing, starts, ends, walker, limit_min=longest)
        site = pd.Index(some[Facilities.facility]).get_indexer(walks[WalkTimes.destination])
        limit = np.array([kinds[one].limit_min for one in code[rows]])[site]
        near = (walks[WalkTimes.minutes].to_numpy(dtype=float) <= limit + ROUNDING_MIN) & (site >= 0)
        at = home.get_indexer(walks[WalkTimes.origin]) * len(kinds) + code[rows][site]
        for number, row in enumerate(rows.tolist()):
            found[row] = np.unique(at[near & (site == number)]).astype(np.int64)
    return found


# ── promised and delivered ──────────────────────────────────────────────────────────────────────


def measure_deliveries(analysis: Analysis) -> pd.DataFrame:
    """Measure whom the projects that operate serve in this check-up, beside what they promised.

    A project delivers whom it brings in time on top of those who would be without any tracked project, and of the
    projects before it: so what all deliver adds up to all whom they bring in time, and is counted as a plan counts its
    promises, over kinds. People of whom it was not certain that they were without are promised to nobody, and may be
    delivered.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Deliveries`; empty where there is no table of projects.
    """
    place, study, clusters = analysis.place, analysis.study, analysis.clusters
    tracking = place.tracking
    if tracking is None:
        return pd.DataFrame({str(column): [] for column in Deliveries.columns()})
    demand, everybody = _take_coverage(analysis)
    counted = find_standing(tracking, place.data_date)
    is_link = (tracking[Tracking.sort] == LINK).to_numpy()
    delivered, only = np.full(len(tracking), np.nan), np.full(len(tracking), np.nan)
    mine = _find_rows(tracking[counted & ~is_link], place.facilities)
    others = place.facilities.drop(index=place.facilities.index[mine[mine >= 0]])
    links = np.flatnonzero(counted & is_link)
    edges = np.flatnonzero(place.network.kind == LINK_EDGE)[: len(links)].tolist()
    reached = find_covered(_close_links(place, study, edges), study, clusters, others)
    for number, row in enumerate(links.tolist()):
        now = find_covered(_close_links(place, study, edges[number + 1 :]), study, clusters, others)
        delivered[row] = demand[now & ~reached].sum()
        without = find_covered(_close_links(place, study, [edges[number]]), study, clusters, place.facilities)
        only[row] = demand[everybody & ~without].sum()
        reached = now | reached
    left = np.where(reached, 0.0, demand).ravel()
    served = _serve_projects(analysis, mine)
    times = np.bincount(np.concatenate([np.empty(0, np.int64), *served]), minlength=demand.size)
    alone = np.where((times == 1) & ~reached.ravel(), demand.ravel(), 0.0)
    for row, people in zip(np.flatnonzero(counted & ~is_link).tolist(), served, strict=True):
        delivered[row], only[row] = left[people].sum(), alone[people].sum()
        left[people] = 0.0
    return pd.DataFrame(
        {
            Deliveries.project: tracking[Tracking.project].to_numpy(dtype=object),
            Deliveries.state: tracking[Tracking.state].to_numpy(dtype=object),
            Deliveries.counted: counted,
            Deliveries.promised: tracking[Tracking.promised].to_numpy(dtype=float),
            Deliveries.delivered: delivered,
            Deliveries.only: only,
        }
    )


def _find_rows(projects: pd.DataFrame, facilities: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return which row of the facilities each project is, -1 where it is none."""
    keys = pd.MultiIndex.from_frame(facilities[[Facilities.facility, Facilities.kind]].astype(object))
    asked = pd.MultiIndex.from_frame(projects[[Tracking.facility, Tracking.kind]].astype(object))
    return np.asarray(keys.get_indexer(asked), dtype=np.int64)


def _serve_projects(analysis: Analysis, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Find who is within the limit of each project, by its row of the facilities."""
    place, study = analysis.place, analysis.study
    joined = np.unique(rows[rows >= 0])
    # a place may be of several kinds under one identifier
    sites = place.facilities.iloc[joined].assign(**{str(Facilities.facility): [f"row {row}" for row in joined]})
    found = find_served(place, study, analysis.clusters, sites, spare=True)
    by_row = dict(zip(joined.tolist(), found, strict=True))
    return [by_row.get(int(row), np.empty(0, dtype=np.int64)) for row in rows]


def _close_links(place: Place, study: Study, edges: Sequence[int]) -> Place:
    """Return a place without some edges of its streets."""
    scenario = Scenario(crs=place.network.crs)
    for edge in edges:
        scenario = scenario.close_street(edge=edge)
    return replace(place, network=build_place(place, study, scenario).network) if edges else place
