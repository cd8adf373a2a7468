"""Kinds: who reaches each kind of facility from each community, how, and who is without."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan
from typing import Any

import pandas as pd

from walkcircle.analysis import Analysis
from walkcircle.buffers import compare_radius, measure_radius_coverage
from walkcircle.gaps import GAP
from walkcircle.place import assign_communities
from walkcircle.tables import Checkup, CommunityCoverage, Coverage, Facilities, Gaps, RadiusGap
from walkcircle.views.profiles.facts import KindProfile, Walk
from walkcircle.views.profiles.figures import list_rows, pick_first_walker, to_number
from walkcircle.views.profiles.stocks import list_stocks


def list_kinds(answer: Analysis) -> dict[str, tuple[KindProfile, ...]]:
    """Make the rows of the table of kinds for each community."""
    standard, walkers = answer.study.standard, [walker.name for walker in answer.study.walkers]
    first = walkers[0]
    walks, covered = _list_walks(answer), list_rows(answer.communities, CommunityCoverage)
    gaps, radius, stocks, counts = _sum_gaps(answer), _list_radius(answer), list_stocks(answer), _count_inside(answer)
    causes = list_rows(answer.gaps, Gaps)
    unseen = Walk(first, nan, None, None, nan)
    found = {}
    for community in answer.checkup[Checkup.community]:
        rows = []
        for kind in standard.kinds:
            row = covered.get((community, kind.id, first), {})
            within, wider = radius.get((community, kind.id), (nan, nan))
            reason, cause = (
                row.get(CommunityCoverage.reason),
                causes.get((community, kind.id, first), {}).get(Gaps.cause),
            )
            rows.append(
                KindProfile(
                    kind=kind,
                    walks=tuple(
                        replace(
                            walks.get((community, kind.id, name), replace(unseen, walker=name)),
                            share=to_number(covered.get((community, kind.id, name), {}).get(CommunityCoverage.share)),
                        )
                        for name in walkers
                    ),
                    known=to_number(row.get(CommunityCoverage.population))
                    - to_number(row.get(CommunityCoverage.unknown)),
                    covered=to_number(row.get(CommunityCoverage.covered)),
                    share=to_number(row.get(CommunityCoverage.share)),
                    radius=within,
                    radius_gap=wider,
                    count=counts.get((community, kind.id), 0),
                    stock=stocks.get((community, kind.id)),
                    without=gaps.get((community, kind.id, True), 0.0),
                    unsure=gaps.get((community, kind.id, False), 0.0),
                    cause=None if cause is None or pd.isna(cause) else str(cause),
                    firm=row.get(CommunityCoverage.confidence) == "firm",
                    thin=isnan(to_number(row.get(CommunityCoverage.share_at_most))),
                    reason=None if reason is None or pd.isna(reason) else str(reason),
                    group=str(row.get(CommunityCoverage.group, "all")),
                    stand_in=bool(row.get(CommunityCoverage.stand_in, False)),
                )
            )
        found[str(community)] = tuple(rows)
    return found


def _list_walks(answer: Analysis) -> dict[tuple[str, str, str], Walk]:
    """Find the walk of the resident in the middle, and the facility nearest to most."""
    keys: list[str] = [Coverage.community, Coverage.kind, Coverage.walker]
    rows = answer.coverage[answer.coverage[Coverage.known] & (answer.coverage[Coverage.population] > 0)]
    rows = rows.dropna(subset=[Coverage.community])
    middle = find_middle(rows, keys)
    near = rows.dropna(subset=[Coverage.facility]).groupby([*keys, Coverage.facility])[Coverage.population].sum()
    # of facilities that are nearest to as many, the first by its id
    most = near.round(6).reset_index().sort_values(
        [Coverage.population, Coverage.facility], ascending=[False, True], kind="stable"
    ).drop_duplicates(keys).set_index(keys)[Coverage.facility]  # fmt: skip
    facilities = answer.place.facilities
    names = dict(zip(zip(facilities[Facilities.facility], facilities[Facilities.kind], strict=True),
                     facilities[Facilities.name], strict=True))  # fmt: skip
    found = {}
    nearest_to_most = most.to_dict()
    for (community, kind, walker), minutes in middle.items():
        facility = nearest_to_most.get((community, kind, walker))
        name = names.get((facility, kind))
        found[str(community), str(kind), str(walker)] = Walk(
            str(walker), float(minutes), facility, None if name is None or pd.isna(name) else str(name), nan
        )
    return found


def find_middle(rows: pd.DataFrame, keys: list[str]) -> dict[Any, float]:
    """Find the walk that half of the people do not exceed, minutes; infinite where half of them find none.

    Parameters
    ----------
    rows
        :class:`~walkcircle.tables.Coverage` of clusters that are on the network.
    keys
        Columns that tell whose people are taken together.

    Examples
    --------
    >>> rows = pd.DataFrame({"kind": "shop", "population": [30.0, 20.0, 10.0], "minutes": [9.0, 3.0, None]})
    >>> find_middle(rows, ["kind"])
    {'shop': 9.0}
    """
    ordered = rows.assign(**{Coverage.minutes: rows[Coverage.minutes].fillna(inf)}).sort_values(
        Coverage.minutes, kind="stable"
    )
    people = ordered.groupby(keys)[Coverage.population]
    # sums of people carry rounding
    half = ordered[people.cumsum() >= people.transform("sum") * (0.5 - 1e-12)]
    middle = half.groupby(keys)[Coverage.minutes].first()
    return {key: float(minutes) for key, minutes in middle.items()}


def _sum_gaps(answer: Analysis) -> dict[tuple[str, str, bool], float]:
    """Sum the residents without by community, kind and whether that is certain."""
    gaps = pick_first_walker(answer, answer.gaps, Gaps.walker)
    sums = gaps.groupby([Gaps.community, Gaps.kind, gaps[Gaps.verdict] == GAP])[Gaps.residents_without].sum()
    keys: list[Any] = sums.index.to_list()
    return {(str(c), str(k), bool(sure)): float(n) for (c, k, sure), n in zip(keys, sums, strict=True)}


def compare_shares(answer: Analysis) -> pd.DataFrame:
    """Set straight-line coverage beside coverage on foot for the first walker: a RadiusGap table."""
    kinds = answer.study.standard.kinds
    radius = measure_radius_coverage(answer.clusters, answer.place.facilities, kinds)
    coverage = pick_first_walker(answer, answer.coverage, Coverage.walker)
    if len(radius) == 0:
        return pd.DataFrame(columns=[*map(str, RadiusGap.columns())])
    return compare_radius(radius, coverage, answer.place.communities)


def _list_radius(answer: Analysis) -> dict[tuple[str, str], tuple[float, float]]:
    """Return straight-line coverage and its lead over the walk, by community and kind."""
    table = compare_shares(answer)
    keys = zip(table[RadiusGap.community], table[RadiusGap.kind], strict=True)
    values = table[[RadiusGap.share_radius, RadiusGap.share_gap]].to_numpy(dtype=float)
    return {(str(c), str(k)): (float(a), float(b)) for (c, k), (a, b) in zip(keys, values, strict=True)}


def _count_inside(answer: Analysis) -> dict[tuple[str, str], int]:
    """Count the facilities of each kind inside each community."""
    facilities = answer.place.facilities
    home = assign_communities(facilities, answer.place.communities)
    sizes = facilities.groupby([home.to_numpy(), facilities[Facilities.kind].to_numpy()]).size()
    keys: list[Any] = sizes.index.to_list()
    return {(str(c), str(k)): int(n) for (c, k), n in zip(keys, sizes, strict=True)}
