"""Scenario: whom proposed facilities, links and closures would serve, before and after, in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from walkcircle.analysis import Analysis, find_search_limit, snap_clusters, snap_facilities
from walkcircle.attainment import choose_walkers
from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_MIN, make_footing
from walkcircle.proposals import PROPOSED, FacilityAdded, Proposals, Scenario, list_added
from walkcircle.tables import Clusters, CommunityCoverage, Coverage, Effects, Facilities, Unsnapped
from walkcircle.walking import measure_nearest
from walkcircle.works import Placement, build_place, resolve_facilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.footing import Footing
    from walkcircle.snapping import Spots
    from walkcircle.updates import Change, Standing


@dataclass(frozen=True, eq=False)
class _Walks:
    """Minutes of every cluster to the nearest of a kind, missing where there is none, and whether it is known."""

    minutes: NDArray[np.float64]
    known: NDArray[np.bool_]


def measure_effect(analysis: Analysis, scenario: Scenario | Proposals) -> pd.DataFrame:
    """Measure whom the edits of a scenario would serve, and whom they would leave, each kind by its own walker.

    Facilities alone are searched only where they are felt: the first question to a walker makes the
    :class:`~walkcircle.updates.Standing` of the analysis, which takes a search per kind, and every later one takes
    milliseconds. A link cuts streets in two, and a closed street changes where people join them, so that all walk once
    more, without shapes and scores. Either way the numbers are those of a full analysis of the place that
    :func:`~walkcircle.works.build_place` builds.

    Everybody is counted once. Who is beyond the limit on the map but *unsure*, since the data end near or one that is
    not on the map may well be near, is not among those covered before. When a scenario brings one near, they are newly
    served like all others, and named in the column `unsure` as well: so many of the newly served may have had one
    already. Who is not on the network is in no number, and in those after when a link brings a street near.

    Parameters
    ----------
    analysis
        The situation as it is.
    scenario
        The edits; kinds are of the study's standard, ids of facilities are those of the place.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Effects`: every community, for each kind that is edited; for all kinds where links or
        streets are.

    Raises
    ------
    StudyError
        A kind is not in the standard.
    TableError
        A facility is not there, or a site or the end of a link is too far from any street.
    NetworkError
        A street is not there, or a link begins where it ends.

    Examples
    --------
    ``measure_effect(analysis, Scenario().add_facility("health", 7.4187, 43.7312))``
    """
    edits = scenario.to_scenario() if isinstance(scenario, Proposals) else scenario
    placements = resolve_facilities(analysis.place, analysis.study, edits)
    before = _Before(analysis)
    found = _walk_anew(before, edits, placements) if edits.changes_streets else _ask(before, placements)
    after = dict(sorted(found))
    if not after:
        return pd.DataFrame(columns=[*map(str, Effects.columns())])
    return pd.concat([before.compare(kind, walks) for kind, walks in after.items()], ignore_index=True)


class _Before:
    """The situation as it is, kind by kind; :meth:`compare` sets another beside it.

    Tables of an analysis are whole: coverage has every walker, cluster and kind in this order, the communities' every
    community, kind and walker.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis, study = analysis, analysis.study
        self.kinds, self.names = study.standard.kinds, [walker.name for walker in study.walkers]
        chosen = choose_walkers(study.standard, self.names, own_walker=study.checkup.own_walker)
        self.walkers = [chosen[kind.id] for kind in self.kinds]
        self._shape = (len(self.names), len(analysis.clusters), len(self.kinds))

    def _take(self, column: str, kind: int) -> NDArray[np.generic]:
        """Take a column of the coverage: one value for each cluster, for a kind by its walker."""
        values = self.analysis.coverage[column].to_numpy().reshape(self._shape)
        return np.asarray(values[self.names.index(self.walkers[kind]), :, kind])

    def walks(self, kind: int) -> _Walks:
        """Return the walks as they are."""
        return _Walks(self._take(Coverage.minutes, kind).astype(float), self._take(Coverage.known, kind).astype(bool))

    def _take_rows(self, kind: int) -> pd.DataFrame:
        """Take the rows of the communities for a kind and its walker."""
        first, each = self.names.index(self.walkers[kind]), len(self.kinds) * len(self.names)
        return self.analysis.communities.iloc[kind * len(self.names) + first :: each]

    def compare(self, kind: int, after: _Walks) -> pd.DataFrame:
        """Weigh by people, per community, what becomes of the walks of a kind."""
        was, limit_min = self.walks(kind), self.kinds[kind].limit_min + ROUNDING_MIN
        in_time, will = ((walks.minutes <= limit_min) & walks.known for walks in (was, after))
        there, then = (np.where(np.isnan(walks.minutes), inf, walks.minutes) for walks in (was, after))
        both = was.known & after.known
        counted: dict[str, NDArray[np.bool_]] = {
            Effects.newly_served: will & ~in_time,
            Effects.unsure: will & ~in_time & self._take(Coverage.unsure, kind).astype(bool),
            Effects.lost: in_time & ~will,
            Effects.nearer: both & (then + ROUNDING_MIN < there),
            Effects.farther: both & (there + ROUNDING_MIN < then),
            Effects.covered_after: will,
            CommunityCoverage.unknown: ~after.known,
        }
        rows, one = self._take_rows(kind), self.kinds[kind]
        sums = self._weigh(counted, kind, pd.Index(rows[CommunityCoverage.community]))
        everybody = rows[CommunityCoverage.population].to_numpy()
        known = everybody - sums[CommunityCoverage.unknown]
        covered = np.minimum(sums[Effects.covered_after], known)
        felt = [Effects.newly_served, Effects.unsure, Effects.lost, Effects.nearer, Effects.farther]
        return pd.DataFrame(
            {
                Effects.community: rows[CommunityCoverage.community].to_numpy(),
                Effects.kind: one.id,
                Effects.walker: self.walkers[kind],
                Effects.group: one.group,
                Effects.stand_in: rows[CommunityCoverage.stand_in].to_numpy(),
                **{column: sums[column] for column in felt},
                Effects.still_without: np.maximum(known - covered, 0.0),
                Effects.known_before: everybody - rows[CommunityCoverage.unknown].to_numpy(),
                Effects.known_after: known,
                Effects.covered_before: rows[CommunityCoverage.covered].to_numpy(),
                Effects.covered_after: covered,
                Effects.share_before: rows[CommunityCoverage.share].to_numpy(),
                Effects.share_after: np.divide(covered, known, out=np.full(len(known), np.nan), where=known > 0),
            }
        )

    def _weigh(
        self, counted: dict[str, NDArray[np.bool_]], kind: int, communities: pd.Index
    ) -> dict[str, NDArray[np.float64]]:
        """Add up the people of a kind who are counted, per community.

        The same sums of the same numbers in the same order as in a full analysis, so that they are equal to the last
        bit.
        """
        people = self._take(Coverage.demand, kind).astype(float)
        community = communities.get_indexer(self.analysis.clusters[Clusters.community])
        inside = community >= 0
        return {
            column: np.bincount(community[inside], np.where(some, people, 0.0)[inside], len(communities)).astype(float)
            for column, some in counted.items()
        }


# ── facilities alone ────────────────────────────────────────────────────────────────────────────


def _ask(before: _Before, placements: list[Placement]) -> Iterator[tuple[int, _Walks]]:
    """Ask the standings of the walkers what facilities change, and leave them as they were."""
    codes = {kind.id: code for code, kind in enumerate(before.kinds)}
    asked = [(codes[one.kind], one) for one in placements if one.kind in codes]
    for walker in dict.fromkeys(before.walkers[code] for code, _ in asked):
        standing = before.analysis.find_standing(walker)
        mine = [(code, one) for code, one in asked if before.walkers[code] == walker]
        walks = {code: before.walks(code) for code, _ in mine}
        for change in _list_changes(before.analysis, standing, mine):
            for code, walk in walks.items():
                felt = change.kind == code
                minutes = change.after_s[felt] / 60
                walk.minutes[change.origin[felt]] = np.where(np.isfinite(minutes), minutes, np.nan)
        yield from walks.items()


def _list_changes(analysis: Analysis, standing: Standing, asked: list[tuple[int, Placement]]) -> list[Change]:
    """List what one edit after the other changes."""
    placed = [one for _, one in asked if one.point is not None]
    ends = _snap_sites(analysis, standing.footing, placed)
    changes: list[Change] = []
    applied = 0
    try:
        for number, (code, one) in enumerate(asked):
            if one.point is None and one.row is not None:
                change = standing.remove_facility(one.row)
            else:
                site = placed.index(one)
                spots = ends.between(site, site + 1)
                change = (
                    standing.add_facility(spots, code) if one.row is None else standing.move_facility(one.row, spots)
                )
            changes.append(change)
            if number + 1 < len(asked):  # the last is only asked
                standing.apply(change)
                applied += 1
    finally:
        for _ in range(applied):
            standing.undo()
    return changes


def _snap_sites(analysis: Analysis, footing: Footing, placed: list[Placement]) -> Spots:
    """Join new places of facilities to the streets of a walker."""
    sites = [FacilityAdded(one.kind, one.point, one.name, one.facility) for one in placed if one.point is not None]
    place, study = analysis.place, analysis.study
    ends = snap_facilities(place, study, list_added(sites, place.network.crs), footing)
    _refuse_far(ends.unsnapped, study.snapping.within_m)
    return ends


def _refuse_far(unsnapped: pd.DataFrame, within_m: float) -> None:
    """Refuse a place of a facility that no street is near to.

    Raises
    ------
    TableError
        With the first one.
    """
    if len(unsnapped):
        lost = unsnapped.iloc[0]
        msg = (
            f"the proposed site {lost[Unsnapped.item].removeprefix(PROPOSED)} is "
            f"{lost[Unsnapped.distance_m]:,.0f} m from the nearest street; "
            f"a site must lie within {within_m:g} m of one ([snapping] within_m)"
        )
        raise TableError(msg)


# ── other streets ───────────────────────────────────────────────────────────────────────────────


def _walk_anew(before: _Before, scenario: Scenario, placements: list[Placement]) -> Iterator[tuple[int, _Walks]]:
    """Walk from all clusters once more, in the place as it would be."""
    analysis, study = before.analysis, before.analysis.study
    place = build_place(analysis.place, study, scenario)
    clusters, facilities = analysis.clusters, place.facilities
    kind_of = pd.Index([kind.id for kind in before.kinds]).get_indexer(facilities[Facilities.kind])
    for walker in study.walkers:
        mine = [code for code, name in enumerate(before.walkers) if name == walker.name]
        if not mine:
            continue
        footing = make_footing(place.network, walker)
        starts = snap_clusters(place, study, clusters, footing)
        ends = snap_facilities(place, study, facilities, footing)
        sites = [one.facility for one in placements if one.point is not None and one.kind in
                 {before.kinds[code].id for code in mine}]  # fmt: skip
        _refuse_far(ends.unsnapped[ends.unsnapped[Unsnapped.item].isin(sites)], study.snapping.within_m)
        code = np.full(len(before.kinds) + 1, -1)  # the last is of kinds that nobody asks for
        code[mine] = np.arange(len(mine))
        of_facility = code[kind_of]
        seconds = np.full((len(clusters), len(mine)), inf)
        found = measure_nearest(
            footing, starts, ends.pick(np.flatnonzero(of_facility[ends.item] >= 0)), np.maximum(of_facility, 0),
            limit_min=find_search_limit(study),
        )  # fmt: skip
        seconds[:, : found.shape[1]] = found
        known = np.zeros(len(clusters), bool)
        known[starts.item] = True
        for column, number in enumerate(mine):
            minutes = np.where(np.isfinite(seconds[:, column]), seconds[:, column] / 60, np.nan)
            yield number, _Walks(minutes, known)
