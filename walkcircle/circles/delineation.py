"""Circle: what planning proposes. Drawing 5- and 15-minute living circles around clusters (生活圈划定).

(A *cluster* is where walks start; a *community* is who is scored.)
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.circles.atoms import Atoms, make_atoms, search_parts
from walkcircle.circles.findings import describe_circles, find_broken_rules, list_members, make_tier
from walkcircle.circles.optimum import solve_parts
from walkcircle.circles.rules import CircleRules
from walkcircle.circles.setting import make_setting, read_walks
from walkcircle.errors import TableError
from walkcircle.tables import CircleMembers, Circles

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Search:
    """How circles are looked for.

    Attributes
    ----------
    method
        ``growth``: a search that scales to a city and proves nothing. ``exact``: a mixed-integer programme after it,
        for a district of up to about a hundred clusters, which proves how far from the best the answer can be.
    seed
        Of what the search draws; the same seed gives the same circles.
    rounds
        How often a few circles are taken down and built anew; by their number when None.
    seconds
        Longest time of the exact method.
    """

    method: Literal["growth", "exact"] = "growth"
    seed: int = 0
    rounds: int | None = None
    seconds: float = 60.0


@dataclass(frozen=True, eq=False)
class Delineation:
    """Circles of one size, with those inside them where they were made of circles.

    Attributes
    ----------
    circles
        :class:`~walkcircle.tables.Circles`: these circles, then those inside them.
    members
        :class:`~walkcircle.tables.CircleMembers`: for each size one row per cluster.
    broken
        :class:`~walkcircle.tables.BrokenRules`: every rule that a circle breaks.
    neighbours
        ``(e, 2)`` clusters, by their order in `members`, whose ground has a common border and no hard barrier between.
    rules
        Of these circles.
    objective
        People-minutes: walks to centres, with what soft barriers, borders and broken rules cost.
    bound
        What no partition by these rules can be cheaper than; missing where nothing was proven.
    seconds
        How long it took.
    inner
        The circles inside, as they were given.
    """

    circles: gpd.GeoDataFrame
    members: pd.DataFrame
    broken: pd.DataFrame
    neighbours: NDArray[np.int64]
    rules: CircleRules
    objective: float
    bound: float
    seconds: float
    inner: Delineation | None = None

    @property
    def gap(self) -> float:
        """How far from the best the circles can be, as a share of the objective; missing where nothing was proven."""
        return (self.objective - self.bound) / self.objective if self.objective > 0 else self.objective - self.bound

    def list_tier(self) -> pd.DataFrame:
        """List the members of these circles alone, without those of the circles inside."""
        return self.members[self.members[CircleMembers.tier_min] == self.rules.minutes].reset_index(drop=True)


def delineate_circles(
    clusters: gpd.GeoDataFrame,
    times: pd.DataFrame,
    rules: CircleRules,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    area: shapely.Geometry | None = None,
    borders: pd.Series | None = None,
    inner: Delineation | None = None,
    search: Search | None = None,
) -> Delineation:
    """Delineate living circles: connected groups of clusters around a centre that all of them can walk to.

    The 5-minute circles are made of clusters, the 15-minute circles of 5-minute circles, which stay whole (`inner`).
    Both times the same cost is made as small as can be::

        Σ wᵢ·(tᵢ + soft_min·sᵢ + border_min·bᵢ)
        + Σ outside_min·(people missing or too many, and a share of the aim if there are any)
            + target_min·|people - aim| + ground outside of its band

    where tᵢ is the walk of cluster i to its circle's centre (``beyond_min`` more if it is longer than the limit), wᵢ
    its people (one where nobody lives), sᵢ whether the straight way there crosses a soft barrier and bᵢ whether the
    centre lies in another area. The centre is a cluster of the circle (of a 15-minute circle, the centre of one of its
    5-minute circles). Nobody's walk to the centre of a 5-minute circle is longer than the limit, or than ``reach_min``
    where the rules have it; neighbours with a hard barrier between them are no neighbours. What cannot be met is kept
    as small as the costs say, and listed.

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters` in a metric CRS.
    times
        :class:`~walkcircle.tables.WalkTimes` between clusters, within the limit. For `inner` circles those from
        clusters to the centres of these circles suffice. Measure them with a walker who may enter estates
        (``replace(walker, gates="open")``): else nobody walks to a centre inside another estate.
    rules
        Sizes, limit, barriers and costs; :func:`~walkcircle.circles.read_rules` has some ready.
    barriers
        :class:`~walkcircle.tables.Barriers`, lines or areas of water in the same CRS.
    area
        Study area that the circles divide among them; without it, ground up to 100 m around the clusters.
    borders
        Administrative area of each cluster by its identifier, such as its subdistrict; the clusters' communities when
        None. To cross a border costs, and no more.
    inner
        Smaller circles of the same clusters, that are to stay whole.
    search
        Method, seed and effort.

    Returns
    -------
    Delineation
        Circles, members and broken rules. A cluster of which no walk is known is in no circle, and is listed.

    Raises
    ------
    TableError
        A table lacks a column, a cluster occurs twice, CRS differ, or `inner` is of other clusters.

    Notes
    -----
    Sizes of circles in documents and how well they are known: :func:`~walkcircle.circles.read_rules`. The steps follow
    what planning does: growth judged by travel range and need (Yang Xiao in Foshan), borders that follow arterials,
    rivers and railways (TD/T 1062-2021), smaller circles inside larger ones; see ``rules.toml``.

    Examples
    --------
    >>> import shapely
    >>> homes = gpd.GeoDataFrame(
    ...     {"cluster": list("abcd"), "population": [2000.0, 3000.0, 2500.0, 2500.0]},
    ...     geometry=shapely.points([(0, 0), (100, 0), (1000, 0), (1100, 0)]),
    ...     crs=32650,
    ... )
    >>> times = pd.DataFrame({"origin": list("abcd"), "destination": list("badc"), "minutes": [1.5, 1.5, 1.4, 1.4]})
    >>> from walkcircle.circles import read_rules
    >>> found = delineate_circles(homes, times, read_rules("hangzhou", 5))
    >>> found.circles[["circle", "centre", "population", "clusters"]].values.tolist()
    [['5-001', 'b', 5000.0, 2], ['5-002', 'c', 5000.0, 2]]
    """
    began = time.monotonic()
    search = search or Search()
    setting = make_setting(clusters, rules, barriers=barriers, area=area, borders=borders)
    walks = read_walks(times, setting.labels)
    within = _read_inner(inner, setting.labels)
    atoms = make_atoms(setting, walks, rules, within)
    centre, objective, bound = _solve(atoms, search)
    home = np.where(atoms.atom >= 0, atoms.cluster[centre[atoms.atom]] if len(centre) else -1, -1)
    tier = make_tier(setting, walks, rules, home)
    circles, members = describe_circles(setting, tier), list_members(setting, tier)
    broken = find_broken_rules(setting, tier)
    if inner is not None:
        circles, members, broken = _join_inner(circles, members, broken, inner)
    ends = setting.cells.ends[~setting.severed]
    took = time.monotonic() - began
    return Delineation(circles, members, broken, ends, rules, objective, bound, took, inner)


def _solve(atoms: Atoms, search: Search) -> tuple[NDArray[np.int64], float, float]:
    """Search, and prove if that is asked for: centres by atom, cost, bound."""
    if not len(atoms.cluster):
        return np.zeros(0, np.int64), 0.0, 0.0
    centre, cost = search_parts(atoms.ground, seed=search.seed, rounds=search.rounds)
    if search.method == "growth":
        return centre, cost, np.nan
    best = solve_parts(atoms.ground, (centre, cost), seconds=search.seconds)
    return best.centre, best.cost, best.bound


def _read_inner(inner: Delineation | None, labels: pd.Index) -> NDArray[np.int64] | None:
    """Read the centre of each cluster's smaller circle, or -1."""
    if inner is None:
        return None
    members = inner.list_tier().set_index(CircleMembers.cluster)[CircleMembers.circle]
    if not members.index.equals(labels):
        msg = "inner: these circles are made of other clusters; delineate them from the same table"
        raise TableError(msg)
    centre_of = inner.circles.set_index(Circles.circle)[Circles.centre]
    return np.asarray(labels.get_indexer(pd.Index(members.map(centre_of), dtype=object)), dtype=np.int64)


def _join_inner(
    circles: gpd.GeoDataFrame, members: pd.DataFrame, broken: pd.DataFrame, inner: Delineation
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Put the circles inside after those around them, each with its parent."""
    above = members.set_index(CircleMembers.cluster)[CircleMembers.circle]
    inside = inner.circles.copy()
    own = inside[Circles.minutes] == inner.rules.minutes
    inside.loc[own, Circles.parent] = inside.loc[own, Circles.centre].map(above)
    return (
        gpd.GeoDataFrame(pd.concat([circles, inside], ignore_index=True), crs=circles.crs),
        pd.concat([members, inner.members], ignore_index=True),
        pd.concat([broken, inner.broken], ignore_index=True),
    )
