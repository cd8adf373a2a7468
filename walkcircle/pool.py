"""Pool: everything that could be built, and whom each of it would bring within the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.tables import Candidates, Completeness, Coverage, LinkedHomes, Links, Projects, WalkTimes, Wants

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind

#: What a project is.
FACILITY, LINK = "facility", "link"

#: How far a project has come.
PLANNED, BUILDING, OPERATING, DROPPED = "planned", "building", "operating", "dropped"
STATES = (PLANNED, BUILDING, OPERATING, DROPPED)


@dataclass(frozen=True, eq=False)
class Pool:
    """What could be built, who is without, and who would be served by what.

    Attributes
    ----------
    projects
        :class:`~walkcircle.tables.Projects` without year, rank and what follows from them, m rows.
    wants
        :class:`~walkcircle.tables.Wants`: homes without a kind, d rows.
    serves
        CSR ``(d, m)``, 1 where a project brings a home within the limit of the kind that it is without.
    """

    projects: gpd.GeoDataFrame
    wants: pd.DataFrame
    serves: sparse.csr_array

    def __len__(self) -> int:
        """Count the projects."""
        return len(self.projects)

    def __repr__(self) -> str:
        """Say how much there is to choose from."""
        people = self.wants[Wants.people].sum()
        return f"<Pool {len(self.projects):,} projects for {people:,.0f} people × kinds without>"

    def keep(self, kept: NDArray[np.bool_]) -> Pool:
        """Return the pool with some of its projects, a mask."""
        projects = self.projects[kept].reset_index(drop=True)
        return replace(self, projects=projects, serves=sparse.csr_array(self.serves[:, np.flatnonzero(kept)]))

    def count_alone(self) -> NDArray[np.float64]:
        """Count whom each project would serve if nothing else were built, ``(m,)``."""
        return np.asarray(self.serves.T @ self.wants[Wants.people].to_numpy(dtype=float))


def list_wants(coverage: pd.DataFrame, completeness: pd.DataFrame, walkers: Mapping[str, str]) -> pd.DataFrame:
    """List the homes that are certainly without a kind: on the streets, beyond the limit, and no doubt of the map.

    What is to be checked on the ground is checked before anything is built for it.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage` of all walkers.
    completeness
        :class:`~walkcircle.tables.Completeness`; homes outside all communities are not known to be thinly mapped.
    walkers
        Name of the walker of each kind: :func:`~walkcircle.attainment.choose_walkers`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Wants`, those of a community, where somebody needs the kind.
    """
    own = coverage[Coverage.walker] == coverage[Coverage.kind].map(dict(walkers))
    without = coverage[Coverage.known] & ~coverage[Coverage.covered] & ~coverage[Coverage.unsure]
    lived_in = coverage[Coverage.community].notna() & (coverage[Coverage.demand] > 0)
    rows = coverage[own & without & lived_in]
    thin = completeness[completeness[Completeness.reason].notna()]
    is_thin = pd.MultiIndex.from_frame(rows[[Coverage.community, Coverage.kind]]).isin(
        pd.MultiIndex.from_frame(thin[[Completeness.community, Completeness.kind]])
    )
    rows = rows[~is_thin]
    return pd.DataFrame(
        {
            Wants.kind: rows[Coverage.kind].to_numpy(),
            Wants.cluster: rows[Coverage.cluster].to_numpy(),
            Wants.community: rows[Coverage.community].to_numpy(),
            Wants.group: rows[Coverage.group].to_numpy(),
            Wants.stand_in: rows[Coverage.stand_in].to_numpy(),
            Wants.people: rows[Coverage.demand].to_numpy(dtype=float),
        }
    )


def assemble_sites(
    wants: pd.DataFrame,
    candidates: gpd.GeoDataFrame,
    times: Mapping[str, pd.DataFrame],
    hosts: pd.DataFrame,
    kinds: Sequence[Kind],
    *,
    kind_capex: Mapping[str, float] | None = None,
    kind_opex: Mapping[str, float] | None = None,
) -> Pool:
    """Pool each kind at each site that may hold it and has somebody without it in reach.

    Parameters
    ----------
    wants
        :class:`~walkcircle.tables.Wants`.
    candidates
        :class:`~walkcircle.tables.Candidates`.
    times
        By kind, :class:`~walkcircle.tables.WalkTimes` from clusters to candidates by the kind's own walker.
    hosts
        Which candidate may hold which kind: :func:`~walkcircle.candidates.find_hosts`.
    kinds
        The kinds, with their limits and least floor areas.
    kind_capex, kind_opex
        What a kind costs at a site whose own cost is not known.

    Returns
    -------
    Pool
        In the order of the kinds, then of the candidates. A site that is smaller than the kind's least floor area is
        no place for it; where its floor is not known, that is a doubt.
    """
    position = pd.Index(candidates[Candidates.candidate])
    floor = candidates[Candidates.floor_m2].to_numpy(dtype=float, na_value=np.nan)
    rows: list[pd.DataFrame] = []
    columns: list[sparse.csr_array] = []
    for kind in kinds:
        mine = np.flatnonzero((wants[Wants.kind] == kind.id).to_numpy())
        walks = times.get(kind.id)
        if walks is None or len(mine) == 0:
            continue
        near = walks[walks[WalkTimes.minutes] <= kind.limit_min]
        home = pd.Index(wants[Wants.cluster].to_numpy()[mine]).get_indexer(near[WalkTimes.origin])
        site = position.get_indexer(near[WalkTimes.destination])
        allowed = hosts.reindex(position)[kind.id].to_numpy(dtype=bool)
        if kind.min_floor_m2 is not None:
            allowed = allowed & ~(floor < kind.min_floor_m2)
        kept = (home >= 0) & (site >= 0) & allowed[site]
        used, column = np.unique(site[kept], return_inverse=True)
        shape = (len(wants), len(used))
        columns.append(sparse.csr_array((np.ones(len(column)), (mine[home[kept]], column)), shape=shape))
        rows.append(_list_sites(candidates.iloc[used], kind, kind_capex or {}, kind_opex or {}))
    return _join(rows, columns, wants, candidates)


def assemble_links(wants: pd.DataFrame, links: gpd.GeoDataFrame, served: pd.DataFrame) -> Pool:
    """Pool the missing links that bring somebody within the limit of a kind.

    Parameters
    ----------
    wants
        :class:`~walkcircle.tables.Wants`.
    links
        :class:`~walkcircle.tables.Links`, with their costs where these are known.
    served
        :class:`~walkcircle.tables.LinkedHomes`: whom each link alone newly brings within the limit.
    """
    home = pd.MultiIndex.from_frame(wants[[Wants.cluster, Wants.kind]])
    row = home.get_indexer(pd.MultiIndex.from_frame(served[[LinkedHomes.cluster, LinkedHomes.kind]]))
    column = pd.Index(links[Links.link]).get_indexer(served[LinkedHomes.link])
    kept = (row >= 0) & (column >= 0)
    used, column = np.unique(column[kept], return_inverse=True)
    mine = links.iloc[used]
    costs = mine[Links.cost].to_numpy(dtype=float) if Links.cost in mine else np.full(len(mine), np.nan)
    frame = pd.DataFrame(
        {
            Projects.project: [f"link:{one}" for one in mine[Links.link]],
            Projects.sort: LINK,
            Projects.kind: mine[Links.link_kind].to_numpy(),
            Projects.candidate: mine[Links.link].to_numpy(),
            Projects.name: mine[Links.over].to_numpy(dtype=object),
            Projects.community: None,
            Projects.capex: costs,
            Projects.opex: np.nan,
            Projects.doubt: mine[Links.doubt].to_numpy(dtype=object),
            _FROM_YEAR: np.nan,
            _GEOMETRY: mine.geometry.to_numpy(),
        }
    )
    serves = sparse.csr_array((np.ones(len(column)), (row[kept], column)), shape=(len(wants), len(used)))
    return _join([frame], [serves], wants, links)


def join_pools(first: Pool, second: Pool) -> Pool:
    """Join two pools of the same wants."""
    projects = pd.concat([first.projects, second.projects], ignore_index=True)
    texts = projects[[Projects.name, Projects.doubt]].astype(object)  # which became numbers where one pool has none
    projects = projects.assign(**texts.where(texts.notna(), None))
    return Pool(
        gpd.GeoDataFrame(projects, geometry=_GEOMETRY, crs=first.projects.crs), first.wants,
        sparse.csr_array(sparse.hstack([first.serves, second.serves], format="csr")),
    )  # fmt: skip


#: Columns that projects carry on the way to the plan: the first year in which a site is free, and the place.
_FROM_YEAR, _GEOMETRY = Candidates.from_year, Projects.geometry


def find_first_years(pool: Pool) -> NDArray[np.float64]:
    """Return the first year in which each project can be built, ``(m,)``; missing where any will do."""
    years: NDArray[np.float64] = pool.projects[_FROM_YEAR].to_numpy(dtype=float)
    return years


def _list_sites(
    sites: gpd.GeoDataFrame, kind: Kind, kind_capex: Mapping[str, float], kind_opex: Mapping[str, float]
) -> pd.DataFrame:
    """List one kind at some sites."""
    capex, opex = (
        sites[column].astype(float).fillna(costs.get(kind.id, np.nan)).to_numpy(dtype=float)
        for column, costs in ((Candidates.capex, kind_capex), (Candidates.opex, kind_opex))
    )
    floor, allowed = sites[Candidates.floor_m2], sites[Candidates.kinds]
    doubts = [
        "; ".join(
            text
            for text, holds in (
                (f"floor area not known, {kind.min_floor_m2:g} m² asked for" if kind.min_floor_m2 else "",
                 kind.min_floor_m2 is not None and pd.isna(one)),
                ("which kinds are allowed is not known", pd.isna(kinds)),
            )
            if holds
        ) or None
        for one, kinds in zip(floor, allowed, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(
        {
            Projects.project: [f"{kind.id}@{one}" for one in sites[Candidates.candidate]],
            Projects.sort: FACILITY,
            Projects.kind: kind.id,
            Projects.candidate: sites[Candidates.candidate].to_numpy(),
            Projects.name: sites[Candidates.name].to_numpy(dtype=object),
            Projects.community: sites[Candidates.community].to_numpy(dtype=object),
            Projects.capex: capex,
            Projects.opex: opex,
            Projects.doubt: pd.Series(doubts, dtype=object).to_numpy(),
            _FROM_YEAR: sites[Candidates.from_year].astype(float).to_numpy(),
            _GEOMETRY: sites.geometry.to_numpy(),
        }
    )


def _join(
    rows: list[pd.DataFrame], columns: list[sparse.csr_array], wants: pd.DataFrame, place: gpd.GeoDataFrame
) -> Pool:
    """Make a pool of parts, of none too."""
    names = [
        *(Projects.project, Projects.sort, Projects.kind, Projects.candidate, Projects.name, Projects.community),
        *(Projects.capex, Projects.opex, Projects.doubt, _FROM_YEAR, _GEOMETRY),
    ]
    filled = [part for part in rows if len(part)]
    frame = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=[*map(str, names)])
    kept = [column for part, column in zip(rows, columns, strict=True) if len(part)]
    serves = sparse.hstack(kept, format="csr") if kept else sparse.csr_array((len(wants), 0))
    return Pool(gpd.GeoDataFrame(frame, geometry=_GEOMETRY, crs=place.crs), wants, sparse.csr_array(serves))
